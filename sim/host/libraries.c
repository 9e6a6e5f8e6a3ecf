/*
 * The dynamic loader itself is asked (--list, as ldd does): it knows its search path, its cache and what the libraries need in
 * turn, and runs none of their code. Only a library that this process has already keeps its place, as it will when the object
 * is loaded.
 */
#define _GNU_SOURCE /* pipe2, RTLD_NOLOAD, dlinfo, dl_iterate_phdr */
#include "sim/host/libraries.h"

#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <link.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "engine/base/hash.h"
#include "sim/host/object.h"
#include "sim/host/process.h"

#define LIST_BYTES_MAX ((size_t)256 << 10)
#define CHUNK_BYTES 65536

/* Of the C library: as constant as the program, which has them, too. */
static const char *const own_names[] = {"libc.so.", "libm.so.", "libdl.so.", "libpthread.so.", "librt.so.", "ld-linux"};

static bool needs_others(const struct sim_object *object)
{
    for (uint32_t i = 0; i < object->needed.count; i++) {
        bool is_own = false;

        for (size_t k = 0; k < sizeof own_names / sizeof *own_names; k++) {
            is_own |= wf_string_starts_with(object->needed.items[i], wf_string_of(own_names[k]));
        }
        if (!is_own) {
            return true;
        }
    }
    return false;
}

/* ---- What the loader says ---- */

static int find_loader(struct dl_phdr_info *info, size_t size_bytes, void *context)
{
    const char **loader = context;

    (void)size_bytes;
    for (size_t i = 0; i < info->dlpi_phnum; i++) {
        if (info->dlpi_phdr[i].p_type == PT_INTERP) {
            *loader = (const char *)(info->dlpi_addr + info->dlpi_phdr[i].p_vaddr);
        }
    }
    return 1; /* the program comes first */
}

/* Empty when it cannot be asked, or has a complaint. */
static struct wf_string ask_loader(struct wf_arena *arena, const char *path)
{
    const char *words[] = {NULL, "--list", path, NULL};
    struct wf_string list = {wf_arena_take_text(arena, LIST_BYTES_MAX), 0};
    char *text = (char *)(uintptr_t)list.data;
    ssize_t got = 0;
    int ends[2];

    (void)dl_iterate_phdr(find_loader, &words[0]);
    if (words[0] == NULL || text == NULL || pipe2(ends, O_CLOEXEC) != 0) {
        return (struct wf_string){NULL, 0};
    }
    const pid_t child = sim_process_start(words, ends[1], ends[1]);
    (void)close(ends[1]);
    while (child > 0 && list.size_bytes < LIST_BYTES_MAX &&
           ((got = read(ends[0], text + list.size_bytes, LIST_BYTES_MAX - list.size_bytes)) > 0 || (got < 0 && errno == EINTR))) {
        list.size_bytes += got > 0 ? (size_t)got : 0;
    }
    (void)close(ends[0]);
    return sim_process_wait(child) == 0 && got == 0 ? list : (struct wf_string){NULL, 0};
}

/* ---- Contents ---- */

static bool digest_file(const char *path, uint64_t *digest)
{
    char chunk[CHUNK_BYTES];
    ssize_t got = 0;
    const int fd = open(path, O_RDONLY | O_CLOEXEC);

    if (fd < 0) {
        return false;
    }
    while ((got = read(fd, chunk, sizeof chunk)) > 0) {
        *digest = wf_hash_mix(*digest, wf_hash_bytes(chunk, (size_t)got));
    }
    (void)close(fd);
    return got == 0;
}

/* A library that is loaded already is not looked for again. */
static bool digest_library(const char *name, const char *found, uint64_t *digest)
{
    void *handle = dlopen(name, RTLD_LAZY | RTLD_NOLOAD);
    struct link_map *map = NULL;

    if (handle != NULL && dlinfo(handle, RTLD_DI_LINKMAP, &map) == 0 && map != NULL) {
        found = map->l_name;
    }
    const bool is_known = digest_file(found, digest);
    if (handle != NULL) {
        (void)dlclose(handle);
    }
    return is_known;
}

/* One line: "libbb.so => /lib/libbb.so (0x7f00)", or "/lib/ld.so (0x7f00)" of what has no other name; the system's own object has
 * no file. */
static bool digest_line(char *line, uint64_t *digest)
{
    char *name = line + strspn(line, "\t ");
    char *arrow = strstr(name, " => ");
    char *found = arrow != NULL ? arrow + 4 : name;
    char *address = strstr(found, " (0x");

    if (strncmp(name, "linux-vdso.", 11) == 0 || strncmp(name, "linux-gate.", 11) == 0) {
        return true;
    }
    if (address == NULL || strchr(found, '/') == NULL) {
        return false;
    }
    *address = '\0';
    if (arrow != NULL) {
        *arrow = '\0';
    }
    return digest_library(name, found, digest);
}

bool sim_libraries_digest(struct wf_arena *arena, const char *path, struct wf_string object, uint64_t *digest)
{
    struct sim_object needs = {0};
    struct wf_error err = {0};

    if (sim_object_read_needed(arena, object, &needs, &err) != WF_OK) {
        return false;
    }
    if (!needs_others(&needs)) {
        return true;
    }
    struct wf_string list = ask_loader(arena, path);
    char *line = (char *)(uintptr_t)list.data;
    bool is_known = list.size_bytes > 0;
    for (size_t i = 0; is_known && i < list.size_bytes; i++) {
        if (list.data[i] == '\n') {
            ((char *)(uintptr_t)list.data)[i] = '\0';
            is_known = digest_line(line, digest);
            line = (char *)(uintptr_t)list.data + i + 1;
        }
    }
    return is_known;
}
