/*
 * What kind of run a history is of: two histories have one shape when the same steps follow each other in both, however often.
 */
#ifndef WF_ENGINE_HISTORY_SHAPE_H
#define WF_ENGINE_HISTORY_SHAPE_H

#include "engine/base/arena.h"
#include "engine/history.h"

/*
 * A digest of the workflow type and of the set of pairs (step, next step); a step is an event's type and, where it has one, the
 * name of its activity, child, marker or signal. Workflow tasks do not count: they tell how workers were, not what the code did.
 *
 * arena   for a moment's work: a few words an event.
 * Errors: 0 when the arena is full.
 */
uint64_t wf_history_shape(struct wf_arena *arena, const struct wf_history *history);

#endif
