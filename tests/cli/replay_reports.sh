# Every report of one batch, from one run: a change of the code, a workflow that the code lacks, and a file that is no history.
# Payloads are type and length; the second run shows them. Reports are the same bytes whatever --jobs is.
histories() { . "$ROOT/tests/cli/data/crashing_histories"; }
histories h Fine
cp "$ROOT/tests/cli/data/order_open.json" h/a.json
cp h/a.json 'h/b, <c> & "d".json'
echo '<html>not found</html>' >h/page.json
reports() { wfsim replay -w scenarios/saga_v2.c h --no-cache "$@" | sed -n '/^::/p'; }
reports --json r.json --junit r.xml --sarif r.sarif --markdown r.md --html r.html --github --jobs 1
reports --json s.json --junit s.xml --sarif s.sarif --markdown s.md --html s.html --jobs 7
sed -i 's/"elapsed_ns":[0-9]*/"elapsed_ns":0/; s/"batch":{[^}]*}/"batch":{}/' ?.json
sed -i '/"name": "wfsim"/{n;s/"[0-9.]*"/"VERSION"/}' ?.sarif
for end in json xml sarif md html; do
    cmp r.$end s.$end && printf '\n== %s\n' $end && cat r.$end
done
printf '\n== with payloads\n'
reports --json r.json --show-payloads
grep -o '"history":"11 [^}]*' r.json
