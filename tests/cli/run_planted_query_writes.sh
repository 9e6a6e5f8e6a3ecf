# A query that writes: the engine invariant on queries is broken at the first one.
wfsim run scenarios/cart.yaml --seed 1 --no-faults --set plant=query_writes >report
code=$?
grep -o '^broken: .*' report | sort -u
exit $code
