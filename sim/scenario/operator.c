/* What operators do to activities: pause, unpause, reset, and other options. */
#include "sim/scenario/section.h"

/* ---- Choices ---- */

static enum wf_status parse_reset(struct sim_loader *loader, const struct sim_yaml *node, bool *resets)
{
    static const char *const names[] = {"keep", "reset", NULL};
    uint32_t index = 0;

    WF_TRY(sim_parse_name(loader, node, "choice", names, &index));
    *resets = index == 1;
    return WF_OK;
}

enum wf_status sim_parse_client_attempts(struct sim_loader *loader, const struct sim_yaml *node, void *target)
{
    return parse_reset(loader, node, &((struct sim_client *)target)->resets_attempts);
}

enum wf_status sim_parse_client_heartbeat(struct sim_loader *loader, const struct sim_yaml *node, void *target)
{
    return parse_reset(loader, node, &((struct sim_client *)target)->resets_heartbeat);
}

/* ---- Options ---- */

/* What a key names in the mask (engine-semantics 4.9). */
struct masked {
    const char *key;
    const char *path;
};

/* Adds the paths of the keys that are there. */
static enum wf_status add_paths(struct sim_loader *loader, const struct sim_yaml *node, const struct masked *rows,
                                size_t count, struct sim_activity_options *options)
{
    struct wf_string *mask = sim_loader_take(loader, options->mask_count + count, sizeof *mask);

    if (mask == NULL) {
        return WF_ERR_MEMORY;
    }
    for (uint32_t i = 0; i < options->mask_count; i++) {
        mask[i] = options->mask[i];
    }
    for (size_t i = 0; i < count; i++) {
        if (sim_yaml_get(node, rows[i].key) != NULL) {
            mask[options->mask_count++] = wf_string_of(rows[i].path);
        }
    }
    options->mask = mask;
    return WF_OK;
}

enum wf_status sim_parse_options_retry(struct sim_loader *loader, const struct sim_yaml *node, void *target)
{
    static const struct masked rows[] = {{"initial", "retry_policy.initial_interval"},
                                         {"coefficient", "retry_policy.backoff_coefficient"},
                                         {"maximum", "retry_policy.maximum_interval"},
                                         {"attempts", "retry_policy.maximum_attempts"},
                                         {"non_retryable", "retry_policy.non_retryable_error_types"}};
    struct sim_activity_options *options = target;

    WF_TRY(sim_bind(loader, node, "retry", sim_keys_retry, &options->retry));
    options->retry.is_set = true;
    return add_paths(loader, node, rows, sizeof rows / sizeof rows[0], options);
}

enum wf_status sim_parse_client_options(struct sim_loader *loader, const struct sim_yaml *node, void *target)
{
    static const struct masked rows[] = {{"queue", "task_queue.name"},
                                         {"schedule_to_close_timeout", "schedule_to_close_timeout"},
                                         {"schedule_to_start_timeout", "schedule_to_start_timeout"},
                                         {"start_to_close_timeout", "start_to_close_timeout"},
                                         {"heartbeat_timeout", "heartbeat_timeout"}};
    static const char *const names[] = {"original", NULL};
    struct sim_activity_options *options = &((struct sim_client *)target)->options;
    const struct sim_yaml *queue = NULL;
    uint32_t index = 0;

    if (node->kind == SIM_YAML_SCALAR) {
        options->is_original = true;
        return sim_parse_name(loader, node, "options", names, &index);
    }
    WF_TRY(sim_bind(loader, node, "options", sim_keys_options, options));
    WF_TRY(add_paths(loader, node, rows, sizeof rows / sizeof rows[0], options));
    queue = sim_yaml_get(node, "queue");
    options->place = sim_yaml_place(queue != NULL ? queue : node);
    return options->mask_count > 0 ? WF_OK : sim_loader_fail(loader, node, "`options` name no option");
}

/* ---- An entry ---- */

static enum wf_status check_options(struct sim_loader *loader, const struct sim_yaml *node, const struct sim_client *client)
{
    const bool has_options = client->options.mask_count > 0;

    if (client->action == SIM_CLIENT_UPDATE_OPTIONS && !has_options && !client->options.is_original) {
        return sim_loader_fail(loader, node, "`update_options` needs `options`");
    }
    if (has_options && client->action != SIM_CLIENT_UPDATE_OPTIONS) {
        return sim_loader_fail(loader, node, "`options` belong to update_options; with reset only `options: original`");
    }
    if (client->options.is_original && client->action != SIM_CLIENT_UPDATE_OPTIONS && client->action != SIM_CLIENT_RESET) {
        return sim_loader_fail(loader, node, "`options: original` belongs to update_options or reset");
    }
    if (client->jitter_ns != 0 && client->action != SIM_CLIENT_UNPAUSE && client->action != SIM_CLIENT_RESET) {
        return sim_loader_fail(loader, node, "`jitter` belongs to unpause or reset");
    }
    return WF_OK;
}

enum wf_status sim_check_activity(struct sim_loader *loader, const struct sim_yaml *node, struct sim_client *client)
{
    static const char *const of_activities[] = {"attempts", "heartbeat", "keep_paused", "jitter", "options"};
    const enum sim_client_action action = client->action;

    if (client->activity.size_bytes == 0) {
        for (size_t i = 0; i < sizeof of_activities / sizeof *of_activities; i++) {
            if (sim_yaml_get(node, of_activities[i]) != NULL) {
                return sim_loader_fail(loader, node, "`%s` belongs to an `activity`", of_activities[i]);
            }
        }
        return action != SIM_CLIENT_UPDATE_OPTIONS
                   ? WF_OK
                   : sim_loader_fail(loader, node, "`update_options` needs an `activity`");
    }
    if (action != SIM_CLIENT_PAUSE && action != SIM_CLIENT_UNPAUSE && action != SIM_CLIENT_RESET &&
        action != SIM_CLIENT_UPDATE_OPTIONS) {
        return sim_loader_fail(loader, node, "`activity` belongs to pause, unpause, reset or update_options");
    }
    WF_TRY(check_options(loader, node, client));
    if (client->resets_attempts && action != SIM_CLIENT_UNPAUSE) {
        return sim_loader_fail(loader, node, "`attempts` belongs to unpause");
    }
    if (client->keeps_paused && action != SIM_CLIENT_RESET) {
        return sim_loader_fail(loader, node, "`keep_paused` belongs to reset");
    }
    if (client->resets_heartbeat && action != SIM_CLIENT_RESET && !client->resets_attempts) {
        return sim_loader_fail(loader, node, "`heartbeat: reset` needs `attempts: reset`");
    }
    client->activity_action = action == SIM_CLIENT_PAUSE     ? WF_ACTIVITY_ACTION_PAUSE
                              : action == SIM_CLIENT_UNPAUSE ? WF_ACTIVITY_ACTION_UNPAUSE
                              : action == SIM_CLIENT_RESET   ? WF_ACTIVITY_ACTION_RESET
                                                             : WF_ACTIVITY_ACTION_UPDATE_OPTIONS;
    client->action = SIM_CLIENT_OPERATE_ACTIVITY;
    return WF_OK;
}
