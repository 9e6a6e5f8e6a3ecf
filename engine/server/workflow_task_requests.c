/*
 * What workers and matching ask about workflow tasks.
 *
 * Source: engine-semantics 2.2, 3.3 to 3.7.
 */
#include "engine/base/assert.h"
#include "engine/server/change.h"

#define HEARTBEAT_NS_MAX (INT64_C(30) * 60 * WF_NS_PER_S) /* 3.7 */

/* ---- RecordWorkflowTaskStarted (3.3) ---- */

/* WF_CALL_OK, or why the task cannot be started. */
static enum wf_call_status check_start(const struct wf_shard_run *run,
                                       const struct wf_svc_record_workflow_task_started *request)
{
    const struct wf_state_workflow_task *task = run == NULL ? NULL : run->state->workflow_task;

    if (task == NULL || !wf_shard_run_is_open(run) ||
        task->scheduled_event_id != request->scheduled_event_id) {
        return WF_CALL_NOT_FOUND;
    }
    if (task->stamp != request->stamp) {
        return WF_CALL_OBSOLETE_TASK;
    }
    if (task->started_event_id != 0) {
        return wf_string_equal(task->request_id, request->request_id)
                   ? WF_CALL_OK
                   : WF_CALL_TASK_ALREADY_STARTED;
    }
    if (request->is_sticky && !wf_string_equal(run->state->sticky_queue, request->task_queue)) {
        return WF_CALL_OBSOLETE_TASK; /* the workflow has left that worker */
    }
    return WF_CALL_OK;
}

/* Whoever dispatched the task knew less than the run does, and tries again until it knows more: a run stays where it is pinned,
 * and no other goes back to what an earlier routing said. */
static bool is_outdated(const struct wf_shard *shard, const struct wf_shard_run *run,
                        const struct wf_svc_record_workflow_task_started *request)
{
    const struct wf_state_versioning *versioning = run->state->versioning;

    if (versioning == NULL || wf_version_equal(request->worker_version, versioning->version)) {
        return false;
    }
    return wf_versioning_is_pinned(shard->config, versioning) ||
           (request->routing_revision < versioning->revision && !wf_is_planted(shard->config, WF_PLANT_OLD_ROUTING));
}

WF_OPERATION(workflow_task_started)
{
    const struct wf_svc_record_workflow_task_started *request =
        operation->request->call.record_workflow_task_started;
    struct wf_reply_plan reply = {.kind = WF_REPLY_WORKFLOW_TASK,
                                  .is_full_history = !request->is_sticky};
    const enum wf_call_status status = check_start(run, request);
    struct wf_change change = {0};
    bool is_started = false;

    if (status != WF_CALL_OK) {
        wf_refuse(shard, operation, status, "Workflow task not found.");
        return;
    }
    if (run->state->workflow_task->started_event_id != 0) {
        reply.is_repeated = true;
        wf_reply_give(shard, operation->call_id, workflow, run,
                      &reply); /* matching asks again: the same answer */
        return;
    }
    if (is_outdated(shard, run, request)) {
        wf_refuse(shard, operation, WF_CALL_UNAVAILABLE, "Workflow task was dispatched by an outdated routing.");
        return;
    }
    if (wf_workflow_task_is_speculative(run->state)) {
        wf_speculative_start(shard, workflow, run, request);
        wf_reply_give(shard, operation->call_id, workflow, run, &reply);
        return;
    }
    wf_change_init(&change, shard, workflow, run);
    if (!request->is_sticky) {
        wf_workflow_task_clear_sticky(run->state);
    }
    is_started = wf_workflow_task_step(
        &change, WF_WORKFLOW_TASK_START,
        &(struct wf_workflow_task_details){.request_id = request->request_id,
                                           .identity = request->identity,
                                           .taken = request});
    WF_ASSERT(is_started);
    wf_change_commit(&change, operation, &reply);
}

/* ---- RespondWorkflowTaskCompleted (3.4) ---- */

/* The task that a token is about, or NULL when it is not the running one. */
static const struct wf_state_workflow_task *task_of_token(struct wf_shard *shard,
                                                          const struct wf_shard_run *run,
                                                          struct wf_string bytes)
{
    const struct wf_state_workflow_task *task = run == NULL ? NULL : run->state->workflow_task;
    struct wf_svc_task_token token = {0};

    if (task == NULL || !wf_shard_run_is_open(run) || task->started_event_id == 0 ||
        wf_wire_decode(&shard->step_arena, &wf_type_svc_task_token, bytes, &token, NULL) != WF_OK) {
        return NULL;
    }
    return token.scheduled_event_id == task->scheduled_event_id &&
                   token.started_event_id == task->started_event_id &&
                   token.started_time_ns == task->started_time_ns && token.attempt == task->attempt
               ? task
               : NULL;
}

/* "BadStartTimerAttributes", from the canonical name, and the explanation after it (2.2 rule 3). */
static struct wf_string failure_message(struct wf_arena *arena, int32_t cause,
                                        struct wf_string explanation)
{
    const struct wf_enum_type *type = &wf_enum_type_workflow_task_failed_cause;
    const char *name = wf_enum_name(type, cause);
    struct wf_buffer message = {0};
    bool is_first = true;

    WF_ASSERT(name != NULL);
    wf_buffer_init(&message, arena);
    for (const char *c = name + strlen(type->prefix); *c != '\0'; c++) {
        if (*c == '_') {
            is_first = true;
            continue;
        }
        wf_buffer_append_char(&message, is_first || *c < 'A' ? *c : (char)(*c - 'A' + 'a'));
        is_first = false;
    }
    if (explanation.size_bytes > 0) {
        wf_buffer_append_text(&message, ": ");
        wf_buffer_append_string(&message, explanation);
    }
    return wf_buffer_string(&message);
}

/* What only the owner's memory knows of a run (3.10): its speculative task, before the change made a normal one of it, and the
 * stickiness that its start has left. No task: nothing. */
struct unstored {
    const struct wf_state_workflow_task *task;
    struct wf_string sticky_queue;
    int64_t sticky_timeout_ns;
};

static struct unstored unstored_of(struct wf_shard *shard, const struct wf_shard_run *run)
{
    const struct wf_state_run *state = run->state;

    if (!wf_workflow_task_is_speculative(state)) {
        return (struct unstored){0};
    }
    return (struct unstored){
        .task = wf_message_copy(&shard->step_arena, &wf_type_state_workflow_task, state->workflow_task),
        .sticky_queue = wf_string_copy(&shard->step_arena, state->sticky_queue),
        .sticky_timeout_ns = state->sticky_timeout_ns};
}

static void discard_commands(struct wf_change *change, const struct unstored *unstored)
{
    const bool is_restored = wf_shard_run_restore(change->shard, change->run,
                                                  change->run->committed);

    WF_ASSERT(is_restored || change->arena->is_full || change->run->arena.is_full);
    wf_tasks_abandon(change->shard, &change->tasks);
    if (change->successor != NULL) {
        wf_tasks_abandon(change->shard, &change->successor_change->tasks);
        wf_shard_run_free(change->shard, change->successor);
    }
    wf_updates_free_rejections(change->shard, change->rejections);
    if (is_restored && unstored->task != NULL) {
        struct wf_state_run *state = change->run->state;

        state->workflow_task = wf_message_copy(&change->run->arena, &wf_type_state_workflow_task, unstored->task);
        state->sticky_queue = wf_string_copy(&change->run->arena, unstored->sticky_queue);
        state->sticky_timeout_ns = unstored->sticky_timeout_ns;
    }
    wf_change_init(change, change->shard, change->workflow, change->run);
}

/* 2.2 rules 3 and 4: every command is undone, and the task fails. */
static void fail_commands(struct wf_change *change, struct wf_operation *operation,
                          const struct wf_svc_respond_workflow_task_completed *request,
                          const struct wf_command_outcome *outcome,
                          const struct unstored *unstored)
{
    struct wf_shard *shard = change->shard;
    struct wf_server_failure_info server = {.non_retryable = true};
    struct wf_failure failure = {
        .message = failure_message(change->arena, outcome->cause, outcome->message),
        .failure_info_case = WF_CASE_failure_server_failure_info,
        .failure_info.server_failure_info = &server};
    struct wf_reply_plan reply = {
        .kind = WF_REPLY_ERROR, .status = WF_CALL_INVALID_ARGUMENT, .fails_updates = true};
    bool is_failed = false;

    discard_commands(change, unstored);
    /* 2.2 rule 3: a worker that fails again and again is left to its timeout. */
    if (change->state->workflow_task == NULL ||
        (change->state->workflow_task->attempt > 1 &&
         outcome->cause != WF_WORKFLOW_TASK_FAILED_CAUSE_UNHANDLED_COMMAND)) {
        struct wf_svc_response *response = wf_shard_answer(shard, operation->call_id,
                                                           WF_CALL_INVALID_ARGUMENT, "");

        if (response != NULL) {
            response->message = failure.message;
        }
        return;
    }
    is_failed = wf_workflow_task_step(
        change, WF_WORKFLOW_TASK_FAIL,
        &(struct wf_workflow_task_details){
            .cause = outcome->cause, .failure = &failure, .identity = request->identity});
    WF_ASSERT(is_failed);
    if (outcome->terminates) {
        wf_execution_terminate(change, failure.message, NULL, WF_STR(WF_HISTORY_SERVICE));
    } else {
        change->wants_task = true;
    }
    wf_keep_string(shard, failure.message, &reply.message);
    wf_change_commit(change, operation, &reply);
}

/* 3.7: local activities have held the task for too long. */
static void end_heartbeat(struct wf_change *change, struct wf_operation *operation)
{
    struct wf_reply_plan reply = {.kind = WF_REPLY_ERROR, .status = WF_CALL_NOT_FOUND};
    const bool is_timed_out = wf_workflow_task_step(change, WF_WORKFLOW_TASK_TIME_OUT, NULL);

    WF_ASSERT(is_timed_out);
    change->wants_task = true;
    wf_keep_string(change->shard, WF_STR("Workflow task heartbeat timed out."), &reply.message);
    wf_change_commit(change, operation, &reply);
}

/* 3.4 steps 7 and 8: the next task, started at once when the worker takes it with the answer. */
static bool add_next_task(struct wf_change *change,
                          const struct wf_svc_respond_workflow_task_completed *request,
                          int64_t original_scheduled_time_ns)
{
    const struct wf_workflow_task_details details = {
        .request_id = WF_STR(WF_INLINE_REQUEST_ID),
        .identity = request->identity,
        .original_scheduled_time_ns = original_scheduled_time_ns,
        .is_inline = request->return_new_workflow_task};
    bool is_stepped = wf_workflow_task_step(change, WF_WORKFLOW_TASK_SCHEDULE, &details);

    WF_ASSERT(is_stepped);
    if (!request->return_new_workflow_task) {
        return false;
    }
    is_stepped = wf_workflow_task_step(change, WF_WORKFLOW_TASK_START, &details);
    WF_ASSERT(is_stepped || change->run->arena.is_full);
    return true;
}

/* 3.7: the worker says nothing but that it lives. */
static bool is_heartbeat(const struct wf_svc_respond_workflow_task_completed *request)
{
    return request->force_create_new_workflow_task && request->commands.count == 0 && request->messages.count == 0;
}

static void complete(struct wf_change *change, struct wf_operation *operation,
                     const struct wf_svc_respond_workflow_task_completed *request,
                     const struct unstored *unstored)
{
    const struct wf_state_workflow_task *task = change->state->workflow_task;
    const int64_t original_ns = is_heartbeat(request) ? task->original_scheduled_time_ns : 0;
    struct wf_reply_plan reply = {.kind = WF_REPLY_COMPLETION};
    struct wf_command_outcome outcome = {0};
    int64_t completed_event_id = 0;
    bool is_completed = false;

    is_completed = wf_workflow_task_step(
        change, WF_WORKFLOW_TASK_COMPLETE,
        &(struct wf_workflow_task_details){.identity = request->identity,
                                           .sdk_metadata = request->sdk_metadata,
                                           .versioning_behavior = request->versioning_behavior});
    WF_ASSERT(is_completed);
    wf_workflow_task_set_sticky(change, request);
    completed_event_id = wf_shard_run_last_event_id(change->run);
    wf_commands_apply(change, request, completed_event_id, &outcome);
    if (outcome.cause == 0) {
        wf_messages_apply_rest(change, request, &outcome);
    }
    if (outcome.cause != 0) {
        fail_commands(change, operation, request, &outcome, unstored);
        return;
    }
    if (!change->is_closing && !request->force_create_new_workflow_task && !outcome.has_unseen &&
        !outcome.needs_task) {
        reply.speculates = request->return_new_workflow_task;
        change->wants_task = change->wants_task ||
                             (!request->return_new_workflow_task && wf_updates_are_waiting(change->run));
    } else if (!change->is_closing && !change->state->is_paused) { /* 3.4 step 7 */
        reply.flag = add_next_task(change, request, original_ns);
        reply.is_full_history = change->state->sticky_queue.size_bytes == 0;
    }
    reply.scheduled_event_id = completed_event_id;
    change->run->is_close_attempted = false;
    wf_change_commit_with(change, operation, &reply,
                          wf_query_answers_take(change->shard, change->run, request));
}

WF_OPERATION(workflow_task_completed)
{
    const struct wf_svc_respond_workflow_task_completed *request =
        operation->request->call.respond_workflow_task_completed;
    const struct wf_state_workflow_task *task = task_of_token(shard, run, request->token);
    struct unstored unstored = {0};
    const char *refusal = NULL;
    struct wf_change change = {0};

    if (task == NULL) {
        wf_refuse(shard, operation, WF_CALL_NOT_FOUND, "Workflow task not found.");
        return;
    }
    refusal = wf_commands_refusal(request);
    if (refusal != NULL) {
        wf_refuse(shard, operation, WF_CALL_INVALID_ARGUMENT, refusal);
        return;
    }
    if (run->state->is_paused && request->force_create_new_workflow_task) {
        wf_refuse(shard, operation, WF_CALL_FAILED_PRECONDITION, "Workflow is paused."); /* 3.4 */
        return;
    }
    if (wf_speculative_can_vanish(shard, run, request)) {
        wf_change_look(&change, shard, workflow, run);
        if (wf_speculative_vanish(&change, operation, request)) {
            return;
        }
    }
    unstored = unstored_of(shard, run);
    wf_change_init(&change, shard, workflow, run);
    if (is_heartbeat(request) &&
        change.now_ns > wf_add_saturating(task->original_scheduled_time_ns, HEARTBEAT_NS_MAX)) {
        end_heartbeat(&change, operation);
        return;
    }
    complete(&change, operation, request, &unstored);
}

/* ---- RespondWorkflowTaskFailed (3.5) ---- */

WF_OPERATION(workflow_task_failed)
{
    const struct wf_svc_respond_workflow_task_failed *request =
        operation->request->call.respond_workflow_task_failed;
    const struct wf_reply_plan reply = {.kind = WF_REPLY_EMPTY};
    struct wf_change change = {0};
    bool is_failed = false;

    if (task_of_token(shard, run, request->token) == NULL) {
        wf_refuse(shard, operation, WF_CALL_NOT_FOUND, "Workflow task not found.");
        return;
    }
    wf_change_init(&change, shard, workflow, run);
    is_failed = wf_workflow_task_step(
        &change, WF_WORKFLOW_TASK_FAIL,
        &(struct wf_workflow_task_details){
            .cause = request->cause, .failure = request->failure, .identity = request->identity});
    WF_ASSERT(is_failed);
    if (request->cause == WF_WORKFLOW_TASK_FAILED_CAUSE_GRPC_MESSAGE_TOO_LARGE) {
        /* 2.3 "causes not tied to a command": no later attempt can be smaller. */
        wf_execution_terminate(&change, WF_STR("GrpcMessageTooLarge"), NULL,
                               WF_STR(WF_HISTORY_SERVICE));
    } else {
        change.wants_task = true;
    }
    wf_change_commit(&change, operation, &reply);
}

/* ---- ResetStickyTaskQueue (3.6) ---- */

WF_OPERATION(reset_sticky)
{
    const struct wf_reply_plan reply = {.kind = WF_REPLY_EMPTY};
    struct wf_change change = {0};

    if (run == NULL || !wf_shard_run_is_open(run)) {
        wf_refuse(shard, operation, WF_CALL_NOT_FOUND,
                  "Workflow execution not found or already completed.");
        return;
    }
    wf_change_init(&change, shard, workflow, run);
    wf_workflow_task_clear_sticky(run->state);
    wf_change_commit(&change, operation, &reply);
}
