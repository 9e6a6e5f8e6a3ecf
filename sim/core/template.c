/*
 * One scanner splits a text into literals and placeholders; a placeholder is a path into the input. JSON templates are copied
 * token by token, so that nothing but $uniform, $choice and strings changes.
 */
#include "sim/core/template.h"

#include "engine/base/arena.h"
#include "engine/base/assert.h"
#include "engine/base/json_text.h"

#define CHOICE_DEPTH_MAX 16

/* ---- Text ---- */

struct piece {
    struct wf_string literal; /* before the placeholder */
    struct wf_string path;    /* between "${" and "}"; data NULL: there is none, the text ends */
};

/* Splits off the next literal and placeholder. A "$" that no "{" follows is literal; so is a "${" that nothing closes, which
 * sim_template_verify refuses. */
static struct piece next_piece(struct wf_string *rest)
{
    struct piece piece = {*rest, {NULL, 0}};

    for (size_t i = 0; i + 1 < rest->size_bytes; i++) {
        size_t end = i + 2;

        if (rest->data[i] != '$' || rest->data[i + 1] != '{') {
            continue;
        }
        while (end < rest->size_bytes && rest->data[end] != '}') {
            end++;
        }
        if (end == rest->size_bytes) {
            break;
        }
        piece.literal.size_bytes = i;
        piece.path = (struct wf_string){rest->data + i + 2, end - i - 2};
        rest->data += end + 1;
        rest->size_bytes -= end + 1;
        return piece;
    }
    *rest = (struct wf_string){NULL, 0};
    return piece;
}

static bool is_name_character(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || wf_is_digit(c) || c == '_' || c == '-';
}

/* Walks one step, "[3]" or ".name", of a path; false when the step is ill-formed. value may be NULL: only the form counts. */
static bool take_step(struct wf_string *path, struct wf_string *value)
{
    size_t end = 1;
    size_t index = 0;

    if (path->data[0] == '.') {
        while (end < path->size_bytes && is_name_character(path->data[end])) {
            end++;
        }
        if (end == 1) {
            return false;
        }
        if (value != NULL) {
            *value = wf_json_member(*value, (struct wf_string){path->data + 1, end - 1});
        }
    } else if (path->data[0] == '[') {
        while (end < path->size_bytes && wf_is_digit(path->data[end]) && index < UINT32_MAX / 10) {
            index = index * 10 + (size_t)(path->data[end] - '0');
            end++;
        }
        if (end == 1 || end == path->size_bytes || path->data[end] != ']') {
            return false;
        }
        end++;
        if (value != NULL) {
            *value = wf_json_item(*value, index);
        }
    } else {
        return false;
    }
    path->data += end;
    path->size_bytes -= end;
    return true;
}

/* Finds the JSON text that a path names. input NULL: only the form counts, and *is_input says whether it is of the input. */
static enum wf_status follow_path(struct wf_string path, const struct wf_string *input, struct wf_string *value,
                                  bool *is_input, struct wf_error *err)
{
    const struct wf_string whole = path;
    const struct wf_string root = WF_STR("input");

    *is_input = !wf_string_is(path, "n");
    if (!*is_input) {
        return WF_OK;
    }
    if (!wf_string_starts_with(path, root)) {
        return wf_fail_status(err, WF_ERR_INVALID,
                              "\"${%S}\" is not known; a template may hold ${n} and ${input[0].field}", &whole);
    }
    path.data += root.size_bytes;
    path.size_bytes -= root.size_bytes;
    const bool is_optional = path.size_bytes > 0 && path.data[path.size_bytes - 1] == '?';
    path.size_bytes -= is_optional ? 1 : 0;
    if (input != NULL) {
        *value = *input;
    }
    while (path.size_bytes > 0) {
        if (!take_step(&path, input == NULL ? NULL : value)) {
            return wf_fail_status(err, WF_ERR_INVALID,
                                  "\"${%S}\" is ill-formed; steps are [0] and .field, as in ${input[0].field}", &whole);
        }
    }
    if (input != NULL && value->data == NULL && is_optional) {
        *value = WF_STR("\"\"");
    }
    if (input != NULL && value->data == NULL) {
        return wf_fail_status(err, WF_ERR_INVALID, "\"${%S}\" names nothing in the input %S", &whole, input);
    }
    return WF_OK;
}

enum wf_status sim_template_verify(struct wf_string text, bool has_input, struct wf_error *err)
{
    struct wf_string rest = text;

    while (rest.size_bytes > 0) {
        const struct piece piece = next_piece(&rest);
        bool is_input = false;

        for (size_t i = 0; i + 1 < piece.literal.size_bytes; i++) {
            if (piece.literal.data[i] == '$' && piece.literal.data[i + 1] == '{') {
                return wf_fail_status(err, WF_ERR_INVALID, "\"%S\": nothing closes \"${\"", &text);
            }
        }
        if (piece.path.data == NULL) {
            break;
        }
        WF_TRY(follow_path(piece.path, NULL, NULL, &is_input, err));
        if (is_input && !has_input) {
            return wf_fail_status(err, WF_ERR_INVALID, "\"${%S}\": there is no input here, only ${n}", &piece.path);
        }
    }
    return WF_OK;
}

/* Appends a JSON value as text: a string without quotes and escapes. */
static enum wf_status append_bare(struct wf_string json, struct wf_buffer *out, struct wf_error *err)
{
    struct wf_json_reader reader;
    struct wf_json_token token;
    struct wf_string text = json;
    struct wf_arena_mark mark;

    wf_json_reader_init(&reader, json);
    WF_TRY(wf_json_next(&reader, &token, err));
    if (token.kind != WF_JSON_STRING) {
        wf_buffer_append_string(out, json);
        return WF_OK;
    }
    if (!token.has_escapes || out->arena == NULL) {
        wf_buffer_append_string(out, token.text);
        return WF_OK;
    }
    /* Room for the result first: the text unescaped lies behind it and is forgotten at once. */
    if (wf_buffer_reserve(out, token.text.size_bytes) == NULL) {
        return wf_fail_status(err, WF_ERR_MEMORY, "no memory to expand a template");
    }
    mark = wf_arena_mark(out->arena);
    WF_TRY(wf_json_unescape(out->arena, &token, &text, err));
    wf_buffer_append_string(out, text);
    wf_arena_rewind(out->arena, mark);
    return WF_OK;
}

enum wf_status sim_template_expand(struct sim_template text, const struct sim_template_values *values,
                                   struct wf_buffer *out, struct wf_error *err)
{
    struct wf_string rest = text.text;

    while (rest.size_bytes > 0) {
        const struct piece piece = next_piece(&rest);
        struct wf_string value = {NULL, 0};
        bool is_input = false;

        wf_buffer_append_string(out, piece.literal);
        if (piece.path.data == NULL) {
            break;
        }
        WF_TRY(follow_path(piece.path, &values->input, &value, &is_input, err));
        if (is_input) {
            WF_TRY(append_bare(value, out, err));
        } else {
            wf_buffer_printf(out, "%llu", (unsigned long long)values->n);
        }
    }
    return out->is_full ? wf_fail_status(err, WF_ERR_MEMORY, "no memory to expand a template") : WF_OK;
}

/* ---- Values ---- */

struct expansion {
    const struct sim_template_values *values;
    struct wf_buffer *out;
    struct wf_error *err;
    uint32_t depth; /* of $choice in $choice */
};

static enum wf_status expand_json(struct expansion *expansion, struct wf_string json);

/* Appends the text of a value inside a string: a string's own escaped text; of anything else, its text escaped. */
static enum wf_status append_escaped(struct expansion *expansion, struct wf_string json)
{
    struct wf_json_reader reader;
    struct wf_json_token token;

    wf_json_reader_init(&reader, json);
    WF_TRY(wf_json_next(&reader, &token, expansion->err));
    if (token.kind == WF_JSON_STRING) {
        wf_buffer_append_string(expansion->out, token.text);
        return WF_OK;
    }
    for (size_t i = 0; i < json.size_bytes; i++) {
        const char c = json.data[i];

        if (c == '"' || c == '\\') {
            wf_buffer_append_char(expansion->out, '\\');
        }
        /* A control character outside a JSON string is white space. */
        wf_buffer_append_char(expansion->out, (unsigned char)c < ' ' ? ' ' : c);
    }
    return WF_OK;
}

static enum wf_status append_number(struct expansion *expansion, uint64_t n)
{
    wf_buffer_printf(expansion->out, "%llu", (unsigned long long)n);
    return WF_OK;
}

/* token is a string; its text stays escaped, because what is written is JSON again. */
static enum wf_status expand_string(struct expansion *expansion, const struct wf_json_token *token)
{
    struct wf_string rest = token->text;
    bool is_first = true;

    while (rest.size_bytes > 0 || is_first) {
        const struct piece piece = next_piece(&rest);
        const bool is_alone = is_first && piece.literal.size_bytes == 0 && rest.size_bytes == 0;
        struct wf_string value = {NULL, 0};
        bool is_input = false;

        if (piece.path.data != NULL) {
            WF_TRY(follow_path(piece.path, &expansion->values->input, &value, &is_input, expansion->err));
            if (is_alone) {
                wf_buffer_append_string(expansion->out, value);
                return is_input ? WF_OK : append_number(expansion, expansion->values->n);
            }
        }
        if (is_first) {
            wf_buffer_append_char(expansion->out, '"');
        }
        is_first = false;
        wf_buffer_append_string(expansion->out, piece.literal);
        if (piece.path.data == NULL) {
            break;
        }
        WF_TRY(is_input ? append_escaped(expansion, value) : append_number(expansion, expansion->values->n));
    }
    wf_buffer_append_char(expansion->out, '"');
    return WF_OK;
}

static enum wf_status read_integer(struct wf_string json, int64_t *value, struct wf_error *err)
{
    struct wf_json_reader reader;
    struct wf_json_token token;

    wf_json_reader_init(&reader, json);
    WF_TRY(wf_json_next(&reader, &token, err));
    if (token.kind != WF_JSON_NUMBER) {
        return wf_fail_status(err, WF_ERR_INVALID, "$uniform takes two integers, not %S", &json);
    }
    return wf_json_integer(&token, value, err);
}

static enum wf_status expand_uniform(struct expansion *expansion, struct wf_string bounds)
{
    const struct sim_template_values *values = expansion->values;
    int64_t low = 0;
    int64_t high = 0;
    uint64_t span = 0;

    if (wf_json_count(bounds) != 2) {
        return wf_fail_status(expansion->err, WF_ERR_INVALID, "$uniform takes [low, high], not %S", &bounds);
    }
    WF_TRY(read_integer(wf_json_item(bounds, 0), &low, expansion->err));
    WF_TRY(read_integer(wf_json_item(bounds, 1), &high, expansion->err));
    span = (uint64_t)high - (uint64_t)low;
    if (high < low || span == UINT64_MAX) {
        return wf_fail_status(expansion->err, WF_ERR_INVALID, "$uniform: %lld is below %lld", (long long)high,
                              (long long)low);
    }
    low = (int64_t)((uint64_t)low + sim_choose(values->choices, values->entity, values->site, span + 1));
    wf_json_write_i64(expansion->out, low);
    return WF_OK;
}

static enum wf_status expand_choice(struct expansion *expansion, struct wf_string items)
{
    const struct sim_template_values *values = expansion->values;
    const size_t count = wf_json_count(items);
    enum wf_status status = WF_OK;

    if (count == 0 || items.data[0] != '[') {
        return wf_fail_status(expansion->err, WF_ERR_INVALID, "$choice takes a list with items, not %S", &items);
    }
    if (expansion->depth == CHOICE_DEPTH_MAX) {
        return wf_fail_status(expansion->err, WF_ERR_LIMIT, "$choice is nested deeper than %d", CHOICE_DEPTH_MAX);
    }
    expansion->depth++;
    status = expand_json(
        expansion,
        wf_json_item(items, (size_t)sim_choose(values->choices, values->entity, values->site, (uint64_t)count)));
    expansion->depth--;
    return status;
}

/* True when the object whose first token was just read is {"$uniform": ...} or {"$choice": ...}. */
static bool is_drawn(const struct wf_json_reader *reader)
{
    struct wf_json_reader ahead = *reader;
    struct wf_json_token key;

    return wf_json_next(&ahead, &key, NULL) == WF_OK && key.kind == WF_JSON_KEY &&
           (wf_string_is(key.text, "$uniform") || wf_string_is(key.text, "$choice"));
}

static enum wf_status expand_drawn(struct expansion *expansion, struct wf_string object)
{
    const struct wf_string bounds = wf_json_member(object, WF_STR("$uniform"));

    if (wf_json_count(object) != 1) {
        return wf_fail_status(expansion->err, WF_ERR_INVALID, "$uniform or $choice stands alone in its object, not in %S",
                              &object);
    }
    if (expansion->values->choices == NULL) {
        return wf_fail_status(expansion->err, WF_ERR_INVALID, "nothing may be drawn here: %S", &object);
    }
    return bounds.data != NULL ? expand_uniform(expansion, bounds)
                               : expand_choice(expansion, wf_json_member(object, WF_STR("$choice")));
}

/* Copies the text as it is, but for strings with placeholders and for objects that are drawn. */
static enum wf_status expand_json(struct expansion *expansion, struct wf_string json)
{
    const char *copied = json.data; /* everything before it is in the output */
    struct wf_json_reader reader;

    wf_json_reader_init(&reader, json);
    for (;;) {
        struct wf_json_token token;
        struct wf_string raw = {NULL, 0};
        bool is_object = false;

        WF_TRY(wf_json_next(&reader, &token, expansion->err));
        if (token.kind == WF_JSON_END) {
            break;
        }
        is_object = token.kind == WF_JSON_OBJECT_BEGIN && is_drawn(&reader);
        if (!is_object && token.kind != WF_JSON_STRING) {
            continue;
        }
        WF_TRY(wf_json_skip(&reader, &token, &raw, expansion->err));
        wf_buffer_append(expansion->out, copied, (size_t)(raw.data - copied));
        copied = raw.data + raw.size_bytes;
        WF_TRY(is_object ? expand_drawn(expansion, raw) : expand_string(expansion, &token));
    }
    wf_buffer_append(expansion->out, copied, (size_t)(json.data + json.size_bytes - copied));
    return WF_OK;
}

enum wf_status sim_value_expand(struct sim_value_template value, const struct sim_template_values *values,
                                struct wf_buffer *out, struct wf_error *err)
{
    struct expansion expansion = {values, out, err, 0};

    WF_TRY(expand_json(&expansion, value.json.size_bytes == 0 ? WF_STR("null") : value.json));
    return out->is_full ? wf_fail_status(err, WF_ERR_MEMORY, "no memory to expand a value") : WF_OK;
}
