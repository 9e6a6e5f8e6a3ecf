/*
 * Small rules that many requests and commands share: limits and sizes.
 *
 * Source: engine-semantics 9.
 */
#include "engine/server/change.h"

void wf_service_limits_default(struct wf_service_limits *limits)
{
    *limits = (struct wf_service_limits){
#define WF_LIMIT(member, parser, value, key, text, help) .member = (value),
#include "engine/limits.def"
    };
}

size_t wf_payload_size_bytes(const struct wf_payload *payload)
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
        size_bytes += wf_payload_size_bytes(&payloads->payloads.items[i]);
    }
    return size_bytes;
}

size_t wf_fields_size_bytes(const struct wf_entry_payload *items, uint32_t count)
{
    size_t size_bytes = 0;

    for (uint32_t i = 0; i < count; i++) {
        size_bytes += items[i].key.size_bytes + wf_payload_size_bytes(&items[i].value);
    }
    return size_bytes;
}
