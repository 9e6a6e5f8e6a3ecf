/*
 * Real histories of other people replayed against equivalent workflows in C (tests/corpus), and against edited ones that must
 * be flagged. The histories are not part of this repository: $WFSIM_CORPUS or ../shared/corpus, else the test says that it
 * skipped them.
 */
#include "tests/support/test.h"

#include <stdio.h>
#include <stdlib.h>

#include "engine/history.h"
#include "engine/replay.h"
#include "tests/support/test_code.h"

#define UNPACKED_BYTES_MAX ((size_t)64 << 20)

static const struct {
    const char *file; /* below histories/ */
    const char *code; /* below tests/corpus/ */
    enum wf_verdict verdict;
} rows[] = {
    /* Timers of these two are numbered from 0. */
    {"core-timer_workflow_history.bin", "core.c", WF_VERDICT_OK},
    {"core-fail_wf_task.bin", "core.c", WF_VERDICT_OK},
    {"core-old_change_marker_format.bin", "core.c", WF_VERDICT_OK},
    {"core-ends_empty_wft_complete.bin", "core.c", WF_VERDICT_OK},
    {"hs-sleeps-1.bin", "haskell.c", WF_VERDICT_OK},
    {"hs-sleeps-10.bin", "haskell.c", WF_VERDICT_OK},
    {"hs-sleeps-100.bin", "haskell.c", WF_VERDICT_OK},
    {"docpy-backgroundcheck_workflow_history.json", "python.c", WF_VERDICT_OK},
    {"eduvpy-loan.json", "python.c", WF_VERDICT_OK},
    {"py-hello-workflow-history.json", "python.c", WF_VERDICT_OK},
    {"py-tools-workflow-history.json", "python.c", WF_VERDICT_OK},
    {"py-single_agent.json", "python.c", WF_VERDICT_OK},
    {"py-test_replayer_event_tracing.json", "python.c", WF_VERDICT_OK},
    {"py-test_replayer_event_tracing_single_batch.json", "python.c", WF_VERDICT_OK},
    {"py-test_replayer_event_tracing_double_sig_at_start.json", "python.c", WF_VERDICT_OK},
    {"py-test_replayer_event_tracing_alternate.json", "python.c", WF_VERDICT_OK},
    {"py-test_replayer_command_reordering_backward_compatibility.json", "python.c", WF_VERDICT_OK},
    {"swift-replayer-test_complete.json", "swift.c", WF_VERDICT_OK},
    {"swift-replayer-test_nondeterministic.json", "swift.c", WF_VERDICT_NONDETERMINISM},
    {"ts-cancel_fake_progress_history.bin", "typescript.c", WF_VERDICT_OK},
    {"ts-cancel_fake_progress_history-2.json", "typescript.c", WF_VERDICT_OK},
    {"ts-nested_promise_1_13_2-89754d3.json", "typescript.c", WF_VERDICT_OK},
    {"ts-complete_update_after_workflow_returns_pre1488.json", "typescript.c", WF_VERDICT_OK},
    {"sts-workflow-history-6c54b17.json", "typescript.c", WF_VERDICT_OK},
    {"sts-workflow-history-ed41738.json", "typescript.c", WF_VERDICT_OK},
    {"net-multi-wait-condition_pre-dotnet-flag.json", "dotnet.c", WF_VERDICT_OK},
    {"net-multi-complete-fail-before_pre-dotnet-flag.json", "dotnet.c", WF_VERDICT_OK},
    {"net-multi-complete-fail-before_post-core-flag.json", "dotnet.c", WF_VERDICT_OK},
    {"net-multi-complete-fail-after_post-core-flag.json", "dotnet.c", WF_VERDICT_OK},
    {"net-update-after-complete_post-core-flag.json", "dotnet.c", WF_VERDICT_OK},
    {"net-update-after-complete_pre-dotnet-flag.json", "dotnet.c", WF_VERDICT_OK},
    {"docgo-backgroundcheck_workflow_event_history.json", "go.c", WF_VERDICT_OK},
    {"edu102go-loan-85cff2f.json", "go.c", WF_VERDICT_OK},
    {"eduvgo-loan.json", "go.c", WF_VERDICT_OK},
    {"eduvgo-loan-e78950e.json", "go.c", WF_VERDICT_OK},
    {"feat-activity_start_race-manual.json", "go.c", WF_VERDICT_OK},
    {"go-await-with-timeout-no-timer-cancel.json", "go.c", WF_VERDICT_OK},
    {"go-bad-continue-as-new.json", "go.c", WF_VERDICT_NONDETERMINISM},
    {"go-bad-continue-as-new-2.json", "go.c", WF_VERDICT_NONDETERMINISM},
    {"go-bad-empty-workflow.json", "go.c", WF_VERDICT_NONDETERMINISM},
    {"go-bad-history.json", "go.c", WF_VERDICT_NONDETERMINISM},
    {"go-bad-history-2.json", "go.c", WF_VERDICT_NONDETERMINISM},
    {"go-bad-local-activity.json", "go.c", WF_VERDICT_NONDETERMINISM},
    {"go-bad-local-activity-2.json", "go.c", WF_VERDICT_NONDETERMINISM},
    {"go-continue-as-new.json", "go.c", WF_VERDICT_OK},
    {"go-deadlocked-workflow.json", "go.c", WF_VERDICT_OK},
    {"go-local-activity.json", "go.c", WF_VERDICT_OK},
    {"go-local-activity-serialization-context.json", "go.c", WF_VERDICT_OK},
    {"go-memo-json.json", "go.c", WF_VERDICT_OK},
    {"go-memo-schedule-json.json", "go.c", WF_VERDICT_OK},
    {"go-multiple-updates.json", "go.c", WF_VERDICT_OK},
    {"go-multiple-updates-canceled.json", "go.c", WF_VERDICT_OK},
    {"go-non_deterministic_update.json", "go.c", WF_VERDICT_NONDETERMINISM},
    {"go-parallel-side-effect.json", "go.c", WF_VERDICT_OK},
    {"go-replay-tests-cancel-order.json", "go.c", WF_VERDICT_OK},
    {"go-replay-tests-cancel-order-timer-resolved.json", "go.c", WF_VERDICT_OK},
    {"go-reset-workflow-after-child-complete.json", "go.c", WF_VERDICT_OK},
    {"go-reset-workflow-before-child-init.json", "go.c", WF_VERDICT_OK},
    {"go-reset-workflow-with-child-failed-e666291.json", "go.c", WF_VERDICT_OK},
    {"go-reset-workflow-with-child-success-56f294d.json", "go.c", WF_VERDICT_OK},
    {"go-update_accept_and_complete_and_exit.json", "go.c", WF_VERDICT_OK},
    {"go-update_before_protocol_message_command.json", "go.c", WF_VERDICT_OK},
    {"go-update_complete_and_exit.json", "go.c", WF_VERDICT_OK},
    {"go-update_with_protocol_message_command.json", "go.c", WF_VERDICT_OK},
    {"go-version-loop-workflow-10.json", "go.c", WF_VERDICT_OK},
    {"go-version-loop-workflow-256.json", "go.c", WF_VERDICT_OK},
    {"go-version-loop-workflow-unkown-version-flag.json", "go.c", WF_VERDICT_BAD_HISTORY},
    {"go-workflow1.json", "go.c", WF_VERDICT_OK},
    {"go-workflow_loop_task.json", "go.c", WF_VERDICT_OK},
    {"go-workflow_with_bad_unknown_event.json", "go.c", WF_VERDICT_BAD_HISTORY},
    {"go-workflow_with_unknown_event.json", "go.c", WF_VERDICT_OK},
    {"learn-go-backgroundcheck_workflow_event_history_with_timer.json", "go_timer.c", WF_VERDICT_OK},
    {"php-Versioning-default.json", "php.c", WF_VERDICT_OK},
    {"php-Versioning-v1.json", "php.c", WF_VERDICT_OK},
    {"php-simple-workflow-damaged-b4ea3cb.json", "php.c", WF_VERDICT_NONDETERMINISM},
    {"bun-captured-activity-alpha.json", "others.c", WF_VERDICT_OK},
    {"bun-captured-activity-empty.json", "others.c", WF_VERDICT_OK},
    {"bun-captured-activity-json.json", "others.c", WF_VERDICT_OK},
    {"bun-captured-activity-long.json", "others.c", WF_VERDICT_OK},
    {"bun-captured-activity-punctuation.json", "others.c", WF_VERDICT_OK},
    {"bun-captured-activity-unicode.json", "others.c", WF_VERDICT_OK},
    {"bun-captured-child-alpha.json", "others.c", WF_VERDICT_OK},
    {"bun-captured-child-beta.json", "others.c", WF_VERDICT_OK},
    {"bun-captured-child-json.json", "others.c", WF_VERDICT_OK},
    {"bun-captured-child-long.json", "others.c", WF_VERDICT_OK},
    {"bun-captured-continue-counter.json", "others.c", WF_VERDICT_OK},
    {"bun-captured-continue-four.json", "others.c", WF_VERDICT_OK},
    {"bun-captured-continue-three.json", "others.c", WF_VERDICT_OK},
    {"bun-captured-continue-two.json", "others.c", WF_VERDICT_OK},
    {"bun-captured-signal-query.json", "others.c", WF_VERDICT_OK},
    {"bun-captured-update-rejection.json", "others.c", WF_VERDICT_OK},
    {"bun-captured-update-success.json", "others.c", WF_VERDICT_OK},
    {"clj-order.json", "others.c", WF_VERDICT_OK},
    {"core-evict_while_la_running_no_interference-16_history.bin", "core.c", WF_VERDICT_OK},
    /* The service recorded the bug that its SDK then had: event 25 schedules activity 2 again. */
    {"core-evict_while_la_running_no_interference-23_history.bin", "core.c", WF_VERDICT_NONDETERMINISM},
    {"core-evict_while_la_running_no_interference-85_history.bin", "core.c", WF_VERDICT_OK},
    {"eduvjava-loan.json", "java.c", WF_VERDICT_OK},
    {"java-awaitTimerConditionOldBehavior.json", "java.c", WF_VERDICT_OK},
    {"java-laRetriesAndFails_1_17.json", "java.c", WF_VERDICT_OK},
    {"java-laSuccessfulCompletion_1_17.json", "java.c", WF_VERDICT_OK},
    {"java-testAsyncActivityRetryHistory.json", "java.c", WF_VERDICT_OK},
    {"java-testCancelNexusOperationHistory.json", "java.c", WF_VERDICT_OK},
    {"java-testGetHistoryLength.json", "java.c", WF_VERDICT_OK},
    {"java-testGetHistorySize.json", "java.c", WF_VERDICT_OK},
    {"java-testGetVersionMultipleCallsHistory.json", "java.c", WF_VERDICT_OK},
    {"java-testGetVersionMultipleCallsHistoryDefault.json", "java.c", WF_VERDICT_OK},
    {"java-testGetVersionMultithreadingRemoveHistory.json", "java.c", WF_VERDICT_OK},
    {"learn-java-backgroundcheck_workflow_event_history.json", "java.c", WF_VERDICT_OK},
    {"net-update-after-complete_post-dotnet-flag.json", "dotnet.c", WF_VERDICT_OK},
    {"net-multi-complete-fail-after_post-dotnet-flag.json", "dotnet.c", WF_VERDICT_OK},
    {"net-multi-complete-fail-after_pre-dotnet-flag.json", "dotnet.c", WF_VERDICT_OK},
    {"net-multi-complete-fail-before_post-dotnet-flag.json", "dotnet.c", WF_VERDICT_OK},
    {"py-test_replayer_event_tracing_double_sig_at_start_single_batch.json", "python.c", WF_VERDICT_OK},
    {"rb-signal_with_start.binpb", "others.c", WF_VERDICT_OK},
    {"rb-signal_with_start-2-json.json", "others.c", WF_VERDICT_OK},
    {"ts-cancel_fake_progress_history-8c19f54.json", "typescript.c", WF_VERDICT_OK},
    {"zio-replay_saga_workflow_failed.json", "others.c", WF_VERDICT_OK},
    {"sgo-rainbowstatusesworkflow.json", "go.c", WF_VERDICT_OK},
    {"ui-cy-timed-out-d463e63.json", "go.c", WF_VERDICT_OK},
    {"vsc-sleep-then-completes-successfully-cc64080.json", "typescript.c", WF_VERDICT_OK},
    {"java-cancellationScopeDeterminism.json", "java.c", WF_VERDICT_OK},
    {"java-testLocalActivityAfterCancelTest.json", "java.c", WF_VERDICT_OK},
    {"java-testAsyncWorkflowOperationTestHistory.json", "java.c", WF_VERDICT_OK},
    {"zio-replay_saga_workflow_success.json", "others.c", WF_VERDICT_OK},
    /* planted edits */
    {"core-timer_workflow_history.bin", "core_edited.c", WF_VERDICT_NONDETERMINISM},
    {"core-old_change_marker_format.bin", "core_edited.c", WF_VERDICT_NONDETERMINISM},
    {"hs-sleeps-10.bin", "haskell_edited.c", WF_VERDICT_NONDETERMINISM},
    {"docpy-backgroundcheck_workflow_history.json", "python_edited.c", WF_VERDICT_NONDETERMINISM},
    {"eduvpy-loan.json", "python_edited.c", WF_VERDICT_NONDETERMINISM},
};

struct corpus {
    struct wf_arena arena;
    const char *folder;
};

static bool read_file(struct corpus *corpus, const char *name, struct wf_string *bytes)
{
    char path[4096];
    FILE *file = NULL;
    char *data = NULL;
    long size = 0;

    (void)snprintf(path, sizeof path, "%s/histories/%s", corpus->folder, name);
    file = fopen(path, "rb");
    if (file == NULL) {
        return false;
    }
    assert_int_equal(fseek(file, 0, SEEK_END), 0);
    size = ftell(file);
    assert_int_equal(fseek(file, 0, SEEK_SET), 0);
    data = wf_arena_take_text(&corpus->arena, (size_t)size + 1);
    assert_non_null(data);
    assert_int_equal(fread(data, 1, (size_t)size, file), (size_t)size);
    (void)fclose(file);
    *bytes = (struct wf_string){data, (size_t)size};
    return true;
}

static void read_history(struct corpus *corpus, struct wf_string file, struct wf_history *history)
{
    struct wf_history_reader reader;
    struct wf_error err;

    if (wf_history_reader_init(&reader, &corpus->arena, file, UNPACKED_BYTES_MAX, &err) != WF_OK ||
        wf_history_reader_next(&reader, &corpus->arena, history, &err) != WF_OK) {
        fail_msg("%s", err.message);
    }
    wf_history_fill_ids(history);
}

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
static void replay_row(struct corpus *corpus, size_t i, struct wf_string file, bool evicts, struct wf_buffer *wrong)
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
    read_history(corpus, file, &history);
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
    struct corpus *corpus = *state;
    size_t skipped_count = 0;
    struct wf_buffer wrong;

    wf_buffer_init(&wrong, &corpus->arena);
    for (size_t i = 0; i < TEST_COUNT(rows); i++) {
        struct wf_string file;

        if (read_file(corpus, rows[i].file, &file)) {
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

static int set_up(void **state)
{
    struct corpus *corpus = calloc(1, sizeof *corpus);
    const char *folder = getenv("WFSIM_CORPUS");

    corpus->folder = folder != NULL ? folder : "../shared/corpus";
    wf_arena_init(&corpus->arena, wf_system_blocks(), 0);
    *state = corpus;
    return 0;
}

static int tear_down(void **state)
{
    struct corpus *corpus = *state;

    wf_arena_deinit(&corpus->arena);
    free(corpus);
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_corpus_replay__has_the_verdict_of_the_manifest, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_corpus_replay__is_the_same_with_a_cold_cache, set_up, tear_down),
    };

    return cmocka_run_group_tests_name("corpus_replay", tests, NULL, NULL);
}
