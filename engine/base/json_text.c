/*
 * The reader is a state machine over one pointer; the kinds of the open containers are a bit each. Strings and blanks are
 * scanned eight bytes at a time.
 */
#include "engine/base/json_text.h"

#include "engine/base/arena.h"
#include "engine/base/assert.h"
#include "engine/base/json_scan.h"

#define REPLACEMENT_CHARACTER UINT32_C(0xFFFD)

static enum wf_status fail_here(const struct wf_json_reader *reader, const char *at, struct wf_error *err,
                                const char *expected)
{
    const int64_t byte_offset = at - reader->start;

    if (at >= reader->end) {
        return wf_fail_at(err, WF_ERR_CORRUPT, byte_offset, "the JSON text ends where %s should be", expected);
    }
    if (*at >= ' ' && *at <= '~') {
        return wf_fail_at(err, WF_ERR_CORRUPT, byte_offset, "JSON text has '%c' where %s should be", *at, expected);
    }
    return wf_fail_at(err, WF_ERR_CORRUPT, byte_offset, "JSON text has byte 0x%02x where %s should be",
                      (unsigned)(unsigned char)*at, expected);
}

void wf_json_reader_init(struct wf_json_reader *reader, struct wf_string text)
{
    memset(reader, 0, sizeof *reader);
    reader->start = text.size_bytes == 0 ? "" : text.data;
    reader->next = reader->start;
    reader->end = reader->start + text.size_bytes;
    reader->state = WF_JSON_STATE_VALUE;
}

static bool is_in_object(const struct wf_json_reader *reader)
{
    const uint32_t level = reader->depth - 1;

    return (reader->containers[level / 8] >> level % 8 & 1) != 0;
}

static void end_value(struct wf_json_reader *reader, const char *next)
{
    reader->next = next;
    reader->state = reader->depth == 0 ? WF_JSON_STATE_DONE : WF_JSON_STATE_MORE;
}

static bool is_hex(char c)
{
    return wf_is_digit(c) || wf_is_hex_letter(c);
}

/* The size of the escape at `at`, which is a backslash; 0 when it is none of RFC 8259. */
static size_t escape_size_bytes(const char *at, const char *end)
{
    if (end - at < 2) {
        return 0;
    }
    switch (at[1]) {
    case '"':
    case '\\':
    case '/':
    case 'b':
    case 'f':
    case 'n':
    case 'r':
    case 't':
        return 2;
    case 'u':
        return end - at >= 6 && is_hex(at[2]) && is_hex(at[3]) && is_hex(at[4]) && is_hex(at[5]) ? 6 : 0;
    default:
        return 0;
    }
}

/* Reads the string whose opening quote is at `at`; *next is moved past its closing quote. */
static enum wf_status read_string(const struct wf_json_reader *reader, const char *at, struct wf_json_token *token,
                                  const char **next, struct wf_error *err)
{
    const char *start = at + 1;
    const char *end = reader->end;

    token->has_escapes = false;
    for (at = wf_skip_plain(start, end);; at = wf_skip_plain(at, end)) {
        size_t escape_bytes = 0;

        if (at == end) {
            return wf_fail_at(err, WF_ERR_CORRUPT, token->byte_offset, "this JSON string has no end");
        }
        if (*at == '"') {
            break;
        }
        if (*at != '\\') {
            return fail_here(reader, at, err, "a character of a string");
        }
        escape_bytes = escape_size_bytes(at, end);
        if (escape_bytes == 0) {
            return wf_fail_at(err, WF_ERR_CORRUPT, at - reader->start, "a JSON string has a bad escape");
        }
        token->has_escapes = true;
        at += escape_bytes;
    }
    token->text = (struct wf_string){start, (size_t)(at - start)};
    *next = at + 1;
    return WF_OK;
}

static const char *skip_digits(const char *at, const char *end)
{
    while (at < end && wf_is_digit(*at)) {
        at++;
    }
    return at;
}

/* The end of the number at `at` by the grammar of RFC 8259; NULL when there is none. */
static const char *number_end(const char *at, const char *end)
{
    const char *digits = at + (at < end && *at == '-' ? 1 : 0);

    at = skip_digits(digits, end);
    if (at == digits || (*digits == '0' && at - digits > 1)) {
        return NULL;
    }
    if (at < end && *at == '.') {
        digits = at + 1;
        at = skip_digits(digits, end);
        if (at == digits) {
            return NULL;
        }
    }
    if (at < end && (*at == 'e' || *at == 'E')) {
        digits = at + 1;
        digits += digits < end && (*digits == '+' || *digits == '-') ? 1 : 0;
        at = skip_digits(digits, end);
        if (at == digits) {
            return NULL;
        }
    }
    return at;
}

static enum wf_status read_literal(struct wf_json_reader *reader, const char *at, struct wf_string literal,
                                   enum wf_json_kind kind, struct wf_json_token *token, struct wf_error *err)
{
    if ((size_t)(reader->end - at) < literal.size_bytes || memcmp(at, literal.data, literal.size_bytes) != 0) {
        return fail_here(reader, at, err, "a value");
    }
    token->kind = kind;
    token->text = (struct wf_string){at, literal.size_bytes};
    end_value(reader, at + literal.size_bytes);
    return WF_OK;
}

static enum wf_status open_container(struct wf_json_reader *reader, const char *at, bool is_object,
                                     struct wf_json_token *token, struct wf_error *err)
{
    const uint32_t level = reader->depth;
    const uint8_t bit = (uint8_t)(1u << level % 8);

    if (level == WF_JSON_DEPTH_MAX) {
        return wf_fail_at(err, WF_ERR_LIMIT, token->byte_offset, "JSON text is nested deeper than %d levels",
                          WF_JSON_DEPTH_MAX);
    }
    if (is_object) {
        reader->containers[level / 8] |= bit;
    } else {
        reader->containers[level / 8] &= (uint8_t)~bit;
    }
    reader->depth++;
    reader->next = at + 1;
    reader->state = is_object ? WF_JSON_STATE_FIRST_KEY : WF_JSON_STATE_FIRST_ITEM;
    token->kind = is_object ? WF_JSON_OBJECT_BEGIN : WF_JSON_ARRAY_BEGIN;
    token->text = (struct wf_string){at, 1};
    return WF_OK;
}

static enum wf_status close_container(struct wf_json_reader *reader, const char *at, struct wf_json_token *token)
{
    token->kind = is_in_object(reader) ? WF_JSON_OBJECT_END : WF_JSON_ARRAY_END;
    token->text = (struct wf_string){at, 1};
    reader->depth--;
    end_value(reader, at + 1);
    return WF_OK;
}

static enum wf_status read_value(struct wf_json_reader *reader, const char *at, struct wf_json_token *token,
                                 struct wf_error *err)
{
    const char *next = NULL;

    switch (*at) {
    case '"':
        token->kind = WF_JSON_STRING;
        WF_TRY(read_string(reader, at, token, &next, err));
        end_value(reader, next);
        return WF_OK;
    case '{':
        return open_container(reader, at, true, token, err);
    case '[':
        return open_container(reader, at, false, token, err);
    case 't':
        return read_literal(reader, at, WF_STR("true"), WF_JSON_TRUE, token, err);
    case 'f':
        return read_literal(reader, at, WF_STR("false"), WF_JSON_FALSE, token, err);
    case 'n':
        return read_literal(reader, at, WF_STR("null"), WF_JSON_NULL, token, err);
    default:
        break;
    }
    if (*at != '-' && !wf_is_digit(*at)) {
        return fail_here(reader, at, err, "a value");
    }
    next = number_end(at, reader->end);
    if (next == NULL) {
        return wf_fail_at(err, WF_ERR_CORRUPT, token->byte_offset, "JSON text has a malformed number");
    }
    token->kind = WF_JSON_NUMBER;
    token->text = (struct wf_string){at, (size_t)(next - at)};
    end_value(reader, next);
    return WF_OK;
}

static enum wf_status read_key(struct wf_json_reader *reader, const char *at, struct wf_json_token *token,
                               struct wf_error *err)
{
    const char *next = NULL;

    if (at == reader->end || *at != '"') {
        return fail_here(reader, at, err, "a key");
    }
    token->kind = WF_JSON_KEY;
    token->byte_offset = at - reader->start;
    WF_TRY(read_string(reader, at, token, &next, err));
    next = wf_skip_blanks(next, reader->end);
    if (next == reader->end || *next != ':') {
        return fail_here(reader, next, err, "a colon");
    }
    reader->next = next + 1;
    reader->state = WF_JSON_STATE_VALUE;
    return WF_OK;
}

/* After a value in a container: its end, or a comma and what follows it. */
static enum wf_status read_more(struct wf_json_reader *reader, const char *at, struct wf_json_token *token,
                                struct wf_error *err)
{
    const bool is_object = is_in_object(reader);

    if (*at == (is_object ? '}' : ']')) {
        return close_container(reader, at, token);
    }
    if (*at != ',') {
        return fail_here(reader, at, err, is_object ? "a comma or }" : "a comma or ]");
    }
    at = wf_skip_blanks(at + 1, reader->end);
    token->byte_offset = at - reader->start;
    if (is_object) {
        return read_key(reader, at, token, err);
    }
    return at == reader->end ? fail_here(reader, at, err, "a value") : read_value(reader, at, token, err);
}

enum wf_status wf_json_next(struct wf_json_reader *reader, struct wf_json_token *token, struct wf_error *err)
{
    const char *at = wf_skip_blanks(reader->next, reader->end);

    token->has_escapes = false;
    token->byte_offset = at - reader->start;
    if (at == reader->end) {
        if (reader->state != WF_JSON_STATE_DONE) {
            return fail_here(reader, at, err, reader->state == WF_JSON_STATE_VALUE ? "a value" : "the end of a container");
        }
        token->kind = WF_JSON_END;
        token->text = (struct wf_string){at, 0};
        reader->next = at;
        return WF_OK;
    }
    switch ((enum wf_json_state)reader->state) {
    case WF_JSON_STATE_FIRST_ITEM:
        return *at == ']' ? close_container(reader, at, token) : read_value(reader, at, token, err);
    case WF_JSON_STATE_VALUE:
        return read_value(reader, at, token, err);
    case WF_JSON_STATE_FIRST_KEY:
        return *at == '}' ? close_container(reader, at, token) : read_key(reader, at, token, err);
    case WF_JSON_STATE_KEY:
        return read_key(reader, at, token, err);
    case WF_JSON_STATE_MORE:
        return read_more(reader, at, token, err);
    case WF_JSON_STATE_DONE:
        return fail_here(reader, at, err, "the end of the text");
    }
    WF_UNREACHABLE();
}

enum wf_status wf_json_skip(struct wf_json_reader *reader, const struct wf_json_token *first, struct wf_string *raw,
                            struct wf_error *err)
{
    const char *start = reader->start + first->byte_offset;
    const bool is_container = first->kind == WF_JSON_OBJECT_BEGIN || first->kind == WF_JSON_ARRAY_BEGIN;
    const uint32_t outer_depth = reader->depth - (is_container ? 1 : 0);
    struct wf_json_token token;

    WF_ASSERT(first->kind != WF_JSON_KEY);
    while (reader->depth > outer_depth) {
        WF_TRY(wf_json_next(reader, &token, err));
    }
    if (raw != NULL) {
        *raw = (struct wf_string){start, (size_t)(reader->next - start)};
    }
    return WF_OK;
}

/* ---- UTF-8 and escapes ---- */

size_t wf_utf8_sequence(const char *bytes, size_t size_bytes)
{
    const unsigned char *byte = (const unsigned char *)bytes;
    unsigned char second_min = 0x80;
    unsigned char second_max = 0xBF;
    size_t length = 0;

    if (size_bytes == 0) {
        return 0;
    }
    if (byte[0] < 0x80) {
        return 1;
    }
    /* Unicode, table 3-7: no overlong forms, no surrogates, nothing above U+10FFFF. */
    if (byte[0] >= 0xC2 && byte[0] <= 0xDF) {
        length = 2;
    } else if (byte[0] >= 0xE0 && byte[0] <= 0xEF) {
        length = 3;
        second_min = byte[0] == 0xE0 ? 0xA0 : 0x80;
        second_max = byte[0] == 0xED ? 0x9F : 0xBF;
    } else if (byte[0] >= 0xF0 && byte[0] <= 0xF4) {
        length = 4;
        second_min = byte[0] == 0xF0 ? 0x90 : 0x80;
        second_max = byte[0] == 0xF4 ? 0x8F : 0xBF;
    }
    if (length == 0 || length > size_bytes || byte[1] < second_min || byte[1] > second_max) {
        return 0;
    }
    for (size_t i = 2; i < length; i++) {
        if ((byte[i] & 0xC0) != 0x80) {
            return 0;
        }
    }
    return length;
}

static bool is_utf8(struct wf_string text)
{
    size_t i = 0;

    while (i < text.size_bytes) {
        size_t length = 0;

        if (text.size_bytes - i >= 8 && (wf_load_u64(text.data + i) & WF_HIGH_BITS) == 0) {
            i += 8;
            continue;
        }
        length = wf_utf8_sequence(text.data + i, text.size_bytes - i);
        if (length == 0) {
            return false;
        }
        i += length;
    }
    return true;
}

static uint32_t hex_value(char c)
{
    return (uint32_t)(c <= '9' ? c - '0' : (c | 0x20) - 'a' + 10);
}

static uint32_t read_hex4(const char *at)
{
    return hex_value(at[0]) << 12 | hex_value(at[1]) << 8 | hex_value(at[2]) << 4 | hex_value(at[3]);
}

static size_t write_utf8(uint32_t code, char out[4])
{
    if (code < 0x80) {
        out[0] = (char)code;
        return 1;
    }
    if (code < 0x800) {
        out[0] = (char)(0xC0 | code >> 6);
        out[1] = (char)(0x80 | (code & 0x3F));
        return 2;
    }
    if (code < 0x10000) {
        out[0] = (char)(0xE0 | code >> 12);
        out[1] = (char)(0x80 | (code >> 6 & 0x3F));
        out[2] = (char)(0x80 | (code & 0x3F));
        return 3;
    }
    out[0] = (char)(0xF0 | code >> 18);
    out[1] = (char)(0x80 | (code >> 12 & 0x3F));
    out[2] = (char)(0x80 | (code >> 6 & 0x3F));
    out[3] = (char)(0x80 | (code & 0x3F));
    return 4;
}

/* Reads one or, for a surrogate pair, two \u escapes. */
static uint32_t read_unicode_escape(const char **at, const char *end)
{
    const uint32_t high = read_hex4(*at + 2);
    uint32_t low = 0;

    *at += 6;
    if (high < 0xD800 || high > 0xDFFF) {
        return high;
    }
    if (high <= 0xDBFF && escape_size_bytes(*at, end) == 6) {
        low = read_hex4(*at + 2);
        if (low >= 0xDC00 && low <= 0xDFFF) {
            *at += 6;
            return 0x10000 + ((high - 0xD800) << 10) + (low - 0xDC00);
        }
    }
    return REPLACEMENT_CHARACTER;
}

/* Decodes the escape at *at into out and moves *at past it; 0 when it is no escape. */
static size_t read_escape(const char **at, const char *end, char out[4])
{
    if (*at == end || **at != '\\') {
        return 0;
    }
    switch (escape_size_bytes(*at, end)) {
    case 6:
        return write_utf8(read_unicode_escape(at, end), out);
    case 2:
        break;
    default:
        return 0;
    }
    switch ((*at)[1]) {
    case 'b':
        out[0] = '\b';
        break;
    case 'f':
        out[0] = '\f';
        break;
    case 'n':
        out[0] = '\n';
        break;
    case 'r':
        out[0] = '\r';
        break;
    case 't':
        out[0] = '\t';
        break;
    default:
        out[0] = (*at)[1];
        break;
    }
    *at += 2;
    return 1;
}

enum wf_status wf_json_unescape(struct wf_arena *arena, const struct wf_json_token *token, struct wf_string *out,
                                struct wf_error *err)
{
    const char *at = token->text.data;
    const char *end = at + token->text.size_bytes;
    char *text = NULL;
    size_t size_bytes = 0;

    if (!is_utf8(token->text)) {
        return wf_fail_at(err, WF_ERR_CORRUPT, token->byte_offset, "this JSON string is not UTF-8");
    }
    if (!token->has_escapes) {
        *out = token->text;
        return WF_OK;
    }
    /* Every escape is at least as long as what it stands for. */
    text = wf_arena_take_text(arena, token->text.size_bytes);
    if (text == NULL) {
        return wf_fail_at(err, WF_ERR_MEMORY, token->byte_offset, "no memory for a JSON string");
    }
    while (at < end) {
        const char *plain_end = wf_skip_plain(at, end);
        char decoded[4];
        size_t decoded_bytes = 0;

        memcpy(text + size_bytes, at, (size_t)(plain_end - at));
        size_bytes += (size_t)(plain_end - at);
        at = plain_end;
        if (at == end) {
            break;
        }
        decoded_bytes = read_escape(&at, end, decoded);
        if (decoded_bytes == 0) {
            return wf_fail_at(err, WF_ERR_CORRUPT, token->byte_offset, "a JSON string has a bad escape");
        }
        memcpy(text + size_bytes, decoded, decoded_bytes);
        size_bytes += decoded_bytes;
    }
    *out = (struct wf_string){text, size_bytes};
    return WF_OK;
}

size_t wf_json_decode_character(const char **at, const char *end, char out[4])
{
    const size_t escape_bytes = read_escape(at, end, out);

    if (escape_bytes > 0) {
        return escape_bytes;
    }
    out[0] = *(*at)++;
    return 1;
}

bool wf_json_token_is(const struct wf_json_token *token, struct wf_string string)
{
    const char *at = token->text.data;
    const char *end = at + token->text.size_bytes;
    size_t matched = 0;

    if (!token->has_escapes) {
        return wf_string_equal(token->text, string);
    }
    while (at < end) {
        char decoded[4];
        const size_t decoded_bytes = wf_json_decode_character(&at, end, decoded);

        if (string.size_bytes - matched < decoded_bytes ||
            memcmp(string.data + matched, decoded, decoded_bytes) != 0) {
            return false;
        }
        matched += decoded_bytes;
    }
    return matched == string.size_bytes;
}

/* ---- Integers ---- */

/* magnitude * 10^power + digit, false on overflow. */
static bool append_digits(uint64_t *magnitude, int64_t power, unsigned digit)
{
    uint64_t value = *magnitude;

    for (; power > 0; power--) {
        if (value > UINT64_MAX / 10) {
            return false;
        }
        value *= 10;
    }
    if (value > UINT64_MAX - digit) {
        return false;
    }
    *magnitude = value + digit;
    return true;
}

#define EXPONENT_MAX 100000

/* The value of the digits after an e, held to a range that no int64 needs. */
static int64_t read_exponent(const char *at, const char *end)
{
    const bool is_negative = *at == '-';
    int64_t exponent = 0;

    at += *at == '-' || *at == '+' ? 1 : 0;
    for (; at < end && exponent < EXPONENT_MAX; at++) {
        exponent = exponent * 10 + (*at - '0');
    }
    return is_negative ? -exponent : exponent;
}

/* The magnitude of the number in [at, end), which fits the grammar; false when it is not whole or too large. */
static bool read_magnitude(const char *at, const char *end, uint64_t *magnitude)
{
    bool is_fraction = false;
    int64_t zeros = 0; /* zeros since the last other digit: they matter only if more digits follow */
    int64_t exponent = 0;

    *magnitude = 0;
    for (; at < end && *at != 'e' && *at != 'E'; at++) {
        if (*at == '.') {
            is_fraction = true;
            continue;
        }
        exponent -= is_fraction ? 1 : 0;
        if (*at == '0') {
            zeros++;
            continue;
        }
        if (!append_digits(magnitude, *magnitude == 0 ? 0 : zeros + 1, (unsigned)(*at - '0'))) {
            return false;
        }
        zeros = 0;
    }
    if (*magnitude == 0) {
        return true;
    }
    exponent += zeros;
    if (at < end) {
        exponent += read_exponent(at + 1, end);
    }
    return exponent >= 0 && append_digits(magnitude, exponent, 0);
}

enum wf_status wf_json_integer(const struct wf_json_token *token, int64_t *value, struct wf_error *err)
{
    const char *at = token->text.data;
    const char *end = at + token->text.size_bytes;
    const bool is_negative = at < end && *at == '-';
    uint64_t magnitude = 0;

    if (token->text.size_bytes == 0 || number_end(at, end) != end) {
        return wf_fail_at(err, WF_ERR_INVALID, token->byte_offset, "this is not an integer");
    }
    if (!read_magnitude(at + (is_negative ? 1 : 0), end, &magnitude) ||
        magnitude > (uint64_t)INT64_MAX + (is_negative ? 1 : 0)) {
        return wf_fail_at(err, WF_ERR_INVALID, token->byte_offset, "this is not a whole number of 64 bits");
    }
    *value = is_negative ? (int64_t)(0 - magnitude) : (int64_t)magnitude;
    return WF_OK;
}

/* ---- Looking inside a value ---- */

static const struct wf_string absent = {NULL, 0};

/* Starts reading a container of this kind; false when the text is something else. */
static bool enter(struct wf_json_reader *reader, struct wf_string text, enum wf_json_kind kind)
{
    struct wf_json_token token;

    wf_json_reader_init(reader, text);
    return wf_json_next(reader, &token, NULL) == WF_OK && token.kind == kind;
}

struct wf_string wf_json_member(struct wf_string object, struct wf_string key)
{
    struct wf_json_reader reader;
    struct wf_json_token token;
    struct wf_string raw = absent;

    if (!enter(&reader, object, WF_JSON_OBJECT_BEGIN)) {
        return absent;
    }
    while (wf_json_next(&reader, &token, NULL) == WF_OK && token.kind == WF_JSON_KEY) {
        const bool is_found = wf_json_token_is(&token, key);

        if (wf_json_next(&reader, &token, NULL) != WF_OK || wf_json_skip(&reader, &token, &raw, NULL) != WF_OK) {
            return absent;
        }
        if (is_found) {
            return raw;
        }
    }
    return absent;
}

struct wf_string wf_json_item(struct wf_string array, size_t index)
{
    struct wf_json_reader reader;
    struct wf_json_token token;
    struct wf_string raw = absent;

    if (!enter(&reader, array, WF_JSON_ARRAY_BEGIN)) {
        return absent;
    }
    while (wf_json_next(&reader, &token, NULL) == WF_OK && token.kind != WF_JSON_ARRAY_END) {
        if (wf_json_skip(&reader, &token, &raw, NULL) != WF_OK) {
            return absent;
        }
        if (index == 0) {
            return raw;
        }
        index--;
    }
    return absent;
}

size_t wf_json_count(struct wf_string array_or_object)
{
    struct wf_json_reader reader;
    struct wf_json_token token;
    size_t count = 0;

    if (!enter(&reader, array_or_object, WF_JSON_ARRAY_BEGIN) &&
        !enter(&reader, array_or_object, WF_JSON_OBJECT_BEGIN)) {
        return 0;
    }
    while (wf_json_next(&reader, &token, NULL) == WF_OK) {
        if (token.kind == WF_JSON_ARRAY_END || token.kind == WF_JSON_OBJECT_END) {
            return count;
        }
        if (token.kind == WF_JSON_KEY && wf_json_next(&reader, &token, NULL) != WF_OK) {
            return 0;
        }
        if (wf_json_skip(&reader, &token, NULL, NULL) != WF_OK) {
            return 0;
        }
        count++;
    }
    return 0;
}
