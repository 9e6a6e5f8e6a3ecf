/*
 * Memo and search attributes: what a run may have, and commands that change them.
 *
 * Source: engine-semantics 2.3, 7.11, 9 "search attributes".
 */
#include "engine/base/assert.h"
#include "engine/server/command_context.h"

static bool is_one_of(struct wf_string text, const char *const *names, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        if (wf_string_is(text, names[i])) {
            return true;
        }
    }
    return false;
}

/* 7.11: the service fills these in itself. */
static bool is_system_attribute(struct wf_string name)
{
    static const char *const names[] = {"CloseTime",        "ExecutionDuration",    "ExecutionStatus", "ExecutionTime",
                                        "HistoryLength",    "HistorySizeBytes",     "ParentRunId",     "ParentWorkflowId",
                                        "RootRunId",        "RootWorkflowId",       "RunId",           "StartTime",
                                        "StateTransitionCount", "TaskQueue",        "WorkflowId",      "WorkflowType"};

    return is_one_of(name, names, sizeof names / sizeof names[0]);
}

/* Left out, the type is the registered one's. */
static bool has_known_type(const struct wf_payload *value)
{
    static const char *const types[] = {"Bool", "Datetime", "Double", "Int", "Keyword", "KeywordList", "Text"};

    for (uint32_t i = 0; i < value->metadata.count; i++) {
        if (wf_string_is(value->metadata.items[i].key, "type")) {
            return is_one_of(value->metadata.items[i].value, types, sizeof types / sizeof types[0]);
        }
    }
    return true;
}

static const char *check_attribute(const struct wf_service_limits *limits, const struct wf_entry_payload *attribute)
{
    if (attribute->key.size_bytes == 0 || attribute->key.size_bytes > (size_t)limits->id_bytes_max) {
        return "a search attribute has no name, or one that is too long";
    }
    if (is_system_attribute(attribute->key)) {
        return "a system attribute can't be set in SearchAttributes";
    }
    if (!has_known_type(&attribute->value)) {
        return "a search attribute has an unknown type";
    }
    return attribute->value.data.size_bytes > (size_t)limits->search_attribute_bytes_max
               ? "search attribute value exceeds size limit"
               : NULL;
}

const char *wf_search_attributes_check(const struct wf_service_limits *limits,
                                       const struct wf_search_attributes *attributes)
{
    if (attributes == NULL) {
        return NULL;
    }
    if (attributes->indexed_fields.count > (uint64_t)limits->search_attributes_max) {
        return "number of search attributes exceeds limit";
    }
    for (uint32_t i = 0; i < attributes->indexed_fields.count; i++) {
        const char *problem = check_attribute(limits, &attributes->indexed_fields.items[i]);

        if (problem != NULL) {
            return problem;
        }
    }
    return wf_fields_size_bytes(attributes->indexed_fields.items, attributes->indexed_fields.count) >
                   (size_t)limits->search_attributes_bytes_max
               ? "total size of search attributes exceeds size limit"
               : NULL;
}

bool wf_memo_is_too_large(const struct wf_service_limits *limits, const struct wf_memo *memo)
{
    return memo != NULL &&
           wf_fields_size_bytes(memo->fields.items, memo->fields.count) > (size_t)limits->memo_bytes_max;
}

/* 2.2 rule 4: a memo that is too large ends the workflow. */
static bool refuse_memo(struct wf_command_context *context, const struct wf_memo *memo, int32_t cause)
{
    if (!wf_memo_is_too_large(&context->change->shard->config->limits, memo)) {
        return false;
    }
    wf_command_refuse(context, cause, "Memo exceeds size limit.");
    context->outcome->terminates = true;
    return true;
}

static bool refuse_search_attributes(struct wf_command_context *context, const struct wf_search_attributes *attributes)
{
    const char *problem = wf_search_attributes_check(&context->change->shard->config->limits, attributes);

    if (problem == NULL) {
        return false;
    }
    wf_command_refuse(context, CAUSE(BAD_SEARCH_ATTRIBUTES), problem);
    return true;
}

bool wf_command_properties_are_refused(struct wf_command_context *context, const struct wf_memo *memo,
                                       const struct wf_search_attributes *attributes, int32_t memo_cause)
{
    return refuse_search_attributes(context, attributes) || refuse_memo(context, memo, memo_cause);
}

void wf_command_upsert_search_attributes(struct wf_command_context *context)
{
    struct wf_change *change = context->change;
    struct wf_search_attributes *given =
        context->command->attributes.upsert_workflow_search_attributes->search_attributes;
    struct wf_search_attributes **held = &change->state->search_attributes;
    struct wf_event_upsert_workflow_search_attributes *event = NULL;

    if (given == NULL || given->indexed_fields.count == 0) {
        wf_command_refuse(context, CAUSE(BAD_SEARCH_ATTRIBUTES),
                          "SearchAttributes is not set on UpsertWorkflowSearchAttributesCommand.");
        return;
    }
    *held = *held != NULL ? *held : WF_ARENA_NEW(&change->run->arena, struct wf_search_attributes);
    if (*held == NULL || refuse_search_attributes(context, given)) {
        return;
    }
    wf_fields_merge(&change->run->arena, &(*held)->indexed_fields, &given->indexed_fields, true);
    if (refuse_search_attributes(context, *held)) {
        return; /* 2.3: as merged */
    }
    event = wf_change_event(change, WF_EVENT_TYPE_UPSERT_WORKFLOW_SEARCH_ATTRIBUTES, change->now_ns);
    if (event != NULL) {
        event->workflow_task_completed_event_id = context->completed_event_id;
        event->search_attributes = given;
    }
    wf_command_annotate(context);
}

void wf_command_modify_properties(struct wf_command_context *context)
{
    struct wf_change *change = context->change;
    struct wf_memo *given = context->command->attributes.modify_workflow_properties->upserted_memo;
    struct wf_memo **held = &change->state->memo;
    struct wf_event_workflow_properties_modified *event = NULL;

    if (given == NULL || given->fields.count == 0) {
        wf_command_refuse(context, CAUSE(BAD_MODIFY_WORKFLOW_PROPERTIES_ATTRIBUTES),
                          "UpsertedMemo is not set on ModifyWorkflowPropertiesCommand.");
        return;
    }
    *held = *held != NULL ? *held : WF_ARENA_NEW(&change->run->arena, struct wf_memo);
    if (*held == NULL) {
        return;
    }
    wf_fields_merge(&change->run->arena, &(*held)->fields, &given->fields, false);
    if (refuse_memo(context, *held, CAUSE(BAD_MODIFY_WORKFLOW_PROPERTIES_ATTRIBUTES))) {
        return;
    }
    event = wf_change_event(change, WF_EVENT_TYPE_WORKFLOW_PROPERTIES_MODIFIED, change->now_ns);
    if (event != NULL) {
        event->workflow_task_completed_event_id = context->completed_event_id;
        event->upserted_memo = given;
    }
    wf_command_annotate(context);
}
