/*
 * The machine of one activity.
 *
 * Source: engine-semantics 4.1 to 4.8; deadlines and the decision to retry are in activity_time.c.
 */
#include "engine/base/assert.h"
#include "engine/server/change.h"


struct wf_state_activity *wf_activity_find(const struct wf_state_run *state,
                                           int64_t scheduled_event_id)
{
    for (uint32_t i = 0; i < state->activities.count; i++) {
        if (state->activities.items[i].scheduled_event_id == scheduled_event_id) {
            return &state->activities.items[i];
        }
    }
    return NULL;
}

struct wf_state_activity *wf_activity_find_id(const struct wf_state_run *state,
                                              struct wf_string activity_id)
{
    for (uint32_t i = 0; i < state->activities.count; i++) {
        if (wf_string_equal(state->activities.items[i].activity_id, activity_id)) {
            return &state->activities.items[i];
        }
    }
    return NULL;
}

/* 4.3. Both S2C and StC zero was refused before. */
static void normalise_timeouts(struct wf_change *change, struct wf_state_activity *activity)
{
    struct wf_activity_timeouts timeouts = {
        activity->schedule_to_close_ns, activity->schedule_to_start_ns, activity->start_to_close_ns,
        activity->heartbeat_ns};

    wf_activity_timeouts_normalise(&timeouts, change->run->start->run_timeout_ns);
    activity->schedule_to_close_ns = timeouts.schedule_to_close_ns;
    activity->schedule_to_start_ns = timeouts.schedule_to_start_ns;
    activity->start_to_close_ns = timeouts.start_to_close_ns;
    activity->heartbeat_ns = timeouts.heartbeat_ns;
}

static void write_scheduled(struct wf_change *change, const struct wf_state_activity *activity,
                            const struct wf_activity_details *details)
{
    const struct wf_command_schedule_activity_task *command = details->command;
    struct wf_event_activity_task_scheduled *event = wf_change_event(
        change, WF_EVENT_TYPE_ACTIVITY_TASK_SCHEDULED, change->now_ns);

    if (event == NULL) {
        return;
    }
    event->activity_id = command->activity_id;
    event->activity_type = command->activity_type;
    event->task_queue = command->task_queue;
    event->header = command->header;
    event->input = command->input;
    event->schedule_to_close_timeout = wf_duration_of(activity->schedule_to_close_ns);
    event->schedule_to_start_timeout = wf_duration_of(activity->schedule_to_start_ns);
    event->start_to_close_timeout = wf_duration_of(activity->start_to_close_ns);
    event->heartbeat_timeout = wf_duration_of(activity->heartbeat_ns);
    event->workflow_task_completed_event_id = details->completed_event_id;
    event->retry_policy = activity->retry_policy;
    event->use_workflow_build_id = command->use_workflow_build_id;
    event->priority = command->priority;
}

/* 4.2: an activity always has a policy; the command's was checked before. */
static struct wf_retry_policy *own_policy(struct wf_change *change,
                                          const struct wf_retry_policy *given)
{
    struct wf_retry_policy *policy = given == NULL
                                         ? WF_ARENA_NEW(&change->run->arena, struct wf_retry_policy)
                                         : wf_change_own_message(change, &wf_type_retry_policy,
                                                                 given);

    if (policy != NULL) {
        const char *problem = wf_retry_policy_complete(policy);

        WF_ASSERT(problem == NULL);
    }
    return policy;
}

static void schedule(struct wf_change *change, struct wf_state_activity *unused,
                     const struct wf_activity_details *details)
{
    const struct wf_command_schedule_activity_task *command = details->command;
    struct wf_state_activity *activity = WF_LIST_APPEND(&change->run->arena,
                                                        change->state->activities);
    bool is_valid = true;

    WF_ASSERT(unused == NULL);
    if (activity == NULL) {
        return;
    }
    activity->scheduled_event_id = change->state->next_event_id;
    activity->activity_id = wf_change_own(change, command->activity_id);
    activity->activity_type = wf_change_own(change, command->activity_type->name);
    activity->task_queue = wf_change_own(change, command->task_queue->name);
    activity->header = wf_change_own_message(change, &wf_type_header, command->header);
    activity->input = wf_change_own_message(change, &wf_type_payloads, command->input);
    is_valid = wf_timeout_read(command->schedule_to_close_timeout,
                               &activity->schedule_to_close_ns) &&
               is_valid;
    is_valid = wf_timeout_read(command->schedule_to_start_timeout,
                               &activity->schedule_to_start_ns) &&
               is_valid;
    is_valid = wf_timeout_read(command->start_to_close_timeout, &activity->start_to_close_ns) &&
               is_valid;
    is_valid = wf_timeout_read(command->heartbeat_timeout, &activity->heartbeat_ns) && is_valid;
    WF_ASSERT(is_valid);
    activity->retry_policy = own_policy(change, command->retry_policy);
    activity->attempt = 1;
    activity->scheduled_time_ns = change->now_ns;
    activity->first_scheduled_time_ns = change->now_ns;
    activity->state = WF_ACTIVITY_SCHEDULED;
    normalise_timeouts(change, activity);
    write_scheduled(change, activity, details);
    if (!details->is_eager) {
        wf_change_push(change, true, activity->scheduled_event_id, activity->attempt, activity->stamp);
    }
}

/* 7.10 step 4: whatever attempts there were, none is kept; of the last one a reset may find the start in history. What the event says was normalised and completed. */
void wf_activity_restore(struct wf_shard_run *run, int64_t scheduled_event_id,
                         const struct wf_event_activity_task_scheduled *event, wf_time_ns now_ns)
{
    struct wf_arena *arena = &run->arena;
    struct wf_state_activity *activity = WF_LIST_APPEND(arena, run->state->activities);

    if (activity == NULL) {
        return;
    }
    activity->scheduled_event_id = scheduled_event_id;
    activity->state = WF_ACTIVITY_SCHEDULED;
    activity->activity_id = wf_string_copy(arena, event->activity_id);
    activity->activity_type = wf_string_copy(arena, event->activity_type->name);
    activity->task_queue = wf_string_copy(arena, event->task_queue->name);
    activity->header = event->header == NULL ? NULL
                                             : wf_message_copy(arena, &wf_type_header, event->header);
    activity->input = event->input == NULL ? NULL
                                           : wf_message_copy(arena, &wf_type_payloads, event->input);
    activity->schedule_to_close_ns = wf_time_of(event->schedule_to_close_timeout);
    activity->schedule_to_start_ns = wf_time_of(event->schedule_to_start_timeout);
    activity->start_to_close_ns = wf_time_of(event->start_to_close_timeout);
    activity->heartbeat_ns = wf_time_of(event->heartbeat_timeout);
    activity->retry_policy = event->retry_policy == NULL /* of an old service */
                                 ? NULL
                                 : wf_message_copy(arena, &wf_type_retry_policy, event->retry_policy);
    activity->attempt = 1;
    activity->scheduled_time_ns = now_ns;
    activity->first_scheduled_time_ns = now_ns;
}

static void start(struct wf_change *change, struct wf_state_activity *activity,
                  const struct wf_activity_details *details)
{
    /* Asked to cancel before a reset: whoever takes it is told with its next heartbeat. */
    activity->state = activity->cancel_requested_event_id != 0 ? WF_ACTIVITY_CANCELING
                                                               : WF_ACTIVITY_STARTED;
    activity->request_id = wf_change_own(change, details->request_id);
    activity->started_identity = wf_change_own(change, details->identity);
    activity->started_time_ns = wf_is_planted(change->shard->config, WF_PLANT_WRONG_START)
                                    ? activity->scheduled_time_ns
                                    : change->now_ns;
    activity->heartbeat_time_ns = 0;
    activity->backoff_from_ns = 0;
}

static void dispatch(struct wf_change *change, struct wf_state_activity *activity,
                     const struct wf_activity_details *details)
{
    (void)details;
    activity->state = WF_ACTIVITY_SCHEDULED;
    activity->backoff_from_ns = 0;
    wf_change_push(change, true, activity->scheduled_event_id, activity->attempt, activity->stamp);
}

static void heartbeat(struct wf_change *change, struct wf_state_activity *activity,
                      const struct wf_activity_details *details)
{
    /* 4.7: details are overwritten, also by none. */
    activity->heartbeat_time_ns = change->now_ns;
    activity->heartbeat_details = wf_change_own_message(change, &wf_type_payloads,
                                                        details->payloads);
}

/* 4.2: the start of the last attempt is written just before the outcome; an attempt never started
 * has none. */
static int64_t write_started(struct wf_change *change, const struct wf_state_activity *activity)
{
    struct wf_event_activity_task_started *event = NULL;

    if (activity->state != WF_ACTIVITY_STARTED && activity->state != WF_ACTIVITY_CANCELING) {
        return 0;
    }
    event = wf_change_event(change, WF_EVENT_TYPE_ACTIVITY_TASK_STARTED, activity->started_time_ns);
    if (event != NULL) {
        event->scheduled_event_id = activity->scheduled_event_id;
        event->identity = activity->started_identity;
        event->request_id = activity->request_id;
        event->attempt = activity->attempt;
        event->last_failure = activity->last_failure;
    }
    return WF_EVENT_ID_BUFFERED;
}

static void complete(struct wf_change *change, struct wf_state_activity *activity,
                     const struct wf_activity_details *details)
{
    const int64_t started_event_id = write_started(change, activity);
    struct wf_event_activity_task_completed *event = wf_change_event(
        change, WF_EVENT_TYPE_ACTIVITY_TASK_COMPLETED, change->now_ns);

    if (event != NULL) {
        event->result = details->payloads;
        event->scheduled_event_id = activity->scheduled_event_id;
        event->started_event_id = started_event_id;
        event->identity = details->identity;
    }
    WF_LIST_REMOVE(change->state->activities, activity);
    change->wants_task = true;
}

static void fail(struct wf_change *change, struct wf_state_activity *activity,
                 const struct wf_activity_details *details)
{
    const int64_t started_event_id = details->started_event_id != 0 ? details->started_event_id
                                                                    : write_started(change, activity);
    struct wf_event_activity_task_failed *event = wf_change_event(
        change, WF_EVENT_TYPE_ACTIVITY_TASK_FAILED, change->now_ns);

    if (event != NULL) {
        event->failure = details->failure;
        event->scheduled_event_id = activity->scheduled_event_id;
        event->started_event_id = started_event_id;
        event->identity = details->identity;
        event->retry_state = details->retry_state;
    }
    WF_LIST_REMOVE(change->state->activities, activity);
    change->wants_task = true;
}

/* 4.5 step 9: a failure too large for the state is replaced by its beginning. */
static struct wf_failure *own_failure(struct wf_change *change, const struct wf_failure *failure)
{
    struct wf_failure cause = {0};
    struct wf_server_failure_info server = {0};
    const struct wf_failure wrapper = {.message = WF_STR("Failure exceeds size limit."),
                                       .source = WF_STR("Server"),
                                       .cause = &cause,
                                       .failure_info_case = WF_CASE_failure_server_failure_info,
                                       .failure_info.server_failure_info = &server};
    struct wf_buffer encoded = {0};
    const size_t size_max = (size_t)change->shard->config->limits.failure_bytes_max;

    wf_buffer_init(&encoded, change->arena);
    wf_wire_encode(&wf_type_failure, failure, &encoded);
    if (encoded.size_bytes <= size_max) {
        return wf_change_own_message(change, &wf_type_failure, failure);
    }
    cause.message = failure->message;
    if (cause.message.size_bytes > size_max / 2) {
        cause.message.size_bytes = size_max / 2;
    }
    cause.source = failure->source.size_bytes > size_max / 4 ? (struct wf_string){0}
                                                                           : failure->source;
    return wf_change_own_message(change, &wf_type_failure, &wrapper);
}

/* 4.9: attempts count from the first again. The stamp tells it from the first that was before. */
static void begin_again(struct wf_state_activity *activity)
{
    activity->attempt = 1;
    activity->backoff_from_ns = 0;
    activity->stamp++;
    activity->is_reset = false;
    if (activity->resets_heartbeat) {
        activity->heartbeat_details = NULL;
        activity->resets_heartbeat = false;
    }
}

static void retry(struct wf_change *change, struct wf_state_activity *activity,
                  const struct wf_activity_details *details)
{
    activity->last_failure = own_failure(change, details->failure);
    activity->attempt += wf_is_planted(change->shard->config, WF_PLANT_ATTEMPT_COUNTED_TWICE) ? 2 : 1;
    if (activity->is_reset) {
        begin_again(activity);
    }
    activity->scheduled_time_ns = wf_add_saturating(change->now_ns, details->interval_ns);
    activity->backoff_from_ns = details->interval_ns > 0 && !wf_retry_delay_of(details->failure).is_set ? change->now_ns : 0;
    activity->started_time_ns = 0;
    activity->heartbeat_time_ns = 0;
    activity->request_id = (struct wf_string){0};
    activity->state = WF_ACTIVITY_BACKOFF;
}

static void write_canceled(struct wf_change *change, const struct wf_state_activity *activity,
                           struct wf_payloads *payloads, struct wf_string identity)
{
    const int64_t started_event_id = write_started(change, activity);
    struct wf_event_activity_task_canceled *event = wf_change_event(
        change, WF_EVENT_TYPE_ACTIVITY_TASK_CANCELED, change->now_ns);

    if (event != NULL) {
        event->details = payloads;
        event->latest_cancel_requested_event_id = activity->cancel_requested_event_id;
        event->scheduled_event_id = activity->scheduled_event_id;
        event->started_event_id = started_event_id;
        event->identity = identity;
    }
}

static void cancel(struct wf_change *change, struct wf_state_activity *activity,
                   const struct wf_activity_details *details)
{
    write_canceled(change, activity, details->payloads, details->identity);
    WF_LIST_REMOVE(change->state->activities, activity);
    change->wants_task = true;
}

static void write_cancel_requested(struct wf_change *change, struct wf_state_activity *activity,
                                   const struct wf_activity_details *details)
{
    struct wf_event_activity_task_cancel_requested *event = NULL;

    activity->cancel_requested_event_id = change->state->next_event_id;
    event = wf_change_event(change, WF_EVENT_TYPE_ACTIVITY_TASK_CANCEL_REQUESTED, change->now_ns);
    if (event != NULL) {
        event->scheduled_event_id = activity->scheduled_event_id;
        event->workflow_task_completed_event_id = details->completed_event_id;
    }
}

static void request_cancel(struct wf_change *change, struct wf_state_activity *activity,
                           const struct wf_activity_details *details)
{
    write_cancel_requested(change, activity, details);
    activity->state = WF_ACTIVITY_CANCELING;
}

/* The payload of a JSON string, as the service writes details of its own. */
static struct wf_payloads *text_payloads(struct wf_arena *arena, struct wf_string json)
{
    struct wf_payloads *payloads = WF_ARENA_NEW(arena, struct wf_payloads);
    struct wf_payload *payload = payloads == NULL ? NULL
                                                  : WF_LIST_APPEND(arena, payloads->payloads);
    struct wf_entry_string *encoding = payload == NULL ? NULL
                                                       : WF_LIST_APPEND(arena, payload->metadata);

    if (encoding == NULL) {
        return NULL;
    }
    encoding->key = WF_STR("encoding");
    encoding->value = WF_STR("json/plain");
    payload->data = json;
    return payloads;
}

/* 2.3 RequestCancelActivityTask: nobody runs it, so it is over. */
static void cancel_unstarted(struct wf_change *change, struct wf_state_activity *activity,
                             const struct wf_activity_details *details)
{
    write_cancel_requested(change, activity, details);
    write_canceled(change, activity,
                   text_payloads(change->arena, WF_STR("\"ACTIVITY_ID_NOT_STARTED\"")),
                   details->identity);
    WF_LIST_REMOVE(change->state->activities, activity);
    change->wants_task = true;
}

static void time_out(struct wf_change *change, struct wf_state_activity *activity,
                     const struct wf_activity_details *details)
{
    const int64_t started_event_id = write_started(change, activity);
    struct wf_event_activity_task_timed_out *event = wf_change_event(
        change, WF_EVENT_TYPE_ACTIVITY_TASK_TIMED_OUT, change->now_ns);

    if (event != NULL) {
        event->failure = details->failure;
        event->scheduled_event_id = activity->scheduled_event_id;
        event->started_event_id = started_event_id;
        event->retry_state = details->retry_state;
    }
    WF_LIST_REMOVE(change->state->activities, activity);
    change->wants_task = true;
}

/* ---- What operators do (4.9) ---- */

/* What was pushed cannot be started any more; a running attempt goes on. */
static void pause(struct wf_change *change, struct wf_state_activity *activity, const struct wf_activity_details *details)
{
    (void)change;
    (void)details;
    activity->is_paused = true;
    activity->stamp++;
}

/* Due at once, whatever backoff it was in. */
static void reschedule(struct wf_change *change, struct wf_state_activity *activity)
{
    activity->stamp++;
    activity->state = WF_ACTIVITY_SCHEDULED;
    activity->scheduled_time_ns = change->now_ns;
    activity->backoff_from_ns = 0;
    wf_change_push(change, true, activity->scheduled_event_id, activity->attempt, activity->stamp);
}

/* Due after a jitter. */
static void postpone(struct wf_change *change, struct wf_state_activity *activity, int64_t interval_ns)
{
    activity->stamp++;
    activity->state = WF_ACTIVITY_BACKOFF;
    activity->scheduled_time_ns = wf_add_saturating(change->now_ns, interval_ns);
    activity->backoff_from_ns = 0;
}

static void end_pause(struct wf_state_activity *activity, const struct wf_svc_operate_activity *operation)
{
    activity->is_paused = false;
    if (operation->resets_attempts) {
        activity->resets_heartbeat = operation->resets_heartbeat;
        begin_again(activity);
    }
}

static void unpause(struct wf_change *change, struct wf_state_activity *activity, const struct wf_activity_details *details)
{
    end_pause(activity, details->operation);
    reschedule(change, activity);
}

static void unpause_later(struct wf_change *change, struct wf_state_activity *activity,
                          const struct wf_activity_details *details)
{
    end_pause(activity, details->operation);
    postpone(change, activity, details->interval_ns);
}

static void unpause_running(struct wf_change *change, struct wf_state_activity *activity,
                            const struct wf_activity_details *details)
{
    (void)change;
    activity->is_paused = false;
    if (details->operation->resets_attempts) {
        activity->is_reset = true;
        activity->resets_heartbeat = details->operation->resets_heartbeat;
    }
}

static void count_anew(struct wf_state_activity *activity, const struct wf_svc_operate_activity *operation)
{
    if (operation->restores_options) {
        wf_activity_options_restore(activity);
    }
    activity->resets_heartbeat = operation->resets_heartbeat;
    begin_again(activity);
}

static void reset(struct wf_change *change, struct wf_state_activity *activity, const struct wf_activity_details *details)
{
    count_anew(activity, details->operation);
    if (activity->is_paused && details->operation->keeps_paused) {
        return;
    }
    activity->is_paused = false;
    reschedule(change, activity);
}

static void reset_later(struct wf_change *change, struct wf_state_activity *activity, const struct wf_activity_details *details)
{
    count_anew(activity, details->operation);
    activity->is_paused = false;
    postpone(change, activity, details->interval_ns);
}

/* The attempt keeps its number, so that its report is taken; the one after it is the first. */
static void reset_running(struct wf_change *change, struct wf_state_activity *activity,
                          const struct wf_activity_details *details)
{
    (void)change;
    if (details->operation->restores_options) {
        wf_activity_options_restore(activity);
    }
    activity->is_reset = true;
    activity->resets_heartbeat = details->operation->resets_heartbeat;
    activity->is_paused = activity->is_paused && details->operation->keeps_paused;
}

/* Of a running attempt the deadlines change at once; its worker was told the old ones. */
static void update_options_running(struct wf_change *change, struct wf_state_activity *activity,
                                   const struct wf_activity_details *details)
{
    if (details->operation->restores_options) {
        wf_activity_options_restore(activity);
    } else {
        wf_activity_options_update(change, activity, details->operation);
    }
}

/* A wait that the policy gave has the length that the policy gives now. What was pushed goes to the queue that it has now. */
static void update_options(struct wf_change *change, struct wf_state_activity *activity,
                           const struct wf_activity_details *details)
{
    update_options_running(change, activity, details);
    activity->stamp++;
    if (activity->state == WF_ACTIVITY_SCHEDULED && !activity->is_paused) {
        wf_change_push(change, true, activity->scheduled_event_id, activity->attempt, activity->stamp);
    } else if (activity->backoff_from_ns != 0 && activity->retry_policy != NULL) {
        const int64_t due_ns = wf_add_saturating(activity->backoff_from_ns,
                                                 wf_retry_interval_ns(activity->retry_policy, activity->attempt - 1));

        activity->scheduled_time_ns = due_ns > change->now_ns ? due_ns : change->now_ns;
    }
}

void wf_activities_pause(struct wf_change *change)
{
    for (uint32_t i = 0; i < change->state->activities.count; i++) {
        change->state->activities.items[i].stamp++;
    }
}

/* One in backoff is pushed at its time, as always. */
void wf_activities_unpause(struct wf_change *change)
{
    for (uint32_t i = 0; i < change->state->activities.count; i++) {
        struct wf_state_activity *activity = &change->state->activities.items[i];

        activity->stamp++;
        if (activity->state == WF_ACTIVITY_SCHEDULED && !activity->is_paused) {
            wf_change_push(change, true, activity->scheduled_event_id, activity->attempt,
                           activity->stamp);
        }
    }
}

bool wf_activity_step(struct wf_change *change, struct wf_state_activity *activity,
                      enum wf_activity_input input, const struct wf_activity_details *details)
{
    const int32_t state = activity == NULL ? WF_ACTIVITY_NONE : activity->state;

    /* 2.3: also of one that waits, when a reset has copied the first request. */
    if (input == WF_ACTIVITY_REQUEST_CANCEL && activity->cancel_requested_event_id != 0) {
        return false;
    }
#define ROW(from, input) ((uint32_t)(from) << 8 | (uint32_t)(input))
    switch (ROW(state, input)) {
#define WF_TRANSITION(from, input, to, action)                                                     \
    case ROW(WF_ACTIVITY_##from, WF_ACTIVITY_##input):                                             \
        action(change, activity, details);                                                         \
        return true;
#include "engine/server/activity.def"
    default:
        return false;
    }
#undef ROW
}
