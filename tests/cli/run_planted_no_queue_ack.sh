# Queue tasks that are acknowledged before they are executed are seen: a crash between the two leaves orders open.
wfsim run scenarios/saga.yaml --set plant=no_queue_ack --seeds 1..20 >planted
code=$?
grep '^broken' planted | sort -u
exit $code
