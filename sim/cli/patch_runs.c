/* A run's patches are few: they lie in a list that is searched from its beginning. */
#include "sim/cli/patch_runs.h"

#include <string.h>

#include "engine/base/json_text.h"
#include "engine/patches.h"
#include "engine/replay.h"
#include "sim/cli/child_files.h"
#include "sim/cli/replay_batch.h"
#include "sim/host/stacks.h"
#include "sim/report/pack.h"

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

/* One more than there may be, so that it is said. */
static void add_use(struct reading *reading, struct cli_patch_use use)
{
    struct cli_patch_use *place = NULL;

    if (find_use(reading, use.id) == NULL && reading->uses.count <= CLI_PATCHES_MAX) {
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

/* The version of a run without a marker is what the call got: the default one, or past its last event the newest. */
static void judge_version(struct cli_patch_use *use, const struct wf_patch_mention *call)
{
    if (use->version < call->minimum || use->version > call->maximum) {
        use->is_outside = true;
        use->minimum = call->minimum;
        use->maximum = call->maximum;
    }
}

/* The run may have no marker of it: the code asked and got the old way, or has gone beyond the last event. */
static void judge_call(struct reading *reading, const struct wf_patch_mention *call)
{
    struct cli_patch_use *use = NULL;

    add_use(reading, (struct cli_patch_use){
                         .id = call->id, .is_version = call->is_version, .version = call->version, .marker = CLI_MARKER_NONE});
    use = find_use(reading, call->id);
    if (use != NULL) {
        use->call = call->is_deprecated ? CLI_CALL_DEPRECATES : CLI_CALL_ASKS;
        if (call->is_version) {
            judge_version(use, call);
        }
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
        judge_call(reading, &result->patches.items[i]);
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

static void pack(struct wf_buffer *frame, const struct wf_history *history, const struct wf_replay_result *result,
                 const struct reading *reading)
{
    const bool is_closed = wf_event_is_close(history->events[history->event_count - 1].event_type);

    sim_pack_number(frame, CLI_CHILD_RESULT);
    sim_pack_text(frame, history->workflow_id);
    sim_pack_text(frame, history->workflow_type);
    cli_replayed_pack(frame, result->verdict, result->finding.diagnosis, result->finding.message);
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

bool cli_patch_run_unpack(struct wf_arena *arena, const char *path, struct wf_string bytes, struct cli_replayed *replayed,
                          struct cli_patch_run *run)
{
    struct sim_unpacker frame = {.arena = arena, .rest = bytes};
    struct cli_patch_use *uses = NULL;

    *run = (struct cli_patch_run){0};
    (void)sim_unpack_number(&frame);
    run->workflow_id = sim_unpack_text(&frame);
    run->workflow_type = sim_unpack_text(&frame);
    run->is_replayed = cli_replayed_take(replayed, path, run->workflow_id, &frame) == WF_VERDICT_OK;
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

/* ---- A run ---- */

static enum wf_status read_run(const struct cli_child_reader *reader, struct wf_arena *arena, struct wf_history *history,
                               struct wf_error *err)
{
    struct cli_patch_runs *runs = reader->context;
    const struct wf_replay_options options = {.family = WF_FAMILY_AUTO, .wants_patches = true};
    struct reading reading = {.arena = arena};
    struct wf_replay_result result = {0};
    struct wf_buffer frame;

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
    pack(&frame, history, &result, &reading);
    return cli_child_send(reader->child, &frame);
}

enum wf_status cli_patch_runs_read(void *context, struct sim_child *child, uint64_t item, struct wf_error *err)
{
    struct cli_patch_runs *runs = context;
    const struct cli_child_reader reader = {child, read_run, runs};

    return cli_child_read(&reader, runs->paths.items[item], err);
}
