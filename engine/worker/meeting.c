/*
 * What a replay can compare beyond what matching does. Matching only asks that the commands come in the order of the events;
 * here it is noted which met which, and which command missed the task that it belongs to.
 */
#include "engine/worker/worker_state.h"

static void note(struct wf_run *run, enum wf_meeting_kind kind, struct wf_queued *queued, const struct wf_event *event)
{
    struct wf_worker *worker = run->worker;
    const struct wf_command *command = wf_queued_command(run, queued);
    struct wf_meeting *meeting = command == NULL ? NULL : WF_LIST_APPEND(run->step_arena, worker->meetings);

    if (meeting == NULL) {
        run->is_full = true;
        return;
    }
    *meeting = (struct wf_meeting){kind, event, command, queued->source, queued->code_offset};
}

/* A patch that was asked for where history went the old way is dropped, not recorded (replay-rules 3.1). */
static bool is_dropped(struct wf_run *run, const struct wf_queued *queued)
{
    if (queued->is_withdrawn) {
        return true;
    }
    if (queued->machine->kind != WF_MACHINE_PATCH) {
        return false;
    }
    const struct wf_patch *patch = wf_run_patch(run, queued->machine->id);

    return patch != NULL && !patch->is_in_history;
}

void wf_run_note_match(struct wf_run *run, struct wf_queued *queued, const struct wf_event *event)
{
    if (run->config->is_replay) {
        note(run, WF_MEETING_MATCHED, queued, event);
    }
}

void wf_run_note_left_over(struct wf_run *run)
{
    const struct wf_queue *queue = &run->queue;
    const struct wf_event *first = run->events.items[run->chunk.begin];

    if (!run->config->is_replay || first->event_type != WF_EVENT_TYPE_WORKFLOW_TASK_COMPLETED) {
        return;
    }
    for (uint32_t i = queue->head; i < queue->count; i++) {
        struct wf_queued *queued = &queue->items[i];

        if (queued->chunk_number < run->chunk_number && !queued->is_left_over && !is_dropped(run, queued)) {
            queued->is_left_over = true;
            note(run, WF_MEETING_LEFT_OVER, queued, first);
        }
    }
}

void wf_run_note_late(struct wf_run *run, const struct wf_machine *local_activity, const struct wf_event *marker)
{
    const struct wf_queue *queue = &run->queue;

    if (!run->config->is_replay) {
        return;
    }
    for (uint32_t i = queue->head; i < queue->count; i++) {
        struct wf_queued *queued = &queue->items[i];

        if (queue->first_number + i < local_activity->command_number && !queued->is_left_over &&
            !is_dropped(run, queued)) {
            note(run, WF_MEETING_LATE, queued, marker);
            return; /* the first says it for those behind it */
        }
    }
}
