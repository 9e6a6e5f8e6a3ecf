/*
 * Processes that stop for a while: the whole machine is busy, or the memory is being collected. What comes to one waits, and
 * when it goes on, all of it comes at once, in order. Nobody told the process that time went by.
 */
#include "engine/base/assert.h"
#include "sim/world/parts.h"

/* What a process does itself, or what is delivered to it. */
static bool is_of_process(enum sim_event_kind kind)
{
    switch (kind) {
    case SIM_EVENT_ARRIVAL:
    case SIM_EVENT_ALARM:
    case SIM_EVENT_DEADLINE:
    case SIM_EVENT_RING:
    case SIM_EVENT_TASK:
    case SIM_EVENT_POLL:
    case SIM_EVENT_ATTEMPT:
    case SIM_EVENT_REPORT:
    case SIM_EVENT_LOCAL:
        return true;
    case SIM_EVENT_RESTART:
    case SIM_EVENT_MEMBER:
    case SIM_EVENT_LEASE:
    case SIM_EVENT_START:
    case SIM_EVENT_LATER:
    case SIM_EVENT_RECORDED:
    case SIM_EVENT_SEND:
    case SIM_EVENT_CLIENT:
    case SIM_EVENT_TIMER:
    case SIM_EVENT_DEPLOY:
    case SIM_EVENT_ROLLOUT:
    case SIM_EVENT_DROP:
    case SIM_EVENT_REPEAT:
    case SIM_EVENT_NEXUS: /* the world outside is always up */
        return false;
    }
    WF_UNREACHABLE();
}

bool sim_pause_holds(struct sim_world *world, const struct sim_event *event)
{
    const enum sim_event_kind kind = (enum sim_event_kind)event->kind;
    struct sim_node *node = NULL;
    struct sim_held *held = NULL;

    if (!is_of_process(kind) || !world->nodes[event->node].is_paused) {
        return false;
    }
    node = &world->nodes[event->node];
    held = sim_world_take(world, sizeof *held);
    if (held == NULL) {
        return false;
    }
    *held = (struct sim_held){.kind = kind, .body = event->body};
    if (node->held == NULL) {
        node->held = held;
    } else {
        node->held_last->next = held;
    }
    node->held_last = held;
    return true;
}

void sim_pause_release(struct sim_world *world, struct sim_node *node)
{
    struct sim_held *held = node->held;

    node->held = NULL;
    node->held_last = NULL;
    while (held != NULL) {
        struct sim_held *const next = held->next;

        (void)sim_world_push(world, world->loop.now_ns, node->index, held->kind, held->body);
        sim_world_give(world, held, sizeof *held);
        held = next;
    }
}
