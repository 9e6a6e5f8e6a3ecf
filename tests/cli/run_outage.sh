# Activities paused, let go, reset and given other options by an operator, under chaos; and mistakes in such entries are told.
wfsim run scenarios/outage.yaml --seeds 1..100 --record outage.wfh | sed -n '2p;/^  checks/,/^  steps/p' | grep -v '^  steps'
wfsim replay --no-cache -w scenarios/saga.c outage.wfh
wfsim check outage.wfh
# Other formats do not say that options were changed and clocks set: nothing is judged by what is not known, and runs go on from it.
wfsim convert outage.wfh json/ --to json >words
wfsim check json
wfsim run scenarios/outage.yaml --from json/0062-order-2.json@27 --seeds 1..5 --no-faults --record on.wfh >words; echo "exit $?"
wfsim check on.wfh
for mistake in 's/at: 1m, unpause/at: 1m, cancel/' 's/keep_paused: true/attempts: reset/' 's/, attempts: reset//' 's/activity: charge_payment, keep_paused/keep_paused/' \
    's/options: original, chance/chance/' 's/options: original/options: old/' 's/{start_to_close_timeout: 2s, retry: {attempts: 1}}/{}/' \
    's/start_to_close_timeout: 2s/queue: defualt/' 's/keep_paused: true/options: {heartbeat_timeout: 1s}/' \
    's/heartbeat: reset, chance: 50%/options: original/' 's/keep_paused: true/jitter: -1s/' 's/, pause: \(.*\)chance/, pause: \1jitter: 1s, chance/' \
    's/activity: charge_payment, options: original/options: original/' 's/^    activity: charge_payment//;/^    options/d'; do
    sed "$mistake" scenarios/outage.yaml >wrong.yaml
    wfsim run wrong.yaml 2>&1
    echo "exit $?"
done
