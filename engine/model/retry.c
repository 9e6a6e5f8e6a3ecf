/*
 * What a retry policy says of a failed attempt. The service asks for activities and runs, the
 * worker for local activities.
 *
 * Source: engine-semantics 2.4, 4.5, 7.4.
 */
#include "engine/retry.h"

#include "engine/base/bytes.h"
#include "engine/base/real.h"

int64_t wf_add_saturating(int64_t left, int64_t right)
{
    int64_t sum = 0;

    if (wf_add_i64(left, right, &sum)) {
        return sum;
    }
    return left > 0 ? INT64_MAX : INT64_MIN;
}

static bool names_type(const struct wf_retry_policy *policy, struct wf_string type)
{
    for (uint32_t i = 0; i < policy->non_retryable_error_types.count; i++) {
        if (wf_string_equal(policy->non_retryable_error_types.items[i], type)) {
            return true;
        }
    }
    return false;
}

/* 2.4 "Failure retryability", in its order. */
static bool is_retryable(const struct wf_retry_policy *policy, const struct wf_failure *failure)
{
    if (failure == NULL) {
        return true;
    }
    switch (failure->failure_info_case) {
    case WF_CASE_failure_terminated_failure_info:
    case WF_CASE_failure_canceled_failure_info:
        return false;
    case WF_CASE_failure_timeout_failure_info:
        switch (failure->failure_info.timeout_failure_info->timeout_type) {
        case WF_TIMEOUT_TYPE_START_TO_CLOSE:
            return !names_type(policy, WF_STR("TemporalTimeout:StartToClose"));
        case WF_TIMEOUT_TYPE_HEARTBEAT:
            return !names_type(policy, WF_STR("TemporalTimeout:Heartbeat"));
        default:
            return false;
        }
    case WF_CASE_failure_server_failure_info:
        return !failure->failure_info.server_failure_info->non_retryable;
    case WF_CASE_failure_application_failure_info:
        return !failure->failure_info.application_failure_info->non_retryable &&
               !names_type(policy, failure->failure_info.application_failure_info->type);
    default:
        return true;
    }
}

struct wf_timestamp wf_retry_delay_of(const struct wf_failure *failure)
{
    if (failure == NULL || failure->failure_info_case != WF_CASE_failure_application_failure_info) {
        return (struct wf_timestamp){0};
    }
    return failure->failure_info.application_failure_info->next_retry_delay;
}

int64_t wf_retry_interval_ns(const struct wf_retry_policy *policy, int32_t attempt)
{
    const int64_t maximum_ns = wf_time_of(policy->maximum_interval);
    const int64_t interval_ns = wf_double_backoff_ns(wf_time_of(policy->initial_interval), policy->backoff_coefficient,
                                                     attempt - 1);

    return maximum_ns > 0 && (interval_ns > maximum_ns || interval_ns <= 0) ? maximum_ns : interval_ns;
}

/* 4.5 step 7. Zero: no time is left for a retry. */
static int64_t retry_interval(const struct wf_retry_case *retry)
{
    const struct wf_timestamp requested = wf_retry_delay_of(retry->failure);
    const int64_t maximum_ns = wf_time_of(retry->policy->maximum_interval);
    int64_t interval_ns = 0;

    if (requested.is_set) {
        interval_ns = wf_time_of(requested);
        /* 7.4: a workflow's delay is capped, and zero becomes the cap; an activity's is neither,
         * and zero ends it. */
        if (retry->caps_requested_delay &&
            (interval_ns <= 0 || (maximum_ns > 0 && interval_ns > maximum_ns))) {
            interval_ns = maximum_ns;
        }
        return interval_ns;
    }
    return wf_retry_interval_ns(retry->policy, retry->attempt);
}

enum wf_retry_state wf_retry_decide(const struct wf_retry_case *retry, int64_t *interval_ns)
{
    if (retry->policy == NULL) {
        return WF_RETRY_STATE_RETRY_POLICY_NOT_SET;
    }
    if (!is_retryable(retry->policy, retry->failure)) {
        return WF_RETRY_STATE_NON_RETRYABLE_FAILURE;
    }
    if (retry->policy->maximum_attempts > 0 && retry->attempt >= retry->policy->maximum_attempts) {
        return WF_RETRY_STATE_MAXIMUM_ATTEMPTS_REACHED;
    }
    *interval_ns = retry_interval(retry);
    if (*interval_ns <= 0) {
        return WF_RETRY_STATE_TIMEOUT;
    }
    /* 4.5 step 8: strictly after the expiration; at it is allowed. */
    if (retry->expiration_ns > 0 &&
        wf_add_saturating(retry->now_ns, *interval_ns) > retry->expiration_ns) {
        return WF_RETRY_STATE_TIMEOUT;
    }
    return WF_RETRY_STATE_IN_PROGRESS;
}
