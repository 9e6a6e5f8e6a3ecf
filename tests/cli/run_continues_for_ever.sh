# A chain of runs that continue as new without end is a finding with its story, exit code 1; the limit is the scenario's.
ln -s "$ROOT/tests/cli/data/endless.c" .
cat >endless.yaml <<'SCENARIO'
wfsim: 1
code: {v1: endless.c}
start: [{workflow: Spin, id: "spin-${n}", count: 1, input: ["x"]}]
SCENARIO
wfsim run endless.yaml
echo "exit $?"
wfsim run endless.yaml --set limits.runs=3 --seeds 1..3 -o json | sed 's/.*"failures":/"failures":/'
echo 'limits: {runs: 5}' >>endless.yaml
wfsim run endless.yaml | grep continued
wfsim run endless.yaml --record out.wfh >/dev/null
wfsim list out.wfh | cut -c1-60 | head -3
