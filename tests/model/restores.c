/*
 * A run from elsewhere: its history comes with the request, and it goes on from there.
 *
 * Source: engine-semantics 3.1, 3.2, 3.5, 3.8, 4.2, 7.6, 7.10 step 4, 10.10 I90.
 */
#include "tests/model/transaction.h"

/* ---- The history ---- */

/* 3.1, 4.2: later attempts of a task, and the start of an activity, are written with what ends them. */
static bool is_whole(const struct wf_history_message *history)
{
    int64_t later_attempt = 0;

    for (uint32_t i = 0; i < history->events.count; i++) {
        const struct wf_event *event = &history->events.items[i];

        if (event->event_type == WF_EVENT_TYPE_WORKFLOW_TASK_SCHEDULED) {
            later_attempt = event->attributes.workflow_task_scheduled->attempt > 1 ? event->event_id : 0;
        } else if (event->event_type >= WF_EVENT_TYPE_WORKFLOW_TASK_COMPLETED &&
                   event->event_type <= WF_EVENT_TYPE_WORKFLOW_TASK_FAILED) {
            later_attempt = 0;
        } else if (event->event_type == WF_EVENT_TYPE_ACTIVITY_TASK_STARTED) {
            bool is_ended = false;

            for (uint32_t j = i + 1; j < history->events.count; j++) {
                struct wf_event *end = &history->events.items[j];

                is_ended = is_ended || (wf_event_ended_id(end, WF_OWNER_ACTIVITY) ==
                                            event->attributes.activity_task_started->scheduled_event_id &&
                                        *model_started_event_id(end) == event->event_id);
            }
            if (!is_ended) {
                return false;
            }
        }
    }
    return later_attempt == 0;
}

static bool is_open_history(const struct wf_history_message *history)
{
    for (uint32_t i = 0; i < history->events.count; i++) {
        const int32_t type = history->events.items[i].event_type;

        if ((type == WF_EVENT_TYPE_WORKFLOW_EXECUTION_STARTED) != (i == 0) || wf_event_is_close(type)) {
            return false;
        }
    }
    return history->events.count > 0 && is_whole(history);
}

/* One batch, with the task ids of this service. */
static void keep_history(struct model_transaction *tx, struct wf_history_message *history)
{
    struct model_batch *batch = WF_LIST_APPEND(&tx->model->arena, tx->run->batches);
    struct wf_buffer bytes = {0};

    for (uint32_t i = 0; i < history->events.count; i++) {
        history->events.items[i].task_id = i < tx->given->new_event_count ? tx->given->new_events[i].task_id : 0;
        history->events.items[i].version = 0;
    }
    wf_buffer_init(&bytes, tx->arena);
    wf_wire_encode(&wf_type_history_message, history, &bytes);
    batch->first_event_id = 1;
    batch->event_count = (int64_t)history->events.count;
    batch->bytes = wf_string_copy(&tx->model->arena, wf_buffer_string(&bytes));
    tx->state->history_size_bytes = (int64_t)bytes.size_bytes;
    tx->copied_count = history->events.count;
}

/* ---- The start (7.1, 7.6) ---- */

static struct wf_state_start *start_of(struct model_transaction *tx, const struct wf_svc_restore_workflow *request,
                                       const struct wf_history_message *history)
{
    const struct wf_event *first = &history->events.items[0];
    const struct wf_event_workflow_execution_started *started = first->attributes.workflow_execution_started;
    const int64_t run_ns = wf_time_of(started->workflow_run_timeout);
    struct wf_event_workflow_execution_started copy = *started;
    struct wf_state_start start = {.workflow_id = request->workflow_execution->workflow_id,
                                   .run_id = tx->given->new_run_id,
                                   .first_run_id = started->first_execution_run_id,
                                   .workflow_type = started->workflow_type->name,
                                   .task_queue = started->task_queue->name,
                                   .create_request_id = request->request_id,
                                   .execution_timeout_ns = wf_time_of(started->workflow_execution_timeout),
                                   .run_timeout_ns = run_ns,
                                   .task_timeout_ns = wf_time_of(started->workflow_task_timeout),
                                   .execution_expiration_ns = wf_time_of(started->workflow_execution_expiration_time),
                                   .start_time_ns = wf_time_of(first->event_time),
                                   .attempt = started->attempt,
                                   .cron_schedule = started->cron_schedule,
                                   .retry_policy = started->retry_policy,
                                   .started = &copy,
                                   .parent = started->parent_workflow_execution,
                                   .parent_initiated_event_id = started->parent_initiated_event_id,
                                   .root = started->root_workflow_execution};

    start.first_task_time_ns = start.start_time_ns + wf_time_of(started->first_workflow_task_backoff);
    start.run_expiration_ns = model_min_timeout(run_ns == 0 ? 0 : start.first_task_time_ns + run_ns,
                                                start.execution_expiration_ns);
    for (uint32_t i = 0; i < history->events.count; i++) {
        const struct wf_event *event = &history->events.items[i];

        if (event->event_type == WF_EVENT_TYPE_WORKFLOW_TASK_FAILED &&
            event->attributes.workflow_task_failed->cause == WF_WORKFLOW_TASK_FAILED_CAUSE_RESET_WORKFLOW) {
            model_begin_anew(&start, wf_time_of(event->event_time));
        }
    }
    return wf_message_copy(&tx->model->arena, &wf_type_state_start, &start);
}

/* ---- The task ---- */

/* Whether something has come that no workflow task, running or to come, tells the workflow (3.2). */
static bool wants_task(const struct wf_history_message *history)
{
    bool is_wanted = false;
    bool is_command = false;

    for (uint32_t i = 0; i < history->events.count; i++) {
        const int32_t type = history->events.items[i].event_type;

        is_command = type == WF_EVENT_TYPE_WORKFLOW_TASK_COMPLETED || (is_command && wf_event_is_command(type));
        if (type == WF_EVENT_TYPE_WORKFLOW_TASK_SCHEDULED || type == WF_EVENT_TYPE_WORKFLOW_TASK_STARTED ||
            type == WF_EVENT_TYPE_WORKFLOW_TASK_COMPLETED) {
            is_wanted = false;
        } else if (!is_command && type != WF_EVENT_TYPE_WORKFLOW_EXECUTION_PAUSED) {
            is_wanted = true;
        }
    }
    return is_wanted;
}

/* 3.1, 3.5: behind a task that ended badly, and only right behind it, comes a later attempt, unless it was sticky. */
static int32_t next_attempt(const struct wf_history_message *history)
{
    const struct wf_event *last = &history->events.items[history->events.count - 1];
    const struct wf_event_workflow_task_scheduled *scheduled = NULL;

    for (uint32_t i = 0; i < history->events.count; i++) {
        if (history->events.items[i].event_type == WF_EVENT_TYPE_WORKFLOW_TASK_SCHEDULED) {
            scheduled = history->events.items[i].attributes.workflow_task_scheduled;
        }
    }
    if (last->event_type == WF_EVENT_TYPE_WORKFLOW_TASK_FAILED) {
        const int32_t cause = last->attributes.workflow_task_failed->cause;

        if (cause == WF_WORKFLOW_TASK_FAILED_CAUSE_RESET_WORKFLOW ||
            cause == WF_WORKFLOW_TASK_FAILED_CAUSE_WORKFLOW_PAUSE_REQUESTED_BEFORE_TASK_STARTED) {
            return 1;
        }
    } else if (last->event_type != WF_EVENT_TYPE_WORKFLOW_TASK_TIMED_OUT ||
               last->attributes.workflow_task_timed_out->timeout_type != WF_TIMEOUT_TYPE_START_TO_CLOSE) {
        return 1;
    }
    return scheduled->task_queue->kind == WF_TASK_QUEUE_KIND_STICKY ? 1 : scheduled->attempt + 1;
}

/* A task that the events leave pending goes on; its worker is gone. */
static void restore_task(struct model_transaction *tx, const struct wf_history_message *history)
{
    struct wf_state_run *state = tx->state;
    const bool has_begun = state->workflow_task != NULL || state->previous_started_event_id != 0;

    if (state->workflow_task != NULL) {
        return;
    }
    state->next_task_attempt = next_attempt(history);
    tx->wants_task = wants_task(history);
    for (uint32_t i = 0; i < history->events.count && tx->wants_task && !has_begun; i++) {
        if (history->events.items[i].event_type == WF_EVENT_TYPE_WORKFLOW_TASK_SCHEDULED) {
            return; /* the first one has failed */
        }
    }
    if (tx->wants_task && !has_begun && tx->start->first_task_time_ns > tx->start->start_time_ns) {
        tx->wants_task = false; /* until the backoff ends */
        state->is_in_backoff = true;
    }
}

/* ---- The request ---- */

/* The id that it asks for, or one of the service's. */
static bool is_run_id_right(const struct model_transaction *tx, struct wf_string asked)
{
    return asked.size_bytes == 0 || !model_is_run_id(asked) || wf_string_equal(asked, tx->given->new_run_id);
}

void model_restore(struct model_transaction *tx)
{
    const struct wf_svc_restore_workflow *request = tx->operation->request->call.restore_workflow;
    const struct wf_workflow_execution *target = request->workflow_execution;
    const struct model_run *current = model_run_find(tx->model, target->workflow_id, (struct wf_string){0});
    struct wf_history_message history = {0};

    if (current != NULL && request->request_id.size_bytes > 0 &&
        wf_string_equal(current->start->create_request_id, request->request_id)) {
        model_reply_started(tx, current->start->run_id, true);
        return;
    }
    if (current != NULL) {
        model_reply(tx, WF_CALL_ALREADY_STARTED);
        return;
    }
    if (wf_wire_decode(tx->arena, &wf_type_history_message, request->events, &history, NULL) != WF_OK ||
        !is_open_history(&history)) {
        model_reply(tx, WF_CALL_INVALID_ARGUMENT);
        return;
    }
    if (tx->given == NULL || !is_run_id_right(tx, target->run_id)) {
        tx->outcome->writes = tx->given == NULL;
        return;
    }
    tx->workflow = model_workflow_get(tx->model, target->workflow_id);
    tx->run = model_run_new(tx->model);
    tx->start = start_of(tx, request, &history);
    tx->run->start = tx->start;
    tx->is_new = true;
    tx->state = MODEL_NEW(tx, struct wf_state_run);
    model_rebuild(tx, history.events.items, history.events.count, false);
    for (uint32_t i = 0; i < tx->state->children.count; i++) {
        if (tx->state->children.items[i].started_event_id == 0) {
            tx->state->children.items[i].parent_run_id = (struct wf_string){0}; /* it will be started from here */
        }
    }
    keep_history(tx, &history);
    restore_task(tx, &history);
    model_reply_started(tx, tx->start->run_id, true);
    model_transaction_commit(tx);
}
