/*
 * Signals to other workflows and cancellations of them, as the run sees them that asked: initiated
 * by a command, sent by a transfer task until the target's shard has answered for good.
 *
 * Source: engine-semantics 5.3.
 */
#include "engine/server/change.h"

static struct wf_state_external *find(struct wf_state_external *items, uint32_t count,
                                      int64_t initiated_event_id)
{
    for (uint32_t i = 0; i < count; i++) {
        if (items[i].initiated_event_id == initiated_event_id) {
            return &items[i];
        }
    }
    return NULL;
}

struct wf_state_external *wf_signal_external_find(const struct wf_state_run *state,
                                                  int64_t initiated_event_id)
{
    return find(state->external_signals.items, state->external_signals.count, initiated_event_id);
}

struct wf_state_external *wf_cancel_external_find(const struct wf_state_run *state,
                                                  int64_t initiated_event_id)
{
    return find(state->external_cancels.items, state->external_cancels.count, initiated_event_id);
}

static struct wf_workflow_execution *target_of(struct wf_change *change,
                                               const struct wf_state_external *external)
{
    return wf_execution_message(change->shard, external->workflow_id, external->run_id);
}

/* 5.3 "pending record": the request id is made once, so that the target knows a repeated call. */
static void name_request(struct wf_change *change, struct wf_state_external *external)
{
    const struct wf_run_id id = wf_shard_draw_uuid(change->shard);

    external->request_id = wf_change_own(change, wf_run_id_string(&id));
    external->initiated_event_id = change->state->next_event_id;
}

/* ---- Signals ---- */

static void initiate_signal(struct wf_change *change, struct wf_state_external *unused,
                            const struct wf_external_details *details)
{
    const struct wf_command_signal_external_workflow_execution *command = details->signal;
    struct wf_event_signal_external_workflow_execution_initiated *event = NULL;
    struct wf_state_external *external = WF_LIST_APPEND(&change->run->arena,
                                                        change->state->external_signals);

    (void)unused;
    if (external == NULL) {
        return;
    }
    name_request(change, external);
    external->workflow_id = wf_change_own(change, command->execution->workflow_id);
    external->run_id = wf_change_own(change, command->execution->run_id);
    external->child_workflow_only = command->child_workflow_only;
    external->name = wf_change_own(change, command->signal_name);
    external->input = wf_change_own_message(change, &wf_type_payloads, command->input);
    external->header = wf_change_own_message(change, &wf_type_header, command->header);
    external->control = wf_change_own(change, command->control);
    wf_change_transfer(change, WF_TRANSFER_SIGNAL_EXTERNAL, external->initiated_event_id);
    event = wf_change_event(change, WF_EVENT_TYPE_SIGNAL_EXTERNAL_WORKFLOW_EXECUTION_INITIATED,
                            change->now_ns);
    if (event != NULL) {
        event->workflow_task_completed_event_id = details->completed_event_id;
        event->namespace = WF_STR(WF_NAMESPACE);
        event->namespace_id = WF_STR(WF_NAMESPACE_ID);
        event->workflow_execution = command->execution;
        event->signal_name = command->signal_name;
        event->input = command->input;
        event->control = command->control;
        event->child_workflow_only = command->child_workflow_only;
        event->header = command->header;
    }
}

static void deliver_signal(struct wf_change *change, struct wf_state_external *external,
                           const struct wf_external_details *details)
{
    struct wf_event_external_workflow_execution_signaled *event = wf_change_event(
        change, WF_EVENT_TYPE_EXTERNAL_WORKFLOW_EXECUTION_SIGNALED, change->now_ns);

    (void)details;
    if (event != NULL) {
        event->initiated_event_id = external->initiated_event_id;
        event->namespace = WF_STR(WF_NAMESPACE);
        event->namespace_id = WF_STR(WF_NAMESPACE_ID);
        event->workflow_execution = target_of(change, external);
        event->control = wf_string_copy(change->arena, external->control);
    }
    WF_LIST_REMOVE(change->state->external_signals, external);
    change->wants_task = true;
}

static void fail_signal(struct wf_change *change, struct wf_state_external *external,
                        const struct wf_external_details *details)
{
    struct wf_event_signal_external_workflow_execution_failed *event = wf_change_event(
        change, WF_EVENT_TYPE_SIGNAL_EXTERNAL_WORKFLOW_EXECUTION_FAILED, change->now_ns);

    if (event != NULL) {
        event->cause = details->cause;
        event->initiated_event_id = external->initiated_event_id;
        event->namespace = WF_STR(WF_NAMESPACE);
        event->namespace_id = WF_STR(WF_NAMESPACE_ID);
        event->workflow_execution = target_of(change, external);
        event->control = wf_string_copy(change->arena, external->control);
    }
    WF_LIST_REMOVE(change->state->external_signals, external);
    change->wants_task = true;
}

/* ---- Cancellations ---- */

static void initiate_cancel(struct wf_change *change, struct wf_state_external *unused,
                            const struct wf_external_details *details)
{
    const struct wf_command_request_cancel_external_workflow_execution *command = details->cancel;
    struct wf_event_request_cancel_external_workflow_execution_initiated *event = NULL;
    struct wf_state_external *external = WF_LIST_APPEND(&change->run->arena,
                                                        change->state->external_cancels);

    (void)unused;
    if (external == NULL) {
        return;
    }
    name_request(change, external);
    external->workflow_id = wf_change_own(change, command->workflow_id);
    external->run_id = wf_change_own(change, command->run_id);
    external->child_workflow_only = command->child_workflow_only;
    external->name = wf_change_own(change, command->reason);
    external->control = wf_change_own(change, command->control);
    wf_change_transfer(change, WF_TRANSFER_CANCEL_EXTERNAL, external->initiated_event_id);
    event = wf_change_event(change,
                            WF_EVENT_TYPE_REQUEST_CANCEL_EXTERNAL_WORKFLOW_EXECUTION_INITIATED,
                            change->now_ns);
    if (event != NULL) {
        event->workflow_task_completed_event_id = details->completed_event_id;
        event->namespace = WF_STR(WF_NAMESPACE);
        event->namespace_id = WF_STR(WF_NAMESPACE_ID);
        event->workflow_execution = target_of(change, external);
        event->control = command->control;
        event->child_workflow_only = command->child_workflow_only;
        event->reason = command->reason;
    }
}

static void deliver_cancel(struct wf_change *change, struct wf_state_external *external,
                           const struct wf_external_details *details)
{
    struct wf_event_external_workflow_execution_cancel_requested *event = wf_change_event(
        change, WF_EVENT_TYPE_EXTERNAL_WORKFLOW_EXECUTION_CANCEL_REQUESTED, change->now_ns);

    (void)details;
    if (event != NULL) {
        event->initiated_event_id = external->initiated_event_id;
        event->namespace = WF_STR(WF_NAMESPACE);
        event->namespace_id = WF_STR(WF_NAMESPACE_ID);
        event->workflow_execution = target_of(change, external);
    }
    WF_LIST_REMOVE(change->state->external_cancels, external);
    change->wants_task = true;
}

static void fail_cancel(struct wf_change *change, struct wf_state_external *external,
                        const struct wf_external_details *details)
{
    struct wf_event_request_cancel_external_workflow_execution_failed *event = wf_change_event(
        change, WF_EVENT_TYPE_REQUEST_CANCEL_EXTERNAL_WORKFLOW_EXECUTION_FAILED, change->now_ns);

    if (event != NULL) {
        event->cause = details->cause;
        event->initiated_event_id = external->initiated_event_id;
        event->namespace = WF_STR(WF_NAMESPACE);
        event->namespace_id = WF_STR(WF_NAMESPACE_ID);
        event->workflow_execution = target_of(change, external);
        event->control = wf_string_copy(change->arena, external->control);
    }
    WF_LIST_REMOVE(change->state->external_cancels, external);
    change->wants_task = true;
}

/* ---- The machines ---- */

#define ROW(from, input) ((uint32_t)(from) << 8 | (uint32_t)(input))
#define WF_TRANSITION(from, input, to, action)                                                     \
    case ROW(WF_EXTERNAL_##from, WF_EXTERNAL_##input):                                             \
        action(change, external, details);                                                         \
        return true;

bool wf_signal_external_step(struct wf_change *change, struct wf_state_external *external,
                             enum wf_external_input input,
                             const struct wf_external_details *details)
{
    switch (ROW(external == NULL ? WF_EXTERNAL_NONE : WF_EXTERNAL_INITIATED, input)) {
#include "engine/server/signal_external.def"
    default:
        return false;
    }
}

#define WF_TRANSITION(from, input, to, action)                                                     \
    case ROW(WF_EXTERNAL_##from, WF_EXTERNAL_##input):                                             \
        action(change, external, details);                                                         \
        return true;

bool wf_cancel_external_step(struct wf_change *change, struct wf_state_external *external,
                             enum wf_external_input input,
                             const struct wf_external_details *details)
{
    switch (ROW(external == NULL ? WF_EXTERNAL_NONE : WF_EXTERNAL_INITIATED, input)) {
#include "engine/server/cancel_external.def"
    default:
        return false;
    }
}
