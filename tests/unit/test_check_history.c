/*
 * The invariants of one history: a valid one with every kind of step, and for each invariant a change that breaks it. The
 * event that shows it must be named.
 */
#include "tests/support/test.h"

#include <stdio.h>

#include "engine/codec.h"
#include "engine/time.h"
#include "sim/check/check_history.h"

#define EVENT_COUNT 38
#define TASK(id, queue)                                                                                                \
    "{\"eventId\":" #id ",\"eventType\":\"WorkflowTaskScheduled\",\"workflowTaskScheduledEventAttributes\":{"          \
    "\"attempt\":1,\"taskQueue\":{\"name\":\"q\",\"kind\":\"" queue "\"}}},"
#define TASK_STARTED(id, scheduled)                                                                                    \
    "{\"eventId\":" #id ",\"eventType\":\"WorkflowTaskStarted\",\"workflowTaskStartedEventAttributes\":{"              \
    "\"scheduledEventId\":" #scheduled "}},"
#define TASK_COMPLETED(id, scheduled, started)                                                                         \
    "{\"eventId\":" #id ",\"eventType\":\"WorkflowTaskCompleted\",\"workflowTaskCompletedEventAttributes\":{"          \
    "\"scheduledEventId\":" #scheduled ",\"startedEventId\":" #started "}},"
#define SIGNALED(id, request)                                                                                          \
    "{\"eventId\":" #id ",\"eventType\":\"WorkflowExecutionSignaled\",\"workflowExecutionSignaledEventAttributes\":{"  \
    "\"signalName\":\"s\",\"requestId\":\"" request "\"}},"
#define EVENT(id, type, attributes, body)                                                                              \
    "{\"eventId\":" #id ",\"eventType\":\"" type "\",\"" attributes "EventAttributes\":{" body "}},"

/* In two parts, because ISO C promises no longer literals. */
static const char *const valid[] = {
    "{\"events\":["
    EVENT(1, "WorkflowExecutionStarted", "workflowExecutionStarted", "")
    TASK(2, "Normal") TASK_STARTED(3, 2) TASK_COMPLETED(4, 2, 3)
    EVENT(5, "ActivityTaskScheduled", "activityTaskScheduled", "\"activityId\":\"1\",\"workflowTaskCompletedEventId\":4,\"startToCloseTimeout\":\"1s\",\"retryPolicy\":{\"initialInterval\":\"1s\",\"maximumInterval\":\"100s\",\"maximumAttempts\":3}")
    EVENT(6, "TimerStarted", "timerStarted", "\"timerId\":\"t1\",\"workflowTaskCompletedEventId\":4,\"startToFireTimeout\":\"10s\"")
    EVENT(7, "StartChildWorkflowExecutionInitiated", "startChildWorkflowExecutionInitiated", "\"workflowId\":\"child\",\"workflowTaskCompletedEventId\":4")
    EVENT(8, "SignalExternalWorkflowExecutionInitiated", "signalExternalWorkflowExecutionInitiated", "\"workflowTaskCompletedEventId\":4")
    EVENT(9, "RequestCancelExternalWorkflowExecutionInitiated", "requestCancelExternalWorkflowExecutionInitiated", "\"workflowTaskCompletedEventId\":4")
    EVENT(10, "ActivityTaskScheduled", "activityTaskScheduled", "\"activityId\":\"2\",\"workflowTaskCompletedEventId\":4,\"startToCloseTimeout\":\"1s\",\"retryPolicy\":{\"initialInterval\":\"1s\",\"maximumInterval\":\"100s\",\"maximumAttempts\":3}")
    EVENT(11, "ChildWorkflowExecutionStarted", "childWorkflowExecutionStarted", "\"initiatedEventId\":7,\"workflowExecution\":{\"workflowId\":\"child\"}")
    EVENT(12, "ExternalWorkflowExecutionSignaled", "externalWorkflowExecutionSignaled", "\"initiatedEventId\":8")
    EVENT(13, "ExternalWorkflowExecutionCancelRequested", "externalWorkflowExecutionCancelRequested", "\"initiatedEventId\":9")
    EVENT(14, "ActivityTaskStarted", "activityTaskStarted", "\"scheduledEventId\":5,\"attempt\":2,\"lastFailure\":{\"message\":\"no\"}")
    SIGNALED(15, "r1")
    EVENT(16, "ActivityTaskCompleted", "activityTaskCompleted", "\"scheduledEventId\":5,\"startedEventId\":14")
    EVENT(17, "ChildWorkflowExecutionCompleted", "childWorkflowExecutionCompleted", "\"initiatedEventId\":7,\"startedEventId\":11,\"workflowExecution\":{\"workflowId\":\"child\"}")
,
    TASK(18, "Sticky")
    EVENT(19, "WorkflowTaskTimedOut", "workflowTaskTimedOut", "\"scheduledEventId\":18,\"timeoutType\":\"ScheduleToStart\"")
    TASK(20, "Normal") TASK_STARTED(21, 20) TASK_COMPLETED(22, 20, 21)
    EVENT(23, "ActivityTaskCancelRequested", "activityTaskCancelRequested", "\"scheduledEventId\":10,\"workflowTaskCompletedEventId\":22")
    EVENT(24, "WorkflowExecutionUpdateAccepted", "workflowExecutionUpdateAccepted", "\"protocolInstanceId\":\"u1\",\"acceptedRequestSequencingEventId\":20,\"acceptedRequest\":{\"meta\":{\"updateId\":\"u1\"}}")
    EVENT(25, "WorkflowExecutionUpdateCompleted", "workflowExecutionUpdateCompleted", "\"acceptedEventId\":24,\"meta\":{\"updateId\":\"u1\"}")
    EVENT(26, "TimerStarted", "timerStarted", "\"timerId\":\"t2\",\"workflowTaskCompletedEventId\":22,\"startToFireTimeout\":\"1s\"")
    EVENT(27, "TimerFired", "timerFired", "\"timerId\":\"t1\",\"startedEventId\":6")
    SIGNALED(28, "r2")
    EVENT(29, "ActivityTaskCanceled", "activityTaskCanceled", "\"scheduledEventId\":10,\"latestCancelRequestedEventId\":23")
    TASK(30, "Normal") TASK_STARTED(31, 30)
    EVENT(32, "WorkflowTaskFailed", "workflowTaskFailed", "\"scheduledEventId\":30,\"startedEventId\":31,\"cause\":\"UnhandledCommand\"")
    SIGNALED(33, "r3")
    TASK(34, "Normal") TASK_STARTED(35, 34) TASK_COMPLETED(36, 34, 35)
    EVENT(37, "TimerCanceled", "timerCanceled", "\"timerId\":\"t2\",\"startedEventId\":26,\"workflowTaskCompletedEventId\":36")
    "{\"eventId\":38,\"eventType\":\"WorkflowExecutionCompleted\",\"workflowExecutionCompletedEventAttributes\":{\"workflowTaskCompletedEventId\":36}}"
    "]}"};

static struct wf_event *events; /* of the history in hand */

static struct wf_event *event(int64_t id)
{
    return &events[id - 1];
}

/* Puts what event `from` says in the place of event `to`. */
static void copy(int64_t from, int64_t to)
{
    const struct wf_event place = *event(to);

    *event(to) = *event(from);
    event(to)->event_id = place.event_id;
    event(to)->event_time = place.event_time;
    event(to)->task_id = place.task_id;
}

static void put(int64_t id, enum wf_event_type type, void *attributes)
{
    event(id)->event_type = (int32_t)type;
    event(id)->attributes_case = wf_event_descriptors[type].oneof_number;
    event(id)->attributes.any = attributes;
}

/* Puts a signal without a request id in the place of an event. */
static void put_signal(int64_t id)
{
    static struct wf_event_workflow_execution_signaled signaled;

    signaled = (struct wf_event_workflow_execution_signaled){.signal_name = WF_STR("s")};
    put(id, WF_EVENT_TYPE_WORKFLOW_EXECUTION_SIGNALED, &signaled);
}

static void read_history(struct wf_arena *arena, struct wf_history_message *history)
{
    struct wf_error err = {0};
    struct wf_buffer json;

    memset(history, 0, sizeof *history);
    wf_buffer_init(&json, arena);
    wf_buffer_append_text(&json, valid[0]);
    wf_buffer_append_text(&json, valid[1]);
    if (wf_json_decode(arena, &wf_type_history_message, wf_buffer_string(&json), history, NULL, &err) != WF_OK) {
        fail_msg("%s at byte %lld", err.message, (long long)err.byte_offset);
    }
    assert_int_equal(history->events.count, EVENT_COUNT);
    events = history->events.items;
    for (int64_t id = 1; id <= EVENT_COUNT; id++) {
        event(id)->event_time = wf_timestamp_of(id * WF_NS_PER_S);
        event(id)->task_id = 100 + id;
    }
}

static void check(struct wf_arena *arena, bool is_foreign, struct sim_history_findings *findings)
{
    const struct sim_history_options options = {.is_foreign = is_foreign, .verifies_encoding = true};
    struct wf_error err;

    assert_int_equal(sim_check_history(arena, events, EVENT_COUNT, &options, findings, &err), WF_OK);
}

/* ---- The changes ---- */

static void break_1(void) { event(5)->event_id = 9; }
static void break_2(void) { copy(1, 2); }
static void break_3(void)
{
    static struct wf_event_workflow_execution_terminated terminated;

    put(15, WF_EVENT_TYPE_WORKFLOW_EXECUTION_TERMINATED, &terminated);
}
static void break_4_none(void) { event(6)->attributes_case = 0; }
static void break_4_other(void) { event(6)->event_type = WF_EVENT_TYPE_TIMER_FIRED; }
static void break_4_unknown(void) { event(6)->event_type = 77; }
static void break_4_never(void) { event(6)->event_type = WF_EVENT_TYPE_WORKFLOW_EXECUTION_UPDATE_REJECTED; }
static void break_5(void) { event(9)->task_id = 3; }
static void break_6(void) { event(9)->version = -1; }
static void break_9_type(void) { event(16)->attributes.activity_task_completed->scheduled_event_id = 6; }
static void break_9_later(void) { event(16)->attributes.activity_task_completed->started_event_id = 17; }
static void break_9_absent(void) { event(27)->attributes.timer_fired->started_event_id = 99; }
static void break_13_scheduled(void) { copy(2, 29); }
static void break_13_started(void) { put_signal(20); }
static void break_13_end(void)
{
    put_signal(31);
    event(32)->attributes.workflow_task_failed->started_event_id = 0;
}
static void break_14(void) { put_signal(32); }
static void break_15(void) { event(22)->attributes.workflow_task_completed->started_event_id = 3; }
static void break_18_zero(void) { event(2)->attributes.workflow_task_scheduled->attempt = 0; }
static void break_18_row(void) { event(30)->attributes.workflow_task_scheduled->attempt = 2; }
static void break_20(void)
{
    event(18)->attributes.workflow_task_scheduled->task_queue->kind = WF_TASK_QUEUE_KIND_NORMAL;
}
static void break_21(void)
{
    event(20)->attributes.workflow_task_scheduled->task_queue->kind = WF_TASK_QUEUE_KIND_STICKY;
}
static void break_22_nothing(void) { copy(26, 33); }
static void break_22_attempt(void) { event(34)->attributes.workflow_task_scheduled->attempt = 3; }
static void break_30_other(void) { event(26)->attributes.timer_started->workflow_task_completed_event_id = 4; }
static void break_30_none(void) { copy(26, 28); }
static void break_31(void) { copy(38, 37); }
static void break_32(void) { put_signal(37); }
static void break_33(void)
{
    const struct wf_event fired = *event(27);

    copy(29, 27);
    event(29)->event_type = fired.event_type;
    event(29)->attributes_case = fired.attributes_case;
    event(29)->attributes = fired.attributes;
}
static void break_36_end(void) { copy(16, 15); }
static void break_36_start(void) { copy(14, 15); }
static void break_36_order(void)
{
    copy(16, 13);
    event(13)->attributes.activity_task_completed->started_event_id = 0;
}
static void break_37(void) { event(16)->attributes.activity_task_completed->started_event_id = 0; }
static void break_38(void) { put_signal(16); }
static void break_39(void)
{
    put_signal(14);
    event(16)->attributes.activity_task_completed->started_event_id = 0;
}
static void break_40_two(void) { copy(23, 26); }
static void break_40_none(void) { event(29)->attributes.activity_task_canceled->latest_cancel_requested_event_id = 0; }
static struct wf_event_activity_task_failed failed;
static void fail_activity(int32_t retry_state)
{
    failed = (struct wf_event_activity_task_failed){
        .scheduled_event_id = 5, .started_event_id = 14, .retry_state = retry_state};
    put(16, WF_EVENT_TYPE_ACTIVITY_TASK_FAILED, &failed);
}
static void break_41_progress(void) { fail_activity(WF_RETRY_STATE_IN_PROGRESS); }
static void break_41_attempts(void) { fail_activity(WF_RETRY_STATE_MAXIMUM_ATTEMPTS_REACHED); }
static void break_41_cancel(void) { fail_activity(WF_RETRY_STATE_CANCEL_REQUESTED); }
static void break_42_none(void) { event(14)->attributes.activity_task_started->attempt = 0; }
static void break_42_failure(void) { event(14)->attributes.activity_task_started->last_failure = NULL; }
static void break_43(void) { event(14)->event_time = wf_timestamp_of(WF_NS_PER_S); }
static void break_43_minutes(void) { event(14)->event_time.seconds = event(13)->event_time.seconds - 600; }
static void break_50_two(void) { copy(27, 28); }
static void break_50_id(void) { event(27)->attributes.timer_fired->timer_id = WF_STR("t9"); }
static void break_51(void) { event(6)->attributes.timer_started->start_to_fire_timeout.seconds = 3600; }
static void break_52(void)
{
    static struct wf_event_timer_canceled canceled;

    canceled = (struct wf_event_timer_canceled){.timer_id = WF_STR("t2"), .started_event_id = 26};
    put(28, WF_EVENT_TYPE_TIMER_CANCELED, &canceled);
}
static void break_55(void) { event(28)->attributes.workflow_execution_signaled->request_id = WF_STR("r1"); }
static struct wf_event_workflow_execution_cancel_requested asked;
static void break_59(void)
{
    put(15, WF_EVENT_TYPE_WORKFLOW_EXECUTION_CANCEL_REQUESTED, &asked);
    put(28, WF_EVENT_TYPE_WORKFLOW_EXECUTION_CANCEL_REQUESTED, &asked);
}
static void break_60_two(void) { copy(12, 13); }
static struct wf_event_start_child_workflow_execution_failed unborn;
static void break_63_both(void)
{
    unborn = (struct wf_event_start_child_workflow_execution_failed){.initiated_event_id = 7};
    put(17, WF_EVENT_TYPE_START_CHILD_WORKFLOW_EXECUTION_FAILED, &unborn);
}
static void break_63_two(void) { copy(11, 12); }
static void break_64_id(void)
{
    event(17)->attributes.child_workflow_execution_completed->workflow_execution->workflow_id = WF_STR("other");
}
static void break_71_id(void)
{
    event(25)->attributes.workflow_execution_update_completed->meta->update_id = WF_STR("u2");
}
static void break_71_twice(void) { copy(25, 26); }
static void break_71_instance(void) { copy(24, 25); }
static void break_72_request(void)
{
    event(24)->attributes.workflow_execution_update_accepted->accepted_request = NULL;
}
static void break_72_sequence(void)
{
    event(24)->attributes.workflow_execution_update_accepted->accepted_request_sequencing_event_id = 24;
}

static void break_10(void)
{
    static struct wf_failure chain[2 * WF_CODEC_DEPTH_MAX];

    /* No reader takes so many causes. */
    for (size_t i = 1; i < TEST_COUNT(chain); i++) {
        chain[i - 1].cause = &chain[i];
    }
    event(14)->attributes.activity_task_started->last_failure = &chain[0];
}
static void break_19(void)
{
    put_signal(29); /* what was unhandled comes before the failure, which is no longer one of that kind */
    event(32)->attributes.workflow_task_failed->cause = WF_WORKFLOW_TASK_FAILED_CAUSE_WORKFLOW_WORKER_UNHANDLED_FAILURE;
    copy(34, 33);
}
static void break_23(void)
{
    static struct wf_event_workflow_task_timed_out timed_out;

    timed_out = (struct wf_event_workflow_task_timed_out){
        .scheduled_event_id = 30, .started_event_id = 31, .timeout_type = WF_TIMEOUT_TYPE_START_TO_CLOSE};
    event(30)->attributes.workflow_task_scheduled->start_to_close_timeout.seconds = 10;
    put(32, WF_EVENT_TYPE_WORKFLOW_TASK_TIMED_OUT, &timed_out);
}
static void break_26_size(void)
{
    event(3)->attributes.workflow_task_started->history_size_bytes = 100;
    event(21)->attributes.workflow_task_started->history_size_bytes = 99;
}
static void break_26_suggestion(void)
{
    event(3)->attributes.workflow_task_started->history_size_bytes = 100;
    event(3)->attributes.workflow_task_started->suggest_continue_as_new = true;
    event(21)->attributes.workflow_task_started->history_size_bytes = 200;
}
static void break_27(void) { event(1)->attributes.workflow_execution_started->first_workflow_task_backoff.seconds = 60; }
static void break_35_block(void) { copy(26, 33); }
static void break_35_message(void)
{
    static struct wf_server_failure_info info;
    static struct wf_failure failure;

    failure = (struct wf_failure){.message = WF_STR("it failed"),
                                  .failure_info_case = WF_CASE_failure_server_failure_info,
                                  .failure_info.server_failure_info = &info};
    event(32)->attributes.workflow_task_failed->failure = &failure;
}
static void time_activity_out(int32_t type, int64_t started_event_id)
{
    static struct wf_timeout_failure_info info;
    static struct wf_failure failure;
    static struct wf_event_activity_task_timed_out timed_out;
    struct wf_event_activity_task_scheduled *activity = event(5)->attributes.activity_task_scheduled;

    activity->schedule_to_close_timeout.seconds = 60;
    activity->schedule_to_start_timeout.seconds = 50;
    activity->start_to_close_timeout.seconds = 40;
    info = (struct wf_timeout_failure_info){.timeout_type = type};
    failure = (struct wf_failure){.message = WF_STR("activity timeout"),
                                  .failure_info_case = WF_CASE_failure_timeout_failure_info,
                                  .failure_info.timeout_failure_info = &info};
    timed_out = (struct wf_event_activity_task_timed_out){.scheduled_event_id = 5,
                                                          .started_event_id = started_event_id,
                                                          .retry_state = WF_RETRY_STATE_TIMEOUT,
                                                          .failure = &failure};
    put(16, WF_EVENT_TYPE_ACTIVITY_TASK_TIMED_OUT, &timed_out);
}
static void break_44_close(void) { time_activity_out(WF_TIMEOUT_TYPE_SCHEDULE_TO_CLOSE, 14); }
static void break_44_start(void) { time_activity_out(WF_TIMEOUT_TYPE_SCHEDULE_TO_START, 0); }
static void break_44_attempt(void) { time_activity_out(WF_TIMEOUT_TYPE_START_TO_CLOSE, 14); }
static void break_49_attempt(void)
{
    event(5)->attributes.activity_task_scheduled->schedule_to_close_timeout.nanos = 1000;
}
static void break_49_start(void)
{
    event(5)->attributes.activity_task_scheduled->schedule_to_close_timeout.seconds = 10;
    event(5)->attributes.activity_task_scheduled->schedule_to_start_timeout.seconds = 11;
}
static void break_49_heartbeat(void) { event(5)->attributes.activity_task_scheduled->heartbeat_timeout.seconds = 2; }
static void break_49_policy(void) { event(5)->attributes.activity_task_scheduled->retry_policy = NULL; }
static void break_54(void)
{
    static struct wf_event_timer_fired fired;

    /* Timer t2 was due at 27 s, before t1's 26 s were over only in this history. */
    fired = (struct wf_event_timer_fired){.timer_id = WF_STR("t2"), .started_event_id = 26};
    event(6)->attributes.timer_started->start_to_fire_timeout.seconds = 20;
    event(26)->event_time = wf_timestamp_of(2 * WF_NS_PER_S);
    put(28, WF_EVENT_TYPE_TIMER_FIRED, &fired);
}
static void break_80_none(void)
{
    static struct wf_event_workflow_execution_continued_as_new continued;

    continued = (struct wf_event_workflow_execution_continued_as_new){.workflow_task_completed_event_id = 36};
    put(38, WF_EVENT_TYPE_WORKFLOW_EXECUTION_CONTINUED_AS_NEW, &continued);
}
static void break_80_some(void)
{
    event(38)->attributes.workflow_execution_completed->new_execution_run_id = WF_STR("r2");
}
static void break_83_attempt(void)
{
    static struct wf_retry_policy policy;

    policy = (struct wf_retry_policy){.maximum_attempts = 2};
    event(1)->attributes.workflow_execution_started->retry_policy = &policy;
    event(1)->attributes.workflow_execution_started->attempt = 3;
}
static void break_83_retry(void)
{
    static struct wf_event_workflow_execution_failed ended;

    ended = (struct wf_event_workflow_execution_failed){.workflow_task_completed_event_id = 36,
                                                        .new_execution_run_id = WF_STR("r2"),
                                                        .retry_state = WF_RETRY_STATE_IN_PROGRESS};
    put(38, WF_EVENT_TYPE_WORKFLOW_EXECUTION_FAILED, &ended);
}
static void break_83_over(void)
{
    static struct wf_event_workflow_execution_timed_out ended;

    ended = (struct wf_event_workflow_execution_timed_out){.new_execution_run_id = WF_STR("r2")};
    event(1)->attributes.workflow_execution_started->workflow_execution_expiration_time.seconds = 30;
    event(1)->attributes.workflow_execution_started->cron_schedule = WF_STR("@daily");
    put(38, WF_EVENT_TYPE_WORKFLOW_EXECUTION_TIMED_OUT, &ended);
}
static void break_100_patch(void)
{
    static struct wf_entry_payload entry;
    static struct wf_search_attributes attributes;
    static struct wf_event_upsert_workflow_search_attributes upsert;

    entry.key = WF_STR("TemporalChangeVersion");
    attributes = (struct wf_search_attributes){.indexed_fields = {.items = &entry, .count = 1, .capacity = 1}};
    upsert = (struct wf_event_upsert_workflow_search_attributes){.workflow_task_completed_event_id = 22,
                                                                 .search_attributes = &attributes};
    put(26, WF_EVENT_TYPE_UPSERT_WORKFLOW_SEARCH_ATTRIBUTES, &upsert);
}
static void break_100_local(void)
{
    static struct wf_failure failure;
    static struct wf_entry_payloads entry;
    static struct wf_event_marker_recorded marker;

    entry.key = WF_STR("result");
    marker = (struct wf_event_marker_recorded){.workflow_task_completed_event_id = 22,
                                               .marker_name = WF_STR("core_local_activity"),
                                               .failure = &failure,
                                               .details = {.items = &entry, .count = 1, .capacity = 1}};
    put(26, WF_EVENT_TYPE_MARKER_RECORDED, &marker);
}
static struct wf_worker_deployment_version version_1;
static struct wf_worker_deployment_version version_2;
static void complete_by(int64_t id, int32_t behavior, struct wf_worker_deployment_version *version)
{
    version_1 = (struct wf_worker_deployment_version){.deployment_name = WF_STR("shop"), .build_id = WF_STR("v1")};
    version_2 = (struct wf_worker_deployment_version){.deployment_name = WF_STR("shop"), .build_id = WF_STR("v2")};
    event(id)->attributes.workflow_task_completed->versioning_behavior = behavior;
    event(id)->attributes.workflow_task_completed->deployment_version = version;
}
static void break_103_later(void)
{
    complete_by(4, WF_VERSIONING_BEHAVIOR_PINNED, &version_1);
    complete_by(22, WF_VERSIONING_BEHAVIOR_PINNED, &version_2);
}
static void break_103_inherited(void)
{
    complete_by(4, WF_VERSIONING_BEHAVIOR_AUTO_UPGRADE, &version_2);
    event(1)->attributes.workflow_execution_started->inherited_pinned_version = &version_1;
}

static const struct {
    const char *invariant;
    void (*change)(void);
    int64_t event_id; /* that shows it */
    const char *also; /* what the same change cannot but break; empty: nothing */
} rows[] = {
    {"I1", break_1, 9, ""},
    {"I2", break_2, 2, "I9 I13"},
    {"I3", break_3, 15, ""},
    {"I4", break_4_none, 6, ""},
    {"I4", break_4_other, 6, "I9 I30"},
    {"I4", break_4_unknown, 6, "I9 I30"},
    {"I4", break_4_never, 6, "I9"},
    {"I5", break_5, 9, ""},
    {"I6", break_6, 9, ""},
    {"I9", break_9_type, 16, "I38"},
    {"I9", break_9_later, 16, "I38"},
    {"I9", break_9_absent, 27, ""},
    {"I10", break_10, 14, ""},
    {"I13", break_13_scheduled, 30, ""},
    {"I13", break_13_started, 21, "I9"},
    {"I13", break_13_end, 32, ""},
    {"I14", break_14, 32, "I13"},
    {"I15", break_15, 22, ""},
    {"I18", break_18_zero, 2, ""},
    {"I18", break_18_row, 30, ""},
    {"I19", break_19, 33, "I13"},
    {"I20", break_20, 19, ""},
    {"I21", break_21, 20, ""},
    {"I22", break_22_nothing, 32, "I35"},
    {"I22", break_22_attempt, 32, ""},
    {"I23", break_23, 32, ""},
    {"I26", break_26_size, 21, ""},
    {"I26", break_26_suggestion, 21, ""},
    {"I27", break_27, 2, ""},
    {"I30", break_30_other, 26, ""},
    {"I30", break_30_none, 28, ""},
    {"I31", break_31, 38, "I3"},
    {"I32", break_32, 37, "I30"},
    {"I33", break_33, 28, ""},
    {"I35", break_35_block, 33, "I22"},
    {"I35", break_35_message, 32, ""},
    {"I36", break_36_end, 16, ""},
    {"I36", break_36_start, 15, ""},
    {"I36", break_36_order, 14, "I33 I39"},
    {"I37", break_37, 16, ""},
    {"I38", break_38, 14, ""},
    {"I39", break_39, 16, ""},
    {"I40", break_40_two, 26, "I9"},
    {"I40", break_40_none, 29, ""},
    {"I41", break_41_progress, 16, ""},
    {"I41", break_41_attempts, 16, ""},
    {"I41", break_41_cancel, 16, ""},
    {"I42", break_42_none, 14, ""},
    {"I42", break_42_failure, 14, ""},
    {"I43", break_43, 14, ""},
    {"I44", break_44_close, 16, ""},
    {"I44", break_44_start, 16, "I37"},
    {"I44", break_44_attempt, 16, ""},
    {"I49", break_49_attempt, 5, ""},
    {"I49", break_49_start, 5, ""},
    {"I49", break_49_heartbeat, 5, ""},
    {"I49", break_49_policy, 5, ""},
    {"I50", break_50_two, 28, ""},
    {"I50", break_50_id, 27, ""},
    {"I51", break_51, 27, ""},
    {"I52", break_52, 28, "I30 I50"},
    {"I54", break_54, 28, "I50"},
    {"I55", break_55, 28, ""},
    {"I59", break_59, 28, ""},
    {"I60", break_60_two, 13, ""},
    {"I63", break_63_both, 17, "I33"},
    {"I63", break_63_two, 12, ""},
    {"I64", break_64_id, 17, ""},
    {"I71", break_71_id, 25, ""},
    {"I71", break_71_twice, 26, "I9"},
    {"I71", break_71_instance, 25, ""},
    {"I72", break_72_request, 24, ""},
    {"I72", break_72_sequence, 24, ""},
    {"I80", break_80_none, 38, ""},
    {"I80", break_80_some, 38, ""},
    {"I83", break_83_attempt, 1, ""},
    {"I83", break_83_retry, 38, ""},
    {"I83", break_83_over, 38, ""},
    {"I100", break_100_patch, 26, "I9"},
    {"I100", break_100_local, 26, "I9"},
    {"I103", break_103_later, 22, ""},
    {"I103", break_103_inherited, 4, ""},
};

/* The valid history breaks nothing, judged as ours or as another server's. */
static void test_check_history__valid_history_passes(void **state)
{
    struct wf_history_message history;
    static struct sim_history_findings findings;

    read_history(*state, &history);
    check(*state, false, &findings);
    assert_int_equal(findings.count, 0);
    check(*state, true, &findings);
    assert_int_equal(findings.count, 0);
}

/* Each invariant that is broken is named, with the event that shows it and a sentence, and no other is. */
static void test_check_history__each_broken_invariant_is_named(void **state)
{
    for (size_t i = 0; i < TEST_COUNT(rows); i++) {
        struct wf_history_message history;
        static struct sim_history_findings findings;
        bool is_named = false;
        bool is_alone = true;

        read_history(*state, &history);
        rows[i].change();
        check(*state, false, &findings);

        for (uint32_t k = 0; k < findings.count; k++) {
            is_named = is_named || (strcmp(findings.items[k].invariant, rows[i].invariant) == 0 &&
                                    findings.items[k].event_id == rows[i].event_id &&
                                    findings.items[k].sentence.size_bytes > 0);
            is_alone = is_alone && (strcmp(findings.items[k].invariant, rows[i].invariant) == 0 ||
                                    strstr(rows[i].also, findings.items[k].invariant) != NULL);
        }
        if (!is_named || !is_alone) {
            for (uint32_t k = 0; k < findings.count; k++) {
                print_message("%s: %.*s\n", findings.items[k].invariant, (int)findings.items[k].sentence.size_bytes,
                              findings.items[k].sentence.data);
            }
            fail_msg("row %zu: %s at event %lld is not %s", i, rows[i].invariant, (long long)rows[i].event_id,
                     is_named ? "alone" : "found");
        }
    }
}

/* 3.10: a speculative task that was written before anybody took it waits on the normal queue, and times out after five seconds. */
static void test_check_history__converted_task_times_out(void **state)
{
    struct wf_history_message history;
    static struct sim_history_findings findings;

    read_history(*state, &history);
    break_20();
    event(18)->event_time = event(19)->event_time;
    event(18)->event_time.seconds -= 5;
    check(*state, false, &findings);
    assert_int_equal(findings.count, 0);

    event(18)->event_time.seconds++;
    check(*state, false, &findings);
    assert_int_equal(findings.count, 1);
}

/* A reset to a task that was refused as unhandled leaves nothing that was unhandled, and only a reset does. */
static void test_check_history__reset_after_unhandled(void **state)
{
    const struct sim_history_options options = {.verifies_encoding = true};
    struct wf_event_workflow_task_started started = {.scheduled_event_id = 33};
    struct wf_event_workflow_task_failed task_failed = {.scheduled_event_id = 33,
                                                   .started_event_id = 34,
                                                   .cause = WF_WORKFLOW_TASK_FAILED_CAUSE_RESET_WORKFLOW};
    struct wf_history_message history;
    static struct sim_history_findings findings;
    struct wf_error err;

    read_history(*state, &history);
    copy(30, 33);
    put(34, WF_EVENT_TYPE_WORKFLOW_TASK_STARTED, &started);
    put(35, WF_EVENT_TYPE_WORKFLOW_TASK_FAILED, &task_failed);
    assert_int_equal(sim_check_history(*state, events, 35, &options, &findings, &err), WF_OK);
    assert_int_equal(findings.count, 0);

    task_failed.cause = WF_WORKFLOW_TASK_FAILED_CAUSE_UNHANDLED_COMMAND;
    assert_int_equal(sim_check_history(*state, events, 35, &options, &findings, &err), WF_OK);
    assert_int_equal(findings.count, 2);
    assert_string_equal(findings.items[0].invariant, "I19"); /* its attempt, which only a reset may begin anew */
    assert_string_equal(findings.items[1].invariant, "I22");
}

/* What other servers are known to leave out is not held against them, and still against us. */
static void test_check_history__foreign_histories_are_given_leave(void **state)
{
    struct wf_history_message history;
    static struct sim_history_findings findings;

    read_history(*state, &history);
    event(22)->attributes.workflow_task_completed->started_event_id = 0;
    event(25)->attributes.workflow_execution_update_completed->accepted_event_id = 0;
    event(26)->attributes.timer_started->workflow_task_completed_event_id = 21;
    event(14)->attributes.activity_task_started->attempt = 0;
    event(9)->task_id = 0;

    check(*state, true, &findings);
    assert_int_equal(findings.count, 0);
    check(*state, false, &findings);
    assert_in_range(findings.count, 5, 8);
}

/* An operator's options are in no event: what they decide is not judged by those of the Scheduled event, and all else is. */
static void test_check_history__other_options_leave_no_event(void **state)
{
    static void (*const changes[])(void) = {break_41_attempts, break_44_close, break_44_attempt, break_41_progress};
    static const uint32_t expected[] = {0, 0, 0, 1};

    for (size_t i = 0; i < TEST_COUNT(changes); i++) {
        const struct sim_history_options options = {.has_other_options = true};
        struct wf_history_message history;
        static struct sim_history_findings findings;
        struct wf_error err;

        read_history(*state, &history);
        changes[i]();
        assert_int_equal(sim_check_history(*state, events, EVENT_COUNT, &options, &findings, &err), WF_OK);
        if (findings.count != expected[i]) {
            fail_msg("change %zu: %u findings", i, findings.count);
        }
    }
}

/* Only an archive of ours says whether options were changed and how far apart clocks were: without it nothing is judged by them,
 * but that no clocks are ten minutes apart. What its entry says and cannot be is as good as nothing. */
static void test_check_history__what_no_event_tells_is_known_or_not_judged(void **state)
{
    static void (*const changes[])(void) = {break_41_attempts, break_43,         break_44_close,
                                            break_44_attempt,  break_41_progress, break_43_minutes};
    static const struct {
        struct wf_history history;
        bool expected[TEST_COUNT(changes)]; /* is found */
    } entries[] = {
        {{.scenario = {"saga", 4}}, {true, true, true, true, true, true}},
        {{.scenario = {"saga", 4}, .has_other_options = true}, {false, true, false, false, true, true}},
        {{.scenario = {"saga", 4}, .clock_spread_ns = 60 * WF_NS_PER_S}, {true, false, false, false, true, true}},
        {{.scenario = {"saga", 4}, .clock_spread_ns = -1}, {true, false, false, false, true, true}},
        {{.scenario = {"saga", 4}, .clock_spread_ns = INT64_MAX}, {true, false, false, false, true, true}},
        {{.seed = 0}, {false, false, false, false, true, true}},
    };

    for (size_t entry = 0; entry < TEST_COUNT(entries); entry++) {
        for (size_t i = 0; i < TEST_COUNT(changes); i++) {
            const struct sim_history_options options = {
                .clock_spread_ns = sim_history_clock_spread(&entries[entry].history),
                .has_other_options = sim_history_has_other_options(&entries[entry].history)};
            struct wf_history_message history;
            static struct sim_history_findings findings;
            struct wf_error err;

            read_history(*state, &history);
            changes[i]();
            assert_int_equal(sim_check_history(*state, events, EVENT_COUNT, &options, &findings, &err), WF_OK);
            if ((findings.count > 0) != entries[entry].expected[i]) {
                fail_msg("entry %zu, change %zu: %u findings", entry, i, findings.count);
            }
        }
    }
}

/* Too large a history and too many signals are our own server's to prevent (I12, I58); others may be set otherwise. */
static void test_check_history__sizes_are_bounded(void **state)
{
    enum { EVENTS_ALLOWED = 51302, SIGNALS_ALLOWED = 10000 };
    static const struct {
        uint32_t event_count;
        const char *invariants[2];
    } sizes[] = {{SIGNALS_ALLOWED + 1, {NULL, NULL}},
                 {SIGNALS_ALLOWED + 2, {"I58", NULL}},
                 {EVENTS_ALLOWED, {"I58", NULL}},
                 {EVENTS_ALLOWED + 1, {"I12", "I58"}}};
    static struct wf_event_workflow_execution_started first;
    static struct wf_event_workflow_execution_signaled signaled;
    struct wf_event *many = wf_arena_take_array(*state, EVENTS_ALLOWED + 1, sizeof *many);

    for (int64_t i = 0; i <= EVENTS_ALLOWED; i++) {
        const enum wf_event_type type =
            i == 0 ? WF_EVENT_TYPE_WORKFLOW_EXECUTION_STARTED : WF_EVENT_TYPE_WORKFLOW_EXECUTION_SIGNALED;

        many[i] = (struct wf_event){.event_id = i + 1,
                                    .task_id = i,
                                    .event_type = (int32_t)type,
                                    .attributes_case = wf_event_descriptors[type].oneof_number};
        many[i].attributes.any = i == 0 ? (void *)&first : (void *)&signaled;
    }
    for (size_t i = 0; i < TEST_COUNT(sizes); i++) {
        struct sim_history_options options = {.is_foreign = false};
        static struct sim_history_findings findings;
        struct wf_error err;

        assert_int_equal(sim_check_history(*state, many, sizes[i].event_count, &options, &findings, &err), WF_OK);
        for (uint32_t k = 0; k < 2; k++) {
            if ((k < findings.count) != (sizes[i].invariants[k] != NULL) ||
                (k < findings.count && strcmp(findings.items[k].invariant, sizes[i].invariants[k]) != 0)) {
                fail_msg("%u events: finding %u", sizes[i].event_count, k);
            }
        }
        options.is_foreign = true;
        assert_int_equal(sim_check_history(*state, many, sizes[i].event_count, &options, &findings, &err), WF_OK);
        assert_int_equal(findings.count, 0);
    }
}

/* A history of nothing but faults fills the list and counts the rest. */
static void test_check_history__findings_are_bounded(void **state)
{
    enum { COUNT = 200 };
    const struct sim_history_options options = {0};
    static struct sim_history_findings findings;
    struct wf_event *many = wf_arena_take_array(*state, COUNT, sizeof *many);
    struct wf_error err;

    for (int64_t i = 0; i < COUNT; i++) {
        many[i].event_id = i + 1;
        many[i].task_id = i;
        many[i].event_type = WF_EVENT_TYPE_TIMER_FIRED;
    }
    assert_int_equal(sim_check_history(*state, many, COUNT, &options, &findings, &err), WF_OK);
    assert_int_equal(findings.count, SIM_HISTORY_FINDINGS_MAX);
    assert_true(findings.dropped_count >= COUNT - SIM_HISTORY_FINDINGS_MAX);
    assert_int_equal(sim_check_history(*state, many, 0, &options, &findings, &err), WF_OK);
    assert_int_equal(findings.count, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST_IN_ARENA(test_check_history__valid_history_passes),
        TEST_IN_ARENA(test_check_history__converted_task_times_out),
        TEST_IN_ARENA(test_check_history__reset_after_unhandled),
        TEST_IN_ARENA(test_check_history__each_broken_invariant_is_named),
        TEST_IN_ARENA(test_check_history__foreign_histories_are_given_leave),
        TEST_IN_ARENA(test_check_history__other_options_leave_no_event),
        TEST_IN_ARENA(test_check_history__what_no_event_tells_is_known_or_not_judged),
        TEST_IN_ARENA(test_check_history__sizes_are_bounded),
        TEST_IN_ARENA(test_check_history__findings_are_bounded),
    };

    return cmocka_run_group_tests_name("check_history", tests, NULL, NULL);
}
