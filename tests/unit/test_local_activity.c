/*
 * Local activities that a live worker runs: which attempts it asks for, when, and what the code and
 * history hear of them. Source: engine-semantics 3.7, 4.11; replay-rules 3.4, 4.4.
 */
#include "tests/support/test.h"

#include "engine/time.h"
#include "engine/worker.h"
#include "tests/support/script.h"

#define EPOCH_NS (INT64_C(1767225600) * WF_NS_PER_S)

struct bench {
    struct wf_arena *arena;
    struct wf_worker *worker;
    struct wf_worker_output out;
    struct wf_error err;
    struct history_builder history;
    wf_time_ns steady_ns;
};

static void bench_init(struct bench *bench, struct wf_arena *arena)
{
    const struct wf_worker_config config = {
        .blocks = arena->source, .cache_size_max = 1, .family = WF_FAMILY_CORE};

    *bench = (struct bench){.arena = arena, .worker = wf_worker_new(&config)};
    assert_non_null(bench->worker);
    history_init(&bench->history, arena);
}

static void feed(struct bench *bench, struct wf_worker_input in)
{
    in.steady_ns = bench->steady_ns;
    in.now_ns = EPOCH_NS + bench->steady_ns;
    if (wf_worker_step(bench->worker, &in, &bench->out, &bench->err) != WF_OK) {
        fail_msg("%s", bench->err.message);
    }
}

/* A task with the events that were added since the last one. */
static void task(struct bench *bench, int64_t first_id, int64_t previous_id)
{
    const struct wf_task given = {.run_id = WF_STR(HISTORY_RUN_ID),
                                  .events = bench->history.events + first_id - 1,
                                  .event_count = bench->history.count - (uint32_t)first_id + 1,
                                  .started_event_id = bench->history.count,
                                  .previous_started_event_id = previous_id,
                                  .attempt = 1,
                                  .is_full_history = first_id == 1};

    feed(bench, (struct wf_worker_input){.type = WF_WORKER_TASK, .task = &given});
}

static void answer(struct bench *bench, const struct wf_sdk_completion *completion)
{
    struct wf_worker_input in = {.type = WF_WORKER_COMPLETION};

    in.completion.slot = bench->out.slot;
    in.completion.completion = completion;
    feed(bench, in);
}

/* The code's commands; those of local activities have these options. */
static void answer_with(struct bench *bench, const char *commands,
                        const struct wf_sdk_schedule_local_activity *options)
{
    const struct wf_sdk_completion *completion = script_completion(bench->arena, commands);
    const struct wf_sdk_completion_success *success = completion->status.successful;

    for (uint32_t i = 0; i < success->commands.count; i++) {
        struct wf_sdk_command *command = &success->commands.items[i];

        if (command->variant_case == WF_CASE_sdk_command_schedule_local_activity) {
            struct wf_sdk_schedule_local_activity *schedule =
                command->variant.schedule_local_activity;

            schedule->retry_policy = options->retry_policy;
            schedule->attempt = options->attempt;
            schedule->original_schedule_time = options->original_schedule_time;
            schedule->schedule_to_close_timeout = options->schedule_to_close_timeout;
            schedule->start_to_close_timeout = options->start_to_close_timeout;
            schedule->local_retry_threshold = options->local_retry_threshold;
            schedule->cancellation_type = options->cancellation_type;
        }
    }
    answer(bench, completion);
}

/* A first task whose code answers so. */
static void begin(struct bench *bench, struct wf_arena *arena, const char *commands,
                  const struct wf_sdk_schedule_local_activity *options)
{
    bench_init(bench, arena);
    history_add(&bench->history, "started, task");
    task(bench, 1, 0);
    answer_with(bench, commands, options);
}

static void end_attempt(struct bench *bench, uint32_t seq, uint32_t attempt, enum wf_local_end end)
{
    struct wf_worker_input in = {.type = WF_WORKER_LOCAL_ENDED};
    struct wf_payload result = {.data = WF_STR("\"done\"")};
    struct wf_application_failure_info info = {.type = WF_STR("Busy")};
    struct wf_failure failure = {.message = WF_STR("busy"),
                                 .failure_info_case = WF_CASE_failure_application_failure_info,
                                 .failure_info = {.application_failure_info = &info}};

    in.local_ended.seq = seq;
    in.local_ended.attempt = attempt;
    in.local_ended.end = end;
    in.local_ended.result = end == WF_LOCAL_COMPLETED ? &result : NULL;
    in.local_ended.failure = end == WF_LOCAL_FAILED ? &failure : NULL;
    feed(bench, in);
}

/* Time passes to the moment for which the worker asked. */
static void wake(struct bench *bench)
{
    assert_true(bench->out.local.wake_ns >= bench->steady_ns);
    assert_true(bench->out.local.wake_ns < INT64_MAX);
    bench->steady_ns = bench->out.local.wake_ns;
    feed(bench, (struct wf_worker_input){.type = WF_WORKER_ALARM, .alarm = {.slot = 0}});
}

/* What the step gave: "wait", an activation or a response, and its work: "+1#2" starts attempt 2 of 1, "-1" stops it. */
static void expect(struct bench *bench, const char *expected)
{
    static const char *const types[] = {"idle", "", "want history", "", "finding", "wait"};
    const struct wf_local_work *work = &bench->out.local;
    struct wf_buffer text;

    wf_buffer_init(&text, bench->arena);
    if (bench->out.type == WF_WORKER_ACTIVATION) {
        script_trace(&text, bench->out.activation);
        text.size_bytes--;
    } else if (bench->out.type == WF_WORKER_RESPONSE) {
        assert_false(bench->out.response.is_failed);
        wf_buffer_append_text(&text, bench->out.response.force_create_new_task ? "again: " : "");
        script_trace_commands(&text, bench->out.response.commands,
                              bench->out.response.command_count);
    } else {
        wf_buffer_append_text(&text, types[bench->out.type]);
    }
    for (uint32_t i = 0; i < work->start_count; i++) {
        wf_buffer_printf(&text, " +%u#%u", work->starts[i].seq, work->starts[i].attempt);
    }
    for (uint32_t i = 0; i < work->stop_count; i++) {
        wf_buffer_printf(&text, " -%u", work->stops[i]);
    }
    test_string_is("step", wf_buffer_string(&text), expected);
}

static const struct wf_sdk_schedule_local_activity plain = {
    .start_to_close_timeout = {.seconds = 60, .is_set = true}};

#define DATA(seq, attempt, complete, backoff)                                                      \
    "RecordMarker core_local_activity {\"seq\":" #seq ",\"attempt\":" #attempt                    \
    ",\"activity_id\":\"" #seq "\",\"activity_type\":\"loc\",\"complete_time\":" complete            \
    ",\"backoff\":" backoff ",\"original_schedule_time\":{\"seconds\":1767225600,\"nanos\":0}}"

/* The history builder's first task starts at 1700000003. */
#define AT(seconds) "{\"seconds\":" seconds ",\"nanos\":0}"

/* ---- An outcome ---- */

/* The task waits; the marker goes with its answer, and holds the clock that the code saw. */
static void test_local_activity__a_result_is_a_marker_of_the_waiting_task(void **state)
{
    struct bench bench;

    begin(&bench, *state, "local 1 loc 1", &plain);
    expect(&bench, "wait +1#1");
    bench.steady_ns = 2 * WF_NS_PER_S;
    end_attempt(&bench, 1, 1, WF_LOCAL_COMPLETED);
    expect(&bench, "3 live: local 1 completed");
    answer(&bench, script_completion(bench.arena, "complete"));
    expect(&bench, DATA(1, 1, AT("1700000005"), "null") ", CompleteWorkflowExecution");
    wf_worker_free(bench.worker);
}

/* What comes of an attempt that nobody waits for changes nothing. */
static void test_local_activity__a_late_end_is_passed_over(void **state)
{
    struct bench bench;

    begin(&bench, *state, "local 1 loc 1", &plain);
    end_attempt(&bench, 1, 2, WF_LOCAL_COMPLETED);
    expect(&bench, "wait");
    end_attempt(&bench, 7, 1, WF_LOCAL_COMPLETED);
    expect(&bench, "wait");
    wf_worker_free(bench.worker);
}

/* ---- Retries ---- */

/* A short backoff passes in the worker: neither the code nor history hears of it. */
static void test_local_activity__a_short_backoff_is_waited_for_in_the_worker(void **state)
{
    struct bench bench;

    begin(&bench, *state, "local 1 loc 1", &plain);
    end_attempt(&bench, 1, 1, WF_LOCAL_FAILED);
    expect(&bench, "wait");
    assert_int_equal(bench.out.local.wake_ns, WF_NS_PER_S);
    wake(&bench);
    expect(&bench, "wait +1#2");
    end_attempt(&bench, 1, 2, WF_LOCAL_COMPLETED);
    expect(&bench, "3 live: local 1 completed");
    wf_worker_free(bench.worker);
}

/* A backoff beyond the threshold is the code's to wait for: the marker says how long. */
static void test_local_activity__a_long_backoff_is_told_to_the_code(void **state)
{
    struct bench bench;
    struct wf_sdk_schedule_local_activity options = plain;

    options.local_retry_threshold = wf_duration_of(WF_NS_PER_S / 2);
    begin(&bench, *state, "local 1 loc 1", &options);
    end_attempt(&bench, 1, 1, WF_LOCAL_FAILED);
    expect(&bench, "3 live: local 1 backoff");
    assert_int_equal(bench.out.activation->jobs.items[0].variant.resolve_activity->result->status
                         .backoff->attempt,
                     2);
    answer(&bench, script_completion(bench.arena, "timer 2"));
    expect(&bench, DATA(1, 1, AT("1700000003"), "{\"seconds\":1,\"nanos\":0}") ", StartTimer 2");
    wf_worker_free(bench.worker);
}

static void test_local_activity__the_last_attempt_fails_the_activity(void **state)
{
    struct bench bench;
    struct wf_retry_policy policy = {.maximum_attempts = 1};
    struct wf_sdk_schedule_local_activity options = plain;

    options.retry_policy = &policy;
    begin(&bench, *state, "local 1 loc 1", &options);
    end_attempt(&bench, 1, 1, WF_LOCAL_FAILED);
    expect(&bench, "3 live: local 1 failed");
    answer(&bench, script_completion(bench.arena, "complete"));
    test_string_is("failure",
                   bench.out.response.commands[0].attributes.record_marker->failure->message,
                   "busy");
    wf_worker_free(bench.worker);
}

/* ---- Timeouts ---- */

static void test_local_activity__a_timeout_is_final(void **state)
{
    static const struct {
        const char *name;
        struct wf_sdk_schedule_local_activity options;
        int32_t type;
    } rows[] = {
        {"start to close",
         {.start_to_close_timeout = {.seconds = 3, .is_set = true}},
         WF_TIMEOUT_TYPE_START_TO_CLOSE},
        {"schedule to close",
         {.schedule_to_close_timeout = {.seconds = 3, .is_set = true}},
         WF_TIMEOUT_TYPE_SCHEDULE_TO_CLOSE},
    };

    for (size_t i = 0; i < TEST_COUNT(rows); i++) {
        struct bench bench;
        const struct wf_failure *failure = NULL;

        begin(&bench, *state, "local 1 loc 1", &rows[i].options);
        wake(&bench);
        expect(&bench, "3 live: local 1 failed -1");
        assert_int_equal(bench.steady_ns, 3 * WF_NS_PER_S);
        failure = bench.out.activation->jobs.items[0].variant.resolve_activity->result->status
                      .failed->failure;
        assert_int_equal(failure->failure_info_case, WF_CASE_failure_timeout_failure_info);
        assert_int_equal(failure->failure_info.timeout_failure_info->timeout_type, rows[i].type);
        wf_worker_free(bench.worker);
    }
}

/* Schedule to close goes on from the first schedule, over the timers of the code. */
static void test_local_activity__schedule_to_close_counts_from_the_first_schedule(void **state)
{
    struct bench bench;
    struct wf_sdk_schedule_local_activity options = {
        .attempt = 4,
        .original_schedule_time = wf_timestamp_of(EPOCH_NS - 9 * WF_NS_PER_S),
        .schedule_to_close_timeout = {.seconds = 10, .is_set = true}};

    begin(&bench, *state, "local 1 loc 1", &options);
    expect(&bench, "wait +1#4");
    assert_int_equal(bench.out.local.wake_ns, WF_NS_PER_S);
    wf_worker_free(bench.worker);

    options.original_schedule_time = wf_timestamp_of(EPOCH_NS - 10 * WF_NS_PER_S);
    begin(&bench, *state, "local 1 loc 1", &options);
    expect(&bench, "3 live: local 1 failed -1");
    wf_worker_free(bench.worker);
}

/* ---- Cancellation (replay-rules 4.4) ---- */

/* A second local activity's end lets the code cancel the first, which runs. */
static void test_local_activity__cancelled_while_it_runs(void **state)
{
    static const struct {
        const char *name;
        int32_t type;
        const char *cancelled; /* the step after the request */
    } rows[] = {
        {"try", WF_SDK_ACTIVITY_CANCELLATION_TYPE_TRY_CANCEL, "3 live: local 1 cancelled -1"},
        {"abandon", WF_SDK_ACTIVITY_CANCELLATION_TYPE_ABANDON, "3 live: local 1 cancelled"},
        {"wait", WF_SDK_ACTIVITY_CANCELLATION_TYPE_WAIT_CANCELLATION_COMPLETED, "wait -1"},
    };

    for (size_t i = 0; i < TEST_COUNT(rows); i++) {
        struct bench bench;
        struct wf_sdk_schedule_local_activity options = plain;

        options.cancellation_type = rows[i].type;
        begin(&bench, *state, "local 1 loc 1, local 2 loc 2", &options);
        expect(&bench, "wait +1#1 +2#1");
        end_attempt(&bench, 2, 1, WF_LOCAL_COMPLETED);
        answer(&bench, script_completion(bench.arena, "cancel-local 1"));
        expect(&bench, rows[i].cancelled);
        if (bench.out.type == WF_WORKER_WAIT) {
            end_attempt(&bench, 1, 1, WF_LOCAL_CANCELED);
            expect(&bench, "3 live: local 1 cancelled");
        }
        wf_worker_free(bench.worker);
    }
}

/* What was asked to stop and fails is not tried again. */
static void test_local_activity__a_cancel_request_ends_the_retries(void **state)
{
    struct bench bench;
    struct wf_sdk_schedule_local_activity options = plain;

    options.cancellation_type = WF_SDK_ACTIVITY_CANCELLATION_TYPE_WAIT_CANCELLATION_COMPLETED;
    begin(&bench, *state, "local 1 loc 1, local 2 loc 2", &options);
    end_attempt(&bench, 2, 1, WF_LOCAL_COMPLETED);
    answer(&bench, script_completion(bench.arena, "cancel-local 1"));
    end_attempt(&bench, 1, 1, WF_LOCAL_FAILED);
    expect(&bench, "3 live: local 1 failed");
    wf_worker_free(bench.worker);
}

/* One that nobody runs is resolved at once, whatever its type, and leaves a marker. */
static void test_local_activity__cancelled_before_it_runs(void **state)
{
    struct bench bench;
    struct wf_sdk_schedule_local_activity options = plain;

    options.cancellation_type = WF_SDK_ACTIVITY_CANCELLATION_TYPE_WAIT_CANCELLATION_COMPLETED;
    begin(&bench, *state, "local 1 loc 1, cancel-local 1", &options);
    expect(&bench, "3 live: local 1 cancelled");
    answer(&bench, script_completion(bench.arena, "complete"));
    expect(&bench,
           "RecordMarker core_local_activity {\"seq\":1,\"attempt\":1,\"activity_id\":\"1\","
           "\"activity_type\":\"loc\",\"complete_time\":null,\"backoff\":null,"
           "\"original_schedule_time\":null}, CompleteWorkflowExecution");
    wf_worker_free(bench.worker);
}

/* ---- Tasks that last (engine-semantics 3.7) ---- */

/* At 80% of the task's timeout the task is answered; the next one is forced, and what ended meanwhile goes with it. */
static void test_local_activity__a_long_one_goes_on_over_tasks(void **state)
{
    struct bench bench;

    begin(&bench, *state, "local 1 loc 1, local 2 loc 2", &plain);
    end_attempt(&bench, 2, 1, WF_LOCAL_COMPLETED);
    answer(&bench, script_completion(bench.arena, ""));
    expect(&bench, "wait");
    wake(&bench);
    assert_int_equal(bench.steady_ns, 8 * WF_NS_PER_S);
    expect(&bench, "again: " DATA(2, 1, AT("1700000003"), "null"));

    end_attempt(&bench, 1, 1, WF_LOCAL_COMPLETED);
    expect(&bench, "idle");
    history_add(&bench.history, "completed, local 2 loc, task");
    task(&bench, 4, 3);
    expect(&bench, "7 live: local 1 completed");
    answer(&bench, script_completion(bench.arena, "complete"));
    expect(&bench, DATA(1, 1, AT("1700000011"), "null") ", CompleteWorkflowExecution");
    wf_worker_free(bench.worker);
}

/* A run that ends waits for none, and its attempts hear that they are cancelled. */
static void test_local_activity__a_closing_run_stops_them(void **state)
{
    struct bench bench;

    begin(&bench, *state, "local 1 loc 1, local 2 loc 2", &plain);
    end_attempt(&bench, 2, 1, WF_LOCAL_COMPLETED);
    answer(&bench, script_completion(bench.arena, "complete"));
    expect(&bench, DATA(2, 1, AT("1700000003"), "null") ", CompleteWorkflowExecution -1");
    wf_worker_free(bench.worker);
}

/* Another worker finds no marker and begins anew: nothing was recorded of what ran. */
static void test_local_activity__without_a_marker_it_runs_again(void **state)
{
    struct bench bench;

    bench_init(&bench, *state);
    history_add(&bench.history, "started, task, completed, task");
    task(&bench, 1, 3);
    expect(&bench, "6 live: initialize");
    answer_with(&bench, "local 1 loc 1", &plain);
    expect(&bench, "wait +1#1");
    wf_worker_free(bench.worker);
}

/* A task whose worker waits and that comes again has timed out: the run begins from its history. */
static void test_local_activity__a_new_task_drops_the_one_that_waits(void **state)
{
    struct bench bench;

    begin(&bench, *state, "local 1 loc 1", &plain);
    task(&bench, 1, 0);
    assert_true(bench.out.is_new);
    expect(&bench, "3 live: initialize");
    wf_worker_free(bench.worker);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST_IN_ARENA(test_local_activity__a_result_is_a_marker_of_the_waiting_task),
        TEST_IN_ARENA(test_local_activity__a_late_end_is_passed_over),
        TEST_IN_ARENA(test_local_activity__a_short_backoff_is_waited_for_in_the_worker),
        TEST_IN_ARENA(test_local_activity__a_long_backoff_is_told_to_the_code),
        TEST_IN_ARENA(test_local_activity__the_last_attempt_fails_the_activity),
        TEST_IN_ARENA(test_local_activity__a_timeout_is_final),
        TEST_IN_ARENA(test_local_activity__schedule_to_close_counts_from_the_first_schedule),
        TEST_IN_ARENA(test_local_activity__cancelled_while_it_runs),
        TEST_IN_ARENA(test_local_activity__a_cancel_request_ends_the_retries),
        TEST_IN_ARENA(test_local_activity__cancelled_before_it_runs),
        TEST_IN_ARENA(test_local_activity__a_long_one_goes_on_over_tasks),
        TEST_IN_ARENA(test_local_activity__a_closing_run_stops_them),
        TEST_IN_ARENA(test_local_activity__without_a_marker_it_runs_again),
        TEST_IN_ARENA(test_local_activity__a_new_task_drops_the_one_that_waits),
    };

    return cmocka_run_group_tests_name("local_activity", tests, NULL, NULL);
}
