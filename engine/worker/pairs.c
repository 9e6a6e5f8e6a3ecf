/*
 * One command event beside one command, as Go compares them after it has replayed a whole history: kinds first, then the
 * names that replay-rules 2.3 lists. Types are compared by what follows their last dot.
 */
#include "engine/worker/pairs.h"

static struct wf_string last_part(struct wf_string name)
{
    size_t begin = name.size_bytes;

    while (begin > 0 && name.data[begin - 1] != '.') {
        begin--;
    }
    return (struct wf_string){name.data + begin, name.size_bytes - begin};
}

static bool check(struct wf_names *names, enum wf_divergence_kind kind, const char *what, struct wf_string history,
                  struct wf_string code)
{
    *names = (struct wf_names){kind, what, history, code};
    return wf_string_equal(history, code);
}

static bool same_activity(const struct wf_event *event, const struct wf_command *command, struct wf_names *names)
{
    const struct wf_event_activity_task_scheduled *history = event->attributes.activity_task_scheduled;
    const struct wf_command_schedule_activity_task *code = command->attributes.schedule_activity_task;

    return check(names, WF_DIVERGENCE_ACTIVITY_TYPE, "activity type",
                 last_part(wf_activity_type_name(history->activity_type)),
                 last_part(wf_activity_type_name(code->activity_type))) &&
           check(names, WF_DIVERGENCE_ACTIVITY_ID, "activity id", history->activity_id, code->activity_id);
}

static bool same_execution(struct wf_names *names, enum wf_divergence_kind kind,
                           const struct wf_workflow_execution *history, struct wf_string code)
{
    return check(names, kind, "workflow id",
                 history == NULL ? (struct wf_string){NULL, 0} : history->workflow_id, code);
}

static bool same_signal(struct wf_run *run, const struct wf_event *event, const struct wf_command *command,
                        struct wf_names *names)
{
    const struct wf_event_signal_external_workflow_execution_initiated *history =
        event->attributes.signal_external_workflow_execution_initiated;
    const struct wf_command_signal_external_workflow_execution *code =
        command->attributes.signal_external_workflow_execution;
    struct wf_string target = code->execution == NULL ? (struct wf_string){NULL, 0} : code->execution->workflow_id;
    const struct wf_machine *child = code->child_workflow_only ? wf_run_named(run, 'C', target) : NULL;

    return check(names, WF_DIVERGENCE_SIGNAL_NAME, "signal", history->signal_name, code->signal_name) &&
           same_execution(names, WF_DIVERGENCE_SIGNAL_TARGET, history->workflow_execution, child == NULL ? target : child->id);
}

static bool same_update(const struct wf_event *event, const struct wf_queued *queued,
                        struct wf_names *names)
{
    const bool is_accept = event->event_type == WF_EVENT_TYPE_WORKFLOW_EXECUTION_UPDATE_ACCEPTED;
    struct wf_string id = {NULL, 0};

    if (!wf_string_is(queued->type, is_accept ? "accept" : "complete")) {
        *names = (struct wf_names){.kind = WF_DIVERGENCE_COMMAND_KIND};
        return false;
    }
    if (is_accept) {
        id = event->attributes.workflow_execution_update_accepted->protocol_instance_id;
    } else if (event->attributes.workflow_execution_update_completed->meta != NULL) {
        id = event->attributes.workflow_execution_update_completed->meta->update_id;
    }
    return check(names, WF_DIVERGENCE_UPDATE_ID, "update", id, queued->machine->id);
}

static bool same_nexus(const struct wf_event *event, const struct wf_command *command, struct wf_names *names)
{
    const struct wf_event_nexus_operation_scheduled *history = event->attributes.nexus_operation_scheduled;
    const struct wf_command_schedule_nexus_operation *code = command->attributes.schedule_nexus_operation;

    return check(names, WF_DIVERGENCE_NEXUS_SERVICE, "Nexus service", history->service, code->service) &&
           check(names, WF_DIVERGENCE_NEXUS_OPERATION, "Nexus operation", history->operation, code->operation);
}

static bool same_cancel_target(struct wf_run *run, enum wf_divergence_kind kind, int64_t history, int64_t code,
                               struct wf_names *names)
{
    struct wf_buffer text;

    if (history == code) {
        return true;
    }
    wf_buffer_init(&text, run->step_arena);
    wf_buffer_printf(&text, "%lld", (long long)history);
    *names = (struct wf_names){.kind = kind, .what = "scheduled event", .history = wf_buffer_string(&text)};
    wf_buffer_init(&text, run->step_arena);
    wf_buffer_printf(&text, "%lld", (long long)code);
    names->code = wf_buffer_string(&text);
    return false;
}

static bool is_same_kind(const struct wf_event *event, const struct wf_command *command)
{
    if (command->command_type == WF_COMMAND_TYPE_PROTOCOL_MESSAGE) {
        return event->event_type == WF_EVENT_TYPE_WORKFLOW_EXECUTION_UPDATE_ACCEPTED ||
               event->event_type == WF_EVENT_TYPE_WORKFLOW_EXECUTION_UPDATE_COMPLETED;
    }
    return (int32_t)wf_command_descriptors[command->command_type].event == event->event_type;
}

bool wf_pair_is_same(struct wf_run *run, const struct wf_event *event, struct wf_queued *queued, struct wf_names *names)
{
    const struct wf_command *command = wf_queued_command(run, queued);

    *names = (struct wf_names){.kind = WF_DIVERGENCE_COMMAND_KIND};
    if (command == NULL || !is_same_kind(event, command)) {
        return command == NULL; /* memory: the run ends anyway */
    }
    switch (event->event_type) {
    case WF_EVENT_TYPE_ACTIVITY_TASK_SCHEDULED:
        return same_activity(event, command, names);
    case WF_EVENT_TYPE_ACTIVITY_TASK_CANCEL_REQUESTED:
        return same_cancel_target(run, WF_DIVERGENCE_ACTIVITY_CANCEL_TARGET,
                                  event->attributes.activity_task_cancel_requested->scheduled_event_id,
                                  command->attributes.request_cancel_activity_task->scheduled_event_id, names);
    case WF_EVENT_TYPE_TIMER_STARTED:
        return check(names, WF_DIVERGENCE_TIMER_ID, "timer id", event->attributes.timer_started->timer_id,
                     command->attributes.start_timer->timer_id);
    case WF_EVENT_TYPE_TIMER_CANCELED:
        return check(names, WF_DIVERGENCE_TIMER_ID, "timer id", event->attributes.timer_canceled->timer_id,
                     command->attributes.cancel_timer->timer_id);
    case WF_EVENT_TYPE_MARKER_RECORDED:
        return check(names, WF_DIVERGENCE_COMMAND_KIND, "marker name", event->attributes.marker_recorded->marker_name,
                     command->attributes.record_marker->marker_name);
    case WF_EVENT_TYPE_REQUEST_CANCEL_EXTERNAL_WORKFLOW_EXECUTION_INITIATED:
        return same_execution(
            names, WF_DIVERGENCE_CANCEL_TARGET,
            event->attributes.request_cancel_external_workflow_execution_initiated->workflow_execution,
            command->attributes.request_cancel_external_workflow_execution->workflow_id);
    case WF_EVENT_TYPE_SIGNAL_EXTERNAL_WORKFLOW_EXECUTION_INITIATED:
        return same_signal(run, event, command, names);
    case WF_EVENT_TYPE_START_CHILD_WORKFLOW_EXECUTION_INITIATED:
        return check(names, WF_DIVERGENCE_CHILD_TYPE, "child workflow type",
                     last_part(wf_workflow_type_name(
                         event->attributes.start_child_workflow_execution_initiated->workflow_type)),
                     last_part(wf_workflow_type_name(command->attributes.start_child_workflow_execution->workflow_type)));
    case WF_EVENT_TYPE_WORKFLOW_EXECUTION_UPDATE_ACCEPTED:
    case WF_EVENT_TYPE_WORKFLOW_EXECUTION_UPDATE_COMPLETED:
        return same_update(event, queued, names);
    case WF_EVENT_TYPE_NEXUS_OPERATION_SCHEDULED:
        return same_nexus(event, command, names);
    case WF_EVENT_TYPE_NEXUS_OPERATION_CANCEL_REQUESTED:
        return same_cancel_target(run, WF_DIVERGENCE_NEXUS_CANCEL_TARGET,
                                  event->attributes.nexus_operation_cancel_requested->scheduled_event_id,
                                  command->attributes.request_cancel_nexus_operation->scheduled_event_id, names);
    default:
        return true;
    }
}
