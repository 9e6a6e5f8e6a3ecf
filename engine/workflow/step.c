/*
 * Steps that a run takes: the commands it issues, activities, local activities and timers.
 */
#include "engine/workflow/workflow_run.h"

#include "engine/base/assert.h"
#include "engine/base/real.h"

#include <string.h>

#define DEFAULT_INITIAL_INTERVAL_NS WF_NS_PER_S

void *wf_take_step(struct wf *wf, size_t count, size_t size_bytes)
{
    void *memory = wf_arena_take_array(&wf->step_arena, count, size_bytes);

    if (memory == NULL) {
        wf_run_break(wf, "the commands of one task need more than %zu bytes",
                     wf->host->config.instance_size_bytes_max);
        memory = wf_take_reserve(wf, count, size_bytes);
    }
    return memory;
}

/* Of the call that the running strand is in; one byte back, so that it is the call and not what follows it. */
static uint64_t code_offset(const struct wf *wf)
{
    const uintptr_t base = wf->host->config.code_base;
    const uintptr_t caller = wf->current == NULL ? 0 : (uintptr_t)wf->current->caller;

    return base == 0 || caller <= base ? 0 : (uint64_t)(caller - base - 1);
}

void *wf_command_add(struct wf *wf, enum command_variant variant, size_t size_bytes)
{
    struct wf_sdk_command *command = WF_LIST_APPEND(&wf->step_arena, wf->success.commands);
    void *body = wf_take_step(wf, 1, size_bytes);

    if (command == NULL) {
        wf_run_break(wf, "the commands of one task need more than %zu bytes",
                     wf->host->config.instance_size_bytes_max);
        return body;
    }
    command->variant_case = variant;
    command->variant.any = body;
    command->code_offset = code_offset(wf);
    return body;
}

struct wf_timestamp wf_optional_duration(struct wf *wf, const char *what, wf_duration_ns duration)
{
    if (duration < 0) {
        wf_run_break(wf, "%s is negative", what);
    }
    return duration == 0 ? (struct wf_timestamp){0} : wf_duration_of(duration);
}

static void check_name(struct wf *wf, const char *what, const char *name)
{
    if (name == NULL || name[0] == '\0') {
        wf_run_break(wf, "%s without a name", what);
    }
}

/* ---- Options ---- */

static uint64_t bits_of(double value)
{
    uint64_t bits = 0;

    memcpy(&bits, &value, sizeof bits);
    return bits;
}

static void add_error_types(struct wf *wf, const char *const *types, struct wf_retry_policy *policy)
{
    uint32_t count = 0;

    while (types != NULL && types[count] != NULL) {
        count++;
    }
    policy->non_retryable_error_types.items = wf_take_step(wf, count, sizeof(struct wf_string));
    policy->non_retryable_error_types.count = count;
    for (uint32_t i = 0; i < count; i++) {
        policy->non_retryable_error_types.items[i] = wf_copy_string(wf, wf_string_of(types[i]));
    }
}

/* What is left out is filled as Temporal's SDKs fill it, so that recorded policies compare equal. */
struct wf_retry_policy *wf_retry_policy_of(struct wf *wf, const struct wf_retry *retry)
{
    const uint64_t coefficient = bits_of(retry->backoff_coefficient);
    const bool has_coefficient = coefficient << 1 != 0; /* not 0.0 or -0.0 */
    struct wf_retry_policy *policy = NULL;

    if (retry->initial_interval == 0 && !has_coefficient && retry->maximum_interval == 0 &&
        retry->maximum_attempts == 0 && retry->non_retryable_error_types == NULL) {
        return NULL;
    }
    if (has_coefficient && wf_double_compare(coefficient, WF_DOUBLE_ONE) < 0) {
        wf_run_break(wf, "retry.backoff_coefficient is below 1");
    }
    if (retry->maximum_attempts < 0) {
        wf_run_break(wf, "retry.maximum_attempts is negative");
    }
    policy = wf_take_step(wf, 1, sizeof *policy);
    policy->initial_interval = wf_optional_duration(
        wf, "retry.initial_interval",
        retry->initial_interval == 0 ? DEFAULT_INITIAL_INTERVAL_NS : retry->initial_interval);
    policy->backoff_coefficient = has_coefficient ? coefficient : WF_DOUBLE_TWO;
    policy->maximum_interval = wf_optional_duration(wf, "retry.maximum_interval", retry->maximum_interval);
    policy->maximum_attempts = retry->maximum_attempts;
    add_error_types(wf, retry->non_retryable_error_types, policy);
    return policy;
}

/* Rule of all SDKs: an activity without a bound on its attempts would hang for ever on a lost worker. */
static void check_options(struct wf *wf, const char *type, const struct wf_options *options)
{
    check_name(wf, "an activity", type);
    if (options == NULL || (options->start_to_close == 0 && options->schedule_to_close == 0)) {
        wf_run_break(wf, "activity %s needs start_to_close or schedule_to_close", type);
    }
    if (options->cancellation > WF_ABANDON) {
        wf_run_break(wf, "activity %s has an unknown cancellation option", type);
    }
}

static struct wf_string optional_text(struct wf *wf, const char *text)
{
    return text == NULL ? (struct wf_string){0} : wf_copy_string(wf, wf_string_of(text));
}

/* ---- Activities ---- */

/* A step that a cancelled run does not take any more: it has ended before it began. */
static struct wf_future *never_begun(struct wf *wf, enum future_kind kind)
{
    struct wf_future *future = wf_future_new(wf, kind);

    wf_future_end(future, (struct wf_value){0}, wf->canceled);
    return future;
}

static struct wf_future *open_activity(struct wf *wf, const char *type, struct wf_args args,
                                       const struct wf_options *options)
{
    struct wf_future *future = wf_future_new(wf, FUTURE_ACTIVITY);
    struct wf_sdk_schedule_activity *command = NULL;

    future->label = wf_copy_string(wf, wf_string_of(type));
    wf_future_open(future);
    command = WF_COMMAND_ADD(wf, COMMAND_SCHEDULE_ACTIVITY, struct wf_sdk_schedule_activity);
    command->seq = future->seq;
    command->activity_id = optional_text(wf, options->activity_id);
    command->activity_type = future->label;
    command->task_queue = optional_text(wf, options->task_queue);
    command->arguments.items = wf_payloads_of_args(wf, args);
    command->arguments.count = (uint32_t)args.count;
    command->schedule_to_close_timeout = wf_optional_duration(wf, "schedule_to_close", options->schedule_to_close);
    command->schedule_to_start_timeout = wf_optional_duration(wf, "schedule_to_start", options->schedule_to_start);
    command->start_to_close_timeout = wf_optional_duration(wf, "start_to_close", options->start_to_close);
    command->heartbeat_timeout = wf_optional_duration(wf, "heartbeat", options->heartbeat);
    command->retry_policy = wf_retry_policy_of(wf, &options->retry);
    command->cancellation_type = (int32_t)options->cancellation;
    return future;
}

wf_error wf_activity(struct wf *wf, const char *type, struct wf_args args, const struct wf_options *options,
                     struct wf_value *result)
{
    struct wf_strand *strand = wf_call_step(wf, "wf_activity");
    struct wf_future *future = NULL;
    wf_error failure = NULL;

    check_options(wf, type, options);
    if (wf_strand_is_canceled(strand)) {
        return wf->canceled;
    }
    future = open_activity(wf, type, args, options);
    failure = wf_future_wait(strand, future, result);
    wf_future_recycle(future);
    return failure;
}

struct wf_future *wf_activity_start(struct wf *wf, const char *type, struct wf_args args,
                                    const struct wf_options *options)
{
    const struct wf_strand *strand = wf_call_step(wf, "wf_activity_start");

    check_options(wf, type, options);
    return wf_strand_is_canceled(strand) ? never_begun(wf, FUTURE_ACTIVITY) : open_activity(wf, type, args, options);
}

/* ---- Local activities ---- */

/* Takes the next number and issues the schedule. */
void wf_local_activity_issue(struct wf_future *future)
{
    struct wf *wf = future->wf;
    struct wf_sdk_schedule_local_activity *command = NULL;

    wf_future_open(future);
    command = WF_COMMAND_ADD(wf, COMMAND_SCHEDULE_LOCAL_ACTIVITY, struct wf_sdk_schedule_local_activity);
    *command = *future->schedule;
    command->seq = future->seq;
}

static struct wf_future *open_local(struct wf *wf, const char *type, struct wf_args args,
                                    const struct wf_options *options)
{
    struct wf_future *future = wf_future_new(wf, FUTURE_ACTIVITY);
    struct wf_sdk_schedule_local_activity *schedule = wf_take(wf, 1, sizeof *schedule);
    const struct wf_retry_policy *policy = wf_retry_policy_of(wf, &options->retry);
    struct wf_payload *arguments = wf_take(wf, args.count, sizeof *arguments);

    for (size_t i = 0; i < args.count; i++) {
        wf_payload_of_value(wf, args.items[i], &arguments[i]);
    }
    future->label = wf_copy_string(wf, wf_string_of(type));
    future->is_local = true;
    schedule->activity_id = optional_text(wf, options->activity_id);
    schedule->activity_type = future->label;
    schedule->attempt = 1;
    schedule->arguments.items = arguments;
    schedule->arguments.count = (uint32_t)args.count;
    schedule->schedule_to_close_timeout = wf_optional_duration(wf, "schedule_to_close", options->schedule_to_close);
    schedule->schedule_to_start_timeout = wf_optional_duration(wf, "schedule_to_start", options->schedule_to_start);
    schedule->start_to_close_timeout = wf_optional_duration(wf, "start_to_close", options->start_to_close);
    schedule->local_retry_threshold =
        wf_optional_duration(wf, "local_retry_threshold", options->local_retry_threshold);
    schedule->cancellation_type = (int32_t)options->cancellation;
    if (policy != NULL) {
        schedule->retry_policy = wf_message_copy(&wf->arena, &wf_type_retry_policy, policy);
    }
    future->schedule = schedule;
    wf_local_activity_issue(future);
    return future;
}

wf_error wf_local_activity(struct wf *wf, const char *type, struct wf_args args, const struct wf_options *options,
                           struct wf_value *result)
{
    struct wf_strand *strand = wf_call_step(wf, "wf_local_activity");

    check_options(wf, type, options);
    if (wf_strand_is_canceled(strand)) {
        return wf->canceled;
    }
    return wf_future_wait(strand, open_local(wf, type, args, options), result);
}

struct wf_future *wf_local_activity_start(struct wf *wf, const char *type, struct wf_args args,
                                          const struct wf_options *options)
{
    const struct wf_strand *strand = wf_call_step(wf, "wf_local_activity_start");

    check_options(wf, type, options);
    return wf_strand_is_canceled(strand) ? never_begun(wf, FUTURE_ACTIVITY) : open_local(wf, type, args, options);
}

/* ---- Timers ---- */

struct wf_future *wf_timer_open(struct wf *wf, wf_duration_ns duration)
{
    struct wf_future *timer = wf_future_new(wf, FUTURE_TIMER);
    struct wf_sdk_start_timer *command = NULL;

    timer->duration = duration < 0 ? 0 : duration;
    wf_future_open(timer);
    command = WF_COMMAND_ADD(wf, COMMAND_START_TIMER, struct wf_sdk_start_timer);
    command->seq = timer->seq;
    command->start_to_fire_timeout = wf_duration_of(timer->duration);
    return timer;
}

wf_error wf_sleep(struct wf *wf, wf_duration_ns duration)
{
    struct wf_strand *strand = wf_call_step(wf, "wf_sleep");
    struct wf_future *timer = NULL;
    wf_error failure = NULL;

    if (wf_strand_is_canceled(strand)) {
        return wf->canceled;
    }
    timer = wf_timer_open(wf, duration);
    failure = wf_future_wait(strand, timer, NULL);
    wf_future_recycle(timer);
    return failure;
}

struct wf_future *wf_timer_start(struct wf *wf, wf_duration_ns duration)
{
    const struct wf_strand *strand = wf_call_step(wf, "wf_timer_start");

    return wf_strand_is_canceled(strand) ? never_begun(wf, FUTURE_TIMER) : wf_timer_open(wf, duration);
}
