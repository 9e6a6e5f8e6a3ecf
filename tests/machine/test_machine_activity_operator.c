/*
 * What operators do to activities: the rows PAUSE, UNPAUSE and RESET of engine/server/activity.def (engine-semantics 4.9). None
 * of it leaves an event.
 */
#include "tests/support/shard_fixture.h"

#define BEGINNING "WorkflowExecutionStarted Scheduled(1) Started Completed ActivityScheduled"
#define S WF_NS_PER_S

static const struct wf_svc_operate_activity pausing = {.action = WF_ACTIVITY_ACTION_PAUSE, .activity_id = {"a", 1}};
static const struct wf_svc_operate_activity unpausing = {.action = WF_ACTIVITY_ACTION_UNPAUSE, .activity_id = {"a", 1}};
static const struct wf_svc_operate_activity resetting = {.action = WF_ACTIVITY_ACTION_RESET, .activity_id = {"a", 1}};

static void operate(struct shard_fixture *f, struct wf_svc_operate_activity operation)
{
    shard_status_is(shard_operate(f, operation), WF_CALL_OK);
}

static void request_cancel(struct shard_fixture *f)
{
    shard_signal(f, "w", "stop", "r");
    shard_status_is(shard_complete(f, shard_poll(f), (struct wf_command[]){shard_request_cancel_activity(f, 5)}, 1),
                    WF_CALL_OK);
}

static void beat_with_details(struct shard_fixture *f, const struct wf_svc_activity_task *task)
{
    struct wf_payload payload = {.data = WF_STR("7")};
    struct wf_payloads details = {.payloads = {.items = &payload, .count = 1, .capacity = 1}};
    struct wf_svc_record_activity_heartbeat beat = {.token = task->token, .details = &details};
    const struct wf_svc_request request = {.call_case = WF_CASE_svc_request_record_activity_heartbeat,
                                           .call.record_activity_heartbeat = &beat};

    shard_status_is(shard_fixture_call(f, &request), WF_CALL_OK);
}

/* SCHEDULED PAUSE, SCHEDULED UNPAUSE: nobody takes it and no timeout runs; it is taken when the pause ends. */
static void test_machine_activity_operator__pauses_in_the_queue(void **state)
{
    struct shard_fixture f;
    const struct wf_svc_activity_task *task = NULL;

    (void)state;
    shard_begin_activity(&f);
    operate(&f, pausing);
    operate(&f, pausing);
    assert_true(shard_pending_activity(&f)->is_paused);
    assert_null(shard_poll_activity(&f));
    shard_fixture_advance(&f, 90 * S);
    operate(&f, unpausing);
    operate(&f, unpausing);
    assert_false(shard_pending_activity(&f)->is_paused);
    task = shard_poll_activity(&f);
    assert_non_null(task);
    assert_int_equal(task->attempt, 1);
    shard_status_is(shard_complete_activity(&f, task), WF_CALL_OK);
    shard_history_is(&f, "w", BEGINNING " ActivityStarted ActivityCompleted Scheduled(1)");
    shard_fixture_deinit(&f);
}

/* SCHEDULED PAUSE: S2C is not forgotten. It runs again from the end of the pause, and is over at once when it was due. */
static void test_machine_activity_operator__no_deadline_runs_in_a_pause(void **state)
{
    struct shard_fixture f;

    (void)state;
    shard_begin_activity(&f);
    operate(&f, pausing);
    shard_fixture_advance(&f, 200 * S);
    shard_history_is(&f, "w", BEGINNING);
    operate(&f, unpausing);
    shard_fixture_advance(&f, S);
    shard_history_is(&f, "w", BEGINNING " ActivityTimedOut Scheduled(1)");
    shard_fixture_deinit(&f);
}

/* STARTED PAUSE, BACKOFF UNPAUSE: the attempt goes on and hears of it; the next one waits, also beyond the policy's bound (4.5
 * step 5), and is due at once when the pause ends. */
static void test_machine_activity_operator__pauses_while_it_runs(void **state)
{
    struct shard_fixture f;
    const struct wf_svc_activity_task *task = NULL;
    const struct wf_svc_response *heartbeat = NULL;

    (void)state;
    shard_begin_activity(&f);
    shard_fail_attempt(&f, shard_poll_activity(&f));
    shard_fixture_advance(&f, S);
    task = shard_poll_activity(&f);
    operate(&f, pausing);
    heartbeat = shard_heartbeat(&f, task);
    shard_status_is(heartbeat, WF_CALL_OK);
    assert_true(heartbeat->answer.heartbeat_answer->is_paused);
    shard_fail_attempt(&f, task);
    shard_fixture_advance(&f, 50 * S);
    assert_null(shard_poll_activity(&f));
    assert_int_equal(shard_pending_activity(&f)->attempt, 3);
    assert_int_equal(shard_pending_activity(&f)->next_attempt_time_ns, 0);
    operate(&f, unpausing);
    task = shard_poll_activity(&f);
    assert_int_equal(task->attempt, 3);
    shard_fail_attempt(&f, task);
    shard_history_is(&f, "w", BEGINNING " ActivityStarted ActivityFailed Scheduled(1)");
    shard_fixture_deinit(&f);
}

/* A pause keeps nothing that is final from the workflow (4.5 step 4). */
static void test_machine_activity_operator__pause_does_not_hold_an_outcome(void **state)
{
    struct shard_fixture f;
    const struct wf_svc_activity_task *task = NULL;

    (void)state;
    shard_begin_activity(&f);
    task = shard_poll_activity(&f);
    operate(&f, pausing);
    shard_status_is(shard_fail_activity(&f, task, "E", true), WF_CALL_OK);
    shard_history_is(&f, "w", BEGINNING " ActivityStarted ActivityFailed Scheduled(1)");
    shard_fixture_deinit(&f);
}

/* BACKOFF PAUSE: the end of the backoff passes without an attempt. With `resets_attempts` the first comes again. */
static void test_machine_activity_operator__pauses_in_backoff(void **state)
{
    struct shard_fixture f;
    struct wf_svc_operate_activity again = unpausing;
    const struct wf_svc_activity_task *first = NULL;
    const struct wf_svc_activity_task *task = NULL;

    (void)state;
    again.resets_attempts = true;
    again.resets_heartbeat = true;
    shard_begin_activity(&f);
    first = shard_poll_activity(&f);
    beat_with_details(&f, first);
    shard_fail_attempt(&f, first);
    operate(&f, pausing);
    shard_fixture_advance(&f, 5 * S);
    assert_null(shard_poll_activity(&f));
    operate(&f, again);
    task = shard_poll_activity(&f);
    assert_int_equal(task->attempt, 1);
    assert_null(task->heartbeat_details);
    shard_status_is(shard_complete_activity(&f, first), WF_CALL_NOT_FOUND);
    shard_status_is(shard_complete_activity(&f, task), WF_CALL_OK);
    shard_fixture_deinit(&f);
}

/* STARTED UNPAUSE: it runs on; with `resets_attempts` the next attempt is the first. */
static void test_machine_activity_operator__lets_a_running_one_go_on(void **state)
{
    struct shard_fixture f;
    struct wf_svc_operate_activity again = unpausing;
    const struct wf_svc_activity_task *task = NULL;

    (void)state;
    again.resets_attempts = true;
    shard_begin_activity(&f);
    task = shard_poll_activity(&f);
    beat_with_details(&f, task);
    operate(&f, pausing);
    operate(&f, again);
    shard_fail_attempt(&f, task);
    shard_fixture_advance(&f, WF_NS_PER_MS);
    task = shard_poll_activity(&f);
    assert_int_equal(task->attempt, 1);
    assert_non_null(task->heartbeat_details);
    shard_fixture_deinit(&f);
}

/* CANCELING PAUSE, CANCELING UNPAUSE, CANCELING RESET: what was asked to cancel is not tried again all the same. */
static void test_machine_activity_operator__cancel_goes_before(void **state)
{
    struct shard_fixture f;
    const struct wf_svc_activity_task *task = NULL;

    (void)state;
    shard_begin_activity(&f);
    task = shard_poll_activity(&f);
    request_cancel(&f);
    operate(&f, pausing);
    operate(&f, unpausing);
    operate(&f, resetting);
    operate(&f, pausing);
    shard_fail_attempt(&f, task);
    assert_int_equal(shard_describe(&f, "w")->pending_activities.count, 0);
    shard_fixture_deinit(&f);
}

/* SCHEDULED RESET, BACKOFF RESET: attempts count from the first again, and it is due at once. The pause ends, unless it is kept. */
static void test_machine_activity_operator__resets_what_waits(void **state)
{
    struct shard_fixture f;
    struct wf_svc_operate_activity kept = resetting;
    const struct wf_svc_activity_task *task = NULL;

    (void)state;
    kept.keeps_paused = true;
    shard_begin_activity(&f);
    task = shard_poll_activity(&f);
    beat_with_details(&f, task);
    shard_fail_attempt(&f, task);
    operate(&f, resetting);
    operate(&f, resetting);
    task = shard_poll_activity(&f);
    assert_int_equal(task->attempt, 1);
    assert_non_null(task->heartbeat_details);
    shard_fail_attempt(&f, task);
    operate(&f, pausing);
    operate(&f, kept);
    assert_int_equal(shard_pending_activity(&f)->attempt, 1);
    assert_null(shard_poll_activity(&f));
    operate(&f, resetting);
    assert_non_null(shard_poll_activity(&f));
    shard_fixture_deinit(&f);
}

/* STARTED RESET: the attempt's report is taken. It hears of the reset, and after it comes the first attempt, even when it was the
 * last that the policy allows. */
static void test_machine_activity_operator__resets_while_it_runs(void **state)
{
    struct shard_fixture f;
    struct wf_svc_operate_activity forgetful = resetting;
    const struct wf_svc_activity_task *task = NULL;
    const struct wf_svc_response *heartbeat = NULL;

    (void)state;
    forgetful.resets_heartbeat = true;
    shard_begin_activity(&f);
    shard_fail_attempt(&f, shard_poll_activity(&f));
    shard_fixture_advance(&f, S);
    task = shard_poll_activity(&f);
    beat_with_details(&f, task);
    operate(&f, forgetful);
    heartbeat = shard_heartbeat(&f, task);
    assert_true(heartbeat->answer.heartbeat_answer->is_reset);
    beat_with_details(&f, task);
    shard_fail_attempt(&f, task);
    shard_fixture_advance(&f, WF_NS_PER_MS);
    task = shard_poll_activity(&f);
    assert_int_equal(task->attempt, 1);
    assert_null(task->heartbeat_details);
    heartbeat = shard_heartbeat(&f, task);
    assert_false(heartbeat->answer.heartbeat_answer->is_reset);
    shard_status_is(shard_complete_activity(&f, task), WF_CALL_OK);
    shard_fixture_deinit(&f);
}

/* STARTED RESET: the next attempt comes at once, so it has time where the policy's interval would have none. */
static void test_machine_activity_operator__reset_needs_no_interval(void **state)
{
    struct shard_fixture f;
    struct wf_application_failure_info info = {.next_retry_delay = wf_duration_of(200 * S)};
    struct wf_failure failure = {.message = WF_STR("no"),
                                 .failure_info_case = WF_CASE_failure_application_failure_info,
                                 .failure_info.application_failure_info = &info};
    struct wf_svc_respond_activity_task_failed respond = {.failure = &failure, .identity = WF_STR("worker-1")};
    const struct wf_svc_request request = {.call_case = WF_CASE_svc_request_respond_activity_task_failed,
                                           .call.respond_activity_task_failed = &respond};

    (void)state;
    shard_begin_activity(&f);
    respond.token = shard_poll_activity(&f)->token;
    operate(&f, resetting);
    shard_status_is(shard_fixture_call(&f, &request), WF_CALL_OK);
    shard_fixture_advance(&f, WF_NS_PER_MS);
    assert_int_equal(shard_poll_activity(&f)->attempt, 1);
    shard_history_is(&f, "w", BEGINNING);
    shard_fixture_deinit(&f);
}

/* STARTED RESET: an alarm that comes late finds the attempt's timeout and S2C over. The first ends the attempt, and no time is
 * left for another one; or just so much that it begins, and ends unstarted. */
static void test_machine_activity_operator__reset_ends_with_schedule_to_close(void **state)
{
    static const struct {
        int64_t late_ns; /* behind S2C */
        const char *history;
    } rows[] = {
        {WF_NS_PER_S, BEGINNING " ActivityStarted ActivityTimedOut Scheduled(1)"},
        {0, BEGINNING " ActivityTimedOut Scheduled(1)"},
    };

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct shard_fixture f;

        shard_begin_activity(&f);
        assert_non_null(shard_poll_activity(&f));
        operate(&f, resetting);
        f.now_ns = shard_pending_activity(&f)->scheduled_time_ns + 100 * S + rows[i].late_ns;
        shard_fixture_advance(&f, S);
        shard_history_is(&f, "w", rows[i].history);
        shard_fixture_deinit(&f);
    }
}

/* The end of a workflow's pause does not end that of its activity. */
static void test_machine_activity_operator__stays_paused_with_its_workflow(void **state)
{
    struct shard_fixture f;

    (void)state;
    shard_begin_activity(&f);
    operate(&f, pausing);
    shard_status_is(shard_pause(&f, "w", false, ""), WF_CALL_OK);
    shard_status_is(shard_pause(&f, "w", true, ""), WF_CALL_OK);
    assert_null(shard_poll_activity(&f));
    operate(&f, unpausing);
    assert_non_null(shard_poll_activity(&f));
    shard_fixture_deinit(&f);
}

/* By type or by id; what is not there is not found. */
static void test_machine_activity_operator__is_refused(void **state)
{
    static const struct {
        const char *name;
        struct wf_svc_operate_activity operation;
        enum wf_call_status status;
    } rows[] = {
        {"nobody", {.action = WF_ACTIVITY_ACTION_PAUSE}, WF_CALL_INVALID_ARGUMENT},
        {"no action", {.activity_id = {"a", 1}}, WF_CALL_INVALID_ARGUMENT},
        {"unknown action", {.action = 9, .activity_id = {"a", 1}}, WF_CALL_INVALID_ARGUMENT},
        {"unknown id", {.action = WF_ACTIVITY_ACTION_PAUSE, .activity_id = {"b", 1}}, WF_CALL_NOT_FOUND},
        {"unknown type", {.action = WF_ACTIVITY_ACTION_PAUSE, .activity_type = {"b", 1}}, WF_CALL_NOT_FOUND},
    };
    struct shard_fixture f;
    struct wf_svc_operate_activity by_type = {.action = WF_ACTIVITY_ACTION_PAUSE};

    (void)state;
    shard_begin_activity(&f);
    for (size_t i = 0; i < TEST_COUNT(rows); i++) {
        if (shard_operate(&f, rows[i].operation)->status != (int32_t)rows[i].status) {
            fail_msg("%s", rows[i].name);
        }
    }
    by_type.activity_type = wf_string_copy(&f.arena, shard_pending_activity(&f)->activity_type);
    operate(&f, by_type);
    assert_true(shard_pending_activity(&f)->is_paused);
    shard_terminate(&f, "w");
    shard_status_is(shard_operate(&f, pausing), WF_CALL_NOT_FOUND);
    shard_fixture_deinit(&f);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_machine_activity_operator__pauses_in_the_queue),
        cmocka_unit_test(test_machine_activity_operator__no_deadline_runs_in_a_pause),
        cmocka_unit_test(test_machine_activity_operator__pauses_while_it_runs),
        cmocka_unit_test(test_machine_activity_operator__pause_does_not_hold_an_outcome),
        cmocka_unit_test(test_machine_activity_operator__pauses_in_backoff),
        cmocka_unit_test(test_machine_activity_operator__lets_a_running_one_go_on),
        cmocka_unit_test(test_machine_activity_operator__cancel_goes_before),
        cmocka_unit_test(test_machine_activity_operator__resets_what_waits),
        cmocka_unit_test(test_machine_activity_operator__resets_while_it_runs),
        cmocka_unit_test(test_machine_activity_operator__reset_needs_no_interval),
        cmocka_unit_test(test_machine_activity_operator__reset_ends_with_schedule_to_close),
        cmocka_unit_test(test_machine_activity_operator__stays_paused_with_its_workflow),
        cmocka_unit_test(test_machine_activity_operator__is_refused),
    };

    return cmocka_run_group_tests_name("machine_activity_operator", tests, NULL, NULL);
}
