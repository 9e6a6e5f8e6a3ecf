# Sixty seeds of orders with children hold every check; children complete, fail, are cancelled and terminated; a child runs
# already; a workflow to signal or cancel is not there. What is recorded replays, and keeps every invariant.
wfsim run scenarios/family.yaml --seeds 1..60 >report
code=$?
grep -oE '(closed|ran|result) [a-z_, ]+: in [1-9]' report | sed 's/: in .*/: reached/' | sort -u
wfsim run scenarios/family.yaml --seeds 1..3 --record family.wfh >report || code=$?
wfsim replay -w scenarios/family.c family.wfh || code=$?
wfsim check family.wfh || code=$?
wfsim describe scenarios/family.yaml order-1 --seed 6 --at 6s | sed -n '/waits for/,$p' | grep -o 'StartChild[A-Za-z]* [A-Z][a-z]*'
exit $code
