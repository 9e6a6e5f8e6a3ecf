/*
 * A compile leaves two files in the cache: KEY.deps, the files that the source included, and
 * OBJECT.so, where KEY is a digest of the source and its place, header, flags and compiler, and
 * OBJECT one of KEY and the contents of those files. A hit reads the first and looks for the
 * second. An object ends with a seal, a line with the hash of what stands before it: one that was
 * cut or written over is compiled again. Every file gets its name by a rename from a name that only
 * this process has.
 */
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
#include "sim/host/process.h"

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

struct compile {
    struct wf_arena *arena;
    const char *path;
    struct wf_error *err;
    const char *compiler;
    const char *cache; /* folder */
    uint64_t source_digest;
    uint64_t key;
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

/* ---- The compiler ---- */

static const char *find_in_path(struct wf_arena *arena, const char *name)
{
    const char *folders = getenv("PATH");

    if (strchr(name, '/') != NULL) {
        return access(name, X_OK) == 0 ? name : NULL;
    }
    while (folders != NULL && *folders != '\0') {
        const size_t length = strcspn(folders, ":");
        const struct wf_string folder = {folders, length};
        const char *candidate = text_of(arena, "%S/%s", &folder, name);

        if (access(candidate, X_OK) == 0) {
            return candidate;
        }
        folders += length + (folders[length] == ':' ? 1 : 0);
    }
    return NULL;
}

static const char *find_compiler(struct wf_arena *arena)
{
    static const char *const names[] = {"cc", "gcc", "clang"};
    const char *wanted = getenv("CC");

    if (wanted != NULL && *wanted != '\0' && strchr(wanted, ' ') == NULL) {
        return find_in_path(arena, wanted);
    }
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        const char *found = find_in_path(arena, names[i]);
        if (found != NULL) {
            return found;
        }
    }
    return NULL;
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

static const char *seal_of(struct wf_arena *arena, struct wf_string object)
{
    return text_of(arena, SEAL_FORMAT,
                   (unsigned long long)wf_hash_bytes(object.data, object.size_bytes));
}

/* Puts what the compiler wrote in its place, sealed. False with errno set. */
static bool put_object(const struct compile *compile, const char *built, const char *path)
{
    struct wf_buffer sealed;
    const struct wf_string object = read_file(compile->arena, built);

    if (object.data == NULL) {
        return false;
    }
    wf_buffer_init(&sealed, compile->arena);
    wf_buffer_append_string(&sealed, object);
    wf_buffer_append_text(&sealed, seal_of(compile->arena, object));
    if (sealed.is_full) {
        errno = ENOMEM;
        return false;
    }
    return put_file(compile->arena, path, wf_buffer_string(&sealed));
}

/* Whether an object is there and is what was put there. */
static bool is_whole(const struct compile *compile, const char *path)
{
    const struct wf_string sealed = read_file(compile->arena, path);

    if (sealed.data == NULL || sealed.size_bytes < SEAL_BYTES) {
        return false;
    }
    const struct wf_string object = {sealed.data, sealed.size_bytes - SEAL_BYTES};
    return memcmp(sealed.data + object.size_bytes, seal_of(compile->arena, object), SEAL_BYTES) == 0;
}

/* ---- Dependencies ---- */

/* Mixes the contents of the files that KEY.deps names, one a line. False when one is gone: compile
 * again. */
static bool digest_dependencies(struct wf_arena *arena, struct wf_string names, uint64_t *digest)
{
    while (names.size_bytes > 0) {
        size_t length = 0;
        while (length < names.size_bytes && names.data[length] != '\n') {
            length++;
        }
        const struct wf_string name = {names.data, length};
        const struct wf_string contents = read_file(arena, text_of(arena, "%S", &name));
        if (contents.data == NULL) {
            return false;
        }
        *digest = wf_hash_mix(*digest, wf_hash_bytes(contents.data, contents.size_bytes));
        const size_t step = length < names.size_bytes ? length + 1 : length;
        names = (struct wf_string){names.data + step, names.size_bytes - step};
    }
    return true;
}

/* One name of a make rule without its escapes, as the path that it has from everywhere; "" when
 * there is no such file. */
static const char *plain_path(struct wf_arena *arena, struct wf_string name)
{
    char absolute[PATH_MAX];
    struct wf_buffer plain;

    wf_buffer_init(&plain, arena);
    for (size_t i = 0; i < name.size_bytes; i++) {
        const char next = i + 1 < name.size_bytes ? name.data[i + 1] : '\0';
        const bool is_escape = (name.data[i] == '\\' && (next == ' ' || next == '#')) ||
                               (name.data[i] == '$' && next == '$');

        i += is_escape ? 1 : 0;
        wf_buffer_append_char(&plain, name.data[i]);
    }
    wf_buffer_append_char(&plain, '\0');
    return !plain.is_full && realpath(plain.data, absolute) != NULL ? text_of(arena, "%s", absolute)
                                                                    : "";
}

/* The names of a make rule as -MMD writes it ("target: source dep \\\n dep"), one a line, without
 * the source and what lies in the cache. */
static struct wf_string list_dependencies(const struct compile *compile, struct wf_string rule)
{
    struct wf_buffer names;
    size_t word_count = 0;

    wf_buffer_init(&names, compile->arena);
    for (size_t at = 0; at < rule.size_bytes;) {
        size_t length = 0;
        while (at < rule.size_bytes && strchr(" \n\\", rule.data[at]) != NULL) {
            at++;
        }
        while (at + length < rule.size_bytes && strchr(" \n", rule.data[at + length]) == NULL) {
            length += rule.data[at + length] == '\\' && at + length + 1 < rule.size_bytes ? 2 : 1;
        }
        const struct wf_string name = {rule.data + at, length};
        at += length;
        /* The first word is the target, the second the source. */
        if (length > 0 && ++word_count > 2 &&
            !wf_string_starts_with(name, wf_string_of(compile->cache))) {
            wf_buffer_append_text(&names, plain_path(compile->arena, name));
            wf_buffer_append_char(&names, '\n');
        }
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

/* Runs the compiler; its words go to our standard error. Returns its exit status, -1 when it cannot
 * be run. */
static int run_compiler(const struct compile *compile, const char *include, const char *object,
                        const char *rule)
{
    enum { FLAG_COUNT = sizeof flags / sizeof *flags };
    const char *words[FLAG_COUNT + 12];
    size_t count = 0;

    words[count++] = compile->compiler;
    for (size_t i = 0; i < FLAG_COUNT; i++) {
        words[count++] = flags[i];
    }
    words[count++] = "-I";
    words[count++] = include;
    words[count++] = "-MMD";
    words[count++] = "-MF";
    words[count++] = rule;
    words[count++] = "-o";
    words[count++] = object;
    words[count++] = "-x";
    words[count++] = "c";
    words[count++] = compile->path;
    words[count] = NULL;
    return sim_process_wait(sim_process_start(words, STDERR_FILENO, STDERR_FILENO));
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

static enum sim_compile_end fail_compiler(const struct compile *compile, int status)
{
    struct statvfs disk;

    if (status < 0 || status == 127) {
        return fail(compile, SIM_COMPILE_ENVIRONMENT, "the compiler could not be run");
    }
    if (statvfs(compile->cache, &disk) == 0 && disk.f_bavail < DISK_BYTES_MIN / disk.f_frsize) {
        return fail_cache(compile, compile->cache, ENOSPC);
    }
    return fail(compile, SIM_COMPILE_REFUSED, "does not compile; the compiler's message is above");
}

/* Takes what the compiler left at `object` and `rule` into the cache. */
static enum sim_compile_end store(const struct compile *compile, const char *object,
                                  const char *rule, struct sim_compiled *compiled)
{
    const struct wf_string names = list_dependencies(compile, read_file(compile->arena, rule));
    const char *path = object_path(compile, names, &compiled->digest);
    const char *deps = text_of(compile->arena, "%s/%llx.deps", compile->cache,
                               (unsigned long long)compile->key);

    if (path == NULL) {
        return fail(compile, SIM_COMPILE_ENVIRONMENT,
                    "a file that it includes is gone since it was compiled; run the command again");
    }
    if (!put_object(compile, object, path) || !put_file(compile->arena, deps, names)) {
        return fail_cache(compile, compile->cache, errno);
    }
    compiled->object_path = path;
    return SIM_COMPILE_OK;
}

static enum sim_compile_end compile_source(const struct compile *compile,
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
    const int status = run_compiler(compile, include, object, rule);
    const enum sim_compile_end end =
        status != 0 ? fail_compiler(compile, status) : store(compile, object, rule, compiled);
    (void)unlink(object);
    (void)unlink(rule);
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

static enum sim_compile_end compile_cached(struct compile *compile, struct wf_string source,
                                           struct sim_compiled *compiled)
{
    if (!digest_source(compile, source)) {
        return fail(compile, SIM_COMPILE_ABSENT, strerror(errno));
    }
    compile->compiler = find_compiler(compile->arena);
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
        if (path != NULL && is_whole(compile, path)) {
            compiled->object_path = path;
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
        return SIM_COMPILE_OK;
    }
    return compile_cached(&compile, source, compiled);
}
