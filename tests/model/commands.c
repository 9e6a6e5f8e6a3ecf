/*
 * The commands of a completion, in their order, each checked and made an event.
 *
 * Source: engine-semantics 2.2, 2.3.
 */
#include "tests/model/transaction.h"

#define CAUSE(NAME) WF_WORKFLOW_TASK_FAILED_CAUSE_##NAME

static bool is_close_command(int32_t type)
{
    return type == WF_COMMAND_TYPE_COMPLETE_WORKFLOW_EXECUTION || type == WF_COMMAND_TYPE_FAIL_WORKFLOW_EXECUTION ||
           type == WF_COMMAND_TYPE_CANCEL_WORKFLOW_EXECUTION ||
           type == WF_COMMAND_TYPE_CONTINUE_AS_NEW_WORKFLOW_EXECUTION;
}

bool model_commands_are_in_order(const struct wf_svc_respond_workflow_task_completed *request)
{
    for (uint32_t i = 0; i < request->commands.count; i++) {
        const int32_t type = request->commands.items[i].command_type;

        if (type <= 0 || type >= WF_COMMAND_TYPE_COUNT || wf_command_descriptors[type].name == NULL ||
            (is_close_command(type) && i + 1 < request->commands.count)) {
            return false;
        }
    }
    return true;
}

/* What the commands of one completion share. */
struct context {
    struct model_transaction *tx;
    const struct wf_svc_respond_workflow_task_completed *request;
    const struct wf_command *command;
    int64_t completed_event_id;
    bool has_buffered;
    bool has_canceled_unstarted;
};

static bool is_too_large(const struct context *context, const struct wf_payloads *payloads)
{
    return model_payloads_bytes(payloads) > (size_t)context->tx->model->limits.blob_bytes_max;
}

static int32_t record_marker(struct context *context)
{
    const struct wf_command_record_marker *command = context->command->attributes.record_marker;
    struct wf_event_marker_recorded *event = NULL;
    size_t bytes = 0;

    if (!model_is_id(context->tx->model, command->marker_name)) {
        return CAUSE(BAD_RECORD_MARKER_ATTRIBUTES);
    }
    for (uint32_t i = 0; i < command->details.count; i++) {
        bytes += command->details.items[i].key.size_bytes + model_payloads_bytes(&command->details.items[i].value);
    }
    if (bytes > (size_t)context->tx->model->limits.blob_bytes_max) {
        return CAUSE(BAD_RECORD_MARKER_ATTRIBUTES) | MODEL_CAUSE_TERMINATES;
    }
    event = model_event(context->tx, WF_EVENT_TYPE_MARKER_RECORDED);
    event->marker_name = command->marker_name;
    wf_list_share(&event->details, &command->details);
    event->workflow_task_completed_event_id = context->completed_event_id;
    event->header = command->header;
    event->failure = command->failure;
    return MODEL_CAUSE_NONE;
}

/* ---- Merging of properties (7.11) ---- */

static bool is_null(const struct wf_payload *payload, bool is_attribute)
{
    for (uint32_t i = 0; i < payload->metadata.count; i++) {
        if (wf_string_is(payload->metadata.items[i].key, "encoding") &&
            wf_string_is(payload->metadata.items[i].value, "binary/null")) {
            return true;
        }
    }
    return payload->data.size_bytes == 0 ||
           (is_attribute && (wf_string_is(payload->data, "null") || wf_string_is(payload->data, "[]")));
}

struct entries {
    struct wf_entry_payload *items;
    uint32_t count;
    uint32_t capacity;
};

void model_merge_fields(struct wf_arena *arena, void *into, const void *from, bool are_attributes)
{
    struct entries merged = {0};
    const struct entries *news = from;

    memcpy(&merged, into, sizeof merged);
    for (uint32_t i = 0; i < news->count; i++) {
        uint32_t place = 0;

        while (place < merged.count && !wf_string_equal(merged.items[place].key, news->items[i].key)) {
            place++;
        }
        if (is_null(&news->items[i].value, are_attributes)) {
            if (place < merged.count) {
                WF_LIST_REMOVE(merged, &merged.items[place]);
            }
        } else if (place < merged.count) {
            merged.items[place].value = news->items[i].value;
        } else {
            *(struct wf_entry_payload *)WF_LIST_APPEND(arena, merged) = news->items[i];
        }
    }
    memcpy(into, &merged, sizeof merged);
}

static int32_t upsert(struct context *context)
{
    const struct wf_command_upsert_workflow_search_attributes *command =
        context->command->attributes.upsert_workflow_search_attributes;
    struct wf_state_run *state = context->tx->state;
    struct wf_event_upsert_workflow_search_attributes *event = NULL;

    if (command->search_attributes == NULL || command->search_attributes->indexed_fields.count == 0) {
        return CAUSE(BAD_SEARCH_ATTRIBUTES);
    }
    if (!model_attributes_are_valid(context->tx, command->search_attributes)) {
        return CAUSE(BAD_SEARCH_ATTRIBUTES);
    }
    if (state->search_attributes == NULL) {
        state->search_attributes = MODEL_NEW(context->tx, struct wf_search_attributes);
    }
    model_merge_fields(context->tx->arena, &state->search_attributes->indexed_fields, &command->search_attributes->indexed_fields,
          true);
    if (!model_attributes_are_valid(context->tx, state->search_attributes)) {
        return CAUSE(BAD_SEARCH_ATTRIBUTES); /* as merged */
    }
    event = model_event(context->tx, WF_EVENT_TYPE_UPSERT_WORKFLOW_SEARCH_ATTRIBUTES);
    event->workflow_task_completed_event_id = context->completed_event_id;
    event->search_attributes = command->search_attributes;
    return MODEL_CAUSE_NONE;
}

static int32_t modify(struct context *context)
{
    const struct wf_command_modify_workflow_properties *command =
        context->command->attributes.modify_workflow_properties;
    struct wf_state_run *state = context->tx->state;
    struct wf_event_workflow_properties_modified *event = NULL;

    if (command->upserted_memo == NULL || command->upserted_memo->fields.count == 0) {
        return CAUSE(BAD_MODIFY_WORKFLOW_PROPERTIES_ATTRIBUTES);
    }
    if (state->memo == NULL) {
        state->memo = MODEL_NEW(context->tx, struct wf_memo);
    }
    model_merge_fields(context->tx->arena, &state->memo->fields, &command->upserted_memo->fields, false);
    if (model_is_memo_too_large(context->tx, state->memo)) {
        return CAUSE(BAD_MODIFY_WORKFLOW_PROPERTIES_ATTRIBUTES) | MODEL_CAUSE_TERMINATES;
    }
    event = model_event(context->tx, WF_EVENT_TYPE_WORKFLOW_PROPERTIES_MODIFIED);
    event->workflow_task_completed_event_id = context->completed_event_id;
    event->upserted_memo = command->upserted_memo;
    return MODEL_CAUSE_NONE;
}

/* ---- Closing ---- */

static int32_t complete(struct context *context)
{
    const struct wf_command_complete_workflow_execution *command =
        context->command->attributes.complete_workflow_execution;

    if (is_too_large(context, command->result)) {
        return CAUSE(BAD_SCHEDULE_ACTIVITY_ATTRIBUTES) | MODEL_CAUSE_TERMINATES; /* 2.3 QUIRK */
    }
    model_complete_run(context->tx, command->result, context->completed_event_id);
    return MODEL_CAUSE_NONE;
}

static int32_t fail(struct context *context)
{
    struct wf_failure *failure = context->command->attributes.fail_workflow_execution->failure;

    if (failure == NULL) {
        return CAUSE(BAD_FAIL_WORKFLOW_EXECUTION_ATTRIBUTES);
    }
    model_fail_run(context->tx, failure, context->completed_event_id);
    return MODEL_CAUSE_NONE;
}

static int32_t cancel(struct context *context)
{
    const struct wf_command_cancel_workflow_execution *command =
        context->command->attributes.cancel_workflow_execution;
    struct wf_event_workflow_execution_canceled *event = NULL;

    if (is_too_large(context, command->details)) {
        return CAUSE(BAD_CANCEL_WORKFLOW_EXECUTION_ATTRIBUTES) | MODEL_CAUSE_TERMINATES;
    }
    event = model_event(context->tx, WF_EVENT_TYPE_WORKFLOW_EXECUTION_CANCELED);
    event->workflow_task_completed_event_id = context->completed_event_id;
    event->details = command->details;
    model_close(context->tx, WF_WORKFLOW_EXECUTION_STATUS_CANCELED);
    return MODEL_CAUSE_NONE;
}

static int32_t continue_as_new(struct context *context)
{
    const struct wf_command_continue_as_new_workflow_execution *command =
        context->command->attributes.continue_as_new_workflow_execution;
    int64_t unused_ns = 0;

    if ((command->retry_policy != NULL && !model_policy_is_valid(command->retry_policy)) ||
        !model_duration(command->workflow_run_timeout, &unused_ns) ||
        !model_duration(command->workflow_task_timeout, &unused_ns) ||
        !model_duration(command->backoff_start_interval, &unused_ns) ||
        !model_is_id_or_none(context->tx->model, wf_workflow_type_name(command->workflow_type)) ||
        (command->task_queue != NULL && !model_is_id_or_none(context->tx->model, command->task_queue->name)) ||
        (command->cron_schedule.size_bytes > 0 &&
         !model_cron_backoff(command->cron_schedule, context->tx->now_ns, context->tx->now_ns, &unused_ns))) {
        return CAUSE(BAD_CONTINUE_AS_NEW_ATTRIBUTES);
    }
    if (is_too_large(context, command->input)) {
        return CAUSE(BAD_CONTINUE_AS_NEW_ATTRIBUTES) | MODEL_CAUSE_TERMINATES;
    }
    if (!model_attributes_are_valid(context->tx, command->search_attributes)) {
        return CAUSE(BAD_SEARCH_ATTRIBUTES);
    }
    if (model_is_memo_too_large(context->tx, command->memo)) {
        return CAUSE(BAD_CONTINUE_AS_NEW_ATTRIBUTES) | MODEL_CAUSE_TERMINATES;
    }
    model_continue_run(context->tx, command, context->completed_event_id);
    return MODEL_CAUSE_NONE;
}

static int32_t close(struct context *context)
{
    if (context->has_buffered) {
        return CAUSE(UNHANDLED_COMMAND); /* 2.2 rule 5 */
    }
    switch (context->command->command_type) {
    case WF_COMMAND_TYPE_COMPLETE_WORKFLOW_EXECUTION:
        return complete(context);
    case WF_COMMAND_TYPE_FAIL_WORKFLOW_EXECUTION:
        return fail(context);
    case WF_COMMAND_TYPE_CANCEL_WORKFLOW_EXECUTION:
        return cancel(context);
    default:
        return continue_as_new(context);
    }
}

/* ---- All of them ---- */

/* 2.3: a command without attributes. */
static int32_t bad_attributes(const struct context *context)
{
    switch (context->command->command_type) {
    case WF_COMMAND_TYPE_SCHEDULE_ACTIVITY_TASK:
        return CAUSE(BAD_SCHEDULE_ACTIVITY_ATTRIBUTES);
    case WF_COMMAND_TYPE_REQUEST_CANCEL_ACTIVITY_TASK:
        return CAUSE(BAD_REQUEST_CANCEL_ACTIVITY_ATTRIBUTES);
    case WF_COMMAND_TYPE_START_TIMER:
        return CAUSE(BAD_START_TIMER_ATTRIBUTES);
    case WF_COMMAND_TYPE_CANCEL_TIMER:
        return CAUSE(BAD_CANCEL_TIMER_ATTRIBUTES);
    case WF_COMMAND_TYPE_RECORD_MARKER:
        return CAUSE(BAD_RECORD_MARKER_ATTRIBUTES);
    case WF_COMMAND_TYPE_START_CHILD_WORKFLOW_EXECUTION:
        return CAUSE(BAD_START_CHILD_EXECUTION_ATTRIBUTES);
    case WF_COMMAND_TYPE_SIGNAL_EXTERNAL_WORKFLOW_EXECUTION:
        return CAUSE(BAD_SIGNAL_WORKFLOW_EXECUTION_ATTRIBUTES);
    case WF_COMMAND_TYPE_REQUEST_CANCEL_EXTERNAL_WORKFLOW_EXECUTION:
        return CAUSE(BAD_REQUEST_CANCEL_EXTERNAL_WORKFLOW_EXECUTION_ATTRIBUTES);
    case WF_COMMAND_TYPE_PROTOCOL_MESSAGE:
        return CAUSE(BAD_UPDATE_WORKFLOW_EXECUTION_MESSAGE);
    case WF_COMMAND_TYPE_UPSERT_WORKFLOW_SEARCH_ATTRIBUTES:
        return CAUSE(BAD_SEARCH_ATTRIBUTES);
    case WF_COMMAND_TYPE_MODIFY_WORKFLOW_PROPERTIES:
        return CAUSE(BAD_MODIFY_WORKFLOW_PROPERTIES_ATTRIBUTES);
    case WF_COMMAND_TYPE_SCHEDULE_NEXUS_OPERATION:
        return CAUSE(BAD_SCHEDULE_NEXUS_OPERATION_ATTRIBUTES);
    case WF_COMMAND_TYPE_REQUEST_CANCEL_NEXUS_OPERATION:
        return CAUSE(BAD_REQUEST_CANCEL_NEXUS_OPERATION_ATTRIBUTES);
    case WF_COMMAND_TYPE_COMPLETE_WORKFLOW_EXECUTION:
        return context->has_buffered ? CAUSE(UNHANDLED_COMMAND) : CAUSE(BAD_COMPLETE_WORKFLOW_EXECUTION_ATTRIBUTES);
    case WF_COMMAND_TYPE_FAIL_WORKFLOW_EXECUTION:
        return context->has_buffered ? CAUSE(UNHANDLED_COMMAND) : CAUSE(BAD_FAIL_WORKFLOW_EXECUTION_ATTRIBUTES);
    case WF_COMMAND_TYPE_CANCEL_WORKFLOW_EXECUTION:
        return context->has_buffered ? CAUSE(UNHANDLED_COMMAND) : CAUSE(BAD_CANCEL_WORKFLOW_EXECUTION_ATTRIBUTES);
    default:
        return context->has_buffered ? CAUSE(UNHANDLED_COMMAND) : CAUSE(BAD_CONTINUE_AS_NEW_ATTRIBUTES);
    }
}

static int32_t perform(struct context *context)
{
    struct model_transaction *tx = context->tx;
    const struct wf_command *command = context->command;

    if (command->attributes_case == 0) {
        return bad_attributes(context);
    }
    switch (command->command_type) {
    case WF_COMMAND_TYPE_SCHEDULE_ACTIVITY_TASK:
        return model_schedule_activity(tx, command->attributes.schedule_activity_task, context->completed_event_id,
                                       context->request->identity);
    case WF_COMMAND_TYPE_REQUEST_CANCEL_ACTIVITY_TASK:
        return model_cancel_activity(tx, command->attributes.request_cancel_activity_task->scheduled_event_id,
                                     context->completed_event_id, context->request->identity,
                                     &context->has_canceled_unstarted);
    case WF_COMMAND_TYPE_START_TIMER:
        return model_start_timer(tx, command->attributes.start_timer, context->completed_event_id);
    case WF_COMMAND_TYPE_CANCEL_TIMER:
        return model_cancel_timer(tx, command->attributes.cancel_timer->timer_id, context->completed_event_id,
                                  context->request->identity, &context->has_buffered);
    case WF_COMMAND_TYPE_RECORD_MARKER:
        return record_marker(context);
    case WF_COMMAND_TYPE_START_CHILD_WORKFLOW_EXECUTION:
        return model_start_child(tx, command->attributes.start_child_workflow_execution, context->completed_event_id);
    case WF_COMMAND_TYPE_SIGNAL_EXTERNAL_WORKFLOW_EXECUTION:
        return model_signal_external(tx, command->attributes.signal_external_workflow_execution,
                                     context->completed_event_id);
    case WF_COMMAND_TYPE_REQUEST_CANCEL_EXTERNAL_WORKFLOW_EXECUTION:
        return model_cancel_external(tx, command->attributes.request_cancel_external_workflow_execution,
                                     context->completed_event_id);
    case WF_COMMAND_TYPE_SCHEDULE_NEXUS_OPERATION:
        return model_schedule_nexus(tx, command->attributes.schedule_nexus_operation, context->completed_event_id);
    case WF_COMMAND_TYPE_REQUEST_CANCEL_NEXUS_OPERATION:
        return model_cancel_nexus(tx, command->attributes.request_cancel_nexus_operation->scheduled_event_id,
                                  context->completed_event_id);
    case WF_COMMAND_TYPE_PROTOCOL_MESSAGE:
        return model_protocol_message(tx, context->request, command->attributes.protocol_message->message_id);
    case WF_COMMAND_TYPE_UPSERT_WORKFLOW_SEARCH_ATTRIBUTES:
        return upsert(context);
    case WF_COMMAND_TYPE_MODIFY_WORKFLOW_PROPERTIES:
        return modify(context);
    default:
        return close(context);
    }
}

int32_t model_commands(struct model_transaction *tx, const struct wf_svc_respond_workflow_task_completed *request,
                       int64_t completed_event_id, bool *has_canceled_unstarted)
{
    struct context context = {.tx = tx,
                              .request = request,
                              .completed_event_id = completed_event_id,
                              .has_buffered = tx->state->buffered_events.count > 0};
    int32_t cause = MODEL_CAUSE_NONE;

    for (uint32_t i = 0; i < request->commands.count && cause == MODEL_CAUSE_NONE; i++) {
        context.command = &request->commands.items[i];
        tx->command = context.command;
        cause = perform(&context);
    }
    tx->command = NULL;
    tx->wants_task = tx->wants_task || context.has_buffered;
    *has_canceled_unstarted = context.has_canceled_unstarted;
    return cause;
}
