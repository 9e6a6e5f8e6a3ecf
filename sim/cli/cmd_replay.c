/*
 * wfsim replay: histories against workflow code.
 *
 * An item of the batch is a file. When the code crashes in the middle of a file, the batch is begun again behind the history that
 * it crashed at, so that the histories behind it get their verdicts too.
 */
#include <string.h>

#include "engine/base/assert.h"
#include "engine/base/hash.h"
#include "engine/rules.h"
#include "sim/cli/interrupt.h"
#include "sim/cli/replay_batch.h"
#include "sim/cli/replay_matrix.h"
#include "sim/host/clock.h"
#include "sim/host/source_place.h"
#include "sim/report/pack.h"
#include "sim/report/shell.h"

/* The place in the whole input: shard I of N has the files I, I + N, I + 2N, ... */
static uint32_t file_number(const struct cli_replay *batch, size_t file)
{
    const bool shards_files = batch->shard != 0 && !batch->shards_histories;

    return (uint32_t)(shards_files ? file * batch->shard_count + batch->shard : file + 1);
}

/* Where the call is in the source; kept for the next finding of the same call. */
static struct wf_string place_of(struct cli_replay *batch, uint64_t offset)
{
    const struct wf_string key = {(const char *)&offset, sizeof offset};
    struct wf_string *place = offset == 0 ? NULL : wf_map_get(&batch->places, key);

    if (offset == 0) {
        return (struct wf_string){NULL, 0};
    }
    if (place == NULL) {
        place = WF_ARENA_NEW(&batch->kept, struct wf_string);
        if (place == NULL) {
            return (struct wf_string){NULL, 0};
        }
        *place = sim_source_place(&batch->kept, batch->code.path, batch->code.object, offset);
        (void)wf_map_set(&batch->places, wf_string_copy(&batch->kept, key), place);
    }
    return *place;
}

/* Says it, counts it, and keeps it where report files want it; `bytes` are its packed form for them. */
static void take_verdict(struct cli_replay *batch, size_t file, struct sim_verdict *verdict, struct wf_string bytes)
{
    struct sim_verdict kept;

    verdict->file = wf_string_of(batch->paths.items[file]);
    verdict->file_number = file_number(batch, file);
    if (batch->matrix != NULL) {
        batch->next_index = verdict->history_number;
        cli_matrix_take(batch->matrix, verdict);
        return;
    }
    verdict->source = place_of(batch, verdict->code_offset);
    sim_baseline_judge(&batch->baseline, verdict);
    batch->next_index = verdict->history_number;
    sim_report_count(&batch->report.counts, verdict);
    cli_verdict_output_write(&batch->output, verdict);
    if (batch->keeps_verdicts) {
        bytes = wf_string_copy(&batch->kept, bytes);
        const bool is_read = sim_verdict_unpack(&batch->kept, bytes, &kept);
        WF_ASSERT(is_read || batch->kept.is_full);
        kept.file = verdict->file;
        kept.file_number = verdict->file_number;
        kept.source = verdict->source;
        kept.known = verdict->known;
        batch->is_short_of_memory |= !is_read || !sim_report_add(&batch->report, &kept);
    }
    batch->was_stopped = batch->stops_at_first && sim_verdict_fails(verdict);
}

/* Forgets the frames of a file. */
static void drop_pending(struct cli_replay *batch)
{
    wf_arena_reset(&batch->pending);
    wf_buffer_init(&batch->pending_frames, &batch->pending);
}

static bool take_frame(void *context, uint64_t item, struct wf_string bytes)
{
    struct cli_replay *batch = context;
    struct sim_unpacker frame = {.arena = &batch->item_arena, .rest = bytes};
    struct sim_verdict verdict;

    wf_arena_reset(&batch->item_arena);
    const enum cli_frame kind = (enum cli_frame)sim_unpack_number(&frame);
    if (kind == CLI_FRAME_KEY) {
        const uint64_t digest = sim_unpack_number(&frame);
        const struct cli_cache_key key = {digest, sim_unpack_number(&frame)};

        if (!batch->pending_frames.is_full) { /* or they are cut */
            cli_verdict_cache_add(&batch->cache, key, wf_buffer_string(&batch->pending_frames));
        }
        return true;
    }
    if (kind == CLI_FRAME_CACHED) {
        batch->report.counts.cached++;
        cli_verdict_cache_note_hit(&batch->cache);
    } else if (batch->cache.path != NULL) {
        sim_pack_text(&batch->pending_frames, frame.rest);
    }
    const struct wf_string shown = sim_unpack_text(&frame);
    const struct wf_string hidden = sim_unpack_text(&frame);
    const bool is_read = sim_verdict_unpack(&batch->item_arena, shown, &verdict);
    WF_ASSERT(is_read && sim_unpack_is_whole(&frame)); /* a child is ourselves */
    take_verdict(batch, batch->first_file + item, &verdict,
                 batch->shows_payloads || hidden.size_bytes == 0 ? shown : hidden);
    return !batch->was_stopped;
}

static void take_crash(struct cli_replay *batch, size_t file, uint64_t history_index, const struct sim_crash *crash)
{
    struct sim_verdict verdict = {
        .history_number = (uint32_t)history_index + 1,
        .workflow_id = wf_string_of(crash->workflow_id),
        .workflow_type = wf_string_of(crash->workflow_type),
        .verdict = WF_VERDICT_CODE_FAILED,
        .diagnosis = sim_crash_diagnosis(crash->kind),
        .family = "auto",
        .event_id = crash->event_id,
    };
    struct wf_buffer message;

    wf_arena_reset(&batch->item_arena);
    wf_buffer_init(&message, &batch->item_arena);
    wf_buffer_printf(&message, "the code of %s ended with: %s", crash->workflow_type, sim_crash_name(crash->kind));
    if (crash->call[0] != '\0') {
        wf_buffer_printf(&message, ", in or after its call of %s", crash->call);
    }
    if (crash->event_id > 0) {
        wf_buffer_printf(&message, ", having seen event %lld", (long long)crash->event_id);
    }
    verdict.message = wf_buffer_string(&message);
    verdict.signature = sim_verdict_crash_signature(&verdict);
    take_verdict(batch, file, &verdict, cli_replay_pack(&batch->item_arena, &verdict));
}

static bool end_file(void *context, uint64_t item, const struct sim_crash *crash)
{
    struct cli_replay *batch = context;
    const size_t file = batch->first_file + item;

    uint64_t index = batch->next_index;

    drop_pending(batch);
    batch->next_index = 0;
    if (crash == NULL) {
        return true;
    }
    if (item == 0 && index < batch->skip_count) {
        index = batch->skip_count;
    }
    while (!cli_replay_selects(batch, file, index)) {
        index++;
    }
    take_crash(batch, file, index, crash);
    batch->skip_count = index + 1;
    batch->first_file = file;
    batch->next_index = 0;
    return false; /* begin again behind the crash */
}

static void show_progress(void *context, uint64_t ended_count)
{
    struct cli_replay *batch = context;

    cli_progress_update(&batch->progress, batch->cli->out, batch->first_file + ended_count);
}

/* One round, from first_file on. */
static void run_round(struct cli_replay *batch, struct sim_outcome_of_batch *outcome)
{
    const uint64_t item_count = batch->paths.count - batch->first_file;
    const struct sim_containment config = {
        .item_count = item_count,
        .jobs = cli_jobs(batch->args, item_count),
        .context = batch,
        .hung = &batch->hung,
        .start = cli_replay_start_child,
        .run = cli_replay_run_file,
        .frame = take_frame,
        .end = end_file,
        .tick = show_progress,
    };

    sim_contain(&config, outcome);
}

static enum cli_exit run_rounds(struct cli_replay *batch, struct sim_outcome_of_batch *outcome)
{
    const size_t file_count = batch->paths.count;

    *outcome = (struct sim_outcome_of_batch){.end = SIM_END_DONE};
    cli_progress_begin(&batch->progress, "files", file_count);
    do {
        if (file_count > 0) { /* a shard may have none */
            run_round(batch, outcome);
        }
    } while (outcome->end == SIM_END_STOPPED && !batch->was_stopped && !cli_interrupted());
    if (outcome->end == SIM_END_STOPPED && !batch->was_stopped) {
        outcome->end = SIM_END_INTERRUPTED; /* at a crash, behind which another round would have begun */
    }
    cli_progress_end(&batch->progress);
    return cli_batch_exit(outcome, batch->code.path);
}

/* ---- A sample ---- */

static bool take_shape(void *context, uint64_t item, struct wf_string bytes)
{
    struct cli_replay *batch = context;

    cli_sample_add(&batch->sample, (size_t)item, wf_load_u64(bytes.data));
    return true;
}

static bool end_shapes(void *context, uint64_t item, const struct sim_crash *crash)
{
    (void)context;
    (void)item;
    WF_ASSERT(crash == NULL); /* no workflow code ran */
    return true;
}

/* Looks at every history first, then chooses. */
static enum cli_exit take_sample(struct cli_replay *batch)
{
    const uint64_t wanted_count = cli_args_number(batch->args, "--sample", 0);
    struct sim_outcome_of_batch outcome = {.end = SIM_END_DONE};
    const struct sim_containment config = {
        .item_count = batch->paths.count,
        .jobs = cli_jobs(batch->args, batch->paths.count),
        .context = batch,
        .run = cli_replay_send_shapes,
        .frame = take_shape,
        .end = end_shapes,
    };

    if (wanted_count == 0 || batch->paths.count == 0) {
        return CLI_EXIT_OK;
    }
    cli_sample_init(&batch->sample, batch->cli->arena, batch->paths.count);
    sim_contain(&config, &outcome);
    if (outcome.end == SIM_END_DONE && !cli_sample_choose(&batch->sample, wanted_count)) {
        cli_complain("out of memory");
        return CLI_EXIT_ENVIRONMENT;
    }
    batch->has_sample = outcome.end == SIM_END_DONE;
    batch->report.incomplete = outcome.end == SIM_END_INTERRUPTED ? WF_STR("interrupted") : batch->report.incomplete;
    batch->report.counts.skipped =
        batch->sample.candidate_count > wanted_count ? batch->sample.candidate_count - wanted_count : 0;
    return cli_batch_exit(&outcome, batch->code.path);
}

/* ---- All together ---- */

/* Why the batch is not whole; empty when it is. */
static struct wf_string why_incomplete(const struct sim_outcome_of_batch *outcome)
{
    switch (outcome->end) {
    case SIM_END_DONE:
        break;
    case SIM_END_STOPPED:
        return WF_STR("stopped at the first finding");
    case SIM_END_INTERRUPTED:
        return WF_STR("interrupted");
    case SIM_END_LOADING:
        return WF_STR("the code crashed while it was loaded");
    case SIM_END_SETUP:
    case SIM_END_LOST:
        return wf_string_of(outcome->err.message);
    case SIM_END_ASSERTION:
        break;
    }
    return cli_interrupted() ? WF_STR("interrupted") : (struct wf_string){NULL, 0};
}

static enum cli_exit read_stdin(struct cli_replay *batch)
{
    struct wf_error err = {0};

    for (size_t i = 0; i < batch->paths.count; i++) {
        if (strcmp(batch->paths.items[i], "-") == 0) {
            const enum cli_exit result =
                cli_file_read(batch->cli->arena, "-", CLI_FILE_BYTES_MAX, &batch->from_stdin, &err);
            if (result != CLI_EXIT_OK) {
                cli_complain("%s", err.message);
            }
            return result;
        }
    }
    return CLI_EXIT_OK;
}

static const char *const families[] = {"auto", "core", "go", "java"};

/* Leaves of the files those of this shard. A single file is in every shard, which then share its histories. */
static enum cli_exit take_shard(struct cli_replay *batch)
{
    const struct cli_given *given = cli_args_given(batch->args, "--shard");
    size_t count = 0;

    if (given == NULL) {
        return CLI_EXIT_OK;
    }
    if (given->last > UINT32_MAX) {
        cli_complain("--shard %s: nobody has so many parts", given->text);
        return CLI_EXIT_USAGE;
    }
    batch->shard = (uint32_t)given->first;
    batch->shard_count = (uint32_t)given->last;
    batch->shards_histories = batch->paths.count == 1;
    for (size_t i = batch->shard - 1; !batch->shards_histories && i < batch->paths.count; i += batch->shard_count) {
        batch->paths.items[count++] = batch->paths.items[i];
    }
    batch->paths.count = batch->shards_histories ? 1 : count;
    return CLI_EXIT_OK;
}

/* A report may take the place of an earlier one, and of nothing else. */
static enum cli_exit check_outputs(const struct cli_replay *batch, const char *code_path)
{
    const char *const inputs[] = {code_path, cli_args_text(batch->args, "--baseline", NULL),
                                  cli_args_text(batch->args, "--policy", NULL)};
    enum cli_exit result = CLI_EXIT_OK;

    for (size_t i = 0; result == CLI_EXIT_OK && i < sizeof inputs / sizeof *inputs; i++) {
        result = cli_report_check_input(batch->cli, batch->args, inputs[i]);
    }
    for (size_t i = 0; result == CLI_EXIT_OK && cli_report_is_wanted(batch->args) && i < batch->paths.count; i++) {
        result = cli_report_check_input(batch->cli, batch->args, batch->paths.items[i]);
    }
    return result;
}

/* Reads what is to be replayed, and against what. */
static enum cli_exit prepare(struct cli_replay *batch, const char *code_path)
{
    const char *family = cli_args_text(batch->args, "--family", "auto");
    struct wf_error err = {0};
    enum cli_exit result = CLI_EXIT_OK;

    for (size_t i = 0; i < sizeof families / sizeof *families; i++) {
        batch->family = strcmp(family, families[i]) == 0 ? (enum wf_family)i : batch->family;
    }
    result = cli_file_expand(batch->cli->arena, batch->args->operands, batch->args->operand_count, &batch->paths, &err);
    if (result != CLI_EXIT_OK) {
        cli_complain("%s", err.message);
        return result;
    }
    batch->inputs_digest = cli_paths_digest(&batch->paths); /* of all, before a shard takes its own */
    result = check_outputs(batch, code_path);
    if (result == CLI_EXIT_OK) {
        result = take_shard(batch);
    }
    if (result == CLI_EXIT_OK) {
        result = cli_baseline_read(batch->cli, batch->args, &batch->baseline);
    }
    if (result == CLI_EXIT_OK) {
        result = cli_policy_read(batch->cli, batch->args, &batch->policies);
    }
    if (result == CLI_EXIT_OK) {
        result = cli_code_prepare(batch->cli, code_path, &batch->code);
    }
    return result == CLI_EXIT_OK ? read_stdin(batch) : result;
}

/* Everything besides the code and the histories that a verdict depends on. */
static uint64_t digest_of_options(const struct cli_replay *batch)
{
    uint64_t digest = wf_hash_mix(batch->code.verdict_digest, (uint64_t)batch->family);

    digest = batch->sweeps_prefixes ? wf_hash_mix(digest, 1) : digest;
    digest = batch->goes_on ? wf_hash_mix(digest, 2) : digest;
    return batch->policies == NULL ? digest : wf_hash_mix(digest, wf_hash_bytes(batch->policies, wf_rule_count));
}

/* The options that decide verdicts, for the command that repeats one. */
static struct wf_string repeated_options(struct cli *cli, const struct cli_args *args)
{
    const char *family = cli_args_text(args, "--family", families[WF_FAMILY_AUTO]);
    const char *policy = cli_args_text(args, "--policy", NULL);
    const bool goes_on = cli_args_has(args, "--live");
    struct wf_buffer text;

    wf_buffer_init(&text, cli->arena);
    if (strcmp(family, families[WF_FAMILY_AUTO]) != 0) {
        wf_buffer_printf(&text, "--family %s", family);
    }
    if (cli_args_has(args, "--strict")) {
        wf_buffer_printf(&text, "%s--strict", text.size_bytes > 0 ? " " : "");
    }
    if (policy != NULL) {
        wf_buffer_printf(&text, "%s--policy ", text.size_bytes > 0 ? " " : "");
        sim_shell_path(&text, wf_string_of(policy));
    }
    if (goes_on || cli_args_has(args, "--prefixes")) {
        wf_buffer_printf(&text, "%s%s", text.size_bytes > 0 ? " " : "", goes_on ? "--live" : "--prefixes");
    }
    return wf_buffer_string(&text);
}

/* The batch itself, and everything that is printed and written of it. */
static enum cli_exit replay_all(struct cli_replay *batch)
{
    struct sim_outcome_of_batch outcome = {0};
    const int64_t began_ns = sim_host_clock_ns();
    enum cli_exit result = CLI_EXIT_OK;

    if (batch->report.incomplete.size_bytes == 0) {
        result = run_rounds(batch, &outcome);
        batch->report.incomplete = why_incomplete(&outcome);
    }
    batch->report.counts.elapsed_ns = sim_host_clock_ns() - began_ns;
    if (batch->matrix != NULL) {
        return result;
    }
    /* Of shards, merge says it; a sample cannot. */
    if (batch->report.incomplete.size_bytes == 0 && batch->shard == 0 && batch->report.counts.skipped == 0) {
        result = cli_exit_worse(result, cli_baseline_report_stale(&batch->baseline, batch->args, &batch->report));
    }
    cli_verdict_output_end(&batch->output);
    if (batch->is_short_of_memory) {
        cli_complain("out of memory: the report files cannot be written");
        result = CLI_EXIT_ENVIRONMENT;
    } else {
        result = cli_exit_worse(result, cli_report_write(batch->cli, batch->args, &batch->report));
    }
    return cli_exit_worse(result, cli_report_judge(&batch->report.counts));
}

static enum cli_exit run_batch(struct cli *cli, const struct cli_args *args, const char *path, struct cli_matrix *matrix)
{
    struct cli_replay batch = {.cli = cli,
                               .args = args,
                               .matrix = matrix,
                               .stops_at_first = cli_args_has(args, "--fail-fast"),
                               .sweeps_prefixes = cli_args_has(args, "--prefixes") || cli_args_has(args, "--live"),
                               .goes_on = cli_args_has(args, "--live")};
    enum cli_exit result = prepare(&batch, path);

    if (result != CLI_EXIT_OK) {
        return result;
    }
    const bool keeps_cache = !cli_args_has(args, "--no-cache") && batch.code.verdict_digest != 0;
    if (keeps_cache) {
        cli_verdict_cache_open(&batch.cache, digest_of_options(&batch));
    }
    batch.keeps_verdicts = cli_report_is_wanted(args);
    batch.shows_payloads = cli_args_has(args, "--show-payloads");
    wf_arena_init(&batch.item_arena, wf_system_blocks(), 0);
    wf_arena_init(&batch.kept, wf_system_blocks(), 0);
    wf_arena_init(&batch.pending, wf_system_blocks(), 0);
    drop_pending(&batch);
    wf_map_init(&batch.places, &batch.kept);
    sim_report_init(&batch.report, &batch.kept, wf_string_of(path));
    batch.report.program = wf_string_of(cli->program);
    batch.report.options = repeated_options(cli, args);
    batch.report.batch = (struct sim_report_batch){
        .code = batch.code.digest,
        .policy = batch.policies == NULL ? 0 : wf_hash_bytes(batch.policies, wf_rule_count),
        .inputs = batch.inputs_digest,
        .sample = cli_args_number(args, "--sample", 0),
    };
    batch.report.shard = batch.shard;
    batch.report.shard_count = batch.shard_count;
    cli_verdict_output_init(&batch.output, cli, &batch.report);
    cli_interrupt_catch();
    result = take_sample(&batch);
    result = result == CLI_EXIT_OK ? replay_all(&batch) : result;
    if (keeps_cache) {
        cli_verdict_cache_close(&batch.cache);
    }
    wf_arena_deinit(&batch.pending);
    wf_arena_deinit(&batch.kept);
    wf_arena_deinit(&batch.item_arena);
    return result;
}

static enum cli_exit run_replay(struct cli *cli, const struct cli_args *args)
{
    const char *path = cli_args_text(args, "-w", NULL);
    const bool is_matrix = cli_args_has(args, "--matrix");
    const enum cli_exit result = cli_report_check(cli, args);

    if (result != CLI_EXIT_OK || is_matrix) {
        return result != CLI_EXIT_OK ? result : cli_matrix_run(cli, args, repeated_options(cli, args), run_batch);
    }
    if (path == NULL) {
        cli_complain("replay needs -w CODE: the C source or shared object to replay against");
        return CLI_EXIT_USAGE;
    }
    return run_batch(cli, args, path, NULL);
}

static const struct cli_option options[] = {
    {"-w", CLI_TEXT, "CODE", "the workflow code: a C source or a shared object"},
    {"--family", CLI_CHOICE, "auto|core|go|java", "which SDK's rules; auto: as the history tells"},
    {"--strict", CLI_SWITCH, NULL, "notes from the warnings up are findings"},
    {"--policy", CLI_TEXT, "F", "a file that says of rules (`wfsim explain policy`): finding, note or ignore"},
    {"--live", CLI_SWITCH, NULL, "as --prefixes, and each goes on in a simulation, in its family, until it ends"},
    {"--prefixes", CLI_SWITCH, NULL, "also cut at every event at which a run may stand open; says which get stuck"},
    {"--matrix", CLI_SWITCH, NULL, "a table: --matrix v1.c v2.c HISTORY...; which code can replay whose histories"},
    {"--jobs", CLI_COUNT, "N", "processes at once; one a processor when not given"},
    {"--shard", CLI_SHARD, "I/N", "the I-th of N parts: files I, I+N, ...; of one file: its histories"},
    {"--sample", CLI_COUNT, "N", "N histories of as many different shapes as there are"},
    {"--no-cache", CLI_SWITCH, NULL, "replay also what an earlier run has a verdict of"},
    {"--fail-fast", CLI_SWITCH, NULL, "stop at the first finding"},
    CLI_OPTION_BASELINE,
    CLI_OPTION_OUTPUT,
#define SIM_REPORT_WRITER(name, flag, target, help) CLI_REPORT_OPTION(flag, target, help)
#include "sim/report/writers.def"
    {"--show-payloads", CLI_SWITCH, NULL, "in these, too: without it they say type and length only"},
    {NULL, CLI_SWITCH, NULL, NULL},
};

const struct cli_command cli_command_replay = {
    .name = "replay",
    .operands = "HISTORY...",
    .operand_count_min = 1,
    .operand_count_max = UINT32_MAX,
    .summary = "replay histories against workflow code",
    .description = "Replays every history against the code and says whether the code still makes the decisions that\n"
                   "were recorded. A HISTORY is a file of any format that `wfsim convert` reads, a folder of them, or - .",
    .options = options,
    .example = "wfsim replay -w scenarios/saga_v2.c saga.wfh",
    .append_lists = cli_append_policy_help,
    .run = run_replay,
};
