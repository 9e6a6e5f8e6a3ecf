/* That a run which a worker pinned stays on that worker's version (I103). */
#include "sim/check/history_facts.h"

static bool is_same_version(const struct wf_worker_deployment_version *left,
                            const struct wf_worker_deployment_version *right)
{
    return wf_string_equal(left->deployment_name, right->deployment_name) &&
           wf_string_equal(left->build_id, right->build_id);
}

/* Nobody but a client moves a pinned run, by an override. Older servers say of versions in other fields, which do not tell. */
void sim_history_check_versions(struct sim_history_facts *facts)
{
    const struct wf_worker_deployment_version *pinned = NULL;

    for (uint32_t i = 0; i < facts->count; i++) {
        const struct wf_event *event = &facts->events[i];
        const struct wf_event_workflow_task_completed *completed = NULL;

        if (!facts->is_sound[i]) {
            continue;
        }
        if (event->event_type == WF_EVENT_TYPE_WORKFLOW_EXECUTION_STARTED) {
            const struct wf_event_workflow_execution_started *started = event->attributes.workflow_execution_started;

            pinned = started->versioning_override == NULL ? started->inherited_pinned_version : NULL;
        } else if (event->event_type == WF_EVENT_TYPE_WORKFLOW_EXECUTION_OPTIONS_UPDATED) {
            pinned = NULL;
        }
        if (event->event_type != WF_EVENT_TYPE_WORKFLOW_TASK_COMPLETED) {
            continue;
        }
        completed = event->attributes.workflow_task_completed;
        if (pinned != NULL && completed->deployment_version != NULL &&
            !is_same_version(pinned, completed->deployment_version)) {
            sim_history_find(facts, "I103", i, "event %lld %s is of a worker of version %S, and the run is pinned to version %S",
                             SIM_EVENT_ARGS(facts, i), &completed->deployment_version->build_id, &pinned->build_id);
        }
        pinned = completed->versioning_behavior == WF_VERSIONING_BEHAVIOR_PINNED ? completed->deployment_version : NULL;
    }
}
