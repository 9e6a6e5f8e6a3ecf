/*
 * A command of wfsim: its row of the table, what it is given, and how it ends. Adding one is a file cmd_<name>.c that
 * defines cli_command_<name>, and a row of commands.def.
 */
#ifndef SIM_CLI_COMMAND_H
#define SIM_CLI_COMMAND_H

#include <stddef.h>
#include <stdint.h>

#include "engine/base/arena.h"
#include "sim/cli/args.h"
#include "sim/cli/output.h"

/* How the program ends. A batch finishes, then exits with the first that applies of 4, 1, 3, 0 (cli_exit_worse). */
enum cli_exit {
    CLI_EXIT_OK = 0,
    CLI_EXIT_FINDING = 1,     /* the tool did its job and found something */
    CLI_EXIT_USAGE = 2,       /* the command line is wrong */
    CLI_EXIT_UNREADABLE = 3,  /* a history or scenario cannot be read, a module does not compile or load */
    CLI_EXIT_ENVIRONMENT = 4, /* no compiler, full disk, child lost */
};

/* The one that a batch with both ends with. */
enum cli_exit cli_exit_worse(enum cli_exit left, enum cli_exit right);

/* What a command works with; main owns it. */
struct cli {
    struct wf_arena *arena; /* lives as long as the command; output has one of its own */
    struct cli_output *out; /* results; flushed by main at the end */
    const char *program;    /* as it was called, for commands that are shown to be pasted */
};

struct cli_command {
    const char *name;
    const char *operands; /* as help shows them: "HISTORY..." */
    uint32_t operand_count_min;
    uint32_t operand_count_max; /* UINT32_MAX: any number */
    const char *summary;        /* one line of `wfsim --help`, without a full stop */
    const char *description;    /* a paragraph of `wfsim NAME --help`, broken into lines */
    const struct cli_option *options; /* ends with a NULL name */
    const char *example;              /* one command, without `$` */
    void (*append_lists)(struct wf_buffer *text); /* what help ends with that comes from tables; NULL: nothing */
    enum cli_exit (*run)(struct cli *cli, const struct cli_args *args);
};

#define CLI_COMMAND(name) extern const struct cli_command cli_command_##name;
#include "sim/cli/commands.def"

/* Every command, in the order of `wfsim --help`, then NULL. */
extern const struct cli_command *const cli_commands[];
extern const size_t cli_commands_count;

/* NULL when there is none of this name. */
const struct cli_command *cli_command_find(const char *name);

#endif
