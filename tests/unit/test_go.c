/* The Go family: predicted ids, lookups, the list of commands beside the list of events, and the ends (replay-rules 2.3, 2.6, 2.10). */
#include "tests/support/test.h"

#include "tests/support/code_replay.h"
#include "tests/support/script.h"

static const struct wf_options minute = {.start_to_close = WF_MINUTE};

#define WORKFLOW(name)                                                                                                 \
    static wf_error name(struct wf *wf, void *state, struct wf_args args, struct wf_value *result)

static wf_error call(struct wf *wf, const char *type)
{
    return wf_activity(wf, type, WF_NO_ARGS, &minute, NULL);
}

/* ---- The table of replay-rules 2.6: A is one activity in task 1, the end is in task 2 ---- */

#define A "started, task, completed, activity 5 A, activity-started 5, activity-completed 5, task"
#define CLOSED_A A ", completed, closed"

WORKFLOW(a)
{
    (void)state, (void)args, (void)result;
    return call(wf, "A");
}

WORKFLOW(extra_before)
{
    (void)wf_timer_start(wf, WF_MINUTE);
    return a(wf, state, args, result);
}

WORKFLOW(extra_beside)
{
    struct wf_future *first = wf_activity_start(wf, "A", WF_NO_ARGS, &minute);

    (void)state, (void)args, (void)result;
    (void)wf_timer_start(wf, WF_MINUTE);
    return wf_await(wf, first, NULL);
}

WORKFLOW(extra_after)
{
    (void)state, (void)args, (void)result;
    return call(wf, "A") != NULL ? NULL : call(wf, "B");
}

WORKFLOW(at_once)
{
    (void)wf, (void)state, (void)args, (void)result;
    return NULL;
}

static bool never(const void *state)
{
    (void)state;
    return false;
}

WORKFLOW(for_ever)
{
    (void)state, (void)args, (void)result;
    return wf_wait(wf, never, NULL, WF_FOREVER, NULL);
}

WORKFLOW(fails)
{
    (void)state, (void)args, (void)result;
    return wf_fail(wf, "Other", NULL, "another failure");
}

WORKFLOW(goes_on)
{
    (void)state, (void)result;
    return wf_continue_as_new(wf, args, NULL);
}

WORKFLOW(mistake_after_a)
{
    (void)state, (void)args, (void)result;
    (void)call(wf, "A");
    return call(wf, "");
}

static const struct code_replay ends[] = {
    {"closed A", a, CLOSED_A, WF_VERDICT_OK, .rule = NULL},
    {"closed A, a type with another package", a,
     "started, task, completed, activity 5 package.A, activity-started 5, activity-completed 5, task, completed, closed",
     WF_VERDICT_OK, .rule = NULL},
    {"closed A, extra command before", extra_before, CLOSED_A, WF_VERDICT_NONDETERMINISM, .rule = "command-missing"},
    {"closed A, extra command beside", extra_beside, CLOSED_A, WF_VERDICT_NONDETERMINISM, .rule = "command-extra"},
    {"closed A, extra step after", extra_after, CLOSED_A, WF_VERDICT_NONDETERMINISM, .rule = "command-extra"},
    {"closed A, returns at once", at_once, CLOSED_A, WF_VERDICT_NONDETERMINISM, .rule = "command-missing"},
    {"closed A, blocks for ever", for_ever, CLOSED_A, WF_VERDICT_NONDETERMINISM, .rule = "command-missing"},
    {"open A in flight, extra command: its task is left out", extra_beside, A, WF_VERDICT_OK, .rule = NULL},
    {"open A in flight, returns at once: its task is left out", at_once, A, WF_VERDICT_OK, .rule = NULL},
    {"open A in flight, a mistake there: the task is never run", mistake_after_a, A, WF_VERDICT_OK, .rule = NULL},
    {"open A without a task, extra command", extra_beside, "started, task, completed, activity 5 A",
     WF_VERDICT_NONDETERMINISM, .rule = "command-extra"},
    {"a signal comes later, the code completes before it", at_once,
     "started, task, completed, signaled, task, completed, closed", WF_VERDICT_OK, .rule = NULL},
    {"terminated, extra command", extra_beside, "started, task, completed, activity 5 A, terminated",
     WF_VERDICT_NONDETERMINISM, .rule = "command-extra"},
    {"closed as failed, completes: not compared", a, A ", completed, closed-failed", WF_VERDICT_OK, .rule = NULL},
    {"closed as failed, fails otherwise", fails, "started, task, completed, closed-failed", WF_VERDICT_OK, .rule = NULL},
    {"closed as failed, another step", extra_after, A ", completed, closed-failed", WF_VERDICT_NONDETERMINISM,
     .rule = "command-extra"},
    {"continued as new, goes on", goes_on, "started, task, completed, closed-continued", WF_VERDICT_OK, .rule = NULL},
    {"close-kind: continued as new, completes", at_once, "started, task, completed, closed-continued",
     WF_VERDICT_NONDETERMINISM, .rule = "close-kind"},
    {"close-kind: completed, fails", fails, "started, task, completed, closed", WF_VERDICT_NONDETERMINISM,
     .rule = "close-kind"},
    {"a mistake in a task that is over", mistake_after_a, CLOSED_A, WF_VERDICT_CODE_FAILED, .rule = "task-failed"},
    {"a failed task is no task", a,
     "started, task, failed, task, timed-out, task, completed, activity 11 A, activity-started 11, activity-completed 11, "
     "task, completed, closed",
     WF_VERDICT_OK, .rule = NULL},
};

static void check(void **state, const struct code_replay *rows, size_t count)
{
    struct code_replay go[32];

    assert_true(count <= TEST_COUNT(go));
    for (size_t i = 0; i < count; i++) {
        go[i] = rows[i];
        go[i].sdk_name = "temporal-go";
    }
    code_replays_check(*state, go, count);
}

static void test_go__ends_as_the_table_says(void **state)
{
    check(state, ends, TEST_COUNT(ends));
}

/* ---- Ids ---- */

WORKFLOW(cancels_at_once)
{
    struct wf_future *timer = wf_timer_start(wf, WF_MINUTE);

    (void)state, (void)args, (void)result;
    wf_cancel(wf, timer);
    (void)wf_timer_start(wf, 0);
    return call(wf, "A");
}

static struct wf_value one(struct wf *wf, void *context)
{
    (void)context;
    return wf_integer(wf, 1);
}

/* Every kind of value before an activity whose id depends on how many events they made. */
WORKFLOW(values_first)
{
    const int32_t version = wf_get_version(wf, "c", WF_DEFAULT_VERSION, 2);

    (void)state, (void)args, (void)result;
    (void)wf_side_effect(wf, one, NULL);
    (void)wf_mutable_side_effect(wf, "m", one, NULL, NULL);
    (void)wf_mutable_side_effect(wf, "m", one, NULL, NULL);
    return call(wf, version == 2 ? "A" : "B");
}

WORKFLOW(activity_after_version)
{
    (void)wf_get_version(wf, "c", WF_DEFAULT_VERSION, 2);
    return a(wf, state, args, result);
}

#define VERSION "marker Version change-id \"c\" version 2"
#define THEN_A(id) ", activity " id " A, activity-started " id ", activity-completed " id ", task, completed, closed"
#define MUTABLE(id) "marker MutableSideEffect data 1 side-effect-id \"" id "\" mutable-side-effect-call-counter 1"

WORKFLOW(local_then_a)
{
    const wf_error error = wf_local_activity(wf, "L", WF_NO_ARGS, &minute, NULL);

    return error != NULL ? error : a(wf, state, args, result);
}

WORKFLOW(two_locals)
{
    (void)wf_local_activity(wf, "L", WF_NO_ARGS, &minute, NULL);
    return local_then_a(wf, state, args, result);
}

WORKFLOW(other_local)
{
    (void)wf_local_activity(wf, "M", WF_NO_ARGS, &minute, NULL);
    return a(wf, state, args, result);
}

#define LOCAL(id) "go-local " id " L"

WORKFLOW(child_then_signal)
{
    struct wf_future *child = wf_child_start(wf, "Child", WF_NO_ARGS, NULL);
    const wf_error error = wf_child_started(wf, child, NULL);

    (void)state, (void)args, (void)result;
    return error != NULL ? error : wf_child_signal(wf, child, "signal", WF_NO_ARGS);
}

static const struct code_replay ids[] = {
    {"a timer and its cancellation are both sent, a timer of zero is none", cancels_at_once,
     "started, task, completed, timer 5, timer-canceled 5 5, activity 7 A, activity-started 7, activity-completed 7, task, "
     "completed, closed",
     WF_VERDICT_OK, .rule = NULL},
    {"values shift what follows", values_first,
     "started, task, completed, " VERSION ", patches [\"c-2\"], marker SideEffect data 1 side-effect-id 1, " MUTABLE("m_8")
         THEN_A("9"),
     WF_VERDICT_OK, .rule = NULL},
    {"side-effect-missing: nothing was recorded", values_first, "started, task, completed, " VERSION ", closed",
     WF_VERDICT_NONDETERMINISM, .rule = "side-effect-missing"},
    {"side-effect-missing: no mutable value", values_first,
     "started, task, completed, " VERSION ", patches [\"c-2\"], marker SideEffect data 1 side-effect-id 1" THEN_A("8"),
     WF_VERDICT_NONDETERMINISM, .rule = "side-effect-missing"},
    {"a version without an upsert is one event", activity_after_version,
     "started, task, completed, " VERSION " version-search-attribute-updated false" THEN_A("6"), WF_VERDICT_OK, .rule = NULL},
    {"a version that nobody asks for", a, "started, task, completed, " VERSION ", patches [\"c-2\"]" THEN_A("7"), WF_VERDICT_OK,
     .rule = NULL},
    {"a local activity, then an activity", local_then_a, "started, task, completed, " LOCAL("1") THEN_A("6"), WF_VERDICT_OK,
     .rule = NULL},
    {"a local activity of another type", other_local, "started, task, completed, " LOCAL("1") THEN_A("6"),
     WF_VERDICT_NONDETERMINISM, .rule = "la-type"},
    {"a local activity that was removed", a, "started, task, completed, " LOCAL("1") THEN_A("6"), WF_VERDICT_NONDETERMINISM,
     .rule = "command-kind"},
    {"a local activity that was added waits for ever", two_locals, "started, task, completed, " LOCAL("1") THEN_A("6"),
     WF_VERDICT_NONDETERMINISM, .rule = "command-missing"},
    {"another id than the predicted one", a,
     "started, task, completed, activity 9 A, activity-started 5, activity-completed 5, task, completed, closed",
     WF_VERDICT_NONDETERMINISM, .rule = "act-id"},
    {"a child has an id made of the run's and its event's", child_then_signal,
     "started, task, completed, child 11111111-2222-3333-4444-555555555555_5 Child, child-started 5, task, completed",
     WF_VERDICT_NONDETERMINISM, .rule = "command-extra"},
    {"a child of another id", child_then_signal, "started, task, completed, child other Child", WF_VERDICT_NONDETERMINISM,
     .rule = "command-missing"},
    {"an unknown flag", a, CLOSED_A, WF_VERDICT_BAD_HISTORY, .rule = "history-event", .lang_flags = "9"},
};

static void test_go__ids_are_the_numbers_of_events(void **state)
{
    check(state, ids, TEST_COUNT(ids));
}

/* ---- What is compared (2.3, 2.5) ---- */

WORKFLOW(signals_other)
{
    (void)state, (void)args, (void)result;
    return wf_signal(wf, "other", NULL, "ping", WF_NO_ARGS);
}

WORKFLOW(cancels_other)
{
    (void)state, (void)args, (void)result;
    return wf_request_cancel(wf, "target", NULL, "");
}

WORKFLOW(memo_early)
{
    (void)state, (void)args, (void)result;
    wf_memo_set(wf, WF_PAIRS({"k", wf_bool(true)}));
    return for_ever(wf, state, args, result);
}

static bool is_one(const void *state)
{
    return *(const int *)state > 0;
}

static wf_error count(struct wf *wf, void *state, struct wf_args args)
{
    (void)wf, (void)args;
    ++*(int *)state;
    return NULL;
}

static const struct wf_signal counted[] = {{"signal", count}, {.name = NULL}};

WORKFLOW(memo_after_signal)
{
    (void)args, (void)result;
    (void)wf_wait(wf, is_one, state, WF_FOREVER, NULL);
    wf_memo_set(wf, WF_PAIRS({"k", wf_bool(true)}));
    return NULL;
}

static const struct code_replay compared[] = {
    {"sig-name: another name", signals_other, "started, task, completed, signal-external pong 5, external-signaled 5, task, "
                                              "completed, closed",
     WF_VERDICT_NONDETERMINISM, .rule = "sig-name"},
    {"sig-target: another workflow", signals_other, "started, task, completed, signal-external ping 5, external-signaled 5, "
                                                    "task, completed, closed",
     WF_VERDICT_NONDETERMINISM, .rule = "sig-target"},
    {"cancel-target: another workflow", cancels_other, "started, task, completed, cancel-external other 5, "
                                                       "external-cancel-requested 5, task, completed, closed",
     WF_VERDICT_NONDETERMINISM, .rule = "cancel-target"},
    {"a memo moved to another task is not seen", memo_after_signal,
     "started, task, completed, memo, signaled, task, completed, closed", WF_VERDICT_OK, .rule = NULL, .signals = counted},
    {"a memo too many", memo_early, "started, task, completed, timer 5", WF_VERDICT_NONDETERMINISM, .rule = "command-missing"},
};

static void test_go__compares_names_and_targets(void **state)
{
    check(state, compared, TEST_COUNT(compared));
}

/* ---- Updates: in the list since flag 3 ---- */

static wf_error answer(struct wf *wf, void *state, struct wf_args args, struct wf_value *result)
{
    (void)args, (void)result;
    ++*(int *)state;
    return wf_sleep(wf, WF_SECOND);
}

static const struct wf_update answered[] = {{"update", NULL, answer}, {.name = NULL}};

WORKFLOW(waits_for_one)
{
    (void)args, (void)result;
    (void)wf_wait(wf, is_one, state, WF_FOREVER, NULL);
    return wf_wait_for_handlers(wf);
}

static const struct code_replay updates[] = {
    {"an update and its timer", waits_for_one,
     "started, task, completed, accepted u1 2, timer 6, fired 6 6, task, completed, update-completed u1, closed", WF_VERDICT_OK,
     .rule = NULL, .lang_flags = "3", .updates = answered},
    {"before the flag the message is no command", waits_for_one,
     "started, task, completed, timer 5, accepted u1 2, fired 5 5, task, completed, update-completed u1, closed", WF_VERDICT_OK,
     .rule = NULL, .updates = answered},
    {"update-id: the outcome of another update", waits_for_one,
     "started, task, completed, accepted u1 2, timer 6, fired 6 6, task, completed, update-completed u2, closed",
     WF_VERDICT_NONDETERMINISM, .rule = "update-id", .lang_flags = "3", .updates = answered},
    {"the handler is gone", for_ever, "started, task, completed, accepted u1 2", WF_VERDICT_NONDETERMINISM,
     .rule = "command-missing", .lang_flags = "3"},
};

static void test_go__updates_are_commands_since_their_flag(void **state)
{
    check(state, updates, TEST_COUNT(updates));
}

/* ---- Nexus operations, which only a scripted host calls ---- */

static const struct {
    const char *name;
    const char *history;
    const char *answers[3];
    const char *rule;
} operations[] = {
    {"an operation", "started, task, completed, nexus, nexus-started 5, nexus-completed 5, task, completed, closed",
     {"nexus 1", "complete"}, ""},
    {"nexus-service: another service", "started, task, completed, nexus, task, completed, closed",
     {"nexus 1 wait other", "complete"}, "nexus-service"},
    {"nexus-operation: another operation", "started, task, completed, nexus, task, completed, closed",
     {"nexus 1 wait service other", "complete"}, "nexus-operation"},
    {"nexus-cancel-target: another operation is cancelled",
     "started, task, completed, nexus, nexus, signaled, task, completed, nexus-cancel 6, task, completed, closed",
     {"nexus 1, nexus 2", "cancel-nexus 1", "complete"}, "nexus-cancel-target"},
};

static void test_go__compares_nexus_operations(void **state)
{
    for (size_t i = 0; i < TEST_COUNT(operations); i++) {
        struct history_builder history;
        struct script_result result;

        history_init(&history, *state);
        history_add(&history, operations[i].history);
        script_replay_as(*state, &history, WF_FAMILY_GO, operations[i].answers, &result);

        test_string_is(operations[i].name, wf_string_of(result.finding.rule == NULL ? "" : result.finding.rule),
                       operations[i].rule);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST_IN_ARENA(test_go__ends_as_the_table_says),
        TEST_IN_ARENA(test_go__ids_are_the_numbers_of_events),
        TEST_IN_ARENA(test_go__compares_names_and_targets),
        TEST_IN_ARENA(test_go__updates_are_commands_since_their_flag),
        TEST_IN_ARENA(test_go__compares_nexus_operations),
    };

    return cmocka_run_group_tests_name("go", tests, NULL, NULL);
}
