/*
 * Routing: what a request names decides who handles it. A workflow id leads to its history shard, a task queue to its
 * matching owner, and a task token names either (engine-semantics 8.1, 8.6).
 */
#include "engine/base/assert.h"
#include "engine/codec.h"
#include "engine/server/versioning.h"

#define ID_BYTES_MAX 1000 /* engine-semantics 9 "ids" */

/* What a request says about its destination. */
struct route {
    enum wf_target target;
    struct wf_string key;
    const char *key_name; /* for the refusal */
};

static struct route to_history(const struct wf_workflow_execution *execution)
{
    return (struct route){WF_TARGET_HISTORY, execution == NULL ? (struct wf_string){0} : execution->workflow_id,
                          "WorkflowId"};
}

static struct route to_start(const struct wf_svc_start_workflow *start)
{
    return (struct route){WF_TARGET_HISTORY, start == NULL ? (struct wf_string){0} : start->workflow_id, "WorkflowId"};
}

static struct route to_matching(struct wf_string task_queue)
{
    return (struct route){WF_TARGET_MATCHING, task_queue, "TaskQueue"};
}

static struct route to_queue(struct wf_string task_queue, struct wf_string normal_task_queue, bool is_versioned)
{
    return to_matching(wf_versioning_owner_key(task_queue, normal_task_queue, is_versioned));
}

static struct route by_token(struct wf_arena *arena, struct wf_string bytes)
{
    struct wf_svc_task_token token = {0};

    if (wf_wire_decode(arena, &wf_type_svc_task_token, bytes, &token, NULL) != WF_OK) {
        return (struct route){WF_TARGET_HISTORY, {0}, "TaskToken"};
    }
    /* A query lives in matching only, which has no shard to ask (engine-semantics 7.9 step 3). */
    if (token.is_query) {
        return (struct route){WF_TARGET_MATCHING, token.task_queue, "TaskToken"};
    }
    return (struct route){WF_TARGET_HISTORY, token.workflow_id, "TaskToken"};
}

#define ADDRESS_OF(body)                                                                                               \
    (struct wf_activity_address){(body)->token, (body)->workflow_execution, (body)->activity_id}

bool wf_activity_address_of(const struct wf_svc_request *request, struct wf_activity_address *address)
{
    switch (request->call_case) {
    case WF_CASE_svc_request_respond_activity_task_completed:
        *address = ADDRESS_OF(request->call.respond_activity_task_completed);
        return true;
    case WF_CASE_svc_request_respond_activity_task_failed:
        *address = ADDRESS_OF(request->call.respond_activity_task_failed);
        return true;
    case WF_CASE_svc_request_respond_activity_task_canceled:
        *address = ADDRESS_OF(request->call.respond_activity_task_canceled);
        return true;
    case WF_CASE_svc_request_record_activity_heartbeat:
        *address = ADDRESS_OF(request->call.record_activity_heartbeat);
        return true;
    default:
        return false;
    }
}

#undef ADDRESS_OF

/* Calls that parts of the service make of one another. */
static struct route inner_route_of(const struct wf_svc_request *request)
{
    switch (request->call_case) {
    case WF_CASE_svc_request_add_task:
        return to_queue(request->call.add_task->task_queue, request->call.add_task->normal_task_queue,
                        request->call.add_task->versioning != NULL);
    case WF_CASE_svc_request_dispatch_query:
        return to_queue(request->call.dispatch_query->task_queue, request->call.dispatch_query->normal_task_queue,
                        request->call.dispatch_query->versioning != NULL);
    case WF_CASE_svc_request_set_routing:
        return to_matching(request->call.set_routing->task_queue);
    case WF_CASE_svc_request_record_workflow_task_started:
        return to_history(request->call.record_workflow_task_started->workflow_execution);
    case WF_CASE_svc_request_record_activity_task_started:
        return to_history(request->call.record_activity_task_started->workflow_execution);
    case WF_CASE_svc_request_schedule_first_task:
        return to_history(request->call.schedule_first_task->workflow_execution);
    case WF_CASE_svc_request_record_child_closed:
        return to_history(request->call.record_child_closed->workflow_execution);
    case WF_CASE_svc_request_schedule_call:
        return (struct route){WF_TARGET_HISTORY, request->call.schedule_call->schedule_id, "ScheduleId"};
    case WF_CASE_svc_request_record_action_closed:
        return (struct route){WF_TARGET_HISTORY,
                              request->call.record_action_closed->link == NULL
                                  ? (struct wf_string){0}
                                  : request->call.record_action_closed->link->schedule_id,
                              "ScheduleId"};
    default:
        return (struct route){WF_TARGET_HISTORY, {0}, "Request"};
    }
}

static struct route route_of(const struct wf_svc_request *request, struct wf_arena *arena)
{
    struct wf_activity_address address = {0};

    if (wf_activity_address_of(request, &address)) {
        return address.token.size_bytes > 0 ? by_token(arena, address.token) : to_history(address.workflow_execution);
    }
    switch (request->call_case) {
    case WF_CASE_svc_request_start_workflow:
        return to_start(request->call.start_workflow);
    case WF_CASE_svc_request_signal_workflow:
        return to_history(request->call.signal_workflow->workflow_execution);
    case WF_CASE_svc_request_signal_with_start:
        return to_start(request->call.signal_with_start->start);
    case WF_CASE_svc_request_update_workflow:
        return to_history(request->call.update_workflow->workflow_execution);
    case WF_CASE_svc_request_poll_update:
        return to_history(request->call.poll_update->workflow_execution);
    case WF_CASE_svc_request_update_with_start:
        return to_start(request->call.update_with_start->start);
    case WF_CASE_svc_request_request_cancel:
        return to_history(request->call.request_cancel->workflow_execution);
    case WF_CASE_svc_request_terminate:
        return to_history(request->call.terminate->workflow_execution);
    case WF_CASE_svc_request_complete_nexus_operation:
        return to_history(request->call.complete_nexus_operation->workflow_execution);
    case WF_CASE_svc_request_pause_workflow:
        return to_history(request->call.pause_workflow->workflow_execution);
    case WF_CASE_svc_request_unpause_workflow:
        return to_history(request->call.unpause_workflow->workflow_execution);
    case WF_CASE_svc_request_operate_activity:
        return to_history(request->call.operate_activity->workflow_execution);
    case WF_CASE_svc_request_reset_workflow:
        return to_history(request->call.reset_workflow->workflow_execution);
    case WF_CASE_svc_request_restore_workflow:
        return to_history(request->call.restore_workflow->workflow_execution);
    case WF_CASE_svc_request_query_workflow:
        return to_history(request->call.query_workflow->workflow_execution);
    case WF_CASE_svc_request_describe_workflow:
        return to_history(request->call.describe_workflow->workflow_execution);
    case WF_CASE_svc_request_get_history:
        return to_history(request->call.get_history->workflow_execution);
    case WF_CASE_svc_request_poll_workflow_task:
        return to_queue(request->call.poll_workflow_task->task_queue, request->call.poll_workflow_task->normal_task_queue,
                        request->call.poll_workflow_task->worker_version != NULL);
    case WF_CASE_svc_request_poll_activity_task:
        return to_matching(request->call.poll_activity_task->task_queue);
    case WF_CASE_svc_request_respond_workflow_task_completed:
        return by_token(arena, request->call.respond_workflow_task_completed->token);
    case WF_CASE_svc_request_respond_workflow_task_failed:
        return by_token(arena, request->call.respond_workflow_task_failed->token);
    case WF_CASE_svc_request_respond_query_task_completed:
        return by_token(arena, request->call.respond_query_task_completed->token);
    case WF_CASE_svc_request_reset_sticky_task_queue:
        return to_history(request->call.reset_sticky_task_queue->workflow_execution);
    default:
        return inner_route_of(request);
    }
}

static bool refuse(struct wf_arena *arena, const char *what, const char *why, struct wf_svc_response **refusal)
{
    struct wf_svc_response *response = WF_ARENA_NEW(arena, struct wf_svc_response);
    struct wf_buffer message = {0};

    wf_buffer_init(&message, arena);
    wf_buffer_printf(&message, "%s %s.", what, why);
    if (response != NULL) {
        response->status = WF_CALL_INVALID_ARGUMENT;
        response->message = wf_buffer_string(&message);
    }
    *refusal = response;
    return false;
}

bool wf_frontend_route(const struct wf_svc_request *request, struct wf_arena *arena, enum wf_target *target,
                       struct wf_string *key, struct wf_svc_response **refusal)
{
    const struct route route = route_of(request, arena);

    WF_ASSERT(request != NULL);
    *refusal = NULL;
    if (route.key.size_bytes == 0) {
        return refuse(arena, route.key_name, "is not set on request", refusal);
    }
    if (route.key.size_bytes > ID_BYTES_MAX) {
        return refuse(arena, route.key_name, "length exceeds limit", refusal);
    }
    *target = route.target;
    *key = route.key;
    return true;
}
