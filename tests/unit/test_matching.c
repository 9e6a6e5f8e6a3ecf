/*
 * Matching, told as traces: every test lists what goes in and what comes out, with virtual times. The database behind it is
 * the simulator's; its replies come at once, unless a test holds them back.
 */
#include "tests/support/test.h"

#include "engine/codec.h"
#include "engine/service.h"
#include "sim/world/database.h"

#define HELD_MAX 8u

struct fixture {
    struct test_blocks blocks;
    struct wf_arena arena;
    struct wf_arena step_arena;
    struct wf_slabs slabs;
    struct sim_database database;
    struct wf_matching *matching;
    struct wf_buffer trace;
    wf_time_ns now_ns;
    wf_time_ns wake_ns;
    uint64_t entropy;
    uint64_t starts[HELD_MAX]; /* call ids of RecordStarted calls, by order */
    char request_ids[HELD_MAX][40];
    uint32_t start_count;
    struct wf_string query_token;
    enum sim_database_fate fate; /* of the next write of rows */
    enum sim_database_fate acquire_fate;
    bool is_silent; /* nothing goes into the trace */
};

static struct wf_matching *new_matching(struct fixture *f)
{
    struct wf_service_config config = {
        .blocks = &f->blocks.source, .identity = WF_STR("server-1"), .shard_count = 1};

    return wf_matching_new(&config);
}

static int setup(void **state)
{
    struct fixture *f = test_calloc(1, sizeof *f);

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

static int teardown(void **state)
{
    struct fixture *f = *state;
    size_t live_count = 0;

    wf_matching_free(f->matching);
    wf_slabs_deinit(&f->slabs);
    wf_arena_deinit(&f->step_arena);
    wf_arena_deinit(&f->arena);
    live_count = f->blocks.live_count;
    test_free(f);
    return live_count == 0 ? 0 : -1;
}

#define IN_MATCHING(function) cmocka_unit_test_setup_teardown(function, setup, teardown)

/* ---- The driver ---- */

static void say(struct fixture *f, const char *format, ...)
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

static void trace_is(struct fixture *f, const char *expected)
{
    test_string_is("trace", wf_buffer_string(&f->trace), expected);
    wf_buffer_reset(&f->trace);
}

static void step(struct fixture *f, struct wf_service_input in);

static void perform_store(struct fixture *f, uint64_t call_id, const struct wf_db_request *request)
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
    step(f, (struct wf_service_input){.type = WF_SERVICE_DATABASE, .call_id = call_id, .reply = &reply});
}

static void perform_call(struct fixture *f, uint64_t call_id, const struct wf_service_output *output)
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
    }
    assert_true(f->start_count < HELD_MAX);
    f->starts[f->start_count] = call_id;
    memcpy(f->request_ids[f->start_count], request_id.data, request_id.size_bytes);
    say(f, "start %u: asks history of %S to start %lld", f->start_count, &output->key, (long long)event_id);
    f->start_count++;
}

static void perform_answer(struct fixture *f, uint64_t call_id, const struct wf_svc_response *response)
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
static void step(struct fixture *f, struct wf_service_input in)
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

/* Lets time pass; alarms come when they were asked for. */
static void pass(struct fixture *f, int64_t until_ms)
{
    while (f->wake_ns <= until_ms * WF_NS_PER_MS) {
        f->now_ns = f->wake_ns > f->now_ns ? f->wake_ns : f->now_ns;
        f->wake_ns = INT64_MAX;
        step(f, (struct wf_service_input){.type = WF_SERVICE_ALARM});
    }
    f->now_ns = until_ms * WF_NS_PER_MS;
}

static void poll(struct fixture *f, uint64_t call_id)
{
    struct wf_svc_poll_activity_task body = {.task_queue = WF_STR("orders"), .identity = WF_STR("worker-1")};
    const struct wf_svc_request request = {.call_case = WF_CASE_svc_request_poll_activity_task,
                                           .call = {.poll_activity_task = &body}};

    step(f, (struct wf_service_input){.type = WF_SERVICE_REQUEST, .call_id = call_id, .request = &request});
}

static void poll_workflow(struct fixture *f, uint64_t call_id, const char *queue, bool is_sticky)
{
    struct wf_svc_poll_workflow_task body = {
        .task_queue = wf_string_of(queue), .is_sticky = is_sticky, .identity = WF_STR("worker-1")};
    const struct wf_svc_request request = {.call_case = WF_CASE_svc_request_poll_workflow_task,
                                           .call = {.poll_workflow_task = &body}};

    step(f, (struct wf_service_input){.type = WF_SERVICE_REQUEST, .call_id = call_id, .request = &request});
}

struct push {
    uint64_t call_id;
    int64_t event_id;
    int64_t expire_ns;
    const char *sticky_queue; /* a workflow task of this sticky queue; NULL: an activity of "orders" */
};

static void push(struct fixture *f, struct push p)
{
    struct wf_workflow_execution execution = {.workflow_id = WF_STR("order-1"), .run_id = WF_STR("run-1")};
    struct wf_svc_add_task body = {.task_queue = wf_string_of(p.sticky_queue == NULL ? "orders" : p.sticky_queue),
                                   .is_activity = p.sticky_queue == NULL,
                                   .is_sticky = p.sticky_queue != NULL,
                                   .workflow_execution = &execution,
                                   .scheduled_event_id = p.event_id,
                                   .attempt = 1,
                                   .expire_after_ns = p.expire_ns};
    const struct wf_svc_request request = {.call_case = WF_CASE_svc_request_add_task, .call = {.add_task = &body}};

    step(f, (struct wf_service_input){.type = WF_SERVICE_REQUEST, .call_id = p.call_id, .request = &request});
}

/* History's answer to the index-th RecordStarted. */
static void history_says(struct fixture *f, uint32_t index, enum wf_call_status status)
{
    struct wf_svc_activity_task task = {.activity_id = WF_STR("charge")};
    struct wf_svc_response response = {.status = (int32_t)status};

    if (status == WF_CALL_OK) {
        response.answer_case = WF_CASE_svc_response_activity_task;
        response.answer.activity_task = &task;
    }
    step(f, (struct wf_service_input){
                .type = WF_SERVICE_RESPONSE, .call_id = f->starts[index], .response = &response});
}

/* A crash of the process: a new one knows nothing but the database. */
static void crash(struct fixture *f)
{
    wf_matching_free(f->matching);
    f->matching = new_matching(f);
    f->wake_ns = INT64_MAX;
    assert_non_null(f->matching);
}

/* ---- Matching a task with a poller ---- */

/* With a poller waiting the task is never stored; history's push returns after the start is known. */
static void test_matching__waiting_poller_gets_the_task_directly(void **state)
{
    struct fixture *f = *state;

    poll(f, 1);
    pass(f, 50);
    push(f, (struct push){.call_id = 2, .event_id = 5});
    pass(f, 60);
    history_says(f, 0, WF_CALL_OK);

    trace_is(f, "0 acquires orders, range 1\n"
                "0 reads 0 tasks\n"
                "50 start 0: asks history of order-1 to start 5\n"
                "60 answers 1: activity charge\n"
                "60 answers 2: ok\n");
}

/* A task waits 200 ms for a poller before it is stored. */
static void test_matching__poller_within_the_sync_wait(void **state)
{
    struct fixture *f = *state;

    push(f, (struct push){.call_id = 1, .event_id = 5});
    pass(f, 199);
    poll(f, 2);

    trace_is(f, "0 acquires orders, range 1\n"
                "0 reads 0 tasks\n"
                "199 start 0: asks history of order-1 to start 5\n");
}

static void test_matching__without_a_poller_it_is_stored(void **state)
{
    struct fixture *f = *state;

    push(f, (struct push){.call_id = 1, .event_id = 5});
    pass(f, 300);
    poll(f, 2);
    history_says(f, 0, WF_CALL_OK);
    pass(f, 61000);

    trace_is(f, "0 acquires orders, range 1\n"
                "0 reads 0 tasks\n"
                "200 writes 1 tasks, ack 0: 0\n"
                "200 answers 1: ok\n"
                "300 start 0: asks history of order-1 to start 5\n"
                "300 answers 2: activity charge\n"
                "60200 writes 0 tasks, ack 100001: 0\n");
}

static void test_matching__backlog_goes_first_come_first_served(void **state)
{
    struct fixture *f = *state;

    push(f, (struct push){.call_id = 1, .event_id = 5});
    pass(f, 10);
    push(f, (struct push){.call_id = 2, .event_id = 6});
    pass(f, 1000);
    push(f, (struct push){.call_id = 3, .event_id = 7});
    poll(f, 4);
    poll(f, 5);
    poll(f, 6);

    trace_is(f, "0 acquires orders, range 1\n"
                "0 reads 0 tasks\n"
                "200 writes 1 tasks, ack 0: 0\n"
                "200 answers 1: ok\n"
                "210 writes 1 tasks, ack 100000: 0\n"
                "210 answers 2: ok\n"
                "1000 start 0: asks history of order-1 to start 5\n"
                "1000 start 1: asks history of order-1 to start 6\n"
                "1000 start 2: asks history of order-1 to start 7\n");
}

static void test_matching__empty_poll_ends_after_a_minute(void **state)
{
    struct fixture *f = *state;

    poll(f, 1);
    pass(f, 60000);

    trace_is(f, "0 acquires orders, range 1\n"
                "0 reads 0 tasks\n"
                "60000 answers 1: ok\n"
                "60000 writes 0 tasks, ack 0: 0\n");
}

/* A poll whose caller is gone gets nothing. */
static void test_matching__cancelled_poll_takes_no_task(void **state)
{
    struct fixture *f = *state;

    poll(f, 1);
    step(f, (struct wf_service_input){.type = WF_SERVICE_CANCEL, .call_id = 1});
    push(f, (struct push){.call_id = 2, .event_id = 5});
    pass(f, 300);

    trace_is(f, "0 acquires orders, range 1\n"
                "0 reads 0 tasks\n"
                "200 writes 1 tasks, ack 0: 0\n"
                "200 answers 2: ok\n");
}

/* ---- What history says to a start ---- */

/* The task is dropped and the poller goes on waiting. */
static void test_matching__refused_start_drops_the_task(void **state)
{
    static const enum wf_call_status refusals[] = {WF_CALL_NOT_FOUND, WF_CALL_TASK_ALREADY_STARTED,
                                                   WF_CALL_OBSOLETE_TASK};
    struct fixture *f = *state;

    poll(f, 1);
    for (uint32_t i = 0; i < TEST_COUNT(refusals); i++) {
        push(f, (struct push){.call_id = 2 + i, .event_id = 5});
        history_says(f, i, refusals[i]);
    }
    push(f, (struct push){.call_id = 9, .event_id = 6});
    history_says(f, 3, WF_CALL_OK);

    trace_is(f, "0 acquires orders, range 1\n"
                "0 reads 0 tasks\n"
                "0 start 0: asks history of order-1 to start 5\n"
                "0 answers 2: ok\n"
                "0 start 1: asks history of order-1 to start 5\n"
                "0 answers 3: ok\n"
                "0 start 2: asks history of order-1 to start 5\n"
                "0 answers 4: ok\n"
                "0 start 3: asks history of order-1 to start 6\n"
                "0 answers 1: activity charge\n"
                "0 answers 9: ok\n");
}

/* A transient error is retried with the same request id, which makes the retry harmless; each dispatch has its own id. */
static void test_matching__start_is_retried_with_its_request_id(void **state)
{
    struct fixture *f = *state;

    poll(f, 1);
    push(f, (struct push){.call_id = 2, .event_id = 5});
    history_says(f, 0, WF_CALL_DEADLINE_EXCEEDED);
    pass(f, 100);
    history_says(f, 1, WF_CALL_OK);
    poll(f, 3);
    push(f, (struct push){.call_id = 4, .event_id = 6});

    trace_is(f, "0 acquires orders, range 1\n"
                "0 reads 0 tasks\n"
                "0 start 0: asks history of order-1 to start 5\n"
                "100 start 1: asks history of order-1 to start 5\n"
                "100 answers 1: activity charge\n"
                "100 answers 2: ok\n"
                "100 start 2: asks history of order-1 to start 6\n");
    assert_string_equal(f->request_ids[0], f->request_ids[1]);
    assert_string_not_equal(f->request_ids[0], f->request_ids[2]);
}

/* History keeps a task that was never stored: it is given back. */
static void test_matching__tired_sync_task_goes_back_to_history(void **state)
{
    struct fixture *f = *state;

    poll(f, 1);
    push(f, (struct push){.call_id = 2, .event_id = 5});
    for (uint32_t i = 0; i < 4; i++) {
        history_says(f, i, WF_CALL_UNAVAILABLE);
        pass(f, f->now_ns / WF_NS_PER_MS + 1000);
    }

    trace_is(f, "0 acquires orders, range 1\n"
                "0 reads 0 tasks\n"
                "0 start 0: asks history of order-1 to start 5\n"
                "100 start 1: asks history of order-1 to start 5\n"
                "1200 start 2: asks history of order-1 to start 5\n"
                "2400 start 3: asks history of order-1 to start 5\n"
                "3000 answers 2: unavailable\n");
}

/* A stored one is written again at the tail, so that it does not hold up the others, and gets a fresh request id. */
static void test_matching__tired_stored_task_moves_to_the_tail(void **state)
{
    struct fixture *f = *state;

    push(f, (struct push){.call_id = 1, .event_id = 5});
    pass(f, 200);
    poll(f, 2);
    for (uint32_t i = 0; i < 4; i++) {
        history_says(f, i, WF_CALL_UNAVAILABLE);
        pass(f, f->now_ns / WF_NS_PER_MS + 1000);
    }
    history_says(f, 4, WF_CALL_OK);
    crash(f);
    poll(f, 3);

    trace_is(f, "0 acquires orders, range 1\n"
                "0 reads 0 tasks\n"
                "200 writes 1 tasks, ack 0: 0\n"
                "200 answers 1: ok\n"
                "200 start 0: asks history of order-1 to start 5\n"
                "300 start 1: asks history of order-1 to start 5\n"
                "1400 start 2: asks history of order-1 to start 5\n"
                "2600 start 3: asks history of order-1 to start 5\n"
                "3200 writes 1 tasks, ack 100000: 0\n"
                "3200 start 4: asks history of order-1 to start 5\n"
                "4200 answers 2: activity charge\n"
                "4200 acquires orders, range 2\n"
                "4200 reads 2 tasks\n"
                "4200 start 5: asks history of order-1 to start 5\n");
    assert_string_not_equal(f->request_ids[3], f->request_ids[4]);
}

/* ---- Leases ---- */

/* Everything above the saved ack level is dispatched again; history refuses what was started. */
static void test_matching__restart_with_tasks_in_hand(void **state)
{
    struct fixture *f = *state;

    push(f, (struct push){.call_id = 1, .event_id = 5});
    pass(f, 200);
    poll(f, 2);
    history_says(f, 0, WF_CALL_OK);
    crash(f);
    poll(f, 3);
    history_says(f, 1, WF_CALL_TASK_ALREADY_STARTED);
    pass(f, 60300);

    trace_is(f, "0 acquires orders, range 1\n"
                "0 reads 0 tasks\n"
                "200 writes 1 tasks, ack 0: 0\n"
                "200 answers 1: ok\n"
                "200 start 0: asks history of order-1 to start 5\n"
                "200 answers 2: activity charge\n"
                "200 acquires orders, range 2\n"
                "200 reads 1 tasks\n"
                "200 start 1: asks history of order-1 to start 5\n"
                "60200 answers 3: ok\n"
                "60200 writes 0 tasks, ack 100001: 0\n");
}

/* The stale owner cannot write: history is told to come again, pollers to poll again. */
static void test_matching__lost_lease_sends_everybody_away(void **state)
{
    struct fixture *f = *state;
    struct wf_db_acquire_queue thief = {.task_queue = WF_STR("orders"), .is_activity = true};
    const struct wf_db_request request = {.op_case = WF_CASE_db_request_acquire_queue,
                                          .op = {.acquire_queue = &thief}};
    struct wf_db_reply reply = {0};
    bool is_committed = false;

    push(f, (struct push){.call_id = 1, .event_id = 5});
    assert_true(sim_database_apply(&f->database, &request, SIM_DATABASE_FATE_NONE, &f->step_arena, &reply,
                                   &is_committed));
    pass(f, 250);
    poll(f, 2);

    trace_is(f, "0 acquires orders, range 1\n"
                "0 reads 0 tasks\n"
                "200 writes 1 tasks, ack 0: 2\n"
                "200 answers 1: unavailable\n"
                "250 acquires orders, range 3\n"
                "250 reads 0 tasks\n");
}

/* An unknown outcome: history retries, the lease is taken anew, and what was written after all is dispatched too. */
static void test_matching__unknown_write_is_found_by_the_next_lease(void **state)
{
    struct fixture *f = *state;

    push(f, (struct push){.call_id = 1, .event_id = 5});
    f->fate = SIM_DATABASE_FATE_WRITTEN;
    pass(f, 250);
    poll(f, 2);

    trace_is(f, "0 acquires orders, range 1\n"
                "0 reads 0 tasks\n"
                "200 writes 1 tasks, ack 0: 4\n"
                "200 answers 1: unavailable\n"
                "200 acquires orders, range 2\n"
                "200 reads 1 tasks\n"
                "250 start 0: asks history of order-1 to start 5\n");
}

static void test_matching__unwritten_task_is_given_back(void **state)
{
    struct fixture *f = *state;

    push(f, (struct push){.call_id = 1, .event_id = 5});
    f->fate = SIM_DATABASE_FATE_UNAVAILABLE;
    pass(f, 250);
    poll(f, 2);

    trace_is(f, "0 acquires orders, range 1\n"
                "0 reads 0 tasks\n"
                "200 writes 1 tasks, ack 0: 5\n"
                "200 answers 1: unavailable\n");
}

/* Without a lease nothing is promised: pushes are turned away, pollers wait for the next try. */
static void test_matching__denied_lease_is_asked_again(void **state)
{
    struct fixture *f = *state;

    f->acquire_fate = SIM_DATABASE_FATE_UNAVAILABLE;
    poll(f, 1);
    pass(f, 100);
    push(f, (struct push){.call_id = 2, .event_id = 5});
    pass(f, 250);
    f->acquire_fate = SIM_DATABASE_FATE_WRITTEN;
    pass(f, 1000);

    trace_is(f, "0 acquires orders, range -1\n"
                "500 acquires orders, range -1\n"
                "500 answers 2: unavailable\n"
                "1000 acquires orders, range 2\n"
                "1000 reads 0 tasks\n");
}

/* A stored task that could not be moved to the tail stays where it is. */
static void test_matching__unmoved_task_keeps_its_place(void **state)
{
    struct fixture *f = *state;

    push(f, (struct push){.call_id = 1, .event_id = 5});
    pass(f, 200);
    poll(f, 2);
    f->fate = SIM_DATABASE_FATE_UNAVAILABLE;
    for (uint32_t i = 0; i < 4; i++) {
        history_says(f, i, WF_CALL_UNAVAILABLE);
        pass(f, f->now_ns / WF_NS_PER_MS + 1000);
    }

    trace_is(f, "0 acquires orders, range 1\n"
                "0 reads 0 tasks\n"
                "200 writes 1 tasks, ack 0: 0\n"
                "200 answers 1: ok\n"
                "200 start 0: asks history of order-1 to start 5\n"
                "300 start 1: asks history of order-1 to start 5\n"
                "1400 start 2: asks history of order-1 to start 5\n"
                "2600 start 3: asks history of order-1 to start 5\n"
                "3200 writes 1 tasks, ack 100000: 5\n"
                "3200 start 4: asks history of order-1 to start 5\n");
}

/* A lease has ids for 100,000 tasks; then the next range is taken and the order stays. */
static void test_matching__exhausted_ids_take_a_new_range(void **state)
{
    struct fixture *f = *state;

    f->is_silent = true;
    for (uint64_t i = 0; i < 100100; i++) {
        push(f, (struct push){.call_id = i, .event_id = 5});
        if (i % 200 == 199) {
            pass(f, f->now_ns / WF_NS_PER_MS + 200);
        }
    }
    pass(f, f->now_ns / WF_NS_PER_MS + 200);
    f->is_silent = false;
    poll(f, 1);

    trace_is(f, "100200 start 0: asks history of order-1 to start 5\n");
    assert_int_equal(sim_database_queue(&f->database, WF_STR("orders"), true)->range_id, 2);
    assert_int_equal(sim_database_queue(&f->database, WF_STR("orders"), true)->tasks.count, 100100);
}

/* A stored task whose time to live is over is dropped: history's timer handles the consequence. */
static void test_matching__expired_task_is_dropped(void **state)
{
    struct fixture *f = *state;

    push(f, (struct push){.call_id = 1, .event_id = 5, .expire_ns = WF_NS_PER_S});
    pass(f, 1000);
    poll(f, 2);

    trace_is(f, "0 acquires orders, range 1\n"
                "0 reads 0 tasks\n"
                "200 writes 1 tasks, ack 0: 0\n"
                "200 answers 1: ok\n");
}

/* ---- Sticky queues ---- */

static void test_matching__sticky_queue_without_a_poller_for_ten_seconds(void **state)
{
    struct fixture *f = *state;

    push(f, (struct push){.call_id = 1, .event_id = 5, .sticky_queue = "sticky"});
    poll_workflow(f, 2, "sticky", true);
    step(f, (struct wf_service_input){.type = WF_SERVICE_CANCEL, .call_id = 2});
    pass(f, 9999);
    push(f, (struct push){.call_id = 3, .event_id = 6, .sticky_queue = "sticky"});
    pass(f, 10300);
    push(f, (struct push){.call_id = 4, .event_id = 7, .sticky_queue = "sticky"});

    trace_is(f, "0 answers 1: sticky worker unavailable\n"
                "0 acquires sticky, range 1\n"
                "0 reads 0 tasks\n"
                "10199 writes 1 tasks, ack 0: 0\n"
                "10199 answers 3: ok\n"
                "10300 answers 4: sticky worker unavailable\n");
}

/* ---- Queries ---- */

static void dispatch_query(struct fixture *f, uint64_t call_id)
{
    struct wf_workflow_execution execution = {.workflow_id = WF_STR("order-1")};
    struct wf_svc_workflow_task task = {.workflow_execution = &execution};
    struct wf_svc_dispatch_query body = {.task_queue = WF_STR("orders"), .task = &task};
    const struct wf_svc_request request = {.call_case = WF_CASE_svc_request_dispatch_query,
                                           .call = {.dispatch_query = &body}};

    step(f, (struct wf_service_input){.type = WF_SERVICE_REQUEST, .call_id = call_id, .request = &request});
}

static void answer_query(struct fixture *f, uint64_t call_id)
{
    struct wf_payload payload = {.data = WF_STR("42")};
    struct wf_sdk_query_success success = {.response = &payload};
    struct wf_sdk_query_result result = {.variant_case = WF_CASE_sdk_query_result_succeeded,
                                         .variant = {.succeeded = &success}};
    struct wf_svc_respond_query_task_completed body = {.token = f->query_token, .result = &result};
    const struct wf_svc_request request = {.call_case = WF_CASE_svc_request_respond_query_task_completed,
                                           .call = {.respond_query_task_completed = &body}};

    step(f, (struct wf_service_input){.type = WF_SERVICE_REQUEST, .call_id = call_id, .request = &request});
}

/* A query goes to a poller and its answer back to history; a second answer finds nothing. */
static void test_matching__query_passes_through(void **state)
{
    struct fixture *f = *state;

    dispatch_query(f, 1);
    poll_workflow(f, 2, "orders", false);
    answer_query(f, 3);
    answer_query(f, 4);

    trace_is(f, "0 acquires orders, range 1\n"
                "0 reads 0 tasks\n"
                "0 answers 2: query\n"
                "0 answers 1: result 42, ok\n"
                "0 answers 3: ok\n"
                "0 answers 4: not found\n");
}

static void test_matching__query_that_nobody_takes_ends(void **state)
{
    struct fixture *f = *state;

    dispatch_query(f, 1);
    pass(f, 60000);

    trace_is(f, "0 acquires orders, range 1\n"
                "0 reads 0 tasks\n"
                "60000 answers 1: deadline exceeded\n");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        IN_MATCHING(test_matching__waiting_poller_gets_the_task_directly),
        IN_MATCHING(test_matching__poller_within_the_sync_wait),
        IN_MATCHING(test_matching__without_a_poller_it_is_stored),
        IN_MATCHING(test_matching__backlog_goes_first_come_first_served),
        IN_MATCHING(test_matching__empty_poll_ends_after_a_minute),
        IN_MATCHING(test_matching__cancelled_poll_takes_no_task),
        IN_MATCHING(test_matching__refused_start_drops_the_task),
        IN_MATCHING(test_matching__start_is_retried_with_its_request_id),
        IN_MATCHING(test_matching__tired_sync_task_goes_back_to_history),
        IN_MATCHING(test_matching__tired_stored_task_moves_to_the_tail),
        IN_MATCHING(test_matching__restart_with_tasks_in_hand),
        IN_MATCHING(test_matching__lost_lease_sends_everybody_away),
        IN_MATCHING(test_matching__unknown_write_is_found_by_the_next_lease),
        IN_MATCHING(test_matching__unwritten_task_is_given_back),
        IN_MATCHING(test_matching__denied_lease_is_asked_again),
        IN_MATCHING(test_matching__unmoved_task_keeps_its_place),
        IN_MATCHING(test_matching__exhausted_ids_take_a_new_range),
        IN_MATCHING(test_matching__expired_task_is_dropped),
        IN_MATCHING(test_matching__sticky_queue_without_a_poller_for_ten_seconds),
        IN_MATCHING(test_matching__query_passes_through),
        IN_MATCHING(test_matching__query_that_nobody_takes_ends),
    };

    return cmocka_run_group_tests_name("matching", tests, NULL, NULL);
}
