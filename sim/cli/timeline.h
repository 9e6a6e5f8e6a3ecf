/*
 * A history as spans: what was under way when, and how it ended.
 */
#ifndef SIM_CLI_TIMELINE_H
#define SIM_CLI_TIMELINE_H

#include "engine/base/json_text.h"
#include "engine/history.h"
#include "sim/cli/command.h"

/* Appends a line for each activity, timer, child, external signal and Nexus operation, under one of the workflow tasks. */
void cli_append_timeline(struct cli *cli, const struct wf_history *history);

/* The same as one object: the marks, then the spans, in the order of events. */
void cli_write_timeline(struct wf_json_writer *json, struct wf_arena *arena, const struct wf_history *history);

#endif
