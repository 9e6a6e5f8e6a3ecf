/*
 * Memo and search attributes of a run: maps of payloads that are merged key by key.
 *
 * Source: engine-semantics 7.11.
 */
#include "engine/server/change.h"

bool wf_field_is_deletion(const struct wf_payload *value, bool is_attribute)
{
    for (uint32_t i = 0; i < value->metadata.count; i++) {
        if (wf_string_is(value->metadata.items[i].key, "encoding") &&
            wf_string_is(value->metadata.items[i].value, "binary/null")) {
            return true;
        }
    }
    return value->data.size_bytes == 0 ||
           (is_attribute && (wf_string_is(value->data, "null") || wf_string_is(value->data, "[]")));
}

struct field_list {
    struct wf_entry_payload *items;
    uint32_t count;
    uint32_t capacity;
};

static void merge(struct wf_arena *arena, struct field_list *fields,
                  const struct wf_entry_payload *given, bool is_attribute)
{
    struct wf_entry_payload *place = NULL;

    for (uint32_t i = 0; i < fields->count && place == NULL; i++) {
        if (wf_string_equal(fields->items[i].key, given->key)) {
            place = &fields->items[i];
        }
    }
    if (wf_field_is_deletion(&given->value, is_attribute)) {
        if (place != NULL) {
            WF_LIST_REMOVE(*fields, place);
        }
        return;
    }
    if (place == NULL) {
        place = wf_list_append(arena, fields, sizeof *place);
        if (place == NULL) {
            return;
        }
        place->key = wf_string_copy(arena, given->key);
    }
    if (!wf_message_copy_into(arena, &wf_type_payload, &place->value, &given->value)) {
        memset(&place->value, 0, sizeof place->value);
    }
}

void wf_fields_merge(struct wf_arena *arena, void *fields, const void *given, bool are_attributes)
{
    const struct field_list *list = given;

    for (uint32_t i = 0; i < list->count; i++) {
        merge(arena, fields, &list->items[i], are_attributes);
    }
}
