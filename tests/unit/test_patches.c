/* Patches: every row of replay-rules 3.1, and the upsert that follows a marker. */
#include "tests/support/test.h"

#include "tests/support/script.h"

/* A history whose first task did `commands` and an activity, and whose second one closed it. The
 * events' ids are found by counting: the activity is at 5 plus the number of commands. */
#define RUN(commands, scheduled)                                                                   \
    "started, task, completed" commands ", activity 1, activity-started " scheduled                \
    ", activity-completed " scheduled ", task, completed, closed"

static const struct {
    const char *name;
    const char *history;
    const char *answers[3];
    const char *core_flags;
    const char *official; /* "": it passes */
    const char *trace;
} rows[] = {
    {"marker, no call",
     RUN(", patch, patches", "7"),
     {"activity 1", "complete"},
     "123",
     "[TMPRL1100] Nondeterminism error: Non-deprecated patch marker encountered for change p1, but "
     "there is no "
     "corresponding change command!",
     "3 replaying: initialize; patch p1\n"},
    {"deprecated marker, no call: skipped with its upsert",
     RUN(", deprecated-patch, patches", "7"),
     {"activity 1", "complete"},
     "123",
     "",
     "3 replaying: initialize; patch p1\n11 replaying: activity 1 completed\n"},
    {"no marker, no call",
     RUN("", "5"),
     {"activity 1", "complete"},
     "123",
     "",
     "3 replaying: initialize\n9 replaying: activity 1 completed\n"},
    {"marker, patched",
     RUN(", patch, patches", "7"),
     {"patch p1, activity 1", "complete"},
     "123",
     "",
     "3 replaying: initialize; patch p1\n11 replaying: activity 1 completed\n"},
    {"deprecated marker, patched",
     RUN(", deprecated-patch, patches", "7"),
     {"patch p1, activity 1", "complete"},
     "123",
     "",
     "3 replaying: initialize; patch p1\n11 replaying: activity 1 completed\n"},
    {"no marker, patched: the command is dropped",
     RUN("", "5"),
     {"patch p1, activity 1", "complete"},
     "123",
     "",
     "3 replaying: initialize\n9 replaying: activity 1 completed\n"},
    {"marker, deprecate",
     RUN(", patch, patches", "7"),
     {"deprecate p1, activity 1", "complete"},
     "123",
     "",
     "3 replaying: initialize; patch p1\n11 replaying: activity 1 completed\n"},
    {"deprecated marker, deprecate",
     RUN(", deprecated-patch, patches", "7"),
     {"deprecate p1, activity 1", "complete"},
     "123",
     "",
     "3 replaying: initialize; patch p1\n11 replaying: activity 1 completed\n"},
    {"no marker, deprecate",
     RUN("", "5"),
     {"deprecate p1, activity 1", "complete"},
     "123",
     "",
     "3 replaying: initialize\n9 replaying: activity 1 completed\n"},
    {"marker for p1, patched p2 only",
     RUN(", patch, patches", "7"),
     {"activity 1", "complete"},
     "123",
     "[TMPRL1100] Nondeterminism error: Non-deprecated patch marker encountered for change p1, but "
     "there is no "
     "corresponding change command!",
     "3 replaying: initialize; patch p1\n"},
    {"marker for p1, patched p2 with a command",
     RUN(", patch, patches", "7"),
     {"patch p2, activity 1", "complete"},
     "123",
     "[TMPRL1100] Nondeterminism error: Change id p1 does not match expected id p2",
     "3 replaying: initialize; patch p1\n"},
    {"deprecated marker for p1, patched p2 only",
     RUN(", deprecated-patch, patches", "7"),
     {"patch p2, activity 1", "complete"},
     "123",
     "",
     "3 replaying: initialize; patch p1\n11 replaying: activity 1 completed\n"},
    {"calling twice makes one command",
     RUN(", patch, patches", "7"),
     {"patch p1, patch p1, activity 1", "complete"},
     "123",
     "",
     "3 replaying: initialize; patch p1\n11 replaying: activity 1 completed\n"},
    {"a marker behind another command",
     RUN(", patch, patches", "7"),
     {"activity 1, patch p1", "complete"},
     "123",
     "[TMPRL1100] Nondeterminism error: Non-deprecated patch marker encountered for change p1, but "
     "there is no "
     "corresponding change command!",
     "3 replaying: initialize; patch p1\n"},
    {"marker without upsert though flag 2 is set",
     RUN(", patch", "6"),
     {"patch p1, activity 1", "complete"},
     "123",
     "[TMPRL1100] Nondeterminism error: Upsert search attributes machine does not handle this "
     "event: HistoryEvent(id: "
     "6, ActivityTaskScheduled)",
     "3 replaying: initialize; patch p1\n"},
    {"marker without upsert, without flag 2",
     RUN(", patch", "6"),
     {"patch p1, activity 1", "complete"},
     "13",
     "",
     "3 replaying: initialize; patch p1\n10 replaying: activity 1 completed\n"},
    {"marker with upsert, without flag 2",
     RUN(", patch, patches", "7"),
     {"patch p1, activity 1", "complete"},
     "13",
     "[TMPRL1100] Nondeterminism error: Activity machine does not handle this event: "
     "HistoryEvent(id: 6, "
     "UpsertWorkflowSearchAttributes)",
     "3 replaying: initialize; patch p1\n"},
    {"the key upserted by hand",
     RUN(", patches", "6"),
     {"upsert TemporalChangeVersion, activity 1", "complete"},
     "123",
     "",
     "3 replaying: initialize\n10 replaying: activity 1 completed\n"},
};

/* The answer that the code gets is its host's; what is tested is which commands go with which
 * history. */
static void test_patches__every_row_of_the_table(void **state)
{
    for (size_t i = 0; i < TEST_COUNT(rows); i++) {
        struct history_builder history;
        struct script_result result;

        history_init(&history, *state);
        history.core_flags = rows[i].core_flags;
        history_add(&history, rows[i].history);
        script_replay(*state, &history, rows[i].answers, &result);

        test_string_is(rows[i].name, result.finding.official, rows[i].official);
        test_string_is(rows[i].name, result.trace, rows[i].trace);
        assert_int_equal(result.finding.verdict,
                         rows[i].official[0] == '\0' ? WF_VERDICT_OK : WF_VERDICT_NONDETERMINISM);
    }
}

/* The marker of SDKs before 2022 holds raw bytes; it is read too. */
static void test_patches__the_old_marker_form_is_read(void **state)
{
    static const char *const answers[] = {"patch p1, complete", NULL};
    struct history_builder history;
    struct script_result result;

    history_init(&history, *state);
    history.core_flags = "1";
    history_add(&history, "started, task, completed, marker core_patch patch_id p1, closed");
    script_replay(*state, &history, answers, &result);

    test_string_is("message", result.finding.message, "");
    test_string_is("trace", result.trace, "3 replaying: initialize; patch p1\n");
}

static const struct {
    const char *name;
    const char *answer;
    const char *commands;
} live[] = {
    {"a new patch leaves a marker and the list of patches", "patch p1, timer 1",
     "RecordMarker core_patch {\"id\":\"p1\",\"deprecated\":false}, UpsertWorkflowSearchAttributes "
     "TemporalChangeVersion=[\"p1\"], StartTimer 1"},
    {"a deprecated one says so", "deprecate p1",
     "RecordMarker core_patch {\"id\":\"p1\",\"deprecated\":true}, UpsertWorkflowSearchAttributes "
     "TemporalChangeVersion=[\"p1\"]"},
    {"the list ascends and grows", "patch b, patch a",
     "RecordMarker core_patch {\"id\":\"b\",\"deprecated\":false}, UpsertWorkflowSearchAttributes "
     "TemporalChangeVersion=[\"b\"], RecordMarker core_patch {\"id\":\"a\",\"deprecated\":false}, "
     "UpsertWorkflowSearchAttributes TemporalChangeVersion=[\"a\",\"b\"]"},
    {"only the first call of an id makes a command", "patch p1, patch p1",
     "RecordMarker core_patch {\"id\":\"p1\",\"deprecated\":false}, UpsertWorkflowSearchAttributes "
     "TemporalChangeVersion=[\"p1\"]"},
    {"the list set by hand is sent empty", "upsert TemporalChangeVersion",
     "UpsertWorkflowSearchAttributes"},
};

/* Live, core makes the marker and the upsert itself. */
static void test_patches__live_calls_make_commands(void **state)
{
    for (size_t i = 0; i < TEST_COUNT(live); i++) {
        struct history_builder history;
        struct wf_buffer commands;

        history_init(&history, *state);
        history_add(&history, "started, task");
        wf_buffer_init(&commands, *state);
        script_live_task(*state, &history, live[i].answer, &commands);

        test_string_is(live[i].name, wf_buffer_string(&commands), live[i].commands);
    }
}

/* A list of 2048 bytes or more is not upserted; the markers still are. */
static void test_patches__a_long_list_is_not_upserted(void **state)
{
    struct history_builder history;
    struct wf_buffer answer;
    struct wf_buffer commands;

    history_init(&history, *state);
    history_add(&history, "started, task");
    wf_buffer_init(&answer, *state);
    for (uint32_t i = 0; i < 40; i++) {
        wf_buffer_printf(&answer,
                         "%spatch a-patch-with-a-name-of-sixty-bytes-so-that-forty-are-enough-%03u",
                         i == 0 ? "" : ",", i);
    }
    wf_buffer_append_char(&answer, '\0');
    wf_buffer_init(&commands, *state);
    script_live_task(*state, &history, answer.data, &commands);
    wf_buffer_append_char(&commands, '\0');

    assert_non_null(strstr(commands.data, "are-enough-039"));
    assert_null(strstr(strstr(commands.data, "are-enough-039"), "UpsertWorkflowSearchAttributes"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST_IN_ARENA(test_patches__every_row_of_the_table),
        TEST_IN_ARENA(test_patches__the_old_marker_form_is_read),
        TEST_IN_ARENA(test_patches__live_calls_make_commands),
        TEST_IN_ARENA(test_patches__a_long_list_is_not_upserted),
    };

    return cmocka_run_group_tests_name("patches", tests, NULL, NULL);
}
