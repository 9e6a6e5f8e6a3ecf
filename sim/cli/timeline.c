/* Events that begin a step open a span, events that end it close the span. Columns are integer fractions of the whole. */
#include "sim/cli/timeline.h"

#include "sim/cli/steps.h"
#include "sim/report/visible.h"

#define NAME_COLUMNS 30
#define BAR_COLUMNS_MIN 24
#define BAR_COLUMNS 48
#define TAIL_COLUMNS 34 /* duration and outcome, beside the bar */

struct span {
    uint32_t end_index; /* the event that closed it; 0: open */
    int32_t attempt;    /* of an activity: the last one started */
};

struct drawing {
    const struct wf_history *history;
    struct span *spans; /* by the index of the event that began them */
    size_t columns;
    int64_t total_ns;
};

static void find_spans(struct drawing *drawing)
{
    const struct wf_history *history = drawing->history;

    for (uint32_t i = 0; i < history->event_count; i++) {
        const struct wf_event *event = &history->events[i];
        const struct wf_event *begin = cli_step_begin(history, event);
        struct span *span = begin == NULL ? NULL : &drawing->spans[begin - history->events];

        if (span != NULL && cli_step_part(event) == CLI_STEP_END) {
            span->end_index = i;
        } else if (span != NULL && event->event_type == WF_EVENT_TYPE_ACTIVITY_TASK_STARTED) {
            span->attempt = event->attributes.activity_task_started->attempt;
        }
    }
}

/* The column of an event's time, 0..columns-1. */
static size_t column_of(const struct drawing *drawing, uint32_t index)
{
    const struct wf_event *events = drawing->history->events;
    const int64_t elapsed_ns = cli_elapsed_ns(events[0].event_time, events[index].event_time);
    const int64_t unit_ns = drawing->total_ns / (int64_t)drawing->columns + 1;

    if (elapsed_ns <= 0) {
        return 0;
    }
    return elapsed_ns / unit_ns < (int64_t)drawing->columns ? (size_t)(elapsed_ns / unit_ns) : drawing->columns - 1;
}

static void append_name(struct cli_output *out, const struct wf_event *event, const struct span *span,
                        struct wf_arena *arena)
{
    struct wf_buffer name;

    wf_buffer_init(&name, arena);
    cli_append_step_name(&name, event);
    if (span->attempt > 1) {
        wf_buffer_printf(&name, " (attempt %d)", (int)span->attempt);
    }
    sim_append_column(&out->text, wf_buffer_string(&name), NAME_COLUMNS);
}

static void append_bar(struct cli_output *out, const struct drawing *drawing, uint32_t begin, const struct span *span)
{
    const size_t first = column_of(drawing, begin);
    const size_t last = span->end_index == 0 ? drawing->columns - 1 : column_of(drawing, span->end_index);
    const size_t inside = last > first + 1 ? last - first - 1 : 0;

    cli_append_repeated(&out->text, " ", first);
    wf_buffer_append_text(&out->text, last > first ? "├" : span->end_index == 0 ? "┄" : "│");
    cli_append_repeated(&out->text, span->end_index == 0 ? "┄" : "─", inside);
    if (last > first) {
        wf_buffer_append_text(&out->text, span->end_index == 0 ? "┄" : "┤");
    }
    cli_append_repeated(&out->text, " ", drawing->columns - (last > first ? last : first) - 1);
}

static void append_span(struct cli *cli, const struct drawing *drawing, uint32_t begin)
{
    const struct wf_event *events = drawing->history->events;
    const struct span *span = &drawing->spans[begin];
    const struct wf_arena_mark mark = wf_arena_mark(cli->arena);
    struct wf_buffer *text = &cli->out->text;

    append_name(cli->out, &events[begin], span, cli->arena);
    wf_buffer_append_text(text, "  ");
    append_bar(cli->out, drawing, begin, span);
    wf_buffer_append_text(text, "  ");
    if (span->end_index == 0) {
        wf_buffer_printf(text, "%sopen%s\n", cli_style(cli->out, CLI_STYLE_YELLOW), cli_style(cli->out, CLI_STYLE_PLAIN));
    } else {
        enum cli_style style = CLI_STYLE_PLAIN;
        const char *outcome = cli_step_outcome(&events[span->end_index], &style);

        wf_buffer_printf(text, "%s%s%s after ", cli_style(cli->out, style), outcome,
                         cli_style(cli->out, CLI_STYLE_PLAIN));
        cli_append_elapsed(text, events[begin].event_time, events[span->end_index].event_time);
        wf_buffer_append_char(text, '\n');
    }
    wf_arena_rewind(cli->arena, mark);
    cli_output_flush_some(cli->out);
}

/* One line with a mark wherever an event of a type is; nothing when there is none. */
static void append_marks(struct cli *cli, const struct drawing *drawing, enum wf_event_type type, const char *name,
                         const char *mark)
{
    const struct wf_history *history = drawing->history;
    size_t next = 0;
    uint32_t count = 0;

    for (uint32_t i = 0; i < history->event_count; i++) {
        size_t column = 0;

        if (history->events[i].event_type != (int32_t)type) {
            continue;
        }
        if (count == 0) {
            sim_append_column(&cli->out->text, wf_string_of(name), NAME_COLUMNS + 2);
        }
        count++;
        column = column_of(drawing, i);
        /* Several in one column are one mark; events whose time goes back stay where the line is. */
        if (column >= next) {
            cli_append_repeated(&cli->out->text, " ", column - next);
            wf_buffer_append_text(&cli->out->text, mark);
            next = column + 1;
        }
    }
    if (count > 0) {
        cli_append_repeated(&cli->out->text, " ", drawing->columns - next);
        wf_buffer_printf(&cli->out->text, "  %u\n", count);
    }
}

/* What is drawn as marks on a line of its own. */
static const struct {
    enum wf_event_type type;
    const char *name;
    const char *mark;
} mark_lines[] = {
    {WF_EVENT_TYPE_WORKFLOW_TASK_COMPLETED, "workflow tasks", "▪"},
    {WF_EVENT_TYPE_WORKFLOW_TASK_FAILED, "workflow tasks failed", "✗"},
    {WF_EVENT_TYPE_WORKFLOW_TASK_TIMED_OUT, "workflow tasks timed out", "✗"},
    {WF_EVENT_TYPE_WORKFLOW_EXECUTION_SIGNALED, "signals", "•"},
    {WF_EVENT_TYPE_WORKFLOW_EXECUTION_CANCEL_REQUESTED, "cancel requested", "•"},
};

#define MARK_LINES (sizeof(mark_lines) / sizeof(mark_lines[0]))

void cli_append_timeline(struct cli *cli, const struct wf_history *history)
{
    const uint32_t width = cli->out->width;
    const size_t around = NAME_COLUMNS + 2 + TAIL_COLUMNS;
    struct drawing drawing = {.history = history, .columns = BAR_COLUMNS};

    if (history->event_count == 0) {
        return;
    }
    if (width > 0) {
        drawing.columns = width > around + BAR_COLUMNS_MIN ? width - around : BAR_COLUMNS_MIN;
    }
    for (uint32_t i = 0; i < history->event_count; i++) {
        const int64_t elapsed_ns = cli_elapsed_ns(history->events[0].event_time, history->events[i].event_time);

        drawing.total_ns = elapsed_ns > drawing.total_ns ? elapsed_ns : drawing.total_ns;
    }
    drawing.spans = wf_arena_take_array(cli->arena, history->event_count, sizeof(*drawing.spans));
    if (drawing.spans == NULL) {
        cli->out->text.is_full = true;
        return;
    }
    find_spans(&drawing);
    for (size_t i = 0; i < MARK_LINES; i++) {
        append_marks(cli, &drawing, mark_lines[i].type, mark_lines[i].name, mark_lines[i].mark);
    }
    for (uint32_t i = 0; i < history->event_count; i++) {
        if (cli_step_part(&history->events[i]) == CLI_STEP_BEGIN) {
            append_span(cli, &drawing, i);
        }
    }
}

/* ---- JSON ---- */

static void write_event(struct wf_json_writer *json, const char *event_key, const char *time_key,
                        const struct wf_history *history, uint32_t index)
{
    const struct wf_timestamp start = history->events[0].event_time;
    const struct wf_timestamp time = history->events[index].event_time;

    wf_json_key(json, event_key);
    wf_json_i64(json, history->events[index].event_id);
    if (start.is_set && time.is_set) {
        wf_json_key(json, time_key);
        wf_json_i64(json, cli_elapsed_ns(start, time));
    }
}

static void write_marks(struct wf_json_writer *json, const struct wf_history *history)
{
    wf_json_key(json, "marks");
    wf_json_begin_array(json);
    for (uint32_t i = 0; i < history->event_count; i++) {
        for (size_t j = 0; j < MARK_LINES; j++) {
            if (history->events[i].event_type == (int32_t)mark_lines[j].type) {
                wf_json_begin_object(json);
                wf_json_key(json, "type");
                wf_json_text(json, wf_event_type_name(history->events[i].event_type));
                write_event(json, "event_id", "at_ns", history, i);
                wf_json_end_object(json);
            }
        }
    }
    wf_json_end_array(json);
}

static void write_span(struct wf_json_writer *json, struct wf_arena *arena, const struct wf_history *history,
                       uint32_t begin, const struct span *span)
{
    const struct wf_arena_mark mark = wf_arena_mark(arena);
    struct wf_buffer name;
    enum cli_style style = CLI_STYLE_PLAIN;

    wf_buffer_init(&name, arena);
    cli_append_step_name(&name, &history->events[begin]);
    wf_json_begin_object(json);
    wf_json_key(json, "name");
    wf_json_string(json, wf_buffer_string(&name));
    write_event(json, "begin_event_id", "begin_ns", history, begin);
    if (span->attempt > 0) {
        wf_json_key(json, "attempt");
        wf_json_i64(json, span->attempt);
    }
    if (span->end_index > 0) {
        write_event(json, "end_event_id", "end_ns", history, span->end_index);
        wf_json_key(json, "outcome");
        wf_json_text(json, cli_step_outcome(&history->events[span->end_index], &style));
    }
    wf_json_end_object(json);
    wf_arena_rewind(arena, mark);
}

void cli_write_timeline(struct wf_json_writer *json, struct wf_arena *arena, const struct wf_history *history)
{
    struct drawing drawing = {.history = history};

    drawing.spans = wf_arena_take_array(arena, history->event_count, sizeof(*drawing.spans));
    if (drawing.spans == NULL) {
        json->out->is_full = true;
        return;
    }
    find_spans(&drawing);
    wf_json_begin_object(json);
    wf_json_key(json, "workflow_id");
    wf_json_string(json, history->workflow_id);
    wf_json_key(json, "run_id");
    wf_json_string(json, history->run_id);
    wf_json_key(json, "workflow_type");
    wf_json_string(json, history->workflow_type);
    write_marks(json, history);
    wf_json_key(json, "spans");
    wf_json_begin_array(json);
    for (uint32_t i = 0; i < history->event_count; i++) {
        if (cli_step_part(&history->events[i]) == CLI_STEP_BEGIN) {
            write_span(json, arena, history, i, &drawing.spans[i]);
        }
    }
    wf_json_end_array(json);
    wf_json_end_object(json);
}
