/*
 * What clients ask of a run: signals, cancellation, termination, description, history; and what its
 * alarm brings.
 *
 * Source: engine-semantics 4.4, 5.1, 5.2, 7.6, 7.7, 8.4.
 */
#include "engine/base/assert.h"
#include "engine/server/change.h"

/* ---- Signals (5.2) ---- */

static bool is_repeated_signal(const struct wf_shard *shard, const struct wf_shard_run *run,
                               struct wf_string request_id)
{
    if (wf_is_planted(shard->config, WF_PLANT_NO_REQUEST_DEDUP) || request_id.size_bytes == 0) {
        return false;
    }
    for (uint32_t i = 0; i < run->state->signal_request_ids.count; i++) {
        if (wf_string_equal(run->state->signal_request_ids.items[i], request_id)) {
            return true;
        }
    }
    return false;
}

const char *wf_signal_name_problem(const struct wf_shard *shard, struct wf_string name)
{
    return name.size_bytes > 0 && name.size_bytes <= (size_t)shard->config->limits.id_bytes_max
               ? NULL
               : "SignalName is not set on request or too long.";
}

const char *wf_signal_size_problem(const struct wf_shard *shard,
                                   const struct wf_svc_signal_workflow *signal)
{
    const size_t header_bytes = signal->header == NULL
                                    ? 0
                                    : wf_fields_size_bytes(signal->header->fields.items,
                                                           signal->header->fields.count);

    return wf_payloads_size_bytes(signal->input) + header_bytes >
                   (size_t)shard->config->limits.blob_bytes_max
               ? "Signal input exceeds size limit."
               : NULL;
}

/* Checks 3 and 4. WF_CALL_OK, or why the signal cannot be taken. */
static enum wf_call_status check_signal(const struct wf_shard *shard,
                                        const struct wf_shard_run *run,
                                        const struct wf_svc_signal_workflow *signal,
                                        const char **why)
{
    *why = wf_signal_size_problem(shard, signal);
    if (*why != NULL) {
        return WF_CALL_INVALID_ARGUMENT;
    }
    if (run->state->signal_count >= shard->config->limits.signals_max) {
        *why = "exceeded workflow execution limit for signal events";
        return WF_CALL_INVALID_ARGUMENT;
    }
    if (run->is_close_attempted && wf_workflow_task_is_started(run->state)) {
        *why = "workflow is closing";
        return WF_CALL_RESOURCE_EXHAUSTED;
    }
    return WF_CALL_OK;
}

void wf_signal_run(struct wf_shard *shard, struct wf_workflow *workflow, struct wf_shard_run *run,
                   struct wf_operation *operation, const struct wf_svc_signal_workflow *signal,
                   bool is_with_start)
{
    const struct wf_reply_plan reply = {.kind = is_with_start ? WF_REPLY_STARTED : WF_REPLY_EMPTY,
                                        .run_id = run->id};
    const char *why = "";
    const enum wf_call_status status = check_signal(shard, run, signal, &why);
    const bool is_repeated = is_repeated_signal(shard, run, signal->request_id);
    struct wf_change change = {0};
    bool is_signaled = false;

    if (is_repeated && (status == WF_CALL_OK || !is_with_start)) {
        wf_reply_give(shard, operation->call_id, workflow, run, &reply);
        return;
    }
    if (!wf_shard_run_is_open(run)) {
        wf_refuse(shard, operation, WF_CALL_NOT_FOUND, "workflow execution already completed");
        return;
    }
    if (status != WF_CALL_OK) {
        wf_refuse(shard, operation, status, why);
        return;
    }
    wf_change_init(&change, shard, workflow, run);
    is_signaled = wf_execution_step(&change, WF_EXECUTION_SIGNAL,
                                    &(struct wf_execution_details){.signal = signal});
    WF_ASSERT(is_signaled);
    change.wants_task = change.wants_task || is_with_start;
    wf_change_commit(&change, operation, &reply);
}

WF_OPERATION(signal)
{
    const struct wf_svc_signal_workflow *signal = operation->request->call.signal_workflow;
    const char *problem = wf_signal_name_problem(shard, signal->signal_name);

    if (problem != NULL) {
        wf_refuse(shard, operation, WF_CALL_INVALID_ARGUMENT, problem);
        return;
    }
    if (run == NULL) {
        wf_refuse(shard, operation, WF_CALL_NOT_FOUND, "workflow not found for ID");
        return;
    }
    if (signal->child_workflow_only && wf_shard_run_is_open(run) &&
        !wf_is_parent(run, signal->external_workflow_execution)) {
        wf_refuse(shard, operation, WF_CALL_NOT_FOUND, "workflow parent does not match"); /* 5.2 check 5 */
        return;
    }
    wf_signal_run(shard, workflow, run, operation, signal, false);
}

/* ---- Cancel and terminate (7.7) ---- */

/* With a first run id the current run is meant, if it is of that chain. */
static bool is_of_chain(const struct wf_shard_run *run, struct wf_string first_run_id)
{
    return first_run_id.size_bytes == 0 || wf_string_equal(run->start->first_run_id, first_run_id);
}

WF_OPERATION(request_cancel)
{
    const struct wf_svc_request_cancel *request = operation->request->call.request_cancel;
    const struct wf_reply_plan reply = {.kind = WF_REPLY_EMPTY};
    struct wf_change change = {0};
    bool is_requested = false;

    if (run == NULL) {
        wf_refuse(shard, operation, WF_CALL_NOT_FOUND, "workflow not found for ID");
        return;
    }
    /* The closed run's success is tested before the chain. */
    if (wf_shard_run_is_open(run) && !is_of_chain(run, request->first_execution_run_id)) {
        wf_refuse(shard, operation, WF_CALL_NOT_FOUND, "workflow not found for ID");
        return;
    }
    if (wf_shard_run_is_open(run) && request->child_workflow_only &&
        !wf_is_parent(run, request->external_workflow_execution)) {
        wf_refuse(shard, operation, WF_CALL_NOT_FOUND, "workflow parent does not match");
        return;
    }
    if (!wf_shard_run_is_open(run) ||
        (run->state->is_cancel_requested && !wf_is_planted(shard->config, WF_PLANT_CANCEL_TWICE))) {
        wf_reply_give(shard, operation->call_id, workflow, run, &reply);
        return;
    }
    wf_change_init(&change, shard, workflow, run);
    is_requested = wf_execution_step(
        &change, WF_EXECUTION_REQUEST_CANCEL, &(struct wf_execution_details){.cancel = request});
    WF_ASSERT(is_requested);
    wf_change_commit(&change, operation, &reply);
}

WF_OPERATION(terminate)
{
    const struct wf_svc_terminate *request = operation->request->call.terminate;
    const struct wf_reply_plan reply = {.kind = WF_REPLY_EMPTY};
    struct wf_change change = {0};

    if (run == NULL || !wf_shard_run_is_open(run) ||
        !is_of_chain(run, request->first_execution_run_id) ||
        (request->child_workflow_only &&
         !wf_is_parent(run, request->external_workflow_execution))) {
        wf_refuse(shard, operation, WF_CALL_NOT_FOUND, "workflow execution already completed");
        return;
    }
    wf_change_init(&change, shard, workflow, run);
    wf_execution_terminate(&change, request->reason, request->details, request->identity);
    wf_change_commit(&change, operation, &reply);
}

/* ---- Pause (7.12) ---- */

WF_OPERATION(pause)
{
    const bool is_end = operation->request->call_case == WF_CASE_svc_request_unpause_workflow;
    const struct wf_svc_pause_workflow *request = is_end ? operation->request->call.unpause_workflow
                                                         : operation->request->call.pause_workflow;
    const struct wf_reply_plan reply = {.kind = WF_REPLY_EMPTY};
    struct wf_change change = {0};
    bool is_stepped = false;

    if (run == NULL || !wf_shard_run_is_open(run)) {
        wf_refuse(shard, operation, WF_CALL_NOT_FOUND, "workflow execution already completed");
        return;
    }
    if (request->request_id.size_bytes > 0 && run->state->is_paused == !is_end &&
        wf_string_equal(run->state->pause_request_id, request->request_id)) {
        wf_reply_give(shard, operation->call_id, workflow, run, &reply);
        return;
    }
    if (is_end ? !run->state->is_paused
               : run->state->is_paused || run->state->is_in_backoff || run->state->is_held) {
        wf_refuse(shard, operation, WF_CALL_FAILED_PRECONDITION,
                  is_end                  ? "Workflow is not paused."
                  : run->state->is_paused ? "Workflow is already paused."
                                          : "The workflow's first task is not scheduled yet.");
        return;
    }
    wf_change_init(&change, shard, workflow, run);
    is_stepped = wf_execution_step(&change, is_end ? WF_EXECUTION_UNPAUSE : WF_EXECUTION_PAUSE,
                                   &(struct wf_execution_details){.pause = request});
    WF_ASSERT(is_stepped);
    run->state->pause_request_id = wf_change_own(&change, request->request_id);
    wf_change_commit(&change, operation, &reply);
}

/* ---- Reading ---- */

WF_OPERATION(describe)
{
    struct wf_svc_description *description = WF_ARENA_NEW(&shard->step_arena,
                                                          struct wf_svc_description);
    struct wf_svc_response *response = NULL;

    (void)workflow;
    if (run == NULL) {
        wf_refuse(shard, operation, WF_CALL_NOT_FOUND, "workflow not found for ID");
        return;
    }
    if (description == NULL ||
        !wf_describe_state(&shard->step_arena, run->state, run->start, description)) {
        return;
    }
    response = wf_shard_answer(shard, operation->call_id, WF_CALL_OK, "");
    if (response != NULL) {
        response->answer_case = WF_CASE_svc_response_description;
        response->answer.description = description;
    }
}

WF_OPERATION(get_history)
{
    const struct wf_svc_get_history *request = operation->request->call.get_history;
    struct wf_svc_response *response = WF_ARENA_NEW(&shard->step_arena, struct wf_svc_response);
    struct wf_svc_history *history = WF_ARENA_NEW(&shard->step_arena, struct wf_svc_history);
    struct wf_string unwritten = {0};

    if (run == NULL) {
        wf_refuse(shard, operation, WF_CALL_NOT_FOUND, "workflow not found for ID");
        return;
    }
    if (response == NULL || history == NULL) {
        return;
    }
    response->answer_case = WF_CASE_svc_response_history;
    response->answer.history = history;
    history->is_closed = !wf_shard_run_is_open(run);
    unwritten = wf_workflow_task_unwritten(shard, run);
    if (unwritten.size_bytes > 0) {
        struct wf_string *batch = WF_LIST_APPEND(&shard->step_arena, history->batches);

        if (batch != NULL) {
            *batch = unwritten; /* 3.1: shown to readers though it is not history yet */
        }
    }
    wf_history_send(shard, workflow, run,
                    &(struct wf_history_parcel){
                        .response = response,
                        .call_id = operation->call_id,
                        .first_event_id = request->first_event_id > 1 ? request->first_event_id : 1,
                        .last_event_id = wf_shard_run_last_event_id(run)});
}

/* ---- The alarm: everything that is due ---- */

static void expire_workflow_task(struct wf_change *change)
{
    bool is_timed_out = false;

    if (wf_workflow_task_deadline(change->run) > change->now_ns) {
        return;
    }
    is_timed_out = wf_workflow_task_step(change,
                                         wf_workflow_task_state(change->state) ==
                                                 WF_WORKFLOW_TASK_STARTED
                                             ? WF_WORKFLOW_TASK_TIME_OUT
                                             : WF_WORKFLOW_TASK_TIME_OUT_STICKY,
                                         NULL);
    WF_ASSERT(is_timed_out);
    change->wants_task = true;
}

static void expire(struct wf_change *change)
{
    const struct wf_state_start *start = change->run->start;
    bool is_over = false;

    if (start->run_expiration_ns != 0 && start->run_expiration_ns <= change->now_ns) {
        wf_execution_expire(change);
        return;
    }
    if (change->state->is_in_backoff && start->first_task_time_ns <= change->now_ns) {
        is_over = wf_execution_step(change, WF_EXECUTION_BACKOFF_OVER, NULL);
        WF_ASSERT(is_over);
    }
    expire_workflow_task(change);
    wf_activities_expire(change);
    wf_timers_expire(change);
    wf_nexus_expire(change);
}

WF_OPERATION(timer)
{
    const struct wf_reply_plan reply = {.kind = WF_REPLY_NONE};
    struct wf_change change = {0};
    bool is_the_alarm = false;

    if (run == NULL || !wf_shard_run_is_open(run)) {
        wf_task_done(shard, operation->task); /* 8.4: the run closed meanwhile */
        return;
    }
    is_the_alarm = run->state->alarm_ns == operation->task->time_ns;
    if (!is_the_alarm && wf_shard_run_next_deadline(run) > shard->now_ns) {
        wf_task_done(shard, operation->task); /* an older alarm, or one that was executed before */
        return;
    }
    wf_change_init(&change, shard, workflow, run);
    if (is_the_alarm) {
        run->state->alarm_ns = 0; /* the end of the change sets the next one */
    }
    expire(&change);
    wf_change_commit(&change, operation, &reply);
}
