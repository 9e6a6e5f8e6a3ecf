/*
 * The scan looks at most two events past a started event, and back over the started events of the
 * chunk when an update was accepted out of step. Started events are found again by walking
 * backwards instead of being collected, since the walk is rare and ends within the chunk.
 */
#include "engine/worker/chunk.h"

#include "engine/event_sets.h"

bool wf_chunk_is_fruitless(const struct wf_event *next)
{
    const uint64_t fruitless = WF_EVENT_BIT(WORKFLOW_TASK_FAILED) | WF_EVENT_BIT(WORKFLOW_TASK_TIMED_OUT) |
                               WF_EVENT_BIT(WORKFLOW_EXECUTION_TIMED_OUT) |
                               WF_EVENT_BIT(WORKFLOW_EXECUTION_TERMINATED) | WF_EVENT_BIT(WORKFLOW_EXECUTION_CANCELED);

    return next != NULL && wf_event_in(next->event_type, fruitless);
}

static const struct wf_event *event_at(const struct wf_event *const *events, uint32_t count,
                                       uint32_t index)
{
    return index < count ? events[index] : NULL;
}

/* The last counted start of the chunk before the event that an accepted update was sequenced after;
 * `index` when none is. */
static uint32_t start_before(const struct wf_event *const *events, uint32_t begin, uint32_t index,
                             int64_t sequencing_id)
{
    for (uint32_t i = index + 1; i-- > begin;) {
        if (events[i]->event_type == WF_EVENT_TYPE_WORKFLOW_TASK_STARTED &&
            events[i]->event_id < sequencing_id &&
            (i == index || !wf_chunk_is_fruitless(events[i + 1]))) {
            return i;
        }
    }
    return index;
}

static int64_t accepted_sequencing_id(const struct wf_event *event)
{
    const struct wf_event_workflow_execution_update_accepted *accepted =
        event->attributes.workflow_execution_update_accepted;

    return accepted == NULL ? 0 : accepted->accepted_request_sequencing_event_id;
}

/* Whether the started event at index ends the chunk, and where the chunk then ends. */
static bool start_ends_chunk(const struct wf_event *const *events, uint32_t count, uint32_t begin,
                             uint32_t index, bool saw_command, bool saw_any, uint32_t *last)
{
    const struct wf_event *next = event_at(events, count, index + 1);
    const struct wf_event *after_next = event_at(events, count, index + 2);

    *last = index;
    if (wf_chunk_is_fruitless(next)) {
        return false;
    }
    if (next != NULL && next->event_type == WF_EVENT_TYPE_WORKFLOW_TASK_COMPLETED &&
        after_next != NULL) {
        if (!saw_command && after_next->event_type == WF_EVENT_TYPE_WORKFLOW_TASK_SCHEDULED) {
            return false; /* a heartbeat or a forced empty task: the turn goes on */
        }
        if (after_next->event_type == WF_EVENT_TYPE_WORKFLOW_EXECUTION_UPDATE_ACCEPTED) {
            *last = start_before(events, begin, index, accepted_sequencing_id(after_next));
        }
        return true;
    }
    return saw_any;
}

/* What wf_chunk_next looks at; other events go by. */
#define TELLING_EVENTS                                                                                                 \
    (WF_COMMAND_EVENTS | WF_CLOSE_EVENTS | WF_EVENT_BIT(WORKFLOW_EXECUTION_STARTED) | WF_EVENT_BIT(WORKFLOW_TASK_STARTED))

struct wf_chunk wf_chunk_next(const struct wf_event *const *events, uint32_t count, uint32_t begin)
{
    bool saw_command = false;
    bool saw_any = false;
    uint32_t last = 0;

    for (uint32_t i = begin; i < count; i++) {
        const int32_t type = events[i]->event_type;

        if (!wf_event_in(type, TELLING_EVENTS)) {
            continue;
        }
        if (wf_event_in(type, WF_COMMAND_EVENTS)) {
            saw_command = true;
            saw_any = true;
        }
        if (type == WF_EVENT_TYPE_WORKFLOW_EXECUTION_STARTED) {
            saw_any = true;
        }
        if (wf_event_in(type, WF_CLOSE_EVENTS)) {
            return (struct wf_chunk){.begin = begin, .end = i + 1, .is_final = i + 1 == count};
        }
        if (type == WF_EVENT_TYPE_WORKFLOW_TASK_STARTED &&
            start_ends_chunk(events, count, begin, i, saw_command, saw_any, &last)) {
            return (struct wf_chunk){.begin = begin, .end = last + 1, .is_final = last + 1 == count};
        }
    }
    /* What is left is one final chunk; a lone last event is never applied (replay-rules 1.3,
     * quirk). */
    if (count - begin <= 1) {
        return (struct wf_chunk){.begin = begin, .end = begin, .is_final = true};
    }
    return (struct wf_chunk){.begin = begin, .end = count, .is_final = true};
}

/* ---- Other families ---- */

static struct wf_chunk next_of(const struct wf_event *const *events, uint32_t count, uint32_t begin,
                               bool (*cuts)(const struct wf_event *next))
{
    for (uint32_t i = begin; i < count; i++) {
        if (events[i]->event_type == WF_EVENT_TYPE_WORKFLOW_TASK_STARTED && cuts(event_at(events, count, i + 1))) {
            return (struct wf_chunk){.begin = begin, .end = i + 1, .is_final = i + 1 == count};
        }
    }
    return (struct wf_chunk){.begin = begin, .end = count, .is_final = true, .has_no_turn = true};
}

static bool cuts_in_go(const struct wf_event *next)
{
    return next == NULL || (next->event_type != WF_EVENT_TYPE_WORKFLOW_TASK_FAILED &&
                            next->event_type != WF_EVENT_TYPE_WORKFLOW_TASK_TIMED_OUT);
}

struct wf_chunk wf_chunk_next_go(const struct wf_event *const *events, uint32_t count, uint32_t begin)
{
    struct wf_chunk chunk = next_of(events, count, begin, cuts_in_go);

    chunk.is_in_flight = chunk.is_final && !chunk.has_no_turn;
    return chunk;
}

static bool cuts_in_java(const struct wf_event *next)
{
    return next != NULL && next->event_type == WF_EVENT_TYPE_WORKFLOW_TASK_COMPLETED;
}

struct wf_chunk wf_chunk_next_java(const struct wf_event *const *events, uint32_t count, uint32_t begin)
{
    return next_of(events, count, begin, cuts_in_java);
}
