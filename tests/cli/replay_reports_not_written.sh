# A report that cannot be written is one sentence and exit code 4; the others, and the results, are there all the same.
histories() { . "$ROOT/tests/cli/data/crashing_histories"; }
histories h Fine
ln -s "$ROOT/tests/cli/data/crashing.c" .
replay() { wfsim replay -w crashing.c h --no-cache "$@"; echo "exit $?"; }
mkdir folder
replay --json nowhere/r.json --junit r.xml
replay --junit folder --markdown r.md
[ -e /dev/full ] || { echo 'no /dev/full' >&2; exit 77; }
replay --html /dev/full --sarif r.sarif
ls
replay --json -
replay --json same --junit same
replay --github -o json
