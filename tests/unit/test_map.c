#include "tests/support/test.h"

#include <stdio.h>

#include "engine/base/map.h"

static char names[3000][12];
static int values[3000];

static struct wf_string name_of(size_t i)
{
    snprintf(names[i], sizeof names[i], "key-%zu", i);
    return wf_string_of(names[i]);
}

/* What was set is found, what was not is absent, and setting again replaces. */
static void test_map__get_returns_what_was_set(void **state)
{
    struct wf_map map;

    wf_map_init(&map, *state);
    assert_null(wf_map_get(&map, WF_STR("absent")));
    assert_null(wf_map_remove(&map, WF_STR("absent")));
    for (size_t i = 0; i < 3000; i++) {
        assert_true(wf_map_set(&map, name_of(i), &values[i]));
    }
    assert_true(wf_map_set(&map, WF_STR("key-7"), &values[2999]));

    assert_int_equal(map.count, 3000);
    for (size_t i = 0; i < 3000; i++) {
        assert_ptr_equal(wf_map_get(&map, wf_string_of(names[i])), &values[i == 7 ? 2999 : i]);
    }
    assert_null(wf_map_get(&map, WF_STR("key-3000")));
}

/* The empty key is a key like any other, with or without an address. */
static void test_map__empty_key_is_a_key(void **state)
{
    struct wf_map map;
    uint32_t index = 0;

    wf_map_init(&map, *state);
    assert_true(wf_map_set(&map, (struct wf_string){NULL, 0}, &values[1]));
    assert_ptr_equal(wf_map_get(&map, WF_STR("")), &values[1]);
    assert_non_null(wf_map_next(&map, &index));
    assert_ptr_equal(wf_map_remove(&map, WF_STR("")), &values[1]);
    assert_null(wf_map_get(&map, WF_STR("")));
}

/* Iteration follows insertion, also after removals and growth; a key set again after its removal comes last. */
static void test_map__iterates_in_insertion_order(void **state)
{
    struct wf_map map;
    uint32_t index = 0;
    struct wf_map_entry *entry = NULL;
    size_t expected = 0;

    wf_map_init(&map, *state);
    for (size_t i = 0; i < 1000; i++) {
        assert_true(wf_map_set(&map, name_of(i), &values[i]));
    }
    for (size_t i = 0; i < 1000; i += 3) {
        assert_ptr_equal(wf_map_remove(&map, wf_string_of(names[i])), &values[i]);
    }
    for (size_t i = 1000; i < 2000; i++) {
        assert_true(wf_map_set(&map, name_of(i), &values[i]));
    }
    assert_true(wf_map_set(&map, WF_STR("key-0"), &values[0]));

    while ((entry = wf_map_next(&map, &index)) != NULL) {
        while (expected < 1000 && expected % 3 == 0) {
            expected++;
        }
        assert_ptr_equal(entry->value, &values[expected == 2000 ? 0 : expected]);
        expected++;
    }
    assert_int_equal(expected, 2001);
    assert_int_equal(map.count, 666 + 1000 + 1);
}

/* A map that stays small takes a bounded amount of its arena however many keys come and go. */
static void test_map__churn_takes_bounded_memory(void **state)
{
    struct wf_arena *arena = *state;
    struct wf_map map;
    size_t size_bytes = 0;

    wf_map_init(&map, arena);
    for (size_t i = 0; i < 100000; i++) {
        const size_t key = i % 3000;

        assert_true(wf_map_set(&map, name_of(key), &values[key]));
        if (i >= 10) {
            assert_non_null(wf_map_remove(&map, wf_string_of(names[(i - 10) % 3000])));
        }
        if (i == 1000) {
            size_bytes = wf_arena_size_bytes(arena);
        }
    }
    assert_int_equal(wf_arena_size_bytes(arena), size_bytes);
    assert_int_equal(map.count, 10);
}

/* A full arena fails the set and leaves the map as it was. */
static void test_map__full_arena_fails_the_set(void **state)
{
    struct wf_arena *arena = *state;
    struct wf_map map;
    size_t count = 0;

    test_arena_blocks(arena)->fail_from = 3;
    wf_map_init(&map, arena);
    while (count < 3000 && wf_map_set(&map, name_of(count), &values[count])) {
        count++;
    }

    assert_in_range(count, 8, 2999);
    assert_int_equal(map.count, count);
    for (size_t i = 0; i < count; i++) {
        assert_ptr_equal(wf_map_get(&map, wf_string_of(names[i])), &values[i]);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST_IN_ARENA(test_map__get_returns_what_was_set),
        TEST_IN_ARENA(test_map__empty_key_is_a_key),
        TEST_IN_ARENA(test_map__iterates_in_insertion_order),
        TEST_IN_ARENA(test_map__churn_takes_bounded_memory),
        TEST_IN_ARENA(test_map__full_arena_fails_the_set),
    };

    return cmocka_run_group_tests_name("map", tests, NULL, NULL);
}
