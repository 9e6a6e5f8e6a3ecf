/* Pieces that come and go: reused, zeroed, bounded, and all given back at the end. */
#include "tests/support/test.h"

#include "engine/base/slab.h"

static struct wf_slabs *new_slabs(struct wf_arena *arena, struct wf_slabs *slabs)
{
    wf_slabs_init(slabs, arena->source);
    return slabs;
}

/* Pieces are zeroed, aligned, apart from each other, and come back last given first. */
static void test_slab__pieces_are_reused(void **state)
{
    struct wf_slabs memory;
    struct wf_slabs *slabs = new_slabs(*state, &memory);
    unsigned char *one = wf_slab_take(slabs, 100);
    unsigned char *two = wf_slab_take(slabs, 128);

    assert_int_equal((uintptr_t)one % 16, 0);
    assert_true(two >= one + 128 || one >= two + 128);
    memset(one, 0xFF, 100);
    wf_slab_give(slabs, one, 100);

    assert_ptr_equal(wf_slab_take(slabs, 65), one);
    for (size_t i = 0; i < 65; i++) {
        assert_int_equal(one[i], 0);
    }
    wf_slabs_deinit(slabs);
}

/* Pieces of every size live together without touching; churn takes no more memory than what lives at once. */
static void test_slab__churn_takes_bounded_memory(void **state)
{
    static const size_t sizes[] = {1, 32, 33, 200, 512, 1000, 4096, 8192, 16384, 16385, 70000};
    struct test_blocks *blocks = test_arena_blocks(*state);
    struct wf_slabs memory;
    struct wf_slabs *slabs = new_slabs(*state, &memory);
    size_t live_count = 0;

    for (int turn = 0; turn < 100; turn++) {
        unsigned char *pieces[TEST_COUNT(sizes)];

        for (size_t i = 0; i < TEST_COUNT(sizes); i++) {
            pieces[i] = wf_slab_take(slabs, sizes[i]);
            assert_non_null(pieces[i]);
            memset(pieces[i], (int)i + 1, sizes[i]);
        }
        for (size_t i = 0; i < TEST_COUNT(sizes); i++) {
            assert_int_equal(pieces[i][0], i + 1);
            assert_int_equal(pieces[i][sizes[i] - 1], i + 1);
            wf_slab_give(slabs, pieces[i], sizes[i]);
        }
        live_count = turn == 0 ? blocks->live_count : live_count;
        assert_int_equal(blocks->live_count, live_count);
    }
    wf_slabs_deinit(slabs);
}

/* Pieces that were never given back go with the slabs, large ones too: the fixture counts blocks. */
static void test_slab__deinit_gives_everything_back(void **state)
{
    struct wf_slabs memory;
    struct wf_slabs *slabs = new_slabs(*state, &memory);

    for (size_t size_bytes = 1; size_bytes < 200000; size_bytes *= 3) {
        assert_non_null(wf_slab_take(slabs, size_bytes));
    }
    wf_slabs_deinit(slabs);
    assert_int_equal(test_arena_blocks(*state)->live_count, 0);
}

static void test_slab__exhausted_source_gives_null(void **state)
{
    struct test_blocks *blocks = test_arena_blocks(*state);
    struct wf_slabs memory;
    struct wf_slabs *slabs = new_slabs(*state, &memory);

    blocks->fail_from = 1;
    assert_null(wf_slab_take(slabs, 10));
    assert_null(wf_slab_take(slabs, 100000));
    wf_slab_give(slabs, NULL, 10);
    wf_slabs_deinit(slabs);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST_IN_ARENA(test_slab__pieces_are_reused),
        TEST_IN_ARENA(test_slab__churn_takes_bounded_memory),
        TEST_IN_ARENA(test_slab__deinit_gives_everything_back),
        TEST_IN_ARENA(test_slab__exhausted_source_gives_null),
    };

    return cmocka_run_group_tests_name("slab", tests, NULL, NULL);
}
