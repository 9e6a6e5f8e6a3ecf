# The invariants of histories: kept, broken, and a file that is none; a batch goes on and ends with the worst.
wfsim check "$ROOT/tests/cli/data/order_closed.json" "$ROOT/tests/cli/data/order_open.json"
echo "exit $?"
sed 's/"scheduledEventId": *"5"/"scheduledEventId":"4"/' "$ROOT/tests/cli/data/order_closed.json" > broken.json
wfsim check broken.json "$ROOT/tests/cli/data/order_open.json"
echo "exit $?"
wfsim check broken.json -o json
echo "no history" > text.json
wfsim check text.json "$ROOT/tests/cli/data/order_open.json"
echo "exit $?"
