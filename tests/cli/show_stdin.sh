# `-` is standard input, in any format; here gzip, which is recognised by its contents.
gzip -c "$ROOT/tests/cli/data/order_open.json" | wfsim show - | head -n 3
