/* One pass to the end of the write that an event belongs to, and passes over what is kept. */
#include "engine/boundary.h"

/* ---- One write ---- */

/* A later attempt at a workflow task is written when it succeeds (3.1). */
static bool is_transient(const struct wf_event *events, uint32_t index)
{
    const struct wf_event *event = &events[index];

    if (event->event_type == WF_EVENT_TYPE_WORKFLOW_TASK_STARTED && index > 0) {
        event = &events[index - 1];
    }
    return event->event_type == WF_EVENT_TYPE_WORKFLOW_TASK_SCHEDULED && wf_event_has_attributes(event) &&
           event->attributes.workflow_task_scheduled->attempt > 1;
}

/* A failure of a task that the event behind it has caused: a completion that was refused because something had come, a pause. */
static bool is_caused_by_next(const struct wf_event *event)
{
    if (event->event_type != WF_EVENT_TYPE_WORKFLOW_TASK_FAILED || !wf_event_has_attributes(event)) {
        return false;
    }
    switch (event->attributes.workflow_task_failed->cause) {
    case WF_WORKFLOW_TASK_FAILED_CAUSE_UNHANDLED_COMMAND:
    case WF_WORKFLOW_TASK_FAILED_CAUSE_WORKFLOW_PAUSE_REQUESTED_BEFORE_TASK_STARTED:
        return true;
    default:
        return false;
    }
}

/* True when the event behind this one is written with it. A new task right behind the commands of the last one was asked for by
 * its completion. */
static bool is_followed(const struct wf_event *events, uint32_t index)
{
    const int32_t type = events[index].event_type;
    const int32_t next = events[index + 1].event_type;

    return wf_event_is_command(next) || is_transient(events, index) || is_caused_by_next(&events[index]) ||
           (next == WF_EVENT_TYPE_WORKFLOW_TASK_SCHEDULED &&
            (wf_event_is_command(type) || type == WF_EVENT_TYPE_WORKFLOW_TASK_COMPLETED));
}

/* ---- Attempts of activities ---- */

static bool is_attempt(const struct wf_event *event)
{
    return event->event_type == WF_EVENT_TYPE_ACTIVITY_TASK_STARTED && wf_event_has_attributes(event);
}

static int64_t named_attempt(const struct wf_event *event)
{
    switch (event->attributes_case) {
    case WF_CASE_event_activity_task_completed:
        return event->attributes.activity_task_completed->started_event_id;
    case WF_CASE_event_activity_task_failed:
        return event->attributes.activity_task_failed->started_event_id;
    case WF_CASE_event_activity_task_timed_out:
        return event->attributes.activity_task_timed_out->started_event_id;
    case WF_CASE_event_activity_task_canceled:
        return event->attributes.activity_task_canceled->started_event_id;
    default:
        return 0;
    }
}

/* The id of the Started of the attempt that the event ends; 0: it ends none. */
static int64_t ended_attempt(const struct wf_event *events, uint32_t index)
{
    const int64_t activity_id = wf_event_ended_id(&events[index], WF_OWNER_ACTIVITY);
    const int64_t started_id = activity_id == 0 ? 0 : named_attempt(&events[index]);

    return started_id >= 1 && started_id <= (int64_t)index && is_attempt(&events[started_id - 1]) &&
                   wf_event_owner_of(&events[started_id - 1]).event_id == activity_id
               ? started_id
               : 0;
}

/* How many of the attempts that began among the first events, up to one, have no end among all of them. An end given twice, which
 * hides another that is not there, breaks I36. */
static int64_t open_attempts(const struct wf_event *events, uint32_t count, uint32_t last_event_id)
{
    int64_t open_count = 0;

    for (uint32_t i = 0; i < count; i++) {
        const int64_t ended_id = ended_attempt(events, i);

        open_count += i < last_event_id && is_attempt(&events[i]) ? 1 : 0;
        open_count -= ended_id != 0 && ended_id <= (int64_t)last_event_id ? 1 : 0;
    }
    return open_count;
}

/* The id of the first Started whose outcome is not there; 0: there is none. */
static int64_t first_open_attempt(const struct wf_event *events, uint32_t count)
{
    uint32_t below = 0;
    uint32_t found = count;

    if (open_attempts(events, count, count) <= 0) {
        return 0;
    }
    while (found - below > 1) {
        const uint32_t middle = below + (found - below) / 2;

        if (open_attempts(events, count, middle) > 0) {
            found = middle;
        } else {
            below = middle;
        }
    }
    return (int64_t)found;
}

/* ---- What going on needs ---- */

static const char *lack_of_relation(const struct wf_event *event)
{
    switch (event->event_type) {
    case WF_EVENT_TYPE_START_CHILD_WORKFLOW_EXECUTION_INITIATED: {
        const struct wf_event_start_child_workflow_execution_initiated *initiated =
            event->attributes.start_child_workflow_execution_initiated;
        return initiated->workflow_type == NULL ? "no workflow type" : initiated->task_queue == NULL ? "no task queue" : NULL;
    }
    case WF_EVENT_TYPE_SIGNAL_EXTERNAL_WORKFLOW_EXECUTION_INITIATED:
        return event->attributes.signal_external_workflow_execution_initiated->workflow_execution == NULL
                   ? "no workflow execution"
                   : NULL;
    case WF_EVENT_TYPE_REQUEST_CANCEL_EXTERNAL_WORKFLOW_EXECUTION_INITIATED:
        return event->attributes.request_cancel_external_workflow_execution_initiated->workflow_execution == NULL
                   ? "no workflow execution"
                   : NULL;
    default:
        return NULL;
    }
}

/* An event of a later service, of which nothing is read. Without its first event there is no run. */
static bool is_ignored(const struct wf_event *event)
{
    return event->worker_may_ignore && event->attributes.any == NULL &&
           event->event_type != WF_EVENT_TYPE_WORKFLOW_EXECUTION_STARTED;
}

/* What the event lacks; NULL: nothing. */
static const char *lack_of(const struct wf_event *event)
{
    if (!wf_event_has_attributes(event)) {
        return is_ignored(event) ? NULL : "no attributes of its type";
    }
    if (event->event_type == WF_EVENT_TYPE_WORKFLOW_EXECUTION_STARTED) {
        const struct wf_event_workflow_execution_started *started = event->attributes.workflow_execution_started;

        return started->workflow_type == NULL ? "no workflow type" : started->task_queue == NULL ? "no task queue" : NULL;
    }
    if (event->event_type == WF_EVENT_TYPE_ACTIVITY_TASK_SCHEDULED) {
        const struct wf_event_activity_task_scheduled *scheduled = event->attributes.activity_task_scheduled;

        return scheduled->activity_type == NULL ? "no activity type" : scheduled->task_queue == NULL ? "no task queue" : NULL;
    }
    return lack_of_relation(event);
}

static enum wf_status fail(struct wf_error *err, int64_t event_id, const char *what, const char *more)
{
    const enum wf_status status = wf_fail_status(err, WF_ERR_INVALID, "%s%s", what, more);

    if (err != NULL) {
        err->event_id = event_id;
    }
    return status;
}

/* A task of a later attempt that pends is in no event, so this one was edited. */
static int64_t pending_transient(const struct wf_event *events, uint32_t count)
{
    int64_t event_id = 0;

    for (uint32_t i = 0; i < count; i++) {
        const int32_t type = events[i].event_type;

        if (type >= WF_EVENT_TYPE_WORKFLOW_TASK_SCHEDULED && type <= WF_EVENT_TYPE_WORKFLOW_TASK_FAILED) {
            event_id = is_transient(events, i) ? events[i].event_id : 0;
        }
    }
    return event_id;
}

static enum wf_status check_kept(const struct wf_event *events, uint32_t count, struct wf_error *err)
{
    int64_t open_id = 0;

    for (uint32_t i = 0; i < count; i++) {
        const char *lack = lack_of(&events[i]);

        if (lack != NULL) {
            return fail(err, events[i].event_id, "no run can go on behind it, it has ", lack);
        }
        if ((events[i].event_type == WF_EVENT_TYPE_WORKFLOW_EXECUTION_STARTED) != (i == 0)) {
            return fail(err, events[i].event_id, "event 1 and only event 1 is WorkflowExecutionStarted", "");
        }
        if (wf_event_is_close(events[i].event_type)) {
            return fail(err, events[i].event_id, "the run is closed here; ",
                        "choose an event before the workflow task that closed it");
        }
    }
    if (pending_transient(events, count) != 0) {
        return fail(err, pending_transient(events, count),
                    "a workflow task that is tried again is written when it is completed, ", "which it is not");
    }
    open_id = first_open_attempt(events, count);
    if (open_id != 0) {
        return fail(err, open_id, "an activity's Started is written with its outcome, which is not there; ",
                    "choose the event before");
    }
    return WF_OK;
}

enum wf_status wf_boundary_find(const struct wf_event *events, uint32_t event_count, int64_t event_id, uint32_t *kept_count,
                                struct wf_error *err)
{
    uint32_t count = 0;

    if (event_id < 1 || event_id > (int64_t)event_count) {
        return wf_fail_status(err, WF_ERR_INVALID, "there is no event %lld; the history has events 1 to %u",
                              (long long)event_id, event_count);
    }
    count = (uint32_t)event_id;
    for (uint32_t i = count; i < event_count; i++) {
        const int64_t ended_id = ended_attempt(events, i);

        if ((i == count && is_followed(events, i - 1)) || (ended_id != 0 && ended_id <= (int64_t)count)) {
            count = i + 1;
        }
    }
    WF_TRY(check_kept(events, count, err));
    *kept_count = count;
    return WF_OK;
}

/* ---- Workflow tasks ---- */

bool wf_boundary_has_task(const struct wf_event *events, uint32_t event_count)
{
    for (uint32_t i = 0; i < event_count; i++) {
        if (events[i].event_type == WF_EVENT_TYPE_WORKFLOW_TASK_SCHEDULED) {
            return true;
        }
    }
    return false;
}

bool wf_boundary_wants_task(const struct wf_event *events, uint32_t event_count)
{
    bool is_wanted = false;
    bool is_in_block = false;

    for (uint32_t i = 0; i < event_count; i++) {
        const int32_t type = events[i].event_type;

        is_in_block = type == WF_EVENT_TYPE_WORKFLOW_TASK_COMPLETED || (is_in_block && wf_event_is_command(type));
        if (type == WF_EVENT_TYPE_WORKFLOW_TASK_SCHEDULED || type == WF_EVENT_TYPE_WORKFLOW_TASK_STARTED ||
            type == WF_EVENT_TYPE_WORKFLOW_TASK_COMPLETED) {
            is_wanted = false;
        } else {
            is_wanted = is_wanted || (!is_in_block && !wf_event_is_silent(&events[i]));
        }
    }
    return is_wanted;
}
