/*
 * What a replay shows beside its verdict: each answer of the code, and memory that an activation changed.
 */
#ifndef WF_ENGINE_REPLAY_WITNESS_H
#define WF_ENGINE_REPLAY_WITNESS_H

#include "engine/replay.h"

struct wf_witness {
    struct wf_arena *arena;
    const struct wf_replay_options *options;
    struct wf_replay_result *result;
    char **pictures; /* of the watched memory, before the activation */
};

/* False when the arena is full, as of the others. A witness that was asked for nothing does nothing. */
bool wf_witness_init(struct wf_witness *witness, struct wf_arena *arena, const struct wf_replay_options *options,
                     struct wf_replay_result *result);
void wf_witness_before(struct wf_witness *witness);
bool wf_witness_after(struct wf_witness *witness, int64_t event_id, const struct wf_sdk_completion *completion);

#endif
