/*
 * An archive in a file: the engine's reader asks for bytes, this reads them. Looking one history up reads the index and that
 * history, whatever the size of the archive.
 */
#ifndef SIM_CLI_ARCHIVE_FILE_H
#define SIM_CLI_ARCHIVE_FILE_H

#include "engine/archive.h"
#include "engine/base/json_text.h"
#include "sim/cli/file.h"

struct cli_archive {
    struct cli_source source;
    struct wf_archive_reader reader;
    struct wf_arena index;   /* the reader's own */
    struct wf_arena current; /* bytes of the range asked for, and the history handed out last */
    bool is_cut;             /* something behind the last whole history cannot be read: its writer died */
};

/*
 * Opens an archive. One without an end is read up to the last whole history, with a warning; what lies behind it is missing
 * from any result, which therefore ends as UNREADABLE. Close it also after a failure.
 *
 * Exits: UNREADABLE, ENVIRONMENT; the reason is on standard error.
 */
enum cli_exit cli_archive_open(struct cli_archive *archive, const char *path);
void cli_archive_close(struct cli_archive *archive);

/* The index entry of a history, borrowed until the next call. */
enum cli_exit cli_archive_entry(struct cli_archive *archive, uint64_t index, const struct wf_archive_entry **entry);

/* The history itself, borrowed until the next call. */
enum cli_exit cli_archive_history(struct cli_archive *archive, uint64_t index, struct wf_history *history);

/* "COMPLETED", "RUNNING", ...; "UNKNOWN" for a number that is none. */
const char *cli_status_name(int32_t status);

/* Writes what an entry tells as members of the object that is open: workflow_id, run_id, status, start, ... */
void cli_append_entry_members(struct wf_json_writer *json, struct wf_arena *arena,
                              const struct wf_archive_entry *entry);

#endif
