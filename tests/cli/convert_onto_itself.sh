# A conversion never writes over what it reads: exit code 2, and the file is as it was.
cp "$ROOT/tests/cli/data/order_open.json" order.json
ln order.json hard.json
ln -s order.json soft.json
mkdir in
cp order.json in/0001-order-3.json
cp order.json in/all.wfh
cksum *.json in/* >before
try() { wfsim convert "$@"; echo "exit $?"; }
try order.json order.json
try order.json ./order.json
try order.json hard.json
try soft.json order.json
try in in --to json
try in in/all.wfh
try in/0001-order-3.json in/ --to json
# Nor over the code that it replays with.
cp scenarios/saga.c code.c
try --redact -w code.c order.json code.c --to json
try --redact -w ./code.c order.json code.c --to wfh
cmp scenarios/saga.c code.c
cksum *.json in/* | diff - before && echo 'nothing was written'
wfsim convert - - --to json <order.json >again.json
echo "exit $?"
