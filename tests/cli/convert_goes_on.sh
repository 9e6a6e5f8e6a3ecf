# A file of a folder that cannot be read does not take the others away: it is said, and the exit code is 3. A folder that lies too deep
# is said and passed over. A file that is read alone, or of which nothing can be read, makes no output.
mkdir in
cp "$ROOT/tests/cli/data/order_closed.json" in/a.json
echo '{"events": [{"eventId": ' >in/b.json
cp "$ROOT/tests/cli/data/order_open.json" in/c.json
cp scenarios/saga.c .
wfsim convert in out.wfh
echo "exit $?"
wfsim list out.wfh -o jsonl | wc -l
wfsim convert in out/ --to json
echo "exit $?"
ls out
wfsim convert in shown.wfh --redact -w saga.c
echo "exit $?"
wfsim convert in/b.json none.wfh
echo "exit $?"
cp in/b.json in/a.json
cp in/b.json in/c.json
wfsim convert in none.wfh 2>&1 | wc -l
ls
deep=deep
for i in 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19 20 21 22 23 24 25 26 27 28 29 30 31 32; do
    deep=$deep/d
done
mkdir -p $deep/d
cp "$ROOT/tests/cli/data/order_closed.json" $deep/e.json
cp "$ROOT/tests/cli/data/order_closed.json" $deep/d/f.json
wfsim check deep 2>&1 | sed 's:\(/d\)*/d:/d...d:'
wfsim check $deep
