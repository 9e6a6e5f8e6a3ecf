/*
 * Text for people: messages as indented `name: value` lines, values and payloads on one line, events as rows of a table.
 * Nothing printed can drive a terminal: control characters are escaped or become blanks.
 */
#ifndef WF_ENGINE_PRINT_H
#define WF_ENGINE_PRINT_H

#include <stdbool.h>
#include <stddef.h>

#include "engine/base/bytes.h"
#include "engine/schema.h"

#define WF_PRINT_VALUE_BYTES 400 /* of one value, unless the options say otherwise */

/* All zero: no bound on the whole, WF_PRINT_VALUE_BYTES for a value, payloads shown. */
struct wf_print_options {
    size_t limit_bytes;       /* of the whole output, which then ends with "..."; 0: none */
    size_t value_limit_bytes; /* of one string or payload; 0: WF_PRINT_VALUE_BYTES */
    bool hides_payloads;      /* type and length only: `<json/plain, 12 bytes>` */
};

/*
 * Appends a message as lines, each indented by two blanks a level:
 *
 *   activityType: charge_payment
 *   input: ["order-3", {"cents": 500}]
 *   retryPolicy:
 *     initialInterval: 1s
 *
 * Fields that are not set are left out. options may be NULL.
 */
void wf_print_message(struct wf_buffer *out, const struct wf_message_type *type, const void *message,
                      const struct wf_print_options *options);

/*
 * Appends one value of a field on one line; value points to it (for a field of label ONE, to the member). A message is
 * `{name: value, ...}`, a failure `Type: message`, an execution its workflow id.
 */
void wf_print_value(struct wf_buffer *out, const struct wf_field *field, const void *value,
                    const struct wf_print_options *options);

/* Appends a message on one line, as wf_print_value. */
void wf_print_inline(struct wf_buffer *out, const struct wf_message_type *type, const void *message,
                     const struct wf_print_options *options);

/*
 * Appends what there is to say of an event on one line, without a line end:
 * `17 ActivityTaskScheduled charge_payment id=5 queue=orders input=["order-3"]`.
 */
void wf_print_event(struct wf_buffer *out, const struct wf_event *event, const struct wf_print_options *options);

/* Appends a command as the event that it becomes, without an id: `ScheduleActivityTask charge_payment id=5 ...`. */
void wf_print_command(struct wf_buffer *out, const struct wf_command *command,
                      const struct wf_print_options *options);

/* Appends the part of wf_print_event after the id and the type; nothing for an event without attributes. */
void wf_print_event_details(struct wf_buffer *out, const struct wf_event *event,
                            const struct wf_print_options *options);

/*
 * The fields that wf_print_event shows of an event type, as `label=path` or `path` separated by blanks; NULL for a number
 * outside 1..60.
 */
const char *wf_print_event_summary(int32_t event_type);

/* Appends a payload on one line: JSON as its text, `null`, or `<binary/plain, 12 bytes>`. */
void wf_print_payload(struct wf_buffer *out, const struct wf_payload *payload,
                      const struct wf_print_options *options);

/* Appends "2024-05-01T10:00:00.123Z", with 0, 3, 6 or 9 digits of a second; "1.5s". Any value, also out of range. */
void wf_print_timestamp(struct wf_buffer *out, struct wf_timestamp timestamp);
void wf_print_duration(struct wf_buffer *out, struct wf_timestamp duration);

/* The encoding that a payload names in its metadata; empty when it names none. */
struct wf_string wf_payload_encoding(const struct wf_payload *payload);

/* True when a codec encrypted the data, by the name of the encoding: `binary/encrypted` is the usual one. */
bool wf_payload_is_encrypted(const struct wf_payload *payload);

/* True when the payload's data is JSON text by its encoding. */
bool wf_payload_is_json(const struct wf_payload *payload);

#endif
