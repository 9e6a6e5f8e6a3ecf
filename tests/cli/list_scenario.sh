# A moment of a run: some workflows still wait then; at its end none does. Ids and times are the engine's and may change.
wfsim list scenarios/expense.yaml --seed 3 --at 1s --status running -o jsonl | grep -o '"workflow_id":"[^"]*"'
wfsim list scenarios/expense.yaml --seed 3 --status running | grep -c expense-
wfsim describe scenarios/expense.yaml expense-1 --seed 3 --at 1s | grep -E 'type|status'
wfsim list scenarios/expense.yaml --at noon
echo "exit $?"
wfsim list archive.wfh --at 2d
echo "exit $?"
