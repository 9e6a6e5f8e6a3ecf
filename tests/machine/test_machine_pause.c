/*
 * Pause and its end: the rows PAUSE and UNPAUSE of engine/server/execution.def and workflow_task.def, and all from PAUSED
 * (engine-semantics 7.12).
 */
#include "tests/support/shard_fixture.h"

#define BEGINNING "WorkflowExecutionStarted Scheduled(1) Started "
#define NO_TASK "Failed(WORKFLOW_PAUSE_REQUESTED_BEFORE_TASK_STARTED) WorkflowExecutionPaused"

static void begin_with(struct shard_fixture *f, struct wf_command command)
{
    shard_start(f, "w");
    shard_status_is(shard_complete(f, shard_poll(f), &command, 1), WF_CALL_OK);
}

/* RUNNING PAUSE, SCHEDULED PAUSE, PAUSED SIGNAL, PAUSED UNPAUSE: a waiting task fails, what comes is recorded, and the end
 * brings a task. */
static void test_machine_pause__takes_the_task_away(void **state)
{
    struct shard_fixture f;
    struct wf_history_message history = {0};
    const struct wf_event_workflow_task_failed *failed = NULL;

    (void)state;
    shard_fixture_init(&f, NULL);
    shard_start(&f, "w");
    shard_status_is(shard_pause(&f, "w", false, "p1"), WF_CALL_OK);
    shard_status_is(shard_pause(&f, "w", false, "p1"), WF_CALL_OK); /* the same request again */
    shard_status_is(shard_pause(&f, "w", false, "p2"), WF_CALL_FAILED_PRECONDITION);
    assert_int_equal(shard_describe(&f, "w")->status, WF_WORKFLOW_EXECUTION_STATUS_PAUSED);
    shard_status_is(shard_signal(&f, "w", "go", "r1"), WF_CALL_OK);
    shard_history_is(&f, "w", "WorkflowExecutionStarted Scheduled(1) " NO_TASK " Signaled");
    assert_null(shard_poll(&f));

    shard_status_is(shard_pause(&f, "w", true, "u1"), WF_CALL_OK);
    shard_status_is(shard_pause(&f, "w", true, "u1"), WF_CALL_OK);
    shard_status_is(shard_pause(&f, "w", true, "u2"), WF_CALL_FAILED_PRECONDITION);
    shard_history_is(&f, "w", "WorkflowExecutionStarted Scheduled(1) " NO_TASK
                              " Signaled WorkflowExecutionUnpaused Scheduled(1)");
    assert_non_null(shard_poll(&f));
    history = shard_events(&f, "w");
    failed = history.events.items[2].attributes.workflow_task_failed;
    assert_int_equal(failed->scheduled_event_id, 2);
    assert_int_equal(failed->started_event_id, 0);
    test_string_is("identity", failed->identity, "history-service");
    assert_true(history.events.items[3].worker_may_ignore);
    test_string_is("reason", history.events.items[3].attributes.workflow_execution_paused->reason, "why");
    test_string_is("who", history.events.items[5].attributes.workflow_execution_unpaused->identity, "who");
    assert_true(history.events.items[5].worker_may_ignore);
    shard_fixture_deinit(&f);
}

/* NONE PAUSE, and nothing comes of a timer or a cancel request but its event (PAUSED REQUEST_CANCEL). */
static void test_machine_pause__brings_no_task_until_its_end(void **state)
{
    struct shard_fixture f;

    (void)state;
    shard_fixture_init(&f, NULL);
    begin_with(&f, shard_start_timer(&f, "t", WF_NS_PER_S));
    shard_status_is(shard_pause(&f, "w", false, ""), WF_CALL_OK);
    shard_fixture_advance(&f, 2 * WF_NS_PER_S);
    shard_status_is(shard_cancel(&f, "w"), WF_CALL_OK);
    shard_history_is(&f, "w", BEGINNING "Completed TimerStarted WorkflowExecutionPaused TimerFired CancelRequested");
    shard_status_is(shard_pause(&f, "w", true, ""), WF_CALL_OK);
    shard_history_is(&f, "w", BEGINNING "Completed TimerStarted WorkflowExecutionPaused TimerFired CancelRequested "
                                        "WorkflowExecutionUnpaused Scheduled(1)");
    shard_fixture_deinit(&f);
}

/* SCHEDULED PAUSE of a task that is tried again: it is in no history, and its end is not either. */
static void test_machine_pause__of_a_transient_task_leaves_no_trace(void **state)
{
    struct shard_fixture f;

    (void)state;
    shard_fixture_init(&f, NULL);
    shard_start(&f, "w");
    shard_fail(&f, shard_poll(&f));
    shard_pause(&f, "w", false, "");
    shard_pause(&f, "w", true, "");
    shard_history_is(&f, "w", BEGINNING "Failed(WORKFLOW_WORKER_UNHANDLED_FAILURE) WorkflowExecutionPaused "
                                        "WorkflowExecutionUnpaused Scheduled(1)");
    shard_fixture_deinit(&f);
}

/* STARTED PAUSE: the task completes, its activities wait, and a heartbeat is refused (3.4). */
static void test_machine_pause__lets_a_running_task_complete(void **state)
{
    struct shard_fixture f;
    const struct wf_svc_workflow_task *task = NULL;
    struct wf_command command = {0};

    (void)state;
    shard_fixture_init(&f, NULL);
    shard_start(&f, "w");
    task = shard_poll(&f);
    shard_pause(&f, "w", false, "");
    shard_status_is(shard_complete_with(&f, task, (struct shard_completion){.is_heartbeat = true}),
                    WF_CALL_FAILED_PRECONDITION);
    command = shard_schedule_activity(&f, "a", 60 * WF_NS_PER_S);
    shard_status_is(shard_complete(&f, task, &command, 1), WF_CALL_OK);
    shard_history_is(&f, "w", BEGINNING "Completed ActivityScheduled WorkflowExecutionPaused");
    assert_null(shard_poll_activity(&f));
    shard_pause(&f, "w", true, "");
    assert_non_null(shard_poll_activity(&f));
    shard_fixture_deinit(&f);
}

/* What was pushed before the pause cannot be started; a running attempt may end, and its next one waits. */
static void test_machine_pause__holds_activities(void **state)
{
    struct shard_fixture f;
    const struct wf_svc_add_task *push = NULL;
    const struct wf_svc_activity_task *activity = NULL;

    (void)state;
    shard_fixture_init(&f, NULL);
    begin_with(&f, shard_schedule_activity(&f, "a", 60 * WF_NS_PER_S));
    push = shard_take_push(&f, true);
    shard_pause(&f, "w", false, "");
    shard_status_is(shard_record_activity_task(&f, push, "p1"), WF_CALL_OBSOLETE_TASK);
    shard_pause(&f, "w", true, "");
    activity = shard_poll_activity(&f);
    assert_non_null(activity);
    shard_pause(&f, "w", false, "");
    shard_status_is(shard_fail_activity(&f, activity, "Oops", false), WF_CALL_OK);
    shard_fixture_advance(&f, 5 * WF_NS_PER_S);
    assert_null(shard_poll_activity(&f));
    shard_pause(&f, "w", true, "");
    assert_int_equal(shard_poll_activity(&f)->attempt, 2);
    shard_fixture_deinit(&f);
}

/* A pause before the first task, or after the end, is refused; so is a query of what is paused. */
static void test_machine_pause__is_refused(void **state)
{
    struct shard_fixture f;
    struct wf_workflow_execution execution = {.workflow_id = WF_STR("w")};
    struct wf_sdk_query_workflow asked = {.query_type = WF_STR("q")};
    struct wf_svc_query_workflow query = {.workflow_execution = &execution, .query = &asked};
    const struct wf_svc_request request = {.call_case = WF_CASE_svc_request_query_workflow,
                                           .call.query_workflow = &query};
    const struct wf_svc_response *response = NULL;

    (void)state;
    shard_fixture_init(&f, NULL);
    shard_status_is(shard_pause(&f, "w", false, ""), WF_CALL_NOT_FOUND);
    shard_start_with(&f, (struct wf_svc_start_workflow){.workflow_id = WF_STR("w"),
                                                        .workflow_start_delay = wf_duration_of(WF_NS_PER_S)});
    shard_status_is(shard_pause(&f, "w", false, ""), WF_CALL_FAILED_PRECONDITION);
    shard_fixture_advance(&f, 2 * WF_NS_PER_S);
    shard_complete(&f, shard_poll(&f), NULL, 0);
    shard_pause(&f, "w", false, "");
    response = shard_fixture_call(&f, &request);
    shard_status_is(response, WF_CALL_OK);
    assert_int_equal(response->answer.query_answer->rejected_status, WF_WORKFLOW_EXECUTION_STATUS_PAUSED);
    shard_terminate(&f, "w");
    shard_status_is(shard_pause(&f, "w", true, ""), WF_CALL_NOT_FOUND);
    shard_fixture_deinit(&f);
}

/* PAUSED TIME_OUT, PAUSED TERMINATE. A command cannot end the run: the pause is an event that the task has not seen. */
static void test_machine_pause__ends_from_outside_only(void **state)
{
    static const struct {
        const char *name;
        bool is_timeout;
        const char *expected;
    } rows[] = {{"time out", true, "WorkflowExecutionTimedOut"}, {"terminate", false, "Terminated"}};

    (void)state;
    for (size_t i = 0; i < TEST_COUNT(rows); i++) {
        struct shard_fixture f;
        struct wf_command command = {0};
        char expected[200] = {0};
        struct wf_buffer text = {0};

        shard_fixture_init(&f, NULL);
        shard_start_with(&f, (struct wf_svc_start_workflow){.workflow_id = WF_STR("w"),
                                                            .workflow_run_timeout = wf_duration_of(60 * WF_NS_PER_S)});
        command = shard_complete_workflow(&f);
        const struct wf_svc_workflow_task *task = shard_poll(&f);
        shard_pause(&f, "w", false, "");
        shard_status_is(shard_complete(&f, task, &command, 1), WF_CALL_INVALID_ARGUMENT);
        assert_null(shard_poll(&f));
        if (rows[i].is_timeout) {
            shard_fixture_advance(&f, 61 * WF_NS_PER_S);
        } else {
            shard_terminate(&f, "w");
        }
        wf_buffer_init_fixed(&text, expected, sizeof expected - 1);
        wf_buffer_printf(&text, BEGINNING "Failed(UNHANDLED_COMMAND) WorkflowExecutionPaused %s", rows[i].expected);
        test_string_is(rows[i].name, shard_history(&f, "w"), expected);
        shard_fixture_deinit(&f);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_machine_pause__takes_the_task_away),
        cmocka_unit_test(test_machine_pause__brings_no_task_until_its_end),
        cmocka_unit_test(test_machine_pause__of_a_transient_task_leaves_no_trace),
        cmocka_unit_test(test_machine_pause__lets_a_running_task_complete),
        cmocka_unit_test(test_machine_pause__holds_activities),
        cmocka_unit_test(test_machine_pause__is_refused),
        cmocka_unit_test(test_machine_pause__ends_from_outside_only),
    };

    return cmocka_run_group_tests_name("machine_pause", tests, NULL, NULL);
}
