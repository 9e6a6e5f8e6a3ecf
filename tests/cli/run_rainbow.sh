# The same change that strands open runs in a rolling deploy strands none when they are pinned to the version that began them. Not
# pinned, they meet the new code and are stuck; pinned to a version whose workers are gone, they wait and say so.
wfsim run scenarios/rainbow.yaml --seeds 1..20 >report
echo "pinned: exit $?"
grep -oE '(version v|closed )[^:]*: in' report | sed 's/: in/: reached/'
wfsim run scenarios/rainbow.yaml --seeds 1..5 --set versioning.behavior=auto_upgrade >report
echo "not pinned: exit $?"
grep -oE '\[TMPRL1100\] Nondeterminism error: Activity type of scheduled event' report | sort -u
wfsim run scenarios/rainbow.yaml --seeds 1..5 --set versioning.behavior=auto_upgrade --set code.v2=saga_v3.c >report
echo "not pinned, behind a patch: exit $?"
wfsim run scenarios/rainbow.yaml --seed 1 --no-faults --set 'versioning.rollout=[{at: 4s, current: v2}, {at: 6s, retire: v1}]' >report
echo "pinned, and retired too early: exit $?"
grep -oE 'workers of version .* any more \[WF[0-9]+\]' report | sort -u
