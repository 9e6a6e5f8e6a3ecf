/* JSON text in and out of payloads, with the metadata that SDKs give it. */
#include "engine/base/json_text.h"
#include "sim/world/parts.h"

bool sim_payload_of_json(struct wf_arena *arena, struct wf_string json, struct wf_payload *payload)
{
    struct wf_entry_string *encoding = WF_LIST_APPEND(arena, payload->metadata);

    if (encoding == NULL) {
        return false;
    }
    *encoding = (struct wf_entry_string){WF_STR("encoding"), WF_STR("json/plain")};
    payload->data = json;
    return true;
}

struct wf_payloads *sim_payloads_of_array(struct wf_arena *arena, struct wf_string json_array)
{
    const size_t count = wf_json_count(json_array);
    struct wf_payloads *payloads = WF_ARENA_NEW(arena, struct wf_payloads);

    for (size_t i = 0; payloads != NULL && i < count; i++) {
        struct wf_payload *payload = WF_LIST_APPEND(arena, payloads->payloads);

        if (payload == NULL || !sim_payload_of_json(arena, wf_json_item(json_array, i), payload)) {
            return NULL;
        }
    }
    return payloads;
}

static bool is_json(const struct wf_payload *payload)
{
    for (uint32_t i = 0; i < payload->metadata.count; i++) {
        if (wf_string_is(payload->metadata.items[i].key, "encoding")) {
            return wf_string_starts_with(payload->metadata.items[i].value, WF_STR("json/"));
        }
    }
    return false;
}

struct wf_string sim_json_of_payloads(struct wf_arena *arena, const struct wf_payloads *payloads)
{
    struct wf_buffer out = {0};

    wf_buffer_init(&out, arena);
    wf_buffer_append_char(&out, '[');
    for (uint32_t i = 0; payloads != NULL && i < payloads->payloads.count; i++) {
        const struct wf_payload *payload = &payloads->payloads.items[i];

        if (i > 0) {
            wf_buffer_append_char(&out, ',');
        }
        wf_buffer_append_string(&out, is_json(payload) ? payload->data : WF_STR("null"));
    }
    wf_buffer_append_char(&out, ']');
    return wf_buffer_string(&out);
}
