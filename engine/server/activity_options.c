/*
 * Options of a pending activity that an operator changes: fields named by a mask are taken from the request, the rest stays,
 * and the whole is judged and normalised as a command's is. Those that the activity was scheduled with stay beside them.
 *
 * Source: engine-semantics 2.4, 4.3, 4.9.
 */
#include <stddef.h>
#include <string.h>

#include "engine/base/assert.h"
#include "engine/server/change.h"

/* A path of the mask, and where its value lies. */
static const struct option {
    const char *path;
    bool is_of_policy;
    size_t offset;
    size_t size_bytes;
} options_known[] = {
#define PLACE(type, field) offsetof(struct type, field), sizeof((struct type *)NULL)->field
    {"task_queue.name", false, PLACE(wf_activity_options, task_queue)},
    {"schedule_to_close_timeout", false, PLACE(wf_activity_options, schedule_to_close_timeout)},
    {"schedule_to_start_timeout", false, PLACE(wf_activity_options, schedule_to_start_timeout)},
    {"start_to_close_timeout", false, PLACE(wf_activity_options, start_to_close_timeout)},
    {"heartbeat_timeout", false, PLACE(wf_activity_options, heartbeat_timeout)},
    {"retry_policy", true, 0, sizeof(struct wf_retry_policy)},
    {"retry_policy.initial_interval", true, PLACE(wf_retry_policy, initial_interval)},
    {"retry_policy.backoff_coefficient", true, PLACE(wf_retry_policy, backoff_coefficient)},
    {"retry_policy.maximum_interval", true, PLACE(wf_retry_policy, maximum_interval)},
    {"retry_policy.maximum_attempts", true, PLACE(wf_retry_policy, maximum_attempts)},
    {"retry_policy.non_retryable_error_types", true, PLACE(wf_retry_policy, non_retryable_error_types)},
#undef PLACE
};

/* What an activity is to have; texts and lists are borrowed. */
struct settings {
    struct wf_task_queue task_queue;
    struct wf_retry_policy policy;
    struct wf_activity_options options; /* of these two, and the timeouts as given */
    struct wf_activity_timeouts timeouts;
};

static void read_settings(const struct wf_state_activity *activity, struct settings *settings)
{
    *settings = (struct settings){
        .task_queue.name = activity->task_queue,
        .policy = activity->retry_policy == NULL ? (struct wf_retry_policy){0} : *activity->retry_policy,
        .options = {.task_queue = &settings->task_queue,
                    .schedule_to_close_timeout = wf_duration_of(activity->schedule_to_close_ns),
                    .schedule_to_start_timeout = wf_duration_of(activity->schedule_to_start_ns),
                    .start_to_close_timeout = wf_duration_of(activity->start_to_close_ns),
                    .heartbeat_timeout = wf_duration_of(activity->heartbeat_ns),
                    .retry_policy = activity->retry_policy == NULL ? NULL : &settings->policy}};
}

static const struct option *find_option(struct wf_string path)
{
    for (size_t i = 0; i < sizeof options_known / sizeof options_known[0]; i++) {
        if (wf_string_is(path, options_known[i].path)) {
            return &options_known[i];
        }
    }
    return NULL;
}

/* Takes what the mask names. NULL, or what is wrong. */
static const char *merge(const struct wf_svc_operate_activity *request, struct settings *settings)
{
    for (uint32_t i = 0; i < request->update_mask.count; i++) {
        const struct option *option = find_option(request->update_mask.items[i]);
        const void *from = request->options;
        void *to = &settings->options;

        if (option == NULL) {
            return "UpdateMask names what is no option of an activity.";
        }
        if (option->is_of_policy) {
            from = request->options->retry_policy;
            to = &settings->policy;
            settings->options.retry_policy = &settings->policy;
        }
        if (from == NULL) {
            return "RetryPolicy is not provided.";
        }
        memcpy((char *)to + option->offset, (const char *)from + option->offset, option->size_bytes);
    }
    return NULL;
}

/* As of a command (2.3 ScheduleActivityTask). */
static const char *judge(const struct wf_shard *shard, struct settings *settings)
{
    const struct wf_activity_options *options = &settings->options;
    struct wf_activity_timeouts *timeouts = &settings->timeouts;

    if (options->task_queue == NULL || options->task_queue->name.size_bytes == 0 ||
        options->task_queue->name.size_bytes > (size_t)shard->config->limits.id_bytes_max) {
        return "TaskQueue is not set or too long.";
    }
    if (!wf_timeout_read(options->schedule_to_close_timeout, &timeouts->schedule_to_close_ns) ||
        !wf_timeout_read(options->schedule_to_start_timeout, &timeouts->schedule_to_start_ns) ||
        !wf_timeout_read(options->start_to_close_timeout, &timeouts->start_to_close_ns) ||
        !wf_timeout_read(options->heartbeat_timeout, &timeouts->heartbeat_ns)) {
        return "A timeout is negative.";
    }
    if (timeouts->schedule_to_close_ns == 0 && timeouts->start_to_close_ns == 0) {
        return "A valid StartToClose or ScheduleToCloseTimeout is not set.";
    }
    return options->retry_policy == NULL ? NULL : wf_retry_policy_complete(&settings->policy);
}

/* What the activity would have; NULL, or why it cannot. */
static const char *make_settings(const struct wf_shard *shard, const struct wf_shard_run *run,
                                 const struct wf_state_activity *activity, const struct wf_svc_operate_activity *request,
                                 struct settings *settings)
{
    const char *problem = NULL;

    read_settings(activity, settings);
    problem = merge(request, settings);
    if (problem == NULL) {
        problem = judge(shard, settings);
    }
    if (problem == NULL) {
        wf_activity_timeouts_normalise(&settings->timeouts, run->start->run_timeout_ns);
    }
    return problem;
}

const char *wf_activity_options_check(const struct wf_shard *shard, const struct wf_shard_run *run,
                                      const struct wf_state_activity *activity,
                                      const struct wf_svc_operate_activity *request)
{
    struct settings settings;

    if (request->restores_options) {
        return NULL;
    }
    return make_settings(shard, run, activity, request, &settings);
}

void wf_activity_options_update(struct wf_change *change, struct wf_state_activity *activity,
                                const struct wf_svc_operate_activity *request)
{
    struct settings settings;
    const char *problem = NULL;

    if (activity->original_options == NULL) {
        activity->original_options = wf_activity_options_copy(&change->run->arena, activity);
    }
    problem = make_settings(change->shard, change->run, activity, request, &settings);
    WF_ASSERT(problem == NULL);
    activity->task_queue = wf_change_own(change, settings.options.task_queue->name);
    activity->schedule_to_close_ns = settings.timeouts.schedule_to_close_ns;
    activity->schedule_to_start_ns = settings.timeouts.schedule_to_start_ns;
    activity->start_to_close_ns = settings.timeouts.start_to_close_ns;
    activity->heartbeat_ns = settings.timeouts.heartbeat_ns;
    activity->retry_policy = settings.options.retry_policy == NULL
                                 ? NULL
                                 : wf_change_own_message(change, &wf_type_retry_policy, settings.options.retry_policy);
}

void wf_activity_options_restore(struct wf_state_activity *activity)
{
    const struct wf_activity_options *original = activity->original_options;

    if (original == NULL) {
        return; /* nobody has changed them */
    }
    activity->task_queue = original->task_queue->name;
    activity->schedule_to_close_ns = wf_time_of(original->schedule_to_close_timeout);
    activity->schedule_to_start_ns = wf_time_of(original->schedule_to_start_timeout);
    activity->start_to_close_ns = wf_time_of(original->start_to_close_timeout);
    activity->heartbeat_ns = wf_time_of(original->heartbeat_timeout);
    activity->retry_policy = original->retry_policy;
    activity->original_options = NULL;
}

struct wf_activity_options *wf_activity_options_copy(struct wf_arena *arena, const struct wf_state_activity *activity)
{
    struct settings settings;

    read_settings(activity, &settings);
    return wf_message_copy(arena, &wf_type_activity_options, &settings.options);
}
