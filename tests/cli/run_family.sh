# Sixty seeds of orders with children hold every check; children complete, fail, are cancelled and terminated; a child runs
# already; a workflow to signal or cancel is not there. What is recorded replays, and keeps every invariant.
wfsim run scenarios/family.yaml --seeds 1..60 >report
code=$?
grep -oE '(closed|ran|result) [a-z_, ]+: in [1-9]' report | sed 's/: in .*/: reached/' | sort -u
wfsim run scenarios/family.yaml --seeds 1..3 --record family.wfh >report || code=$?
wfsim replay -w scenarios/family.c family.wfh || code=$?
wfsim check family.wfh || code=$?
wfsim describe scenarios/family.yaml order-1 --seed 6 --at 6s | sed -n '/waits for/,$p' | grep -o 'StartChild[A-Za-z]* [A-Z][a-z]*'
# Two seeds in which an order closes before it knows of a child.
for seed in 331 5020955; do
    wfsim run scenarios/family.yaml --seed $seed >report || code=$?
done
# Without ends of their own, children stay whose parents closed before they knew of them: one that outlives its parent, and one
# whose start came behind the close policy.
sed 's/ *\.execution_timeout = life,\?//; /wf_duration_ns life/d' scenarios/family.c >family.c
cp scenarios/family.yaml .
for seed in 331 5020955; do
    wfsim run family.yaml --seed $seed | grep -o '[a-z]*-of-order-[0-9] was still open\|only an .execution_timeout. ends the child$' | sort -u
done
exit $code
