/*
 * What clients ask about updates: to make one, with the start of its workflow or without, and what became of one.
 *
 * Source: engine-semantics 7.8.
 */
#include "engine/base/assert.h"
#include "engine/server/update_registry.h"

#define FAILING_ATTEMPTS 3 /* 7.8: nobody waits for a task that keeps failing */

static struct wf_string update_id_of(const struct wf_svc_update_workflow *request)
{
    return request->request == NULL || request->request->meta == NULL ? (struct wf_string){0}
                                                                       : request->request->meta->update_id;
}

static bool is_stage(int32_t stage)
{
    return stage >= WF_UPDATE_WORKFLOW_EXECUTION_LIFECYCLE_STAGE_ADMITTED &&
           stage <= WF_UPDATE_WORKFLOW_EXECUTION_LIFECYCLE_STAGE_COMPLETED;
}

const char *wf_update_check(const struct wf_shard *shard, const struct wf_svc_update_workflow *request)
{
    const size_t size_max = (size_t)shard->config->limits.id_bytes_max;
    const struct wf_string id = request == NULL ? (struct wf_string){0} : update_id_of(request);

    if (id.size_bytes == 0 || id.size_bytes > size_max) {
        return "UpdateId is not set on request or too long.";
    }
    if (request->request->input == NULL || request->request->input->name.size_bytes == 0 ||
        request->request->input->name.size_bytes > size_max) {
        return "Update name is not set on request or too long.";
    }
    if (!is_stage(request->wait_stage)) {
        return "LifecycleStage UNSPECIFIED is not supported: say for what to wait.";
    }
    if (wf_payloads_size_bytes(request->request->input->args) > (size_t)shard->config->limits.blob_bytes_max) {
        return "Update input exceeds size limit.";
    }
    return NULL;
}

/* 7.8 "Limits": WF_CALL_OK, or why one more update cannot be taken. */
static enum wf_call_status check_limits(const struct wf_shard *shard, const struct wf_shard_run *run,
                                        const struct wf_update_request *request, const char **why)
{
    const struct wf_service_limits *limits = &shard->config->limits;
    size_t size_bytes = wf_payloads_size_bytes(request->input->args);
    int64_t in_flight = 0;
    int64_t total = run->state->updates.count;

    for (const struct wf_update_record *record = run->updates; record != NULL; record = record->next) {
        const bool is_stored = record->state >= WF_REGISTRY_ACCEPTED;

        size_bytes += record->size_bytes;
        in_flight += is_stored ? 0 : 1;
        total += is_stored ? 0 : 1;
    }
    for (uint32_t i = 0; i < run->state->updates.count; i++) {
        in_flight += run->state->updates.items[i].outcome == NULL ? 1 : 0;
    }
    if (total >= limits->updates_max) {
        *why = "The limit for total number of updates has been reached. Make sure any duplicate updates share an "
               "Update ID, and consider Continue-as-New.";
        return WF_CALL_FAILED_PRECONDITION;
    }
    if (in_flight >= limits->updates_in_flight_max) {
        *why = "The limit for number of concurrent in-flight updates has been reached.";
        return WF_CALL_RESOURCE_EXHAUSTED;
    }
    if (size_bytes > (size_t)limits->update_bytes_max) {
        *why = "The limit for the size of in-flight updates has been reached.";
        return WF_CALL_RESOURCE_EXHAUSTED;
    }
    return WF_CALL_OK;
}

/* Tested before the id is looked up, so a repeated call is refused, too. */
static enum wf_call_status check_open(const struct wf_shard_run *run, const char **why)
{
    const struct wf_state_workflow_task *task = run->state->workflow_task;

    if (run->state->is_paused) {
        *why = "Workflow is paused. Cannot update the workflow.";
        return WF_CALL_FAILED_PRECONDITION;
    }
    if (task != NULL && task->attempt >= FAILING_ATTEMPTS) {
        *why = "Unable to perform workflow execution update due to Workflow Task in failed state.";
        return WF_CALL_WORKFLOW_NOT_READY;
    }
    if (run->is_close_attempted && wf_workflow_task_is_started(run->state)) {
        *why = "workflow is closing";
        return WF_CALL_RESOURCE_EXHAUSTED;
    }
    return WF_CALL_OK;
}

/* On a run that is over only what is in history has an answer. */
static void update_closed(struct wf_shard *shard, struct wf_shard_run *run, uint64_t call_id,
                          const struct wf_update_call *call)
{
    const struct wf_state_update *stored = wf_state_update_find(run->state, call->id);

    if (stored != NULL && stored->accepted_event_id != 0) {
        wf_registry_join(shard, run, call_id, call, WF_UPDATE_WAS_REGISTERED);
    } else {
        wf_shard_answer(shard, call_id, WF_CALL_NOT_FOUND, "workflow execution already completed");
    }
}

bool wf_update_is_known(const struct wf_shard_run *run, const struct wf_svc_update_workflow *request)
{
    return wf_registry_state(run, NULL, update_id_of(request)) != WF_REGISTRY_NONE;
}

void wf_update_run(struct wf_shard *shard, struct wf_workflow *workflow, struct wf_shard_run *run, uint64_t call_id,
                   const struct wf_svc_update_workflow *request)
{
    const struct wf_update_call call = {
        .id = update_id_of(request), .wait_stage = request->wait_stage, .wait_ns = request->wait_ns};
    const bool is_open = wf_shard_run_is_open(run);
    const char *why = "";
    enum wf_call_status status = is_open ? check_open(run, &why) : WF_CALL_OK;
    bool is_admitted = false;

    if (!is_open) {
        update_closed(shard, run, call_id, &call);
        return;
    }
    if (status == WF_CALL_OK && wf_registry_state(run, NULL, call.id) != WF_REGISTRY_NONE) {
        wf_registry_join(shard, run, call_id, &call, WF_UPDATE_WAS_REGISTERED);
        return;
    }
    status = status != WF_CALL_OK ? status : check_limits(shard, run, request->request, &why);
    if (status != WF_CALL_OK) {
        wf_shard_answer(shard, call_id, status, why);
        return;
    }
    is_admitted = wf_registry_step(
        &(struct wf_registry_step){.shard = shard, .run = run, .id = call.id, .request = request->request},
        WF_REGISTRY_INPUT_ADMIT);
    WF_ASSERT(is_admitted);
    wf_registry_join(shard, run, call_id, &call, WF_UPDATE_IS_NEW);
    wf_updates_reconsider(shard, workflow, run);
}

WF_OPERATION(update)
{
    const struct wf_svc_update_workflow *request = operation->request->call.update_workflow;
    const char *problem = wf_update_check(shard, request);

    if (problem != NULL) {
        wf_refuse(shard, operation, WF_CALL_INVALID_ARGUMENT, problem);
        return;
    }
    if (run == NULL ||
        (request->first_execution_run_id.size_bytes > 0 &&
         !wf_string_equal(run->start->first_run_id, request->first_execution_run_id))) {
        wf_refuse(shard, operation, WF_CALL_NOT_FOUND, "workflow not found for ID");
        return;
    }
    wf_update_run(shard, workflow, run, operation->call_id, request);
}

WF_OPERATION(poll_update)
{
    const struct wf_svc_poll_update *request = operation->request->call.poll_update;
    const struct wf_update_call call = {
        .id = request->update_id, .wait_stage = request->wait_stage, .wait_ns = request->wait_ns};

    (void)workflow;
    if (request->update_id.size_bytes == 0 || !is_stage(request->wait_stage)) {
        wf_refuse(shard, operation, WF_CALL_INVALID_ARGUMENT, "UpdateId or LifecycleStage is not set on request.");
    } else if (run == NULL) {
        wf_refuse(shard, operation, WF_CALL_NOT_FOUND, "workflow not found for ID");
    } else if (wf_registry_state(run, NULL, call.id) == WF_REGISTRY_NONE) {
        wf_refuse(shard, operation, WF_CALL_NOT_FOUND, "update not found");
    } else {
        wf_registry_join(shard, run, operation->call_id, &call, WF_UPDATE_WAS_REGISTERED);
    }
}
