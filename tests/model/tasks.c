/*
 * The workflow task: scheduled, started, completed, failed, timed out.
 *
 * Source: engine-semantics 2.2, 3.1 to 3.7.
 */
#include "tests/model/transaction.h"

#define FREE_ATTEMPTS 3
#define WAIT_NS (5 * WF_NS_PER_S)
#define WAIT_NS_MAX (600 * WF_NS_PER_S)
#define HEARTBEAT_NS_MAX (INT64_C(30) * 60 * WF_NS_PER_S) /* 3.7 */

/* ---- Events ---- */

static struct wf_event_workflow_task_scheduled *fill_scheduled(struct model_transaction *tx,
                                                               struct wf_event_workflow_task_scheduled *event)
{
    const struct wf_state_workflow_task *task = tx->state->workflow_task;

    event->task_queue = MODEL_NEW(tx, struct wf_task_queue);
    event->task_queue->name = task->is_sticky ? tx->state->sticky_queue : tx->start->task_queue;
    event->task_queue->kind = task->is_sticky ? WF_TASK_QUEUE_KIND_STICKY : WF_TASK_QUEUE_KIND_NORMAL;
    event->task_queue->normal_name = task->is_sticky ? tx->start->task_queue : (struct wf_string){0};
    event->start_to_close_timeout = wf_duration_of(task->timeout_ns);
    event->attempt = task->attempt;
    return event;
}

static void fill_started(struct model_transaction *tx, struct wf_event_workflow_task_started *event)
{
    const struct wf_state_workflow_task *task = tx->state->workflow_task;

    event->scheduled_event_id = task->scheduled_event_id;
    event->identity = task->identity;
    event->request_id = task->request_id;
    event->history_size_bytes = task->history_size_bytes;
    event->suggest_continue_as_new = task->suggest_reasons.count > 0;
    wf_list_share(&event->suggest_continue_as_new_reasons, &task->suggest_reasons);
    event->target_worker_deployment_version_changed = task->is_target_changed;
}

void model_task_write_scheduled(struct model_transaction *tx)
{
    struct wf_state_workflow_task *task = tx->state->workflow_task;

    task->scheduled_event_id = tx->state->next_event_id;
    fill_scheduled(tx, model_event_at(tx, WF_EVENT_TYPE_WORKFLOW_TASK_SCHEDULED, task->scheduled_time_ns));
}

void model_task_write_started(struct model_transaction *tx)
{
    struct wf_state_workflow_task *task = tx->state->workflow_task;

    task->started_event_id = tx->state->next_event_id;
    fill_started(tx, model_event_at(tx, WF_EVENT_TYPE_WORKFLOW_TASK_STARTED, task->started_time_ns));
    model_cut(tx); /* 3.9 */
}

uint32_t model_unwritten(struct model_transaction *tx, struct wf_event events[2])
{
    const struct wf_state_workflow_task *task = tx->state->workflow_task;

    if (task == NULL || task->attempt < 2 || task->started_event_id == 0) {
        return 0;
    }
    events[0] = (struct wf_event){.event_id = task->scheduled_event_id,
                                  .event_time = wf_timestamp_of(task->scheduled_time_ns),
                                  .event_type = WF_EVENT_TYPE_WORKFLOW_TASK_SCHEDULED,
                                  .attributes_case = WF_CASE_event_workflow_task_scheduled};
    events[0].attributes.workflow_task_scheduled = fill_scheduled(
        tx, MODEL_NEW(tx, struct wf_event_workflow_task_scheduled));
    events[1] = (struct wf_event){.event_id = task->started_event_id,
                                  .event_time = wf_timestamp_of(task->started_time_ns),
                                  .event_type = WF_EVENT_TYPE_WORKFLOW_TASK_STARTED,
                                  .attributes_case = WF_CASE_event_workflow_task_started};
    events[1].attributes.workflow_task_started = MODEL_NEW(tx, struct wf_event_workflow_task_started);
    fill_started(tx, events[1].attributes.workflow_task_started);
    return 2;
}

/* ---- Scheduling (3.2) ---- */

/* The jitter is the engine's; that it is within its bounds is judged here. */
static int64_t timeout_of(const struct model_transaction *tx, int32_t attempt)
{
    const int64_t base_ns = tx->start->task_timeout_ns;
    int64_t wait_ns = WAIT_NS;
    int64_t given_ns = 0;

    if (attempt <= FREE_ATTEMPTS) {
        return base_ns;
    }
    for (int32_t i = FREE_ATTEMPTS + 1; i < attempt && wait_ns < WAIT_NS_MAX; i++) {
        wait_ns *= 2;
    }
    wait_ns = wait_ns < WAIT_NS_MAX ? wait_ns : WAIT_NS_MAX;
    if (tx->given != NULL && tx->given->state != NULL && tx->given->state->workflow_task != NULL) {
        given_ns = tx->given->state->workflow_task->timeout_ns;
    }
    return given_ns >= base_ns + wait_ns / 10 * 8 && given_ns <= base_ns + wait_ns ? given_ns : base_ns + wait_ns;
}

void model_task_schedule(struct model_transaction *tx, bool is_inline, wf_time_ns original_ns)
{
    struct wf_state_run *state = tx->state;
    struct wf_state_workflow_task *task = MODEL_NEW(tx, struct wf_state_workflow_task);

    if (state->buffered_events.count > 0) {
        state->next_task_attempt = 1;
        model_flush(tx);
    }
    task->attempt = state->next_task_attempt;
    task->timeout_ns = timeout_of(tx, task->attempt);
    task->scheduled_time_ns = tx->now_ns;
    task->original_scheduled_time_ns = original_ns != 0 ? original_ns : tx->now_ns;
    task->is_sticky = state->sticky_queue.size_bytes > 0;
    if (task->is_sticky && !is_inline) {
        task->schedule_to_start_deadline_ns = tx->now_ns + state->sticky_timeout_ns;
    }
    state->workflow_task = task;
    state->is_in_backoff = false;
    state->is_held = false;
    if (task->attempt == 1) {
        model_task_write_scheduled(tx);
    } else {
        task->scheduled_event_id = state->next_event_id;
    }
}

/* ---- Starting (3.3) ---- */

static void suggest(struct model_transaction *tx, enum wf_suggest_continue_as_new_reason reason)
{
    *(int32_t *)WF_LIST_APPEND(tx->arena, tx->state->workflow_task->suggest_reasons) = (int32_t)reason;
}

void model_task_suggest(struct model_transaction *tx)
{
    const struct wf_service_limits *limits = &tx->model->limits;
    struct wf_state_run *state = tx->state;

    state->workflow_task->history_size_bytes = state->history_size_bytes;
    state->workflow_task->suggest_reasons.count = 0;
    if (state->history_size_bytes >= limits->history_bytes_suggest) {
        suggest(tx, WF_SUGGEST_CONTINUE_AS_NEW_REASON_HISTORY_SIZE_TOO_LARGE);
    }
    if (state->next_event_id >= limits->history_events_suggest) {
        suggest(tx, WF_SUGGEST_CONTINUE_AS_NEW_REASON_TOO_MANY_HISTORY_EVENTS);
    }
    if ((int64_t)state->updates.count * 10 >= limits->updates_max * 9) {
        suggest(tx, WF_SUGGEST_CONTINUE_AS_NEW_REASON_TOO_MANY_UPDATES);
    }
}

void model_task_start(struct model_transaction *tx, struct wf_string request_id, struct wf_string identity,
                      const struct wf_svc_record_workflow_task_started *taken)
{
    struct wf_state_run *state = tx->state;
    struct wf_state_workflow_task *task = state->workflow_task;

    task->request_id = request_id;
    task->identity = identity;
    task->started_time_ns = tx->now_ns;
    model_version_taken(tx, taken);
    if (task->attempt > 1 && task->scheduled_event_id != state->next_event_id) {
        task->attempt = 1;
        state->next_task_attempt = 1;
        task->timeout_ns = tx->start->task_timeout_ns;
        task->scheduled_time_ns = tx->now_ns;
        model_task_write_scheduled(tx);
    }
    model_task_suggest(tx);
    if (task->attempt == 1) {
        model_task_write_started(tx);
    } else {
        task->started_event_id = task->scheduled_event_id + 1;
    }
}

static struct wf_string encode_token(struct model_transaction *tx, const struct wf_svc_task_token *token)
{
    struct wf_buffer bytes = {0};

    wf_buffer_init(&bytes, tx->arena);
    wf_wire_encode(&wf_type_svc_task_token, token, &bytes);
    return wf_buffer_string(&bytes);
}

static void add_batch(struct model_transaction *tx, struct wf_svc_workflow_task *task, struct wf_event *events,
                      uint32_t count)
{
    const struct wf_history_message message = {.events = {.items = events, .count = count}};
    struct wf_buffer bytes = {0};

    if (count > 0) {
        wf_buffer_init(&bytes, tx->arena);
        wf_wire_encode(&wf_type_history_message, &message, &bytes);
        *(struct wf_string *)WF_LIST_APPEND(tx->arena, task->batches) = wf_buffer_string(&bytes);
    }
}

struct wf_svc_workflow_task *model_task_message(struct model_transaction *tx, bool is_full_history)
{
    struct wf_svc_workflow_task *task = MODEL_NEW(tx, struct wf_svc_workflow_task);
    const struct wf_state_workflow_task *state = tx->state->workflow_task;
    const int64_t previous = tx->state->previous_started_event_id;
    struct wf_history_message written = {0};
    struct wf_event unwritten[2] = {{0}, {0}};

    task->token = encode_token(tx, &(struct wf_svc_task_token){.workflow_id = tx->start->workflow_id,
                                                               .run_id = tx->start->run_id,
                                                               .scheduled_event_id = state->scheduled_event_id,
                                                               .started_event_id = state->started_event_id,
                                                               .attempt = state->attempt,
                                                               .started_time_ns = state->started_time_ns});
    task->workflow_execution = MODEL_NEW(tx, struct wf_workflow_execution);
    task->workflow_execution->workflow_id = tx->start->workflow_id;
    task->workflow_execution->run_id = tx->start->run_id;
    task->workflow_type = tx->start->workflow_type;
    task->previous_started_event_id = previous;
    task->started_event_id = state->started_event_id;
    task->attempt = state->attempt;
    task->is_full_history = is_full_history || previous == 0;
    task->scheduled_time_ns = state->scheduled_time_ns;
    task->started_time_ns = state->started_time_ns;
    written = model_run_events(tx->run, tx->arena, task->is_full_history ? 1 : previous + 1);
    add_batch(tx, task, written.events.items, written.events.count);
    add_batch(tx, task, unwritten, model_unwritten(tx, unwritten));
    return task;
}

void model_task_started(struct model_transaction *tx)
{
    const struct wf_svc_record_workflow_task_started *request =
        tx->operation->request->call.record_workflow_task_started;
    struct model *model = tx->model;
    struct model_run *run = model_run_find(model, request->workflow_execution->workflow_id,
                                           request->workflow_execution->run_id);
    struct wf_state_workflow_task *task = run == NULL ? NULL : run->state->workflow_task;
    bool is_full_history = false;

    if (run != NULL && model_may_speculate(model, run)) {
        tx->outcome->is_uncertain = true; /* only the owner knows of a speculative task */
        return;
    }
    if (run == NULL || !model_run_is_open(run) || task == NULL ||
        task->scheduled_event_id != request->scheduled_event_id) {
        model_reply(tx, WF_CALL_NOT_FOUND);
        return;
    }
    model_transaction_begin(tx, model, model_workflow_find(model, request->workflow_execution->workflow_id), run);
    if (task->stamp != request->stamp) {
        model_reply(tx, WF_CALL_OBSOLETE_TASK);
        return;
    }
    if (task->started_event_id != 0 && !wf_string_equal(task->request_id, request->request_id)) {
        model_reply(tx, WF_CALL_TASK_ALREADY_STARTED);
        return;
    }
    if (task->started_event_id == 0 && request->is_sticky &&
        !wf_string_equal(request->task_queue, tx->state->sticky_queue)) {
        model_reply(tx, WF_CALL_NOT_FOUND); /* the workflow has moved to the normal queue */
        return;
    }
    if (task->started_event_id == 0 && model_version_is_outdated(tx->state, request)) {
        model_reply(tx, WF_CALL_UNAVAILABLE);
        return;
    }
    is_full_history = !request->is_sticky;
    if (task->started_event_id == 0) {
        if (!request->is_sticky) {
            tx->state->sticky_queue = (struct wf_string){0};
            tx->state->sticky_timeout_ns = 0;
        }
        model_task_start(tx, request->request_id, request->identity, request);
        model_transaction_commit(tx);
        if (tx->outcome->is_terminated) {
            return;
        }
    }
    model_reply(tx, WF_CALL_OK)->answer_case = WF_CASE_svc_response_workflow_task;
    tx->outcome->reply->answer.workflow_task = model_task_message(tx, is_full_history);
}

/* ---- Ending (3.4, 3.5) ---- */

static bool read_token(struct model_transaction *tx, struct wf_string bytes)
{
    struct wf_svc_task_token token = {0};
    struct model_run *run = NULL;
    const struct wf_state_workflow_task *task = NULL;

    if (wf_wire_decode(tx->arena, &wf_type_svc_task_token, bytes, &token, NULL) != WF_OK) {
        return false;
    }
    run = model_run_find(tx->model, token.workflow_id, token.run_id);
    if (run == NULL || !model_run_is_open(run)) {
        return false;
    }
    tx->outcome->is_uncertain = tx->given == NULL && model_may_speculate(tx->model, run);
    model_transaction_begin(tx, tx->model, model_workflow_find(tx->model, token.workflow_id), run);
    task = tx->state->workflow_task;
    return task != NULL && task->started_event_id != 0 && token.started_event_id == task->started_event_id &&
           token.started_time_ns == task->started_time_ns && token.attempt == task->attempt && token.version == 0;
}

static void clear_sticky(struct wf_state_run *state)
{
    state->sticky_queue = (struct wf_string){0};
    state->sticky_timeout_ns = 0;
}

/* 3.5 "Sticky exception". */
static void count_attempt(struct model_transaction *tx)
{
    tx->state->next_task_attempt = tx->state->sticky_queue.size_bytes > 0 ? 1
                                                                          : tx->state->workflow_task->attempt + 1;
    clear_sticky(tx->state);
    tx->state->workflow_task = NULL;
}

struct failing {
    int32_t cause;
    struct wf_failure *failure;
    struct wf_string identity;
};

static void fail_task(struct model_transaction *tx, const struct failing *failing)
{
    const struct wf_state_workflow_task *task = tx->state->workflow_task;

    if (task->attempt == 1) {
        struct wf_event_workflow_task_failed *event = model_event(tx, WF_EVENT_TYPE_WORKFLOW_TASK_FAILED);

        event->scheduled_event_id = task->scheduled_event_id;
        event->started_event_id = task->started_event_id;
        event->cause = failing->cause;
        event->failure = failing->failure;
        event->identity = failing->identity;
    }
    count_attempt(tx);
}

void model_force_task_failed(struct model_transaction *tx)
{
    fail_task(tx, &(struct failing){.cause = WF_WORKFLOW_TASK_FAILED_CAUSE_FORCE_CLOSE_COMMAND,
                                    .identity = WF_STR(MODEL_SERVICE)});
}

void model_task_paused(struct model_transaction *tx)
{
    const struct wf_state_workflow_task *task = tx->state->workflow_task;

    if (task == NULL || task->started_event_id != 0) {
        return; /* one that runs may complete */
    }
    if (task->attempt == 1) {
        struct wf_event_workflow_task_failed *event = model_event(tx, WF_EVENT_TYPE_WORKFLOW_TASK_FAILED);

        event->scheduled_event_id = task->scheduled_event_id;
        event->cause = WF_WORKFLOW_TASK_FAILED_CAUSE_WORKFLOW_PAUSE_REQUESTED_BEFORE_TASK_STARTED;
        event->identity = WF_STR(MODEL_SERVICE);
    }
    clear_sticky(tx->state);
    tx->state->next_task_attempt = 1;
    tx->state->workflow_task = NULL;
}

static void time_out(struct model_transaction *tx, enum wf_timeout_type type)
{
    const struct wf_state_workflow_task *task = tx->state->workflow_task;

    if (task->attempt == 1) {
        struct wf_event_workflow_task_timed_out *event = model_event(tx, WF_EVENT_TYPE_WORKFLOW_TASK_TIMED_OUT);

        event->scheduled_event_id = task->scheduled_event_id;
        event->started_event_id = task->started_event_id;
        event->timeout_type = (int32_t)type;
    }
    count_attempt(tx);
    tx->wants_task = true;
}

void model_task_expire(struct model_transaction *tx)
{
    const struct wf_state_workflow_task *task = tx->state->workflow_task;

    if (task == NULL) {
        return;
    }
    if (task->started_event_id != 0) {
        if (task->started_time_ns + task->timeout_ns <= tx->now_ns) {
            time_out(tx, WF_TIMEOUT_TYPE_START_TO_CLOSE);
        }
    } else if (task->schedule_to_start_deadline_ns != 0 && task->schedule_to_start_deadline_ns <= tx->now_ns) {
        time_out(tx, WF_TIMEOUT_TYPE_SCHEDULE_TO_START);
        tx->state->next_task_attempt = 1;
    }
}

/* The task is not the worker's; or it was a speculative one, whose completion ended the run by a limit. */
static void refuse_token(struct model_transaction *tx)
{
    model_reply(tx, WF_CALL_NOT_FOUND);
    if (tx->run != NULL && tx->given != NULL && model_may_speculate(tx->model, tx->run)) {
        model_transaction_commit(tx);
    }
}

void model_task_failed(struct model_transaction *tx)
{
    const struct wf_svc_respond_workflow_task_failed *request =
        tx->operation->request->call.respond_workflow_task_failed;

    if (!read_token(tx, request->token)) {
        refuse_token(tx);
        return;
    }
    fail_task(tx, &(struct failing){request->cause, request->failure, request->identity});
    tx->wants_task = true;
    if (request->cause == WF_WORKFLOW_TASK_FAILED_CAUSE_GRPC_MESSAGE_TOO_LARGE) {
        /* 2.3: no later attempt could send less. */
        model_terminate_run(tx, model_given_message(tx, WF_EVENT_TYPE_WORKFLOW_EXECUTION_TERMINATED), NULL,
                            WF_STR(MODEL_SERVICE));
    }
    model_reply(tx, WF_CALL_OK);
    model_transaction_commit(tx);
}

/* ---- Completing (3.4) ---- */

/* The failure that 2.2 rule 3 makes; its text behind the name of the cause is the engine's. */
static struct wf_failure *failure_of(struct model_transaction *tx)
{
    struct wf_failure *failure = MODEL_NEW(tx, struct wf_failure);

    failure->message = model_given_message(tx, WF_EVENT_TYPE_WORKFLOW_TASK_FAILED);
    failure->failure_info_case = WF_CASE_failure_server_failure_info;
    failure->failure_info.server_failure_info = MODEL_NEW(tx, struct wf_server_failure_info);
    failure->failure_info.server_failure_info->non_retryable = true;
    return failure;
}

/* 2.2 rules 3 and 4. */
static void refuse_commands(struct model_transaction *tx, int32_t cause, struct wf_string identity)
{
    const bool terminates = (cause & MODEL_CAUSE_TERMINATES) != 0;
    const bool is_unhandled = cause == WF_WORKFLOW_TASK_FAILED_CAUSE_UNHANDLED_COMMAND;

    model_transaction_restart(tx);
    model_reply(tx, WF_CALL_INVALID_ARGUMENT);
    if (tx->state->workflow_task->attempt > 1 && !is_unhandled) {
        return; /* nothing is written; the task is left to time out */
    }
    fail_task(tx, &(struct failing){cause & ~MODEL_CAUSE_TERMINATES, failure_of(tx), identity});
    if (terminates) {
        model_terminate_run(tx, model_given_message(tx, WF_EVENT_TYPE_WORKFLOW_EXECUTION_TERMINATED), NULL,
                            WF_STR(MODEL_SERVICE));
    } else {
        tx->wants_task = true;
    }
    model_transaction_commit(tx);
    if (tx->given != NULL) {
        tx->run->is_close_attempted = tx->run->is_close_attempted || is_unhandled;
        tx->run->has_failed_task = true;
    }
}

static void write_completed(struct model_transaction *tx,
                            const struct wf_svc_respond_workflow_task_completed *request)
{
    struct wf_state_run *state = tx->state;
    struct wf_event_workflow_task_completed *event = NULL;

    if (state->workflow_task->attempt > 1) {
        model_task_write_scheduled(tx);
        model_task_write_started(tx);
    }
    event = model_event(tx, WF_EVENT_TYPE_WORKFLOW_TASK_COMPLETED);
    event->scheduled_event_id = state->workflow_task->scheduled_event_id;
    event->started_event_id = state->workflow_task->started_event_id;
    event->identity = request->identity;
    event->sdk_metadata = request->sdk_metadata;
    model_version_completed(tx, event, request->versioning_behavior);
    state->previous_started_event_id = state->workflow_task->started_event_id;
    state->next_task_attempt = 1;
    state->workflow_task = NULL;
    state->sticky_queue = request->sticky_task_queue;
    state->sticky_timeout_ns = request->sticky_task_queue.size_bytes > 0
                                   ? wf_time_of(request->sticky_schedule_to_start_timeout)
                                   : 0;
}

static bool is_idle_heartbeat(const struct wf_svc_respond_workflow_task_completed *request)
{
    return request->force_create_new_workflow_task && request->commands.count == 0 && request->messages.count == 0;
}

/* 3.7: a worker that only ever says that it lives. */
static void refuse_heartbeat(struct model_transaction *tx)
{
    time_out(tx, WF_TIMEOUT_TYPE_START_TO_CLOSE);
    model_reply(tx, WF_CALL_NOT_FOUND);
    model_transaction_commit(tx);
}

/* Updates wait that only the owner knows: it gave them a task, or ended the run because that was one event too many. */
static bool has_waiting_updates(const struct model_transaction *tx)
{
    if (tx->given == NULL || tx->given->state == NULL) {
        return false;
    }
    return tx->given->state->workflow_task != NULL ||
           tx->given->state->status == WF_WORKFLOW_EXECUTION_STATUS_TERMINATED;
}

void model_task_completed(struct model_transaction *tx)
{
    const struct wf_svc_respond_workflow_task_completed *request =
        tx->operation->request->call.respond_workflow_task_completed;
    bool has_canceled_unstarted = false;
    int64_t original_ns = 0;
    int64_t completed_event_id = 0;
    int32_t cause = 0;
    bool has_task = false;
    bool was_asked = false;

    if (!read_token(tx, request->token)) {
        refuse_token(tx);
        return;
    }
    if (!model_commands_are_in_order(request)) {
        model_reply(tx, WF_CALL_INVALID_ARGUMENT);
        return;
    }
    if (tx->state->is_paused && request->force_create_new_workflow_task) {
        model_reply(tx, WF_CALL_FAILED_PRECONDITION);
        return;
    }
    original_ns = is_idle_heartbeat(request) ? tx->state->workflow_task->original_scheduled_time_ns : 0;
    if (original_ns != 0 && tx->now_ns > original_ns + HEARTBEAT_NS_MAX) {
        refuse_heartbeat(tx);
        return;
    }
    tx->outcome->is_uncertain = tx->outcome->is_uncertain || (tx->given == NULL && request->messages.count > 0);
    was_asked = model_has_updates(tx);
    write_completed(tx, request);
    completed_event_id = tx->state->next_event_id - 1;
    cause = model_commands(tx, request, completed_event_id, &has_canceled_unstarted);
    cause = cause == MODEL_CAUSE_NONE ? model_other_messages(tx, request) : cause;
    if (cause != MODEL_CAUSE_NONE) {
        refuse_commands(tx, cause, request->identity);
        return;
    }
    /* 3.4 step 7: updates that wait, which only the owner knows, get a normal task when the worker takes none inline. */
    if (!tx->is_closing && !request->return_new_workflow_task && was_asked && has_waiting_updates(tx)) {
        tx->wants_task = true;
    }
    if (!tx->is_closing && !tx->state->is_paused &&
        (tx->wants_task || request->force_create_new_workflow_task || has_canceled_unstarted)) {
        tx->wants_task = true;
        if (request->return_new_workflow_task) {
            model_task_schedule(tx, true, original_ns);
            model_task_start(tx, WF_STR(MODEL_INLINE_REQUEST), request->identity, NULL);
            has_task = true;
        } else {
            model_task_schedule(tx, false, original_ns);
        }
    }
    model_reply(tx, WF_CALL_OK)->answer_case = WF_CASE_svc_response_workflow_task_accepted;
    tx->outcome->reply->answer.workflow_task_accepted = MODEL_NEW(tx, struct wf_svc_workflow_task_accepted);
    model_add_eager_tasks(tx, completed_event_id, tx->outcome->reply->answer.workflow_task_accepted);
    model_transaction_commit(tx);
    if (tx->given != NULL) {
        tx->run->is_close_attempted = false;
        tx->run->has_failed_task = false;
    }
    if (has_task && !tx->outcome->is_terminated) {
        tx->outcome->reply->answer.workflow_task_accepted->new_task = model_task_message(
            tx, request->sticky_task_queue.size_bytes == 0);
    }
}

void model_reset_sticky(struct model_transaction *tx)
{
    const struct wf_workflow_execution *target =
        tx->operation->request->call.reset_sticky_task_queue->workflow_execution;
    struct model_run *run = model_run_find(tx->model, target->workflow_id, target->run_id);

    if (run == NULL || !model_run_is_open(run)) {
        model_reply(tx, WF_CALL_NOT_FOUND);
        return;
    }
    model_transaction_begin(tx, tx->model, model_workflow_find(tx->model, target->workflow_id), run);
    clear_sticky(tx->state);
    model_reply(tx, WF_CALL_OK);
    model_transaction_commit(tx);
}
