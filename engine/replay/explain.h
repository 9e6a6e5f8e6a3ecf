/*
 * What people need beside the rule and the place of a divergence: history and code side by side
 * around it, why they differ, and what to do. Private to the engine.
 */
#ifndef WF_ENGINE_REPLAY_EXPLAIN_H
#define WF_ENGINE_REPLAY_EXPLAIN_H

#include "engine/base/arena.h"
#include "engine/finding.h"
#include "engine/replay/look_on.h"
#include "engine/worker/divergence.h"

struct wf_explain_input {
    const struct wf_divergence *divergence;
    const struct wf_look_on
        *look_on; /* what the code does next; NULL: not known, and then the cause is a guess */
    const struct wf_event *events; /* the whole history */
    uint32_t event_count;
};

/*
 * Completes a finding: window, cause, hint. Deep-copies commands into the arena; events stay
 * borrowed from the history. Leaves out what memory does not suffice for.
 */
void wf_explain(struct wf_arena *arena, const struct wf_explain_input *in,
                struct wf_finding *finding);

#endif
