/*
 * One table says what each event type is to a step, and which field of its attributes names the event that began it.
 */
#include "sim/cli/steps.h"

#include "engine/base/assert.h"
#include "sim/report/visible.h"

#define NAME_COLUMNS_MAX 60

static const struct {
    enum cli_step_part part;
    const char *reference; /* JSON name of the field with the id of the event that began the step */
    const char *outcome;
    enum cli_style style;
} rows[WF_EVENT_TYPE_COUNT] = {
    [WF_EVENT_TYPE_ACTIVITY_TASK_SCHEDULED] = {CLI_STEP_BEGIN, NULL, NULL, CLI_STYLE_PLAIN},
    [WF_EVENT_TYPE_ACTIVITY_TASK_STARTED] = {CLI_STEP_PROGRESS, "scheduledEventId", NULL, CLI_STYLE_PLAIN},
    [WF_EVENT_TYPE_ACTIVITY_TASK_CANCEL_REQUESTED] = {CLI_STEP_PROGRESS, "scheduledEventId", NULL, CLI_STYLE_PLAIN},
    [WF_EVENT_TYPE_ACTIVITY_TASK_COMPLETED] = {CLI_STEP_END, "scheduledEventId", "completed", CLI_STYLE_PLAIN},
    [WF_EVENT_TYPE_ACTIVITY_TASK_FAILED] = {CLI_STEP_END, "scheduledEventId", "failed", CLI_STYLE_RED},
    [WF_EVENT_TYPE_ACTIVITY_TASK_TIMED_OUT] = {CLI_STEP_END, "scheduledEventId", "timed out", CLI_STYLE_RED},
    [WF_EVENT_TYPE_ACTIVITY_TASK_CANCELED] = {CLI_STEP_END, "scheduledEventId", "canceled", CLI_STYLE_YELLOW},
    [WF_EVENT_TYPE_TIMER_STARTED] = {CLI_STEP_BEGIN, NULL, NULL, CLI_STYLE_PLAIN},
    [WF_EVENT_TYPE_TIMER_FIRED] = {CLI_STEP_END, "startedEventId", "fired", CLI_STYLE_PLAIN},
    [WF_EVENT_TYPE_TIMER_CANCELED] = {CLI_STEP_END, "startedEventId", "canceled", CLI_STYLE_YELLOW},
    [WF_EVENT_TYPE_START_CHILD_WORKFLOW_EXECUTION_INITIATED] = {CLI_STEP_BEGIN, NULL, NULL, CLI_STYLE_PLAIN},
    [WF_EVENT_TYPE_START_CHILD_WORKFLOW_EXECUTION_FAILED] = {CLI_STEP_END, "initiatedEventId", "not started",
                                                             CLI_STYLE_RED},
    [WF_EVENT_TYPE_CHILD_WORKFLOW_EXECUTION_STARTED] = {CLI_STEP_PROGRESS, "initiatedEventId", NULL, CLI_STYLE_PLAIN},
    [WF_EVENT_TYPE_CHILD_WORKFLOW_EXECUTION_COMPLETED] = {CLI_STEP_END, "initiatedEventId", "completed",
                                                          CLI_STYLE_PLAIN},
    [WF_EVENT_TYPE_CHILD_WORKFLOW_EXECUTION_FAILED] = {CLI_STEP_END, "initiatedEventId", "failed", CLI_STYLE_RED},
    [WF_EVENT_TYPE_CHILD_WORKFLOW_EXECUTION_CANCELED] = {CLI_STEP_END, "initiatedEventId", "canceled",
                                                         CLI_STYLE_YELLOW},
    [WF_EVENT_TYPE_CHILD_WORKFLOW_EXECUTION_TIMED_OUT] = {CLI_STEP_END, "initiatedEventId", "timed out",
                                                          CLI_STYLE_RED},
    [WF_EVENT_TYPE_CHILD_WORKFLOW_EXECUTION_TERMINATED] = {CLI_STEP_END, "initiatedEventId", "terminated",
                                                           CLI_STYLE_RED},
    [WF_EVENT_TYPE_SIGNAL_EXTERNAL_WORKFLOW_EXECUTION_INITIATED] = {CLI_STEP_BEGIN, NULL, NULL, CLI_STYLE_PLAIN},
    [WF_EVENT_TYPE_EXTERNAL_WORKFLOW_EXECUTION_SIGNALED] = {CLI_STEP_END, "initiatedEventId", "sent", CLI_STYLE_PLAIN},
    [WF_EVENT_TYPE_SIGNAL_EXTERNAL_WORKFLOW_EXECUTION_FAILED] = {CLI_STEP_END, "initiatedEventId", "failed",
                                                                 CLI_STYLE_RED},
    [WF_EVENT_TYPE_REQUEST_CANCEL_EXTERNAL_WORKFLOW_EXECUTION_INITIATED] = {CLI_STEP_BEGIN, NULL, NULL,
                                                                            CLI_STYLE_PLAIN},
    [WF_EVENT_TYPE_EXTERNAL_WORKFLOW_EXECUTION_CANCEL_REQUESTED] = {CLI_STEP_END, "initiatedEventId", "sent",
                                                                    CLI_STYLE_PLAIN},
    [WF_EVENT_TYPE_REQUEST_CANCEL_EXTERNAL_WORKFLOW_EXECUTION_FAILED] = {CLI_STEP_END, "initiatedEventId", "failed",
                                                                         CLI_STYLE_RED},
    [WF_EVENT_TYPE_WORKFLOW_EXECUTION_UPDATE_ACCEPTED] = {CLI_STEP_BEGIN, NULL, NULL, CLI_STYLE_PLAIN},
    [WF_EVENT_TYPE_WORKFLOW_EXECUTION_UPDATE_COMPLETED] = {CLI_STEP_END, "acceptedEventId", "completed",
                                                           CLI_STYLE_PLAIN},
    [WF_EVENT_TYPE_NEXUS_OPERATION_SCHEDULED] = {CLI_STEP_BEGIN, NULL, NULL, CLI_STYLE_PLAIN},
    [WF_EVENT_TYPE_NEXUS_OPERATION_STARTED] = {CLI_STEP_PROGRESS, "scheduledEventId", NULL, CLI_STYLE_PLAIN},
    [WF_EVENT_TYPE_NEXUS_OPERATION_CANCEL_REQUESTED] = {CLI_STEP_PROGRESS, "scheduledEventId", NULL, CLI_STYLE_PLAIN},
    [WF_EVENT_TYPE_NEXUS_OPERATION_COMPLETED] = {CLI_STEP_END, "scheduledEventId", "completed", CLI_STYLE_PLAIN},
    [WF_EVENT_TYPE_NEXUS_OPERATION_FAILED] = {CLI_STEP_END, "scheduledEventId", "failed", CLI_STYLE_RED},
    [WF_EVENT_TYPE_NEXUS_OPERATION_CANCELED] = {CLI_STEP_END, "scheduledEventId", "canceled", CLI_STYLE_YELLOW},
    [WF_EVENT_TYPE_NEXUS_OPERATION_TIMED_OUT] = {CLI_STEP_END, "scheduledEventId", "timed out", CLI_STYLE_RED},
};

enum cli_step_part cli_step_part(const struct wf_event *event)
{
    return wf_event_has_attributes(event) ? rows[event->event_type].part : CLI_STEP_NONE;
}

/* NULL when the history has none; constant time in a history without gaps. */
static const struct wf_event *event_by_id(const struct wf_history *history, int64_t event_id)
{
    if (event_id <= 0) {
        return NULL;
    }
    if ((uint64_t)event_id <= history->event_count && history->events[event_id - 1].event_id == event_id) {
        return &history->events[event_id - 1];
    }
    for (uint32_t i = 0; i < history->event_count; i++) {
        if (history->events[i].event_id == event_id) {
            return &history->events[i];
        }
    }
    return NULL;
}

const struct wf_event *cli_step_begin(const struct wf_history *history, const struct wf_event *event)
{
    const struct wf_field *field = NULL;
    const struct wf_event *begin = NULL;

    if (!wf_event_has_attributes(event) || rows[event->event_type].reference == NULL) {
        return NULL;
    }
    field = wf_message_field_by_name(wf_event_descriptors[event->event_type].attributes,
                                     wf_string_of(rows[event->event_type].reference), 0);
    WF_ASSERT(field != NULL && field->kind == WF_KIND_INT64);
    begin = event_by_id(history, *(const int64_t *)wf_field_in(field, event->attributes.any));
    return begin != NULL && cli_step_part(begin) == CLI_STEP_BEGIN ? begin : NULL;
}

const char *cli_step_outcome(const struct wf_event *event, enum cli_style *style)
{
    WF_ASSERT(cli_step_part(event) == CLI_STEP_END);
    *style = rows[event->event_type].style;
    return rows[event->event_type].outcome;
}

bool cli_find_pending(struct wf_arena *arena, const struct wf_history *history, struct cli_pending *pending)
{
    bool *has_ended = wf_arena_take_array(arena, history->event_count, sizeof(*has_ended));

    pending->count = 0;
    pending->items = wf_arena_take_array(arena, history->event_count, sizeof(const struct wf_event *));
    if (has_ended == NULL || pending->items == NULL) {
        return false;
    }
    for (uint32_t i = 0; i < history->event_count; i++) {
        const struct wf_event *event = &history->events[i];
        const struct wf_event *begin =
            cli_step_part(event) == CLI_STEP_END ? cli_step_begin(history, event) : NULL;

        if (begin != NULL) {
            has_ended[begin - history->events] = true;
        }
    }
    for (uint32_t i = 0; i < history->event_count; i++) {
        if (!has_ended[i] && cli_step_part(&history->events[i]) == CLI_STEP_BEGIN) {
            pending->items[pending->count] = &history->events[i];
            pending->count++;
        }
    }
    return true;
}

static void append_child_name(struct wf_buffer *text,
                              const struct wf_event_start_child_workflow_execution_initiated *child)
{
    if (child->workflow_type != NULL) {
        sim_append_visible(text, child->workflow_type->name, NAME_COLUMNS_MAX);
        wf_buffer_append_char(text, ' ');
    }
    sim_append_visible(text, child->workflow_id, NAME_COLUMNS_MAX);
}

static struct wf_string name_of(const struct wf_event *event)
{
    const struct wf_workflow_execution *execution = NULL;
    const struct wf_update_request *request = NULL;

    switch (event->attributes_case) {
    case WF_CASE_event_activity_task_scheduled:
        return event->attributes.activity_task_scheduled->activity_type == NULL
                   ? WF_STR("an activity without a type")
                   : event->attributes.activity_task_scheduled->activity_type->name;
    case WF_CASE_event_signal_external_workflow_execution_initiated:
        return event->attributes.signal_external_workflow_execution_initiated->signal_name;
    case WF_CASE_event_request_cancel_external_workflow_execution_initiated:
        execution = event->attributes.request_cancel_external_workflow_execution_initiated->workflow_execution;
        return execution == NULL ? WF_STR("a cancel request") : execution->workflow_id;
    case WF_CASE_event_workflow_execution_update_accepted:
        request = event->attributes.workflow_execution_update_accepted->accepted_request;
        return request == NULL || request->input == NULL ? WF_STR("an update") : request->input->name;
    case WF_CASE_event_nexus_operation_scheduled:
        return event->attributes.nexus_operation_scheduled->operation;
    default:
        return (struct wf_string){NULL, 0};
    }
}

void cli_append_step_name(struct wf_buffer *text, const struct wf_event *event)
{
    if (cli_step_part(event) != CLI_STEP_BEGIN) {
        return;
    }
    if (event->event_type == WF_EVENT_TYPE_TIMER_STARTED) {
        wf_buffer_append_text(text, "timer ");
        sim_append_visible(text, event->attributes.timer_started->timer_id, NAME_COLUMNS_MAX);
    } else if (event->event_type == WF_EVENT_TYPE_START_CHILD_WORKFLOW_EXECUTION_INITIATED) {
        append_child_name(text, event->attributes.start_child_workflow_execution_initiated);
    } else {
        sim_append_visible(text, name_of(event), NAME_COLUMNS_MAX);
    }
}

/* ---- Times ---- */

/* Whole seconds, rounded down; saturating. */
static int64_t elapsed_seconds(struct wf_timestamp from, struct wf_timestamp to)
{
    const int64_t borrowed = to.nanos < from.nanos ? 1 : 0;
    int64_t seconds = 0;

    if (from.seconds > INT64_MIN && wf_add_i64(to.seconds, -from.seconds, &seconds) &&
        wf_add_i64(seconds, -borrowed, &seconds)) {
        return seconds;
    }
    return to.seconds < from.seconds ? INT64_MIN : INT64_MAX;
}

/* Seconds are subtracted, not nanoseconds: the times themselves may be in the year 1, which 64-bit nanoseconds do not reach. */
int64_t cli_elapsed_ns(struct wf_timestamp from, struct wf_timestamp to)
{
    const int64_t seconds = elapsed_seconds(from, to);
    const int64_t nanos = (int64_t)to.nanos - from.nanos + (to.nanos < from.nanos ? WF_NS_PER_S : 0);
    int64_t elapsed_ns = 0;

    /* Below zero the nanoseconds lead back towards it, so one second less is multiplied. */
    if (seconds < 0 && wf_multiply_i64(seconds + 1, WF_NS_PER_S, &elapsed_ns) &&
        wf_add_i64(elapsed_ns, nanos - WF_NS_PER_S, &elapsed_ns)) {
        return elapsed_ns;
    }
    if (seconds >= 0 && wf_multiply_i64(seconds, WF_NS_PER_S, &elapsed_ns) && wf_add_i64(elapsed_ns, nanos, &elapsed_ns)) {
        return elapsed_ns;
    }
    return seconds < 0 ? INT64_MIN : INT64_MAX;
}

/* Two neighbouring units: "2m 05s", "7d 01h". */
static void append_units(struct wf_buffer *text, int64_t seconds)
{
    if (seconds >= 86400) {
        wf_buffer_printf(text, "%lldd %02lldh", (long long)(seconds / 86400), (long long)(seconds / 3600 % 24));
    } else if (seconds >= 3600) {
        wf_buffer_printf(text, "%lldh %02lldm", (long long)(seconds / 3600), (long long)(seconds / 60 % 60));
    } else {
        wf_buffer_printf(text, "%lldm %02llds", (long long)(seconds / 60), (long long)(seconds % 60));
    }
}

void cli_append_elapsed(struct wf_buffer *text, struct wf_timestamp from, struct wf_timestamp to)
{
    const int64_t elapsed_ns = cli_elapsed_ns(from, to);

    if (elapsed_ns == INT64_MAX) {
        append_units(text, elapsed_seconds(from, to));
    } else if (elapsed_ns == INT64_MIN) {
        wf_buffer_append_char(text, '-');
        append_units(text, elapsed_seconds(to, from));
    } else {
        cli_append_duration(text, elapsed_ns);
    }
}

const struct wf_event *cli_oldest_event(const struct wf_history *history)
{
    const struct wf_event *first = &history->events[0];
    const struct wf_event *last = &history->events[history->event_count - 1];

    return last->event_id < first->event_id ? last : first;
}

const struct wf_event *cli_newest_event(const struct wf_history *history)
{
    const struct wf_event *first = &history->events[0];
    const struct wf_event *last = &history->events[history->event_count - 1];

    return last->event_id < first->event_id ? first : last;
}

void cli_append_duration(struct wf_buffer *text, int64_t duration_ns)
{
    const int64_t ms = duration_ns / WF_NS_PER_MS;

    if (duration_ns < 0) {
        wf_buffer_append_char(text, '-');
        cli_append_duration(text, duration_ns == INT64_MIN ? INT64_MAX : -duration_ns);
    } else if (ms >= 60000) {
        append_units(text, ms / 1000);
    } else if (ms % 1000 == 0 && ms > 0) {
        wf_buffer_printf(text, "%llds", (long long)(ms / 1000));
    } else if (ms >= 1000) {
        wf_buffer_printf(text, "%lld.%03llds", (long long)(ms / 1000), (long long)(ms % 1000));
    } else if (ms > 0) {
        wf_buffer_printf(text, "%lldms", (long long)ms);
    } else if (duration_ns > 0) {
        wf_buffer_append_text(text, "<1ms");
    } else {
        wf_buffer_append_char(text, '0');
    }
}
