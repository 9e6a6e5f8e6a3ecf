/*
 * Whether histories still replay as they did once their values are placeholders.
 */
#ifndef SIM_CLI_REDACTED_REPLAY_H
#define SIM_CLI_REDACTED_REPLAY_H

#include "sim/cli/file.h"
#include "sim/cli/load_code.h"

/*
 * Replays `count` histories of the files `before`, and the same ones of the files `after`, against the code, and lists those
 * whose verdict is another one. Both are read in the order of the conversion.
 *
 * Exits: FINDING when a verdict changed; UNREADABLE, ENVIRONMENT with the reason on standard error.
 */
enum cli_exit cli_redacted_replay(struct cli *cli, const struct cli_code *code, const struct cli_paths *before,
                                  const struct cli_paths *after, uint64_t count);

#endif
