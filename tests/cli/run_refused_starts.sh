# A start that the service refuses is told, as its sender was: how many, the first id, the reason.
cat >twice.yaml <<'SCENARIO'
wfsim: 1
code: {v1: scenarios/saga.c}
start:
  - {workflow: OrderSaga, id: "order-${n}", count: 3, every: 1s, input: ["x", {cents: 5}]}
  - {workflow: OrderSaga, id: order-2, count: 1, at: 1010ms, input: ["y", {cents: 7}]}
  - {workflow: OrderSaga, id: order-1, count: 1, at: 1h, id_reuse: reject_duplicate, input: ["y", {cents: 7}]}
activities: {reserve_inventory: {takes: 1s}, charge_payment: {}, ship_order: {}, release_inventory: {}, refund_payment: {}}
SCENARIO
wfsim run twice.yaml
wfsim run twice.yaml --seeds 4..6 | grep refused
wfsim run twice.yaml --seeds 4..6 -o json | grep -o '"refused_starts":{[^}]*}'
wfsim run scenarios/saga.yaml -o json | grep -o '"refused_starts":{[^}]*}'
