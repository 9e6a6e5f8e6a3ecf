/*
 * What the replayers of other families say of a divergence, as replay-rules 2.3 and 2.4 quote them. Core's own words are made
 * where the divergence is (divergence.c).
 */
#include "engine/worker/worker_run.h"

/* The kind of state machine that Go looks for when it applies an event; NULL: it looks for none. */
static const char *go_lookup(int32_t event_type)
{
    switch (event_type) {
    case WF_EVENT_TYPE_ACTIVITY_TASK_SCHEDULED:
    case WF_EVENT_TYPE_ACTIVITY_TASK_CANCEL_REQUESTED:
        return "Activity";
    case WF_EVENT_TYPE_TIMER_STARTED:
    case WF_EVENT_TYPE_TIMER_CANCELED:
        return "Timer";
    case WF_EVENT_TYPE_START_CHILD_WORKFLOW_EXECUTION_INITIATED:
        return "ChildWorkflow";
    case WF_EVENT_TYPE_SIGNAL_EXTERNAL_WORKFLOW_EXECUTION_INITIATED:
        return "SignalExternalWorkflow";
    case WF_EVENT_TYPE_REQUEST_CANCEL_EXTERNAL_WORKFLOW_EXECUTION_INITIATED:
        return "RequestCancelExternalWorkflow";
    default:
        return NULL;
    }
}

static void say_event(struct wf_buffer *text, const struct wf_divergence *divergence)
{
    if (divergence->event != NULL) {
        wf_name_event(text, divergence->event);
    }
}

static void say_command(struct wf_buffer *text, const struct wf_divergence *divergence)
{
    if (divergence->command != NULL) {
        wf_name_command(text, divergence->command);
    }
}

static void say_missing(struct wf_buffer *text, const struct wf_divergence *divergence)
{
    const char *lookup = go_lookup(divergence->event->event_type);

    if (lookup == NULL) {
        wf_buffer_append_text(text, "nondeterministic workflow: missing replay command for ");
        say_event(text, divergence);
        return;
    }
    wf_buffer_printf(text,
                     "During replay, a matching %s command was expected in history event position %lld. However, the "
                     "replayed code did not produce that.",
                     lookup, (long long)divergence->event->event_id);
}

struct wf_string wf_official_go(struct wf_run *run, const struct wf_divergence *divergence)
{
    struct wf_buffer text;

    wf_buffer_init(&text, run->step_arena);
    wf_buffer_append_text(&text, "[TMPRL1100] ");
    if (divergence->kind == WF_DIVERGENCE_COMMAND_MISSING) {
        say_missing(&text, divergence);
    } else if (divergence->kind == WF_DIVERGENCE_COMMAND_EXTRA) {
        wf_buffer_append_text(&text, "nondeterministic workflow: extra replay command for ");
        say_command(&text, divergence);
    } else if (divergence->kind == WF_DIVERGENCE_OWNER_MISSING) {
        wf_buffer_printf(&text, "During replay, lookup failed for the command of history event %lld.",
                         (long long)divergence->event->event_id);
    } else if (divergence->kind == WF_DIVERGENCE_CLOSE_KIND) {
        return WF_STR("replay workflow doesn't return the same result as the last event");
    } else if (divergence->event != NULL && divergence->command != NULL) {
        wf_buffer_append_text(&text, "nondeterministic workflow: history event is ");
        say_event(&text, divergence);
        wf_buffer_append_text(&text, ", replay command is ");
        say_command(&text, divergence);
    } else {
        return divergence->official;
    }
    run->is_full = run->is_full || text.is_full;
    return wf_buffer_string(&text);
}

struct wf_string wf_official_java(struct wf_run *run, const struct wf_divergence *divergence)
{
    struct wf_buffer text;

    if (divergence->event == NULL || divergence->kind == WF_DIVERGENCE_LOCAL_MISSING ||
        divergence->kind == WF_DIVERGENCE_EVENT) {
        return divergence->official;
    }
    wf_buffer_init(&text, run->step_arena);
    wf_buffer_append_text(&text, "[TMPRL1100] ");
    if (divergence->command == NULL) {
        wf_buffer_append_text(&text, "No command scheduled that corresponds to ");
        say_event(&text, divergence);
    } else if (divergence->what != NULL) {
        wf_buffer_append_text(&text, "Command ");
        say_command(&text, divergence);
        wf_buffer_append_text(&text, " doesn't match event ");
        say_event(&text, divergence);
        wf_buffer_printf(&text, " with EventId=%lld on check %s with an expected value '%S' and an actual value '%S'",
                         (long long)divergence->event->event_id, divergence->what, &divergence->code_name,
                         &divergence->history_name);
    } else {
        wf_buffer_printf(&text, "Event %lld of type %s does not match command type %s",
                         (long long)divergence->event->event_id, wf_event_type_name(divergence->event->event_type),
                         wf_command_type_name(divergence->command->command_type));
    }
    run->is_full = run->is_full || text.is_full;
    return wf_buffer_string(&text);
}
