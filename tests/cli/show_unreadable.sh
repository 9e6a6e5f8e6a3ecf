# What cannot be read is named in one sentence, exit code 3; an empty folder is an error, not an empty success.
try() { wfsim show "$@"; echo "exit $?"; }
mkdir empty
echo '{"events":[{"eventId":' >cut.json
echo '{"hello":1}' >other.json
: >nothing.json
head -c 300 "$ROOT/tests/cli/data/order_open.json" | gzip -c | head -c 100 >cut.json.gz
try absent.json
try empty
try cut.json
try other.json
try nothing.json
try cut.json.gz
