# Code changes under open orders. Behind a patch they go on; without one, and when the patched code is rolled back, what is open
# is stuck, and says what history and code disagree about.
wfsim run scenarios/deploy.yaml --seeds 1..20 >report
echo "patched: exit $?"
grep -oE 'fault rolling_deploy between .*: in' report | sed 's/: in/: reached/'
wfsim run scenarios/deploy.yaml --seeds 1..5 --set code.v2=saga_v2.c >report
echo "not patched: exit $?"
grep -oE '\[TMPRL1100\] Nondeterminism error: Activity type of scheduled event' report | sort -u
wfsim run scenarios/deploy.yaml --seeds 1..5 --set 'faults.place=[{rolling_deploy: , at: 3s}, {rollback: , at: 6s}]' >report
echo "rolled back: exit $?"
grep -oE '\[TMPRL1100\] Nondeterminism error' report | sort -u
