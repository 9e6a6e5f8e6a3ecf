/*
 * What must hold: engine invariants, always on; the checks that a scenario names; and the goals that must be reached
 * sometimes. All of it is fed with the records of one run, in order.
 */
#ifndef WF_SIM_CHECK_CHECK_H
#define WF_SIM_CHECK_CHECK_H

#include "engine/base/arena.h"
#include "sim/config.h"
#include "sim/core/record.h"
#include "sim/run.h"
#include "sim/world/world.h"

#define SIM_BROKEN_MAX 64 /* kept of one run; one for each check and workflow */

struct sim_checks;

/*
 * config  borrowed; has at most SIM_CHECKS_MAX checks and SIM_GOALS_MAX goals.
 * Errors: WF_ERR_LIMIT, WF_ERR_INVALID (a goal's moment that is none), WF_ERR_MEMORY.
 */
enum wf_status sim_checks_new(struct wf_arena *arena, const struct sim_config *config, struct sim_checks **checks,
                              struct wf_error *err);

/* Sees a record; what it keeps of it, it copies. */
void sim_checks_record(struct sim_checks *checks, const struct sim_record *record);

/* Sees a committed write, after its records: what is stored must be what the history says. scratch is given back. */
void sim_checks_commit(struct sim_checks *checks, struct wf_arena *scratch, const struct sim_commit *commit);

/* What a reader got of the run's history, all of it: it must be what was committed, no more and no less. */
void sim_checks_read(struct sim_checks *checks, struct wf_string run_id, const struct wf_string *batches,
                     uint32_t batch_count, wf_time_ns now_ns, uint64_t step);

/* Sees what comes to a history shard and what it answers: what clients and workers are told must be what is committed. */
void sim_checks_exchange(struct sim_checks *checks, struct wf_arena *scratch, const struct sim_exchange *exchange);

/* Sees the time that workflow code is told. */
void sim_checks_turn(struct sim_checks *checks, const struct sim_turn *turn);

/* The service has removed what it kept of a run. */
void sim_checks_drop(struct sim_checks *checks, struct wf_string run_id, wf_time_ns now_ns, uint64_t step);

/* A run completed with this result (JSON): for goals. */
void sim_checks_result(struct sim_checks *checks, struct wf_string result);

/* The faults have stopped. */
void sim_checks_heal(struct sim_checks *checks, wf_time_ns now_ns);

/* Where an open workflow waits at the end ("activity charge_payment") and why, as the end of a sentence ("waits for signal
 * approve"). Before sim_checks_end. */
void sim_checks_waits(struct sim_checks *checks, struct wf_string workflow_id, struct wf_string await_site,
                      struct wf_string reason);

struct sim_checks_end {
    wf_time_ns now_ns;
    uint64_t step;
    bool is_quiet; /* nothing was left to happen: who is open now never closes */
};

/* The run is over: judges what only the end can tell. */
void sim_checks_end(struct sim_checks *checks, const struct sim_checks_end *end);

/* A finding of a verifier of whole histories about a run: "I36", the sentence, as an engine invariant that broke. */
void sim_checks_invariant(struct sim_checks *checks, struct wf_string workflow_id, const char *invariant,
                          struct wf_string sentence, wf_time_ns now_ns, uint64_t step);

/* In the order in which they broke; borrowed. */
const struct sim_broken_check *sim_checks_broken(const struct sim_checks *checks, uint32_t *count);

/* How often each check's condition was met, each goal reached: SIM_CHECKS_MAX and SIM_GOALS_MAX numbers. */
const uint32_t *sim_checks_conditions(const struct sim_checks *checks);
const uint32_t *sim_checks_goals(const struct sim_checks *checks);

/* False once the arena was full: what follows was not judged. */
bool sim_checks_is_complete(const struct sim_checks *checks);

/* The workflow that continued as new more often than one may: the run is over; empty: none did. */
struct wf_string sim_checks_endless(const struct sim_checks *checks);

/* What broke in a few words: the check as the scenario has it, "I36", or the title of a diagnosis. */
struct wf_string sim_broken_name(const struct sim_broken_check *broken);

/* Appends the name, as in "engine invariant I36". */
void sim_broken_print(const struct sim_broken_check *broken, struct wf_buffer *out);

/* The code of the diagnosis, "WF401"; SIM_CHECK_COUNT: an engine invariant. */
const char *sim_check_diagnosis(enum sim_check_kind kind);

/* "1h 30m", "250ms": for sentences. */
void sim_duration_print(int64_t duration_ns, struct wf_buffer *out);

/* "12.345678s": as in a trace, without padding. */
void sim_moment_print(wf_time_ns time_ns, struct wf_buffer *out);

#endif
