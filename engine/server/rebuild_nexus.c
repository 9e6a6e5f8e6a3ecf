/*
 * Pending Nexus operations from the events of a history, and the ends of operations that a reset applies again.
 *
 * Source: engine-semantics 7.10 steps 4 and 6, 7.14.
 */
#include "engine/base/assert.h"
#include "engine/server/change.h"

static void restore(struct wf_shard_run *run, const struct wf_event *event)
{
    const struct wf_event_nexus_operation_scheduled *scheduled = event->attributes.nexus_operation_scheduled;
    const int64_t scheduled_ns = wf_time_of(event->event_time);
    const int64_t to_close_ns = wf_time_of(scheduled->schedule_to_close_timeout);
    const int64_t to_start_ns = wf_time_of(scheduled->schedule_to_start_timeout);
    struct wf_state_nexus given = {
        .scheduled_event_id = event->event_id,
        .state = WF_NEXUS_SCHEDULED,
        .endpoint = scheduled->endpoint,
        .service = scheduled->service,
        .operation = scheduled->operation,
        .input = scheduled->input,
        .request_id = scheduled->request_id,
        .schedule_to_close_deadline_ns = to_close_ns > 0 ? wf_add_saturating(scheduled_ns, to_close_ns) : 0,
        .schedule_to_start_deadline_ns = to_start_ns > 0 ? wf_add_saturating(scheduled_ns, to_start_ns) : 0,
        .start_to_close_ns = wf_time_of(scheduled->start_to_close_timeout)};
    struct wf_state_nexus *operation = WF_LIST_APPEND(&run->arena, run->state->nexus_operations);

    wf_list_share(&given.nexus_header, &scheduled->nexus_header);
    if (operation != NULL && !wf_message_copy_into(&run->arena, &wf_type_state_nexus, operation, &given)) {
        memset(operation, 0, sizeof *operation);
    }
}

static void start(struct wf_shard_run *run, const struct wf_event *event)
{
    const struct wf_event_nexus_operation_started *started = event->attributes.nexus_operation_started;
    struct wf_state_nexus *operation = wf_nexus_find(run->state, started->scheduled_event_id);

    if (operation != NULL) {
        operation->state = WF_NEXUS_STARTED;
        operation->operation_token = wf_string_copy(&run->arena, started->operation_token);
        operation->schedule_to_start_deadline_ns = 0;
        operation->start_to_close_deadline_ns =
            operation->start_to_close_ns > 0
                ? wf_add_saturating(wf_time_of(event->event_time), operation->start_to_close_ns)
                : 0;
    }
}

static void request_cancel(struct wf_shard_run *run, const struct wf_event *event)
{
    const struct wf_event_nexus_operation_cancel_requested *requested =
        event->attributes.nexus_operation_cancel_requested;
    struct wf_state_nexus *operation = wf_nexus_find(run->state, requested->scheduled_event_id);

    if (operation != NULL) {
        operation->cancel_requested_event_id = event->event_id;
        operation->cancel_completed_event_id = requested->workflow_task_completed_event_id;
    }
}

static void answer_cancel(struct wf_shard_run *run, int64_t scheduled_event_id)
{
    struct wf_state_nexus *operation = wf_nexus_find(run->state, scheduled_event_id);

    if (operation != NULL) {
        operation->is_cancel_answered = true;
    }
}

bool wf_nexus_rebuild(struct wf_shard_run *run, const struct wf_event *event)
{
    const int64_t ended_event_id = wf_event_ended_id(event, WF_OWNER_NEXUS);
    struct wf_state_nexus *ended = wf_nexus_find(run->state, ended_event_id);

    switch (event->attributes_case) {
    case WF_CASE_event_nexus_operation_scheduled:
        restore(run, event);
        return true;
    case WF_CASE_event_nexus_operation_started:
        start(run, event);
        return true;
    case WF_CASE_event_nexus_operation_cancel_requested:
        request_cancel(run, event);
        return true;
    case WF_CASE_event_nexus_operation_cancel_request_completed:
        answer_cancel(run, event->attributes.nexus_operation_cancel_request_completed->scheduled_event_id);
        return true;
    case WF_CASE_event_nexus_operation_cancel_request_failed:
        answer_cancel(run, event->attributes.nexus_operation_cancel_request_failed->scheduled_event_id);
        return true;
    default:
        if (ended != NULL) {
            WF_LIST_REMOVE(run->state->nexus_operations, ended);
        }
        return ended_event_id != 0;
    }
}

/* The failure in the event is wrapped already; its cause is what the handler said. */
static struct wf_failure *cause_of(const struct wf_failure *failure)
{
    return failure == NULL ? NULL : failure->cause;
}

/* A time-out is found anew from the deadline, which is the same. */
void wf_nexus_reapply(struct wf_change *change, const struct wf_event *event)
{
    struct wf_state_nexus *operation = NULL;
    struct wf_svc_nexus_outcome outcome = {0};
    bool is_started = false;

    if (event->attributes_case == WF_CASE_event_nexus_operation_started) {
        operation = wf_nexus_find(change->state, event->attributes.nexus_operation_started->scheduled_event_id);
        is_started = operation == NULL ||
                     wf_nexus_step(change, operation, WF_NEXUS_START,
                                   &(struct wf_nexus_details){
                                       .operation_token = event->attributes.nexus_operation_started->operation_token});
        WF_ASSERT(is_started);
        return;
    }
    operation = wf_nexus_find(change->state, wf_event_ended_id(event, WF_OWNER_NEXUS));
    if (operation == NULL) {
        return;
    }
    if (event->attributes_case == WF_CASE_event_nexus_operation_completed) {
        outcome.result = event->attributes.nexus_operation_completed->result;
    } else if (event->attributes_case == WF_CASE_event_nexus_operation_failed) {
        outcome.failure = cause_of(event->attributes.nexus_operation_failed->failure);
    } else if (event->attributes_case == WF_CASE_event_nexus_operation_canceled) {
        outcome.failure = cause_of(event->attributes.nexus_operation_canceled->failure);
        outcome.is_canceled = true;
    } else {
        return;
    }
    wf_nexus_end(change, operation, &outcome);
}
