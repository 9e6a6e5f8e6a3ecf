#include "tests/support/test.h"

#include "engine/archive.h"
#include "tests/support/synthetic_history.h"

/* An archive in memory and the places where its history frames end. */
struct sample {
    struct wf_buffer bytes;
    size_t frame_ends[64];
    uint32_t count;
};

static void make_history(struct wf_arena *arena, uint32_t i, struct wf_history *history)
{
    synthetic_history(arena, i, 8 + i % 13, history);
    history->scenario = WF_STR("scenarios/saga.yaml");
    history->seed = 1000 + i;
    history->code_digest = UINT64_C(0xfeedface00000000) + i;
    history->has_other_options = i % 2 == 1;
}

static void make_sample(struct wf_arena *arena, uint32_t count, struct sample *sample)
{
    struct wf_archive_writer writer;
    struct wf_arena own;
    struct wf_error err = {0};

    wf_arena_init(&own, wf_system_blocks(), 0);
    memset(sample, 0, sizeof *sample);
    wf_buffer_init(&sample->bytes, arena);
    assert_int_equal(wf_archive_writer_init(&writer, &own, &sample->bytes, &err), WF_OK);
    for (uint32_t i = 0; i < count; i++) {
        struct wf_arena scratch;
        struct wf_history history;

        wf_arena_init(&scratch, wf_system_blocks(), 0);
        make_history(&scratch, i, &history);
        assert_int_equal(wf_archive_append_history(&writer, &history, &sample->bytes, &err), WF_OK);
        if (i < TEST_COUNT(sample->frame_ends)) {
            sample->frame_ends[i] = sample->bytes.size_bytes;
        }
        wf_arena_deinit(&scratch);
    }
    sample->count = count;
    assert_int_equal(wf_archive_finish(&writer, &sample->bytes, &err), WF_OK);
    assert_int_equal(writer.offset, sample->bytes.size_bytes);
    wf_arena_deinit(&own);
}

/* The history at `index` of an open archive is what make_history made of `made`. */
static void assert_history(struct wf_archive_reader *reader, struct wf_string file, uint64_t index,
                           uint32_t made)
{
    struct wf_arena arena;
    struct wf_history history;
    struct wf_history expected;
    struct wf_error err = {0};

    wf_arena_init(&arena, wf_system_blocks(), 0);
    wf_archive_reader_seek(reader, index);
    if (wf_archive_reader_supply_all(reader, file, &err) != WF_OK ||
        wf_archive_reader_history(reader, &arena, &history, &err) != WF_OK) {
        fail_msg("history %u: %s", made, err.message);
    }
    make_history(&arena, made, &expected);
    assert_int_equal(history.event_count, expected.event_count);
    for (uint32_t i = 0; i < history.event_count; i++) {
        assert_true(wf_message_equal(&wf_type_event, &history.events[i], &expected.events[i]));
    }
    assert_true(wf_string_equal(history.workflow_id, expected.workflow_id));
    assert_true(wf_string_equal(history.run_id, expected.run_id));
    assert_true(wf_string_equal(history.workflow_type, expected.workflow_type));
    assert_true(wf_string_equal(history.scenario, expected.scenario));
    assert_int_equal(history.seed, expected.seed);
    assert_int_equal(history.code_digest, expected.code_digest);
    assert_int_equal(history.has_other_options, expected.has_other_options);
    wf_arena_deinit(&arena);
}

/* What is written is read, in any order, with the entry that the events give. */
static void test_archive__histories_come_back_in_any_order(void **state)
{
    struct wf_arena *arena = *state;
    struct wf_arena own;
    struct sample sample;
    struct wf_archive_reader reader;
    struct wf_error err = {0};

    wf_arena_init(&own, wf_system_blocks(), 0);
    make_sample(arena, 20, &sample);
    assert_int_equal(wf_archive_reader_init(&reader, &own, sample.bytes.size_bytes, &err), WF_OK);
    assert_int_equal(wf_archive_reader_supply_all(&reader, wf_buffer_string(&sample.bytes), &err),
                     WF_OK);

    assert_int_equal(reader.history_count, 20);
    assert_false(reader.is_recovered);
    for (uint32_t i = 0; i < 20; i++) {
        const uint32_t index = i * 7 % 20;

        assert_history(&reader, wf_buffer_string(&sample.bytes), index, index);
        assert_int_equal(wf_archive_reader_entry(&reader)->status,
                         WF_WORKFLOW_EXECUTION_STATUS_COMPLETED);
        assert_int_equal(wf_archive_reader_entry(&reader)->event_count, 8 + index % 13);
        assert_true(wf_archive_reader_entry(&reader)->start_time.is_set);
        assert_true(wf_archive_reader_entry(&reader)->close_time.seconds >=
                    wf_archive_reader_entry(&reader)->start_time.seconds);
        assert_true(wf_archive_reader_entry(&reader)->task_queue.size_bytes > 0);
    }
    wf_arena_deinit(&own);
}

/* The bytes depend on the histories alone. */
static void test_archive__same_histories_same_bytes(void **state)
{
    struct sample first;
    struct sample second;

    make_sample(*state, 5, &first);
    make_sample(*state, 5, &second);

    assert_true(wf_string_equal(wf_buffer_string(&first.bytes), wf_buffer_string(&second.bytes)));
}

/* An archive without histories is one. */
static void test_archive__may_be_empty(void **state)
{
    struct wf_arena own;
    struct sample sample;
    struct wf_archive_reader reader;
    struct wf_error err = {0};

    wf_arena_init(&own, wf_system_blocks(), 0);
    make_sample(*state, 0, &sample);
    assert_int_equal(wf_archive_reader_init(&reader, &own, sample.bytes.size_bytes, &err), WF_OK);
    assert_int_equal(wf_archive_reader_supply_all(&reader, wf_buffer_string(&sample.bytes), &err),
                     WF_OK);

    assert_int_equal(reader.history_count, 0);
    assert_false(reader.is_recovered);
    wf_arena_deinit(&own);
}

/* A crash in mid-write loses at most what was not whole: cut at every byte, all whole frames are
 * there. */
static void test_archive__cut_at_every_byte_keeps_whole_frames(void **state)
{
    struct sample sample;

    make_sample(*state, 6, &sample);
    for (size_t cut = 0; cut < sample.bytes.size_bytes; cut++) {
        const struct wf_string file = {sample.bytes.data, cut};
        struct wf_arena own;
        struct wf_archive_reader reader;
        struct wf_error err = {0};
        enum wf_status status = WF_OK;
        uint32_t whole_count = 0;

        while (whole_count < sample.count && sample.frame_ends[whole_count] <= cut) {
            whole_count++;
        }
        wf_arena_init(&own, wf_system_blocks(), 0);
        assert_int_equal(wf_archive_reader_init(&reader, &own, cut, &err), WF_OK);
        status = wf_archive_reader_supply_all(&reader, file, &err);
        if (cut < WF_ARCHIVE_HEADER_BYTES) {
            assert_int_equal(status, WF_ERR_CORRUPT);
        } else {
            assert_int_equal(status, WF_OK);
            assert_int_equal(reader.history_count, whole_count);
            assert_true(reader.is_recovered);
            for (uint32_t i = 0; i < whole_count; i++) {
                assert_history(&reader, file, i, i);
            }
        }
        wf_arena_deinit(&own);
    }
}

/* Opens and reads everything there is; the statuses may be errors, the histories that are read are
 * right. */
static uint32_t count_readable(struct wf_string file)
{
    struct wf_arena own;
    struct wf_arena scratch;
    struct wf_archive_reader reader;
    struct wf_error err = {0};
    uint32_t readable_count = 0;

    wf_arena_init(&own, wf_system_blocks(), 0);
    wf_arena_init(&scratch, wf_system_blocks(), 0);
    assert_int_equal(wf_archive_reader_init(&reader, &own, file.size_bytes, &err), WF_OK);
    if (wf_archive_reader_supply_all(&reader, file, &err) == WF_OK) {
        for (uint64_t i = 0; i < reader.history_count; i++) {
            struct wf_history history;

            wf_archive_reader_seek(&reader, i);
            if (wf_archive_reader_supply_all(&reader, file, &err) == WF_OK &&
                wf_archive_reader_history(&reader, &scratch, &history, &err) == WF_OK) {
                assert_history(&reader, file, i, (uint32_t)(history.seed - 1000));
                readable_count++;
            }
        }
    }
    wf_arena_deinit(&scratch);
    wf_arena_deinit(&own);
    return readable_count;
}

/*
 * A flipped bit damages at most the history it lies in; what is handed out is what was written. In
 * a chunk it hides the histories of that chunk, and each seek says so; in root or end it costs the
 * index, and all is found by reading every frame.
 */
static void test_archive__a_flipped_bit_is_noticed(void **state)
{
    struct sample sample;
    size_t root_offset = 0;

    make_sample(*state, 3, &sample);
    assert_int_equal(count_readable(wf_buffer_string(&sample.bytes)), 3);
    root_offset = (size_t)wf_load_u64(sample.bytes.data + sample.bytes.size_bytes -
                                      WF_ARCHIVE_END_BYTES + 16);
    for (size_t bit = 0; bit < sample.bytes.size_bytes * 8; bit += 5) {
        const size_t at = bit / 8;
        uint32_t expected_count = 3;

        if (at < WF_ARCHIVE_HEADER_BYTES) {
            expected_count = 0;
        } else if (at < sample.frame_ends[2]) {
            expected_count = 2;
        } else if (at < root_offset) {
            expected_count = 0;
        }
        sample.bytes.data[at] = (char)(sample.bytes.data[at] ^ (1 << bit % 8));
        assert_int_equal(count_readable(wf_buffer_string(&sample.bytes)), expected_count);
        sample.bytes.data[at] = (char)(sample.bytes.data[at] ^ (1 << bit % 8));
    }
}

/* One history of ten thousand is read by touching the index and two frames: its chunk's and its
 * own. */
static void test_archive__random_access_touches_the_index_and_two_frames(void **state)
{
    struct wf_arena own;
    struct sample sample;
    struct wf_archive_reader reader;
    struct wf_error err = {0};
    struct wf_archive_range range;
    size_t opening_bytes = 0;

    make_sample(*state, 10000, &sample);
    wf_arena_init(&own, wf_system_blocks(), 0);
    assert_int_equal(wf_archive_reader_init(&reader, &own, sample.bytes.size_bytes, &err), WF_OK);
    while (wf_archive_reader_needs(&reader, &range)) {
        opening_bytes += range.size_bytes;
        assert_int_equal(wf_archive_reader_supply(
                             &reader,
                             (struct wf_string){sample.bytes.data + range.offset, range.size_bytes},
                             &err),
                         WF_OK);
    }
    assert_int_equal(reader.history_count, 10000);
    assert_true(opening_bytes < 1024);

    for (uint32_t index = 17; index < 10000; index += 1999) {
        size_t request_count = 0;
        size_t touched_bytes = 0;

        wf_archive_reader_seek(&reader, index);
        while (wf_archive_reader_needs(&reader, &range)) {
            request_count++;
            touched_bytes += range.size_bytes;
            assert_int_equal(
                wf_archive_reader_supply(
                    &reader, (struct wf_string){sample.bytes.data + range.offset, range.size_bytes},
                    &err),
                WF_OK);
        }
        assert_int_equal(request_count, 2);
        assert_true(touched_bytes < 64 * 1024);
        assert_history(&reader, wf_buffer_string(&sample.bytes), index, index);
    }
    print_message("%zu bytes in all, %zu to open\n", sample.bytes.size_bytes, opening_bytes);
    wf_arena_deinit(&own);
}

/* Listing reads the chunks alone, and needs the memory of one. */
static void test_archive__listing_reads_no_history(void **state)
{
    struct wf_arena own;
    struct sample sample;
    struct wf_archive_reader reader;
    struct wf_error err = {0};
    size_t request_count = 0;
    size_t used_bytes = 0;

    make_sample(*state, 3000, &sample);
    wf_arena_init(&own, wf_system_blocks(), 0);
    assert_int_equal(wf_archive_reader_init(&reader, &own, sample.bytes.size_bytes, &err), WF_OK);
    assert_int_equal(wf_archive_reader_supply_all(&reader, wf_buffer_string(&sample.bytes), &err),
                     WF_OK);
    for (uint64_t i = 0; i < reader.history_count; i++) {
        struct wf_archive_range range;

        wf_archive_reader_seek_entry(&reader, i);
        while (wf_archive_reader_needs(&reader, &range)) {
            request_count++;
            assert_int_equal(
                wf_archive_reader_supply(
                    &reader, (struct wf_string){sample.bytes.data + range.offset, range.size_bytes},
                    &err),
                WF_OK);
        }
        assert_int_equal(wf_archive_reader_entry(&reader)->seed, 1000 + i);
        if (i == 300) {
            used_bytes = own.used_bytes;
        }
    }

    assert_int_equal(request_count,
                     (3000 + WF_ARCHIVE_CHUNK_HISTORIES - 1) / WF_ARCHIVE_CHUNK_HISTORIES);
    assert_true(own.used_bytes <= used_bytes + 4 * WF_ARENA_BLOCK_BYTES);
    wf_arena_deinit(&own);
}

/* Segments of children, one of them cut, are joined in order; the frames are copied as they are. */
static void test_archive__segments_are_joined(void **state)
{
    struct wf_arena *arena = *state;
    struct wf_arena own;
    struct wf_arena scratch;
    struct sample first;
    struct sample second;
    struct wf_archive_writer writer;
    struct wf_archive_reader reader;
    struct wf_buffer joined;
    struct wf_error err = {0};
    const uint32_t expected[] = {0, 1, 2, 3, 4, 0, 1};

    make_sample(arena, 5, &first);
    make_sample(arena, 3, &second);
    wf_arena_init(&own, wf_system_blocks(), 0);
    wf_arena_init(&scratch, wf_system_blocks(), 0);
    wf_buffer_init(&joined, arena);
    assert_int_equal(wf_archive_writer_init(&writer, &own, &joined, &err), WF_OK);
    assert_int_equal(
        wf_archive_append_segment(&writer, &scratch, wf_buffer_string(&first.bytes), &joined, &err),
        WF_OK);
    second.bytes.size_bytes = second.frame_ends[2] - 1;
    assert_int_equal(wf_archive_append_segment(&writer, &scratch, wf_buffer_string(&second.bytes),
                                               &joined, &err),
                     WF_OK);
    assert_int_equal(wf_archive_finish(&writer, &joined, &err), WF_OK);
    wf_arena_reset(&own);

    assert_int_equal(wf_archive_reader_init(&reader, &own, joined.size_bytes, &err), WF_OK);
    assert_int_equal(wf_archive_reader_supply_all(&reader, wf_buffer_string(&joined), &err), WF_OK);
    assert_int_equal(reader.history_count, TEST_COUNT(expected));
    for (uint32_t i = 0; i < TEST_COUNT(expected); i++) {
        assert_history(&reader, wf_buffer_string(&joined), i, expected[i]);
    }
    assert_memory_equal(joined.data, first.bytes.data, first.frame_ends[4]);
    wf_arena_deinit(&scratch);
    wf_arena_deinit(&own);
}

/* Memory of the writer does not grow with the number of histories, when its output is written away.
 */
static void test_archive__writing_needs_bounded_memory(void **state)
{
    struct wf_arena *arena = *state;
    struct wf_arena own;
    struct wf_arena scratch;
    struct wf_archive_writer writer;
    struct wf_buffer out;
    struct wf_history history;
    struct wf_error err = {0};
    size_t early_bytes = 0;

    wf_arena_init(&own, wf_system_blocks(), 0);
    wf_arena_init(&scratch, wf_system_blocks(), 0);
    wf_buffer_init(&out, arena);
    assert_int_equal(wf_archive_writer_init(&writer, &own, &out, &err), WF_OK);
    make_history(&scratch, 1, &history);
    for (int i = 0; i < 20000; i++) {
        wf_buffer_reset(&out);
        assert_int_equal(wf_archive_append_history(&writer, &history, &out, &err), WF_OK);
        if (i == 1000) {
            early_bytes = own.used_bytes;
        }
    }

    assert_true(own.used_bytes <= early_bytes + 2 * WF_ARENA_BLOCK_BYTES);
    wf_arena_deinit(&scratch);
    wf_arena_deinit(&own);
}

/* A large history goes through the small workspace of the packer. */
static void test_archive__a_large_history_is_packed(void **state)
{
    struct wf_arena *arena = *state;
    struct wf_arena own;
    struct wf_archive_writer writer;
    struct wf_archive_reader reader;
    struct wf_buffer out;
    struct wf_history history;
    struct wf_history again;
    struct wf_error err = {0};

    wf_arena_init(&own, wf_system_blocks(), 0);
    synthetic_history(arena, 3, 20000, &history);
    wf_buffer_init(&out, arena);
    assert_int_equal(wf_archive_writer_init(&writer, &own, &out, &err), WF_OK);
    assert_int_equal(wf_archive_append_history(&writer, &history, &out, &err), WF_OK);
    assert_int_equal(wf_archive_finish(&writer, &out, &err), WF_OK);
    wf_arena_deinit(&own);

    wf_arena_init(&own, wf_system_blocks(), 0);
    assert_int_equal(wf_archive_reader_init(&reader, &own, out.size_bytes, &err), WF_OK);
    assert_int_equal(wf_archive_reader_supply_all(&reader, wf_buffer_string(&out), &err), WF_OK);
    wf_archive_reader_seek(&reader, 0);
    assert_int_equal(wf_archive_reader_supply_all(&reader, wf_buffer_string(&out), &err), WF_OK);
    assert_int_equal(wf_archive_reader_history(&reader, arena, &again, &err), WF_OK);
    assert_int_equal(again.event_count, 20000);
    assert_true(wf_message_equal(&wf_type_event, &again.events[19999], &history.events[19999]));
    wf_arena_deinit(&own);
}

/* A file without a byte is cut within its header. Found by fuzzing, as arithmetic on NULL. */
static void test_archive__an_empty_file_is_refused(void **state)
{
    struct wf_archive_reader reader;
    struct wf_error err = {0};
    const struct wf_string empty = {NULL, 0};

    assert_int_equal(wf_archive_reader_init(&reader, *state, 0, &err), WF_OK);
    assert_int_equal(wf_archive_reader_supply_all(&reader, empty, &err), WF_ERR_CORRUPT);
}

/* Foreign bytes, newer versions and unknown dictionaries are told apart. */
static void test_archive__headers_are_checked(void **state)
{
    static const struct {
        const char *name;
        size_t at;
        char byte;
        enum wf_status expected;
    } rows[] = {
        {"other magic", 1, 'X', WF_ERR_CORRUPT},     {"text mode", 4, '\n', WF_ERR_CORRUPT},
        {"newer version", 8, 2, WF_ERR_UNSUPPORTED}, {"version zero", 8, 0, WF_ERR_CORRUPT},
        {"checksum", 17, 'X', WF_ERR_CORRUPT},
    };
    struct sample sample;

    make_sample(*state, 1, &sample);
    for (size_t i = 0; i < TEST_COUNT(rows); i++) {
        const char kept = sample.bytes.data[rows[i].at];
        struct wf_arena own;
        struct wf_archive_reader reader;
        struct wf_error err = {0};

        print_message("%s\n", rows[i].name);
        wf_arena_init(&own, wf_system_blocks(), 0);
        sample.bytes.data[rows[i].at] = rows[i].byte;
        assert_int_equal(wf_archive_reader_init(&reader, &own, sample.bytes.size_bytes, &err),
                         WF_OK);
        assert_int_equal(
            wf_archive_reader_supply_all(&reader, wf_buffer_string(&sample.bytes), &err),
            rows[i].expected);
        sample.bytes.data[rows[i].at] = kept;
        wf_arena_deinit(&own);
    }
}

/* Writer and reader say so when memory ends, and a failed append leaves the buffer as it was. */
static void test_archive__memory_may_end_anywhere(void **state)
{
    struct wf_arena *arena = *state;
    struct test_blocks blocks;
    struct wf_history history;
    struct sample sample;

    make_history(arena, 1, &history);
    make_sample(arena, 3, &sample);
    for (size_t fail_from = 1; fail_from < 40; fail_from++) {
        struct wf_arena own;
        struct wf_archive_writer writer;
        struct wf_archive_reader reader;
        struct wf_buffer out;
        struct wf_error err = {0};
        enum wf_status status = WF_OK;

        test_blocks_init(&blocks);
        blocks.fail_from = fail_from;
        wf_arena_init(&own, &blocks.source, 0);
        wf_buffer_init(&out, &own);
        status = wf_archive_writer_init(&writer, &own, &out, &err);
        for (int i = 0; i < 300 && status == WF_OK; i++) {
            const size_t before = out.size_bytes;

            status = wf_archive_append_history(&writer, &history, &out, &err);
            assert_true(status == WF_OK || status == WF_ERR_MEMORY);
            assert_true(status == WF_OK || out.size_bytes >= before);
        }
        wf_arena_deinit(&own);

        test_blocks_init(&blocks);
        blocks.fail_from = fail_from;
        wf_arena_init(&own, &blocks.source, 0);
        status = wf_archive_reader_init(&reader, &own, sample.bytes.size_bytes, &err);
        if (status == WF_OK) {
            status = wf_archive_reader_supply_all(&reader, wf_buffer_string(&sample.bytes), &err);
        }
        assert_true(status == WF_OK || status == WF_ERR_MEMORY);
        wf_arena_deinit(&own);
    }
}

/* Archives one after the other are read as one; cut anywhere, the first ones are there, and that something is missing is said. */
static void test_archive__several_in_one_file_are_all_read(void **state)
{
    struct wf_arena *arena = *state;
    struct wf_arena own;
    struct sample first;
    struct sample second;
    struct wf_buffer joined;
    struct wf_error err = {0};

    make_sample(arena, 3, &first);
    make_sample(arena, 2, &second);
    wf_arena_init(&own, wf_system_blocks(), 0);
    wf_buffer_init(&joined, arena);
    wf_buffer_append_string(&joined, wf_buffer_string(&first.bytes));
    wf_buffer_append_string(&joined, wf_buffer_string(&second.bytes));
    for (size_t size = first.bytes.size_bytes; size <= joined.size_bytes; size++) {
        const size_t behind = size - first.bytes.size_bytes;
        const bool is_whole = behind == 0 || size == joined.size_bytes;
        const uint32_t further = (behind >= second.frame_ends[0] ? 1u : 0u) + (behind >= second.frame_ends[1] ? 1u : 0u);
        struct wf_archive_reader reader;

        wf_arena_reset(&own);
        assert_int_equal(wf_archive_reader_init(&reader, &own, size, &err), WF_OK);
        assert_int_equal(wf_archive_reader_supply_all(&reader, (struct wf_string){joined.data, size}, &err), WF_OK);

        assert_int_equal(reader.history_count, 3 + further);
        assert_int_equal(wf_archive_reader_check_end(&reader, &err), is_whole ? WF_OK : WF_ERR_CORRUPT);
        if (size == joined.size_bytes) {
            for (uint32_t i = 0; i < 5; i++) {
                assert_history(&reader, wf_buffer_string(&joined), i, i < 3 ? i : i - 3);
            }
        }
    }
    wf_arena_deinit(&own);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST_IN_ARENA(test_archive__histories_come_back_in_any_order),
        TEST_IN_ARENA(test_archive__same_histories_same_bytes),
        TEST_IN_ARENA(test_archive__may_be_empty),
        TEST_IN_ARENA(test_archive__cut_at_every_byte_keeps_whole_frames),
        TEST_IN_ARENA(test_archive__a_flipped_bit_is_noticed),
        TEST_IN_ARENA(test_archive__random_access_touches_the_index_and_two_frames),
        TEST_IN_ARENA(test_archive__listing_reads_no_history),
        TEST_IN_ARENA(test_archive__segments_are_joined),
        TEST_IN_ARENA(test_archive__several_in_one_file_are_all_read),
        TEST_IN_ARENA(test_archive__writing_needs_bounded_memory),
        TEST_IN_ARENA(test_archive__a_large_history_is_packed),
        TEST_IN_ARENA(test_archive__an_empty_file_is_refused),
        TEST_IN_ARENA(test_archive__headers_are_checked),
        TEST_IN_ARENA(test_archive__memory_may_end_anywhere),
    };

    return cmocka_run_group_tests_name("archive", tests, NULL, NULL);
}
