/*
 * A moment of a simulated run, as an archive: the scenario runs in a child up to a time, and every history that there is then
 * is recorded into a temporary file. So `list` and `describe` read a moment as they read an archive.
 */
#ifndef SIM_CLI_MOMENT_H
#define SIM_CLI_MOMENT_H

#include "sim/cli/archive_file.h"
#include "sim/cli/command.h"

/* The options that a command with a SCENARIO offers beside its own. */
#define CLI_OPTIONS_MOMENT                                                                                             \
    {"--seed", CLI_NUMBER, "N", "of a scenario: the seed; 1 when not given"},                                          \
        {"--at", CLI_TEXT, "TIME", "of a scenario: the moment, as 90s or 2h; its end when not given"}

/*
 * Opens an archive, or a moment of a scenario (a name that ends in .yaml or .yml). Close it also after a failure.
 *
 * Exits: UNREADABLE, ENVIRONMENT, USAGE for a time that is none, FINDING for code that crashed or looped; the reason is on standard error.
 */
enum cli_exit cli_moment_open(struct cli *cli, const struct cli_args *args, const char *path,
                              struct cli_archive *archive);

#endif
