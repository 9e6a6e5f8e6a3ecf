# A report never takes the place of what is read: histories, also in a folder or under another name, code, baseline, reports to
# merge; nor do two reports of each other. Exit code 2, and nothing is written.
histories() { . "$ROOT/tests/cli/data/crashing_histories"; }
histories h Fine
cp "$ROOT/tests/cli/data/crashing.c" .
: >known.txt
ln -s h/Fine.json link
try() { wfsim "$@"; echo "exit $?"; }
try replay -w crashing.c h --json h/Fine.json
try replay -w crashing.c h --json ./h/../link
try replay -w crashing.c h --html crashing.c
try replay -w crashing.c h --baseline known.txt --markdown known.txt
try replay -w crashing.c h --junit r --sarif ./r
wfsim replay -w crashing.c h --json r.json >/dev/null
try merge r.json --json r.json
ls
cmp h/Fine.json link && cmp crashing.c "$ROOT/tests/cli/data/crashing.c"
