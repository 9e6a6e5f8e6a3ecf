/*
 * Commands of a completed workflow task, in order, each checked and then done. The first that is
 * wrong ends the processing; the caller undoes everything.
 *
 * Commands for what this service does not carry (Nexus) fail the task with
 * FEATURE_DISABLED, which the worker's users can read in history.
 *
 * Source: engine-semantics 2.2, 2.3.
 */
#include "engine/base/assert.h"
#include "engine/server/command_context.h"

#define EAGER_REQUEST_ID "request-from-RespondWorkflowTaskCompleted"

const char *wf_commands_refusal(const struct wf_svc_respond_workflow_task_completed *request)
{
    for (uint32_t i = 0; i < request->commands.count; i++) {
        const int32_t type = request->commands.items[i].command_type;

        if (type <= 0 || type >= WF_COMMAND_TYPE_COUNT ||
            wf_command_descriptors[type].name == NULL) {
            return "Unknown command type.";
        }
        /* 2.2 rule 1. */
        if (i + 1 < request->commands.count &&
            wf_event_is_close((int32_t)wf_command_descriptors[type].event)) {
            return "Invalid command sequence: a command follows the one that closes the workflow.";
        }
    }
    return NULL;
}

void wf_command_refuse(struct wf_command_context *context, int32_t cause, const char *why)
{
    context->outcome->cause = cause;
    context->outcome->message = wf_string_of(why);
}

/* 2.2 rule 7: ids and names are bounded. */
bool wf_command_id_is_valid(const struct wf_command_context *context, struct wf_string id)
{
    return id.size_bytes > 0 &&
           id.size_bytes <= (size_t)context->change->shard->config->limits.id_bytes_max;
}

/* 2.2 rule 4: what is too large ends the workflow. */
bool wf_command_is_too_large(struct wf_command_context *context, size_t size_bytes, int32_t cause,
                         const char *why)
{
    if (size_bytes <= (size_t)context->change->shard->config->limits.blob_bytes_max) {
        return false;
    }
    wf_command_refuse(context, cause, why);
    context->outcome->terminates = true;
    return true;
}

/* 2.2 rule 2: what the code said about the command goes on to its event. */
void wf_command_annotate(struct wf_command_context *context)
{
    struct wf_event *event = context->change->last_event;

    if (event != NULL) {
        event->user_metadata = context->command->user_metadata;
        event->event_group_markers.items = context->command->event_group_markers.items;
        event->event_group_markers.count = context->command->event_group_markers.count;
    }
}

/* NULL, or what is wrong with the attributes. */
static const char *check_schedule_activity(const struct wf_command_context *context,
                                           const struct wf_command_schedule_activity_task *command)
{
    int64_t durations_ns[4] = {0};
    const struct wf_timestamp durations[4] = {
        command->schedule_to_close_timeout, command->start_to_close_timeout,
        command->schedule_to_start_timeout, command->heartbeat_timeout};

    if (!wf_command_id_is_valid(context, command->activity_id)) {
        return "ActivityId is not set or too long on ScheduleActivityTaskCommand.";
    }
    if (command->activity_type == NULL || !wf_command_id_is_valid(context, command->activity_type->name)) {
        return "ActivityType is not set or too long on ScheduleActivityTaskCommand.";
    }
    if (command->task_queue == NULL || !wf_command_id_is_valid(context, command->task_queue->name)) {
        return "TaskQueue is not set or too long on ScheduleActivityTaskCommand.";
    }
    for (size_t i = 0; i < sizeof durations / sizeof durations[0]; i++) {
        if (!wf_timeout_read(durations[i], &durations_ns[i])) {
            return "A timeout of ScheduleActivityTaskCommand is negative.";
        }
    }
    if (durations_ns[0] == 0 && durations_ns[1] == 0) {
        return "A valid StartToClose or ScheduleToCloseTimeout is not set on "
               "ScheduleActivityTaskCommand.";
    }
    if (command->retry_policy != NULL) {
        struct wf_retry_policy policy = *command->retry_policy;

        return wf_retry_policy_complete(&policy);
    }
    return NULL;
}

static void schedule_activity(struct wf_command_context *context)
{
    struct wf_change *change = context->change;
    const struct wf_command_schedule_activity_task *command =
        context->command->attributes.schedule_activity_task;
    const char *problem = check_schedule_activity(context, command);
    struct wf_activity_details details = {.command = command,
                                          .request_id = WF_STR(EAGER_REQUEST_ID),
                                          .identity = context->identity,
                                          .completed_event_id = context->completed_event_id};
    bool is_scheduled = false;

    if (problem != NULL) {
        wf_command_refuse(context, CAUSE(BAD_SCHEDULE_ACTIVITY_ATTRIBUTES), problem);
        return;
    }
    if (wf_command_is_too_large(context, wf_payloads_size_bytes(command->input),
                     CAUSE(BAD_SCHEDULE_ACTIVITY_ATTRIBUTES),
                     "ScheduleActivityTaskCommandAttributes.Input exceeds size limit.")) {
        return;
    }
    if (wf_activity_find_id(change->state, command->activity_id) != NULL) {
        wf_command_refuse(context, CAUSE(SCHEDULE_ACTIVITY_DUPLICATE_ID), "");
        return;
    }
    if (change->state->activities.count >= (uint64_t)change->shard->config->limits.pending_activities_max) {
        wf_command_refuse(context, CAUSE(PENDING_ACTIVITIES_LIMIT_EXCEEDED),
               "the number of pending activities has reached the limit");
        return;
    }
    /* 4.10: on the workflow's own queue the worker that asks for it takes it with the answer; 7.12: not while paused. */
    details.is_eager = command->request_eager_execution && !change->state->is_paused &&
                       wf_string_equal(command->task_queue->name, change->run->start->task_queue);
    is_scheduled = wf_activity_step(change, NULL, WF_ACTIVITY_SCHEDULE, &details);
    WF_ASSERT(is_scheduled);
    wf_command_annotate(context);
    if (details.is_eager && change->state->activities.count > 0) {
        is_scheduled = wf_activity_step(
            change, &change->state->activities.items[change->state->activities.count - 1],
            WF_ACTIVITY_START, &details);
        WF_ASSERT(is_scheduled || change->run->arena.is_full);
    }
}

/* An outcome that no workflow task has seen yet. */
static bool has_buffered_outcome(const struct wf_state_run *state, int64_t scheduled_event_id)
{
    for (uint32_t i = 0; i < state->buffered_events.count; i++) {
        if (wf_event_ended_id(&state->buffered_events.items[i], WF_OWNER_ACTIVITY) == scheduled_event_id) {
            return true;
        }
    }
    return false;
}

static void request_cancel_activity(struct wf_command_context *context)
{
    struct wf_change *change = context->change;
    const int64_t id =
        context->command->attributes.request_cancel_activity_task->scheduled_event_id;
    struct wf_state_activity *activity = wf_activity_find(change->state, id);
    const bool is_running = activity != NULL && (activity->state == WF_ACTIVITY_STARTED ||
                                                 activity->state == WF_ACTIVITY_CANCELING);
    const struct wf_activity_details details = {.completed_event_id = context->completed_event_id,
                                                .identity = context->identity};

    if (activity == NULL && id > 0 && has_buffered_outcome(change->state, id)) {
        /* 2.3: it is over, and the code does not know yet. */
        struct wf_event_activity_task_cancel_requested *event = wf_change_event(
            change, WF_EVENT_TYPE_ACTIVITY_TASK_CANCEL_REQUESTED, change->now_ns);

        if (event != NULL) {
            event->scheduled_event_id = id;
            event->workflow_task_completed_event_id = context->completed_event_id;
        }
        wf_command_annotate(context);
        return;
    }
    if (activity == NULL ||
        !wf_activity_step(change, activity, WF_ACTIVITY_REQUEST_CANCEL, &details)) {
        wf_command_refuse(context, CAUSE(BAD_REQUEST_CANCEL_ACTIVITY_ATTRIBUTES),
               "ScheduledEventId names no pending activity, or one whose cancellation was "
               "requested before.");
        return;
    }
    wf_command_annotate(context);
    /* 3.4 step 7: a Canceled event is buffered, and the code must see it. */
    context->outcome->needs_task = context->outcome->needs_task || !is_running;
}

static void start_timer(struct wf_command_context *context)
{
    const struct wf_command_start_timer *command = context->command->attributes.start_timer;
    struct wf_timer_details details = {.timer_id = command->timer_id,
                                       .completed_event_id = context->completed_event_id};

    if (!wf_command_id_is_valid(context, command->timer_id)) {
        wf_command_refuse(context, CAUSE(BAD_START_TIMER_ATTRIBUTES),
               "TimerId is not set or too long on StartTimerCommand.");
    } else if (!wf_timeout_read(command->start_to_fire_timeout, &details.duration_ns)) {
        wf_command_refuse(context, CAUSE(BAD_START_TIMER_ATTRIBUTES),
               "StartToFireTimeout is negative on StartTimerCommand.");
    } else if (!wf_timer_step(context->change, WF_TIMER_START, &details)) {
        wf_command_refuse(context, CAUSE(START_TIMER_DUPLICATE_ID), "");
    } else {
        wf_command_annotate(context);
    }
}

static void cancel_timer(struct wf_command_context *context)
{
    struct wf_change *change = context->change;
    const struct wf_command_cancel_timer *command = context->command->attributes.cancel_timer;
    const struct wf_timer_details details = {.timer_id = command->timer_id,
                                             .completed_event_id = context->completed_event_id,
                                             .identity = context->identity};
    const uint32_t buffered_count = change->state->buffered_events.count;

    if (!wf_command_id_is_valid(context, command->timer_id)) {
        wf_command_refuse(context, CAUSE(BAD_CANCEL_TIMER_ATTRIBUTES),
               "TimerId is not set or too long on CancelTimerCommand.");
    } else if (!wf_timer_step(change, WF_TIMER_CANCEL, &details)) {
        wf_command_refuse(context, CAUSE(BAD_CANCEL_TIMER_ATTRIBUTES), "TimerId names no pending timer.");
    } else {
        wf_command_annotate(context);
        /* 2.2 rule 5: the last unseen event may be gone now. */
        if (change->state->buffered_events.count < buffered_count &&
            change->state->buffered_events.count == 0) {
            context->outcome->has_unseen = false;
        }
    }
}

/* 2.2 rule 5: comes before every other check of a closing command. */
static bool is_unhandled(struct wf_command_context *context)
{
    /* A paused run cannot close: the planted bug leaves it alone. */
    if (context->outcome->has_unseen &&
        (context->change->state->is_paused ||
         !wf_is_planted(context->change->shard->config, WF_PLANT_CLOSE_UNSEEN))) {
        wf_command_refuse(context, CAUSE(UNHANDLED_COMMAND), "");
        context->change->run->is_close_attempted = true;
        return true;
    }
    return false;
}

static void complete_workflow(struct wf_command_context *context)
{
    struct wf_payloads *result = context->command->attributes.complete_workflow_execution->result;

    if (is_unhandled(context) ||
        wf_command_is_too_large(context, wf_payloads_size_bytes(result),
                     CAUSE(BAD_SCHEDULE_ACTIVITY_ATTRIBUTES),
                     "CompleteWorkflowExecutionCommandAttributes.Result exceeds size limit.")) {
        return; /* the cause of the second is upstream's, quirk of 2.3 */
    }
    wf_execution_end(context->change,
                     &(struct wf_execution_ending){.input = WF_EXECUTION_COMPLETE,
                                                   .payloads = result,
                                                   .completed_event_id = context->completed_event_id});
    wf_command_annotate(context);
}

static void fail_workflow(struct wf_command_context *context)
{
    struct wf_failure *failure = context->command->attributes.fail_workflow_execution->failure;
    struct wf_buffer encoded = {0};

    if (is_unhandled(context)) {
        return;
    }
    if (failure == NULL) {
        wf_command_refuse(context, CAUSE(BAD_FAIL_WORKFLOW_EXECUTION_ATTRIBUTES),
               "Failure is not set on FailWorkflowExecutionCommand.");
        return;
    }
    wf_buffer_init(&encoded, context->change->arena);
    wf_wire_encode(&wf_type_failure, failure, &encoded);
    if (wf_command_is_too_large(context, encoded.size_bytes, CAUSE(BAD_FAIL_WORKFLOW_EXECUTION_ATTRIBUTES),
                                "FailWorkflowExecutionCommandAttributes.Failure exceeds size limit.")) {
        return;
    }
    wf_execution_end(context->change,
                     &(struct wf_execution_ending){.input = WF_EXECUTION_FAIL,
                                                   .failure = failure,
                                                   .completed_event_id = context->completed_event_id});
    wf_command_annotate(context);
}

static void cancel_workflow(struct wf_command_context *context)
{
    const struct wf_execution_details details = {
        .payloads = context->command->attributes.cancel_workflow_execution->details,
        .completed_event_id = context->completed_event_id};
    bool is_closed = false;

    if (is_unhandled(context)) {
        return;
    }
    if (wf_command_is_too_large(context, wf_payloads_size_bytes(details.payloads),
                                CAUSE(BAD_CANCEL_WORKFLOW_EXECUTION_ATTRIBUTES),
                                "CancelWorkflowExecutionCommandAttributes.Details exceeds size limit.")) {
        return;
    }
    is_closed = wf_execution_step(context->change, WF_EXECUTION_CANCEL, &details);
    WF_ASSERT(is_closed);
    wf_command_annotate(context);
}

/* NULL, or what is wrong with the attributes. */
static const char *check_continue(
    const struct wf_command_context *context,
    const struct wf_command_continue_as_new_workflow_execution *command)
{
    const struct wf_timestamp durations[] = {command->workflow_run_timeout,
                                             command->workflow_task_timeout,
                                             command->backoff_start_interval};
    int64_t unused_ns = 0;

    for (size_t i = 0; i < sizeof durations / sizeof durations[0]; i++) {
        if (!wf_timeout_read(durations[i], &unused_ns)) {
            return "A timeout of ContinueAsNewWorkflowExecutionCommand is negative.";
        }
    }
    if ((command->workflow_type != NULL && command->workflow_type->name.size_bytes > 0 &&
         !wf_command_id_is_valid(context, command->workflow_type->name)) ||
        (command->task_queue != NULL && command->task_queue->name.size_bytes > 0 &&
         !wf_command_id_is_valid(context, command->task_queue->name))) {
        return "A name of ContinueAsNewWorkflowExecutionCommand is too long.";
    }
    if (command->cron_schedule.size_bytes > 0) {
        int64_t unused_backoff_ns = 0;
        const char *problem = wf_cron_backoff(command->cron_schedule, 0, context->change->now_ns, &unused_backoff_ns);

        if (problem != NULL) {
            return problem;
        }
    }
    return command->retry_policy == NULL ? NULL : wf_retry_policy_complete(command->retry_policy);
}

static void continue_as_new(struct wf_command_context *context)
{
    const struct wf_command_continue_as_new_workflow_execution *command =
        context->command->attributes.continue_as_new_workflow_execution;
    const char *problem = NULL;

    if (is_unhandled(context)) {
        return;
    }
    problem = check_continue(context, command);
    if (problem != NULL) {
        wf_command_refuse(context, CAUSE(BAD_CONTINUE_AS_NEW_ATTRIBUTES), problem);
        return;
    }
    if (wf_command_is_too_large(context, wf_payloads_size_bytes(command->input),
                     CAUSE(BAD_CONTINUE_AS_NEW_ATTRIBUTES),
                     "ContinueAsNewWorkflowExecutionCommandAttributes.Input exceeds size limit.") ||
        wf_command_properties_are_refused(context, command->memo, command->search_attributes,
                                          CAUSE(BAD_CONTINUE_AS_NEW_ATTRIBUTES))) {
        return;
    }
    wf_execution_continue(context->change, command, context->completed_event_id);
    wf_command_annotate(context);
}

static void record_marker(struct wf_command_context *context)
{
    const struct wf_command_record_marker *command = context->command->attributes.record_marker;
    struct wf_event_marker_recorded *event = NULL;
    size_t size_bytes = 0;

    if (!wf_command_id_is_valid(context, command->marker_name)) {
        wf_command_refuse(context, CAUSE(BAD_RECORD_MARKER_ATTRIBUTES),
               "MarkerName is not set or too long on RecordMarkerCommand.");
        return;
    }
    for (uint32_t i = 0; i < command->details.count; i++) {
        size_bytes += command->details.items[i].key.size_bytes +
                      wf_payloads_size_bytes(&command->details.items[i].value);
    }
    if (wf_command_is_too_large(context, size_bytes, CAUSE(BAD_RECORD_MARKER_ATTRIBUTES),
                     "RecordMarkerCommandAttributes.Details exceeds size limit.")) {
        return;
    }
    event = wf_change_event(context->change, WF_EVENT_TYPE_MARKER_RECORDED,
                            context->change->now_ns);
    if (event != NULL) {
        event->marker_name = command->marker_name;
        event->details.items = command->details.items;
        event->details.count = command->details.count;
        event->workflow_task_completed_event_id = context->completed_event_id;
        event->header = command->header;
        event->failure = command->failure;
    }
    wf_command_annotate(context);
}

/* 2.3: what a command without its attributes fails the task with. */
static const int32_t bad_attributes[WF_COMMAND_TYPE_COUNT] = {
    [WF_COMMAND_TYPE_SCHEDULE_ACTIVITY_TASK] = CAUSE(BAD_SCHEDULE_ACTIVITY_ATTRIBUTES),
    [WF_COMMAND_TYPE_REQUEST_CANCEL_ACTIVITY_TASK] = CAUSE(BAD_REQUEST_CANCEL_ACTIVITY_ATTRIBUTES),
    [WF_COMMAND_TYPE_START_TIMER] = CAUSE(BAD_START_TIMER_ATTRIBUTES),
    [WF_COMMAND_TYPE_CANCEL_TIMER] = CAUSE(BAD_CANCEL_TIMER_ATTRIBUTES),
    [WF_COMMAND_TYPE_COMPLETE_WORKFLOW_EXECUTION] = CAUSE(BAD_COMPLETE_WORKFLOW_EXECUTION_ATTRIBUTES),
    [WF_COMMAND_TYPE_FAIL_WORKFLOW_EXECUTION] = CAUSE(BAD_FAIL_WORKFLOW_EXECUTION_ATTRIBUTES),
    [WF_COMMAND_TYPE_CANCEL_WORKFLOW_EXECUTION] = CAUSE(BAD_CANCEL_WORKFLOW_EXECUTION_ATTRIBUTES),
    [WF_COMMAND_TYPE_CONTINUE_AS_NEW_WORKFLOW_EXECUTION] = CAUSE(BAD_CONTINUE_AS_NEW_ATTRIBUTES),
    [WF_COMMAND_TYPE_RECORD_MARKER] = CAUSE(BAD_RECORD_MARKER_ATTRIBUTES),
    [WF_COMMAND_TYPE_UPSERT_WORKFLOW_SEARCH_ATTRIBUTES] = CAUSE(BAD_SEARCH_ATTRIBUTES),
    [WF_COMMAND_TYPE_MODIFY_WORKFLOW_PROPERTIES] = CAUSE(BAD_MODIFY_WORKFLOW_PROPERTIES_ATTRIBUTES),
    [WF_COMMAND_TYPE_START_CHILD_WORKFLOW_EXECUTION] = CAUSE(BAD_START_CHILD_EXECUTION_ATTRIBUTES),
    [WF_COMMAND_TYPE_SIGNAL_EXTERNAL_WORKFLOW_EXECUTION] = CAUSE(BAD_SIGNAL_WORKFLOW_EXECUTION_ATTRIBUTES),
    [WF_COMMAND_TYPE_REQUEST_CANCEL_EXTERNAL_WORKFLOW_EXECUTION] =
        CAUSE(BAD_REQUEST_CANCEL_EXTERNAL_WORKFLOW_EXECUTION_ATTRIBUTES),
    [WF_COMMAND_TYPE_PROTOCOL_MESSAGE] = CAUSE(BAD_UPDATE_WORKFLOW_EXECUTION_MESSAGE),
    [WF_COMMAND_TYPE_SCHEDULE_NEXUS_OPERATION] = CAUSE(BAD_SCHEDULE_NEXUS_OPERATION_ATTRIBUTES),
    [WF_COMMAND_TYPE_REQUEST_CANCEL_NEXUS_OPERATION] = CAUSE(BAD_REQUEST_CANCEL_NEXUS_OPERATION_ATTRIBUTES),
};

/* 2.2 rule 5: a close command is told of events that it has not seen before anything else. */
static void refuse_empty(struct wf_command_context *context)
{
    const int32_t type = context->command->command_type;

    if (!wf_event_is_close((int32_t)wf_command_descriptors[type].event) || !is_unhandled(context)) {
        wf_command_refuse(context, bad_attributes[type], "The attributes of the command are not set.");
    }
}

static void apply(struct wf_command_context *context)
{
    if (context->command->attributes_case !=
        wf_command_descriptors[context->command->command_type].oneof_number) {
        refuse_empty(context);
        return;
    }
    switch ((enum wf_command_type)context->command->command_type) {
    case WF_COMMAND_TYPE_SCHEDULE_ACTIVITY_TASK:
        schedule_activity(context);
        break;
    case WF_COMMAND_TYPE_REQUEST_CANCEL_ACTIVITY_TASK:
        request_cancel_activity(context);
        break;
    case WF_COMMAND_TYPE_START_TIMER:
        start_timer(context);
        break;
    case WF_COMMAND_TYPE_CANCEL_TIMER:
        cancel_timer(context);
        break;
    case WF_COMMAND_TYPE_COMPLETE_WORKFLOW_EXECUTION:
        complete_workflow(context);
        break;
    case WF_COMMAND_TYPE_FAIL_WORKFLOW_EXECUTION:
        fail_workflow(context);
        break;
    case WF_COMMAND_TYPE_CANCEL_WORKFLOW_EXECUTION:
        cancel_workflow(context);
        break;
    case WF_COMMAND_TYPE_CONTINUE_AS_NEW_WORKFLOW_EXECUTION:
        continue_as_new(context);
        break;
    case WF_COMMAND_TYPE_RECORD_MARKER:
        record_marker(context);
        break;
    case WF_COMMAND_TYPE_UPSERT_WORKFLOW_SEARCH_ATTRIBUTES:
        wf_command_upsert_search_attributes(context);
        break;
    case WF_COMMAND_TYPE_MODIFY_WORKFLOW_PROPERTIES:
        wf_command_modify_properties(context);
        break;
    case WF_COMMAND_TYPE_START_CHILD_WORKFLOW_EXECUTION:
        wf_command_start_child(context);
        break;
    case WF_COMMAND_TYPE_SIGNAL_EXTERNAL_WORKFLOW_EXECUTION:
        wf_command_signal_external(context);
        break;
    case WF_COMMAND_TYPE_REQUEST_CANCEL_EXTERNAL_WORKFLOW_EXECUTION:
        wf_command_request_cancel_external(context);
        break;
    case WF_COMMAND_TYPE_PROTOCOL_MESSAGE:
        wf_command_protocol_message(context);
        break;
    case WF_COMMAND_TYPE_SCHEDULE_NEXUS_OPERATION:
        wf_command_schedule_nexus(context);
        break;
    case WF_COMMAND_TYPE_REQUEST_CANCEL_NEXUS_OPERATION:
        wf_command_request_cancel_nexus(context);
        break;
    case WF_COMMAND_TYPE_UNSPECIFIED:
        wf_command_refuse(context, CAUSE(FEATURE_DISABLED), "This service does not carry the command.");
        break;
    }
}

void wf_commands_apply(struct wf_change *change,
                       const struct wf_svc_respond_workflow_task_completed *request,
                       int64_t completed_event_id, struct wf_command_outcome *outcome)
{
    /* 2.2 rule 5: taken once, before the first command. */
    outcome->has_unseen = change->state->buffered_events.count > 0;
    for (uint32_t i = 0; i < request->commands.count && outcome->cause == 0; i++) {
        struct wf_command_context context = {.change = change,
                                          .command = &request->commands.items[i],
                                          .completed_event_id = completed_event_id,
                                          .identity = request->identity,
                                          .request = request,
                                          .outcome = outcome};

        apply(&context);
    }
}
