/* The host's blocks are the arena's: all goes when the test's arena goes. */
#include "tests/support/replay_bench.h"

#include "tests/support/test.h"

void replay_bench_run_changed(struct replay_bench *bench, struct wf_arena *arena, replay_bench_code run, const char *events,
                              const struct replay_bench_handlers *handlers,
                              void (*change)(struct wf_arena *arena, struct wf_event *events),
                              struct wf_replay_options options)
{
    const struct wf_host_config config = {.module = &bench->module,
                                          .blocks = arena->source,
                                          .stacks = arena->source,
                                          .stack_size_bytes = WF_STACK_BYTES_DEFAULT,
                                          .instance_size_bytes_max = (size_t)1 << 20,
                                          .coroutines_max = 16};
    struct history_builder history;
    struct wf_error err;

    *bench = (struct replay_bench){.workflows = {{.name = HISTORY_WORKFLOW, .run = run}, {.name = NULL}}};
    if (handlers != NULL) {
        bench->workflows[0].signals = handlers->signals;
        bench->workflows[0].updates = handlers->updates;
    }
    bench->module = (struct wf_module){.api = WF_API, .workflows = bench->workflows};
    history_init(&history, arena);
    history.sdk_name = ""; /* so that the family has to be found */
    history_add(&history, events);
    bench->history = history_of(&history);
    if (change != NULL) {
        change(arena, bench->history.events);
    }
    assert_int_equal(wf_host_new(&config, &bench->host, &err), WF_OK);
    bench->replay = wf_replay_new(arena->source, bench->host);
    assert_non_null(bench->replay);
    assert_int_equal(wf_replay_run(bench->replay, &bench->history, &options, &bench->result, &err), WF_OK);
}

void replay_bench_run(struct replay_bench *bench, struct wf_arena *arena, replay_bench_code run, const char *events,
                      struct wf_replay_options options)
{
    replay_bench_run_changed(bench, arena, run, events, NULL, NULL, options);
}

void replay_bench_end(struct replay_bench *bench)
{
    wf_replay_free(bench->replay);
    wf_host_free(bench->host);
}
