/*
 * wfsim check: the invariants that a history must keep. Histories that we recorded are judged strictly; of others it is
 * tolerated what older and other servers are known to leave out.
 */
#include "engine/base/json_text.h"
#include "sim/check/check_history.h"
#include "sim/cli/command.h"
#include "sim/cli/histories.h"

struct totals {
    uint64_t histories;
    uint64_t broken; /* histories with findings */
    uint64_t findings;
};

static const char *path_or_stdin(const char *path)
{
    return strcmp(path, "-") == 0 ? "(standard input)" : path;
}

static void append_name(struct wf_buffer *text, const char *path, const struct wf_history *history)
{
    cli_append_visible(text, wf_string_of(path_or_stdin(path)), 0);
    if (history->workflow_id.size_bytes > 0) {
        wf_buffer_append_text(text, ": ");
        cli_append_visible(text, history->workflow_id, 0);
    }
}

static void append_text(struct cli_output *out, const char *path, const struct wf_history *history,
                        const struct sim_history_findings *findings)
{
    struct wf_buffer *text = &out->text;

    if (findings->count == 0) {
        return;
    }
    wf_buffer_append_text(text, cli_style(out, CLI_STYLE_BOLD));
    append_name(text, path, history);
    wf_buffer_printf(text, "%s\n", cli_style(out, CLI_STYLE_PLAIN));
    for (uint32_t i = 0; i < findings->count; i++) {
        wf_buffer_printf(text, "  %s%s%s  ", cli_style(out, CLI_STYLE_RED), findings->items[i].invariant,
                         cli_style(out, CLI_STYLE_PLAIN));
        cli_append_visible(text, findings->items[i].sentence, 0);
        wf_buffer_append_char(text, '\n');
    }
    if (findings->dropped_count > 0) {
        wf_buffer_printf(text, "  and %u more\n", findings->dropped_count);
    }
}

static void append_json(struct wf_json_writer *json, const char *path, const struct wf_history *history,
                        const struct sim_history_findings *findings)
{
    wf_json_begin_object(json);
    wf_json_key(json, "file");
    wf_json_text(json, path);
    wf_json_key(json, "workflow_id");
    wf_json_string(json, history->workflow_id);
    wf_json_key(json, "events");
    wf_json_u64(json, history->event_count);
    wf_json_key(json, "ok");
    wf_json_bool(json, findings->count == 0);
    wf_json_key(json, "findings");
    wf_json_begin_array(json);
    for (uint32_t i = 0; i < findings->count; i++) {
        wf_json_begin_object(json);
        wf_json_key(json, "invariant");
        wf_json_text(json, findings->items[i].invariant);
        wf_json_key(json, "event_id");
        wf_json_i64(json, findings->items[i].event_id);
        wf_json_key(json, "message");
        wf_json_string(json, findings->items[i].sentence);
        wf_json_end_object(json);
    }
    wf_json_end_array(json);
    wf_json_key(json, "further");
    wf_json_u64(json, findings->dropped_count);
    wf_json_end_object(json);
}

static enum cli_exit check_history(struct cli *cli, struct wf_json_writer *json, const char *path,
                                   struct wf_history *history, struct totals *totals)
{
    const struct wf_arena_mark mark = wf_arena_mark(cli->arena);
    const struct sim_history_options options = {.is_foreign = history->scenario.size_bytes == 0,
                                                .verifies_encoding = true};
    struct sim_history_findings *findings = WF_ARENA_NEW(cli->arena, struct sim_history_findings);
    struct wf_error err;

    /* A newest-first history is turned round; what else is wrong with its shape is a finding here. */
    (void)wf_history_normalise(history, NULL);
    if (findings == NULL || sim_check_history(cli->arena, history->events, history->event_count, &options, findings,
                                              &err) != WF_OK) {
        cli_complain("%s: out of memory", path);
        return CLI_EXIT_ENVIRONMENT;
    }
    totals->histories++;
    totals->broken += findings->count > 0 ? 1 : 0;
    totals->findings += findings->count + (uint64_t)findings->dropped_count;
    switch (cli->out->format) {
    case CLI_FORMAT_TEXT:
        append_text(cli->out, path, history, findings);
        break;
    case CLI_FORMAT_JSON:
        append_json(json, path, history, findings);
        break;
    case CLI_FORMAT_JSONL:
        wf_json_writer_init(json, &cli->out->text, 0);
        append_json(json, path, history, findings);
        wf_buffer_append_char(&cli->out->text, '\n');
        break;
    }
    cli_output_flush_some(cli->out);
    wf_arena_rewind(cli->arena, mark);
    return CLI_EXIT_OK;
}

static const char *plural(uint64_t count, const char *one, const char *many)
{
    return count == 1 ? one : many;
}

static void append_totals(struct cli_output *out, const struct totals *totals)
{
    const unsigned long long histories = totals->histories;

    if (totals->broken == 0) {
        wf_buffer_printf(&out->text, "%llu %s, every invariant kept\n", histories,
                         plural(totals->histories, "history", "histories"));
        return;
    }
    wf_buffer_printf(&out->text, "\n%llu %s, %llu with findings, %llu %s\n", histories,
                     plural(totals->histories, "history", "histories"), (unsigned long long)totals->broken,
                     (unsigned long long)totals->findings, plural(totals->findings, "finding", "findings"));
}

static enum cli_exit run(struct cli *cli, const struct cli_args *args)
{
    struct cli_histories histories;
    struct totals totals = {0};
    struct wf_json_writer json;
    enum cli_exit worst = cli_histories_open(&histories, cli->arena, args->operands, args->operand_count);
    const bool is_open = worst == CLI_EXIT_OK;

    wf_json_writer_init(&json, &cli->out->text, 0);
    if (is_open && cli->out->format == CLI_FORMAT_JSON) {
        wf_json_begin_array(&json);
    }
    while (is_open) {
        struct wf_history *history = NULL;
        const enum cli_exit result = cli_histories_next(&histories, &history);

        worst = cli_exit_worse(worst, result);
        if (history == NULL && result == CLI_EXIT_OK) {
            break;
        }
        if (history != NULL) {
            worst = cli_exit_worse(worst, check_history(cli, &json, histories.path, history, &totals));
        }
    }
    if (histories.is_cut) {
        worst = cli_exit_worse(worst, CLI_EXIT_UNREADABLE); /* what is missing was not checked */
    }
    if (is_open && cli->out->format == CLI_FORMAT_JSON) {
        wf_json_end_array(&json);
        wf_buffer_append_char(&cli->out->text, '\n');
    } else if (cli->out->format == CLI_FORMAT_TEXT && totals.histories > 0) {
        append_totals(cli->out, &totals);
    }
    cli_histories_close(&histories);
    return totals.broken > 0 ? cli_exit_worse(worst, CLI_EXIT_FINDING) : worst;
}

static const struct cli_option options[] = {
    CLI_OPTION_OUTPUT,
    {NULL, CLI_SWITCH, NULL, NULL},
};

const struct cli_command cli_command_check = {
    .name = "check",
    .operands = "HISTORY...",
    .operand_count_min = 1,
    .operand_count_max = UINT32_MAX,
    .summary = "verify what every history must keep",
    .description = "Verifies the invariants that one history decides: ids, references, turns of workflow tasks,\n"
                   "commands and their events, activities, timers, children, signals, updates. Each finding names\n"
                   "the event and the invariant (I1 to I102). A folder means every history in it.",
    .options = options,
    .example = "wfsim check histories/",
    .run = run,
};
