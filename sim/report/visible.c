/* One character at a time; an escape takes four columns. */
#include "sim/report/visible.h"

#include "engine/base/json_text.h"

#define ESCAPE_COLUMNS 4

/* The size of the character that text begins with; 0: ill-formed, or a control character, of C1 too, which some terminals obey. */
static size_t character_size(const char *text, size_t size_bytes)
{
    const size_t size = wf_utf8_sequence(text, size_bytes);
    const uint8_t first = (uint8_t)text[0];
    const bool is_control = first < 0x20 || first == 0x7F || (first == 0xC2 && size == 2 && (uint8_t)text[1] < 0xA0);

    return is_control ? 0 : size;
}

size_t sim_append_visible(struct wf_buffer *text, struct wf_string string, size_t columns_max)
{
    size_t columns = 0;
    size_t i = 0;

    while (i < string.size_bytes) {
        const size_t size = character_size(string.data + i, string.size_bytes - i);
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

void sim_append_column(struct wf_buffer *text, struct wf_string string, size_t columns)
{
    for (size_t used = sim_append_visible(text, string, columns); used < columns; used++) {
        wf_buffer_append_char(text, ' ');
    }
}
