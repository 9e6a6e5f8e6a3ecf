/* A marker's details are small JSON payloads, found by key and read by scanning. */
#include "engine/worker/value_marker.h"

#include "engine/base/assert.h"
#include "engine/base/json_text.h"
#include "engine/codec.h"
#include "engine/worker/marker.h"

const char *wf_value_marker_name(enum wf_sdk_value_kind kind)
{
    switch (kind) {
    case WF_SDK_VALUE_KIND_VERSION:
        return WF_MARKER_VERSION;
    case WF_SDK_VALUE_KIND_SIDE_EFFECT:
        return WF_MARKER_SIDE_EFFECT;
    case WF_SDK_VALUE_KIND_MUTABLE_SIDE_EFFECT:
        return WF_MARKER_MUTABLE_SIDE_EFFECT;
    }
    WF_UNREACHABLE();
}

bool wf_event_is_value_marker(const struct wf_event *event, enum wf_sdk_value_kind *kind)
{
    if (event->event_type != WF_EVENT_TYPE_MARKER_RECORDED || !wf_event_has_attributes(event)) {
        return false;
    }
    for (int i = WF_SDK_VALUE_KIND_VERSION; i <= WF_SDK_VALUE_KIND_MUTABLE_SIDE_EFFECT; i++) {
        *kind = (enum wf_sdk_value_kind)i;
        if (wf_string_is(event->attributes.marker_recorded->marker_name, wf_value_marker_name(*kind))) {
            return true;
        }
    }
    return false;
}

/* ---- Reading ---- */

static bool read_token(const struct wf_event_marker_recorded *recorded, const char *key, struct wf_json_token *token)
{
    const struct wf_payload *payload = wf_marker_detail(recorded, wf_string_of(key));
    struct wf_json_reader reader;

    if (payload == NULL) {
        return false;
    }
    wf_json_reader_init(&reader, payload->data);
    return wf_json_next(&reader, token, NULL) == WF_OK;
}

static bool read_text(struct wf_arena *arena, const struct wf_event_marker_recorded *recorded, const char *key,
                      struct wf_string *text)
{
    struct wf_json_token token;

    return read_token(recorded, key, &token) && token.kind == WF_JSON_STRING &&
           wf_json_unescape(arena, &token, text, NULL) == WF_OK;
}

static bool read_number(const struct wf_event_marker_recorded *recorded, const char *key, int64_t minimum, int64_t maximum,
                        int64_t *number)
{
    struct wf_json_token token;

    return read_token(recorded, key, &token) && token.kind == WF_JSON_NUMBER &&
           wf_json_integer(&token, number, NULL) == WF_OK && *number >= minimum && *number <= maximum;
}

static bool is_detail(const struct wf_event_marker_recorded *recorded, const char *key, const char *json)
{
    const struct wf_payload *payload = wf_marker_detail(recorded, wf_string_of(key));

    return payload != NULL && wf_string_is(payload->data, json);
}

/* Go writes the flag only when there is no upsert, Java only when there is one (replay-rules 3.2). */
static bool read_version(struct wf_arena *arena, const struct wf_event_marker_recorded *recorded,
                         struct wf_value_marker *marker)
{
    marker->is_java = wf_marker_detail(recorded, WF_STR("changeId")) != NULL;
    marker->has_upsert = marker->is_java ? is_detail(recorded, "versionSearchAttributeUpdated", "true")
                                         : !is_detail(recorded, "version-search-attribute-updated", "false");
    return read_text(arena, recorded, marker->is_java ? "changeId" : "change-id", &marker->id) &&
           read_number(recorded, "version", INT32_MIN, INT32_MAX, &marker->version);
}

static bool read_side_effect(const struct wf_event_marker_recorded *recorded, struct wf_value_marker *marker)
{
    int64_t number = 0;

    marker->is_java = wf_marker_detail(recorded, WF_STR("side-effect-id")) == NULL;
    marker->value = wf_marker_detail(recorded, WF_STR("data"));
    if (!marker->is_java && !read_number(recorded, "side-effect-id", 1, UINT32_MAX, &number)) {
        return false;
    }
    marker->call = (uint32_t)number;
    return marker->value != NULL;
}

/* "<id>_<number>" without its number. */
static struct wf_string without_number(struct wf_string id)
{
    size_t size_bytes = id.size_bytes;

    while (size_bytes > 0 && wf_is_digit(id.data[size_bytes - 1])) {
        size_bytes--;
    }
    return size_bytes > 0 && id.data[size_bytes - 1] == '_' ? (struct wf_string){id.data, size_bytes - 1} : id;
}

/* Go packs the id and the payloads of the value into one list; ours and Java's is the value itself. */
static const struct wf_payload *value_of(struct wf_arena *arena, const struct wf_event_marker_recorded *recorded)
{
    for (uint32_t i = 0; i < recorded->details.count; i++) {
        const struct wf_payloads *data = &recorded->details.items[i].value;
        struct wf_payloads *inner = NULL;

        if (!wf_string_is(recorded->details.items[i].key, "data") || data->payloads.count == 0) {
            continue;
        }
        if (data->payloads.count == 1) {
            return &data->payloads.items[0];
        }
        inner = wf_arena_take(arena, sizeof *inner);
        if (inner == NULL ||
            wf_wire_decode(arena, &wf_type_payloads, data->payloads.items[1].data, inner, NULL) != WF_OK ||
            inner->payloads.count == 0) {
            return NULL;
        }
        return &inner->payloads.items[0];
    }
    return NULL;
}

static bool read_mutable(struct wf_arena *arena, const struct wf_event_marker_recorded *recorded,
                         struct wf_value_marker *marker)
{
    int64_t number = 0;

    marker->value = value_of(arena, recorded);
    marker->is_java = wf_marker_detail(recorded, WF_STR("skipCount")) != NULL;
    if (marker->is_java) {
        if (!read_number(recorded, "skipCount", 0, UINT32_MAX, &number)) {
            return false;
        }
        marker->skip_count = (uint32_t)number;
        return marker->value != NULL && read_text(arena, recorded, "id", &marker->id);
    }
    if (!read_text(arena, recorded, "side-effect-id", &marker->go_id)) {
        return false;
    }
    marker->id = without_number(marker->go_id);
    if (read_number(recorded, "mutable-side-effect-call-counter", 1, UINT32_MAX, &number)) {
        marker->call = (uint32_t)number;
    }
    return marker->value != NULL;
}

bool wf_value_marker_read(struct wf_arena *arena, const struct wf_event *event, struct wf_value_marker *marker)
{
    const struct wf_event_marker_recorded *recorded = event->attributes.marker_recorded;
    enum wf_sdk_value_kind kind = WF_SDK_VALUE_KIND_VERSION;

    if (!wf_event_is_value_marker(event, &kind)) {
        return false;
    }
    *marker = (struct wf_value_marker){.kind = kind};
    switch (kind) {
    case WF_SDK_VALUE_KIND_VERSION:
        return read_version(arena, recorded, marker);
    case WF_SDK_VALUE_KIND_SIDE_EFFECT:
        return read_side_effect(recorded, marker);
    case WF_SDK_VALUE_KIND_MUTABLE_SIDE_EFFECT:
        return read_mutable(arena, recorded, marker);
    }
    WF_UNREACHABLE();
}

/* ---- Writing ---- */

struct writer {
    struct wf_arena *arena;
    struct wf_entry_payloads *details;
    uint32_t count;
    bool is_full;
};

static void add_payload(struct writer *writer, const char *key, const struct wf_payload *payload)
{
    struct wf_payload *copy = wf_arena_take(writer->arena, sizeof *copy);

    if (copy == NULL) {
        writer->is_full = true;
        return;
    }
    *copy = *payload;
    writer->details[writer->count].key = wf_string_of(key);
    writer->details[writer->count].value.payloads.items = copy;
    writer->details[writer->count].value.payloads.count = 1;
    writer->count++;
}

static void add_json(struct writer *writer, const char *key, const struct wf_buffer *json)
{
    struct wf_payload payload = {0};

    if (json->is_full || !wf_payload_of_json(writer->arena, &payload, wf_buffer_string(json), NULL)) {
        writer->is_full = true;
        return;
    }
    add_payload(writer, key, &payload);
}

static void add_text(struct writer *writer, const char *key, struct wf_string text)
{
    struct wf_buffer json;

    wf_buffer_init(&json, writer->arena);
    wf_json_write_string(&json, text);
    add_json(writer, key, &json);
}

static void add_number(struct writer *writer, const char *key, int64_t number)
{
    struct wf_buffer json;

    wf_buffer_init(&json, writer->arena);
    wf_buffer_printf(&json, "%lld", (long long)number);
    add_json(writer, key, &json);
}

static void add_numbered_id(struct writer *writer, const struct wf_value_marker *marker)
{
    struct wf_buffer text;

    if (marker->go_id.size_bytes > 0) {
        add_text(writer, "side-effect-id", marker->go_id);
        return;
    }
    wf_buffer_init(&text, writer->arena);
    wf_buffer_printf(&text, "%S_%u", &marker->id, marker->call);
    add_text(writer, "side-effect-id", wf_buffer_string(&text));
}

static void write_java(struct writer *writer, const struct wf_value_marker *marker)
{
    struct wf_buffer json;

    switch (marker->kind) {
    case WF_SDK_VALUE_KIND_VERSION:
        add_text(writer, "changeId", marker->id);
        add_number(writer, "version", marker->version);
        if (marker->has_upsert) {
            wf_buffer_init(&json, writer->arena);
            wf_buffer_append_text(&json, "true");
            add_json(writer, "versionSearchAttributeUpdated", &json);
        }
        return;
    case WF_SDK_VALUE_KIND_SIDE_EFFECT:
        if (marker->value != NULL) {
            add_payload(writer, "data", marker->value);
        }
        return;
    case WF_SDK_VALUE_KIND_MUTABLE_SIDE_EFFECT:
        if (marker->value != NULL) {
            add_payload(writer, "data", marker->value);
        }
        add_text(writer, "id", marker->id);
        add_number(writer, "skipCount", marker->skip_count);
        return;
    }
    WF_UNREACHABLE();
}

/* Keys go in ascending order, as every map is written. */
bool wf_value_marker_write(struct wf_arena *arena, const struct wf_value_marker *marker,
                           struct wf_command_record_marker *command)
{
    struct writer writer = {.arena = arena, .details = wf_arena_take_array(arena, 3, sizeof *writer.details)};

    if (writer.details == NULL) {
        return false;
    }
    if (marker->is_java) {
        write_java(&writer, marker);
    } else if (marker->kind == WF_SDK_VALUE_KIND_VERSION) {
        struct wf_buffer json;

        add_text(&writer, "change-id", marker->id);
        add_number(&writer, "version", marker->version);
        if (!marker->has_upsert) {
            wf_buffer_init(&json, arena);
            wf_buffer_append_text(&json, "false");
            add_json(&writer, "version-search-attribute-updated", &json);
        }
    } else {
        if (marker->value != NULL) {
            add_payload(&writer, "data", marker->value);
        }
        if (marker->kind == WF_SDK_VALUE_KIND_SIDE_EFFECT) {
            add_number(&writer, "side-effect-id", marker->call);
        } else {
            add_number(&writer, "mutable-side-effect-call-counter", marker->call);
            add_numbered_id(&writer, marker);
        }
    }
    command->marker_name = wf_string_of(wf_value_marker_name(marker->kind));
    command->details.items = writer.details;
    command->details.count = writer.count;
    return !writer.is_full;
}
