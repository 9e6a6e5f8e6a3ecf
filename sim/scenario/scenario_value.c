/*
 * Single values: numbers with units, ratios, texts and JSON. Numbers are read digit by digit into integers: no floating
 * point, no locale, overflow checked.
 */
#include "sim/scenario/scenario_value.h"

#include <stdarg.h>

#include "engine/base/json_text.h"
#include "engine/base/nearest.h"
#include "engine/base/real.h"
#include "sim/core/template.h"

enum wf_status sim_loader_fail(struct sim_loader *loader, const struct sim_yaml *at, const char *format, ...)
{
    struct wf_buffer text;
    va_list args;

    wf_buffer_init(&text, loader->arena);
    va_start(args, format);
    wf_buffer_vprintf(&text, format, args);
    va_end(args);
    const struct wf_string sentence = wf_buffer_string(&text);
    return wf_fail_status(loader->err, WF_ERR_INVALID, "%s:%u:%u: %S", loader->file, at->line, at->column, &sentence);
}

enum wf_status sim_loader_fail_name(struct sim_loader *loader, const struct sim_yaml *at, const char *what,
                                    const char *const *names)
{
    struct wf_buffer list;
    size_t count = 0;

    while (names[count] != NULL) {
        count++;
    }
    struct wf_string *known = sim_loader_take(loader, count, sizeof *known);
    if (known == NULL) {
        return WF_ERR_MEMORY;
    }
    wf_buffer_init(&list, loader->arena);
    for (size_t i = 0; i < count; i++) {
        known[i] = wf_string_of(names[i]);
        wf_buffer_append_text(&list, i > 0 ? ", " : "");
        wf_buffer_append_string(&list, known[i]);
    }
    const size_t nearest = wf_nearest(at->text, known, count);
    if (nearest < count) {
        return sim_loader_fail(loader, at, "unknown %s `%S`; did you mean `%s`?", what, &at->text, names[nearest]);
    }
    const struct wf_string all = wf_buffer_string(&list);
    return sim_loader_fail(loader, at, "unknown %s `%S`; one of: %S", what, &at->text, &all);
}

void *sim_loader_take(struct sim_loader *loader, size_t count, size_t size_bytes)
{
    void *memory = wf_arena_take_array(loader->arena, count, size_bytes);

    if (memory == NULL) {
        (void)wf_fail_status(loader->err, WF_ERR_MEMORY, "%s: out of memory", loader->file);
    }
    return memory;
}

enum wf_status sim_expect_list(struct sim_loader *loader, const struct sim_yaml *node, const char *what)
{
    return node->kind == SIM_YAML_LIST ? WF_OK : sim_loader_fail(loader, node, "%s must be a list: [...]", what);
}

enum wf_status sim_expect_map(struct sim_loader *loader, const struct sim_yaml *node, const char *what)
{
    return node->kind == SIM_YAML_MAP ? WF_OK : sim_loader_fail(loader, node, "%s must be a map: {key: value}", what);
}

enum wf_status sim_expect_scalar(struct sim_loader *loader, const struct sim_yaml *node, const char *what)
{
    return node->kind == SIM_YAML_SCALAR && (node->is_quoted || node->text.size_bytes > 0)
               ? WF_OK
               : sim_loader_fail(loader, node, "%s must be a single value", what);
}

const struct sim_yaml *sim_yaml_get(const struct sim_yaml *map, const char *key)
{
    for (uint32_t i = 0; map->kind == SIM_YAML_MAP && i < map->count; i++) {
        if (wf_string_is(map->keys[i].text, key)) {
            return &map->items[i];
        }
    }
    return NULL;
}

enum wf_status sim_parse_name(struct sim_loader *loader, const struct sim_yaml *node, const char *what,
                              const char *const *names, uint32_t *index)
{
    WF_TRY(sim_expect_scalar(loader, node, what));
    for (uint32_t i = 0; names[i] != NULL; i++) {
        if (wf_string_is(node->text, names[i])) {
            *index = i;
            return WF_OK;
        }
    }
    return sim_loader_fail_name(loader, node, what, names);
}

/* ---- Numbers ---- */

/*
 * Reads "12" or "12.345" at *text as an integer scaled by 10^scale_digits, and moves past it. Further fraction digits must
 * be zeros, so that nothing is rounded.
 */
static bool read_scaled(struct wf_string *text, uint32_t scale_digits, int64_t *value)
{
    int64_t result = 0;
    uint32_t fraction_digits = 0;
    bool in_fraction = false;
    size_t i = 0;

    for (; i < text->size_bytes; i++) {
        const char c = text->data[i];
        if (c == '.' && !in_fraction && i > 0) {
            in_fraction = true;
            continue;
        }
        if (!wf_is_digit(c)) {
            break;
        }
        if (in_fraction && fraction_digits == scale_digits) {
            if (c != '0') {
                return false;
            }
            continue;
        }
        if (!wf_multiply_i64(result, 10, &result) || !wf_add_i64(result, c - '0', &result)) {
            return false;
        }
        fraction_digits += in_fraction ? 1 : 0;
    }
    if (i == 0 || text->data[i - 1] == '.') {
        return false;
    }
    for (; fraction_digits < scale_digits; fraction_digits++) {
        if (!wf_multiply_i64(result, 10, &result)) {
            return false;
        }
    }
    *text = (struct wf_string){text->data + i, text->size_bytes - i};
    *value = result;
    return true;
}

static enum wf_status parse_integer(struct sim_loader *loader, const struct sim_yaml *node, int64_t low, int64_t high,
                                    int64_t *value)
{
    struct wf_string rest = node->text;

    WF_TRY(sim_expect_scalar(loader, node, "a number"));
    if (rest.data[0] == '-') {
        return sim_loader_fail(loader, node, "`%S` is negative; a whole number of %lld or more is needed", &node->text,
                               (long long)low);
    }
    if (node->is_quoted || !read_scaled(&rest, 0, value) || rest.size_bytes > 0) {
        return sim_loader_fail(loader, node, "`%S` is not a whole number", &node->text);
    }
    if (*value < low || *value > high) {
        return sim_loader_fail(loader, node, "%S is out of range: %lld to %lld", &node->text, (long long)low,
                               (long long)high);
    }
    return WF_OK;
}

enum wf_status sim_parse_count(struct sim_loader *loader, const struct sim_yaml *node, void *target)
{
    int64_t value = 0;

    WF_TRY(parse_integer(loader, node, 1, 1000000, &value));
    *(uint32_t *)target = (uint32_t)value;
    return WF_OK;
}

enum wf_status sim_parse_attempt(struct sim_loader *loader, const struct sim_yaml *node, void *target)
{
    int64_t value = 0;

    WF_TRY(parse_integer(loader, node, 1, INT32_MAX, &value));
    *(int32_t *)target = (int32_t)value;
    return WF_OK;
}

enum wf_status sim_parse_limit(struct sim_loader *loader, const struct sim_yaml *node, void *target)
{
    return parse_integer(loader, node, 1, INT64_MAX, target);
}

enum wf_status sim_parse_boolean(struct sim_loader *loader, const struct sim_yaml *node, void *target)
{
    static const char *const names[] = {"false", "true", NULL};
    uint32_t index = 0;

    WF_TRY(sim_parse_name(loader, node, "truth value", names, &index));
    *(bool *)target = index == 1;
    return WF_OK;
}

static const struct {
    const char *name;
    uint32_t name_bytes;
    int64_t ns;
} units[] = {
    {"ns", 2, 1},
    {"us", 2, 1000},
    {"ms", 2, WF_NS_PER_MS},
    {"s", 1, WF_NS_PER_S},
    {"m", 1, 60 * WF_NS_PER_S},
    {"h", 1, 3600 * WF_NS_PER_S},
    {"d", 1, 86400 * WF_NS_PER_S},
};

/* One "90m" at *text, added to *total_ns. The number is read in billionths, so that 1.5h is exact. */
static bool read_duration_part(struct wf_string *text, int64_t *total_ns)
{
    int64_t billionths = 0;
    int64_t part_ns = 0;
    size_t i = 0;

    if (!read_scaled(text, 9, &billionths)) {
        return false;
    }
    const size_t unit_count = sizeof units / sizeof *units;
    while (i < unit_count && !(wf_string_starts_with(*text, (struct wf_string){units[i].name, units[i].name_bytes}) &&
                               (text->size_bytes == units[i].name_bytes || wf_is_digit(text->data[units[i].name_bytes])))) {
        i++;
    }
    if (i == unit_count) {
        return false;
    }
    *text = (struct wf_string){text->data + units[i].name_bytes, text->size_bytes - units[i].name_bytes};
    /* whole units first: billionths * ns would overflow */
    const int64_t fraction_ns = billionths % WF_NS_PER_S * (units[i].ns / 1000) / 1000000;
    return wf_multiply_i64(billionths / WF_NS_PER_S, units[i].ns, &part_ns) &&
           wf_add_i64(part_ns, fraction_ns, &part_ns) && wf_add_i64(*total_ns, part_ns, total_ns);
}

enum wf_status sim_parse_duration(struct sim_loader *loader, const struct sim_yaml *node, void *target)
{
    struct wf_string rest = node->text;
    int64_t total_ns = 0;

    WF_TRY(sim_expect_scalar(loader, node, "a duration"));
    if (rest.data[0] == '-') {
        return sim_loader_fail(loader, node, "`%S` is negative; a duration is zero or more", &node->text);
    }
    if (wf_string_is(rest, "0")) {
        *(int64_t *)target = 0;
        return WF_OK;
    }
    while (rest.size_bytes > 0) {
        if (!read_duration_part(&rest, &total_ns)) {
            return sim_loader_fail(loader, node, "`%S` is not a duration; write 200ms, 10s, 5m, 1h, 7d or 1h30m",
                                   &node->text);
        }
    }
    *(int64_t *)target = total_ns;
    return WF_OK;
}

enum wf_status sim_parse_time_limit(struct sim_loader *loader, const struct sim_yaml *node, void *target)
{
    WF_TRY(sim_parse_duration(loader, node, target));
    return *(int64_t *)target > 0 ? WF_OK : sim_loader_fail(loader, node, "a limit must be above zero");
}

static enum wf_status parse_uniform(struct sim_loader *loader, const struct sim_yaml *node,
                                    struct sim_distribution *distribution)
{
    WF_TRY(sim_expect_list(loader, node, "uniform"));
    if (node->count != 2) {
        return sim_loader_fail(loader, node, "uniform takes two durations: [1s, 5s]");
    }
    WF_TRY(sim_parse_duration(loader, &node->items[0], &distribution->low_ns));
    WF_TRY(sim_parse_duration(loader, &node->items[1], &distribution->high_ns));
    if (distribution->low_ns > distribution->high_ns) {
        return sim_loader_fail(loader, &node->items[0], "uniform: the first duration is longer than the second");
    }
    distribution->kind = SIM_UNIFORM;
    return WF_OK;
}

static enum wf_status parse_log_normal(struct sim_loader *loader, const struct sim_yaml *node,
                                       struct sim_distribution *distribution)
{
    const struct sim_yaml *median = sim_yaml_get(node, "median");
    const struct sim_yaml *p99 = sim_yaml_get(node, "p99");

    if (node->count != 2 || median == NULL || p99 == NULL) {
        return sim_loader_fail(loader, node, "write {median: 20ms, p99: 400ms}");
    }
    WF_TRY(sim_parse_duration(loader, median, &distribution->low_ns));
    WF_TRY(sim_parse_duration(loader, p99, &distribution->high_ns));
    if (distribution->low_ns == 0 || distribution->low_ns > distribution->high_ns) {
        return sim_loader_fail(loader, median, "the median must be above zero and at most the p99");
    }
    distribution->kind = SIM_LOG_NORMAL;
    return WF_OK;
}

enum wf_status sim_parse_distribution(struct sim_loader *loader, const struct sim_yaml *node, void *target)
{
    static const char *const shapes[] = {"exponential", "uniform", "median", "p99", NULL};
    struct sim_distribution *distribution = target;
    uint32_t shape = 0;

    if (node->kind == SIM_YAML_SCALAR) {
        distribution->kind = SIM_CONSTANT;
        return sim_parse_duration(loader, node, &distribution->low_ns);
    }
    WF_TRY(sim_expect_map(loader, node, "a duration or distribution"));
    if (node->count == 0) {
        return sim_loader_fail(loader, node, "write 20ms, {uniform: [1s, 5s]}, {exponential: 200ms} or "
                                             "{median: 20ms, p99: 400ms}");
    }
    WF_TRY(sim_parse_name(loader, &node->keys[0], "distribution", shapes, &shape));
    if (shape >= 2) {
        return parse_log_normal(loader, node, distribution);
    }
    if (node->count != 1) {
        return sim_loader_fail(loader, &node->keys[1], "a distribution has one shape; `%S` is a second one",
                               &node->keys[1].text);
    }
    if (shape == 1) {
        return parse_uniform(loader, &node->items[0], distribution);
    }
    distribution->kind = SIM_EXPONENTIAL;
    return sim_parse_duration(loader, &node->items[0], &distribution->low_ns);
}

enum wf_status sim_parse_ratio(struct sim_loader *loader, const struct sim_yaml *node, void *target)
{
    struct sim_ratio *ratio = target;
    struct wf_string rest = node->text;
    int64_t numerator = 0;
    int64_t denominator = 100 * 10000;

    WF_TRY(sim_expect_scalar(loader, node, "a chance"));
    bool is_right = false;
    if (rest.data[rest.size_bytes - 1] == '%') {
        is_right = read_scaled(&rest, 4, &numerator) && rest.size_bytes == 1;
    } else if (read_scaled(&rest, 0, &numerator) && rest.size_bytes > 1 && rest.data[0] == '/') {
        rest = (struct wf_string){rest.data + 1, rest.size_bytes - 1};
        is_right = read_scaled(&rest, 0, &denominator) && rest.size_bytes == 0;
    }
    if (!is_right || denominator < 1 || denominator > UINT32_MAX) {
        return sim_loader_fail(loader, node, "`%S` is not a chance; write 3%%, 0.5%% or 1/1000", &node->text);
    }
    if (numerator > denominator) {
        return sim_loader_fail(loader, node, "`%S` is more than always", &node->text);
    }
    ratio->numerator = (uint32_t)numerator;
    ratio->denominator = (uint32_t)denominator;
    return WF_OK;
}

/* ---- Texts and values ---- */

enum wf_status sim_parse_text(struct sim_loader *loader, const struct sim_yaml *node, void *target)
{
    WF_TRY(sim_expect_scalar(loader, node, "a name"));
    *(struct wf_string *)target = node->text;
    return WF_OK;
}

struct sim_place sim_yaml_place(const struct sim_yaml *node)
{
    return (struct sim_place){node->line, node->column};
}

/* The placeholders of a text, at the text's place. */
static enum wf_status verify(struct sim_loader *loader, const struct sim_yaml *node, bool has_input)
{
    struct wf_error err = {0};

    return sim_template_verify(node->text, has_input, &err) == WF_OK ? WF_OK
                                                                      : sim_loader_fail(loader, node, "%s", err.message);
}

enum wf_status sim_parse_template(struct sim_loader *loader, const struct sim_yaml *node, void *target)
{
    ((struct sim_template *)target)->place = sim_yaml_place(node);
    WF_TRY(sim_parse_text(loader, node, &((struct sim_template *)target)->text));
    return verify(loader, node, false);
}

enum wf_status sim_parse_input_template(struct sim_loader *loader, const struct sim_yaml *node, void *target)
{
    ((struct sim_template *)target)->place = sim_yaml_place(node);
    WF_TRY(sim_parse_text(loader, node, &((struct sim_template *)target)->text));
    return verify(loader, node, true);
}

enum wf_status sim_parse_texts(struct sim_loader *loader, const struct sim_yaml *node, const struct wf_string **texts,
                               uint32_t *count)
{
    const struct sim_yaml *items = node->kind == SIM_YAML_LIST ? node->items : node;
    const uint32_t item_count = node->kind == SIM_YAML_LIST ? node->count : 1;
    struct wf_string *list = sim_loader_take(loader, item_count, sizeof *list);

    if (list == NULL) {
        return WF_ERR_MEMORY;
    }
    for (uint32_t i = 0; i < item_count; i++) {
        WF_TRY(sim_parse_text(loader, &items[i], &list[i]));
    }
    *texts = list;
    *count = item_count;
    return WF_OK;
}

/* A plain scalar that JSON reads as a number, a truth value or null stays what it is; all else is text. */
static bool is_json_literal(const struct sim_yaml *node)
{
    uint64_t bits = 0;

    if (node->is_quoted || node->text.size_bytes == 0) {
        return false;
    }
    if (wf_string_is(node->text, "true") || wf_string_is(node->text, "false") || wf_string_is(node->text, "null")) {
        return true;
    }
    const char first = node->text.data[0];
    return (wf_is_digit(first) || first == '-') && wf_double_read(node->text, &bits);
}

static void write_json(const struct sim_yaml *node, struct wf_json_writer *writer)
{
    switch (node->kind) {
    case SIM_YAML_SCALAR:
        if (!node->is_quoted && node->text.size_bytes == 0) {
            wf_json_null(writer);
        } else if (is_json_literal(node)) {
            wf_json_raw(writer, node->text);
        } else {
            wf_json_string(writer, node->text);
        }
        return;
    case SIM_YAML_LIST:
        wf_json_begin_array(writer);
        for (uint32_t i = 0; i < node->count; i++) {
            write_json(&node->items[i], writer);
        }
        wf_json_end_array(writer);
        return;
    case SIM_YAML_MAP:
        wf_json_begin_object(writer);
        for (uint32_t i = 0; i < node->count; i++) {
            wf_json_key(writer, node->keys[i].text.data);
            write_json(&node->items[i], writer);
        }
        wf_json_end_object(writer);
        return;
    }
}

enum wf_status sim_yaml_to_json(struct sim_loader *loader, const struct sim_yaml *node, struct wf_string *json)
{
    struct wf_buffer out;
    struct wf_json_writer writer;

    wf_buffer_init(&out, loader->arena);
    wf_json_writer_init(&writer, &out, 0);
    write_json(node, &writer);
    if (out.is_full) {
        return wf_fail_status(loader->err, WF_ERR_MEMORY, "%s: out of memory", loader->file);
    }
    *json = wf_buffer_string(&out);
    return WF_OK;
}

/* A drawn part of a value: {$uniform: [low, high]} of integers, {$choice: [...]}. */
static enum wf_status check_value(struct sim_loader *loader, const struct sim_yaml *node, bool has_input)
{
    static const char *const names[] = {"$uniform", "$choice", NULL};
    uint32_t index = 0;

    if (node->kind == SIM_YAML_SCALAR) {
        return verify(loader, node, has_input);
    }
    for (uint32_t i = 0; i < node->count; i++) {
        const struct sim_yaml *key = node->kind == SIM_YAML_MAP ? &node->keys[i] : NULL;
        const struct sim_yaml *item = &node->items[i];

        if (key != NULL && key->text.size_bytes > 0 && key->text.data[0] == '$') {
            WF_TRY(sim_parse_name(loader, key, "drawn value", names, &index));
            WF_TRY(sim_expect_list(loader, item, names[index]));
            if (node->count != 1 || item->count == 0 || (index == 0 && item->count != 2)) {
                return sim_loader_fail(loader, key, "write {$uniform: [500, 90000]} or {$choice: [a, b, c]}");
            }
            if (index == 0) {
                int64_t low = 0;
                int64_t high = 0;
                WF_TRY(parse_integer(loader, &item->items[0], 0, INT64_MAX, &low));
                WF_TRY(parse_integer(loader, &item->items[1], low, INT64_MAX, &high));
            }
        }
        WF_TRY(check_value(loader, item, has_input));
    }
    return WF_OK;
}

enum wf_status sim_parse_value(struct sim_loader *loader, const struct sim_yaml *node, void *target)
{
    WF_TRY(check_value(loader, node, false));
    ((struct sim_value_template *)target)->place = sim_yaml_place(node);
    return sim_yaml_to_json(loader, node, &((struct sim_value_template *)target)->json);
}

enum wf_status sim_parse_input_value(struct sim_loader *loader, const struct sim_yaml *node, void *target)
{
    WF_TRY(check_value(loader, node, true));
    ((struct sim_value_template *)target)->place = sim_yaml_place(node);
    return sim_yaml_to_json(loader, node, &((struct sim_value_template *)target)->json);
}
