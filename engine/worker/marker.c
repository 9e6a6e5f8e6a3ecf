/*
 * Marker payloads are small JSON objects that core writes itself, outside the user's converter.
 * They are read by scanning.
 */
#include "engine/worker/marker.h"

#include "engine/base/calendar.h"
#include "engine/base/json_text.h"
#include "engine/codec.h"
#include "engine/time.h"
#include "engine/worker.h"

bool wf_event_is_named_marker(const struct wf_event *event, const char *name)
{
    return event->event_type == WF_EVENT_TYPE_MARKER_RECORDED && wf_event_has_attributes(event) &&
           wf_string_is(event->attributes.marker_recorded->marker_name, name);
}

bool wf_event_is_patch_marker(const struct wf_event *event)
{
    return wf_event_is_named_marker(event, WF_MARKER_PATCH);
}

bool wf_event_is_local_activity_marker(const struct wf_event *event)
{
    return wf_event_is_named_marker(event, WF_MARKER_LOCAL_ACTIVITY);
}

bool wf_has_change_version(const struct wf_search_attributes *attributes)
{
    for (uint32_t i = 0; attributes != NULL && i < attributes->indexed_fields.count; i++) {
        if (wf_string_equal(attributes->indexed_fields.items[i].key, WF_STR(WF_CHANGE_VERSION))) {
            return true;
        }
    }
    return false;
}

bool wf_event_is_change_version_upsert(const struct wf_event *event)
{
    return event->event_type == WF_EVENT_TYPE_UPSERT_WORKFLOW_SEARCH_ATTRIBUTES && wf_event_has_attributes(event) &&
           wf_has_change_version(
               event->attributes.upsert_workflow_search_attributes->search_attributes);
}

struct wf_payload *wf_marker_detail(const struct wf_event_marker_recorded *marker,
                                    struct wf_string key)
{
    for (uint32_t i = 0; i < marker->details.count; i++) {
        if (wf_string_equal(marker->details.items[i].key, key)) {
            const struct wf_payloads *payloads = &marker->details.items[i].value;

            return payloads->payloads.count == 0 ? NULL : &payloads->payloads.items[0];
        }
    }
    return NULL;
}

/* ---- JSON members ---- */

static bool read_text(struct wf_arena *arena, struct wf_string value, struct wf_string *text)
{
    struct wf_json_reader reader;
    struct wf_json_token token;

    wf_json_reader_init(&reader, value);
    return value.data != NULL && wf_json_next(&reader, &token, NULL) == WF_OK &&
           token.kind == WF_JSON_STRING && wf_json_unescape(arena, &token, text, NULL) == WF_OK;
}

static bool read_integer(struct wf_string value, int64_t *number)
{
    struct wf_json_reader reader;
    struct wf_json_token token;

    wf_json_reader_init(&reader, value);
    return value.data != NULL && wf_json_next(&reader, &token, NULL) == WF_OK &&
           token.kind == WF_JSON_NUMBER && wf_json_integer(&token, number, NULL) == WF_OK;
}

static bool read_count(struct wf_string value, uint32_t *count)
{
    int64_t number = 0;

    if (!read_integer(value, &number) || number < 0 || number > UINT32_MAX) {
        return false;
    }
    *count = (uint32_t)number;
    return true;
}

/* {"seconds": n, "nanos": n}; unset when it is anything else. */
static struct wf_timestamp read_time(struct wf_string value)
{
    int64_t seconds = 0;
    int64_t nanos = 0;

    if (!read_integer(wf_json_member(value, WF_STR("seconds")), &seconds)) {
        return (struct wf_timestamp){0};
    }
    if (!read_integer(wf_json_member(value, WF_STR("nanos")), &nanos) || nanos <= -1000000000 ||
        nanos >= 1000000000) {
        nanos = 0;
    }
    return (struct wf_timestamp){.seconds = seconds, .nanos = (int32_t)nanos, .is_set = true};
}

/* ---- Patches ---- */

/* The form of old SDKs: raw bytes instead of JSON. */
static bool read_old_patch(const struct wf_event_marker_recorded *recorded,
                           struct wf_patch_marker *marker)
{
    const struct wf_payload *id = wf_marker_detail(recorded, WF_STR("patch_id"));
    const struct wf_payload *deprecated = wf_marker_detail(recorded, WF_STR("deprecated"));

    if (id == NULL) {
        return false;
    }
    marker->patch_id = id->data;
    marker->is_deprecated = deprecated != NULL && deprecated->data.size_bytes > 0 &&
                            deprecated->data.data[0] != 0;
    return true;
}

bool wf_patch_marker_read(struct wf_arena *arena, const struct wf_event *event,
                          struct wf_patch_marker *marker)
{
    const struct wf_event_marker_recorded *recorded = event->attributes.marker_recorded;
    const struct wf_payload *data = wf_marker_detail(recorded, WF_STR("patch-data"));

    *marker = (struct wf_patch_marker){0};
    if (data == NULL) {
        return read_old_patch(recorded, marker);
    }
    marker->is_deprecated = wf_string_is(wf_json_member(data->data, WF_STR("deprecated")), "true");
    return read_text(arena, wf_json_member(data->data, WF_STR("id")), &marker->patch_id);
}

/* ---- Local activities ---- */

bool wf_local_activity_marker_read(struct wf_arena *arena, const struct wf_event *event,
                                   struct wf_local_activity_marker *marker)
{
    const struct wf_payload *data = wf_marker_detail(event->attributes.marker_recorded,
                                                     WF_STR("data"));
    struct wf_string json = {NULL, 0};

    *marker = (struct wf_local_activity_marker){
        .attempt = 1,
        .result = wf_marker_detail(event->attributes.marker_recorded, WF_STR("result"))};
    if (data == NULL) {
        return false;
    }
    json = data->data;
    marker->complete_time = read_time(wf_json_member(json, WF_STR("complete_time")));
    marker->original_schedule_time = read_time(
        wf_json_member(json, WF_STR("original_schedule_time")));
    marker->backoff = read_time(wf_json_member(json, WF_STR("backoff")));
    marker->has_backoff = marker->backoff.is_set;
    (void)read_count(wf_json_member(json, WF_STR("attempt")), &marker->attempt);
    return read_count(wf_json_member(json, WF_STR("seq")), &marker->seq) &&
           read_text(arena, wf_json_member(json, WF_STR("activity_id")), &marker->activity_id) &&
           read_text(arena, wf_json_member(json, WF_STR("activity_type")), &marker->activity_type);
}

bool wf_local_activity_marker_read_go(struct wf_arena *arena, const struct wf_event *event,
                                      struct wf_local_activity_marker *marker)
{
    const struct wf_payload *data = wf_marker_detail(event->attributes.marker_recorded,
                                                     WF_STR("data"));
    struct wf_string time = {NULL, 0};
    int64_t backoff_ns = 0;

    *marker = (struct wf_local_activity_marker){
        .attempt = 1,
        .result = wf_marker_detail(event->attributes.marker_recorded, WF_STR("result"))};
    if (data == NULL ||
        !read_text(arena, wf_json_member(data->data, WF_STR("ActivityID")), &marker->activity_id)) {
        return false;
    }
    (void)read_text(arena, wf_json_member(data->data, WF_STR("ActivityType")), &marker->activity_type);
    (void)read_count(wf_json_member(data->data, WF_STR("Attempt")), &marker->attempt);
    if (read_text(arena, wf_json_member(data->data, WF_STR("ReplayTime")), &time)) {
        (void)wf_timestamp_read(time, &marker->complete_time);
    }
    if (read_integer(wf_json_member(data->data, WF_STR("Backoff")), &backoff_ns) && backoff_ns > 0) {
        marker->backoff = wf_duration_of(backoff_ns);
        marker->has_backoff = true;
    }
    return true;
}

static struct wf_string detail_text(const struct wf_event *event, const char *key)
{
    const struct wf_payload *payload = wf_marker_detail(event->attributes.marker_recorded,
                                                        wf_string_of(key));

    return payload == NULL ? (struct wf_string){NULL, 0} : payload->data;
}

/* Seconds with up to nine digits behind the point, as Java's converter writes a duration. */
static struct wf_timestamp read_seconds(struct wf_string value)
{
    struct wf_buffer text;
    char bytes[64];
    struct wf_timestamp duration = {0};

    wf_buffer_init_fixed(&text, bytes, sizeof bytes);
    wf_buffer_printf(&text, "%Ss", &value);
    if (text.is_full || !wf_duration_read(wf_buffer_string(&text), &duration)) {
        return (struct wf_timestamp){0};
    }
    return duration;
}

bool wf_local_activity_marker_read_java(struct wf_arena *arena, const struct wf_event *event,
                                        struct wf_local_activity_marker *marker)
{
    const struct wf_string meta = detail_text(event, "meta");
    int64_t time_ms = 0;

    *marker = (struct wf_local_activity_marker){
        .attempt = 1,
        .result = wf_marker_detail(event->attributes.marker_recorded, WF_STR("result"))};
    if (marker->result == NULL) {
        marker->result = wf_marker_detail(event->attributes.marker_recorded, WF_STR("data"));
    }
    if (read_integer(detail_text(event, "time"), &time_ms) && time_ms > 0 &&
        time_ms < INT64_MAX / WF_NS_PER_MS) {
        marker->complete_time = wf_timestamp_of(time_ms * WF_NS_PER_MS);
    }
    if (meta.data != NULL) {
        (void)read_count(wf_json_member(meta, WF_STR("atpt")), &marker->attempt);
        marker->backoff = read_seconds(wf_json_member(meta, WF_STR("backoff")));
        marker->has_backoff = marker->backoff.is_set;
    }
    (void)read_text(arena, detail_text(event, "type"), &marker->activity_type);
    return read_text(arena, detail_text(event, "activityId"), &marker->activity_id);
}

static bool read_any(struct wf_arena *arena, const struct wf_event *event, struct wf_local_activity_marker *marker)
{
    if (wf_event_is_local_activity_marker(event)) {
        return wf_local_activity_marker_read(arena, event, marker);
    }
    return wf_event_is_named_marker(event, WF_MARKER_LOCAL_ACTIVITY_LANG) &&
           (wf_marker_detail(event->attributes.marker_recorded, WF_STR("activityId")) != NULL
                ? wf_local_activity_marker_read_java(arena, event, marker)
                : wf_local_activity_marker_read_go(arena, event, marker));
}

bool wf_local_record_read(struct wf_arena *arena, const struct wf_event *event, struct wf_local_record *record)
{
    struct wf_local_activity_marker marker;

    if (!read_any(arena, event, &marker)) {
        return false;
    }
    *record = (struct wf_local_record){.activity_id = marker.activity_id,
                                       .activity_type = marker.activity_type,
                                       .result = marker.result,
                                       .failure = event->attributes.marker_recorded->failure};
    return true;
}

/* ---- Writing ---- */

bool wf_payload_of_json(struct wf_arena *arena, struct wf_payload *payload, struct wf_string json,
                        const char *type)
{
    const uint32_t count = type == NULL ? 1 : 2;
    struct wf_entry_string *metadata = wf_arena_take_array(arena, count, sizeof *metadata);

    if (metadata == NULL) {
        return false;
    }
    metadata[0] = (struct wf_entry_string){WF_STR("encoding"), WF_STR("json/plain")};
    if (type != NULL) {
        metadata[1] = (struct wf_entry_string){WF_STR("type"), wf_string_of(type)};
    }
    payload->metadata.items = metadata;
    payload->metadata.count = count;
    payload->data = json;
    return true;
}

/* One payload under a key. */
static bool write_detail(struct wf_arena *arena, struct wf_entry_payloads *detail,
                         struct wf_string key, const struct wf_payload *value)
{
    struct wf_payload *payload = WF_LIST_APPEND(arena, detail->value.payloads);

    if (payload == NULL) {
        return false;
    }
    *payload = *value;
    detail->key = key;
    return true;
}

bool wf_patch_marker_write(struct wf_arena *arena, const struct wf_patch_marker *marker,
                           struct wf_command_record_marker *command)
{
    struct wf_entry_payloads *details = wf_arena_take(arena, sizeof *details);
    struct wf_payload payload = {0};
    struct wf_buffer json;

    wf_buffer_init(&json, arena);
    wf_buffer_append_text(&json, "{\"id\":");
    wf_json_write_string(&json, marker->patch_id);
    wf_buffer_append_text(&json, marker->is_deprecated ? ",\"deprecated\":true}"
                                                       : ",\"deprecated\":false}");
    if (details == NULL || json.is_full ||
        !wf_payload_of_json(arena, &payload, wf_buffer_string(&json), NULL) ||
        !write_detail(arena, details, WF_STR("patch-data"), &payload)) {
        return false;
    }
    command->marker_name = WF_STR(WF_MARKER_PATCH);
    command->details.items = details;
    command->details.count = 1;
    return true;
}

static void write_time(struct wf_buffer *json, const char *key, struct wf_timestamp time)
{
    wf_buffer_printf(json, ",\"%s\":", key);
    if (time.is_set) {
        wf_buffer_printf(json, "{\"seconds\":%lld,\"nanos\":%d}", (long long)time.seconds,
                         time.nanos);
    } else {
        wf_buffer_append_text(json, "null");
    }
}

static struct wf_string local_activity_json(struct wf_arena *arena,
                                            const struct wf_local_activity_marker *marker)
{
    struct wf_buffer json;

    wf_buffer_init(&json, arena);
    wf_buffer_printf(&json, "{\"seq\":%u,\"attempt\":%u,\"activity_id\":", marker->seq,
                     marker->attempt);
    wf_json_write_string(&json, marker->activity_id);
    wf_buffer_append_text(&json, ",\"activity_type\":");
    wf_json_write_string(&json, marker->activity_type);
    write_time(&json, "complete_time", marker->complete_time);
    write_time(&json, "backoff", marker->backoff);
    write_time(&json, "original_schedule_time", marker->original_schedule_time);
    wf_buffer_append_char(&json, '}');
    return json.is_full ? (struct wf_string){0} : wf_buffer_string(&json);
}

bool wf_local_activity_marker_write(struct wf_arena *arena,
                                    const struct wf_local_activity_marker *marker,
                                    const struct wf_payload *result,
                                    struct wf_command_record_marker *command)
{
    const struct wf_string json = local_activity_json(arena, marker);
    struct wf_entry_payloads *details = wf_arena_take_array(arena, 2, sizeof *details);
    struct wf_payload data = {0};

    if (details == NULL || json.size_bytes == 0 ||
        !wf_payload_of_json(arena, &data, json, NULL) ||
        !write_detail(arena, &details[0], WF_STR("data"), &data) ||
        (result != NULL && !write_detail(arena, &details[1], WF_STR("result"), result))) {
        return false;
    }
    command->marker_name = WF_STR(WF_MARKER_LOCAL_ACTIVITY);
    command->details.items = details;
    command->details.count = result == NULL ? 1 : 2;
    return true;
}

/* ---- Of Go and Java ---- */

/* Adds a payload of this JSON under a key; the list has room for it. */
static bool add_json(struct wf_arena *arena, struct wf_command_record_marker *command, const char *key, const struct wf_buffer *json)
{
    struct wf_payload payload = {0};

    return !json->is_full && wf_payload_of_json(arena, &payload, wf_buffer_string(json), NULL) &&
           write_detail(arena, &command->details.items[command->details.count++], wf_string_of(key), &payload);
}

static bool add_text(struct wf_arena *arena, struct wf_command_record_marker *command, const char *key, struct wf_string text)
{
    struct wf_buffer json;

    wf_buffer_init(&json, arena);
    wf_json_write_string(&json, text);
    return add_json(arena, command, key, &json);
}

static bool begin_details(struct wf_arena *arena, struct wf_command_record_marker *command, uint32_t count_max)
{
    command->marker_name = WF_STR(WF_MARKER_LOCAL_ACTIVITY_LANG);
    command->details.items = wf_arena_take_array(arena, count_max, sizeof *command->details.items);
    command->details.count = 0;
    return command->details.items != NULL;
}

/* Keys go in ascending order, as every map is written. */
bool wf_local_activity_marker_write_go(struct wf_arena *arena, const struct wf_local_activity_marker *marker,
                                       const struct wf_payload *result, struct wf_command_record_marker *command)
{
    char second[WF_TIME_TEXT_BYTES];
    struct wf_buffer json;

    if (!begin_details(arena, command, 2)) {
        return false;
    }
    wf_buffer_init(&json, arena);
    wf_buffer_append_text(&json, "{\"ActivityID\":");
    wf_json_write_string(&json, marker->activity_id);
    wf_buffer_append_text(&json, ",\"ActivityType\":");
    wf_json_write_string(&json, marker->activity_type);
    if (marker->complete_time.is_set) {
        wf_time_write(second, marker->complete_time.seconds);
        second[WF_TIME_TEXT_BYTES - 1] = '\0'; /* the zone comes behind the fraction */
        wf_buffer_printf(&json, ",\"ReplayTime\":\"%s.%09dZ\"", second, marker->complete_time.nanos);
    }
    wf_buffer_printf(&json, ",\"Attempt\":%u,\"Backoff\":%lld}", marker->attempt,
                     (long long)wf_time_of(marker->backoff));
    return add_json(arena, command, "data", &json) &&
           (result == NULL ||
            write_detail(arena, &command->details.items[command->details.count++], WF_STR("result"), result));
}

static bool add_meta(struct wf_arena *arena, const struct wf_local_activity_marker *marker,
                     struct wf_command_record_marker *command)
{
    struct wf_buffer json;

    wf_buffer_init(&json, arena);
    wf_buffer_printf(&json, "{\"atpt\":%u", marker->attempt);
    if (marker->backoff.is_set) {
        wf_buffer_printf(&json, ",\"backoff\":%lld.%09d", (long long)marker->backoff.seconds, marker->backoff.nanos);
    }
    wf_buffer_append_char(&json, '}');
    return add_json(arena, command, "meta", &json);
}

bool wf_local_activity_marker_write_java(struct wf_arena *arena, const struct wf_local_activity_marker *marker,
                                         const struct wf_payload *result, struct wf_command_record_marker *command)
{
    struct wf_buffer time;

    wf_buffer_init(&time, arena);
    wf_buffer_printf(&time, "%lld", (long long)(wf_time_of(marker->complete_time) / WF_NS_PER_MS));
    return begin_details(arena, command, 5) && add_text(arena, command, "activityId", marker->activity_id) &&
           (result == NULL ||
            write_detail(arena, &command->details.items[command->details.count++], WF_STR("data"), result)) &&
           add_meta(arena, marker, command) && (!marker->complete_time.is_set || add_json(arena, command, "time", &time)) &&
           add_text(arena, command, "type", marker->activity_type);
}
