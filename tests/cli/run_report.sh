# The page of a run: whole in itself, the same bytes wherever it is made, everything escaped, the same facts as the text.
ln -s "$ROOT/tests/cli/data/crashing.c" .
cat >page.yaml <<'SCENARIO'
wfsim: 1
code: {v1: crashing.c}
start:
  - {workflow: Fine, id: "<b>&'\"${n}", count: 2, input: ["x"]}
  - {workflow: Exit, id: "<script>", count: 1, at: 1s, input: ["x"]}
activities: {reserve_inventory: {takes: {uniform: [1ms, 80ms]}, effect: {do: "<reserve>", key: "${input[0]}"}}}
check: [{at_most_once: "<reserve>"}]
sometimes: {reach: [{closed: failed}]}
SCENARIO
wfsim run page.yaml --seeds 1..3 --report crashed.html >/dev/null
echo "exit $?"
sed '/^<style>/,/^<\/style>/d' crashed.html
sed '/Exit/d' page.yaml >fine.yaml
wfsim run fine.yaml --report broken.html >/dev/null
echo "exit $?"
sed '1,/^<body>/d; /^<h2>Faults/,/^<h2>Ledger/d' broken.html
wfsim run scenarios/saga_naive.yaml --seeds 1..20 --jobs 1 --report one.html >words
wfsim run "$PWD/scenarios/saga_naive.yaml" --seeds 1..20 --jobs 2 --report two.html >/dev/null
sed 's|scenarios/saga_naive|saga_naive|' one.html | cmp - two.html && echo 'the same bytes'
grep -c '^<h3>Broken' one.html
grep -c '^broken' words
grep -lE 'https?:|<script|<link|<img|@import|url\(' ./*.html
grep -F "$PWD" ./*.html
wfsim run scenarios/saga.yaml --seeds 1..2 -o json --report fine.html | grep -c '"fine":true'
grep -c 'Nothing broke' fine.html
