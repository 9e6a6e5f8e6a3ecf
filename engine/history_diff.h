/*
 * Two histories side by side: which event of one is which of the other, and in what they differ. What differs between any two
 * runs of the same code is left out: ids of runs, workflows, activities, timers, requests and updates, identities, times, sizes,
 * the queue and timing of workflow tasks. Ids of events need not be equal, they must lead to the same event.
 */
#ifndef WF_ENGINE_HISTORY_DIFF_H
#define WF_ENGINE_HISTORY_DIFF_H

#include "engine/diff.h"
#include "engine/history.h"

/* Events that differ, or one that the other history does not have: NULL there. */
struct wf_history_difference {
    const struct wf_event *left;
    const struct wf_event *right;
    struct wf_differences fields; /* of both; paths begin in the event's attributes */
};

struct wf_history_diff {
    struct {
        struct wf_history_difference *items; /* in the order of both histories, what left alone has before what right has */
        uint32_t count;
        uint32_t capacity;
    } differences;
    uint32_t alike_count; /* pairs */
    uint32_t differing_count;
    uint32_t left_count; /* events that right does not have */
    uint32_t right_count;
};

/*
 * Both histories have been normalised. Everything appended lives in the arena, and borrows the events.
 *
 * Returns false when the arena is full.
 */
bool wf_diff_histories(struct wf_arena *arena, const struct wf_history *left, const struct wf_history *right,
                       struct wf_history_diff *diff);

#endif
