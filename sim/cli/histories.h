/*
 * The histories of files, one at a time, with messages for the user when one cannot be read.
 */
#ifndef SIM_CLI_HISTORIES_H
#define SIM_CLI_HISTORIES_H

#include "engine/history.h"
#include "sim/cli/history_file.h"

struct cli_histories {
    struct cli_paths paths;
    size_t next_path;
    const char *path; /* the file that the last history came from, or the one that could not be read */
    bool is_open;
    bool is_cut; /* a file ended before its end: an archive whose writer died */
    bool is_interrupted; /* cli_interrupt_catch caught a signal, so that files are left */
    struct cli_history_file file;
    struct wf_arena current; /* the history handed out last */
    struct wf_history_reader reader;
    struct wf_history history;
    uint64_t file_count; /* histories of this file handed out */
    uint64_t count;      /* of all */
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
 * The next history, borrowed until the next call; NULL after the last one of the last file. After a failure the next call
 * goes on: with the next history of an archive, with the next file otherwise. After a signal there is no next one, which is said. Exits as
 * cli_histories_open.
 */
enum cli_exit cli_histories_next(struct cli_histories *histories, struct wf_history **history);

/*
 * The same for a command that goes on behind what it cannot read: false after the last one. What could not be read makes worst
 * worse, and so does an archive that is cut.
 *
 *   while (cli_histories_next_readable(&histories, &history, &worst)) {
 */
bool cli_histories_next_readable(struct cli_histories *histories, struct wf_history **history, enum cli_exit *worst);

void cli_histories_close(struct cli_histories *histories);

/* What one history may take in memory, and what is kept of its run: far more than a service lets a history grow to. */
#define CLI_HISTORY_BYTES_MAX ((size_t)1 << 30)

/* wf_history_reader_next into an arena with that limit; WF_ERR_LIMIT when the history does not fit. */
enum wf_status cli_history_next(struct wf_history_reader *reader, struct wf_arena *arena, struct wf_history *history,
                                struct wf_error *err);

/* Says on standard error what is wrong with an input: "PATH: event 7, byte 1024: message". */
void cli_complain_input(const char *path, const struct wf_error *err);

#endif
