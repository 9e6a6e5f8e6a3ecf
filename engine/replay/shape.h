/*
 * Where a replay of a history begins and ends, and what is wrong with one that cannot be replayed.
 * Private to the engine. Source: replay-rules 1.1.
 */
#ifndef WF_ENGINE_REPLAY_SHAPE_H
#define WF_ENGINE_REPLAY_SHAPE_H

#include "engine/diagnosis.h"
#include "engine/schema.h"

/* The two numbers that a poll response would carry. */
struct wf_replay_span {
    int64_t previous_started_event_id;
    int64_t started_event_id;
};

/* Of a history that wf_history_normalise accepts. */
struct wf_replay_span wf_replay_span_of(const struct wf_event *events, uint32_t event_count);

/* The rule that a history breaks which wf_history_normalise refuses. */
struct wf_shape_breach {
    const char *rule; /* of rules.def */
    enum wf_diagnosis_number diagnosis;
};
struct wf_shape_breach wf_shape_breach_of(const struct wf_event *events, uint32_t event_count);

#endif
