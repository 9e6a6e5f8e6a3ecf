/*
 * Who owns what. Every shard and every task queue falls into a slot; a slot belongs to its home server or, when that is not
 * a member, to the next one that is. Each server has a view of its own, which is told of changes a little later, so that
 * two may believe they own one shard; the database's range ids decide (engine-semantics 8.2).
 */
#include "engine/base/assert.h"
#include "sim/world/parts.h"

#define RING_SPREAD_MS 200u /* between the first and the last server that learns of a change */
#define LEASE_NS (60 * WF_NS_PER_S) /* from one look at the lease to the next */

bool sim_ring_init(struct sim_world *world)
{
    const uint32_t slot_count = world->scenario->shard_count * 2;
    struct sim_ring *ring = &world->ring;

    ring->slot_count = slot_count;
    ring->owners = wf_arena_take_array(&world->arena, slot_count, sizeof *ring->owners);
    ring->overrides = wf_arena_take_array(&world->arena, slot_count, sizeof *ring->overrides);
    ring->changes = wf_arena_take_array(&world->arena, slot_count, sizeof *ring->changes);
    if (ring->owners == NULL || ring->overrides == NULL || ring->changes == NULL) {
        return false;
    }
    for (uint32_t slot = 0; slot < slot_count; slot++) {
        ring->owners[slot] = world->server_first + slot % world->server_count;
        ring->overrides[slot] = SIM_NO_NODE;
    }
    return true;
}

uint32_t sim_ring_slot_of(const struct sim_world *world, enum wf_target target, struct wf_string key)
{
    const uint32_t shard_count = world->scenario->shard_count;

    if (target == WF_TARGET_HISTORY) {
        return (uint32_t)wf_shard_of(key, shard_count);
    }
    return shard_count + (uint32_t)(wf_hash_bytes(key.data, key.size_bytes) % shard_count);
}

static bool is_member(const struct sim_world *world, uint32_t node)
{
    return world->nodes[node].server->is_member;
}

static uint32_t owner_of(const struct sim_world *world, uint32_t slot)
{
    const uint32_t override = world->ring.overrides[slot];

    if (override != SIM_NO_NODE && is_member(world, override)) {
        return override;
    }
    for (uint32_t i = 0; i < world->server_count; i++) {
        const uint32_t node = world->server_first + (slot + i) % world->server_count;

        if (is_member(world, node)) {
            return node;
        }
    }
    return SIM_NO_NODE;
}

void sim_ring_tell(struct sim_world *world, uint32_t node)
{
    struct sim_server *server = world->nodes[node].server;
    const int64_t delay_ns = (int64_t)sim_choose(&world->choices, &world->nodes[node].entity, SIM_SITE_SHARD_OWNER,
                                                 RING_SPREAD_MS) * WF_NS_PER_MS;

    if (server->is_member && !server->is_deaf && !server->is_ring_on_its_way) {
        server->is_ring_on_its_way =
            sim_world_push(world, world->loop.now_ns + delay_ns, node, SIM_EVENT_RING, NULL);
    }
}

void sim_ring_settle(struct sim_world *world)
{
    bool is_changed = false;

    for (uint32_t slot = 0; slot < world->ring.slot_count; slot++) {
        const uint32_t owner = owner_of(world, slot);

        if (owner != world->ring.owners[slot]) {
            world->ring.owners[slot] = owner;
            world->ring.changes[slot]++;
            is_changed = true;
        }
    }
    for (uint32_t i = 0; is_changed && i < world->server_count; i++) {
        sim_ring_tell(world, world->server_first + i);
    }
}

void sim_ring_watch(struct sim_world *world, uint32_t node, int64_t delay_ns)
{
    (void)sim_world_push(world, world->loop.now_ns + delay_ns, node, SIM_EVENT_MEMBER, NULL);
}

void sim_ring_look(struct sim_world *world, uint32_t node_index)
{
    const struct sim_node *node = &world->nodes[node_index];
    const bool is_there = node->is_up && !node->is_isolated && !node->is_paused;

    if (node->server->is_member == is_there) {
        if (is_there) {
            sim_ring_tell(world, node_index); /* cut off too shortly to be missed, it may have missed changes */
        }
        return;
    }
    node->server->is_member = is_there;
    for (uint32_t slot = 0; !is_there && slot < world->ring.slot_count; slot++) {
        if (world->ring.overrides[slot] == node_index) {
            world->ring.overrides[slot] = SIM_NO_NODE; /* what was moved to it goes home */
        }
    }
    sim_ring_settle(world);
    if (is_there) {
        sim_ring_tell(world, node_index); /* it may have missed changes */
    }
}

void sim_ring_learn(struct sim_world *world, uint32_t node_index)
{
    struct sim_node *node = &world->nodes[node_index];

    node->server->is_ring_on_its_way = false;
    if (!node->is_up || node->is_isolated || node->server->is_deaf) {
        return;
    }
    memcpy(node->server->view, world->ring.owners, world->ring.slot_count * sizeof(uint32_t));
    sim_server_adopt(world, node_index);
    sim_server_end_polls(world, node_index, SIM_NO_NODE, true);
    sim_server_disown(world, node_index);
}

void sim_ring_move(struct sim_world *world, uint32_t slot, uint32_t node)
{
    WF_ASSERT(slot < world->ring.slot_count);
    world->ring.overrides[slot] = node;
    sim_ring_settle(world);
}

/* ---- Leases ---- */

static void watch_lease(struct sim_world *world, uint32_t shard)
{
    (void)sim_world_push(world, world->loop.now_ns + LEASE_NS, shard, SIM_EVENT_LEASE, NULL);
}

void sim_ring_note_acquired(struct sim_world *world, uint32_t shard, uint32_t node)
{
    if (world->ring.owners[shard] != node) {
        watch_lease(world, shard);
    }
}

void sim_ring_look_at_lease(struct sim_world *world, uint32_t shard)
{
    const uint32_t owner = world->ring.owners[shard];

    if (owner == SIM_NO_NODE ||
        wf_string_equal(world->database.shards[shard].owner, world->nodes[owner].name)) {
        return; /* who becomes a member acquires what it then owns */
    }
    world->ring.changes[shard]++;
    sim_ring_tell(world, owner);
    watch_lease(world, shard);
}
