/*
 * What makes two steps the same step: their kind and, where it has them, a name and an id. For
 * comparing history with code across tasks, where sequence numbers and options do not count.
 * Private to the engine.
 */
#ifndef WF_ENGINE_REPLAY_IDENTITY_H
#define WF_ENGINE_REPLAY_IDENTITY_H

#include "engine/base/arena.h"
#include "engine/schema.h"

struct wf_identity {
    int32_t event_type; /* that the step becomes in history */
    struct wf_string
        name; /* activity or child type, patch or signal name; empty when only the kind counts */
    uint64_t detail; /* of steps without a name what else tells one from another: a timer's duration, the keys of an upsert; 0:
                        nothing does */
};

struct wf_identity wf_identity_of_event(struct wf_arena *arena, const struct wf_event *event);
struct wf_identity wf_identity_of_command(struct wf_arena *arena, const struct wf_command *command);

/* Of a command as the code gave it; event_type 0 when it makes no event of its own. */
struct wf_identity wf_identity_of_sdk_command(const struct wf_sdk_command *command);

bool wf_identity_equal(const struct wf_identity *left, const struct wf_identity *right);

/* Equal in their details too: the same step in another place, not another of its kind. */
bool wf_identity_is_same_step(const struct wf_identity *left, const struct wf_identity *right);

#endif
