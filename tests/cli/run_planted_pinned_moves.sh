# A service that gives pinned runs to whom the routing names: the invariant on pinned runs is broken. Both versions run the same
# code, so that nothing else breaks.
wfsim run scenarios/rainbow.yaml --seed 1 --no-faults --set code.v2=saga.c --set plant=pinned_moves >report
code=$?
grep -o '^broken: .*' report | sort -u
exit $code
