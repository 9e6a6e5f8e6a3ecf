/*
 * Every prefix of a history goes on: not only must the code make the decisions again that a prefix recorded, it must also live
 * from there. Small simulations without faults, one a prefix and state of the worker's cache, say whether it does.
 */
#ifndef WF_SIM_LIVE_H
#define WF_SIM_LIVE_H

#include "engine/replay.h"
#include "sim/code.h"

struct sim_live;

struct sim_live_result {
    uint32_t cut_count;               /* prefixes that went on */
    uint32_t ended_count;             /* of them reached the end of the run */
    uint32_t failed_count;            /* of them got stuck */
    uint32_t unfinished_count;        /* of them still ran after 50,000 steps or a day; the others wait for what no history says */
    uint32_t apart_count;             /* of them did otherwise when the worker lost the run */
    const struct wf_cut_range *stuck; /* those whose workflow task failed again and again */
    uint32_t stuck_count;
    struct wf_string message;         /* of the first one's failure */
};

/* code is borrowed. family: whose rules the workers follow; AUTO: the history tells. Errors: WF_ERR_MEMORY. */
enum wf_status sim_live_new(const struct sim_code *code, enum wf_family family, const struct wf_block_source *blocks,
                            struct sim_live **live, struct wf_error *err);
void sim_live_free(struct sim_live *live);

/*
 * The history must be normalised. Histories from which no run can go on (broken invariants) have no prefixes here. The result is borrowed until the next call.
 *
 * Errors: WF_ERR_MEMORY.
 */
enum wf_status sim_live_run(struct sim_live *live, const struct wf_history *history, struct sim_live_result *result,
                            struct wf_error *err);

#endif
