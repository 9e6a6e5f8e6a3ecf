/* What a host is given: jobs in the order of their classes, and the clock and history facts of the
 * moment. */
#include "engine/base/assert.h"
#include "engine/worker/worker_run.h"

/* Stable: jobs of one class keep their order. */
static struct wf_sdk_job *sort_by_class(struct wf_run *run)
{
    const struct wf_jobs *jobs = &run->jobs;
    uint32_t next[WF_JOB_CLASS_COUNT] = {0};
    bool is_sorted = true;
    struct wf_sdk_job *sorted = NULL;
    uint32_t total = 0;

    for (uint32_t i = 0; i < jobs->count; i++) {
        next[jobs->classes[i]]++;
        is_sorted = is_sorted && (i == 0 || jobs->classes[i - 1] <= jobs->classes[i]);
    }
    if (is_sorted) {
        return jobs->items;
    }
    for (uint32_t c = 0; c < WF_JOB_CLASS_COUNT; c++) {
        const uint32_t class_count = next[c];

        next[c] = total;
        total += class_count;
    }
    sorted = wf_run_take_step(run, jobs->count * sizeof *sorted);
    for (uint32_t i = 0; sorted != NULL && i < jobs->count; i++) {
        sorted[next[jobs->classes[i]]++] = jobs->items[i];
    }
    return sorted;
}

static bool has_deployment(const struct wf_run *run)
{
    return run->deployment.deployment_name.size_bytes > 0 ||
           run->deployment.build_id.size_bytes > 0;
}

/* The fields that every activation carries (replay-rules 1.8). */
static struct wf_sdk_activation *activation_new(struct wf_run *run)
{
    struct wf_sdk_activation *activation = WF_STEP_NEW(run, struct wf_sdk_activation);

    if (activation == NULL) {
        return NULL;
    }
    activation->run_id = run->run_id;
    activation->timestamp = run->time;
    activation->is_replaying = run->is_replaying;
    activation->history_length = (uint32_t)run->history_length;
    activation->available_internal_flags.items = run->lang_flags;
    activation->available_internal_flags.count = run->lang_flag_count;
    activation->last_sdk_version = run->sdk_version;
    if (!run->is_replaying && run->config->build_id.size_bytes > 0) {
        run->deployment.deployment_name = run->config->deployment_name;
        run->deployment.build_id = run->config->build_id;
    }
    if (has_deployment(run)) {
        activation->deployment_version_for_current_task = &run->deployment;
    }
    if (run->task_started != NULL) {
        activation->history_size_bytes = (uint64_t)run->task_started->history_size_bytes;
        activation->continue_as_new_suggested = run->task_started->suggest_continue_as_new;
        wf_list_share(&activation->suggest_continue_as_new_reasons,
                      &run->task_started->suggest_continue_as_new_reasons);
        activation->target_worker_deployment_version_changed =
            run->task_started->target_worker_deployment_version_changed;
    }
    return activation;
}

struct wf_sdk_activation *wf_activation_new(struct wf_run *run)
{
    struct wf_sdk_activation *activation = activation_new(run);
    struct wf_sdk_job *jobs = sort_by_class(run);

    WF_ASSERT(run->jobs.count > 0);
    if (activation == NULL || jobs == NULL) {
        return NULL;
    }
    activation->jobs.items = jobs;
    activation->jobs.count = run->jobs.count;
    activation->parked_calls = run->rules->parked_calls == NULL ? 0 : run->rules->parked_calls(run);
    run->jobs = (struct wf_jobs){0};
    return activation;
}

struct wf_sdk_activation *wf_activation_of_queries(struct wf_run *run)
{
    const uint32_t count = run->task.query_count;
    struct wf_sdk_activation *activation = activation_new(run);
    struct wf_sdk_job *jobs = wf_run_take_step(run, count * sizeof *jobs);

    if (activation == NULL || jobs == NULL) {
        return NULL;
    }
    for (uint32_t i = 0; i < count; i++) {
        jobs[i].variant_case = WF_CASE_sdk_job_query_workflow;
        jobs[i].variant.query_workflow = &run->task.queries[i];
    }
    activation->is_replaying = true; /* queries are asked of the past (replay-rules 1.5, 1.12) */
    activation->jobs.items = jobs;
    activation->jobs.count = count;
    return activation;
}

void wf_eviction_init(struct wf_eviction *eviction, struct wf_string run_id,
                      enum wf_sdk_eviction_reason reason, struct wf_string message)
{
    memset(eviction, 0, sizeof *eviction);
    eviction->remove.reason = (int32_t)reason;
    eviction->remove.message = message;
    eviction->job.variant_case = WF_CASE_sdk_job_remove_from_cache;
    eviction->job.variant.remove_from_cache = &eviction->remove;
    eviction->activation.run_id = run_id;
    eviction->activation.jobs.items = &eviction->job;
    eviction->activation.jobs.count = 1;
}
