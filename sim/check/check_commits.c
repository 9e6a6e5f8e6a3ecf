/*
 * What must hold after every transaction (engine-semantics 10, marked S, and of those marked T what commits show). Each run is
 * followed through its committed events; the state that is stored beside them is decoded and compared with what they say.
 * Pending things are few, so sets are arrays.
 */
#include "engine/base/assert.h"
#include "engine/base/hash.h"
#include "engine/codec.h"
#include "engine/service.h"
#include "sim/check/commit_facts.h"

#define RECOVERY_NS (60 * WF_NS_PER_S) /* after the faults have stopped */
#define LATENESS_NS (5 * WF_NS_PER_S)  /* look-ahead, scheduling and a transaction take far less */

uint64_t sim_text_digest(struct wf_string text)
{
    return text.size_bytes == 0 ? 0 : wf_hash_bytes(text.data, text.size_bytes) | 1;
}

void sim_commit_break(const struct sim_commit_context *context, unsigned number, const char *cause, int64_t left,
                      int64_t right)
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

int64_t sim_commit_tolerance_ns(const struct sim_commit_context *context)
{
    return WF_NS_PER_MS + context->commit->clock_spread_ns;
}

/* ---- Sets ---- */

/* The first that is not before event_id, the count when all are. */
static uint32_t place_of(const struct sim_pendings *set, int64_t event_id)
{
    uint32_t low = 0;
    uint32_t high = set->count;

    while (low < high) {
        const uint32_t middle = low + (high - low) / 2;

        if (set->items[middle].event_id < event_id) {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    return low;
}

/* Nearly always behind the others. */
static struct sim_pending *add(const struct sim_commit_context *context, struct sim_pendings *set, int64_t event_id)
{
    const uint32_t place = place_of(set, event_id);
    struct sim_pending *item = WF_LIST_APPEND(context->checks->arena, *set);

    if (item == NULL) {
        context->checks->is_full = true;
        return NULL;
    }
    item = &set->items[place];
    memmove(item + 1, item, (set->count - 1 - place) * sizeof *item);
    *item = (struct sim_pending){.event_id = event_id};
    return item;
}

struct sim_pending *sim_pending_get(const struct sim_pendings *set, int64_t event_id)
{
    const uint32_t place = place_of(set, event_id);

    return place < set->count && set->items[place].event_id == event_id ? &set->items[place] : NULL;
}

static void take_out(struct sim_pendings *set, int64_t event_id)
{
    struct sim_pending *item = sim_pending_get(set, event_id);

    if (item != NULL) {
        WF_LIST_REMOVE(*set, item);
    }
}

/* ---- Events ---- */

/* When a timer fires, by the service's clock. */
static int64_t due_of(const struct wf_event *event)
{
    int64_t due_ns = 0;

    return wf_add_i64(wf_time_of(event->event_time),
                      wf_time_of(event->attributes.timer_started->start_to_fire_timeout), &due_ns)
               ? due_ns
               : INT64_MAX;
}

/* I53: once the faults have stopped and everything recovered, every owner is healthy, and a due timer fires at once. */
static void check_lateness(const struct sim_commit_context *context, const struct wf_event *event)
{
    const int64_t offset_ns = context->commit->clock_ns - context->commit->time_ns;
    const struct sim_pending *timer = sim_pending_get(&context->run->pending[WF_OWNER_TIMER], event->attributes.timer_fired->started_event_id);
    const int64_t fired_ns = wf_time_of(event->event_time);

    if (timer != NULL && context->checks->heal_ns != SIM_NEVER &&
        timer->due_ns - offset_ns >= context->checks->heal_ns + RECOVERY_NS && fired_ns - timer->due_ns > LATENESS_NS + context->commit->clock_spread_ns) {
        sim_commit_break(context, 53, "a timer fired late although every owner was healthy", fired_ns - timer->due_ns, timer->event_id);
    }
}

static void follow_pending(const struct sim_commit_context *context, const struct wf_event *event)
{
    const struct wf_event_owner owner = wf_event_owner_of(event);
    struct sim_pendings *set = &context->run->pending[owner.kind];

    if (owner.begins) {
        struct sim_pending *item = add(context, set, owner.event_id);

        if (item != NULL && owner.kind == WF_OWNER_TIMER) {
            item->due_ns = due_of(event);
        } else if (item != NULL && owner.kind == WF_OWNER_ACTIVITY) {
            item->name = sim_text_digest(event->attributes.activity_task_scheduled->activity_id);
        }
    } else if (owner.ends) {
        if (event->event_type == WF_EVENT_TYPE_TIMER_FIRED && event->event_id > context->write->fork_event_id) {
            check_lateness(context, event);
        }
        take_out(set, owner.event_id);
    }
}

/* What time code sees from the start of a run or of a task that does not fail: the latest so far (replay-rules 1.6). */
static void note_started(const struct sim_commit_context *context, const struct wf_event *event)
{
    struct sim_run_track *run = context->run;
    const uint32_t count = run->started_tasks.count;
    const int64_t before_ns = count == 0 ? INT64_MIN : run->started_tasks.items[count - 1].time_ns;
    const int64_t time_ns = wf_time_of(event->event_time);
    struct sim_started_task *task = WF_LIST_APPEND(context->checks->arena, run->started_tasks);

    if (task == NULL) {
        context->checks->is_full = true;
        return;
    }
    task->event_id = event->event_id;
    task->time_ns = time_ns > before_ns ? time_ns : before_ns;
    task->earliest_ns = before_ns;
    task->latest_ns = task->time_ns + (run->is_transient ? context->commit->clock_spread_ns : 0);
    task->is_retried = run->is_transient;
}

static void follow_task(const struct sim_commit_context *context, const struct wf_event *event)
{
    struct sim_run_track *run = context->run;

    switch (event->event_type) {
    case WF_EVENT_TYPE_WORKFLOW_TASK_SCHEDULED:
        run->is_transient = event->attributes.workflow_task_scheduled->attempt > 1;
        run->scheduled_event_id = event->event_id;
        run->started_event_id = 0;
        run->had_task = true;
        break;
    case WF_EVENT_TYPE_WORKFLOW_TASK_STARTED:
        run->started_event_id = event->event_id;
        note_started(context, event);
        break;
    case WF_EVENT_TYPE_WORKFLOW_TASK_COMPLETED:
        run->scheduled_event_id = 0;
        run->started_event_id = 0;
        run->is_in_block = true;
        run->has_unseen = false;
        break;
    default: /* failed, timed out: what it was to see is not seen */
        if (run->started_event_id != 0 && run->started_tasks.count > 0) {
            run->started_tasks.count--;
        }
        run->scheduled_event_id = 0;
        run->started_event_id = 0;
        run->has_unseen = true;
        break;
    }
}

static bool is_of_task(int32_t event_type)
{
    return event_type >= WF_EVENT_TYPE_WORKFLOW_TASK_SCHEDULED && event_type <= WF_EVENT_TYPE_WORKFLOW_TASK_FAILED;
}

/* I8 and I11 on the way: nothing follows a close, and ids are the next ones. */
static void follow_event(const struct sim_commit_context *context, const struct wf_event *event)
{
    const struct sim_record at = {
        .time_ns = context->commit->time_ns, .step = context->commit->step, .node = context->commit->node};
    struct sim_run_track *run = context->run;

    if (run->is_closed) {
        sim_commit_break(context, 8, "an event was committed after the close", event->event_id, event->event_type);
    }
    if (event->event_id != run->last_event_id + 1) {
        sim_commit_break(context, 11, "an event was committed whose id is not the next", event->event_id, run->last_event_id + 1);
    }
    run->last_event_id = event->event_id;
    run->is_closed = run->is_closed || wf_event_is_close(event->event_type);
    if (is_of_task(event->event_type)) {
        follow_task(context, event);
        return;
    }
    run->is_in_block = run->is_in_block && wf_event_is_command(event->event_type);
    run->has_unseen = run->has_unseen || (!run->is_in_block && !wf_event_is_silent(event));
    follow_pending(context, event);
    sim_check_fields_follow(context, event);
    if (event->event_type == WF_EVENT_TYPE_WORKFLOW_EXECUTION_STARTED) {
        run->is_child = event->attributes.workflow_execution_started->parent_workflow_execution != NULL;
        note_started(context, event);
    } else if (event->event_type == WF_EVENT_TYPE_WORKFLOW_EXECUTION_SIGNALED) {
        run->signal_count++;
        if (event->event_id > context->write->fork_event_id || context->write->fork_run_id.size_bytes > 0) {
            sim_check_answers_signaled(context->checks, run->workflow, event->attributes.workflow_execution_signaled, &at);
        }
    } else if (event->event_type == WF_EVENT_TYPE_WORKFLOW_EXECUTION_CANCEL_REQUESTED) {
        run->is_cancel_requested = true;
        run->workflow->has_cancel_request = true; /* also in a history from elsewhere, of which there are no records */
    }
}

/* ---- Rows ---- */

/* I89: record versions count the commits of a run. */
static void check_version(const struct sim_commit_context *context)
{
    struct sim_run_track *run = context->run;

    if (context->write->is_new ? run->record_version != 0
                               : context->write->expected_record_version != run->record_version) {
        sim_commit_break(context, 89, "a commit does not follow the one before it", context->write->expected_record_version,
             run->record_version);
    }
    run->record_version++;
}

/* I77: an open run that was made now is the one that the current row names. I84: a start makes one run. */
static void check_start(const struct sim_commit_context *context)
{
    const struct wf_db_current_write *current = context->commit->write->current;
    const struct wf_event *first = &context->events->events.items[0];
    struct wf_arena_mark mark;
    struct wf_string key = {NULL, 0};

    if (!context->write->is_new || context->run->is_closed) {
        return;
    }
    if (current == NULL || !wf_string_equal(current->run_id, context->run->run_id)) {
        sim_commit_break(context, 77, "the current row does not name the run that was started", 0, 0);
        return;
    }
    if (context->write->fork_event_id > 0) {
        return; /* a reset keeps the request of the run that it is made from; a run from elsewhere was not started here */
    }
    if (current->create_request_id.size_bytes == 0 || first->event_type != WF_EVENT_TYPE_WORKFLOW_EXECUTION_STARTED ||
        first->attributes.workflow_execution_started->continued_execution_run_id.size_bytes > 0) {
        return; /* successors are not started by a request */
    }
    key = sim_checks_key(context->checks, &mark, context->run->workflow->id, current->create_request_id, 0);
    if (key.data == NULL || wf_map_get(&context->checks->create_requests, key) != NULL) {
        wf_arena_rewind(context->checks->arena, mark);
        sim_commit_break(context, 84, "a start that was repeated made a second run", 0, 0);
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
static void check_policies(const struct sim_commit_context *context, const struct wf_state_start *start)
{
    const struct sim_workflow_track *workflow = context->run->workflow;
    const bool was_replaced = workflow->last_end_step == context->commit->step &&
                              workflow->last_end == WF_EVENT_TYPE_WORKFLOW_EXECUTION_TERMINATED;

    if (workflow->last_end == 0 || !wf_string_equal(start->first_run_id, start->run_id) ||
        context->write->fork_event_id > 0 ||
        context->commit->time_ns - workflow->last_end_ns >= context->checks->config->limits.retention_ns) {
        return;
    }
    if (was_replaced && start->id_conflict_policy != WF_WORKFLOW_ID_CONFLICT_POLICY_TERMINATE_EXISTING) {
        sim_commit_break(context, 87, "a start ended the open run, which its conflict policy does not allow", 0, 0);
    } else if (!may_follow(start->id_reuse_policy, workflow->last_end)) {
        sim_commit_break(context, 87, "a run was started that the reuse policy of its start does not allow", 0, 0);
    }
}

/* How the latest run of an id ended. */
static void note_end(const struct sim_commit_context *context)
{
    const struct wf_history_message *events = context->events;
    struct sim_workflow_track *workflow = context->run->workflow;

    if (events->events.count > 0 &&
        wf_event_is_close(events->events.items[events->events.count - 1].event_type)) {
        workflow->last_end = events->events.items[events->events.count - 1].event_type;
        workflow->last_end_step = context->commit->step;
        workflow->last_end_ns = context->commit->time_ns;
        context->run->close_ns = context->commit->time_ns;
    }
}

/* ---- One run of a write ---- */

static struct sim_run_track *find_run(struct sim_checks *checks, const struct wf_db_run_write *write)
{
    struct sim_run_track *run = wf_map_get(&checks->runs, write->run_id);

    if (run != NULL) {
        return run;
    }
    run = WF_ARENA_NEW(checks->arena, struct sim_run_track);
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

/* NULL when it cannot be read. */
static const struct wf_state_run *read_state(const struct sim_commit_context *context)
{
    struct wf_state_run *state = WF_ARENA_NEW(context->scratch, struct wf_state_run);
    struct wf_error err;

    if (state == NULL ||
        wf_wire_decode(context->scratch, &wf_type_state_run, context->write->state, state, &err) != WF_OK) {
        sim_commit_break(context, 90, "the stored state cannot be read", 0, 0);
        return NULL;
    }
    return state;
}

static void check_new_state(const struct sim_commit_context *context)
{
    struct wf_state_start start = {0};
    struct wf_error err;

    if (wf_wire_decode(context->scratch, &wf_type_state_start, context->state->start, &start, &err) != WF_OK) {
        sim_commit_break(context, 90, "the stored start of a run cannot be read", 0, 0);
        return;
    }
    context->run->run_expiration_ns = start.run_expiration_ns;
    check_policies(context, &start);
}

static void note_batches(const struct sim_commit_context *context)
{
    struct sim_run_track *run = context->run;

    for (uint32_t i = 0; i < context->write->batches.count; i++) {
        const struct wf_string bytes = context->write->batches.items[i].bytes;
        uint64_t *digest = WF_LIST_APPEND(context->checks->arena, run->batches);

        wf_digest_add(&run->digest, bytes.data, bytes.size_bytes);
        if (digest == NULL) {
            context->checks->is_full = true;
            return;
        }
        *digest = wf_hash_bytes(bytes.data, bytes.size_bytes);
    }
}

static bool closes(const struct sim_commit_context *context)
{
    const uint32_t count = context->events->events.count;

    return context->run->is_closed ||
           (count > 0 && wf_event_is_close(context->events->events.items[count - 1].event_type));
}

static void check_run(struct sim_commit_context *context)
{
    const struct wf_arena_mark mark = wf_arena_mark(context->scratch);

    context->state = closes(context) ? NULL : read_state(context);
    sim_check_calls_commit(context);
    check_version(context);
    for (uint32_t i = 0; i < context->events->events.count; i++) {
        follow_event(context, &context->events->events.items[i]);
    }
    note_batches(context);
    if (context->write->is_new && context->events->events.count > 0) {
        check_start(context);
    }
    if (context->state != NULL && context->write->is_new) {
        check_new_state(context);
    }
    if (context->state != NULL) {
        sim_check_state(context);
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
        struct sim_commit_context context = {.checks = checks,
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
    const struct sim_run_track *run = wf_map_get(&checks->runs, run_id);
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

/* I97: only what has been closed for as long as the namespace says. */
void sim_checks_drop(struct sim_checks *checks, struct wf_string run_id, wf_time_ns now_ns, uint64_t step)
{
    const struct sim_run_track *run = wf_map_get(&checks->runs, run_id);
    struct wf_buffer sentence;

    if (run == NULL || (run->is_closed && now_ns - run->close_ns >= checks->config->limits.retention_ns)) {
        return;
    }
    wf_buffer_init(&sentence, checks->arena);
    wf_buffer_printf(&sentence, "run %S of %S is gone %s", &run->run_id, &run->workflow->id,
                     run->is_closed ? "before its retention is over" : "although it is open");
    sim_checks_break_invariant(checks, 97, "retention deleted a run too early", run->workflow,
                               &(struct sim_record){.time_ns = now_ns, .step = step}, wf_buffer_string(&sentence));
}

/* I101: code is told the time at which its workflow task started, or the latest before it when clocks went back. Local
 * activities move it further. A worker that slept may still hold an attempt of the task, or a speculative task, that left no
 * events: it has the ids of this one and an earlier time, or one of a clock that is ahead. A speculative task of an owner that does not know yet that it has
 * lost its shard may also be younger than the one that was written; its answer is refused. */
void sim_checks_turn(struct sim_checks *checks, const struct sim_turn *turn)
{
    const struct sim_run_track *run = wf_map_get(&checks->runs, turn->activation->run_id);
    const int64_t time_ns = wf_time_of(turn->activation->timestamp);
    const struct sim_started_task *task = NULL;
    bool may_be_speculative = false;
    struct wf_buffer sentence;

    for (uint32_t i = run == NULL ? 0 : run->started_tasks.count; i > 0 && task == NULL; i--) {
        task = run->started_tasks.items[i - 1].event_id == turn->activation->history_length
                   ? &run->started_tasks.items[i - 1]
                   : NULL;
    }
    if (task == NULL) {
        return; /* a task without events has no time that could be compared */
    }
    may_be_speculative = run->workflow->has_updates;
    if (time_ns >= (task->is_retried || may_be_speculative ? task->earliest_ns : task->time_ns) &&
        (time_ns <= task->latest_ns || may_be_speculative || run->workflow->has_local)) {
        return;
    }
    wf_buffer_init(&sentence, checks->arena);
    wf_buffer_printf(&sentence, "%S is told another time than that of workflow task %lld: ", &run->workflow->id,
                     (long long)task->event_id);
    sim_moment_print(time_ns, &sentence);
    wf_buffer_append_text(&sentence, ", and it started at ");
    sim_moment_print(task->time_ns, &sentence);
    sim_checks_break_invariant(checks, 101, "code is told another time than its workflow task's", run->workflow,
                               &(struct sim_record){.time_ns = turn->time_ns, .step = turn->step, .node = turn->node},
                               wf_buffer_string(&sentence));
}

/* ---- The end ---- */

static void check_liveness(struct sim_checks *checks, const struct sim_run_track *run, const struct sim_checks_end *end)
{
    const int64_t settled_ns = checks->heal_ns + RECOVERY_NS;
    const int64_t due_ns = run->due_ns == INT64_MAX ? INT64_MAX : run->due_ns - run->clock_offset_ns;
    const int64_t from_ns = due_ns > settled_ns ? due_ns : settled_ns;
    struct wf_buffer sentence;

    if (run->is_closed || run->is_paused || run->record_version == 0 || due_ns == INT64_MAX ||
        end->now_ns - RECOVERY_NS <= from_ns) {
        return;
    }
    wf_buffer_init(&sentence, checks->arena);
    wf_buffer_printf(&sentence, "what was due in %S at ", &run->workflow->id);
    sim_moment_print(due_ns, &sentence);
    wf_buffer_append_text(&sentence, " has not happened by the end at ");
    sim_moment_print(end->now_ns, &sentence);
    sim_checks_break_invariant(checks, 96, "what was due has not happened", run->workflow,
                               &(struct sim_record){.time_ns = end->now_ns, .step = end->step},
                               wf_buffer_string(&sentence));
}

/* I96: once the faults have stopped, timers fire, attempts and workflow tasks end or begin again, and runs do not outlive
 * their timeout. Every one of them has a time by which it is due. */
void sim_check_commits_end(struct sim_checks *checks, const struct sim_checks_end *end)
{
    uint32_t index = 0;

    for (const struct wf_map_entry *entry = wf_map_next(&checks->runs, &index);
         entry != NULL && checks->heal_ns != SIM_NEVER; entry = wf_map_next(&checks->runs, &index)) {
        check_liveness(checks, entry->value, end);
    }
}
