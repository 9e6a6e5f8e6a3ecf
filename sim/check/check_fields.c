/*
 * I90 of what a run carries along: its memo and search attributes, and its updates, are what its events have made of them
 * (engine-semantics 7.5, 7.11).
 */
#include "sim/check/commit_facts.h"

static uint64_t digest_of(const struct wf_payload *value)
{
    uint64_t digest = wf_hash_bytes(value->data.data, value->data.size_bytes);

    for (uint32_t i = 0; i < value->metadata.count; i++) {
        digest = wf_hash_mix(digest, wf_hash_mix(sim_text_digest(value->metadata.items[i].key),
                                                 sim_text_digest(value->metadata.items[i].value)));
    }
    return digest;
}

static struct sim_field_digest *find(const struct sim_field_digests *fields, uint64_t name)
{
    for (uint32_t i = 0; i < fields->count; i++) {
        if (fields->items[i].name == name) {
            return &fields->items[i];
        }
    }
    return NULL;
}

static void follow_field(const struct sim_commit_context *context, struct sim_field_digests *fields,
                         const struct wf_entry_payload *given, bool is_taken)
{
    const uint64_t name = sim_text_digest(given->key);
    struct sim_field_digest *field = find(fields, name);

    if (is_taken) {
        if (field != NULL) {
            WF_LIST_REMOVE(*fields, field);
        }
        return;
    }
    field = field != NULL ? field : WF_LIST_APPEND(context->checks->arena, *fields);
    if (field == NULL) {
        context->checks->is_full = true;
        return;
    }
    *field = (struct sim_field_digest){.name = name, .value = digest_of(&given->value)};
}

/* A start gives its fields as they are; an upsert is merged into what is there. */
static void follow_memo(const struct sim_commit_context *context, const struct wf_memo *memo, bool is_upsert)
{
    for (uint32_t i = 0; memo != NULL && i < memo->fields.count; i++) {
        follow_field(context, &context->run->memo, &memo->fields.items[i],
                     is_upsert && wf_field_is_deletion(&memo->fields.items[i].value, false));
    }
}

static void follow_attributes(const struct sim_commit_context *context, const struct wf_search_attributes *attributes,
                              bool is_upsert)
{
    for (uint32_t i = 0; attributes != NULL && i < attributes->indexed_fields.count; i++) {
        follow_field(context, &context->run->search_attributes, &attributes->indexed_fields.items[i],
                     is_upsert && wf_field_is_deletion(&attributes->indexed_fields.items[i].value, true));
    }
}

void sim_check_fields_follow(const struct sim_commit_context *context, const struct wf_event *event)
{
    switch (event->attributes_case) {
    case WF_CASE_event_workflow_execution_started:
        follow_memo(context, event->attributes.workflow_execution_started->memo, false);
        follow_attributes(context, event->attributes.workflow_execution_started->search_attributes, false);
        break;
    case WF_CASE_event_upsert_workflow_search_attributes:
        follow_attributes(context, event->attributes.upsert_workflow_search_attributes->search_attributes, true);
        break;
    case WF_CASE_event_workflow_properties_modified:
        follow_memo(context, event->attributes.workflow_properties_modified->upserted_memo, true);
        break;
    case WF_CASE_event_workflow_execution_update_admitted:
        context->run->admitted_update_count++;
        break;
    case WF_CASE_event_workflow_execution_update_accepted:
        context->run->accepted_update_count++;
        break;
    case WF_CASE_event_workflow_execution_update_completed:
        context->run->completed_update_count++;
        break;
    default:
        break;
    }
}

static bool are_equal(const struct sim_field_digests *fields, const struct wf_entry_payload *stored, uint32_t count)
{
    bool are_equal = fields->count == count;

    for (uint32_t i = 0; i < count && are_equal; i++) {
        const struct sim_field_digest *field = find(fields, sim_text_digest(stored[i].key));

        are_equal = field != NULL && field->value == digest_of(&stored[i].value);
    }
    return are_equal;
}

struct stored_updates {
    uint32_t admitted; /* again, by a reset (7.10 step 6), and not accepted yet */
    uint32_t accepted;
    uint32_t completed;
};

static struct stored_updates count_updates(const struct wf_state_run *state)
{
    struct stored_updates counts = {0};

    for (uint32_t i = 0; i < state->updates.count; i++) {
        const struct wf_state_update *update = &state->updates.items[i];

        counts.admitted += update->accepted_event_id == 0 ? 1 : 0;
        counts.accepted += update->accepted_event_id != 0 ? 1 : 0;
        counts.completed += update->outcome != NULL ? 1 : 0;
    }
    return counts;
}

void sim_check_fields(const struct sim_commit_context *context)
{
    const struct sim_run_track *run = context->run;
    const struct wf_memo *memo = context->state->memo;
    const struct wf_search_attributes *attributes = context->state->search_attributes;
    const struct stored_updates updates = count_updates(context->state);
    const uint32_t memo_count = memo == NULL ? 0 : memo->fields.count;
    const uint32_t attribute_count = attributes == NULL ? 0 : attributes->indexed_fields.count;

    if (!are_equal(&run->memo, memo_count == 0 ? NULL : memo->fields.items, memo_count)) {
        sim_commit_break(context, 90, "the stored memo is not that of the history", memo_count, run->memo.count);
    }
    if (!are_equal(&run->search_attributes, attribute_count == 0 ? NULL : attributes->indexed_fields.items, attribute_count)) {
        sim_commit_break(context, 90, "the stored search attributes are not those of the history", attribute_count,
                         run->search_attributes.count);
    }
    if (updates.accepted != run->accepted_update_count) {
        sim_commit_break(context, 90, "other updates are stored than the history has accepted", updates.accepted,
                         run->accepted_update_count);
    }
    if (updates.completed != run->completed_update_count) {
        sim_commit_break(context, 90, "other updates are stored as completed than the history says", updates.completed,
                         run->completed_update_count);
    }
    /* One that is rejected leaves no event. */
    if (updates.admitted > run->admitted_update_count) {
        sim_commit_break(context, 90, "more updates are stored as admitted than the history has admitted again",
                         updates.admitted, run->admitted_update_count);
    }
}
