/*
 * Deadlines of activities and the decision to retry.
 *
 * Source: engine-semantics 2.4, 4.4, 4.5, 7.4.
 */
#include "engine/base/assert.h"
#include "engine/base/sort.h"
#include "engine/server/change.h"

#define NO_TIME_MESSAGE                                                                            \
    "Not enough time to schedule next retry before activity ScheduleToClose timeout, giving up "   \
    "retrying"
#define DEADLINES_PER_ACTIVITY 3

/* ---- Deadlines (4.4) ---- */

struct deadline {
    int64_t time_ns;
    int64_t scheduled_event_id;
    int32_t timeout_type; /* UNSPECIFIED: the end of a backoff */
    int32_t attempt;
    int32_t stamp; /* after a reset an attempt's number comes again (4.9) */
};

static void add_deadline(struct deadline *deadlines, uint32_t *count,
                         const struct wf_state_activity *activity, int64_t from_ns,
                         int64_t timeout_ns, enum wf_timeout_type type)
{
    if (timeout_ns > 0) {
        deadlines[(*count)++] = (struct deadline){wf_add_saturating(from_ns, timeout_ns),
                                                  activity->scheduled_event_id, (int32_t)type,
                                                  activity->attempt, activity->stamp};
    }
}

/* The deadlines that run in the activity's present state. */
static uint32_t deadlines_of(const struct wf_state_activity *activity,
                             struct deadline deadlines[DEADLINES_PER_ACTIVITY])
{
    uint32_t count = 0;

    if (activity->is_paused) {
        return 0; /* 4.4 */
    }
    add_deadline(deadlines, &count, activity, activity->first_scheduled_time_ns,
                 activity->schedule_to_close_ns, WF_TIMEOUT_TYPE_SCHEDULE_TO_CLOSE);
    if (activity->state == WF_ACTIVITY_BACKOFF) {
        deadlines[count++] = (struct deadline){activity->scheduled_time_ns,
                                               activity->scheduled_event_id,
                                               WF_TIMEOUT_TYPE_UNSPECIFIED, activity->attempt, activity->stamp};
    } else if (activity->state == WF_ACTIVITY_SCHEDULED) {
        add_deadline(deadlines, &count, activity, activity->scheduled_time_ns,
                     activity->schedule_to_start_ns, WF_TIMEOUT_TYPE_SCHEDULE_TO_START);
    } else {
        add_deadline(deadlines, &count, activity, activity->started_time_ns,
                     activity->start_to_close_ns, WF_TIMEOUT_TYPE_START_TO_CLOSE);
        add_deadline(deadlines, &count, activity,
                     activity->heartbeat_time_ns > activity->started_time_ns
                         ? activity->heartbeat_time_ns
                         : activity->started_time_ns,
                     activity->heartbeat_ns, WF_TIMEOUT_TYPE_HEARTBEAT);
    }
    WF_ASSERT(count <= DEADLINES_PER_ACTIVITY);
    return count;
}

int64_t wf_activity_deadline(const struct wf_state_activity *activity, int32_t *timeout_type)
{
    struct deadline deadlines[DEADLINES_PER_ACTIVITY];
    const uint32_t count = deadlines_of(activity, deadlines);
    int64_t earliest_ns = INT64_MAX;

    for (uint32_t i = 0; i < count; i++) {
        if (deadlines[i].time_ns < earliest_ns) {
            earliest_ns = deadlines[i].time_ns;
            *timeout_type = deadlines[i].timeout_type;
        }
    }
    return earliest_ns;
}

/* 4.4: simultaneous expiries go by deadline, activity and number of the type. */
static int compare_deadlines(const void *left, const void *right, void *context)
{
    const struct deadline *a = left;
    const struct deadline *b = right;

    (void)context;
    if (a->time_ns != b->time_ns) {
        return a->time_ns < b->time_ns ? -1 : 1;
    }
    if (a->scheduled_event_id != b->scheduled_event_id) {
        return a->scheduled_event_id < b->scheduled_event_id ? -1 : 1;
    }
    return a->timeout_type - b->timeout_type;
}

static struct wf_failure *timeout_failure(struct wf_change *change,
                                          const struct wf_state_activity *activity,
                                          int32_t timeout_type, const char *message)
{
    struct wf_failure *failure = WF_ARENA_NEW(change->arena, struct wf_failure);
    struct wf_timeout_failure_info *info = WF_ARENA_NEW(change->arena,
                                                        struct wf_timeout_failure_info);

    if (failure == NULL || info == NULL) {
        return NULL;
    }
    info->timeout_type = timeout_type;
    info->last_heartbeat_details = activity->heartbeat_details;
    failure->message = wf_string_of(message);
    failure->source = WF_STR("Server");
    failure->failure_info_case = WF_CASE_failure_timeout_failure_info;
    failure->failure_info.timeout_failure_info = info;
    return failure;
}

static const char *timeout_message(int32_t timeout_type)
{
    switch (timeout_type) {
    case WF_TIMEOUT_TYPE_START_TO_CLOSE:
        return "activity StartToClose timeout";
    case WF_TIMEOUT_TYPE_SCHEDULE_TO_START:
        return "activity ScheduleToStart timeout";
    case WF_TIMEOUT_TYPE_SCHEDULE_TO_CLOSE:
        return "activity ScheduleToClose timeout";
    default:
        return "activity Heartbeat timeout";
    }
}

/* What a planted bug leaves armed: the timeouts from before an operator has changed them. */
static uint32_t armed_deadlines_of(const struct wf_change *change, const struct wf_state_activity *activity,
                                   struct deadline deadlines[DEADLINES_PER_ACTIVITY])
{
    const struct wf_activity_options *original = activity->original_options;
    struct wf_state_activity armed = *activity;

    if (original != NULL && wf_is_planted(change->shard->config, WF_PLANT_OLD_TIMEOUTS)) {
        armed.schedule_to_close_ns = wf_min_timeout(armed.schedule_to_close_ns,
                                                    wf_time_of(original->schedule_to_close_timeout));
        armed.schedule_to_start_ns = wf_min_timeout(armed.schedule_to_start_ns,
                                                    wf_time_of(original->schedule_to_start_timeout));
        armed.start_to_close_ns = wf_min_timeout(armed.start_to_close_ns, wf_time_of(original->start_to_close_timeout));
        armed.heartbeat_ns = wf_min_timeout(armed.heartbeat_ns, wf_time_of(original->heartbeat_timeout));
    }
    return deadlines_of(&armed, deadlines);
}

static void expire(struct wf_change *change, const struct deadline *deadline)
{
    struct wf_state_activity *activity = wf_activity_find(change->state,
                                                          deadline->scheduled_event_id);
    struct deadline current[DEADLINES_PER_ACTIVITY];
    uint32_t count = 0;

    /* An earlier expiry may have closed the activity or begun another attempt, whose clocks start anew: S2C, too, is the
     * next alarm's then (4.4). */
    if (activity == NULL || activity->attempt != deadline->attempt || activity->stamp != deadline->stamp) {
        return;
    }
    count = armed_deadlines_of(change, activity, current);
    for (uint32_t i = 0; i < count; i++) {
        if (current[i].timeout_type == deadline->timeout_type &&
            current[i].time_ns == deadline->time_ns) {
            wf_activity_failed(change, activity,
                               timeout_failure(change, activity, deadline->timeout_type,
                                               timeout_message(deadline->timeout_type)),
                               (struct wf_string){0}, deadline->timeout_type);
            return;
        }
    }
}

/* The clocks of an attempt run from the end of its backoff, however late the alarm is. */
static void end_backoffs(struct wf_change *change)
{
    for (uint32_t i = 0; i < change->state->activities.count; i++) {
        struct wf_state_activity *activity = &change->state->activities.items[i];
        bool is_dispatched = false;

        if (activity->state == WF_ACTIVITY_BACKOFF && !activity->is_paused &&
            activity->scheduled_time_ns <= change->now_ns) {
            is_dispatched = wf_activity_step(change, activity, WF_ACTIVITY_DISPATCH, NULL);
            WF_ASSERT(is_dispatched);
        }
    }
}

void wf_activities_expire(struct wf_change *change)
{
    const struct wf_state_run *state = change->state;
    const size_t capacity = (size_t)state->activities.count * DEADLINES_PER_ACTIVITY;
    struct deadline *due = wf_arena_take_array(change->arena, capacity, sizeof *due);
    struct deadline *scratch = wf_arena_take_array(change->arena, capacity, sizeof *scratch);
    uint32_t count = 0;

    if (due == NULL || scratch == NULL) {
        return;
    }
    end_backoffs(change);
    for (uint32_t i = 0; i < state->activities.count; i++) {
        struct deadline deadlines[DEADLINES_PER_ACTIVITY];
        const uint32_t running = armed_deadlines_of(change, &state->activities.items[i], deadlines);

        for (uint32_t j = 0; j < running; j++) {
            if (deadlines[j].time_ns <= change->now_ns) {
                due[count++] = deadlines[j];
            }
        }
    }
    wf_sort(due, count, sizeof *due, scratch, compare_deadlines, NULL);
    for (uint32_t i = 0; i < count; i++) {
        expire(change, &due[i]);
    }
}

/* ---- The decision to retry (4.5) ---- */

/* 4.5 step 3, whoever says it: an activity may report the timeout of something that it waited for. */
static bool is_schedule_timeout(const struct wf_failure *failure)
{
    int32_t type = WF_TIMEOUT_TYPE_UNSPECIFIED;

    if (failure != NULL && failure->failure_info_case == WF_CASE_failure_timeout_failure_info) {
        type = failure->failure_info.timeout_failure_info->timeout_type;
    }
    return type == WF_TIMEOUT_TYPE_SCHEDULE_TO_START || type == WF_TIMEOUT_TYPE_SCHEDULE_TO_CLOSE;
}

static enum wf_retry_state decide(const struct wf_change *change,
                                  const struct wf_state_activity *activity,
                                  const struct wf_failure *failure, int32_t timeout_type,
                                  int64_t *interval_ns)
{
    const struct wf_retry_case retry = {
        .policy = activity->retry_policy,
        .failure = failure,
        .attempt = activity->attempt,
        .now_ns = change->now_ns,
        .expiration_ns = activity->schedule_to_close_ns == 0
                             ? 0
                             : wf_add_saturating(activity->first_scheduled_time_ns,
                                                 activity->schedule_to_close_ns),
    };
    enum wf_retry_state state = WF_RETRY_STATE_UNSPECIFIED;

    /* 4.5 step 2 comes before everything but a missing policy; 4.4: also for S2C. S2S is never
     * asked. */
    if (activity->cancel_requested_event_id != 0 &&
        timeout_type != WF_TIMEOUT_TYPE_SCHEDULE_TO_START) {
        return WF_RETRY_STATE_CANCEL_REQUESTED;
    }
    if (is_schedule_timeout(failure)) {
        return WF_RETRY_STATE_TIMEOUT;
    }
    state = wf_retry_decide(&retry, interval_ns);
    if ((!activity->is_paused && !activity->is_reset) || state == WF_RETRY_STATE_NON_RETRYABLE_FAILURE) {
        return state;
    }
    /* 4.5 step 5 comes before the bounds of the policy; 4.9: a reset attempt is followed by the first, at once. */
    *interval_ns = 0;
    return !activity->is_paused && retry.expiration_ns > 0 && retry.now_ns > retry.expiration_ns
               ? WF_RETRY_STATE_TIMEOUT
               : WF_RETRY_STATE_IN_PROGRESS;
}

void wf_activity_failed(struct wf_change *change, struct wf_state_activity *activity,
                        struct wf_failure *failure, struct wf_string identity, int32_t timeout_type)
{
    struct wf_activity_details details = {
        .failure = failure, .identity = identity, .timeout_type = timeout_type};
    enum wf_activity_input input = WF_ACTIVITY_FAIL;
    bool is_taken = false;

    if (timeout_type != WF_TIMEOUT_TYPE_UNSPECIFIED && failure == NULL) {
        return; /* no memory for the failure */
    }
    details.retry_state = (int32_t)decide(change, activity, failure, timeout_type,
                                          &details.interval_ns);
    if (details.retry_state == WF_RETRY_STATE_IN_PROGRESS) {
        input = WF_ACTIVITY_RETRY;
    } else if (timeout_type != WF_TIMEOUT_TYPE_UNSPECIFIED) {
        input = WF_ACTIVITY_TIME_OUT;
        /* 4.4 "Conversion"; S2S keeps its own. */
        if (details.retry_state == WF_RETRY_STATE_TIMEOUT &&
            timeout_type != WF_TIMEOUT_TYPE_SCHEDULE_TO_START) {
            details.failure = timeout_failure(change, activity, WF_TIMEOUT_TYPE_SCHEDULE_TO_CLOSE,
                                              NO_TIME_MESSAGE);
        }
        /* 4.4: of the outcome alone. A failure kept for the next attempt would hold all before it. */
        if (details.failure != NULL) {
            details.failure->cause = activity->last_failure;
        }
    }
    is_taken = wf_activity_step(change, activity, input, &details);
    WF_ASSERT(is_taken);
}
