/*
 * Values of one shape as what stands for them. Private to the engine.
 */
#ifndef WF_ENGINE_REPLAY_PLACEHOLDER_H
#define WF_ENGINE_REPLAY_PLACEHOLDER_H

#include "engine/redact.h"

/* Of as many characters; empty for empty text. */
struct wf_string wf_placeholder_of_text(struct wf_redaction *redaction, struct wf_string text);

/* Of as many bytes. */
struct wf_string wf_placeholder_of_bytes(struct wf_redaction *redaction, struct wf_string bytes);

/* Of a number as JSON writes it: sign, digits before and behind the point, and exponent stay as many. */
struct wf_string wf_placeholder_of_number(struct wf_redaction *redaction, struct wf_string number);

/* The first truth value of all is told as false, whichever it is. */
struct wf_string wf_placeholder_of_truth(struct wf_redaction *redaction, bool is_true);

#endif
