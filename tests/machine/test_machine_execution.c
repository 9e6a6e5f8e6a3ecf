/* Every row of engine/server/execution.def: how runs start, end and follow each other. */
#include "tests/support/shard_fixture.h"

#define BEGINNING "WorkflowExecutionStarted Scheduled(1) Started Completed "

static const struct wf_svc_response *complete_first(struct shard_fixture *f,
                                                    const char *workflow_id,
                                                    struct wf_command command)
{
    shard_status_is(shard_start(f, workflow_id), WF_CALL_OK);
    return shard_complete(f, shard_poll(f), &command, 1);
}

/* RUNNING COMPLETE, FAIL, CANCEL: the event, the status, and nothing after it. */
static void test_machine_execution__closes_by_command(void **state)
{
    struct shard_fixture f;

    (void)state;
    shard_fixture_init(&f, NULL);
    shard_status_is(complete_first(&f, "a", shard_complete_workflow(&f)), WF_CALL_OK);
    shard_status_is(complete_first(&f, "b", shard_fail_workflow(&f)), WF_CALL_OK);
    shard_status_is(complete_first(&f, "c", shard_cancel_workflow(&f)), WF_CALL_OK);
    shard_history_is(&f, "a", BEGINNING "WorkflowExecutionCompleted");
    shard_history_is(&f, "b", BEGINNING "WorkflowExecutionFailed");
    shard_history_is(&f, "c", BEGINNING "WorkflowExecutionCanceled");
    assert_int_equal(shard_describe(&f, "a")->status, WF_WORKFLOW_EXECUTION_STATUS_COMPLETED);
    assert_int_equal(shard_describe(&f, "b")->status, WF_WORKFLOW_EXECUTION_STATUS_FAILED);
    assert_int_equal(shard_describe(&f, "c")->status, WF_WORKFLOW_EXECUTION_STATUS_CANCELED);
    shard_status_is(shard_signal(&f, "a", "go", "r"), WF_CALL_NOT_FOUND);
    shard_status_is(shard_terminate(&f, "a"), WF_CALL_NOT_FOUND);
    shard_status_is(shard_cancel(&f, "a"), WF_CALL_OK); /* 7.7: success, and no event */
    shard_history_is(&f, "a", BEGINNING "WorkflowExecutionCompleted");
    shard_fixture_deinit(&f);
}

/* 2.2 rule 1: a command after the close rejects the answer, and the task goes on. */
static void test_machine_execution__command_after_close_is_refused(void **state)
{
    struct shard_fixture f;
    const struct wf_svc_workflow_task *task = NULL;

    (void)state;
    shard_fixture_init(&f, NULL);
    shard_start(&f, "w");
    task = shard_poll(&f);
    shard_status_is(shard_complete(&f, task,
                                   (struct wf_command[]){shard_complete_workflow(&f),
                                                         shard_start_timer(&f, "t", WF_NS_PER_S)},
                                   2),
                    WF_CALL_INVALID_ARGUMENT);
    shard_history_is(&f, "w", "WorkflowExecutionStarted Scheduled(1) Started");
    shard_status_is(shard_complete(&f, task, NULL, 0), WF_CALL_OK);
    shard_fixture_deinit(&f);
}

/* NONE START_LATER, BACKOFF SIGNAL, BACKOFF BACKOFF_OVER: signals wait for the first task (3.2). */
static void test_machine_execution__delayed_start(void **state)
{
    struct shard_fixture f;

    (void)state;
    shard_fixture_init(&f, NULL);
    shard_start_with(&f, (struct wf_svc_start_workflow){
                             .workflow_id = WF_STR("w"),
                             .workflow_start_delay = wf_duration_of(5 * WF_NS_PER_S)});
    shard_signal(&f, "w", "go", "r");
    shard_history_is(&f, "w", "WorkflowExecutionStarted Signaled");
    shard_fixture_advance(&f, 5 * WF_NS_PER_S);
    shard_history_is(&f, "w", "WorkflowExecutionStarted Signaled Scheduled(1)");
    shard_fixture_deinit(&f);
}

/* BACKOFF REQUEST_CANCEL, BACKOFF TERMINATE, BACKOFF TIME_OUT. */
static void test_machine_execution__ends_in_backoff(void **state)
{
    struct shard_fixture f;
    const struct wf_timestamp delay = wf_duration_of(5 * WF_NS_PER_S);

    (void)state;
    shard_fixture_init(&f, NULL);
    shard_start_with(&f, (struct wf_svc_start_workflow){.workflow_id = WF_STR("a"),
                                                        .workflow_start_delay = delay});
    shard_start_with(&f, (struct wf_svc_start_workflow){.workflow_id = WF_STR("b"),
                                                        .workflow_start_delay = delay});
    shard_start_with(&f, (struct wf_svc_start_workflow){
                             .workflow_id = WF_STR("c"),
                             .workflow_start_delay = delay,
                             .workflow_execution_timeout = wf_duration_of(2 * WF_NS_PER_S)});
    shard_status_is(shard_cancel(&f, "a"), WF_CALL_OK);
    shard_status_is(shard_terminate(&f, "b"), WF_CALL_OK);
    shard_fixture_advance(&f, 3 * WF_NS_PER_S);
    shard_history_is(&f, "a", "WorkflowExecutionStarted CancelRequested Scheduled(1)");
    shard_history_is(&f, "b", "WorkflowExecutionStarted Terminated");
    shard_history_is(&f, "c", "WorkflowExecutionStarted WorkflowExecutionTimedOut");
    shard_fixture_deinit(&f);
}

/* RUNNING REQUEST_CANCEL: once a run; the code decides what follows. */
static void test_machine_execution__cancel_is_requested_once(void **state)
{
    struct shard_fixture f;

    (void)state;
    shard_fixture_init(&f, NULL);
    shard_start(&f, "w");
    shard_complete(&f, shard_poll(&f), NULL, 0);
    shard_status_is(shard_cancel(&f, "w"), WF_CALL_OK);
    shard_status_is(shard_cancel(&f, "w"), WF_CALL_OK);
    shard_history_is(&f, "w", BEGINNING "CancelRequested Scheduled(1)");
    assert_true(shard_describe(&f, "w")->is_cancel_requested);
    shard_status_is(shard_cancel(&f, "nobody"), WF_CALL_NOT_FOUND);
    shard_fixture_deinit(&f);
}

/* RUNNING TIME_OUT: the run's time ends whatever it does (7.6). */
static void test_machine_execution__run_timeout(void **state)
{
    struct shard_fixture f;

    (void)state;
    shard_fixture_init(&f, NULL);
    shard_start_with(&f, (struct wf_svc_start_workflow){
                             .workflow_id = WF_STR("w"),
                             .workflow_run_timeout = wf_duration_of(5 * WF_NS_PER_S)});
    shard_poll(&f);
    shard_signal(&f, "w", "go", "r");
    shard_fixture_advance(&f, 6 * WF_NS_PER_S);
    /* The task's own timeout is capped by the run's (7.1), so both are due; the run's comes first.
     */
    shard_history_is(
        &f, "w",
        "WorkflowExecutionStarted Scheduled(1) Started Failed(FORCE_CLOSE_COMMAND) Signaled "
        "WorkflowExecutionTimedOut");
    shard_fixture_deinit(&f);
}

static struct wf_string current_run(struct shard_fixture *f, const char *workflow_id)
{
    return wf_string_copy(&f->arena,
                          sim_database_current(&f->database, wf_string_of(workflow_id))->run_id);
}

/* RUNNING CONTINUE: the end of one run and the beginning of the next are one write (7.3). */
static void test_machine_execution__continues_as_new(void **state)
{
    struct shard_fixture f;
    struct wf_string first = {0};
    struct wf_string second = {0};
    const struct wf_event_workflow_execution_started *started = NULL;
    struct wf_history_message closed = {0};
    uint32_t write_count = 0;

    (void)state;
    shard_fixture_init(&f, NULL);
    shard_start_with(&f, (struct wf_svc_start_workflow){
                             .workflow_id = WF_STR("w"),
                             .request_id = WF_STR("start-1"),
                             .workflow_run_timeout = wf_duration_of(90 * WF_NS_PER_S)});
    first = current_run(&f, "w");
    shard_fixture_advance(&f, 400 * WF_NS_PER_MS);
    {
        const struct wf_svc_workflow_task *task = shard_poll(&f);

        write_count = f.write_count;
        shard_status_is(
            shard_complete(&f, task, (struct wf_command[]){shard_continue_as_new(&f)}, 1),
            WF_CALL_OK);
        assert_int_equal(f.write_count, write_count + 1);
    }
    second = current_run(&f, "w");
    assert_false(wf_string_equal(first, second));
    shard_history_is(&f, "w", "WorkflowExecutionStarted");
    closed = shard_events_of(&f, first);
    test_string_is(
        "successor",
        closed.events.items[4].attributes.workflow_execution_continued_as_new->new_execution_run_id,
        second.data);
    started = shard_events(&f, "w").events.items[0].attributes.workflow_execution_started;
    assert_true(wf_string_equal(started->continued_execution_run_id, first));
    assert_true(wf_string_equal(started->first_execution_run_id, first));
    assert_true(wf_string_equal(started->original_execution_run_id, second));
    assert_int_equal(started->initiator, WF_CONTINUE_AS_NEW_INITIATOR_WORKFLOW);
    assert_int_equal(started->workflow_run_timeout.seconds, 90);
    /* 7.3 "Minimum interval": the first run lived for 0.4 s. */
    assert_int_equal(wf_time_of(started->first_workflow_task_backoff), 600 * WF_NS_PER_MS);
    shard_fixture_advance(&f, 600 * WF_NS_PER_MS);
    shard_history_is(&f, "w", "WorkflowExecutionStarted Scheduled(1)");
    /* 7.1: the request that started the chain is forgotten with its first run. */
    shard_status_is(
        shard_start_with(&f, (struct wf_svc_start_workflow){.workflow_id = WF_STR("w"),
                                                            .request_id = WF_STR("start-1")}),
        WF_CALL_ALREADY_STARTED);
    shard_fixture_deinit(&f);
}

/* 7.4: a failed run with a policy begins again, with the attempt and the failure in its Started
 * event. */
static void test_machine_execution__retries_the_run(void **state)
{
    struct shard_fixture f;
    struct wf_retry_policy policy = {.maximum_attempts = 2,
                                     .initial_interval = wf_duration_of(3 * WF_NS_PER_S)};
    struct wf_string first = {0};
    const struct wf_event_workflow_execution_started *started = NULL;
    const struct wf_event_workflow_execution_failed *failed = NULL;

    (void)state;
    shard_fixture_init(&f, NULL);
    shard_start_with(
        &f, (struct wf_svc_start_workflow){.workflow_id = WF_STR("w"), .retry_policy = &policy});
    first = current_run(&f, "w");
    shard_complete(&f, shard_poll(&f), (struct wf_command[]){shard_fail_workflow(&f)}, 1);
    failed = shard_events_of(&f, first).events.items[4].attributes.workflow_execution_failed;
    assert_int_equal(failed->retry_state, WF_RETRY_STATE_IN_PROGRESS);
    assert_true(wf_string_equal(failed->new_execution_run_id, current_run(&f, "w")));
    started = shard_events(&f, "w").events.items[0].attributes.workflow_execution_started;
    assert_int_equal(started->attempt, 2);
    assert_int_equal(started->initiator, WF_CONTINUE_AS_NEW_INITIATOR_RETRY);
    assert_non_null(started->continued_failure);
    assert_int_equal(started->first_workflow_task_backoff.seconds, 3);
    shard_fixture_advance(&f, 3 * WF_NS_PER_S);
    shard_complete(&f, shard_poll(&f), (struct wf_command[]){shard_fail_workflow(&f)}, 1);
    failed = shard_events(&f, "w").events.items[4].attributes.workflow_execution_failed;
    assert_int_equal(failed->retry_state, WF_RETRY_STATE_MAXIMUM_ATTEMPTS_REACHED);
    shard_fixture_deinit(&f);
}

static const struct wf_event_workflow_execution_started *started_of(struct shard_fixture *f)
{
    return shard_events(f, "w").events.items[0].attributes.workflow_execution_started;
}

/* 7.5: each run that ends by itself is followed by one for the next slot, with the last result, and after a failure with
 * that, too. The retry policy is asked first. */
static void test_machine_execution__cron(void **state)
{
    struct shard_fixture f;
    struct wf_retry_policy policy = {.maximum_attempts = 2, .initial_interval = wf_duration_of(3 * WF_NS_PER_S)};
    const struct wf_event_workflow_execution_completed *completed = NULL;
    struct wf_payloads result = {0};
    struct wf_command command = {0};
    struct wf_string first = {0};

    (void)state;
    shard_fixture_init(&f, NULL);
    shard_start_with(&f, (struct wf_svc_start_workflow){
                             .workflow_id = WF_STR("w"), .cron_schedule = WF_STR("@every 60s"), .retry_policy = &policy});
    shard_history_is(&f, "w", "WorkflowExecutionStarted");
    assert_int_equal(started_of(&f)->initiator, WF_CONTINUE_AS_NEW_INITIATOR_CRON_SCHEDULE);
    assert_int_equal(wf_time_of(started_of(&f)->first_workflow_task_backoff), 60 * WF_NS_PER_S);
    first = current_run(&f, "w");
    shard_fixture_advance(&f, 60 * WF_NS_PER_S);

    {
        const struct wf_svc_workflow_task *task = shard_poll(&f);
        struct wf_payload *payload = WF_LIST_APPEND(&f.arena, result.payloads);

        shard_fixture_advance(&f, 9 * WF_NS_PER_S);
        command = shard_complete_workflow(&f);
        payload->data = WF_STR("7");
        command.attributes.complete_workflow_execution->result = &result;
        shard_status_is(shard_complete(&f, task, &command, 1), WF_CALL_OK);
    }
    completed = shard_events_of(&f, first).events.items[4].attributes.workflow_execution_completed;
    assert_true(wf_string_equal(completed->new_execution_run_id, current_run(&f, "w")));
    assert_int_equal(wf_time_of(started_of(&f)->first_workflow_task_backoff), 51 * WF_NS_PER_S);
    test_string_is("result", started_of(&f)->last_completion_result->payloads.items[0].data, "7");
    assert_null(started_of(&f)->continued_failure);
    assert_int_equal(started_of(&f)->attempt, 1);

    /* A failure is retried: the result is lost then (7.4, quirk); after the last attempt the schedule goes on. */
    shard_fixture_advance(&f, 51 * WF_NS_PER_S);
    command = shard_fail_workflow(&f);
    shard_complete(&f, shard_poll(&f), &command, 1);
    assert_int_equal(started_of(&f)->attempt, 2);
    assert_int_equal(started_of(&f)->initiator, WF_CONTINUE_AS_NEW_INITIATOR_RETRY);
    assert_null(started_of(&f)->last_completion_result);
    shard_fixture_advance(&f, 3 * WF_NS_PER_S);
    first = current_run(&f, "w");
    shard_complete(&f, shard_poll(&f), &command, 1);
    assert_int_equal(started_of(&f)->attempt, 1);
    assert_int_equal(started_of(&f)->initiator, WF_CONTINUE_AS_NEW_INITIATOR_CRON_SCHEDULE);
    assert_non_null(started_of(&f)->continued_failure);
    assert_int_equal(shard_events_of(&f, first).events.items[4].attributes.workflow_execution_failed->retry_state,
                     WF_RETRY_STATE_MAXIMUM_ATTEMPTS_REACHED);
    shard_fixture_deinit(&f);
}

/* 7.5, 7.6: a cancel and the end of the execution end the chain; the end of a run does not. */
static void test_machine_execution__cron_ends(void **state)
{
    struct shard_fixture f;
    struct wf_command command = {0};
    struct wf_string first = {0};

    (void)state;
    shard_fixture_init(&f, NULL);
    shard_start_with(&f, (struct wf_svc_start_workflow){.workflow_id = WF_STR("w"),
                                                        .cron_schedule = WF_STR("@every 60s"),
                                                        .workflow_run_timeout = wf_duration_of(10 * WF_NS_PER_S),
                                                        .workflow_execution_timeout = wf_duration_of(100 * WF_NS_PER_S)});
    first = current_run(&f, "w");
    shard_fixture_advance(&f, 71 * WF_NS_PER_S);
    assert_false(wf_string_equal(first, current_run(&f, "w"))); /* the run's time was over */
    assert_non_null(started_of(&f)->continued_failure);
    shard_fixture_advance(&f, 30 * WF_NS_PER_S);
    shard_history_is(&f, "w", "WorkflowExecutionStarted WorkflowExecutionTimedOut");
    shard_start_with(&f, (struct wf_svc_start_workflow){.workflow_id = WF_STR("w"), .cron_schedule = WF_STR("@every 60s")});
    shard_cancel(&f, "w");
    command = shard_cancel_workflow(&f);
    shard_complete(&f, shard_poll(&f), &command, 1);
    shard_history_is(&f, "w", "WorkflowExecutionStarted CancelRequested Scheduled(1) Started Completed WorkflowExecutionCanceled");
    shard_fixture_deinit(&f);
}

/* 7.5: a run that is cancelled before its slot, and completes, leaves the slot to the next one. */
static void test_machine_execution__cron_slot_is_not_lost(void **state)
{
    struct shard_fixture f;
    struct wf_command command = {0};

    (void)state;
    shard_fixture_init(&f, NULL);
    shard_start_with(&f, (struct wf_svc_start_workflow){.workflow_id = WF_STR("w"), .cron_schedule = WF_STR("@every 60s")});
    shard_fixture_advance(&f, 20 * WF_NS_PER_S);
    shard_cancel(&f, "w");
    command = shard_complete_workflow(&f);
    shard_complete(&f, shard_poll(&f), &command, 1);
    assert_int_equal(wf_time_of(started_of(&f)->first_workflow_task_backoff), 40 * WF_NS_PER_S);
    shard_fixture_deinit(&f);
}

/* 7.1, 7.5: schedules that the service does not take. */
static void test_machine_execution__bad_cron_is_refused(void **state)
{
    struct shard_fixture f;

    (void)state;
    shard_fixture_init(&f, NULL);
    shard_status_is(shard_start_with(&f, (struct wf_svc_start_workflow){.workflow_id = WF_STR("w"),
                                                                        .cron_schedule = WF_STR("every day")}),
                    WF_CALL_INVALID_ARGUMENT);
    shard_status_is(shard_start_with(&f, (struct wf_svc_start_workflow){
                                             .workflow_id = WF_STR("w"),
                                             .cron_schedule = WF_STR("@daily"),
                                             .workflow_start_delay = wf_duration_of(WF_NS_PER_S)}),
                    WF_CALL_INVALID_ARGUMENT);
    shard_fixture_deinit(&f);
}

/* 7.1, rows 2 to 9: what a start comes to, by the state of the current run and the policies. */
static void test_machine_execution__start_policies(void **state)
{
    static const struct {
        const char *name;
        bool is_closed; /* completed */
        bool is_failed;
        const char *request_id;
        int32_t reuse;
        int32_t conflict;
        enum wf_call_status expected;
        bool makes_a_run;
        bool started;
    } rows[] = {
        {"same request, open", false, false, "start-1", 0, 0, WF_CALL_OK, false, true},
        {"same request, closed", true, false, "start-1", 3, 0, WF_CALL_OK, false, true},
        {"request of a signal", false, false, "signal-1", 0, 0, WF_CALL_OK, false, false},
        {"open, FAIL", false, false, "start-2", 0, 1, WF_CALL_ALREADY_STARTED, false, false},
        {"open, USE_EXISTING", false, false, "start-2", 0, 2, WF_CALL_OK, false, false},
        {"open, TERMINATE_EXISTING", false, false, "start-2", 0, 3, WF_CALL_OK, true, true},
        {"open, TERMINATE_IF_RUNNING", false, false, "start-2", 4, 0, WF_CALL_OK, true, true},
        {"TERMINATE_IF_RUNNING and a conflict policy", false, false, "start-2", 4, 1,
         WF_CALL_INVALID_ARGUMENT, false, false},
        {"TERMINATE_EXISTING and REJECT_DUPLICATE", false, false, "start-2", 3, 3,
         WF_CALL_INVALID_ARGUMENT, false, false},
        {"closed, ALLOW_DUPLICATE", true, false, "start-2", 1, 0, WF_CALL_OK, true, true},
        {"completed, FAILED_ONLY", true, false, "start-2", 2, 0, WF_CALL_ALREADY_STARTED, false,
         false},
        {"failed, FAILED_ONLY", true, true, "start-2", 2, 0, WF_CALL_OK, true, true},
        {"closed, REJECT_DUPLICATE", true, false, "start-2", 3, 0, WF_CALL_ALREADY_STARTED, false,
         false},
    };

    (void)state;
    for (size_t i = 0; i < TEST_COUNT(rows); i++) {
        struct shard_fixture f;
        struct wf_string before = {0};
        const struct wf_svc_response *response = NULL;

        shard_fixture_init(&f, NULL);
        shard_start_with(&f, (struct wf_svc_start_workflow){.workflow_id = WF_STR("w"),
                                                            .request_id = WF_STR("start-1")});
        shard_signal(&f, "w", "go", "signal-1");
        if (rows[i].is_closed) {
            shard_complete(&f, shard_poll(&f),
                           (struct wf_command[]){rows[i].is_failed ? shard_fail_workflow(&f)
                                                                   : shard_complete_workflow(&f)},
                           1);
        }
        before = current_run(&f, "w");
        response = shard_start_with(
            &f, (struct wf_svc_start_workflow){.workflow_id = WF_STR("w"),
                                               .request_id = wf_string_of(rows[i].request_id),
                                               .workflow_id_reuse_policy = rows[i].reuse,
                                               .workflow_id_conflict_policy = rows[i].conflict});
        if (response->status != (int32_t)rows[i].expected) {
            fail_msg("%s: %s", rows[i].name, wf_call_status_name(response->status));
        }
        if (wf_string_equal(before, current_run(&f, "w")) == rows[i].makes_a_run) {
            fail_msg("%s: a run was%s made", rows[i].name, rows[i].makes_a_run ? " not" : "");
        }
        if (response->status == WF_CALL_OK) {
            assert_true(wf_string_equal(response->answer.started->run_id, current_run(&f, "w")));
            assert_int_equal(response->answer.started->started, rows[i].started);
        } else if (response->status == WF_CALL_ALREADY_STARTED) {
            assert_true(wf_string_equal(response->existing_run_id, before));
        }
        shard_fixture_deinit(&f);
    }
}

static const struct wf_svc_response *signal_with_start(struct shard_fixture *f,
                                                       struct wf_svc_start_workflow start)
{
    struct wf_svc_signal_with_start call = {.start = &start, .signal_name = WF_STR("go")};
    const struct wf_svc_request request = {.call_case = WF_CASE_svc_request_signal_with_start,
                                           .call.signal_with_start = &call};

    start.workflow_id = WF_STR("w");
    start.workflow_type = WF_STR("Flow");
    start.task_queue = WF_STR("queue");
    return shard_fixture_call(f, &request);
}

/* 5.2 "Signal-with-start": a new run has the signal before its first task; a running one gets it
 * once a request. */
static void test_machine_execution__signal_with_start(void **state)
{
    struct shard_fixture f;
    const struct wf_svc_response *response = NULL;

    (void)state;
    shard_fixture_init(&f, NULL);
    response = signal_with_start(&f, (struct wf_svc_start_workflow){.request_id = WF_STR("r1")});
    shard_status_is(response, WF_CALL_OK);
    assert_true(response->answer.started->started);
    shard_history_is(&f, "w", "WorkflowExecutionStarted Signaled Scheduled(1)");
    signal_with_start(&f, (struct wf_svc_start_workflow){.request_id = WF_STR("r1")});
    shard_history_is(&f, "w", "WorkflowExecutionStarted Signaled Scheduled(1)");
    response = signal_with_start(&f, (struct wf_svc_start_workflow){.request_id = WF_STR("r2")});
    assert_false(response->answer.started->started);
    signal_with_start(&f, (struct wf_svc_start_workflow){.request_id = WF_STR("r2")});
    shard_history_is(&f, "w", "WorkflowExecutionStarted Signaled Scheduled(1) Signaled");
    shard_status_is(
        signal_with_start(&f,
                          (struct wf_svc_start_workflow){
                              .workflow_id_conflict_policy = WF_WORKFLOW_ID_CONFLICT_POLICY_FAIL}),
        WF_CALL_INVALID_ARGUMENT);
    shard_status_is(signal_with_start(&f,
                                      (struct wf_svc_start_workflow){
                                          .request_id = WF_STR("r3"),
                                          .workflow_id_conflict_policy =
                                              WF_WORKFLOW_ID_CONFLICT_POLICY_TERMINATE_EXISTING}),
                    WF_CALL_OK);
    shard_history_is(&f, "w", "WorkflowExecutionStarted Signaled Scheduled(1)");
    shard_fixture_deinit(&f);
}

/* 5.2: a signal is taken once a request id, also when the run is closed meanwhile. */
static void test_machine_execution__signal_dedup(void **state)
{
    struct shard_fixture f;

    (void)state;
    shard_fixture_init(&f, NULL);
    shard_start(&f, "w");
    shard_status_is(shard_signal(&f, "w", "go", "r1"), WF_CALL_OK);
    shard_status_is(shard_signal(&f, "w", "go", "r1"), WF_CALL_OK);
    shard_status_is(shard_signal(&f, "w", "go", "r2"), WF_CALL_OK);
    shard_complete(&f, shard_poll(&f), (struct wf_command[]){shard_complete_workflow(&f)}, 1);
    shard_status_is(shard_signal(&f, "w", "go", "r1"), WF_CALL_OK);
    shard_status_is(shard_signal(&f, "w", "go", "r3"), WF_CALL_NOT_FOUND);
    shard_history_is(&f, "w",
                     "WorkflowExecutionStarted Scheduled(1) Signaled Signaled Started Completed "
                     "WorkflowExecutionCompleted");
    shard_fixture_deinit(&f);
}

static void lower_limits(struct wf_service_config *config)
{
    config->limits.history_events_max = 12;
    config->limits.signals_max = 20;
}

/* 8.9: a run past its limits is terminated in place of what it asked for. */
static void test_machine_execution__limit_terminates(void **state)
{
    struct shard_fixture f;
    struct wf_command timers[10];

    (void)state;
    shard_fixture_init(&f, lower_limits);
    shard_start(&f, "w");
    for (size_t i = 0; i < TEST_COUNT(timers); i++) {
        char *name = wf_arena_take_text(&f.arena, 2);

        name[0] = (char)('a' + (int)i);
        name[1] = 0;
        timers[i] = shard_start_timer(&f, name, WF_NS_PER_S);
    }
    shard_status_is(shard_complete(&f, shard_poll(&f), timers, TEST_COUNT(timers)),
                    WF_CALL_INVALID_ARGUMENT);
    shard_history_is(
        &f, "w",
        "WorkflowExecutionStarted Scheduled(1) Started Failed(FORCE_CLOSE_COMMAND) Terminated");
    shard_fixture_deinit(&f);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_machine_execution__closes_by_command),
        cmocka_unit_test(test_machine_execution__command_after_close_is_refused),
        cmocka_unit_test(test_machine_execution__delayed_start),
        cmocka_unit_test(test_machine_execution__ends_in_backoff),
        cmocka_unit_test(test_machine_execution__cancel_is_requested_once),
        cmocka_unit_test(test_machine_execution__run_timeout),
        cmocka_unit_test(test_machine_execution__continues_as_new),
        cmocka_unit_test(test_machine_execution__retries_the_run),
        cmocka_unit_test(test_machine_execution__cron),
        cmocka_unit_test(test_machine_execution__cron_ends),
        cmocka_unit_test(test_machine_execution__cron_slot_is_not_lost),
        cmocka_unit_test(test_machine_execution__bad_cron_is_refused),
        cmocka_unit_test(test_machine_execution__start_policies),
        cmocka_unit_test(test_machine_execution__signal_with_start),
        cmocka_unit_test(test_machine_execution__signal_dedup),
        cmocka_unit_test(test_machine_execution__limit_terminates),
    };

    return cmocka_run_group_tests_name("machine_execution", tests, NULL, NULL);
}
