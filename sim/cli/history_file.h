/*
 * A file of histories that is open for reading. An archive is read a window at a time, whatever its size; files of any other
 * format, and what comes through a pipe, are read whole.
 */
#ifndef SIM_CLI_HISTORY_FILE_H
#define SIM_CLI_HISTORY_FILE_H

#include "engine/history.h"
#include "sim/cli/file.h"

struct cli_history_file {
    struct cli_source source; /* fd -1: the file is in memory */
    struct wf_string bytes;   /* the file, or the window that was read last */
    uint64_t window_offset;
    struct wf_file_ranges ranges;
    struct wf_arena arena;    /* the file's bytes, or the window's */
    struct wf_arena unpacked; /* the reader's own */
};

/* Opens what path names, "-" for standard input. Close it also after a failure. Exits: as cli_file_read. */
enum cli_exit cli_history_file_open(struct cli_history_file *file, const char *path, struct wf_error *err);

/* The same for bytes that are in memory already and stay there. */
void cli_history_file_hold(struct cli_history_file *file, struct wf_string bytes);

/* Prepares the reader of its histories; the file must stay where it is. Errors: as wf_history_reader_init. */
enum wf_status cli_history_file_read(struct cli_history_file *file, struct wf_history_reader *reader, struct wf_error *err);

/* A digest of all bytes, and how many they are: of what is in memory in one piece, of windows otherwise, so that an archive has
 * another one when it comes through a pipe. Errors: WF_ERR_CORRUPT when the file is shorter than it was, WF_ERR_MEMORY. */
enum wf_status cli_history_file_digest(struct cli_history_file *file, uint64_t *digest, uint64_t *size_bytes, struct wf_error *err);

/* Whether it is as it was when it was opened: by its size and when it was last written. */
bool cli_history_file_is_unchanged(const struct cli_history_file *file);

void cli_history_file_close(struct cli_history_file *file);

#endif
