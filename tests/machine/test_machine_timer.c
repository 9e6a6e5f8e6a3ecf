/* Every row of engine/server/timer.def, and what has no row. */
#include "tests/support/shard_fixture.h"

#define BEGINNING "WorkflowExecutionStarted Scheduled(1) Started Completed "

static void begin(struct shard_fixture *f, int64_t duration_ns)
{
    shard_fixture_init(f, NULL);
    shard_start(f, "w");
    shard_status_is(shard_complete(f, shard_poll(f),
                                   (struct wf_command[]){shard_start_timer(f, "t", duration_ns)},
                                   1),
                    WF_CALL_OK);
}

/* NONE START, PENDING FIRE: a timer fires at its time and not before. */
static void test_machine_timer__fires_at_its_time(void **state)
{
    struct shard_fixture f;

    (void)state;
    begin(&f, 5 * WF_NS_PER_S);
    shard_fixture_advance(&f, 5 * WF_NS_PER_S - 2 * WF_NS_PER_MS);
    shard_history_is(&f, "w", BEGINNING "TimerStarted");
    shard_fixture_advance(&f, 2 * WF_NS_PER_MS);
    shard_history_is(&f, "w", BEGINNING "TimerStarted TimerFired Scheduled(1)");
    shard_fixture_deinit(&f);
}

/* A timer of no duration goes the same way (5.1). */
static void test_machine_timer__zero_duration_fires_through_the_queue(void **state)
{
    struct shard_fixture f;

    (void)state;
    begin(&f, 0);
    shard_fixture_advance(&f, 2 * WF_NS_PER_MS);
    shard_history_is(&f, "w", BEGINNING "TimerStarted TimerFired Scheduled(1)");
    shard_fixture_deinit(&f);
}

/* 5.1 "batching": what is due together fires in one transaction, by expiry and then by number. */
static void test_machine_timer__due_together_fire_in_order(void **state)
{
    struct shard_fixture f;
    struct wf_history_message history = {0};

    (void)state;
    shard_fixture_init(&f, NULL);
    shard_start(&f, "w");
    shard_complete(&f, shard_poll(&f),
                   (struct wf_command[]){shard_start_timer(&f, "late", 3 * WF_NS_PER_S),
                                         shard_start_timer(&f, "b", 2 * WF_NS_PER_S),
                                         shard_start_timer(&f, "c", 2 * WF_NS_PER_S)},
                   3);
    f.now_ns += 4 * WF_NS_PER_S; /* the owner slept */
    shard_fixture_advance(&f, 0);
    shard_history_is(
        &f, "w",
        BEGINNING
        "TimerStarted TimerStarted TimerStarted TimerFired TimerFired TimerFired Scheduled(1)");
    history = shard_events(&f, "w");
    test_string_is("first", history.events.items[7].attributes.timer_fired->timer_id, "b");
    test_string_is("second", history.events.items[8].attributes.timer_fired->timer_id, "c");
    test_string_is("third", history.events.items[9].attributes.timer_fired->timer_id, "late");
    shard_fixture_deinit(&f);
}

/* PENDING CANCEL; then the id is free again (NONE START). */
static void test_machine_timer__cancel_frees_the_id(void **state)
{
    struct shard_fixture f;

    (void)state;
    begin(&f, 5 * WF_NS_PER_S);
    shard_signal(&f, "w", "go", "r");
    shard_status_is(
        shard_complete(&f, shard_poll(&f),
                       (struct wf_command[]){shard_cancel_timer(&f, "t"),
                                             shard_start_timer(&f, "t", 9 * WF_NS_PER_S)},
                       2),
        WF_CALL_OK);
    shard_fixture_advance(&f, 6 * WF_NS_PER_S);
    shard_history_is(
        &f, "w",
        BEGINNING
        "TimerStarted Signaled Scheduled(1) Started Completed TimerCanceled TimerStarted");
    shard_fixture_advance(&f, 4 * WF_NS_PER_S);
    shard_history_is(
        &f, "w",
        BEGINNING "TimerStarted Signaled Scheduled(1) Started Completed TimerCanceled TimerStarted "
                  "TimerFired Scheduled(1)");
    shard_fixture_deinit(&f);
}

/* A turn that runs while the timer fires. */
static const struct wf_svc_workflow_task *fire_during_a_turn(struct shard_fixture *f)
{
    const struct wf_svc_workflow_task *task = NULL;

    begin(f, 5 * WF_NS_PER_S);
    shard_signal(f, "w", "go", "r");
    task = shard_poll(f);
    shard_fixture_advance(f, 6 * WF_NS_PER_S);
    return task;
}

/* FIRED_UNSEEN CANCEL: a firing that no turn has seen never happened, and the turn may close the
 * workflow (2.2 rule 5). */
static void test_machine_timer__cancel_deletes_an_unseen_firing(void **state)
{
    struct shard_fixture f;
    const struct wf_svc_workflow_task *task = NULL;

    (void)state;
    task = fire_during_a_turn(&f);
    shard_status_is(shard_complete(&f, task,
                                   (struct wf_command[]){shard_cancel_timer(&f, "t"),
                                                         shard_complete_workflow(&f)},
                                   2),
                    WF_CALL_OK);
    shard_history_is(&f, "w",
                     BEGINNING "TimerStarted Signaled Scheduled(1) Started Completed TimerCanceled "
                               "WorkflowExecutionCompleted");
    shard_fixture_deinit(&f);
}

/* FIRED_UNSEEN START: the id is not pending any more. */
static void test_machine_timer__unseen_firing_frees_the_id(void **state)
{
    struct shard_fixture f;
    const struct wf_svc_workflow_task *task = NULL;

    (void)state;
    task = fire_during_a_turn(&f);
    shard_status_is(
        shard_complete(&f, task,
                       (struct wf_command[]){shard_start_timer(&f, "t", 60 * WF_NS_PER_S)}, 1),
        WF_CALL_OK);
    shard_history_is(&f, "w",
                     BEGINNING
                     "TimerStarted Signaled Scheduled(1) Started Completed TimerStarted TimerFired "
                     "Scheduled(1)");
    shard_fixture_deinit(&f);
}

/* What has no row fails the turn with the cause that says so, and none of its commands is left. */
static void test_machine_timer__wrong_commands_fail_the_turn(void **state)
{
    static const struct {
        const char *name;
        const char *timer_id;
        int64_t duration_ns;
        bool is_cancel;
        const char *cause;
    } rows[] = {
        {"second start", "t", WF_NS_PER_S, false, "START_TIMER_DUPLICATE_ID"},
        {"unknown timer", "other", 0, true, "BAD_CANCEL_TIMER_ATTRIBUTES"},
        {"empty id", "", WF_NS_PER_S, false, "BAD_START_TIMER_ATTRIBUTES"},
        {"negative duration", "u", -WF_NS_PER_S, false, "BAD_START_TIMER_ATTRIBUTES"},
    };

    (void)state;
    for (size_t i = 0; i < TEST_COUNT(rows); i++) {
        struct shard_fixture f;
        struct wf_command commands[2];
        char expected[256] = {0};
        struct wf_buffer text = {0};

        begin(&f, 60 * WF_NS_PER_S);
        shard_signal(&f, "w", "go", "r");
        commands[0] = shard_start_timer(&f, "good", WF_NS_PER_S);
        commands[1] = rows[i].is_cancel
                          ? shard_cancel_timer(&f, rows[i].timer_id)
                          : shard_start_timer(&f, rows[i].timer_id, rows[i].duration_ns);
        shard_status_is(shard_complete(&f, shard_poll(&f), commands, 2), WF_CALL_INVALID_ARGUMENT);
        wf_buffer_init_fixed(&text, expected, sizeof expected - 1);
        wf_buffer_printf(&text, BEGINNING "TimerStarted Signaled Scheduled(1) Started Failed(%s)",
                         rows[i].cause);
        shard_history_is(&f, "w", expected);
        assert_int_equal(shard_describe(&f, "w")->pending_timer_ids.count, 1);
        shard_fixture_deinit(&f);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_machine_timer__fires_at_its_time),
        cmocka_unit_test(test_machine_timer__zero_duration_fires_through_the_queue),
        cmocka_unit_test(test_machine_timer__due_together_fire_in_order),
        cmocka_unit_test(test_machine_timer__cancel_frees_the_id),
        cmocka_unit_test(test_machine_timer__cancel_deletes_an_unseen_firing),
        cmocka_unit_test(test_machine_timer__unseen_firing_frees_the_id),
        cmocka_unit_test(test_machine_timer__wrong_commands_fail_the_turn),
    };

    return cmocka_run_group_tests_name("machine_timer", tests, NULL, NULL);
}
