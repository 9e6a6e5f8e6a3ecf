/* The Java family: UUIDs of a counter, values where their markers stand, versions ahead, and the ends (replay-rules 2.4, 2.11). */
#include "tests/support/test.h"

#include "tests/support/code_replay.h"

static const struct wf_options minute = {.start_to_close = WF_MINUTE};

/* The first three ids of the tests' run id (replay-rules 2.11). */
#define ID_0 "18f4950f-53d3-32cc-bcf5-ab59dd722c67"
#define ID_1 "6e0498db-2173-3f0b-989b-ab8b9a5e38d0"

#define WORKFLOW(name)                                                                                                 \
    static wf_error name(struct wf *wf, void *state, struct wf_args args, struct wf_value *result)

static wf_error call(struct wf *wf, const char *type)
{
    return wf_activity(wf, type, WF_NO_ARGS, &minute, NULL);
}

WORKFLOW(a)
{
    (void)state, (void)args, (void)result;
    return call(wf, "A");
}

WORKFLOW(timer_then_a)
{
    const wf_error error = wf_sleep(wf, 0);

    (void)wf_timer_start(wf, WF_MINUTE);
    return error != NULL ? error : a(wf, state, args, result);
}

WORKFLOW(at_once)
{
    (void)wf, (void)state, (void)args, (void)result;
    return NULL;
}

WORKFLOW(local_then_a)
{
    const wf_error error = wf_local_activity(wf, "L", WF_NO_ARGS, &minute, NULL);

    return error != NULL ? error : a(wf, state, args, result);
}

WORKFLOW(versioned)
{
    const bool is_new = wf_get_version(wf, "c", WF_DEFAULT_VERSION, 2) == 2;

    (void)state, (void)args, (void)result;
    return call(wf, is_new ? "A" : "B");
}

WORKFLOW(version_after)
{
    const wf_error error = a(wf, state, args, result);

    (void)wf_get_version(wf, "c", WF_DEFAULT_VERSION, 2);
    return error;
}

WORKFLOW(version_first)
{
    (void)wf_get_version(wf, "c", WF_DEFAULT_VERSION, 2);
    (void)wf_timer_start(wf, WF_MINUTE);
    return a(wf, state, args, result);
}

WORKFLOW(too_new)
{
    (void)wf_get_version(wf, "c", 3, 4);
    return a(wf, state, args, result);
}

static struct wf_value one(struct wf *wf, void *context)
{
    (void)context;
    return wf_integer(wf, 1);
}

/* The recorded value names the activity. */
WORKFLOW(side_effect)
{
    (void)state, (void)args, (void)result;
    return call(wf, wf_as_integer(wf_side_effect(wf, one, NULL), 0) == 7 ? "A" : "B");
}

/* Two calls, the second without a marker. */
WORKFLOW(mutable_side_effect)
{
    const int64_t first = wf_as_integer(wf_mutable_side_effect(wf, "m", one, NULL, NULL), 0);
    const int64_t second = wf_as_integer(wf_mutable_side_effect(wf, "m", one, NULL, NULL), 0);

    (void)state, (void)args, (void)result;
    return call(wf, first == 7 && second == 7 ? "A" : "B");
}

#define A(scheduled, id) ", activity " id " A, activity-started " scheduled ", activity-completed " scheduled ", task, completed"
#define B(scheduled, id) ", activity " id " B, activity-started " scheduled ", activity-completed " scheduled ", task, completed"
#define BEGIN "started, task, completed"
#define VERSION ", marker Version changeId \"c\" version 2"
#define UPSERTED VERSION " versionSearchAttributeUpdated true, patches [\"c-2\"]"

static const struct code_replay rows[] = {
    {"ids are UUIDs of a counter", a, BEGIN A("5", ID_0) ", closed", WF_VERDICT_OK, .rule = NULL},
    {"a timer of zero is none, another takes an id", timer_then_a,
     BEGIN ", timer " ID_0 A("6", ID_1) ", closed", WF_VERDICT_OK, .rule = NULL},
    {"timer-id: another id", timer_then_a, BEGIN ", timer " ID_1 A("6", ID_1) ", closed", WF_VERDICT_NONDETERMINISM,
     .rule = "timer-id"},
    {"act-id: a step was added before", a, BEGIN A("5", ID_1) ", closed", WF_VERDICT_NONDETERMINISM, .rule = "act-id"},
    {"act-type: another type", a, BEGIN B("5", ID_0) ", closed", WF_VERDICT_NONDETERMINISM, .rule = "act-type"},
    {"ends early", at_once, BEGIN A("5", ID_0) ", closed", WF_VERDICT_NONDETERMINISM, .rule = "command-kind"},
    {"close-kind: a signal after the end", at_once, BEGIN ", signaled, task, completed, closed", WF_VERDICT_NONDETERMINISM,
     .rule = "close-kind"},
    {"what is left over is not compared", timer_then_a, BEGIN ", timer " ID_0, WF_VERDICT_OK, .rule = NULL},
    {"a task in flight runs no code", a, BEGIN ", activity " ID_0 " A, signaled, task", WF_VERDICT_OK, .rule = NULL},
    {"a local activity reaches the code at its marker", local_then_a, BEGIN ", java-local " ID_0 A("6", ID_1) ", closed",
     WF_VERDICT_OK, .rule = NULL},
    {"la-missing: a local activity was removed", a, BEGIN ", java-local " ID_0 A("6", ID_1) ", closed",
     WF_VERDICT_NONDETERMINISM, .rule = "la-missing"},
    {"a version, parked until its marker", versioned, BEGIN VERSION A("6", ID_0) ", closed", WF_VERDICT_OK, .rule = NULL},
    {"a version, not parked", versioned, BEGIN UPSERTED A("7", ID_0) ", closed", WF_VERDICT_OK, .rule = NULL,
     .lang_flags = "12"},
    {"no version", versioned, BEGIN B("5", ID_0) ", closed", WF_VERDICT_OK, .rule = NULL},
    {"no version, not parked", versioned, BEGIN B("5", ID_0) ", closed", WF_VERDICT_OK, .rule = NULL, .lang_flags = "1"},
    {"a call that was removed takes its upsert with it", a, BEGIN UPSERTED A("7", ID_0) ", closed", WF_VERDICT_OK,
     .rule = NULL},
    {"a call of a later task that was removed", a, BEGIN A("5", ID_0) VERSION ", closed", WF_VERDICT_OK, .rule = NULL},
    {"a version in a later task", version_after, BEGIN A("5", ID_0) UPSERTED ", closed", WF_VERDICT_OK, .rule = NULL,
     .lang_flags = "12"},
    {"the call stands before its marker", version_first, BEGIN ", timer " ID_0 VERSION A("7", ID_1) ", closed",
     WF_VERDICT_NONDETERMINISM, .rule = "command-kind", .lang_flags = "12"},
    {"version-range: no longer supported", too_new, BEGIN VERSION A("6", ID_0) ", closed", WF_VERDICT_NONDETERMINISM,
     .rule = "version-range"},
    {"a second marker of one change", a, BEGIN VERSION VERSION ", closed", WF_VERDICT_BAD_HISTORY, .rule = "history-event"},
    {"a side effect reaches the code at its marker", side_effect,
     BEGIN ", marker SideEffect data 7" A("6", ID_0) ", closed", WF_VERDICT_OK, .rule = NULL},
    {"a side effect that was added", side_effect, BEGIN A("5", ID_0) ", closed", WF_VERDICT_NONDETERMINISM,
     .rule = "command-kind"},
    {"a mutable side effect keeps its value", mutable_side_effect,
     BEGIN ", marker MutableSideEffect data 7 id \"m\" skipCount 0" A("6", ID_0) ", closed", WF_VERDICT_OK, .rule = NULL},
    {"side-effect-missing: a mutable one that was added", mutable_side_effect, BEGIN A("5", ID_0) ", closed",
     WF_VERDICT_NONDETERMINISM, .rule = "side-effect-missing"},
    {"an unknown flag", a, BEGIN A("5", ID_0) ", closed", WF_VERDICT_BAD_HISTORY, .rule = "history-event", .lang_flags = "6"},
};

static void test_java__replays_by_its_rules(void **state)
{
    struct code_replay java[TEST_COUNT(rows)];

    for (size_t i = 0; i < TEST_COUNT(rows); i++) {
        java[i] = rows[i];
        java[i].sdk_name = "temporal-java";
    }
    code_replays_check(*state, java, TEST_COUNT(rows));
}

int main(void)
{
    const struct CMUnitTest tests[] = {TEST_IN_ARENA(test_java__replays_by_its_rules)};

    return cmocka_run_group_tests_name("java", tests, NULL, NULL);
}
