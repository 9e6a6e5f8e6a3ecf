#include "tests/support/shard_fixture.h"

#include <stdio.h>
#include <stdlib.h>

#include "engine/base/hash.h"

#define REGION_BYTES ((size_t)64 << 20)

static void deliver(struct shard_fixture *fixture, uint32_t owner,
                    const struct wf_service_input *given);

/* ---- Outputs ---- */

static void perform_store(struct shard_fixture *fixture, const struct shard_store *store)
{
    struct wf_db_reply reply = {0};
    struct wf_db_reply *kept = NULL;
    const bool is_run_write = store->request->op_case == WF_CASE_db_request_write;
    enum sim_database_fate fate = is_run_write ? fixture->fate : SIM_DATABASE_FATE_NONE;
    bool is_committed = false;

    if (store->request->op_case == WF_CASE_db_request_acquire_shard &&
        fixture->acquires_refused > 0) {
        fixture->acquires_refused--;
        fate = SIM_DATABASE_FATE_UNAVAILABLE;
    }
    if (is_run_write) {
        fixture->fate = SIM_DATABASE_FATE_NONE;
    }
    assert_true(sim_database_apply(&fixture->database, store->request, fate, &fixture->step_arena,
                                   &reply, &is_committed));
    fixture->write_count += is_run_write && is_committed ? 1u : 0u;
    kept = wf_message_copy(&fixture->arena, &wf_type_db_reply, &reply);
    assert_non_null(kept);
    if (fixture->slow_op == store->request->op_case) {
        fixture->slow_op = 0;
        fixture->slow = *store;
        fixture->slow_reply = kept;
        return;
    }
    deliver(fixture, store->owner,
            &(struct wf_service_input){
                .type = WF_SERVICE_DATABASE, .call_id = store->call_id, .reply = kept});
}

static void take_store(struct shard_fixture *fixture, uint32_t owner,
                       const struct wf_service_output *output)
{
    const struct shard_store store = {
        owner, output->call_id,
        wf_message_copy(&fixture->arena, &wf_type_db_request, output->store)};

    assert_non_null(store.request);
    if (fixture->holds_writes && store.request->op_case == WF_CASE_db_request_write) {
        assert_true(fixture->store_count < SHARD_LOG_MAX);
        fixture->stores[fixture->store_count++] = store;
        return;
    }
    if (fixture->holds_acquires && store.request->op_case == WF_CASE_db_request_acquire_shard) {
        fixture->acquire = store;
        return;
    }
    perform_store(fixture, &store);
}

/* The same shard has the other workflow, too. What the answer waits for does not come here: it is left out then. */
static const struct wf_svc_response *deliver_call(struct shard_fixture *fixture,
                                                  const struct shard_call *call)
{
    const struct wf_svc_response *response = shard_fixture_call(fixture, call->request);

    if (response != NULL) {
        deliver(fixture, call->owner,
                &(struct wf_service_input){.type = WF_SERVICE_RESPONSE,
                                           .call_id = call->call_id,
                                           .response = response});
    }
    return response;
}

static void take_history_call(struct shard_fixture *fixture, uint32_t owner, uint64_t call_id,
                              const struct wf_svc_request *request)
{
    struct shard_call *call = &fixture->calls[fixture->call_count];

    assert_true(fixture->call_count < SHARD_LOG_MAX);
    fixture->call_count++;
    *call = (struct shard_call){owner, call_id, request, false};
    if (fixture->held_call_case != request->call_case &&
        request->call_case != WF_CASE_svc_request_start_nexus_operation &&
        request->call_case != WF_CASE_svc_request_cancel_nexus_operation) {
        call->is_taken = true;
        deliver_call(fixture, &(const struct shard_call){owner, call_id, request, true});
    }
}

static struct shard_call *held_call(struct shard_fixture *fixture)
{
    for (uint32_t i = 0; i < fixture->call_count; i++) {
        if (!fixture->calls[i].is_taken) {
            return &fixture->calls[i];
        }
    }
    return NULL;
}

const struct wf_svc_response *shard_fixture_forward(struct shard_fixture *fixture, bool keeps)
{
    struct shard_call *call = held_call(fixture);

    if (call == NULL) {
        return NULL;
    }
    if (keeps) {
        return shard_fixture_call(fixture, call->request);
    }
    call->is_taken = true;
    return deliver_call(fixture, &(const struct shard_call){call->owner, call->call_id,
                                                            call->request, true});
}

void shard_fixture_answer_call(struct shard_fixture *fixture, enum wf_call_status status)
{
    const struct wf_svc_response response = {.status = (int32_t)status};
    struct shard_call *call = held_call(fixture);

    assert_non_null(call);
    call->is_taken = true;
    deliver(fixture, call->owner,
            &(struct wf_service_input){
                .type = WF_SERVICE_RESPONSE, .call_id = call->call_id, .response = &response});
}

void shard_answer_nexus(struct shard_fixture *fixture, const struct wf_svc_nexus_started *started)
{
    struct wf_svc_nexus_started copy = *started;
    const struct wf_svc_response response = {.answer_case = WF_CASE_svc_response_nexus_started,
                                             .answer.nexus_started = &copy};
    struct shard_call *call = held_call(fixture);

    assert_non_null(call);
    assert_int_equal(call->request->call_case, WF_CASE_svc_request_start_nexus_operation);
    call->is_taken = true;
    deliver(fixture, call->owner,
            &(struct wf_service_input){
                .type = WF_SERVICE_RESPONSE, .call_id = call->call_id, .response = &response});
}

static void take_call(struct shard_fixture *fixture, uint32_t owner,
                      const struct wf_service_output *output)
{
    struct wf_svc_request *request = wf_message_copy(&fixture->arena, &wf_type_svc_request,
                                                     output->request);
    const enum wf_call_status status = fixture->push_status_once != WF_CALL_OK
                                           ? fixture->push_status_once
                                           : fixture->push_status;
    const struct wf_svc_response response = {.status = (int32_t)status};

    assert_non_null(request);
    if (output->target != WF_TARGET_MATCHING) {
        take_history_call(fixture, owner, output->call_id, request);
        return;
    }
    if (request->call_case == WF_CASE_svc_request_dispatch_query) {
        assert_true(fixture->query_count < SHARD_LOG_MAX);
        fixture->queries[fixture->query_count++] = (struct shard_query){owner, output->call_id,
                                                                        request, false};
        return;
    }
    assert_int_equal(request->call_case, WF_CASE_svc_request_add_task);
    fixture->push_status_once = WF_CALL_OK;
    if (status == WF_CALL_OK) {
        assert_true(fixture->push_count < SHARD_LOG_MAX);
        fixture->pushes[fixture->push_count++] = (struct shard_push){request->call.add_task, false};
    }
    deliver(fixture, owner,
            &(struct wf_service_input){
                .type = WF_SERVICE_RESPONSE, .call_id = output->call_id, .response = &response});
}

static void take_outputs(struct shard_fixture *fixture, uint32_t owner,
                         const struct wf_service_output *items, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        switch (items[i].type) {
        case WF_SERVICE_ANSWER:
            assert_true(fixture->answer_count < SHARD_LOG_MAX);
            fixture->answers[fixture->answer_count++] = (struct shard_answer){
                items[i].call_id,
                wf_message_copy(&fixture->arena, &wf_type_svc_response, items[i].response)};
            break;
        case WF_SERVICE_CALL:
        case WF_SERVICE_STORE:
            break;
        case WF_SERVICE_WAKE_AT:
            fixture->wake_at_ns[owner] = items[i].time_ns;
            break;
        case WF_SERVICE_STOP:
            fixture->is_stopped[owner] = true;
            break;
        }
    }
}

/* Outputs belong to the step, so all are copied before the first is performed. */
static void deliver(struct shard_fixture *fixture, uint32_t owner,
                    const struct wf_service_input *given)
{
    struct wf_service_input in = *given;
    struct wf_service_outputs out = {0};
    struct wf_service_output copies[SHARD_LOG_MAX] = {0};
    struct wf_error err = {0};
    enum wf_status status = WF_OK;

    if (fixture->shards[owner] == NULL) {
        return;
    }
    in.now_ns = fixture->now_ns;
    in.entropy = wf_hash_mix(fixture->entropy++, 7);
    status = wf_shard_step(fixture->shards[owner], &in, &out, &err);
    if (status == WF_ERR_MEMORY && fixture->may_run_out) {
        fixture->ran_out = true;
        shard_fixture_crash(fixture, owner);
        return;
    }
    if (status != WF_OK) {
        fail_msg("%s", err.message);
    }
    assert_true(out.count < SHARD_LOG_MAX);
    take_outputs(fixture, owner, out.items, out.count);
    for (size_t i = 0; i < out.count; i++) {
        copies[i] = out.items[i];
        if (copies[i].type == WF_SERVICE_CALL) {
            copies[i].request = wf_message_copy(&fixture->arena, &wf_type_svc_request,
                                                out.items[i].request);
        } else if (copies[i].type == WF_SERVICE_STORE) {
            copies[i].store = wf_message_copy(&fixture->arena, &wf_type_db_request,
                                              out.items[i].store);
        }
    }
    for (size_t i = 0; i < out.count; i++) {
        if (copies[i].type == WF_SERVICE_CALL) {
            take_call(fixture, owner, &copies[i]);
        } else if (copies[i].type == WF_SERVICE_STORE) {
            take_store(fixture, owner, &copies[i]);
        }
    }
}

/* ---- Set-up ---- */

void shard_fixture_init(struct shard_fixture *fixture,
                        void (*change)(struct wf_service_config *config))
{
    memset(fixture, 0, sizeof *fixture);
    test_blocks_init(&fixture->blocks);
    fixture->region = malloc(REGION_BYTES);
    fixture->pool = sim_pool_init(fixture->region, REGION_BYTES);
    assert_non_null(fixture->pool);
    wf_arena_init(&fixture->arena, sim_pool_blocks(fixture->pool), 0);
    wf_arena_init(&fixture->step_arena, sim_pool_blocks(fixture->pool), 0);
    wf_slabs_init(&fixture->slabs, sim_pool_blocks(fixture->pool));
    assert_true(sim_database_init(&fixture->database, &fixture->arena, &fixture->slabs, 1));
    fixture->now_ns = SHARD_EPOCH_NS;
    fixture->wake_at_ns[1] = INT64_MAX;
    fixture->entropy = 1;
    fixture->config.blocks = &fixture->blocks.source;
    fixture->config.identity = WF_STR("server-1");
    fixture->config.shard_count = 1;
    wf_service_limits_default(&fixture->config.limits);
    if (change != NULL) {
        change(&fixture->config);
    }
    shard_fixture_acquire(fixture, 0);
}

void shard_fixture_acquire(struct shard_fixture *fixture, uint32_t owner)
{
    fixture->shards[owner] = wf_shard_new(&fixture->config, 0);
    fixture->ran_out = fixture->ran_out || fixture->shards[owner] == NULL;
    assert_true(fixture->shards[owner] != NULL || fixture->may_run_out);
    fixture->wake_at_ns[owner] = INT64_MAX;
    fixture->is_stopped[owner] = false;
    deliver(fixture, owner, &(struct wf_service_input){.type = WF_SERVICE_ALARM});
}

void shard_fixture_crash(struct shard_fixture *fixture, uint32_t owner)
{
    wf_shard_free(fixture->shards[owner]);
    fixture->shards[owner] = NULL;
    fixture->wake_at_ns[owner] = INT64_MAX;
}

void shard_fixture_deinit(struct shard_fixture *fixture)
{
    for (uint32_t i = 0; i < SHARD_OWNERS; i++) {
        wf_shard_free(fixture->shards[i]);
    }
    assert_int_equal(fixture->blocks.live_count, 0);
    free(fixture->region);
}

/* ---- Conversation ---- */

uint64_t shard_fixture_send(struct shard_fixture *fixture, uint32_t owner,
                            const struct wf_svc_request *request)
{
    const uint64_t call_id = ++fixture->last_call_id;

    deliver(fixture, owner,
            &(struct wf_service_input){
                .type = WF_SERVICE_REQUEST, .call_id = call_id, .request = request});
    return call_id;
}

const struct wf_svc_response *shard_fixture_answer(const struct shard_fixture *fixture,
                                                   uint64_t call_id)
{
    for (uint32_t i = 0; i < fixture->answer_count; i++) {
        if (fixture->answers[i].call_id == call_id) {
            return fixture->answers[i].response;
        }
    }
    return NULL;
}

const struct wf_svc_response *shard_fixture_call(struct shard_fixture *fixture,
                                                 const struct wf_svc_request *request)
{
    return shard_fixture_answer(fixture, shard_fixture_send(fixture, 0, request));
}

void shard_fixture_do_task(struct shard_fixture *fixture, uint32_t owner, const struct wf_db_task *task)
{
    deliver(fixture, owner, &(struct wf_service_input){.type = WF_SERVICE_TASK, .task = task});
}

void shard_fixture_acquire_now(struct shard_fixture *fixture)
{
    fixture->holds_acquires = false;
    assert_non_null(fixture->acquire.request);
    perform_store(fixture, &fixture->acquire);
}

void shard_fixture_reply(struct shard_fixture *fixture)
{
    assert_non_null(fixture->slow_reply);
    deliver(fixture, fixture->slow.owner,
            &(struct wf_service_input){.type = WF_SERVICE_DATABASE,
                                       .call_id = fixture->slow.call_id,
                                       .reply = fixture->slow_reply});
}

void shard_fixture_release_one(struct shard_fixture *fixture)
{
    const struct shard_store first = fixture->stores[0];

    assert_true(fixture->store_count > 0);
    fixture->store_count--;
    memmove(&fixture->stores[0], &fixture->stores[1], fixture->store_count * sizeof first);
    perform_store(fixture, &first);
}

void shard_fixture_release(struct shard_fixture *fixture)
{
    fixture->holds_writes = false;
    for (uint32_t i = 0; i < fixture->store_count; i++) {
        perform_store(fixture, &fixture->stores[i]);
    }
    fixture->store_count = 0;
}

void shard_fixture_respond(struct shard_fixture *fixture, uint32_t index,
                           const struct wf_svc_response *response)
{
    struct shard_query *query = &fixture->queries[index];

    assert_true(index < fixture->query_count && !query->is_taken);
    query->is_taken = true;
    deliver(fixture, query->owner,
            &(struct wf_service_input){
                .type = WF_SERVICE_RESPONSE, .call_id = query->call_id, .response = response});
}

void shard_fixture_advance(struct shard_fixture *fixture, int64_t duration_ns)
{
    const wf_time_ns until_ns = fixture->now_ns + duration_ns;

    for (uint32_t alarms = 0; alarms < 10000; alarms++) {
        uint32_t next = 0;

        for (uint32_t i = 1; i < SHARD_OWNERS; i++) {
            next = fixture->wake_at_ns[i] < fixture->wake_at_ns[next] ||
                           fixture->shards[next] == NULL
                       ? i
                       : next;
        }
        if (fixture->shards[next] == NULL || fixture->wake_at_ns[next] > until_ns) {
            fixture->now_ns = until_ns;
            return;
        }
        fixture->now_ns = fixture->wake_at_ns[next] > fixture->now_ns ? fixture->wake_at_ns[next]
                                                                      : fixture->now_ns;
        deliver(fixture, next, &(struct wf_service_input){.type = WF_SERVICE_ALARM});
    }
    fail_msg("the shard asks for alarms without end");
}

/* ---- Requests ---- */

static struct wf_workflow_execution execution_of(const char *workflow_id)
{
    return (struct wf_workflow_execution){.workflow_id = wf_string_of(workflow_id)};
}

const struct wf_svc_response *shard_start_with(struct shard_fixture *fixture,
                                               struct wf_svc_start_workflow start)
{
    const struct wf_svc_request request = {.call_case = WF_CASE_svc_request_start_workflow,
                                           .call.start_workflow = &start};

    if (start.workflow_type.size_bytes == 0) {
        start.workflow_type = WF_STR("Flow");
    }
    if (start.task_queue.size_bytes == 0) {
        start.task_queue = WF_STR("queue");
    }
    return shard_fixture_call(fixture, &request);
}

const struct wf_svc_response *shard_start(struct shard_fixture *fixture, const char *workflow_id)
{
    return shard_start_with(
        fixture, (struct wf_svc_start_workflow){.workflow_id = wf_string_of(workflow_id)});
}

const struct wf_svc_response *shard_signal(struct shard_fixture *fixture, const char *workflow_id,
                                           const char *name, const char *request_id)
{
    struct wf_workflow_execution execution = execution_of(workflow_id);
    struct wf_svc_signal_workflow signal = {.workflow_execution = &execution,
                                            .signal_name = wf_string_of(name),
                                            .request_id = wf_string_of(request_id)};
    const struct wf_svc_request request = {.call_case = WF_CASE_svc_request_signal_workflow,
                                           .call.signal_workflow = &signal};

    return shard_fixture_call(fixture, &request);
}

const struct wf_svc_response *shard_cancel(struct shard_fixture *fixture, const char *workflow_id)
{
    struct wf_workflow_execution execution = execution_of(workflow_id);
    struct wf_svc_request_cancel cancel = {.workflow_execution = &execution};
    const struct wf_svc_request request = {.call_case = WF_CASE_svc_request_request_cancel,
                                           .call.request_cancel = &cancel};

    return shard_fixture_call(fixture, &request);
}

const struct wf_svc_response *shard_terminate(struct shard_fixture *fixture,
                                              const char *workflow_id)
{
    struct wf_workflow_execution execution = execution_of(workflow_id);
    struct wf_svc_terminate terminate = {.workflow_execution = &execution,
                                         .reason = WF_STR("enough")};
    const struct wf_svc_request request = {.call_case = WF_CASE_svc_request_terminate,
                                           .call.terminate = &terminate};

    return shard_fixture_call(fixture, &request);
}

const struct wf_svc_response *shard_pause(struct shard_fixture *fixture, const char *workflow_id, bool is_end,
                                          const char *request_id)
{
    struct wf_workflow_execution execution = execution_of(workflow_id);
    struct wf_svc_pause_workflow pause = {.workflow_execution = &execution,
                                          .reason = WF_STR("why"),
                                          .identity = WF_STR("who"),
                                          .request_id = wf_string_of(request_id)};
    const struct wf_svc_request request = {.call_case = is_end ? WF_CASE_svc_request_unpause_workflow
                                                               : WF_CASE_svc_request_pause_workflow,
                                           .call.pause_workflow = &pause};

    return shard_fixture_call(fixture, &request);
}

const struct wf_svc_response *shard_operate(struct shard_fixture *fixture, struct wf_svc_operate_activity operation)
{
    struct wf_workflow_execution execution = execution_of("w");
    const struct wf_svc_request request = {.call_case = WF_CASE_svc_request_operate_activity,
                                           .call.operate_activity = &operation};

    operation.workflow_execution = &execution;
    return shard_fixture_call(fixture, &request);
}

const struct wf_svc_response *shard_reset_with(struct shard_fixture *fixture, const char *workflow_id,
                                               struct wf_string run_id, struct wf_svc_reset_workflow reset)
{
    struct wf_workflow_execution execution = execution_of(workflow_id);
    const struct wf_svc_request request = {.call_case = WF_CASE_svc_request_reset_workflow,
                                           .call.reset_workflow = &reset};

    execution.run_id = run_id;
    reset.workflow_execution = &execution;
    reset.reason = WF_STR("bad deploy");
    return shard_fixture_call(fixture, &request);
}

const struct wf_svc_response *shard_reset(struct shard_fixture *fixture, const char *workflow_id, int64_t event_id)
{
    return shard_reset_with(fixture, workflow_id, (struct wf_string){0},
                            (struct wf_svc_reset_workflow){.workflow_task_finish_event_id = event_id});
}

const struct wf_svc_description *shard_describe(struct shard_fixture *fixture,
                                                const char *workflow_id)
{
    struct wf_workflow_execution execution = execution_of(workflow_id);
    struct wf_svc_describe_workflow describe = {.workflow_execution = &execution};
    const struct wf_svc_request request = {.call_case = WF_CASE_svc_request_describe_workflow,
                                           .call.describe_workflow = &describe};
    const struct wf_svc_response *response = shard_fixture_call(fixture, &request);

    shard_status_is(response, WF_CALL_OK);
    assert_int_equal(response->answer_case, WF_CASE_svc_response_description);
    return response->answer.description;
}

/* ---- Tasks ---- */

struct wf_svc_add_task *shard_take_push(struct shard_fixture *fixture, bool is_activity)
{
    for (uint32_t i = 0; i < fixture->push_count; i++) {
        struct shard_push *push = &fixture->pushes[i];

        if (!push->is_taken && push->task->is_activity == is_activity) {
            push->is_taken = true;
            return push->task;
        }
    }
    return NULL;
}

const struct wf_svc_response *shard_record_workflow_task(struct shard_fixture *fixture,
                                                         const struct wf_svc_add_task *push,
                                                         const char *request_id)
{
    struct wf_svc_record_workflow_task_started record = {
        .workflow_execution = push->workflow_execution,
        .scheduled_event_id = push->scheduled_event_id,
        .stamp = push->stamp,
        .request_id = wf_string_of(request_id),
        .identity = WF_STR("worker-1"),
        .task_queue = push->task_queue,
        .is_sticky = push->is_sticky,
        .worker_version = fixture->worker_version,
        .target_version = fixture->target_version,
        .routing_revision = fixture->routing_revision};
    const struct wf_svc_request request = {
        .call_case = WF_CASE_svc_request_record_workflow_task_started,
        .call.record_workflow_task_started = &record};

    return shard_fixture_call(fixture, &request);
}

const struct wf_svc_response *shard_record_activity_task(struct shard_fixture *fixture,
                                                         const struct wf_svc_add_task *push,
                                                         const char *request_id)
{
    struct wf_svc_record_activity_task_started record = {
        .workflow_execution = push->workflow_execution,
        .scheduled_event_id = push->scheduled_event_id,
        .attempt = push->attempt,
        .stamp = push->stamp,
        .request_id = wf_string_of(request_id),
        .identity = WF_STR("worker-1"),
        .task_queue = push->task_queue};
    const struct wf_svc_request request = {
        .call_case = WF_CASE_svc_request_record_activity_task_started,
        .call.record_activity_task_started = &record};

    return shard_fixture_call(fixture, &request);
}

static const char *fresh_id(struct shard_fixture *fixture)
{
    char *text = wf_arena_take_text(&fixture->arena, 32);

    assert_non_null(text);
    snprintf(text, 32, "poll-%llu", (unsigned long long)fixture->last_call_id);
    return text;
}

const struct wf_svc_workflow_task *shard_poll(struct shard_fixture *fixture)
{
    const struct wf_svc_add_task *push = shard_take_push(fixture, false);
    const struct wf_svc_response *response = NULL;

    if (push == NULL) {
        return NULL;
    }
    response = shard_record_workflow_task(fixture, push, fresh_id(fixture));
    if (response == NULL || response->status != WF_CALL_OK) {
        return shard_poll(fixture); /* matching drops what cannot be started */
    }
    assert_int_equal(response->answer_case, WF_CASE_svc_response_workflow_task);
    return response->answer.workflow_task;
}

const struct wf_svc_workflow_task *shard_poll_of(struct shard_fixture *fixture,
                                                 const char *workflow_id)
{
    for (uint32_t i = 0; i < fixture->push_count; i++) {
        struct shard_push *push = &fixture->pushes[i];
        const struct wf_svc_response *response = NULL;

        if (push->is_taken || push->task->is_activity ||
            !wf_string_is(push->task->workflow_execution->workflow_id, workflow_id)) {
            continue;
        }
        push->is_taken = true;
        response = shard_record_workflow_task(fixture, push->task, fresh_id(fixture));
        if (response != NULL && response->status == WF_CALL_OK) {
            return response->answer.workflow_task;
        }
    }
    return NULL;
}

const struct wf_svc_activity_task *shard_poll_activity(struct shard_fixture *fixture)
{
    const struct wf_svc_add_task *push = shard_take_push(fixture, true);
    const struct wf_svc_response *response = NULL;

    if (push == NULL) {
        return NULL;
    }
    response = shard_record_activity_task(fixture, push, fresh_id(fixture));
    if (response == NULL || response->status != WF_CALL_OK) {
        return shard_poll_activity(fixture);
    }
    assert_int_equal(response->answer_case, WF_CASE_svc_response_activity_task);
    return response->answer.activity_task;
}

const struct wf_svc_response *shard_complete_with(struct shard_fixture *fixture,
                                                  const struct wf_svc_workflow_task *task,
                                                  struct shard_completion completion)
{
    struct wf_svc_respond_workflow_task_completed respond = {
        .token = task->token,
        .identity = WF_STR("worker-1"),
        .return_new_workflow_task = completion.wants_task,
        .versioning_behavior = fixture->versioning_behavior,
        .force_create_new_workflow_task = completion.is_heartbeat};
    const struct wf_svc_request request = {
        .call_case = WF_CASE_svc_request_respond_workflow_task_completed,
        .call.respond_workflow_task_completed = &respond};

    for (uint32_t i = 0; i < completion.command_count; i++) {
        *(struct wf_command *)WF_LIST_APPEND(&fixture->arena,
                                             respond.commands) = completion.commands[i];
    }
    if (completion.is_sticky) {
        respond.sticky_task_queue = WF_STR("worker-1-sticky");
        respond.sticky_schedule_to_start_timeout = wf_duration_of(5 * WF_NS_PER_S);
    }
    for (uint32_t i = 0; i < completion.message_count; i++) {
        *(struct wf_protocol_message *)WF_LIST_APPEND(&fixture->arena,
                                                      respond.messages) = completion.messages[i];
    }
    if (completion.query_result != NULL) {
        *(struct wf_sdk_query_result *)WF_LIST_APPEND(
            &fixture->arena, respond.query_results) = *completion.query_result;
    }
    return shard_fixture_call(fixture, &request);
}

const struct wf_svc_response *shard_complete(struct shard_fixture *fixture,
                                             const struct wf_svc_workflow_task *task,
                                             const struct wf_command *commands, uint32_t count)
{
    return shard_complete_with(
        fixture, task, (struct shard_completion){.commands = commands, .command_count = count});
}

const struct wf_svc_response *shard_fail(struct shard_fixture *fixture,
                                         const struct wf_svc_workflow_task *task)
{
    struct wf_failure failure = {.message = WF_STR("boom")};
    struct wf_svc_respond_workflow_task_failed respond = {
        .token = task->token,
        .cause = WF_WORKFLOW_TASK_FAILED_CAUSE_WORKFLOW_WORKER_UNHANDLED_FAILURE,
        .failure = &failure,
        .identity = WF_STR("worker-1")};
    const struct wf_svc_request request = {
        .call_case = WF_CASE_svc_request_respond_workflow_task_failed,
        .call.respond_workflow_task_failed = &respond};

    return shard_fixture_call(fixture, &request);
}

const struct wf_svc_response *shard_complete_activity(struct shard_fixture *fixture,
                                                      const struct wf_svc_activity_task *task)
{
    struct wf_svc_respond_activity_task_completed respond = {.token = task->token,
                                                             .identity = WF_STR("worker-1")};
    const struct wf_svc_request request = {
        .call_case = WF_CASE_svc_request_respond_activity_task_completed,
        .call.respond_activity_task_completed = &respond};

    return shard_fixture_call(fixture, &request);
}

const struct wf_svc_response *shard_fail_activity(struct shard_fixture *fixture,
                                                  const struct wf_svc_activity_task *task,
                                                  const char *type, bool is_final)
{
    struct wf_application_failure_info info = {.type = wf_string_of(type),
                                               .non_retryable = is_final};
    struct wf_failure failure = {.message = WF_STR("no"),
                                 .failure_info_case = WF_CASE_failure_application_failure_info,
                                 .failure_info.application_failure_info = &info};
    struct wf_svc_respond_activity_task_failed respond = {
        .token = task->token, .failure = &failure, .identity = WF_STR("worker-1")};
    const struct wf_svc_request request = {
        .call_case = WF_CASE_svc_request_respond_activity_task_failed,
        .call.respond_activity_task_failed = &respond};

    return shard_fixture_call(fixture, &request);
}

const struct wf_svc_response *shard_cancel_activity(struct shard_fixture *fixture,
                                                    const struct wf_svc_activity_task *task)
{
    struct wf_svc_respond_activity_task_canceled respond = {.token = task->token,
                                                            .identity = WF_STR("worker-1")};
    const struct wf_svc_request request = {
        .call_case = WF_CASE_svc_request_respond_activity_task_canceled,
        .call.respond_activity_task_canceled = &respond};

    return shard_fixture_call(fixture, &request);
}

const struct wf_svc_response *shard_heartbeat(struct shard_fixture *fixture,
                                              const struct wf_svc_activity_task *task)
{
    struct wf_svc_record_activity_heartbeat record = {.token = task->token,
                                                      .identity = WF_STR("worker-1")};
    const struct wf_svc_request request = {
        .call_case = WF_CASE_svc_request_record_activity_heartbeat,
        .call.record_activity_heartbeat = &record};

    return shard_fixture_call(fixture, &request);
}

/* ---- Commands ---- */

static struct wf_command command_of(struct shard_fixture *fixture, enum wf_command_type type)
{
    const struct wf_command_descriptor *descriptor = &wf_command_descriptors[type];
    struct wf_command command = {.command_type = (int32_t)type,
                                 .attributes_case = descriptor->oneof_number};

    command.attributes.any = wf_message_new(&fixture->arena, descriptor->attributes);
    assert_non_null(command.attributes.any);
    return command;
}

struct wf_command shard_schedule_activity(struct shard_fixture *fixture, const char *activity_id,
                                          int64_t timeout_ns)
{
    struct wf_command command = command_of(fixture, WF_COMMAND_TYPE_SCHEDULE_ACTIVITY_TASK);
    struct wf_command_schedule_activity_task *attributes =
        command.attributes.schedule_activity_task;

    attributes->activity_id = wf_string_of(activity_id);
    attributes->activity_type = WF_ARENA_NEW(&fixture->arena, struct wf_activity_type);
    attributes->activity_type->name = WF_STR("charge");
    attributes->task_queue = WF_ARENA_NEW(&fixture->arena, struct wf_task_queue);
    attributes->task_queue->name = WF_STR("queue");
    attributes->start_to_close_timeout = wf_duration_of(timeout_ns);
    return command;
}

struct wf_command shard_request_cancel_activity(struct shard_fixture *fixture,
                                                int64_t scheduled_event_id)
{
    struct wf_command command = command_of(fixture, WF_COMMAND_TYPE_REQUEST_CANCEL_ACTIVITY_TASK);

    command.attributes.request_cancel_activity_task->scheduled_event_id = scheduled_event_id;
    return command;
}

struct wf_command shard_start_timer(struct shard_fixture *fixture, const char *timer_id,
                                    int64_t duration_ns)
{
    struct wf_command command = command_of(fixture, WF_COMMAND_TYPE_START_TIMER);

    command.attributes.start_timer->timer_id = wf_string_of(timer_id);
    command.attributes.start_timer->start_to_fire_timeout = wf_duration_of(duration_ns);
    return command;
}

struct wf_command shard_cancel_timer(struct shard_fixture *fixture, const char *timer_id)
{
    struct wf_command command = command_of(fixture, WF_COMMAND_TYPE_CANCEL_TIMER);

    command.attributes.cancel_timer->timer_id = wf_string_of(timer_id);
    return command;
}

struct wf_command shard_complete_workflow(struct shard_fixture *fixture)
{
    return command_of(fixture, WF_COMMAND_TYPE_COMPLETE_WORKFLOW_EXECUTION);
}

struct wf_command shard_fail_workflow(struct shard_fixture *fixture)
{
    struct wf_command command = command_of(fixture, WF_COMMAND_TYPE_FAIL_WORKFLOW_EXECUTION);

    command.attributes.fail_workflow_execution->failure = WF_ARENA_NEW(&fixture->arena,
                                                                       struct wf_failure);
    command.attributes.fail_workflow_execution->failure->message = WF_STR("failed");
    return command;
}

struct wf_command shard_cancel_workflow(struct shard_fixture *fixture)
{
    return command_of(fixture, WF_COMMAND_TYPE_CANCEL_WORKFLOW_EXECUTION);
}

struct wf_command shard_continue_as_new(struct shard_fixture *fixture)
{
    return command_of(fixture, WF_COMMAND_TYPE_CONTINUE_AS_NEW_WORKFLOW_EXECUTION);
}

static struct wf_workflow_execution *target_of(struct shard_fixture *fixture,
                                               const char *workflow_id)
{
    struct wf_workflow_execution *execution = WF_ARENA_NEW(&fixture->arena,
                                                           struct wf_workflow_execution);

    assert_non_null(execution);
    execution->workflow_id = wf_string_of(workflow_id);
    return execution;
}

struct wf_command shard_start_child(struct shard_fixture *fixture, const char *workflow_id,
                                    enum wf_parent_close_policy policy)
{
    struct wf_command command = command_of(fixture, WF_COMMAND_TYPE_START_CHILD_WORKFLOW_EXECUTION);
    struct wf_command_start_child_workflow_execution *attributes =
        command.attributes.start_child_workflow_execution;

    attributes->workflow_id = wf_string_of(workflow_id);
    attributes->workflow_type = WF_ARENA_NEW(&fixture->arena, struct wf_workflow_type);
    attributes->workflow_type->name = WF_STR("Child");
    attributes->parent_close_policy = (int32_t)policy;
    return command;
}

struct wf_command shard_signal_external(struct shard_fixture *fixture, const char *workflow_id)
{
    struct wf_command command = command_of(fixture,
                                           WF_COMMAND_TYPE_SIGNAL_EXTERNAL_WORKFLOW_EXECUTION);

    command.attributes.signal_external_workflow_execution->execution = target_of(fixture,
                                                                                 workflow_id);
    command.attributes.signal_external_workflow_execution->signal_name = WF_STR("go");
    return command;
}

struct wf_command shard_cancel_external(struct shard_fixture *fixture, const char *workflow_id)
{
    struct wf_command command = command_of(
        fixture, WF_COMMAND_TYPE_REQUEST_CANCEL_EXTERNAL_WORKFLOW_EXECUTION);

    command.attributes.request_cancel_external_workflow_execution->workflow_id = wf_string_of(
        workflow_id);
    command.attributes.request_cancel_external_workflow_execution->reason = WF_STR("enough");
    return command;
}

/* ---- Histories ---- */

struct wf_history_message shard_events_of(struct shard_fixture *fixture, struct wf_string run_id)
{
    const struct sim_db_run *run = sim_database_run(&fixture->database, run_id);
    struct wf_history_message all = {0};
    const struct sim_db_node **nodes = NULL;
    uint32_t count = 0;

    assert_non_null(run);
    nodes = sim_database_resolve(run, &fixture->arena, 1, run->last_event_id, &count);
    for (uint32_t i = 0; i < count; i++) {
        struct wf_history_message batch = {0};
        const struct wf_string bytes = wf_string_copy(&fixture->arena, nodes[i]->bytes);

        assert_int_equal(
            wf_wire_decode(&fixture->arena, &wf_type_history_message, bytes, &batch, NULL), WF_OK);
        for (uint32_t j = 0; j < batch.events.count; j++) {
            *(struct wf_event *)WF_LIST_APPEND(&fixture->arena, all.events) = batch.events.items[j];
        }
    }
    for (uint32_t i = 0; i < all.events.count; i++) {
        assert_int_equal(all.events.items[i].event_id, i + 1);
        assert_true(i == 0 || all.events.items[i].task_id > all.events.items[i - 1].task_id);
    }
    return all;
}

struct wf_history_message shard_events(struct shard_fixture *fixture, const char *workflow_id)
{
    const struct sim_db_current *current = sim_database_current(&fixture->database,
                                                                wf_string_of(workflow_id));

    assert_non_null(current);
    return shard_events_of(fixture, current->run_id);
}

const struct wf_event *shard_last_event(struct shard_fixture *fixture, const char *workflow_id, enum wf_event_type type)
{
    const struct wf_history_message history = shard_events(fixture, workflow_id);

    for (uint32_t i = history.events.count; i > 0; i--) {
        if (history.events.items[i - 1].event_type == (int32_t)type) {
            return &history.events.items[i - 1];
        }
    }
    fail_msg("no such event");
    return NULL;
}

static void append_without(struct wf_buffer *out, struct wf_string name, const char *part)
{
    const size_t size_bytes = strlen(part);

    for (size_t i = 0; i < name.size_bytes; i++) {
        if (name.size_bytes - i >= size_bytes && memcmp(name.data + i, part, size_bytes) == 0) {
            i += size_bytes - 1;
        } else {
            wf_buffer_append_char(out, name.data[i]);
        }
    }
}

static void append_event(struct wf_buffer *out, const struct wf_event *event)
{
    const struct wf_string name = wf_string_of(wf_event_type_name(event->event_type));

    switch (event->event_type) {
    case WF_EVENT_TYPE_WORKFLOW_TASK_SCHEDULED:
        wf_buffer_printf(
            out, "Scheduled(%d%s)", (int)event->attributes.workflow_task_scheduled->attempt,
            event->attributes.workflow_task_scheduled->task_queue->kind == WF_TASK_QUEUE_KIND_STICKY
                ? ",sticky"
                : "");
        break;
    case WF_EVENT_TYPE_WORKFLOW_TASK_FAILED:
        wf_buffer_printf(out, "Failed(%s)",
                         wf_enum_name(&wf_enum_type_workflow_task_failed_cause,
                                      event->attributes.workflow_task_failed->cause) +
                             strlen("WORKFLOW_TASK_FAILED_CAUSE_"));
        break;
    case WF_EVENT_TYPE_WORKFLOW_TASK_TIMED_OUT:
        wf_buffer_printf(out, "TimedOut(%s)",
                         wf_enum_name(&wf_enum_type_timeout_type,
                                      event->attributes.workflow_task_timed_out->timeout_type) +
                             strlen("TIMEOUT_TYPE_"));
        break;
    case WF_EVENT_TYPE_WORKFLOW_TASK_STARTED:
    case WF_EVENT_TYPE_WORKFLOW_TASK_COMPLETED:
        append_without(out, name, "WorkflowTask");
        break;
    case WF_EVENT_TYPE_WORKFLOW_EXECUTION_SIGNALED:
    case WF_EVENT_TYPE_WORKFLOW_EXECUTION_TERMINATED:
    case WF_EVENT_TYPE_WORKFLOW_EXECUTION_CANCEL_REQUESTED:
    case WF_EVENT_TYPE_WORKFLOW_EXECUTION_CONTINUED_AS_NEW:
        append_without(out, name, "WorkflowExecution");
        break;
    default:
        append_without(out, name, "Task");
        break;
    }
}

struct wf_string shard_history(struct shard_fixture *fixture, const char *workflow_id)
{
    const struct wf_history_message history = shard_events(fixture, workflow_id);
    struct wf_buffer out = {0};

    wf_buffer_init(&out, &fixture->arena);
    for (uint32_t i = 0; i < history.events.count; i++) {
        if (i > 0) {
            wf_buffer_append_char(&out, ' ');
        }
        append_event(&out, &history.events.items[i]);
    }
    return wf_buffer_string(&out);
}

void shard_history_is(struct shard_fixture *fixture, const char *workflow_id, const char *expected)
{
    test_string_is(workflow_id, shard_history(fixture, workflow_id), expected);
}

void shard_status_is(const struct wf_svc_response *response, enum wf_call_status expected)
{
    if (response == NULL) {
        fail_msg("no answer, where \"%s\" is expected", wf_call_status_name((int32_t)expected));
    } else if (response->status != (int32_t)expected) {
        fail_msg("\"%s\" (%.*s), where \"%s\" is expected", wf_call_status_name(response->status),
                 (int)response->message.size_bytes, response->message.data,
                 wf_call_status_name((int32_t)expected));
    }
}

void shard_begin_activity(struct shard_fixture *fixture)
{
    struct wf_command command = {0};
    struct wf_command_schedule_activity_task *attributes = NULL;

    shard_fixture_init(fixture, NULL);
    shard_start(fixture, "w");
    command = shard_schedule_activity(fixture, "a", 20 * WF_NS_PER_S);
    attributes = command.attributes.schedule_activity_task;
    attributes->schedule_to_close_timeout = wf_duration_of(100 * WF_NS_PER_S);
    attributes->retry_policy = WF_ARENA_NEW(&fixture->arena, struct wf_retry_policy);
    attributes->retry_policy->maximum_attempts = 2;
    shard_status_is(shard_complete(fixture, shard_poll(fixture), &command, 1), WF_CALL_OK);
}

const struct wf_svc_pending_activity *shard_pending_activity(struct shard_fixture *fixture)
{
    return &shard_describe(fixture, "w")->pending_activities.items[0];
}

void shard_fail_attempt(struct shard_fixture *fixture, const struct wf_svc_activity_task *task)
{
    shard_status_is(shard_fail_activity(fixture, task, "E", false), WF_CALL_OK);
}
