/*
 * New runs: of a client, of continue-as-new, of a retry, of a cron schedule. Each begins with a Started
 * event whose fields say where it comes from.
 *
 * Source: engine-semantics 7.1 to 7.6.
 */
#include "engine/base/assert.h"
#include "engine/base/calendar.h"
#include "engine/server/change.h"

static struct wf_string own(struct wf_shard_run *run, struct wf_string string)
{
    return string.size_bytes == 0 ? (struct wf_string){0} : wf_string_copy(&run->arena, string);
}

void wf_execution_fill_start(struct wf_shard_run *run,
                             const struct wf_event_workflow_execution_started *started, wf_time_ns start_time_ns)
{
    struct wf_state_start *start = run->start;

    start->workflow_id = own(run, started->workflow_id);
    start->run_id = own(run, started->original_execution_run_id);
    start->first_run_id = own(run, started->first_execution_run_id);
    start->workflow_type = own(run, started->workflow_type->name);
    start->task_queue = own(run, started->task_queue->name);
    start->execution_timeout_ns = wf_time_of(started->workflow_execution_timeout);
    start->run_timeout_ns = wf_time_of(started->workflow_run_timeout);
    start->task_timeout_ns = wf_time_of(started->workflow_task_timeout);
    start->execution_expiration_ns = wf_time_of(started->workflow_execution_expiration_time);
    start->start_time_ns = start_time_ns;
    start->first_task_time_ns = wf_add_saturating(start_time_ns,
                                                  wf_time_of(started->first_workflow_task_backoff));
    /* 7.6 "run": from the first task on, but never past the execution's end. */
    if (start->run_timeout_ns > 0) {
        start->run_expiration_ns = wf_add_saturating(start->first_task_time_ns,
                                                     start->run_timeout_ns);
    }
    start->run_expiration_ns = wf_min_timeout(start->run_expiration_ns,
                                              start->execution_expiration_ns);
    start->attempt = started->attempt;
    start->cron_schedule = own(run, started->cron_schedule);
    if (started->retry_policy != NULL) {
        start->retry_policy = wf_message_copy(&run->arena, &wf_type_retry_policy,
                                              started->retry_policy);
    }
    if (started->retry_policy != NULL || started->cron_schedule.size_bytes > 0) {
        /* The next run begins again from the Started event, so the state keeps it (7.4, 7.5). */
        start->started = wf_message_copy(&run->arena, &wf_type_event_workflow_execution_started,
                                         started);
    }
}

void wf_execution_begin_anew(struct wf_state_start *start, wf_time_ns now_ns)
{
    start->start_time_ns = now_ns;
    start->first_task_time_ns = now_ns;
    /* The deadline of the chain is in whole milliseconds, as at its start. */
    start->execution_expiration_ns =
        start->execution_timeout_ns > 0
            ? wf_add_saturating(now_ns, start->execution_timeout_ns) / WF_NS_PER_MS * WF_NS_PER_MS
            : 0;
    start->run_expiration_ns = start->run_timeout_ns > 0 ? wf_add_saturating(now_ns, start->run_timeout_ns) : 0;
    start->run_expiration_ns = wf_min_timeout(start->run_expiration_ns, start->execution_expiration_ns);
}

/* 1.3: what the Started event says of the parent, and the state keeps. */
static void fill_parent(struct wf_shard_run *run,
                        struct wf_event_workflow_execution_started *started,
                        const struct wf_parent_link *link)
{
    struct wf_state_start *start = run->start;

    if (link == NULL || link->parent == NULL) {
        return;
    }
    started->parent_workflow_namespace = WF_STR(WF_NAMESPACE);
    started->parent_workflow_namespace_id = WF_STR(WF_NAMESPACE_ID);
    started->parent_workflow_execution = link->parent;
    started->parent_initiated_event_id = link->initiated_event_id;
    started->root_workflow_execution = link->root;
    start->parent = wf_message_copy(&run->arena, &wf_type_workflow_execution, link->parent);
    start->parent_initiated_event_id = link->initiated_event_id;
    start->parent_shard_clock = link->shard_clock;
    start->root = link->root == NULL ? NULL
                                     : wf_message_copy(&run->arena, &wf_type_workflow_execution,
                                                       link->root);
}

struct wf_shard_run *wf_execution_new(struct wf_change *change, struct wf_shard *shard,
                                      struct wf_workflow *workflow,
                                      struct wf_event_workflow_execution_started *started,
                                      struct wf_string create_request_id,
                                      const struct wf_parent_link *link)
{
    struct wf_shard_run *run = wf_shard_run_new(shard);
    struct wf_buffer start = {0};
    const int64_t backoff_ns = wf_time_of(started->first_workflow_task_backoff);
    const bool is_held = link != NULL && link->is_held;
    bool is_started = false;

    if (run == NULL) {
        return NULL;
    }
    run->id = wf_shard_draw_uuid(shard);
    started->workflow_id = workflow->id;
    started->original_execution_run_id = wf_string_copy(&shard->step_arena,
                                                        wf_run_id_string(&run->id));
    if (started->first_execution_run_id.size_bytes == 0) {
        started->first_execution_run_id = started->original_execution_run_id;
    }
    if (!wf_run_id_read(started->first_execution_run_id, &run->first_id)) {
        run->first_id = run->id;
    }
    fill_parent(run, started, link);
    wf_execution_fill_start(run, started, shard->now_ns);
    if (link != NULL) {
        run->start->id_reuse_policy = link->id_reuse_policy;
        run->start->id_conflict_policy = link->id_conflict_policy;
    }
    if (link != NULL && link->schedule_link != NULL) {
        run->start->schedule_link = wf_message_copy(&run->arena, &wf_type_schedule_link, link->schedule_link);
    }
    run->start->create_request_id = own(run, create_request_id);
    wf_buffer_init(&start, &run->arena);
    wf_wire_encode(&wf_type_state_start, run->start, &start);
    run->state->start = wf_buffer_string(&start);
    run->state->status = WF_WORKFLOW_EXECUTION_STATUS_RUNNING;
    run->state->next_event_id = 1;
    run->state->next_task_attempt = 1;
    run->state->memo = started->memo == NULL
                           ? NULL
                           : wf_message_copy(&run->arena, &wf_type_memo, started->memo);
    run->state->search_attributes = started->search_attributes == NULL
                                        ? NULL
                                        : wf_message_copy(&run->arena, &wf_type_search_attributes,
                                                          started->search_attributes);
    run->state->versioning = wf_versioning_begin(&run->arena, started);
    wf_change_init(change, shard, workflow, run);
    is_started = wf_execution_step(
        change,
        is_held && backoff_ns > 0 ? WF_EXECUTION_START_HELD_LATER
        : is_held                 ? WF_EXECUTION_START_HELD
        : backoff_ns > 0          ? WF_EXECUTION_START_LATER
                                  : WF_EXECUTION_START,
        &(struct wf_execution_details){.started = started, .backoff_ns = backoff_ns});
    WF_ASSERT(is_started);
    change->wants_task = backoff_ns <= 0 && !is_held;
    return run;
}

/* 7.3: runs of a chain are at least so far apart. */
static int64_t backoff_of(const struct wf_change *change, int64_t requested_ns)
{
    const int64_t interval_ns = change->shard->config->limits.run_interval_ns_min;
    const int64_t lifetime_ns = change->now_ns - change->run->start->first_task_time_ns;

    /* 7.3 "Minimum interval". A clock that stepped back makes the lifetime negative, which counts
     * as none. */
    if (wf_add_saturating(lifetime_ns > 0 ? lifetime_ns : 0, requested_ns) < interval_ns) {
        return interval_ns - (lifetime_ns > 0 ? lifetime_ns : 0);
    }
    return requested_ns;
}

/* Sets the new run beside the old one, whose close event can then name it. */
static struct wf_shard_run *add_successor(struct wf_change *change,
                                          struct wf_event_workflow_execution_started *started)
{
    struct wf_change *created = WF_ARENA_NEW(change->arena, struct wf_change);
    struct wf_run_id request_id = {{0}};
    struct wf_shard_run *successor = NULL;
    const struct wf_state_start *old = change->run->start;
    /* 7.3: the parent link moves to the new run. */
    const struct wf_parent_link link = {.parent = old->parent,
                                        .root = old->root,
                                        .initiated_event_id = old->parent_initiated_event_id,
                                        .shard_clock = old->parent_shard_clock,
                                        .schedule_link = old->schedule_link};

    if (created == NULL || started->workflow_type == NULL || started->task_queue == NULL) {
        return NULL;
    }
    started->continued_execution_run_id = wf_string_copy(change->arena,
                                                         wf_run_id_string(&change->run->id));
    started->first_execution_run_id = wf_string_copy(change->arena,
                                                     wf_run_id_string(&change->run->first_id));
    if (change->run->start->execution_expiration_ns != 0) {
        started->workflow_execution_expiration_time = wf_timestamp_of(
            change->run->start->execution_expiration_ns);
    }
    /* 7.1: the request that started the chain is known to its first run only. */
    request_id = wf_shard_draw_uuid(change->shard);
    successor = wf_execution_new(created, change->shard, change->workflow, started,
                                 wf_run_id_string(&request_id), &link);
    change->successor = successor;
    change->successor_change = created;
    return successor;
}

static struct wf_workflow_type *type_message(struct wf_arena *arena, struct wf_string name)
{
    struct wf_workflow_type *type = WF_ARENA_NEW(arena, struct wf_workflow_type);

    if (type != NULL) {
        type->name = wf_string_copy(arena, name);
    }
    return type;
}

static struct wf_task_queue *queue_message(struct wf_arena *arena, struct wf_string name)
{
    struct wf_task_queue *queue = WF_ARENA_NEW(arena, struct wf_task_queue);

    if (queue != NULL) {
        queue->name = wf_string_copy(arena, name);
        queue->kind = WF_TASK_QUEUE_KIND_NORMAL;
    }
    return queue;
}

/* 7.3: type, queue and timeouts default to the old run's; everything else is the command's. */
static void fill_continued(struct wf_change *change,
                           const struct wf_command_continue_as_new_workflow_execution *command,
                           struct wf_event_workflow_execution_started *started)
{
    const struct wf_state_start *old = change->run->start;
    int64_t run_timeout_ns = wf_time_of(command->workflow_run_timeout);
    int64_t task_timeout_ns = wf_time_of(command->workflow_task_timeout);
    const int64_t task_timeout_ns_max = change->shard->config->limits.workflow_task_timeout_ns_max;

    run_timeout_ns = run_timeout_ns == 0 ? old->run_timeout_ns : run_timeout_ns;
    run_timeout_ns = wf_min_timeout(run_timeout_ns, old->execution_timeout_ns);
    task_timeout_ns = task_timeout_ns == 0 ? old->task_timeout_ns : task_timeout_ns;
    task_timeout_ns = wf_min_timeout(task_timeout_ns,
                                     wf_min_timeout(run_timeout_ns, task_timeout_ns_max));
    started->workflow_type = command->workflow_type != NULL &&
                                     command->workflow_type->name.size_bytes > 0
                                 ? command->workflow_type
                                 : type_message(change->arena, old->workflow_type);
    started->task_queue = queue_message(
        change->arena, command->task_queue != NULL && command->task_queue->name.size_bytes > 0
                           ? command->task_queue->name
                           : old->task_queue);
    started->input = command->input;
    started->workflow_execution_timeout = wf_duration_of(old->execution_timeout_ns);
    started->workflow_run_timeout = wf_duration_of(run_timeout_ns);
    started->workflow_task_timeout = wf_duration_of(task_timeout_ns);
    started->initiator = command->initiator == WF_CONTINUE_AS_NEW_INITIATOR_UNSPECIFIED
                             ? WF_CONTINUE_AS_NEW_INITIATOR_WORKFLOW
                             : command->initiator;
    started->continued_failure = command->failure;
    started->last_completion_result = command->last_completion_result;
    started->retry_policy = command->retry_policy;
    started->attempt = 1;
    started->cron_schedule = command->cron_schedule;
    started->first_workflow_task_backoff = wf_duration_of(
        backoff_of(change, wf_time_of(command->backoff_start_interval)));
    started->memo = command->memo;
    started->search_attributes = command->search_attributes;
    started->header = command->header;
}

/* A queue of another name may have no workers of the version. Workflow code may ask to leave it. */
static void inherit_version(struct wf_change *change,
                            const struct wf_command_continue_as_new_workflow_execution *command,
                            struct wf_event_workflow_execution_started *started)
{
    if (wf_string_equal(started->task_queue->name, change->run->start->task_queue) &&
        command->initial_versioning_behavior == WF_CONTINUE_AS_NEW_VERSIONING_BEHAVIOR_UNSPECIFIED) {
        wf_versioning_inherit(change->shard->config, change->arena, change->state->versioning,
                              &started->inherited_pinned_version, &started->inherited_auto_upgrade_info);
    }
}

void wf_execution_continue(struct wf_change *change,
                           const struct wf_command_continue_as_new_workflow_execution *command,
                           int64_t completed_event_id)
{
    struct wf_event_workflow_execution_started *started = WF_ARENA_NEW(
        change->arena, struct wf_event_workflow_execution_started);
    struct wf_shard_run *successor = NULL;
    bool is_closed = false;

    if (started == NULL) {
        return;
    }
    fill_continued(change, command, started);
    if (started->task_queue != NULL) {
        inherit_version(change, command, started);
    }
    successor = add_successor(change, started);
    if (successor == NULL) {
        return;
    }
    is_closed = wf_execution_step(
        change, WF_EXECUTION_CONTINUE,
        &(struct wf_execution_details){.command = command,
                                       .started = started,
                                       .successor_id = successor->id,
                                       .completed_event_id = completed_event_id});
    WF_ASSERT(is_closed);
}

/* ---- Retry and cron (7.4, 7.5) ---- */

const char *wf_cron_backoff(struct wf_string schedule, wf_time_ns from_ns, wf_time_ns now_ns,
                            int64_t *backoff_ns)
{
    struct wf_cron cron = {0};
    const char *problem = wf_cron_read(&cron, schedule, WF_CRON_OF_WORKFLOW);
    const wf_time_ns now_rounded_ns = wf_add_saturating(now_ns, WF_NS_PER_S - 1);
    int64_t slot_s = 0;
    wf_time_ns slot_ns = from_ns;

    if (problem != NULL) {
        return problem;
    }
    /* A run that ends before its own slot, being cancelled, leaves the slot to the next one. */
    if (now_ns >= from_ns) {
        if (!wf_cron_next(&cron, from_ns / WF_NS_PER_S, now_rounded_ns / WF_NS_PER_S, &slot_s)) {
            return "the cron schedule never comes";
        }
        slot_ns = slot_s * WF_NS_PER_S;
    }
    /* 7.5: in whole seconds, rounded up. */
    *backoff_ns = (slot_ns - now_ns + WF_NS_PER_S - 1) / WF_NS_PER_S * WF_NS_PER_S;
    return NULL;
}

/* A retry goes on with what the run inherited, as far as it still is so; a slot of a cron schedule begins anew. */
static void inherit_again(const struct wf_change *change, struct wf_event_workflow_execution_started *started,
                          bool is_retry)
{
    const struct wf_state_versioning *versioning = change->state->versioning;
    const int32_t behavior = versioning == NULL ? WF_VERSIONING_BEHAVIOR_UNSPECIFIED : versioning->behavior;

    if (!is_retry || behavior != WF_VERSIONING_BEHAVIOR_PINNED) {
        started->inherited_pinned_version = NULL;
    }
    if (!is_retry || behavior != WF_VERSIONING_BEHAVIOR_AUTO_UPGRADE) {
        started->inherited_auto_upgrade_info = NULL;
    }
}

/* The next run begins as the Started event says; what was upserted since is lost. */
static struct wf_shard_run *repeat(struct wf_change *change,
                                   const struct wf_execution_ending *ending,
                                   enum wf_continue_as_new_initiator initiator,
                                   int64_t interval_ns)
{
    const struct wf_state_start *old = change->run->start;
    struct wf_event_workflow_execution_started *started = wf_message_copy(
        change->arena, &wf_type_event_workflow_execution_started, old->started);
    const bool is_retry = initiator == WF_CONTINUE_AS_NEW_INITIATOR_RETRY;

    if (started == NULL) {
        return NULL;
    }
    started->identity = (struct wf_string){0}; /* nobody called, as after continue-as-new */
    started->attempt = is_retry ? old->attempt + 1 : 1;
    started->initiator = (int32_t)initiator;
    inherit_again(change, started, is_retry);
    started->continued_failure = ending->failure;
    if (ending->input == WF_EXECUTION_COMPLETE) {
        started->last_completion_result = ending->payloads;
    } else if (is_retry && ending->input == WF_EXECUTION_FAIL) {
        started->last_completion_result = NULL; /* 7.4: after a failed command it is lost */
    }
    started->first_workflow_task_backoff = wf_duration_of(backoff_of(change, interval_ns));
    return add_successor(change, started);
}

/* 7.4: a failure, or the end of the run's time, asks the policy. */
static enum wf_retry_state decide_retry(const struct wf_change *change,
                                        const struct wf_execution_ending *ending,
                                        int64_t *interval_ns)
{
    const struct wf_state_start *start = change->run->start;
    const struct wf_retry_case retry = {.policy = start->retry_policy,
                                        .failure = ending->failure,
                                        .attempt = start->attempt,
                                        .now_ns = change->now_ns,
                                        .expiration_ns = start->execution_expiration_ns,
                                        .caps_requested_delay = true};

    return wf_retry_decide(&retry, interval_ns);
}

void wf_execution_end(struct wf_change *change, const struct wf_execution_ending *ending)
{
    const struct wf_state_start *start = change->run->start;
    struct wf_execution_details details = {.payloads = ending->payloads,
                                           .failure = ending->failure,
                                           .completed_event_id = ending->completed_event_id};
    struct wf_shard_run *successor = NULL;
    int64_t interval_ns = 0;
    bool goes_on = false;
    bool is_closed = false;

    if (ending->input != WF_EXECUTION_COMPLETE) {
        details.retry_state = (int32_t)decide_retry(change, ending, &interval_ns);
    }
    /* Retry is considered before cron. */
    if (details.retry_state == WF_RETRY_STATE_IN_PROGRESS) {
        goes_on = true;
        successor = repeat(change, ending, WF_CONTINUE_AS_NEW_INITIATOR_RETRY, interval_ns);
    } else if (start->cron_schedule.size_bytes > 0 &&
               wf_cron_backoff(start->cron_schedule, start->first_task_time_ns, change->now_ns,
                               &interval_ns) == NULL) {
        goes_on = true;
        successor = repeat(change, ending, WF_CONTINUE_AS_NEW_INITIATOR_CRON_SCHEDULE, interval_ns);
    }
    if (goes_on && successor == NULL) {
        return; /* memory is gone */
    }
    if (successor != NULL) {
        details.successor_id = successor->id;
    }
    is_closed = wf_execution_step(change, ending->input, &details);
    WF_ASSERT(is_closed);
}
