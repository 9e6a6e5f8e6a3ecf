/* What operators do to pending activities (engine-semantics 4.9). */
#include "engine/base/assert.h"
#include "sim/world/parts.h"

struct wf_string sim_activity_action_name(int32_t action)
{
    switch ((enum wf_activity_action)action) {
    case WF_ACTIVITY_ACTION_PAUSE:
        return WF_STR("pause activity");
    case WF_ACTIVITY_ACTION_UNPAUSE:
        return WF_STR("unpause activity");
    case WF_ACTIVITY_ACTION_RESET:
        return WF_STR("reset activity");
    case WF_ACTIVITY_ACTION_UPDATE_OPTIONS:
        return WF_STR("update activity options");
    }
    WF_UNREACHABLE();
}

/* NULL: no memory. */
static struct wf_activity_options *options_of(struct sim_world *world, const struct sim_activity_options *given)
{
    struct wf_activity_options *options = WF_ARENA_NEW(&world->step_arena, struct wf_activity_options);
    struct wf_task_queue *queue = WF_ARENA_NEW(&world->step_arena, struct wf_task_queue);

    if (options == NULL || queue == NULL) {
        return NULL;
    }
    queue->name = given->task_queue;
    options->task_queue = queue;
    options->schedule_to_close_timeout = wf_duration_of(given->schedule_to_close_ns);
    options->schedule_to_start_timeout = wf_duration_of(given->schedule_to_start_ns);
    options->start_to_close_timeout = wf_duration_of(given->start_to_close_ns);
    options->heartbeat_timeout = wf_duration_of(given->heartbeat_ns);
    options->retry_policy = given->retry.is_set ? sim_retry_policy(world, &given->retry) : NULL;
    return given->retry.is_set && options->retry_policy == NULL ? NULL : options;
}

bool sim_activity_fill(struct sim_world *world, const struct sim_client *client, struct sim_workflow *workflow,
                       struct wf_workflow_execution *execution, struct wf_svc_request *request)
{
    struct wf_svc_operate_activity *body = WF_ARENA_NEW(&world->step_arena, struct wf_svc_operate_activity);

    if (body == NULL) {
        return false;
    }
    *body = (struct wf_svc_operate_activity){.workflow_execution = execution,
                                             .action = client->activity_action,
                                             .activity_type = client->activity,
                                             .resets_attempts = client->resets_attempts,
                                             .resets_heartbeat = client->resets_heartbeat,
                                             .keeps_paused = client->keeps_paused,
                                             .jitter = wf_duration_of(client->jitter_ns),
                                             .restores_options = client->options.is_original};
    for (uint32_t i = 0; i < client->options.mask_count; i++) {
        struct wf_string *path = WF_LIST_APPEND(&world->step_arena, body->update_mask);

        if (path == NULL) {
            return false;
        }
        *path = client->options.mask[i];
    }
    if (client->options.mask_count > 0) {
        body->options = options_of(world, &client->options);
        workflow->has_other_options = true;
    }
    request->call_case = WF_CASE_svc_request_operate_activity;
    request->call.operate_activity = body;
    return client->options.mask_count == 0 || body->options != NULL;
}
