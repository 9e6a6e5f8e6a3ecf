# Carts are filled by updates: over thirty seeds of chaos every outcome is told, updates that a crash lost are taken again and
# others recognised. What is recorded replays, and keeps every invariant.
wfsim run scenarios/cart.yaml --seeds 1..30 >report
code=$?
grep -oE '(answer|update) [a-z_ ]+: in [1-9]' report | sed 's/: in .*/: reached/' | sort -u
wfsim run scenarios/cart.yaml --seeds 1..3 --record cart.wfh >report || code=$?
wfsim replay -w scenarios/cart.c cart.wfh || code=$?
wfsim check cart.wfh || code=$?
exit $code
