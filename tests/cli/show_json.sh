# -o json is the canonical form that convert writes; -o jsonl is one event a line.
wfsim show "$ROOT/tests/cli/data/order_closed.json" -o json | cmp - "$ROOT/tests/cli/data/order_closed.json"
wfsim show "$ROOT/tests/cli/data/order_closed.json" -o jsonl >lines
grep -c '^{"eventId":.*}$' lines
wc -l <lines
