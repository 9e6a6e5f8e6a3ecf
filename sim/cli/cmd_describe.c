/*
 * wfsim describe: one workflow of an archive. What it waits for is read off its history: steps begun and not ended. What a
 * history does not tell (the attempt of an activity that has not ended is in the service alone) is not guessed.
 */
#include "engine/service.h"
#include "engine/base/json_text.h"
#include "engine/base/nearest.h"
#include "engine/print.h"
#include "sim/cli/moment.h"
#include "sim/cli/steps.h"
#include "sim/report/visible.h"

#define LABEL_COLUMNS 12
#define NAMES_MAX 4096 /* ids that a suggestion is chosen from */

/* ---- Finding it ---- */

struct search {
    const char *id;    /* a workflow id, or a run id */
    uint64_t index;    /* of the last match: the newest run of a workflow id */
    uint64_t count;    /* of matches */
    struct wf_string *names;
    size_t name_count;
};

static enum cli_exit search(struct cli *cli, struct cli_archive *archive, struct search *search)
{
    search->names = wf_arena_take_array(cli->arena, NAMES_MAX, sizeof(*search->names));
    for (uint64_t i = 0; i < archive->reader.history_count; i++) {
        const struct wf_archive_entry *entry = NULL;
        const enum cli_exit result = cli_archive_entry(archive, i, &entry);

        if (result != CLI_EXIT_OK) {
            return result;
        }
        if (wf_string_is(entry->workflow_id, search->id) || wf_string_is(entry->run_id, search->id)) {
            search->index = i;
            search->count++;
        }
        if (search->names != NULL && search->name_count < NAMES_MAX) {
            search->names[search->name_count] = wf_string_copy(cli->arena, entry->workflow_id);
            search->name_count++;
        }
    }
    return CLI_EXIT_OK;
}

static enum cli_exit fail_not_found(const struct cli_archive *archive, const struct search *search)
{
    const size_t best = wf_nearest(wf_string_of(search->id), search->names, search->name_count);

    if (best < search->name_count) {
        cli_complain("%s: no workflow or run '%s'; did you mean '%s'?", archive->source.path, search->id,
                     search->names[best].data);
    } else {
        cli_complain("%s: no workflow or run '%s'; `wfsim list` shows them", archive->source.path, search->id);
    }
    return CLI_EXIT_UNREADABLE;
}

/* ---- What it waits for ---- */

static bool is_closed(const struct wf_history *history)
{
    return history->event_count > 0 && wf_event_is_close(history->events[history->event_count - 1].event_type);
}

/* Whether a workflow task is scheduled or running: the workflow then waits for a worker, not for the world. */
static bool has_open_task(const struct wf_history *history)
{
    for (uint32_t i = history->event_count; i > 0; i--) {
        switch (history->events[i - 1].event_type) {
        case WF_EVENT_TYPE_WORKFLOW_TASK_SCHEDULED:
        case WF_EVENT_TYPE_WORKFLOW_TASK_STARTED:
            return true;
        case WF_EVENT_TYPE_WORKFLOW_TASK_COMPLETED:
        case WF_EVENT_TYPE_WORKFLOW_TASK_FAILED:
        case WF_EVENT_TYPE_WORKFLOW_TASK_TIMED_OUT:
            return false;
        default:
            break;
        }
    }
    return false;
}

/* ---- Text ---- */

static void append_label(struct wf_buffer *text, const char *label)
{
    wf_buffer_append_text(text, "  ");
    sim_append_column(text, wf_string_of(label), LABEL_COLUMNS);
}

static void append_line(struct wf_buffer *text, const char *label, struct wf_string value)
{
    if (value.size_bytes > 0) {
        append_label(text, label);
        sim_append_visible(text, value, 0);
        wf_buffer_append_char(text, '\n');
    }
}

static void append_event_line(struct wf_buffer *text, const char *label, const struct wf_event *event)
{
    append_label(text, label);
    wf_print_event(text, event, NULL);
    wf_buffer_append_char(text, '\n');
}

static void append_times(struct wf_buffer *text, const struct wf_history *history)
{
    const struct wf_event *last = &history->events[history->event_count - 1];

    append_label(text, "started");
    wf_print_timestamp(text, history->events[0].event_time);
    wf_buffer_append_char(text, '\n');
    append_label(text, is_closed(history) ? "closed" : "last event");
    wf_print_timestamp(text, last->event_time);
    wf_buffer_append_text(text, ", after ");
    cli_append_elapsed(text, history->events[0].event_time, last->event_time);
    wf_buffer_append_char(text, '\n');
}

/* When the first workflow task is still to come, because of a schedule, a retry or a delay. */
static bool is_in_backoff(const struct wf_history *history, struct wf_timestamp *until)
{
    const struct wf_event *first = &history->events[0];
    int64_t due_ns = 0;

    for (uint32_t i = 0; i < history->event_count; i++) {
        if (history->events[i].event_type == WF_EVENT_TYPE_WORKFLOW_TASK_SCHEDULED) {
            return false;
        }
    }
    if (first->event_type != WF_EVENT_TYPE_WORKFLOW_EXECUTION_STARTED) {
        return false;
    }
    due_ns = wf_time_of(first->attributes.workflow_execution_started->first_workflow_task_backoff);
    if (due_ns <= 0 || !wf_add_i64(wf_time_of(first->event_time), due_ns, &due_ns)) {
        return false;
    }
    *until = wf_timestamp_of(due_ns);
    return true;
}

static void append_pending_text(struct cli_output *out, const struct wf_history *history,
                                const struct cli_pending *pending)
{
    struct wf_buffer *text = &out->text;
    struct wf_timestamp until = {0};

    if (is_closed(history)) {
        return;
    }
    wf_buffer_printf(text, "\n%swaits for%s\n", cli_style(out, CLI_STYLE_BOLD), cli_style(out, CLI_STYLE_PLAIN));
    if (has_open_task(history)) {
        wf_buffer_append_text(text, "  a worker: a workflow task is scheduled or running\n");
    }
    for (uint32_t i = 0; i < pending->count; i++) {
        wf_buffer_append_text(text, "  ");
        wf_print_event(text, pending->items[i], NULL);
        wf_buffer_append_text(text, ", since ");
        cli_append_elapsed(text, history->events[0].event_time, pending->items[i]->event_time);
        wf_buffer_append_text(text, " after the start\n");
    }
    if (is_in_backoff(history, &until)) {
        wf_buffer_append_text(text, "  its first workflow task, at ");
        wf_print_timestamp(text, until);
        wf_buffer_append_char(text, '\n');
    } else if (!has_open_task(history) && pending->count == 0) {
        wf_buffer_append_text(text, "  a signal, an update or a condition: no step is open\n");
    }
}

/* Memo and search attributes as they are at the end of the history (engine-semantics 7.11). */
struct properties {
    struct wf_memo memo;
    struct wf_search_attributes attributes;
};

static void merge_properties(struct wf_arena *arena, struct properties *properties, const struct wf_memo *memo,
                             const struct wf_search_attributes *attributes)
{
    if (memo != NULL) {
        wf_fields_merge(arena, &properties->memo.fields, &memo->fields, false);
    }
    if (attributes != NULL) {
        wf_fields_merge(arena, &properties->attributes.indexed_fields, &attributes->indexed_fields, true);
    }
}

static void find_properties(struct wf_arena *arena, const struct wf_history *history, struct properties *properties)
{
    *properties = (struct properties){0};
    for (uint32_t i = 0; i < history->event_count; i++) {
        const struct wf_event *event = &history->events[i];

        if (event->attributes.any == NULL) {
            continue;
        }
        if (event->attributes_case == WF_CASE_event_workflow_execution_started) {
            merge_properties(arena, properties, event->attributes.workflow_execution_started->memo,
                             event->attributes.workflow_execution_started->search_attributes);
        } else if (event->attributes_case == WF_CASE_event_workflow_properties_modified) {
            merge_properties(arena, properties, event->attributes.workflow_properties_modified->upserted_memo, NULL);
        } else if (event->attributes_case == WF_CASE_event_upsert_workflow_search_attributes) {
            merge_properties(arena, properties, NULL,
                             event->attributes.upsert_workflow_search_attributes->search_attributes);
        }
    }
}

static void append_fields(struct wf_buffer *text, const char *label, const struct wf_entry_payload *items,
                          uint32_t count)
{
    for (uint32_t i = 0; i < count; i++) {
        append_label(text, label);
        sim_append_visible(text, items[i].key, 0);
        wf_buffer_append_char(text, '=');
        wf_print_payload(text, &items[i].value, NULL);
        wf_buffer_append_char(text, '\n');
    }
}

static void append_properties(struct wf_buffer *text, const struct properties *properties)
{
    append_fields(text, "memo", properties->memo.fields.items, properties->memo.fields.count);
    append_fields(text, "attribute", properties->attributes.indexed_fields.items,
                  properties->attributes.indexed_fields.count);
}

static void append_message(struct cli *cli, struct wf_json_writer *json, const char *key,
                           const struct wf_message_type *type, const void *message)
{
    struct wf_buffer text;

    wf_buffer_init(&text, cli->arena);
    wf_json_encode(type, message, &text);
    wf_json_key(json, key);
    wf_json_raw(json, wf_buffer_string(&text));
}

static void append_text(struct cli_output *out, const struct wf_archive_entry *entry, const struct wf_history *history,
                        const struct cli_pending *pending, const struct properties *properties)
{
    struct wf_buffer *text = &out->text;

    wf_buffer_append_text(text, cli_style(out, CLI_STYLE_BOLD));
    sim_append_visible(text, entry->workflow_id.size_bytes > 0 ? entry->workflow_id : WF_STR("(no workflow id)"), 0);
    wf_buffer_printf(text, "%s\n", cli_style(out, CLI_STYLE_PLAIN));
    append_line(text, "type", entry->workflow_type);
    append_line(text, "run", entry->run_id);
    append_line(text, "queue", entry->task_queue);
    append_line(text, "status", wf_string_of(cli_status_name(entry->status)));
    append_label(text, "events");
    wf_buffer_printf(text, "%u\n", history->event_count);
    if (entry->scenario.size_bytes > 0) {
        append_label(text, "recorded");
        sim_append_visible(text, entry->scenario, 0);
        wf_buffer_printf(text, " --seed %llu\n", (unsigned long long)entry->seed);
    }
    if (history->event_count > 0) {
        append_times(text, history);
        append_event_line(text, "first", &history->events[0]);
        append_event_line(text, "last", &history->events[history->event_count - 1]);
    }
    append_properties(text, properties);
    append_pending_text(out, history, pending);
}

/* ---- JSON ---- */

static void append_json(struct cli *cli, const struct wf_archive_entry *entry, const struct wf_history *history,
                        const struct cli_pending *pending, const struct properties *properties)
{
    struct wf_json_writer json;
    struct wf_buffer event;

    wf_json_writer_init(&json, &cli->out->text, 0);
    wf_json_begin_object(&json);
    cli_append_entry_members(&json, cli->arena, entry);
    append_message(cli, &json, "memo", &wf_type_memo, &properties->memo);
    append_message(cli, &json, "search_attributes", &wf_type_search_attributes, &properties->attributes);
    wf_json_key(&json, "workflow_task_is_open");
    wf_json_bool(&json, !is_closed(history) && has_open_task(history));
    wf_json_key(&json, "pending");
    wf_json_begin_array(&json);
    for (uint32_t i = 0; i < pending->count && !is_closed(history); i++) {
        wf_buffer_init(&event, cli->arena);
        wf_json_encode(&wf_type_event, pending->items[i], &event);
        wf_json_raw(&json, wf_buffer_string(&event));
    }
    wf_json_end_array(&json);
    wf_json_end_object(&json);
    wf_buffer_append_char(&cli->out->text, '\n');
}

static enum cli_exit describe(struct cli *cli, struct cli_archive *archive, uint64_t index)
{
    const struct wf_archive_entry *found = NULL;
    struct wf_archive_entry entry = {0};
    struct wf_history history;
    struct cli_pending pending;
    struct properties properties;
    enum cli_exit result = cli_archive_entry(archive, index, &found);

    if (result == CLI_EXIT_OK && !wf_message_copy_into(cli->arena, &wf_type_archive_entry, &entry, found)) {
        cli_complain("out of memory");
        return CLI_EXIT_ENVIRONMENT;
    }
    if (result == CLI_EXIT_OK) {
        result = cli_archive_history(archive, index, &history);
    }
    if (result != CLI_EXIT_OK) {
        return result;
    }
    /* A newest-first history is turned round; one that breaks a rule is described as it is. */
    (void)wf_history_normalise(&history, NULL);
    if (!cli_find_pending(cli->arena, &history, &pending)) {
        cli_complain("out of memory");
        return CLI_EXIT_ENVIRONMENT;
    }
    find_properties(cli->arena, &history, &properties);
    if (cli->out->format == CLI_FORMAT_TEXT) {
        append_text(cli->out, &entry, &history, &pending, &properties);
    } else {
        append_json(cli, &entry, &history, &pending, &properties);
    }
    return CLI_EXIT_OK;
}

static enum cli_exit run(struct cli *cli, const struct cli_args *args)
{
    struct search found = {.id = args->operands[1]};
    struct cli_archive archive;
    enum cli_exit result = cli_moment_open(cli, args, args->operands[0], &archive);

    if (result == CLI_EXIT_OK) {
        result = search(cli, &archive, &found);
    }
    if (result == CLI_EXIT_OK && found.count == 0) {
        result = fail_not_found(&archive, &found);
    } else if (result == CLI_EXIT_OK) {
        if (found.count > 1) {
            cli_complain("%llu runs of '%s'; this is the last one", (unsigned long long)found.count, found.id);
        }
        result = describe(cli, &archive, found.index);
    }
    if (result == CLI_EXIT_OK && archive.is_cut) {
        result = CLI_EXIT_UNREADABLE; /* a later run may be in what is missing */
    }
    cli_archive_close(&archive);
    return result;
}

static const struct cli_option options[] = {
    CLI_OPTIONS_MOMENT,
    CLI_OPTION_OUTPUT,
    {NULL, CLI_SWITCH, NULL, NULL},
};

const struct cli_command cli_command_describe = {
    .name = "describe",
    .operands = "ARCHIVE|SCENARIO ID",
    .operand_count_min = 2,
    .operand_count_max = 2,
    .summary = "one workflow of an archive: its state, and what it waits for",
    .description = "Prints one workflow of an archive, or of a scenario's run at a moment, found by its workflow id or\n"
                   "run id: type, queue, status, times, its first and last event, and for an open one every step\n"
                   "that has not ended.",
    .options = options,
    .example = "wfsim describe saga.wfh order-3",
    .run = run,
};
