# Runs that contradict each other: each history is right by itself.
started='"eventType":"WorkflowExecutionStarted","workflowExecutionStartedEventAttributes":{"workflowId":"chain","attempt":1,"firstExecutionRunId":"r1"'
cat >first.json <<END
{"events":[{"eventId":"1",$started,"originalExecutionRunId":"r1"}},
{"eventId":"2","eventType":"WorkflowTaskScheduled","workflowTaskScheduledEventAttributes":{"attempt":1}},
{"eventId":"3","eventType":"WorkflowTaskStarted","workflowTaskStartedEventAttributes":{"scheduledEventId":"2"}},
{"eventId":"4","eventType":"WorkflowTaskCompleted","workflowTaskCompletedEventAttributes":{"scheduledEventId":"2","startedEventId":"3"}},
{"eventId":"5","eventType":"WorkflowExecutionContinuedAsNew","workflowExecutionContinuedAsNewEventAttributes":{"newExecutionRunId":"r2","workflowTaskCompletedEventId":"4"}}]}
END
echo '{"events":[{"eventId":"1",'"$started"',"originalExecutionRunId":"r2","continuedExecutionRunId":"r1"}}]}' >next.json
echo '{"events":[{"eventId":"1",'"$started"',"originalExecutionRunId":"r3","continuedExecutionRunId":"r1"}}]}' >stranger.json
wfsim check first.json next.json
echo "exit $?"
wfsim check first.json next.json stranger.json
echo "exit $?"
wfsim check -o jsonl first.json stranger.json
# Only so many are kept, which the sum says.
wfsim run scenarios/saga.yaml --no-faults --record saga.wfh >/dev/null
wfsim convert saga.wfh saga/ --to json
for i in $(seq 70); do sed "s/order-1/o-$i/" saga/0001-*; done >many.json
wfsim check many.json | tail -n 1
