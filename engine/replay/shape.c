/* One pass over the started events and what follows each. */
#include "engine/replay/shape.h"


static enum wf_status invalid(struct wf_error *err, const struct wf_event *event, const char *what)
{
    const enum wf_status status =
        wf_fail_status(err, WF_ERR_INVALID, "event %lld (%s) %s", (long long)event->event_id,
                       wf_event_type_name(event->event_type), what);

    if (err != NULL) {
        err->event_id = event->event_id;
    }
    return status;
}

static enum wf_status check_first(const struct wf_event *first, struct wf_error *err)
{
    const struct wf_event_workflow_execution_started *started = first->attributes.workflow_execution_started;

    if (first->event_type != WF_EVENT_TYPE_WORKFLOW_EXECUTION_STARTED) {
        return invalid(err, first, "is not how a history begins");
    }
    if (first->attributes_case != wf_event_descriptors[first->event_type].oneof_number || started == NULL) {
        return invalid(err, first, "has no attributes");
    }
    if (started->workflow_type == NULL || started->workflow_type->name.size_bytes == 0) {
        return invalid(err, first, "names no workflow type");
    }
    return WF_OK;
}

/* What may come after a started task. */
static bool ends_task(int32_t type)
{
    return type == WF_EVENT_TYPE_WORKFLOW_TASK_COMPLETED || type == WF_EVENT_TYPE_WORKFLOW_TASK_FAILED ||
           type == WF_EVENT_TYPE_WORKFLOW_TASK_TIMED_OUT || type == WF_EVENT_TYPE_WORKFLOW_EXECUTION_TERMINATED ||
           type == WF_EVENT_TYPE_WORKFLOW_EXECUTION_TIMED_OUT;
}

enum wf_status wf_replay_span_of(const struct wf_event *events, uint32_t event_count, struct wf_replay_span *span,
                                 struct wf_error *err)
{
    int64_t completed_id = 0;
    int64_t open_id = 0;

    if (event_count == 0) {
        return wf_fail_status(err, WF_ERR_INVALID, "the history has no events");
    }
    WF_TRY(check_first(&events[0], err));
    for (uint32_t i = 0; i < event_count; i++) {
        const int32_t next_type = i + 1 < event_count ? events[i + 1].event_type : 0;

        if (wf_event_is_close(events[i].event_type) && i + 1 < event_count) {
            return invalid(err, &events[i + 1], "comes after the run is closed");
        }
        if (events[i].event_type != WF_EVENT_TYPE_WORKFLOW_TASK_STARTED) {
            continue;
        }
        if (i + 1 == event_count) {
            open_id = events[i].event_id;
        } else if (!ends_task(next_type)) {
            return invalid(err, &events[i + 1], "cannot follow a started workflow task");
        } else if (next_type == WF_EVENT_TYPE_WORKFLOW_TASK_COMPLETED) {
            completed_id = events[i].event_id;
        }
    }
    span->previous_started_event_id = completed_id;
    span->started_event_id = open_id != 0 ? open_id : completed_id;
    return WF_OK;
}
