/*
 * The world as a whole: set-up, the event loop's dispatch, and what others may see. Everything that can fail for want of
 * memory marks the world and goes on harmlessly; the step then says so.
 */
#include "sim/world/world.h"

#include "engine/base/assert.h"
#include "sim/world/continuation.h"

#define JITTER_PERCENT 20u
#define MILLION 1000000

/* ---- Small helpers of every part ---- */

bool sim_world_fail(struct sim_world *world, enum wf_status status, const char *what)
{
    if (world->status != WF_OK) {
        return false;
    }
    world->status = status;
    if (what != NULL) {
        wf_fail_status(&world->error, status, "%s", what);
    }
    return false;
}

/* What waits in the loop, for the sentence that says with what it is full. */
static const char *event_name(enum sim_event_kind kind)
{
    switch (kind) {
    case SIM_EVENT_ARRIVAL:
        return "messages on their way";
    case SIM_EVENT_ALARM:
        return "alarms of the service";
    case SIM_EVENT_DEADLINE:
        return "deadlines of calls";
    case SIM_EVENT_TASK:
    case SIM_EVENT_LOCAL:
        return "workflow tasks";
    case SIM_EVENT_POLL:
        return "polls of workers";
    case SIM_EVENT_ATTEMPT:
    case SIM_EVENT_REPORT:
        return "attempts of activities";
    case SIM_EVENT_START:
    case SIM_EVENT_RECORDED:
    case SIM_EVENT_LATER:
    case SIM_EVENT_SEND:
    case SIM_EVENT_CLIENT:
        return "sends of clients";
    case SIM_EVENT_NEXUS:
        return "Nexus operations";
    case SIM_EVENT_TIMER:
        return "faults";
    case SIM_EVENT_RESTART:
    case SIM_EVENT_MEMBER:
    case SIM_EVENT_RING:
    case SIM_EVENT_LEASE:
    case SIM_EVENT_DEPLOY:
    case SIM_EVENT_ROLLOUT:
    case SIM_EVENT_DROP:
    case SIM_EVENT_REPEAT:
        return "restarts and changes of the cluster";
    }
    WF_UNREACHABLE();
}

static bool fail_queue_full(struct sim_world *world)
{
    uint32_t counts[SIM_EVENT_REPEAT + 1] = {0};
    enum sim_event_kind most = SIM_EVENT_ARRIVAL;

    for (uint32_t i = 0; i < world->loop.count; i++) {
        counts[world->loop.heap[i].kind]++;
    }
    for (enum sim_event_kind kind = SIM_EVENT_ARRIVAL; kind <= SIM_EVENT_REPEAT; kind++) {
        most = counts[kind] > counts[most] ? kind : most;
    }
    if (world->status == WF_OK) {
        world->status = WF_ERR_LIMIT;
        wf_fail_status(&world->error, WF_ERR_LIMIT,
                       "%u things are to happen at once, as many as the simulation of this scenario holds; %u of them "
                       "are %s: start or send less, or less often",
                       world->loop.count, counts[most], event_name(most));
    }
    return false;
}

bool sim_world_push(struct sim_world *world, wf_time_ns time_ns, uint32_t node, enum sim_event_kind kind, void *body)
{
    if (!sim_loop_push(&world->loop, time_ns, node, (uint32_t)kind, body)) {
        return fail_queue_full(world);
    }
    return true;
}

void *sim_world_take(struct sim_world *world, size_t size_bytes)
{
    void *piece = wf_slab_take(&world->slabs, size_bytes);

    if (piece == NULL) {
        sim_world_fail(world, WF_ERR_MEMORY, "the run's memory is used up");
    }
    return piece;
}

void sim_world_give(struct sim_world *world, void *piece, size_t size_bytes)
{
    wf_slab_give(&world->slabs, piece, size_bytes);
}

struct sim_workflow *sim_world_workflow(struct sim_world *world, struct wf_string id)
{
    struct sim_workflow *workflow = wf_map_get(&world->workflows, id);
    struct sim_workflow **place = NULL;

    if (workflow != NULL) {
        return workflow;
    }
    workflow = WF_ARENA_NEW(&world->arena, struct sim_workflow);
    place = WF_LIST_APPEND(&world->arena, world->known);
    if (workflow == NULL || place == NULL) {
        sim_world_fail(world, WF_ERR_MEMORY, "no memory for a workflow");
        return NULL;
    }
    workflow->id = wf_string_copy(&world->arena, id);
    sim_entity_init(&workflow->entity, id);
    *place = workflow;
    if (!wf_map_set(&world->workflows, workflow->id, workflow)) {
        sim_world_fail(world, WF_ERR_MEMORY, "no memory for a workflow");
        return NULL;
    }
    return workflow;
}

wf_time_ns sim_node_clock(const struct sim_world *world, uint32_t node)
{
    const struct sim_node *at = &world->nodes[node];
    const wf_time_ns clock_ns = sim_epoch_ns(world->scenario) + world->loop.now_ns + at->clock_offset_ns;

    return at->clock_drift_ppm == 0
               ? clock_ns
               : clock_ns + (world->loop.now_ns - at->clock_set_ns) / MILLION * at->clock_drift_ppm;
}

int64_t sim_world_backoff(struct sim_world *world, struct sim_entity *entity, uint32_t tries)
{
    int64_t wait_ns = SIM_BACKOFF_NS;

    for (uint32_t i = 0; i < tries && wait_ns < SIM_BACKOFF_NS_MAX; i++) {
        wait_ns *= 2;
    }
    wait_ns = wait_ns > SIM_BACKOFF_NS_MAX ? SIM_BACKOFF_NS_MAX : wait_ns;
    return wait_ns + wait_ns / 100 * (int64_t)sim_choose(&world->choices, entity, SIM_SITE_CLIENT_BACKOFF,
                                                         JITTER_PERCENT);
}

bool sim_alarms_need(struct sim_alarms *alarms, wf_time_ns wake_ns)
{
    if (wake_ns == INT64_MAX || (alarms->count > 0 && alarms->times_ns[alarms->count - 1] <= wake_ns)) {
        return false;
    }
    if (alarms->count == SIM_ALARMS_MAX) { /* forget the latest: it will pop and find nothing to do */
        memmove(&alarms->times_ns[0], &alarms->times_ns[1], (SIM_ALARMS_MAX - 1) * sizeof alarms->times_ns[0]);
        alarms->count--;
    }
    alarms->times_ns[alarms->count++] = wake_ns;
    return true;
}

void sim_alarms_popped(struct sim_alarms *alarms, wf_time_ns now_ns)
{
    if (alarms->count > 0 && alarms->times_ns[alarms->count - 1] <= now_ns) {
        alarms->count--;
    }
}

void sim_world_record(struct sim_world *world, struct sim_record record)
{
    record.time_ns = world->loop.now_ns;
    record.step = world->loop.step_count;
    sim_record_hash(&record, &world->loop.digest);
    if (world->config.observer != NULL) {
        world->config.observer(world->config.observer_context, &record);
    }
}

/* ---- Nodes ---- */

static uint32_t add_node(struct sim_world *world, enum sim_node_kind kind, struct wf_string name)
{
    struct sim_node *node = &world->nodes[world->node_count];

    WF_ASSERT(world->node_count < SIM_NODES_MAX);
    *node = (struct sim_node){
        .index = world->node_count,
        .kind = kind,
        .name = wf_string_copy(&world->arena, name),
        .is_up = true,
        .incarnation = 1,
        .slow_factor = 1,
    };
    sim_entity_init(&node->entity, name);
    wf_ring_init(&node->calls);
    /* Callers spread over the frontends. */
    node->frontend = world->server_count == 0 ? 0 : world->node_count % world->server_count;
    return world->node_count++;
}

static void add_numbered(struct sim_world *world, enum sim_node_kind kind, struct wf_string prefix, uint32_t count)
{
    for (uint32_t i = 1; i <= count; i++) {
        char bytes[128];
        struct wf_buffer name = {0};

        wf_buffer_init_fixed(&name, bytes, sizeof bytes);
        wf_buffer_printf(&name, "%S-%u", &prefix, i);
        (void)add_node(world, kind, wf_buffer_string(&name));
    }
}

static uint32_t find_node(const struct sim_world *world, struct wf_string name)
{
    for (uint32_t i = 0; i < world->node_count; i++) {
        if (wf_string_equal(world->nodes[i].name, name)) {
            return i;
        }
    }
    return SIM_NO_NODE;
}

static uint32_t find_or_add_client(struct sim_world *world, struct wf_string name)
{
    const uint32_t found = find_node(world, name);

    return found != SIM_NO_NODE ? found : add_node(world, SIM_NODE_CLIENT, name);
}

/* Workers carry their queue's name when there are several queues. */
static void add_workers(struct sim_world *world)
{
    world->worker_first = world->node_count;
    for (uint32_t i = 0; i < world->queue_count; i++) {
        char bytes[128];
        struct wf_buffer prefix = {0};

        wf_buffer_init_fixed(&prefix, bytes, sizeof bytes);
        wf_buffer_append_text(&prefix, "worker");
        if (world->queue_count > 1) {
            wf_buffer_printf(&prefix, "-%S", &world->queues[i].name);
        }
        add_numbered(world, SIM_NODE_WORKER, wf_buffer_string(&prefix),
                     world->queues[i].worker_count * sim_versions_count(world));
    }
    world->worker_count = world->node_count - world->worker_first;
}

static enum wf_status add_nodes(struct sim_world *world, struct wf_error *err)
{
    const struct sim_config *scenario = world->scenario;
    uint32_t worker_count = 0;

    for (uint32_t i = 0; i < world->queue_count; i++) {
        worker_count += world->queues[i].worker_count * sim_versions_count(world);
    }
    if ((uint64_t)scenario->server_count + worker_count + scenario->client_count + 4 > SIM_NODES_MAX) {
        return wf_fail_status(err, WF_ERR_LIMIT, "more than %u nodes", SIM_NODES_MAX);
    }
    world->server_count = scenario->server_count;
    add_numbered(world, SIM_NODE_SERVER, WF_STR("server"), scenario->server_count);
    world->database_node = add_node(world, SIM_NODE_DATABASE, WF_STR("database"));
    add_workers(world);
    world->starter = add_node(world, SIM_NODE_CLIENT, WF_STR("starter"));
    for (uint32_t i = 0; i < scenario->client_count; i++) {
        if (scenario->clients[i].name.size_bytes > 0) {
            (void)find_or_add_client(world, scenario->clients[i].name);
        }
    }
    world->operator_node = find_or_add_client(world, WF_STR("operator"));
    world->outside_node = SIM_NO_NODE;
    for (uint32_t i = 0; i < scenario->activity_count; i++) {
        if (scenario->activities[i].later.is_set) {
            world->outside_node = find_or_add_client(world, WF_STR("outside"));
        }
    }
    if (scenario->continued != NULL) {
        world->outside_node = find_or_add_client(world, WF_STR("outside"));
    }
    world->nexus_node = scenario->nexus_endpoint_count == 0 ? SIM_NO_NODE
                                                            : find_or_add_client(world, WF_STR("nexus"));
    wf_map_init(&world->nexus_operations, &world->arena);
    world->cuts = wf_arena_take_array(&world->arena, world->node_count, world->node_count);
    return world->cuts == NULL ? wf_fail_status(err, WF_ERR_MEMORY, "no memory for the network") : WF_OK;
}

/* ---- Set-up ---- */

static bool is_unset(const struct sim_distribution *distribution)
{
    return distribution->kind == SIM_CONSTANT && distribution->low_ns == 0;
}

static void choose_defaults(struct sim_world *world)
{
    const struct sim_config *scenario = world->scenario;
    const struct sim_distribution latency = {.kind = SIM_CONSTANT, .low_ns = SIM_LATENCY_NS};

    world->latency = is_unset(&scenario->network.latency) ? latency : scenario->network.latency;
    world->database_latency = is_unset(&scenario->database.latency) ? latency : scenario->database.latency;
    world->rpc_timeout_ns =
        scenario->network.rpc_timeout_ns > 0 ? scenario->network.rpc_timeout_ns : SIM_RPC_TIMEOUT_NS;
    world->is_calm = !scenario->faults.is_enabled;
}

static bool choose_queues(struct sim_world *world)
{
    struct sim_queue *queue = NULL;

    world->queues = world->scenario->queues;
    world->queue_count = world->scenario->queue_count;
    if (world->queue_count > 0) {
        return true;
    }
    queue = WF_ARENA_NEW(&world->arena, struct sim_queue);
    if (queue == NULL) {
        return false;
    }
    *queue = (struct sim_queue){.name = world->scenario->continued == NULL ? WF_STR("default")
                                                                           : world->scenario->continued->task_queue,
                                .worker_count = world->scenario->worker_count,
                                .all_workflows = true,
                                .all_activities = true};
    world->queues = queue;
    world->queue_count = 1;
    return true;
}

/* Messages on their way, attempts and plans: some for each process, and some for each workflow that may be open. */
static uint32_t loop_capacity(const struct sim_config *scenario)
{
    uint64_t capacity = SIM_LOOP_CAPACITY;

    for (uint32_t i = 0; i < scenario->start_count; i++) {
        capacity += (uint64_t)scenario->starts[i].count * (SIM_LOOP_EVENTS_PER_RUN + scenario->client_count);
    }
    return capacity > SIM_LOOP_CAPACITY_MAX ? SIM_LOOP_CAPACITY_MAX : (uint32_t)capacity;
}

static enum wf_status init_parts(struct sim_world *world, struct wf_error *err)
{
    WF_ASSERT(world->scenario->server_count > 0 && world->scenario->shard_count > 0);
    wf_arena_init(&world->step_arena, world->config.blocks, 0);
    wf_slabs_init(&world->slabs, world->config.blocks);
    world->choices = (struct sim_choices){.seed = world->config.seed, .tape = world->config.tape};
    sim_ledger_init(&world->ledger, &world->arena);
    wf_map_init(&world->workflows, &world->arena);
    sim_table_init(&world->calls, &world->arena, sizeof(struct sim_call));
    sim_table_init(&world->inbounds, &world->arena, sizeof(struct sim_inbound));
    choose_defaults(world);
    if (!sim_loop_init(&world->loop, &world->arena, loop_capacity(world->scenario)) ||
        !sim_database_init(&world->database, &world->arena, &world->slabs, world->scenario->shard_count) ||
        !choose_queues(world)) {
        return wf_fail_status(err, WF_ERR_MEMORY, "no memory for a simulation");
    }
    if (world->scenario->continued != NULL) {
        WF_TRY(sim_continuation_check(world, err));
    }
    WF_TRY(add_nodes(world, err));
    if (!sim_ring_init(world) || !sim_servers_init(world)) {
        return wf_fail_status(err, WF_ERR_MEMORY, "no memory for the servers");
    }
    if (!sim_workers_init(world, err)) {
        return err != NULL && err->status != WF_OK ? err->status : WF_ERR_MEMORY;
    }
    if (!sim_clients_init(world) || !sim_versions_init(world)) {
        return wf_fail_status(err, WF_ERR_MEMORY, "no memory for the clients");
    }
    return world->status;
}

enum wf_status sim_world_new(const struct sim_world_config *config, struct sim_world **out, struct wf_error *err)
{
    struct wf_arena arena;
    struct sim_world *world = NULL;
    enum wf_status status = WF_OK;

    wf_arena_init(&arena, config->blocks, 0);
    world = WF_ARENA_NEW(&arena, struct sim_world);
    if (world == NULL) {
        return wf_fail_status(err, WF_ERR_MEMORY, "no memory for a simulation");
    }
    world->arena = arena;
    world->config = *config;
    world->scenario = config->config;
    if (world->config.stacks == NULL) {
        world->config.stacks = config->blocks;
    }
    status = init_parts(world, err);
    if (status != WF_OK) {
        sim_world_free(world);
        return status;
    }
    *out = world;
    return WF_OK;
}

void sim_world_free(struct sim_world *world)
{
    struct wf_arena arena;

    if (world == NULL) {
        return;
    }
    sim_workers_deinit(world);
    sim_servers_deinit(world);
    wf_slabs_deinit(&world->slabs);
    wf_arena_deinit(&world->step_arena);
    arena = world->arena; /* holds the world itself */
    wf_arena_deinit(&arena);
}

/* ---- The loop ---- */

static void restart_node(struct sim_world *world, uint32_t index)
{
    struct sim_node *node = &world->nodes[index];

    if (node->is_up || node->is_retired) {
        return; /* the heal phase was faster */
    }
    node->is_up = true;
    sim_world_record(world, (struct sim_record){.kind = SIM_RECORD_RESTART, .node = node->name});
    if (node->kind == SIM_NODE_SERVER) {
        memcpy(node->server->view, world->ring.owners, world->ring.slot_count * sizeof(uint32_t));
        memcpy(node->server->changes_seen, world->ring.changes, world->ring.slot_count * sizeof(uint32_t));
        sim_server_start(world, index);
        sim_ring_watch(world, index, SIM_JOIN_NS);
    } else if (node->kind == SIM_NODE_WORKER) {
        (void)sim_worker_start(world, index);
    }
}

static void dispatch(struct sim_world *world, const struct sim_event *event)
{
    if (sim_pause_holds(world, event)) {
        return;
    }
    switch ((enum sim_event_kind)event->kind) {
    case SIM_EVENT_ARRIVAL:
        sim_network_arrive(world, event->body);
        break;
    case SIM_EVENT_ALARM:
        sim_server_alarm(world, event->body);
        break;
    case SIM_EVENT_DEADLINE:
        sim_network_deadline(world, event->node);
        break;
    case SIM_EVENT_RESTART:
        restart_node(world, event->node);
        break;
    case SIM_EVENT_MEMBER:
        sim_ring_look(world, event->node);
        break;
    case SIM_EVENT_RING:
        sim_ring_learn(world, event->node);
        break;
    case SIM_EVENT_LEASE:
        sim_ring_look_at_lease(world, event->node);
        break;
    case SIM_EVENT_TASK:
    case SIM_EVENT_LOCAL:
    case SIM_EVENT_POLL:
    case SIM_EVENT_ATTEMPT:
    case SIM_EVENT_REPORT:
        sim_worker_event(world, event);
        break;
    case SIM_EVENT_LATER:
        sim_later_event(world, event->body);
        break;
    case SIM_EVENT_START:
    case SIM_EVENT_SEND:
    case SIM_EVENT_CLIENT:
        sim_client_event(world, event);
        break;
    case SIM_EVENT_RECORDED:
        sim_continuation_event(world, event->body);
        break;
    case SIM_EVENT_NEXUS:
        sim_nexus_event(world, event);
        break;
    case SIM_EVENT_TIMER:
        if (world->timer_handler != NULL) {
            world->timer_handler(world->timer_context, event->node);
        }
        break;
    case SIM_EVENT_DEPLOY:
        sim_deploy_worker(world, event->node);
        break;
    case SIM_EVENT_ROLLOUT:
        sim_versions_step(world, event->body);
        break;
    case SIM_EVENT_DROP:
        sim_commit_drop(world);
        break;
    case SIM_EVENT_REPEAT:
        sim_server_repeat(world, event->body);
        break;
    }
}

enum wf_status sim_world_step(struct sim_world *world, bool *is_over, struct wf_error *err)
{
    struct sim_event event = {0};

    *is_over = false;
    if (world->status == WF_OK) {
        if (!sim_loop_pop(&world->loop, &event)) {
            *is_over = true;
            return WF_OK;
        }
        wf_arena_reset(&world->step_arena);
        dispatch(world, &event);
    }
    if (world->status != WF_OK && err != NULL) {
        *err = world->error;
    }
    return world->status;
}

/* ---- Views ---- */

struct sim_loop *sim_world_loop(struct sim_world *world)
{
    return &world->loop;
}

struct sim_choices *sim_world_choices(struct sim_world *world)
{
    return &world->choices;
}

struct sim_ledger *sim_world_ledger(struct sim_world *world)
{
    return &world->ledger;
}

struct wf_arena *sim_world_arena(struct sim_world *world)
{
    return &world->arena;
}

bool sim_world_is_done(const struct sim_world *world)
{
    return world->starts_left == 0 && world->sends_left == 0 && world->plans_left == 0 &&
           world->open_count == 0 && world->database.busy_schedule_count == 0;
}

bool sim_world_has_busy_schedule(const struct sim_world *world)
{
    return world->database.busy_schedule_count > 0;
}

uint32_t sim_world_node_count(const struct sim_world *world)
{
    return world->node_count;
}

struct sim_node_view sim_world_node(const struct sim_world *world, uint32_t index)
{
    WF_ASSERT(index < world->node_count);
    return (struct sim_node_view){.index = index,
                                  .kind = world->nodes[index].kind,
                                  .name = world->nodes[index].name,
                                  .is_up = world->nodes[index].is_up};
}

struct sim_refused_starts sim_world_refused_starts(const struct sim_world *world)
{
    return world->refused_starts;
}

uint32_t sim_world_run_count(const struct sim_world *world)
{
    return world->runs.count;
}

struct sim_run_view sim_world_run(const struct sim_world *world, uint32_t index)
{
    const struct sim_run_record *run = NULL;

    WF_ASSERT(index < world->runs.count);
    run = world->runs.items[index];
    return (struct sim_run_view){
        .workflow_id = run->workflow->id,
        .run_id = run->run_id,
        .workflow_type = run->workflow_type,
        .task_queue = run->task_queue,
        .status = run->status,
        .start_time_ns = run->start_time_ns,
        .close_time_ns = run->close_time_ns,
        .last_event_time_ns = run->last_event_time_ns,
        .event_count = run->event_count,
        .has_other_options = run->workflow->has_other_options,
        .state = run->rows->state,
        .result = run->result,
    };
}

enum wf_status sim_world_history(struct sim_world *world, uint32_t run_index, const struct wf_string **batches,
                                 uint32_t *batch_count)
{
    const struct sim_db_run *rows = NULL;
    const struct sim_db_node **nodes = NULL;
    struct wf_string *bytes = NULL;

    WF_ASSERT(run_index < world->runs.count);
    rows = world->runs.items[run_index]->rows;
    nodes = sim_database_resolve(rows, &world->step_arena, 1, rows->last_event_id, batch_count);
    bytes = wf_arena_take_array(&world->step_arena, *batch_count, sizeof *bytes);
    if (nodes == NULL || bytes == NULL) {
        return WF_ERR_MEMORY;
    }
    for (uint32_t i = 0; i < *batch_count; i++) {
        bytes[i] = nodes[i]->bytes;
    }
    *batches = bytes;
    return WF_OK;
}

void sim_world_set_timer_handler(struct sim_world *world, sim_timer_handler handler, void *context)
{
    world->timer_handler = handler;
    world->timer_context = context;
}

bool sim_world_set_timer(struct sim_world *world, wf_time_ns time_ns, uint32_t id)
{
    return sim_world_push(world, time_ns, id, SIM_EVENT_TIMER, NULL);
}
