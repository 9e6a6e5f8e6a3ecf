/*
 * Activities: attempts that leave no event, and one outcome.
 *
 * Source: engine-semantics 2.3, 4.
 */
#include "tests/model/transaction.h"

#define CAUSE(NAME) WF_WORKFLOW_TASK_FAILED_CAUSE_##NAME
#define NOT_STARTED_DETAILS "ACTIVITY_ID_NOT_STARTED"

bool model_activity_is_started(const struct wf_state_activity *activity)
{
    return activity->started_time_ns != 0;
}

struct wf_state_activity *model_activity_find(struct model_transaction *tx, int64_t scheduled_event_id)
{
    for (uint32_t i = 0; i < tx->state->activities.count; i++) {
        if (tx->state->activities.items[i].scheduled_event_id == scheduled_event_id) {
            return &tx->state->activities.items[i];
        }
    }
    return NULL;
}

static void start(struct model_transaction *tx, struct wf_state_activity *activity, struct wf_string request_id,
                  struct wf_string identity)
{
    activity->started_time_ns = tx->now_ns;
    activity->started_identity = identity;
    activity->request_id = request_id;
    activity->backoff_from_ns = 0;
}

/* ---- Scheduling (4.3) ---- */

static bool read_timeouts(const struct wf_command_schedule_activity_task *command, struct model_timeouts *timeouts)
{
    return model_duration(command->schedule_to_close_timeout, &timeouts->schedule_to_close_ns) &&
           model_duration(command->schedule_to_start_timeout, &timeouts->schedule_to_start_ns) &&
           model_duration(command->start_to_close_timeout, &timeouts->start_to_close_ns) &&
           model_duration(command->heartbeat_timeout, &timeouts->heartbeat_ns) &&
           (timeouts->schedule_to_close_ns > 0 || timeouts->start_to_close_ns > 0);
}

static int64_t either(int64_t first_ns, int64_t second_ns)
{
    return first_ns != 0 ? first_ns : second_ns;
}

void model_timeouts_normalise(struct model_timeouts *timeouts, int64_t run_timeout_ns)
{
    const int64_t s2c_ns = timeouts->schedule_to_close_ns;

    if (s2c_ns > 0) {
        timeouts->schedule_to_start_ns = model_min_timeout(either(timeouts->schedule_to_start_ns, s2c_ns), s2c_ns);
        timeouts->start_to_close_ns = model_min_timeout(either(timeouts->start_to_close_ns, s2c_ns), s2c_ns);
    } else {
        timeouts->schedule_to_close_ns = run_timeout_ns;
        timeouts->schedule_to_start_ns = either(timeouts->schedule_to_start_ns, run_timeout_ns);
    }
    if (run_timeout_ns > 0) {
        timeouts->schedule_to_close_ns = model_min_timeout(timeouts->schedule_to_close_ns, run_timeout_ns);
        timeouts->schedule_to_start_ns = model_min_timeout(timeouts->schedule_to_start_ns, run_timeout_ns);
        timeouts->start_to_close_ns = model_min_timeout(timeouts->start_to_close_ns, run_timeout_ns);
    }
    if (timeouts->heartbeat_ns > timeouts->start_to_close_ns) {
        timeouts->heartbeat_ns = timeouts->start_to_close_ns;
    }
}

static bool is_id_pending(const struct model_transaction *tx, struct wf_string activity_id)
{
    for (uint32_t i = 0; i < tx->state->activities.count; i++) {
        if (wf_string_equal(tx->state->activities.items[i].activity_id, activity_id)) {
            return true;
        }
    }
    return false;
}

static void write_scheduled(struct model_transaction *tx, const struct wf_command_schedule_activity_task *command,
                            const struct wf_state_activity *activity, int64_t completed_event_id)
{
    struct wf_event_activity_task_scheduled *event = model_event(tx, WF_EVENT_TYPE_ACTIVITY_TASK_SCHEDULED);

    event->activity_id = command->activity_id;
    event->activity_type = command->activity_type;
    event->task_queue = command->task_queue;
    event->header = command->header;
    event->input = command->input;
    event->schedule_to_close_timeout = wf_duration_of(activity->schedule_to_close_ns);
    event->schedule_to_start_timeout = wf_duration_of(activity->schedule_to_start_ns);
    event->start_to_close_timeout = wf_duration_of(activity->start_to_close_ns);
    event->heartbeat_timeout = wf_duration_of(activity->heartbeat_ns);
    event->workflow_task_completed_event_id = completed_event_id;
    event->retry_policy = activity->retry_policy;
    event->priority = command->priority;
}

int32_t model_schedule_activity(struct model_transaction *tx, const struct wf_command_schedule_activity_task *command,
                                int64_t completed_event_id, struct wf_string identity)
{
    struct wf_state_activity *activity = NULL;
    struct model_timeouts timeouts = {0};

    if (!model_is_id(tx->model, command->activity_id) ||
        !model_is_id(tx->model, wf_activity_type_name(command->activity_type)) || command->task_queue == NULL ||
        !model_is_id(tx->model, command->task_queue->name) || !read_timeouts(command, &timeouts) ||
        (command->retry_policy != NULL && !model_policy_is_valid(command->retry_policy))) {
        return CAUSE(BAD_SCHEDULE_ACTIVITY_ATTRIBUTES);
    }
    if (model_payloads_bytes(command->input) > (size_t)tx->model->limits.blob_bytes_max) {
        return CAUSE(BAD_SCHEDULE_ACTIVITY_ATTRIBUTES) | MODEL_CAUSE_TERMINATES;
    }
    if (is_id_pending(tx, command->activity_id)) {
        return CAUSE(SCHEDULE_ACTIVITY_DUPLICATE_ID);
    }
    if ((int64_t)tx->state->activities.count >= tx->model->limits.pending_activities_max) {
        return CAUSE(PENDING_ACTIVITIES_LIMIT_EXCEEDED);
    }
    model_timeouts_normalise(&timeouts, tx->start->run_timeout_ns);
    activity = WF_LIST_APPEND(tx->arena, tx->state->activities);
    activity->scheduled_event_id = tx->state->next_event_id;
    activity->activity_id = command->activity_id;
    activity->activity_type = command->activity_type->name;
    activity->task_queue = command->task_queue->name;
    activity->header = command->header;
    activity->input = command->input;
    activity->schedule_to_close_ns = timeouts.schedule_to_close_ns;
    activity->schedule_to_start_ns = timeouts.schedule_to_start_ns;
    activity->start_to_close_ns = timeouts.start_to_close_ns;
    activity->heartbeat_ns = timeouts.heartbeat_ns;
    activity->retry_policy = MODEL_NEW(tx, struct wf_retry_policy);
    if (command->retry_policy != NULL) {
        *activity->retry_policy = *command->retry_policy;
    }
    model_policy_complete(activity->retry_policy);
    activity->attempt = 1;
    activity->scheduled_time_ns = tx->now_ns;
    activity->first_scheduled_time_ns = tx->now_ns;
    write_scheduled(tx, command, activity, completed_event_id);
    /* 4.10: on the workflow's own queue, and not while the run is paused. */
    if (command->request_eager_execution && !tx->state->is_paused &&
        wf_string_equal(activity->task_queue, tx->start->task_queue)) {
        start(tx, activity, WF_STR(MODEL_INLINE_REQUEST), identity);
    }
    return MODEL_CAUSE_NONE;
}

/* ---- Outcomes (4.2) ---- */

/* The start of the last attempt, written with its outcome. Nothing for an attempt that nobody started. */
static void write_started(struct model_transaction *tx, const struct wf_state_activity *activity)
{
    struct wf_event_activity_task_started *event = NULL;

    if (!model_activity_is_started(activity)) {
        return;
    }
    event = model_event_at(tx, WF_EVENT_TYPE_ACTIVITY_TASK_STARTED, activity->started_time_ns);
    event->scheduled_event_id = activity->scheduled_event_id;
    event->identity = activity->started_identity;
    event->request_id = activity->request_id;
    event->attempt = activity->attempt;
    event->last_failure = activity->last_failure;
}

static void end(struct model_transaction *tx, struct wf_state_activity *activity)
{
    WF_LIST_REMOVE(tx->state->activities, activity);
    tx->wants_task = true;
}

static void write_canceled(struct model_transaction *tx, const struct wf_state_activity *activity,
                           struct wf_payloads *details, struct wf_string identity)
{
    struct wf_event_activity_task_canceled *event = NULL;

    write_started(tx, activity);
    event = model_event(tx, WF_EVENT_TYPE_ACTIVITY_TASK_CANCELED);
    event->details = details;
    event->latest_cancel_requested_event_id = activity->cancel_requested_event_id;
    event->scheduled_event_id = activity->scheduled_event_id;
    event->identity = identity;
}

/* ---- Cancellation (2.3, 4.8) ---- */

static struct wf_payloads *not_started_details(struct model_transaction *tx)
{
    struct wf_payloads *details = MODEL_NEW(tx, struct wf_payloads);
    struct wf_payload *payload = WF_LIST_APPEND(tx->arena, details->payloads);
    struct wf_entry_string *encoding = WF_LIST_APPEND(tx->arena, payload->metadata);

    encoding->key = WF_STR("encoding");
    encoding->value = WF_STR("json/plain");
    payload->data = WF_STR("\"" NOT_STARTED_DETAILS "\"");
    return details;
}

static bool has_buffered_end(const struct model_transaction *tx, int64_t scheduled_event_id)
{
    for (uint32_t i = 0; i < tx->state->buffered_events.count; i++) {
        if (wf_event_ended_id(&tx->state->buffered_events.items[i], WF_OWNER_ACTIVITY) == scheduled_event_id) {
            return true;
        }
    }
    return false;
}

int32_t model_cancel_activity(struct model_transaction *tx, int64_t scheduled_event_id, int64_t completed_event_id,
                              struct wf_string identity, bool *has_canceled_unstarted)
{
    struct wf_state_activity *activity = model_activity_find(tx, scheduled_event_id);
    struct wf_event_activity_task_cancel_requested *event = NULL;

    if (scheduled_event_id <= 0 || (activity == NULL && !has_buffered_end(tx, scheduled_event_id)) ||
        (activity != NULL && activity->cancel_requested_event_id != 0)) {
        return CAUSE(BAD_REQUEST_CANCEL_ACTIVITY_ATTRIBUTES);
    }
    if (activity != NULL) {
        activity->cancel_requested_event_id = tx->state->next_event_id;
    }
    event = model_event(tx, WF_EVENT_TYPE_ACTIVITY_TASK_CANCEL_REQUESTED);
    event->scheduled_event_id = scheduled_event_id;
    event->workflow_task_completed_event_id = completed_event_id;
    if (activity != NULL && !model_activity_is_started(activity)) {
        const struct wf_command *command = tx->command;

        tx->command = NULL;
        write_canceled(tx, activity, not_started_details(tx), identity);
        tx->command = command;
        WF_LIST_REMOVE(tx->state->activities, activity);
        *has_canceled_unstarted = true;
    }
    return MODEL_CAUSE_NONE;
}

/* ---- Starting (4.6) ---- */

static void fill_message(struct model_transaction *tx, const struct wf_state_activity *activity,
                         struct wf_svc_activity_task *task)
{
    const struct wf_svc_task_token token = {.workflow_id = tx->start->workflow_id,
                                            .run_id = tx->start->run_id,
                                            .scheduled_event_id = activity->scheduled_event_id,
                                            .attempt = activity->attempt,
                                            .started_time_ns = activity->started_time_ns,
                                            .is_activity = true};
    struct wf_buffer bytes = {0};

    wf_buffer_init(&bytes, tx->arena);
    wf_wire_encode(&wf_type_svc_task_token, &token, &bytes);
    task->token = wf_buffer_string(&bytes);
    task->workflow_execution = MODEL_NEW(tx, struct wf_workflow_execution);
    task->workflow_execution->workflow_id = tx->start->workflow_id;
    task->workflow_execution->run_id = tx->start->run_id;
    task->workflow_type = tx->start->workflow_type;
    task->activity_id = activity->activity_id;
    task->activity_type = activity->activity_type;
    task->header = activity->header;
    task->input = activity->input;
    task->heartbeat_details = activity->heartbeat_details;
    task->attempt = activity->attempt;
    task->scheduled_time_ns = activity->first_scheduled_time_ns;
    task->current_attempt_scheduled_time_ns = activity->scheduled_time_ns;
    task->started_time_ns = activity->started_time_ns;
    task->schedule_to_close_timeout = wf_duration_of(activity->schedule_to_close_ns);
    task->start_to_close_timeout = wf_duration_of(activity->start_to_close_ns);
    task->heartbeat_timeout = wf_duration_of(activity->heartbeat_ns);
    task->retry_policy = activity->retry_policy;
    task->task_queue = activity->task_queue;
}

void model_add_eager_tasks(struct model_transaction *tx, int64_t completed_event_id,
                           struct wf_svc_workflow_task_accepted *accepted)
{
    for (uint32_t i = 0; i < tx->state->activities.count; i++) {
        const struct wf_state_activity *activity = &tx->state->activities.items[i];

        if (activity->scheduled_event_id > completed_event_id && model_activity_is_started(activity)) {
            fill_message(tx, activity, WF_LIST_APPEND(tx->arena, accepted->activity_tasks));
        }
    }
}

void model_activity_started(struct model_transaction *tx)
{
    const struct wf_svc_record_activity_task_started *request =
        tx->operation->request->call.record_activity_task_started;
    struct model *model = tx->model;
    struct model_run *run = model_run_find(model, request->workflow_execution->workflow_id,
                                           request->workflow_execution->run_id);
    struct wf_state_activity *activity = NULL;

    if (run == NULL || !model_run_is_open(run)) {
        model_reply(tx, WF_CALL_NOT_FOUND);
        return;
    }
    model_transaction_begin(tx, model, model_workflow_find(model, request->workflow_execution->workflow_id), run);
    activity = model_activity_find(tx, request->scheduled_event_id);
    if (activity == NULL || activity->is_paused) {
        model_reply(tx, WF_CALL_NOT_FOUND);
        return;
    }
    /* The QUIRK of 4.6 is not carried: the attempt counts, too, and one in backoff has not been pushed yet. */
    if (activity->stamp != request->stamp || activity->attempt != request->attempt) {
        model_reply(tx, WF_CALL_OBSOLETE_TASK);
        return;
    }
    if (model_activity_is_started(activity)) {
        if (!wf_string_equal(activity->request_id, request->request_id)) {
            model_reply(tx, WF_CALL_TASK_ALREADY_STARTED);
            return;
        }
    } else {
        start(tx, activity, request->request_id, request->identity);
        model_transaction_commit(tx);
    }
    model_reply(tx, WF_CALL_OK)->answer_case = WF_CASE_svc_response_activity_task;
    tx->outcome->reply->answer.activity_task = MODEL_NEW(tx, struct wf_svc_activity_task);
    fill_message(tx, activity, tx->outcome->reply->answer.activity_task);
}

/* ---- Retries (4.5) ---- */

/* 4.9: the next attempt is the first again. */
void model_activity_begin_again(struct model_transaction *tx, struct wf_state_activity *activity)
{
    activity->attempt = 1;
    activity->backoff_from_ns = 0;
    model_activity_restamp(tx, activity);
    if (activity->resets_heartbeat) {
        activity->heartbeat_details = NULL;
    }
    activity->is_reset = false;
    activity->resets_heartbeat = false;
}

/* Steps 5 and 6, and what an operator's reset makes of them: the next attempt comes at once, after whatever number. */
static enum wf_retry_state decide(struct model_transaction *tx, const struct wf_state_activity *activity,
                                  const struct wf_failure *failure, int64_t *interval_ns)
{
    const struct model_retry retry = {
        .policy = activity->retry_policy,
        .failure = failure,
        .attempt = activity->attempt,
        .expiration_ns = activity->schedule_to_close_ns == 0
                             ? 0
                             : activity->first_scheduled_time_ns + activity->schedule_to_close_ns,
        .is_paused = activity->is_paused,
        .is_reset = activity->is_reset};

    return model_retry_decide(&retry, tx->now_ns, interval_ns);
}

static enum wf_retry_state try_again(struct model_transaction *tx, struct wf_state_activity *activity,
                                     struct wf_failure *failure)
{
    enum wf_retry_state state = WF_RETRY_STATE_CANCEL_REQUESTED;
    int64_t interval_ns = 0;

    if (activity->cancel_requested_event_id != 0) {
        return state;
    }
    state = decide(tx, activity, failure, &interval_ns);
    if (state == WF_RETRY_STATE_IN_PROGRESS) {
        activity->attempt++;
        if (activity->is_reset) {
            model_activity_begin_again(tx, activity);
        }
        activity->scheduled_time_ns = tx->now_ns + interval_ns;
        activity->backoff_from_ns = interval_ns > 0 && !model_asks_for_delay(failure) ? tx->now_ns : 0;
        activity->started_time_ns = 0; /* started_identity stays: who tried last */
        activity->heartbeat_time_ns = 0; /* of the attempt that is over; its details stay */
        activity->request_id = (struct wf_string){0};
        activity->last_failure = failure;
    }
    return state;
}

/* ---- Reports of workers (4.6, 4.7) ---- */

/* Whom a report concerns. */
struct subject {
    struct wf_string token; /* empty: by id */
    const struct wf_workflow_execution *execution;
    struct wf_string activity_id;
};

static struct subject subject_of(const struct wf_svc_request *request)
{
#define SUBJECT(report) (struct subject){(report)->token, (report)->workflow_execution, (report)->activity_id}
    switch (request->call_case) {
    case WF_CASE_svc_request_respond_activity_task_completed:
        return SUBJECT(request->call.respond_activity_task_completed);
    case WF_CASE_svc_request_respond_activity_task_failed:
        return SUBJECT(request->call.respond_activity_task_failed);
    case WF_CASE_svc_request_respond_activity_task_canceled:
        return SUBJECT(request->call.respond_activity_task_canceled);
    default:
        return SUBJECT(request->call.record_activity_heartbeat);
    }
#undef SUBJECT
}

bool model_activity_begin(struct model_transaction *tx, struct wf_string workflow_id, struct wf_string run_id)
{
    struct model_run *run = model_run_find(tx->model, workflow_id, run_id);

    if (run == NULL || !model_run_is_open(run)) {
        return false;
    }
    model_transaction_begin(tx, tx->model, model_workflow_find(tx->model, workflow_id), run);
    return true;
}

static struct wf_state_activity *read_token(struct model_transaction *tx, struct wf_string bytes)
{
    struct wf_svc_task_token token = {0};
    struct wf_state_activity *activity = NULL;

    if (wf_wire_decode(tx->arena, &wf_type_svc_task_token, bytes, &token, NULL) != WF_OK ||
        !model_activity_begin(tx, token.workflow_id, token.run_id)) {
        return NULL;
    }
    activity = model_activity_find(tx, token.scheduled_event_id);
    /* After a reset an attempt's number comes again, its start does not. */
    return activity == NULL || !model_activity_is_started(activity) || activity->attempt != token.attempt ||
                   activity->started_time_ns != token.started_time_ns
               ? NULL
               : activity;
}

/* By id no attempt is checked, and a completion may come before any start. */
static struct wf_state_activity *find_id(struct model_transaction *tx, const struct subject *subject)
{
    if (!model_activity_begin(tx, subject->execution->workflow_id, subject->execution->run_id)) {
        return NULL;
    }
    for (uint32_t i = 0; i < tx->state->activities.count; i++) {
        struct wf_state_activity *activity = &tx->state->activities.items[i];

        if (wf_string_equal(activity->activity_id, subject->activity_id)) {
            return model_activity_is_started(activity) || tx->operation->request->call_case ==
                                                              WF_CASE_svc_request_respond_activity_task_completed
                       ? activity
                       : NULL;
        }
    }
    return NULL;
}

/* What a worker, or the service in its place, says of an attempt that did not succeed. */
static void fail_with(struct model_transaction *tx, struct wf_state_activity *activity, struct wf_failure *failure,
                      struct wf_string identity)
{
    const enum wf_retry_state state = try_again(tx, activity, failure);
    struct wf_event_activity_task_failed *event = NULL;

    if (state != WF_RETRY_STATE_IN_PROGRESS) {
        write_started(tx, activity);
        event = model_event(tx, WF_EVENT_TYPE_ACTIVITY_TASK_FAILED);
        event->failure = failure;
        event->scheduled_event_id = activity->scheduled_event_id;
        event->identity = identity;
        event->retry_state = (int32_t)state;
        end(tx, activity);
    }
}

static void fail(struct model_transaction *tx, struct wf_state_activity *activity)
{
    const struct wf_svc_respond_activity_task_failed *request =
        tx->operation->request->call.respond_activity_task_failed;

    if (request->last_heartbeat_details != NULL) {
        activity->heartbeat_details = request->last_heartbeat_details;
    }
    fail_with(tx, activity, request->failure, request->identity);
}

/* A result that nobody can store is a failure of the activity. */
static struct wf_failure *too_large(struct model_transaction *tx)
{
    struct wf_failure *failure = MODEL_NEW(tx, struct wf_failure);

    failure->message = WF_STR("Complete result exceeds size limit.");
    failure->source = WF_STR("Server");
    failure->failure_info_case = WF_CASE_failure_server_failure_info;
    failure->failure_info.server_failure_info = MODEL_NEW(tx, struct wf_server_failure_info);
    failure->failure_info.server_failure_info->non_retryable = true;
    return failure;
}

static void complete(struct model_transaction *tx, struct wf_state_activity *activity)
{
    const struct wf_svc_respond_activity_task_completed *request =
        tx->operation->request->call.respond_activity_task_completed;
    struct wf_event_activity_task_completed *event = NULL;

    if (!model_activity_is_started(activity)) {
        start(tx, activity, (struct wf_string){0}, request->identity); /* fabricated */
    }
    if (model_payloads_bytes(request->result) > (size_t)tx->model->limits.blob_bytes_max) {
        fail_with(tx, activity, too_large(tx), request->identity);
        return;
    }
    write_started(tx, activity);
    event = model_event(tx, WF_EVENT_TYPE_ACTIVITY_TASK_COMPLETED);
    event->result = request->result;
    event->scheduled_event_id = activity->scheduled_event_id;
    event->identity = request->identity;
    end(tx, activity);
}

void model_activity_answered(struct model_transaction *tx)
{
    const struct wf_svc_request *request = tx->operation->request;
    const struct subject subject = subject_of(request);
    struct wf_state_activity *activity = subject.token.size_bytes > 0 ? read_token(tx, subject.token)
                                                                      : find_id(tx, &subject);

    if (activity == NULL) {
        model_reply(tx, WF_CALL_NOT_FOUND);
        return;
    }
    model_reply(tx, WF_CALL_OK);
    if (request->call_case == WF_CASE_svc_request_respond_activity_task_completed) {
        complete(tx, activity);
    } else if (request->call_case == WF_CASE_svc_request_respond_activity_task_failed) {
        fail(tx, activity);
    } else if (request->call_case == WF_CASE_svc_request_respond_activity_task_canceled) {
        if (activity->cancel_requested_event_id == 0) {
            model_reply(tx, WF_CALL_INVALID_ARGUMENT);
            return;
        }
        write_canceled(tx, activity, request->call.respond_activity_task_canceled->details,
                       request->call.respond_activity_task_canceled->identity);
        end(tx, activity);
    } else {
        activity->heartbeat_details = request->call.record_activity_heartbeat->details;
        activity->heartbeat_time_ns = tx->now_ns;
        tx->outcome->reply->answer_case = WF_CASE_svc_response_heartbeat_answer;
        tx->outcome->reply->answer.heartbeat_answer = MODEL_NEW(tx, struct wf_svc_heartbeat_answer);
        tx->outcome->reply->answer.heartbeat_answer->is_cancel_requested = activity->cancel_requested_event_id != 0;
        tx->outcome->reply->answer.heartbeat_answer->is_paused = activity->is_paused;
        tx->outcome->reply->answer.heartbeat_answer->is_reset = activity->is_reset;
    }
    model_transaction_commit(tx);
}

/* ---- Deadlines (4.4) ---- */

static const char *const type_names[] = {
    [WF_TIMEOUT_TYPE_START_TO_CLOSE] = "activity StartToClose timeout",
    [WF_TIMEOUT_TYPE_SCHEDULE_TO_START] = "activity ScheduleToStart timeout",
    [WF_TIMEOUT_TYPE_SCHEDULE_TO_CLOSE] = "activity ScheduleToClose timeout",
    [WF_TIMEOUT_TYPE_HEARTBEAT] = "activity Heartbeat timeout",
};

/* The deadline of a kind; INT64_MAX: none. */
static int64_t deadline_of(const struct wf_state_activity *activity, int32_t type)
{
    const bool is_started = model_activity_is_started(activity);
    int64_t from_ns = activity->started_time_ns;

    if (activity->is_paused) {
        return INT64_MAX;
    }
    switch (type) {
    case WF_TIMEOUT_TYPE_SCHEDULE_TO_START:
        return is_started || activity->schedule_to_start_ns == 0
                   ? INT64_MAX
                   : activity->scheduled_time_ns + activity->schedule_to_start_ns;
    case WF_TIMEOUT_TYPE_SCHEDULE_TO_CLOSE:
        return activity->schedule_to_close_ns == 0
                   ? INT64_MAX
                   : activity->first_scheduled_time_ns + activity->schedule_to_close_ns;
    case WF_TIMEOUT_TYPE_START_TO_CLOSE:
        return !is_started || activity->start_to_close_ns == 0 ? INT64_MAX : from_ns + activity->start_to_close_ns;
    default:
        from_ns = activity->heartbeat_time_ns > from_ns ? activity->heartbeat_time_ns : from_ns;
        return !is_started || activity->heartbeat_ns == 0 ? INT64_MAX : from_ns + activity->heartbeat_ns;
    }
}

struct expiry {
    int64_t deadline_ns;
    int64_t scheduled_event_id;
    int32_t type;
    int32_t attempt;
    int32_t stamp; /* after an operator's reset an attempt's number comes again */
};

static bool is_before(const struct expiry *left, const struct expiry *right)
{
    if (left->deadline_ns != right->deadline_ns) {
        return left->deadline_ns < right->deadline_ns;
    }
    if (left->scheduled_event_id != right->scheduled_event_id) {
        return left->scheduled_event_id < right->scheduled_event_id;
    }
    return left->type < right->type;
}

/* The next expiry behind `done`, in the order of 4.4. */
static bool next_expiry(const struct model_transaction *tx, const struct wf_state_run *before,
                        const struct expiry *done, struct expiry *next)
{
    bool is_found = false;

    for (uint32_t i = 0; i < before->activities.count; i++) {
        const struct wf_state_activity *activity = &before->activities.items[i];

        for (int32_t type = WF_TIMEOUT_TYPE_START_TO_CLOSE; type <= WF_TIMEOUT_TYPE_HEARTBEAT; type++) {
            const struct expiry expiry = {deadline_of(activity, type), activity->scheduled_event_id, type,
                                          activity->attempt, activity->stamp};

            if (expiry.deadline_ns <= tx->now_ns && is_before(done, &expiry) &&
                (!is_found || is_before(&expiry, next))) {
                *next = expiry;
                is_found = true;
            }
        }
    }
    return is_found;
}

static void time_out(struct model_transaction *tx, struct wf_state_activity *activity, int32_t type)
{
    struct wf_failure *failure = model_timeout_failure(tx, (enum wf_timeout_type)type);
    struct wf_event_activity_task_timed_out *event = NULL;
    enum wf_retry_state state = WF_RETRY_STATE_UNSPECIFIED;

    failure->message = wf_string_of(type_names[type]);
    failure->failure_info.timeout_failure_info->last_heartbeat_details = activity->heartbeat_details;
    state = try_again(tx, activity, failure);
    if (type == WF_TIMEOUT_TYPE_SCHEDULE_TO_START) {
        state = WF_RETRY_STATE_TIMEOUT; /* never anything else, see the table of 4.4 */
    }
    if (state == WF_RETRY_STATE_IN_PROGRESS) {
        return;
    }
    if (state == WF_RETRY_STATE_TIMEOUT && type != WF_TIMEOUT_TYPE_SCHEDULE_TO_START) {
        failure->message = WF_STR("Not enough time to schedule next retry before activity ScheduleToClose timeout, "
                                  "giving up retrying");
        failure->failure_info.timeout_failure_info->timeout_type = WF_TIMEOUT_TYPE_SCHEDULE_TO_CLOSE;
    }
    failure->cause = activity->last_failure;
    write_started(tx, activity);
    event = model_event(tx, WF_EVENT_TYPE_ACTIVITY_TASK_TIMED_OUT);
    event->failure = failure;
    event->scheduled_event_id = activity->scheduled_event_id;
    event->retry_state = (int32_t)state;
    end(tx, activity);
}

void model_activities_expire(struct model_transaction *tx)
{
    const struct wf_state_run *before = wf_message_copy(tx->arena, &wf_type_state_run, tx->state);
    struct expiry done = {.deadline_ns = INT64_MIN};
    struct expiry next = {0};

    for (uint32_t i = 0; i < tx->state->activities.count; i++) {
        struct wf_state_activity *activity = &tx->state->activities.items[i];

        if (!activity->is_paused && activity->scheduled_time_ns <= tx->now_ns) {
            activity->backoff_from_ns = 0; /* it has been waited for */
        }
    }
    while (next_expiry(tx, before, &done, &next)) {
        struct wf_state_activity *activity = model_activity_find(tx, next.scheduled_event_id);

        if (activity != NULL && activity->attempt == next.attempt && activity->stamp == next.stamp) {
            time_out(tx, activity, next.type);
        }
        done = next;
    }
}
