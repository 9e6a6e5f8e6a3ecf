# Trips booked through Nexus endpoints, under chaos: every check holds, every end is reached, and what is recorded replays on the
# same code and keeps every invariant.
wfsim run scenarios/trip.yaml --seeds 1..60 >report
code=$?
grep -oE '(closed|result) [a-z ]+: in [1-9]' report | sed 's/: in .*/: reached/' | sort -u
wfsim run scenarios/trip.yaml --seeds 1..3 --record trip.wfh >report || code=$?
wfsim replay -w scenarios/trip.c trip.wfh || code=$?
wfsim check trip.wfh || code=$?
exit $code
