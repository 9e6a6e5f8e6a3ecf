/* The loop between the reader that asks and the file that answers. */
#include "sim/cli/archive_file.h"

#include "engine/print.h"
#include "sim/cli/histories.h"

static enum cli_exit fail(const struct cli_archive *archive, enum wf_status status, const struct wf_error *err)
{
    cli_complain_input(archive->source.path, err);
    return status == WF_ERR_MEMORY ? CLI_EXIT_ENVIRONMENT : CLI_EXIT_UNREADABLE;
}

static enum cli_exit supply(struct cli_archive *archive)
{
    struct wf_archive_range range = {0};
    struct wf_error err;

    while (wf_archive_reader_needs(&archive->reader, &range)) {
        char *bytes = wf_arena_take_text(&archive->current, range.size_bytes);
        enum wf_status status = WF_OK;

        if (bytes == NULL) {
            cli_complain("%s: out of memory", archive->source.path);
            return CLI_EXIT_ENVIRONMENT;
        }
        if (!cli_source_read(&archive->source, range.offset, bytes, range.size_bytes)) {
            cli_complain("%s: cannot read %zu bytes at %llu", archive->source.path, range.size_bytes,
                         (unsigned long long)range.offset);
            return CLI_EXIT_ENVIRONMENT;
        }
        status = wf_archive_reader_supply(&archive->reader, (struct wf_string){bytes, range.size_bytes}, &err);
        if (status != WF_OK) {
            return fail(archive, status, &err);
        }
    }
    return CLI_EXIT_OK;
}

enum cli_exit cli_archive_open(struct cli_archive *archive, const char *path)
{
    struct wf_error err;
    enum cli_exit result = CLI_EXIT_OK;
    enum wf_status status = WF_OK;

    *archive = (struct cli_archive){.source = {.fd = -1}};
    wf_arena_init(&archive->index, wf_system_blocks(), 0);
    wf_arena_init(&archive->current, wf_system_blocks(), 0);
    result = cli_source_open(&archive->source, path, &err);
    if (result != CLI_EXIT_OK) {
        cli_complain("%s", err.message);
        return result;
    }
    status = wf_archive_reader_init(&archive->reader, &archive->index, archive->source.size_bytes, &err);
    if (status != WF_OK) {
        return fail(archive, status, &err);
    }
    result = supply(archive);
    archive->is_cut = result == CLI_EXIT_OK && wf_archive_reader_check_end(&archive->reader, &err) != WF_OK;
    if (archive->is_cut) {
        cli_complain_input(path, &err);
    }
    return result;
}

void cli_archive_close(struct cli_archive *archive)
{
    if (archive->source.fd >= 0) {
        cli_source_close(&archive->source);
    }
    wf_arena_deinit(&archive->current);
    wf_arena_deinit(&archive->index);
}

enum cli_exit cli_archive_entry(struct cli_archive *archive, uint64_t index, const struct wf_archive_entry **entry)
{
    enum cli_exit result = CLI_EXIT_OK;

    wf_arena_reset(&archive->current);
    wf_archive_reader_seek_entry(&archive->reader, index);
    result = supply(archive);
    *entry = result == CLI_EXIT_OK ? wf_archive_reader_entry(&archive->reader) : NULL;
    return result;
}

enum cli_exit cli_archive_history(struct cli_archive *archive, uint64_t index, struct wf_history *history)
{
    struct wf_error err;
    enum cli_exit result = CLI_EXIT_OK;
    enum wf_status status = WF_OK;

    wf_arena_reset(&archive->current);
    wf_archive_reader_seek(&archive->reader, index);
    result = supply(archive);
    if (result != CLI_EXIT_OK) {
        return result;
    }
    status = wf_archive_reader_history(&archive->reader, &archive->current, history, &err);
    return status == WF_OK ? CLI_EXIT_OK : fail(archive, status, &err);
}

const char *cli_status_name(int32_t status)
{
    const char *name = wf_enum_name(&wf_enum_type_workflow_execution_status, status);

    return name == NULL ? "UNKNOWN" : name + strlen(wf_enum_type_workflow_execution_status.prefix);
}

static void append_time(struct wf_json_writer *json, struct wf_arena *arena, const char *key,
                        struct wf_timestamp timestamp)
{
    struct wf_buffer text;

    if (timestamp.is_set) {
        wf_buffer_init(&text, arena);
        wf_print_timestamp(&text, timestamp);
        wf_json_key(json, key);
        wf_json_string(json, wf_buffer_string(&text));
    }
}

void cli_append_entry_members(struct wf_json_writer *json, struct wf_arena *arena,
                              const struct wf_archive_entry *entry)
{
    wf_json_key(json, "workflow_id");
    wf_json_string(json, entry->workflow_id);
    wf_json_key(json, "run_id");
    wf_json_string(json, entry->run_id);
    wf_json_key(json, "workflow_type");
    wf_json_string(json, entry->workflow_type);
    wf_json_key(json, "task_queue");
    wf_json_string(json, entry->task_queue);
    wf_json_key(json, "status");
    wf_json_text(json, cli_status_name(entry->status));
    append_time(json, arena, "start", entry->start_time);
    append_time(json, arena, "close", entry->close_time);
    wf_json_key(json, "events");
    wf_json_u64(json, entry->event_count);
}
