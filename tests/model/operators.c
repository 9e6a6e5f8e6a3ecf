/*
 * What operators do to activities, which leaves no event.
 *
 * Source: engine-semantics 4.9.
 */
#include "tests/model/transaction.h"

static const struct wf_state_activity *find_in(const struct wf_state_run *state, int64_t scheduled_event_id)
{
    for (uint32_t i = 0; state != NULL && i < state->activities.count; i++) {
        if (state->activities.items[i].scheduled_event_id == scheduled_event_id) {
            return &state->activities.items[i];
        }
    }
    return NULL;
}

static int32_t stamp_in(const struct wf_state_run *state, int64_t scheduled_event_id)
{
    const struct wf_state_activity *activity = find_in(state, scheduled_event_id);

    return activity == NULL ? 0 : activity->stamp;
}

void model_activity_restamp(struct model_transaction *tx, struct wf_state_activity *activity)
{
    const int32_t before = stamp_in(tx->run->state, activity->scheduled_event_id);
    const int32_t given = tx->given == NULL ? 0 : stamp_in(tx->given->state, activity->scheduled_event_id);

    activity->stamp = given > before ? given : before + 1;
}

/* The jitter is the engine's; that it is within its bounds is judged here. */
static void come_soon(struct model_transaction *tx, struct wf_state_activity *activity, int64_t jitter_ns)
{
    const struct wf_state_activity *given = tx->given == NULL
                                                ? NULL
                                                : find_in(tx->given->state, activity->scheduled_event_id);

    model_activity_restamp(tx, activity);
    activity->backoff_from_ns = 0;
    activity->scheduled_time_ns = tx->now_ns;
    if (given != NULL && given->scheduled_time_ns > tx->now_ns && given->scheduled_time_ns - tx->now_ns < jitter_ns) {
        activity->scheduled_time_ns = given->scheduled_time_ns;
    }
}

/* ---- Options ---- */

struct wf_activity_options *model_activity_options(struct model_transaction *tx, const struct wf_state_activity *activity)
{
    struct wf_activity_options *options = MODEL_NEW(tx, struct wf_activity_options);

    options->task_queue = MODEL_NEW(tx, struct wf_task_queue);
    options->task_queue->name = activity->task_queue;
    options->schedule_to_close_timeout = wf_duration_of(activity->schedule_to_close_ns);
    options->schedule_to_start_timeout = wf_duration_of(activity->schedule_to_start_ns);
    options->start_to_close_timeout = wf_duration_of(activity->start_to_close_ns);
    options->heartbeat_timeout = wf_duration_of(activity->heartbeat_ns);
    options->retry_policy = activity->retry_policy;
    return options;
}

static void restore_options(struct wf_state_activity *activity)
{
    const struct wf_activity_options *original = activity->original_options;

    if (original != NULL) {
        activity->task_queue = original->task_queue->name;
        activity->schedule_to_close_ns = wf_time_of(original->schedule_to_close_timeout);
        activity->schedule_to_start_ns = wf_time_of(original->schedule_to_start_timeout);
        activity->start_to_close_ns = wf_time_of(original->start_to_close_timeout);
        activity->heartbeat_ns = wf_time_of(original->heartbeat_timeout);
        activity->retry_policy = original->retry_policy;
        activity->original_options = NULL;
    }
}

/* Takes the path out of those that are left. */
static bool takes(const struct wf_svc_operate_activity *request, const char *path, uint32_t *left)
{
    bool is_named = false;

    for (uint32_t i = 0; i < request->update_mask.count; i++) {
        if (wf_string_is(request->update_mask.items[i], path)) {
            is_named = true;
            *left -= 1;
        }
    }
    return is_named;
}

/* The policy that the mask makes of the activity's; false: it names one, and none is given. */
static bool merge_policy(const struct wf_svc_operate_activity *request, struct wf_retry_policy *policy, uint32_t *left)
{
    const struct wf_retry_policy *given = request->options->retry_policy;
    const struct wf_retry_policy none = {0};
    const struct wf_retry_policy *from = given == NULL ? &none : given;
    const uint32_t left_before = *left;

    if (takes(request, "retry_policy", left)) {
        *policy = *from;
    }
    if (takes(request, "retry_policy.initial_interval", left)) {
        policy->initial_interval = from->initial_interval;
    }
    if (takes(request, "retry_policy.backoff_coefficient", left)) {
        policy->backoff_coefficient = from->backoff_coefficient;
    }
    if (takes(request, "retry_policy.maximum_interval", left)) {
        policy->maximum_interval = from->maximum_interval;
    }
    if (takes(request, "retry_policy.maximum_attempts", left)) {
        policy->maximum_attempts = from->maximum_attempts;
    }
    if (takes(request, "retry_policy.non_retryable_error_types", left)) {
        policy->non_retryable_error_types = from->non_retryable_error_types;
    }
    return given != NULL || *left == left_before;
}

static bool merge_timeout(const struct wf_svc_operate_activity *request, const char *path, struct wf_timestamp given,
                          int64_t *timeout_ns, uint32_t *left)
{
    return !takes(request, path, left) || model_duration(given, timeout_ns);
}

/* Merged, then judged and normalised as a command's options are. False: nothing that an activity can have. */
static bool update_options(struct model_transaction *tx, struct wf_state_activity *activity,
                           const struct wf_svc_operate_activity *request)
{
    const struct wf_activity_options *options = request->options;
    struct wf_activity_options *before = model_activity_options(tx, activity);
    struct model_timeouts timeouts = {activity->schedule_to_close_ns, activity->schedule_to_start_ns,
                                      activity->start_to_close_ns, activity->heartbeat_ns};
    struct wf_retry_policy *policy = wf_message_copy(tx->arena, &wf_type_retry_policy, activity->retry_policy);
    uint32_t left = request->update_mask.count;

    if (takes(request, "task_queue.name", &left)) {
        activity->task_queue = options->task_queue == NULL ? (struct wf_string){0} : options->task_queue->name;
    }
    if (!merge_timeout(request, "schedule_to_close_timeout", options->schedule_to_close_timeout,
                       &timeouts.schedule_to_close_ns, &left) ||
        !merge_timeout(request, "schedule_to_start_timeout", options->schedule_to_start_timeout,
                       &timeouts.schedule_to_start_ns, &left) ||
        !merge_timeout(request, "start_to_close_timeout", options->start_to_close_timeout,
                       &timeouts.start_to_close_ns, &left) ||
        !merge_timeout(request, "heartbeat_timeout", options->heartbeat_timeout, &timeouts.heartbeat_ns, &left) ||
        !merge_policy(request, policy, &left) || left > 0 || !model_is_id(tx->model, activity->task_queue) ||
        (timeouts.schedule_to_close_ns == 0 && timeouts.start_to_close_ns == 0) || !model_policy_is_valid(policy)) {
        return false;
    }
    model_timeouts_normalise(&timeouts, tx->start->run_timeout_ns);
    model_policy_complete(policy);
    activity->schedule_to_close_ns = timeouts.schedule_to_close_ns;
    activity->schedule_to_start_ns = timeouts.schedule_to_start_ns;
    activity->start_to_close_ns = timeouts.start_to_close_ns;
    activity->heartbeat_ns = timeouts.heartbeat_ns;
    activity->retry_policy = policy;
    if (activity->original_options == NULL) {
        activity->original_options = before;
    }
    return true;
}

/* What follows from other options for an activity that waits: what was pushed is pushed again, and a backoff is as long as the
 * policy now says. */
static void wait_anew(struct model_transaction *tx, struct wf_state_activity *activity)
{
    if (model_activity_is_started(activity)) {
        return;
    }
    model_activity_restamp(tx, activity);
    if (activity->backoff_from_ns != 0) {
        const int64_t due_ns = activity->backoff_from_ns +
                               model_retry_interval(activity->retry_policy, activity->attempt - 1);

        activity->scheduled_time_ns = due_ns > tx->now_ns ? due_ns : tx->now_ns;
    }
}

/* ---- Requests ---- */

static void reset_activity(struct model_transaction *tx, struct wf_state_activity *activity,
                           const struct wf_svc_operate_activity *request)
{
    if (request->action == WF_ACTIVITY_ACTION_RESET && request->restores_options) {
        restore_options(activity);
    }
    activity->resets_heartbeat = request->resets_heartbeat;
    if (model_activity_is_started(activity)) {
        activity->is_reset = true;
    } else {
        model_activity_begin_again(tx, activity);
    }
}

/* False: it is as the operator wants it. */
static bool operate(struct model_transaction *tx, struct wf_state_activity *activity,
                    const struct wf_svc_operate_activity *request)
{
    const bool stays_paused = request->action == WF_ACTIVITY_ACTION_RESET && request->keeps_paused &&
                              activity->is_paused;

    if (request->action == WF_ACTIVITY_ACTION_PAUSE) {
        if (activity->is_paused) {
            return false;
        }
        activity->is_paused = true;
        model_activity_restamp(tx, activity);
        return true;
    }
    if (request->action == WF_ACTIVITY_ACTION_UNPAUSE && !activity->is_paused) {
        return false;
    }
    if (request->action == WF_ACTIVITY_ACTION_UPDATE_OPTIONS) {
        if (request->restores_options) {
            restore_options(activity);
        }
        wait_anew(tx, activity);
        return true;
    }
    if (request->action == WF_ACTIVITY_ACTION_RESET || request->resets_attempts) {
        reset_activity(tx, activity, request);
    }
    activity->is_paused = stays_paused;
    if (!stays_paused && !model_activity_is_started(activity)) {
        come_soon(tx, activity, wf_time_of(request->jitter));
    }
    return true;
}

/* Options with the fields to take, or those from before, and not both. */
static bool are_options_there(const struct wf_svc_operate_activity *request)
{
    if (request->action != WF_ACTIVITY_ACTION_UPDATE_OPTIONS) {
        return true;
    }
    return request->restores_options ? request->options == NULL && request->update_mask.count == 0
                                     : request->options != NULL && request->update_mask.count > 0;
}

void model_operate_activity(struct model_transaction *tx)
{
    const struct wf_svc_operate_activity *request = tx->operation->request->call.operate_activity;
    const struct wf_workflow_execution *target = request->workflow_execution;
    bool is_found = false;
    bool is_changed = false;

    if (!model_is_run_id(target->run_id)) {
        model_reply(tx, WF_CALL_NOT_FOUND);
        return;
    }
    if ((request->activity_id.size_bytes == 0 && request->activity_type.size_bytes == 0) ||
        request->action < WF_ACTIVITY_ACTION_PAUSE || request->action > WF_ACTIVITY_ACTION_UPDATE_OPTIONS ||
        wf_time_of(request->jitter) < 0 || !are_options_there(request)) {
        model_reply(tx, WF_CALL_INVALID_ARGUMENT);
        return;
    }
    model_reply(tx, WF_CALL_NOT_FOUND);
    if (!model_activity_begin(tx, target->workflow_id, target->run_id)) {
        return;
    }
    for (uint32_t i = 0; i < tx->state->activities.count; i++) {
        struct wf_state_activity *activity = &tx->state->activities.items[i];

        if (request->activity_id.size_bytes > 0 ? wf_string_equal(activity->activity_id, request->activity_id)
                                                : wf_string_equal(activity->activity_type, request->activity_type)) {
            is_found = true;
            if (request->action == WF_ACTIVITY_ACTION_UPDATE_OPTIONS && !request->restores_options &&
                !update_options(tx, activity, request)) {
                model_reply(tx, WF_CALL_INVALID_ARGUMENT);
                return;
            }
            is_changed = operate(tx, activity, request) || is_changed;
        }
    }
    if (is_found) {
        model_reply(tx, WF_CALL_OK);
    }
    if (is_changed) {
        model_transaction_commit(tx);
    }
}
