/*
 * Server processes: the shards and the matching component of each, fed with requests, answers, replies and alarms, and their
 * outputs performed. A component never acts inside another's step: whatever it puts out goes through the loop.
 */
#include "engine/base/assert.h"
#include "sim/world/parts.h"

static struct sim_server *server_of(struct sim_world *world, uint32_t node)
{
    WF_ASSERT(world->nodes[node].kind == SIM_NODE_SERVER);
    return world->nodes[node].server;
}

/* ---- Alarms ---- */

static void arm(struct sim_world *world, struct sim_component *component)
{
    const wf_time_ns wake_ns = component->wake_ns < world->loop.now_ns ? world->loop.now_ns : component->wake_ns;

    if (sim_alarms_need(&component->alarms, wake_ns) &&
        sim_world_push(world, wake_ns, component->node, SIM_EVENT_ALARM, component)) {
        component->alarm_count++;
    }
}

static void set_wake(struct sim_world *world, struct sim_component *component, wf_time_ns wake_at_ns)
{
    component->wake_at_ns = wake_at_ns;
    component->wake_ns = wake_at_ns == INT64_MAX
                             ? INT64_MAX
                             : wake_at_ns - sim_node_clock(world, component->node) + world->loop.now_ns;
}

/* ---- The life of components ---- */

static struct sim_component *new_component(struct sim_world *world, uint32_t node, enum sim_component_kind kind)
{
    struct sim_component *component = sim_world_take(world, sizeof *component);

    if (component != NULL) {
        component->kind = kind;
        component->node = node;
        component->entity = world->nodes[node].entity;
        set_wake(world, component, INT64_MAX);
    }
    return component;
}

static void make_shard(struct sim_world *world, uint32_t node, int32_t shard_id)
{
    struct sim_server *server = server_of(world, node);
    struct sim_component *component = new_component(world, node, SIM_COMPONENT_SHARD);

    if (component == NULL) {
        return;
    }
    component->shard_id = shard_id;
    component->entity.hash = wf_hash_mix(component->entity.hash, (uint64_t)shard_id + 1);
    component->shard = wf_shard_new(&server->service, shard_id);
    if (component->shard == NULL) {
        sim_world_fail(world, WF_ERR_MEMORY, "no memory for a shard");
        return;
    }
    server->shards[shard_id] = component;
    set_wake(world, component, sim_node_clock(world, node)); /* its first alarm acquires the shard */
    arm(world, component);
}

static void make_matching(struct sim_world *world, uint32_t node)
{
    struct sim_server *server = server_of(world, node);

    server->matching = new_component(world, node, SIM_COMPONENT_MATCHING);
    if (server->matching == NULL) {
        return;
    }
    server->matching->matching = wf_matching_new(&server->service);
    if (server->matching->matching == NULL) {
        sim_world_fail(world, WF_ERR_MEMORY, "no memory for a matching process");
    }
}

static void free_component(struct sim_world *world, struct sim_component *component)
{
    if (component->kind == SIM_COMPONENT_SHARD) {
        wf_shard_free(component->shard);
    } else {
        wf_matching_free(component->matching);
    }
    component->is_dead = true;
    sim_network_forget_calls(world, component->node, component);
    if (component->alarm_count == 0) {
        sim_world_give(world, component, sizeof *component);
    }
}

/* Answers every request that the component leaves open: the connection breaks. */
static void refuse_inbounds(struct sim_world *world, const struct sim_component *component)
{
    const struct wf_svc_response response = {.status = WF_CALL_UNAVAILABLE};

    for (uint32_t place = 0; place < world->inbounds.count; place++) {
        uint64_t id = 0;
        struct sim_inbound *inbound = sim_table_at(&world->inbounds, place, &id);

        if (inbound != NULL && inbound->component == component) {
            const struct sim_envelope request = {.origin = inbound->origin,
                                                 .via = inbound->via,
                                                 .op = inbound->op,
                                                 .call_id = inbound->call_id,
                                                 .subject = inbound->subject};

            sim_table_give(&world->inbounds, id);
            sim_network_answer(world, component->node, &request, &response);
        }
    }
}

static void stop_shard(struct sim_world *world, struct sim_component *component)
{
    struct sim_server *server = server_of(world, component->node);
    const uint32_t node = component->node;
    const int32_t shard_id = component->shard_id;

    sim_world_record(world, (struct sim_record){
                                .kind = SIM_RECORD_SHARD_LOST, .node = world->nodes[node].name, .x = shard_id});
    refuse_inbounds(world, component);
    server->shards[shard_id] = NULL;
    free_component(world, component);
    if (server->view[shard_id] == node) {
        make_shard(world, node, shard_id); /* it still believes that the shard is its own */
    }
}

/* ---- Outputs ---- */

static struct sim_workflow *subject_of_execution(struct sim_world *world, const struct wf_workflow_execution *execution)
{
    return execution == NULL || execution->workflow_id.size_bytes == 0
               ? NULL
               : sim_world_workflow(world, execution->workflow_id);
}

static struct sim_workflow *subject_of_call(struct sim_world *world, const struct wf_service_output *output)
{
    const struct wf_svc_request *request = output->request;

    if (output->target == WF_TARGET_HISTORY) {
        return sim_world_workflow(world, output->key);
    }
    if (request->call_case == WF_CASE_svc_request_start_nexus_operation) {
        return subject_of_execution(world, request->call.start_nexus_operation->caller);
    }
    if (request->call_case == WF_CASE_svc_request_cancel_nexus_operation) {
        return subject_of_execution(world, request->call.cancel_nexus_operation->caller);
    }
    if (request->call_case == WF_CASE_svc_request_add_task) {
        return subject_of_execution(world, request->call.add_task->workflow_execution);
    }
    if (request->call_case == WF_CASE_svc_request_dispatch_query && request->call.dispatch_query->task != NULL) {
        return subject_of_execution(world, request->call.dispatch_query->task->workflow_execution);
    }
    return NULL;
}

static struct sim_workflow *subject_of_store(struct sim_world *world, const struct wf_db_request *store)
{
    switch (store->op_case) {
    case WF_CASE_db_request_write:
        return store->op.write->runs.count == 0
                   ? NULL
                   : sim_world_workflow(world, store->op.write->runs.items[0].workflow_id);
    case WF_CASE_db_request_read_run:
        return sim_world_workflow(world, store->op.read_run->workflow_id);
    case WF_CASE_db_request_read_history:
        return sim_world_workflow(world, store->op.read_history->workflow_id);
    default:
        return NULL;
    }
}

/* What comes to shards and what they answer: for checks alone. */
static void tell_exchange(struct sim_world *world, const struct sim_component *component, struct sim_exchange exchange)
{
    if (component->kind == SIM_COMPONENT_SHARD && world->config.exchange_observer != NULL) {
        exchange.time_ns = world->loop.now_ns;
        exchange.step = world->loop.step_count;
        exchange.node = world->nodes[component->node].name;
        world->config.exchange_observer(world->config.observer_context, &exchange);
    }
}

static void put_answer(struct sim_world *world, const struct sim_component *component,
                       const struct wf_service_output *output)
{
    const struct sim_inbound *inbound = sim_table_find(&world->inbounds, output->call_id);
    struct sim_envelope request = {0};

    if (inbound == NULL) {
        return; /* its caller went away */
    }
    request = (struct sim_envelope){.origin = inbound->origin,
                                    .via = inbound->via,
                                    .op = inbound->op,
                                    .call_id = inbound->call_id,
                                    .subject = inbound->subject};
    if (inbound->op == WF_CASE_svc_request_query_workflow && component->kind == SIM_COMPONENT_SHARD) {
        sim_query_passed(world, component->shard_id, wf_shard_range_id(component->shard), output->response);
    }
    tell_exchange(world, component, (struct sim_exchange){.call_id = output->call_id, .response = output->response});
    sim_table_give(&world->inbounds, output->call_id);
    sim_network_answer(world, component->node, &request, output->response);
}

static void put_call(struct sim_world *world, struct sim_component *component, const struct wf_service_output *output)
{
    const struct sim_server *server = server_of(world, component->node);
    const bool is_nexus = output->target == WF_TARGET_NEXUS;
    const uint32_t slot = is_nexus ? 0 : sim_ring_slot_of(world, output->target, output->key);
    const uint32_t owner = is_nexus                            ? world->nexus_node
                           : server->view[slot] == SIM_NO_NODE ? component->node
                                                               : server->view[slot];
    struct sim_content *content = sim_content_new(world, SIM_MESSAGE_REQUEST, output->request);
    const struct sim_call_request call = {
        .node = component->node,
        .caller = SIM_CALLER_COMPONENT,
        .context = component,
        .number = output->call_id,
        .subject = subject_of_call(world, output),
    };

    if (content != NULL) {
        (void)sim_network_call_owner(world, &call, output->target, slot, owner, content);
    }
}

static void put_store(struct sim_world *world, struct sim_component *component, const struct wf_service_output *output)
{
    struct sim_content *content = sim_content_new(world, SIM_MESSAGE_STORE, output->store);
    const struct sim_call_request call = {
        .node = component->node,
        .caller = SIM_CALLER_STORE,
        .context = component,
        .number = output->call_id,
        .subject = subject_of_store(world, output->store),
        .cause = {.kind = output->cause.kind,
                  .status = output->cause.status,
                  .call_id = output->cause.call_id,
                  .event_id = output->cause.event_id},
    };

    if (content != NULL) {
        (void)sim_network_store(world, &call, content);
    }
}

static void perform(struct sim_world *world, struct sim_component *component, const struct wf_service_outputs *outputs)
{
    bool is_stopped = false;

    for (size_t i = 0; i < outputs->count; i++) {
        const struct wf_service_output *output = &outputs->items[i];

        switch (output->type) {
        case WF_SERVICE_ANSWER:
            put_answer(world, component, output);
            break;
        case WF_SERVICE_CALL:
            put_call(world, component, output);
            break;
        case WF_SERVICE_STORE:
            put_store(world, component, output);
            break;
        case WF_SERVICE_WAKE_AT:
            set_wake(world, component, output->time_ns);
            break;
        case WF_SERVICE_STOP:
            is_stopped = true;
            break;
        }
    }
    if (is_stopped) {
        stop_shard(world, component);
    } else {
        arm(world, component);
    }
}

/* A query changes nothing (I75): nothing is written in the step that takes one. */
static void watch_query(struct sim_world *world, const struct sim_component *component,
                        const struct wf_service_input *in, const struct wf_service_outputs *outputs)
{
    if (in->type != WF_SERVICE_REQUEST || in->request->call_case != WF_CASE_svc_request_query_workflow) {
        return;
    }
    for (size_t i = 0; i < outputs->count; i++) {
        if (outputs->items[i].type == WF_SERVICE_STORE &&
            outputs->items[i].store->op_case == WF_CASE_db_request_write) {
            sim_world_record(world, (struct sim_record){
                                        .kind = SIM_RECORD_QUERY_WROTE,
                                        .node = world->nodes[component->node].name,
                                        .subject = in->request->call.query_workflow->workflow_execution->workflow_id});
        }
    }
}

static void feed(struct sim_world *world, struct sim_component *component, struct wf_service_input *in,
                 struct sim_workflow *subject)
{
    struct sim_entity *entity = subject != NULL ? &subject->entity : &component->entity;
    struct wf_service_outputs outputs = {0};
    enum wf_status status = WF_OK;

    WF_ASSERT(!component->is_dead);
    in->now_ns = sim_node_clock(world, component->node);
    in->entropy = sim_draw(&world->choices, entity, SIM_SITE_SERVICE_ENTROPY);
    if (component->kind == SIM_COMPONENT_SHARD) {
        status = wf_shard_step(component->shard, in, &outputs, &world->error);
        if (status == WF_OK) {
            watch_query(world, component, in, &outputs);
        }
    } else {
        status = wf_matching_step(component->matching, in, &outputs, &world->error);
    }
    if (status != WF_OK) {
        world->status = status;
        return;
    }
    perform(world, component, &outputs);
}

/* ---- Inputs ---- */

void sim_server_request(struct sim_world *world, const struct sim_envelope *envelope)
{
    const struct wf_svc_response not_here = {.status = WF_CALL_UNAVAILABLE};
    struct sim_server *server = server_of(world, envelope->to);
    const bool is_owner = server->view[envelope->slot] == envelope->to;
    struct sim_component *component = NULL;
    struct sim_inbound *inbound = NULL;
    uint64_t id = 0;

    if (envelope->target == WF_TARGET_HISTORY) {
        component = server->shards[envelope->slot]; /* also when it moved and nobody fenced this one yet */
    } else if (is_owner) {
        component = server->matching;
    }
    if (component == NULL) {
        sim_network_answer(world, envelope->to, envelope, &not_here);
        return;
    }
    inbound = sim_table_take(&world->inbounds, &id);
    if (inbound == NULL) {
        sim_world_fail(world, WF_ERR_MEMORY, "no place for another request that waits");
        return;
    }
    *inbound = (struct sim_inbound){
        .server = envelope->to,
        .origin = envelope->origin,
        .via = envelope->via,
        .op = envelope->op,
        .slot = envelope->slot,
        .call_id = envelope->call_id,
        .component = component,
        .subject = envelope->subject,
    };
    tell_exchange(world, component, (struct sim_exchange){.call_id = id, .request = envelope->content->request});
    feed(world, component,
         &(struct wf_service_input){
             .type = WF_SERVICE_REQUEST, .call_id = id, .request = envelope->content->request},
         envelope->subject);
}

void sim_server_alarm(struct sim_world *world, struct sim_component *component)
{
    component->alarm_count--;
    if (component->is_dead) {
        if (component->alarm_count == 0) {
            sim_world_give(world, component, sizeof *component);
        }
        return;
    }
    sim_alarms_popped(&component->alarms, world->loop.now_ns);
    if (component->wake_ns <= world->loop.now_ns) {
        set_wake(world, component, INT64_MAX);
        feed(world, component, &(struct wf_service_input){.type = WF_SERVICE_ALARM}, NULL);
    } else {
        arm(world, component);
    }
}

void sim_server_response(struct sim_world *world, const struct sim_call *call, const struct wf_svc_response *response)
{
    feed(world, call->context,
         &(struct wf_service_input){.type = WF_SERVICE_RESPONSE, .call_id = call->number, .response = response},
         call->subject);
}

void sim_server_reply(struct sim_world *world, const struct sim_call *call, const struct wf_db_reply *reply)
{
    feed(world, call->context,
         &(struct wf_service_input){.type = WF_SERVICE_DATABASE, .call_id = call->number, .reply = reply},
         call->subject);
}

static bool is_poll(uint32_t op)
{
    return op == WF_CASE_svc_request_poll_workflow_task || op == WF_CASE_svc_request_poll_activity_task;
}

void sim_server_end_polls(struct sim_world *world, uint32_t node, uint32_t origin, bool only_moved)
{
    const struct wf_svc_response moved = {.status = WF_CALL_UNAVAILABLE};

    for (uint32_t place = 0; place < world->inbounds.count; place++) {
        uint64_t id = 0;
        const struct sim_inbound *inbound = sim_table_at(&world->inbounds, place, &id);
        struct sim_envelope request = {0};
        struct sim_component *component = NULL;

        if (inbound == NULL || !is_poll(inbound->op) || (node != SIM_NO_NODE && inbound->server != node) ||
            (origin != SIM_NO_NODE && inbound->origin != origin) ||
            (only_moved && server_of(world, inbound->server)->view[inbound->slot] == inbound->server)) {
            continue;
        }
        component = inbound->component;
        request = (struct sim_envelope){
            .origin = inbound->origin, .via = inbound->via, .op = inbound->op, .call_id = inbound->call_id};
        sim_table_give(&world->inbounds, id);
        feed(world, component, &(struct wf_service_input){.type = WF_SERVICE_CANCEL, .call_id = id}, NULL);
        if (world->nodes[request.origin].is_up) {
            sim_network_answer(world, component->node, &request, &moved);
        }
    }
}

/* ---- Processes ---- */

void sim_server_adopt(struct sim_world *world, uint32_t node)
{
    struct sim_server *server = server_of(world, node);

    for (uint32_t shard = 0; shard < world->scenario->shard_count; shard++) {
        if (server->view[shard] != node || world->status != WF_OK) {
            continue;
        }
        if (server->shards[shard] == NULL) {
            make_shard(world, node, (int32_t)shard);
        } else if (server->changes_seen[shard] != world->ring.changes[shard]) {
            stop_shard(world, server->shards[shard]); /* and makes it anew */
        }
    }
}

static void disown_queue(struct sim_world *world, struct sim_server *server, struct wf_string name,
                         struct wf_string owner_key)
{
    const uint32_t slot = sim_ring_slot_of(world, WF_TARGET_MATCHING, owner_key);

    if (name.size_bytes > 0 && server->changes_seen[slot] != world->ring.changes[slot]) {
        feed(world, server->matching, &(struct wf_service_input){.type = WF_SERVICE_DISOWN, .key = name}, NULL);
    }
}

void sim_server_disown(struct sim_world *world, uint32_t node)
{
    struct sim_server *server = server_of(world, node);

    for (uint32_t i = 0; i < world->queue_count && world->status == WF_OK; i++) {
        disown_queue(world, server, world->queues[i].name, world->queues[i].name);
    }
    for (uint32_t i = 0; i < world->worker_count && world->status == WF_OK; i++) {
        struct wf_string owner_key = {0};
        const struct wf_string name = sim_worker_sticky_queue(world, world->worker_first + i, &owner_key);

        disown_queue(world, server, name, owner_key);
    }
    memcpy(server->changes_seen, world->ring.changes, world->ring.slot_count * sizeof(uint32_t));
}

void sim_server_restart_matching(struct sim_world *world, uint32_t node)
{
    struct sim_server *server = server_of(world, node);

    refuse_inbounds(world, server->matching);
    free_component(world, server->matching);
    make_matching(world, node);
}

static void rewind_alarm(struct sim_world *world, struct sim_component *component)
{
    if (component != NULL) {
        set_wake(world, component, component->wake_at_ns);
        arm(world, component);
    }
}

void sim_server_rewind(struct sim_world *world, uint32_t node)
{
    struct sim_server *server = server_of(world, node);

    for (uint32_t shard = 0; shard < world->scenario->shard_count; shard++) {
        rewind_alarm(world, server->shards[shard]);
    }
    rewind_alarm(world, server->matching);
}

void sim_server_repeat(struct sim_world *world, struct sim_repeat *repeat)
{
    const uint32_t owner = world->ring.owners[repeat->shard_id];
    struct sim_component *component = owner == SIM_NO_NODE ? NULL : server_of(world, owner)->shards[repeat->shard_id];

    if (component != NULL && !world->nodes[owner].is_paused) {
        feed(world, component, &(struct wf_service_input){.type = WF_SERVICE_TASK, .task = repeat->task},
             sim_world_workflow(world, repeat->task->workflow_id));
    }
    sim_world_give(world, repeat, repeat->size_bytes);
}

void sim_server_start(struct sim_world *world, uint32_t node)
{
    make_matching(world, node);
    sim_server_adopt(world, node);
}

void sim_server_crash(struct sim_world *world, uint32_t node)
{
    struct sim_server *server = server_of(world, node);

    for (uint32_t shard = 0; shard < world->scenario->shard_count; shard++) {
        if (server->shards[shard] != NULL) {
            refuse_inbounds(world, server->shards[shard]);
            free_component(world, server->shards[shard]);
            server->shards[shard] = NULL;
        }
    }
    refuse_inbounds(world, server->matching);
    free_component(world, server->matching);
    server->matching = NULL;
    sim_network_forget_calls(world, node, NULL);
}

static bool init_server(struct sim_world *world, struct sim_node *node)
{
    const struct sim_config *scenario = world->scenario;

    node->server = WF_ARENA_NEW(&world->arena, struct sim_server);
    if (node->server == NULL) {
        return false;
    }
    node->server->service = (struct wf_service_config){
        .blocks = world->config.blocks,
        .limits = scenario->limits,
        .identity = node->name,
        .nexus_endpoints = scenario->nexus_endpoints,
        .nexus_endpoint_count = scenario->nexus_endpoint_count,
        .shard_count = scenario->shard_count,
        .planted = scenario->planted,
    };
    node->server->shards = wf_arena_take_array(&world->arena, scenario->shard_count, sizeof(struct sim_component *));
    node->server->view = wf_arena_take_array(&world->arena, world->ring.slot_count, sizeof(uint32_t));
    node->server->is_member = true;
    node->server->changes_seen = wf_arena_take_array(&world->arena, world->ring.slot_count, sizeof(uint32_t));
    if (node->server->shards == NULL || node->server->view == NULL || node->server->changes_seen == NULL) {
        return false;
    }
    memcpy(node->server->view, world->ring.owners, world->ring.slot_count * sizeof(uint32_t));
    return true;
}

bool sim_servers_init(struct sim_world *world)
{
    for (uint32_t i = 0; i < world->server_count; i++) {
        if (!init_server(world, &world->nodes[world->server_first + i])) {
            return false;
        }
    }
    for (uint32_t i = 0; i < world->server_count; i++) {
        sim_server_start(world, world->server_first + i);
    }
    return world->status == WF_OK;
}

void sim_servers_deinit(struct sim_world *world)
{
    for (uint32_t i = 0; i < world->server_count; i++) {
        struct sim_server *server = world->nodes[world->server_first + i].server;

        if (server == NULL) {
            continue;
        }
        for (uint32_t shard = 0; server->shards != NULL && shard < world->scenario->shard_count; shard++) {
            if (server->shards[shard] != NULL) {
                wf_shard_free(server->shards[shard]->shard);
            }
        }
        if (server->matching != NULL) {
            wf_matching_free(server->matching->matching);
        }
    }
}
