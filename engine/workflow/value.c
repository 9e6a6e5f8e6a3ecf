/*
 * Values: slices of JSON text, read by scanning and built by appending in the run's arena. Payloads are used as they came and
 * passed on as they came.
 */
#include "engine/workflow/workflow_run.h"

#include "engine/base/json_text.h"
#include "engine/base/real.h"

#include <string.h>

/* ---- Payloads ---- */

static struct wf_string encoding_of(const struct wf_payload *payload)
{
    for (uint32_t i = 0; i < payload->metadata.count; i++) {
        if (wf_string_is(payload->metadata.items[i].key, "encoding")) {
            return payload->metadata.items[i].value;
        }
    }
    return (struct wf_string){0};
}

struct wf_value wf_value_of_payload(const struct wf_payload *payload)
{
    const struct wf_string encoding = encoding_of(payload);

    if (wf_string_is(encoding, "binary/null")) {
        return (struct wf_value){"null", 4, payload};
    }
    if (wf_string_is(encoding, "json/plain") || wf_string_is(encoding, "json/protobuf")) {
        return (struct wf_value){payload->data.data, payload->data.size_bytes, payload};
    }
    return (struct wf_value){NULL, 0, payload};
}

struct wf_args wf_args_of_payloads(struct wf *wf, const struct wf_payload *payloads, uint32_t count)
{
    struct wf_value *items = wf_take(wf, count, sizeof *items);

    if (items == NULL) {
        return WF_NO_ARGS;
    }
    for (uint32_t i = 0; i < count; i++) {
        items[i] = wf_value_of_payload(&payloads[i]);
    }
    return (struct wf_args){items, count};
}

static struct wf_entry_string *metadata(struct wf *wf, struct wf_entry_string **cache, struct wf_string encoding)
{
    if (*cache == NULL) {
        struct wf_entry_string *entry = wf_take(wf, 1, sizeof *entry);

        *entry = (struct wf_entry_string){WF_STR("encoding"), encoding};
        *cache = entry;
    }
    return *cache;
}

/* Counts, sizes, cents: most of what code itself passes to a step. */
static bool is_natural_number(struct wf_string text)
{
    size_t digit_count = 0;

    while (digit_count < text.size_bytes && wf_is_digit(text.data[digit_count])) {
        digit_count++;
    }
    return digit_count > 0 && digit_count == text.size_bytes && (text.data[0] != '0' || digit_count == 1);
}

/* One whole value and nothing after it. */
static bool is_json(struct wf_string text)
{
    struct wf_json_reader reader;
    struct wf_json_token token;

    if (is_natural_number(text)) {
        return true;
    }
    wf_json_reader_init(&reader, text);
    return wf_json_next(&reader, &token, NULL) == WF_OK && token.kind != WF_JSON_END &&
           wf_json_skip(&reader, &token, NULL, NULL) == WF_OK && wf_json_next(&reader, &token, NULL) == WF_OK &&
           token.kind == WF_JSON_END;
}

/* What came from outside goes out as it came. Null has its own encoding, as in the other SDKs. */
void wf_payload_of_value(struct wf *wf, struct wf_value value, struct wf_payload *payload)
{
    const struct wf_string json = {value.json, value.size_bytes};

    if (value.payload != NULL) {
        *payload = *value.payload;
        return;
    }
    memset(payload, 0, sizeof *payload);
    payload->metadata.count = 1;
    if (json.data == NULL || wf_string_is(json, "null")) {
        payload->metadata.items = metadata(wf, &wf->binary_null, WF_STR("binary/null"));
        return;
    }
    if (!is_json(json)) {
        wf_run_break(wf, "an invalid value: it is not JSON");
    }
    payload->metadata.items = metadata(wf, &wf->json_plain, WF_STR("json/plain"));
    payload->data = json;
}

struct wf_payload *wf_payloads_of_args(struct wf *wf, struct wf_args args)
{
    struct wf_payload *payloads = wf_take_step(wf, args.count, sizeof *payloads);

    for (size_t i = 0; i < args.count; i++) {
        wf_payload_of_value(wf, args.items[i], &payloads[i]);
    }
    return payloads;
}

/* ---- Reading ---- */

static struct wf_string text_of(struct wf_value value)
{
    return (struct wf_string){value.json, value.size_bytes};
}

static struct wf_value slice(struct wf_string text)
{
    return (struct wf_value){text.data, text.size_bytes, NULL};
}

static bool read_first(struct wf_value value, struct wf_json_reader *reader, struct wf_json_token *token)
{
    if (value.json == NULL) {
        return false;
    }
    wf_json_reader_init(reader, text_of(value));
    return wf_json_next(reader, token, NULL) == WF_OK;
}

static bool read_scalar(struct wf_value value, enum wf_json_kind kind, struct wf_json_token *token)
{
    struct wf_json_reader reader;

    return read_first(value, &reader, token) && token->kind == kind;
}

enum wf_value_kind wf_kind_of(struct wf_value value)
{
    struct wf_json_reader reader;
    struct wf_json_token token;

    if (value.json == NULL) {
        return value.payload == NULL ? WF_VALUE_ABSENT : WF_VALUE_OPAQUE;
    }
    if (!read_first(value, &reader, &token)) {
        return WF_VALUE_INVALID;
    }
    switch (token.kind) {
    case WF_JSON_NULL:
        return WF_VALUE_NULL;
    case WF_JSON_TRUE:
    case WF_JSON_FALSE:
        return WF_VALUE_BOOL;
    case WF_JSON_NUMBER:
        return WF_VALUE_NUMBER;
    case WF_JSON_STRING:
        return WF_VALUE_TEXT;
    case WF_JSON_ARRAY_BEGIN:
        return WF_VALUE_LIST;
    case WF_JSON_OBJECT_BEGIN:
        return WF_VALUE_OBJECT;
    case WF_JSON_END:
    case WF_JSON_KEY:
    case WF_JSON_ARRAY_END:
    case WF_JSON_OBJECT_END:
        return WF_VALUE_INVALID;
    }
    return WF_VALUE_INVALID;
}

struct wf_value wf_arg(struct wf_args args, size_t index)
{
    return index < args.count ? args.items[index] : (struct wf_value){0};
}

struct wf_value wf_member(struct wf_value object, const char *name)
{
    return object.json == NULL ? (struct wf_value){0} : slice(wf_json_member(text_of(object), wf_string_of(name)));
}

struct wf_value wf_at(struct wf_value list, size_t index)
{
    return list.json == NULL ? (struct wf_value){0} : slice(wf_json_item(text_of(list), index));
}

size_t wf_count(struct wf_value list_or_object)
{
    return list_or_object.json == NULL ? 0 : wf_json_count(text_of(list_or_object));
}

bool wf_as_bool(struct wf_value value, bool otherwise)
{
    struct wf_json_reader reader;
    struct wf_json_token token;

    if (!read_first(value, &reader, &token) || (token.kind != WF_JSON_TRUE && token.kind != WF_JSON_FALSE)) {
        return otherwise;
    }
    return token.kind == WF_JSON_TRUE;
}

int64_t wf_as_integer(struct wf_value value, int64_t otherwise)
{
    struct wf_json_token token;
    int64_t integer = 0;

    return read_scalar(value, WF_JSON_NUMBER, &token) && wf_json_integer(&token, &integer, NULL) == WF_OK ? integer
                                                                                                         : otherwise;
}

double wf_as_real(struct wf_value value, double otherwise)
{
    struct wf_json_token token;
    wf_double_bits bits = 0;
    double real = 0;

    if (!read_scalar(value, WF_JSON_NUMBER, &token) || !wf_double_read(token.text, &bits)) {
        return otherwise;
    }
    memcpy(&real, &bits, sizeof real);
    return real;
}

const char *wf_as_text(struct wf *wf, struct wf_value value)
{
    struct wf_json_token token;
    struct wf_string text = text_of(value);

    (void)wf_call(wf, "wf_as_text");
    if (read_scalar(value, WF_JSON_STRING, &token) && wf_json_unescape(&wf->arena, &token, &text, NULL) != WF_OK) {
        text = token.text;
    }
    return wf_copy_text(wf, text);
}

bool wf_is_text(struct wf_value value, const char *text)
{
    struct wf_json_token token;

    return read_scalar(value, WF_JSON_STRING, &token) && wf_json_token_is(&token, wf_string_of(text));
}

bool wf_same(struct wf_value left, struct wf_value right)
{
    return wf_string_equal(text_of(left), text_of(right)) && (left.json == NULL) == (right.json == NULL);
}

/* ---- Walking ---- */

struct wf_walk wf_walk(struct wf_value list_or_object)
{
    struct wf_walk walk = {.container = list_or_object};
    const enum wf_value_kind kind = wf_kind_of(list_or_object);

    if (kind != WF_VALUE_LIST && kind != WF_VALUE_OBJECT) {
        walk.container = (struct wf_value){0};
        return walk;
    }
    walk.is_object = kind == WF_VALUE_OBJECT;
    while (list_or_object.json[walk.offset] != '[' && list_or_object.json[walk.offset] != '{') {
        walk.offset++;
    }
    walk.offset++;
    return walk;
}

static bool is_between(char c)
{
    return c == ' ' || c == '\t' || c == '\r' || c == '\n' || c == ',' || c == ':';
}

/* Blanks, commas and colons between the parts. Ill-formed text ends the walk where it cannot be read. */
static void skip_between(struct wf_walk *walk)
{
    while (walk->offset < walk->container.size_bytes && is_between(walk->container.json[walk->offset])) {
        walk->offset++;
    }
}

static bool read_part(struct wf_walk *walk, struct wf_value *part)
{
    struct wf_json_reader reader;
    struct wf_json_token token;
    struct wf_string raw;

    skip_between(walk);
    wf_json_reader_init(&reader, (struct wf_string){walk->container.json + walk->offset,
                                                    walk->container.size_bytes - walk->offset});
    if (wf_json_next(&reader, &token, NULL) != WF_OK || token.kind == WF_JSON_END ||
        wf_json_skip(&reader, &token, &raw, NULL) != WF_OK) {
        return false;
    }
    walk->offset = (size_t)(raw.data - walk->container.json) + raw.size_bytes;
    *part = slice(raw);
    return true;
}

bool wf_next(struct wf_walk *walk)
{
    walk->key = (struct wf_value){0};
    walk->value = (struct wf_value){0};
    if (walk->container.json == NULL || (walk->is_object && !read_part(walk, &walk->key))) {
        return false;
    }
    return read_part(walk, &walk->value);
}

/* ---- Making ---- */

static struct wf_value finish(struct wf *wf, const struct wf_buffer *text)
{
    if (text->is_full) {
        wf_run_break(wf, "the run's memory is exhausted: the limit is %zu bytes",
                     wf->host->config.instance_size_bytes_max);
    }
    return slice(wf_buffer_string(text));
}

struct wf_value wf_null(void)
{
    return (struct wf_value){"null", 4, NULL};
}

struct wf_value wf_bool(bool value)
{
    return value ? (struct wf_value){"true", 4, NULL} : (struct wf_value){"false", 5, NULL};
}

struct wf_value wf_integer(struct wf *wf, int64_t value)
{
    struct wf_buffer text;

    (void)wf_call(wf, "wf_integer");
    wf_buffer_init(&text, &wf->arena);
    wf_json_write_i64(&text, value);
    return finish(wf, &text);
}

struct wf_value wf_real(struct wf *wf, double value)
{
    char digits[WF_REAL_TEXT_BYTES];
    wf_double_bits bits = 0;
    struct wf_string text = {digits, 0};

    (void)wf_call(wf, "wf_real");
    memcpy(&bits, &value, sizeof bits);
    if ((bits >> 52 & 0x7ff) == 0x7ff) {
        wf_run_break(wf, "an invalid value: JSON has no infinity and no NaN");
    }
    text.size_bytes = wf_double_write(bits, digits);
    return slice(wf_copy_string(wf, text));
}

struct wf_value wf_text(struct wf *wf, const char *format, ...)
{
    struct wf_buffer quoted;
    struct wf_string text;
    va_list arguments;

    (void)wf_call(wf, "wf_text");
    va_start(arguments, format);
    text = wf_format(wf, format, arguments);
    va_end(arguments);
    wf_buffer_init(&quoted, &wf->arena);
    wf_json_write_string(&quoted, text);
    return finish(wf, &quoted);
}

/* A part of a larger value: absent ones are null, opaque ones cannot be. */
static void append_value(struct wf *wf, struct wf_buffer *text, struct wf_value value)
{
    if (value.json == NULL && value.payload != NULL) {
        wf_run_break(wf, "an opaque payload cannot be a part of a value");
    }
    if (value.json == NULL) {
        wf_buffer_append_text(text, "null");
        return;
    }
    if (!is_json(text_of(value))) {
        wf_run_break(wf, "an invalid value: it is not JSON");
    }
    wf_buffer_append_string(text, text_of(value));
}

struct wf_value wf_list(struct wf *wf, const struct wf_value *items, size_t count)
{
    struct wf_buffer text;

    (void)wf_call(wf, "wf_list");
    wf_buffer_init(&text, &wf->arena);
    wf_buffer_append_char(&text, '[');
    for (size_t i = 0; i < count; i++) {
        wf_buffer_append_text(&text, i == 0 ? "" : ",");
        append_value(wf, &text, items[i]);
    }
    wf_buffer_append_char(&text, ']');
    return finish(wf, &text);
}

struct wf_value wf_object(struct wf *wf, const struct wf_pair *pairs, size_t count)
{
    struct wf_buffer text;

    (void)wf_call(wf, "wf_object");
    wf_buffer_init(&text, &wf->arena);
    wf_buffer_append_char(&text, '{');
    for (size_t i = 0; i < count; i++) {
        wf_buffer_append_text(&text, i == 0 ? "" : ",");
        wf_json_write_string(&text, wf_string_of(pairs[i].name));
        wf_buffer_append_char(&text, ':');
        append_value(wf, &text, pairs[i].value);
    }
    wf_buffer_append_char(&text, '}');
    return finish(wf, &text);
}

struct wf_value wf_json(struct wf *wf, const char *json)
{
    (void)wf_call(wf, "wf_json");
    if (!is_json(wf_string_of(json))) {
        wf_run_break(wf, "an invalid value: it is not JSON");
    }
    return slice(wf_copy_string(wf, wf_string_of(json)));
}

void *wf_alloc(struct wf *wf, size_t count, size_t size_bytes)
{
    (void)wf_call(wf, "wf_alloc");
    return wf_take(wf, count, size_bytes);
}
