# A moment of a run whose code crashes or loops has no workflows to show: what happened is said, and the exit code is that of `run`.
ln -s "$ROOT/tests/cli/data/crashing.c" .
for workflow in Nowhere Loop; do
    cat >$workflow.yaml <<END
wfsim: 1
code: {v1: crashing.c}
start: [{workflow: $workflow, id: "order-\${n}", count: 1, input: ["order-1"]}]
activities: {reserve_inventory: {takes: 10ms}}
END
    wfsim list $workflow.yaml; echo "exit $?"
    wfsim list $workflow.yaml --seed 5 -o json; echo "exit $?"
    wfsim describe $workflow.yaml order-1; echo "exit $?"
    wfsim describe $workflow.yaml order-1 -o json; echo "exit $?"
done
