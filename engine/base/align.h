/*
 * Two rows of keys laid beside each other: which of one belongs to which of the other, in order.
 */
#ifndef WF_ENGINE_BASE_ALIGN_H
#define WF_ENGINE_BASE_ALIGN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "engine/base/arena.h"

#define WF_ALIGN_NONE UINT32_MAX

/* How many keys may be left out at a stretch before the best way so far is kept and the search begins anew behind it. */
#define WF_ALIGN_EDITS_MAX 1000

struct wf_align_keys {
    const uint64_t *items;
    uint32_t count;
};

/*
 * Sets partners[i] to the index in right of what left[i] belongs to, or WF_ALIGN_NONE. Partners have equal keys and ascend. As
 * many as can be have one, where the rows differ in no more than WF_ALIGN_EDITS_MAX keys; beyond that nearly as many. Takes
 * time in proportion to the keys times those that differ, at most WF_ALIGN_EDITS_MAX.
 *
 * Returns false when the arena is full.
 * Source: E. Myers, "An O(ND) difference algorithm and its variations", 1986.
 */
bool wf_align(struct wf_arena *arena, struct wf_align_keys left, struct wf_align_keys right, uint32_t *partners);

#endif
