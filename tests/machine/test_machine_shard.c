/* Every row of engine/server/shard.def: who may write a shard. */
#include "engine/server/shard_state.h"
#include "tests/support/shard_fixture.h"

static uint64_t send_signal(struct shard_fixture *f, const char *workflow_id)
{
    struct wf_workflow_execution execution = {.workflow_id = wf_string_of(workflow_id)};
    struct wf_svc_signal_workflow signal = {
        .workflow_execution = &execution, .signal_name = WF_STR("go"), .request_id = WF_STR("r")};
    const struct wf_svc_request request = {.call_case = WF_CASE_svc_request_signal_workflow,
                                           .call.signal_workflow = &signal};

    return shard_fixture_send(f, 0, &request);
}

/* Two workflows, each with a signal that the database has not answered. */
static void begin_two_writes(struct shard_fixture *f, uint64_t calls[2])
{
    shard_fixture_init(f, NULL);
    shard_start(f, "a");
    shard_start(f, "b");
    f->holds_writes = true;
    calls[0] = send_signal(f, "a");
    calls[1] = send_signal(f, "b");
    assert_int_equal(f->store_count, 2);
}

/* ACQUIRING ACQUIRE_FAILED, WAITING ALARM: it is tried again, and what came meanwhile waits. */
static void test_machine_shard__acquires_again_after_a_refusal(void **state)
{
    struct shard_fixture f;
    uint64_t call = 0;

    (void)state;
    shard_fixture_init(&f, NULL);
    shard_start(&f, "a");
    shard_fixture_crash(&f, 0);
    f.acquires_refused = 3;
    shard_fixture_acquire(&f, 0);
    assert_int_equal(wf_shard_range_id(f.shards[0]), 0);
    call = send_signal(&f, "a");
    assert_null(shard_fixture_answer(&f, call));
    shard_fixture_advance(&f, 2 * WF_NS_PER_S);
    assert_true(wf_shard_range_id(f.shards[0]) > 0);
    shard_status_is(shard_fixture_answer(&f, call), WF_CALL_OK);
    shard_fixture_deinit(&f);
}

/* ACQUIRING ALARM changes nothing; ACQUIRING WRITE_UNKNOWN: one acquisition settles both writes. */
static void test_machine_shard__second_unknown_outcome_waits_for_the_same_acquisition(void **state)
{
    struct shard_fixture f;
    uint64_t calls[2] = {0, 0};
    struct wf_service_outputs out = {0};

    (void)state;
    begin_two_writes(&f, calls);
    f.holds_acquires = true;
    f.fate = SIM_DATABASE_FATE_WRITTEN;
    shard_fixture_release_one(&f);
    assert_int_equal(
        wf_shard_step(f.shards[0],
                      &(struct wf_service_input){.type = WF_SERVICE_ALARM, .now_ns = f.now_ns},
                      &out, NULL),
        WF_OK);
    f.fate = SIM_DATABASE_FATE_NOT_WRITTEN;
    shard_fixture_release_one(&f);
    assert_null(shard_fixture_answer(&f, calls[0]));
    assert_null(shard_fixture_answer(&f, calls[1]));
    f.holds_writes = false;
    shard_fixture_acquire_now(&f);
    assert_int_equal(wf_shard_range_id(f.shards[0]), 2);
    shard_status_is(shard_fixture_answer(&f, calls[0]), WF_CALL_DEADLINE_EXCEEDED);
    shard_status_is(shard_fixture_answer(&f, calls[1]), WF_CALL_DEADLINE_EXCEEDED);
    shard_history_is(&f, "a", "WorkflowExecutionStarted Scheduled(1) Signaled");
    shard_history_is(&f, "b", "WorkflowExecutionStarted Scheduled(1)");
    shard_status_is(shard_fixture_answer(&f, send_signal(&f, "b")), WF_CALL_OK);
    shard_fixture_deinit(&f);
}

/* ACQUIRING LOST: a write under the range that is given up is fenced off by whoever came between,
 * and only it fails. */
static void test_machine_shard__write_lost_while_it_acquires(void **state)
{
    struct shard_fixture f;
    uint64_t calls[2] = {0, 0};

    (void)state;
    begin_two_writes(&f, calls);
    f.holds_acquires = true;
    f.fate = SIM_DATABASE_FATE_WRITTEN;
    shard_fixture_release_one(&f);
    f.database.shards[0].range_id++;
    shard_fixture_release_one(&f);
    shard_status_is(shard_fixture_answer(&f, calls[1]), WF_CALL_UNAVAILABLE);
    assert_false(f.is_stopped[0]);
    f.holds_writes = false;
    shard_fixture_acquire_now(&f);
    shard_status_is(shard_fixture_answer(&f, send_signal(&f, "b")), WF_CALL_OK);
    shard_fixture_deinit(&f);
}

/* WAITING WRITE_UNKNOWN and WAITING LOST: the same while it waits to try again. */
static void test_machine_shard__outcomes_while_it_waits(void **state)
{
    static const enum sim_database_fate fates[] = {SIM_DATABASE_FATE_NOT_WRITTEN,
                                                   SIM_DATABASE_FATE_NONE};

    (void)state;
    for (size_t i = 0; i < TEST_COUNT(fates); i++) {
        struct shard_fixture f;
        uint64_t calls[2] = {0, 0};

        begin_two_writes(&f, calls);
        f.acquires_refused = 1;
        f.fate = SIM_DATABASE_FATE_WRITTEN;
        shard_fixture_release_one(&f);
        f.fate = fates[i];
        f.database.shards[0].range_id++;
        shard_fixture_release_one(&f);
        f.holds_writes = false;
        shard_fixture_advance(&f, WF_NS_PER_S);
        assert_false(f.is_stopped[0]);
        assert_int_equal(wf_shard_range_id(f.shards[0]), 3);
        shard_status_is(shard_fixture_answer(&f, calls[1]), fates[i] == SIM_DATABASE_FATE_NONE
                                                                ? WF_CALL_UNAVAILABLE
                                                                : WF_CALL_DEADLINE_EXCEEDED);
        shard_fixture_deinit(&f);
    }
}

/* OWNED IDS_EXHAUSTED: a range that has no more task ids is exchanged for the next one (8.2 rule
 * 5). */
static void test_machine_shard__exhausted_range_is_exchanged(void **state)
{
    struct shard_fixture f;
    const struct wf_svc_workflow_task *task = NULL;

    (void)state;
    shard_fixture_init(&f, NULL);
    shard_start(&f, "a");
    task = shard_poll(&f);
    f.shards[0]->task_counter = (INT64_C(1) << 20) - 1000;
    shard_status_is(shard_signal(&f, "a", "go", "r1"), WF_CALL_OK);
    assert_int_equal(wf_shard_range_id(f.shards[0]), 2);
    shard_status_is(shard_complete(&f, task, NULL, 0), WF_CALL_OK);
    shard_history_is(
        &f, "a", "WorkflowExecutionStarted Scheduled(1) Started Completed Signaled Scheduled(1)");
    shard_fixture_deinit(&f);
}

/* OWNED LOST, STOPPED: who writes under a range that is not the stored one learns it, stops, and
 * says so to all. */
static void test_machine_shard__lost_owner_refuses_everything(void **state)
{
    struct shard_fixture f;
    uint64_t calls[2] = {0, 0};

    (void)state;
    begin_two_writes(&f, calls);
    f.database.shards[0].range_id++;
    shard_fixture_release_one(&f);
    assert_true(f.is_stopped[0]);
    shard_status_is(shard_fixture_answer(&f, calls[0]), WF_CALL_UNAVAILABLE);
    shard_status_is(shard_fixture_answer(&f, calls[1]), WF_CALL_DEADLINE_EXCEEDED);
    shard_status_is(shard_fixture_answer(&f, send_signal(&f, "a")), WF_CALL_UNAVAILABLE);
    shard_fixture_deinit(&f);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_machine_shard__acquires_again_after_a_refusal),
        cmocka_unit_test(test_machine_shard__second_unknown_outcome_waits_for_the_same_acquisition),
        cmocka_unit_test(test_machine_shard__write_lost_while_it_acquires),
        cmocka_unit_test(test_machine_shard__outcomes_while_it_waits),
        cmocka_unit_test(test_machine_shard__exhausted_range_is_exchanged),
        cmocka_unit_test(test_machine_shard__lost_owner_refuses_everything),
    };

    return cmocka_run_group_tests_name("machine_shard", tests, NULL, NULL);
}
