# The command behind a finding is pasted into a shell and finds the same file, whatever bytes its name has: line ends, what moves
# the cursor, what is no UTF-8, quotes. Shells that are older than $'...' in the standard lack it.
command -v bash >/dev/null || { echo 'no bash here' >&2; exit 77; }
strange=$(printf 'a\n::error::\033[2J it'\''s \351\\1')
mkdir "$strange"
cp "$ROOT/tests/cli/data/order_open.json" "$strange/b.json"
cp "$ROOT/scenarios/saga_v2.c" 'a c.c'
wfsim replay -w 'a c.c' "$strange" --no-cache >first
grep 'repeat:' first
sed -n 's/^  repeat: \(.*\)/\1 --no-cache/p' first >command
bash command >second
echo "exit $?"
cmp first second
wfsim run scenarios/saga.yaml --seed 3 --no-faults --record "$strange/c.wfh" >/dev/null
wfsim diff "$strange/c.wfh" "$strange/b.json"
echo "exit $?"
