/*
 * Versions of workers: which one a worker is, how a rollout moves new work and runs that are not pinned from one to the next, and
 * how workers of an old one stop for good. Each task queue is told on its own, until it has heard.
 */
#include "engine/base/assert.h"
#include "sim/world/worker_parts.h"

bool sim_versions_of(const struct sim_world *world, uint32_t code, struct wf_worker_deployment_version *version)
{
    *version = (struct wf_worker_deployment_version){0};
    if (!world->scenario->versioning.is_set) {
        return false;
    }
    version->deployment_name = world->scenario->versioning.deployment;
    version->build_id = world->scenario->codes[code].version;
    return true;
}

uint32_t sim_versions_count(const struct sim_world *world)
{
    return world->scenario->versioning.is_set ? world->scenario->code_count : 1;
}

int32_t sim_versions_behavior(const struct sim_world *world, struct wf_string workflow_type)
{
    const struct sim_versioning *versioning = &world->scenario->versioning;

    for (uint32_t i = 0; i < versioning->type_count; i++) {
        if (wf_string_equal(versioning->types[i].workflow_type, workflow_type)) {
            return versioning->types[i].behavior;
        }
    }
    return versioning->is_set ? versioning->behavior : WF_VERSIONING_BEHAVIOR_UNSPECIFIED;
}

/* ---- Routings ---- */

static void tell_queue(struct sim_world *world, const struct sim_queue *queue, bool is_activity, struct wf_string what)
{
    struct wf_svc_version_routing routing = world->routing;
    struct wf_svc_set_routing body = {.task_queue = queue->name, .is_activity = is_activity, .routing = &routing};
    const struct wf_svc_request request = {.call_case = WF_CASE_svc_request_set_routing, .call = {.set_routing = &body}};
    struct sim_content *content = sim_content_new(world, SIM_MESSAGE_REQUEST, &request);
    struct sim_workflow *deployment = sim_world_workflow(world, world->scenario->versioning.deployment);

    if (content == NULL || deployment == NULL) {
        return;
    }
    deployment->is_no_workflow = true;
    sim_client_route(world, deployment, what, content);
}

static void tell_queues(struct sim_world *world, struct wf_string version)
{
    const struct wf_string what = world->routing.ramping_percent > 0 ? WF_STR("ramp") : WF_STR("set current");

    world->routing.revision++;
    sim_world_record(world, (struct sim_record){.kind = SIM_RECORD_ROUTING,
                                                .node = world->nodes[world->operator_node].name,
                                                .a = version,
                                                .x = world->routing.ramping_percent,
                                                .y = world->routing.revision});
    for (uint32_t i = 0; i < world->queue_count && world->status == WF_OK; i++) {
        tell_queue(world, &world->queues[i], false, what);
        tell_queue(world, &world->queues[i], true, what);
    }
}

/* ---- Workers that stop for good ---- */

static void retire(struct sim_world *world, struct wf_string version)
{
    for (uint32_t i = 0; i < world->worker_count && world->status == WF_OK; i++) {
        struct sim_node *node = &world->nodes[world->worker_first + i];

        if (node->is_retired || !wf_string_equal(world->scenario->codes[node->worker->code].version, version)) {
            continue;
        }
        node->is_retired = true;
        sim_world_record(world, (struct sim_record){.kind = SIM_RECORD_RETIRED,
                                                    .node = node->name,
                                                    .a = version});
        if (node->is_up) {
            (void)sim_world_crash_node(world, node->index, 0);
        }
    }
}

bool sim_world_serves_version(const struct sim_world *world, struct wf_string queue, struct wf_string build_id)
{
    for (uint32_t i = 0; i < world->worker_count; i++) {
        const struct sim_node *node = &world->nodes[world->worker_first + i];

        if (!node->is_retired && wf_string_equal(node->worker->queue->name, queue) &&
            wf_string_equal(world->scenario->codes[node->worker->code].version, build_id)) {
            return true;
        }
    }
    return false;
}

/* ---- The rollout ---- */

void sim_versions_step(struct sim_world *world, const struct sim_rollout_step *step)
{
    const struct wf_string version =
        step->version.size_bytes == 0 ? world->scenario->codes[0].version : step->version;

    switch (step->action) {
    case SIM_ROLLOUT_CURRENT:
        world->routing.current_build_id = version;
        world->routing.ramping_build_id = (struct wf_string){0};
        world->routing.ramping_percent = 0;
        tell_queues(world, version);
        return;
    case SIM_ROLLOUT_RAMP:
        world->routing.ramping_build_id = version;
        world->routing.ramping_percent = (int32_t)step->percent;
        tell_queues(world, version);
        return;
    case SIM_ROLLOUT_RETIRE:
        retire(world, version);
        return;
    }
    WF_UNREACHABLE();
}

bool sim_versions_init(struct sim_world *world)
{
    static const struct sim_rollout_step first = {.action = SIM_ROLLOUT_CURRENT};
    const struct sim_versioning *versioning = &world->scenario->versioning;

    if (!versioning->is_set) {
        return true;
    }
    world->routing.deployment_name = versioning->deployment;
    if (!sim_world_push(world, 0, world->operator_node, SIM_EVENT_ROLLOUT, (void *)(uintptr_t)&first)) {
        return false;
    }
    for (uint32_t i = 0; i < versioning->step_count; i++) {
        if (!sim_world_push(world, versioning->steps[i].at_ns, world->operator_node, SIM_EVENT_ROLLOUT,
                            (void *)(uintptr_t)&versioning->steps[i])) {
            return false;
        }
    }
    return true;
}
