/*
 * What every unit test includes first: cmocka with the headers it needs before it, and an arena whose memory can be made
 * to run out.
 */
#ifndef WF_TESTS_SUPPORT_TEST_H
#define WF_TESTS_SUPPORT_TEST_H

#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "engine/base/arena.h"
#include "engine/base/bytes.h"

/* A block source that counts, and fails from the fail_from-th take on (0: never). */
struct test_blocks {
    struct wf_block_source source;
    size_t take_count;
    size_t live_count;
    size_t fail_from;
};
void test_blocks_init(struct test_blocks *blocks);

/* Fixture: *state is an empty struct wf_arena. The teardown fails when a block was not given back. */
int test_arena_setup(void **state);
int test_arena_teardown(void **state);

/* The blocks behind the fixture's arena. */
struct test_blocks *test_arena_blocks(struct wf_arena *arena);

#define TEST_IN_ARENA(function) cmocka_unit_test_setup_teardown(function, test_arena_setup, test_arena_teardown)

/* Fails with both texts when they differ. `where` names the row of a table. */
void test_string_is(const char *where, struct wf_string string, const char *expected);

/* Takes what stands before the end character, or everything, and the character, off the front of the rest. */
struct wf_string test_take_until(struct wf_string *rest, char end);

/* Whether the text has the part in it. */
bool test_contains(struct wf_string text, const char *part);

#define TEST_COUNT(array) (sizeof(array) / sizeof((array)[0]))

#endif
