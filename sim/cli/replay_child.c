/*
 * A child reads a file, looks for what an earlier run said of its bytes, or replays its histories one after the other, and sends a
 * verdict for each.
 */
#include <string.h>

#include "engine/base/assert.h"
#include "engine/diagnosis.h"
#include "engine/history_shape.h"
#include "sim/cli/histories.h"
#include "sim/cli/history_file.h"
#include "sim/cli/replay_batch.h"
#include "sim/host/stacks.h"
#include "sim/report/pack.h"

#define RUN_BYTES_MAX ((size_t)256 << 20) /* memory of one run's code */
#define COROUTINES_MAX 10000             /* of one run */

/* Whether a history of a file belongs to this shard. */
static bool is_ours(const struct cli_replay *batch, uint64_t index)
{
    return !batch->shards_histories || index % batch->shard_count == batch->shard - 1;
}

bool cli_replay_selects(const struct cli_replay *batch, size_t file, uint64_t index)
{
    return is_ours(batch, index) && (!batch->has_sample || cli_sample_has(&batch->sample, file, index));
}

struct wf_host_config cli_replay_host(struct sim_child *child)
{
    return (struct wf_host_config){
        .blocks = wf_system_blocks(),
        .stacks = sim_stacks(),
        .stack_size_bytes = WF_STACK_BYTES_DEFAULT,
        .instance_size_bytes_max = RUN_BYTES_MAX,
        .coroutines_max = COROUTINES_MAX,
        .watch = sim_child_watch(child),
    };
}

enum wf_status cli_replay_load(struct wf_arena *arena, const struct cli_code *code, struct sim_child *child,
                               struct sim_code *loaded, struct wf_replay **replay, struct wf_error *err)
{
    struct wf_host_config config = cli_replay_host(child);
    struct wf_host *host = NULL;
    struct wf_error wrong;

    WF_TRY(cli_code_load(arena, code, WF_STR("code"), loaded, err));
    config.module = loaded->module;
    config.code_base = loaded->base;
    loaded->watch = config.watch;
    if (wf_host_new(&config, &host, &wrong) != WF_OK) {
        return wf_fail_status(err, wrong.status, "%s: %s", code->path, wrong.message);
    }
    *replay = wf_replay_new(wf_system_blocks(), host);
    return *replay != NULL ? WF_OK : wf_fail_status(err, WF_ERR_MEMORY, "out of memory");
}

enum wf_status cli_replay_start_child(void *context, struct sim_child *child, struct wf_error *err)
{
    struct cli_replay *batch = context;

    return cli_replay_load(batch->cli->arena, &batch->code, child, &batch->loaded, &batch->replay, err);
}

struct wf_string cli_replay_pack(struct wf_arena *arena, const struct sim_verdict *verdict)
{
    struct wf_buffer bytes;

    wf_buffer_init(&bytes, arena);
    sim_verdict_pack(verdict, &bytes);
    return wf_buffer_string(&bytes);
}

/* Too little memory says nothing of a file: no verdict and nothing to keep for later runs, but the end of the batch. */
static enum wf_status fail_memory(const char *path, struct wf_error *err)
{
    return wf_fail_status(err, WF_ERR_MEMORY, "%s: no memory to replay it",
                          strcmp(path, "-") == 0 ? "standard input" : path);
}

/*
 * A verdict is sent twice: as people at a terminal see it, and without payloads; empty where both are the same. Nothing is sent
 * when the arena was too full for any of it.
 */
static enum wf_status pack(struct wf_arena *arena, const struct sim_verdict *shown, const struct sim_verdict *hidden,
                           struct wf_buffer *frame)
{
    wf_buffer_init(frame, arena);
    sim_pack_number(frame, CLI_FRAME_VERDICT);
    sim_pack_text(frame, cli_replay_pack(arena, shown));
    sim_pack_text(frame, hidden != NULL ? cli_replay_pack(arena, hidden) : (struct wf_string){NULL, 0});
    return arena->is_full ? WF_ERR_MEMORY : WF_OK;
}

static void send_key(struct sim_child *child, struct wf_arena *arena, struct cli_cache_key key)
{
    struct wf_buffer frame;

    wf_buffer_init(&frame, arena);
    sim_pack_number(&frame, CLI_FRAME_KEY);
    sim_pack_number(&frame, key.digest);
    sim_pack_number(&frame, key.size_bytes);
    if (!frame.is_full) {
        sim_child_send(child, wf_buffer_string(&frame));
    }
}

/* Sends what an earlier run said of these bytes. WF_ERR_NOT_FOUND: nothing; WF_ERR_MEMORY. */
static enum wf_status send_cached(const struct cli_replay *batch, struct sim_child *child, struct wf_arena *arena,
                                  struct cli_cache_key key)
{
    struct sim_unpacker entry = {.arena = arena};
    struct wf_buffer frame;

    if (!cli_verdict_cache_find(&batch->cache, key, &entry.rest)) {
        return WF_ERR_NOT_FOUND;
    }
    while (entry.rest.size_bytes > 0) {
        const struct wf_string verdict = sim_unpack_text(&entry);

        WF_ASSERT(!entry.has_failed || arena->is_full); /* a program finds only what it wrote itself, with a checksum */
        wf_buffer_init(&frame, arena);
        sim_pack_number(&frame, CLI_FRAME_CACHED);
        wf_buffer_append_string(&frame, verdict);
        if (arena->is_full) {
            return WF_ERR_MEMORY;
        }
        sim_child_send(child, wf_buffer_string(&frame));
    }
    return WF_OK;
}

/* A file that cannot be read, or a history in it. The message names the file once: the report does so too. */
static const char *diagnose(const struct wf_error *err, bool is_one_of_many)
{
    switch (err->status) {
    case WF_ERR_CORRUPT:
        if (is_one_of_many) {
            return wf_diagnosis_code(WF_DIAGNOSIS_HISTORY_DAMAGED); /* others are whole behind it */
        }
        return wf_diagnosis_code(err->byte_offset == 0 ? WF_DIAGNOSIS_NOT_A_HISTORY : WF_DIAGNOSIS_HISTORY_TRUNCATED);
    case WF_ERR_INVALID:
        return wf_diagnosis_code(WF_DIAGNOSIS_NOT_A_HISTORY);
    case WF_ERR_UNSUPPORTED:
        return wf_diagnosis_code(WF_DIAGNOSIS_HISTORY_UNSUPPORTED);
    case WF_OK:
    case WF_ERR_LIMIT:
    case WF_ERR_NOT_FOUND:
        return NULL; /* there is not even a file */
    case WF_ERR_MEMORY:
        return NULL; /* no verdict at all: fail_memory */
    }
    return NULL;
}

static enum wf_status send_unreadable(struct sim_child *child, struct wf_arena *arena, const char *path,
                                      uint64_t history_index, bool is_one_of_many, const struct wf_error *err)
{
    struct wf_string message = wf_string_of(err->message);
    const struct wf_string name = wf_string_of(path);
    struct wf_buffer frame;

    if (wf_string_starts_with(message, name) && message.size_bytes > name.size_bytes + 2 &&
        memcmp(message.data + name.size_bytes, ": ", 2) == 0) {
        message = (struct wf_string){message.data + name.size_bytes + 2, message.size_bytes - name.size_bytes - 2};
    }
    const struct sim_verdict verdict = {
        .history_number = (uint32_t)history_index + 1,
        .verdict = WF_VERDICT_BAD_HISTORY,
        .diagnosis = diagnose(err, is_one_of_many),
        .family = "auto",
        .event_id = err->event_id,
        .message = message,
    };

    WF_TRY(pack(arena, &verdict, NULL, &frame));
    sim_child_send(child, wf_buffer_string(&frame));
    return WF_OK;
}

/* A history that replays is also lived on from every prefix: one whose tasks fail is the finding. */
static enum wf_status live_on(struct cli_replay *batch, const struct wf_history *history, struct wf_arena *words,
                              struct wf_replay_result *result, struct sim_lived *ends, struct wf_error *err)
{
    struct sim_live_result lived = {0};
    struct wf_buffer message;

    if (batch->live == NULL) {
        WF_TRY(sim_live_new(&batch->loaded, batch->family, wf_system_blocks(), &batch->live, err));
    }
    WF_TRY(sim_live_run(batch->live, history, &lived, err));
    *ends = (struct sim_lived){.count = lived.cut_count, .ended = lived.ended_count, .stuck = lived.failed_count,
                                .unfinished = lived.unfinished_count};
    if (lived.stuck_count == 0) {
        return WF_OK;
    }
    wf_buffer_init(&message, words);
    wf_buffer_printf(&message, "The history replays, a run that stands at event %lld does not go on: %S",
                     (long long)lived.stuck[0].first_event_id, &lived.message);
    result->verdict = wf_string_starts_with(lived.message, WF_STR("[TMPRL1100]")) ? WF_VERDICT_NONDETERMINISM
                                                                                 : WF_VERDICT_CODE_FAILED;
    result->finding = (struct wf_finding){.verdict = result->verdict,
                                          .diagnosis = wf_diagnosis_code(WF_DIAGNOSIS_TASK_FAILS_REPEATEDLY),
                                          .event_id = lived.stuck[0].first_event_id,
                                          .message = wf_buffer_string(&message)};
    result->sweep.stuck = lived.stuck;
    result->sweep.stuck_count = lived.stuck_count;
    return WF_OK;
}

static enum wf_status replay_one(struct cli_replay *batch, struct sim_child *child, uint64_t history_index,
                                 struct wf_history *history, struct wf_error *err)
{
    const struct wf_replay_options options = {.family = batch->family, .policies = batch->policies,
                                              .sweeps_prefixes = batch->sweeps_prefixes};
    struct wf_replay_result result = {0};
    struct sim_verdict shown;
    struct sim_verdict hidden;
    struct sim_lived lived = {0};
    struct wf_buffer frame;
    struct wf_arena words;

    sim_child_begin_history(child, history_index);
    WF_TRY(wf_replay_run(batch->replay, history, &options, &result, err));
    if (sim_stacks_were_short()) {
        return WF_ERR_MEMORY;
    }
    wf_arena_init(&words, wf_system_blocks(), 0);
    if (batch->goes_on && result.verdict == WF_VERDICT_OK) {
        WF_TRY(live_on(batch, history, &words, &result, &lived, err));
    }
    sim_child_end_history(child);
    sim_verdict_make(&words, history, &result, false, &shown);
    sim_verdict_make(&words, history, &result, true, &hidden);
    shown.lived = hidden.lived = lived;
    shown.history_number = hidden.history_number = (uint32_t)history_index + 1;
    const bool may_show = result.verdict != WF_VERDICT_OK || shown.note_count > 0;
    const enum wf_status status = pack(&words, &shown, may_show ? &hidden : NULL, &frame);
    if (status == WF_OK) {
        sim_child_send_result(child, wf_buffer_string(&frame));
    }
    wf_arena_deinit(&words);
    return status;
}

/*
 * Opens a file, or what standard input held; to be closed in any case. Unreadable: *unreadable says why, WF_ERR_MEMORY when it is
 * the machine that is at fault and not the file.
 */
static void open_item(const struct cli_replay *batch, const char *path, struct cli_history_file *file, struct wf_error *unreadable)
{
    if (strcmp(path, "-") == 0) {
        cli_history_file_hold(file, batch->from_stdin);
        return;
    }
    const enum cli_exit result = cli_history_file_open(file, path, unreadable);
    if (result != CLI_EXIT_OK) {
        unreadable->status = result == CLI_EXIT_ENVIRONMENT ? WF_ERR_MEMORY : WF_ERR_NOT_FOUND;
    }
}

/*
 * Replays what a file holds, from the skip_count-th history on. A damaged one of an archive is told and passed over. Unreadable:
 * *unreadable says why, and *index is the history at which it ended.
 */
static enum wf_status replay_histories(struct cli_replay *batch, struct sim_child *child, size_t file_index,
                                       struct cli_history_file *file, uint64_t skip_count, uint64_t *index,
                                       struct wf_error *unreadable, struct wf_error *err)
{
    struct wf_history_reader reader;
    struct wf_history history;
    struct wf_arena arena;
    enum wf_status status = WF_OK;

    if (cli_history_file_read(file, &reader, unreadable) != WF_OK) {
        return WF_OK;
    }
    if (reader.format == WF_FORMAT_ARCHIVE) {
        reader.next = reader.index = (size_t)skip_count; /* its index finds a history; other forms are read in order */
        *index = skip_count;
    }
    wf_arena_init(&arena, wf_system_blocks(), CLI_HISTORY_BYTES_MAX);
    for (; status == WF_OK; *index += 1) {
        wf_arena_reset(&arena);
        const enum wf_status read = cli_history_next(&reader, &arena, &history, unreadable);
        const bool is_selected = *index >= skip_count && cli_replay_selects(batch, file_index, *index);

        if (read == WF_ERR_NOT_FOUND) {
            *unreadable = (struct wf_error){0};
            (void)wf_history_reader_check_end(&reader, unreadable);
            break;
        }
        if (read != WF_OK && !wf_history_reader_goes_on(&reader, read)) {
            break;
        }
        if (is_selected) {
            status = read == WF_OK ? replay_one(batch, child, *index, &history, err)
                                   : send_unreadable(child, &arena, batch->paths.items[file_index], *index, true, unreadable);
        }
        *unreadable = (struct wf_error){0};
    }
    wf_arena_deinit(&arena);
    return status;
}

static enum wf_status replay_file(struct cli_replay *batch, struct sim_child *child, size_t file_index, uint64_t skip_count,
                                  struct cli_history_file *file, struct wf_arena *words, struct wf_error *err)
{
    const char *path = batch->paths.items[file_index];
    const uint64_t first_index = sim_child_first_history(child); /* before it: another child's, which may have read other bytes */
    /* Of a whole file, with a cache to keep it in. */
    const bool is_kept = batch->cache.path != NULL && skip_count == 0 && first_index == 0 && !batch->shards_histories &&
                         !batch->has_sample;
    struct wf_error unreadable = {0};
    struct cli_cache_key key = {0};
    uint64_t index = 0;

    open_item(batch, path, file, &unreadable);
    if (unreadable.status == WF_OK && is_kept) {
        (void)cli_history_file_digest(file, &key.digest, &key.size_bytes, &unreadable);
    }
    if (unreadable.status == WF_ERR_MEMORY) {
        return WF_ERR_MEMORY;
    }
    if (unreadable.status != WF_OK) {
        return send_unreadable(child, words, path, 0, false, &unreadable);
    }
    const enum wf_status cached = is_kept ? send_cached(batch, child, words, key) : WF_ERR_NOT_FOUND;
    if (cached != WF_ERR_NOT_FOUND) {
        return cached;
    }
    WF_TRY(replay_histories(batch, child, file_index, file, first_index > skip_count ? first_index : skip_count, &index, &unreadable,
                            err));
    if (unreadable.status == WF_ERR_MEMORY) {
        return WF_ERR_MEMORY;
    }
    if (unreadable.status != WF_OK && cli_replay_selects(batch, file_index, index)) {
        WF_TRY(send_unreadable(child, words, path, index, false, &unreadable));
    }
    if (is_kept && cli_history_file_is_unchanged(file)) {
        send_key(child, words, key);
    }
    return WF_OK;
}

enum wf_status cli_replay_run_file(void *context, struct sim_child *child, uint64_t item, struct wf_error *err)
{
    struct cli_replay *batch = context;
    const size_t file_index = batch->first_file + item;
    struct cli_history_file file;
    struct wf_arena words;

    wf_arena_init(&words, wf_system_blocks(), 0);
    const enum wf_status status = replay_file(batch, child, file_index, item == 0 ? batch->skip_count : 0, &file, &words, err);
    cli_history_file_close(&file);
    wf_arena_deinit(&words);
    return status == WF_ERR_MEMORY ? fail_memory(batch->paths.items[file_index], err) : status;
}

enum wf_status cli_replay_send_shapes(void *context, struct sim_child *child, uint64_t item, struct wf_error *err)
{
    struct cli_replay *batch = context;
    struct wf_error unreadable = {0};
    struct wf_history_reader reader;
    struct wf_history history;
    struct cli_history_file file;
    struct wf_arena arena;
    uint64_t index = 0;
    char number[8];

    wf_arena_init(&arena, wf_system_blocks(), CLI_HISTORY_BYTES_MAX);
    open_item(batch, batch->paths.items[item], &file, &unreadable);
    if (unreadable.status == WF_OK && cli_history_file_read(&file, &reader, &unreadable) == WF_OK) {
        while (cli_history_next(&reader, &arena, &history, &unreadable) == WF_OK) {
            const uint64_t shape = wf_history_shape(&arena, &history);

            wf_store_u64(number, !is_ours(batch, index++) ? 0 : shape != 0 ? shape : 1);
            sim_child_send(child, (struct wf_string){number, sizeof number});
            wf_arena_reset(&arena);
        }
    }
    wf_arena_deinit(&arena);
    cli_history_file_close(&file);
    return unreadable.status == WF_ERR_MEMORY ? fail_memory(batch->paths.items[item], err) : WF_OK;
}
