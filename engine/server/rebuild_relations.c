/*
 * What a run has to do with other workflows, from the events of its history: pending children, and signals and cancel
 * requests whose outcome is not known.
 *
 * Source: engine-semantics 5.3, 5.4, 7.10 step 4.
 */
#include "engine/server/change.h"

/* ---- Children ---- */

static void restore_child(struct wf_shard_run *run, const struct wf_event *event)
{
    const struct wf_event_start_child_workflow_execution_initiated *initiated =
        event->attributes.start_child_workflow_execution_initiated;
    struct wf_state_child *child = WF_LIST_APPEND(&run->arena, run->state->children);

    if (child == NULL) {
        return;
    }
    child->initiated_event_id = event->event_id;
    child->state = WF_CHILD_INITIATED;
    child->workflow_id = wf_string_copy(&run->arena, initiated->workflow_id);
    child->workflow_type = wf_string_copy(&run->arena, initiated->workflow_type->name);
    child->parent_close_policy = initiated->parent_close_policy;
    child->initiated = wf_message_copy(
        &run->arena, &wf_type_event_start_child_workflow_execution_initiated, initiated);
}

static void start_child(struct wf_shard_run *run, const struct wf_event *event)
{
    const struct wf_event_child_workflow_execution_started *started =
        event->attributes.child_workflow_execution_started;
    struct wf_state_child *child = wf_child_find(run->state, started->initiated_event_id);

    if (child != NULL && started->workflow_execution != NULL) {
        child->state = WF_CHILD_STARTED;
        child->started_event_id = event->event_id;
        child->run_id = wf_string_copy(&run->arena, started->workflow_execution->run_id);
        child->initiated = NULL;
    }
}

static void end_child(struct wf_shard_run *run, int64_t initiated_event_id)
{
    struct wf_state_child *child = wf_child_find(run->state, initiated_event_id);

    if (child != NULL) {
        WF_LIST_REMOVE(run->state->children, child);
    }
}

static bool apply_to_child(struct wf_shard_run *run, const struct wf_event *event)
{
    const int64_t ended_event_id = wf_event_ended_id(event, WF_OWNER_CHILD);

    switch (event->attributes_case) {
    case WF_CASE_event_start_child_workflow_execution_initiated:
        restore_child(run, event);
        return true;
    case WF_CASE_event_child_workflow_execution_started:
        start_child(run, event);
        return true;
    default:
        if (ended_event_id != 0) {
            end_child(run, ended_event_id);
        }
        return ended_event_id != 0;
    }
}

void wf_children_name_parent(struct wf_shard_run *run, struct wf_string run_id)
{
    for (uint32_t i = 0; i < run->state->children.count && run_id.size_bytes > 0; i++) {
        struct wf_state_child *child = &run->state->children.items[i];

        if (child->parent_run_id.size_bytes == 0) {
            child->parent_run_id = wf_string_copy(&run->arena, run_id);
        }
    }
}

/* ---- Signals and cancel requests ---- */

/* The request's id was drawn and is in no event, so the target will not know the request again. */
static void restore_external(struct wf_shard *shard, struct wf_shard_run *run,
                             struct wf_state_external *external, const struct wf_event *event,
                             const struct wf_workflow_execution *target)
{
    const struct wf_run_id request_id = wf_shard_draw_uuid(shard);

    if (external == NULL || target == NULL) {
        return;
    }
    external->initiated_event_id = event->event_id;
    external->request_id = wf_string_copy(&run->arena, wf_run_id_string(&request_id));
    external->workflow_id = wf_string_copy(&run->arena, target->workflow_id);
    external->run_id = wf_string_copy(&run->arena, target->run_id);
}

static void restore_signal(struct wf_shard *shard, struct wf_shard_run *run,
                           const struct wf_event *event)
{
    const struct wf_event_signal_external_workflow_execution_initiated *initiated =
        event->attributes.signal_external_workflow_execution_initiated;
    struct wf_arena *arena = &run->arena;
    struct wf_state_external *external = WF_LIST_APPEND(arena, run->state->external_signals);

    restore_external(shard, run, external, event, initiated->workflow_execution);
    if (external != NULL) {
        external->child_workflow_only = initiated->child_workflow_only;
        external->name = wf_string_copy(arena, initiated->signal_name);
        external->input = initiated->input == NULL
                              ? NULL
                              : wf_message_copy(arena, &wf_type_payloads, initiated->input);
        external->header = initiated->header == NULL
                               ? NULL
                               : wf_message_copy(arena, &wf_type_header, initiated->header);
        external->control = wf_string_copy(arena, initiated->control);
    }
}

static void restore_cancel(struct wf_shard *shard, struct wf_shard_run *run,
                           const struct wf_event *event)
{
    const struct wf_event_request_cancel_external_workflow_execution_initiated *initiated =
        event->attributes.request_cancel_external_workflow_execution_initiated;
    struct wf_state_external *external = WF_LIST_APPEND(&run->arena, run->state->external_cancels);

    restore_external(shard, run, external, event, initiated->workflow_execution);
    if (external != NULL) {
        external->child_workflow_only = initiated->child_workflow_only;
        external->name = wf_string_copy(&run->arena, initiated->reason);
        external->control = wf_string_copy(&run->arena, initiated->control);
    }
}

static void end_signal(struct wf_shard_run *run, int64_t initiated_event_id)
{
    struct wf_state_external *external = wf_signal_external_find(run->state, initiated_event_id);

    if (external != NULL) {
        WF_LIST_REMOVE(run->state->external_signals, external);
    }
}

static void end_cancel(struct wf_shard_run *run, int64_t initiated_event_id)
{
    struct wf_state_external *external = wf_cancel_external_find(run->state, initiated_event_id);

    if (external != NULL) {
        WF_LIST_REMOVE(run->state->external_cancels, external);
    }
}

void wf_relations_rebuild(struct wf_shard *shard, struct wf_shard_run *run,
                          const struct wf_event *event)
{
    if (apply_to_child(run, event)) {
        return;
    }
    switch (event->attributes_case) {
    case WF_CASE_event_signal_external_workflow_execution_initiated:
        restore_signal(shard, run, event);
        break;
    case WF_CASE_event_request_cancel_external_workflow_execution_initiated:
        restore_cancel(shard, run, event);
        break;
    default:
        end_signal(run, wf_event_ended_id(event, WF_OWNER_SIGNAL));
        end_cancel(run, wf_event_ended_id(event, WF_OWNER_CANCEL));
        break; /* markers, and what else the state says nothing of, end neither */
    }
}
