/*
 * The prefix sweep says of every prefix what a replay of it from the start says, and replays few of them to know.
 */
#include "tests/support/test.h"

#include <stdio.h>

#include "engine/worker/chunk.h"
#include "tests/support/replay_bench.h"

#define CODE(name) \
    static wf_error name(struct wf *wf, void *state, struct wf_args args, struct wf_value *result)
#define UNUSED (void)wf, (void)state, (void)args, (void)result
#define CUTS_MAX 512

static const struct wf_options minute = {.start_to_close = WF_MINUTE};

/* ---- Code ---- */

static wf_error steps(struct wf *wf, int count, int other)
{
    wf_error error = NULL;

    for (int i = 1; i <= count && error == NULL; i++) {
        error = i % 3 == 0 ? wf_sleep(wf, WF_SECOND)
                           : wf_activity(wf, i == other ? "other" : "charge", WF_NO_ARGS, &minute, NULL);
    }
    return error;
}

CODE(twelve)
{
    UNUSED;
    return steps(wf, 12, 0);
}

CODE(other_fifth)
{
    UNUSED;
    return steps(wf, 12, 5);
}

CODE(eleven)
{
    UNUSED;
    return steps(wf, 11, 0);
}

CODE(thirteen)
{
    UNUSED;
    return steps(wf, 13, 0);
}

CODE(two_at_once)
{
    struct wf_future *early = wf_activity_start(wf, "charge", WF_NO_ARGS, &minute);

    UNUSED;
    (void)early;
    return steps(wf, 11, 0);
}

CODE(patched_before_seventh)
{
    wf_error error = steps(wf, 6, 0);

    UNUSED;
    if (error == NULL && wf_patched(wf, "audit")) {
        error = wf_activity(wf, "audit", WF_NO_ARGS, &minute, NULL);
    }
    return error != NULL ? error : steps(wf, 6, 0);
}

/* A patch whose new way breaks the task: only runs that come to it live meet it. */
CODE(broken_when_live)
{
    wf_error error = steps(wf, 6, 0);

    UNUSED;
    if (error == NULL && wf_patched(wf, "audit")) {
        (void)wf_get_version(wf, "range", 3, 1);
    }
    return error != NULL ? error : steps(wf, 6, 0);
}

CODE(waits_for_ready)
{
    UNUSED;
    return steps(wf, 1, 0);
}

/* ---- Histories ---- */

/* Of `count` steps as above, closed or open; every `oddity`-th task fails or is empty first. */
static const char *history_text(struct wf_arena *arena, int count, unsigned oddity, bool is_closed)
{
    struct wf_buffer text;
    unsigned id = 4;
    unsigned activities = 0;
    unsigned timers = 0;

    wf_buffer_init(&text, arena);
    wf_buffer_append_text(&text, "started, task, completed");
    for (unsigned i = 1; i <= (unsigned)count; i++) {
        const bool is_timer = i % 3 == 0;
        const unsigned scheduled = ++id;

        if (is_timer) {
            timers++;
            wf_buffer_printf(&text, ", timer %u, fired %u %u", timers, scheduled, timers);
            id += 1;
        } else {
            wf_buffer_printf(&text, ", activity %u charge, activity-started %u, activity-completed %u", ++activities, scheduled, scheduled);
            id += 2;
        }
        if (oddity > 0 && i % oddity == 0) {
            wf_buffer_append_text(&text, i % 2 == 0 ? ", task, failed" : ", signaled poke, task, completed");
            id += i % 2 == 0 ? 3 : 4;
        }
        wf_buffer_append_text(&text, ", task, completed");
        id += 3;
    }
    if (is_closed) {
        wf_buffer_append_text(&text, ", closed");
    }
    wf_buffer_append_char(&text, '\0');
    return text.data;
}

/* ---- Both ways ---- */

static bool is_stuck(const struct wf_replay_sweep *sweep, int64_t event_id)
{
    for (uint32_t i = 0; i < sweep->stuck_count; i++) {
        if (event_id >= sweep->stuck[i].first_event_id && event_id <= sweep->stuck[i].last_event_id) {
            return true;
        }
    }
    return false;
}

/* Every cut, replayed from the start in a replay of its own, has the fate that the sweep gives it. Returns how many get stuck. */
static uint32_t check_against_cold(struct wf_arena *arena, const char *name, replay_bench_code run, const char *events,
                                   const uint8_t *policies)
{
    struct replay_bench bench;
    struct replay_bench cold;
    uint32_t stuck = 0;
    uint32_t cuts = 0;
    struct wf_error err;

    replay_bench_run(&bench, arena, run, events,
                     (struct wf_replay_options){.family = WF_FAMILY_CORE, .sweeps_prefixes = true, .policies = policies});
    replay_bench_run(&cold, arena, run, events, (struct wf_replay_options){.family = WF_FAMILY_CORE, .policies = policies});
    const struct wf_history whole = cold.history;
    for (uint32_t count = 1; count <= whole.event_count; count++) {
        const struct wf_replay_options options = {.family = WF_FAMILY_CORE, .policies = policies};
        struct wf_history prefix = whole;
        struct wf_replay_result result;

        prefix.event_count = count;
        if (count == whole.event_count ? bench.result.is_closed
                                       : wf_event_is_command(whole.events[count].event_type)) {
            continue;
        }
        assert_int_equal(wf_replay_run(cold.replay, &prefix, &options, &result, &err), WF_OK);
        cuts++;
        stuck += result.verdict != WF_VERDICT_OK;
        if ((result.verdict != WF_VERDICT_OK) != is_stuck(&bench.result.sweep, count)) {
            fail_msg("%s: cut at event %u: cold %s, the sweep says %s", name, count, wf_verdict_name(result.verdict),
                     is_stuck(&bench.result.sweep, count) ? "stuck" : "ok");
        }
    }
    assert_int_equal(bench.result.sweep.cut_count, cuts);
    replay_bench_end(&bench);
    replay_bench_end(&cold);
    return stuck;
}

static const struct {
    const char *name;
    replay_bench_code run;
    bool gets_stuck; /* in some prefix of the plain history */
} codes[] = {
    {"as recorded", twelve, false},
    {"another activity", other_fifth, true},
    {"ends a step earlier", eleven, true},
    {"ends a step later", thirteen, false},
    {"starts two at once", two_at_once, true},
    {"a patch on the way", patched_before_seventh, false},
    {"a patch that breaks live runs", broken_when_live, true},
    {"a fraction", waits_for_ready, true},
};

static void test_sweep__agrees_with_replays_of_every_prefix(void **state)
{
    for (size_t i = 0; i < TEST_COUNT(codes); i++) {
        const uint32_t stuck = check_against_cold(*state, codes[i].name, codes[i].run, history_text(*state, 12, 0, true), NULL);

        if ((stuck > 0) != codes[i].gets_stuck) {
            fail_msg("%s: %u prefixes get stuck", codes[i].name, stuck);
        }
        for (unsigned oddity = 1; oddity <= 5; oddity++) {
            (void)check_against_cold(*state, codes[i].name, codes[i].run, history_text(*state, 12, oddity, oddity % 2 == 0), NULL);
        }
        (void)check_against_cold(*state, codes[i].name, codes[i].run, history_text(*state, 7, 3, false), NULL);
    }
}

/* Under a policy a prefix may get stuck on what the whole history does not hold any more. */
static void test_sweep__agrees_under_a_policy(void **state)
{
    uint8_t *policies = wf_arena_take_array(*state, wf_rule_count, 1);

    for (size_t i = 0; i < wf_rule_count; i++) {
        policies[i] = wf_rule_gives_notes(&wf_rules[i]) ? WF_NOTE_IS_FINDING : WF_NOTE_REPORTED;
    }
    for (size_t i = 0; i < TEST_COUNT(codes); i++) {
        for (unsigned oddity = 0; oddity <= 3; oddity++) {
            (void)check_against_cold(*state, codes[i].name, codes[i].run, history_text(*state, 12, oddity, true), policies);
        }
    }
}

/* A run stands between two writes of the service, so a completed task and its commands are not cut apart. */
static void test_sweep__names_the_runs_that_get_stuck(void **state)
{
    struct replay_bench bench;

    replay_bench_run(&bench, *state, other_fifth, history_text(*state, 12, 0, true),
                     (struct wf_replay_options){.family = WF_FAMILY_CORE, .sweeps_prefixes = true});
    assert_int_equal(bench.result.verdict, WF_VERDICT_NONDETERMINISM);
    assert_int_equal(bench.result.sweep.stuck_count, 1);
    assert_int_equal(bench.result.sweep.stuck[0].first_event_id, bench.result.finding.event_id);
    assert_true(bench.result.sweep.stuck[0].last_event_id >= bench.history.event_count - 3);
    replay_bench_end(&bench);
}

/* The whole history replays; what its open prefixes meet is the finding all the same. */
static void test_sweep__a_stuck_prefix_is_the_verdict(void **state)
{
    struct replay_bench bench;

    replay_bench_run(&bench, *state, broken_when_live, history_text(*state, 12, 0, true),
                     (struct wf_replay_options){.family = WF_FAMILY_CORE});
    assert_int_equal(bench.result.verdict, WF_VERDICT_OK);
    replay_bench_end(&bench);

    replay_bench_run(&bench, *state, broken_when_live, history_text(*state, 12, 0, true),
                     (struct wf_replay_options){.family = WF_FAMILY_CORE, .sweeps_prefixes = true});
    assert_int_equal(bench.result.verdict, WF_VERDICT_CODE_FAILED);
    assert_int_equal(bench.result.sweep.stuck_count, 1);
    assert_true(test_contains(bench.result.finding.message, "The whole history replays, a run that stands at event "));
    replay_bench_end(&bench);
}

/* Code that did not change costs one pass, however many prefixes there are. */
static void test_sweep__unchanged_code_needs_no_cold_replay(void **state)
{
    struct replay_bench bench;

    replay_bench_run(&bench, *state, twelve, history_text(*state, 12, 0, true),
                     (struct wf_replay_options){.family = WF_FAMILY_CORE, .sweeps_prefixes = true});
    assert_int_equal(bench.result.verdict, WF_VERDICT_OK);
    assert_int_equal(bench.result.sweep.stuck_count, 0);
    assert_true(bench.result.sweep.cut_count > 50);
    assert_int_equal(bench.result.sweep.cold_count, 0);
    replay_bench_end(&bench);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST_IN_ARENA(test_sweep__agrees_with_replays_of_every_prefix),
        TEST_IN_ARENA(test_sweep__agrees_under_a_policy),
        TEST_IN_ARENA(test_sweep__names_the_runs_that_get_stuck),
        TEST_IN_ARENA(test_sweep__a_stuck_prefix_is_the_verdict),
        TEST_IN_ARENA(test_sweep__unchanged_code_needs_no_cold_replay),
    };

    return cmocka_run_group_tests_name("sweep", tests, NULL, NULL);
}
