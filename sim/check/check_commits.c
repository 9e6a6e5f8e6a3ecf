/*
 * What must hold after every transaction (engine-semantics 10, marked S, and of those marked T what commits show). Each run is
 * followed through its committed events; the state that is stored beside them is decoded and compared with what they say.
 * Pending things are few, so sets are arrays.
 */
#include "engine/base/assert.h"
#include "engine/base/hash.h"
#include "engine/codec.h"
#include "engine/service.h"
#include "sim/check/track.h"

#define PENDING_MAX 2000             /* of a kind: more are refused */
#define LATE_NS (2 * WF_NS_PER_S)    /* a timer queue looks so far ahead, and writes nothing behind that */
#define RECOVERY_NS (60 * WF_NS_PER_S) /* after the faults have stopped */
#define LATENESS_NS (5 * WF_NS_PER_S)  /* look-ahead, scheduling and a transaction take far less */

/* A pending activity or timer, by the event that made it. */
struct pending {
    int64_t event_id;
    int32_t attempt; /* of an activity, as stored last; 0: not yet */
    int32_t stamp;
    bool is_operated; /* an operator has paused it, or let its attempts count from 1 again */
    uint64_t request; /* digest of the request that started the attempt; 0: not started */
    int64_t due_ns;   /* of a timer, by the service's clock */
};

struct pendings {
    struct pending *items;
    uint32_t count;
    uint32_t capacity;
};

struct run_track {
    struct wf_string run_id;
    struct sim_workflow_track *workflow;
    int64_t record_version;
    int64_t last_event_id;
    struct wf_digest digest; /* of the bytes of all batches */
    bool is_closed;

    /* What its events say. */
    int64_t scheduled_event_id; /* of the pending workflow task; 0: none */
    int64_t started_event_id;
    bool had_task;         /* a workflow task was scheduled at some time */
    bool is_in_block;      /* the last event was a completion or made by its commands */
    bool has_unseen;       /* something that a workflow task must see */
    bool is_child;
    bool is_cancel_requested;
    int64_t signal_count;
    struct pendings activities;
    struct pendings timers;

    /* What was stored last. */
    int64_t run_expiration_ns;
    int64_t alarm_ns;
    int64_t task_event_id; /* scheduled id of the workflow task, with its attempt and stamp */
    int32_t task_attempt;
    int32_t task_stamp;
    uint64_t task_request; /* digest; 0: not started */
};

/* One run of one write. */
struct context {
    struct sim_checks *checks;
    struct wf_arena *scratch;
    const struct sim_commit *commit;
    const struct wf_db_run_write *write;
    const struct wf_history_message *events;
    struct run_track *run;
    const struct wf_state_run *state; /* NULL for a closed run */
};

static void find(const struct context *context, unsigned number, const char *cause, int64_t left, int64_t right)
{
    const struct sim_record at = {
        .time_ns = context->commit->time_ns, .step = context->commit->step, .node = context->commit->node};
    struct wf_buffer sentence;

    wf_buffer_init(&sentence, context->checks->arena);
    wf_buffer_printf(&sentence, "%S, a commit of %S after event %lld: %s (%lld, %lld)", &context->run->workflow->id,
                     &context->commit->node, (long long)context->run->last_event_id, cause, (long long)left,
                     (long long)right);
    context->checks->is_full = context->checks->is_full || sentence.is_full;
    sim_checks_break_invariant(context->checks, number, cause, context->run->workflow, &at, wf_buffer_string(&sentence));
}

/* ---- Sets ---- */

static void add(const struct context *context, struct pendings *set, int64_t event_id)
{
    struct pending *item = WF_LIST_APPEND(context->checks->arena, *set);

    if (item == NULL) {
        context->checks->is_full = true;
        return;
    }
    item->event_id = event_id;
}

static struct pending *get(const struct pendings *set, int64_t event_id)
{
    for (uint32_t i = set->count; i > 0; i--) {
        if (set->items[i - 1].event_id == event_id) {
            return &set->items[i - 1];
        }
    }
    return NULL;
}

static void take_out(struct pendings *set, int64_t event_id)
{
    struct pending *item = get(set, event_id);

    if (item != NULL) {
        WF_LIST_REMOVE(*set, item);
    }
}

/* ---- Events ---- */

static void begin_timer(const struct context *context, const struct wf_event *event)
{
    struct pendings *timers = &context->run->timers;
    const int64_t started_ns = wf_time_of(event->event_time);

    add(context, timers, event->event_id);
    if (timers->count > 0 && !wf_add_i64(started_ns, wf_time_of(event->attributes.timer_started->start_to_fire_timeout),
                                         &timers->items[timers->count - 1].due_ns)) {
        timers->items[timers->count - 1].due_ns = INT64_MAX;
    }
}

/* What a comparison of two times allows: the clocks' last digit, and how far apart they have been. */
static int64_t tolerance_ns(const struct context *context)
{
    return WF_NS_PER_MS + context->commit->clock_spread_ns;
}

/* I53: once the faults have stopped and everything recovered, every owner is healthy, and a due timer fires at once. */
static void check_lateness(const struct context *context, const struct wf_event *event)
{
    const int64_t offset_ns = context->commit->clock_ns - context->commit->time_ns;
    const struct pending *timer = get(&context->run->timers, event->attributes.timer_fired->started_event_id);
    const int64_t fired_ns = wf_time_of(event->event_time);

    if (timer != NULL && context->checks->heal_ns != SIM_NEVER &&
        timer->due_ns - offset_ns >= context->checks->heal_ns + RECOVERY_NS && fired_ns - timer->due_ns > LATENESS_NS + context->commit->clock_spread_ns) {
        find(context, 53, "a timer fired late although every owner was healthy", fired_ns - timer->due_ns, timer->event_id);
    }
}

/* The activity that the event ends; 0: none. */
static int64_t activity_ended_by(const struct wf_event *event)
{
    switch (event->event_type) {
    case WF_EVENT_TYPE_ACTIVITY_TASK_COMPLETED:
        return event->attributes.activity_task_completed->scheduled_event_id;
    case WF_EVENT_TYPE_ACTIVITY_TASK_FAILED:
        return event->attributes.activity_task_failed->scheduled_event_id;
    case WF_EVENT_TYPE_ACTIVITY_TASK_TIMED_OUT:
        return event->attributes.activity_task_timed_out->scheduled_event_id;
    case WF_EVENT_TYPE_ACTIVITY_TASK_CANCELED:
        return event->attributes.activity_task_canceled->scheduled_event_id;
    default:
        return 0;
    }
}

static int64_t timer_ended_by(const struct wf_event *event)
{
    return event->event_type == WF_EVENT_TYPE_TIMER_FIRED      ? event->attributes.timer_fired->started_event_id
           : event->event_type == WF_EVENT_TYPE_TIMER_CANCELED ? event->attributes.timer_canceled->started_event_id
                                                               : 0;
}

static void follow_task(struct run_track *run, const struct wf_event *event)
{
    switch (event->event_type) {
    case WF_EVENT_TYPE_WORKFLOW_TASK_SCHEDULED:
        run->scheduled_event_id = event->event_id;
        run->started_event_id = 0;
        run->had_task = true;
        break;
    case WF_EVENT_TYPE_WORKFLOW_TASK_STARTED:
        run->started_event_id = event->event_id;
        break;
    case WF_EVENT_TYPE_WORKFLOW_TASK_COMPLETED:
        run->scheduled_event_id = 0;
        run->started_event_id = 0;
        run->is_in_block = true;
        run->has_unseen = false;
        break;
    default: /* failed, timed out: what it was to see is not seen */
        run->scheduled_event_id = 0;
        run->started_event_id = 0;
        run->has_unseen = true;
        break;
    }
}

/* Events that wake nobody (I28). */
static bool is_silent(const struct wf_event *event)
{
    return event->event_type == WF_EVENT_TYPE_WORKFLOW_EXECUTION_OPTIONS_UPDATED ||
           event->event_type == WF_EVENT_TYPE_WORKFLOW_EXECUTION_TIME_SKIPPING_TRANSITIONED ||
           event->event_type == WF_EVENT_TYPE_WORKFLOW_EXECUTION_PAUSED ||
           (event->event_type == WF_EVENT_TYPE_WORKFLOW_EXECUTION_SIGNALED &&
            event->attributes.workflow_execution_signaled->skip_generate_workflow_task);
}

static bool is_of_task(int32_t event_type)
{
    return event_type >= WF_EVENT_TYPE_WORKFLOW_TASK_SCHEDULED && event_type <= WF_EVENT_TYPE_WORKFLOW_TASK_FAILED;
}

/* I8 and I11 on the way: nothing follows a close, and ids are the next ones. */
static void follow_event(const struct context *context, const struct wf_event *event)
{
    const struct sim_record at = {
        .time_ns = context->commit->time_ns, .step = context->commit->step, .node = context->commit->node};
    struct run_track *run = context->run;

    if (run->is_closed) {
        find(context, 8, "an event was committed after the close", event->event_id, event->event_type);
    }
    if (event->event_id != run->last_event_id + 1) {
        find(context, 11, "an event was committed whose id is not the next", event->event_id, run->last_event_id + 1);
    }
    run->last_event_id = event->event_id;
    run->is_closed = run->is_closed || wf_event_is_close(event->event_type);
    if (is_of_task(event->event_type)) {
        follow_task(run, event);
        return;
    }
    run->is_in_block = run->is_in_block && wf_event_is_command(event->event_type);
    run->has_unseen = run->has_unseen || (!run->is_in_block && !is_silent(event));
    if (event->event_type == WF_EVENT_TYPE_WORKFLOW_EXECUTION_STARTED) {
        run->is_child = event->attributes.workflow_execution_started->parent_workflow_execution != NULL;
    } else if (event->event_type == WF_EVENT_TYPE_ACTIVITY_TASK_SCHEDULED) {
        add(context, &run->activities, event->event_id);
    } else if (event->event_type == WF_EVENT_TYPE_TIMER_STARTED) {
        begin_timer(context, event);
    } else if (event->event_type == WF_EVENT_TYPE_WORKFLOW_EXECUTION_SIGNALED) {
        run->signal_count++;
        sim_check_answers_signaled(context->checks, run->workflow, event->attributes.workflow_execution_signaled, &at);
    } else if (event->event_type == WF_EVENT_TYPE_WORKFLOW_EXECUTION_CANCEL_REQUESTED) {
        run->is_cancel_requested = true;
    } else {
        if (event->event_type == WF_EVENT_TYPE_TIMER_FIRED && event->event_id > context->write->fork_event_id) {
            check_lateness(context, event);
        }
        take_out(&run->activities, activity_ended_by(event));
        take_out(&run->timers, timer_ended_by(event));
    }
}

/* ---- What is stored against what happened ---- */

/* What the buffered events, which have no ids yet, will have done. */
struct buffered {
    uint32_t activity_count; /* ended */
    uint32_t timer_count;
    int64_t signal_count;
    bool is_cancel_requested;
};

static struct buffered read_buffer(const struct wf_state_run *state)
{
    struct buffered buffered = {0};

    for (uint32_t i = 0; i < state->buffered_events.count; i++) {
        const struct wf_event *event = &state->buffered_events.items[i];

        buffered.activity_count += activity_ended_by(event) != 0 ? 1 : 0;
        buffered.timer_count += timer_ended_by(event) != 0 ? 1 : 0;
        buffered.signal_count += event->event_type == WF_EVENT_TYPE_WORKFLOW_EXECUTION_SIGNALED ? 1 : 0;
        buffered.is_cancel_requested = buffered.is_cancel_requested ||
                                       event->event_type == WF_EVENT_TYPE_WORKFLOW_EXECUTION_CANCEL_REQUESTED;
    }
    return buffered;
}

/* I16, I17, I28, and of I90 the workflow task. */
static void check_task(const struct context *context)
{
    const struct run_track *run = context->run;
    const struct wf_state_run *state = context->state;
    const struct wf_state_workflow_task *task = state->workflow_task;
    const bool is_pending = run->scheduled_event_id != 0;

    if (is_pending && task != NULL && task->scheduled_event_id != run->scheduled_event_id) {
        find(context, 16, "a second workflow task is pending", task->scheduled_event_id, run->scheduled_event_id);
    } else if (is_pending && (task == NULL || task->started_event_id != run->started_event_id)) {
        find(context, 90, "the stored workflow task is not that of the history",
             task == NULL ? 0 : task->started_event_id, run->started_event_id);
    } else if (!is_pending && task != NULL && task->attempt <= 1) {
        find(context, 90, "a workflow task is stored that is not in the history", task->scheduled_event_id, task->attempt);
    }
    if (state->buffered_events.count > 0 && (task == NULL || task->started_event_id == 0)) {
        find(context, 17, "events are buffered while no workflow task is started", state->buffered_events.count, 0);
    }
    /* A child waits for its parent to know of it before its first task. */
    if (task == NULL && run->has_unseen && !state->is_in_backoff && (run->had_task || !run->is_child) &&
        !state->is_paused && state->status == WF_WORKFLOW_EXECUTION_STATUS_RUNNING) {
        find(context, 28, "nothing will tell the workflow what happened: a wake-up was lost", run->last_event_id, 0);
    }
}

/* I48: ids of pending things are distinct; only what came with this write can repeat one. */
static void check_ids(const struct context *context)
{
    const struct wf_state_run *state = context->state;

    if (state->activities.count > PENDING_MAX || state->timers.count > 2 * PENDING_MAX) {
        find(context, 48, "too much is pending", state->activities.count, state->timers.count);
        return;
    }
    for (uint32_t i = 0; i < state->activities.count; i++) {
        const bool is_new = state->activities.items[i].scheduled_event_id >= context->events->events.items[0].event_id;

        for (uint32_t j = 0; j < state->activities.count && is_new; j++) {
            if (i != j && wf_string_equal(state->activities.items[i].activity_id, state->activities.items[j].activity_id)) {
                find(context, 48, "two pending activities have one id", state->activities.items[i].scheduled_event_id,
                     state->activities.items[j].scheduled_event_id);
            }
        }
    }
    for (uint32_t i = 0; i < state->timers.count; i++) {
        const bool is_new = state->timers.items[i].started_event_id >= context->events->events.items[0].event_id;

        for (uint32_t j = 0; j < state->timers.count && is_new; j++) {
            if (i != j && wf_string_equal(state->timers.items[i].timer_id, state->timers.items[j].timer_id)) {
                find(context, 48, "two pending timers have one id", state->timers.items[i].started_event_id,
                     state->timers.items[j].started_event_id);
            }
        }
    }
}

/* I11, I90: the state can be made again from the events. */
static void check_rebuilt(const struct context *context)
{
    const struct run_track *run = context->run;
    const struct wf_state_run *state = context->state;
    const struct buffered buffered = read_buffer(state);

    if (state->next_event_id != run->last_event_id + 1) {
        find(context, 11, "the stored next event id is not one above the last event", state->next_event_id,
             run->last_event_id + 1);
    }
    if (state->activities.count + buffered.activity_count != run->activities.count) {
        find(context, 90, "other activities are stored as pending than the history says", state->activities.count,
             run->activities.count);
    }
    for (uint32_t i = 0; i < state->activities.count; i++) {
        if (get(&run->activities, state->activities.items[i].scheduled_event_id) == NULL) {
            find(context, 90, "an activity is stored as pending that the history does not have",
                 state->activities.items[i].scheduled_event_id, 0);
        }
    }
    if (state->timers.count + buffered.timer_count != run->timers.count) {
        find(context, 90, "other timers are stored as pending than the history says", state->timers.count,
             run->timers.count);
    }
    for (uint32_t i = 0; i < state->timers.count; i++) {
        if (get(&run->timers, state->timers.items[i].started_event_id) == NULL) {
            find(context, 90, "a timer is stored as pending that the history does not have",
                 state->timers.items[i].started_event_id, 0);
        }
    }
    if (state->signal_count != run->signal_count + buffered.signal_count) {
        find(context, 90, "another number of signals is stored than the history has", state->signal_count,
             run->signal_count + buffered.signal_count);
    }
    if (state->is_cancel_requested != (run->is_cancel_requested || buffered.is_cancel_requested)) {
        find(context, 90, "the stored cancel flag is not that of the history", state->is_cancel_requested, 0);
    }
}

/* ---- Attempts ---- */

static uint64_t digest_of(struct wf_string request_id)
{
    return request_id.size_bytes == 0 ? 0 : wf_hash_bytes(request_id.data, request_id.size_bytes) | 1;
}

/* I29: a workflow task is started once; whoever else asks is refused. */
static void check_task_start(const struct context *context)
{
    struct run_track *run = context->run;
    const struct wf_state_workflow_task *task = context->state->workflow_task;
    const uint64_t request = task == NULL || task->started_event_id == 0 ? 0 : digest_of(task->request_id);

    if (task != NULL && run->task_request != 0 && request != run->task_request &&
        task->scheduled_event_id == run->task_event_id && task->attempt == run->task_attempt) {
        find(context, 29, "a workflow task was started twice", task->scheduled_event_id, task->attempt);
    }
    run->task_request = request;
}

/* I45: attempts count from 1, one by one, each started once and not before its time. */
static void check_attempt(const struct context *context, const struct wf_state_activity *activity)
{
    struct pending *pending = get(&context->run->activities, activity->scheduled_event_id);
    const bool is_started = activity->started_time_ns != 0;
    const uint64_t request = is_started ? digest_of(activity->request_id) : 0;
    const int32_t maximum = activity->retry_policy == NULL ? 0 : activity->retry_policy->maximum_attempts;
    bool is_restarted = false; /* engine-semantics 4.9 */

    if (pending == NULL) {
        return; /* I90 */
    }
    pending->is_operated = pending->is_operated || activity->is_paused || activity->is_reset;
    is_restarted = activity->attempt == 1 && pending->attempt > 0 && activity->stamp != pending->stamp;
    pending->is_operated = pending->is_operated || (is_restarted && pending->attempt > 1);
    if (maximum > 0 && activity->attempt > maximum && !pending->is_operated) {
        find(context, 42, "an activity has more attempts than its policy allows", activity->attempt, maximum);
    }
    if (!is_restarted && (pending->attempt == 0 ? activity->attempt != 1
                              : activity->attempt != pending->attempt && activity->attempt != pending->attempt + 1)) {
        find(context, 45, "an activity's attempts do not count one by one", activity->attempt, pending->attempt);
    } else if (!is_restarted && activity->attempt == pending->attempt && pending->request != 0 && request != pending->request) {
        find(context, 45, "an attempt was started twice", activity->scheduled_event_id, activity->attempt);
    } else if (is_started && activity->started_time_ns < activity->scheduled_time_ns - tolerance_ns(context)) {
        find(context, 45, "an attempt was started before its time", activity->started_time_ns,
             activity->scheduled_time_ns);
    }
    pending->attempt = activity->attempt;
    pending->stamp = activity->stamp;
    pending->request = request;
}

/* ---- I91: nothing that is due is forgotten ---- */

static void earlier(int64_t *due_ns, int64_t from_ns, int64_t after_ns)
{
    int64_t at_ns = 0;

    if (after_ns > 0 && wf_add_i64(from_ns, after_ns, &at_ns) && at_ns < *due_ns) {
        *due_ns = at_ns;
    }
}

static int64_t earliest_due(const struct context *context)
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
static void check_alarm(const struct context *context)
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
        find(context, 91, "no timer task is stored for the run's next alarm", alarm_ns, due_ns);
    } else if (due_ns != INT64_MAX && (alarm_ns == 0 || alarm_ns > latest_ns)) {
        find(context, 91, "the run's next alarm is later than what is due", alarm_ns, due_ns);
    }
    context->run->alarm_ns = alarm_ns;
}

/* True when the write has a transfer task that pushes it. */
static bool is_pushed(const struct context *context, bool is_activity, int64_t scheduled_event_id)
{
    const struct wf_db_write *write = context->commit->write;

    for (uint32_t i = 0; i < write->tasks.count; i++) {
        const struct wf_db_task *task = &write->tasks.items[i];
        struct wf_state_push push = {0};
        struct wf_error err;

        if (task->category == WF_TASK_TRANSFER && wf_string_equal(task->run_id, context->run->run_id) &&
            wf_wire_decode(context->scratch, &wf_type_state_push, task->body, &push, &err) == WF_OK &&
            push.is_activity == is_activity && push.scheduled_event_id == scheduled_event_id) {
            return true;
        }
    }
    return false;
}

/* What was scheduled by this write and not taken at once has a transfer task in it. */
static void check_pushes(const struct context *context)
{
    struct run_track *run = context->run;
    const struct wf_state_workflow_task *task = context->state->workflow_task;
    const bool is_new = task != NULL && (task->scheduled_event_id != run->task_event_id ||
                                         task->attempt != run->task_attempt || task->stamp != run->task_stamp);

    /* One that was converted from a speculative task has its deadline instead (engine-semantics 3.10). */
    if (is_new && task->started_event_id == 0 && !task->is_converted && !is_pushed(context, false, task->scheduled_event_id)) {
        find(context, 91, "a workflow task was scheduled and no transfer task stored", task->scheduled_event_id,
             task->attempt);
    }
    for (uint32_t i = 0; i < context->state->activities.count; i++) {
        const struct wf_state_activity *activity = &context->state->activities.items[i];
        const struct pending *pending = get(&run->activities, activity->scheduled_event_id);

        if (pending != NULL && pending->attempt == 0 && activity->started_time_ns == 0 &&
            !context->state->is_paused && !is_pushed(context, true, activity->scheduled_event_id)) {
            find(context, 91, "an activity was scheduled and no transfer task stored", activity->scheduled_event_id, 0);
        }
    }
    run->task_event_id = task == NULL ? 0 : task->scheduled_event_id;
    run->task_attempt = task == NULL ? 0 : task->attempt;
    run->task_stamp = task == NULL ? 0 : task->stamp;
}

/* ---- Rows ---- */

/* I89: record versions count the commits of a run. */
static void check_version(const struct context *context)
{
    struct run_track *run = context->run;

    if (context->write->is_new ? run->record_version != 0
                               : context->write->expected_record_version != run->record_version) {
        find(context, 89, "a commit does not follow the one before it", context->write->expected_record_version,
             run->record_version);
    }
    run->record_version++;
}

/* I77: an open run that was made now is the one that the current row names. I84: a start makes one run. */
static void check_start(const struct context *context)
{
    const struct wf_db_current_write *current = context->commit->write->current;
    const struct wf_event *first = &context->events->events.items[0];
    struct wf_arena_mark mark;
    struct wf_string key = {NULL, 0};

    if (!context->write->is_new || context->run->is_closed) {
        return;
    }
    if (current == NULL || !wf_string_equal(current->run_id, context->run->run_id)) {
        find(context, 77, "the current row does not name the run that was started", 0, 0);
        return;
    }
    if (context->write->fork_run_id.size_bytes > 0) {
        return; /* a reset keeps the request of the run that it is made from */
    }
    if (current->create_request_id.size_bytes == 0 || first->event_type != WF_EVENT_TYPE_WORKFLOW_EXECUTION_STARTED ||
        first->attributes.workflow_execution_started->continued_execution_run_id.size_bytes > 0) {
        return; /* successors are not started by a request */
    }
    key = sim_checks_key(context->checks, &mark, context->run->workflow->id, current->create_request_id, 0);
    if (key.data == NULL || wf_map_get(&context->checks->create_requests, key) != NULL) {
        wf_arena_rewind(context->checks->arena, mark);
        find(context, 84, "a start that was repeated made a second run", 0, 0);
    } else if (!wf_map_set(&context->checks->create_requests, key, context->run)) {
        context->checks->is_full = true;
    }
}

static bool may_follow(int32_t reuse_policy, int32_t end)
{
    switch (reuse_policy) {
    case WF_WORKFLOW_ID_REUSE_POLICY_REJECT_DUPLICATE:
        return false;
    case WF_WORKFLOW_ID_REUSE_POLICY_ALLOW_DUPLICATE_FAILED_ONLY:
        return end != WF_EVENT_TYPE_WORKFLOW_EXECUTION_COMPLETED &&
               end != WF_EVENT_TYPE_WORKFLOW_EXECUTION_CONTINUED_AS_NEW;
    default:
        return true;
    }
}

/* I87: the policies of the request allowed the run, by how the one before it ended. Successors and resets ask nobody; after
 * retention nothing is known of a run. */
static void check_policies(const struct context *context, const struct wf_state_start *start)
{
    const struct sim_workflow_track *workflow = context->run->workflow;
    const bool was_replaced = workflow->last_end_step == context->commit->step &&
                              workflow->last_end == WF_EVENT_TYPE_WORKFLOW_EXECUTION_TERMINATED;

    if (workflow->last_end == 0 || !wf_string_equal(start->first_run_id, start->run_id) ||
        context->write->fork_run_id.size_bytes > 0 ||
        context->commit->time_ns - workflow->last_end_ns >= context->checks->config->limits.retention_ns) {
        return;
    }
    if (was_replaced && start->id_conflict_policy != WF_WORKFLOW_ID_CONFLICT_POLICY_TERMINATE_EXISTING) {
        find(context, 87, "a start ended the open run, which its conflict policy does not allow", 0, 0);
    } else if (!may_follow(start->id_reuse_policy, workflow->last_end)) {
        find(context, 87, "a run was started that the reuse policy of its start does not allow", 0, 0);
    }
}

/* How the latest run of an id ended. */
static void note_end(const struct context *context)
{
    const struct wf_history_message *events = context->events;
    struct sim_workflow_track *workflow = context->run->workflow;

    if (events->events.count > 0 &&
        wf_event_is_close(events->events.items[events->events.count - 1].event_type)) {
        workflow->last_end = events->events.items[events->events.count - 1].event_type;
        workflow->last_end_step = context->commit->step;
        workflow->last_end_ns = context->commit->time_ns;
    }
}

/* ---- One run of a write ---- */

static struct run_track *find_run(struct sim_checks *checks, const struct wf_db_run_write *write)
{
    struct run_track *run = wf_map_get(&checks->runs, write->run_id);

    if (run != NULL) {
        return run;
    }
    run = WF_ARENA_NEW(checks->arena, struct run_track);
    if (run == NULL) {
        checks->is_full = true;
        return NULL;
    }
    run->run_id = wf_string_copy(checks->arena, write->run_id);
    run->workflow = sim_checks_workflow(checks, write->workflow_id);
    wf_digest_init(&run->digest);
    if (run->workflow == NULL || !wf_map_set(&checks->runs, run->run_id, run)) {
        checks->is_full = true;
        return NULL;
    }
    return run;
}

static void check_state(struct context *context)
{
    struct wf_state_run state = {0};
    struct wf_state_start start = {0};
    struct wf_error err;

    if (wf_wire_decode(context->scratch, &wf_type_state_run, context->write->state, &state, &err) != WF_OK ||
        (context->write->is_new &&
         wf_wire_decode(context->scratch, &wf_type_state_start, state.start, &start, &err) != WF_OK)) {
        find(context, 90, "the stored state cannot be read", 0, 0);
        return;
    }
    context->state = &state;
    if (context->write->is_new) {
        context->run->run_expiration_ns = start.run_expiration_ns;
        check_policies(context, &start);
    }
    check_rebuilt(context);
    check_task(context);
    if (context->events->events.count > 0) {
        check_ids(context);
    }
    check_task_start(context);
    check_pushes(context);
    for (uint32_t i = 0; i < state.activities.count; i++) {
        check_attempt(context, &state.activities.items[i]);
    }
    check_alarm(context);
}

static void check_run(struct context *context)
{
    const struct wf_arena_mark mark = wf_arena_mark(context->scratch);

    check_version(context);
    for (uint32_t i = 0; i < context->events->events.count; i++) {
        follow_event(context, &context->events->events.items[i]);
    }
    for (uint32_t i = 0; i < context->write->batches.count; i++) {
        wf_digest_add(&context->run->digest, context->write->batches.items[i].bytes.data,
                      context->write->batches.items[i].bytes.size_bytes);
    }
    if (context->write->is_new && context->events->events.count > 0) {
        check_start(context);
    }
    if (!context->run->is_closed) {
        check_state(context);
    }
    note_end(context);
    wf_arena_rewind(context->scratch, mark);
}

void sim_checks_commit(struct sim_checks *checks, struct wf_arena *scratch, const struct sim_commit *commit)
{
    if (commit->schedule != NULL) {
        sim_check_schedules_commit(checks, scratch, commit);
        return;
    }
    sim_check_schedules_started(checks, commit);
    for (uint32_t i = 0; i < commit->write->runs.count; i++) {
        struct context context = {.checks = checks,
                                  .scratch = scratch,
                                  .commit = commit,
                                  .write = &commit->write->runs.items[i],
                                  .events = &commit->events[i],
                                  .run = find_run(checks, &commit->write->runs.items[i])};

        if (context.run != NULL) {
            check_run(&context);
        }
    }
}

/* I94: what was not committed is never read, and what was committed always is, also after a write of unknown outcome (I93). */
void sim_checks_read(struct sim_checks *checks, struct wf_string run_id, const struct wf_string *batches,
                     uint32_t batch_count, wf_time_ns now_ns, uint64_t step)
{
    const struct run_track *run = wf_map_get(&checks->runs, run_id);
    struct wf_digest digest;
    struct wf_buffer sentence;

    if (run == NULL) {
        return;
    }
    wf_digest_init(&digest);
    for (uint32_t i = 0; i < batch_count; i++) {
        wf_digest_add(&digest, batches[i].data, batches[i].size_bytes);
    }
    if (wf_digest_value(&digest) == wf_digest_value(&run->digest)) {
        return;
    }
    wf_buffer_init(&sentence, checks->arena);
    wf_buffer_printf(&sentence, "the history that is read of %S is not the one that was committed, %lld events",
                     &run->workflow->id, (long long)run->last_event_id);
    sim_checks_break_invariant(checks, 94, "a history is read that was not committed", run->workflow,
                               &(struct sim_record){.time_ns = now_ns, .step = step}, wf_buffer_string(&sentence));
}
