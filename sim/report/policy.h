/*
 * What becomes of notes: a text file, a line a rule. `#` begins a comment. What it does not name is reported.
 *
 *   boundary        finding    # a step in another task than history has it
 *   act-timeouts    note
 *   failure-message ignore
 */
#ifndef SIM_REPORT_POLICY_H
#define SIM_REPORT_POLICY_H

#include "engine/base/arena.h"
#include "engine/base/status.h"
#include "engine/replay.h"

/* A policy for each rule, as wf_replay_options wants them. NULL when the arena is full. */
uint8_t *sim_policy_new(struct wf_arena *arena);

/* Every note from the warnings up is a finding. */
void sim_policy_make_strict(uint8_t *policies);

/* Errors: WF_ERR_INVALID with the line. */
enum wf_status sim_policy_read(uint8_t *policies, struct wf_string bytes, struct wf_error *err);

#endif
