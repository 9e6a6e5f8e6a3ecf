/* Words of the text form are rows of one table; each calls the function that appends the event. */
#include "tests/support/history_builder.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "engine/base/assert.h"
#include "engine/codec.h"

#define ARGUMENTS_MAX 11

static void *take(struct history_builder *history, const struct wf_message_type *type)
{
    void *message = wf_message_new(history->arena, type);

    WF_ASSERT(message != NULL);
    return message;
}

static struct wf_string text(struct history_builder *history, const char *string)
{
    return wf_string_copy(history->arena, wf_string_of(string));
}

void history_init(struct history_builder *history, struct wf_arena *arena)
{
    *history = (struct history_builder){
        .arena = arena, .core_flags = "123", .lang_flags = "", .sdk_name = "wfsim"};
}

struct wf_history history_of(const struct history_builder *history)
{
    return (struct wf_history){.events = history->events,
                               .event_count = history->count,
                               .workflow_id = WF_STR("workflow-id"),
                               .run_id = WF_STR(HISTORY_RUN_ID),
                               .workflow_type = WF_STR(HISTORY_WORKFLOW)};
}

struct wf_string history_bytes(const struct history_builder *history, int64_t first_id,
                               int64_t last_id)
{
    struct wf_history_message message = {0};
    struct wf_buffer out;

    WF_ASSERT(first_id >= 1 && first_id <= last_id + 1 && last_id <= history->count);
    message.events.items = history->events + (first_id - 1);
    message.events.count = (uint32_t)(last_id - first_id + 1);
    wf_buffer_init(&out, history->arena);
    wf_wire_encode(&wf_type_history_message, &message, &out);
    WF_ASSERT(!out.is_full);
    return wf_buffer_string(&out);
}

struct wf_event *history_event(struct history_builder *history, enum wf_event_type type)
{
    struct wf_event *event = NULL;

    if (history->count == history->capacity) {
        const uint32_t capacity = history->capacity == 0 ? 64 : history->capacity * 2;
        struct wf_event *events = wf_arena_take_array(history->arena, capacity, sizeof *events);

        WF_ASSERT(events != NULL);
        if (history->count > 0) {
            memcpy(events, history->events, history->count * sizeof *events);
        }
        history->events = events;
        history->capacity = capacity;
    }
    event = &history->events[history->count++];
    event->event_id = history->count;
    event->event_type = (int32_t)type;
    event->event_time = (struct wf_timestamp){
        .seconds = HISTORY_EPOCH_SECONDS + (int64_t)history->count, .is_set = true};
    event->attributes_case = wf_event_descriptors[type].oneof_number;
    event->attributes.any = take(history, wf_event_descriptors[type].attributes);
    return event;
}

struct wf_payload history_payload(struct wf_arena *arena, const char *json)
{
    struct wf_payload payload = {0};
    struct wf_entry_string *encoding = wf_arena_take(arena, sizeof *encoding);

    WF_ASSERT(encoding != NULL);
    *encoding = (struct wf_entry_string){WF_STR("encoding"), WF_STR("json/plain")};
    payload.metadata.items = encoding;
    payload.metadata.count = 1;
    payload.data = wf_string_copy(arena, wf_string_of(json));
    return payload;
}

struct wf_payloads *history_payloads(struct wf_arena *arena, const char *json)
{
    struct wf_payloads *payloads = wf_arena_take(arena, sizeof *payloads);
    struct wf_payload *payload = wf_arena_take(arena, sizeof *payload);

    WF_ASSERT(payloads != NULL && payload != NULL);
    *payload = history_payload(arena, json);
    payloads->payloads.items = payload;
    payloads->payloads.count = 1;
    return payloads;
}

static struct wf_failure *failure(struct history_builder *history, const char *message)
{
    struct wf_failure *made = take(history, &wf_type_failure);

    made->message = text(history, message);
    made->failure_info_case = WF_CASE_failure_application_failure_info;
    made->failure_info.application_failure_info = take(history, &wf_type_application_failure_info);
    return made;
}

static struct wf_activity_type *activity_type(struct history_builder *history, const char *name)
{
    struct wf_activity_type *type = take(history, &wf_type_activity_type);

    type->name = text(history, name);
    return type;
}

static struct wf_workflow_type *workflow_type(struct history_builder *history, const char *name)
{
    struct wf_workflow_type *type = take(history, &wf_type_workflow_type);

    type->name = text(history, name);
    return type;
}

/* ---- The run and its tasks ---- */

struct wf_event *history_started(struct history_builder *history, const char *type)
{
    struct wf_event *event = history_event(history, WF_EVENT_TYPE_WORKFLOW_EXECUTION_STARTED);
    struct wf_event_workflow_execution_started *started =
        event->attributes.workflow_execution_started;

    started->workflow_type = workflow_type(history, type);
    started->original_execution_run_id = WF_STR(HISTORY_RUN_ID);
    started->first_execution_run_id = WF_STR(HISTORY_RUN_ID);
    started->task_queue = take(history, &wf_type_task_queue);
    started->task_queue->name = WF_STR("queue");
    started->attempt = 1;
    return event;
}

struct wf_event *history_task(struct history_builder *history)
{
    struct wf_event *event = history_event(history, WF_EVENT_TYPE_WORKFLOW_TASK_SCHEDULED);
    const int64_t scheduled_id = event->event_id;

    event->attributes.workflow_task_scheduled->attempt = 1;
    event = history_event(history, WF_EVENT_TYPE_WORKFLOW_TASK_STARTED);
    event->attributes.workflow_task_started->scheduled_event_id = scheduled_id;
    event->attributes.workflow_task_started->history_size_bytes = 100 * event->event_id;
    return event;
}

/* One flag a digit. */
static void add_flags(struct history_builder *history, void *list, const char *digits)
{
    for (; *digits != '\0'; digits++) {
        uint32_t *flag = wf_list_append(history->arena, list, sizeof *flag);

        WF_ASSERT(flag != NULL);
        *flag = (uint32_t)(*digits - '0');
    }
}

struct wf_event *history_task_completed(struct history_builder *history)
{
    struct wf_event *event = history_event(history, WF_EVENT_TYPE_WORKFLOW_TASK_COMPLETED);
    struct wf_event_workflow_task_completed *completed = event->attributes.workflow_task_completed;

    completed->scheduled_event_id = event->event_id - 2;
    completed->started_event_id = event->event_id - 1;
    if (!history->has_metadata) {
        history->has_metadata = true;
        completed->sdk_metadata = take(history, &wf_type_workflow_task_completed_metadata);
        add_flags(history, &completed->sdk_metadata->core_used_flags, history->core_flags);
        add_flags(history, &completed->sdk_metadata->lang_used_flags, history->lang_flags);
        completed->sdk_metadata->sdk_name = text(history, history->sdk_name);
    }
    return event;
}

struct wf_event *history_task_failed(struct history_builder *history)
{
    struct wf_event *event = history_event(history, WF_EVENT_TYPE_WORKFLOW_TASK_FAILED);

    event->attributes.workflow_task_failed->started_event_id = event->event_id - 1;
    event->attributes.workflow_task_failed->cause =
        WF_WORKFLOW_TASK_FAILED_CAUSE_WORKFLOW_WORKER_UNHANDLED_FAILURE;
    return event;
}

struct wf_event *history_task_reset(struct history_builder *history, const char *new_run_id)
{
    struct wf_event *event = history_task_failed(history);

    event->attributes.workflow_task_failed->cause = WF_WORKFLOW_TASK_FAILED_CAUSE_RESET_WORKFLOW;
    event->attributes.workflow_task_failed->new_run_id = text(history, new_run_id);
    return event;
}

struct wf_event *history_task_timed_out(struct history_builder *history)
{
    struct wf_event *event = history_event(history, WF_EVENT_TYPE_WORKFLOW_TASK_TIMED_OUT);

    event->attributes.workflow_task_timed_out->started_event_id = event->event_id - 1;
    event->attributes.workflow_task_timed_out->timeout_type = WF_TIMEOUT_TYPE_START_TO_CLOSE;
    return event;
}

/* ---- Activities ---- */

struct wf_event *history_activity(struct history_builder *history, const char *id, const char *type)
{
    struct wf_event *event = history_event(history, WF_EVENT_TYPE_ACTIVITY_TASK_SCHEDULED);

    event->attributes.activity_task_scheduled->activity_id = text(history, id);
    event->attributes.activity_task_scheduled->activity_type = activity_type(history, type);
    return event;
}

struct wf_event *history_activity_started(struct history_builder *history, int64_t scheduled_id)
{
    struct wf_event *event = history_event(history, WF_EVENT_TYPE_ACTIVITY_TASK_STARTED);

    event->attributes.activity_task_started->scheduled_event_id = scheduled_id;
    event->attributes.activity_task_started->attempt = 1;
    return event;
}

struct wf_event *history_activity_completed(struct history_builder *history, int64_t scheduled_id,
                                            const char *json)
{
    struct wf_event *event = history_event(history, WF_EVENT_TYPE_ACTIVITY_TASK_COMPLETED);

    event->attributes.activity_task_completed->scheduled_event_id = scheduled_id;
    event->attributes.activity_task_completed->started_event_id = event->event_id - 1;
    event->attributes.activity_task_completed->result = history_payloads(history->arena, json);
    return event;
}

struct wf_event *history_activity_failed(struct history_builder *history, int64_t scheduled_id,
                                         const char *message)
{
    struct wf_event *event = history_event(history, WF_EVENT_TYPE_ACTIVITY_TASK_FAILED);

    event->attributes.activity_task_failed->scheduled_event_id = scheduled_id;
    event->attributes.activity_task_failed->failure = failure(history, message);
    event->attributes.activity_task_failed->identity = WF_STR("worker");
    event->attributes.activity_task_failed->retry_state = WF_RETRY_STATE_NON_RETRYABLE_FAILURE;
    return event;
}

struct wf_event *history_activity_timed_out(struct history_builder *history, int64_t scheduled_id)
{
    struct wf_event *event = history_event(history, WF_EVENT_TYPE_ACTIVITY_TASK_TIMED_OUT);

    event->attributes.activity_task_timed_out->scheduled_event_id = scheduled_id;
    event->attributes.activity_task_timed_out->failure = failure(history, "timeout");
    event->attributes.activity_task_timed_out->retry_state = WF_RETRY_STATE_TIMEOUT;
    return event;
}

struct wf_event *history_activity_cancel_requested(struct history_builder *history,
                                                   int64_t scheduled_id)
{
    struct wf_event *event = history_event(history, WF_EVENT_TYPE_ACTIVITY_TASK_CANCEL_REQUESTED);

    event->attributes.activity_task_cancel_requested->scheduled_event_id = scheduled_id;
    return event;
}

struct wf_event *history_activity_canceled(struct history_builder *history, int64_t scheduled_id)
{
    struct wf_event *event = history_event(history, WF_EVENT_TYPE_ACTIVITY_TASK_CANCELED);

    event->attributes.activity_task_canceled->scheduled_event_id = scheduled_id;
    event->attributes.activity_task_canceled->details = history_payloads(history->arena,
                                                                         "\"details\"");
    return event;
}

/* ---- Timers ---- */

struct wf_event *history_timer(struct history_builder *history, const char *id)
{
    struct wf_event *event = history_event(history, WF_EVENT_TYPE_TIMER_STARTED);

    event->attributes.timer_started->timer_id = text(history, id);
    event->attributes.timer_started->start_to_fire_timeout = (struct wf_timestamp){.seconds = 1,
                                                                                   .is_set = true};
    return event;
}

struct wf_event *history_timer_fired(struct history_builder *history, int64_t started_id,
                                     const char *id)
{
    struct wf_event *event = history_event(history, WF_EVENT_TYPE_TIMER_FIRED);

    event->attributes.timer_fired->started_event_id = started_id;
    event->attributes.timer_fired->timer_id = text(history, id);
    return event;
}

struct wf_event *history_timer_canceled(struct history_builder *history, int64_t started_id)
{
    struct wf_event *event = history_event(history, WF_EVENT_TYPE_TIMER_CANCELED);

    event->attributes.timer_canceled->started_event_id = started_id;
    return event;
}

/* ---- Children ---- */

struct wf_event *history_child(struct history_builder *history, const char *id, const char *type)
{
    struct wf_event *event = history_event(history,
                                           WF_EVENT_TYPE_START_CHILD_WORKFLOW_EXECUTION_INITIATED);

    event->attributes.start_child_workflow_execution_initiated->workflow_id = text(history, id);
    event->attributes.start_child_workflow_execution_initiated->workflow_type = workflow_type(
        history, type);
    event->attributes.start_child_workflow_execution_initiated->namespace = WF_STR("default");
    return event;
}

struct wf_event *history_child_start_failed(struct history_builder *history, int64_t initiated_id)
{
    struct wf_event *event = history_event(history,
                                           WF_EVENT_TYPE_START_CHILD_WORKFLOW_EXECUTION_FAILED);

    event->attributes.start_child_workflow_execution_failed->initiated_event_id = initiated_id;
    event->attributes.start_child_workflow_execution_failed->cause =
        WF_START_CHILD_WORKFLOW_EXECUTION_FAILED_CAUSE_WORKFLOW_ALREADY_EXISTS;
    return event;
}

struct wf_event *history_child_started(struct history_builder *history, int64_t initiated_id)
{
    struct wf_event *event = history_event(history, WF_EVENT_TYPE_CHILD_WORKFLOW_EXECUTION_STARTED);
    struct wf_workflow_execution *execution = take(history, &wf_type_workflow_execution);

    execution->run_id = WF_STR("child-run-id");
    event->attributes.child_workflow_execution_started->initiated_event_id = initiated_id;
    event->attributes.child_workflow_execution_started->workflow_execution = execution;
    return event;
}

struct wf_event *history_child_completed(struct history_builder *history, int64_t initiated_id,
                                         const char *json)
{
    struct wf_event *event = history_event(history,
                                           WF_EVENT_TYPE_CHILD_WORKFLOW_EXECUTION_COMPLETED);

    event->attributes.child_workflow_execution_completed->initiated_event_id = initiated_id;
    event->attributes.child_workflow_execution_completed->result = history_payloads(history->arena,
                                                                                    json);
    return event;
}

struct wf_event *history_child_failed(struct history_builder *history, int64_t initiated_id,
                                      const char *message)
{
    struct wf_event *event = history_event(history, WF_EVENT_TYPE_CHILD_WORKFLOW_EXECUTION_FAILED);

    event->attributes.child_workflow_execution_failed->initiated_event_id = initiated_id;
    event->attributes.child_workflow_execution_failed->failure = failure(history, message);
    return event;
}

struct wf_event *history_child_canceled(struct history_builder *history, int64_t initiated_id)
{
    struct wf_event *event = history_event(history,
                                           WF_EVENT_TYPE_CHILD_WORKFLOW_EXECUTION_CANCELED);

    event->attributes.child_workflow_execution_canceled->initiated_event_id = initiated_id;
    return event;
}

struct wf_event *history_child_timed_out(struct history_builder *history, int64_t initiated_id)
{
    struct wf_event *event = history_event(history,
                                           WF_EVENT_TYPE_CHILD_WORKFLOW_EXECUTION_TIMED_OUT);

    event->attributes.child_workflow_execution_timed_out->initiated_event_id = initiated_id;
    return event;
}

struct wf_event *history_child_terminated(struct history_builder *history, int64_t initiated_id)
{
    struct wf_event *event = history_event(history,
                                           WF_EVENT_TYPE_CHILD_WORKFLOW_EXECUTION_TERMINATED);

    event->attributes.child_workflow_execution_terminated->initiated_event_id = initiated_id;
    return event;
}

/* ---- Signals and requests ---- */

struct wf_event *history_signaled(struct history_builder *history, const char *name)
{
    struct wf_event *event = history_event(history, WF_EVENT_TYPE_WORKFLOW_EXECUTION_SIGNALED);

    event->attributes.workflow_execution_signaled->signal_name = text(history, name);
    event->attributes.workflow_execution_signaled->input = history_payloads(history->arena,
                                                                            "\"input\"");
    return event;
}

struct wf_event *history_cancel_requested(struct history_builder *history, const char *cause)
{
    struct wf_event *event = history_event(history,
                                           WF_EVENT_TYPE_WORKFLOW_EXECUTION_CANCEL_REQUESTED);

    event->attributes.workflow_execution_cancel_requested->cause = text(history, cause);
    return event;
}

struct wf_event *history_signal_external(struct history_builder *history, const char *name)
{
    struct wf_event *event = history_event(
        history, WF_EVENT_TYPE_SIGNAL_EXTERNAL_WORKFLOW_EXECUTION_INITIATED);

    event->attributes.signal_external_workflow_execution_initiated->signal_name = text(history,
                                                                                       name);
    return event;
}

struct wf_event *history_signal_external_failed(struct history_builder *history,
                                                int64_t initiated_id)
{
    struct wf_event *event = history_event(history,
                                           WF_EVENT_TYPE_SIGNAL_EXTERNAL_WORKFLOW_EXECUTION_FAILED);

    event->attributes.signal_external_workflow_execution_failed->initiated_event_id = initiated_id;
    event->attributes.signal_external_workflow_execution_failed->cause =
        WF_SIGNAL_EXTERNAL_WORKFLOW_EXECUTION_FAILED_CAUSE_EXTERNAL_WORKFLOW_EXECUTION_NOT_FOUND;
    return event;
}

struct wf_event *history_external_signaled(struct history_builder *history, int64_t initiated_id)
{
    struct wf_event *event = history_event(history,
                                           WF_EVENT_TYPE_EXTERNAL_WORKFLOW_EXECUTION_SIGNALED);

    event->attributes.external_workflow_execution_signaled->initiated_event_id = initiated_id;
    return event;
}

struct wf_event *history_cancel_external(struct history_builder *history, const char *workflow_id)
{
    struct wf_event *event = history_event(
        history, WF_EVENT_TYPE_REQUEST_CANCEL_EXTERNAL_WORKFLOW_EXECUTION_INITIATED);
    struct wf_workflow_execution *execution = take(history, &wf_type_workflow_execution);

    execution->workflow_id = text(history, workflow_id);
    event->attributes.request_cancel_external_workflow_execution_initiated->workflow_execution =
        execution;
    return event;
}

struct wf_event *history_cancel_external_failed(struct history_builder *history,
                                                int64_t initiated_id)
{
    struct wf_event *event = history_event(
        history, WF_EVENT_TYPE_REQUEST_CANCEL_EXTERNAL_WORKFLOW_EXECUTION_FAILED);

    event->attributes.request_cancel_external_workflow_execution_failed->initiated_event_id =
        initiated_id;
    event->attributes.request_cancel_external_workflow_execution_failed->cause =
        WF_CANCEL_EXTERNAL_WORKFLOW_EXECUTION_FAILED_CAUSE_EXTERNAL_WORKFLOW_EXECUTION_NOT_FOUND;
    return event;
}

struct wf_event *history_external_cancel_requested(struct history_builder *history,
                                                   int64_t initiated_id)
{
    struct wf_event *event = history_event(
        history, WF_EVENT_TYPE_EXTERNAL_WORKFLOW_EXECUTION_CANCEL_REQUESTED);

    event->attributes.external_workflow_execution_cancel_requested->initiated_event_id =
        initiated_id;
    return event;
}

/* ---- Markers and properties ---- */

static void add_detail(struct history_builder *history, struct wf_event *event, const char *key, const char *json)
{
    struct wf_entry_payloads *detail = wf_list_append(history->arena, &event->attributes.marker_recorded->details,
                                                      sizeof *detail);

    WF_ASSERT(detail != NULL);
    detail->key = text(history, key);
    detail->value = *history_payloads(history->arena, json);
}

struct wf_event *history_marker(struct history_builder *history, const char *name, const char *key,
                                const char *json)
{
    struct wf_event *event = history_event(history, WF_EVENT_TYPE_MARKER_RECORDED);

    event->attributes.marker_recorded->marker_name = text(history, name);
    add_detail(history, event, key, json);
    return event;
}

struct wf_event *history_patch(struct history_builder *history, const char *id, bool is_deprecated)
{
    struct wf_buffer json;

    wf_buffer_init(&json, history->arena);
    wf_buffer_printf(&json, "{\"id\":\"%s\",\"deprecated\":%s}", id,
                     is_deprecated ? "true" : "false");
    wf_buffer_append_char(&json, '\0');
    return history_marker(history, "core_patch", "patch-data", json.data);
}

struct wf_event *history_local_activity(struct history_builder *history, uint32_t seq,
                                        const char *type)
{
    struct wf_buffer json;

    wf_buffer_init(&json, history->arena);
    wf_buffer_printf(&json,
                     "{\"seq\":%u,\"attempt\":1,\"activity_id\":\"%u\",\"activity_type\":\"%s\","
                     "\"complete_time\":{\"seconds\":%lld,\"nanos\":0},\"backoff\":null,"
                     "\"original_schedule_time\":{\"seconds\":%lld,\"nanos\":0}}",
                     seq, seq, type, (long long)(HISTORY_EPOCH_SECONDS + 1000 + seq),
                     (long long)HISTORY_EPOCH_SECONDS);
    wf_buffer_append_char(&json, '\0');
    return history_marker(history, "core_local_activity", "data", json.data);
}

struct wf_event *history_upsert(struct history_builder *history, const char *key, const char *json)
{
    struct wf_event *event = history_event(history,
                                           WF_EVENT_TYPE_UPSERT_WORKFLOW_SEARCH_ATTRIBUTES);
    struct wf_search_attributes *attributes = take(history, &wf_type_search_attributes);
    struct wf_entry_payload *entry = wf_list_append(history->arena, &attributes->indexed_fields,
                                                    sizeof *entry);

    WF_ASSERT(entry != NULL);
    entry->key = text(history, key);
    entry->value = history_payload(history->arena, json);
    event->attributes.upsert_workflow_search_attributes->search_attributes = attributes;
    return event;
}

struct wf_event *history_memo(struct history_builder *history)
{
    return history_event(history, WF_EVENT_TYPE_WORKFLOW_PROPERTIES_MODIFIED);
}

/* ---- Updates ---- */

static struct wf_update_request *update_request(struct history_builder *history, const char *id)
{
    struct wf_update_request *request = take(history, &wf_type_update_request);

    request->meta = take(history, &wf_type_update_meta);
    request->meta->update_id = text(history, id);
    request->input = take(history, &wf_type_update_input);
    request->input->name = WF_STR("update");
    request->input->args = history_payloads(history->arena, "1");
    return request;
}

struct wf_event *history_update_admitted(struct history_builder *history, const char *id)
{
    struct wf_event *event = history_event(history,
                                           WF_EVENT_TYPE_WORKFLOW_EXECUTION_UPDATE_ADMITTED);

    event->attributes.workflow_execution_update_admitted->request = update_request(history, id);
    return event;
}

struct wf_event *history_update_accepted(struct history_builder *history, const char *id,
                                         int64_t sequencing_id)
{
    struct wf_event *event = history_event(history,
                                           WF_EVENT_TYPE_WORKFLOW_EXECUTION_UPDATE_ACCEPTED);
    struct wf_event_workflow_execution_update_accepted *accepted =
        event->attributes.workflow_execution_update_accepted;

    accepted->protocol_instance_id = text(history, id);
    accepted->accepted_request_sequencing_event_id = sequencing_id;
    accepted->accepted_request = update_request(history, id);
    return event;
}

struct wf_event *history_update_completed(struct history_builder *history, const char *id)
{
    struct wf_event *event = history_event(history,
                                           WF_EVENT_TYPE_WORKFLOW_EXECUTION_UPDATE_COMPLETED);

    event->attributes.workflow_execution_update_completed->meta = take(history,
                                                                       &wf_type_update_meta);
    event->attributes.workflow_execution_update_completed->meta->update_id = text(history, id);
    return event;
}

/* ---- Nexus ---- */

struct wf_event *history_nexus(struct history_builder *history)
{
    struct wf_event *event = history_event(history, WF_EVENT_TYPE_NEXUS_OPERATION_SCHEDULED);

    event->attributes.nexus_operation_scheduled->endpoint = WF_STR("endpoint");
    event->attributes.nexus_operation_scheduled->service = WF_STR("service");
    event->attributes.nexus_operation_scheduled->operation = WF_STR("operation");
    return event;
}

struct wf_event *history_nexus_outcome(struct history_builder *history, enum wf_event_type type,
                                       int64_t scheduled_id)
{
    struct wf_event *event = history_event(history, type);
    const struct wf_field *field = NULL;

    for (uint32_t i = 0; i < wf_event_descriptors[type].attributes->field_count; i++) {
        if (strcmp(wf_event_descriptors[type].attributes->fields[i].json_name,
                   "scheduledEventId") == 0) {
            field = &wf_event_descriptors[type].attributes->fields[i];
        }
    }
    WF_ASSERT(field != NULL);
    memcpy((char *)event->attributes.any + field->offset, &scheduled_id, sizeof scheduled_id);
    return event;
}

/* ---- The end ---- */

struct wf_event *history_closed(struct history_builder *history, enum wf_event_type type)
{
    WF_ASSERT(wf_event_is_close((int32_t)type));
    return history_event(history, type);
}

/* ---- The text form ---- */

struct arguments {
    char texts[ARGUMENTS_MAX][128];
    uint32_t count;
};

static const char *argument(const struct arguments *arguments, uint32_t index,
                            const char *otherwise)
{
    return index < arguments->count ? arguments->texts[index] : otherwise;
}

static int64_t event_argument(const struct arguments *arguments, uint32_t index)
{
    WF_ASSERT(index < arguments->count);
    return strtoll(arguments->texts[index], NULL, 10);
}

typedef void (*add_word)(struct history_builder *history, const struct arguments *arguments);

/* A word without arguments, with the id of another event, and with an id and a text. */
#define WORD(name, call)                                                                           \
    static void add_##name(struct history_builder *history, const struct arguments *a)             \
    {                                                                                              \
        (void)a;                                                                                   \
        call;                                                                                      \
    }
WORD(started, history_started(history, argument(a, 0, HISTORY_WORKFLOW)))
WORD(task, history_task(history))
WORD(completed, history_task_completed(history))
WORD(failed, history_task_failed(history))
WORD(reset, history_task_reset(history, argument(a, 0, "new-run-id-xyz")))
WORD(timed_out, history_task_timed_out(history))
WORD(activity, history_activity(history, argument(a, 0, "1"), argument(a, 1, "foo")))
WORD(activity_started, history_activity_started(history, event_argument(a, 0)))
WORD(activity_completed,
     history_activity_completed(history, event_argument(a, 0), argument(a, 1, "\"r\"")))
WORD(activity_failed, history_activity_failed(history, event_argument(a, 0), "failed"))
WORD(activity_timed_out, history_activity_timed_out(history, event_argument(a, 0)))
WORD(activity_cancel_requested, history_activity_cancel_requested(history, event_argument(a, 0)))
WORD(activity_canceled, history_activity_canceled(history, event_argument(a, 0)))
WORD(timer, history_timer(history, argument(a, 0, "1")))
WORD(fired, history_timer_fired(history, event_argument(a, 0), argument(a, 1, "1")))
WORD(timer_canceled,
     history_timer_canceled(history, event_argument(a, 0))->attributes.timer_canceled->timer_id =
         text(history, argument(a, 1, "")))
WORD(child, history_child(history, argument(a, 0, "child"), argument(a, 1, "Child")))
WORD(child_start_failed, history_child_start_failed(history, event_argument(a, 0)))
WORD(child_started, history_child_started(history, event_argument(a, 0)))
WORD(child_completed, history_child_completed(history, event_argument(a, 0), "\"c\""))
WORD(child_failed, history_child_failed(history, event_argument(a, 0), "failed"))
WORD(child_canceled, history_child_canceled(history, event_argument(a, 0)))
WORD(child_timed_out, history_child_timed_out(history, event_argument(a, 0)))
WORD(child_terminated, history_child_terminated(history, event_argument(a, 0)))
WORD(signaled, history_signaled(history, argument(a, 0, "signal")))
WORD(cancel_requested, history_cancel_requested(history, argument(a, 0, "cause")))
WORD(signal_external,
     history_signal_external(history, argument(a, 0, "signal"))
         ->attributes.signal_external_workflow_execution_initiated->control = text(history, argument(a, 1, "")))
WORD(signal_external_failed, history_signal_external_failed(history, event_argument(a, 0)))
WORD(external_signaled, history_external_signaled(history, event_argument(a, 0)))
WORD(cancel_external,
     history_cancel_external(history, argument(a, 0, "other"))
         ->attributes.request_cancel_external_workflow_execution_initiated->control = text(history, argument(a, 1, "")))
WORD(cancel_external_failed, history_cancel_external_failed(history, event_argument(a, 0)))
WORD(external_cancel_requested, history_external_cancel_requested(history, event_argument(a, 0)))
/* A local activity of Go, by its id; it took until a minute after the epoch. */
static void add_go_local(struct history_builder *history, const struct arguments *a)
{
    struct wf_buffer json;

    wf_buffer_init(&json, history->arena);
    wf_buffer_printf(&json,
                     "{\"ActivityID\":\"%s\",\"ActivityType\":\"%s\",\"ReplayTime\":\"2023-11-14T22:14:20Z\","
                     "\"Attempt\":1,\"Backoff\":%s}",
                     argument(a, 0, "1"), argument(a, 1, "L"), argument(a, 2, "0"));
    wf_buffer_append_char(&json, '\0');
    add_detail(history, history_marker(history, "LocalActivity", "data", json.data), "result", "7");
}

/* A local activity of Java, by its id. */
static void add_java_local(struct history_builder *history, const struct arguments *a)
{
    char id[192];
    struct wf_event *event = NULL;

    (void)snprintf(id, sizeof id, "\"%s\"", argument(a, 0, "1"));
    event = history_marker(history, "LocalActivity", "activityId", id);
    add_detail(history, event, "type", "\"L\"");
    add_detail(history, event, "time", "1700000060000");
    add_detail(history, event, "result", "7");
}

/* marker NAME KEY JSON KEY JSON ... */
static void add_marker(struct history_builder *history, const struct arguments *a)
{
    struct wf_event *event = history_marker(history, argument(a, 0, "marker"), argument(a, 1, "data"), argument(a, 2, "1"));

    for (uint32_t i = 3; i < a->count; i += 2) {
        add_detail(history, event, argument(a, i, ""), argument(a, i + 1, "1"));
    }
}
WORD(patch, history_patch(history, argument(a, 0, "p1"), false))
WORD(deprecated_patch, history_patch(history, argument(a, 0, "p1"), true))
WORD(patches, history_upsert(history, "TemporalChangeVersion", argument(a, 0, "[\"p1\"]")))
WORD(local, history_local_activity(history, (uint32_t)event_argument(a, 0), argument(a, 1, "loc")))
WORD(upsert, history_upsert(history, argument(a, 0, "Key"), "1"))
WORD(memo, history_memo(history))
WORD(admitted, history_update_admitted(history, argument(a, 0, "u1")))
WORD(accepted, history_update_accepted(history, argument(a, 0, "u1"), event_argument(a, 1)))
WORD(update_completed, history_update_completed(history, argument(a, 0, "u1")))
WORD(nexus, history_nexus(history))
WORD(nexus_started,
     history_nexus_outcome(history, WF_EVENT_TYPE_NEXUS_OPERATION_STARTED, event_argument(a, 0)))
WORD(nexus_completed,
     history_nexus_outcome(history, WF_EVENT_TYPE_NEXUS_OPERATION_COMPLETED, event_argument(a, 0)))
WORD(nexus_failed,
     history_nexus_outcome(history, WF_EVENT_TYPE_NEXUS_OPERATION_FAILED, event_argument(a, 0)))
WORD(nexus_canceled,
     history_nexus_outcome(history, WF_EVENT_TYPE_NEXUS_OPERATION_CANCELED, event_argument(a, 0)))
WORD(nexus_timed_out,
     history_nexus_outcome(history, WF_EVENT_TYPE_NEXUS_OPERATION_TIMED_OUT, event_argument(a, 0)))
WORD(nexus_cancel, history_nexus_outcome(history, WF_EVENT_TYPE_NEXUS_OPERATION_CANCEL_REQUESTED,
                                         event_argument(a, 0)))
WORD(nexus_cancel_completed,
     history_nexus_outcome(history, WF_EVENT_TYPE_NEXUS_OPERATION_CANCEL_REQUEST_COMPLETED,
                           event_argument(a, 0)))
WORD(nexus_cancel_failed,
     history_nexus_outcome(history, WF_EVENT_TYPE_NEXUS_OPERATION_CANCEL_REQUEST_FAILED,
                           event_argument(a, 0)))
WORD(paused,
     history_event(history, WF_EVENT_TYPE_WORKFLOW_EXECUTION_PAUSED)->worker_may_ignore = true)
WORD(unpaused,
     history_event(history, WF_EVENT_TYPE_WORKFLOW_EXECUTION_UNPAUSED)->worker_may_ignore = true)
WORD(modified_externally,
     history_event(history, WF_EVENT_TYPE_WORKFLOW_PROPERTIES_MODIFIED_EXTERNALLY))
WORD(closed, history_closed(history, WF_EVENT_TYPE_WORKFLOW_EXECUTION_COMPLETED))
WORD(closed_failed, history_closed(history, WF_EVENT_TYPE_WORKFLOW_EXECUTION_FAILED))
WORD(closed_canceled, history_closed(history, WF_EVENT_TYPE_WORKFLOW_EXECUTION_CANCELED))
WORD(closed_continued, history_closed(history, WF_EVENT_TYPE_WORKFLOW_EXECUTION_CONTINUED_AS_NEW))
WORD(terminated, history_closed(history, WF_EVENT_TYPE_WORKFLOW_EXECUTION_TERMINATED))
WORD(closed_timed_out, history_closed(history, WF_EVENT_TYPE_WORKFLOW_EXECUTION_TIMED_OUT))

static const struct {
    const char *word;
    add_word add;
} words[] = {
    {"started", add_started},
    {"task", add_task},
    {"completed", add_completed},
    {"failed", add_failed},
    {"reset", add_reset},
    {"timed-out", add_timed_out},
    {"activity", add_activity},
    {"activity-started", add_activity_started},
    {"activity-completed", add_activity_completed},
    {"activity-failed", add_activity_failed},
    {"activity-timed-out", add_activity_timed_out},
    {"activity-cancel-requested", add_activity_cancel_requested},
    {"activity-canceled", add_activity_canceled},
    {"timer", add_timer},
    {"fired", add_fired},
    {"timer-canceled", add_timer_canceled},
    {"child", add_child},
    {"child-start-failed", add_child_start_failed},
    {"child-started", add_child_started},
    {"child-completed", add_child_completed},
    {"child-failed", add_child_failed},
    {"child-canceled", add_child_canceled},
    {"child-timed-out", add_child_timed_out},
    {"child-terminated", add_child_terminated},
    {"signaled", add_signaled},
    {"cancel-requested", add_cancel_requested},
    {"signal-external", add_signal_external},
    {"signal-external-failed", add_signal_external_failed},
    {"external-signaled", add_external_signaled},
    {"cancel-external", add_cancel_external},
    {"cancel-external-failed", add_cancel_external_failed},
    {"external-cancel-requested", add_external_cancel_requested},
    {"marker", add_marker},
    {"go-local", add_go_local},
    {"java-local", add_java_local},
    {"patch", add_patch},
    {"deprecated-patch", add_deprecated_patch},
    {"patches", add_patches},
    {"local", add_local},
    {"upsert", add_upsert},
    {"memo", add_memo},
    {"admitted", add_admitted},
    {"accepted", add_accepted},
    {"update-completed", add_update_completed},
    {"nexus", add_nexus},
    {"nexus-started", add_nexus_started},
    {"nexus-completed", add_nexus_completed},
    {"nexus-failed", add_nexus_failed},
    {"nexus-canceled", add_nexus_canceled},
    {"nexus-timed-out", add_nexus_timed_out},
    {"nexus-cancel", add_nexus_cancel},
    {"nexus-cancel-completed", add_nexus_cancel_completed},
    {"nexus-cancel-failed", add_nexus_cancel_failed},
    {"paused", add_paused},
    {"unpaused", add_unpaused},
    {"modified-externally", add_modified_externally},
    {"closed", add_closed},
    {"closed-failed", add_closed_failed},
    {"closed-canceled", add_closed_canceled},
    {"closed-continued", add_closed_continued},
    {"terminated", add_terminated},
    {"closed-timed-out", add_closed_timed_out},
};

/* Reads one event up to a comma or the end; returns what follows it. */
static const char *read_words(const char *from, char word[128], struct arguments *arguments)
{
    char *target = word;
    size_t length = 0;

    arguments->count = 0;
    word[0] = '\0';
    for (; *from != '\0' && *from != ','; from++) {
        if (*from != ' ') {
            WF_ASSERT(length < 127);
            target[length++] = *from;
            target[length] = '\0';
        } else if (length > 0) {
            WF_ASSERT(arguments->count < ARGUMENTS_MAX);
            target = arguments->texts[arguments->count++];
            target[0] = '\0';
            length = 0;
        }
    }
    while (arguments->count > 0 && arguments->texts[arguments->count - 1][0] == '\0') {
        arguments->count--;
    }
    return *from == ',' ? from + 1 : from;
}

void history_add(struct history_builder *history, const char *events)
{
    struct arguments arguments;
    char word[128];
    size_t i = 0;

    while (*events != '\0') {
        events = read_words(events, word, &arguments);
        for (i = 0; i < sizeof words / sizeof words[0] && strcmp(words[i].word, word) != 0; i++) {
        }
        WF_ASSERT(i < sizeof words / sizeof words[0]);
        words[i].add(history, &arguments);
    }
}
