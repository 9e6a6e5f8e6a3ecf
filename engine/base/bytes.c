/*
 * Slices, buffers, checked arithmetic. The formatter reads its own small dialect of printf, because the one in libc
 * follows the locale and cannot take a slice.
 */
#include "engine/base/bytes.h"

#include "engine/base/arena.h"
#include "engine/base/assert.h"

#define BUFFER_FIRST_BYTES ((size_t)128)
#define DIGITS_BYTES 24 /* UINT64_MAX has 20 decimal digits */

int wf_string_compare(struct wf_string left, struct wf_string right)
{
    const size_t common = left.size_bytes < right.size_bytes ? left.size_bytes : right.size_bytes;
    const int order = common == 0 ? 0 : memcmp(left.data, right.data, common);

    if (order != 0) {
        return order;
    }
    return (left.size_bytes > right.size_bytes) - (left.size_bytes < right.size_bytes);
}

bool wf_string_starts_with(struct wf_string string, struct wf_string prefix)
{
    return string.size_bytes >= prefix.size_bytes &&
           (prefix.size_bytes == 0 || memcmp(string.data, prefix.data, prefix.size_bytes) == 0);
}

bool wf_string_ends_with(struct wf_string string, struct wf_string suffix)
{
    return string.size_bytes >= suffix.size_bytes &&
           (suffix.size_bytes == 0 || memcmp(string.data + string.size_bytes - suffix.size_bytes,
                                             suffix.data, suffix.size_bytes) == 0);
}

struct wf_string wf_string_copy(struct wf_arena *arena, struct wf_string string)
{
    char *copy = string.size_bytes == SIZE_MAX ? NULL : wf_arena_take_text(arena, string.size_bytes + 1);

    if (copy == NULL) {
        return (struct wf_string){NULL, 0};
    }
    if (string.size_bytes > 0) {
        memcpy(copy, string.data, string.size_bytes);
    }
    copy[string.size_bytes] = '\0';
    return (struct wf_string){copy, string.size_bytes};
}

/* ---- Buffers ---- */

void wf_buffer_init(struct wf_buffer *buffer, struct wf_arena *arena)
{
    memset(buffer, 0, sizeof *buffer);
    buffer->arena = arena;
}

void wf_buffer_init_fixed(struct wf_buffer *buffer, char *memory, size_t capacity_bytes)
{
    memset(buffer, 0, sizeof *buffer);
    buffer->data = memory;
    buffer->capacity_bytes = capacity_bytes;
}

void wf_buffer_reset(struct wf_buffer *buffer)
{
    buffer->size_bytes = 0;
    buffer->is_full = false;
}

/* Grows to hold size_bytes more, in place when the buffer is the arena's last piece. */
static bool grow(struct wf_buffer *buffer, size_t size_bytes)
{
    size_t needed = 0;
    size_t capacity = buffer->capacity_bytes < BUFFER_FIRST_BYTES ? BUFFER_FIRST_BYTES : buffer->capacity_bytes * 2;
    char *data = NULL;

    if (buffer->arena == NULL || buffer->is_full || !wf_add_size(buffer->size_bytes, size_bytes, &needed)) {
        return false;
    }
    capacity = capacity < needed ? needed : capacity;
    if (!wf_arena_extend(buffer->arena, buffer->data, buffer->capacity_bytes, capacity)) {
        data = wf_arena_take_text(buffer->arena, capacity);
        if (data == NULL) {
            return false;
        }
        if (buffer->size_bytes > 0) {
            memcpy(data, buffer->data, buffer->size_bytes);
        }
        buffer->data = data;
    }
    buffer->capacity_bytes = capacity;
    return true;
}

char *wf_buffer_grow(struct wf_buffer *buffer, size_t size_bytes)
{
    if (!grow(buffer, size_bytes)) {
        buffer->is_full = true;
        return NULL;
    }
    return buffer->data + buffer->size_bytes;
}

void wf_buffer_append(struct wf_buffer *buffer, const void *data, size_t size_bytes)
{
    const bool was_full = buffer->is_full;
    char *to = NULL;

    if (size_bytes == 0) {
        return;
    }
    to = wf_buffer_reserve(buffer, size_bytes);
    if (to == NULL) {
        /* Fixed memory keeps what fits; memory in an arena keeps whole pieces. */
        if (buffer->arena != NULL || was_full) {
            return;
        }
        size_bytes = buffer->capacity_bytes - buffer->size_bytes;
        to = buffer->data + buffer->size_bytes;
    }
    if (size_bytes > 0) {
        memcpy(to, data, size_bytes);
        buffer->size_bytes += size_bytes;
    }
}

void wf_buffer_append_char(struct wf_buffer *buffer, char c)
{
    if (buffer->size_bytes < buffer->capacity_bytes && !buffer->is_full) {
        buffer->data[buffer->size_bytes++] = c;
        return;
    }
    wf_buffer_append(buffer, &c, 1);
}

void wf_buffer_append_string(struct wf_buffer *buffer, struct wf_string string)
{
    wf_buffer_append(buffer, string.data, string.size_bytes);
}

void wf_buffer_append_text(struct wf_buffer *buffer, const char *text)
{
    wf_buffer_append(buffer, text, strlen(text));
}

/* ---- Formatting ---- */

static void append_padding(struct wf_buffer *buffer, char padding, size_t width, size_t size_bytes)
{
    for (; width > size_bytes; width--) {
        wf_buffer_append_char(buffer, padding);
    }
}

void wf_buffer_append_number(struct wf_buffer *buffer, struct wf_number_layout layout,
                             uint64_t magnitude, bool is_negative)
{
    const uint64_t base = layout.is_hexadecimal ? 16 : 10;
    char digits[DIGITS_BYTES];
    size_t start = DIGITS_BYTES;
    size_t size_bytes = 0;

    do {
        digits[--start] = "0123456789abcdef"[magnitude % base];
        magnitude /= base;
    } while (magnitude > 0);
    size_bytes = DIGITS_BYTES - start + (is_negative ? 1 : 0);
    if (!layout.pads_with_zeros) {
        append_padding(buffer, ' ', layout.width, size_bytes);
    }
    if (is_negative) {
        wf_buffer_append_char(buffer, '-');
    }
    if (layout.pads_with_zeros) {
        append_padding(buffer, '0', layout.width, size_bytes);
    }
    wf_buffer_append(buffer, digits + start, DIGITS_BYTES - start);
}

void wf_buffer_append_padded(struct wf_buffer *buffer, size_t width, struct wf_string text)
{
    append_padding(buffer, ' ', width, text.size_bytes);
    wf_buffer_append_string(buffer, text);
}

struct conversion {
    struct wf_number_layout layout;
    int longness; /* 0: int; 1: size_t; 2: long long */
    char letter;
};

static const char *read_conversion(const char *format, struct conversion *conversion)
{
    *conversion = (struct conversion){.letter = '\0'};
    if (*format == '0') {
        conversion->layout.pads_with_zeros = true;
        format++;
    }
    while (wf_is_digit(*format)) {
        conversion->layout.width = conversion->layout.width * 10 + (size_t)(*format - '0');
        format++;
    }
    if (*format == 'z') {
        conversion->longness = 1;
        format++;
    }
    while (*format == 'l') {
        conversion->longness = 2;
        format++;
    }
    conversion->letter = *format;
    conversion->layout.is_hexadecimal = *format == 'x';
    WF_ASSERT(*format != '\0');
    return format + 1;
}

void wf_buffer_vprintf(struct wf_buffer *buffer, const char *format, va_list arguments)
{
    struct conversion conversion;

    while (*format != '\0') {
        const char *literal = format;
        int64_t number = 0;
        uint64_t magnitude = 0;

        while (*format != '\0' && *format != '%') {
            format++;
        }
        wf_buffer_append(buffer, literal, (size_t)(format - literal));
        if (*format == '\0') {
            break;
        }
        format = read_conversion(format + 1, &conversion);
        switch (conversion.letter) {
        case '%':
            wf_buffer_append_char(buffer, '%');
            break;
        case 'c':
            wf_buffer_append_char(buffer, (char)va_arg(arguments, int));
            break;
        case 's':
            wf_buffer_append_padded(buffer, conversion.layout.width,
                                    wf_string_of(va_arg(arguments, const char *)));
            break;
        case 'S':
            wf_buffer_append_padded(buffer, conversion.layout.width,
                                    *va_arg(arguments, const struct wf_string *));
            break;
        case 'd':
            WF_ASSERT(conversion.longness != 1);
            number = conversion.longness == 2 ? va_arg(arguments, long long) : va_arg(arguments, int);
            wf_buffer_append_number(buffer, conversion.layout, wf_magnitude(number), number < 0);
            break;
        case 'u':
        case 'x':
            if (conversion.longness == 0) {
                magnitude = va_arg(arguments, unsigned);
            } else if (conversion.longness == 1) {
                magnitude = va_arg(arguments, size_t);
            } else {
                magnitude = va_arg(arguments, unsigned long long);
            }
            wf_buffer_append_number(buffer, conversion.layout, magnitude, false);
            break;
        default:
            WF_UNREACHABLE();
        }
    }
}

void wf_buffer_printf(struct wf_buffer *buffer, const char *format, ...)
{
    va_list arguments;

    va_start(arguments, format);
    wf_buffer_vprintf(buffer, format, arguments);
    va_end(arguments);
}

/* ---- Arithmetic ---- */

bool wf_add_i64(int64_t left, int64_t right, int64_t *result)
{
    if (right > 0 ? left > INT64_MAX - right : left < INT64_MIN - right) {
        return false;
    }
    *result = left + right;
    return true;
}

bool wf_multiply_i64(int64_t left, int64_t right, int64_t *result)
{
    const bool is_negative = (left < 0) != (right < 0);
    const uint64_t limit = (uint64_t)INT64_MAX + (is_negative ? 1 : 0);
    const uint64_t left_magnitude = wf_magnitude(left);
    const uint64_t right_magnitude = wf_magnitude(right);

    if (left_magnitude != 0 && right_magnitude > limit / left_magnitude) {
        return false;
    }
    *result = (int64_t)((uint64_t)left * (uint64_t)right);
    return true;
}

bool wf_add_size(size_t left, size_t right, size_t *result)
{
    if (left > SIZE_MAX - right) {
        return false;
    }
    *result = left + right;
    return true;
}

bool wf_multiply_size(size_t left, size_t right, size_t *result)
{
    if (left != 0 && right > SIZE_MAX / left) {
        return false;
    }
    *result = left * right;
    return true;
}

/* ---- Identifiers ---- */

void wf_uuid_write(char text[WF_UUID_BYTES], const uint64_t words[2])
{
    size_t place = 0;

    for (size_t i = 0; i < 32; i++) {
        if (i == 8 || i == 12 || i == 16 || i == 20) {
            text[place++] = '-';
        }
        text[place++] = "0123456789abcdef"[words[i / 16] >> (4 * (i % 16)) & 15];
    }
    WF_ASSERT(place == WF_UUID_BYTES);
}

bool wf_uuid_is(struct wf_string text)
{
    static const char form[] = "hhhhhhhh-hhhh-hhhh-hhhh-hhhhhhhhhhhh";

    if (text.size_bytes != WF_UUID_BYTES) {
        return false;
    }
    for (size_t i = 0; i < WF_UUID_BYTES; i++) {
        const char c = text.data[i];

        if (form[i] == '-' ? c != '-' : !wf_is_digit(c) && !wf_is_hex_letter(c)) {
            return false;
        }
    }
    return true;
}
