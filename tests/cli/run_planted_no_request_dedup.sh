# A service that forgets request ids is seen: one signal that was sent twice is in history twice.
wfsim run scenarios/expense.yaml --set plant=no_request_dedup --seeds 1..40 >planted
code=$?
grep '^broken' planted | sort -u
exit $code
