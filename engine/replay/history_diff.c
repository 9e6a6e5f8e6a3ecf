/*
 * Events belong together by a key: type, name, and the key of the event that they follow, so that what became of one activity is
 * not laid beside what became of another; of a workflow task also how it ended, so that one that timed out stands alone. Attributes are then compared without ids and times, and references by where they lead.
 */
#include "engine/history_diff.h"

#include "engine/base/align.h"
#include "engine/base/assert.h"
#include "engine/base/hash.h"
#include "engine/replay/identity.h"

#define IGNORED_MAX 128

struct side {
    const struct wf_event *events;
    uint32_t count;
    uint64_t *keys;
};

struct comparison {
    struct wf_arena *arena;
    struct side left;
    struct side right;
    uint32_t *partners; /* of left */
    const char *ignored[IGNORED_MAX];
    size_t ignored_count;
    struct wf_history_diff *diff;
};

static bool is_reference(const struct wf_field *field)
{
    return field->kind == WF_KIND_INT64 && wf_string_ends_with(wf_string_of(field->json_name), WF_STR("EventId"));
}

/* ---- What is left out ---- */

static void ignore(struct comparison *comparison, const char *name)
{
    for (size_t i = 0; i < comparison->ignored_count; i++) {
        if (wf_string_is(wf_string_of(name), comparison->ignored[i])) {
            return;
        }
    }
    WF_ASSERT(comparison->ignored_count + 1 < IGNORED_MAX); /* one more for workflow tasks */
    comparison->ignored[comparison->ignored_count++] = name;
}

/* Times and references by their kind, ids by name. */
static void find_ignored(struct comparison *comparison)
{
    static const char *const names[] = {
        "workflowId",   "runId",     "originalExecutionRunId", "firstExecutionRunId", "continuedExecutionRunId",
        "newExecutionRunId", "baseRunId", "newRunId",         "activityId",           "timerId",
        "requestId",    "attachedRequestId", "updateId",      "protocolInstanceId",   "acceptedRequestMessageId",
        "rejectedRequestMessageId", "operationId", "operationToken", "namespaceId",   "parentWorkflowNamespaceId",
        "identity",     "historySizeBytes", "firstWorkflowTaskCompletedId", "parentInitiatedEventVersion", "forkEventVersion",
    };

    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        ignore(comparison, names[i]);
    }
    for (size_t i = 0; i < wf_message_type_count; i++) {
        for (uint32_t j = 0; j < wf_message_types[i]->field_count; j++) {
            const struct wf_field *field = &wf_message_types[i]->fields[j];

            if (is_reference(field) ||
                (field->kind == WF_KIND_TIMESTAMP && wf_string_starts_with(wf_string_of(wf_message_types[i]->name),
                                                                           WF_STR("temporal.api.")))) {
                ignore(comparison, field->json_name);
            }
        }
    }
}

/* ---- Alignment ---- */

/* The event that this one follows: where an activity was scheduled, a timer started, a child begun. 0: none. */
static int64_t origin_of(const struct wf_event *event)
{
    static const char *const names[] = {"initiatedEventId", "scheduledEventId", "startedEventId", "acceptedEventId"};
    const struct wf_message_type *type = wf_event_descriptors[event->event_type].attributes;

    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        const struct wf_field *field = wf_message_field_by_name(type, wf_string_of(names[i]), 0);

        if (field != NULL && field->kind == WF_KIND_INT64) {
            return *(const int64_t *)wf_field_in(field, event->attributes.any);
        }
    }
    return 0;
}

/* Where a workflow task ends, the events of its schedule and start are told how. */
static void tell_end(struct side *side, const struct wf_event *event)
{
    static const char *const names[] = {"scheduledEventId", "startedEventId"};

    if (!wf_event_has_attributes(event) || (event->event_type != WF_EVENT_TYPE_WORKFLOW_TASK_COMPLETED &&
                                            event->event_type != WF_EVENT_TYPE_WORKFLOW_TASK_FAILED &&
                                            event->event_type != WF_EVENT_TYPE_WORKFLOW_TASK_TIMED_OUT)) {
        return;
    }
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        const struct wf_field *field = wf_message_field_by_name(wf_event_descriptors[event->event_type].attributes,
                                                                wf_string_of(names[i]), 0);
        const int64_t id = *(const int64_t *)wf_field_in(field, event->attributes.any);

        if (id > 0 && id <= (int64_t)side->count) {
            side->keys[id - 1] = wf_hash_mix(side->keys[id - 1], (uint64_t)event->event_type);
        }
    }
}

static uint64_t key_of(struct wf_arena *arena, const struct side *side, uint32_t index)
{
    const struct wf_event *event = &side->events[index];
    const struct wf_identity identity = wf_identity_of_event(arena, event);
    uint64_t key = wf_hash_mix((uint64_t)event->event_type, wf_hash_bytes(identity.name.data, identity.name.size_bytes));
    int64_t origin = 0;

    if (!wf_event_has_attributes(event)) {
        return key;
    }
    if (event->event_type == WF_EVENT_TYPE_WORKFLOW_EXECUTION_SIGNALED) {
        const struct wf_string name = event->attributes.workflow_execution_signaled->signal_name;

        return wf_hash_mix(key, wf_hash_bytes(name.data, name.size_bytes));
    }
    origin = origin_of(event);
    return origin > 0 && origin <= (int64_t)index ? wf_hash_mix(key, side->keys[origin - 1]) : key;
}

static bool find_keys(struct comparison *comparison, struct side *side)
{
    struct wf_arena *arena = comparison->arena;

    side->keys = wf_arena_take_array(arena, side->count, sizeof *side->keys);
    for (uint32_t i = 0; side->keys != NULL && i < side->count; i++) {
        const struct wf_arena_mark mark = wf_arena_mark(arena);

        side->keys[i] = key_of(arena, side, i);
        wf_arena_rewind(arena, mark);
    }
    for (uint32_t i = 0; side->keys != NULL && i < side->count; i++) {
        tell_end(side, &side->events[i]);
    }
    return side->keys != NULL;
}

/* ---- Fields ---- */

static bool is_same_place(const struct comparison *comparison, int64_t left, int64_t right)
{
    if (left <= 0 || right <= 0 || left > (int64_t)comparison->left.count || right > (int64_t)comparison->right.count) {
        return left == right;
    }
    return comparison->partners[left - 1] == (uint32_t)right - 1;
}

static bool add_reference(struct comparison *comparison, struct wf_differences *fields, const struct wf_field *field,
                          const int64_t *left, const int64_t *right)
{
    struct wf_difference *difference = WF_LIST_APPEND(comparison->arena, *fields);
    struct wf_buffer texts[2];

    if (difference == NULL) {
        return false;
    }
    for (size_t i = 0; i < 2; i++) {
        const int64_t id = i == 0 ? *left : *right;

        wf_buffer_init(&texts[i], comparison->arena);
        if (id != 0) {
            wf_buffer_printf(&texts[i], "event %lld", (long long)id);
        }
    }
    *difference = (struct wf_difference){wf_string_of(field->json_name), wf_buffer_string(&texts[0]),
                                         wf_buffer_string(&texts[1])};
    return !texts[0].is_full && !texts[1].is_full;
}

/* Parents and other workflows number their own events. */
static bool leads_elsewhere(const struct wf_field *field)
{
    return wf_string_is(wf_string_of(field->json_name), "parentInitiatedEventId") ||
           wf_string_is(wf_string_of(field->json_name), "externalInitiatedEventId");
}

static bool compare_references(struct comparison *comparison, const struct wf_message_type *type, const void *left,
                               const void *right, struct wf_differences *fields)
{
    for (uint32_t i = 0; i < type->field_count; i++) {
        const struct wf_field *field = &type->fields[i];
        const int64_t *left_id = wf_field_in(field, left);
        const int64_t *right_id = wf_field_in(field, right);

        if (is_reference(field) && !leads_elsewhere(field) && !is_same_place(comparison, *left_id, *right_id) &&
            !add_reference(comparison, fields, field, left_id, right_id)) {
            return false;
        }
    }
    return true;
}

/* The task queue of a workflow task is the worker's, or the one that the run was started with. */
static bool compare_attributes(struct comparison *comparison, const struct wf_event *left, const struct wf_event *right,
                               struct wf_differences *fields)
{
    const struct wf_message_type *type = wf_event_descriptors[left->event_type].attributes;
    struct wf_diff_options options = {.ignored = comparison->ignored, .ignored_count = comparison->ignored_count};

    if (left->event_type == WF_EVENT_TYPE_WORKFLOW_TASK_SCHEDULED) {
        comparison->ignored[comparison->ignored_count] = "taskQueue";
        options.ignored_count++;
    }
    return wf_diff_messages(comparison->arena, type, left->attributes.any, right->attributes.any, &options, fields) &&
           compare_references(comparison, type, left->attributes.any, right->attributes.any, fields);
}

static bool add(struct comparison *comparison, const struct wf_event *left, const struct wf_event *right,
                const struct wf_differences *fields)
{
    struct wf_history_difference *difference =
        WF_LIST_APPEND(comparison->arena, comparison->diff->differences);

    if (difference == NULL) {
        return false;
    }
    *difference = (struct wf_history_difference){.left = left, .right = right};
    if (fields != NULL) {
        difference->fields = *fields;
    }
    comparison->diff->differing_count += left != NULL && right != NULL;
    comparison->diff->left_count += right == NULL;
    comparison->diff->right_count += left == NULL;
    return true;
}

static bool compare_pair(struct comparison *comparison, const struct wf_event *left, const struct wf_event *right)
{
    struct wf_differences fields = {0};

    /* Keys are hashes: events of two types with one key are made so. */
    if (left->event_type != right->event_type) {
        return add(comparison, left, NULL, NULL) && add(comparison, NULL, right, NULL);
    }
    if (wf_event_has_attributes(left) && wf_event_has_attributes(right) && !compare_attributes(comparison, left, right, &fields)) {
        return false;
    }
    if (fields.count == 0) {
        comparison->diff->alike_count++;
        return true;
    }
    return add(comparison, left, right, &fields);
}

/* Both walked at once: what one side alone has comes before the next pair. */
static bool compare_all(struct comparison *comparison)
{
    uint32_t right = 0;

    for (uint32_t left = 0; left <= comparison->left.count; left++) {
        const uint32_t partner = left == comparison->left.count ? comparison->right.count : comparison->partners[left];

        if (partner == WF_ALIGN_NONE) {
            if (!add(comparison, &comparison->left.events[left], NULL, NULL)) {
                return false;
            }
            continue;
        }
        for (; right < partner; right++) {
            if (!add(comparison, NULL, &comparison->right.events[right], NULL)) {
                return false;
            }
        }
        if (left < comparison->left.count &&
            !compare_pair(comparison, &comparison->left.events[left], &comparison->right.events[right++])) {
            return false;
        }
    }
    return true;
}

bool wf_diff_histories(struct wf_arena *arena, const struct wf_history *left, const struct wf_history *right,
                       struct wf_history_diff *diff)
{
    struct comparison *comparison = WF_ARENA_NEW(arena, struct comparison);

    *diff = (struct wf_history_diff){.alike_count = 0};
    if (comparison == NULL) {
        return false;
    }
    comparison->arena = arena;
    comparison->left = (struct side){.events = left->events, .count = left->event_count};
    comparison->right = (struct side){.events = right->events, .count = right->event_count};
    comparison->diff = diff;
    comparison->partners = wf_arena_take_array(arena, left->event_count, sizeof *comparison->partners);
    find_ignored(comparison);
    return comparison->partners != NULL && find_keys(comparison, &comparison->left) &&
           find_keys(comparison, &comparison->right) &&
           wf_align(arena, (struct wf_align_keys){comparison->left.keys, comparison->left.count},
                    (struct wf_align_keys){comparison->right.keys, comparison->right.count}, comparison->partners) &&
           compare_all(comparison);
}
