/* The temporary file is unlinked as soon as it is open: nothing stays behind, however the command ends. */
#include "sim/cli/moment.h"

#include <stdlib.h>
#include <unistd.h>

#include "sim/cli/batch.h"
#include "sim/cli/recording.h"
#include "sim/scenario/scenario_value.h"

#define DEFAULT_SEED 1

struct moment {
    struct cli *cli;
    struct cli_simulation simulation;
    uint64_t seed;
    int64_t at_ns; /* 0: the end */
    struct cli_recording recording;
    bool has_crashed; /* no history came */
};

static enum wf_status start_child(void *context, struct sim_child *child, struct wf_error *err)
{
    struct moment *moment = context;

    return cli_simulation_start(moment->cli, &moment->simulation, child, err);
}

static enum wf_status run_seed(void *context, struct sim_child *child, uint64_t item, struct wf_error *err)
{
    struct moment *moment = context;
    const struct sim_run_options options = {.seed = moment->seed, .stop_at_ns = moment->at_ns, .keeps_histories = true};
    const struct sim_run_result *result = NULL;
    struct wf_arena arena;
    enum wf_status status = cli_simulation_seed(&moment->simulation, &options, &result, err);

    (void)item;
    if (status == WF_OK && result->is_out_of_room) {
        return wf_fail_status(err, WF_ERR_LIMIT, "seed %llu %S", (unsigned long long)moment->seed,
                              &result->broken[0].sentence);
    }
    wf_arena_init(&arena, wf_system_blocks(), 0);
    for (uint32_t i = 0; status == WF_OK && i < sim_world_run_count(sim_run_world(moment->simulation.run)); i++) {
        struct wf_buffer packed;

        wf_arena_reset(&arena);
        wf_buffer_init(&packed, &arena);
        status = cli_recording_pack(&arena, &moment->simulation, moment->seed, i, &packed, err);
        if (status == WF_OK) {
            sim_child_send(child, wf_buffer_string(&packed));
        }
    }
    wf_arena_deinit(&arena);
    return status;
}

static bool take_history(void *context, uint64_t item, struct wf_string bytes)
{
    (void)item;
    return cli_recording_take(&((struct moment *)context)->recording, bytes);
}

static bool end_seed(void *context, uint64_t item, const struct sim_crash *crash)
{
    (void)item;
    if (crash != NULL) {
        ((struct moment *)context)->has_crashed = true;
        cli_complain("the code of %s ended with: %s; `wfsim run` says more", crash->workflow_type,
                     sim_crash_name(crash->kind));
    }
    return true;
}

static enum cli_exit record(struct moment *moment, const char *path)
{
    const struct sim_containment config = {
        .item_count = 1,
        .jobs = 1,
        .context = moment,
        .start = start_child,
        .run = run_seed,
        .frame = take_history,
        .end = end_seed,
    };
    struct sim_outcome_of_batch outcome = {0};
    enum cli_exit result = cli_recording_open(&moment->recording, moment->cli, path);

    if (result != CLI_EXIT_OK) {
        return result;
    }
    sim_contain(&config, &outcome);
    result = cli_batch_exit(&outcome, moment->simulation.codes[0].path);
    if (moment->has_crashed) {
        result = cli_exit_worse(result, CLI_EXIT_FINDING);
    }
    return cli_exit_worse(result, cli_recording_close(&moment->recording));
}

/* A duration as scenarios write it. */
static enum cli_exit read_time(struct cli *cli, const char *text, int64_t *at_ns)
{
    struct wf_error err = {0};
    struct sim_loader loader = {.arena = cli->arena, .file = "--at", .err = &err};
    const struct sim_yaml node = {.text = wf_string_of(text), .line = 1, .column = 1};

    if (text[0] == '\0' || sim_parse_duration(&loader, &node, at_ns) != WF_OK) {
        cli_complain("--at %s: not a time; write 90s, 5m, 2h or 7d", text);
        return CLI_EXIT_USAGE;
    }
    return CLI_EXIT_OK;
}

static enum cli_exit open_scenario(struct cli *cli, const struct cli_args *args, const char *path,
                                   struct cli_archive *archive)
{
    struct moment *moment = wf_arena_take(cli->arena, sizeof *moment);
    const char *at = cli_args_text(args, "--at", NULL);
    const char *folder = getenv("TMPDIR");
    struct wf_buffer name;
    enum cli_exit result = CLI_EXIT_OK;

    if (moment == NULL) {
        cli_complain("out of memory");
        return CLI_EXIT_ENVIRONMENT;
    }
    moment->cli = cli;
    moment->seed = cli_args_number(args, "--seed", DEFAULT_SEED);
    if (at != NULL) {
        result = read_time(cli, at, &moment->at_ns);
    }
    if (result == CLI_EXIT_OK) {
        result = cli_simulation_open(cli, args, path, &moment->simulation);
    }
    if (result != CLI_EXIT_OK) {
        return result;
    }
    wf_buffer_init(&name, cli->arena);
    wf_buffer_printf(&name, "%s/wfsim-moment-XXXXXX", folder != NULL && *folder == '/' ? folder : "/tmp");
    wf_buffer_append_char(&name, '\0');
    const int fd = mkstemp(name.data);
    if (fd < 0) {
        cli_complain("%s: a temporary file cannot be made; set TMPDIR to a folder that can be written", name.data);
        return CLI_EXIT_ENVIRONMENT;
    }
    (void)close(fd);
    result = record(moment, name.data);
    if (result == CLI_EXIT_OK) {
        result = cli_archive_open(archive, name.data);
        archive->source.path = path;
    }
    (void)unlink(name.data);
    return result;
}

enum cli_exit cli_moment_open(struct cli *cli, const struct cli_args *args, const char *path,
                              struct cli_archive *archive)
{
    const struct wf_string name = wf_string_of(path);

    if (wf_string_ends_with(name, WF_STR(".yaml")) || wf_string_ends_with(name, WF_STR(".yml"))) {
        *archive = (struct cli_archive){.source.fd = -1};
        return open_scenario(cli, args, path, archive);
    }
    if (cli_args_has(args, "--seed") || cli_args_has(args, "--at")) {
        cli_complain("--seed and --at are for a scenario (a .yaml file); %s is read as an archive", path);
        *archive = (struct cli_archive){.source.fd = -1};
        return CLI_EXIT_USAGE;
    }
    return cli_archive_open(archive, path);
}
