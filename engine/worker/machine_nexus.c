/* Nexus operations: a start, then a result. */
#include "engine/worker/failures.h"
#include "engine/worker/worker_run.h"

/* ---- The start ---- */

static struct wf_sdk_resolve_nexus_operation_start *push_start(struct wf_run *run,
                                                               const struct wf_machine *machine)
{
    struct wf_sdk_resolve_nexus_operation_start *job = WF_STEP_NEW(
        run, struct wf_sdk_resolve_nexus_operation_start);

    if (job != NULL) {
        job->seq = machine->seq;
        wf_jobs_push(run, WF_JOB_OTHER, WF_CASE_sdk_job_resolve_nexus_operation_start, job);
    }
    return job;
}

static void push_failed_start(struct wf_run *run, const struct wf_machine *machine,
                              struct wf_failure *failure)
{
    struct wf_sdk_resolve_nexus_operation_start *job = push_start(run, machine);

    if (job != NULL) {
        job->status_case = WF_CASE_sdk_resolve_nexus_operation_start_failed;
        job->status.failed = failure;
    }
}

WF_ACTION(resolve_started)
{
    const struct wf_event_nexus_operation_started *started =
        in->event->attributes.nexus_operation_started;
    struct wf_sdk_resolve_nexus_operation_start *job = push_start(run, machine);

    machine->started_event_id = in->event->event_id;
    if (job != NULL) {
        job->status_case = WF_CASE_sdk_resolve_nexus_operation_start_operation_token;
        job->status.operation_token = started->operation_token.size_bytes > 0
                                          ? started->operation_token
                                          : started->operation_id;
    }
}

static struct wf_failure *recorded_failure(const struct wf_event *event)
{
    switch (event->event_type) {
    case WF_EVENT_TYPE_NEXUS_OPERATION_FAILED:
        return event->attributes.nexus_operation_failed->failure;
    case WF_EVENT_TYPE_NEXUS_OPERATION_CANCELED:
        return event->attributes.nexus_operation_canceled->failure;
    case WF_EVENT_TYPE_NEXUS_OPERATION_CANCEL_REQUEST_FAILED:
        return event->attributes.nexus_operation_cancel_request_failed->failure;
    default:
        return event->attributes.nexus_operation_timed_out->failure;
    }
}

WF_ACTION(resolve_start_failed)
{
    push_failed_start(run, machine, recorded_failure(in->event));
}

WF_ACTION(withdraw)
{
    (void)in;
    wf_queue_withdraw(run, machine);
    push_failed_start(
        run, machine,
        wf_failure_of_nexus(run, machine, "Nexus Operation cancelled before scheduled"));
}

WF_ACTION(fail_start)
{
    (void)in;
    push_failed_start(run, machine, wf_failure_of_nexus(run, machine, "Nexus Operation cancelled"));
}

/* ---- The result ---- */

static struct wf_sdk_nexus_operation_result *push_result(struct wf_run *run,
                                                         const struct wf_machine *machine,
                                                         uint32_t status)
{
    struct wf_sdk_resolve_nexus_operation *job = WF_STEP_NEW(run,
                                                             struct wf_sdk_resolve_nexus_operation);
    struct wf_sdk_nexus_operation_result *result = WF_STEP_NEW(
        run, struct wf_sdk_nexus_operation_result);

    if (job == NULL || result == NULL) {
        return NULL;
    }
    job->seq = machine->seq;
    job->result = result;
    result->status_case = status;
    wf_jobs_push(run, WF_JOB_OTHER, WF_CASE_sdk_job_resolve_nexus_operation, job);
    return result;
}

static void push_failed_result(struct wf_run *run, const struct wf_machine *machine,
                               uint32_t status, struct wf_failure *failure)
{
    struct wf_sdk_nexus_operation_result *result = push_result(run, machine, status);

    if (result != NULL) {
        result->status.any = failure;
    }
}

WF_ACTION(resolve_completed)
{
    struct wf_sdk_nexus_operation_result *result = push_result(run, machine, WF_RESOLVED_COMPLETED);
    struct wf_payload *payload = in->event->attributes.nexus_operation_completed->result;

    if (result != NULL) {
        result->status.completed = payload != NULL ? payload : WF_RUN_NEW(run, struct wf_payload);
    }
}

/* Completed without having started: the start was synchronous, and both resolve in one activation
 * (replay-rules 4.4). */
WF_ACTION(resolve_completed_at_once)
{
    struct wf_sdk_resolve_nexus_operation_start *job = push_start(run, machine);

    if (job != NULL) {
        job->status_case = WF_CASE_sdk_resolve_nexus_operation_start_started_sync;
        job->status.started_sync = true;
    }
    resolve_completed(run, machine, in);
}

WF_ACTION(resolve_failed)
{
    push_failed_result(run, machine, WF_RESOLVED_FAILED, recorded_failure(in->event));
}

WF_ACTION(resolve_canceled)
{
    push_failed_result(run, machine, WF_RESOLVED_CANCELLED, recorded_failure(in->event));
}

WF_ACTION(resolve_timed_out)
{
    push_failed_result(run, machine, WF_RESOLVED_TIMED_OUT, recorded_failure(in->event));
}

WF_ACTION(resolve_now)
{
    (void)in;
    push_failed_result(run, machine, WF_RESOLVED_CANCELLED,
                       wf_failure_of_nexus(run, machine, "Nexus Operation cancelled"));
}

static bool waits_for_request(const struct wf_machine *machine)
{
    return machine->cancellation ==
           WF_SDK_NEXUS_OPERATION_CANCELLATION_TYPE_WAIT_CANCELLATION_REQUESTED;
}

WF_ACTION(resolve_cancel_requested)
{
    if (waits_for_request(machine)) {
        machine->state = WF_NEXUS_CANCELED_NOW;
        resolve_now(run, machine, in);
    }
}

WF_ACTION(resolve_cancel_refused)
{
    if (waits_for_request(machine)) {
        machine->state = WF_NEXUS_CANCELED_NOW;
        resolve_failed(run, machine, in);
    }
}

WF_ACTION(send_cancel)
{
    wf_queue_push(run, machine, WF_COMMAND_TYPE_REQUEST_CANCEL_NEXUS_OPERATION, in->command);
}

WF_ACTION(send_cancel_and_resolve)
{
    send_cancel(run, machine, in);
    resolve_now(run, machine, in);
}

WF_ACTION(send_cancel_and_fail_start)
{
    send_cancel(run, machine, in);
    fail_start(run, machine, in);
}

WF_MACHINE_STEP(nexus)
{
    switch (WF_MACHINE_KEY(machine->state, in->input)) {
#include "engine/worker/machine_cases.h"

#include "engine/worker/machine_nexus.def"
    default:
        return false;
    }
}
