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

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST_IN_ARENA(test_summary__a_crash_is_told_once),
        TEST_IN_ARENA(test_summary__distinct_crashes_are_bounded),
        TEST_IN_ARENA(test_summary__what_is_counted_has_a_command),
    };

    return cmocka_run_group_tests_name("summary", tests, NULL, NULL);
}
