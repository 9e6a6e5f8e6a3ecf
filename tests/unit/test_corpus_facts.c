#include "tests/support/test.h"

#include "sim/cli/corpus_facts.h"
#include "sim/cli/corpus_shape.h"
#include "tests/support/history_builder.h"

/* Names of the traits, without that of every run. */
static struct wf_string traits_text(struct wf_arena *arena, struct history_builder *builder)
{
    const struct wf_history history = history_of(builder);
    const uint64_t traits = cli_traits_of(&history);
    struct wf_buffer out;

    wf_buffer_init(&out, arena);
    for (int i = CLI_TRAIT_RUN + 1; i < CLI_TRAIT_COUNT; i++) {
        if ((traits >> i & 1) != 0) {
            wf_buffer_printf(&out, "%s%s", out.size_bytes == 0 ? "" : " ", cli_trait_rows[i].json_name);
        }
    }
    assert_true((traits >> CLI_TRAIT_RUN & 1) != 0);
    return wf_buffer_string(&out);
}

static void second_attempt(struct wf_arena *arena, struct wf_event *events)
{
    (void)arena;
    events[5].attributes.activity_task_started->attempt = 2;
}

static struct wf_failure *timeout_of(struct wf_arena *arena, int32_t type)
{
    struct wf_failure *failure = wf_message_new(arena, &wf_type_failure);

    failure->failure_info_case = WF_CASE_failure_timeout_failure_info;
    failure->failure_info.timeout_failure_info = wf_message_new(arena, &wf_type_timeout_failure_info);
    failure->failure_info.timeout_failure_info->timeout_type = type;
    return failure;
}

static void heartbeat_missed(struct wf_arena *arena, struct wf_event *events)
{
    events[4].attributes.activity_task_scheduled->heartbeat_timeout = (struct wf_timestamp){5, 0, true};
    events[6].attributes.activity_task_timed_out->failure = timeout_of(arena, WF_TIMEOUT_TYPE_HEARTBEAT);
}

static void heartbeat_missed_before(struct wf_arena *arena, struct wf_event *events)
{
    second_attempt(arena, events);
    events[4].attributes.activity_task_scheduled->heartbeat_timeout = (struct wf_timestamp){0, 500, true};
    events[5].attributes.activity_task_started->last_failure = timeout_of(arena, WF_TIMEOUT_TYPE_HEARTBEAT);
}

static void start_to_close(struct wf_arena *arena, struct wf_event *events)
{
    events[6].attributes.activity_task_timed_out->failure = timeout_of(arena, WF_TIMEOUT_TYPE_START_TO_CLOSE);
}

static void other_worker(struct wf_arena *arena, struct wf_event *events)
{
    (void)arena;
    events[2].attributes.workflow_task_started->identity = WF_STR("a");
    events[7].attributes.workflow_task_started->identity = WF_STR("b");
}

static void same_worker(struct wf_arena *arena, struct wf_event *events)
{
    other_worker(arena, events);
    events[7].attributes.workflow_task_started->identity = WF_STR("a");
}

static void retry(struct wf_arena *arena, struct wf_event *events)
{
    (void)arena;
    events[0].attributes.workflow_execution_started->attempt = 3;
}

static void local_failed(struct wf_arena *arena, struct wf_event *events)
{
    events[4].attributes.marker_recorded->failure = wf_message_new(arena, &wf_type_failure);
}

static void update_failed(struct wf_arena *arena, struct wf_event *events)
{
    struct wf_event_workflow_execution_update_completed *completed = events[5].attributes.workflow_execution_update_completed;

    completed->outcome = wf_message_new(arena, &wf_type_update_outcome);
    completed->outcome->value_case = WF_CASE_update_outcome_failure;
    completed->outcome->value.failure = wf_message_new(arena, &wf_type_failure);
}

/* Attributes of another type tell nothing. */
static void mixed_up(struct wf_arena *arena, struct wf_event *events)
{
    (void)arena;
    events[4].event_type = WF_EVENT_TYPE_ACTIVITY_TASK_TIMED_OUT;
    events[5].event_type = 4711;
}

#define HEAD "started, task, completed"

/* Each outcome, step and fault is seen where it is, and nothing else. */
static void test_corpus_facts__sees_what_happened(void **state)
{
    static const struct {
        const char *history;
        void (*change)(struct wf_arena *arena, struct wf_event *events);
        const char *traits;
    } rows[] = {
        {HEAD, NULL, "open"},
        {HEAD ", closed", NULL, "completed"},
        {HEAD ", closed-failed", NULL, "failed"},
        {HEAD ", closed-canceled", NULL, "canceled"},
        {HEAD ", closed-continued", NULL, "continued_as_new"},
        {HEAD ", terminated", NULL, "terminated"},
        {HEAD ", activity 1 charge, activity-started 5, activity-completed 5, closed", NULL, "activity completed"},
        {HEAD ", activity 1 charge, activity-started 5, activity-completed 5, closed", second_attempt,
         "activity completed activity_retried"},
        {HEAD ", activity 1 charge, activity-started 5, activity-failed 5", NULL, "activity open activity_failed"},
        {HEAD ", activity 1 charge, activity-started 5, activity-timed-out 5", start_to_close,
         "activity open activity_timed_out"},
        {HEAD ", activity 1 charge, activity-started 5, activity-timed-out 5", heartbeat_missed,
         "activity heartbeat open activity_timed_out heartbeat_missed"},
        {HEAD ", activity 1 charge, activity-started 5, activity-completed 5", heartbeat_missed_before,
         "activity heartbeat open activity_retried heartbeat_missed"},
        {HEAD ", activity 1 charge, activity-cancel-requested 5, activity-canceled 5", NULL,
         "activity open activity_canceled"},
        {HEAD ", timer 1, fired 5 1, task, completed", other_worker, "timer open worker_changed"},
        {HEAD ", timer 1, timer-canceled 5, task, completed", same_worker, "timer open timer_canceled"},
        {"started, task, failed, task, completed", NULL, "open workflow_task_failed"},
        {"started, task, reset other, task, completed", NULL, "open reset"},
        {"started, task, timed-out, task, completed", NULL, "open workflow_task_timed_out"},
        {HEAD, retry, "open run_retried"},
        {HEAD ", cancel-requested", NULL, "open cancel_requested"},
        {HEAD ", signaled go", NULL, "signal open"},
        {"started, signaled go, task, completed", NULL, "signal open signal_before_first_task"},
        {HEAD ", child c Child, child-started 5, child-completed 5", NULL, "child open"},
        {HEAD ", child c Child, child-start-failed 5", NULL, "child open child_start_failed"},
        {HEAD ", child c Child, child-started 5, child-failed 5", NULL, "child open child_failed"},
        {HEAD ", child c Child, child-started 5, child-timed-out 5", NULL, "child open child_failed"},
        {HEAD ", child c Child, child-started 5, child-canceled 5", NULL, "child open child_stopped"},
        {HEAD ", child c Child, child-started 5, child-terminated 5", NULL, "child open child_stopped"},
        {HEAD ", signal-external wake, external-signaled 5", NULL, "external open"},
        {HEAD ", signal-external wake, signal-external-failed 5", NULL, "external open external_failed"},
        {HEAD ", cancel-external w, cancel-external-failed 5", NULL, "external open external_failed"},
        {HEAD ", patch p", NULL, "patch open"},
        {HEAD ", local 1 look", NULL, "local_activity open"},
        {HEAD ", local 1 look", local_failed, "local_activity open local_activity_failed"},
        {HEAD ", accepted u 2, update-completed u", NULL, "update open"},
        {HEAD ", accepted u 2, update-completed u", update_failed, "update open update_failed"},
        {HEAD ", nexus 1, nexus-failed 5", NULL, "nexus open nexus_failed"},
        {HEAD ", timer 1, fired 5 1", mixed_up, "open"},
    };

    for (size_t i = 0; i < TEST_COUNT(rows); i++) {
        struct history_builder builder;

        history_init(&builder, *state);
        history_add(&builder, rows[i].history);
        if (rows[i].change != NULL) {
            rows[i].change(*state, builder.events);
        }
        test_string_is(rows[i].history, traits_text(*state, &builder), rows[i].traits);
    }
}

/* A run that timed out has no word in the builder. */
static void test_corpus_facts__sees_a_run_that_timed_out(void **state)
{
    struct history_builder builder;

    history_init(&builder, *state);
    history_add(&builder, HEAD);
    (void)history_event(&builder, WF_EVENT_TYPE_WORKFLOW_EXECUTION_TIMED_OUT);
    test_string_is("timed out", traits_text(*state, &builder), "timed_out");
}

/* Repetitions fold, also those of loops; what stands between keeps them apart; growth is that of the largest loop. */
static void test_corpus_shape__folds_loops(void **state)
{
    static const struct {
        const char *history;
        const char *outline;
        uint64_t loop_events; /* of all iterations */
        uint64_t loop_count;
    } rows[] = {
        {HEAD ", closed", "WorkflowExecutionStarted, WorkflowExecutionCompleted", 0, 0},
        {"started, signaled go, signaled go, signaled go, task, completed", "WorkflowExecutionStarted, (signal go)+", 3, 3},
        {"started, signaled go, signaled go, signaled stop", "WorkflowExecutionStarted, (signal go)+, signal stop", 2, 2},
        {"started, signaled go, signaled stop, signaled go", "WorkflowExecutionStarted, signal go, signal stop, signal go", 0,
         0},
        {HEAD ", timer 1, fired 5 1, task, completed, timer 2, fired 10 2, task, completed, timer 3, fired 15 3, task, "
              "completed, closed",
         "WorkflowExecutionStarted, (TimerStarted, TimerFired)+, WorkflowExecutionCompleted", 12, 3},
        {"started, signaled a, signaled b, signaled b, signaled a, signaled b, signaled b, signaled b",
         "WorkflowExecutionStarted, (signal a, (signal b)+)+", 7, 2},
        {"started, signaled a, signaled b, signaled a, signaled b, signaled b", "WorkflowExecutionStarted, (signal a, signal b)+, signal b",
         4, 2},
    };

    for (size_t i = 0; i < TEST_COUNT(rows); i++) {
        struct history_builder builder;
        struct wf_history history;
        struct cli_shape shape;

        history_init(&builder, *state);
        history_add(&builder, rows[i].history);
        history = history_of(&builder);
        assert_true(cli_shape_of(*state, &history, &shape));
        test_string_is(rows[i].history, shape.outline, rows[i].outline);
        assert_int_equal(shape.loop_event_count, rows[i].loop_events);
        assert_int_equal(shape.loop_count, rows[i].loop_count);
    }
}

/* How often a loop ran and what workers did make no other shape; another step does. */
static void test_corpus_shape__is_the_same_for_the_same_steps(void **state)
{
    static const char *const histories[] = {
        "started, signaled go, signaled go, task, completed, closed",
        "started, signaled go, task, timed-out, task, completed, signaled go, signaled go, signaled go, closed",
        "started, signaled go, signaled stop, task, completed, closed",
    };
    uint64_t digests[TEST_COUNT(histories)];

    for (size_t i = 0; i < TEST_COUNT(histories); i++) {
        struct history_builder builder;
        struct wf_history history;
        struct cli_shape shape;

        history_init(&builder, *state);
        history_add(&builder, histories[i]);
        history = history_of(&builder);
        assert_true(cli_shape_of(*state, &history, &shape));
        digests[i] = shape.digest;
    }
    assert_true(digests[0] == digests[1]);
    assert_true(digests[0] != digests[2]);
}

/* Fifty thousand events of three nested loops: one short line, and soon. */
static void test_corpus_shape__folds_a_long_history(void **state)
{
    struct history_builder builder;
    struct wf_history history;
    struct cli_shape shape;

    history_init(&builder, *state);
    history_add(&builder, "started");
    for (uint32_t i = 0; i < 2000; i++) {
        for (uint32_t j = 0; j < 2 + i % 5; j++) {
            history_add(&builder, "signaled a, signaled b, signaled b");
        }
        history_add(&builder, "signaled c");
    }
    history = history_of(&builder);
    assert_true(cli_shape_of(*state, &history, &shape));
    test_string_is("outline", shape.outline, "WorkflowExecutionStarted, ((signal a, (signal b)+)+, signal c)+");
    assert_int_equal(shape.loop_count, 2000);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST_IN_ARENA(test_corpus_facts__sees_what_happened),
        TEST_IN_ARENA(test_corpus_facts__sees_a_run_that_timed_out),
        TEST_IN_ARENA(test_corpus_shape__folds_loops),
        TEST_IN_ARENA(test_corpus_shape__is_the_same_for_the_same_steps),
        TEST_IN_ARENA(test_corpus_shape__folds_a_long_history),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
