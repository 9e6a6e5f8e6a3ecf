# Histories behind CODE are replayed in other worlds. Each way to depend on something that history does not tell is planted once, and
# found with its task, variable and line; so is a variable that a replay changes; code that depends on nothing has no finding.
cp "$ROOT/tests/cli/data/lint_hunt.c" .
history() {
    sed -n "1,$2p" "$ROOT/tests/cli/data/order_open.json" |
        sed "s/OrderSaga/$1/; s/\"order-3\"/\"$1-1\"/; s/reserve_inventory/charge_account/; \$s/,\$//"
    echo ']}'
}
mkdir all
for type in ByAddress ByChance ByClock ByEnvironment ByGlobal ByMemory Steady; do history $type 6 >all/$type.json; done
history ByZone 11 >all/ByZone.json
wfsim lint lint_hunt.c all >all.txt 2>/dev/null; echo "exit $?"
grep -v '^lint_hunt.c:' all.txt | sed 's/Timeout: .*/Timeout: .../; s/, [0-9]* of them .*//'
wfsim lint lint_hunt.c all/Steady.json | grep -c Steady
# Two replays that do not agree in one world: what they did is another thing each time. The wait is drawn from a file.
history ByFile 6 >ByFile.json
wfsim lint lint_hunt.c ByFile.json | grep -A 2 '^ByFile' | sed 's/Timeout: .*/Timeout: .../'
# Should they agree by chance, it is still said what it is, and not laid on a world that differs by chance.
history ByCoins 6 >ByCoins.json
for i in 1 2 3 4 5 6 7 8; do wfsim lint lint_hunt.c ByCoins.json 2>/dev/null | grep -o '^ByCoins.*: WF[0-9]*'; done | uniq
# One mistake in many histories is told once.
mkdir many
for i in 1 2 3; do cp all/ByClock.json many/$i.json; done
wfsim lint lint_hunt.c many -o jsonl | grep WF344
wfsim lint lint_hunt.c many | grep WF344
# What cannot be read or crashes is said, and the rest is hunted with.
history Crashing 6 >Crashing.json
echo nonsense >bad.json
wfsim lint scenarios/saga.c bad.json; echo "exit $?"
wfsim lint scenarios/saga.c nowhere.json; echo "exit $?"
wfsim lint lint_hunt.c Crashing.json all/Steady.json | tail -n 1
cp "$ROOT/tests/cli/data/order_closed.json" "$ROOT/tests/cli/data/order_open.json" .
wfsim lint scenarios/saga.c order_closed.json order_open.json; echo "exit $?"
# The code of a scenario, and what it did under faults.
wfsim run scenarios/saga.yaml --seed 92 --record saga.wfh >/dev/null
wfsim lint scenarios/saga.c saga.wfh; echo "exit $?"
# Histories of which the code runs nothing are no hunt; others do not hide them, nor are they hidden by them.
wfsim lint scenarios/expense.c saga.wfh; echo "exit $?"
wfsim lint scenarios/expense.c saga.wfh -o json; echo "exit $?"
wfsim lint scenarios/saga.c saga.wfh all/Steady.json; echo "exit $?"
