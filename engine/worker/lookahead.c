/*
 * What the next chunk tells about this one's activation: patches that were asked for, local
 * activities that ended, updates that were accepted. They are found before the code runs, because
 * the code's answer depends on them. Source: replay-rules 1.7, 1.13, 3.4.
 */
#include "engine/base/assert.h"
#include "engine/worker/update.h"
#include "engine/worker/value_marker.h"
#include "engine/worker/worker_run.h"

static void see_patch(struct wf_run *run, const struct wf_event *event)
{
    struct wf_patch_marker marker;
    struct wf_patch *patch = NULL;

    if (!wf_patch_marker_read(&run->arena, event, &marker)) {
        wf_diverge_event(run, event, "is a patch marker that cannot be read");
        return;
    }
    patch = wf_run_patch(run, marker.patch_id);
    if (patch != NULL) {
        patch->is_in_history = true;
        wf_job_patch(run, patch->id);
    }
}

static void see_local_activity(struct wf_run *run, const struct wf_event *event)
{
    struct wf_local_result *result = WF_RUN_NEW(run, struct wf_local_result);

    if (result == NULL) {
        return;
    }
    result->event = event;
    if (!wf_local_activity_marker_read(&run->arena, event, &result->marker)) {
        wf_diverge_event(run, event, "is a local activity marker that cannot be read");
        return;
    }
    if (run->local_last == NULL) {
        run->local_first = result;
    } else {
        run->local_last->next = result;
    }
    run->local_last = result;
}

static void see_marker(struct wf_run *run, const struct wf_event *event)
{
    enum wf_sdk_value_kind kind = WF_SDK_VALUE_KIND_VERSION;

    if (wf_event_is_value_marker(event, &kind)) {
        wf_run_see_value(run, event);
    } else if (wf_event_is_patch_marker(event)) {
        see_patch(run, event);
    } else if (wf_event_is_local_activity_marker(event)) {
        see_local_activity(run, event);
    }
}

void wf_run_resolve_local(struct wf_run *run)
{
    while (run->local_first != NULL && !run->is_divergent && !run->is_full) {
        struct wf_local_result *result = run->local_first;
        struct wf_machine *machine = wf_run_machine(run, WF_MACHINE_LOCAL_ACTIVITY,
                                                    result->marker.seq);
        const struct wf_machine_input in = {.input = WF_REQUEST_RESOLVE, .event = result->event};

        if (machine == NULL) {
            return; /* until the code schedules it: marker order is kept */
        }
        run->local_first = result->next;
        if (run->local_first == NULL) {
            run->local_last = NULL;
        }
        if (machine->local != NULL) {
            wf_diverge_state(run, machine, result->event,
                             NULL); /* a second marker with one number */
            return;
        }
        machine->local = result;
        wf_run_set_owner(run, result->event->event_id, machine);
        if (!wf_machine_step(run, machine, &in)) {
            WF_UNREACHABLE();
        }
    }
}

/* Updates are begun after the scan, in order. */
void wf_run_begin_updates(struct wf_run *run)
{
    for (uint32_t i = run->next_chunk.begin; i < run->next_chunk.end && !run->is_divergent; i++) {
        if (run->events.items[i]->event_type == WF_EVENT_TYPE_WORKFLOW_EXECUTION_UPDATE_ACCEPTED) {
            wf_run_begin_accepted_update(run, run->events.items[i]);
        }
    }
}

void wf_run_look_ahead(struct wf_run *run)
{
    bool has_updates = false;

    WF_ASSERT(run->is_next_chunk_known);
    for (uint32_t i = run->next_chunk.begin; i < run->next_chunk.end && !run->is_divergent; i++) {
        const struct wf_event *event = run->events.items[i];

        if (event->event_type == WF_EVENT_TYPE_MARKER_RECORDED) {
            see_marker(run, event);
        } else if (event->event_type == WF_EVENT_TYPE_WORKFLOW_EXECUTION_UPDATE_ACCEPTED) {
            has_updates = true;
        }
    }
    wf_run_resolve_local(run);
    if (has_updates) {
        wf_run_begin_updates(run);
    }
}
