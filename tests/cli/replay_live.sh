# --live goes on from every prefix: code that replays every decision and makes others when it does not replay is found, which no
# replay can; unchanged code lives on from everywhere, and what the history does not say is waited for, no finding.
cat >steps.c <<'CODE'
#include "wfsim.h"
static const struct wf_options minute = {.start_to_close = WF_MINUTE, .retry.maximum_attempts = 1};
static wf_error steps(struct wf *wf, void *state, struct wf_args args, struct wf_value *result)
{
    wf_error error = NULL;
    (void)state, (void)args, (void)result;
    for (int i = 0; i < 3 && !error; i++) {
#ifdef LIVES_OTHERWISE
        if (!wf_unsafe_is_replaying(wf)) {
            error = wf_sleep(wf, WF_SECOND);
        }
#endif
#ifdef CRASHES
        if (i == 2 && !wf_unsafe_is_replaying(wf)) {
            *(volatile int *)0 = 1;
        }
#endif
        error = error ? error : wf_activity(wf, "charge", WF_NO_ARGS, &minute, NULL);
    }
    return error;
}
const struct wf_module wf_module = {WF_API, .workflows = (const struct wf_workflow[]){{.name = "Steps", .run = steps}, {.name = NULL}}};
CODE
cat >s.yaml <<'SCENARIO'
wfsim: 1
code: {v1: steps.c}
start: [{workflow: Steps, id: "steps-${n}", count: 2}]
activities: {charge: {takes: 10ms}}
SCENARIO
(echo '#define LIVES_OTHERWISE'; cat steps.c) >other.c
(echo '#define CRASHES'; cat steps.c) >crashes.c
sed 's/    return error;/    while (!error \&\& wf_patched(wf, "again")) { error = wf_sleep(wf, WF_HOUR); }\n&/' steps.c >loops.c
wfsim run s.yaml --record s.wfh >/dev/null
replay() { wfsim replay --no-cache -w "$@" s.wfh; echo "exit $?"; }
echo '-- unchanged'
replay steps.c --live
echo '-- other decisions when it lives'
replay other.c --prefixes
replay other.c --live >words
cat words
replay other.c --live --jobs 1 --json one.json >one
replay other.c --live --jobs 2 --json two.json >two
cmp one two && cmp words one; sed 's/"elapsed_ns":[0-9]*//' one.json >1 && sed 's/"elapsed_ns":[0-9]*//' two.json | cmp - 1 && echo same
wfsim merge --json merged.json one.json >/dev/null; cmp one.json merged.json && echo merged
echo '-- a crash where nothing is replayed'
replay crashes.c --prefixes | tail -n 1
replay crashes.c --live | grep -c 'segmentation fault'
echo '-- an open run, an answer that never comes, activities that nothing is known of'
wfsim run s.yaml --stop-at 120 --record open.wfh >/dev/null
wfsim replay -w steps.c --live open.wfh; echo "exit $?"
wfsim run scenarios/offer.yaml --seed 3 --no-faults --record offer.wfh >/dev/null
wfsim replay -w scenarios/offer.c --live offer.wfh; echo "exit $?"
wfsim run scenarios/family.yaml --seed 3 --no-faults --record family.wfh >/dev/null
wfsim replay -w scenarios/family.c --live family.wfh; echo "exit $?"
echo '-- a run that has just begun: nothing is known of what it calls, and no simulation goes on from the year 1960'
cat >begun.json <<'EOF'
{"events": [
{"eventId": "1", "eventTime": "2020-01-01T00:00:00Z", "eventType": "WorkflowExecutionStarted",
 "workflowExecutionStartedEventAttributes": {"workflowType": {"name": "OrderSaga"}, "taskQueue": {"name": "q"}}},
{"eventId": "2", "eventTime": "2020-01-01T00:00:00Z", "eventType": "WorkflowTaskScheduled",
 "workflowTaskScheduledEventAttributes": {"taskQueue": {"name": "q"}, "attempt": 1}}]}
EOF
sed s/2020/1960/ begun.json >old.json
wfsim replay -w scenarios/saga.c --live begun.json; echo "exit $?"
wfsim replay -w scenarios/saga.c --live old.json; echo "exit $?"
echo '-- never ends once it lives'
wfsim replay -w loops.c --live s.wfh; echo "exit $?"
