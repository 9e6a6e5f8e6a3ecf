/*
 * Clients and operators: starts in streams, and plans that signal, query, cancel or terminate. A send keeps its request, so
 * that every retry carries the same request id; its answer is recorded once, when it is final or nobody waits for it any
 * longer.
 */
#include "engine/base/assert.h"
#include "sim/world/continuation.h"

#define LATE_MS_MAX 300000u                 /* of a late signal: up to five minutes more than meant */
#define DUPLICATE_MS_MAX 5000u

/* ---- Requests ---- */

static bool expand(struct sim_world *world, struct sim_template text, uint64_t n, struct wf_string *out)
{
    const struct sim_template_values values = {.n = n};

    return sim_world_expand(world, text, &values, out);
}

/* The value drawn by the workflow that it is for; a JSON array becomes one payload an item. */
static struct wf_payloads *expand_arguments(struct sim_world *world, struct sim_value_template value,
                                            struct sim_workflow *workflow, uint64_t n, enum sim_site site)
{
    const struct sim_template_values values = {
        .n = n, .choices = &world->choices, .entity = &workflow->entity, .site = site};
    struct wf_string json = {0};

    if (value.json.size_bytes == 0) {
        return WF_ARENA_NEW(&world->step_arena, struct wf_payloads);
    }
    return sim_world_expand_value(world, value, &values, &json) ? sim_payloads_of_json(&world->step_arena, json) : NULL;
}

static struct wf_string queue_of(const struct sim_world *world, const struct sim_start *start)
{
    if (start->task_queue.size_bytes > 0) {
        return start->task_queue;
    }
    for (uint32_t i = 0; i < world->queue_count; i++) {
        const struct sim_queue *queue = &world->queues[i];

        for (uint32_t j = 0; j < queue->workflow_count; j++) {
            if (wf_string_equal(queue->workflows[j], start->workflow_type)) {
                return queue->name;
            }
        }
        if (queue->all_workflows) {
            return queue->name;
        }
    }
    return world->queues[0].name;
}

static struct wf_timestamp duration_or_none(int64_t duration_ns)
{
    return duration_ns == 0 ? (struct wf_timestamp){0} : wf_duration_of(duration_ns);
}

struct wf_svc_start_workflow *sim_start_message(struct sim_world *world, const struct sim_start *start,
                                                struct sim_workflow *workflow, uint64_t n)
{
    struct wf_svc_start_workflow *body = WF_ARENA_NEW(&world->step_arena, struct wf_svc_start_workflow);

    if (body == NULL) {
        return NULL;
    }
    *body = (struct wf_svc_start_workflow){
        .workflow_type = start->workflow_type,
        .task_queue = queue_of(world, start),
        .input = expand_arguments(world, start->input, workflow, n, SIM_SITE_START_INPUT),
        .workflow_execution_timeout = duration_or_none(start->execution_timeout_ns),
        .workflow_run_timeout = duration_or_none(start->run_timeout_ns),
        .workflow_task_timeout = duration_or_none(start->task_timeout_ns),
        .workflow_id_reuse_policy = start->id_reuse_policy,
        .workflow_id_conflict_policy = start->id_conflict_policy,
        .cron_schedule = start->cron_schedule,
        .workflow_start_delay = duration_or_none(start->start_delay_ns),
    };
    return body->input != NULL && sim_start_fill(world, start, workflow, n, body) ? body : NULL;
}

static bool fill_update_with_start(struct sim_world *world, const struct sim_start *start, uint32_t node,
                                   struct sim_workflow *workflow, uint64_t n, struct wf_svc_start_workflow *begun,
                                   struct wf_svc_request *request)
{
    struct wf_svc_update_with_start *body = WF_ARENA_NEW(&world->step_arena, struct wf_svc_update_with_start);

    if (body == NULL) {
        return false;
    }
    body->start = begun;
    body->update = sim_update_request(
        world, &(struct sim_update_model){
                   .update_id = sim_request_id(world, node),
                   .name = start->update_name,
                   .identity = world->nodes[node].name,
                   .arguments = expand_arguments(world, start->update_input, workflow, n, SIM_SITE_CLIENT_INPUT),
                   .wait_stage = start->update_wait});
    request->call_case = WF_CASE_svc_request_update_with_start;
    request->call.update_with_start = body;
    return body->update != NULL;
}

static bool fill_start(struct sim_world *world, const struct sim_start *start, uint32_t node,
                       struct sim_workflow *workflow, uint64_t n, struct wf_svc_request *request)
{
    struct wf_svc_start_workflow *body = sim_start_message(world, start, workflow, n);
    struct wf_svc_signal_with_start *with_signal = NULL;

    if (body == NULL) {
        return false;
    }
    body->workflow_id = workflow->id;
    body->identity = world->nodes[node].name;
    body->request_id = sim_request_id(world, node);
    request->call_case = WF_CASE_svc_request_start_workflow;
    request->call.start_workflow = body;
    if (start->update_name.size_bytes > 0) {
        return fill_update_with_start(world, start, node, workflow, n, body, request);
    }
    if (!start->is_signal_with_start) {
        return true;
    }
    with_signal = WF_ARENA_NEW(&world->step_arena, struct wf_svc_signal_with_start);
    if (with_signal == NULL) {
        return false;
    }
    *with_signal = (struct wf_svc_signal_with_start){
        .start = body,
        .signal_name = start->signal_name,
        .signal_input = expand_arguments(world, start->signal_input, workflow, n, SIM_SITE_CLIENT_INPUT),
    };
    request->call_case = WF_CASE_svc_request_signal_with_start;
    request->call.signal_with_start = with_signal;
    return with_signal->signal_input != NULL;
}

static bool fill_query(struct sim_world *world, const struct sim_client *client, struct sim_workflow *workflow,
                       uint64_t n, struct wf_workflow_execution *execution, struct wf_svc_request *request)
{
    struct wf_svc_query_workflow *body = WF_ARENA_NEW(&world->step_arena, struct wf_svc_query_workflow);
    struct wf_sdk_query_workflow *query = WF_ARENA_NEW(&world->step_arena, struct wf_sdk_query_workflow);
    const struct wf_payloads *arguments =
        expand_arguments(world, client->input, workflow, n, SIM_SITE_CLIENT_INPUT);

    if (body == NULL || query == NULL || arguments == NULL) {
        return false;
    }
    query->query_type = client->name_of;
    query->arguments.items = arguments->payloads.items;
    query->arguments.count = arguments->payloads.count;
    body->workflow_execution = execution;
    body->query = query;
    body->reject_condition = client->reject_condition;
    request->call_case = WF_CASE_svc_request_query_workflow;
    request->call.query_workflow = body;
    return true;
}

/* Without a client a fault resets, to a boundary that it picks. A workflow that has not begun has nothing to go back to,
 * and the service says so. */
static bool fill_reset(struct sim_world *world, const struct sim_client *client, uint32_t node,
                       const struct sim_run_record *run, uint64_t pick, struct wf_workflow_execution *execution,
                       struct wf_svc_request *request)
{
    struct wf_svc_reset_workflow *body = WF_ARENA_NEW(&world->step_arena, struct wf_svc_reset_workflow);

    request->call_case = WF_CASE_svc_request_reset_workflow;
    request->call.reset_workflow = body;
    if (body == NULL) {
        return false;
    }
    body->workflow_execution = execution;
    body->reason = client == NULL ? WF_STR("an operator") : client->name_of;
    body->request_id = sim_request_id(world, node);
    return run == NULL || sim_reset_fill(world, client, run, pick, body);
}

static bool fill_signal(struct sim_world *world, const struct sim_client *client, uint32_t node,
                        struct sim_workflow *workflow, uint64_t n, struct wf_workflow_execution *execution,
                        struct wf_svc_request *request)
{
    struct wf_svc_signal_workflow *body = WF_ARENA_NEW(&world->step_arena, struct wf_svc_signal_workflow);

    request->call_case = WF_CASE_svc_request_signal_workflow;
    request->call.signal_workflow = body;
    if (body == NULL) {
        return false;
    }
    *body = (struct wf_svc_signal_workflow){
        .workflow_execution = execution,
        .signal_name = client->name_of,
        .input = expand_arguments(world, client->input, workflow, n, SIM_SITE_CLIENT_INPUT),
        .identity = world->nodes[node].name,
        .request_id = sim_request_id(world, node),
    };
    return body->input != NULL;
}

static bool fill_update(struct sim_world *world, const struct sim_client *client, uint32_t node,
                        struct sim_workflow *workflow, uint64_t n, struct wf_workflow_execution *execution,
                        struct wf_svc_request *request)
{
    request->call_case = WF_CASE_svc_request_update_workflow;
    request->call.update_workflow = sim_update_request(
        world, &(struct sim_update_model){
                   .execution = execution,
                   .update_id = sim_request_id(world, node),
                   .name = client->name_of,
                   .identity = world->nodes[node].name,
                   .arguments = expand_arguments(world, client->input, workflow, n, SIM_SITE_CLIENT_INPUT),
                   .wait_stage = client->wait_stage});
    return request->call.any != NULL;
}

/* A request about a workflow that is there: signal, update, query, cancel or terminate. */
static bool fill_command(struct sim_world *world, const struct sim_client *client, enum sim_client_action action,
                         uint32_t node, struct sim_workflow *workflow, struct wf_string run_id, uint64_t n,
                         struct wf_svc_request *request)
{
    struct wf_arena *arena = &world->step_arena;
    struct wf_workflow_execution *execution = WF_ARENA_NEW(arena, struct wf_workflow_execution);
    const struct wf_string reason = client == NULL ? WF_STR("an operator") : client->name_of;

    if (execution == NULL) {
        return false;
    }
    execution->workflow_id = workflow->id;
    execution->run_id = run_id;
    switch (action) {
    case SIM_CLIENT_SIGNAL:
        return fill_signal(world, client, node, workflow, n, execution, request);
    case SIM_CLIENT_QUERY:
        return fill_query(world, client, workflow, n, execution, request);
    case SIM_CLIENT_CANCEL:
        request->call_case = WF_CASE_svc_request_request_cancel;
        request->call.request_cancel = WF_ARENA_NEW(arena, struct wf_svc_request_cancel);
        if (request->call.any != NULL) {
            *request->call.request_cancel =
                (struct wf_svc_request_cancel){.workflow_execution = execution,
                                               .reason = reason,
                                               .identity = world->nodes[node].name,
                                               .request_id = sim_request_id(world, node)};
        }
        return request->call.any != NULL;
    case SIM_CLIENT_TERMINATE:
        request->call_case = WF_CASE_svc_request_terminate;
        request->call.terminate = WF_ARENA_NEW(arena, struct wf_svc_terminate);
        if (request->call.any != NULL) {
            *request->call.terminate = (struct wf_svc_terminate){
                .workflow_execution = execution, .reason = reason, .identity = world->nodes[node].name};
        }
        return request->call.any != NULL;
    case SIM_CLIENT_PAUSE:
    case SIM_CLIENT_UNPAUSE:
        request->call_case = action == SIM_CLIENT_PAUSE ? WF_CASE_svc_request_pause_workflow
                                                        : WF_CASE_svc_request_unpause_workflow;
        request->call.any = WF_ARENA_NEW(arena, struct wf_svc_pause_workflow);
        if (request->call.any != NULL) {
            *request->call.pause_workflow = (struct wf_svc_pause_workflow){.workflow_execution = execution,
                                                                           .reason = reason,
                                                                           .identity = world->nodes[node].name,
                                                                           .request_id = sim_request_id(world, node)};
        }
        return request->call.any != NULL;
    case SIM_CLIENT_OPERATE_ACTIVITY:
        return sim_activity_fill(world, client, workflow, execution, request);
    case SIM_CLIENT_RESET:
        return fill_reset(world, client, node, workflow->latest, 0, execution, request);
    case SIM_CLIENT_START:
        return fill_start(world, &client->start, node, workflow, n, request);
    case SIM_CLIENT_UPDATE:
        return fill_update(world, client, node, workflow, n, execution, request);
    case SIM_CLIENT_SCHEDULE:
        return sim_schedule_fill(world, client, node, workflow, request);
    case SIM_CLIENT_REPORT:
    case SIM_CLIENT_UPDATE_OPTIONS:
    case SIM_CLIENT_ROUTE:
        break; /* its request is made where the attempt was */
    }
    WF_UNREACHABLE();
}

/* ---- Sends ---- */

static struct wf_string name_of_send(const struct sim_client *client, enum sim_client_action action)
{
    switch (action) {
    case SIM_CLIENT_SIGNAL:
    case SIM_CLIENT_QUERY:
    case SIM_CLIENT_UPDATE:
        return client->name_of;
    case SIM_CLIENT_CANCEL:
        return WF_STR("cancel");
    case SIM_CLIENT_TERMINATE:
        return WF_STR("terminate");
    case SIM_CLIENT_RESET:
        return WF_STR("reset");
    case SIM_CLIENT_PAUSE:
        return WF_STR("pause");
    case SIM_CLIENT_UNPAUSE:
        return WF_STR("unpause");
    case SIM_CLIENT_OPERATE_ACTIVITY:
        return sim_activity_action_name(client->activity_action);
    case SIM_CLIENT_START:
        return WF_STR("start");
    case SIM_CLIENT_SCHEDULE:
        return sim_schedule_op_name(client->schedule.op);
    case SIM_CLIENT_REPORT:
    case SIM_CLIENT_UPDATE_OPTIONS:
    case SIM_CLIENT_ROUTE:
        break;
    }
    WF_UNREACHABLE();
}

static void free_send(struct sim_world *world, struct sim_send *send)
{
    sim_update_end(world, send);
    sim_content_release(world, send->content);
    sim_world_give(world, send, sizeof *send);
    WF_ASSERT(world->sends_left > 0);
    world->sends_left--;
}

void sim_client_try(struct sim_world *world, struct sim_send *send)
{
    const struct sim_call_request call = {
        .node = send->node, .caller = SIM_CALLER_CLIENT, .context = send, .subject = send->workflow};

    (void)sim_network_call(world, &call, send->update != NULL && send->update->poll != NULL ? send->update->poll : send->content);
}

/* Takes over the content. */
static struct sim_send *new_send(struct sim_world *world, const struct sim_send *model, struct sim_content *content)
{
    struct sim_send *send = sim_world_take(world, sizeof *send);

    if (send == NULL) {
        return NULL;
    }
    *send = *model;
    send->number = ++world->send_count;
    send->content = content;
    world->sends_left++;
    return send->content == NULL ? NULL : send;
}

static bool is_start(const struct sim_send *send)
{
    return send->action == SIM_CLIENT_START;
}

static void begin_send(struct sim_world *world, const struct sim_send *model, struct sim_content *content, uint64_t n)
{
    struct sim_send *send = new_send(world, model, content);

    if (send == NULL) {
        return;
    }
    send->give_up_ns = is_start(send) || send->action == SIM_CLIENT_ROUTE ? INT64_MAX : world->loop.now_ns + SIM_SEND_PATIENCE_NS;
    sim_world_record(world, (struct sim_record){.kind = is_start(send) ? SIM_RECORD_START_SENT : SIM_RECORD_SENT,
                                                .node = world->nodes[send->node].name,
                                                .subject = send->workflow->id,
                                                .a = send->name,
                                                .x = (int64_t)(is_start(send) ? n : send->number)});
    sim_update_begin(world, send);
    sim_client_try(world, send);
}

/* Plans that follow a start: "to" with this n names the workflow. */
static void make_plans_for(struct sim_world *world, struct sim_workflow *workflow, uint64_t n);

static void begin_start(struct sim_world *world, const struct sim_start *start, uint32_t node, uint64_t n)
{
    struct wf_string id = {0};
    struct wf_svc_request request = {0};
    struct sim_send model = {.action = SIM_CLIENT_START, .node = node, .name = WF_STR("start")};

    if (!expand(world, start->workflow_id, n, &id)) {
        return;
    }
    model.workflow = sim_world_workflow(world, id);
    if (model.workflow == NULL || !fill_start(world, start, node, model.workflow, n, &request)) {
        sim_world_fail(world, WF_ERR_MEMORY, "no memory for a start");
        return;
    }
    model.workflow->n = n;
    begin_send(world, &model, sim_content_new(world, SIM_MESSAGE_REQUEST, &request), n);
    make_plans_for(world, model.workflow, n);
}

static void begin_command(struct sim_world *world, const struct sim_client *client, enum sim_client_action action,
                          uint32_t node, struct sim_workflow *workflow, struct wf_string run_id, uint64_t n)
{
    struct wf_svc_request request = {0};
    const struct sim_send model = {.client = client,
                                   .action = action,
                                   .node = node,
                                   .workflow = workflow,
                                   .name = name_of_send(client, action)};

    if (!fill_command(world, client, action, node, workflow, run_id, n, &request)) {
        sim_world_fail(world, WF_ERR_MEMORY, "no memory for a client's request");
        return;
    }
    begin_send(world, &model, sim_content_new(world, SIM_MESSAGE_REQUEST, &request), n);
}

void sim_client_report(struct sim_world *world, struct sim_workflow *workflow, struct wf_string name,
                       struct sim_content *content, struct sim_later_work *later)
{
    const struct sim_send model = {.action = SIM_CLIENT_REPORT,
                                   .node = world->outside_node,
                                   .workflow = workflow,
                                   .name = name,
                                   .later = later};

    content->references++;
    begin_send(world, &model, content, workflow->n);
}

void sim_client_restore(struct sim_world *world, struct sim_workflow *workflow, struct sim_content *content)
{
    const struct sim_send model = {
        .action = SIM_CLIENT_START, .node = world->outside_node, .workflow = workflow, .name = WF_STR("restore")};

    begin_send(world, &model, content, workflow->n);
    make_plans_for(world, workflow, workflow->n);
}

void sim_client_route(struct sim_world *world, struct sim_workflow *to, struct wf_string name, struct sim_content *content)
{
    begin_send(world, &(struct sim_send){.action = SIM_CLIENT_ROUTE, .node = world->operator_node, .workflow = to,
                                         .name = name}, content, 0);
}

bool sim_client_command(struct sim_world *world, enum sim_client_action action, struct sim_run_record *run)
{
    WF_ASSERT(action == SIM_CLIENT_CANCEL || action == SIM_CLIENT_TERMINATE);
    begin_command(world, NULL, action, world->operator_node, run->workflow, run->run_id, run->workflow->n);
    return true;
}

bool sim_client_reset(struct sim_world *world, struct sim_run_record *run, uint64_t pick)
{
    const uint32_t node = world->operator_node;
    struct wf_svc_request request = {0};
    struct wf_workflow_execution *execution = WF_ARENA_NEW(&world->step_arena, struct wf_workflow_execution);
    const struct sim_send model = {
        .action = SIM_CLIENT_RESET, .node = node, .workflow = run->workflow, .name = WF_STR("reset")};

    if (execution == NULL) {
        return sim_world_fail(world, WF_ERR_MEMORY, "no memory for an operator's request");
    }
    execution->workflow_id = run->workflow->id;
    if (!fill_reset(world, NULL, node, run, pick, execution, &request)) {
        return sim_world_fail(world, WF_ERR_MEMORY, "no memory for an operator's request");
    }
    if (request.call.reset_workflow->workflow_task_finish_event_id == 0) {
        return false; /* no task has started yet */
    }
    begin_send(world, &model, sim_content_new(world, SIM_MESSAGE_REQUEST, &request), run->workflow->n);
    return true;
}

/* ---- Answers ---- */

/* NULL text: not final, try again. */
static struct wf_string final_answer(int32_t status)
{
    if (status == WF_CALL_OK) {
        return WF_STR("accepted");
    }
    if (status == WF_CALL_NOT_FOUND) {
        return WF_STR("not found");
    }
    return wf_call_is_retried(status) ? (struct wf_string){0} : WF_STR("rejected");
}

/* The same signal with the same request id once more, unasked: the service must recognise it. */
static void maybe_duplicate(struct sim_world *world, const struct sim_send *send)
{
    struct sim_entity *entity = &send->workflow->entity;
    struct sim_send *again = NULL;

    if (send->action != SIM_CLIENT_SIGNAL || send->is_silent ||
        !sim_world_strikes(world, SIM_FAULT_SIGNAL_DUPLICATE, world->rates.signal_duplicate, entity,
                           SIM_SITE_CLIENT_DELAY, send->workflow)) {
        return;
    }
    sim_world_record_fault(world, SIM_FAULT_SIGNAL_DUPLICATE, send->node, send->workflow, send->name);
    again = sim_world_take(world, sizeof *again);
    if (again != NULL) {
        *again = *send;
        again->is_silent = true;
        again->content->references++;
        again->give_up_ns = world->loop.now_ns + SIM_SEND_PATIENCE_NS;
        world->sends_left++;
        (void)sim_world_push(world,
                             world->loop.now_ns + (int64_t)sim_choose(&world->choices, entity, SIM_SITE_CLIENT_DELAY,
                                                                      DUPLICATE_MS_MAX) * WF_NS_PER_MS,
                             send->node, SIM_EVENT_SEND, again);
    }
}

/* Nothing else shows it: the workflow that was asked for never is. */
static void note_refused_start(struct sim_world *world, const struct sim_send *send,
                               const struct wf_svc_response *response)
{
    struct sim_refused_starts *refused = &world->refused_starts;

    if (refused->count++ == 0) {
        refused->workflow_id = send->workflow->id;
        refused->reason = response->message.size_bytes > 0 ? wf_string_copy(&world->arena, response->message)
                                                           : wf_string_of(wf_call_status_name(response->status));
    }
}

void sim_client_end(struct sim_world *world, struct sim_send *send, struct wf_string answer,
                     const struct wf_svc_response *response)
{
    if (!send->is_silent) {
        sim_world_record(world, (struct sim_record){.kind = SIM_RECORD_ANSWERED,
                                                    .node = world->nodes[send->node].name,
                                                    .subject = send->workflow->id,
                                                    .a = send->name,
                                                    .b = answer,
                                                    .x = (int64_t)send->number});
    }
    if (response->status == WF_CALL_OK) {
        if (send->action == SIM_CLIENT_QUERY && response->answer_case == WF_CASE_svc_response_query_answer) {
            sim_query_heard(world, send, response->answer.query_answer);
        }
        maybe_duplicate(world, send);
    } else if (is_start(send)) {
        note_refused_start(world, send, response);
    }
    if (send->later != NULL) {
        sim_later_heard(world, send->later, response);
    }
    free_send(world, send);
}

void sim_client_try_later(struct sim_world *world, struct sim_send *send, const struct wf_svc_response *response,
                          int64_t backoff_ns)
{
    if (world->loop.now_ns + backoff_ns > send->give_up_ns) {
        sim_client_end(world, send, WF_STR("unknown"), response);
        return;
    }
    send->tries++;
    (void)sim_world_push(world, world->loop.now_ns + backoff_ns, send->node, SIM_EVENT_SEND, send);
}

/* The start is answered by what became of its update, which may go on. */
static void start_answered(struct sim_world *world, struct sim_send *send)
{
    sim_world_record(world, (struct sim_record){.kind = SIM_RECORD_ANSWERED,
                                                .node = world->nodes[send->node].name,
                                                .subject = send->workflow->id,
                                                .a = send->name,
                                                .b = WF_STR("accepted"),
                                                .x = (int64_t)send->number});
    send->action = SIM_CLIENT_UPDATE;
    send->name = send->update->request->request->input->name;
    send->give_up_ns = world->loop.now_ns + SIM_SEND_PATIENCE_NS;
}

void sim_client_answered(struct sim_world *world, const struct sim_call *call, const struct wf_svc_response *response)
{
    struct sim_send *send = call->context;
    const struct wf_string answer = final_answer(response->status);
    const int64_t backoff_ns = sim_world_backoff(world, &send->workflow->entity, send->tries);

    if (is_start(send) && response->answer_case == WF_CASE_svc_response_update_answer) {
        start_answered(world, send);
    }
    if (send->action == SIM_CLIENT_UPDATE) {
        sim_update_answered(world, send, response, backoff_ns);
    } else if (answer.data != NULL) {
        sim_client_end(world, send, answer, response);
    } else {
        sim_client_try_later(world, send, response, backoff_ns);
    }
}

/* ---- Streams and plans ---- */

static void step_stream(struct sim_world *world, struct sim_stream *stream)
{
    stream->sent++;
    begin_start(world, stream->start, world->starter, stream->sent);
    world->starts_left--;
    if (stream->sent < stream->start->count) {
        const int64_t wait_ns =
            sim_draw_duration(&world->choices, &stream->entity, SIM_SITE_START_INTERVAL, &stream->start->every);

        (void)sim_world_push(world, world->loop.now_ns + wait_ns, world->starter, SIM_EVENT_START, stream);
    }
}

static uint32_t node_of_client(const struct sim_world *world, const struct sim_client *client)
{
    for (uint32_t i = 0; i < world->node_count; i++) {
        if (wf_string_equal(world->nodes[i].name, client->name)) {
            return i;
        }
    }
    return world->operator_node;
}

void sim_client_plan(struct sim_world *world, const struct sim_client *client, struct sim_workflow *workflow,
                     uint64_t n)
{
    const uint32_t node = node_of_client(world, client);
    struct sim_entity *entity = workflow == NULL ? &world->nodes[node].entity : &workflow->entity;
    const int64_t at_ns = client->at_ns == SIM_NEVER ? client->every_ns : client->at_ns;
    const int64_t delay_ns = sim_draw_duration(&world->choices, entity, SIM_SITE_CLIENT_DELAY, &client->delay);
    struct sim_plan *plan = NULL;

    if (client->at_ns == SIM_NEVER && client->every_ns == 0) {
        return; /* never */
    }
    plan = sim_world_take(world, sizeof *plan);
    if (plan == NULL) {
        return;
    }
    plan->client = client;
    plan->node = node;
    plan->workflow = workflow;
    plan->n = n;
    plan->is_endless = client->every_ns > 0 && !client->until_closed;
    world->plans_left += plan->is_endless ? 0 : 1;
    (void)sim_world_push(world, world->loop.now_ns + at_ns + delay_ns, node, SIM_EVENT_CLIENT, plan);
}

static void make_plans_for(struct sim_world *world, struct sim_workflow *workflow, uint64_t n)
{
    for (uint32_t i = 0; i < world->scenario->client_count; i++) {
        const struct sim_client *client = &world->scenario->clients[i];
        struct wf_string target = {0};

        if (client->is_per_workflow && expand(world, client->to, n, &target) &&
            wf_string_equal(target, workflow->id)) {
            sim_client_plan(world, client, workflow, n);
        }
    }
}

static bool is_plan_over(const struct sim_world *world, const struct sim_plan *plan)
{
    if (plan->client->every_ns == 0) {
        return true;
    }
    if (!plan->client->until_closed) {
        return false;
    }
    if (plan->workflow != NULL) {
        return plan->workflow->latest != NULL && !plan->workflow->is_open;
    }
    /* A start that is on its way may yet open one. */
    return world->open_count == 0 && world->starts_left == 0 && world->sends_left == 0;
}

/* A signal that is late by a fault; asked once for each. */
static bool is_made_late(struct sim_world *world, struct sim_plan *plan)
{
    struct sim_entity *entity = plan->workflow == NULL ? &world->nodes[plan->node].entity : &plan->workflow->entity;

    if (plan->client->action != SIM_CLIENT_SIGNAL || plan->is_late ||
        !sim_world_strikes(world, SIM_FAULT_SIGNAL_LATE, world->rates.signal_late, entity, SIM_SITE_CLIENT_DELAY,
                           plan->workflow)) {
        return false;
    }
    sim_world_record_fault(world, SIM_FAULT_SIGNAL_LATE, plan->node, plan->workflow, plan->client->name_of);
    plan->is_late = true;
    (void)sim_world_push(world,
                         world->loop.now_ns + WF_NS_PER_S +
                             (int64_t)sim_choose(&world->choices, entity, SIM_SITE_CLIENT_DELAY, LATE_MS_MAX) *
                                 WF_NS_PER_MS,
                         plan->node, SIM_EVENT_CLIENT, plan);
    return true;
}

static void perform_for(struct sim_world *world, const struct sim_plan *plan, struct sim_workflow *workflow)
{
    const struct sim_client *client = plan->client;

    if (workflow->is_no_workflow != (client->action == SIM_CLIENT_SCHEDULE)) {
        return; /* sent to all, and this is no workflow */
    }
    if (client->until_closed && workflow->latest != NULL && !workflow->is_open) {
        return;
    }
    if (client->chance.denominator != 0 &&
        !sim_chance(&world->choices, &workflow->entity, SIM_SITE_CLIENT_CHANCE, client->chance)) {
        return;
    }
    begin_command(world, client, client->action, plan->node, workflow, (struct wf_string){0}, workflow->n);
}

static void perform_plan(struct sim_world *world, struct sim_plan *plan)
{
    const struct sim_client *client = plan->client;
    struct wf_string target = {0};

    if (client->action == SIM_CLIENT_START) {
        begin_start(world, &client->start, plan->node, ++plan->n);
    } else if (client->is_to_all) {
        for (uint32_t i = 0; i < world->known.count && world->status == WF_OK; i++) {
            perform_for(world, plan, world->known.items[i]);
        }
    } else if (plan->workflow != NULL) {
        perform_for(world, plan, plan->workflow);
    } else if (expand(world, client->to, plan->n, &target)) {
        struct sim_workflow *workflow = sim_world_workflow(world, target);

        if (workflow != NULL) {
            workflow->is_no_workflow = client->action == SIM_CLIENT_SCHEDULE;
            perform_for(world, plan, workflow);
        }
    }
}

static void step_plan(struct sim_world *world, struct sim_plan *plan)
{
    if (is_made_late(world, plan)) {
        return;
    }
    perform_plan(world, plan);
    plan->is_late = false;
    if (!is_plan_over(world, plan)) {
        (void)sim_world_push(world, world->loop.now_ns + plan->client->every_ns, plan->node, SIM_EVENT_CLIENT, plan);
        return;
    }
    world->plans_left -= plan->is_endless ? 0 : 1;
    sim_world_give(world, plan, sizeof *plan);
}

/* ---- Set-up and events ---- */

bool sim_clients_init(struct sim_world *world)
{
    for (uint32_t i = 0; i < world->scenario->start_count && world->scenario->continued == NULL; i++) {
        const struct sim_start *start = &world->scenario->starts[i];
        struct sim_stream *stream = WF_ARENA_NEW(&world->arena, struct sim_stream);

        if (stream == NULL) {
            return false;
        }
        stream->start = start;
        sim_entity_init(&stream->entity, start->workflow_id.text);
        world->starts_left += start->count;
        if (start->count > 0) {
            (void)sim_world_push(world, start->at_ns, world->starter, SIM_EVENT_START, stream);
        }
    }
    for (uint32_t i = 0; i < world->scenario->client_count; i++) {
        if (!world->scenario->clients[i].is_per_workflow) {
            sim_client_plan(world, &world->scenario->clients[i], NULL, 0);
        }
    }
    if (world->scenario->continued != NULL) {
        sim_continuation_init(world);
        return world->status == WF_OK;
    }
    return sim_schedules_init(world) && world->status == WF_OK;
}

void sim_client_event(struct sim_world *world, const struct sim_event *event)
{
    if (event->kind == SIM_EVENT_START) {
        step_stream(world, event->body);
    } else if (event->kind == SIM_EVENT_SEND) {
        sim_client_try(world, event->body);
    } else {
        WF_ASSERT(event->kind == SIM_EVENT_CLIENT);
        step_plan(world, event->body);
    }
}
