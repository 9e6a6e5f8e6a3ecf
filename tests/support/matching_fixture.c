/* The fixture of matching: a process, its database, and the trace of both. */
#include "tests/support/matching_fixture.h"

static struct wf_matching *new_matching(struct matching_fixture *f)
{
    struct wf_service_config config = {
        .blocks = &f->blocks.source, .identity = WF_STR("server-1"), .shard_count = 1};

    return wf_matching_new(&config);
}

int matching_setup(void **state)
{
    struct matching_fixture *f = test_calloc(1, sizeof *f);

    test_blocks_init(&f->blocks);
    wf_arena_init(&f->arena, &f->blocks.source, 0);
    wf_arena_init(&f->step_arena, &f->blocks.source, 0);
    wf_slabs_init(&f->slabs, &f->blocks.source);
    wf_buffer_init(&f->trace, &f->arena);
    f->wake_ns = INT64_MAX;
    f->matching = new_matching(f);
    *state = f;
    return f->matching != NULL && sim_database_init(&f->database, &f->arena, &f->slabs, 1) ? 0 : -1;
}

int matching_teardown(void **state)
{
    struct matching_fixture *f = *state;
    size_t live_count = 0;

    wf_matching_free(f->matching);
    wf_slabs_deinit(&f->slabs);
    wf_arena_deinit(&f->step_arena);
    wf_arena_deinit(&f->arena);
    live_count = f->blocks.live_count;
    test_free(f);
    return live_count == 0 ? 0 : -1;
}


/* ---- The driver ---- */

static void say(struct matching_fixture *f, const char *format, ...)
{
    va_list arguments;

    if (f->is_silent) {
        return;
    }
    wf_buffer_printf(&f->trace, "%lld ", (long long)(f->now_ns / WF_NS_PER_MS));
    va_start(arguments, format);
    wf_buffer_vprintf(&f->trace, format, arguments);
    va_end(arguments);
    wf_buffer_append_char(&f->trace, '\n');
}

void matching_trace_is(struct matching_fixture *f, const char *expected)
{
    test_string_is("trace", wf_buffer_string(&f->trace), expected);
    wf_buffer_reset(&f->trace);
}

static void perform_store(struct matching_fixture *f, uint64_t call_id, const struct wf_db_request *request)
{
    struct wf_db_reply reply = {0};
    bool is_committed = false;
    const bool is_rows = request->op_case == WF_CASE_db_request_write_queue;
    const bool is_acquire = request->op_case == WF_CASE_db_request_acquire_queue;
    const enum sim_database_fate fate = is_rows      ? f->fate
                                        : is_acquire ? f->acquire_fate
                                                     : SIM_DATABASE_FATE_NONE;

    if (is_rows) {
        f->fate = SIM_DATABASE_FATE_NONE;
    } else if (is_acquire) {
        f->acquire_fate = SIM_DATABASE_FATE_NONE;
    }
    assert_true(sim_database_apply(&f->database, request, fate, &f->step_arena, &reply, &is_committed));
    if (is_acquire) {
        say(f, "acquires %S, range %lld", &request->op.acquire_queue->task_queue,
            reply.status == WF_DATABASE_OK ? (long long)reply.row.queue->range_id : -1LL);
    } else if (is_rows) {
        say(f, "writes %u tasks, ack %lld: %d", request->op.write_queue->tasks.count,
            (long long)request->op.write_queue->ack_task_id, (int)reply.status);
    } else {
        say(f, "reads %u tasks", reply.row.tasks->tasks.count);
    }
    if (f->holds_read && request->op_case == WF_CASE_db_request_read_queue) {
        f->holds_read = false;
        f->held_call_id = call_id;
        f->held_reply = wf_message_copy(&f->arena, &wf_type_db_reply, &reply);
        return;
    }
    matching_step(f, (struct wf_service_input){.type = WF_SERVICE_DATABASE, .call_id = call_id, .reply = &reply});
}

static void perform_call(struct matching_fixture *f, uint64_t call_id, const struct wf_service_output *output)
{
    const struct wf_svc_request *request = output->request;
    struct wf_string request_id = {0};
    int64_t event_id = 0;

    if (request->call_case == WF_CASE_svc_request_record_activity_task_started) {
        request_id = request->call.record_activity_task_started->request_id;
        event_id = request->call.record_activity_task_started->scheduled_event_id;
    } else {
        request_id = request->call.record_workflow_task_started->request_id;
        event_id = request->call.record_workflow_task_started->scheduled_event_id;
        f->routing_revision = request->call.record_workflow_task_started->routing_revision;
    }
    assert_true(f->start_count < MATCHING_HELD_MAX);
    f->starts[f->start_count] = call_id;
    memcpy(f->request_ids[f->start_count], request_id.data, request_id.size_bytes);
    say(f, "start %u: asks history of %S to start %lld", f->start_count, &output->key, (long long)event_id);
    f->start_count++;
}

static void perform_answer(struct matching_fixture *f, uint64_t call_id, const struct wf_svc_response *response)
{
    if (response->answer_case == WF_CASE_svc_response_workflow_task &&
        response->answer.workflow_task->is_query_only) {
        f->query_token = wf_string_copy(&f->arena, response->answer.workflow_task->token);
        say(f, "answers %llu: query", (unsigned long long)call_id);
    } else if (response->answer_case == WF_CASE_svc_response_activity_task) {
        say(f, "answers %llu: activity %S", (unsigned long long)call_id,
            &response->answer.activity_task->activity_id);
    } else if (response->answer_case == WF_CASE_svc_response_query_answer) {
        say(f, "answers %llu: result %S, %s", (unsigned long long)call_id,
            &response->answer.query_answer->result->payloads.items[0].data, wf_call_status_name(response->status));
    } else {
        say(f, "answers %llu: %s", (unsigned long long)call_id, wf_call_status_name(response->status));
    }
}

/* Copies the outputs, because performing one may step the component again. */
void matching_step(struct matching_fixture *f, struct wf_service_input in)
{
    struct wf_service_outputs outputs = {0};
    struct wf_service_output *copies = NULL;

    in.now_ns = f->now_ns;
    in.entropy = ++f->entropy;
    assert_int_equal(wf_matching_step(f->matching, &in, &outputs, NULL), WF_OK);
    copies = wf_arena_take_array(&f->arena, outputs.count, sizeof *copies);
    for (size_t i = 0; i < outputs.count; i++) {
        copies[i] = outputs.items[i];
        if (copies[i].type == WF_SERVICE_STORE) {
            copies[i].store = wf_message_copy(&f->arena, &wf_type_db_request, outputs.items[i].store);
        }
    }
    for (size_t i = 0; i < outputs.count; i++) {
        const struct wf_service_output *output = &outputs.items[i];

        if (output->type == WF_SERVICE_ANSWER) {
            perform_answer(f, output->call_id, output->response);
        } else if (output->type == WF_SERVICE_CALL) {
            perform_call(f, output->call_id, output);
        } else if (output->type == WF_SERVICE_WAKE_AT) {
            f->wake_ns = output->time_ns;
        }
    }
    for (size_t i = 0; i < outputs.count && copies != NULL; i++) {
        if (copies[i].type == WF_SERVICE_STORE) {
            perform_store(f, copies[i].call_id, copies[i].store);
        }
    }
}

void matching_release_read(struct matching_fixture *f)
{
    const struct wf_db_reply *reply = f->held_reply;

    assert_non_null(reply);
    f->held_reply = NULL; /* the next read may be held again */
    matching_step(f, (struct wf_service_input){
                         .type = WF_SERVICE_DATABASE, .call_id = f->held_call_id, .reply = reply});
}

/* Lets time pass; alarms come when they were asked for. */
void matching_pass(struct matching_fixture *f, int64_t until_ms)
{
    uint32_t alarm_count = 0;

    while (f->wake_ns <= until_ms * WF_NS_PER_MS) {
        assert_true(++alarm_count < MATCHING_ALARMS_MAX); /* one that is asked for in the past comes for ever */
        f->now_ns = f->wake_ns > f->now_ns ? f->wake_ns : f->now_ns;
        f->wake_ns = INT64_MAX;
        matching_step(f, (struct wf_service_input){.type = WF_SERVICE_ALARM});
    }
    f->now_ns = until_ms * WF_NS_PER_MS;
}

void matching_poll(struct matching_fixture *f, uint64_t call_id)
{
    struct wf_svc_poll_activity_task body = {
        .task_queue = WF_STR("orders"), .identity = WF_STR("worker-1"), .worker_version = f->version};
    const struct wf_svc_request request = {.call_case = WF_CASE_svc_request_poll_activity_task,
                                           .call = {.poll_activity_task = &body}};

    matching_step(f, (struct wf_service_input){.type = WF_SERVICE_REQUEST, .call_id = call_id, .request = &request});
}

void matching_poll_workflow(struct matching_fixture *f, uint64_t call_id, const char *queue, bool is_sticky)
{
    struct wf_svc_poll_workflow_task body = {
        .task_queue = wf_string_of(queue),
        .is_sticky = is_sticky,
        .normal_task_queue = is_sticky ? WF_STR("orders") : (struct wf_string){0},
        .identity = WF_STR("worker-1"),
        .worker_version = f->version};
    const struct wf_svc_request request = {.call_case = WF_CASE_svc_request_poll_workflow_task,
                                           .call = {.poll_workflow_task = &body}};

    matching_step(f, (struct wf_service_input){.type = WF_SERVICE_REQUEST, .call_id = call_id, .request = &request});
}


void matching_push(struct matching_fixture *f, struct matching_push_plan p)
{
    struct wf_workflow_execution execution = {
        .workflow_id = wf_string_of(p.workflow_id == NULL ? "order-1" : p.workflow_id), .run_id = WF_STR("run-1")};
    struct wf_svc_add_task body = {.task_queue = wf_string_of(p.sticky_queue == NULL ? "orders" : p.sticky_queue),
                                   .is_activity = p.sticky_queue == NULL && !p.is_workflow,
                                   .is_sticky = p.sticky_queue != NULL,
                                   .normal_task_queue = WF_STR("orders"),
                                   .workflow_execution = &execution,
                                   .versioning = p.versioning,
                                   .scheduled_event_id = p.event_id,
                                   .attempt = 1,
                                   .expire_after_ns = p.expire_ns};
    const struct wf_svc_request request = {.call_case = WF_CASE_svc_request_add_task, .call = {.add_task = &body}};

    matching_step(f, (struct wf_service_input){.type = WF_SERVICE_REQUEST, .call_id = p.call_id, .request = &request});
}

/* History's answer to the index-th RecordStarted. */
void matching_history_says(struct matching_fixture *f, uint32_t index, enum wf_call_status status)
{
    struct wf_svc_activity_task task = {.activity_id = WF_STR("charge")};
    struct wf_svc_response response = {.status = (int32_t)status};

    if (status == WF_CALL_OK) {
        response.answer_case = WF_CASE_svc_response_activity_task;
        response.answer.activity_task = &task;
    }
    matching_step(f, (struct wf_service_input){
                .type = WF_SERVICE_RESPONSE, .call_id = f->starts[index], .response = &response});
}

void matching_route(struct matching_fixture *f, uint64_t call_id, struct matching_routing r)
{
    struct wf_svc_version_routing routing = {.deployment_name = WF_STR("shop"),
                                             .current_build_id = wf_string_of(r.current == NULL ? "" : r.current),
                                             .ramping_build_id = wf_string_of(r.ramping == NULL ? "" : r.ramping),
                                             .ramping_percent = r.percent,
                                             .revision = r.revision};
    struct wf_svc_set_routing body = {
        .task_queue = WF_STR("orders"), .is_activity = r.is_activity, .routing = &routing};
    const struct wf_svc_request request = {.call_case = WF_CASE_svc_request_set_routing, .call = {.set_routing = &body}};

    matching_step(f, (struct wf_service_input){.type = WF_SERVICE_REQUEST, .call_id = call_id, .request = &request});
}

/* A crash of the process: a new one knows nothing but the database. */
void matching_crash(struct matching_fixture *f)
{
    wf_matching_free(f->matching);
    f->matching = new_matching(f);
    f->wake_ns = INT64_MAX;
    assert_non_null(f->matching);
}
