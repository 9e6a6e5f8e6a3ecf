/*
 * `wfsim lint CODE HISTORY...`: children replay each history in several worlds; what differs goes to the findings.
 */
#ifndef SIM_CLI_LINT_HUNT_H
#define SIM_CLI_LINT_HUNT_H

#include "sim/cli/lint_findings.h"
#include "sim/host/object.h"

/* Adds to the findings. Exits: as a batch, and UNREADABLE for a history that is none; complains. */
enum cli_exit cli_lint_hunt(struct cli *cli, const struct cli_args *args, const struct sim_object *object,
                            struct cli_lint_findings *findings);

#endif
