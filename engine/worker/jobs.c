/*
 * Jobs are queued as things happen and sorted by class when they leave: signals reach the code
 * before the results that came with them, patches before everything, local activities last
 * (replay-rules 1.8).
 */
#include "engine/base/assert.h"
#include "engine/base/hash.h"
#include "engine/worker/worker_run.h"

#define JOBS_FIRST_CAPACITY 8u

static bool make_room(struct wf_run *run)
{
    struct wf_jobs *jobs = &run->jobs;
    const uint32_t capacity = jobs->capacity == 0 ? JOBS_FIRST_CAPACITY : jobs->capacity * 2;
    struct wf_sdk_job *items = NULL;
    uint8_t *classes = NULL;

    if (jobs->count < jobs->capacity) {
        return true;
    }
    items = wf_arena_take_unset(run->step_arena, capacity * (sizeof *items + sizeof *classes));
    if (items == NULL) {
        run->is_full = true;
        return false;
    }
    classes = (uint8_t *)(items + capacity);
    if (jobs->count > 0) {
        memcpy(items, jobs->items, jobs->count * sizeof *items);
        memcpy(classes, jobs->classes, jobs->count * sizeof *classes);
    }
    jobs->items = items;
    jobs->classes = classes;
    jobs->capacity = capacity;
    return true;
}

void wf_jobs_push(struct wf_run *run, enum wf_job_class job_class, uint32_t variant_case,
                  void *variant)
{
    struct wf_jobs *jobs = &run->jobs;

    if (variant == NULL || !make_room(run)) {
        return;
    }
    jobs->items[jobs->count] = (struct wf_sdk_job){.variant_case = variant_case,
                                                   .variant = {.any = variant}};
    jobs->classes[jobs->count] = (uint8_t)job_class;
    jobs->count++;
}

/* ---- One function a job ---- */

static struct wf_sdk_namespaced_workflow_execution *parent_of(
    struct wf_run *run, const struct wf_event_workflow_execution_started *started)
{
    struct wf_sdk_namespaced_workflow_execution *parent = NULL;

    if (started->parent_workflow_execution == NULL) {
        return NULL;
    }
    parent = WF_RUN_NEW(run, struct wf_sdk_namespaced_workflow_execution);
    if (parent != NULL) {
        parent->namespace = started->parent_workflow_namespace;
        parent->workflow_id = started->parent_workflow_execution->workflow_id;
        parent->run_id = started->parent_workflow_execution->run_id;
    }
    return parent;
}

/* Of the run that was started first: a reset run draws the same up to the point of its reset, where it is told a new seed
 * (replay-rules 1.10). */
static uint64_t seed_of_start(const struct wf_run *run, const struct wf_event_workflow_execution_started *started)
{
    const struct wf_string original = started->original_execution_run_id;

    return original.size_bytes > 0 ? wf_randomness_seed(original.data, original.size_bytes)
                                   : wf_randomness_seed(run->run_id.data, run->run_id.size_bytes);
}

/* A field-by-field copy of the started event with two renamings (replay-rules 4.1). */
static void fill_initialize(struct wf_run *run, struct wf_sdk_initialize_workflow *job,
                            const struct wf_event_workflow_execution_started *started)
{
    job->workflow_type = wf_workflow_type_name(started->workflow_type);
    job->workflow_id = run->workflow_id;
    if (started->input != NULL) {
        wf_list_share(&job->arguments, &started->input->payloads);
    }
    job->randomness_seed = seed_of_start(run, started);
    if (started->header != NULL) {
        wf_list_share(&job->headers, &started->header->fields);
    }
    job->identity = started->identity;
    job->parent_workflow_info = parent_of(run, started);
    job->workflow_execution_timeout = started->workflow_execution_timeout;
    job->workflow_run_timeout = started->workflow_run_timeout;
    job->workflow_task_timeout = started->workflow_task_timeout;
    job->continued_from_execution_run_id = started->continued_execution_run_id;
    job->continued_initiator = started->initiator;
    job->continued_failure = started->continued_failure;
    job->last_completion_result = started->last_completion_result;
    job->first_execution_run_id = started->first_execution_run_id;
    job->retry_policy = started->retry_policy;
    job->attempt = started->attempt;
    job->cron_schedule = started->cron_schedule;
    job->workflow_execution_expiration_time = started->workflow_execution_expiration_time;
    job->cron_schedule_to_schedule_interval = started->first_workflow_task_backoff;
    job->memo = started->memo;
    job->search_attributes = started->search_attributes;
    job->root_workflow = started->root_workflow_execution;
    job->priority = started->priority;
}

void wf_job_initialize(struct wf_run *run, const struct wf_event *event)
{
    struct wf_sdk_initialize_workflow *job = WF_RUN_NEW(run, struct wf_sdk_initialize_workflow);

    if (job != NULL) {
        fill_initialize(run, job, event->attributes.workflow_execution_started);
        job->start_time = event->event_time;
    }
    wf_jobs_push(run, WF_JOB_INITIALIZE, WF_CASE_sdk_job_initialize_workflow, job);
}

void wf_job_signal(struct wf_run *run, const struct wf_event *event)
{
    const struct wf_event_workflow_execution_signaled *signaled =
        event->attributes.workflow_execution_signaled;
    struct wf_sdk_signal_workflow *job = WF_STEP_NEW(run, struct wf_sdk_signal_workflow);

    if (job != NULL) {
        job->signal_name = signaled->signal_name;
        job->identity = signaled->identity;
        job->originating_event_id = event->event_id;
        if (signaled->input != NULL) {
            wf_list_share(&job->input, &signaled->input->payloads);
        }
        if (signaled->header != NULL) {
            wf_list_share(&job->headers, &signaled->header->fields);
        }
    }
    wf_jobs_push(run, WF_JOB_SIGNAL_OR_UPDATE, WF_CASE_sdk_job_signal_workflow, job);
}

void wf_job_cancel(struct wf_run *run, const struct wf_event *event)
{
    struct wf_sdk_cancel_workflow *job = WF_STEP_NEW(run, struct wf_sdk_cancel_workflow);

    if (job != NULL) {
        job->reason = event->attributes.workflow_execution_cancel_requested->cause;
    }
    wf_jobs_push(run, run->rules->cancels_first ? WF_JOB_RANDOM_SEED : WF_JOB_OTHER, WF_CASE_sdk_job_cancel_workflow, job);
}

void wf_job_random_seed(struct wf_run *run, struct wf_string run_id)
{
    struct wf_sdk_update_random_seed *job = WF_STEP_NEW(run, struct wf_sdk_update_random_seed);

    if (job != NULL) {
        job->randomness_seed = wf_randomness_seed(run_id.data, run_id.size_bytes);
    }
    wf_jobs_push(run, WF_JOB_RANDOM_SEED, WF_CASE_sdk_job_update_random_seed, job);
}

void wf_job_patch(struct wf_run *run, struct wf_string patch_id)
{
    struct wf_sdk_notify_has_patch *job = WF_STEP_NEW(run, struct wf_sdk_notify_has_patch);

    if (job != NULL) {
        job->patch_id = patch_id;
    }
    wf_jobs_push(run, WF_JOB_PATCH, WF_CASE_sdk_job_notify_has_patch, job);
}

void wf_job_update(struct wf_run *run, const struct wf_update_request *request,
                   struct wf_string instance_id)
{
    struct wf_sdk_do_update *job = WF_STEP_NEW(run, struct wf_sdk_do_update);

    if (job != NULL) {
        job->protocol_instance_id = instance_id;
        job->run_validator = !run->is_replaying; /* replay-rules 1.13 */
        job->meta = request->meta;
        if (request->meta != NULL) {
            job->id = request->meta->update_id;
        }
        if (request->input != NULL) {
            job->name = request->input->name;
            if (request->input->args != NULL) {
                wf_list_share(&job->input, &request->input->args->payloads);
            }
            if (request->input->header != NULL) {
                wf_list_share(&job->headers, &request->input->header->fields);
            }
        }
    }
    wf_jobs_push(run, WF_JOB_SIGNAL_OR_UPDATE, WF_CASE_sdk_job_do_update, job);
}

/* All that a job of this kind is made of, taken in one piece. */
struct resolved_activity {
    struct wf_sdk_resolve_activity job;
    struct wf_sdk_activity_resolution result;
    struct wf_sdk_activity_failure outcome; /* the three outcomes have one shape up to the value */
};

void wf_job_resolve_activity(struct wf_run *run, const struct wf_machine *machine,
                             enum wf_resolution resolution, void *value)
{
    const bool is_local = machine->kind == WF_MACHINE_LOCAL_ACTIVITY;
    struct resolved_activity *resolved = WF_STEP_NEW(run, struct resolved_activity);

    if (resolved == NULL) {
        return;
    }
    resolved->job.seq = machine->seq;
    resolved->job.result = &resolved->result;
    resolved->job.is_local = is_local;
    resolved->result.status_case = resolution;
    resolved->result.status.any = &resolved->outcome;
    if (resolution == WF_RESOLVED_COMPLETED) {
        resolved->result.status.completed->result = value;
    } else if (resolution == WF_RESOLVED_CANCELLED) {
        resolved->result.status.cancelled->failure = value;
    } else {
        resolved->outcome.failure = value;
    }
    wf_jobs_push(run, is_local ? WF_JOB_LOCAL_ACTIVITY : WF_JOB_OTHER,
                 WF_CASE_sdk_job_resolve_activity, &resolved->job);
}
