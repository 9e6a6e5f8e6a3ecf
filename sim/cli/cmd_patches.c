/*
 * wfsim patches: which patches and versions of the code are still needed by the runs there are.
 *
 * A patch goes through three stages: both ways (some runs have no marker), the new way with a deprecated call (every run has
 * one), and nothing. Each stage may be left when no open run is of an earlier one. A child reads a file, replays its histories
 * when there is code, and sends a frame for each; the supervisor adds them up.
 */
#include "engine/base/assert.h"
#include "engine/base/json_text.h"
#include "engine/base/map.h"
#include "engine/patches.h"
#include "sim/cli/child_files.h"
#include "sim/cli/interrupt.h"
#include "sim/cli/patch_runs.h"
#include "sim/cli/report_files.h"
#include "sim/report/pack.h"
#include "sim/report/visible.h"

#define NAMED_RUNS_MAX 5u /* runs named under a patch that would break them */

enum advice { ADVICE_KEEP, ADVICE_DEPRECATE, ADVICE_REMOVE, ADVICE_BREAKS, ADVICE_OUTSIDE, ADVICE_NONE };
static const char *const advice_names[] = {"keep", "deprecate", "remove", "would break these runs",
                                           "would break these runs", "not known"};

/* Runs with or without a marker, by whether they have ended. */
struct tally {
    uint64_t open;
    uint64_t closed;
};

struct patch {
    struct wf_string id;
    struct wf_string type; /* of the workflow that it is in */
    bool is_version;
    struct tally live;
    struct tally deprecated;
    struct tally listed; /* named by TemporalChangeVersion alone */
    int64_t version_min; /* of open runs */
    int64_t version_max;
    uint64_t asking; /* runs with a marker whose replay asked for the patch, deprecated it, or came to its end without either */
    uint64_t deprecating;
    uint64_t silent;
    uint64_t broken;
    uint64_t outside;          /* runs at a version that the code does not support */
    uint64_t unreplayed;       /* further runs with a marker whose replay ended before they did */
    int64_t supported_min;     /* which ones it does, when there are such runs */
    int64_t supported_max;
    struct wf_string named[NAMED_RUNS_MAX]; /* the first of both */
};

struct report {
    struct cli_patch_runs runs; /* first: the children know no more */
    struct cli *cli;
    struct wf_arena kept;
    struct wf_arena item;
    struct wf_map by_key;
    struct wf_map types; /* struct tally of all runs of a workflow type */
    struct {
        struct patch *items[CLI_PATCHES_MAX];
        uint32_t count;
    } patches;
    uint64_t histories;
    struct cli_replayed replayed;
    uint64_t crashes; /* each left out a history, and those behind it in its file */
    enum cli_exit worst;
    bool has_left_out; /* patches: there are more than CLI_PATCHES_MAX */
    bool is_short_of_memory;
};

/* ---- Adding up ---- */

static void count_run(struct tally *tally, bool is_closed)
{
    *(is_closed ? &tally->closed : &tally->open) += 1;
}

static struct tally *tally_of_type(struct report *report, struct wf_string type)
{
    struct tally *tally = wf_map_get(&report->types, type);

    if (tally == NULL) {
        tally = WF_ARENA_NEW(&report->kept, struct tally);
        if (tally == NULL || !wf_map_set(&report->types, wf_string_copy(&report->kept, type), tally)) {
            report->is_short_of_memory = true;
            return NULL;
        }
    }
    return tally;
}

static struct patch *patch_of(struct report *report, struct wf_string type, const struct cli_patch_use *use)
{
    struct wf_buffer key;
    struct patch *patch = NULL;

    wf_buffer_init(&key, &report->item);
    sim_pack_text(&key, type);
    sim_pack_text(&key, use->id);
    patch = wf_map_get(&report->by_key, wf_buffer_string(&key));
    if (patch != NULL || report->patches.count == CLI_PATCHES_MAX) {
        return patch;
    }
    patch = WF_ARENA_NEW(&report->kept, struct patch);
    if (patch == NULL ||
        !wf_map_set(&report->by_key, wf_string_copy(&report->kept, wf_buffer_string(&key)), patch)) {
        report->is_short_of_memory = true;
        return NULL;
    }
    *patch = (struct patch){.id = wf_string_copy(&report->kept, use->id),
                            .type = wf_string_copy(&report->kept, type),
                            .is_version = use->is_version,
                            .version_min = INT64_MAX,
                            .version_max = INT64_MIN};
    report->patches.items[report->patches.count++] = patch;
    return patch;
}

static void add_use(struct report *report, struct patch *patch, const struct cli_patch_run *run, const struct cli_patch_use *use)
{
    if (use->marker != CLI_MARKER_NONE) {
        count_run(use->marker == CLI_MARKER_LISTED       ? &patch->listed
                  : use->marker == CLI_MARKER_DEPRECATED ? &patch->deprecated
                                                         : &patch->live,
                  run->is_closed);
    }
    if (use->is_version && use->marker != CLI_MARKER_NONE && !run->is_closed) {
        patch->version_min = use->version < patch->version_min ? use->version : patch->version_min;
        patch->version_max = use->version > patch->version_max ? use->version : patch->version_max;
    }
    if (use->marker != CLI_MARKER_NONE) {
        patch->asking += use->call == CLI_CALL_ASKS;
        patch->deprecating += use->call == CLI_CALL_DEPRECATES;
        patch->silent += use->call == CLI_CALL_NONE;
        patch->unreplayed += !run->is_replayed && !use->is_broken && !use->is_outside;
    }
    if (use->is_broken || use->is_outside) {
        const uint64_t before = patch->broken + patch->outside;

        if (before < NAMED_RUNS_MAX) {
            patch->named[before] = wf_string_copy(&report->kept, run->workflow_id);
        }
        patch->broken += use->is_broken;
        patch->outside += !use->is_broken;
    }
    if (use->is_outside) {
        patch->supported_min = use->minimum;
        patch->supported_max = use->maximum;
    }
}

static void leave_out(struct report *report)
{
    if (!report->has_left_out) {
        cli_complain("more than %u patches: further ones are left out", CLI_PATCHES_MAX);
        report->has_left_out = true;
    }
    report->worst = cli_exit_worse(report->worst, CLI_EXIT_UNREADABLE);
}

static bool take_run(void *context, uint64_t item, struct wf_string bytes)
{
    struct report *report = context;
    struct cli_patch_run run;

    wf_arena_reset(&report->item);
    if (cli_child_complain(report->runs.paths.items[item], bytes)) {
        report->worst = cli_exit_worse(report->worst, CLI_EXIT_UNREADABLE);
        return true;
    }
    const bool is_read = cli_patch_run_unpack(&report->item, report->runs.paths.items[item], bytes, &report->replayed, &run);
    WF_ASSERT(is_read || report->item.is_full);
    struct tally *tally = is_read ? tally_of_type(report, run.workflow_type) : NULL;
    if (tally == NULL) {
        report->is_short_of_memory = true;
        return false;
    }
    report->histories++;
    count_run(tally, run.is_closed);
    for (uint32_t i = 0; i < run.use_count; i++) {
        struct patch *patch = patch_of(report, run.workflow_type, &run.uses[i]);

        if (report->is_short_of_memory) {
            return false;
        }
        if (patch == NULL) {
            leave_out(report);
        } else {
            add_use(report, patch, &run, &run.uses[i]);
        }
    }
    return true;
}

static bool end_file(void *context, uint64_t item, const struct sim_crash *crash)
{
    struct report *report = context;

    if (crash != NULL) {
        cli_complain("%s: the code of %s ended with: %s; the histories behind it in this file are left out",
                     report->runs.paths.items[item], crash->workflow_type, sim_crash_name(crash->kind));
        report->crashes++;
        report->worst = cli_exit_worse(report->worst, CLI_EXIT_FINDING);
    }
    return true;
}

/* ---- What to do ---- */

static struct tally runs_without(const struct report *report, const struct patch *patch)
{
    const struct tally *all = wf_map_get(&report->types, patch->type);

    WF_ASSERT(all != NULL);
    return (struct tally){.open = all->open - patch->live.open - patch->deprecated.open - patch->listed.open,
                          .closed = all->closed - patch->live.closed - patch->deprecated.closed - patch->listed.closed};
}

static enum advice advise(const struct report *report, const struct patch *patch)
{
    const struct tally without = runs_without(report, patch);
    const uint64_t live = patch->live.open + patch->listed.open;

    if (patch->broken > 0 || patch->outside > 0) {
        return patch->broken > 0 ? ADVICE_BREAKS : ADVICE_OUTSIDE;
    }
    if (without.open > 0 && (live > 0 || patch->deprecated.open == 0)) {
        return ADVICE_KEEP;
    }
    if (patch->is_version && live > 0 && patch->version_min != patch->version_max) {
        return ADVICE_KEEP;
    }
    if (patch->unreplayed > 0 || report->crashes > 0) {
        return ADVICE_NONE;
    }
    return live > 0 ? ADVICE_DEPRECATE : ADVICE_REMOVE;
}

static void append_named(const struct patch *patch, struct wf_buffer *out)
{
    const uint64_t count = patch->broken + patch->outside;

    for (uint64_t i = 0; i < count && i < NAMED_RUNS_MAX; i++) {
        wf_buffer_append_text(out, i == 0 ? ": " : ", ");
        sim_append_visible(out, patch->named[i], 0);
    }
    wf_buffer_append_text(out, count > NAMED_RUNS_MAX ? ", ..." : "");
}

static void append_reason(const struct report *report, const struct patch *patch, enum advice advice, struct wf_buffer *out)
{
    const struct tally without = runs_without(report, patch);

    switch (advice) {
    case ADVICE_KEEP:
        if (without.open == 0) {
            wf_buffer_printf(out, "open runs are at versions %lld to %lld", (long long)patch->version_min,
                             (long long)patch->version_max);
        } else {
            wf_buffer_printf(out, "%llu open %s without it", (unsigned long long)without.open,
                             without.open == 1 ? "run is" : "runs are");
        }
        return;
    case ADVICE_DEPRECATE:
        if (patch->is_version) {
            wf_buffer_printf(out, "every open run is at version %lld: the ways before it can go", (long long)patch->version_max);
        } else {
            wf_buffer_append_text(out, "every open run has it: the old way can go, with wf_deprecate_patch in the place of the call");
        }
        return;
    case ADVICE_REMOVE:
        wf_buffer_append_text(out, patch->live.closed + patch->listed.closed + without.closed > 0
                                       ? "no open run needs it; a query of a closed run still replays it"
                                       : "no open run needs it");
        return;
    case ADVICE_BREAKS:
        wf_buffer_printf(out, "the code no longer asks for it: %llu %s", (unsigned long long)patch->broken,
                         patch->broken == 1 ? "run does not replay" : "runs do not replay");
        append_named(patch, out);
        return;
    case ADVICE_OUTSIDE:
        wf_buffer_printf(out, "the code supports versions %lld to %lld: %llu %s at another", (long long)patch->supported_min,
                         (long long)patch->supported_max, (unsigned long long)patch->outside,
                         patch->outside == 1 ? "run is" : "runs are");
        append_named(patch, out);
        return;
    case ADVICE_NONE:
        if (patch->unreplayed == 0) {
            wf_buffer_append_text(out, "the code crashed, and histories that were left out may need it");
            return;
        }
        wf_buffer_printf(out, "the code does not replay %llu %s with it", (unsigned long long)patch->unreplayed,
                         patch->unreplayed == 1 ? "run" : "runs");
        return;
    }
}

/* ---- Text and JSON ---- */

static void append_tally(struct wf_buffer *out, const char *name, struct tally tally)
{
    if (tally.open + tally.closed > 0) {
        wf_buffer_printf(out, "  %s: %llu open, %llu closed\n", name, (unsigned long long)tally.open,
                         (unsigned long long)tally.closed);
    }
}

static void append_text(const struct report *report, const struct patch *patch, struct wf_buffer *out)
{
    const enum advice advice = advise(report, patch);

    sim_append_visible(out, patch->id, 0);
    wf_buffer_append_text(out, patch->is_version ? " (version, " : " (");
    sim_append_visible(out, patch->type, 0);
    wf_buffer_printf(out, "): %s: ", advice_names[advice]);
    append_reason(report, patch, advice, out);
    wf_buffer_append_char(out, '\n');
    append_tally(out, patch->is_version ? "with a marker" : "with a live marker", patch->live);
    append_tally(out, "with a deprecated marker", patch->deprecated);
    append_tally(out, "named by TemporalChangeVersion alone", patch->listed);
    append_tally(out, "without", runs_without(report, patch));
    if (patch->asking + patch->deprecating + patch->silent > 0) {
        wf_buffer_printf(out, "  the code: asks for it in %llu, deprecates it in %llu, does neither in %llu of those with a marker\n",
                         (unsigned long long)patch->asking, (unsigned long long)patch->deprecating,
                         (unsigned long long)patch->silent);
    }
}

static void put_tally(struct wf_json_writer *json, const char *key, struct tally tally)
{
    wf_json_key(json, key);
    wf_json_begin_object(json);
    wf_json_put_u64(json, "open", tally.open);
    wf_json_put_u64(json, "closed", tally.closed);
    wf_json_end_object(json);
}

static void append_json(const struct report *report, const struct patch *patch, struct wf_json_writer *json)
{
    const enum advice advice = advise(report, patch);
    struct wf_buffer reason;

    wf_buffer_init(&reason, report->cli->arena);
    append_reason(report, patch, advice, &reason);
    wf_json_begin_object(json);
    wf_json_put_string(json, "id", patch->id);
    wf_json_put_string(json, "workflow_type", patch->type);
    wf_json_put_string(json, "kind", patch->is_version ? WF_STR("version") : WF_STR("patch"));
    wf_json_put_string(json, "verdict", wf_string_of(advice_names[advice]));
    wf_json_put_string(json, "reason", wf_buffer_string(&reason));
    put_tally(json, "live", patch->live);
    put_tally(json, "deprecated", patch->deprecated);
    put_tally(json, "listed", patch->listed);
    put_tally(json, "without", runs_without(report, patch));
    wf_json_put_u64(json, "code_asks", patch->asking);
    wf_json_put_u64(json, "code_deprecates", patch->deprecating);
    wf_json_put_u64(json, "code_does_neither", patch->silent);
    wf_json_put_u64(json, "broken_runs", patch->broken);
    wf_json_put_u64(json, "outside_runs", patch->outside);
    wf_json_put_u64(json, "unreplayed_runs", patch->unreplayed);
    wf_json_end_object(json);
}

static void print(const struct report *report)
{
    struct wf_buffer *out = &report->cli->out->text;
    const uint64_t unreplayed = cli_replayed_none(&report->replayed) + cli_replayed_part(&report->replayed);
    struct wf_json_writer json;

    if (report->cli->out->format == CLI_FORMAT_TEXT) {
        for (uint32_t i = 0; i < report->patches.count; i++) {
            append_text(report, report->patches.items[i], out);
        }
        wf_buffer_printf(out, "%llu %s, %u %s", (unsigned long long)report->histories,
                         report->histories == 1 ? "history" : "histories", report->patches.count,
                         report->patches.count == 1 ? "patch" : "patches");
        if (unreplayed > 0) {
            wf_buffer_printf(out, "; %llu not replayed by the code", (unsigned long long)unreplayed);
        }
        wf_buffer_append_char(out, '\n');
        return;
    }
    wf_json_writer_init(&json, out, 0);
    wf_json_begin_object(&json);
    wf_json_put_u64(&json, "histories", report->histories);
    wf_json_put_u64(&json, "unreplayed", unreplayed);
    wf_json_key(&json, "patches");
    wf_json_begin_array(&json);
    for (uint32_t i = 0; i < report->patches.count; i++) {
        append_json(report, report->patches.items[i], &json);
    }
    wf_json_end_array(&json);
    wf_json_end_object(&json);
    wf_buffer_append_char(out, '\n');
}

/* ---- All together ---- */

static enum cli_exit run_all(struct report *report)
{
    struct sim_outcome_of_batch outcome = {.end = SIM_END_DONE};
    const struct sim_containment config = {
        .item_count = report->runs.paths.count,
        .jobs = cli_jobs_default(report->runs.paths.count),
        .context = report,
        .start = report->runs.has_code ? cli_patch_runs_start : NULL,
        .run = cli_patch_runs_read,
        .frame = take_run,
        .end = end_file,
    };
    enum cli_exit result = CLI_EXIT_OK;

    cli_interrupt_catch();
    sim_contain(&config, &outcome);
    if (report->is_short_of_memory) {
        cli_complain("out of memory");
        return CLI_EXIT_ENVIRONMENT;
    }
    result = outcome.end == SIM_END_STOPPED ? CLI_EXIT_OK : cli_batch_exit(&outcome, report->runs.code.path);
    print(report);
    for (uint32_t i = 0; i < report->patches.count; i++) {
        result = report->patches.items[i]->broken + report->patches.items[i]->outside > 0 ? cli_exit_worse(result, CLI_EXIT_FINDING) : result;
    }
    result = cli_exit_worse(result, cli_report_judge(&report->replayed.counts));
    return cli_exit_worse(result, report->worst);
}

static enum cli_exit run_patches(struct cli *cli, const struct cli_args *args)
{
    struct report *report = WF_ARENA_NEW(cli->arena, struct report);
    enum cli_exit result = CLI_EXIT_OK;

    if (report == NULL) {
        cli_complain("out of memory");
        return CLI_EXIT_ENVIRONMENT;
    }
    report->cli = cli;
    result = cli_patch_runs_open(cli, args, &report->runs);
    if (result != CLI_EXIT_OK) {
        return result;
    }
    wf_arena_init(&report->kept, wf_system_blocks(), 0);
    wf_arena_init(&report->item, wf_system_blocks(), 0);
    wf_map_init(&report->by_key, &report->kept);
    wf_map_init(&report->types, &report->kept);
    result = run_all(report);
    wf_arena_deinit(&report->item);
    wf_arena_deinit(&report->kept);
    return result;
}

static const struct cli_option options[] = {
    {"-w", CLI_TEXT, "CODE", "also replay against this code: whether it still asks for each patch"},
    CLI_OPTION_OUTPUT,
    {NULL, CLI_SWITCH, NULL, NULL},
};

const struct cli_command cli_command_patches = {
    .name = "patches",
    .operands = "HISTORY...",
    .operand_count_min = 1,
    .operand_count_max = UINT32_MAX,
    .summary = "which patches of the code can go",
    .description = "Counts, for each patch and each version of a change, the runs with and without its marker, and says what\n"
                   "to do: keep, deprecate, remove. With -w it replays them, and names the runs that code would break\n"
                   "which no longer asks. Give it every open run, or it does not know of those that still need a patch.",
    .options = options,
    .example = "wfsim patches -w scenarios/saga_v3.c saga.wfh",
    .run = run_patches,
};
