# A patch is kept while open runs are without it, deprecated when every open run has it, removed when none needs it; code that no
# longer asks for a patch is told the runs that it would break. Files that are no histories are said, the others are counted.
sed 's/{v1: saga.c}/{v1: saga_v3.c}/' scenarios/saga.yaml >v3.yaml
cp scenarios/saga_v3.c scenarios/saga.c scenarios/saga_v2.c .
wfsim run v3.yaml --seed 42 --no-faults --record v3.wfh >/dev/null
wfsim run scenarios/saga.yaml --seed 42 --no-faults --record v1.wfh >/dev/null
wfsim patches v3.wfh v1.wfh; echo "exit $?"
wfsim patches -w saga_v3.c v3.wfh; echo "exit $?"
wfsim patches -w saga_v2.c v3.wfh; echo "exit $?"
sed 's/wf_patched(wf, \("[^"]*"\))/(wf_deprecate_patch(wf, \1), true)/' saga_v3.c >v4.c
cmp -s v4.c saga_v3.c && echo 'the edit did nothing'
wfsim patches -w v4.c v3.wfh; echo "exit $?"
# Cut before their last event the runs are open; -o json.
mkdir open all
wfsim convert v3.wfh all --to json >/dev/null
wfsim convert v1.wfh open --to json >/dev/null
for f in all/*-order-1.json; do sed '$d' "$f" | sed '$d' | sed '$s/,$//' >open/patched.json; echo ']}' >>open/patched.json; done
wfsim patches open/patched.json -o json; echo "exit $?"
for f in open/*-order-2.json; do sed '$d' "$f" | sed '$d' | sed '$s/,$//' >open/plain.json; echo ']}' >>open/plain.json; done
wfsim patches open/patched.json open/plain.json | head -n 1
# A patch that no run has yet: the code alone knows of it.
wfsim patches -w saga_v3.c open/plain.json; echo "exit $?"
wfsim patches -w saga_v3.c v1.wfh | head -n 2
sed 's/wf_patched(wf, \("[^"]*"\))/(wf_deprecate_patch(wf, \1), false)/' saga_v3.c >hasty.c
wfsim patches -w hasty.c open/plain.json; echo "exit $?"
# More than are counted are said, and the histories behind are still read.
sed 's/    (void)state;/    for (int i = 0; i < 1200; i++) { (void)wf_patched(wf, wf_as_text(wf, wf_text(wf, "p-%d", i))); }/' saga_v3.c >many.c
wfsim patches -w many.c open/plain.json v1.wfh | tail -n 1; wfsim patches -w many.c open/plain.json >/dev/null; echo "exit $?"
sed s/core_patch/another/ open/patched.json >open/listed.json
wfsim patches open/listed.json
echo nonsense >bad.json
wfsim patches v3.wfh bad.json nowhere.json | tail -n 1; echo "exit $?"
wfsim patches bad.json >/dev/null; echo "exit $?"
wfsim patches - </dev/null; echo "exit $?"
wfsim patches -w nowhere.c v3.wfh; echo "exit $?"
# Versions that the code no longer supports, or does not yet; a run without a marker is at the default one.
wfsim run scenarios/tariff.yaml --seed 1 --no-faults --record tariff.wfh >/dev/null
cp scenarios/tariff.c .
wfsim patches -w tariff.c tariff.wfh; echo "exit $?"
sed 's/"tolls", NO_TOLLS, FLAT_TOLL/"tolls", 5, 6/' tariff.c >dropped.c
wfsim patches -w dropped.c tariff.wfh; echo "exit $?"
sed 's/"tolls", NO_TOLLS, FLAT_TOLL/"bridges", 1, 2/' tariff.c >new.c
wfsim patches -w new.c tariff.wfh | grep -A 2 bridges
# Of histories that the code does not replay nothing is advised: it has no such workflow, or fails every task.
cp scenarios/expense.c .
wfsim patches -w expense.c v3.wfh; echo "exit $?"
wfsim patches -w expense.c v3.wfh -o json; echo "exit $?"
sed 's/    (void)state;/    (void)wf_alloc(wf, 1, (size_t)1 << 40);/' saga_v3.c >failing.c
wfsim patches -w failing.c v3.wfh; echo "exit $?"
# What must be kept must be kept, whatever the code does.
wfsim patches -w failing.c open | tail -n 1
wfsim patches -w failing.c open/patched.json open/plain.json | head -n 1
# Nor when the code crashes in one of them: what was left out may need the patch.
cat >crashing.c <<'EOF'
#include <stdlib.h>
EOF
sed 's/    (void)state;/    if (wf_info(wf)->workflow_id[6] == '"'7'"') { abort(); }/' saga_v3.c >>crashing.c
wfsim patches -w crashing.c all; echo "exit $?"
