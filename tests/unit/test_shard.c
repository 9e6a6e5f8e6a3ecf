#include "engine/schedules.h"
#include "tests/support/shard_fixture.h"

#define BEGINNING "WorkflowExecutionStarted Scheduled(1) Started "

static uint64_t send_start(struct shard_fixture *f, uint32_t owner, const char *workflow_id,
                           const char *request_id)
{
    struct wf_svc_start_workflow start = {.workflow_id = wf_string_of(workflow_id),
                                          .workflow_type = WF_STR("Flow"),
                                          .task_queue = WF_STR("queue"),
                                          .request_id = wf_string_of(request_id)};
    const struct wf_svc_request request = {.call_case = WF_CASE_svc_request_start_workflow,
                                           .call.start_workflow = &start};

    return shard_fixture_send(f, owner, &request);
}

static uint64_t send_signal(struct shard_fixture *f, uint32_t owner, const char *workflow_id,
                            const char *request_id)
{
    struct wf_workflow_execution execution = {.workflow_id = wf_string_of(workflow_id)};
    struct wf_svc_signal_workflow signal = {.workflow_execution = &execution,
                                            .signal_name = WF_STR("go"),
                                            .request_id = wf_string_of(request_id)};
    const struct wf_svc_request request = {.call_case = WF_CASE_svc_request_signal_workflow,
                                           .call.signal_workflow = &signal};

    return shard_fixture_send(f, owner, &request);
}

/* 8.2 rule 2: a write of an owner that lost the shard changes nothing, and the owner stops. */
static void test_shard__stale_owner_is_fenced_off(void **state)
{
    struct shard_fixture f;
    uint64_t stale = 0;

    (void)state;
    shard_fixture_init(&f, NULL);
    shard_start(&f, "w");
    shard_fixture_acquire(&f, 1);
    assert_true(wf_shard_range_id(f.shards[1]) > wf_shard_range_id(f.shards[0]));
    stale = send_signal(&f, 0, "w", "r1");
    shard_status_is(shard_fixture_answer(&f, stale), WF_CALL_UNAVAILABLE);
    assert_true(f.is_stopped[0]);
    assert_false(f.is_stopped[1]);
    shard_history_is(&f, "w", "WorkflowExecutionStarted Scheduled(1)");
    shard_status_is(shard_fixture_answer(&f, send_signal(&f, 1, "w", "r1")), WF_CALL_OK);
    shard_history_is(&f, "w", "WorkflowExecutionStarted Scheduled(1) Signaled");
    shard_status_is(shard_fixture_answer(&f, send_signal(&f, 0, "w", "r2")), WF_CALL_UNAVAILABLE);
    shard_fixture_deinit(&f);
}

static void plant_no_fencing(struct wf_service_config *config)
{
    config->planted = WF_PLANT_NO_FENCING;
}

/* The planted bug: two owners both write. */
static void test_shard__without_fencing_a_stale_owner_writes(void **state)
{
    struct shard_fixture f;

    (void)state;
    shard_fixture_init(&f, plant_no_fencing);
    shard_fixture_acquire(&f, 1);
    shard_status_is(shard_fixture_answer(&f, send_start(&f, 0, "w", "s")), WF_CALL_OK);
    assert_false(f.is_stopped[0]);
    shard_fixture_deinit(&f);
}

static void plant_no_dedup(struct wf_service_config *config)
{
    config->planted = WF_PLANT_NO_REQUEST_DEDUP;
}

static void test_shard__without_dedup_a_signal_is_taken_twice(void **state)
{
    struct shard_fixture f;

    (void)state;
    shard_fixture_init(&f, plant_no_dedup);
    shard_start(&f, "w");
    shard_signal(&f, "w", "go", "r1");
    shard_signal(&f, "w", "go", "r1");
    shard_history_is(&f, "w", "WorkflowExecutionStarted Scheduled(1) Signaled Signaled");
    shard_fixture_deinit(&f);
}

static void plant_no_ack(struct wf_service_config *config)
{
    config->planted = WF_PLANT_NO_QUEUE_ACK;
}

/* A push that fails is tried again, unless the bug is planted that forgets it. */
static void test_shard__pushes_are_tried_until_they_succeed(void **state)
{
    struct shard_fixture f;

    (void)state;
    shard_fixture_init(&f, NULL);
    f.push_status = WF_CALL_UNAVAILABLE;
    shard_start(&f, "w");
    shard_fixture_advance(&f, 5 * WF_NS_PER_S);
    assert_null(shard_take_push(&f, false));
    f.push_status = WF_CALL_OK;
    shard_fixture_advance(&f, 20 * WF_NS_PER_S);
    assert_non_null(shard_take_push(&f, false));
    assert_null(shard_take_push(&f, false));
    shard_fixture_deinit(&f);

    shard_fixture_init(&f, plant_no_ack);
    f.push_status = WF_CALL_UNAVAILABLE;
    shard_start(&f, "w");
    f.push_status = WF_CALL_OK;
    shard_fixture_advance(&f, 60 * WF_NS_PER_S);
    assert_null(shard_take_push(&f, false));
    shard_fixture_deinit(&f);
}

/* 8.2 rule 4: after a write whose outcome nobody knows, the shard is acquired anew, and the caller
 * learns no more than that. */
static void test_shard__unknown_outcome_is_settled_by_a_new_range(void **state)
{
    static const struct {
        enum sim_database_fate fate;
        const char *expected;
    } rows[] = {
        {SIM_DATABASE_FATE_WRITTEN, "WorkflowExecutionStarted Scheduled(1) Signaled"},
        {SIM_DATABASE_FATE_NOT_WRITTEN, "WorkflowExecutionStarted Scheduled(1)"},
    };

    (void)state;
    for (size_t i = 0; i < TEST_COUNT(rows); i++) {
        struct shard_fixture f;
        int64_t range_id = 0;

        shard_fixture_init(&f, NULL);
        shard_start(&f, "w");
        range_id = wf_shard_range_id(f.shards[0]);
        f.fate = rows[i].fate;
        shard_status_is(shard_signal(&f, "w", "go", "r1"), WF_CALL_DEADLINE_EXCEEDED);
        assert_true(wf_shard_range_id(f.shards[0]) > range_id);
        shard_history_is(&f, "w", rows[i].expected);
        /* The client tries again, and the signal is there once whichever way it went. */
        shard_status_is(shard_signal(&f, "w", "go", "r1"), WF_CALL_OK);
        shard_history_is(&f, "w", "WorkflowExecutionStarted Scheduled(1) Signaled");
        assert_non_null(shard_poll(&f));
        shard_fixture_deinit(&f);
    }
}

/* A start whose answer was lost is found again by its request id (7.1 row 2). */
static void test_shard__unknown_start_is_found_by_its_request(void **state)
{
    struct shard_fixture f;
    const struct wf_svc_response *response = NULL;

    (void)state;
    shard_fixture_init(&f, NULL);
    f.fate = SIM_DATABASE_FATE_WRITTEN;
    shard_status_is(shard_fixture_answer(&f, send_start(&f, 0, "w", "s")),
                    WF_CALL_DEADLINE_EXCEEDED);
    response = shard_fixture_answer(&f, send_start(&f, 0, "w", "s"));
    shard_status_is(response, WF_CALL_OK);
    assert_true(response->answer.started->started);
    assert_int_equal(f.database.runs.count, 1);
    assert_non_null(shard_poll(&f)); /* its push was read back from the database */
    shard_fixture_deinit(&f);
}

/* A refused write leaves the state as it was. */
static void test_shard__unavailable_database_changes_nothing(void **state)
{
    struct shard_fixture f;

    (void)state;
    shard_fixture_init(&f, NULL);
    shard_start(&f, "w");
    f.fate = SIM_DATABASE_FATE_UNAVAILABLE;
    shard_status_is(shard_signal(&f, "w", "go", "r1"), WF_CALL_UNAVAILABLE);
    shard_status_is(shard_signal(&f, "w", "go", "r1"), WF_CALL_OK);
    shard_history_is(&f, "w", "WorkflowExecutionStarted Scheduled(1) Signaled");
    shard_fixture_deinit(&f);
}

/* A condition that does not hold: what memory had is read again, and whoever asks again is judged
 * by that (7.1 "Races"). */
static void test_shard__failed_condition_reloads(void **state)
{
    struct shard_fixture f;
    struct sim_db_run *run = NULL;

    (void)state;
    shard_fixture_init(&f, NULL);
    shard_start(&f, "w");
    run = sim_database_run(&f.database, sim_database_current(&f.database, WF_STR("w"))->run_id);
    run->record_version++;
    shard_status_is(shard_signal(&f, "w", "go", "r1"), WF_CALL_UNAVAILABLE);
    shard_status_is(shard_signal(&f, "w", "go", "r1"), WF_CALL_OK);
    shard_history_is(&f, "w", "WorkflowExecutionStarted Scheduled(1) Signaled");
    shard_fixture_deinit(&f);
}

/* 8.3: nothing is answered, pushed or shown before the database has it; what comes meanwhile waits
 * in order. */
static void test_shard__nothing_is_visible_before_the_commit(void **state)
{
    struct shard_fixture f;
    uint64_t start = 0;
    uint64_t first = 0;
    uint64_t second = 0;

    (void)state;
    shard_fixture_init(&f, NULL);
    f.holds_writes = true;
    start = send_start(&f, 0, "w", "s");
    first = send_signal(&f, 0, "w", "r1");
    second = send_signal(&f, 0, "w", "r2");
    assert_int_equal(f.store_count, 1);
    assert_int_equal(f.answer_count, 0);
    assert_null(shard_take_push(&f, false));
    shard_fixture_release(&f);
    shard_status_is(shard_fixture_answer(&f, start), WF_CALL_OK);
    shard_status_is(shard_fixture_answer(&f, first), WF_CALL_OK);
    shard_status_is(shard_fixture_answer(&f, second), WF_CALL_OK);
    shard_history_is(&f, "w", "WorkflowExecutionStarted Scheduled(1) Signaled Signaled");
    shard_fixture_deinit(&f);
}

/* 8.3 "crash points": a crash after the commit loses the answer and nothing else; the next owner
 * goes on from the rows. */
static void test_shard__crash_after_commit_loses_only_the_answer(void **state)
{
    struct shard_fixture f;
    const struct wf_svc_workflow_task *task = NULL;
    const struct wf_svc_activity_task *activity = NULL;

    (void)state;
    shard_fixture_init(&f, NULL);
    shard_start(&f, "w");
    task = shard_poll(&f);
    f.holds_writes = true;
    assert_null(shard_complete(
        &f, task, (struct wf_command[]){shard_schedule_activity(&f, "a", 60 * WF_NS_PER_S)}, 1));
    shard_fixture_crash(&f, 0);
    shard_fixture_release(&f);
    shard_fixture_acquire(&f, 0);
    shard_status_is(shard_complete(&f, task, NULL, 0), WF_CALL_NOT_FOUND);
    shard_history_is(&f, "w", BEGINNING "Completed ActivityScheduled");
    activity = shard_poll_activity(&f);
    assert_non_null(activity);
    shard_status_is(shard_complete_activity(&f, activity), WF_CALL_OK);
    shard_fixture_deinit(&f);
}

/* An owner that knows nothing reads the current run first; who names an older one is told of that. */
static void test_shard__older_run_is_found_by_a_new_owner(void **state)
{
    struct shard_fixture f;
    struct wf_workflow_execution target = {.workflow_id = WF_STR("w")};
    struct wf_svc_describe_workflow describe = {.workflow_execution = &target};
    const struct wf_svc_request request = {.call_case = WF_CASE_svc_request_describe_workflow,
                                           .call.describe_workflow = &describe};
    const struct wf_svc_response *response = NULL;

    (void)state;
    shard_fixture_init(&f, NULL);
    target.run_id = shard_start(&f, "w")->answer.started->run_id;
    shard_terminate(&f, "w");
    shard_start(&f, "w");
    shard_complete(&f, shard_poll_of(&f, "w"),
                   (struct wf_command[]){shard_complete_workflow(&f)}, 1);
    shard_fixture_crash(&f, 0);
    shard_fixture_acquire(&f, 0);

    response = shard_fixture_call(&f, &request);

    shard_status_is(response, WF_CALL_OK);
    assert_int_equal(response->answer.description->status,
                     WF_WORKFLOW_EXECUTION_STATUS_TERMINATED);
    shard_fixture_deinit(&f);
}

/* 5.2 check 3, 9 "ids": what no run can take is refused before there is one. */
static void test_shard__signals_that_are_too_large_start_nothing(void **state)
{
    struct shard_fixture f;
    static char long_text[3 << 20];
    struct wf_payload payload = {.data = {long_text, sizeof long_text}};
    struct wf_payloads input = {.payloads = {&payload, 1, 1}};
    struct wf_svc_start_workflow start = {.workflow_id = WF_STR("w"),
                                          .workflow_type = WF_STR("Order"),
                                          .task_queue = WF_STR("queue")};
    struct wf_svc_signal_with_start call = {
        .start = &start, .signal_name = WF_STR("go"), .signal_input = &input};
    const struct wf_svc_request request = {.call_case = WF_CASE_svc_request_signal_with_start,
                                           .call.signal_with_start = &call};

    (void)state;
    memset(long_text, 'x', sizeof long_text);
    shard_fixture_init(&f, NULL);
    shard_status_is(shard_fixture_call(&f, &request), WF_CALL_INVALID_ARGUMENT);
    call.signal_input = NULL;
    call.signal_name = (struct wf_string){long_text, 1001};
    shard_status_is(shard_fixture_call(&f, &request), WF_CALL_INVALID_ARGUMENT);
    call.signal_name = (struct wf_string){long_text, 1000};
    shard_status_is(shard_fixture_call(&f, &request), WF_CALL_OK);
    shard_fixture_deinit(&f);
}

/* 8.3: buffered events survive the owner, because they are part of the state. */
static void test_shard__buffered_events_survive_the_owner(void **state)
{
    struct shard_fixture f;
    const struct wf_svc_workflow_task *task = NULL;

    (void)state;
    shard_fixture_init(&f, NULL);
    shard_start(&f, "w");
    task = shard_poll(&f);
    shard_signal(&f, "w", "go", "r1");
    shard_fixture_crash(&f, 0);
    shard_fixture_acquire(&f, 0);
    shard_status_is(shard_complete(&f, task, NULL, 0), WF_CALL_OK);
    shard_history_is(&f, "w", BEGINNING "Completed Signaled Scheduled(1)");
    shard_fixture_deinit(&f);
}

/* 10.10, 92: after every restart, tasks above the acknowledged level are executed again, and change
 * nothing. */
static void test_shard__tasks_executed_again_change_nothing(void **state)
{
    struct shard_fixture f;
    struct wf_string history = {0};
    uint32_t write_count = 0;

    (void)state;
    shard_fixture_init(&f, NULL);
    shard_start(&f, "w");
    shard_complete(&f, shard_poll(&f),
                   (struct wf_command[]){shard_start_timer(&f, "t", 2 * WF_NS_PER_S),
                                         shard_schedule_activity(&f, "a", 20 * WF_NS_PER_S)},
                   2);
    shard_complete_activity(&f, shard_poll_activity(&f));
    shard_complete(&f, shard_poll(&f), NULL, 0);
    shard_fixture_advance(&f, 3 * WF_NS_PER_S);
    history = shard_history(&f, "w");
    write_count = f.write_count;
    for (int i = 0; i < 3; i++) {
        shard_fixture_crash(&f, 0);
        shard_fixture_acquire(&f, 0);
        shard_fixture_advance(&f, WF_NS_PER_S);
        assert_true(wf_string_equal(shard_history(&f, "w"), history));
    }
    assert_int_equal(f.write_count, write_count);
    /* The one push that still counts was done again, too: matching may get it as often as it likes.
     */
    assert_non_null(shard_poll(&f));
    shard_fixture_deinit(&f);
}

/* 8.4: what a stale owner holds can be older than a task that it is given: the run that this one closed is open for it. */
static void test_shard__close_task_at_a_stale_owner(void **state)
{
    struct shard_fixture f;
    const struct wf_svc_workflow_task *task = NULL;
    const struct wf_db_write *write = NULL;
    const struct wf_db_task *close = NULL;
    struct wf_string history = {0};

    (void)state;
    shard_fixture_init(&f, NULL);
    shard_start(&f, "w");
    shard_complete(&f, shard_poll(&f), (struct wf_command[]){shard_start_child(&f, "c", WF_PARENT_CLOSE_POLICY_TERMINATE)}, 1);
    task = shard_poll(&f);
    assert_non_null(task);
    shard_fixture_acquire(&f, 1);
    shard_status_is(shard_fixture_answer(&f, send_start(&f, 1, "w", "another")), WF_CALL_ALREADY_STARTED);
    shard_fixture_crash(&f, 0);
    shard_fixture_acquire(&f, 0);
    f.holds_writes = true;
    shard_complete(&f, task, (struct wf_command[]){shard_fail_workflow(&f)}, 1);
    assert_int_equal(f.store_count, 1);
    write = f.stores[0].request->op.write;
    for (uint32_t i = 0; i < write->tasks.count; i++) {
        close = write->tasks.items[i].category == WF_TASK_TRANSFER ? &write->tasks.items[i] : close;
    }
    assert_non_null(close);
    shard_fixture_release(&f);
    history = shard_history(&f, "w");
    shard_fixture_do_task(&f, 1, close);
    assert_true(wf_string_equal(shard_history(&f, "w"), history));
    shard_fixture_deinit(&f);
}

/* 8.4: alarms are in the database, so a timer that fell due while nobody owned the shard fires when
 * somebody does. */
static void test_shard__timers_outlive_their_owner(void **state)
{
    struct shard_fixture f;

    (void)state;
    shard_fixture_init(&f, NULL);
    shard_start(&f, "w");
    shard_complete(&f, shard_poll(&f),
                   (struct wf_command[]){shard_start_timer(&f, "t", 50 * WF_NS_PER_S)}, 1);
    shard_fixture_advance(&f, 40 * WF_NS_PER_S); /* acknowledged once */
    shard_fixture_crash(&f, 0);
    f.now_ns += 60 * WF_NS_PER_S;
    shard_fixture_acquire(&f, 0);
    shard_fixture_advance(&f, 0);
    shard_history_is(&f, "w", BEGINNING "Completed TimerStarted TimerFired Scheduled(1)");
    shard_fixture_deinit(&f);
}

/* 5.1 "clock": an owner whose clock is behind loses no timer. */
static void test_shard__clock_behind_only_delays(void **state)
{
    struct shard_fixture f;

    (void)state;
    shard_fixture_init(&f, NULL);
    shard_start(&f, "old");
    shard_complete(&f, shard_poll(&f),
                   (struct wf_command[]){shard_start_timer(&f, "t", WF_NS_PER_S)}, 1);
    shard_fixture_advance(&f, 100 * WF_NS_PER_S);
    shard_fixture_crash(&f, 0);
    f.now_ns -= 50 * WF_NS_PER_S;
    shard_fixture_acquire(&f, 0);
    shard_start(&f, "w");
    shard_fail(&f, shard_poll(&f)); /* the old workflow's task */
    shard_complete(&f, shard_poll(&f),
                   (struct wf_command[]){shard_start_timer(&f, "t", WF_NS_PER_S)}, 1);
    shard_fixture_crash(&f, 0);
    shard_fixture_acquire(&f, 0);
    shard_fixture_advance(&f, 60 * WF_NS_PER_S);
    shard_history_is(&f, "w", BEGINNING "Completed TimerStarted TimerFired Scheduled(1)");
    shard_fixture_deinit(&f);
}

/* 8.4: what is acknowledged leaves the database. */
static void test_shard__done_tasks_are_deleted(void **state)
{
    struct shard_fixture f;

    (void)state;
    shard_fixture_init(&f, NULL);
    shard_start(&f, "w");
    shard_complete(&f, shard_poll(&f), (struct wf_command[]){shard_complete_workflow(&f)}, 1);
    assert_true(f.database.shards[0].transfer.count > 0);
    shard_fixture_advance(&f, 120 * WF_NS_PER_S);
    assert_int_equal(f.database.shards[0].transfer.count, 0);
    assert_int_equal(f.database.shards[0].timer.count, 0);
    shard_fixture_deinit(&f);
}

/* ---- Queries (7.9) ---- */

static uint64_t send_query(struct shard_fixture *f, const char *workflow_id,
                           int32_t reject_condition)
{
    struct wf_workflow_execution execution = {.workflow_id = wf_string_of(workflow_id)};
    struct wf_sdk_query_workflow query = {.query_type = WF_STR("status")};
    struct wf_svc_query_workflow call = {
        .workflow_execution = &execution, .query = &query, .reject_condition = reject_condition};
    const struct wf_svc_request request = {.call_case = WF_CASE_svc_request_query_workflow,
                                           .call.query_workflow = &call};

    return shard_fixture_send(f, 0, &request);
}

static struct wf_sdk_query_result result_of(struct shard_fixture *f, struct wf_string query_id)
{
    struct wf_sdk_query_result result = {.query_id = query_id,
                                         .variant_case = WF_CASE_sdk_query_result_succeeded};

    result.variant.succeeded = WF_ARENA_NEW(&f->arena, struct wf_sdk_query_success);
    result.variant.succeeded->response = WF_ARENA_NEW(&f->arena, struct wf_payload);
    result.variant.succeeded->response->data = WF_STR("42");
    return result;
}

/* Step 4: a query waits for the task that shows what was accepted before it, and is answered with
 * its completion. */
static void test_shard__query_waits_for_the_task(void **state)
{
    struct shard_fixture f;
    uint64_t query = 0;
    const struct wf_svc_workflow_task *task = NULL;
    struct wf_sdk_query_result result = {0};

    (void)state;
    shard_fixture_init(&f, NULL);
    shard_start(&f, "w");
    query = send_query(&f, "w", 0);
    assert_null(shard_fixture_answer(&f, query));
    shard_status_is(shard_fixture_answer(&f, send_query(&f, "w", 0)), WF_CALL_RESOURCE_EXHAUSTED);
    task = shard_poll(&f);
    assert_int_equal(task->queries.count, 1);
    result = result_of(&f, task->queries.items[0].query_id);
    shard_complete_with(&f, task, (struct shard_completion){.query_result = &result});
    shard_status_is(shard_fixture_answer(&f, query), WF_CALL_OK);
    test_string_is(
        "answer",
        shard_fixture_answer(&f, query)->answer.query_answer->result->payloads.items[0].data, "42");
    shard_history_is(&f, "w", BEGINNING "Completed");
    shard_fixture_deinit(&f);
}

/* A query that its task did not answer goes to matching as it was asked, whoever asks next in the same breath. */
static void test_shard__query_stays_its_own(void **state)
{
    struct shard_fixture f;
    const struct wf_svc_workflow_task *task = NULL;
    const struct wf_sdk_query_workflow *asked = NULL;

    (void)state;
    shard_fixture_init(&f, NULL);
    shard_start(&f, "w");
    shard_status_is(shard_complete(&f, shard_poll(&f), NULL, 0), WF_CALL_OK);
    shard_signal(&f, "w", "go", "");
    send_query(&f, "w", 0);
    task = shard_poll(&f);
    f.holds_writes = true;
    assert_null(shard_complete(&f, task, NULL, 0));
    send_query(&f, "w", 0);
    shard_fixture_release(&f);
    assert_int_equal(f.query_count, 2);
    asked = &f.queries[0].request->call.dispatch_query->task->queries.items[0];
    assert_true(wf_string_equal(asked->query_id, task->queries.items[0].query_id));
    test_string_is("type", asked->query_type, "status");
    shard_fixture_deinit(&f);
}

/* The answer that came with a task is the worker's, whatever the step that gives it goes on to do. */
static void test_shard__query_answer_stays_its_own(void **state)
{
    struct shard_fixture f;
    const struct wf_svc_workflow_task *task = NULL;
    struct wf_sdk_query_result result = {0};
    uint64_t query = 0;

    (void)state;
    shard_fixture_init(&f, NULL);
    shard_start(&f, "w");
    query = send_query(&f, "w", 0);
    task = shard_poll(&f);
    result = result_of(&f, task->queries.items[0].query_id);
    f.holds_writes = true;
    assert_null(shard_complete_with(
        &f, task, (struct shard_completion){.query_result = &result, .is_heartbeat = true}));
    send_query(&f, "w", 0); /* waits for the next task */
    shard_fixture_release(&f);
    assert_true(wf_string_equal(shard_fixture_answer(&f, query)->answer.query_answer->query_id,
                                task->queries.items[0].query_id));
    test_string_is("result",
                   shard_fixture_answer(&f, query)->answer.query_answer->result->payloads.items[0].data, "42");
    shard_fixture_deinit(&f);
}

/* Step 3: with no task on its way, a query goes to matching; the sticky queue first, the normal one
 * with history after. */
static void test_shard__query_goes_through_matching(void **state)
{
    struct shard_fixture f;
    uint64_t query = 0;
    const struct wf_svc_dispatch_query *call = NULL;
    struct wf_svc_task_token token = {0};
    struct wf_svc_query_answer answer = {.result = &(struct wf_payloads){0}};

    (void)state;
    shard_fixture_init(&f, NULL);
    shard_start(&f, "w");
    shard_complete_with(&f, shard_poll(&f), (struct shard_completion){.is_sticky = true});
    query = send_query(&f, "w", 0);
    assert_int_equal(f.query_count, 1);
    call = f.queries[0].request->call.dispatch_query;
    assert_true(call->is_sticky);
    assert_int_equal(call->task->batches.count, 0);
    shard_fixture_respond(&f, 0, &(struct wf_svc_response){.status = WF_CALL_STICKY_UNAVAILABLE});
    assert_int_equal(f.query_count, 2);
    call = f.queries[1].request->call.dispatch_query;
    assert_false(call->is_sticky);
    assert_true(call->task->batches.count > 0);
    assert_int_equal(wf_wire_decode(&f.arena, &wf_type_svc_task_token, call->task->token, &token, NULL), WF_OK);
    assert_true(token.shard_clock > 0); /* with it the worker fetches history */
    assert_null(shard_fixture_answer(&f, query));
    shard_fixture_respond(
        &f, 1,
        &(struct wf_svc_response){.answer_case = WF_CASE_svc_response_query_answer,
                                  .answer.query_answer = &answer});
    shard_status_is(shard_fixture_answer(&f, query), WF_CALL_OK);
    assert_int_equal(shard_fixture_answer(&f, query)->answer_case,
                     WF_CASE_svc_response_query_answer);
    shard_fixture_deinit(&f);
}

/* Step 1, step 2, and a run that closes with a query waiting. */
static void test_shard__query_of_runs_that_cannot_answer(void **state)
{
    struct shard_fixture f;
    uint64_t query = 0;

    (void)state;
    shard_fixture_init(&f, NULL);
    shard_status_is(shard_fixture_answer(&f, send_query(&f, "nobody", 0)), WF_CALL_NOT_FOUND);
    shard_start(&f, "closed");
    shard_complete(&f, shard_poll(&f), (struct wf_command[]){shard_complete_workflow(&f)}, 1);
    query = send_query(&f, "closed", WF_QUERY_REJECT_CONDITION_NOT_OPEN);
    assert_int_equal(shard_fixture_answer(&f, query)->answer.query_answer->rejected_status,
                     WF_WORKFLOW_EXECUTION_STATUS_COMPLETED);
    send_query(&f, "closed", WF_QUERY_REJECT_CONDITION_NOT_COMPLETED_CLEANLY);
    assert_int_equal(f.query_count, 1); /* a closed run answers from its history */
    assert_true(f.queries[0].request->call.dispatch_query->task->batches.count > 0);
    shard_start(&f, "failing");
    shard_fail(&f, shard_poll(&f));
    shard_fail(&f, shard_poll(&f));
    shard_status_is(shard_fixture_answer(&f, send_query(&f, "failing", 0)),
                    WF_CALL_WORKFLOW_NOT_READY);
    shard_start(&f, "ended");
    query = send_query(&f, "ended", 0);
    shard_terminate(&f, "ended");
    shard_status_is(shard_fixture_answer(&f, query), WF_CALL_FAILED_PRECONDITION);
    shard_fixture_deinit(&f);
}

/* A caller that is gone is not answered. */
static void test_shard__canceled_call_is_not_answered(void **state)
{
    struct shard_fixture f;
    uint64_t query = 0;
    struct wf_service_outputs out = {0};

    (void)state;
    shard_fixture_init(&f, NULL);
    shard_start(&f, "w");
    query = send_query(&f, "w", 0);
    assert_int_equal(wf_shard_step(f.shards[0],
                                   &(struct wf_service_input){.type = WF_SERVICE_CANCEL,
                                                              .call_id = query,
                                                              .now_ns = f.now_ns},
                                   &out, NULL),
                     WF_OK);
    assert_int_equal(shard_poll(&f)->queries.count, 0);
    assert_null(shard_fixture_answer(&f, query));
    shard_fixture_deinit(&f);
}

/* Memory that runs out anywhere ends the step with an error; nothing is lost, nothing is kept. */
static void test_shard__memory_runs_out(void **state)
{
    bool ran_out = true;

    (void)state;
    for (size_t fail_from = 1; ran_out; fail_from++) {
        struct shard_fixture f;
        const struct wf_svc_workflow_task *task = NULL;

        assert_true(fail_from < 100);
        shard_fixture_init(&f, NULL);
        f.may_run_out = true;
        shard_fixture_crash(&f, 0);
        f.blocks.fail_from = f.blocks.take_count + fail_from;
        shard_fixture_acquire(&f, 0);
        shard_start(&f, "w");
        task = shard_poll(&f);
        if (task != NULL) {
            struct wf_command commands[] = {shard_schedule_activity(&f, "a", WF_NS_PER_S),
                                            shard_start_timer(&f, "t", WF_NS_PER_S)};

            shard_signal(&f, "w", "go", "r1");
            shard_complete(&f, task, commands, 2);
            shard_fixture_advance(&f, 3 * WF_NS_PER_S);
        }
        ran_out = f.ran_out;
        f.blocks.fail_from = 0;
        if (ran_out) {
            shard_fixture_acquire(&f, 0);
            shard_start(&f, "w");
            shard_fixture_advance(&f, 20 * WF_NS_PER_S);
            shard_status_is(shard_signal(&f, "w", "go", "r2"), WF_CALL_OK);
        }
        shard_fixture_deinit(&f);
    }
}

/* The three ends that say nothing about the call itself; everything else is an answer. */
static void test_shard__calls_that_are_asked_again(void **state)
{
    (void)state;
    for (int32_t status = WF_CALL_OK; status <= WF_CALL_QUERY_FAILED; status++) {
        const bool is_retried = status == WF_CALL_RESOURCE_EXHAUSTED || status == WF_CALL_UNAVAILABLE ||
                                status == WF_CALL_DEADLINE_EXCEEDED;

        assert_int_equal(wf_call_is_retried(status), is_retried);
    }
}

/* What owner 0 waits for while owner 1 writes; then owner 0 has the shard again, and the reply comes. */
static void test_shard__old_replies_are_not_believed(void **state)
{
    static const struct {
        const char *name;
        uint32_t op_case;
        bool is_forgetful; /* the run must be read first */
        bool comes_first;  /* the reply: before the shard is had again, when it is only asked for */
    } rows[] = {
        {"a read", WF_CASE_db_request_read_run, true, false},
        {"a write", WF_CASE_db_request_write, false, false},
        {"a read, while the shard is asked for", WF_CASE_db_request_read_run, true, true},
        {"a write, while the shard is asked for", WF_CASE_db_request_write, false, true},
    };

    (void)state;
    for (size_t i = 0; i < TEST_COUNT(rows); i++) {
        struct shard_fixture f;
        uint64_t waiting = 0;
        const struct sim_db_run *run = NULL;

        shard_fixture_init(&f, NULL);
        shard_start(&f, "w");
        if (rows[i].is_forgetful) {
            shard_fixture_advance(&f, 40 * WF_NS_PER_S); /* its tasks are done, and known to be */
            shard_fixture_crash(&f, 0);
            shard_fixture_acquire(&f, 0);
        }
        f.slow_op = rows[i].op_case;
        waiting = send_signal(&f, 0, "w", "r1");
        shard_fixture_acquire(&f, 1);
        shard_status_is(shard_fixture_answer(&f, send_signal(&f, 1, "w", "r2")), WF_CALL_OK);
        f.fate = SIM_DATABASE_FATE_NOT_WRITTEN; /* nobody knows, so owner 0 takes the shard anew */
        f.holds_acquires = rows[i].comes_first;
        send_start(&f, 0, "v", "s");
        if (rows[i].comes_first) {
            assert_int_equal(wf_shard_range_id(f.shards[0]), 0);
            shard_fixture_reply(&f);
            shard_fixture_acquire_now(&f);
        } else {
            shard_fixture_reply(&f);
        }
        assert_true(wf_shard_range_id(f.shards[0]) > wf_shard_range_id(f.shards[1]));
        shard_status_is(shard_fixture_answer(&f, waiting), WF_CALL_OK);
        shard_status_is(shard_fixture_answer(&f, send_signal(&f, 0, "w", "r3")), WF_CALL_OK);
        shard_history_is(&f, "w",
                         "WorkflowExecutionStarted Scheduled(1) Signaled Signaled Signaled");
        run = sim_database_run(&f.database, sim_database_current(&f.database, WF_STR("w"))->run_id);
        assert_int_equal(run->node_count, 4); /* and no orphan among them */
        shard_fixture_deinit(&f);
    }
}

/* Of workflow "w", once a day and by hand. */
static uint64_t ask_schedule(struct shard_fixture *f, const char *schedule_id, enum wf_schedule_op op)
{
    struct wf_schedule_interval_spec interval = {.interval = wf_duration_of(24 * 3600 * WF_NS_PER_S)};
    struct wf_schedule_spec spec = {0};
    struct wf_svc_start_workflow action = {
        .workflow_id = WF_STR("w"), .workflow_type = WF_STR("Flow"), .task_queue = WF_STR("queue")};
    struct wf_schedule_policies policies = {.keep_original_workflow_id = true};
    struct wf_schedule schedule = {.spec = &spec, .action = &action, .policies = &policies};
    struct wf_svc_schedule_call call = {.schedule_id = wf_string_of(schedule_id),
                                        .op = (int32_t)op,
                                        .schedule = &schedule,
                                        .overlap_policy = WF_SCHEDULE_OVERLAP_POLICY_ALLOW_ALL};
    const struct wf_svc_request request = {.call_case = WF_CASE_svc_request_schedule_call, .call.schedule_call = &call};

    spec.interval.items = &interval;
    spec.interval.count = 1;
    return shard_fixture_send(f, 0, &request);
}

/* A call of an action that is answered after its schedule was deleted: whatever has taken the memory stays as it is. */
static void test_shard__answers_to_deleted_schedules(void **state)
{
    struct shard_fixture f;
    char ids[4][200];

    (void)state;
    shard_fixture_init(&f, NULL);
    f.held_call_case = WF_CASE_svc_request_start_workflow;
    shard_status_is(shard_fixture_answer(&f, ask_schedule(&f, "gone", WF_SCHEDULE_CREATE)), WF_CALL_OK);
    shard_status_is(shard_fixture_answer(&f, ask_schedule(&f, "gone", WF_SCHEDULE_TRIGGER)), WF_CALL_OK);
    shard_status_is(shard_fixture_answer(&f, ask_schedule(&f, "gone", WF_SCHEDULE_DELETE)), WF_CALL_OK);
    for (size_t i = 0; i < TEST_COUNT(ids); i++) {
        memset(ids[i], (int)('a' + i), sizeof ids[i]);
        ids[i][(sizeof ids[i] - 1) >> i] = '\0'; /* a piece of each class */
        shard_status_is(shard_fixture_answer(&f, ask_schedule(&f, ids[i], WF_SCHEDULE_CREATE)), WF_CALL_OK);
    }
    shard_fixture_answer_call(&f, WF_CALL_UNAVAILABLE);
    for (size_t i = 0; i < TEST_COUNT(ids); i++) {
        shard_status_is(shard_fixture_answer(&f, ask_schedule(&f, ids[i], WF_SCHEDULE_DESCRIBE)), WF_CALL_OK);
    }
    shard_fixture_deinit(&f);
}

/* A start of an action that a later one has overtaken is refused: the later one's run is not its own. */
static void test_shard__overtaken_action_is_refused(void **state)
{
    struct shard_fixture f;
    struct wf_schedule_link links[2] = {{.schedule_id = WF_STR("often"), .action_id = 1},
                                        {.schedule_id = WF_STR("often"), .action_id = 2}};
    struct wf_svc_start_workflow start = {
        .workflow_id = WF_STR("w"), .workflow_type = WF_STR("Flow"), .task_queue = WF_STR("queue")};
    const struct wf_svc_request request = {.call_case = WF_CASE_svc_request_start_workflow,
                                           .call.start_workflow = &start};
    const struct wf_svc_response *response = NULL;

    (void)state;
    shard_fixture_init(&f, NULL);
    start.schedule_link = &links[1];
    start.request_id = WF_STR("second");
    shard_status_is(shard_fixture_call(&f, &request), WF_CALL_OK);
    response = shard_fixture_call(&f, &request); /* a copy */
    shard_status_is(response, WF_CALL_OK);
    assert_true(response->answer.started->started);
    start.schedule_link = &links[0];
    start.request_id = WF_STR("first");
    shard_status_is(shard_fixture_call(&f, &request), WF_CALL_ALREADY_STARTED);
    shard_status_is(shard_terminate(&f, "w"), WF_CALL_OK);
    shard_status_is(shard_fixture_call(&f, &request), WF_CALL_ALREADY_STARTED); /* it might be a copy */
    shard_fixture_deinit(&f);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_shard__stale_owner_is_fenced_off),
        cmocka_unit_test(test_shard__without_fencing_a_stale_owner_writes),
        cmocka_unit_test(test_shard__without_dedup_a_signal_is_taken_twice),
        cmocka_unit_test(test_shard__pushes_are_tried_until_they_succeed),
        cmocka_unit_test(test_shard__unknown_outcome_is_settled_by_a_new_range),
        cmocka_unit_test(test_shard__unknown_start_is_found_by_its_request),
        cmocka_unit_test(test_shard__unavailable_database_changes_nothing),
        cmocka_unit_test(test_shard__failed_condition_reloads),
        cmocka_unit_test(test_shard__old_replies_are_not_believed),
        cmocka_unit_test(test_shard__nothing_is_visible_before_the_commit),
        cmocka_unit_test(test_shard__crash_after_commit_loses_only_the_answer),
        cmocka_unit_test(test_shard__older_run_is_found_by_a_new_owner),
        cmocka_unit_test(test_shard__signals_that_are_too_large_start_nothing),
        cmocka_unit_test(test_shard__buffered_events_survive_the_owner),
        cmocka_unit_test(test_shard__tasks_executed_again_change_nothing),
        cmocka_unit_test(test_shard__close_task_at_a_stale_owner),
        cmocka_unit_test(test_shard__timers_outlive_their_owner),
        cmocka_unit_test(test_shard__clock_behind_only_delays),
        cmocka_unit_test(test_shard__done_tasks_are_deleted),
        cmocka_unit_test(test_shard__query_waits_for_the_task),
        cmocka_unit_test(test_shard__query_stays_its_own),
        cmocka_unit_test(test_shard__query_answer_stays_its_own),
        cmocka_unit_test(test_shard__query_goes_through_matching),
        cmocka_unit_test(test_shard__query_of_runs_that_cannot_answer),
        cmocka_unit_test(test_shard__canceled_call_is_not_answered),
        cmocka_unit_test(test_shard__memory_runs_out),
        cmocka_unit_test(test_shard__calls_that_are_asked_again),
        cmocka_unit_test(test_shard__answers_to_deleted_schedules),
        cmocka_unit_test(test_shard__overtaken_action_is_refused),
    };

    return cmocka_run_group_tests_name("shard", tests, NULL, NULL);
}
