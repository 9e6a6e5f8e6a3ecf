/*
 * Whole replays: C workflows against histories. What is found, why, shown how, and what official
 * replayers would have said.
 */
#include "tests/support/test.h"

#include "engine/replay.h"
#include "engine/wfsim.h"
#include "tests/support/replay_bench.h"

static const struct wf_options minute = {.start_to_close = WF_MINUTE};

/* ---- Versions of one workflow: reserve, charge, ship ---- */

static wf_error run_steps(struct wf *wf, const char *const *types)
{
    wf_error error = NULL;

    for (size_t i = 0; types[i] != NULL && error == NULL; i++) {
        error = wf_activity(wf, types[i], WF_NO_ARGS, &minute, NULL);
    }
    return error;
}

#define STEPS(name, ...)                                                                           \
    static wf_error name(struct wf *wf, void *state, struct wf_args args, struct wf_value *result) \
    {                                                                                              \
        static const char *const types[] = {__VA_ARGS__, NULL};                                    \
                                                                                                   \
        (void)state, (void)args, (void)result;                                                     \
        return run_steps(wf, types);                                                               \
    }
STEPS(as_recorded, "reserve", "charge", "ship")
STEPS(moved, "reserve", "ship", "charge")
STEPS(renamed, "reserve", "charge_card", "ship")
STEPS(inserted, "reserve", "audit", "charge", "ship")
STEPS(removed, "reserve", "ship")
STEPS(closed_early, "reserve")

static wf_error kind_changed(struct wf *wf, void *state, struct wf_args args,
                             struct wf_value *result)
{
    wf_error error = wf_activity(wf, "reserve", WF_NO_ARGS, &minute, NULL);

    (void)state, (void)args, (void)result;
    return error != NULL ? error : wf_sleep(wf, WF_MINUTE);
}

static wf_error moved_with_patch(struct wf *wf, void *state, struct wf_args args,
                                 struct wf_value *result)
{
    static const char *const old_way[] = {"charge", "ship", NULL};
    static const char *const new_way[] = {"ship", "charge", NULL};
    wf_error error = wf_activity(wf, "reserve", WF_NO_ARGS, &minute, NULL);

    (void)state, (void)args, (void)result;
    return error != NULL ? error : run_steps(wf, wf_patched(wf, "ship-first") ? new_way : old_way);
}

static wf_error stuck(struct wf *wf, void *state, struct wf_args args, struct wf_value *result)
{
    static const char *const first[] = {"reserve", NULL};
    wf_error error = run_steps(wf, first);

    (void)state, (void)args, (void)result;
    return error != NULL ? error : wf_wait_for_handlers(wf);
}

/* All three at once, so that one task has several commands. */
static wf_error gather(struct wf *wf, const char *const *types, size_t count)
{
    struct wf_future *futures[4];

    for (size_t i = 0; i < count; i++) {
        futures[i] = wf_activity_start(wf, types[i], WF_NO_ARGS, &minute);
    }
    return wf_gather(wf, futures, count, WF_GATHER_ALL, NULL);
}

#define AT_ONCE(name, ...)                                                                         \
    static wf_error name(struct wf *wf, void *state, struct wf_args args, struct wf_value *result) \
    {                                                                                              \
        static const char *const types[] = {__VA_ARGS__};                                          \
                                                                                                   \
        (void)state, (void)args, (void)result;                                                     \
        return gather(wf, types, sizeof types / sizeof types[0]);                                  \
    }
AT_ONCE(together, "a", "b", "c")
AT_ONCE(together_inserted, "a", "x", "b", "c")
AT_ONCE(together_removed, "a", "c")
AT_ONCE(together_moved, "a", "c", "b")

/* A workflow that remembers something outside its run. */
static int calls;
static wf_error forgetful(struct wf *wf, void *state, struct wf_args args, struct wf_value *result)
{
    (void)state, (void)args, (void)result;
    calls++;
    return wf_activity(wf, calls == 1 ? "first" : "again", WF_NO_ARGS, &minute, NULL);
}

/* ---- Histories ---- */

#define STEP(scheduled, id, type)                                                                  \
    ", activity " id " " type ", activity-started " scheduled ", activity-completed " scheduled    \
    ", task, completed"
#define SAGA                                                                                       \
    "started, task, completed" STEP("5", "1", "reserve") STEP("11", "2", "charge")                 \
        STEP("17", "3", "ship") ", closed"
#define TOGETHER                                                                                   \
    "started, task, completed, activity 1 a, activity 2 b, activity 3 c, activity-started 5, "     \
    "activity-completed 5, "                                                                       \
    "activity-started 6, activity-completed 6, activity-started 7, activity-completed 7, task, "   \
    "completed, closed"
#define PATCHED                                                                                    \
    "started, task, completed, activity 1 reserve, activity-started 5, activity-completed 5, "     \
    "task, completed, "

/* ---- Verdicts and causes ---- */

static const struct {
    const char *name;
    wf_error (*run)(struct wf *, void *, struct wf_args, struct wf_value *);
    const char *history;
    enum wf_verdict verdict;
    enum wf_cause cause;
    const char *diagnosis; /* NULL: none */
    int64_t event_id;
    const char *hint; /* a part of it; NULL: none */
} rows[] = {
    {"the code that recorded it", as_recorded, SAGA, WF_VERDICT_OK, WF_CAUSE_NONE, NULL, 0, NULL},
    {"a step moved", moved, SAGA, WF_VERDICT_NONDETERMINISM, WF_CAUSE_MOVED, "WF209", 11,
     "if (wf_patched(wf, \"move-ship\")) { the new way } else { the old way }, from before "
     "ScheduleActivityTask of ship"},
    {"a step moved behind a patch", moved_with_patch, SAGA, WF_VERDICT_OK, WF_CAUSE_NONE, NULL, 0,
     NULL},
    {"a step renamed", renamed, SAGA, WF_VERDICT_NONDETERMINISM, WF_CAUSE_RENAMED, "WF204", 11,
     "wf_patched(wf, \"change-charge_card\")"},
    {"a step added", inserted, SAGA, WF_VERDICT_NONDETERMINISM, WF_CAUSE_INSERTED, "WF208", 11,
     "wf_patched(wf, \"add-audit\")"},
    {"a step removed", removed, SAGA, WF_VERDICT_NONDETERMINISM, WF_CAUSE_REMOVED, "WF202", 11,
     "wf_patched(wf, \"remove-charge\")"},
    {"a timer in place of an activity", kind_changed, SAGA, WF_VERDICT_NONDETERMINISM,
     WF_CAUSE_KIND_CHANGED, "WF201", 11, "wf_patched(wf, \"change-timer\")"},
    {"the run ends early", closed_early, SAGA, WF_VERDICT_NONDETERMINISM, WF_CAUSE_CLOSED_EARLY,
     "WF210", 11, "wf_patched(wf, \"end-before-charge\")"},
    {"steps removed at the end: closed early", stuck, SAGA, WF_VERDICT_NONDETERMINISM,
     WF_CAUSE_CLOSED_EARLY, "WF210", 11, "wf_patched(wf, \"end-before-charge\")"},
    {"several at once", together, TOGETHER, WF_VERDICT_OK, WF_CAUSE_NONE, NULL, 0, NULL},
    {"one more of several", together_inserted, TOGETHER, WF_VERDICT_NONDETERMINISM,
     WF_CAUSE_INSERTED, "WF208", 6, "wf_patched(wf, \"add-x\")"},
    {"one less of several", together_removed, TOGETHER, WF_VERDICT_NONDETERMINISM, WF_CAUSE_REMOVED,
     "WF202", 6, "wf_patched(wf, \"remove-b\")"},
    {"two of several in another order", together_moved, TOGETHER, WF_VERDICT_NONDETERMINISM,
     WF_CAUSE_MOVED, "WF209", 6, "wf_patched(wf, \"move-b\")"},
    {"a patch call that is gone", as_recorded,
     PATCHED "patch ship-first, patches, activity 2 ship, task", WF_VERDICT_NONDETERMINISM,
     WF_CAUSE_PATCH_MISSING, "WF203", 11,
     "Keep the call wf_patched(wf, \"ship-first\"), or wf_deprecate_patch(wf, \"ship-first\") in "
     "its place"},
};

/* Each way to change code is told apart from the others, with the call that makes it safe. */
static void test_replay__changes_are_found_and_told_apart(void **state)
{
    for (size_t i = 0; i < TEST_COUNT(rows); i++) {
        struct replay_bench bench;
        const struct wf_finding *finding = &bench.result.finding;

        replay_bench_run(&bench, *state, rows[i].run, rows[i].history,
               (struct wf_replay_options){.family = WF_FAMILY_AUTO});

        test_string_is(rows[i].name, wf_string_of(wf_verdict_name(bench.result.verdict)),
                       wf_verdict_name(rows[i].verdict));
        test_string_is(rows[i].name, wf_string_of(wf_cause_name(finding->cause)),
                       wf_cause_name(rows[i].cause));
        assert_int_equal(finding->event_id, rows[i].event_id);
        if (rows[i].diagnosis != NULL) {
            test_string_is(rows[i].name, wf_string_of(finding->diagnosis), rows[i].diagnosis);
        }
        if (rows[i].hint != NULL && !test_contains(finding->hint, rows[i].hint)) {
            test_string_is(rows[i].name, finding->hint, rows[i].hint);
        }
        replay_bench_end(&bench);
    }
}

/* ---- The window ---- */

static void print_window(const struct wf_finding *finding, struct wf_buffer *out)
{
    for (uint32_t i = 0; i < finding->window_count; i++) {
        const struct wf_window_row *row = &finding->window[i];

        wf_buffer_append_text(out, row->is_difference ? "! " : "  ");
        if (row->event != NULL) {
            wf_buffer_printf(out, "%lld %S", (long long)row->event->event_id,
                             &row->event->attributes.activity_task_scheduled->activity_type->name);
        }
        wf_buffer_append_text(out, " | ");
        if (row->command != NULL) {
            wf_buffer_append_string(
                out, row->command->attributes.schedule_activity_task->activity_type->name);
        }
        wf_buffer_append_char(out, '\n');
    }
}

static const struct {
    wf_error (*run)(struct wf *, void *, struct wf_args, struct wf_value *);
    const char *history;
    const char *window;
} windows[] = {
    {moved, SAGA, "! 11 charge | ship\n"},
    {together_inserted, TOGETHER, "  5 a | a\n!  | x\n  6 b | b\n  7 c | c\n"},
    {together_removed, TOGETHER, "  5 a | a\n! 6 b | \n  7 c | c\n"},
    {together_moved, TOGETHER, "  5 a | a\n! 6 b | \n  7 c | c\n!  | b\n"},
};

/* History and code stand side by side, equal steps beside each other. */
static void test_replay__the_window_aligns_history_and_code(void **state)
{
    for (size_t i = 0; i < TEST_COUNT(windows); i++) {
        struct replay_bench bench;
        struct wf_buffer window;

        replay_bench_run(&bench, *state, windows[i].run, windows[i].history,
               (struct wf_replay_options){.family = WF_FAMILY_CORE});
        wf_buffer_init(&window, *state);
        print_window(&bench.result.finding, &window);

        test_string_is("window", wf_buffer_string(&window), windows[i].window);
        replay_bench_end(&bench);
    }
}

/* ---- What is not the code's decision ---- */

static const struct {
    const char *name;
    const char *history;
    enum wf_verdict verdict;
    const char *rule;
    const char *diagnosis;
} others[] = {
    {"no start", "task, completed", WF_VERDICT_BAD_HISTORY, "history-start", "WF106"},
    {"a started task without its end", "started, task, signaled", WF_VERDICT_BAD_HISTORY,
     "history-task-end", "WF107"},
    {"a workflow that the code does not have", "started Other, task", WF_VERDICT_SETUP,
     "workflow-type", "WF232"},
};

static void test_replay__what_cannot_be_replayed_says_why(void **state)
{
    for (size_t i = 0; i < TEST_COUNT(others); i++) {
        struct replay_bench bench;

        replay_bench_run(&bench, *state, as_recorded, others[i].history,
               (struct wf_replay_options){.family = WF_FAMILY_AUTO});

        test_string_is(others[i].name, wf_string_of(wf_verdict_name(bench.result.verdict)),
                       wf_verdict_name(others[i].verdict));
        test_string_is(others[i].name, wf_string_of(bench.result.finding.rule), others[i].rule);
        test_string_is(others[i].name, wf_string_of(bench.result.finding.diagnosis),
                       others[i].diagnosis);
        assert_true(bench.result.finding.message.size_bytes > 0);
        replay_bench_end(&bench);
    }
}

/* Ids that do not go up by one make a history that nobody can replay. */
static void test_replay__a_gap_in_the_ids_is_a_bad_history(void **state)
{
    const struct wf_replay_options options = {.family = WF_FAMILY_AUTO};
    struct replay_bench bench;
    struct wf_error err;

    replay_bench_run(&bench, *state, as_recorded, SAGA, options);
    bench.history.events[6].event_id = 70;
    assert_int_equal(wf_replay_run(bench.replay, &bench.history, &options, &bench.result, &err),
                     WF_OK);

    assert_int_equal(bench.result.verdict, WF_VERDICT_BAD_HISTORY);
    test_string_is("rule", wf_string_of(bench.result.finding.rule), "history-ids");
    assert_int_equal(bench.result.finding.event_id, 70);
    replay_bench_end(&bench);
}

/* The core rules can be forced on a history of another family. */
static void test_replay__core_rules_can_be_forced(void **state)
{
    struct replay_bench bench;

    replay_bench_run(&bench, *state, kind_changed, "started, task, completed" STEP("5", "5", "reserve"),
           (struct wf_replay_options){.family = WF_FAMILY_AUTO});
    test_string_is("rule", wf_string_of(bench.result.finding.rule), "command-extra");
    assert_int_equal(bench.result.family, WF_FAMILY_GO);
    replay_bench_end(&bench);

    replay_bench_run(&bench, *state, kind_changed, "started, task, completed" STEP("5", "5", "reserve"),
           (struct wf_replay_options){.family = WF_FAMILY_CORE});
    assert_int_equal(bench.result.verdict,
                     WF_VERDICT_NONDETERMINISM); /* the id is compared, as core would */
    test_string_is("rule", wf_string_of(bench.result.finding.rule), "act-id");
    assert_int_equal(bench.result.family, WF_FAMILY_CORE);
    replay_bench_end(&bench);
}

/* ---- Running again ---- */

/* Dropping the instance at every task boundary changes nothing for code that keeps to its run. */
static void test_replay__cold_at_every_boundary_is_the_same(void **state)
{
    struct replay_bench warm;
    struct replay_bench cold;

    replay_bench_run(&warm, *state, as_recorded, SAGA, (struct wf_replay_options){.wants_digest = true});
    replay_bench_run(&cold, *state, as_recorded, SAGA, (struct wf_replay_options){.evict_every_task = true});

    assert_int_equal(cold.result.verdict, WF_VERDICT_OK);
    assert_int_equal(warm.result.activation_count, 4);
    assert_int_equal(cold.result.activation_count, 4);
    assert_true(warm.result.commands_digest != 0);
    assert_true(cold.result.commands_digest == warm.result.commands_digest);
    assert_true(warm.result.is_closed);
    assert_int_equal(warm.result.event_count, warm.history.event_count);
    replay_bench_end(&warm);
    replay_bench_end(&cold);
}

/* Code that remembers something outside its run answers otherwise when it is run again (rule
 * eviction-replay). */
static void test_replay__code_that_remembers_across_runs_is_found(void **state)
{
    struct replay_bench bench;

    calls = 0;
    replay_bench_run(&bench, *state, forgetful, "started, task, completed, activity 1 first, task",
           (struct wf_replay_options){.family = WF_FAMILY_AUTO});
    assert_int_equal(bench.result.verdict, WF_VERDICT_OK);
    replay_bench_end(&bench);

    calls = 0;
    replay_bench_run(&bench, *state, forgetful, "started, task, completed, activity 1 first, task",
           (struct wf_replay_options){.evict_every_task = true});
    assert_int_equal(bench.result.verdict, WF_VERDICT_NONDETERMINISM);
    test_string_is("rule", wf_string_of(bench.result.finding.rule), "eviction-replay");
    replay_bench_end(&bench);
}

/* One replayer serves many histories; a bad one leaves nothing behind. */
static void test_replay__one_replayer_serves_many_histories(void **state)
{
    const struct wf_replay_options options = {.family = WF_FAMILY_AUTO};
    struct replay_bench bench;
    struct history_builder bad;
    struct wf_history bad_history;
    struct wf_error err;

    replay_bench_run(&bench, *state, as_recorded, SAGA, options);
    history_init(&bad, *state);
    history_add(&bad, "started, task, completed, activity 1 other, task");
    bad_history = history_of(&bad);
    assert_int_equal(wf_replay_run(bench.replay, &bad_history, &options, &bench.result, &err),
                     WF_OK);
    assert_int_equal(bench.result.verdict, WF_VERDICT_NONDETERMINISM);
    assert_int_equal(wf_replay_run(bench.replay, &bench.history, &options, &bench.result, &err),
                     WF_OK);

    assert_int_equal(bench.result.verdict, WF_VERDICT_OK);
    replay_bench_end(&bench);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST_IN_ARENA(test_replay__changes_are_found_and_told_apart),
        TEST_IN_ARENA(test_replay__the_window_aligns_history_and_code),
        TEST_IN_ARENA(test_replay__what_cannot_be_replayed_says_why),
        TEST_IN_ARENA(test_replay__a_gap_in_the_ids_is_a_bad_history),
        TEST_IN_ARENA(test_replay__core_rules_can_be_forced),
        TEST_IN_ARENA(test_replay__cold_at_every_boundary_is_the_same),
        TEST_IN_ARENA(test_replay__code_that_remembers_across_runs_is_found),
        TEST_IN_ARENA(test_replay__one_replayer_serves_many_histories),
    };

    return cmocka_run_group_tests_name("replay", tests, NULL, NULL);
}
