/*
 * What a history must look like to be replayed, and where a replay of it begins and ends. Private to the engine.
 * Source: replay-rules 1.1.
 */
#ifndef WF_ENGINE_REPLAY_SHAPE_H
#define WF_ENGINE_REPLAY_SHAPE_H

#include "engine/base/status.h"
#include "engine/schema.h"

/* The two numbers that a poll response would carry. */
struct wf_replay_span {
    int64_t previous_started_event_id;
    int64_t started_event_id;
};

/*
 * Checks a normalised history.
 *
 * Errors: WF_ERR_INVALID with the event id.
 */
enum wf_status wf_replay_span_of(const struct wf_event *events, uint32_t event_count, struct wf_replay_span *span,
                                 struct wf_error *err);

#endif
