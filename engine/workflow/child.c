/*
 * Steps that concern other workflows: children, signals to and cancellation of others.
 */
#include "engine/workflow/workflow_run.h"

#include "engine/base/assert.h"

static const struct wf_child_options default_options;

static int32_t close_policy_of(enum wf_parent_close close)
{
    switch (close) {
    case WF_CHILD_TERMINATES:
        return WF_SDK_PARENT_CLOSE_POLICY_TERMINATE;
    case WF_CHILD_GOES_ON:
        return WF_SDK_PARENT_CLOSE_POLICY_ABANDON;
    case WF_CHILD_IS_CANCELED:
        return WF_SDK_PARENT_CLOSE_POLICY_REQUEST_CANCEL;
    }
    return -1;
}

static int32_t cancellation_of(enum wf_child_cancellation cancellation)
{
    switch (cancellation) {
    case WF_CHILD_WAIT_CANCELED:
        return WF_SDK_CHILD_WORKFLOW_CANCELLATION_TYPE_WAIT_CANCELLATION_COMPLETED;
    case WF_CHILD_TRY_CANCEL:
        return WF_SDK_CHILD_WORKFLOW_CANCELLATION_TYPE_TRY_CANCEL;
    case WF_CHILD_ABANDON:
        return WF_SDK_CHILD_WORKFLOW_CANCELLATION_TYPE_ABANDON;
    case WF_CHILD_WAIT_REQUESTED:
        return WF_SDK_CHILD_WORKFLOW_CANCELLATION_TYPE_WAIT_CANCELLATION_REQUESTED;
    }
    return -1;
}

static int32_t reuse_policy_of(enum wf_id_reuse reuse)
{
    switch (reuse) {
    case WF_ID_REUSE_ALLOWED:
        return WF_WORKFLOW_ID_REUSE_POLICY_ALLOW_DUPLICATE;
    case WF_ID_REUSE_AFTER_FAILURE:
        return WF_WORKFLOW_ID_REUSE_POLICY_ALLOW_DUPLICATE_FAILED_ONLY;
    case WF_ID_REUSE_REFUSED:
        return WF_WORKFLOW_ID_REUSE_POLICY_REJECT_DUPLICATE;
    }
    return -1;
}

static void fill_command(struct wf *wf, const struct wf_child_options *options,
                         struct wf_sdk_start_child_workflow_execution *command)
{
    command->parent_close_policy = close_policy_of(options->parent_close);
    command->cancellation_type = cancellation_of(options->cancellation);
    command->workflow_id_reuse_policy = reuse_policy_of(options->id_reuse);
    if (command->parent_close_policy < 0 || command->cancellation_type < 0 || command->workflow_id_reuse_policy < 0) {
        wf_run_break(wf, "a child has an unknown parent_close, cancellation or id_reuse option");
    }
    if (options->task_queue != NULL) {
        command->task_queue = wf_copy_string(wf, wf_string_of(options->task_queue));
    }
    if (options->cron_schedule != NULL) {
        command->cron_schedule = wf_copy_string(wf, wf_string_of(options->cron_schedule));
    }
    command->workflow_execution_timeout = wf_optional_duration(wf, "execution_timeout", options->execution_timeout);
    command->workflow_run_timeout = wf_optional_duration(wf, "run_timeout", options->run_timeout);
    command->workflow_task_timeout = wf_optional_duration(wf, "task_timeout", options->task_timeout);
    command->retry_policy = wf_retry_policy_of(wf, &options->retry);
    command->memo.items = wf_memo_entries(wf, options->memo, options->memo_count);
    command->memo.count = (uint32_t)options->memo_count;
    command->search_attributes = wf_search_attributes_of(wf, options->search_attributes,
                                                         options->search_attribute_count);
}

static struct wf_future *open_child(struct wf *wf, const char *type, struct wf_args args,
                                    const struct wf_child_options *options)
{
    struct wf_future *child = wf_future_new(wf, FUTURE_CHILD);
    struct wf_sdk_start_child_workflow_execution *command = NULL;

    if (type == NULL || type[0] == '\0') {
        wf_run_break(wf, "a child without a name");
    }
    options = options == NULL ? &default_options : options;
    child->label = wf_copy_string(wf, wf_string_of(type));
    child->start = wf_future_new(wf, FUTURE_CHILD_START);
    child->child_id = options->workflow_id == NULL ? wf_string_of(wf_as_text(wf, wf_uuid(wf)))
                                                   : wf_copy_string(wf, wf_string_of(options->workflow_id));
    child->child_run_id = "";
    wf_future_open(child);
    command = WF_COMMAND_ADD(wf, COMMAND_START_CHILD, struct wf_sdk_start_child_workflow_execution);
    command->seq = child->seq;
    command->workflow_id = child->child_id;
    command->is_default_id = options->workflow_id == NULL;
    command->workflow_type = child->label;
    command->input.items = wf_payloads_of_args(wf, args);
    command->input.count = (uint32_t)args.count;
    fill_command(wf, options, command);
    return child;
}

static struct wf_future *never_begun(struct wf *wf)
{
    struct wf_future *child = wf_future_new(wf, FUTURE_CHILD);

    child->start = wf_future_new(wf, FUTURE_CHILD_START);
    child->child_run_id = "";
    wf_future_end(child->start, (struct wf_value){0}, wf->canceled);
    wf_future_end(child, (struct wf_value){0}, wf->canceled);
    return child;
}

wf_error wf_child(struct wf *wf, const char *type, struct wf_args args, const struct wf_child_options *options,
                  struct wf_value *result)
{
    struct wf_strand *strand = wf_call_step(wf, "wf_child");

    return wf_strand_is_canceled(strand) ? wf->canceled
                                         : wf_future_wait(strand, open_child(wf, type, args, options), result);
}

struct wf_future *wf_child_start(struct wf *wf, const char *type, struct wf_args args,
                                 const struct wf_child_options *options)
{
    const struct wf_strand *strand = wf_call_step(wf, "wf_child_start");

    return wf_strand_is_canceled(strand) ? never_begun(wf) : open_child(wf, type, args, options);
}

static void check_is_child(struct wf *wf, const struct wf_future *future, const char *call)
{
    if (future->kind != FUTURE_CHILD) {
        wf_run_break(wf, "%s was given a future that is not a child", call);
    }
}

/* Cancelling the wait for a start cancels the child (replay-rules 4.4, "command not sent" and "start initiated"). */
wf_error wf_child_started(struct wf *wf, struct wf_future *child, const char **run_id)
{
    struct wf_strand *strand = wf_call_step(wf, "wf_child_started");
    struct wf_waiter waiter;

    check_is_child(wf, child, "wf_child_started");
    wf_future_join(child->start, &waiter, strand);
    while (!child->start->is_done) {
        if (wf_strand_is_canceled(strand)) {
            wf_future_cancel(child);
        }
        strand->wait = WAIT_CHILD_START;
        strand->waits_for = child;
        wf_strand_block(strand);
    }
    if (run_id != NULL) {
        *run_id = child->child_run_id;
    }
    return child->start->failure;
}

/* ---- Signals to others ---- */

static wf_error send_signal(struct wf_strand *strand, struct wf_sdk_signal_external_workflow_execution *command,
                            const char *signal, struct wf_args args)
{
    struct wf *wf = strand->wf;
    struct wf_future *future = wf_future_new(wf, FUTURE_SIGNAL_EXTERNAL);
    wf_error failure = NULL;

    if (signal == NULL || signal[0] == '\0') {
        wf_run_break(wf, "a signal without a name");
    }
    wf_future_open(future);
    command->seq = future->seq;
    command->signal_name = wf_copy_string(wf, wf_string_of(signal));
    command->args.items = wf_payloads_of_args(wf, args);
    command->args.count = (uint32_t)args.count;
    future->label = command->signal_name;
    failure = wf_future_wait(strand, future, NULL);
    wf_future_recycle(future);
    return failure;
}

static struct wf_sdk_namespaced_workflow_execution *execution_of(struct wf *wf, const char *workflow_id,
                                                                 const char *run_id)
{
    struct wf_sdk_namespaced_workflow_execution *execution = wf_take_step(wf, 1, sizeof *execution);

    if (workflow_id == NULL || workflow_id[0] == '\0') {
        wf_run_break(wf, "a call to another workflow without its id");
    }
    execution->workflow_id = wf_copy_string(wf, wf_string_of(workflow_id));
    if (run_id != NULL) {
        execution->run_id = wf_copy_string(wf, wf_string_of(run_id));
    }
    return execution;
}

wf_error wf_child_signal(struct wf *wf, struct wf_future *child, const char *signal, struct wf_args args)
{
    struct wf_strand *strand = wf_call_step(wf, "wf_child_signal");
    struct wf_sdk_signal_external_workflow_execution *command = NULL;

    check_is_child(wf, child, "wf_child_signal");
    if (wf_strand_is_canceled(strand)) {
        return wf->canceled;
    }
    command = WF_COMMAND_ADD(wf, COMMAND_SIGNAL_EXTERNAL, struct wf_sdk_signal_external_workflow_execution);
    command->target_case = 3;
    command->target.child_workflow_id = child->child_id;
    return send_signal(strand, command, signal, args);
}

wf_error wf_signal(struct wf *wf, const char *workflow_id, const char *run_id, const char *signal, struct wf_args args)
{
    struct wf_strand *strand = wf_call_step(wf, "wf_signal");
    struct wf_sdk_signal_external_workflow_execution *command = NULL;

    if (wf_strand_is_canceled(strand)) {
        return wf->canceled;
    }
    command = WF_COMMAND_ADD(wf, COMMAND_SIGNAL_EXTERNAL, struct wf_sdk_signal_external_workflow_execution);
    command->target_case = 2;
    command->target.workflow_execution = execution_of(wf, workflow_id, run_id);
    return send_signal(strand, command, signal, args);
}

wf_error wf_request_cancel(struct wf *wf, const char *workflow_id, const char *run_id, const char *reason)
{
    struct wf_strand *strand = wf_call_step(wf, "wf_request_cancel");
    struct wf_future *future = NULL;
    struct wf_sdk_request_cancel_external_workflow_execution *command = NULL;
    wf_error failure = NULL;

    if (wf_strand_is_canceled(strand)) {
        return wf->canceled;
    }
    future = wf_future_new(wf, FUTURE_CANCEL_EXTERNAL);
    wf_future_open(future);
    command = WF_COMMAND_ADD(wf, COMMAND_REQUEST_CANCEL_EXTERNAL,
                             struct wf_sdk_request_cancel_external_workflow_execution);
    command->seq = future->seq;
    command->workflow_execution = execution_of(wf, workflow_id, run_id);
    command->reason = wf_copy_string(wf, wf_string_of(reason == NULL ? "" : reason));
    future->label = command->workflow_execution->workflow_id;
    failure = wf_future_wait(strand, future, NULL);
    wf_future_recycle(future);
    return failure;
}
