# Asynchronous completion under chaos: by token and by id, twice and too late; and a mistake in the section is told.
wfsim run scenarios/deposit.yaml --seeds 1..100 --record deposits.wfh | sed -n '2p;/^  checks/,/^  steps/p' | grep -v '^  steps'
wfsim replay --no-cache -w scenarios/deposit.c deposits.wfh
wfsim check deposits.wfh
sed 's/by: id/by: name/' scenarios/deposit.yaml >wrong.yaml
wfsim run wrong.yaml 2>&1
echo "exit $?"
sed 's/fail: Declined, //' scenarios/deposit.yaml >wrong.yaml
wfsim run wrong.yaml 2>&1
echo "exit $?"
