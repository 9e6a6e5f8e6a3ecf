/*
 * How fast histories are decoded, by size and by form, and whether the cost of an event stays the
 * same as histories grow.
 */
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "engine/archive.h"
#include "tests/support/synthetic_history.h"
#include "tests/support/test.h"

#define EVENTS_PER_ROUND 200000 /* as many histories of each size as make these */
#define ROUNDS 7                /* the fastest counts */
#define HISTORIES_MAX (EVENTS_PER_ROUND / 100)

enum form { FORM_PROTOBUF, FORM_FRAMES, FORM_JSON, FORM_COUNT };
static const char *const form_names[FORM_COUNT] = {"protobuf", "zstd frames", "JSON"};

static double now_seconds(void)
{
    struct timespec time;

    clock_gettime(CLOCK_MONOTONIC, &time);
    return (double)time.tv_sec + (double)time.tv_nsec / 1e9;
}

/* Keeps blocks for reuse, as a replay does: the benchmark is of decoding, not of the system's
 * allocator. */
struct kept_block {
    struct kept_block *next;
    size_t size_bytes;
};

static void *take_kept(void *context, size_t size_bytes)
{
    struct kept_block **kept = context;

    for (struct kept_block **at = kept; *at != NULL; at = &(*at)->next) {
        if ((*at)->size_bytes == size_bytes) {
            struct kept_block *block = *at;

            *at = block->next;
            return block;
        }
    }
    return malloc(size_bytes);
}

static void give_kept(void *context, void *block, size_t size_bytes)
{
    struct kept_block **kept = context;
    struct kept_block *returned = block;

    *returned = (struct kept_block){*kept, size_bytes};
    *kept = returned;
}

struct input {
    uint32_t event_count;
    uint32_t count;
    struct wf_string histories[FORM_COUNT][HISTORIES_MAX];
    struct wf_string archive;
};

static void make_input(struct wf_arena *arena, uint32_t event_count, struct input *input)
{
    struct wf_archive_writer writer;
    struct wf_arena own;
    struct wf_buffer archive;
    struct wf_error err;

    input->event_count = event_count;
    input->count = EVENTS_PER_ROUND / event_count;
    wf_arena_init(&own, wf_system_blocks(), 0);
    wf_buffer_init(&archive, arena);
    assert_int_equal(wf_archive_writer_init(&writer, &own, &archive, &err), WF_OK);
    for (uint32_t i = 0; i < input->count; i++) {
        struct wf_arena scratch;
        struct wf_history history;
        struct wf_buffer out;

        wf_arena_init(&scratch, wf_system_blocks(), 0);
        synthetic_history(&scratch, i, event_count, &history);
        wf_buffer_init(&out, &scratch);
        wf_history_write_protobuf(&history, &out);
        input->histories[FORM_PROTOBUF][i] = wf_string_copy(arena, wf_buffer_string(&out));
        wf_buffer_init(&out, &scratch);
        wf_history_write_json(&history, &out);
        input->histories[FORM_JSON][i] = wf_string_copy(arena, wf_buffer_string(&out));
        assert_int_equal(wf_archive_append_history(&writer, &history, &archive, &err), WF_OK);
        wf_arena_deinit(&scratch);
    }
    assert_int_equal(wf_archive_finish(&writer, &archive, &err), WF_OK);
    input->archive = wf_buffer_string(&archive);
    wf_arena_deinit(&own);
}

static uint64_t decode_one(struct wf_arena *arena, struct wf_string bytes, enum form form)
{
    struct wf_history_message message = {0};
    struct wf_history_reader reader;
    struct wf_history history;
    struct wf_error err;

    if (form == FORM_PROTOBUF) {
        assert_int_equal(wf_wire_decode(arena, &wf_type_history_message, bytes, &message, &err),
                         WF_OK);
        return message.events.count;
    }
    assert_int_equal(wf_history_reader_init(&reader, arena, bytes, 1, &err), WF_OK);
    assert_int_equal(wf_history_reader_next(&reader, arena, &history, &err), WF_OK);
    return history.event_count;
}

static uint64_t decode_frames(struct wf_arena *arena, struct wf_arena *reader_arena,
                              struct wf_string archive)
{
    struct wf_history_reader reader;
    struct wf_history history;
    struct wf_error err;
    uint64_t event_count = 0;

    assert_int_equal(wf_history_reader_init(&reader, reader_arena, archive, 1, &err), WF_OK);
    while (wf_history_reader_next(&reader, arena, &history, &err) == WF_OK) {
        event_count += history.event_count;
        wf_arena_reset(arena);
    }
    wf_arena_reset(reader_arena);
    return event_count;
}

static double nanoseconds_per_event(const struct input *input, enum form form,
                                    const struct wf_block_source *source)
{
    double best = 1e9;

    for (int round = 0; round < ROUNDS; round++) {
        struct wf_arena arena;
        struct wf_arena reader_arena;
        uint64_t event_count = 0;
        double start = 0;
        double elapsed = 0;

        wf_arena_init(&arena, source, 0);
        wf_arena_init(&reader_arena, source, 0);
        start = now_seconds();
        if (form == FORM_FRAMES) {
            event_count = decode_frames(&arena, &reader_arena, input->archive);
        } else {
            for (uint32_t i = 0; i < input->count; i++) {
                event_count += decode_one(&arena, input->histories[form][i], form);
                wf_arena_reset(&arena);
            }
        }
        elapsed = (now_seconds() - start) * 1e9 / (double)event_count;
        best = elapsed < best ? elapsed : best;
        wf_arena_deinit(&reader_arena);
        wf_arena_deinit(&arena);
    }
    return best;
}

int main(void)
{
    static const uint32_t event_counts[] = {100, 1000, 10000, 50000};
    static struct input input;
    struct kept_block *kept = NULL;
    const struct wf_block_source source = {take_kept, give_kept, &kept};
    double first[FORM_COUNT] = {0};
    double last[FORM_COUNT] = {0};

    printf("decoding: millions of events a second, one core (nanoseconds an event)\n%-10s",
           "events");
    for (int form = 0; form < FORM_COUNT; form++) {
        printf("%22s", form_names[form]);
    }
    printf("\n");
    for (size_t i = 0; i < TEST_COUNT(event_counts); i++) {
        struct wf_arena arena;

        wf_arena_init(&arena, wf_system_blocks(), 0);
        make_input(&arena, event_counts[i], &input);
        printf("%-10u", event_counts[i]);
        for (int form = 0; form < FORM_COUNT; form++) {
            last[form] = nanoseconds_per_event(&input, (enum form)form, &source);
            first[form] = i == 0 ? last[form] : first[form];
            printf("%14.2f (%4.0f)", 1e3 / last[form], last[form]);
        }
        printf("\n");
        wf_arena_deinit(&arena);
    }
    printf("%-10s", "growth");
    for (int form = 0; form < FORM_COUNT; form++) {
        printf("%20.2fx", last[form] / first[form]);
    }
    printf("   cost of an event, %u to %u events a history\n", event_counts[0],
           event_counts[TEST_COUNT(event_counts) - 1]);
    return EXIT_SUCCESS;
}
