/*
 * Real histories of other people that replay with the equivalent workflows (tests/corpus) also go on: every prefix lives to the
 * end of its run in a simulation, in the family of its SDK, with a worker that keeps the run and with ones that lose it. Without
 * the corpus the test says that it skipped them.
 */
#include "tests/support/test.h"

#include <stdio.h>

#include "engine/finding.h"
#include "sim/live.h"
#include "tests/support/corpus_rows.h"
#include "tests/support/test_code.h"

static const struct {
    const char *file;
    const char *code;
    enum wf_verdict verdict;
} rows[] = {
#define CORPUS_ROW(file, code, VERDICT) {file, code, WF_VERDICT_##VERDICT},
#include "tests/golden/corpus_rows.def"
};

/* Histories some prefixes of which wait for what does not come, and why. */
static const struct {
    const char *file;
    uint32_t count; /* of these prefixes */
    const char *reason;
} waiting[] = {
    {"core-ends_empty_wft_complete.bin", 8, "the history is open, and its code waits for ever"},
    {"core-evict_while_la_running_no_interference-16_history.bin", 15, "cut off: the last round's activity has no outcome"},
    {"core-evict_while_la_running_no_interference-85_history.bin", 18, "cut off: the last round's activity has no outcome"},
    {"java-testGetHistoryLength.json", 5, "its marker has another type than the code, which Java does not compare"},
    {"java-testGetHistorySize.json", 5, "its marker has another type than the code, which Java does not compare"},
    {"java-testCancelNexusOperationHistory.json", 3, "nobody handles Nexus operations here"},
    {"feat-activity_start_race-manual.json", 4, "begun before its first task, its activities' outcomes do not come in time"},
};

static uint32_t expected_waiting(const char *file)
{
    for (size_t i = 0; i < TEST_COUNT(waiting); i++) {
        if (strcmp(waiting[i].file, file) == 0) {
            return waiting[i].count;
        }
    }
    return 0;
}

/* Appends a line for what is not as it should be. */
static void judge(const char *file, const struct sim_live_result *lived, struct wf_buffer *wrong)
{
    const uint32_t waiting_count = lived->cut_count - lived->ended_count;

    if (lived->cut_count == 0) {
        wf_buffer_printf(wrong, "%s: no prefix goes on\n", file);
    }
    if (lived->stuck_count > 0) {
        wf_buffer_printf(wrong, "%s: from event %lld on stuck: %S\n", file, (long long)lived->stuck[0].first_event_id,
                         &lived->message);
    }
    if (lived->stuck_count == 0 && waiting_count != expected_waiting(file)) {
        wf_buffer_printf(wrong, "%s: of %u prefixes %u wait for ever, not %u\n", file, lived->cut_count, waiting_count,
                         expected_waiting(file));
    }
    if (lived->apart_count > 0) {
        wf_buffer_printf(wrong, "%s: %u prefixes end otherwise when the worker loses the run\n", file, lived->apart_count);
    }
}

static void live_row(struct corpus_rows *corpus, size_t i, struct wf_string file, struct wf_buffer *wrong)
{
    struct sim_live_result lived;
    struct sim_live *live = NULL;
    struct sim_code code;
    struct wf_history history = {0};
    struct wf_error err;
    char path[256];

    (void)snprintf(path, sizeof path, "tests/corpus/%s", rows[i].code);
    test_load_sim_code(path, &code);
    corpus_rows_history(corpus, file, &history);
    assert_int_equal(sim_live_new(&code, WF_FAMILY_AUTO, wf_system_blocks(), &live, &err), WF_OK);
    assert_int_equal(sim_live_run(live, &history, &lived, &err), WF_OK);
    judge(rows[i].file, &lived, wrong);
    sim_live_free(live);
}

/* What replays goes on: no prefix's task fails, each comes to its end, and the cache changes nothing of it. */
static void test_corpus_live__every_prefix_lives_to_its_end(void **state)
{
    struct corpus_rows *corpus = *state;
    size_t skipped_count = 0;
    struct wf_buffer wrong;

    wf_buffer_init(&wrong, &corpus->arena);
    for (size_t i = 0; i < TEST_COUNT(rows); i++) {
        struct wf_string file;

        if (rows[i].verdict != WF_VERDICT_OK) {
            continue;
        }
        if (corpus_rows_read(corpus, rows[i].file, &file)) {
            live_row(corpus, i, file, &wrong);
        } else {
            skipped_count++;
        }
    }
    if (skipped_count > 0) {
        print_message("skipped %zu histories: not in %s\n", skipped_count, corpus->folder);
    }
    if (wrong.size_bytes > 0) {
        wf_buffer_append_char(&wrong, '\0');
        fail_msg("%s", wrong.data);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_corpus_live__every_prefix_lives_to_its_end, corpus_rows_set_up, corpus_rows_tear_down),
    };

    return cmocka_run_group_tests_name("corpus_live", tests, NULL, NULL);
}
