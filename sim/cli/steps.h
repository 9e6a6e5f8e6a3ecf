/*
 * The steps of a workflow as a history tells them: which event began one, which ended it, what it is called, how long it
 * took.
 */
#ifndef SIM_CLI_STEPS_H
#define SIM_CLI_STEPS_H

#include "engine/history.h"
#include "engine/time.h"
#include "sim/cli/output.h"

/* What an event is to a step: an activity, timer, child, external signal or cancel, update, Nexus operation. */
enum cli_step_part { CLI_STEP_NONE, CLI_STEP_BEGIN, CLI_STEP_PROGRESS, CLI_STEP_END };

enum cli_step_part cli_step_part(const struct wf_event *event);

/* The event that began the step which this one goes on with or ends; NULL when there is none in the history. */
const struct wf_event *cli_step_begin(const struct wf_history *history, const struct wf_event *event);

/* How an event ends a step: "completed", "timed out"; and its colour. */
const char *cli_step_outcome(const struct wf_event *event, enum cli_style *style);

/* The events that began steps which have not ended. */
struct cli_pending {
    const struct wf_event **items;
    uint32_t count;
};

/* Finds them, in the order of events, into the arena; false when it is full. */
bool cli_find_pending(struct wf_arena *arena, const struct wf_history *history, struct cli_pending *pending);

/* Appends what the step that an event begins is called: "charge_payment", "timer 3", "Shipping order-3". */
void cli_append_step_name(struct wf_buffer *text, const struct wf_event *event);

/* "0", "12ms", "4.250s", "2m 05s", "7d 01h": three digits or two units, for columns that are read at a glance. */
void cli_append_duration(struct wf_buffer *text, int64_t duration_ns);

/* Nanoseconds from one to the other, saturating. */
int64_t cli_elapsed_ns(struct wf_timestamp from, struct wf_timestamp to);

/* As cli_append_duration, also of what 64-bit nanoseconds do not reach. */
void cli_append_elapsed(struct wf_buffer *text, struct wf_timestamp from, struct wf_timestamp to);

/* The ends of a history that is not empty, in whichever order its file has it. */
const struct wf_event *cli_oldest_event(const struct wf_history *history);
const struct wf_event *cli_newest_event(const struct wf_history *history);

#endif
