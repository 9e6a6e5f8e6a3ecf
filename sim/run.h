/*
 * One simulation from start to verdict: chaos, heal, end; checks at every step; what every workflow that did not end waits
 * for.
 */
#ifndef WF_SIM_RUN_H
#define WF_SIM_RUN_H

#include "engine/base/arena.h"
#include "engine/base/status.h"
#include "sim/check/check_history.h"
#include "sim/config.h"
#include "sim/core/choice.h"
#include "sim/world/world.h"

/* A check that broke. Strings live in the result's arena. */
struct sim_broken_check {
    const struct sim_check_config *check; /* NULL: an engine invariant */
    const char *diagnosis;                /* "WF401" */
    struct wf_string invariant;           /* "I36" for an engine invariant, else empty */
    struct wf_string sentence;            /* what happened, where */
    struct wf_string workflow_id;
    struct wf_string workflow_type;
    struct wf_string key;                 /* the business key; may be empty */
    struct wf_string await_site;          /* where the workflow waited: "activity charge_payment"; may be empty */
    struct wf_string last_fault;          /* the kind of the last fault before it; may be empty */
    wf_time_ns time_ns;
    uint64_t step;
    uint64_t signature;                   /* of (check, workflow type, cause class, await site, last fault kind) */
    struct wf_string signature_text;
};

/* A workflow that did not complete. */
struct sim_unfinished {
    struct wf_string workflow_id;
    struct wf_string workflow_type;
    int32_t status;          /* closed otherwise, or RUNNING */
    struct wf_string reason; /* "waits for signal approve, which was never sent", the failure's message, ... */
    const char *diagnosis;   /* "WF501"; NULL: a business failure, listed only */
};

struct sim_run_result {
    uint64_t seed;
    uint64_t trace_hash;
    uint64_t step_count;
    wf_time_ns end_time_ns;
    uint32_t runs_by_status[16];            /* of the last run of each workflow id */
    uint64_t fault_counts[SIM_FAULT_COUNT]; /* how often each kind fired */
    const struct sim_broken_check *broken;
    uint32_t broken_count;
    uint32_t check_conditions[SIM_CHECKS_MAX]; /* how often each check's condition was met (vacuous when 0 over a batch) */
    uint32_t goals_reached[SIM_GOALS_MAX];
    const struct sim_unfinished *unfinished;
    uint32_t unfinished_count;
    struct sim_refused_starts refused_starts;
    bool is_out_of_steps;
    bool is_out_of_room; /* it ended where a simulation holds no more; what broke says where */
    size_t peak_bytes; /* of the run's region */
};

struct sim_run_options {
    uint64_t seed;
    const struct sim_tape *tape; /* NULL: none */
    bool no_faults;
    uint64_t stop_at_step; /* 0: run to the end */
    int64_t stop_at_ns;    /* 0: run to the end */
    bool keeps_histories;
    sim_observer observer; /* NULL: none; sees every record after the checks */
    void *observer_context;
};

#define SIM_REGION_BYTES ((size_t)256 << 20) /* reserved for one simulation; only what it touches costs memory */
#define SIM_STEPS_MAX_DEFAULT UINT64_C(3000000)
#define SIM_END_AFTER_NS_DEFAULT (45 * INT64_C(24) * 3600 * 1000000000) /* 45 days */

/* A simulation that can be looked at after it ended (histories, ledger, nodes), until sim_run_free. */
struct sim_run;

/* Reserves memory from blocks. Errors: WF_ERR_MEMORY, WF_ERR_INVALID. */
enum wf_status sim_run_new(const struct sim_config *config, const struct wf_block_source *blocks, struct sim_run **run,
                           struct wf_error *err);
void sim_run_free(struct sim_run *run);

/*
 * Runs one seed; the run may be used again for the next seed and keeps its memory. The result is borrowed until then. A seed
 * that needs more than a simulation holds ends there, with a result that says so.
 *
 * Errors: WF_ERR_INVALID (the scenario asks for what the code does not have), WF_ERR_LIMIT, WF_ERR_MEMORY.
 */
enum wf_status sim_run_seed(struct sim_run *run, const struct sim_run_options *options,
                            const struct sim_run_result **result, struct wf_error *err);

struct sim_world *sim_run_world(struct sim_run *run);

/* What is known of a run's history that its events do not tell: from the world, and from the history that the run goes on from. */
struct sim_history_options sim_run_history_options(struct sim_run *run, uint32_t run_index);

#endif
