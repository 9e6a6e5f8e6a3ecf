/*
 * What the code would do after the point at which it parted with history: it runs on with the
 * results that history recorded for steps of the same name, and with none for new ones. Only so can
 * a step that was added be told from one that was renamed, and one that was removed from one that
 * moved. Private to the engine.
 *
 * The instance is of no other use after this.
 */
#ifndef WF_ENGINE_REPLAY_LOOK_ON_H
#define WF_ENGINE_REPLAY_LOOK_ON_H

#include "engine/host.h"
#include "engine/replay/identity.h"
#include "engine/worker/worker_run.h"

#define WF_LOOK_ON_STEPS_MAX 48
#define WF_LOOK_ON_ACTIVATIONS_MAX 48

struct wf_look_on_input {
    struct wf_instance *instance; /* its last answer is in the run's queue */
    struct wf_run *run;
    const struct wf_event *events; /* the whole history */
    uint32_t event_count;
    int64_t event_id; /* where they part */
};

/* Steps that the code takes, after those in the run's queue. */
struct wf_look_on {
    struct wf_identity steps[WF_LOOK_ON_STEPS_MAX];
    uint32_t count;
};

/* False when memory does not suffice. Strings of the steps are in the arena. */
bool wf_look_on(struct wf_arena *arena, const struct wf_look_on_input *in,
                struct wf_look_on *look_on);

#endif
