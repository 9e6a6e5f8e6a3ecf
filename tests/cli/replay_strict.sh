# What official replayers do not look at is a note, said once for each kind; --strict makes it a finding, a policy says so rule
# by rule. Code that is unchanged gives no note. A policy that means nothing is refused with its line.
wfsim run scenarios/saga.yaml --seed 42 --no-faults --record saga.wfh >/dev/null
replay() { wfsim replay --no-cache -w "$@"; echo "exit $?"; }
replay scenarios/saga.c --strict saga.wfh
sed "s|5 . WF_MINUTE|10 * WF_MINUTE|" "$ROOT/scenarios/saga.c" >longer.c
cmp -s longer.c "$ROOT/scenarios/saga.c" && echo 'the edit did nothing'
replay longer.c saga.wfh
replay longer.c --strict saga.wfh | tail -n 3
printf '%s\n' '# open runs keep their timeouts' 'act-timeouts ignore' 'boundary finding' >policy.txt
replay longer.c --policy policy.txt saga.wfh
echo 'act-timeouts finding # for this release' >policy.txt
replay longer.c --policy policy.txt --fail-fast saga.wfh | sed -n '1,2p;/hint/p;/official/p;/repeat/p;$p'
echo 'act-timeout finding' >policy.txt
replay longer.c --policy policy.txt saga.wfh
echo 'command-kind note' >policy.txt
replay longer.c --policy policy.txt saga.wfh
echo 'boundary fatal' >policy.txt
replay longer.c --policy policy.txt saga.wfh
replay longer.c --policy policy.txt --strict saga.wfh
replay longer.c --policy none.txt saga.wfh
replay longer.c --json r.json --markdown r.md --github saga.wfh | grep -c '^::notice'
grep -o '"notes":\[{[^}]*}' r.json | head -n 1
grep -A4 Notes r.md
