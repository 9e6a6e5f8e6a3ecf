/*
 * Protobuf bytes to messages: one loop over the descriptors. A table by tag gives the field, and one
 * number of the field says how it is read. Runs of a repeated field are counted by hopping over their
 * sizes before the array is taken, so that a history's events are one piece of memory.
 *
 * Readers return where they stopped, NULL after having filled the error, with what they read: that
 * keeps both in registers.
 */
#include "engine/base/arena.h"
#include "engine/base/assert.h"
#include "engine/codec.h"
#include "engine/codec/wire_format.h"

/* Kept out of the loop, whose registers it would take. */
#define RARE __attribute__((cold, noinline))

struct decoder {
    struct wf_arena *arena;
    const uint8_t *start; /* of the whole input: offsets in errors count from here */
    const uint8_t *end;
    struct wf_error *err;
    enum wf_status status;
};

/* ---- Errors ---- */

RARE static const uint8_t *fail(struct decoder *decoder, enum wf_status status, const uint8_t *at,
                           const char *what)
{
    decoder->status = wf_fail_at(decoder->err, status, (int64_t)(at - decoder->start), "%s", what);
    return NULL;
}

RARE static const uint8_t *corrupt(struct decoder *decoder, const uint8_t *at, const char *what)
{
    return fail(decoder, WF_ERR_CORRUPT, at, what);
}

RARE static const uint8_t *no_memory(struct decoder *decoder, const uint8_t *at)
{
    return fail(decoder, WF_ERR_MEMORY, at, "no memory left for the decoded message");
}

/* ---- Primitives ---- */

/* What was read and where it ends; `next` is NULL after an error. */
struct number {
    const uint8_t *next;
    uint64_t value;
};

/* Byte by byte: at the very end of the input, or nine bytes and more. */
RARE static struct number read_odd_varint(struct decoder *decoder, const uint8_t *at,
                                          const uint8_t *end)
{
    struct number result = {at, 0};

    for (uint32_t shift = 0; result.next < end && shift < 7 * WIRE_VARINT_BYTES_MAX; shift += 7) {
        const uint8_t byte = *result.next++;

        result.value |= (uint64_t)(byte & 0x7fu) << shift;
        if (byte < 0x80) {
            return result;
        }
    }
    return (struct number){corrupt(decoder, at, "a number runs past its end"), 0};
}

/*
 * A number of several bytes, which nearly always lie in one word of the input: what is behind the
 * last is cut off, then groups of seven bits are joined.
 */
static struct number read_long_varint(struct decoder *decoder, const uint8_t *at,
                                      const uint8_t *end)
{
    const uint64_t word = decoder->end - at >= (ptrdiff_t)sizeof word ? wf_load_u64(at) : UINT64_MAX;
    const uint64_t ends = ~word & UINT64_C(0x8080808080808080);
    const uint64_t last = ends & (~ends + 1); /* the high bit of the last byte */
    const uint64_t bytes = word & (last - 1) & UINT64_C(0x7f7f7f7f7f7f7f7f);
    const uint64_t pairs =
        (bytes & UINT64_C(0x007f007f007f007f)) | (bytes & UINT64_C(0x7f007f007f007f00)) >> 1;
    const uint64_t fours =
        (pairs & UINT64_C(0x00003fff00003fff)) | (pairs & UINT64_C(0x3fff00003fff0000)) >> 2;

    if (ends == 0 || end - at <= __builtin_ctzll(last) / 8) {
        return read_odd_varint(decoder, at, end);
    }
    return (struct number){at + __builtin_ctzll(last) / 8 + 1,
                           (fours & UINT64_C(0x0fffffff)) |
                               (fours & UINT64_C(0x0fffffff00000000)) >> 4};
}

static inline struct number read_varint(struct decoder *decoder, const uint8_t *at,
                                        const uint8_t *end)
{
    if (at < end && *at < 0x80) {
        return (struct number){at + 1, *at};
    }
    return read_long_varint(decoder, at, end);
}

static inline struct number read_tag(struct decoder *decoder, const uint8_t *at, const uint8_t *end)
{
    const struct number tag = read_varint(decoder, at, end);

    if (tag.next != NULL && (tag.value > UINT32_MAX || tag.value >> WIRE_TYPE_BITS == 0)) {
        return (struct number){corrupt(decoder, at, "not a field tag"), 0};
    }
    return tag;
}

/* Reads a size and checks that so many bytes follow. */
static inline struct number read_size(struct decoder *decoder, const uint8_t *at,
                                      const uint8_t *end)
{
    const struct number size = read_varint(decoder, at, end);

    if (size.next != NULL && size.value > (uint64_t)(end - size.next)) {
        return (struct number){
            corrupt(decoder, at, "a field ends past the end of its message"), 0};
    }
    return size;
}

/* A little-endian number of 4 or 8 bytes. */
RARE static struct number read_fixed(struct decoder *decoder, const uint8_t *at, const uint8_t *end,
                                     size_t size_bytes)
{
    if ((size_t)(end - at) < size_bytes) {
        return (struct number){
            corrupt(decoder, at, "a field ends past the end of its message"), 0};
    }
    return (struct number){at + size_bytes,
                           size_bytes == sizeof(uint64_t) ? wf_load_u64(at) : wf_load_u32(at)};
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
        const struct number tag = read_tag(decoder, at, end);

        if (tag.next == NULL || tag.value == end_tag) {
            return tag.next;
        }
        at = skip_field(decoder, tag.value, tag.next, end, levels_left - 1);
        if (at == NULL) {
            return NULL;
        }
    }
}

RARE static const uint8_t *skip_field(struct decoder *decoder, uint64_t tag, const uint8_t *at,
                                 const uint8_t *end, uint32_t levels_left)
{
    struct number size;

    switch (tag & WIRE_TYPE_MASK) {
    case WIRE_VARINT:
        return read_varint(decoder, at, end).next;
    case WIRE_FIXED64:
        return read_fixed(decoder, at, end, sizeof(uint64_t)).next;
    case WIRE_FIXED32:
        return read_fixed(decoder, at, end, sizeof(uint32_t)).next;
    case WIRE_SIZED:
        size = read_size(decoder, at, end);
        return size.next == NULL ? NULL : size.next + size.value;
    case WIRE_GROUP:
        return skip_group(decoder, tag, at, end, levels_left);
    default:
        return corrupt(decoder, at, "a field of an unknown wire type");
    }
}

/*
 * The field that a tag means, or NULL when we have none or it is of another wire type: protobuf
 * then treats the field as unknown (engine-semantics 1.6).
 */
static const struct wf_field *find_field(const struct wf_message_type *type, uint64_t tag)
{
    const struct wf_field *field = wf_message_field_of_tag(type, tag);

    if (field == NULL && (tag & WIRE_TYPE_MASK) == WIRE_VARINT) {
        /* A list of numbers may be unpacked, each under its own tag (engine-semantics 1.6 "packed"). */
        field = wf_message_field_of_tag(type, tag | WIRE_SIZED);
        return field != NULL && field->shape == WF_SHAPE_NUMBERS ? field : NULL;
    }
    return field;
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
        const struct number tag = read_tag(decoder, at, end);

        WF_ASSERT(tag.next != NULL);
        at = skip_field(decoder, tag.value, tag.next, end, levels_left);
        WF_ASSERT(at != NULL);
        if (find_field(type, tag.value) == NULL) {
            memcpy(to + size_bytes, start, (size_t)(at - start));
            size_bytes += (size_t)(at - start);
        }
    }
    return size_bytes;
}

/* Every message struct starts with the pointer to its unknown fields. */
RARE static bool keep_unknown(struct decoder *decoder, const struct wf_message_type *type, void *message,
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
RARE static const uint8_t *decode_odd_time(struct decoder *decoder, struct wf_timestamp *time,
                                      const uint8_t *at, const uint8_t *end, uint32_t levels_left)
{
    while (at < end) {
        const struct number tag = read_tag(decoder, at, end);
        struct number value;

        if (tag.next == NULL) {
            return NULL;
        }
        if (tag.value != SECONDS_TAG && tag.value != NANOS_TAG) {
            at = skip_field(decoder, tag.value, tag.next, end, levels_left);
            if (at == NULL) {
                return NULL;
            }
            continue;
        }
        value = read_varint(decoder, tag.next, end);
        if (value.next == NULL) {
            return NULL;
        }
        if (tag.value == SECONDS_TAG) {
            time->seconds = (int64_t)value.value;
        } else {
            time->nanos = (int32_t)(uint32_t)value.value;
        }
        at = value.next;
    }
    return end;
}

static const uint8_t *decode_time(struct decoder *decoder, struct wf_timestamp *time,
                                  const uint8_t *at, const uint8_t *end, uint32_t levels_left)
{
    if (levels_left == 0) {
        return fail(decoder, WF_ERR_LIMIT, at, "messages are nested too deep");
    }
    time->is_set = true;
    if (at < end && *at == SECONDS_TAG) {
        const struct number seconds = read_varint(decoder, at + 1, end);

        if (seconds.next == NULL) {
            return NULL;
        }
        time->seconds = (int64_t)seconds.value;
        at = seconds.next;
    }
    if (at < end && *at == NANOS_TAG) {
        const struct number nanos = read_varint(decoder, at + 1, end);

        if (nanos.next == NULL) {
            return NULL;
        }
        time->nanos = (int32_t)(uint32_t)nanos.value;
        at = nanos.next;
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

/* The last member of a oneof wins (engine-semantics 1.6): what another one left in the union is
 * forgotten. */
static inline void choose(const struct wf_field *field, void *message)
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
static size_t count_run(struct decoder *decoder, const uint8_t *at, const uint8_t *end,
                        const uint8_t *tag, size_t tag_size_bytes)
{
    size_t count = 1;

    for (;;) {
        const struct number size = read_size(decoder, at, end);

        if (size.next == NULL) {
            return count; /* who reads the item fails likewise */
        }
        at = size.next + size.value;
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
        const struct number tag = read_tag(decoder, at, end);
        struct number size;

        if (tag.next == NULL) {
            return false;
        }
        if (tag.value != KEY_TAG && tag.value != VALUE_TAG) {
            at = skip_field(decoder, tag.value, tag.next, end, levels_left - 1);
            if (at == NULL) {
                return false;
            }
            continue;
        }
        size = read_size(decoder, tag.next, end);
        if (size.next == NULL) {
            return false;
        }
        at = size.next + size.value;
        if (tag.value == VALUE_TAG && field->kind == WF_KIND_MESSAGE) {
            if (!decode_message(decoder, field->message, entry + sizeof *string, size.next, at,
                                levels_left - 1)) {
                return false;
            }
        } else {
            string[tag.value == VALUE_TAG] =
                (struct wf_string){(const char *)size.next, size.value};
        }
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
    const size_t item_size_bytes = field->item_size_bytes;
    const size_t count = count_run(decoder, at, end, tag, tag_size_bytes);

    if (!reserve_items(decoder, list, item_size_bytes, count, at)) {
        return NULL;
    }
    for (size_t i = 0; i < count; i++) {
        char *item = (char *)list->items + list->count * item_size_bytes;
        const struct number size =
            read_size(decoder, i == 0 ? at : at + tag_size_bytes, end);

        if (size.next == NULL) {
            return NULL;
        }
        at = size.next + size.value;
        if (!decode_item(decoder, field, item, size.next, size.value, levels_left)) {
            name_event(decoder, field, item);
            return NULL;
        }
        list->count++;
    }
    return at;
}

/* Numbers of a list: a packed run, or one number under its own tag. */
RARE static const uint8_t *decode_numbers(struct decoder *decoder, const struct wf_field *field,
                                     struct wf_list *list, bool is_packed, const uint8_t *at,
                                     const uint8_t *end)
{
    const size_t item_size_bytes = field->item_size_bytes;
    const uint8_t *run_end = end;
    size_t count = 1;

    if (is_packed) {
        const struct number size = read_size(decoder, at, end);

        if (size.next == NULL) {
            return NULL;
        }
        at = size.next;
        run_end = at + size.value;
        count = 0;
        for (const uint8_t *byte = at; byte < run_end; byte++) {
            count += *byte < 0x80; /* the last byte of a number */
        }
    }
    if (!reserve_items(decoder, list, item_size_bytes, count, at)) {
        return NULL;
    }
    for (size_t i = 0; i < count; i++) {
        const struct number number = read_varint(decoder, at, run_end);

        if (number.next == NULL) {
            return NULL;
        }
        at = number.next;
        if (item_size_bytes == sizeof number.value) {
            ((uint64_t *)list->items)[list->count++] = number.value;
        } else {
            ((uint32_t *)list->items)[list->count++] = (uint32_t)number.value;
        }
    }
    if (is_packed && at != run_end) {
        return corrupt(decoder, at, "a number runs past its end");
    }
    return at;
}

/* ---- Messages ---- */

/* What is behind the tag of a field, into its member. Inlined into the one loop that calls it. */
static inline const uint8_t *decode_field(struct decoder *decoder, const struct wf_field *field,
                                          void *member, const uint8_t *tag, const uint8_t *at,
                                          const uint8_t *end, uint32_t levels_left)
{
    struct number read;

    switch (field->shape) {
    case WF_SHAPE_TEXT:
        read = read_size(decoder, at, end);
        if (read.next == NULL) {
            return NULL;
        }
        *(struct wf_string *)member = (struct wf_string){(const char *)read.next, read.value};
        return read.next + read.value;
    case WF_SHAPE_INT64:
        read = read_varint(decoder, at, end);
        *(uint64_t *)member = read.value;
        return read.next;
    case WF_SHAPE_INT32:
        /* Higher bits are dropped, as by every protobuf reader. */
        read = read_varint(decoder, at, end);
        *(uint32_t *)member = (uint32_t)read.value;
        return read.next;
    case WF_SHAPE_BOOL:
        read = read_varint(decoder, at, end);
        *(bool *)member = read.value != 0;
        return read.next;
    case WF_SHAPE_MESSAGE:
        read = read_size(decoder, at, end);
        return read.next == NULL ? NULL
                                 : decode_sub_message(decoder, field->message, member, read.next,
                                                      read.next + read.value, levels_left);
    case WF_SHAPE_TIME:
        read = read_size(decoder, at, end);
        return read.next == NULL
                   ? NULL
                   : decode_time(decoder, member, read.next, read.next + read.value, levels_left);
    case WF_SHAPE_FIXED64:
        read = read_fixed(decoder, at, end, sizeof(uint64_t));
        *(uint64_t *)member = read.value;
        return read.next;
    case WF_SHAPE_FIXED32:
        read = read_fixed(decoder, at, end, sizeof(uint32_t));
        *(uint32_t *)member = (uint32_t)read.value;
        return read.next;
    case WF_SHAPE_NUMBERS:
        return decode_numbers(decoder, field, member, (*tag & WIRE_TYPE_MASK) == WIRE_SIZED, at,
                              end);
    case WF_SHAPE_ITEMS:
        return decode_run(decoder, field, member, tag, at, end, levels_left);
    }
    WF_UNREACHABLE();
}

static bool decode_message(struct decoder *decoder, const struct wf_message_type *type,
                           void *message, const uint8_t *at, const uint8_t *end,
                           uint32_t levels_left)
{
    const uint8_t *start = at;
    struct unknown_fields unknown = {NULL, NULL, false};

    if (levels_left == 0) {
        return fail(decoder, WF_ERR_LIMIT, at, "messages are nested too deep") != NULL;
    }
    levels_left--;
    while (at < end) {
        const uint8_t *tag_at = at;
        const uint32_t place = *at < 0x80 ? type->places[*at] : 0;
        const struct wf_field *field = NULL;

        if (place != 0) {
            field = &type->fields[place - 1];
            at++;
        } else {
            const struct number tag = read_tag(decoder, at, end);

            if (tag.next == NULL) {
                return false;
            }
            at = tag.next;
            field = find_field(type, tag.value);
            if (field == NULL) {
                at = skip_field(decoder, tag.value, at, end, levels_left);
                if (at == NULL) {
                    return false;
                }
                note_unknown(&unknown, tag_at, at);
                continue;
            }
        }
        if (field->case_offset != 0) {
            choose(field, message);
        }
        at = decode_field(decoder, field, (char *)message + field->offset, tag_at, at, end,
                          levels_left);
        if (at == NULL) {
            return false;
        }
    }
    return unknown.start == NULL ||
           keep_unknown(decoder, type, message, start, end, levels_left, &unknown);
}

enum wf_status wf_wire_decode(struct wf_arena *arena, const struct wf_message_type *type,
                              struct wf_string in, void *message, struct wf_error *err)
{
    /* An absent slice has no start, and arithmetic on NULL is undefined. */
    const uint8_t *start = (const void *)(in.data == NULL ? "" : in.data);
    struct decoder decoder = {arena, start, start + in.size_bytes, err, WF_OK};

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
