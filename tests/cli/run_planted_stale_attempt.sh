# The report of an attempt that is over counts: the invariant on acknowledged outcomes is broken.
wfsim run scenarios/family.yaml --seeds 1..20 --set plant=stale_attempt >report
code=$?
grep -o '^broken: .*' report | sort -u
exit $code
