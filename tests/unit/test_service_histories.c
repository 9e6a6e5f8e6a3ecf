#include "tests/support/shard_fixture.h"

#define BEGINNING "WorkflowExecutionStarted Scheduled(1) Started "

/* engine-semantics 3.11, first row: results come after the turn's commands, the start of an attempt
 * just before its end. */
static void test_service_histories__plain_turn_with_two_commands(void **state)
{
    struct shard_fixture f;
    const struct wf_svc_workflow_task *task = NULL;

    (void)state;
    shard_fixture_init(&f, NULL);
    shard_status_is(shard_start(&f, "order-1"), WF_CALL_OK);
    task = shard_poll(&f);
    assert_non_null(task);
    shard_status_is(
        shard_complete(&f, task,
                       (struct wf_command[]){shard_start_timer(&f, "t", WF_NS_PER_S),
                                             shard_schedule_activity(&f, "a", WF_NS_PER_S)},
                       2),
        WF_CALL_OK);
    shard_status_is(shard_complete_activity(&f, shard_poll_activity(&f)), WF_CALL_OK);
    shard_history_is(
        &f, "order-1",
        BEGINNING
        "Completed TimerStarted ActivityScheduled ActivityStarted ActivityCompleted Scheduled(1)");

    shard_complete(&f, shard_poll(&f), (struct wf_command[]){shard_complete_workflow(&f)}, 1);
    shard_history_is(
        &f, "order-1",
        BEGINNING
        "Completed TimerStarted ActivityScheduled ActivityStarted ActivityCompleted Scheduled(1) "
        "Started Completed WorkflowExecutionCompleted");
    shard_fixture_deinit(&f);
}

/* Second row: a signal that comes while a task runs is written after the turn's commands. */
static void test_service_histories__signal_during_a_turn_that_starts_a_timer(void **state)
{
    struct shard_fixture f;
    const struct wf_svc_workflow_task *task = NULL;
    const struct wf_svc_response *response = NULL;

    (void)state;
    shard_fixture_init(&f, NULL);
    shard_start(&f, "order-1");
    task = shard_poll(&f);
    shard_status_is(shard_signal(&f, "order-1", "go", "r1"), WF_CALL_OK);
    shard_history_is(&f, "order-1", "WorkflowExecutionStarted Scheduled(1) Started");
    response = shard_complete_with(
        &f, task,
        (struct shard_completion){
            .commands = (struct wf_command[]){shard_start_timer(&f, "t", WF_NS_PER_S)},
            .command_count = 1,
            .wants_task = true});
    shard_status_is(response, WF_CALL_OK);
    assert_non_null(response->answer.workflow_task_accepted->new_task);
    shard_history_is(&f, "order-1",
                     BEGINNING "Completed TimerStarted Signaled Scheduled(1) Started");
    shard_fixture_deinit(&f);
}

/* Third row: what was not seen forbids the close. */
static void test_service_histories__signal_during_a_turn_that_tries_to_complete(void **state)
{
    struct shard_fixture f;
    const struct wf_svc_response *response = NULL;
    const struct wf_svc_workflow_task *task = NULL;

    (void)state;
    shard_fixture_init(&f, NULL);
    shard_start(&f, "order-1");
    task = shard_poll(&f);
    shard_signal(&f, "order-1", "go", "r1");
    response = shard_complete(&f, task, (struct wf_command[]){shard_complete_workflow(&f)}, 1);
    shard_status_is(response, WF_CALL_INVALID_ARGUMENT);
    test_string_is("message", response->message, "UnhandledCommand");
    shard_complete(&f, shard_poll(&f), (struct wf_command[]){shard_complete_workflow(&f)}, 1);
    shard_history_is(&f, "order-1",
                     BEGINNING "Failed(UNHANDLED_COMMAND) Signaled Scheduled(1) Started Completed "
                               "WorkflowExecutionCompleted");
    shard_fixture_deinit(&f);
}

/* Fourth row: attempts after the first leave no events until one succeeds. */
static void test_service_histories__worker_panics_three_times(void **state)
{
    struct shard_fixture f;

    (void)state;
    shard_fixture_init(&f, NULL);
    shard_start(&f, "order-1");
    for (int i = 0; i < 3; i++) {
        shard_status_is(shard_fail(&f, shard_poll(&f)), WF_CALL_OK);
        shard_history_is(&f, "order-1", BEGINNING "Failed(WORKFLOW_WORKER_UNHANDLED_FAILURE)");
    }
    shard_status_is(shard_complete(&f, shard_poll(&f), NULL, 0), WF_CALL_OK);
    shard_history_is(&f, "order-1",
                     BEGINNING
                     "Failed(WORKFLOW_WORKER_UNHANDLED_FAILURE) Scheduled(4) Started Completed");
    shard_fixture_deinit(&f);
}

static const struct wf_svc_workflow_task *fail_twice(struct shard_fixture *f)
{
    shard_start(f, "order-1");
    shard_fail(f, shard_poll(f));
    shard_fail(f, shard_poll(f));
    return NULL;
}

/* Fifth row: what comes while a transient task waits makes it a normal one when it starts. */
static void test_service_histories__signal_while_a_transient_task_is_scheduled(void **state)
{
    struct shard_fixture f;
    const struct wf_svc_workflow_task *task = NULL;

    (void)state;
    shard_fixture_init(&f, NULL);
    fail_twice(&f);
    shard_signal(&f, "order-1", "go", "r1");
    task = shard_poll(&f);
    assert_non_null(task);
    assert_int_equal(task->attempt, 1);
    assert_int_equal(task->started_event_id, 7);
    shard_history_is(&f, "order-1",
                     BEGINNING
                     "Failed(WORKFLOW_WORKER_UNHANDLED_FAILURE) Signaled Scheduled(1) Started");
    shard_fixture_deinit(&f);
}

/* Sixth row: an attempt that fails after something new was buffered leaves no trace. */
static void test_service_histories__signal_while_a_transient_task_runs_and_fails(void **state)
{
    struct shard_fixture f;
    const struct wf_svc_workflow_task *task = NULL;

    (void)state;
    shard_fixture_init(&f, NULL);
    fail_twice(&f);
    task = shard_poll(&f);
    assert_int_equal(task->attempt, 3);
    shard_signal(&f, "order-1", "go", "r1");
    shard_history_is(&f, "order-1", BEGINNING "Failed(WORKFLOW_WORKER_UNHANDLED_FAILURE)");
    shard_status_is(shard_fail(&f, task), WF_CALL_OK);
    shard_history_is(&f, "order-1",
                     BEGINNING "Failed(WORKFLOW_WORKER_UNHANDLED_FAILURE) Signaled Scheduled(1)");
    shard_fixture_deinit(&f);
}

/* Seventh row: nobody picks a task up from the queue of a dead worker, so it goes to everybody's.
 */
static void test_service_histories__sticky_worker_died(void **state)
{
    struct shard_fixture f;
    const struct wf_svc_add_task *push = NULL;

    (void)state;
    shard_fixture_init(&f, NULL);
    shard_start(&f, "order-1");
    shard_complete_with(&f, shard_poll(&f), (struct shard_completion){.is_sticky = true});
    shard_signal(&f, "order-1", "go", "r1");
    push = shard_take_push(&f, false);
    assert_true(push->is_sticky);
    test_string_is("queue", push->task_queue, "worker-1-sticky");
    shard_fixture_advance(&f, 6 * WF_NS_PER_S);
    shard_status_is(shard_record_workflow_task(&f, push, "late"), WF_CALL_NOT_FOUND);
    shard_status_is(shard_complete(&f, shard_poll(&f), NULL, 0), WF_CALL_OK);
    shard_history_is(
        &f, "order-1",
        BEGINNING "Completed Signaled Scheduled(1,sticky) TimedOut(SCHEDULE_TO_START) Scheduled(1) "
                  "Started Completed");
    shard_fixture_deinit(&f);
}

/* Eighth row. The next attempt is transient until it succeeds, and is then written with its number.
 */
static void test_service_histories__worker_died_holding_the_task(void **state)
{
    struct shard_fixture f;
    const struct wf_svc_workflow_task *task = NULL;

    (void)state;
    shard_fixture_init(&f, NULL);
    shard_start(&f, "order-1");
    task = shard_poll(&f);
    shard_fixture_advance(&f, 11 * WF_NS_PER_S);
    shard_status_is(shard_complete(&f, task, NULL, 0), WF_CALL_NOT_FOUND);
    shard_status_is(shard_complete(&f, shard_poll(&f), NULL, 0), WF_CALL_OK);
    shard_history_is(&f, "order-1",
                     BEGINNING "TimedOut(START_TO_CLOSE) Scheduled(2) Started Completed");
    shard_fixture_deinit(&f);
}

/* Ninth row: what was buffered is shown before the end. */
static void test_service_histories__terminated_while_a_turn_runs(void **state)
{
    struct shard_fixture f;

    (void)state;
    shard_fixture_init(&f, NULL);
    shard_start(&f, "order-1");
    shard_poll(&f);
    shard_signal(&f, "order-1", "go", "r1");
    shard_status_is(shard_terminate(&f, "order-1"), WF_CALL_OK);
    shard_history_is(&f, "order-1", BEGINNING "Failed(FORCE_CLOSE_COMMAND) Signaled Terminated");
    shard_fixture_deinit(&f);
}

/* 3.8 rule 4: in one flush, starts, signals and timers come before outcomes, and outcomes name
 * their starts. */
static void test_service_histories__outcomes_are_flushed_last(void **state)
{
    struct shard_fixture f;
    const struct wf_svc_workflow_task *task = NULL;
    const struct wf_svc_activity_task *activity = NULL;
    struct wf_history_message history = {0};

    (void)state;
    shard_fixture_init(&f, NULL);
    shard_start(&f, "order-1");
    shard_complete(&f, shard_poll(&f),
                   (struct wf_command[]){shard_schedule_activity(&f, "a", 60 * WF_NS_PER_S),
                                         shard_start_timer(&f, "t", WF_NS_PER_S)},
                   2);
    activity = shard_poll_activity(&f);
    shard_signal(&f, "order-1", "first", "r0");
    task = shard_poll(&f);
    shard_complete_activity(&f, activity);
    shard_signal(&f, "order-1", "go", "r1");
    shard_fixture_advance(&f, 2 * WF_NS_PER_S);
    shard_status_is(shard_complete(&f, task, NULL, 0), WF_CALL_OK);
    shard_history_is(
        &f, "order-1",
        BEGINNING
        "Completed ActivityScheduled TimerStarted Signaled Scheduled(1) Started Completed "
        "ActivityStarted Signaled TimerFired ActivityCompleted Scheduled(1)");
    history = shard_events(&f, "order-1");
    assert_int_equal(history.events.items[13].attributes.activity_task_completed->started_event_id,
                     11);
    shard_fixture_deinit(&f);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_service_histories__plain_turn_with_two_commands),
        cmocka_unit_test(test_service_histories__signal_during_a_turn_that_starts_a_timer),
        cmocka_unit_test(test_service_histories__signal_during_a_turn_that_tries_to_complete),
        cmocka_unit_test(test_service_histories__worker_panics_three_times),
        cmocka_unit_test(test_service_histories__signal_while_a_transient_task_is_scheduled),
        cmocka_unit_test(test_service_histories__signal_while_a_transient_task_runs_and_fails),
        cmocka_unit_test(test_service_histories__sticky_worker_died),
        cmocka_unit_test(test_service_histories__worker_died_holding_the_task),
        cmocka_unit_test(test_service_histories__terminated_while_a_turn_runs),
        cmocka_unit_test(test_service_histories__outcomes_are_flushed_last),
    };

    return cmocka_run_group_tests_name("service_histories", tests, NULL, NULL);
}
