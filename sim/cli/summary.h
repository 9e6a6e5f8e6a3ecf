/*
 * Events in words, for people: the line beside an event's name, what a step is called, times and durations.
 */
#ifndef SIM_CLI_SUMMARY_H
#define SIM_CLI_SUMMARY_H

#include "engine/history.h"
#include "engine/time.h"

/* The event with this id, NULL when the history has none; constant time in a history without gaps. */
const struct wf_event *cli_event_by_id(const struct wf_history *history, int64_t event_id);

/* Appends what the event is about: "charge_payment #2 ["order-3"]". Each value is cut to value_columns_max. */
void cli_append_summary(struct wf_buffer *text, const struct wf_history *history, const struct wf_event *event,
                        size_t value_columns_max);

/* Appends what an event that begins something is called: "charge_payment", "timer 3", a child's workflow id. */
void cli_append_step_name(struct wf_buffer *text, const struct wf_event *event);

/* "0", "12ms", "4.25s", "2m 05s", "7d 01h": three digits or two units, whichever says enough. */
void cli_append_duration(struct wf_buffer *text, int64_t duration_ns);

/* "2026-01-01T00:00:00.123Z", in UTC; nothing when it is not set. */
void cli_append_timestamp(struct wf_buffer *text, struct wf_timestamp timestamp);

/* Nanoseconds from one to the other, saturating. */
int64_t cli_elapsed_ns(struct wf_timestamp from, struct wf_timestamp to);

#endif
