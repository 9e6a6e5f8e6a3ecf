#include "tests/support/test.h"

/* Pieces are zeroed and aligned, and pieces do not overlap. */
static void test_arena__pieces_are_zeroed_aligned_and_apart(void **state)
{
    struct wf_arena *arena = *state;
    unsigned char *last_end = NULL;

    for (size_t size_bytes = 0; size_bytes < 100; size_bytes++) {
        unsigned char *piece = wf_arena_take(arena, size_bytes);

        assert_non_null(piece);
        assert_int_equal((uintptr_t)piece % 16, 0);
        assert_true(last_end == NULL || piece >= last_end);
        for (size_t i = 0; i < size_bytes; i++) {
            assert_int_equal(piece[i], 0);
        }
        memset(piece, 0xAB, size_bytes);
        last_end = piece + size_bytes;
    }
    assert_int_equal(test_arena_blocks(arena)->take_count, 1);
}

/* What was in the memory is left, which is seen after a reset; alignment and place are those of any piece. */
static void test_arena__unset_piece_keeps_what_was_there(void **state)
{
    struct wf_arena *arena = *state;
    unsigned char *piece = wf_arena_take(arena, 40);
    unsigned char *again = NULL;

    memset(piece, 0xAB, 40);
    wf_arena_reset(arena);
    (void)wf_arena_take_text(arena, 1);
    again = wf_arena_take_unset(arena, 24);

    assert_int_equal((uintptr_t)again % 16, 0);
    assert_in_range(again - piece, 16, 32);
    assert_int_equal(*again, 0xAB);
    assert_null(wf_arena_take_unset(arena, SIZE_MAX));
}

/* A piece larger than a block gets a block of its own. */
static void test_arena__large_piece_gets_its_own_block(void **state)
{
    struct wf_arena *arena = *state;
    char *piece = wf_arena_take(arena, WF_ARENA_BLOCK_BYTES * 3);

    assert_non_null(piece);
    memset(piece, 1, WF_ARENA_BLOCK_BYTES * 3);
    assert_true(wf_arena_size_bytes(arena) >= WF_ARENA_BLOCK_BYTES * 3);
    assert_false(arena->is_full);
}

/* The limit counts what was taken from the source; reaching it sets is_full until the next reset. */
static void test_arena__limit_makes_it_full_until_reset(void **state)
{
    struct wf_arena *fixture = *state;
    struct wf_arena arena;

    wf_arena_init(&arena, &test_arena_blocks(fixture)->source, WF_ARENA_BLOCK_BYTES * 2);
    assert_non_null(wf_arena_take(&arena, WF_ARENA_BLOCK_BYTES / 2));
    assert_non_null(wf_arena_take(&arena, WF_ARENA_BLOCK_BYTES * 3 / 4));

    assert_null(wf_arena_take(&arena, WF_ARENA_BLOCK_BYTES / 2));

    assert_true(arena.is_full);
    assert_true(arena.is_at_limit);
    wf_arena_reset(&arena);
    assert_false(arena.is_full);
    assert_false(arena.is_at_limit);
    assert_non_null(wf_arena_take(&arena, WF_ARENA_BLOCK_BYTES / 2));
    wf_arena_deinit(&arena);
}

/* A source that has no more blocks fails the piece, not the process. */
static void test_arena__exhausted_source_fails_the_piece(void **state)
{
    struct wf_arena *arena = *state;

    test_arena_blocks(arena)->fail_from = 2;
    assert_non_null(wf_arena_take(arena, 10));
    assert_null(wf_arena_take(arena, WF_ARENA_BLOCK_BYTES));
    assert_true(arena->is_full);
    assert_false(arena->is_at_limit);
    assert_non_null(wf_arena_take(arena, 10));
}

/* Sizes that overflow are refused. */
static void test_arena__overflowing_sizes_are_refused(void **state)
{
    struct wf_arena *arena = *state;

    assert_null(wf_arena_take(arena, SIZE_MAX));
    assert_null(wf_arena_take(arena, SIZE_MAX - 40));
    assert_null(wf_arena_take_array(arena, SIZE_MAX / 2, 4));
    assert_null(wf_arena_take_text(arena, SIZE_MAX));
}

/* Reset keeps the first block, so that a loop takes nothing more from the source. */
static void test_arena__reset_keeps_the_first_block(void **state)
{
    struct wf_arena *arena = *state;

    for (int round = 0; round < 10; round++) {
        assert_non_null(wf_arena_take(arena, 1000));
        assert_int_equal(wf_arena_take(arena, 3) != NULL, 1);
        wf_arena_reset(arena);
        assert_int_equal(wf_arena_size_bytes(arena), 0);
    }
    assert_int_equal(test_arena_blocks(arena)->take_count, 1);
}

/* Rewinding gives back what came after the mark, and the pieces before it keep their contents. */
static void test_arena__rewind_forgets_what_came_after_the_mark(void **state)
{
    struct wf_arena *arena = *state;
    char *kept = wf_arena_take(arena, 16);
    struct wf_arena_mark mark;
    size_t size_bytes = 0;

    memcpy(kept, "kept", 5);
    mark = wf_arena_mark(arena);
    size_bytes = wf_arena_size_bytes(arena);

    for (int i = 0; i < 10; i++) {
        assert_non_null(wf_arena_take(arena, WF_ARENA_BLOCK_BYTES / 2));
    }
    wf_arena_rewind(arena, mark);

    assert_int_equal(wf_arena_size_bytes(arena), size_bytes);
    assert_int_equal(test_arena_blocks(arena)->live_count, 1);
    assert_string_equal(kept, "kept");
}

/* Rewinding to a mark of the empty arena works too. */
static void test_arena__rewind_to_the_empty_arena(void **state)
{
    struct wf_arena *arena = *state;
    const struct wf_arena_mark mark = wf_arena_mark(arena);

    assert_non_null(wf_arena_take(arena, WF_ARENA_BLOCK_BYTES));
    assert_non_null(wf_arena_take(arena, WF_ARENA_BLOCK_BYTES));
    wf_arena_rewind(arena, mark);
    assert_int_equal(wf_arena_size_bytes(arena), 0);
}

/* Only the last piece grows in place, and only into room that its block has. */
static void test_arena__extend_grows_the_last_piece_only(void **state)
{
    struct wf_arena *arena = *state;
    char *first = wf_arena_take_text(arena, 10);
    char *second = NULL;

    assert_true(wf_arena_extend(arena, first, 10, 100));
    memset(first, 'x', 100);
    second = wf_arena_take_text(arena, 10);
    assert_true(second >= first + 100);
    assert_false(wf_arena_extend(arena, first, 100, 200));
    assert_false(wf_arena_extend(arena, second, 10, WF_ARENA_BLOCK_BYTES));
    assert_false(wf_arena_extend(arena, NULL, 0, 10));
}

/* An arena in the caller's memory takes nothing from a source and is full when the memory is. */
static void test_arena__fixed_memory_never_grows(void **state)
{
    _Alignas(16) char memory[512];
    struct wf_arena arena;
    char *piece = NULL;

    (void)state;
    wf_arena_init_fixed(&arena, memory, sizeof memory);
    piece = wf_arena_take(&arena, 100);

    assert_ptr_equal(piece, memory);
    assert_non_null(wf_arena_take(&arena, 100));
    assert_null(wf_arena_take(&arena, 400));
    assert_true(arena.is_full);
    assert_int_equal(arena.used_bytes, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST_IN_ARENA(test_arena__pieces_are_zeroed_aligned_and_apart),
        TEST_IN_ARENA(test_arena__unset_piece_keeps_what_was_there),
        TEST_IN_ARENA(test_arena__large_piece_gets_its_own_block),
        TEST_IN_ARENA(test_arena__limit_makes_it_full_until_reset),
        TEST_IN_ARENA(test_arena__exhausted_source_fails_the_piece),
        TEST_IN_ARENA(test_arena__overflowing_sizes_are_refused),
        TEST_IN_ARENA(test_arena__reset_keeps_the_first_block),
        TEST_IN_ARENA(test_arena__rewind_forgets_what_came_after_the_mark),
        TEST_IN_ARENA(test_arena__rewind_to_the_empty_arena),
        TEST_IN_ARENA(test_arena__extend_grows_the_last_piece_only),
        cmocka_unit_test(test_arena__fixed_memory_never_grows),
    };

    return cmocka_run_group_tests_name("arena", tests, NULL, NULL);
}
