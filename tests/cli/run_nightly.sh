# Sixty seeds of nightly reports hold every check: runs follow each other by their schedule and by retries, until the execution's
# time is over, the office closes, or somebody cancels. What is recorded replays, and keeps every invariant. A run that waits
# for its slot says so, and a schedule that never ends is no mystery.
wfsim run scenarios/nightly.yaml --seeds 1..60 >report
code=$?
grep -oE '(closed|ran|result) [A-Za-z_, ]+: in [1-9]' report | sed 's/: in .*/: reached/' | sort -u
wfsim run scenarios/nightly.yaml --seeds 1..3 --record nightly.wfh >report || code=$?
wfsim replay -w scenarios/nightly.c nightly.wfh || code=$?
wfsim check nightly.wfh || code=$?
wfsim describe scenarios/nightly.yaml nightly --seed 1 --at 3d | sed -n '/waits for/,$p'
cp scenarios/nightly.c .
cat >endless.yaml <<EOF
wfsim: 1
code: {v1: nightly.c}
start: [{workflow: Cleaner, id: cleaner, cron: "@every 6h"}]
activities: {clean: {takes: 1s}}
end_after: 2d
EOF
wfsim run endless.yaml --seed 1 | grep -A2 'cleaner'
exit $code
