/*
 * The file is a line that names the form, then entries: digest and size of the history file, size of the frames, checksum, frames.
 * Entries are appended with one write, so that several runs at once lose nothing; one that finds the file damaged writes it again.
 * The oldest files go when there are many: every change of the code makes one.
 */
#include "sim/cli/verdict_cache.h"

#include <dirent.h>
#include <fcntl.h>
#include <limits.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "engine/base/hash.h"
#include "sim/cli/file.h"
#include "sim/host/compile.h"

#define FORM "wfsim verdicts 2\n"
#define HEAD_BYTES 32u /* of an entry */
#define FILE_BYTES_MAX ((size_t)64 << 20)
#define FILES_MAX 32

/* ---- Entries ---- */

static uint64_t checksum(struct cli_cache_key key, struct wf_string frames)
{
    return wf_hash_mix(wf_hash_mix(key.digest, key.size_bytes), wf_hash_bytes(frames.data, frames.size_bytes));
}

static void append_entry(struct wf_buffer *out, struct cli_cache_key key, struct wf_string frames)
{
    char head[HEAD_BYTES];

    wf_store_u64(head, key.digest);
    wf_store_u64(head + 8, key.size_bytes);
    wf_store_u64(head + 16, frames.size_bytes);
    wf_store_u64(head + 24, checksum(key, frames));
    wf_buffer_append(out, head, sizeof head);
    wf_buffer_append_string(out, frames);
}

/* The key of a map is the first 16 bytes of an entry. */
static struct wf_string map_key(const char *entry)
{
    return (struct wf_string){entry, 16};
}

/* The size of the entry at the beginning; 0: it is damaged. */
static size_t check_entry(struct wf_string rest)
{
    if (rest.size_bytes < HEAD_BYTES) {
        return 0;
    }
    const struct cli_cache_key key = {wf_load_u64(rest.data), wf_load_u64(rest.data + 8)};
    const uint64_t size = wf_load_u64(rest.data + 16);

    if (size > rest.size_bytes - HEAD_BYTES) {
        return 0;
    }
    const struct wf_string frames = {rest.data + HEAD_BYTES, (size_t)size};
    return checksum(key, frames) == wf_load_u64(rest.data + 24) ? HEAD_BYTES + (size_t)size : 0;
}

/* What stands behind a damaged entry is not looked for. */
static void read_entries(struct cli_verdict_cache *cache)
{
    struct wf_string rest = cache->stored;

    if (!wf_string_starts_with(rest, WF_STR(FORM))) {
        cache->stored.size_bytes = 0;
        cache->is_damaged = true;
        return;
    }
    rest = (struct wf_string){rest.data + sizeof FORM - 1, rest.size_bytes - (sizeof FORM - 1)};
    while (rest.size_bytes > 0) {
        const size_t size = check_entry(rest);

        if (size == 0) {
            cache->stored.size_bytes -= rest.size_bytes;
            cache->is_damaged = true;
            return;
        }
        /* The value is the entry itself; nobody writes to it. */
        (void)wf_map_set(&cache->entries, map_key(rest.data), (void *)(uintptr_t)rest.data);
        rest = (struct wf_string){rest.data + size, rest.size_bytes - size};
    }
}

bool cli_verdict_cache_find(const struct cli_verdict_cache *cache, struct cli_cache_key key, struct wf_string *frames)
{
    char bytes[16];

    if (cache->path == NULL) {
        return false;
    }
    wf_store_u64(bytes, key.digest);
    wf_store_u64(bytes + 8, key.size_bytes);
    const char *entry = wf_map_get(&cache->entries, map_key(bytes));
    if (entry == NULL) {
        return false;
    }
    *frames = (struct wf_string){entry + HEAD_BYTES, (size_t)wf_load_u64(entry + 16)};
    return true;
}

void cli_verdict_cache_note_hit(struct cli_verdict_cache *cache)
{
    cache->was_hit = true;
}

void cli_verdict_cache_add(struct cli_verdict_cache *cache, struct cli_cache_key key, struct wf_string frames)
{
    struct wf_string present;

    if (cache->path != NULL && !cli_verdict_cache_find(cache, key, &present)) {
        append_entry(&cache->added, key, frames);
    }
}

/* ---- Files ---- */

/* Another program may judge otherwise. It is known by its file, as a compiler is. */
static uint64_t program_digest(void)
{
    struct stat status;
    uint64_t digest = wf_hash_bytes(WFSIM_VERSION, sizeof WFSIM_VERSION);

    if (stat("/proc/self/exe", &status) == 0) {
        digest = wf_hash_mix(digest, (uint64_t)status.st_size);
        digest = wf_hash_mix(digest, (uint64_t)status.st_mtim.tv_sec);
        digest = wf_hash_mix(digest, (uint64_t)status.st_mtim.tv_nsec);
    }
    return digest;
}

static const char *text_of(struct wf_buffer *buffer)
{
    wf_buffer_append_char(buffer, '\0');
    return buffer->is_full ? NULL : buffer->data;
}

static void name_file(struct cli_verdict_cache *cache, uint64_t digest)
{
    const char *root = sim_cache_folder(&cache->arena);
    struct wf_buffer folder;
    struct wf_buffer path;

    if (root == NULL) {
        return;
    }
    wf_buffer_init(&folder, &cache->arena);
    wf_buffer_printf(&folder, "%s/verdicts", root);
    cache->folder = text_of(&folder);
    wf_buffer_init(&path, &cache->arena);
    wf_buffer_printf(&path, "%s/%016llx", cache->folder != NULL ? cache->folder : "",
                     (unsigned long long)wf_hash_mix(digest, program_digest()));
    cache->path = cache->folder != NULL ? text_of(&path) : NULL;
}

void cli_verdict_cache_open(struct cli_verdict_cache *cache, uint64_t digest)
{
    struct wf_error err;

    *cache = (struct cli_verdict_cache){0};
    wf_arena_init(&cache->arena, wf_system_blocks(), 0);
    wf_map_init(&cache->entries, &cache->arena);
    wf_buffer_init(&cache->added, &cache->arena);
    name_file(cache, digest);
    if (cache->path != NULL && access(cache->path, R_OK) == 0 &&
        cli_file_read(&cache->arena, cache->path, FILE_BYTES_MAX, &cache->stored, &err) == CLI_EXIT_OK) {
        read_entries(cache);
    }
}

/* Removes the file that was used longest ago, while there are too many. */
static bool remove_oldest(const char *folder)
{
    DIR *entries = opendir(folder);
    struct stat status;
    struct timespec oldest = {0};
    char name[NAME_MAX + 1] = "";
    int count = 0;
    bool is_removed = false;

    for (const struct dirent *entry; entries != NULL && (entry = readdir(entries)) != NULL;) {
        if (entry->d_name[0] == '.' || fstatat(dirfd(entries), entry->d_name, &status, 0) != 0) {
            continue;
        }
        count++;
        if (name[0] == '\0' || status.st_mtim.tv_sec < oldest.tv_sec ||
            (status.st_mtim.tv_sec == oldest.tv_sec && status.st_mtim.tv_nsec < oldest.tv_nsec)) {
            oldest = status.st_mtim;
            memcpy(name, entry->d_name, strlen(entry->d_name) + 1);
        }
    }
    if (entries != NULL) {
        is_removed = count > FILES_MAX && unlinkat(dirfd(entries), name, 0) == 0;
        closedir(entries);
    }
    return is_removed;
}

/* One write at the end of the file: the system puts it there whole, whoever else writes. */
static void append(const struct cli_verdict_cache *cache, struct wf_string bytes)
{
    const int fd = open(cache->path, O_WRONLY | O_APPEND | O_CLOEXEC);

    if (fd >= 0) {
        /* A write cut short by a full disk leaves a damaged entry, which the next run finds. */
        const ssize_t written = write(fd, bytes.data, bytes.size_bytes);

        (void)written;
        close(fd);
    }
}

/* A new file, or one in place of a damaged or large one. */
static void replace(struct cli_verdict_cache *cache, struct wf_string added)
{
    struct wf_buffer bytes;
    struct wf_error err;
    const bool keeps_stored = cache->stored.size_bytes > 0 && cache->stored.size_bytes + added.size_bytes < FILE_BYTES_MAX;

    wf_buffer_init(&bytes, &cache->arena);
    wf_buffer_append_string(&bytes, keeps_stored ? cache->stored : WF_STR(FORM));
    wf_buffer_append_string(&bytes, added);
    (void)mkdir(cache->folder, 0777);
    if (!bytes.is_full && bytes.size_bytes < FILE_BYTES_MAX) {
        (void)cli_file_write(&cache->arena, cache->path, wf_buffer_string(&bytes), &err);
    }
    while (remove_oldest(cache->folder)) {
    }
}

void cli_verdict_cache_close(struct cli_verdict_cache *cache)
{
    const struct wf_string added = wf_buffer_string(&cache->added);

    if (cache->path != NULL && cache->was_hit) {
        (void)utimensat(AT_FDCWD, cache->path, NULL, 0); /* in use: others are older */
    }
    if (cache->path != NULL && added.size_bytes > 0 && !cache->added.is_full) {
        const bool is_appended =
            cache->stored.size_bytes > 0 && !cache->is_damaged && cache->stored.size_bytes + added.size_bytes < FILE_BYTES_MAX;

        if (is_appended) {
            append(cache, added);
        } else {
            replace(cache, added);
        }
    }
    wf_arena_deinit(&cache->arena);
}
