# Writes without a range condition are seen: an owner that was overtaken still writes.
wfsim run scenarios/saga.yaml --set plant=no_fencing --seeds 1..3 >planted
code=$?
grep '^broken' planted | sort -u
exit $code
