/*
 * What Nexus operations came to, as the events of a transaction tell it.
 */
#include "tests/model/trial.h"

static const struct wf_state_nexus *find(const struct wf_state_run *state, int64_t scheduled_event_id)
{
    for (uint32_t i = 0; state != NULL && i < state->nexus_operations.count; i++) {
        if (state->nexus_operations.items[i].scheduled_event_id == scheduled_event_id) {
            return &state->nexus_operations.items[i];
        }
    }
    return NULL;
}

static enum trial_way timeout_way(const struct wf_failure *failure)
{
    const int32_t type = failure->cause->failure_info.timeout_failure_info->timeout_type;

    return type == WF_TIMEOUT_TYPE_SCHEDULE_TO_START   ? TRIAL_NEXUS_NO_START
           : type == WF_TIMEOUT_TYPE_SCHEDULE_TO_CLOSE ? TRIAL_NEXUS_NO_CLOSE
                                                       : TRIAL_NEXUS_NO_END;
}

static void count_end(struct trial_counts *counts, const struct wf_failure *failure)
{
    if (failure->cause->failure_info_case == WF_CASE_failure_nexus_handler_failure_info) {
        counts->ways[TRIAL_NEXUS_REFUSED]++;
    } else if (failure->failure_info.nexus_operation_execution_failure_info->operation_token.size_bytes == 0) {
        counts->ways[TRIAL_NEXUS_AT_ONCE]++;
    }
}

static void count_event(struct trial_counts *counts, const struct model_operation *operation,
                        const struct wf_state_run *state, const struct wf_event *event)
{
    const struct wf_state_nexus *pending = NULL;

    switch (event->event_type) {
    case WF_EVENT_TYPE_NEXUS_OPERATION_STARTED:
        pending = find(state, event->attributes.nexus_operation_started->scheduled_event_id);
        counts->ways[TRIAL_NEXUS_CANCEL_WAITED] += pending != NULL && pending->cancel_requested_event_id != 0 ? 1 : 0;
        counts->ways[TRIAL_NEXUS_OVERTAKEN] +=
            pending == NULL && operation->kind == MODEL_REQUEST &&
                    operation->request->call_case == WF_CASE_svc_request_complete_nexus_operation
                ? 1
                : 0;
        break;
    case WF_EVENT_TYPE_NEXUS_OPERATION_CANCEL_REQUESTED:
        pending = find(state, event->attributes.nexus_operation_cancel_requested->scheduled_event_id);
        counts->ways[TRIAL_NEXUS_CANCEL_UNSEEN] +=
            pending == NULL && state->status == WF_WORKFLOW_EXECUTION_STATUS_RUNNING ? 1 : 0;
        break;
    case WF_EVENT_TYPE_NEXUS_OPERATION_FAILED:
        count_end(counts, event->attributes.nexus_operation_failed->failure);
        break;
    case WF_EVENT_TYPE_NEXUS_OPERATION_CANCELED:
        count_end(counts, event->attributes.nexus_operation_canceled->failure);
        break;
    case WF_EVENT_TYPE_NEXUS_OPERATION_TIMED_OUT:
        counts->ways[timeout_way(event->attributes.nexus_operation_timed_out->failure)]++;
        break;
    default:
        break;
    }
}

void trial_count_nexus(struct trial_counts *counts, const struct model_operation *operation,
                       const struct model_given *given)
{
    for (uint32_t i = 0; i < given->event_count; i++) {
        count_event(counts, operation, given->state, &given->events[i]);
    }
}
