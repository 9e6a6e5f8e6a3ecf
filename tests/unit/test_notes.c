/*
 * Notes of a replay: what code and history differ in and official replayers do not look at (replay-rules 2.7, 2.9). Each row
 * plants one difference in code that otherwise makes the recorded decisions; the official core passes every one of them.
 */
#include "tests/support/test.h"

#include "engine/rules.h"
#include "tests/support/replay_bench.h"

static const struct wf_options minute = {.start_to_close = WF_MINUTE};

#define CODE(name) \
    static wf_error name(struct wf *wf, void *state, struct wf_args args, struct wf_value *result)
#define UNUSED (void)wf, (void)state, (void)args, (void)result

/* ---- Code ---- */

static wf_error charge(struct wf *wf, const char *input, const struct wf_options *options)
{
    return wf_activity(wf, "charge", WF_ARGS(wf_text(wf, "%s", input)), options, NULL);
}

CODE(charges)
{
    UNUSED;
    return charge(wf, "a", &minute);
}

CODE(charges_else)
{
    UNUSED;
    return charge(wf, "b", &minute);
}

CODE(charges_longer)
{
    const struct wf_options longer = {.start_to_close = 2 * WF_MINUTE};

    UNUSED;
    return charge(wf, "a", &longer);
}

CODE(charges_again)
{
    const struct wf_options again = {.start_to_close = WF_MINUTE, .retry = {.maximum_attempts = 5}};

    UNUSED;
    return charge(wf, "a", &again);
}

CODE(charges_elsewhere)
{
    const struct wf_options elsewhere = {.start_to_close = WF_MINUTE, .task_queue = "other"};

    UNUSED;
    return charge(wf, "a", &elsewhere);
}

CODE(returns_a_value)
{
    wf_error error = charge(wf, "a", &minute);

    UNUSED;
    *result = wf_integer(wf, 1);
    return error;
}

CODE(fails)
{
    UNUSED;
    return wf_fail(wf, "Other", NULL, "another message");
}

static wf_error charge_two(struct wf *wf, const char *first, const char *second)
{
    struct wf_future *futures[2] = {
        wf_activity_start(wf, "charge", WF_ARGS(wf_text(wf, "%s", first)), &minute),
        wf_activity_start(wf, "charge", WF_ARGS(wf_text(wf, "%s", second)), &minute)};

    return wf_gather(wf, futures, 2, WF_GATHER_ALL, NULL);
}

CODE(charges_two)
{
    UNUSED;
    return charge_two(wf, "a", "b");
}

CODE(charges_swapped)
{
    UNUSED;
    return charge_two(wf, "b", "a");
}

CODE(charges_then_sleeps)
{
    wf_error error = charge(wf, "a", &minute);

    UNUSED;
    return error != NULL ? error : wf_sleep(wf, WF_SECOND);
}

/* The timer comes behind the activity, in the same task. */
CODE(sleeps_early)
{
    struct wf_future *activity = wf_activity_start(wf, "charge", WF_ARGS(wf_text(wf, "a")), &minute);
    struct wf_future *timer = wf_timer_start(wf, WF_SECOND);
    struct wf_future *both[] = {activity, timer};

    UNUSED;
    return wf_gather(wf, both, 2, WF_GATHER_ALL, NULL);
}

CODE(sleeps_longer)
{
    wf_error error = charge(wf, "a", &minute);

    UNUSED;
    return error != NULL ? error : wf_sleep(wf, WF_MINUTE);
}

CODE(returns_at_once)
{
    UNUSED;
    return NULL;
}

CODE(signals_other)
{
    UNUSED;
    return wf_signal(wf, "another", NULL, "wake", WF_ARGS(wf_text(wf, "other")));
}

CODE(cancels_other)
{
    UNUSED;
    return wf_request_cancel(wf, "another", NULL, "");
}

static wf_error run_child(struct wf *wf, const char *input, enum wf_parent_close policy)
{
    const struct wf_child_options options = {.workflow_id = "child", .parent_close = policy};

    return wf_child(wf, "Child", WF_ARGS(wf_text(wf, "%s", input)), &options, NULL);
}

CODE(child_with_other_input)
{
    UNUSED;
    return run_child(wf, "b", WF_CHILD_TERMINATES);
}

CODE(child_with_other_policy)
{
    UNUSED;
    return run_child(wf, "a", WF_CHILD_GOES_ON);
}

CODE(cancels_the_other_timer)
{
    struct wf_future *timers[2] = {wf_timer_start(wf, WF_SECOND), wf_timer_start(wf, WF_SECOND)};
    wf_error error = charge(wf, "a", &minute);

    UNUSED;
    wf_cancel(wf, timers[1]);
    return error;
}

CODE(cancels_the_other_activity)
{
    struct wf_future *activities[2] = {wf_activity_start(wf, "slow", WF_NO_ARGS, &minute),
                                       wf_activity_start(wf, "slow", WF_NO_ARGS, &minute)};
    wf_error error = wf_sleep(wf, WF_SECOND);

    UNUSED;
    wf_cancel(wf, activities[1]);
    return error;
}

CODE(continues_elsewhere)
{
    const struct wf_continue_options options = {.workflow_type = "Other", .task_queue = "other"};

    UNUSED;
    return wf_continue_as_new(wf, WF_ARGS(wf_integer(wf, 2)), &options);
}

CODE(continues_on_another_queue)
{
    const struct wf_continue_options options = {.task_queue = "other"};

    UNUSED;
    return wf_continue_as_new(wf, WF_ARGS(wf_integer(wf, 2)), &options);
}

CODE(sets_other_attributes)
{
    UNUSED;
    wf_search_attribute_set(wf, "Status", "Keyword", wf_text(wf, "late"));
    wf_memo_set(wf, WF_PAIRS({"owner", wf_text(wf, "bob")}));
    return NULL;
}

CODE(deprecates)
{
    UNUSED;
    wf_deprecate_patch(wf, "p");
    return NULL;
}

CODE(sleeps_before_the_local_activity)
{
    struct wf_future *timer = wf_timer_start(wf, WF_SECOND);
    wf_error error = wf_local_activity(wf, "local", WF_NO_ARGS, &minute, NULL);

    UNUSED;
    return error != NULL ? error : wf_await(wf, timer, NULL);
}

CODE(signals_another_name)
{
    UNUSED;
    return wf_signal(wf, "target", NULL, "sleep", WF_ARGS(wf_text(wf, "other")));
}

CODE(signals_another_input)
{
    UNUSED;
    return wf_signal(wf, "target", NULL, "wake", WF_ARGS(wf_text(wf, "other")));
}

CODE(sets_another_key)
{
    UNUSED;
    wf_search_attribute_set(wf, "Stage", "Keyword", wf_text(wf, "late"));
    return NULL;
}

static wf_error ask_service(struct wf *wf, const char *endpoint, const char *service, const char *operation, const char *input)
{
    return wf_nexus(wf, endpoint, service, operation, wf_text(wf, "%s", input), NULL, NULL);
}

CODE(asks_the_service)
{
    UNUSED;
    return ask_service(wf, "endpoint", "service", "operation", "a");
}

CODE(asks_another_endpoint)
{
    UNUSED;
    return ask_service(wf, "elsewhere", "service", "operation", "a");
}

CODE(asks_another_service)
{
    UNUSED;
    return ask_service(wf, "endpoint", "other", "operation", "a");
}

CODE(asks_another_operation)
{
    UNUSED;
    return ask_service(wf, "endpoint", "service", "other", "b");
}

CODE(asks_with_another_input)
{
    UNUSED;
    return ask_service(wf, "endpoint", "service", "operation", "b");
}

CODE(cancels_the_other_operation)
{
    struct wf_future *operations[2] = {
        wf_nexus_start(wf, "endpoint", "service", "operation", wf_text(wf, "a"), NULL),
        wf_nexus_start(wf, "endpoint", "service", "operation", wf_text(wf, "a"), NULL)};
    wf_error error = wf_sleep(wf, WF_SECOND);

    UNUSED;
    wf_cancel(wf, operations[1]);
    return error;
}

CODE(signals_twice)
{
    wf_error error = wf_signal(wf, "target", NULL, "wake", WF_ARGS(wf_text(wf, "mine")));

    UNUSED;
    return error != NULL ? error : wf_signal(wf, "target", NULL, "wake", WF_ARGS(wf_text(wf, "mine")));
}

static wf_error ignore(struct wf *wf, void *state, struct wf_args args)
{
    (void)wf, (void)state, (void)args;
    return NULL;
}

static wf_error approve(struct wf *wf, void *state, struct wf_args args, struct wf_value *result)
{
    (void)state, (void)args;
    *result = wf_text(wf, "approved");
    return NULL;
}

static const struct wf_update updates[] = {{.name = "update", .handle = approve}, {.name = NULL}};
static const struct wf_signal signals[] = {{.name = "known", .handle = ignore}, {.name = NULL}};
static const struct replay_bench_handlers handlers = {.signals = signals, .updates = updates};

/* ---- Histories ---- */

#define CHARGED \
    "started, task, completed, activity 1 charge, activity-started 5, activity-completed 5, task, completed"

#define ASKED "started, task, completed, nexus, nexus-completed 5, task, completed, closed"

static void set_activity(struct wf_arena *arena, struct wf_event *event, const char *input)
{
    struct wf_event_activity_task_scheduled *scheduled = event->attributes.activity_task_scheduled;

    scheduled->input = history_payloads(arena, input);
    scheduled->start_to_close_timeout = (struct wf_timestamp){.seconds = 60, .is_set = true};
}

/* What the service wrote for start_to_close 60 s and input "a". */
static void as_charged(struct wf_arena *arena, struct wf_event *events)
{
    set_activity(arena, &events[4], "\"a\"");
}

/* The same by a service that fills in the timeouts of the run and its own retry policy (replay-rules 2.8). */
static void as_charged_by_old_service(struct wf_arena *arena, struct wf_event *events)
{
    static struct wf_retry_policy policy = {.initial_interval = {.seconds = 1, .is_set = true},
                                            .maximum_interval = {.seconds = 100, .is_set = true},
                                            .backoff_coefficient = UINT64_C(0x4000000000000000)};
    struct wf_event_activity_task_scheduled *scheduled = events[4].attributes.activity_task_scheduled;
    const struct wf_timestamp day = {.seconds = 86400, .is_set = true};

    as_charged(arena, events);
    events[0].attributes.workflow_execution_started->workflow_run_timeout = day;
    scheduled->schedule_to_close_timeout = day;
    scheduled->schedule_to_start_timeout = day;
    scheduled->retry_policy = &policy;
}

static void encrypted(struct wf_arena *arena, struct wf_event *events)
{
    struct wf_payload *payload = NULL;

    as_charged(arena, events);
    payload = &events[4].attributes.activity_task_scheduled->input->payloads.items[0];
    payload->metadata.items[0].value = WF_STR("binary/encrypted");
    payload->data = WF_STR("\x01\x02");
}

static void encrypted_json(struct wf_arena *arena, struct wf_event *events)
{
    encrypted(arena, events);
    events[4].attributes.activity_task_scheduled->input->payloads.items[0].metadata.items[0].value = WF_STR("json/encrypted");
    events[4].attributes.activity_task_scheduled->input->payloads.items[0].data = WF_STR("\"c2VjcmV0\"");
}

static void encrypted_together(struct wf_arena *arena, struct wf_event *events)
{
    struct wf_payloads *input = NULL;
    struct wf_payload *items = wf_arena_take_array(arena, 2, sizeof *items);

    encrypted(arena, events);
    input = events[4].attributes.activity_task_scheduled->input;
    items[0] = items[1] = input->payloads.items[0];
    input->payloads.items = items;
    input->payloads.count = 2;
}

static void on_queue(struct wf_arena *arena, struct wf_event *events)
{
    static struct wf_task_queue queue;

    as_charged(arena, events);
    queue = (struct wf_task_queue){.name = WF_STR("orders")};
    events[4].attributes.activity_task_scheduled->task_queue = &queue;
}

static void as_charged_two(struct wf_arena *arena, struct wf_event *events)
{
    set_activity(arena, &events[4], "\"a\"");
    set_activity(arena, &events[5], "\"b\"");
}

static void with_result(struct wf_arena *arena, struct wf_event *events)
{
    as_charged(arena, events);
    events[10].attributes.workflow_execution_completed->result = history_payloads(arena, "2");
}

static void as_failed(struct wf_arena *arena, struct wf_event *events)
{
    struct wf_failure *failure = wf_message_new(arena, &wf_type_failure);

    failure->message = WF_STR("the message");
    failure->failure_info_case = WF_CASE_failure_application_failure_info;
    failure->failure_info.application_failure_info = wf_message_new(arena, &wf_type_application_failure_info);
    failure->failure_info.application_failure_info->type = WF_STR("Mine");
    events[4].attributes.workflow_execution_failed->failure = failure;
}

static void as_failed_encoded(struct wf_arena *arena, struct wf_event *events)
{
    as_failed(arena, events);
    events[4].attributes.workflow_execution_failed->failure->message = WF_STR("Encoded failure");
    events[4].attributes.workflow_execution_failed->failure->encoded_attributes = wf_message_new(arena, &wf_type_payload);
}

static void as_signalled(struct wf_arena *arena, struct wf_event *events)
{
    struct wf_event_signal_external_workflow_execution_initiated *initiated =
        events[4].attributes.signal_external_workflow_execution_initiated;

    initiated->workflow_execution = wf_message_new(arena, &wf_type_workflow_execution);
    initiated->workflow_execution->workflow_id = WF_STR("target");
    initiated->input = history_payloads(arena, "\"mine\"");
}

/* The outcome that the update had then. */
static void as_updated(struct wf_arena *arena, struct wf_event *events)
{
    struct wf_update_outcome *outcome = wf_message_new(arena, &wf_type_update_outcome);

    outcome->value_case = WF_CASE_update_outcome_success;
    outcome->value.success = history_payloads(arena, "\"refused\"");
    events[5].attributes.workflow_execution_update_completed->outcome = outcome;
}

static void as_child(struct wf_arena *arena, struct wf_event *events)
{
    events[4].attributes.start_child_workflow_execution_initiated->input = history_payloads(arena, "\"a\"");
    events[4].attributes.start_child_workflow_execution_initiated->parent_close_policy =
        WF_PARENT_CLOSE_POLICY_TERMINATE;
    events[4].attributes.start_child_workflow_execution_initiated->workflow_id_reuse_policy =
        WF_WORKFLOW_ID_REUSE_POLICY_ALLOW_DUPLICATE;
}

static void as_canceled_timer(struct wf_arena *arena, struct wf_event *events)
{
    set_activity(arena, &events[6], "\"a\"");
    events[12].attributes.timer_canceled->timer_id = WF_STR("1");
}

static void as_slow(struct wf_arena *arena, struct wf_event *events)
{
    set_activity(arena, &events[4], "null");
    set_activity(arena, &events[5], "null");
    events[4].attributes.activity_task_scheduled->input = NULL;
    events[5].attributes.activity_task_scheduled->input = NULL;
}

static void as_continued(struct wf_arena *arena, struct wf_event *events)
{
    struct wf_event_workflow_execution_continued_as_new *continued =
        events[4].attributes.workflow_execution_continued_as_new;

    continued->workflow_type = wf_message_new(arena, &wf_type_workflow_type);
    continued->workflow_type->name = WF_STR(HISTORY_WORKFLOW);
    continued->task_queue = wf_message_new(arena, &wf_type_task_queue);
    continued->task_queue->name = WF_STR("orders");
    continued->input = history_payloads(arena, "1");
}

static void as_asked(struct wf_arena *arena, struct wf_event *events)
{
    for (uint32_t i = 4; events[i].event_type == WF_EVENT_TYPE_NEXUS_OPERATION_SCHEDULED; i++) {
        struct wf_payload *input = wf_message_new(arena, &wf_type_payload);

        *input = history_payload(arena, "\"a\"");
        events[i].attributes.nexus_operation_scheduled->input = input;
    }
}

static void as_upserted(struct wf_arena *arena, struct wf_event *events)
{
    struct wf_memo *memo = wf_message_new(arena, &wf_type_memo);
    struct wf_entry_payload *entry = wf_list_append(arena, &memo->fields, sizeof *entry);

    *entry = (struct wf_entry_payload){WF_STR("owner"), history_payload(arena, "\"ann\"")};
    events[5].attributes.workflow_properties_modified->upserted_memo = memo;
}

/* ---- Rows: each note is "rule event field: history | code" ---- */

static const struct {
    const char *name;
    replay_bench_code run;
    const char *history;
    void (*change)(struct wf_arena *arena, struct wf_event *events);
    const char *notes;
} rows[] = {
    {"the code that made it", charges, CHARGED ", closed", as_charged, ""},
    {"the same under an older service", charges, CHARGED ", closed", as_charged_by_old_service, ""},
    {"H7: another input", charges_else, CHARGED ", closed", as_charged, "act-input 5 input: \"a\" | \"b\"\n"},
    {"H7: an encrypted input says nothing", charges_else, CHARGED ", closed", encrypted, ""},
    {"H7: nor does one that is JSON by its name", charges_else, CHARGED ", closed", encrypted_json, ""},
    {"H7: nor how many a codec made of it", charges_else, CHARGED ", closed", encrypted_together, ""},
    {"H8: another timeout", charges_longer, CHARGED ", closed", as_charged,
     "act-timeouts 5 startToCloseTimeout: 60s | 120s\n"},
    {"H8: another retry policy", charges_again, CHARGED ", closed", as_charged_by_old_service,
     "act-retry 5 retryPolicy.maximumAttempts:  | 5\n"},
    {"H8: another queue", charges_elsewhere, CHARGED ", closed", on_queue,
     "act-queue 5 taskQueue.name: orders | other\n"},
    {"H9: another duration", sleeps_longer, CHARGED ", timer 1, fired 11 1, task, completed, closed", as_charged,
     "timer-duration 11 startToFireTimeout: 1s | 60s\n"},
    {"H9: swapped calls of one type", charges_swapped,
     "started, task, completed, activity 1 charge, activity 2 charge, activity-started 5, activity-completed 5, "
     "activity-started 6, activity-completed 6, task, completed, closed",
     as_charged_two,
     "act-input 5 input: \"a\" | \"b\"\n"
     "act-input 6 input: \"b\" | \"a\"\n"
     "mis-binding 5 :  | \n"},
    {"H9: calls in their order", charges_two,
     "started, task, completed, activity 1 charge, activity 2 charge, activity-started 5, activity-completed 5, "
     "activity-started 6, activity-completed 6, task, completed, closed",
     as_charged_two, ""},
    {"H1: a step in an earlier task", sleeps_early, CHARGED ", timer 1, fired 11 1, task, completed, closed", as_charged,
     "boundary 4 :  | \n"},
    {"H1: steps in their tasks", charges_then_sleeps, CHARGED ", timer 1, fired 11 1, task, completed, closed", as_charged,
     ""},
    {"H2: the run ends in an earlier task", returns_at_once,
     "started, task, completed, signaled go, task, completed, closed", NULL, "boundary 4 :  | \n"
     "signal-unhandled 5 :  | \n"},
    {"H3: a step that an idle history never records", charges_then_sleeps,
     CHARGED ", signaled go, task", as_charged, "boundary 10 :  | \n"
     "signal-unhandled 11 :  | \n"},
    {"H3: a step that a terminated history never records", sleeps_early,
     "started, task, completed, activity 1 charge, terminated", as_charged, "boundary 4 :  | \n"},
    {"H5: a timer before a local activity, and after it in history", sleeps_before_the_local_activity,
     "started, task, completed, local 1 local, timer 1, fired 6 1, task, completed, closed", NULL, "la-order 5 :  | \n"},
    {"H10: another target and signal input", signals_other,
     "started, task, completed, signal-external wake, external-signaled 5, task, completed, closed", as_signalled,
     "sig-target 5 workflowExecution.workflowId: target | another\n"
     "sig-input 5 input: \"mine\" | \"other\"\n"},
    {"H10: another signal", signals_another_name,
     "started, task, completed, signal-external wake, external-signaled 5, task, completed, closed", as_signalled,
     "sig-name 5 signalName: wake | sleep\n"},
    {"H10: another target to cancel", cancels_other,
     "started, task, completed, cancel-external target, external-cancel-requested 5, task, completed, closed", NULL,
     "cancel-target 5 workflowExecution.workflowId: target | another\n"},
    {"H11: another timer is cancelled", cancels_the_other_timer,
     "started, task, completed, timer 1, timer 2, activity 1 charge, activity-started 7, activity-completed 7, task, "
     "completed, timer-canceled 5, closed",
     as_canceled_timer, "timer-cancel-target 13 timerId: 1 | 2\n"},
    {"H11: another activity is cancelled", cancels_the_other_activity,
     "started, task, completed, activity 1 slow, activity 2 slow, timer 1, fired 7 1, task, completed, "
     "activity-cancel-requested 5, closed",
     as_slow, "act-cancel-target 12 scheduledEventId: 5 | 6\n"},
    {"H7: a child with another input", child_with_other_input,
     "started, task, completed, child child Child, child-started 5, child-completed 5, task, completed, closed", as_child,
     "child-input 5 input: \"a\" | \"b\"\n"},
    {"H8: a child with another policy", child_with_other_policy,
     "started, task, completed, child child Child, child-started 5, child-completed 5, task, completed, closed", as_child,
     "child-opts 5 parentClosePolicy: TERMINATE | ABANDON\n"},
    {"a Nexus operation as it was", asks_the_service, ASKED, as_asked, ""},
    {"a Nexus operation of another endpoint", asks_another_endpoint, ASKED, as_asked,
     "nexus-endpoint 5 endpoint: endpoint | elsewhere\n"},
    {"a Nexus operation of another service", asks_another_service, ASKED, as_asked,
     "nexus-service 5 service: service | other\n"},
    {"another Nexus operation: its input says nothing", asks_another_operation, ASKED, as_asked,
     "nexus-operation 5 operation: operation | other\n"},
    {"H7: a Nexus operation with another input", asks_with_another_input, ASKED, as_asked,
     "nexus-input 5 input: \"a\" | \"b\"\n"},
    {"H11: another Nexus operation is cancelled", cancels_the_other_operation,
     "started, task, completed, nexus, nexus, timer 1, nexus-started 5, nexus-started 6, fired 7 1, task, completed, "
     "nexus-cancel 5, closed",
     as_asked, "nexus-cancel-target 14 scheduledEventId: 5 | 6\n"},
    {"H12: another result", returns_a_value, CHARGED ", closed", with_result, "result 11 result: 2 | 1\n"},
    {"H12: another failure", fails, "started, task, completed, closed-failed", as_failed,
     "failure-type 5 failure.applicationFailureInfo.type: Mine | Other\n"
     "failure-message 5 failure.message: \"the message\" | \"another message\"\n"},
    {"H12: a failure whose message a codec has", fails, "started, task, completed, closed-failed", as_failed_encoded,
     "failure-type 5 failure.applicationFailureInfo.type: Mine | Other\n"},
    {"H12: continued as something else", continues_elsewhere, "started, task, completed, closed-continued", as_continued,
     "can-type 5 workflowType.name: Workflow | Other\n"},
    {"H12: continued elsewhere", continues_on_another_queue, "started, task, completed, closed-continued", as_continued,
     "can-queue 5 taskQueue.name: orders | other\n"
     "can-input 5 input: 1 | 2\n"},
    {"H12: other attributes and memo", sets_other_attributes,
     "started, task, completed, upsert Status, memo, closed", as_upserted,
     "sa-values 5 searchAttributes[\"Status\"]: 1 | \"late\"\n"
     "memo 6 upsertedMemo[\"owner\"]: \"ann\" | \"bob\"\n"},
    {"H12: another key", sets_another_key, "started, task, completed, upsert Status, closed", NULL,
     "sa-keys 5 searchAttributes[\"Status\"]: 1 | \n"
     "sa-keys 5 searchAttributes[\"Stage\"]:  | \"late\"\n"},
    {"H12: another outcome of an update", returns_at_once,
     "started, task, completed, accepted u 2, update-completed u, closed",
     as_updated, "update-outcome 6 outcome.success: \"refused\" | \"approved\"\n"},
    {"a patch deprecated since", deprecates, "started, task, completed, patch p, patches, closed", NULL,
     "patch-deprecated-bit 5 :  | \n"},
    {"H14: a signal behind a result of its task", charges,
     "started, task, completed, activity 1 charge, activity-started 5, activity-completed 5, signaled known, task, completed, "
     "closed",
     as_charged, "signal-order 8 :  | \n"},
    {"H14: a signal before it", charges,
     "started, task, completed, activity 1 charge, signaled known, activity-started 5, activity-completed 5, task, completed, "
     "closed",
     as_charged, ""},
    {"H14: a signal of the task after it", charges_then_sleeps,
     CHARGED ", timer 1, signaled known, fired 11 1, task, completed, closed", as_charged, ""},
    {"H13: a task without commands", charges,
     "started, task, completed, task, completed, activity 1 charge, activity-started 8, activity-completed 8, task, "
     "completed, closed",
     NULL, "act-input 8 input:  | \"a\"\n"
     "act-timeouts 8 startToCloseTimeout:  | 60s\n"
     "clock-merge 4 :  | \n"},
};

static void print_notes(const struct wf_replay_notes *notes, struct wf_buffer *out)
{
    for (uint32_t i = 0; i < notes->count; i++) {
        const struct wf_replay_note *note = &notes->items[i];

        wf_buffer_printf(out, "%s %lld %S: %S | %S\n", note->rule, (long long)note->event_id, &note->field,
                         &note->history.shown, &note->code.shown);
    }
}

static void test_notes__tell_what_official_replayers_miss(void **state)
{
    for (size_t i = 0; i < TEST_COUNT(rows); i++) {
        struct replay_bench bench;
        struct wf_buffer text;

        replay_bench_run_changed(&bench, *state, rows[i].run, rows[i].history, &handlers, rows[i].change,
                                 (struct wf_replay_options){.family = WF_FAMILY_AUTO});
        test_string_is(rows[i].name, wf_string_of(wf_verdict_name(bench.result.verdict)), "ok");
        wf_buffer_init(&text, *state);
        print_notes(&bench.result.notes, &text);
        test_string_is(rows[i].name, wf_buffer_string(&text), rows[i].notes);
        replay_bench_end(&bench);
    }
}

/* The finding is one of the notes, and none is about an earlier event. */
static bool is_first_note(const struct wf_replay_result *result)
{
    bool is_note = false;

    for (uint32_t i = 0; i < result->notes.count; i++) {
        const struct wf_replay_note *note = &result->notes.items[i];

        if (note->event_id < result->finding.event_id) {
            return false;
        }
        is_note = is_note || (note->event_id == result->finding.event_id && strcmp(note->rule, result->finding.rule) == 0);
    }
    return is_note;
}

/* A policy makes each of them the verdict, or nothing at all. */
static void test_notes__are_findings_or_nothing_by_policy(void **state)
{
    uint8_t policies[256];

    assert_true(wf_rule_count <= sizeof policies);
    for (size_t i = 0; i < TEST_COUNT(rows); i++) {
        struct replay_bench bench;
        const bool has_notes = rows[i].notes[0] != '\0';

        memset(policies, WF_NOTE_IS_FINDING, sizeof policies);
        replay_bench_run_changed(&bench, *state, rows[i].run, rows[i].history, &handlers, rows[i].change,
                                 (struct wf_replay_options){.policies = policies});
        test_string_is(rows[i].name, wf_string_of(wf_verdict_name(bench.result.verdict)),
                       has_notes ? "nondeterminism" : "ok");
        if (has_notes) {
            assert_true(is_first_note(&bench.result));
            assert_int_not_equal(bench.result.finding.cause, WF_CAUSE_NONE);
            assert_int_equal(bench.result.finding.official.size_bytes, 0);
            assert_true(bench.result.finding.hint.size_bytes > 0);
        }
        replay_bench_end(&bench);

        memset(policies, WF_NOTE_IGNORED, sizeof policies);
        replay_bench_run_changed(&bench, *state, rows[i].run, rows[i].history, &handlers, rows[i].change,
                                 (struct wf_replay_options){.policies = policies});
        test_string_is(rows[i].name, wf_string_of(wf_verdict_name(bench.result.verdict)), "ok");
        assert_int_equal(bench.result.notes.count, 0);
        replay_bench_end(&bench);
    }
}

/* The cause class says which kind of change it was. */
static void test_notes__have_a_cause(void **state)
{
    static const struct {
        replay_bench_code run;
        const char *history;
        enum wf_cause cause;
    } causes[] = {
        {sleeps_early, CHARGED ", timer 1, fired 11 1, task, completed, closed", WF_CAUSE_MOVED},
        {returns_at_once, "started, task, completed, signaled go, task, completed, closed", WF_CAUSE_CLOSED_EARLY},
        {charges_then_sleeps, CHARGED ", signaled go, task", WF_CAUSE_INSERTED},
        {charges_else, CHARGED ", closed", WF_CAUSE_DETAILS_CHANGED},
    };
    uint8_t policies[256] = {0};

    for (size_t i = 0; i < wf_rule_count; i++) {
        policies[i] = wf_string_is(WF_STR("boundary"), wf_rules[i].id) || wf_string_is(WF_STR("act-input"), wf_rules[i].id)
                          ? WF_NOTE_IS_FINDING
                          : WF_NOTE_REPORTED;
    }
    for (size_t i = 0; i < TEST_COUNT(causes); i++) {
        struct replay_bench bench;

        replay_bench_run_changed(&bench, *state, causes[i].run, causes[i].history, &handlers, i == 1 ? NULL : as_charged,
                                 (struct wf_replay_options){.policies = policies});
        assert_int_equal(bench.result.finding.cause, causes[i].cause);
        replay_bench_end(&bench);
    }
}

/* The replayers of the other families do not look at inputs either (replay-rules 2.5). */
static void test_notes__are_the_same_in_every_family(void **state)
{
    for (int family = WF_FAMILY_CORE; family <= WF_FAMILY_JAVA; family++) {
        struct replay_bench bench;
        struct wf_buffer text;

        replay_bench_run_changed(
            &bench, *state, signals_another_input,
            "started, task, completed, signal-external wake 5, external-signaled 5, task, completed, closed", &handlers,
            as_signalled, (struct wf_replay_options){.family = (enum wf_family)family});
        wf_buffer_init(&text, *state);
        test_string_is(wf_family_name((enum wf_family)family), bench.result.finding.message, "");
        print_notes(&bench.result.notes, &text);
        test_string_is(wf_family_name((enum wf_family)family), wf_buffer_string(&text),
                       "sig-input 5 input: \"mine\" | \"other\"\n");
        replay_bench_end(&bench);
    }
}

/* Java's replayer never looks whether commands are left over, nor at whom a request goes to (replay-rules 2.9 H16). */
static void test_notes__tell_what_java_misses(void **state)
{
    static const struct {
        replay_bench_code run;
        const char *history;
        const char *notes;
    } java[] = {
        {cancels_other, "started, task, completed, cancel-external target, external-cancel-requested 5, task, completed, closed",
         "cancel-target 5 workflowExecution.workflowId: target | another\n"},
        {signals_twice,
         "started, task, completed, signal-external wake 5, external-signaled 5, task, completed, signaled known, task",
         "boundary 9 :  | \n"},
    };

    for (size_t i = 0; i < TEST_COUNT(java); i++) {
        struct replay_bench bench;
        struct wf_buffer text;

        replay_bench_run_changed(&bench, *state, java[i].run, java[i].history, &handlers, i == 1 ? as_signalled : NULL,
                                 (struct wf_replay_options){.family = WF_FAMILY_JAVA});
        test_string_is(java[i].history, bench.result.finding.message, "");
        wf_buffer_init(&text, *state);
        print_notes(&bench.result.notes, &text);
        test_string_is(java[i].history, wf_buffer_string(&text), java[i].notes);
        replay_bench_end(&bench);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST_IN_ARENA(test_notes__tell_what_official_replayers_miss),
        TEST_IN_ARENA(test_notes__are_findings_or_nothing_by_policy),
        TEST_IN_ARENA(test_notes__have_a_cause),
        TEST_IN_ARENA(test_notes__are_the_same_in_every_family),
        TEST_IN_ARENA(test_notes__tell_what_java_misses),
    };

    return cmocka_run_group_tests_name("notes", tests, NULL, NULL);
}
