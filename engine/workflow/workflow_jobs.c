/*
 * What an activation's jobs do to a run. They are applied in the groups of Temporal's Python SDK: patches and set-up, signals
 * and updates, results, queries; the strands run until idle after each group that had jobs. So a handler sees a signal before
 * the main function sees a result of the same activation, and an early signal's handler runs before the main function's first
 * line. Source: replay-rules 1.8, 4.1 and 5.7.
 */
#include "engine/workflow/workflow_run.h"

#include "engine/base/assert.h"
#include "engine/base/hash.h"

#include <string.h>

/* ---- The ends of a run ---- */

static void check_shield(struct wf_strand *strand)
{
    if (strand->shield_depth != 0) {
        wf_run_break(strand->wf, "wf_shield_begin without wf_shield_end");
    }
}

static void add_continue_command(struct wf *wf)
{
    struct wf_sdk_continue_as_new_workflow_execution *command =
        WF_COMMAND_ADD(wf, COMMAND_CONTINUE_AS_NEW, struct wf_sdk_continue_as_new_workflow_execution);
    const struct wf_continue_options *options = wf->continue_options;

    command->workflow_type =
        wf_string_of(options->workflow_type == NULL ? wf->info.workflow_type : options->workflow_type);
    command->task_queue = wf_string_of(options->task_queue == NULL ? "" : options->task_queue);
    command->arguments.items = wf_payloads_of_args(wf, wf->continue_args);
    command->arguments.count = (uint32_t)wf->continue_args.count;
    command->workflow_run_timeout = wf_optional_duration(wf, "run_timeout", options->run_timeout);
    command->workflow_task_timeout = wf_optional_duration(wf, "task_timeout", options->task_timeout);
    command->backoff_start_interval = wf_optional_duration(wf, "start_delay", options->start_delay);
    command->retry_policy = wf_retry_policy_of(wf, &options->retry);
    command->memo.items = wf_memo_entries(wf, options->memo, options->memo_count);
    command->memo.count = (uint32_t)options->memo_count;
    command->search_attributes = wf_search_attributes_of(wf, options->search_attributes,
                                                         options->search_attribute_count);
}

/* Generated messages are not const all the way down; nobody writes to what a failure points to. */
static struct wf_failure *failure_for_command(struct wf *wf, wf_error error)
{
    struct wf_failure *copy = wf_take_step(wf, 1, sizeof *copy);

    *copy = *error;
    return copy;
}

/* The first end counts; the worker would drop a second one (replay-rules 1.9 step 3). */
static void close_run(struct wf *wf, wf_error failure, struct wf_value result)
{
    if (wf->is_closed) {
        return;
    }
    wf->is_closed = true;
    if (failure == NULL) {
        struct wf_sdk_complete_workflow_execution *command =
            WF_COMMAND_ADD(wf, COMMAND_COMPLETE, struct wf_sdk_complete_workflow_execution);

        if (wf_kind_of(result) != WF_VALUE_ABSENT) {
            command->result = wf_take_step(wf, 1, sizeof *command->result);
            wf_payload_of_value(wf, result, command->result);
        }
    } else if (failure == &wf_continue_as_new_failure) {
        add_continue_command(wf);
    } else if (wf->is_cancel_requested && wf_failure_is_cancellation(failure)) {
        struct wf_sdk_cancel_workflow_execution *command =
            WF_COMMAND_ADD(wf, COMMAND_CANCEL, struct wf_sdk_cancel_workflow_execution);
        const struct wf_payloads *details = wf_failure_details(failure);

        if (details != NULL && details->payloads.count > 0) {
            command->details = wf_take_step(wf, 1, sizeof *command->details);
            *command->details = *details;
        }
    } else {
        WF_COMMAND_ADD(wf, COMMAND_FAIL, struct wf_sdk_fail_workflow_execution)->failure =
            failure_for_command(wf, failure);
    }
}

static void run_main(struct wf_strand *strand)
{
    struct wf *wf = strand->wf;
    struct wf_value result = {0};
    wf_error failure = NULL;

    if (wf->workflow->init != NULL) {
        strand->mode = MODE_READ_ONLY;
        wf->workflow->init(wf, wf->state, wf->args);
        strand->mode = MODE_STEPS;
        wf_strand_block(strand);
    }
    failure = wf->workflow->run(wf, wf->state, wf->args, &result);
    check_shield(strand);
    close_run(wf, failure, result);
}

/* ---- Set-up ---- */

static void fill_info(struct wf *wf, const struct wf_sdk_activation *activation,
                      const struct wf_sdk_initialize_workflow *job)
{
    struct wf_info *info = &wf->info;
    const struct wf_payloads *last = job->last_completion_result;

    info->workflow_id = wf_copy_text(wf, job->workflow_id);
    info->run_id = wf_copy_text(wf, activation->run_id);
    info->workflow_type = wf_copy_text(wf, job->workflow_type);
    info->parent_workflow_id =
        job->parent_workflow_info == NULL ? "" : wf_copy_text(wf, job->parent_workflow_info->workflow_id);
    info->parent_run_id =
        job->parent_workflow_info == NULL ? "" : wf_copy_text(wf, job->parent_workflow_info->run_id);
    info->root_workflow_id = job->root_workflow == NULL ? info->workflow_id
                                                        : wf_copy_text(wf, job->root_workflow->workflow_id);
    info->first_run_id = wf_copy_text(wf, job->first_execution_run_id);
    info->continued_run_id = wf_copy_text(wf, job->continued_from_execution_run_id);
    info->cron_schedule = wf_copy_text(wf, job->cron_schedule);
    info->attempt = job->attempt;
    info->start_time = wf_time_of(job->start_time);
    info->execution_timeout = wf_time_of(job->workflow_execution_timeout);
    info->run_timeout = wf_time_of(job->workflow_run_timeout);
    info->task_timeout = wf_time_of(job->workflow_task_timeout);
    info->maximum_attempts = job->retry_policy == NULL ? 1 : job->retry_policy->maximum_attempts;
    info->last_failure = job->continued_failure;
    if (last != NULL && last->payloads.count > 0) {
        info->last_result = wf_value_of_payload(&last->payloads.items[0]);
    }
}

static const struct wf_workflow *find_workflow(const struct wf_host *host, struct wf_string type)
{
    for (const struct wf_workflow *workflow = host->config.module->workflows; workflow->name != NULL; workflow++) {
        if (wf_string_is(type, workflow->name)) {
            return workflow;
        }
    }
    return NULL;
}

static void break_with_unknown_type(struct wf *wf, struct wf_string type)
{
    struct wf_buffer names;

    wf_buffer_init(&names, &wf->arena);
    for (const struct wf_workflow *workflow = wf->host->config.module->workflows; workflow->name != NULL; workflow++) {
        wf_buffer_printf(&names, "%s%s", names.size_bytes == 0 ? "" : ", ", workflow->name);
    }
    wf_buffer_append_char(&names, '\0');
    wf_run_break(wf, "workflow %S is not in the code; it has: %s", &type, names.is_full ? "" : names.data);
}

static bool fill_properties(struct wf *wf, const struct wf_sdk_initialize_workflow *job)
{
    const struct wf_memo *memo = job->memo;
    const struct wf_search_attributes *attributes = job->search_attributes;

    return (memo == NULL || wf_properties_fill(&wf->memo, memo->fields.items, memo->fields.count)) &&
           (attributes == NULL || wf_properties_fill(&wf->search_attributes, attributes->indexed_fields.items,
                                                     attributes->indexed_fields.count));
}

static void initialize(struct wf *wf, const struct wf_sdk_activation *activation,
                       const struct wf_sdk_initialize_workflow *job)
{
    struct wf_strand *strand = NULL;

    if (wf->workflow != NULL) {
        wf_run_break(wf, "the run is initialized twice");
        return;
    }
    fill_info(wf, activation, job);
    wf->workflow = find_workflow(wf->host, job->workflow_type);
    if (wf->workflow == NULL) {
        break_with_unknown_type(wf, job->workflow_type);
        return;
    }
    wf->state = wf_take(wf, 1, wf->workflow->state_size_bytes);
    wf->args = wf_args_of_payloads(wf, job->arguments.items, job->arguments.count);
    wf->random_state = job->randomness_seed;
    wf->canceled = wf_canceled_new(wf, "Workflow canceled");
    strand = wf_strand_new(wf, STRAND_MAIN, run_main);
    if (wf->is_broken || strand == NULL) {
        return;
    }
    if (!fill_properties(wf, job)) {
        wf_run_break(wf, "the memo does not fit into the run's memory");
        return;
    }
    strand->follows_run = true;
    wf->main = strand;
    if (wf->workflow->init != NULL) {
        wf_strand_run(strand); /* up to the end of init */
    }
}

static void notify_patch(struct wf *wf, struct wf_string id)
{
    struct wf_patch *patch = wf_map_get(&wf->patches, id);

    if (patch == NULL) {
        patch = wf_take(wf, 1, sizeof *patch);
        if (patch == NULL) {
            return;
        }
        patch->id = wf_copy_string(wf, id);
        if (!wf_map_set(&wf->patches, patch->id, patch)) {
            wf_run_break(wf, "the run's memory is exhausted");
            return;
        }
    }
    patch->is_notified = true;
}

static void set_up(struct wf *wf, const struct wf_sdk_activation *activation, const struct wf_sdk_job *job)
{
    switch ((enum job_variant)job->variant_case) {
    case JOB_INITIALIZE:
        initialize(wf, activation, job->variant.initialize_workflow);
        break;
    case JOB_NOTIFY_HAS_PATCH:
        notify_patch(wf, job->variant.notify_has_patch->patch_id);
        break;
    case JOB_UPDATE_RANDOM_SEED:
        wf->random_state = job->variant.update_random_seed->randomness_seed;
        break;
    case JOB_NOTIFY_VALUE:
        wf_recorded_notify(wf, job->variant.notify_value);
        break;
    case JOB_FIRE_TIMER:
    case JOB_QUERY:
    case JOB_CANCEL:
    case JOB_SIGNAL:
    case JOB_RESOLVE_ACTIVITY:
    case JOB_RESOLVE_CHILD_START:
    case JOB_RESOLVE_CHILD:
    case JOB_RESOLVE_SIGNAL_EXTERNAL:
    case JOB_RESOLVE_NEXUS_START:
    case JOB_RESOLVE_NEXUS:
    case JOB_RESOLVE_CANCEL_EXTERNAL:
    case JOB_RESOLVE_VALUE:
    case JOB_UPDATE:
    case JOB_REMOVE_FROM_CACHE:
        break;
    }
}

/* ---- Signals and updates ---- */

static void run_signal(struct wf_strand *strand)
{
    struct wf *wf = strand->wf;
    const struct wf_signal *signal = strand->handler;
    const wf_error failure = signal->handle(wf, wf->state, strand->args);

    check_shield(strand);
    wf->handler_count--;
    if (failure != NULL) {
        close_run(wf, failure, (struct wf_value){0});
    }
}

static struct wf_strand *begin_handler(struct wf *wf, enum strand_kind kind, void (*body)(struct wf_strand *strand),
                                       const struct wf_payload *input, uint32_t input_count)
{
    const struct wf_args args = wf_args_of_payloads(wf, input, input_count);
    struct wf_strand *strand = wf->is_broken ? NULL : wf_strand_new(wf, kind, body);

    if (strand != NULL) {
        strand->args = args;
        wf->handler_count += kind == STRAND_QUERY ? 0 : 1;
        wf_strand_make_ready(strand);
    }
    return strand;
}

static void begin_signal(struct wf *wf, const struct wf_sdk_signal_workflow *job)
{
    const struct wf_signal *signal = wf->workflow->signals;
    struct wf_strand *strand = NULL;

    while (signal != NULL && signal->name != NULL && !wf_string_is(job->signal_name, signal->name)) {
        signal++;
    }
    if (signal == NULL || signal->name == NULL) {
        return; /* nobody will ever ask for it: handlers are known from the start */
    }
    strand = begin_handler(wf, STRAND_SIGNAL, run_signal, job->input.items, job->input.count);
    if (strand != NULL) {
        strand->handler = signal;
    }
}

static struct wf_sdk_update_response *respond(struct wf_strand *strand)
{
    struct wf_sdk_update_response *response =
        WF_COMMAND_ADD(strand->wf, COMMAND_UPDATE_RESPONSE, struct wf_sdk_update_response);

    response->protocol_instance_id = strand->id;
    return response;
}

static void respond_rejected(struct wf_strand *strand, wf_error failure)
{
    struct wf_sdk_update_response *response = respond(strand);

    response->response_case = 3;
    response->response.rejected = failure_for_command(strand->wf, failure);
}

/* The acceptance goes out in the activation that brought the update, before the handler's first line (replay-rules 4.5). */
static void run_update(struct wf_strand *strand)
{
    struct wf *wf = strand->wf;
    const struct wf_update *update = strand->handler;
    struct wf_sdk_update_response *response = NULL;
    struct wf_value result = {0};
    wf_error failure = NULL;

    if (update == NULL || update->name == NULL) {
        failure = wf_application_new(wf, "UnknownUpdate", WF_STR("the workflow has no such update"));
    } else if (update->validate != NULL && strand->runs_validator) {
        strand->mode = MODE_READ_ONLY;
        failure = update->validate(wf, wf->state, strand->args);
        strand->mode = MODE_STEPS;
    }
    if (failure == NULL) {
        response = respond(strand);
        response->response_case = 2;
        response->response.accepted = wf_take_step(wf, 1, sizeof *response->response.accepted);
        failure = update->handle(wf, wf->state, strand->args, &result);
    }
    check_shield(strand);
    wf->handler_count--;
    if (failure != NULL) {
        respond_rejected(strand, failure);
        return;
    }
    response = respond(strand);
    response->response_case = 4;
    response->response.completed = wf_take_step(wf, 1, sizeof *response->response.completed);
    wf_payload_of_value(wf, result, response->response.completed);
}

static void begin_update(struct wf *wf, const struct wf_sdk_do_update *job)
{
    const struct wf_update *update = wf->workflow->updates;
    struct wf_strand *strand = begin_handler(wf, STRAND_UPDATE, run_update, job->input.items, job->input.count);

    if (strand == NULL) {
        return;
    }
    while (update != NULL && update->name != NULL && !wf_string_is(job->name, update->name)) {
        update++;
    }
    strand->handler = update;
    strand->runs_validator = job->run_validator;
    strand->id = wf_copy_string(wf, job->protocol_instance_id);
}

/* ---- Results ---- */

static void break_with_unknown_seq(struct wf *wf, const char *what, uint32_t seq)
{
    wf_run_break(wf, "an answer came for %s %u, which the code never began", what, seq);
}

static void fire_timer(struct wf *wf, uint32_t seq)
{
    struct wf_future *timer = wf_future_take(wf, FUTURE_TIMER, seq);

    if (timer == NULL) {
        return; /* cancelled in this activation, before the job was seen (replay-rules 4.4) */
    }
    wf_future_end(timer, (struct wf_value){0}, NULL);
    if (timer->owner != NULL) {
        timer->owner->backoff = NULL;
        wf_local_activity_issue(timer->owner);
    }
}

static void back_off(struct wf_future *future, const struct wf_sdk_do_backoff *backoff)
{
    struct wf_future *timer = wf_timer_open(future->wf, wf_time_of(backoff->backoff_duration));

    future->schedule->attempt = backoff->attempt;
    future->schedule->original_schedule_time = backoff->original_schedule_time;
    future->backoff = timer;
    timer->owner = future;
}

static struct wf_value value_of(const struct wf_payload *payload)
{
    return payload == NULL ? (struct wf_value){0} : wf_value_of_payload(payload);
}

/* What did not succeed has a failure, also where an event lost it. */
static wf_error failure_of(const struct wf_failure *recorded)
{
    static const struct wf_failure unknown = {.message = {"history does not say why", 24}};

    return recorded != NULL ? recorded : &unknown;
}

static void resolve_activity(struct wf *wf, const struct wf_sdk_resolve_activity *job)
{
    struct wf_future *future = wf_future_take(wf, FUTURE_ACTIVITY, job->seq);
    const struct wf_sdk_activity_resolution *resolution = job->result;

    if (future == NULL) {
        break_with_unknown_seq(wf, "activity", job->seq);
        return;
    }
    switch (resolution == NULL || (resolution->status_case == 4 && !future->is_local) ? 0 : resolution->status_case) {
    case 1:
        wf_future_end(future, value_of(resolution->status.completed->result), NULL);
        break;
    case 2:
        wf_future_end(future, (struct wf_value){0}, failure_of(resolution->status.failed->failure));
        break;
    case 3:
        wf_future_end(future, (struct wf_value){0}, failure_of(resolution->status.cancelled->failure));
        break;
    case 4:
        back_off(future, resolution->status.backoff);
        break;
    default:
        wf_run_break(wf, "the answer for activity %u makes no sense", job->seq);
    }
}

static wf_error not_started(struct wf *wf, const struct wf_future *child, int32_t cause)
{
    const bool is_taken = cause == WF_SDK_START_CHILD_WORKFLOW_EXECUTION_FAILED_CAUSE_WORKFLOW_ALREADY_EXISTS;
    struct wf_failure *failure = wf_failure_new(wf, WF_STR("Child Workflow execution could not be started"));
    struct wf_child_workflow_execution_failure_info *info = wf_take(wf, 1, sizeof *info);

    info->workflow_type = wf_take(wf, 1, sizeof *info->workflow_type);
    info->workflow_type->name = child->label;
    info->workflow_execution = wf_take(wf, 1, sizeof *info->workflow_execution);
    info->workflow_execution->workflow_id = child->child_id;
    failure->failure_info_case = 12;
    failure->failure_info.child_workflow_execution_failure_info = info;
    failure->cause =
        is_taken ? wf_application_new(wf, "WorkflowAlreadyStarted",
                                      WF_STR("the child's id is taken, by a run or by its reuse policy"))
                 : wf_application_new(wf, "StartRefused", WF_STR("the service refused to start the child"));
    return failure;
}

static void resolve_child_start(struct wf *wf, const struct wf_sdk_resolve_child_workflow_execution_start *job)
{
    struct wf_future *child = wf_future_find(wf, FUTURE_CHILD, job->seq);
    wf_error failure = NULL;

    if (child == NULL) {
        return; /* cancelled without waiting: its end came first (replay-rules 4.4) */
    }
    if (job->status_case == 2) {
        child->child_run_id = wf_copy_text(wf, job->status.succeeded->run_id);
    } else {
        failure = job->status_case == 4 ? failure_of(job->status.cancelled->failure)
                                        : not_started(wf, child, job->status.failed->cause);
        (void)wf_future_take(wf, FUTURE_CHILD, job->seq);
        wf_future_end(child, (struct wf_value){0}, failure);
    }
    wf_future_end(child->start, (struct wf_value){0}, failure);
}

static void resolve_child(struct wf *wf, const struct wf_sdk_resolve_child_workflow_execution *job)
{
    struct wf_future *child = wf_future_take(wf, FUTURE_CHILD, job->seq);
    const struct wf_sdk_child_workflow_result *result = job->result;
    wf_error failure = NULL;

    if (child == NULL) {
        break_with_unknown_seq(wf, "child workflow", job->seq);
        return;
    }
    switch (result == NULL ? 0 : result->status_case) {
    case 1:
        wf_future_end(child, value_of(result->status.completed->result), NULL);
        break;
    case 2:
        failure = failure_of(result->status.failed->failure);
        wf_future_end(child, (struct wf_value){0}, failure);
        break;
    case 3:
        failure = failure_of(result->status.cancelled->failure);
        wf_future_end(child, (struct wf_value){0}, failure);
        break;
    default:
        wf_run_break(wf, "the answer for child workflow %u makes no sense", job->seq);
        return;
    }
    if (!child->start->is_done) {
        wf_future_end(child->start, (struct wf_value){0}, failure);
    }
}

static void resolve_nexus_start(struct wf *wf, const struct wf_sdk_resolve_nexus_operation_start *job)
{
    struct wf_future *operation = wf_future_find(wf, FUTURE_NEXUS, job->seq);
    wf_error failure = NULL;

    if (operation == NULL) {
        return; /* cancelled without waiting: its end came first (replay-rules 4.4) */
    }
    if (job->status_case == 2) {
        operation->nexus_token = wf_copy_text(wf, job->status.operation_token);
    } else if (job->status_case == 4) {
        failure = failure_of(job->status.failed);
        (void)wf_future_take(wf, FUTURE_NEXUS, job->seq);
        wf_future_end(operation, (struct wf_value){0}, failure);
    }
    wf_future_end(operation->start, (struct wf_value){0}, failure);
}

static void resolve_nexus(struct wf *wf, const struct wf_sdk_resolve_nexus_operation *job)
{
    struct wf_future *operation = wf_future_take(wf, FUTURE_NEXUS, job->seq);
    const struct wf_sdk_nexus_operation_result *result = job->result;

    if (operation == NULL) {
        break_with_unknown_seq(wf, "Nexus operation", job->seq);
        return;
    }
    switch (result == NULL ? 0 : result->status_case) {
    case 1:
        wf_future_end(operation, value_of(result->status.completed), NULL);
        break;
    case 2:
        wf_future_end(operation, (struct wf_value){0}, failure_of(result->status.failed));
        break;
    case 3:
        wf_future_end(operation, (struct wf_value){0}, failure_of(result->status.cancelled));
        break;
    case 4:
        wf_future_end(operation, (struct wf_value){0}, failure_of(result->status.timed_out));
        break;
    default:
        wf_run_break(wf, "the answer for Nexus operation %u makes no sense", job->seq);
        return;
    }
    if (!operation->start->is_done) {
        wf_future_end(operation->start, (struct wf_value){0}, operation->failure);
    }
}

static void resolve_external(struct wf *wf, enum future_kind kind, uint32_t seq, wf_error failure)
{
    struct wf_future *future = wf_future_take(wf, kind, seq);

    if (future == NULL) {
        break_with_unknown_seq(wf, kind == FUTURE_SIGNAL_EXTERNAL ? "signal" : "cancel request", seq);
        return;
    }
    wf_future_end(future, (struct wf_value){0}, failure);
}

/* Cancellation is a state, not an event: whoever blocks sees it until shielded. Who blocks already is woken to look. */
static void cancel_run(struct wf *wf, const struct wf_sdk_cancel_workflow *job)
{
    if (wf->is_cancel_requested) {
        return;
    }
    wf->is_cancel_requested = true;
    wf->cancel_reason = wf_copy_text(wf, job->reason);
    for (struct wf_strand *strand = wf->oldest; strand != NULL; strand = strand->newer) {
        if (strand->wait != WAIT_NOTHING && wf_strand_is_canceled(strand)) {
            wf_strand_make_ready(strand);
        }
    }
}

static void apply_result(struct wf *wf, const struct wf_sdk_job *job)
{
    switch ((enum job_variant)job->variant_case) {
    case JOB_INITIALIZE:
        wf_strand_make_ready(wf->main);
        break;
    case JOB_FIRE_TIMER:
        fire_timer(wf, job->variant.fire_timer->seq);
        break;
    case JOB_CANCEL:
        cancel_run(wf, job->variant.cancel_workflow);
        break;
    case JOB_RESOLVE_ACTIVITY:
        resolve_activity(wf, job->variant.resolve_activity);
        break;
    case JOB_RESOLVE_CHILD_START:
        resolve_child_start(wf, job->variant.resolve_child_workflow_execution_start);
        break;
    case JOB_RESOLVE_CHILD:
        resolve_child(wf, job->variant.resolve_child_workflow_execution);
        break;
    case JOB_RESOLVE_NEXUS_START:
        resolve_nexus_start(wf, job->variant.resolve_nexus_operation_start);
        break;
    case JOB_RESOLVE_NEXUS:
        resolve_nexus(wf, job->variant.resolve_nexus_operation);
        break;
    case JOB_RESOLVE_SIGNAL_EXTERNAL:
        resolve_external(wf, FUTURE_SIGNAL_EXTERNAL, job->variant.resolve_signal_external_workflow->seq,
                         job->variant.resolve_signal_external_workflow->failure);
        break;
    case JOB_RESOLVE_VALUE:
        wf_recorded_resolve(wf, job->variant.resolve_value);
        break;
    case JOB_RESOLVE_CANCEL_EXTERNAL:
        resolve_external(wf, FUTURE_CANCEL_EXTERNAL, job->variant.resolve_request_cancel_external_workflow->seq,
                         job->variant.resolve_request_cancel_external_workflow->failure);
        break;
    case JOB_UPDATE_RANDOM_SEED:
    case JOB_QUERY:
    case JOB_SIGNAL:
    case JOB_NOTIFY_HAS_PATCH:
    case JOB_UPDATE:
    case JOB_REMOVE_FROM_CACHE:
    case JOB_NOTIFY_VALUE:
        break;
    }
}

/* ---- Queries ---- */

static struct wf_value answer_query(struct wf_strand *strand, wf_error *failure)
{
    struct wf *wf = strand->wf;
    const struct wf_query *query = strand->handler;
    const uint64_t digest = wf_hash_bytes(wf->state, wf->workflow->state_size_bytes);
    struct wf_value answer = {0};

    *failure = query->handle(wf, wf->state, strand->args, &answer);
    if (wf_hash_bytes(wf->state, wf->workflow->state_size_bytes) != digest) {
        /* A replay asks no queries, so its state would be another one. */
        wf_run_break(wf, "query %s changed the workflow's state", query->name);
    }
    return answer;
}

/* The query that every SDK answers: where the run waits. */
static struct wf_value stack_trace(struct wf *wf)
{
    struct wf_buffer text;

    wf_buffer_init(&text, &wf->step_arena);
    wf_run_describe(wf, &text);
    return wf_text(wf, "%.*s", (int)text.size_bytes, text.data);
}

static void run_query(struct wf_strand *strand)
{
    struct wf *wf = strand->wf;
    struct wf_sdk_query_result *response = NULL;
    wf_error failure = NULL;
    struct wf_value answer = {0};

    strand->mode = MODE_READ_ONLY;
    if (strand->handler != NULL) {
        answer = answer_query(strand, &failure);
    } else if (strand->wants_stack_trace) {
        answer = stack_trace(wf);
    } else {
        failure = wf_application_new(wf, "UnknownQuery", WF_STR("the workflow has no such query"));
    }
    response = WF_COMMAND_ADD(wf, COMMAND_RESPOND_TO_QUERY, struct wf_sdk_query_result);
    response->query_id = strand->id;
    if (failure != NULL) {
        response->variant_case = 3;
        response->variant.failed = failure_for_command(wf, failure);
        return;
    }
    response->variant_case = 2;
    response->variant.succeeded = wf_take_step(wf, 1, sizeof *response->variant.succeeded);
    response->variant.succeeded->response = wf_take_step(wf, 1, sizeof(struct wf_payload));
    wf_payload_of_value(wf, answer, response->variant.succeeded->response);
}

static void begin_query(struct wf *wf, const struct wf_sdk_query_workflow *job)
{
    const struct wf_query *query = wf->workflow->queries;
    struct wf_strand *strand =
        begin_handler(wf, STRAND_QUERY, run_query, job->arguments.items, job->arguments.count);

    if (strand == NULL) {
        return;
    }
    while (query != NULL && query->name != NULL && !wf_string_is(job->query_type, query->name)) {
        query++;
    }
    strand->handler = query == NULL || query->name == NULL ? NULL : query;
    strand->wants_stack_trace = strand->handler == NULL && wf_string_is(job->query_type, "__stack_trace");
    strand->id = job->query_id;
}

/* ---- All jobs ---- */

enum group { GROUP_SET_UP, GROUP_SIGNALS, GROUP_RESULTS, GROUP_QUERIES };

static enum group group_of(const struct wf_sdk_job *job)
{
    switch ((enum job_variant)job->variant_case) {
    case JOB_NOTIFY_HAS_PATCH:
    case JOB_UPDATE_RANDOM_SEED:
    case JOB_REMOVE_FROM_CACHE:
    case JOB_NOTIFY_VALUE:
        return GROUP_SET_UP;
    case JOB_SIGNAL:
    case JOB_UPDATE:
        return GROUP_SIGNALS;
    case JOB_QUERY:
        return GROUP_QUERIES;
    case JOB_INITIALIZE: /* set up first, begun here */
    case JOB_FIRE_TIMER:
    case JOB_CANCEL:
    case JOB_RESOLVE_ACTIVITY:
    case JOB_RESOLVE_CHILD_START:
    case JOB_RESOLVE_CHILD:
    case JOB_RESOLVE_SIGNAL_EXTERNAL:
    case JOB_RESOLVE_CANCEL_EXTERNAL:
    case JOB_RESOLVE_NEXUS_START:
    case JOB_RESOLVE_NEXUS:
    case JOB_RESOLVE_VALUE:
        return GROUP_RESULTS;
    }
    return GROUP_SET_UP;
}

static void apply(struct wf *wf, enum group group, const struct wf_sdk_job *job)
{
    switch (group) {
    case GROUP_SET_UP:
        break;
    case GROUP_SIGNALS:
        if (job->variant_case == JOB_SIGNAL) {
            begin_signal(wf, job->variant.signal_workflow);
        } else if (job->variant_case == JOB_CANCEL) {
            cancel_run(wf, job->variant.cancel_workflow);
        } else {
            begin_update(wf, job->variant.do_update);
        }
        break;
    case GROUP_RESULTS:
        apply_result(wf, job);
        break;
    case GROUP_QUERIES:
        begin_query(wf, job->variant.query_workflow);
        break;
    }
}

/* Core puts signals and updates before a cancellation; where it stands before them, it comes first. */
static enum group group_in(const struct wf_sdk_activation *activation, uint32_t index)
{
    const enum group group = group_of(&activation->jobs.items[index]);
    bool is_before = false;

    if (activation->jobs.items[index].variant_case != JOB_CANCEL) {
        return group;
    }
    for (uint32_t i = index + 1; i < activation->jobs.count; i++) {
        is_before = is_before || group_of(&activation->jobs.items[i]) == GROUP_SIGNALS;
    }
    return is_before ? GROUP_SIGNALS : group;
}

void wf_jobs_apply(struct wf *wf, const struct wf_sdk_activation *activation)
{
    uint32_t groups = 0; /* that have jobs, as bits */

    for (uint32_t i = 0; !wf->is_broken && i < activation->jobs.count; i++) {
        set_up(wf, activation, &activation->jobs.items[i]);
        groups |= 1u << group_in(activation, i);
    }
    if (wf->workflow == NULL && !wf->is_broken) {
        wf_run_break(wf, "the run was never initialized");
    }
    for (enum group group = GROUP_SIGNALS; group <= GROUP_QUERIES; group++) {
        if (wf->is_broken || (groups >> group & 1) == 0) {
            continue;
        }
        for (uint32_t i = 0; !wf->is_broken && i < activation->jobs.count; i++) {
            if (group_in(activation, i) == group) {
                apply(wf, group, &activation->jobs.items[i]);
            }
        }
        wf_run_until_idle(wf, group != GROUP_QUERIES);
    }
}
