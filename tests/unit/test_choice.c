#include "tests/support/test.h"

#include "engine/base/hash.h"
#include "sim/core/choice.h"
#include "sim/core/quantile.h"

static struct sim_entity entity_of(const char *name)
{
    struct sim_entity entity;

    sim_entity_init(&entity, wf_string_of(name));
    return entity;
}

/* A seed names one run for ever: these values may never change. */
static void test_choice__golden_draws(void **state)
{
    struct sim_choices choices = {.seed = 42};
    struct sim_entity order = entity_of("order-3");
    struct sim_entity worker = entity_of("worker-1");

    (void)state;
    assert_int_equal(sim_draw(&choices, &order, SIM_SITE_NETWORK_LOSS), UINT64_C(0x64de17d49853ae91));
    assert_int_equal(sim_draw(&choices, &order, SIM_SITE_NETWORK_LOSS), UINT64_C(0x67a97f451d596b58));
    assert_int_equal(sim_draw(&choices, &order, SIM_SITE_FAULT_KIND), UINT64_C(0xb3248ed26d09bec7));
    assert_int_equal(sim_draw(&choices, &worker, SIM_SITE_NETWORK_LOSS), UINT64_C(0x3b36887b4c52cb34));
    choices.seed = 43;
    assert_int_equal(sim_draw(&choices, &worker, SIM_SITE_NETWORK_LOSS), UINT64_C(0x266abd405e39da19));
}

/* Sites are numbered for ever, because tapes and regression files keep the number. */
static void test_choice__sites_keep_their_numbers(void **state)
{
    (void)state;
    assert_string_equal(sim_site_name(0), "NETWORK_LATENCY");
    assert_string_equal(sim_site_name(10), "WORKER_PLACE");
    assert_string_equal(sim_site_name(26), "RESTART_DELAY");
}

/* Leaving a draw out, or adding one elsewhere, moves no other: an address is all that counts. */
static void test_choice__leaving_a_draw_out_moves_no_other(void **state)
{
    struct sim_choices choices = {.seed = 7};
    struct sim_entity full = entity_of("order-1");
    struct sim_entity sparse = entity_of("order-1");
    uint64_t latency = 0;

    (void)state;
    (void)sim_draw(&choices, &full, SIM_SITE_NETWORK_LOSS);
    (void)sim_draw(&choices, &full, SIM_SITE_NETWORK_DELAY);
    latency = sim_draw(&choices, &full, SIM_SITE_NETWORK_LATENCY);

    assert_int_equal(sim_draw(&choices, &sparse, SIM_SITE_NETWORK_LATENCY), latency);
    assert_int_not_equal(sim_draw(&choices, &sparse, SIM_SITE_NETWORK_LATENCY), latency);
}

/* Every value below the bound occurs, none at or above it, and about equally often. */
static void test_choice__bounded_choices_are_uniform(void **state)
{
    struct sim_choices choices = {.seed = 1};
    struct sim_entity entity = entity_of("client-1");
    uint32_t counts[7] = {0};

    (void)state;
    for (int i = 0; i < 7000; i++) {
        const uint64_t value = sim_choose(&choices, &entity, SIM_SITE_CLIENT_DELAY, 7);

        assert_in_range(value, 0, 6);
        counts[value]++;
    }
    for (size_t i = 0; i < 7; i++) {
        assert_in_range(counts[i], 900, 1100);
    }
    assert_int_equal(sim_choose(&choices, &entity, SIM_SITE_CLIENT_DELAY, 1), 0);
    assert_int_equal(sim_choose(&choices, &entity, SIM_SITE_CLIENT_DELAY, 0), 0);
    assert_true(sim_choose(&choices, &entity, SIM_SITE_CLIENT_DELAY, UINT64_MAX) > UINT64_MAX / 1000);
}

/* A chance comes up as often as its ratio says; calm answers never, but for a certainty. */
static void test_choice__chance_follows_its_ratio(void **state)
{
    static const struct {
        const char *name;
        struct sim_ratio ratio;
        bool is_calm;
        int least;
        int most;
    } rows[] = {
        {"never", {0, 100}, false, 0, 0},          {"no denominator", {1, 0}, false, 0, 0},
        {"3 of 100", {3, 100}, false, 240, 360},   {"one half", {1, 2}, false, 4850, 5150},
        {"always", {100, 100}, false, 10000, 10000}, {"calm", {99, 100}, true, 0, 0},
        {"calm and certain", {1, 1}, true, 10000, 10000},
    };

    (void)state;
    for (size_t i = 0; i < TEST_COUNT(rows); i++) {
        struct sim_choices choices = {.seed = 5, .is_calm = rows[i].is_calm};
        struct sim_entity entity = entity_of(rows[i].name);
        int count = 0;

        for (int turn = 0; turn < 10000; turn++) {
            count += sim_chance(&choices, &entity, SIM_SITE_ACTIVITY_OUTCOME, rows[i].ratio) ? 1 : 0;
        }
        if (count < rows[i].least || count > rows[i].most) {
            fail_msg("%s: came up %d times", rows[i].name, count);
        }
    }
}

/* A tape replaces exactly the draw that it names; a value past the bound becomes the last one. */
static void test_choice__tape_replaces_the_draw_that_it_names(void **state)
{
    const char *text = "# the second loss of order-3\n"
                       "order-3 NETWORK_LOSS 1 = 5\n"
                       "\n"
                       "worker-1 FAULT_KIND 0 = 99 # past the bound\r\n"
                       "order-3 NETWORK_LOSS 0 = 0\n";
    struct sim_choices plain = {.seed = 42};
    struct sim_choices taped = {.seed = 42};
    struct sim_entity one = entity_of("order-3");
    struct sim_entity two = entity_of("order-3");
    struct sim_entity worker = entity_of("worker-1");
    struct sim_tape tape;
    struct wf_error err;

    assert_int_equal(sim_tape_read(*state, wf_string_of(text), &tape, &err), WF_OK);
    assert_int_equal(tape.count, 3);
    taped.tape = &tape;

    assert_int_equal(sim_choose(&taped, &two, SIM_SITE_NETWORK_LOSS, 1000), 0);
    assert_int_equal(sim_choose(&taped, &two, SIM_SITE_NETWORK_LOSS, 1000), 5);
    (void)sim_choose(&plain, &one, SIM_SITE_NETWORK_LOSS, 1000);
    (void)sim_choose(&plain, &one, SIM_SITE_NETWORK_LOSS, 1000);
    assert_int_equal(sim_choose(&taped, &two, SIM_SITE_NETWORK_LOSS, 1000),
                     sim_choose(&plain, &one, SIM_SITE_NETWORK_LOSS, 1000));
    assert_int_equal(sim_choose(&taped, &worker, SIM_SITE_FAULT_KIND, 10), 9);
}

/* Each thing that can be wrong with a line of a tape is said with its number. */
static void test_choice__bad_tapes_are_refused(void **state)
{
    static const struct {
        const char *text;
        enum wf_status status;
        const char *message;
    } rows[] = {
        {"a NETWORK_LOSS 0 = 1\nb NOWHERE 0 = 1", WF_ERR_CORRUPT, "tape line 2: there is no site \"NOWHERE\""},
        {"a NETWORK_LOSS x = 1", WF_ERR_CORRUPT, "tape line 1: it must read \"entity SITE draw = value\""},
        {"a NETWORK_LOSS 1 1", WF_ERR_CORRUPT, "tape line 1: it must read \"entity SITE draw = value\""},
        {"a NETWORK_LOSS 4294967296 = 1", WF_ERR_CORRUPT, "tape line 1: it must read \"entity SITE draw = value\""},
        {"\na NETWORK_LOSS 1 = 1 2", WF_ERR_CORRUPT, "tape line 2: \"2\" after the value"},
        {"a NETWORK_LOSS 1 = 1\na NETWORK_LOSS 1 = 2", WF_ERR_INVALID,
         "the tape gives draw 1 of site NETWORK_LOSS twice for one entity"},
    };

    for (size_t i = 0; i < TEST_COUNT(rows); i++) {
        struct sim_tape tape;
        struct wf_error err;

        assert_int_equal(sim_tape_read(*state, wf_string_of(rows[i].text), &tape, &err), rows[i].status);
        assert_string_equal(err.message, rows[i].message);
    }
}

/* Quantiles against values computed in double precision from the formulas; within one part in 10,000. */
static void test_choice__quantiles_follow_their_formulas(void **state)
{
    static const struct {
        struct sim_distribution distribution;
        uint32_t position;
        int64_t expected_ns;
    } rows[] = {
        {{SIM_EXPONENTIAL, 1000000000, 0}, 0, 0},
        {{SIM_EXPONENTIAL, 1000000000, 0}, UINT32_C(1) << 31, 693147181},
        {{SIM_EXPONENTIAL, 1000000000, 0}, UINT32_C(3) << 30, 1386294361},
        {{SIM_EXPONENTIAL, 1000000000, 0}, 1000000000, 265047698},
        {{SIM_EXPONENTIAL, 1000000000, 0}, 4252017623, 4605170180},
        {{SIM_EXPONENTIAL, 1000000000, 0}, UINT32_MAX, 22180709778},
        {{SIM_LOG_NORMAL, 80000000, 3000000000}, UINT32_C(1) << 31, 80000000},
        {{SIM_LOG_NORMAL, 80000000, 3000000000}, 4252017623, 3000000000},
        {{SIM_LOG_NORMAL, 80000000, 3000000000}, 42949673, 2133333},
        {{SIM_LOG_NORMAL, 80000000, 3000000000}, UINT32_C(3) << 30, 228800409},
        {{SIM_LOG_NORMAL, 80000000, 3000000000}, 4294538, 648913},
        {{SIM_LOG_NORMAL, 5, 5}, 123456, 5},
        {{SIM_LOG_NORMAL, 0, 5}, 123456, 0},
        {{SIM_EXPONENTIAL, INT64_MAX, 0}, UINT32_MAX, INT64_MAX},
    };

    (void)state;
    for (size_t i = 0; i < TEST_COUNT(rows); i++) {
        const int64_t quantile_ns = sim_quantile_ns(&rows[i].distribution, rows[i].position);
        const int64_t tolerance_ns = rows[i].expected_ns / 10000 + 1;

        if (quantile_ns < rows[i].expected_ns - tolerance_ns || quantile_ns - tolerance_ns > rows[i].expected_ns) {
            fail_msg("row %zu: %lld instead of %lld", i, (long long)quantile_ns, (long long)rows[i].expected_ns);
        }
    }
}

/* A later position is never a shorter duration, across every step and octave of the tables. */
static void test_choice__quantiles_ascend(void **state)
{
    static const struct sim_distribution distributions[] = {
        {SIM_EXPONENTIAL, 200000000, 0},
        {SIM_LOG_NORMAL, 20000000, 400000000},
        {SIM_LOG_NORMAL, 1, INT64_MAX},
    };

    (void)state;
    for (size_t i = 0; i < TEST_COUNT(distributions); i++) {
        int64_t last_ns = 0;

        for (uint64_t position = 0; position <= UINT32_MAX; position += 65521) {
            const int64_t quantile_ns = sim_quantile_ns(&distributions[i], (uint32_t)position);

            assert_true(quantile_ns >= last_ns);
            last_ns = quantile_ns;
        }
    }
}

/* Durations: constants draw nothing random, uniform ones stay within both ends, a calm one is the low end. */
static void test_choice__durations_of_each_kind(void **state)
{
    const struct sim_distribution constant = {SIM_CONSTANT, 5, 0};
    const struct sim_distribution uniform = {SIM_UNIFORM, 10, 13};
    const struct sim_distribution exponential = {SIM_EXPONENTIAL, 1000000, 0};
    struct sim_choices choices = {.seed = 3};
    struct sim_entity entity = entity_of("order-9");
    uint32_t seen = 0;
    int64_t sum_ns = 0;

    (void)state;
    assert_int_equal(sim_draw_duration(&choices, &entity, SIM_SITE_ACTIVITY_TAKES, &constant), 5);
    for (int i = 0; i < 200; i++) {
        const int64_t duration_ns = sim_draw_duration(&choices, &entity, SIM_SITE_ACTIVITY_TAKES, &uniform);

        assert_in_range(duration_ns, 10, 13);
        seen |= UINT32_C(1) << (duration_ns - 10);
    }
    assert_int_equal(seen, 15);
    for (int i = 0; i < 10000; i++) {
        sum_ns += sim_draw_duration(&choices, &entity, SIM_SITE_START_INTERVAL, &exponential);
    }
    assert_in_range(sum_ns / 10000, 970000, 1030000);
    choices.is_calm = true;
    assert_int_equal(sim_draw_duration(&choices, &entity, SIM_SITE_ACTIVITY_TAKES, &uniform), 10);
    assert_int_equal(sim_draw_duration(&choices, &entity, SIM_SITE_START_INTERVAL, &exponential), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_choice__golden_draws),
        cmocka_unit_test(test_choice__sites_keep_their_numbers),
        cmocka_unit_test(test_choice__leaving_a_draw_out_moves_no_other),
        cmocka_unit_test(test_choice__bounded_choices_are_uniform),
        cmocka_unit_test(test_choice__chance_follows_its_ratio),
        TEST_IN_ARENA(test_choice__tape_replaces_the_draw_that_it_names),
        TEST_IN_ARENA(test_choice__bad_tapes_are_refused),
        cmocka_unit_test(test_choice__quantiles_follow_their_formulas),
        cmocka_unit_test(test_choice__quantiles_ascend),
        cmocka_unit_test(test_choice__durations_of_each_kind),
    };

    return cmocka_run_group_tests_name("choice", tests, NULL, NULL);
}
