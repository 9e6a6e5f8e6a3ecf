# A history without events is no history: nothing was checked, so nothing is said to be kept, and the exit code is 3.
try() { wfsim "$@"; echo "exit $?"; }
echo '{"events":[]}' >empty.json
try check empty.json
try check empty.json "$ROOT/tests/cli/data/order_closed.json"
try check - <empty.json
try check empty.json -o json
try replay -w scenarios/saga.c empty.json
