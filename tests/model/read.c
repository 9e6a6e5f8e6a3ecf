/*
 * What only reads: describe, history, queries.
 *
 * Source: engine-semantics 3.1, 7.9.
 */
#include "tests/model/transaction.h"

#define MAY_NOT_QUERY_ATTEMPT 3

/* ---- Describe ---- */

static void describe_activity(struct model_transaction *tx, struct wf_svc_description *out,
                              const struct wf_state_activity *activity)
{
    struct wf_svc_pending_activity *pending = WF_LIST_APPEND(tx->arena, out->pending_activities);
    const bool is_started = model_activity_is_started(activity);

    pending->activity_id = activity->activity_id;
    pending->activity_type = activity->activity_type;
    pending->scheduled_event_id = activity->scheduled_event_id;
    pending->attempt = activity->attempt;
    pending->is_started = is_started;
    pending->is_cancel_requested = activity->cancel_requested_event_id != 0;
    pending->last_failure = activity->last_failure;
    pending->last_worker_identity = activity->started_identity;
    pending->scheduled_time_ns = activity->scheduled_time_ns;
    pending->heartbeat_details = activity->heartbeat_details;
    pending->task_queue = activity->task_queue;
    pending->is_paused = activity->is_paused;
    pending->options = model_activity_options(tx, activity);
}

static void describe_external(struct model_transaction *tx, struct wf_svc_description *out,
                              const struct wf_state_external *external, bool is_cancel)
{
    struct wf_svc_pending_external *pending = WF_LIST_APPEND(tx->arena, out->pending_externals);

    pending->initiated_event_id = external->initiated_event_id;
    pending->workflow_id = external->workflow_id;
    pending->is_cancel = is_cancel;
    pending->signal_name = is_cancel ? (struct wf_string){0} : external->name;
}

static void describe_pending(struct model_transaction *tx, struct wf_svc_description *out)
{
    const struct wf_state_run *state = tx->state;

    for (uint32_t i = 0; i < state->activities.count; i++) {
        describe_activity(tx, out, &state->activities.items[i]);
    }
    for (uint32_t i = 0; i < state->timers.count; i++) {
        *(struct wf_string *)WF_LIST_APPEND(tx->arena, out->pending_timer_ids) = state->timers.items[i].timer_id;
    }
    for (uint32_t i = 0; i < state->children.count; i++) {
        struct wf_svc_pending_child *pending = WF_LIST_APPEND(tx->arena, out->pending_children);

        pending->initiated_event_id = state->children.items[i].initiated_event_id;
        pending->workflow_id = state->children.items[i].workflow_id;
        pending->run_id = state->children.items[i].run_id;
        pending->workflow_type = state->children.items[i].workflow_type;
        pending->parent_close_policy = state->children.items[i].parent_close_policy;
    }
    for (uint32_t i = 0; i < state->external_signals.count; i++) {
        describe_external(tx, out, &state->external_signals.items[i], false);
    }
    for (uint32_t i = 0; i < state->external_cancels.count; i++) {
        describe_external(tx, out, &state->external_cancels.items[i], true);
    }
    model_describe_nexus(tx, out);
}

/* The run that a reading call names; NULL after a refusal. */
static struct model_run *find(struct model_transaction *tx, const struct wf_workflow_execution *target)
{
    struct model_run *run = model_run_find(tx->model, target->workflow_id, target->run_id);

    if (run == NULL) {
        model_reply(tx, WF_CALL_NOT_FOUND);
    } else {
        model_transaction_begin(tx, tx->model, model_workflow_find(tx->model, target->workflow_id), run);
    }
    return run;
}

void model_describe(struct model_transaction *tx)
{
    const struct model_run *run = find(tx, tx->operation->request->call.describe_workflow->workflow_execution);
    struct wf_svc_description *out = NULL;

    if (run == NULL) {
        return;
    }
    tx->outcome->is_uncertain = model_may_speculate(tx->model, run);
    out = MODEL_NEW(tx, struct wf_svc_description);
    out->workflow_execution = MODEL_NEW(tx, struct wf_workflow_execution);
    out->workflow_execution->workflow_id = tx->start->workflow_id;
    out->workflow_execution->run_id = tx->start->run_id;
    out->workflow_type = tx->start->workflow_type;
    out->task_queue = tx->start->task_queue;
    out->status = tx->state->is_paused ? WF_WORKFLOW_EXECUTION_STATUS_PAUSED : tx->state->status;
    out->start_time_ns = tx->start->start_time_ns;
    out->close_time_ns = tx->state->close_time_ns;
    out->event_count = tx->state->next_event_id - 1;
    out->history_size_bytes = tx->state->history_size_bytes;
    out->is_cancel_requested = tx->state->is_cancel_requested;
    out->result = tx->state->result;
    out->failure = tx->state->failure;
    out->parent = tx->start->parent;
    out->versioning = tx->state->versioning;
    out->is_held = tx->state->is_held;
    out->run_expiration_ns = tx->start->run_expiration_ns;
    out->cron_schedule = tx->start->cron_schedule;
    out->first_task_time_ns = tx->state->is_in_backoff ? tx->start->first_task_time_ns : 0;
    if (tx->state->workflow_task != NULL) {
        out->pending_workflow_task_attempt = tx->state->workflow_task->attempt;
        out->pending_workflow_task_is_started = tx->state->workflow_task->started_event_id != 0;
    }
    if (model_run_is_open(run)) {
        describe_pending(tx, out); /* what a closed run still has to do is no longer its business */
    }
    model_reply(tx, WF_CALL_OK)->answer_case = WF_CASE_svc_response_description;
    tx->outcome->reply->answer.description = out;
}

/* ---- History ---- */

static void add_batch(struct model_transaction *tx, struct wf_svc_history *history, struct wf_event *events,
                      uint32_t count)
{
    const struct wf_history_message message = {.events = {.items = events, .count = count}};
    struct wf_buffer bytes = {0};

    if (count > 0) {
        wf_buffer_init(&bytes, tx->arena);
        wf_wire_encode(&wf_type_history_message, &message, &bytes);
        *(struct wf_string *)WF_LIST_APPEND(tx->arena, history->batches) = wf_buffer_string(&bytes);
    }
}

void model_get_history(struct model_transaction *tx)
{
    const struct wf_svc_get_history *request = tx->operation->request->call.get_history;
    const struct model_run *run = find(tx, request->workflow_execution);
    struct wf_svc_history *history = NULL;
    struct wf_history_message written = {0};
    struct wf_event unwritten[2] = {{0}, {0}};

    if (run == NULL) {
        return;
    }
    tx->outcome->is_uncertain = model_may_speculate(tx->model, run);
    history = MODEL_NEW(tx, struct wf_svc_history);
    written = model_run_events(run, tx->arena, request->first_event_id);
    add_batch(tx, history, written.events.items, written.events.count);
    add_batch(tx, history, unwritten, model_unwritten(tx, unwritten)); /* 3.1 */
    history->is_closed = !model_run_is_open(run);
    model_reply(tx, WF_CALL_OK)->answer_case = WF_CASE_svc_response_history;
    tx->outcome->reply->answer.history = history;
}

/* ---- Queries (7.9) ---- */

static bool is_rejected(int32_t condition, int32_t status)
{
    if (status == WF_WORKFLOW_EXECUTION_STATUS_RUNNING || status == WF_WORKFLOW_EXECUTION_STATUS_PAUSED) {
        return status == WF_WORKFLOW_EXECUTION_STATUS_PAUSED;
    }
    return condition == WF_QUERY_REJECT_CONDITION_NOT_OPEN ||
           (condition == WF_QUERY_REJECT_CONDITION_NOT_COMPLETED_CLEANLY &&
            status != WF_WORKFLOW_EXECUTION_STATUS_COMPLETED);
}

void model_query(struct model_transaction *tx)
{
    const struct wf_svc_query_workflow *request = tx->operation->request->call.query_workflow;
    const struct model_run *run = find(tx, request->workflow_execution);
    int32_t status = 0;

    if (run == NULL) {
        return;
    }
    status = run->state->is_paused ? WF_WORKFLOW_EXECUTION_STATUS_PAUSED : run->state->status;
    if (is_rejected(request->reject_condition, status)) {
        model_reply(tx, WF_CALL_OK)->answer_case = WF_CASE_svc_response_query_answer;
        tx->outcome->reply->answer.query_answer = MODEL_NEW(tx, struct wf_svc_query_answer);
        tx->outcome->reply->answer.query_answer->rejected_status = status;
    } else if (!model_run_is_open(run) && run->state->previous_started_event_id == 0) {
        model_reply(tx, WF_CALL_FAILED_PRECONDITION);
    } else if (run->state->workflow_task != NULL && run->state->workflow_task->attempt >= MAY_NOT_QUERY_ATTEMPT) {
        model_reply(tx, WF_CALL_WORKFLOW_NOT_READY);
    }
}
