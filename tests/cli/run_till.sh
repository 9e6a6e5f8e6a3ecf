# Sixty seeds of tills hold every check: they continue as new when that is suggested, and the hoarder that does not is terminated
# by the service's limit, which is said. What is recorded replays, and keeps every invariant; memo and search attributes are
# carried on.
wfsim run scenarios/till.yaml --seeds 1..60 >report
code=$?
grep -oE 'closed [a-z_]+: in [1-9]' report | sed 's/: in .*/: reached/' | sort -u
wfsim run scenarios/till.yaml --seed 1 --record till.wfh | grep 'hoarder' | sed 's/[0-9]* events and [0-9]* bytes/N events and M bytes/'
wfsim replay -w scenarios/till.c till.wfh || code=$?
wfsim check till.wfh || code=$?
wfsim describe scenarios/till.yaml till-1 --seed 1 --at 20m 2>/dev/null | grep -E '^  (memo|attribute)'
wfsim describe scenarios/till.yaml till-1 --seed 1 --at 20m -o json 2>/dev/null | grep -oE '"(memo|search_attributes)":[{]"[a-zA-Z]+"'
exit $code
