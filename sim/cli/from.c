/*
 * HISTORY@EVENT: the text behind the last @ is the event. The history is read and checked by the supervisor, once; children
 * inherit it.
 */
#include "sim/cli/from.h"

#include "sim/cli/histories.h"
#include "sim/what_if.h"
#include "sim/report/shell.h"

/* What is looked for, and how much of it was found. */
struct search {
    const char *path;
    const char *id; /* NULL: the only one of the file */
    int64_t event_id;
    uint64_t seen_count;
    uint64_t found_count;
    struct wf_history found; /* the last one */
};

static enum cli_exit fail_memory(void)
{
    cli_complain("out of memory");
    return CLI_EXIT_ENVIRONMENT;
}

static enum cli_exit read_place(struct cli *cli, const char *text, struct search *search)
{
    const char *at = strrchr(text, '@');
    const char *end = text + strlen(text);
    char *path = NULL;
    uint64_t event_id = 0;

    if (at == NULL || at == text || !cli_number_read(at + 1, end, &event_id) || event_id == 0 || event_id > INT64_MAX) {
        cli_complain("--from %s: give a history and one of its events, as in --from order-3.json@17", text);
        return CLI_EXIT_USAGE;
    }
    path = wf_arena_take(cli->arena, (size_t)(at - text) + 1);
    if (path == NULL) {
        return fail_memory();
    }
    memcpy(path, text, (size_t)(at - text));
    search->path = path;
    search->event_id = (int64_t)event_id;
    return CLI_EXIT_OK;
}

static bool is_wanted(const struct search *search, const struct wf_history *history)
{
    return search->id == NULL || wf_string_is(history->run_id, search->id) || wf_string_is(history->workflow_id, search->id);
}

/* The reader gives its memory to the next history. */
static bool keep(struct cli *cli, const struct wf_history *history, struct wf_history *kept)
{
    const struct wf_history_message message = {.events = {.items = history->events, .count = history->event_count}};
    struct wf_history_message copy = {0};

    if (!wf_message_copy_into(cli->arena, &wf_type_history_message, &copy, &message)) {
        return false;
    }
    *kept = *history;
    kept->events = copy.events.items;
    kept->workflow_id = wf_string_copy(cli->arena, history->workflow_id);
    kept->run_id = wf_string_copy(cli->arena, history->run_id);
    kept->workflow_type = wf_string_copy(cli->arena, history->workflow_type);
    kept->scenario = wf_string_copy(cli->arena, history->scenario);
    kept->notes = (struct wf_notes){0};
    return true;
}

static enum cli_exit look_through(struct cli *cli, struct search *search)
{
    struct cli_histories histories;
    struct wf_history *history = NULL;
    enum cli_exit result = cli_histories_open(&histories, cli->arena, &search->path, 1);

    while (result == CLI_EXIT_OK) {
        result = cli_histories_next(&histories, &history);
        if (result == CLI_EXIT_UNREADABLE && histories.is_open) {
            result = CLI_EXIT_OK; /* it is said, and may not be the one that is looked for */
            continue;
        }
        if (result != CLI_EXIT_OK || history == NULL) {
            break;
        }
        search->seen_count++;
        if (is_wanted(search, history)) {
            search->found_count++;
            result = keep(cli, history, &search->found) ? CLI_EXIT_OK : fail_memory();
        }
    }
    if (result == CLI_EXIT_OK && histories.is_cut) {
        result = CLI_EXIT_UNREADABLE;
    }
    cli_histories_close(&histories);
    return result;
}

static enum cli_exit find_history(struct cli *cli, struct search *search)
{
    const enum cli_exit result = look_through(cli, search);

    if (result != CLI_EXIT_OK) {
        return result;
    }
    if (search->found_count == 0) {
        cli_complain("%s: no workflow or run '%s' in it; `wfsim list` shows what is", search->path, search->id);
        return CLI_EXIT_USAGE;
    }
    if (search->id == NULL && search->seen_count > 1) {
        cli_complain("%s holds %llu histories: choose one with --id, by its workflow or run id", search->path,
                     (unsigned long long)search->seen_count);
        return CLI_EXIT_USAGE;
    }
    if (search->found_count > 1) {
        cli_complain("%llu runs of '%s'; this is the last one", (unsigned long long)search->found_count, search->id);
    }
    return CLI_EXIT_OK;
}

static enum cli_exit make(struct cli *cli, const struct search *search, struct cli_simulation *simulation)
{
    struct sim_continuation *continued = wf_arena_take(cli->arena, sizeof *continued);
    struct wf_history *history = wf_arena_take(cli->arena, sizeof *history);
    struct wf_error err = {0};

    if (continued == NULL || history == NULL) {
        return fail_memory();
    }
    *history = search->found;
    if (wf_history_normalise(history, &err) != WF_OK) {
        cli_complain_input(search->path, &err);
        return CLI_EXIT_UNREADABLE;
    }
    if (sim_continuation_make(cli->arena, history, search->event_id, continued, &err) != WF_OK) {
        cli_complain_input(search->path, &err);
        return err.status == WF_ERR_MEMORY    ? CLI_EXIT_ENVIRONMENT
               : err.status == WF_ERR_CORRUPT ? CLI_EXIT_UNREADABLE
                                              : CLI_EXIT_USAGE;
    }
    simulation->scenario.config.continued = continued;
    simulation->scenario.config.goals_over = UINT32_MAX; /* goals and conditions speak of the scenario's own starts */
    return CLI_EXIT_OK;
}

/* One version, the given one. */
static enum cli_exit replace_code(struct cli *cli, const char *path, struct cli_simulation *simulation)
{
    struct sim_scenario_code *code = wf_arena_take(cli->arena, sizeof *code);

    if (code == NULL) {
        return fail_memory();
    }
    *code = (struct sim_scenario_code){.version = WF_STR("given"), .path = wf_string_of(path)};
    simulation->scenario.codes = code;
    simulation->scenario.code_count = 1;
    simulation->code_path = path;
    return cli_code_prepare(cli, path, &simulation->codes[0]);
}

enum cli_exit cli_from_read(struct cli *cli, const struct cli_args *args, struct cli_simulation *simulation)
{
    const char *from = cli_args_text(args, "--from", NULL);
    const char *code = cli_args_text(args, "-w", NULL);
    struct search search = {.id = cli_args_text(args, "--id", NULL)};
    enum cli_exit result = CLI_EXIT_OK;

    if (from == NULL) {
        if (code != NULL || search.id != NULL) {
            cli_complain("%s goes with --from", code != NULL ? "-w" : "--id");
            return CLI_EXIT_USAGE;
        }
        return CLI_EXIT_OK;
    }
    result = read_place(cli, from, &search);
    if (result == CLI_EXIT_OK) {
        result = find_history(cli, &search);
    }
    if (result == CLI_EXIT_OK) {
        result = make(cli, &search, simulation);
    }
    if (result == CLI_EXIT_OK && code != NULL) {
        result = replace_code(cli, code, simulation);
    }
    simulation->from = from;
    simulation->from_path = search.path;
    simulation->from_id = search.id;
    return result;
}

void cli_from_repeat(const struct cli_simulation *simulation, bool is_for_page, struct wf_buffer *out)
{
    if (simulation->from == NULL) {
        return;
    }
    wf_buffer_append_text(out, " --from ");
    sim_shell_path(out, cli_shown_path(simulation->from, is_for_page));
    if (simulation->from_id != NULL) {
        wf_buffer_append_text(out, " --id ");
        sim_shell_word(out, wf_string_of(simulation->from_id));
    }
    if (simulation->code_path != NULL) {
        wf_buffer_append_text(out, " -w ");
        sim_shell_path(out, cli_shown_path(simulation->code_path, is_for_page));
    }
}
