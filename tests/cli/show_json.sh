# -o json is the canonical form that convert writes; -o jsonl is one event a line.
wfsim show "$ROOT/tests/cli/data/order_closed.json" -o json | cmp - "$ROOT/tests/cli/data/order_closed.json"
wfsim show "$ROOT/tests/cli/data/order_closed.json" -o jsonl >lines
grep -c '^{"eventId":.*}$' lines
wc -l <lines
# Whatever may hold several histories is one list of them, also when it holds one: one document, never several in a row.
wfsim convert "$ROOT/tests/cli/data" two.wfh
wfsim convert "$ROOT/tests/cli/data/order_closed.json" one.wfh
mkdir folder
cp "$ROOT/tests/cli/data/order_closed.json" folder
for operand in one.wfh two.wfh folder "$ROOT/tests/cli/data/order_closed.json"; do
    wfsim show "$operand" -o json >document
    head -c 1 document
    echo " $(grep -c '^{"events":\[' document) $(tail -n 1 document)"
done
# It is one document also when files cannot be read, wherever they stand among the others; these are said, and the exit code is 3.
echo '{"events":[{"eventId":' >folder/a.json
echo '{"hello":1}' >folder/q.json
cp "$ROOT/tests/cli/data/order_open.json" folder/z.json
for format in json jsonl text; do
    wfsim show folder -o $format >document
    echo "exit $?, $(grep -c 'WorkflowExecutionStarted\|WORKFLOW_EXECUTION_STARTED' document) histories"
    [ $format != json ] || echo "$(head -n 1 document) $(grep -c '^,$' document) $(tail -n 1 document)"
done
rm folder/order_closed.json folder/z.json
wfsim show folder -o json
echo "exit $?"
