/* The outside world's memory: what once_per recognises, what an undo voids, what is left at the end. */
#include "tests/support/test.h"

#include "sim/world/ledger.h"

static enum sim_ledger_result apply(struct sim_ledger *ledger, const char *effect, const char *key, const char *once_per,
                                    bool is_undo)
{
    const struct sim_ledger_entry entry = {
        .effect = wf_string_of(effect), .key = wf_string_of(key), .is_undo = is_undo, .attempt = 1};
    enum sim_ledger_result result = SIM_LEDGER_DONE;

    assert_true(sim_ledger_apply(ledger, &entry, wf_string_of(once_per), &result));
    return result;
}

/* One row is one call on a fresh or a used ledger; a key starts a new story. */
static const struct {
    const char *name;
    const char *key;
    const char *once_per;
    bool is_undo;
    enum sim_ledger_result expected;
    int32_t balance;
} rows[] = {
    {"the first effect happens", "a", "a", false, SIM_LEDGER_DONE, 1},
    {"a repeated one is recognised", "a", "a", false, SIM_LEDGER_REPEATED, 1},
    {"an undo takes it back", "a", "", true, SIM_LEDGER_UNDONE, 0},
    {"a late repetition is refused", "a", "a", false, SIM_LEDGER_REFUSED, 0},
    {"a second undo finds nothing", "a", "", true, SIM_LEDGER_NOTHING, 0},
    {"an undo before its effect succeeds", "b", "", true, SIM_LEDGER_NOTHING, 0},
    {"and voids the key", "b", "b", false, SIM_LEDGER_REFUSED, 0},
    {"without once_per nothing is recognised", "c", "", false, SIM_LEDGER_DONE, 1},
    {"so a retry charges twice", "c", "", false, SIM_LEDGER_DONE, 2},
    {"an undo takes back one", "c", "", true, SIM_LEDGER_UNDONE, 1},
    {"and voids nothing", "c", "", false, SIM_LEDGER_DONE, 2},
    {"another key is another story", "d", "d", false, SIM_LEDGER_DONE, 1},
};

static void test_ledger__effects_and_undos_by_key(void **state)
{
    struct sim_ledger ledger;

    sim_ledger_init(&ledger, *state);
    for (size_t i = 0; i < TEST_COUNT(rows); i++) {
        const enum sim_ledger_result result =
            apply(&ledger, "charge", rows[i].key, rows[i].once_per, rows[i].is_undo);
        const int32_t balance = sim_ledger_balance(&ledger, WF_STR("charge"), wf_string_of(rows[i].key));

        if (result != rows[i].expected || balance != rows[i].balance) {
            fail_msg("%s: result %d, balance %d", rows[i].name, (int)result, (int)balance);
        }
    }
    assert_int_equal(ledger.count, TEST_COUNT(rows));
}

/* The same key of another effect has a memory of its own. */
static void test_ledger__effects_do_not_share_keys(void **state)
{
    struct sim_ledger ledger;

    sim_ledger_init(&ledger, *state);

    assert_int_equal(apply(&ledger, "reserve", "o-1", "o-1", false), SIM_LEDGER_DONE);
    assert_int_equal(apply(&ledger, "charge", "o-1", "o-1", false), SIM_LEDGER_DONE);
    assert_int_equal(apply(&ledger, "reserve", "o-1", "", true), SIM_LEDGER_UNDONE);
    assert_int_equal(sim_ledger_balance(&ledger, WF_STR("charge"), WF_STR("o-1")), 1);
    assert_int_equal(sim_ledger_balance(&ledger, WF_STR("reserve"), WF_STR("o-1")), 0);
    assert_int_equal(sim_ledger_balance(&ledger, WF_STR("ship"), WF_STR("o-1")), 0);
}

/* Everything is in the ledger, refused effects too, with strings of its own. */
static void test_ledger__entries_are_copies_in_order(void **state)
{
    struct sim_ledger ledger;
    char key[] = "o-1";

    sim_ledger_init(&ledger, *state);
    (void)apply(&ledger, "charge", key, "", true);
    (void)apply(&ledger, "charge", key, key, false);
    key[2] = '9';

    assert_int_equal(ledger.count, 2);
    test_string_is("first", ledger.entries[0].key, "o-1");
    assert_true(ledger.entries[0].is_undo);
    assert_int_equal(ledger.entries[1].result, SIM_LEDGER_REFUSED);
}

static void test_ledger__exhausted_memory_is_said(void **state)
{
    struct wf_arena arena;
    struct sim_ledger ledger;
    const struct sim_ledger_entry entry = {.effect = WF_STR("charge"), .key = WF_STR("k")};
    enum sim_ledger_result result = SIM_LEDGER_DONE;
    _Alignas(16) char memory[256];

    (void)state;
    wf_arena_init_fixed(&arena, memory, sizeof memory);
    sim_ledger_init(&ledger, &arena);

    assert_false(sim_ledger_apply(&ledger, &entry, WF_STR("k"), &result));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST_IN_ARENA(test_ledger__effects_and_undos_by_key),
        TEST_IN_ARENA(test_ledger__effects_do_not_share_keys),
        TEST_IN_ARENA(test_ledger__entries_are_copies_in_order),
        cmocka_unit_test(test_ledger__exhausted_memory_is_said),
    };

    return cmocka_run_group_tests_name("ledger", tests, NULL, NULL);
}
