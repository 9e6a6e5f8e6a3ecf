/* Remote activities. */
#include "engine/worker/failures.h"
#include "engine/worker/worker_run.h"

WF_ACTION(check_identity)
{
    const struct wf_event_activity_task_scheduled *scheduled =
        in->event->attributes.activity_task_scheduled;
    const struct wf_string type = wf_activity_type_name(scheduled->activity_type);

    machine->origin = in->event;
    if (!wf_run_checks_identity(run)) {
        return; /* replay-rules 2.2: without flag 1 neither is compared */
    }
    if (!wf_queued_has_id(in->queued, scheduled->activity_id)) {
        wf_diverge_names(run,
                         &(struct wf_names){WF_DIVERGENCE_ACTIVITY_ID, "activity id",
                                            scheduled->activity_id, wf_queued_id(run, in->queued)},
                         in->event, in->queued);
    } else if (!wf_string_equal(in->queued->type, type)) {
        wf_diverge_names(run,
                         &(struct wf_names){WF_DIVERGENCE_ACTIVITY_TYPE, "activity type", type,
                                            in->queued->type},
                         in->event, in->queued);
    }
}

WF_ACTION(remember_start)
{
    (void)run;
    machine->started_event_id = in->event->event_id;
}

/* The result is one payload (replay-rules 4.1); a void result may have none. */
WF_ACTION(resolve_completed)
{
    const struct wf_payloads *result = in->event->attributes.activity_task_completed->result;

    if (result != NULL && result->payloads.count > 1) {
        wf_diverge_event(run, in->event, "has %u results of one activity", result->payloads.count);
        return;
    }
    wf_job_resolve_activity(
        run, machine, WF_RESOLVED_COMPLETED,
        result == NULL || result->payloads.count == 0 ? NULL : &result->payloads.items[0]);
}

WF_ACTION(resolve_failed)
{
    wf_job_resolve_activity(run, machine, WF_RESOLVED_FAILED,
                            wf_failure_of_activity(run, machine, in->event));
}

WF_ACTION(resolve_timed_out)
{
    wf_job_resolve_activity(run, machine, WF_RESOLVED_FAILED,
                            wf_failure_of_activity(run, machine, in->event));
}

WF_ACTION(resolve_canceled)
{
    wf_job_resolve_activity(run, machine, WF_RESOLVED_CANCELLED,
                            wf_failure_of_activity(run, machine, in->event));
}

WF_ACTION(resolve_now)
{
    (void)in;
    wf_job_resolve_activity(run, machine, WF_RESOLVED_CANCELLED,
                            wf_failure_of_activity_canceled_now(run, machine));
}

WF_ACTION(withdraw)
{
    wf_queue_withdraw(run, machine);
    resolve_now(run, machine, in);
}

WF_ACTION(send_cancel)
{
    wf_queue_push(run, machine, WF_COMMAND_TYPE_REQUEST_CANCEL_ACTIVITY_TASK, in->command);
}

WF_ACTION(send_cancel_and_resolve)
{
    send_cancel(run, machine, in);
    resolve_now(run, machine, in);
}

WF_MACHINE_STEP(activity)
{
    switch (WF_MACHINE_KEY(machine->state, in->input)) {
#include "engine/worker/machine_cases.h"

#include "engine/worker/machine_activity.def"
    default:
        return false;
    }
}
