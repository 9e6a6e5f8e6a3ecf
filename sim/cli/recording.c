/* The archive grows in a buffer that is written after each history, so that memory stays bounded. */
#include "sim/cli/recording.h"

#include "engine/codec.h"
#include "sim/report/pack.h"

enum wf_status cli_recording_pack(struct wf_arena *arena, const struct cli_simulation *simulation, uint64_t seed,
                                  uint32_t run_index, struct wf_buffer *out, struct wf_error *err)
{
    struct sim_world *world = sim_run_world(simulation->run);
    const struct wf_string *batches = NULL;
    uint32_t batch_count = 0;
    struct wf_history_message message = {0};
    struct wf_archive_entry entry = {0};
    struct wf_buffer events;
    struct wf_buffer entry_bytes;

    WF_TRY(sim_world_history(world, run_index, &batches, &batch_count));
    wf_buffer_init(&events, arena);
    for (uint32_t i = 0; i < batch_count; i++) { /* protobuf messages one after the other are one message */
        wf_buffer_append_string(&events, batches[i]);
    }
    WF_TRY(wf_wire_decode(arena, &wf_type_history_message, wf_buffer_string(&events), &message, err));
    const struct sim_run_view view = sim_world_run(world, run_index);
    const struct sim_history_options options = sim_run_history_options(simulation->run, run_index);
    const struct wf_history history = {
        .events = message.events.items,
        .event_count = message.events.count,
        .workflow_id = view.workflow_id,
        .run_id = view.run_id,
        .workflow_type = view.workflow_type,
        .scenario = simulation->scenario.config.name,
        .seed = seed,
        .code_digest = simulation->loaded[0].digest,
        .clock_spread_ns = options.clock_spread_ns,
        .has_other_options = options.has_other_options,
    };
    wf_archive_entry_of(&history, &entry);
    wf_buffer_init(&entry_bytes, arena);
    wf_wire_encode(&wf_type_archive_entry, &entry, &entry_bytes);
    sim_pack_text(out, wf_buffer_string(&entry_bytes));
    sim_pack_text(out, wf_buffer_string(&events));
    return events.is_full || entry_bytes.is_full || out->is_full ? wf_fail_status(err, WF_ERR_MEMORY, "out of memory")
                                                                 : WF_OK;
}

static bool write_bytes(struct cli_recording *recording)
{
    struct wf_error err = {0};

    recording->result = cli_writer_write(&recording->file, wf_buffer_string(&recording->bytes), &err);
    wf_buffer_reset(&recording->bytes);
    if (recording->result != CLI_EXIT_OK) {
        cli_complain("%s", err.message);
    }
    return recording->result == CLI_EXIT_OK;
}

static void release(struct cli_recording *recording)
{
    wf_arena_deinit(&recording->scratch);
    wf_arena_deinit(&recording->arena);
}

enum cli_exit cli_recording_open(struct cli_recording *recording, struct cli *cli, const char *path)
{
    struct wf_error err = {0};

    *recording = (struct cli_recording){.path = path};
    recording->result = cli_writer_open(&recording->file, cli->arena, path, &err);
    if (recording->result != CLI_EXIT_OK) {
        cli_complain("%s", err.message);
        return recording->result;
    }
    wf_arena_init(&recording->arena, wf_system_blocks(), 0);
    wf_arena_init(&recording->scratch, wf_system_blocks(), 0);
    wf_buffer_init(&recording->bytes, &recording->arena);
    if (wf_archive_writer_init(&recording->writer, &recording->arena, &recording->bytes, &err) != WF_OK) {
        cli_complain("%s", err.message);
        recording->result = CLI_EXIT_ENVIRONMENT;
    }
    if (recording->result != CLI_EXIT_OK || !write_bytes(recording)) {
        cli_writer_abandon(&recording->file);
        release(recording);
    }
    return recording->result;
}

bool cli_recording_take(struct cli_recording *recording, struct wf_string packed)
{
    struct sim_unpacker unpacker = {.arena = &recording->scratch, .rest = packed};
    struct wf_archive_entry entry = {0};
    struct wf_error err = {0};

    wf_arena_reset(&recording->scratch);
    const struct wf_string entry_bytes = sim_unpack_text(&unpacker);
    const struct wf_string events = sim_unpack_text(&unpacker);
    enum wf_status status =
        wf_wire_decode(&recording->scratch, &wf_type_archive_entry, entry_bytes, &entry, &err);
    if (status == WF_OK) {
        status = wf_archive_append(&recording->writer, &entry, events, &recording->bytes, &err);
    }
    if (status != WF_OK) {
        cli_complain("%s: %s", recording->path, err.message);
        recording->result = CLI_EXIT_ENVIRONMENT;
        return false;
    }
    if (!write_bytes(recording)) {
        return false;
    }
    recording->count++;
    return true;
}

enum cli_exit cli_recording_close(struct cli_recording *recording)
{
    struct wf_error err = {0};
    const bool was_whole = recording->result == CLI_EXIT_OK;

    if (was_whole) {
        if (wf_archive_finish(&recording->writer, &recording->bytes, &err) == WF_OK) {
            (void)write_bytes(recording);
        } else {
            cli_complain("%s: %s", recording->path, err.message);
            recording->result = CLI_EXIT_ENVIRONMENT;
        }
    }
    if (cli_writer_commit(&recording->file, &err) != CLI_EXIT_OK) {
        cli_complain("%s", err.message);
        recording->result = CLI_EXIT_ENVIRONMENT;
    } else if (recording->result != CLI_EXIT_OK) {
        cli_complain("%s: the %llu histories recorded before are in it and can be read", recording->path,
                     (unsigned long long)recording->count);
    }
    release(recording);
    return recording->result;
}
