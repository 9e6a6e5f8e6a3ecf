/*
 * Help pages, made from the tables of commands and options.
 */
#ifndef SIM_CLI_HELP_H
#define SIM_CLI_HELP_H

#include "sim/cli/command.h"

/* What the program is for, and its commands. */
void cli_help_overview(struct cli_output *out);

/* One command: usage, description, options, example. Fits a screen. */
void cli_help_command(struct cli_output *out, const struct cli_command *command);

#endif
