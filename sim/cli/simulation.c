/* What run, list and describe share. */
#define _GNU_SOURCE /* memmem */
#include "sim/cli/simulation.h"

#include "sim/cli/file.h"
#include "sim/cli/from.h"
#include "sim/host/stacks.h"
#include "sim/report/shell.h"
#include "sim/report/visible.h"

#define SCENARIO_BYTES_MAX ((size_t)1 << 20)
#define TAPE_BYTES_MAX ((size_t)64 << 20)

/* The scenario's folder and a path in it; an absolute path stays. */
static const char *beside(struct cli *cli, const char *scenario, struct wf_string path)
{
    const char *slash = strrchr(scenario, '/');
    struct wf_buffer joined;

    wf_buffer_init(&joined, cli->arena);
    if (slash != NULL && path.size_bytes > 0 && path.data[0] != '/') {
        wf_buffer_append(&joined, scenario, (size_t)(slash - scenario) + 1);
    }
    wf_buffer_append_string(&joined, path);
    wf_buffer_append_char(&joined, '\0');
    return joined.data;
}

static bool takes_settings(const struct cli_command *command)
{
    for (const struct cli_option *option = command->options; option->name != NULL; option++) {
        if (strcmp(option->name, "--set") == 0) {
            return true;
        }
    }
    return false;
}

static struct sim_scenario_settings settings_of(struct cli *cli, const struct cli_args *args)
{
    struct wf_string *items = wf_arena_take_array(cli->arena, args->given_count, sizeof *items);
    struct sim_scenario_settings settings = {items, 0};
    const char *setting = NULL;

    for (size_t i = 0; items != NULL && takes_settings(args->command) && (setting = cli_args_next(args, "--set", &i)) != NULL;) {
        items[settings.count++] = wf_string_of(setting);
    }
    return settings;
}

static enum cli_exit prepare_codes(struct cli *cli, const char *path, struct cli_simulation *simulation)
{
    const struct sim_scenario *scenario = &simulation->scenario;

    simulation->codes = wf_arena_take_array(cli->arena, scenario->code_count, sizeof *simulation->codes);
    simulation->loaded = wf_arena_take_array(cli->arena, scenario->code_count, sizeof *simulation->loaded);
    if (simulation->codes == NULL || simulation->loaded == NULL) {
        cli_complain("out of memory");
        return CLI_EXIT_ENVIRONMENT;
    }
    for (uint32_t i = 0; i < scenario->code_count; i++) {
        const enum cli_exit result =
            cli_code_prepare(cli, beside(cli, path, scenario->codes[i].path), &simulation->codes[i]);

        if (result != CLI_EXIT_OK) {
            cli_complain("%s:%u:%u: this code is named here", path, scenario->codes[i].line, scenario->codes[i].column);
            return result;
        }
    }
    return CLI_EXIT_OK;
}

/* Code gives names as literals, of which a linker may keep one as the end of another. */
static bool holds_name(struct wf_arena *arena, struct wf_string object, struct wf_string name)
{
    struct wf_buffer literal;

    wf_buffer_init(&literal, arena);
    wf_buffer_append_string(&literal, name);
    wf_buffer_append_char(&literal, '\0');
    return literal.is_full || memmem(object.data, object.size_bytes, literal.data, literal.size_bytes) != NULL;
}

/* Of the names that are not found yet, those that this code has. Code that cannot be read says so when it is loaded. */
static void find_names(const struct cli_simulation *simulation, const struct cli_code *code, bool *is_found)
{
    struct wf_string object = {NULL, 0};
    struct wf_error err = {0};
    struct wf_arena arena;

    wf_arena_init(&arena, wf_system_blocks(), 0);
    const bool is_read = cli_file_read(&arena, code->object, CLI_FILE_BYTES_MAX, &object, &err) == CLI_EXIT_OK;
    for (uint32_t i = 0; i < simulation->scenario.name_count; i++) {
        const struct sim_scenario_name *name = &simulation->scenario.names[i];

        is_found[i] = is_found[i] || (!name->is_missing && (!is_read || holds_name(&arena, object, name->text)));
    }
    wf_arena_deinit(&arena);
}

/* A name that nothing has is a typing mistake, or the question what then happens; or the code puts it together. It is no error. */
static void note_names(struct cli *cli, const struct cli_simulation *simulation)
{
    const struct sim_scenario *scenario = &simulation->scenario;
    bool *is_found = wf_arena_take_array(cli->arena, scenario->name_count, sizeof *is_found);

    for (uint32_t i = 0; is_found != NULL && i < scenario->code_count; i++) {
        find_names(simulation, &simulation->codes[i], is_found);
    }
    for (uint32_t i = 0; is_found != NULL && i < scenario->name_count; i++) {
        const struct sim_scenario_name *name = &scenario->names[i];
        struct wf_buffer shown;

        wf_buffer_init(&shown, cli->arena);
        sim_append_visible(&shown, name->text, 0);
        wf_buffer_append_char(&shown, '\0');
        if (!is_found[i] && !shown.is_full) {
            cli_complain("%s:%u:%u: note: %s `%s` stands nowhere in %s; is it written as there?", simulation->path, name->line,
                         name->column, name->what, shown.data, name->is_missing ? "`schedules`" : "the code");
        }
    }
}

static enum cli_exit read_tape(struct cli *cli, const char *path, struct cli_simulation *simulation)
{
    struct wf_string text = {NULL, 0};
    struct wf_error err = {0};
    const enum cli_exit result = cli_file_read(cli->arena, path, TAPE_BYTES_MAX, &text, &err);

    if (result != CLI_EXIT_OK) {
        cli_complain("%s", err.message);
        return result;
    }
    if (sim_tape_read(cli->arena, text, &simulation->tape, &err) != WF_OK) {
        cli_complain("%s: %s", path, err.message);
        return CLI_EXIT_UNREADABLE;
    }
    simulation->has_tape = true;
    simulation->tape_path = path;
    return CLI_EXIT_OK;
}

/* What is wrong with a scenario that can be read without --set is wrong with the command line. */
static enum cli_exit exit_of_load(struct cli *cli, const struct cli_simulation *simulation, struct wf_string text,
                                  const struct wf_error *err)
{
    struct sim_scenario *plain = wf_arena_take(cli->arena, sizeof *plain);
    struct wf_error ignored = {0};

    if (err->status == WF_ERR_MEMORY || plain == NULL) {
        return CLI_EXIT_ENVIRONMENT;
    }
    if (simulation->settings.count == 0 || sim_scenario_load(cli->arena, simulation->path, text, NULL, plain, &ignored) != WF_OK) {
        return CLI_EXIT_UNREADABLE;
    }
    cli_complain("%s can be read without --set", simulation->path);
    return CLI_EXIT_USAGE;
}

enum cli_exit cli_simulation_open(struct cli *cli, const struct cli_args *args, const char *path,
                                  struct cli_simulation *simulation)
{
    struct wf_string text = {NULL, 0};
    struct wf_error err = {0};
    enum cli_exit result = CLI_EXIT_OK;

    *simulation = (struct cli_simulation){.path = path, .settings = settings_of(cli, args)};
    result = cli_file_read(cli->arena, path, SCENARIO_BYTES_MAX, &text, &err);
    if (result != CLI_EXIT_OK) {
        cli_complain("%s", err.message);
        return result;
    }
    if (sim_scenario_load(cli->arena, path, text, &simulation->settings, &simulation->scenario, &err) != WF_OK) {
        cli_complain("%s", err.message);
        return exit_of_load(cli, simulation, text, &err);
    }
    result = prepare_codes(cli, path, simulation);
    if (result == CLI_EXIT_OK) {
        note_names(cli, simulation);
    }
    return result;
}

enum cli_exit cli_simulation_options(struct cli *cli, const struct cli_args *args, struct cli_simulation *simulation)
{
    const char *tape = cli_args_text(args, "--tape", NULL);

    simulation->no_faults = cli_args_has(args, "--no-faults");
    simulation->stop_at_step = cli_args_number(args, "--stop-at", 0);
    return tape != NULL ? read_tape(cli, tape, simulation) : CLI_EXIT_OK;
}

enum wf_status cli_simulation_start(struct cli *cli, struct cli_simulation *simulation, struct sim_child *child,
                                    struct wf_error *err)
{
    struct sim_scenario *scenario = &simulation->scenario;

    for (uint32_t i = 0; i < scenario->code_count; i++) {
        WF_TRY(cli_code_load(cli->arena, &simulation->codes[i], scenario->codes[i].version, &simulation->loaded[i],
                             err));
        simulation->loaded[i].stacks = sim_stacks();
        simulation->loaded[i].watch = sim_child_watch(child);
    }
    scenario->config.codes = simulation->loaded;
    scenario->config.code_count = scenario->code_count;
    return sim_run_new(&scenario->config, wf_system_blocks(), &simulation->run, err);
}

enum wf_status cli_simulation_seed(struct cli_simulation *simulation, const struct sim_run_options *options,
                                   const struct sim_run_result **result, struct wf_error *err)
{
    struct sim_run_options complete = *options;

    complete.tape = simulation->has_tape ? &simulation->tape : NULL;
    complete.no_faults = simulation->no_faults;
    complete.stop_at_step = simulation->stop_at_step;
    WF_TRY(sim_run_seed(simulation->run, &complete, result, err));
    return sim_stacks_were_short()
               ? wf_fail_status(err, WF_ERR_MEMORY, "seed %llu: no memory for the stacks of workflow code",
                                (unsigned long long)options->seed)
               : WF_OK;
}

struct wf_string cli_shown_path(const char *path, bool is_for_page)
{
    return wf_string_of(is_for_page && path[0] == '/' ? strrchr(path, '/') + 1 : path);
}

struct sim_repeat cli_simulation_repeat(struct cli *cli, const struct cli_simulation *simulation, bool is_for_page)
{
    struct wf_buffer before;
    struct wf_buffer after;

    wf_buffer_init(&before, cli->arena);
    wf_buffer_init(&after, cli->arena);
    sim_shell_path(&before, is_for_page ? WF_STR("wfsim") : wf_string_of(cli->program));
    wf_buffer_append_text(&before, " run ");
    sim_shell_path(&before, cli_shown_path(simulation->path, is_for_page));
    wf_buffer_append_text(&before, " --seed ");
    for (size_t i = 0; i < simulation->settings.count; i++) {
        wf_buffer_append_text(&after, " --set ");
        sim_shell_word(&after, simulation->settings.items[i]);
    }
    if (simulation->has_tape) {
        wf_buffer_append_text(&after, " --tape ");
        sim_shell_path(&after, cli_shown_path(simulation->tape_path, is_for_page));
    }
    cli_from_repeat(simulation, is_for_page, &after);
    wf_buffer_append_text(&after, simulation->no_faults ? " --no-faults" : "");
    return (struct sim_repeat){wf_buffer_string(&before), wf_buffer_string(&after)};
}
