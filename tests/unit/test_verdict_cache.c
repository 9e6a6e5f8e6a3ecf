/* The cache of verdicts: what it keeps, and that nothing it finds on the disk can hurt. */
#include "tests/support/test.h"

#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "engine/base/hash.h"
#include "sim/cli/verdict_cache.h"

/* A scratch folder as the cache, and the process in it. */
static int setup(void **state)
{
    static char folder[] = "/tmp/wfsim-test-XXXXXX";

    (void)state;
    memcpy(folder + sizeof folder - 7, "XXXXXX", 6);
    return mkdtemp(folder) == NULL || chdir(folder) != 0 || setenv("WFSIM_CACHE", folder, 1) != 0;
}

static int teardown(void **state)
{
    (void)state;
    return system("rm -rf \"$WFSIM_CACHE\"") != 0 || chdir("/") != 0;
}

static struct cli_cache_key key_of(const char *history)
{
    return (struct cli_cache_key){wf_hash_bytes(history, strlen(history)), strlen(history)};
}

static void keep(uint64_t digest, const char *history, const char *frames)
{
    struct cli_verdict_cache cache;

    cli_verdict_cache_open(&cache, digest);
    cli_verdict_cache_add(&cache, key_of(history), wf_string_of(frames));
    cli_verdict_cache_close(&cache);
}

static bool has(uint64_t digest, const char *history, const char *frames)
{
    struct cli_verdict_cache cache;
    struct wf_string found = {NULL, 0};

    cli_verdict_cache_open(&cache, digest);
    const bool is_found = cli_verdict_cache_find(&cache, key_of(history), &found) &&
                          wf_string_is(found, frames);
    cli_verdict_cache_close(&cache);
    return is_found;
}

/* An entry is found under the same digest and bytes, and under no other. */
static void test_verdict_cache__keeps_what_was_added(void **state)
{
    (void)state;
    assert_false(has(1, "history", "ok"));

    keep(1, "history", "ok");
    keep(1, "other", "nondeterminism");
    keep(1, "", "an empty file");

    assert_true(has(1, "history", "ok"));
    assert_true(has(1, "other", "nondeterminism"));
    assert_true(has(1, "", "an empty file"));
    assert_false(has(1, "histories", "ok"));
    assert_false(has(2, "history", "ok"));
}

/* However a file is cut, or whichever byte of it changes, what is found is what was added, or nothing. */
static void test_verdict_cache__damage_is_not_found(void **state)
{
    char bytes[512];
    char path[64] = "";
    size_t size = 0;

    (void)state;
    keep(1, "history", "ok");
    keep(1, "other", "nondeterminism");
    assert_int_equal(system("cp verdicts/* saved && ls -d verdicts/* >name"), 0);
    FILE *file = fopen("name", "rb");
    assert_int_equal(fscanf(file, "%63s", path), 1);
    assert_int_equal(fclose(file), 0);
    file = fopen("saved", "rb");
    size = fread(bytes, 1, sizeof bytes, file);
    assert_int_equal(fclose(file), 0);
    assert_true(size > 0 && size < sizeof bytes);

    for (size_t i = 0; i < 2 * size; i++) {
        const size_t written = i < size ? size : i - size;

        file = fopen("saved", "rb");
        assert_int_equal(fread(bytes, 1, size, file), size);
        assert_int_equal(fclose(file), 0);
        bytes[i % size] = (char)(i < size ? bytes[i] ^ 0x40 : bytes[i % size]);
        file = fopen(path, "wb");
        assert_int_equal(fwrite(bytes, 1, written, file), written);
        assert_int_equal(fclose(file), 0);
        const bool has_first = has(1, "history", "ok");
        const bool has_second = has(1, "other", "nondeterminism");

        assert_true(has_first || !has_second); /* nothing behind the damage */
        assert_false(has_first && has_second);
        keep(1, "history", "ok");
        keep(1, "other", "nondeterminism");
        assert_true(has(1, "history", "ok") && has(1, "other", "nondeterminism"));
    }
}

/* Every change of the code makes a file; the oldest go. */
static void test_verdict_cache__old_files_go(void **state)
{
    (void)state;
    for (uint64_t i = 1; i <= 40; i++) {
        keep(i, "history", "ok");
    }

    assert_true(has(40, "history", "ok"));
    assert_int_equal(system("test \"$(ls verdicts | wc -l)\" -le 32"), 0);
}

/* A file that is only read is in use, however long ago it was made. */
static void test_verdict_cache__a_used_file_stays(void **state)
{
    struct cli_verdict_cache cache;
    struct wf_string found = {NULL, 0};

    (void)state;
    keep(1, "history", "ok");
    assert_int_equal(system("touch -d 2020-01-01 verdicts/*"), 0);
    keep(2, "history", "ok");
    assert_int_equal(system("touch -d 2020-01-02 verdicts/*"), 0);
    cli_verdict_cache_open(&cache, 1);
    assert_true(cli_verdict_cache_find(&cache, key_of("history"), &found));
    cli_verdict_cache_note_hit(&cache);
    cli_verdict_cache_close(&cache);
    for (uint64_t i = 3; i <= 33; i++) {
        keep(i, "history", "ok");
    }

    assert_true(has(1, "history", "ok"));
    assert_false(has(2, "history", "ok"));
}

/* Without a place there is no cache, and nothing else happens. */
static void test_verdict_cache__no_place_is_no_harm(void **state)
{
    (void)state;
    assert_int_equal(system("echo in the way >verdicts"), 0);

    keep(1, "history", "ok");

    assert_false(has(1, "history", "ok"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_verdict_cache__keeps_what_was_added, setup, teardown),
        cmocka_unit_test_setup_teardown(test_verdict_cache__damage_is_not_found, setup, teardown),
        cmocka_unit_test_setup_teardown(test_verdict_cache__old_files_go, setup, teardown),
        cmocka_unit_test_setup_teardown(test_verdict_cache__a_used_file_stays, setup, teardown),
        cmocka_unit_test_setup_teardown(test_verdict_cache__no_place_is_no_harm, setup, teardown),
    };

    return cmocka_run_group_tests_name("verdict_cache", tests, NULL, NULL);
}
