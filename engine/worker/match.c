/*
 * Command events against commands, in queue order (replay-rules 2.1). Markers of local activities
 * that this worker did not run do not touch the queue: they are matched by number, ahead of time. Patch commands give way: one without
 * its marker is dropped, and a deprecated marker without its command is skipped with the upsert
 * that follows it, as is every version marker of a task that is replayed.
 */
#include "engine/worker/value_marker.h"
#include "engine/worker/worker_run.h"

static void consume(struct wf_run *run, struct wf_queued *queued, const struct wf_event *event)
{
    wf_queue_pop(run);
    wf_machine_event(run, queued->machine, event, queued);
    if (!run->is_divergent) {
        wf_run_note_match(run, queued, event);
        wf_run_set_owner(run, event->event_id, queued->machine);
    }
}

/* The command of a marker that this worker sent, at the front. */
static struct wf_queued *sent_marker(struct wf_run *run, const struct wf_event *event)
{
    struct wf_queued *front = wf_queue_front(run);
    struct wf_local_activity_marker marker;

    return front != NULL && front->machine->kind == WF_MACHINE_LOCAL_ACTIVITY &&
                   wf_local_activity_marker_read(run->step_arena, event, &marker) &&
                   marker.seq == front->machine->seq
               ? front
               : NULL;
}

static void match_local_activity(struct wf_run *run, const struct wf_event *event)
{
    struct wf_machine *machine = wf_run_owner(run,
                                              event->event_id); /* set when lookahead resolved it */
    struct wf_queued *sent = machine == NULL ? sent_marker(run, event) : NULL;
    struct wf_local_activity_marker marker;

    if (machine != NULL) {
        wf_run_note_late(run, machine, event);
        wf_machine_event(run, machine, event, NULL);
    } else if (sent != NULL) {
        consume(run, sent, event);
    } else if (!wf_local_activity_marker_read(run->step_arena, event, &marker)) {
        wf_diverge_event(run, event, "is a local activity marker that cannot be read");
    } else {
        wf_diverge_local_missing(run, event, marker.seq);
    }
}

static void match_patch_marker(struct wf_run *run, const struct wf_event *event,
                               const struct wf_event *next)
{
    struct wf_queued *front = wf_queue_front(run);
    const bool is_patch = front != NULL && front->machine->kind == WF_MACHINE_PATCH;
    struct wf_patch_marker marker;

    if (!wf_patch_marker_read(run->step_arena, event, &marker)) {
        wf_diverge_event(run, event, "is a patch marker that cannot be read");
    } else if (is_patch &&
               (!marker.is_deprecated || wf_string_equal(marker.patch_id, front->machine->id))) {
        consume(run, front, event);
    } else if (!marker.is_deprecated) {
        wf_diverge_patch_marker(run, event, marker.patch_id, front);
    } else if (next != NULL && wf_event_is_change_version_upsert(next)) {
        run->skipped_event = next;
    }
}

static bool is_version_marker(const struct wf_event *event)
{
    enum wf_sdk_value_kind kind = WF_SDK_VALUE_KIND_VERSION;

    return wf_event_is_value_marker(event, &kind) && kind == WF_SDK_VALUE_KIND_VERSION;
}

/* Its command is in the queue when this worker sent it; history's own is passed over with its upsert, whether the code still
 * asks for it or not (replay-rules 3.2). */
static void match_version(struct wf_run *run, const struct wf_event *event, const struct wf_event *next)
{
    struct wf_queued *front = wf_queue_front(run);

    if (front != NULL && front->machine->kind == WF_MACHINE_VALUE &&
        front->machine->value_kind == WF_SDK_VALUE_KIND_VERSION) {
        consume(run, front, event);
    } else if (next != NULL && wf_event_is_change_version_upsert(next)) {
        run->skipped_event = next;
    }
}

/* Third parties record markers of their own beside the commands. */
static bool is_passed(const struct wf_event *event)
{
    return false
#define WF_FAMILY_PASSED(NAME, marker) || wf_event_is_named_marker(event, marker)
#include "engine/worker/families.def"
        ;
}

/* False for a marker that a command in the queue has made. */
static bool match_marker(struct wf_run *run, const struct wf_event *event, const struct wf_event *next)
{
    if (wf_event_is_local_activity_marker(event)) {
        match_local_activity(run, event);
        return true;
    }
    if (wf_event_is_patch_marker(event)) {
        match_patch_marker(run, event, next);
        return true;
    }
    if (is_version_marker(event)) {
        match_version(run, event, next);
        return true;
    }
    return is_passed(event);
}

static void match(struct wf_run *run, const struct wf_event *event, const struct wf_event *next)
{
    struct wf_queued *front = NULL;

    if (event->event_type == WF_EVENT_TYPE_MARKER_RECORDED && match_marker(run, event, next)) {
        return;
    }
    for (front = wf_queue_front(run); front != NULL && front->machine->kind == WF_MACHINE_PATCH;
         front = wf_queue_front(run)) {
        front->is_withdrawn = true; /* patched() was asked, and history went the old way */
    }
    if (front == NULL) {
        wf_diverge_command_missing(run, event);
        return;
    }
    consume(run, front, event);
}

/* Names are the numbers that the host gave, which stay the author's; only where timers begin may be another place. */
static void named(struct wf_run *run, struct wf_queued *queued, bool is_default)
{
    (void)is_default;
    if (run->timers_begin_at_zero && queued->command_type == WF_COMMAND_TYPE_START_TIMER) {
        queued->id = wf_run_decimal(run, (int64_t)queued->machine->seq - 1);
        queued->machine->id = queued->id;
    }
}

const struct wf_family_rules wf_rules_core = {.name = "core",
                                              .identity = WF_IDENTITY_BY_FLAG,
                                              .next_chunk = wf_chunk_next,
                                              .look_ahead = wf_run_look_ahead,
                                              .named = named,
                                              .record_value = wf_run_record_value,
                                              .match = match};
