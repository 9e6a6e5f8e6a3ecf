/* What the table of faults says of its kinds. */
#include "tests/support/test.h"

#include "sim/fault/kinds.h"

static const struct {
    const char *name;
    enum sim_fault_kind kind;
    size_t rate_offset;
    const char *whom;
} mishaps[] = {
#define SIM_MISHAP(NAME, text, rate, WHOM, help) {text, SIM_FAULT_##NAME, offsetof(struct sim_rates, rate), #WHOM},
#include "sim/fault/faults.def"
};

static struct sim_rates only(size_t mishap, struct sim_ratio ratio)
{
    struct sim_rates rates = {.message_loss = {0, 0}};

    memcpy((char *)&rates + mishaps[mishap].rate_offset, &ratio, sizeof ratio);
    return rates;
}

/* Each rate alone is noticed, whatever its place; a rate of zero is none. */
static void test_fault_kinds__each_rate_counts(void **state)
{
    const struct sim_rates none = {.message_loss = {0, 0}};

    (void)state;
    assert_false(sim_rates_any(&none));
    assert_int_equal(TEST_COUNT(mishaps), sizeof(struct sim_rates) / sizeof(struct sim_ratio));
    for (size_t i = 0; i < TEST_COUNT(mishaps); i++) {
        const struct sim_rates some = only(i, (struct sim_ratio){1, 1000});
        const struct sim_rates zero = only(i, (struct sim_ratio){0, 1000});

        if (!sim_rates_any(&some) || sim_rates_any(&zero)) {
            fail_msg("%s", mishaps[i].name);
        }
    }
}

/* What befalls sends of clients is kept, nothing else. */
static void test_fault_kinds__rates_of_sends(void **state)
{
    (void)state;
    for (size_t i = 0; i < TEST_COUNT(mishaps); i++) {
        const struct sim_rates rates = only(i, (struct sim_ratio){1, 10});
        const struct sim_rates of_sends = sim_rates_of_sends(&rates);

        if (sim_rates_any(&of_sends) != (strcmp(mishaps[i].whom, "SEND") == 0)) {
            fail_msg("%s", mishaps[i].name);
        }
    }
}

/* One list of names, by kind, that ends. */
static void test_fault_kinds__names(void **state)
{
    (void)state;
    assert_string_equal(sim_fault_name(SIM_FAULT_WORKER_CRASH), "worker_crash");
    assert_string_equal(sim_fault_name(SIM_FAULT_SLOW_NODE), "slow_node");
    assert_null(sim_fault_names[SIM_FAULT_COUNT]);
    for (size_t i = 0; i < TEST_COUNT(mishaps); i++) {
        assert_string_equal(sim_fault_name(mishaps[i].kind), mishaps[i].name);
    }
}

/* Every kind has a row that says whom it reaches; a kind that was added to the list alone has none. */
static void test_fault_kinds__each_has_a_row(void **state)
{
    (void)state;
    for (int kind = 0; kind < SIM_FAULT_COUNT; kind++) {
        if ((int)sim_fault_reach((enum sim_fault_kind)kind) == 0) {
            fail_msg("%s", sim_fault_names[kind]);
        }
    }
    assert_int_equal(sim_fault_strikes(SIM_FAULT_SHARD_MOVE), SIM_NODE_SERVER);
    assert_int_equal(sim_fault_strikes(SIM_FAULT_DATABASE_SLOW), SIM_NODE_DATABASE);
    assert_int_equal(sim_fault_strikes(SIM_FAULT_WORKER_CRASH), SIM_NODE_WORKER);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_fault_kinds__each_rate_counts),
        cmocka_unit_test(test_fault_kinds__rates_of_sends),
        cmocka_unit_test(test_fault_kinds__names),
        cmocka_unit_test(test_fault_kinds__each_has_a_row),
    };

    return cmocka_run_group_tests_name("fault_kinds", tests, NULL, NULL);
}
