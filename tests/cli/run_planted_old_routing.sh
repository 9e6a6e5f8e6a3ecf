# A service that follows any routing, whatever a run has followed before: an outdated one takes a run back to the version before, and
# the invariant on routings is broken. Both versions run the same code, so that nothing else breaks.
wfsim run scenarios/rainbow.yaml --seed 230 --set versioning.behavior=auto_upgrade --set code.v2=saga.c --set plant=old_routing \
    --set 'versioning.rollout=[{at: 1s, ramp: v2, percent: 30%}, {at: 3s, current: v2}, {at: 5s, current: v1},
        {at: 8s, ramp: v2, percent: 60%}, {at: 20s, current: v2}, {at: 60s, current: v1}]' >report
code=$?
grep -o '^broken: .*' report | sort -u
exit $code
