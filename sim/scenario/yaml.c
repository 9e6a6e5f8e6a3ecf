/*
 * libfyaml parses; its document is copied into plain nodes and destroyed. It is used at set-up only, so its own allocations
 * are outside every simulation loop. Its diagnostics are collected, and the first one becomes our error. It loops for ever
 * on some text that is not UTF-8 inside a directive, so the text is screened before it sees it. It miscounts doubled quotes
 * in single-quoted text (and then leaks, its issue 233), so that text is never asked of it: neither by copy_scalar nor by
 * its comparison of keys, which is why duplicates are found here.
 */
#include "sim/scenario/yaml.h"

#include <libfyaml.h>

#include "engine/base/json_text.h"
#include "engine/base/map.h"

struct reader {
    struct wf_arena *arena;
    const char *file;
    struct wf_string text; /* the whole file */
    struct wf_error *err;
};

static enum wf_status fail(const struct reader *reader, const struct sim_yaml *at, enum wf_status status,
                           const char *what)
{
    return wf_fail_status(reader->err, status, "%s:%u:%u: %s", reader->file, at->line, at->column, what);
}

/* A scalar knows its place; a list or map is where its first part is. */
static void find_place(struct fy_node *node, struct sim_yaml *out)
{
    while (node != NULL && !fy_node_is_scalar(node)) {
        if (fy_node_is_mapping(node)) {
            struct fy_node_pair *pair = fy_node_mapping_get_by_index(node, 0);
            node = pair != NULL ? fy_node_pair_key(pair) : NULL;
        } else {
            node = fy_node_sequence_get_by_index(node, 0);
        }
    }
    if (node != NULL) {
        struct fy_token *token = fy_node_get_scalar_token(node);
        const struct fy_mark *mark = token != NULL ? fy_token_start_mark(token) : NULL;

        if (mark != NULL) {
            out->line = (uint32_t)mark->line + 1;
            out->column = (uint32_t)mark->column + 1;
        }
    }
}

/* What stands between the quotes in the file. */
static enum wf_status find_between_quotes(const struct reader *reader, struct fy_node *node, const struct sim_yaml *at,
                                          struct wf_string *between)
{
    struct fy_token *token = fy_node_get_scalar_token(node);
    const struct fy_mark *start = token != NULL ? fy_token_start_mark(token) : NULL;
    const struct fy_mark *end = token != NULL ? fy_token_end_mark(token) : NULL;

    if (start == NULL || end == NULL || start->input_pos > end->input_pos || end->input_pos >= reader->text.size_bytes ||
        start->input_pos == 0 || reader->text.data[start->input_pos - 1] != '\'' ||
        reader->text.data[end->input_pos] != '\'') {
        return fail(reader, at, WF_ERR_CORRUPT, "this text in single quotes cannot be read; write it in double quotes");
    }
    *between = (struct wf_string){reader->text.data + start->input_pos, end->input_pos - start->input_pos};
    return WF_OK;
}

static bool is_break(char c)
{
    return c == '\n' || c == '\r';
}

static bool is_blank(char c)
{
    return c == ' ' || c == '\t';
}

/* Moves *at past line breaks and the blanks around them. Returns how many breaks there were. */
static size_t skip_breaks(struct wf_string text, size_t *at)
{
    size_t break_count = 0;

    for (; *at < text.size_bytes && (is_blank(text.data[*at]) || is_break(text.data[*at])); (*at)++) {
        const bool is_pair = text.data[*at] == '\r' && *at + 1 < text.size_bytes && text.data[*at + 1] == '\n';
        break_count += is_break(text.data[*at]) && !is_pair ? 1 : 0;
    }
    return break_count;
}

/*
 * A doubled quote is one; lines are folded: one break with the blanks around it is a space, each further one a line break.
 * Source: YAML 1.2.2, sections 7.3.2 and 6.5.
 */
static size_t unquote(struct wf_string text, char *out)
{
    size_t size_bytes = 0;
    size_t blank_count = 0; /* at the end of `out`, of this line */

    for (size_t i = 0; i < text.size_bytes;) {
        if (is_break(text.data[i])) {
            const size_t break_count = skip_breaks(text, &i);

            size_bytes -= blank_count;
            blank_count = 0;
            memset(out + size_bytes, break_count > 1 ? '\n' : ' ', break_count > 1 ? break_count - 1 : 1);
            size_bytes += break_count > 1 ? break_count - 1 : 1;
            continue;
        }
        blank_count = is_blank(text.data[i]) ? blank_count + 1 : 0;
        out[size_bytes++] = text.data[i];
        i += text.data[i] == '\'' ? 2 : 1;
    }
    return size_bytes;
}

static enum wf_status copy_single_quoted(struct reader *reader, struct fy_node *node, struct sim_yaml *out)
{
    struct wf_string between = {0};

    WF_TRY(find_between_quotes(reader, node, out, &between));
    char *text = wf_arena_take_text(reader->arena, between.size_bytes + 1);
    if (text == NULL) {
        return fail(reader, out, WF_ERR_MEMORY, "out of memory");
    }
    out->text = (struct wf_string){text, unquote(between, text)};
    text[out->text.size_bytes] = '\0';
    return WF_OK;
}

static enum wf_status copy_scalar(struct reader *reader, struct fy_node *node, struct sim_yaml *out)
{
    const enum fy_node_style style = fy_node_get_style(node);
    size_t size_bytes = 0;

    out->kind = SIM_YAML_SCALAR;
    out->is_quoted = style != FYNS_PLAIN && style != FYNS_ANY;
    if (style == FYNS_SINGLE_QUOTED) {
        return copy_single_quoted(reader, node, out);
    }
    const char *text = fy_node_get_scalar(node, &size_bytes);
    if (text == NULL && fy_node_get_scalar_token(node) != NULL) {
        return fail(reader, out, WF_ERR_CORRUPT, "this text cannot be read; write it in double quotes");
    }
    out->text = wf_string_copy(reader->arena, (struct wf_string){text, text != NULL ? size_bytes : 0});
    if (out->text.data == NULL) {
        return fail(reader, out, WF_ERR_MEMORY, "out of memory");
    }
    return WF_OK;
}

static enum wf_status copy_node(struct reader *reader, struct fy_node *node, uint32_t depth, struct sim_yaml *out);

/* Remembers the key, or refuses it when the map has had it. */
static enum wf_status note_key(struct reader *reader, struct wf_map *seen, struct sim_yaml *key)
{
    const struct sim_yaml *first = wf_map_get(seen, key->text);

    if (first != NULL) {
        return wf_fail_status(reader->err, WF_ERR_CORRUPT, "%s:%u:%u: `%S` is given twice; the first is in line %u",
                              reader->file, key->line, key->column, &key->text, first->line);
    }
    return wf_map_set(seen, key->text, key) ? WF_OK : fail(reader, key, WF_ERR_MEMORY, "out of memory");
}

static enum wf_status copy_map(struct reader *reader, struct fy_node *node, uint32_t depth, struct sim_yaml *out)
{
    void *previous = NULL;
    struct fy_node_pair *pair;
    struct wf_map seen;

    wf_map_init(&seen, reader->arena);
    out->keys = wf_arena_take_array(reader->arena, out->count, sizeof *out->keys);
    if (out->keys == NULL) {
        return fail(reader, out, WF_ERR_MEMORY, "out of memory");
    }
    for (uint32_t i = 0; (pair = fy_node_mapping_iterate(node, &previous)) != NULL && i < out->count; i++) {
        struct fy_node *key = fy_node_pair_key(pair);

        out->keys[i].line = out->line;
        out->keys[i].column = out->column;
        if (key == NULL || !fy_node_is_scalar(key)) {
            return fail(reader, out, WF_ERR_CORRUPT, "a key must be plain text");
        }
        find_place(key, &out->keys[i]);
        WF_TRY(copy_scalar(reader, key, &out->keys[i]));
        WF_TRY(note_key(reader, &seen, &out->keys[i]));
        out->items[i].line = out->keys[i].line;
        out->items[i].column = out->keys[i].column;
        WF_TRY(copy_node(reader, fy_node_pair_value(pair), depth + 1, &out->items[i]));
    }
    return WF_OK;
}

static enum wf_status copy_node(struct reader *reader, struct fy_node *node, uint32_t depth, struct sim_yaml *out)
{
    if (node == NULL) { /* `key:` with nothing behind it */
        out->kind = SIM_YAML_SCALAR;
        return WF_OK;
    }
    find_place(node, out);
    if (depth > SIM_YAML_DEPTH_MAX) {
        return fail(reader, out, WF_ERR_LIMIT, "nested too deeply");
    }
    if (fy_node_is_alias(node) || fy_node_get_anchor(node) != NULL) {
        return fail(reader, out, WF_ERR_CORRUPT, "anchors and aliases are not used in scenarios; write the value out");
    }
    if (fy_node_get_tag_token(node) != NULL) {
        return fail(reader, out, WF_ERR_CORRUPT, "tags are not used in scenarios");
    }
    if (fy_node_is_scalar(node)) {
        return copy_scalar(reader, node, out);
    }
    const bool is_map = fy_node_is_mapping(node);
    const int count = is_map ? fy_node_mapping_item_count(node) : fy_node_sequence_item_count(node);

    out->kind = is_map ? SIM_YAML_MAP : SIM_YAML_LIST;
    out->count = count > 0 ? (uint32_t)count : 0;
    out->items = wf_arena_take_array(reader->arena, out->count, sizeof *out->items);
    if (out->items == NULL) {
        return fail(reader, out, WF_ERR_MEMORY, "out of memory");
    }
    if (is_map) {
        return copy_map(reader, node, depth, out);
    }
    void *previous = NULL;
    struct fy_node *item;
    for (uint32_t i = 0; (item = fy_node_sequence_iterate(node, &previous)) != NULL && i < out->count; i++) {
        out->items[i].line = out->line;
        out->items[i].column = out->column;
        WF_TRY(copy_node(reader, item, depth + 1, &out->items[i]));
    }
    return WF_OK;
}

static enum wf_status report(struct reader *reader, struct fy_diag *diag)
{
    void *previous = NULL;
    const struct fy_diag_error *error = fy_diag_errors_iterate(diag, &previous);

    if (error == NULL || error->msg == NULL) {
        return wf_fail_status(reader->err, WF_ERR_CORRUPT, "%s: this is not YAML", reader->file);
    }
    return wf_fail_status(reader->err, WF_ERR_CORRUPT, "%s:%d:%d: %s", reader->file, error->line, error->column,
                          error->msg);
}

static enum wf_status read_document(struct reader *reader, struct fy_diag *diag, struct sim_yaml *root)
{
    struct fy_parse_cfg config = {.flags = FYPCF_QUIET | FYPCF_ALLOW_DUPLICATE_KEYS, .diag = diag};
    struct fy_document *document = fy_document_build_from_string(&config, reader->text.data, reader->text.size_bytes);
    enum wf_status status;

    if (document == NULL) {
        return report(reader, diag);
    }
    struct fy_node *node = fy_document_root(document);
    *root = (struct sim_yaml){.line = 1, .column = 1};
    if (node == NULL) {
        status = fail(reader, root, WF_ERR_CORRUPT, "the file is empty");
    } else {
        status = copy_node(reader, node, 0, root);
    }
    fy_document_destroy(document);
    return status;
}

/* Only printable UTF-8 text without directives goes on. */
static enum wf_status screen(const struct reader *reader)
{
    const struct wf_string text = reader->text;
    const unsigned char *bytes = (const unsigned char *)text.data;
    struct sim_yaml place = {.line = 1, .column = 1};

    for (size_t i = 0; i < text.size_bytes;) {
        const size_t size_bytes = wf_utf8_sequence(text.data + i, text.size_bytes - i);
        const bool is_control = bytes[i] < ' ' && bytes[i] != '\n' && bytes[i] != '\r' && bytes[i] != '\t';

        if (size_bytes == 0 || is_control || bytes[i] == 0x7F) {
            return fail(reader, &place, WF_ERR_CORRUPT,
                        size_bytes == 0 ? "this is not UTF-8 text" : "a control character");
        }
        if (bytes[i] == '%' && place.column == 1) {
            return fail(reader, &place, WF_ERR_CORRUPT, "YAML directives are not used in scenarios");
        }
        place.line += bytes[i] == '\n' ? 1 : 0;
        place.column = bytes[i] == '\n' ? 1 : place.column + 1;
        i += size_bytes;
    }
    return WF_OK;
}

enum wf_status sim_yaml_read(struct wf_arena *arena, const char *file, struct wf_string text, struct sim_yaml *root,
                             struct wf_error *err)
{
    struct reader reader = {.arena = arena, .file = file, .text = text, .err = err};

    if (text.size_bytes > SIM_YAML_BYTES_MAX) {
        return wf_fail_status(err, WF_ERR_LIMIT, "%s: larger than 1 MiB, which no scenario is", file);
    }
    if (text.size_bytes == 0) {
        return wf_fail_status(err, WF_ERR_CORRUPT, "%s: the file is empty", file);
    }
    WF_TRY(screen(&reader));
    struct fy_diag_cfg diag_config;
    fy_diag_cfg_default(&diag_config);
    diag_config.fp = NULL;
    diag_config.colorize = false;
    struct fy_diag *diag = fy_diag_create(&diag_config);
    if (diag == NULL) {
        return wf_fail_status(err, WF_ERR_MEMORY, "%s: out of memory", file);
    }
    fy_diag_set_collect_errors(diag, true);
    const enum wf_status status = read_document(&reader, diag, root);
    fy_diag_destroy(diag);
    return status;
}
