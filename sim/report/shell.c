/* Words of harmless characters stay as they are; others stand in single quotes, in which only the quote itself is special. */
#include "sim/report/shell.h"

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

void sim_shell_word(struct wf_buffer *out, struct wf_string word)
{
    if (!needs_quotes(word)) {
        wf_buffer_append_string(out, word);
        return;
    }
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

void sim_shell_path(struct wf_buffer *out, struct wf_string path)
{
    if (path.size_bytes > 1 && path.data[0] == '-') {
        wf_buffer_append_text(out, "./");
    }
    sim_shell_word(out, path);
}
