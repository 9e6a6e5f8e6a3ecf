/*
 * Messages and calls. A message is an envelope on one hop and a body that hops and duplicates share; the body is one slab
 * piece, copied once when it is sent and given back after the last delivery. A call from a client or worker goes to a
 * frontend, from there to the owner, and its answer comes back the same way; links, losses and crashes act on each hop.
 *
 * A message draws as the workflow that it is about, so that a tape can name it ("order-3 NETWORK_LOSS 17"); one about none
 * draws as its sender.
 */
#include "engine/base/assert.h"
#include "sim/world/parts.h"

#define CONTENT_BYTES_MIN 256u
#define CONTENT_BYTES_MAX ((size_t)64 << 20)
#define CONTENT_SLACK_BYTES 64u
#define DELAY_MS_MAX 5000u /* of a delayed message, beyond one second */
#define OP_MASK 31u

static const struct wf_message_type *const message_types[] = {
    [SIM_MESSAGE_REQUEST] = &wf_type_svc_request,
    [SIM_MESSAGE_RESPONSE] = &wf_type_svc_response,
    [SIM_MESSAGE_STORE] = &wf_type_db_request,
    [SIM_MESSAGE_REPLY] = &wf_type_db_reply,
};

/* ---- Bodies ---- */

static uint32_t case_of(enum sim_message_kind kind, const void *message)
{
    switch (kind) {
    case SIM_MESSAGE_REQUEST:
        return ((const struct wf_svc_request *)message)->call_case;
    case SIM_MESSAGE_RESPONSE:
        return ((const struct wf_svc_response *)message)->answer_case;
    case SIM_MESSAGE_STORE:
        return ((const struct wf_db_request *)message)->op_case;
    case SIM_MESSAGE_REPLY:
        return ((const struct wf_db_reply *)message)->row_case;
    }
    WF_UNREACHABLE();
}

struct sim_content *sim_content_new(struct sim_world *world, enum sim_message_kind kind, const void *message)
{
    uint32_t *guess = &world->sizes[kind][case_of(kind, message) & OP_MASK];
    size_t size_bytes = *guess < CONTENT_BYTES_MIN ? CONTENT_BYTES_MIN : *guess;

    for (; size_bytes <= CONTENT_BYTES_MAX; size_bytes *= 2) {
        struct sim_content *content = wf_slab_take_unset(&world->slabs, size_bytes);
        struct wf_arena rest;

        if (content == NULL) {
            break;
        }
        wf_arena_init_fixed(&rest, content + 1, size_bytes - sizeof *content);
        content->any = wf_message_copy(&rest, message_types[kind], message);
        if (content->any != NULL) {
            const size_t used_bytes = (size_t)(rest.next - (char *)content) + CONTENT_SLACK_BYTES;

            content->references = 1;
            content->size_bytes = size_bytes;
            if (used_bytes > *guess && used_bytes <= WF_SLAB_BYTES_MAX) {
                *guess = (uint32_t)used_bytes;
            }
            return content;
        }
        wf_slab_give(&world->slabs, content, size_bytes);
    }
    sim_world_fail(world, WF_ERR_MEMORY, "no memory for a message");
    return NULL;
}

void sim_content_release(struct sim_world *world, struct sim_content *content)
{
    WF_ASSERT(content->references > 0);
    content->references--;
    if (content->references == 0) {
        wf_slab_give(&world->slabs, content, content->size_bytes);
    }
}

struct wf_string sim_op_name(enum sim_message_kind kind, uint32_t op)
{
    const struct wf_message_type *type = kind == SIM_MESSAGE_STORE || kind == SIM_MESSAGE_REPLY
                                             ? &wf_type_db_request
                                             : &wf_type_svc_request;
    const struct wf_field *field = wf_message_field(type, op);

    return field == NULL ? WF_STR("message") : (struct wf_string){field->json_name, field->json_name_size_bytes};
}

/* ---- Hops ---- */

static bool is_cut(const struct sim_world *world, uint32_t from, uint32_t to)
{
    return from != to && (world->cuts[from * world->node_count + to] != 0 || world->nodes[from].is_isolated ||
                          world->nodes[to].is_isolated);
}

static void lose(struct sim_world *world, const struct sim_envelope *envelope)
{
    sim_world_record(world, (struct sim_record){
                                .kind = SIM_RECORD_MESSAGE_LOST,
                                .node = world->nodes[envelope->from].name,
                                .subject = envelope->subject == NULL ? (struct wf_string){0} : envelope->subject->id,
                                .a = sim_op_name(envelope->kind, envelope->op),
                                .b = world->nodes[envelope->to].name,
                            });
    sim_content_release(world, envelope->content);
}

static bool put_in_loop(struct sim_world *world, const struct sim_envelope *envelope, int64_t latency_ns)
{
    struct sim_envelope *copy = sim_world_take(world, sizeof *copy);

    if (copy == NULL) {
        return false;
    }
    *copy = *envelope;
    copy->incarnation = world->nodes[envelope->to].incarnation;
    return sim_world_push(world, world->loop.now_ns + latency_ns, envelope->to, SIM_EVENT_ARRIVAL, copy);
}

static int64_t draw_latency(struct sim_world *world, const struct sim_envelope *envelope, struct sim_entity *entity)
{
    const bool is_storage = envelope->kind == SIM_MESSAGE_STORE || envelope->kind == SIM_MESSAGE_REPLY;
    const int64_t latency_ns =
        is_storage ? sim_draw_duration(&world->choices, entity, SIM_SITE_DATABASE_LATENCY, &world->database_latency)
                   : sim_draw_duration(&world->choices, entity, SIM_SITE_NETWORK_LATENCY, &world->latency);

    return latency_ns * world->nodes[envelope->from].slow_factor * world->nodes[envelope->to].slow_factor;
}

static bool is_poll(uint32_t op)
{
    return op == WF_CASE_svc_request_poll_workflow_task || op == WF_CASE_svc_request_poll_activity_task;
}

/* A long poll is a stream that stays open: it is not sent twice. A second poller that nobody listens to would eat tasks. */
static bool is_long_poll(const struct sim_envelope *envelope)
{
    return envelope->kind == SIM_MESSAGE_REQUEST && is_poll(envelope->op);
}

static bool is_response(uint32_t op)
{
    return op == WF_CASE_svc_request_respond_workflow_task_completed ||
           op == WF_CASE_svc_request_respond_workflow_task_failed ||
           op == WF_CASE_svc_request_respond_activity_task_completed ||
           op == WF_CASE_svc_request_respond_activity_task_failed ||
           op == WF_CASE_svc_request_respond_activity_task_canceled;
}

/* Whose task an answer to a poll brings; NULL: it brings none. */
static struct sim_workflow *subject_of_poll(struct sim_world *world, const struct wf_svc_response *response)
{
    switch (response->answer_case) {
    case WF_CASE_svc_response_workflow_task:
        return sim_world_workflow(world, response->answer.workflow_task->workflow_execution->workflow_id);
    case WF_CASE_svc_response_activity_task:
        return sim_world_workflow(world, response->answer.activity_task->workflow_execution->workflow_id);
    default:
        return NULL;
    }
}

/* The messages of a task's life have losses of their own: the poll, the task, the response to it, and that it was accepted. */
static bool is_task_message_lost(struct sim_world *world, const struct sim_envelope *envelope, struct sim_entity *entity)
{
    const bool is_request = envelope->kind == SIM_MESSAGE_REQUEST;
    struct sim_workflow *subject = envelope->subject;
    enum sim_fault_kind kind = is_request ? SIM_FAULT_POLL_LOST : SIM_FAULT_TASK_LOST;
    struct sim_ratio rate = is_request ? world->rates.poll_lost : world->rates.task_lost;

    if (is_response(envelope->op)) {
        kind = is_request ? SIM_FAULT_RESPONSE_LOST : SIM_FAULT_ACCEPTANCE_LOST;
        rate = is_request ? world->rates.response_lost : world->rates.acceptance_lost;
    } else if (!is_poll(envelope->op)) {
        return false;
    } else if (!is_request) {
        subject = subject_of_poll(world, envelope->content->response);
    }
    if ((kind == SIM_FAULT_TASK_LOST && subject == NULL) ||
        (kind == SIM_FAULT_ACCEPTANCE_LOST && envelope->content->response->status != WF_CALL_OK) ||
        !sim_world_strikes(world, kind, rate, entity, SIM_SITE_TASK_MESSAGE, subject)) {
        return false;
    }
    sim_world_record_fault(world, kind, envelope->from, subject, sim_op_name(envelope->kind, envelope->op));
    return true;
}

/* The faults of single messages; storage has its own. Returns false when the message is lost. */
static bool suffer(struct sim_world *world, const struct sim_envelope *envelope, struct sim_entity *entity,
                   int64_t *latency_ns)
{
    const struct wf_string where = sim_op_name(envelope->kind, envelope->op);

    if (is_task_message_lost(world, envelope, entity)) {
        return false;
    }
    if (sim_world_strikes(world, SIM_FAULT_MESSAGE_LOSS, world->rates.message_loss, entity, SIM_SITE_NETWORK_LOSS,
                          envelope->subject)) {
        sim_world_record_fault(world, SIM_FAULT_MESSAGE_LOSS, envelope->from, envelope->subject, where);
        return false;
    }
    if (sim_world_strikes(world, SIM_FAULT_MESSAGE_DELAY, world->rates.message_delay, entity, SIM_SITE_NETWORK_DELAY,
                          envelope->subject)) {
        sim_world_record_fault(world, SIM_FAULT_MESSAGE_DELAY, envelope->from, envelope->subject, where);
        *latency_ns += WF_NS_PER_S + (int64_t)sim_choose(&world->choices, entity, SIM_SITE_NETWORK_DELAY,
                                                         DELAY_MS_MAX) * WF_NS_PER_MS;
    }
    if (sim_world_strikes(world, SIM_FAULT_MESSAGE_REORDER, world->rates.message_reorder, entity,
                          SIM_SITE_NETWORK_REORDER, envelope->subject)) {
        sim_world_record_fault(world, SIM_FAULT_MESSAGE_REORDER, envelope->from, envelope->subject, where);
        *latency_ns = 0; /* it overtakes all that are on their way */
    }
    if (!is_long_poll(envelope) &&
        sim_world_strikes(world, SIM_FAULT_MESSAGE_DUPLICATE, world->rates.message_duplicate, entity,
                          SIM_SITE_NETWORK_DUPLICATE, envelope->subject)) {
        sim_world_record_fault(world, SIM_FAULT_MESSAGE_DUPLICATE, envelope->from, envelope->subject, where);
        envelope->content->references++;
        if (!put_in_loop(world, envelope, *latency_ns + draw_latency(world, envelope, entity))) {
            sim_content_release(world, envelope->content);
        }
    }
    return true;
}

/* Puts an envelope on its hop; takes over the reference to its content, and drops it when the message is lost. */
static void put_on_hop(struct sim_world *world, const struct sim_envelope *envelope)
{
    struct sim_entity *entity =
        envelope->subject != NULL ? &envelope->subject->entity : &world->nodes[envelope->from].entity;
    const bool is_storage = envelope->kind == SIM_MESSAGE_STORE || envelope->kind == SIM_MESSAGE_REPLY;
    int64_t latency_ns = 0;

    if (is_cut(world, envelope->from, envelope->to)) {
        lose(world, envelope);
        return;
    }
    if (envelope->from != envelope->to) {
        latency_ns = draw_latency(world, envelope, entity);
        if (world->has_rates && !is_storage && !suffer(world, envelope, entity, &latency_ns)) {
            lose(world, envelope);
            return;
        }
    }
    if (!put_in_loop(world, envelope, latency_ns)) {
        sim_content_release(world, envelope->content);
    }
}

/* ---- Calls ---- */

static struct sim_call *new_call(struct sim_world *world, const struct sim_call_request *request, uint32_t op)
{
    struct sim_node *node = &world->nodes[request->node];
    uint64_t id = 0;
    struct sim_call *call = sim_table_take(&world->calls, &id);

    if (call == NULL) {
        sim_world_fail(world, WF_ERR_MEMORY, "no place for another call that waits");
        return NULL;
    }
    *call = (struct sim_call){
        .id = id,
        .node = request->node,
        .caller = request->caller,
        .op = op,
        .purpose = request->purpose,
        .context = request->context,
        .number = request->number,
        .subject = request->subject,
        .deadline_ns = world->loop.now_ns + world->rpc_timeout_ns,
    };
    wf_ring_init(&call->link);
    if (!request->has_no_deadline) {
        wf_ring_push(&node->calls, &call->link);
        if (!node->is_deadline_armed) {
            node->is_deadline_armed =
                sim_world_push(world, call->deadline_ns, node->index, SIM_EVENT_DEADLINE, NULL);
        }
    }
    return call;
}

static void end_call(struct sim_world *world, struct sim_call *call)
{
    wf_ring_remove(&call->link);
    sim_table_give(&world->calls, call->id);
}

void sim_network_abandon(struct sim_world *world, uint64_t call_id)
{
    struct sim_call *call = sim_table_find(&world->calls, call_id);

    if (call != NULL) {
        end_call(world, call);
    }
}

uint64_t sim_network_call(struct sim_world *world, const struct sim_call_request *request, struct sim_content *content)
{
    struct sim_call *call = new_call(world, request, content->request->call_case);
    const struct sim_node *node = &world->nodes[request->node];

    if (call == NULL) {
        return 0;
    }
    content->references++;
    put_on_hop(world, &(struct sim_envelope){
                                .kind = SIM_MESSAGE_REQUEST,
                                .from = request->node,
                                .to = world->server_first + node->frontend,
                                .origin = request->node,
                                .via = world->server_first + node->frontend,
                                .op = call->op,
                                .call_id = call->id,
                                .subject = request->subject,
                                .content = content,
                            });
    return call->id;
}

uint64_t sim_network_call_owner(struct sim_world *world, const struct sim_call_request *request, enum wf_target target,
                                uint32_t slot, uint32_t owner, struct sim_content *content)
{
    struct sim_call *call = new_call(world, request, content->request->call_case);

    if (call == NULL) {
        sim_content_release(world, content);
        return 0;
    }
    put_on_hop(world, &(struct sim_envelope){
                                .kind = SIM_MESSAGE_REQUEST,
                                .from = request->node,
                                .to = owner,
                                .origin = request->node,
                                .via = request->node,
                                .op = call->op,
                                .is_routed = true,
                                .target = target,
                                .slot = slot,
                                .call_id = call->id,
                                .subject = request->subject,
                                .content = content,
                            });
    return call->id;
}

uint64_t sim_network_store(struct sim_world *world, const struct sim_call_request *request,
                           struct sim_content *content)
{
    struct sim_call *call = new_call(world, request, content->store->op_case);

    if (call == NULL) {
        sim_content_release(world, content);
        return 0;
    }
    call->is_write = sim_database_is_write(content->store);
    put_on_hop(world, &(struct sim_envelope){
                                .kind = SIM_MESSAGE_STORE,
                                .from = request->node,
                                .to = world->database_node,
                                .origin = request->node,
                                .via = request->node,
                                .op = call->op,
                                .call_id = call->id,
                                .subject = request->subject,
                                .content = content,
                                .cause = request->cause,
                            });
    return call->id;
}

/* Gives the answer to whoever called. The call has left the table: the caller may call again. */
static void complete(struct sim_world *world, uint64_t call_id, struct sim_content *content,
                     const struct wf_svc_response *response, const struct wf_db_reply *reply)
{
    struct sim_call *found = sim_table_find(&world->calls, call_id);
    struct sim_call call = {0};

    if (found == NULL) {
        return; /* the second answer, or one that came too late */
    }
    call = *found;
    end_call(world, found);
    if (response != NULL &&
        (response->status == WF_CALL_UNAVAILABLE || response->status == WF_CALL_DEADLINE_EXCEEDED)) {
        struct sim_node *node = &world->nodes[call.node];

        node->frontend = (node->frontend + 1) % world->server_count;
    }
    switch (call.caller) {
    case SIM_CALLER_COMPONENT:
        sim_server_response(world, &call, response);
        break;
    case SIM_CALLER_STORE:
        sim_server_reply(world, &call, reply);
        break;
    case SIM_CALLER_WORKER:
        sim_worker_answered(world, &call, content, response);
        break;
    case SIM_CALLER_CLIENT:
        sim_client_answered(world, &call, response);
        break;
    case SIM_CALLER_NEXUS:
        sim_nexus_answered(world, &call, response);
        break;
    }
}

/* Without an answer in time a write's outcome is unknown (engine-semantics 8.2 rule 4). */
static void time_out(struct sim_world *world, const struct sim_call *call)
{
    const struct wf_svc_response response = {.status = WF_CALL_DEADLINE_EXCEEDED};
    const struct wf_db_reply reply = {.status = call->is_write ? WF_DATABASE_UNKNOWN : WF_DATABASE_UNAVAILABLE};

    if (call->caller == SIM_CALLER_STORE) {
        complete(world, call->id, NULL, NULL, &reply);
    } else {
        complete(world, call->id, NULL, &response, NULL);
    }
}

void sim_network_deadline(struct sim_world *world, uint32_t node_index)
{
    struct sim_node *node = &world->nodes[node_index];

    while (node->calls.next != &node->calls && world->status == WF_OK) {
        struct sim_call *oldest = (void *)node->calls.next;

        if (oldest->deadline_ns > world->loop.now_ns) {
            break;
        }
        time_out(world, oldest);
    }
    node->is_deadline_armed = false;
    if (node->calls.next != &node->calls) {
        const struct sim_call *oldest = (const void *)node->calls.next;

        node->is_deadline_armed = sim_world_push(world, oldest->deadline_ns, node_index, SIM_EVENT_DEADLINE, NULL);
    }
}

void sim_network_forget_calls(struct sim_world *world, uint32_t node, const struct sim_component *component)
{
    for (uint32_t place = 0; place < world->calls.count; place++) {
        uint64_t id = 0;
        struct sim_call *call = sim_table_at(&world->calls, place, &id);

        if (call != NULL && call->node == node && (component == NULL || call->context == component)) {
            end_call(world, call);
        }
    }
}

void sim_network_postpone(struct sim_world *world, const struct sim_envelope *envelope, int64_t wait_ns)
{
    envelope->content->references++;
    if (!put_in_loop(world, envelope, wait_ns)) {
        sim_content_release(world, envelope->content);
    }
}

/* ---- Arrivals ---- */

/* Sends what answers a request back along the way that it came. */
static void send_back(struct sim_world *world, uint32_t from, uint32_t to, const struct sim_envelope *request,
                      enum sim_message_kind kind, const void *message)
{
    struct sim_content *content = sim_content_new(world, kind, message);

    if (content == NULL) {
        return;
    }
    put_on_hop(world, &(struct sim_envelope){
                                .kind = kind,
                                .from = from,
                                .to = to,
                                .origin = request->origin,
                                .via = request->via,
                                .op = request->op,
                                .call_id = request->call_id,
                                .subject = request->subject,
                                .content = content,
                            });
}

void sim_network_answer(struct sim_world *world, uint32_t from, const struct sim_envelope *request,
                        const struct wf_svc_response *response)
{
    const bool is_through_frontend = request->via != from && request->via != request->origin;

    send_back(world, from, is_through_frontend ? request->via : request->origin, request, SIM_MESSAGE_RESPONSE,
              response);
}

void sim_network_reply(struct sim_world *world, const struct sim_envelope *request, const struct wf_db_reply *reply)
{
    send_back(world, request->to, request->origin, request, SIM_MESSAGE_REPLY, reply);
}

/* Nobody listens there: the machine refuses the connection. One that breaks with a write on its way says nothing of the
 * write (engine-semantics 8.2 rule 4). */
static void bounce(struct sim_world *world, const struct sim_envelope *envelope)
{
    const bool is_broken_off = envelope->incarnation != world->nodes[envelope->to].incarnation;
    const struct wf_svc_response response = {.status = WF_CALL_UNAVAILABLE};
    const struct wf_db_reply reply = {
        .status = envelope->kind == SIM_MESSAGE_STORE && is_broken_off && sim_database_is_write(envelope->content->store)
                      ? WF_DATABASE_UNKNOWN
                      : WF_DATABASE_UNAVAILABLE};

    switch (envelope->kind) {
    case SIM_MESSAGE_REQUEST:
        sim_network_answer(world, envelope->to, envelope, &response);
        break;
    case SIM_MESSAGE_STORE:
        sim_network_reply(world, envelope, &reply);
        break;
    case SIM_MESSAGE_RESPONSE:
    case SIM_MESSAGE_REPLY:
        break;
    }
}

/* The frontend of this server: finds the owner, as far as this server knows, and passes the request on. */
static void pass_on(struct sim_world *world, struct sim_envelope *envelope)
{
    const struct sim_server *server = world->nodes[envelope->to].server;
    const struct wf_svc_response no_owner = {.status = WF_CALL_UNAVAILABLE};
    struct wf_svc_response *refusal = NULL;
    struct wf_string key = {0};
    struct sim_envelope onward = *envelope;

    if (!wf_frontend_route(envelope->content->request, &world->step_arena, &onward.target, &key, &refusal)) {
        sim_network_answer(world, envelope->to, envelope, refusal);
        return;
    }
    onward.is_routed = true;
    onward.slot = sim_ring_slot_of(world, onward.target, key);
    onward.from = envelope->to;
    onward.to = server->view[onward.slot];
    if (onward.to == SIM_NO_NODE) {
        sim_network_answer(world, envelope->to, envelope, &no_owner);
    } else if (onward.to == onward.from) {
        sim_server_request(world, &onward);
    } else {
        onward.content->references++;
        put_on_hop(world, &onward);
    }
}

static void deliver(struct sim_world *world, struct sim_envelope *envelope)
{
    struct sim_envelope onward = *envelope;

    switch (envelope->kind) {
    case SIM_MESSAGE_REQUEST:
        if (envelope->target == WF_TARGET_NEXUS) {
            sim_nexus_request(world, envelope);
        } else if (envelope->is_routed) {
            sim_server_request(world, envelope);
        } else {
            pass_on(world, envelope);
        }
        break;
    case SIM_MESSAGE_RESPONSE:
        if (envelope->to == envelope->origin) {
            complete(world, envelope->call_id, envelope->content, envelope->content->response, NULL);
            break;
        }
        onward.from = envelope->to;
        onward.to = envelope->origin;
        onward.content->references++;
        put_on_hop(world, &onward);
        break;
    case SIM_MESSAGE_STORE:
        sim_storage_apply(world, envelope);
        break;
    case SIM_MESSAGE_REPLY:
        complete(world, envelope->call_id, envelope->content, NULL, envelope->content->reply);
        break;
    }
}

void sim_network_arrive(struct sim_world *world, struct sim_envelope *envelope)
{
    const struct sim_node *node = &world->nodes[envelope->to];

    if (!node->is_up || node->incarnation != envelope->incarnation) {
        bounce(world, envelope);
    } else {
        deliver(world, envelope);
    }
    sim_content_release(world, envelope->content);
    sim_world_give(world, envelope, sizeof *envelope);
}
