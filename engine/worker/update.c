/*
 * In a replay an update's request comes from the event that admitted it or, most often, from the one that
 * accepted it; the code is asked in the activation before that event (replay-rules 1.7, 1.13). A live task
 * brings requests as messages, which come after its events.
 */
#include "engine/worker/update.h"

#include "engine/codec.h"

#define TYPE_URL "type.googleapis.com/temporal.api.update.v1."

struct wf_machine *wf_run_update(const struct wf_run *run, struct wf_string instance_id)
{
    return wf_map_get(&run->updates, instance_id);
}

/* A rejected update leaves no trace, so its id may come again. */
static bool is_under_way(const struct wf_run *run, struct wf_string instance_id)
{
    const struct wf_machine *machine = wf_run_update(run, instance_id);

    return machine != NULL && machine->state != WF_UPDATE_REJECTED;
}

static void begin(struct wf_run *run, const struct wf_update_request *request,
                  struct wf_string instance_id, const struct wf_update_asked *asked)
{
    struct wf_machine *machine = NULL;

    if (is_under_way(run, instance_id)) {
        return;
    }
    machine = wf_run_add_machine(run, WF_MACHINE_UPDATE, 0);
    if (machine == NULL) {
        return;
    }
    machine->id = instance_id;
    machine->asked = asked;
    if (!wf_map_set(&run->updates, instance_id, machine)) {
        run->is_full = true;
        return;
    }
    wf_job_update(run, request, instance_id);
}

static struct wf_string update_id(const struct wf_update_request *request)
{
    return request->meta == NULL ? (struct wf_string){NULL, 0} : request->meta->update_id;
}

/* History has the request, so the acceptance need not (engine-semantics 7.8). */
static const struct wf_update_asked *asked_by_event(struct wf_run *run, const struct wf_event *event,
                                                    struct wf_string id)
{
    struct wf_update_asked *asked = WF_RUN_NEW(run, struct wf_update_asked);

    if (asked != NULL) {
        asked->instance_id = id;
        asked->message_id = wf_update_message_id(&run->arena, id, WF_STR(""));
        asked->message_id.size_bytes -= asked->message_id.size_bytes > 0 ? 1 : 0; /* "<id>/request" */
        asked->sequencing_event_id = event->event_id;
    }
    return asked;
}

void wf_run_admit_update(struct wf_run *run, const struct wf_event *event)
{
    const struct wf_update_request *request =
        event->attributes.workflow_execution_update_admitted->request;
    struct wf_admitted *admitted = NULL;

    if (request == NULL || update_id(request).size_bytes == 0) {
        wf_diverge_event(run, event, "has no update request");
        return;
    }
    if (!run->is_replaying) {
        begin(run, request, update_id(request), asked_by_event(run, event, update_id(request)));
        return;
    }
    admitted = WF_RUN_NEW(run, struct wf_admitted);
    if (admitted != NULL) {
        admitted->request = request;
        admitted->next = run->admitted;
        run->admitted = admitted;
    }
}

/* Takes the admitted request with this id off the list. */
static const struct wf_update_request *take_admitted(struct wf_run *run, struct wf_string id)
{
    for (struct wf_admitted **link = &run->admitted; *link != NULL; link = &(*link)->next) {
        if (wf_string_equal(update_id((*link)->request), id)) {
            const struct wf_update_request *request = (*link)->request;

            *link = (*link)->next;
            return request;
        }
    }
    return NULL;
}

void wf_run_begin_accepted_update(struct wf_run *run, const struct wf_event *event)
{
    const struct wf_event_workflow_execution_update_accepted *accepted =
        event->attributes.workflow_execution_update_accepted;
    const struct wf_update_request *request = NULL;

    if (accepted == NULL || accepted->protocol_instance_id.size_bytes == 0) {
        wf_diverge_event(run, event, "names no update");
        return;
    }
    request = take_admitted(run, accepted->protocol_instance_id);
    if (request == NULL) {
        request = accepted->accepted_request;
    }
    if (request == NULL) {
        wf_diverge_event(run, event, "has no update request");
        return;
    }
    begin(run, request, accepted->protocol_instance_id, NULL);
}

/* ---- Messages in ---- */

static bool read_request(struct wf_run *run, const struct wf_protocol_message *message,
                         struct wf_update_asked *asked)
{
    struct wf_update_request *request = WF_RUN_NEW(run, struct wf_update_request);

    if (request == NULL || message->body == NULL ||
        !wf_string_is(message->body->type_url, TYPE_URL "Request") ||
        message->protocol_instance_id.size_bytes == 0 ||
        wf_wire_decode(&run->arena, &wf_type_update_request, wf_run_copy_text(run, message->body->value), request,
                       NULL) != WF_OK) {
        return false;
    }
    asked->request = request;
    asked->message_id = wf_run_copy_text(run, message->id);
    asked->instance_id = wf_run_copy_text(run, message->protocol_instance_id);
    asked->sequencing_event_id =
        message->sequencing_id_case == WF_CASE_protocol_message_event_id ? message->sequencing_id.event_id : 0;
    return true;
}

void wf_run_take_messages(struct wf_run *run, const struct wf_task *task)
{
    if (task->message_count == 0) {
        return;
    }
    run->task.asked = wf_run_take(run, task->message_count * sizeof *run->task.asked);
    for (uint32_t i = 0; run->task.asked != NULL && i < task->message_count && !run->is_full; i++) {
        if (!read_request(run, &task->messages[i], &run->task.asked[i])) {
            wf_diverge_code(run, "message %u of the task is no request of an update", i + 1);
            return;
        }
        run->task.asked_count++;
    }
}

void wf_run_begin_asked_updates(struct wf_run *run)
{
    if (run->task.is_asked) {
        return;
    }
    run->task.is_asked = true;
    for (uint32_t i = 0; i < run->task.asked_count; i++) {
        begin(run, run->task.asked[i].request, run->task.asked[i].instance_id, &run->task.asked[i]);
    }
}

/* ---- Messages out ---- */

struct wf_string wf_update_message_id(struct wf_arena *arena, struct wf_string instance_id, struct wf_string verb)
{
    struct wf_buffer text;

    wf_buffer_init(&text, arena);
    wf_buffer_printf(&text, "%S/request/%S", &instance_id, &verb);
    return wf_buffer_string(&text);
}

/* The bodies live as long as the run, for a task may take several activations. */
static void add_message(struct wf_run *run, const struct wf_machine *machine, const char *verb, const char *type_url,
                        const struct wf_message_type *type, const void *body)
{
    struct wf_protocol_message *message = WF_LIST_APPEND(&run->arena, run->task.messages);
    struct wf_any *any = WF_RUN_NEW(run, struct wf_any);
    struct wf_buffer bytes;

    wf_buffer_init(&bytes, &run->arena);
    wf_wire_encode(type, body, &bytes);
    if (message == NULL || any == NULL || bytes.is_full) {
        run->is_full = true;
        return;
    }
    any->type_url = wf_string_of(type_url);
    any->value = wf_buffer_string(&bytes);
    message->id = wf_update_message_id(&run->arena, machine->id, wf_string_of(verb));
    message->protocol_instance_id = machine->id;
    message->body = any;
}

static void add_verdict(struct wf_run *run, const struct wf_machine *machine, struct wf_failure *rejection)
{
    const struct wf_update_asked *asked = machine->asked;
    struct wf_update_request *request = (struct wf_update_request *)(uintptr_t)asked->request;

    if (rejection == NULL) {
        const struct wf_update_acceptance acceptance = {
            .accepted_request_message_id = asked->message_id,
            .accepted_request_sequencing_event_id = asked->sequencing_event_id,
            .accepted_request = request};

        add_message(run, machine, "accept", TYPE_URL "Acceptance", &wf_type_update_acceptance, &acceptance);
    } else {
        const struct wf_update_rejection rejected = {.rejected_request_message_id = asked->message_id,
                                                     .rejected_request_sequencing_event_id =
                                                         asked->sequencing_event_id,
                                                     .rejected_request = request,
                                                     .failure = rejection};

        add_message(run, machine, "reject", TYPE_URL "Rejection", &wf_type_update_rejection, &rejected);
    }
}

/* A handler that fails completes its update, with a failure (replay-rules 4.5). */
static void add_outcome(struct wf_run *run, const struct wf_machine *machine,
                        const struct wf_sdk_update_response *response)
{
    struct wf_update_meta meta = {.update_id = machine->id};
    struct wf_update_outcome outcome = {0};
    struct wf_payloads result = {0};
    const struct wf_update_response message = {.meta = &meta, .outcome = &outcome};

    if (response->response_case == WF_CASE_sdk_update_response_rejected) {
        outcome.value_case = WF_CASE_update_outcome_failure;
        outcome.value.failure = response->response.rejected;
    } else {
        outcome.value_case = WF_CASE_update_outcome_success;
        outcome.value.success = &result;
        result.payloads.items = response->response.completed;
        result.payloads.count = response->response.completed == NULL ? 0 : 1;
    }
    add_message(run, machine, "complete", TYPE_URL "Response", &wf_type_update_response, &message);
}

void wf_run_answer_update(struct wf_run *run, const struct wf_machine *machine,
                          const struct wf_sdk_update_response *response)
{
    const bool is_verdict = response->response_case == WF_CASE_sdk_update_response_accepted ||
                            machine->state == WF_UPDATE_REJECTED;

    run->update_count += response->response_case == WF_CASE_sdk_update_response_accepted ? 1 : 0;
    if (run->is_replaying || run->config->is_replay || (is_verdict && machine->asked == NULL)) {
        return; /* history has the answer (replay-rules 1.13) */
    }
    if (!is_verdict) {
        add_outcome(run, machine, response);
    } else {
        add_verdict(run, machine,
                    machine->state == WF_UPDATE_REJECTED ? response->response.rejected : NULL);
    }
}
