/*
 * `wfsim replay --matrix`: which version of the code can replay whose histories, so that people see what a rollout and a rollback
 * would strand.
 */
#ifndef SIM_CLI_REPLAY_MATRIX_H
#define SIM_CLI_REPLAY_MATRIX_H

#include "sim/cli/command.h"
#include "sim/report/verdict.h"

struct cli_matrix;

/* Counts a verdict of the code that is replayed now. */
void cli_matrix_take(struct cli_matrix *matrix, const struct sim_verdict *verdict);

/*
 * The whole command. The first operands, up to the first that is no code, are codes.
 *
 * options  those that decide verdicts, for the command that shows why one is blocked.
 * replay   replays the operands of args against the code and gives every verdict to the matrix; complains.
 */
enum cli_exit cli_matrix_run(struct cli *cli, const struct cli_args *args, struct wf_string options,
                             enum cli_exit (*replay)(struct cli *cli, const struct cli_args *args, const char *code_path,
                                                     struct cli_matrix *matrix));

#endif
