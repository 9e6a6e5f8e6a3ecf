/* The order in which what was buffered is written. tests/golden/test_shapes.c has the examples of engine-semantics 3.11. */
#include "tests/support/shard_fixture.h"

#define BEGINNING "WorkflowExecutionStarted Scheduled(1) Started "

/* 3.8 rule 4: in one flush, starts, signals and timers come before outcomes, and outcomes name
 * their starts. */
static void test_service_histories__outcomes_are_flushed_last(void **state)
{
    struct shard_fixture f;
    const struct wf_svc_workflow_task *task = NULL;
    const struct wf_svc_activity_task *activity = NULL;
    struct wf_history_message history = {0};

    (void)state;
    shard_fixture_init(&f, NULL);
    shard_start(&f, "order-1");
    shard_complete(&f, shard_poll(&f),
                   (struct wf_command[]){shard_schedule_activity(&f, "a", 60 * WF_NS_PER_S),
                                         shard_start_timer(&f, "t", WF_NS_PER_S)},
                   2);
    activity = shard_poll_activity(&f);
    shard_signal(&f, "order-1", "first", "r0");
    task = shard_poll(&f);
    shard_complete_activity(&f, activity);
    shard_signal(&f, "order-1", "go", "r1");
    shard_fixture_advance(&f, 2 * WF_NS_PER_S);
    shard_status_is(shard_complete(&f, task, NULL, 0), WF_CALL_OK);
    shard_history_is(
        &f, "order-1",
        BEGINNING
        "Completed ActivityScheduled TimerStarted Signaled Scheduled(1) Started Completed "
        "ActivityStarted Signaled TimerFired ActivityCompleted Scheduled(1)");
    history = shard_events(&f, "order-1");
    assert_int_equal(history.events.items[13].attributes.activity_task_completed->started_event_id,
                     11);
    shard_fixture_deinit(&f);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_service_histories__outcomes_are_flushed_last),
    };

    return cmocka_run_group_tests_name("service_histories", tests, NULL, NULL);
}
