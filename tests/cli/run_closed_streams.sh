# Started without standard output, no file opened later takes its place: results are lost and said to be, files are whole.
run() { "$@"; echo "exit $?" >&2; }
cp scenarios/saga.c .
run wfsim run scenarios/saga.yaml --seed 3 >/dev/null --record open.wfh
run wfsim run scenarios/saga.yaml --seed 3 --record closed.wfh >&-
cmp open.wfh closed.wfh
run wfsim convert closed.wfh again.wfh --to wfh >&-
wfsim check again.wfh
run wfsim replay -w saga.c closed.wfh --json closed.json >&-
tail -c 4 closed.json
# Nor that of the other two: no complaint ends up in the archive, and a file is not standard input.
wfsim run scenarios/saga.yaml --seed 3 --record quiet.wfh >/dev/full 2>&-; echo "exit $?" >&2
cmp open.wfh quiet.wfh
run wfsim show - <&-
