/*
 * A batch of seeds folded into one report: what ran, what broke, what was never reached. Results are added in seed order, so
 * the report is the same whatever the number of processes.
 */
#ifndef WF_SIM_REPORT_SUMMARY_H
#define WF_SIM_REPORT_SUMMARY_H

#include "engine/base/arena.h"
#include "engine/base/json_text.h"
#include "sim/run.h"

/* Failures of one signature. */
struct sim_signature {
    uint64_t signature;
    struct sim_broken_check first; /* of the first seed; strings in the summary's arena */
    uint64_t first_seed;
    uint64_t seed_count;
    struct wf_string story; /* of the first seed; empty: none was sent */
};

/* Workflow code that ended its process, in the same way and at the same call: a crash has no result of its seed. */
struct sim_summary_crash {
    struct wf_string workflow_id; /* of the first seed, as everything here */
    struct wf_string workflow_type;
    struct wf_string ended;     /* "segmentation fault" */
    struct wf_string diagnosis; /* "WF301" */
    struct wf_string call;      /* the last call of the API, "wf_activity"; empty: none yet */
    int64_t event_id;           /* the last event that the code had seen; 0: none */
    uint64_t first_seed;
    uint64_t seed_count;
};

/* The command that runs one seed again: what stands before the number of the seed, and after it. */
struct sim_repeat {
    struct wf_string before;
    struct wf_string after;
};

#define SIM_SIGNATURES_MAX 64 /* further ones are counted only */
#define SIM_CRASHES_MAX 32    /* distinct ones; further ones are counted only */
#define SIM_STATUS_COUNT 16   /* places for enum wf_workflow_execution_status */

struct sim_summary {
    struct wf_arena *arena;
    const struct sim_config *config;
    struct sim_repeat repeat;
    uint64_t first_seed;
    uint64_t last_seed;
    uint64_t seed_count;
    uint64_t broken_seed_count;
    uint64_t out_of_steps_count;
    uint64_t out_of_steps_seed; /* the first */
    uint64_t failing_count;     /* workflows whose code failed its task until the end */
    uint64_t failing_seed;      /* the first with one */
    struct sim_refused_starts refused_starts;
    uint64_t refused_start_seed; /* the first */
    uint64_t crash_count; /* seeds whose workflow code ended its process */
    uint64_t step_count;
    uint64_t longest_seed;
    uint64_t longest_step_count;
    uint64_t runs_by_status[SIM_STATUS_COUNT];
    uint64_t fault_counts[SIM_FAULT_COUNT];
    uint64_t check_conditions[SIM_CHECKS_MAX];
    uint64_t check_broken[SIM_CHECKS_MAX]; /* seeds that broke it */
    uint64_t goal_seeds[SIM_GOALS_MAX]; /* seeds that reached it */
    size_t peak_bytes;
    uint64_t trace_hash; /* of one seed, that seed's; of many, a digest of all of theirs in order */
    wf_time_ns end_time_ns; /* of the last seed added */
    struct sim_signature signatures[SIM_SIGNATURES_MAX];
    uint32_t signature_count;
    uint64_t dropped_signature_count;
    struct sim_summary_crash crashes[SIM_CRASHES_MAX];
    uint32_t crash_kind_count;
    uint64_t dropped_crash_count; /* seeds that ended in further ones */
    const struct sim_unfinished *unfinished; /* of a batch of one seed */
    uint32_t unfinished_count;
};

/* "completed", "timed out"; NULL for a number that no status has. */
const char *sim_summary_status(int32_t status);

/* Strings that the summary keeps go into the arena; those of `repeat` are borrowed. */
void sim_summary_init(struct sim_summary *summary, struct wf_arena *arena, const struct sim_config *config,
                      const struct sim_repeat *repeat);

void sim_summary_add(struct sim_summary *summary, const struct sim_run_result *result);

/* A seed that ended in a crash, and so has no result. seed_count of the crash is not read. */
void sim_summary_add_crash(struct sim_summary *summary, const struct sim_summary_crash *crash);

/* Keeps a story for a signature that has none yet. */
void sim_summary_tell(struct sim_summary *summary, uint64_t signature, struct wf_string story);

/* Whether the batch is large enough to say that a check is vacuous and a goal unmet: `over` of the scenario, else 100. */
bool sim_summary_judges(const struct sim_summary *summary);

/* Checks whose condition was never met, and goals never reached; 0 when the batch is too small to say. */
uint32_t sim_summary_missing_count(const struct sim_summary *summary);

/* Nothing broke, nothing is missing, no code crashed, no run was given up. */
bool sim_summary_is_fine(const struct sim_summary *summary);

/* The batch has one seed, which ran to its end. */
bool sim_summary_is_single(const struct sim_summary *summary);

/* Appends "wfsim run SCENARIO --seed N". */
void sim_repeat_print(const struct sim_repeat *repeat, uint64_t seed, struct wf_buffer *out);

/* Appends 1,234,567. */
void sim_count_print(uint64_t value, struct wf_buffer *out);

/* Pieces that the renderings share: "saga, seeds 1..50, 50 run"; "held 20 times"; a goal; "in 3 seeds". */
void sim_summary_print_title(const struct sim_summary *summary, struct wf_buffer *out);
void sim_summary_print_check_result(const struct sim_summary *summary, uint32_t check, struct wf_buffer *out);
void sim_summary_print_goal(const struct sim_summary *summary, uint32_t goal, struct wf_buffer *out);
void sim_summary_print_goal_result(const struct sim_summary *summary, uint32_t goal, struct wf_buffer *out);

/* Appends the report without crashes and failures. */
void sim_summary_print(const struct sim_summary *summary, struct wf_buffer *out);

/* Appends every distinct crash and failure: what, where, its story, how many seeds, and the command that repeats it. */
void sim_summary_print_findings(const struct sim_summary *summary, struct wf_buffer *out);

/* Appends the members of one JSON object, crashes and failures included. */
void sim_summary_json(const struct sim_summary *summary, struct wf_json_writer *writer);

#endif
