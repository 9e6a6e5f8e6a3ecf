/*
 * The memo and the search attributes of a run: reading them, changing them, and giving them to a child or to the next run. A
 * change is seen by the run at once; null, and for search attributes an empty list, takes the entry away (engine-semantics 7.11).
 */
#include "engine/workflow/workflow_run.h"

#include <string.h>

static struct wf_value read_entry(const struct wf_map *entries, const char *name)
{
    const struct wf_payload *payload = wf_map_get(entries, wf_string_of(name));

    return payload == NULL ? (struct wf_value){0} : wf_value_of_payload(payload);
}

static void remember(struct wf *wf, struct wf_map *entries, const struct wf_entry_payload *entry, bool is_gone)
{
    struct wf_payload *kept = NULL;

    if (is_gone) {
        (void)wf_map_remove(entries, entry->key);
        return;
    }
    kept = wf_take(wf, 1, sizeof *kept);
    *kept = entry->value;
    if (!wf_map_set(entries, entry->key, kept)) {
        wf_run_break(wf, "the memo or search attributes do not fit into the run's memory");
    }
}

bool wf_properties_fill(struct wf_map *entries, const struct wf_entry_payload *items, uint32_t count)
{
    for (uint32_t i = 0; i < count; i++) {
        /* The map hands out what it was given; nobody writes to it. */
        if (!wf_map_set(entries, items[i].key, (void *)(uintptr_t)&items[i].value)) {
            return false;
        }
    }
    return true;
}

/* ---- The memo ---- */

struct wf_value wf_memo(struct wf *wf, const char *name)
{
    (void)wf_call(wf, "wf_memo");
    return read_entry(&wf->memo, name);
}

struct wf_entry_payload *wf_memo_entries(struct wf *wf, const struct wf_pair *pairs, size_t count)
{
    struct wf_entry_payload *entries = wf_take(wf, count, sizeof *entries);

    for (size_t i = 0; i < count; i++) {
        entries[i].key = wf_copy_string(wf, wf_string_of(pairs[i].name));
        wf_payload_of_value(wf, pairs[i].value, &entries[i].value);
    }
    return entries;
}

void wf_memo_set(struct wf *wf, const struct wf_pair *pairs, size_t count)
{
    struct wf_sdk_modify_workflow_properties *command = NULL;
    struct wf_entry_payload *entries = NULL;

    (void)wf_call_step(wf, "wf_memo_set");
    entries = wf_memo_entries(wf, pairs, count);
    for (size_t i = 0; i < count; i++) {
        const enum wf_value_kind kind = wf_kind_of(pairs[i].value);

        remember(wf, &wf->memo, &entries[i], kind == WF_VALUE_ABSENT || kind == WF_VALUE_NULL);
    }
    command = WF_COMMAND_ADD(wf, COMMAND_MODIFY_PROPERTIES, struct wf_sdk_modify_workflow_properties);
    command->upserted_memo = wf_take_step(wf, 1, sizeof *command->upserted_memo);
    command->upserted_memo->fields.items = entries;
    command->upserted_memo->fields.count = (uint32_t)count;
}

/* ---- Search attributes ---- */

struct wf_value wf_search_attribute(struct wf *wf, const char *name)
{
    (void)wf_call(wf, "wf_search_attribute");
    return read_entry(&wf->search_attributes, name);
}

static void fill_attribute(struct wf *wf, const struct wf_search_attribute *attribute, struct wf_entry_payload *entry)
{
    struct wf_entry_string *metadata = wf_take(wf, 2, sizeof *metadata);
    struct wf_value value = attribute->value;

    if (attribute->name == NULL || attribute->type == NULL) {
        wf_run_break(wf, "a search attribute needs a name and a type");
    }
    value.payload = NULL; /* its metadata is the attribute's, not the argument's that it came as */
    entry->key = wf_copy_string(wf, wf_string_of(attribute->name));
    wf_payload_of_value(wf, value, &entry->value);
    metadata[0] = entry->value.metadata.items[0];
    metadata[1].key = WF_STR("type");
    metadata[1].value = wf_copy_string(wf, wf_string_of(attribute->type));
    entry->value.metadata.items = metadata;
    entry->value.metadata.count = 2;
}

struct wf_search_attributes *wf_search_attributes_of(struct wf *wf, const struct wf_search_attribute *attributes,
                                                     size_t count)
{
    struct wf_search_attributes *message = NULL;

    if (count == 0) {
        return NULL;
    }
    message = wf_take_step(wf, 1, sizeof *message);
    message->indexed_fields.items = wf_take(wf, count, sizeof *message->indexed_fields.items);
    message->indexed_fields.count = (uint32_t)count;
    for (size_t i = 0; i < count; i++) {
        fill_attribute(wf, &attributes[i], &message->indexed_fields.items[i]);
    }
    return message;
}

void wf_search_attribute_set(struct wf *wf, const char *name, const char *type, struct wf_value value)
{
    const struct wf_search_attribute attribute = {name, type, value};
    const enum wf_value_kind kind = wf_kind_of(value);
    struct wf_sdk_upsert_workflow_search_attributes *command = NULL;

    (void)wf_call_step(wf, "wf_search_attribute_set");
    command = WF_COMMAND_ADD(wf, COMMAND_UPSERT_SEARCH_ATTRIBUTES, struct wf_sdk_upsert_workflow_search_attributes);
    command->search_attributes = wf_search_attributes_of(wf, &attribute, 1);
    remember(wf, &wf->search_attributes, &command->search_attributes->indexed_fields.items[0],
             kind == WF_VALUE_ABSENT || kind == WF_VALUE_NULL || (kind == WF_VALUE_LIST && wf_count(value) == 0));
}
