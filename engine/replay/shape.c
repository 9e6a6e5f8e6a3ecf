/* One pass over the started events and what follows each. */
#include "engine/replay/shape.h"

struct wf_replay_span wf_replay_span_of(const struct wf_event *events, uint32_t event_count)
{
    int64_t completed_id = 0;
    int64_t open_id = 0;

    for (uint32_t i = 0; i < event_count; i++) {
        if (events[i].event_type != WF_EVENT_TYPE_WORKFLOW_TASK_STARTED) {
            continue;
        }
        if (i + 1 == event_count) {
            open_id = events[i].event_id;
        } else if (events[i + 1].event_type == WF_EVENT_TYPE_WORKFLOW_TASK_COMPLETED) {
            completed_id = events[i].event_id;
        }
    }
    return (struct wf_replay_span){completed_id, open_id != 0 ? open_id : completed_id};
}

static bool has_start(const struct wf_event *first)
{
    const struct wf_event_workflow_execution_started *started =
        first->attributes.workflow_execution_started;

    return first->event_type == WF_EVENT_TYPE_WORKFLOW_EXECUTION_STARTED && started != NULL &&
           wf_workflow_type_name(started->workflow_type).size_bytes > 0;
}

struct wf_shape_breach wf_shape_breach_of(const struct wf_event *events, uint32_t event_count)
{
    if (event_count == 0 || !has_start(&events[0])) {
        return (struct wf_shape_breach){"history-start", WF_DIAGNOSIS_HISTORY_START_MISSING};
    }
    for (uint32_t i = 0; i < event_count; i++) {
        if (events[i].event_id != (int64_t)i + 1) {
            return (struct wf_shape_breach){"history-ids", WF_DIAGNOSIS_HISTORY_OUT_OF_ORDER};
        }
    }
    return (struct wf_shape_breach){"history-task-end", WF_DIAGNOSIS_HISTORY_INCONSISTENT};
}
