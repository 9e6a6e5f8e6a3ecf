/* Child workflows: a start, then a result. */
#include "engine/worker/failures.h"
#include "engine/worker/worker_run.h"

WF_ACTION(check_identity)
{
    const struct wf_event_start_child_workflow_execution_initiated *initiated =
        in->event->attributes.start_child_workflow_execution_initiated;
    const struct wf_string type = wf_workflow_type_name(initiated->workflow_type);

    machine->origin = in->event;
    if (!wf_run_checks_identity(run)) {
        return; /* replay-rules 2.2: without flag 1 neither is compared */
    }
    if (!wf_string_equal(in->queued->id, initiated->workflow_id)) {
        wf_diverge_names(run,
                         &(struct wf_names){WF_DIVERGENCE_CHILD_ID, "child workflow id",
                                            initiated->workflow_id, in->queued->id},
                         in->event, in->queued);
    } else if (!wf_string_equal(in->queued->type, type)) {
        wf_diverge_names(run,
                         &(struct wf_names){WF_DIVERGENCE_CHILD_TYPE, "child workflow type", type,
                                            in->queued->type},
                         in->event, in->queued);
    }
}

/* ---- The start ---- */

static struct wf_sdk_resolve_child_workflow_execution_start *push_start(
    struct wf_run *run, const struct wf_machine *machine)
{
    struct wf_sdk_resolve_child_workflow_execution_start *job = WF_STEP_NEW(
        run, struct wf_sdk_resolve_child_workflow_execution_start);

    if (job != NULL) {
        job->seq = machine->seq;
        wf_jobs_push(run, WF_JOB_OTHER, WF_CASE_sdk_job_resolve_child_workflow_execution_start,
                     job);
    }
    return job;
}

WF_ACTION(resolve_started)
{
    const struct wf_event_child_workflow_execution_started *started =
        in->event->attributes.child_workflow_execution_started;
    struct wf_sdk_resolve_child_workflow_execution_start *job = push_start(run, machine);
    struct wf_sdk_resolve_child_workflow_execution_start_success *success = WF_STEP_NEW(
        run, struct wf_sdk_resolve_child_workflow_execution_start_success);

    machine->started_event_id = in->event->event_id;
    if (started->workflow_execution != NULL) {
        machine->run_id = started->workflow_execution->run_id;
    }
    if (job != NULL && success != NULL) {
        success->run_id = machine->run_id;
        job->status_case = WF_CASE_sdk_resolve_child_workflow_execution_start_succeeded;
        job->status.succeeded = success;
    }
}

static int32_t sdk_cause(int32_t cause)
{
    return cause == WF_START_CHILD_WORKFLOW_EXECUTION_FAILED_CAUSE_WORKFLOW_ALREADY_EXISTS
               ? WF_SDK_START_CHILD_WORKFLOW_EXECUTION_FAILED_CAUSE_WORKFLOW_ALREADY_EXISTS
               : WF_SDK_START_CHILD_WORKFLOW_EXECUTION_FAILED_CAUSE_UNSPECIFIED;
}

WF_ACTION(resolve_start_failed)
{
    const struct wf_event_start_child_workflow_execution_failed *failed =
        in->event->attributes.start_child_workflow_execution_failed;
    struct wf_sdk_resolve_child_workflow_execution_start *job = push_start(run, machine);
    struct wf_sdk_resolve_child_workflow_execution_start_failure *failure = WF_STEP_NEW(
        run, struct wf_sdk_resolve_child_workflow_execution_start_failure);

    if (job != NULL && failure != NULL) {
        failure->workflow_id = failed->workflow_id;
        failure->workflow_type = wf_workflow_type_name(failed->workflow_type);
        failure->cause = sdk_cause(failed->cause);
        job->status_case = WF_CASE_sdk_resolve_child_workflow_execution_start_failed;
        job->status.failed = failure;
    }
}

WF_ACTION(withdraw)
{
    struct wf_sdk_resolve_child_workflow_execution_start *job = push_start(run, machine);
    struct wf_sdk_resolve_child_workflow_execution_start_cancelled *cancelled = WF_STEP_NEW(
        run, struct wf_sdk_resolve_child_workflow_execution_start_cancelled);

    if (job != NULL && cancelled != NULL) {
        cancelled->failure = wf_failure_of_child_withdrawn(
            run, machine, in->command->variant.cancel_child_workflow_execution->reason);
        job->status_case = WF_CASE_sdk_resolve_child_workflow_execution_start_cancelled;
        job->status.cancelled = cancelled;
    }
    wf_queue_withdraw(run, machine);
}

/* ---- The result ---- */

static struct wf_sdk_child_workflow_result *push_result(struct wf_run *run,
                                                        const struct wf_machine *machine)
{
    struct wf_sdk_resolve_child_workflow_execution *job = WF_STEP_NEW(
        run, struct wf_sdk_resolve_child_workflow_execution);
    struct wf_sdk_child_workflow_result *result = WF_STEP_NEW(run,
                                                              struct wf_sdk_child_workflow_result);

    if (job == NULL || result == NULL) {
        return NULL;
    }
    job->seq = machine->seq;
    job->result = result;
    wf_jobs_push(run, WF_JOB_OTHER, WF_CASE_sdk_job_resolve_child_workflow_execution, job);
    return result;
}

WF_ACTION(resolve_completed)
{
    const struct wf_payloads *payloads =
        in->event->attributes.child_workflow_execution_completed->result;
    struct wf_sdk_child_workflow_result *result = push_result(run, machine);
    struct wf_sdk_child_success *success = WF_STEP_NEW(run, struct wf_sdk_child_success);

    if (payloads != NULL && payloads->payloads.count > 1) {
        wf_diverge_event(run, in->event, "has %u results of one child workflow",
                         payloads->payloads.count);
        return;
    }
    if (result != NULL && success != NULL) {
        success->result = payloads == NULL || payloads->payloads.count == 0
                              ? NULL
                              : &payloads->payloads.items[0];
        result->status_case = WF_RESOLVED_COMPLETED;
        result->status.completed = success;
    }
}

static void push_failure(struct wf_run *run, const struct wf_machine *machine,
                         struct wf_failure *cause, const char *message)
{
    struct wf_sdk_child_workflow_result *result = push_result(run, machine);
    struct wf_sdk_child_failure *failure = WF_STEP_NEW(run, struct wf_sdk_child_failure);

    if (result != NULL && failure != NULL) {
        failure->failure = wf_failure_of_child(run, machine, cause, message);
        result->status_case = WF_RESOLVED_FAILED;
        result->status.failed = failure;
    }
}

WF_ACTION(resolve_failed)
{
    push_failure(run, machine, in->event->attributes.child_workflow_execution_failed->failure,
                 "Child Workflow execution failed");
}

WF_ACTION(resolve_timed_out)
{
    (void)in;
    push_failure(run, machine, wf_failure_timeout(run), "Child Workflow execution timed out");
}

WF_ACTION(resolve_terminated)
{
    (void)in;
    push_failure(run, machine, wf_failure_terminated(run), "Child Workflow execution terminated");
}

static void push_cancellation(struct wf_run *run, const struct wf_machine *machine,
                              struct wf_payloads *details)
{
    struct wf_sdk_child_workflow_result *result = push_result(run, machine);
    struct wf_sdk_child_cancellation *cancellation = WF_STEP_NEW(run,
                                                                 struct wf_sdk_child_cancellation);

    if (result != NULL && cancellation != NULL) {
        cancellation->failure = wf_failure_of_child(run, machine, wf_failure_canceled(run, details),
                                                    "Child Workflow execution cancelled");
        result->status_case = WF_RESOLVED_CANCELLED;
        result->status.cancelled = cancellation;
    }
}

WF_ACTION(resolve_canceled)
{
    push_cancellation(run, machine,
                      in->event->attributes.child_workflow_execution_canceled->details);
}

WF_ACTION(resolve_now)
{
    (void)in;
    push_cancellation(run, machine, NULL);
}

/* A request of ours, which never reports: number 0 (replay-rules 4.4). */
WF_ACTION(send_cancel)
{
    struct wf_machine *request = WF_RUN_NEW(run, struct wf_machine);

    if (request == NULL) {
        return;
    }
    request->kind = WF_MACHINE_CANCEL_EXTERNAL;
    request->is_internal = true;
    request->target = machine;
    wf_queue_push(run, request, WF_COMMAND_TYPE_REQUEST_CANCEL_EXTERNAL_WORKFLOW_EXECUTION,
                  in->command);
}

WF_ACTION(send_cancel_and_resolve)
{
    send_cancel(run, machine, in);
    push_cancellation(run, machine, NULL);
}

WF_MACHINE_STEP(child)
{
    switch (WF_MACHINE_KEY(machine->state, in->input)) {
#include "engine/worker/machine_cases.h"

#include "engine/worker/machine_child.def"
    default:
        return false;
    }
}
