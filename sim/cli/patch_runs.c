/* A run's patches are few: they lie in a list that is searched from its beginning. */
#include "sim/cli/patch_runs.h"

#include <string.h>

#include "engine/base/json_text.h"
#include "engine/patches.h"
#include "engine/replay.h"
#include "sim/cli/histories.h"
#include "sim/cli/replay_batch.h"
#include "sim/host/stacks.h"
#include "sim/report/pack.h"

#define FRAME_RUN 0
#define FRAME_COMPLAINT 1

/* A run while it is read. */
struct reading {
    struct wf_arena *arena;
    struct {
        struct cli_patch_use *items;
        uint32_t count;
        uint32_t capacity;
    } uses;
    bool is_full;
};

enum cli_exit cli_patch_runs_open(struct cli *cli, const struct cli_args *args, struct cli_patch_runs *runs)
{
    const char *code_path = cli_args_text(args, "-w", NULL);
    struct wf_error err = {0};
    const enum cli_exit result =
        cli_file_expand(cli->arena, args->operands, args->operand_count, &runs->paths, &err);

    runs->arena = cli->arena;
    runs->has_code = code_path != NULL;
    if (result != CLI_EXIT_OK) {
        cli_complain("%s", err.message);
        return result;
    }
    for (size_t i = 0; i < runs->paths.count; i++) {
        if (strcmp(runs->paths.items[i], "-") == 0) {
            cli_complain("patches reads files: give it files, archives or folders, not standard input");
            return CLI_EXIT_USAGE;
        }
    }
    return runs->has_code ? cli_code_prepare(cli, code_path, &runs->code) : CLI_EXIT_OK;
}

enum wf_status cli_patch_runs_start(void *context, struct sim_child *child, struct wf_error *err)
{
    struct cli_patch_runs *runs = context;

    return cli_replay_load(runs->arena, &runs->code, child, &runs->loaded, &runs->replay, err);
}

/* ---- What a history says ---- */

static struct cli_patch_use *find_use(const struct reading *reading, struct wf_string id)
{
    for (uint32_t i = 0; i < reading->uses.count; i++) {
        if (wf_string_equal(reading->uses.items[i].id, id)) {
            return &reading->uses.items[i];
        }
    }
    return NULL;
}

static void add_use(struct reading *reading, struct cli_patch_use use)
{
    struct cli_patch_use *place = NULL;

    if (find_use(reading, use.id) == NULL && reading->uses.count < CLI_PATCHES_MAX) {
        place = WF_LIST_APPEND(reading->arena, reading->uses);
        reading->is_full |= place == NULL;
    }
    if (place != NULL) {
        *place = use;
    }
}

/* The name of a version is its id with the number behind it (replay-rules 3.2). */
static bool names_a_version(const struct reading *reading, struct wf_string name)
{
    struct wf_buffer text;

    for (uint32_t i = 0; i < reading->uses.count; i++) {
        const struct cli_patch_use *use = &reading->uses.items[i];

        wf_buffer_init(&text, reading->arena);
        wf_buffer_printf(&text, "%S-%lld", &use->id, (long long)use->version);
        if (use->is_version && wf_string_equal(wf_buffer_string(&text), name)) {
            return true;
        }
    }
    return false;
}

static void add_names(struct reading *reading, struct wf_string json)
{
    struct wf_json_reader tokens;
    struct wf_json_token token;
    struct wf_string name;

    wf_json_reader_init(&tokens, json);
    while (json.size_bytes > 0 && wf_json_next(&tokens, &token, NULL) == WF_OK && token.kind != WF_JSON_END) {
        if (token.kind == WF_JSON_STRING && wf_json_unescape(reading->arena, &token, &name, NULL) == WF_OK &&
            !names_a_version(reading, name)) {
            add_use(reading, (struct cli_patch_use){.id = name, .marker = CLI_MARKER_LISTED});
        }
    }
}

static void read_markers(struct reading *reading, const struct wf_history *history)
{
    struct wf_patch_mention mention;

    for (uint32_t i = 0; i < history->event_count; i++) {
        if (wf_patch_mention_read(reading->arena, &history->events[i], &mention)) {
            add_use(reading, (struct cli_patch_use){.id = mention.id,
                                                    .is_version = mention.is_version,
                                                    .version = mention.version,
                                                    .marker = mention.is_deprecated ? CLI_MARKER_DEPRECATED : CLI_MARKER_LIVE});
        }
    }
    for (uint32_t i = 0; i < history->event_count; i++) {
        add_names(reading, wf_patch_names_of(&history->events[i]));
    }
}

/* ---- What the code does with it ---- */

/* A run without a marker is of interest only when the code cannot do without one. */
static void judge_version(struct reading *reading, const struct wf_patch_mention *call)
{
    struct cli_patch_use *use = find_use(reading, call->id);
    const int64_t version = use != NULL ? use->version : call->version;

    if (version >= call->minimum && version <= call->maximum) {
        return;
    }
    if (use == NULL) {
        add_use(reading, (struct cli_patch_use){.id = call->id,
                                                .is_version = true,
                                                .version = version,
                                                .marker = CLI_MARKER_NONE,
                                                .call = CLI_CALL_ASKS});
        use = find_use(reading, call->id);
    }
    if (use != NULL) {
        use->is_outside = true;
        use->minimum = call->minimum;
        use->maximum = call->maximum;
    }
}

static void judge_calls(struct reading *reading, const struct wf_replay_result *result)
{
    struct wf_patch_mention mention;
    struct cli_patch_use *use = NULL;

    for (uint32_t i = 0; result->verdict == WF_VERDICT_OK && i < reading->uses.count; i++) {
        reading->uses.items[i].call = CLI_CALL_NONE;
    }
    for (uint32_t i = 0; i < result->patches.count; i++) {
        use = find_use(reading, result->patches.items[i].id);
        if (use != NULL) {
            use->call = result->patches.items[i].is_deprecated ? CLI_CALL_DEPRECATES : CLI_CALL_ASKS;
        }
        if (result->patches.items[i].is_version) {
            judge_version(reading, &result->patches.items[i]);
        }
    }
    if (result->verdict == WF_VERDICT_NONDETERMINISM && result->finding.event != NULL &&
        wf_patch_mention_read(reading->arena, result->finding.event, &mention)) {
        use = find_use(reading, mention.id);
        if (use != NULL && use->call == CLI_CALL_UNKNOWN) {
            use->call = CLI_CALL_NONE;
            use->is_broken = true;
        }
    }
}

/* ---- Frames ---- */

static void pack(struct wf_buffer *frame, const struct wf_history *history, bool is_closed, const struct reading *reading)
{
    sim_pack_number(frame, FRAME_RUN);
    sim_pack_text(frame, history->workflow_id);
    sim_pack_text(frame, history->workflow_type);
    sim_pack_number(frame, is_closed);
    sim_pack_number(frame, reading->uses.count);
    for (uint32_t i = 0; i < reading->uses.count; i++) {
        const struct cli_patch_use *use = &reading->uses.items[i];

        sim_pack_text(frame, use->id);
        sim_pack_number(frame, use->is_version);
        sim_pack_number(frame, (uint64_t)use->version);
        sim_pack_number(frame, use->marker);
        sim_pack_number(frame, use->call);
        sim_pack_number(frame, use->is_broken);
        sim_pack_number(frame, use->is_outside);
        sim_pack_number(frame, (uint64_t)use->minimum);
        sim_pack_number(frame, (uint64_t)use->maximum);
    }
}

bool cli_patch_run_unpack(struct wf_arena *arena, struct wf_string bytes, struct cli_patch_run *run)
{
    struct sim_unpacker frame = {.arena = arena, .rest = bytes};
    struct cli_patch_use *uses = NULL;

    *run = (struct cli_patch_run){0};
    (void)sim_unpack_number(&frame);
    run->workflow_id = sim_unpack_text(&frame);
    run->workflow_type = sim_unpack_text(&frame);
    run->is_closed = sim_unpack_number(&frame) != 0;
    uses = sim_unpack_array(&frame, &run->use_count, sizeof *uses, 9);
    for (uint32_t i = 0; i < run->use_count; i++) {
        uses[i].id = sim_unpack_text(&frame);
        uses[i].is_version = sim_unpack_number(&frame) != 0;
        uses[i].version = (int64_t)sim_unpack_number(&frame);
        uses[i].marker = (enum cli_marker)sim_unpack_number(&frame);
        uses[i].call = (enum cli_call)sim_unpack_number(&frame);
        uses[i].is_broken = sim_unpack_number(&frame) != 0;
        uses[i].is_outside = sim_unpack_number(&frame) != 0;
        uses[i].minimum = (int64_t)sim_unpack_number(&frame);
        uses[i].maximum = (int64_t)sim_unpack_number(&frame);
    }
    run->uses = uses;
    return sim_unpack_is_whole(&frame);
}

bool cli_patch_run_is_complaint(struct wf_string bytes)
{
    struct sim_unpacker frame = {.rest = bytes};

    return sim_unpack_number(&frame) == FRAME_COMPLAINT;
}

void cli_patch_run_complain(const char *path, struct wf_string bytes)
{
    struct sim_unpacker frame = {.rest = bytes};
    struct wf_error err = {0};

    (void)sim_unpack_number(&frame);
    err.event_id = (int64_t)sim_unpack_number(&frame);
    err.byte_offset = (int64_t)sim_unpack_number(&frame);
    const struct wf_string message = sim_unpack_text(&frame);
    const size_t size_bytes = message.size_bytes < sizeof err.message ? message.size_bytes : sizeof err.message - 1;
    memcpy(err.message, message.data, size_bytes);
    err.message[size_bytes] = '\0';
    if (strstr(err.message, path) != NULL) {
        cli_complain("%s", err.message); /* of a file that is not there, which names it */
    } else {
        cli_complain_input(path, &err);
    }
}

static enum wf_status send(struct sim_child *child, const struct wf_buffer *frame)
{
    if (frame->is_full) {
        return WF_ERR_MEMORY;
    }
    sim_child_send(child, wf_buffer_string(frame));
    return WF_OK;
}

static enum wf_status send_complaint(struct sim_child *child, struct wf_arena *arena, const struct wf_error *wrong)
{
    struct wf_buffer frame;

    wf_buffer_init(&frame, arena);
    sim_pack_number(&frame, FRAME_COMPLAINT);
    sim_pack_number(&frame, (uint64_t)wrong->event_id);
    sim_pack_number(&frame, (uint64_t)wrong->byte_offset);
    sim_pack_text(&frame, wf_string_of(wrong->message));
    return send(child, &frame);
}

/* ---- A file ---- */

static enum wf_status read_run(struct cli_patch_runs *runs, struct sim_child *child, struct wf_arena *arena,
                               struct wf_history *history, struct wf_error *err)
{
    const struct wf_replay_options options = {.family = WF_FAMILY_AUTO, .wants_patches = true};
    struct reading reading = {.arena = arena};
    struct wf_replay_result result = {0};
    struct wf_error wrong = {0};
    struct wf_buffer frame;

    if (wf_history_normalise(history, &wrong) != WF_OK) {
        return send_complaint(child, arena, &wrong);
    }
    read_markers(&reading, history);
    if (runs->replay != NULL) {
        WF_TRY(wf_replay_run(runs->replay, history, &options, &result, err));
        if (sim_stacks_were_short()) {
            return WF_ERR_MEMORY;
        }
        judge_calls(&reading, &result);
    }
    if (reading.is_full) {
        return WF_ERR_MEMORY;
    }
    wf_buffer_init(&frame, arena);
    pack(&frame, history, wf_event_is_close(history->events[history->event_count - 1].event_type), &reading);
    return send(child, &frame);
}

static enum wf_status read_file(struct cli_patch_runs *runs, struct sim_child *child, const char *path,
                                struct wf_arena *file, struct wf_arena *arena, struct wf_error *err)
{
    struct wf_history_reader reader;
    struct wf_history history;
    struct wf_string bytes = {NULL, 0};
    struct wf_error wrong = {.byte_offset = WF_ERROR_NO_OFFSET};
    enum wf_status status = WF_OK;

    if (cli_file_read(file, path, CLI_FILE_BYTES_MAX, &bytes, &wrong) != CLI_EXIT_OK ||
        wf_history_reader_init(&reader, file, bytes, CLI_UNPACKED_BYTES_MAX, &wrong) != WF_OK) {
        return send_complaint(child, arena, &wrong);
    }
    while ((status = wf_history_reader_next(&reader, arena, &history, &wrong)) == WF_OK) {
        WF_TRY(read_run(runs, child, arena, &history, err));
        wf_arena_reset(arena);
    }
    if (status == WF_ERR_NOT_FOUND && wf_history_reader_check_end(&reader, &wrong) == WF_OK) {
        return WF_OK;
    }
    return wrong.status == WF_ERR_MEMORY ? WF_ERR_MEMORY : send_complaint(child, arena, &wrong);
}

enum wf_status cli_patch_runs_read(void *context, struct sim_child *child, uint64_t item, struct wf_error *err)
{
    struct cli_patch_runs *runs = context;
    struct wf_arena file;
    struct wf_arena arena;

    wf_arena_init(&file, wf_system_blocks(), 0);
    wf_arena_init(&arena, wf_system_blocks(), 0);
    const enum wf_status status = read_file(runs, child, runs->paths.items[item], &file, &arena, err);
    wf_arena_deinit(&arena);
    wf_arena_deinit(&file);
    return status == WF_ERR_MEMORY
               ? wf_fail_status(err, WF_ERR_MEMORY, "%s: no memory to read it", runs->paths.items[item])
               : status;
}
