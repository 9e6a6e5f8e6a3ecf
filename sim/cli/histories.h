/*
 * The histories of a file, one at a time, with messages for the user when one cannot be read.
 */
#ifndef SIM_CLI_HISTORIES_H
#define SIM_CLI_HISTORIES_H

#include "engine/history.h"
#include "sim/cli/command.h"

#define CLI_UNPACKED_BYTES_MAX ((size_t)2 << 30) /* of one file, after gzip or zstd are undone */

struct cli_histories {
    const char *path;
    struct wf_arena file;    /* the file's bytes and what they unpack to */
    struct wf_arena current; /* the history handed out last */
    struct wf_history_reader reader;
    struct wf_history history;
};

/*
 * Reads the file ("-" is standard input) and finds its format. Close it also after a failure.
 *
 * Exits: UNREADABLE, ENVIRONMENT; the reason is on standard error.
 */
enum cli_exit cli_histories_open(struct cli_histories *histories, const char *path);

/* The next history, borrowed until the next call; NULL after the last one. Exits as cli_histories_open. */
enum cli_exit cli_histories_next(struct cli_histories *histories, struct wf_history **history);

void cli_histories_close(struct cli_histories *histories);

/* Says on standard error what is wrong with an input: "PATH: event 7, byte 1024: message". */
void cli_complain_input(const char *path, const struct wf_error *err);

#endif
