# What is missing, misspelt or empty is said in one sentence, with the exit code that tells whose fault it is.
try() { wfsim replay "$@"; echo "exit $?"; }
mkdir empty
ln -s "$ROOT/tests/cli/data/order_open.json" .
try order_open.json
try -w scenarios/saga.c
try -w scenarios/saga.c --familly core order_open.json
try -w scenarios/saga.c --family ruby order_open.json
try -w scenarios/saga.c --jobs none order_open.json
try -w scenarios/none.c order_open.json
try -w scenarios order_open.json
try -w scenarios/saga.c empty
try -w scenarios/saga.c none.json
try -w scenarios/saga.c 'none*.json'
