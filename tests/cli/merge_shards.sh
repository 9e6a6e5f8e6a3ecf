# The merged reports of shards are the report of one run over everything, to the byte: of a folder, whose files they share, and of
# one archive, whose histories they share. More shards than histories are no harm. Exit code and printed results are the same, too.
histories() { . "$ROOT/tests/cli/data/crashing_histories"; }
histories h Abort Fine Nowhere Recursion Value
ln -s "$ROOT/tests/cli/data/crashing.c" .
cp h/Fine.json h/Zero.json
wfsim convert h all.wfh
echo '<html>not found</html>' >h/page.json
echo 'h/page.json WF103 the export of this one is broken' >known.txt
plain() { sed -i 's/"elapsed_ns":[0-9]*/"elapsed_ns":0/; s/"cached":[0-9]*/"cached":0/' "$@"; }
# compare INPUT COUNT
compare() {
    rm -f part-*.json
    for i in $(seq "$2"); do
        wfsim replay -w crashing.c "$1" --shard "$i/$2" --json "part-$i.json" >/dev/null
    done
    wfsim replay -w crashing.c "$1" --json whole.json --junit whole.xml --baseline known.txt >whole.txt 2>/dev/null
    whole=$?
    wfsim merge $(ls part-*.json | sort -r) --json merged.json --junit merged.xml --baseline known.txt >merged.txt 2>/dev/null
    echo "exit $whole $?"
    plain whole.json merged.json part-*.json
    sed -i 's/, [0-9]* cached//' whole.txt merged.txt
    cmp whole.json merged.json && cmp whole.xml merged.xml && cmp whole.txt merged.txt && tail -n 1 merged.txt
    grep -ho '"histories":[0-9]*' part-*.json | tr '\n' ' '
    echo
}
compare h 1
compare h 3
compare h 11
compare all.wfh 4
