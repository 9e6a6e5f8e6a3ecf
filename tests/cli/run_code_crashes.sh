# Code that crashes in a simulation: what it was doing, how to repeat it, exit code 1; the other seeds run.
ln -s "$ROOT/tests/cli/data/crashing.c" .
scenario() {
    cat <<END
wfsim: 1
code: {v1: crashing.c}
start: [{workflow: $1, id: "order-\${n}", count: 1, input: ["order-1"]}]
activities: {reserve_inventory: {takes: 10ms}}
END
}
for workflow in Nowhere Loop Recursion Exit; do
    scenario $workflow >$workflow.yaml
    wfsim run $workflow.yaml --seeds 5..6
    echo "exit $?"
done
