# Eager activities under chaos: what is recorded replays and keeps every invariant.
wfsim run scenarios/eager.yaml --seeds 1..100 --record eager.wfh | sed -n '2p;/^  checks/,/^  steps/p' | grep -v '^  steps'
wfsim replay --no-cache -w scenarios/saga.c eager.wfh
wfsim check eager.wfh
