/*
 * Updates. What is accepted or completed is in the state, and judged as all else. What is only admitted, and the speculative
 * task that carries it, are known to the owner's memory alone (3.10), which a crash loses: there the model asks whether what
 * the engine says can be, and takes a speculative task over from the events that a write makes of it.
 *
 * Source: engine-semantics 2.2 rules 4 and 6, 2.3 "ProtocolMessage", 3.10, 7.8.
 */
#include <stdlib.h>

#include "tests/model/transaction.h"

#define CAUSE(NAME) WF_WORKFLOW_TASK_FAILED_CAUSE_##NAME
#define TYPE_URL "type.googleapis.com/temporal.api.update.v1."
#define STAGE(NAME) WF_UPDATE_WORKFLOW_EXECUTION_LIFECYCLE_STAGE_##NAME
#define SPECULATIVE_NS (5 * WF_NS_PER_S)
#define FAILING_ATTEMPTS 3

/* ---- What clients asked for ---- */

static struct wf_string key_of(struct wf_arena *arena, struct wf_string workflow_id, struct wf_string update_id)
{
    struct wf_buffer text = {0};

    wf_buffer_init(&text, arena);
    wf_buffer_printf(&text, "%S\n%S", &workflow_id, &update_id);
    return wf_buffer_string(&text);
}

static struct wf_string update_id_of(const struct wf_svc_update_workflow *request)
{
    return request->request == NULL || request->request->meta == NULL ? (struct wf_string){0}
                                                                       : request->request->meta->update_id;
}

static void note(struct model *model, struct wf_string workflow_id, const struct wf_svc_update_workflow *request)
{
    struct wf_buffer bytes = {0};
    struct wf_string *kept = NULL;
    const struct wf_string key = key_of(&model->arena, workflow_id, update_id_of(request));

    wf_buffer_init(&bytes, &model->arena);
    wf_wire_encode(&wf_type_update_request, request->request, &bytes);
    kept = WF_ARENA_NEW(&model->arena, struct wf_string);
    if (kept == NULL) {
        abort();
    }
    *kept = wf_buffer_string(&bytes);
    wf_map_set(&model->updates, key, kept);
    wf_map_set(&model->updates, wf_string_copy(&model->arena, workflow_id), kept); /* has had one */
}

void model_note_update(struct model *model, const struct wf_svc_request *request)
{
    if (request->call_case == WF_CASE_svc_request_update_workflow &&
        update_id_of(request->call.update_workflow).size_bytes > 0) {
        note(model, request->call.update_workflow->workflow_execution->workflow_id, request->call.update_workflow);
    } else if (request->call_case == WF_CASE_svc_request_update_with_start &&
               update_id_of(request->call.update_with_start->update).size_bytes > 0) {
        note(model, request->call.update_with_start->start->workflow_id, request->call.update_with_start->update);
    }
}

static const struct wf_string *asked(const struct model *model, struct wf_arena *arena, struct wf_string workflow_id,
                                     struct wf_string update_id)
{
    return wf_map_get(&model->updates, key_of(arena, workflow_id, update_id));
}

struct wf_state_update *model_update_find(const struct wf_state_run *state, struct wf_string update_id)
{
    for (uint32_t i = 0; i < state->updates.count; i++) {
        if (wf_string_equal(state->updates.items[i].update_id, update_id)) {
            return &state->updates.items[i];
        }
    }
    return NULL;
}

void model_update_learn(struct model_transaction *tx, struct wf_update_request *request)
{
    if (asked(tx->model, tx->arena, tx->start->workflow_id, request->meta->update_id) == NULL) {
        note(tx->model, tx->start->workflow_id, &(struct wf_svc_update_workflow){.request = request});
    }
}

void model_update_admit_again(struct model_transaction *tx, struct wf_update_request *request)
{
    struct wf_state_update *update = WF_LIST_APPEND(tx->arena, tx->state->updates);
    struct wf_event_workflow_execution_update_admitted *event = model_event(
        tx, WF_EVENT_TYPE_WORKFLOW_EXECUTION_UPDATE_ADMITTED);

    update->update_id = request->meta->update_id;
    event->request = request;
    event->origin = WF_UPDATE_ADMITTED_EVENT_ORIGIN_REAPPLY;
    model_update_learn(tx, request);
}

/* ---- Speculative tasks ---- */

bool model_has_updates(const struct model_transaction *tx)
{
    return wf_map_get(&tx->model->updates, tx->start->workflow_id) != NULL;
}

bool model_may_speculate(const struct model *model, const struct model_run *run)
{
    return model_run_is_open(run) && run->state->workflow_task == NULL && !run->state->is_in_backoff &&
           !run->state->is_held && !run->state->is_paused &&
           wf_map_get(&model->updates, run->start->workflow_id) != NULL;
}

void model_learn_start(struct model *model, const struct wf_svc_record_workflow_task_started *request)
{
    struct model_run *run = model_run_find(model, request->workflow_execution->workflow_id,
                                           request->workflow_execution->run_id);

    if (run != NULL) {
        run->taken = wf_message_copy(&model->arena, &wf_type_svc_record_workflow_task_started, request);
    }
    if (run != NULL && request->request_id.size_bytes < sizeof run->normal_start) {
        memset(run->normal_start, 0, sizeof run->normal_start);
        if (!request->is_sticky) {
            memcpy(run->normal_start, request->request_id.data, request->request_id.size_bytes);
        }
    }
}

/* The owner's memory may have other stickiness than the database, from a speculative task that began or vanished. */
static void take_sticky(struct model_transaction *tx, const struct wf_task_queue *queue)
{
    const struct wf_state_run *given = tx->given->state;

    if (queue == NULL && given != NULL) {
        tx->state->sticky_queue = given->sticky_queue;
        tx->state->sticky_timeout_ns = given->sticky_timeout_ns;
    } else if (queue != NULL && queue->kind == WF_TASK_QUEUE_KIND_STICKY) {
        tx->state->sticky_queue = queue->name;
        tx->state->sticky_timeout_ns = given == NULL || given->sticky_queue.size_bytes == 0
                                           ? tx->state->sticky_timeout_ns
                                           : given->sticky_timeout_ns;
    } else if (queue != NULL) {
        tx->state->sticky_queue = (struct wf_string){0};
        tx->state->sticky_timeout_ns = 0;
    }
}

static void begin_started(struct model_transaction *tx, const struct wf_event *given)
{
    const struct wf_event_workflow_task_started *started = given->attributes.workflow_task_started;
    struct wf_state_workflow_task *task = tx->state->workflow_task;

    task->request_id = started->request_id;
    task->identity = started->identity;
    task->started_time_ns = wf_time_of(given->event_time);
    model_version_taken(tx, tx->run->taken != NULL && wf_string_equal(tx->run->taken->request_id, task->request_id)
                                ? tx->run->taken
                                : NULL);
    if (wf_string_is(task->request_id, MODEL_INLINE_REQUEST)) {
        task->schedule_to_start_deadline_ns = 0;
    }
    model_task_write_started(tx);
    if (wf_string_is(task->request_id, tx->run->normal_start)) {
        tx->state->sticky_queue = (struct wf_string){0};
        tx->state->sticky_timeout_ns = 0;
    }
}

void model_speculative_convert(struct model_transaction *tx)
{
    const struct model_given *given = tx->given;
    const struct wf_event *first = given == NULL || given->event_count == 0 ? NULL : &given->events[0];
    struct wf_state_workflow_task *task = NULL;

    if (given == NULL || tx->run == NULL || !model_may_speculate(tx->model, tx->run)) {
        return;
    }
    if (first == NULL || first->event_type != WF_EVENT_TYPE_WORKFLOW_TASK_SCHEDULED) {
        take_sticky(tx, NULL);
        return;
    }
    take_sticky(tx, first->attributes.workflow_task_scheduled->task_queue);
    task = MODEL_NEW(tx, struct wf_state_workflow_task);
    task->attempt = 1;
    task->is_converted = true;
    task->timeout_ns = tx->start->task_timeout_ns;
    task->scheduled_time_ns = wf_time_of(first->event_time);
    task->original_scheduled_time_ns = task->scheduled_time_ns;
    task->schedule_to_start_deadline_ns = task->scheduled_time_ns + SPECULATIVE_NS;
    task->is_sticky = tx->state->sticky_queue.size_bytes > 0;
    tx->state->workflow_task = task;
    model_task_suggest(tx);
    model_task_write_scheduled(tx);
    if (given->event_count > 1 && given->events[1].event_type == WF_EVENT_TYPE_WORKFLOW_TASK_STARTED) {
        begin_started(tx, &given->events[1]);
    } else {
        task->history_size_bytes = 0;
        task->suggest_reasons.count = 0;
    }
}

/* ---- Messages of a completion ---- */

struct body {
    struct wf_update_acceptance *acceptance;
    struct wf_update_rejection *rejection;
    struct wf_update_response *response;
};

static bool read_body(struct model_transaction *tx, const struct wf_protocol_message *message, struct body *body)
{
    const struct wf_any *any = message->body;
    const struct wf_message_type *type = NULL;
    void *read = NULL;

    if (any == NULL || message->protocol_instance_id.size_bytes == 0) {
        return false;
    }
    if (wf_string_is(any->type_url, TYPE_URL "Acceptance")) {
        type = &wf_type_update_acceptance;
    } else if (wf_string_is(any->type_url, TYPE_URL "Rejection")) {
        type = &wf_type_update_rejection;
    } else if (wf_string_is(any->type_url, TYPE_URL "Response")) {
        type = &wf_type_update_response;
    } else {
        return false;
    }
    read = wf_message_new(tx->arena, type);
    if (wf_wire_decode(tx->arena, type, any->value, read, NULL) != WF_OK) {
        return false;
    }
    body->acceptance = type == &wf_type_update_acceptance ? read : NULL;
    body->rejection = type == &wf_type_update_rejection ? read : NULL;
    body->response = type == &wf_type_update_response ? read : NULL;
    return (body->rejection == NULL || body->rejection->failure != NULL) &&
           (body->response == NULL ||
            (body->response->outcome != NULL && body->response->outcome->value.any != NULL));
}

/* Whether the engine's memory says that the update is not with this worker: only it can know. */
static bool is_refused_by_memory(const struct model_transaction *tx)
{
    bool is_refused = false;

    for (uint32_t i = 0; tx->given != NULL && i < tx->given->event_count; i++) {
        const struct wf_event *event = &tx->given->events[i];

        if (event->event_type == WF_EVENT_TYPE_WORKFLOW_EXECUTION_TERMINATED) {
            return false; /* for its size */
        }
        is_refused = is_refused ||
                     (event->event_type == WF_EVENT_TYPE_WORKFLOW_TASK_FAILED &&
                      event->attributes.workflow_task_failed->cause == CAUSE(BAD_UPDATE_WORKFLOW_EXECUTION_MESSAGE));
    }
    return is_refused;
}

static int32_t accept(struct model_transaction *tx, struct wf_string update_id,
                      const struct wf_update_acceptance *acceptance)
{
    struct wf_state_update *update = model_update_find(tx->state, update_id);
    struct wf_event_workflow_execution_update_accepted *event = NULL;

    const bool is_admitted = update != NULL && update->accepted_event_id == 0; /* by a reset: history has brought it */

    if ((update != NULL && !is_admitted) ||
        (update == NULL && acceptance->accepted_request == NULL &&
         asked(tx->model, tx->arena, tx->start->workflow_id, update_id) == NULL) ||
        (update == NULL && is_refused_by_memory(tx))) {
        return CAUSE(BAD_UPDATE_WORKFLOW_EXECUTION_MESSAGE);
    }
    if (update == NULL) {
        update = WF_LIST_APPEND(tx->arena, tx->state->updates);
        update->update_id = update_id;
    }
    update->accepted_event_id = tx->state->next_event_id;
    event = model_event(tx, WF_EVENT_TYPE_WORKFLOW_EXECUTION_UPDATE_ACCEPTED);
    event->protocol_instance_id = update_id;
    event->accepted_request_message_id = acceptance->accepted_request_message_id;
    event->accepted_request_sequencing_event_id = acceptance->accepted_request_sequencing_event_id;
    event->accepted_request = is_admitted ? NULL : acceptance->accepted_request;
    return MODEL_CAUSE_NONE;
}

static int32_t complete(struct model_transaction *tx, struct wf_string update_id,
                        const struct wf_update_response *response)
{
    struct wf_state_update *update = model_update_find(tx->state, update_id);
    struct wf_event_workflow_execution_update_completed *event = NULL;

    if (update == NULL || update->accepted_event_id == 0 || update->outcome != NULL) {
        return CAUSE(BAD_UPDATE_WORKFLOW_EXECUTION_MESSAGE);
    }
    update->outcome = response->outcome;
    event = model_event(tx, WF_EVENT_TYPE_WORKFLOW_EXECUTION_UPDATE_COMPLETED);
    event->meta = response->meta;
    event->outcome = response->outcome;
    event->accepted_event_id = update->accepted_event_id;
    return MODEL_CAUSE_NONE;
}

/* Leaves no trace. One that is accepted, or that nobody asked for, cannot be rejected. */
static int32_t reject(struct model_transaction *tx, struct wf_string update_id)
{
    struct wf_state_update *update = model_update_find(tx->state, update_id);

    if (update != NULL && update->accepted_event_id == 0) {
        WF_LIST_REMOVE(tx->state->updates, update);
        return MODEL_CAUSE_NONE;
    }
    return update != NULL ||
                   asked(tx->model, tx->arena, tx->start->workflow_id, update_id) == NULL || is_refused_by_memory(tx)
               ? CAUSE(BAD_UPDATE_WORKFLOW_EXECUTION_MESSAGE)
               : MODEL_CAUSE_NONE;
}

static int32_t take(struct model_transaction *tx, const struct wf_protocol_message *message)
{
    struct body body = {0};

    if (!read_body(tx, message, &body)) {
        return CAUSE(BAD_UPDATE_WORKFLOW_EXECUTION_MESSAGE);
    }
    if (message->body->value.size_bytes > (size_t)tx->model->limits.blob_bytes_max) {
        return CAUSE(BAD_UPDATE_WORKFLOW_EXECUTION_MESSAGE) | MODEL_CAUSE_TERMINATES;
    }
    if (body.rejection != NULL) {
        return reject(tx, message->protocol_instance_id);
    }
    if (tx->is_closing) {
        return CAUSE(BAD_UPDATE_WORKFLOW_EXECUTION_MESSAGE);
    }
    return body.acceptance != NULL ? accept(tx, message->protocol_instance_id, body.acceptance)
                                   : complete(tx, message->protocol_instance_id, body.response);
}

int32_t model_protocol_message(struct model_transaction *tx,
                               const struct wf_svc_respond_workflow_task_completed *request,
                               struct wf_string message_id)
{
    for (uint32_t i = 0; i < request->messages.count && message_id.size_bytes > 0; i++) {
        if (wf_string_equal(request->messages.items[i].id, message_id)) {
            return take(tx, &request->messages.items[i]);
        }
    }
    return CAUSE(BAD_UPDATE_WORKFLOW_EXECUTION_MESSAGE);
}

static bool has_command(const struct wf_svc_respond_workflow_task_completed *request, struct wf_string message_id)
{
    for (uint32_t i = 0; i < request->commands.count; i++) {
        if (request->commands.items[i].command_type == WF_COMMAND_TYPE_PROTOCOL_MESSAGE &&
            request->commands.items[i].attributes_case != 0 &&
            wf_string_equal(request->commands.items[i].attributes.protocol_message->message_id, message_id)) {
            return true;
        }
    }
    return false;
}

int32_t model_other_messages(struct model_transaction *tx,
                             const struct wf_svc_respond_workflow_task_completed *request)
{
    int32_t cause = MODEL_CAUSE_NONE;

    for (uint32_t i = 0; i < request->messages.count && cause == MODEL_CAUSE_NONE; i++) {
        if (!has_command(request, request->messages.items[i].id)) {
            cause = take(tx, &request->messages.items[i]);
        }
    }
    /* 3.4 step 4: what a reset has put in history was delivered with it. */
    for (uint32_t i = tx->state->updates.count; cause == MODEL_CAUSE_NONE && i > 0; i--) {
        if (!request->force_create_new_workflow_task && tx->state->updates.items[i - 1].accepted_event_id == 0) {
            WF_LIST_REMOVE(tx->state->updates, &tx->state->updates.items[i - 1]);
        }
    }
    return cause;
}

/* ---- Calls of clients ---- */

static bool is_stage(int32_t stage)
{
    return stage == STAGE(ADMITTED) || stage == STAGE(ACCEPTED) || stage == STAGE(COMPLETED);
}

bool model_update_is_valid(const struct model *model, const struct wf_svc_update_workflow *request)
{
    return model_is_id(model, update_id_of(request)) && request->request->input != NULL &&
           model_is_id(model, request->request->input->name) && is_stage(request->wait_stage) &&
           model_payloads_bytes(request->request->input->args) <= (size_t)model->limits.blob_bytes_max;
}

/* Nothing is written, and who answers is the registry: judged when it does. */
void model_update(struct model_transaction *tx)
{
    tx->outcome->is_uncertain = true;
}

/* What a call means, whichever of the three it is. */
struct question {
    struct wf_string workflow_id;
    struct wf_string run_id;
    struct wf_string first_run_id;
    struct wf_string update_id;
    bool is_poll;
    bool has_start;
    bool is_valid;
};

static struct question question_of(const struct model *model, const struct wf_svc_request *request)
{
    if (request->call_case == WF_CASE_svc_request_poll_update) {
        const struct wf_svc_poll_update *poll = request->call.poll_update;

        return (struct question){.workflow_id = poll->workflow_execution->workflow_id,
                                 .run_id = poll->workflow_execution->run_id,
                                 .update_id = poll->update_id,
                                 .is_poll = true,
                                 .is_valid = poll->update_id.size_bytes > 0 && is_stage(poll->wait_stage)};
    }
    if (request->call_case == WF_CASE_svc_request_update_workflow) {
        const struct wf_svc_update_workflow *update = request->call.update_workflow;

        /* With a first run id the current run of that chain is meant, as by a cancellation (7.7). */
        return (struct question){.workflow_id = update->workflow_execution->workflow_id,
                                 .run_id = update->first_execution_run_id.size_bytes > 0
                                               ? (struct wf_string){0}
                                               : update->workflow_execution->run_id,
                                 .first_run_id = update->first_execution_run_id,
                                 .update_id = update_id_of(update),
                                 .is_valid = model_update_is_valid(model, update)};
    }
    return (struct question){.workflow_id = request->call.update_with_start->start->workflow_id,
                             .update_id = update_id_of(request->call.update_with_start->update),
                             .has_start = true,
                             .is_valid = model_update_is_valid(model, request->call.update_with_start->update)};
}

/* A reset admits an update again in history: that is no answer yet (7.10 step 6). */
static const struct wf_state_update *find_answered(const struct model_run *run, struct wf_string update_id)
{
    const struct wf_state_update *update = run == NULL ? NULL : model_update_find(run->state, update_id);

    return update == NULL || update->accepted_event_id == 0 ? NULL : update;
}

static const char *judge_answer(const struct model *model, struct wf_arena *arena, const struct question *question,
                                const struct wf_svc_update_answer *answer)
{
    const struct model_run *run = model_run_find(model, question->workflow_id, answer->run_id);
    const struct wf_state_update *stored = find_answered(run, question->update_id);
    const bool is_known = asked(model, arena, question->workflow_id, question->update_id) != NULL;

    if (run == NULL || answer->run_id.size_bytes == 0) {
        return "of a run that is not there";
    }
    switch (answer->verdict) {
    case WF_UPDATE_VERDICT_COMPLETED:
        return stored != NULL && stored->outcome != NULL && answer->outcome != NULL &&
                       answer->stage == STAGE(COMPLETED) &&
                       wf_message_equal(&wf_type_update_outcome, stored->outcome, answer->outcome)
                   ? NULL
                   : "completed, with an outcome that is not in history";
    case WF_UPDATE_VERDICT_ACCEPTED:
        return stored != NULL && answer->stage == STAGE(ACCEPTED) && answer->outcome == NULL
                   ? NULL
                   : "accepted, which is not in history";
    case WF_UPDATE_VERDICT_ABORTED:
        return stored != NULL && stored->outcome == NULL && !model_run_is_open(run)
                   ? NULL
                   : "aborted, without having been accepted by a run that has closed";
    case WF_UPDATE_VERDICT_REJECTED:
        return stored == NULL && is_known && answer->outcome != NULL &&
                       answer->outcome->value_case == WF_CASE_update_outcome_failure
                   ? NULL
                   : "rejected, which history does not allow";
    default:
        return is_known && answer->stage == STAGE(ADMITTED) && answer->outcome == NULL
                   ? NULL
                   : "not decided, of an update that nobody sent";
    }
}

static const char *judge_refusal(const struct model *model, const struct question *question, int32_t status)
{
    const struct model_run *run = model_run_find(model, question->workflow_id, question->run_id);
    const struct wf_state_update *stored = find_answered(run, question->update_id);
    const bool is_open = run != NULL && model_run_is_open(run);
    const bool is_of_chain = run != NULL && (question->first_run_id.size_bytes == 0 ||
                                             wf_string_equal(run->start->first_run_id, question->first_run_id));

    switch (status) {
    case WF_CALL_NOT_FOUND:
        if (stored != NULL && is_of_chain) {
            return "not found, though history has it";
        }
        return question->is_poll || question->has_start || !is_open || !is_of_chain ? NULL
                                                                                    : "not found, of an open run";
    case WF_CALL_FAILED_PRECONDITION:
        return is_open && (run->state->is_paused || run->state->updates.count > 0) ? NULL
                                                                                   : "refused, of a run that is not paused";
    case WF_CALL_WORKFLOW_NOT_READY:
        return run != NULL && (run->has_failed_task || (run->state->workflow_task != NULL &&
                                                        run->state->workflow_task->attempt >= FAILING_ATTEMPTS))
                   ? NULL
                   : "not ready, though no task fails";
    case WF_CALL_ALREADY_STARTED:
        return question->has_start && run != NULL ? NULL : "already started";
    default:
        return status == WF_CALL_RESOURCE_EXHAUSTED ? NULL : "a status that updates do not have";
    }
}

const char *model_judge_update(struct model *model, const struct wf_svc_request *request,
                               const struct wf_svc_response *response, bool is_owner)
{
    const struct question question = question_of(model, request);

    if (response->status == WF_CALL_OK) {
        return response->answer_case != WF_CASE_svc_response_update_answer
                   ? "no answer"
                   : judge_answer(model, &model->step_arena, &question, response->answer.update_answer);
    }
    if (!is_owner || response->status == WF_CALL_UNAVAILABLE || response->status == WF_CALL_DEADLINE_EXCEEDED) {
        return NULL;
    }
    if (response->status == WF_CALL_INVALID_ARGUMENT || (!question.is_valid && model_is_run_id(question.run_id))) {
        return (response->status == WF_CALL_INVALID_ARGUMENT) == !question.is_valid || question.has_start
                   ? NULL
                   : "valid or not, and the other is said";
    }
    return judge_refusal(model, &question, response->status);
}

/* Requests reach a worker as they were asked, once each, and not when history has them. */
const char *model_judge_messages(struct model *model, const struct wf_svc_workflow_task *task)
{
    const struct model_run *run = model_run_find(model, task->workflow_execution->workflow_id,
                                                 task->workflow_execution->run_id);

    for (uint32_t i = 0; i < task->messages.count; i++) {
        const struct wf_protocol_message *message = &task->messages.items[i];
        const struct wf_string *request = asked(model, &model->step_arena, task->workflow_execution->workflow_id,
                                                message->protocol_instance_id);
        const struct wf_state_update *update = NULL;

        if (run == NULL || request == NULL || message->body == NULL ||
            !wf_string_equal(*request, message->body->value)) {
            return "the task brings an update that nobody asked for";
        }
        update = model_update_find(run->state, message->protocol_instance_id);
        /* The answer may have waited for history that was read while somebody answered the update. */
        if (update != NULL && update->accepted_event_id < task->started_event_id) {
            return "the task brings an update that history has";
        }
        if (message->sequencing_id.event_id != task->started_event_id - 1) {
            return "the task brings an update with another sequencing event";
        }
        for (uint32_t j = 0; j < i; j++) {
            if (wf_string_equal(task->messages.items[j].protocol_instance_id, message->protocol_instance_id)) {
                return "the task brings an update twice";
            }
        }
    }
    return NULL;
}
