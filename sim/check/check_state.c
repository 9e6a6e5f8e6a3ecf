/*
 * What a transaction stores beside its events (engine-semantics 10, marked S): the state must be what the events say, and
 * nothing that is due may be without a task that does it.
 */
#include <stddef.h>
#include <string.h>

#include "engine/codec.h"
#include "sim/check/commit_facts.h"

#define NO_LIMIT SIZE_MAX
#define LATE_NS (2 * WF_NS_PER_S) /* a timer queue looks so far ahead, and writes nothing behind that */

/* ---- What is stored against what happened ---- */

/* What the buffered events, which have no ids yet, will have done. */
struct buffered {
    uint32_t ended_counts[WF_OWNER_KIND_COUNT];
    int64_t signal_count;
    bool is_cancel_requested;
};

static struct buffered read_buffer(const struct wf_state_run *state)
{
    struct buffered buffered = {0};

    for (uint32_t i = 0; i < state->buffered_events.count; i++) {
        const struct wf_event *event = &state->buffered_events.items[i];
        const struct wf_event_owner owner = wf_event_owner_of(event);

        buffered.ended_counts[owner.kind] += owner.ends ? 1 : 0;
        buffered.signal_count += event->event_type == WF_EVENT_TYPE_WORKFLOW_EXECUTION_SIGNALED ? 1 : 0;
        buffered.is_cancel_requested = buffered.is_cancel_requested ||
                                       event->event_type == WF_EVENT_TYPE_WORKFLOW_EXECUTION_CANCEL_REQUESTED;
    }
    return buffered;
}

/* I16, I17, I28, and of I90 the workflow task. */
static void check_task(const struct sim_commit_context *context)
{
    const struct sim_run_track *run = context->run;
    const struct wf_state_run *state = context->state;
    const struct wf_state_workflow_task *task = state->workflow_task;
    const bool is_pending = run->scheduled_event_id != 0;

    if (is_pending && task != NULL && task->scheduled_event_id != run->scheduled_event_id) {
        sim_commit_break(context, 16, "a second workflow task is pending", task->scheduled_event_id, run->scheduled_event_id);
    } else if (is_pending && (task == NULL || task->started_event_id != run->started_event_id)) {
        sim_commit_break(context, 90, "the stored workflow task is not that of the history",
             task == NULL ? 0 : task->started_event_id, run->started_event_id);
    } else if (!is_pending && task != NULL && task->attempt <= 1) {
        sim_commit_break(context, 90, "a workflow task is stored that is not in the history", task->scheduled_event_id, task->attempt);
    }
    if (state->buffered_events.count > 0 && (task == NULL || task->started_event_id == 0)) {
        sim_commit_break(context, 17, "events are buffered while no workflow task is started", state->buffered_events.count, 0);
    }
    /* A child waits for its parent to know of it before its first task. */
    if (task == NULL && run->has_unseen && !state->is_in_backoff && (run->had_task || !run->is_child) &&
        !state->is_paused && state->status == WF_WORKFLOW_EXECUTION_STATUS_RUNNING) {
        sim_commit_break(context, 28, "nothing will tell the workflow what happened: a wake-up was lost", run->last_event_id, 0);
    }
}

/* Where the state keeps what pends, of each kind, and what it is called. */
static const struct stored_kind {
    enum wf_owner_kind kind;
    size_t list;
    size_t item_bytes;
    size_t event_id;
    size_t limit; /* of struct wf_service_limits; NO_LIMIT */
    const char *other_count;
    const char *unknown;
} stored_kinds[] = {
#define LIMIT(name) offsetof(struct wf_service_limits, name)
#define STORED(KIND, list, type, member, limit, name)                                                                  \
    {WF_OWNER_##KIND, offsetof(struct wf_state_run, list), sizeof(struct wf_state_##type),                             \
     offsetof(struct wf_state_##type, member), limit, "other " name " are stored as pending than the history says",    \
     "one of the stored " name " is not pending by the history"},
    STORED(ACTIVITY, activities, activity, scheduled_event_id, LIMIT(pending_activities_max), "activities")
    STORED(TIMER, timers, timer, started_event_id, NO_LIMIT, "timers")
    STORED(CHILD, children, child, initiated_event_id, LIMIT(pending_children_max), "children")
    STORED(SIGNAL, external_signals, external, initiated_event_id, LIMIT(pending_signals_max), "signals to other workflows")
    STORED(CANCEL, external_cancels, external, initiated_event_id, LIMIT(pending_cancels_max), "cancel requests to other workflows")
    STORED(NEXUS, nexus_operations, nexus, scheduled_event_id, LIMIT(pending_nexus_max), "Nexus operations")
#undef STORED
#undef LIMIT
};

/* I48: no more is pending than the service lets. Timers have no limit. */
static void check_limit(const struct sim_commit_context *context, const struct stored_kind *stored)
{
    const struct wf_list *list = (const void *)((const char *)context->state + stored->list);
    int64_t most = INT64_MAX;

    if (stored->limit != NO_LIMIT) {
        memcpy(&most, (const char *)&context->checks->config->limits + stored->limit, sizeof most);
    }
    if (list->count > most) {
        sim_commit_break(context, 48, "more is pending than the limit", list->count, most);
    }
}

/* I48: ids of pending things are distinct; only what came with this write can repeat one. */
static void check_ids(const struct sim_commit_context *context)
{
    const struct wf_state_run *state = context->state;
    const int64_t first_event_id = context->events->events.items[0].event_id;

    for (size_t i = 0; i < sizeof stored_kinds / sizeof *stored_kinds; i++) {
        check_limit(context, &stored_kinds[i]);
    }
    for (uint32_t i = 0; i < state->activities.count; i++) {
        const bool is_new = state->activities.items[i].scheduled_event_id >= first_event_id;

        for (uint32_t j = 0; j < state->activities.count && is_new; j++) {
            if (i != j && wf_string_equal(state->activities.items[i].activity_id, state->activities.items[j].activity_id)) {
                sim_commit_break(context, 48, "two pending activities have one id", state->activities.items[i].scheduled_event_id,
                     state->activities.items[j].scheduled_event_id);
            }
        }
    }
    for (uint32_t i = 0; i < state->timers.count; i++) {
        const bool is_new = state->timers.items[i].started_event_id >= first_event_id;

        for (uint32_t j = 0; j < state->timers.count && is_new; j++) {
            if (i != j && wf_string_equal(state->timers.items[i].timer_id, state->timers.items[j].timer_id)) {
                sim_commit_break(context, 48, "two pending timers have one id", state->timers.items[i].started_event_id,
                     state->timers.items[j].started_event_id);
            }
        }
    }
}

static void check_stored(const struct sim_commit_context *context, const struct stored_kind *stored,
                         const struct buffered *buffered)
{
    const struct wf_list *list = (const void *)((const char *)context->state + stored->list);
    const struct sim_pendings *pending = &context->run->pending[stored->kind];

    if (list->count + buffered->ended_counts[stored->kind] != pending->count) {
        sim_commit_break(context, 90, stored->other_count, list->count, pending->count);
    }
    for (uint32_t i = 0; i < list->count; i++) {
        int64_t event_id = 0;

        memcpy(&event_id, (const char *)list->items + i * stored->item_bytes + stored->event_id, sizeof event_id);
        if (sim_pending_get(pending, event_id) == NULL) {
            sim_commit_break(context, 90, stored->unknown, event_id, 0);
        }
    }
}

/* I11, I90: the state can be made again from the events. */
static void check_rebuilt(const struct sim_commit_context *context)
{
    const struct sim_run_track *run = context->run;
    const struct wf_state_run *state = context->state;
    const struct buffered buffered = read_buffer(state);

    if (state->next_event_id != run->last_event_id + 1) {
        sim_commit_break(context, 11, "the stored next event id is not one above the last event", state->next_event_id,
                         run->last_event_id + 1);
    }
    for (size_t i = 0; i < sizeof stored_kinds / sizeof *stored_kinds; i++) {
        check_stored(context, &stored_kinds[i], &buffered);
    }
    if (state->signal_count != run->signal_count + buffered.signal_count) {
        sim_commit_break(context, 90, "another number of signals is stored than the history has", state->signal_count,
                         run->signal_count + buffered.signal_count);
    }
    if (state->is_cancel_requested != (run->is_cancel_requested || buffered.is_cancel_requested)) {
        sim_commit_break(context, 90, "the stored cancel flag is not that of the history", state->is_cancel_requested,
                         0);
    }
}

/* ---- Attempts ---- */

static void earlier(int64_t *due_ns, int64_t from_ns, int64_t after_ns)
{
    int64_t at_ns = 0;

    if (after_ns > 0 && wf_add_i64(from_ns, after_ns, &at_ns) && at_ns < *due_ns) {
        *due_ns = at_ns;
    }
}

/* I29: a workflow task is started once; whoever else asks is refused. */
static void check_task_start(const struct sim_commit_context *context)
{
    struct sim_run_track *run = context->run;
    const struct wf_state_workflow_task *task = context->state->workflow_task;
    const uint64_t request = task == NULL || task->started_event_id == 0 ? 0 : sim_text_digest(task->request_id);

    if (task != NULL && run->task_request != 0 && request != run->task_request &&
        task->scheduled_event_id == run->task_event_id && task->attempt == run->task_attempt) {
        sim_commit_break(context, 29, "a workflow task was started twice", task->scheduled_event_id, task->attempt);
    }
    run->task_request = request;
}

/* When the timeouts of an activity are over that run in its present state. */
static void note_deadlines(struct sim_pending *pending, const struct wf_state_activity *activity)
{
    const int64_t beat_ns = activity->heartbeat_time_ns > activity->started_time_ns ? activity->heartbeat_time_ns
                                                                                    : activity->started_time_ns;

    pending->maximum_attempts = activity->retry_policy == NULL ? 0 : activity->retry_policy->maximum_attempts;
    for (size_t i = 0; i < sizeof pending->deadlines_ns / sizeof pending->deadlines_ns[0]; i++) {
        pending->deadlines_ns[i] = INT64_MAX;
    }
    if (activity->is_paused) {
        return; /* engine-semantics 4.4 */
    }
    earlier(&pending->deadlines_ns[WF_TIMEOUT_TYPE_SCHEDULE_TO_CLOSE], activity->first_scheduled_time_ns,
            activity->schedule_to_close_ns);
    if (activity->started_time_ns == 0) {
        earlier(&pending->deadlines_ns[WF_TIMEOUT_TYPE_SCHEDULE_TO_START], activity->scheduled_time_ns,
                activity->schedule_to_start_ns);
    } else {
        earlier(&pending->deadlines_ns[WF_TIMEOUT_TYPE_START_TO_CLOSE], activity->started_time_ns,
                activity->start_to_close_ns);
        earlier(&pending->deadlines_ns[WF_TIMEOUT_TYPE_HEARTBEAT], beat_ns, activity->heartbeat_ns);
    }
}

static int64_t deadline_of(const struct sim_pending *activity, const struct wf_failure *failure)
{
    int32_t type = WF_TIMEOUT_TYPE_UNSPECIFIED;
    int64_t earliest_ns = INT64_MAX;

    if (failure != NULL && failure->failure_info_case == WF_CASE_failure_timeout_failure_info) {
        type = failure->failure_info.timeout_failure_info->timeout_type;
    }
    if (type != WF_TIMEOUT_TYPE_SCHEDULE_TO_CLOSE) {
        return type > WF_TIMEOUT_TYPE_UNSPECIFIED && type < SIM_TIMEOUT_TYPES ? activity->deadlines_ns[type] : INT64_MIN;
    }
    /* An attempt that ran out of its own time has none left for another one (4.4 "Conversion"). */
    for (size_t i = 0; i < sizeof activity->deadlines_ns / sizeof activity->deadlines_ns[0]; i++) {
        earliest_ns = activity->deadlines_ns[i] < earliest_ns ? activity->deadlines_ns[i] : earliest_ns;
    }
    return earliest_ns;
}

void sim_check_activity_end(const struct sim_commit_context *context, const struct sim_pending *activity,
                            const struct wf_event *event)
{
    const bool is_timeout = event->event_type == WF_EVENT_TYPE_ACTIVITY_TASK_TIMED_OUT;
    const int64_t time_ns = wf_time_of(event->event_time);
    int32_t retry_state = WF_RETRY_STATE_UNSPECIFIED;

    if (activity->attempt == 0) {
        return; /* it was never stored */
    }
    if (is_timeout) {
        const struct wf_event_activity_task_timed_out *timed_out = event->attributes.activity_task_timed_out;
        const int64_t deadline_ns = deadline_of(activity, timed_out->failure);

        retry_state = timed_out->retry_state;
        if (deadline_ns == INT64_MAX || time_ns < deadline_ns - sim_commit_tolerance_ns(context)) {
            sim_commit_break(context, 44, "an activity timed out before its time was over", time_ns, deadline_ns);
        }
    } else if (event->event_type == WF_EVENT_TYPE_ACTIVITY_TASK_FAILED) {
        retry_state = event->attributes.activity_task_failed->retry_state;
    }
    if (retry_state == WF_RETRY_STATE_MAXIMUM_ATTEMPTS_REACHED &&
        (activity->maximum_attempts == 0 || activity->attempt < activity->maximum_attempts)) {
        sim_commit_break(context, 41, "an activity was not tried again although its policy allows more attempts",
                         activity->attempt, activity->maximum_attempts);
    }
}

/* I45: attempts count from 1, one by one, each started once and not before its time. */
static void check_attempt(const struct sim_commit_context *context, const struct wf_state_activity *activity)
{
    struct sim_pending *pending = sim_pending_get(&context->run->pending[WF_OWNER_ACTIVITY], activity->scheduled_event_id);
    const bool is_started = activity->started_time_ns != 0;
    const uint64_t request = is_started ? sim_text_digest(activity->request_id) : 0;
    const int32_t maximum = activity->retry_policy == NULL ? 0 : activity->retry_policy->maximum_attempts;
    bool is_restarted = false; /* engine-semantics 4.9 */

    if (pending == NULL) {
        return; /* I90 */
    }
    pending->is_operated = pending->is_operated || activity->is_paused || activity->is_reset ||
                           activity->original_options != NULL;
    is_restarted = activity->attempt == 1 && pending->attempt > 0 && activity->stamp != pending->stamp;
    pending->is_operated = pending->is_operated || (is_restarted && pending->attempt > 1);
    if (maximum > 0 && activity->attempt > maximum && !pending->is_operated) {
        sim_commit_break(context, 42, "an activity has more attempts than its policy allows", activity->attempt, maximum);
    }
    if (!is_restarted && (pending->attempt == 0 ? activity->attempt != 1
                              : activity->attempt != pending->attempt && activity->attempt != pending->attempt + 1)) {
        sim_commit_break(context, 45, "an activity's attempts do not count one by one", activity->attempt, pending->attempt);
    } else if (!is_restarted && activity->attempt == pending->attempt && pending->request != 0 && request != pending->request) {
        sim_commit_break(context, 45, "an attempt was started twice", activity->scheduled_event_id, activity->attempt);
    } else if (is_started && activity->started_time_ns < activity->scheduled_time_ns - sim_commit_tolerance_ns(context)) {
        sim_commit_break(context, 45, "an attempt was started before its time", activity->started_time_ns,
             activity->scheduled_time_ns);
    }
    note_deadlines(pending, activity);
    pending->attempt = activity->attempt;
    pending->stamp = activity->stamp;
    pending->request = request;
}

/* ---- I91: nothing that is due is forgotten ---- */

static int64_t earliest_due(const struct sim_commit_context *context)
{
    const struct wf_state_run *state = context->state;
    const struct wf_state_workflow_task *task = state->workflow_task;
    int64_t due_ns = INT64_MAX;

    earlier(&due_ns, 0, context->run->run_expiration_ns);
    if (task != NULL && task->started_event_id != 0) {
        earlier(&due_ns, task->started_time_ns, task->timeout_ns);
    } else if (task != NULL) {
        earlier(&due_ns, 0, task->schedule_to_start_deadline_ns);
    }
    for (uint32_t i = 0; i < state->timers.count; i++) {
        earlier(&due_ns, 0, state->timers.items[i].expiry_ns);
    }
    for (uint32_t i = 0; i < state->nexus_operations.count; i++) {
        earlier(&due_ns, 0, state->nexus_operations.items[i].schedule_to_close_deadline_ns);
        earlier(&due_ns, 0, state->nexus_operations.items[i].schedule_to_start_deadline_ns);
        earlier(&due_ns, 0, state->nexus_operations.items[i].start_to_close_deadline_ns);
    }
    for (uint32_t i = 0; i < state->activities.count; i++) {
        const struct wf_state_activity *activity = &state->activities.items[i];

        if (activity->is_paused) {
            continue; /* engine-semantics 4.4 */
        }
        earlier(&due_ns, activity->first_scheduled_time_ns, activity->schedule_to_close_ns);
        if (activity->started_time_ns != 0) {
            earlier(&due_ns, activity->started_time_ns, activity->start_to_close_ns);
            earlier(&due_ns,
                    activity->heartbeat_time_ns > activity->started_time_ns ? activity->heartbeat_time_ns
                                                                            : activity->started_time_ns,
                    activity->heartbeat_ns);
        } else if (activity->scheduled_time_ns > context->commit->clock_ns + context->commit->clock_spread_ns) {
            earlier(&due_ns, 0, activity->scheduled_time_ns); /* waits for its next attempt */
        } else {
            earlier(&due_ns, activity->scheduled_time_ns, activity->schedule_to_start_ns);
        }
    }
    return due_ns;
}

/* One timer task serves a run: it is stored with the state that names it. */
static void check_alarm(const struct sim_commit_context *context)
{
    const struct wf_db_write *write = context->commit->write;
    const int64_t alarm_ns = context->state->alarm_ns;
    const int64_t due_ns = earliest_due(context);
    /* No task is written behind a time that the queue has passed, perhaps under an owner whose clock was ahead (8.4). */
    const int64_t latest_ns = (due_ns > context->commit->clock_ns ? due_ns : context->commit->clock_ns + LATE_NS) +
                              context->commit->clock_spread_ns;
    bool is_written = alarm_ns == 0 || alarm_ns == context->run->alarm_ns;

    for (uint32_t i = 0; i < write->tasks.count && !is_written; i++) {
        is_written = write->tasks.items[i].category == WF_TASK_TIMER &&
                     write->tasks.items[i].visibility_time_ns == alarm_ns &&
                     wf_string_equal(write->tasks.items[i].run_id, context->run->run_id);
    }
    if (!is_written) {
        sim_commit_break(context, 91, "no timer task is stored for the run's next alarm", alarm_ns, due_ns);
    } else if (due_ns != INT64_MAX && (alarm_ns == 0 || alarm_ns > latest_ns)) {
        sim_commit_break(context, 91, "the run's next alarm is later than what is due", alarm_ns, due_ns);
    }
    context->run->alarm_ns = alarm_ns;
    context->run->due_ns = due_ns;
    context->run->clock_offset_ns = context->commit->clock_ns - context->commit->time_ns;
    context->run->commit_ns = context->commit->time_ns;
    context->run->is_paused = context->state->is_paused;
    context->run->has_waiting_task =
        context->state->workflow_task != NULL && context->state->workflow_task->started_event_id == 0;
}

/* True when the write has a transfer task for it; of this kind. */
static bool is_sent(const struct sim_commit_context *context, enum wf_transfer_kind kind, bool is_activity,
                    int64_t scheduled_event_id)
{
    const struct wf_db_write *write = context->commit->write;

    for (uint32_t i = 0; i < write->tasks.count; i++) {
        const struct wf_db_task *task = &write->tasks.items[i];
        struct wf_state_push push = {0};
        struct wf_error err;

        if (task->category == WF_TASK_TRANSFER && wf_string_equal(task->run_id, context->run->run_id) &&
            wf_wire_decode(context->scratch, &wf_type_state_push, task->body, &push, &err) == WF_OK &&
            push.kind == (int32_t)kind && push.is_activity == is_activity &&
            push.scheduled_event_id == scheduled_event_id) {
            return true;
        }
    }
    return false;
}

/* What this write has to send to others, it has a transfer task for; a reset copies what has been sent. */
static void check_sends(const struct sim_commit_context *context)
{
    static const enum wf_transfer_kind sent_by[WF_OWNER_KIND_COUNT] = {
        [WF_OWNER_CHILD] = WF_TRANSFER_START_CHILD,
        [WF_OWNER_SIGNAL] = WF_TRANSFER_SIGNAL_EXTERNAL,
        [WF_OWNER_CANCEL] = WF_TRANSFER_CANCEL_EXTERNAL,
        [WF_OWNER_NEXUS] = WF_TRANSFER_START_NEXUS,
    };

    for (uint32_t i = 0; i < context->events->events.count; i++) {
        const struct wf_event *event = &context->events->events.items[i];
        const struct wf_event_owner owner = wf_event_owner_of(event);

        if (owner.begins && owner.kind >= WF_OWNER_CHILD && event->event_id > context->write->fork_event_id &&
            sim_pending_get(&context->run->pending[owner.kind], owner.event_id) != NULL &&
            !is_sent(context, sent_by[owner.kind], false, owner.event_id)) {
            sim_commit_break(context, 91, "a request to others was recorded and no transfer task stored", owner.event_id,
                             event->event_type);
        }
    }
}

/* What was scheduled by this write and not taken at once has a transfer task in it. */
static void check_pushes(const struct sim_commit_context *context)
{
    struct sim_run_track *run = context->run;
    const struct wf_state_workflow_task *task = context->state->workflow_task;
    const bool is_new = task != NULL && (task->scheduled_event_id != run->task_event_id ||
                                         task->attempt != run->task_attempt || task->stamp != run->task_stamp);

    /* One that was converted from a speculative task has its deadline instead (engine-semantics 3.10). */
    if (is_new && task->started_event_id == 0 && !task->is_converted && !is_sent(context, WF_TRANSFER_PUSH, false, task->scheduled_event_id)) {
        sim_commit_break(context, 91, "a workflow task was scheduled and no transfer task stored", task->scheduled_event_id,
             task->attempt);
    }
    for (uint32_t i = 0; i < context->state->activities.count; i++) {
        const struct wf_state_activity *activity = &context->state->activities.items[i];
        const struct sim_pending *pending = sim_pending_get(&run->pending[WF_OWNER_ACTIVITY], activity->scheduled_event_id);

        if (pending != NULL && pending->attempt == 0 && activity->started_time_ns == 0 &&
            !context->state->is_paused && !is_sent(context, WF_TRANSFER_PUSH, true, activity->scheduled_event_id)) {
            sim_commit_break(context, 91, "an activity was scheduled and no transfer task stored", activity->scheduled_event_id, 0);
        }
    }
    run->task_event_id = task == NULL ? 0 : task->scheduled_event_id;
    run->task_attempt = task == NULL ? 0 : task->attempt;
    run->task_stamp = task == NULL ? 0 : task->stamp;
}

/* I104: a run moves from the version of its last task to that of a later routing, never to one of an earlier. What a run has
 * inherited is another workflow's. */
static void check_versioning(const struct sim_commit_context *context)
{
    const struct wf_state_versioning *versioning = context->state->versioning;
    struct sim_run_track *run = context->run;
    uint64_t version = 0;

    if (versioning != NULL && versioning->version != NULL && context->state->previous_started_event_id > 0) {
        version = wf_hash_seeded(wf_hash_bytes(versioning->version->deployment_name.data,
                                               versioning->version->deployment_name.size_bytes),
                                 versioning->version->build_id.data, versioning->version->build_id.size_bytes);
        if (run->version != 0 && version != run->version && versioning->revision <= run->revision) {
            sim_commit_break(context, 104, "the run is on another version by a routing no later than the one before",
                             versioning->revision, run->revision);
        }
        run->revision = versioning->revision;
    }
    run->version = version;
}

void sim_check_state(struct sim_commit_context *context)
{
    check_rebuilt(context);
    sim_check_fields(context);
    check_task(context);
    if (context->events->events.count > 0) {
        check_ids(context);
        check_sends(context);
    }
    check_task_start(context);
    check_pushes(context);
    check_versioning(context);
    for (uint32_t i = 0; i < context->state->activities.count; i++) {
        check_attempt(context, &context->state->activities.items[i]);
    }
    check_alarm(context);
}
