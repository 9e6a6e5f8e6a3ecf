/*
 * Running activities written in C: each attempt is a coroutine that yields its steps to the simulator, which performs them in
 * virtual time, answers, and may strike between any two.
 */
#ifndef WF_ENGINE_ACTIVITY_HOST_H
#define WF_ENGINE_ACTIVITY_HOST_H

#include <stdbool.h>
#include <stdint.h>

#include "engine/host.h"
#include "engine/schema.h"

struct wf_attempt;

enum wf_step_type {
    WF_STEP_WAIT,      /* let wait_ns pass */
    WF_STEP_EFFECT,    /* do or undo something; answer whether it was refused */
    WF_STEP_HEARTBEAT, /* answer whether cancellation was asked for */
    WF_STEP_RETURN,    /* the end: result */
    WF_STEP_FAIL,      /* the end: failure, an application or canceled one */
    WF_STEP_NEVER,     /* the end: no answer will come */
    WF_STEP_BROKEN,    /* the end: the code broke a promise of the API; failure says which */
};

/* Borrowed until the attempt's next step. */
struct wf_step {
    enum wf_step_type type;
    int64_t wait_ns;
    bool is_undo;
    struct wf_string effect_name;
    struct wf_string effect_key;
    bool has_once_per;
    struct wf_string once_per;
    const struct wf_payload *payload; /* heartbeat details, or the result; NULL: none */
    const struct wf_failure *failure;
};

/* What the world says to the last step. Zeroed: it was done. */
struct wf_step_answer {
    bool is_refused;
    bool is_cancel_requested;
};

/* What starts an attempt. Borrowed until the attempt is freed. */
struct wf_attempt_start {
    struct wf_string activity_type;
    const struct wf_payload *input;
    uint32_t input_count;
    int32_t attempt;
    const struct wf_payload *last_heartbeat; /* NULL: none */
};

bool wf_host_has_activity(const struct wf_host *host, struct wf_string activity_type);

/* NULL when the module has no such activity or memory is exhausted. */
struct wf_attempt *wf_attempt_new(struct wf_host *host, const struct wf_attempt_start *start);

/* Runs the code to its next step. answer is to the step before; NULL the first time. After an end: the same end again. */
const struct wf_step *wf_attempt_next(struct wf_attempt *attempt, const struct wf_step_answer *answer);

/* At any time; code in the middle of its work is dropped. */
void wf_attempt_free(struct wf_attempt *attempt);

#endif
