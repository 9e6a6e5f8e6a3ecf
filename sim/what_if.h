/*
 * From a history and one of its events to a run that goes on from there in a simulation.
 */
#ifndef WF_SIM_WHAT_IF_H
#define WF_SIM_WHAT_IF_H

#include "engine/base/arena.h"
#include "engine/base/status.h"
#include "engine/history.h"
#include "sim/config.h"

/*
 * Makes the continuation. The history must be normalised and outlive it; a run id that is missing or no UUID is replaced.
 *
 * event_id    0: the last event.
 * Errors:     WF_ERR_INVALID  no run can stand there, or the history breaks an invariant by then; names the event.
 *             WF_ERR_MEMORY
 */
enum wf_status sim_continuation_make(struct wf_arena *arena, const struct wf_history *history, int64_t event_id,
                                     struct sim_continuation *continued, struct wf_error *err);

#endif
