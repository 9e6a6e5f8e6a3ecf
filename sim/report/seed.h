/*
 * One seed's result as bytes, for the pipe between a child that ran it and the supervisor that reports it. Both are the same
 * program with the same scenario, so the form is private and has no version.
 */
#ifndef WF_SIM_REPORT_SEED_H
#define WF_SIM_REPORT_SEED_H

#include "engine/base/arena.h"
#include "engine/base/bytes.h"
#include "sim/run.h"

/* Appends the result. Checks are written by their place in config->checks. */
void sim_seed_encode(const struct sim_config *config, const struct sim_run_result *result, struct wf_buffer *out);

/* Reads what encode wrote; everything lives in the arena or in the bytes. False when the bytes are not whole. */
bool sim_seed_decode(struct wf_arena *arena, const struct sim_config *config, struct wf_string bytes,
                     struct sim_run_result *result);

#endif
