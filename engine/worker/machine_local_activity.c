/* Local activities: the marker holds the outcome, in a replay from history and else from the attempts
 * of local.c. The code hears the same of both. */
#include "engine/base/assert.h"
#include "engine/worker/failures.h"
#include "engine/worker/local.h"

static bool is_cancellation(const struct wf_failure *failure)
{
    /* Cancelled when the failure or its direct cause says so (replay-rules 3.4). */
    return failure->failure_info_case == WF_CASE_failure_canceled_failure_info ||
           (failure->cause != NULL &&
            failure->cause->failure_info_case == WF_CASE_failure_canceled_failure_info);
}

static void resolve_backoff(struct wf_run *run, const struct wf_machine *machine,
                            const struct wf_sdk_do_backoff *again)
{
    struct wf_sdk_resolve_activity *job = WF_STEP_NEW(run, struct wf_sdk_resolve_activity);
    struct wf_sdk_activity_resolution *resolution = WF_STEP_NEW(run,
                                                                struct wf_sdk_activity_resolution);
    struct wf_sdk_do_backoff *backoff = WF_STEP_NEW(run, struct wf_sdk_do_backoff);

    if (job == NULL || resolution == NULL || backoff == NULL) {
        return;
    }
    *backoff = *again;
    resolution->status_case = WF_RESOLVED_BACKOFF;
    resolution->status.backoff = backoff;
    *job = (struct wf_sdk_resolve_activity){
        .seq = machine->seq, .result = resolution, .is_local = true};
    wf_jobs_push(run, WF_JOB_LOCAL_ACTIVITY, WF_CASE_sdk_job_resolve_activity, job);
}

static void resolve_failed(struct wf_run *run, const struct wf_machine *machine,
                           struct wf_failure *failure)
{
    if (!is_cancellation(failure)) {
        wf_job_resolve_activity(run, machine, WF_RESOLVED_FAILED, failure);
        return;
    }
    if (failure->failure_info_case == WF_CASE_failure_canceled_failure_info) {
        failure = wf_failure_of_local_canceled(run, machine, failure);
    }
    wf_job_resolve_activity(run, machine, WF_RESOLVED_CANCELLED, failure);
}

static void resolve_completed(struct wf_run *run, const struct wf_machine *machine,
                              struct wf_payload *result)
{
    if (result == NULL) {
        result = WF_RUN_NEW(run, struct wf_payload); /* a void result is an empty payload */
    }
    wf_job_resolve_activity(run, machine, WF_RESOLVED_COMPLETED, result);
}

static void leave_pending(struct wf_run *run, struct wf_timestamp complete_time)
{
    WF_ASSERT(run->local_pending_count > 0);
    run->local_pending_count--;
    if (complete_time.is_set && wf_timestamp_compare(complete_time, run->time) > 0) {
        run->time = complete_time; /* the clock moves with what it resolves (replay-rules 1.6) */
    }
}

/* ---- From history ---- */

WF_ACTION(resolve)
{
    const struct wf_local_activity_marker *marker = &machine->local->marker;
    const struct wf_event_marker_recorded *recorded = in->event->attributes.marker_recorded;

    leave_pending(run, marker->complete_time);
    if (marker->has_backoff) {
        resolve_backoff(run, machine,
                        &(struct wf_sdk_do_backoff){
                            .attempt = marker->attempt + 1,
                            .backoff_duration = marker->backoff,
                            .original_schedule_time = marker->original_schedule_time});
    } else if (recorded->failure != NULL) {
        resolve_failed(run, machine, recorded->failure);
    } else {
        resolve_completed(run, machine, marker->result);
    }
}

WF_ACTION(check_marker)
{
    const struct wf_local_activity_marker *marker = NULL;

    machine->origin = in->event;
    if (machine->local == NULL) {
        return; /* ours, and just as we sent it */
    }
    marker = &machine->local->marker;
    if (!wf_run_checks_identity(run)) {
        return;
    }
    if (!wf_string_equal(machine->id, marker->activity_id)) {
        wf_diverge_names(run,
                         &(struct wf_names){WF_DIVERGENCE_LOCAL_ID, "activity id",
                                            marker->activity_id, machine->id},
                         in->event, NULL);
    } else if (!wf_string_equal(machine->type, marker->activity_type)) {
        wf_diverge_names(run,
                         &(struct wf_names){WF_DIVERGENCE_LOCAL_TYPE, "activity type",
                                            marker->activity_type, machine->type},
                         in->event, NULL);
    }
}

WF_ACTION(remember_cancel)
{
    (void)run, (void)in;
    if (machine->live != NULL) {
        machine->live->is_cancel_requested = true;
    }
}

/* ---- From this worker ---- */

WF_ACTION(deliver)
{
    const struct wf_local_live *live = machine->live;

    (void)in;
    leave_pending(run, live->complete_time);
    wf_queue_push(run, machine, WF_COMMAND_TYPE_RECORD_MARKER, NULL);
    if (live->resolution == WF_RESOLVED_BACKOFF) {
        resolve_backoff(run, machine,
                        &(struct wf_sdk_do_backoff){
                            .attempt = live->attempt + 1,
                            .backoff_duration = wf_duration_of(live->backoff_ns),
                            .original_schedule_time = live->original_schedule_time});
    } else if (live->resolution == WF_RESOLVED_COMPLETED) {
        resolve_completed(run, machine, live->result);
    } else {
        resolve_failed(run, machine, live->failure);
    }
}

/* The clock does not move: the code waits for something else. */
WF_ACTION(cancel_now)
{
    struct wf_local_live *live = machine->live;

    live->resolution = WF_RESOLVED_CANCELLED;
    live->failure = wf_failure_local_canceled(run);
    if (live->failure != NULL) {
        deliver(run, machine, in);
    }
}

WF_ACTION(stop_and_cancel_now)
{
    wf_local_stop(run, machine, in);
    cancel_now(run, machine, in);
}

WF_MACHINE_STEP(local_activity)
{
    switch (WF_MACHINE_KEY(machine->state, in->input)) {
#include "engine/worker/machine_cases.h"

#include "engine/worker/machine_local_activity.def"
    default:
        return false;
    }
}
