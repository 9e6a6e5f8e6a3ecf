/* Protobuf histories. What decode accepts survives encode and decode unchanged, a second encode
 * gives the same bytes, printing gives well-formed JSON, and any history can be normalised. */
#include "engine/base/assert.h"
#include "engine/base/json_text.h"
#include "engine/history.h"

#define MEMORY_BYTES ((size_t)64 << 20)

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size_bytes);

static void check(struct wf_arena *arena, const struct wf_history_message *message)
{
    struct wf_history_message again = {0};
    struct wf_history history = {message->events.items, .event_count = message->events.count};
    struct wf_buffer first;
    struct wf_buffer second;
    struct wf_buffer json;
    struct wf_json_reader reader;
    struct wf_json_token token;
    struct wf_error err = {0};

    wf_buffer_init(&first, arena);
    wf_buffer_init(&second, arena);
    wf_buffer_init(&json, arena);
    wf_wire_encode(&wf_type_history_message, message, &first);
    if (wf_wire_decode(arena, &wf_type_history_message, wf_buffer_string(&first), &again, &err) ==
            WF_ERR_MEMORY ||
        first.is_full) {
        return;
    }
    WF_ASSERT(wf_message_equal(&wf_type_history_message, message, &again));
    wf_wire_encode(&wf_type_history_message, &again, &second);
    wf_history_write_json(&history, &json);
    if (second.is_full || json.is_full) {
        return;
    }
    WF_ASSERT(wf_string_equal(wf_buffer_string(&first), wf_buffer_string(&second)));
    wf_json_reader_init(&reader, wf_buffer_string(&json));
    WF_ASSERT(wf_json_next(&reader, &token, &err) == WF_OK);
    (void)wf_json_skip(&reader, &token, NULL, &err);
    WF_ASSERT(err.status != WF_ERR_CORRUPT);
    (void)wf_history_normalise(&history, &err);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size_bytes)
{
    const struct wf_string bytes = {(const char *)data, size_bytes};
    struct wf_history_message message = {0};
    struct wf_arena arena;
    struct wf_error err;

    wf_arena_init(&arena, wf_system_blocks(), MEMORY_BYTES);
    if (wf_wire_decode(&arena, &wf_type_history_message, bytes, &message, &err) == WF_OK) {
        check(&arena, &message);
    }
    wf_arena_deinit(&arena);
    return 0;
}
