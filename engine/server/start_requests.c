/*
 * Starting workflows: what the present run of the id and the policies of the request allow,
 * signal-with-start and update-with-start.
 *
 * Source: engine-semantics 5.2 "Signal-with-start", 7.1.
 */
#include "engine/base/assert.h"
#include "engine/server/change.h"

#define TERMINATED_REASON "TerminateIfRunning WorkflowIdReusePolicy"

/* A start as it is judged: the request, with a signal or not. */
struct start_case {
    const struct wf_svc_start_workflow *request;
    const struct wf_svc_signal_with_start *with_signal; /* NULL: without a signal */
    const struct wf_svc_update_workflow *with_update;   /* NULL: without an update */
    int32_t reuse_policy;
    int32_t conflict_policy;
};

/* ---- Validation and defaults ---- */

static const char *check_names(const struct wf_shard *shard,
                               const struct wf_svc_start_workflow *request)
{
    const size_t size_max = (size_t)shard->config->limits.id_bytes_max;

    if (request->workflow_id.size_bytes == 0 || request->workflow_id.size_bytes > size_max) {
        return "WorkflowId is not set on request or too long.";
    }
    if (request->workflow_type.size_bytes == 0 || request->workflow_type.size_bytes > size_max) {
        return "WorkflowType is not set on request or too long.";
    }
    if (request->task_queue.size_bytes == 0 || request->task_queue.size_bytes > size_max) {
        return "TaskQueue is not set on request or too long.";
    }
    if (request->request_id.size_bytes > size_max) {
        return "RequestId length exceeds limit.";
    }
    return NULL;
}

static const char *check_values(const struct wf_shard *shard,
                                const struct wf_svc_start_workflow *request)
{
    const struct wf_timestamp durations[] = {
        request->workflow_execution_timeout, request->workflow_run_timeout,
        request->workflow_task_timeout, request->workflow_start_delay};
    int64_t unused_ns = 0;
    const char *problem = NULL;

    for (size_t i = 0; i < sizeof durations / sizeof durations[0]; i++) {
        if (!wf_timeout_read(durations[i], &unused_ns)) {
            return "A timeout of the request is negative.";
        }
    }
    if (wf_payloads_size_bytes(request->input) > (size_t)shard->config->limits.blob_bytes_max) {
        return "Input exceeds size limit.";
    }
    if (wf_memo_is_too_large(&shard->config->limits, request->memo)) {
        return "Memo exceeds size limit.";
    }
    problem = wf_search_attributes_check(&shard->config->limits, request->search_attributes);
    if (problem != NULL) {
        return problem;
    }
    if (request->cron_schedule.size_bytes > 0) {
        problem = wf_time_of(request->workflow_start_delay) > 0
                      ? "CronSchedule and WorkflowStartDelay may not be used together."
                      : wf_cron_backoff(request->cron_schedule, shard->now_ns, shard->now_ns, &unused_ns);

        if (problem != NULL) {
            return problem;
        }
    }
    if (request->retry_policy != NULL) {
        struct wf_retry_policy policy = *request->retry_policy;

        return wf_retry_policy_complete(&policy);
    }
    return NULL;
}

/* 7.1: the deprecated reuse policy is a conflict policy in disguise. */
static const char *read_policies(struct start_case *start)
{
    start->reuse_policy = start->request->workflow_id_reuse_policy;
    start->conflict_policy = start->request->workflow_id_conflict_policy;
    if (start->request->parent != NULL &&
        start->reuse_policy == WF_WORKFLOW_ID_REUSE_POLICY_TERMINATE_IF_RUNNING) {
        /* 5.4 "Child id reuse": a running workflow always fails the start of a child. */
        start->reuse_policy = WF_WORKFLOW_ID_REUSE_POLICY_ALLOW_DUPLICATE;
    }
    if (start->reuse_policy == WF_WORKFLOW_ID_REUSE_POLICY_TERMINATE_IF_RUNNING) {
        if (start->conflict_policy != WF_WORKFLOW_ID_CONFLICT_POLICY_UNSPECIFIED) {
            return "WorkflowIdReusePolicy TERMINATE_IF_RUNNING cannot be combined with a "
                   "WorkflowIdConflictPolicy.";
        }
        start->reuse_policy = WF_WORKFLOW_ID_REUSE_POLICY_ALLOW_DUPLICATE;
        start->conflict_policy = WF_WORKFLOW_ID_CONFLICT_POLICY_TERMINATE_EXISTING;
    }
    if (start->reuse_policy == WF_WORKFLOW_ID_REUSE_POLICY_UNSPECIFIED) {
        start->reuse_policy = WF_WORKFLOW_ID_REUSE_POLICY_ALLOW_DUPLICATE;
    }
    if (start->conflict_policy == WF_WORKFLOW_ID_CONFLICT_POLICY_UNSPECIFIED) {
        start->conflict_policy = start->with_signal != NULL
                                     ? WF_WORKFLOW_ID_CONFLICT_POLICY_USE_EXISTING
                                     : WF_WORKFLOW_ID_CONFLICT_POLICY_FAIL;
    } else if (start->with_signal != NULL &&
               start->conflict_policy == WF_WORKFLOW_ID_CONFLICT_POLICY_FAIL) {
        return "WorkflowIdConflictPolicy FAIL cannot be used with signal-with-start.";
    }
    if (start->conflict_policy == WF_WORKFLOW_ID_CONFLICT_POLICY_TERMINATE_EXISTING &&
        start->reuse_policy == WF_WORKFLOW_ID_REUSE_POLICY_REJECT_DUPLICATE) {
        return "WorkflowIdReusePolicy REJECT_DUPLICATE cannot be combined with TERMINATE_EXISTING.";
    }
    return NULL;
}

/* 7.1 "Defaulting". */
static void fill_timeouts(const struct wf_shard *shard, const struct wf_svc_start_workflow *request,
                          struct wf_event_workflow_execution_started *started)
{
    const struct wf_service_limits *limits = &shard->config->limits;
    int64_t execution_ns = 0;
    int64_t run_ns = 0;
    int64_t task_ns = 0;
    int64_t delay_ns = 0;
    bool is_valid = wf_timeout_read(request->workflow_execution_timeout, &execution_ns);

    is_valid = wf_timeout_read(request->workflow_run_timeout, &run_ns) && is_valid;
    is_valid = wf_timeout_read(request->workflow_task_timeout, &task_ns) && is_valid;
    is_valid = wf_timeout_read(request->workflow_start_delay, &delay_ns) && is_valid;
    WF_ASSERT(is_valid);
    run_ns = wf_min_timeout(run_ns, execution_ns);
    task_ns = task_ns == 0 ? limits->workflow_task_timeout_ns : task_ns;
    task_ns = wf_min_timeout(task_ns, limits->workflow_task_timeout_ns_max);
    task_ns = wf_min_timeout(task_ns, run_ns);
    started->workflow_execution_timeout = wf_duration_of(execution_ns);
    started->workflow_run_timeout = wf_duration_of(run_ns);
    started->workflow_task_timeout = wf_duration_of(task_ns);
    started->first_workflow_task_backoff = wf_duration_of(delay_ns);
    if (execution_ns > 0) {
        /* 7.6: an absolute time, in whole milliseconds. */
        started->workflow_execution_expiration_time = wf_timestamp_of(
            wf_add_saturating(shard->now_ns, execution_ns) / WF_NS_PER_MS * WF_NS_PER_MS);
    }
}

/* 7.5: the first run waits for the schedule's first slot, as all after it do. */
static void fill_cron(const struct wf_shard *shard, const struct wf_svc_start_workflow *request,
                      struct wf_event_workflow_execution_started *started)
{
    int64_t backoff_ns = 0;
    const char *problem = NULL;

    if (request->cron_schedule.size_bytes == 0) {
        return;
    }
    problem = wf_cron_backoff(request->cron_schedule, shard->now_ns, shard->now_ns, &backoff_ns);
    WF_ASSERT(problem == NULL);
    started->cron_schedule = request->cron_schedule;
    started->initiator = WF_CONTINUE_AS_NEW_INITIATOR_CRON_SCHEDULE; /* 7.2 */
    started->first_workflow_task_backoff = wf_duration_of(backoff_ns);
}

static struct wf_event_workflow_execution_started *started_of(
    struct wf_shard *shard, const struct wf_svc_start_workflow *request)
{
    struct wf_arena *arena = &shard->step_arena;
    struct wf_event_workflow_execution_started *started = WF_ARENA_NEW(
        arena, struct wf_event_workflow_execution_started);
    struct wf_workflow_type *type = WF_ARENA_NEW(arena, struct wf_workflow_type);
    struct wf_task_queue *queue = WF_ARENA_NEW(arena, struct wf_task_queue);

    if (started == NULL || type == NULL || queue == NULL) {
        return NULL;
    }
    type->name = request->workflow_type;
    queue->name = request->task_queue;
    queue->kind = WF_TASK_QUEUE_KIND_NORMAL;
    started->workflow_type = type;
    started->task_queue = queue;
    started->input = request->input;
    started->identity = request->identity;
    started->attempt = 1;
    started->memo = request->memo;
    started->search_attributes = request->search_attributes;
    started->header = request->header;
    started->last_completion_result = request->last_completion_result;
    started->continued_failure = request->continued_failure;
    started->inherited_pinned_version = request->inherited_pinned_version;
    started->inherited_auto_upgrade_info = request->inherited_auto_upgrade_info;
    fill_timeouts(shard, request, started);
    fill_cron(shard, request, started);
    if (request->retry_policy != NULL) {
        const char *problem = NULL;

        started->retry_policy = WF_ARENA_NEW(arena, struct wf_retry_policy);
        if (started->retry_policy == NULL) {
            return NULL;
        }
        *started->retry_policy = *request->retry_policy;
        problem = wf_retry_policy_complete(started->retry_policy);
        WF_ASSERT(problem == NULL);
    }
    return started;
}

/* ---- The outcomes ---- */

/* 8.7 "child start": the start of a child whose chain has gone on since. */
static bool is_child_of(const struct wf_shard_run *run, const struct start_case *start)
{
    return start->request->parent != NULL && run != NULL &&
           wf_is_parent(run, start->request->parent) &&
           run->start->parent_initiated_event_id == start->request->parent_initiated_event_id;
}

/* 7.13: both are starts of one schedule. */
static bool is_of_schedule(const struct wf_shard *shard, const struct wf_shard_run *run, const struct start_case *start)
{
    const struct wf_schedule_link *link = start->request->schedule_link;
    const struct wf_schedule_link *known = run == NULL ? NULL : run->start->schedule_link;

    return !wf_is_planted(shard->config, WF_PLANT_NO_REQUEST_DEDUP) && link != NULL && known != NULL &&
           wf_string_equal(link->schedule_id, known->schedule_id) && link->created_ns == known->created_ns;
}

/* The start of an action whose chain may have gone on since. */
static bool is_action_of(const struct wf_shard *shard, const struct wf_shard_run *run, const struct start_case *start)
{
    return is_of_schedule(shard, run, start) &&
           start->request->schedule_link->action_id == run->start->schedule_link->action_id;
}

/* An action that began after this one has its workflow id: this start is a late copy, or was overtaken and has lost its place. */
static bool is_overtaken(const struct wf_shard *shard, const struct wf_shard_run *run, const struct start_case *start)
{
    return is_of_schedule(shard, run, start) &&
           start->request->schedule_link->action_id < run->start->schedule_link->action_id;
}

static void give_existing(struct wf_shard *shard, struct wf_workflow *workflow, struct wf_shard_run *run,
                          const struct wf_operation *operation, const struct start_case *start, bool is_started)
{
    if (start->with_update != NULL) {
        wf_update_run(shard, workflow, run, operation->call_id, start->with_update);
        return;
    }
    wf_reply_give(shard, operation->call_id, workflow, NULL,
                  &(struct wf_reply_plan){.kind = WF_REPLY_STARTED,
                                          .flag = is_started,
                                          .run_id = workflow->current_run_id});
}

static void refuse_existing(struct wf_shard *shard, const struct wf_workflow *workflow,
                            const struct wf_operation *operation, const char *message)
{
    struct wf_svc_response *response = wf_shard_answer(shard, operation->call_id,
                                                       WF_CALL_ALREADY_STARTED, message);

    if (response != NULL) {
        response->existing_run_id = wf_string_copy(&shard->step_arena,
                                                   wf_run_id_string(&workflow->current_run_id));
    }
}

/* The signal of a signal-with-start, as a signal of its own. */
static struct wf_svc_signal_workflow signal_of(const struct start_case *start)
{
    return (struct wf_svc_signal_workflow){.signal_name = start->with_signal->signal_name,
                                           .input = start->with_signal->signal_input,
                                           .identity = start->request->identity,
                                           .request_id = start->request->request_id,
                                           .header = start->with_signal->signal_header};
}

/* A new run, with its signal when there is one. NULL when memory is gone. */
static struct wf_shard_run *prepare(struct wf_shard *shard, struct wf_workflow *workflow,
                                    const struct start_case *start, struct wf_change *change)
{
    struct wf_event_workflow_execution_started *started = started_of(shard, start->request);
    const struct wf_parent_link link = {
        .parent = start->request->parent,
        .root = start->request->root,
        .initiated_event_id = start->request->parent_initiated_event_id,
        .shard_clock = start->request->parent_shard_clock,
        .is_held = start->request->parent != NULL,
        .id_reuse_policy = start->reuse_policy,
        .id_conflict_policy = start->conflict_policy,
        .schedule_link = start->request->schedule_link};
    struct wf_shard_run *run = started == NULL
                                   ? NULL
                                   : wf_execution_new(change, shard, workflow, started,
                                                      start->request->request_id, &link);

    if (run != NULL && start->with_signal != NULL) {
        const struct wf_svc_signal_workflow signal = signal_of(start);
        const bool is_signaled = wf_execution_step(
            change, WF_EXECUTION_SIGNAL, &(struct wf_execution_details){.signal = &signal});

        WF_ASSERT(is_signaled);
    }
    return run;
}

/* The update that comes with a start begins once the run is there. False when memory is gone. */
static bool plan_update(struct wf_shard *shard, const struct start_case *start, struct wf_reply_plan *reply)
{
    if (start->with_update == NULL) {
        return true;
    }
    reply->kind = WF_REPLY_UPDATE;
    return wf_keep_message(shard, &wf_type_svc_update_workflow, start->with_update, &reply->update,
                           &reply->update_bytes);
}

static void create(struct wf_shard *shard, struct wf_workflow *workflow,
                   struct wf_operation *operation, const struct start_case *start)
{
    struct wf_change change = {0};
    struct wf_shard_run *created = prepare(shard, workflow, start, &change);
    struct wf_reply_plan reply = {.kind = WF_REPLY_STARTED,
                                  .flag = true,
                                  .has_clock = start->request->parent != NULL};

    if (created == NULL) {
        return;
    }
    reply.run_id = created->id;
    if (!plan_update(shard, start, &reply)) {
        return;
    }
    if (workflow->current == WF_CURRENT_NONE) {
        wf_change_create(&change, operation, &reply, WF_CURRENT_MUST_NOT_EXIST,
                         (struct wf_string){0});
    } else {
        wf_change_create(
            &change, operation, &reply, WF_CURRENT_IS_CLOSED_RUN,
            wf_string_copy(&shard->step_arena, wf_run_id_string(&workflow->current_run_id)));
    }
}

/* Row 6: the end of the old run and the new one are one transaction. */
static void replace(struct wf_shard *shard, struct wf_workflow *workflow, struct wf_shard_run *run,
                    struct wf_operation *operation, const struct start_case *start)
{
    struct wf_change *created = WF_ARENA_NEW(&shard->step_arena, struct wf_change);
    struct wf_change change = {0};
    struct wf_reply_plan reply = {.kind = WF_REPLY_STARTED, .flag = true};
    struct wf_payloads details = {0};
    struct wf_payload *payload = WF_LIST_APPEND(&shard->step_arena, details.payloads);
    struct wf_entry_string *encoding = payload == NULL
                                           ? NULL
                                           : WF_LIST_APPEND(&shard->step_arena, payload->metadata);
    struct wf_buffer text = {0};

    wf_change_init(&change, shard, workflow, run);
    change.successor = created == NULL ? NULL : prepare(shard, workflow, start, created);
    change.successor_change = created;
    if (change.successor == NULL || encoding == NULL) {
        return;
    }
    wf_buffer_init(&text, &shard->step_arena);
    wf_buffer_printf(&text, "\"terminated by new runID: %S\"",
                     &(struct wf_string){change.successor->id.text, WF_RUN_ID_BYTES});
    encoding->key = WF_STR("encoding");
    encoding->value = WF_STR("json/plain");
    payload->data = wf_buffer_string(&text);
    reply.run_id = change.successor->id;
    if (!plan_update(shard, start, &reply)) {
        return;
    }
    wf_execution_terminate(&change, WF_STR(TERMINATED_REASON), &details,
                           WF_STR(WF_HISTORY_SERVICE));
    wf_change_commit(&change, operation, &reply);
}

static bool has_signal_request(const struct wf_shard_run *run, struct wf_string request_id)
{
    for (uint32_t i = 0; i < run->state->signal_request_ids.count; i++) {
        if (wf_string_equal(run->state->signal_request_ids.items[i], request_id)) {
            return true;
        }
    }
    return false;
}

/* Rows 2 and 3: the request that made the current run, or was attached to it. */
static bool is_repeated(const struct wf_shard *shard, const struct wf_workflow *workflow,
                        const struct wf_shard_run *run, const struct start_case *start,
                        bool *is_started)
{
    const struct wf_string request_id = start->request->request_id;

    if (wf_is_planted(shard->config, WF_PLANT_NO_REQUEST_DEDUP) || request_id.size_bytes == 0) {
        return false;
    }
    if (wf_string_equal(workflow->current_request_id, request_id)) {
        *is_started = true;
        return true;
    }
    *is_started = false;
    return start->with_signal == NULL && run != NULL && has_signal_request(run, request_id);
}

/* Rows 8 and 9. */
static bool may_reuse(const struct wf_workflow *workflow, int32_t reuse_policy)
{
    switch (reuse_policy) {
    case WF_WORKFLOW_ID_REUSE_POLICY_ALLOW_DUPLICATE:
        return true;
    case WF_WORKFLOW_ID_REUSE_POLICY_ALLOW_DUPLICATE_FAILED_ONLY:
        return workflow->current_status == WF_WORKFLOW_EXECUTION_STATUS_FAILED ||
               workflow->current_status == WF_WORKFLOW_EXECUTION_STATUS_CANCELED ||
               workflow->current_status == WF_WORKFLOW_EXECUTION_STATUS_TERMINATED ||
               workflow->current_status == WF_WORKFLOW_EXECUTION_STATUS_TIMED_OUT;
    default:
        return false;
    }
}

static void signal_existing(struct wf_shard *shard, struct wf_workflow *workflow,
                            struct wf_shard_run *run, struct wf_operation *operation,
                            const struct start_case *start)
{
    const struct wf_svc_signal_workflow signal = signal_of(start);

    /* 5.2: on this path a task is scheduled even in backoff. */
    wf_signal_run(shard, workflow, run, operation, &signal, true);
}

static void decide(struct wf_shard *shard, struct wf_workflow *workflow, struct wf_shard_run *run,
                   struct wf_operation *operation, const struct start_case *start)
{
    const bool is_open = workflow->current == WF_CURRENT_KNOWN &&
                         workflow->current_status == WF_WORKFLOW_EXECUTION_STATUS_RUNNING;
    bool is_started = false;

    WF_ASSERT(workflow->current != WF_CURRENT_UNKNOWN);
    if (workflow->current == WF_CURRENT_NONE) {
        create(shard, workflow, operation, start);
        return;
    }
    if (is_child_of(run, start) || is_action_of(shard, run, start)) {
        wf_reply_give(shard, operation->call_id, workflow, NULL,
                      &(struct wf_reply_plan){.kind = WF_REPLY_STARTED,
                                              .flag = true,
                                              .has_clock = true,
                                              .run_id = run->first_id});
        return;
    }
    if (is_overtaken(shard, run, start)) {
        refuse_existing(shard, workflow, operation, "A later action of the schedule has the workflow.");
        return;
    }
    /* 7.8: an update that is known is joined, whatever the policies say. */
    if (start->with_update != NULL && run != NULL && wf_update_is_known(run, start->with_update)) {
        wf_update_run(shard, workflow, run, operation->call_id, start->with_update);
        return;
    }
    if (is_repeated(shard, workflow, run, start, &is_started)) {
        give_existing(shard, workflow, run, operation, start, is_started);
        return;
    }
    if (!is_open) {
        if (may_reuse(workflow, start->reuse_policy)) {
            create(shard, workflow, operation, start);
        } else {
            refuse_existing(shard, workflow, operation, "Workflow execution already finished.");
        }
        return;
    }
    WF_ASSERT(run != NULL);
    switch (start->conflict_policy) {
    case WF_WORKFLOW_ID_CONFLICT_POLICY_TERMINATE_EXISTING:
        replace(shard, workflow, run, operation, start);
        break;
    case WF_WORKFLOW_ID_CONFLICT_POLICY_USE_EXISTING:
        if (start->with_signal != NULL) {
            signal_existing(shard, workflow, run, operation, start);
        } else {
            give_existing(shard, workflow, run, operation, start, false);
        }
        break;
    default:
        refuse_existing(shard, workflow, operation, "Workflow execution is already running.");
        break;
    }
}

static void judge(struct wf_shard *shard, struct wf_workflow *workflow, struct wf_shard_run *run,
                  struct wf_operation *operation, struct start_case *start)
{
    const char *problem = check_names(shard, start->request);

    problem = problem != NULL ? problem : check_values(shard, start->request);
    problem = problem != NULL ? problem : read_policies(start);
    if (problem != NULL) {
        wf_refuse(shard, operation, WF_CALL_INVALID_ARGUMENT, problem);
        return;
    }
    decide(shard, workflow, run, operation, start);
}

WF_OPERATION(start)
{
    struct start_case start = {.request = operation->request->call.start_workflow};

    judge(shard, workflow, run, operation, &start);
}

WF_OPERATION(signal_with_start)
{
    struct start_case start = {.request = operation->request->call.signal_with_start->start,
                               .with_signal = operation->request->call.signal_with_start};
    const struct wf_svc_signal_workflow signal = signal_of(&start);
    const char *problem = wf_signal_name_problem(shard, signal.signal_name);

    problem = problem != NULL ? problem : wf_signal_size_problem(shard, &signal);
    if (problem != NULL) {
        wf_refuse(shard, operation, WF_CALL_INVALID_ARGUMENT, problem);
        return;
    }
    judge(shard, workflow, run, operation, &start);
}

WF_OPERATION(update_with_start)
{
    const struct wf_svc_update_with_start *request = operation->request->call.update_with_start;
    struct start_case start = {.request = request->start, .with_update = request->update};
    const char *problem = wf_update_check(shard, request->update);

    if (problem != NULL) {
        wf_refuse(shard, operation, WF_CALL_INVALID_ARGUMENT, problem);
        return;
    }
    judge(shard, workflow, run, operation, &start);
}
