/*
 * A compile leaves two files in the cache: KEY.deps, the files that the source included and those
 * that, were they there, it could have included instead, and OBJECT.so, where KEY is a digest of the
 * source and its place, header, flags, compiler and what the environment tells the compiler, and
 * OBJECT one of KEY and the contents of those files. A hit reads the first, sees that what was not
 * there is not there, and looks for the second. An object ends with a seal, a line with the hash of
 * what stands before it: one that was cut or written over is compiled again. Every file gets its
 * name by a rename from a name that only this process has.
 *
 * Code that asks whether a file is there has no KEY.deps: nobody tells which names it asked for.
 */
#define _GNU_SOURCE /* memmem */
#include "sim/host/compile.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include "engine/base/bytes.h"
#include "engine/base/hash.h"
#include "engine/schema.h"
#include "sim/host/compiler.h"
#include "sim/host/libraries.h"
#include "sim/host/source_kind.h"

#define SOURCE_BYTES_MAX ((size_t)16 << 20)
#define SEAL_FORMAT "\nwfsim-object %016llx\n"
#define SEAL_BYTES (sizeof "\nwfsim-object 0123456789abcdef\n" - 1)
#define DISK_BYTES_MIN ((uint64_t)1 << 20) /* a compiler that failed with less room than this may have lacked it */
#define TEMPORARY_NAMES_MAX 1000

extern const char sim_header_begin[];
extern const char sim_header_end[];

/* gdwarf-4: of both compilers' forms the one in which binutils find the line of a variable.
 * emit-relocs: which instruction takes what from outside stays known (object.h).
 * -z now and relro: what the linker writes is read-only before the code runs, so that only the
 * author's own data is saved and swapped. trace-pc: blocks are counted, so that a loop without an
 * end is found without a clock. no-optimize-sibling-calls: a call that ends a function returns into
 * it, so that the line which gave a command is known. stack-clash-protection: a large local array cannot step over the
 * guard page of its stack. */
static const char *const flags[] = {"-std=c17",
                                    "-O2",
                                    "-gdwarf-4",
                                    "-fPIC",
                                    "-shared",
                                    "-fvisibility=hidden",
                                    "-fsanitize-coverage=trace-pc",
                                    "-fno-optimize-sibling-calls",
                                    "-fstack-clash-protection",
                                    "-Wall",
                                    "-Wl,--emit-relocs",
                                    "-Wl,-z,now",
                                    "-Wl,-z,relro"};

/* What changes which files the compiler finds. The first two name folders of headers. */
static const char *const search_variables[] = {"CPATH",
                                               "C_INCLUDE_PATH",
                                               "LIBRARY_PATH",
                                               "GCC_EXEC_PREFIX",
                                               "COMPILER_PATH",
                                               "LD_RUN_PATH",
                                               "CCC_OVERRIDE_OPTIONS",
                                               "SOURCE_DATE_EPOCH"};
#define HEADER_VARIABLE_COUNT 2

/* Code with one of these may be other code although every file that it read is the same. */
static const char *const probes[] = {"__has_include", "__has_embed", "include_next", ".incbin"};

struct compile {
    struct wf_arena *arena;
    const char *path;
    struct wf_error *err;
    const char *compiler;
    const char *cache; /* folder */
    const char *folder; /* the working one, absolute */
    struct wf_string source;
    uint64_t source_digest;
    uint64_t key;
    bool has_search_path; /* the environment names one: the headers that it finds are the author's */
};

/* A terminated text in the arena. Conversions as wf_buffer_printf. */
static const char *text_of(struct wf_arena *arena, const char *format, ...)
{
    struct wf_buffer text;
    va_list arguments;

    wf_buffer_init(&text, arena);
    va_start(arguments, format);
    wf_buffer_vprintf(&text, format, arguments);
    va_end(arguments);
    wf_buffer_append_char(&text, '\0');
    return text.is_full ? "" : text.data;
}

/*
 * The whole file; data NULL with errno set when it cannot be read: EISDIR for a folder, ENODEV for what else is no file, such
 * as a pipe, which is not waited for.
 */
static struct wf_string read_file(struct wf_arena *arena, const char *path)
{
    const struct wf_string nothing = {NULL, 0};
    struct stat status;
    const int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);

    if (fd < 0) {
        return nothing;
    }
    if (fstat(fd, &status) != 0 || !S_ISREG(status.st_mode) ||
        (size_t)status.st_size > SOURCE_BYTES_MAX) {
        errno = S_ISDIR(status.st_mode)    ? EISDIR
                : !S_ISREG(status.st_mode) ? ENODEV
                                           : EFBIG;
        (void)close(fd);
        return nothing;
    }
    char *data = wf_arena_take_text(arena, (size_t)status.st_size + 1);
    size_t size_bytes = 0;
    ssize_t got = 0;
    while (data != NULL && size_bytes < (size_t)status.st_size &&
           (got = read(fd, data + size_bytes, (size_t)status.st_size - size_bytes)) > 0) {
        size_bytes += (size_t)got;
    }
    (void)close(fd);
    if (data != NULL) {
        data[size_bytes] = '\0';
    }
    return (struct wf_string){data, size_bytes};
}

/* ---- The cache ---- */

static bool make_folder(const char *path)
{
    return mkdir(path, 0777) == 0 || errno == EEXIST;
}

/* Makes the folders on the way. */
static bool make_folders(struct wf_arena *arena, const char *path)
{
    for (const char *slash = strchr(path + 1, '/'); slash != NULL; slash = strchr(slash + 1, '/')) {
        const struct wf_string part = {path, (size_t)(slash - path)};
        if (!make_folder(text_of(arena, "%S", &part))) {
            return false;
        }
    }
    return make_folder(path) && access(path, W_OK) == 0;
}

/* A folder of the user's own below the temporary one: nobody else may have put objects there. */
static const char *temporary_cache(struct wf_arena *arena)
{
    const char *base = getenv("TMPDIR");
    const char *path = text_of(arena, "%s/wfsim-%u", base != NULL && *base == '/' ? base : "/tmp",
                               (unsigned)getuid());
    struct stat status;

    (void)mkdir(path, 0700);
    const bool is_mine = lstat(path, &status) == 0 && S_ISDIR(status.st_mode) &&
                         status.st_uid == getuid() && (status.st_mode & 022) == 0;
    return is_mine ? path : NULL;
}

/* NULL with errno set when there is none; *tried is then the folder that cannot be used. */
static const char *find_cache(struct wf_arena *arena, const char **tried)
{
    const char *named = getenv("WFSIM_CACHE");
    const char *xdg = getenv("XDG_CACHE_HOME");
    const char *home = getenv("HOME");
    const char *path = NULL;

    if (named != NULL && *named != '\0') {
        *tried = named;
        return make_folders(arena, named) ? named : NULL;
    }
    if (xdg != NULL && *xdg == '/') {
        path = text_of(arena, "%s/wfsim", xdg);
    } else if (home != NULL && *home == '/') {
        path = text_of(arena, "%s/.cache/wfsim", home);
    }
    *tried = path != NULL ? path : "the temporary folder";
    return path != NULL && make_folders(arena, path) ? path : temporary_cache(arena);
}

const char *sim_cache_folder(struct wf_arena *arena)
{
    const char *tried = NULL;

    return find_cache(arena, &tried);
}

/* A name beside `path` that no other process has, not even one with our number in another
 * container. NULL with errno set when no file can be made there. */
static const char *reserve_name(struct wf_arena *arena, const char *path)
{
    for (int i = 0; i < TEMPORARY_NAMES_MAX; i++) {
        const char *name = text_of(arena, "%s.%d-%d", path, (int)getpid(), i);
        const int fd = open(name, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0666);

        if (fd >= 0) {
            (void)close(fd);
            return name;
        }
        if (errno != EEXIST) {
            return NULL;
        }
    }
    return NULL;
}

static bool write_all(int fd, struct wf_string bytes)
{
    for (size_t at = 0; at < bytes.size_bytes;) {
        const ssize_t wrote = write(fd, bytes.data + at, bytes.size_bytes - at);

        if (wrote < 0 && errno != EINTR) {
            return false;
        }
        at += wrote > 0 ? (size_t)wrote : 0;
    }
    return true;
}

/* Writes a file under another name and puts it in place. False with errno set. */
static bool put_file(struct wf_arena *arena, const char *path, struct wf_string bytes)
{
    const char *temporary = reserve_name(arena, path);
    const int fd = temporary != NULL ? open(temporary, O_WRONLY | O_TRUNC | O_CLOEXEC) : -1;
    bool is_written = fd >= 0 && write_all(fd, bytes);

    if (fd >= 0) {
        is_written = close(fd) == 0 && is_written;
    }
    is_written = is_written && rename(temporary, path) == 0;
    if (!is_written && temporary != NULL) {
        const int error = errno;
        (void)unlink(temporary);
        errno = error;
    }
    return is_written;
}

/* The folder that -I names, with the embedded header in it. NULL when it cannot be written. */
static const char *include_folder(const struct compile *compile)
{
    const struct wf_string header = {sim_header_begin, (size_t)(sim_header_end - sim_header_begin)};
    const char *folder = text_of(compile->arena, "%s/include-%llx", compile->cache,
                                 (unsigned long long)wf_hash_bytes(header.data, header.size_bytes));
    const char *path = text_of(compile->arena, "%s/wfsim.h", folder);

    if (wf_string_equal(read_file(compile->arena, path), header)) {
        return folder;
    }
    return make_folder(folder) && put_file(compile->arena, path, header) ? folder : NULL;
}

/* ---- Seals ---- */

/* Puts what the compiler wrote in its place, sealed. False with errno set. */
static bool put_object(const struct compile *compile, struct wf_string object, const char *path)
{
    struct wf_buffer sealed;

    wf_buffer_init(&sealed, compile->arena);
    wf_buffer_append_string(&sealed, object);
    wf_buffer_append_text(&sealed, text_of(compile->arena, SEAL_FORMAT,
                                           (unsigned long long)wf_hash_bytes(object.data, object.size_bytes)));
    if (sealed.is_full) {
        errno = ENOMEM;
        return false;
    }
    return put_file(compile->arena, path, wf_buffer_string(&sealed));
}

/* Whether an object is there and is what was put there; then the hash of it. */
static bool is_whole(const struct compile *compile, const char *path, uint64_t *hash)
{
    const struct wf_string sealed = read_file(compile->arena, path);

    if (sealed.data == NULL || sealed.size_bytes < SEAL_BYTES) {
        return false;
    }
    const struct wf_string object = {sealed.data, sealed.size_bytes - SEAL_BYTES};
    *hash = wf_hash_bytes(object.data, object.size_bytes);
    return memcmp(sealed.data + object.size_bytes, text_of(compile->arena, SEAL_FORMAT, (unsigned long long)*hash),
                  SEAL_BYTES) == 0;
}

/* ---- Dependencies ---- */

/* Takes one line off. */
static struct wf_string next_line(struct wf_string *lines)
{
    size_t length = 0;

    while (length < lines->size_bytes && lines->data[length] != '\n') {
        length++;
    }
    const struct wf_string line = {lines->data, length};
    const size_t step = length < lines->size_bytes ? length + 1 : length;
    *lines = (struct wf_string){lines->data + step, lines->size_bytes - step};
    return line;
}

/* Mixes the contents of the files that KEY.deps names, one a line. False when one is gone, or one that was not there ("!") has
 * come: compile again. */
static bool digest_dependencies(struct wf_arena *arena, struct wf_string names, uint64_t *digest)
{
    while (names.size_bytes > 0) {
        const struct wf_string line = next_line(&names);
        const char *name = text_of(arena, "%S", &line);

        if (*name == '!') {
            if (access(name + 1, F_OK) == 0) {
                return false;
            }
            continue;
        }
        const struct wf_string contents = read_file(arena, name);
        if (contents.data == NULL) {
            return false;
        }
        *digest = wf_hash_mix(*digest, wf_hash_bytes(contents.data, contents.size_bytes));
    }
    return true;
}

static bool has_probe(struct wf_string text)
{
    for (size_t i = 0; i < sizeof probes / sizeof *probes; i++) {
        if (memmem(text.data, text.size_bytes, probes[i], strlen(probes[i])) != NULL) {
            return true;
        }
    }
    return false;
}

/* Whether the source or a file that it read asks which files there are. */
static bool is_probing(const struct compile *compile, struct wf_string names)
{
    bool is_found = has_probe(compile->source);

    while (!is_found && names.size_bytes > 0) {
        const struct wf_string line = next_line(&names);
        const char *name = text_of(compile->arena, "%S", &line);

        is_found = *name == '/' && has_probe(read_file(compile->arena, name));
    }
    return is_found;
}

/* One name of a make rule without its escapes, seen from the root. */
static const char *plain_path(const struct compile *compile, struct wf_string name)
{
    struct wf_buffer plain;

    wf_buffer_init(&plain, compile->arena);
    if (name.data[0] != '/') {
        wf_buffer_printf(&plain, "%s/", compile->folder);
    }
    for (size_t i = 0; i < name.size_bytes; i++) {
        const char next = i + 1 < name.size_bytes ? name.data[i + 1] : '\0';
        const bool is_escape = (name.data[i] == '\\' && (next == ' ' || next == '#')) ||
                               (name.data[i] == '$' && next == '$');

        i += is_escape ? 1 : 0;
        wf_buffer_append_char(&plain, name.data[i]);
    }
    wf_buffer_append_char(&plain, '\0');
    return plain.is_full ? "" : plain.data;
}

struct paths {
    const char **items;
    uint32_t count;
    uint32_t capacity;
};

/* The source and what it includes, of a make rule as -MMD writes it ("target: source dep \\\n dep"). */
static struct paths list_paths(const struct compile *compile, struct wf_string rule)
{
    struct paths paths = {0};
    size_t word_count = 0;

    for (size_t at = 0; at < rule.size_bytes;) {
        size_t length = 0;
        while (at < rule.size_bytes && strchr(" \n\\", rule.data[at]) != NULL) {
            at++;
        }
        while (at + length < rule.size_bytes && strchr(" \n", rule.data[at + length]) == NULL) {
            length += rule.data[at + length] == '\\' && at + length + 1 < rule.size_bytes ? 2 : 1;
        }
        const struct wf_string name = {rule.data + at, length};
        const char **path = length > 0 && ++word_count > 1 ? WF_LIST_APPEND(compile->arena, paths) : NULL;
        at += length;
        if (path != NULL) {
            *path = plain_path(compile, name);
        }
    }
    return paths;
}

static void add_folder(const struct compile *compile, struct paths *folders, const char *path)
{
    for (uint32_t i = 0; i < folders->count; i++) {
        if (strcmp(folders->items[i], path) == 0) {
            return;
        }
    }
    const char **folder = WF_LIST_APPEND(compile->arena, *folders);
    if (folder != NULL) {
        *folder = path;
    }
}

/* Where a header may be looked for before the compiler's own folders: beside the files that are read, and where the environment
 * says; there an empty name is the working folder. */
static struct paths list_folders(const struct compile *compile, const struct paths *paths)
{
    struct paths folders = {0};

    for (uint32_t i = 0; i < paths->count; i++) {
        const char *slash = strrchr(paths->items[i], '/');
        const struct wf_string folder = {paths->items[i], slash == NULL ? 0 : (size_t)(slash - paths->items[i])};

        add_folder(compile, &folders, text_of(compile->arena, "%S", &folder));
    }
    for (size_t i = 0; i < HEADER_VARIABLE_COUNT; i++) {
        const char *rest = getenv(search_variables[i]);

        while (rest != NULL) {
            const size_t length = strcspn(rest, ":");
            const struct wf_string folder = {rest, length};

            add_folder(compile, &folders,
                       *rest == '/' ? text_of(compile->arena, "%S", &folder)
                                    : text_of(compile->arena, "%s/%S", compile->folder, &folder));
            rest = rest[length] == ':' ? rest + length + 1 : NULL;
        }
    }
    return folders;
}

/* Under which name a file was included is not told: every end of its path may be it. */
static void add_absent(const struct compile *compile, struct wf_buffer *names, const struct paths *folders, const char *path)
{
    const char *end = strrchr(path, '/');

    while (end != NULL && end > path) {
        for (uint32_t i = 0; i < folders->count; i++) {
            const char *other = text_of(compile->arena, "%s%s", folders->items[i], end);

            if (access(other, F_OK) != 0) {
                wf_buffer_printf(names, "!%s\n", other);
            }
        }
        do {
            end--;
        } while (end > path && *end != '/');
    }
}

/* The lines of KEY.deps: what was read, without the source and what lies in the cache, and what was not there. */
static struct wf_string list_dependencies(const struct compile *compile, struct wf_string rule)
{
    const struct paths paths = list_paths(compile, rule);
    const struct paths folders = list_folders(compile, &paths);
    const struct wf_string cache = wf_string_of(plain_path(compile, wf_string_of(compile->cache)));
    char absolute[PATH_MAX];
    struct wf_buffer names;

    wf_buffer_init(&names, compile->arena);
    for (uint32_t i = 1; i < paths.count; i++) {
        if (!wf_string_starts_with(wf_string_of(paths.items[i]), cache)) {
            wf_buffer_printf(&names, "%s\n", realpath(paths.items[i], absolute) != NULL ? absolute : "");
        }
        add_absent(compile, &names, &folders, paths.items[i]);
    }
    return wf_buffer_string(&names);
}

/* Where the object lies, and what archives record of the code: not the compiler, which may be
 * another one on each machine. */
static const char *object_path(const struct compile *compile, struct wf_string dependencies,
                               uint64_t *digest)
{
    uint64_t contents = 0;

    if (!digest_dependencies(compile->arena, dependencies, &contents)) {
        return NULL;
    }
    *digest = wf_hash_mix(compile->source_digest, contents);
    return text_of(compile->arena, "%s/%llx.so", compile->cache,
                   (unsigned long long)wf_hash_mix(compile->key, contents));
}

/* ---- Compiling ---- */

static bool wants_color(void)
{
    const char *no_color = getenv("NO_COLOR");

    return isatty(STDERR_FILENO) == 1 && (no_color == NULL || *no_color == '\0');
}

static enum sim_compiler_end run_compiler(const struct compile *compile, const char *include, const char *object,
                        const char *rule, struct sim_held_signals *held)
{
    enum { FLAG_COUNT = sizeof flags / sizeof *flags };
    const char *words[FLAG_COUNT + 13];
    size_t count = 0;

    words[count++] = compile->compiler;
    for (size_t i = 0; i < FLAG_COUNT; i++) {
        words[count++] = flags[i];
    }
    words[count++] = "-I";
    words[count++] = include;
    words[count++] = compile->has_search_path ? "-MD" : "-MMD"; /* what C_INCLUDE_PATH finds counts as the system's */
    words[count++] = "-MF";
    words[count++] = rule;
    words[count++] = "-o";
    words[count++] = object;
    words[count++] = "-x";
    words[count++] = "c";
    words[count++] = compile->path;
    if (wants_color()) {
        words[count++] = "-fdiagnostics-color=always"; /* it sees a pipe */
    }
    words[count] = NULL;
    return sim_compiler_run(words, held);
}

static enum sim_compile_end fail(const struct compile *compile, enum sim_compile_end end,
                                 const char *what)
{
    (void)wf_fail_status(compile->err,
                         end == SIM_COMPILE_REFUSED ? WF_ERR_INVALID : WF_ERR_NOT_FOUND, "%s: %s",
                         compile->path, what);
    return end;
}

/* The cache cannot hold what is put there: which folder, and why. */
static enum sim_compile_end fail_cache(const struct compile *compile, const char *folder, int error)
{
    (void)wf_fail_status(compile->err, WF_ERR_NOT_FOUND,
                         "%s: the compiled code cannot be stored in %s: %s; set WFSIM_CACHE to a "
                         "folder that can be written",
                         compile->path, folder, strerror(error));
    return SIM_COMPILE_ENVIRONMENT;
}

static enum sim_compile_end fail_compiler(const struct compile *compile, enum sim_compiler_end compiler_end)
{
    struct statvfs disk;

    if (compiler_end == SIM_COMPILER_TOO_MUCH) {
        return fail(compile, SIM_COMPILE_REFUSED,
                    text_of(compile->arena,
                            "the compiler needs more than it may, %d MiB, %d s of a processor or %d s in all; does the "
                            "code include a device, or something without an end?",
                            SIM_COMPILER_MIB, SIM_COMPILER_SECONDS, SIM_COMPILER_WALL_SECONDS));
    }
    if (compiler_end == SIM_COMPILER_LOST) {
        return fail(compile, SIM_COMPILE_ENVIRONMENT, "the compiler could not be run");
    }
    if (statvfs(compile->cache, &disk) == 0 && disk.f_bavail < DISK_BYTES_MIN / disk.f_frsize) {
        return fail_cache(compile, compile->cache, ENOSPC);
    }
    return fail(compile, SIM_COMPILE_REFUSED, "does not compile; the compiler's message is above");
}

/* What it includes and is no file, or is another one in each process; NULL: there is none. The compiler has read something else
 * there than anybody will again. */
static const char *find_device(const struct compile *compile, struct wf_string rule)
{
    static const char *const names[] = {"/dev/stdin", "/dev/fd/", "/proc/"};
    const struct paths paths = list_paths(compile, rule);

    for (uint32_t i = 1; i < paths.count; i++) {
        const char *path = paths.items[i];
        struct stat status;

        for (size_t j = 0; j < sizeof names / sizeof *names; j++) {
            if (strncmp(path, names[j], strlen(names[j])) == 0) {
                return path;
            }
        }
        if (stat(path, &status) == 0 && !S_ISREG(status.st_mode)) {
            return path;
        }
    }
    return NULL;
}

/* Takes what the compiler left at `object` and `rule` into the cache. */
static enum sim_compile_end store(const struct compile *compile, const char *object,
                                  const char *rule_path, struct sim_compiled *compiled)
{
    const struct wf_string rule = read_file(compile->arena, rule_path);
    const char *device = find_device(compile, rule);
    if (device != NULL) {
        return fail(compile, SIM_COMPILE_REFUSED,
                    text_of(compile->arena, "it includes %s, which is a device or a pipe and no code; put what it is to hold "
                                            "into a file, and include that", device));
    }
    const struct wf_string names = list_dependencies(compile, rule);
    const struct wf_string bytes = read_file(compile->arena, object);
    const uint64_t hash = wf_hash_bytes(bytes.data, bytes.size_bytes);
    const bool is_found_again = !is_probing(compile, names);
    const char *path = object_path(compile, names, &compiled->digest);
    const char *deps = text_of(compile->arena, "%s/%llx.deps", compile->cache,
                               (unsigned long long)compile->key);

    if (path == NULL) {
        return fail(compile, SIM_COMPILE_ENVIRONMENT,
                    "a file that it includes is gone since it was compiled; run the command again");
    }
    if (!is_found_again) { /* named by itself: another process may get another one */
        path = text_of(compile->arena, "%s/%llx.so", compile->cache, (unsigned long long)wf_hash_mix(compile->key, hash));
    }
    if (bytes.data == NULL || !put_object(compile, bytes, path) ||
        (is_found_again && !put_file(compile->arena, deps, names))) {
        return fail_cache(compile, compile->cache, errno);
    }
    compiled->object_path = path;
    compiled->verdict_digest = wf_hash_mix(compiled->digest, hash);
    return SIM_COMPILE_OK;
}

/* As long as the files of a compile lie in the cache under a name of this process, signals are held. */
static enum sim_compile_end compile_held(const struct compile *compile, struct sim_held_signals *held,
                                         struct sim_compiled *compiled)
{
    const char *include = include_folder(compile);
    const char *object = include == NULL
                             ? NULL
                             : reserve_name(compile->arena,
                                            text_of(compile->arena, "%s/%llx", compile->cache,
                                                    (unsigned long long)compile->key));

    if (object == NULL) {
        return fail_cache(compile, compile->cache, errno);
    }
    const char *rule = text_of(compile->arena, "%s.d", object);
    const enum sim_compiler_end compiler_end = run_compiler(compile, include, object, rule, held);
    const enum sim_compile_end end =
        compiler_end != SIM_COMPILER_DONE ? fail_compiler(compile, compiler_end) : store(compile, object, rule, compiled);
    (void)unlink(object);
    (void)unlink(rule);
    return end;
}

static enum sim_compile_end compile_source(const struct compile *compile, struct sim_compiled *compiled)
{
    struct sim_held_signals held;

    sim_signals_hold(&held);
    const enum sim_compile_end end = compile_held(compile, &held, compiled);
    sim_signals_release(&held);
    return end;
}

/* The source is known by its place too: what it includes may lie beside it. */
static bool digest_source(struct compile *compile, struct wf_string source)
{
    char absolute[PATH_MAX];

    if (realpath(compile->path, absolute) == NULL) {
        return false;
    }
    compile->source_digest = wf_hash_bytes(source.data, source.size_bytes);
    compile->key = wf_hash_mix(compile->source_digest, wf_hash_bytes(absolute, strlen(absolute)));
    return true;
}

/* The compiler is known by its file, not by its words: asking it would cost more than the rest of a
 * short command. */
static bool digest_compiler(struct compile *compile)
{
    struct stat status;

    if (stat(compile->compiler, &status) != 0) {
        return false;
    }
    compile->key = wf_hash_mix(compile->key,
                               wf_hash_bytes(compile->compiler, strlen(compile->compiler)));
    compile->key = wf_hash_mix(compile->key, (uint64_t)status.st_size);
    compile->key = wf_hash_mix(compile->key, (uint64_t)status.st_mtim.tv_sec);
    return true;
}

/* Values as they are; folders in them may be relative. */
static void digest_environment(struct compile *compile)
{
    bool has_any = false;

    for (size_t i = 0; i < sizeof search_variables / sizeof *search_variables; i++) {
        const char *value = getenv(search_variables[i]);

        if (value != NULL) {
            has_any = true;
            compile->has_search_path |= i < HEADER_VARIABLE_COUNT;
            compile->key = wf_hash_mix(compile->key, i + 1);
            compile->key = wf_hash_mix(compile->key, wf_hash_bytes(value, strlen(value)));
        }
    }
    if (has_any) {
        compile->key = wf_hash_mix(compile->key, wf_hash_bytes(compile->folder, strlen(compile->folder)));
    }
}

static enum sim_compile_end compile_cached(struct compile *compile, struct sim_compiled *compiled)
{
    char folder[PATH_MAX];
    uint64_t hash = 0;

    compile->folder = getcwd(folder, sizeof folder);
    if (compile->folder == NULL || !digest_source(compile, compile->source)) {
        return fail(compile, SIM_COMPILE_ABSENT, strerror(errno));
    }
    digest_environment(compile);
    compile->compiler = sim_compiler_find(compile->arena);
    if (compile->compiler == NULL || !digest_compiler(compile)) {
        return fail(compile, SIM_COMPILE_ENVIRONMENT,
                    "there is no C compiler; install gcc or clang, or set CC");
    }
    const char *tried = NULL;
    compile->cache = find_cache(compile->arena, &tried);
    if (compile->cache == NULL) {
        return fail_cache(compile, tried, errno);
    }
    compile->key = wf_hash_mix(
        compile->key, wf_hash_bytes(sim_header_begin, (size_t)(sim_header_end - sim_header_begin)));
    for (size_t i = 0; i < sizeof flags / sizeof *flags; i++) {
        compile->key = wf_hash_mix(compile->key, wf_hash_bytes(flags[i], strlen(flags[i])));
    }
    const char *deps = text_of(compile->arena, "%s/%llx.deps", compile->cache,
                               (unsigned long long)compile->key);
    const struct wf_string names = read_file(compile->arena, deps);
    if (names.data != NULL) {
        const char *path = object_path(compile, names, &compiled->digest);
        if (path != NULL && is_whole(compile, path, &hash)) {
            compiled->object_path = path;
            compiled->verdict_digest = wf_hash_mix(compiled->digest, hash);
            compiled->is_cached = true;
            return SIM_COMPILE_OK;
        }
    }
    return compile_source(compile, compiled);
}

enum sim_compile_end sim_compile(struct wf_arena *arena, const char *path,
                                 struct sim_compiled *compiled, struct wf_error *err)
{
    struct compile compile = {.arena = arena, .path = path, .err = err};
    const struct wf_string source = read_file(arena, path);

    compile.source = source;
    *compiled = (struct sim_compiled){0};
    if (source.data == NULL) {
        return fail(&compile, SIM_COMPILE_ABSENT,
                    errno == EISDIR   ? "this is a folder, not workflow code"
                    : errno == ENODEV ? "this is a device or a pipe, not a C source or a shared object"
                                      : strerror(errno));
    }
    if (wf_string_starts_with(source, WF_STR("\x7f"
                                             "ELF"))) {
        char absolute[PATH_MAX];
        if (realpath(path, absolute) == NULL) {
            return fail(&compile, SIM_COMPILE_ABSENT, strerror(errno));
        }
        compiled->object_path = text_of(arena, "%s", absolute);
        compiled->digest = wf_hash_bytes(source.data, source.size_bytes);
        compiled->verdict_digest = compiled->digest;
        if (!sim_libraries_digest(arena, absolute, source, &compiled->verdict_digest)) {
            compiled->verdict_digest = 0;
        }
        return SIM_COMPILE_OK;
    }
    const char *other = sim_source_is_other(source);
    if (other != NULL) {
        return fail(&compile, SIM_COMPILE_REFUSED,
                    text_of(arena, "this is %s, not workflow code; CODE is a C source or a shared object, and histories "
                                   "come behind it", other));
    }
    return compile_cached(&compile, compiled);
}
