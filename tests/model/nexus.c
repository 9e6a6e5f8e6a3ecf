/*
 * Nexus operations: scheduled, started, ended by the answer of a handler or by its callback, cancelled, timed out. Handlers are
 * outside: what each answered is noted, and what they are asked is held against history.
 *
 * Source: engine-semantics 2.3, 3.8, 7.14.
 */
#include <stdlib.h>

#include "tests/model/transaction.h"

#define CAUSE(NAME) WF_WORKFLOW_TASK_FAILED_CAUSE_##NAME

enum { NEXUS_SCHEDULED = 1, NEXUS_STARTED = 2 }; /* state_nexus.state */

/* ---- What handlers were asked and said ---- */

/* Of one operation, by its request id and by its token. */
struct note {
    const struct wf_svc_start_nexus_operation *request;
    const struct wf_svc_response *started; /* NULL: no final answer yet */
    const struct wf_svc_response *canceled;
};

static void *kept(void *piece)
{
    if (piece == NULL) {
        abort();
    }
    return piece;
}

static struct note *note_of(struct model *model, const struct wf_svc_start_nexus_operation *request)
{
    struct note *note = wf_map_get(&model->nexus, request->request_id);

    if (note == NULL) {
        note = kept(WF_ARENA_NEW(&model->arena, struct note));
        note->request = kept(wf_message_copy(&model->arena, &wf_type_svc_start_nexus_operation, request));
        wf_map_set(&model->nexus, note->request->request_id, note);
    }
    return note;
}

void model_note_nexus(struct model *model, const struct wf_svc_request *request, const struct wf_svc_response *response)
{
    struct wf_svc_response *answer = kept(wf_message_copy(&model->arena, &wf_type_svc_response, response));
    struct note *note = NULL;

    if (request->call_case == WF_CASE_svc_request_cancel_nexus_operation) {
        note = wf_map_get(&model->nexus, request->call.cancel_nexus_operation->operation_token);
        if (note != NULL) {
            note->canceled = answer;
        }
        return;
    }
    note = note_of(model, request->call.start_nexus_operation);
    note->started = answer;
    if (answer->answer_case == WF_CASE_svc_response_nexus_started &&
        answer->answer.nexus_started->operation_token.size_bytes > 0) {
        wf_map_set(&model->nexus, answer->answer.nexus_started->operation_token, note);
    }
}

/* ---- What handlers may be asked ---- */

/* The event of history that scheduled an operation; NULL: there is none. */
static const struct wf_event_nexus_operation_scheduled *scheduled_of(const struct wf_history_message *history,
                                                                     int64_t event_id)
{
    for (uint32_t i = 0; i < history->events.count; i++) {
        const struct wf_event *event = &history->events.items[i];

        if (event->event_id == event_id && event->event_type == WF_EVENT_TYPE_NEXUS_OPERATION_SCHEDULED) {
            return event->attributes.nexus_operation_scheduled;
        }
    }
    return NULL;
}

static bool is_cancel_requested(const struct wf_history_message *history, int64_t scheduled_event_id)
{
    for (uint32_t i = 0; i < history->events.count; i++) {
        const struct wf_event *event = &history->events.items[i];

        if (event->event_type == WF_EVENT_TYPE_NEXUS_OPERATION_CANCEL_REQUESTED &&
            event->attributes.nexus_operation_cancel_requested->scheduled_event_id == scheduled_event_id) {
            return true;
        }
    }
    return false;
}

static const char *judge_start(struct model *model, const struct wf_svc_start_nexus_operation *request)
{
    const struct model_run *run = model_run_find(model, request->caller->workflow_id, request->caller->run_id);
    struct wf_history_message history = {0};
    const struct wf_event_nexus_operation_scheduled *event = NULL;
    struct wf_svc_start_nexus_operation expected = {.caller = request->caller,
                                                    .scheduled_event_id = request->scheduled_event_id};

    if (run == NULL) {
        return "a handler is called for a run that is not there";
    }
    history = model_run_events(run, &model->step_arena, 1);
    event = scheduled_of(&history, request->scheduled_event_id);
    if (event == NULL) {
        return "a handler is called for an operation that history does not have";
    }
    expected.endpoint = event->endpoint;
    expected.service = event->service;
    expected.operation = event->operation;
    expected.input = event->input;
    wf_list_share(&expected.nexus_header, &event->nexus_header);
    expected.request_id = event->request_id;
    return wf_message_equal(&wf_type_svc_start_nexus_operation, &expected, request)
               ? NULL
               : "a handler is told another operation than history has";
}

static const char *judge_cancel(struct model *model, const struct wf_svc_cancel_nexus_operation *request)
{
    const struct note *note = wf_map_get(&model->nexus, request->operation_token);
    const struct model_run *run = model_run_find(model, request->caller->workflow_id, request->caller->run_id);
    struct wf_history_message history = {0};

    if (note == NULL || run == NULL || note->started == NULL ||
        !wf_string_equal(note->request->endpoint, request->endpoint) ||
        !wf_string_equal(note->request->service, request->service) ||
        !wf_string_equal(note->request->operation, request->operation)) {
        return "a handler is asked to cancel what it never said that it began";
    }
    history = model_run_events(run, &model->step_arena, 1);
    return is_cancel_requested(&history, note->request->scheduled_event_id)
               ? NULL
               : "a handler is asked to cancel what nobody wants cancelled";
}

const char *model_judge_nexus(struct model *model, const struct wf_svc_request *request)
{
    return request->call_case == WF_CASE_svc_request_start_nexus_operation
               ? judge_start(model, request->call.start_nexus_operation)
               : judge_cancel(model, request->call.cancel_nexus_operation);
}

/* ---- Commands (2.3) ---- */

static struct wf_state_nexus *find(const struct wf_state_run *state, int64_t scheduled_event_id)
{
    for (uint32_t i = 0; i < state->nexus_operations.count; i++) {
        if (state->nexus_operations.items[i].scheduled_event_id == scheduled_event_id) {
            return &state->nexus_operations.items[i];
        }
    }
    return NULL;
}

static bool is_endpoint(const struct model *model, struct wf_string name)
{
    for (uint32_t i = 0; i < model->nexus_endpoint_count; i++) {
        if (wf_string_equal(model->nexus_endpoints[i], name)) {
            return true;
        }
    }
    return false;
}

static bool is_valid(const struct model_transaction *tx, const struct wf_command_schedule_nexus_operation *command)
{
    int64_t unused_ns = 0;

    return is_endpoint(tx->model, command->endpoint) && model_is_id(tx->model, command->service) &&
           model_is_id(tx->model, command->operation) && model_duration(command->schedule_to_close_timeout, &unused_ns) &&
           model_duration(command->schedule_to_start_timeout, &unused_ns) &&
           model_duration(command->start_to_close_timeout, &unused_ns);
}

/* By which the handler knows the operation: the engine's draw, which no operation had before. */
static struct wf_string given_request_id(const struct model_transaction *tx, int64_t event_id)
{
    for (uint32_t i = 0; tx->given != NULL && i < tx->given->event_count; i++) {
        const struct wf_event *event = &tx->given->events[i];

        if (event->event_id == event_id && event->event_type == WF_EVENT_TYPE_NEXUS_OPERATION_SCHEDULED) {
            const struct wf_string id = event->attributes.nexus_operation_scheduled->request_id;

            return model_is_run_id(id) && wf_map_get(&tx->model->nexus, id) == NULL ? id : (struct wf_string){0};
        }
    }
    return (struct wf_string){0};
}

static int64_t after(wf_time_ns from_ns, int64_t timeout_ns)
{
    return timeout_ns == 0 ? 0 : from_ns + timeout_ns;
}

static void write_scheduled(struct model_transaction *tx, const struct wf_command_schedule_nexus_operation *command,
                            struct wf_string request_id, int64_t completed_event_id)
{
    struct wf_event_nexus_operation_scheduled *event = model_event(tx, WF_EVENT_TYPE_NEXUS_OPERATION_SCHEDULED);

    event->endpoint = command->endpoint;
    event->service = command->service;
    event->operation = command->operation;
    event->input = command->input;
    wf_list_share(&event->nexus_header, &command->nexus_header);
    event->schedule_to_close_timeout = command->schedule_to_close_timeout;
    event->schedule_to_start_timeout = command->schedule_to_start_timeout;
    event->start_to_close_timeout = command->start_to_close_timeout;
    event->workflow_task_completed_event_id = completed_event_id;
    event->request_id = request_id;
    event->endpoint_id = command->endpoint;
}

int32_t model_schedule_nexus(struct model_transaction *tx, const struct wf_command_schedule_nexus_operation *command,
                             int64_t completed_event_id)
{
    struct wf_state_nexus *operation = NULL;

    if (tx->model->nexus_endpoint_count == 0) {
        return CAUSE(FEATURE_DISABLED);
    }
    if (!is_valid(tx, command)) {
        return CAUSE(BAD_SCHEDULE_NEXUS_OPERATION_ATTRIBUTES);
    }
    if ((int64_t)tx->state->nexus_operations.count >= tx->model->limits.pending_nexus_max) {
        return CAUSE(PENDING_NEXUS_OPERATIONS_LIMIT_EXCEEDED);
    }
    if (command->input != NULL &&
        model_payload_bytes(command->input) > (size_t)tx->model->limits.blob_bytes_max) {
        return CAUSE(BAD_SCHEDULE_NEXUS_OPERATION_ATTRIBUTES) | MODEL_CAUSE_TERMINATES;
    }
    operation = WF_LIST_APPEND(tx->arena, tx->state->nexus_operations);
    operation->scheduled_event_id = tx->state->next_event_id;
    operation->state = NEXUS_SCHEDULED;
    operation->endpoint = command->endpoint;
    operation->service = command->service;
    operation->operation = command->operation;
    operation->input = command->input;
    wf_list_share(&operation->nexus_header, &command->nexus_header);
    operation->request_id = given_request_id(tx, tx->state->next_event_id);
    operation->schedule_to_close_deadline_ns = after(tx->now_ns, wf_time_of(command->schedule_to_close_timeout));
    operation->schedule_to_start_deadline_ns = after(tx->now_ns, wf_time_of(command->schedule_to_start_timeout));
    operation->start_to_close_ns = wf_time_of(command->start_to_close_timeout);
    write_scheduled(tx, command, operation->request_id, completed_event_id);
    return MODEL_CAUSE_NONE;
}

/* The operation that an event ends; 0: none. */
static int64_t ended_by(const struct wf_event *event)
{
    switch (event->event_type) {
    case WF_EVENT_TYPE_NEXUS_OPERATION_COMPLETED:
        return event->attributes.nexus_operation_completed->scheduled_event_id;
    case WF_EVENT_TYPE_NEXUS_OPERATION_FAILED:
        return event->attributes.nexus_operation_failed->scheduled_event_id;
    case WF_EVENT_TYPE_NEXUS_OPERATION_CANCELED:
        return event->attributes.nexus_operation_canceled->scheduled_event_id;
    case WF_EVENT_TYPE_NEXUS_OPERATION_TIMED_OUT:
        return event->attributes.nexus_operation_timed_out->scheduled_event_id;
    default:
        return 0;
    }
}

static bool has_unseen_end(const struct wf_state_run *state, int64_t scheduled_event_id)
{
    for (uint32_t i = 0; i < state->buffered_events.count; i++) {
        if (scheduled_event_id != 0 && ended_by(&state->buffered_events.items[i]) == scheduled_event_id) {
            return true;
        }
    }
    return false;
}

int32_t model_cancel_nexus(struct model_transaction *tx, int64_t scheduled_event_id, int64_t completed_event_id)
{
    struct wf_state_nexus *operation = find(tx->state, scheduled_event_id);
    struct wf_event_nexus_operation_cancel_requested *event = NULL;

    if (operation == NULL ? !has_unseen_end(tx->state, scheduled_event_id)
                          : operation->cancel_requested_event_id != 0) {
        return CAUSE(BAD_REQUEST_CANCEL_NEXUS_OPERATION_ATTRIBUTES);
    }
    if (operation != NULL) {
        operation->cancel_requested_event_id = tx->state->next_event_id;
        operation->cancel_completed_event_id = completed_event_id;
    }
    event = model_event(tx, WF_EVENT_TYPE_NEXUS_OPERATION_CANCEL_REQUESTED);
    event->scheduled_event_id = scheduled_event_id;
    event->workflow_task_completed_event_id = completed_event_id;
    return MODEL_CAUSE_NONE;
}

/* ---- Facts (7.14) ---- */

static void begin(struct model_transaction *tx, struct wf_state_nexus *operation, struct wf_string token)
{
    struct wf_event_nexus_operation_started *event = model_event(tx, WF_EVENT_TYPE_NEXUS_OPERATION_STARTED);

    operation->state = NEXUS_STARTED;
    operation->operation_token = token;
    operation->schedule_to_start_deadline_ns = 0;
    operation->start_to_close_deadline_ns = after(tx->now_ns, operation->start_to_close_ns);
    event->scheduled_event_id = operation->scheduled_event_id;
    event->operation_token = token;
    event->request_id = operation->request_id;
}

/* Which operation it was, around what was said of it. */
static struct wf_failure *wrap(struct model_transaction *tx, const struct wf_state_nexus *operation, const char *message,
                               struct wf_failure *cause)
{
    struct wf_failure *failure = MODEL_NEW(tx, struct wf_failure);
    struct wf_nexus_operation_failure_info *info = MODEL_NEW(tx, struct wf_nexus_operation_failure_info);

    info->scheduled_event_id = operation->scheduled_event_id;
    info->endpoint = operation->endpoint;
    info->service = operation->service;
    info->operation = operation->operation;
    info->operation_token = operation->operation_token;
    failure->message = wf_string_of(message);
    failure->cause = cause;
    failure->failure_info_case = WF_CASE_failure_nexus_operation_execution_failure_info;
    failure->failure_info.nexus_operation_execution_failure_info = info;
    return failure;
}

/* A handler that refuses a call for good. */
static struct wf_failure *refusal(struct model_transaction *tx, int32_t status)
{
    struct wf_failure *failure = MODEL_NEW(tx, struct wf_failure);
    struct wf_nexus_handler_failure_info *info = MODEL_NEW(tx, struct wf_nexus_handler_failure_info);

    info->type = status == WF_CALL_NOT_FOUND ? WF_STR("NOT_FOUND") : WF_STR("BAD_REQUEST");
    failure->message = wf_string_of(wf_call_status_name(status));
    failure->failure_info_case = WF_CASE_failure_nexus_handler_failure_info;
    failure->failure_info.nexus_handler_failure_info = info;
    return failure;
}

static void end(struct model_transaction *tx, struct wf_state_nexus *operation, const struct wf_svc_nexus_outcome *outcome)
{
    if (outcome->failure == NULL) {
        struct wf_event_nexus_operation_completed *event = model_event(tx, WF_EVENT_TYPE_NEXUS_OPERATION_COMPLETED);

        event->scheduled_event_id = operation->scheduled_event_id;
        event->result = outcome->result;
        event->request_id = operation->request_id;
    } else if (outcome->is_canceled) {
        struct wf_event_nexus_operation_canceled *event = model_event(tx, WF_EVENT_TYPE_NEXUS_OPERATION_CANCELED);

        event->scheduled_event_id = operation->scheduled_event_id;
        event->failure = wrap(tx, operation, "nexus operation canceled", outcome->failure);
        event->request_id = operation->request_id;
    } else {
        struct wf_event_nexus_operation_failed *event = model_event(tx, WF_EVENT_TYPE_NEXUS_OPERATION_FAILED);

        event->scheduled_event_id = operation->scheduled_event_id;
        event->failure = wrap(tx, operation, "nexus operation completed unsuccessfully", outcome->failure);
        event->request_id = operation->request_id;
    }
    WF_LIST_REMOVE(tx->state->nexus_operations, operation);
}

/* ---- Answers of handlers ---- */

static bool start_answered(struct model_transaction *tx, struct wf_state_nexus *operation)
{
    const struct note *note = wf_map_get(&tx->model->nexus, operation->request_id);
    const struct wf_svc_nexus_started *started = NULL;

    if (note == NULL || note->started == NULL || note->started->status != tx->operation->status) {
        return false; /* no handler said that */
    }
    started = note->started->answer_case == 0 ? NULL : note->started->answer.nexus_started;
    if (started == NULL) {
        end(tx, operation, &(struct wf_svc_nexus_outcome){.failure = refusal(tx, tx->operation->status)});
    } else if (started->outcome != NULL) {
        end(tx, operation, started->outcome);
    } else {
        begin(tx, operation, started->operation_token);
    }
    return true;
}

static bool cancel_answered(struct model_transaction *tx, struct wf_state_nexus *operation)
{
    const struct note *note = wf_map_get(&tx->model->nexus, operation->operation_token);

    if (note == NULL || note->canceled == NULL || note->canceled->status != tx->operation->status) {
        return false;
    }
    operation->is_cancel_answered = true;
    if (tx->operation->status == WF_CALL_OK) {
        struct wf_event_nexus_operation_cancel_request_completed *event = model_event(
            tx, WF_EVENT_TYPE_NEXUS_OPERATION_CANCEL_REQUEST_COMPLETED);

        event->requested_event_id = operation->cancel_requested_event_id;
        event->workflow_task_completed_event_id = operation->cancel_completed_event_id;
        event->scheduled_event_id = operation->scheduled_event_id;
    } else {
        struct wf_event_nexus_operation_cancel_request_failed *event = model_event(
            tx, WF_EVENT_TYPE_NEXUS_OPERATION_CANCEL_REQUEST_FAILED);

        event->requested_event_id = operation->cancel_requested_event_id;
        event->workflow_task_completed_event_id = operation->cancel_completed_event_id;
        event->scheduled_event_id = operation->scheduled_event_id;
        event->failure = wrap(tx, operation, "nexus operation cancel request failed",
                              refusal(tx, tx->operation->status));
    }
    return true;
}

bool model_nexus_answered(struct model_transaction *tx)
{
    struct wf_state_nexus *operation = find(tx->state, tx->operation->event_id);

    if (operation == NULL) {
        return false;
    }
    if (operation->state == NEXUS_SCHEDULED) {
        return start_answered(tx, operation);
    }
    return operation->cancel_requested_event_id != 0 && !operation->is_cancel_answered &&
           cancel_answered(tx, operation);
}

/* Of a run that was reset after it had scheduled the operation, the one that goes on. */
static struct model_run *follow_resets(const struct model *model, struct model_run *run, int64_t scheduled_event_id)
{
    while (run != NULL && (!model_run_is_open(run) || find(run->state, scheduled_event_id) == NULL) &&
           run->state->resets.count > 0 &&
           scheduled_event_id < run->state->resets.items[run->state->resets.count - 1].event_id) {
        run = model_run_find(model, run->start->workflow_id,
                             run->state->resets.items[run->state->resets.count - 1].run_id);
    }
    return run;
}

/* The callback. One that overtakes the answer to the start writes the start first. */
void model_complete_nexus(struct model_transaction *tx)
{
    const struct wf_svc_complete_nexus_operation *request = tx->operation->request->call.complete_nexus_operation;
    const struct wf_workflow_execution *target = request->workflow_execution;
    struct model_run *run = model_is_run_id(target->run_id)
                                ? model_run_find(tx->model, target->workflow_id, target->run_id)
                                : NULL;
    struct wf_state_nexus *operation = NULL;

    run = follow_resets(tx->model, run, request->scheduled_event_id);
    if (run == NULL || !model_run_is_open(run)) {
        model_reply(tx, WF_CALL_NOT_FOUND);
        return;
    }
    model_transaction_begin(tx, tx->model, model_workflow_find(tx->model, target->workflow_id), run);
    operation = find(tx->state, request->scheduled_event_id);
    if (operation == NULL || request->outcome == NULL || !wf_string_equal(operation->request_id, request->request_id)) {
        model_reply(tx, WF_CALL_NOT_FOUND);
        return;
    }
    if (operation->state == NEXUS_SCHEDULED) {
        begin(tx, operation, request->operation_token);
    }
    end(tx, operation, request->outcome);
    tx->wants_task = true;
    model_reply(tx, WF_CALL_OK);
    model_transaction_commit(tx);
}

/* ---- Time ---- */

/* The deadline that comes first; of those at the same time the one that an earlier step of the operation has. */
static int64_t deadline_of(const struct wf_state_nexus *operation, enum wf_timeout_type *type)
{
    int64_t first_ns = INT64_MAX;

#define DEADLINE(TYPE, member)                                                                                         \
    if (operation->member != 0 && operation->member < first_ns) {                                                      \
        first_ns = operation->member;                                                                                  \
        *type = WF_TIMEOUT_TYPE_##TYPE;                                                                                \
    }
    DEADLINE(SCHEDULE_TO_START, schedule_to_start_deadline_ns)
    DEADLINE(SCHEDULE_TO_CLOSE, schedule_to_close_deadline_ns)
    DEADLINE(START_TO_CLOSE, start_to_close_deadline_ns)
#undef DEADLINE
    return first_ns;
}

int64_t model_nexus_deadline(const struct wf_state_run *state)
{
    int64_t first_ns = INT64_MAX;

    for (uint32_t i = 0; i < state->nexus_operations.count; i++) {
        enum wf_timeout_type unused = WF_TIMEOUT_TYPE_UNSPECIFIED;
        const int64_t deadline_ns = deadline_of(&state->nexus_operations.items[i], &unused);

        first_ns = deadline_ns < first_ns ? deadline_ns : first_ns;
    }
    return first_ns;
}

static void time_out(struct model_transaction *tx, struct wf_state_nexus *operation, enum wf_timeout_type type)
{
    struct wf_event_nexus_operation_timed_out *event = model_event(tx, WF_EVENT_TYPE_NEXUS_OPERATION_TIMED_OUT);
    struct wf_failure *cause = model_timeout_failure(tx, type);

    cause->message = WF_STR("operation timed out");
    cause->source = (struct wf_string){0};
    event->scheduled_event_id = operation->scheduled_event_id;
    event->failure = wrap(tx, operation, "nexus operation timed out", cause);
    event->request_id = operation->request_id;
    WF_LIST_REMOVE(tx->state->nexus_operations, operation);
    tx->wants_task = true;
}

void model_nexus_expire(struct model_transaction *tx)
{
    uint32_t place = 0;

    while (place < tx->state->nexus_operations.count) {
        struct wf_state_nexus *operation = &tx->state->nexus_operations.items[place];
        enum wf_timeout_type type = WF_TIMEOUT_TYPE_UNSPECIFIED;

        if (deadline_of(operation, &type) <= tx->now_ns) {
            time_out(tx, operation, type);
        } else {
            place++;
        }
    }
}

/* ---- Resets (7.10) ---- */

static void restore(struct model_transaction *tx, const struct wf_event *event)
{
    const struct wf_event_nexus_operation_scheduled *scheduled = event->attributes.nexus_operation_scheduled;
    const wf_time_ns from_ns = wf_time_of(event->event_time);
    struct wf_state_nexus *operation = WF_LIST_APPEND(tx->arena, tx->state->nexus_operations);

    operation->scheduled_event_id = event->event_id;
    operation->state = NEXUS_SCHEDULED;
    operation->endpoint = scheduled->endpoint;
    operation->service = scheduled->service;
    operation->operation = scheduled->operation;
    operation->input = scheduled->input;
    wf_list_share(&operation->nexus_header, &scheduled->nexus_header);
    operation->request_id = scheduled->request_id;
    operation->schedule_to_close_deadline_ns = after(from_ns, wf_time_of(scheduled->schedule_to_close_timeout));
    operation->schedule_to_start_deadline_ns = after(from_ns, wf_time_of(scheduled->schedule_to_start_timeout));
    operation->start_to_close_ns = wf_time_of(scheduled->start_to_close_timeout);
}

/* What an event says of an operation that pends; its end is dropped by whoever rebuilds. */
static void restore_progress(struct wf_state_nexus *operation, const struct wf_event *event)
{
    switch (event->event_type) {
    case WF_EVENT_TYPE_NEXUS_OPERATION_STARTED:
        operation->state = NEXUS_STARTED;
        operation->operation_token = event->attributes.nexus_operation_started->operation_token;
        operation->schedule_to_start_deadline_ns = 0;
        operation->start_to_close_deadline_ns = after(wf_time_of(event->event_time), operation->start_to_close_ns);
        break;
    case WF_EVENT_TYPE_NEXUS_OPERATION_CANCEL_REQUESTED:
        operation->cancel_requested_event_id = event->event_id;
        operation->cancel_completed_event_id =
            event->attributes.nexus_operation_cancel_requested->workflow_task_completed_event_id;
        break;
    case WF_EVENT_TYPE_NEXUS_OPERATION_CANCEL_REQUEST_COMPLETED:
    case WF_EVENT_TYPE_NEXUS_OPERATION_CANCEL_REQUEST_FAILED:
        operation->is_cancel_answered = true;
        break;
    default:
        break;
    }
}

void model_nexus_rebuild(struct model_transaction *tx, const struct wf_event *event)
{
    const struct wf_event_owner owner = wf_event_owner_of(event);
    struct wf_state_nexus *operation = owner.kind == WF_OWNER_NEXUS && !owner.begins ? find(tx->state, owner.event_id)
                                                                                     : NULL;

    if (event->event_type == WF_EVENT_TYPE_NEXUS_OPERATION_SCHEDULED) {
        restore(tx, event);
    } else if (operation != NULL) {
        restore_progress(operation, event);
    }
}

/* A timeout is found anew from its deadline. */
void model_nexus_apply_again(struct model_transaction *tx, const struct wf_event *event)
{
    const struct wf_event_owner owner = wf_event_owner_of(event);
    struct wf_state_nexus *operation = owner.kind == WF_OWNER_NEXUS && !owner.begins ? find(tx->state, owner.event_id)
                                                                                     : NULL;

    if (operation == NULL) {
        return;
    }
    switch (event->event_type) {
    case WF_EVENT_TYPE_NEXUS_OPERATION_STARTED:
        begin(tx, operation, event->attributes.nexus_operation_started->operation_token);
        break;
    case WF_EVENT_TYPE_NEXUS_OPERATION_COMPLETED:
        end(tx, operation,
            &(struct wf_svc_nexus_outcome){.result = event->attributes.nexus_operation_completed->result});
        break;
    case WF_EVENT_TYPE_NEXUS_OPERATION_FAILED:
        end(tx, operation,
            &(struct wf_svc_nexus_outcome){.failure = event->attributes.nexus_operation_failed->failure->cause});
        break;
    case WF_EVENT_TYPE_NEXUS_OPERATION_CANCELED:
        end(tx, operation,
            &(struct wf_svc_nexus_outcome){.failure = event->attributes.nexus_operation_canceled->failure->cause,
                                           .is_canceled = true});
        break;
    default:
        break;
    }
}

/* ---- Describe ---- */

void model_describe_nexus(struct model_transaction *tx, struct wf_svc_description *out)
{
    for (uint32_t i = 0; i < tx->state->nexus_operations.count; i++) {
        const struct wf_state_nexus *operation = &tx->state->nexus_operations.items[i];
        struct wf_svc_pending_nexus *pending = WF_LIST_APPEND(tx->arena, out->pending_nexus);

        pending->scheduled_event_id = operation->scheduled_event_id;
        pending->endpoint = operation->endpoint;
        pending->service = operation->service;
        pending->operation = operation->operation;
        pending->is_started = operation->state == NEXUS_STARTED;
    }
}
