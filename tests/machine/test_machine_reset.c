/*
 * Reset of a run: the rows RESET of engine/server/workflow_task.def, and what a reset takes over, applies again and refuses
 * (engine-semantics 7.10).
 */
#include "tests/support/shard_fixture.h"

#define BEGINNING "WorkflowExecutionStarted Scheduled(1) Started "
#define AFTER_RESET "Failed(RESET_WORKFLOW) Scheduled(1)"

static struct wf_string kept(struct shard_fixture *f, struct wf_string text)
{
    return wf_string_copy(&f->arena, text);
}

static struct wf_string run_of(struct shard_fixture *f, const char *workflow_id)
{
    return kept(f, shard_describe(f, workflow_id)->workflow_execution->run_id);
}

/* Completes the first task with one command, so that event 4 is Completed. */
static void begin_with(struct shard_fixture *f, struct wf_command command)
{
    shard_start(f, "w");
    shard_status_is(shard_complete(f, shard_poll(f), &command, 1), WF_CALL_OK);
}

/* STARTED RESET, SCHEDULED RESET, NONE RESET: wherever the copy ends, a task of the new run fails there (step 3). */
static void test_machine_reset__to_each_boundary(void **state)
{
    static const struct {
        const char *name;
        int64_t event_id;
        const char *expected;
    } rows[] = {
        {"before Completed", 4, BEGINNING AFTER_RESET},
        {"before Started", 3, BEGINNING AFTER_RESET},
        {"before Failed", 8, BEGINNING "Completed Signaled Scheduled(1) Started " AFTER_RESET},
        {"after Failed", 9,
         BEGINNING "Completed Signaled Scheduled(1) Started Failed(WORKFLOW_WORKER_UNHANDLED_FAILURE) Scheduled(1) Started " AFTER_RESET},
        {"before Started of a transient task", 10,
         BEGINNING "Completed Signaled Scheduled(1) Started Failed(WORKFLOW_WORKER_UNHANDLED_FAILURE) Scheduled(2) Scheduled(1) "
                   "Started " AFTER_RESET},
        {"before Completed of a transient task", 11,
         BEGINNING "Completed Signaled Scheduled(1) Started Failed(WORKFLOW_WORKER_UNHANDLED_FAILURE) Scheduled(2) Started " AFTER_RESET},
    };

    (void)state;
    for (size_t i = 0; i < TEST_COUNT(rows); i++) {
        struct shard_fixture f;
        const struct wf_svc_response *response = NULL;

        shard_fixture_init(&f, NULL);
        shard_start(&f, "w");
        shard_complete(&f, shard_poll(&f), NULL, 0);
        shard_signal(&f, "w", "go", "");
        shard_fail(&f, shard_poll(&f));
        shard_complete(&f, shard_poll(&f), NULL, 0);
        shard_history_is(&f, "w", BEGINNING "Completed Signaled Scheduled(1) Started Failed(WORKFLOW_WORKER_UNHANDLED_FAILURE) Scheduled(2) "
                                            "Started Completed");
        response = shard_reset_with(&f, "w", (struct wf_string){0},
                                    (struct wf_svc_reset_workflow){.workflow_task_finish_event_id = rows[i].event_id,
                                                                   .reset_reapply_type = WF_RESET_REAPPLY_TYPE_NONE});
        shard_status_is(response, WF_CALL_OK);
        test_string_is(rows[i].name, shard_history(&f, "w"), rows[i].expected);
        assert_true(wf_string_equal(response->answer.started->run_id, run_of(&f, "w")));
        assert_non_null(shard_poll(&f));
        shard_fixture_deinit(&f);
    }
}

/* Step 1: no other event will do, and nothing changes. */
static void test_machine_reset__refuses_other_points(void **state)
{
    static const int64_t points[] = {-1, 0, 1, 2, 5, 6, 99};
    struct shard_fixture f;

    (void)state;
    shard_fixture_init(&f, NULL);
    shard_status_is(shard_reset(&f, "w", 4), WF_CALL_NOT_FOUND);
    begin_with(&f, shard_start_timer(&f, "t", WF_NS_PER_S));
    shard_fixture_advance(&f, 2 * WF_NS_PER_S);
    shard_history_is(&f, "w", BEGINNING "Completed TimerStarted TimerFired Scheduled(1)");
    for (size_t i = 0; i < TEST_COUNT(points); i++) {
        shard_status_is(shard_reset(&f, "w", points[i]), WF_CALL_INVALID_ARGUMENT);
    }
    shard_status_is(shard_reset_with(&f, "w", WF_STR("11111111-2222-3333-4444-555555555555"),
                                     (struct wf_svc_reset_workflow){.workflow_task_finish_event_id = 4}),
                    WF_CALL_NOT_FOUND);
    shard_history_is(&f, "w", BEGINNING "Completed TimerStarted TimerFired Scheduled(1)");
    shard_fixture_deinit(&f);
}

/* The base ends in the same transaction, and the new run's failed task names both; what started the chain is unchanged. */
static void test_machine_reset__names_both_runs(void **state)
{
    struct shard_fixture f;
    struct wf_string base = {0};
    const struct wf_event_workflow_task_failed *failed = NULL;
    const struct wf_event_workflow_execution_terminated *terminated = NULL;
    struct wf_history_message history = {0};

    (void)state;
    shard_fixture_init(&f, NULL);
    shard_start(&f, "w");
    base = run_of(&f, "w");
    shard_poll(&f);
    shard_status_is(shard_reset(&f, "w", 3), WF_CALL_OK);

    history = shard_events_of(&f, base);
    terminated = history.events.items[history.events.count - 1].attributes.workflow_execution_terminated;
    test_string_is("identity", terminated->identity, "history-resetter");
    test_string_is("reason", terminated->reason, "bad deploy");
    failed = shard_last_event(&f, "w", WF_EVENT_TYPE_WORKFLOW_TASK_FAILED)->attributes.workflow_task_failed;
    assert_true(wf_string_equal(failed->base_run_id, base));
    assert_true(wf_string_equal(failed->new_run_id, run_of(&f, "w")));
    test_string_is("failed by", failed->identity, "history-service");
    test_string_is("why", failed->failure->message, "bad deploy");
    assert_int_equal(failed->failure->failure_info_case, WF_CASE_failure_reset_workflow_failure_info);
    assert_true(wf_string_equal(shard_last_event(&f, "w", WF_EVENT_TYPE_WORKFLOW_EXECUTION_STARTED)
                                    ->attributes.workflow_execution_started->original_execution_run_id,
                                base));
    shard_fixture_deinit(&f);
}

/* Step 7: a request that comes again, to the base or to what it made, gives the same run; another request another one. */
static void test_machine_reset__is_done_once(void **state)
{
    struct shard_fixture f;
    struct wf_string base = {0};
    struct wf_string made = {0};
    const struct wf_svc_reset_workflow reset = {.workflow_task_finish_event_id = 4, .request_id = WF_STR("r1")};
    const struct wf_svc_reset_workflow other = {.workflow_task_finish_event_id = 4, .request_id = WF_STR("r2")};

    (void)state;
    shard_fixture_init(&f, NULL);
    begin_with(&f, shard_start_timer(&f, "t", WF_NS_PER_S));
    base = run_of(&f, "w");
    made = kept(&f, shard_reset_with(&f, "w", base, reset)->answer.started->run_id);
    assert_true(wf_string_equal(shard_reset_with(&f, "w", base, reset)->answer.started->run_id, made));
    assert_true(wf_string_equal(shard_reset_with(&f, "w", (struct wf_string){0}, reset)->answer.started->run_id, made));
    assert_true(wf_string_equal(run_of(&f, "w"), made));
    assert_false(wf_string_equal(shard_reset_with(&f, "w", base, other)->answer.started->run_id, made));
    assert_true(wf_string_equal(shard_reset_with(&f, "w", base, reset)->answer.started->run_id, made));
    shard_fixture_deinit(&f);
}

/* A closed run goes on too; a start with the request that made it is answered with the new run. */
static void test_machine_reset__of_a_closed_run(void **state)
{
    struct shard_fixture f;
    const struct wf_svc_start_workflow start = {.workflow_id = WF_STR("w"), .request_id = WF_STR("s1")};
    const struct wf_svc_response *again = NULL;

    (void)state;
    shard_fixture_init(&f, NULL);
    shard_start_with(&f, start);
    begin_with(&f, shard_complete_workflow(&f));
    shard_history_is(&f, "w", BEGINNING "Completed WorkflowExecutionCompleted");
    shard_status_is(shard_reset(&f, "w", 4), WF_CALL_OK);
    shard_history_is(&f, "w", BEGINNING AFTER_RESET);
    again = shard_start_with(&f, start);
    shard_status_is(again, WF_CALL_OK);
    assert_true(wf_string_equal(again->answer.started->run_id, run_of(&f, "w")));
    shard_fixture_deinit(&f);
}

/* Step 6: signals come again, also those that were buffered, with their request ids; the set of ids begins empty. */
static void test_machine_reset__applies_signals_again(void **state)
{
    static const struct {
        const char *name;
        enum wf_reset_reapply_type type;
        int32_t excluded;
        const char *expected;
    } rows[] = {
        {"as told nothing", WF_RESET_REAPPLY_TYPE_UNSPECIFIED, 0, "Failed(RESET_WORKFLOW) Signaled Signaled Scheduled(1)"},
        {"signals", WF_RESET_REAPPLY_TYPE_SIGNAL, 0, "Failed(RESET_WORKFLOW) Signaled Signaled Scheduled(1)"},
        {"all", WF_RESET_REAPPLY_TYPE_ALL_ELIGIBLE, WF_RESET_REAPPLY_EXCLUDE_TYPE_UPDATE,
         "Failed(RESET_WORKFLOW) Signaled Signaled Scheduled(1)"},
        {"none", WF_RESET_REAPPLY_TYPE_NONE, 0, AFTER_RESET},
        {"all but signals", WF_RESET_REAPPLY_TYPE_ALL_ELIGIBLE, WF_RESET_REAPPLY_EXCLUDE_TYPE_SIGNAL, AFTER_RESET},
    };

    (void)state;
    for (size_t i = 0; i < TEST_COUNT(rows); i++) {
        struct shard_fixture f;
        int32_t excluded = rows[i].excluded;
        char expected[240] = {0};
        struct wf_buffer text = {0};

        shard_fixture_init(&f, NULL);
        shard_start(&f, "w");
        shard_complete(&f, shard_poll(&f), NULL, 0);
        shard_signal(&f, "w", "a", "r1");
        shard_cancel(&f, "w"); /* never applied again */
        assert_non_null(shard_poll(&f));
        shard_signal(&f, "w", "b", "r2"); /* buffered */
        shard_status_is(shard_reset_with(&f, "w", (struct wf_string){0},
                                         (struct wf_svc_reset_workflow){
                                             .workflow_task_finish_event_id = 4,
                                             .reset_reapply_type = (int32_t)rows[i].type,
                                             .reset_reapply_exclude_types = {&excluded, excluded == 0 ? 0 : 1, 0}}),
                        WF_CALL_OK);
        wf_buffer_init_fixed(&text, expected, sizeof expected - 1);
        wf_buffer_printf(&text, BEGINNING "%s", rows[i].expected);
        test_string_is(rows[i].name, shard_history(&f, "w"), expected);
        assert_false(shard_describe(&f, "w")->is_cancel_requested);
        if (strstr(rows[i].expected, "Signaled") != NULL) {
            test_string_is("id", shard_last_event(&f, "w", WF_EVENT_TYPE_WORKFLOW_EXECUTION_SIGNALED)
                                     ->attributes.workflow_execution_signaled->request_id, "r2");
        }
        shard_signal(&f, "w", "a", "r1"); /* a client's late retry is another signal to this run */
        assert_int_equal(shard_last_event(&f, "w", WF_EVENT_TYPE_WORKFLOW_EXECUTION_SIGNALED)->event_id,
                         (int64_t)shard_events(&f, "w").events.count);
        shard_fixture_deinit(&f);
    }
}

/* Step 6: also signals of the runs that continued the base; the last of them ends. */
static void test_machine_reset__walks_what_continued_the_base(void **state)
{
    struct shard_fixture f;
    struct wf_string base = {0};

    (void)state;
    shard_fixture_init(&f, NULL);
    begin_with(&f, shard_continue_as_new(&f));
    base = kept(&f, shard_last_event(&f, "w", WF_EVENT_TYPE_WORKFLOW_EXECUTION_STARTED)
                        ->attributes.workflow_execution_started->continued_execution_run_id);
    shard_fixture_advance(&f, 2 * WF_NS_PER_S);
    shard_signal(&f, "w", "later", "r1");
    shard_status_is(shard_reset_with(&f, "w", base,
                                     (struct wf_svc_reset_workflow){.workflow_task_finish_event_id = 4}),
                    WF_CALL_OK);
    shard_history_is(&f, "w", BEGINNING "Failed(RESET_WORKFLOW) Signaled Scheduled(1)");
    shard_fixture_deinit(&f);
}

/* Step 4: an activity begins with its first attempt, and the old one's answer is not taken; one that was asked to cancel is
 * told so by its first heartbeat. */
static void test_machine_reset__dispatches_activities_again(void **state)
{
    struct shard_fixture f;
    struct wf_command command = {0};
    const struct wf_svc_activity_task *old = NULL;
    const struct wf_svc_activity_task *activity = NULL;
    const struct wf_svc_response *heartbeat = NULL;

    (void)state;
    shard_fixture_init(&f, NULL);
    begin_with(&f, shard_schedule_activity(&f, "a", 60 * WF_NS_PER_S));
    shard_fail_activity(&f, shard_poll_activity(&f), "Oops", false);
    shard_fixture_advance(&f, 2 * WF_NS_PER_S);
    old = shard_poll_activity(&f);
    assert_int_equal(old->attempt, 2);
    shard_signal(&f, "w", "go", "");
    command = shard_request_cancel_activity(&f, 5);
    shard_complete(&f, shard_poll(&f), &command, 1);
    shard_signal(&f, "w", "go", "");
    shard_poll(&f);
    shard_history_is(&f, "w", BEGINNING "Completed ActivityScheduled Signaled Scheduled(1) Started Completed "
                                        "ActivityCancelRequested Signaled Scheduled(1) Started");
    shard_status_is(shard_reset(&f, "w", 13), WF_CALL_OK);

    shard_status_is(shard_complete_activity(&f, old), WF_CALL_NOT_FOUND);
    activity = shard_poll_activity(&f);
    assert_non_null(activity);
    assert_int_equal(activity->attempt, 1);
    heartbeat = shard_heartbeat(&f, activity);
    assert_true(heartbeat->answer.heartbeat_answer->is_cancel_requested);
    shard_status_is(shard_cancel_activity(&f, activity), WF_CALL_OK);
    assert_int_equal(shard_last_event(&f, "w", WF_EVENT_TYPE_ACTIVITY_TASK_CANCELED)
                         ->attributes.activity_task_canceled->latest_cancel_requested_event_id, 10);
    shard_fixture_deinit(&f);
}

static void failed_by_reset(struct shard_fixture *f)
{
    const struct wf_event_activity_task_started *started =
        shard_last_event(f, "w", WF_EVENT_TYPE_ACTIVITY_TASK_STARTED)->attributes.activity_task_started;
    const struct wf_event_activity_task_failed *failed =
        shard_last_event(f, "w", WF_EVENT_TYPE_ACTIVITY_TASK_FAILED)->attributes.activity_task_failed;

    assert_int_equal(failed->scheduled_event_id, 5);
    assert_int_equal(failed->started_event_id, 8);
    assert_int_equal(failed->retry_state, WF_RETRY_STATE_NON_RETRYABLE_FAILURE);
    assert_true(failed->identity.size_bytes > 0);
    assert_true(wf_string_equal(failed->identity, started->identity));
    test_string_is("why", failed->failure->message, "bad deploy");
    assert_int_equal(failed->failure->failure_info_case, WF_CASE_failure_reset_workflow_failure_info);
}

/* Step 4: an activity whose start is among the copied events, but whose outcome is not, has failed; SCHEDULED RESET_RUN. What
 * came from outside is before that (3.8 rule 4). One event earlier nothing of the attempt is copied. */
static void test_machine_reset__fails_activities_that_had_begun(void **state)
{
    static const struct {
        int64_t event_id;
        const char *expected;
        bool has_failed;
    } rows[] = {
        {9, BEGINNING "Completed ActivityScheduled Signaled Scheduled(1) ActivityStarted Started Failed(RESET_WORKFLOW) Signaled "
                      "ActivityFailed Scheduled(1)", true},
        {8, BEGINNING "Completed ActivityScheduled Signaled Scheduled(1) Started Failed(RESET_WORKFLOW) Signaled Scheduled(1)",
         false},
    };

    (void)state;
    for (size_t i = 0; i < TEST_COUNT(rows); i++) {
        struct shard_fixture f;
        const struct wf_svc_activity_task *old = NULL;

        shard_fixture_init(&f, NULL);
        begin_with(&f, shard_schedule_activity(&f, "a", 60 * WF_NS_PER_S));
        old = shard_poll_activity(&f);
        shard_signal(&f, "w", "go", "");
        shard_status_is(shard_complete_activity(&f, old), WF_CALL_OK);
        shard_signal(&f, "w", "on", "");
        shard_history_is(&f, "w", BEGINNING "Completed ActivityScheduled Signaled Scheduled(1) ActivityStarted "
                                            "ActivityCompleted Signaled");
        shard_status_is(shard_reset(&f, "w", rows[i].event_id), WF_CALL_OK);
        shard_history_is(&f, "w", rows[i].expected);
        if (rows[i].has_failed) {
            failed_by_reset(&f);
        }
        assert_int_equal(shard_poll_activity(&f) == NULL, rows[i].has_failed);
        assert_non_null(shard_poll(&f));
        shard_fixture_deinit(&f);
    }
}

/* 2.3: an activity that waits for its attempt once more was asked to cancel before, and is not asked twice. */
static void test_machine_reset__remembers_cancel_requests(void **state)
{
    struct shard_fixture f;
    struct wf_command command = {0};

    (void)state;
    shard_fixture_init(&f, NULL);
    begin_with(&f, shard_schedule_activity(&f, "a", 60 * WF_NS_PER_S));
    assert_non_null(shard_poll_activity(&f));
    shard_signal(&f, "w", "go", "");
    command = shard_request_cancel_activity(&f, 5);
    shard_complete(&f, shard_poll(&f), &command, 1);
    shard_signal(&f, "w", "go", "");
    shard_poll(&f);
    shard_status_is(shard_reset(&f, "w", 13), WF_CALL_OK);

    shard_complete(&f, shard_poll(&f), &command, 1);
    shard_history_is(&f, "w", BEGINNING "Completed ActivityScheduled Signaled Scheduled(1) Started Completed "
                                        "ActivityCancelRequested Signaled Scheduled(1) Started " AFTER_RESET
                                        " Started Failed(BAD_REQUEST_CANCEL_ACTIVITY_ATTRIBUTES)");
    shard_fixture_deinit(&f);
}

/* Step 4: timers keep their time, 7.6: a run's own deadline begins anew. */
static void test_machine_reset__keeps_timers_and_renews_deadlines(void **state)
{
    struct shard_fixture f;
    struct wf_command command = {0};

    (void)state;
    shard_fixture_init(&f, NULL);
    shard_start_with(&f, (struct wf_svc_start_workflow){.workflow_id = WF_STR("w"),
                                                        .workflow_run_timeout = wf_duration_of(20 * WF_NS_PER_S)});
    command = shard_start_timer(&f, "t", 12 * WF_NS_PER_S);
    shard_complete(&f, shard_poll(&f), &command, 1);
    shard_signal(&f, "w", "go", "");
    shard_poll(&f);
    shard_fixture_advance(&f, 9 * WF_NS_PER_S);
    shard_status_is(shard_reset(&f, "w", 8), WF_CALL_OK);
    assert_int_equal(shard_describe(&f, "w")->run_expiration_ns, f.now_ns + 20 * WF_NS_PER_S);
    shard_fixture_advance(&f, 4 * WF_NS_PER_S);
    shard_history_is(&f, "w", BEGINNING "Completed TimerStarted Signaled Scheduled(1) Started "
                                        "Failed(RESET_WORKFLOW) Scheduled(1) TimerFired");
    shard_fixture_deinit(&f);
}

/* 7.6: the deadline of a chain is in whole milliseconds, also the new one. */
static void test_machine_reset__renews_the_deadline_of_the_chain(void **state)
{
    struct shard_fixture f;

    (void)state;
    shard_fixture_init(&f, NULL);
    shard_start_with(&f,
                     (struct wf_svc_start_workflow){.workflow_id = WF_STR("w"),
                                                    .workflow_execution_timeout = wf_duration_of(20 * WF_NS_PER_S)});
    shard_poll(&f);
    shard_fixture_advance(&f, WF_NS_PER_S + 1);
    shard_status_is(shard_reset(&f, "w", 3), WF_CALL_OK);
    assert_int_not_equal(f.now_ns % WF_NS_PER_MS, 0);
    assert_int_equal(shard_describe(&f, "w")->run_expiration_ns,
                     (f.now_ns + 20 * WF_NS_PER_S) / WF_NS_PER_MS * WF_NS_PER_MS);
    shard_fixture_deinit(&f);
}

/* The memo and search attributes of the copied events are the new run's, and no later ones. */
static void test_machine_reset__keeps_the_memo_of_its_events(void **state)
{
    struct shard_fixture f;
    struct wf_entry_payload fields[2] = {{.key = WF_STR("a"), .value = {.data = WF_STR("1")}},
                                         {.key = WF_STR("b"), .value = {.data = WF_STR("2")}}};
    struct wf_memo memo = {.fields = {fields, 1, 0}};
    struct wf_command_modify_workflow_properties modify = {.upserted_memo = &memo};
    const struct wf_command command = {.command_type = WF_COMMAND_TYPE_MODIFY_WORKFLOW_PROPERTIES,
                                       .attributes_case = WF_CASE_command_modify_workflow_properties,
                                       .attributes.modify_workflow_properties = &modify};
    const struct sim_db_current *current = NULL;
    struct wf_state_run stored = {0};
    struct wf_error err;

    (void)state;
    shard_fixture_init(&f, NULL);
    begin_with(&f, command);
    shard_signal(&f, "w", "go", "");
    memo.fields.items = &fields[1];
    shard_complete(&f, shard_poll(&f), &command, 1);
    shard_status_is(shard_reset(&f, "w", 8), WF_CALL_OK);

    current = sim_database_current(&f.database, WF_STR("w"));
    assert_int_equal(wf_wire_decode(&f.arena, &wf_type_state_run,
                                    sim_database_run(&f.database, current->run_id)->state, &stored, &err), WF_OK);
    assert_int_equal(stored.memo->fields.count, 1);
    test_string_is("key", stored.memo->fields.items[0].key, "a");
    shard_fixture_deinit(&f);
}

/* 5.4, step 6: a child that was begun before stays, knows its parent by the old run, and its end comes to the new one. */
static void test_machine_reset__keeps_children(void **state)
{
    static const struct {
        const char *name;
        bool ends_before;
    } rows[] = {{"ends before the reset", true}, {"ends after the reset", false}};

    (void)state;
    for (size_t i = 0; i < TEST_COUNT(rows); i++) {
        struct shard_fixture f;
        const struct wf_command complete = {.command_type = WF_COMMAND_TYPE_COMPLETE_WORKFLOW_EXECUTION};
        struct wf_command command = complete;

        shard_fixture_init(&f, NULL);
        begin_with(&f, shard_start_child(&f, "c", WF_PARENT_CLOSE_POLICY_TERMINATE));
        shard_history_is(&f, "w", BEGINNING "Completed StartChildWorkflowExecutionInitiated "
                                            "ChildWorkflowExecutionStarted Scheduled(1)");
        command = shard_complete_workflow(&f);
        if (rows[i].ends_before) {
            shard_status_is(shard_complete(&f, shard_poll_of(&f, "c"), &command, 1), WF_CALL_OK);
        }
        shard_poll_of(&f, "w");
        shard_status_is(shard_reset(&f, "w", 8), WF_CALL_OK);
        assert_int_equal(shard_describe(&f, "c")->status, rows[i].ends_before
                                                              ? WF_WORKFLOW_EXECUTION_STATUS_COMPLETED
                                                              : WF_WORKFLOW_EXECUTION_STATUS_RUNNING);
        if (!rows[i].ends_before) {
            shard_status_is(shard_complete(&f, shard_poll_of(&f, "c"), &command, 1), WF_CALL_OK);
        }
        assert_int_equal(shard_last_event(&f, "w", WF_EVENT_TYPE_CHILD_WORKFLOW_EXECUTION_COMPLETED)
                             ->attributes.child_workflow_execution_completed->started_event_id, 6);
        assert_int_equal(shard_describe(&f, "w")->pending_children.count, 0);
        shard_fixture_deinit(&f);
    }
}

/* "w" has a child "c" that ends with it, and was reset once. */
static void begin_reset_parent(struct shard_fixture *f)
{
    shard_fixture_init(f, NULL);
    begin_with(f, shard_start_child(f, "c", WF_PARENT_CLOSE_POLICY_TERMINATE));
    shard_poll_of(f, "w");
    shard_status_is(shard_reset(f, "w", 8), WF_CALL_OK);
}

/* 5.4: the close policy of the new run reaches the child, which knows the old one; the reset itself leaves it alone. */
static void test_machine_reset__closes_children_with_the_new_run(void **state)
{
    struct shard_fixture f;

    (void)state;
    begin_reset_parent(&f);
    shard_poll_of(&f, "w");
    shard_status_is(shard_reset(&f, "w", 11), WF_CALL_OK); /* twice: the parent is still the first run */
    assert_int_equal(shard_describe(&f, "c")->status, WF_WORKFLOW_EXECUTION_STATUS_RUNNING);
    shard_terminate(&f, "w");
    assert_int_equal(shard_describe(&f, "c")->status, WF_WORKFLOW_EXECUTION_STATUS_TERMINATED);
    shard_fixture_deinit(&f);
}

/* The same when the second point lies before the event that says where the first run's events were copied from. */
static void test_machine_reset__closes_children_of_the_first_run(void **state)
{
    struct shard_fixture f;

    (void)state;
    begin_reset_parent(&f);
    shard_status_is(shard_reset(&f, "w", 8), WF_CALL_OK);
    shard_history_is(&f, "w", BEGINNING "Completed StartChildWorkflowExecutionInitiated ChildWorkflowExecutionStarted "
                                        "Scheduled(1) Started " AFTER_RESET);
    shard_terminate(&f, "w");
    assert_int_equal(shard_describe(&f, "c")->status, WF_WORKFLOW_EXECUTION_STATUS_TERMINATED);
    shard_fixture_deinit(&f);
}

/* A third reset copies only the event that names the second run, which had the child from the first. */
static void test_machine_reset__closes_children_that_were_passed_on(void **state)
{
    struct shard_fixture f;

    (void)state;
    begin_reset_parent(&f);
    shard_status_is(shard_reset(&f, "w", 8), WF_CALL_OK);
    shard_poll_of(&f, "w");
    shard_status_is(shard_reset(&f, "w", 11), WF_CALL_OK);
    shard_terminate(&f, "w");
    assert_int_equal(shard_describe(&f, "c")->status, WF_WORKFLOW_EXECUTION_STATUS_TERMINATED);
    shard_fixture_deinit(&f);
}

/* A start under way when the parent is reset is the new run's: one child comes of it. */
static void test_machine_reset__takes_over_a_start_under_way(void **state)
{
    struct shard_fixture f;

    (void)state;
    shard_fixture_init(&f, NULL);
    f.held_call_case = WF_CASE_svc_request_start_workflow;
    begin_with(&f, shard_start_child(&f, "c", WF_PARENT_CLOSE_POLICY_TERMINATE));
    shard_signal(&f, "w", "go", "");
    shard_poll_of(&f, "w");
    shard_status_is(shard_reset(&f, "w", 8), WF_CALL_OK);
    shard_status_is(shard_fixture_forward(&f, false), WF_CALL_OK); /* of the old run's task, which has ended */
    shard_status_is(shard_fixture_forward(&f, false), WF_CALL_OK); /* of the new one's: the same child */
    assert_non_null(shard_last_event(&f, "w", WF_EVENT_TYPE_CHILD_WORKFLOW_EXECUTION_STARTED));
    assert_non_null(shard_poll_of(&f, "c"));
    shard_fixture_deinit(&f);
}

/* Signals and cancel requests without an outcome go out once more. */
static void test_machine_reset__sends_to_others_again(void **state)
{
    struct shard_fixture f;
    struct wf_command commands[2] = {{0}};

    (void)state;
    shard_fixture_init(&f, NULL);
    shard_start(&f, "other");
    shard_start(&f, "w");
    f.held_call_case = WF_CASE_svc_request_signal_workflow;
    commands[0] = shard_signal_external(&f, "other");
    commands[1] = shard_cancel_external(&f, "other");
    shard_complete(&f, shard_poll_of(&f, "w"), commands, 2);
    shard_poll_of(&f, "w");
    shard_history_is(&f, "w", BEGINNING "Completed SignalExternalWorkflowExecutionInitiated "
                                        "RequestCancelExternalWorkflowExecutionInitiated "
                                        "ExternalWorkflowExecutionCancelRequested Scheduled(1) Started");
    shard_status_is(shard_reset(&f, "w", 9), WF_CALL_OK);
    assert_int_equal(shard_describe(&f, "w")->pending_externals.count, 1);
    shard_fixture_forward(&f, false); /* the old run's */
    shard_status_is(shard_fixture_forward(&f, false), WF_CALL_OK);
    assert_int_equal(shard_last_event(&f, "w", WF_EVENT_TYPE_EXTERNAL_WORKFLOW_EXECUTION_SIGNALED)
                         ->attributes.external_workflow_execution_signaled->initiated_event_id, 5);
    shard_fixture_deinit(&f);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_machine_reset__to_each_boundary),
        cmocka_unit_test(test_machine_reset__refuses_other_points),
        cmocka_unit_test(test_machine_reset__names_both_runs),
        cmocka_unit_test(test_machine_reset__is_done_once),
        cmocka_unit_test(test_machine_reset__of_a_closed_run),
        cmocka_unit_test(test_machine_reset__applies_signals_again),
        cmocka_unit_test(test_machine_reset__walks_what_continued_the_base),
        cmocka_unit_test(test_machine_reset__dispatches_activities_again),
        cmocka_unit_test(test_machine_reset__fails_activities_that_had_begun),
        cmocka_unit_test(test_machine_reset__remembers_cancel_requests),
        cmocka_unit_test(test_machine_reset__keeps_timers_and_renews_deadlines),
        cmocka_unit_test(test_machine_reset__renews_the_deadline_of_the_chain),
        cmocka_unit_test(test_machine_reset__keeps_the_memo_of_its_events),
        cmocka_unit_test(test_machine_reset__keeps_children),
        cmocka_unit_test(test_machine_reset__closes_children_with_the_new_run),
        cmocka_unit_test(test_machine_reset__closes_children_of_the_first_run),
        cmocka_unit_test(test_machine_reset__closes_children_that_were_passed_on),
        cmocka_unit_test(test_machine_reset__takes_over_a_start_under_way),
        cmocka_unit_test(test_machine_reset__sends_to_others_again),
    };

    return cmocka_run_group_tests_name("machine_reset", tests, NULL, NULL);
}
