/*
 * Commands about Nexus operations.
 *
 * Source: engine-semantics 2.3, 7.14.
 */
#include "engine/server/command_context.h"

#define CAUSE(name) WF_WORKFLOW_TASK_FAILED_CAUSE_##name

static bool is_registered(const struct wf_service_config *config, struct wf_string endpoint)
{
    for (uint32_t i = 0; i < config->nexus_endpoint_count; i++) {
        if (wf_string_equal(config->nexus_endpoints[i], endpoint)) {
            return true;
        }
    }
    return false;
}

/* NULL, or what is wrong with the attributes. */
static const char *check_schedule(const struct wf_command_context *context,
                                  const struct wf_command_schedule_nexus_operation *command)
{
    const struct wf_timestamp durations[] = {command->schedule_to_close_timeout, command->schedule_to_start_timeout,
                                             command->start_to_close_timeout};
    int64_t unused_ns = 0;

    if (!is_registered(context->change->shard->config, command->endpoint)) {
        return "Endpoint of ScheduleNexusOperationCommand is not registered.";
    }
    if (!wf_command_id_is_valid(context, command->service)) {
        return "Service is not set or too long on ScheduleNexusOperationCommand.";
    }
    if (!wf_command_id_is_valid(context, command->operation)) {
        return "Operation is not set or too long on ScheduleNexusOperationCommand.";
    }
    for (size_t i = 0; i < sizeof durations / sizeof *durations; i++) {
        if (!wf_timeout_read(durations[i], &unused_ns)) {
            return "A timeout of ScheduleNexusOperationCommand is negative.";
        }
    }
    return NULL;
}

void wf_command_schedule_nexus(struct wf_command_context *context)
{
    const struct wf_command_schedule_nexus_operation *command = context->command->attributes.schedule_nexus_operation;
    struct wf_change *change = context->change;
    const char *problem = NULL;
    bool is_scheduled = false;

    if (change->shard->config->nexus_endpoint_count == 0) {
        wf_command_refuse(context, CAUSE(FEATURE_DISABLED), "This service has no Nexus endpoints.");
        return;
    }
    problem = check_schedule(context, command);
    if (problem != NULL) {
        wf_command_refuse(context, CAUSE(BAD_SCHEDULE_NEXUS_OPERATION_ATTRIBUTES), problem);
        return;
    }
    if (change->state->nexus_operations.count >= (uint64_t)change->shard->config->limits.pending_nexus_max) {
        wf_command_refuse(context, CAUSE(PENDING_NEXUS_OPERATIONS_LIMIT_EXCEEDED), "");
        return;
    }
    if (command->input != NULL &&
        wf_command_is_too_large(context, wf_payload_size_bytes(command->input),
                                CAUSE(BAD_SCHEDULE_NEXUS_OPERATION_ATTRIBUTES),
                                "ScheduleNexusOperationCommandAttributes.Input exceeds size limit.")) {
        return;
    }
    is_scheduled = wf_nexus_step(change, NULL, WF_NEXUS_SCHEDULE,
                                 &(struct wf_nexus_details){.command = command,
                                                            .completed_event_id = context->completed_event_id});
    if (is_scheduled) {
        wf_command_annotate(context);
    }
}

/* True when the outcome of the operation is in the buffer, which the workflow has not seen. */
static bool has_unseen_end(const struct wf_state_run *state, int64_t scheduled_event_id)
{
    for (uint32_t i = 0; i < state->buffered_events.count; i++) {
        const struct wf_event *event = &state->buffered_events.items[i];

        if ((event->attributes_case == WF_CASE_event_nexus_operation_completed &&
             event->attributes.nexus_operation_completed->scheduled_event_id == scheduled_event_id) ||
            (event->attributes_case == WF_CASE_event_nexus_operation_failed &&
             event->attributes.nexus_operation_failed->scheduled_event_id == scheduled_event_id) ||
            (event->attributes_case == WF_CASE_event_nexus_operation_canceled &&
             event->attributes.nexus_operation_canceled->scheduled_event_id == scheduled_event_id) ||
            (event->attributes_case == WF_CASE_event_nexus_operation_timed_out &&
             event->attributes.nexus_operation_timed_out->scheduled_event_id == scheduled_event_id)) {
            return true;
        }
    }
    return false;
}

void wf_command_request_cancel_nexus(struct wf_command_context *context)
{
    const int64_t scheduled_event_id =
        context->command->attributes.request_cancel_nexus_operation->scheduled_event_id;
    struct wf_change *change = context->change;
    struct wf_state_nexus *operation = wf_nexus_find(change->state, scheduled_event_id);
    struct wf_event_nexus_operation_cancel_requested *event = NULL;

    if (operation == NULL && has_unseen_end(change->state, scheduled_event_id)) {
        event = wf_change_event(change, WF_EVENT_TYPE_NEXUS_OPERATION_CANCEL_REQUESTED, change->now_ns);
        if (event != NULL) {
            event->scheduled_event_id = scheduled_event_id;
            event->workflow_task_completed_event_id = context->completed_event_id;
        }
        wf_command_annotate(context);
    } else if (operation == NULL ||
               !wf_nexus_step(change, operation, WF_NEXUS_REQUEST_CANCEL,
                              &(struct wf_nexus_details){.completed_event_id = context->completed_event_id})) {
        wf_command_refuse(context, CAUSE(BAD_REQUEST_CANCEL_NEXUS_OPERATION_ATTRIBUTES),
                          "ScheduledEventId names no pending operation, or one that was asked to cancel before.");
    } else {
        wf_command_annotate(context);
    }
}
