/*
 * From a request to the workflow it is about, and from an operation to the function that performs
 * it.
 *
 * Source: engine-semantics 8.1, 8.6.
 */
#include "engine/base/assert.h"
#include "engine/server/change.h"

/* What a request is about. */
struct subject {
    struct wf_string workflow_id;
    struct wf_string run_id;
    int64_t shard_clock; /* of the owner that the request goes back to; 0: it carries none */
    bool reads_history;  /* needs more than the run's state */
    void (*perform)(struct wf_shard *shard, struct wf_workflow *workflow, struct wf_shard_run *run,
                    struct wf_operation *operation);
};

static void name_execution(struct subject *subject, const struct wf_workflow_execution *execution)
{
    if (execution != NULL) {
        subject->workflow_id = execution->workflow_id;
        subject->run_id = execution->run_id;
    }
}

static void name_token(struct wf_shard *shard, struct subject *subject, struct wf_string bytes)
{
    struct wf_svc_task_token token = {0};

    if (wf_wire_decode(&shard->step_arena, &wf_type_svc_task_token, bytes, &token, NULL) == WF_OK) {
        subject->workflow_id = token.workflow_id;
        subject->run_id = token.run_id;
        subject->shard_clock = token.shard_clock;
    }
}

/* Of the owner that made a task's token; 0 without one. */
static int64_t clock_of(struct wf_shard *shard, struct wf_string bytes)
{
    struct wf_svc_task_token token = {0};

    return bytes.size_bytes > 0 && wf_wire_decode(&shard->step_arena, &wf_type_svc_task_token, bytes, &token,
                                                  NULL) == WF_OK
               ? token.shard_clock
               : 0;
}

/* 7.7: a cancel or terminate that names the chain is for its current run. */
static void name_chain(struct subject *subject, const struct wf_workflow_execution *execution,
                       struct wf_string first_run_id)
{
    name_execution(subject, execution);
    if (first_run_id.size_bytes > 0) {
        subject->run_id = (struct wf_string){0};
    }
}

/* Requests of clients. False for any other. */
static bool client_subject(struct wf_shard *shard, const struct wf_svc_request *request, struct subject *subject)
{
    switch (request->call_case) {
    case WF_CASE_svc_request_start_workflow:
        subject->workflow_id = request->call.start_workflow->workflow_id;
        subject->perform = wf_handle_start;
        return true;
    case WF_CASE_svc_request_signal_with_start:
        if (request->call.signal_with_start->start != NULL) {
            subject->workflow_id = request->call.signal_with_start->start->workflow_id;
        }
        subject->perform = wf_handle_signal_with_start;
        return true;
    case WF_CASE_svc_request_signal_workflow:
        name_execution(subject, request->call.signal_workflow->workflow_execution);
        subject->shard_clock = request->call.signal_workflow->shard_clock;
        subject->perform = wf_handle_signal;
        return true;
    case WF_CASE_svc_request_request_cancel:
        name_chain(subject, request->call.request_cancel->workflow_execution,
                   request->call.request_cancel->first_execution_run_id);
        subject->shard_clock = request->call.request_cancel->shard_clock;
        subject->perform = wf_handle_request_cancel;
        return true;
    case WF_CASE_svc_request_terminate:
        name_chain(subject, request->call.terminate->workflow_execution,
                   request->call.terminate->first_execution_run_id);
        subject->shard_clock = request->call.terminate->shard_clock;
        subject->perform = wf_handle_terminate;
        return true;
    case WF_CASE_svc_request_pause_workflow:
        name_execution(subject, request->call.pause_workflow->workflow_execution);
        subject->perform = wf_handle_pause;
        return true;
    case WF_CASE_svc_request_unpause_workflow:
        name_execution(subject, request->call.unpause_workflow->workflow_execution);
        subject->perform = wf_handle_pause;
        return true;
    case WF_CASE_svc_request_operate_activity:
        name_execution(subject, request->call.operate_activity->workflow_execution);
        subject->perform = wf_handle_operate_activity;
        return true;
    case WF_CASE_svc_request_reset_workflow:
        name_execution(subject, request->call.reset_workflow->workflow_execution);
        subject->reads_history = true;
        subject->perform = wf_handle_reset;
        return true;
    case WF_CASE_svc_request_restore_workflow:
        if (request->call.restore_workflow->workflow_execution != NULL) {
            subject->workflow_id = request->call.restore_workflow->workflow_execution->workflow_id;
        }
        subject->perform = wf_handle_restore;
        return true;
    case WF_CASE_svc_request_query_workflow:
        name_execution(subject, request->call.query_workflow->workflow_execution);
        subject->perform = wf_handle_query;
        return true;
    case WF_CASE_svc_request_describe_workflow:
        name_execution(subject, request->call.describe_workflow->workflow_execution);
        subject->perform = wf_handle_describe;
        return true;
    case WF_CASE_svc_request_get_history:
        name_execution(subject, request->call.get_history->workflow_execution);
        subject->shard_clock = clock_of(shard, request->call.get_history->token);
        subject->perform = wf_handle_get_history;
        return true;
    default:
        return false;
    }
}

/* Requests of clients about updates. False for any other. */
static bool update_subject(const struct wf_svc_request *request, struct subject *subject)
{
    switch (request->call_case) {
    case WF_CASE_svc_request_update_workflow:
        name_chain(subject, request->call.update_workflow->workflow_execution,
                   request->call.update_workflow->first_execution_run_id);
        subject->perform = wf_handle_update;
        return true;
    case WF_CASE_svc_request_poll_update:
        name_execution(subject, request->call.poll_update->workflow_execution);
        subject->perform = wf_handle_poll_update;
        return true;
    case WF_CASE_svc_request_update_with_start:
        if (request->call.update_with_start->start != NULL) {
            subject->workflow_id = request->call.update_with_start->start->workflow_id;
        }
        subject->perform = wf_handle_update_with_start;
        return true;
    default:
        return false;
    }
}

/* Requests of workers and of matching. False for any other. */
static bool worker_subject(struct wf_shard *shard, const struct wf_svc_request *request,
                           struct subject *subject)
{
    struct wf_activity_address address = {0};

    if (wf_activity_address_of(request, &address)) {
        if (address.token.size_bytes > 0) {
            name_token(shard, subject, address.token);
        } else {
            name_execution(subject, address.workflow_execution);
        }
        subject->perform = wf_handle_activity_response;
        return true;
    }
    switch (request->call_case) {
    case WF_CASE_svc_request_respond_workflow_task_completed:
        name_token(shard, subject, request->call.respond_workflow_task_completed->token);
        subject->perform = wf_handle_workflow_task_completed;
        return true;
    case WF_CASE_svc_request_respond_workflow_task_failed:
        name_token(shard, subject, request->call.respond_workflow_task_failed->token);
        subject->perform = wf_handle_workflow_task_failed;
        return true;
    case WF_CASE_svc_request_reset_sticky_task_queue:
        name_execution(subject, request->call.reset_sticky_task_queue->workflow_execution);
        subject->perform = wf_handle_reset_sticky;
        return true;
    case WF_CASE_svc_request_record_workflow_task_started:
        name_execution(subject, request->call.record_workflow_task_started->workflow_execution);
        subject->shard_clock = request->call.record_workflow_task_started->shard_clock;
        subject->perform = wf_handle_workflow_task_started;
        return true;
    case WF_CASE_svc_request_record_activity_task_started:
        name_execution(subject, request->call.record_activity_task_started->workflow_execution);
        subject->shard_clock = request->call.record_activity_task_started->shard_clock;
        subject->perform = wf_handle_activity_started;
        return true;
    default:
        return false;
    }
}

/* Requests of other shards. False for any other. */
static bool shard_subject(const struct wf_svc_request *request, struct subject *subject)
{
    switch (request->call_case) {
    case WF_CASE_svc_request_schedule_first_task:
        name_execution(subject, request->call.schedule_first_task->workflow_execution);
        subject->shard_clock = request->call.schedule_first_task->shard_clock;
        subject->perform = wf_handle_schedule_first_task;
        return true;
    case WF_CASE_svc_request_record_child_closed:
        name_execution(subject, request->call.record_child_closed->workflow_execution);
        subject->shard_clock = request->call.record_child_closed->shard_clock;
        subject->perform = wf_handle_record_child_closed;
        return true;
    case WF_CASE_svc_request_complete_nexus_operation:
        name_execution(subject, request->call.complete_nexus_operation->workflow_execution);
        subject->perform = wf_handle_complete_nexus_operation;
        return true;
    default:
        return false;
    }
}

static bool subject_of(struct wf_shard *shard, const struct wf_svc_request *request,
                       struct subject *subject)
{
    return client_subject(shard, request, subject) || update_subject(request, subject) ||
           worker_subject(shard, request, subject) || shard_subject(request, subject);
}

void wf_request_receive(struct wf_shard *shard, uint64_t call_id,
                        const struct wf_svc_request *request)
{
    struct wf_operation operation = {
        .kind = WF_OPERATION_REQUEST, .call_id = call_id, .request = request};
    struct subject subject = {0};
    struct wf_workflow *workflow = NULL;

    if (wf_schedule_receive(shard, call_id, request)) {
        return;
    }
    if (!subject_of(shard, request, &subject)) {
        wf_shard_answer(shard, call_id, WF_CALL_INVALID_ARGUMENT,
                        "This request is not for history.");
        return;
    }
    if (subject.workflow_id.size_bytes == 0) {
        wf_shard_answer(shard, call_id, WF_CALL_INVALID_ARGUMENT,
                        "WorkflowId or task token is not set on request.");
        return;
    }
    /* 8.2 rule 6: what we remember is older than what made this request, so no answer of ours is worth anything. */
    if (shard->state == WF_SHARD_OWNED && subject.shard_clock > wf_shard_clock(shard)) {
        wf_shard_answer(shard, call_id, WF_CALL_UNAVAILABLE, "The shard moved.");
        wf_shard_overtaken(shard);
        return;
    }
    if (subject.run_id.size_bytes > 0 && !wf_run_id_read(subject.run_id, &operation.run_id)) {
        wf_shard_answer(shard, call_id, WF_CALL_NOT_FOUND, "workflow not found for ID");
        return;
    }
    operation.reads_history = subject.reads_history;
    workflow = wf_workflow_get(shard, subject.workflow_id);
    if (workflow != NULL) {
        wf_workflow_submit(shard, workflow, &operation);
    }
}

void wf_operation_run(struct wf_shard *shard, struct wf_workflow *workflow,
                      struct wf_shard_run *run, struct wf_operation *operation)
{
    struct subject subject = {0};
    bool is_known = false;

    WF_ASSERT(!workflow->is_locked && shard->state == WF_SHARD_OWNED);
    switch (operation->kind) {
    case WF_OPERATION_REQUEST:
        is_known = subject_of(shard, operation->request, &subject);
        WF_ASSERT(is_known);
        subject.perform(shard, workflow, run, operation);
        break;
    case WF_OPERATION_TIMER:
        wf_handle_timer(shard, workflow, run, operation);
        break;
    case WF_OPERATION_PUSH:
        if (operation->task->kind == WF_TRANSFER_PUSH) {
            wf_task_push(shard, workflow, run, operation->task);
        } else {
            wf_transfer_run(shard, workflow, run, operation);
        }
        break;
    }
}
