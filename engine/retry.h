/*
 * The decision to retry: shared by the service and by workers, which decide alike.
 *
 * Source: engine-semantics 2.4, 4.5, 7.4.
 */
#ifndef WF_ENGINE_RETRY_H
#define WF_ENGINE_RETRY_H

#include "engine/schema.h"
#include "engine/time.h"

int64_t wf_add_saturating(int64_t left, int64_t right);

/* The delay that the failure asks for; unset when it asks for none. */
struct wf_timestamp wf_retry_delay_of(const struct wf_failure *failure);

/* The wait after an attempt that failed, by the policy alone (4.5 step 7). */
int64_t wf_retry_interval_ns(const struct wf_retry_policy *policy, int32_t attempt);

/* What a retry decision needs (4.5, 7.4). */
struct wf_retry_case {
    const struct wf_retry_policy *policy;
    const struct wf_failure *failure;
    int32_t attempt;
    int64_t now_ns;
    int64_t expiration_ns; /* 0: none */
    bool caps_requested_delay;
};

/* The retry state; *interval_ns when it is IN_PROGRESS. */
enum wf_retry_state wf_retry_decide(const struct wf_retry_case *retry, int64_t *interval_ns);

#endif
