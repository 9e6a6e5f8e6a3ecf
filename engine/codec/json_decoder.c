/*
 * The parts of the JSON decoder that know no message: tokens with their place in the file, errors,
 * notes, and the table of names met before.
 */
#include "engine/codec/json_decoder.h"

#include "engine/base/assert.h"

#define EXCERPT_BYTES 40

/* ---- Errors and notes ---- */

/* Turns the offset in the text into one in the file, and names the event. */
enum wf_status wf_json_place_error(const struct wf_json_decoder *decoder, enum wf_status status)
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

const char *wf_json_kind_text(enum wf_json_kind kind)
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

enum wf_status wf_json_wrong_kind(const struct wf_json_decoder *decoder,
                                  const struct wf_field *field, const struct wf_json_token *token,
                                  const char *expected)
{
    if (is_part_of_payload(field) && decoder->event != NULL) {
        return wf_json_place_error(
            decoder,
            wf_fail_at(decoder->err, WF_ERR_UNSUPPORTED, token->byte_offset,
                       "%s is %s where Temporal has base64 bytes: an export whose payloads were "
                       "decoded for reading, which loses what a replay needs",
                       field->json_name, wf_json_kind_text(token->kind)));
    }
    return wf_json_place_error(decoder, wf_fail_at(decoder->err, WF_ERR_INVALID, token->byte_offset,
                                                   "%s is %s where %s should be", field->json_name,
                                                   wf_json_kind_text(token->kind), expected));
}

enum wf_status wf_json_wrong_value(const struct wf_json_decoder *decoder,
                                   const struct wf_field *field, const struct wf_json_token *token,
                                   const char *expected)
{
    struct wf_string excerpt = token->text;
    const char *more = "";

    if (excerpt.size_bytes > EXCERPT_BYTES) {
        excerpt.size_bytes = EXCERPT_BYTES;
        more = "...";
    }
    return wf_json_place_error(decoder, wf_fail_at(decoder->err, WF_ERR_INVALID, token->byte_offset,
                                                   "%s is \"%S%s\", which is not %s",
                                                   field->json_name, &excerpt, more, expected));
}

enum wf_status wf_json_no_memory(const struct wf_json_decoder *decoder,
                                 const struct wf_json_token *token)
{
    return wf_json_place_error(decoder, wf_fail_at(decoder->err, WF_ERR_MEMORY, token->byte_offset,
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

void wf_json_note(struct wf_json_decoder *decoder, enum wf_note_kind kind, struct wf_string path,
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

    return status == WF_OK ? WF_OK : wf_json_place_error(decoder, status);
}

enum wf_status wf_json_decoder_skip(struct wf_json_decoder *decoder,
                                    const struct wf_json_token *first, struct wf_string *raw)
{
    const enum wf_status status = wf_json_skip(&decoder->reader, first, raw, decoder->err);

    return status == WF_OK ? WF_OK : wf_json_place_error(decoder, status);
}

enum wf_status wf_json_decoder_text(struct wf_json_decoder *decoder,
                                    const struct wf_json_token *token, struct wf_string *text)
{
    const enum wf_status status = wf_json_unescape(decoder->arena, token, text, decoder->err);

    return status == WF_OK ? WF_OK : wf_json_place_error(decoder, status);
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
const struct wf_field *wf_json_find_field(struct wf_json_decoder *decoder,
                                          const struct wf_message_type *type, struct wf_string name,
                                          uint32_t expected)
{
    struct wf_json_name *place = NULL;
    const struct wf_field *field = NULL;

    for (uint32_t i = expected; i < type->field_count && i < expected + WF_JSON_FIELDS_TRIED_AHEAD;
         i++) {
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

bool wf_json_find_enum_number(struct wf_json_decoder *decoder, const struct wf_enum_type *type,
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
