/* Baselines: lines that say which findings are known, and why. */
#include "tests/support/test.h"

#include "sim/report/baseline.h"

static void test_baseline__lines_are_read_or_refused(void **state)
{
    static const struct {
        const char *name;
        const char *text;
        uint32_t entry_count;
        const char *error; /* NULL: none */
    } rows[] = {
        {"empty", "", 0, NULL},
        {"comments and blanks", "# known\n\n   \n\t# more\r\n", 0, NULL},
        {"signature", "00000000deadbeef drains until June\n", 1, NULL},
        {"file and diagnosis", "h/a.json WF201 a broken build", 1, NULL},
        {"no line end, no blank too many", "  h/a.json \t WF201   a broken build \r\n00000000deadbeef x", 2, NULL},
        {"no reason", "# x\n00000000deadbeef\n", 0, "line 2: the reason is missing: why is this finding accepted?"},
        {"no reason for a file", "h/a.json WF201  \n", 0, "line 1: the reason is missing: why is this finding accepted?"},
        {"blanks in the file's name", "with space.json WF209 why", 1, NULL},
        {"rule", "h/a.json history-ids edited", 1, NULL},
        {"no diagnosis", "# x\nh/a.json WF999 like WF201", 0, "line 2: there is no diagnosis WF999"},
        {"neither diagnosis nor rule", "h/a.json wrong since June", 0,
         "line 1: an entry is a signature of 16 digits, or a file and a diagnosis such as WF201"},
        {"half an entry", "h/a.json", 0,
         "line 1: an entry is a signature of 16 digits, or a file and a diagnosis such as WF201"},
    };

    for (size_t i = 0; i < TEST_COUNT(rows); i++) {
        struct sim_baseline baseline;
        struct wf_error err = {0};
        const enum wf_status status = sim_baseline_read(&baseline, *state, wf_string_of(rows[i].text), &err);

        assert_int_equal(status, rows[i].error == NULL ? WF_OK : WF_ERR_INVALID);
        test_string_is(rows[i].name, wf_string_of(err.message), rows[i].error == NULL ? "" : rows[i].error);
        if (rows[i].error == NULL) {
            assert_int_equal(baseline.entry_count, rows[i].entry_count);
        }
    }
}

/* A verdict takes the reason of the first entry that names it; what is ok needs none; what names nothing is stale. */
static void test_baseline__accepts_what_it_names(void **state)
{
    static const char text[] = "000000000000feed drains\n"
                               "h/a.json WF101 cut\n"
                               "h/a.json history-ids edited\n"
                               "h/b.json WF101 gone\n"
                               "h/with  two blanks.json WF101 as WF102 was\n";
    struct sim_verdict verdicts[] = {
        {.file = WF_STR("h/z.json"), .verdict = WF_VERDICT_NONDETERMINISM, .diagnosis = "WF204", .signature = 0xfeed},
        {.file = WF_STR("h/a.json"), .verdict = WF_VERDICT_BAD_HISTORY, .diagnosis = "WF101"},
        {.file = WF_STR("h/a.json"), .verdict = WF_VERDICT_BAD_HISTORY, .diagnosis = "WF105", .rule = "history-ids"},
        {.file = WF_STR("h/z.json"), .verdict = WF_VERDICT_BAD_HISTORY, .diagnosis = "WF101"},
        {.file = WF_STR("h/b.json"), .verdict = WF_VERDICT_OK, .diagnosis = "WF101"},
        {.file = WF_STR("h/b.json"), .verdict = WF_VERDICT_BAD_HISTORY},
        {.file = WF_STR("h/with  two blanks.json"), .verdict = WF_VERDICT_BAD_HISTORY, .diagnosis = "WF101"},
        {.file = WF_STR("h/with"), .verdict = WF_VERDICT_BAD_HISTORY, .diagnosis = "WF101"},
    };
    static const char *const expected[] = {"drains", "cut", "edited", "", "", "", "as WF102 was", ""};
    struct sim_report report;
    struct sim_baseline baseline;
    struct wf_error err = {0};

    sim_report_init(&report, *state, WF_STR("code.c"));
    assert_int_equal(sim_baseline_read(&baseline, *state, WF_STR(text), &err), WF_OK);
    for (size_t i = 0; i < TEST_COUNT(verdicts); i++) {
        sim_baseline_judge(&baseline, &verdicts[i]);
        test_string_is("known", verdicts[i].known, expected[i]);
        sim_report_count(&report.counts, &verdicts[i]);
    }

    assert_int_equal(report.counts.known, 4);
    assert_int_equal(report.counts.by_verdict[WF_VERDICT_BAD_HISTORY], 3);
    assert_true(sim_baseline_find_stale(&baseline, &report));
    assert_int_equal(report.stale_count, 1);
    assert_int_equal(report.stale[0].line, 4);
    test_string_is("stale", report.stale[0].entry, "h/b.json WF101");
}

/* Without memory nobody knows which entries are stale; that is not the same as none. */
static void test_baseline__no_memory_is_not_nothing_stale(void **state)
{
    struct sim_baseline baseline;
    struct test_blocks blocks;
    struct sim_report report;
    struct wf_arena short_arena;
    struct wf_error err = {0};

    test_blocks_init(&blocks);
    blocks.fail_from = 1;
    wf_arena_init(&short_arena, &blocks.source, 0);
    sim_report_init(&report, &short_arena, WF_STR("code.c"));
    assert_int_equal(sim_baseline_read(&baseline, *state, WF_STR("h/b.json WF101 gone\n"), &err), WF_OK);

    assert_false(sim_baseline_find_stale(&baseline, &report));

    baseline.entry_count = 0;
    assert_true(sim_baseline_find_stale(&baseline, &report));
    wf_arena_deinit(&short_arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST_IN_ARENA(test_baseline__lines_are_read_or_refused),
        TEST_IN_ARENA(test_baseline__accepts_what_it_names),
        TEST_IN_ARENA(test_baseline__no_memory_is_not_nothing_stale),
    };

    return cmocka_run_group_tests_name("baseline", tests, NULL, NULL);
}
