/*
 * What the commands that run batches in children share: how many children, and how a batch's end ends the program.
 */
#ifndef SIM_CLI_BATCH_H
#define SIM_CLI_BATCH_H

#include "sim/cli/command.h"
#include "sim/host/containment.h"

/* The children that --jobs asks for; without it one a processor, never more than there are items. */
uint32_t cli_jobs(const struct cli_args *args, uint64_t item_count);

/* The same for a command without that option. */
uint32_t cli_jobs_default(uint64_t item_count);

/* The exit code of a batch's end, its reason on standard error. code_path is named when loading crashed. */
enum cli_exit cli_batch_exit(const struct sim_outcome_of_batch *outcome, const char *code_path);

#endif
