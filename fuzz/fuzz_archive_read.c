/* Archives, with checksums made right again so that what lies behind them is reached: every history
 * that can be read can be copied to another archive and is the same there. */
#include "engine/archive.h"
#include "engine/base/assert.h"
#include "fuzz/fuzz_input.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size_bytes);

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
                WF_ASSERT(wf_archive_append_frame(&writer, wf_archive_reader_frame(&reader), out,
                                                  &err) == WF_OK);
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
    struct wf_buffer files[3];

    for (int i = 0; i < 7; i++) {
        wf_arena_init(&arenas[i], wf_system_blocks(), (size_t)64 << 20);
        wf_buffer_init(&files[i % 3], &arenas[6]);
    }
    wf_buffer_append(&files[0], data, size_bytes);
    fuzz_mend_archive(files[0].data, size_bytes);
    WF_ASSERT(copy(&arenas[0], wf_buffer_string(&files[0]), &files[1]) ==
              copy(&arenas[3], wf_buffer_string(&files[1]), &files[2]));
    WF_ASSERT(wf_string_equal(wf_buffer_string(&files[1]), wf_buffer_string(&files[2])));
    for (int i = 0; i < 7; i++) {
        wf_arena_deinit(&arenas[i]);
    }
    return 0;
}
