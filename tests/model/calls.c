/*
 * Most calls make sense; some name what is gone, come twice, or break a rule. The mix is made so that every refusal of the
 * service comes up in a few thousand calls.
 */
#include "tests/model/calls.h"

#include <stdlib.h>
#include <string.h>

#include "engine/base/real.h"

#define WORKFLOWS 14
#define CHILDREN 60
#define WORKERS 3
#define QUEUES 2

/* ---- Draws and texts ---- */

static uint64_t draw(struct calls *calls, uint64_t bound)
{
    return cluster_draw(calls->cluster, bound);
}

static bool one_in(struct calls *calls, uint64_t bound)
{
    return draw(calls, bound) == 0;
}

static void *make(struct calls *calls, size_t size_bytes)
{
    void *piece = wf_arena_take(&calls->arena, size_bytes);

    if (piece == NULL) {
        abort();
    }
    return piece;
}
#define MAKE(calls, type) ((type *)make((calls), sizeof(type)))

static struct wf_string numbered(struct calls *calls, const char *name, uint64_t number)
{
    struct wf_buffer text = {0};

    wf_buffer_init(&text, &calls->arena);
    wf_buffer_printf(&text, "%s%llu", name, (unsigned long long)number);
    return wf_buffer_string(&text);
}

static struct wf_string long_text(struct calls *calls, size_t size_bytes)
{
    char *text = make(calls, size_bytes);

    memset(text, 'x', size_bytes);
    return (struct wf_string){text, size_bytes};
}

/* Something valid; now and then nothing, or too much. */
static struct wf_string id_or_bad(struct calls *calls, struct wf_string id)
{
    if (!one_in(calls, 60)) {
        return id;
    }
    return one_in(calls, 2) ? (struct wf_string){0} : long_text(calls, 1200);
}

static struct wf_payloads *payloads(struct calls *calls)
{
    struct wf_payloads *all = MAKE(calls, struct wf_payloads);
    struct wf_payload *payload = WF_LIST_APPEND(&calls->arena, all->payloads);
    struct wf_entry_string *encoding = WF_LIST_APPEND(&calls->arena, payload->metadata);

    encoding->key = WF_STR("encoding");
    encoding->value = WF_STR("json/plain");
    payload->data = one_in(calls, 150) ? long_text(calls, 3000) : numbered(calls, "", calls->number);
    return all;
}

static struct wf_payloads *maybe_payloads(struct calls *calls)
{
    return one_in(calls, 3) ? NULL : payloads(calls);
}

static struct wf_header *maybe_header(struct calls *calls)
{
    struct wf_header *header = NULL;
    struct wf_entry_payload *entry = NULL;

    if (!one_in(calls, 5)) {
        return NULL;
    }
    header = MAKE(calls, struct wf_header);
    entry = WF_LIST_APPEND(&calls->arena, header->fields);
    entry->key = WF_STR("trace");
    entry->value = payloads(calls)->payloads.items[0];
    return header;
}

/* 0 to max_ms; rarely negative. */
static struct wf_timestamp duration(struct calls *calls, uint64_t max_ms)
{
    if (one_in(calls, 200)) {
        return wf_duration_of(-WF_NS_PER_S);
    }
    return wf_duration_of((int64_t)(1 + draw(calls, max_ms)) * WF_NS_PER_MS);
}

static struct wf_timestamp maybe_duration(struct calls *calls, uint64_t one, uint64_t max_ms)
{
    return one_in(calls, one) ? duration(calls, max_ms) : (struct wf_timestamp){0};
}

static struct wf_retry_policy *maybe_policy(struct calls *calls)
{
    struct wf_retry_policy *policy = NULL;

    if (one_in(calls, 2)) {
        return NULL;
    }
    policy = MAKE(calls, struct wf_retry_policy);
    policy->initial_interval = maybe_duration(calls, 2, 1500);
    policy->backoff_coefficient = one_in(calls, 3) ? 0 : wf_double_of_i64((int64_t)draw(calls, 4));
    policy->maximum_interval = maybe_duration(calls, 4, 5000);
    policy->maximum_attempts = one_in(calls, 4) ? 0 : (int32_t)draw(calls, 5);
    if (one_in(calls, 4)) {
        static const char *const types[] = {"Final", "TemporalTimeout:StartToClose", "TemporalTimeout:Heartbeat"};

        *(struct wf_string *)WF_LIST_APPEND(&calls->arena,
                                            policy->non_retryable_error_types) = wf_string_of(types[draw(calls, 3)]);
    }
    return policy;
}

static struct wf_failure *failure(struct calls *calls)
{
    struct wf_failure *made = MAKE(calls, struct wf_failure);
    struct wf_application_failure_info *info = NULL;

    made->message = numbered(calls, "failure ", calls->number);
    made->source = WF_STR("code");
    if (one_in(calls, 6)) {
        return made;
    }
    if (one_in(calls, 8)) {
        made->failure_info_case = WF_CASE_failure_canceled_failure_info;
        made->failure_info.canceled_failure_info = MAKE(calls, struct wf_canceled_failure_info);
        return made;
    }
    info = MAKE(calls, struct wf_application_failure_info);
    info->type = one_in(calls, 3) ? WF_STR("Final") : WF_STR("Passing");
    info->non_retryable = one_in(calls, 6);
    if (one_in(calls, 6)) {
        info->next_retry_delay = wf_duration_of((int64_t)draw(calls, 3000) * WF_NS_PER_MS);
    }
    made->failure_info_case = WF_CASE_failure_application_failure_info;
    made->failure_info.application_failure_info = info;
    return made;
}

static struct wf_string workflow_id(struct calls *calls)
{
    return numbered(calls, "workflow-", draw(calls, WORKFLOWS));
}

static struct wf_string run_id_of(struct calls *calls, struct wf_string id)
{
    const struct model_workflow *workflow = model_workflow_find(calls->model, id);
    const uint64_t dice = draw(calls, 20);

    if (dice == 0) {
        return one_in(calls, 2) ? WF_STR("not-a-run") : WF_STR("00000000-1111-4222-8333-444444444444");
    }
    if (dice > 4 || workflow == NULL || workflow->runs.count == 0) {
        return (struct wf_string){0};
    }
    return workflow->runs.items[draw(calls, workflow->runs.count)]->start->run_id;
}

static struct wf_workflow_execution *execution(struct calls *calls)
{
    struct wf_workflow_execution *target = MAKE(calls, struct wf_workflow_execution);

    target->workflow_id = one_in(calls, 40)   ? WF_STR("never-started")
                          : one_in(calls, 10) ? numbered(calls, "child-", draw(calls, CHILDREN))
                                              : workflow_id(calls);
    target->run_id = run_id_of(calls, target->workflow_id);
    return target;
}

/* Fresh, or one of a call not long ago. */
static struct wf_string request_id(struct calls *calls)
{
    if (one_in(calls, 30)) {
        return (struct wf_string){0};
    }
    if (one_in(calls, 6) && calls->number > 60) {
        return numbered(calls, "request-", calls->number - 1 - draw(calls, 60));
    }
    return numbered(calls, "request-", calls->number);
}

static struct wf_string queue(struct calls *calls)
{
    return numbered(calls, "queue-", draw(calls, QUEUES));
}

/* ---- Clients ---- */

static struct wf_memo *maybe_memo(struct calls *calls)
{
    struct wf_memo *memo = NULL;
    struct wf_entry_payload *entry = NULL;

    if (!one_in(calls, 5)) {
        return NULL;
    }
    memo = MAKE(calls, struct wf_memo);
    entry = WF_LIST_APPEND(&calls->arena, memo->fields);
    entry->key = numbered(calls, "note-", draw(calls, 3));
    entry->value = payloads(calls)->payloads.items[0];
    return memo;
}

static struct wf_svc_start_workflow *start_request(struct calls *calls, bool has_signal)
{
    struct wf_svc_start_workflow *start = MAKE(calls, struct wf_svc_start_workflow);

    start->workflow_id = id_or_bad(calls, workflow_id(calls));
    start->workflow_type = id_or_bad(calls, WF_STR("Order"));
    start->task_queue = id_or_bad(calls, queue(calls));
    start->input = maybe_payloads(calls);
    start->workflow_execution_timeout = maybe_duration(calls, 6, 60000);
    start->workflow_run_timeout = maybe_duration(calls, 4, 40000);
    start->workflow_task_timeout = maybe_duration(calls, 2, 8000);
    start->identity = WF_STR("client");
    start->request_id = request_id(calls);
    start->workflow_id_reuse_policy = one_in(calls, 2) ? 0 : (int32_t)draw(calls, 5);
    start->workflow_id_conflict_policy = one_in(calls, has_signal ? 8 : 2) ? (int32_t)draw(calls, 4) : 0;
    start->retry_policy = maybe_policy(calls);
    start->memo = maybe_memo(calls);
    start->header = maybe_header(calls);
    start->workflow_start_delay = maybe_duration(calls, 10, 5000);
    return start;
}

static void start(struct calls *calls, struct wf_svc_request *request)
{
    request->call.start_workflow = start_request(calls, false);
}

static void signal(struct calls *calls, struct wf_svc_request *request)
{
    struct wf_svc_signal_workflow *call = MAKE(calls, struct wf_svc_signal_workflow);

    call->workflow_execution = execution(calls);
    call->signal_name = id_or_bad(calls, numbered(calls, "go-", draw(calls, 3)));
    call->input = maybe_payloads(calls);
    call->identity = WF_STR("client");
    call->request_id = request_id(calls);
    call->header = maybe_header(calls);
    request->call.signal_workflow = call;
}

static void signal_with_start(struct calls *calls, struct wf_svc_request *request)
{
    struct wf_svc_signal_with_start *call = MAKE(calls, struct wf_svc_signal_with_start);

    call->start = start_request(calls, true);
    call->signal_name = id_or_bad(calls, WF_STR("go-0"));
    call->signal_input = maybe_payloads(calls);
    call->signal_header = maybe_header(calls);
    request->call.signal_with_start = call;
}

static struct wf_string first_run_of(struct calls *calls, struct wf_string id)
{
    const struct model_run *run = model_run_find(calls->model, id, run_id_of(calls, id));

    return run == NULL || !one_in(calls, 4) ? (struct wf_string){0} : run->start->first_run_id;
}

static void request_cancel(struct calls *calls, struct wf_svc_request *request)
{
    struct wf_svc_request_cancel *call = MAKE(calls, struct wf_svc_request_cancel);

    call->workflow_execution = execution(calls);
    call->first_execution_run_id = first_run_of(calls, call->workflow_execution->workflow_id);
    call->reason = WF_STR("enough");
    call->identity = WF_STR("client");
    call->request_id = request_id(calls);
    request->call.request_cancel = call;
}

static void terminate(struct calls *calls, struct wf_svc_request *request)
{
    struct wf_svc_terminate *call = MAKE(calls, struct wf_svc_terminate);

    call->workflow_execution = execution(calls);
    call->first_execution_run_id = first_run_of(calls, call->workflow_execution->workflow_id);
    call->reason = WF_STR("gone");
    call->details = maybe_payloads(calls);
    call->identity = WF_STR("client");
    request->call.terminate = call;
}

static void query(struct calls *calls, struct wf_svc_request *request)
{
    struct wf_svc_query_workflow *call = MAKE(calls, struct wf_svc_query_workflow);

    call->workflow_execution = execution(calls);
    call->reject_condition = (int32_t)draw(calls, 4);
    call->query = MAKE(calls, struct wf_sdk_query_workflow);
    call->query->query_id = numbered(calls, "query-", calls->number);
    call->query->query_type = WF_STR("state");
    *(struct wf_payload *)WF_LIST_APPEND(&calls->arena, call->query->arguments) = (struct wf_payload){
        .data = numbered(calls, "", calls->number)};
    request->call.query_workflow = call;
}

static void describe(struct calls *calls, struct wf_svc_request *request)
{
    request->call.describe_workflow = MAKE(calls, struct wf_svc_describe_workflow);
    request->call.describe_workflow->workflow_execution = execution(calls);
}

static void get_history(struct calls *calls, struct wf_svc_request *request)
{
    request->call.get_history = MAKE(calls, struct wf_svc_get_history);
    request->call.get_history->workflow_execution = execution(calls);
}

static void reset_sticky(struct calls *calls, struct wf_svc_request *request)
{
    request->call.reset_sticky_task_queue = MAKE(calls, struct wf_svc_reset_sticky_task_queue);
    request->call.reset_sticky_task_queue->workflow_execution = execution(calls);
}

/* ---- Workers: polls ---- */

static struct wf_string worker_name(struct calls *calls, uint32_t worker)
{
    return numbered(calls, "worker-", worker);
}

static struct wf_string sticky_queue(struct calls *calls, uint32_t worker)
{
    return numbered(calls, "sticky-", worker);
}

static void poll_workflow_task(struct calls *calls, struct wf_svc_request *request, uint32_t worker)
{
    struct wf_svc_poll_workflow_task *call = MAKE(calls, struct wf_svc_poll_workflow_task);

    call->is_sticky = one_in(calls, 3);
    call->normal_task_queue = queue(calls);
    call->task_queue = call->is_sticky ? sticky_queue(calls, worker) : call->normal_task_queue;
    call->identity = worker_name(calls, worker);
    call->poll_id = numbered(calls, "poll-", calls->number);
    call->wait_ns = (int64_t)(1 + draw(calls, 2000)) * WF_NS_PER_MS;
    request->call.poll_workflow_task = call;
}

static void poll_activity_task(struct calls *calls, struct wf_svc_request *request, uint32_t worker)
{
    struct wf_svc_poll_activity_task *call = MAKE(calls, struct wf_svc_poll_activity_task);

    call->task_queue = queue(calls);
    call->identity = worker_name(calls, worker);
    call->poll_id = numbered(calls, "poll-", calls->number);
    call->wait_ns = (int64_t)(1 + draw(calls, 2000)) * WF_NS_PER_MS;
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

    attributes->activity_id = id_or_bad(calls, numbered(calls, "activity-", draw(calls, 6)));
    attributes->activity_type = MAKE(calls, struct wf_activity_type);
    attributes->activity_type->name = id_or_bad(calls, WF_STR("charge"));
    attributes->task_queue = MAKE(calls, struct wf_task_queue);
    attributes->task_queue->name = id_or_bad(calls, queue(calls));
    attributes->input = maybe_payloads(calls);
    attributes->header = maybe_header(calls);
    attributes->schedule_to_close_timeout = maybe_duration(calls, 2, 30000);
    attributes->schedule_to_start_timeout = maybe_duration(calls, 4, 10000);
    attributes->start_to_close_timeout = one_in(calls, 12) ? (struct wf_timestamp){0} : duration(calls, 10000);
    attributes->heartbeat_timeout = maybe_duration(calls, 3, 4000);
    attributes->retry_policy = maybe_policy(calls);
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
            state != NULL && state->timers.count > 0 && !one_in(calls, 12)
                ? state->timers.items[draw(calls, state->timers.count)].timer_id
                : numbered(calls, "timer-", draw(calls, 5));
        for (uint32_t i = 0; state != NULL && i < state->buffered_events.count; i++) {
            if (state->buffered_events.items[i].event_type == WF_EVENT_TYPE_TIMER_FIRED && one_in(calls, 2)) {
                command->attributes.cancel_timer->timer_id =
                    state->buffered_events.items[i].attributes.timer_fired->timer_id;
            }
        }
    } else {
        command->attributes.request_cancel_activity_task->scheduled_event_id =
            state != NULL && state->activities.count > 0 && !one_in(calls, 12)
                ? state->activities.items[draw(calls, state->activities.count)].scheduled_event_id
                : (int64_t)draw(calls, 20);
        for (uint32_t i = 0; state != NULL && i < state->activities.count; i++) {
            if (state->activities.items[i].started_time_ns != 0 && one_in(calls, 2)) {
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

    attributes->workflow_id = id_or_bad(calls, one_in(calls, 3) ? workflow_id(calls)
                                                                : numbered(calls, "child-", calls->number % CHILDREN));
    attributes->workflow_type = MAKE(calls, struct wf_workflow_type);
    attributes->workflow_type->name = id_or_bad(calls, WF_STR("Child"));
    if (one_in(calls, 2)) {
        attributes->task_queue = MAKE(calls, struct wf_task_queue);
        attributes->task_queue->name = queue(calls);
    }
    attributes->input = maybe_payloads(calls);
    attributes->header = maybe_header(calls);
    attributes->workflow_run_timeout = maybe_duration(calls, 4, 30000);
    attributes->parent_close_policy = (int32_t)draw(calls, 4);
    attributes->workflow_id_reuse_policy = (int32_t)draw(calls, 4);
    attributes->retry_policy = maybe_policy(calls);
}

static void fill_external(struct calls *calls, const struct held_task *task, struct wf_command *command)
{
    struct wf_workflow_execution *target = execution(calls);
    const struct wf_state_run *state = state_of(calls, task);
    bool is_child = false;

    if (state != NULL && state->children.count > 0 && one_in(calls, 2)) {
        target->workflow_id = state->children.items[draw(calls, state->children.count)].workflow_id;
        target->run_id = (struct wf_string){0};
        is_child = one_in(calls, 2);
    }
    if (command->command_type == WF_COMMAND_TYPE_SIGNAL_EXTERNAL_WORKFLOW_EXECUTION) {
        command->attributes.signal_external_workflow_execution->execution = one_in(calls, 40) ? NULL : target;
        command->attributes.signal_external_workflow_execution->signal_name = id_or_bad(calls, WF_STR("go-1"));
        command->attributes.signal_external_workflow_execution->input = maybe_payloads(calls);
        command->attributes.signal_external_workflow_execution->child_workflow_only = is_child;
        command->attributes.signal_external_workflow_execution->header = maybe_header(calls);
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

    if (one_in(calls, 20)) {
        return; /* empty: refused */
    }
    if (command->command_type == WF_COMMAND_TYPE_MODIFY_WORKFLOW_PROPERTIES) {
        struct wf_memo *memo = MAKE(calls, struct wf_memo);

        entry = WF_LIST_APPEND(&calls->arena, memo->fields);
        command->attributes.modify_workflow_properties->upserted_memo = memo;
    } else {
        struct wf_search_attributes *attributes = MAKE(calls, struct wf_search_attributes);

        entry = WF_LIST_APPEND(&calls->arena, attributes->indexed_fields);
        command->attributes.upsert_workflow_search_attributes->search_attributes = attributes;
    }
    entry->key = numbered(calls, "note-", draw(calls, 3));
    entry->value = payloads(calls)->payloads.items[0];
    if (one_in(calls, 4)) {
        entry->value.metadata.items[0].value = WF_STR("binary/null");
        entry->value.data = (struct wf_string){0};
    }
}

static void add_one(struct calls *calls, const struct held_task *task,
                    struct wf_svc_respond_workflow_task_completed *call)
{
    static const enum wf_command_type types[] = {WF_COMMAND_TYPE_SCHEDULE_ACTIVITY_TASK,
                                                 WF_COMMAND_TYPE_SCHEDULE_ACTIVITY_TASK,
                                                 WF_COMMAND_TYPE_SCHEDULE_ACTIVITY_TASK,
                                                 WF_COMMAND_TYPE_START_TIMER,
                                                 WF_COMMAND_TYPE_START_TIMER,
                                                 WF_COMMAND_TYPE_CANCEL_TIMER,
                                                 WF_COMMAND_TYPE_REQUEST_CANCEL_ACTIVITY_TASK,
                                                 WF_COMMAND_TYPE_RECORD_MARKER,
                                                 WF_COMMAND_TYPE_START_CHILD_WORKFLOW_EXECUTION,
                                                 WF_COMMAND_TYPE_START_CHILD_WORKFLOW_EXECUTION,
                                                 WF_COMMAND_TYPE_SIGNAL_EXTERNAL_WORKFLOW_EXECUTION,
                                                 WF_COMMAND_TYPE_REQUEST_CANCEL_EXTERNAL_WORKFLOW_EXECUTION,
                                                 WF_COMMAND_TYPE_MODIFY_WORKFLOW_PROPERTIES};
    const enum wf_command_type type = types[draw(calls, sizeof types / sizeof types[0])];
    const struct wf_state_run *state = state_of(calls, task);
    struct wf_command *command = NULL;

    /* A cancellation needs something to cancel, most of the time. */
    if (state != NULL && !one_in(calls, 20) &&
        ((type == WF_COMMAND_TYPE_CANCEL_TIMER && state->timers.count == 0 && state->buffered_events.count == 0) ||
         (type == WF_COMMAND_TYPE_REQUEST_CANCEL_ACTIVITY_TASK && state->activities.count == 0))) {
        return;
    }
    command = add_command(calls, call, type);
    if (type == WF_COMMAND_TYPE_SCHEDULE_ACTIVITY_TASK) {
        fill_activity(calls, command);
    } else if (type == WF_COMMAND_TYPE_START_TIMER) {
        command->attributes.start_timer->timer_id = id_or_bad(calls, numbered(calls, "timer-", draw(calls, 5)));
        command->attributes.start_timer->start_to_fire_timeout = duration(calls, 10000);
    } else if (type == WF_COMMAND_TYPE_RECORD_MARKER) {
        command->attributes.record_marker->marker_name = id_or_bad(calls, WF_STR("mark"));
    } else if (type == WF_COMMAND_TYPE_START_CHILD_WORKFLOW_EXECUTION) {
        fill_child(calls, command);
    } else if (type == WF_COMMAND_TYPE_SIGNAL_EXTERNAL_WORKFLOW_EXECUTION ||
               type == WF_COMMAND_TYPE_REQUEST_CANCEL_EXTERNAL_WORKFLOW_EXECUTION) {
        fill_external(calls, task, command);
    } else if (type == WF_COMMAND_TYPE_MODIFY_WORKFLOW_PROPERTIES) {
        fill_properties(calls, command);
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
    const enum wf_command_type type = types[draw(calls, sizeof types / sizeof types[0])];
    struct wf_command *command = add_command(calls, call, type);

    if (type == WF_COMMAND_TYPE_COMPLETE_WORKFLOW_EXECUTION) {
        command->attributes.complete_workflow_execution->result = maybe_payloads(calls);
    } else if (type == WF_COMMAND_TYPE_FAIL_WORKFLOW_EXECUTION) {
        command->attributes.fail_workflow_execution->failure = one_in(calls, 20) ? NULL : failure(calls);
    } else if (type == WF_COMMAND_TYPE_CANCEL_WORKFLOW_EXECUTION) {
        command->attributes.cancel_workflow_execution->details = maybe_payloads(calls);
    } else {
        struct wf_command_continue_as_new_workflow_execution *attributes =
            command->attributes.continue_as_new_workflow_execution;

        attributes->input = maybe_payloads(calls);
        attributes->workflow_run_timeout = maybe_duration(calls, 4, 40000);
        attributes->workflow_task_timeout = maybe_duration(calls, 4, 8000);
        attributes->backoff_start_interval = maybe_duration(calls, 4, 3000);
        attributes->retry_policy = maybe_policy(calls);
        attributes->memo = maybe_memo(calls);
        attributes->header = maybe_header(calls);
    }
    if (one_in(calls, 40)) {
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

static void complete_task(struct calls *calls, struct wf_svc_request *request, const struct held_task *task)
{
    struct wf_svc_respond_workflow_task_completed *call = MAKE(calls, struct wf_svc_respond_workflow_task_completed);
    const uint64_t count = draw(calls, 4);

    call->token = (struct wf_string){task->token, task->token_bytes};
    call->identity = worker_name(calls, task->worker);
    for (uint64_t i = 0; i < count; i++) {
        add_one(calls, task, call);
    }
    if (one_in(calls, 6)) {
        add_close(calls, call);
    }
    if (one_in(calls, 2)) {
        call->sticky_task_queue = sticky_queue(calls, task->worker);
        call->sticky_schedule_to_start_timeout = wf_duration_of((int64_t)(1 + draw(calls, 5)) * WF_NS_PER_S);
    }
    call->return_new_workflow_task = one_in(calls, 2);
    call->force_create_new_workflow_task = one_in(calls, 12);
    answer_queries(calls, task, call);
    request->call_case = WF_CASE_svc_request_respond_workflow_task_completed;
    request->call.respond_workflow_task_completed = call;
}

static void fail_task(struct calls *calls, struct wf_svc_request *request, const struct held_task *task)
{
    struct wf_svc_respond_workflow_task_failed *call = MAKE(calls, struct wf_svc_respond_workflow_task_failed);

    call->token = (struct wf_string){task->token, task->token_bytes};
    call->identity = worker_name(calls, task->worker);
    call->cause = one_in(calls, 2) ? WF_WORKFLOW_TASK_FAILED_CAUSE_WORKFLOW_WORKER_UNHANDLED_FAILURE
                                   : WF_WORKFLOW_TASK_FAILED_CAUSE_NON_DETERMINISTIC_ERROR;
    call->failure = failure(calls);
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

static void report_activity(struct calls *calls, struct wf_svc_request *request, const struct held_task *task,
                            uint64_t dice)
{
    const struct wf_string token = {task->token, task->token_bytes};

    dice = dice < 8 && is_cancel_requested(calls, task) ? 10 : dice;
    if (dice < 6) {
        struct wf_svc_respond_activity_task_completed *call = MAKE(calls,
                                                                   struct wf_svc_respond_activity_task_completed);

        call->token = token;
        call->result = maybe_payloads(calls);
        call->identity = worker_name(calls, task->worker);
        request->call_case = WF_CASE_svc_request_respond_activity_task_completed;
        request->call.respond_activity_task_completed = call;
    } else if (dice < 10) {
        struct wf_svc_respond_activity_task_failed *call = MAKE(calls, struct wf_svc_respond_activity_task_failed);

        call->token = token;
        call->failure = failure(calls);
        call->identity = worker_name(calls, task->worker);
        call->last_heartbeat_details = one_in(calls, 3) ? payloads(calls) : NULL;
        request->call_case = WF_CASE_svc_request_respond_activity_task_failed;
        request->call.respond_activity_task_failed = call;
    } else if (dice < 12) {
        struct wf_svc_respond_activity_task_canceled *call = MAKE(calls, struct wf_svc_respond_activity_task_canceled);

        call->token = token;
        call->details = maybe_payloads(calls);
        call->identity = worker_name(calls, task->worker);
        request->call_case = WF_CASE_svc_request_respond_activity_task_canceled;
        request->call.respond_activity_task_canceled = call;
    } else {
        struct wf_svc_record_activity_heartbeat *call = MAKE(calls, struct wf_svc_record_activity_heartbeat);

        call->token = token;
        call->details = maybe_payloads(calls);
        call->identity = worker_name(calls, task->worker);
        request->call_case = WF_CASE_svc_request_record_activity_heartbeat;
        request->call.record_activity_heartbeat = call;
    }
}

/* A task at random; of those that their runs want canceled one sooner than others. */
static uint32_t choose_held(struct calls *calls)
{
    for (uint32_t i = 0; i < calls->held_count; i++) {
        if (calls->held[i].is_activity && one_in(calls, 2) && is_cancel_requested(calls, &calls->held[i])) {
            return i;
        }
    }
    return (uint32_t)draw(calls, calls->held_count);
}

/* Answers a task that is held, and forgets it: but sometimes the answer comes again. */
static void work(struct calls *calls, struct wf_svc_request *request, uint32_t *worker)
{
    const uint32_t index = choose_held(calls);
    struct held_task *task = MAKE(calls, struct held_task);
    const uint64_t dice = draw(calls, 16);
    bool is_over = !one_in(calls, 10);

    *task = calls->held[index];
    *worker = task->worker;
    if (task->is_query_only) {
        answer_query_task(calls, request, task);
    } else if (task->is_activity) {
        report_activity(calls, request, task, dice);
        is_over = is_over && request->call_case != WF_CASE_svc_request_record_activity_heartbeat;
    } else if (one_in(calls, 10)) {
        fail_task(calls, request, task);
    } else {
        complete_task(calls, request, task);
    }
    if (is_over) {
        calls->held[index] = calls->held[--calls->held_count];
    }
}

/* ---- The mix ---- */

struct kind {
    uint32_t weight;
    uint32_t call_case;
    void (*fill)(struct calls *calls, struct wf_svc_request *request);
    void (*fill_poll)(struct calls *calls, struct wf_svc_request *request, uint32_t worker);
};

static const struct kind kinds[] = {
    {10, WF_CASE_svc_request_start_workflow, start, NULL},
    {12, WF_CASE_svc_request_signal_workflow, signal, NULL},
    {5, WF_CASE_svc_request_signal_with_start, signal_with_start, NULL},
    {4, WF_CASE_svc_request_request_cancel, request_cancel, NULL},
    {2, WF_CASE_svc_request_terminate, terminate, NULL},
    {3, WF_CASE_svc_request_query_workflow, query, NULL},
    {5, WF_CASE_svc_request_describe_workflow, describe, NULL},
    {4, WF_CASE_svc_request_get_history, get_history, NULL},
    {1, WF_CASE_svc_request_reset_sticky_task_queue, reset_sticky, NULL},
    {18, WF_CASE_svc_request_poll_workflow_task, NULL, poll_workflow_task},
    {12, WF_CASE_svc_request_poll_activity_task, NULL, poll_activity_task},
    {34, 0, NULL, NULL}, /* the answer to a task */
};

const struct wf_svc_request *calls_next(struct calls *calls, uint32_t *worker)
{
    struct wf_svc_request *request = NULL;
    const struct kind *kind = kinds;
    uint64_t dice = 0;
    uint64_t total = 0;

    wf_arena_reset(&calls->arena);
    calls->number++;
    request = MAKE(calls, struct wf_svc_request);
    *worker = (uint32_t)draw(calls, WORKERS);
    for (size_t i = 0; i < sizeof kinds / sizeof kinds[0]; i++) {
        total += kinds[i].weight;
    }
    dice = draw(calls, total);
    while (dice >= kind->weight) {
        dice -= kind->weight;
        kind++;
    }
    if (kind->call_case == 0 && calls->held_count == 0) {
        kind = &kinds[9];
    }
    request->call_case = kind->call_case;
    if (kind->call_case == 0) {
        work(calls, request, worker);
    } else if (kind->fill != NULL) {
        kind->fill(calls, request);
    } else {
        kind->fill_poll(calls, request, *worker);
    }
    return request;
}

/* ---- What calls bring ---- */

static void copy_text(char *to, struct wf_string from)
{
    const size_t size_bytes = from.size_bytes < CALLS_TEXT_BYTES ? from.size_bytes : CALLS_TEXT_BYTES - 1;

    if (size_bytes > 0) {
        memcpy(to, from.data, size_bytes);
    }
    to[size_bytes] = '\0';
}

static void hold(struct calls *calls, uint32_t worker, struct wf_string token,
                 const struct wf_workflow_execution *target, struct held_task *task)
{
    if (token.size_bytes == 0 || token.size_bytes > CALLS_TOKEN_BYTES || target == NULL) {
        return;
    }
    task->worker = worker;
    copy_text(task->workflow_id, target->workflow_id);
    copy_text(task->run_id, target->run_id);
    memcpy(task->token, token.data, token.size_bytes);
    task->token_bytes = token.size_bytes;
    if (calls->held_count == CALLS_HELD_MAX) {
        calls->held[draw(calls, CALLS_HELD_MAX)] = *task; /* the one before is lost with its worker */
    } else {
        calls->held[calls->held_count++] = *task;
    }
}

static void hold_workflow_task(struct calls *calls, uint32_t worker, const struct wf_svc_workflow_task *task)
{
    struct held_task held = {.is_query_only = task->is_query_only};

    for (uint32_t i = 0; i < task->queries.count && i < CALLS_QUERIES_MAX; i++) {
        const struct wf_sdk_query_workflow *asked = &task->queries.items[i];

        copy_text(held.query_ids[i], asked->query_id);
        if (asked->arguments.count > 0) {
            copy_text(held.query_args[i], asked->arguments.items[0].data);
        }
        held.query_count = i + 1;
    }
    hold(calls, worker, task->token, task->workflow_execution, &held);
}

void calls_take(struct calls *calls, uint32_t worker, const struct wf_svc_response *response)
{
    if (response->status != WF_CALL_OK) {
        return;
    }
    if (response->answer_case == WF_CASE_svc_response_workflow_task) {
        hold_workflow_task(calls, worker, response->answer.workflow_task);
    } else if (response->answer_case == WF_CASE_svc_response_workflow_task_accepted &&
               response->answer.workflow_task_accepted->new_task != NULL) {
        hold_workflow_task(calls, worker, response->answer.workflow_task_accepted->new_task);
    } else if (response->answer_case == WF_CASE_svc_response_activity_task) {
        struct held_task held = {.is_activity = true};

        hold(calls, worker, response->answer.activity_task->token,
             response->answer.activity_task->workflow_execution, &held);
    }
}

void calls_init(struct calls *calls, struct cluster *cluster, const struct model *model)
{
    *calls = (struct calls){.cluster = cluster, .model = model};
    wf_arena_init(&calls->arena, wf_system_blocks(), 0);
}

void calls_deinit(struct calls *calls)
{
    wf_arena_deinit(&calls->arena);
}
