/*
 * Files of histories, JSON above all. What decode accepts survives encode and decode unchanged, and
 * a second encode gives the same text.
 */
#include "engine/base/assert.h"
#include "engine/history.h"

#define MEMORY_BYTES ((size_t)64 << 20)
#define UNPACKED_BYTES_MAX ((size_t)4 << 20)

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size_bytes);

static struct wf_string encode(struct wf_arena *arena, const struct wf_history *history)
{
    struct wf_buffer out;

    wf_buffer_init(&out, arena);
    wf_history_write_json(history, &out);
    return out.is_full ? (struct wf_string){NULL, 0} : wf_buffer_string(&out);
}

static void check(struct wf_arena *arena, const struct wf_history *history)
{
    const struct wf_string text = encode(arena, history);
    struct wf_history_message again = {0};
    struct wf_history same = {0};
    struct wf_error err;
    const enum wf_status status = wf_json_decode(arena, &wf_type_history_message, text, &again,
                                                 NULL, &err);

    if (text.size_bytes == 0 || status == WF_ERR_MEMORY) {
        return;
    }
    WF_ASSERT(status == WF_OK);
    WF_ASSERT(again.events.count == history->event_count);
    for (uint32_t i = 0; i < history->event_count; i++) {
        WF_ASSERT(wf_message_equal(&wf_type_event, &history->events[i], &again.events.items[i]));
    }
    same = (struct wf_history){again.events.items, .event_count = again.events.count};
    WF_ASSERT(wf_string_equal(text, encode(arena, &same)) || arena->is_full);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size_bytes)
{
    const struct wf_string file = {(const char *)data, size_bytes};
    struct wf_history_reader reader;
    struct wf_history history;
    struct wf_arena unpacked;
    struct wf_arena arena;
    struct wf_error err;

    wf_arena_init(&unpacked, wf_system_blocks(), MEMORY_BYTES);
    wf_arena_init(&arena, wf_system_blocks(), MEMORY_BYTES);
    if (wf_history_reader_init(&reader, &unpacked, file, UNPACKED_BYTES_MAX, &err) == WF_OK) {
        while (wf_history_reader_next(&reader, &arena, &history, &err) == WF_OK) {
            if (reader.format == WF_FORMAT_JSON) {
                check(&arena, &history);
            }
            wf_arena_reset(&arena);
        }
    }
    wf_arena_deinit(&arena);
    wf_arena_deinit(&unpacked);
    return 0;
}
