/*
 * Invariants of what a run does step by step: activities, timers, children, external requests (engine-semantics 10.4 to
 * 10.7). Each is an entity with one event that makes it, at most one that starts it and at most one that ends it; the table
 * says which events, and the invariant that a second one breaks.
 */
#include <stddef.h>

#include "engine/time.h"
#include "sim/check/history_facts.h"

/* What is known of one entity, at the index of the event that made it. 0: there is no such event, else index + 1. */
struct step {
    uint32_t started;
    uint32_t cancel_requested;
    uint32_t ended;
};

struct steps {
    struct sim_history_facts *facts;
    struct step *steps; /* by index */
};


/* ---- Which event belongs to which entity ---- */

enum part { STARTS, REQUESTS_CANCEL, ENDS };

static const struct {
    int32_t event_type;
    enum part part;
    size_t offset;         /* of the member that names the entity's first event */
    const char *invariant; /* that two of them break */
} parts[] = {
#define PART(TYPE, name, member, part, invariant)                                                                      \
    {WF_EVENT_TYPE_##TYPE, (part), offsetof(struct wf_event_##name, member), (invariant)},
    PART(ACTIVITY_TASK_STARTED, activity_task_started, scheduled_event_id, STARTS, "I36")
    PART(ACTIVITY_TASK_COMPLETED, activity_task_completed, scheduled_event_id, ENDS, "I36")
    PART(ACTIVITY_TASK_FAILED, activity_task_failed, scheduled_event_id, ENDS, "I36")
    PART(ACTIVITY_TASK_TIMED_OUT, activity_task_timed_out, scheduled_event_id, ENDS, "I36")
    PART(ACTIVITY_TASK_CANCELED, activity_task_canceled, scheduled_event_id, ENDS, "I36")
    PART(ACTIVITY_TASK_CANCEL_REQUESTED, activity_task_cancel_requested, scheduled_event_id, REQUESTS_CANCEL, "I40")
    PART(TIMER_FIRED, timer_fired, started_event_id, ENDS, "I50")
    PART(TIMER_CANCELED, timer_canceled, started_event_id, ENDS, "I50")
    PART(REQUEST_CANCEL_EXTERNAL_WORKFLOW_EXECUTION_FAILED, request_cancel_external_workflow_execution_failed, initiated_event_id, ENDS, "I60")
    PART(EXTERNAL_WORKFLOW_EXECUTION_CANCEL_REQUESTED, external_workflow_execution_cancel_requested, initiated_event_id, ENDS, "I60")
    PART(SIGNAL_EXTERNAL_WORKFLOW_EXECUTION_FAILED, signal_external_workflow_execution_failed, initiated_event_id, ENDS, "I60")
    PART(EXTERNAL_WORKFLOW_EXECUTION_SIGNALED, external_workflow_execution_signaled, initiated_event_id, ENDS, "I60")
    PART(START_CHILD_WORKFLOW_EXECUTION_FAILED, start_child_workflow_execution_failed, initiated_event_id, ENDS, "I63")
    PART(CHILD_WORKFLOW_EXECUTION_STARTED, child_workflow_execution_started, initiated_event_id, STARTS, "I63")
    PART(CHILD_WORKFLOW_EXECUTION_COMPLETED, child_workflow_execution_completed, initiated_event_id, ENDS, "I63")
    PART(CHILD_WORKFLOW_EXECUTION_FAILED, child_workflow_execution_failed, initiated_event_id, ENDS, "I63")
    PART(CHILD_WORKFLOW_EXECUTION_CANCELED, child_workflow_execution_canceled, initiated_event_id, ENDS, "I63")
    PART(CHILD_WORKFLOW_EXECUTION_TIMED_OUT, child_workflow_execution_timed_out, initiated_event_id, ENDS, "I63")
    PART(CHILD_WORKFLOW_EXECUTION_TERMINATED, child_workflow_execution_terminated, initiated_event_id, ENDS, "I63")
};
#define PART_COUNT (sizeof parts / sizeof parts[0])

static void place_part(struct steps *all, uint32_t index, size_t row)
{
    struct sim_history_facts *facts = all->facts;
    int64_t id = 0;
    struct step *step = NULL;
    uint32_t *place = NULL;

    memcpy(&id, (const char *)facts->events[index].attributes.any + parts[row].offset, sizeof id);
    step = &all->steps[id - 1]; /* references are verified (I9) */
    place = parts[row].part == STARTS ? &step->started : parts[row].part == ENDS ? &step->ended : &step->cancel_requested;
    if (*place != 0) {
        sim_history_find(facts, parts[row].invariant, index, "event %lld %s repeats for event %lld what event %u did",
                         SIM_EVENT_ARGS(facts, index), (long long)id, *place);
        return;
    }
    if (parts[row].part != ENDS && step->ended != 0) {
        sim_history_find(facts, parts[row].invariant, index, "event %lld %s comes after event %u, which ended event %lld",
                         SIM_EVENT_ARGS(facts, index), step->ended, (long long)id);
        return;
    }
    *place = index + 1;
}

static void place_parts(struct steps *all)
{
    for (uint32_t i = 0; i < all->facts->count; i++) {
        for (size_t row = 0; row < PART_COUNT; row++) {
            if (parts[row].event_type == all->facts->events[i].event_type && all->facts->is_sound[i]) {
                place_part(all, i, row);
            }
        }
    }
}

/* ---- Activities ---- */

struct activity {
    struct sim_history_facts *facts;
    uint32_t index;
    struct step step;
    const struct wf_event_activity_task_scheduled *scheduled;
    const struct wf_event *end;                           /* NULL: pending */
    const struct wf_event_activity_task_started *started; /* NULL: none */
};

static int64_t started_named_by(const struct wf_event *end)
{
    switch (end->event_type) {
    case WF_EVENT_TYPE_ACTIVITY_TASK_COMPLETED:
        return end->attributes.activity_task_completed->started_event_id;
    case WF_EVENT_TYPE_ACTIVITY_TASK_FAILED:
        return end->attributes.activity_task_failed->started_event_id;
    case WF_EVENT_TYPE_ACTIVITY_TASK_TIMED_OUT:
        return end->attributes.activity_task_timed_out->started_event_id;
    default:
        return end->attributes.activity_task_canceled->started_event_id;
    }
}

static int32_t timeout_type_of(const struct wf_event *end)
{
    const struct wf_failure *failure = end->attributes.activity_task_timed_out->failure;

    return failure == NULL || failure->failure_info_case != WF_CASE_failure_timeout_failure_info
               ? WF_TIMEOUT_TYPE_UNSPECIFIED
               : failure->failure_info.timeout_failure_info->timeout_type;
}

static bool is_before_start(int32_t timeout_type)
{
    return timeout_type == WF_TIMEOUT_TYPE_SCHEDULE_TO_START || timeout_type == WF_TIMEOUT_TYPE_SCHEDULE_TO_CLOSE;
}

/* I37: the end names its start; I39: what ends without one could not have had one. */
static void check_activity_start(const struct activity *activity)
{
    struct sim_history_facts *facts = activity->facts;
    const uint32_t end = activity->step.ended - 1;
    const int64_t named = started_named_by(activity->end);
    int32_t timeout_type = WF_TIMEOUT_TYPE_UNSPECIFIED;

    if (named != (int64_t)activity->step.started) {
        sim_history_find(facts, "I37", end, "event %lld %s names started event %lld, and that of the activity is %u",
                         SIM_EVENT_ARGS(facts, end), (long long)named, activity->step.started);
    }
    if (activity->step.started != 0 || activity->end->event_type == WF_EVENT_TYPE_ACTIVITY_TASK_CANCELED) {
        return;
    }
    if (activity->end->event_type == WF_EVENT_TYPE_ACTIVITY_TASK_TIMED_OUT) {
        timeout_type = timeout_type_of(activity->end);
    }
    if (!is_before_start(timeout_type)) {
        sim_history_find(facts, "I39", end, "event %lld %s ends activity %u, which has no started event",
                         SIM_EVENT_ARGS(facts, end), activity->index + 1);
    }
}

/* I40: a cancelled activity was asked to, by the request that it names. */
static void check_activity_cancel(const struct activity *activity)
{
    struct sim_history_facts *facts = activity->facts;
    int64_t named = 0;

    if (activity->end->event_type != WF_EVENT_TYPE_ACTIVITY_TASK_CANCELED) {
        return;
    }
    named = activity->end->attributes.activity_task_canceled->latest_cancel_requested_event_id;
    if (named != (int64_t)activity->step.cancel_requested) {
        sim_history_find(facts, "I40", activity->step.ended - 1,
                         "event %lld %s names cancel request %lld, and that of the activity is %u",
                         SIM_EVENT_ARGS(facts, activity->step.ended - 1), (long long)named,
                         activity->step.cancel_requested);
    }
}

static bool is_retry_state_allowed(const struct activity *activity, int32_t state)
{
    const int32_t maximum = activity->scheduled->retry_policy == NULL
                                ? 0
                                : activity->scheduled->retry_policy->maximum_attempts;
    const bool is_timeout = activity->end->event_type == WF_EVENT_TYPE_ACTIVITY_TASK_TIMED_OUT;

    if (state == WF_RETRY_STATE_UNSPECIFIED || state == WF_RETRY_STATE_IN_PROGRESS) {
        return false;
    }
    if (state == WF_RETRY_STATE_CANCEL_REQUESTED) {
        return activity->step.cancel_requested != 0;
    }
    if (state == WF_RETRY_STATE_MAXIMUM_ATTEMPTS_REACHED) {
        /* An operator's bound is in no event (engine-semantics 4.9). */
        return activity->started != NULL && (activity->facts->has_other_options ||
                                             (maximum > 0 && activity->started->attempt >= maximum));
    }
    return !is_timeout || !is_before_start(timeout_type_of(activity->end)) || state == WF_RETRY_STATE_TIMEOUT;
}

/* I41: why it was not tried again. Servers before retry states, and test servers, leave it out. The bound of attempts is also
 * judged from commits (check_state.c). */
static void check_retry_state(const struct activity *activity)
{
    const bool is_failed = activity->end->event_type == WF_EVENT_TYPE_ACTIVITY_TASK_FAILED;
    int32_t state = 0;

    if (!is_failed && activity->end->event_type != WF_EVENT_TYPE_ACTIVITY_TASK_TIMED_OUT) {
        return;
    }
    state = is_failed ? activity->end->attributes.activity_task_failed->retry_state
                      : activity->end->attributes.activity_task_timed_out->retry_state;
    if (!is_retry_state_allowed(activity, state) &&
        !(activity->facts->is_foreign && state == WF_RETRY_STATE_UNSPECIFIED)) {
        const char *name = wf_enum_name(&wf_enum_type_retry_state, state);

        sim_history_find(activity->facts, "I41", activity->step.ended - 1,
                         "event %lld %s has %s, which what went before does not allow",
                         SIM_EVENT_ARGS(activity->facts, activity->step.ended - 1),
                         name == NULL ? "an unknown retry state" : name);
    }
}

/* I42: attempts count from 1, and from the second on the failure before is told. An operator may let them count from 1 again, or
 * go beyond the policy's bound (engine-semantics 4.9), and history does not tell; the bound is judged from commits. */
static void check_attempt(const struct activity *activity)
{
    struct sim_history_facts *facts = activity->facts;
    const uint32_t started = activity->step.started - 1;
    const int32_t attempt = activity->started->attempt;

    if (attempt < (facts->is_foreign ? 0 : 1)) {
        sim_history_find(facts, "I42", started, "event %lld %s is attempt %d", SIM_EVENT_ARGS(facts, started), attempt);
    } else if (attempt > 1 && activity->started->last_failure == NULL && !facts->is_foreign) {
        sim_history_find(facts, "I42", started, "event %lld %s is attempt %d and tells no failure before it",
                         SIM_EVENT_ARGS(facts, started), attempt);
    }
}

/* I43: scheduled, started, ended, in the order of time. */
static void check_times(const struct activity *activity)
{
    struct sim_history_facts *facts = activity->facts;
    uint32_t before = activity->index;

    for (int part = 0; part < 2; part++) {
        const uint32_t place = part == 0 ? activity->step.started : activity->step.ended;

        if (place == 0) {
            continue;
        }
        if (sim_time_difference(facts->events[place - 1].event_time, facts->events[before].event_time) < -facts->tolerance_ns) {
            sim_history_find(facts, "I43", place - 1, "event %lld %s has an earlier time than event %u before it",
                             SIM_EVENT_ARGS(facts, place - 1), before + 1);
        }
        before = place - 1;
    }
}

static void check_activity(const struct activity *activity)
{
    struct sim_history_facts *facts = activity->facts;

    if (activity->started != NULL) {
        check_attempt(activity);
    }
    check_times(activity);
    if (activity->end == NULL) {
        /* I38: the start is written with the end, by servers that give every activity a retry policy. */
        if (activity->started != NULL && !facts->is_foreign) {
            sim_history_find(facts, "I38", activity->step.started - 1, "event %lld %s is written, and no end of activity %u",
                             SIM_EVENT_ARGS(facts, activity->step.started - 1), activity->index + 1);
        }
        return;
    }
    check_activity_start(activity);
    check_activity_cancel(activity);
    check_retry_state(activity);
}

static void check_activities(const struct steps *all)
{
    struct sim_history_facts *facts = all->facts;

    for (uint32_t i = 0; i < facts->count; i++) {
        const struct step step = all->steps[i];

        if (facts->events[i].event_type != WF_EVENT_TYPE_ACTIVITY_TASK_SCHEDULED || !facts->is_sound[i]) {
            continue;
        }
        check_activity(&(struct activity){
            .facts = facts,
            .index = i,
            .step = step,
            .scheduled = facts->events[i].attributes.activity_task_scheduled,
            .end = step.ended == 0 ? NULL : &facts->events[step.ended - 1],
            .started = step.started == 0 ? NULL : facts->events[step.started - 1].attributes.activity_task_started,
        });
    }
}

/* ---- Timers ---- */

static void check_timer(struct sim_history_facts *facts, uint32_t index, uint32_t end)
{
    const struct wf_event_timer_started *timer = facts->events[index].attributes.timer_started;
    const struct wf_event *event = &facts->events[end];
    const bool is_fired = event->event_type == WF_EVENT_TYPE_TIMER_FIRED;
    const struct wf_string id = is_fired ? event->attributes.timer_fired->timer_id
                                         : event->attributes.timer_canceled->timer_id;
    const int64_t waited_ns = sim_time_difference(event->event_time, facts->events[index].event_time);

    if (!wf_string_equal(id, timer->timer_id)) {
        sim_history_find(facts, "I50", end, "event %lld %s names timer \"%S\", and event %u started timer \"%S\"",
                         SIM_EVENT_ARGS(facts, end), &id, index + 1, &timer->timer_id);
    }
    /* I51: never early, but for the clock's last digit. People who edit histories let times go back. */
    if (is_fired && !(facts->is_foreign && waited_ns < 0) &&
        waited_ns < wf_time_of(timer->start_to_fire_timeout) - facts->tolerance_ns) {
        sim_history_find(facts, "I51", end, "event %lld %s fired timer \"%S\" before its time", SIM_EVENT_ARGS(facts, end),
                         &timer->timer_id);
    }
    if (!is_fired && facts->block_of[end] == 0) {
        sim_history_find(facts, "I52", end, "event %lld %s was not made by a command", SIM_EVENT_ARGS(facts, end));
    }
}

static void check_timers(const struct steps *all)
{
    struct sim_history_facts *facts = all->facts;

    for (uint32_t i = 0; i < facts->count; i++) {
        if (facts->events[i].event_type == WF_EVENT_TYPE_TIMER_STARTED && facts->is_sound[i] &&
            all->steps[i].ended != 0) {
            check_timer(facts, i, all->steps[i].ended - 1);
        }
    }
}

/* ---- Children ---- */

/* The started event that a child's end names, and the workflow id that it carries. */
static int64_t child_end_of(const struct wf_event *event, struct wf_string *workflow_id)
{
    const struct wf_workflow_execution *execution = NULL;
    int64_t started = 0;

#define CHILD_END(TYPE, name)                                                                                          \
    if (event->event_type == WF_EVENT_TYPE_##TYPE) {                                                                   \
        execution = event->attributes.name->workflow_execution;                                                        \
        started = event->attributes.name->started_event_id;                                                            \
    }
    CHILD_END(CHILD_WORKFLOW_EXECUTION_COMPLETED, child_workflow_execution_completed)
    CHILD_END(CHILD_WORKFLOW_EXECUTION_FAILED, child_workflow_execution_failed)
    CHILD_END(CHILD_WORKFLOW_EXECUTION_CANCELED, child_workflow_execution_canceled)
    CHILD_END(CHILD_WORKFLOW_EXECUTION_TIMED_OUT, child_workflow_execution_timed_out)
    CHILD_END(CHILD_WORKFLOW_EXECUTION_TERMINATED, child_workflow_execution_terminated)
#undef CHILD_END
    *workflow_id = execution == NULL ? (struct wf_string){NULL, 0} : execution->workflow_id;
    return started;
}

static void check_child(struct sim_history_facts *facts, uint32_t index, const struct step *step)
{
    const struct wf_string id = facts->events[index].attributes.start_child_workflow_execution_initiated->workflow_id;
    const uint32_t end = step->ended - 1;
    struct wf_string end_id = {NULL, 0};
    int64_t started = 0;

    /* I63: a start that failed has no run. */
    if (facts->events[end].event_type == WF_EVENT_TYPE_START_CHILD_WORKFLOW_EXECUTION_FAILED) {
        if (step->started != 0) {
            sim_history_find(facts, "I63", end, "event %lld %s says that the child of event %u did not start, event %u that "
                             "it did", SIM_EVENT_ARGS(facts, end), index + 1, step->started);
        }
        return;
    }
    started = child_end_of(&facts->events[end], &end_id);
    if (started != (int64_t)step->started) {
        sim_history_find(facts, "I64", end, "event %lld %s names started event %lld, and that of the child is %u",
                         SIM_EVENT_ARGS(facts, end), (long long)started, step->started);
    }
    if (!wf_string_equal(end_id, id)) {
        sim_history_find(facts, "I64", end, "event %lld %s is of workflow \"%S\", and event %u started \"%S\"",
                         SIM_EVENT_ARGS(facts, end), &end_id, index + 1, &id);
    }
}

static void check_children(const struct steps *all)
{
    struct sim_history_facts *facts = all->facts;

    for (uint32_t i = 0; i < facts->count; i++) {
        if (facts->events[i].event_type == WF_EVENT_TYPE_START_CHILD_WORKFLOW_EXECUTION_INITIATED &&
            facts->is_sound[i] && all->steps[i].ended != 0) {
            check_child(facts, i, &all->steps[i]);
        }
    }
}

void sim_history_check_steps(struct sim_history_facts *facts)
{
    struct steps all = {facts, wf_arena_take_array(facts->arena, facts->count, sizeof(struct step))};

    if (all.steps == NULL) {
        facts->is_full = true;
        return;
    }
    place_parts(&all);
    check_activities(&all);
    check_timers(&all);
    check_children(&all);
}
