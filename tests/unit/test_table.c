/* Records found by number, and the stack of alarms that lie in the event queue. */
#include "tests/support/test.h"

#include "sim/world/parts.h"

struct record {
    uint64_t value;
};

static void test_table__numbers_of_given_back_records_find_nothing(void **state)
{
    struct sim_table table;
    uint64_t first = 0;
    uint64_t second = 0;
    struct record *record = NULL;

    sim_table_init(&table, *state, sizeof(struct record));
    record = sim_table_take(&table, &first);
    record->value = 7;
    assert_int_not_equal(first, 0);
    assert_ptr_equal(sim_table_find(&table, first), record);
    sim_table_give(&table, first);

    assert_null(sim_table_find(&table, first));
    assert_ptr_equal(sim_table_take(&table, &second), record);
    assert_int_not_equal(first, second);
    assert_int_equal(record->value, 0);
    assert_null(sim_table_find(&table, first));
    assert_null(sim_table_find(&table, UINT64_C(1) << 32 | 12345));
}

/* Records stay where they are however many come. */
static void test_table__records_do_not_move(void **state)
{
    struct sim_table table;
    uint64_t ids[3 * SIM_TABLE_CHUNK_ITEMS];
    struct record *records[TEST_COUNT(ids)];

    sim_table_init(&table, *state, sizeof(struct record));
    for (uint32_t i = 0; i < TEST_COUNT(ids); i++) {
        records[i] = sim_table_take(&table, &ids[i]);
        records[i]->value = i;
    }
    for (uint32_t i = 0; i < TEST_COUNT(ids); i++) {
        uint64_t id = 0;

        assert_ptr_equal(sim_table_at(&table, i, &id), records[i]);
        assert_int_equal(id, ids[i]);
        assert_int_equal(records[i]->value, i);
    }
    assert_int_equal(table.count, TEST_COUNT(ids));
}

static void test_table__exhausted_memory_gives_null(void **state)
{
    struct sim_table table;
    uint64_t id = 0;

    test_arena_blocks(*state)->fail_from = 1;
    sim_table_init(&table, *state, sizeof(struct record));

    assert_null(sim_table_take(&table, &id));
}

/* An alarm is pushed only when it is earlier than all that lie there; the rest waits for the top to pop. */
static void test_table__alarms_lie_in_the_queue_once(void **state)
{
    struct sim_alarms alarms = {0};

    (void)state;
    assert_false(sim_alarms_need(&alarms, INT64_MAX));
    assert_true(sim_alarms_need(&alarms, 100));
    assert_false(sim_alarms_need(&alarms, 100));
    assert_false(sim_alarms_need(&alarms, 200));
    assert_true(sim_alarms_need(&alarms, 50));
    sim_alarms_popped(&alarms, 50);
    assert_false(sim_alarms_need(&alarms, 100));
    sim_alarms_popped(&alarms, 100);
    assert_int_equal(alarms.count, 0);
    assert_true(sim_alarms_need(&alarms, 200));
}

/* Beyond its size the stack forgets the latest, which then pops and finds nothing to do. */
static void test_table__alarms_forget_the_latest(void **state)
{
    struct sim_alarms alarms = {0};

    (void)state;
    for (int64_t time_ns = 100; time_ns > 100 - (int64_t)SIM_ALARMS_MAX - 3; time_ns--) {
        assert_true(sim_alarms_need(&alarms, time_ns));
    }
    assert_int_equal(alarms.count, SIM_ALARMS_MAX);
    assert_int_equal(alarms.times_ns[SIM_ALARMS_MAX - 1], 100 - (int64_t)SIM_ALARMS_MAX - 2);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST_IN_ARENA(test_table__numbers_of_given_back_records_find_nothing),
        TEST_IN_ARENA(test_table__records_do_not_move),
        TEST_IN_ARENA(test_table__exhausted_memory_gives_null),
        cmocka_unit_test(test_table__alarms_lie_in_the_queue_once),
        cmocka_unit_test(test_table__alarms_forget_the_latest),
    };

    return cmocka_run_group_tests_name("table", tests, NULL, NULL);
}
