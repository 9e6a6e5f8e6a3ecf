/*
 * Handlers of Nexus endpoints: one process that lives in another world than the service and never crashes. It knows an
 * operation by the request id of its start, so that a repeated start is answered like the first. An operation that is
 * asynchronous is answered with a token at once, and its outcome is sent to the caller until it is taken.
 */
#include "engine/base/assert.h"
#include "engine/base/json_text.h"
#include "sim/world/parts.h"

struct sim_nexus_operation {
    const struct sim_nexus_model *model;
    const struct wf_svc_start_nexus_operation *request; /* in the world's memory */
    struct sim_workflow *caller;
    struct wf_string token;
    struct wf_string failure_type; /* empty: it succeeds */
    struct wf_string result;       /* JSON */
    wf_time_ns done_ns;
    bool is_over; /* the outcome is decided */
    bool is_canceled;
    uint32_t tries;
};

/* A handler's next act. */
struct sim_nexus_turn {
    struct sim_nexus_operation *operation;
    bool answers; /* a start; otherwise tells the outcome */
    struct sim_envelope request;
};

static void record(struct sim_world *world, struct wf_string what, struct wf_string subject, const char *happened)
{
    sim_world_record(world, (struct sim_record){.kind = SIM_RECORD_NEXUS,
                                                .node = world->nodes[world->nexus_node].name,
                                                .subject = subject,
                                                .a = what,
                                                .b = wf_string_of(happened)});
}

static void take_turn(struct sim_world *world, wf_time_ns time_ns, const struct sim_nexus_turn *turn)
{
    struct sim_nexus_turn *copy = sim_world_take(world, sizeof *copy);

    if (copy != NULL) {
        *copy = *turn;
        (void)sim_world_push(world, time_ns, world->nexus_node, SIM_EVENT_NEXUS, copy);
    }
}

/* ---- Outcomes ---- */

static struct wf_failure *failure_of(struct sim_world *world, const struct sim_nexus_operation *operation)
{
    struct wf_arena *arena = &world->step_arena;
    struct wf_failure *failure = WF_ARENA_NEW(arena, struct wf_failure);
    struct wf_application_failure_info *application = WF_ARENA_NEW(arena, struct wf_application_failure_info);
    struct wf_canceled_failure_info *canceled = WF_ARENA_NEW(arena, struct wf_canceled_failure_info);

    if (failure == NULL || application == NULL || canceled == NULL) {
        return NULL;
    }
    if (operation->is_canceled) {
        failure->message = WF_STR("canceled");
        failure->failure_info_case = WF_CASE_failure_canceled_failure_info;
        failure->failure_info.canceled_failure_info = canceled;
    } else {
        application->type = operation->failure_type;
        application->non_retryable = true;
        failure->message = operation->failure_type;
        failure->failure_info_case = WF_CASE_failure_application_failure_info;
        failure->failure_info.application_failure_info = application;
    }
    return failure;
}

static struct wf_svc_nexus_outcome *outcome_of(struct sim_world *world, const struct sim_nexus_operation *operation)
{
    struct wf_arena *arena = &world->step_arena;
    struct wf_svc_nexus_outcome *outcome = WF_ARENA_NEW(arena, struct wf_svc_nexus_outcome);

    if (outcome == NULL) {
        return NULL;
    }
    outcome->is_canceled = operation->is_canceled;
    if (operation->is_canceled || operation->failure_type.size_bytes > 0) {
        outcome->failure = failure_of(world, operation);
        return outcome;
    }
    outcome->result = WF_ARENA_NEW(arena, struct wf_payload);
    return outcome->result != NULL && sim_payload_of_json(arena, operation->result, outcome->result) ? outcome : NULL;
}

static void decide(struct sim_world *world, struct sim_nexus_operation *operation)
{
    if (!operation->is_over) {
        operation->is_over = true;
        record(world, operation->model->name, operation->caller->id,
               operation->is_canceled                        ? "canceled"
               : operation->failure_type.size_bytes > 0 ? "failed"
                                                             : "completed");
    }
}

/* ---- Starts ---- */

static const struct sim_nexus_model *find_model(const struct sim_world *world,
                                                const struct wf_svc_start_nexus_operation *request)
{
    for (uint32_t i = 0; i < world->scenario->nexus_count; i++) {
        const struct sim_nexus_model *model = &world->scenario->nexus[i];
        const size_t service = request->service.size_bytes;

        if (wf_string_equal(model->endpoint, request->endpoint) &&
            model->name.size_bytes == service + 1 + request->operation.size_bytes &&
            memcmp(model->name.data, request->service.data, service) == 0 && model->name.data[service] == '.' &&
            memcmp(model->name.data + service + 1, request->operation.data, request->operation.size_bytes) == 0) {
            return model;
        }
    }
    return NULL;
}

static const struct sim_outcome *choose_outcome(struct sim_world *world, const struct sim_nexus_model *model,
                                                struct sim_workflow *caller)
{
    for (uint32_t i = 0; i < model->outcome_count; i++) {
        if (sim_chance(&world->choices, &caller->entity, SIM_SITE_NEXUS_OUTCOME, model->outcomes[i].chance)) {
            return &model->outcomes[i];
        }
    }
    return NULL;
}

/* What it will return, drawn when it begins. */
static bool prepare_result(struct sim_world *world, struct sim_nexus_operation *operation)
{
    const struct wf_payload *input = operation->request->input;
    struct wf_payload payload = input == NULL ? (struct wf_payload){0} : *input;
    const struct wf_payloads inputs = {.payloads = {&payload, input == NULL ? 0 : 1, 0}};
    const struct sim_template_values values = {.input = sim_json_of_payloads(&world->step_arena, &inputs),
                                               .choices = &world->choices,
                                               .entity = &operation->caller->entity,
                                               .site = SIM_SITE_NEXUS_OUTCOME};
    struct wf_string json = {0};

    if (!sim_world_expand_value(world, operation->model->result, &values, &json)) {
        return false;
    }
    operation->result = wf_string_copy(&world->arena, json);
    return true;
}

static struct sim_nexus_operation *begin(struct sim_world *world, const struct sim_nexus_model *model,
                                         const struct wf_svc_start_nexus_operation *request,
                                         const struct sim_outcome *outcome)
{
    struct sim_nexus_operation *operation = WF_ARENA_NEW(&world->arena, struct sim_nexus_operation);
    struct wf_buffer token = {0};

    if (operation == NULL) {
        return NULL;
    }
    operation->model = model;
    operation->request = wf_message_copy(&world->arena, &wf_type_svc_start_nexus_operation, request);
    operation->caller = sim_world_workflow(world, request->caller->workflow_id);
    if (operation->request == NULL || operation->caller == NULL ||
        !wf_map_set(&world->nexus_operations, operation->request->request_id, operation)) {
        return NULL;
    }
    wf_buffer_init(&token, &world->arena);
    wf_buffer_printf(&token, "operation-%llu", (unsigned long long)++world->nexus_count);
    operation->token = wf_buffer_string(&token);
    if (outcome != NULL) {
        operation->failure_type = outcome->failure_type;
    }
    operation->done_ns = world->loop.now_ns + sim_draw_duration(&world->choices, &operation->caller->entity,
                                                                SIM_SITE_NEXUS_TAKES, &model->takes);
    record(world, model->name, operation->caller->id, "started");
    if (!prepare_result(world, operation)) {
        return NULL;
    }
    if (model->is_async) {
        take_turn(world, operation->done_ns, &(struct sim_nexus_turn){.operation = operation});
    }
    return operation;
}

static void answer_start(struct sim_world *world, const struct sim_envelope *request,
                         struct sim_nexus_operation *operation)
{
    struct wf_svc_nexus_started started = {.operation_token = operation->token};
    struct wf_svc_response response = {.answer_case = WF_CASE_svc_response_nexus_started,
                                       .answer.nexus_started = &started};

    if (!operation->model->is_async) {
        decide(world, operation);
        started.operation_token = (struct wf_string){0};
        started.outcome = outcome_of(world, operation);
    }
    sim_network_answer(world, world->nexus_node, request, &response);
}

static void refuse(struct sim_world *world, const struct sim_envelope *envelope, enum wf_call_status status)
{
    const struct wf_svc_response response = {.status = (int32_t)status};

    sim_network_answer(world, world->nexus_node, envelope, &response);
}

/* True when the attempt to start ends here: it fails, or nobody hears of it. */
static bool stumbles(struct sim_world *world, const struct sim_envelope *envelope, const struct sim_nexus_model *model,
                     const struct sim_outcome *outcome, struct wf_string caller)
{
    if (outcome == NULL || (outcome->kind == SIM_OUTCOME_FAIL && outcome->is_non_retryable) ||
        (outcome->kind == SIM_OUTCOME_FAIL_AFTER && outcome->is_non_retryable)) {
        return false;
    }
    if (outcome->kind == SIM_OUTCOME_FAIL || outcome->kind == SIM_OUTCOME_FAIL_AFTER) {
        record(world, model->name, caller, "failed attempt");
        refuse(world, envelope, WF_CALL_UNAVAILABLE);
    } else {
        record(world, model->name, caller, "lost");
    }
    return true;
}

static void start(struct sim_world *world, const struct sim_envelope *envelope,
                  const struct wf_svc_start_nexus_operation *request)
{
    const struct sim_nexus_model *model = find_model(world, request);
    struct sim_nexus_operation *operation = wf_map_get(&world->nexus_operations, request->request_id);
    struct sim_workflow *caller = sim_world_workflow(world, request->caller->workflow_id);
    const struct sim_outcome *outcome = NULL;

    if (model == NULL || caller == NULL) {
        refuse(world, envelope, WF_CALL_NOT_FOUND);
        return;
    }
    if (operation == NULL) {
        outcome = choose_outcome(world, model, caller);
        if (stumbles(world, envelope, model, outcome, caller->id)) {
            return;
        }
        operation = begin(world, model, request, outcome);
    }
    if (operation == NULL) {
        sim_world_fail(world, WF_ERR_MEMORY, "no memory for a Nexus operation");
    } else if (model->is_async || operation->done_ns <= world->loop.now_ns) {
        answer_start(world, envelope, operation);
    } else {
        take_turn(world, operation->done_ns,
                  &(struct sim_nexus_turn){.operation = operation, .answers = true, .request = *envelope});
    }
}

/* ---- Cancellation ---- */

static struct sim_nexus_operation *find_token(const struct sim_world *world, struct wf_string token)
{
    const struct wf_map_entry *entry = NULL;
    uint32_t index = 0;

    while ((entry = wf_map_next(&world->nexus_operations, &index)) != NULL) {
        struct sim_nexus_operation *operation = entry->value;

        if (wf_string_equal(operation->token, token)) {
            return operation;
        }
    }
    return NULL;
}

static void cancel(struct sim_world *world, const struct sim_envelope *envelope,
                   const struct wf_svc_cancel_nexus_operation *request)
{
    struct sim_nexus_operation *operation = find_token(world, request->operation_token);

    if (operation == NULL) {
        refuse(world, envelope, WF_CALL_NOT_FOUND);
        return;
    }
    if (!operation->is_over) {
        operation->is_canceled = true;
        take_turn(world, world->loop.now_ns, &(struct sim_nexus_turn){.operation = operation});
    }
    refuse(world, envelope, WF_CALL_OK);
}

void sim_nexus_request(struct sim_world *world, const struct sim_envelope *envelope)
{
    const struct wf_svc_request *request = envelope->content->request;

    if (request->call_case == WF_CASE_svc_request_start_nexus_operation) {
        start(world, envelope, request->call.start_nexus_operation);
    } else {
        WF_ASSERT(request->call_case == WF_CASE_svc_request_cancel_nexus_operation);
        cancel(world, envelope, request->call.cancel_nexus_operation);
    }
}

/* ---- Callbacks ---- */

static void tell_outcome(struct sim_world *world, struct sim_nexus_operation *operation)
{
    struct wf_workflow_execution execution = *operation->request->caller;
    struct wf_svc_complete_nexus_operation completion = {.workflow_execution = &execution,
                                                         .scheduled_event_id = operation->request->scheduled_event_id,
                                                         .request_id = operation->request->request_id,
                                                         .operation_token = operation->token,
                                                         .outcome = outcome_of(world, operation)};
    const struct wf_svc_request request = {.call_case = WF_CASE_svc_request_complete_nexus_operation,
                                           .call.complete_nexus_operation = &completion};
    struct sim_content *content = completion.outcome == NULL
                                      ? NULL
                                      : sim_content_new(world, SIM_MESSAGE_REQUEST, &request);

    if (content != NULL) {
        (void)sim_network_call(world,
                               &(struct sim_call_request){.node = world->nexus_node,
                                                          .caller = SIM_CALLER_NEXUS,
                                                          .context = operation,
                                                          .subject = operation->caller},
                               content);
        sim_content_release(world, content);
    }
}

void sim_nexus_answered(struct sim_world *world, const struct sim_call *call, const struct wf_svc_response *response)
{
    struct sim_nexus_operation *operation = call->context;

    if (wf_call_is_retried(response->status)) {
        take_turn(world,
                  world->loop.now_ns + sim_world_backoff(world, &operation->caller->entity, operation->tries++),
                  &(struct sim_nexus_turn){.operation = operation});
    }
}

void sim_nexus_event(struct sim_world *world, const struct sim_event *event)
{
    struct sim_nexus_turn *taken = event->body;
    const struct sim_nexus_turn turn = *taken;

    sim_world_give(world, taken, sizeof *taken);
    if (turn.answers) {
        answer_start(world, &turn.request, turn.operation);
        return;
    }
    if (turn.operation->is_over && turn.operation->tries == 0) {
        return; /* cancelled before its time came */
    }
    decide(world, turn.operation);
    tell_outcome(world, turn.operation);
}
