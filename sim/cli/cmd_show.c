/*
 * wfsim show: a history as a table of events, or as a timeline of the steps in it.
 *
 * A rule is drawn at every task boundary, which is where one worker may hand over to another. When another worker takes a
 * task, or the sticky queue that remembered the run was left, the code was run again from its first line: the rule says so.
 */
#include "engine/codec.h"
#include "engine/print.h"
#include "sim/cli/histories.h"
#include "sim/cli/steps.h"
#include "sim/cli/timeline.h"
#include "sim/report/visible.h"

#define TIME_COLUMNS 10
#define VALUE_BYTES_MAX 60
#define NAME_COLUMNS_MAX 40

/* What has been seen of workflow tasks so far. */
struct tasks {
    uint32_t count;
    bool was_sticky;
    struct wf_string identity; /* of the worker of the task before */
};

static size_t digits_of(int64_t number)
{
    size_t digits = 1;

    for (; number >= 10; number /= 10) {
        digits++;
    }
    return digits;
}

static enum cli_style style_of(int32_t event_type)
{
    switch (event_type) {
    case WF_EVENT_TYPE_WORKFLOW_TASK_SCHEDULED:
    case WF_EVENT_TYPE_WORKFLOW_TASK_STARTED:
    case WF_EVENT_TYPE_WORKFLOW_TASK_COMPLETED:
        return CLI_STYLE_DIM;
    case WF_EVENT_TYPE_WORKFLOW_EXECUTION_COMPLETED:
        return CLI_STYLE_GREEN;
    case WF_EVENT_TYPE_WORKFLOW_EXECUTION_FAILED:
    case WF_EVENT_TYPE_WORKFLOW_EXECUTION_TIMED_OUT:
    case WF_EVENT_TYPE_WORKFLOW_EXECUTION_TERMINATED:
    case WF_EVENT_TYPE_WORKFLOW_TASK_FAILED:
    case WF_EVENT_TYPE_WORKFLOW_TASK_TIMED_OUT:
    case WF_EVENT_TYPE_ACTIVITY_TASK_FAILED:
    case WF_EVENT_TYPE_ACTIVITY_TASK_TIMED_OUT:
    case WF_EVENT_TYPE_CHILD_WORKFLOW_EXECUTION_FAILED:
    case WF_EVENT_TYPE_CHILD_WORKFLOW_EXECUTION_TIMED_OUT:
    case WF_EVENT_TYPE_CHILD_WORKFLOW_EXECUTION_TERMINATED:
        return CLI_STYLE_RED;
    default:
        return CLI_STYLE_PLAIN;
    }
}

/* The attempt at a task that ended: completed, failed or timed out; NULL while it runs. */
static const struct wf_event *started_of(const struct wf_history *history, uint32_t scheduled_index)
{
    for (uint32_t i = scheduled_index + 1; i < history->event_count; i++) {
        const struct wf_event *event = &history->events[i];

        if (event->event_type == WF_EVENT_TYPE_WORKFLOW_TASK_SCHEDULED) {
            return NULL;
        }
        if (event->attributes_case == WF_CASE_event_workflow_task_started) {
            return event;
        }
    }
    return NULL;
}

static void append_boundary(struct cli_output *out, const struct wf_history *history, uint32_t index,
                            struct tasks *tasks)
{
    const struct wf_event *scheduled = &history->events[index];
    const struct wf_event *started = started_of(history, index);
    struct wf_string identity = {NULL, 0};
    bool is_sticky = false;
    bool is_replayed = false;

    if (scheduled->attributes_case == WF_CASE_event_workflow_task_scheduled &&
        scheduled->attributes.workflow_task_scheduled->task_queue != NULL) {
        is_sticky = scheduled->attributes.workflow_task_scheduled->task_queue->kind == WF_TASK_QUEUE_KIND_STICKY;
    }
    if (started != NULL) {
        identity = started->attributes.workflow_task_started->identity;
        is_replayed = tasks->identity.size_bytes > 0 &&
                      (!wf_string_equal(identity, tasks->identity) || (tasks->was_sticky && !is_sticky));
    }
    tasks->count++;
    wf_buffer_printf(&out->text, "%s── workflow task %u", cli_style(out, CLI_STYLE_CYAN), tasks->count);
    if (identity.size_bytes > 0) {
        wf_buffer_append_text(&out->text, ", ");
        sim_append_visible(&out->text, identity, NAME_COLUMNS_MAX);
    }
    if (is_replayed) {
        wf_buffer_append_text(&out->text, ": not in its cache, the code runs again from its first line");
    }
    wf_buffer_printf(&out->text, " ──%s\n", cli_style(out, CLI_STYLE_PLAIN));
    if (started != NULL) {
        tasks->identity = identity;
        tasks->was_sticky = is_sticky;
    }
}

/* Time since the oldest event, to the right of its column. */
static void append_time(struct cli_output *out, const struct wf_history *history, const struct wf_event *event,
                        struct wf_arena *arena)
{
    const struct wf_timestamp start = cli_oldest_event(history)->event_time;
    struct wf_buffer time;

    wf_buffer_init(&time, arena);
    if (event->event_time.is_set && start.is_set) {
        wf_buffer_append_text(&time, wf_timestamp_compare(event->event_time, start) > 0 ? "+" : "");
        cli_append_elapsed(&time, start, event->event_time);
    } else {
        wf_buffer_append_text(&time, "?");
    }
    cli_append_repeated(&out->text, " ", time.size_bytes < TIME_COLUMNS ? TIME_COLUMNS - time.size_bytes : 0);
    wf_buffer_append_string(&out->text, wf_buffer_string(&time));
}

/* What the event is about: the step it goes on with or ends, by name, and its details. */
static struct wf_string words_for(struct wf_arena *arena, const struct wf_history *history,
                                  const struct wf_event *event)
{
    const struct wf_print_options options = {.value_limit_bytes = VALUE_BYTES_MAX};
    const struct wf_event *begin = cli_step_begin(history, event);
    struct wf_buffer text;

    wf_buffer_init(&text, arena);
    if (begin != NULL && begin->event_type == WF_EVENT_TYPE_ACTIVITY_TASK_SCHEDULED) {
        cli_append_step_name(&text, begin);
    }
    wf_print_event_details(&text, event, &options);
    if (text.size_bytes > 0 && text.data[0] == ' ') {
        return (struct wf_string){text.data + 1, text.size_bytes - 1};
    }
    return wf_buffer_string(&text);
}

static void append_event(struct cli *cli, const struct wf_history *history, const struct wf_event *event,
                         size_t id_columns, size_t name_columns)
{
    struct cli_output *out = cli->out;
    const struct wf_arena_mark mark = wf_arena_mark(cli->arena);
    const struct wf_string name = wf_string_of(wf_event_type_name(event->event_type));
    const size_t used = digits_of(event->event_id);
    struct wf_string words;

    cli_append_repeated(&out->text, " ", used < id_columns ? id_columns - used : 0);
    wf_buffer_printf(&out->text, "%lld  ", (long long)event->event_id);
    append_time(out, history, event, cli->arena);
    words = words_for(cli->arena, history, event);
    wf_buffer_printf(&out->text, "  %s", cli_style(out, style_of(event->event_type)));
    if (words.size_bytes > 0) {
        const size_t before = id_columns + 2 + TIME_COLUMNS + 2 + name_columns + 2;

        sim_append_column(&out->text, name, name_columns);
        wf_buffer_printf(&out->text, "%s  ", cli_style(out, CLI_STYLE_PLAIN));
        sim_append_visible(&out->text, words, out->width > before + 20 ? out->width - before : 0);
    } else {
        wf_buffer_printf(&out->text, "%S%s", &name, cli_style(out, CLI_STYLE_PLAIN));
    }
    wf_buffer_append_char(&out->text, '\n');
    wf_arena_rewind(cli->arena, mark);
}

static void append_table(struct cli *cli, const struct wf_history *history)
{
    struct tasks tasks = {0};
    size_t id_columns = 2;
    size_t name_columns = 0;

    for (uint32_t i = 0; i < history->event_count; i++) {
        const size_t digits = digits_of(history->events[i].event_id);
        const size_t size = strlen(wf_event_type_name(history->events[i].event_type));

        id_columns = digits > id_columns ? digits : id_columns;
        name_columns = size > name_columns ? size : name_columns;
    }
    for (uint32_t i = 0; i < history->event_count; i++) {
        const struct wf_event *event = &history->events[i];

        if (event->event_type == WF_EVENT_TYPE_WORKFLOW_TASK_SCHEDULED) {
            append_boundary(cli->out, history, i, &tasks);
        }
        append_event(cli, history, event, id_columns, name_columns);
        cli_output_flush_some(cli->out);
    }
}

static const char *ending_of(const struct wf_history *history)
{
    for (uint32_t i = history->event_count; i > 0; i--) {
        if (wf_event_is_close(history->events[i - 1].event_type)) {
            return wf_event_type_name(history->events[i - 1].event_type) + strlen("WorkflowExecution");
        }
    }
    return "open";
}

static void append_heading(struct cli_output *out, const struct wf_history *history)
{
    struct wf_buffer *text = &out->text;
    const struct wf_event *first = history->event_count == 0 ? NULL : cli_oldest_event(history);
    const struct wf_event *last = history->event_count == 0 ? NULL : cli_newest_event(history);

    wf_buffer_append_text(text, cli_style(out, CLI_STYLE_BOLD));
    sim_append_visible(text, history->workflow_id.size_bytes > 0 ? history->workflow_id : WF_STR("(no workflow id)"), 0);
    wf_buffer_printf(text, "%s  ", cli_style(out, CLI_STYLE_PLAIN));
    sim_append_visible(text, history->workflow_type.size_bytes > 0 ? history->workflow_type : WF_STR("(no type)"), 0);
    wf_buffer_printf(text, "  %u events  %s\n", history->event_count, ending_of(history));
    if (history->run_id.size_bytes > 0) {
        wf_buffer_append_text(text, "run ");
        sim_append_visible(text, history->run_id, 0);
        wf_buffer_append_char(text, '\n');
    }
    if (first != NULL && first->event_time.is_set) {
        wf_buffer_append_text(text, "started ");
        wf_print_timestamp(text, first->event_time);
        wf_buffer_append_text(text, ", lasted ");
        cli_append_elapsed(text, first->event_time, last->event_time);
        wf_buffer_append_char(text, '\n');
    }
    if (history->scenario.size_bytes > 0) {
        wf_buffer_append_text(text, "recorded from ");
        sim_append_visible(text, history->scenario, 0);
        wf_buffer_printf(text, " --seed %llu\n", (unsigned long long)history->seed);
    }
    wf_buffer_append_char(text, '\n');
}

/* How histories are written one after the other. */
struct writing {
    struct cli *cli;
    bool wants_timeline;
    bool is_list; /* JSON: the file may hold several histories, so the document is a list of them */
    size_t count;
};

static void append_timeline(struct cli *cli, const struct wf_history *history)
{
    const struct wf_arena_mark mark = wf_arena_mark(cli->arena);
    struct wf_json_writer json;

    wf_json_writer_init(&json, &cli->out->text, 0);
    cli_write_timeline(&json, cli->arena, history);
    wf_buffer_append_char(&cli->out->text, '\n');
    wf_arena_rewind(cli->arena, mark);
}

static void append_json(const struct writing *writing, const struct wf_history *history)
{
    struct wf_buffer *text = &writing->cli->out->text;

    if (writing->is_list) {
        wf_buffer_append_text(text, writing->count == 0 ? "[\n" : ",\n");
    }
    if (writing->wants_timeline) {
        append_timeline(writing->cli, history);
    } else {
        wf_history_write_json(history, text);
    }
}

static void append_lines(const struct writing *writing, const struct wf_history *history)
{
    struct cli_output *out = writing->cli->out;

    if (writing->wants_timeline) {
        append_timeline(writing->cli, history);
        return;
    }
    for (uint32_t i = 0; i < history->event_count; i++) {
        wf_json_encode(&wf_type_event, &history->events[i], &out->text);
        wf_buffer_append_char(&out->text, '\n');
        cli_output_flush_some(out);
    }
}

static void append_text(const struct writing *writing, const struct wf_history *history)
{
    struct cli_output *out = writing->cli->out;

    if (writing->count > 0) {
        wf_buffer_append_char(&out->text, '\n');
    }
    append_heading(out, history);
    if (writing->wants_timeline) {
        cli_append_timeline(writing->cli, history);
    } else {
        append_table(writing->cli, history);
    }
}

static void append_history(const struct writing *writing, struct wf_history *history)
{
    if (writing->wants_timeline) {
        (void)wf_history_normalise(history, NULL); /* time goes one way; what is only a part of a history is drawn as it is */
    }
    switch (writing->cli->out->format) {
    case CLI_FORMAT_JSON:
        append_json(writing, history);
        break;
    case CLI_FORMAT_JSONL:
        append_lines(writing, history);
        break;
    case CLI_FORMAT_TEXT:
        append_text(writing, history);
        break;
    }
    cli_output_flush_some(writing->cli->out);
}

/* By what was named, not by how many there happen to be: whoever reads the output knows its shape before. */
static bool may_hold_several(const struct cli_histories *histories, const char *operand)
{
    return histories->reader.format == WF_FORMAT_ARCHIVE || histories->reader.format == WF_FORMAT_CLOUD_EXPORT ||
           (histories->path != NULL && strcmp(histories->path, operand) != 0);
}

/* All that can be read: what cannot is said, and takes no other file with it. */
static enum cli_exit append_all(struct writing *writing, struct cli_histories *histories, const char *operand)
{
    enum cli_exit worst = CLI_EXIT_OK;
    struct wf_history *history = NULL;

    while (cli_histories_next_readable(histories, &history, &worst)) {
        writing->is_list = writing->is_list || may_hold_several(histories, operand);
        append_history(writing, history);
        writing->count++;
    }
    writing->is_list = writing->is_list || may_hold_several(histories, operand); /* none could be read */
    return worst;
}

static enum cli_exit run(struct cli *cli, const struct cli_args *args)
{
    struct writing writing = {.cli = cli, .wants_timeline = cli_args_has(args, "--timeline")};
    struct cli_histories histories;
    enum cli_exit result = cli_histories_open(&histories, cli->arena, args->operands, 1);

    if (result == CLI_EXIT_OK) {
        result = append_all(&writing, &histories, args->operands[0]);
    }
    if (cli->out->format == CLI_FORMAT_JSON && writing.is_list) {
        wf_buffer_append_text(&cli->out->text, writing.count == 0 ? "[]\n" : "]\n");
    }
    cli_histories_close(&histories);
    return result;
}

static const struct cli_option options[] = {
    {"--timeline", CLI_SWITCH, NULL, "activities, timers, children and signals as spans of time"},
    CLI_OPTION_OUTPUT,
    {NULL, CLI_SWITCH, NULL, NULL},
};

const struct cli_command cli_command_show = {
    .name = "show",
    .operands = "HISTORY",
    .operand_count_min = 1,
    .operand_count_max = 1,
    .summary = "print a history: its events, or a timeline",
    .description = "Prints the events of a history in any format, with times since its start and a rule at each\n"
                   "boundary between workflow tasks. Fragments and newest-first files are printed as they are.\n"
                   "`-o json` prints canonical JSON, of an archive, an export or a folder a list of it, `-o jsonl` one\n"
                   "event a line; with --timeline a history is one object, or one line, of marks and spans. `-` is\n"
                   "standard input.",
    .options = options,
    .example = "wfsim show order-3.json --timeline",
    .run = run,
};
