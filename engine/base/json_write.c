/* Writing JSON text. Runs of characters that need no escape are appended whole. */
#include "engine/base/assert.h"
#include "engine/base/json_scan.h"
#include "engine/base/json_text.h"

#define DIGITS_BYTES 20 /* UINT64_MAX in decimal */
#define HASH_BYTES 17 /* 16 digits; a buffer keeps room for a NUL */

/* Appends what stands for a byte that cannot stand for itself. */
static void write_escape(struct wf_buffer *out, unsigned char c)
{
    switch (c) {
    case '"':
        wf_buffer_append(out, "\\\"", 2);
        break;
    case '\\':
        wf_buffer_append(out, "\\\\", 2);
        break;
    case '\b':
        wf_buffer_append(out, "\\b", 2);
        break;
    case '\f':
        wf_buffer_append(out, "\\f", 2);
        break;
    case '\n':
        wf_buffer_append(out, "\\n", 2);
        break;
    case '\r':
        wf_buffer_append(out, "\\r", 2);
        break;
    case '\t':
        wf_buffer_append(out, "\\t", 2);
        break;
    default:
        wf_buffer_printf(out, "\\u%04x", (unsigned)c);
        break;
    }
}

void wf_json_write_string(struct wf_buffer *out, struct wf_string text)
{
    size_t run = 0; /* where the bytes not yet appended start */
    size_t i = 0;

    wf_buffer_append_char(out, '"');
    while (i < text.size_bytes) {
        const unsigned char c = (unsigned char)text.data[i];
        size_t length = 0;

        if (text.size_bytes - i >= 8) {
            const uint64_t word = wf_load_u64(text.data + i);

            if (((word & WF_HIGH_BITS) | wf_special_bytes(word)) == 0) {
                i += 8;
                continue;
            }
        }
        length = wf_utf8_sequence(text.data + i, text.size_bytes - i);
        if (length > 1 || (c >= 0x20 && c < 0x80 && c != '"' && c != '\\')) {
            i += length;
            continue;
        }
        wf_buffer_append(out, text.data + run, i - run);
        if (length == 0) {
            wf_buffer_append(out, "\xEF\xBF\xBD", 3); /* U+FFFD, one for each bad byte */
        } else {
            write_escape(out, c);
        }
        run = ++i;
    }
    if (run < text.size_bytes) {
        wf_buffer_append(out, text.data + run, text.size_bytes - run);
    }
    wf_buffer_append_char(out, '"');
}

void wf_json_write_u64(struct wf_buffer *out, uint64_t value)
{
    char digits[DIGITS_BYTES];
    size_t start = DIGITS_BYTES;

    do {
        digits[--start] = (char)('0' + value % 10);
        value /= 10;
    } while (value > 0);
    wf_buffer_append(out, digits + start, DIGITS_BYTES - start);
}

void wf_json_write_i64(struct wf_buffer *out, int64_t value)
{
    if (value < 0) {
        wf_buffer_append_char(out, '-');
    }
    wf_json_write_u64(out, wf_magnitude(value));
}

void wf_json_writer_init(struct wf_json_writer *writer, struct wf_buffer *out, uint32_t indent)
{
    *writer = (struct wf_json_writer){.out = out, .indent = indent};
}

static void write_newline(struct wf_json_writer *writer)
{
    if (writer->indent > 0) {
        wf_buffer_append_char(writer->out, '\n');
        for (uint32_t i = 0; i < writer->depth * writer->indent; i++) {
            wf_buffer_append_char(writer->out, ' ');
        }
    }
}

/* Writes what separates the next key or value from what stands before it. */
static void separate(struct wf_json_writer *writer)
{
    if (writer->is_after_key) {
        writer->is_after_key = false;
        return;
    }
    if (writer->needs_comma) {
        wf_buffer_append_char(writer->out, ',');
    }
    if (writer->depth > 0) {
        write_newline(writer);
    }
}

static void begin(struct wf_json_writer *writer, char bracket)
{
    separate(writer);
    wf_buffer_append_char(writer->out, bracket);
    writer->depth++;
    writer->needs_comma = false;
}

static void end(struct wf_json_writer *writer, char bracket)
{
    WF_ASSERT(writer->depth > 0);
    WF_ASSERT(!writer->is_after_key);
    writer->depth--;
    if (writer->needs_comma) {
        write_newline(writer);
    }
    wf_buffer_append_char(writer->out, bracket);
    writer->needs_comma = true;
}

void wf_json_begin_object(struct wf_json_writer *writer)
{
    begin(writer, '{');
}

void wf_json_end_object(struct wf_json_writer *writer)
{
    end(writer, '}');
}

void wf_json_begin_array(struct wf_json_writer *writer)
{
    begin(writer, '[');
}

void wf_json_end_array(struct wf_json_writer *writer)
{
    end(writer, ']');
}

void wf_json_key(struct wf_json_writer *writer, const char *key)
{
    WF_ASSERT(!writer->is_after_key);
    separate(writer);
    wf_json_write_string(writer->out, wf_string_of(key));
    wf_buffer_append_char(writer->out, ':');
    if (writer->indent > 0) {
        wf_buffer_append_char(writer->out, ' ');
    }
    writer->is_after_key = true;
}

void wf_json_put_string(struct wf_json_writer *writer, const char *key, struct wf_string value)
{
    wf_json_key(writer, key);
    wf_json_string(writer, value);
}

void wf_json_put_u64(struct wf_json_writer *writer, const char *key, uint64_t value)
{
    wf_json_key(writer, key);
    wf_json_u64(writer, value);
}

void wf_json_put_i64(struct wf_json_writer *writer, const char *key, int64_t value)
{
    wf_json_key(writer, key);
    wf_json_i64(writer, value);
}

void wf_json_put_bool(struct wf_json_writer *writer, const char *key, bool value)
{
    wf_json_key(writer, key);
    wf_json_bool(writer, value);
}

void wf_json_put_object(struct wf_json_writer *writer, const char *key)
{
    wf_json_key(writer, key);
    wf_json_begin_object(writer);
}

void wf_json_put_array(struct wf_json_writer *writer, const char *key)
{
    wf_json_key(writer, key);
    wf_json_begin_array(writer);
}

void wf_json_put_hash(struct wf_json_writer *writer, const char *key, uint64_t value)
{
    char memory[HASH_BYTES];
    struct wf_buffer text;

    wf_buffer_init_fixed(&text, memory, sizeof memory);
    wf_buffer_printf(&text, "%016llx", (unsigned long long)value);
    wf_json_put_string(writer, key, wf_buffer_string(&text));
}

void wf_json_raw(struct wf_json_writer *writer, struct wf_string json)
{
    separate(writer);
    wf_buffer_append_string(writer->out, json);
    writer->needs_comma = true;
}

void wf_json_string(struct wf_json_writer *writer, struct wf_string value)
{
    separate(writer);
    wf_json_write_string(writer->out, value);
    writer->needs_comma = true;
}

void wf_json_text(struct wf_json_writer *writer, const char *value)
{
    wf_json_string(writer, wf_string_of(value));
}

void wf_json_i64(struct wf_json_writer *writer, int64_t value)
{
    separate(writer);
    wf_json_write_i64(writer->out, value);
    writer->needs_comma = true;
}

void wf_json_u64(struct wf_json_writer *writer, uint64_t value)
{
    separate(writer);
    wf_json_write_u64(writer->out, value);
    writer->needs_comma = true;
}

void wf_json_bool(struct wf_json_writer *writer, bool value)
{
    wf_json_raw(writer, value ? WF_STR("true") : WF_STR("false"));
}

void wf_json_null(struct wf_json_writer *writer)
{
    wf_json_raw(writer, WF_STR("null"));
}
