/*
 * What the fault layer does to the world: processes die and come back, links break, nodes slow down, rates of small
 * mishaps change, and everything is made whole again.
 */
#include "engine/base/assert.h"
#include "sim/fault/kinds.h"
#include "sim/world/parts.h"

#define DEPLOY_RESTART_NS (500 * WF_NS_PER_MS) /* from the end of the old process to the new one */

/* ---- Single mishaps ---- */

void sim_world_record_fault(struct sim_world *world, enum sim_fault_kind kind, uint32_t node,
                            const struct sim_workflow *subject, struct wf_string where)
{
    sim_world_record(world, (struct sim_record){.kind = SIM_RECORD_FAULT,
                                                .node = world->nodes[node].name,
                                                .subject = subject == NULL ? (struct wf_string){0} : subject->id,
                                                .a = wf_string_of(sim_fault_name(kind)),
                                                .b = where,
                                                .x = (int64_t)kind});
}

static bool is_struck(struct sim_world *world, enum sim_fault_kind kind, const struct sim_workflow *subject)
{
    struct sim_strike *strike = &world->strikes[kind];

    if (!strike->is_set || (strike->workflow_id.size_bytes > 0 &&
                            (subject == NULL || !wf_string_equal(strike->workflow_id, subject->id)))) {
        return false;
    }
    strike->is_set = false;
    return true;
}

bool sim_world_strikes(struct sim_world *world, enum sim_fault_kind kind, struct sim_ratio rate,
                       struct sim_entity *entity, enum sim_site site, const struct sim_workflow *subject)
{
    return is_struck(world, kind, subject) ||
           (rate.denominator != 0 && sim_chance(&world->choices, entity, site, rate));
}

/* Whether anything may befall single messages, writes or attempts: asked before every draw. */
static bool has_mishaps(const struct sim_world *world)
{
    if (sim_rates_any(&world->rates)) {
        return true;
    }
    for (uint32_t kind = 0; kind < SIM_FAULT_COUNT; kind++) {
        if (world->strikes[kind].is_set) {
            return true;
        }
    }
    return false;
}

/* Idle polls that were to last a day in a calm world are made anew, short, so that their loss is noticed. */
static void disturb(struct sim_world *world)
{
    if (world->is_calm) {
        world->is_calm = false;
        sim_workers_hurry(world);
    }
}

/* Clients that send late or twice lose nothing: polls need not be short for them. */
static bool touches_only_clients(const struct sim_rates *rates)
{
    const struct sim_rates of_sends = sim_rates_of_sends(rates);

    return memcmp(rates, &of_sends, sizeof of_sends) == 0;
}

void sim_world_set_rates(struct sim_world *world, const struct sim_rates *rates)
{
    world->rates = *rates;
    world->has_rates = has_mishaps(world);
    if (world->has_rates && !touches_only_clients(rates)) {
        disturb(world);
    }
}

bool sim_world_strike_next(struct sim_world *world, enum sim_fault_kind kind, struct wf_string workflow_id)
{
    WF_ASSERT((unsigned)kind < SIM_FAULT_COUNT);
    world->strikes[kind] = (struct sim_strike){.is_set = true, .workflow_id = workflow_id};
    world->has_rates = true;
    disturb(world);
    return true;
}

/* ---- Nodes and links ---- */

bool sim_world_crash_node(struct sim_world *world, uint32_t index, int64_t restart_after_ns)
{
    struct sim_node *node = &world->nodes[index];

    WF_ASSERT(index < world->node_count);
    if (!node->is_up || node->kind == SIM_NODE_CLIENT) {
        return false;
    }
    disturb(world);
    sim_world_record(world, (struct sim_record){.kind = SIM_RECORD_CRASH, .node = node->name});
    node->is_up = false;
    node->is_paused = false;
    node->incarnation++;
    sim_pause_release(world, node); /* what was on its way to the process finds it gone */
    if (node->kind == SIM_NODE_SERVER) {
        sim_server_crash(world, index);
        sim_ring_watch(world, index,
                       SIM_DETECT_NS + (int64_t)sim_choose(&world->choices, &node->entity, SIM_SITE_SHARD_OWNER,
                                                           SIM_DETECT_SPREAD_MS) * WF_NS_PER_MS);
    } else if (node->kind == SIM_NODE_WORKER) {
        sim_worker_crash(world, index);
    }
    return sim_world_push(world, world->loop.now_ns + (restart_after_ns < 0 ? 0 : restart_after_ns), index,
                          SIM_EVENT_RESTART, NULL);
}

/* ---- Deploys ---- */

bool sim_world_deploy(struct sim_world *world, bool is_back, int64_t pause_ns)
{
    if (is_back ? world->code == 0 : world->code + 1 >= world->scenario->code_count) {
        return false;
    }
    world->code += is_back ? UINT32_MAX : 1;
    for (uint32_t i = 0; i < world->worker_count; i++) {
        if (!sim_world_push(world, world->loop.now_ns + (int64_t)i * pause_ns, world->worker_first + i,
                            SIM_EVENT_DEPLOY, NULL)) {
            return false;
        }
    }
    return true;
}

/* A deploy that was turned back meanwhile passes the workers that it had not reached. */
void sim_deploy_worker(struct sim_world *world, uint32_t node)
{
    if (sim_worker_code(world, node) == world->code) {
        return;
    }
    sim_world_record(world, (struct sim_record){.kind = SIM_RECORD_DEPLOY,
                                                .node = world->nodes[node].name,
                                                .a = world->scenario->codes[world->code].version});
    (void)sim_world_crash_node(world, node, DEPLOY_RESTART_NS);
    sim_worker_set_code(world, node, world->code);
}

bool sim_world_set_link(struct sim_world *world, uint32_t from, uint32_t to, bool is_cut)
{
    uint8_t *cut = &world->cuts[from * world->node_count + to];

    WF_ASSERT(from < world->node_count && to < world->node_count);
    if (from == to || (*cut != 0) == is_cut) {
        return false;
    }
    if (is_cut) {
        disturb(world);
    }
    *cut = is_cut ? 1 : 0;
    return true;
}

bool sim_world_set_isolated(struct sim_world *world, uint32_t index, bool is_isolated)
{
    struct sim_node *node = &world->nodes[index];

    WF_ASSERT(index < world->node_count);
    if (node->is_isolated == is_isolated) {
        return false;
    }
    if (is_isolated) {
        disturb(world);
    }
    node->is_isolated = is_isolated;
    if (node->kind == SIM_NODE_SERVER) {
        sim_ring_watch(world, index, is_isolated ? SIM_DETECT_NS : SIM_JOIN_NS);
    }
    return true;
}

bool sim_world_set_slow(struct sim_world *world, uint32_t node, uint32_t factor)
{
    WF_ASSERT(node < world->node_count && factor > 0);
    if (world->nodes[node].slow_factor == factor) {
        return false;
    }
    world->nodes[node].slow_factor = factor;
    return true;
}

bool sim_world_set_paused(struct sim_world *world, uint32_t index, bool is_paused)
{
    struct sim_node *node = &world->nodes[index];

    WF_ASSERT(index < world->node_count);
    if (node->is_paused == is_paused || (is_paused && !node->is_up)) {
        return false;
    }
    node->is_paused = is_paused;
    if (is_paused) {
        disturb(world);
    } else {
        sim_pause_release(world, node);
    }
    if (node->kind == SIM_NODE_SERVER) {
        sim_ring_watch(world, index, is_paused ? SIM_DETECT_NS : SIM_JOIN_NS);
    }
    return true;
}

bool sim_world_set_deaf(struct sim_world *world, uint32_t index, bool is_deaf)
{
    struct sim_node *node = &world->nodes[index];

    WF_ASSERT(index < world->node_count && node->kind == SIM_NODE_SERVER);
    if (node->server->is_deaf == is_deaf) {
        return false;
    }
    node->server->is_deaf = is_deaf;
    if (!is_deaf) {
        sim_ring_tell(world, index);
    } else {
        disturb(world);
    }
    return true;
}

static void note_clock(struct sim_world *world, uint32_t node)
{
    const int64_t ahead_ns = sim_node_clock(world, node) - sim_epoch_ns(world->scenario) - world->loop.now_ns;

    world->clock_low_ns = ahead_ns < world->clock_low_ns ? ahead_ns : world->clock_low_ns;
    world->clock_high_ns = ahead_ns > world->clock_high_ns ? ahead_ns : world->clock_high_ns;
}

int64_t sim_world_clock_spread(struct sim_world *world)
{
    for (uint32_t i = 0; world->has_clocks && i < world->node_count; i++) {
        note_clock(world, i); /* clocks that drift */
    }
    return world->clock_high_ns - world->clock_low_ns;
}

bool sim_world_set_clock(struct sim_world *world, uint32_t index, int64_t offset_ns, int64_t drift_ppm)
{
    struct sim_node *node = &world->nodes[index];

    WF_ASSERT(index < world->node_count);
    if (node->clock_offset_ns == offset_ns && node->clock_drift_ppm == drift_ppm) {
        return false;
    }
    world->has_clocks = true;
    note_clock(world, index);
    node->clock_offset_ns = offset_ns;
    node->clock_drift_ppm = drift_ppm;
    node->clock_set_ns = world->loop.now_ns;
    note_clock(world, index);
    if (node->kind == SIM_NODE_SERVER) {
        sim_server_rewind(world, index);
    }
    return true;
}

bool sim_world_evict(struct sim_world *world, uint32_t node, uint64_t pick)
{
    WF_ASSERT(node < world->node_count);
    return world->nodes[node].kind == SIM_NODE_WORKER && world->nodes[node].is_up &&
           sim_worker_evict(world, node, pick);
}

bool sim_world_move_shard(struct sim_world *world, int32_t shard, uint32_t node)
{
    WF_ASSERT(shard >= 0 && (uint32_t)shard < world->scenario->shard_count && node < world->node_count);
    if (world->nodes[node].kind != SIM_NODE_SERVER || !world->nodes[node].is_up ||
        world->ring.owners[shard] == node) {
        return false;
    }
    sim_ring_move(world, (uint32_t)shard, node);
    return true;
}

uint32_t sim_world_shard_owner(const struct sim_world *world, int32_t shard)
{
    WF_ASSERT(shard >= 0 && (uint32_t)shard < world->scenario->shard_count);
    return world->ring.owners[shard];
}

bool sim_world_move_queue(struct sim_world *world, uint64_t pick, uint32_t node)
{
    WF_ASSERT(node < world->node_count && world->nodes[node].kind == SIM_NODE_SERVER);
    for (uint32_t i = 0; i < world->queue_count; i++) {
        const struct sim_queue *queue = &world->queues[(pick + i) % world->queue_count];
        const uint32_t slot = sim_ring_slot_of(world, WF_TARGET_MATCHING, queue->name);

        if (world->ring.owners[slot] != node) {
            disturb(world);
            sim_ring_move(world, slot, node);
            return true;
        }
    }
    return false;
}

bool sim_world_restart_matching(struct sim_world *world, uint32_t node)
{
    WF_ASSERT(node < world->node_count);
    if (world->nodes[node].kind != SIM_NODE_SERVER || !world->nodes[node].is_up) {
        return false;
    }
    disturb(world);
    sim_server_restart_matching(world, node);
    return true;
}

static bool is_open_run(const struct sim_world *world, uint32_t run_index)
{
    return run_index < world->runs.count &&
           world->runs.items[run_index]->status == WF_WORKFLOW_EXECUTION_STATUS_RUNNING;
}

bool sim_world_cancel(struct sim_world *world, uint32_t run_index)
{
    return is_open_run(world, run_index) &&
           sim_client_command(world, SIM_CLIENT_CANCEL, world->runs.items[run_index]);
}

bool sim_world_terminate(struct sim_world *world, uint32_t run_index)
{
    return is_open_run(world, run_index) &&
           sim_client_command(world, SIM_CLIENT_TERMINATE, world->runs.items[run_index]);
}

bool sim_world_reset(struct sim_world *world, uint32_t run_index, uint64_t pick)
{
    return is_open_run(world, run_index) && sim_client_reset(world, world->runs.items[run_index], pick);
}

/* ---- Healing ---- */

void sim_world_heal(struct sim_world *world)
{
    memset(&world->rates, 0, sizeof world->rates);
    memset(world->strikes, 0, sizeof world->strikes);
    world->has_rates = false;
    memset(world->cuts, 0, (size_t)world->node_count * world->node_count);
    for (uint32_t i = 0; i < world->node_count; i++) {
        struct sim_node *node = &world->nodes[i];

        node->slow_factor = 1;
        (void)sim_world_set_paused(world, i, false);
        (void)sim_world_set_clock(world, i, 0, 0);
        if (node->kind == SIM_NODE_SERVER) {
            (void)sim_world_set_deaf(world, i, false);
        }
        if (node->is_isolated) {
            (void)sim_world_set_isolated(world, i, false);
        }
        if (!node->is_up) {
            (void)sim_world_push(world, world->loop.now_ns, i, SIM_EVENT_RESTART, NULL);
        }
    }
    for (uint32_t slot = 0; slot < world->ring.slot_count; slot++) {
        world->ring.overrides[slot] = SIM_NO_NODE;
    }
    sim_ring_settle(world);
    world->is_calm = true;
}
