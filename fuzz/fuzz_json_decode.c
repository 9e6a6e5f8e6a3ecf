/* Files of histories, JSON above all. What decode accepts survives encode and decode unchanged, and
 * a second encode gives the same text. */
#include "engine/base/assert.h"
#include "engine/history.h"

#define MEMORY_BYTES ((size_t)64 << 20)

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size_bytes);

static void check(struct wf_arena *arena, const struct wf_history *history)
{
    struct wf_history_message again = {0};
    struct wf_history same = {0};
    struct wf_buffer first;
    struct wf_buffer second;
    struct wf_error err;
    enum wf_status status = WF_OK;

    wf_buffer_init(&first, arena);
    wf_buffer_init(&second, arena);
    wf_history_write_json(history, &first);
    status = wf_json_decode(arena, &wf_type_history_message, wf_buffer_string(&first), &again, NULL,
                            &err);
    same = (struct wf_history){again.events.items, .event_count = again.events.count};
    wf_history_write_json(&same, &second);
    if (first.is_full || second.is_full || status == WF_ERR_MEMORY) {
        return;
    }
    WF_ASSERT(status == WF_OK && again.events.count == history->event_count);
    for (uint32_t i = 0; i < history->event_count; i++) {
        WF_ASSERT(wf_message_equal(&wf_type_event, &history->events[i], &again.events.items[i]));
    }
    WF_ASSERT(wf_string_equal(wf_buffer_string(&first), wf_buffer_string(&second)));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size_bytes)
{
    struct wf_history_reader reader;
    struct wf_history history;
    struct wf_arena arenas[2];
    struct wf_error err;

    wf_arena_init(&arenas[0], wf_system_blocks(), MEMORY_BYTES);
    wf_arena_init(&arenas[1], wf_system_blocks(), MEMORY_BYTES);
    if (wf_history_reader_init(&reader, &arenas[0],
                               (struct wf_string){(const char *)data, size_bytes}, MEMORY_BYTES / 8,
                               &err) == WF_OK) {
        while (wf_history_reader_next(&reader, &arenas[1], &history, &err) == WF_OK) {
            /* Protobuf may hold what JSON cannot say: bad UTF-8, times out of range. */
            if (reader.format == WF_FORMAT_JSON) {
                check(&arenas[1], &history);
            }
            wf_arena_reset(&arenas[1]);
        }
    }
    wf_arena_deinit(&arenas[0]);
    wf_arena_deinit(&arenas[1]);
    return 0;
}
