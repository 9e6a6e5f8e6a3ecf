#include "tests/model/compare.h"

#include <stdlib.h>

#include "engine/diff.h"

static const struct wf_diff_options all_fields = {.count_max = 40};

static bool report(struct wf_arena *arena, const struct wf_message_type *type, const void *engine, const void *model,
                   struct wf_buffer *out)
{
    struct wf_differences differences = {0};

    if (wf_message_equal(type, engine, model)) {
        return true;
    }
    if (!wf_diff_messages(arena, type, engine, model, &all_fields, &differences)) {
        abort();
    }
    for (uint32_t i = 0; i < differences.count; i++) {
        const struct wf_difference *difference = &differences.items[i];

        wf_buffer_printf(out, "  %S: engine %S, model %S\n", &difference->path, &difference->left, &difference->right);
    }
    if (differences.count == 0) {
        wf_buffer_append_text(out, "  payloads of one value with different bytes\n");
    }
    return false;
}

/* ---- Events ---- */

struct wf_history_message compare_decode(struct wf_arena *arena, const struct wf_db_run_write *write)
{
    struct wf_history_message all = {0};

    for (uint32_t i = 0; i < write->batches.count; i++) {
        struct wf_history_message part = {0};

        if (wf_wire_decode(arena, &wf_type_history_message, write->batches.items[i].bytes, &part, NULL) != WF_OK) {
            abort();
        }
        for (uint32_t j = 0; j < part.events.count; j++) {
            *(struct wf_event *)WF_LIST_APPEND(arena, all.events) = part.events.items[j];
        }
    }
    return all;
}

static void name_events(const char *who, const struct wf_event *events, uint32_t count, struct wf_buffer *out)
{
    wf_buffer_printf(out, "  %s:", who);
    for (uint32_t i = 0; i < count; i++) {
        wf_buffer_printf(out, " %lld %s", (long long)events[i].event_id, wf_event_type_name(events[i].event_type));
    }
    wf_buffer_append_char(out, '\n');
}

bool compare_events(struct wf_arena *arena, const struct wf_event *engine, uint32_t engine_count,
                    const struct wf_event *model, uint32_t model_count, struct wf_buffer *out)
{
    bool is_same = engine_count == model_count;

    for (uint32_t i = 0; i < engine_count && i < model_count; i++) {
        is_same = is_same && engine[i].event_type == model[i].event_type;
    }
    if (!is_same) {
        name_events("engine wrote", engine, engine_count, out);
        name_events("model wrote", model, model_count, out);
        return false;
    }
    for (uint32_t i = 0; i < engine_count; i++) {
        if (!report(arena, &wf_type_event, &engine[i], &model[i], out)) {
            wf_buffer_printf(out, "  in event %lld %s\n", (long long)engine[i].event_id,
                             wf_event_type_name(engine[i].event_type));
            return false;
        }
    }
    return true;
}

bool compare_batches(const struct wf_db_run_write *engine, const struct model_run *model, struct wf_buffer *out)
{
    for (uint32_t i = 0; i < engine->batches.count; i++) {
        const struct wf_db_batch *batch = &engine->batches.items[i];
        const struct model_batch *own = NULL;

        for (uint32_t j = 0; j < model->batches.count; j++) {
            if (model->batches.items[j].first_event_id == batch->first_event_id) {
                own = &model->batches.items[j];
            }
        }
        if (own == NULL || own->event_count != batch->event_count || !wf_string_equal(own->bytes, batch->bytes)) {
            wf_buffer_printf(out, "  the batch of %lld events from event %lld has other bytes\n",
                             (long long)batch->event_count, (long long)batch->first_event_id);
            return false;
        }
    }
    return true;
}

/* ---- States ---- */

/* What is the engine's way of keeping things: its alarm, its machines' states, what it sends later. */
static void project(struct wf_state_run *state)
{
    state->start = (struct wf_string){0};
    state->alarm_ns = 0;
    state->closing = NULL;
    for (uint32_t i = 0; i < state->activities.count; i++) {
        state->activities.items[i].state = 0;
    }
    for (uint32_t i = 0; i < state->buffered_events.count; i++) {
        int64_t *started_event_id = model_started_event_id(&state->buffered_events.items[i]);

        state->buffered_events.items[i].event_id = 0;
        if (started_event_id != NULL && *started_event_id < 0) {
            *started_event_id = 0; /* not known before the flush */
        }
    }
    for (uint32_t i = 0; i < state->children.count; i++) {
        state->children.items[i].shard_clock = 0;
        if (state->children.items[i].started_event_id < 0) {
            state->children.items[i].started_event_id = 0;
        }
    }
}

static void project_start(struct wf_state_start *start)
{
    start->started = NULL; /* event 1 is compared as an event */
    start->parent_shard_clock = 0;
}

bool compare_states(struct wf_arena *arena, const struct wf_state_run *engine, const struct model_run *model,
                    struct wf_buffer *out)
{
    struct wf_state_run *left = wf_message_copy(arena, &wf_type_state_run, engine);
    struct wf_state_run *right = wf_message_copy(arena, &wf_type_state_run, model->state);
    struct wf_state_start start = {0};
    struct wf_state_start *own = wf_message_copy(arena, &wf_type_state_start, model->start);

    if (wf_wire_decode(arena, &wf_type_state_start, engine->start, &start, NULL) != WF_OK) {
        abort();
    }
    project(left);
    project(right);
    project_start(&start);
    project_start(own);
    return report(arena, &wf_type_state_run, left, right, out) &&
           report(arena, &wf_type_state_start, &start, own, out);
}

/* ---- Schedules ---- */

bool compare_schedules(struct wf_arena *arena, const struct wf_db_write_schedule *engine,
                       const struct wf_db_write_schedule *model, struct wf_buffer *out)
{
    struct wf_db_write_schedule *left = wf_message_copy(arena, &wf_type_db_write_schedule, engine);
    struct wf_db_write_schedule *right = wf_message_copy(arena, &wf_type_db_write_schedule, model);
    struct wf_state_schedule state = {0};
    struct wf_state_schedule own = {0};

    if (wf_wire_decode(arena, &wf_type_state_schedule, engine->state, &state, NULL) != WF_OK ||
        wf_wire_decode(arena, &wf_type_state_schedule, model->state, &own, NULL) != WF_OK) {
        abort();
    }
    left->state = (struct wf_string){0};
    right->state = (struct wf_string){0};
    return report(arena, &wf_type_state_schedule, &state, &own, out) &&
           report(arena, &wf_type_db_write_schedule, left, right, out);
}

/* ---- Responses ---- */

/* A token without the clock of the shard, which is the engine's. */
static void clear_clock(struct wf_arena *arena, struct wf_string *bytes)
{
    struct wf_svc_task_token token = {0};
    struct wf_buffer encoded = {0};

    if (wf_wire_decode(arena, &wf_type_svc_task_token, *bytes, &token, NULL) != WF_OK) {
        return;
    }
    token.shard_clock = 0;
    wf_buffer_init(&encoded, arena);
    wf_wire_encode(&wf_type_svc_task_token, &token, &encoded);
    *bytes = wf_buffer_string(&encoded);
}

/* History comes in pieces of any size: what counts is the events. */
static struct wf_history_message take_events(struct wf_arena *arena, struct wf_string *items, uint32_t *count)
{
    struct wf_history_message all = {0};

    for (uint32_t i = 0; i < *count; i++) {
        struct wf_history_message part = {0};

        if (wf_wire_decode(arena, &wf_type_history_message, items[i], &part, NULL) != WF_OK) {
            abort();
        }
        for (uint32_t j = 0; j < part.events.count; j++) {
            *(struct wf_event *)WF_LIST_APPEND(arena, all.events) = part.events.items[j];
        }
    }
    *count = 0;
    return all;
}

static struct wf_history_message project_task(struct wf_arena *arena, struct wf_svc_workflow_task *task)
{
    struct wf_history_message none = {0};

    if (task == NULL) {
        return none;
    }
    clear_clock(arena, &task->token);
    task->queries.count = 0; /* what is asked beside is no part of the task */
    task->messages.count = 0; /* these are judged apart */
    return take_events(arena, task->batches.items, &task->batches.count);
}

/* Brings a response to its canonical form and takes the events out of it. */
static struct wf_history_message project_response(struct wf_arena *arena, struct wf_svc_response *response)
{
    struct wf_history_message none = {0};

    response->message = (struct wf_string){0};
    if (response->status == WF_CALL_OBSOLETE_TASK) {
        response->status = WF_CALL_NOT_FOUND; /* to matching the same: the task is dropped (3.3, 4.6) */
    }
    switch (response->answer_case) {
    case WF_CASE_svc_response_started:
        response->answer.started->shard_clock = 0;
        break;
    case WF_CASE_svc_response_workflow_task:
        return project_task(arena, response->answer.workflow_task);
    case WF_CASE_svc_response_workflow_task_accepted:
        for (uint32_t i = 0; i < response->answer.workflow_task_accepted->activity_tasks.count; i++) {
            clear_clock(arena, &response->answer.workflow_task_accepted->activity_tasks.items[i].token);
        }
        return project_task(arena, response->answer.workflow_task_accepted->new_task);
    case WF_CASE_svc_response_activity_task:
        clear_clock(arena, &response->answer.activity_task->token);
        break;
    case WF_CASE_svc_response_history:
        return take_events(arena, response->answer.history->batches.items,
                           &response->answer.history->batches.count);
    case WF_CASE_svc_response_description:
        for (uint32_t i = 0; i < response->answer.description->pending_activities.count; i++) {
            response->answer.description->pending_activities.items[i].next_attempt_time_ns = 0;
        }
        break;
    default:
        break;
    }
    return none;
}

/* The engine gave a task that it only has in memory (3.10): it brings updates, and no write tells of it. */
static void drop_speculative_task(struct wf_svc_response *engine, const struct wf_svc_response *model)
{
    const uint32_t number = WF_CASE_svc_response_workflow_task_accepted;

    if (engine->answer_case == number && model->answer_case == number &&
        engine->answer.workflow_task_accepted->new_task != NULL &&
        engine->answer.workflow_task_accepted->new_task->messages.count > 0 &&
        model->answer.workflow_task_accepted->new_task == NULL) {
        engine->answer.workflow_task_accepted->new_task = NULL;
    }
}

bool compare_responses(struct wf_arena *arena, const struct wf_svc_response *engine,
                       const struct wf_svc_response *model, struct wf_buffer *out)
{
    struct wf_svc_response *left = wf_message_copy(arena, &wf_type_svc_response, engine);
    struct wf_svc_response *right = wf_message_copy(arena, &wf_type_svc_response, model);
    struct wf_history_message left_events = {0};
    struct wf_history_message right_events = {0};

    drop_speculative_task(left, right);
    left_events = project_response(arena, left);
    right_events = project_response(arena, right);

    if (left->status != right->status) {
        wf_buffer_printf(out, "  engine answered %s (%S), model %s\n", wf_call_status_name(engine->status),
                         &engine->message, wf_call_status_name(model->status));
        return false;
    }
    return report(arena, &wf_type_svc_response, left, right, out) &&
           compare_events(arena, left_events.events.items, left_events.events.count, right_events.events.items,
                          right_events.events.count, out);
}
