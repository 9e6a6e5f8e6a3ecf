/*
 * Options of activities that operators change, and jitter: the rows UPDATE_OPTIONS, UNPAUSE_LATER and RESET_LATER of
 * engine/server/activity.def, and BACKOFF TIME_OUT, which takes them (engine-semantics 4.9). None of it leaves an event.
 */
#include "engine/base/real.h"
#include "tests/support/shard_fixture.h"

#define BEGINNING "WorkflowExecutionStarted Scheduled(1) Started Completed ActivityScheduled"
#define TIMED_OUT_RUNNING BEGINNING " ActivityStarted ActivityTimedOut Scheduled(1)"
#define TIMED_OUT_WAITING BEGINNING " ActivityTimedOut Scheduled(1)"
#define S WF_NS_PER_S

static const struct wf_svc_response *update(struct shard_fixture *f, const char *path, struct wf_activity_options options)
{
    struct wf_string paths[] = {wf_string_of(path)};
    const struct wf_svc_operate_activity operation = {.action = WF_ACTIVITY_ACTION_UPDATE_OPTIONS,
                                                      .activity_id = WF_STR("a"),
                                                      .options = &options,
                                                      .update_mask = {.items = paths, .count = 1, .capacity = 1}};

    return shard_operate(f, operation);
}

static void update_policy(struct shard_fixture *f, const char *path, struct wf_retry_policy policy)
{
    shard_status_is(update(f, path, (struct wf_activity_options){.retry_policy = &policy}), WF_CALL_OK);
}

static void operate(struct shard_fixture *f, enum wf_activity_action action, struct wf_svc_operate_activity operation)
{
    operation.action = (int32_t)action;
    operation.activity_id = WF_STR("a");
    shard_status_is(shard_operate(f, operation), WF_CALL_OK);
}

static void restore(struct shard_fixture *f)
{
    operate(f, WF_ACTIVITY_ACTION_UPDATE_OPTIONS, (struct wf_svc_operate_activity){.restores_options = true});
}

/* Each path of the mask changes its option and no other. */
static void test_machine_activity_options__mask_names_what_changes(void **state)
{
    struct wf_string types[] = {WF_STR("Final")};
    struct wf_task_queue queue = {.name = WF_STR("other")};
    struct wf_retry_policy policy = {.initial_interval = wf_duration_of(3 * S),
                                     .backoff_coefficient = wf_double_of_i64(5),
                                     .maximum_interval = wf_duration_of(7 * S),
                                     .maximum_attempts = 9,
                                     .non_retryable_error_types = {.items = types, .count = 1, .capacity = 1}};
    const struct wf_activity_options given = {.task_queue = &queue,
                                              .schedule_to_close_timeout = wf_duration_of(60 * S),
                                              .schedule_to_start_timeout = wf_duration_of(11 * S),
                                              .start_to_close_timeout = wf_duration_of(12 * S),
                                              .heartbeat_timeout = wf_duration_of(4 * S),
                                              .retry_policy = &policy};
    /* Queue, S2C, S2S, StC, heartbeat; initial, coefficient, maximum, attempts, types. S2C caps S2S (4.3). */
    static const struct {
        const char *path;
        const char *queue;
        int64_t seconds[4];
        int64_t policy[5];
    } rows[] = {
        {"task_queue.name", "other", {100, 100, 20, 0}, {1, 2, 100, 2, 0}},
        {"schedule_to_close_timeout", "queue", {60, 60, 20, 0}, {1, 2, 100, 2, 0}},
        {"schedule_to_start_timeout", "queue", {100, 11, 20, 0}, {1, 2, 100, 2, 0}},
        {"start_to_close_timeout", "queue", {100, 100, 12, 0}, {1, 2, 100, 2, 0}},
        {"heartbeat_timeout", "queue", {100, 100, 20, 4}, {1, 2, 100, 2, 0}},
        {"retry_policy", "queue", {100, 100, 20, 0}, {3, 5, 7, 9, 1}},
        {"retry_policy.initial_interval", "queue", {100, 100, 20, 0}, {3, 2, 100, 2, 0}},
        {"retry_policy.backoff_coefficient", "queue", {100, 100, 20, 0}, {1, 5, 100, 2, 0}},
        {"retry_policy.maximum_interval", "queue", {100, 100, 20, 0}, {1, 2, 7, 2, 0}},
        {"retry_policy.maximum_attempts", "queue", {100, 100, 20, 0}, {1, 2, 100, 9, 0}},
        {"retry_policy.non_retryable_error_types", "queue", {100, 100, 20, 0}, {1, 2, 100, 2, 1}},
    };

    (void)state;
    for (size_t i = 0; i < TEST_COUNT(rows); i++) {
        struct shard_fixture f;
        const struct wf_activity_options *options = NULL;
        const struct wf_retry_policy *has = NULL;

        shard_begin_activity(&f);
        shard_status_is(update(&f, rows[i].path, given), WF_CALL_OK);
        options = shard_pending_activity(&f)->options;
        has = options->retry_policy;
        if (!wf_string_is(options->task_queue->name, rows[i].queue) ||
            wf_time_of(options->schedule_to_close_timeout) != rows[i].seconds[0] * S ||
            wf_time_of(options->schedule_to_start_timeout) != rows[i].seconds[1] * S ||
            wf_time_of(options->start_to_close_timeout) != rows[i].seconds[2] * S ||
            wf_time_of(options->heartbeat_timeout) != rows[i].seconds[3] * S ||
            wf_time_of(has->initial_interval) != rows[i].policy[0] * S ||
            has->backoff_coefficient != wf_double_of_i64(rows[i].policy[1]) ||
            wf_time_of(has->maximum_interval) != rows[i].policy[2] * S || has->maximum_attempts != rows[i].policy[3] ||
            (int64_t)has->non_retryable_error_types.count != rows[i].policy[4]) {
            fail_msg("%s", rows[i].path);
        }
        shard_history_is(&f, "w", BEGINNING);
        restore(&f);
        assert_true(wf_string_is(shard_pending_activity(&f)->options->task_queue->name, "queue"));
        assert_int_equal(wf_time_of(shard_pending_activity(&f)->options->schedule_to_close_timeout), 100 * S);
        assert_int_equal(wf_time_of(shard_pending_activity(&f)->options->schedule_to_start_timeout), 100 * S);
        assert_int_equal(shard_pending_activity(&f)->options->retry_policy->maximum_attempts, 2);
        shard_fixture_deinit(&f);
    }
}

/* SCHEDULED UPDATE_OPTIONS: what was pushed is worthless, and it is pushed again, to the queue that it has now. */
static void test_machine_activity_options__moves_to_another_queue(void **state)
{
    struct shard_fixture f;
    struct wf_task_queue queue = {.name = WF_STR("other")};
    const struct wf_svc_add_task *before = NULL;
    const struct wf_svc_add_task *after = NULL;

    (void)state;
    shard_begin_activity(&f);
    before = shard_take_push(&f, true);
    shard_status_is(update(&f, "task_queue.name", (struct wf_activity_options){.task_queue = &queue}), WF_CALL_OK);
    after = shard_take_push(&f, true);
    assert_true(wf_string_is(after->task_queue, "other"));
    shard_status_is(shard_record_activity_task(&f, before, "r1"), WF_CALL_OBSOLETE_TASK);
    shard_status_is(shard_record_activity_task(&f, after, "r2"), WF_CALL_OK);
    shard_fixture_deinit(&f);
}

/* Timeouts count from where they counted before: each of the attempt's, shorter and longer. */
static void test_machine_activity_options__timeouts_run_anew(void **state)
{
    static const struct {
        const char *path;
        bool is_started;
        int64_t timeout_s;
        int64_t before_s; /* nothing happens so long */
        const char *after; /* and this a second later */
    } rows[] = {
        {"schedule_to_start_timeout", false, 5, 4, TIMED_OUT_WAITING},
        {"schedule_to_close_timeout", false, 200, 99, TIMED_OUT_WAITING}, /* S2S is what it was */
        {"schedule_to_close_timeout", false, 7, 6, TIMED_OUT_WAITING},
        {"start_to_close_timeout", true, 3, 2, BEGINNING},
        {"start_to_close_timeout", true, 50, 49, BEGINNING},
        {"heartbeat_timeout", true, 4, 3, BEGINNING},
    };

    (void)state;
    for (size_t i = 0; i < TEST_COUNT(rows); i++) {
        const struct wf_timestamp timeout = wf_duration_of(rows[i].timeout_s * S);
        struct shard_fixture f;
        const struct wf_svc_activity_task *task = NULL;

        shard_begin_activity(&f);
        task = rows[i].is_started ? shard_poll_activity(&f) : NULL;
        shard_status_is(update(&f, rows[i].path,
                               (struct wf_activity_options){.schedule_to_close_timeout = timeout,
                                                            .schedule_to_start_timeout = timeout,
                                                            .start_to_close_timeout = timeout,
                                                            .heartbeat_timeout = timeout}),
                        WF_CALL_OK);
        shard_fixture_advance(&f, rows[i].before_s * S);
        shard_history_is(&f, "w", BEGINNING);
        assert_int_equal(shard_pending_activity(&f)->is_started, task != NULL);
        shard_fixture_advance(&f, S);
        shard_history_is(&f, "w", rows[i].after);
        if (task != NULL) {
            assert_int_equal(shard_pending_activity(&f)->attempt, 2); /* the timeout ended the attempt */
        }
        shard_fixture_deinit(&f);
    }
}

/* STARTED UPDATE_OPTIONS, CANCELING UPDATE_OPTIONS: the attempt's report is taken, and judged by what the policy says now. */
static void test_machine_activity_options__changes_while_it_runs(void **state)
{
    struct shard_fixture f;
    const struct wf_svc_activity_task *task = NULL;

    (void)state;
    shard_begin_activity(&f);
    task = shard_poll_activity(&f);
    update_policy(&f, "retry_policy.maximum_attempts", (struct wf_retry_policy){.maximum_attempts = 1});
    shard_fail_attempt(&f, task);
    shard_history_is(&f, "w", BEGINNING " ActivityStarted ActivityFailed Scheduled(1)");
    shard_fixture_deinit(&f);

    shard_begin_activity(&f);
    task = shard_poll_activity(&f);
    shard_signal(&f, "w", "stop", "r");
    shard_status_is(shard_complete(&f, shard_poll(&f), (struct wf_command[]){shard_request_cancel_activity(&f, 5)}, 1),
                    WF_CALL_OK);
    shard_status_is(update(&f, "heartbeat_timeout", (struct wf_activity_options){.heartbeat_timeout = wf_duration_of(2 * S)}),
                    WF_CALL_OK);
    shard_fixture_advance(&f, 2 * S);
    assert_int_equal(shard_describe(&f, "w")->pending_activities.count, 0);
    shard_fixture_deinit(&f);
}

/* BACKOFF UPDATE_OPTIONS: a wait that the policy gave is as long as it says now, from the end of the attempt; one that is over
 * by that ends at once. A wait that the failure asked for stays. */
static void test_machine_activity_options__next_attempt_is_computed_anew(void **state)
{
    static const struct {
        int64_t asked_s; /* by the failure */
        int64_t passed_s;
        int64_t interval_s;
        int64_t due_s; /* after the failure */
    } rows[] = {
        {0, 0, 30, 30},
        {0, 0, 5, 5},
        {0, 3, 2, 3},
        {40, 0, 5, 40},
    };

    (void)state;
    for (size_t i = 0; i < TEST_COUNT(rows); i++) {
        struct shard_fixture f;
        struct wf_application_failure_info info = {0};
        struct wf_failure failure = {.message = WF_STR("no"),
                                     .failure_info_case = WF_CASE_failure_application_failure_info,
                                     .failure_info.application_failure_info = &info};
        struct wf_svc_respond_activity_task_failed respond = {.failure = &failure, .identity = WF_STR("worker-1")};
        const struct wf_svc_request request = {.call_case = WF_CASE_svc_request_respond_activity_task_failed,
                                               .call.respond_activity_task_failed = &respond};

        shard_begin_activity(&f);
        update_policy(&f, "retry_policy.initial_interval",
                      (struct wf_retry_policy){.initial_interval = wf_duration_of(10 * S)});
        respond.token = shard_poll_activity(&f)->token;
        if (rows[i].asked_s > 0) {
            info.next_retry_delay = wf_duration_of(rows[i].asked_s * S);
        }
        shard_status_is(shard_fixture_call(&f, &request), WF_CALL_OK);
        shard_fixture_advance(&f, rows[i].passed_s * S);
        update_policy(&f, "retry_policy.initial_interval",
                      (struct wf_retry_policy){.initial_interval = wf_duration_of(rows[i].interval_s * S)});
        if (rows[i].due_s > rows[i].passed_s) {
            shard_fixture_advance(&f, (rows[i].due_s - rows[i].passed_s) * S - WF_NS_PER_MS);
            assert_null(shard_poll_activity(&f));
        }
        shard_fixture_advance(&f, 2 * WF_NS_PER_MS);
        assert_int_equal(shard_poll_activity(&f)->attempt, 2);
        shard_fixture_deinit(&f);
    }
}

/* BACKOFF TIME_OUT: S2C made shorter may end in the middle of a wait. */
static void test_machine_activity_options__ends_in_backoff(void **state)
{
    struct shard_fixture f;
    const struct wf_event_activity_task_timed_out *event = NULL;

    (void)state;
    shard_begin_activity(&f);
    update_policy(&f, "retry_policy.initial_interval", (struct wf_retry_policy){.initial_interval = wf_duration_of(50 * S)});
    shard_fail_attempt(&f, shard_poll_activity(&f));
    shard_status_is(update(&f, "schedule_to_close_timeout",
                           (struct wf_activity_options){.schedule_to_close_timeout = wf_duration_of(30 * S)}),
                    WF_CALL_OK);
    shard_fixture_advance(&f, 29 * S);
    shard_history_is(&f, "w", BEGINNING);
    shard_fixture_advance(&f, S);
    shard_history_is(&f, "w", TIMED_OUT_WAITING);
    event = shard_last_event(&f, "w", WF_EVENT_TYPE_ACTIVITY_TASK_TIMED_OUT)->attributes.activity_task_timed_out;
    assert_int_equal(event->started_event_id, 0);
    assert_int_equal(event->retry_state, WF_RETRY_STATE_TIMEOUT);
    assert_int_equal(event->failure->failure_info.timeout_failure_info->timeout_type, WF_TIMEOUT_TYPE_SCHEDULE_TO_CLOSE);
    shard_fixture_deinit(&f);
}

/* While paused it stays paused, and begins with the new options when the pause ends. */
static void test_machine_activity_options__changes_in_a_pause(void **state)
{
    struct shard_fixture f;

    (void)state;
    shard_begin_activity(&f);
    operate(&f, WF_ACTIVITY_ACTION_PAUSE, (struct wf_svc_operate_activity){0});
    shard_status_is(update(&f, "schedule_to_start_timeout",
                           (struct wf_activity_options){.schedule_to_start_timeout = wf_duration_of(5 * S)}),
                    WF_CALL_OK);
    assert_null(shard_poll_activity(&f));
    shard_fixture_advance(&f, 50 * S);
    shard_history_is(&f, "w", BEGINNING);
    operate(&f, WF_ACTIVITY_ACTION_UNPAUSE, (struct wf_svc_operate_activity){0});
    shard_fixture_advance(&f, 5 * S);
    shard_history_is(&f, "w", TIMED_OUT_WAITING);
    shard_fixture_deinit(&f);
}

/* What the activity was scheduled with comes back whatever was changed since, how often, and who owns the shard; also with a
 * reset of the activity, waiting or running. A reset of the run begins with it as well. */
static void test_machine_activity_options__original_ones_come_back(void **state)
{
    enum { BY_UPDATE, BY_RESET, BY_RESET_OF_RUNNING, BY_RESET_OF_RUN, WAYS };

    (void)state;
    for (int way = BY_UPDATE; way < WAYS; way++) {
        struct shard_fixture f;

        shard_begin_activity(&f);
        shard_status_is(update(&f, "start_to_close_timeout",
                               (struct wf_activity_options){.start_to_close_timeout = wf_duration_of(3 * S)}),
                        WF_CALL_OK);
        update_policy(&f, "retry_policy", (struct wf_retry_policy){.maximum_attempts = 7});
        if (way == BY_RESET_OF_RUNNING) {
            assert_non_null(shard_poll_activity(&f));
        }
        shard_fixture_crash(&f, 0);
        shard_fixture_acquire(&f, 0);
        assert_int_equal(wf_time_of(shard_pending_activity(&f)->options->start_to_close_timeout), 3 * S);
        if (way == BY_UPDATE) {
            restore(&f);
            restore(&f);
        } else if (way == BY_RESET_OF_RUN) {
            shard_signal(&f, "w", "go", "");
            shard_status_is(shard_complete(&f, shard_poll(&f), NULL, 0), WF_CALL_OK);
            shard_status_is(shard_reset(&f, "w", 9), WF_CALL_OK);
        } else {
            operate(&f, WF_ACTIVITY_ACTION_RESET, (struct wf_svc_operate_activity){.restores_options = true});
        }
        assert_int_equal(wf_time_of(shard_pending_activity(&f)->options->start_to_close_timeout), 20 * S);
        assert_int_equal(shard_pending_activity(&f)->options->retry_policy->maximum_attempts, 2);
        shard_fixture_deinit(&f);
    }
}

/* SCHEDULED UNPAUSE_LATER, BACKOFF UNPAUSE_LATER, SCHEDULED RESET_LATER, BACKOFF RESET_LATER: it is due within the jitter, not
 * at once, and not later. */
static void test_machine_activity_options__jitter_spreads_what_waited(void **state)
{
    static const struct {
        enum wf_activity_action action;
        bool has_failed; /* in backoff */
        bool is_paused;
    } rows[] = {
        {WF_ACTIVITY_ACTION_UNPAUSE, false, true}, {WF_ACTIVITY_ACTION_UNPAUSE, true, true},
        {WF_ACTIVITY_ACTION_RESET, false, false},  {WF_ACTIVITY_ACTION_RESET, true, false},
        {WF_ACTIVITY_ACTION_RESET, true, true},
    };

    (void)state;
    for (size_t i = 0; i < TEST_COUNT(rows); i++) {
        struct shard_fixture f;
        int64_t due_ns = 0;

        shard_begin_activity(&f);
        if (rows[i].has_failed) {
            shard_fail_attempt(&f, shard_poll_activity(&f));
        }
        if (rows[i].is_paused) {
            operate(&f, WF_ACTIVITY_ACTION_PAUSE, (struct wf_svc_operate_activity){0});
        }
        shard_fixture_advance(&f, WF_NS_PER_MS);
        operate(&f, rows[i].action, (struct wf_svc_operate_activity){.jitter = wf_duration_of(60 * S)});
        due_ns = shard_pending_activity(&f)->next_attempt_time_ns;
        assert_true(due_ns > f.now_ns && due_ns < f.now_ns + 60 * S);
        assert_null(shard_poll_activity(&f));
        shard_fixture_advance(&f, due_ns - f.now_ns - 1);
        assert_null(shard_poll_activity(&f));
        shard_fixture_advance(&f, WF_NS_PER_MS);
        assert_int_equal(shard_poll_activity(&f)->attempt,
                         rows[i].action == WF_ACTIVITY_ACTION_UNPAUSE && rows[i].has_failed ? 2 : 1);
        shard_fixture_deinit(&f);
    }
}

/* A running attempt is not held up by a jitter, nor is what a reset leaves paused let go; and S2C may end in a jitter. */
static void test_machine_activity_options__jitter_holds_nothing_else(void **state)
{
    struct shard_fixture f;
    const struct wf_svc_activity_task *task = NULL;

    (void)state;
    shard_begin_activity(&f);
    task = shard_poll_activity(&f);
    operate(&f, WF_ACTIVITY_ACTION_RESET, (struct wf_svc_operate_activity){.jitter = wf_duration_of(60 * S)});
    shard_status_is(shard_complete_activity(&f, task), WF_CALL_OK);
    shard_fixture_deinit(&f);

    shard_begin_activity(&f);
    operate(&f, WF_ACTIVITY_ACTION_PAUSE, (struct wf_svc_operate_activity){0});
    operate(&f, WF_ACTIVITY_ACTION_RESET,
            (struct wf_svc_operate_activity){.jitter = wf_duration_of(60 * S), .keeps_paused = true});
    shard_fixture_advance(&f, 70 * S);
    assert_null(shard_poll_activity(&f));
    operate(&f, WF_ACTIVITY_ACTION_UNPAUSE,
            (struct wf_svc_operate_activity){.jitter = wf_duration_of(INT64_C(1000000) * S)});
    shard_fixture_advance(&f, 30 * S);
    shard_history_is(&f, "w", TIMED_OUT_WAITING);
    shard_fixture_deinit(&f);
}

/* What no activity can have, and what does not go together, changes nothing. */
static void test_machine_activity_options__is_refused(void **state)
{
    static struct wf_string negative[] = {{"start_to_close_timeout", 22}};
    static struct wf_string none[] = {{"schedule_to_close_timeout", 25}, {"start_to_close_timeout", 22}};
    static struct wf_string queue[] = {{"task_queue.name", 15}};
    static struct wf_string policy[] = {{"retry_policy.maximum_attempts", 29}};
    static struct wf_string unknown[] = {{"priority", 8}};
    static struct wf_retry_policy bad_policy = {.maximum_attempts = -1};
    static struct wf_activity_options empty = {0};
    static struct wf_activity_options bad = {.start_to_close_timeout = {.seconds = -1, .is_set = true},
                                             .retry_policy = &bad_policy};
#define MASK(paths) .update_mask = {.items = (paths), .count = TEST_COUNT(paths), .capacity = TEST_COUNT(paths)}
    static const struct {
        const char *name;
        struct wf_svc_operate_activity operation;
        enum wf_call_status status;
    } rows[] = {
        {"no options", {MASK(negative)}, WF_CALL_INVALID_ARGUMENT},
        {"no mask", {.options = &empty}, WF_CALL_INVALID_ARGUMENT},
        {"unknown path", {.options = &empty, MASK(unknown)}, WF_CALL_INVALID_ARGUMENT},
        {"negative timeout", {.options = &bad, MASK(negative)}, WF_CALL_INVALID_ARGUMENT},
        {"no timeout left", {.options = &empty, MASK(none)}, WF_CALL_INVALID_ARGUMENT},
        {"no queue", {.options = &empty, MASK(queue)}, WF_CALL_INVALID_ARGUMENT},
        {"no policy", {.options = &empty, MASK(policy)}, WF_CALL_INVALID_ARGUMENT},
        {"bad policy", {.options = &bad, MASK(policy)}, WF_CALL_INVALID_ARGUMENT},
        {"options beside the original ones", {.options = &empty, .restores_options = true}, WF_CALL_INVALID_ARGUMENT},
        {"mask beside the original ones", {MASK(queue), .restores_options = true}, WF_CALL_INVALID_ARGUMENT},
        {"negative jitter", {.jitter = {.seconds = -1, .is_set = true}, .restores_options = true}, WF_CALL_INVALID_ARGUMENT},
        {"unknown id", {.activity_id = {"b", 1}, .restores_options = true}, WF_CALL_NOT_FOUND},
    };
    struct shard_fixture f;

    (void)state;
    shard_begin_activity(&f);
    for (size_t i = 0; i < TEST_COUNT(rows); i++) {
        struct wf_svc_operate_activity operation = rows[i].operation;

        operation.action = WF_ACTIVITY_ACTION_UPDATE_OPTIONS;
        if (operation.activity_id.size_bytes == 0) {
            operation.activity_id = WF_STR("a");
        }
        if (shard_operate(&f, operation)->status != (int32_t)rows[i].status) {
            fail_msg("%s", rows[i].name);
        }
    }
    assert_int_equal(wf_time_of(shard_pending_activity(&f)->options->start_to_close_timeout), 20 * S);
    shard_terminate(&f, "w");
    shard_status_is(update(&f, "heartbeat_timeout", empty), WF_CALL_NOT_FOUND);
    shard_fixture_deinit(&f);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_machine_activity_options__mask_names_what_changes),
        cmocka_unit_test(test_machine_activity_options__moves_to_another_queue),
        cmocka_unit_test(test_machine_activity_options__timeouts_run_anew),
        cmocka_unit_test(test_machine_activity_options__changes_while_it_runs),
        cmocka_unit_test(test_machine_activity_options__next_attempt_is_computed_anew),
        cmocka_unit_test(test_machine_activity_options__ends_in_backoff),
        cmocka_unit_test(test_machine_activity_options__changes_in_a_pause),
        cmocka_unit_test(test_machine_activity_options__original_ones_come_back),
        cmocka_unit_test(test_machine_activity_options__jitter_spreads_what_waited),
        cmocka_unit_test(test_machine_activity_options__jitter_holds_nothing_else),
        cmocka_unit_test(test_machine_activity_options__is_refused),
    };

    return cmocka_run_group_tests_name("machine_activity_options", tests, NULL, NULL);
}
