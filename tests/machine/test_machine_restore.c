/*
 * A run from elsewhere goes on: its history is taken over as it is, and what pends in it goes its way again
 * (engine/server/restore.c).
 */
#include <stdio.h>

#include "tests/support/history_builder.h"
#include "tests/support/shard_fixture.h"

#define BEGINNING "WorkflowExecutionStarted Scheduled(1) Started Completed "

static const struct wf_svc_response *restore_with(struct shard_fixture *f, const char *request_id, const char *events,
                                                  enum wf_task_queue_kind kind, int64_t backoff_s)
{
    struct wf_task_queue queue = {.name = WF_STR("queue"), .kind = (int32_t)kind};
    struct history_builder history;
    struct wf_workflow_execution execution = {.workflow_id = WF_STR("w"), .run_id = WF_STR(HISTORY_RUN_ID)};
    struct wf_svc_restore_workflow body = {.workflow_execution = &execution, .request_id = wf_string_of(request_id)};
    const struct wf_svc_request request = {.call_case = WF_CASE_svc_request_restore_workflow,
                                           .call.restore_workflow = &body};

    history_init(&history, &f->arena);
    if (*events != '\0') {
        history_add(&history, events);
    }
    for (uint32_t i = 0; i < history.count; i++) {
        if (history.events[i].event_type == WF_EVENT_TYPE_WORKFLOW_EXECUTION_STARTED && backoff_s > 0) {
            history.events[i].attributes.workflow_execution_started->first_workflow_task_backoff =
                (struct wf_timestamp){.seconds = backoff_s, .is_set = true};
        } else if (history.events[i].event_type == WF_EVENT_TYPE_WORKFLOW_TASK_SCHEDULED) {
            history.events[i].attributes.workflow_task_scheduled->attempt = 1;
            history.events[i].attributes.workflow_task_scheduled->task_queue = &queue;
        } else if (history.events[i].event_type == WF_EVENT_TYPE_ACTIVITY_TASK_SCHEDULED) {
            history.events[i].attributes.activity_task_scheduled->task_queue = &queue;
        }
    }
    body.events = history_bytes(&history, 1, history.count);
    return shard_fixture_call(f, &request);
}

static const struct wf_svc_response *restore(struct shard_fixture *f, const char *request_id, const char *events)
{
    return restore_with(f, request_id, events, WF_TASK_QUEUE_KIND_NORMAL, 0);
}

/* What the events leave pending is in the state, and each of it happens: nothing waits for ever. */
static void test_machine_restore__what_pends_goes_on(void **state)
{
    static const struct {
        const char *name;
        const char *events;
        const char *expected; /* after a minute without workers */
        bool has_task;        /* a worker can take one */
        bool has_activity;
    } rows[] = {
        {"nobody has seen the start", "started", "WorkflowExecutionStarted Scheduled(1)", true, false},
        {"the worker of the task is gone", "started, task",
         "WorkflowExecutionStarted Scheduled(1) Started TimedOut(START_TO_CLOSE)", true, false},
        {"a task failed", "started, task, failed",
         "WorkflowExecutionStarted Scheduled(1) Started Failed(WORKFLOW_WORKER_UNHANDLED_FAILURE)", true, false},
        {"a timer", "started, task, completed, timer 1", BEGINNING "TimerStarted TimerFired Scheduled(1)", true, false},
        {"an activity", "started, task, completed, activity 1 charge", BEGINNING "ActivityScheduled", false, true},
        {"an activity that ended", "started, task, completed, activity 1 charge, activity-started 5, activity-completed 5",
         BEGINNING "ActivityScheduled ActivityStarted ActivityCompleted Scheduled(1)", true, false},
        {"a signal", "started, task, completed, signaled go", BEGINNING "Signaled Scheduled(1)", true, false},
        {"nothing", "started, task, completed", "WorkflowExecutionStarted Scheduled(1) Started Completed", false, false},
    };

    (void)state;
    for (size_t i = 0; i < TEST_COUNT(rows); i++) {
        struct shard_fixture f;
        const struct wf_svc_response *response = NULL;

        shard_fixture_init(&f, NULL);
        response = restore(&f, "r1", rows[i].events);
        shard_status_is(response, WF_CALL_OK);
        assert_true(wf_string_is(response->answer.started->run_id, HISTORY_RUN_ID));
        shard_fixture_advance(&f, 60 * WF_NS_PER_S);
        test_string_is(rows[i].name, shard_history(&f, "w"), rows[i].expected);
        if ((shard_take_push(&f, true) != NULL) != rows[i].has_activity || (shard_poll(&f) != NULL) != rows[i].has_task) {
            fail_msg("%s: the pushes are not those expected", rows[i].name);
        }
        shard_fixture_deinit(&f);
    }
}

/* A task that ended badly is followed by the next attempt, unless a sticky queue was given up for it, or a reset has failed it
 * (3.5). */
static void test_machine_restore__a_failed_task_is_tried_again(void **state)
{
    static const struct {
        const char *events;
        enum wf_task_queue_kind kind;
        const char *expected;
        int32_t attempt;
    } rows[] = {
        {"started, task, failed", WF_TASK_QUEUE_KIND_NORMAL, "Failed(WORKFLOW_WORKER_UNHANDLED_FAILURE)", 2},
        {"started, task, timed-out", WF_TASK_QUEUE_KIND_NORMAL, "TimedOut(START_TO_CLOSE)", 2},
        {"started, task, failed", WF_TASK_QUEUE_KIND_STICKY, "Failed(WORKFLOW_WORKER_UNHANDLED_FAILURE) Scheduled(1)", 1},
        {"started, task, timed-out", WF_TASK_QUEUE_KIND_STICKY, "TimedOut(START_TO_CLOSE) Scheduled(1)", 1},
        {"started, task, reset " HISTORY_RUN_ID, WF_TASK_QUEUE_KIND_NORMAL, "Failed(RESET_WORKFLOW) Scheduled(1)", 1},
        {"started, task, failed, signaled go", WF_TASK_QUEUE_KIND_NORMAL,
         "Failed(WORKFLOW_WORKER_UNHANDLED_FAILURE) Signaled Scheduled(1)", 1},
    };

    (void)state;
    for (size_t i = 0; i < TEST_COUNT(rows); i++) {
        struct shard_fixture f;
        char expected[200];

        shard_fixture_init(&f, NULL);
        shard_status_is(restore_with(&f, "r1", rows[i].events, rows[i].kind, 0), WF_CALL_OK);
        (void)snprintf(expected, sizeof expected, "WorkflowExecutionStarted Scheduled(1%s) Started %s",
                       rows[i].kind == WF_TASK_QUEUE_KIND_STICKY ? ",sticky" : "", rows[i].expected);
        test_string_is(rows[i].events, shard_history(&f, "w"), expected);
        assert_int_equal(shard_poll(&f)->attempt, rows[i].attempt);
        shard_fixture_deinit(&f);
    }
}

/* A paused run is paused here, too: what comes is recorded, and the end of the pause brings a task and what was held (7.12). */
static void test_machine_restore__a_paused_run_stays_paused(void **state)
{
    struct shard_fixture f;

    (void)state;
    shard_fixture_init(&f, NULL);
    shard_status_is(restore(&f, "r1", "started, task, completed, activity 1 charge, timer 1, paused"), WF_CALL_OK);
    shard_fixture_crash(&f, 0);
    shard_fixture_acquire(&f, 0);
    assert_int_equal(shard_describe(&f, "w")->status, WF_WORKFLOW_EXECUTION_STATUS_PAUSED);
    shard_fixture_advance(&f, 60 * WF_NS_PER_S);
    shard_history_is(&f, "w", BEGINNING "ActivityScheduled TimerStarted WorkflowExecutionPaused TimerFired");
    assert_null(shard_poll_activity(&f));
    assert_null(shard_poll(&f));
    shard_status_is(shard_pause(&f, "w", false, "p"), WF_CALL_FAILED_PRECONDITION);
    shard_status_is(shard_pause(&f, "w", true, "u"), WF_CALL_OK);
    shard_history_is(&f, "w", BEGINNING "ActivityScheduled TimerStarted WorkflowExecutionPaused TimerFired "
                                        "WorkflowExecutionUnpaused Scheduled(1)");
    assert_non_null(shard_poll_activity(&f));
    assert_non_null(shard_poll(&f));
    shard_fixture_deinit(&f);
}

/* One whose pause is over goes on. */
static void test_machine_restore__a_pause_that_is_over_holds_nothing(void **state)
{
    struct shard_fixture f;

    (void)state;
    shard_fixture_init(&f, NULL);
    shard_status_is(restore(&f, "r1", "started, task, completed, activity 1 charge, paused, unpaused"), WF_CALL_OK);
    shard_history_is(&f, "w", BEGINNING "ActivityScheduled WorkflowExecutionPaused WorkflowExecutionUnpaused Scheduled(1)");
    assert_int_equal(shard_describe(&f, "w")->status, WF_WORKFLOW_EXECUTION_STATUS_RUNNING);
    assert_non_null(shard_poll_activity(&f));
    assert_non_null(shard_poll(&f));
    shard_fixture_deinit(&f);
}

/* No service pauses a run that waits for its first task (7.12). One that is said to be waits for the end of the pause alone. */
static void test_machine_restore__a_pause_in_the_backoff_has_an_end(void **state)
{
    struct shard_fixture f;

    (void)state;
    shard_fixture_init(&f, NULL);
    shard_status_is(restore_with(&f, "r1", "started, paused", WF_TASK_QUEUE_KIND_NORMAL, 30), WF_CALL_OK);
    shard_fixture_advance(&f, 60 * WF_NS_PER_S);
    shard_history_is(&f, "w", "WorkflowExecutionStarted WorkflowExecutionPaused");
    shard_status_is(shard_pause(&f, "w", true, "u"), WF_CALL_OK);
    shard_history_is(&f, "w", "WorkflowExecutionStarted WorkflowExecutionPaused WorkflowExecutionUnpaused Scheduled(1)");
    shard_fixture_deinit(&f);
}

/* The events have the task ids of this service, so that ids grow behind them (I5), and another owner reads the same run. */
static void test_machine_restore__the_history_becomes_the_services_own(void **state)
{
    struct shard_fixture f;
    struct wf_history_message history = {0};

    (void)state;
    shard_fixture_init(&f, NULL);
    shard_status_is(restore(&f, "r1", "started, task, completed, signaled go"), WF_CALL_OK);
    shard_fixture_crash(&f, 0);
    shard_fixture_acquire(&f, 0);
    shard_status_is(shard_complete(&f, shard_poll(&f), NULL, 0), WF_CALL_OK);
    shard_history_is(&f, "w", BEGINNING "Signaled Scheduled(1) Started Completed");
    history = shard_events(&f, "w");
    for (uint32_t i = 1; i < history.events.count; i++) {
        assert_true(history.events.items[i].task_id > history.events.items[i - 1].task_id);
    }
    shard_fixture_deinit(&f);
}

/* A reset has renewed the deadlines of its run, and the event that says so tells when (7.6). */
static void test_machine_restore__deadlines_count_from_a_reset(void **state)
{
    struct shard_fixture f;
    struct wf_history_message history = {0};
    struct wf_workflow_execution execution = {.workflow_id = WF_STR("again")};
    struct wf_svc_restore_workflow body = {.workflow_execution = &execution, .request_id = WF_STR("r1")};
    const struct wf_svc_request request = {.call_case = WF_CASE_svc_request_restore_workflow,
                                           .call.restore_workflow = &body};
    struct wf_buffer bytes = {0};
    int64_t expiration_ns = 0;

    (void)state;
    shard_fixture_init(&f, NULL);
    shard_start_with(&f, (struct wf_svc_start_workflow){.workflow_id = WF_STR("w"),
                                                        .workflow_run_timeout = wf_duration_of(20 * WF_NS_PER_S)});
    shard_poll(&f);
    shard_fixture_advance(&f, 9 * WF_NS_PER_S);
    shard_status_is(shard_reset(&f, "w", 3), WF_CALL_OK);
    expiration_ns = shard_describe(&f, "w")->run_expiration_ns;
    assert_int_equal(expiration_ns, f.now_ns + 20 * WF_NS_PER_S);
    history = shard_events(&f, "w");
    wf_buffer_init(&bytes, &f.arena);
    wf_wire_encode(&wf_type_history_message, &history, &bytes);
    body.events = wf_buffer_string(&bytes);
    shard_status_is(shard_fixture_call(&f, &request), WF_CALL_OK);
    assert_int_equal(shard_describe(&f, "again")->run_expiration_ns, expiration_ns);
    shard_fixture_deinit(&f);
}

/* 5.4 step 2: a child that is begun from here knows this run as its parent, not the one that an earlier reset copied from. */
static void test_machine_restore__begins_children_of_its_own(void **state)
{
    struct shard_fixture f;
    struct wf_history_message history = {0};
    struct wf_command command = {0};
    struct wf_workflow_execution execution = {.workflow_id = WF_STR("again"), .run_id = WF_STR(HISTORY_RUN_ID)};
    struct wf_svc_restore_workflow body = {.workflow_execution = &execution, .request_id = WF_STR("r1")};
    const struct wf_svc_request request = {.call_case = WF_CASE_svc_request_restore_workflow,
                                           .call.restore_workflow = &body};
    const struct wf_svc_request *start = NULL;
    struct wf_buffer bytes = {0};

    (void)state;
    shard_fixture_init(&f, NULL);
    f.held_call_case = WF_CASE_svc_request_start_workflow;
    shard_start(&f, "w");
    command = shard_start_child(&f, "c", WF_PARENT_CLOSE_POLICY_TERMINATE);
    shard_status_is(shard_complete(&f, shard_poll(&f), &command, 1), WF_CALL_OK);
    shard_signal(&f, "w", "go", "");
    shard_poll_of(&f, "w");
    shard_status_is(shard_reset(&f, "w", 8), WF_CALL_OK);
    history = shard_events(&f, "w");
    wf_buffer_init(&bytes, &f.arena);
    wf_wire_encode(&wf_type_history_message, &history, &bytes);
    body.events = wf_buffer_string(&bytes);
    shard_status_is(shard_fixture_call(&f, &request), WF_CALL_OK);

    start = f.calls[f.call_count - 1].request;
    assert_int_equal(start->call_case, WF_CASE_svc_request_start_workflow);
    test_string_is("workflow", start->call.start_workflow->parent->workflow_id, "again");
    test_string_is("run", start->call.start_workflow->parent->run_id, HISTORY_RUN_ID);
    shard_fixture_deinit(&f);
}

/* A request without an id is no other one's copy. */
static void test_machine_restore__no_request_id_is_none_of_anybody(void **state)
{
    struct shard_fixture f;

    (void)state;
    shard_fixture_init(&f, NULL);
    shard_status_is(restore(&f, "", "started, task, completed"), WF_CALL_OK);
    shard_status_is(restore(&f, "", "started, task, completed, signaled go"), WF_CALL_ALREADY_STARTED);
    shard_fixture_deinit(&f);
}

/* A repeated request finds its run; another one of the same workflow is refused; events of no open run are. */
static void test_machine_restore__is_done_once(void **state)
{
    static const char *const refused[] = {"started, task, completed, closed", "task, completed", ""};
    struct shard_fixture f;

    (void)state;
    shard_fixture_init(&f, NULL);
    for (size_t i = 0; i < TEST_COUNT(refused); i++) {
        shard_status_is(restore(&f, "r0", refused[i]), WF_CALL_INVALID_ARGUMENT);
    }
    shard_status_is(restore(&f, "r1", "started, task, completed"), WF_CALL_OK);
    shard_status_is(restore(&f, "r1", "started, task, completed"), WF_CALL_OK);
    shard_status_is(restore(&f, "r2", "started, task, completed"), WF_CALL_ALREADY_STARTED);
    shard_history_is(&f, "w", "WorkflowExecutionStarted Scheduled(1) Started Completed");
    assert_int_equal(f.write_count, 1);
    shard_fixture_deinit(&f);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_machine_restore__what_pends_goes_on),
        cmocka_unit_test(test_machine_restore__a_failed_task_is_tried_again),
        cmocka_unit_test(test_machine_restore__a_paused_run_stays_paused),
        cmocka_unit_test(test_machine_restore__a_pause_that_is_over_holds_nothing),
        cmocka_unit_test(test_machine_restore__a_pause_in_the_backoff_has_an_end),
        cmocka_unit_test(test_machine_restore__the_history_becomes_the_services_own),
        cmocka_unit_test(test_machine_restore__deadlines_count_from_a_reset),
        cmocka_unit_test(test_machine_restore__begins_children_of_its_own),
        cmocka_unit_test(test_machine_restore__no_request_id_is_none_of_anybody),
        cmocka_unit_test(test_machine_restore__is_done_once),
    };

    return cmocka_run_group_tests_name("machine_restore", tests, NULL, NULL);
}
