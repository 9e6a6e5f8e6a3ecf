/*
 * The histories of files, one at a time, with messages for the user when one cannot be read.
 */
#ifndef SIM_CLI_HISTORIES_H
#define SIM_CLI_HISTORIES_H

#include "engine/history.h"
#include "sim/cli/file.h"

#define CLI_UNPACKED_BYTES_MAX CLI_FILE_BYTES_MAX /* of one file, after gzip or zstd are undone: no more than a plain one */

struct cli_histories {
    struct cli_paths paths;
    size_t next_path;
    const char *path; /* the file that the last history came from, or the one that could not be read */
    bool is_open;
    bool is_cut; /* a file ended before its end: an archive whose writer died */
    struct wf_arena file;    /* the file's bytes and what they unpack to */
    struct wf_arena current; /* the history handed out last */
    struct wf_history_reader reader;
    struct wf_history history;
    uint64_t file_count; /* histories of this file handed out */
};

/*
 * Names the files: operands expand as cli_file_expand says, into the arena. None is opened yet. Close it also after a
 * failure.
 *
 * Exits: UNREADABLE, ENVIRONMENT; the reason is on standard error.
 */
enum cli_exit cli_histories_open(struct cli_histories *histories, struct wf_arena *arena, const char *const *operands,
                                 size_t operand_count);

/*
 * The next history, borrowed until the next call; NULL after the last one of the last file. After a failure, which ends
 * the file it is in, the next call goes on with the next file. Exits as cli_histories_open.
 */
enum cli_exit cli_histories_next(struct cli_histories *histories, struct wf_history **history);

void cli_histories_close(struct cli_histories *histories);

/* Says on standard error what is wrong with an input: "PATH: event 7, byte 1024: message". */
void cli_complain_input(const char *path, const struct wf_error *err);

#endif
