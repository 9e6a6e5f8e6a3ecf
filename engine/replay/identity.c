/* One switch for each form that a step comes in. */
#include "engine/replay/identity.h"

#include "engine/base/hash.h"
#include "engine/worker/marker.h"

/* ---- Details ---- */

static uint64_t detail_of_duration(struct wf_timestamp duration)
{
    return wf_hash_mix((uint64_t)duration.seconds + 1, (uint64_t)duration.nanos) | 1;
}

/* The keys in any order. */
static uint64_t detail_of_keys(const struct wf_entry_payload *items, uint32_t count)
{
    uint64_t detail = count;

    for (uint32_t i = 0; i < count; i++) {
        detail += wf_hash_bytes(items[i].key.data, items[i].key.size_bytes);
    }
    return detail | 1;
}

static uint64_t detail_of_attributes(const struct wf_search_attributes *attributes)
{
    return attributes == NULL ? 0
                              : detail_of_keys(attributes->indexed_fields.items, attributes->indexed_fields.count);
}

static uint64_t detail_of_memo(const struct wf_memo *memo)
{
    return memo == NULL ? 0 : detail_of_keys(memo->fields.items, memo->fields.count);
}

/* ---- Each form ---- */

static struct wf_string marker_name(struct wf_arena *arena, const struct wf_event *event)
{
    struct wf_patch_marker marker;

    return wf_event_is_patch_marker(event) && wf_patch_marker_read(arena, event, &marker)
               ? marker.patch_id
               : event->attributes.marker_recorded->marker_name;
}

struct wf_identity wf_identity_of_event(struct wf_arena *arena, const struct wf_event *event)
{
    struct wf_identity identity = {.event_type = event->event_type};

    if (!wf_event_has_attributes(event)) {
        return identity;
    }
    switch (event->event_type) {
    case WF_EVENT_TYPE_ACTIVITY_TASK_SCHEDULED:
        identity.name = wf_activity_type_name(
            event->attributes.activity_task_scheduled->activity_type);
        break;
    case WF_EVENT_TYPE_MARKER_RECORDED:
        identity.name = marker_name(arena, event);
        break;
    case WF_EVENT_TYPE_START_CHILD_WORKFLOW_EXECUTION_INITIATED:
        identity.name = wf_workflow_type_name(
            event->attributes.start_child_workflow_execution_initiated->workflow_type);
        break;
    case WF_EVENT_TYPE_TIMER_STARTED:
        identity.detail = detail_of_duration(event->attributes.timer_started->start_to_fire_timeout);
        break;
    case WF_EVENT_TYPE_UPSERT_WORKFLOW_SEARCH_ATTRIBUTES:
        identity.detail = detail_of_attributes(event->attributes.upsert_workflow_search_attributes->search_attributes);
        break;
    case WF_EVENT_TYPE_WORKFLOW_PROPERTIES_MODIFIED:
        identity.detail = detail_of_memo(event->attributes.workflow_properties_modified->upserted_memo);
        break;
    case WF_EVENT_TYPE_SIGNAL_EXTERNAL_WORKFLOW_EXECUTION_INITIATED:
        identity.name = event->attributes.signal_external_workflow_execution_initiated->signal_name;
        break;
    default:
        break;
    }
    return identity;
}

/* A protocol message becomes an accepted or a completed update, which its id tells. */
static int32_t event_type_of(const struct wf_command *command)
{
    const struct wf_string suffix = WF_STR("/accept");
    struct wf_string id = {NULL, 0};

    if (command->command_type != WF_COMMAND_TYPE_PROTOCOL_MESSAGE ||
        command->attributes.any == NULL) {
        return (int32_t)wf_command_descriptors[command->command_type].event;
    }
    id = command->attributes.protocol_message->message_id;
    return id.size_bytes > suffix.size_bytes && wf_string_ends_with(id, suffix)
               ? WF_EVENT_TYPE_WORKFLOW_EXECUTION_UPDATE_ACCEPTED
               : WF_EVENT_TYPE_WORKFLOW_EXECUTION_UPDATE_COMPLETED;
}

static struct wf_string marker_command_name(struct wf_arena *arena,
                                            const struct wf_command_record_marker *command)
{
    struct wf_event_marker_recorded recorded = {.marker_name = command->marker_name};
    const struct wf_event event = {.event_type = WF_EVENT_TYPE_MARKER_RECORDED,
                                   .attributes_case = WF_CASE_event_marker_recorded,
                                   .attributes = {.marker_recorded = &recorded}};

    wf_list_share(&recorded.details, &command->details);
    return marker_name(arena, &event);
}

struct wf_identity wf_identity_of_command(struct wf_arena *arena, const struct wf_command *command)
{
    struct wf_identity identity = {.event_type = event_type_of(command)};

    if (command->attributes.any == NULL) {
        return identity;
    }
    switch (command->command_type) {
    case WF_COMMAND_TYPE_SCHEDULE_ACTIVITY_TASK:
        identity.name = wf_activity_type_name(
            command->attributes.schedule_activity_task->activity_type);
        break;
    case WF_COMMAND_TYPE_RECORD_MARKER:
        identity.name = marker_command_name(arena, command->attributes.record_marker);
        break;
    case WF_COMMAND_TYPE_START_CHILD_WORKFLOW_EXECUTION:
        identity.name = wf_workflow_type_name(
            command->attributes.start_child_workflow_execution->workflow_type);
        break;
    case WF_COMMAND_TYPE_START_TIMER:
        identity.detail = detail_of_duration(command->attributes.start_timer->start_to_fire_timeout);
        break;
    case WF_COMMAND_TYPE_UPSERT_WORKFLOW_SEARCH_ATTRIBUTES:
        identity.detail = detail_of_attributes(command->attributes.upsert_workflow_search_attributes->search_attributes);
        break;
    case WF_COMMAND_TYPE_MODIFY_WORKFLOW_PROPERTIES:
        identity.detail = detail_of_memo(command->attributes.modify_workflow_properties->upserted_memo);
        break;
    case WF_COMMAND_TYPE_SIGNAL_EXTERNAL_WORKFLOW_EXECUTION:
        identity.name = command->attributes.signal_external_workflow_execution->signal_name;
        break;
    default:
        break;
    }
    return identity;
}

struct wf_identity wf_identity_of_sdk_command(const struct wf_sdk_command *command)
{
    switch (command->variant_case) {
    case WF_CASE_sdk_command_start_timer:
        return (struct wf_identity){.event_type = WF_EVENT_TYPE_TIMER_STARTED,
                                    .detail = detail_of_duration(command->variant.start_timer->start_to_fire_timeout)};
    case WF_CASE_sdk_command_schedule_activity:
        return (struct wf_identity){.event_type = WF_EVENT_TYPE_ACTIVITY_TASK_SCHEDULED,
                                    .name = command->variant.schedule_activity->activity_type};
    case WF_CASE_sdk_command_start_child_workflow_execution:
        return (struct wf_identity){
            .event_type = WF_EVENT_TYPE_START_CHILD_WORKFLOW_EXECUTION_INITIATED,
            .name = command->variant.start_child_workflow_execution->workflow_type};
    case WF_CASE_sdk_command_signal_external_workflow_execution:
        return (struct wf_identity){
            .event_type = WF_EVENT_TYPE_SIGNAL_EXTERNAL_WORKFLOW_EXECUTION_INITIATED,
            .name = command->variant.signal_external_workflow_execution->signal_name};
    case WF_CASE_sdk_command_request_cancel_external_workflow_execution:
        return (struct wf_identity){
            .event_type = WF_EVENT_TYPE_REQUEST_CANCEL_EXTERNAL_WORKFLOW_EXECUTION_INITIATED};
    case WF_CASE_sdk_command_complete_workflow_execution:
        return (struct wf_identity){.event_type = WF_EVENT_TYPE_WORKFLOW_EXECUTION_COMPLETED};
    case WF_CASE_sdk_command_fail_workflow_execution:
        return (struct wf_identity){.event_type = WF_EVENT_TYPE_WORKFLOW_EXECUTION_FAILED};
    case WF_CASE_sdk_command_cancel_workflow_execution:
        return (struct wf_identity){.event_type = WF_EVENT_TYPE_WORKFLOW_EXECUTION_CANCELED};
    case WF_CASE_sdk_command_continue_as_new_workflow_execution:
        return (struct wf_identity){
            .event_type = WF_EVENT_TYPE_WORKFLOW_EXECUTION_CONTINUED_AS_NEW};
    case WF_CASE_sdk_command_upsert_workflow_search_attributes:
        return (struct wf_identity){
            .event_type = WF_EVENT_TYPE_UPSERT_WORKFLOW_SEARCH_ATTRIBUTES,
            .detail = detail_of_attributes(command->variant.upsert_workflow_search_attributes->search_attributes)};
    case WF_CASE_sdk_command_modify_workflow_properties:
        return (struct wf_identity){
            .event_type = WF_EVENT_TYPE_WORKFLOW_PROPERTIES_MODIFIED,
            .detail = detail_of_memo(command->variant.modify_workflow_properties->upserted_memo)};
    case WF_CASE_sdk_command_schedule_nexus_operation:
        return (struct wf_identity){.event_type = WF_EVENT_TYPE_NEXUS_OPERATION_SCHEDULED};
    default:
        return (struct wf_identity){
            0}; /* a cancel or a patch says nothing about which steps there are */
    }
}

bool wf_identity_equal(const struct wf_identity *left, const struct wf_identity *right)
{
    return left->event_type == right->event_type && wf_string_equal(left->name, right->name);
}

bool wf_identity_is_same_step(const struct wf_identity *left, const struct wf_identity *right)
{
    return wf_identity_equal(left, right) && (left->detail == 0 || right->detail == 0 || left->detail == right->detail);
}
