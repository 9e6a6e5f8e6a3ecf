/*
 * What the service makes of durations and options that a command leaves open: it writes the result into history, and a replay
 * that compares the two must do the same first.
 */
#ifndef WF_ENGINE_DEFAULTS_H
#define WF_ENGINE_DEFAULTS_H

#include <stdbool.h>
#include <stdint.h>

#include "engine/schema.h"

/* A Duration as nanoseconds: unset is 0, 100 years at most; false when negative (engine-semantics 2.2 rule 7). */
bool wf_timeout_read(struct wf_timestamp duration, int64_t *duration_ns);

/* The shorter of two, where 0 is no timeout. */
int64_t wf_min_timeout(int64_t left_ns, int64_t right_ns);

/* Fills unset fields with defaults; NULL when it is valid, else what is wrong (engine-semantics 2.4). */
const char *wf_retry_policy_complete(struct wf_retry_policy *policy);

struct wf_activity_timeouts {
    int64_t schedule_to_close_ns; /* 0: none, also of the others */
    int64_t schedule_to_start_ns;
    int64_t start_to_close_ns;
    int64_t heartbeat_ns;
};

/* Fills and caps them; run_timeout_ns 0: the run has none. Not both of the first and third are 0 (engine-semantics 4.3). */
void wf_activity_timeouts_normalise(struct wf_activity_timeouts *timeouts, int64_t run_timeout_ns);

#endif
