# --matrix replays the histories of every code against every code. A later code that cannot replay an earlier one's is a finding,
# a rollback that would strand runs is shown; histories of unknown code must replay against the last one.
for v in saga saga_v2 saga_v3; do
    sed "s/{v1: saga.c}/{v1: $v.c}/" scenarios/saga.yaml >$v.yaml
    cp scenarios/$v.c .
    wfsim run $v.yaml --seed 42 --no-faults --record $v.wfh >/dev/null
done
wfsim replay --matrix saga.c saga_v2.c saga_v3.c saga.wfh saga_v2.wfh saga_v3.wfh --markdown m.md; echo "exit $?"
cat m.md
wfsim replay --matrix saga.c saga_v3.c -o json -- saga.wfh; echo "exit $?"
mkdir one
wfsim convert saga.wfh one --to json >/dev/null
wfsim replay --matrix -w saga_v2.c saga.c one; echo "exit $?"
sed '1i #include <stdlib.h>
s/    error = wf_activity(wf/    abort();\n&/' saga.c >crash.c
cmp -s crash.c saga.c && echo 'the edit did nothing'
wfsim replay --matrix saga.c crash.c saga.wfh; echo "exit $?"
echo nonsense >bad.json
wfsim replay --matrix saga.c saga_v3.c saga.wfh bad.json; echo "exit $?"
# One without events can be read, and is bad for every code.
echo '{"events": []}' >none.json
wfsim replay --matrix saga.c saga_v3.c none.json; echo "exit $?"
wfsim replay --matrix saga.c saga.wfh; echo "exit $?"
wfsim replay --matrix saga.c saga_v2.c; echo "exit $?"
wfsim replay --matrix saga.c saga_v2.c - </dev/null; echo "exit $?"
wfsim replay --matrix saga.c saga_v2.c saga.wfh --sample 3; echo "exit $?"
wfsim replay --matrix saga.c saga_v2.c saga.wfh --markdown saga.wfh; echo "exit $?"
# The command that shows why carries what decides verdicts: without it, it would find less than the table counts.
echo 'act-timeouts finding' >'a policy.txt'
wfsim replay --matrix saga.c saga_v2.c saga.wfh --family core --strict --prefixes --jobs 1 | grep 'see why'
wfsim replay --matrix saga.c saga_v2.c saga.wfh --policy 'a policy.txt' --live --jobs 2 | grep 'see why'
