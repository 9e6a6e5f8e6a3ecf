/*
 * Updates and workflow tasks: requests go out as messages with a task that starts, answers come back as messages with its
 * completion, each checked before anything is believed.
 *
 * Source: engine-semantics 2.2 rules 4 and 6, 2.3 "ProtocolMessage", 7.8.
 */
#include "engine/base/assert.h"
#include "engine/server/command_context.h"
#include "engine/server/update_registry.h"

#define TYPE_URL "type.googleapis.com/temporal.api.update.v1."

/* ---- Out ---- */

static void attach(struct wf_shard *shard, const struct wf_update_record *record, struct wf_svc_workflow_task *task)
{
    struct wf_arena *arena = &shard->step_arena;
    struct wf_protocol_message *message = WF_LIST_APPEND(arena, task->messages);
    struct wf_buffer id;

    if (message == NULL) {
        return;
    }
    message->body = WF_ARENA_NEW(arena, struct wf_any);
    if (message->body == NULL) {
        return;
    }
    wf_buffer_init(&id, arena);
    wf_buffer_printf(&id, "%S/request", &record->id);
    message->id = wf_buffer_string(&id);
    message->protocol_instance_id = wf_string_copy(arena, record->id);
    message->sequencing_id_case = WF_CASE_protocol_message_event_id;
    message->sequencing_id.event_id = task->started_event_id - 1;
    message->body->type_url = WF_STR(TYPE_URL "Request");
    message->body->value = wf_string_copy(arena, (struct wf_string){record->bytes, record->size_bytes});
}

void wf_updates_attach(struct wf_shard *shard, struct wf_shard_run *run, struct wf_svc_workflow_task *task,
                       bool is_repeated)
{
    for (struct wf_update_record *record = run->updates; record != NULL; record = record->next) {
        /* A task that is given once more has the updates that it had, lest it answer for others. */
        if (record->bytes == NULL) {
            continue; /* history brings it, or it is accepted */
        }
        if (record->state == WF_REGISTRY_SENT && is_repeated) {
            attach(shard, record, task);
        } else if (record->state == WF_REGISTRY_ADMITTED && !is_repeated) {
            const bool is_sent = wf_registry_step(
                &(struct wf_registry_step){.shard = shard, .run = run, .id = record->id}, WF_REGISTRY_INPUT_SEND);

            WF_ASSERT(is_sent);
            attach(shard, record, task);
        }
    }
}

/* ---- In ---- */

/* A message of a completion as its body says; one of the three is set. */
struct body {
    struct wf_update_acceptance *acceptance;
    struct wf_update_rejection *rejection;
    struct wf_update_response *response;
};

static void *decode(struct wf_shard *shard, const struct wf_message_type *type, struct wf_string bytes)
{
    void *message = wf_message_new(&shard->step_arena, type);

    return message != NULL && wf_wire_decode(&shard->step_arena, type, bytes, message, NULL) == WF_OK ? message : NULL;
}

static bool read_body(struct wf_shard *shard, const struct wf_protocol_message *message, struct body *body)
{
    const struct wf_any *any = message->body;

    *body = (struct body){0};
    if (any == NULL || message->protocol_instance_id.size_bytes == 0) {
        return false;
    }
    if (wf_string_is(any->type_url, TYPE_URL "Acceptance")) {
        body->acceptance = decode(shard, &wf_type_update_acceptance, any->value);
    } else if (wf_string_is(any->type_url, TYPE_URL "Rejection")) {
        body->rejection = decode(shard, &wf_type_update_rejection, any->value);
    } else if (wf_string_is(any->type_url, TYPE_URL "Response")) {
        body->response = decode(shard, &wf_type_update_response, any->value);
    }
    return body->acceptance != NULL || body->rejection != NULL || body->response != NULL;
}

static bool is_whole(const struct body *body)
{
    if (body->acceptance != NULL) {
        return true;
    }
    return body->rejection != NULL ? body->rejection->failure != NULL
                                   : body->response->outcome != NULL && body->response->outcome->value.any != NULL;
}

static enum wf_registry_input input_of(const struct body *body)
{
    return body->acceptance != NULL  ? WF_REGISTRY_INPUT_ACCEPT
           : body->rejection != NULL ? WF_REGISTRY_INPUT_REJECT
                                     : WF_REGISTRY_INPUT_COMPLETE;
}

static bool is_closed(const struct wf_change *change)
{
    return change->state->status != WF_WORKFLOW_EXECUTION_STATUS_RUNNING;
}

static void refuse(struct wf_command_context *context, const char *why)
{
    wf_command_refuse(context, CAUSE(BAD_UPDATE_WORKFLOW_EXECUTION_MESSAGE), why);
}

static void take_message(struct wf_command_context *context, const struct wf_protocol_message *message)
{
    struct wf_change *change = context->change;
    struct body body = {0};
    struct wf_registry_step step = {
        .shard = change->shard, .run = change->run, .change = change, .id = message->protocol_instance_id};

    if (!read_body(change->shard, message, &body) || !is_whole(&body)) {
        refuse(context, "The message is no acceptance, rejection or response of an update, or not a whole one.");
        return;
    }
    if (wf_command_is_too_large(context, message->body->value.size_bytes,
                                CAUSE(BAD_UPDATE_WORKFLOW_EXECUTION_MESSAGE),
                                "The message of an update exceeds size limit.")) {
        return;
    }
    step.acceptance = body.acceptance;
    step.response = body.response;
    step.failure = body.rejection == NULL ? NULL : body.rejection->failure;
    if (body.rejection == NULL && is_closed(change)) {
        refuse(context, "An update is accepted or completed behind the command that closes the workflow.");
    } else if (wf_registry_state(change->run, change, step.id) == WF_REGISTRY_NONE &&
               (body.acceptance == NULL || body.acceptance->accepted_request == NULL)) {
        refuse(context, "The update wasn't found on the server. This is most likely a transient error which will be "
                        "resolved automatically by retries.");
    } else if (!wf_registry_step(&step, input_of(&body))) {
        refuse(context, "The message comes out of turn: the update is not with the worker, or answered before.");
    }
}

static const struct wf_protocol_message *find_message(const struct wf_svc_respond_workflow_task_completed *request,
                                                      struct wf_string id)
{
    for (uint32_t i = 0; i < request->messages.count; i++) {
        if (wf_string_equal(request->messages.items[i].id, id)) {
            return &request->messages.items[i];
        }
    }
    return NULL;
}

void wf_command_protocol_message(struct wf_command_context *context)
{
    const struct wf_string id = context->command->attributes.protocol_message->message_id;
    const struct wf_protocol_message *message = id.size_bytes == 0 ? NULL : find_message(context->request, id);

    if (message == NULL) {
        refuse(context, "ProtocolMessageCommand references absent message.");
        return;
    }
    take_message(context, message);
    if (context->outcome->cause == 0) {
        wf_command_annotate(context);
    }
}

static bool has_command(const struct wf_svc_respond_workflow_task_completed *request, struct wf_string message_id)
{
    for (uint32_t i = 0; i < request->commands.count; i++) {
        if (request->commands.items[i].command_type == WF_COMMAND_TYPE_PROTOCOL_MESSAGE &&
            request->commands.items[i].attributes_case == WF_CASE_command_protocol_message &&
            wf_string_equal(request->commands.items[i].attributes.protocol_message->message_id, message_id)) {
            return true;
        }
    }
    return false;
}

static void reject_if_sent(struct wf_change *change, struct wf_string id, const struct wf_failure *failure)
{
    if (wf_registry_state(change->run, change, id) == WF_REGISTRY_SENT) {
        const bool is_rejected = wf_registry_step(
            &(struct wf_registry_step){
                .shard = change->shard, .run = change->run, .change = change, .id = id, .failure = failure},
            WF_REGISTRY_INPUT_REJECT);

        WF_ASSERT(is_rejected);
    }
}

/* 3.4 step 4: what was delivered and not answered is rejected, unless the worker only asked for more time. What history
 * delivered (7.10 step 6) is in the state, also when nobody waits for it; a rejection takes it out. */
static void reject_unanswered(struct wf_change *change, const struct wf_svc_respond_workflow_task_completed *request)
{
    const struct wf_failure *failure = wf_update_failure(
        change->arena, "UnprocessedUpdate",
        "Workflow Update is rejected because it wasn't processed by worker. Probably, Workflow Update is not "
        "supported by the worker.");

    if (request->force_create_new_workflow_task || failure == NULL) {
        return;
    }
    for (uint32_t i = change->state->updates.count; i > 0; i--) {
        reject_if_sent(change, change->state->updates.items[i - 1].update_id, failure);
    }
    for (const struct wf_update_record *record = change->run->updates; record != NULL; record = record->next) {
        reject_if_sent(change, record->id, failure);
    }
}

void wf_messages_apply_rest(struct wf_change *change, const struct wf_svc_respond_workflow_task_completed *request,
                            struct wf_command_outcome *outcome)
{
    struct wf_command_context context = {
        .change = change, .identity = request->identity, .outcome = outcome};

    for (uint32_t i = 0; i < request->messages.count && outcome->cause == 0; i++) {
        if (!has_command(request, request->messages.items[i].id)) {
            take_message(&context, &request->messages.items[i]);
        }
    }
    if (outcome->cause == 0) {
        reject_unanswered(change, request);
    }
}

bool wf_messages_only_reject(struct wf_shard *shard, const struct wf_svc_respond_workflow_task_completed *request)
{
    for (uint32_t i = 0; i < request->messages.count; i++) {
        struct body body = {0};

        if (!read_body(shard, &request->messages.items[i], &body) || body.rejection == NULL) {
            return false;
        }
    }
    return request->commands.count == 0 && !request->force_create_new_workflow_task;
}
