# A seed that does not fit into a simulation is a finding that says when, what there is too much of and how to repeat it; the
# other seeds run, exit code 1.
cat >flood.yaml <<'SCENARIO'
wfsim: 1
code: {v1: scenarios/saga.c}
start: [{workflow: OrderSaga, id: "order-${n}", count: 1, input: ["x", {cents: 5}]}]
activities: {reserve_inventory: {}, charge_payment: {}, ship_order: {}, release_inventory: {}, refund_payment: {}}
clients: [{every: 10us, signal: hello, to: nobody}]
SCENARIO
wfsim run flood.yaml --seed 7
echo "exit $?"
wfsim list flood.yaml --seed 7 2>&1
echo "exit $?"
wfsim run flood.yaml --seeds 1..2 --record out.wfh -o json | grep -o '"diagnosis":"WF518"\|"first_seed":1,"seeds":2'
# What had no room when memory ended is another thing in each build, and so are the time and the steps until then.
ln -s "$ROOT/tests/cli/data/hoarding.c" .
cat >hoard.yaml <<'SCENARIO'
wfsim: 1
code: {v1: hoarding.c}
start: [{workflow: Hoard, id: "hoard-${n}", count: 1, input: ["x"]}]
SCENARIO
wfsim run hoard.yaml --seeds 1..4 >out
echo "exit $?"
sed 's/^  at .*; all/  at (when): (what had no room); all/; /^  workflows/d; /^  steps/d; /^  trace/d' out
