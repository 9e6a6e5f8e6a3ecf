/*
 * Small rules that many requests and commands share: limits and sizes.
 *
 * Source: engine-semantics 9.
 */
#include "engine/server/change.h"

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
