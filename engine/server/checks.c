/*
 * Small rules that many requests and commands share: durations, timeouts, retry policies, sizes.
 *
 * Source: engine-semantics 2.2, 2.4, 9.
 */
#include "engine/base/real.h"
#include "engine/server/change.h"

#define DURATION_NS_MAX (INT64_C(36500) * 24 * 3600 * WF_NS_PER_S) /* 2.2 rule 7: 100 years */
#define INITIAL_INTERVAL_NS WF_NS_PER_S
#define MAXIMUM_INTERVAL_FACTOR 100
#define COEFFICIENT_DEFAULT 2
#define COEFFICIENT_MIN 1

void wf_service_limits_default(struct wf_service_limits *limits)
{
    /* Source: engine-semantics 9. */
    *limits = (struct wf_service_limits){
        .workflow_task_timeout_ns = 10 * WF_NS_PER_S,
        .workflow_task_timeout_ns_max = 120 * WF_NS_PER_S,
        .history_events_max = 51200,
        .history_events_suggest = 4096,
        .history_bytes_max = INT64_C(50) << 20,
        .history_bytes_suggest = INT64_C(4) << 20,
        .pending_max = 2000,
        .signals_max = 10000,
        .buffered_events_max = 100,
        .buffered_bytes_max = INT64_C(2) << 20,
        .blob_bytes_max = INT64_C(2) << 20,
        .state_bytes_max = INT64_C(8) << 20,
        .transaction_bytes_max = INT64_C(4) << 20,
        .id_bytes_max = 1000,
        .run_interval_ns_min = WF_NS_PER_S,
        .retention_ns = INT64_C(72) * 3600 * WF_NS_PER_S,
    };
}

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

int64_t wf_add_saturating(int64_t left, int64_t right)
{
    int64_t sum = 0;

    if (wf_add_i64(left, right, &sum)) {
        return sum;
    }
    return left > 0 ? INT64_MAX : INT64_MIN;
}

/* 2.4: what is unset takes a default; what is set must make sense. */
const char *wf_retry_policy_complete(struct wf_retry_policy *policy)
{
    int64_t initial_ns = 0;
    int64_t maximum_ns = 0;

    if (policy->maximum_attempts < 0) {
        return "MaximumAttempts cannot be negative on retry policy.";
    }
    if (!wf_timeout_read(policy->initial_interval, &initial_ns)) {
        return "InitialInterval cannot be negative on retry policy.";
    }
    if (!wf_timeout_read(policy->maximum_interval, &maximum_ns)) {
        return "MaximumInterval cannot be negative on retry policy.";
    }
    if (policy->backoff_coefficient == 0) {
        policy->backoff_coefficient = wf_double_of_i64(COEFFICIENT_DEFAULT);
    }
    if (initial_ns == 0) {
        initial_ns = INITIAL_INTERVAL_NS;
    }
    if (maximum_ns == 0 && !wf_multiply_i64(initial_ns, MAXIMUM_INTERVAL_FACTOR, &maximum_ns)) {
        maximum_ns = DURATION_NS_MAX;
    }
    policy->initial_interval = wf_duration_of(initial_ns);
    policy->maximum_interval = wf_duration_of(maximum_ns);
    if (policy->maximum_attempts == 1) {
        return NULL; /* no retries, so nothing else matters */
    }
    if (wf_double_compare(policy->backoff_coefficient, wf_double_of_i64(COEFFICIENT_MIN)) < 0) {
        return "BackoffCoefficient cannot be less than 1 on retry policy.";
    }
    if (maximum_ns < initial_ns) {
        return "MaximumInterval cannot be less than InitialInterval on retry policy.";
    }
    return NULL;
}

static size_t payload_size_bytes(const struct wf_payload *payload)
{
    size_t size_bytes = payload->data.size_bytes;

    for (uint32_t i = 0; i < payload->metadata.count; i++) {
        size_bytes += payload->metadata.items[i].key.size_bytes +
                      payload->metadata.items[i].value.size_bytes;
    }
    return size_bytes;
}

size_t wf_payloads_size_bytes(const struct wf_payloads *payloads)
{
    size_t size_bytes = 0;

    if (payloads == NULL) {
        return 0;
    }
    for (uint32_t i = 0; i < payloads->payloads.count; i++) {
        size_bytes += payload_size_bytes(&payloads->payloads.items[i]);
    }
    return size_bytes;
}

size_t wf_fields_size_bytes(const struct wf_entry_payload *items, uint32_t count)
{
    size_t size_bytes = 0;

    for (uint32_t i = 0; i < count; i++) {
        size_bytes += items[i].key.size_bytes + payload_size_bytes(&items[i].value);
    }
    return size_bytes;
}
