/*
 * Markers of values that a run decides once: Version, SideEffect, MutableSideEffect. Go and Java use the names with keys of
 * their own; both are read and written. Private to the engine.
 * Source: replay-rules 3.2, 3.3; engine-semantics 6.3.
 */
#ifndef WF_ENGINE_WORKER_VALUE_MARKER_H
#define WF_ENGINE_WORKER_VALUE_MARKER_H

#include "engine/base/arena.h"
#include "engine/schema.h"

#define WF_MARKER_VERSION "Version"
#define WF_MARKER_SIDE_EFFECT "SideEffect"
#define WF_MARKER_MUTABLE_SIDE_EFFECT "MutableSideEffect"

#define WF_DEFAULT_CHANGE_VERSION (-1) /* of a run that has none */

struct wf_value_marker {
    enum wf_sdk_value_kind kind;
    struct wf_string id;    /* change id; id of a mutable side effect, as the author gave it */
    struct wf_string go_id; /* of a mutable side effect in Go: the id with the number of its event behind it */
    int64_t version;
    uint32_t call;       /* number of a side effect; which call of a mutable one; 0: not recorded */
    bool has_upsert;     /* of a version: the search attribute follows it */
    bool is_java;        /* the keys are Java's */
    uint32_t skip_count; /* Java: calls of a mutable side effect since its last marker */
    const struct wf_payload *value;
};

bool wf_event_is_value_marker(const struct wf_event *event, enum wf_sdk_value_kind *kind);

/* False when the details cannot be read. Text is a slice of the event, or in the arena. */
bool wf_value_marker_read(struct wf_arena *arena, const struct wf_event *event, struct wf_value_marker *marker);

/* False when the arena is full. */
bool wf_value_marker_write(struct wf_arena *arena, const struct wf_value_marker *marker,
                           struct wf_command_record_marker *command);

const char *wf_value_marker_name(enum wf_sdk_value_kind kind);

#endif
