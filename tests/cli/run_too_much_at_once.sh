# What does not fit into a simulation is said in one sentence that names the seed, the time and what there is too much of.
cat >flood.yaml <<'SCENARIO'
wfsim: 1
code: {v1: scenarios/saga.c}
start: [{workflow: OrderSaga, id: "order-${n}", count: 1, input: ["x", {cents: 5}]}]
activities: {reserve_inventory: {}, charge_payment: {}, ship_order: {}, release_inventory: {}, refund_payment: {}}
clients: [{every: 10us, signal: hello, to: nobody}]
SCENARIO
wfsim run flood.yaml --seed 7
echo "exit $?"
sed 's/count: 1,/count: 300000,/; /clients/d' flood.yaml >many.yaml
wfsim run many.yaml --seed 7 2>errors
echo "exit $?"
sed 's/s: .*; all/s: (what had no room); all/' errors >&2 # whose turn it is when memory ends is another in each build
