/* What a start says beside its input: retry policy, memo, search attributes; and the ids of requests. */
#include "sim/world/parts.h"

#include <string.h>

struct wf_retry_policy *sim_retry_policy(struct sim_world *world, const struct sim_retry *retry)
{
    struct wf_retry_policy *policy = WF_ARENA_NEW(&world->step_arena, struct wf_retry_policy);

    if (policy == NULL) {
        return NULL;
    }
    policy->initial_interval = wf_duration_of(retry->initial_ns);
    policy->backoff_coefficient = retry->coefficient;
    policy->maximum_interval = wf_duration_of(retry->maximum_ns);
    policy->maximum_attempts = retry->attempts;
    for (uint32_t i = 0; i < retry->non_retryable_count; i++) {
        struct wf_string *type = WF_LIST_APPEND(&world->step_arena, policy->non_retryable_error_types);

        if (type == NULL) {
            return NULL;
        }
        *type = retry->non_retryable[i];
    }
    return policy;
}

/* The entries of a memo or of search attributes, drawn by the workflow; NULL when memory is gone or the scenario is wrong. */
static struct wf_entry_payload *expand_fields(struct sim_world *world, const struct sim_fields *fields,
                                              struct sim_workflow *workflow, uint64_t n, bool is_typed)
{
    const struct sim_template_values values = {
        .n = n, .choices = &world->choices, .entity = &workflow->entity, .site = SIM_SITE_START_INPUT};
    struct wf_entry_payload *entries = wf_arena_take(&world->step_arena, fields->count * sizeof *entries);

    for (uint32_t i = 0; entries != NULL && i < fields->count; i++) {
        struct wf_string json = {0};

        memset(&entries[i], 0, sizeof entries[i]);
        entries[i].key = fields->items[i].name;
        if (!sim_world_expand_value(world, fields->items[i].value, &values, &json) ||
            !(is_typed ? sim_attribute_of_json : sim_payload_of_json)(&world->step_arena, json, &entries[i].value)) {
            return NULL;
        }
    }
    return entries;
}

static bool fill_memo(struct sim_world *world, const struct sim_start *start, struct sim_workflow *workflow, uint64_t n,
                      struct wf_svc_start_workflow *body)
{
    if (start->memo.count == 0) {
        return true;
    }
    body->memo = WF_ARENA_NEW(&world->step_arena, struct wf_memo);
    if (body->memo == NULL) {
        return false;
    }
    body->memo->fields.items = expand_fields(world, &start->memo, workflow, n, false);
    body->memo->fields.count = start->memo.count;
    return body->memo->fields.items != NULL;
}

static bool fill_search_attributes(struct sim_world *world, const struct sim_start *start,
                                   struct sim_workflow *workflow, uint64_t n, struct wf_svc_start_workflow *body)
{
    if (start->search_attributes.count == 0) {
        return true;
    }
    body->search_attributes = WF_ARENA_NEW(&world->step_arena, struct wf_search_attributes);
    if (body->search_attributes == NULL) {
        return false;
    }
    body->search_attributes->indexed_fields.items = expand_fields(world, &start->search_attributes, workflow, n, true);
    body->search_attributes->indexed_fields.count = start->search_attributes.count;
    return body->search_attributes->indexed_fields.items != NULL;
}

bool sim_start_fill(struct sim_world *world, const struct sim_start *start, struct sim_workflow *workflow, uint64_t n,
                    struct wf_svc_start_workflow *body)
{
    if (start->retry.is_set) {
        body->retry_policy = sim_retry_policy(world, &start->retry);
        if (body->retry_policy == NULL) {
            return false;
        }
    }
    return fill_memo(world, start, workflow, n, body) && fill_search_attributes(world, start, workflow, n, body);
}

/* ---- Requests ---- */

struct wf_string sim_request_id(struct sim_world *world, uint32_t node)
{
    struct wf_buffer buffer = {0};

    wf_buffer_init(&buffer, &world->step_arena);
    wf_buffer_append_string(&buffer, world->nodes[node].name);
    if (world->scenario->continued != NULL) { /* the history may hold ids that another simulation made */
        wf_buffer_printf(&buffer, "-from-%u", world->scenario->continued->kept_count);
    }
    wf_buffer_printf(&buffer, "-%llu", (unsigned long long)++world->request_count);
    return wf_buffer_string(&buffer);
}
