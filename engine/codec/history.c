/*
 * What every history goes through whatever file it came from: ids, the shape that replay needs, and
 * the forms it is written in.
 */
#include "engine/history.h"

/* The started event, which is the first, or the last of a file that lists the newest first; NULL in
 * a fragment. */
static const struct wf_event_workflow_execution_started *find_started(
    const struct wf_history *history)
{
    const uint32_t count = history->event_count;

    for (uint32_t i = 0; i<count; i += count> 1 ? count - 1 : 1) {
        const struct wf_event *event = &history->events[i];

        if (event->attributes_case == WF_CASE_event_workflow_execution_started) {
            return event->attributes.workflow_execution_started;
        }
    }
    return NULL;
}

static void fill(struct wf_string *id, struct wf_string value)
{
    if (id->size_bytes == 0) {
        *id = value;
    }
}

void wf_history_fill_ids(struct wf_history *history)
{
    const struct wf_event_workflow_execution_started *started = find_started(history);

    if (started == NULL) {
        return;
    }
    fill(&history->workflow_id, started->workflow_id);
    fill(&history->run_id, started->original_execution_run_id);
    fill(&history->run_id, started->first_execution_run_id);
    if (started->workflow_type != NULL) {
        fill(&history->workflow_type, started->workflow_type->name);
    }
}

/* ---- Writing ---- */

void wf_history_write_json(const struct wf_history *history, struct wf_buffer *out)
{
    wf_buffer_append_text(out, "{\"events\":[");
    for (uint32_t i = 0; i < history->event_count; i++) {
        wf_buffer_append_text(out, i == 0 ? "\n" : ",\n");
        wf_json_encode(&wf_type_event, &history->events[i], out);
    }
    wf_buffer_append_text(out, "\n]}\n");
}

void wf_history_write_protobuf(const struct wf_history *history, struct wf_buffer *out)
{
    const struct wf_history_message message = {
        .events = {history->events, history->event_count, history->event_count}};

    wf_wire_encode(&wf_type_history_message, &message, out);
}

/* ---- The shape that replay needs (replay-rules 1.1) ---- */

static enum wf_status fail_event(struct wf_error *err, const struct wf_event *event,
                                 const char *what)
{
    const enum wf_status status = wf_fail_status(err, WF_ERR_INVALID, "event %lld, %s: %s",
                                                 (long long)event->event_id,
                                                 wf_event_type_name(event->event_type), what);

    if (err != NULL) {
        err->event_id = event->event_id;
    }
    return status;
}

/* Some files list the newest event first. Only a list that goes down all the way is turned round.
 */
static void turn_round(struct wf_history *history)
{
    struct wf_event *events = history->events;
    const uint32_t count = history->event_count;

    for (uint32_t i = 1; i < count; i++) {
        if (events[i].event_id >= events[i - 1].event_id) {
            return;
        }
    }
    for (uint32_t i = 0; i < count / 2; i++) {
        const struct wf_event event = events[i];

        events[i] = events[count - 1 - i];
        events[count - 1 - i] = event;
    }
}

static enum wf_status check_ids(const struct wf_history *history, struct wf_error *err)
{
    for (uint32_t i = 0; i < history->event_count; i++) {
        const struct wf_event *event = &history->events[i];

        if (event->event_id != (int64_t)i + 1) {
            const enum wf_status status = wf_fail_status(
                err, WF_ERR_INVALID, "event %lld follows event %u: ids must go up by one",
                (long long)event->event_id, i);

            if (err != NULL) {
                err->event_id = event->event_id;
            }
            return status;
        }
    }
    return WF_OK;
}

static bool may_follow_task_started(int32_t event_type)
{
    return event_type == WF_EVENT_TYPE_WORKFLOW_TASK_COMPLETED ||
           event_type == WF_EVENT_TYPE_WORKFLOW_TASK_FAILED ||
           event_type == WF_EVENT_TYPE_WORKFLOW_TASK_TIMED_OUT ||
           event_type == WF_EVENT_TYPE_WORKFLOW_EXECUTION_TERMINATED ||
           event_type == WF_EVENT_TYPE_WORKFLOW_EXECUTION_TIMED_OUT;
}

static enum wf_status check_tasks(const struct wf_history *history, struct wf_error *err)
{
    for (uint32_t i = 1; i < history->event_count; i++) {
        if (history->events[i - 1].event_type == WF_EVENT_TYPE_WORKFLOW_TASK_STARTED &&
            !may_follow_task_started(history->events[i].event_type)) {
            return fail_event(err, &history->events[i],
                              "it follows WorkflowTaskStarted, after which a task completes, "
                              "fails or times out, or the run is ended");
        }
    }
    return WF_OK;
}

enum wf_status wf_history_normalise(struct wf_history *history, struct wf_error *err)
{
    const struct wf_event *first = NULL;

    if (history->event_count == 0) {
        return wf_fail_status(err, WF_ERR_INVALID, "the history has no events");
    }
    turn_round(history);
    first = &history->events[0];
    if (first->event_type != WF_EVENT_TYPE_WORKFLOW_EXECUTION_STARTED ||
        first->attributes_case != WF_CASE_event_workflow_execution_started) {
        return fail_event(err, first,
                          "a history starts with WorkflowExecutionStarted; this is a part of one");
    }
    if (wf_workflow_type_name(first->attributes.workflow_execution_started->workflow_type)
            .size_bytes == 0) {
        return fail_event(err, first, "it does not name the workflow type");
    }
    WF_TRY(check_ids(history, err));
    WF_TRY(check_tasks(history, err));
    wf_history_fill_ids(history);
    return WF_OK;
}
