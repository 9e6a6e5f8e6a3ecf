/* Local activities in replay: the marker holds the outcome. */
#include "engine/base/assert.h"
#include "engine/worker/worker_run.h"

static bool is_cancellation(const struct wf_failure *failure)
{
    /* Cancelled when the failure or its direct cause says so (replay-rules 3.4). */
    return failure->failure_info_case == WF_CASE_failure_canceled_failure_info ||
           (failure->cause != NULL &&
            failure->cause->failure_info_case == WF_CASE_failure_canceled_failure_info);
}

static void resolve_backoff(struct wf_run *run, const struct wf_machine *machine,
                            const struct wf_local_activity_marker *marker)
{
    struct wf_sdk_resolve_activity *job = WF_STEP_NEW(run, struct wf_sdk_resolve_activity);
    struct wf_sdk_activity_resolution *resolution = WF_STEP_NEW(run,
                                                                struct wf_sdk_activity_resolution);
    struct wf_sdk_do_backoff *backoff = WF_STEP_NEW(run, struct wf_sdk_do_backoff);

    if (job == NULL || resolution == NULL || backoff == NULL) {
        return;
    }
    *backoff = (struct wf_sdk_do_backoff){.attempt = marker->attempt + 1,
                                          .backoff_duration = marker->backoff,
                                          .original_schedule_time = marker->original_schedule_time};
    resolution->status_case = WF_RESOLVED_BACKOFF;
    resolution->status.backoff = backoff;
    *job = (struct wf_sdk_resolve_activity){
        .seq = machine->seq, .result = resolution, .is_local = true};
    wf_jobs_push(run, WF_JOB_LOCAL_ACTIVITY, WF_CASE_sdk_job_resolve_activity, job);
}

static void resolve_with_result(struct wf_run *run, const struct wf_machine *machine,
                                const struct wf_event *event)
{
    const struct wf_event_marker_recorded *recorded = event->attributes.marker_recorded;
    struct wf_payload *result = wf_marker_detail(recorded, WF_STR("result"));

    if (recorded->failure != NULL) {
        wf_job_resolve_activity(run, machine,
                                is_cancellation(recorded->failure) ? WF_RESOLVED_CANCELLED
                                                                   : WF_RESOLVED_FAILED,
                                recorded->failure);
        return;
    }
    if (result == NULL) {
        result = WF_RUN_NEW(run, struct wf_payload); /* a void result is an empty payload */
    }
    wf_job_resolve_activity(run, machine, WF_RESOLVED_COMPLETED, result);
}

WF_ACTION(resolve)
{
    const struct wf_local_activity_marker *marker = &machine->local->marker;

    WF_ASSERT(run->local_pending_count > 0);
    run->local_pending_count--;
    if (marker->complete_time.is_set &&
        wf_timestamp_compare(marker->complete_time, run->time) > 0) {
        run->time =
            marker->complete_time; /* the clock moves with what it resolves (replay-rules 1.6) */
    }
    if (marker->has_backoff) {
        resolve_backoff(run, machine, marker);
    } else {
        resolve_with_result(run, machine, in->event);
    }
}

WF_ACTION(check_marker)
{
    const struct wf_local_activity_marker *marker = &machine->local->marker;

    machine->origin = in->event;
    if (!wf_run_flag(run, WF_CORE_FLAG_ID_AND_TYPE_CHECKS, run->chunk.is_final)) {
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

WF_MACHINE_STEP(local_activity)
{
    switch (WF_MACHINE_KEY(machine->state, in->input)) {
#include "engine/worker/machine_cases.h"

#include "engine/worker/machine_local_activity.def"
    default:
        return false;
    }
}
