/* Every row of engine/server/workflow_task.def. Rows that engine-semantics 3.11 shows are in
 * test_service_histories. */
#include "tests/support/shard_fixture.h"

#define BEGINNING "WorkflowExecutionStarted Scheduled(1) Started "

/* NONE SCHEDULE, SCHEDULED SCHEDULE: what comes while a task waits does not make a second one. */
static void test_machine_workflow_task__one_task_at_a_time(void **state)
{
    struct shard_fixture f;

    (void)state;
    shard_fixture_init(&f, NULL);
    shard_start(&f, "w");
    shard_signal(&f, "w", "a", "r1");
    shard_signal(&f, "w", "b", "r2");
    shard_history_is(&f, "w", "WorkflowExecutionStarted Scheduled(1) Signaled Signaled");
    assert_non_null(shard_poll(&f));
    assert_null(shard_poll(&f));
    shard_fixture_deinit(&f);
}

/* SCHEDULED START is idempotent by the request of matching; other requests find it taken (3.3). */
static void test_machine_workflow_task__starts_once(void **state)
{
    struct shard_fixture f;
    const struct wf_svc_add_task *push = NULL;
    struct wf_svc_add_task other = {0};
    const struct wf_svc_response *first = NULL;
    const struct wf_svc_response *again = NULL;

    (void)state;
    shard_fixture_init(&f, NULL);
    shard_start(&f, "w");
    push = shard_take_push(&f, false);
    other = *push;
    other.scheduled_event_id = 99;
    shard_status_is(shard_record_workflow_task(&f, &other, "p1"), WF_CALL_NOT_FOUND);
    other = *push;
    other.stamp = 7;
    shard_status_is(shard_record_workflow_task(&f, &other, "p1"), WF_CALL_OBSOLETE_TASK);
    other = *push;
    other.is_sticky = true;
    other.task_queue = WF_STR("somebody's");
    shard_status_is(shard_record_workflow_task(&f, &other, "p1"), WF_CALL_OBSOLETE_TASK);

    first = shard_record_workflow_task(&f, push, "p1");
    again = shard_record_workflow_task(&f, push, "p1");
    shard_status_is(first, WF_CALL_OK);
    assert_true(wf_message_equal(&wf_type_svc_response, first, again));
    shard_status_is(shard_record_workflow_task(&f, push, "p2"), WF_CALL_TASK_ALREADY_STARTED);
    shard_history_is(&f, "w", "WorkflowExecutionStarted Scheduled(1) Started");
    shard_fixture_deinit(&f);
}

/* STARTED SCHEDULE, STARTED COMPLETE: what comes while a task runs is shown to the next one. */
static void test_machine_workflow_task__new_events_wait_for_the_next_task(void **state)
{
    struct shard_fixture f;
    const struct wf_svc_workflow_task *task = NULL;

    (void)state;
    shard_fixture_init(&f, NULL);
    shard_start(&f, "w");
    task = shard_poll(&f);
    shard_signal(&f, "w", "a", "r1");
    assert_null(shard_poll(&f));
    shard_status_is(shard_complete(&f, task, NULL, 0), WF_CALL_OK);
    shard_status_is(shard_complete(&f, task, NULL, 0),
                    WF_CALL_NOT_FOUND); /* 3.4: a second answer is not success */
    shard_status_is(shard_fail(&f, task), WF_CALL_NOT_FOUND);
    shard_history_is(&f, "w", BEGINNING "Completed Signaled Scheduled(1)");
    shard_fixture_deinit(&f);
}

/* SCHEDULED FORCE_CLOSE and NONE FORCE_CLOSE: the close comes without an end of the task. */
static void test_machine_workflow_task__close_withdraws_a_waiting_task(void **state)
{
    struct shard_fixture f;

    (void)state;
    shard_fixture_init(&f, NULL);
    shard_start(&f, "w");
    shard_status_is(shard_terminate(&f, "w"), WF_CALL_OK);
    shard_history_is(&f, "w", "WorkflowExecutionStarted Scheduled(1) Terminated");
    assert_null(shard_poll(&f));
    shard_start(&f, "v");
    shard_complete(&f, shard_poll(&f), NULL, 0);
    shard_status_is(shard_terminate(&f, "v"), WF_CALL_OK);
    shard_history_is(&f, "v", BEGINNING "Completed Terminated");
    shard_fixture_deinit(&f);
}

/* 3.5 "Sticky exception": the first failure after a success with a cache is not counted. */
static void test_machine_workflow_task__failure_after_sticky_is_attempt_one(void **state)
{
    struct shard_fixture f;
    const struct wf_svc_workflow_task *task = NULL;

    (void)state;
    shard_fixture_init(&f, NULL);
    shard_start(&f, "w");
    shard_complete_with(&f, shard_poll(&f), (struct shard_completion){.is_sticky = true});
    shard_signal(&f, "w", "a", "r1");
    task = shard_poll(&f);
    assert_false(task->is_full_history);
    assert_int_equal(task->previous_started_event_id, 3);
    shard_fail(&f, task);
    shard_history_is(&f, "w",
                     BEGINNING "Completed Signaled Scheduled(1,sticky) Started "
                               "Failed(WORKFLOW_WORKER_UNHANDLED_FAILURE) Scheduled(1)");
    task = shard_poll(&f);
    assert_true(task->is_full_history);
    shard_fixture_deinit(&f);
}

/* 3.3: the batches of a sticky task begin after the start of the last completed one; those of any
 * other at event 1. */
static void test_machine_workflow_task__history_is_full_or_the_rest(void **state)
{
    struct shard_fixture f;
    const struct wf_svc_workflow_task *task = NULL;
    struct wf_history_message history = {0};

    (void)state;
    shard_fixture_init(&f, NULL);
    shard_start(&f, "w");
    shard_complete_with(&f, shard_poll(&f), (struct shard_completion){.is_sticky = true});
    shard_signal(&f, "w", "a", "r1");
    task = shard_poll(&f);
    assert_true(task->batches.count > 0);
    assert_int_equal(
        wf_wire_decode(&f.arena, &wf_type_history_message, task->batches.items[0], &history, NULL),
        WF_OK);
    assert_int_equal(history.events.items[0].event_id, 4);
    shard_fail(&f, task);
    task = shard_poll(&f);
    history = (struct wf_history_message){0};
    assert_int_equal(
        wf_wire_decode(&f.arena, &wf_type_history_message, task->batches.items[0], &history, NULL),
        WF_OK);
    assert_int_equal(history.events.items[0].event_id, 1);
    shard_fixture_deinit(&f);
}

/* 3.1: a transient task comes with two events that are in no history yet, under the ids that they
 * will have. */
static void test_machine_workflow_task__transient_task_brings_its_events(void **state)
{
    struct shard_fixture f;
    const struct wf_svc_workflow_task *task = NULL;
    struct wf_history_message history = {0};

    (void)state;
    shard_fixture_init(&f, NULL);
    shard_start(&f, "w");
    shard_fail(&f, shard_poll(&f));
    task = shard_poll(&f);
    assert_int_equal(task->attempt, 2);
    assert_int_equal(task->started_event_id, 6);
    assert_int_equal(wf_wire_decode(&f.arena, &wf_type_history_message,
                                    task->batches.items[task->batches.count - 1], &history, NULL),
                     WF_OK);
    assert_int_equal(history.events.count, 2);
    assert_int_equal(history.events.items[0].event_id, 5);
    assert_int_equal(history.events.items[1].event_type, WF_EVENT_TYPE_WORKFLOW_TASK_STARTED);
    shard_status_is(shard_complete(&f, task, NULL, 0), WF_CALL_OK);
    shard_history_is(&f, "w",
                     BEGINNING
                     "Failed(WORKFLOW_WORKER_UNHANDLED_FAILURE) Scheduled(2) Started Completed");
    shard_fixture_deinit(&f);
}

/* 3.2: from the fourth attempt on, a task has more and more time. */
static void test_machine_workflow_task__failing_attempts_wait_longer(void **state)
{
    struct shard_fixture f;

    (void)state;
    shard_fixture_init(&f, NULL);
    shard_start(&f, "w");
    for (int i = 0; i < 4; i++) {
        shard_fail(&f, shard_poll(&f));
    }
    assert_int_equal(shard_describe(&f, "w")->pending_workflow_task_attempt, 5);
    assert_non_null(shard_poll(&f));
    /* 10 s and at least 0.8 of 10 s. */
    shard_fixture_advance(&f, 17 * WF_NS_PER_S);
    assert_int_equal(shard_describe(&f, "w")->pending_workflow_task_attempt, 5);
    shard_fixture_advance(&f, 4 * WF_NS_PER_S);
    assert_int_equal(shard_describe(&f, "w")->pending_workflow_task_attempt, 6);
    shard_fixture_deinit(&f);
}

/* 3.7: a worker may hold a task with heartbeats for half an hour. */
static void test_machine_workflow_task__heartbeats_end_after_half_an_hour(void **state)
{
    struct shard_fixture f;
    const struct wf_svc_workflow_task *task = NULL;
    const struct wf_svc_response *response = NULL;
    int64_t beats = 0;

    (void)state;
    shard_fixture_init(&f, NULL);
    shard_start(&f, "w");
    task = shard_poll(&f);
    for (;;) {
        shard_fixture_advance(&f, 8 * WF_NS_PER_S);
        response = shard_complete_with(
            &f, task,
            (struct shard_completion){.is_sticky = true, .wants_task = true, .is_heartbeat = true});
        if (response->status != WF_CALL_OK) {
            break;
        }
        task = response->answer.workflow_task_accepted->new_task;
        f.answer_count = 0;
        beats++;
    }
    shard_status_is(response, WF_CALL_NOT_FOUND);
    assert_int_equal(beats, 30 * 60 / 8);
    assert_int_equal(
        shard_events(&f, "w").events.items[shard_events(&f, "w").events.count - 2].event_type,
        WF_EVENT_TYPE_WORKFLOW_TASK_TIMED_OUT);
    shard_fixture_deinit(&f);
}

/* 3.5 "buffer overflow": the task fails, what was buffered is shown, and the next attempt is
 * transient. */
static void test_machine_workflow_task__buffer_overflow_fails_the_task(void **state)
{
    struct shard_fixture f;
    char request_id[16];
    struct wf_history_message history = {0};

    (void)state;
    shard_fixture_init(&f, NULL);
    shard_start(&f, "w");
    shard_poll(&f);
    for (int i = 0; i < 101; i++) {
        struct wf_buffer text = {0};

        wf_buffer_init_fixed(&text, request_id, sizeof request_id);
        wf_buffer_printf(&text, "r%d%c", i, 0);
        shard_status_is(shard_signal(&f, "w", "a", request_id), WF_CALL_OK);
    }
    history = shard_events(&f, "w");
    assert_int_equal(history.events.count, 3 + 1 + 101);
    assert_int_equal(history.events.items[3].attributes.workflow_task_failed->cause,
                     WF_WORKFLOW_TASK_FAILED_CAUSE_FORCE_CLOSE_COMMAND);
    assert_int_equal(shard_describe(&f, "w")->pending_workflow_task_attempt, 2);
    shard_fixture_deinit(&f);
}

/* 3.5 "close attempted": while the next task runs, signals are put off, so that the workflow can
 * close. */
static void test_machine_workflow_task__close_attempt_puts_signals_off(void **state)
{
    struct shard_fixture f;
    const struct wf_svc_workflow_task *task = NULL;

    (void)state;
    shard_fixture_init(&f, NULL);
    shard_start(&f, "w");
    task = shard_poll(&f);
    shard_signal(&f, "w", "a", "r1");
    shard_complete(&f, task, (struct wf_command[]){shard_complete_workflow(&f)}, 1);
    shard_status_is(shard_signal(&f, "w", "a", "r2"), WF_CALL_OK); /* not started yet */
    task = shard_poll(&f);
    shard_status_is(shard_signal(&f, "w", "a", "r3"), WF_CALL_RESOURCE_EXHAUSTED);
    shard_status_is(shard_cancel(&f, "w"), WF_CALL_OK);
    shard_fixture_deinit(&f);
}

/* 3.6 ResetSticky: the next task goes to everybody's queue. */
static void test_machine_workflow_task__reset_sticky(void **state)
{
    struct shard_fixture f;
    struct wf_workflow_execution execution = {.workflow_id = WF_STR("w")};
    struct wf_svc_reset_sticky_task_queue reset = {.workflow_execution = &execution};
    const struct wf_svc_request request = {.call_case = WF_CASE_svc_request_reset_sticky_task_queue,
                                           .call.reset_sticky_task_queue = &reset};

    (void)state;
    shard_fixture_init(&f, NULL);
    shard_start(&f, "w");
    shard_complete_with(&f, shard_poll(&f), (struct shard_completion){.is_sticky = true});
    shard_status_is(shard_fixture_call(&f, &request), WF_CALL_OK);
    shard_signal(&f, "w", "a", "r1");
    shard_history_is(&f, "w", BEGINNING "Completed Signaled Scheduled(1)");
    shard_fixture_deinit(&f);
}

/* 3.5: matching says that nobody polls the sticky queue, and the same task goes to the normal one
 * at once. */
static void test_machine_workflow_task__unwatched_sticky_queue_is_left(void **state)
{
    struct shard_fixture f;
    const struct wf_svc_add_task *push = NULL;

    (void)state;
    shard_fixture_init(&f, NULL);
    shard_start(&f, "w");
    shard_complete_with(&f, shard_poll(&f), (struct shard_completion){.is_sticky = true});
    f.push_status_once = WF_CALL_STICKY_UNAVAILABLE;
    shard_signal(&f, "w", "a", "r1");
    push = shard_take_push(&f, false);
    assert_non_null(push);
    assert_false(push->is_sticky);
    test_string_is("queue", push->task_queue, "queue");
    shard_status_is(shard_record_workflow_task(&f, push, "p"), WF_CALL_OK);
    shard_fixture_deinit(&f);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_machine_workflow_task__one_task_at_a_time),
        cmocka_unit_test(test_machine_workflow_task__starts_once),
        cmocka_unit_test(test_machine_workflow_task__new_events_wait_for_the_next_task),
        cmocka_unit_test(test_machine_workflow_task__close_withdraws_a_waiting_task),
        cmocka_unit_test(test_machine_workflow_task__failure_after_sticky_is_attempt_one),
        cmocka_unit_test(test_machine_workflow_task__history_is_full_or_the_rest),
        cmocka_unit_test(test_machine_workflow_task__transient_task_brings_its_events),
        cmocka_unit_test(test_machine_workflow_task__failing_attempts_wait_longer),
        cmocka_unit_test(test_machine_workflow_task__heartbeats_end_after_half_an_hour),
        cmocka_unit_test(test_machine_workflow_task__buffer_overflow_fails_the_task),
        cmocka_unit_test(test_machine_workflow_task__close_attempt_puts_signals_off),
        cmocka_unit_test(test_machine_workflow_task__reset_sticky),
        cmocka_unit_test(test_machine_workflow_task__unwatched_sticky_queue_is_left),
    };

    return cmocka_run_group_tests_name("machine_workflow_task", tests, NULL, NULL);
}
