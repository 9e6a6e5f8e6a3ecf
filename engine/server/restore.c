/*
 * A run from elsewhere goes on here: its history comes with the request, and its state is what the events say. What the
 * service knew beside them is lost (I90): the worker that had the workflow task is gone, attempts of activities begin anew.
 *
 * The events get task ids and the version of this service, as if it had written them.
 *
 * Source: engine-semantics 7.10 step 4; ImportWorkflowExecution of the service's API.
 */
#include "engine/base/assert.h"
#include "engine/boundary.h"
#include "engine/server/change.h"

#define ATTEMPTS_MAX 1000000 /* more, no service has made */

/* ---- The history ---- */

/* The whole of it as one batch. False when memory is gone. */
static bool take_over(struct wf_shard *shard, struct wf_history_message *history, struct wf_fork *fork)
{
    struct wf_db_batch *batch = WF_LIST_APPEND(&shard->step_arena, fork->batches);
    struct wf_buffer bytes = {0};

    if (batch == NULL) {
        return false;
    }
    for (uint32_t i = 0; i < history->events.count; i++) {
        history->events.items[i].task_id = wf_shard_task_id(shard);
        history->events.items[i].version = 0;
    }
    wf_buffer_init(&bytes, &shard->step_arena);
    wf_wire_encode(&wf_type_history_message, history, &bytes);
    fork->last_event_id = (int64_t)history->events.count;
    batch->first_event_id = 1;
    batch->event_count = fork->last_event_id;
    batch->bytes = wf_buffer_string(&bytes);
    return !bytes.is_full;
}

/* ---- The state ---- */

/* A reset has renewed the deadlines of the run that it made. */
static void renew_deadlines(struct wf_state_start *start, const struct wf_history_message *history)
{
    for (uint32_t i = 0; i < history->events.count; i++) {
        const struct wf_event *event = &history->events.items[i];

        if (event->attributes_case == WF_CASE_event_workflow_task_failed &&
            event->attributes.workflow_task_failed->cause == WF_WORKFLOW_TASK_FAILED_CAUSE_RESET_WORKFLOW) {
            wf_execution_begin_anew(start, wf_time_of(event->event_time));
        }
    }
}

static void restore_start(struct wf_shard *shard, struct wf_shard_run *run, struct wf_string workflow_id,
                          const struct wf_history_message *history, struct wf_string request_id)
{
    const struct wf_event *first = &history->events.items[0];
    const struct wf_event_workflow_execution_started *started = first->attributes.workflow_execution_started;
    struct wf_state_start *start = run->start;
    struct wf_arena *arena = &run->arena;
    struct wf_buffer bytes = {0};

    wf_execution_fill_start(run, started, wf_time_of(first->event_time));
    start->workflow_id = wf_string_copy(arena, workflow_id);
    start->run_id = wf_string_copy(arena, wf_run_id_string(&run->id));
    start->create_request_id = wf_string_copy(arena, request_id);
    start->attempt = start->attempt > 0 ? start->attempt : 1;
    if (start->task_timeout_ns <= 0) {
        start->task_timeout_ns = shard->config->limits.workflow_task_timeout_ns;
    }
    renew_deadlines(start, history);
    if (started->parent_workflow_execution != NULL) {
        start->parent = wf_message_copy(arena, &wf_type_workflow_execution, started->parent_workflow_execution);
        start->parent_initiated_event_id = started->parent_initiated_event_id;
        start->root = started->root_workflow_execution == NULL
                          ? NULL
                          : wf_message_copy(arena, &wf_type_workflow_execution, started->root_workflow_execution);
    }
    if (!wf_run_id_read(started->first_execution_run_id, &run->first_id)) {
        run->first_id = run->id;
        start->first_run_id = start->run_id;
    }
    wf_buffer_init(&bytes, arena);
    wf_wire_encode(&wf_type_state_start, start, &bytes);
    run->state->start = wf_buffer_string(&bytes);
    run->state->status = WF_WORKFLOW_EXECUTION_STATUS_RUNNING;
}

/* Not one that a reset or a pause has failed (3.5). */
static bool is_bad_end(const struct wf_event *event)
{
    switch (event->attributes_case) {
    case WF_CASE_event_workflow_task_failed:
        return event->attributes.workflow_task_failed->cause != WF_WORKFLOW_TASK_FAILED_CAUSE_RESET_WORKFLOW &&
               event->attributes.workflow_task_failed->cause !=
                   WF_WORKFLOW_TASK_FAILED_CAUSE_WORKFLOW_PAUSE_REQUESTED_BEFORE_TASK_STARTED;
    case WF_CASE_event_workflow_task_timed_out:
        return event->attributes.workflow_task_timed_out->timeout_type == WF_TIMEOUT_TYPE_START_TO_CLOSE;
    default:
        return false;
    }
}

/* The one behind this task when it ends badly. A sticky one gives up its queue instead (3.5 "Sticky exception"). */
static int32_t attempt_behind(const struct wf_event_workflow_task_scheduled *task)
{
    if (task->task_queue != NULL && task->task_queue->kind == WF_TASK_QUEUE_KIND_STICKY) {
        return 1;
    }
    return task->attempt > 0 && task->attempt < ATTEMPTS_MAX ? task->attempt + 1 : 2;
}

/* An attempt that ended badly is followed by the next one, which is in no event (3.1); what is new ends a series of failures
 * (3.2). */
static int32_t next_attempt(const struct wf_event *events, uint32_t count)
{
    if (!is_bad_end(&events[count - 1])) {
        return 1;
    }
    for (uint32_t i = count; i > 0; i--) {
        if (events[i - 1].attributes_case == WF_CASE_event_workflow_task_scheduled) {
            return attempt_behind(events[i - 1].attributes.workflow_task_scheduled);
        }
    }
    return 1;
}

/* The task that the events leave goes to a worker again, or is found to be late; without one, what nobody has seen wants one. */
static void restore_task(struct wf_change *change, const struct wf_event *events, uint32_t count)
{
    struct wf_state_run *state = change->state;
    struct wf_state_workflow_task *task = state->workflow_task;
    const int64_t backoff_ns = wf_time_of(events[0].attributes.workflow_execution_started->first_workflow_task_backoff);

    if (task == NULL) {
        state->next_task_attempt = wf_is_planted(change->shard->config, WF_PLANT_RESTORED_ATTEMPT)
                                       ? 1
                                       : next_attempt(events, count);
        change->wants_task = wf_boundary_wants_task(events, count);
        if (change->wants_task && !wf_boundary_has_task(events, count) && backoff_ns > 0 && !state->is_paused) {
            change->wants_task = false;
            state->is_in_backoff = true;
        }
        return;
    }
    task->attempt = task->attempt > 0 ? task->attempt : 1;
    task->timeout_ns = task->timeout_ns > 0 ? task->timeout_ns : change->run->start->task_timeout_ns;
    if (task->started_event_id == 0) {
        wf_change_push(change, false, task->scheduled_event_id, task->attempt, task->stamp);
    }
}

/* A child whose start nobody has recorded is begun from here, where no run is that an earlier reset copied from (5.4 step 2). */
static void adopt_children(struct wf_shard_run *run)
{
    for (uint32_t i = 0; i < run->state->children.count; i++) {
        if (run->state->children.items[i].state == WF_CHILD_INITIATED) {
            run->state->children.items[i].parent_run_id = (struct wf_string){0};
        }
    }
}

/* NULL when memory is gone. */
static struct wf_shard_run *create_run(struct wf_shard *shard, struct wf_workflow *workflow,
                                       const struct wf_svc_restore_workflow *request,
                                       const struct wf_history_message *history, struct wf_change *change)
{
    struct wf_shard_run *run = wf_shard_run_new(shard);

    if (run == NULL) {
        return NULL;
    }
    if (!wf_run_id_read(request->workflow_execution->run_id, &run->id)) {
        run->id = wf_shard_draw_uuid(shard);
    }
    restore_start(shard, run, workflow->id, history, request->request_id);
    wf_state_rebuild(shard, run, history->events.items, history->events.count, WF_REBUILD_AS_RECORDED);
    adopt_children(run);
    wf_change_init(change, shard, workflow, run);
    restore_task(change, history->events.items, history->events.count);
    wf_rebuilt_send(change, false);
    return run;
}

/* ---- The request ---- */

/* True when it is answered: there is a run of this id, perhaps of this very request. */
static bool is_there(struct wf_shard *shard, struct wf_workflow *workflow, struct wf_shard_run *run,
                     const struct wf_operation *operation)
{
    const struct wf_string request_id = operation->request->call.restore_workflow->request_id;

    if (workflow->current == WF_CURRENT_NONE) {
        return false;
    }
    if (request_id.size_bytes > 0 && wf_string_equal(workflow->current_request_id, request_id)) {
        wf_reply_give(shard, operation->call_id, workflow, run,
                      &(struct wf_reply_plan){
                          .kind = WF_REPLY_STARTED, .flag = true, .run_id = workflow->current_run_id});
    } else {
        wf_refuse(shard, operation, WF_CALL_ALREADY_STARTED, "There is a run of this workflow id.");
    }
    return true;
}

WF_OPERATION(restore)
{
    const struct wf_svc_restore_workflow *request = operation->request->call.restore_workflow;
    struct wf_history_message history = {0};
    struct wf_fork *fork = WF_ARENA_NEW(&shard->step_arena, struct wf_fork);
    struct wf_change change = {0};
    uint32_t kept = 0;

    if (is_there(shard, workflow, run, operation)) {
        return;
    }
    if (wf_wire_decode(&shard->step_arena, &wf_type_history_message, request->events, &history, NULL) != WF_OK ||
        wf_boundary_find(history.events.items, history.events.count, (int64_t)history.events.count, &kept, NULL) != WF_OK) {
        wf_refuse(shard, operation, WF_CALL_INVALID_ARGUMENT, "The events are no history of an open run.");
        return;
    }
    if (fork == NULL || !take_over(shard, &history, fork) ||
        create_run(shard, workflow, request, &history, &change) == NULL) {
        return;
    }
    change.state->history_size_bytes = (int64_t)fork->batches.items[0].bytes.size_bytes;
    change.fork = fork;
    wf_change_create(&change, operation, &(struct wf_reply_plan){.kind = WF_REPLY_STARTED, .flag = true, .run_id = change.run->id},
                     WF_CURRENT_MUST_NOT_EXIST, (struct wf_string){0});
}
