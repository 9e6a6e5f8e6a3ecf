/*
 * Words of harmless characters stay as they are; others stand in single quotes, in which only the quote itself is special. What a
 * terminal obeys, or a report would replace, is written as digits in $'...', which shells have beside the standard, and in it.
 */
#include "sim/report/shell.h"

#include "sim/report/visible.h"

static bool is_harmless(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || wf_is_digit(c) || c == '_' || c == '-' ||
           c == '.' || c == '/' || c == ':' || c == ',' || c == '+' || c == '=' || c == '@' || c == '%';
}

static bool needs_quotes(struct wf_string word)
{
    for (size_t i = 0; i < word.size_bytes; i++) {
        if (!is_harmless(word.data[i])) {
            return true;
        }
    }
    return word.size_bytes == 0;
}

static bool needs_digits(struct wf_string word)
{
    for (size_t i = 0, size = 0; i < word.size_bytes; i += size) {
        size = sim_visible_size(word.data + i, word.size_bytes - i);
        if (size == 0) {
            return true;
        }
    }
    return false;
}

/* Always three digits, so that one of the word behind them stays one. */
static void append_with_digits(struct wf_buffer *out, struct wf_string word)
{
    wf_buffer_append_text(out, "$'");
    for (size_t i = 0, size = 0; i < word.size_bytes; i += size) {
        const unsigned byte = (unsigned char)word.data[i];

        size = sim_visible_size(word.data + i, word.size_bytes - i);
        if (size == 0) {
            wf_buffer_printf(out, "\\%u%u%u", byte >> 6, byte >> 3 & 7, byte & 7);
            size = 1;
        } else if (word.data[i] == '\'' || word.data[i] == '\\') {
            wf_buffer_append_char(out, '\\');
            wf_buffer_append_char(out, word.data[i]);
        } else {
            wf_buffer_append(out, word.data + i, size);
        }
    }
    wf_buffer_append_char(out, '\'');
}

static void append_quoted(struct wf_buffer *out, struct wf_string word)
{
    wf_buffer_append_char(out, '\'');
    for (size_t i = 0; i < word.size_bytes; i++) {
        if (word.data[i] == '\'') {
            wf_buffer_append_text(out, "'\\''"); /* ends the quotes, says a quote, begins them again */
        } else {
            wf_buffer_append_char(out, word.data[i]);
        }
    }
    wf_buffer_append_char(out, '\'');
}

void sim_shell_word(struct wf_buffer *out, struct wf_string word)
{
    if (!needs_quotes(word)) {
        wf_buffer_append_string(out, word);
    } else if (needs_digits(word)) {
        append_with_digits(out, word);
    } else {
        append_quoted(out, word);
    }
}

void sim_shell_path(struct wf_buffer *out, struct wf_string path)
{
    if (path.size_bytes > 1 && path.data[0] == '-') {
        wf_buffer_append_text(out, "./");
    }
    sim_shell_word(out, path);
}
