# Orders that an operator takes back or pauses, under chaos: every check holds, both ends are reached, and what is recorded replays on
# the same code and keeps every invariant.
wfsim run scenarios/reset.yaml --seeds 1..60 >report
code=$?
grep -oE '(fault|result) [a-z_, ]+: in [1-9]' report | sed 's/: in .*/: reached/' | sort -u
wfsim run scenarios/reset.yaml --seeds 1..3 --record reset.wfh >report || code=$?
wfsim replay -w scenarios/reset.c reset.wfh || code=$?
wfsim check reset.wfh || code=$?
exit $code
