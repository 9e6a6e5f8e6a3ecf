# A name that stands nowhere in the code is noted with its place, once, and is no error: it may be wrong on purpose, to see what then
# happens. Names that the code has, if only as the end of a longer literal, are not.
cp scenarios/saga.c scenarios/expense.c .
cat >names.yaml <<'END'
wfsim: 1
code: {v1: saga.c, v2: expense.c}
start:
  - {workflow: OrderSaga, id: "order-${n}", input: ["order-${n}", {cents: 5}]}
  - {workflow: OrderSaga, id: other, input: [other, {cents: 5}], signal: begn}
activities:
  reserve_inventory: {effect: {do: reserve, key: "${input[0]}"}}
  charge_payment:
  chrge_payment:
  ship_order:
clients:
  - {at: 1s, signal: aprove, to: "order-${n}", input: [yes]}
  - {at: 1s, signal: approve, to: "order-${n}", input: [yes]}
  - {at: 2s, signal: aprove, to: nobody}
  - {at: 3s, query: get_stats, to: "order-${n}"}
  - {at: 3s, query: status, to: "order-${n}"}
  - {at: 4s, update: chek_out, to: "order-${n}"}
  - {at: 5s, start: {workflow: OrderSaga, id: third, input: [third, {cents: 5}], signal: beginn}}
operator:
  - {at: 1s, pause: "order-${n}", activity: ship_ordr}
  - {at: 1h, schedule: {pause: nightly}}
  - {at: 1h, schedule: {pause: nihtly}}
schedules:
  nightly: {action: {workflow: OrderSaga, id: night, input: [night, {cents: 5}]}, every: 12h, end: 1d}
END
wfsim run names.yaml --seed 1 --no-faults >/dev/null
echo "exit $?"
wfsim list names.yaml --seed 1 --at 1s 2>&1 | grep -c 'note:'
wfsim run names.yaml --seed 1 --no-faults --set 'clients.0.signal=approve' 2>&1 | grep aprove
