/* One character at a time: those that mean something are written as references, those that cannot stand are replaced. */
#include "sim/report/markup.h"

#include "engine/base/json_text.h"
#include "sim/report/visible.h"

#define REPLACEMENT "\xef\xbf\xbd" /* U+FFFD */

/* The next character and its size; NULL data: one that XML cannot hold or that turns text around, whose bytes are passed over. */
static struct wf_string take_character(struct wf_string *rest)
{
    const size_t size = wf_utf8_sequence(rest->data, rest->size_bytes);
    struct wf_string character = {rest->data, size};
    const unsigned char first = (unsigned char)rest->data[0];

    if (size == 0 || sim_is_layout(rest->data, size) || (first < 0x20 && first != '\t' && first != '\n' && first != '\r') || first == 0x7f ||
        (size == 3 && memcmp(rest->data, "\xef\xbf", 2) == 0 && (unsigned char)rest->data[2] >= 0xbe)) {
        character = (struct wf_string){NULL, 0};
    }
    rest->data += size > 0 ? size : 1;
    rest->size_bytes -= size > 0 ? size : 1;
    return character;
}

static const char *reference(char c, bool is_attribute)
{
    switch (c) {
    case '&':
        return "&amp;";
    case '<':
        return "&lt;";
    case '>':
        return "&gt;";
    case '"':
        return "&quot;";
    case '\'':
        return "&#39;";
    case '\r':
        return "&#13;"; /* a reader would turn it into a line end */
    case '\n':
        return is_attribute ? "&#10;" : NULL;
    case '\t':
        return is_attribute ? "&#9;" : NULL;
    default:
        return NULL;
    }
}

static void append_markup(struct wf_buffer *out, struct wf_string text, bool is_attribute)
{
    while (text.size_bytes > 0) {
        const struct wf_string character = take_character(&text);
        const char *name = character.data == NULL ? REPLACEMENT : reference(character.data[0], is_attribute);

        if (name != NULL) {
            wf_buffer_append_text(out, name);
        } else {
            wf_buffer_append_string(out, character);
        }
    }
}

void sim_markup_text(struct wf_buffer *out, struct wf_string text)
{
    append_markup(out, text, false);
}

void sim_markup_attribute(struct wf_buffer *out, struct wf_string text)
{
    append_markup(out, text, true);
}

static bool is_among(const char *set, char c)
{
    while (*set != '\0' && *set != c) {
        set++;
    }
    return *set != '\0';
}

void sim_markup_markdown(struct wf_buffer *out, struct wf_string text)
{
    while (text.size_bytes > 0) {
        const struct wf_string character = take_character(&text);

        if (character.data == NULL) {
            wf_buffer_append_text(out, REPLACEMENT);
        } else if (character.data[0] == '&' || character.data[0] == '<' || character.data[0] == '>') {
            wf_buffer_append_text(out, reference(character.data[0], false));
        } else if (character.data[0] == '@') {
            wf_buffer_append_text(out, "&#64;"); /* a backslash does not keep it from being a mention */
        } else if (is_among("\n\r\t", character.data[0])) {
            wf_buffer_append_char(out, ' ');
        } else {
            if (is_among("\\`*_{}[]()#+!|~$", character.data[0])) {
                wf_buffer_append_char(out, '\\');
            }
            wf_buffer_append_string(out, character);
        }
    }
}

static size_t longest_run_of_backticks(struct wf_string text)
{
    size_t longest = 0;
    size_t run = 0;

    for (size_t i = 0; i < text.size_bytes; i++) {
        run = text.data[i] == '`' ? run + 1 : 0;
        longest = run > longest ? run : longest;
    }
    return longest;
}

void sim_markup_markdown_block(struct wf_buffer *out, const char *language, struct wf_string lines)
{
    const size_t longest = longest_run_of_backticks(lines);
    const size_t fence = longest < 3 ? 3 : longest + 1;

    for (size_t i = 0; i < fence; i++) {
        wf_buffer_append_char(out, '`');
    }
    wf_buffer_printf(out, "%s\n", language);
    while (lines.size_bytes > 0) {
        const struct wf_string character = take_character(&lines);

        if (character.data == NULL) {
            wf_buffer_append_text(out, REPLACEMENT);
        } else if (character.data[0] != '\r') {
            wf_buffer_append_string(out, character);
        }
    }
    if (out->size_bytes > 0 && out->data[out->size_bytes - 1] != '\n') {
        wf_buffer_append_char(out, '\n');
    }
    for (size_t i = 0; i < fence; i++) {
        wf_buffer_append_char(out, '`');
    }
    wf_buffer_append_char(out, '\n');
}
