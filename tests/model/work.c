/*
 * What workers send: polls, and answers to the tasks that they hold.
 */
#include "tests/model/draws.h"

/* ---- Workers: polls ---- */

void calls_poll_workflow_task(struct calls *calls, struct wf_svc_request *request, uint32_t worker)
{
    struct wf_svc_poll_workflow_task *call = MAKE(calls, struct wf_svc_poll_workflow_task);

    call->is_sticky = calls_one_in(calls, 3);
    call->normal_task_queue = calls_queue(calls);
    call->task_queue = call->is_sticky ? calls_sticky_queue(calls, worker) : call->normal_task_queue;
    call->identity = calls_worker_name(calls, worker);
    call->poll_id = calls_numbered(calls, "poll-", calls->number);
    call->worker_version = calls_version(calls, worker);
    call->wait_ns = (int64_t)(1 + calls_draw(calls, 2000)) * WF_NS_PER_MS;
    request->call.poll_workflow_task = call;
}

void calls_poll_activity_task(struct calls *calls, struct wf_svc_request *request, uint32_t worker)
{
    struct wf_svc_poll_activity_task *call = MAKE(calls, struct wf_svc_poll_activity_task);

    call->task_queue = calls_queue(calls);
    call->identity = calls_worker_name(calls, worker);
    call->poll_id = calls_numbered(calls, "poll-", calls->number);
    call->worker_version = calls_version(calls, worker);
    call->wait_ns = (int64_t)(1 + calls_draw(calls, 2000)) * WF_NS_PER_MS;
    request->call.poll_activity_task = call;
}

/* ---- Workers: commands ---- */

static struct wf_command *add_command(struct calls *calls, struct wf_svc_respond_workflow_task_completed *call,
                                      enum wf_command_type type)
{
    struct wf_command *command = WF_LIST_APPEND(&calls->arena, call->commands);

    command->command_type = (int32_t)type;
    command->attributes_case = wf_command_descriptors[type].oneof_number;
    command->attributes.any = wf_message_new(&calls->arena, wf_command_descriptors[type].attributes);
    return command;
}

static void fill_activity(struct calls *calls, struct wf_command *command)
{
    struct wf_command_schedule_activity_task *attributes = command->attributes.schedule_activity_task;

    attributes->activity_id = calls_id_or_bad(calls, calls_numbered(calls, "activity-", calls_draw(calls, 6)));
    attributes->activity_type = MAKE(calls, struct wf_activity_type);
    attributes->activity_type->name = calls_id_or_bad(calls, WF_STR("charge"));
    attributes->task_queue = MAKE(calls, struct wf_task_queue);
    attributes->task_queue->name = calls_id_or_bad(calls, calls_queue(calls));
    attributes->input = calls_maybe_payloads(calls);
    attributes->header = calls_maybe_header(calls);
    attributes->schedule_to_close_timeout = calls_maybe_duration(calls, 2, 30000);
    attributes->schedule_to_start_timeout = calls_maybe_duration(calls, 4, 10000);
    attributes->start_to_close_timeout = calls_one_in(calls, 12) ? (struct wf_timestamp){0} : calls_duration(calls, 10000);
    attributes->heartbeat_timeout = calls_maybe_duration(calls, 3, 4000);
    attributes->retry_policy = calls_maybe_policy(calls);
    attributes->request_eager_execution = calls_one_in(calls, 4);
}

/* The run of a task, as the model has it: the worker knows from history what is pending. */
static const struct wf_state_run *state_of(struct calls *calls, const struct held_task *task)
{
    const struct model_run *run = model_run_find(calls->model, wf_string_of(task->workflow_id),
                                                 wf_string_of(task->run_id));

    return run == NULL ? NULL : run->state;
}

static void fill_reference(struct calls *calls, const struct held_task *task, struct wf_command *command)
{
    const struct wf_state_run *state = state_of(calls, task);

    if (command->command_type == WF_COMMAND_TYPE_CANCEL_TIMER) {
        command->attributes.cancel_timer->timer_id =
            state != NULL && state->timers.count > 0 && !calls_one_in(calls, 12)
                ? state->timers.items[calls_draw(calls, state->timers.count)].timer_id
                : calls_numbered(calls, "timer-", calls_draw(calls, 5));
        for (uint32_t i = 0; state != NULL && i < state->buffered_events.count; i++) {
            if (state->buffered_events.items[i].event_type == WF_EVENT_TYPE_TIMER_FIRED && calls_one_in(calls, 2)) {
                command->attributes.cancel_timer->timer_id =
                    state->buffered_events.items[i].attributes.timer_fired->timer_id;
            }
        }
    } else {
        command->attributes.request_cancel_activity_task->scheduled_event_id =
            state != NULL && state->activities.count > 0 && !calls_one_in(calls, 12)
                ? state->activities.items[calls_draw(calls, state->activities.count)].scheduled_event_id
                : (int64_t)calls_draw(calls, 20);
        for (uint32_t i = 0; state != NULL && i < state->activities.count; i++) {
            if (state->activities.items[i].started_time_ns != 0 && calls_one_in(calls, 2)) {
                command->attributes.request_cancel_activity_task->scheduled_event_id =
                    state->activities.items[i].scheduled_event_id;
            }
        }
    }
}

static void fill_child(struct calls *calls, struct wf_command *command)
{
    struct wf_command_start_child_workflow_execution *attributes =
        command->attributes.start_child_workflow_execution;

    attributes->workflow_id = calls_id_or_bad(calls, calls_one_in(calls, 3) ? calls_workflow_id(calls)
                                                                : calls_numbered(calls, "child-", calls->number % CALLS_CHILDREN));
    attributes->workflow_type = MAKE(calls, struct wf_workflow_type);
    attributes->workflow_type->name = calls_id_or_bad(calls, WF_STR("Child"));
    if (calls_one_in(calls, 2)) {
        attributes->task_queue = MAKE(calls, struct wf_task_queue);
        attributes->task_queue->name = calls_id_or_bad(calls, calls_queue(calls));
    }
    attributes->input = calls_maybe_payloads(calls);
    attributes->header = calls_maybe_header(calls);
    attributes->workflow_run_timeout = calls_maybe_duration(calls, 4, 30000);
    attributes->parent_close_policy = (int32_t)calls_draw(calls, 4);
    attributes->workflow_id_reuse_policy = (int32_t)calls_draw(calls, 4);
    attributes->cron_schedule = calls_maybe_cron(calls);
    attributes->memo = calls_maybe_memo(calls);
    attributes->search_attributes = calls_one_in(calls, 8) ? calls_attributes(calls) : NULL;
    attributes->retry_policy = calls_maybe_policy(calls);
}

static void fill_external(struct calls *calls, const struct held_task *task, struct wf_command *command)
{
    struct wf_workflow_execution *target = calls_execution(calls);
    const struct wf_state_run *state = state_of(calls, task);
    bool is_child = false;

    if (state != NULL && state->children.count > 0 && calls_one_in(calls, 2)) {
        target->workflow_id = state->children.items[calls_draw(calls, state->children.count)].workflow_id;
        target->run_id = (struct wf_string){0};
        is_child = calls_one_in(calls, 2);
    }
    if (command->command_type == WF_COMMAND_TYPE_SIGNAL_EXTERNAL_WORKFLOW_EXECUTION) {
        command->attributes.signal_external_workflow_execution->execution = calls_one_in(calls, 40) ? NULL : target;
        command->attributes.signal_external_workflow_execution->signal_name = calls_id_or_bad(calls, WF_STR("go-1"));
        command->attributes.signal_external_workflow_execution->input = calls_maybe_payloads(calls);
        command->attributes.signal_external_workflow_execution->child_workflow_only = is_child;
        command->attributes.signal_external_workflow_execution->header = calls_maybe_header(calls);
        return;
    }
    command->attributes.request_cancel_external_workflow_execution->workflow_id = target->workflow_id;
    command->attributes.request_cancel_external_workflow_execution->run_id = target->run_id;
    command->attributes.request_cancel_external_workflow_execution->child_workflow_only = is_child;
    command->attributes.request_cancel_external_workflow_execution->reason = WF_STR("no need");
}

static void fill_properties(struct calls *calls, struct wf_command *command)
{
    struct wf_entry_payload *entry = NULL;

    if (calls_one_in(calls, 20)) {
        return; /* empty: refused */
    }
    if (command->command_type == WF_COMMAND_TYPE_MODIFY_WORKFLOW_PROPERTIES) {
        struct wf_memo *memo = MAKE(calls, struct wf_memo);

        entry = WF_LIST_APPEND(&calls->arena, memo->fields);
        command->attributes.modify_workflow_properties->upserted_memo = memo;
    } else {
        command->attributes.upsert_workflow_search_attributes->search_attributes = calls_attributes(calls);
        return;
    }
    entry->key = calls_numbered(calls, "note-", calls_draw(calls, 3));
    entry->value = calls_payloads(calls)->payloads.items[0];
    if (calls_one_in(calls, 4)) {
        entry->value.metadata.items[0].value = WF_STR("binary/null");
        entry->value.data = (struct wf_string){0};
    }
}

/* Any, or what core records of a local activity (6.3). */
static void fill_marker(struct calls *calls, struct wf_command *command)
{
    struct wf_command_record_marker *attributes = command->attributes.record_marker;
    struct wf_entry_payloads *entry = NULL;

    attributes->header = calls_maybe_header(calls);
    if (calls_one_in(calls, 2)) {
        attributes->marker_name = calls_id_or_bad(calls, WF_STR("mark"));
        return;
    }
    attributes->marker_name = WF_STR("core_local_activity");
    entry = WF_LIST_APPEND(&calls->arena, attributes->details);
    entry->key = WF_STR("data");
    entry->value = *calls_payloads(calls);
    if (calls_one_in(calls, 3)) {
        attributes->failure = calls_failure(calls);
    } else {
        entry = WF_LIST_APPEND(&calls->arena, attributes->details);
        entry->key = WF_STR("result");
        entry->value = *calls_payloads(calls);
    }
}

static void add_one(struct calls *calls, const struct held_task *task,
                    struct wf_svc_respond_workflow_task_completed *call)
{
    static const enum wf_command_type types[] = {WF_COMMAND_TYPE_SCHEDULE_ACTIVITY_TASK,
                                                 WF_COMMAND_TYPE_SCHEDULE_ACTIVITY_TASK,
                                                 WF_COMMAND_TYPE_SCHEDULE_ACTIVITY_TASK,
                                                 WF_COMMAND_TYPE_SCHEDULE_ACTIVITY_TASK,
                                                 WF_COMMAND_TYPE_SCHEDULE_ACTIVITY_TASK,
                                                 WF_COMMAND_TYPE_START_TIMER,
                                                 WF_COMMAND_TYPE_START_TIMER,
                                                 WF_COMMAND_TYPE_CANCEL_TIMER,
                                                 WF_COMMAND_TYPE_REQUEST_CANCEL_ACTIVITY_TASK,
                                                 WF_COMMAND_TYPE_REQUEST_CANCEL_ACTIVITY_TASK,
                                                 WF_COMMAND_TYPE_REQUEST_CANCEL_ACTIVITY_TASK,
                                                 WF_COMMAND_TYPE_REQUEST_CANCEL_ACTIVITY_TASK,
                                                 WF_COMMAND_TYPE_RECORD_MARKER,
                                                 WF_COMMAND_TYPE_START_CHILD_WORKFLOW_EXECUTION,
                                                 WF_COMMAND_TYPE_START_CHILD_WORKFLOW_EXECUTION,
                                                 WF_COMMAND_TYPE_SIGNAL_EXTERNAL_WORKFLOW_EXECUTION,
                                                 WF_COMMAND_TYPE_REQUEST_CANCEL_EXTERNAL_WORKFLOW_EXECUTION,
                                                 WF_COMMAND_TYPE_SCHEDULE_NEXUS_OPERATION,
                                                 WF_COMMAND_TYPE_SCHEDULE_NEXUS_OPERATION,
                                                 WF_COMMAND_TYPE_SCHEDULE_NEXUS_OPERATION,
                                                 WF_COMMAND_TYPE_REQUEST_CANCEL_NEXUS_OPERATION,
                                                 WF_COMMAND_TYPE_REQUEST_CANCEL_NEXUS_OPERATION,
                                                 WF_COMMAND_TYPE_REQUEST_CANCEL_NEXUS_OPERATION,
                                                 WF_COMMAND_TYPE_MODIFY_WORKFLOW_PROPERTIES,
                                                 WF_COMMAND_TYPE_UPSERT_WORKFLOW_SEARCH_ATTRIBUTES};
    const enum wf_command_type type = types[calls_draw(calls, sizeof types / sizeof types[0])];
    const struct wf_state_run *state = state_of(calls, task);
    struct wf_command *command = NULL;

    /* A cancellation needs something to cancel, most of the time. */
    if (state != NULL && !calls_one_in(calls, 20) &&
        ((type == WF_COMMAND_TYPE_CANCEL_TIMER && state->timers.count == 0 && state->buffered_events.count == 0) ||
         (type == WF_COMMAND_TYPE_REQUEST_CANCEL_ACTIVITY_TASK && state->activities.count == 0) ||
         (type == WF_COMMAND_TYPE_REQUEST_CANCEL_NEXUS_OPERATION && state->nexus_operations.count == 0 &&
          state->buffered_events.count == 0) ||
         (type == WF_COMMAND_TYPE_SCHEDULE_NEXUS_OPERATION && calls->model->nexus_endpoint_count == 0))) {
        return;
    }
    command = add_command(calls, call, type);
    if (type == WF_COMMAND_TYPE_SCHEDULE_ACTIVITY_TASK) {
        fill_activity(calls, command);
    } else if (type == WF_COMMAND_TYPE_START_TIMER) {
        command->attributes.start_timer->timer_id = calls_id_or_bad(calls, calls_numbered(calls, "timer-", calls_draw(calls, 5)));
        command->attributes.start_timer->start_to_fire_timeout = calls_duration(calls, 10000);
    } else if (type == WF_COMMAND_TYPE_RECORD_MARKER) {
        fill_marker(calls, command);
    } else if (type == WF_COMMAND_TYPE_START_CHILD_WORKFLOW_EXECUTION) {
        fill_child(calls, command);
    } else if (type == WF_COMMAND_TYPE_SIGNAL_EXTERNAL_WORKFLOW_EXECUTION ||
               type == WF_COMMAND_TYPE_REQUEST_CANCEL_EXTERNAL_WORKFLOW_EXECUTION) {
        fill_external(calls, task, command);
    } else if (type == WF_COMMAND_TYPE_MODIFY_WORKFLOW_PROPERTIES ||
               type == WF_COMMAND_TYPE_UPSERT_WORKFLOW_SEARCH_ATTRIBUTES) {
        fill_properties(calls, command);
    } else if (type == WF_COMMAND_TYPE_SCHEDULE_NEXUS_OPERATION ||
               type == WF_COMMAND_TYPE_REQUEST_CANCEL_NEXUS_OPERATION) {
        calls_nexus_command(calls, state, command);
    } else {
        fill_reference(calls, task, command);
    }
}

static void add_close(struct calls *calls, struct wf_svc_respond_workflow_task_completed *call)
{
    static const enum wf_command_type types[] = {
        WF_COMMAND_TYPE_COMPLETE_WORKFLOW_EXECUTION, WF_COMMAND_TYPE_COMPLETE_WORKFLOW_EXECUTION,
        WF_COMMAND_TYPE_FAIL_WORKFLOW_EXECUTION, WF_COMMAND_TYPE_CANCEL_WORKFLOW_EXECUTION,
        WF_COMMAND_TYPE_CONTINUE_AS_NEW_WORKFLOW_EXECUTION};
    const enum wf_command_type type = types[calls_draw(calls, sizeof types / sizeof types[0])];
    struct wf_command *command = add_command(calls, call, type);

    if (type == WF_COMMAND_TYPE_COMPLETE_WORKFLOW_EXECUTION) {
        command->attributes.complete_workflow_execution->result = calls_maybe_payloads(calls);
    } else if (type == WF_COMMAND_TYPE_FAIL_WORKFLOW_EXECUTION) {
        command->attributes.fail_workflow_execution->failure = calls_one_in(calls, 20) ? NULL : calls_failure(calls);
    } else if (type == WF_COMMAND_TYPE_CANCEL_WORKFLOW_EXECUTION) {
        command->attributes.cancel_workflow_execution->details = calls_maybe_payloads(calls);
    } else {
        struct wf_command_continue_as_new_workflow_execution *attributes =
            command->attributes.continue_as_new_workflow_execution;

        attributes->input = calls_maybe_payloads(calls);
        attributes->workflow_run_timeout = calls_maybe_duration(calls, 4, 40000);
        attributes->workflow_task_timeout = calls_maybe_duration(calls, 4, 8000);
        attributes->backoff_start_interval = calls_maybe_duration(calls, 4, 3000);
        attributes->retry_policy = calls_maybe_policy(calls);
        attributes->memo = calls_maybe_memo(calls);
        attributes->cron_schedule = calls_maybe_cron(calls);
        attributes->search_attributes = calls_one_in(calls, 8) ? calls_attributes(calls) : NULL;
        if (calls_one_in(calls, 4)) {
            attributes->workflow_type = MAKE(calls, struct wf_workflow_type);
            attributes->workflow_type->name = calls_id_or_bad(calls, WF_STR("Later"));
            attributes->task_queue = MAKE(calls, struct wf_task_queue);
            attributes->task_queue->name = calls_id_or_bad(calls, calls_queue(calls));
        }
        attributes->header = calls_maybe_header(calls);
        attributes->initial_versioning_behavior = calls_one_in(calls, 3) ? (int32_t)calls_draw(calls, 3) : 0;
    }
    if (calls_one_in(calls, 40)) {
        add_command(calls, call, WF_COMMAND_TYPE_START_TIMER); /* after a close: the whole call is refused */
    }
}

/* ---- Workers: answers ---- */

static void answer_queries(struct calls *calls, const struct held_task *task,
                           struct wf_svc_respond_workflow_task_completed *call)
{
    for (uint32_t i = 0; i < task->query_count; i++) {
        struct wf_sdk_query_result *result = WF_LIST_APPEND(&calls->arena, call->query_results);

        result->query_id = wf_string_of(task->query_ids[i]);
        result->variant_case = WF_CASE_sdk_query_result_succeeded;
        result->variant.succeeded = MAKE(calls, struct wf_sdk_query_success);
        result->variant.succeeded->response = MAKE(calls, struct wf_payload);
        result->variant.succeeded->response->data = wf_string_of(task->query_args[i]);
    }
}

/* ---- Workers: updates ---- */

#define UPDATE_URL "type.googleapis.com/temporal.api.update.v1."

static void add_message(struct calls *calls, struct wf_svc_respond_workflow_task_completed *call,
                        struct wf_string update_id, const char *what, const char *type_url,
                        const struct wf_message_type *type, const void *body)
{
    struct wf_protocol_message *message = WF_LIST_APPEND(&calls->arena, call->messages);
    struct wf_buffer text = {0};
    struct wf_buffer bytes = {0};

    wf_buffer_init(&text, &calls->arena);
    wf_buffer_printf(&text, "%S/%s", &update_id, what);
    wf_buffer_init(&bytes, &calls->arena);
    wf_wire_encode(type, body, &bytes);
    message->id = wf_buffer_string(&text);
    message->protocol_instance_id = update_id;
    message->body = MAKE(calls, struct wf_any);
    message->body->type_url = wf_string_of(type_url);
    message->body->value = wf_buffer_string(&bytes);
    if (calls_one_in(calls, 2)) {
        add_command(calls, call, WF_COMMAND_TYPE_PROTOCOL_MESSAGE)->attributes.protocol_message->message_id =
            calls_one_in(calls, 60) ? WF_STR("no message") : message->id;
    }
}

static void accept_update(struct calls *calls, const struct held_task *task,
                          struct wf_svc_respond_workflow_task_completed *call, struct wf_string update_id)
{
    struct wf_update_acceptance *acceptance = MAKE(calls, struct wf_update_acceptance);
    struct wf_buffer text = {0};

    wf_buffer_init(&text, &calls->arena);
    wf_buffer_printf(&text, "%S/request", &update_id);
    acceptance->accepted_request_message_id = wf_buffer_string(&text);
    acceptance->accepted_request_sequencing_event_id = task->started_event_id - 1;
    acceptance->accepted_request = calls_update_request(calls, update_id);
    add_message(calls, call, update_id, "accept", UPDATE_URL "Acceptance", &wf_type_update_acceptance, acceptance);
}

static void reject_update(struct calls *calls, struct wf_svc_respond_workflow_task_completed *call,
                          struct wf_string update_id)
{
    struct wf_update_rejection *rejection = MAKE(calls, struct wf_update_rejection);

    rejection->failure = calls_one_in(calls, 60) ? NULL : calls_failure(calls);
    add_message(calls, call, update_id, "reject", UPDATE_URL "Rejection", &wf_type_update_rejection, rejection);
}

static void finish_update(struct calls *calls, struct wf_svc_respond_workflow_task_completed *call,
                          struct wf_string update_id)
{
    struct wf_update_response *response = MAKE(calls, struct wf_update_response);

    response->meta = calls_update_request(calls, update_id)->meta;
    if (!calls_one_in(calls, 60)) {
        response->outcome = MAKE(calls, struct wf_update_outcome);
        if (calls_one_in(calls, 3)) {
            response->outcome->value_case = WF_CASE_update_outcome_failure;
            response->outcome->value.failure = calls_failure(calls);
        } else {
            response->outcome->value_case = WF_CASE_update_outcome_success;
            response->outcome->value.success = calls_payloads(calls);
        }
    }
    add_message(calls, call, update_id, "complete", UPDATE_URL "Response", &wf_type_update_response, response);
}

static void answer_updates(struct calls *calls, const struct held_task *task,
                           struct wf_svc_respond_workflow_task_completed *call)
{
    const struct wf_state_run *state = state_of(calls, task);

    for (uint32_t i = 0; i < task->update_count; i++) {
        const struct wf_string update_id = wf_string_copy(&calls->arena, wf_string_of(task->update_ids[i]));
        const uint64_t dice = calls_draw(calls, 8);

        if (dice < 4) {
            accept_update(calls, task, call, update_id);
        }
        if (dice < 2) {
            finish_update(calls, call, update_id);
        } else if (dice >= 4 && dice < 7) {
            reject_update(calls, call, update_id);
        }
    }
    for (uint32_t i = 0; state != NULL && i < state->updates.count; i++) {
        if (state->updates.items[i].outcome == NULL && calls_one_in(calls, 2)) {
            finish_update(calls, call, state->updates.items[i].update_id);
        }
    }
    if (calls_one_in(calls, 60)) { /* of turn */
        finish_update(calls, call, calls_numbered(calls, "update-", calls_draw(calls, 8)));
    }
    if (calls_one_in(calls, 60)) {
        accept_update(calls, task, call, calls_numbered(calls, "update-", calls_draw(calls, 8)));
    }
}

/* ---- Workers: tasks ---- */

static void complete_task(struct calls *calls, struct wf_svc_request *request, const struct held_task *task)
{
    struct wf_svc_respond_workflow_task_completed *call = MAKE(calls, struct wf_svc_respond_workflow_task_completed);
    const uint64_t count = task->update_count > 0 && calls_one_in(calls, 2) ? 0 : calls_draw(calls, 4);

    call->token = (struct wf_string){task->token, task->token_bytes};
    call->identity = calls_worker_name(calls, task->worker);
    for (uint64_t i = 0; i < count; i++) {
        add_one(calls, task, call);
    }
    answer_updates(calls, task, call);
    if (calls_one_in(calls, 6)) {
        add_close(calls, call);
    }
    if (calls_one_in(calls, 2)) {
        call->sticky_task_queue = calls_sticky_queue(calls, task->worker);
        call->sticky_schedule_to_start_timeout = wf_duration_of((int64_t)(1 + calls_draw(calls, 5)) * WF_NS_PER_S);
    }
    call->return_new_workflow_task = calls_one_in(calls, 2);
    call->force_create_new_workflow_task = calls_one_in(calls, 12);
    call->versioning_behavior = calls->is_versioned ? (int32_t)calls_draw(calls, 3) : 0;
    answer_queries(calls, task, call);
    if (call->commands.count > 0 && calls_one_in(calls, 40)) {
        struct wf_command *empty = &call->commands.items[calls_draw(calls, call->commands.count)];

        empty->attributes_case = 0;
        empty->attributes.any = NULL;
    }
    request->call_case = WF_CASE_svc_request_respond_workflow_task_completed;
    request->call.respond_workflow_task_completed = call;
}

static void fail_task(struct calls *calls, struct wf_svc_request *request, const struct held_task *task)
{
    struct wf_svc_respond_workflow_task_failed *call = MAKE(calls, struct wf_svc_respond_workflow_task_failed);

    call->token = (struct wf_string){task->token, task->token_bytes};
    call->identity = calls_worker_name(calls, task->worker);
    call->cause = calls_one_in(calls, 2) ? WF_WORKFLOW_TASK_FAILED_CAUSE_WORKFLOW_WORKER_UNHANDLED_FAILURE
                                   : WF_WORKFLOW_TASK_FAILED_CAUSE_NON_DETERMINISTIC_ERROR;
    if (calls_one_in(calls, 20)) {
        call->cause = WF_WORKFLOW_TASK_FAILED_CAUSE_GRPC_MESSAGE_TOO_LARGE; /* ends the workflow */
    }
    call->failure = calls_failure(calls);
    request->call_case = WF_CASE_svc_request_respond_workflow_task_failed;
    request->call.respond_workflow_task_failed = call;
}

static void answer_query_task(struct calls *calls, struct wf_svc_request *request, const struct held_task *task)
{
    struct wf_svc_respond_query_task_completed *call = MAKE(calls, struct wf_svc_respond_query_task_completed);
    struct wf_svc_respond_workflow_task_completed results = {0};

    answer_queries(calls, task, &results);
    call->token = (struct wf_string){task->token, task->token_bytes};
    call->result = results.query_results.count == 0 ? MAKE(calls, struct wf_sdk_query_result)
                                                    : &results.query_results.items[0];
    request->call_case = WF_CASE_svc_request_respond_query_task_completed;
    request->call.respond_query_task_completed = call;
}

static bool is_cancel_requested(struct calls *calls, const struct held_task *task)
{
    const struct wf_state_run *state = state_of(calls, task);
    struct wf_svc_task_token token = {0};

    if (state == NULL || wf_wire_decode(&calls->arena, &wf_type_svc_task_token,
                                        (struct wf_string){task->token, task->token_bytes}, &token, NULL) != WF_OK) {
        return false;
    }
    for (uint32_t i = 0; i < state->activities.count; i++) {
        if (state->activities.items[i].scheduled_event_id == token.scheduled_event_id) {
            return state->activities.items[i].cancel_requested_event_id != 0;
        }
    }
    return false;
}

/* Who completes by id knows the ids of the task at hand, or means another activity. */
static struct wf_string name_activity(struct calls *calls, const struct held_task *task,
                                      struct wf_workflow_execution *target)
{
    const struct wf_state_run *state = state_of(calls, task);
    struct wf_svc_task_token token = {0};

    target->workflow_id = wf_string_of(task->workflow_id);
    target->run_id = wf_string_of(task->run_id);
    if (state != NULL && wf_wire_decode(&calls->arena, &wf_type_svc_task_token,
                                        (struct wf_string){task->token, task->token_bytes}, &token, NULL) == WF_OK) {
        for (uint32_t i = 0; i < state->activities.count; i++) {
            if (state->activities.items[i].scheduled_event_id == token.scheduled_event_id && !calls_one_in(calls, 3)) {
                return state->activities.items[i].activity_id;
            }
        }
    }
    return calls_pending_activity(calls, target);
}

static void report_activity(struct calls *calls, struct wf_svc_request *request, const struct held_task *task,
                            uint64_t dice)
{
    const bool is_by_id = calls_one_in(calls, 6);
    const struct wf_string token = is_by_id ? (struct wf_string){0} : (struct wf_string){task->token, task->token_bytes};
    struct wf_workflow_execution *target = is_by_id ? MAKE(calls, struct wf_workflow_execution) : NULL;
    const struct wf_string activity_id = is_by_id ? name_activity(calls, task, target) : (struct wf_string){0};

    dice = dice < 8 && is_cancel_requested(calls, task) ? 10 : dice;
    if (dice < 6) {
        struct wf_svc_respond_activity_task_completed *call = MAKE(calls,
                                                                   struct wf_svc_respond_activity_task_completed);

        call->token = token;
        call->workflow_execution = target;
        call->activity_id = activity_id;
        call->result = calls_maybe_payloads(calls);
        call->identity = calls_worker_name(calls, task->worker);
        request->call_case = WF_CASE_svc_request_respond_activity_task_completed;
        request->call.respond_activity_task_completed = call;
    } else if (dice < 10) {
        struct wf_svc_respond_activity_task_failed *call = MAKE(calls, struct wf_svc_respond_activity_task_failed);

        call->token = token;
        call->workflow_execution = target;
        call->activity_id = activity_id;
        call->failure = calls_failure(calls);
        call->identity = calls_worker_name(calls, task->worker);
        call->last_heartbeat_details = calls_one_in(calls, 3) ? calls_payloads(calls) : NULL;
        request->call_case = WF_CASE_svc_request_respond_activity_task_failed;
        request->call.respond_activity_task_failed = call;
    } else if (dice < 12) {
        struct wf_svc_respond_activity_task_canceled *call = MAKE(calls, struct wf_svc_respond_activity_task_canceled);

        call->token = token;
        call->workflow_execution = target;
        call->activity_id = activity_id;
        call->details = calls_maybe_payloads(calls);
        call->identity = calls_worker_name(calls, task->worker);
        request->call_case = WF_CASE_svc_request_respond_activity_task_canceled;
        request->call.respond_activity_task_canceled = call;
    } else {
        struct wf_svc_record_activity_heartbeat *call = MAKE(calls, struct wf_svc_record_activity_heartbeat);

        call->token = token;
        call->workflow_execution = target;
        call->activity_id = activity_id;
        call->details = calls_maybe_payloads(calls);
        call->identity = calls_worker_name(calls, task->worker);
        request->call_case = WF_CASE_svc_request_record_activity_heartbeat;
        request->call.record_activity_heartbeat = call;
    }
}

/* A task at random; of those that their runs want canceled one sooner than others. */
static uint32_t choose_held(struct calls *calls)
{
    for (uint32_t i = 0; i < calls->held_count; i++) {
        if (calls->held[i].is_activity && calls_one_in(calls, 2) && is_cancel_requested(calls, &calls->held[i])) {
            return i;
        }
    }
    return (uint32_t)calls_draw(calls, calls->held_count);
}

void calls_work(struct calls *calls, struct wf_svc_request *request, uint32_t *worker)
{
    const uint32_t index = choose_held(calls);
    struct held_task *task = MAKE(calls, struct held_task);
    const uint64_t dice = calls_draw(calls, 16);
    bool is_over = !calls_one_in(calls, 10);

    *task = calls->held[index];
    *worker = task->worker;
    if (task->is_query_only) {
        answer_query_task(calls, request, task);
    } else if (task->is_activity) {
        report_activity(calls, request, task, dice);
        is_over = is_over && request->call_case != WF_CASE_svc_request_record_activity_heartbeat;
    } else if (calls_one_in(calls, 10)) {
        fail_task(calls, request, task);
    } else {
        complete_task(calls, request, task);
    }
    if (is_over) {
        calls->held[index] = calls->held[--calls->held_count];
    }
}
