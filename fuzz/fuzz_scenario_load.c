/* Scenario files: whatever the text, an error with a sentence or a configuration; twice the same. */
#include "engine/base/assert.h"
#include "sim/scenario/scenario.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size_bytes);

static enum wf_status load(struct wf_arena *arena, const uint8_t *data, size_t size_bytes,
                           struct sim_scenario *scenario, struct wf_error *err)
{
    wf_arena_init(arena, wf_system_blocks(), (size_t)64 << 20);
    return sim_scenario_load(arena, "fuzz.yaml", (struct wf_string){(const char *)data, size_bytes}, NULL, scenario,
                             err);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size_bytes)
{
    struct sim_scenario scenarios[2];
    struct wf_error errors[2] = {0};
    struct wf_arena arenas[2];
    const enum wf_status first = load(&arenas[0], data, size_bytes, &scenarios[0], &errors[0]);
    const enum wf_status second = load(&arenas[1], data, size_bytes, &scenarios[1], &errors[1]);

    WF_ASSERT(first == second);
    if (first != WF_OK) {
        WF_ASSERT(errors[0].message[0] != '\0');
        WF_ASSERT(strcmp(errors[0].message, errors[1].message) == 0);
    } else {
        WF_ASSERT(scenarios[0].code_count > 0);
        WF_ASSERT(scenarios[0].config.digest == scenarios[1].config.digest);
        WF_ASSERT(scenarios[0].config.check_count == scenarios[1].config.check_count);
    }
    wf_arena_deinit(&arenas[0]);
    wf_arena_deinit(&arenas[1]);
    return 0;
}
