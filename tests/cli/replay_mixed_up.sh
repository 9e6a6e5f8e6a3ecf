# Events that carry the attributes of another type, or none: every command that reads a history by the types of its events says so
# or passes them over.
cp scenarios/saga.c .
cat >mixed_up.json <<'END'
{"events":[
{"eventId":"1","eventType":"EVENT_TYPE_WORKFLOW_EXECUTION_STARTED","workflowExecutionStartedEventAttributes":{"workflowType":{"name":"OrderSaga"}}},
{"eventId":"2","eventType":"EVENT_TYPE_START_CHILD_WORKFLOW_EXECUTION_INITIATED","timerStartedEventAttributes":{"timerId":"1"}},
{"eventId":"3","eventType":"EVENT_TYPE_UPSERT_WORKFLOW_SEARCH_ATTRIBUTES","timerStartedEventAttributes":{"timerId":"1"}},
{"eventId":"4","eventType":"EVENT_TYPE_MARKER_RECORDED","timerStartedEventAttributes":{"timerId":"1"}},
{"eventId":"5","eventType":"EVENT_TYPE_ACTIVITY_TASK_SCHEDULED"}]}
END
wfsim replay -w saga.c mixed_up.json --sample 1 | head -n 2; echo "exit $?"
wfsim patches mixed_up.json; echo "exit $?"
wfsim diff mixed_up.json mixed_up.json; echo "exit $?"
wfsim check mixed_up.json | head -n 3
wfsim show mixed_up.json
wfsim convert mixed_up.json red.json --redact; echo "exit $?"
