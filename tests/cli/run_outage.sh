# Activities paused, let go and reset by an operator, under chaos; and mistakes in such entries are told.
wfsim run scenarios/outage.yaml --seeds 1..100 --record outage.wfh | sed -n '2p;/^  checks/,/^  steps/p' | grep -v '^  steps'
wfsim replay --no-cache -w scenarios/saga.c outage.wfh
wfsim check outage.wfh
for mistake in 's/at: 1m, unpause/at: 1m, cancel/' 's/keep_paused: true/attempts: reset/' 's/, attempts: reset//' 's/activity: charge_payment, keep_paused/keep_paused/'; do
    sed "$mistake" scenarios/outage.yaml >wrong.yaml
    wfsim run wrong.yaml 2>&1
    echo "exit $?"
done
