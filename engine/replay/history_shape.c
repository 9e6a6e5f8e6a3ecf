/* Pairs are hashed, sorted and counted once each, so that a loop that ran three times is the loop that ran four times. */
#include "engine/history_shape.h"

#include "engine/base/hash.h"
#include "engine/base/sort.h"
#include "engine/replay/identity.h"

static bool is_workflow_task(int32_t event_type)
{
    return event_type == WF_EVENT_TYPE_WORKFLOW_TASK_SCHEDULED || event_type == WF_EVENT_TYPE_WORKFLOW_TASK_STARTED ||
           event_type == WF_EVENT_TYPE_WORKFLOW_TASK_COMPLETED || event_type == WF_EVENT_TYPE_WORKFLOW_TASK_TIMED_OUT ||
           event_type == WF_EVENT_TYPE_WORKFLOW_TASK_FAILED;
}

static struct wf_string name_of(struct wf_arena *arena, const struct wf_event *event)
{
    return event->event_type == WF_EVENT_TYPE_WORKFLOW_EXECUTION_SIGNALED && wf_event_has_attributes(event)
               ? event->attributes.workflow_execution_signaled->signal_name
               : wf_identity_of_event(arena, event).name;
}

static int compare(const void *left, const void *right, void *context)
{
    const uint64_t one = *(const uint64_t *)left;
    const uint64_t other = *(const uint64_t *)right;

    (void)context;
    return one < other ? -1 : one > other;
}

uint64_t wf_history_shape(struct wf_arena *arena, const struct wf_history *history)
{
    uint64_t *pairs = wf_arena_take_array(arena, history->event_count, sizeof *pairs);
    void *scratch = wf_arena_take_array(arena, history->event_count, sizeof *pairs);
    uint64_t digest = wf_hash_bytes(history->workflow_type.data, history->workflow_type.size_bytes);
    uint64_t before = 0;
    uint32_t count = 0;

    if (pairs == NULL || scratch == NULL) {
        return 0;
    }
    for (uint32_t i = 0; i < history->event_count; i++) {
        const struct wf_event *event = &history->events[i];

        if (!is_workflow_task(event->event_type)) {
            const struct wf_string name = name_of(arena, event);
            const uint64_t step =
                wf_hash_mix((uint64_t)event->event_type, wf_hash_bytes(name.data, name.size_bytes));

            pairs[count++] = wf_hash_mix(before, step);
            before = step;
        }
    }
    wf_sort(pairs, count, sizeof *pairs, scratch, compare, NULL);
    for (uint32_t i = 0; i < count; i++) {
        if (i == 0 || pairs[i] != pairs[i - 1]) {
            digest = wf_hash_mix(digest, pairs[i]);
        }
    }
    return digest != 0 ? digest : 1;
}
