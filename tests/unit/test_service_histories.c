#include "tests/support/shard_fixture.h"

#define BEGINNING "WorkflowExecutionStarted Scheduled(1) Started "

/* engine-semantics 3.11, first row: results come after the turn's commands, the start of an attempt
 * just before its end. */
static void test_service_histories__plain_turn_with_two_commands(void **state)
{
    struct shard_fixture f;
    const struct wf_svc_workflow_task *task = NULL;

    (void)state;
    shard_fixture_init(&f, NULL);
    shard_status_is(shard_start(&f, "order-1"), WF_CALL_OK);
    task = shard_poll(&f);
    assert_non_null(task);
    shard_status_is(
        shard_complete(&f, task,
                       (struct wf_command[]){shard_start_timer(&f, "t", WF_NS_PER_S),
                                             shard_schedule_activity(&f, "a", WF_NS_PER_S)},
                       2),
        WF_CALL_OK);
    shard_status_is(shard_complete_activity(&f, shard_poll_activity(&f)), WF_CALL_OK);
    shard_history_is(
        &f, "order-1",
        BEGINNING
        "Completed TimerStarted ActivityScheduled ActivityStarted ActivityCompleted Scheduled(1)");

    shard_complete(&f, shard_poll(&f), (struct wf_command[]){shard_complete_workflow(&f)}, 1);
    shard_history_is(
        &f, "order-1",
        BEGINNING
        "Completed TimerStarted ActivityScheduled ActivityStarted ActivityCompleted Scheduled(1) "
        "Started Completed WorkflowExecutionCompleted");
    shard_fixture_deinit(&f);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_service_histories__plain_turn_with_two_commands),
    };

    return cmocka_run_group_tests_name("service_histories", tests, NULL, NULL);
}
