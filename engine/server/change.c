/*
 * Events of a change. An event that may not interleave with a running workflow task goes to the
 * buffer in the state, where it lives as plain data until a flush gives it an id; all others are
 * numbered at once.
 *
 * Source: engine-semantics 3.8, 3.9.
 */
#include "engine/server/change.h"

#include "engine/base/assert.h"

void wf_change_look(struct wf_change *change, struct wf_shard *shard, struct wf_workflow *workflow,
                    struct wf_shard_run *run)
{
    memset(change, 0, sizeof *change);
    change->shard = shard;
    change->workflow = workflow;
    change->run = run;
    change->state = run->state;
    change->arena = &shard->step_arena;
    change->now_ns = shard->now_ns;
    change->owned_buffered_count = run->state == NULL ? 0 : run->state->buffered_events.count;
}

void wf_change_init(struct wf_change *change, struct wf_shard *shard, struct wf_workflow *workflow,
                    struct wf_shard_run *run)
{
    bool is_converted = true;

    wf_change_look(change, shard, workflow, run);
    if (run->state != NULL && wf_workflow_task_is_speculative(run->state)) {
        is_converted = wf_workflow_task_step(change, WF_WORKFLOW_TASK_CONVERT, NULL);
    }
    WF_ASSERT(is_converted);
}

static struct wf_event *place_event(struct wf_change *change, enum wf_buffering buffering)
{
    struct wf_event *event = NULL;

    if (buffering != WF_BUFFERING_I) {
        return WF_LIST_APPEND(&change->run->arena, change->state->buffered_events);
    }
    event = WF_LIST_APPEND(change->arena, change->history.events);
    if (event != NULL) {
        event->event_id = change->state->next_event_id++;
    }
    return event;
}

void *wf_change_event(struct wf_change *change, enum wf_event_type type, wf_time_ns time_ns)
{
    const struct wf_event_descriptor *descriptor = &wf_event_descriptors[type];
    void *attributes = wf_message_new(change->arena, descriptor->attributes);
    struct wf_event *event = attributes == NULL ? NULL : place_event(change, descriptor->buffering);

    /* 3.8 rule 8: nothing follows the close event. */
    WF_ASSERT(change->state->status == WF_WORKFLOW_EXECUTION_STATUS_RUNNING);
    if (event == NULL) {
        return NULL;
    }
    event->event_type = (int32_t)type;
    event->event_time = wf_timestamp_of(time_ns);
    event->attributes_case = descriptor->oneof_number;
    event->attributes.any = attributes;
    change->last_event = event;
    return attributes;
}

void wf_change_cut(struct wf_change *change)
{
    WF_ASSERT(change->cut_count < WF_BATCH_CUTS_MAX);
    change->cuts[change->cut_count++] = change->history.events.count;
}

/* What an outcome of an activity says of its start, or NULL for another event. */
static int64_t *outcome_started_id(struct wf_event *event, int64_t *scheduled_event_id)
{
    switch (event->attributes_case) {
    case WF_CASE_event_activity_task_completed:
        *scheduled_event_id = event->attributes.activity_task_completed->scheduled_event_id;
        return &event->attributes.activity_task_completed->started_event_id;
    case WF_CASE_event_activity_task_failed:
        *scheduled_event_id = event->attributes.activity_task_failed->scheduled_event_id;
        return &event->attributes.activity_task_failed->started_event_id;
    case WF_CASE_event_activity_task_timed_out:
        *scheduled_event_id = event->attributes.activity_task_timed_out->scheduled_event_id;
        return &event->attributes.activity_task_timed_out->started_event_id;
    case WF_CASE_event_activity_task_canceled:
        *scheduled_event_id = event->attributes.activity_task_canceled->scheduled_event_id;
        return &event->attributes.activity_task_canceled->started_event_id;
    default:
        return NULL;
    }
}

/* What an outcome of a child says of its start, or NULL for another event. */
static int64_t *child_started_id(struct wf_event *event, int64_t *initiated_event_id)
{
    switch (event->attributes_case) {
    case WF_CASE_event_child_workflow_execution_completed:
        *initiated_event_id = event->attributes.child_workflow_execution_completed
                                  ->initiated_event_id;
        return &event->attributes.child_workflow_execution_completed->started_event_id;
    case WF_CASE_event_child_workflow_execution_failed:
        *initiated_event_id = event->attributes.child_workflow_execution_failed->initiated_event_id;
        return &event->attributes.child_workflow_execution_failed->started_event_id;
    case WF_CASE_event_child_workflow_execution_canceled:
        *initiated_event_id = event->attributes.child_workflow_execution_canceled
                                  ->initiated_event_id;
        return &event->attributes.child_workflow_execution_canceled->started_event_id;
    case WF_CASE_event_child_workflow_execution_timed_out:
        *initiated_event_id = event->attributes.child_workflow_execution_timed_out
                                  ->initiated_event_id;
        return &event->attributes.child_workflow_execution_timed_out->started_event_id;
    case WF_CASE_event_child_workflow_execution_terminated:
        *initiated_event_id = event->attributes.child_workflow_execution_terminated
                                  ->initiated_event_id;
        return &event->attributes.child_workflow_execution_terminated->started_event_id;
    default:
        return NULL;
    }
}

/* The same for children; a child that is still pending learns the id of its start. */
static void patch_child(struct wf_change *change, struct wf_event *event,
                        const struct wf_event *flushed, uint32_t count)
{
    int64_t initiated_event_id = 0;
    int64_t *started_event_id = child_started_id(event, &initiated_event_id);

    if (event->event_type == WF_EVENT_TYPE_CHILD_WORKFLOW_EXECUTION_STARTED) {
        struct wf_state_child *child = wf_child_find(
            change->state, event->attributes.child_workflow_execution_started->initiated_event_id);

        if (child != NULL) {
            child->started_event_id = event->event_id;
        }
        return;
    }
    if (started_event_id == NULL || *started_event_id != WF_EVENT_ID_BUFFERED) {
        return;
    }
    for (uint32_t i = 0; i < count; i++) {
        if (flushed[i].event_type == WF_EVENT_TYPE_CHILD_WORKFLOW_EXECUTION_STARTED &&
            flushed[i].attributes.child_workflow_execution_started->initiated_event_id ==
                initiated_event_id) {
            *started_event_id = flushed[i].event_id;
            return;
        }
    }
    WF_UNREACHABLE();
}

/* 3.8 rule 5: an outcome names the Started event that was written in the same flush. */
static void patch_outcome(struct wf_event *outcome, const struct wf_event *flushed, uint32_t count)
{
    int64_t scheduled_event_id = 0;
    int64_t *started_event_id = outcome_started_id(outcome, &scheduled_event_id);

    if (started_event_id == NULL || *started_event_id != WF_EVENT_ID_BUFFERED) {
        return;
    }
    for (uint32_t i = 0; i < count; i++) {
        if (flushed[i].event_type == WF_EVENT_TYPE_ACTIVITY_TASK_STARTED &&
            flushed[i].attributes.activity_task_started->scheduled_event_id == scheduled_event_id) {
            *started_event_id = flushed[i].event_id;
            return;
        }
    }
    WF_UNREACHABLE();
}

static void move_events(struct wf_change *change, enum wf_buffering buffering)
{
    struct wf_state_run *state = change->state;

    for (uint32_t i = 0; i < state->buffered_events.count; i++) {
        const struct wf_event *buffered = &state->buffered_events.items[i];
        struct wf_event *event = NULL;

        if (wf_event_descriptors[buffered->event_type].buffering != buffering) {
            continue;
        }
        event = WF_LIST_APPEND(change->arena, change->history.events);
        if (event == NULL) {
            return;
        }
        *event = *buffered;
        event->event_id = state->next_event_id++;
    }
}

void wf_change_flush(struct wf_change *change)
{
    const uint32_t first = change->history.events.count;

    if (change->state->buffered_events.count == 0) {
        return;
    }
    if (wf_is_planted(change->shard->config, WF_PLANT_FLUSH_OUT_OF_ORDER)) {
        move_events(change, WF_BUFFERING_L);
        move_events(change, WF_BUFFERING_B);
    } else {
        move_events(change, WF_BUFFERING_B);
        move_events(change, WF_BUFFERING_L);
    }
    for (uint32_t i = first; i < change->history.events.count; i++) {
        patch_outcome(&change->history.events.items[i], &change->history.events.items[first],
                      change->history.events.count - first);
        patch_child(change, &change->history.events.items[i], &change->history.events.items[first],
                    change->history.events.count - first);
    }
    change->state->buffered_events.count = 0;
    change->owned_buffered_count = 0;
    change->run->buffered_bytes = 0;
    change->last_event = NULL;
}

struct wf_string wf_change_own(struct wf_change *change, struct wf_string string)
{
    return string.size_bytes == 0 ? (struct wf_string){0}
                                  : wf_string_copy(&change->run->arena, string);
}

void *wf_change_own_message(struct wf_change *change, const struct wf_message_type *type,
                            const void *message)
{
    return message == NULL ? NULL : wf_message_copy(&change->run->arena, type, message);
}

void wf_change_push(struct wf_change *change, bool is_activity, int64_t scheduled_event_id,
                    int32_t attempt, int32_t stamp)
{
    struct wf_task_record *task = NULL;

    if (is_activity && change->state->is_paused) {
        return; /* 7.12: dispatched when the pause ends */
    }
    task = wf_task_new(change->shard, change->workflow, WF_TASK_TRANSFER);
    if (task == NULL) {
        return;
    }
    task->run_id = change->run->id;
    task->is_activity = is_activity;
    task->scheduled_event_id = scheduled_event_id;
    task->attempt = attempt;
    task->stamp = stamp;
    wf_task_list_append(&change->tasks, task);
}

void wf_change_transfer(struct wf_change *change, enum wf_transfer_kind kind,
                        int64_t initiated_event_id)
{
    struct wf_task_record *task = wf_task_new(change->shard, change->workflow, WF_TASK_TRANSFER);

    if (task == NULL) {
        return;
    }
    task->run_id = change->run->id;
    task->kind = kind;
    task->scheduled_event_id = initiated_event_id;
    wf_task_list_append(&change->tasks, task);
}
