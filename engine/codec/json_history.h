/*
 * Histories in JSON: the wrappings that people have them in, and which JSON is no history of ours.
 */
#ifndef WF_ENGINE_CODEC_JSON_HISTORY_H
#define WF_ENGINE_CODEC_JSON_HISTORY_H

#include "engine/history.h"

enum wf_json_shape {
    WF_JSON_SHAPE_VALUES,    /* objects one after the other, each a history: one, or JSON lines */
    WF_JSON_SHAPE_EVENTS,    /* one bare list of events */
    WF_JSON_SHAPE_HISTORIES, /* one list of histories */
};

/*
 * Finds the shape of a JSON text by looking at its beginning, down to the first event.
 *
 * Errors: WF_ERR_CORRUPT      the text is not JSON up to there
 *         WF_ERR_INVALID      there is no history in it
 *         WF_ERR_UNSUPPORTED  Cadence, Temporal before 1.0, decoded payloads
 * Source: corpus README "What a reader must accept"; replay-rules 7.1.
 */
enum wf_status wf_json_history_shape(struct wf_string text, enum wf_json_shape *shape,
                                     struct wf_error *err);

/*
 * Reads the history at *next, which is moved behind it. WF_ERR_NOT_FOUND after the last. *next
 * starts at 0.
 */
enum wf_status wf_json_history_next(struct wf_string text, enum wf_json_shape shape, size_t *next,
                                    struct wf_arena *arena, struct wf_history *history,
                                    struct wf_error *err);

#endif
