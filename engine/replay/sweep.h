/*
 * The prefix sweep: what becomes of runs that are open now, at every event at which one may stand. Private to the engine.
 */
#ifndef WF_ENGINE_REPLAY_SWEEP_H
#define WF_ENGINE_REPLAY_SWEEP_H

#include "engine/replay.h"

/* An activation of the pass over the whole history. */
struct wf_sweep_step {
    int64_t event_id;  /* the last event that the code had seen */
    bool asked_replay; /* the code would have been told something else had it run here for the first time */
};

struct wf_sweep_steps {
    struct wf_sweep_step *items;
    uint32_t count;
    uint32_t capacity;
};

/* What the pass keeps of an activation that was answered. False when the arena is full. */
bool wf_sweep_note(struct wf_arena *arena, struct wf_sweep_steps *steps, const struct wf_instance *instance,
                   const struct wf_sdk_activation *activation);

struct wf_sweep {
    struct wf_arena *arena;     /* holds what is put into the result */
    struct wf_replay *cold;     /* another one of the same host */
    const struct wf_history *history; /* normalised */
    struct wf_replay_options options;
    const struct wf_sweep_steps *steps; /* of the pass over the whole */
};

/*
 * Fills result->sweep. A prefix that gets stuck when the whole history replays becomes the verdict.
 *
 * result  of the whole history; what it borrows of the cold replay lives until the next sweep.
 */
enum wf_status wf_sweep_run(const struct wf_sweep *sweep, struct wf_replay_result *result, struct wf_error *err);

#endif
