/*
 * wfsim check: the invariants that a history must keep. Histories that we recorded are judged strictly; of others it is
 * tolerated what older and other servers are known to leave out.
 */
#include "engine/base/hash.h"
#include "engine/base/json_text.h"
#include "sim/check/check_runs.h"
#include "sim/cli/command.h"
#include "sim/cli/histories.h"
#include "sim/cli/interrupt.h"
#include "sim/report/visible.h"

struct totals {
    uint64_t histories;
    uint64_t broken; /* histories with findings */
    uint64_t findings;
    bool has_more_broken; /* of those that were compared only so many findings are kept */
};

/* What is remembered of every history, so that they can be compared when all are read. */
struct memory {
    struct wf_arena arena;
    struct sim_runs *runs;
    struct {
        const char **items; /* path of each history, by tag */
        uint32_t count;
        uint32_t capacity;
    } paths;
};

static const char *path_or_stdin(const char *path)
{
    return strcmp(path, "-") == 0 ? "(standard input)" : path;
}

static void append_name(struct wf_buffer *text, const char *path, struct wf_string workflow_id)
{
    sim_append_visible(text, wf_string_of(path_or_stdin(path)), 0);
    if (workflow_id.size_bytes > 0) {
        wf_buffer_append_text(text, ": ");
        sim_append_visible(text, workflow_id, 0);
    }
}

static void append_findings(struct cli_output *out, const struct sim_history_finding *findings, uint32_t count,
                            uint32_t further)
{
    for (uint32_t i = 0; i < count; i++) {
        wf_buffer_printf(&out->text, "  %s%s%s  ", cli_style(out, CLI_STYLE_RED), findings[i].invariant,
                         cli_style(out, CLI_STYLE_PLAIN));
        sim_append_visible(&out->text, findings[i].sentence, 0);
        wf_buffer_append_char(&out->text, '\n');
    }
    if (further > 0) {
        wf_buffer_printf(&out->text, "  and %u more\n", further);
    }
}

static void append_text(struct cli_output *out, const char *path, struct wf_string workflow_id,
                        const struct sim_history_finding *findings, uint32_t count, uint32_t further)
{
    if (count == 0) {
        return;
    }
    wf_buffer_append_text(&out->text, cli_style(out, CLI_STYLE_BOLD));
    append_name(&out->text, path, workflow_id);
    wf_buffer_printf(&out->text, "%s\n", cli_style(out, CLI_STYLE_PLAIN));
    append_findings(out, findings, count, further);
}

/* events is UINT64_MAX for what shows only beside other histories. */
static void append_json(struct wf_json_writer *json, const char *path, struct wf_string workflow_id, uint64_t events,
                        const struct sim_history_finding *findings, uint32_t count, uint32_t further)
{
    wf_json_begin_object(json);
    wf_json_key(json, "file");
    wf_json_text(json, path);
    wf_json_key(json, "workflow_id");
    wf_json_string(json, workflow_id);
    if (events == UINT64_MAX) {
        wf_json_key(json, "beside_others");
        wf_json_bool(json, true);
    } else {
        wf_json_key(json, "events");
        wf_json_u64(json, events);
    }
    wf_json_key(json, "ok");
    wf_json_bool(json, count == 0);
    wf_json_key(json, "findings");
    wf_json_begin_array(json);
    for (uint32_t i = 0; i < count; i++) {
        wf_json_begin_object(json);
        wf_json_key(json, "invariant");
        wf_json_text(json, findings[i].invariant);
        wf_json_key(json, "event_id");
        wf_json_i64(json, findings[i].event_id);
        wf_json_key(json, "message");
        wf_json_string(json, findings[i].sentence);
        wf_json_end_object(json);
    }
    wf_json_end_array(json);
    wf_json_key(json, "further");
    wf_json_u64(json, further);
    wf_json_end_object(json);
}

/* Prints what was found in one history, or about it beside others. */
static void print(struct cli *cli, struct wf_json_writer *json, const char *path, struct wf_string workflow_id,
                  uint64_t events, const struct sim_history_finding *findings, uint32_t count, uint32_t further)
{
    switch (cli->out->format) {
    case CLI_FORMAT_TEXT:
        append_text(cli->out, path, workflow_id, findings, count, further);
        break;
    case CLI_FORMAT_JSON:
        append_json(json, path, workflow_id, events, findings, count, further);
        break;
    case CLI_FORMAT_JSONL:
        wf_json_writer_init(json, &cli->out->text, 0);
        append_json(json, path, workflow_id, events, findings, count, further);
        wf_buffer_append_char(&cli->out->text, '\n');
        break;
    }
    cli_output_flush_some(cli->out);
}

/* Runs of one simulation belong together, and so do all exports. */
static uint64_t group_of(const struct wf_history *history)
{
    return sim_history_is_foreign(history)
               ? 0
               : wf_hash_mix(wf_hash_bytes(history->scenario.data, history->scenario.size_bytes), history->seed) | 1;
}

static bool remember(struct memory *memory, const char *path, const struct wf_history *history)
{
    const bool is_same = memory->paths.count > 0 && memory->paths.items[memory->paths.count - 1] == path;
    const char **place = is_same ? NULL : WF_LIST_APPEND(&memory->arena, memory->paths);
    struct wf_error err;

    if (!is_same && place == NULL) {
        return false;
    }
    if (!is_same) {
        *place = path;
    }
    return sim_runs_add(memory->runs,
                        &(struct sim_run_history){.group = group_of(history),
                                                  .tag = memory->paths.count - 1,
                                                  .workflow_id = history->workflow_id,
                                                  .run_id = history->run_id,
                                                  .events = history->events,
                                                  .event_count = history->event_count,
                                                  .is_foreign = sim_history_is_foreign(history),
                                                  .clock_spread_ns = sim_history_clock_spread(history),
                                                  .keeps_digests = true},
                        &err) == WF_OK;
}

static enum cli_exit check_history(struct cli *cli, struct wf_json_writer *json, const char *path,
                                   struct wf_history *history, struct memory *memory, struct totals *totals)
{
    const struct wf_arena_mark mark = wf_arena_mark(cli->arena);
    const struct sim_history_options options = {.is_foreign = sim_history_is_foreign(history),
                                                .verifies_encoding = true,
                                                .clock_spread_ns = sim_history_clock_spread(history),
                                                .has_other_options = sim_history_has_other_options(history)};
    struct sim_history_findings *findings = WF_ARENA_NEW(cli->arena, struct sim_history_findings);
    struct wf_error err;

    if (history->event_count == 0) {
        cli_complain("%s: the history has no events: there is nothing to check", path_or_stdin(path));
        return CLI_EXIT_UNREADABLE;
    }
    /* A newest-first history is turned round; what else is wrong with its shape is a finding here. */
    (void)wf_history_normalise(history, NULL);
    if (findings == NULL || !remember(memory, path, history) ||
        sim_check_history(cli->arena, history->events, history->event_count, &options, findings, &err) != WF_OK) {
        cli_complain("%s: out of memory", path);
        return CLI_EXIT_ENVIRONMENT;
    }
    totals->histories++;
    totals->broken += findings->count > 0 ? 1 : 0;
    totals->findings += findings->count + (uint64_t)findings->dropped_count;
    print(cli, json, path, history->workflow_id, history->event_count, findings->items, findings->count,
          findings->dropped_count);
    wf_arena_rewind(cli->arena, mark);
    return CLI_EXIT_OK;
}

/* What no history shows alone. */
static enum cli_exit check_together(struct cli *cli, struct wf_json_writer *json, struct memory *memory,
                                    struct totals *totals)
{
    struct sim_run_findings *found = WF_ARENA_NEW(cli->arena, struct sim_run_findings);
    struct wf_error err;

    if (found == NULL || sim_runs_check(memory->runs, false, found, &err) != WF_OK) {
        cli_complain("out of memory to compare histories");
        return CLI_EXIT_ENVIRONMENT;
    }
    for (uint32_t i = 0; i < found->count; i++) {
        print(cli, json, memory->paths.items[found->items[i].tag], found->items[i].workflow_id, UINT64_MAX,
              &found->items[i].finding, 1, i + 1 == found->count ? found->dropped_count : 0);
    }
    totals->broken += found->count;
    totals->has_more_broken = found->dropped_count > 0;
    totals->findings += found->count + (uint64_t)found->dropped_count;
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
    wf_buffer_printf(&out->text, "\n%llu %s, %s%llu with findings, %llu %s\n", histories,
                     plural(totals->histories, "history", "histories"), totals->has_more_broken ? "at least " : "",
                     (unsigned long long)totals->broken,
                     (unsigned long long)totals->findings, plural(totals->findings, "finding", "findings"));
}

static enum cli_exit run(struct cli *cli, const struct cli_args *args)
{
    struct cli_histories histories;
    struct totals totals = {0};
    struct memory memory = {0};
    struct wf_json_writer json;
    struct wf_history *history = NULL;
    enum cli_exit worst = cli_histories_open(&histories, cli->arena, args->operands, args->operand_count);
    const bool is_open = worst == CLI_EXIT_OK;

    cli_interrupt_catch();
    wf_arena_init(&memory.arena, wf_system_blocks(), 0);
    memory.runs = sim_runs_new(&memory.arena);
    wf_json_writer_init(&json, &cli->out->text, 0);
    if (is_open && cli->out->format == CLI_FORMAT_JSON) {
        wf_json_begin_array(&json);
    }
    while (is_open && memory.runs != NULL && cli_histories_next_readable(&histories, &history, &worst)) {
        worst = cli_exit_worse(worst, check_history(cli, &json, histories.path, history, &memory, &totals));
    }
    worst = cli_exit_worse(worst, memory.runs == NULL ? CLI_EXIT_ENVIRONMENT
                                                      : check_together(cli, &json, &memory, &totals));
    if (is_open && cli->out->format == CLI_FORMAT_JSON) {
        wf_json_end_array(&json);
        wf_buffer_append_char(&cli->out->text, '\n');
    } else if (cli->out->format == CLI_FORMAT_TEXT && totals.histories > 0) {
        append_totals(cli->out, &totals);
    }
    cli_histories_close(&histories);
    wf_arena_deinit(&memory.arena);
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
    .description = "Verifies the invariants that histories decide: of each ids, references, turns of workflow tasks,\n"
                   "commands and their events, activities, timers, children, signals, updates; of several together\n"
                   "chains of runs, resets, parents and children, signals. Each finding names the event and the\n"
                   "invariant (I1 to I104). A folder means every history in it.",
    .options = options,
    .example = "wfsim check histories/",
    .run = run,
};
