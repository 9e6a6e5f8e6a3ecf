/*
 * The scalars that proto3 JSON writes as text: bytes in base64, timestamps, durations.
 */
#ifndef WF_ENGINE_CODEC_JSON_VALUES_H
#define WF_ENGINE_CODEC_JSON_VALUES_H

#include "engine/base/arena.h"
#include "engine/base/bytes.h"
#include "engine/schema.h"

/* Room for the bytes of size_bytes of base64. */
size_t wf_base64_data_bytes_max(size_t size_bytes);

/*
 * Reads standard or URL-safe base64, with or without padding, into `to`. False when the text is not
 * base64.
 */
bool wf_base64_read(struct wf_string text, char *to, size_t *size_bytes);

/* Writes standard base64 with padding, without quotes. */
void wf_base64_write(struct wf_string data, struct wf_buffer *out);


/* With 0, 3, 6 or 9 fraction digits, without quotes. Years beyond 9999 get more digits, years
 * before 1 a sign. */
void wf_timestamp_write(const struct wf_timestamp *time, struct wf_buffer *out);
void wf_duration_write(const struct wf_timestamp *time, struct wf_buffer *out);

#endif
