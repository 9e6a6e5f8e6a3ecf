/*
 * Queries. One that may be answered at once goes to matching, which gives it to a worker as a task
 * of its own; one that must first see events on their way to a worker waits for the workflow task
 * that carries them.
 *
 * Source: engine-semantics 7.9.
 */
#include "engine/base/assert.h"
#include "engine/server/change.h"

#define FAILING_ATTEMPTS 3 /* 7.9 step 2 */

static void dispatch(struct wf_shard *shard, struct wf_workflow *workflow,
                     const struct wf_shard_run *run, uint64_t call_id,
                     const struct wf_sdk_query_workflow *query, bool is_sticky);

/* ---- Answers ---- */

void wf_query_answer(struct wf_shard *shard, uint64_t call_id,
                     const struct wf_sdk_query_result *result)
{
    const bool is_failed = result->variant_case == WF_CASE_sdk_query_result_failed;
    struct wf_svc_response *response = wf_shard_answer(
        shard, call_id, is_failed ? WF_CALL_QUERY_FAILED : WF_CALL_OK, "");
    struct wf_svc_query_answer *answer = WF_ARENA_NEW(&shard->step_arena,
                                                      struct wf_svc_query_answer);

    if (response == NULL || answer == NULL) {
        return;
    }
    response->answer_case = WF_CASE_svc_response_query_answer;
    response->answer.query_answer = answer;
    answer->query_id = wf_string_copy(&shard->step_arena, result->query_id);
    if (is_failed) {
        answer->failure = wf_message_copy(&shard->step_arena, &wf_type_failure,
                                          result->variant.failed);
        return;
    }
    answer->result = WF_ARENA_NEW(&shard->step_arena, struct wf_payloads);
    if (answer->result != NULL && result->variant_case == WF_CASE_sdk_query_result_succeeded &&
        result->variant.succeeded->response != NULL) {
        struct wf_payload *payload = WF_LIST_APPEND(&shard->step_arena, answer->result->payloads);

        if (payload != NULL) {
            *payload = *result->variant.succeeded->response;
        }
    }
}

void wf_query_answers_free(struct wf_shard *shard, struct wf_query_answers *answers)
{
    while (answers != NULL) {
        struct wf_query_answers *const next = answers->next;

        wf_slab_give(&shard->slabs, answers->bytes, answers->size_bytes);
        wf_slab_give(&shard->slabs, answers, sizeof *answers);
        answers = next;
    }
}

static void forget_waiting(struct wf_shard *shard, struct wf_shard_run *run)
{
    wf_slab_give(&shard->slabs, run->query.bytes, run->query.size_bytes);
    run->query = (struct wf_waiting_query){0};
}

void wf_query_drop(struct wf_shard *shard, struct wf_shard_run *run, enum wf_call_status status,
                   const char *message)
{
    if (run->query.call_id != 0) {
        wf_shard_answer(shard, run->query.call_id, status, message);
        forget_waiting(shard, run);
    }
}

/* ---- Waiting for a workflow task (step 4) ---- */

static bool read_waiting(struct wf_shard *shard, const struct wf_shard_run *run,
                         struct wf_sdk_query_workflow *query)
{
    return wf_read_kept(shard, &wf_type_sdk_query_workflow,
                        (struct wf_string){run->query.bytes, run->query.size_bytes}, query);
}

void wf_query_attach(struct wf_shard *shard, struct wf_shard_run *run,
                     struct wf_svc_workflow_task *task)
{
    struct wf_sdk_query_workflow *query = NULL;

    if (run->query.call_id == 0) {
        return;
    }
    query = WF_LIST_APPEND(&shard->step_arena, task->queries);
    if (query != NULL && read_waiting(shard, run, query)) {
        run->query.is_attached = true;
    }
}

struct wf_query_answers *wf_query_answers_take(
    struct wf_shard *shard, struct wf_shard_run *run,
    const struct wf_svc_respond_workflow_task_completed *request)
{
    struct wf_sdk_query_workflow query = {0};
    struct wf_query_answers *answers = NULL;

    if (run->query.call_id == 0 || !run->query.is_attached || !read_waiting(shard, run, &query)) {
        return NULL;
    }
    run->query.is_attached = false;
    for (uint32_t i = 0; i < request->query_results.count && answers == NULL; i++) {
        if (!wf_string_equal(request->query_results.items[i].query_id, query.query_id)) {
            continue;
        }
        answers = wf_slab_take(&shard->slabs, sizeof *answers);
        if (answers == NULL) {
            return NULL;
        }
        answers->call_id = run->query.call_id;
        wf_keep_message(shard, &wf_type_sdk_query_result, &request->query_results.items[i],
                        &answers->bytes, &answers->size_bytes);
        forget_waiting(shard, run);
    }
    return answers;
}

void wf_query_reconsider(struct wf_shard *shard, struct wf_workflow *workflow,
                         struct wf_shard_run *run)
{
    struct wf_sdk_query_workflow query = {0};
    const uint64_t call_id = run->query.call_id;

    if (call_id == 0) {
        return;
    }
    /* A task that failed took the query with it: the next one carries it again. */
    run->query.is_attached = run->query.is_attached &&
                             wf_workflow_task_is_started(run->state);
    if (wf_shard_run_is_open(run) && wf_workflow_task_state(run->state) != WF_WORKFLOW_TASK_NONE) {
        return;
    }
    if (run->state->previous_started_event_id == 0) {
        wf_query_drop(shard, run, WF_CALL_FAILED_PRECONDITION,
                      "The workflow closed before its first task completed.");
        return;
    }
    if (read_waiting(shard, run, &query)) {
        dispatch(shard, workflow, run, call_id, &query, run->state->sticky_queue.size_bytes > 0);
        forget_waiting(shard, run);
    }
}

static void buffer(struct wf_shard *shard, struct wf_shard_run *run,
                   const struct wf_operation *operation, const struct wf_sdk_query_workflow *query)
{
    if (run->query.call_id != 0) {
        wf_refuse(shard, operation, WF_CALL_RESOURCE_EXHAUSTED,
                  "A query is already waiting for the workflow task.");
        return;
    }
    if (wf_keep_message(shard, &wf_type_sdk_query_workflow, query, &run->query.bytes,
                        &run->query.size_bytes)) {
        run->query.call_id = operation->call_id;
    }
}

/* ---- Through matching (step 3) ---- */

/* The request for matching, with the history that a worker without a cache needs. */
static void dispatch(struct wf_shard *shard, struct wf_workflow *workflow,
                     const struct wf_shard_run *run, uint64_t call_id,
                     const struct wf_sdk_query_workflow *query, bool is_sticky)
{
    struct wf_arena *arena = &shard->step_arena;
    struct wf_svc_request *request = WF_ARENA_NEW(arena, struct wf_svc_request);
    struct wf_svc_dispatch_query *call = WF_ARENA_NEW(arena, struct wf_svc_dispatch_query);
    struct wf_svc_workflow_task *task = WF_ARENA_NEW(arena, struct wf_svc_workflow_task);
    struct wf_sdk_query_workflow *asked = task == NULL ? NULL
                                                       : WF_LIST_APPEND(arena, task->queries);

    if (request == NULL || call == NULL || asked == NULL) {
        return;
    }
    *asked = *query;
    request->call_case = WF_CASE_svc_request_dispatch_query;
    request->call.dispatch_query = call;
    call->task = task;
    call->is_sticky = is_sticky;
    call->task_queue = wf_string_copy(arena, is_sticky ? run->state->sticky_queue
                                                       : run->start->task_queue);
    call->normal_task_queue = wf_string_copy(arena, run->start->task_queue);
    call->versioning = wf_versioning_copy(arena, run->state->versioning);
    task->workflow_execution = wf_execution_message(shard, workflow->id,
                                                    wf_run_id_string(&run->id));
    task->workflow_type = wf_string_copy(arena, run->start->workflow_type);
    task->previous_started_event_id = run->state->previous_started_event_id;
    task->attempt = 1;
    task->is_query_only = true;
    task->is_full_history = !is_sticky;
    task->token = wf_task_token(shard,
                                &(struct wf_svc_task_token){.workflow_id = workflow->id,
                                                            .run_id = wf_run_id_string(&run->id),
                                                            .is_query = true,
                                                            .query_id = query->query_id,
                                                            .task_queue = call->task_queue,
                                                            .shard_clock = wf_shard_clock(shard)});
    wf_history_send(shard, workflow, run,
                    &(struct wf_history_parcel){.request = request,
                                                .call_id = call_id,
                                                .first_event_id = is_sticky ? INT64_MAX : 1,
                                                .last_event_id = wf_shard_run_last_event_id(run)});
}

/* Asks again through the normal queue, as a new operation: the run may have moved on meanwhile. */
static void ask_normal_queue(struct wf_shard *shard, struct wf_direct_query *query)
{
    struct wf_svc_request request = {0};
    struct wf_operation operation = {
        .kind = WF_OPERATION_REQUEST, .call_id = query->call_id, .request = &request};
    const struct wf_svc_workflow_task *task = NULL;
    struct wf_svc_query_workflow again = {0};
    struct wf_workflow *workflow = NULL;

    if (!wf_read_kept(shard, &wf_type_svc_request, (struct wf_string){query->bytes, query->size_bytes}, &request)) {
        return;
    }
    task = request.call.dispatch_query->task;
    again.workflow_execution = task->workflow_execution;
    again.query = &task->queries.items[0];
    request.call_case = WF_CASE_svc_request_query_workflow;
    request.call.query_workflow = &again;
    workflow = wf_workflow_get(shard, task->workflow_execution->workflow_id);
    if (workflow != NULL && wf_run_id_read(task->workflow_execution->run_id, &operation.run_id)) {
        operation.skips_sticky = true;
        wf_workflow_submit(shard, workflow, &operation);
    }
}

void wf_query_reply(struct wf_shard *shard, struct wf_direct_query *query,
                    const struct wf_svc_response *response)
{
    struct wf_svc_response *answer = NULL;

    if (query->call_id == 0) {
        /* The client is gone. */
    } else if (query->is_sticky && response->status != WF_CALL_OK &&
               response->status != WF_CALL_QUERY_FAILED) {
        ask_normal_queue(shard, query);
    } else {
        answer = wf_shard_answer(shard, query->call_id, (enum wf_call_status)response->status, "");
        if (answer != NULL &&
            !wf_message_copy_into(&shard->step_arena, &wf_type_svc_response, answer, response)) {
            answer->answer_case = 0;
        }
    }
    wf_slab_give(&shard->slabs, query->bytes, query->size_bytes);
    wf_slab_give(&shard->slabs, query, sizeof *query);
}

/* ---- QueryWorkflow ---- */

/* Step 1. */
static bool is_rejected(const struct wf_shard_run *run, int32_t condition)
{
    if (wf_shard_run_is_open(run)) {
        return run->state->is_paused;
    }
    return condition == WF_QUERY_REJECT_CONDITION_NOT_OPEN ||
           (condition == WF_QUERY_REJECT_CONDITION_NOT_COMPLETED_CLEANLY &&
            run->state->status != WF_WORKFLOW_EXECUTION_STATUS_COMPLETED);
}

static void reject(struct wf_shard *shard, const struct wf_shard_run *run,
                   const struct wf_operation *operation)
{
    struct wf_svc_response *response = wf_shard_answer(shard, operation->call_id, WF_CALL_OK, "");
    struct wf_svc_query_answer *answer = WF_ARENA_NEW(&shard->step_arena,
                                                      struct wf_svc_query_answer);

    if (response != NULL && answer != NULL) {
        answer->rejected_status = run->state->is_paused ? WF_WORKFLOW_EXECUTION_STATUS_PAUSED
                                                          : run->state->status;
        response->answer_case = WF_CASE_svc_response_query_answer;
        response->answer.query_answer = answer;
    }
}

/* Each query has an id of its own, by which its result comes back. */
static bool identify(struct wf_shard *shard, const struct wf_svc_query_workflow *request,
                     struct wf_sdk_query_workflow *query)
{
    const struct wf_run_id id = wf_shard_draw_uuid(shard);

    *query = *request->query;
    query->query_id = wf_string_copy(&shard->step_arena, wf_run_id_string(&id));
    return query->query_id.data != NULL;
}

/* The planted bug. */
static void write_for_nothing(struct wf_shard *shard, struct wf_workflow *workflow, struct wf_shard_run *run,
                              struct wf_operation *operation)
{
    struct wf_change change = {0};

    wf_change_init(&change, shard, workflow, run);
    wf_change_commit(&change, operation,
                     &(struct wf_reply_plan){.kind = WF_REPLY_ERROR, .status = WF_CALL_UNAVAILABLE});
}

WF_OPERATION(query)
{
    const struct wf_svc_query_workflow *request = operation->request->call.query_workflow;
    struct wf_sdk_query_workflow query = {0};
    enum wf_workflow_task_state task = WF_WORKFLOW_TASK_NONE;

    if (run == NULL || request->query == NULL) {
        wf_refuse(shard, operation, run == NULL ? WF_CALL_NOT_FOUND : WF_CALL_INVALID_ARGUMENT,
                  run == NULL ? "workflow not found for ID" : "Query is not set on request.");
        return;
    }
    if ((shard->config->planted & WF_PLANT_QUERY_WRITES) != 0 && wf_shard_run_is_open(run)) {
        write_for_nothing(shard, workflow, run, operation);
        return;
    }
    if (is_rejected(run, request->reject_condition)) {
        reject(shard, run, operation);
        return;
    }
    task = wf_workflow_task_state(run->state);
    if (!wf_shard_run_is_open(run) && run->state->previous_started_event_id == 0) {
        wf_refuse(shard, operation, WF_CALL_FAILED_PRECONDITION,
                  "The workflow closed before its first task completed.");
        return;
    }
    if (run->state->is_in_backoff) {
        wf_refuse(shard, operation, WF_CALL_FAILED_PRECONDITION,
                  "The workflow's first task is not scheduled yet.");
        return;
    }
    if (run->state->workflow_task != NULL &&
        run->state->workflow_task->attempt >= FAILING_ATTEMPTS) {
        wf_refuse(shard, operation, WF_CALL_WORKFLOW_NOT_READY, "The workflow task keeps failing.");
        return;
    }
    if (!identify(shard, request, &query)) {
        return;
    }
    if (run->state->previous_started_event_id != 0 &&
        (!wf_shard_run_is_open(run) || task == WF_WORKFLOW_TASK_NONE)) {
        dispatch(shard, workflow, run, operation->call_id, &query,
                 run->state->sticky_queue.size_bytes > 0 && !operation->skips_sticky &&
                     wf_shard_run_is_open(run));
        return;
    }
    buffer(shard, run, operation, &query);
}
