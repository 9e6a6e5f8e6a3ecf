/*
 * Stacks of coroutines: pages of their own, with a guard page below, so that an overflow is a fault and not a silent write. Given
 * back ones are kept for the next run, so that a loop takes nothing from the system after its first rounds.
 */
#ifndef WF_SIM_HOST_STACKS_H
#define WF_SIM_HOST_STACKS_H

#include <stdbool.h>

#include "engine/base/arena.h"

/* The process's source. Not for several threads. */
const struct wf_block_source *sim_stacks(void);

/*
 * Whether a stack was refused since the last call. To workflow code this looks like a failure of its own, with a result that
 * another machine would not give: whoever runs it must throw the result away.
 */
bool sim_stacks_were_short(void);

/* Whether an address lies in the guard page of a stack: what a crash handler asks. Async-signal-safe. */
bool sim_stacks_is_guard(const void *address);

#endif
