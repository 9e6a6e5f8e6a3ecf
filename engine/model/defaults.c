/*
 * What the service makes of durations and options that a command leaves open.
 *
 * Source: engine-semantics 2.2, 2.4, 4.3.
 */
#include "engine/defaults.h"

#include "engine/base/real.h"
#include "engine/time.h"

#define DURATION_NS_MAX (INT64_C(36500) * 24 * 3600 * WF_NS_PER_S) /* 2.2 rule 7: 100 years */
#define INITIAL_INTERVAL_NS WF_NS_PER_S
#define MAXIMUM_INTERVAL_FACTOR 100
#define COEFFICIENT_DEFAULT WF_DOUBLE_TWO
#define COEFFICIENT_MIN WF_DOUBLE_ONE

bool wf_timeout_read(struct wf_timestamp duration, int64_t *duration_ns)
{
    const int64_t read_ns = wf_time_of(duration);

    /* 2.2 rule 7. */
    if (read_ns < 0) {
        return false;
    }
    *duration_ns = read_ns > DURATION_NS_MAX ? DURATION_NS_MAX : read_ns;
    return true;
}

int64_t wf_min_timeout(int64_t left_ns, int64_t right_ns)
{
    if (left_ns == 0 || right_ns == 0) {
        return left_ns == 0 ? right_ns : left_ns;
    }
    return left_ns < right_ns ? left_ns : right_ns;
}

/* 2.4: what is unset takes a default; what is set must make sense. */
const char *wf_retry_policy_complete(struct wf_retry_policy *policy)
{
    int64_t initial_ns = 0;
    int64_t maximum_ns = 0;
    const bool is_retried = policy->maximum_attempts != 1; /* otherwise nothing else matters */

    if (policy->maximum_attempts < 0) {
        return "MaximumAttempts cannot be negative on retry policy.";
    }
    if (!wf_timeout_read(policy->initial_interval, &initial_ns) && is_retried) {
        return "InitialInterval cannot be negative on retry policy.";
    }
    if (!wf_timeout_read(policy->maximum_interval, &maximum_ns) && is_retried) {
        return "MaximumInterval cannot be negative on retry policy.";
    }
    if (policy->backoff_coefficient == 0) {
        policy->backoff_coefficient = COEFFICIENT_DEFAULT;
    }
    if (initial_ns == 0) {
        initial_ns = INITIAL_INTERVAL_NS;
    }
    if (maximum_ns == 0 && !wf_multiply_i64(initial_ns, MAXIMUM_INTERVAL_FACTOR, &maximum_ns)) {
        maximum_ns = DURATION_NS_MAX;
    }
    policy->initial_interval = wf_duration_of(initial_ns);
    policy->maximum_interval = wf_duration_of(maximum_ns);
    if (!is_retried) {
        return NULL;
    }
    if (wf_double_compare(policy->backoff_coefficient, COEFFICIENT_MIN) < 0) {
        return "BackoffCoefficient cannot be less than 1 on retry policy.";
    }
    if (maximum_ns < initial_ns) {
        return "MaximumInterval cannot be less than InitialInterval on retry policy.";
    }
    return NULL;
}

/* 4.3. */
void wf_activity_timeouts_normalise(struct wf_activity_timeouts *timeouts, int64_t run_timeout_ns)
{
    int64_t *const capped[] = {&timeouts->schedule_to_close_ns, &timeouts->schedule_to_start_ns,
                               &timeouts->start_to_close_ns};

    if (timeouts->schedule_to_close_ns > 0) {
        timeouts->schedule_to_start_ns = wf_min_timeout(timeouts->schedule_to_start_ns,
                                                        timeouts->schedule_to_close_ns);
        timeouts->start_to_close_ns = wf_min_timeout(timeouts->start_to_close_ns,
                                                     timeouts->schedule_to_close_ns);
    } else {
        timeouts->schedule_to_close_ns = run_timeout_ns;
        timeouts->schedule_to_start_ns = timeouts->schedule_to_start_ns == 0
                                             ? run_timeout_ns
                                             : timeouts->schedule_to_start_ns;
    }
    for (size_t i = 0; i < sizeof capped / sizeof capped[0]; i++) {
        if (run_timeout_ns > 0 && *capped[i] > run_timeout_ns) {
            *capped[i] = run_timeout_ns;
        }
    }
    if (timeouts->heartbeat_ns > timeouts->start_to_close_ns) {
        timeouts->heartbeat_ns = timeouts->start_to_close_ns;
    }
}
