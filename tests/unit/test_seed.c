/* A seed's result survives the pipe between child and supervisor, and no cut of it is taken for whole. */
#include "tests/support/test.h"

#include "sim/report/seed.h"

static const struct sim_check_config checks[2] = {{.kind = SIM_CHECK_NEUTRAL}, {.kind = SIM_CHECK_AT_MOST_ONCE}};
static const struct sim_goal goals[1] = {{.kind = SIM_GOAL_CLOSED}};
static const struct sim_config config = {.checks = checks, .check_count = 2, .goals = goals, .goal_count = 1};

static const struct sim_broken_check broken = {
    .check = &checks[1],
    .diagnosis = "WF401",
    .sentence = {"charged twice", 13},
    .workflow_id = {"order-7", 7},
    .key = {"order-7", 7},
    .last_fault = {"worker_crash", 12},
    .time_ns = 12345678901,
    .step = 4182,
    .signature = UINT64_C(0xfedcba9876543210),
};
static const struct sim_unfinished unfinished = {
    .workflow_id = {"order-8", 7}, .status = 3, .reason = {"CardDeclined", 12}, .diagnosis = "WF501"};

static struct sim_run_result make(void)
{
    struct sim_run_result result = {.seed = 42, .trace_hash = UINT64_MAX, .step_count = 9000, .end_time_ns = 77};

    result.runs_by_status[2] = 19;
    result.fault_counts[SIM_FAULT_ZOMBIE] = 3;
    result.check_conditions[1] = 20;
    result.goals_reached[0] = 1;
    result.broken = &broken;
    result.broken_count = 1;
    result.unfinished = &unfinished;
    result.unfinished_count = 1;
    result.refused_starts = (struct sim_refused_starts){2, WF_STR("order-9"), WF_STR("already running")};
    result.is_out_of_steps = true;
    result.peak_bytes = 1 << 20;
    return result;
}

/* Encoding again gives the same bytes, so that nothing was lost; the check is found by its place. */
static void test_seed__a_result_survives_the_pipe(void **state)
{
    const struct sim_run_result result = make();
    struct sim_run_result decoded;
    struct wf_buffer once;
    struct wf_buffer twice;
    wf_buffer_init(&once, *state);
    wf_buffer_init(&twice, *state);
    sim_seed_encode(&config, &result, &once);

    assert_true(sim_seed_decode(*state, &config, wf_buffer_string(&once), &decoded));
    sim_seed_encode(&config, &decoded, &twice);

    assert_true(wf_string_equal(wf_buffer_string(&once), wf_buffer_string(&twice)));
    assert_ptr_equal(decoded.broken[0].check, &checks[1]);
    assert_string_equal(decoded.broken[0].diagnosis, "WF401");
    assert_int_equal(decoded.broken[0].time_ns, 12345678901);
    test_string_is("reason", decoded.unfinished[0].reason, "CardDeclined");
    assert_true(decoded.is_out_of_steps);
    assert_int_equal(decoded.refused_starts.count, 2);
    test_string_is("refused", decoded.refused_starts.reason, "already running");
}

/* A child that dies half way through a frame leaves a cut one. */
static void test_seed__no_cut_is_taken_for_whole(void **state)
{
    const struct sim_run_result result = make();
    struct sim_run_result decoded;
    struct wf_buffer bytes;
    wf_buffer_init(&bytes, *state);
    sim_seed_encode(&config, &result, &bytes);

    for (size_t cut = 0; cut < bytes.size_bytes; cut++) {
        assert_false(sim_seed_decode(*state, &config, (struct wf_string){bytes.data, cut}, &decoded));
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST_IN_ARENA(test_seed__a_result_survives_the_pipe),
        TEST_IN_ARENA(test_seed__no_cut_is_taken_for_whole),
    };

    return cmocka_run_group_tests_name("seed", tests, NULL, NULL);
}
