/*
 * Files: read whole, folders and patterns expanded in a fixed order, written so that a reader never sees half a file, read
 * at a position for archives. Functions say how the program should exit, and leave one sentence in err.
 */
#ifndef SIM_CLI_FILE_H
#define SIM_CLI_FILE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <time.h>

#include "engine/base/arena.h"
#include "engine/base/bytes.h"
#include "engine/base/status.h"
#include "sim/cli/command.h"

#define CLI_FILE_BYTES_MAX ((size_t)1 << 30) /* of a file that is read whole */

/* A file read at any position. */
struct cli_source {
    int fd;
    const char *path;
    uint64_t size_bytes;
    struct timespec written; /* when it was, before it was opened */
};

enum cli_exit cli_source_open(struct cli_source *source, const char *path, struct wf_error *err);
void cli_source_close(struct cli_source *source);

/* False: it was written to since. */
bool cli_source_is_unchanged(const struct cli_source *source);

/* Exactly size_bytes; false at the end of the file, where errno is 0, and when reading fails. */
bool cli_source_read(struct cli_source *source, uint64_t offset, void *to, size_t size_bytes);

/*
 * Reads a whole file, or standard input when path is "-", into the arena.
 *
 * Exits: UNREADABLE when it is absent, a folder, not readable or larger than limit_bytes; ENVIRONMENT when reading fails
 *        half way or memory is short.
 */
enum cli_exit cli_file_read(struct wf_arena *arena, const char *path, size_t limit_bytes, struct wf_string *bytes,
                            struct wf_error *err);

/*
 * The same, but a file that begins with `magic`, of up to 16 bytes, is only opened, whatever its size: source->fd is -1 when it was
 * read. Pipes are always read.
 */
enum cli_exit cli_file_read_or_open(struct wf_arena *arena, const char *path, size_t limit_bytes, struct wf_string magic,
                                    struct wf_string *bytes, struct cli_source *source, struct wf_error *err);

struct cli_paths {
    const char **items;
    size_t count;
    size_t capacity;
};

/*
 * The same wherever the same files are named in the same order: of their names, without the folders that they are in, and sizes. What
 * is not there, or is no file, has no size.
 */
uint64_t cli_paths_digest(const struct cli_paths *paths);

/*
 * Turns operands into files: a folder becomes every history below it (by the ends of their names), in byte order of the
 * paths; a pattern that the shell left as it is becomes its matches; anything else stays. The order of operands is kept.
 *
 * In a folder, a link that leads nowhere and a subfolder that cannot be read or lies too deep are files, which cannot be read
 * either; a link to a folder that it lies in is not followed; a pipe, socket or device is skipped and said on standard error.
 *
 * Exits: UNREADABLE when the folder of an operand cannot be read, or when a folder or pattern holds no history.
 */
enum cli_exit cli_file_expand(struct wf_arena *arena, const char *const *operands, size_t operand_count,
                              struct cli_paths *paths, struct wf_error *err);

/*
 * Whether two paths lead to one file or folder, whatever they are called: by device and inode; of files that are not there
 * yet, by folder and name. Devices, pipes and "-" are never the same: nothing in them can be lost.
 */
bool cli_file_is_same(struct wf_arena *arena, const char *a, const char *b);

/*
 * A file being written under a temporary name beside the final one. Commit puts it in place at once; abandon, or a crash,
 * leaves what was there before. The path "-" is standard output; a device or a pipe is written to directly.
 */
struct cli_writer {
    int fd;
    const char *path;
    char *temporary_path; /* NULL: written to directly */
};

/* Exits: ENVIRONMENT. */
enum cli_exit cli_writer_open(struct cli_writer *writer, struct wf_arena *arena, const char *path, struct wf_error *err);
enum cli_exit cli_writer_write(struct cli_writer *writer, struct wf_string bytes, struct wf_error *err);
enum cli_exit cli_writer_commit(struct cli_writer *writer, struct wf_error *err);
void cli_writer_abandon(struct cli_writer *writer);

/* Opens, writes and commits. */
enum cli_exit cli_file_write(struct wf_arena *arena, const char *path, struct wf_string bytes, struct wf_error *err);

#endif
