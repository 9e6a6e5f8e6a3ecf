/* Cancel requests to other workflows. */
#include "engine/worker/failures.h"
#include "engine/worker/worker_run.h"

static void resolve(struct wf_run *run, const struct wf_machine *machine,
                    struct wf_failure *failure, int32_t cause)
{
    struct wf_sdk_resolve_request_cancel_external_workflow *job = NULL;

    if (machine->is_internal) {
        return; /* made by us for a child: the code never asked */
    }
    job = WF_STEP_NEW(run, struct wf_sdk_resolve_request_cancel_external_workflow);
    if (job != NULL) {
        job->seq = machine->seq;
        job->failure = failure;
        job->cause = cause;
    }
    wf_jobs_push(run, WF_JOB_OTHER, WF_CASE_sdk_job_resolve_request_cancel_external_workflow, job);
}

WF_ACTION(resolve_requested)
{
    (void)in;
    resolve(run, machine, NULL, 0);
}

WF_ACTION(resolve_failed)
{
    const int32_t cause =
        in->event->attributes.request_cancel_external_workflow_execution_failed->cause;

    resolve(run, machine,
            wf_failure_of_external(run, "cancel",
                                   &wf_enum_type_cancel_external_workflow_execution_failed_cause,
                                   cause),
            cause);
}

WF_MACHINE_STEP(cancel_external)
{
    switch (WF_MACHINE_KEY(machine->state, in->input)) {
#include "engine/worker/machine_cases.h"

#include "engine/worker/machine_cancel_external.def"
    default:
        return false;
    }
}
