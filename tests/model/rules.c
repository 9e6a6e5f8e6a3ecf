/*
 * Rules of values: durations, retry policies, whether a failure is tried again.
 *
 * Source: engine-semantics 2.2 rule 7, 2.4, 4.4, 4.5, 7.4.
 */
#include "engine/base/calendar.h"
#include "engine/base/real.h"
#include "tests/model/transaction.h"

#define YEARS_100_NS (INT64_C(36500) * 24 * 3600 * WF_NS_PER_S)
#define DEFAULT_INTERVAL_NS WF_NS_PER_S
#define MAXIMUM_INTERVALS 100

bool model_duration(struct wf_timestamp duration, int64_t *ns)
{
    const int64_t given_ns = wf_time_of(duration);

    *ns = given_ns > YEARS_100_NS ? YEARS_100_NS : given_ns;
    return given_ns >= 0;
}

int64_t model_min_timeout(int64_t left_ns, int64_t right_ns)
{
    if (left_ns == 0) {
        return right_ns;
    }
    return right_ns == 0 || left_ns < right_ns ? left_ns : right_ns;
}

int64_t model_task_timeout(const struct wf_service_limits *limits, int64_t given_ns, int64_t run_ns)
{
    const int64_t task_ns = given_ns == 0 ? limits->workflow_task_timeout_ns : given_ns;

    return model_min_timeout(model_min_timeout(task_ns, limits->workflow_task_timeout_ns_max), run_ns);
}

bool model_is_id(const struct model *model, struct wf_string id)
{
    return id.size_bytes > 0 && id.size_bytes <= (size_t)model->limits.id_bytes_max;
}

bool model_is_id_or_none(const struct model *model, struct wf_string id)
{
    return id.size_bytes == 0 || model_is_id(model, id);
}

bool model_is_run_id(struct wf_string text)
{
    if (text.size_bytes == 0) {
        return true;
    }
    if (text.size_bytes != WF_UUID_BYTES) {
        return false;
    }
    for (size_t i = 0; i < text.size_bytes; i++) {
        const bool is_dash = i == 8 || i == 13 || i == 18 || i == 23;
        const char c = text.data[i];

        if (is_dash ? c != '-' : !wf_is_digit(c) && !(c >= 'a' && c <= 'f') && !(c >= 'A' && c <= 'F')) {
            return false;
        }
    }
    return true;
}

/* Sizes are those of keys, encodings and data; the framing does not count. */
size_t model_payload_bytes(const struct wf_payload *payload)
{
    size_t bytes = payload->data.size_bytes;

    for (uint32_t i = 0; i < payload->metadata.count; i++) {
        bytes += payload->metadata.items[i].key.size_bytes + payload->metadata.items[i].value.size_bytes;
    }
    return bytes;
}

static size_t fields_bytes(const struct wf_entry_payload *fields, uint32_t count)
{
    size_t bytes = 0;

    for (uint32_t i = 0; i < count; i++) {
        bytes += fields[i].key.size_bytes + model_payload_bytes(&fields[i].value);
    }
    return bytes;
}

size_t model_payloads_bytes(const struct wf_payloads *payloads)
{
    size_t bytes = 0;

    for (uint32_t i = 0; payloads != NULL && i < payloads->payloads.count; i++) {
        bytes += model_payload_bytes(&payloads->payloads.items[i]);
    }
    return bytes;
}

bool model_is_memo_too_large(const struct model_transaction *tx, const struct wf_memo *memo)
{
    return memo != NULL &&
           fields_bytes(memo->fields.items, memo->fields.count) > (size_t)tx->model->limits.memo_bytes_max;
}

/* 7.11, 9: names that the service fills in itself, types that it knows, sizes. */
bool model_attributes_are_valid(const struct model_transaction *tx, const struct wf_search_attributes *attributes)
{
    static const char *const system_names[] = {
        "WorkflowId", "RunId",      "WorkflowType",   "StartTime",        "ExecutionTime",        "CloseTime",
        "TaskQueue",  "ExecutionStatus", "HistoryLength", "HistorySizeBytes", "StateTransitionCount", "ExecutionDuration",
        "ParentWorkflowId", "ParentRunId", "RootWorkflowId", "RootRunId"};
    static const char *const types[] = {"Text", "Keyword", "Int", "Double", "Bool", "Datetime", "KeywordList"};
    const struct wf_service_limits *limits = &tx->model->limits;

    if (attributes == NULL) {
        return true;
    }
    for (uint32_t i = 0; i < attributes->indexed_fields.count; i++) {
        const struct wf_entry_payload *field = &attributes->indexed_fields.items[i];

        if (!model_is_id(tx->model, field->key) ||
            (int64_t)field->value.data.size_bytes > limits->search_attribute_bytes_max) {
            return false;
        }
        for (size_t j = 0; j < sizeof system_names / sizeof system_names[0]; j++) {
            if (wf_string_is(field->key, system_names[j])) {
                return false;
            }
        }
        for (uint32_t k = 0; k < field->value.metadata.count; k++) {
            bool is_known = !wf_string_is(field->value.metadata.items[k].key, "type");

            for (size_t j = 0; j < sizeof types / sizeof types[0]; j++) {
                is_known = is_known || wf_string_is(field->value.metadata.items[k].value, types[j]);
            }
            if (!is_known) {
                return false;
            }
        }
    }
    return (int64_t)attributes->indexed_fields.count <= limits->search_attributes_max &&
           (int64_t)fields_bytes(attributes->indexed_fields.items, attributes->indexed_fields.count) <=
               limits->search_attributes_bytes_max;
}

/* 5.2 check 3. */
bool model_is_signal_too_large(const struct model_transaction *tx, const struct wf_payloads *input,
                               const struct wf_header *header)
{
    const size_t header_bytes = header == NULL ? 0 : fields_bytes(header->fields.items, header->fields.count);

    return model_payloads_bytes(input) + header_bytes > (size_t)tx->model->limits.blob_bytes_max;
}

/* ---- Retry policies ---- */

void model_policy_complete(struct wf_retry_policy *policy)
{
    if (wf_time_of(policy->initial_interval) <= 0) {
        policy->initial_interval = wf_duration_of(DEFAULT_INTERVAL_NS);
    }
    if (wf_double_compare(policy->backoff_coefficient, wf_double_of_i64(0)) == 0) {
        policy->backoff_coefficient = wf_double_of_i64(2);
    }
    if (wf_time_of(policy->maximum_interval) <= 0) {
        policy->maximum_interval = wf_duration_of(MAXIMUM_INTERVALS * wf_time_of(policy->initial_interval));
    }
}

bool model_policy_is_valid(const struct wf_retry_policy *given)
{
    struct wf_retry_policy policy = *given;

    if (policy.maximum_attempts == 1) {
        return true;
    }
    if (wf_time_of(policy.initial_interval) < 0 || wf_time_of(policy.maximum_interval) < 0) {
        return false;
    }
    model_policy_complete(&policy);
    return wf_double_compare(policy.backoff_coefficient, wf_double_of_i64(1)) >= 0 &&
           wf_time_of(policy.maximum_interval) >= wf_time_of(policy.initial_interval) && policy.maximum_attempts >= 0;
}

/* ---- Failures ---- */

static bool is_listed(const struct wf_retry_policy *policy, struct wf_string type)
{
    for (uint32_t i = 0; i < policy->non_retryable_error_types.count; i++) {
        if (wf_string_equal(policy->non_retryable_error_types.items[i], type)) {
            return true;
        }
    }
    return false;
}

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
            return !is_listed(policy, WF_STR("TemporalTimeout:StartToClose"));
        case WF_TIMEOUT_TYPE_HEARTBEAT:
            return !is_listed(policy, WF_STR("TemporalTimeout:Heartbeat"));
        default:
            return false;
        }
    case WF_CASE_failure_server_failure_info:
        return !failure->failure_info.server_failure_info->non_retryable;
    case WF_CASE_failure_application_failure_info:
        return !failure->failure_info.application_failure_info->non_retryable &&
               !is_listed(policy, failure->failure_info.application_failure_info->type);
    default:
        return true;
    }
}

static bool is_schedule_timeout(const struct wf_failure *failure)
{
    int32_t type = 0;

    if (failure == NULL || failure->failure_info_case != WF_CASE_failure_timeout_failure_info) {
        return false;
    }
    type = failure->failure_info.timeout_failure_info->timeout_type;
    return type == WF_TIMEOUT_TYPE_SCHEDULE_TO_START || type == WF_TIMEOUT_TYPE_SCHEDULE_TO_CLOSE;
}

static struct wf_timestamp delay_of(const struct wf_failure *failure)
{
    return failure != NULL && failure->failure_info_case == WF_CASE_failure_application_failure_info
               ? failure->failure_info.application_failure_info->next_retry_delay
               : (struct wf_timestamp){0};
}

bool model_asks_for_delay(const struct wf_failure *failure)
{
    return delay_of(failure).is_set;
}

int64_t model_retry_interval(const struct wf_retry_policy *policy, int32_t attempt)
{
    const int64_t interval_ns_max = wf_time_of(policy->maximum_interval);
    const int64_t interval_ns = wf_double_backoff_ns(wf_time_of(policy->initial_interval), policy->backoff_coefficient,
                                                     attempt - 1);

    return interval_ns > interval_ns_max ? interval_ns_max : interval_ns;
}

/* 4.5 step 7; -1: what the QUIRK of an explicit 0 s takes for overflow. */
static int64_t interval_of(const struct model_retry *retry)
{
    const struct wf_retry_policy *policy = retry->policy;
    const int64_t interval_ns_max = wf_time_of(policy->maximum_interval);
    const struct wf_timestamp delay = delay_of(retry->failure);
    int64_t interval_ns = 0;

    if (delay.is_set) {
        interval_ns = wf_time_of(delay);
        if (retry->is_workflow) { /* 7.4 */
            return interval_ns == 0 || interval_ns > interval_ns_max ? interval_ns_max : interval_ns;
        }
        return interval_ns == 0 ? -1 : interval_ns;
    }
    return model_retry_interval(policy, retry->attempt);
}

enum wf_retry_state model_retry_decide(const struct model_retry *retry, wf_time_ns now_ns, int64_t *interval_ns)
{
    if (retry->policy == NULL) {
        return WF_RETRY_STATE_RETRY_POLICY_NOT_SET;
    }
    if (!retry->is_workflow && is_schedule_timeout(retry->failure)) {
        return WF_RETRY_STATE_TIMEOUT;
    }
    if (!is_retryable(retry->policy, retry->failure)) {
        return WF_RETRY_STATE_NON_RETRYABLE_FAILURE;
    }
    if (retry->is_paused) {
        *interval_ns = 0;
        return WF_RETRY_STATE_IN_PROGRESS;
    }
    if (!retry->is_reset && retry->policy->maximum_attempts > 0 && retry->attempt >= retry->policy->maximum_attempts) {
        return WF_RETRY_STATE_MAXIMUM_ATTEMPTS_REACHED;
    }
    *interval_ns = retry->is_reset ? 0 : interval_of(retry);
    if (*interval_ns < 0 || (retry->expiration_ns != 0 && *interval_ns > retry->expiration_ns - now_ns)) {
        return WF_RETRY_STATE_TIMEOUT;
    }
    return WF_RETRY_STATE_IN_PROGRESS;
}

struct wf_failure *model_timeout_failure(struct model_transaction *tx, enum wf_timeout_type type)
{
    struct wf_failure *failure = MODEL_NEW(tx, struct wf_failure);
    struct wf_timeout_failure_info *info = MODEL_NEW(tx, struct wf_timeout_failure_info);

    info->timeout_type = (int32_t)type;
    failure->source = WF_STR("Server");
    failure->failure_info_case = WF_CASE_failure_timeout_failure_info;
    failure->failure_info.timeout_failure_info = info;
    return failure;
}

/* ---- Cron (7.5) ---- */

bool model_cron_backoff(struct wf_string schedule, wf_time_ns from_ns, wf_time_ns now_ns, int64_t *backoff_ns)
{
    struct wf_cron cron = {0};
    int64_t slot_s = from_ns / WF_NS_PER_S;
    wf_time_ns slot_ns = from_ns;

    if (wf_cron_read(&cron, schedule, WF_CRON_OF_WORKFLOW) != NULL) {
        return false;
    }
    if (now_ns >= from_ns) { /* a run that ends before its own slot leaves it to the next one */
        do {
            if (!wf_cron_next(&cron, slot_s, slot_s, &slot_s)) {
                return false;
            }
            slot_ns = slot_s * WF_NS_PER_S;
        } while (slot_ns < now_ns);
    }
    *backoff_ns = (slot_ns - now_ns + WF_NS_PER_S - 1) / WF_NS_PER_S * WF_NS_PER_S;
    return true;
}
