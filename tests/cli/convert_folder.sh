# A folder becomes an archive, an archive a folder; several histories do not fit into one JSON file, and none is written.
wfsim convert "$ROOT/tests/cli/data" all.wfh
wfsim convert all.wfh out --to json
echo "exit $?"
wfsim convert all.wfh out/ --to json
ls out
cmp out/0001-order-3.json "$ROOT/tests/cli/data/order_closed.json"
cmp out/0002-order-3.json "$ROOT/tests/cli/data/order_open.json"
wfsim convert all.wfh all.json
echo "exit $?"
ls
