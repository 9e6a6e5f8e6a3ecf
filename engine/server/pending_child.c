/*
 * Children of a run, as the parent sees them: initiated by a command, started by the parent's
 * transfer task, ended by the report of the child's own close task.
 *
 * Source: engine-semantics 5.4.
 */
#include "engine/base/assert.h"
#include "engine/server/change.h"

struct wf_state_child *wf_child_find(const struct wf_state_run *state, int64_t initiated_event_id)
{
    for (uint32_t i = 0; i < state->children.count; i++) {
        if (state->children.items[i].initiated_event_id == initiated_event_id) {
            return &state->children.items[i];
        }
    }
    return NULL;
}

/* ---- Pieces of events ---- */

static struct wf_workflow_type *type_of(struct wf_change *change, struct wf_string name)
{
    struct wf_workflow_type *type = WF_ARENA_NEW(change->arena, struct wf_workflow_type);

    if (type != NULL) {
        type->name = wf_string_copy(change->arena, name);
    }
    return type;
}

/* The run that an outcome names: the one that closed, which may not be the one that was started. */
static struct wf_workflow_execution *execution_of(struct wf_change *change,
                                                  const struct wf_state_child *child,
                                                  struct wf_string run_id)
{
    return wf_execution_message(change->shard, child->workflow_id,
                                run_id.size_bytes > 0 ? run_id : child->run_id);
}

/* ---- Actions ---- */

static void initiate(struct wf_change *change, struct wf_state_child *unused,
                     const struct wf_child_details *details)
{
    const struct wf_event_start_child_workflow_execution_initiated *initiated = details->initiated;
    struct wf_event_start_child_workflow_execution_initiated *event = NULL;
    struct wf_state_child *child = WF_LIST_APPEND(&change->run->arena, change->state->children);

    (void)unused;
    if (child == NULL) {
        return;
    }
    child->initiated_event_id = change->state->next_event_id;
    child->state = WF_CHILD_INITIATED;
    child->workflow_id = wf_change_own(change, initiated->workflow_id);
    child->workflow_type = wf_change_own(change, initiated->workflow_type->name);
    child->parent_close_policy = initiated->parent_close_policy;
    child->initiated = wf_change_own_message(
        change, &wf_type_event_start_child_workflow_execution_initiated, initiated);
    wf_change_transfer(change, WF_TRANSFER_START_CHILD, child->initiated_event_id);
    event = wf_change_event(change, WF_EVENT_TYPE_START_CHILD_WORKFLOW_EXECUTION_INITIATED,
                            change->now_ns);
    if (event != NULL) {
        *event = *initiated;
    }
}

static void start(struct wf_change *change, struct wf_state_child *child,
                  const struct wf_child_details *details)
{
    struct wf_event_child_workflow_execution_started *event = NULL;

    child->state = WF_CHILD_STARTED;
    child->started_event_id = WF_EVENT_ID_BUFFERED; /* the flush gives it its own */
    child->run_id = wf_change_own(change, details->run_id);
    child->shard_clock = details->shard_clock;
    event = wf_change_event(change, WF_EVENT_TYPE_CHILD_WORKFLOW_EXECUTION_STARTED, change->now_ns);
    if (event != NULL) {
        event->namespace = WF_STR(WF_NAMESPACE);
        event->namespace_id = WF_STR(WF_NAMESPACE_ID);
        event->initiated_event_id = child->initiated_event_id;
        event->workflow_execution = execution_of(change, child, child->run_id);
        event->workflow_type = type_of(change, child->workflow_type);
        event->header = child->initiated == NULL ? NULL : child->initiated->header;
    }
    child->initiated = NULL;
    change->wants_task = true;
}

static void fail_start(struct wf_change *change, struct wf_state_child *child,
                       const struct wf_child_details *details)
{
    struct wf_event_start_child_workflow_execution_failed *event = wf_change_event(
        change, WF_EVENT_TYPE_START_CHILD_WORKFLOW_EXECUTION_FAILED, change->now_ns);

    if (event != NULL) {
        event->namespace = WF_STR(WF_NAMESPACE);
        event->namespace_id = WF_STR(WF_NAMESPACE_ID);
        event->workflow_id = wf_string_copy(change->arena, child->workflow_id);
        event->workflow_type = type_of(change, child->workflow_type);
        event->cause = details->cause;
        event->control = child->initiated == NULL ? (struct wf_string){0}
                                                  : child->initiated->control;
        event->initiated_event_id = child->initiated_event_id; /* 1.3: no task's id is written */
    }
    WF_LIST_REMOVE(change->state->children, child);
    change->wants_task = true;
}

/* What all outcomes have in common; the members lie in different structs. */
struct outcome {
    struct wf_string *namespace;
    struct wf_string *namespace_id;
    struct wf_workflow_execution **execution;
    struct wf_workflow_type **type;
    int64_t *initiated_event_id;
    int64_t *started_event_id;
};

static void fill_outcome(struct wf_change *change, const struct wf_state_child *child,
                         const struct wf_child_details *details, struct outcome outcome)
{
    *outcome.namespace = WF_STR(WF_NAMESPACE);
    *outcome.namespace_id = WF_STR(WF_NAMESPACE_ID);
    *outcome.execution = execution_of(change, child, details->run_id);
    *outcome.type = type_of(change, child->workflow_type);
    *outcome.initiated_event_id = child->initiated_event_id;
    *outcome.started_event_id = child->started_event_id;
}

static void complete(struct wf_change *change, struct wf_state_child *child,
                     const struct wf_child_details *details)
{
    struct wf_event_child_workflow_execution_completed *event = wf_change_event(
        change, WF_EVENT_TYPE_CHILD_WORKFLOW_EXECUTION_COMPLETED, change->now_ns);

    if (event != NULL) {
        fill_outcome(change, child, details,
                     (struct outcome){&event->namespace, &event->namespace_id,
                                      &event->workflow_execution, &event->workflow_type,
                                      &event->initiated_event_id, &event->started_event_id});
        event->result = details->payloads;
    }
    WF_LIST_REMOVE(change->state->children, child);
    change->wants_task = true;
}

static void fail(struct wf_change *change, struct wf_state_child *child,
                 const struct wf_child_details *details)
{
    struct wf_event_child_workflow_execution_failed *event = wf_change_event(
        change, WF_EVENT_TYPE_CHILD_WORKFLOW_EXECUTION_FAILED, change->now_ns);

    if (event != NULL) {
        fill_outcome(change, child, details,
                     (struct outcome){&event->namespace, &event->namespace_id,
                                      &event->workflow_execution, &event->workflow_type,
                                      &event->initiated_event_id, &event->started_event_id});
        event->failure = details->failure;
        event->retry_state = details->retry_state;
    }
    WF_LIST_REMOVE(change->state->children, child);
    change->wants_task = true;
}

static void cancel(struct wf_change *change, struct wf_state_child *child,
                   const struct wf_child_details *details)
{
    struct wf_event_child_workflow_execution_canceled *event = wf_change_event(
        change, WF_EVENT_TYPE_CHILD_WORKFLOW_EXECUTION_CANCELED, change->now_ns);

    if (event != NULL) {
        fill_outcome(change, child, details,
                     (struct outcome){&event->namespace, &event->namespace_id,
                                      &event->workflow_execution, &event->workflow_type,
                                      &event->initiated_event_id, &event->started_event_id});
        event->details = details->payloads;
    }
    WF_LIST_REMOVE(change->state->children, child);
    change->wants_task = true;
}

static void time_out(struct wf_change *change, struct wf_state_child *child,
                     const struct wf_child_details *details)
{
    struct wf_event_child_workflow_execution_timed_out *event = wf_change_event(
        change, WF_EVENT_TYPE_CHILD_WORKFLOW_EXECUTION_TIMED_OUT, change->now_ns);

    if (event != NULL) {
        fill_outcome(change, child, details,
                     (struct outcome){&event->namespace, &event->namespace_id,
                                      &event->workflow_execution, &event->workflow_type,
                                      &event->initiated_event_id, &event->started_event_id});
        event->retry_state = details->retry_state;
    }
    WF_LIST_REMOVE(change->state->children, child);
    change->wants_task = true;
}

static void terminate(struct wf_change *change, struct wf_state_child *child,
                      const struct wf_child_details *details)
{
    struct wf_event_child_workflow_execution_terminated *event = wf_change_event(
        change, WF_EVENT_TYPE_CHILD_WORKFLOW_EXECUTION_TERMINATED, change->now_ns);

    if (event != NULL) {
        fill_outcome(change, child, details,
                     (struct outcome){&event->namespace, &event->namespace_id,
                                      &event->workflow_execution, &event->workflow_type,
                                      &event->initiated_event_id, &event->started_event_id});
    }
    WF_LIST_REMOVE(change->state->children, child);
    change->wants_task = true;
}

bool wf_child_step(struct wf_change *change, struct wf_state_child *child,
                   enum wf_child_input input, const struct wf_child_details *details)
{
#define ROW(from, input) ((uint32_t)(from) << 8 | (uint32_t)(input))
    switch (ROW(child == NULL ? WF_CHILD_NONE : child->state, input)) {
#define WF_TRANSITION(from, input, to, action)                                                     \
    case ROW(WF_CHILD_##from, WF_CHILD_##input):                                                   \
        action(change, child, details);                                                            \
        return true;
#include "engine/server/pending_child.def"
    default:
        return false;
    }
#undef ROW
}

bool wf_child_end(struct wf_change *change, struct wf_state_child *child,
                  const struct wf_event *closing, struct wf_string run_id)
{
    struct wf_child_details details = {.run_id = run_id};

    switch (closing->attributes_case) {
    case WF_CASE_event_workflow_execution_completed:
        details.payloads = closing->attributes.workflow_execution_completed->result;
        return wf_child_step(change, child, WF_CHILD_COMPLETE, &details);
    case WF_CASE_event_workflow_execution_failed:
        details.failure = closing->attributes.workflow_execution_failed->failure;
        details.retry_state = closing->attributes.workflow_execution_failed->retry_state;
        return wf_child_step(change, child, WF_CHILD_FAIL, &details);
    case WF_CASE_event_workflow_execution_canceled:
        details.payloads = closing->attributes.workflow_execution_canceled->details;
        return wf_child_step(change, child, WF_CHILD_CANCEL, &details);
    case WF_CASE_event_workflow_execution_timed_out:
        details.retry_state = closing->attributes.workflow_execution_timed_out->retry_state;
        return wf_child_step(change, child, WF_CHILD_TIME_OUT, &details);
    case WF_CASE_event_workflow_execution_terminated:
        return wf_child_step(change, child, WF_CHILD_TERMINATE, &details);
    default:
        return false; /* a chain does not end so */
    }
}

/* ---- What a reset applies again ---- */

/* The child that the event is about, and the run that it names; NULL for an event about no child that pends. */
static struct wf_state_child *child_of(const struct wf_state_run *state, const struct wf_event *event,
                                       struct wf_child_details *details)
{
    const struct wf_event_owner owner = wf_event_owner_of(event);
    const struct wf_workflow_execution *execution = NULL;

#define CHILD_EVENT(name)                                                                          \
    case WF_CASE_event_##name:                                                                     \
        execution = event->attributes.name->workflow_execution;                                    \
        break;
    switch (event->attributes_case) {
        CHILD_EVENT(child_workflow_execution_started)
        CHILD_EVENT(child_workflow_execution_completed)
        CHILD_EVENT(child_workflow_execution_failed)
        CHILD_EVENT(child_workflow_execution_canceled)
        CHILD_EVENT(child_workflow_execution_timed_out)
        CHILD_EVENT(child_workflow_execution_terminated)
    default:
        break;
    }
#undef CHILD_EVENT
    details->run_id = execution == NULL ? (struct wf_string){0} : execution->run_id;
    return owner.kind == WF_OWNER_CHILD && !owner.begins ? wf_child_find(state, owner.event_id) : NULL;
}

static enum wf_child_input input_of(const struct wf_event *event, struct wf_child_details *details)
{
    switch (event->attributes_case) {
    case WF_CASE_event_child_workflow_execution_started:
        return WF_CHILD_START;
    case WF_CASE_event_child_workflow_execution_completed:
        details->payloads = event->attributes.child_workflow_execution_completed->result;
        return WF_CHILD_COMPLETE;
    case WF_CASE_event_child_workflow_execution_failed:
        details->failure = event->attributes.child_workflow_execution_failed->failure;
        details->retry_state = event->attributes.child_workflow_execution_failed->retry_state;
        return WF_CHILD_FAIL;
    case WF_CASE_event_child_workflow_execution_canceled:
        details->payloads = event->attributes.child_workflow_execution_canceled->details;
        return WF_CHILD_CANCEL;
    case WF_CASE_event_child_workflow_execution_timed_out:
        details->retry_state = event->attributes.child_workflow_execution_timed_out->retry_state;
        return WF_CHILD_TIME_OUT;
    case WF_CASE_event_child_workflow_execution_terminated:
        return WF_CHILD_TERMINATE;
    default:
        details->cause = event->attributes.start_child_workflow_execution_failed->cause;
        return WF_CHILD_FAIL_START;
    }
}

void wf_child_reapply(struct wf_change *change, const struct wf_event *event)
{
    struct wf_child_details details = {0};
    struct wf_state_child *child = child_of(change->state, event, &details);
    const enum wf_child_input input = child == NULL ? WF_CHILD_INITIATE : input_of(event, &details);
    bool is_stepped = false;

    if (child != NULL) {
        is_stepped = wf_child_step(change, child, input, &details);
        WF_ASSERT(is_stepped);
    }
}
