/* A word at a time. A time or a version is several words of digits with marks between them, and becomes one sign. */
#include "engine/replay/scrub.h"

#define SIGN '#'

/* English has no word of so many of the letters a to f; checksums do. */
#define HEX_LETTERS_MIN 8u

static bool is_letter(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (unsigned char)c >= 0x80;
}

static bool is_of_word(char c)
{
    return is_letter(c) || wf_is_digit(c);
}

/* What stands inside of times, fractions, versions and addresses of networks. */
static bool is_mark(char c)
{
    return c == '.' || c == ',' || c == ':' || c == '-' || c == '+' || c == '/' || c == '_';
}

static size_t word_size(struct wf_string text)
{
    size_t size = 0;

    while (size < text.size_bytes && is_of_word(text.data[size])) {
        size++;
    }
    return size;
}

static size_t uuid_size(struct wf_string text)
{
    const bool is_whole = text.size_bytes == WF_UUID_BYTES || (text.size_bytes > WF_UUID_BYTES && !is_of_word(text.data[WF_UUID_BYTES]));

    return is_whole && wf_uuid_is((struct wf_string){text.data, WF_UUID_BYTES}) ? WF_UUID_BYTES : 0;
}

/* How much of the text, which begins where a word may begin, is an id; 0: none is. */
static size_t id_size(struct wf_string text, const struct wf_string *ids, size_t id_count)
{
    size_t size = uuid_size(text);

    for (size_t i = 0; i < id_count; i++) {
        const size_t end = ids[i].size_bytes;
        const bool is_whole = end == text.size_bytes || (end < text.size_bytes && !is_of_word(text.data[end]));

        if (is_whole && end > size && wf_string_starts_with(text, ids[i])) {
            size = end;
        }
    }
    return size;
}

/* How many letters of a word say something; all of them when it has no number. */
static size_t kept_size(struct wf_string word)
{
    size_t letters = 0;
    size_t hex_letters = 0;
    size_t end = 0;

    while (letters < word.size_bytes && is_letter(word.data[letters])) {
        hex_letters += wf_is_hex_letter(word.data[letters]);
        letters++;
    }
    end = letters;
    while (end < word.size_bytes && wf_is_digit(word.data[end])) {
        end++;
    }
    if (letters == word.size_bytes) {
        return hex_letters == letters && letters >= HEX_LETTERS_MIN ? 0 : letters;
    }
    return end == word.size_bytes && hex_letters < letters ? letters : 0;
}

/* Joins the sign with one before it when only marks stand between them, and takes in the sign of a number. */
static void put_sign(struct wf_buffer *out, size_t begin)
{
    size_t end = out->size_bytes;

    while (end > begin && is_mark(out->data[end - 1])) {
        end--;
    }
    if (end > begin && out->data[end - 1] == SIGN) {
        out->size_bytes = end;
        return;
    }
    end = out->size_bytes;
    if (end > begin && (out->data[end - 1] == '-' || out->data[end - 1] == '+') &&
        (end == begin + 1 || !is_of_word(out->data[end - 2]))) {
        out->size_bytes--;
    }
    wf_buffer_append_char(out, SIGN);
}

void wf_scrub(struct wf_string text, const struct wf_string *ids, size_t id_count, struct wf_buffer *out)
{
    const size_t begin = out->size_bytes;

    for (size_t at = 0, size = 0; at < text.size_bytes && !out->is_full; at += size) {
        const struct wf_string rest = {text.data + at, text.size_bytes - at};

        size = id_size(rest, ids, id_count);
        if (size > 0) {
            put_sign(out, begin);
            continue;
        }
        size = word_size(rest);
        if (size == 0) {
            wf_buffer_append_char(out, rest.data[0]);
            size = 1;
            continue;
        }
        const size_t kept = kept_size((struct wf_string){rest.data, size});

        wf_buffer_append(out, rest.data, kept);
        if (kept == 0) {
            put_sign(out, begin);
        } else if (kept < size) {
            wf_buffer_append_char(out, SIGN);
        }
    }
}
