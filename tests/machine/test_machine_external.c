/* Every row of engine/server/signal_external.def and engine/server/cancel_external.def. */
#include "tests/support/shard_fixture.h"

#define BEGINNING "WorkflowExecutionStarted Scheduled(1) Started Completed "
#define SIGNALING BEGINNING "SignalExternalWorkflowExecutionInitiated "
#define CANCELING BEGINNING "RequestCancelExternalWorkflowExecutionInitiated "

static void send(struct shard_fixture *f, struct wf_command command)
{
    shard_start(f, "w");
    shard_status_is(shard_complete(f, shard_poll_of(f, "w"), &command, 1), WF_CALL_OK);
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

/* NONE INITIATE, INITIATED DELIVER, of both machines: the target names who asked. */
static void test_machine_external__delivers(void **state)
{
    struct shard_fixture f;
    const struct wf_event_workflow_execution_signaled *signaled = NULL;
    const struct wf_event_workflow_execution_cancel_requested *requested = NULL;

    (void)state;
    shard_fixture_init(&f, NULL);
    shard_start(&f, "t");
    send(&f, shard_signal_external(&f, "t"));
    shard_history_is(&f, "w", SIGNALING "ExternalWorkflowExecutionSignaled Scheduled(1)");
    shard_history_is(&f, "t", "WorkflowExecutionStarted Scheduled(1) Signaled");
    signaled = last_event(&f, "t", WF_EVENT_TYPE_WORKFLOW_EXECUTION_SIGNALED)
                   ->attributes.workflow_execution_signaled;
    test_string_is("source", signaled->external_workflow_execution->workflow_id, "w");
    assert_int_equal(shard_describe(&f, "w")->pending_externals.count, 0);
    shard_fixture_deinit(&f);

    shard_fixture_init(&f, NULL);
    shard_start(&f, "t");
    send(&f, shard_cancel_external(&f, "t"));
    shard_history_is(&f, "w", CANCELING "ExternalWorkflowExecutionCancelRequested Scheduled(1)");
    requested = last_event(&f, "t", WF_EVENT_TYPE_WORKFLOW_EXECUTION_CANCEL_REQUESTED)
                    ->attributes.workflow_execution_cancel_requested;
    test_string_is("source", requested->external_workflow_execution->workflow_id, "w");
    test_string_is("cause", requested->cause, "enough");
    assert_int_equal(requested->external_initiated_event_id, 5);
    shard_fixture_deinit(&f);
}

/* INITIATED FAIL, of both machines (5.3 "causes"): missing, self, closed, of another parent. */
static void test_machine_external__fails(void **state)
{
    static const struct {
        const char *name;
        const char *target;
        bool is_child_only;
        bool is_closed;
        bool cancel_fails;
    } rows[] = {
        {"missing", "nobody", false, false, true},
        {"self", "w", false, false, true},
        {"not a child", "t", true, false, true},
        {"closed", "t", false, true, false}, /* 7.7: success */
    };

    (void)state;
    for (size_t i = 0; i < TEST_COUNT(rows); i++) {
        struct shard_fixture f;
        struct wf_command command = {0};

        shard_fixture_init(&f, NULL);
        shard_start(&f, "t");
        if (rows[i].is_closed) {
            shard_terminate(&f, "t");
        }
        command = shard_signal_external(&f, rows[i].target);
        command.attributes.signal_external_workflow_execution->child_workflow_only =
            rows[i].is_child_only;
        send(&f, command);
        shard_history_is(&f, "w", SIGNALING "SignalExternalWorkflowExecutionFailed Scheduled(1)");
        assert_int_equal(
            last_event(&f, "w", WF_EVENT_TYPE_SIGNAL_EXTERNAL_WORKFLOW_EXECUTION_FAILED)
                ->attributes.signal_external_workflow_execution_failed->cause,
            WF_SIGNAL_EXTERNAL_WORKFLOW_EXECUTION_FAILED_CAUSE_EXTERNAL_WORKFLOW_EXECUTION_NOT_FOUND);
        shard_fixture_deinit(&f);

        shard_fixture_init(&f, NULL);
        shard_start(&f, "t");
        if (rows[i].is_closed) {
            shard_terminate(&f, "t");
        }
        command = shard_cancel_external(&f, rows[i].target);
        command.attributes.request_cancel_external_workflow_execution->child_workflow_only =
            rows[i].is_child_only;
        send(&f, command);
        shard_history_is(
            &f, "w",
            rows[i].cancel_fails
                ? CANCELING "RequestCancelExternalWorkflowExecutionFailed Scheduled(1)"
                : CANCELING "ExternalWorkflowExecutionCancelRequested Scheduled(1)");
        shard_fixture_deinit(&f);
    }
}

static void one_signal(struct wf_service_config *config)
{
    config->limits.signals_max = 1;
}

/* 5.3 "causes": a target that takes no more signals. */
static void test_machine_external__signal_limit(void **state)
{
    struct shard_fixture f;

    (void)state;
    shard_fixture_init(&f, one_signal);
    shard_start(&f, "t");
    shard_signal(&f, "t", "go", "r");
    send(&f, shard_signal_external(&f, "t"));
    assert_int_equal(last_event(&f, "w", WF_EVENT_TYPE_SIGNAL_EXTERNAL_WORKFLOW_EXECUTION_FAILED)
                         ->attributes.signal_external_workflow_execution_failed->cause,
                     WF_SIGNAL_EXTERNAL_WORKFLOW_EXECUTION_FAILED_CAUSE_SIGNAL_COUNT_LIMIT_EXCEEDED);
    shard_fixture_deinit(&f);
}

/* 5.3 "transfer task": tried until the target has answered, by this owner or the next, and done once. */
static void test_machine_external__exactly_once(void **state)
{
    static const bool crashes[] = {false, true};

    (void)state;
    for (size_t i = 0; i < TEST_COUNT(crashes); i++) {
        struct shard_fixture f;

        shard_fixture_init(&f, NULL);
        shard_start(&f, "t");
        f.held_call_case = WF_CASE_svc_request_signal_workflow;
        send(&f, shard_signal_external(&f, "t"));
        shard_fixture_answer_call(&f, WF_CALL_UNAVAILABLE);
        shard_fixture_advance(&f, WF_NS_PER_S);
        shard_status_is(shard_fixture_forward(&f, true), WF_CALL_OK);
        assert_int_equal(shard_describe(&f, "w")->pending_externals.count, 1);
        f.held_call_case = 0;
        if (crashes[i]) {
            shard_fixture_crash(&f, 0);
            shard_fixture_acquire(&f, 0);
        } else {
            shard_fixture_answer_call(&f, WF_CALL_DEADLINE_EXCEEDED);
            shard_fixture_advance(&f, WF_NS_PER_S);
        }
        shard_history_is(&f, "w", SIGNALING "ExternalWorkflowExecutionSignaled Scheduled(1)");
        shard_history_is(&f, "t", "WorkflowExecutionStarted Scheduled(1) Signaled");
        shard_fixture_deinit(&f);
    }
}

/* 5.3 "source closed meanwhile": what was not sent is not sent, what was sent is not undone. */
static void test_machine_external__source_closes(void **state)
{
    struct shard_fixture f;
    struct wf_command commands[2];

    (void)state;
    shard_fixture_init(&f, NULL);
    shard_start(&f, "t");
    shard_start(&f, "w");
    commands[0] = shard_signal_external(&f, "t");
    commands[1] = shard_complete_workflow(&f);
    shard_status_is(shard_complete(&f, shard_poll_of(&f, "w"), commands, 2), WF_CALL_OK);
    shard_history_is(&f, "w", SIGNALING "WorkflowExecutionCompleted");
    shard_history_is(&f, "t", "WorkflowExecutionStarted Scheduled(1)");
    assert_int_equal(f.call_count, 0);
    shard_fixture_deinit(&f);

    shard_fixture_init(&f, NULL);
    shard_start(&f, "t");
    f.held_call_case = WF_CASE_svc_request_signal_workflow;
    send(&f, shard_signal_external(&f, "t"));
    shard_terminate(&f, "w");
    shard_status_is(shard_fixture_forward(&f, false), WF_CALL_OK);
    shard_history_is(&f, "w", SIGNALING "Terminated");
    shard_history_is(&f, "t", "WorkflowExecutionStarted Scheduled(1) Signaled");
    shard_fixture_deinit(&f);
}

/* 5.4: cancelling a child is a request to a workflow that must be one's own. */
static void test_machine_external__cancels_a_child(void **state)
{
    struct shard_fixture f;
    struct wf_command command = {0};

    (void)state;
    shard_fixture_init(&f, NULL);
    send(&f, shard_start_child(&f, "c", WF_PARENT_CLOSE_POLICY_TERMINATE));
    command = shard_cancel_external(&f, "c");
    command.attributes.request_cancel_external_workflow_execution->child_workflow_only = true;
    shard_status_is(shard_complete(&f, shard_poll_of(&f, "w"), &command, 1), WF_CALL_OK);
    shard_history_is(&f, "c", "WorkflowExecutionStarted Scheduled(1) CancelRequested");
    command = shard_cancel_workflow(&f);
    shard_status_is(shard_complete(&f, shard_poll_of(&f, "c"), &command, 1), WF_CALL_OK);
    shard_history_is(&f, "w",
                     BEGINNING "StartChildWorkflowExecutionInitiated ChildWorkflowExecutionStarted "
                               "Scheduled(1) Started Completed "
                               "RequestCancelExternalWorkflowExecutionInitiated "
                               "ExternalWorkflowExecutionCancelRequested Scheduled(1) "
                               "ChildWorkflowExecutionCanceled");
    shard_fixture_deinit(&f);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_machine_external__delivers),
        cmocka_unit_test(test_machine_external__fails),
        cmocka_unit_test(test_machine_external__signal_limit),
        cmocka_unit_test(test_machine_external__exactly_once),
        cmocka_unit_test(test_machine_external__source_closes),
        cmocka_unit_test(test_machine_external__cancels_a_child),
    };

    return cmocka_run_group_tests_name("machine_external", tests, NULL, NULL);
}
