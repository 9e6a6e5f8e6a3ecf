/*
 * JSON to messages: one loop over tokens, directed by the descriptors. Writers put members in table
 * order, so the field after the last one is tried first; other names, and names of enum values, are
 * looked up once and then remembered in a small table, because a history has few distinct ones.
 */
#include "engine/codec.h"

#include "engine/base/assert.h"
#include "engine/base/real.h"
#include "engine/codec/json_decoder.h"
#include "engine/codec/json_values.h"

#define FIELDS_TRIED_AHEAD 3 /* members left out between two that are there */
#define EXCERPT_BYTES 40
#define LIST_GROWTH 2
#define EVENTS_FIRST_COUNT 16 /* other lists are mostly of one item */

static enum wf_status decode_message(struct wf_json_decoder *decoder,
                                     const struct wf_message_type *type, void *message);

/* ---- Errors and notes ---- */

/* Turns the offset in the text into one in the file, and names the event. */
static enum wf_status place_error(const struct wf_json_decoder *decoder, enum wf_status status)
{
    struct wf_error *err = decoder->err;

    if (err != NULL && err->byte_offset != WF_ERROR_NO_OFFSET) {
        err->byte_offset += decoder->base_offset;
    }
    if (err != NULL && decoder->event != NULL) {
        err->event_id = decoder->event->event_id;
    }
    return status;
}

static const char *kind_text(enum wf_json_kind kind)
{
    switch (kind) {
    case WF_JSON_NULL:
        return "null";
    case WF_JSON_TRUE:
    case WF_JSON_FALSE:
        return "a boolean";
    case WF_JSON_NUMBER:
        return "a number";
    case WF_JSON_STRING:
        return "text";
    case WF_JSON_ARRAY_BEGIN:
        return "a list";
    case WF_JSON_OBJECT_BEGIN:
        return "an object";
    case WF_JSON_END:
    case WF_JSON_KEY:
    case WF_JSON_ARRAY_END:
    case WF_JSON_OBJECT_END:
        break;
    }
    WF_UNREACHABLE();
}

/*
 * A payload is an object of base64 text. Where it is anything else, a tool has decoded it for
 * reading, and the bytes that the worker wrote are lost (replay-rules 7.1 "payload JSON").
 */
static bool is_part_of_payload(const struct wf_field *field)
{
    for (uint32_t i = 0; i < wf_type_payload.field_count; i++) {
        if (field == &wf_type_payload.fields[i]) {
            return true;
        }
    }
    return field->message == &wf_type_payload;
}

static enum wf_status wrong_kind(const struct wf_json_decoder *decoder,
                                 const struct wf_field *field, const struct wf_json_token *token,
                                 const char *expected)
{
    if (is_part_of_payload(field) && decoder->event != NULL) {
        return place_error(
            decoder,
            wf_fail_at(decoder->err, WF_ERR_UNSUPPORTED, token->byte_offset,
                       "%s is %s where Temporal has base64 bytes: an export whose payloads were "
                       "decoded for reading, which loses what a replay needs",
                       field->json_name, kind_text(token->kind)));
    }
    return place_error(decoder, wf_fail_at(decoder->err, WF_ERR_INVALID, token->byte_offset,
                                           "%s is %s where %s should be", field->json_name,
                                           kind_text(token->kind), expected));
}

static enum wf_status wrong_value(const struct wf_json_decoder *decoder,
                                  const struct wf_field *field, const struct wf_json_token *token,
                                  const char *expected)
{
    struct wf_string excerpt = token->text;
    const char *more = "";

    if (excerpt.size_bytes > EXCERPT_BYTES) {
        excerpt.size_bytes = EXCERPT_BYTES;
        more = "...";
    }
    return place_error(decoder, wf_fail_at(decoder->err, WF_ERR_INVALID, token->byte_offset,
                                           "%s is \"%S%s\", which is not %s", field->json_name,
                                           &excerpt, more, expected));
}

static enum wf_status no_memory(const struct wf_json_decoder *decoder,
                                const struct wf_json_token *token)
{
    return place_error(decoder, wf_fail_at(decoder->err, WF_ERR_MEMORY, token->byte_offset,
                                           "no memory left for the decoded message"));
}

static struct wf_note *new_note(struct wf_json_decoder *decoder)
{
    struct wf_notes *notes = decoder->notes;

    if (notes->count == notes->capacity) {
        const uint32_t capacity = notes->capacity == 0 ? 8 : notes->capacity * 2;
        struct wf_note *items = NULL;

        if (notes->count >= WF_NOTES_MAX) {
            return NULL;
        }
        items = wf_arena_take_array(decoder->arena, capacity, sizeof *items);
        if (items == NULL) {
            return NULL;
        }
        if (notes->count > 0) {
            memcpy(items, notes->items, notes->count * sizeof *items);
        }
        notes->items = items;
        notes->capacity = capacity;
    }
    return &notes->items[notes->count++];
}

static void note(struct wf_json_decoder *decoder, enum wf_note_kind kind, struct wf_string path,
                 struct wf_string text, int64_t byte_offset)
{
    struct wf_note *added = NULL;

    if (decoder->notes == NULL) {
        return;
    }
    added = new_note(decoder);
    if (added == NULL) {
        decoder->notes->dropped_count++;
        return;
    }
    *added = (struct wf_note){.kind = kind,
                              .event_id = decoder->event == NULL ? 0 : decoder->event->event_id,
                              .event_index = decoder->event_index,
                              .path = path,
                              .text = text,
                              .byte_offset = decoder->base_offset + byte_offset};
}

/* ---- Tokens ---- */

void wf_json_decoder_init(struct wf_json_decoder *decoder, struct wf_arena *arena,
                          struct wf_string text, int64_t base_offset, struct wf_notes *notes,
                          struct wf_error *err)
{
    memset(decoder, 0, sizeof *decoder);
    decoder->arena = arena;
    decoder->notes = notes;
    decoder->err = err;
    decoder->base_offset = base_offset;
    decoder->event_index = UINT32_MAX;
    wf_json_reader_init(&decoder->reader, text);
}

enum wf_status wf_json_decoder_next(struct wf_json_decoder *decoder, struct wf_json_token *token)
{
    const enum wf_status status = wf_json_next(&decoder->reader, token, decoder->err);

    return status == WF_OK ? WF_OK : place_error(decoder, status);
}

enum wf_status wf_json_decoder_skip(struct wf_json_decoder *decoder,
                                    const struct wf_json_token *first, struct wf_string *raw)
{
    const enum wf_status status = wf_json_skip(&decoder->reader, first, raw, decoder->err);

    return status == WF_OK ? WF_OK : place_error(decoder, status);
}

enum wf_status wf_json_decoder_text(struct wf_json_decoder *decoder,
                                    const struct wf_json_token *token, struct wf_string *text)
{
    const enum wf_status status = wf_json_unescape(decoder->arena, token, text, decoder->err);

    return status == WF_OK ? WF_OK : place_error(decoder, status);
}

/* ---- Names ---- */

/* Where a name is remembered: by its size and the bytes at its start, middle and end. */
static struct wf_json_name *name_place(struct wf_json_decoder *decoder, struct wf_string name)
{
    uint64_t mixed = name.size_bytes;

    if (name.size_bytes >= 8) {
        mixed = (mixed ^ wf_load_u64(name.data)) * UINT64_C(0x9E3779B97F4A7C15);
        mixed = (mixed ^ wf_load_u64(name.data + name.size_bytes / 2 - 4)) *
                UINT64_C(0xC2B2AE3D27D4EB4F);
        mixed = (mixed ^ wf_load_u64(name.data + name.size_bytes - 8)) *
                UINT64_C(0x165667B19E3779F9);
    } else {
        for (size_t i = 0; i < name.size_bytes; i++) {
            mixed = (mixed ^ (unsigned char)name.data[i]) * UINT64_C(0x9E3779B97F4A7C15);
        }
    }
    return &decoder->names[(mixed >> 32) % WF_JSON_NAMES_COUNT];
}

static bool is_remembered(const struct wf_json_name *place, const void *owner,
                          struct wf_string name)
{
    return place->owner == owner && place->text.size_bytes == name.size_bytes &&
           memcmp(place->text.data, name.data, name.size_bytes) == 0;
}

static inline bool is_named(const struct wf_field *field, struct wf_string name)
{
    return field->json_name_size_bytes == name.size_bytes &&
           memcmp(field->json_name, name.data, name.size_bytes) == 0;
}

/* The field that a key names, NULL when there is none. */
static const struct wf_field *find_field(struct wf_json_decoder *decoder,
                                         const struct wf_message_type *type, struct wf_string name,
                                         uint32_t expected)
{
    struct wf_json_name *place = NULL;
    const struct wf_field *field = NULL;

    for (uint32_t i = expected; i < type->field_count && i < expected + FIELDS_TRIED_AHEAD; i++) {
        if (is_named(&type->fields[i], name)) {
            return &type->fields[i];
        }
    }
    place = name_place(decoder, name);
    if (is_remembered(place, type, name)) {
        return place->field;
    }
    field = wf_message_field_by_name(type, name, expected);
    *place = (struct wf_json_name){.owner = type, .text = name, .field = field};
    return field;
}

static bool find_enum_number(struct wf_json_decoder *decoder, const struct wf_enum_type *type,
                             struct wf_string name, int32_t *number)
{
    struct wf_json_name *place = name_place(decoder, name);

    if (is_remembered(place, type, name)) {
        *number = place->number;
        return true;
    }
    if (!wf_enum_number(type, name, number)) {
        return false;
    }
    *place = (struct wf_json_name){.owner = type, .text = name, .number = *number};
    return true;
}

/* ---- Values ---- */

static enum wf_status decode_bytes(struct wf_json_decoder *decoder, const struct wf_field *field,
                                   const struct wf_json_token *token, struct wf_string *value)
{
    struct wf_string text = token->text;
    char *data = NULL;

    /* `=` is written as \u003d by some writers (corpus README "What a reader must accept"). */
    if (token->has_escapes) {
        WF_TRY(wf_json_decoder_text(decoder, token, &text));
    }
    data = wf_arena_take_text(decoder->arena, wf_base64_data_bytes_max(text.size_bytes));
    if (data == NULL) {
        return no_memory(decoder, token);
    }
    if (!wf_base64_read(text, data, &value->size_bytes)) {
        return wrong_value(decoder, field, token, "base64");
    }
    value->data = data;
    return WF_OK;
}

/* Plain digits; other whole numbers (1.0, 1e3) take the long way. */
static bool read_plain_u64(struct wf_string text, uint64_t *value)
{
    uint64_t result = 0;

    if (text.size_bytes == 0 || text.size_bytes > 20) {
        return false;
    }
    for (size_t i = 0; i < text.size_bytes; i++) {
        const uint64_t digit = (uint64_t)(unsigned char)text.data[i] - '0';

        if (digit > 9 || result > (UINT64_MAX - digit) / 10) {
            return false;
        }
        result = result * 10 + digit;
    }
    *value = result;
    return true;
}

/* int64 is written as text, and read as a number too; int32 the other way round
 * (engine-semantics 1.7). */
static enum wf_status decode_integer(struct wf_json_decoder *decoder, const struct wf_field *field,
                                     const struct wf_json_token *token, void *value)
{
    uint64_t plain = 0;
    int64_t number = 0;
    struct wf_error ignored;

    if (token->kind != WF_JSON_NUMBER && token->kind != WF_JSON_STRING) {
        return wrong_kind(decoder, field, token, "a whole number");
    }
    if (read_plain_u64(token->text, &plain)) {
        if (field->kind == WF_KIND_UINT64) {
            *(uint64_t *)value = plain;
            return WF_OK;
        }
        if (plain > INT64_MAX) {
            return wrong_value(decoder, field, token, "in range");
        }
        number = (int64_t)plain;
    } else if (wf_json_integer(token, &number, &ignored) != WF_OK) {
        return wrong_value(decoder, field, token, "a whole number in range");
    }
    if ((field->kind == WF_KIND_INT32 && (number < INT32_MIN || number > INT32_MAX)) ||
        (field->kind == WF_KIND_UINT32 && (number < 0 || number > UINT32_MAX)) ||
        (field->kind == WF_KIND_ENUM && (number < INT32_MIN || number > INT32_MAX)) ||
        (field->kind == WF_KIND_UINT64 && number < 0)) {
        return wrong_value(decoder, field, token, "in range");
    }
    if (field->kind == WF_KIND_INT64 || field->kind == WF_KIND_UINT64) {
        *(int64_t *)value = number;
    } else {
        *(uint32_t *)value = (uint32_t)number;
    }
    return WF_OK;
}

static enum wf_status decode_enum(struct wf_json_decoder *decoder, const struct wf_field *field,
                                  const struct wf_json_token *token, int32_t *value)
{
    struct wf_string name = token->text;

    if (token->kind == WF_JSON_NUMBER) {
        return decode_integer(decoder, field, token, value);
    }
    if (token->kind != WF_JSON_STRING) {
        return wrong_kind(decoder, field, token, "the name of a value");
    }
    if (token->has_escapes) {
        WF_TRY(wf_json_decoder_text(decoder, token, &name));
    }
    if (!find_enum_number(decoder, field->enumeration, name, value)) {
        /* engine-semantics 1.7, SIM: retired and newer names must not be fatal. */
        *value = 0;
        note(decoder, WF_NOTE_UNKNOWN_ENUM_NAME, wf_string_of(field->json_name), name,
             token->byte_offset);
    }
    return WF_OK;
}

/* A double as a number, or "NaN", "Infinity", "-Infinity" as text. */
static enum wf_status decode_real(struct wf_json_decoder *decoder, const struct wf_field *field,
                                  const struct wf_json_token *token, void *value)
{
    bool is_read = false;

    if (token->kind != WF_JSON_NUMBER && token->kind != WF_JSON_STRING) {
        return wrong_kind(decoder, field, token, "a number");
    }
    is_read = field->kind == WF_KIND_DOUBLE ? wf_double_read(token->text, value)
                                            : wf_float_read(token->text, value);
    return is_read ? WF_OK : wrong_value(decoder, field, token, "a number");
}

static enum wf_status decode_time(struct wf_json_decoder *decoder, const struct wf_field *field,
                                  const struct wf_json_token *token, struct wf_timestamp *value)
{
    const bool is_timestamp = field->kind == WF_KIND_TIMESTAMP;
    struct wf_string text = token->text;

    if (decoder->depth >= WF_CODEC_DEPTH_MAX) {
        return place_error(decoder, wf_fail_at(decoder->err, WF_ERR_LIMIT, token->byte_offset,
                                               "messages are nested too deep"));
    }
    if (token->kind != WF_JSON_STRING) {
        return wrong_kind(decoder, field, token, is_timestamp ? "a timestamp" : "a duration");
    }
    if (token->has_escapes) {
        WF_TRY(wf_json_decoder_text(decoder, token, &text));
    }
    if (is_timestamp && !wf_timestamp_read(text, value)) {
        return wrong_value(decoder, field, token, "a timestamp like 2024-05-01T10:00:00.5Z");
    }
    if (!is_timestamp && !wf_duration_read(text, value)) {
        return wrong_value(decoder, field, token, "a duration like 1.5s");
    }
    return WF_OK;
}

/* A message in place; `levels` is 2 for the value of a map, whose entry is a message too. */
static enum wf_status decode_inline(struct wf_json_decoder *decoder, const struct wf_field *field,
                                    const struct wf_json_token *token, void *message,
                                    uint32_t levels)
{
    enum wf_status status = WF_OK;

    if (token->kind != WF_JSON_OBJECT_BEGIN) {
        return wrong_kind(decoder, field, token, "an object");
    }
    if (decoder->depth + levels > WF_CODEC_DEPTH_MAX) {
        return place_error(decoder, wf_fail_at(decoder->err, WF_ERR_LIMIT, token->byte_offset,
                                               "messages are nested too deep"));
    }
    decoder->depth += levels;
    status = decode_message(decoder, field->message, message);
    decoder->depth -= levels;
    return status;
}

/* One value that is not null, in place: of a list, a map, or a member that is not a message. */
static enum wf_status decode_value(struct wf_json_decoder *decoder, const struct wf_field *field,
                                   const struct wf_json_token *token, void *value)
{
    switch (field->kind) {
    case WF_KIND_STRING:
        return token->kind == WF_JSON_STRING ? wf_json_decoder_text(decoder, token, value)
                                             : wrong_kind(decoder, field, token, "text");
    case WF_KIND_BYTES:
        return token->kind == WF_JSON_STRING ? decode_bytes(decoder, field, token, value)
                                             : wrong_kind(decoder, field, token, "base64 text");
    case WF_KIND_BOOL:
        *(bool *)value = token->kind == WF_JSON_TRUE;
        return token->kind == WF_JSON_TRUE || token->kind == WF_JSON_FALSE
                   ? WF_OK
                   : wrong_kind(decoder, field, token, "true or false");
    case WF_KIND_INT32:
    case WF_KIND_INT64:
    case WF_KIND_UINT32:
    case WF_KIND_UINT64:
        return decode_integer(decoder, field, token, value);
    case WF_KIND_FLOAT:
    case WF_KIND_DOUBLE:
        return decode_real(decoder, field, token, value);
    case WF_KIND_ENUM:
        return decode_enum(decoder, field, token, value);
    case WF_KIND_TIMESTAMP:
    case WF_KIND_DURATION:
        return decode_time(decoder, field, token, value);
    case WF_KIND_MESSAGE:
        return decode_inline(decoder, field, token, value, field->label == WF_LABEL_MAP ? 2 : 1);
    }
    WF_UNREACHABLE();
}

/* ---- Lists and maps ---- */

/* A zeroed item at the end of the list, not counted yet. */
static enum wf_status next_item(struct wf_json_decoder *decoder, const struct wf_field *field,
                                struct wf_list *list, const struct wf_json_token *token,
                                void **item)
{
    const size_t item_size_bytes = wf_field_item_size_bytes(field);

    if (list->count == list->capacity) {
        uint32_t capacity = list->count * LIST_GROWTH;
        void *items = NULL;

        if (list->count == 0) {
            capacity = field->message == &wf_type_event ? EVENTS_FIRST_COUNT : 1;
        }
        if (list->count > UINT32_MAX / LIST_GROWTH) {
            return place_error(decoder, wf_fail_at(decoder->err, WF_ERR_LIMIT, token->byte_offset,
                                                   "%s has too many items", field->json_name));
        }
        items = wf_arena_take_array(decoder->arena, capacity, item_size_bytes);
        if (items == NULL) {
            return no_memory(decoder, token);
        }
        if (list->count > 0) {
            memcpy(items, list->items, list->count * item_size_bytes);
        }
        list->items = items;
        list->capacity = capacity;
    }
    *item = (char *)list->items + list->count * item_size_bytes;
    return WF_OK;
}

static enum wf_status decode_item(struct wf_json_decoder *decoder, const struct wf_field *field,
                                  const struct wf_json_token *token, struct wf_list *list)
{
    void *item = NULL;

    WF_TRY(next_item(decoder, field, list, token, &item));
    if (field->message == &wf_type_event) {
        decoder->event = item;
        decoder->event_index = list->count;
    }
    WF_TRY(decode_value(decoder, field, token, item));
    if (field->message == &wf_type_event) {
        decoder->event = NULL;
        decoder->event_index = UINT32_MAX;
    }
    list->count++;
    return WF_OK;
}

static enum wf_status decode_list(struct wf_json_decoder *decoder, const struct wf_field *field,
                                  const struct wf_json_token *first, struct wf_list *list)
{
    struct wf_json_token token;

    if (first->kind != WF_JSON_ARRAY_BEGIN) {
        return wrong_kind(decoder, field, first, "a list");
    }
    list->count = 0; /* the last of two equal keys wins */
    list->capacity = 0;
    for (;;) {
        WF_TRY(wf_json_decoder_next(decoder, &token));
        if (token.kind == WF_JSON_ARRAY_END) {
            return WF_OK;
        }
        WF_TRY(decode_item(decoder, field, &token, list));
    }
}

static enum wf_status decode_map(struct wf_json_decoder *decoder, const struct wf_field *field,
                                 const struct wf_json_token *first, struct wf_list *map)
{
    struct wf_json_token token;

    if (first->kind != WF_JSON_OBJECT_BEGIN) {
        return wrong_kind(decoder, field, first, "an object");
    }
    map->count = 0;
    map->capacity = 0;
    for (;;) {
        struct wf_string *entry = NULL;
        void *item = NULL;

        WF_TRY(wf_json_decoder_next(decoder, &token));
        if (token.kind == WF_JSON_OBJECT_END) {
            return WF_OK;
        }
        WF_TRY(next_item(decoder, field, map, &token, &item));
        entry = item;
        WF_TRY(wf_json_decoder_text(decoder, &token, entry));
        WF_TRY(wf_json_decoder_next(decoder, &token));
        if (token.kind != WF_JSON_NULL) {
            WF_TRY(decode_value(decoder, field, &token, entry + 1));
            map->count++;
        }
    }
}

/* ---- Messages ---- */

static enum wf_status decode_sub_message(struct wf_json_decoder *decoder,
                                         const struct wf_field *field,
                                         const struct wf_json_token *first, void **member)
{
    void *message = wf_arena_take(decoder->arena, field->message->size_bytes);

    if (message == NULL) {
        return no_memory(decoder, first);
    }
    WF_TRY(decode_inline(decoder, field, first, message, 1));
    *member = message;
    return WF_OK;
}

enum wf_status wf_json_decoder_member(struct wf_json_decoder *decoder, const struct wf_field *field,
                                      void *message, const struct wf_json_token *first)
{
    void *member = (char *)message + field->offset;

    if (first->kind == WF_JSON_NULL) {
        return WF_OK; /* null is absent (engine-semantics 1.7) */
    }
    if (field->label == WF_LABEL_LIST) {
        return decode_list(decoder, field, first, member);
    }
    if (field->label == WF_LABEL_MAP) {
        return decode_map(decoder, field, first, member);
    }
    if (field->case_offset != 0) {
        /* The last member of a oneof wins. */
        *(uint32_t *)(void *)((char *)message + field->case_offset) = field->number;
    }
    if (field->kind == WF_KIND_MESSAGE) {
        return decode_sub_message(decoder, field, first, member);
    }
    return decode_value(decoder, field, first, member);
}

static enum wf_status decode_message(struct wf_json_decoder *decoder,
                                     const struct wf_message_type *type, void *message)
{
    uint32_t expected = 0;

    for (;;) {
        struct wf_json_token key;
        struct wf_json_token value;
        struct wf_string name;
        const struct wf_field *field = NULL;

        WF_TRY(wf_json_decoder_next(decoder, &key));
        if (key.kind == WF_JSON_OBJECT_END) {
            return WF_OK;
        }
        name = key.text;
        if (key.has_escapes) {
            WF_TRY(wf_json_decoder_text(decoder, &key, &name));
        }
        field = find_field(decoder, type, name, expected);
        WF_TRY(wf_json_decoder_next(decoder, &value));
        if (field == NULL) {
            note(decoder, WF_NOTE_UNKNOWN_MEMBER, name, (struct wf_string){NULL, 0},
                 key.byte_offset);
            WF_TRY(wf_json_decoder_skip(decoder, &value, NULL));
            continue;
        }
        expected = (uint32_t)(field - type->fields) + 1;
        WF_TRY(wf_json_decoder_member(decoder, field, message, &value));
    }
}

enum wf_status wf_json_decode(struct wf_arena *arena, const struct wf_message_type *type,
                              struct wf_string text, void *message, struct wf_notes *notes,
                              struct wf_error *err)
{
    struct wf_json_decoder decoder;
    struct wf_json_token token;

    wf_json_decoder_init(&decoder, arena, text, 0, notes, err);
    WF_TRY(wf_json_decoder_next(&decoder, &token));
    if (token.kind != WF_JSON_OBJECT_BEGIN) {
        return wf_fail_at(err, WF_ERR_INVALID, token.byte_offset,
                          "the JSON text is %s where an object should be", kind_text(token.kind));
    }
    WF_TRY(decode_message(&decoder, type, message));
    return wf_json_decoder_next(&decoder, &token); /* nothing but blanks may follow */
}
