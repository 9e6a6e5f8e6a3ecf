/*
 * Protobuf bytes to messages: one loop over the descriptors. Most writers emit fields in number
 * order, so the field after the last one is tried first and the place table is asked only when that
 * misses. Runs of a repeated field are counted by hopping over their sizes before the array is
 * taken, so that a history's events are one piece of memory.
 *
 * Readers return where they stopped, or NULL after having filled the error; that keeps the position
 * in a register.
 */
#include "engine/base/arena.h"
#include "engine/base/assert.h"
#include "engine/codec.h"
#include "engine/codec/wire_format.h"

struct decoder {
    struct wf_arena *arena;
    const uint8_t *start; /* of the whole input: offsets in errors count from here */
    struct wf_error *err;
    enum wf_status status;
};

/* ---- Errors ---- */

static const uint8_t *fail(struct decoder *decoder, enum wf_status status, const uint8_t *at,
                           const char *what)
{
    decoder->status = wf_fail_at(decoder->err, status, (int64_t)(at - decoder->start), "%s", what);
    return NULL;
}

static const uint8_t *corrupt(struct decoder *decoder, const uint8_t *at, const char *what)
{
    return fail(decoder, WF_ERR_CORRUPT, at, what);
}

static const uint8_t *no_memory(struct decoder *decoder, const uint8_t *at)
{
    return fail(decoder, WF_ERR_MEMORY, at, "no memory left for the decoded message");
}

/* ---- Primitives ---- */

/* NULL when the bytes end first or the number has more than ten bytes. */
static const uint8_t *read_long_varint(const uint8_t *at, const uint8_t *end, uint64_t *value)
{
    uint64_t result = 0;

    for (uint32_t shift = 0; at < end && shift < 7 * WIRE_VARINT_BYTES_MAX; shift += 7) {
        const uint8_t byte = *at++;

        result |= (uint64_t)(byte & 0x7fu) << shift;
        if (byte < 0x80) {
            *value = result;
            return at;
        }
    }
    return NULL;
}

static inline const uint8_t *try_varint(const uint8_t *at, const uint8_t *end, uint64_t *value)
{
    if (at < end && *at < 0x80) {
        *value = *at;
        return at + 1;
    }
    if (end - at >= 2 && at[1] < 0x80) {
        *value = (at[0] & 0x7fu) | (uint64_t)at[1] << 7;
        return at + 2;
    }
    return read_long_varint(at, end, value);
}

static inline const uint8_t *read_varint(struct decoder *decoder, const uint8_t *at,
                                         const uint8_t *end, uint64_t *value)
{
    const uint8_t *next = try_varint(at, end, value);

    return next != NULL ? next : corrupt(decoder, at, "a number runs past its end");
}

static inline const uint8_t *read_tag(struct decoder *decoder, const uint8_t *at,
                                      const uint8_t *end, uint64_t *tag)
{
    const uint8_t *next = try_varint(at, end, tag);

    if (next == NULL || *tag > UINT32_MAX || *tag >> WIRE_TYPE_BITS == 0) {
        return corrupt(decoder, at, "not a field tag");
    }
    return next;
}

/* Reads a size and checks that so many bytes follow. */
static inline const uint8_t *read_size(struct decoder *decoder, const uint8_t *at,
                                       const uint8_t *end, size_t *size_bytes)
{
    uint64_t value = 0;
    const uint8_t *next = try_varint(at, end, &value);

    if (next == NULL || value > (uint64_t)(end - next)) {
        return corrupt(decoder, at, "a field ends past the end of its message");
    }
    *size_bytes = (size_t)value;
    return next;
}

static const uint8_t *skip_fixed(struct decoder *decoder, const uint8_t *at, const uint8_t *end,
                                 size_t size_bytes)
{
    if ((size_t)(end - at) < size_bytes) {
        return corrupt(decoder, at, "a field ends past the end of its message");
    }
    return at + size_bytes;
}

/* ---- Unknown fields ---- */

static const uint8_t *skip_field(struct decoder *decoder, uint64_t tag, const uint8_t *at,
                                 const uint8_t *end, uint32_t levels_left);

static const uint8_t *skip_group(struct decoder *decoder, uint64_t group_tag, const uint8_t *at,
                                 const uint8_t *end, uint32_t levels_left)
{
    const uint64_t end_tag = (group_tag & ~(uint64_t)WIRE_TYPE_MASK) | WIRE_GROUP_END;

    if (levels_left == 0) {
        return fail(decoder, WF_ERR_LIMIT, at, "messages are nested too deep");
    }
    for (;;) {
        uint64_t tag = 0;

        at = read_tag(decoder, at, end, &tag);
        if (at == NULL || tag == end_tag) {
            return at;
        }
        at = skip_field(decoder, tag, at, end, levels_left - 1);
        if (at == NULL) {
            return NULL;
        }
    }
}

static const uint8_t *skip_field(struct decoder *decoder, uint64_t tag, const uint8_t *at,
                                 const uint8_t *end, uint32_t levels_left)
{
    uint64_t ignored = 0;
    size_t size_bytes = 0;

    switch (tag & WIRE_TYPE_MASK) {
    case WIRE_VARINT:
        return read_varint(decoder, at, end, &ignored);
    case WIRE_FIXED64:
        return skip_fixed(decoder, at, end, sizeof(uint64_t));
    case WIRE_FIXED32:
        return skip_fixed(decoder, at, end, sizeof(uint32_t));
    case WIRE_SIZED:
        at = read_size(decoder, at, end, &size_bytes);
        return at == NULL ? NULL : at + size_bytes;
    case WIRE_GROUP:
        return skip_group(decoder, tag, at, end, levels_left);
    default:
        return corrupt(decoder, at, "a field of an unknown wire type");
    }
}

/*
 * The field that a tag means, or NULL when we have none or it is of another wire type: protobuf
 * then treats the field as unknown (engine-semantics 1.6). `expected` is tried first.
 */
static inline const struct wf_field *find_field(const struct wf_message_type *type,
                                                const struct wf_field *expected, uint64_t tag)
{
    const struct wf_field *field = NULL;

    if (expected->tag == tag) {
        return expected;
    }
    field = wf_message_field(type, (uint32_t)(tag >> WIRE_TYPE_BITS));
    if (field == NULL || field->tag == tag) {
        return field;
    }
    /* A list of numbers may be unpacked, each under its own tag (engine-semantics 1.6 "packed"). */
    return field->label == WF_LABEL_LIST && (tag & WIRE_TYPE_MASK) == WIRE_VARINT &&
                   wire_types_of_kinds[field->kind] == WIRE_VARINT
               ? field
               : NULL;
}

/* Where the unknown fields of one message lie. Nearly always they are one run at its end, kept as a
 * slice. */
struct unknown_fields {
    const uint8_t *start;
    const uint8_t *end;
    bool is_split;
};

static void note_unknown(struct unknown_fields *unknown, const uint8_t *start, const uint8_t *end)
{
    if (unknown->start == NULL) {
        unknown->start = start;
    } else if (unknown->end != start) {
        unknown->is_split = true;
    }
    unknown->end = end;
}

/* Copies the unknown fields of a message, which was read once without error, one after the other.
 */
static size_t gather_unknown(struct decoder *decoder, const struct wf_message_type *type,
                             const uint8_t *at, const uint8_t *end, uint32_t levels_left, char *to)
{
    size_t size_bytes = 0;

    while (at < end) {
        const uint8_t *start = at;
        uint64_t tag = 0;

        at = read_tag(decoder, at, end, &tag);
        WF_ASSERT(at != NULL);
        at = skip_field(decoder, tag, at, end, levels_left);
        WF_ASSERT(at != NULL);
        if (find_field(type, type->fields, tag) == NULL) {
            memcpy(to + size_bytes, start, (size_t)(at - start));
            size_bytes += (size_t)(at - start);
        }
    }
    return size_bytes;
}

/* Every message struct starts with the pointer to its unknown fields. */
static bool keep_unknown(struct decoder *decoder, const struct wf_message_type *type, void *message,
                         const uint8_t *start, const uint8_t *end, uint32_t levels_left,
                         const struct unknown_fields *unknown)
{
    const struct wf_string **member = message;
    const struct wf_string earlier = *member == NULL ? (struct wf_string){NULL, 0} : **member;
    struct wf_string *kept = WF_ARENA_NEW(decoder->arena, struct wf_string);
    char *copy = NULL;

    if (kept == NULL) {
        return no_memory(decoder, start) != NULL;
    }
    *member = kept;
    if (!unknown->is_split && earlier.size_bytes == 0) {
        *kept = (struct wf_string){(const char *)unknown->start,
                                   (size_t)(unknown->end - unknown->start)};
        return true;
    }
    copy = wf_arena_take_text(decoder->arena,
                              earlier.size_bytes + (size_t)(unknown->end - unknown->start));
    if (copy == NULL) {
        return no_memory(decoder, start) != NULL;
    }
    if (earlier.size_bytes > 0) {
        memcpy(copy, earlier.data, earlier.size_bytes);
    }
    kept->data = copy;
    kept->size_bytes = earlier.size_bytes + gather_unknown(decoder, type, start, end, levels_left,
                                                           copy + earlier.size_bytes);
    return true;
}

/* ---- Values ---- */

static bool decode_message(struct decoder *decoder, const struct wf_message_type *type,
                           void *message, const uint8_t *at, const uint8_t *end,
                           uint32_t levels_left);

enum { SECONDS_TAG = 1 << WIRE_TYPE_BITS, NANOS_TAG = 2 << WIRE_TYPE_BITS };

/* The members of a time in any order, unknown ones among them. */
static const uint8_t *decode_odd_time(struct decoder *decoder, struct wf_timestamp *time,
                                      const uint8_t *at, const uint8_t *end, uint32_t levels_left)
{
    while (at < end) {
        uint64_t tag = 0;
        uint64_t value = 0;

        at = read_tag(decoder, at, end, &tag);
        if (at == NULL) {
            return NULL;
        }
        if (tag != SECONDS_TAG && tag != NANOS_TAG) {
            at = skip_field(decoder, tag, at, end, levels_left);
            if (at == NULL) {
                return NULL;
            }
            continue;
        }
        at = read_varint(decoder, at, end, &value);
        if (at == NULL) {
            return NULL;
        }
        if (tag == SECONDS_TAG) {
            time->seconds = (int64_t)value;
        } else {
            time->nanos = (int32_t)(uint32_t)value;
        }
    }
    return end;
}

static const uint8_t *decode_time(struct decoder *decoder, struct wf_timestamp *time,
                                  const uint8_t *at, const uint8_t *end, uint32_t levels_left)
{
    uint64_t value = 0;

    if (levels_left == 0) {
        return fail(decoder, WF_ERR_LIMIT, at, "messages are nested too deep");
    }
    time->is_set = true;
    if (at < end && *at == SECONDS_TAG) {
        at = read_varint(decoder, at + 1, end, &value);
        if (at == NULL) {
            return NULL;
        }
        time->seconds = (int64_t)value;
    }
    if (at < end && *at == NANOS_TAG) {
        at = read_varint(decoder, at + 1, end, &value);
        if (at == NULL) {
            return NULL;
        }
        time->nanos = (int32_t)(uint32_t)value;
    }
    return at == end ? end : decode_odd_time(decoder, time, at, end, levels_left - 1);
}

/* A singular sub-message: a second occurrence merges into the first. */
static const uint8_t *decode_sub_message(struct decoder *decoder,
                                         const struct wf_message_type *type, void **member,
                                         const uint8_t *at, const uint8_t *end,
                                         uint32_t levels_left)
{
    if (*member == NULL) {
        *member = wf_arena_take(decoder->arena, type->size_bytes);
        if (*member == NULL) {
            return no_memory(decoder, at);
        }
    }
    return decode_message(decoder, type, *member, at, end, levels_left) ? end : NULL;
}

static inline void store_varint(enum wf_field_kind kind, void *member, uint64_t value)
{
    if (kind == WF_KIND_INT64 || kind == WF_KIND_UINT64) {
        *(uint64_t *)member = value;
    } else if (kind == WF_KIND_BOOL) {
        *(bool *)member = value != 0;
    } else {
        /* int32, uint32 and enums: higher bits are dropped, as by every protobuf reader. */
        *(uint32_t *)member = (uint32_t)value;
    }
}

/* One value that has a size, into its member. */
static inline const uint8_t *decode_sized(struct decoder *decoder, const struct wf_field *field,
                                          void *member, const uint8_t *at, const uint8_t *end,
                                          uint32_t levels_left)
{
    size_t size_bytes = 0;

    at = read_size(decoder, at, end, &size_bytes);
    if (at == NULL) {
        return NULL;
    }
    if (field->kind == WF_KIND_STRING || field->kind == WF_KIND_BYTES) {
        *(struct wf_string *)member = (struct wf_string){(const char *)at, size_bytes};
        return at + size_bytes;
    }
    if (field->kind == WF_KIND_MESSAGE) {
        return decode_sub_message(decoder, field->message, member, at, at + size_bytes,
                                  levels_left);
    }
    return decode_time(decoder, member, at, at + size_bytes, levels_left);
}

static const uint8_t *decode_fixed(struct decoder *decoder, const struct wf_field *field,
                                   void *member, const uint8_t *at, const uint8_t *end)
{
    const size_t size_bytes = field->kind == WF_KIND_DOUBLE ? sizeof(uint64_t) : sizeof(uint32_t);
    const uint8_t *next = skip_fixed(decoder, at, end, size_bytes);

    if (next == NULL) {
        return NULL;
    }
    if (field->kind == WF_KIND_DOUBLE) {
        *(uint64_t *)member = wf_load_u64(at);
    } else {
        *(uint32_t *)member = wf_load_u32(at);
    }
    return next;
}

/* The last member of a oneof wins (engine-semantics 1.6): what another one left in the union is
 * forgotten. */
static void choose(const struct wf_field *field, void *message)
{
    uint32_t *chosen = (void *)((char *)message + field->case_offset);
    void *member = (char *)message + field->offset;

    if (*chosen == field->number) {
        return;
    }
    *chosen = field->number;
    if (field->kind == WF_KIND_MESSAGE) {
        *(void **)member = NULL;
    } else if (field->kind == WF_KIND_TIMESTAMP || field->kind == WF_KIND_DURATION) {
        memset(member, 0, sizeof(struct wf_timestamp));
    }
}

/* ---- Lists and maps ---- */

/* Makes room for `extra` more items. Fresh room is zeroed. */
static bool reserve_items(struct decoder *decoder, struct wf_list *list, size_t item_size_bytes,
                          size_t extra, const uint8_t *at)
{
    const size_t needed = list->count + extra;
    size_t capacity = needed;
    void *items = NULL;

    if (needed <= list->capacity) {
        return true;
    }
    if (list->count > 0 && capacity < (size_t)list->count * 2) {
        capacity = (size_t)list->count * 2;
    }
    if (capacity > UINT32_MAX) {
        return fail(decoder, WF_ERR_LIMIT, at, "a list has too many items") != NULL;
    }
    items = wf_arena_take_array(decoder->arena, capacity, item_size_bytes);
    if (items == NULL) {
        return no_memory(decoder, at) != NULL;
    }
    if (list->count > 0) {
        memcpy(items, list->items, list->count * item_size_bytes);
    }
    list->items = items;
    list->capacity = (uint32_t)capacity;
    return true;
}

/* Whether the same tag follows; tags of lists and maps have one byte or two, rarely more. */
static inline bool is_same_tag(const uint8_t *at, const uint8_t *end, const uint8_t *tag,
                               size_t tag_size_bytes)
{
    return (size_t)(end - at) >= tag_size_bytes && *at == *tag &&
           (tag_size_bytes == 1 || memcmp(at, tag, tag_size_bytes) == 0);
}

/* How many fields with one tag follow one another; `at` is behind the tag of the first. Stops at
 * anything else. */
static size_t count_run(const uint8_t *at, const uint8_t *end, const uint8_t *tag,
                        size_t tag_size_bytes)
{
    size_t count = 1;

    for (;;) {
        uint64_t size_bytes = 0;

        at = try_varint(at, end, &size_bytes);
        if (at == NULL || size_bytes > (uint64_t)(end - at)) {
            return count;
        }
        at += size_bytes;
        if (!is_same_tag(at, end, tag, tag_size_bytes)) {
            return count;
        }
        at += tag_size_bytes;
        count++;
    }
}

/* A map entry is a message {1 key, 2 value}; unknown fields in it are dropped, as by every protobuf
 * reader. */
static bool decode_entry(struct decoder *decoder, const struct wf_field *field, char *entry,
                         const uint8_t *at, const uint8_t *end, uint32_t levels_left)
{
    enum {
        KEY_TAG = 1 << WIRE_TYPE_BITS | WIRE_SIZED,
        VALUE_TAG = 2 << WIRE_TYPE_BITS | WIRE_SIZED
    };

    if (levels_left == 0) {
        return fail(decoder, WF_ERR_LIMIT, at, "messages are nested too deep") != NULL;
    }
    while (at < end) {
        struct wf_string *string = (void *)entry;
        uint64_t tag = 0;
        size_t size_bytes = 0;

        at = read_tag(decoder, at, end, &tag);
        if (at == NULL) {
            return false;
        }
        if (tag != KEY_TAG && tag != VALUE_TAG) {
            at = skip_field(decoder, tag, at, end, levels_left - 1);
            if (at == NULL) {
                return false;
            }
            continue;
        }
        at = read_size(decoder, at, end, &size_bytes);
        if (at == NULL) {
            return false;
        }
        if (tag == VALUE_TAG && field->kind == WF_KIND_MESSAGE) {
            if (!decode_message(decoder, field->message, entry + sizeof *string, at,
                                at + size_bytes, levels_left - 1)) {
                return false;
            }
        } else {
            string[tag == VALUE_TAG] = (struct wf_string){(const char *)at, size_bytes};
        }
        at += size_bytes;
    }
    return true;
}

static inline bool decode_item(struct decoder *decoder, const struct wf_field *field, char *item,
                               const uint8_t *at, size_t size_bytes, uint32_t levels_left)
{
    if (field->label == WF_LABEL_MAP) {
        return decode_entry(decoder, field, item, at, at + size_bytes, levels_left);
    }
    if (field->kind == WF_KIND_MESSAGE) {
        return decode_message(decoder, field->message, item, at, at + size_bytes, levels_left);
    }
    *(struct wf_string *)(void *)item = (struct wf_string){(const char *)at, size_bytes};
    return true;
}

/* An error inside an event names it, when its id was read before. */
static void name_event(struct decoder *decoder, const struct wf_field *field, const void *item)
{
    if (field->message == &wf_type_event && decoder->err != NULL && decoder->err->event_id == 0) {
        decoder->err->event_id = ((const struct wf_event *)item)->event_id;
    }
}

/* All items of a run: strings, messages or map entries. `at` is behind the first tag, which starts
 * at `tag`. */
static const uint8_t *decode_run(struct decoder *decoder, const struct wf_field *field,
                                 struct wf_list *list, const uint8_t *tag, const uint8_t *at,
                                 const uint8_t *end, uint32_t levels_left)
{
    const size_t tag_size_bytes = (size_t)(at - tag);
    const size_t item_size_bytes = wf_field_item_size_bytes(field);
    const size_t count = count_run(at, end, tag, tag_size_bytes);

    if (!reserve_items(decoder, list, item_size_bytes, count, at)) {
        return NULL;
    }
    for (size_t i = 0; i < count; i++) {
        char *item = (char *)list->items + list->count * item_size_bytes;
        size_t size_bytes = 0;

        at = read_size(decoder, i == 0 ? at : at + tag_size_bytes, end, &size_bytes);
        if (at == NULL) {
            return NULL;
        }
        if (!decode_item(decoder, field, item, at, size_bytes, levels_left)) {
            name_event(decoder, field, item);
            return NULL;
        }
        list->count++;
        at += size_bytes;
    }
    return at;
}

/* Numbers of a list: a packed run, or one number under its own tag. */
static const uint8_t *decode_numbers(struct decoder *decoder, const struct wf_field *field,
                                     struct wf_list *list, bool is_packed, const uint8_t *at,
                                     const uint8_t *end)
{
    const size_t item_size_bytes = wf_field_item_size_bytes(field);
    const uint8_t *run_end = end;
    size_t count = 1;

    if (is_packed) {
        size_t size_bytes = 0;

        at = read_size(decoder, at, end, &size_bytes);
        if (at == NULL) {
            return NULL;
        }
        run_end = at + size_bytes;
        count = 0;
        for (const uint8_t *byte = at; byte < run_end; byte++) {
            count += *byte < 0x80; /* the last byte of a number */
        }
    }
    if (!reserve_items(decoder, list, item_size_bytes, count, at)) {
        return NULL;
    }
    for (size_t i = 0; i < count; i++) {
        uint64_t value = 0;

        at = read_varint(decoder, at, run_end, &value);
        if (at == NULL) {
            return NULL;
        }
        store_varint(field->kind, (char *)list->items + list->count * item_size_bytes, value);
        list->count++;
    }
    if (is_packed && at != run_end) {
        return corrupt(decoder, at, "a number runs past its end");
    }
    return at;
}

static const uint8_t *decode_many(struct decoder *decoder, const struct wf_field *field,
                                  struct wf_list *list, const uint8_t *tag, const uint8_t *at,
                                  const uint8_t *end, uint32_t levels_left)
{
    if (field->label == WF_LABEL_LIST && wire_types_of_kinds[field->kind] == WIRE_VARINT) {
        return decode_numbers(decoder, field, list, (*tag & WIRE_TYPE_MASK) == WIRE_SIZED, at, end);
    }
    return decode_run(decoder, field, list, tag, at, end, levels_left);
}

/* ---- Messages ---- */

static inline const uint8_t *decode_field(struct decoder *decoder, const struct wf_field *field,
                                          void *message, const uint8_t *tag, const uint8_t *at,
                                          const uint8_t *end, uint32_t levels_left)
{
    void *member = (char *)message + field->offset;
    uint64_t value = 0;

    if (field->label != WF_LABEL_ONE) {
        return decode_many(decoder, field, member, tag, at, end, levels_left);
    }
    if (field->case_offset != 0) {
        choose(field, message);
    }
    switch (*tag & WIRE_TYPE_MASK) {
    case WIRE_VARINT:
        at = read_varint(decoder, at, end, &value);
        if (at != NULL) {
            store_varint(field->kind, member, value);
        }
        return at;
    case WIRE_SIZED:
        return decode_sized(decoder, field, member, at, end, levels_left);
    default:
        return decode_fixed(decoder, field, member, at, end);
    }
}

static bool decode_message(struct decoder *decoder, const struct wf_message_type *type,
                           void *message, const uint8_t *at, const uint8_t *end,
                           uint32_t levels_left)
{
    const uint8_t *start = at;
    const struct wf_field *expected = type->fields;
    struct unknown_fields unknown = {NULL, NULL, false};

    if (levels_left == 0) {
        return fail(decoder, WF_ERR_LIMIT, at, "messages are nested too deep") != NULL;
    }
    while (at < end) {
        const uint8_t *tag_at = at;
        const struct wf_field *field = NULL;
        uint64_t tag = 0;

        at = read_tag(decoder, at, end, &tag);
        if (at == NULL) {
            return false;
        }
        field = find_field(type, expected, tag);
        if (field != NULL) {
            at = decode_field(decoder, field, message, tag_at, at, end, levels_left - 1);
            expected = field + 1; /* each table ends with a zeroed row */
        } else {
            at = skip_field(decoder, tag, at, end, levels_left - 1);
            note_unknown(&unknown, tag_at, at);
        }
        if (at == NULL) {
            return false;
        }
    }
    return unknown.start == NULL ||
           keep_unknown(decoder, type, message, start, end, levels_left - 1, &unknown);
}

enum wf_status wf_wire_decode(struct wf_arena *arena, const struct wf_message_type *type,
                              struct wf_string in, void *message, struct wf_error *err)
{
    /* An absent slice has no start, and arithmetic on NULL is undefined. */
    const uint8_t *start = (const void *)(in.data == NULL ? "" : in.data);
    struct decoder decoder = {arena, start, err, WF_OK};

    if (in.size_bytes > WF_CODEC_INPUT_BYTES_MAX) {
        return wf_fail_status(err, WF_ERR_LIMIT, "a message of %zu bytes: more than %zu",
                              in.size_bytes, WF_CODEC_INPUT_BYTES_MAX);
    }
    if (!decode_message(&decoder, type, message, start, start + in.size_bytes,
                        WF_CODEC_DEPTH_MAX + 1)) {
        WF_ASSERT(decoder.status != WF_OK);
        return decoder.status;
    }
    return WF_OK;
}
