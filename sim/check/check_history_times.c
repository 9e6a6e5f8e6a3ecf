/*
 * Invariants about when things happened: timeouts that are not early, order within a flush, and what only grows
 * (engine-semantics 10.2, 10.4, 10.5). Every comparison allows for the last digit of a clock, and for clocks that disagree.
 */
#include "engine/time.h"
#include "sim/check/history_facts.h"

#define NONE UINT32_MAX /* no such event */

static int64_t waited_ns(const struct sim_history_facts *facts, uint32_t from, uint32_t to)
{
    return sim_time_difference(facts->events[to].event_time, facts->events[from].event_time);
}

/* True when `to` came before the timeout had passed since `from`. A timeout of 0 is none. People who edit histories let times
 * go back, which says nothing of a server. */
static bool is_early(const struct sim_history_facts *facts, uint32_t from, uint32_t to, struct wf_timestamp timeout)
{
    const int64_t passed_ns = waited_ns(facts, from, to);
    const int64_t timeout_ns = wf_time_of(timeout);

    return timeout_ns > 0 && passed_ns < timeout_ns - facts->tolerance_ns && !(facts->is_foreign && passed_ns < 0);
}

/* ---- Workflow tasks ---- */

/* I23. A task made by a heartbeat may end by the sum of them all (engine-semantics 3.7): it follows a completion at once. */
static void check_task_timeout(struct sim_history_facts *facts, uint32_t index)
{
    const struct wf_event_workflow_task_timed_out *timed_out = facts->events[index].attributes.workflow_task_timed_out;
    const uint32_t scheduled = (uint32_t)(timed_out->scheduled_event_id - 1);

    if (timed_out->timeout_type != WF_TIMEOUT_TYPE_START_TO_CLOSE || timed_out->started_event_id == 0 ||
        !facts->is_sound[scheduled] ||
        (scheduled > 0 && facts->events[scheduled - 1].event_type == WF_EVENT_TYPE_WORKFLOW_TASK_COMPLETED)) {
        return;
    }
    if (is_early(facts, (uint32_t)(timed_out->started_event_id - 1), index,
                 facts->events[scheduled].attributes.workflow_task_scheduled->start_to_close_timeout)) {
        sim_history_find(facts, "I23", index, "event %lld %s came before the task's time was over",
                         SIM_EVENT_ARGS(facts, index));
    }
}

static bool is_for_good(const struct wf_event_workflow_task_started *started)
{
    bool is_counted = started->suggest_continue_as_new_reasons.count == 0;

    for (uint32_t i = 0; i < started->suggest_continue_as_new_reasons.count; i++) {
        const int32_t reason = started->suggest_continue_as_new_reasons.items[i];

        is_counted = is_counted || reason == WF_SUGGEST_CONTINUE_AS_NEW_REASON_HISTORY_SIZE_TOO_LARGE ||
                     reason == WF_SUGGEST_CONTINUE_AS_NEW_REASON_TOO_MANY_HISTORY_EVENTS;
    }
    return started->suggest_continue_as_new && is_counted;
}

/* I26: a history only gets larger. Older servers do not tell its size; a reset begins to count anew. */
static void check_sizes(struct sim_history_facts *facts)
{
    const sim_event_types started = SIM_TYPE(WORKFLOW_TASK_STARTED);
    uint32_t before = NONE;

    for (uint32_t i = sim_history_next(facts, 0, started); i < facts->count && !facts->is_reset;
         i = sim_history_next(facts, i + 1, started)) {
        const struct wf_event_workflow_task_started *now = facts->events[i].attributes.workflow_task_started;
        const struct wf_event_workflow_task_started *then = NULL;

        if (!facts->is_sound[i] || now->history_size_bytes == 0) {
            continue;
        }
        then = before == NONE ? NULL : facts->events[before].attributes.workflow_task_started;
        if (then != NULL && now->history_size_bytes < then->history_size_bytes) {
            sim_history_find(facts, "I26", i, "event %lld %s tells a history of %lld bytes, and event %u told %lld",
                             SIM_EVENT_ARGS(facts, i), (long long)now->history_size_bytes, before + 1,
                             (long long)then->history_size_bytes);
        } else if (then != NULL && is_for_good(then) && !now->suggest_continue_as_new) {
            sim_history_find(facts, "I26", i, "event %lld %s does not suggest to continue as new, and event %u did",
                             SIM_EVENT_ARGS(facts, i), before + 1);
        }
        before = i;
    }
}

/* I27: a run that begins with a backoff is left alone until it is over, unless somebody cancels or updates it. */
static void check_first_task(struct sim_history_facts *facts)
{
    const sim_event_types wakes = SIM_TYPE(WORKFLOW_EXECUTION_CANCEL_REQUESTED) | SIM_TYPE(WORKFLOW_EXECUTION_SIGNALED) |
                                  SIM_TYPE(WORKFLOW_EXECUTION_UPDATE_ADMITTED) |
                                  SIM_TYPE(WORKFLOW_EXECUTION_UPDATE_ACCEPTED);
    const uint32_t scheduled = sim_history_next(facts, 0, SIM_TYPE(WORKFLOW_TASK_SCHEDULED));

    if (facts->is_reset || scheduled == facts->count || !facts->is_sound[0] ||
        facts->events[0].event_type != WF_EVENT_TYPE_WORKFLOW_EXECUTION_STARTED) {
        return;
    }
    /* The update that wakes a run is accepted in the block of the task that it made. */
    for (uint32_t i = sim_history_next(facts, 0, wakes); i < facts->count; i = sim_history_next(facts, i + 1, wakes)) {
        if (i < scheduled || (facts->block_of[i] != 0 && facts->block_of[i] <= scheduled + 3)) {
            return;
        }
    }
    if (is_early(facts, 0, scheduled,
                 facts->events[0].attributes.workflow_execution_started->first_workflow_task_backoff)) {
        sim_history_find(facts, "I27", scheduled, "event %lld %s came before the run's first backoff was over",
                         SIM_EVENT_ARGS(facts, scheduled));
    }
}

/* ---- Activities ---- */

static bool contains(struct wf_string text, const char *part)
{
    const size_t size_bytes = strlen(part);

    for (size_t i = 0; i + size_bytes <= text.size_bytes; i++) {
        if (memcmp(text.data + i, part, size_bytes) == 0) {
            return true;
        }
    }
    return false;
}

/*
 * An attempt that could not be repeated within the activity's time ends it before that time, and the message says so
 * (engine-semantics 4.4).
 */
static bool gives_up_retrying(const struct wf_failure *failure)
{
    return contains(failure->message, "next retry");
}

/* I44: a timeout is not early. With options that nobody has written down it is judged from commits (check_state.c). */
static void check_activity_timeout(struct sim_history_facts *facts, uint32_t index)
{
    const struct wf_event_activity_task_timed_out *timed_out = facts->events[index].attributes.activity_task_timed_out;
    const uint32_t scheduled = (uint32_t)(timed_out->scheduled_event_id - 1);
    const struct wf_failure *failure = timed_out->failure;
    const struct wf_event_activity_task_scheduled *activity = NULL;
    uint32_t from = scheduled;
    struct wf_timestamp timeout = {0};

    if (facts->has_other_options || !facts->is_sound[scheduled] || failure == NULL ||
        failure->failure_info_case != WF_CASE_failure_timeout_failure_info) {
        return;
    }
    activity = facts->events[scheduled].attributes.activity_task_scheduled;
    if (failure->failure_info.timeout_failure_info->timeout_type == WF_TIMEOUT_TYPE_SCHEDULE_TO_CLOSE &&
        !gives_up_retrying(failure)) {
        timeout = activity->schedule_to_close_timeout;
    } else if (failure->failure_info.timeout_failure_info->timeout_type == WF_TIMEOUT_TYPE_SCHEDULE_TO_START) {
        timeout = activity->schedule_to_start_timeout;
    } else if (failure->failure_info.timeout_failure_info->timeout_type == WF_TIMEOUT_TYPE_START_TO_CLOSE &&
               timed_out->started_event_id != 0) {
        timeout = activity->start_to_close_timeout;
        from = (uint32_t)(timed_out->started_event_id - 1);
    }
    if (is_early(facts, from, index, timeout)) {
        sim_history_find(facts, "I44", index, "event %lld %s came before the time of activity %u was over",
                         SIM_EVENT_ARGS(facts, index), scheduled + 1);
    }
}

static bool is_longer(struct wf_timestamp left, struct wf_timestamp right)
{
    return wf_time_of(right) > 0 && wf_time_of(left) > wf_time_of(right);
}

/* I49: what is recorded is what the service made of the command (engine-semantics 4.3). Some servers wrote no retry policy. */
static void check_timeouts(struct sim_history_facts *facts, uint32_t index)
{
    const struct wf_event_activity_task_scheduled *activity = facts->events[index].attributes.activity_task_scheduled;
    const struct wf_retry_policy *policy = activity->retry_policy;
    const char *what = NULL;

    if (is_longer(activity->start_to_close_timeout, activity->schedule_to_close_timeout)) {
        what = "allows an attempt more time than the whole activity";
    } else if (is_longer(activity->schedule_to_start_timeout, activity->schedule_to_close_timeout)) {
        what = "may wait for its start longer than the whole activity may take";
    } else if (is_longer(activity->heartbeat_timeout, activity->start_to_close_timeout)) {
        what = "has a heartbeat timeout above the time of an attempt";
    } else if (!facts->is_foreign && (policy == NULL || wf_time_of(policy->initial_interval) <= 0 ||
                                      wf_time_of(policy->maximum_interval) <= 0)) {
        what = "has no complete retry policy";
    }
    if (what != NULL) {
        sim_history_find(facts, "I49", index, "event %lld %s %s", SIM_EVENT_ARGS(facts, index), what);
    }
}

/* ---- Timers ---- */

static bool is_buffered(const struct wf_event *event)
{
    return event->event_type > 0 && event->event_type < WF_EVENT_TYPE_COUNT &&
           (wf_event_descriptors[event->event_type].buffering == WF_BUFFERING_B ||
            wf_event_descriptors[event->event_type].buffering == WF_BUFFERING_L);
}

/* When the timer that the event fired was due, since the run began; its start's index. */
static int64_t due_ns(const struct sim_history_facts *facts, uint32_t fired, uint32_t *started)
{
    const struct wf_event_timer_started *timer = NULL;
    int64_t due = 0;

    *started = (uint32_t)(facts->events[fired].attributes.timer_fired->started_event_id - 1);
    if (!facts->is_sound[*started]) {
        return 0;
    }
    timer = facts->events[*started].attributes.timer_started;
    return wf_add_i64(waited_ns(facts, 0, *started), wf_time_of(timer->start_to_fire_timeout), &due) ? due : INT64_MAX;
}

/* I54: what fires together fires in the order of time, then of starts. Servers round to milliseconds before they compare. */
static void check_firing_order(struct sim_history_facts *facts)
{
    uint32_t before = NONE;

    for (uint32_t i = 0; i < facts->count; i++) {
        uint32_t started = 0;
        uint32_t started_before = 0;
        int64_t due = 0;
        int64_t due_before = 0;

        before = is_buffered(&facts->events[i]) ? before : NONE;
        if (facts->events[i].event_type != WF_EVENT_TYPE_TIMER_FIRED || !facts->is_sound[i]) {
            continue;
        }
        if (before != NONE) {
            due = due_ns(facts, i, &started);
            due_before = due_ns(facts, before, &started_before);
            if (due < due_before - facts->tolerance_ns ||
                (due == due_before && started < started_before && !facts->is_foreign)) {
                sim_history_find(facts, "I54", i, "event %lld %s stands behind event %u, whose timer was due later",
                                 SIM_EVENT_ARGS(facts, i), before + 1);
            }
        }
        before = i;
    }
}

void sim_history_check_times(struct sim_history_facts *facts)
{
    for (uint32_t i = 0; i < facts->count; i++) {
        if (!facts->is_sound[i]) {
            continue;
        }
        if (facts->events[i].event_type == WF_EVENT_TYPE_WORKFLOW_TASK_TIMED_OUT) {
            check_task_timeout(facts, i);
        } else if (facts->events[i].event_type == WF_EVENT_TYPE_ACTIVITY_TASK_TIMED_OUT) {
            check_activity_timeout(facts, i);
        } else if (facts->events[i].event_type == WF_EVENT_TYPE_ACTIVITY_TASK_SCHEDULED) {
            check_timeouts(facts, i);
        }
    }
    check_sizes(facts);
    check_first_task(facts);
    check_firing_order(facts);
}
