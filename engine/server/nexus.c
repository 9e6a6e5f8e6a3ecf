/*
 * Nexus operations of a run, as the caller sees them: scheduled by a command, started by a transfer task that calls the
 * endpoint's handler, ended by its answer or, when the operation goes on, by its callback.
 *
 * Source: engine-semantics 7.14.
 */
#include "engine/base/assert.h"
#include "engine/server/change.h"

struct wf_state_nexus *wf_nexus_find(const struct wf_state_run *state, int64_t scheduled_event_id)
{
    for (uint32_t i = 0; i < state->nexus_operations.count; i++) {
        if (state->nexus_operations.items[i].scheduled_event_id == scheduled_event_id) {
            return &state->nexus_operations.items[i];
        }
    }
    return NULL;
}

/* ---- Beginning ---- */

static int64_t deadline_after(int64_t now_ns, int64_t timeout_ns)
{
    return timeout_ns > 0 ? wf_add_saturating(now_ns, timeout_ns) : 0;
}

static void schedule(struct wf_change *change, struct wf_state_nexus *unused, const struct wf_nexus_details *details)
{
    const struct wf_command_schedule_nexus_operation *command = details->command;
    const struct wf_run_id request_id = wf_shard_draw_uuid(change->shard);
    struct wf_state_nexus given = {.scheduled_event_id = change->state->next_event_id,
                                   .state = WF_NEXUS_SCHEDULED,
                                   .endpoint = command->endpoint,
                                   .service = command->service,
                                   .operation = command->operation,
                                   .input = command->input,
                                   .request_id = wf_run_id_string(&request_id)};
    struct wf_state_nexus *operation = WF_LIST_APPEND(&change->run->arena, change->state->nexus_operations);
    struct wf_event_nexus_operation_scheduled *event = NULL;

    WF_ASSERT(unused == NULL);
    wf_list_share(&given.nexus_header, &command->nexus_header);
    given.schedule_to_close_deadline_ns = deadline_after(change->now_ns,
                                                         wf_time_of(command->schedule_to_close_timeout));
    given.schedule_to_start_deadline_ns = deadline_after(change->now_ns,
                                                         wf_time_of(command->schedule_to_start_timeout));
    given.start_to_close_ns = wf_time_of(command->start_to_close_timeout);
    if (operation == NULL ||
        !wf_message_copy_into(&change->run->arena, &wf_type_state_nexus, operation, &given)) {
        return;
    }
    wf_change_transfer(change, WF_TRANSFER_START_NEXUS, operation->scheduled_event_id);
    event = wf_change_event(change, WF_EVENT_TYPE_NEXUS_OPERATION_SCHEDULED, change->now_ns);
    if (event == NULL) {
        return;
    }
    event->endpoint = command->endpoint;
    event->service = command->service;
    event->operation = command->operation;
    event->input = command->input;
    wf_list_share(&event->nexus_header, &command->nexus_header);
    event->schedule_to_close_timeout = command->schedule_to_close_timeout;
    event->schedule_to_start_timeout = command->schedule_to_start_timeout;
    event->start_to_close_timeout = command->start_to_close_timeout;
    event->workflow_task_completed_event_id = details->completed_event_id;
    event->request_id = operation->request_id;
    event->endpoint_id = command->endpoint;
}

static void start(struct wf_change *change, struct wf_state_nexus *operation, const struct wf_nexus_details *details)
{
    struct wf_event_nexus_operation_started *event = wf_change_event(
        change, WF_EVENT_TYPE_NEXUS_OPERATION_STARTED, change->now_ns);

    operation->state = WF_NEXUS_STARTED;
    operation->operation_token = wf_change_own(change, details->operation_token);
    operation->schedule_to_start_deadline_ns = 0;
    operation->start_to_close_deadline_ns = deadline_after(change->now_ns, operation->start_to_close_ns);
    if (event != NULL) {
        event->scheduled_event_id = operation->scheduled_event_id;
        event->operation_token = operation->operation_token;
        event->request_id = operation->request_id;
    }
    if (operation->cancel_requested_event_id != 0) {
        wf_change_transfer(change, WF_TRANSFER_CANCEL_NEXUS, operation->scheduled_event_id);
    }
    change->wants_task = true;
}

/* ---- Ends ---- */

/* What the workflow is told: which operation it was, around what the handler said. */
static struct wf_failure *wrap(struct wf_change *change, const struct wf_state_nexus *operation, const char *message,
                               struct wf_failure *cause)
{
    struct wf_failure *failure = WF_ARENA_NEW(change->arena, struct wf_failure);
    struct wf_nexus_operation_failure_info *info = WF_ARENA_NEW(change->arena,
                                                                struct wf_nexus_operation_failure_info);

    if (failure == NULL || info == NULL) {
        return NULL;
    }
    info->scheduled_event_id = operation->scheduled_event_id;
    info->endpoint = wf_string_copy(change->arena, operation->endpoint);
    info->service = wf_string_copy(change->arena, operation->service);
    info->operation = wf_string_copy(change->arena, operation->operation);
    info->operation_token = wf_string_copy(change->arena, operation->operation_token);
    failure->message = wf_string_of(message);
    failure->cause = cause;
    failure->failure_info_case = WF_CASE_failure_nexus_operation_execution_failure_info;
    failure->failure_info.nexus_operation_execution_failure_info = info;
    return failure;
}

static void forget(struct wf_change *change, struct wf_state_nexus *operation)
{
    if (operation->state != WF_NEXUS_STARTED || !wf_is_planted(change->shard->config, WF_PLANT_NEXUS_TAKEN_TWICE)) {
        WF_LIST_REMOVE(change->state->nexus_operations, operation);
    }
    change->wants_task = true;
}

static void complete(struct wf_change *change, struct wf_state_nexus *operation,
                     const struct wf_nexus_details *details)
{
    struct wf_event_nexus_operation_completed *event = wf_change_event(
        change, WF_EVENT_TYPE_NEXUS_OPERATION_COMPLETED, change->now_ns);

    if (event != NULL) {
        event->scheduled_event_id = operation->scheduled_event_id;
        event->result = details->result;
        event->request_id = wf_string_copy(change->arena, operation->request_id);
    }
    forget(change, operation);
}

static void fail(struct wf_change *change, struct wf_state_nexus *operation, const struct wf_nexus_details *details)
{
    struct wf_event_nexus_operation_failed *event = wf_change_event(
        change, WF_EVENT_TYPE_NEXUS_OPERATION_FAILED, change->now_ns);

    if (event != NULL) {
        event->scheduled_event_id = operation->scheduled_event_id;
        event->failure = wrap(change, operation, "nexus operation completed unsuccessfully", details->failure);
        event->request_id = wf_string_copy(change->arena, operation->request_id);
    }
    forget(change, operation);
}

static void cancel(struct wf_change *change, struct wf_state_nexus *operation, const struct wf_nexus_details *details)
{
    struct wf_event_nexus_operation_canceled *event = wf_change_event(
        change, WF_EVENT_TYPE_NEXUS_OPERATION_CANCELED, change->now_ns);

    if (event != NULL) {
        event->scheduled_event_id = operation->scheduled_event_id;
        event->failure = wrap(change, operation, "nexus operation canceled", details->failure);
        event->request_id = wf_string_copy(change->arena, operation->request_id);
    }
    forget(change, operation);
}

static struct wf_failure *timeout_failure(struct wf_change *change, int32_t timeout_type)
{
    struct wf_failure *failure = WF_ARENA_NEW(change->arena, struct wf_failure);
    struct wf_timeout_failure_info *info = WF_ARENA_NEW(change->arena, struct wf_timeout_failure_info);

    if (failure == NULL || info == NULL) {
        return NULL;
    }
    info->timeout_type = timeout_type;
    failure->message = WF_STR("operation timed out");
    failure->failure_info_case = WF_CASE_failure_timeout_failure_info;
    failure->failure_info.timeout_failure_info = info;
    return failure;
}

static void time_out(struct wf_change *change, struct wf_state_nexus *operation,
                     const struct wf_nexus_details *details)
{
    struct wf_event_nexus_operation_timed_out *event = wf_change_event(
        change, WF_EVENT_TYPE_NEXUS_OPERATION_TIMED_OUT, change->now_ns);

    if (event != NULL) {
        event->scheduled_event_id = operation->scheduled_event_id;
        event->failure = wrap(change, operation, "nexus operation timed out",
                              timeout_failure(change, details->timeout_type));
        event->request_id = wf_string_copy(change->arena, operation->request_id);
    }
    forget(change, operation);
}

/* ---- Cancellation ---- */

static void request_cancel(struct wf_change *change, struct wf_state_nexus *operation,
                           const struct wf_nexus_details *details)
{
    struct wf_event_nexus_operation_cancel_requested *event = NULL;

    operation->cancel_requested_event_id = change->state->next_event_id;
    operation->cancel_completed_event_id = details->completed_event_id;
    event = wf_change_event(change, WF_EVENT_TYPE_NEXUS_OPERATION_CANCEL_REQUESTED, change->now_ns);
    if (event != NULL) {
        event->scheduled_event_id = operation->scheduled_event_id;
        event->workflow_task_completed_event_id = details->completed_event_id;
    }
    if (operation->state == WF_NEXUS_STARTED) {
        wf_change_transfer(change, WF_TRANSFER_CANCEL_NEXUS, operation->scheduled_event_id);
    }
}

static void cancel_delivered(struct wf_change *change, struct wf_state_nexus *operation,
                             const struct wf_nexus_details *details)
{
    struct wf_event_nexus_operation_cancel_request_completed *event = wf_change_event(
        change, WF_EVENT_TYPE_NEXUS_OPERATION_CANCEL_REQUEST_COMPLETED, change->now_ns);

    (void)details;
    operation->is_cancel_answered = true;
    if (event != NULL) {
        event->requested_event_id = operation->cancel_requested_event_id;
        event->workflow_task_completed_event_id = operation->cancel_completed_event_id;
        event->scheduled_event_id = operation->scheduled_event_id;
    }
    change->wants_task = true;
}

static void cancel_refused(struct wf_change *change, struct wf_state_nexus *operation,
                           const struct wf_nexus_details *details)
{
    struct wf_event_nexus_operation_cancel_request_failed *event = wf_change_event(
        change, WF_EVENT_TYPE_NEXUS_OPERATION_CANCEL_REQUEST_FAILED, change->now_ns);

    operation->is_cancel_answered = true;
    if (event != NULL) {
        event->requested_event_id = operation->cancel_requested_event_id;
        event->workflow_task_completed_event_id = operation->cancel_completed_event_id;
        event->scheduled_event_id = operation->scheduled_event_id;
        event->failure = wrap(change, operation, "nexus operation cancel request failed", details->failure);
    }
    change->wants_task = true;
}

bool wf_nexus_step(struct wf_change *change, struct wf_state_nexus *operation, enum wf_nexus_input input,
                   const struct wf_nexus_details *details)
{
    if (input == WF_NEXUS_REQUEST_CANCEL && operation->cancel_requested_event_id != 0) {
        return false;
    }
#define ROW(from, input) ((uint32_t)(from) << 8 | (uint32_t)(input))
    switch (ROW(operation == NULL ? WF_NEXUS_NONE : operation->state, input)) {
#define WF_TRANSITION(from, input, to, action)                                                     \
    case ROW(WF_NEXUS_##from, WF_NEXUS_##input):                                                   \
        action(change, operation, details);                                                        \
        return true;
#include "engine/server/nexus.def"
    default:
        return false;
    }
#undef ROW
}

void wf_nexus_end(struct wf_change *change, struct wf_state_nexus *operation, const struct wf_svc_nexus_outcome *outcome)
{
    const bool is_ended = wf_nexus_step(
        change, operation,
        outcome->failure == NULL ? WF_NEXUS_COMPLETE
        : outcome->is_canceled   ? WF_NEXUS_CANCEL
                                 : WF_NEXUS_FAIL,
        &(struct wf_nexus_details){.result = outcome->result, .failure = outcome->failure});

    WF_ASSERT(is_ended);
}

/* ---- Time ---- */

int64_t wf_nexus_deadline(const struct wf_state_nexus *operation, int32_t *timeout_type)
{
    const struct {
        int64_t time_ns;
        int32_t type;
    } deadlines[] = {{operation->schedule_to_start_deadline_ns, WF_TIMEOUT_TYPE_SCHEDULE_TO_START},
                     {operation->schedule_to_close_deadline_ns, WF_TIMEOUT_TYPE_SCHEDULE_TO_CLOSE},
                     {operation->start_to_close_deadline_ns, WF_TIMEOUT_TYPE_START_TO_CLOSE}};
    int64_t earliest_ns = INT64_MAX;

    for (size_t i = 0; i < sizeof deadlines / sizeof *deadlines; i++) {
        if (deadlines[i].time_ns != 0 && deadlines[i].time_ns < earliest_ns) {
            earliest_ns = deadlines[i].time_ns;
            *timeout_type = deadlines[i].type;
        }
    }
    return earliest_ns;
}

void wf_nexus_expire(struct wf_change *change)
{
    for (uint32_t i = 0; i < change->state->nexus_operations.count;) {
        struct wf_state_nexus *operation = &change->state->nexus_operations.items[i];
        struct wf_nexus_details details = {0};

        if (wf_nexus_deadline(operation, &details.timeout_type) > change->now_ns) {
            i++;
        } else {
            const bool is_timed_out = wf_nexus_step(change, operation, WF_NEXUS_TIME_OUT, &details);

            WF_ASSERT(is_timed_out);
        }
    }
}

/* ---- CompleteNexusOperation: the callback ---- */

/* A completion that overtakes the answer to the start writes the start first. */
WF_OPERATION(complete_nexus_operation)
{
    const struct wf_svc_complete_nexus_operation *request = operation->request->call.complete_nexus_operation;
    const struct wf_reply_plan reply = {.kind = WF_REPLY_EMPTY};
    struct wf_state_nexus *pending = run == NULL || !wf_shard_run_is_open(run)
                                         ? NULL
                                         : wf_nexus_find(run->state, request->scheduled_event_id);
    struct wf_change change = {0};

    if (pending == NULL && wf_reset_follow(shard, workflow, run, operation, request->scheduled_event_id)) {
        return;
    }
    if (pending == NULL || request->outcome == NULL ||
        !wf_string_equal(pending->request_id, request->request_id)) {
        wf_refuse(shard, operation, WF_CALL_NOT_FOUND, "no such operation is pending");
        return;
    }
    wf_change_init(&change, shard, workflow, run);
    if (pending->state == WF_NEXUS_SCHEDULED) {
        const bool is_started = wf_nexus_step(
            &change, pending, WF_NEXUS_START,
            &(struct wf_nexus_details){.operation_token = request->operation_token});

        WF_ASSERT(is_started);
    }
    wf_nexus_end(&change, pending, request->outcome);
    wf_change_commit(&change, operation, &reply);
}
