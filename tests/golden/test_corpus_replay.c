/*
 * Real histories of other people replayed against equivalent workflows in C (tests/corpus), and against edited ones that must
 * be flagged. The histories are not part of this repository: $WFSIM_CORPUS or ../shared/corpus, else the test says that it
 * skipped them.
 */
#include "tests/support/test.h"

#include <stdio.h>

#include "engine/replay.h"
#include "tests/support/corpus_rows.h"
#include "tests/support/test_code.h"

static const struct {
    const char *file; /* below histories/ */
    const char *code; /* below tests/corpus/ */
    enum wf_verdict verdict;
} rows[] = {
#define CORPUS_ROW(file, code, VERDICT) {file, code, WF_VERDICT_##VERDICT},
#include "tests/golden/corpus_rows.def"
};

/* Real code that made these histories never leaves the tasks in which it gave its commands: such a note would be a false alarm.
 * Inputs and options the equivalent workflows copy only as far as their descriptions go. */
static void check_notes(size_t i, const struct wf_replay_result *result, struct wf_buffer *wrong)
{
    static const char *const never[] = {"boundary", "la-order", "close-kind", "mis-binding"};

    for (uint32_t j = 0; result->verdict == WF_VERDICT_OK && j < result->notes.count; j++) {
        for (size_t k = 0; k < TEST_COUNT(never); k++) {
            if (strcmp(never[k], result->notes.items[j].rule) == 0) {
                wf_buffer_printf(wrong, "%s: false alarm, %s: %S\n", rows[i].file, never[k],
                                 &result->notes.items[j].message);
            }
        }
    }
}

/* Appends one line when the verdict is another one than the table's. */
static void replay_row(struct corpus_rows *corpus, size_t i, struct wf_string file, bool evicts, struct wf_buffer *wrong)
{
    const struct wf_block_source *blocks = wf_system_blocks();
    const struct wf_replay_options options = {.evict_every_task = evicts};
    struct wf_replay_result result;
    struct wf_host_config config = {.blocks = blocks,
                                    .stacks = blocks,
                                    .stack_size_bytes = WF_STACK_BYTES_DEFAULT,
                                    .instance_size_bytes_max = (size_t)64 << 20,
                                    .coroutines_max = 100};
    struct wf_host *host = NULL;
    struct wf_replay *replay = NULL;
    struct wf_history history = {0};
    struct wf_error err;
    char path[256];

    (void)snprintf(path, sizeof path, "tests/corpus/%s", rows[i].code);
    config.module = test_load_code(path);
    corpus_rows_history(corpus, file, &history);
    assert_int_equal(wf_host_new(&config, &host, &err), WF_OK);
    replay = wf_replay_new(blocks, host);
    assert_non_null(replay);
    assert_int_equal(wf_replay_run(replay, &history, &options, &result, &err), WF_OK);
    if (result.verdict != rows[i].verdict) {
        wf_buffer_printf(wrong, "%s with %s%s: %s, event %lld: %S\n", rows[i].file, rows[i].code,
                         evicts ? " (evicted)" : "", wf_verdict_name(result.verdict),
                         (long long)result.finding.event_id, &result.finding.message);
    }
    check_notes(i, &result, wrong);
    wf_replay_free(replay);
    wf_host_free(host);
}

static void replay_all(void **state, bool evicts)
{
    struct corpus_rows *corpus = *state;
    size_t skipped_count = 0;
    struct wf_buffer wrong;

    wf_buffer_init(&wrong, &corpus->arena);
    for (size_t i = 0; i < TEST_COUNT(rows); i++) {
        struct wf_string file;

        if (corpus_rows_read(corpus, rows[i].file, &file)) {
            replay_row(corpus, i, file, evicts, &wrong);
        } else {
            skipped_count++;
        }
    }
    /* Absent is the whole corpus or nothing of it: one history is a name that is wrong here. */
    assert_true(skipped_count == 0 || skipped_count == TEST_COUNT(rows));
    if (skipped_count > 0) {
        print_message("skipped %zu of %zu histories: not in %s\n", skipped_count, TEST_COUNT(rows), corpus->folder);
    }
    if (wrong.size_bytes > 0) {
        wf_buffer_append_char(&wrong, '\0');
        fail_msg("%s", wrong.data);
    }
}

static void test_corpus_replay__has_the_verdict_of_the_manifest(void **state)
{
    replay_all(state, false);
}

/* Dropping the run at every task and replaying it from the start changes no verdict. */
static void test_corpus_replay__is_the_same_with_a_cold_cache(void **state)
{
    replay_all(state, true);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_corpus_replay__has_the_verdict_of_the_manifest, corpus_rows_set_up, corpus_rows_tear_down),
        cmocka_unit_test_setup_teardown(test_corpus_replay__is_the_same_with_a_cold_cache, corpus_rows_set_up, corpus_rows_tear_down),
    };

    return cmocka_run_group_tests_name("corpus_replay", tests, NULL, NULL);
}
