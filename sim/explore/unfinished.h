/* Why a workflow did not complete: what it waits for, in one sentence, with the code of the diagnosis. */
#ifndef WF_SIM_EXPLORE_UNFINISHED_H
#define WF_SIM_EXPLORE_UNFINISHED_H

#include "engine/base/arena.h"
#include "engine/base/map.h"
#include "sim/config.h"
#include "sim/run.h"
#include "sim/world/world.h"

/* What is asked about, and what the run remembers of it. */
struct sim_unfinished_question {
    struct wf_arena *arena;     /* for the answer */
    struct wf_arena *scratch;   /* reset by the caller afterwards */
    const struct sim_config *config;
    struct sim_world *world;
    uint32_t run_index;         /* the latest run of the workflow */
    wf_time_ns now_ns;
    struct wf_string endless;   /* the workflow whose chain of runs passed its limit; empty: none did */
    const struct wf_map *sends; /* by workflow id, a zero byte and signal name: sent at least once */
};

/*
 * Answers. *await_site is where it waits ("activity charge_payment", "timer", "signal approve", "workflow task"), for
 * signatures; empty when it closed. False when memory is gone.
 */
bool sim_unfinished_explain(const struct sim_unfinished_question *question, struct sim_unfinished *unfinished,
                            struct wf_string *await_site);

#endif
