/*
 * One walk over all messages of a history by their descriptors. Payloads are redacted wherever they are; of other fields those
 * in a table. What stays in markers and search attributes is what replays read there to find their way.
 */
#include "engine/redact.h"

#include "engine/base/json_text.h"
#include "engine/codec.h"
#include "engine/print.h"
#include "engine/replay/placeholder.h"
#include "engine/worker/marker.h"
#include "engine/worker/value_marker.h"

struct walk {
    struct wf_redaction *redaction;
    struct wf_arena *arena; /* the history's */
};

static void redact_message(struct walk *walk, const struct wf_message_type *type, void *message);

/* ---- JSON ---- */

/* Reads over a token; what stands for it, or {NULL, 0} when it stays. */
static struct wf_string replacement(struct walk *walk, const struct wf_json_token *token)
{
    struct wf_string text = {NULL, 0};
    struct wf_buffer quoted;

    switch (token->kind) {
    case WF_JSON_STRING:
        if (wf_json_unescape(walk->arena, token, &text, NULL) != WF_OK) {
            text = token->text;
        }
        wf_buffer_init(&quoted, walk->arena);
        wf_json_write_string(&quoted, wf_placeholder_of_text(walk->redaction, text));
        walk->redaction->is_full |= quoted.is_full;
        return wf_buffer_string(&quoted);
    case WF_JSON_NUMBER:
        return wf_placeholder_of_number(walk->redaction, token->text);
    case WF_JSON_TRUE:
    case WF_JSON_FALSE:
        return wf_placeholder_of_truth(walk->redaction, token->kind == WF_JSON_TRUE);
    case WF_JSON_END:
    case WF_JSON_NULL:
    case WF_JSON_KEY:
    case WF_JSON_ARRAY_BEGIN:
    case WF_JSON_ARRAY_END:
    case WF_JSON_OBJECT_BEGIN:
    case WF_JSON_OBJECT_END:
        return text;
    }
    return text;
}

static bool is_among(struct wf_string name, const char *const *names)
{
    for (; names != NULL && *names != NULL; names++) {
        if (wf_string_is(name, *names)) {
            return true;
        }
    }
    return false;
}

/* Everything between the values stays as it is, and the members of the outermost object that are named. False: no JSON. */
static bool redact_json(struct walk *walk, struct wf_string json, const char *const *kept_members, struct wf_buffer *out)
{
    struct wf_json_reader reader;
    struct wf_json_token token = {.kind = WF_JSON_NULL};
    const char *copied = json.data; /* up to here */

    wf_json_reader_init(&reader, json);
    while (token.kind != WF_JSON_END) {
        if (wf_json_next(&reader, &token, NULL) != WF_OK) {
            return false;
        }
        if (token.kind == WF_JSON_KEY && reader.depth == 1 && is_among(token.text, kept_members)) {
            if (wf_json_next(&reader, &token, NULL) != WF_OK || wf_json_skip(&reader, &token, NULL, NULL) != WF_OK) {
                return false;
            }
            continue;
        }
        const struct wf_string placeholder = replacement(walk, &token);
        if (placeholder.data != NULL) {
            wf_buffer_append(out, copied, (size_t)(json.data + token.byte_offset - copied));
            wf_buffer_append_string(out, placeholder);
            copied = reader.next;
        }
    }
    wf_buffer_append(out, copied, (size_t)(json.data + json.size_bytes - copied));
    return true;
}

/* ---- Payloads ---- */

/* Metadata say how data are to be read, and may say more. */
static void redact_metadata(struct walk *walk, struct wf_payload *payload)
{
    static const char *const kept[] = {"encoding", "messageType", "type", NULL};

    for (uint32_t i = 0; i < payload->metadata.count; i++) {
        struct wf_entry_string *entry = &payload->metadata.items[i];

        if (!is_among(entry->key, kept)) {
            entry->value = wf_placeholder_of_bytes(walk->redaction, entry->value);
        }
    }
}

static void redact_payload(struct walk *walk, struct wf_payload *payload, const char *const *kept_members)
{
    struct wf_buffer data;

    payload->unknown = NULL;
    if (wf_payload_is_encrypted(payload)) {
        return;
    }
    redact_metadata(walk, payload);
    wf_buffer_init(&data, walk->arena);
    if (wf_payload_is_json(payload) && redact_json(walk, payload->data, kept_members, &data)) {
        walk->redaction->is_full |= data.is_full;
        payload->data = wf_buffer_string(&data);
    } else {
        payload->data = wf_placeholder_of_bytes(walk->redaction, payload->data);
    }
}

/* ---- Markers ---- */

static const char *const core_members[] = {"seq",         "attempt",       "activity_id", "activity_type",
                                           "complete_time", "backoff", "original_schedule_time", NULL};
static const char *const go_members[] = {"ActivityID", "ActivityType", "ReplayTime", "Attempt", "Backoff", NULL};

/* What an SDK writes into its markers for itself, outside of the user's values. */
static const struct kept_detail {
    const char *marker;
    const char *key;             /* NULL: every one */
    const char *const *members;  /* of the JSON object under the key; NULL: all of it */
    const char *unless;          /* the marker has this key too, and then it is another SDK's */
} kept_details[] = {
    {WF_MARKER_PATCH, NULL, NULL, NULL},
    {WF_MARKER_VERSION, NULL, NULL, NULL},
    {WF_MARKER_LOCAL_ACTIVITY, "data", core_members, NULL},
    {WF_MARKER_LOCAL_ACTIVITY_LANG, "data", go_members, "activityId"},
    {WF_MARKER_LOCAL_ACTIVITY_LANG, "activityId", NULL, NULL},
    {WF_MARKER_LOCAL_ACTIVITY_LANG, "type", NULL, NULL},
    {WF_MARKER_LOCAL_ACTIVITY_LANG, "time", NULL, NULL},
    {WF_MARKER_LOCAL_ACTIVITY_LANG, "meta", NULL, NULL},
    {WF_MARKER_SIDE_EFFECT, "side-effect-id", NULL, NULL},
    {WF_MARKER_MUTABLE_SIDE_EFFECT, "side-effect-id", NULL, NULL},
    {WF_MARKER_MUTABLE_SIDE_EFFECT, "mutable-side-effect-call-counter", NULL, NULL},
    {WF_MARKER_MUTABLE_SIDE_EFFECT, "id", NULL, NULL},
    {WF_MARKER_MUTABLE_SIDE_EFFECT, "skipCount", NULL, NULL},
};

static const struct kept_detail *kept_detail_of(const struct wf_event_marker_recorded *marker, struct wf_string key)
{
    for (size_t i = 0; i < sizeof kept_details / sizeof *kept_details; i++) {
        const struct kept_detail *row = &kept_details[i];

        if (wf_string_is(marker->marker_name, row->marker) && (row->key == NULL || wf_string_is(key, row->key)) &&
            (row->unless == NULL || wf_marker_detail(marker, wf_string_of(row->unless)) == NULL)) {
            return row;
        }
    }
    return NULL;
}

/* Go packs the id and the payloads of a mutable side effect into one list: the second item is the encoded value. */
static bool redact_packed(struct walk *walk, const struct wf_event_marker_recorded *marker, struct wf_payloads *data)
{
    struct wf_payloads *inner = wf_message_new(walk->arena, &wf_type_payloads);
    struct wf_buffer bytes;

    if (!wf_string_is(marker->marker_name, WF_MARKER_MUTABLE_SIDE_EFFECT) || data->payloads.count != 2 || inner == NULL ||
        wf_wire_decode(walk->arena, &wf_type_payloads, data->payloads.items[1].data, inner, NULL) != WF_OK) {
        return false;
    }
    redact_message(walk, &wf_type_payloads, inner);
    wf_buffer_init(&bytes, walk->arena);
    wf_wire_encode(&wf_type_payloads, inner, &bytes);
    walk->redaction->is_full |= bytes.is_full;
    data->payloads.items[1].data = wf_buffer_string(&bytes);
    return true;
}

static void redact_details(struct walk *walk, struct wf_event_marker_recorded *marker)
{
    for (uint32_t i = 0; i < marker->details.count; i++) {
        const struct kept_detail *row = kept_detail_of(marker, marker->details.items[i].key);
        struct wf_payloads *payloads = &marker->details.items[i].value;

        if ((row != NULL && row->members == NULL) || redact_packed(walk, marker, payloads)) {
            continue;
        }
        for (uint32_t j = 0; j < payloads->payloads.count; j++) {
            redact_payload(walk, &payloads->payloads.items[j], row == NULL ? NULL : row->members);
        }
    }
}

/* ---- The walk ---- */

/* Fields that tell of people, machines or what went on. */
static bool is_telling(const struct wf_message_type *type, const struct wf_field *field)
{
    static const char *const names[] = {"stackTrace", "identity", "reason",      "cause",       "control",        "fairnessKey",
                                        "url",        "header",   "nexusHeader", "operationId", "operationToken", NULL};

    return is_among(wf_string_of(field->json_name), names) ||
           (type == &wf_type_principal && field->number == 2) || (type == &wf_type_callback_internal && field->number == 1);
}

static void redact_text(struct walk *walk, const struct wf_field *field, struct wf_string *text)
{
    *text = field->kind == WF_KIND_BYTES ? wf_placeholder_of_bytes(walk->redaction, *text)
                                         : wf_placeholder_of_text(walk->redaction, *text);
}

/* An item of a list, the value of a map's entry, or what a member points to. */
static void redact_inner(struct walk *walk, const struct wf_field *field, struct wf_string key, void *message)
{
    if (field->message != &wf_type_payload) {
        redact_message(walk, field->message, message);
    } else if (!wf_string_is(key, WF_CHANGE_VERSION)) {
        redact_payload(walk, message, NULL);
    }
}

static void redact_items(struct walk *walk, const struct wf_message_type *type, const struct wf_field *field,
                         struct wf_list *list)
{
    const size_t size_bytes = field->item_size_bytes;
    const bool is_map = field->label == WF_LABEL_MAP;

    for (uint32_t i = 0; i < list->count; i++) {
        char *item = (char *)list->items + i * size_bytes;
        const struct wf_string key = is_map ? *(struct wf_string *)(void *)item : (struct wf_string){NULL, 0};
        void *value = is_map ? item + sizeof key : item;

        if (field->kind == WF_KIND_MESSAGE) {
            redact_inner(walk, field, key, value);
        } else if (is_telling(type, field)) {
            redact_text(walk, field, value);
        }
    }
}

static void redact_field(struct walk *walk, const struct wf_message_type *type, const struct wf_field *field, void *member)
{
    if (field->label != WF_LABEL_ONE) {
        redact_items(walk, type, field, member);
    } else if (field->kind == WF_KIND_MESSAGE) {
        void *message = *(void **)member;

        if (message != NULL) {
            redact_inner(walk, field, (struct wf_string){NULL, 0}, message);
        }
    } else if ((field->kind == WF_KIND_STRING || field->kind == WF_KIND_BYTES) && is_telling(type, field)) {
        redact_text(walk, field, member);
    }
}

/* A worker's own queue is named after its process and host, as its identity is. */
static bool is_sticky_name(const struct wf_message_type *type, const struct wf_field *field, const void *message)
{
    const struct wf_task_queue *queue = message;

    return type == &wf_type_task_queue && field->number == 1 && queue->kind == WF_TASK_QUEUE_KIND_STICKY;
}

static bool is_letter(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

/* How much of a failure's message the service wrote for everybody: of a timeout all, of its own errors the name before the colon. */
static size_t service_bytes(const struct wf_failure *failure)
{
    size_t size_bytes = 0;

    if (failure->failure_info_case == WF_CASE_failure_timeout_failure_info && wf_string_is(failure->source, "Server")) {
        return failure->message.size_bytes;
    }
    if (failure->failure_info_case != WF_CASE_failure_server_failure_info) {
        return 0;
    }
    while (size_bytes < failure->message.size_bytes && is_letter(failure->message.data[size_bytes])) {
        size_bytes++;
    }
    return size_bytes == failure->message.size_bytes || failure->message.data[size_bytes] == ':' ? size_bytes : 0;
}

/* What the service wrote stays: `wfsim check` reads it. */
static void redact_failure_message(struct walk *walk, struct wf_failure *failure)
{
    const struct wf_string message = failure->message;
    const size_t kept_bytes = service_bytes(failure);
    struct wf_buffer text;

    wf_buffer_init(&text, walk->arena);
    wf_buffer_append(&text, message.data, kept_bytes);
    wf_buffer_append_string(&text, wf_placeholder_of_text(walk->redaction, (struct wf_string){message.data + kept_bytes,
                                                                                            message.size_bytes - kept_bytes}));
    walk->redaction->is_full |= text.is_full;
    failure->message = wf_buffer_string(&text);
}

static void redact_message(struct walk *walk, const struct wf_message_type *type, void *message)
{
    const struct wf_field *field = NULL;
    uint32_t index = 0;

    *(const struct wf_string **)message = NULL; /* fields of a newer schema */
    while ((field = wf_message_next_field(type, message, &index)) != NULL) {
        if (type == &wf_type_event_marker_recorded && field->label == WF_LABEL_MAP) {
            redact_details(walk, message);
        } else if (type == &wf_type_failure && field->number == 1) {
            redact_failure_message(walk, message);
        } else if (is_sticky_name(type, field, message)) {
            redact_text(walk, field, (struct wf_string *)(void *)((char *)message + field->offset));
        } else {
            redact_field(walk, type, field, (char *)message + field->offset);
        }
    }
}

bool wf_redact_history(struct wf_redaction *redaction, struct wf_arena *arena, struct wf_history *history)
{
    struct walk walk = {redaction, arena};

    for (uint32_t i = 0; i < history->event_count; i++) {
        redact_message(&walk, &wf_type_event, &history->events[i]);
    }
    return !redaction->is_full && !redaction->arena->is_full && !arena->is_full;
}
