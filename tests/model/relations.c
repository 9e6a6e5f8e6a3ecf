/*
 * Children, and signals and cancellations sent to other workflows.
 *
 * Source: engine-semantics 2.3, 5.3, 5.4.
 */
#include <stdlib.h>

#include "tests/model/transaction.h"

#define CAUSE(NAME) WF_WORKFLOW_TASK_FAILED_CAUSE_##NAME

/* ---- Children: commands ---- */

struct wf_state_child *model_child_find(struct model_transaction *tx, int64_t initiated_event_id)
{
    for (uint32_t i = 0; i < tx->state->children.count; i++) {
        if (tx->state->children.items[i].initiated_event_id == initiated_event_id) {
            return &tx->state->children.items[i];
        }
    }
    return NULL;
}

static bool is_child_valid(const struct model_transaction *tx,
                           const struct wf_command_start_child_workflow_execution *command)
{
    int64_t unused_ns = 0;

    return model_is_id(tx->model, command->workflow_id) &&
           model_is_id(tx->model, wf_workflow_type_name(command->workflow_type)) &&
           (command->task_queue == NULL || model_is_id_or_none(tx->model, command->task_queue->name)) &&
           (command->cron_schedule.size_bytes == 0 ||
            model_cron_backoff(command->cron_schedule, tx->now_ns, tx->now_ns, &unused_ns)) &&
           model_duration(command->workflow_execution_timeout, &unused_ns) &&
           model_duration(command->workflow_run_timeout, &unused_ns) &&
           model_duration(command->workflow_task_timeout, &unused_ns) &&
           (command->retry_policy == NULL || model_policy_is_valid(command->retry_policy));
}

/* A child's timeouts are completed as those of any start (7.1). */
static void fill_timeouts(const struct model_transaction *tx,
                          const struct wf_command_start_child_workflow_execution *command,
                          struct wf_event_start_child_workflow_execution_initiated *event)
{
    int64_t execution_ns = 0;
    int64_t run_ns = 0;
    int64_t task_ns = 0;

    model_duration(command->workflow_execution_timeout, &execution_ns);
    model_duration(command->workflow_run_timeout, &run_ns);
    model_duration(command->workflow_task_timeout, &task_ns);
    run_ns = model_min_timeout(run_ns, execution_ns);
    event->workflow_run_timeout = wf_duration_of(run_ns);
    event->workflow_task_timeout = wf_duration_of(model_task_timeout(&tx->model->limits, task_ns, run_ns));
}

static struct wf_event_start_child_workflow_execution_initiated *write_initiated(
    struct model_transaction *tx, const struct wf_command_start_child_workflow_execution *command,
    int64_t completed_event_id)
{
    struct wf_event_start_child_workflow_execution_initiated *event = model_event(
        tx, WF_EVENT_TYPE_START_CHILD_WORKFLOW_EXECUTION_INITIATED);

    event->namespace = WF_STR(MODEL_NAMESPACE);
    event->namespace_id = WF_STR(MODEL_NAMESPACE_ID);
    event->workflow_id = command->workflow_id;
    event->workflow_type = command->workflow_type;
    event->task_queue = MODEL_NEW(tx, struct wf_task_queue);
    event->task_queue->name = command->task_queue == NULL || command->task_queue->name.size_bytes == 0
                                  ? tx->start->task_queue
                                  : command->task_queue->name;
    event->task_queue->kind = WF_TASK_QUEUE_KIND_NORMAL;
    event->input = command->input;
    event->workflow_execution_timeout = command->workflow_execution_timeout;
    fill_timeouts(tx, command, event);
    event->parent_close_policy = command->parent_close_policy == WF_PARENT_CLOSE_POLICY_UNSPECIFIED
                                     ? WF_PARENT_CLOSE_POLICY_TERMINATE
                                     : command->parent_close_policy;
    event->control = command->control;
    event->workflow_task_completed_event_id = completed_event_id;
    event->workflow_id_reuse_policy = command->workflow_id_reuse_policy == WF_WORKFLOW_ID_REUSE_POLICY_UNSPECIFIED
                                          ? WF_WORKFLOW_ID_REUSE_POLICY_ALLOW_DUPLICATE
                                          : command->workflow_id_reuse_policy;
    if (command->retry_policy != NULL) {
        event->retry_policy = wf_message_copy(tx->arena, &wf_type_retry_policy, command->retry_policy);
        model_policy_complete(event->retry_policy);
    }
    event->cron_schedule = command->cron_schedule;
    event->header = command->header;
    event->memo = command->memo;
    event->search_attributes = command->search_attributes;
    event->priority = command->priority;
    return event;
}

int32_t model_start_child(struct model_transaction *tx, const struct wf_command_start_child_workflow_execution *command,
                          int64_t completed_event_id)
{
    struct wf_state_child *child = NULL;

    if (!is_child_valid(tx, command)) {
        return CAUSE(BAD_START_CHILD_EXECUTION_ATTRIBUTES);
    }
    if (model_payloads_bytes(command->input) > (size_t)tx->model->limits.blob_bytes_max) {
        return CAUSE(BAD_START_CHILD_EXECUTION_ATTRIBUTES) | MODEL_CAUSE_TERMINATES;
    }
    if (!model_attributes_are_valid(tx, command->search_attributes)) {
        return CAUSE(BAD_SEARCH_ATTRIBUTES);
    }
    if (model_is_memo_too_large(tx, command->memo)) {
        return CAUSE(BAD_START_CHILD_EXECUTION_ATTRIBUTES) | MODEL_CAUSE_TERMINATES;
    }
    if ((int64_t)tx->state->children.count >= tx->model->limits.pending_children_max) {
        return CAUSE(PENDING_CHILD_WORKFLOWS_LIMIT_EXCEEDED);
    }
    child = WF_LIST_APPEND(tx->arena, tx->state->children);
    child->initiated_event_id = tx->state->next_event_id;
    child->state = MODEL_CHILD_INITIATED;
    child->workflow_id = command->workflow_id;
    child->workflow_type = command->workflow_type->name;
    child->initiated = write_initiated(tx, command, completed_event_id);
    child->parent_close_policy = child->initiated->parent_close_policy;
    return MODEL_CAUSE_NONE;
}

/* ---- Children: facts ---- */

static struct wf_workflow_execution *execution_of(struct model_transaction *tx, struct wf_string workflow_id,
                                                  struct wf_string run_id)
{
    struct wf_workflow_execution *execution = MODEL_NEW(tx, struct wf_workflow_execution);

    execution->workflow_id = workflow_id;
    execution->run_id = run_id;
    return execution;
}

static struct wf_workflow_type *type_of(struct model_transaction *tx, struct wf_string name)
{
    struct wf_workflow_type *type = MODEL_NEW(tx, struct wf_workflow_type);

    type->name = name;
    return type;
}

static void child_started(struct model_transaction *tx, struct wf_state_child *child, struct wf_string run_id)
{
    struct wf_event_child_workflow_execution_started *event = model_event(
        tx, WF_EVENT_TYPE_CHILD_WORKFLOW_EXECUTION_STARTED);

    child->state = MODEL_CHILD_STARTED;
    child->run_id = run_id;
    event->namespace = WF_STR(MODEL_NAMESPACE);
    event->namespace_id = WF_STR(MODEL_NAMESPACE_ID);
    event->initiated_event_id = child->initiated_event_id;
    event->workflow_execution = execution_of(tx, child->workflow_id, run_id);
    event->workflow_type = type_of(tx, child->workflow_type);
    event->header = child->initiated->header;
    child->initiated = NULL;
    tx->wants_task = true;
}

/* 5.4 step 3. */
static int32_t not_started_cause(int32_t status)
{
    return status == WF_CALL_ALREADY_STARTED
               ? WF_START_CHILD_WORKFLOW_EXECUTION_FAILED_CAUSE_WORKFLOW_ALREADY_EXISTS
           : status == WF_CALL_NOT_FOUND ? WF_START_CHILD_WORKFLOW_EXECUTION_FAILED_CAUSE_NAMESPACE_NOT_FOUND
                                         : WF_START_CHILD_WORKFLOW_EXECUTION_FAILED_CAUSE_UNSPECIFIED;
}

static void child_not_started(struct model_transaction *tx, struct wf_state_child *child, int32_t status)
{
    struct wf_event_start_child_workflow_execution_failed *event = model_event(
        tx, WF_EVENT_TYPE_START_CHILD_WORKFLOW_EXECUTION_FAILED);

    event->namespace = WF_STR(MODEL_NAMESPACE);
    event->namespace_id = WF_STR(MODEL_NAMESPACE_ID);
    event->workflow_id = child->workflow_id;
    event->workflow_type = type_of(tx, child->workflow_type);
    event->cause = not_started_cause(status);
    event->control = child->initiated->control;
    event->initiated_event_id = child->initiated_event_id;
    WF_LIST_REMOVE(tx->state->children, child);
    tx->wants_task = true;
}

#define END_OF_CHILD(tx, event, request, child)                                                                        \
    do {                                                                                                               \
        (event)->namespace = WF_STR(MODEL_NAMESPACE);                                                                  \
        (event)->namespace_id = WF_STR(MODEL_NAMESPACE_ID);                                                            \
        (event)->workflow_execution = (request)->child;                                                                \
        (event)->workflow_type = type_of((tx), (child)->workflow_type);                                                \
        (event)->initiated_event_id = (child)->initiated_event_id;                                                     \
        (event)->started_event_id = (child)->started_event_id;                                                         \
    } while (false)

static void write_child_end(struct model_transaction *tx, const struct wf_svc_record_child_closed *request,
                            const struct wf_state_child *child)
{
    const struct wf_event *closing = request->closing;

    if (closing->event_type == WF_EVENT_TYPE_WORKFLOW_EXECUTION_COMPLETED) {
        struct wf_event_child_workflow_execution_completed *event = model_event(
            tx, WF_EVENT_TYPE_CHILD_WORKFLOW_EXECUTION_COMPLETED);

        event->result = closing->attributes.workflow_execution_completed->result;
        END_OF_CHILD(tx, event, request, child);
    } else if (closing->event_type == WF_EVENT_TYPE_WORKFLOW_EXECUTION_FAILED) {
        struct wf_event_child_workflow_execution_failed *event = model_event(
            tx, WF_EVENT_TYPE_CHILD_WORKFLOW_EXECUTION_FAILED);

        event->failure = closing->attributes.workflow_execution_failed->failure;
        event->retry_state = closing->attributes.workflow_execution_failed->retry_state;
        END_OF_CHILD(tx, event, request, child);
    } else if (closing->event_type == WF_EVENT_TYPE_WORKFLOW_EXECUTION_CANCELED) {
        struct wf_event_child_workflow_execution_canceled *event = model_event(
            tx, WF_EVENT_TYPE_CHILD_WORKFLOW_EXECUTION_CANCELED);

        event->details = closing->attributes.workflow_execution_canceled->details;
        END_OF_CHILD(tx, event, request, child);
    } else if (closing->event_type == WF_EVENT_TYPE_WORKFLOW_EXECUTION_TIMED_OUT) {
        struct wf_event_child_workflow_execution_timed_out *event = model_event(
            tx, WF_EVENT_TYPE_CHILD_WORKFLOW_EXECUTION_TIMED_OUT);

        event->retry_state = closing->attributes.workflow_execution_timed_out->retry_state;
        END_OF_CHILD(tx, event, request, child);
    } else {
        struct wf_event_child_workflow_execution_terminated *event = model_event(
            tx, WF_EVENT_TYPE_CHILD_WORKFLOW_EXECUTION_TERMINATED);

        END_OF_CHILD(tx, event, request, child);
    }
}

static bool has_child(const struct model_run *run, int64_t initiated_event_id)
{
    for (uint32_t i = 0; i < run->state->children.count && model_run_is_open(run); i++) {
        if (run->state->children.items[i].initiated_event_id == initiated_event_id) {
            return true;
        }
    }
    return false;
}

/* "Closing": of a run that was reset after it had initiated the child, the one that goes on. */
static struct model_run *follow_resets(const struct model *model, struct model_run *run, int64_t initiated_event_id)
{
    while (run != NULL && !has_child(run, initiated_event_id) && run->state->resets.count > 0 &&
           initiated_event_id < run->state->resets.items[run->state->resets.count - 1].event_id) {
        run = model_run_find(model, run->start->workflow_id,
                             run->state->resets.items[run->state->resets.count - 1].run_id);
    }
    return run;
}

void model_child_closed(struct model_transaction *tx)
{
    const struct wf_svc_record_child_closed *request = tx->operation->request->call.record_child_closed;
    const struct wf_workflow_execution *parent = request->workflow_execution;
    struct model_run *run = follow_resets(tx->model, model_run_find(tx->model, parent->workflow_id, parent->run_id),
                                          request->initiated_event_id);
    struct wf_state_child *child = NULL;

    if (run == NULL || !model_run_is_open(run)) {
        model_reply(tx, WF_CALL_NOT_FOUND);
        return;
    }
    model_transaction_begin(tx, tx->model, model_workflow_find(tx->model, parent->workflow_id), run);
    child = model_child_find(tx, request->initiated_event_id);
    /* Of another chain: one from elsewhere knows the parent that it had there. */
    if (child == NULL || !wf_string_equal(child->workflow_id, request->child->workflow_id) ||
        (child->state == MODEL_CHILD_STARTED && !wf_string_equal(child->run_id, request->first_run_id))) {
        model_reply(tx, WF_CALL_NOT_FOUND);
        return;
    }
    if (child->state == MODEL_CHILD_INITIATED) {
        child_started(tx, child, request->first_run_id);
    }
    write_child_end(tx, request, child);
    WF_LIST_REMOVE(tx->state->children, child);
    tx->wants_task = true;
    model_reply(tx, WF_CALL_OK);
    model_transaction_commit(tx);
}

/* 7.10 step 6: what the base was told of a child that the new run has, too. */
void model_child_apply_again(struct model_transaction *tx, const struct wf_event *event)
{
    const struct wf_event_owner owner = wf_event_owner_of(event);
    struct wf_state_child *child = owner.kind == WF_OWNER_CHILD && !owner.begins ? model_child_find(tx, owner.event_id)
                                                                                 : NULL;
    struct wf_event again = *event;
    int64_t *started_event_id = NULL;

    if (child == NULL) {
        return;
    }
    if (event->event_type == WF_EVENT_TYPE_CHILD_WORKFLOW_EXECUTION_STARTED) {
        child_started(tx, child, event->attributes.child_workflow_execution_started->workflow_execution->run_id);
        return;
    }
    again.attributes.any = model_event(tx, (enum wf_event_type)event->event_type);
    if (!wf_message_copy_into(tx->arena, wf_event_descriptors[event->event_type].attributes, again.attributes.any,
                              event->attributes.any)) {
        abort();
    }
    started_event_id = model_started_event_id(&again);
    if (started_event_id != NULL) {
        *started_event_id = child->started_event_id;
    }
    WF_LIST_REMOVE(tx->state->children, child);
    tx->wants_task = true;
}

/* ---- Signals and cancellations: commands ---- */

/* 5.3: a random id made at that moment. */
struct wf_string model_given_request_id(const struct model_transaction *tx, bool is_cancel, int64_t initiated_event_id)
{
    const struct wf_state_run *given = tx->given == NULL ? NULL
                                       : tx->is_new      ? tx->given->new_state
                                                         : tx->given->state;
    const struct wf_state_external *items = given == NULL ? NULL
                                            : is_cancel   ? given->external_cancels.items
                                                          : given->external_signals.items;
    const uint32_t count = given == NULL ? 0 : is_cancel ? given->external_cancels.count : given->external_signals.count;

    for (uint32_t i = 0; i < count; i++) {
        if (items[i].initiated_event_id == initiated_event_id) {
            return items[i].request_id;
        }
    }
    return (struct wf_string){0};
}

int32_t model_signal_external(struct model_transaction *tx,
                              const struct wf_command_signal_external_workflow_execution *command,
                              int64_t completed_event_id)
{
    struct wf_event_signal_external_workflow_execution_initiated *event = NULL;
    struct wf_state_external *external = NULL;

    if (command->execution == NULL || !model_is_id(tx->model, command->execution->workflow_id) ||
        !model_is_run_id(command->execution->run_id) || !model_is_id(tx->model, command->signal_name)) {
        return CAUSE(BAD_SIGNAL_WORKFLOW_EXECUTION_ATTRIBUTES);
    }
    if (model_payloads_bytes(command->input) > (size_t)tx->model->limits.blob_bytes_max) {
        return CAUSE(BAD_SIGNAL_INPUT_SIZE) | MODEL_CAUSE_TERMINATES;
    }
    if ((int64_t)tx->state->external_signals.count >= tx->model->limits.pending_signals_max) {
        return CAUSE(PENDING_SIGNALS_LIMIT_EXCEEDED);
    }
    external = WF_LIST_APPEND(tx->arena, tx->state->external_signals);
    external->initiated_event_id = tx->state->next_event_id;
    external->request_id = model_given_request_id(tx, false, external->initiated_event_id);
    external->workflow_id = command->execution->workflow_id;
    external->run_id = command->execution->run_id;
    external->child_workflow_only = command->child_workflow_only;
    external->name = command->signal_name;
    external->input = command->input;
    external->header = command->header;
    external->control = command->control;
    event = model_event(tx, WF_EVENT_TYPE_SIGNAL_EXTERNAL_WORKFLOW_EXECUTION_INITIATED);
    event->workflow_task_completed_event_id = completed_event_id;
    event->namespace = WF_STR(MODEL_NAMESPACE);
    event->namespace_id = WF_STR(MODEL_NAMESPACE_ID);
    event->workflow_execution = command->execution;
    event->signal_name = command->signal_name;
    event->input = command->input;
    event->control = command->control;
    event->child_workflow_only = command->child_workflow_only;
    event->header = command->header;
    return MODEL_CAUSE_NONE;
}

/* 2.3: a child that this same task starts cannot be cancelled by it. */
static bool is_started_here(const struct model_transaction *tx, struct wf_string workflow_id)
{
    for (uint32_t i = 0; i < tx->events.count; i++) {
        const struct wf_event *event = &tx->events.items[i];

        if (event->event_type == WF_EVENT_TYPE_START_CHILD_WORKFLOW_EXECUTION_INITIATED &&
            wf_string_equal(event->attributes.start_child_workflow_execution_initiated->workflow_id, workflow_id)) {
            return true;
        }
    }
    return false;
}

int32_t model_cancel_external(struct model_transaction *tx,
                              const struct wf_command_request_cancel_external_workflow_execution *command,
                              int64_t completed_event_id)
{
    struct wf_event_request_cancel_external_workflow_execution_initiated *event = NULL;
    struct wf_state_external *external = NULL;

    if (!model_is_id(tx->model, command->workflow_id) || !model_is_run_id(command->run_id) ||
        is_started_here(tx, command->workflow_id)) {
        return CAUSE(BAD_REQUEST_CANCEL_EXTERNAL_WORKFLOW_EXECUTION_ATTRIBUTES);
    }
    if ((int64_t)tx->state->external_cancels.count >= tx->model->limits.pending_cancels_max) {
        return CAUSE(PENDING_REQUEST_CANCEL_LIMIT_EXCEEDED);
    }
    external = WF_LIST_APPEND(tx->arena, tx->state->external_cancels);
    external->initiated_event_id = tx->state->next_event_id;
    external->request_id = model_given_request_id(tx, true, external->initiated_event_id);
    external->workflow_id = command->workflow_id;
    external->run_id = command->run_id;
    external->child_workflow_only = command->child_workflow_only;
    external->name = command->reason;
    external->control = command->control;
    event = model_event(tx, WF_EVENT_TYPE_REQUEST_CANCEL_EXTERNAL_WORKFLOW_EXECUTION_INITIATED);
    event->workflow_task_completed_event_id = completed_event_id;
    event->namespace = WF_STR(MODEL_NAMESPACE);
    event->namespace_id = WF_STR(MODEL_NAMESPACE_ID);
    event->workflow_execution = execution_of(tx, command->workflow_id, command->run_id);
    event->control = command->control;
    event->child_workflow_only = command->child_workflow_only;
    event->reason = command->reason;
    return MODEL_CAUSE_NONE;
}

/* ---- Answers to calls (5.3) ---- */

static struct wf_state_external *find_external(struct wf_state_external *items, uint32_t count, int64_t event_id)
{
    for (uint32_t i = 0; i < count; i++) {
        if (items[i].initiated_event_id == event_id) {
            return &items[i];
        }
    }
    return NULL;
}

/* A run that sends to itself fails, whatever a call would have said. */
static bool is_self(const struct model_transaction *tx, const struct wf_state_external *external)
{
    return wf_string_equal(external->workflow_id, tx->start->workflow_id) &&
           (external->run_id.size_bytes == 0 || wf_string_equal(external->run_id, tx->start->run_id));
}

static void signal_answered(struct model_transaction *tx, struct wf_state_external *external, int32_t status)
{
    if (status == WF_CALL_OK) {
        struct wf_event_external_workflow_execution_signaled *event = model_event(
            tx, WF_EVENT_TYPE_EXTERNAL_WORKFLOW_EXECUTION_SIGNALED);

        event->initiated_event_id = external->initiated_event_id;
        event->namespace = WF_STR(MODEL_NAMESPACE);
        event->namespace_id = WF_STR(MODEL_NAMESPACE_ID);
        event->workflow_execution = execution_of(tx, external->workflow_id, external->run_id);
        event->control = external->control;
    } else {
        struct wf_event_signal_external_workflow_execution_failed *event = model_event(
            tx, WF_EVENT_TYPE_SIGNAL_EXTERNAL_WORKFLOW_EXECUTION_FAILED);

        event->cause =
            status == WF_CALL_INVALID_ARGUMENT
                ? WF_SIGNAL_EXTERNAL_WORKFLOW_EXECUTION_FAILED_CAUSE_SIGNAL_COUNT_LIMIT_EXCEEDED
                : WF_SIGNAL_EXTERNAL_WORKFLOW_EXECUTION_FAILED_CAUSE_EXTERNAL_WORKFLOW_EXECUTION_NOT_FOUND;
        event->namespace = WF_STR(MODEL_NAMESPACE);
        event->namespace_id = WF_STR(MODEL_NAMESPACE_ID);
        event->workflow_execution = execution_of(tx, external->workflow_id, external->run_id);
        event->initiated_event_id = external->initiated_event_id;
        event->control = external->control;
    }
    WF_LIST_REMOVE(tx->state->external_signals, external);
}

static void cancel_answered(struct model_transaction *tx, struct wf_state_external *external, int32_t status)
{
    if (status == WF_CALL_OK) {
        struct wf_event_external_workflow_execution_cancel_requested *event = model_event(
            tx, WF_EVENT_TYPE_EXTERNAL_WORKFLOW_EXECUTION_CANCEL_REQUESTED);

        event->initiated_event_id = external->initiated_event_id;
        event->namespace = WF_STR(MODEL_NAMESPACE);
        event->namespace_id = WF_STR(MODEL_NAMESPACE_ID);
        event->workflow_execution = execution_of(tx, external->workflow_id, external->run_id);
    } else {
        struct wf_event_request_cancel_external_workflow_execution_failed *event = model_event(
            tx, WF_EVENT_TYPE_REQUEST_CANCEL_EXTERNAL_WORKFLOW_EXECUTION_FAILED);

        event->cause = WF_CANCEL_EXTERNAL_WORKFLOW_EXECUTION_FAILED_CAUSE_EXTERNAL_WORKFLOW_EXECUTION_NOT_FOUND;
        event->namespace = WF_STR(MODEL_NAMESPACE);
        event->namespace_id = WF_STR(MODEL_NAMESPACE_ID);
        event->workflow_execution = execution_of(tx, external->workflow_id, external->run_id);
        event->initiated_event_id = external->initiated_event_id;
        event->control = external->control;
    }
    WF_LIST_REMOVE(tx->state->external_cancels, external);
}

void model_call_answered(struct model_transaction *tx)
{
    const struct model_operation *operation = tx->operation;
    struct wf_state_child *child = NULL;
    struct wf_state_external *signal = NULL;
    struct wf_state_external *cancel = NULL;

    if (tx->run == NULL || !model_run_is_open(tx->run)) {
        return; /* 5.3 "source closed meanwhile" */
    }
    child = model_child_find(tx, operation->event_id);
    signal = find_external(tx->state->external_signals.items, tx->state->external_signals.count, operation->event_id);
    cancel = find_external(tx->state->external_cancels.items, tx->state->external_cancels.count, operation->event_id);
    if (child != NULL && child->state == MODEL_CHILD_INITIATED) {
        if (operation->status == WF_CALL_OK) {
            child_started(tx, child, operation->child_run_id);
        } else {
            child_not_started(tx, child, operation->status);
        }
    } else if (signal != NULL) {
        signal_answered(tx, signal, is_self(tx, signal) ? WF_CALL_NOT_FOUND : operation->status);
    } else if (cancel != NULL) {
        cancel_answered(tx, cancel, is_self(tx, cancel) ? WF_CALL_NOT_FOUND : operation->status);
    } else if (!model_nexus_answered(tx)) {
        return;
    }
    tx->wants_task = true;
    model_transaction_commit(tx);
}
