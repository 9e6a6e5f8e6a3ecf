/*
 * The codecs against real histories of other people, with the forms that official tools give for
 * them. They are not part of this repository: $WFSIM_CORPUS or ../shared/corpus, else the test says
 * that it skipped them.
 */
#include "tests/support/test.h"

#include <stdio.h>

#include "engine/archive.h"
#include "tests/support/corpus.h"

#define UNPACKED_BYTES_MAX CORPUS_UNPACKED_BYTES_MAX

static void read_golden(const struct corpus *corpus, size_t i, const char *suffix,
                        struct wf_arena *arena, struct wf_string *golden)
{
    char name[512];

    assert_true(snprintf(name, sizeof name, "golden/%s%s", corpus->ids[i].data, suffix) <
                (int)sizeof name);
    assert_true(corpus_read_file(arena, corpus->folder, name, golden));
}

static void assert_same_bytes(const char *id, const char *what, struct wf_string ours,
                              struct wf_string golden)
{
    size_t at = 0;

    if (wf_string_equal(ours, golden)) {
        return;
    }
    while (at < ours.size_bytes && at < golden.size_bytes && ours.data[at] == golden.data[at]) {
        at++;
    }
    at = at < 60 ? 0 : at - 60;
    fail_msg("%s: %s differs at byte %zu:\n  ours   %.160s\n  golden %.160s", id, what, at,
             ours.data + at, golden.data + at);
}

/* Every file decodes to what official tools decode it to, and both forms are written as these write
 * them. */
static void test_corpus__both_golden_forms_are_written_byte_for_byte(void **state)
{
    struct corpus *corpus = *state;
    size_t checked_count = 0;

    if (corpus_skips(corpus)) {
        return;
    }
    for (size_t i = 0; i < corpus->count; i++) {
        struct wf_arena arena;
        struct wf_buffer out;
        struct wf_history history;
        struct wf_string golden;

        if (!corpus->has_golden[i]) {
            continue;
        }
        wf_arena_init(&arena, wf_system_blocks(), 0);
        corpus_read_history(corpus, i, &arena, &history);
        wf_buffer_init(&out, &arena);
        wf_history_write_protobuf(&history, &out);
        read_golden(corpus, i, ".pb", &arena, &golden);
        assert_same_bytes(corpus->ids[i].data, "protobuf", wf_buffer_string(&out), golden);

        wf_buffer_init(&out, &arena);
        wf_history_write_json(&history, &out);
        read_golden(corpus, i, ".canonical.json", &arena, &golden);
        wf_buffer_append_char(&out, '\0');
        out.size_bytes--;
        assert_same_bytes(corpus->ids[i].data, "JSON", wf_buffer_string(&out), golden);
        wf_arena_deinit(&arena);
        checked_count++;
    }
    print_message("%zu histories\n", checked_count);
    assert_true(checked_count > 0);
}

static void assert_archive_gives(struct corpus *corpus, struct wf_arena *arena,
                                 struct wf_string archive)
{
    struct wf_history_reader reader;
    struct wf_error err = {0};

    assert_int_equal(wf_history_reader_init(&reader, arena, archive, UNPACKED_BYTES_MAX, &err),
                     WF_OK);
    assert_int_equal(reader.format, WF_FORMAT_ARCHIVE);
    for (size_t i = 0; i < corpus->count; i++) {
        struct wf_arena own;
        struct wf_history history;
        struct wf_buffer out;
        struct wf_string golden;

        if (!corpus->has_golden[i]) {
            continue;
        }
        wf_arena_init(&own, wf_system_blocks(), 0);
        assert_int_equal(wf_history_reader_next(&reader, &own, &history, &err), WF_OK);
        wf_buffer_init(&out, &own);
        wf_history_write_protobuf(&history, &out);
        read_golden(corpus, i, ".pb", &own, &golden);
        assert_same_bytes(corpus->ids[i].data, ".wfh", wf_buffer_string(&out), golden);
        wf_arena_deinit(&own);
    }
}

/* Through an archive, from either golden form, nothing is lost. */
static void test_corpus__archives_round_trip_both_forms(void **state)
{
    struct corpus *corpus = *state;
    static const char *const suffixes[] = {".pb", ".canonical.json"};

    if (corpus_skips(corpus)) {
        return;
    }
    for (size_t form = 0; form < TEST_COUNT(suffixes); form++) {
        struct wf_arena arena;
        struct wf_arena writer_arena;
        struct wf_arena reader_arena;
        struct wf_archive_writer writer;
        struct wf_buffer out;
        struct wf_error err = {0};

        wf_arena_init(&arena, wf_system_blocks(), 0);
        wf_arena_init(&writer_arena, wf_system_blocks(), 0);
        wf_arena_init(&reader_arena, wf_system_blocks(), 0);
        wf_buffer_init(&out, &arena);
        assert_int_equal(wf_archive_writer_init(&writer, &writer_arena, &out, &err), WF_OK);
        for (size_t i = 0; i < corpus->count; i++) {
            struct wf_history_reader reader;
            struct wf_history history;
            struct wf_string golden;
            struct wf_arena own;

            if (!corpus->has_golden[i]) {
                continue;
            }
            wf_arena_init(&own, wf_system_blocks(), 0);
            read_golden(corpus, i, suffixes[form], &own, &golden);
            assert_int_equal(
                wf_history_reader_init(&reader, &own, golden, UNPACKED_BYTES_MAX, &err), WF_OK);
            assert_int_equal(wf_history_reader_next(&reader, &own, &history, &err), WF_OK);
            assert_int_equal(wf_archive_append_history(&writer, &history, &out, &err), WF_OK);
            wf_arena_deinit(&own);
        }
        assert_int_equal(wf_archive_finish(&writer, &out, &err), WF_OK);
        assert_archive_gives(corpus, &reader_arena, wf_buffer_string(&out));
        wf_arena_deinit(&reader_arena);
        wf_arena_deinit(&writer_arena);
        wf_arena_deinit(&arena);
    }
}

/* What is no Temporal history is refused with a sentence that says what it is. */
static void test_corpus__what_is_no_history_is_refused_by_name(void **state)
{
    static const struct {
        const char *id_prefix;
        enum wf_status expected;
        const char *says;
    } rows[] = {
        {"cad", WF_ERR_UNSUPPORTED, "Cadence"},
        {"java-testAsync", WF_ERR_UNSUPPORTED, "before Temporal 1.0"},
        {"srv-archival", WF_ERR_UNSUPPORTED, "before Temporal 1.0"},
        {"ui-all-event-types", WF_ERR_INVALID, "WorkflowExecutionCanceled, TimerCanceled"},
        {"ui-event-groups", WF_ERR_INVALID, "id, name, events"},
        {"ui-events", WF_ERR_UNSUPPORTED, "web UI"},
    };
    struct corpus *corpus = *state;

    if (corpus_skips(corpus)) {
        return;
    }
    for (size_t i = 0; i < corpus->count; i++) {
        struct wf_arena arena;
        struct wf_history_reader reader;
        struct wf_history history;
        struct wf_error err = {0};
        struct wf_string file;
        enum wf_status status = WF_OK;
        size_t row = 0;

        if (corpus->has_golden[i]) {
            continue;
        }
        wf_arena_init(&arena, wf_system_blocks(), 0);
        assert_true(corpus_read_file(&arena, corpus->folder, corpus->files[i].data, &file));
        status = wf_history_reader_init(&reader, &arena, file, UNPACKED_BYTES_MAX, &err);
        if (status == WF_OK) {
            status = wf_history_reader_next(&reader, &arena, &history, &err);
        }
        print_message("%s: %s\n", corpus->ids[i].data, err.message);
        while (row < TEST_COUNT(rows) &&
               !wf_string_starts_with(corpus->ids[i], wf_string_of(rows[row].id_prefix))) {
            row++;
        }
        assert_true(row < TEST_COUNT(rows));
        assert_int_equal(status, rows[row].expected);
        assert_non_null(strstr(err.message, rows[row].says));
        wf_arena_deinit(&arena);
    }
}

/* Valid histories have the shape that replay needs, whatever their order; fragments and broken ids
 * do not. */
static void test_corpus__normalise_tells_histories_from_parts(void **state)
{
    struct corpus *corpus = *state;

    if (corpus_skips(corpus)) {
        return;
    }
    for (size_t i = 0; i < corpus->count; i++) {
        const bool is_valid = wf_string_starts_with(corpus->validity[i], WF_STR("valid")) ||
                              wf_string_is(corpus->validity[i], "damaged-refs");
        struct wf_arena arena;
        struct wf_history history;
        struct wf_error err = {0};
        enum wf_status status = WF_OK;

        if (!corpus->has_golden[i]) {
            continue;
        }
        wf_arena_init(&arena, wf_system_blocks(), 0);
        corpus_read_history(corpus, i, &arena, &history);
        status = wf_history_normalise(&history, &err);
        if (status != (is_valid ? WF_OK : WF_ERR_INVALID)) {
            fail_msg("%s, which is %s: %s", corpus->ids[i].data, corpus->validity[i].data,
                     err.message);
        }
        if (!is_valid) {
            print_message("%s, which is %s: %s\n", corpus->ids[i].data, corpus->validity[i].data,
                          err.message);
        }
        assert_true(status != WF_OK || history.events[0].event_id == 1);
        wf_arena_deinit(&arena);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_corpus__both_golden_forms_are_written_byte_for_byte),
        cmocka_unit_test(test_corpus__archives_round_trip_both_forms),
        cmocka_unit_test(test_corpus__what_is_no_history_is_refused_by_name),
        cmocka_unit_test(test_corpus__normalise_tells_histories_from_parts),
    };

    return cmocka_run_group_tests_name("corpus_codec", tests, corpus_read_manifest, corpus_drop_manifest);
}
