/*
 * The invariants over real histories of other people: nothing is found in those that their manifest calls valid, and what is
 * wrong with the others is named with its event.
 */
#include "tests/support/test.h"

#include "sim/check/check_runs.h"
#include "tests/support/corpus.h"

static const struct {
    const char *id;
    const char *invariant;
    int64_t event_id;
} damaged[] = {
    /* fragments, which begin in the middle */
    {"bun-child-continue-workflow", "I1", 21},
    {"bun-timer-workflow", "I2", 1},
    /* an event of a type that may not be ignored */
    {"go-workflow_with_bad_unknown_event", "I4", 23},
    /* damaged-refs */
    {"php-simple-workflow-damaged-b4ea3cb", "I9", 6},
    /* bad-ids */
    {"ui-cy-with-no-activities-2693f89", "I1", 8},
};

static bool is_valid(struct wf_string validity)
{
    return wf_string_is(validity, "valid") || wf_string_is(validity, "valid-open") ||
           wf_string_is(validity, "valid-descending");
}

static void assert_named(const struct corpus *corpus, size_t i, const struct sim_history_findings *findings)
{
    size_t row = 0;

    while (row < TEST_COUNT(damaged) && !wf_string_is(corpus->ids[i], damaged[row].id)) {
        row++;
    }
    if (is_valid(corpus->validity[i]) ? findings->count == 0
                                      : row < TEST_COUNT(damaged) && findings->count > 0 &&
                                            strcmp(findings->items[0].invariant, damaged[row].invariant) == 0 &&
                                            findings->items[0].event_id == damaged[row].event_id) {
        return;
    }
    fail_msg("%s, which is %s: %u findings, %s %.*s", corpus->ids[i].data, corpus->validity[i].data, findings->count,
             findings->count == 0 ? "" : findings->items[0].invariant,
             findings->count == 0 ? 0 : (int)findings->items[0].sentence.size_bytes,
             findings->count == 0 ? "" : findings->items[0].sentence.data);
}

static void test_corpus__invariants_name_only_damaged_histories(void **state)
{
    struct sim_history_options options = {.is_foreign = true, .verifies_encoding = true};
    struct corpus *corpus = *state;
    size_t valid_count = 0;
    size_t damaged_count = 0;

    if (corpus_skips(corpus)) {
        return;
    }
    for (size_t i = 0; i < corpus->count; i++) {
        static struct sim_history_findings findings;
        struct wf_arena arena;
        struct wf_history history;
        struct wf_error err = {0};

        if (!corpus->has_golden[i]) {
            continue;
        }
        wf_arena_init(&arena, wf_system_blocks(), 0);
        corpus_read_history(corpus, i, &arena, &history);
        (void)wf_history_normalise(&history, &err);
        options.clock_spread_ns = sim_history_clock_spread(&history);
        options.has_other_options = sim_history_has_other_options(&history);
        assert_int_equal(sim_check_history(&arena, history.events, history.event_count, &options, &findings, &err), WF_OK);
        assert_named(corpus, i, &findings);
        valid_count += findings.count == 0 ? 1 : 0;
        damaged_count += findings.count > 0 ? 1 : 0;
        wf_arena_deinit(&arena);
    }
    print_message("%zu valid histories, %zu damaged ones\n", valid_count, damaged_count);
    assert_int_equal(damaged_count, TEST_COUNT(damaged));
}

/* Nor do they contradict each other, although some runs are there twice, earlier and later or edited. */
static void test_corpus__histories_agree_with_each_other(void **state)
{
    struct corpus *corpus = *state;
    static struct sim_run_findings findings;
    struct wf_arena kept;
    struct sim_runs *runs = NULL;
    struct wf_error err = {0};

    if (corpus_skips(corpus)) {
        return;
    }
    wf_arena_init(&kept, wf_system_blocks(), 0);
    runs = sim_runs_new(&kept);
    for (size_t i = 0; i < corpus->count; i++) {
        struct wf_arena arena;
        struct wf_history history;

        if (!corpus->has_golden[i]) {
            continue;
        }
        wf_arena_init(&arena, wf_system_blocks(), 0);
        corpus_read_history(corpus, i, &arena, &history);
        (void)wf_history_normalise(&history, &err);
        wf_history_fill_ids(&history);
        assert_int_equal(sim_runs_add(runs,
                                      &(struct sim_run_history){.tag = (uint32_t)i,
                                                                .workflow_id = history.workflow_id,
                                                                .run_id = history.run_id,
                                                                .events = history.events,
                                                                .event_count = history.event_count,
                                                                .is_foreign = true,
                                                                .keeps_digests = true},
                                      &err),
                         WF_OK);
        wf_arena_deinit(&arena);
    }
    assert_int_equal(sim_runs_check(runs, false, &findings, &err), WF_OK);
    if (findings.count > 0) {
        fail_msg("%s: %s %.*s", corpus->ids[findings.items[0].tag].data, findings.items[0].finding.invariant,
                 (int)findings.items[0].finding.sentence.size_bytes, findings.items[0].finding.sentence.data);
    }
    wf_arena_deinit(&kept);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_corpus__invariants_name_only_damaged_histories),
        cmocka_unit_test(test_corpus__histories_agree_with_each_other),
    };

    return cmocka_run_group_tests_name("corpus_check", tests, corpus_read_manifest, corpus_drop_manifest);
}
