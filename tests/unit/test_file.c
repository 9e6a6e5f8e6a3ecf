/* Files, folders and atomic writes. */
#include "sim/cli/file.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

struct fixture {
    struct wf_arena arena;
    struct wf_error err;
    char folder[64];
    char start[4096];
};

/* Every test works inside a folder of its own, with relative paths. */
static int set_up(void **state)
{
    static struct fixture fixture;

    wf_arena_init(&fixture.arena, wf_system_blocks(), 0);
    strcpy(fixture.folder, "/tmp/wfsim-test-file-XXXXXX");
    *state = &fixture;
    return getcwd(fixture.start, sizeof(fixture.start)) == NULL || mkdtemp(fixture.folder) == NULL ||
                   chdir(fixture.folder) != 0
               ? -1
               : 0;
}

static int tear_down(void **state)
{
    struct fixture *fixture = *state;
    char command[128];

    wf_arena_deinit(&fixture->arena);
    snprintf(command, sizeof(command), "rm -rf %s", fixture->folder);
    return chdir(fixture->start) == 0 ? system(command) : -1;
}

static void write_file(struct fixture *fixture, const char *path, const char *text)
{
    assert_int_equal(cli_file_write(&fixture->arena, path, wf_string_of(text), &fixture->err), CLI_EXIT_OK);
}

/* What is written is read again, also when it is larger than the first piece that is read. */
static void test_file__reads_back_what_it_wrote(void **state)
{
    static const size_t sizes[] = {0, 1, 65535, 65536, 65537, 300000};
    struct fixture *fixture = *state;
    char *text = malloc(300000);
    struct wf_string bytes;

    assert_non_null(text);
    memset(text, 'x', 300000);
    for (size_t i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
        const struct wf_string expected = {text, sizes[i]};

        assert_int_equal(cli_file_write(&fixture->arena, "f", expected, &fixture->err), CLI_EXIT_OK);
        assert_int_equal(cli_file_read(&fixture->arena, "f", CLI_FILE_BYTES_MAX, &bytes, &fixture->err), CLI_EXIT_OK);
        assert_true(wf_string_equal(bytes, expected));
    }
    free(text);
}

/* What cannot be read is the user's input, not a broken machine: exit code 3, with the path and the reason. */
static void test_file__unreadable_input_is_named(void **state)
{
    struct fixture *fixture = *state;
    struct wf_string bytes;

    write_file(fixture, "large", "0123456789");
    assert_int_equal(mkdir("folder", 0777), 0);

    assert_int_equal(cli_file_read(&fixture->arena, "none", 100, &bytes, &fixture->err), CLI_EXIT_UNREADABLE);
    assert_string_equal(fixture->err.message, "cannot read none: No such file or directory");
    assert_int_equal(cli_file_read(&fixture->arena, "folder", 100, &bytes, &fixture->err), CLI_EXIT_UNREADABLE);
    assert_string_equal(fixture->err.message, "cannot read folder: Is a directory");
    assert_int_equal(cli_file_read(&fixture->arena, "large", 9, &bytes, &fixture->err), CLI_EXIT_UNREADABLE);
    assert_string_equal(fixture->err.message, "large is larger than 9 bytes");
}

/* A full disk is the environment's fault: exit code 4, and a device is written to, not replaced. */
static void test_file__full_disk_is_reported(void **state)
{
    struct fixture *fixture = *state;
    struct stat status;

    assert_int_equal(cli_file_write(&fixture->arena, "/dev/full", WF_STR("x"), &fixture->err), CLI_EXIT_ENVIRONMENT);
    assert_string_equal(fixture->err.message, "cannot write /dev/full: No space left on device");
    assert_int_equal(stat("/dev/full", &status), 0);
    assert_true(S_ISCHR(status.st_mode));
}

/* Until commit, the old contents stay; an abandoned write leaves no trace. */
static void test_file__write_is_all_or_nothing(void **state)
{
    struct fixture *fixture = *state;
    struct cli_writer writer;
    struct wf_string bytes;

    write_file(fixture, "f", "old");
    assert_int_equal(cli_writer_open(&writer, &fixture->arena, "f", &fixture->err), CLI_EXIT_OK);
    assert_int_equal(cli_writer_write(&writer, WF_STR("new"), &fixture->err), CLI_EXIT_OK);
    assert_int_equal(cli_file_read(&fixture->arena, "f", 100, &bytes, &fixture->err), CLI_EXIT_OK);
    assert_true(wf_string_is(bytes, "old"));

    cli_writer_abandon(&writer);
    assert_int_equal(cli_file_read(&fixture->arena, "f", 100, &bytes, &fixture->err), CLI_EXIT_OK);
    assert_true(wf_string_is(bytes, "old"));
    assert_int_equal(system("test \"$(ls -A)\" = f"), 0);

    write_file(fixture, "f", "new");
    assert_int_equal(cli_file_read(&fixture->arena, "f", 100, &bytes, &fixture->err), CLI_EXIT_OK);
    assert_true(wf_string_is(bytes, "new"));
}

/* A folder is every history below it in byte order, operands keep theirs, and files that only lie beside are left out. */
static void test_file__folders_expand_in_byte_order(void **state)
{
    static const char *const made[] = {"h/b.json", "h/B.pb", "h/a/z.wfh", "h/a.json.gz", "h/a.code", "h/a.expect",
                                       "h/.hidden.json", "other.json"};
    static const char *const expected[] = {"other.json", "h/B.pb", "h/a.json.gz", "h/a/z.wfh", "h/b.json", "-"};
    struct fixture *fixture = *state;
    struct cli_paths paths;

    assert_int_equal(mkdir("h", 0777), 0);
    assert_int_equal(mkdir("h/a", 0777), 0);
    for (size_t i = 0; i < sizeof(made) / sizeof(made[0]); i++) {
        write_file(fixture, made[i], "");
    }

    assert_int_equal(cli_file_expand(&fixture->arena, (const char *const[]){"other.json", "h", "-"}, 3, &paths,
                                     &fixture->err),
                     CLI_EXIT_OK);

    assert_int_equal(paths.count, sizeof(expected) / sizeof(expected[0]));
    for (size_t i = 0; i < paths.count; i++) {
        assert_string_equal(paths.items[i], expected[i]);
    }
}

/* A pattern that the shell did not expand is expanded here; one without a match is an error, not an empty batch. */
static void test_file__patterns_expand_and_empty_sets_are_errors(void **state)
{
    struct fixture *fixture = *state;
    struct cli_paths paths;

    write_file(fixture, "b.json", "");
    write_file(fixture, "a.json", "");
    assert_int_equal(mkdir("empty", 0777), 0);

    assert_int_equal(cli_file_expand(&fixture->arena, (const char *const[]){"*.json"}, 1, &paths, &fixture->err),
                     CLI_EXIT_OK);
    assert_int_equal(paths.count, 2);
    assert_string_equal(paths.items[0], "a.json");
    assert_int_equal(cli_file_expand(&fixture->arena, (const char *const[]){"*.wfh"}, 1, &paths, &fixture->err),
                     CLI_EXIT_UNREADABLE);
    assert_string_equal(fixture->err.message, "no history in *.wfh");
    assert_int_equal(cli_file_expand(&fixture->arena, (const char *const[]){"empty"}, 1, &paths, &fixture->err),
                     CLI_EXIT_UNREADABLE);
    assert_string_equal(fixture->err.message, "no history in empty");
}

/* A source reads exactly what is asked for or says no. */
static void test_file__source_reads_at_a_position(void **state)
{
    struct fixture *fixture = *state;
    struct cli_source source;
    char text[4] = "";

    write_file(fixture, "f", "0123456789");
    assert_int_equal(cli_source_open(&source, "f", &fixture->err), CLI_EXIT_OK);
    assert_int_equal(source.size_bytes, 10);
    assert_true(cli_source_read(&source, 6, text, 4));
    assert_memory_equal(text, "6789", 4);
    assert_false(cli_source_read(&source, 7, text, 4));
    cli_source_close(&source);
    assert_int_equal(cli_source_open(&source, ".", &fixture->err), CLI_EXIT_UNREADABLE);
}

#define FILE_TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

/* Names differ and files do not, or the other way round; what is not there yet is told by its folder. */
static void test_file__is_same(void **state)
{
    static const struct {
        const char *a;
        const char *b;
        bool expected;
    } rows[] = {
        {"one", "one", true},       {"one", "./one", true},       {"one", "hard", true},
        {"one", "soft", true},      {"one", "two", false},        {"new", "new", true},
        {"new", "folder/../new", true}, {"new", "newer", false},  {"new", "folder/new", false},
        {"one", "new", false},      {"folder", "folder/", true},  {"-", "-", false},
        {"no/where", "no/where", true}, {"no/where", "no/there", false},
        {"/dev/null", "/dev/null", false},
    };
    struct fixture *fixture = *state;

    write_file(fixture, "one", "same text");
    write_file(fixture, "two", "same text");
    assert_int_equal(link("one", "hard"), 0);
    assert_int_equal(symlink("one", "soft"), 0);
    assert_int_equal(mkdir("folder", 0777), 0);
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        if (cli_file_is_same(&fixture->arena, rows[i].a, rows[i].b) != rows[i].expected) {
            fail_msg("%s and %s", rows[i].a, rows[i].b);
        }
        assert_int_equal(cli_file_is_same(&fixture->arena, rows[i].b, rows[i].a), rows[i].expected);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        FILE_TEST(test_file__reads_back_what_it_wrote),
        FILE_TEST(test_file__unreadable_input_is_named),
        FILE_TEST(test_file__full_disk_is_reported),
        FILE_TEST(test_file__write_is_all_or_nothing),
        FILE_TEST(test_file__is_same),
        FILE_TEST(test_file__folders_expand_in_byte_order),
        FILE_TEST(test_file__patterns_expand_and_empty_sets_are_errors),
        FILE_TEST(test_file__source_reads_at_a_position),
    };

    return cmocka_run_group_tests_name("file", tests, NULL, NULL);
}
