/*
 * A workflow task in a worker: held for the time that a worker needs, then run to its answer in one go. The engine's worker
 * and the host of the code take turns until there is a response; a run that the cache lost is fetched first, and one whose
 * local activities run is gone on with when they end.
 */
#include "engine/base/assert.h"
#include "engine/codec.h"
#include "sim/world/worker_parts.h"

#include <string.h>

/* ---- Taking ---- */

void sim_task_free(struct sim_taken *taken)
{
    struct sim_world *world = taken->worker->world;

    wf_ring_remove(&taken->link);
    sim_content_release(world, taken->content);
    sim_world_give(world, taken, sizeof *taken);
}

static void run_later(struct sim_taken *taken, int64_t wait_ns)
{
    struct sim_world *world = taken->worker->world;

    taken->is_in_loop =
        sim_world_push(world, world->loop.now_ns + wait_ns, taken->worker->node->index, SIM_EVENT_TASK, taken);
}

void sim_task_take(struct sim_worker *worker, struct sim_content *content, const struct wf_svc_workflow_task *task)
{
    struct sim_world *world = worker->world;
    struct sim_taken *taken = sim_world_take(world, sizeof *taken);
    struct wf_worker_deployment_version version = {0};

    if (taken == NULL) {
        return;
    }
    (void)sim_versions_of(world, worker->code, &version);
    taken->worker = worker;
    taken->content = content;
    taken->task = task;
    taken->workflow = sim_world_workflow(world, task->workflow_execution->workflow_id);
    content->references++;
    wf_ring_init(&taken->link);
    wf_ring_push(&worker->taken, &taken->link);
    sim_world_record(world, (struct sim_record){.kind = SIM_RECORD_TASK_GIVEN,
                                                .node = worker->node->name,
                                                .subject = task->workflow_execution->workflow_id,
                                                .a = version.build_id,
                                                .b = world->routing.current_build_id,
                                                .x = task->started_event_id,
                                                .y = task->attempt});
    run_later(taken, SIM_TASK_TAKES_NS * worker->node->slow_factor);
}

/* ---- Evicting ---- */

static void record_answer(const struct sim_taken *taken, struct wf_string answer, uint32_t command_count)
{
    sim_world_record(taken->worker->world, (struct sim_record){.kind = SIM_RECORD_TASK_ANSWERED,
                                                               .node = taken->worker->node->name,
                                                               .subject = taken->workflow->id,
                                                               .a = answer,
                                                               .x = command_count});
}

/* Local activities of a run that left its slot: a task that waited for them is never answered. */
static void forget_local(struct sim_worker *worker, uint32_t slot)
{
    struct sim_local_slot *local = &worker->locals[slot];

    if (local->workflow == NULL) {
        return;
    }
    if (local->taken != NULL) {
        record_answer(local->taken, WF_STR("lost"), 0);
        sim_task_free(local->taken);
    }
    *local = (struct sim_local_slot){.wake_ns = INT64_MAX};
    sim_attempts_forget_local(worker, slot);
}

static void free_instance(struct sim_worker *worker, uint32_t slot)
{
    forget_local(worker, slot);
    if (worker->instances[slot] != NULL) {
        sim_worker_enter(worker);
        wf_instance_free(worker->instances[slot]);
        worker->instances[slot] = NULL;
    }
}

void sim_task_evict(struct sim_worker *worker, uint32_t slot, enum wf_sdk_eviction_reason reason)
{
    const struct wf_worker_input in = {.type = WF_WORKER_EVICT, .evict = {.slot = slot, .reason = reason}};
    struct wf_worker_output out = {0};
    enum wf_status status = WF_OK;

    free_instance(worker, slot); /* first: it points into the run */
    status = wf_worker_step(worker->core, &in, &out, &worker->world->error);
    /* A run that just left the cache is found until the worker's next step, which is this one. */
    if (status != WF_OK && status != WF_ERR_NOT_FOUND) {
        sim_world_fail(worker->world, status, NULL);
    }
}

void sim_task_rewind(struct sim_worker *worker, struct wf_string run_id, int64_t started_event_id)
{
    const uint32_t slot = wf_worker_find(worker->core, run_id);

    if (slot != UINT32_MAX && !wf_worker_rewind(worker->core, slot, started_event_id)) {
        sim_task_evict(worker, slot, WF_SDK_EVICTION_REASON_CACHE_MISS);
    }
}

/* ---- Answering ---- */

static void fill_completed(const struct sim_taken *taken, const struct wf_task_response *response,
                           struct wf_workflow_task_completed_metadata *metadata,
                           struct wf_svc_respond_workflow_task_completed *body)
{
    const struct sim_worker *worker = taken->worker;

    body->token = response->token;
    /* Slices of what the worker made; the request is copied before the worker's next step. */
    body->commands.items = (struct wf_command *)(uintptr_t)response->commands;
    body->commands.count = response->command_count;
    body->identity = worker->identity;
    body->sticky_task_queue = response->evict ? (struct wf_string){0} : worker->sticky_queue;
    if (!response->evict) {
        body->sticky_schedule_to_start_timeout = wf_duration_of(SIM_STICKY_START_NS);
    }
    body->versioning_behavior = sim_versions_behavior(taken->worker->world, taken->task->workflow_type);
    body->return_new_workflow_task = response->wants_new_task;
    body->force_create_new_workflow_task = response->force_create_new_task;
    if (response->sdk_metadata != NULL) {
        *metadata = *response->sdk_metadata;
        body->sdk_metadata = metadata;
    }
    body->query_results.items = (struct wf_sdk_query_result *)(uintptr_t)response->query_results;
    body->query_results.count = response->query_result_count;
    body->messages.items = (struct wf_protocol_message *)(uintptr_t)response->messages;
    body->messages.count = response->message_count;
}

static void answer_query(const struct sim_taken *taken, const struct wf_task_response *response)
{
    struct wf_svc_respond_query_task_completed body = {
        .token = response->token,
        .result = response->query_result_count == 0
                      ? NULL
                      : (struct wf_sdk_query_result *)(uintptr_t)response->query_results,
    };
    const struct wf_svc_request request = {.call_case = WF_CASE_svc_request_respond_query_task_completed,
                                           .call = {.respond_query_task_completed = &body}};

    sim_worker_report(taken->worker, &(struct sim_report){.workflow = taken->workflow}, &request);
}

static void answer_failed(const struct sim_taken *taken, const struct wf_task_response *response)
{
    struct wf_svc_respond_workflow_task_failed body = {
        .token = response->token,
        .cause = response->failed_cause,
        .failure = (struct wf_failure *)(uintptr_t)response->failure,
        .identity = taken->worker->identity,
    };
    const struct wf_svc_request request = {.call_case = WF_CASE_svc_request_respond_workflow_task_failed,
                                           .call = {.respond_workflow_task_failed = &body}};

    record_answer(taken, WF_STR("failed"), 0);
    if (!response->is_unreported) {
        sim_worker_report(taken->worker, &(struct sim_report){.workflow = taken->workflow}, &request);
    }
}

static void answer_completed(const struct sim_taken *taken, const struct wf_task_response *response)
{
    struct wf_workflow_task_completed_metadata metadata = {0};
    struct wf_svc_respond_workflow_task_completed body = {0};
    const struct wf_svc_request request = {.call_case = WF_CASE_svc_request_respond_workflow_task_completed,
                                           .call = {.respond_workflow_task_completed = &body}};
    const struct sim_report report = {
        .workflow = taken->workflow, .is_of_task = true, .run_id = taken->task->workflow_execution->run_id};

    fill_completed(taken, response, &metadata, &body);
    record_answer(taken, WF_STR("completed"), response->command_count);
    sim_worker_report(taken->worker, &report, &request);
}

static void note_queries(const struct sim_taken *taken, const struct wf_worker_output *out)
{
    struct wf_run_view view = {0};

    for (uint32_t i = 0; i < out->response.query_result_count; i++) {
        if (wf_worker_view(taken->worker->core, out->slot, &view)) {
            sim_query_ran(taken->worker->world, out->response.query_results[i].query_id, &view);
        }
    }
}

static void answer(const struct sim_taken *taken, const struct wf_worker_output *out)
{
    note_queries(taken, out);
    if (taken->task->is_query_only) {
        answer_query(taken, &out->response);
    } else if (out->response.is_failed) {
        answer_failed(taken, &out->response);
    } else {
        answer_completed(taken, &out->response);
    }
    if (out->response.evict) {
        free_instance(taken->worker, out->slot);
    }
}

/* ---- Running ---- */

static void record_log(const struct sim_taken *taken, const struct wf_instance *instance)
{
    const struct wf_log_line *lines = NULL;
    const uint32_t count = wf_instance_log(instance, &lines);

    for (uint32_t i = 0; i < count; i++) {
        sim_world_record(taken->worker->world, (struct sim_record){.kind = SIM_RECORD_LOG,
                                                                   .node = taken->worker->node->name,
                                                                   .subject = taken->workflow->id,
                                                                   .a = lines[i].text});
    }
}

/* Runs the code for one activation. NULL when memory is gone. */
static const struct wf_sdk_completion *activate(const struct sim_taken *taken, const struct wf_worker_output *out)
{
    struct sim_worker *worker = taken->worker;
    const struct wf_sdk_completion *completion = NULL;

    sim_worker_enter(worker);
    if (out->is_new) {
        free_instance(worker, out->slot);
        worker->instances[out->slot] = wf_instance_new(sim_worker_host(worker));
        if (worker->instances[out->slot] == NULL) {
            sim_world_fail(worker->world, WF_ERR_MEMORY, "no memory for a run of workflow code");
            return NULL;
        }
        if (taken->task->previous_started_event_id > 0) {
            sim_world_record(worker->world, (struct sim_record){.kind = SIM_RECORD_REPLAYED,
                                                                .node = worker->node->name,
                                                                .subject = taken->workflow->id,
                                                                .x = taken->task->started_event_id});
        }
    }
    if (worker->world->config.turn_observer != NULL) {
        worker->world->config.turn_observer(worker->world->config.observer_context,
                                            &(struct sim_turn){.time_ns = worker->world->loop.now_ns,
                                                               .step = worker->world->loop.step_count,
                                                               .node = worker->node->name,
                                                               .activation = out->activation});
    }
    wf_instance_activate(worker->instances[out->slot], out->activation, &completion);
    record_log(taken, worker->instances[out->slot]);
    return completion;
}

static void fetch_history(struct sim_taken *taken)
{
    struct sim_world *world = taken->worker->world;
    struct wf_svc_get_history body = {
        .workflow_execution = (struct wf_workflow_execution *)(uintptr_t)taken->task->workflow_execution,
        .first_event_id = 1,
        .token = taken->task->token};
    const struct wf_svc_request request = {.call_case = WF_CASE_svc_request_get_history,
                                           .call = {.get_history = &body}};
    struct sim_content *content = sim_content_new(world, SIM_MESSAGE_REQUEST, &request);
    const struct sim_call_request call = {.node = taken->worker->node->index,
                                          .caller = SIM_CALLER_WORKER,
                                          .purpose = SIM_WORKER_FETCH,
                                          .context = taken,
                                          .subject = taken->workflow};

    if (content != NULL) {
        (void)sim_network_call(world, &call, content);
        sim_content_release(world, content);
    }
}

/* False when it was tried often enough: the task is left to time out. */
static bool fetch_later(struct sim_taken *taken)
{
    struct sim_worker *worker = taken->worker;

    if (taken->tries >= SIM_FETCH_TRIES_MAX) {
        record_answer(taken, WF_STR("lost"), 0);
        return false;
    }
    run_later(taken, sim_world_backoff(worker->world, &worker->node->entity, taken->tries++));
    return true;
}

/* ---- Local activities ---- */

static void arm_local(struct sim_worker *worker, wf_time_ns wake_ns)
{
    if (sim_alarms_need(&worker->local_alarms, wake_ns)) {
        (void)sim_world_push(worker->world, wake_ns, worker->node->index, SIM_EVENT_LOCAL, worker);
    }
}

/* Does what a step asks. A slot that never ran a local activity has nothing to remember. */
static void perform_local(struct sim_worker *worker, const struct sim_taken *taken, const struct wf_worker_output *out)
{
    struct sim_local_slot *local = &worker->locals[out->slot];

    if (taken != NULL && out->local.start_count > 0) {
        local->workflow = taken->workflow;
    }
    if (local->workflow == NULL) {
        return;
    }
    for (uint32_t i = 0; i < out->local.stop_count; i++) {
        sim_attempt_stop_local(worker, out->slot, out->local.stops[i]);
    }
    for (uint32_t i = 0; i < out->local.start_count; i++) {
        sim_attempt_begin_local(worker, out->slot, &out->local.starts[i]);
    }
    local->wake_ns = out->local.wake_ns;
    arm_local(worker, local->wake_ns);
}

bool sim_task_waits(const struct sim_worker *worker, uint32_t slot)
{
    return worker->locals[slot].taken != NULL;
}

/* ---- Taking turns ---- */

static bool begin_fetch(struct sim_taken *taken)
{
    if (taken->wants_history) { /* what came was from the past */
        return !fetch_later(taken);
    }
    taken->wants_history = true;
    fetch_history(taken);
    return false;
}

/* An error of the worker that is not the world's end: what was fed is of no run that is there. */
static bool is_lost(struct sim_taken *taken, enum wf_status status)
{
    if (status == WF_ERR_LIMIT && taken != NULL) {
        record_answer(taken, WF_STR("lost"), 0); /* every cached run is busy */
        return true;
    }
    return false;
}

/* Lets worker and code take turns until the task is answered or waits, for history or for local activities. Returns false
 * while it waits. taken is NULL for a run between tasks. */
static bool converse(struct sim_worker *worker, struct sim_taken *taken, struct wf_worker_input *in)
{
    struct sim_world *world = worker->world;

    in->steady_ns = world->loop.now_ns;
    in->now_ns = sim_node_clock(world, worker->node->index);
    for (;;) {
        struct wf_worker_output out = {0};
        const enum wf_status status = wf_worker_step(worker->core, in, &out, &world->error);

        if (status != WF_OK) {
            if (!is_lost(taken, status)) {
                sim_world_fail(world, status, NULL);
            }
            return true;
        }
        perform_local(worker, taken, &out);
        switch (out.type) {
        case WF_WORKER_IDLE:
            return true;
        case WF_WORKER_WANT_HISTORY:
            return begin_fetch(taken);
        case WF_WORKER_ACTIVATION:
            *in = (struct wf_worker_input){
                .type = WF_WORKER_COMPLETION, .now_ns = in->now_ns, .steady_ns = in->steady_ns};
            in->completion.slot = out.slot;
            in->completion.completion = activate(taken, &out);
            if (in->completion.completion == NULL) {
                return true;
            }
            break;
        case WF_WORKER_RESPONSE:
            answer(taken, &out);
            return true;
        case WF_WORKER_WAIT:
            worker->locals[out.slot].taken = taken;
            return false;
        case WF_WORKER_FINDING:
            WF_UNREACHABLE(); /* of replay workers only */
        }
    }
}

/* Feeds what concerns the local activities of a slot, and goes on with the task that waits for them. */
static void go_on_in(struct sim_worker *worker, uint32_t slot, struct wf_worker_input *in)
{
    struct sim_taken *taken = worker->locals[slot].taken;
    struct wf_run_view view;

    if (!wf_worker_view(worker->core, slot, &view)) {
        forget_local(worker, slot); /* the worker dropped the run to fetch it anew */
        return;
    }
    worker->locals[slot].taken = NULL;
    if (converse(worker, taken, in) && taken != NULL) {
        sim_task_free(taken);
    }
}

void sim_task_end_local(struct sim_worker *worker, struct wf_worker_input *in)
{
    go_on_in(worker, in->local_ended.slot, in);
}

void sim_task_wake(struct sim_worker *worker)
{
    const wf_time_ns now_ns = worker->world->loop.now_ns;
    wf_time_ns next_ns = INT64_MAX;

    sim_alarms_popped(&worker->local_alarms, now_ns);
    for (uint32_t slot = 0; worker->core != NULL && slot < worker->cache_size; slot++) {
        struct sim_local_slot *local = &worker->locals[slot];
        struct wf_worker_input in = {.type = WF_WORKER_ALARM, .alarm = {.slot = slot}};

        if (local->workflow != NULL && local->wake_ns <= now_ns) {
            local->wake_ns = INT64_MAX;
            go_on_in(worker, slot, &in);
        }
        if (local->workflow != NULL && local->wake_ns < next_ns) {
            next_ns = local->wake_ns;
        }
    }
    arm_local(worker, next_ns);
}

void sim_tasks_drop(struct sim_worker *worker)
{
    struct wf_ring *next = NULL;

    for (struct wf_ring *link = worker->taken.next; link != &worker->taken; link = next) {
        struct sim_taken *taken = (void *)link;

        next = link->next;
        taken->is_dead = true;
        if (!taken->is_in_loop) {
            sim_task_free(taken);
        }
    }
    memset(worker->locals, 0, worker->cache_size * sizeof *worker->locals);
}

static struct wf_task task_of(const struct wf_svc_workflow_task *task)
{
    return (struct wf_task){
        .token = task->token,
        .workflow_id = task->workflow_execution->workflow_id,
        .run_id = task->workflow_execution->run_id,
        .workflow_type = task->workflow_type,
        .batches = task->batches.items,
        .batch_count = task->batches.count,
        .previous_started_event_id = task->previous_started_event_id,
        .started_event_id = task->started_event_id,
        .attempt = task->attempt,
        .is_full_history = task->is_full_history,
        .queries = task->queries.items,
        .query_count = task->queries.count,
        .is_query_only = task->is_query_only,
        .messages = task->messages.items,
        .message_count = task->messages.count,
    };
}

/* A cached run whose last answer is still on its way may be a run that the service refuses, and a transient task has the ids of
 * the one before it, so that their numbers do not tell. Such a run is not gone on with (engine-semantics 3.4). */
static void drop_unanswered(const struct sim_taken *taken)
{
    struct sim_worker *worker = taken->worker;
    const struct wf_string run_id = taken->task->workflow_execution->run_id;
    const uint32_t slot = wf_worker_find(worker->core, run_id);

    for (const struct wf_ring *link = worker->reports.next; slot != UINT32_MAX && link != &worker->reports;
         link = link->next) {
        const struct sim_report *report = (const void *)link;

        if (report->is_of_task && wf_string_equal(report->run_id, run_id)) {
            sim_task_evict(worker, slot, WF_SDK_EVICTION_REASON_TASK_NOT_FOUND);
            return;
        }
    }
}

void sim_task_run(struct sim_taken *taken)
{
    const struct wf_task task = task_of(taken->task);
    struct wf_worker_input in = {.type = WF_WORKER_TASK, .task = &task};

    taken->is_in_loop = false;
    if (taken->is_dead) {
        sim_task_free(taken);
        return;
    }
    if (taken->wants_history) {
        fetch_history(taken); /* again */
        return;
    }
    drop_unanswered(taken);
    if (converse(taken->worker, taken, &in)) {
        sim_task_free(taken);
    }
}

void sim_task_fetched(struct sim_taken *taken, const struct wf_svc_response *response)
{
    struct wf_task task = task_of(taken->task);
    struct wf_worker_input in = {.type = WF_WORKER_HISTORY, .task = &task};

    if (response->status != WF_CALL_OK || response->answer_case != WF_CASE_svc_response_history) {
        if (response->status == WF_CALL_NOT_FOUND) {
            taken->tries = SIM_FETCH_TRIES_MAX;
        }
        if (!fetch_later(taken)) {
            sim_task_free(taken);
        }
        return;
    }
    task.batches = response->answer.history->batches.items;
    task.batch_count = response->answer.history->batches.count;
    task.is_full_history = true;
    if (converse(taken->worker, taken, &in)) {
        sim_task_free(taken);
    }
}
