# An output without a format is a usage error; one that cannot be written is the environment's, and the old file stays.
source=$ROOT/tests/cli/data/order_open.json
try() { wfsim convert "$@"; echo "exit $?"; }
try "$source" out
try "$source" out --to xml
try "$source" no/such/folder/out.json
try "$source" /dev/full --to json
try "$source" /dev/full --to wfh
echo old >kept.json
try absent.json kept.json
cat kept.json
ls -A
