/*
 * One line for an event. What each event type shows is a row of the table below: names of fields, JSON spelling, reached
 * through messages by a dot; `label=field` prints the label before the value, a field alone prints the value alone. Fields
 * that are not set are left out.
 */
#include "engine/print.h"

#include "engine/base/json_text.h"

#define EVENT_VALUE_BYTES 80

#define WFT "scheduled=scheduledEventId"
#define CHILD "workflowType id=workflowExecution"
#define EXTERNAL "to=workflowExecution"

static const char *const summaries[WF_EVENT_TYPE_COUNT] = {
    [WF_EVENT_TYPE_WORKFLOW_EXECUTION_STARTED] =
        "workflowType id=workflowId attempt=attempt queue=taskQueue input=input cron=cronSchedule "
        "parent=parentWorkflowExecution continued=continuedExecutionRunId",
    [WF_EVENT_TYPE_WORKFLOW_EXECUTION_COMPLETED] = "result=result next=newExecutionRunId",
    [WF_EVENT_TYPE_WORKFLOW_EXECUTION_FAILED] = "failure retry=retryState next=newExecutionRunId",
    [WF_EVENT_TYPE_WORKFLOW_EXECUTION_TIMED_OUT] = "retry=retryState next=newExecutionRunId",
    [WF_EVENT_TYPE_WORKFLOW_TASK_SCHEDULED] = "queue=taskQueue attempt=attempt",
    [WF_EVENT_TYPE_WORKFLOW_TASK_STARTED] = WFT " worker=identity suggests-continue-as-new=suggestContinueAsNew",
    [WF_EVENT_TYPE_WORKFLOW_TASK_COMPLETED] = WFT " worker=identity sdk=sdkMetadata.sdkName",
    [WF_EVENT_TYPE_WORKFLOW_TASK_TIMED_OUT] = WFT " timeoutType",
    [WF_EVENT_TYPE_WORKFLOW_TASK_FAILED] = WFT " cause failure new-run=newRunId",
    [WF_EVENT_TYPE_ACTIVITY_TASK_SCHEDULED] = "activityType id=activityId queue=taskQueue input=input",
    [WF_EVENT_TYPE_ACTIVITY_TASK_STARTED] = WFT " attempt=attempt worker=identity last=lastFailure",
    [WF_EVENT_TYPE_ACTIVITY_TASK_COMPLETED] = WFT " result=result",
    [WF_EVENT_TYPE_ACTIVITY_TASK_FAILED] = WFT " failure retry=retryState",
    [WF_EVENT_TYPE_ACTIVITY_TASK_TIMED_OUT] =
        WFT " timeout=failure.timeoutFailureInfo.timeoutType retry=retryState",
    [WF_EVENT_TYPE_ACTIVITY_TASK_CANCEL_REQUESTED] = WFT,
    [WF_EVENT_TYPE_ACTIVITY_TASK_CANCELED] = WFT " details=details",
    [WF_EVENT_TYPE_TIMER_STARTED] = "id=timerId after=startToFireTimeout",
    [WF_EVENT_TYPE_TIMER_FIRED] = "id=timerId started=startedEventId",
    [WF_EVENT_TYPE_TIMER_CANCELED] = "id=timerId started=startedEventId",
    [WF_EVENT_TYPE_WORKFLOW_EXECUTION_CANCEL_REQUESTED] = "cause=cause by=identity from=externalWorkflowExecution",
    [WF_EVENT_TYPE_WORKFLOW_EXECUTION_CANCELED] = "details=details",
    [WF_EVENT_TYPE_REQUEST_CANCEL_EXTERNAL_WORKFLOW_EXECUTION_INITIATED] = EXTERNAL " reason=reason",
    [WF_EVENT_TYPE_REQUEST_CANCEL_EXTERNAL_WORKFLOW_EXECUTION_FAILED] =
        EXTERNAL " initiated=initiatedEventId cause=cause",
    [WF_EVENT_TYPE_EXTERNAL_WORKFLOW_EXECUTION_CANCEL_REQUESTED] = EXTERNAL " initiated=initiatedEventId",
    [WF_EVENT_TYPE_MARKER_RECORDED] = "markerName details=details failure",
    [WF_EVENT_TYPE_WORKFLOW_EXECUTION_SIGNALED] =
        "signalName input=input by=identity from=externalWorkflowExecution",
    [WF_EVENT_TYPE_WORKFLOW_EXECUTION_TERMINATED] = "reason=reason by=identity",
    [WF_EVENT_TYPE_WORKFLOW_EXECUTION_CONTINUED_AS_NEW] =
        "workflowType next=newExecutionRunId input=input initiator=initiator",
    [WF_EVENT_TYPE_START_CHILD_WORKFLOW_EXECUTION_INITIATED] =
        "workflowType id=workflowId queue=taskQueue input=input",
    [WF_EVENT_TYPE_START_CHILD_WORKFLOW_EXECUTION_FAILED] =
        "workflowType id=workflowId initiated=initiatedEventId cause=cause",
    [WF_EVENT_TYPE_CHILD_WORKFLOW_EXECUTION_STARTED] =
        CHILD " run=workflowExecution.runId initiated=initiatedEventId",
    [WF_EVENT_TYPE_CHILD_WORKFLOW_EXECUTION_COMPLETED] = CHILD " initiated=initiatedEventId result=result",
    [WF_EVENT_TYPE_CHILD_WORKFLOW_EXECUTION_FAILED] =
        CHILD " initiated=initiatedEventId failure retry=retryState",
    [WF_EVENT_TYPE_CHILD_WORKFLOW_EXECUTION_CANCELED] = CHILD " initiated=initiatedEventId details=details",
    [WF_EVENT_TYPE_CHILD_WORKFLOW_EXECUTION_TIMED_OUT] = CHILD " initiated=initiatedEventId retry=retryState",
    [WF_EVENT_TYPE_CHILD_WORKFLOW_EXECUTION_TERMINATED] = CHILD " initiated=initiatedEventId",
    [WF_EVENT_TYPE_SIGNAL_EXTERNAL_WORKFLOW_EXECUTION_INITIATED] = "signalName " EXTERNAL " input=input",
    [WF_EVENT_TYPE_SIGNAL_EXTERNAL_WORKFLOW_EXECUTION_FAILED] = EXTERNAL " initiated=initiatedEventId cause=cause",
    [WF_EVENT_TYPE_EXTERNAL_WORKFLOW_EXECUTION_SIGNALED] = EXTERNAL " initiated=initiatedEventId",
    [WF_EVENT_TYPE_UPSERT_WORKFLOW_SEARCH_ATTRIBUTES] = "searchAttributes.indexedFields",
    [WF_EVENT_TYPE_WORKFLOW_EXECUTION_UPDATE_ACCEPTED] =
        "acceptedRequest.input.name id=protocolInstanceId input=acceptedRequest.input.args",
    [WF_EVENT_TYPE_WORKFLOW_EXECUTION_UPDATE_REJECTED] =
        "rejectedRequest.input.name id=protocolInstanceId failure",
    [WF_EVENT_TYPE_WORKFLOW_EXECUTION_UPDATE_COMPLETED] =
        "id=meta.updateId accepted=acceptedEventId result=outcome.success outcome.failure",
    [WF_EVENT_TYPE_WORKFLOW_PROPERTIES_MODIFIED_EXTERNALLY] = "queue=newTaskQueue memo=upsertedMemo.fields",
    [WF_EVENT_TYPE_ACTIVITY_PROPERTIES_MODIFIED_EXTERNALLY] = WFT,
    [WF_EVENT_TYPE_WORKFLOW_PROPERTIES_MODIFIED] = "memo=upsertedMemo.fields",
    [WF_EVENT_TYPE_WORKFLOW_EXECUTION_UPDATE_ADMITTED] =
        "request.input.name id=request.meta.updateId input=request.input.args",
    [WF_EVENT_TYPE_NEXUS_OPERATION_SCHEDULED] = "operation service=service endpoint=endpoint input=input",
    [WF_EVENT_TYPE_NEXUS_OPERATION_STARTED] = WFT " token=operationToken",
    [WF_EVENT_TYPE_NEXUS_OPERATION_COMPLETED] = WFT " result=result",
    [WF_EVENT_TYPE_NEXUS_OPERATION_FAILED] = WFT " failure",
    [WF_EVENT_TYPE_NEXUS_OPERATION_CANCELED] = WFT " failure",
    [WF_EVENT_TYPE_NEXUS_OPERATION_TIMED_OUT] = WFT " failure",
    [WF_EVENT_TYPE_NEXUS_OPERATION_CANCEL_REQUESTED] = WFT,
    [WF_EVENT_TYPE_WORKFLOW_EXECUTION_OPTIONS_UPDATED] = "by=identity versioning=versioningOverride",
    [WF_EVENT_TYPE_NEXUS_OPERATION_CANCEL_REQUEST_COMPLETED] = WFT,
    [WF_EVENT_TYPE_NEXUS_OPERATION_CANCEL_REQUEST_FAILED] = WFT " failure",
    [WF_EVENT_TYPE_WORKFLOW_EXECUTION_PAUSED] = "reason=reason by=identity",
    [WF_EVENT_TYPE_WORKFLOW_EXECUTION_UNPAUSED] = "reason=reason by=identity",
    [WF_EVENT_TYPE_WORKFLOW_EXECUTION_TIME_SKIPPING_TRANSITIONED] = "to=targetTime",
};

const char *wf_print_event_summary(int32_t event_type)
{
    return event_type > 0 && event_type < WF_EVENT_TYPE_COUNT ? summaries[event_type] : NULL;
}

/* Takes the text up to a separator off the front of *rest, and the separator. */
static struct wf_string take_until(struct wf_string *rest, char separator)
{
    struct wf_string taken = {rest->data, 0};

    while (taken.size_bytes < rest->size_bytes && rest->data[taken.size_bytes] != separator) {
        taken.size_bytes++;
    }
    rest->data += taken.size_bytes;
    rest->size_bytes -= taken.size_bytes;
    if (rest->size_bytes > 0) {
        rest->data++;
        rest->size_bytes--;
    }
    return taken;
}

/* Follows a dotted path; NULL when a field on the way is not set. */
static const struct wf_field *follow(const struct wf_message_type *type, const void **message, struct wf_string path)
{
    for (;;) {
        const struct wf_field *field = wf_message_field_by_name(type, take_until(&path, '.'), 0);

        if (field == NULL || !wf_field_is_set(field, *message)) {
            return NULL;
        }
        if (path.size_bytes == 0) {
            return field;
        }
        type = field->message;
        *message = *(const void *const *)wf_field_in(field, *message);
    }
}

static void print_part(struct wf_buffer *out, struct wf_string part, const struct wf_message_type *type,
                       const void *message, const struct wf_print_options *options)
{
    struct wf_string path = part;
    struct wf_string label = take_until(&path, '=');
    const struct wf_field *field = NULL;

    if (path.size_bytes == 0) {
        path = label;
        label.size_bytes = 0;
    }
    field = follow(type, &message, path);
    if (field == NULL) {
        return;
    }
    wf_buffer_append_char(out, ' ');
    if (label.size_bytes > 0) {
        wf_buffer_printf(out, "%S=", &label);
    }
    wf_print_value(out, field, wf_field_in(field, message), options);
}

static void print_summary(struct wf_buffer *out, const char *summary, const struct wf_message_type *type,
                          const void *message, const struct wf_print_options *options)
{
    struct wf_print_options one_line = options == NULL ? (struct wf_print_options){0} : *options;
    struct wf_string rest = wf_string_of(summary);

    if (one_line.value_limit_bytes == 0) {
        one_line.value_limit_bytes = EVENT_VALUE_BYTES;
    }
    if (one_line.limit_bytes == 0) {
        one_line.limit_bytes = 2 * one_line.value_limit_bytes; /* of each part */
    }
    while (rest.size_bytes > 0) {
        print_part(out, take_until(&rest, ' '), type, message, &one_line);
    }
}

void wf_print_event_details(struct wf_buffer *out, const struct wf_event *event,
                            const struct wf_print_options *options)
{
    const char *summary = wf_print_event_summary(event->event_type);
    const struct wf_field *attributes = wf_message_field(&wf_type_event, event->attributes_case);

    /* An event may carry the attributes of another type, or none: then there is nothing to say of it here. */
    if (summary == NULL || attributes == NULL || event->attributes.any == NULL ||
        attributes->number != wf_event_descriptors[event->event_type].oneof_number) {
        return;
    }
    print_summary(out, summary, attributes->message, event->attributes.any, options);
}

void wf_print_event(struct wf_buffer *out, const struct wf_event *event, const struct wf_print_options *options)
{
    wf_json_write_i64(out, event->event_id);
    wf_buffer_append_char(out, ' ');
    wf_buffer_append_text(out, wf_event_type_name(event->event_type));
    wf_print_event_details(out, event, options);
}

/* A command shows what the event that it becomes shows, as far as it has those fields. */
void wf_print_command(struct wf_buffer *out, const struct wf_command *command, const struct wf_print_options *options)
{
    const bool is_known = command->command_type > 0 && command->command_type < WF_COMMAND_TYPE_COUNT;
    const struct wf_command_descriptor *descriptor = is_known ? &wf_command_descriptors[command->command_type] : NULL;

    wf_buffer_append_text(out, wf_command_type_name(command->command_type));
    if (descriptor == NULL || descriptor->name == NULL || command->attributes.any == NULL ||
        command->attributes_case != descriptor->oneof_number) {
        return;
    }
    const char *summary = wf_print_event_summary((int32_t)descriptor->event);
    print_summary(out, summary != NULL ? summary : "id=messageId", descriptor->attributes, command->attributes.any,
                  options);
}
