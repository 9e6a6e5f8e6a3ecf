/*
 * Handlers of Nexus endpoints, outside of the service: what they answer, and the callbacks that they send. A handler knows an
 * operation by the request id of its start, which alone decides what comes of it, so that a repeated call is told the same.
 */
#include <string.h>

#include "engine/base/hash.h"
#include "tests/model/draws.h"

/* ---- Commands ---- */

static void fill_schedule(struct calls *calls, struct wf_command_schedule_nexus_operation *command)
{
    command->endpoint = calls_one_in(calls, 25)  ? WF_STR("nobody")
                        : calls_one_in(calls, 2) ? WF_STR("bank")
                                                 : WF_STR("shop");
    command->service = calls_id_or_bad(calls, WF_STR("money"));
    command->operation = calls_id_or_bad(calls, calls_numbered(calls, "send-", calls_draw(calls, 3)));
    if (!calls_one_in(calls, 3)) {
        command->input = &calls_payloads(calls)->payloads.items[0];
    }
    if (calls_one_in(calls, 60)) { /* near the limit: what is not data counts, too */
        command->input = &calls_payloads(calls)->payloads.items[0];
        command->input->data = calls_long_text(calls, 1970 + calls_draw(calls, 40));
    }
    if (calls_one_in(calls, 3)) {
        struct wf_entry_string *entry = WF_LIST_APPEND(&calls->arena, command->nexus_header);

        entry->key = WF_STR("trace");
        entry->value = calls_numbered(calls, "", calls->number);
    }
    command->schedule_to_close_timeout = calls_maybe_duration(calls, 3, 20000);
    command->schedule_to_start_timeout = calls_maybe_duration(calls, 3, 4000);
    command->start_to_close_timeout = calls_maybe_duration(calls, 3, 10000);
}

/* One that pends, or whose end waits in the buffer, most of the time. */
static int64_t operation_of(struct calls *calls, const struct wf_state_run *state)
{
    if (state != NULL && state->nexus_operations.count > 0 && !calls_one_in(calls, 12)) {
        return state->nexus_operations.items[calls_draw(calls, state->nexus_operations.count)].scheduled_event_id;
    }
    for (uint32_t i = 0; state != NULL && i < state->buffered_events.count; i++) {
        if (state->buffered_events.items[i].event_type == WF_EVENT_TYPE_NEXUS_OPERATION_COMPLETED) {
            return state->buffered_events.items[i].attributes.nexus_operation_completed->scheduled_event_id;
        }
    }
    return (int64_t)calls_draw(calls, 20);
}

void calls_nexus_command(struct calls *calls, const struct wf_state_run *state, struct wf_command *command)
{
    if (command->command_type == WF_COMMAND_TYPE_SCHEDULE_NEXUS_OPERATION) {
        fill_schedule(calls, command->attributes.schedule_nexus_operation);
    } else {
        command->attributes.request_cancel_nexus_operation->scheduled_event_id = operation_of(calls, state);
    }
}

/* ---- Answers ---- */

enum fate { FATE_SUCCEEDS, FATE_FAILS, FATE_IS_CANCELED, FATE_UNKNOWN, FATE_REFUSED, FATE_GOES_ON, FATE_COUNT = 12 };

static uint64_t digest_of(struct wf_string text)
{
    return wf_hash_bytes(text.data, text.size_bytes);
}

static enum fate fate_of(struct wf_string request_id)
{
    const uint64_t dice = digest_of(request_id) % FATE_COUNT;

    return dice < FATE_GOES_ON ? (enum fate)dice : FATE_GOES_ON;
}

static struct wf_string token_of(struct calls *calls, struct wf_string request_id)
{
    struct wf_buffer text = {0};

    wf_buffer_init(&text, &calls->arena);
    wf_buffer_printf(&text, "token %S", &request_id);
    return wf_buffer_string(&text);
}

/* `number` is all that it depends on. */
static struct wf_svc_nexus_outcome *outcome_of(struct calls *calls, enum fate fate, uint64_t number)
{
    struct wf_svc_nexus_outcome *outcome = MAKE(calls, struct wf_svc_nexus_outcome);

    if (fate == FATE_SUCCEEDS && number % 4 != 0) {
        outcome->result = MAKE(calls, struct wf_payload);
        outcome->result->data = calls_numbered(calls, "paid ", number);
    } else if (fate != FATE_SUCCEEDS) {
        outcome->failure = MAKE(calls, struct wf_failure);
        outcome->failure->message = calls_numbered(calls, "no money ", number);
        outcome->failure->failure_info_case = WF_CASE_failure_application_failure_info;
        outcome->failure->failure_info.application_failure_info = MAKE(calls, struct wf_application_failure_info);
        outcome->is_canceled = fate == FATE_IS_CANCELED;
    }
    return outcome;
}

static struct wf_svc_response *response_of(struct calls *calls, enum wf_call_status status)
{
    struct wf_svc_response *response = MAKE(calls, struct wf_svc_response);

    response->status = (int32_t)status;
    return response;
}

static void copy_text(char *to, struct wf_string from)
{
    memcpy(to, from.data, from.size_bytes < CALLS_TEXT_BYTES ? from.size_bytes : CALLS_TEXT_BYTES - 1);
}

/* The outcome comes by callback; the callback may be sooner than the answer. */
static void hold(struct calls *calls, const struct wf_svc_start_nexus_operation *request)
{
    struct held_operation held = {.scheduled_event_id = request->scheduled_event_id};
    const uint32_t place = calls->operation_count < CALLS_HELD_MAX ? calls->operation_count++
                                                                   : (uint32_t)calls_draw(calls, CALLS_HELD_MAX);

    copy_text(held.workflow_id, request->caller->workflow_id);
    copy_text(held.run_id, request->caller->run_id);
    copy_text(held.request_id, request->request_id);
    calls->operations[place] = held;
}

static bool is_held(const struct calls *calls, struct wf_string request_id)
{
    for (uint32_t i = 0; i < calls->operation_count; i++) {
        if (wf_string_is(request_id, calls->operations[i].request_id)) {
            return true;
        }
    }
    return false;
}

static struct wf_svc_response *start(struct calls *calls, const struct wf_svc_start_nexus_operation *request)
{
    const enum fate fate = fate_of(request->request_id);
    struct wf_svc_response *response = response_of(calls, fate == FATE_UNKNOWN   ? WF_CALL_NOT_FOUND
                                                          : fate == FATE_REFUSED ? WF_CALL_INVALID_ARGUMENT
                                                                                 : WF_CALL_OK);

    if (fate == FATE_GOES_ON && !is_held(calls, request->request_id)) {
        hold(calls, request);
    }
    if (response->status == WF_CALL_OK) {
        response->answer_case = WF_CASE_svc_response_nexus_started;
        response->answer.nexus_started = MAKE(calls, struct wf_svc_nexus_started);
        if (fate == FATE_GOES_ON) {
            response->answer.nexus_started->operation_token = token_of(calls, request->request_id);
        } else {
            response->answer.nexus_started->outcome = outcome_of(calls, fate, digest_of(request->request_id) % 1000);
        }
    }
    return response;
}

const struct wf_svc_response *calls_handle(struct calls *calls, const struct wf_svc_request *request)
{
    if (calls_one_in(calls, 4)) { /* tried again: nobody hears of it, or it is too busy */
        return calls_one_in(calls, 3) ? NULL : response_of(calls, WF_CALL_UNAVAILABLE);
    }
    if (request->call_case == WF_CASE_svc_request_start_nexus_operation) {
        return start(calls, request->call.start_nexus_operation);
    }
    return response_of(calls, digest_of(request->call.cancel_nexus_operation->operation_token) % 3 == 0
                                  ? WF_CALL_NOT_FOUND
                                  : WF_CALL_OK);
}

/* ---- Callbacks ---- */

void calls_complete_nexus(struct calls *calls, struct wf_svc_request *request)
{
    struct wf_svc_complete_nexus_operation *call = MAKE(calls, struct wf_svc_complete_nexus_operation);
    const uint32_t place = (uint32_t)calls_draw(calls, calls->operation_count);
    struct held_operation *held = &calls->operations[place];
    const uint64_t dice = calls_draw(calls, 4);

    call->workflow_execution = MAKE(calls, struct wf_workflow_execution);
    request->call.complete_nexus_operation = call;
    if (calls->operation_count == 0) { /* about nothing */
        call->workflow_execution = calls_execution(calls);
        call->outcome = outcome_of(calls, FATE_SUCCEEDS, calls->number);
        return;
    }
    call->workflow_execution->workflow_id = wf_string_copy(&calls->arena, wf_string_of(held->workflow_id));
    if (!calls_one_in(calls, 3)) {
        call->workflow_execution->run_id = wf_string_copy(&calls->arena, wf_string_of(held->run_id));
    }
    call->scheduled_event_id = calls_one_in(calls, 30) ? (int64_t)calls_draw(calls, 20) : held->scheduled_event_id;
    call->request_id = calls_one_in(calls, 30) ? WF_STR("another")
                                               : wf_string_copy(&calls->arena, wf_string_of(held->request_id));
    call->operation_token = token_of(calls, call->request_id);
    if (!calls_one_in(calls, 60)) {
        call->outcome = outcome_of(calls, dice < 2 ? FATE_SUCCEEDS : dice == 2 ? FATE_FAILS : FATE_IS_CANCELED,
                                   calls->number);
    }
    if (!calls_one_in(calls, 4)) { /* or it tells the outcome again, another one perhaps */
        *held = calls->operations[--calls->operation_count];
    }
}
