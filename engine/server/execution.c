/*
 * The machine of a run.
 *
 * Source: engine-semantics 5.2, 7.1 to 7.7.
 */
#include "engine/base/assert.h"
#include "engine/server/change.h"

static enum wf_execution_state state_of(const struct wf_state_run *state)
{
    if (state->next_event_id <= 1) {
        return WF_EXECUTION_NONE;
    }
    if (state->status != WF_WORKFLOW_EXECUTION_STATUS_RUNNING) {
        return WF_EXECUTION_CLOSED;
    }
    if (state->is_paused) {
        return WF_EXECUTION_PAUSED;
    }
    if (state->is_held) {
        return state->is_in_backoff ? WF_EXECUTION_HELD_BACKOFF : WF_EXECUTION_HELD;
    }
    return state->is_in_backoff ? WF_EXECUTION_BACKOFF : WF_EXECUTION_RUNNING;
}

static void start(struct wf_change *change, const struct wf_execution_details *details)
{
    struct wf_event_workflow_execution_started *event = wf_change_event(
        change, WF_EVENT_TYPE_WORKFLOW_EXECUTION_STARTED, change->now_ns);

    if (event != NULL) {
        *event = *details->started;
    }
    change->state->is_in_backoff = details->backoff_ns > 0;
}

static void start_held(struct wf_change *change, const struct wf_execution_details *details)
{
    start(change, details);
    change->state->is_held = true;
}

static void release(struct wf_change *change, const struct wf_execution_details *details)
{
    (void)details;
    change->state->is_held = false;
    change->wants_task = !change->state->is_in_backoff;
}

static void backoff_over(struct wf_change *change, const struct wf_execution_details *details)
{
    (void)details;
    change->state->is_in_backoff = false;
    change->wants_task = !change->state->is_held;
}

/* 5.2 step 6. */
static void signal(struct wf_change *change, const struct wf_execution_details *details)
{
    const struct wf_svc_signal_workflow *request = details->signal;
    struct wf_event_workflow_execution_signaled *event = wf_change_event(
        change, WF_EVENT_TYPE_WORKFLOW_EXECUTION_SIGNALED, change->now_ns);

    if (event != NULL) {
        event->signal_name = request->signal_name;
        event->input = request->input;
        event->identity = request->identity;
        event->header = request->header;
        event->request_id = request->request_id;
        event->external_workflow_execution = request->external_workflow_execution;
    }
    change->state->is_held = change->state->is_held && change->state->is_in_backoff;
    change->state->signal_count++;
    if (request->request_id.size_bytes > 0) {
        struct wf_string *id = WF_LIST_APPEND(&change->run->arena,
                                              change->state->signal_request_ids);

        if (id != NULL) {
            *id = wf_change_own(change, request->request_id);
        }
    }
    change->wants_task = change->wants_task || !change->state->is_in_backoff;
}

static void request_cancel(struct wf_change *change, const struct wf_execution_details *details)
{
    struct wf_event_workflow_execution_cancel_requested *event = wf_change_event(
        change, WF_EVENT_TYPE_WORKFLOW_EXECUTION_CANCEL_REQUESTED, change->now_ns);

    if (event != NULL) {
        event->cause = details->cancel->reason;
        event->identity = details->cancel->identity;
        event->external_workflow_execution = details->cancel->external_initiated_event_id == 0
                                                 ? NULL
                                                 : details->cancel->external_workflow_execution;
        event->external_initiated_event_id = details->cancel->external_initiated_event_id;
    }
    change->state->is_cancel_requested = true;
    change->state->is_in_backoff = false;
    change->state->is_held = false;
    change->wants_task = true;
}

static void pause(struct wf_change *change, const struct wf_execution_details *details)
{
    struct wf_event_workflow_execution_paused *event = NULL;
    const bool is_stepped = wf_workflow_task_step(change, WF_WORKFLOW_TASK_PAUSE, NULL);

    WF_ASSERT(is_stepped);
    event = wf_change_event(change, WF_EVENT_TYPE_WORKFLOW_EXECUTION_PAUSED, change->now_ns);
    if (event != NULL) {
        event->identity = details->pause->identity;
        event->reason = details->pause->reason;
        event->request_id = details->pause->request_id;
        change->last_event->worker_may_ignore = true;
    }
    change->state->is_paused = true;
    wf_activities_pause(change);
}

static void unpause(struct wf_change *change, const struct wf_execution_details *details)
{
    struct wf_event_workflow_execution_unpaused *event = wf_change_event(
        change, WF_EVENT_TYPE_WORKFLOW_EXECUTION_UNPAUSED, change->now_ns);

    if (event != NULL) {
        event->identity = details->pause->identity;
        event->reason = details->pause->reason;
        event->request_id = details->pause->request_id;
        change->last_event->worker_may_ignore = true;
    }
    change->state->is_paused = false;
    wf_activities_unpause(change);
    change->wants_task = true; /* always */
}

/* What every end has in common. What pends dies with the run and gets no events (7.3, 7.6). */
static void close_as(struct wf_change *change, enum wf_workflow_execution_status status)
{
    struct wf_state_run *state = change->state;

    state->status = (int32_t)status;
    state->close_time_ns = change->now_ns;
    state->activities.count = 0;
    state->timers.count = 0; /* signal_request_ids stay: 5.2 check 1 holds for closed runs, too */
    state->external_signals.count = 0; /* 5.3 "source closed meanwhile"; children have a policy */
    state->external_cancels.count = 0;
    state->nexus_operations.count = 0;
    state->is_in_backoff = false;
    state->is_held = false;
    state->is_paused = false;
    change->is_closing = true;
    change->wants_task = false;
}

static struct wf_string successor_text(struct wf_change *change,
                                       const struct wf_execution_details *details)
{
    return wf_run_id_is_set(&details->successor_id)
               ? wf_string_copy(change->arena, wf_run_id_string(&details->successor_id))
               : (struct wf_string){0};
}

static void complete(struct wf_change *change, const struct wf_execution_details *details)
{
    struct wf_event_workflow_execution_completed *event = wf_change_event(
        change, WF_EVENT_TYPE_WORKFLOW_EXECUTION_COMPLETED, change->now_ns);

    if (event != NULL) {
        event->result = details->payloads;
        event->workflow_task_completed_event_id = details->completed_event_id;
        event->new_execution_run_id = successor_text(change, details);
    }
    change->state->result = wf_change_own_message(change, &wf_type_payloads, details->payloads);
    close_as(change, WF_WORKFLOW_EXECUTION_STATUS_COMPLETED);
}

static void fail(struct wf_change *change, const struct wf_execution_details *details)
{
    struct wf_event_workflow_execution_failed *event = wf_change_event(
        change, WF_EVENT_TYPE_WORKFLOW_EXECUTION_FAILED, change->now_ns);

    if (event != NULL) {
        event->failure = details->failure;
        event->retry_state = details->retry_state;
        event->workflow_task_completed_event_id = details->completed_event_id;
        event->new_execution_run_id = successor_text(change, details);
    }
    change->state->failure = wf_change_own_message(change, &wf_type_failure, details->failure);
    close_as(change, WF_WORKFLOW_EXECUTION_STATUS_FAILED);
}

static void cancel(struct wf_change *change, const struct wf_execution_details *details)
{
    struct wf_event_workflow_execution_canceled *event = wf_change_event(
        change, WF_EVENT_TYPE_WORKFLOW_EXECUTION_CANCELED, change->now_ns);

    if (event != NULL) {
        event->workflow_task_completed_event_id = details->completed_event_id;
        event->details = details->payloads;
    }
    close_as(change, WF_WORKFLOW_EXECUTION_STATUS_CANCELED);
}

static void continue_as_new(struct wf_change *change, const struct wf_execution_details *details)
{
    const struct wf_event_workflow_execution_started *started = details->started;
    struct wf_event_workflow_execution_continued_as_new *event = wf_change_event(
        change, WF_EVENT_TYPE_WORKFLOW_EXECUTION_CONTINUED_AS_NEW, change->now_ns);

    if (event != NULL) {
        event->new_execution_run_id = successor_text(change, details);
        event->workflow_type = started->workflow_type;
        event->task_queue = started->task_queue;
        event->input = started->input;
        event->workflow_run_timeout = started->workflow_run_timeout;
        event->workflow_task_timeout = started->workflow_task_timeout;
        event->workflow_task_completed_event_id = details->completed_event_id;
        event->backoff_start_interval = started->first_workflow_task_backoff;
        event->initiator = started->initiator;
        event->failure = details->command->failure;
        event->last_completion_result = started->last_completion_result;
        event->header = started->header;
        event->memo = started->memo;
        event->search_attributes = started->search_attributes;
        event->initial_versioning_behavior = details->command->initial_versioning_behavior;
    }
    close_as(change, WF_WORKFLOW_EXECUTION_STATUS_CONTINUED_AS_NEW);
}

static void time_out(struct wf_change *change, const struct wf_execution_details *details)
{
    struct wf_event_workflow_execution_timed_out *event = wf_change_event(
        change, WF_EVENT_TYPE_WORKFLOW_EXECUTION_TIMED_OUT, change->now_ns);

    if (event != NULL) {
        event->retry_state = details->retry_state;
        event->new_execution_run_id = successor_text(change, details);
    }
    close_as(change, WF_WORKFLOW_EXECUTION_STATUS_TIMED_OUT);
}

static void terminate(struct wf_change *change, const struct wf_execution_details *details)
{
    struct wf_event_workflow_execution_terminated *event = wf_change_event(
        change, WF_EVENT_TYPE_WORKFLOW_EXECUTION_TERMINATED, change->now_ns);

    if (event != NULL) {
        event->reason = details->reason;
        event->details = details->payloads;
        event->identity = details->identity;
    }
    close_as(change, WF_WORKFLOW_EXECUTION_STATUS_TERMINATED);
}

bool wf_execution_step(struct wf_change *change, enum wf_execution_input input,
                       const struct wf_execution_details *details)
{
#define ROW(from, input) ((uint32_t)(from) << 8 | (uint32_t)(input))
    switch (ROW(state_of(change->state), input)) {
#define WF_TRANSITION(from, input, to, action)                                                     \
    case ROW(WF_EXECUTION_##from, WF_EXECUTION_##input):                                           \
        action(change, details);                                                                   \
        WF_ASSERT(state_of(change->state) == WF_EXECUTION_##to ||                        \
                  change->arena->is_full);                                                         \
        return true;
#include "engine/server/execution.def"
    default:
        return false;
    }
#undef ROW
}

/* 3.5: a workflow task that runs when the run is closed from outside fails first, and what was
 * buffered is shown. */
static void end_task_for_close(struct wf_change *change)
{
    const bool is_ended = wf_workflow_task_step(
        change, WF_WORKFLOW_TASK_FORCE_CLOSE,
        &(struct wf_workflow_task_details){
            .cause = WF_WORKFLOW_TASK_FAILED_CAUSE_FORCE_CLOSE_COMMAND,
            .identity = WF_STR(WF_HISTORY_SERVICE)});

    WF_ASSERT(is_ended);
    wf_change_flush(change);
}

void wf_execution_terminate(struct wf_change *change, struct wf_string reason,
                            struct wf_payloads *details, struct wf_string identity)
{
    bool is_closed = false;

    end_task_for_close(change);
    is_closed = wf_execution_step(change, WF_EXECUTION_TERMINATE,
                                  &(struct wf_execution_details){
                                      .reason = reason, .payloads = details, .identity = identity});
    WF_ASSERT(is_closed);
}

/* The failure that a retry policy sees when a run timed out (7.6). */
static struct wf_failure *run_timeout_failure(struct wf_change *change)
{
    struct wf_failure *failure = WF_ARENA_NEW(change->arena, struct wf_failure);
    struct wf_timeout_failure_info *info = WF_ARENA_NEW(change->arena,
                                                        struct wf_timeout_failure_info);

    if (failure == NULL || info == NULL) {
        return NULL;
    }
    info->timeout_type = WF_TIMEOUT_TYPE_START_TO_CLOSE;
    failure->message = WF_STR("workflow timeout");
    failure->source = WF_STR("Server");
    failure->failure_info_case = WF_CASE_failure_timeout_failure_info;
    failure->failure_info.timeout_failure_info = info;
    return failure;
}

void wf_execution_expire(struct wf_change *change)
{
    const struct wf_state_start *start_of_run = change->run->start;
    const struct wf_execution_details timeout = {.retry_state = WF_RETRY_STATE_TIMEOUT};
    bool is_closed = false;

    end_task_for_close(change);
    if (start_of_run->execution_expiration_ns != 0 &&
        start_of_run->execution_expiration_ns <= change->now_ns) {
        /* 7.6: the whole execution is over, so nothing follows. */
        is_closed = wf_execution_step(change, WF_EXECUTION_TIME_OUT, &timeout);
        WF_ASSERT(is_closed);
        return;
    }
    wf_execution_end(change, &(struct wf_execution_ending){.input = WF_EXECUTION_TIME_OUT,
                                                           .failure = run_timeout_failure(change)});
}
