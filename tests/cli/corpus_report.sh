# What a collection covers: outcomes, faults, shapes, growth, the fewest that cover the same, what looks edited, what is unreadable.
mkdir some
wfsim run scenarios/saga.yaml --seed 92 --record some/saga.wfh >/dev/null
wfsim run scenarios/saga.yaml --seed 5 --record some/saga5.wfh >/dev/null
cp "$ROOT/tests/cli/data/order_open.json" some/
wfsim corpus some >first; echo "exit $?"
cat first
wfsim corpus some | cmp - first
# The chosen ones cover what all cover.
wfsim corpus some -o json >all.json
grep -o '"histories":[0-9]*' all.json | head -n 1
# A loop: how much an iteration takes, and how many are left.
{ head -n 2 some/order_open.json
  i=2
  while [ $i -lt 2000 ]; do
      printf '{"eventId":"%d","eventTime":"2026-01-01T01:00:00Z","eventType":"EVENT_TYPE_WORKFLOW_EXECUTION_SIGNALED","workflowExecutionSignaledEventAttributes":{"signalName":"tick"}},\n' $i
      i=$((i + 1))
  done
  printf '{"eventId":"2000","eventTime":"2026-01-01T01:00:00Z","eventType":"EVENT_TYPE_WORKFLOW_EXECUTION_SIGNALED","workflowExecutionSignaledEventAttributes":{"signalName":"tick"}}\n]}\n'
} >loop.json
wfsim corpus loop.json | grep -e growth -e tick
# Edited: an event taken out, another time, no beginning. Damaged: a file that is none.
mkdir edited
sed 7d some/order_open.json >edited/gap.json
sed '7s/2026-01-01T00/2025-01-01T00/' some/order_open.json >edited/back.json
sed 2d some/order_open.json >edited/headless.json
echo '<html>' >edited/page.json
wfsim corpus edited | sed -n '/^These/,$p'; wfsim corpus edited >/dev/null 2>&1; echo "exit $?"
wfsim corpus edited -o json 2>/dev/null | grep -o '"first":"I[0-9]*'
wfsim corpus nowhere; echo "exit $?"
wfsim corpus; echo "exit $?"
# Clocks that were set back are no edit: the archive says how far apart they were.
wfsim run scenarios/family.yaml --seed 19 --record clocks.wfh >/dev/null
wfsim corpus clocks.wfh | sed -n '/^These/,$p'
