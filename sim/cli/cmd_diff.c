/*
 * wfsim diff: two histories side by side, without what differs between any two runs.
 */
#include "engine/history_diff.h"

#include <string.h>

#include "engine/base/assert.h"
#include "engine/base/json_text.h"
#include "sim/cli/histories.h"
#include "sim/report/shell.h"
#include "sim/report/visible.h"

#define LEFT 0
#define RIGHT 1
#define SIDES 2

static const char *const side_names[SIDES] = {"left", "right"};
static const char *const event_id_names[SIDES] = {"left_event_id", "right_event_id"};

struct side {
    const char *path;
    struct wf_history history;
    bool is_read;
};

/* ---- Reading ---- */

/* A copy that outlives the file it was read from. */
static bool keep(struct wf_arena *arena, const struct wf_history *from, struct wf_history *to)
{
    *to = *from;
    to->events = wf_arena_take_array(arena, from->event_count, sizeof *to->events);
    for (uint32_t i = 0; to->events != NULL && i < from->event_count; i++) {
        if (!wf_message_copy_into(arena, &wf_type_event, &to->events[i], &from->events[i])) {
            return false;
        }
    }
    to->workflow_id = wf_string_copy(arena, from->workflow_id);
    to->workflow_type = wf_string_copy(arena, from->workflow_type);
    return to->events != NULL && to->workflow_id.data != NULL && to->workflow_type.data != NULL;
}

static void complain_of_many(struct cli *cli, const char *path)
{
    struct wf_buffer word;

    wf_buffer_init(&word, cli->arena);
    sim_shell_path(&word, wf_string_of(path));
    wf_buffer_append_char(&word, '\0');
    cli_complain("%s: more than one history; `wfsim convert %s FOLDER/ --to json` makes a file of each", path,
                 word.is_full ? path : word.data);
}

/* The one history of a file that is open. */
static enum cli_exit take_one(struct cli *cli, struct cli_histories *file, struct side *side)
{
    struct wf_history *history = NULL;
    struct wf_error err;
    enum cli_exit result = cli_histories_next(file, &history);

    if (result != CLI_EXIT_OK || history == NULL) { /* NULL: interrupted, which is said */
        return result;
    }
    if (wf_history_normalise(history, &err) != WF_OK) {
        cli_complain_input(file->path, &err);
        return CLI_EXIT_UNREADABLE;
    }
    if (!keep(cli->arena, history, &side->history)) {
        cli_complain("%s: out of memory", side->path);
        return CLI_EXIT_ENVIRONMENT;
    }
    result = cli_histories_next(file, &history);
    if (result == CLI_EXIT_OK && history != NULL) {
        complain_of_many(cli, side->path);
        return CLI_EXIT_USAGE;
    }
    if (result == CLI_EXIT_OK && file->is_cut) { /* which is said; the history that is whole may not be the one that was meant */
        return CLI_EXIT_UNREADABLE;
    }
    side->is_read = result == CLI_EXIT_OK;
    return result;
}

static enum cli_exit read_one(struct cli *cli, const char *path, struct side *side)
{
    struct cli_histories file;
    enum cli_exit result = cli_histories_open(&file, cli->arena, &path, 1);

    side->path = path;
    if (result == CLI_EXIT_OK) {
        result = take_one(cli, &file, side);
    }
    cli_histories_close(&file);
    return result;
}

/* ---- Text ---- */

static void append_value(struct wf_buffer *out, struct wf_string value)
{
    if (value.size_bytes == 0) {
        wf_buffer_append_text(out, "nothing");
    } else {
        sim_append_visible(out, value, 0);
    }
}

static void append_fields(struct wf_buffer *out, const struct wf_differences *fields)
{
    for (uint32_t i = 0; i < fields->count; i++) {
        wf_buffer_append_text(out, "             ");
        sim_append_visible(out, fields->items[i].path, 0);
        wf_buffer_append_text(out, ": ");
        append_value(out, fields->items[i].left);
        wf_buffer_append_text(out, " | ");
        append_value(out, fields->items[i].right);
        wf_buffer_append_char(out, '\n');
    }
    if (fields->dropped_count > 0) {
        wf_buffer_printf(out, "             and %u more\n", fields->dropped_count);
    }
}

/* An event, without its id, as one line; of a pair the fields below it tell more. */
static void append_event(struct cli *cli, const struct wf_event *event, bool is_pair)
{
    const struct wf_arena_mark mark = wf_arena_mark(cli->arena);
    struct wf_buffer details;

    wf_buffer_init(&details, cli->arena);
    if (!is_pair) {
        wf_print_event_details(&details, event, NULL);
    }
    wf_buffer_append_text(&cli->out->text, wf_event_type_name(event->event_type));
    if (details.size_bytes > 0) {
        wf_buffer_append_char(&cli->out->text, ' ');
        sim_append_visible(&cli->out->text, wf_buffer_string(&details), 0);
    }
    wf_arena_rewind(cli->arena, mark);
}

static void append_difference(struct cli *cli, const struct wf_history_difference *difference)
{
    struct cli_output *out = cli->out;
    const bool is_left = difference->left != NULL;
    const bool is_right = difference->right != NULL;

    wf_buffer_append_text(&out->text, cli_style(out, is_left && is_right ? CLI_STYLE_YELLOW
                                                     : is_left           ? CLI_STYLE_RED
                                                                         : CLI_STYLE_GREEN));
    wf_buffer_append_char(&out->text, is_left && is_right ? '~' : is_left ? '-' : '+');
    for (size_t i = 0; i < SIDES; i++) {
        const struct wf_event *event = i == LEFT ? difference->left : difference->right;

        if (event != NULL) {
            wf_buffer_printf(&out->text, "%5lld", (long long)event->event_id);
        } else {
            wf_buffer_append_text(&out->text, "     ");
        }
    }
    wf_buffer_append_text(&out->text, "  ");
    append_event(cli, is_left ? difference->left : difference->right, is_left && is_right);
    wf_buffer_printf(&out->text, "%s\n", cli_style(out, CLI_STYLE_PLAIN));
    append_fields(&out->text, &difference->fields);
    cli_output_flush_some(out);
}

static void append_text(struct cli *cli, const struct side *sides, const struct wf_history_diff *diff)
{
    struct wf_buffer *out = &cli->out->text;

    for (size_t i = 0; i < SIDES; i++) {
        wf_buffer_printf(out, "%s%s ", i == LEFT ? "- " : "+ ", side_names[i]);
        cli_append_repeated(out, " ", i == LEFT ? 1 : 0);
        sim_append_visible(out, wf_string_of(strcmp(sides[i].path, "-") == 0 ? "(standard input)" : sides[i].path), 0);
        wf_buffer_append_text(out, ": ");
        sim_append_visible(out, sides[i].history.workflow_type, 0);
        wf_buffer_append_char(out, ' ');
        sim_append_visible(out, sides[i].history.workflow_id, 0);
        wf_buffer_printf(out, ", %u events\n", sides[i].history.event_count);
    }
    for (uint32_t i = 0; i < diff->differences.count; i++) {
        append_difference(cli, &diff->differences.items[i]);
    }
    wf_buffer_printf(out, "%u %s alike", diff->alike_count, diff->alike_count == 1 ? "event" : "events");
    if (diff->differences.count > 0) {
        wf_buffer_printf(out, ", %u %s, %u only left, %u only right", diff->differing_count,
                         diff->differing_count == 1 ? "differs" : "differ", diff->left_count, diff->right_count);
    }
    wf_buffer_append_char(out, '\n');
}

/* ---- JSON ---- */

static void append_json_side(struct wf_json_writer *json, const char *name, const struct side *side)
{
    wf_json_key(json, name);
    wf_json_begin_object(json);
    wf_json_put_string(json, "file", wf_string_of(side->path));
    wf_json_put_string(json, "workflow_id", side->history.workflow_id);
    wf_json_put_string(json, "workflow_type", side->history.workflow_type);
    wf_json_put_u64(json, "events", side->history.event_count);
    wf_json_end_object(json);
}

static void append_json_value(struct wf_json_writer *json, const char *name, struct wf_string value)
{
    wf_json_key(json, name);
    if (value.data == NULL) {
        wf_json_null(json);
    } else {
        wf_json_string(json, value);
    }
}

static void append_json_difference(struct wf_json_writer *json, const struct wf_history_difference *difference)
{
    const struct wf_event *events[SIDES] = {difference->left, difference->right};

    wf_json_begin_object(json);
    for (size_t i = 0; i < SIDES; i++) {
        wf_json_key(json, event_id_names[i]);
        if (events[i] == NULL) {
            wf_json_null(json);
        } else {
            wf_json_i64(json, events[i]->event_id);
        }
    }
    wf_json_put_string(json, "type", wf_string_of(wf_event_type_name(events[LEFT] != NULL ? events[LEFT]->event_type
                                                                                          : events[RIGHT]->event_type)));
    wf_json_key(json, "fields");
    wf_json_begin_array(json);
    for (uint32_t i = 0; i < difference->fields.count; i++) {
        wf_json_begin_object(json);
        wf_json_put_string(json, "path", difference->fields.items[i].path);
        append_json_value(json, side_names[LEFT], difference->fields.items[i].left);
        append_json_value(json, side_names[RIGHT], difference->fields.items[i].right);
        wf_json_end_object(json);
    }
    wf_json_end_array(json);
    wf_json_put_u64(json, "further", difference->fields.dropped_count);
    wf_json_end_object(json);
}

static void append_json(struct cli *cli, const struct side *sides, const struct wf_history_diff *diff)
{
    struct wf_json_writer json;

    wf_json_writer_init(&json, &cli->out->text, 0);
    wf_json_begin_object(&json);
    wf_json_key(&json, "same");
    wf_json_bool(&json, diff->differences.count == 0);
    append_json_side(&json, side_names[LEFT], &sides[LEFT]);
    append_json_side(&json, side_names[RIGHT], &sides[RIGHT]);
    wf_json_put_u64(&json, "alike", diff->alike_count);
    wf_json_key(&json, "differences");
    wf_json_begin_array(&json);
    for (uint32_t i = 0; i < diff->differences.count; i++) {
        append_json_difference(&json, &diff->differences.items[i]);
        cli_output_flush_some(cli->out);
    }
    wf_json_end_array(&json);
    wf_json_end_object(&json);
    wf_buffer_append_char(&cli->out->text, '\n');
}

/* ---- The command ---- */

static enum cli_exit run(struct cli *cli, const struct cli_args *args)
{
    struct side sides[SIDES] = {{.path = NULL}, {.path = NULL}};
    struct wf_history_diff diff;
    enum cli_exit result = CLI_EXIT_OK;

    if (strcmp(args->operands[LEFT], "-") == 0 && strcmp(args->operands[RIGHT], "-") == 0) {
        cli_complain("standard input is one history; name a file for the other");
        return CLI_EXIT_USAGE;
    }
    for (size_t i = 0; i < SIDES; i++) {
        result = read_one(cli, args->operands[i], &sides[i]);
        if (!sides[i].is_read) {
            return result;
        }
    }
    if (!wf_diff_histories(cli->arena, &sides[LEFT].history, &sides[RIGHT].history, &diff)) {
        cli_complain("out of memory to compare the histories");
        return CLI_EXIT_ENVIRONMENT;
    }
    if (cli->out->format == CLI_FORMAT_TEXT) {
        append_text(cli, sides, &diff);
    } else {
        append_json(cli, sides, &diff);
    }
    return diff.differences.count == 0 ? CLI_EXIT_OK : CLI_EXIT_FINDING;
}

static const struct cli_option options[] = {
    CLI_OPTION_OUTPUT,
    {NULL, CLI_SWITCH, NULL, NULL},
};

const struct cli_command cli_command_diff = {
    .name = "diff",
    .operands = "A B",
    .operand_count_min = 2,
    .operand_count_max = 2,
    .summary = "compare two histories without their ids and times",
    .description = "Lays the events of two histories beside each other and prints those that differ, with the fields, and\n"
                   "those that one of them lacks. Left out is what differs between any two runs: ids, times, identities,\n"
                   "requests, the queue of workflow tasks; references between events must lead to the same event. A file\n"
                   "holds one history, in any format; `-` is standard input. Exits 0 when they are the same, 1 when not.",
    .options = options,
    .example = "wfsim diff before/order-3.json after/order-3.json",
    .run = run,
};
