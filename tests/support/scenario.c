#include "tests/support/scenario.h"

#include <stdio.h>

#include "sim/host/stacks.h"
#include "tests/support/test_code.h"

#define SCENARIO_BYTES_MAX ((size_t)1 << 20)

static struct wf_string read_text(struct wf_arena *arena, const char *path)
{
    char *bytes = wf_arena_take_text(arena, SCENARIO_BYTES_MAX);
    FILE *file = fopen(path, "rb");
    size_t size_bytes = 0;

    if (file == NULL || bytes == NULL) {
        fail_msg("%s: not readable", path);
        return (struct wf_string){NULL, 0};
    }
    size_bytes = fread(bytes, 1, SCENARIO_BYTES_MAX, file);
    (void)fclose(file);
    return (struct wf_string){bytes, size_bytes};
}

static void load_codes(struct scenario *scenario, const char *path)
{
    const char *slash = strrchr(path, '/');
    const int folder_bytes = slash == NULL ? 0 : (int)(slash - path) + 1;
    struct sim_scenario *loaded = &scenario->loaded;
    struct sim_code *codes = wf_arena_take_array(&scenario->arena, loaded->code_count,
                                                 sizeof *codes);

    for (uint32_t i = 0; i < loaded->code_count; i++) {
        const struct wf_string source = loaded->codes[i].path;
        char beside[256];

        (void)snprintf(beside, sizeof beside, "%.*s%.*s", folder_bytes, path,
                       (int)source.size_bytes, source.data);
        test_load_sim_code(beside, &codes[i]);
        codes[i].version = loaded->codes[i].version;
        codes[i].stacks = sim_stacks();
    }
    loaded->config.codes = codes;
    loaded->config.code_count = loaded->code_count;
}

void scenario_open(struct scenario *scenario, const char *path)
{
    const struct sim_scenario_settings settings = {NULL, 0};
    struct wf_error err = {0};

    memset(scenario, 0, sizeof *scenario);
    test_blocks_init(&scenario->blocks);
    wf_arena_init(&scenario->arena, wf_system_blocks(), 0);
    const struct wf_string text = read_text(&scenario->arena, path);
    if (sim_scenario_load(&scenario->arena, path, text, &settings, &scenario->loaded, &err) !=
        WF_OK) {
        fail_msg("%s", err.message);
    }
    load_codes(scenario, path);
    if (sim_run_new(&scenario->loaded.config, &scenario->blocks.source, &scenario->run, &err) !=
        WF_OK) {
        fail_msg("%s", err.message);
    }
}

const struct sim_run_result *scenario_run(struct scenario *scenario,
                                          const struct sim_run_options *options)
{
    const struct sim_run_result *result = NULL;
    struct wf_error err = {0};

    if (sim_run_seed(scenario->run, options, &result, &err) != WF_OK) {
        fail_msg("seed %llu: %s", (unsigned long long)options->seed, err.message);
    }
    return result;
}

void scenario_close(struct scenario *scenario)
{
    sim_run_free(scenario->run);
    wf_arena_deinit(&scenario->arena);
}
