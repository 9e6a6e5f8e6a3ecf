/*
 * Matching, told as traces: every test lists what goes in and what comes out, with virtual times (tests/support/
 * matching_fixture.h).
 */
#include "tests/support/matching_fixture.h"

/* ---- Matching a task with a poller ---- */

/* With a poller waiting the task is never stored; history's push returns after the start is known. */
static void test_matching__waiting_poller_gets_the_task_directly(void **state)
{
    struct matching_fixture *f = *state;

    matching_poll(f, 1);
    matching_pass(f, 50);
    matching_push(f, (struct matching_push_plan){.call_id = 2, .event_id = 5});
    matching_pass(f, 60);
    matching_history_says(f, 0, WF_CALL_OK);

    matching_trace_is(f, "0 acquires orders, range 1\n"
                "0 reads 0 tasks\n"
                "50 start 0: asks history of order-1 to start 5\n"
                "60 answers 1: activity charge\n"
                "60 answers 2: ok\n");
}

/* A task waits 200 ms for a poller before it is stored. */
static void test_matching__poller_within_the_sync_wait(void **state)
{
    struct matching_fixture *f = *state;

    matching_push(f, (struct matching_push_plan){.call_id = 1, .event_id = 5});
    matching_pass(f, 199);
    matching_poll(f, 2);

    matching_trace_is(f, "0 acquires orders, range 1\n"
                "0 reads 0 tasks\n"
                "199 start 0: asks history of order-1 to start 5\n");
}

static void test_matching__without_a_poller_it_is_stored(void **state)
{
    struct matching_fixture *f = *state;

    matching_push(f, (struct matching_push_plan){.call_id = 1, .event_id = 5});
    matching_pass(f, 300);
    matching_poll(f, 2);
    matching_history_says(f, 0, WF_CALL_OK);
    matching_pass(f, 61000);

    matching_trace_is(f, "0 acquires orders, range 1\n"
                "0 reads 0 tasks\n"
                "200 writes 1 tasks, ack 0: 0\n"
                "200 answers 1: ok\n"
                "300 start 0: asks history of order-1 to start 5\n"
                "300 answers 2: activity charge\n"
                "60200 writes 0 tasks, ack 100001: 0\n");
}

static void test_matching__backlog_goes_first_come_first_served(void **state)
{
    struct matching_fixture *f = *state;

    matching_push(f, (struct matching_push_plan){.call_id = 1, .event_id = 5});
    matching_pass(f, 10);
    matching_push(f, (struct matching_push_plan){.call_id = 2, .event_id = 6});
    matching_pass(f, 1000);
    matching_push(f, (struct matching_push_plan){.call_id = 3, .event_id = 7});
    matching_poll(f, 4);
    matching_poll(f, 5);
    matching_poll(f, 6);

    matching_trace_is(f, "0 acquires orders, range 1\n"
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
    struct matching_fixture *f = *state;

    matching_poll(f, 1);
    matching_pass(f, 60000);

    matching_trace_is(f, "0 acquires orders, range 1\n"
                "0 reads 0 tasks\n"
                "60000 answers 1: ok\n"
                "60000 writes 0 tasks, ack 0: 0\n");
}

/* A poll whose caller is gone gets nothing. */
static void test_matching__cancelled_poll_takes_no_task(void **state)
{
    struct matching_fixture *f = *state;

    matching_poll(f, 1);
    matching_step(f, (struct wf_service_input){.type = WF_SERVICE_CANCEL, .call_id = 1});
    matching_push(f, (struct matching_push_plan){.call_id = 2, .event_id = 5});
    matching_pass(f, 300);

    matching_trace_is(f, "0 acquires orders, range 1\n"
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
    struct matching_fixture *f = *state;

    matching_poll(f, 1);
    for (uint32_t i = 0; i < TEST_COUNT(refusals); i++) {
        matching_push(f, (struct matching_push_plan){.call_id = 2 + i, .event_id = 5});
        matching_history_says(f, i, refusals[i]);
    }
    matching_push(f, (struct matching_push_plan){.call_id = 9, .event_id = 6});
    matching_history_says(f, 3, WF_CALL_OK);

    matching_trace_is(f, "0 acquires orders, range 1\n"
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
    struct matching_fixture *f = *state;

    matching_poll(f, 1);
    matching_push(f, (struct matching_push_plan){.call_id = 2, .event_id = 5});
    matching_history_says(f, 0, WF_CALL_DEADLINE_EXCEEDED);
    matching_pass(f, 100);
    matching_history_says(f, 1, WF_CALL_OK);
    matching_poll(f, 3);
    matching_push(f, (struct matching_push_plan){.call_id = 4, .event_id = 6});

    matching_trace_is(f, "0 acquires orders, range 1\n"
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
    struct matching_fixture *f = *state;

    matching_poll(f, 1);
    matching_push(f, (struct matching_push_plan){.call_id = 2, .event_id = 5});
    for (uint32_t i = 0; i < 4; i++) {
        matching_history_says(f, i, WF_CALL_UNAVAILABLE);
        matching_pass(f, f->now_ns / WF_NS_PER_MS + 1000);
    }

    matching_trace_is(f, "0 acquires orders, range 1\n"
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
    struct matching_fixture *f = *state;

    matching_push(f, (struct matching_push_plan){.call_id = 1, .event_id = 5});
    matching_pass(f, 200);
    matching_poll(f, 2);
    for (uint32_t i = 0; i < 4; i++) {
        matching_history_says(f, i, WF_CALL_UNAVAILABLE);
        matching_pass(f, f->now_ns / WF_NS_PER_MS + 1000);
    }
    matching_history_says(f, 4, WF_CALL_OK);
    matching_crash(f);
    matching_poll(f, 3);

    matching_trace_is(f, "0 acquires orders, range 1\n"
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
    struct matching_fixture *f = *state;

    matching_push(f, (struct matching_push_plan){.call_id = 1, .event_id = 5});
    matching_pass(f, 200);
    matching_poll(f, 2);
    matching_history_says(f, 0, WF_CALL_OK);
    matching_crash(f);
    matching_poll(f, 3);
    matching_history_says(f, 1, WF_CALL_TASK_ALREADY_STARTED);
    matching_pass(f, 60300);

    matching_trace_is(f, "0 acquires orders, range 1\n"
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

/* Another process acquires the queue. */
static void steal_lease(struct matching_fixture *f)
{
    struct wf_db_acquire_queue thief = {.task_queue = WF_STR("orders"), .is_activity = true};
    const struct wf_db_request request = {.op_case = WF_CASE_db_request_acquire_queue,
                                          .op = {.acquire_queue = &thief}};
    struct wf_db_reply reply = {0};
    bool is_committed = false;

    assert_true(sim_database_apply(&f->database, &request, SIM_DATABASE_FATE_NONE, &f->step_arena, &reply,
                                   &is_committed));
}

/* The stale owner cannot write: history is told to come again, pollers to poll again. */
static void test_matching__lost_lease_sends_everybody_away(void **state)
{
    struct matching_fixture *f = *state;

    matching_push(f, (struct matching_push_plan){.call_id = 1, .event_id = 5});
    steal_lease(f);
    matching_pass(f, 250);
    matching_poll(f, 2);

    matching_trace_is(f, "0 acquires orders, range 1\n"
                "0 reads 0 tasks\n"
                "200 writes 1 tasks, ack 0: 2\n"
                "200 answers 1: unavailable\n"
                "250 acquires orders, range 3\n"
                "250 reads 0 tasks\n");
}

/* An unknown outcome: history retries, the lease is taken anew, and what was written after all is dispatched too. */
static void test_matching__unknown_write_is_found_by_the_next_lease(void **state)
{
    struct matching_fixture *f = *state;

    matching_push(f, (struct matching_push_plan){.call_id = 1, .event_id = 5});
    f->fate = SIM_DATABASE_FATE_WRITTEN;
    matching_pass(f, 250);
    matching_poll(f, 2);

    matching_trace_is(f, "0 acquires orders, range 1\n"
                "0 reads 0 tasks\n"
                "200 writes 1 tasks, ack 0: 4\n"
                "200 answers 1: unavailable\n"
                "200 acquires orders, range 2\n"
                "200 reads 1 tasks\n"
                "250 start 0: asks history of order-1 to start 5\n");
}

/* A page that was asked for under one lease follows what that lease had read: under the next one it would hide what lies
 * before it. */
static void test_matching__page_of_a_lost_lease_is_not_believed(void **state)
{
    struct matching_fixture *f = *state;

    matching_push(f, (struct matching_push_plan){.call_id = 1, .event_id = 5});
    matching_pass(f, 250);
    matching_push(f, (struct matching_push_plan){.call_id = 2, .event_id = 6});
    f->fate = SIM_DATABASE_FATE_WRITTEN;
    f->holds_read = true; /* of the lease that is taken because nobody knows what was written */
    matching_pass(f, 500);
    steal_lease(f);
    matching_push(f, (struct matching_push_plan){.call_id = 3, .event_id = 7});
    matching_pass(f, 750);
    matching_poll(f, 4);
    matching_release_read(f);
    matching_poll(f, 5);

    matching_trace_is(f, "0 acquires orders, range 1\n"
                "0 reads 0 tasks\n"
                "200 writes 1 tasks, ack 0: 0\n"
                "200 answers 1: ok\n"
                "450 writes 1 tasks, ack 100000: 4\n"
                "450 answers 2: unavailable\n"
                "450 acquires orders, range 2\n"
                "450 reads 1 tasks\n"
                "700 writes 1 tasks, ack 100000: 2\n"
                "700 answers 3: unavailable\n"
                "750 acquires orders, range 4\n"
                "750 reads 2 tasks\n"
                "750 start 0: asks history of order-1 to start 5\n"
                "750 start 1: asks history of order-1 to start 6\n");
}

static void test_matching__unwritten_task_is_given_back(void **state)
{
    struct matching_fixture *f = *state;

    matching_push(f, (struct matching_push_plan){.call_id = 1, .event_id = 5});
    f->fate = SIM_DATABASE_FATE_UNAVAILABLE;
    matching_pass(f, 250);
    matching_poll(f, 2);

    matching_trace_is(f, "0 acquires orders, range 1\n"
                "0 reads 0 tasks\n"
                "200 writes 1 tasks, ack 0: 5\n"
                "200 answers 1: unavailable\n");
}

/* Without a lease nothing is promised: pushes are turned away, pollers wait for the next try. */
static void test_matching__denied_lease_is_asked_again(void **state)
{
    struct matching_fixture *f = *state;

    f->acquire_fate = SIM_DATABASE_FATE_UNAVAILABLE;
    matching_poll(f, 1);
    matching_pass(f, 100);
    matching_push(f, (struct matching_push_plan){.call_id = 2, .event_id = 5});
    matching_pass(f, 250);
    f->acquire_fate = SIM_DATABASE_FATE_WRITTEN;
    matching_pass(f, 1000);

    matching_trace_is(f, "0 acquires orders, range -1\n"
                "500 acquires orders, range -1\n"
                "500 answers 2: unavailable\n"
                "1000 acquires orders, range 2\n"
                "1000 reads 0 tasks\n");
}

/* A stored task that could not be moved to the tail stays where it is. */
static void test_matching__unmoved_task_keeps_its_place(void **state)
{
    struct matching_fixture *f = *state;

    matching_push(f, (struct matching_push_plan){.call_id = 1, .event_id = 5});
    matching_pass(f, 200);
    matching_poll(f, 2);
    f->fate = SIM_DATABASE_FATE_UNAVAILABLE;
    for (uint32_t i = 0; i < 4; i++) {
        matching_history_says(f, i, WF_CALL_UNAVAILABLE);
        matching_pass(f, f->now_ns / WF_NS_PER_MS + 1000);
    }

    matching_trace_is(f, "0 acquires orders, range 1\n"
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
    struct matching_fixture *f = *state;

    f->is_silent = true;
    for (uint64_t i = 0; i < 100100; i++) {
        matching_push(f, (struct matching_push_plan){.call_id = i, .event_id = 5});
        if (i % 200 == 199) {
            matching_pass(f, f->now_ns / WF_NS_PER_MS + 200);
        }
    }
    matching_pass(f, f->now_ns / WF_NS_PER_MS + 200);
    f->is_silent = false;
    matching_poll(f, 1);

    matching_trace_is(f, "100200 start 0: asks history of order-1 to start 5\n");
    assert_int_equal(sim_database_queue(&f->database, WF_STR("orders"), true)->range_id, 2);
    assert_int_equal(sim_database_queue(&f->database, WF_STR("orders"), true)->tasks.count, 100100);
}

/* A stored task whose time to live is over is dropped: history's timer handles the consequence. */
static void test_matching__expired_task_is_dropped(void **state)
{
    struct matching_fixture *f = *state;

    matching_push(f, (struct matching_push_plan){.call_id = 1, .event_id = 5, .expire_ns = WF_NS_PER_S});
    matching_pass(f, 1000);
    matching_poll(f, 2);

    matching_trace_is(f, "0 acquires orders, range 1\n"
                "0 reads 0 tasks\n"
                "200 writes 1 tasks, ack 0: 0\n"
                "200 answers 1: ok\n");
}

/* ---- Sticky queues ---- */

static void test_matching__sticky_queue_without_a_poller_for_ten_seconds(void **state)
{
    struct matching_fixture *f = *state;

    matching_push(f, (struct matching_push_plan){.call_id = 1, .event_id = 5, .sticky_queue = "sticky"});
    matching_poll_workflow(f, 2, "sticky", true);
    matching_step(f, (struct wf_service_input){.type = WF_SERVICE_CANCEL, .call_id = 2});
    matching_pass(f, 9999);
    matching_push(f, (struct matching_push_plan){.call_id = 3, .event_id = 6, .sticky_queue = "sticky"});
    matching_pass(f, 10300);
    matching_push(f, (struct matching_push_plan){.call_id = 4, .event_id = 7, .sticky_queue = "sticky"});

    matching_trace_is(f, "0 answers 1: sticky worker unavailable\n"
                "0 acquires sticky, range 1\n"
                "0 reads 0 tasks\n"
                "10199 writes 1 tasks, ack 0: 0\n"
                "10199 answers 3: ok\n"
                "10300 answers 4: sticky worker unavailable\n");
}

/* ---- Queries ---- */

static void dispatch_query(struct matching_fixture *f, uint64_t call_id)
{
    struct wf_workflow_execution execution = {.workflow_id = WF_STR("order-1")};
    const struct wf_svc_task_token token = {.workflow_id = execution.workflow_id, .is_query = true, .shard_clock = 77};
    struct wf_svc_workflow_task task = {.workflow_execution = &execution};
    struct wf_svc_dispatch_query body = {.task_queue = WF_STR("orders"), .task = &task};
    const struct wf_svc_request request = {.call_case = WF_CASE_svc_request_dispatch_query,
                                           .call = {.dispatch_query = &body}};
    struct wf_buffer bytes;

    wf_buffer_init(&bytes, &f->arena);
    wf_wire_encode(&wf_type_svc_task_token, &token, &bytes);
    task.token = wf_buffer_string(&bytes);
    matching_step(f, (struct wf_service_input){.type = WF_SERVICE_REQUEST, .call_id = call_id, .request = &request});
}

static void answer_query(struct matching_fixture *f, uint64_t call_id)
{
    struct wf_payload payload = {.data = WF_STR("42")};
    struct wf_sdk_query_success success = {.response = &payload};
    struct wf_sdk_query_result result = {.variant_case = WF_CASE_sdk_query_result_succeeded,
                                         .variant = {.succeeded = &success}};
    struct wf_svc_respond_query_task_completed body = {.token = f->query_token, .result = &result};
    const struct wf_svc_request request = {.call_case = WF_CASE_svc_request_respond_query_task_completed,
                                           .call = {.respond_query_task_completed = &body}};

    matching_step(f, (struct wf_service_input){.type = WF_SERVICE_REQUEST, .call_id = call_id, .request = &request});
}

/* A query goes to a poller and its answer back to history; a second answer finds nothing. */
static void test_matching__query_passes_through(void **state)
{
    struct matching_fixture *f = *state;

    dispatch_query(f, 1);
    matching_poll_workflow(f, 2, "orders", false);
    answer_query(f, 3);
    answer_query(f, 4);

    matching_trace_is(f, "0 acquires orders, range 1\n"
                "0 reads 0 tasks\n"
                "0 answers 2: query\n"
                "0 answers 1: result 42, ok\n"
                "0 answers 3: ok\n"
                "0 answers 4: not found\n");
}

/* The worker may fetch history with it: who gives that must know of what history knew when it dispatched the query. */
static void test_matching__token_of_a_query_keeps_the_shard_clock(void **state)
{
    struct matching_fixture *f = *state;
    struct wf_svc_task_token token = {0};

    dispatch_query(f, 1);
    matching_poll_workflow(f, 2, "orders", false);

    assert_int_equal(wf_wire_decode(&f->arena, &wf_type_svc_task_token, f->query_token, &token, NULL), WF_OK);
    assert_int_equal(token.shard_clock, 77);
    test_string_is("workflow", token.workflow_id, "order-1");
}

static void test_matching__query_that_nobody_takes_ends(void **state)
{
    struct matching_fixture *f = *state;

    dispatch_query(f, 1);
    matching_pass(f, 60000);

    matching_trace_is(f, "0 acquires orders, range 1\n"
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
        IN_MATCHING(test_matching__page_of_a_lost_lease_is_not_believed),
        IN_MATCHING(test_matching__unwritten_task_is_given_back),
        IN_MATCHING(test_matching__denied_lease_is_asked_again),
        IN_MATCHING(test_matching__unmoved_task_keeps_its_place),
        IN_MATCHING(test_matching__exhausted_ids_take_a_new_range),
        IN_MATCHING(test_matching__expired_task_is_dropped),
        IN_MATCHING(test_matching__sticky_queue_without_a_poller_for_ten_seconds),
        IN_MATCHING(test_matching__query_passes_through),
        IN_MATCHING(test_matching__token_of_a_query_keeps_the_shard_clock),
        IN_MATCHING(test_matching__query_that_nobody_takes_ends),
    };

    return cmocka_run_group_tests_name("matching", tests, NULL, NULL);
}
