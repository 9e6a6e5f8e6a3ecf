/* Versions and side effects in histories of core: how they are recorded, found again, and missed (replay-rules 3.2, 3.3). */
#include "tests/support/test.h"

#include "tests/support/code_replay.h"
#include "tests/support/host_script.h"

static const struct wf_options minute = {.start_to_close = WF_MINUTE};

#define STEP(scheduled, id, type)                                                                                      \
    ", activity " id " " type ", activity-started " scheduled ", activity-completed " scheduled ", task, completed"
#define PLAIN "started, task, completed" STEP("5", "1", "old") ", closed"
#define VERSIONED                                                                                                      \
    "started, task, completed, marker Version change-id \"c\" version 1, patches [\"c-1\"]" STEP("7", "1", "new") ", closed"

static wf_error call(struct wf *wf, const char *type)
{
    return wf_activity(wf, type, WF_NO_ARGS, &minute, NULL);
}

#define WORKFLOW(name)                                                                                                 \
    static wf_error name(struct wf *wf, void *state, struct wf_args args, struct wf_value *result)

WORKFLOW(old_code)
{
    (void)state, (void)args, (void)result;
    return call(wf, "old");
}

WORKFLOW(new_code)
{
    (void)state, (void)args, (void)result;
    return call(wf, "new");
}

WORKFLOW(versioned)
{
    const bool is_new = wf_get_version(wf, "c", WF_DEFAULT_VERSION, 1) == 1;

    (void)state, (void)args, (void)result;
    return call(wf, is_new && wf_get_version(wf, "c", WF_DEFAULT_VERSION, 1) == 1 ? "new" : "old");
}

WORKFLOW(too_new)
{
    (void)wf_get_version(wf, "c", 2, 3);
    return new_code(wf, state, args, result);
}

WORKFLOW(too_old)
{
    (void)wf_get_version(wf, "c", WF_DEFAULT_VERSION, 0);
    return new_code(wf, state, args, result);
}

static struct wf_value seven(struct wf *wf, void *context)
{
    (void)context;
    return wf_integer(wf, 7);
}

static struct wf_value next(struct wf *wf, void *context)
{
    return wf_integer(wf, ++*(int64_t *)context);
}

static struct wf_value hour_of_day(struct wf *wf, void *context)
{
    (void)context;
    return wf_integer(wf, wf_now(wf) / WF_HOUR);
}

/* Takes the activity that the recorded value names. */
WORKFLOW(one_side_effect)
{
    const int64_t number = wf_as_integer(wf_side_effect(wf, seven, NULL), 0);

    (void)state, (void)args, (void)result;
    return call(wf, number == 5 ? "five" : "other");
}

WORKFLOW(two_side_effects)
{
    (void)wf_side_effect(wf, seven, NULL);
    return one_side_effect(wf, state, args, result);
}

#define MUTABLE(call, value)                                                                                           \
    ", marker MutableSideEffect data " value " side-effect-id \"m_" call "\" mutable-side-effect-call-counter " call

/* Three calls; the value after each one names an activity. */
WORKFLOW(mutable_side_effects)
{
    wf_error error = NULL;

    (void)state, (void)args, (void)result;
    for (int i = 0; error == NULL && i < 3; i++) {
        const int64_t value = wf_as_integer(wf_mutable_side_effect(wf, "m", seven, NULL, NULL), 0);

        error = call(wf, value == 1 ? "one" : "two");
    }
    return error;
}

static const struct code_replay rows[] = {
    {"the new code on its own history", versioned, VERSIONED, WF_VERDICT_OK, .rule = NULL},
    {"an old history takes the old way", versioned, PLAIN, WF_VERDICT_OK, .rule = NULL},
    {"a call that was removed is passed over with its upsert", new_code, VERSIONED, WF_VERDICT_OK, .rule = NULL},
    {"the old code on a new history", old_code, VERSIONED, WF_VERDICT_NONDETERMINISM, .rule = "act-type"},
    {"version-range: a version that is no longer supported", too_new, VERSIONED, WF_VERDICT_NONDETERMINISM, .rule = "version-range"},
    {"version-range: none, and none is not supported", too_new, PLAIN, WF_VERDICT_NONDETERMINISM, .rule = "version-range"},
    {"version-range: code that is older than its history", too_old, VERSIONED, WF_VERDICT_NONDETERMINISM, .rule = "version-range"},
    {"the recorded value decides", one_side_effect,
     "started, task, completed, marker SideEffect data 5 side-effect-id 1" STEP("6", "1", "five") ", closed", WF_VERDICT_OK, .rule = NULL},
    {"side-effect-missing: a call was added", two_side_effects,
     "started, task, completed, marker SideEffect data 5 side-effect-id 1" STEP("6", "1", "five") ", closed",
     WF_VERDICT_NONDETERMINISM, .rule = "side-effect-missing"},
    {"a call was removed", new_code,
     "started, task, completed, marker SideEffect data 5 side-effect-id 1" STEP("6", "1", "new") ", closed",
     WF_VERDICT_NONDETERMINISM, .rule = "command-kind"},
    {"the value changes where a marker says so", mutable_side_effects,
     "started, task, completed" MUTABLE("1", "1") STEP("6", "1", "one") STEP("12", "2", "one")
         MUTABLE("3", "2") STEP("19", "3", "two") ", closed",
     WF_VERDICT_OK, .rule = NULL},
    {"side-effect-missing: a mutable one that was added", mutable_side_effects, PLAIN, WF_VERDICT_NONDETERMINISM,
     .rule = "side-effect-missing"},
    {"a marker that cannot be read", versioned, "started, task, completed, marker Version change-id 1 version 1, closed",
     WF_VERDICT_BAD_HISTORY, .rule = "history-event"},
};

static void test_versions__replay_goes_the_way_of_the_markers(void **state)
{
    code_replays_check(*state, rows, TEST_COUNT(rows));
}

/* Live: what the calls answer and what they ask to be recorded. */
WORKFLOW(live)
{
    int64_t count = 0;
    const int64_t version = wf_get_version(wf, "c", WF_DEFAULT_VERSION, 3);
    const struct wf_value first = wf_mutable_side_effect(wf, "m", next, &count, NULL);
    const struct wf_value same = wf_mutable_side_effect(wf, "h", hour_of_day, NULL, NULL);

    (void)state, (void)args;
    *result = wf_list(wf,
                      (const struct wf_value[]){wf_integer(wf, version), wf_side_effect(wf, seven, NULL), first,
                                                wf_mutable_side_effect(wf, "m", next, &count, NULL),
                                                wf_bool(wf_same(same, wf_mutable_side_effect(wf, "h", hour_of_day, NULL, NULL)))},
                      5);
    return NULL;
}

static void test_versions__live_calls_decide_and_record(void **state)
{
    static const struct wf_workflow workflows[] = {{.name = "W", .run = live}, {.name = NULL}};
    static const struct wf_module module = {.api = WF_API, .workflows = workflows};
    struct script script;

    (void)state;
    script_begin(&script, &module, "W", "[]");
    script_expect(&script, "version c 3 in -1..3 new\n"
                           "mutable m 1 1 new\n"
                           "mutable h 1 0 new\n"
                           "side effect 1 7 new\n"
                           "mutable m 2 2 new\n"
                           "mutable h 2 0\n"
                           "complete [3,7,1,2,true]\n");
    script_end(&script);
}

WORKFLOW(no_range)
{
    (void)state, (void)args, (void)result;
    (void)wf_get_version(wf, "c", 2, 1);
    return NULL;
}

WORKFLOW(no_id)
{
    (void)state, (void)args, (void)result;
    (void)wf_mutable_side_effect(wf, "", seven, NULL, NULL);
    return NULL;
}

static struct wf_value steps(struct wf *wf, void *context)
{
    (void)context;
    return wf_integer(wf, (int64_t)wf_random(wf));
}

WORKFLOW(step_in_make)
{
    (void)state, (void)args, (void)result;
    (void)wf_side_effect(wf, steps, NULL);
    return NULL;
}

static void test_versions__mistakes_fail_the_task(void **state)
{
    static const struct {
        wf_error (*run)(struct wf *, void *, struct wf_args, struct wf_value *);
        const char *message;
    } mistakes[] = {
        {no_range, "broken: wf_get_version(\"c\", 2, 1): no version is in that range\n"},
        {no_id, "broken: wf_mutable_side_effect without an id\n"},
        {step_in_make, "broken: wf_random cannot be called where code only looks: in a query, a validator, a condition, init "
                       "or a side effect\n"},
    };

    (void)state;
    for (size_t i = 0; i < TEST_COUNT(mistakes); i++) {
        const struct wf_workflow workflows[] = {{.name = "W", .run = mistakes[i].run}, {.name = NULL}};
        const struct wf_module module = {.api = WF_API, .workflows = workflows};
        struct script script;

        script_begin(&script, &module, "W", "[]");
        script_expect(&script, mistakes[i].message);
        script_end(&script);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST_IN_ARENA(test_versions__replay_goes_the_way_of_the_markers),
        TEST_IN_ARENA(test_versions__live_calls_decide_and_record),
        TEST_IN_ARENA(test_versions__mistakes_fail_the_task),
    };

    return cmocka_run_group_tests_name("versions", tests, NULL, NULL);
}
