# Schedules under chaos, one for each overlap policy: every time is taken once, what came in the outage is made up for or, past
# its window, given up; what was recorded replays, and holds every invariant. The bills are counted from run to run.
wfsim run scenarios/billing.yaml --seeds 1..20 --record bills.wfh >report
code=$?
grep -oE '(closed|fault) [a-z_]+: in [1-9]' report | sed 's/: in .*/: reached/' | sort -u
wfsim replay -w scenarios/billing.c bills.wfh | grep -oE '(ok|nondeterminism|bad_history|code_failed)' | sort -u
wfsim check bills.wfh >/dev/null && echo checked
wfsim run scenarios/billing.yaml --seed 3 --trace trace >/dev/null || code=$?
grep -E 'schedule (in_turn|one_waits)' trace | head -24
wfsim run scenarios/billing.yaml --seed 1 --no-faults --record calm.wfh >/dev/null || code=$?
wfsim show calm.wfh | grep 'WorkflowExecutionCompleted' | grep -o 'result=.*' | sort | uniq -c
exit $code
