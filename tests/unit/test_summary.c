/* A batch folded into one report. */
#include "tests/support/test.h"

#include "sim/report/summary.h"

static const struct sim_config config = {.name = {"saga", 4}};
static const struct sim_repeat repeat = {{"wfsim run saga.yaml --seed ", 27}, {" --no-faults", 12}};

static struct sim_summary_crash crash_of(const char *type, const char *call, uint64_t seed)
{
    return (struct sim_summary_crash){.workflow_id = WF_STR("order-1"),
                                      .workflow_type = wf_string_of(type),
                                      .ended = WF_STR("segmentation fault"),
                                      .diagnosis = WF_STR("WF301"),
                                      .call = wf_string_of(call),
                                      .event_id = (int64_t)seed,
                                      .first_seed = seed};
}

static void add_crash(struct sim_summary *summary, const char *type, const char *call, uint64_t seed)
{
    const struct sim_summary_crash crash = crash_of(type, call, seed);

    sim_summary_add_crash(summary, &crash);
}

/* One mistake shows after other events in another seed: type, end and call tell crashes apart, event ids do not. */
static void test_summary__a_crash_is_told_once(void **state)
{
    struct sim_summary summary;
    struct wf_buffer out;

    sim_summary_init(&summary, *state, &config, &repeat);
    add_crash(&summary, "OrderSaga", "wf_activity", 4);
    add_crash(&summary, "OrderSaga", "wf_sleep", 5);
    add_crash(&summary, "OrderSaga", "wf_activity", 6);
    wf_buffer_init(&out, *state);
    sim_summary_print(&summary, &out);
    sim_summary_print_findings(&summary, &out);

    assert_false(sim_summary_is_fine(&summary));
    test_string_is("report", wf_buffer_string(&out),
                   "saga, seeds 4..6, 0 run to the end\n"
                   "code failed in 3 seeds\n"
                   "\n"
                   "code failed: the code of OrderSaga (order-1) ended with: segmentation fault [WF301]\n"
                   "  having seen event 4, in or after its call of wf_activity\n"
                   "  seeds      2 of 3, the first is 4\n"
                   "  repeat     wfsim run saga.yaml --seed 4 --no-faults\n"
                   "\n"
                   "code failed: the code of OrderSaga (order-1) ended with: segmentation fault [WF301]\n"
                   "  having seen event 5, in or after its call of wf_sleep\n"
                   "  seeds      1 of 3, the first is 5\n"
                   "  repeat     wfsim run saga.yaml --seed 5 --no-faults\n");
}

/* Memory is bounded: distinct crashes past the bound are counted only. */
static void test_summary__distinct_crashes_are_bounded(void **state)
{
    struct sim_summary summary;
    char type[] = "Type-aa";

    sim_summary_init(&summary, *state, &config, &repeat);
    for (uint64_t seed = 1; seed <= SIM_CRASHES_MAX + 3; seed++) {
        type[5] = (char)('a' + seed / 26);
        type[6] = (char)('a' + seed % 26);
        add_crash(&summary, type, "", seed);
    }

    assert_int_equal(summary.crash_kind_count, SIM_CRASHES_MAX);
    assert_int_equal(summary.dropped_crash_count, 3);
    assert_int_equal(summary.crash_count, SIM_CRASHES_MAX + 3);
    test_string_is("first", summary.crashes[0].workflow_type, "Type-ab");
}

/* Every finding ends with the command that repeats it, also those that have no signature. */
static void test_summary__what_is_counted_has_a_command(void **state)
{
    const struct sim_unfinished failing = {.workflow_id = WF_STR("order-1"), .diagnosis = "WF505"};
    const struct sim_run_result results[] = {
        {.seed = 1},
        {.seed = 2, .unfinished = &failing, .unfinished_count = 1},
        {.seed = 3, .is_out_of_steps = true},
        {.seed = 4, .is_out_of_steps = true, .unfinished = &failing, .unfinished_count = 1},
    };
    struct sim_summary summary;
    struct wf_buffer out;

    sim_summary_init(&summary, *state, &config, &repeat);
    for (size_t i = 0; i < TEST_COUNT(results); i++) {
        sim_summary_add(&summary, &results[i]);
    }
    wf_buffer_init(&out, *state);
    sim_summary_print_findings(&summary, &out);

    assert_false(sim_summary_is_fine(&summary));
    test_string_is("report", wf_buffer_string(&out),
                   "\ncode that fails its workflow task until the end: 2 workflows [WF505]\n"
                   "  repeat     wfsim run saga.yaml --seed 2 --no-faults\n"
                   "\ngiven up after too many steps: 2 seeds [WF516]\n"
                   "  repeat     wfsim run saga.yaml --seed 3 --no-faults\n");
}

/* A seed that breaks a check in two ways shows two failures, and is one seed for the check. */
static void test_summary__a_check_counts_seeds(void **state)
{
    static struct sim_check_config checks[] = {{.text = {"at_most_once charge", 19}}, {.text = {"neutral", 7}}};
    static const struct sim_config checked = {.name = {"saga", 4}, .checks = checks, .check_count = 2};
    const struct sim_broken_check broken[] = {
        {.check = &checks[1], .sentence = WF_STR("charge stays done"), .signature = 1},
        {.check = &checks[1], .sentence = WF_STR("reserve stays done"), .signature = 2},
        {.sentence = WF_STR("an invariant"), .signature = 3},
        {.check = &checks[0], .sentence = WF_STR("charge happened twice"), .signature = 4},
    };
    const struct sim_run_result results[] = {
        {.seed = 1, .broken = broken, .broken_count = TEST_COUNT(broken)},
        {.seed = 2, .broken = broken, .broken_count = 2},
    };
    struct sim_summary summary;

    sim_summary_init(&summary, *state, &checked, &repeat);
    for (size_t i = 0; i < TEST_COUNT(results); i++) {
        sim_summary_add(&summary, &results[i]);
    }

    assert_int_equal(summary.check_broken[0], 1);
    assert_int_equal(summary.check_broken[1], 2);
    assert_int_equal(summary.signature_count, 4);
    assert_int_equal(summary.broken_seed_count, 2);
}

/* Names of a scenario can neither move the cursor nor begin a line. */
static void test_summary__names_are_visible(void **state)
{
    static const struct sim_check_config checks[] = {{.text = {"at_most_once x\033[2J", 18}}};
    static const struct sim_goal goals[] = {{.text = {"result \n::error::", 17}}};
    static const struct sim_config hostile = {.name = {"sa\rga", 5}, .checks = checks, .check_count = 1, .goals = goals,
                                              .goal_count = 1};
    const struct sim_run_result result = {.seed = 1};
    struct sim_summary summary;
    struct wf_buffer out;

    sim_summary_init(&summary, *state, &hostile, &repeat);
    sim_summary_add(&summary, &result);
    wf_buffer_init(&out, *state);
    sim_summary_print(&summary, &out);

    test_string_is("report", wf_buffer_string(&out),
                   "sa\\x0dga, seed 1\n"
                   "  workflows  0\n"
                   "  faults     none\n"
                   "  checks     at_most_once x\\x1b[2J: its condition was not met here\n"
                   "  sometimes  result \\x0a::error::: not reached here\n"
                   "  steps      0, 0s of virtual time\n"
                   "  trace      0000000000000000\n");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST_IN_ARENA(test_summary__a_crash_is_told_once),
        TEST_IN_ARENA(test_summary__distinct_crashes_are_bounded),
        TEST_IN_ARENA(test_summary__what_is_counted_has_a_command),
        TEST_IN_ARENA(test_summary__a_check_counts_seeds),
        TEST_IN_ARENA(test_summary__names_are_visible),
    };

    return cmocka_run_group_tests_name("summary", tests, NULL, NULL);
}
