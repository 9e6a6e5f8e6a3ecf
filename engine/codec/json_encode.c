/*
 * Messages to canonical JSON: one loop over the descriptors, members in number order, unset fields
 * left out, no spaces (corpus README "How the golden forms were made", 4).
 */
#include "engine/base/assert.h"
#include "engine/base/json_text.h"
#include "engine/base/real.h"
#include "engine/codec.h"
#include "engine/codec/json_values.h"
#include "engine/codec/map_order.h"

/* A real as a number; what JSON has no number for as text. */
static void write_real(struct wf_buffer *out, const char *text, size_t size_bytes)
{
    const bool is_number = wf_is_digit(text[size_bytes - 1]);

    if (!is_number) {
        wf_buffer_append_char(out, '"');
    }
    wf_buffer_append(out, text, size_bytes);
    if (!is_number) {
        wf_buffer_append_char(out, '"');
    }
}

/* The name, or the number when the table has no name for it (engine-semantics 1.7). */
static void write_enum(struct wf_buffer *out, const struct wf_enum_type *type, int32_t number)
{
    const char *name = wf_enum_name(type, number);

    if (name == NULL) {
        wf_json_write_i64(out, number);
        return;
    }
    wf_buffer_append_char(out, '"');
    wf_buffer_append_text(out, name);
    wf_buffer_append_char(out, '"');
}

/* 64-bit numbers are text, because a JavaScript number does not hold them. */
static void write_integer(struct wf_buffer *out, enum wf_field_kind kind, const void *value)
{
    switch (kind) {
    case WF_KIND_INT32:
        wf_json_write_i64(out, *(const int32_t *)value);
        return;
    case WF_KIND_UINT32:
        wf_json_write_u64(out, *(const uint32_t *)value);
        return;
    case WF_KIND_INT64:
        wf_buffer_append_char(out, '"');
        wf_json_write_i64(out, *(const int64_t *)value);
        wf_buffer_append_char(out, '"');
        return;
    case WF_KIND_UINT64:
        wf_buffer_append_char(out, '"');
        wf_json_write_u64(out, *(const uint64_t *)value);
        wf_buffer_append_char(out, '"');
        return;
    case WF_KIND_STRING:
    case WF_KIND_BYTES:
    case WF_KIND_BOOL:
    case WF_KIND_FLOAT:
    case WF_KIND_DOUBLE:
    case WF_KIND_ENUM:
    case WF_KIND_MESSAGE:
    case WF_KIND_TIMESTAMP:
    case WF_KIND_DURATION:
        break;
    }
    WF_UNREACHABLE();
}

static void write_text(struct wf_buffer *out, enum wf_field_kind kind, const void *value)
{
    wf_buffer_append_char(out, '"');
    if (kind == WF_KIND_BYTES) {
        wf_base64_write(*(const struct wf_string *)value, out);
    } else if (kind == WF_KIND_TIMESTAMP) {
        wf_timestamp_write(value, out);
    } else {
        wf_duration_write(value, out);
    }
    wf_buffer_append_char(out, '"');
}

/* One value in place. */
static void write_value(struct wf_buffer *out, const struct wf_field *field, const void *value)
{
    char text[WF_REAL_TEXT_BYTES];

    switch (field->kind) {
    case WF_KIND_STRING:
        wf_json_write_string(out, *(const struct wf_string *)value);
        return;
    case WF_KIND_BYTES:
    case WF_KIND_TIMESTAMP:
    case WF_KIND_DURATION:
        write_text(out, field->kind, value);
        return;
    case WF_KIND_BOOL:
        wf_buffer_append_text(out, *(const bool *)value ? "true" : "false");
        return;
    case WF_KIND_INT32:
    case WF_KIND_INT64:
    case WF_KIND_UINT32:
    case WF_KIND_UINT64:
        write_integer(out, field->kind, value);
        return;
    case WF_KIND_FLOAT:
        write_real(out, text, wf_float_write(*(const uint32_t *)value, text));
        return;
    case WF_KIND_DOUBLE:
        write_real(out, text, wf_double_write(*(const uint64_t *)value, text));
        return;
    case WF_KIND_ENUM:
        write_enum(out, field->enumeration, *(const int32_t *)value);
        return;
    case WF_KIND_MESSAGE:
        wf_json_encode(field->message, value, out);
        return;
    }
    WF_UNREACHABLE();
}

static void write_list(struct wf_buffer *out, const struct wf_field *field,
                       const struct wf_list *list)
{
    const size_t item_size_bytes = field->item_size_bytes;

    wf_buffer_append_char(out, '[');
    for (uint32_t i = 0; i < list->count; i++) {
        if (i > 0) {
            wf_buffer_append_char(out, ',');
        }
        write_value(out, field, (const char *)list->items + i * item_size_bytes);
    }
    wf_buffer_append_char(out, ']');
}

static void write_map(struct wf_buffer *out, const struct wf_field *field,
                      const struct wf_list *map)
{
    struct wf_map_order order;

    if (!wf_map_order_init(&order, out->arena, field, map)) {
        out->is_full = true;
        return;
    }
    wf_buffer_append_char(out, '{');
    for (uint32_t i = 0; i < order.count; i++) {
        if (i > 0) {
            wf_buffer_append_char(out, ',');
        }
        wf_json_write_string(out, order.entries[i][0]);
        wf_buffer_append_char(out, ':');
        write_value(out, field, order.entries[i] + 1);
    }
    wf_buffer_append_char(out, '}');
}

static void write_member(struct wf_buffer *out, const struct wf_field *field, const void *member)
{
    if (field->label == WF_LABEL_LIST) {
        write_list(out, field, member);
    } else if (field->label == WF_LABEL_MAP) {
        write_map(out, field, member);
    } else if (field->kind == WF_KIND_MESSAGE) {
        write_value(out, field, *(const void *const *)member);
    } else {
        write_value(out, field, member);
    }
}

void wf_json_encode(const struct wf_message_type *type, const void *message, struct wf_buffer *out)
{
    bool needs_comma = false;

    wf_buffer_append_char(out, '{');
    for (uint32_t i = 0; i < type->field_count; i++) {
        const struct wf_field *field = &type->fields[i];

        if (!wf_field_is_set(field, message)) {
            continue;
        }
        if (needs_comma) {
            wf_buffer_append_char(out, ',');
        }
        needs_comma = true;
        /* Names of the table are identifiers: nothing to escape. */
        wf_buffer_append_char(out, '"');
        wf_buffer_append(out, field->json_name, field->json_name_size_bytes);
        wf_buffer_append(out, "\":", 2);
        write_member(out, field, wf_field_in(field, message));
    }
    wf_buffer_append_char(out, '}');
}
