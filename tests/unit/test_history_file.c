/* Files of histories through a window: what is read is what is in the file, however it lies. */
#include "tests/support/test.h"

#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "engine/archive.h"
#include "sim/cli/history_file.h"
#include "tests/support/synthetic_history.h"

#define WINDOW_BYTES ((size_t)256 << 10) /* of history_file.c */
#define HISTORIES 600
#define LONG_INDEX 300 /* a history whose frame is larger than the window */

static struct wf_arena arena;
static struct wf_string archive; /* some windows of histories */

static int setup(void **state)
{
    static char folder[] = "/tmp/wfsim-test-XXXXXX";
    struct wf_archive_writer writer;
    struct wf_buffer out;
    struct wf_arena own;
    struct wf_error err = {0};

    (void)state;
    wf_arena_init(&arena, wf_system_blocks(), 0);
    wf_arena_init(&own, wf_system_blocks(), 0);
    wf_buffer_init(&out, &arena);
    bool is_made = wf_archive_writer_init(&writer, &own, &out, &err) == WF_OK;
    for (uint32_t i = 0; is_made && i < HISTORIES; i++) {
        struct wf_history history;
        struct wf_arena scratch;

        wf_arena_init(&scratch, wf_system_blocks(), 0);
        synthetic_history(&scratch, i, i == LONG_INDEX ? 30000 : 30 + i % 13, &history);
        const size_t before_bytes = out.size_bytes;
        is_made = wf_archive_append_history(&writer, &history, &out, &err) == WF_OK &&
                  (i != LONG_INDEX || out.size_bytes - before_bytes > WINDOW_BYTES);
        wf_arena_deinit(&scratch);
    }
    is_made = is_made && wf_archive_finish(&writer, &out, &err) == WF_OK;
    wf_arena_deinit(&own);
    archive = wf_buffer_string(&out);
    return !is_made || mkdtemp(folder) == NULL || chdir(folder) != 0 || archive.size_bytes < 3 * WINDOW_BYTES;
}

static int teardown(void **state)
{
    (void)state;
    wf_arena_deinit(&arena);
    return system("rm -rf \"$PWD\"") != 0 || chdir("/") != 0;
}

static void write_file(const char *path, struct wf_string bytes)
{
    struct wf_error err = {0};

    assert_int_equal(cli_file_write(&arena, path, bytes, &err), CLI_EXIT_OK);
}

/* How many histories a file gives before it ends; each must be the one that was put there. */
static uint32_t count_right(struct cli_history_file *file, enum wf_status *end, struct wf_error *err)
{
    struct wf_history_reader reader;
    struct wf_history history;
    struct wf_arena current;
    uint32_t count = 0;

    *end = cli_history_file_read(file, &reader, err);
    wf_arena_init(&current, wf_system_blocks(), 0);
    while (*end == WF_OK && (*end = wf_history_reader_next(&reader, &current, &history, err)) == WF_OK) {
        struct wf_history expected;

        synthetic_history(&current, count, count == LONG_INDEX ? 30000 : 30 + count % 13, &expected);
        assert_true(wf_string_equal(history.workflow_id, expected.workflow_id));
        assert_int_equal(history.event_count, expected.event_count);
        for (uint32_t i = 0; i < history.event_count; i++) {
            assert_true(wf_message_equal(&wf_type_event, &history.events[i], &expected.events[i]));
        }
        count++;
        wf_arena_reset(&current);
    }
    wf_arena_deinit(&current);
    return count;
}

/* An archive without its end has no index: its frames are found one after the other, over the edges of windows. */
static void test_history_file__archives_are_read_by_windows(void **state)
{
    const size_t sizes_bytes[] = {archive.size_bytes, archive.size_bytes - WF_ARCHIVE_END_BYTES};

    (void)state;
    for (size_t i = 0; i < TEST_COUNT(sizes_bytes); i++) {
        struct cli_history_file file;
        struct wf_error err = {0};
        enum wf_status end = WF_OK;

        write_file("a.wfh", (struct wf_string){archive.data, sizes_bytes[i]});
        assert_int_equal(cli_history_file_open(&file, "a.wfh", &err), CLI_EXIT_OK);
        assert_true(file.source.fd >= 0);
        assert_int_equal(count_right(&file, &end, &err), HISTORIES);
        assert_int_equal(end, WF_ERR_NOT_FOUND);
        cli_history_file_close(&file);
    }
}

/* What is no archive in a plain file is read whole, and bytes that are there are taken as they are. */
static void test_history_file__others_are_in_memory(void **state)
{
    struct cli_history_file file;
    struct wf_history history;
    struct wf_buffer json;
    struct wf_error err = {0};
    enum wf_status end = WF_OK;

    (void)state;
    synthetic_history(&arena, 0, 30, &history);
    wf_buffer_init(&json, &arena);
    wf_history_write_json(&history, &json);
    write_file("a.json", wf_buffer_string(&json));
    assert_int_equal(cli_history_file_open(&file, "a.json", &err), CLI_EXIT_OK);
    assert_true(file.source.fd < 0);
    assert_int_equal(count_right(&file, &end, &err), 1);
    cli_history_file_close(&file);

    cli_history_file_hold(&file, archive);
    assert_int_equal(count_right(&file, &end, &err), HISTORIES);
    cli_history_file_close(&file);
}

/* A file that shrinks while it is read is damaged, not a machine that fails, and never a crash. */
static void test_history_file__is_cut_meanwhile(void **state)
{
    struct cli_history_file file;
    struct wf_error err = {0};
    enum wf_status end = WF_OK;

    (void)state;
    write_file("a.wfh", archive);
    assert_int_equal(cli_history_file_open(&file, "a.wfh", &err), CLI_EXIT_OK);
    assert_true(cli_history_file_is_unchanged(&file));
    assert_int_equal(truncate("a.wfh", 1000), 0);
    assert_false(cli_history_file_is_unchanged(&file));
    assert_int_equal(count_right(&file, &end, &err), 0);
    assert_int_equal(end, WF_ERR_CORRUPT);
    assert_non_null(strstr(err.message, "was the file cut meanwhile?"));
    cli_history_file_close(&file);
}

/* The digest is of all bytes: one that differs far behind the first window tells. */
static void test_history_file__digest(void **state)
{
    char *bytes = wf_arena_take_text(&arena, archive.size_bytes);
    uint64_t digests[3];

    (void)state;
    memcpy(bytes, archive.data, archive.size_bytes);
    for (size_t i = 0; i < TEST_COUNT(digests); i++) {
        struct cli_history_file file;
        struct wf_error err = {0};
        uint64_t size_bytes = 0;

        bytes[archive.size_bytes - 100] ^= i == 2;
        write_file("a.wfh", (struct wf_string){bytes, archive.size_bytes});
        assert_int_equal(cli_history_file_open(&file, "a.wfh", &err), CLI_EXIT_OK);
        assert_int_equal(cli_history_file_digest(&file, &digests[i], &size_bytes, &err), WF_OK);
        assert_int_equal(size_bytes, archive.size_bytes);
        cli_history_file_close(&file);
    }
    assert_true(digests[0] == digests[1]);
    assert_true(digests[0] != digests[2]);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_history_file__archives_are_read_by_windows),
        cmocka_unit_test(test_history_file__others_are_in_memory),
        cmocka_unit_test(test_history_file__is_cut_meanwhile),
        cmocka_unit_test(test_history_file__digest),
    };

    return cmocka_run_group_tests_name("history_file", tests, setup, teardown);
}
