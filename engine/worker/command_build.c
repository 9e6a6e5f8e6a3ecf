/*
 * coresdk commands as server commands. Built on demand, because a replay that agrees never looks at
 * more than ids: the server command shares lists, payloads and failures with the completion.
 * Source: replay-rules 4.2; engine-semantics 2.1.
 */
#include "engine/base/assert.h"
#include "engine/worker/local.h"
#include "engine/worker/value_marker.h"
#include "engine/worker/update.h"
#include "engine/worker/worker_run.h"

static void set_task_queue(const struct wf_run *run, struct wf_task_queue *queue, struct wf_string name)
{
    queue->kind = WF_TASK_QUEUE_KIND_NORMAL;
    queue->name = name;
    if (name.size_bytes == 0 && run->started != NULL && run->started->task_queue != NULL) {
        queue->name = run->started->task_queue->name; /* default: the workflow's own */
    }
}

static struct wf_task_queue *task_queue_of(struct wf_run *run, struct wf_string name)
{
    struct wf_task_queue *queue = WF_STEP_NEW(run, struct wf_task_queue);

    if (queue != NULL) {
        set_task_queue(run, queue, name);
    }
    return queue;
}

static struct wf_workflow_type *workflow_type_of(struct wf_run *run, struct wf_string name)
{
    struct wf_workflow_type *type = WF_STEP_NEW(run, struct wf_workflow_type);

    if (type != NULL) {
        type->name = name.size_bytes > 0 ? name : run->workflow_type;
    }
    return type;
}

/* NULL for an empty list: absent, as core sends it. */
static struct wf_payloads *payloads_of(struct wf_run *run, const void *list)
{
    struct wf_payloads *payloads = NULL;

    if (((const struct wf_list *)list)->count == 0) {
        return NULL;
    }
    payloads = WF_STEP_NEW(run, struct wf_payloads);
    if (payloads != NULL) {
        wf_list_share(&payloads->payloads, list);
    }
    return payloads;
}

static struct wf_payloads *payloads_of_one(struct wf_run *run, struct wf_payload *payload)
{
    struct wf_payloads *payloads = payload == NULL ? NULL : WF_STEP_NEW(run, struct wf_payloads);

    if (payloads != NULL) {
        payloads->payloads.items = payload;
        payloads->payloads.count = 1;
    }
    return payloads;
}

static struct wf_header *header_of(struct wf_run *run, const void *map)
{
    struct wf_header *header = ((const struct wf_list *)map)->count == 0
                                   ? NULL
                                   : WF_STEP_NEW(run, struct wf_header);

    if (header != NULL) {
        wf_list_share(&header->fields, map);
    }
    return header;
}

static struct wf_memo *memo_of(struct wf_run *run, const void *map)
{
    struct wf_memo *memo = ((const struct wf_list *)map)->count == 0
                               ? NULL
                               : WF_STEP_NEW(run, struct wf_memo);

    if (memo != NULL) {
        wf_list_share(&memo->fields, map);
    }
    return memo;
}

/* ---- One function a command; `source` is NULL once only its identity was kept ---- */

/* What a command of an activity nearly always has, taken in one piece. */
struct activity_parts {
    struct wf_command_schedule_activity_task command;
    struct wf_activity_type type;
    struct wf_task_queue task_queue;
    struct wf_payloads input;
};

static void *build_schedule_activity(struct wf_run *run, const struct wf_queued *queued)
{
    const struct wf_sdk_schedule_activity *source = queued->source == NULL
                                                        ? NULL
                                                        : queued->source->variant.schedule_activity;
    struct activity_parts *parts = WF_STEP_NEW(run, struct activity_parts);
    struct wf_command_schedule_activity_task *command = parts == NULL ? NULL : &parts->command;

    if (command == NULL) {
        return NULL;
    }
    command->activity_id = wf_queued_id(run, queued);
    parts->type.name = queued->type;
    command->activity_type = &parts->type;
    if (source != NULL) {
        set_task_queue(run, &parts->task_queue, source->task_queue);
        command->task_queue = &parts->task_queue;
        command->header = header_of(run, &source->headers);
        if (source->arguments.count > 0) { /* an empty list is absent, as core sends it */
            wf_list_share(&parts->input.payloads, &source->arguments);
            command->input = &parts->input;
        }
        command->schedule_to_close_timeout = source->schedule_to_close_timeout;
        command->schedule_to_start_timeout = source->schedule_to_start_timeout;
        command->start_to_close_timeout = source->start_to_close_timeout;
        command->heartbeat_timeout = source->heartbeat_timeout;
        command->retry_policy = source->retry_policy;
        command->priority = source->priority;
    }
    return command;
}

static void *build_cancel_activity(struct wf_run *run, const struct wf_queued *queued)
{
    struct wf_command_request_cancel_activity_task *command = WF_STEP_NEW(
        run, struct wf_command_request_cancel_activity_task);

    if (command != NULL) {
        command->scheduled_event_id = queued->machine->origin == NULL
                                          ? queued->machine->predicted_id
                                          : queued->machine->origin->event_id;
    }
    return command;
}

static void *build_start_timer(struct wf_run *run, const struct wf_queued *queued)
{
    struct wf_command_start_timer *command = WF_STEP_NEW(run, struct wf_command_start_timer);

    if (command != NULL) {
        command->timer_id = wf_queued_id(run, queued);
        if (queued->source != NULL) {
            command->start_to_fire_timeout =
                queued->source->variant.start_timer->start_to_fire_timeout;
        }
    }
    return command;
}

static void *build_cancel_timer(struct wf_run *run, const struct wf_queued *queued)
{
    struct wf_command_cancel_timer *command = WF_STEP_NEW(run, struct wf_command_cancel_timer);

    if (command != NULL) {
        command->timer_id = wf_queued_id(run, queued);
    }
    return command;
}

static void *build_complete(struct wf_run *run, const struct wf_queued *queued)
{
    struct wf_command_complete_workflow_execution *command = WF_STEP_NEW(
        run, struct wf_command_complete_workflow_execution);

    if (command != NULL && queued->source != NULL) {
        command->result = payloads_of_one(
            run, queued->source->variant.complete_workflow_execution->result);
    }
    return command;
}

static void *build_fail(struct wf_run *run, const struct wf_queued *queued)
{
    struct wf_command_fail_workflow_execution *command = WF_STEP_NEW(
        run, struct wf_command_fail_workflow_execution);

    if (command != NULL && queued->source != NULL) {
        command->failure = queued->source->variant.fail_workflow_execution->failure;
    }
    return command;
}

static void *build_cancel(struct wf_run *run, const struct wf_queued *queued)
{
    struct wf_command_cancel_workflow_execution *command = WF_STEP_NEW(
        run, struct wf_command_cancel_workflow_execution);

    if (command != NULL && queued->source != NULL) {
        command->details = queued->source->variant.cancel_workflow_execution->details;
    }
    return command;
}

/* Memo, retry policy and search attributes of the run go on when the code gives none
 * (replay-rules 4.2 row 8). */
static void *build_continue(struct wf_run *run, const struct wf_queued *queued)
{
    const struct wf_sdk_continue_as_new_workflow_execution *source =
        queued->source == NULL ? NULL : queued->source->variant.continue_as_new_workflow_execution;
    struct wf_command_continue_as_new_workflow_execution *command = WF_STEP_NEW(
        run, struct wf_command_continue_as_new_workflow_execution);

    if (command == NULL || source == NULL) {
        return command;
    }
    command->workflow_type = workflow_type_of(run, source->workflow_type);
    command->task_queue = task_queue_of(run, source->task_queue);
    command->input = payloads_of(run, &source->arguments);
    command->workflow_run_timeout = source->workflow_run_timeout;
    command->workflow_task_timeout = source->workflow_task_timeout;
    command->backoff_start_interval = source->backoff_start_interval;
    command->initiator = WF_CONTINUE_AS_NEW_INITIATOR_WORKFLOW;
    command->header = header_of(run, &source->headers);
    command->memo = memo_of(run, &source->memo);
    command->retry_policy = source->retry_policy;
    command->search_attributes = source->search_attributes;
    command->initial_versioning_behavior = source->initial_versioning_behavior;
    if (run->started != NULL) {
        command->memo = command->memo != NULL ? command->memo : run->started->memo;
        command->retry_policy = command->retry_policy != NULL ? command->retry_policy
                                                              : run->started->retry_policy;
        command->search_attributes = command->search_attributes != NULL
                                         ? command->search_attributes
                                         : run->started->search_attributes;
    }
    return command;
}

static void fill_child(struct wf_run *run,
                       struct wf_command_start_child_workflow_execution *command,
                       const struct wf_sdk_start_child_workflow_execution *source)
{
    command->namespace = source->namespace;
    command->task_queue = task_queue_of(run, source->task_queue);
    command->input = payloads_of(run, &source->input);
    command->workflow_execution_timeout = source->workflow_execution_timeout;
    command->workflow_run_timeout = source->workflow_run_timeout;
    command->workflow_task_timeout = source->workflow_task_timeout;
    command->parent_close_policy = source->parent_close_policy; /* both enums number alike */
    command->workflow_id_reuse_policy = source->workflow_id_reuse_policy;
    command->retry_policy = source->retry_policy;
    command->cron_schedule = source->cron_schedule;
    command->header = header_of(run, &source->headers);
    command->memo = memo_of(run, &source->memo);
    command->search_attributes = source->search_attributes;
    command->priority = source->priority;
    command->versioning_override = source->versioning_override;
}

static void *build_start_child(struct wf_run *run, const struct wf_queued *queued)
{
    struct wf_command_start_child_workflow_execution *command = WF_STEP_NEW(
        run, struct wf_command_start_child_workflow_execution);

    if (command == NULL) {
        return NULL;
    }
    command->workflow_id = queued->id;
    command->workflow_type = workflow_type_of(run, queued->type);
    if (queued->source != NULL) {
        fill_child(run, command, queued->source->variant.start_child_workflow_execution);
    }
    return command;
}

/* A request of ours names the child and, once it is known, its run (replay-rules 4.4). */
static void fill_child_cancel(struct wf_command_request_cancel_external_workflow_execution *command,
                              const struct wf_queued *queued)
{
    const struct wf_machine *child = queued->machine->target;

    command->child_workflow_only = true;
    command->run_id = child->run_id;
    if (child->origin != NULL) {
        const struct wf_event_start_child_workflow_execution_initiated *initiated =
            child->origin->attributes.start_child_workflow_execution_initiated;

        command->namespace = initiated->namespace;
        command->workflow_id = initiated->workflow_id;
    }
    if (queued->source != NULL) {
        command->reason = queued->source->variant.cancel_child_workflow_execution->reason;
    }
}

/* How Go finds its request in the events that belong to it (replay-rules 2.10, "Ids"). */
static struct wf_string control_of(struct wf_run *run, const struct wf_queued *queued)
{
    return queued->predicted_id == 0 ? (struct wf_string){NULL, 0} : wf_run_decimal(run, queued->predicted_id);
}

static void *build_cancel_external(struct wf_run *run, const struct wf_queued *queued)
{
    struct wf_command_request_cancel_external_workflow_execution *command = WF_STEP_NEW(
        run, struct wf_command_request_cancel_external_workflow_execution);
    const struct wf_sdk_request_cancel_external_workflow_execution *source = NULL;

    if (command == NULL) {
        return NULL;
    }
    if (queued->machine->is_internal) {
        fill_child_cancel(command, queued);
    } else if (queued->source != NULL) {
        command->control = control_of(run, queued);
        source = queued->source->variant.request_cancel_external_workflow_execution;
        command->reason = source->reason;
        if (source->workflow_execution != NULL) {
            command->namespace = source->workflow_execution->namespace;
            command->workflow_id = source->workflow_execution->workflow_id;
            command->run_id = source->workflow_execution->run_id;
        }
    }
    return command;
}

static void fill_signal(struct wf_run *run,
                        struct wf_command_signal_external_workflow_execution *command,
                        const struct wf_sdk_signal_external_workflow_execution *source)
{
    command->signal_name = source->signal_name;
    command->input = payloads_of(run, &source->args);
    command->header = header_of(run, &source->headers);
    command->execution = WF_STEP_NEW(run, struct wf_workflow_execution);
    if (command->execution == NULL) {
        return;
    }
    if (source->target_case == WF_CASE_sdk_signal_external_workflow_execution_child_workflow_id) {
        command->child_workflow_only = true;
        command->execution->workflow_id = source->target.child_workflow_id;
    } else if (source->target_case != 0 && source->target.workflow_execution != NULL) {
        command->namespace = source->target.workflow_execution->namespace;
        command->execution->workflow_id = source->target.workflow_execution->workflow_id;
        command->execution->run_id = source->target.workflow_execution->run_id;
    }
}

static void *build_signal_external(struct wf_run *run, const struct wf_queued *queued)
{
    struct wf_command_signal_external_workflow_execution *command = WF_STEP_NEW(
        run, struct wf_command_signal_external_workflow_execution);

    if (command != NULL && queued->source != NULL) {
        command->control = control_of(run, queued);
        fill_signal(run, command, queued->source->variant.signal_external_workflow_execution);
    }
    return command;
}

static bool write_patch(struct wf_run *run, const struct wf_machine *machine,
                        struct wf_command_record_marker *command)
{
    return wf_patch_marker_write(
        run->step_arena, &(struct wf_patch_marker){machine->id, machine->is_deprecated}, command);
}

static bool write_value(struct wf_run *run, const struct wf_queued *queued,
                        struct wf_command_record_marker *command)
{
    const struct wf_machine *machine = queued->machine;
    struct wf_value_marker marker = {.kind = (enum wf_sdk_value_kind)machine->value_kind,
                                     .id = machine->id,
                                     .call = machine->seq,
                                     .has_upsert = machine->has_upsert,
                                     .is_java = run->rules->markers == WF_MARKERS_JAVA,
                                     .skip_count = machine->seq};
    struct wf_buffer go_id;

    if (run->rules->markers == WF_MARKERS_GO) {
        wf_buffer_init(&go_id, run->step_arena);
        wf_buffer_printf(&go_id, "%S_%lld", &machine->id, (long long)queued->predicted_id);
        marker.go_id = wf_buffer_string(&go_id);
    }

    if (queued->source != NULL) {
        marker.version = queued->source->variant.record_value->version;
        marker.value = queued->source->variant.record_value->value;
    }
    return wf_value_marker_write(run->step_arena, &marker, command);
}

static bool write_local(struct wf_run *run, const struct wf_machine *machine,
                        struct wf_command_record_marker *command)
{
    const struct wf_local_live *live = machine->live;
    struct wf_local_activity_marker marker;

    if (live == NULL || machine->local != NULL) { /* from history, in Go's family, which looks at no more than the name */
        command->marker_name = WF_STR(WF_MARKER_LOCAL_ACTIVITY_LANG);
        return true;
    }
    marker = (struct wf_local_activity_marker){
        .seq = machine->seq,
        .attempt = live->attempt,
        .activity_id = machine->id,
        .activity_type = machine->type,
        .complete_time = live->complete_time,
        .backoff = live->resolution == WF_RESOLVED_BACKOFF ? wf_duration_of(live->backoff_ns)
                                                           : (struct wf_timestamp){0},
        .original_schedule_time = live->original_schedule_time};

    command->failure = live->failure;
    switch (run->rules->markers) {
    case WF_MARKERS_CORE:
        return wf_local_activity_marker_write(run->step_arena, &marker, live->result, command);
    case WF_MARKERS_GO:
        return wf_local_activity_marker_write_go(run->step_arena, &marker, live->result, command);
    case WF_MARKERS_JAVA:
        return wf_local_activity_marker_write_java(run->step_arena, &marker, live->result, command);
    }
    WF_UNREACHABLE();
}

static bool write_marker(struct wf_run *run, const struct wf_queued *queued,
                         struct wf_command_record_marker *command)
{
    switch (queued->machine->kind) {
    case WF_MACHINE_PATCH:
        return write_patch(run, queued->machine, command);
    case WF_MACHINE_LOCAL_ACTIVITY:
        return write_local(run, queued->machine, command);
    default:
        return write_value(run, queued, command);
    }
}

static void *build_marker(struct wf_run *run, const struct wf_queued *queued)
{
    struct wf_command_record_marker *command = WF_STEP_NEW(run, struct wf_command_record_marker);

    if (command != NULL && !write_marker(run, queued, command)) {
        run->is_full = true;
    }
    return command;
}

/* Ours carries the list of patches in `type`; without one it is the emptied upsert of a run that
 * sets the key by hand (replay-rules 3.1). */
static void fill_patch_upsert(struct wf_run *run,
                              struct wf_command_upsert_workflow_search_attributes *command,
                              struct wf_string patches)
{
    struct wf_entry_payload *entry = NULL;

    command->search_attributes = WF_STEP_NEW(run, struct wf_search_attributes);
    if (command->search_attributes == NULL || patches.size_bytes == 0) {
        return;
    }
    entry = WF_STEP_NEW(run, struct wf_entry_payload);
    if (entry == NULL ||
        !wf_payload_of_json(run->step_arena, &entry->value, patches, "KeywordList")) {
        run->is_full = true;
        return;
    }
    entry->key = WF_STR(WF_CHANGE_VERSION);
    command->search_attributes->indexed_fields.items = entry;
    command->search_attributes->indexed_fields.count = 1;
}

static void *build_upsert(struct wf_run *run, const struct wf_queued *queued)
{
    struct wf_command_upsert_workflow_search_attributes *command = WF_STEP_NEW(
        run, struct wf_command_upsert_workflow_search_attributes);

    if (command == NULL) {
        return NULL;
    }
    if (queued->machine->is_internal) {
        fill_patch_upsert(run, command, queued->type);
    } else if (queued->source != NULL) {
        command->search_attributes =
            queued->source->variant.upsert_workflow_search_attributes->search_attributes;
    }
    return command;
}

static void *build_message(struct wf_run *run, const struct wf_queued *queued)
{
    struct wf_command_protocol_message *command = WF_STEP_NEW(run,
                                                              struct wf_command_protocol_message);

    if (command != NULL) {
        command->message_id = wf_update_message_id(run->step_arena, queued->machine->id, queued->type);
    }
    return command;
}

static void *build_memo(struct wf_run *run, const struct wf_queued *queued)
{
    struct wf_command_modify_workflow_properties *command = WF_STEP_NEW(
        run, struct wf_command_modify_workflow_properties);

    if (command != NULL && queued->source != NULL) {
        command->upserted_memo = queued->source->variant.modify_workflow_properties->upserted_memo;
    }
    return command;
}

static void *build_nexus(struct wf_run *run, const struct wf_queued *queued)
{
    struct wf_command_schedule_nexus_operation *command = WF_STEP_NEW(
        run, struct wf_command_schedule_nexus_operation);
    const struct wf_sdk_schedule_nexus_operation *source = NULL;

    if (command == NULL || queued->source == NULL) {
        return command;
    }
    source = queued->source->variant.schedule_nexus_operation;
    command->endpoint = source->endpoint;
    command->service = source->service;
    command->operation = source->operation;
    command->input = source->input;
    command->schedule_to_close_timeout = source->schedule_to_close_timeout;
    command->schedule_to_start_timeout = source->schedule_to_start_timeout;
    command->start_to_close_timeout = source->start_to_close_timeout;
    wf_list_share(&command->nexus_header, &source->nexus_header);
    return command;
}

static void *build_cancel_nexus(struct wf_run *run, const struct wf_queued *queued)
{
    struct wf_command_request_cancel_nexus_operation *command = WF_STEP_NEW(
        run, struct wf_command_request_cancel_nexus_operation);

    if (command != NULL && queued->machine->origin != NULL) {
        command->scheduled_event_id = queued->machine->origin->event_id;
    }
    return command;
}

static void *build_attributes(struct wf_run *run, const struct wf_queued *queued)
{
    switch ((enum wf_command_type)queued->command_type) {
    case WF_COMMAND_TYPE_SCHEDULE_ACTIVITY_TASK:
        return build_schedule_activity(run, queued);
    case WF_COMMAND_TYPE_REQUEST_CANCEL_ACTIVITY_TASK:
        return build_cancel_activity(run, queued);
    case WF_COMMAND_TYPE_START_TIMER:
        return build_start_timer(run, queued);
    case WF_COMMAND_TYPE_COMPLETE_WORKFLOW_EXECUTION:
        return build_complete(run, queued);
    case WF_COMMAND_TYPE_FAIL_WORKFLOW_EXECUTION:
        return build_fail(run, queued);
    case WF_COMMAND_TYPE_CANCEL_TIMER:
        return build_cancel_timer(run, queued);
    case WF_COMMAND_TYPE_CANCEL_WORKFLOW_EXECUTION:
        return build_cancel(run, queued);
    case WF_COMMAND_TYPE_REQUEST_CANCEL_EXTERNAL_WORKFLOW_EXECUTION:
        return build_cancel_external(run, queued);
    case WF_COMMAND_TYPE_RECORD_MARKER:
        return build_marker(run, queued);
    case WF_COMMAND_TYPE_CONTINUE_AS_NEW_WORKFLOW_EXECUTION:
        return build_continue(run, queued);
    case WF_COMMAND_TYPE_START_CHILD_WORKFLOW_EXECUTION:
        return build_start_child(run, queued);
    case WF_COMMAND_TYPE_SIGNAL_EXTERNAL_WORKFLOW_EXECUTION:
        return build_signal_external(run, queued);
    case WF_COMMAND_TYPE_UPSERT_WORKFLOW_SEARCH_ATTRIBUTES:
        return build_upsert(run, queued);
    case WF_COMMAND_TYPE_PROTOCOL_MESSAGE:
        return build_message(run, queued);
    case WF_COMMAND_TYPE_MODIFY_WORKFLOW_PROPERTIES:
        return build_memo(run, queued);
    case WF_COMMAND_TYPE_SCHEDULE_NEXUS_OPERATION:
        return build_nexus(run, queued);
    case WF_COMMAND_TYPE_REQUEST_CANCEL_NEXUS_OPERATION:
        return build_cancel_nexus(run, queued);
    case WF_COMMAND_TYPE_UNSPECIFIED:
        break;
    }
    WF_UNREACHABLE();
}

const struct wf_command *wf_queued_command(struct wf_run *run, struct wf_queued *queued)
{
    struct wf_command *command = NULL;

    if (queued->command != NULL) {
        return queued->command;
    }
    command = WF_STEP_NEW(run, struct wf_command);
    if (command == NULL) {
        return NULL;
    }
    command->command_type = queued->command_type;
    command->attributes_case = wf_command_descriptors[queued->command_type].oneof_number;
    command->attributes.any = build_attributes(run, queued);
    if (queued->source != NULL && !queued->machine->is_internal) {
        command->user_metadata = queued->source->user_metadata;
        wf_list_share(&command->event_group_markers, &queued->source->event_group_markers);
    }
    return command->attributes.any == NULL ? NULL : command;
}
