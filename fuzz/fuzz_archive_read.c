/* Archives, with checksums made right again so that what lies behind them is reached: every history
 * that can be read can be copied to another archive and is the same there. */
#include "engine/archive.h"
#include "engine/base/assert.h"
#include "engine/base/hash.h"
#include "engine/codec/archive_frame.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size_bytes);

static void mend_checksums(char *file, size_t size_bytes)
{
    struct wf_frame_head head;
    size_t at = WF_ARCHIVE_HEADER_BYTES;

    wf_store_u64(file + 16, wf_hash_bytes(file, 16));
    while (wf_frame_head_read((struct wf_string){file + at, size_bytes - at}, &head) &&
           wf_frame_bytes(&head) <= size_bytes - at) {
        at += (size_t)wf_frame_bytes(&head) - WF_FRAME_TAIL_BYTES;
        wf_store_u64(file + at, wf_hash_bytes(file + at - WF_FRAME_HEAD_BYTES - head.body_bytes,
                                              WF_FRAME_HEAD_BYTES + (size_t)head.body_bytes));
        at += WF_FRAME_TAIL_BYTES;
    }
}

/* Copies every history that can be read from `file` to a new archive. Returns how many. */
static uint64_t copy(struct wf_arena *arena, struct wf_string file, struct wf_buffer *out)
{
    struct wf_archive_reader reader;
    struct wf_archive_writer writer;
    struct wf_history history;
    struct wf_error err;

    WF_ASSERT(wf_archive_writer_init(&writer, &arena[0], out, &err) == WF_OK);
    WF_ASSERT(wf_archive_reader_init(&reader, &arena[1], file.size_bytes, &err) == WF_OK);
    if (wf_archive_reader_supply_all(&reader, file, &err) == WF_OK) {
        for (uint64_t i = 0; i < reader.history_count && i < 256; i++) {
            wf_archive_reader_seek(&reader, i);
            if (wf_archive_reader_supply_all(&reader, file, &err) == WF_OK &&
                wf_archive_reader_history(&reader, &arena[2], &history, &err) == WF_OK) {
                err.status = wf_archive_append_frame(&writer, wf_archive_reader_frame(&reader), out,
                                                     &err);
                WF_ASSERT(err.status == WF_OK);
            }
            wf_arena_reset(&arena[2]);
        }
    }
    WF_ASSERT(wf_archive_finish(&writer, out, &err) == WF_OK);
    return writer.history_count;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size_bytes)
{
    struct wf_arena arenas[7];
    struct wf_buffer file, first, second;

    for (int i = 0; i < 7; i++) {
        wf_arena_init(&arenas[i], wf_system_blocks(), (size_t)64 << 20);
    }
    wf_buffer_init(&file, &arenas[6]);
    wf_buffer_init(&first, &arenas[6]);
    wf_buffer_init(&second, &arenas[6]);
    wf_buffer_append(&file, data, size_bytes);
    if (size_bytes >= WF_ARCHIVE_HEADER_BYTES) {
        mend_checksums(file.data, size_bytes);
    }
    WF_ASSERT(copy(&arenas[0], wf_buffer_string(&file), &first) ==
              copy(&arenas[3], wf_buffer_string(&first), &second));
    WF_ASSERT(wf_string_equal(wf_buffer_string(&first), wf_buffer_string(&second)));
    for (int i = 0; i < 7; i++) {
        wf_arena_deinit(&arenas[i]);
    }
    return 0;
}
