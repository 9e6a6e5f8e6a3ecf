/*
 * Commands about other workflows: starting a child, signalling and cancelling.
 *
 * Source: engine-semantics 2.2, 2.3, 5.3, 5.4.
 */
#include "engine/base/assert.h"
#include "engine/server/command_context.h"

/* 2.3 "same namespace unless cross-namespace enabled", which is off by default (9). */
static bool is_own_namespace(struct wf_string namespace)
{
    return namespace.size_bytes == 0 || wf_string_equal(namespace, WF_STR(WF_NAMESPACE));
}

static bool is_at_limit(uint32_t count, int64_t limit)
{
    return count >= (uint64_t)limit;
}

/* "run id empty or UUID". */
static bool is_run_id(struct wf_string run_id)
{
    return run_id.size_bytes == 0 || wf_uuid_is(run_id);
}

/* ---- Children ---- */

/* NULL, or what is wrong with the attributes. */
static const char *check_start_child(const struct wf_command_context *context,
                                     const struct wf_command_start_child_workflow_execution *command)
{
    const struct wf_timestamp durations[] = {command->workflow_execution_timeout,
                                             command->workflow_run_timeout,
                                             command->workflow_task_timeout};
    int64_t unused_ns = 0;

    if (!is_own_namespace(command->namespace)) {
        return "StartChildWorkflowExecutionCommand names another namespace.";
    }
    if (!wf_command_id_is_valid(context, command->workflow_id)) {
        return "WorkflowId is not set or too long on StartChildWorkflowExecutionCommand.";
    }
    if (command->workflow_type == NULL ||
        !wf_command_id_is_valid(context, command->workflow_type->name)) {
        return "WorkflowType is not set or too long on StartChildWorkflowExecutionCommand.";
    }
    if (command->task_queue != NULL && command->task_queue->name.size_bytes > 0 &&
        !wf_command_id_is_valid(context, command->task_queue->name)) {
        return "TaskQueue is too long on StartChildWorkflowExecutionCommand.";
    }
    for (size_t i = 0; i < sizeof durations / sizeof durations[0]; i++) {
        if (!wf_timeout_read(durations[i], &unused_ns)) {
            return "A timeout of StartChildWorkflowExecutionCommand is negative.";
        }
    }
    if (command->cron_schedule.size_bytes > 0) {
        int64_t unused_backoff_ns = 0;
        const char *problem = wf_cron_backoff(command->cron_schedule, 0, context->change->now_ns, &unused_backoff_ns);

        if (problem != NULL) {
            return problem;
        }
    }
    return NULL;
}

/* 7.1 "Defaulting" and 2.3: what is written is what will be started. */
static void fill_timeouts(const struct wf_command_context *context,
                          const struct wf_command_start_child_workflow_execution *command,
                          struct wf_event_start_child_workflow_execution_initiated *initiated)
{
    const struct wf_service_limits *limits = &context->change->shard->config->limits;
    int64_t execution_ns = 0;
    int64_t run_ns = 0;
    int64_t task_ns = 0;
    bool is_valid = wf_timeout_read(command->workflow_execution_timeout, &execution_ns);

    is_valid = wf_timeout_read(command->workflow_run_timeout, &run_ns) && is_valid;
    is_valid = wf_timeout_read(command->workflow_task_timeout, &task_ns) && is_valid;
    WF_ASSERT(is_valid);
    run_ns = wf_min_timeout(run_ns, execution_ns);
    task_ns = task_ns == 0 ? limits->workflow_task_timeout_ns : task_ns;
    task_ns = wf_min_timeout(task_ns, limits->workflow_task_timeout_ns_max);
    task_ns = wf_min_timeout(task_ns, run_ns);
    if (command->workflow_execution_timeout.is_set) {
        initiated->workflow_execution_timeout = wf_duration_of(execution_ns);
    }
    initiated->workflow_run_timeout = wf_duration_of(run_ns);
    initiated->workflow_task_timeout = wf_duration_of(task_ns);
}

static struct wf_task_queue *child_queue(const struct wf_command_context *context,
                                         const struct wf_task_queue *given)
{
    struct wf_arena *arena = context->change->arena;
    struct wf_task_queue *queue = WF_ARENA_NEW(arena, struct wf_task_queue);

    if (queue != NULL) {
        queue->name = given != NULL && given->name.size_bytes > 0
                          ? given->name
                          : wf_string_copy(arena, context->change->run->start->task_queue);
        queue->kind = WF_TASK_QUEUE_KIND_NORMAL;
    }
    return queue;
}

/* 2.3: what is absent stays absent; what is there is written with its defaults (2.4). NULL in *problem when it is right. */
static struct wf_retry_policy *child_retry_policy(const struct wf_command_context *context,
                                                  const struct wf_retry_policy *given, const char **problem)
{
    struct wf_retry_policy *policy = given == NULL ? NULL
                                                   : WF_ARENA_NEW(context->change->arena, struct wf_retry_policy);

    if (policy != NULL) {
        *policy = *given;
        *problem = wf_retry_policy_complete(policy);
    }
    return policy;
}

static void fill_initiated(const struct wf_command_context *context,
                           struct wf_event_start_child_workflow_execution_initiated *initiated)
{
    const struct wf_command_start_child_workflow_execution *command =
        context->command->attributes.start_child_workflow_execution;

    initiated->namespace = WF_STR(WF_NAMESPACE);
    initiated->namespace_id = WF_STR(WF_NAMESPACE_ID);
    initiated->workflow_id = command->workflow_id;
    initiated->workflow_type = command->workflow_type;
    initiated->task_queue = child_queue(context, command->task_queue);
    initiated->input = command->input;
    fill_timeouts(context, command, initiated);
    initiated->parent_close_policy = command->parent_close_policy ==
                                             WF_PARENT_CLOSE_POLICY_UNSPECIFIED
                                         ? WF_PARENT_CLOSE_POLICY_TERMINATE
                                         : command->parent_close_policy;
    initiated->control = command->control;
    initiated->workflow_task_completed_event_id = context->completed_event_id;
    initiated->workflow_id_reuse_policy = command->workflow_id_reuse_policy ==
                                                  WF_WORKFLOW_ID_REUSE_POLICY_UNSPECIFIED
                                              ? WF_WORKFLOW_ID_REUSE_POLICY_ALLOW_DUPLICATE
                                              : command->workflow_id_reuse_policy;
    initiated->cron_schedule = command->cron_schedule;
    initiated->header = command->header;
    initiated->memo = command->memo;
    initiated->search_attributes = command->search_attributes;
    initiated->inherit_build_id = command->inherit_build_id;
    initiated->priority = command->priority;
}

void wf_command_start_child(struct wf_command_context *context)
{
    const struct wf_command_start_child_workflow_execution *command =
        context->command->attributes.start_child_workflow_execution;
    const char *problem = check_start_child(context, command);
    struct wf_retry_policy *retry_policy = problem != NULL
                                               ? NULL
                                               : child_retry_policy(context, command->retry_policy, &problem);
    struct wf_event_start_child_workflow_execution_initiated *initiated = NULL;
    bool is_initiated = false;

    if (problem != NULL) {
        wf_command_refuse(context, CAUSE(BAD_START_CHILD_EXECUTION_ATTRIBUTES), problem);
        return;
    }
    if (wf_command_is_too_large(
            context, wf_payloads_size_bytes(command->input),
            CAUSE(BAD_START_CHILD_EXECUTION_ATTRIBUTES),
            "StartChildWorkflowExecutionCommandAttributes.Input exceeds size limit.") ||
        wf_command_properties_are_refused(context, command->memo, command->search_attributes,
                                          CAUSE(BAD_START_CHILD_EXECUTION_ATTRIBUTES))) {
        return;
    }
    if (is_at_limit(context->change->state->children.count,
                    context->change->shard->config->limits.pending_children_max)) {
        wf_command_refuse(context, CAUSE(PENDING_CHILD_WORKFLOWS_LIMIT_EXCEEDED),
                          "the number of pending child workflow executions has reached the limit");
        return;
    }
    initiated = WF_ARENA_NEW(context->change->arena,
                             struct wf_event_start_child_workflow_execution_initiated);
    if (initiated == NULL) {
        return;
    }
    fill_initiated(context, initiated);
    initiated->retry_policy = retry_policy;
    is_initiated = initiated->task_queue != NULL &&
                   wf_child_step(context->change, NULL, WF_CHILD_INITIATE,
                                 &(struct wf_child_details){.initiated = initiated});
    WF_ASSERT(is_initiated || context->change->arena->is_full);
    wf_command_annotate(context);
}

/* ---- Other workflows ---- */

void wf_command_signal_external(struct wf_command_context *context)
{
    struct wf_change *change = context->change;
    const struct wf_command_signal_external_workflow_execution *command =
        context->command->attributes.signal_external_workflow_execution;
    bool is_initiated = false;

    if (!is_own_namespace(command->namespace) || command->execution == NULL ||
        !wf_command_id_is_valid(context, command->execution->workflow_id) ||
        !wf_command_id_is_valid(context, command->signal_name)) {
        wf_command_refuse(context, CAUSE(BAD_SIGNAL_WORKFLOW_EXECUTION_ATTRIBUTES),
                          "Execution, WorkflowId or SignalName is not set or too long on "
                          "SignalExternalWorkflowExecutionCommand.");
        return;
    }
    if (!is_run_id(command->execution->run_id)) {
        wf_command_refuse(context, CAUSE(BAD_SIGNAL_WORKFLOW_EXECUTION_ATTRIBUTES),
                          "Invalid RunId set on SignalExternalWorkflowExecutionCommand.");
        return;
    }
    if (wf_command_is_too_large(
            context, wf_payloads_size_bytes(command->input), CAUSE(BAD_SIGNAL_INPUT_SIZE),
            "SignalExternalWorkflowExecutionCommandAttributes.Input exceeds size limit.")) {
        return;
    }
    if (is_at_limit(change->state->external_signals.count,
                    change->shard->config->limits.pending_signals_max)) {
        wf_command_refuse(context, CAUSE(PENDING_SIGNALS_LIMIT_EXCEEDED),
                          "the number of pending signals has reached the limit");
        return;
    }
    is_initiated = wf_signal_external_step(
        change, NULL, WF_EXTERNAL_INITIATE,
        &(struct wf_external_details){.signal = command,
                                      .completed_event_id = context->completed_event_id});
    WF_ASSERT(is_initiated);
    wf_command_annotate(context);
}

/* 2.3: a child and its cancellation cannot come from one workflow task. */
static bool is_just_started(const struct wf_command_context *context, struct wf_string workflow_id)
{
    const struct wf_state_run *state = context->change->state;

    for (uint32_t i = 0; i < state->children.count; i++) {
        if (state->children.items[i].initiated_event_id > context->completed_event_id &&
            wf_string_equal(state->children.items[i].workflow_id, workflow_id)) {
            return true;
        }
    }
    return false;
}

void wf_command_request_cancel_external(struct wf_command_context *context)
{
    struct wf_change *change = context->change;
    const struct wf_command_request_cancel_external_workflow_execution *command =
        context->command->attributes.request_cancel_external_workflow_execution;
    const int32_t cause = CAUSE(BAD_REQUEST_CANCEL_EXTERNAL_WORKFLOW_EXECUTION_ATTRIBUTES);
    bool is_initiated = false;

    if (!is_own_namespace(command->namespace) ||
        !wf_command_id_is_valid(context, command->workflow_id)) {
        wf_command_refuse(context, cause,
                          "WorkflowId is not set or too long on "
                          "RequestCancelExternalWorkflowExecutionCommand.");
        return;
    }
    if (!is_run_id(command->run_id)) {
        wf_command_refuse(context, cause,
                          "Invalid RunId set on RequestCancelExternalWorkflowExecutionCommand.");
        return;
    }
    if (is_just_started(context, command->workflow_id)) {
        wf_command_refuse(context, cause,
                          "Start and RequestCancel for child workflow is not allowed in same "
                          "workflow task.");
        return;
    }
    if (is_at_limit(change->state->external_cancels.count,
                    change->shard->config->limits.pending_cancels_max)) {
        wf_command_refuse(context, CAUSE(PENDING_REQUEST_CANCEL_LIMIT_EXCEEDED),
                          "the number of pending requests to cancel external workflows has reached "
                          "the limit");
        return;
    }
    is_initiated = wf_cancel_external_step(
        change, NULL, WF_EXTERNAL_INITIATE,
        &(struct wf_external_details){.cancel = command,
                                      .completed_event_id = context->completed_event_id});
    WF_ASSERT(is_initiated);
    wf_command_annotate(context);
}
