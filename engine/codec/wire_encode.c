/*
 * Messages to protobuf bytes, deterministic. A sub-message is written behind one byte kept for its
 * size; when the size turns out to need more, the body moves up. That costs one pass over the
 * table, where measuring first costs two, and every byte moves at most once a level.
 */
#include "engine/base/assert.h"
#include "engine/codec.h"
#include "engine/codec/map_order.h"
#include "engine/codec/wire_format.h"

static void encode_message(const struct wf_message_type *type, const void *message,
                           struct wf_buffer *out);

/* ---- Primitives ---- */

static char *write_varint_at(char *to, uint64_t value)
{
    while (value >= 0x80) {
        *to++ = (char)(uint8_t)(value | 0x80);
        value >>= 7;
    }
    *to++ = (char)(uint8_t)value;
    return to;
}

static void write_varint(struct wf_buffer *out, uint64_t value)
{
    char *to = wf_buffer_reserve(out, WIRE_VARINT_BYTES_MAX);

    if (to != NULL) {
        out->size_bytes += (size_t)(write_varint_at(to, value) - to);
    }
}

static char *write_tag_at(char *to, uint32_t number, enum wire_type wire)
{
    return write_varint_at(to, (uint64_t)number << WIRE_TYPE_BITS | (uint64_t)wire);
}

/* Tag and number in one reservation, as for strings below: most fields of most events are these. */
static void write_number(struct wf_buffer *out, uint32_t number, uint64_t value)
{
    char *to = wf_buffer_reserve(out, 2 * WIRE_VARINT_BYTES_MAX);
    char *next = to;

    if (to != NULL) {
        next = write_tag_at(next, number, WIRE_VARINT);
        next = write_varint_at(next, value);
        out->size_bytes += (size_t)(next - to);
    }
}

static void write_string(struct wf_buffer *out, uint32_t number, struct wf_string string)
{
    char *to = wf_buffer_reserve(out, 2 * WIRE_VARINT_BYTES_MAX + string.size_bytes);
    char *next = to;

    if (to != NULL) {
        next = write_tag_at(next, number, WIRE_SIZED);
        next = write_varint_at(next, string.size_bytes);
        out->size_bytes += (size_t)(next - to) + string.size_bytes;
        if (string.size_bytes > 0) {
            memcpy(next, string.data, string.size_bytes);
        }
    }
}

/* Opens a part with a size: keeps one byte for it and returns where the body starts. */
static size_t begin_sized(struct wf_buffer *out, uint32_t number)
{
    char *to = wf_buffer_reserve(out, WIRE_VARINT_BYTES_MAX + 1);

    if (to != NULL) {
        out->size_bytes += (size_t)(write_tag_at(to, number, WIRE_SIZED) - to) + 1;
    }
    return out->size_bytes;
}

static void end_sized(struct wf_buffer *out, size_t body)
{
    char size[WIRE_VARINT_BYTES_MAX];
    size_t size_bytes = 0;
    size_t body_bytes = 0;

    if (out->is_full) {
        return;
    }
    body_bytes = out->size_bytes - body;
    size_bytes = (size_t)(write_varint_at(size, body_bytes) - size);
    if (size_bytes > 1) {
        if (wf_buffer_reserve(out, size_bytes - 1) == NULL) {
            return;
        }
        memmove(out->data + body + size_bytes - 1, out->data + body, body_bytes);
        out->size_bytes += size_bytes - 1;
    }
    memcpy(out->data + body - 1, size, size_bytes);
}

/* ---- Values ---- */

static void write_message(struct wf_buffer *out, uint32_t number,
                          const struct wf_message_type *type, const void *message)
{
    const size_t body = begin_sized(out, number);

    encode_message(type, message, out);
    end_sized(out, body);
}

static void write_time(struct wf_buffer *out, uint32_t number, const struct wf_timestamp *time)
{
    const size_t body = begin_sized(out, number);

    if (time->seconds != 0) {
        write_number(out, 1, (uint64_t)time->seconds);
    }
    if (time->nanos != 0) {
        write_number(out, 2, (uint64_t)(int64_t)time->nanos);
    }
    end_sized(out, body);
}

static void write_fixed64(struct wf_buffer *out, uint32_t number, uint64_t value)
{
    char *to = wf_buffer_reserve(out, WIRE_VARINT_BYTES_MAX + sizeof value);

    if (to != NULL) {
        char *next = write_tag_at(to, number, WIRE_FIXED64);

        wf_store_u64(next, value);
        out->size_bytes += (size_t)(next - to) + sizeof value;
    }
}

static void write_fixed32(struct wf_buffer *out, uint32_t number, uint32_t value)
{
    char *to = wf_buffer_reserve(out, WIRE_VARINT_BYTES_MAX + sizeof value);

    if (to != NULL) {
        char *next = write_tag_at(to, number, WIRE_FIXED32);

        wf_store_u32(next, value);
        out->size_bytes += (size_t)(next - to) + sizeof value;
    }
}

/* A number as its varint: negative ones are sign-extended to ten bytes (engine-semantics 1.6
 * "negatives"). */
static uint64_t load_varint(enum wf_field_kind kind, const void *member)
{
    switch (kind) {
    case WF_KIND_BOOL:
        return *(const bool *)member ? 1 : 0;
    case WF_KIND_INT32:
    case WF_KIND_ENUM:
        return (uint64_t)(int64_t) * (const int32_t *)member;
    case WF_KIND_UINT32:
        return *(const uint32_t *)member;
    case WF_KIND_INT64:
    case WF_KIND_UINT64:
        return *(const uint64_t *)member;
    case WF_KIND_STRING:
    case WF_KIND_BYTES:
    case WF_KIND_FLOAT:
    case WF_KIND_DOUBLE:
    case WF_KIND_MESSAGE:
    case WF_KIND_TIMESTAMP:
    case WF_KIND_DURATION:
        break;
    }
    WF_UNREACHABLE();
}

/* One inline value. Zeros are left out unless presence counts: in a oneof or a list. */
static void write_value(struct wf_buffer *out, const struct wf_field *field, const void *value,
                        bool zero_counts)
{
    uint64_t number = 0;

    switch (field->kind) {
    case WF_KIND_STRING:
    case WF_KIND_BYTES:
        if (zero_counts || ((const struct wf_string *)value)->size_bytes > 0) {
            write_string(out, field->number, *(const struct wf_string *)value);
        }
        return;
    case WF_KIND_BOOL:
    case WF_KIND_INT32:
    case WF_KIND_INT64:
    case WF_KIND_UINT32:
    case WF_KIND_UINT64:
    case WF_KIND_ENUM:
        number = load_varint(field->kind, value);
        if (zero_counts || number != 0) {
            write_number(out, field->number, number);
        }
        return;
    case WF_KIND_FLOAT:
        if (zero_counts || *(const uint32_t *)value != 0) {
            write_fixed32(out, field->number, *(const uint32_t *)value);
        }
        return;
    case WF_KIND_DOUBLE:
        if (zero_counts || *(const uint64_t *)value != 0) {
            write_fixed64(out, field->number, *(const uint64_t *)value);
        }
        return;
    case WF_KIND_MESSAGE:
        write_message(out, field->number, field->message, value);
        return;
    case WF_KIND_TIMESTAMP:
    case WF_KIND_DURATION:
        if (((const struct wf_timestamp *)value)->is_set) {
            write_time(out, field->number, value);
        }
        return;
    }
    WF_UNREACHABLE();
}

/* ---- Lists and maps ---- */

static void write_list(struct wf_buffer *out, const struct wf_field *field,
                       const struct wf_list *list)
{
    const size_t item_size_bytes = field->item_size_bytes;
    size_t body = 0;

    if (list->count == 0) {
        return;
    }
    if (wire_types_of_kinds[field->kind] != WIRE_VARINT) {
        for (uint32_t i = 0; i < list->count; i++) {
            write_value(out, field, (const char *)list->items + i * item_size_bytes, true);
        }
        return;
    }
    body = begin_sized(out, field->number);
    for (uint32_t i = 0; i < list->count; i++) {
        write_varint(out,
                     load_varint(field->kind, (const char *)list->items + i * item_size_bytes));
    }
    end_sized(out, body);
}

/* Key and value are written also when they are empty, as protobuf's writers do. */
static void write_entry(struct wf_buffer *out, const struct wf_field *field,
                        const struct wf_string *key)
{
    const size_t body = begin_sized(out, field->number);

    write_string(out, 1, key[0]);
    if (field->kind == WF_KIND_MESSAGE) {
        write_message(out, 2, field->message, key + 1);
    } else {
        write_string(out, 2, key[1]);
    }
    end_sized(out, body);
}

static void write_map(struct wf_buffer *out, const struct wf_field *field,
                      const struct wf_list *map)
{
    struct wf_map_order order;

    if (map->count == 0) {
        return;
    }
    if (!wf_map_order_init(&order, out->arena, field, map)) {
        out->is_full = true;
        return;
    }
    for (uint32_t i = 0; i < order.count; i++) {
        write_entry(out, field, order.entries[i]);
    }
}

/* ---- Messages ---- */

/* Of a oneof the chosen field. */
static void write_field(struct wf_buffer *out, const struct wf_field *field, const void *message)
{
    const void *member = wf_field_in(field, message);

    if (field->label == WF_LABEL_LIST) {
        write_list(out, field, member);
    } else if (field->label == WF_LABEL_MAP) {
        write_map(out, field, member);
    } else if (field->kind != WF_KIND_MESSAGE) {
        write_value(out, field, member, field->case_offset != 0);
    } else if (*(const void *const *)member != NULL) {
        write_message(out, field->number, field->message, *(const void *const *)member);
    }
}

static void encode_message(const struct wf_message_type *type, const void *message,
                           struct wf_buffer *out)
{
    /* Every message struct starts with the pointer to its unknown fields. */
    const struct wf_string *unknown = *(const struct wf_string *const *)message;
    uint32_t index = 0;

    for (const struct wf_field *field = wf_message_next_field(type, message, &index); field != NULL;
         field = wf_message_next_field(type, message, &index)) {
        write_field(out, field, message);
    }
    if (unknown != NULL) {
        wf_buffer_append_string(out, *unknown);
    }
}

void wf_wire_encode(const struct wf_message_type *type, const void *message, struct wf_buffer *out)
{
    WF_ASSERT(message != NULL);
    encode_message(type, message, out);
}
