/*
 * Most calls make sense; some name what is gone, come twice, or break a rule. The mix is made so that every refusal of the
 * service comes up in a few thousand calls.
 */
#include "tests/model/calls.h"

#include <stdlib.h>
#include <string.h>

#include "tests/model/draws.h"

#define WORKERS 3

/* ---- Clients ---- */

static struct wf_svc_start_workflow *start_request(struct calls *calls, bool has_signal)
{
    struct wf_svc_start_workflow *start = MAKE(calls, struct wf_svc_start_workflow);

    start->workflow_id = calls_id_or_bad(calls, calls_workflow_id(calls));
    start->workflow_type = calls_id_or_bad(calls, WF_STR("Order"));
    start->task_queue = calls_id_or_bad(calls, calls_queue(calls));
    start->input = calls_maybe_payloads(calls);
    start->workflow_execution_timeout = calls_maybe_duration(calls, 6, 60000);
    start->workflow_run_timeout = calls_maybe_duration(calls, 4, 40000);
    start->workflow_task_timeout = calls_maybe_duration(calls, 2, 8000);
    start->identity = WF_STR("client");
    start->request_id = calls_request_id(calls);
    start->workflow_id_reuse_policy = calls_one_in(calls, 2) ? 0 : (int32_t)calls_draw(calls, 5);
    start->workflow_id_conflict_policy = calls_one_in(calls, has_signal ? 8 : 2) ? (int32_t)calls_draw(calls, 4) : 0;
    start->retry_policy = calls_maybe_policy(calls);
    start->memo = calls_maybe_memo(calls);
    start->header = calls_maybe_header(calls);
    start->search_attributes = calls_one_in(calls, 8) ? calls_attributes(calls) : NULL;
    start->cron_schedule = calls_maybe_cron(calls);
    start->workflow_start_delay = calls_maybe_duration(calls, 10, 5000);
    return start;
}

static void start(struct calls *calls, struct wf_svc_request *request)
{
    request->call.start_workflow = start_request(calls, false);
}

static void signal(struct calls *calls, struct wf_svc_request *request)
{
    struct wf_svc_signal_workflow *call = MAKE(calls, struct wf_svc_signal_workflow);

    call->workflow_execution = calls_execution(calls);
    call->signal_name = calls_id_or_bad(calls, calls_numbered(calls, "go-", calls_draw(calls, 3)));
    call->input = calls_maybe_payloads(calls);
    call->identity = WF_STR("client");
    call->request_id = calls_request_id(calls);
    call->header = calls_maybe_header(calls);
    request->call.signal_workflow = call;
}

static void signal_with_start(struct calls *calls, struct wf_svc_request *request)
{
    struct wf_svc_signal_with_start *call = MAKE(calls, struct wf_svc_signal_with_start);

    call->start = start_request(calls, true);
    call->signal_name = calls_id_or_bad(calls, WF_STR("go-0"));
    call->signal_input = calls_maybe_payloads(calls);
    call->signal_header = calls_maybe_header(calls);
    request->call.signal_with_start = call;
}

static struct wf_string first_run_of(struct calls *calls, struct wf_string id)
{
    const struct model_run *run = model_run_find(calls->model, id, calls_run_id_of(calls, id));

    return run == NULL || !calls_one_in(calls, 4) ? (struct wf_string){0} : run->start->first_run_id;
}

static void request_cancel(struct calls *calls, struct wf_svc_request *request)
{
    struct wf_svc_request_cancel *call = MAKE(calls, struct wf_svc_request_cancel);

    call->workflow_execution = calls_execution(calls);
    call->first_execution_run_id = first_run_of(calls, call->workflow_execution->workflow_id);
    call->reason = WF_STR("enough");
    call->identity = WF_STR("client");
    call->request_id = calls_request_id(calls);
    request->call.request_cancel = call;
}

static void terminate(struct calls *calls, struct wf_svc_request *request)
{
    struct wf_svc_terminate *call = MAKE(calls, struct wf_svc_terminate);

    call->workflow_execution = calls_execution(calls);
    call->first_execution_run_id = first_run_of(calls, call->workflow_execution->workflow_id);
    call->reason = WF_STR("gone");
    call->details = calls_maybe_payloads(calls);
    call->identity = WF_STR("client");
    request->call.terminate = call;
}

static void query(struct calls *calls, struct wf_svc_request *request)
{
    struct wf_svc_query_workflow *call = MAKE(calls, struct wf_svc_query_workflow);

    call->workflow_execution = calls_execution(calls);
    call->reject_condition = (int32_t)calls_draw(calls, 4);
    call->query = MAKE(calls, struct wf_sdk_query_workflow);
    call->query->query_id = calls_numbered(calls, "query-", calls->number);
    call->query->query_type = WF_STR("state");
    *(struct wf_payload *)WF_LIST_APPEND(&calls->arena, call->query->arguments) = (struct wf_payload){
        .data = calls_numbered(calls, "", calls->number)};
    request->call.query_workflow = call;
}

static void describe(struct calls *calls, struct wf_svc_request *request)
{
    request->call.describe_workflow = MAKE(calls, struct wf_svc_describe_workflow);
    request->call.describe_workflow->workflow_execution = calls_execution(calls);
}

static void get_history(struct calls *calls, struct wf_svc_request *request)
{
    request->call.get_history = MAKE(calls, struct wf_svc_get_history);
    request->call.get_history->workflow_execution = calls_execution(calls);
}

static void reset_sticky(struct calls *calls, struct wf_svc_request *request)
{
    request->call.reset_sticky_task_queue = MAKE(calls, struct wf_svc_reset_sticky_task_queue);
    request->call.reset_sticky_task_queue->workflow_execution = calls_execution(calls);
}

/* ---- Updates ---- */

static struct wf_svc_update_workflow *update_request(struct calls *calls)
{
    struct wf_svc_update_workflow *call = MAKE(calls, struct wf_svc_update_workflow);

    call->workflow_execution = calls_execution(calls);
    call->request = calls_update_request(calls, calls_numbered(calls, "update-", calls_draw(calls, 8)));
    call->first_execution_run_id = first_run_of(calls, call->workflow_execution->workflow_id);
    if (calls_one_in(calls, 40)) {
        call->request->meta->update_id = calls_one_in(calls, 2) ? (struct wf_string){0} : calls_long_text(calls, 1200);
    }
    call->wait_stage = calls_one_in(calls, 40) ? 0 : 1 + (int32_t)calls_draw(calls, 3);
    call->wait_ns = calls_one_in(calls, 4) ? 0 : (int64_t)(1 + calls_draw(calls, 2000)) * WF_NS_PER_MS;
    return call;
}

static void update(struct calls *calls, struct wf_svc_request *request)
{
    request->call.update_workflow = update_request(calls);
}

static void update_with_start(struct calls *calls, struct wf_svc_request *request)
{
    struct wf_svc_update_with_start *call = MAKE(calls, struct wf_svc_update_with_start);

    call->start = start_request(calls, true);
    call->update = update_request(calls);
    request->call.update_with_start = call;
}

static void poll_update(struct calls *calls, struct wf_svc_request *request)
{
    struct wf_svc_poll_update *call = MAKE(calls, struct wf_svc_poll_update);

    call->workflow_execution = calls_execution(calls);
    call->update_id = calls_one_in(calls, 40) ? (struct wf_string){0}
                                              : calls_numbered(calls, "update-", calls_draw(calls, 8));
    call->wait_stage = calls_one_in(calls, 40) ? 0 : 1 + (int32_t)calls_draw(calls, 3);
    call->wait_ns = (int64_t)(1 + calls_draw(calls, 1000)) * WF_NS_PER_MS;
    request->call.poll_update = call;
}

/* ---- Operators ---- */

static struct wf_svc_pause_workflow *pause_request(struct calls *calls)
{
    struct wf_svc_pause_workflow *call = MAKE(calls, struct wf_svc_pause_workflow);

    call->workflow_execution = calls_execution(calls);
    call->reason = WF_STR("looking");
    call->identity = WF_STR("operator");
    call->request_id = calls_request_id(calls);
    return call;
}

static void pause(struct calls *calls, struct wf_svc_request *request)
{
    request->call.pause_workflow = pause_request(calls);
}

/* Of a paused run, when there is one. */
static void unpause(struct calls *calls, struct wf_svc_request *request)
{
    struct wf_svc_pause_workflow *call = pause_request(calls);
    uint32_t index = 0;
    struct wf_map_entry *entry = NULL;

    while ((entry = wf_map_next(&calls->model->workflows, &index)) != NULL) {
        const struct model_run *run = model_run_current(entry->value);

        if (run != NULL && run->state->is_paused && calls_one_in(calls, 2)) {
            call->workflow_execution->workflow_id = run->start->workflow_id;
            call->workflow_execution->run_id = (struct wf_string){0};
        }
    }
    request->call.unpause_workflow = call;
}

/* Every option, one or several at a time; now and then one that there is not, or none. */
static void fill_options(struct calls *calls, struct wf_svc_operate_activity *call)
{
    static const char *const paths[] = {"task_queue.name",
                                        "schedule_to_close_timeout",
                                        "schedule_to_start_timeout",
                                        "start_to_close_timeout",
                                        "heartbeat_timeout",
                                        "retry_policy",
                                        "retry_policy.initial_interval",
                                        "retry_policy.backoff_coefficient",
                                        "retry_policy.maximum_interval",
                                        "retry_policy.maximum_attempts",
                                        "retry_policy.non_retryable_error_types"};
    const uint64_t count = calls_one_in(calls, 40) ? 0 : 1 + calls_draw(calls, 4);

    for (uint64_t i = 0; i < count; i++) {
        const char *path = calls_one_in(calls, 60) ? "priority.weight" : paths[calls_draw(calls, sizeof paths / sizeof paths[0])];

        *(struct wf_string *)WF_LIST_APPEND(&calls->arena, call->update_mask) = wf_string_of(path);
    }
    if (calls_one_in(calls, 40)) {
        return;
    }
    call->options = MAKE(calls, struct wf_activity_options);
    if (!calls_one_in(calls, 40)) {
        call->options->task_queue = MAKE(calls, struct wf_task_queue);
        call->options->task_queue->name = calls_id_or_bad(calls, calls_queue(calls));
    }
    call->options->schedule_to_close_timeout = calls_maybe_duration(calls, 2, 60000);
    call->options->schedule_to_start_timeout = calls_maybe_duration(calls, 2, 30000);
    call->options->start_to_close_timeout = calls_maybe_duration(calls, 2, 30000);
    call->options->heartbeat_timeout = calls_maybe_duration(calls, 2, 15000);
    call->options->retry_policy = calls_maybe_policy(calls);
}

static void operate_activity(struct calls *calls, struct wf_svc_request *request)
{
    struct wf_svc_operate_activity *call = MAKE(calls, struct wf_svc_operate_activity);

    call->workflow_execution = calls_execution(calls);
    call->action = calls_one_in(calls, 40) ? (int32_t)calls_draw(calls, 6) : 1 + (int32_t)calls_draw(calls, 4);
    call->activity_id = calls_pending_activity(calls, call->workflow_execution);
    if (calls_one_in(calls, 3)) {
        call->activity_type = WF_STR("charge");
        call->activity_id = (struct wf_string){0};
    }
    call->resets_attempts = calls_one_in(calls, 2);
    call->resets_heartbeat = calls_one_in(calls, 2);
    call->keeps_paused = calls_one_in(calls, 2);
    call->jitter = calls_maybe_duration(calls, 3, 4000);
    call->restores_options = calls_one_in(calls, 4);
    if (call->action == WF_ACTIVITY_ACTION_UPDATE_OPTIONS && (!call->restores_options || calls_one_in(calls, 20))) {
        fill_options(calls, call);
    }
    request->call.operate_activity = call;
}

/* ---- The mix ---- */

struct kind {
    uint32_t weight;
    uint32_t call_case;
    void (*fill)(struct calls *calls, struct wf_svc_request *request);
    void (*fill_poll)(struct calls *calls, struct wf_svc_request *request, uint32_t worker);
};

static const struct kind kinds[] = {
    {18, WF_CASE_svc_request_poll_workflow_task, NULL, calls_poll_workflow_task},
    {10, WF_CASE_svc_request_start_workflow, start, NULL},
    {12, WF_CASE_svc_request_signal_workflow, signal, NULL},
    {5, WF_CASE_svc_request_signal_with_start, signal_with_start, NULL},
    {4, WF_CASE_svc_request_request_cancel, request_cancel, NULL},
    {2, WF_CASE_svc_request_terminate, terminate, NULL},
    {3, WF_CASE_svc_request_query_workflow, query, NULL},
    {5, WF_CASE_svc_request_describe_workflow, describe, NULL},
    {4, WF_CASE_svc_request_get_history, get_history, NULL},
    {1, WF_CASE_svc_request_reset_sticky_task_queue, reset_sticky, NULL},
    {8, WF_CASE_svc_request_update_workflow, update, NULL},
    {2, WF_CASE_svc_request_update_with_start, update_with_start, NULL},
    {4, WF_CASE_svc_request_poll_update, poll_update, NULL},
    {2, WF_CASE_svc_request_pause_workflow, pause, NULL},
    {3, WF_CASE_svc_request_unpause_workflow, unpause, NULL},
    {7, WF_CASE_svc_request_operate_activity, operate_activity, NULL},
    {2, WF_CASE_svc_request_reset_workflow, calls_reset_workflow, NULL},
    {5, WF_CASE_svc_request_schedule_call, calls_ask_schedule, NULL},
    {1, WF_CASE_svc_request_set_routing, calls_set_routing, NULL},
    {2, WF_CASE_svc_request_complete_nexus_operation, calls_complete_nexus, NULL},
    {2, WF_CASE_svc_request_restore_workflow, calls_restore_workflow, NULL},
    {16, WF_CASE_svc_request_poll_activity_task, NULL, calls_poll_activity_task},
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
    *worker = (uint32_t)calls_draw(calls, WORKERS);
    for (size_t i = 0; i < sizeof kinds / sizeof kinds[0]; i++) {
        total += kinds[i].weight;
    }
    dice = calls_draw(calls, total);
    while (dice >= kind->weight) {
        dice -= kind->weight;
        kind++;
    }
    if ((kind->call_case == 0 && calls->held_count == 0) ||
        (kind->call_case == WF_CASE_svc_request_set_routing && !calls->is_versioned)) {
        kind = kinds; /* nothing is held: something to work on */
    }
    request->call_case = kind->call_case;
    if (kind->call_case == 0) {
        calls_work(calls, request, worker);
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
        calls->held[calls_draw(calls, CALLS_HELD_MAX)] = *task; /* the one before is lost with its worker */
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
    for (uint32_t i = 0; i < task->messages.count && i < CALLS_UPDATES_MAX; i++) {
        copy_text(held.update_ids[i], task->messages.items[i].protocol_instance_id);
        held.update_count = i + 1;
    }
    held.started_event_id = task->started_event_id;
    hold(calls, worker, task->token, task->workflow_execution, &held);
}

static void hold_activity_tasks(struct calls *calls, uint32_t worker,
                                const struct wf_svc_workflow_task_accepted *accepted)
{
    for (uint32_t i = 0; i < accepted->activity_tasks.count; i++) {
        struct held_task held = {.is_activity = true};

        hold(calls, worker, accepted->activity_tasks.items[i].token,
             accepted->activity_tasks.items[i].workflow_execution, &held);
    }
}

void calls_take(struct calls *calls, uint32_t worker, const struct wf_svc_response *response)
{
    if (response->status != WF_CALL_OK) {
        return;
    }
    if (response->answer_case == WF_CASE_svc_response_workflow_task_accepted) {
        hold_activity_tasks(calls, worker, response->answer.workflow_task_accepted);
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
