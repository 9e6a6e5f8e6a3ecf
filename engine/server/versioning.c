/*
 * Versions of workers. A routing says which version takes what belongs to none; a run that a worker pinned stays on its version,
 * any other follows the routing at each workflow task and never one that is older than what it has followed.
 *
 * Source: ARCHITECTURE "Decisions", "A versioned task queue is one queue".
 */
#include "engine/server/versioning.h"

#include "engine/base/hash.h"

static struct wf_string build_id_of(const struct wf_worker_deployment_version *version)
{
    return version == NULL ? (struct wf_string){0} : version->build_id;
}

bool wf_version_equal(const struct wf_worker_deployment_version *left, const struct wf_worker_deployment_version *right)
{
    const struct wf_string left_id = build_id_of(left);
    const struct wf_string right_id = build_id_of(right);

    if (left_id.size_bytes == 0 || right_id.size_bytes == 0) {
        return left_id.size_bytes == right_id.size_bytes;
    }
    return wf_string_equal(left_id, right_id) && wf_string_equal(left->deployment_name, right->deployment_name);
}

/* A workflow id always falls on the same side, so that a higher share only adds to those that ramp. */
static bool is_ramping(const struct wf_svc_version_routing *routing, struct wf_string workflow_id)
{
    return wf_hash_bytes(workflow_id.data, workflow_id.size_bytes) % 100 < (uint64_t)routing->ramping_percent;
}

struct wf_worker_deployment_version wf_routing_target(const struct wf_svc_version_routing *routing,
                                                      struct wf_string workflow_id)
{
    struct wf_worker_deployment_version target = {0};

    if (routing != NULL) {
        target.deployment_name = routing->deployment_name;
        target.build_id = is_ramping(routing, workflow_id) ? routing->ramping_build_id : routing->current_build_id;
    }
    return target;
}

bool wf_versioning_is_pinned(const struct wf_service_config *config, const struct wf_state_versioning *versioning)
{
    return versioning != NULL && versioning->behavior == WF_VERSIONING_BEHAVIOR_PINNED &&
           (config->planted & WF_PLANT_PINNED_MOVES) == 0;
}

bool wf_versioning_admits(const struct wf_service_config *config, const struct wf_state_versioning *versioning,
                          const struct wf_worker_deployment_version *worker,
                          const struct wf_worker_deployment_version *target)
{
    return wf_version_equal(worker, wf_versioning_is_pinned(config, versioning) ? versioning->version : target);
}

struct wf_string wf_versioning_owner_key(struct wf_string task_queue, struct wf_string normal_task_queue,
                                         bool is_versioned)
{
    return is_versioned && normal_task_queue.size_bytes > 0 ? normal_task_queue : task_queue;
}

static struct wf_state_versioning *versioning_new(struct wf_arena *arena, int32_t behavior,
                                                  const struct wf_worker_deployment_version *version, int64_t revision)
{
    struct wf_state_versioning *versioning = WF_ARENA_NEW(arena, struct wf_state_versioning);

    if (versioning != NULL) {
        versioning->behavior = behavior;
        versioning->version = wf_message_copy(arena, &wf_type_worker_deployment_version, version);
        versioning->revision = revision;
    }
    return versioning;
}

struct wf_state_versioning *wf_versioning_copy(struct wf_arena *arena, const struct wf_state_versioning *versioning)
{
    return versioning == NULL ? NULL : wf_message_copy(arena, &wf_type_state_versioning, versioning);
}

struct wf_state_versioning *wf_versioning_begin(struct wf_arena *arena,
                                                const struct wf_event_workflow_execution_started *started)
{
    const struct wf_inherited_auto_upgrade_info *upgraded = started->inherited_auto_upgrade_info;

    if (started->inherited_pinned_version != NULL) {
        return versioning_new(arena, WF_VERSIONING_BEHAVIOR_PINNED, started->inherited_pinned_version, 0);
    }
    if (upgraded != NULL && upgraded->source_deployment_version != NULL) {
        return versioning_new(arena, WF_VERSIONING_BEHAVIOR_AUTO_UPGRADE, upgraded->source_deployment_version,
                              upgraded->source_deployment_revision_number);
    }
    return NULL;
}

struct wf_state_versioning *wf_versioning_complete(struct wf_arena *arena,
                                                   const struct wf_event_workflow_task_completed *completed,
                                                   int64_t revision)
{
    return completed->deployment_version == NULL ? NULL
                                                 : versioning_new(arena, completed->versioning_behavior,
                                                                  completed->deployment_version, revision);
}

void wf_versioning_inherit(const struct wf_service_config *config, struct wf_arena *arena,
                           const struct wf_state_versioning *versioning, struct wf_worker_deployment_version **pinned,
                           struct wf_inherited_auto_upgrade_info **upgraded)
{
    *pinned = NULL;
    *upgraded = NULL;
    if (wf_versioning_is_pinned(config, versioning)) {
        *pinned = versioning->version;
        return;
    }
    if (versioning != NULL && versioning->behavior == WF_VERSIONING_BEHAVIOR_AUTO_UPGRADE) {
        *upgraded = WF_ARENA_NEW(arena, struct wf_inherited_auto_upgrade_info);
        if (*upgraded != NULL) {
            (*upgraded)->source_deployment_version = versioning->version;
            (*upgraded)->source_deployment_revision_number = versioning->revision;
        }
    }
}
