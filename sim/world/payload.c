/* What scenarios write, expanded; JSON text in and out of payloads, with the metadata that SDKs give it. */
#include "engine/base/json_text.h"
#include "sim/core/place.h"
#include "sim/world/parts.h"

bool sim_world_expand(struct sim_world *world, struct sim_template text, const struct sim_template_values *values,
                      struct wf_string *out)
{
    struct wf_buffer buffer = {0};

    wf_buffer_init(&buffer, &world->step_arena);
    if (sim_template_expand(text, values, &buffer, &world->error) != WF_OK) {
        return sim_world_fail(world, sim_error_place(&world->error, world->scenario, text.place), NULL);
    }
    *out = wf_buffer_string(&buffer);
    return true;
}

bool sim_world_expand_value(struct sim_world *world, struct sim_value_template value,
                            const struct sim_template_values *values, struct wf_string *json)
{
    struct wf_buffer buffer = {0};

    wf_buffer_init(&buffer, &world->step_arena);
    if (sim_value_expand(value, values, &buffer, &world->error) != WF_OK) {
        return sim_world_fail(world, sim_error_place(&world->error, world->scenario, value.place), NULL);
    }
    *json = wf_buffer_string(&buffer);
    return true;
}

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

/* What an SDK calls a value of this form. */
static const char *attribute_type(struct wf_string json)
{
    switch (json.size_bytes == 0 ? '\0' : json.data[0]) {
    case '[':
        return "KeywordList";
    case 't':
    case 'f':
        return "Bool";
    case '"':
        return "Keyword";
    default:
        break;
    }
    for (size_t i = 0; i < json.size_bytes; i++) {
        if (json.data[i] == '.' || json.data[i] == 'e' || json.data[i] == 'E') {
            return "Double";
        }
    }
    return "Int";
}

bool sim_attribute_of_json(struct wf_arena *arena, struct wf_string json, struct wf_payload *payload)
{
    struct wf_entry_string *type = NULL;

    if (!sim_payload_of_json(arena, json, payload)) {
        return false;
    }
    type = WF_LIST_APPEND(arena, payload->metadata);
    if (type == NULL) {
        return false;
    }
    *type = (struct wf_entry_string){WF_STR("type"), wf_string_of(attribute_type(json))};
    return true;
}

struct wf_payloads *sim_payloads_of_json(struct wf_arena *arena, struct wf_string json)
{
    const bool is_array = json.size_bytes > 0 && json.data[0] == '[';
    const size_t count = is_array ? wf_json_count(json) : 1;
    struct wf_payloads *payloads = WF_ARENA_NEW(arena, struct wf_payloads);

    for (size_t i = 0; payloads != NULL && i < count; i++) {
        struct wf_payload *payload = WF_LIST_APPEND(arena, payloads->payloads);

        if (payload == NULL || !sim_payload_of_json(arena, is_array ? wf_json_item(json, i) : json, payload)) {
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
