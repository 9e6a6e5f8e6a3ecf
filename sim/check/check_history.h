/*
 * The invariants that one history must keep (engine-semantics 10, marked H), verified over the events of a run.
 */
#ifndef WF_SIM_CHECK_CHECK_HISTORY_H
#define WF_SIM_CHECK_CHECK_HISTORY_H

#include "engine/base/arena.h"
#include "engine/base/status.h"
#include "engine/history.h"
#include "engine/schema.h"

#define SIM_HISTORY_FINDINGS_MAX 64 /* further ones are counted only */

struct sim_history_finding {
    const char *invariant; /* "I36" */
    int64_t event_id;      /* at which it shows */
    struct wf_string sentence;
};

struct sim_history_findings {
    struct sim_history_finding items[SIM_HISTORY_FINDINGS_MAX];
    uint32_t count;
    uint32_t dropped_count;
};

struct sim_history_options {
    /*
     * True for histories of other servers: what older or other ones are known to leave out is tolerated (Started ids of
     * zero, accepted ids of zero, activities without a retry policy); false for our own.
     */
    bool is_foreign;
    bool verifies_encoding; /* I10, which costs more than all others together */
    /*
     * What no event tells. Of a simulation its world knows it and of an archive its entry; of any other history nobody does, and
     * then nothing is judged by it: ask the functions below.
     */
    int64_t clock_spread_ns; /* how far apart the clocks may be that wrote the history */
    /* An operator may have changed options of activities, so the events do not tell which deadlines and bounds they had. */
    bool has_other_options;
};

/* No simulation of ours wrote it. */
bool sim_history_is_foreign(const struct wf_history *history);

/* How far apart the archive says that the clocks were; five minutes when nothing, or what cannot be, is said. */
int64_t sim_history_clock_spread(const struct wf_history *history);

/* Whether an operator may have changed options of activities: as the archive says; true when nothing says that none has. */
bool sim_history_has_other_options(const struct wf_history *history);

/*
 * Verifies. The events are in the order of the file; nothing is assumed of them, not even that they have attributes. The
 * sentences live in the arena, which also serves as scratch.
 *
 * Errors: WF_ERR_MEMORY.
 */
enum wf_status sim_check_history(struct wf_arena *arena, const struct wf_event *events, uint32_t event_count,
                                 const struct sim_history_options *options, struct sim_history_findings *findings,
                                 struct wf_error *err);

#endif
