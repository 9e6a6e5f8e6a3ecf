# A sample has of every shape one before any has a second; the rest is counted as skipped. The same input gives the same sample,
# whatever --jobs is, as files or as one archive. What cannot be read is never skipped.
histories() { . "$ROOT/tests/cli/data/crashing_histories"; }
histories h Abort Fine Value
ln -s "$ROOT/tests/cli/data/crashing.c" .
for i in 1 2 3 4 5; do cp h/Fine.json h/Fine$i.json; done
wfsim convert h all.wfh
echo '<html>not found</html>' >h/page.json
replay() { wfsim replay -w crashing.c "$@" --jobs "$jobs" >out; echo "exit $?"; tail -n 1 out; }
jobs=1
replay h --sample 3
grep -c '^code_failed' out
cp out one
jobs=7
replay h --sample 3
cmp one out
replay h --sample 100
replay all.wfh --sample 4
replay all.wfh --sample 4 --shard 1/2
replay all.wfh --sample 4 --shard 2/2
echo '0123456789abcdef gone' >known.txt
replay h --sample 3 --baseline known.txt
