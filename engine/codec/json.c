/*
 * JSON to messages: one loop over tokens, directed by the descriptors. Writers put members in table
 * order, so the field after the last one is tried first; other names, and names of enum values, are
 * looked up once and then remembered in a small table, because a history has few distinct ones.
 */
#include "engine/codec.h"

#include "engine/base/assert.h"
#include "engine/base/json_scan.h"
#include "engine/base/real.h"
#include "engine/codec/json_decoder.h"
#include "engine/codec/json_values.h"

#define PLAIN_DIGITS_MAX 19 /* 10^19 - 1 is below 2^64 */
#define LIST_GROWTH 2
#define EVENT_TEXT_BYTES 384 /* about that much of the text is one event */
#define EVENTS_FIRST_COUNT_MIN 4
#define EVENTS_OF_MANY 32

static enum wf_status decode_message(struct wf_json_decoder *decoder,
                                     const struct wf_message_type *type, void *message);

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
        return wf_json_no_memory(decoder, token);
    }
    if (!wf_base64_read(text, data, &value->size_bytes)) {
        return wf_json_wrong_value(decoder, field, token, "base64");
    }
    value->data = data;
    return WF_OK;
}

/* Plain digits that cannot overflow; other whole numbers (-1, 1.0, 1e3) take the long way. */
static inline bool read_plain_digits(struct wf_string text, uint64_t *value)
{
    uint64_t result = 0;

    if (text.size_bytes == 0 || text.size_bytes > PLAIN_DIGITS_MAX) {
        return false;
    }
    for (size_t i = 0; i < text.size_bytes; i++) {
        const uint64_t digit = (uint64_t)(unsigned char)text.data[i] - '0';

        if (digit > 9) {
            return false;
        }
        result = result * 10 + digit;
    }
    *value = result;
    return true;
}

/* A number above INT64_MAX, which uint64 fields alone may hold. */
static bool read_large_u64(struct wf_string text, uint64_t *value)
{
    const struct wf_string head = {text.data, PLAIN_DIGITS_MAX};
    uint64_t last_digit = 0;

    if (text.size_bytes != PLAIN_DIGITS_MAX + 1 || !read_plain_digits(head, value)) {
        return false;
    }
    last_digit = (uint64_t)(unsigned char)text.data[PLAIN_DIGITS_MAX] - '0';
    if (last_digit > 9 || *value > (UINT64_MAX - last_digit) / 10) {
        return false;
    }
    *value = *value * 10 + last_digit;
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
        return wf_json_wrong_kind(decoder, field, token, "a whole number");
    }
    if (read_plain_digits(token->text, &plain) ||
        (field->kind == WF_KIND_UINT64 && read_large_u64(token->text, &plain))) {
        if (field->kind == WF_KIND_UINT64) {
            *(uint64_t *)value = plain;
            return WF_OK;
        }
        if (plain > INT64_MAX) {
            return wf_json_wrong_value(decoder, field, token, "in range");
        }
        number = (int64_t)plain;
    } else if (wf_json_integer(token, &number, &ignored) != WF_OK) {
        return wf_json_wrong_value(decoder, field, token, "a whole number in range");
    }
    if ((field->kind == WF_KIND_INT32 && (number < INT32_MIN || number > INT32_MAX)) ||
        (field->kind == WF_KIND_UINT32 && (number < 0 || number > UINT32_MAX)) ||
        (field->kind == WF_KIND_ENUM && (number < INT32_MIN || number > INT32_MAX)) ||
        (field->kind == WF_KIND_UINT64 && number < 0)) {
        return wf_json_wrong_value(decoder, field, token, "in range");
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
        return wf_json_wrong_kind(decoder, field, token, "the name of a value");
    }
    if (token->has_escapes) {
        WF_TRY(wf_json_decoder_text(decoder, token, &name));
    }
    if (!wf_json_find_enum_number(decoder, field->enumeration, name, value)) {
        /* engine-semantics 1.7, SIM: retired and newer names must not be fatal. */
        *value = 0;
        wf_json_note(decoder, WF_NOTE_UNKNOWN_ENUM_NAME, wf_string_of(field->json_name), name,
                     token->byte_offset);
    }
    return WF_OK;
}

/* A double as a number, or "NaN", "Infinity", "-Infinity" as text. */
static enum wf_status decode_real(struct wf_json_decoder *decoder, const struct wf_field *field,
                                  const struct wf_json_token *token, void *value)
{
    const bool is_double = field->kind == WF_KIND_DOUBLE;

    if (token->kind != WF_JSON_NUMBER && token->kind != WF_JSON_STRING) {
        return wf_json_wrong_kind(decoder, field, token, "a number");
    }
    if (decoder->real_kind == field->kind && wf_string_equal(decoder->real_text, token->text)) {
        memcpy(value, &decoder->real_bits, is_double ? sizeof(uint64_t) : sizeof(uint32_t));
        return WF_OK;
    }
    if (is_double ? !wf_double_read(token->text, value) : !wf_float_read(token->text, value)) {
        return wf_json_wrong_value(decoder, field, token, "a number");
    }
    decoder->real_kind = field->kind;
    decoder->real_text = token->text;
    memcpy(&decoder->real_bits, value, is_double ? sizeof(uint64_t) : sizeof(uint32_t));
    return WF_OK;
}

static enum wf_status decode_time(struct wf_json_decoder *decoder, const struct wf_field *field,
                                  const struct wf_json_token *token, struct wf_timestamp *value)
{
    const bool is_timestamp = field->kind == WF_KIND_TIMESTAMP;
    struct wf_string text = token->text;

    if (decoder->depth >= WF_CODEC_DEPTH_MAX) {
        return wf_json_place_error(decoder,
                                   wf_fail_at(decoder->err, WF_ERR_LIMIT, token->byte_offset,
                                              "messages are nested too deep"));
    }
    if (token->kind != WF_JSON_STRING) {
        return wf_json_wrong_kind(decoder, field, token,
                                  is_timestamp ? "a timestamp" : "a duration");
    }
    if (token->has_escapes) {
        WF_TRY(wf_json_decoder_text(decoder, token, &text));
    }
    if (is_timestamp && !wf_timestamp_read(text, value)) {
        return wf_json_wrong_value(decoder, field, token,
                                   "a timestamp like 2024-05-01T10:00:00.5Z");
    }
    if (!is_timestamp && !wf_duration_read(text, value)) {
        return wf_json_wrong_value(decoder, field, token, "a duration like 1.5s");
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
        return wf_json_wrong_kind(decoder, field, token, "an object");
    }
    if (decoder->depth + levels > WF_CODEC_DEPTH_MAX) {
        return wf_json_place_error(decoder,
                                   wf_fail_at(decoder->err, WF_ERR_LIMIT, token->byte_offset,
                                              "messages are nested too deep"));
    }
    decoder->depth += levels;
    status = decode_message(decoder, field->message, message);
    decoder->depth -= levels;
    return status;
}

/* Most strings are ASCII, which needs no look at its sequences. */
static inline bool is_ascii(struct wf_string text)
{
    uint64_t bits = 0;
    size_t i = 0;

    if (text.size_bytes < 8) {
        for (; i < text.size_bytes; i++) {
            bits |= (unsigned char)text.data[i];
        }
        return (bits & WF_HIGH_BITS) == 0;
    }
    for (; i + 8 < text.size_bytes; i += 8) {
        bits |= wf_load_u64(text.data + i);
    }
    bits |= wf_load_u64(text.data + text.size_bytes - 8);
    return (bits & WF_HIGH_BITS) == 0;
}

static inline enum wf_status decode_text(struct wf_json_decoder *decoder,
                                         const struct wf_field *field,
                                         const struct wf_json_token *token, struct wf_string *value)
{
    if (token->kind != WF_JSON_STRING) {
        return wf_json_wrong_kind(decoder, field, token, "text");
    }
    if (!token->has_escapes && is_ascii(token->text)) {
        *value = token->text;
        return WF_OK;
    }
    return wf_json_decoder_text(decoder, token, value);
}

/* One value that is not null, in place: of a list, a map, or a member that is not a message. */
static enum wf_status decode_value(struct wf_json_decoder *decoder, const struct wf_field *field,
                                   const struct wf_json_token *token, void *value)
{
    switch (field->kind) {
    case WF_KIND_STRING:
        return decode_text(decoder, field, token, value);
    case WF_KIND_BYTES:
        return token->kind == WF_JSON_STRING
                   ? decode_bytes(decoder, field, token, value)
                   : wf_json_wrong_kind(decoder, field, token, "base64 text");
    case WF_KIND_BOOL:
        *(bool *)value = token->kind == WF_JSON_TRUE;
        return token->kind == WF_JSON_TRUE || token->kind == WF_JSON_FALSE
                   ? WF_OK
                   : wf_json_wrong_kind(decoder, field, token, "true or false");
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

/* Lists are mostly of one item, but for the events of a history, which are most of its text. */
static uint32_t first_capacity(const struct wf_json_decoder *decoder, const struct wf_field *field)
{
    const size_t left_bytes = (size_t)(decoder->reader.end - decoder->reader.next);
    const size_t guess = left_bytes / EVENT_TEXT_BYTES;

    if (field->message != &wf_type_event) {
        return 1;
    }
    if (guess < EVENTS_FIRST_COUNT_MIN) {
        return EVENTS_FIRST_COUNT_MIN;
    }
    if (guess > EVENTS_OF_MANY && decoder->is_one_of_many) {
        return EVENTS_OF_MANY; /* what is left is others, too */
    }
    return guess < UINT32_MAX ? (uint32_t)guess : UINT32_MAX;
}

/* A zeroed item at the end of the list, not counted yet. */
static enum wf_status next_item(struct wf_json_decoder *decoder, const struct wf_field *field,
                                struct wf_list *list, const struct wf_json_token *token,
                                void **item)
{
    const size_t item_size_bytes = field->item_size_bytes;

    if (list->count == list->capacity) {
        uint32_t capacity = list->count * LIST_GROWTH;
        void *items = NULL;

        if (list->count == 0) {
            capacity = first_capacity(decoder, field);
        }
        if (list->count > UINT32_MAX / LIST_GROWTH) {
            return wf_json_place_error(decoder,
                                       wf_fail_at(decoder->err, WF_ERR_LIMIT, token->byte_offset,
                                                  "%s has too many items", field->json_name));
        }
        items = wf_arena_take_array(decoder->arena, capacity, item_size_bytes);
        if (items == NULL) {
            return wf_json_no_memory(decoder, token);
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
        return wf_json_wrong_kind(decoder, field, first, "a list");
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
        return wf_json_wrong_kind(decoder, field, first, "an object");
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
        return wf_json_no_memory(decoder, first);
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

/*
 * Plain cases are taken here without a call for each token: an expected key, a string without
 * escapes, the end of an object. Whatever else follows is left to the tokenizer, with nothing
 * moved.
 */

/* The opening quote of the next key, or NULL. */
static inline const char *peek_key(const struct wf_json_reader *reader)
{
    const char *at = wf_skip_blanks(reader->next, reader->end);

    if (reader->state == WF_JSON_STATE_MORE) {
        if (at == reader->end || *at != ',') {
            return NULL;
        }
        at = wf_skip_blanks(at + 1, reader->end);
    } else if (reader->state != WF_JSON_STATE_FIRST_KEY) {
        return NULL;
    }
    return at < reader->end && *at == '"' ? at : NULL;
}

/* Compares names: most differ or end within two words, which overlap where the name is short. */
static inline bool same_bytes(const char *left, const char *right, size_t size_bytes)
{
    if (size_bytes < 4) {
        return memcmp(left, right, size_bytes) == 0;
    }
    if (size_bytes < 8) {
        return wf_load_u32(left) == wf_load_u32(right) &&
               wf_load_u32(left + size_bytes - 4) == wf_load_u32(right + size_bytes - 4);
    }
    return wf_load_u64(left) == wf_load_u64(right) &&
           wf_load_u64(left + size_bytes - 8) == wf_load_u64(right + size_bytes - 8) &&
           (size_bytes <= 16 || memcmp(left + 8, right + 8, size_bytes - 16) == 0);
}

/* Takes the key at `quote` when it names this field and a colon follows. */
static inline bool take_key(struct wf_json_reader *reader, const char *quote,
                            const struct wf_field *field)
{
    const size_t size_bytes = field->json_name_size_bytes;
    const char *at = NULL;

    if ((size_t)(reader->end - quote) < size_bytes + 3 || quote[size_bytes + 1] != '"' ||
        !same_bytes(quote + 1, field->json_name, size_bytes)) {
        return false;
    }
    at = wf_skip_blanks(quote + size_bytes + 2, reader->end);
    if (at == reader->end || *at != ':') {
        return false;
    }
    reader->next = at + 1;
    reader->state = WF_JSON_STATE_VALUE;
    return true;
}

/* The attributes of an event, once its type was read. NULL when the type is unknown. */
static inline const struct wf_field *attributes_field(const struct wf_event *event)
{
    const int32_t type = event->event_type;

    return type > 0 && type < WF_EVENT_TYPE_COUNT
               ? wf_message_field(&wf_type_event, wf_event_descriptors[type].oneof_number)
               : NULL;
}

/* Takes the next key when it names a field that is likely to come next; NULL when not. */
static inline const struct wf_field *take_expected_key(struct wf_json_decoder *decoder,
                                                       const struct wf_message_type *type,
                                                       const void *message, uint32_t expected)
{
    const char *quote = peek_key(&decoder->reader);
    const uint32_t tried_end = expected + WF_JSON_FIELDS_TRIED_AHEAD;

    if (quote == NULL) {
        return NULL;
    }
    for (uint32_t i = expected; i < tried_end && i < type->field_count; i++) {
        if (take_key(&decoder->reader, quote, &type->fields[i])) {
            return &type->fields[i];
        }
    }
    if (type == &wf_type_event) {
        const struct wf_field *field = attributes_field(message);

        return field != NULL && take_key(&decoder->reader, quote, field) ? field : NULL;
    }
    return NULL;
}

static inline void fill_token(struct wf_json_token *token, enum wf_json_kind kind,
                              const char *start, const struct wf_json_reader *reader)
{
    token->kind = kind;
    token->has_escapes = false;
    token->byte_offset = start - reader->start;
}

/* Takes the next value when it is a string without escapes, or the beginning of an object. */
static inline bool take_plain_value(struct wf_json_reader *reader, struct wf_json_token *token)
{
    const char *at = wf_skip_blanks(reader->next, reader->end);
    const uint32_t level = reader->depth;

    if (at < reader->end && *at == '"') {
        const char *end = wf_skip_plain(at + 1, reader->end);

        if (end == reader->end || *end != '"') {
            return false;
        }
        fill_token(token, WF_JSON_STRING, at, reader);
        token->text = (struct wf_string){at + 1, (size_t)(end - at - 1)};
        reader->next = end + 1;
        reader->state = WF_JSON_STATE_MORE;
        return true;
    }
    if (at < reader->end && *at == '{' && level < WF_JSON_DEPTH_MAX) {
        fill_token(token, WF_JSON_OBJECT_BEGIN, at, reader);
        token->text = (struct wf_string){at, 1};
        reader->containers[level / 8] |= (uint8_t)(1u << level % 8);
        reader->depth = level + 1;
        reader->next = at + 1;
        reader->state = WF_JSON_STATE_FIRST_KEY;
        return true;
    }
    return false;
}

static inline bool take_object_end(struct wf_json_reader *reader)
{
    const char *at = wf_skip_blanks(reader->next, reader->end);

    if (reader->state != WF_JSON_STATE_MORE || at == reader->end || *at != '}') {
        return false;
    }
    reader->next = at + 1;
    reader->depth--;
    reader->state = reader->depth == 0 ? WF_JSON_STATE_DONE : WF_JSON_STATE_MORE;
    return true;
}

/* The next member by the tokenizer: *field is NULL at the end of the object, and after a member
 * that we do not know, which is skipped and noted. */
static enum wf_status next_member(struct wf_json_decoder *decoder,
                                  const struct wf_message_type *type, uint32_t expected,
                                  const struct wf_field **field, bool *is_end)
{
    struct wf_json_token token;
    struct wf_string name;

    *field = NULL;
    WF_TRY(wf_json_decoder_next(decoder, &token));
    *is_end = token.kind == WF_JSON_OBJECT_END;
    if (*is_end) {
        return WF_OK;
    }
    name = token.text;
    if (token.has_escapes) {
        WF_TRY(wf_json_decoder_text(decoder, &token, &name));
    }
    *field = wf_json_find_field(decoder, type, name, expected);
    if (*field == NULL) {
        wf_json_note(decoder, WF_NOTE_UNKNOWN_MEMBER, name, (struct wf_string){NULL, 0},
                     token.byte_offset);
        WF_TRY(wf_json_decoder_next(decoder, &token));
        return wf_json_decoder_skip(decoder, &token, NULL);
    }
    return WF_OK;
}

static enum wf_status decode_message(struct wf_json_decoder *decoder,
                                     const struct wf_message_type *type, void *message)
{
    uint32_t expected = 0;

    while (!take_object_end(&decoder->reader)) {
        struct wf_json_token value;
        const struct wf_field *field = take_expected_key(decoder, type, message, expected);

        if (field == NULL) {
            bool is_end = false;

            WF_TRY(next_member(decoder, type, expected, &field, &is_end));
            if (is_end) {
                return WF_OK;
            }
            if (field == NULL) {
                continue;
            }
        }
        expected = (uint32_t)(field - type->fields) + 1;
        if (!take_plain_value(&decoder->reader, &value)) {
            WF_TRY(wf_json_decoder_next(decoder, &value));
        }
        WF_TRY(wf_json_decoder_member(decoder, field, message, &value));
    }
    return WF_OK;
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
                          "the JSON text is %s where an object should be",
                          wf_json_kind_text(token.kind));
    }
    WF_TRY(decode_message(&decoder, type, message));
    return wf_json_decoder_next(&decoder, &token); /* nothing but blanks may follow */
}
