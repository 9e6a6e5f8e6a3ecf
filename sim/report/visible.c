/* One character at a time; an escape takes four columns. */
#include "sim/report/visible.h"

#include "engine/base/assert.h"
#include "engine/base/json_text.h"

#define ESCAPE_COLUMNS 4

bool sim_is_layout(const char *character, size_t size)
{
    const uint8_t *bytes = (const uint8_t *)character;

    if (size == 2) {
        return (bytes[0] == 0xC2 && bytes[1] < 0xA0) || (bytes[0] == 0xD8 && bytes[1] == 0x9C);
    }
    return size == 3 && bytes[0] == 0xE2 &&
           ((bytes[1] == 0x80 && (bytes[2] == 0x8E || bytes[2] == 0x8F || (bytes[2] >= 0xA8 && bytes[2] <= 0xAE))) ||
            (bytes[1] == 0x81 && bytes[2] >= 0xA6 && bytes[2] <= 0xA9));
}

size_t sim_visible_size(const char *text, size_t size_bytes)
{
    const size_t size = wf_utf8_sequence(text, size_bytes);
    const uint8_t *bytes = (const uint8_t *)text;
    const bool is_control = bytes[0] < 0x20 || bytes[0] == 0x7F;

    return is_control || sim_is_layout(text, size) ? 0 : size;
}

size_t sim_append_visible(struct wf_buffer *text, struct wf_string string, size_t columns_max)
{
    size_t columns = 0;
    size_t i = 0;

    while (i < string.size_bytes) {
        const size_t size = sim_visible_size(string.data + i, string.size_bytes - i);
        const size_t step = size > 0 ? size : 1;
        const size_t wanted = size > 0 ? 1 : ESCAPE_COLUMNS;

        /* The last column is kept for the ellipsis unless the string ends there. */
        if (columns_max > 0 && columns + wanted + (i + step < string.size_bytes ? 1 : 0) > columns_max) {
            wf_buffer_append_text(text, "…");
            return columns + 1;
        }
        if (size > 0) {
            wf_buffer_append(text, string.data + i, size);
        } else {
            wf_buffer_printf(text, "\\x%02x", (unsigned)(uint8_t)string.data[i]);
        }
        columns += wanted;
        i += step;
    }
    return columns;
}

static bool is_visible(struct wf_string string)
{
    for (size_t i = 0, size = 0; i < string.size_bytes; i += size) {
        size = sim_visible_size(string.data + i, string.size_bytes - i);
        if (size == 0) {
            return false;
        }
    }
    return true;
}

void sim_make_visible(struct wf_buffer *text, size_t first_byte)
{
    struct wf_string added = wf_buffer_string(text);

    WF_ASSERT(first_byte <= added.size_bytes);
    if (first_byte == added.size_bytes) {
        return;
    }
    added = (struct wf_string){added.data + first_byte, added.size_bytes - first_byte};
    /* Most of it is visible already, and is not copied. */
    if (is_visible(added)) {
        return;
    }
    added = wf_string_copy(text->arena, added);
    text->is_full = text->is_full || added.data == NULL;
    text->size_bytes = first_byte;
    (void)sim_append_visible(text, added, 0);
}

void sim_append_column(struct wf_buffer *text, struct wf_string string, size_t columns)
{
    for (size_t used = sim_append_visible(text, string, columns); used < columns; used++) {
        wf_buffer_append_char(text, ' ');
    }
}
