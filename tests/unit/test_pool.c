#include "tests/support/test.h"

#include <stdlib.h>

#include "sim/core/pool.h"

#define UNITS 130
#define REGION_BYTES (SIM_POOL_UNIT_BYTES * UNITS + 1024)

static int setup(void **state)
{
    void *region = malloc(REGION_BYTES);

    *state = region == NULL ? NULL : sim_pool_init(region, REGION_BYTES);
    return *state == NULL ? -1 : 0;
}

static int teardown(void **state)
{
    free(*state);
    return 0;
}

static void *take(struct sim_pool *pool, size_t units)
{
    const struct wf_block_source *blocks = sim_pool_blocks(pool);

    return blocks->take(blocks->context, units * SIM_POOL_UNIT_BYTES);
}

static void give(struct sim_pool *pool, void *block, size_t units)
{
    const struct wf_block_source *blocks = sim_pool_blocks(pool);

    blocks->give(blocks->context, block, units * SIM_POOL_UNIT_BYTES);
}

/* A region too small for one unit makes no pool. */
static void test_pool__needs_room_for_a_unit(void **state)
{
    void *region = malloc(SIM_POOL_UNIT_BYTES);

    (void)state;
    assert_null(sim_pool_init(region, SIM_POOL_UNIT_BYTES));
    free(region);
}

/* Every unit can be taken, none twice, and then there are no more. */
static void test_pool__hands_out_every_unit_once(void **state)
{
    char *first = take(*state, 1);

    memset(first, 1, SIM_POOL_UNIT_BYTES);
    for (size_t i = 1; i < UNITS; i++) {
        char *block = take(*state, 1);

        assert_ptr_equal(block, first + i * SIM_POOL_UNIT_BYTES);
        assert_int_equal((uintptr_t)block % 16, 0);
    }
    assert_null(take(*state, 1));
}

/* What is given back is used again, lowest first, so that the same requests give the same places. */
static void test_pool__reuses_the_lowest_place_first(void **state)
{
    void *blocks[5];

    for (size_t i = 0; i < 5; i++) {
        blocks[i] = take(*state, 1);
    }
    give(*state, blocks[3], 1);
    give(*state, blocks[1], 1);

    assert_ptr_equal(take(*state, 1), blocks[1]);
    assert_ptr_equal(take(*state, 1), blocks[3]);
}

/* A large block needs neighbours: holes too small for it are passed over, and filled by smaller ones later. */
static void test_pool__large_blocks_lie_in_one_piece(void **state)
{
    char *first = take(*state, 1);
    char *second = take(*state, 2);
    char *third = take(*state, 1);
    char *large = NULL;

    give(*state, second, 2);
    large = take(*state, 100);
    assert_ptr_equal(large, third + SIM_POOL_UNIT_BYTES);
    assert_ptr_equal(take(*state, 2), first + SIM_POOL_UNIT_BYTES);
    assert_null(take(*state, 100));
    give(*state, large, 100);
    assert_ptr_equal(take(*state, 120), large);
    assert_null(take(*state, UNITS + 1));
}

/* Peak is the most in use at once, and a reset starts anew. */
static void test_pool__counts_its_peak(void **state)
{
    const size_t empty_bytes = sim_pool_used_bytes(*state);
    void *block = take(*state, 10);

    give(*state, block, 10);
    (void)take(*state, 3);
    assert_int_equal(sim_pool_used_bytes(*state), empty_bytes + 3 * SIM_POOL_UNIT_BYTES);
    assert_int_equal(sim_pool_peak_bytes(*state), empty_bytes + 10 * SIM_POOL_UNIT_BYTES);

    sim_pool_reset(*state);
    assert_int_equal(sim_pool_used_bytes(*state), empty_bytes);
    assert_ptr_equal(take(*state, 1), block);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_pool__needs_room_for_a_unit),
        cmocka_unit_test_setup_teardown(test_pool__hands_out_every_unit_once, setup, teardown),
        cmocka_unit_test_setup_teardown(test_pool__reuses_the_lowest_place_first, setup, teardown),
        cmocka_unit_test_setup_teardown(test_pool__large_blocks_lie_in_one_piece, setup, teardown),
        cmocka_unit_test_setup_teardown(test_pool__counts_its_peak, setup, teardown),
    };

    return cmocka_run_group_tests_name("pool", tests, NULL, NULL);
}
