# The workflows of an archive, those of one status, and as JSON.
wfsim convert "$ROOT/tests/cli/data" all.wfh
wfsim list all.wfh
wfsim list all.wfh --status running -o json
wfsim list all.wfh --status Failed -o jsonl
wfsim list all.wfh --status done
echo "exit $?"
cp "$ROOT/tests/cli/data/order_open.json" open.json
wfsim list open.json
echo "exit $?"
