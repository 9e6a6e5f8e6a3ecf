/*
 * A replay takes no memory from the system once it has seen a history of that size: neither the
 * worker nor the replayer nor the host of the code.
 */
#include "tests/support/test.h"

#include <stdio.h>

#include "engine/base/block_cache.h"
#include "engine/replay.h"
#include "engine/wfsim.h"
#include "tests/support/history_builder.h"
#include "tests/support/script.h"

static const struct wf_options minute = {.start_to_close = WF_MINUTE};

static wf_error run_steps(struct wf *wf, void *state, struct wf_args args, struct wf_value *result)
{
    wf_error error = NULL;

    (void)state, (void)result;
    for (int64_t i = 0; i < wf_as_integer(wf_arg(args, 0), 0) && error == NULL; i++) {
        error = wf_activity(wf, "step", args, &minute, NULL);
    }
    return error;
}

static void build(struct history_builder *history, struct wf_arena *arena, uint32_t step_count)
{
    char text[16];

    history_init(history, arena);
    history_add(history, "started, task, completed");
    (void)snprintf(text, sizeof text, "%u", step_count);
    history->events[0].attributes.workflow_execution_started->input = history_payloads(arena, text);
    for (uint32_t i = 1; i <= step_count; i++) {
        int64_t scheduled = 0;

        (void)snprintf(text, sizeof text, "%u", i);
        scheduled = history_activity(history, text, "step")->event_id;
        history_activity_started(history, scheduled);
        history_activity_completed(history, scheduled, "1");
        history_add(history, "task, completed");
    }
    history_add(history, "closed");
}

/* Worker, replayer and host together: the first replay takes what it needs, further ones take
 * nothing. */
static void test_no_allocation__a_second_replay_takes_nothing(void **state)
{
    static const struct wf_workflow workflows[] = {{.name = HISTORY_WORKFLOW, .run = run_steps},
                                                   {.name = NULL}};
    static const struct wf_module module = {.api = WF_API, .workflows = workflows};
    struct test_blocks worker_blocks;
    struct test_blocks host_blocks;
    struct wf_block_cache host_cache;
    struct wf_host_config config = {.module = &module,
                                    .stack_size_bytes = WF_STACK_BYTES_DEFAULT,
                                    .instance_size_bytes_max = (size_t)64 << 20,
                                    .coroutines_max = 4};
    const struct wf_replay_options options = {.wants_digest = true};
    struct wf_replay_result result;
    struct wf_host *host = NULL;
    struct wf_replay *replay = NULL;
    struct history_builder built;
    struct wf_history history;
    struct wf_error err;
    size_t worker_takes = 0;
    size_t host_takes = 0;

    test_blocks_init(&worker_blocks);
    test_blocks_init(&host_blocks);
    wf_block_cache_init(&host_cache, &host_blocks.source);
    config.blocks = &host_cache.source;
    config.stacks = &host_cache.source;
    build(&built, *state, 3000);
    history = history_of(&built);
    assert_int_equal(wf_host_new(&config, &host, &err), WF_OK);
    replay = wf_replay_new(&worker_blocks.source, host);
    assert_int_equal(wf_replay_run(replay, &history, &options, &result, &err), WF_OK);
    assert_int_equal(result.verdict, WF_VERDICT_OK);
    assert_int_equal(result.activation_count, 3001);
    worker_takes = worker_blocks.take_count;
    host_takes = host_blocks.take_count;

    for (uint32_t i = 0; i < 5; i++) {
        assert_int_equal(wf_replay_run(replay, &history, &options, &result, &err), WF_OK);
    }

    assert_int_equal(worker_blocks.take_count, worker_takes);
    assert_int_equal(host_blocks.take_count, host_takes);
    wf_replay_free(replay);
    wf_host_free(host);
    wf_block_cache_deinit(&host_cache);
    assert_int_equal(worker_blocks.live_count, 0);
    assert_int_equal(host_blocks.live_count, 0);
}

/* Inside one replay: after the tables have grown to their size, steps take nothing. The second half
 * of a history takes no more than a few doublings of them. */
static void test_no_allocation__steps_take_only_what_tables_grow_by(void **state)
{
    struct history_builder built;
    struct wf_worker *worker = NULL;
    struct test_blocks blocks;
    struct wf_worker_config config = {
        .cache_size_max = 1, .is_replay = true, .family = WF_FAMILY_CORE};
    struct wf_task task = {.run_id = WF_STR(HISTORY_RUN_ID), .is_full_history = true};
    struct wf_worker_input in = {.type = WF_WORKER_TASK, .task = &task};
    struct wf_worker_output out;
    struct wf_error err;
    size_t takes = 0;
    uint32_t count = 0;

    test_blocks_init(&blocks);
    config.blocks = &blocks.source;
    build(&built, *state, 3000);
    task.events = built.events;
    task.event_count = built.count;
    task.previous_started_event_id = built.count;
    worker = wf_worker_new(&config);
    assert_int_equal(wf_worker_step(worker, &in, &out, &err), WF_OK);
    while (out.type == WF_WORKER_ACTIVATION) {
        char text[32];

        (void)snprintf(text, sizeof text, "activity %u step", ++count);
        in = (struct wf_worker_input){.type = WF_WORKER_COMPLETION};
        in.completion.completion = script_completion(*state, count <= 3000 ? text : "complete");
        takes = count == 2100 ? blocks.take_count : takes; /* the tables hold 2048, then 4096 */
        assert_int_equal(wf_worker_step(worker, &in, &out, &err), WF_OK);
    }

    assert_int_equal(out.finding->verdict, WF_VERDICT_OK);
    /* 900 machines of some hundred bytes each; nothing for jobs, activations and commands. */
    assert_in_range(blocks.take_count - takes, 1, 4);
    wf_worker_free(worker);
    assert_int_equal(blocks.live_count, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST_IN_ARENA(test_no_allocation__a_second_replay_takes_nothing),
        TEST_IN_ARENA(test_no_allocation__steps_take_only_what_tables_grow_by),
    };

    return cmocka_run_group_tests_name("no_allocation", tests, NULL, NULL);
}
