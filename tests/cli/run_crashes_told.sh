# Each distinct crash of a batch is told once, with the number of its seeds; JSON has them all, and a line for every seed.
ln -s "$ROOT/tests/cli/data/crashing.c" .
cat >two.yaml <<'SCENARIO'
wfsim: 1
code: {v1: crashing.c}
start:
  - {workflow: Exit, id: "exit-${n}", count: 1, input: ["x"]}
  - {workflow: Nowhere, id: "nowhere-${n}", count: 1, input: ["x"]}
activities: {reserve_inventory: {takes: {uniform: [1ms, 80ms]}}}
SCENARIO
sed 's/Nowhere/Called/' two.yaml >called.yaml
wfsim run two.yaml --seeds 1..6 --set cluster.workers=3 --no-faults
echo "exit $?"
wfsim run two.yaml --seeds 1..6 -o json | sed 's/.*\("crashes":.*\),"failures":.*/\1/'
wfsim run two.yaml --seeds 3..6 -o jsonl | sed 's/^{"scenario":"two","first_seed":\([0-9]*\),"last.*"crashes":\(.*\),"crashes_left.*/\1 \2/'
wfsim run called.yaml --seed 4 -o json >one.json
echo "exit $?"
sed 's/.*\("crashed":1\).*\("call":"[a-z_]*"\).*\("repeat":"[^"]*"\).*/\1 \2 \3/' one.json
