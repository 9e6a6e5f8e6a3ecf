# A file that there is no memory for ends the batch (4), which says so, and is no finding of the file: with memory enough the
# next run replays it, because nothing was kept of it.
export LC_ALL=C
if ! (ulimit -v 60000 && wfsim --version) >/dev/null 2>&1; then
    echo 'the program does not run in 60 MB' >&2
    exit 77
fi
cp "$ROOT/tests/cli/data/crashing.c" .
WFSIM_CACHE=$PWD/cache
export WFSIM_CACHE
head -c 60000000 /dev/zero | tr '\0' ' ' | gzip -1 >blanks.json.gz
wfsim replay -w crashing.c blanks.json.gz --no-cache >/dev/null # compiles it
short() {
    (
        ulimit -v 60000
        wfsim replay -w crashing.c "$@"
        echo "exit $?"
    )
}
short blanks.json.gz --json r.json
grep -o '"histories":[0-9]*\|"incomplete":"[^"]*"' r.json
short blanks.json.gz --sample 1
gunzip -c blanks.json.gz | short -
wfsim replay -w crashing.c blanks.json.gz
echo "exit $?"
