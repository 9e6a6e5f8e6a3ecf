/*
 * The invariants that several histories must keep together (engine-semantics 10, marked X): chains of runs, resets, children,
 * signals and cancel requests from one workflow to another.
 */
#ifndef WF_SIM_CHECK_CHECK_RUNS_H
#define WF_SIM_CHECK_CHECK_RUNS_H

#include "sim/check/check_history.h"

struct sim_runs;

/* One history to add; borrowed for the call. */
struct sim_run_history {
    uint64_t group; /* only histories of one group belong together: a simulation, or all exports */
    uint32_t tag;   /* the caller's, for findings */
    struct wf_string workflow_id;
    struct wf_string run_id; /* empty: as its first event says */
    const struct wf_event *events;
    uint32_t event_count;
    bool is_foreign;
    int64_t clock_spread_ns; /* how far apart the clocks may be that wrote it and those before it */
    bool keeps_digests; /* of every event, so that a reset can be compared with its base (I86): eight bytes an event */
};

struct sim_run_finding {
    uint32_t tag;
    struct wf_string workflow_id;
    struct sim_history_finding finding;
};

struct sim_run_findings {
    struct sim_run_finding items[SIM_HISTORY_FINDINGS_MAX];
    uint32_t count;
    uint32_t dropped_count;
};

/* What is kept lies in the arena; NULL when it is full. */
struct sim_runs *sim_runs_new(struct wf_arena *arena);

/* Errors: WF_ERR_MEMORY. A history whose ids are not 1 to n, or whose run is not known, is left out. */
enum wf_status sim_runs_add(struct sim_runs *runs, const struct sim_run_history *history, struct wf_error *err);

/*
 * Judges. is_complete: every run there is was added, as it is now; otherwise only what two histories at hand contradict is
 * found, because exports are made at different times and of some runs only.
 *
 * Errors: WF_ERR_MEMORY.
 */
enum wf_status sim_runs_check(struct sim_runs *runs, bool is_complete, struct sim_run_findings *findings,
                              struct wf_error *err);

#endif
