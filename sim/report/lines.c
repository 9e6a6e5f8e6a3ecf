/* A carriage return is a blank. */
#include "sim/report/lines.h"

static bool is_blank(char c)
{
    return c == ' ' || c == '\t' || c == '\r';
}

struct wf_string sim_take_line(struct wf_string *rest)
{
    struct wf_string line = {rest->data, 0};

    while (line.size_bytes < rest->size_bytes && line.data[line.size_bytes] != '\n') {
        line.size_bytes++;
    }
    const size_t step = line.size_bytes < rest->size_bytes ? line.size_bytes + 1 : line.size_bytes;
    *rest = (struct wf_string){rest->data + step, rest->size_bytes - step};
    while (line.size_bytes > 0 && is_blank(line.data[line.size_bytes - 1])) {
        line.size_bytes--;
    }
    return line;
}

struct wf_string sim_take_word(struct wf_string *rest)
{
    struct wf_string word = {NULL, 0};

    while (rest->size_bytes > 0 && is_blank(rest->data[0])) {
        *rest = (struct wf_string){rest->data + 1, rest->size_bytes - 1};
    }
    word.data = rest->data;
    while (word.size_bytes < rest->size_bytes && !is_blank(word.data[word.size_bytes])) {
        word.size_bytes++;
    }
    *rest = (struct wf_string){rest->data + word.size_bytes, rest->size_bytes - word.size_bytes};
    while (rest->size_bytes > 0 && is_blank(rest->data[0])) {
        *rest = (struct wf_string){rest->data + 1, rest->size_bytes - 1};
    }
    return word;
}
