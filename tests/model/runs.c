/*
 * Runs: started, cancelled, terminated, closed, followed by the next run of their chain.
 *
 * Source: engine-semantics 5.2 "Signal-with-start", 7.1 to 7.4, 7.6, 7.7.
 */
#include <stdlib.h>

#include "tests/model/transaction.h"

/* ---- A new run ---- */

/* Started of a run, before its state is made from it. */
struct birth {
    struct wf_event_workflow_execution_started started;
    struct wf_string run_id;
    struct wf_string create_request_id;
    int64_t backoff_ns;
    int64_t expiration_ns; /* of the chain; 0: never */
    int64_t parent_shard_clock;
    bool is_held; /* a child: its parent lets it begin (5.4 step 2) */
    struct wf_schedule_link *schedule_link; /* 7.13: of the action that it is; NULL: none */
};

struct model_workflow *model_workflow_get(struct model *model, struct wf_string id)
{
    struct model_workflow *workflow = model_workflow_find(model, id);

    if (workflow == NULL) {
        workflow = WF_ARENA_NEW(&model->arena, struct model_workflow);
        if (workflow == NULL) {
            abort();
        }
        workflow->id = wf_string_copy(&model->arena, id);
        wf_map_set(&model->workflows, workflow->id, workflow);
    }
    return workflow;
}

static struct wf_state_start *start_of(struct model_transaction *tx, const struct birth *birth)
{
    const struct wf_event_workflow_execution_started *started = &birth->started;
    struct wf_state_start start = {.workflow_id = started->workflow_id,
                                   .run_id = birth->run_id,
                                   .first_run_id = started->first_execution_run_id,
                                   .workflow_type = started->workflow_type->name,
                                   .task_queue = started->task_queue->name,
                                   .create_request_id = birth->create_request_id,
                                   .execution_timeout_ns = wf_time_of(started->workflow_execution_timeout),
                                   .run_timeout_ns = wf_time_of(started->workflow_run_timeout),
                                   .task_timeout_ns = wf_time_of(started->workflow_task_timeout),
                                   .execution_expiration_ns = birth->expiration_ns,
                                   .start_time_ns = tx->now_ns,
                                   .first_task_time_ns = tx->now_ns + birth->backoff_ns,
                                   .attempt = started->attempt,
                                   .cron_schedule = started->cron_schedule,
                                   .retry_policy = started->retry_policy,
                                   .parent = started->parent_workflow_execution,
                                   .parent_initiated_event_id = started->parent_initiated_event_id,
                                   .root = started->root_workflow_execution,
                                   .schedule_link = birth->schedule_link};
    struct wf_event_workflow_execution_started copy = *started;

    start.started = &copy;
    if (start.run_timeout_ns != 0) {
        start.run_expiration_ns = start.first_task_time_ns + start.run_timeout_ns;
    }
    if (birth->expiration_ns != 0 &&
        (start.run_expiration_ns == 0 || birth->expiration_ns < start.run_expiration_ns)) {
        start.run_expiration_ns = birth->expiration_ns;
    }
    return wf_message_copy(&tx->model->arena, &wf_type_state_start, &start);
}

struct model_run *model_run_new(struct model *model)
{
    struct model_run *run = WF_ARENA_NEW(&model->arena, struct model_run);

    if (run == NULL) {
        abort();
    }
    wf_arena_init(&run->arenas[0], wf_system_blocks(), 0);
    wf_arena_init(&run->arenas[1], wf_system_blocks(), 0);
    return run;
}

/* Begins the transaction of a new run. The run joins its workflow when that is committed. */
static void bear(struct model_transaction *tx, struct model *model, const struct birth *birth)
{
    struct model_run *run = model_run_new(model);
    struct wf_event_workflow_execution_started *event = NULL;

    tx->model = model;
    tx->arena = &model->step_arena;
    tx->workflow = model_workflow_get(model, birth->started.workflow_id);
    tx->run = run;
    tx->is_new = true;
    tx->start = start_of(tx, birth);
    run->start = tx->start;
    tx->state = MODEL_NEW(tx, struct wf_state_run);
    tx->state->next_event_id = 1;
    tx->state->next_task_attempt = 1;
    tx->state->status = WF_WORKFLOW_EXECUTION_STATUS_RUNNING;
    tx->state->memo = birth->started.memo;
    tx->state->search_attributes = birth->started.search_attributes;
    tx->state->is_in_backoff = birth->backoff_ns > 0;
    tx->state->is_held = birth->is_held;
    model_version_begin(tx, &birth->started);
    event = model_event(tx, WF_EVENT_TYPE_WORKFLOW_EXECUTION_STARTED);
    *event = birth->started;
    event->first_workflow_task_backoff = wf_duration_of(birth->backoff_ns);
    tx->wants_task = birth->backoff_ns == 0 && !birth->is_held;
}

static struct wf_workflow_type *type_of(struct model_transaction *tx, struct wf_string name)
{
    struct wf_workflow_type *type = MODEL_NEW(tx, struct wf_workflow_type);

    type->name = name;
    return type;
}

static struct wf_task_queue *queue_of(struct model_transaction *tx, struct wf_string name)
{
    struct wf_task_queue *queue = MODEL_NEW(tx, struct wf_task_queue);

    queue->name = name;
    queue->kind = WF_TASK_QUEUE_KIND_NORMAL;
    return queue;
}

/* 7.1 "Defaulting". */
static void fill_timeouts(struct model_transaction *tx, struct birth *birth, const struct wf_svc_start_workflow *request)
{
    const struct wf_service_limits *limits = &tx->model->limits;
    int64_t execution_ns = 0;
    int64_t run_ns = 0;
    int64_t task_ns = 0;

    model_duration(request->workflow_execution_timeout, &execution_ns);
    model_duration(request->workflow_run_timeout, &run_ns);
    model_duration(request->workflow_task_timeout, &task_ns);
    model_duration(request->workflow_start_delay, &birth->backoff_ns);
    run_ns = model_min_timeout(run_ns, execution_ns);
    task_ns = model_task_timeout(limits, task_ns, run_ns);
    birth->started.workflow_execution_timeout = wf_duration_of(execution_ns);
    birth->started.workflow_run_timeout = wf_duration_of(run_ns);
    birth->started.workflow_task_timeout = wf_duration_of(task_ns);
    if (execution_ns != 0) {
        birth->expiration_ns = (tx->now_ns + execution_ns) / WF_NS_PER_MS * WF_NS_PER_MS; /* 7.6 "ms rounded" */
        birth->started.workflow_execution_expiration_time = wf_timestamp_of(birth->expiration_ns);
    }
}

static void fill_birth(struct model_transaction *tx, struct birth *birth, const struct wf_svc_start_workflow *request)
{
    struct wf_event_workflow_execution_started *started = &birth->started;

    birth->run_id = tx->given == NULL ? (struct wf_string){0} : tx->given->new_run_id;
    birth->create_request_id = request->request_id;
    birth->parent_shard_clock = request->parent_shard_clock;
    birth->is_held = request->parent != NULL;
    birth->schedule_link = request->schedule_link;
    fill_timeouts(tx, birth, request);
    started->workflow_id = request->workflow_id;
    started->workflow_type = type_of(tx, request->workflow_type);
    started->task_queue = queue_of(tx, request->task_queue);
    started->input = request->input;
    started->identity = request->identity;
    started->original_execution_run_id = birth->run_id;
    started->first_execution_run_id = birth->run_id;
    started->attempt = 1;
    started->cron_schedule = request->cron_schedule;
    if (request->cron_schedule.size_bytes > 0) {
        started->initiator = WF_CONTINUE_AS_NEW_INITIATOR_CRON_SCHEDULE; /* 7.2 */
        model_cron_backoff(request->cron_schedule, tx->now_ns, tx->now_ns, &birth->backoff_ns);
    }
    started->memo = request->memo;
    started->search_attributes = request->search_attributes;
    started->header = request->header;
    started->last_completion_result = request->last_completion_result;
    started->continued_failure = request->continued_failure;
    started->inherited_pinned_version = request->inherited_pinned_version;
    started->inherited_auto_upgrade_info = request->inherited_auto_upgrade_info;
    if (request->retry_policy != NULL) {
        started->retry_policy = wf_message_copy(tx->arena, &wf_type_retry_policy, request->retry_policy);
        model_policy_complete(started->retry_policy);
    }
    if (request->parent != NULL) {
        started->parent_workflow_namespace = WF_STR(MODEL_NAMESPACE);
        started->parent_workflow_namespace_id = WF_STR(MODEL_NAMESPACE_ID);
        started->parent_workflow_execution = request->parent;
        started->parent_initiated_event_id = request->parent_initiated_event_id;
        started->root_workflow_execution = request->root;
    }
}

/* ---- Closing ---- */

void model_close(struct model_transaction *tx, enum wf_workflow_execution_status status)
{
    tx->state->status = (int32_t)status;
    tx->state->close_time_ns = tx->now_ns;
    tx->state->is_in_backoff = false;
    tx->state->is_held = false;
    tx->state->is_paused = false;
    tx->state->activities.count = 0; /* nobody waits for them any more; children have a policy */
    tx->state->timers.count = 0;
    tx->state->external_signals.count = 0;
    tx->state->external_cancels.count = 0;
    tx->state->nexus_operations.count = 0;
    tx->is_closing = true;
    tx->wants_task = false;
}

/* 3.5: a started task fails first, and what waited for its end becomes history. */
static void end_task(struct model_transaction *tx)
{
    if (tx->state->workflow_task != NULL && tx->state->workflow_task->started_event_id != 0) {
        model_force_task_failed(tx);
    }
    model_flush(tx);
}

void model_terminate_run(struct model_transaction *tx, struct wf_string reason, struct wf_payloads *details,
                         struct wf_string identity)
{
    struct wf_event_workflow_execution_terminated *event = NULL;

    end_task(tx);
    event = model_event(tx, WF_EVENT_TYPE_WORKFLOW_EXECUTION_TERMINATED);
    event->reason = reason;
    event->details = details;
    event->identity = identity;
    model_close(tx, WF_WORKFLOW_EXECUTION_STATUS_TERMINATED);
}

/* 7.3: the runs of one chain begin at least a second apart. */
static int64_t chain_backoff(const struct model_transaction *tx, int64_t requested_ns)
{
    const int64_t age_ns = tx->now_ns - tx->start->first_task_time_ns;
    const int64_t lifetime_ns = age_ns > 0 ? age_ns : 0; /* a run that was woken in its backoff has none */
    const int64_t interval_ns = tx->model->limits.run_interval_ns_min;

    return lifetime_ns + requested_ns < interval_ns ? interval_ns - lifetime_ns : requested_ns;
}

/* The next run of the chain, from the Started of this one. */
static struct birth next_of(struct model_transaction *tx, enum wf_continue_as_new_initiator initiator,
                            int64_t requested_backoff_ns)
{
    struct birth birth = {.started = *tx->start->started};

    birth.run_id = tx->given == NULL ? (struct wf_string){0} : tx->given->new_run_id;
    birth.create_request_id = tx->given == NULL ? (struct wf_string){0} : tx->given->new_request_id;
    birth.backoff_ns = chain_backoff(tx, requested_backoff_ns);
    birth.expiration_ns = tx->start->execution_expiration_ns;
    birth.schedule_link = tx->start->schedule_link;
    birth.started.workflow_id = tx->start->workflow_id;
    if (birth.expiration_ns != 0) {
        birth.started.workflow_execution_expiration_time = wf_timestamp_of(birth.expiration_ns); /* a reset moves it */
    }
    birth.started.continued_execution_run_id = tx->start->run_id;
    birth.started.original_execution_run_id = birth.run_id;
    birth.started.first_execution_run_id = tx->start->first_run_id;
    birth.started.initiator = (int32_t)initiator;
    birth.started.identity = (struct wf_string){0}; /* nobody called */
    return birth;
}

static void add_successor(struct model_transaction *tx, const struct birth *birth)
{
    struct model_transaction *next = MODEL_NEW(tx, struct model_transaction);

    next->operation = tx->operation;
    next->given = tx->given;
    next->outcome = tx->outcome;
    next->now_ns = tx->now_ns;
    bear(next, tx->model, birth);
    tx->successor = next;
}

void model_continue_run(struct model_transaction *tx,
                        const struct wf_command_continue_as_new_workflow_execution *command, int64_t completed_event_id)
{
    int64_t requested_ns = 0;
    int64_t run_ns = 0;
    int64_t task_ns = 0;
    struct birth birth = {0};
    struct wf_event_workflow_execution_continued_as_new *event = NULL;
    struct wf_event_workflow_execution_started *started = &birth.started;

    model_duration(command->backoff_start_interval, &requested_ns);
    model_duration(command->workflow_run_timeout, &run_ns);
    model_duration(command->workflow_task_timeout, &task_ns);
    birth = next_of(tx, WF_CONTINUE_AS_NEW_INITIATOR_WORKFLOW, requested_ns);
    run_ns = run_ns == 0 ? tx->start->run_timeout_ns : run_ns;
    run_ns = model_min_timeout(run_ns, tx->start->execution_timeout_ns);
    task_ns = task_ns == 0 ? tx->start->task_timeout_ns : task_ns;
    task_ns = model_task_timeout(&tx->model->limits, task_ns, run_ns);
    started->workflow_type = type_of(tx, wf_workflow_type_name(command->workflow_type).size_bytes == 0
                                             ? tx->start->workflow_type
                                             : command->workflow_type->name);
    started->task_queue = queue_of(tx, command->task_queue == NULL || command->task_queue->name.size_bytes == 0
                                           ? tx->start->task_queue
                                           : command->task_queue->name);
    started->input = command->input;
    started->workflow_run_timeout = wf_duration_of(run_ns);
    started->workflow_task_timeout = wf_duration_of(task_ns);
    started->attempt = 1;
    started->header = command->header;
    started->memo = command->memo;
    started->search_attributes = command->search_attributes;
    started->cron_schedule = command->cron_schedule;
    started->last_completion_result = command->last_completion_result;
    started->continued_failure = command->failure;
    started->retry_policy = NULL;
    if (command->retry_policy != NULL) {
        started->retry_policy = wf_message_copy(tx->arena, &wf_type_retry_policy, command->retry_policy);
        model_policy_complete(started->retry_policy);
    }
    model_version_continue(tx, command, started);
    event = model_event(tx, WF_EVENT_TYPE_WORKFLOW_EXECUTION_CONTINUED_AS_NEW);
    event->new_execution_run_id = birth.run_id;
    event->workflow_type = started->workflow_type;
    event->task_queue = started->task_queue;
    event->input = command->input;
    event->workflow_run_timeout = started->workflow_run_timeout;
    event->workflow_task_timeout = started->workflow_task_timeout;
    event->workflow_task_completed_event_id = completed_event_id;
    event->backoff_start_interval = wf_duration_of(birth.backoff_ns);
    event->initiator = WF_CONTINUE_AS_NEW_INITIATOR_WORKFLOW;
    event->last_completion_result = command->last_completion_result;
    event->header = command->header;
    event->memo = command->memo;
    event->search_attributes = command->search_attributes;
    event->initial_versioning_behavior = command->initial_versioning_behavior;
    model_close(tx, WF_WORKFLOW_EXECUTION_STATUS_CONTINUED_AS_NEW);
    add_successor(tx, &birth);
}

/* 7.4. Returns the state to record; IN_PROGRESS: a next run was made, whose id is *new_run_id. */
static enum wf_retry_state retry_run(struct model_transaction *tx, struct wf_failure *failure, bool is_timeout,
                                     struct wf_string *new_run_id)
{
    const struct model_retry retry = {.policy = tx->start->retry_policy,
                                      .failure = failure,
                                      .attempt = tx->start->attempt,
                                      .expiration_ns = tx->start->execution_expiration_ns,
                                      .is_workflow = true};
    int64_t interval_ns = 0;
    const enum wf_retry_state state = model_retry_decide(&retry, tx->now_ns, &interval_ns);
    struct birth birth = {0};

    if (state != WF_RETRY_STATE_IN_PROGRESS) {
        return state;
    }
    birth = next_of(tx, WF_CONTINUE_AS_NEW_INITIATOR_RETRY, interval_ns);
    birth.started.attempt = tx->start->attempt + 1;
    model_version_repeat(tx, &birth.started, true);
    birth.started.continued_failure = failure;
    if (!is_timeout) {
        birth.started.last_completion_result = NULL; /* 7.4 QUIRK */
    }
    *new_run_id = birth.run_id;
    add_successor(tx, &birth);
    return state;
}

/* 7.5: the schedule goes on with the next slot. */
static void repeat_by_cron(struct model_transaction *tx, struct wf_failure *failure, struct wf_string *new_run_id)
{
    int64_t backoff_ns = 0;
    struct birth birth = {0};

    if (tx->start->cron_schedule.size_bytes == 0 ||
        !model_cron_backoff(tx->start->cron_schedule, tx->start->first_task_time_ns, tx->now_ns, &backoff_ns)) {
        return;
    }
    birth = next_of(tx, WF_CONTINUE_AS_NEW_INITIATOR_CRON_SCHEDULE, backoff_ns);
    birth.started.attempt = 1;
    model_version_repeat(tx, &birth.started, false);
    birth.started.continued_failure = failure;
    if (failure == NULL) {
        birth.started.last_completion_result = tx->state->result; /* a failed run's are carried on */
    }
    *new_run_id = birth.run_id;
    add_successor(tx, &birth);
}

void model_complete_run(struct model_transaction *tx, struct wf_payloads *result, int64_t completed_event_id)
{
    struct wf_event_workflow_execution_completed *event = model_event(tx, WF_EVENT_TYPE_WORKFLOW_EXECUTION_COMPLETED);

    event->result = result;
    event->workflow_task_completed_event_id = completed_event_id;
    tx->state->result = result;
    repeat_by_cron(tx, NULL, &event->new_execution_run_id);
    model_close(tx, WF_WORKFLOW_EXECUTION_STATUS_COMPLETED);
}

/* Retry is considered before cron. */
static enum wf_retry_state retry_or_repeat(struct model_transaction *tx, struct wf_failure *failure, bool is_timeout,
                                           struct wf_string *new_run_id)
{
    const enum wf_retry_state state = retry_run(tx, failure, is_timeout, new_run_id);

    if (state != WF_RETRY_STATE_IN_PROGRESS) {
        repeat_by_cron(tx, failure, new_run_id);
    }
    return state;
}

void model_fail_run(struct model_transaction *tx, struct wf_failure *failure, int64_t completed_event_id)
{
    struct wf_event_workflow_execution_failed *event = model_event(tx, WF_EVENT_TYPE_WORKFLOW_EXECUTION_FAILED);

    event->failure = failure;
    event->workflow_task_completed_event_id = completed_event_id;
    tx->state->failure = failure;
    event->retry_state = (int32_t)retry_or_repeat(tx, failure, false, &event->new_execution_run_id);
    model_close(tx, WF_WORKFLOW_EXECUTION_STATUS_FAILED);
}

/* The words of the failure that the next run sees are the engine's. */
static struct wf_string given_timeout_message(const struct model_transaction *tx)
{
    const struct wf_failure *failure = NULL;

    if (tx->given == NULL || tx->given->new_event_count == 0) {
        return (struct wf_string){0};
    }
    failure = tx->given->new_events[0].attributes.workflow_execution_started->continued_failure;
    return failure == NULL ? (struct wf_string){0} : failure->message;
}

void model_expire_run(struct model_transaction *tx)
{
    struct wf_failure *failure = model_timeout_failure(tx, WF_TIMEOUT_TYPE_START_TO_CLOSE);
    struct wf_event_workflow_execution_timed_out *event = NULL;

    failure->message = given_timeout_message(tx);
    end_task(tx);
    event = model_event(tx, WF_EVENT_TYPE_WORKFLOW_EXECUTION_TIMED_OUT);
    if (tx->start->execution_expiration_ns != 0 && tx->start->execution_expiration_ns <= tx->now_ns) {
        event->retry_state = WF_RETRY_STATE_TIMEOUT; /* 7.6: never a new run */
    } else {
        event->retry_state = (int32_t)retry_or_repeat(tx, failure, true, &event->new_execution_run_id);
    }
    model_close(tx, WF_WORKFLOW_EXECUTION_STATUS_TIMED_OUT);
}

/* ---- Starting (7.1) ---- */

static bool is_parent(const struct model_run *run, const struct wf_workflow_execution *caller)
{
    const struct wf_workflow_execution *parent = run->start->parent;

    return parent != NULL && caller != NULL && wf_string_equal(parent->workflow_id, caller->workflow_id) &&
           wf_string_equal(parent->run_id, caller->run_id);
}


struct policies {
    int32_t reuse;
    int32_t conflict;
};

static bool read_policies(const struct wf_svc_start_workflow *request, bool has_signal, struct policies *policies)
{
    policies->reuse = request->workflow_id_reuse_policy == WF_WORKFLOW_ID_REUSE_POLICY_UNSPECIFIED
                          ? WF_WORKFLOW_ID_REUSE_POLICY_ALLOW_DUPLICATE
                          : request->workflow_id_reuse_policy;
    policies->conflict = request->workflow_id_conflict_policy;
    if (has_signal && policies->conflict == WF_WORKFLOW_ID_CONFLICT_POLICY_FAIL) {
        return false;
    }
    if (policies->reuse == WF_WORKFLOW_ID_REUSE_POLICY_TERMINATE_IF_RUNNING) {
        if (policies->conflict != WF_WORKFLOW_ID_CONFLICT_POLICY_UNSPECIFIED) {
            return false;
        }
        policies->reuse = WF_WORKFLOW_ID_REUSE_POLICY_ALLOW_DUPLICATE;
        policies->conflict = WF_WORKFLOW_ID_CONFLICT_POLICY_TERMINATE_EXISTING;
    }
    if (policies->conflict == WF_WORKFLOW_ID_CONFLICT_POLICY_UNSPECIFIED) {
        policies->conflict = has_signal ? WF_WORKFLOW_ID_CONFLICT_POLICY_USE_EXISTING
                                        : WF_WORKFLOW_ID_CONFLICT_POLICY_FAIL;
    }
    return policies->conflict != WF_WORKFLOW_ID_CONFLICT_POLICY_TERMINATE_EXISTING ||
           policies->reuse != WF_WORKFLOW_ID_REUSE_POLICY_REJECT_DUPLICATE;
}

static bool is_valid(struct model_transaction *tx, const struct wf_svc_start_workflow *request)
{
    const struct model *model = tx->model;
    int64_t unused_ns = 0;

    return model_is_id(model, request->workflow_id) && model_is_id(model, request->workflow_type) &&
           model_is_id(model, request->task_queue) &&
           request->request_id.size_bytes <= (size_t)model->limits.id_bytes_max &&
           model_duration(request->workflow_execution_timeout, &unused_ns) &&
           model_duration(request->workflow_run_timeout, &unused_ns) &&
           model_duration(request->workflow_task_timeout, &unused_ns) &&
           model_duration(request->workflow_start_delay, &unused_ns) &&
           model_payloads_bytes(request->input) <= (size_t)model->limits.blob_bytes_max &&
           !model_is_memo_too_large(tx, request->memo) &&
           model_attributes_are_valid(tx, request->search_attributes) &&
           (request->cron_schedule.size_bytes == 0 ||
            (wf_time_of(request->workflow_start_delay) == 0 &&
             model_cron_backoff(request->cron_schedule, tx->now_ns, tx->now_ns, &unused_ns))) &&
           (request->retry_policy == NULL || model_policy_is_valid(request->retry_policy));
}

void model_reply_started(struct model_transaction *tx, struct wf_string run_id, bool is_started)
{
    struct wf_svc_response *reply = model_reply(tx, WF_CALL_OK);

    reply->answer_case = WF_CASE_svc_response_started;
    reply->answer.started = MODEL_NEW(tx, struct wf_svc_started);
    reply->answer.started->run_id = run_id;
    reply->answer.started->started = is_started;
}

static void reply_already_started(struct model_transaction *tx, const struct model_run *run)
{
    model_reply(tx, WF_CALL_ALREADY_STARTED)->existing_run_id = run->start->run_id;
}

/* What a new run needs beyond its request. */
struct creation {
    const struct wf_svc_start_workflow *request;
    const struct model_signal *signal; /* NULL: none */
    const struct policies *policies;
};

/* By which policies a run began stays with it. */
static void keep_policies(struct wf_state_start *start, const struct creation *creation)
{
    start->id_reuse_policy = creation->policies->reuse;
    start->id_conflict_policy = creation->policies->conflict;
}

static void create(struct model_transaction *tx, const struct creation *creation)
{
    struct birth birth = {0};

    tx->arena = &tx->model->step_arena;
    fill_birth(tx, &birth, creation->request);
    bear(tx, tx->model, &birth);
    keep_policies(tx->start, creation);
    if (creation->signal != NULL) {
        model_write_signal(tx, creation->signal);
        model_flush(tx); /* Started, Signaled, Scheduled (5.2) */
    }
    model_reply_started(tx, tx->start->run_id, true);
    model_transaction_commit(tx);
}

/* 7.1 row 6: one transaction ends the present run and makes the new one. */
static void replace(struct model_transaction *tx, struct model_run *run, const struct creation *creation)
{
    struct model_transaction *next = NULL;
    struct birth birth = {0};
    struct wf_payloads *details = NULL;
    struct wf_payload *payload = NULL;
    struct wf_entry_string *encoding = NULL;
    struct wf_buffer text = {0};

    model_transaction_begin(tx, tx->model, model_workflow_get(tx->model, creation->request->workflow_id), run);
    fill_birth(tx, &birth, creation->request);
    details = MODEL_NEW(tx, struct wf_payloads);
    payload = WF_LIST_APPEND(tx->arena, details->payloads);
    encoding = WF_LIST_APPEND(tx->arena, payload->metadata);
    encoding->key = WF_STR("encoding");
    encoding->value = WF_STR("json/plain");
    wf_buffer_init(&text, tx->arena);
    wf_buffer_printf(&text, "\"terminated by new runID: %S\"", &birth.run_id);
    payload->data = wf_buffer_string(&text);
    model_terminate_run(tx, WF_STR("TerminateIfRunning WorkflowIdReusePolicy"), details, WF_STR(MODEL_SERVICE));
    add_successor(tx, &birth);
    next = tx->successor;
    keep_policies(next->start, creation);
    if (creation->signal != NULL) {
        model_write_signal(next, creation->signal);
        model_flush(next);
    }
    model_reply_started(tx, birth.run_id, true);
    model_transaction_commit(tx);
}

static bool allows_reuse(int32_t reuse, int32_t status)
{
    switch (reuse) {
    case WF_WORKFLOW_ID_REUSE_POLICY_REJECT_DUPLICATE:
        return false;
    case WF_WORKFLOW_ID_REUSE_POLICY_ALLOW_DUPLICATE_FAILED_ONLY:
        return status == WF_WORKFLOW_EXECUTION_STATUS_FAILED || status == WF_WORKFLOW_EXECUTION_STATUS_CANCELED ||
               status == WF_WORKFLOW_EXECUTION_STATUS_TERMINATED || status == WF_WORKFLOW_EXECUTION_STATUS_TIMED_OUT;
    default:
        return true;
    }
}

/* Rows 1 and 4 to 9 of the table. */
static void decide(struct model_transaction *tx, struct model_run *run, const struct creation *creation)
{
    const struct policies *policies = creation->policies;

    if (run == NULL) {
        create(tx, creation);
    } else if (!model_run_is_open(run)) {
        if (allows_reuse(policies->reuse, run->state->status)) {
            create(tx, creation);
        } else {
            reply_already_started(tx, run);
        }
    } else if (policies->conflict == WF_WORKFLOW_ID_CONFLICT_POLICY_TERMINATE_EXISTING) {
        replace(tx, run, creation);
    } else if (policies->conflict == WF_WORKFLOW_ID_CONFLICT_POLICY_FAIL) {
        reply_already_started(tx, run);
    } else {
        model_reply_started(tx, run->start->run_id, false);
    }
}

/* A late copy of a child's start, whose chain has gone on: the link to the parent tells. */
static bool is_child_of(const struct model_run *run, const struct wf_svc_start_workflow *request)
{
    return request->parent != NULL && is_parent(run, request->parent) &&
           run->start->parent_initiated_event_id == request->parent_initiated_event_id;
}

/* 7.13: 0: the same action of a schedule began the chain, below 0: an older one wants the workflow of a newer one; above: neither. */
static int32_t compare_actions(const struct model_run *run, const struct wf_svc_start_workflow *request)
{
    const struct wf_schedule_link *link = request->schedule_link;
    const struct wf_schedule_link *known = run->start->schedule_link;

    if (link == NULL || known == NULL || link->created_ns != known->created_ns ||
        !wf_string_equal(link->schedule_id, known->schedule_id) || link->action_id > known->action_id) {
        return 1;
    }
    return link->action_id == known->action_id ? 0 : -1;
}

void model_start(struct model_transaction *tx)
{
    const struct wf_svc_start_workflow *request = tx->operation->request->call.start_workflow;
    struct policies policies = {0};
    const struct creation creation = {.request = request, .policies = &policies};
    struct model_run *run = NULL;

    tx->arena = &tx->model->step_arena;
    if (!is_valid(tx, request) || !read_policies(request, false, &policies)) {
        model_reply(tx, WF_CALL_INVALID_ARGUMENT);
        return;
    }
    run = model_run_find(tx->model, request->workflow_id, (struct wf_string){0});
    if (run != NULL && (is_child_of(run, request) || compare_actions(run, request) == 0)) {
        model_reply_started(tx, run->start->first_run_id, true); /* also when a reset has replaced it */
        return;
    }
    if (run != NULL && request->request_id.size_bytes > 0 &&
        wf_string_equal(run->start->create_request_id, request->request_id)) {
        model_reply_started(tx, run->start->run_id, true);
        return;
    }
    if (run != NULL && compare_actions(run, request) < 0) {
        reply_already_started(tx, run);
        return;
    }
    if (run != NULL) {
        model_transaction_begin(tx, tx->model, model_workflow_get(tx->model, request->workflow_id), run);
        if (model_signal_is_known(tx, request->request_id)) {
            model_reply_started(tx, run->start->run_id, false);
            return;
        }
        tx->run = NULL;
    }
    decide(tx, run, &creation);
}

static void signal_existing(struct model_transaction *tx, struct model_run *run, const struct model_signal *signal)
{
    const struct wf_service_limits *limits = &tx->model->limits;

    model_transaction_begin(tx, tx->model, model_workflow_get(tx->model, run->start->workflow_id), run);
    if (model_is_signal_too_large(tx, signal->input, signal->header) ||
        tx->state->signal_count >= limits->signals_max) {
        model_reply(tx, WF_CALL_INVALID_ARGUMENT);
        return;
    }
    tx->outcome->is_uncertain = run->is_close_attempted && tx->state->workflow_task != NULL &&
                                tx->state->workflow_task->started_event_id != 0;
    model_reply_started(tx, run->start->run_id, false);
    if (model_signal_is_known(tx, signal->request_id)) {
        return;
    }
    model_write_signal(tx, signal);
    tx->state->is_held = tx->state->is_held && tx->state->is_in_backoff;
    tx->wants_task = true; /* even in backoff (5.2) */
    model_transaction_commit(tx);
}

void model_signal_with_start(struct model_transaction *tx)
{
    const struct wf_svc_signal_with_start *request = tx->operation->request->call.signal_with_start;
    const struct wf_svc_start_workflow *start = request->start;
    const struct model_signal signal = {.name = request->signal_name,
                                        .input = request->signal_input,
                                        .identity = start->identity,
                                        .header = request->signal_header,
                                        .request_id = start->request_id};
    struct policies policies = {0};
    const struct creation creation = {start, &signal, &policies};
    struct model_run *run = NULL;

    tx->arena = &tx->model->step_arena;
    if (!is_valid(tx, start) || !model_is_id(tx->model, request->signal_name) ||
        model_is_signal_too_large(tx, request->signal_input, request->signal_header) ||
        !read_policies(start, true, &policies)) {
        model_reply(tx, WF_CALL_INVALID_ARGUMENT);
        return;
    }
    run = model_run_find(tx->model, start->workflow_id, (struct wf_string){0});
    if (run != NULL && start->request_id.size_bytes > 0 &&
        wf_string_equal(run->start->create_request_id, start->request_id)) {
        model_reply_started(tx, run->start->run_id, true);
        return;
    }
    if (run != NULL && model_run_is_open(run) && policies.conflict == WF_WORKFLOW_ID_CONFLICT_POLICY_USE_EXISTING) {
        signal_existing(tx, run, &signal);
        return;
    }
    decide(tx, run, &creation);
}

/* Whatever the update comes to is its registry's answer; judged here is the start. */
void model_update_with_start(struct model_transaction *tx)
{
    const struct wf_svc_update_with_start *request = tx->operation->request->call.update_with_start;
    struct policies policies = {0};
    const struct creation creation = {.request = request->start, .policies = &policies};
    struct model_run *run = NULL;

    tx->arena = &tx->model->step_arena;
    if (!model_update_is_valid(tx->model, request->update) || !is_valid(tx, request->start) ||
        !read_policies(request->start, false, &policies)) {
        model_reply(tx, WF_CALL_INVALID_ARGUMENT);
        return;
    }
    run = model_run_find(tx->model, request->start->workflow_id, (struct wf_string){0});
    if (run != NULL && tx->given == NULL) {
        tx->outcome->is_uncertain = true; /* a known update is joined, whatever the policies say */
        return;
    }
    decide(tx, run, &creation);
    if (tx->outcome->writes) {
        tx->outcome->reply = NULL;
    }
}

/* ---- Cancel, terminate (7.7) ---- */

/* The run that a cancel or a termination means: with a first run id the current one of that chain. */
static struct model_run *target_of(const struct model *model, const struct wf_workflow_execution *execution,
                                   struct wf_string first_run_id)
{
    return model_run_find(model, execution->workflow_id,
                          first_run_id.size_bytes > 0 ? (struct wf_string){0} : execution->run_id);
}

static bool is_of_chain(const struct model_run *run, struct wf_string first_run_id)
{
    return first_run_id.size_bytes == 0 || wf_string_equal(run->start->first_run_id, first_run_id);
}

void model_request_cancel(struct model_transaction *tx)
{
    const struct wf_svc_request_cancel *request = tx->operation->request->call.request_cancel;
    struct model_run *run = target_of(tx->model, request->workflow_execution, request->first_execution_run_id);
    struct wf_event_workflow_execution_cancel_requested *event = NULL;

    if (run == NULL) {
        model_reply(tx, WF_CALL_NOT_FOUND);
        return;
    }
    if (!model_run_is_open(run)) {
        model_reply(tx, WF_CALL_OK);
        return;
    }
    if (!is_of_chain(run, request->first_execution_run_id) ||
        (request->child_workflow_only && !is_parent(run, request->external_workflow_execution))) {
        model_reply(tx, WF_CALL_NOT_FOUND);
        return;
    }
    model_reply(tx, WF_CALL_OK);
    if (run->state->is_cancel_requested) {
        return;
    }
    model_transaction_begin(tx, tx->model, model_workflow_get(tx->model, run->start->workflow_id), run);
    event = model_event(tx, WF_EVENT_TYPE_WORKFLOW_EXECUTION_CANCEL_REQUESTED);
    event->cause = request->reason;
    event->external_initiated_event_id = request->external_initiated_event_id;
    if (request->external_initiated_event_id != 0) {
        event->external_workflow_execution = request->external_workflow_execution; /* named with its event only */
    }
    event->identity = request->identity;
    tx->state->is_cancel_requested = true;
    tx->state->is_in_backoff = false;
    tx->state->is_held = false;
    tx->wants_task = true;
    model_transaction_commit(tx);
}

void model_terminate(struct model_transaction *tx)
{
    const struct wf_svc_terminate *request = tx->operation->request->call.terminate;
    struct model_run *run = target_of(tx->model, request->workflow_execution, request->first_execution_run_id);

    if (run == NULL || !model_run_is_open(run) || !is_of_chain(run, request->first_execution_run_id) ||
        (request->child_workflow_only && !is_parent(run, request->external_workflow_execution))) {
        model_reply(tx, WF_CALL_NOT_FOUND);
        return;
    }
    model_transaction_begin(tx, tx->model, model_workflow_get(tx->model, run->start->workflow_id), run);
    model_terminate_run(tx, request->reason, request->details, request->identity);
    model_reply(tx, WF_CALL_OK);
    model_transaction_commit(tx);
}

/* 5.4 step 5. */
void model_schedule_first_task(struct model_transaction *tx)
{
    const struct wf_workflow_execution *target =
        tx->operation->request->call.schedule_first_task->workflow_execution;
    struct model_run *run = model_run_find(tx->model, target->workflow_id, target->run_id);

    if (run == NULL) {
        model_reply(tx, WF_CALL_NOT_FOUND);
        return;
    }
    model_reply(tx, WF_CALL_OK);
    if (!run->state->is_held) { /* it has begun, or has ended before */
        return;
    }
    model_transaction_begin(tx, tx->model, model_workflow_get(tx->model, target->workflow_id), run);
    tx->state->is_held = false;
    tx->wants_task = !tx->state->is_in_backoff;
    model_transaction_commit(tx);
}

/* ---- Pause (7.12) ---- */

/* The open run of a call. is_end: of a pause. NULL: the call is answered. */
static struct model_run *begin_pause(struct model_transaction *tx, const struct wf_svc_pause_workflow *request, bool is_end)
{
    const struct wf_workflow_execution *target = request->workflow_execution;
    struct model_run *run = model_run_find(tx->model, target->workflow_id, target->run_id);

    if (run == NULL || !model_run_is_open(run)) {
        model_reply(tx, WF_CALL_NOT_FOUND);
        return NULL;
    }
    if (request->request_id.size_bytes > 0 && run->state->is_paused != is_end &&
        wf_string_equal(run->state->pause_request_id, request->request_id)) {
        model_reply(tx, WF_CALL_OK); /* told again */
        return NULL;
    }
    /* A pause begins with the first workflow task at the earliest, so that it never ends a backoff. */
    if (run->state->is_paused != is_end || run->state->is_in_backoff || run->state->is_held) {
        model_reply(tx, WF_CALL_FAILED_PRECONDITION);
        return NULL;
    }
    model_transaction_begin(tx, tx->model, model_workflow_get(tx->model, run->start->workflow_id), run);
    tx->state->pause_request_id = request->request_id;
    tx->state->is_paused = !is_end;
    for (uint32_t i = 0; i < tx->state->activities.count; i++) {
        model_activity_restamp(tx, &tx->state->activities.items[i]);
    }
    return run;
}

void model_pause(struct model_transaction *tx)
{
    const struct wf_svc_pause_workflow *request = tx->operation->request->call.pause_workflow;
    struct wf_event_workflow_execution_paused *event = NULL;

    if (begin_pause(tx, request, false) != NULL) {
        model_task_paused(tx);
        event = model_event(tx, WF_EVENT_TYPE_WORKFLOW_EXECUTION_PAUSED);
        event->identity = request->identity;
        event->reason = request->reason;
        event->request_id = request->request_id;
        model_reply(tx, WF_CALL_OK);
        model_transaction_commit(tx);
    }
}

void model_unpause(struct model_transaction *tx)
{
    const struct wf_svc_pause_workflow *request = tx->operation->request->call.unpause_workflow;
    struct wf_event_workflow_execution_unpaused *event = NULL;

    if (begin_pause(tx, request, true) != NULL) {
        event = model_event(tx, WF_EVENT_TYPE_WORKFLOW_EXECUTION_UNPAUSED);
        event->identity = request->identity;
        event->reason = request->reason;
        event->request_id = request->request_id;
        tx->wants_task = true; /* always */
        model_reply(tx, WF_CALL_OK);
        model_transaction_commit(tx);
    }
}
