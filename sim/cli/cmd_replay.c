/*
 * wfsim replay: histories against workflow code.
 *
 * An item of the batch is a file; a child reads it and replays its histories one after the other, sending a verdict for each.
 * When the code crashes in the middle of a file, the batch is begun again behind the history that it crashed at, so that the
 * histories behind it get their verdicts too.
 */
#include "engine/base/assert.h"
#include "engine/base/hash.h"
#include "engine/diagnosis.h"
#include "sim/cli/batch.h"
#include "sim/cli/load_code.h"
#include "sim/cli/file.h"
#include "sim/cli/histories.h"
#include "sim/cli/interrupt.h"
#include "sim/cli/report_files.h"
#include "sim/cli/verdict_cache.h"
#include "sim/cli/verdict_output.h"
#include "sim/host/clock.h"
#include "sim/host/containment.h"
#include "sim/host/stacks.h"
#include "sim/report/pack.h"

#define RUN_BYTES_MAX ((size_t)256 << 20) /* memory of one run's code */
#define COROUTINES_MAX 10000             /* of one run */

struct replay {
    struct cli *cli;
    const struct cli_args *args;
    struct cli_code code;
    struct cli_paths paths;
    enum wf_family family;
    bool stops_at_first;         /* --fail-fast */
    uint32_t shard;              /* from 1; 0: everything is ours */
    uint32_t shard_count;
    bool shards_histories;       /* of the only file; else files */
    struct cli_verdict_cache cache;
    struct wf_string from_stdin; /* read once: a child that replaces another finds it read already */

    /* Where this round of the batch begins. */
    size_t first_file;
    uint64_t skip_count; /* the first histories of that file, which have their verdict */

    /* The supervisor's. */
    uint64_t next_index; /* of the current file: the history behind the last one with a verdict */
    struct wf_arena pending;     /* the frames of the current file, for the cache */
    struct wf_buffer pending_frames;
    bool was_stopped;
    bool keeps_verdicts;   /* for report files; whose payloads are shown or not */
    bool shows_payloads;
    bool is_short_of_memory;
    struct wf_arena kept;  /* what the report holds */
    struct sim_report report;
    struct sim_baseline baseline;
    struct wf_arena item_arena; /* a verdict's words */
    struct cli_verdict_output output;
    struct cli_progress progress;

    /* A child's. */
    struct sim_code loaded;
    struct wf_replay *replay;
};

/* Whether a history of a file is to be replayed. */
static bool selects(const struct replay *batch, uint64_t index)
{
    return !batch->shards_histories || index % batch->shard_count == batch->shard - 1;
}

/* ---- In a child ---- */

static enum wf_status start_child(void *context, struct sim_child *child, struct wf_error *err)
{
    struct replay *batch = context;
    struct wf_host_config config = {
        .blocks = wf_system_blocks(),
        .stacks = sim_stacks(),
        .stack_size_bytes = WF_STACK_BYTES_DEFAULT,
        .instance_size_bytes_max = RUN_BYTES_MAX,
        .coroutines_max = COROUTINES_MAX,
        .watch = sim_child_watch(child),
    };
    struct wf_host *host = NULL;
    struct wf_error wrong;

    WF_TRY(cli_code_load(batch->cli->arena, &batch->code, WF_STR("code"), &batch->loaded, err));
    config.module = batch->loaded.module;
    batch->loaded.watch = config.watch;
    if (wf_host_new(&config, &host, &wrong) != WF_OK) {
        return wf_fail_status(err, wrong.status, "%s: %s", batch->code.path, wrong.message);
    }
    batch->replay = wf_replay_new(wf_system_blocks(), host);
    return batch->replay != NULL ? WF_OK : wf_fail_status(err, WF_ERR_MEMORY, "out of memory");
}

static struct wf_string pack(struct wf_arena *arena, const struct sim_verdict *verdict)
{
    struct wf_buffer bytes;

    wf_buffer_init(&bytes, arena);
    sim_verdict_pack(verdict, &bytes);
    return wf_buffer_string(&bytes);
}

/* What a frame begins with. */
enum frame {
    FRAME_VERDICT,
    FRAME_CACHED, /* a verdict of an earlier run */
    FRAME_KEY,    /* the file is done, and its verdicts may be kept under this key */
};

/* A verdict is sent twice: as people at a terminal see it, and without payloads; empty where both are the same. */
static void send(struct sim_child *child, struct wf_arena *arena, const struct sim_verdict *shown,
                 const struct sim_verdict *hidden)
{
    struct wf_buffer frame;

    wf_buffer_init(&frame, arena);
    sim_pack_number(&frame, FRAME_VERDICT);
    sim_pack_text(&frame, pack(arena, shown));
    sim_pack_text(&frame, hidden != NULL ? pack(arena, hidden) : (struct wf_string){NULL, 0});
    sim_child_send(child, wf_buffer_string(&frame));
}

static void send_key(struct sim_child *child, struct wf_arena *arena, struct cli_cache_key key)
{
    struct wf_buffer frame;

    wf_buffer_init(&frame, arena);
    sim_pack_number(&frame, FRAME_KEY);
    sim_pack_number(&frame, key.digest);
    sim_pack_number(&frame, key.size_bytes);
    sim_child_send(child, wf_buffer_string(&frame));
}

/* Sends what an earlier run said of these bytes; false when there was none. */
static bool send_cached(const struct replay *batch, struct sim_child *child, struct wf_arena *arena,
                        struct cli_cache_key key)
{
    struct sim_unpacker entry = {.arena = arena};
    struct wf_buffer frame;

    if (!cli_verdict_cache_find(&batch->cache, key, &entry.rest)) {
        return false;
    }
    while (entry.rest.size_bytes > 0) {
        const struct wf_string verdict = sim_unpack_text(&entry);

        WF_ASSERT(!entry.has_failed); /* a program finds only what it wrote itself, with a checksum */
        wf_buffer_init(&frame, arena);
        sim_pack_number(&frame, FRAME_CACHED);
        wf_buffer_append_string(&frame, verdict);
        sim_child_send(child, wf_buffer_string(&frame));
    }
    return true;
}

/* A file that cannot be read, or a history in it. The message names the file once: the report does so too. */
static const char *diagnose(const struct wf_error *err)
{
    switch (err->status) {
    case WF_ERR_CORRUPT:
        return wf_diagnosis_code(err->byte_offset == 0 ? WF_DIAGNOSIS_NOT_A_HISTORY : WF_DIAGNOSIS_HISTORY_TRUNCATED);
    case WF_ERR_INVALID:
        return wf_diagnosis_code(WF_DIAGNOSIS_NOT_A_HISTORY);
    case WF_ERR_UNSUPPORTED:
        return wf_diagnosis_code(WF_DIAGNOSIS_HISTORY_UNSUPPORTED);
    case WF_OK:
    case WF_ERR_LIMIT:
    case WF_ERR_MEMORY:
    case WF_ERR_NOT_FOUND:
        return NULL; /* there is not even a file */
    }
    return NULL;
}

static void send_unreadable(struct sim_child *child, struct wf_arena *arena, const char *path,
                            uint64_t history_index, const struct wf_error *err)
{
    struct wf_string message = wf_string_of(err->message);
    const struct wf_string name = wf_string_of(path);

    if (wf_string_starts_with(message, name) && message.size_bytes > name.size_bytes + 2) {
        message = (struct wf_string){message.data + name.size_bytes + 2, message.size_bytes - name.size_bytes - 2};
    }
    const struct sim_verdict verdict = {
        .history_number = (uint32_t)history_index + 1,
        .verdict = WF_VERDICT_BAD_HISTORY,
        .diagnosis = diagnose(err),
        .family = "auto",
        .event_id = err->event_id,
        .message = message,
    };

    send(child, arena, &verdict, NULL);
}

static enum wf_status replay_one(struct replay *batch, struct sim_child *child, uint64_t history_index,
                                 struct wf_history *history, struct wf_error *err)
{
    const struct wf_replay_options options = {.family = batch->family};
    struct wf_replay_result result = {0};
    struct sim_verdict shown;
    struct sim_verdict hidden;
    struct wf_arena words;

    WF_TRY(wf_replay_run(batch->replay, history, &options, &result, err));
    wf_arena_init(&words, wf_system_blocks(), 0);
    sim_verdict_make(&words, history, &result, false, &shown);
    sim_verdict_make(&words, history, &result, true, &hidden);
    shown.history_number = hidden.history_number = (uint32_t)history_index + 1;
    send(child, &words, &shown, result.verdict != WF_VERDICT_OK ? &hidden : NULL);
    wf_arena_deinit(&words);
    return WF_OK;
}

/* Reads a file, or gives what standard input held. Unreadable: *unreadable says why. */
static struct wf_string read_item(const struct replay *batch, const char *path, struct wf_arena *file_arena,
                                  struct wf_error *unreadable)
{
    struct wf_string bytes = {NULL, 0};

    if (strcmp(path, "-") == 0) {
        return batch->from_stdin;
    }
    if (cli_file_read(file_arena, path, CLI_FILE_BYTES_MAX, &bytes, unreadable) != CLI_EXIT_OK) {
        unreadable->status = WF_ERR_NOT_FOUND;
    }
    return bytes;
}

/*
 * Replays what a file holds, from the skip_count-th history on. Unreadable: *unreadable says why, and *index is the history at
 * which it ended.
 */
static enum wf_status replay_bytes(struct replay *batch, struct sim_child *child, struct wf_string bytes,
                                   uint64_t skip_count, struct wf_arena *file_arena, uint64_t *index,
                                   struct wf_error *unreadable, struct wf_error *err)
{
    struct wf_history_reader reader;
    struct wf_history history;
    struct wf_arena arena;
    enum wf_status status = WF_OK;

    if (wf_history_reader_init(&reader, file_arena, bytes, CLI_UNPACKED_BYTES_MAX, unreadable) != WF_OK) {
        return WF_OK;
    }
    wf_arena_init(&arena, wf_system_blocks(), 0);
    for (; status == WF_OK; *index += 1) {
        wf_arena_reset(&arena);
        const enum wf_status read = wf_history_reader_next(&reader, &arena, &history, unreadable);
        if (read != WF_OK) {
            if (read == WF_ERR_NOT_FOUND) {
                *unreadable = (struct wf_error){0};
                (void)wf_history_reader_check_end(&reader, unreadable);
            }
            break;
        }
        if (*index >= skip_count && selects(batch, *index)) {
            status = replay_one(batch, child, *index, &history, err);
        }
    }
    wf_arena_deinit(&arena);
    return status;
}

static enum wf_status replay_file(struct replay *batch, struct sim_child *child, const char *path, uint64_t skip_count,
                                  struct wf_arena *file_arena, struct wf_error *err)
{
    struct wf_error unreadable = {0};
    const struct wf_string bytes = read_item(batch, path, file_arena, &unreadable);
    const bool is_whole = skip_count == 0 && !batch->shards_histories;
    uint64_t index = 0;

    if (unreadable.status != WF_OK) {
        send_unreadable(child, file_arena, path, 0, &unreadable);
        return WF_OK;
    }
    const struct cli_cache_key key = cli_cache_key_of(bytes);
    if (is_whole && send_cached(batch, child, file_arena, key)) {
        return WF_OK;
    }
    WF_TRY(replay_bytes(batch, child, bytes, skip_count, file_arena, &index, &unreadable, err));
    if (unreadable.status != WF_OK && selects(batch, index)) {
        send_unreadable(child, file_arena, path, index, &unreadable);
    }
    if (is_whole) {
        send_key(child, file_arena, key);
    }
    return WF_OK;
}

static enum wf_status run_file(void *context, struct sim_child *child, uint64_t item, struct wf_error *err)
{
    struct replay *batch = context;
    const char *path = batch->paths.items[batch->first_file + item];
    struct wf_arena file_arena;

    wf_arena_init(&file_arena, wf_system_blocks(), 0);
    const enum wf_status status = replay_file(batch, child, path, item == 0 ? batch->skip_count : 0, &file_arena, err);
    wf_arena_deinit(&file_arena);
    return status;
}

/* ---- In the supervisor ---- */

/* The place in the whole input: shard I of N has the files I, I + N, I + 2N, ... */
static uint32_t file_number(const struct replay *batch, size_t file)
{
    const bool shards_files = batch->shard != 0 && !batch->shards_histories;

    return (uint32_t)(shards_files ? file * batch->shard_count + batch->shard : file + 1);
}

/* Says it, counts it, and keeps it where report files want it; `bytes` are its packed form for them. */
static void take_verdict(struct replay *batch, size_t file, struct sim_verdict *verdict, struct wf_string bytes)
{
    struct sim_verdict kept;

    verdict->file = wf_string_of(batch->paths.items[file]);
    verdict->file_number = file_number(batch, file);
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
        kept.known = verdict->known;
        batch->is_short_of_memory |= !is_read || !sim_report_add(&batch->report, &kept);
    }
    batch->was_stopped = batch->stops_at_first && sim_verdict_fails(verdict);
}

/* Forgets the frames of a file. */
static void drop_pending(struct replay *batch)
{
    wf_arena_reset(&batch->pending);
    wf_buffer_init(&batch->pending_frames, &batch->pending);
}

static bool take_frame(void *context, uint64_t item, struct wf_string bytes)
{
    struct replay *batch = context;
    struct sim_unpacker frame = {.arena = &batch->item_arena, .rest = bytes};
    struct sim_verdict verdict;

    wf_arena_reset(&batch->item_arena);
    const enum frame kind = (enum frame)sim_unpack_number(&frame);
    if (kind == FRAME_KEY) {
        const uint64_t digest = sim_unpack_number(&frame);
        const struct cli_cache_key key = {digest, sim_unpack_number(&frame)};

        cli_verdict_cache_add(&batch->cache, key, wf_buffer_string(&batch->pending_frames));
        return true;
    }
    if (kind == FRAME_CACHED) {
        batch->report.counts.cached++;
    } else {
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

static void take_crash(struct replay *batch, size_t file, uint64_t history_index, const struct sim_crash *crash)
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
    take_verdict(batch, file, &verdict, pack(&batch->item_arena, &verdict));
}

static bool end_file(void *context, uint64_t item, const struct sim_crash *crash)
{
    struct replay *batch = context;
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
    while (!selects(batch, index)) {
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
    struct replay *batch = context;

    cli_progress_update(&batch->progress, batch->cli->out, batch->first_file + ended_count);
}

/* One round, from first_file on. */
static void run_round(struct replay *batch, struct sim_outcome_of_batch *outcome)
{
    const uint64_t item_count = batch->paths.count - batch->first_file;
    const struct sim_containment config = {
        .item_count = item_count,
        .jobs = cli_jobs(batch->args, item_count),
        .context = batch,
        .start = start_child,
        .run = run_file,
        .frame = take_frame,
        .end = end_file,
        .tick = show_progress,
    };

    sim_contain(&config, outcome);
}

static enum cli_exit run_rounds(struct replay *batch, struct sim_outcome_of_batch *outcome)
{
    const size_t file_count = batch->paths.count;

    *outcome = (struct sim_outcome_of_batch){.end = SIM_END_DONE};
    cli_progress_begin(&batch->progress, "files", file_count);
    do {
        if (file_count > 0) { /* a shard may have none */
            run_round(batch, outcome);
        }
    } while (outcome->end == SIM_END_STOPPED && !batch->was_stopped && !cli_interrupted());
    cli_progress_end(&batch->progress);
    return cli_batch_exit(outcome, batch->code.path);
}

/* Why the batch is not whole; empty when it is. */
static struct wf_string why_incomplete(const struct replay *batch, const struct sim_outcome_of_batch *outcome)
{
    switch (outcome->end) {
    case SIM_END_DONE:
        break;
    case SIM_END_STOPPED:
        return batch->was_stopped ? WF_STR("stopped at the first finding")
                                  : (struct wf_string){NULL, 0};
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

static enum cli_exit read_stdin(struct replay *batch)
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
static enum cli_exit take_shard(struct replay *batch)
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

/* Reads what is to be replayed, and against what. */
static enum cli_exit prepare(struct replay *batch, const char *code_path)
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
    result = take_shard(batch);
    if (result == CLI_EXIT_OK) {
        result = cli_baseline_read(batch->cli, batch->args, &batch->baseline);
    }
    if (result == CLI_EXIT_OK) {
        result = cli_code_prepare(batch->cli, code_path, &batch->code);
    }
    return result == CLI_EXIT_OK ? read_stdin(batch) : result;
}

/* The batch itself, and everything that is printed and written of it. */
static enum cli_exit replay_all(struct replay *batch)
{
    struct sim_outcome_of_batch outcome = {0};
    const int64_t began_ns = sim_host_clock_ns();
    enum cli_exit result = run_rounds(batch, &outcome);

    batch->report.counts.elapsed_ns = sim_host_clock_ns() - began_ns;
    batch->report.incomplete = why_incomplete(batch, &outcome);
    if (batch->report.incomplete.size_bytes == 0 && batch->shard == 0) { /* of shards, merge says it */
        cli_baseline_report_stale(&batch->baseline, batch->args, &batch->report);
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

static enum cli_exit run_replay(struct cli *cli, const struct cli_args *args)
{
    struct replay batch = {.cli = cli, .args = args, .stops_at_first = cli_args_has(args, "--fail-fast")};
    const char *path = cli_args_text(args, "-w", NULL);
    enum cli_exit result = CLI_EXIT_OK;

    if (path == NULL) {
        cli_complain("replay needs -w CODE: the C source or shared object to replay against");
        return CLI_EXIT_USAGE;
    }
    result = cli_report_check(cli, args);
    result = result == CLI_EXIT_OK ? prepare(&batch, path) : result;
    if (result != CLI_EXIT_OK) {
        return result;
    }
    if (!cli_args_has(args, "--no-cache")) {
        cli_verdict_cache_open(&batch.cache, wf_hash_mix(batch.code.digest, (uint64_t)batch.family));
    }
    batch.keeps_verdicts = cli_report_is_wanted(args);
    batch.shows_payloads = cli_args_has(args, "--show-payloads");
    wf_arena_init(&batch.item_arena, wf_system_blocks(), 0);
    wf_arena_init(&batch.kept, wf_system_blocks(), 0);
    wf_arena_init(&batch.pending, wf_system_blocks(), 0);
    drop_pending(&batch);
    sim_report_init(&batch.report, &batch.kept, wf_string_of(path));
    batch.report.shard = batch.shard;
    batch.report.shard_count = batch.shard_count;
    cli_verdict_output_init(&batch.output, cli, &batch.report);
    cli_interrupt_catch();
    result = replay_all(&batch);
    if (!cli_args_has(args, "--no-cache")) {
        cli_verdict_cache_close(&batch.cache);
    }
    wf_arena_deinit(&batch.pending);
    wf_arena_deinit(&batch.kept);
    wf_arena_deinit(&batch.item_arena);
    return result;
}

static const struct cli_option options[] = {
    {"-w", CLI_TEXT, "CODE", "the workflow code: a C source or a shared object"},
    {"--family", CLI_CHOICE, "auto|core|go|java", "which SDK's rules; auto: as the history tells"},
    {"--jobs", CLI_COUNT, "N", "processes at once; one a processor when not given"},
    {"--shard", CLI_SHARD, "I/N", "the I-th of N parts: files I, I+N, ...; of one file: its histories"},
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
    .run = run_replay,
};
