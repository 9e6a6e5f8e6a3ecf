/*
 * Plain POSIX. Every loop over read and write restarts after a signal. Nothing depends on the locale: names are compared by
 * their bytes.
 */
#include "sim/cli/file.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <glob.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "engine/base/assert.h"
#include "engine/base/hash.h"
#include "engine/base/sort.h"
#include "sim/cli/interrupt.h"

#define READ_BYTES_FIRST ((size_t)64 * 1024)
#define FOLDER_DEPTH_MAX 32

static enum cli_exit fail(struct wf_error *err, enum cli_exit result, const char *what, const char *path, int number)
{
    wf_fail_status(err, WF_ERR_INVALID, "%s %s: %s", what, path, strerror(number));
    return result;
}

static enum cli_exit fail_memory(struct wf_error *err, const char *path)
{
    return fail(err, CLI_EXIT_ENVIRONMENT, "cannot read", path, ENOMEM);
}

/* The errors of open that say something about the file; all others are about the machine. */
static enum cli_exit exit_of_open(int number)
{
    return number == EMFILE || number == ENFILE || number == ENOMEM || number == EIO ? CLI_EXIT_ENVIRONMENT
                                                                                      : CLI_EXIT_UNREADABLE;
}

/* Fills up to size_bytes; less at the end of the file; -1 with errno when reading fails, or a signal ends the program: a pipe may
 * have nothing more to say for a long time. */
static ssize_t read_fully(int fd, char *to, size_t size_bytes)
{
    size_t done = 0;

    while (done < size_bytes) {
        const ssize_t part = read(fd, to + done, size_bytes - done);

        if (part == 0) {
            break;
        }
        if (part > 0) {
            done += (size_t)part;
        } else if (errno != EINTR || cli_interrupted()) {
            return -1;
        }
    }
    return (ssize_t)done;
}

/* A file whose size is known takes one piece of the arena; a pipe doubles until it ends. */
static enum cli_exit read_descriptor(struct wf_arena *arena, int fd, const char *path, size_t size_expected,
                                     size_t limit_bytes, struct wf_string *bytes, struct wf_error *err)
{
    const size_t most = limit_bytes < SIZE_MAX ? limit_bytes + 1 : limit_bytes; /* shows that there is too much */
    size_t capacity = size_expected + 1 > READ_BYTES_FIRST ? size_expected + 1 : READ_BYTES_FIRST;
    char *text = wf_arena_take_text(arena, capacity);
    size_t size = 0;

    while (text != NULL) {
        const ssize_t part = read_fully(fd, text + size, capacity - size);
        char *larger = NULL;

        if (part < 0) {
            return fail(err, errno == EISDIR ? CLI_EXIT_UNREADABLE : CLI_EXIT_ENVIRONMENT, "cannot read", path, errno);
        }
        size += (size_t)part;
        if (size > limit_bytes) {
            wf_fail_status(err, WF_ERR_LIMIT, "%s is larger than %zu bytes", path, limit_bytes);
            return CLI_EXIT_UNREADABLE;
        }
        if (size < capacity) {
            *bytes = (struct wf_string){text, size};
            return CLI_EXIT_OK;
        }
        capacity = capacity < most / 2 ? capacity * 2 : most;
        larger = wf_arena_take_text(arena, capacity);
        if (larger != NULL) {
            memcpy(larger, text, size);
        }
        text = larger;
    }
    return fail_memory(err, path);
}

static struct cli_source source_of(int fd, const char *path, const struct stat *status)
{
    return (struct cli_source){
        .fd = fd, .path = path, .size_bytes = (uint64_t)status->st_size, .written = status->st_mtim};
}

static bool begins_with(int fd, const struct stat *status, struct wf_string magic)
{
    char start[16];

    WF_ASSERT(magic.size_bytes <= sizeof start);
    return magic.size_bytes > 0 && S_ISREG(status->st_mode) &&
           pread(fd, start, magic.size_bytes, 0) == (ssize_t)magic.size_bytes && memcmp(start, magic.data, magic.size_bytes) == 0;
}

enum cli_exit cli_file_read_or_open(struct wf_arena *arena, const char *path, size_t limit_bytes, struct wf_string magic,
                                    struct wf_string *bytes, struct cli_source *source, struct wf_error *err)
{
    struct stat status = {0};
    enum cli_exit result = CLI_EXIT_OK;
    int fd = STDIN_FILENO;

    *source = (struct cli_source){.fd = -1, .path = path};
    if (strcmp(path, "-") == 0) {
        return read_descriptor(arena, fd, "standard input", 0, limit_bytes, bytes, err);
    }
    fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0) {
        return fail(err, exit_of_open(errno), "cannot read", path, errno);
    }
    if (fstat(fd, &status) != 0) {
        result = fail(err, CLI_EXIT_ENVIRONMENT, "cannot read", path, errno);
    } else if (S_ISDIR(status.st_mode)) {
        result = fail(err, CLI_EXIT_UNREADABLE, "cannot read", path, EISDIR);
    } else if (begins_with(fd, &status, magic)) {
        *source = source_of(fd, path, &status);
        return CLI_EXIT_OK;
    } else if ((uint64_t)status.st_size > limit_bytes) {
        wf_fail_status(err, WF_ERR_LIMIT, "%s is larger than %zu bytes", path, limit_bytes);
        result = CLI_EXIT_UNREADABLE;
    } else {
        result = read_descriptor(arena, fd, path, (size_t)status.st_size, limit_bytes, bytes, err);
    }
    close(fd);
    return result;
}

enum cli_exit cli_file_read(struct wf_arena *arena, const char *path, size_t limit_bytes, struct wf_string *bytes,
                            struct wf_error *err)
{
    struct cli_source never;

    return cli_file_read_or_open(arena, path, limit_bytes, WF_STR(""), bytes, &never, err);
}

static bool add_path(struct wf_arena *arena, struct cli_paths *paths, const char *path)
{
    const struct wf_string copy = wf_string_copy(arena, wf_string_of(path));

    if (copy.data == NULL) {
        return false;
    }
    if (paths->count == paths->capacity) {
        const size_t capacity = paths->capacity == 0 ? 64 : paths->capacity * 2;
        const char **items = wf_arena_take_array(arena, capacity, sizeof(*items));

        if (items == NULL) {
            return false;
        }
        if (paths->count > 0) {
            memcpy(items, paths->items, paths->count * sizeof(*items));
        }
        paths->items = items;
        paths->capacity = capacity;
    }
    paths->items[paths->count] = copy.data;
    paths->count++;
    return true;
}

/* A history by the end of its name: `.code` and `.expect` files lie beside histories and are not histories. */
static bool is_history_name(const char *name)
{
    static const char *const ends[] = {".json", ".pb", ".bin", ".binpb", ".wfh"};
    static const char *const wrappings[] = {"", ".gz", ".zst"};
    const size_t size = strlen(name);

    for (size_t i = 0; i < sizeof(ends) / sizeof(ends[0]); i++) {
        for (size_t j = 0; j < sizeof(wrappings) / sizeof(wrappings[0]); j++) {
            const size_t end_size = strlen(ends[i]);
            const size_t wrapping_size = strlen(wrappings[j]);

            if (size > end_size + wrapping_size && strcmp(name + size - wrapping_size, wrappings[j]) == 0 &&
                memcmp(name + size - wrapping_size - end_size, ends[i], end_size) == 0) {
                return true;
            }
        }
    }
    return false;
}

static bool is_one(const struct stat *a, const struct stat *b)
{
    return a->st_dev == b->st_dev && a->st_ino == b->st_ino;
}

/* A folder that is being walked, and those that it lies in. */
struct folder {
    const struct folder *above; /* NULL: it is an operand */
    const char *path;
    struct stat status;
    int depth;
};

static enum cli_exit add_folder(struct wf_arena *arena, const char *path, const struct folder *above, struct cli_paths *paths,
                                struct wf_error *err);

/* A link may lead back to where the walk is. */
static bool is_walked(const struct folder *folder, const struct stat *status)
{
    for (; folder != NULL; folder = folder->above) {
        if (is_one(&folder->status, status)) {
            return true;
        }
    }
    return false;
}

/* What cannot be looked at is a file of the batch: whoever reads it says why it cannot be read, and goes on with the others. */
static enum cli_exit add_named(struct wf_arena *arena, const char *path, struct cli_paths *paths, struct wf_error *err)
{
    return add_path(arena, paths, path) ? CLI_EXIT_OK : fail_memory(err, path);
}

static enum cli_exit add_entry(struct wf_arena *arena, const struct folder *folder, const char *name, struct cli_paths *paths,
                               struct wf_error *err)
{
    struct stat status = {0};
    struct wf_buffer path;

    /* Hidden files, and the temporary files of cli_writer among them. */
    if (name[0] == '.') {
        return CLI_EXIT_OK;
    }
    wf_buffer_init(&path, arena);
    wf_buffer_printf(&path, "%s%s%s%c", folder->path, folder->path[strlen(folder->path) - 1] == '/' ? "" : "/", name, '\0');
    if (path.is_full) {
        return fail_memory(err, folder->path);
    }
    if (stat(path.data, &status) != 0) {
        return add_named(arena, path.data, paths, err);
    }
    if (S_ISDIR(status.st_mode)) {
        return is_walked(folder, &status) ? CLI_EXIT_OK : add_folder(arena, path.data, folder, paths, err);
    }
    if (!is_history_name(name)) {
        return CLI_EXIT_OK;
    }
    if (!S_ISREG(status.st_mode)) {
        cli_complain("%s: skipped: it is no file but a pipe, socket or device; name it to read it", path.data);
        return CLI_EXIT_OK;
    }
    return add_named(arena, path.data, paths, err);
}

static enum cli_exit add_entries(struct wf_arena *arena, DIR *entries, const struct folder *folder, struct cli_paths *paths,
                                 struct wf_error *err)
{
    enum cli_exit result = CLI_EXIT_OK;

    while (result == CLI_EXIT_OK) {
        const struct dirent *entry = readdir(entries);

        if (entry == NULL) {
            break;
        }
        result = add_entry(arena, folder, entry->d_name, paths, err);
    }
    return result;
}

static enum cli_exit add_folder(struct wf_arena *arena, const char *path, const struct folder *above, struct cli_paths *paths,
                                struct wf_error *err)
{
    struct folder folder = {.above = above, .path = path, .depth = above == NULL ? 0 : above->depth + 1};
    DIR *entries = NULL;

    if (folder.depth > FOLDER_DEPTH_MAX) {
        cli_complain("%s: not looked into: folders are followed %d deep; name it to read what it holds", path, FOLDER_DEPTH_MAX);
        return add_named(arena, path, paths, err);
    }
    entries = opendir(path);
    if (entries == NULL) {
        const int number = errno;

        return above != NULL && exit_of_open(number) == CLI_EXIT_UNREADABLE
                   ? add_named(arena, path, paths, err)
                   : fail(err, exit_of_open(number), "cannot read", path, number);
    }
    const enum cli_exit result = fstat(dirfd(entries), &folder.status) == 0
                                     ? add_entries(arena, entries, &folder, paths, err)
                                     : fail(err, CLI_EXIT_ENVIRONMENT, "cannot read", path, errno);
    closedir(entries);
    return result;
}

static int compare_paths(const void *left, const void *right, void *context)
{
    (void)context;
    return strcmp(*(const char *const *)left, *(const char *const *)right);
}

static enum cli_exit sort_paths(struct wf_arena *arena, struct cli_paths *paths, size_t first, const char *operand,
                                struct wf_error *err)
{
    const size_t count = paths->count - first;
    void *scratch = NULL;

    if (count == 0) {
        wf_fail_status(err, WF_ERR_NOT_FOUND, "no history in %s", operand);
        return CLI_EXIT_UNREADABLE;
    }
    scratch = wf_arena_take_array(arena, count, sizeof(*paths->items));
    if (scratch == NULL) {
        return fail_memory(err, operand);
    }
    wf_sort(paths->items + first, count, sizeof(*paths->items), scratch, compare_paths, NULL);
    return CLI_EXIT_OK;
}

static enum cli_exit add_matches(struct wf_arena *arena, const char *pattern, struct cli_paths *paths,
                                 struct wf_error *err)
{
    const size_t first = paths->count;
    enum cli_exit result = CLI_EXIT_OK;
    glob_t matches = {0};

    if (glob(pattern, GLOB_NOSORT, NULL, &matches) == 0) {
        for (size_t i = 0; i < matches.gl_pathc && result == CLI_EXIT_OK; i++) {
            if (!add_path(arena, paths, matches.gl_pathv[i])) {
                result = fail_memory(err, pattern);
            }
        }
    }
    globfree(&matches);
    return result == CLI_EXIT_OK ? sort_paths(arena, paths, first, pattern, err) : result;
}

enum cli_exit cli_file_expand(struct wf_arena *arena, const char *const *operands, size_t operand_count,
                              struct cli_paths *paths, struct wf_error *err)
{
    *paths = (struct cli_paths){0};
    for (size_t i = 0; i < operand_count; i++) {
        const size_t first = paths->count;
        struct stat status = {0};
        const bool exists = strcmp(operands[i], "-") == 0 || stat(operands[i], &status) == 0;
        enum cli_exit result = CLI_EXIT_OK;

        if (exists && S_ISDIR(status.st_mode)) {
            result = add_folder(arena, operands[i], NULL, paths, err);
            if (result == CLI_EXIT_OK) {
                result = sort_paths(arena, paths, first, operands[i], err);
            }
        } else if (!exists && strpbrk(operands[i], "*?[") != NULL) {
            result = add_matches(arena, operands[i], paths, err);
        } else if (!add_path(arena, paths, operands[i])) {
            result = fail_memory(err, operands[i]);
        }
        if (result != CLI_EXIT_OK) {
            return result;
        }
    }
    return CLI_EXIT_OK;
}

/* The folder that a path lies in, as "." when it names none; the name begins at *name. NULL when memory is gone. */
static const char *folder_of(struct wf_arena *arena, const char *path, const char **name)
{
    const char *slash = strrchr(path, '/');
    struct wf_buffer folder;

    *name = slash == NULL ? path : slash + 1;
    if (slash == NULL) {
        return ".";
    }
    wf_buffer_init(&folder, arena);
    wf_buffer_append(&folder, path, (size_t)(slash - path) + 1);
    wf_buffer_append_char(&folder, '\0');
    return folder.is_full ? NULL : folder.data;
}

uint64_t cli_paths_digest(const struct cli_paths *paths)
{
    uint64_t digest = wf_hash_mix(0, paths->count);

    for (size_t i = 0; i < paths->count; i++) {
        const char *slash = strrchr(paths->items[i], '/');
        const char *name = slash != NULL ? slash + 1 : paths->items[i];
        struct stat status;
        const bool is_file = stat(paths->items[i], &status) == 0 && S_ISREG(status.st_mode);

        digest = wf_hash_mix(digest, wf_hash_bytes(name, strlen(name)));
        digest = wf_hash_mix(digest, is_file ? (uint64_t)status.st_size : 0);
    }
    return digest;
}

bool cli_file_is_same(struct wf_arena *arena, const char *a, const char *b)
{
    const bool is_stream = strcmp(a, "-") == 0 || strcmp(b, "-") == 0;
    struct stat status_a = {0};
    struct stat status_b = {0};
    const bool has_a = !is_stream && stat(a, &status_a) == 0;
    const bool has_b = !is_stream && stat(b, &status_b) == 0;
    const char *name_a = NULL;
    const char *name_b = NULL;

    if (has_a && has_b) {
        return is_one(&status_a, &status_b) && (S_ISREG(status_a.st_mode) || S_ISDIR(status_a.st_mode));
    }
    if (is_stream || has_a || has_b) {
        return false;
    }
    const char *folder_a = folder_of(arena, a, &name_a);
    const char *folder_b = folder_of(arena, b, &name_b);
    if (folder_a == NULL || folder_b == NULL || stat(folder_a, &status_a) != 0 || stat(folder_b, &status_b) != 0) {
        return strcmp(a, b) == 0;
    }
    return is_one(&status_a, &status_b) && strcmp(name_a, name_b) == 0;
}

enum cli_exit cli_writer_open(struct cli_writer *writer, struct wf_arena *arena, const char *path, struct wf_error *err)
{
    const char *slash = strrchr(path, '/');
    const struct wf_string folder = {path, slash == NULL ? 0 : (size_t)(slash - path) + 1};
    struct stat status = {0};
    struct wf_buffer temporary;

    *writer = (struct cli_writer){.fd = STDOUT_FILENO, .path = path};
    if (strcmp(path, "-") == 0) {
        writer->path = "standard output";
        return CLI_EXIT_OK;
    }
    /* A device or a pipe is written to, never replaced. */
    if (stat(path, &status) == 0 && !S_ISREG(status.st_mode)) {
        writer->fd = open(path, O_WRONLY | O_CLOEXEC);
        return writer->fd >= 0 ? CLI_EXIT_OK : fail(err, CLI_EXIT_ENVIRONMENT, "cannot write", path, errno);
    }
    /* In the same folder, because a rename does not cross file systems; hidden, so that nobody takes it for a history. */
    wf_buffer_init(&temporary, arena);
    wf_buffer_printf(&temporary, "%S.%s.XXXXXX%c", &folder, path + folder.size_bytes, '\0');
    if (temporary.is_full) {
        return fail(err, CLI_EXIT_ENVIRONMENT, "cannot write", path, ENOMEM);
    }
    writer->temporary_path = temporary.data;
    writer->fd = mkstemp(writer->temporary_path);
    if (writer->fd < 0) {
        return fail(err, CLI_EXIT_ENVIRONMENT, "cannot write", path, errno);
    }
    return CLI_EXIT_OK;
}

enum cli_exit cli_writer_write(struct cli_writer *writer, struct wf_string bytes, struct wf_error *err)
{
    size_t done = 0;

    while (done < bytes.size_bytes) {
        const ssize_t part = write(writer->fd, bytes.data + done, bytes.size_bytes - done);

        if (part >= 0) {
            done += (size_t)part;
        } else if (errno != EINTR) {
            return fail(err, CLI_EXIT_ENVIRONMENT, "cannot write", writer->path, errno);
        }
    }
    return CLI_EXIT_OK;
}

/* mkstemp makes a private file; a result has the rights of any other new file. */
static bool make_ordinary(int fd)
{
    const mode_t mask = umask(0);

    umask(mask);
    return fchmod(fd, 0666 & ~mask) == 0;
}

/* Closes what cli_writer_open opened; false with errno when the last bytes could not be written. */
static bool close_writer(struct cli_writer *writer)
{
    const int fd = writer->fd;

    writer->fd = -1;
    return fd < 0 || fd == STDOUT_FILENO || close(fd) == 0;
}

enum cli_exit cli_writer_commit(struct cli_writer *writer, struct wf_error *err)
{
    int number = 0;

    if (writer->temporary_path != NULL && (!make_ordinary(writer->fd) || fsync(writer->fd) != 0)) {
        number = errno;
    }
    if (!close_writer(writer) && number == 0) {
        number = errno;
    }
    if (writer->temporary_path != NULL && number == 0 && rename(writer->temporary_path, writer->path) != 0) {
        number = errno;
    }
    if (number != 0) {
        cli_writer_abandon(writer);
        return fail(err, CLI_EXIT_ENVIRONMENT, "cannot write", writer->path, number);
    }
    return CLI_EXIT_OK;
}

void cli_writer_abandon(struct cli_writer *writer)
{
    (void)close_writer(writer);
    if (writer->temporary_path != NULL) {
        unlink(writer->temporary_path);
        writer->temporary_path = NULL;
    }
}

enum cli_exit cli_file_write(struct wf_arena *arena, const char *path, struct wf_string bytes, struct wf_error *err)
{
    struct cli_writer writer;
    enum cli_exit result = cli_writer_open(&writer, arena, path, err);

    if (result != CLI_EXIT_OK) {
        return result;
    }
    result = cli_writer_write(&writer, bytes, err);
    if (result != CLI_EXIT_OK) {
        cli_writer_abandon(&writer);
        return result;
    }
    return cli_writer_commit(&writer, err);
}

enum cli_exit cli_source_open(struct cli_source *source, const char *path, struct wf_error *err)
{
    struct stat status = {0};

    *source = (struct cli_source){.fd = open(path, O_RDONLY | O_CLOEXEC), .path = path};
    if (source->fd < 0) {
        return fail(err, exit_of_open(errno), "cannot read", path, errno);
    }
    if (fstat(source->fd, &status) != 0 || !S_ISREG(status.st_mode)) {
        close(source->fd);
        return fail(err, CLI_EXIT_UNREADABLE, "cannot read", path, S_ISDIR(status.st_mode) ? EISDIR : EINVAL);
    }
    *source = source_of(source->fd, path, &status);
    return CLI_EXIT_OK;
}

bool cli_source_is_unchanged(const struct cli_source *source)
{
    struct stat status = {0};

    return fstat(source->fd, &status) == 0 && (uint64_t)status.st_size == source->size_bytes &&
           status.st_mtim.tv_sec == source->written.tv_sec && status.st_mtim.tv_nsec == source->written.tv_nsec;
}

void cli_source_close(struct cli_source *source)
{
    close(source->fd);
    source->fd = -1;
}

bool cli_source_read(struct cli_source *source, uint64_t offset, void *to, size_t size_bytes)
{
    size_t done = 0;

    WF_ASSERT(source->fd >= 0);
    errno = 0;
    while (done < size_bytes) {
        const ssize_t part = pread(source->fd, (char *)to + done, size_bytes - done, (off_t)(offset + done));

        if (part > 0) {
            done += (size_t)part;
        } else if (part == 0 || errno != EINTR) {
            return false;
        }
    }
    return true;
}
