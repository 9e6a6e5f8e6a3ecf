# Local activities live: attempts, retries, heartbeating tasks and markers under chaos; what is recorded replays, and a worker's
# crash in the middle of one shows as effects that were done again.
wfsim run scenarios/offer.yaml --seeds 1..100 --record offers.wfh | sed -n '2p;/^  checks/,/^  steps/p' | grep -v '^  steps'
wfsim replay --no-cache -w scenarios/offer.c offers.wfh
wfsim check offers.wfh
wfsim run scenarios/offer.yaml --seed 1 --no-faults --record calm.wfh >report
wfsim show calm.wfh | grep -cE 'core_local_activity'
