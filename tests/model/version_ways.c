/*
 * What versions of workers came to, as the events of a transaction tell it.
 */
#include "tests/model/trial.h"

static struct wf_string build_of(const struct wf_worker_deployment_version *version)
{
    return version == NULL ? (struct wf_string){0} : version->build_id;
}

static void count_started(struct trial_counts *counts, const struct wf_event_workflow_execution_started *started)
{
    const bool is_pinned = started->inherited_pinned_version != NULL;
    const bool follows = started->inherited_auto_upgrade_info != NULL;

    if (started->continued_execution_run_id.size_bytes > 0) {
        counts->ways[TRIAL_VERSION_PINNED] += is_pinned ? 1 : 0;
        counts->ways[TRIAL_VERSION_FOLLOWED] += follows ? 1 : 0;
    } else if (started->parent_workflow_execution != NULL) {
        counts->ways[TRIAL_VERSION_OF_PARENT] += is_pinned || follows ? 1 : 0;
    }
}

/* A worker of another version than before has completed a task. */
static void count_completed(struct trial_counts *counts, const struct model_run *run,
                            const struct wf_event_workflow_task_completed *completed)
{
    const struct wf_state_versioning *before = run == NULL ? NULL : run->state->versioning;
    const struct wf_string build_id = build_of(completed->deployment_version);

    if (before != NULL && !wf_string_equal(build_of(before->version), build_id)) {
        counts->ways[build_id.size_bytes == 0 ? TRIAL_VERSION_LEFT : TRIAL_VERSION_MOVED]++;
    }
}

void trial_count_versions(struct trial_counts *counts, const struct model *model, const struct model_operation *operation,
                          const struct model_given *given)
{
    const struct model_run *run = model_run_find(model, operation->workflow_id, operation->run_id);

    for (uint32_t i = 0; i < given->new_event_count; i++) {
        if (given->new_events[i].event_type == WF_EVENT_TYPE_WORKFLOW_EXECUTION_STARTED) {
            count_started(counts, given->new_events[i].attributes.workflow_execution_started);
        }
    }
    for (uint32_t i = 0; i < given->event_count; i++) {
        const struct wf_event *event = &given->events[i];

        if (event->event_type == WF_EVENT_TYPE_WORKFLOW_TASK_STARTED &&
            event->attributes.workflow_task_started->target_worker_deployment_version_changed) {
            counts->ways[TRIAL_VERSION_TARGET]++;
        } else if (event->event_type == WF_EVENT_TYPE_WORKFLOW_TASK_COMPLETED) {
            count_completed(counts, run, event->attributes.workflow_task_completed);
        }
    }
}
