# An archive is one file: a folder in its place is a usage error that says so, and nothing is written.
source=$ROOT/tests/cli/data/order_open.json
try() { wfsim convert "$@"; echo "exit $?"; }
mkdir folder
try "$source" folder --to wfh
try "$source" folder/ --to wfh
try "$source" none/ --to wfh
ls -A folder
