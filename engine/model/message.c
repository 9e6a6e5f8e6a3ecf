/*
 * Copying and comparing messages of any type by their descriptors. Recursion follows the nesting of the message, which
 * the decoders bound.
 */
#include "engine/base/arena.h"
#include "engine/base/assert.h"
#include "engine/schema.h"

#define LIST_FIRST_COUNT 4u

/* A choice that the oneof does not hold. Its union then belongs to another field. */
static bool is_other_choice(const struct wf_field *field, const void *message)
{
    uint32_t chosen = 0;

    if (field->case_offset == 0) {
        return false;
    }
    memcpy(&chosen, (const char *)message + field->case_offset, sizeof chosen);
    return chosen != field->number;
}

static bool is_zero_value(const struct wf_field *field, const void *member)
{
    switch (field->kind) {
    case WF_KIND_STRING:
    case WF_KIND_BYTES:
        return ((const struct wf_string *)member)->size_bytes == 0;
    case WF_KIND_BOOL:
        return !*(const bool *)member;
    case WF_KIND_INT32:
    case WF_KIND_UINT32:
    case WF_KIND_FLOAT:
    case WF_KIND_ENUM:
        return *(const uint32_t *)member == 0;
    case WF_KIND_INT64:
    case WF_KIND_UINT64:
    case WF_KIND_DOUBLE:
        return *(const uint64_t *)member == 0;
    case WF_KIND_MESSAGE:
        return *(void *const *)member == NULL;
    case WF_KIND_TIMESTAMP:
    case WF_KIND_DURATION:
        return !((const struct wf_timestamp *)member)->is_set;
    }
    WF_UNREACHABLE();
}

bool wf_field_is_set(const struct wf_field *field, const void *message)
{
    const void *member = wf_field_in(field, message);

    if (field->label != WF_LABEL_ONE) {
        return ((const struct wf_list *)member)->count > 0;
    }
    if (field->case_offset != 0) {
        /* A chosen scalar may be zero; a chosen message that is missing is no message. */
        return !is_other_choice(field, message) &&
               (field->kind != WF_KIND_MESSAGE || !is_zero_value(field, member));
    }
    return !is_zero_value(field, member);
}

/* Every value of a map is aligned as a pointer, so it follows its key at once. */
_Static_assert(sizeof(struct wf_entry_string) == sizeof(struct wf_string) * 2, "no padding in map entries");
_Static_assert(sizeof(struct wf_entry_payload) == sizeof(struct wf_string) + sizeof(struct wf_payload),
               "no padding in map entries");
_Static_assert(sizeof(struct wf_entry_payloads) == sizeof(struct wf_string) + sizeof(struct wf_payloads),
               "no padding in map entries");

void *wf_message_new(struct wf_arena *arena, const struct wf_message_type *type)
{
    return wf_arena_take(arena, type->size_bytes);
}

void wf_list_remove(void *list, void *item, size_t item_size_bytes)
{
    struct wf_list *items = list;
    const size_t behind_bytes = (size_t)((char *)items->items + items->count * item_size_bytes - (char *)item) -
                                item_size_bytes;

    memmove(item, (char *)item + item_size_bytes, behind_bytes);
    items->count--;
}

void *wf_list_append(struct wf_arena *arena, void *list, size_t item_size_bytes)
{
    struct wf_list *items = list;
    char *item = NULL;

    if (items->count >= items->capacity) {
        /* A list made by hand has capacity 0 and is not ours to grow in place. */
        const uint32_t capacity = items->count < LIST_FIRST_COUNT ? LIST_FIRST_COUNT : items->count * 2;
        void *grown = NULL;

        if (items->count > UINT32_MAX / 2) {
            return NULL;
        }
        grown = wf_arena_take_unset(arena, capacity * item_size_bytes); /* items are zeroed one by one */
        if (grown == NULL) {
            return NULL;
        }
        if (items->count > 0) {
            memcpy(grown, items->items, items->count * item_size_bytes);
        }
        items->items = grown;
        items->capacity = capacity;
    }
    item = (char *)items->items + items->count * item_size_bytes;
    memset(item, 0, item_size_bytes);
    items->count++;
    return item;
}

/* ---- Copying: a struct is first copied whole, then everything it points to is replaced by copies ---- */

static bool own_members(struct wf_arena *arena, const struct wf_message_type *type, void *message);

static bool own_string(struct wf_arena *arena, struct wf_string *string)
{
    if (string->size_bytes == 0) {
        string->data = string->data == NULL ? NULL : "";
        return true;
    }
    *string = wf_string_copy(arena, *string);
    return string->data != NULL;
}

/* Owns one inline value: of a list, of a map, or a member that is not a message. */
static bool own_value(struct wf_arena *arena, const struct wf_field *field, void *value)
{
    switch (field->kind) {
    case WF_KIND_STRING:
    case WF_KIND_BYTES:
        return own_string(arena, value);
    case WF_KIND_MESSAGE:
        return own_members(arena, field->message, value);
    case WF_KIND_BOOL:
    case WF_KIND_INT32:
    case WF_KIND_INT64:
    case WF_KIND_UINT32:
    case WF_KIND_UINT64:
    case WF_KIND_FLOAT:
    case WF_KIND_DOUBLE:
    case WF_KIND_ENUM:
    case WF_KIND_TIMESTAMP:
    case WF_KIND_DURATION:
        return true;
    }
    WF_UNREACHABLE();
}

static bool own_items(struct wf_arena *arena, const struct wf_field *field, struct wf_list *list)
{
    const size_t size_bytes = field->item_size_bytes;
    char *items = NULL;

    list->capacity = list->count;
    if (list->count == 0) {
        list->items = NULL;
        return true;
    }
    items = wf_arena_take_unset(arena, list->count * size_bytes); /* as much as there is already */
    if (items == NULL) {
        return false;
    }
    memcpy(items, list->items, list->count * size_bytes);
    list->items = items;
    for (uint32_t i = 0; i < list->count; i++) {
        char *item = items + i * size_bytes;

        if (field->label == WF_LABEL_MAP) {
            if (!own_string(arena, (struct wf_string *)(void *)item)) {
                return false;
            }
            item += sizeof(struct wf_string);
        }
        if (!own_value(arena, field, item)) {
            return false;
        }
    }
    return true;
}

/* Of a oneof the chosen field. */
static bool own_field(struct wf_arena *arena, const struct wf_field *field, void *message)
{
    void *member = (char *)message + field->offset;

    if (field->label != WF_LABEL_ONE) {
        return own_items(arena, field, member);
    }
    if (field->kind == WF_KIND_MESSAGE) {
        void **sub_message = member;

        if (*sub_message == NULL) {
            return true;
        }
        *sub_message = wf_message_copy(arena, field->message, *sub_message);
        return *sub_message != NULL;
    }
    return own_value(arena, field, member);
}

static bool own_members(struct wf_arena *arena, const struct wf_message_type *type, void *message)
{
    /* Every message struct starts with the pointer to its unknown fields. */
    const struct wf_string **unknown = message;

    if (*unknown != NULL) {
        struct wf_string *copy = WF_ARENA_NEW(arena, struct wf_string);

        if (copy == NULL) {
            return false;
        }
        *copy = **unknown;
        *unknown = copy;
        if (!own_string(arena, copy)) {
            return false;
        }
    }
    for (uint32_t i = 0; i < type->reference_count; i++) {
        const struct wf_reference reference = type->references[i];
        const struct wf_field *field = &type->fields[reference.field];

        if (*(void *const *)(const void *)((const char *)message + reference.offset) == NULL) {
            continue;
        }
        if (field->case_offset != 0) {
            field = wf_message_chosen(type, field, message);
        }
        if (field != NULL && !own_field(arena, field, message)) {
            return false;
        }
    }
    return true;
}

bool wf_message_copy_into(struct wf_arena *arena, const struct wf_message_type *type, void *target,
                          const void *message)
{
    WF_ASSERT(message != NULL);
    memmove(target, message, type->size_bytes);
    return own_members(arena, type, target);
}

void *wf_message_copy(struct wf_arena *arena, const struct wf_message_type *type, const void *message)
{
    void *copy = wf_arena_take_unset(arena, type->size_bytes);

    if (copy == NULL || !wf_message_copy_into(arena, type, copy, message)) {
        return NULL;
    }
    return copy;
}

/* ---- Comparing ---- */

static bool equal_times(const struct wf_timestamp *left, const struct wf_timestamp *right)
{
    return left->is_set == right->is_set &&
           (!left->is_set || (left->seconds == right->seconds && left->nanos == right->nanos));
}

static inline bool equal_values(const struct wf_field *field, const void *left, const void *right)
{
    switch (field->kind) {
    case WF_KIND_STRING:
    case WF_KIND_BYTES:
        return wf_string_equal(*(const struct wf_string *)left, *(const struct wf_string *)right);
    case WF_KIND_BOOL:
        return *(const bool *)left == *(const bool *)right;
    case WF_KIND_INT32:
    case WF_KIND_UINT32:
    case WF_KIND_FLOAT:
    case WF_KIND_ENUM:
        return *(const uint32_t *)left == *(const uint32_t *)right;
    case WF_KIND_INT64:
    case WF_KIND_UINT64:
    case WF_KIND_DOUBLE:
        return *(const uint64_t *)left == *(const uint64_t *)right;
    case WF_KIND_MESSAGE:
        return wf_message_equal(field->message, left, right);
    case WF_KIND_TIMESTAMP:
    case WF_KIND_DURATION:
        return equal_times(left, right);
    }
    WF_UNREACHABLE();
}

bool wf_value_equal(const struct wf_field *field, const void *left, const void *right)
{
    return equal_values(field, left, right);
}

static bool equal_lists(const struct wf_field *field, const struct wf_list *left, const struct wf_list *right)
{
    const size_t size_bytes = field->item_size_bytes;

    if (left->count == 0 || left->count != right->count) {
        return left->count == right->count;
    }
    for (uint32_t i = 0; i < left->count; i++) {
        if (!equal_values(field, (const char *)left->items + i * size_bytes,
                          (const char *)right->items + i * size_bytes)) {
            return false;
        }
    }
    return true;
}

const void *wf_map_field_value(const struct wf_field *field, const void *map, struct wf_string key)
{
    const struct wf_list *entries = map;
    const size_t size_bytes = field->item_size_bytes;

    WF_ASSERT(field->label == WF_LABEL_MAP);
    /* From the end, because the last of equal keys wins (engine-semantics 1.6). */
    for (uint32_t i = entries->count; i > 0; i--) {
        const char *entry = (const char *)entries->items + (i - 1) * size_bytes;

        if (wf_string_equal(*(const struct wf_string *)(const void *)entry, key)) {
            return entry + sizeof(struct wf_string);
        }
    }
    return NULL;
}

/* Maps are a few entries: metadata, headers, memos. */
static bool map_contains(const struct wf_field *field, const struct wf_list *outer, const struct wf_list *inner)
{
    const size_t size_bytes = field->item_size_bytes;

    for (uint32_t i = 0; i < inner->count; i++) {
        const struct wf_string *key = (const void *)((const char *)inner->items + i * size_bytes);
        const void *left = wf_map_field_value(field, inner, *key);
        const void *right = wf_map_field_value(field, outer, *key);

        if (right == NULL || !wf_value_equal(field, left, right)) {
            return false;
        }
    }
    return true;
}

static inline bool equal_fields(const struct wf_field *field, const void *left_message, const void *right_message)
{
    const void *left = wf_field_in(field, left_message);
    const void *right = wf_field_in(field, right_message);

    if (field->label == WF_LABEL_LIST) {
        return equal_lists(field, left, right);
    }
    if (field->label == WF_LABEL_MAP) {
        return map_contains(field, left, right) && map_contains(field, right, left);
    }
    if (field->case_offset != 0 || field->kind == WF_KIND_MESSAGE) {
        const bool is_set = wf_field_is_set(field, left_message);

        if (is_set != wf_field_is_set(field, right_message)) {
            return false;
        }
        if (!is_set) {
            return true;
        }
    }
    if (field->kind == WF_KIND_MESSAGE) {
        return equal_values(field, *(void *const *)left, *(void *const *)right);
    }
    return equal_values(field, left, right);
}

bool wf_message_equal(const struct wf_message_type *type, const void *left, const void *right)
{
    const struct wf_string none = {NULL, 0};
    const struct wf_string *left_unknown = *(const struct wf_string *const *)left;
    const struct wf_string *right_unknown = *(const struct wf_string *const *)right;

    if (!wf_string_equal(left_unknown == NULL ? none : *left_unknown, right_unknown == NULL ? none : *right_unknown)) {
        return false;
    }
    for (uint32_t i = 0; i < type->field_count; i++) {
        if (!equal_fields(&type->fields[i], left, right)) {
            return false;
        }
    }
    return true;
}
