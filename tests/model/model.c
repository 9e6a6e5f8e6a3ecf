/*
 * Transactions of the model: events get ids or wait in the buffer, a task is scheduled when one is wanted, and what came of it
 * is kept when the engine has committed the same operation.
 *
 * Source: engine-semantics 3.2, 3.5 "buffer overflow", 3.8, 3.9.
 */
#include <stdlib.h>

#include "tests/model/transaction.h"

#define FORGOTTEN_EVENTS_MAX 20

/* ---- Memory ---- */

void *model_new(struct model_transaction *tx, size_t size_bytes)
{
    void *piece = wf_arena_take(tx->arena, size_bytes);

    if (piece == NULL) {
        abort();
    }
    return piece;
}

void model_init(struct model *model, const struct wf_service_limits *limits)
{
    wf_arena_init(&model->arena, wf_system_blocks(), 0);
    wf_arena_init(&model->step_arena, wf_system_blocks(), 0);
    wf_map_init(&model->workflows, &model->arena);
    wf_map_init(&model->updates, &model->arena);
    wf_map_init(&model->schedules, &model->arena);
    wf_map_init(&model->schedule_facts, &model->arena);
    wf_map_init(&model->nexus, &model->arena);
    wf_map_init(&model->routings, &model->arena);
    model->limits = *limits;
}

void model_deinit(struct model *model)
{
    uint32_t index = 0;
    struct wf_map_entry *entry = NULL;

    while ((entry = wf_map_next(&model->workflows, &index)) != NULL) {
        struct model_workflow *workflow = entry->value;

        for (uint32_t i = 0; i < workflow->runs.count; i++) {
            wf_arena_deinit(&workflow->runs.items[i]->arenas[0]);
            wf_arena_deinit(&workflow->runs.items[i]->arenas[1]);
        }
    }
    for (index = 0; (entry = wf_map_next(&model->schedules, &index)) != NULL;) {
        struct model_schedule *schedule = entry->value;

        wf_arena_deinit(&schedule->arenas[0]);
        wf_arena_deinit(&schedule->arenas[1]);
    }
    wf_arena_deinit(&model->step_arena);
    wf_arena_deinit(&model->arena);
}

/* ---- Finding ---- */

struct model_workflow *model_workflow_find(const struct model *model, struct wf_string id)
{
    return wf_map_get(&model->workflows, id);
}

struct model_run *model_run_current(const struct model_workflow *workflow)
{
    return workflow == NULL || workflow->runs.count == 0 ? NULL
                                                         : workflow->runs.items[workflow->runs.count - 1];
}

struct model_run *model_run_find(const struct model *model, struct wf_string workflow_id, struct wf_string run_id)
{
    const struct model_workflow *workflow = model_workflow_find(model, workflow_id);

    if (workflow == NULL || run_id.size_bytes == 0) {
        return model_run_current(workflow);
    }
    for (uint32_t i = 0; i < workflow->runs.count; i++) {
        if (wf_string_equal(workflow->runs.items[i]->start->run_id, run_id)) {
            return workflow->runs.items[i];
        }
    }
    return NULL;
}

bool model_run_is_open(const struct model_run *run)
{
    return run->state->status == WF_WORKFLOW_EXECUTION_STATUS_RUNNING;
}

struct wf_history_message model_run_events(const struct model_run *run, struct wf_arena *arena, int64_t first_event_id)
{
    struct wf_history_message all = {0};

    for (uint32_t i = 0; i < run->batches.count; i++) {
        const struct model_batch *batch = &run->batches.items[i];
        struct wf_history_message part = {0};

        if (batch->first_event_id + batch->event_count <= first_event_id) {
            continue;
        }
        if (wf_wire_decode(arena, &wf_type_history_message, batch->bytes, &part, NULL) != WF_OK) {
            abort();
        }
        for (uint32_t j = 0; j < part.events.count; j++) {
            if (part.events.items[j].event_id >= first_event_id) {
                *(struct wf_event *)WF_LIST_APPEND(arena, all.events) = part.events.items[j];
            }
        }
    }
    return all;
}

/* ---- Events ---- */

void *model_event_at(struct model_transaction *tx, enum wf_event_type type, wf_time_ns time_ns)
{
    const struct wf_event_descriptor *descriptor = &wf_event_descriptors[type];
    struct wf_event event = {.event_time = wf_timestamp_of(time_ns),
                             .event_type = (int32_t)type,
                             .attributes_case = descriptor->oneof_number};

    event.attributes.any = wf_message_new(tx->arena, descriptor->attributes);
    event.worker_may_ignore = type == WF_EVENT_TYPE_WORKFLOW_EXECUTION_PAUSED ||
                              type == WF_EVENT_TYPE_WORKFLOW_EXECUTION_UNPAUSED; /* 1.3 */
    if (tx->command != NULL) {
        event.user_metadata = tx->command->user_metadata;
        wf_list_share(&event.event_group_markers, &tx->command->event_group_markers);
    }
    if (descriptor->buffering == WF_BUFFERING_I) {
        event.event_id = tx->state->next_event_id++;
        *(struct wf_event *)WF_LIST_APPEND(tx->arena, tx->events) = event;
    } else {
        *(struct wf_event *)WF_LIST_APPEND(tx->arena, tx->state->buffered_events) = event;
    }
    return event.attributes.any;
}

void *model_event(struct model_transaction *tx, enum wf_event_type type)
{
    return model_event_at(tx, type, tx->now_ns);
}

void model_cut(struct model_transaction *tx)
{
    tx->cuts[tx->cut_count++] = tx->events.count;
}

/* What an event that ends something says of its beginning: the id of what it belongs to, and where the id of its start goes. */
struct ending {
    int64_t subject_id;
    int64_t *started_event_id;
};

static struct ending ending_of(struct wf_event *event)
{
    switch (event->event_type) {
#define ENDING(TYPE, type, subject)                                                                                    \
    case WF_EVENT_TYPE_##TYPE:                                                                                         \
        return (struct ending){event->attributes.type->subject, &event->attributes.type->started_event_id};
        ENDING(ACTIVITY_TASK_COMPLETED, activity_task_completed, scheduled_event_id)
        ENDING(ACTIVITY_TASK_FAILED, activity_task_failed, scheduled_event_id)
        ENDING(ACTIVITY_TASK_TIMED_OUT, activity_task_timed_out, scheduled_event_id)
        ENDING(ACTIVITY_TASK_CANCELED, activity_task_canceled, scheduled_event_id)
        ENDING(CHILD_WORKFLOW_EXECUTION_COMPLETED, child_workflow_execution_completed, initiated_event_id)
        ENDING(CHILD_WORKFLOW_EXECUTION_FAILED, child_workflow_execution_failed, initiated_event_id)
        ENDING(CHILD_WORKFLOW_EXECUTION_CANCELED, child_workflow_execution_canceled, initiated_event_id)
        ENDING(CHILD_WORKFLOW_EXECUTION_TIMED_OUT, child_workflow_execution_timed_out, initiated_event_id)
        ENDING(CHILD_WORKFLOW_EXECUTION_TERMINATED, child_workflow_execution_terminated, initiated_event_id)
#undef ENDING
    default:
        return (struct ending){0};
    }
}

int64_t *model_started_event_id(struct wf_event *event)
{
    return ending_of(event).started_event_id;
}

/* The id of what a start belongs to; 0 for any other event. */
static int64_t start_of(const struct wf_event *event)
{
    switch (event->event_type) {
    case WF_EVENT_TYPE_ACTIVITY_TASK_STARTED:
        return event->attributes.activity_task_started->scheduled_event_id;
    case WF_EVENT_TYPE_CHILD_WORKFLOW_EXECUTION_STARTED:
        return event->attributes.child_workflow_execution_started->initiated_event_id;
    default:
        return 0;
    }
}

static void note_start(struct model_transaction *tx, const struct wf_event *event)
{
    const int64_t subject_id = start_of(event);

    for (uint32_t i = 0; i < tx->state->children.count; i++) {
        if (tx->state->children.items[i].initiated_event_id == subject_id) {
            tx->state->children.items[i].started_event_id = event->event_id;
        }
    }
}

void model_flush(struct model_transaction *tx)
{
    struct wf_state_run *state = tx->state;
    const uint32_t first = tx->events.count;

    /* 3.8 rule 4: all B events in the order of their arrival, then all L events. */
    for (int32_t pass = 0; pass < 2; pass++) {
        for (uint32_t i = 0; i < state->buffered_events.count; i++) {
            struct wf_event event = state->buffered_events.items[i];
            const bool is_last = wf_event_descriptors[event.event_type].buffering == WF_BUFFERING_L;

            if (is_last == (pass == 1)) {
                event.event_id = state->next_event_id++;
                *(struct wf_event *)WF_LIST_APPEND(tx->arena, tx->events) = event;
            }
        }
    }
    state->buffered_events.count = 0;
    /* Rule 5: an end names the start that was written in the same flush. */
    for (uint32_t i = first; i < tx->events.count; i++) {
        if (start_of(&tx->events.items[i]) == 0) {
            continue;
        }
        note_start(tx, &tx->events.items[i]);
        for (uint32_t j = first; j < tx->events.count; j++) {
            const struct ending ending = ending_of(&tx->events.items[j]);

            if (ending.started_event_id != NULL && ending.subject_id == start_of(&tx->events.items[i])) {
                *ending.started_event_id = tx->events.items[i].event_id;
            }
        }
    }
}

/* ---- Transactions ---- */

void model_transaction_begin(struct model_transaction *tx, struct model *model, struct model_workflow *workflow,
                             struct model_run *run)
{
    tx->model = model;
    tx->arena = &model->step_arena;
    tx->workflow = workflow;
    tx->run = run;
    if (run != NULL) {
        tx->state = wf_message_copy(tx->arena, &wf_type_state_run, run->state);
        tx->start = run->start;
        tx->events.count = 0; /* of an earlier beginning */
        tx->cut_count = 0;
        model_speculative_convert(tx);
    }
}

void model_transaction_restart(struct model_transaction *tx)
{
    tx->state = wf_message_copy(tx->arena, &wf_type_state_run, tx->run->state);
    tx->events.count = 0;
    tx->cut_count = 0;
    tx->command = NULL;
    tx->wants_task = false;
    tx->is_closing = false;
    tx->successor = NULL;
    model_speculative_convert(tx);
}

static bool is_overflowing(const struct model_transaction *tx)
{
    size_t bytes = 0;

    for (uint32_t i = 0; i < tx->state->buffered_events.count; i++) {
        struct wf_buffer encoded = {0};

        wf_buffer_init(&encoded, tx->arena);
        wf_wire_encode(&wf_type_event, &tx->state->buffered_events.items[i], &encoded);
        bytes += encoded.size_bytes;
    }
    return (int64_t)tx->state->buffered_events.count > tx->model->limits.buffered_events_max ||
           (int64_t)bytes > tx->model->limits.buffered_bytes_max;
}

static bool is_task_started(const struct model_transaction *tx)
{
    return tx->state->workflow_task != NULL && tx->state->workflow_task->started_event_id != 0;
}

static void settle(struct model_transaction *tx)
{
    if (tx->is_closing) {
        tx->state->buffered_events.count = 0; /* 3.8 rule 7 */
        tx->state->workflow_task = NULL;
        return;
    }
    if (is_task_started(tx) && is_overflowing(tx)) {
        model_force_task_failed(tx);
        model_flush(tx);
        tx->wants_task = true;
    }
    if (tx->wants_task && tx->state->workflow_task == NULL && !tx->state->is_paused) {
        model_task_schedule(tx, false, 0);
    }
    if (!is_task_started(tx)) {
        model_flush(tx);
    }
}

static void encode_batch(struct model_transaction *tx, uint32_t first, uint32_t end)
{
    const struct wf_history_message message = {.events = {.items = &tx->events.items[first], .count = end - first}};
    struct wf_buffer bytes = {0};
    struct model_batch *batch = NULL;

    if (first == end) {
        return;
    }
    wf_buffer_init(&bytes, tx->arena);
    wf_wire_encode(&wf_type_history_message, &message, &bytes);
    batch = WF_LIST_APPEND(&tx->model->arena, tx->run->batches);
    batch->first_event_id = tx->events.items[first].event_id;
    batch->event_count = (int64_t)(end - first);
    batch->bytes = wf_string_copy(&tx->model->arena, wf_buffer_string(&bytes));
    tx->state->history_size_bytes += (int64_t)bytes.size_bytes;
}

/* Task ids are the engine's own numbers; that they grow is an invariant of its histories. */
static void take_task_ids(struct model_transaction *tx, const struct wf_event *events, uint32_t count)
{
    for (uint32_t i = 0; i < tx->events.count && i < count; i++) {
        tx->events.items[i].task_id = events[i].task_id;
    }
}

static void keep(struct model_transaction *tx)
{
    struct model_run *run = tx->run;
    uint32_t first = 0;

    for (uint32_t i = 0; i < tx->cut_count; i++) {
        encode_batch(tx, first, tx->cuts[i]);
        first = tx->cuts[i];
    }
    encode_batch(tx, first, tx->events.count);
    if (tx->is_closing) {
        run->state = wf_message_copy(&tx->model->arena, &wf_type_state_run, tx->state);
        wf_arena_deinit(&run->arenas[0]);
        wf_arena_deinit(&run->arenas[1]);
    } else {
        run->arena_index ^= 1;
        wf_arena_reset(&run->arenas[run->arena_index]);
        run->state = wf_message_copy(&run->arenas[run->arena_index], &wf_type_state_run, tx->state);
    }
    if (run->state == NULL) {
        abort();
    }
    if (tx->is_new) {
        *(struct model_run **)WF_LIST_APPEND(&tx->model->arena, tx->workflow->runs) = run;
    }
}

/* Updates that only the owner knows of made events in a change that was then discarded: a speculative task that became normal,
 * nobody sees how many; or the task for those that wait when one is completed (3.4 step 7). */
static int64_t forgotten_events(const struct model_transaction *tx)
{
    const uint32_t count = tx->given->event_count;
    const bool is_task_completed =
        tx->operation->kind == MODEL_REQUEST &&
        tx->operation->request->call_case == WF_CASE_svc_request_respond_workflow_task_completed;

    if (count == 0 || tx->given->events[count - 1].event_type != WF_EVENT_TYPE_WORKFLOW_EXECUTION_TERMINATED) {
        return 0;
    }
    if (count == 1 && model_may_speculate(tx->model, tx->run)) {
        return FORGOTTEN_EVENTS_MAX;
    }
    return is_task_completed && tx->state->workflow_task == NULL && model_has_updates(tx) ? 1 : 0;
}

/* 8.9: NULL, or why the run is terminated instead. What creates a new run is let through, as is what ends this one. The sizes of
 * the state and of a transaction are the engine's to measure, and not reached here. */
static const char *limit_reached(const struct model_transaction *tx)
{
    const int64_t last_event_id = tx->state->next_event_id - 1 + (tx->is_new ? 0 : forgotten_events(tx));

    if (tx->is_new || tx->successor != NULL || tx->is_closing) {
        return NULL;
    }
    if (tx->run->state->history_size_bytes > tx->model->limits.history_bytes_max) {
        return "Workflow history size exceeds limit."; /* what was written before */
    }
    return last_event_id > tx->model->limits.history_events_max
               ? "Workflow history count exceeds limit."
               : NULL;
}

void model_transaction_commit(struct model_transaction *tx)
{
    const char *reason = NULL;

    struct model_outcome *outcome = tx->outcome;

    outcome->writes = true;
    settle(tx);
    if (tx->given == NULL) {
        return;
    }
    reason = limit_reached(tx);
    if (reason != NULL) {
        model_transaction_restart(tx);
        model_terminate_run(tx, wf_string_of(reason), NULL, WF_STR(MODEL_SERVICE));
        settle(tx);
        outcome->is_terminated = true;
    }
    if (tx->is_new) {
        if (tx->given->new_event_count > tx->copied_count) {
            take_task_ids(tx, tx->given->new_events + tx->copied_count, tx->given->new_event_count - tx->copied_count);
        }
        outcome->successor = tx->run;
        outcome->new_events = tx->events.items;
        outcome->new_event_count = tx->events.count;
    } else {
        take_task_ids(tx, tx->given->events, tx->given->event_count);
        outcome->run = tx->run;
        outcome->events = tx->events.items;
        outcome->event_count = tx->events.count;
    }
    keep(tx);
    if (tx->copied_count > 0) {
        const struct wf_history_message whole = model_run_events(tx->run, tx->arena, 1);

        outcome->new_events = whole.events.items;
        outcome->new_event_count = whole.events.count;
    }
    if (tx->successor != NULL) {
        model_transaction_commit(tx->successor);
    }
}

/* ---- Replies and what is given ---- */

struct wf_svc_response *model_reply(struct model_transaction *tx, enum wf_call_status status)
{
    if (tx->outcome->reply == NULL) {
        tx->outcome->reply = MODEL_NEW(tx, struct wf_svc_response);
    }
    *tx->outcome->reply = (struct wf_svc_response){.status = (int32_t)status};
    return tx->outcome->reply;
}

struct wf_string model_given_message(const struct model_transaction *tx, enum wf_event_type type)
{
    const struct wf_event *found = NULL;

    for (uint32_t i = 0; tx->given != NULL && i < tx->given->event_count; i++) {
        if (tx->given->events[i].event_type == (int32_t)type) {
            found = &tx->given->events[i];
        }
    }
    if (found == NULL) {
        return (struct wf_string){0};
    }
    if (type == WF_EVENT_TYPE_WORKFLOW_TASK_FAILED) {
        const struct wf_failure *failure = found->attributes.workflow_task_failed->failure;

        return failure == NULL ? (struct wf_string){0} : failure->message;
    }
    return type == WF_EVENT_TYPE_WORKFLOW_EXECUTION_TERMINATED
               ? found->attributes.workflow_execution_terminated->reason
               : (struct wf_string){0};
}

/* ---- Operations ---- */

static void alarm_rings(struct model_transaction *tx)
{
    if (tx->run == NULL || !model_run_is_open(tx->run)) {
        return;
    }
    if (tx->start->run_expiration_ns != 0 && tx->start->run_expiration_ns <= tx->now_ns) {
        model_expire_run(tx);
        model_transaction_commit(tx);
        return;
    }
    if (tx->state->is_in_backoff && tx->start->first_task_time_ns <= tx->now_ns) {
        tx->state->is_in_backoff = false;
        tx->wants_task = !tx->state->is_held; /* a child with a schedule waits for both */
    }
    model_task_expire(tx);
    model_activities_expire(tx);
    model_timers_fire(tx);
    model_nexus_expire(tx);
    model_transaction_commit(tx);
}

struct call {
    uint32_t number; /* of the choice in svc_request */
    void (*perform)(struct model_transaction *tx);
};

static const struct call calls[] = {
    {WF_CASE_svc_request_start_workflow, model_start},
    {WF_CASE_svc_request_signal_workflow, model_signal},
    {WF_CASE_svc_request_signal_with_start, model_signal_with_start},
    {WF_CASE_svc_request_request_cancel, model_request_cancel},
    {WF_CASE_svc_request_terminate, model_terminate},
    {WF_CASE_svc_request_query_workflow, model_query},
    {WF_CASE_svc_request_describe_workflow, model_describe},
    {WF_CASE_svc_request_get_history, model_get_history},
    {WF_CASE_svc_request_respond_workflow_task_completed, model_task_completed},
    {WF_CASE_svc_request_respond_workflow_task_failed, model_task_failed},
    {WF_CASE_svc_request_respond_activity_task_completed, model_activity_answered},
    {WF_CASE_svc_request_respond_activity_task_failed, model_activity_answered},
    {WF_CASE_svc_request_respond_activity_task_canceled, model_activity_answered},
    {WF_CASE_svc_request_record_activity_heartbeat, model_activity_answered},
    {WF_CASE_svc_request_reset_sticky_task_queue, model_reset_sticky},
    {WF_CASE_svc_request_update_workflow, model_update},
    {WF_CASE_svc_request_poll_update, model_update},
    {WF_CASE_svc_request_update_with_start, model_update_with_start},
    {WF_CASE_svc_request_pause_workflow, model_pause},
    {WF_CASE_svc_request_unpause_workflow, model_unpause},
    {WF_CASE_svc_request_operate_activity, model_operate_activity},
    {WF_CASE_svc_request_reset_workflow, model_reset},
    {WF_CASE_svc_request_complete_nexus_operation, model_complete_nexus},
    {WF_CASE_svc_request_restore_workflow, model_restore},
    {WF_CASE_svc_request_record_workflow_task_started, model_task_started},
    {WF_CASE_svc_request_record_activity_task_started, model_activity_started},
    {WF_CASE_svc_request_schedule_first_task, model_schedule_first_task},
    {WF_CASE_svc_request_record_child_closed, model_child_closed},
    {WF_CASE_svc_request_schedule_call, model_schedule_call},
    {WF_CASE_svc_request_record_action_closed, model_action_closed},
};

bool model_knows(uint32_t call_case)
{
    for (size_t i = 0; i < sizeof calls / sizeof calls[0]; i++) {
        if (calls[i].number == call_case) {
            return true;
        }
    }
    return false;
}

void model_perform(struct model *model, const struct model_operation *operation, const struct model_given *given,
                   struct model_outcome *outcome)
{
    struct model_transaction tx = {
        .operation = operation, .given = given, .outcome = outcome, .now_ns = operation->now_ns};

    *outcome = (struct model_outcome){0};
    if (operation->kind != MODEL_REQUEST) {
        model_transaction_begin(&tx, model, model_workflow_find(model, operation->workflow_id),
                                model_run_find(model, operation->workflow_id, operation->run_id));
        if (operation->kind == MODEL_ALARM) {
            alarm_rings(&tx);
        } else {
            model_call_answered(&tx);
        }
        return;
    }
    tx.model = model;
    tx.arena = &model->step_arena;
    for (size_t i = 0; i < sizeof calls / sizeof calls[0]; i++) {
        if (calls[i].number == operation->request->call_case) {
            calls[i].perform(&tx);
            if (outcome->is_terminated) {
                model_reply(&tx, WF_CALL_INVALID_ARGUMENT);
            }
            return;
        }
    }
    abort();
}
