/* The table of commands. */
#include "sim/cli/command.h"

#include <string.h>

const struct cli_command *const cli_commands[] = {
#define CLI_COMMAND(name) &cli_command_##name,
#include "sim/cli/commands.def"
    NULL,
};

const size_t cli_commands_count = sizeof(cli_commands) / sizeof(cli_commands[0]) - 1;

const struct cli_command *cli_command_find(const char *name)
{
    for (size_t i = 0; i < cli_commands_count; i++) {
        if (strcmp(cli_commands[i]->name, name) == 0) {
            return cli_commands[i];
        }
    }
    return NULL;
}

enum cli_exit cli_exit_worse(enum cli_exit left, enum cli_exit right)
{
    static const enum cli_exit order[] = {CLI_EXIT_USAGE, CLI_EXIT_ENVIRONMENT, CLI_EXIT_FINDING, CLI_EXIT_UNREADABLE};

    for (size_t i = 0; i < sizeof(order) / sizeof(order[0]); i++) {
        if (left == order[i] || right == order[i]) {
            return order[i];
        }
    }
    return CLI_EXIT_OK;
}
