/*
 * wfsim list: the workflows of an archive, a line each. Closed workflows are told by the index alone; of one that is open
 * the history is read, to count what it waits for.
 */
#include "engine/base/json_text.h"
#include "engine/print.h"
#include "sim/cli/moment.h"
#include "sim/cli/steps.h"
#include "sim/report/visible.h"

#define ID_COLUMNS 28
#define TYPE_COLUMNS 20
#define STATUS_COLUMNS 16
#define TIME_COLUMNS 24
#define QUEUE_COLUMNS 16

/* True for "completed", "COMPLETED" and "continued-as-new" alike. */
static bool is_same_status(const char *name, const char *wanted)
{
    for (; *name != '\0' && *wanted != '\0'; name++, wanted++) {
        const char upper = *wanted >= 'a' && *wanted <= 'z' ? (char)(*wanted - 32) : *wanted == '-' ? '_' : *wanted;

        if (upper != *name) {
            return false;
        }
    }
    return *name == *wanted;
}

static bool is_status(const char *wanted)
{
    for (uint32_t i = 0; i < wf_enum_type_workflow_execution_status.value_count; i++) {
        if (is_same_status(cli_status_name(wf_enum_type_workflow_execution_status.values[i].number), wanted)) {
            return true;
        }
    }
    return false;
}

static void append_heading(struct cli_output *out)
{
    static const struct {
        const char *name;
        size_t columns;
    } headings[] = {{"workflow", ID_COLUMNS}, {"type", TYPE_COLUMNS}, {"status", STATUS_COLUMNS},
                    {"start", TIME_COLUMNS},  {"close", TIME_COLUMNS}, {" events", 7},
                    {"pending", 7},           {"queue", QUEUE_COLUMNS}};

    wf_buffer_append_text(&out->text, cli_style(out, CLI_STYLE_BOLD));
    for (size_t i = 0; i < sizeof(headings) / sizeof(headings[0]); i++) {
        sim_append_column(&out->text, wf_string_of(headings[i].name), headings[i].columns);
        wf_buffer_append_text(&out->text, "  ");
    }
    wf_buffer_printf(&out->text, "run%s\n", cli_style(out, CLI_STYLE_PLAIN));
}

/* Milliseconds are enough for people; a column of times is read downwards. */
static void append_time_column(struct wf_buffer *text, struct wf_arena *arena, struct wf_timestamp timestamp)
{
    struct wf_buffer time;

    wf_buffer_init(&time, arena);
    timestamp.nanos = timestamp.nanos / 1000000 * 1000000;
    if (timestamp.is_set) {
        wf_print_timestamp(&time, timestamp);
    } else {
        wf_buffer_append_char(&time, '-');
    }
    sim_append_column(text, wf_buffer_string(&time), TIME_COLUMNS);
}

static void append_text_row(struct cli *cli, const struct wf_archive_entry *entry, uint32_t pending_count)
{
    struct wf_buffer *text = &cli->out->text;

    sim_append_column(text, entry->workflow_id, ID_COLUMNS);
    wf_buffer_append_text(text, "  ");
    sim_append_column(text, entry->workflow_type, TYPE_COLUMNS);
    wf_buffer_append_text(text, "  ");
    sim_append_column(text, wf_string_of(cli_status_name(entry->status)), STATUS_COLUMNS);
    wf_buffer_append_text(text, "  ");
    append_time_column(text, cli->arena, entry->start_time);
    wf_buffer_append_text(text, "  ");
    append_time_column(text, cli->arena, entry->close_time);
    wf_buffer_printf(text, "  %7u  %7u  ", entry->event_count, pending_count);
    sim_append_column(text, entry->task_queue, QUEUE_COLUMNS);
    wf_buffer_append_text(text, "  ");
    sim_append_visible(text, entry->run_id, 0);
    wf_buffer_append_char(text, '\n');
}

static void append_json_row(struct wf_json_writer *json, struct wf_arena *arena, const struct wf_archive_entry *entry,
                            uint32_t pending_count)
{
    wf_json_begin_object(json);
    cli_append_entry_members(json, arena, entry);
    wf_json_key(json, "pending");
    wf_json_u64(json, pending_count);
    wf_json_end_object(json);
}

static void append_row(struct cli *cli, struct wf_json_writer *json, const struct wf_archive_entry *entry,
                       uint32_t pending_count)
{
    const struct wf_arena_mark mark = wf_arena_mark(cli->arena);

    switch (cli->out->format) {
    case CLI_FORMAT_TEXT:
        append_text_row(cli, entry, pending_count);
        break;
    case CLI_FORMAT_JSON:
        append_json_row(json, cli->arena, entry, pending_count);
        break;
    case CLI_FORMAT_JSONL:
        wf_json_writer_init(json, &cli->out->text, 0);
        append_json_row(json, cli->arena, entry, pending_count);
        wf_buffer_append_char(&cli->out->text, '\n');
        break;
    }
    wf_arena_rewind(cli->arena, mark);
    cli_output_flush_some(cli->out);
}

/* The entry of a history, and how much it waits for. The entry is copied: reading the history would end its life. */
static enum cli_exit read_row(struct cli *cli, struct cli_archive *archive, uint64_t index,
                              struct wf_archive_entry *copy, uint32_t *pending_count)
{
    const struct wf_archive_entry *entry = NULL;
    struct cli_pending pending = {0};
    struct wf_history history;
    enum cli_exit result = cli_archive_entry(archive, index, &entry);

    if (result != CLI_EXIT_OK) {
        return result;
    }
    if (!wf_message_copy_into(cli->arena, &wf_type_archive_entry, copy, entry)) {
        cli_complain("out of memory");
        return CLI_EXIT_ENVIRONMENT;
    }
    *pending_count = 0;
    if (copy->status == WF_WORKFLOW_EXECUTION_STATUS_RUNNING) {
        result = cli_archive_history(archive, index, &history);
    }
    if (result != CLI_EXIT_OK || copy->status != WF_WORKFLOW_EXECUTION_STATUS_RUNNING) {
        return result;
    }
    if (!cli_find_pending(cli->arena, &history, &pending)) {
        cli_complain("out of memory");
        return CLI_EXIT_ENVIRONMENT;
    }
    *pending_count = pending.count;
    return CLI_EXIT_OK;
}

static enum cli_exit list(struct cli *cli, struct cli_archive *archive, const char *wanted)
{
    struct wf_json_writer json;
    enum cli_exit result = CLI_EXIT_OK;

    wf_json_writer_init(&json, &cli->out->text, 0);
    if (cli->out->format == CLI_FORMAT_JSON) {
        wf_json_begin_array(&json);
    } else if (cli->out->format == CLI_FORMAT_TEXT) {
        append_heading(cli->out);
    }
    for (uint64_t i = 0; i < archive->reader.history_count && result == CLI_EXIT_OK; i++) {
        const struct wf_arena_mark mark = wf_arena_mark(cli->arena);
        struct wf_archive_entry entry = {0};
        uint32_t pending_count = 0;

        result = read_row(cli, archive, i, &entry, &pending_count);
        if (result == CLI_EXIT_OK && (wanted == NULL || is_same_status(cli_status_name(entry.status), wanted))) {
            append_row(cli, &json, &entry, pending_count);
        }
        wf_arena_rewind(cli->arena, mark);
    }
    if (cli->out->format == CLI_FORMAT_JSON) {
        wf_json_end_array(&json);
        wf_buffer_append_char(&cli->out->text, '\n');
    }
    return result;
}

static enum cli_exit run(struct cli *cli, const struct cli_args *args)
{
    const char *wanted = cli_args_text(args, "--status", NULL);
    struct cli_archive archive;
    enum cli_exit result = CLI_EXIT_OK;

    if (wanted != NULL && !is_status(wanted)) {
        cli_complain("'%s' is no status; a workflow is running, completed, failed, canceled, terminated, "
                     "continued-as-new or timed-out",
                     wanted);
        return CLI_EXIT_USAGE;
    }
    result = cli_moment_open(cli, args, args->operands[0], &archive);
    if (result == CLI_EXIT_OK) {
        result = list(cli, &archive, wanted);
    }
    if (result == CLI_EXIT_OK && archive.is_cut) {
        result = CLI_EXIT_UNREADABLE;
    }
    cli_archive_close(&archive);
    return result;
}

static const struct cli_option options[] = {
    {"--status", CLI_TEXT, "S", "only workflows that are running, completed, failed, ..."},
    CLI_OPTIONS_MOMENT,
    CLI_OPTION_OUTPUT,
    {NULL, CLI_SWITCH, NULL, NULL},
};

const struct cli_command cli_command_list = {
    .name = "list",
    .operands = "ARCHIVE|SCENARIO",
    .operand_count_min = 1,
    .operand_count_max = 1,
    .summary = "the workflows of an archive, or of a moment of a run",
    .description = "Prints a line for each workflow of an archive that `wfsim run --record` wrote, or of a scenario's run\n"
                   "at a moment: id, type, status, start, close, events, what is pending, task queue and run id.\n"
                   "Of an archive it reads the index alone; `wfsim check` reads and verifies every history.",
    .options = options,
    .example = "wfsim list scenarios/expense.yaml --seed 3 --at 2d --status running",
    .run = run,
};
