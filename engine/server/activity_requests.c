/*
 * What workers and matching ask about activities.
 *
 * Source: engine-semantics 4.6 to 4.8.
 */
#include "engine/base/assert.h"
#include "engine/server/change.h"

/* ---- RecordActivityTaskStarted ---- */

static bool is_running(const struct wf_state_activity *activity)
{
    return activity->state == WF_ACTIVITY_STARTED || activity->state == WF_ACTIVITY_CANCELING;
}

/* WF_CALL_OK, or why the attempt cannot be started (4.6). */
static enum wf_call_status check_start(const struct wf_shard *shard, const struct wf_state_activity *activity,
                                       const struct wf_svc_record_activity_task_started *request)
{
    const bool is_pause_late = wf_is_planted(shard->config, WF_PLANT_ACTIVITY_PAUSE_LATE);

    if (activity == NULL) {
        return WF_CALL_NOT_FOUND;
    }
    /* 4.6 QUIRK: the stamp alone would let a late push of one attempt start the next one early. */
    if (activity->is_paused && !is_pause_late) {
        return WF_CALL_OBSOLETE_TASK; /* 4.9 */
    }
    if ((activity->stamp != request->stamp && !is_pause_late) || activity->attempt != request->attempt ||
        activity->state == WF_ACTIVITY_BACKOFF) {
        return WF_CALL_OBSOLETE_TASK;
    }
    if (is_running(activity)) {
        return wf_string_equal(activity->request_id, request->request_id)
                   ? WF_CALL_OK
                   : WF_CALL_TASK_ALREADY_STARTED;
    }
    return WF_CALL_OK;
}

WF_OPERATION(activity_started)
{
    const struct wf_svc_record_activity_task_started *request =
        operation->request->call.record_activity_task_started;
    const struct wf_reply_plan reply = {.kind = WF_REPLY_ACTIVITY_TASK,
                                        .scheduled_event_id = request->scheduled_event_id};
    struct wf_state_activity *activity = run == NULL || !wf_shard_run_is_open(run)
                                             ? NULL
                                             : wf_activity_find(run->state,
                                                                request->scheduled_event_id);
    const enum wf_call_status status = check_start(shard, activity, request);
    struct wf_change change = {0};
    bool is_started = false;

    if (status != WF_CALL_OK) {
        wf_refuse(shard, operation, status, "Activity task not found.");
        return;
    }
    if (is_running(activity)) {
        wf_reply_give(shard, operation->call_id, workflow, run,
                      &reply); /* matching asks again: the same answer */
        return;
    }
    wf_change_init(&change, shard, workflow, run);
    is_started = wf_activity_step(&change, activity, WF_ACTIVITY_START,
                                  &(struct wf_activity_details){.request_id = request->request_id,
                                                                .identity = request->identity});
    WF_ASSERT(is_started);
    wf_change_commit(&change, operation, &reply);
}

/* ---- Outcomes and heartbeats ---- */

/* After a reset an attempt's number comes again (4.9), so the start is compared too. */
static bool is_token_of(const struct wf_shard *shard, const struct wf_state_activity *activity,
                        const struct wf_svc_task_token *token)
{
    return (activity->attempt == token->attempt && activity->started_time_ns == token->started_time_ns) ||
           wf_is_planted(shard->config, WF_PLANT_STALE_ATTEMPT);
}

/* The running attempt that a token is about; NULL for any other, however it ended. */
static struct wf_state_activity *activity_of_token(struct wf_shard *shard,
                                                   const struct wf_shard_run *run,
                                                   struct wf_string bytes)
{
    struct wf_svc_task_token token = {0};
    struct wf_state_activity *activity = NULL;

    if (run == NULL || !wf_shard_run_is_open(run) ||
        wf_wire_decode(&shard->step_arena, &wf_type_svc_task_token, bytes, &token, NULL) != WF_OK ||
        !token.is_activity) {
        return NULL;
    }
    activity = wf_activity_find(run->state, token.scheduled_event_id);
    return activity != NULL && is_token_of(shard, activity, &token) && is_running(activity)
               ? activity
               : NULL;
}

/* By id there is no attempt to check, and a completion may come for one that nobody has started (4.6). */
static struct wf_state_activity *activity_of_id(const struct wf_shard_run *run, const struct wf_svc_request *request,
                                                struct wf_string activity_id)
{
    struct wf_state_activity *activity = run == NULL || !wf_shard_run_is_open(run)
                                             ? NULL
                                             : wf_activity_find_id(run->state, activity_id);

    return activity != NULL &&
                   (is_running(activity) ||
                    request->call_case == WF_CASE_svc_request_respond_activity_task_completed)
               ? activity
               : NULL;
}

static struct wf_state_activity *activity_of(struct wf_shard *shard, const struct wf_shard_run *run,
                                             const struct wf_svc_request *request)
{
    struct wf_activity_address address = {0};
    const bool is_report = wf_activity_address_of(request, &address);

    WF_ASSERT(is_report);
    return address.token.size_bytes > 0 ? activity_of_token(shard, run, address.token)
                                        : activity_of_id(run, request, address.activity_id);
}

static bool complete(struct wf_change *change, struct wf_state_activity *activity,
                     const struct wf_svc_respond_activity_task_completed *request)
{
    const struct wf_activity_details details = {.payloads = request->result,
                                                .identity = request->identity};
    struct wf_server_failure_info server = {.non_retryable = true};
    struct wf_failure failure = {.message = WF_STR("Complete result exceeds size limit."),
                                 .source = WF_STR("Server"),
                                 .failure_info_case = WF_CASE_failure_server_failure_info,
                                 .failure_info.server_failure_info = &server};

    if (!is_running(activity)) {
        const bool is_taken = wf_activity_step(change, activity, WF_ACTIVITY_FABRICATE, &details);

        WF_ASSERT(is_taken);
    }
    if (wf_payloads_size_bytes(request->result) >
        (size_t)change->shard->config->limits.blob_bytes_max) {
        /* A result that no history can hold is a failure for good. */
        wf_activity_failed(change, activity,
                           wf_message_copy(change->arena, &wf_type_failure, &failure),
                           request->identity, WF_TIMEOUT_TYPE_UNSPECIFIED);
        return true;
    }
    return wf_activity_step(change, activity, WF_ACTIVITY_COMPLETE, &details);
}

static bool fail(struct wf_change *change, struct wf_state_activity *activity,
                 const struct wf_svc_respond_activity_task_failed *request)
{
    if (request->last_heartbeat_details != NULL) {
        activity->heartbeat_details = wf_change_own_message(change, &wf_type_payloads,
                                                            request->last_heartbeat_details);
    }
    wf_activity_failed(change, activity, request->failure, request->identity,
                       WF_TIMEOUT_TYPE_UNSPECIFIED);
    return true;
}

WF_OPERATION(activity_response)
{
    const struct wf_svc_request *request = operation->request;
    struct wf_state_activity *activity = activity_of(shard, run, request);
    struct wf_reply_plan reply = {.kind = WF_REPLY_EMPTY};
    struct wf_change change = {0};
    bool is_taken = false;

    if (activity == NULL) {
        wf_refuse(
            shard, operation, WF_CALL_NOT_FOUND,
            "invalid activityID or activity already timed out or invoking workflow is completed");
        return;
    }
    if (request->call_case == WF_CASE_svc_request_respond_activity_task_canceled &&
        activity->state != WF_ACTIVITY_CANCELING) {
        /* 4.6 "Canceled": only what was asked for. */
        wf_refuse(shard, operation, WF_CALL_INVALID_ARGUMENT,
                  "Activity cancellation was not requested.");
        return;
    }
    wf_change_init(&change, shard, workflow, run);
    if (request->call_case == WF_CASE_svc_request_respond_activity_task_completed) {
        is_taken = complete(&change, activity, request->call.respond_activity_task_completed);
    } else if (request->call_case == WF_CASE_svc_request_respond_activity_task_failed) {
        is_taken = fail(&change, activity, request->call.respond_activity_task_failed);
    } else if (request->call_case == WF_CASE_svc_request_respond_activity_task_canceled) {
        const struct wf_svc_respond_activity_task_canceled *canceled =
            request->call.respond_activity_task_canceled;

        is_taken = wf_activity_step(&change, activity, WF_ACTIVITY_CANCEL,
                                    &(struct wf_activity_details){.payloads = canceled->details,
                                                                  .identity = canceled->identity});
    } else {
        const struct wf_svc_record_activity_heartbeat *heartbeat =
            request->call.record_activity_heartbeat;

        reply = (struct wf_reply_plan){.kind = WF_REPLY_HEARTBEAT,
                                       .flag = activity->state == WF_ACTIVITY_CANCELING,
                                       .is_paused = activity->is_paused,
                                       .is_reset = activity->is_reset};
        is_taken = wf_activity_step(&change, activity, WF_ACTIVITY_HEARTBEAT,
                                    &(struct wf_activity_details){.payloads = heartbeat->details,
                                                                  .identity = heartbeat->identity});
    }
    WF_ASSERT(is_taken);
    wf_change_commit(&change, operation, &reply);
}

/* ---- What operators do (4.9) ---- */

static bool is_named(const struct wf_state_activity *activity, const struct wf_svc_operate_activity *request)
{
    return request->activity_id.size_bytes > 0
               ? wf_string_equal(activity->activity_id, request->activity_id)
               : wf_string_equal(activity->activity_type, request->activity_type);
}

/* False: a pause of what is paused, and the end of a pause that is none. */
static bool is_to_do(const struct wf_state_activity *activity, const struct wf_svc_operate_activity *request)
{
    return is_named(activity, request) &&
           (request->action == WF_ACTIVITY_ACTION_RESET || request->action == WF_ACTIVITY_ACTION_UPDATE_OPTIONS ||
            activity->is_paused != (request->action == WF_ACTIVITY_ACTION_PAUSE));
}

/* How much later than now the operator lets begin what waits. */
static int64_t draw_jitter(struct wf_shard *shard, const struct wf_state_activity *activity,
                           const struct wf_svc_operate_activity *request)
{
    const int64_t jitter_ns = wf_time_of(request->jitter);
    const bool ends_wait = request->action == WF_ACTIVITY_ACTION_UNPAUSE ||
                           (request->action == WF_ACTIVITY_ACTION_RESET && !(activity->is_paused && request->keeps_paused));

    if (jitter_ns == 0 || !ends_wait || is_running(activity)) {
        return 0;
    }
    return (int64_t)(wf_shard_draw(shard) % (uint64_t)jitter_ns);
}

static void operate(struct wf_change *change, const struct wf_svc_operate_activity *request)
{
    static const struct {
        enum wf_activity_input input;
        enum wf_activity_input later; /* with a jitter */
    } inputs[] = {
        [WF_ACTIVITY_ACTION_PAUSE] = {WF_ACTIVITY_PAUSE, WF_ACTIVITY_PAUSE},
        [WF_ACTIVITY_ACTION_UNPAUSE] = {WF_ACTIVITY_UNPAUSE, WF_ACTIVITY_UNPAUSE_LATER},
        [WF_ACTIVITY_ACTION_RESET] = {WF_ACTIVITY_RESET, WF_ACTIVITY_RESET_LATER},
        [WF_ACTIVITY_ACTION_UPDATE_OPTIONS] = {WF_ACTIVITY_UPDATE_OPTIONS, WF_ACTIVITY_UPDATE_OPTIONS},
    };

    for (uint32_t i = 0; i < change->state->activities.count; i++) {
        struct wf_state_activity *activity = &change->state->activities.items[i];
        bool is_taken = true;

        if (is_to_do(activity, request)) {
            const int64_t jitter_ns = draw_jitter(change->shard, activity, request);

            is_taken = wf_activity_step(change, activity,
                                        jitter_ns > 0 ? inputs[request->action].later : inputs[request->action].input,
                                        &(struct wf_activity_details){.operation = request, .interval_ns = jitter_ns});
        }
        WF_ASSERT(is_taken);
    }
}

/* NULL, or what is wrong with the request whatever it is about. */
static const char *check_operation(const struct wf_svc_operate_activity *request)
{
    if (request->action < WF_ACTIVITY_ACTION_PAUSE || request->action > WF_ACTIVITY_ACTION_UPDATE_OPTIONS ||
        (request->activity_id.size_bytes == 0 && request->activity_type.size_bytes == 0)) {
        return "Either activity id or type must be provided.";
    }
    if (wf_time_of(request->jitter) < 0) {
        return "Jitter cannot be negative.";
    }
    if (request->action != WF_ACTIVITY_ACTION_UPDATE_OPTIONS) {
        return NULL;
    }
    if (request->restores_options) {
        return request->options == NULL && request->update_mask.count == 0
                   ? NULL
                   : "RestoreOriginal cannot be combined with other options.";
    }
    if (request->options == NULL) {
        return "ActivityOptions are not provided.";
    }
    return request->update_mask.count == 0 ? "UpdateMask is not provided." : NULL;
}

/* Whether an activity is named, and whether something is to do; NULL, or what is wrong with the options for one of them. */
static const char *look_at_activities(const struct wf_shard *shard, const struct wf_shard_run *run,
                                      const struct wf_svc_operate_activity *request, bool *is_found, bool *is_changed)
{
    const char *problem = NULL;

    for (uint32_t i = 0; i < run->state->activities.count && problem == NULL; i++) {
        const struct wf_state_activity *activity = &run->state->activities.items[i];

        *is_found = *is_found || is_named(activity, request);
        *is_changed = *is_changed || is_to_do(activity, request);
        if (request->action == WF_ACTIVITY_ACTION_UPDATE_OPTIONS && is_named(activity, request)) {
            problem = wf_activity_options_check(shard, run, activity, request);
        }
    }
    return problem;
}

WF_OPERATION(operate_activity)
{
    const struct wf_svc_operate_activity *request = operation->request->call.operate_activity;
    const struct wf_reply_plan reply = {.kind = WF_REPLY_EMPTY};
    const char *problem = check_operation(request);
    struct wf_change change = {0};
    bool is_found = false;
    bool is_changed = false;

    if (problem != NULL) {
        wf_refuse(shard, operation, WF_CALL_INVALID_ARGUMENT, problem);
        return;
    }
    if (run == NULL || !wf_shard_run_is_open(run)) {
        wf_refuse(shard, operation, WF_CALL_NOT_FOUND, "workflow execution already completed");
        return;
    }
    problem = look_at_activities(shard, run, request, &is_found, &is_changed);
    if (problem != NULL) {
        wf_refuse(shard, operation, WF_CALL_INVALID_ARGUMENT, problem);
    } else if (!is_found) {
        wf_refuse(shard, operation, WF_CALL_NOT_FOUND, "activity not found");
    } else if (!is_changed) {
        wf_reply_give(shard, operation->call_id, workflow, run, &reply);
    } else {
        wf_change_init(&change, shard, workflow, run);
        operate(&change, request);
        wf_change_commit(&change, operation, &reply);
    }
}
