/* Shapes of histories, and samples by shape. */
#include "tests/support/test.h"

#include "engine/history_shape.h"
#include "sim/cli/sample.h"

static struct wf_event activity(struct wf_arena *arena, const char *name)
{
    struct wf_activity_type *type = WF_ARENA_NEW(arena, struct wf_activity_type);
    struct wf_event_activity_task_scheduled *scheduled = WF_ARENA_NEW(arena, struct wf_event_activity_task_scheduled);

    type->name = wf_string_of(name);
    scheduled->activity_type = type;
    return (struct wf_event){.event_type = WF_EVENT_TYPE_ACTIVITY_TASK_SCHEDULED,
                             .attributes_case = WF_CASE_event_activity_task_scheduled,
                             .attributes = {.activity_task_scheduled = scheduled}};
}

/* "aab." is an activity a, again, an activity b, and a workflow task; T a timer that fires. */
static uint64_t shape(struct wf_arena *arena, const char *type, const char *steps)
{
    const size_t count = strlen(steps);
    struct wf_event *events = wf_arena_take_array(arena, count, sizeof *events);
    const struct wf_history history = {
        .events = events, .event_count = (uint32_t)count, .workflow_type = wf_string_of(type)};

    for (size_t i = 0; i < count; i++) {
        const char name[2] = {steps[i], '\0'};

        events[i] = steps[i] == '.'   ? (struct wf_event){.event_type = WF_EVENT_TYPE_WORKFLOW_TASK_COMPLETED}
                    : steps[i] == 'T' ? (struct wf_event){.event_type = WF_EVENT_TYPE_TIMER_FIRED}
                                      : activity(arena, wf_string_copy(arena, wf_string_of(name)).data);
    }
    return wf_history_shape(arena, &history);
}

/* The same steps after each other, however often, and whatever the workers did: the same shape. */
static void test_shape__is_of_steps_that_follow_each_other(void **state)
{
    static const struct {
        const char *type;
        const char *steps;
        bool is_same;
    } rows[] = {
        {"Order", "aabT", true},   {"Order", "aaaaabT", true}, {"Order", ".aa.b..T", true}, {"Order", "abT", false},
        {"Order", "aab", false},   {"Order", "aabTa", false},  {"Order", "aacT", false},    {"Trade", "aabT", false},
        {"Order", "Taab", false},  {"Order", "", false},
    };
    const uint64_t expected = shape(*state, "Order", "aabT");

    for (size_t i = 0; i < TEST_COUNT(rows); i++) {
        if ((shape(*state, rows[i].type, rows[i].steps) == expected) != rows[i].is_same) {
            fail_msg("row %zu: %s %s", i, rows[i].type, rows[i].steps);
        }
    }
}

/* Without memory there is no shape, and nothing else. */
static void test_shape__memory_may_be_short(void **state)
{
    struct wf_arena *arena = *state;
    const struct wf_history history = {.event_count = 1000};

    test_arena_blocks(arena)->fail_from = test_arena_blocks(arena)->take_count + 1;

    assert_int_equal(wf_history_shape(arena, &history), 0);
}

static void choose(struct cli_sample *sample, struct wf_arena *arena, uint64_t wanted_count)
{
    /* Four files: three histories of shape 7, none, shapes 7 and 8, shapes 9 and none of ours. */
    static const struct {
        size_t file;
        uint64_t shape;
    } histories[] = {{0, 7}, {0, 7}, {0, 7}, {2, 7}, {2, 8}, {3, 9}, {3, 0}};

    cli_sample_init(sample, arena, 4);
    for (size_t i = 0; i < TEST_COUNT(histories); i++) {
        cli_sample_add(sample, histories[i].file, histories[i].shape);
    }
    assert_true(cli_sample_choose(sample, wanted_count));
}

/* Of every shape one, before any gives a second; exactly as many as wanted; never what is not ours. */
static void test_sample__shapes_come_before_numbers(void **state)
{
    struct cli_sample sample;

    for (uint64_t wanted = 0; wanted <= 10; wanted++) {
        uint64_t chosen = 0;

        choose(&sample, *state, wanted);
        for (size_t i = 0; i < sample.count; i++) {
            chosen += sample.items[i].is_chosen;
        }
        assert_int_equal(chosen, wanted < 6 ? wanted : 6);
        assert_false(cli_sample_has(&sample, 3, 1));
        if (wanted >= 3) {
            assert_true(cli_sample_has(&sample, 2, 1));
            assert_true(cli_sample_has(&sample, 3, 0));
        }
    }
    assert_int_equal(sample.candidate_count, 6);
}

/* A larger sample holds the smaller one, and the same input gives the same. What could not be read is always replayed. */
static void test_sample__is_stable(void **state)
{
    struct cli_sample small;
    struct cli_sample large;
    struct cli_sample again;

    choose(&small, *state, 4);
    choose(&large, *state, 5);
    choose(&again, *state, 4);

    for (size_t i = 0; i < small.count; i++) {
        assert_int_equal(small.items[i].is_chosen, again.items[i].is_chosen);
        assert_true(large.items[i].is_chosen || !small.items[i].is_chosen);
    }
    assert_true(cli_sample_has(&small, 1, 0));
    assert_true(cli_sample_has(&small, 3, 2));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST_IN_ARENA(test_shape__is_of_steps_that_follow_each_other),
        TEST_IN_ARENA(test_shape__memory_may_be_short),
        TEST_IN_ARENA(test_sample__shapes_come_before_numbers),
        TEST_IN_ARENA(test_sample__is_stable),
    };

    return cmocka_run_group_tests_name("sample", tests, NULL, NULL);
}
