/* Every row of engine/server/activity.def, its deadlines and its retries. */
#include "tests/support/shard_fixture.h"

#define BEGINNING "WorkflowExecutionStarted Scheduled(1) Started Completed ActivityScheduled "
#define ASKED BEGINNING "Signaled Scheduled(1) Started Completed ActivityCancelRequested "

/* How the activity of a test is scheduled. */
struct setting {
    int64_t start_to_close_ns;
    int64_t schedule_to_close_ns;
    int64_t schedule_to_start_ns;
    int64_t heartbeat_ns;
    int32_t maximum_attempts;
};

static void begin_with(struct shard_fixture *f, struct setting setting)
{
    struct wf_command command = {0};
    struct wf_command_schedule_activity_task *attributes = NULL;

    shard_fixture_init(f, NULL);
    shard_start(f, "w");
    command = shard_schedule_activity(f, "a", setting.start_to_close_ns);
    attributes = command.attributes.schedule_activity_task;
    attributes->schedule_to_close_timeout = wf_duration_of(setting.schedule_to_close_ns);
    attributes->schedule_to_start_timeout = wf_duration_of(setting.schedule_to_start_ns);
    attributes->heartbeat_timeout = wf_duration_of(setting.heartbeat_ns);
    attributes->retry_policy = WF_ARENA_NEW(&f->arena, struct wf_retry_policy);
    attributes->retry_policy->maximum_attempts = setting.maximum_attempts;
    shard_status_is(shard_complete(f, shard_poll(f), &command, 1), WF_CALL_OK);
}

static void begin(struct shard_fixture *f)
{
    begin_with(f, (struct setting){.start_to_close_ns = 60 * WF_NS_PER_S});
}

/* NONE SCHEDULE, SCHEDULED START, STARTED COMPLETE; a second outcome finds nothing (4.6
 * "duplicates"). */
static void test_machine_activity__completes_once(void **state)
{
    struct shard_fixture f;
    const struct wf_svc_activity_task *task = NULL;
    struct wf_history_message history = {0};

    (void)state;
    begin(&f);
    task = shard_poll_activity(&f);
    assert_int_equal(task->attempt, 1);
    shard_fixture_advance(&f, WF_NS_PER_S);
    shard_status_is(shard_complete_activity(&f, task), WF_CALL_OK);
    shard_status_is(shard_complete_activity(&f, task), WF_CALL_NOT_FOUND);
    shard_status_is(shard_fail_activity(&f, task, "E", true), WF_CALL_NOT_FOUND);
    shard_status_is(shard_heartbeat(&f, task), WF_CALL_NOT_FOUND);
    shard_history_is(&f, "w", BEGINNING "ActivityStarted ActivityCompleted Scheduled(1)");
    history = shard_events(&f, "w");
    /* 4.2: the start is stamped with its own time, and the outcome names it. */
    assert_int_equal(wf_time_of(history.events.items[5].event_time), SHARD_EPOCH_NS);
    assert_int_equal(history.events.items[6].attributes.activity_task_completed->started_event_id,
                     6);
    shard_fixture_deinit(&f);
}

/* STARTED RETRY, BACKOFF DISPATCH: 1 s, then 2 s, with nothing in history. */
static void test_machine_activity__retries_with_backoff(void **state)
{
    struct shard_fixture f;
    const struct wf_svc_activity_task *task = NULL;
    struct wf_history_message history = {0};

    (void)state;
    begin(&f);
    shard_status_is(shard_fail_activity(&f, shard_poll_activity(&f), "E", false), WF_CALL_OK);
    shard_fixture_advance(&f, WF_NS_PER_S - 1);
    assert_null(shard_poll_activity(&f));
    shard_fixture_advance(&f, 1);
    task = shard_poll_activity(&f);
    assert_int_equal(task->attempt, 2);
    shard_fail_activity(&f, task, "E", false);
    shard_fixture_advance(&f, 2 * WF_NS_PER_S - 1);
    assert_null(shard_poll_activity(&f));
    assert_int_equal(shard_describe(&f, "w")->pending_activities.items[0].attempt, 3);
    shard_fixture_advance(&f, 1);
    task = shard_poll_activity(&f);
    shard_history_is(&f, "w",
                     "WorkflowExecutionStarted Scheduled(1) Started Completed ActivityScheduled");
    shard_complete_activity(&f, task);
    shard_history_is(&f, "w", BEGINNING "ActivityStarted ActivityCompleted Scheduled(1)");
    history = shard_events(&f, "w");
    assert_int_equal(history.events.items[5].attributes.activity_task_started->attempt, 3);
    assert_non_null(history.events.items[5].attributes.activity_task_started->last_failure);
    shard_fixture_deinit(&f);
}

static int32_t retry_state_of(struct shard_fixture *f)
{
    const struct wf_history_message history = shard_events(f, "w");

    for (uint32_t i = 0; i < history.events.count; i++) {
        const struct wf_event *event = &history.events.items[i];

        if (event->event_type == WF_EVENT_TYPE_ACTIVITY_TASK_FAILED) {
            return event->attributes.activity_task_failed->retry_state;
        }
        if (event->event_type == WF_EVENT_TYPE_ACTIVITY_TASK_TIMED_OUT) {
            return event->attributes.activity_task_timed_out->retry_state;
        }
    }
    return WF_RETRY_STATE_UNSPECIFIED;
}

/* STARTED FAIL: for good, or at the last attempt, or with no time left (4.5 steps 4, 6 and 8). */
static void test_machine_activity__fails_for_good(void **state)
{
    struct shard_fixture f;

    (void)state;
    begin(&f);
    shard_status_is(shard_fail_activity(&f, shard_poll_activity(&f), "E", true), WF_CALL_OK);
    shard_history_is(&f, "w", BEGINNING "ActivityStarted ActivityFailed Scheduled(1)");
    assert_int_equal(retry_state_of(&f), WF_RETRY_STATE_NON_RETRYABLE_FAILURE);
    shard_fixture_deinit(&f);

    begin_with(&f, (struct setting){.start_to_close_ns = 60 * WF_NS_PER_S, .maximum_attempts = 1});
    shard_fail_activity(&f, shard_poll_activity(&f), "E", false);
    assert_int_equal(retry_state_of(&f), WF_RETRY_STATE_MAXIMUM_ATTEMPTS_REACHED);
    shard_fixture_deinit(&f);

    begin_with(&f, (struct setting){.schedule_to_close_ns = 500 * WF_NS_PER_MS});
    shard_fail_activity(&f, shard_poll_activity(&f), "E", false);
    assert_int_equal(retry_state_of(&f), WF_RETRY_STATE_TIMEOUT);
    shard_fixture_deinit(&f);
}

/* STARTED FAIL: what a worker reports may itself be the timeout of something in a queue, which is never tried again and
 * called a timeout (4.5 step 3). */
static void test_machine_activity__a_reported_schedule_timeout_is_final(void **state)
{
    static const int32_t types[] = {WF_TIMEOUT_TYPE_SCHEDULE_TO_START, WF_TIMEOUT_TYPE_SCHEDULE_TO_CLOSE};

    (void)state;
    for (size_t i = 0; i < sizeof types / sizeof types[0]; i++) {
        struct shard_fixture f;
        struct wf_timeout_failure_info info = {.timeout_type = types[i]};
        struct wf_failure failure = {.message = WF_STR("no"),
                                     .failure_info_case = WF_CASE_failure_timeout_failure_info,
                                     .failure_info.timeout_failure_info = &info};
        struct wf_svc_respond_activity_task_failed respond = {.failure = &failure, .identity = WF_STR("worker-1")};
        const struct wf_svc_request request = {.call_case = WF_CASE_svc_request_respond_activity_task_failed,
                                               .call.respond_activity_task_failed = &respond};

        begin(&f);
        respond.token = shard_poll_activity(&f)->token;
        shard_status_is(shard_fixture_call(&f, &request), WF_CALL_OK);
        shard_history_is(&f, "w", BEGINNING "ActivityStarted ActivityFailed Scheduled(1)");
        assert_int_equal(retry_state_of(&f), WF_RETRY_STATE_TIMEOUT);
        shard_fixture_deinit(&f);
    }
}

/* The failure that an activity timed out with. */
static const struct wf_failure *timeout_of(struct shard_fixture *f)
{
    const struct wf_history_message history = shard_events(f, "w");

    for (uint32_t i = 0; i < history.events.count; i++) {
        if (history.events.items[i].event_type == WF_EVENT_TYPE_ACTIVITY_TASK_TIMED_OUT) {
            return history.events.items[i].attributes.activity_task_timed_out->failure;
        }
    }
    fail_msg("no timeout in history");
    return NULL;
}

/* SCHEDULED TIME_OUT: nobody took it. With only S2C given, S2S is the same time and wins by its
 * number (4.4). */
static void test_machine_activity__times_out_in_the_queue(void **state)
{
    struct shard_fixture f;

    (void)state;
    begin_with(&f, (struct setting){.schedule_to_close_ns = 3 * WF_NS_PER_S});
    shard_fixture_advance(&f, 4 * WF_NS_PER_S);
    shard_history_is(&f, "w", BEGINNING "ActivityTimedOut Scheduled(1)");
    assert_int_equal(timeout_of(&f)->failure_info.timeout_failure_info->timeout_type,
                     WF_TIMEOUT_TYPE_SCHEDULE_TO_START);
    assert_int_equal(retry_state_of(&f), WF_RETRY_STATE_TIMEOUT);
    test_string_is("message", timeout_of(&f)->message, "activity ScheduleToStart timeout");
    shard_fixture_deinit(&f);
}

/* STARTED RETRY by StC; the late answer of the first attempt is refused. */
static void test_machine_activity__start_to_close_begins_another_attempt(void **state)
{
    struct shard_fixture f;
    const struct wf_svc_activity_task *first = NULL;
    const struct wf_svc_activity_task *second = NULL;

    (void)state;
    begin_with(&f, (struct setting){.start_to_close_ns = 2 * WF_NS_PER_S});
    first = shard_poll_activity(&f);
    shard_fixture_advance(&f, 4 * WF_NS_PER_S);
    second = shard_poll_activity(&f);
    assert_int_equal(second->attempt, 2);
    shard_status_is(shard_complete_activity(&f, first), WF_CALL_NOT_FOUND);
    shard_status_is(shard_complete_activity(&f, second), WF_CALL_OK);
    shard_fixture_deinit(&f);
}

/* STARTED TIME_OUT: by StC at the last attempt, by S2C while it runs, by heartbeat. */
static void test_machine_activity__times_out_while_it_runs(void **state)
{
    static const struct {
        const char *name;
        struct setting setting;
        enum wf_timeout_type type;
        enum wf_retry_state retry_state;
    } rows[] = {
        {"StC, last attempt",
         {2 * WF_NS_PER_S, 0, 0, 0, 1},
         WF_TIMEOUT_TYPE_START_TO_CLOSE,
         WF_RETRY_STATE_MAXIMUM_ATTEMPTS_REACHED},
        {"S2C",
         {0, 2 * WF_NS_PER_S, 0, 0, 0},
         WF_TIMEOUT_TYPE_SCHEDULE_TO_CLOSE,
         WF_RETRY_STATE_TIMEOUT},
        {"heartbeat, last attempt",
         {60 * WF_NS_PER_S, 0, 0, WF_NS_PER_S, 1},
         WF_TIMEOUT_TYPE_HEARTBEAT,
         WF_RETRY_STATE_MAXIMUM_ATTEMPTS_REACHED},
        /* 4.4 "Conversion": no time is left for another attempt. */
        {"heartbeat, no time left",
         {0, 1900 * WF_NS_PER_MS, 0, WF_NS_PER_S, 0},
         WF_TIMEOUT_TYPE_SCHEDULE_TO_CLOSE,
         WF_RETRY_STATE_TIMEOUT},
    };

    (void)state;
    for (size_t i = 0; i < TEST_COUNT(rows); i++) {
        struct shard_fixture f;

        begin_with(&f, rows[i].setting);
        assert_non_null(shard_poll_activity(&f));
        shard_fixture_advance(&f, 3 * WF_NS_PER_S);
        shard_history_is(&f, "w", BEGINNING "ActivityStarted ActivityTimedOut Scheduled(1)");
        assert_int_equal(timeout_of(&f)->failure_info.timeout_failure_info->timeout_type,
                         rows[i].type);
        assert_int_equal(retry_state_of(&f), rows[i].retry_state);
        shard_fixture_deinit(&f);
    }
}

/* 4.4: the failure that is recorded has the one before as its cause; one that is kept for the next attempt has none, or it
 * would grow with each. */
static void test_machine_activity__kept_failure_has_no_cause(void **state)
{
    struct shard_fixture f;
    const struct wf_failure *kept = NULL;

    (void)state;
    begin_with(&f, (struct setting){.start_to_close_ns = WF_NS_PER_S, .maximum_attempts = 3});
    for (uint32_t i = 0; i < 2; i++) {
        assert_non_null(shard_poll_activity(&f));
        shard_fixture_advance(&f, 4 * WF_NS_PER_S);
    }
    kept = shard_describe(&f, "w")->pending_activities.items[0].last_failure;
    assert_non_null(kept);
    assert_null(kept->cause);
    assert_non_null(shard_poll_activity(&f));
    shard_fixture_advance(&f, 4 * WF_NS_PER_S);
    assert_non_null(timeout_of(&f)->cause);
    assert_null(timeout_of(&f)->cause->cause);
    shard_fixture_deinit(&f);
}

/* 4.4: an alarm that comes late finds the attempt's time in the queue over, too, and closes it at once. */
static void test_machine_activity__times_out_in_the_queue_after_backoff(void **state)
{
    struct shard_fixture f;

    (void)state;
    begin_with(&f, (struct setting){.start_to_close_ns = 60 * WF_NS_PER_S, .schedule_to_start_ns = WF_NS_PER_S});
    shard_fail_activity(&f, shard_poll_activity(&f), "E", false);
    f.now_ns += 5 * WF_NS_PER_S;
    shard_fixture_advance(&f, 0);
    shard_history_is(&f, "w", BEGINNING "ActivityTimedOut Scheduled(1)");
    assert_null(shard_take_push(&f, true));
    shard_fixture_deinit(&f);
}

/* S2C runs on between attempts. The interval of 1 s ends just at the expiration, which is allowed
 * (4.5 step 8), and no start is written for an attempt that nobody took (4.2). */
static void test_machine_activity__times_out_after_backoff(void **state)
{
    struct shard_fixture f;

    (void)state;
    begin_with(&f, (struct setting){.schedule_to_close_ns = 1500 * WF_NS_PER_MS});
    shard_fixture_advance(&f, 500 * WF_NS_PER_MS);
    shard_fail_activity(&f, shard_poll_activity(&f), "E", false);
    assert_int_equal(shard_describe(&f, "w")->pending_activities.count, 1);
    f.now_ns += 5 * WF_NS_PER_S;
    shard_fixture_advance(&f, 0);
    shard_history_is(&f, "w", BEGINNING "ActivityTimedOut Scheduled(1)");
    shard_fixture_deinit(&f);
}

/* STARTED HEARTBEAT: the deadline moves on. */
static void test_machine_activity__heartbeats_keep_it_alive(void **state)
{
    struct shard_fixture f;
    const struct wf_svc_activity_task *task = NULL;

    (void)state;
    begin_with(&f, (struct setting){.start_to_close_ns = 60 * WF_NS_PER_S,
                                    .heartbeat_ns = 2 * WF_NS_PER_S});
    task = shard_poll_activity(&f);
    for (int i = 0; i < 5; i++) {
        const struct wf_svc_response *response = NULL;

        shard_fixture_advance(&f, 1500 * WF_NS_PER_MS);
        response = shard_heartbeat(&f, task);
        shard_status_is(response, WF_CALL_OK);
        assert_false(response->answer.heartbeat_answer->is_cancel_requested);
    }
    shard_status_is(shard_complete_activity(&f, task), WF_CALL_OK);
    shard_fixture_deinit(&f);
}

/* Sends a turn that asks for the activity's cancellation. */
static void request_cancel(struct shard_fixture *f)
{
    shard_signal(f, "w", "stop", "r");
    shard_status_is(shard_complete(f, shard_poll(f),
                                   (struct wf_command[]){shard_request_cancel_activity(f, 5)}, 1),
                    WF_CALL_OK);
}

/* SCHEDULED REQUEST_CANCEL: nobody runs it, so it is over at once, and the code is told (2.3). */
static void test_machine_activity__cancel_before_start_closes_it(void **state)
{
    struct shard_fixture f;

    (void)state;
    begin(&f);
    request_cancel(&f);
    shard_history_is(&f, "w", ASKED "ActivityCanceled Scheduled(1)");
    assert_null(shard_poll_activity(&f));
    shard_fixture_deinit(&f);
}

/* BACKOFF REQUEST_CANCEL: the same between two attempts. */
static void test_machine_activity__cancel_in_backoff_closes_it(void **state)
{
    struct shard_fixture f;

    (void)state;
    begin(&f);
    shard_fail_activity(&f, shard_poll_activity(&f), "E", false);
    request_cancel(&f);
    shard_history_is(&f, "w", ASKED "ActivityCanceled Scheduled(1)");
    shard_fixture_deinit(&f);
}

/* STARTED REQUEST_CANCEL, then CANCELING with each of its inputs: all are accepted, and nothing is
 * retried (4.8). */
static void test_machine_activity__after_a_cancel_request_every_outcome_is_taken(void **state)
{
    static const struct {
        const char *name;
        int outcome;
        const char *expected;
    } rows[] = {
        {"canceled", 0, ASKED "ActivityStarted ActivityCanceled Scheduled(1)"},
        {"completed", 1, ASKED "ActivityStarted ActivityCompleted Scheduled(1)"},
        {"failed", 2, ASKED "ActivityStarted ActivityFailed Scheduled(1)"},
        {"timed out", 3, ASKED "ActivityStarted ActivityTimedOut Scheduled(1)"},
    };

    (void)state;
    for (size_t i = 0; i < TEST_COUNT(rows); i++) {
        struct shard_fixture f;
        const struct wf_svc_activity_task *task = NULL;
        const struct wf_svc_response *heartbeat = NULL;

        begin(&f);
        task = shard_poll_activity(&f);
        request_cancel(&f);
        heartbeat = shard_heartbeat(&f, task);
        shard_status_is(heartbeat, WF_CALL_OK);
        assert_true(heartbeat->answer.heartbeat_answer->is_cancel_requested);
        switch (rows[i].outcome) {
        case 0:
            shard_status_is(shard_cancel_activity(&f, task), WF_CALL_OK);
            break;
        case 1:
            shard_status_is(shard_complete_activity(&f, task), WF_CALL_OK);
            break;
        case 2:
            shard_status_is(shard_fail_activity(&f, task, "E", false), WF_CALL_OK);
            assert_int_equal(retry_state_of(&f), WF_RETRY_STATE_CANCEL_REQUESTED);
            break;
        default:
            shard_fixture_advance(&f, 61 * WF_NS_PER_S);
            assert_int_equal(retry_state_of(&f), WF_RETRY_STATE_CANCEL_REQUESTED);
            break;
        }
        shard_history_is(&f, "w", rows[i].expected);
        shard_fixture_deinit(&f);
    }
}

/* No row: a cancellation that nobody asked for, and a second request for one. */
static void test_machine_activity__refuses_what_has_no_row(void **state)
{
    struct shard_fixture f;
    const struct wf_svc_activity_task *task = NULL;

    (void)state;
    begin(&f);
    task = shard_poll_activity(&f);
    shard_status_is(shard_cancel_activity(&f, task), WF_CALL_INVALID_ARGUMENT);
    request_cancel(&f);
    shard_signal(&f, "w", "stop", "r2");
    shard_status_is(shard_complete(&f, shard_poll(&f),
                                   (struct wf_command[]){shard_request_cancel_activity(&f, 5)}, 1),
                    WF_CALL_INVALID_ARGUMENT);
    shard_history_is(
        &f, "w",
        ASKED "Signaled Scheduled(1) Started Failed(BAD_REQUEST_CANCEL_ACTIVITY_ATTRIBUTES)");
    shard_fixture_deinit(&f);
}

/* 2.3: an activity that ended while the turn ran: the request is recorded and has no effect. */
static void test_machine_activity__cancel_of_an_unseen_outcome_is_recorded(void **state)
{
    struct shard_fixture f;
    const struct wf_svc_activity_task *activity = NULL;
    const struct wf_svc_workflow_task *task = NULL;

    (void)state;
    begin(&f);
    activity = shard_poll_activity(&f);
    shard_signal(&f, "w", "stop", "r");
    task = shard_poll(&f);
    shard_complete_activity(&f, activity);
    shard_status_is(
        shard_complete(&f, task, (struct wf_command[]){shard_request_cancel_activity(&f, 5)}, 1),
        WF_CALL_OK);
    shard_history_is(&f, "w", ASKED "ActivityStarted ActivityCompleted Scheduled(1)");
    shard_fixture_deinit(&f);
}

/* 4.6: one push starts one attempt, however often matching asks. */
static void test_machine_activity__start_is_idempotent_by_request(void **state)
{
    struct shard_fixture f;
    const struct wf_svc_add_task *push = NULL;

    (void)state;
    begin(&f);
    push = shard_take_push(&f, true);
    shard_status_is(shard_record_activity_task(&f, push, "p1"), WF_CALL_OK);
    shard_status_is(shard_record_activity_task(&f, push, "p1"), WF_CALL_OK);
    shard_status_is(shard_record_activity_task(&f, push, "p2"), WF_CALL_TASK_ALREADY_STARTED);
    shard_fixture_advance(&f, 61 * WF_NS_PER_S);
    shard_status_is(shard_record_activity_task(&f, push, "p3"),
                    WF_CALL_OBSOLETE_TASK); /* of attempt 1 */
    shard_fixture_deinit(&f);
}

/* 4.3: what the Scheduled event records. */
static void test_machine_activity__timeouts_are_normalised(void **state)
{
    static const struct {
        const char *name;
        struct setting given; /* in seconds */
        int64_t run_timeout_s;
        struct setting recorded;
    } rows[] = {
        {"S2C alone", {0, 9, 0, 0, 0}, 0, {9, 9, 9, 0, 0}},
        {"StC alone", {9, 0, 0, 0, 0}, 0, {9, 0, 0, 0, 0}},
        {"StC in a bounded run", {9, 0, 0, 0, 0}, 50, {9, 50, 50, 0, 0}},
        {"capped by S2C", {9, 5, 7, 0, 0}, 0, {5, 5, 5, 0, 0}},
        {"capped by the run", {90, 95, 70, 0, 0}, 50, {50, 50, 50, 0, 0}},
        {"heartbeat capped by StC", {5, 9, 0, 7, 0}, 0, {5, 9, 9, 5, 0}},
    };

    (void)state;
    for (size_t i = 0; i < TEST_COUNT(rows); i++) {
        struct shard_fixture f;
        struct wf_command command = {0};
        struct wf_command_schedule_activity_task *given = NULL;
        const struct wf_event_activity_task_scheduled *recorded = NULL;

        shard_fixture_init(&f, NULL);
        shard_start_with(
            &f, (struct wf_svc_start_workflow){
                    .workflow_id = WF_STR("w"),
                    .workflow_run_timeout = wf_duration_of(rows[i].run_timeout_s * WF_NS_PER_S)});
        command = shard_schedule_activity(&f, "a", rows[i].given.start_to_close_ns * WF_NS_PER_S);
        given = command.attributes.schedule_activity_task;
        given->schedule_to_close_timeout = wf_duration_of(rows[i].given.schedule_to_close_ns *
                                                          WF_NS_PER_S);
        given->schedule_to_start_timeout = wf_duration_of(rows[i].given.schedule_to_start_ns *
                                                          WF_NS_PER_S);
        given->heartbeat_timeout = wf_duration_of(rows[i].given.heartbeat_ns * WF_NS_PER_S);
        shard_status_is(shard_complete(&f, shard_poll(&f), &command, 1), WF_CALL_OK);
        recorded = shard_events(&f, "w").events.items[4].attributes.activity_task_scheduled;
        assert_int_equal(recorded->start_to_close_timeout.seconds,
                         rows[i].recorded.start_to_close_ns);
        assert_int_equal(recorded->schedule_to_close_timeout.seconds,
                         rows[i].recorded.schedule_to_close_ns);
        assert_int_equal(recorded->schedule_to_start_timeout.seconds,
                         rows[i].recorded.schedule_to_start_ns);
        assert_int_equal(recorded->heartbeat_timeout.seconds, rows[i].recorded.heartbeat_ns);
        assert_int_equal(recorded->retry_policy->maximum_interval.seconds, 100);
        shard_fixture_deinit(&f);
    }
}

/* ---- Asynchronous completion (4.6 "by id", 4.10) ---- */

static const struct wf_svc_response *report_by_id(struct shard_fixture *f, uint32_t call_case,
                                                  const char *activity_id)
{
    struct wf_workflow_execution execution = {.workflow_id = WF_STR("w")};
    struct wf_failure failure = {.message = WF_STR("no")};
    struct wf_svc_respond_activity_task_completed completed = {
        .workflow_execution = &execution, .activity_id = wf_string_of(activity_id)};
    struct wf_svc_respond_activity_task_failed failed = {.workflow_execution = &execution,
                                                         .activity_id = wf_string_of(activity_id),
                                                         .failure = &failure};
    struct wf_svc_record_activity_heartbeat heartbeat = {.workflow_execution = &execution,
                                                         .activity_id = wf_string_of(activity_id)};
    struct wf_svc_request request = {.call_case = call_case};

    if (call_case == WF_CASE_svc_request_respond_activity_task_completed) {
        request.call.respond_activity_task_completed = &completed;
    } else if (call_case == WF_CASE_svc_request_respond_activity_task_failed) {
        request.call.respond_activity_task_failed = &failed;
    } else {
        request.call.record_activity_heartbeat = &heartbeat;
    }
    return shard_fixture_call(f, &request);
}

/* By id there is no attempt to check: whoever knows the id reports for the one that runs. */
static void test_machine_activity__is_completed_by_id(void **state)
{
    struct shard_fixture f;

    (void)state;
    begin(&f);
    (void)shard_poll_activity(&f);
    shard_status_is(report_by_id(&f, WF_CASE_svc_request_record_activity_heartbeat, "a"), WF_CALL_OK);
    shard_status_is(report_by_id(&f, WF_CASE_svc_request_respond_activity_task_completed, "b"),
                    WF_CALL_NOT_FOUND);
    shard_status_is(report_by_id(&f, WF_CASE_svc_request_respond_activity_task_completed, "a"),
                    WF_CALL_OK);
    shard_status_is(report_by_id(&f, WF_CASE_svc_request_respond_activity_task_completed, "a"),
                    WF_CALL_NOT_FOUND);
    shard_history_is(&f, "w", BEGINNING "ActivityStarted ActivityCompleted Scheduled(1)");
    shard_fixture_deinit(&f);
}

/* SCHEDULED FABRICATE: a completion may come before any attempt, a failure or a heartbeat may not. */
static void test_machine_activity__is_completed_by_id_before_it_started(void **state)
{
    struct shard_fixture f;

    (void)state;
    begin(&f);
    shard_status_is(report_by_id(&f, WF_CASE_svc_request_respond_activity_task_failed, "a"),
                    WF_CALL_NOT_FOUND);
    shard_status_is(report_by_id(&f, WF_CASE_svc_request_record_activity_heartbeat, "a"),
                    WF_CALL_NOT_FOUND);
    shard_status_is(report_by_id(&f, WF_CASE_svc_request_respond_activity_task_completed, "a"),
                    WF_CALL_OK);
    shard_history_is(&f, "w", BEGINNING "ActivityStarted ActivityCompleted Scheduled(1)");
    shard_fixture_deinit(&f);
}

/* BACKOFF FABRICATE; and the token of the attempt that failed is worth nothing any more. */
static void test_machine_activity__is_completed_by_id_in_backoff(void **state)
{
    struct shard_fixture f;
    const struct wf_svc_activity_task *task = NULL;

    (void)state;
    begin(&f);
    task = shard_poll_activity(&f);
    shard_status_is(shard_fail_activity(&f, task, "E", false), WF_CALL_OK);
    shard_status_is(shard_complete_activity(&f, task), WF_CALL_NOT_FOUND);
    shard_status_is(report_by_id(&f, WF_CASE_svc_request_respond_activity_task_completed, "a"),
                    WF_CALL_OK);
    shard_history_is(&f, "w", BEGINNING "ActivityStarted ActivityCompleted Scheduled(1)");
    shard_fixture_deinit(&f);
}

/* ---- Eager execution (4.10) ---- */

static const struct wf_svc_response *schedule_eagerly(struct shard_fixture *f, const char *task_queue)
{
    struct wf_command command = {0};

    shard_fixture_init(f, NULL);
    shard_start(f, "w");
    command = shard_schedule_activity(f, "a", 60 * WF_NS_PER_S);
    command.attributes.schedule_activity_task->request_eager_execution = true;
    if (task_queue != NULL) {
        command.attributes.schedule_activity_task->task_queue->name = wf_string_of(task_queue);
    }
    return shard_complete(f, shard_poll(f), &command, 1);
}

/* The answer brings the attempt, started; nobody else is told of it, and a worker that never begins it costs one timeout. */
static void test_machine_activity__eager_comes_with_the_answer(void **state)
{
    struct shard_fixture f;
    const struct wf_svc_response *response = NULL;
    const struct wf_svc_activity_task *task = NULL;

    (void)state;
    response = schedule_eagerly(&f, NULL);
    shard_status_is(response, WF_CALL_OK);
    assert_int_equal(response->answer.workflow_task_accepted->activity_tasks.count, 1);
    task = &response->answer.workflow_task_accepted->activity_tasks.items[0];
    test_string_is("id", task->activity_id, "a");
    assert_int_equal(task->attempt, 1);
    assert_null(shard_take_push(&f, true));
    shard_status_is(shard_complete_activity(&f, task), WF_CALL_OK);
    shard_history_is(&f, "w", BEGINNING "ActivityStarted ActivityCompleted Scheduled(1)");
    shard_fixture_deinit(&f);

    (void)schedule_eagerly(&f, NULL);
    shard_fixture_advance(&f, 62 * WF_NS_PER_S);
    task = shard_poll_activity(&f);
    assert_non_null(task);
    assert_int_equal(task->attempt, 2);
    shard_fixture_deinit(&f);
}

/* Of another queue the worker may not have it: it goes through matching. */
static void test_machine_activity__eager_is_of_the_own_queue_only(void **state)
{
    struct shard_fixture f;
    const struct wf_svc_response *response = NULL;

    (void)state;
    response = schedule_eagerly(&f, "other");
    shard_status_is(response, WF_CALL_OK);
    assert_int_equal(response->answer.workflow_task_accepted->activity_tasks.count, 0);
    assert_non_null(shard_take_push(&f, true));
    shard_fixture_deinit(&f);
}

/* While the run is paused nobody begins an activity, whoever asks (7.12); the end of the pause pushes it. */
static void test_machine_activity__eager_waits_for_the_end_of_a_pause(void **state)
{
    struct shard_fixture f;
    const struct wf_svc_workflow_task *task = NULL;
    const struct wf_svc_response *response = NULL;
    struct wf_command command = {0};

    (void)state;
    shard_fixture_init(&f, NULL);
    shard_start(&f, "w");
    task = shard_poll(&f);
    shard_status_is(shard_pause(&f, "w", false, ""), WF_CALL_OK);
    command = shard_schedule_activity(&f, "a", 60 * WF_NS_PER_S);
    command.attributes.schedule_activity_task->request_eager_execution = true;
    response = shard_complete(&f, task, &command, 1);
    shard_status_is(response, WF_CALL_OK);
    assert_int_equal(response->answer.workflow_task_accepted->activity_tasks.count, 0);
    assert_null(shard_take_push(&f, true));
    shard_status_is(shard_pause(&f, "w", true, ""), WF_CALL_OK);
    assert_non_null(shard_take_push(&f, true));
    shard_fixture_deinit(&f);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_machine_activity__completes_once),
        cmocka_unit_test(test_machine_activity__retries_with_backoff),
        cmocka_unit_test(test_machine_activity__fails_for_good),
        cmocka_unit_test(test_machine_activity__a_reported_schedule_timeout_is_final),
        cmocka_unit_test(test_machine_activity__times_out_in_the_queue),
        cmocka_unit_test(test_machine_activity__start_to_close_begins_another_attempt),
        cmocka_unit_test(test_machine_activity__times_out_while_it_runs),
        cmocka_unit_test(test_machine_activity__kept_failure_has_no_cause),
        cmocka_unit_test(test_machine_activity__times_out_in_the_queue_after_backoff),
        cmocka_unit_test(test_machine_activity__times_out_after_backoff),
        cmocka_unit_test(test_machine_activity__heartbeats_keep_it_alive),
        cmocka_unit_test(test_machine_activity__cancel_before_start_closes_it),
        cmocka_unit_test(test_machine_activity__cancel_in_backoff_closes_it),
        cmocka_unit_test(test_machine_activity__after_a_cancel_request_every_outcome_is_taken),
        cmocka_unit_test(test_machine_activity__refuses_what_has_no_row),
        cmocka_unit_test(test_machine_activity__cancel_of_an_unseen_outcome_is_recorded),
        cmocka_unit_test(test_machine_activity__start_is_idempotent_by_request),
        cmocka_unit_test(test_machine_activity__timeouts_are_normalised),
        cmocka_unit_test(test_machine_activity__eager_comes_with_the_answer),
        cmocka_unit_test(test_machine_activity__eager_is_of_the_own_queue_only),
        cmocka_unit_test(test_machine_activity__eager_waits_for_the_end_of_a_pause),
        cmocka_unit_test(test_machine_activity__is_completed_by_id),
        cmocka_unit_test(test_machine_activity__is_completed_by_id_before_it_started),
        cmocka_unit_test(test_machine_activity__is_completed_by_id_in_backoff),
    };

    return cmocka_run_group_tests_name("machine_activity", tests, NULL, NULL);
}
