/* The window is a piece of an arena of its own, which a larger frame makes larger. */
#include "sim/cli/history_file.h"

#include <errno.h>
#include <string.h>

#include "engine/archive.h"
#include "engine/base/hash.h"
#include "sim/host/blocks.h"

#define WINDOW_BYTES ((size_t)256 << 10) /* many short histories, and small enough to stay in the processor's cache */
#define UNPACKED_BYTES_ALWAYS ((size_t)256 << 20)
#define UNPACKED_RATIO 100 /* histories pack to a tenth, repetitive ones to a fiftieth; bombs to less than a thousandth */

static size_t least(uint64_t a, uint64_t b)
{
    return (size_t)(a < b ? a : b);
}

/* How much a file may be when gzip or zstd are undone: as much as a plain one if it is packed as histories are, and no more than
 * 256 MiB if it is packed more tightly than a hundredth. */
static size_t unpacked_bytes_max(size_t packed_bytes)
{
    const size_t likely_bytes = packed_bytes < CLI_FILE_BYTES_MAX / UNPACKED_RATIO ? packed_bytes * UNPACKED_RATIO : CLI_FILE_BYTES_MAX;

    return likely_bytes > UNPACKED_BYTES_ALWAYS ? likely_bytes : UNPACKED_BYTES_ALWAYS;
}

/* Reads the window that begins at `offset`. */
static enum wf_status move_window(struct cli_history_file *file, uint64_t offset, size_t size_bytes, struct wf_error *err)
{
    char *bytes = NULL;

    wf_arena_reset(&file->arena);
    file->bytes = (struct wf_string){NULL, 0};
    bytes = wf_arena_take_text(&file->arena, size_bytes);
    if (bytes == NULL) {
        return wf_fail_status(err, WF_ERR_MEMORY, "out of memory");
    }
    if (!cli_source_read(&file->source, offset, bytes, size_bytes)) {
        /* A disk that fails is the machine's fault, as memory is. */
        return wf_fail_status(err, errno == 0 ? WF_ERR_CORRUPT : WF_ERR_MEMORY, "%zu bytes at byte %llu cannot be read: %s", size_bytes,
                              (unsigned long long)offset, errno == 0 ? "was the file cut meanwhile?" : strerror(errno));
    }
    file->bytes = (struct wf_string){bytes, size_bytes};
    file->window_offset = offset;
    return WF_OK;
}

static enum wf_status read_range(void *context, uint64_t offset, size_t size_bytes, struct wf_string *bytes, struct wf_error *err)
{
    struct cli_history_file *file = context;
    const uint64_t end = file->window_offset + file->bytes.size_bytes;

    if (offset < file->window_offset || offset > end || size_bytes > end - offset) {
        const size_t ahead_bytes = least(WINDOW_BYTES, file->source.size_bytes - offset);

        WF_TRY(move_window(file, offset, size_bytes > ahead_bytes ? size_bytes : ahead_bytes, err));
    }
    *bytes = (struct wf_string){file->bytes.data + (offset - file->window_offset), size_bytes};
    return WF_OK;
}

static void init(struct cli_history_file *file)
{
    *file = (struct cli_history_file){.source = {.fd = -1}};
    wf_arena_init(&file->arena, sim_file_blocks(), 0);
    wf_arena_init(&file->unpacked, sim_file_blocks(), 0);
}

enum cli_exit cli_history_file_open(struct cli_history_file *file, const char *path, struct wf_error *err)
{
    init(file);
    return cli_file_read_or_open(&file->arena, path, CLI_FILE_BYTES_MAX, WF_STR(WF_ARCHIVE_MAGIC), &file->bytes, &file->source, err);
}

void cli_history_file_hold(struct cli_history_file *file, struct wf_string bytes)
{
    init(file);
    file->bytes = bytes;
}

enum wf_status cli_history_file_read(struct cli_history_file *file, struct wf_history_reader *reader, struct wf_error *err)
{
    if (file->source.fd < 0) {
        return wf_history_reader_init(reader, &file->unpacked, file->bytes, unpacked_bytes_max(file->bytes.size_bytes), err);
    }
    file->ranges = (struct wf_file_ranges){read_range, file, file->source.size_bytes};
    return wf_history_reader_init_archive(reader, &file->unpacked, &file->ranges, err);
}

enum wf_status cli_history_file_digest(struct cli_history_file *file, uint64_t *digest, uint64_t *size_bytes, struct wf_error *err)
{
    struct wf_digest pieces;

    if (file->source.fd < 0) {
        *digest = wf_hash_bytes(file->bytes.data, file->bytes.size_bytes);
        *size_bytes = file->bytes.size_bytes;
        return WF_OK;
    }
    wf_digest_init(&pieces);
    for (uint64_t offset = 0; offset < file->source.size_bytes; offset += file->bytes.size_bytes) {
        WF_TRY(move_window(file, offset, least(WINDOW_BYTES, file->source.size_bytes - offset), err));
        wf_digest_add(&pieces, file->bytes.data, file->bytes.size_bytes);
    }
    *digest = wf_digest_value(&pieces);
    *size_bytes = file->source.size_bytes;
    return WF_OK;
}

bool cli_history_file_is_unchanged(const struct cli_history_file *file)
{
    return file->source.fd < 0 || cli_source_is_unchanged(&file->source);
}

void cli_history_file_close(struct cli_history_file *file)
{
    if (file->source.fd >= 0) {
        cli_source_close(&file->source);
    }
    wf_arena_deinit(&file->unpacked);
    wf_arena_deinit(&file->arena);
}
