/* What an event of a history says of the end of an activity or a child. */
#include "sim/world/continuation.h"

int64_t sim_recorded_activity_end(const struct wf_event *event)
{
    switch (event->attributes_case) {
    case WF_CASE_event_activity_task_completed:
        return event->attributes.activity_task_completed->scheduled_event_id;
    case WF_CASE_event_activity_task_failed:
        return event->attributes.activity_task_failed->scheduled_event_id;
    case WF_CASE_event_activity_task_timed_out:
        return event->attributes.activity_task_timed_out->scheduled_event_id;
    case WF_CASE_event_activity_task_canceled:
        return event->attributes.activity_task_canceled->scheduled_event_id;
    default:
        return 0;
    }
}

/* A kind of end in the parent's history, and the same in the child's, as far as the parent is told. */
#define CHILD_END(KIND, kind)                                                                                          \
    case WF_CASE_event_child_workflow_execution_##kind:                                                                \
        end->initiated_event_id = event->attributes.child_workflow_execution_##kind->initiated_event_id;               \
        end->child = event->attributes.child_workflow_execution_##kind->workflow_execution;                            \
        end->closing.event_type = WF_EVENT_TYPE_WORKFLOW_EXECUTION_##KIND;                                             \
        end->closing.attributes_case = WF_CASE_event_workflow_execution_##kind;                                        \
        end->closing.attributes.workflow_execution_##kind = &end->kind;

bool sim_recorded_child_end(const struct wf_event *event, struct sim_child_end *end)
{
    *end = (struct sim_child_end){0};
    switch (event->attributes_case) {
        CHILD_END(COMPLETED, completed)
        end->completed.result = event->attributes.child_workflow_execution_completed->result;
        return true;
        CHILD_END(FAILED, failed)
        end->failed.failure = event->attributes.child_workflow_execution_failed->failure;
        end->failed.retry_state = event->attributes.child_workflow_execution_failed->retry_state;
        return true;
        CHILD_END(CANCELED, canceled)
        end->canceled.details = event->attributes.child_workflow_execution_canceled->details;
        return true;
        CHILD_END(TIMED_OUT, timed_out)
        end->timed_out.retry_state = event->attributes.child_workflow_execution_timed_out->retry_state;
        return true;
        CHILD_END(TERMINATED, terminated)
        return true;
    default:
        return false;
    }
}
