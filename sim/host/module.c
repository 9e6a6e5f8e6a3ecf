/*
 * The dynamic linker's tables say where a module's data lies. What it makes read-only after relocation is left out: it is the
 * same for every worker, and writing to it would fault.
 */
#define _GNU_SOURCE /* dl_iterate_phdr, dlinfo */
#include "sim/host/module.h"

#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <link.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define COPY_CHUNK_BYTES 65536

/* Copies a file to a temporary one, for a second load of the same object. False with errno set. */
static bool copy_object(const char *from, char *to)
{
    char chunk[COPY_CHUNK_BYTES];
    const int in = open(from, O_RDONLY | O_CLOEXEC);
    const int out = in >= 0 ? mkstemp(to) : -1;
    ssize_t got = 0;
    bool is_copied = out >= 0;

    while (is_copied && (got = read(in, chunk, sizeof chunk)) > 0) {
        is_copied = write(out, chunk, (size_t)got) == got;
    }
    is_copied = is_copied && got == 0;
    if (in >= 0) {
        (void)close(in);
    }
    if (out >= 0) {
        is_copied &= close(out) == 0;
    }
    return is_copied;
}

static void *load_copy(const char *object_path)
{
    const char *folder = getenv("TMPDIR");
    char copy[256];
    void *handle = NULL;

    (void)snprintf(copy, sizeof copy, "%.200s/wfsim-module-XXXXXX", folder != NULL && *folder == '/' ? folder : "/tmp");
    if (copy_object(object_path, copy)) {
        handle = dlopen(copy, RTLD_NOW | RTLD_LOCAL);
        (void)unlink(copy);
    }
    return handle;
}

static void *load(const char *object_path)
{
    void *present = dlopen(object_path, RTLD_NOW | RTLD_LOCAL | RTLD_NOLOAD);

    if (present == NULL) {
        return dlopen(object_path, RTLD_NOW | RTLD_LOCAL);
    }
    (void)dlclose(present);
    return load_copy(object_path);
}

/* ---- Writable memory ---- */

struct search {
    uintptr_t base; /* where the module was loaded */
    struct sim_code *code;
    bool is_found;
    bool is_too_many;
};

static void add_segment(struct search *search, uintptr_t from, uintptr_t to)
{
    struct sim_code *code = search->code;

    if (from >= to) {
        return;
    }
    if (code->segment_count == SIM_SEGMENTS_MAX) {
        search->is_too_many = true;
        return;
    }
    code->segments[code->segment_count++] =
        (struct sim_segment){.live = (void *)from, .pristine = NULL, .size_bytes = to - from};
}

static int visit(struct dl_phdr_info *info, size_t size_bytes, void *context)
{
    struct search *search = context;
    uintptr_t relro_from = 0;
    uintptr_t relro_to = 0;

    (void)size_bytes;
    if (info->dlpi_addr != search->base) {
        return 0;
    }
    search->is_found = true;
    for (size_t i = 0; i < info->dlpi_phnum; i++) {
        if (info->dlpi_phdr[i].p_type == PT_GNU_RELRO) {
            const uintptr_t page = (uintptr_t)sysconf(_SC_PAGESIZE) - 1;
            relro_from = (info->dlpi_addr + info->dlpi_phdr[i].p_vaddr) & ~page;
            relro_to = (info->dlpi_addr + info->dlpi_phdr[i].p_vaddr + info->dlpi_phdr[i].p_memsz) & ~page;
        }
    }
    for (size_t i = 0; i < info->dlpi_phnum; i++) {
        const ElfW(Phdr) *header = &info->dlpi_phdr[i];
        const uintptr_t from = info->dlpi_addr + header->p_vaddr;
        const uintptr_t to = from + header->p_memsz;

        if (header->p_type != PT_LOAD || (header->p_flags & PF_W) == 0) {
            continue;
        }
        if (relro_to <= from || relro_from >= to) {
            add_segment(search, from, to);
        } else { /* around what is read-only */
            add_segment(search, from, relro_from);
            add_segment(search, relro_to, to);
        }
    }
    return 1;
}

static enum wf_status find_segments(struct wf_arena *arena, void *handle, const char *path, struct sim_code *code,
                                    struct wf_error *err)
{
    struct link_map *map = NULL;
    struct search search = {.code = code};

    if (dlinfo(handle, RTLD_DI_LINKMAP, &map) != 0 || map == NULL) {
        return wf_fail_status(err, WF_ERR_INVALID, "%s: the dynamic linker does not say where it was loaded", path);
    }
    search.base = (uintptr_t)map->l_addr;
    code->base = search.base;
    code->segment_count = 0;
    (void)dl_iterate_phdr(visit, &search);
    if (!search.is_found || search.is_too_many) {
        return wf_fail_status(err, WF_ERR_LIMIT, "%s: its writable memory is in more than %d stretches", path,
                              SIM_SEGMENTS_MAX);
    }
    for (size_t i = 0; i < code->segment_count; i++) {
        struct sim_segment *segment = &code->segments[i];
        void *picture = wf_arena_take(arena, segment->size_bytes);

        if (picture == NULL) {
            return wf_fail_status(err, WF_ERR_MEMORY, "%s: out of memory", path);
        }
        memcpy(picture, segment->live, segment->size_bytes);
        segment->pristine = picture;
    }
    return WF_OK;
}

enum wf_status sim_module_load(struct wf_arena *arena, const char *path, const char *object_path, struct sim_code *code,
                               struct wf_error *err)
{
    void *handle = load(object_path);

    if (handle == NULL) {
        const char *reason = dlerror();
        return wf_fail_status(err, WF_ERR_INVALID, "%s: cannot be loaded: %s", path, reason != NULL ? reason : strerror(errno));
    }
    code->module = dlsym(handle, "wf_module");
    if (code->module == NULL) {
        return wf_fail_status(err, WF_ERR_INVALID,
                              "%s: has no wf_module; define `const struct wf_module wf_module = {WF_API, ...};`", path);
    }
    code->path = wf_string_of(path);
    return find_segments(arena, handle, path, code, err);
}
