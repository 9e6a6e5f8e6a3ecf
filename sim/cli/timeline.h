/*
 * A history as spans: what was under way when, and how it ended.
 */
#ifndef SIM_CLI_TIMELINE_H
#define SIM_CLI_TIMELINE_H

#include "engine/history.h"
#include "sim/cli/command.h"

/* Appends a line for each activity, timer, child, external signal and Nexus operation, under one of the workflow tasks. */
void cli_append_timeline(struct cli *cli, const struct wf_history *history);

#endif
