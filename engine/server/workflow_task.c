/*
 * The machine of the workflow task. Its state is the record in the run's state: absent, scheduled,
 * or started. A task of attempt 2 and more is transient: it has reserved ids, and events only once
 * it ends well.
 *
 * Source: engine-semantics 3.1 to 3.7.
 */
#include "engine/server/change.h"

#include "engine/base/assert.h"

#define FREE_ATTEMPTS 3 /* 3.2: attempts without an extra wait */
#define EXTRA_WAIT_NS (5 * WF_NS_PER_S)
#define EXTRA_WAIT_NS_MAX (600 * WF_NS_PER_S)
#define SPECULATIVE_START_NS (5 * WF_NS_PER_S) /* 3.10 */
#define JITTER_PARTS 1000u
#define JITTER_PARTS_MIN 800u

enum wf_workflow_task_state wf_workflow_task_state(const struct wf_state_run *state)
{
    if (state->workflow_task == NULL) {
        return WF_WORKFLOW_TASK_NONE;
    }
    if (state->workflow_task->is_speculative) {
        return state->workflow_task->started_event_id == 0 ? WF_WORKFLOW_TASK_SPECULATIVE
                                                           : WF_WORKFLOW_TASK_SPECULATIVE_STARTED;
    }
    return state->workflow_task->started_event_id == 0 ? WF_WORKFLOW_TASK_SCHEDULED
                                                       : WF_WORKFLOW_TASK_STARTED;
}

bool wf_workflow_task_is_started(const struct wf_state_run *state)
{
    return state->workflow_task != NULL && state->workflow_task->started_event_id != 0;
}

bool wf_workflow_task_is_speculative(const struct wf_state_run *state)
{
    return state->workflow_task != NULL && state->workflow_task->is_speculative;
}

int64_t wf_workflow_task_deadline(const struct wf_shard_run *run)
{
    const struct wf_state_workflow_task *task = run->state->workflow_task;

    if (task == NULL) {
        return INT64_MAX;
    }
    if (task->started_event_id != 0) {
        return wf_add_saturating(task->started_time_ns, task->timeout_ns);
    }
    /* 3.6: a task on the normal queue waits for as long as the run lives. */
    return task->schedule_to_start_deadline_ns == 0 ? INT64_MAX
                                                    : task->schedule_to_start_deadline_ns;
}

void wf_workflow_task_clear_sticky(struct wf_state_run *state)
{
    state->sticky_queue = (struct wf_string){0};
    state->sticky_timeout_ns = 0;
}

void wf_workflow_task_set_sticky(struct wf_change *change,
                                 const struct wf_svc_respond_workflow_task_completed *request)
{
    wf_workflow_task_clear_sticky(change->state);
    if (request->sticky_task_queue.size_bytes > 0) {
        change->state->sticky_queue = wf_change_own(change, request->sticky_task_queue);
        change->state->sticky_timeout_ns = wf_time_of(request->sticky_schedule_to_start_timeout);
    }
}

/* 3.2: a task that keeps failing gets more and more time, which is the only pressure back on it. */
static int64_t timeout_of_attempt(struct wf_change *change, int32_t attempt)
{
    int64_t wait_ns = EXTRA_WAIT_NS;

    if (attempt <= FREE_ATTEMPTS) {
        return change->run->start->task_timeout_ns;
    }
    for (int32_t i = FREE_ATTEMPTS + 1; i < attempt && wait_ns < EXTRA_WAIT_NS_MAX; i++) {
        wait_ns *= 2;
    }
    wait_ns = wait_ns < EXTRA_WAIT_NS_MAX ? wait_ns : EXTRA_WAIT_NS_MAX;
    wait_ns = wait_ns / JITTER_PARTS *
              (int64_t)(JITTER_PARTS_MIN +
                        wf_shard_draw(change->shard) % (JITTER_PARTS - JITTER_PARTS_MIN + 1));
    return change->run->start->task_timeout_ns + wait_ns;
}

/* The queue as the Scheduled event names it (3.2 step 4). */
static struct wf_task_queue *queue_of(struct wf_arena *arena, const struct wf_shard_run *run,
                                      bool is_sticky)
{
    struct wf_task_queue *queue = WF_ARENA_NEW(arena, struct wf_task_queue);

    if (queue == NULL) {
        return NULL;
    }
    queue->name = is_sticky ? run->state->sticky_queue : run->start->task_queue;
    queue->kind = is_sticky ? WF_TASK_QUEUE_KIND_STICKY : WF_TASK_QUEUE_KIND_NORMAL;
    if (is_sticky) {
        queue->normal_name = run->start->task_queue;
    }
    return queue;
}

static void fill_scheduled(struct wf_event_workflow_task_scheduled *event, struct wf_arena *arena,
                           const struct wf_shard_run *run)
{
    const struct wf_state_workflow_task *task = run->state->workflow_task;

    event->task_queue = queue_of(arena, run, task->is_sticky);
    event->start_to_close_timeout = wf_duration_of(task->timeout_ns);
    event->attempt = task->attempt;
}

static void fill_started(struct wf_event_workflow_task_started *event,
                         const struct wf_state_workflow_task *task)
{
    event->scheduled_event_id = task->scheduled_event_id;
    event->identity = task->identity;
    event->request_id = task->request_id;
    event->history_size_bytes = task->history_size_bytes;
    event->suggest_continue_as_new = task->suggest_reasons.count > 0;
    event->target_worker_deployment_version_changed = task->is_target_changed;
    event->suggest_continue_as_new_reasons.items = task->suggest_reasons.items;
    event->suggest_continue_as_new_reasons.count = task->suggest_reasons.count;
}

static void write_scheduled(struct wf_change *change)
{
    struct wf_state_workflow_task *task = change->state->workflow_task;
    struct wf_event_workflow_task_scheduled *event = NULL;

    task->scheduled_event_id = change->state->next_event_id;
    event = wf_change_event(change, WF_EVENT_TYPE_WORKFLOW_TASK_SCHEDULED, task->scheduled_time_ns);
    if (event != NULL) {
        fill_scheduled(event, change->arena, change->run);
    }
}

static void write_started(struct wf_change *change)
{
    struct wf_state_workflow_task *task = change->state->workflow_task;
    struct wf_event_workflow_task_started *event = NULL;

    task->started_event_id = change->state->next_event_id;
    event = wf_change_event(change, WF_EVENT_TYPE_WORKFLOW_TASK_STARTED, task->started_time_ns);
    if (event != NULL) {
        fill_started(event, task);
    }
    wf_change_cut(change);
}

static void keep(struct wf_change *change, const struct wf_workflow_task_details *details)
{
    (void)change;
    (void)details;
}

/* Scheduled now, for the worker that has the run when there is one. NULL when memory is gone. */
static struct wf_state_workflow_task *new_task(struct wf_change *change)
{
    struct wf_state_workflow_task *task = WF_ARENA_NEW(&change->run->arena,
                                                       struct wf_state_workflow_task);

    if (task != NULL) {
        task->scheduled_time_ns = change->now_ns;
        task->original_scheduled_time_ns = change->now_ns;
        task->is_sticky = change->state->sticky_queue.size_bytes > 0;
    }
    return task;
}

static void schedule(struct wf_change *change, const struct wf_workflow_task_details *details)
{
    struct wf_state_run *state = change->state;
    struct wf_state_workflow_task *task = new_task(change);
    const bool is_inline = details != NULL && details->is_inline;

    if (task == NULL) {
        return;
    }
    if (state->buffered_events.count > 0) {
        /* 3.2 step 1: what is new ends a series of failures. */
        state->next_task_attempt = 1;
        wf_change_flush(change);
    }
    task->attempt = state->next_task_attempt;
    task->timeout_ns = timeout_of_attempt(change, task->attempt);
    if (details != NULL && details->original_scheduled_time_ns != 0) {
        task->original_scheduled_time_ns = details->original_scheduled_time_ns;
    }
    if (task->is_sticky && !is_inline) {
        /* 3.6: the worker that has the run cached may be gone. */
        task->schedule_to_start_deadline_ns = wf_add_saturating(change->now_ns,
                                                                state->sticky_timeout_ns);
    }
    state->workflow_task = task;
    state->is_in_backoff = false;
    state->is_held = false; /* 5.4 step 5: whatever begins a child, its parent no longer does */
    if (task->attempt > 1) {
        task->scheduled_event_id = state->next_event_id; /* 3.1 transient: reserved, not written */
    } else {
        write_scheduled(change);
    }
    if (!is_inline) {
        wf_change_push(change, false, task->scheduled_event_id, task->attempt, task->stamp);
    }
}

/* 3.10: the next ids are reserved, and whatever is written makes a normal task of it first. */
static void speculate(struct wf_change *change, const struct wf_workflow_task_details *details)
{
    struct wf_state_run *state = change->state;
    struct wf_state_workflow_task *task = new_task(change);
    const bool is_inline = details != NULL && details->is_inline;

    if (task == NULL) {
        return;
    }
    WF_ASSERT(state->buffered_events.count == 0);
    task->attempt = 1;
    task->is_speculative = true;
    task->timeout_ns = change->run->start->task_timeout_ns;
    task->scheduled_event_id = state->next_event_id;
    if (!is_inline) {
        task->schedule_to_start_deadline_ns = wf_add_saturating(change->now_ns,
                                                                SPECULATIVE_START_NS);
    }
    state->workflow_task = task;
}

/* It keeps its deadline and gets no transfer task: it was pushed once, and that must do. */
static void convert(struct wf_change *change, const struct wf_workflow_task_details *details)
{
    struct wf_state_workflow_task *task = change->state->workflow_task;

    (void)details;
    WF_ASSERT(task->scheduled_event_id == change->state->next_event_id);
    task->is_speculative = false;
    task->is_converted = true;
    write_scheduled(change);
}

static void convert_started(struct wf_change *change,
                            const struct wf_workflow_task_details *details)
{
    convert(change, details);
    write_started(change);
}

/* 3.3: what the worker is told about the length of the history. */
static void suggest_continue_as_new(struct wf_change *change, struct wf_state_workflow_task *task)
{
    const struct wf_service_limits *limits = &change->shard->config->limits;
    const struct wf_state_run *state = change->state;

    task->history_size_bytes = state->history_size_bytes;
    task->suggest_reasons.count = 0;
    if (state->history_size_bytes >= limits->history_bytes_suggest) {
        int32_t *reason = WF_LIST_APPEND(&change->run->arena, task->suggest_reasons);

        if (reason != NULL) {
            *reason = WF_SUGGEST_CONTINUE_AS_NEW_REASON_HISTORY_SIZE_TOO_LARGE;
        }
    }
    if (state->next_event_id >= limits->history_events_suggest) {
        int32_t *reason = WF_LIST_APPEND(&change->run->arena, task->suggest_reasons);

        if (reason != NULL) {
            *reason = WF_SUGGEST_CONTINUE_AS_NEW_REASON_TOO_MANY_HISTORY_EVENTS;
        }
    }
    /* 90% of what one run may have. */
    if ((int64_t)state->updates.count * 10 >= limits->updates_max * 9) {
        int32_t *reason = WF_LIST_APPEND(&change->run->arena, task->suggest_reasons);

        if (reason != NULL) {
            *reason = WF_SUGGEST_CONTINUE_AS_NEW_REASON_TOO_MANY_UPDATES;
        }
    }
}

/* Whom the task was given to. One that comes with the answer to another stays with that worker. */
static void note_taker(struct wf_change *change, const struct wf_workflow_task_details *details)
{
    const struct wf_svc_record_workflow_task_started *taken = details->taken;
    struct wf_state_workflow_task *task = change->state->workflow_task;
    const struct wf_state_versioning *versioning = change->state->versioning;

    task->request_id = wf_change_own(change, details->request_id);
    task->identity = wf_change_own(change, details->identity);
    task->started_time_ns = change->now_ns;
    task->worker_version = NULL;
    if (taken == NULL) {
        task->worker_version = versioning == NULL ? NULL : versioning->version;
        return;
    }
    task->routing_revision = taken->routing_revision;
    task->is_target_changed = taken->target_version != NULL &&
                              wf_versioning_is_pinned(change->shard->config, versioning) &&
                              !wf_version_equal(taken->target_version, versioning->version);
    if (taken->worker_version != NULL) {
        task->worker_version = wf_change_own_message(change, &wf_type_worker_deployment_version, taken->worker_version);
    }
}

static void start(struct wf_change *change, const struct wf_workflow_task_details *details)
{
    struct wf_state_run *state = change->state;
    struct wf_state_workflow_task *task = state->workflow_task;

    note_taker(change, details);
    if (task->attempt > 1 && task->scheduled_event_id != state->next_event_id) {
        /* 3.3: events came since the transient task was scheduled, so it becomes a normal one. */
        task->attempt = 1;
        state->next_task_attempt = 1;
        task->scheduled_time_ns = change->now_ns;
        task->timeout_ns = change->run->start->task_timeout_ns;
        write_scheduled(change);
    }
    suggest_continue_as_new(change, task);
    if (task->attempt > 1) {
        task->started_event_id = task->scheduled_event_id + 1;
    } else {
        write_started(change);
    }
}

static void start_speculative(struct wf_change *change,
                              const struct wf_workflow_task_details *details)
{
    struct wf_state_workflow_task *task = change->state->workflow_task;

    note_taker(change, details);
    suggest_continue_as_new(change, task);
    task->started_event_id = task->scheduled_event_id + 1;
}

/* The run is now on the version of the worker that took the task, which says whether it stays there. */
static void note_version(struct wf_change *change, struct wf_event_workflow_task_completed *event, int32_t behavior)
{
    const struct wf_state_workflow_task *task = change->state->workflow_task;
    const struct wf_state_versioning *versioning = change->state->versioning;
    int64_t revision = versioning == NULL ? 0 : versioning->revision;

    if (task->worker_version != NULL) {
        event->versioning_behavior = behavior;
        event->worker_deployment_name = task->worker_version->deployment_name;
        event->deployment_version = task->worker_version;
    }
    revision = task->routing_revision > revision ? task->routing_revision : revision;
    change->state->versioning = wf_versioning_complete(&change->run->arena, event, revision);
}

static void complete(struct wf_change *change, const struct wf_workflow_task_details *details)
{
    struct wf_state_run *state = change->state;
    struct wf_state_workflow_task *task = state->workflow_task;
    struct wf_event_workflow_task_completed *event = NULL;

    if (task->attempt > 1) {
        /* 3.4 step 2: a transient task enters history when it succeeds. */
        WF_ASSERT(task->scheduled_event_id == state->next_event_id);
        write_scheduled(change);
        write_started(change);
    }
    event = wf_change_event(change, WF_EVENT_TYPE_WORKFLOW_TASK_COMPLETED, change->now_ns);
    if (event != NULL) {
        event->scheduled_event_id = task->scheduled_event_id;
        event->started_event_id = task->started_event_id;
        event->identity = details->identity;
        event->sdk_metadata = details->sdk_metadata;
        note_version(change, event, details->versioning_behavior);
    }
    state->previous_started_event_id = task->started_event_id;
    state->next_task_attempt = 1;
    state->workflow_task = NULL;
}

/* The attempt after a failure or a timeout: 3.5 "Sticky exception". */
static void count_attempt(const struct wf_change *change, int32_t attempt)
{
    struct wf_state_run *state = change->state;

    state->next_task_attempt = state->sticky_queue.size_bytes > 0 ? 1 : attempt + 1;
    if (!wf_is_planted(change->shard->config, WF_PLANT_STICKY_KEPT)) {
        wf_workflow_task_clear_sticky(state);
    }
}

static void fail(struct wf_change *change, const struct wf_workflow_task_details *details)
{
    struct wf_state_run *state = change->state;
    const struct wf_state_workflow_task *task = state->workflow_task;

    if (task->attempt == 1) {
        struct wf_event_workflow_task_failed *event = wf_change_event(
            change, WF_EVENT_TYPE_WORKFLOW_TASK_FAILED, change->now_ns);

        if (event != NULL) {
            event->scheduled_event_id = task->scheduled_event_id;
            event->started_event_id = task->started_event_id;
            event->cause = details->cause;
            event->failure = details->failure;
            event->identity = details->identity;
        }
    }
    count_attempt(change, task->attempt);
    state->workflow_task = NULL;
}

/* 3.5 "pause while scheduled". */
static void fail_for_pause(struct wf_change *change, const struct wf_workflow_task_details *details)
{
    struct wf_state_run *state = change->state;
    struct wf_event_workflow_task_failed *event = NULL;

    (void)details;
    if (state->workflow_task->attempt == 1) {
        event = wf_change_event(change, WF_EVENT_TYPE_WORKFLOW_TASK_FAILED, change->now_ns);
    }
    if (event != NULL) {
        event->scheduled_event_id = state->workflow_task->scheduled_event_id;
        event->cause = WF_WORKFLOW_TASK_FAILED_CAUSE_WORKFLOW_PAUSE_REQUESTED_BEFORE_TASK_STARTED;
        event->identity = WF_STR(WF_HISTORY_SERVICE);
    }
    state->next_task_attempt = 1;
    wf_workflow_task_clear_sticky(state);
    state->workflow_task = NULL;
}

static void write_timed_out(struct wf_change *change, enum wf_timeout_type timeout_type)
{
    const struct wf_state_workflow_task *task = change->state->workflow_task;
    struct wf_event_workflow_task_timed_out *event = wf_change_event(
        change, WF_EVENT_TYPE_WORKFLOW_TASK_TIMED_OUT, change->now_ns);

    if (event != NULL) {
        event->scheduled_event_id = task->scheduled_event_id;
        event->started_event_id = task->started_event_id;
        event->timeout_type = (int32_t)timeout_type;
    }
}

static void time_out(struct wf_change *change, const struct wf_workflow_task_details *details)
{
    const struct wf_state_workflow_task *task = change->state->workflow_task;

    (void)details;
    if (task->attempt == 1) {
        write_timed_out(change, WF_TIMEOUT_TYPE_START_TO_CLOSE);
    }
    count_attempt(change, task->attempt);
    change->state->workflow_task = NULL;
}

static void time_out_sticky(struct wf_change *change,
                            const struct wf_workflow_task_details *details)
{
    (void)details;
    /* 3.5: a task is on a sticky queue after a success only, so its attempt is 1. */
    WF_ASSERT(change->state->workflow_task->attempt == 1);
    write_timed_out(change, WF_TIMEOUT_TYPE_SCHEDULE_TO_START);
    count_attempt(change, 0);
    change->state->workflow_task = NULL;
}

static void withdraw(struct wf_change *change, const struct wf_workflow_task_details *details)
{
    (void)details;
    change->state->workflow_task = NULL;
}

/* 7.10 step 3: a task that is not in history as a normal one gets a Scheduled of its own, and one that nobody has taken a
 * Started. */
static void put_before_reset(struct wf_change *change)
{
    struct wf_state_run *state = change->state;
    const struct wf_run_id request_id = wf_shard_draw_uuid(change->shard);

    if (state->workflow_task == NULL || (state->workflow_task->started_event_id == 0 &&
                                         state->workflow_task->attempt > 1)) {
        state->workflow_task = WF_ARENA_NEW(&change->run->arena, struct wf_state_workflow_task);
        if (state->workflow_task == NULL) {
            return;
        }
        state->workflow_task->attempt = 1;
        state->workflow_task->timeout_ns = change->run->start->task_timeout_ns;
        state->workflow_task->scheduled_time_ns = change->now_ns;
        write_scheduled(change);
    }
    if (state->workflow_task->started_event_id == 0) {
        state->workflow_task->started_time_ns = change->now_ns;
        state->workflow_task->identity = WF_STR(WF_HISTORY_SERVICE);
        state->workflow_task->request_id = wf_change_own(change, wf_run_id_string(&request_id));
        suggest_continue_as_new(change, state->workflow_task);
        write_started(change);
    }
}

static void reset(struct wf_change *change, const struct wf_workflow_task_details *details)
{
    struct wf_event_workflow_task_failed *event = NULL;

    put_before_reset(change);
    event = wf_change_event(change, WF_EVENT_TYPE_WORKFLOW_TASK_FAILED, change->now_ns);
    if (event != NULL && change->state->workflow_task != NULL) {
        event->scheduled_event_id = change->state->workflow_task->scheduled_event_id;
        event->started_event_id = change->state->workflow_task->started_event_id;
        event->cause = WF_WORKFLOW_TASK_FAILED_CAUSE_RESET_WORKFLOW;
        event->failure = details->failure;
        event->identity = WF_STR(WF_HISTORY_SERVICE);
        event->base_run_id = details->base_run_id;
        event->new_run_id = wf_run_id_string(&change->run->id);
    }
    change->state->next_task_attempt = 1;
    change->state->workflow_task = NULL;
}

bool wf_workflow_task_step(struct wf_change *change, enum wf_workflow_task_input input,
                           const struct wf_workflow_task_details *details)
{
#define ROW(from, input) ((uint32_t)(from) << 8 | (uint32_t)(input))
    switch (ROW(wf_workflow_task_state(change->state), input)) {
#define WF_TRANSITION(from, input, to, action)                                                     \
    case ROW(WF_WORKFLOW_TASK_##from, WF_WORKFLOW_TASK_##input):                                   \
        action(change, details);                                                                   \
        WF_ASSERT(wf_workflow_task_state(change->state) == WF_WORKFLOW_TASK_##to ||                \
                  change->run->arena.is_full);                                                     \
        return true;
#include "engine/server/workflow_task.def"
    default:
        return false;
    }
#undef ROW
}

struct wf_string wf_workflow_task_unwritten(struct wf_shard *shard, const struct wf_shard_run *run)
{
    const struct wf_state_workflow_task *task = run->state->workflow_task;
    struct wf_event events[2] = {{0}, {0}};
    struct wf_event_workflow_task_scheduled scheduled = {0};
    struct wf_event_workflow_task_started started = {0};
    const struct wf_history_message history = {.events = {.items = events, .count = 2}};
    struct wf_buffer bytes = {0};

    /* 3.1: only a started task that is transient or speculative has events to show that are not in history. */
    if (task == NULL || (task->attempt <= 1 && !task->is_speculative) || task->started_event_id == 0) {
        return (struct wf_string){0};
    }
    fill_scheduled(&scheduled, &shard->step_arena, run);
    fill_started(&started, task);
    events[0] = (struct wf_event){.event_id = task->scheduled_event_id,
                                  .event_time = wf_timestamp_of(task->scheduled_time_ns),
                                  .event_type = WF_EVENT_TYPE_WORKFLOW_TASK_SCHEDULED,
                                  .attributes_case = WF_CASE_event_workflow_task_scheduled,
                                  .attributes.workflow_task_scheduled = &scheduled};
    events[1] = (struct wf_event){.event_id = task->started_event_id,
                                  .event_time = wf_timestamp_of(task->started_time_ns),
                                  .event_type = WF_EVENT_TYPE_WORKFLOW_TASK_STARTED,
                                  .attributes_case = WF_CASE_event_workflow_task_started,
                                  .attributes.workflow_task_started = &started};
    wf_buffer_init(&bytes, &shard->step_arena);
    wf_wire_encode(&wf_type_history_message, &history, &bytes);
    return wf_buffer_string(&bytes);
}
