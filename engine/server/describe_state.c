/* What can be told of a run from its state alone: for DescribeWorkflow, for lists, and for checks.
 */
#include "engine/server/change.h"

static bool describe_activity(struct wf_arena *arena, const struct wf_state_activity *activity,
                              struct wf_svc_pending_activity *pending)
{
    if (pending == NULL) {
        return false;
    }
    pending->activity_id = wf_string_copy(arena, activity->activity_id);
    pending->activity_type = wf_string_copy(arena, activity->activity_type);
    pending->scheduled_event_id = activity->scheduled_event_id;
    pending->attempt = activity->attempt;
    pending->is_started = activity->state == WF_ACTIVITY_STARTED ||
                          activity->state == WF_ACTIVITY_CANCELING;
    pending->is_cancel_requested = activity->cancel_requested_event_id != 0;
    pending->last_failure = activity->last_failure == NULL
                                ? NULL
                                : wf_message_copy(arena, &wf_type_failure, activity->last_failure);
    pending->last_worker_identity = wf_string_copy(arena, activity->started_identity);
    pending->scheduled_time_ns = activity->scheduled_time_ns;
    pending->next_attempt_time_ns = activity->state == WF_ACTIVITY_BACKOFF && !activity->is_paused
                                        ? activity->scheduled_time_ns
                                        : 0;
    pending->heartbeat_details = activity->heartbeat_details == NULL
                                     ? NULL
                                     : wf_message_copy(arena, &wf_type_payloads,
                                                       activity->heartbeat_details);
    pending->task_queue = wf_string_copy(arena, activity->task_queue);
    pending->is_paused = activity->is_paused;
    pending->options = wf_activity_options_copy(arena, activity);
    return true;
}

static bool describe_child(struct wf_arena *arena, const struct wf_state_child *child,
                           struct wf_svc_pending_child *pending)
{
    if (pending == NULL) {
        return false;
    }
    pending->initiated_event_id = child->initiated_event_id;
    pending->workflow_id = wf_string_copy(arena, child->workflow_id);
    pending->run_id = wf_string_copy(arena, child->run_id);
    pending->workflow_type = wf_string_copy(arena, child->workflow_type);
    pending->parent_close_policy = child->parent_close_policy;
    return true;
}

static bool describe_external(struct wf_arena *arena, const struct wf_state_external *external,
                              bool is_cancel, struct wf_svc_pending_external *pending)
{
    if (pending == NULL) {
        return false;
    }
    pending->initiated_event_id = external->initiated_event_id;
    pending->workflow_id = wf_string_copy(arena, external->workflow_id);
    pending->is_cancel = is_cancel;
    if (!is_cancel) {
        pending->signal_name = wf_string_copy(arena, external->name);
    }
    return true;
}

static bool describe_nexus(struct wf_arena *arena, const struct wf_state_nexus *operation,
                           struct wf_svc_pending_nexus *pending)
{
    if (pending == NULL) {
        return false;
    }
    pending->scheduled_event_id = operation->scheduled_event_id;
    pending->endpoint = wf_string_copy(arena, operation->endpoint);
    pending->service = wf_string_copy(arena, operation->service);
    pending->operation = wf_string_copy(arena, operation->operation);
    pending->is_started = operation->state == WF_NEXUS_STARTED;
    return true;
}

/* Of an open run: what a closed one keeps of its children is for its close task. */
static bool describe_relations(struct wf_arena *arena, const struct wf_state_run *state,
                               struct wf_svc_description *description)
{
    for (uint32_t i = 0; i < state->children.count &&
                         state->status == WF_WORKFLOW_EXECUTION_STATUS_RUNNING;
         i++) {
        if (!describe_child(arena, &state->children.items[i],
                            WF_LIST_APPEND(arena, description->pending_children))) {
            return false;
        }
    }
    for (uint32_t i = 0; i < state->nexus_operations.count; i++) {
        if (!describe_nexus(arena, &state->nexus_operations.items[i],
                            WF_LIST_APPEND(arena, description->pending_nexus))) {
            return false;
        }
    }
    for (uint32_t i = 0; i < state->external_signals.count; i++) {
        if (!describe_external(arena, &state->external_signals.items[i], false,
                               WF_LIST_APPEND(arena, description->pending_externals))) {
            return false;
        }
    }
    for (uint32_t i = 0; i < state->external_cancels.count; i++) {
        if (!describe_external(arena, &state->external_cancels.items[i], true,
                               WF_LIST_APPEND(arena, description->pending_externals))) {
            return false;
        }
    }
    return true;
}

bool wf_describe_state(struct wf_arena *arena, const struct wf_state_run *state,
                       const struct wf_state_start *start, struct wf_svc_description *description)
{
    struct wf_workflow_execution *execution = WF_ARENA_NEW(arena, struct wf_workflow_execution);

    memset(description, 0, sizeof *description);
    if (execution == NULL) {
        return false;
    }
    execution->workflow_id = wf_string_copy(arena, start->workflow_id);
    execution->run_id = wf_string_copy(arena, start->run_id);
    description->workflow_execution = execution;
    description->workflow_type = wf_string_copy(arena, start->workflow_type);
    description->task_queue = wf_string_copy(arena, start->task_queue);
    description->status = state->is_paused ? WF_WORKFLOW_EXECUTION_STATUS_PAUSED : state->status;
    description->start_time_ns = start->start_time_ns;
    description->close_time_ns = state->close_time_ns;
    description->event_count = state->next_event_id - 1;
    description->history_size_bytes = state->history_size_bytes;
    description->is_cancel_requested = state->is_cancel_requested;
    if (state->workflow_task != NULL) {
        description->pending_workflow_task_attempt = state->workflow_task->attempt;
        description->pending_workflow_task_is_started = state->workflow_task->started_event_id != 0;
    }
    for (uint32_t i = 0; i < state->activities.count; i++) {
        if (!describe_activity(arena, &state->activities.items[i],
                               WF_LIST_APPEND(arena, description->pending_activities))) {
            return false;
        }
    }
    for (uint32_t i = 0; i < state->timers.count; i++) {
        struct wf_string *timer_id = WF_LIST_APPEND(arena, description->pending_timer_ids);

        if (timer_id == NULL) {
            return false;
        }
        *timer_id = wf_string_copy(arena, state->timers.items[i].timer_id);
    }
    if (!describe_relations(arena, state, description)) {
        return false;
    }
    description->is_held = state->is_held;
    description->versioning = wf_versioning_copy(arena, state->versioning);
    description->run_expiration_ns = start->run_expiration_ns;
    description->first_task_time_ns = state->is_in_backoff ? start->first_task_time_ns : 0;
    description->cron_schedule = wf_string_copy(arena, start->cron_schedule);
    description->parent = start->parent == NULL
                              ? NULL
                              : wf_message_copy(arena, &wf_type_workflow_execution, start->parent);
    description->result = state->result == NULL
                              ? NULL
                              : wf_message_copy(arena, &wf_type_payloads, state->result);
    description->failure = state->failure == NULL
                               ? NULL
                               : wf_message_copy(arena, &wf_type_failure, state->failure);
    return !arena->is_full;
}

enum wf_status wf_state_describe(struct wf_arena *arena, struct wf_string state,
                                 struct wf_svc_description *out, struct wf_error *err)
{
    struct wf_state_run *run = WF_ARENA_NEW(arena, struct wf_state_run);
    struct wf_state_start *start = WF_ARENA_NEW(arena, struct wf_state_start);

    if (run == NULL || start == NULL) {
        return wf_fail_status(err, WF_ERR_MEMORY, "no memory to describe a run");
    }
    WF_TRY(wf_wire_decode(arena, &wf_type_state_run, state, run, err));
    WF_TRY(wf_wire_decode(arena, &wf_type_state_start, run->start, start, err));
    if (!wf_describe_state(arena, run, start, out)) {
        return wf_fail_status(err, WF_ERR_MEMORY, "no memory to describe a run");
    }
    return WF_OK;
}

bool wf_state_is_idle(struct wf_arena *arena, struct wf_string state)
{
    struct wf_state_run *run = WF_ARENA_NEW(arena, struct wf_state_run);

    if (run == NULL || wf_wire_decode(arena, &wf_type_state_run, state, run, NULL) != WF_OK) {
        return false;
    }
    return run->alarm_ns == 0 && run->nexus_operations.count == 0 &&
           (run->workflow_task == NULL ||
            (run->workflow_task->started_event_id == 0 && run->workflow_task->attempt <= 1));
}
