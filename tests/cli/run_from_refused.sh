# What no run can go on from: one sentence that names the event, exit code 2; what cannot be read or is damaged: 3.
wfsim run scenarios/saga.yaml --seed 42 --no-faults --record saga.wfh >/dev/null
wfsim convert saga.wfh json/ --to json >/dev/null
order=json/0003-order-3.json
try() { wfsim run scenarios/saga.yaml "$@" >words; echo "exit $?"; }
try --from "$order@5" --no-faults
try --from "$order"
try --from "$order@"
try --from "$order@five"
try --from @5
try --from "$order@0"
try --from "$order@24"
try --from "$order@22"
try --from "$order@5" --id order-4
try --from saga.wfh@5
try --from saga.wfh@5 --id nobody
try --from nowhere.json@5
try -w scenarios/saga.c
try --id order-3
try --from "$order@5" -w nowhere.c
try --from "$order@5" --record "$order"
try --from "$order@5" --no-faults --set 'queues={other: {workers: 1, workflows: "*", activities: "*"}}'
head -c 3000 saga.wfh >cut.wfh
try --from cut.wfh@5 --id order-1
head -c 900 "$order" >cut.json
try --from cut.json@2
head -c 5000 /dev/zero >garbage
try --from garbage@1
sed 's/"activityType":{"name":"reserve_inventory"},//' "$order" >no_type.json
try --from no_type.json@5
sed 's/"scheduledEventId":"5"/"scheduledEventId":"2"/' "$order" >crossed.json
try --from crossed.json@9
sed 's/"eventTime":"[^"]*"/"eventTime":"0001-01-01T00:00:00Z"/' "$order" >timeless.json
try --from timeless.json@5
# A run of a workflow that the code does not have is never begun.
wfsim run scenarios/expense.yaml --from "$order@5" --no-faults; echo "exit $?"
