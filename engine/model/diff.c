/*
 * Walks two messages side by side. The path of the field at hand is one buffer that grows and shrinks with the walk; a
 * field is descended into when both sides have it, and reported whole when one side does not.
 */
#include "engine/diff.h"

#include "engine/base/assert.h"
#include "engine/base/json_text.h"

struct walk {
    struct wf_arena *arena;
    struct wf_buffer path;  /* with indexes and keys, to be shown */
    struct wf_buffer names; /* without them, to be matched with what is ignored */
    struct wf_diff_options options;
    struct wf_differences *differences;
    bool is_full;
};

static void diff_messages(struct walk *walk, const struct wf_message_type *type, const void *left, const void *right);

/* ---- Paths ---- */

static bool is_ignored(const struct walk *walk)
{
    const struct wf_string names = wf_buffer_string(&walk->names);

    for (size_t i = 0; i < walk->options.ignored_count; i++) {
        const struct wf_string ignored = wf_string_of(walk->options.ignored[i]);
        const size_t before = names.size_bytes - ignored.size_bytes;

        if (ignored.size_bytes <= names.size_bytes &&
            memcmp(names.data + before, ignored.data, ignored.size_bytes) == 0 &&
            (before == 0 || names.data[before - 1] == '.')) {
            return true;
        }
    }
    return false;
}

struct place {
    size_t path_bytes;
    size_t names_bytes;
};

static struct place enter_field(struct walk *walk, const struct wf_field *field)
{
    const struct place outer = {walk->path.size_bytes, walk->names.size_bytes};
    const char *dot = outer.path_bytes == 0 ? "" : ".";

    wf_buffer_printf(&walk->path, "%s%s", dot, field->json_name);
    wf_buffer_printf(&walk->names, "%s%s", dot, field->json_name);
    return outer;
}

static void leave_field(struct walk *walk, struct place outer)
{
    walk->path.size_bytes = outer.path_bytes;
    walk->names.size_bytes = outer.names_bytes;
}

/* ---- Reporting ---- */

static struct wf_string value_text(struct walk *walk, const struct wf_field *field, const void *value, bool is_item)
{
    struct wf_buffer text;

    if (value == NULL) {
        return (struct wf_string){NULL, 0};
    }
    wf_buffer_init(&text, walk->arena);
    if (is_item) {
        struct wf_field item = *field;

        item.label = WF_LABEL_ONE;
        wf_print_value(&text, &item, field->kind == WF_KIND_MESSAGE ? (const void *)&value : value,
                       &walk->options.print);
    } else {
        wf_print_value(&text, field, value, &walk->options.print);
    }
    walk->is_full = walk->is_full || text.is_full;
    return wf_buffer_string(&text);
}

static void add_difference(struct walk *walk, struct wf_string left, struct wf_string right)
{
    struct wf_difference *difference = NULL;

    if (walk->differences->count >= walk->options.count_max) {
        walk->differences->dropped_count++;
        return;
    }
    difference = WF_LIST_APPEND(walk->arena, *walk->differences);
    if (difference == NULL) {
        walk->is_full = true;
        return;
    }
    *difference = (struct wf_difference){wf_string_copy(walk->arena, wf_buffer_string(&walk->path)), left, right};
    walk->is_full = walk->is_full || difference->path.data == NULL;
}

/* Reports a field, or an item of it. A side that does not have it is NULL. */
static void report(struct walk *walk, const struct wf_field *field, const void *left, const void *right, bool is_item)
{
    if (walk->differences->count >= walk->options.count_max) {
        walk->differences->dropped_count++;
        return;
    }
    add_difference(walk, value_text(walk, field, left, is_item), value_text(walk, field, right, is_item));
}

/* ---- Payloads ---- */

bool wf_payload_equal(const struct wf_payload *left, const struct wf_payload *right)
{
    uint64_t left_digest = 0;
    uint64_t right_digest = 0;

    if (!wf_string_equal(wf_payload_encoding(left), wf_payload_encoding(right))) {
        return false;
    }
    if (wf_string_equal(left->data, right->data)) {
        return true;
    }
    return wf_payload_is_json(left) && wf_json_digest(left->data, &left_digest) &&
           wf_json_digest(right->data, &right_digest) && left_digest == right_digest;
}

/* ---- The walk ---- */

/* Compares two values that both sides have: items of a list or map, or what a member is or points to. */
static void diff_values(struct walk *walk, const struct wf_field *field, const void *left, const void *right)
{
    if (field->kind != WF_KIND_MESSAGE) {
        if (!wf_value_equal(field, left, right)) {
            report(walk, field, left, right, true);
        }
        return;
    }
    if (field->message == &wf_type_payload && !wf_payload_equal(left, right)) {
        report(walk, field, left, right, true);
        return;
    }
    diff_messages(walk, field->message, left, right);
}

static void diff_lists(struct walk *walk, const struct wf_field *field, const struct wf_list *left,
                       const struct wf_list *right)
{
    const size_t size_bytes = field->item_size_bytes;
    const size_t outer_bytes = walk->path.size_bytes;

    for (uint32_t i = 0; (i < left->count || i < right->count) && !walk->is_full; i++) {
        const char *left_item = i < left->count ? (const char *)left->items + i * size_bytes : NULL;
        const char *right_item = i < right->count ? (const char *)right->items + i * size_bytes : NULL;

        wf_buffer_printf(&walk->path, "[%u]", i);
        if (left_item == NULL || right_item == NULL) {
            report(walk, field, left_item, right_item, true);
        } else {
            diff_values(walk, field, left_item, right_item);
        }
        walk->path.size_bytes = outer_bytes;
    }
}

/* Reports the entries of `from` that `other` lacks, and, walking the left side, those that differ. */
static void diff_entries(struct walk *walk, const struct wf_field *field, const struct wf_list *from,
                         const struct wf_list *other, bool is_from_left)
{
    const size_t size_bytes = field->item_size_bytes;
    const size_t outer_bytes = walk->path.size_bytes;

    for (uint32_t i = 0; i < from->count && !walk->is_full; i++) {
        const char *entry = (const char *)from->items + i * size_bytes;
        const struct wf_string key = *(const struct wf_string *)(const void *)entry;
        const void *value = wf_map_field_value(field, from, key);
        const void *other_value = wf_map_field_value(field, other, key);

        /* Of equal keys the last counts. */
        if (value != entry + sizeof(struct wf_string)) {
            continue;
        }
        wf_buffer_append_char(&walk->path, '[');
        wf_json_write_string(&walk->path, key);
        wf_buffer_append_char(&walk->path, ']');
        if (other_value == NULL) {
            report(walk, field, is_from_left ? value : NULL, is_from_left ? NULL : value, true);
        } else if (is_from_left) {
            diff_values(walk, field, value, other_value);
        }
        walk->path.size_bytes = outer_bytes;
    }
}

static void diff_fields(struct walk *walk, const struct wf_field *field, const void *left_message,
                        const void *right_message)
{
    const void *left = wf_field_in(field, left_message);
    const void *right = wf_field_in(field, right_message);
    const bool is_in_left = wf_field_is_set(field, left_message);
    const bool is_in_right = wf_field_is_set(field, right_message);

    if (!is_in_left && !is_in_right) {
        return;
    }
    if (field->label == WF_LABEL_LIST) {
        diff_lists(walk, field, left, right);
    } else if (field->label == WF_LABEL_MAP) {
        diff_entries(walk, field, left, right, true);
        diff_entries(walk, field, right, left, false);
    } else if (is_in_left != is_in_right) {
        report(walk, field, is_in_left ? left : NULL, is_in_right ? right : NULL, false);
    } else if (field->kind == WF_KIND_MESSAGE) {
        diff_values(walk, field, *(const void *const *)left, *(const void *const *)right);
    } else {
        diff_values(walk, field, left, right);
    }
}

static void diff_unknown(struct walk *walk, const void *left, const void *right)
{
    const struct wf_string none = {NULL, 0};
    const struct wf_string *left_unknown = *(const struct wf_string *const *)left;
    const struct wf_string *right_unknown = *(const struct wf_string *const *)right;

    if (!wf_string_equal(left_unknown == NULL ? none : *left_unknown,
                         right_unknown == NULL ? none : *right_unknown)) {
        const size_t outer_bytes = walk->path.size_bytes;

        wf_buffer_append_text(&walk->path, outer_bytes == 0 ? "(fields of a newer schema)"
                                                            : ".(fields of a newer schema)");
        add_difference(walk, left_unknown == NULL ? none : WF_STR("<bytes>"),
                       right_unknown == NULL ? none : WF_STR("<bytes>"));
        walk->path.size_bytes = outer_bytes;
    }
}

static void diff_messages(struct walk *walk, const struct wf_message_type *type, const void *left, const void *right)
{
    for (uint32_t i = 0; i < type->field_count && !walk->is_full; i++) {
        const struct wf_field *field = &type->fields[i];
        const struct place outer = enter_field(walk, field);

        if (!is_ignored(walk)) {
            /* The data of a payload was compared with it. */
            if (type != &wf_type_payload || field->number != 2) {
                diff_fields(walk, field, left, right);
            }
        }
        leave_field(walk, outer);
    }
    diff_unknown(walk, left, right);
    walk->is_full = walk->is_full || walk->path.is_full || walk->names.is_full;
}

bool wf_diff_messages(struct wf_arena *arena, const struct wf_message_type *type, const void *left, const void *right,
                      const struct wf_diff_options *options, struct wf_differences *differences)
{
    struct walk walk = {.arena = arena, .differences = differences};

    if (options != NULL) {
        walk.options = *options;
    }
    if (walk.options.count_max == 0) {
        walk.options.count_max = WF_DIFFERENCES_MAX;
    }
    wf_buffer_init(&walk.path, arena);
    wf_buffer_init(&walk.names, arena);
    if (type == &wf_type_payload && !wf_payload_equal(left, right)) {
        wf_buffer_append_text(&walk.path, "data");
        walk.is_full = walk.path.is_full;
        if (!walk.is_full) {
            report(&walk, wf_message_field(&wf_type_payloads, 1), left, right, true);
        }
        return !walk.is_full;
    }
    diff_messages(&walk, type, left, right);
    return !walk.is_full;
}
