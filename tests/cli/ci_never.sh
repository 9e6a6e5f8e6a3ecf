# What continuous integration counts can fail: a kind of fault that never fires and a row of a machine that no test takes are named.
SEEDS=3 "$ROOT/ci/fault-kinds" "$(command -v wfsim)" scenarios/harvest.yaml >report
echo "fault-kinds: exit $?"
grep -E 'worker_crash|: zombie$' report
sed -n 's/^1 passed, [0-9]* failed$/one fired/p' report
"$ROOT/ci/coverage-transitions" - <<'GCOV'
        -:    0:Source:engine/server/timer.def
        3:   10:WF_TRANSITION(NEW, START, STARTED, start)
    #####:   11:WF_TRANSITION(STARTED, FIRE, FIRED, fire)
GCOV
echo "coverage-transitions: exit $?"
"$ROOT/ci/coverage-transitions" - </dev/null
echo "coverage-transitions of nothing: exit $?"
