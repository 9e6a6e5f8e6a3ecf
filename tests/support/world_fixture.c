#include "tests/support/world_fixture.h"

#include "tests/support/tiny_module.h"

static const int pristine_runs = 0;

int world_setup(void **state)
{
    struct world_fixture *f = test_calloc(1, sizeof *f);

    test_blocks_init(&f->blocks);
    wf_arena_init(&f->arena, &f->blocks.source, 0);
    wf_buffer_init(&f->trace, &f->arena);
    f->code = (struct sim_code){.version = WF_STR("v1"),
                                .module = &tiny_module,
                                .segments = {{&tiny_runs, &pristine_runs, sizeof tiny_runs}},
                                .segment_count = 1};
    f->start = (struct sim_start){.workflow_type = WF_STR("Pay"),
                                  .workflow_id = {.text = WF_STR("order-${n}")},
                                  .input = {.json = WF_STR("[\"order-${n}\"]")},
                                  .count = 1};
    f->activities[0] = (struct sim_activity_model){
        .name = WF_STR("charge"),
        .takes = {.kind = SIM_CONSTANT, .low_ns = 100 * WF_NS_PER_MS},
        .effect = {.kind = SIM_EFFECT_DO, .name = WF_STR("charge"), .key = {.text = WF_STR("${input[0]}")}},
    };
    f->activities[1] = (struct sim_activity_model){.name = WF_STR("ship"), .result = {.json = WF_STR("\"T-${input[0]}\"")}};
    f->activities[2] = (struct sim_activity_model){
        .name = WF_STR("refund"),
        .effect = {.kind = SIM_EFFECT_UNDO, .name = WF_STR("charge"), .key = {.text = WF_STR("${input[0]}")}},
    };
    f->config = (struct sim_config){
        .codes = &f->code,
        .code_count = 1,
        .server_count = 3,
        .shard_count = 2,
        .worker_count = 2,
        .network = {.latency = {.kind = SIM_CONSTANT, .low_ns = WF_NS_PER_MS}},
        .database = {.latency = {.kind = SIM_CONSTANT, .low_ns = 2 * WF_NS_PER_MS}},
        .starts = &f->start,
        .start_count = 1,
        .activities = f->activities,
        .activity_count = 3,
    };
    wf_service_limits_default(&f->config.limits);
    f->seed = 42;
    f->shown = SHOW(EVENT);
    *state = f;
    return 0;
}

int world_teardown(void **state)
{
    struct world_fixture *f = *state;
    size_t live_count = 0;

    sim_world_free(f->world);
    wf_arena_deinit(&f->arena);
    live_count = f->blocks.live_count;
    test_free(f);
    return live_count == 0 ? 0 : -1;
}

static void observe(void *context, const struct sim_record *record)
{
    struct world_fixture *f = context;

    if ((f->shown >> record->kind & 1) != 0) {
        sim_record_print(record, &f->trace);
        wf_buffer_append_char(&f->trace, '\n');
    }
    if (f->on_record != NULL) {
        f->on_record(f, record);
    }
}

void world_begin(struct world_fixture *f)
{
    const struct sim_world_config config = {
        .config = &f->config,
        .seed = f->seed,
        .blocks = &f->blocks.source,
        .observer = observe,
        .observer_context = f,
        .keeps_closed_runs = f->keeps_closed_runs,
    };
    struct wf_error err = {0};

    if (sim_world_new(&config, &f->world, &err) != WF_OK) {
        fail_msg("no world: %s", err.message);
    }
}

void world_again(struct world_fixture *f)
{
    sim_world_free(f->world);
    f->world = NULL;
    wf_buffer_reset(&f->trace);
    world_begin(f);
}

static void step(struct world_fixture *f)
{
    struct wf_error err = {0};
    bool is_over = false;

    if (sim_world_step(f->world, &is_over, &err) != WF_OK) {
        fail_msg("the world stops: %s", err.message);
    }
}

void world_run(struct world_fixture *f, int64_t until_ms)
{
    const struct sim_loop *loop = sim_world_loop(f->world);

    while (loop->count > 0 && loop->heap[0].time_ns <= until_ms * WF_NS_PER_MS) {
        step(f);
    }
}

void world_finish(struct world_fixture *f, int64_t limit_ms)
{
    while (!sim_world_is_done(f->world)) {
        if (sim_world_loop(f->world)->now_ns > limit_ms * WF_NS_PER_MS) {
            fail_msg("not done by then; the trace:\n%.*s", (int)f->trace.size_bytes, f->trace.data);
        }
        step(f);
    }
}

void world_trace_is(struct world_fixture *f, const char *expected)
{
    test_string_is("trace", wf_buffer_string(&f->trace), expected);
    wf_buffer_reset(&f->trace);
}

uint32_t world_node(const struct world_fixture *f, const char *name)
{
    for (uint32_t i = 0; i < sim_world_node_count(f->world); i++) {
        if (wf_string_is(sim_world_node(f->world, i).name, name)) {
            return i;
        }
    }
    fail_msg("no node %s", name);
    return 0;
}

uint32_t world_count(const struct world_fixture *f, const char *text)
{
    const size_t size_bytes = strlen(text);
    uint32_t count = 0;

    for (size_t i = 0; i + size_bytes <= f->trace.size_bytes; i++) {
        count += memcmp(f->trace.data + i, text, size_bytes) == 0 ? 1 : 0;
    }
    return count;
}
