/*
 * The worker of the simulator: live tasks, the cache, and that a cold start gives what a warm one
 * gives.
 */
#include "tests/support/test.h"

#include "engine/codec.h"
#include "engine/worker.h"
#include "tests/support/script.h"

struct bench {
    struct wf_arena *arena;
    struct wf_worker *worker;
    struct wf_worker_output out;
    struct wf_error err;
    const struct history_builder *history;
    struct wf_string batch; /* of the last task */
    int64_t last_id;        /* events that a task brings; 0: up to its started event */
};

static void bench_init(struct bench *bench, struct wf_arena *arena,
                       const struct history_builder *history, uint32_t cache_size_max)
{
    const struct wf_worker_config config = {.blocks = arena->source,
                                            .cache_size_max = cache_size_max,
                                            .family = WF_FAMILY_CORE,
                                            .sdk_name = WF_STR("wfsim"),
                                            .sdk_version = WF_STR("1.0")};

    *bench = (struct bench){.arena = arena, .worker = wf_worker_new(&config), .history = history};
    assert_non_null(bench->worker);
}

/* A task with the events from first_id to its started event, as bytes. */
static enum wf_status task(struct bench *bench, const char *run_id, int64_t first_id,
                           int64_t started_id, int64_t previous_id)
{
    struct wf_task given = {.token = WF_STR("token"),
                            .run_id = wf_string_of(run_id),
                            .workflow_id = WF_STR("workflow-id"),
                            .batches = &bench->batch,
                            .batch_count = 1,
                            .started_event_id = started_id,
                            .previous_started_event_id = previous_id,
                            .attempt = 1,
                            .is_full_history = first_id == 1};
    const struct wf_worker_input in = {.type = WF_WORKER_TASK, .task = &given};

    bench->batch = history_bytes(bench->history, first_id,
                                 bench->last_id == 0 ? started_id : bench->last_id);
    return wf_worker_step(bench->worker, &in, &bench->out, &bench->err);
}

static void answer(struct bench *bench, const char *commands)
{
    struct wf_worker_input in = {.type = WF_WORKER_COMPLETION};

    in.completion.slot = bench->out.slot;
    in.completion.completion = script_completion(bench->arena, commands);
    assert_int_equal(wf_worker_step(bench->worker, &in, &bench->out, &bench->err), WF_OK);
}

static void expect_activation(struct bench *bench, const char *line)
{
    struct wf_buffer trace;

    assert_int_equal(bench->out.type, WF_WORKER_ACTIVATION);
    wf_buffer_init(&trace, bench->arena);
    script_trace(&trace, bench->out.activation);
    test_string_is("activation", (struct wf_string){trace.data, trace.size_bytes - 1}, line);
}

static void expect_commands(struct bench *bench, const char *commands)
{
    struct wf_buffer trace;

    assert_int_equal(bench->out.type, WF_WORKER_RESPONSE);
    assert_false(bench->out.response.is_failed);
    wf_buffer_init(&trace, bench->arena);
    script_trace_commands(&trace, bench->out.response.commands, bench->out.response.command_count);
    test_string_is("commands", wf_buffer_string(&trace), commands);
}

#define LIFE                                                                                       \
    "started, task, completed, activity 1 foo, activity-started 5, activity-completed 5, task, "   \
    "completed, "                                                                                  \
    "timer 2, signaled, task, completed, timer-canceled 11, closed"

/* ---- A life in the cache ---- */

/* Each task brings only what is new; its commands are matched when the next one brings their
 * events. */
static void test_worker__a_cached_run_goes_on_with_new_events(void **state)
{
    struct history_builder history;
    struct bench bench;

    history_init(&history, *state);
    history_add(&history, LIFE);
    bench_init(&bench, *state, &history, 2);

    assert_int_equal(task(&bench, HISTORY_RUN_ID, 1, 3, 0), WF_OK);
    assert_true(bench.out.is_new);
    expect_activation(&bench, "3 live: initialize");
    answer(&bench, "activity 1 foo");
    expect_commands(&bench, "ScheduleActivityTask foo 1");
    test_string_is("token", bench.out.response.token, "token");

    assert_int_equal(task(&bench, HISTORY_RUN_ID, 4, 9, 3), WF_OK);
    assert_false(bench.out.is_new);
    expect_activation(&bench, "9 live: activity 1 completed");
    answer(&bench, "timer 2");
    expect_commands(&bench, "StartTimer 2");

    assert_int_equal(task(&bench, HISTORY_RUN_ID, 10, 14, 9), WF_OK);
    expect_activation(&bench, "14 live: signal signal");
    answer(&bench, "cancel-timer 2, complete");
    expect_commands(&bench, "CancelTimer 2, CompleteWorkflowExecution");
    assert_true(bench.out.response.evict);
    wf_worker_free(bench.worker);
}

/* A cold start replays what is past and then asks for the same commands. */
static void test_worker__a_cold_start_asks_for_the_same_commands(void **state)
{
    struct history_builder history;
    struct bench bench;

    history_init(&history, *state);
    history_add(&history, LIFE);
    bench_init(&bench, *state, &history, 2);

    assert_int_equal(task(&bench, HISTORY_RUN_ID, 1, 14, 9), WF_OK);
    expect_activation(&bench, "3 replaying: initialize");
    answer(&bench, "activity 1 foo");
    expect_activation(&bench, "9 replaying: activity 1 completed");
    answer(&bench, "timer 2");
    expect_activation(&bench, "14 live: signal signal");
    answer(&bench, "cancel-timer 2, complete");
    expect_commands(&bench, "CancelTimer 2, CompleteWorkflowExecution");
    wf_worker_free(bench.worker);
}

/* The flags of core and the name of the SDK are recorded once, in the first task. */
static void test_worker__flags_and_names_are_recorded_once(void **state)
{
    const struct wf_workflow_task_completed_metadata *metadata = NULL;
    struct history_builder history;
    struct bench bench;

    history_init(&history, *state);
    history_add(&history, LIFE);
    bench_init(&bench, *state, &history, 1);

    assert_int_equal(task(&bench, HISTORY_RUN_ID, 1, 3, 0), WF_OK);
    answer(&bench, "activity 1 foo");
    metadata = bench.out.response.sdk_metadata;
    assert_non_null(metadata);
    assert_int_equal(metadata->core_used_flags.count, 3);
    assert_int_equal(metadata->core_used_flags.items[2], 3);
    test_string_is("name", metadata->sdk_name, "wfsim");
    test_string_is("version", metadata->sdk_version, "1.0");
    assert_int_equal(task(&bench, HISTORY_RUN_ID, 4, 9, 3), WF_OK);
    answer(&bench, "timer 2");
    assert_null(bench.out.response.sdk_metadata);
    wf_worker_free(bench.worker);
}

/* ---- Losing runs ---- */

/* A task with new events only, for a run that is not cached, wants the whole history. */
static void test_worker__a_lost_run_wants_its_history(void **state)
{
    struct history_builder history;
    struct bench bench;

    history_init(&history, *state);
    history_add(&history, LIFE);
    bench_init(&bench, *state, &history, 1);

    assert_int_equal(task(&bench, HISTORY_RUN_ID, 4, 9, 3), WF_OK);
    assert_int_equal(bench.out.type, WF_WORKER_WANT_HISTORY);
    test_string_is("run", bench.out.run_id, HISTORY_RUN_ID);
    assert_int_equal(task(&bench, HISTORY_RUN_ID, 1, 9, 3), WF_OK);
    expect_activation(&bench, "3 replaying: initialize");
    wf_worker_free(bench.worker);
}

/* A history that ends before its task comes from a service that was overtaken; it is wanted again.
 */
static void test_worker__a_history_that_ends_before_its_task_is_wanted_again(void **state)
{
    struct history_builder history;
    struct bench bench;

    history_init(&history, *state);
    history_add(&history, LIFE);
    bench_init(&bench, *state, &history, 1);

    bench.last_id = 3;
    assert_int_equal(task(&bench, HISTORY_RUN_ID, 1, 9, 3), WF_OK);
    assert_int_equal(bench.out.type, WF_WORKER_WANT_HISTORY);
    test_string_is("run", bench.out.run_id, HISTORY_RUN_ID);
    assert_int_equal(wf_worker_find(bench.worker, WF_STR(HISTORY_RUN_ID)), UINT32_MAX);
    wf_worker_free(bench.worker);
}

/* A task that does not go on where the run stopped (our answer was lost, and the task timed out)
 * drops the cached run. */
static void test_worker__a_task_that_does_not_follow_drops_the_cached_run(void **state)
{
    struct history_builder history;
    struct bench bench;

    history_init(&history, *state);
    history_add(&history, "started, task, timed-out, task");
    bench_init(&bench, *state, &history, 1);

    assert_int_equal(task(&bench, HISTORY_RUN_ID, 1, 3, 0), WF_OK);
    answer(&bench, "activity 1 foo");
    assert_int_equal(bench.out.type, WF_WORKER_RESPONSE);
    assert_int_equal(task(&bench, HISTORY_RUN_ID, 1, 6, 0), WF_OK);
    assert_true(bench.out.is_new);
    expect_activation(&bench, "6 live: initialize");
    wf_worker_free(bench.worker);
}

/* What history went on with while it was fetched does not make the answer one of the past: the next
 * task begins anew. */
static void test_worker__a_history_beyond_its_task_is_cut_at_its_start(void **state)
{
    struct history_builder history;
    struct bench bench;
    struct wf_string bytes = {0};
    struct wf_run_view view;
    struct wf_task given = {.run_id = WF_STR(HISTORY_RUN_ID),
                            .batches = &bytes,
                            .batch_count = 1,
                            .started_event_id = 9,
                            .previous_started_event_id = 3,
                            .attempt = 1,
                            .is_full_history = true};
    const struct wf_worker_input in = {.type = WF_WORKER_HISTORY, .task = &given};

    history_init(&history, *state);
    history_add(
        &history,
        "started, task, completed, activity 1 foo, activity-started 5, activity-completed 5, task, "
        "timed-out, task");
    bytes = history_bytes(&history, 1, 12);
    bench_init(&bench, *state, &history, 1);

    assert_int_equal(wf_worker_step(bench.worker, &in, &bench.out, &bench.err), WF_OK);
    expect_activation(&bench, "3 replaying: initialize");
    answer(&bench, "activity 1 foo");
    expect_activation(&bench, "9 live: activity 1 completed");
    answer(&bench, "timer 2");
    expect_commands(&bench, "StartTimer 2");
    assert_true(wf_worker_view(bench.worker, bench.out.slot, &view));
    assert_int_equal(view.last_started_event_id, 9);
    assert_int_equal(task(&bench, HISTORY_RUN_ID, 4, 12, 3), WF_OK);
    assert_int_equal(bench.out.type, WF_WORKER_WANT_HISTORY);
    wf_worker_free(bench.worker);
}

/* The ids of a transient task that is over went to other events: nothing is run for it. */
static void test_worker__a_history_without_the_task_is_wanted_again(void **state)
{
    struct history_builder history;
    struct bench bench;

    history_init(&history, *state);
    history_add(&history, "started, task, completed, activity 1 foo, activity-started 5, "
                          "activity-completed 5, signaled, "
                          "task");
    bench_init(&bench, *state, &history, 1);

    assert_int_equal(task(&bench, HISTORY_RUN_ID, 1, 9, 3), WF_OK);
    assert_int_equal(bench.out.type, WF_WORKER_WANT_HISTORY);
    wf_worker_free(bench.worker);
}

/* A run that still waits for its host is dropped by a new task for it. */
static void test_worker__a_task_for_a_busy_run_begins_it_again(void **state)
{
    struct history_builder history;
    struct bench bench;

    history_init(&history, *state);
    history_add(&history, LIFE);
    bench_init(&bench, *state, &history, 1);

    assert_int_equal(task(&bench, HISTORY_RUN_ID, 1, 3, 0), WF_OK);
    assert_int_equal(task(&bench, HISTORY_RUN_ID, 1, 3, 0), WF_OK);
    assert_true(bench.out.is_new);
    expect_activation(&bench, "3 live: initialize");
    wf_worker_free(bench.worker);
}

/* The least recently used idle run makes room; with none idle there is no room. */
static void test_worker__the_oldest_idle_run_makes_room(void **state)
{
    struct history_builder history;
    struct bench bench;

    history_init(&history, *state);
    history_add(&history, LIFE);
    bench_init(&bench, *state, &history, 2);

    assert_int_equal(task(&bench, "a", 1, 3, 0), WF_OK);
    answer(&bench, "activity 1 foo");
    assert_int_equal(task(&bench, "b", 1, 3, 0), WF_OK);
    answer(&bench, "activity 1 foo");
    assert_int_equal(task(&bench, "c", 1, 3, 0), WF_OK);
    assert_int_equal(wf_worker_find(bench.worker, WF_STR("a")), UINT32_MAX);
    assert_int_equal(wf_worker_find(bench.worker, WF_STR("c")), bench.out.slot);
    assert_int_equal(task(&bench, "d", 1, 3, 0), WF_OK);
    assert_int_equal(wf_worker_find(bench.worker, WF_STR("b")), UINT32_MAX);
    assert_int_equal(task(&bench, "e", 1, 3, 0), WF_ERR_LIMIT);
    wf_worker_free(bench.worker);
}

/* Evicted and reset runs are gone; the slot can be used again. */
static void test_worker__evicted_runs_are_gone(void **state)
{
    struct wf_worker_input in = {.type = WF_WORKER_EVICT};
    struct history_builder history;
    struct wf_run_view view;
    struct bench bench;

    history_init(&history, *state);
    history_add(&history, LIFE);
    bench_init(&bench, *state, &history, 1);

    assert_int_equal(task(&bench, "a", 1, 3, 0), WF_OK);
    answer(&bench, "activity 1 foo");
    assert_true(wf_worker_view(bench.worker, 0, &view));
    assert_int_equal(view.last_started_event_id, 3);
    assert_int_equal(view.activation_count, 1);
    assert_int_equal(wf_worker_step(bench.worker, &in, &bench.out, &bench.err), WF_OK);
    assert_int_equal(bench.out.type, WF_WORKER_IDLE);
    assert_false(wf_worker_view(bench.worker, 0, &view));
    assert_int_equal(wf_worker_step(bench.worker, &in, &bench.out, &bench.err), WF_ERR_NOT_FOUND);
    assert_int_equal(task(&bench, "b", 1, 3, 0), WF_OK);
    wf_worker_reset(bench.worker);
    assert_int_equal(wf_worker_find(bench.worker, WF_STR("b")), UINT32_MAX);
    wf_worker_free(bench.worker);
}

/* ---- Failing tasks ---- */

/* Code that disagrees with history fails the task with the cause that says so, and the run leaves
 * the cache. */
static void test_worker__a_disagreement_fails_the_task(void **state)
{
    struct history_builder history;
    struct bench bench;

    history_init(&history, *state);
    history_add(&history, LIFE);
    bench_init(&bench, *state, &history, 1);

    assert_int_equal(task(&bench, HISTORY_RUN_ID, 1, 9, 3), WF_OK);
    answer(&bench, "timer 1");
    assert_int_equal(bench.out.type, WF_WORKER_RESPONSE);
    assert_true(bench.out.response.is_failed);
    assert_true(bench.out.response.evict);
    assert_int_equal(bench.out.response.failed_cause,
                     WF_WORKFLOW_TASK_FAILED_CAUSE_NON_DETERMINISTIC_ERROR);
    test_string_is("message", bench.out.response.failure->message,
                   "[TMPRL1100] Nondeterminism error: Timer machine does not handle this event: "
                   "HistoryEvent(id: 5, "
                   "ActivityTaskScheduled)");
    assert_int_equal(task(&bench, HISTORY_RUN_ID, 1, 9, 3), WF_OK); /* the slot is free again */
    wf_worker_free(bench.worker);
}

/* Code that fails the task does so with its own message; later attempts are not reported. */
static void test_worker__a_failed_completion_fails_the_task(void **state)
{
    struct history_builder history;
    struct bench bench;

    history_init(&history, *state);
    history_add(&history, LIFE);
    bench_init(&bench, *state, &history, 1);

    assert_int_equal(task(&bench, HISTORY_RUN_ID, 1, 3, 0), WF_OK);
    answer(&bench, "fail-task boom");
    assert_true(bench.out.response.is_failed);
    assert_false(bench.out.response.is_unreported);
    assert_int_equal(bench.out.response.failed_cause,
                     WF_WORKFLOW_TASK_FAILED_CAUSE_WORKFLOW_WORKER_UNHANDLED_FAILURE);
    test_string_is("message", bench.out.response.failure->message, " boom");
    wf_worker_free(bench.worker);
}

/* An eager worker asks for three activities of a task at once; another asks for none. */
static void test_worker__asks_for_activities_eagerly(void **state)
{
    static const struct {
        bool is_eager;
        uint32_t asked;
    } rows[] = {{true, 3}, {false, 0}};

    for (size_t i = 0; i < TEST_COUNT(rows); i++) {
        const struct wf_worker_config config = {.blocks = ((struct wf_arena *)*state)->source,
                                                .cache_size_max = 1,
                                                .is_eager = rows[i].is_eager,
                                                .family = WF_FAMILY_CORE};
        struct history_builder history;
        struct bench bench;
        uint32_t asked = 0;

        history_init(&history, *state);
        history_add(&history, LIFE);
        bench = (struct bench){
            .arena = *state, .worker = wf_worker_new(&config), .history = &history};
        assert_int_equal(task(&bench, HISTORY_RUN_ID, 1, 3, 0), WF_OK);
        answer(&bench, "activity 1 foo, timer 1, activity 2 foo, activity 3 foo, activity 4 foo");
        assert_int_equal(bench.out.response.command_count, 5);
        for (uint32_t c = 0; c < bench.out.response.command_count; c++) {
            const struct wf_command *command = &bench.out.response.commands[c];

            asked += command->command_type == WF_COMMAND_TYPE_SCHEDULE_ACTIVITY_TASK &&
                             command->attributes.schedule_activity_task->request_eager_execution
                         ? 1
                         : 0;
        }
        assert_int_equal(asked, rows[i].asked);
        wf_worker_free(bench.worker);
    }
}

/* A batch that cannot be decoded is an error, and the run is not kept. */
static void test_worker__a_corrupt_batch_is_an_error(void **state)
{
    struct history_builder history;
    struct bench bench;
    struct wf_string bytes = WF_STR("\x0a\x7f");
    struct wf_task given = {
        .run_id = WF_STR("a"), .batches = &bytes, .batch_count = 1, .is_full_history = true};
    const struct wf_worker_input in = {.type = WF_WORKER_TASK, .task = &given};

    history_init(&history, *state);
    bench_init(&bench, *state, &history, 1);

    assert_int_equal(wf_worker_step(bench.worker, &in, &bench.out, &bench.err), WF_ERR_CORRUPT);
    assert_int_equal(wf_worker_find(bench.worker, WF_STR("a")), UINT32_MAX);
    wf_worker_free(bench.worker);
}

/* A run that needs more memory than it may have fails its task. */
static void test_worker__a_run_without_memory_fails_its_task(void **state)
{
    const struct wf_worker_config config = {.blocks = ((struct wf_arena *)*state)->source,
                                            .cache_size_max = 1,
                                            .run_size_bytes_max = WF_ARENA_BLOCK_BYTES,
                                            .family = WF_FAMILY_CORE};
    struct history_builder history;
    struct wf_buffer commands;
    struct bench bench;

    history_init(&history, *state);
    history_add(&history, LIFE);
    bench_init(&bench, *state, &history, 1);
    wf_worker_free(bench.worker);
    bench.worker = wf_worker_new(&config);
    wf_buffer_init(&commands, *state);
    for (uint32_t i = 1; i <= 2000; i++) {
        wf_buffer_printf(&commands, "%stimer %u", i == 1 ? "" : ",", i);
    }
    wf_buffer_append_char(&commands, '\0');

    assert_int_equal(task(&bench, HISTORY_RUN_ID, 1, 3, 0), WF_OK);
    answer(&bench, commands.data);
    assert_true(bench.out.response.is_failed);
    test_string_is("message", bench.out.response.failure->message,
                   "the run needs more memory than the worker gives it");
    wf_worker_free(bench.worker);
}

/* ---- Queries ---- */

static enum wf_status query(struct bench *bench, int64_t first_id, int64_t last_id,
                            int64_t previous_id, bool is_only)
{
    struct wf_sdk_query_workflow *queries = wf_arena_take_array(bench->arena, 2, sizeof *queries);
    struct wf_task given = {.run_id = WF_STR(HISTORY_RUN_ID),
                            .batches = &bench->batch,
                            .batch_count = first_id > last_id ? 0 : 1,
                            .previous_started_event_id = previous_id,
                            .started_event_id = is_only ? 0 : last_id,
                            .is_full_history = first_id == 1,
                            .queries = queries,
                            .query_count = is_only ? 1 : 2,
                            .is_query_only = is_only};
    const struct wf_worker_input in = {.type = WF_WORKER_TASK, .task = &given};

    queries[0].query_id = WF_STR("legacy_query");
    queries[1].query_id = WF_STR("q2");
    bench->batch = history_bytes(bench->history, first_id, last_id);
    return wf_worker_step(bench->worker, &in, &bench->out, &bench->err);
}

/* A query of a cached run needs no history; it comes alone, as replay, and changes nothing. */
static void test_worker__a_query_task_asks_a_cached_run(void **state)
{
    struct history_builder history;
    struct bench bench;

    history_init(&history, *state);
    history_add(&history, LIFE);
    bench_init(&bench, *state, &history, 1);

    assert_int_equal(task(&bench, HISTORY_RUN_ID, 1, 3, 0), WF_OK);
    answer(&bench, "activity 1 foo");
    assert_int_equal(query(&bench, 4, 3, 3, true), WF_OK);
    expect_activation(&bench, "3 replaying: query legacy_query");
    answer(&bench, "answer legacy_query 7");
    assert_int_equal(bench.out.type, WF_WORKER_RESPONSE);
    assert_int_equal(bench.out.response.command_count, 0);
    assert_int_equal(bench.out.response.query_result_count, 1);
    test_string_is("answer", bench.out.response.query_results[0].variant.succeeded->response->data,
                   "7");

    assert_int_equal(task(&bench, HISTORY_RUN_ID, 4, 9, 3), WF_OK);
    expect_activation(&bench, "9 live: activity 1 completed");
    wf_worker_free(bench.worker);
}

/* A query of a run that is not cached replays its whole history first, also of a closed one. */
static void test_worker__a_query_task_replays_a_cold_run(void **state)
{
    struct history_builder history;
    struct bench bench;

    history_init(&history, *state);
    history_add(&history, "started, task, completed, closed");
    bench_init(&bench, *state, &history, 1);

    assert_int_equal(query(&bench, 1, 5, 3, true), WF_OK);
    expect_activation(&bench, "3 replaying: initialize");
    answer(&bench, "complete");
    expect_activation(&bench, "5 replaying: query legacy_query");
    answer(&bench, "");
    assert_int_equal(bench.out.response.query_results[0].variant_case,
                     WF_CASE_sdk_query_result_failed);
    wf_worker_free(bench.worker);
}

/* A started task that comes with the history of a query is not run for it: its worker is told more than its events say. */
static void test_worker__a_query_task_leaves_a_started_task(void **state)
{
    struct history_builder history;
    struct bench bench;

    history_init(&history, *state);
    history_add(&history, LIFE);
    bench_init(&bench, *state, &history, 1);

    assert_int_equal(query(&bench, 1, 9, 3, true), WF_OK);
    expect_activation(&bench, "3 replaying: initialize");
    answer(&bench, "activity 1 foo");
    expect_activation(&bench, "5 replaying: query legacy_query");
    answer(&bench, "answer legacy_query 7");

    assert_int_equal(task(&bench, HISTORY_RUN_ID, 4, 9, 3), WF_OK);
    expect_activation(&bench, "9 live: activity 1 completed");
    wf_worker_free(bench.worker);
}

/* Queries that came with a task are asked after its commands, all together. */
static void test_worker__queries_of_a_task_are_asked_after_its_commands(void **state)
{
    struct history_builder history;
    struct bench bench;

    history_init(&history, *state);
    history_add(&history, LIFE);
    bench_init(&bench, *state, &history, 1);

    assert_int_equal(query(&bench, 1, 3, 0, false), WF_OK);
    expect_activation(&bench, "3 live: initialize");
    answer(&bench, "activity 1 foo");
    expect_activation(&bench, "3 replaying: query legacy_query; query q2");
    answer(&bench, "answer q2 2, answer legacy_query 1");
    expect_commands(&bench, "ScheduleActivityTask foo 1");
    assert_int_equal(bench.out.response.query_result_count, 2);
    test_string_is("q2", bench.out.response.query_results[1].variant.succeeded->response->data,
                   "2");
    wf_worker_free(bench.worker);
}

/* ---- Several activations in one task ---- */

/* An activity that is cancelled at once resolves in an extra activation; commands of both are sent
 * together. */
static void test_worker__commands_of_all_activations_of_a_task_are_sent_together(void **state)
{
    struct history_builder history;
    struct bench bench;

    history_init(&history, *state);
    history_add(&history, "started, task, completed, activity 1 foo, signaled, task");
    bench_init(&bench, *state, &history, 1);

    assert_int_equal(task(&bench, HISTORY_RUN_ID, 1, 3, 0), WF_OK);
    answer(&bench, "activity 1 foo");
    assert_int_equal(task(&bench, HISTORY_RUN_ID, 4, 8, 3), WF_OK);
    answer(&bench, "cancel-activity 1, timer 2, activity 3 bar, cancel-activity 3");
    expect_activation(&bench, "8 live: activity 1 cancelled; activity 3 cancelled");
    answer(&bench, "timer 4, cancel-timer 4, child 5 c Child");
    expect_commands(
        &bench, "RequestCancelActivityTask 5, StartTimer 2, StartChildWorkflowExecution Child c");
    wf_worker_free(bench.worker);
}

/* ---- Cold is warm ---- */

static const char *const script[] = {"activity 1 foo, timer 2", "patch p1, activity 3 bar",
                                     "cancel-timer 2, child 4 c Child", "upsert Key", "complete"};
static const int64_t starts[] = {3, 10, 18, 24, 29};

/* Every way to cut a run's tasks into cached stretches gives the same activations, but for the flag
 * that says replay, and the same commands. */
static void test_worker__every_eviction_pattern_gives_the_same_commands(void **state)
{
    static const char *const commands[] = {
        "ScheduleActivityTask foo 1, StartTimer 2",
        "RecordMarker core_patch {\"id\":\"p1\",\"deprecated\":false}, "
        "UpsertWorkflowSearchAttributes "
        "TemporalChangeVersion=[\"p1\"], ScheduleActivityTask bar 3",
        "CancelTimer 2, StartChildWorkflowExecution Child c",
        "UpsertWorkflowSearchAttributes Key=1", "CompleteWorkflowExecution"};

    for (uint32_t evicted = 0; evicted < 1u << 4; evicted++) {
        struct history_builder history;
        struct bench bench;

        history_init(&history, *state);
        history_add(&history, "started, task, completed, activity 1 foo, timer 2, activity-started "
                              "5, activity-completed 5, task, "
                              "completed, patch, patches, activity 3 bar, activity-started 14, "
                              "activity-completed 14, task, "
                              "completed, timer-canceled 6, child c Child, child-started 21, task, "
                              "completed, upsert Key, "
                              "child-completed 21, task");
        bench_init(&bench, *state, &history, 1);
        for (uint32_t turn = 0; turn < 5; turn++) {
            const int64_t previous = turn == 0 ? 0 : starts[turn - 1];
            const bool is_cold = turn == 0 || (evicted & 1u << (turn - 1)) != 0;

            if (is_cold) {
                wf_worker_reset(bench.worker);
            }
            assert_int_equal(
                task(&bench, HISTORY_RUN_ID, is_cold ? 1 : previous + 1, starts[turn], previous),
                WF_OK);
            for (uint32_t i = is_cold ? 0 : turn; i <= turn; i++) {
                assert_int_equal(bench.out.type, WF_WORKER_ACTIVATION);
                assert_int_equal(bench.out.activation->history_length, starts[i]);
                assert_int_equal(bench.out.activation->is_replaying, i < turn);
                answer(&bench, script[i]);
            }
            expect_commands(&bench, commands[turn]);
        }
        wf_worker_free(bench.worker);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST_IN_ARENA(test_worker__a_cached_run_goes_on_with_new_events),
        TEST_IN_ARENA(test_worker__a_cold_start_asks_for_the_same_commands),
        TEST_IN_ARENA(test_worker__flags_and_names_are_recorded_once),
        TEST_IN_ARENA(test_worker__a_lost_run_wants_its_history),
        TEST_IN_ARENA(test_worker__a_history_that_ends_before_its_task_is_wanted_again),
        TEST_IN_ARENA(test_worker__a_task_that_does_not_follow_drops_the_cached_run),
        TEST_IN_ARENA(test_worker__a_history_beyond_its_task_is_cut_at_its_start),
        TEST_IN_ARENA(test_worker__a_history_without_the_task_is_wanted_again),
        TEST_IN_ARENA(test_worker__a_task_for_a_busy_run_begins_it_again),
        TEST_IN_ARENA(test_worker__the_oldest_idle_run_makes_room),
        TEST_IN_ARENA(test_worker__evicted_runs_are_gone),
        TEST_IN_ARENA(test_worker__a_disagreement_fails_the_task),
        TEST_IN_ARENA(test_worker__a_failed_completion_fails_the_task),
        TEST_IN_ARENA(test_worker__asks_for_activities_eagerly),
        TEST_IN_ARENA(test_worker__a_corrupt_batch_is_an_error),
        TEST_IN_ARENA(test_worker__a_run_without_memory_fails_its_task),
        TEST_IN_ARENA(test_worker__a_query_task_asks_a_cached_run),
        TEST_IN_ARENA(test_worker__a_query_task_replays_a_cold_run),
        TEST_IN_ARENA(test_worker__a_query_task_leaves_a_started_task),
        TEST_IN_ARENA(test_worker__queries_of_a_task_are_asked_after_its_commands),
        TEST_IN_ARENA(test_worker__commands_of_all_activations_of_a_task_are_sent_together),
        TEST_IN_ARENA(test_worker__every_eviction_pattern_gives_the_same_commands),
    };

    return cmocka_run_group_tests_name("worker", tests, NULL, NULL);
}
