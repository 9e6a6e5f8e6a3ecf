/* Every row of engine/server/pending_child.def, and the held start of execution.def: parent and child as two
 * workflows of one shard. */
#include "tests/support/shard_fixture.h"

#define BEGINNING "WorkflowExecutionStarted Scheduled(1) Started Completed "
#define INITIATED BEGINNING "StartChildWorkflowExecutionInitiated "
#define STARTED INITIATED "ChildWorkflowExecutionStarted Scheduled(1)"

static void begin_with(struct shard_fixture *f, struct wf_command command)
{
    shard_start(f, "p");
    shard_status_is(shard_complete(f, shard_poll_of(f, "p"), &command, 1), WF_CALL_OK);
}

static void begin(struct shard_fixture *f, enum wf_parent_close_policy policy)
{
    shard_fixture_init(f, NULL);
    begin_with(f, shard_start_child(f, "c", policy));
}

static const struct wf_event *last_event(struct shard_fixture *f, const char *workflow_id,
                                         enum wf_event_type type)
{
    const struct wf_history_message history = shard_events(f, workflow_id);

    for (uint32_t i = history.events.count; i > 0; i--) {
        if (history.events.items[i - 1].event_type == (int32_t)type) {
            return &history.events.items[i - 1];
        }
    }
    fail_msg("no %s in %s", wf_event_type_name((int32_t)type), workflow_id);
    return NULL;
}

static struct wf_string run_of(struct shard_fixture *f, const char *workflow_id)
{
    return shard_describe(f, workflow_id)->workflow_execution->run_id;
}

static int32_t status_of(struct shard_fixture *f, const char *workflow_id)
{
    return shard_describe(f, workflow_id)->status;
}

/* NONE INITIATE, INITIATED START: the child knows its parent, and begins only when the parent has
 * recorded its start (5.4 steps 2 to 5). */
static void test_machine_child__starts_after_the_parent_knows(void **state)
{
    struct shard_fixture f;
    const struct wf_event_workflow_execution_started *started = NULL;
    const struct wf_event_child_workflow_execution_started *known = NULL;

    (void)state;
    shard_fixture_init(&f, NULL);
    f.held_call_case = WF_CASE_svc_request_schedule_first_task;
    begin_with(&f, shard_start_child(&f, "c", WF_PARENT_CLOSE_POLICY_UNSPECIFIED));
    shard_history_is(&f, "p", STARTED);
    shard_history_is(&f, "c", "WorkflowExecutionStarted");
    assert_true(shard_describe(&f, "c")->is_held);
    assert_int_equal(shard_describe(&f, "p")->pending_children.count, 1);
    assert_int_equal(shard_describe(&f, "p")->pending_children.items[0].parent_close_policy,
                     WF_PARENT_CLOSE_POLICY_TERMINATE); /* 2.3: the default */
    shard_status_is(shard_fixture_forward(&f, true), WF_CALL_OK);
    shard_status_is(shard_fixture_forward(&f, false), WF_CALL_OK); /* twice is once */
    shard_history_is(&f, "c", "WorkflowExecutionStarted Scheduled(1)");

    started = last_event(&f, "c", WF_EVENT_TYPE_WORKFLOW_EXECUTION_STARTED)
                  ->attributes.workflow_execution_started;
    test_string_is("parent", started->parent_workflow_execution->workflow_id, "p");
    assert_true(wf_string_equal(started->parent_workflow_execution->run_id, run_of(&f, "p")));
    assert_int_equal(started->parent_initiated_event_id, 5);
    test_string_is("root", started->root_workflow_execution->workflow_id, "p");
    test_string_is("queue", started->task_queue->name, "queue"); /* 2.3: the parent's */
    known = last_event(&f, "p", WF_EVENT_TYPE_CHILD_WORKFLOW_EXECUTION_STARTED)
                ->attributes.child_workflow_execution_started;
    assert_true(wf_string_equal(known->workflow_execution->run_id, run_of(&f, "c")));
    assert_int_equal(known->initiated_event_id, 5);
    shard_fixture_deinit(&f);
}

/* STARTED COMPLETE, FAIL, CANCEL, TIME_OUT, TERMINATE: the child's end is the parent's event, with
 * the ids of what came before. */
static void test_machine_child__ends(void **state)
{
    static const struct {
        const char *name;
        struct wf_command (*close)(struct shard_fixture *f);
        bool is_timeout;
    } rows[] = {
        {"Completed", shard_complete_workflow, false}, {"Failed", shard_fail_workflow, false},
        {"Canceled", shard_cancel_workflow, false},    {"TimedOut", NULL, true},
        {"Terminated", NULL, false},
    };

    (void)state;
    for (size_t i = 0; i < TEST_COUNT(rows); i++) {
        struct shard_fixture f;
        struct wf_command command = {0};
        char expected[240] = {0};
        struct wf_buffer text = {0};
        struct wf_history_message history = {0};

        shard_fixture_init(&f, NULL);
        command = shard_start_child(&f, "c", WF_PARENT_CLOSE_POLICY_TERMINATE);
        command.attributes.start_child_workflow_execution->workflow_run_timeout = wf_duration_of(
            rows[i].is_timeout ? WF_NS_PER_S : 0);
        begin_with(&f, command);
        if (rows[i].close != NULL) {
            command = rows[i].close(&f);
            shard_status_is(shard_complete(&f, shard_poll_of(&f, "c"), &command, 1), WF_CALL_OK);
        } else if (rows[i].is_timeout) {
            shard_fixture_advance(&f, 2 * WF_NS_PER_S);
        } else {
            shard_status_is(shard_terminate(&f, "c"), WF_CALL_OK);
        }
        wf_buffer_init_fixed(&text, expected, sizeof expected - 1);
        wf_buffer_printf(&text, STARTED " ChildWorkflowExecution%s", rows[i].name);
        shard_history_is(&f, "p", expected);
        history = shard_events(&f, "p");
        /* All outcomes end alike, whatever is in front; the schema knows where. */
        test_string_is("type", wf_string_of(wf_event_type_name(history.events.items[7].event_type)),
                       expected + strlen(STARTED) + 1);
        assert_int_equal(shard_describe(&f, "p")->pending_children.count, 0);
        shard_fixture_deinit(&f);
    }
}

/* 5.4: the failure is the child's, word for word, and the outcome names start and command. */
static void test_machine_child__outcome_names_its_beginning(void **state)
{
    struct shard_fixture f;
    struct wf_command command = {0};
    const struct wf_event_child_workflow_execution_failed *failed = NULL;

    (void)state;
    begin(&f, WF_PARENT_CLOSE_POLICY_TERMINATE);
    command = shard_fail_workflow(&f);
    shard_status_is(shard_complete(&f, shard_poll_of(&f, "c"), &command, 1), WF_CALL_OK);
    failed = last_event(&f, "p", WF_EVENT_TYPE_CHILD_WORKFLOW_EXECUTION_FAILED)
                 ->attributes.child_workflow_execution_failed;
    assert_int_equal(failed->initiated_event_id, 5);
    assert_int_equal(failed->started_event_id, 6);
    test_string_is("message", failed->failure->message, "failed");
    assert_int_equal(failed->retry_state, WF_RETRY_STATE_RETRY_POLICY_NOT_SET);
    shard_fixture_deinit(&f);
}

/* 3.8 rule 5: start and end that come while the parent's task runs are numbered together. */
static void test_machine_child__buffered_end_finds_its_start(void **state)
{
    struct shard_fixture f;
    struct wf_command command = {0};
    const struct wf_svc_workflow_task *task = NULL;
    const struct wf_event_child_workflow_execution_completed *completed = NULL;

    (void)state;
    shard_fixture_init(&f, NULL);
    f.held_call_case = WF_CASE_svc_request_start_workflow;
    begin_with(&f, shard_start_child(&f, "c", WF_PARENT_CLOSE_POLICY_TERMINATE));
    shard_signal(&f, "p", "go", "r");
    task = shard_poll_of(&f, "p");
    shard_status_is(shard_fixture_forward(&f, false), WF_CALL_OK);
    command = shard_complete_workflow(&f);
    shard_status_is(shard_complete(&f, shard_poll_of(&f, "c"), &command, 1), WF_CALL_OK);
    shard_history_is(&f, "p", INITIATED "Signaled Scheduled(1) Started");
    shard_status_is(shard_complete(&f, task, NULL, 0), WF_CALL_OK);
    shard_history_is(&f, "p",
                     INITIATED "Signaled Scheduled(1) Started Completed "
                               "ChildWorkflowExecutionStarted ChildWorkflowExecutionCompleted "
                               "Scheduled(1)");
    completed = last_event(&f, "p", WF_EVENT_TYPE_CHILD_WORKFLOW_EXECUTION_COMPLETED)
                    ->attributes.child_workflow_execution_completed;
    assert_int_equal(completed->started_event_id, 10);
    shard_fixture_deinit(&f);
}

/* INITIATED FAIL_START: a running workflow has the id (step 3). */
static void test_machine_child__id_in_use(void **state)
{
    struct shard_fixture f;
    const struct wf_event_start_child_workflow_execution_failed *failed = NULL;

    (void)state;
    shard_fixture_init(&f, NULL);
    shard_start(&f, "c");
    begin_with(&f, shard_start_child(&f, "c", WF_PARENT_CLOSE_POLICY_TERMINATE));
    shard_history_is(&f, "p", INITIATED "StartChildWorkflowExecutionFailed Scheduled(1)");
    failed = last_event(&f, "p", WF_EVENT_TYPE_START_CHILD_WORKFLOW_EXECUTION_FAILED)
                 ->attributes.start_child_workflow_execution_failed;
    assert_int_equal(failed->cause,
                     WF_START_CHILD_WORKFLOW_EXECUTION_FAILED_CAUSE_WORKFLOW_ALREADY_EXISTS);
    assert_int_equal(failed->initiated_event_id, 5);
    assert_int_equal(shard_describe(&f, "p")->pending_children.count, 0);
    shard_fixture_deinit(&f);
}

/* 7.1 rows 8 and 9: what a closed workflow of the id means is the policy's. */
static void test_machine_child__reuse_policies(void **state)
{
    static const struct {
        enum wf_workflow_id_reuse_policy policy;
        bool is_completed;
        bool is_started;
    } rows[] = {
        {WF_WORKFLOW_ID_REUSE_POLICY_UNSPECIFIED, true, true},
        {WF_WORKFLOW_ID_REUSE_POLICY_ALLOW_DUPLICATE_FAILED_ONLY, true, false},
        {WF_WORKFLOW_ID_REUSE_POLICY_ALLOW_DUPLICATE_FAILED_ONLY, false, true},
        {WF_WORKFLOW_ID_REUSE_POLICY_REJECT_DUPLICATE, false, false},
        {WF_WORKFLOW_ID_REUSE_POLICY_TERMINATE_IF_RUNNING, false, true},
    };

    (void)state;
    for (size_t i = 0; i < TEST_COUNT(rows); i++) {
        struct shard_fixture f;
        struct wf_command command = {0};

        shard_fixture_init(&f, NULL);
        shard_start(&f, "c");
        command = rows[i].is_completed ? shard_complete_workflow(&f) : shard_fail_workflow(&f);
        shard_complete(&f, shard_poll(&f), &command, 1);
        command = shard_start_child(&f, "c", WF_PARENT_CLOSE_POLICY_TERMINATE);
        command.attributes.start_child_workflow_execution->workflow_id_reuse_policy =
            (int32_t)rows[i].policy;
        begin_with(&f, command);
        shard_history_is(&f, "p",
                         rows[i].is_started
                             ? STARTED
                             : INITIATED "StartChildWorkflowExecutionFailed Scheduled(1)");
        shard_fixture_deinit(&f);
    }
}

/* Step 2: the request id is the same each time, so a repeated start is the same run. */
static void test_machine_child__lost_answer_starts_no_second_run(void **state)
{
    struct shard_fixture f;
    struct wf_string run_id = {0};

    (void)state;
    shard_fixture_init(&f, NULL);
    f.held_call_case = WF_CASE_svc_request_start_workflow;
    begin_with(&f, shard_start_child(&f, "c", WF_PARENT_CLOSE_POLICY_TERMINATE));
    shard_status_is(shard_fixture_forward(&f, true), WF_CALL_OK);
    run_id = run_of(&f, "c");
    shard_fixture_answer_call(&f, WF_CALL_DEADLINE_EXCEEDED);
    shard_fixture_advance(&f, WF_NS_PER_S);
    shard_status_is(shard_fixture_forward(&f, false), WF_CALL_OK);
    shard_history_is(&f, "p", STARTED);
    assert_true(wf_string_equal(run_id, run_of(&f, "c")));
    shard_fixture_deinit(&f);
}

/* 8.3: the owner dies at each point between the start and the child's first task. */
static void test_machine_child__survives_the_owner(void **state)
{
    static const uint32_t held[] = {WF_CASE_svc_request_start_workflow,
                                    WF_CASE_svc_request_schedule_first_task};

    (void)state;
    for (size_t i = 0; i < TEST_COUNT(held) * 2; i++) {
        struct shard_fixture f;

        shard_fixture_init(&f, NULL);
        f.held_call_case = held[i / 2];
        begin_with(&f, shard_start_child(&f, "c", WF_PARENT_CLOSE_POLICY_TERMINATE));
        if (i % 2 != 0) {
            shard_fixture_forward(&f, true); /* done, and nobody was told */
        }
        shard_fixture_crash(&f, 0);
        f.held_call_case = 0;
        shard_fixture_acquire(&f, 0);
        shard_history_is(&f, "p", STARTED);
        shard_history_is(&f, "c", "WorkflowExecutionStarted Scheduled(1)");
        shard_fixture_deinit(&f);
    }
}

/* "Closing": the report comes again and again until it is taken, and is taken once. */
static void test_machine_child__report_is_taken_once(void **state)
{
    struct shard_fixture f;
    struct wf_command command = {0};

    (void)state;
    begin(&f, WF_PARENT_CLOSE_POLICY_TERMINATE);
    f.held_call_case = WF_CASE_svc_request_record_child_closed;
    command = shard_complete_workflow(&f);
    shard_complete(&f, shard_poll_of(&f, "c"), &command, 1);
    shard_fixture_answer_call(&f, WF_CALL_UNAVAILABLE);
    shard_history_is(&f, "p", STARTED);
    shard_fixture_advance(&f, WF_NS_PER_S);
    shard_status_is(shard_fixture_forward(&f, true), WF_CALL_OK);
    shard_status_is(shard_fixture_forward(&f, true), WF_CALL_NOT_FOUND);
    shard_fixture_crash(&f, 0);
    f.held_call_case = 0;
    shard_fixture_acquire(&f, 0);
    shard_history_is(&f, "p", STARTED " ChildWorkflowExecutionCompleted");
    shard_fixture_deinit(&f);
}

/* "If the parent has no ChildStarted yet, it is recorded first." */
static void test_machine_child__end_before_the_start_is_known(void **state)
{
    struct shard_fixture f;

    (void)state;
    shard_fixture_init(&f, NULL);
    f.held_call_case = WF_CASE_svc_request_start_workflow;
    begin_with(&f, shard_start_child(&f, "c", WF_PARENT_CLOSE_POLICY_TERMINATE));
    shard_status_is(shard_fixture_forward(&f, true), WF_CALL_OK);
    shard_status_is(shard_terminate(&f, "c"), WF_CALL_OK);
    shard_history_is(&f, "p",
                     INITIATED "ChildWorkflowExecutionStarted ChildWorkflowExecutionTerminated "
                               "Scheduled(1)");
    shard_fixture_answer_call(&f, WF_CALL_DEADLINE_EXCEEDED);
    shard_fixture_advance(&f, WF_NS_PER_S);
    shard_history_is(&f, "p",
                     INITIATED "ChildWorkflowExecutionStarted ChildWorkflowExecutionTerminated "
                               "Scheduled(1)");
    shard_history_is(&f, "c", "WorkflowExecutionStarted Terminated");
    shard_fixture_deinit(&f);
}

/* 7.3: the link goes on with the chain, and its last run reports. */
static void test_machine_child__the_last_run_reports(void **state)
{
    struct shard_fixture f;
    struct wf_command command = {0};
    const struct wf_event_child_workflow_execution_completed *completed = NULL;
    struct wf_string first_run_id = {0};

    (void)state;
    begin(&f, WF_PARENT_CLOSE_POLICY_TERMINATE);
    first_run_id = run_of(&f, "c");
    command = shard_continue_as_new(&f);
    shard_complete(&f, shard_poll_of(&f, "c"), &command, 1);
    shard_history_is(&f, "p", STARTED); /* the chain goes on */
    shard_fixture_advance(&f, 2 * WF_NS_PER_S);
    command = shard_complete_workflow(&f);
    shard_complete(&f, shard_poll_of(&f, "c"), &command, 1);
    shard_history_is(&f, "p", STARTED " ChildWorkflowExecutionCompleted");
    completed = last_event(&f, "p", WF_EVENT_TYPE_CHILD_WORKFLOW_EXECUTION_COMPLETED)
                    ->attributes.child_workflow_execution_completed;
    assert_false(wf_string_equal(completed->workflow_execution->run_id, first_run_id));
    assert_true(wf_string_equal(completed->workflow_execution->run_id, run_of(&f, "c")));
    shard_fixture_deinit(&f);
}

/* 8.7: a start that comes late, when the chain is in another run or has ended, makes no other child. */
static void test_machine_child__late_start_makes_no_second_child(void **state)
{
    struct shard_fixture f;
    struct wf_command command = {0};
    const struct wf_svc_response *late = NULL;
    struct wf_string first_run_id = {0};

    (void)state;
    begin(&f, WF_PARENT_CLOSE_POLICY_TERMINATE);
    first_run_id = run_of(&f, "c");
    command = shard_continue_as_new(&f);
    shard_complete(&f, shard_poll_of(&f, "c"), &command, 1);
    shard_fixture_advance(&f, 2 * WF_NS_PER_S);
    command = shard_complete_workflow(&f);
    shard_complete(&f, shard_poll_of(&f, "c"), &command, 1);
    assert_int_equal(f.calls[0].request->call_case, WF_CASE_svc_request_start_workflow);
    late = shard_fixture_call(&f, f.calls[0].request);
    shard_status_is(late, WF_CALL_OK);
    assert_true(wf_string_equal(late->answer.started->run_id, first_run_id));
    assert_int_equal(status_of(&f, "c"), WF_WORKFLOW_EXECUTION_STATUS_COMPLETED);
    shard_fixture_deinit(&f);
}

/* Parent close policy, of a child that runs. */
static void test_machine_child__parent_close_policies(void **state)
{
    static const struct {
        enum wf_parent_close_policy policy;
        const char *child;
    } rows[] = {
        {WF_PARENT_CLOSE_POLICY_TERMINATE, "WorkflowExecutionStarted Scheduled(1) Terminated"},
        {WF_PARENT_CLOSE_POLICY_REQUEST_CANCEL,
         "WorkflowExecutionStarted Scheduled(1) CancelRequested"},
        {WF_PARENT_CLOSE_POLICY_ABANDON, "WorkflowExecutionStarted Scheduled(1)"},
    };

    (void)state;
    for (size_t i = 0; i < TEST_COUNT(rows) * 2; i++) {
        struct shard_fixture f;
        struct wf_command command = {0};

        begin(&f, rows[i / 2].policy);
        f.held_call_case = i % 2 == 0                                 ? 0
                           : rows[i / 2].policy == WF_PARENT_CLOSE_POLICY_TERMINATE
                               ? WF_CASE_svc_request_terminate
                               : WF_CASE_svc_request_request_cancel;
        command = i / 2 == 0 ? shard_continue_as_new(&f) : shard_complete_workflow(&f);
        shard_complete(&f, shard_poll_of(&f, "p"), &command, 1);
        if (i % 2 != 0) { /* the close task's owner dies before the call */
            shard_fixture_crash(&f, 0);
            f.held_call_case = 0;
            shard_fixture_acquire(&f, 0);
        }
        shard_history_is(&f, "c", rows[i / 2].child);
        shard_fixture_deinit(&f);
    }
}

/* 5.4 step 1 and the end of "Lifecycle": the parent ends while the start is under way. */
static void test_machine_child__parent_closes_before_the_start_is_known(void **state)
{
    static const struct {
        enum wf_parent_close_policy policy;
        const char *child;
    } rows[] = {
        {WF_PARENT_CLOSE_POLICY_TERMINATE, "WorkflowExecutionStarted Terminated"},
        {WF_PARENT_CLOSE_POLICY_REQUEST_CANCEL,
         "WorkflowExecutionStarted CancelRequested Scheduled(1)"},
        {WF_PARENT_CLOSE_POLICY_ABANDON, "WorkflowExecutionStarted"}, /* the known anomaly */
    };

    (void)state;
    for (size_t i = 0; i < TEST_COUNT(rows); i++) {
        struct shard_fixture f;

        shard_fixture_init(&f, NULL);
        f.held_call_case = WF_CASE_svc_request_start_workflow;
        begin_with(&f, shard_start_child(&f, "c", rows[i].policy));
        shard_terminate(&f, "p");
        shard_status_is(shard_fixture_forward(&f, false), WF_CALL_OK);
        shard_history_is(&f, "p", INITIATED "Terminated");
        shard_history_is(&f, "c", rows[i].child);
        shard_fixture_deinit(&f);
    }
}

/* 5.4 step 1: a command that closes the run beside it leaves the child unborn. */
static void test_machine_child__never_born(void **state)
{
    struct shard_fixture f;
    struct wf_command commands[2];

    (void)state;
    shard_fixture_init(&f, NULL);
    shard_start(&f, "p");
    commands[0] = shard_start_child(&f, "c", WF_PARENT_CLOSE_POLICY_ABANDON);
    commands[1] = shard_complete_workflow(&f);
    shard_status_is(shard_complete(&f, shard_poll(&f), commands, 2), WF_CALL_OK);
    shard_history_is(&f, "p", INITIATED "WorkflowExecutionCompleted");
    assert_int_equal(f.call_count, 0);
    shard_fixture_deinit(&f);
}

/* The report of a child whose parent has closed is dropped. */
static void test_machine_child__report_to_a_closed_parent(void **state)
{
    struct shard_fixture f;
    struct wf_command command = {0};

    (void)state;
    begin(&f, WF_PARENT_CLOSE_POLICY_ABANDON);
    shard_terminate(&f, "p");
    command = shard_complete_workflow(&f);
    shard_status_is(shard_complete(&f, shard_poll_of(&f, "c"), &command, 1), WF_CALL_OK);
    shard_history_is(&f, "p", STARTED " Terminated");
    assert_int_equal(f.calls[f.call_count - 1].request->call_case,
                     WF_CASE_svc_request_record_child_closed);
    shard_fixture_deinit(&f);
}

/* HELD SIGNAL and REQUEST_CANCEL bring the first task, HELD TIME_OUT and TERMINATE end the run;
 * RELEASE then changes nothing. */
static void test_machine_child__held(void **state)
{
    static const char *const children[] = {
        "WorkflowExecutionStarted Signaled Scheduled(1)",
        "WorkflowExecutionStarted CancelRequested Scheduled(1)",
        "WorkflowExecutionStarted WorkflowExecutionTimedOut",
        "WorkflowExecutionStarted Terminated",
    };

    (void)state;
    for (size_t i = 0; i < TEST_COUNT(children); i++) {
        struct shard_fixture f;
        struct wf_command command = {0};

        shard_fixture_init(&f, NULL);
        f.held_call_case = WF_CASE_svc_request_schedule_first_task;
        command = shard_start_child(&f, "c", WF_PARENT_CLOSE_POLICY_TERMINATE);
        command.attributes.start_child_workflow_execution->workflow_run_timeout = wf_duration_of(
            i == 2 ? WF_NS_PER_S : 0);
        begin_with(&f, command);
        if (i == 0) {
            shard_signal(&f, "c", "go", "r");
        } else if (i == 1) {
            shard_cancel(&f, "c");
        } else if (i == 2) {
            shard_fixture_advance(&f, WF_NS_PER_S);
        } else {
            shard_terminate(&f, "c");
        }
        shard_status_is(shard_fixture_forward(&f, false), WF_CALL_OK);
        shard_history_is(&f, "c", children[i]);
        shard_fixture_deinit(&f);
    }
}

/* START_HELD_LATER and the rows of HELD_BACKOFF: a child with a schedule waits for its parent and for its slot, whichever
 * comes later. */
static void test_machine_child__held_in_backoff(void **state)
{
    enum { RELEASED_FIRST, DUE_FIRST, SIGNALED, CANCELED, TERMINATED, TIMED_OUT };
    static const struct {
        const char *name;
        const char *before; /* the slot, when the parent has recorded the start; or ever */
        const char *after;
    } rows[] = {
        [RELEASED_FIRST] = {"released first", "WorkflowExecutionStarted", "WorkflowExecutionStarted Scheduled(1)"},
        [DUE_FIRST] = {"due first", "WorkflowExecutionStarted", "WorkflowExecutionStarted Scheduled(1)"},
        [SIGNALED] = {"signaled", "WorkflowExecutionStarted Signaled", "WorkflowExecutionStarted Signaled Scheduled(1)"},
        [CANCELED] = {"canceled", "WorkflowExecutionStarted CancelRequested Scheduled(1)",
                      "WorkflowExecutionStarted CancelRequested Scheduled(1)"},
        [TERMINATED] = {"terminated", "WorkflowExecutionStarted Terminated", "WorkflowExecutionStarted Terminated"},
        [TIMED_OUT] = {"timed out", "WorkflowExecutionStarted", "WorkflowExecutionStarted WorkflowExecutionTimedOut"},
    };

    (void)state;
    for (size_t i = 0; i < TEST_COUNT(rows); i++) {
        struct shard_fixture f;
        struct wf_command command = {0};

        shard_fixture_init(&f, NULL);
        f.held_call_case = WF_CASE_svc_request_schedule_first_task;
        command = shard_start_child(&f, "c", WF_PARENT_CLOSE_POLICY_TERMINATE);
        command.attributes.start_child_workflow_execution->cron_schedule = WF_STR("@every 5s");
        command.attributes.start_child_workflow_execution->workflow_execution_timeout = wf_duration_of(
            i == TIMED_OUT ? 2 * WF_NS_PER_S : 0);
        begin_with(&f, command);
        if (i == RELEASED_FIRST) {
            shard_status_is(shard_fixture_forward(&f, false), WF_CALL_OK);
        } else if (i == SIGNALED) {
            shard_signal(&f, "c", "go", "r");
        } else if (i == CANCELED) {
            shard_cancel(&f, "c");
        } else if (i == TERMINATED) {
            shard_terminate(&f, "c");
        }
        if (i == DUE_FIRST) {
            shard_fixture_advance(&f, 5 * WF_NS_PER_S);
        }
        shard_history_is(&f, "c", rows[i].before);
        if (i != RELEASED_FIRST) {
            shard_fixture_advance(&f, i == DUE_FIRST ? 0 : 2 * WF_NS_PER_S);
            shard_status_is(shard_fixture_forward(&f, false), WF_CALL_OK);
        }
        shard_fixture_advance(&f, i == DUE_FIRST || i == CANCELED ? 0 : 5 * WF_NS_PER_S);
        shard_history_is(&f, "c", rows[i].after);
        shard_fixture_deinit(&f);
    }
}

/* 5.4 step 5, 5.2: a signal with start begins such a child before its slot; then its parent has nothing to release. */
static void test_machine_child__begins_once(void **state)
{
    struct shard_fixture f;
    struct wf_command command = {0};
    struct wf_svc_start_workflow start = {.workflow_id = WF_STR("c"),
                                          .workflow_type = WF_STR("Child"),
                                          .task_queue = WF_STR("orders")};
    struct wf_svc_signal_with_start signal = {.start = &start, .signal_name = WF_STR("go")};
    const struct wf_svc_request request = {.call_case = WF_CASE_svc_request_signal_with_start,
                                           .call.signal_with_start = &signal};

    (void)state;
    shard_fixture_init(&f, NULL);
    f.held_call_case = WF_CASE_svc_request_schedule_first_task;
    command = shard_start_child(&f, "c", WF_PARENT_CLOSE_POLICY_TERMINATE);
    command.attributes.start_child_workflow_execution->cron_schedule = WF_STR("@every 5s");
    begin_with(&f, command);
    shard_status_is(shard_fixture_call(&f, &request), WF_CALL_OK);
    shard_status_is(shard_complete(&f, shard_poll_of(&f, "c"), NULL, 0), WF_CALL_OK);
    assert_false(shard_describe(&f, "c")->is_held);

    shard_status_is(shard_fixture_forward(&f, false), WF_CALL_OK);
    shard_history_is(&f, "c", "WorkflowExecutionStarted Signaled Scheduled(1) Started Completed");
    shard_fixture_deinit(&f);
}

/* 5.4 step 3: a start that was refused for another reason than its id says so. */
static void test_machine_child__refusals_have_their_own_cause(void **state)
{
    static const struct {
        enum wf_call_status status;
        int32_t cause;
    } rows[] = {
        {WF_CALL_ALREADY_STARTED, WF_START_CHILD_WORKFLOW_EXECUTION_FAILED_CAUSE_WORKFLOW_ALREADY_EXISTS},
        {WF_CALL_NOT_FOUND, WF_START_CHILD_WORKFLOW_EXECUTION_FAILED_CAUSE_NAMESPACE_NOT_FOUND},
        {WF_CALL_INVALID_ARGUMENT, WF_START_CHILD_WORKFLOW_EXECUTION_FAILED_CAUSE_UNSPECIFIED},
    };

    (void)state;
    for (size_t i = 0; i < TEST_COUNT(rows); i++) {
        struct shard_fixture f;

        shard_fixture_init(&f, NULL);
        f.held_call_case = WF_CASE_svc_request_start_workflow;
        begin_with(&f, shard_start_child(&f, "c", WF_PARENT_CLOSE_POLICY_TERMINATE));
        shard_fixture_answer_call(&f, rows[i].status);
        assert_int_equal(last_event(&f, "p", WF_EVENT_TYPE_START_CHILD_WORKFLOW_EXECUTION_FAILED)
                             ->attributes.start_child_workflow_execution_failed->cause,
                         rows[i].cause);
        shard_fixture_deinit(&f);
    }
}

/* 2.4, 5.4: the policy that the parent gives is written with its defaults, and the child begins again by it. The parent
 * hears of the last attempt only. */
static void test_machine_child__retries(void **state)
{
    struct shard_fixture f;
    struct wf_command command = {0};
    const struct wf_event_start_child_workflow_execution_initiated *initiated = NULL;
    struct wf_string first = {0};

    (void)state;
    shard_fixture_init(&f, NULL);
    command = shard_start_child(&f, "c", WF_PARENT_CLOSE_POLICY_TERMINATE);
    command.attributes.start_child_workflow_execution->retry_policy = WF_ARENA_NEW(&f.arena, struct wf_retry_policy);
    command.attributes.start_child_workflow_execution->retry_policy->maximum_attempts = 2;
    begin_with(&f, command);
    initiated = last_event(&f, "p", WF_EVENT_TYPE_START_CHILD_WORKFLOW_EXECUTION_INITIATED)
                    ->attributes.start_child_workflow_execution_initiated;
    assert_int_equal(initiated->retry_policy->initial_interval.seconds, 1);
    assert_int_equal(initiated->retry_policy->maximum_interval.seconds, 100);

    first = run_of(&f, "c");
    command = shard_fail_workflow(&f);
    shard_complete(&f, shard_poll_of(&f, "c"), &command, 1);
    assert_false(wf_string_equal(run_of(&f, "c"), first));
    shard_history_is(&f, "p", STARTED);
    shard_fixture_advance(&f, WF_NS_PER_S);
    shard_complete(&f, shard_poll_of(&f, "c"), &command, 1);
    shard_history_is(&f, "p", STARTED " ChildWorkflowExecutionFailed");
    assert_int_equal(last_event(&f, "p", WF_EVENT_TYPE_CHILD_WORKFLOW_EXECUTION_FAILED)
                         ->attributes.child_workflow_execution_failed->retry_state,
                     WF_RETRY_STATE_MAXIMUM_ATTEMPTS_REACHED);
    shard_fixture_deinit(&f);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_machine_child__starts_after_the_parent_knows),
        cmocka_unit_test(test_machine_child__ends),
        cmocka_unit_test(test_machine_child__outcome_names_its_beginning),
        cmocka_unit_test(test_machine_child__buffered_end_finds_its_start),
        cmocka_unit_test(test_machine_child__id_in_use),
        cmocka_unit_test(test_machine_child__reuse_policies),
        cmocka_unit_test(test_machine_child__lost_answer_starts_no_second_run),
        cmocka_unit_test(test_machine_child__survives_the_owner),
        cmocka_unit_test(test_machine_child__report_is_taken_once),
        cmocka_unit_test(test_machine_child__end_before_the_start_is_known),
        cmocka_unit_test(test_machine_child__the_last_run_reports),
        cmocka_unit_test(test_machine_child__late_start_makes_no_second_child),
        cmocka_unit_test(test_machine_child__parent_close_policies),
        cmocka_unit_test(test_machine_child__parent_closes_before_the_start_is_known),
        cmocka_unit_test(test_machine_child__never_born),
        cmocka_unit_test(test_machine_child__report_to_a_closed_parent),
        cmocka_unit_test(test_machine_child__held),
        cmocka_unit_test(test_machine_child__held_in_backoff),
        cmocka_unit_test(test_machine_child__begins_once),
        cmocka_unit_test(test_machine_child__refusals_have_their_own_cause),
        cmocka_unit_test(test_machine_child__retries),
    };

    return cmocka_run_group_tests_name("machine_child", tests, NULL, NULL);
}
