/* Steps of a workflow, found in its history. */
#include "sim/cli/steps.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

static struct wf_arena arena;

static int set_up(void **state)
{
    (void)state;
    wf_arena_init(&arena, wf_system_blocks(), 0);
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    wf_arena_deinit(&arena);
    return 0;
}

static void assert_text(const struct wf_buffer *text, const char *expected)
{
    if (!wf_string_is(wf_buffer_string(text), expected)) {
        fail_msg("'%.*s' is not '%s'", (int)text->size_bytes, text->data, expected);
    }
}

/* A duration is said with three digits or two units, so that columns of them can be compared at a glance. */
static void test_steps__durations_are_short(void **state)
{
    static const struct {
        int64_t duration_ns;
        const char *expected;
    } rows[] = {
        {0, "0"},
        {1, "<1ms"},
        {999999, "<1ms"},
        {1000000, "1ms"},
        {999999999, "999ms"},
        {1000000000, "1s"},
        {1005000000, "1.005s"},
        {59999000000, "59.999s"},
        {60000000000, "1m 00s"},
        {125000000000, "2m 05s"},
        {3600000000000, "1h 00m"},
        {7 * 86400 * INT64_C(1000000000) + 3600000000000, "7d 01h"},
        {-1500000000, "-1.500s"},
        {INT64_MAX, "106751d 23h"},
        {INT64_MIN, "-106751d 23h"},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct wf_buffer text;

        wf_buffer_init(&text, &arena);
        cli_append_duration(&text, rows[i].duration_ns);
        assert_text(&text, rows[i].expected);
    }
}

/* Distances between times that 64-bit nanoseconds do not reach saturate instead of overflowing. */
static void test_steps__elapsed_time_saturates(void **state)
{
    const struct wf_timestamp year_one = {.seconds = INT64_C(-62135596800), .is_set = true};
    const struct wf_timestamp year_9999 = {.seconds = INT64_C(253402300799), .is_set = true};
    const struct wf_timestamp zero = {.is_set = true};

    (void)state;
    assert_int_equal(cli_elapsed_ns(year_one, year_9999), INT64_MAX);
    assert_int_equal(cli_elapsed_ns(year_9999, year_one), INT64_MIN);
    assert_int_equal(cli_elapsed_ns(zero, zero), 0);
    /* What a file says may be no time at all. */
    assert_int_equal(cli_elapsed_ns((struct wf_timestamp){.nanos = INT32_MIN}, (struct wf_timestamp){.nanos = INT32_MAX}),
                     (int64_t)INT32_MAX - INT32_MIN);
    assert_int_equal(cli_elapsed_ns(zero, (struct wf_timestamp){.seconds = 2, .nanos = 5, .is_set = true}),
                     INT64_C(2000000005));
}

/* Times that 64-bit nanoseconds do not reach are as far apart as any others. */
static void test_steps__elapsed_time_is_exact_in_every_year(void **state)
{
    static const struct {
        struct wf_timestamp from;
        struct wf_timestamp to;
        const char *expected;
    } rows[] = {
        {{.seconds = INT64_C(-62135596800)}, {.seconds = INT64_C(-62135596800), .nanos = 3000000}, "3ms"},
        {{.seconds = INT64_C(253402300799)}, {.seconds = INT64_C(253402300790), .nanos = 500000000}, "-8.500s"},
        {{.seconds = -1, .nanos = 500000000}, {.seconds = 0, .nanos = 250000000}, "750ms"},
        {{.seconds = 0, .nanos = 250000000}, {.seconds = -1, .nanos = 500000000}, "-750ms"},
        {{.seconds = INT64_C(-62135596800)}, {.seconds = 0}, "719162d 00h"},
        {{.seconds = 0}, {.seconds = INT64_C(-62135596800)}, "-719162d 00h"},
        {{.seconds = 0}, {.seconds = INT64_C(9223372036), .nanos = 854775806}, "106751d 23h"},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct wf_buffer text;

        wf_buffer_init(&text, &arena);
        cli_append_elapsed(&text, rows[i].from, rows[i].to);
        assert_text(&text, rows[i].expected);
    }
    assert_int_equal(cli_elapsed_ns(rows[2].to, rows[2].from), -750000000);
    assert_int_equal(cli_elapsed_ns((struct wf_timestamp){.seconds = 0},
                                    (struct wf_timestamp){.seconds = INT64_C(-9223372037), .nanos = 145224193}),
                     INT64_MIN + 1);
}

/* A history of one activity that was started twice and failed, and a timer that is open. */
static struct wf_history activity_history(void)
{
    struct wf_event *events = wf_arena_take_array(&arena, 4, sizeof(*events));
    struct wf_event_activity_task_scheduled *scheduled = wf_message_new(&arena, &wf_type_event_activity_task_scheduled);
    struct wf_event_activity_task_started *started = wf_message_new(&arena, &wf_type_event_activity_task_started);
    struct wf_event_activity_task_failed *failed = wf_message_new(&arena, &wf_type_event_activity_task_failed);
    struct wf_event_timer_started *timer = wf_message_new(&arena, &wf_type_event_timer_started);

    scheduled->activity_type = wf_message_new(&arena, &wf_type_activity_type);
    scheduled->activity_type->name = WF_STR("charge_payment");
    events[0] = (struct wf_event){.event_id = 5,
                                  .event_type = WF_EVENT_TYPE_ACTIVITY_TASK_SCHEDULED,
                                  .attributes_case = WF_CASE_event_activity_task_scheduled,
                                  .attributes.activity_task_scheduled = scheduled};
    started->scheduled_event_id = 5;
    events[1] = (struct wf_event){.event_id = 6,
                                  .event_type = WF_EVENT_TYPE_ACTIVITY_TASK_STARTED,
                                  .attributes_case = WF_CASE_event_activity_task_started,
                                  .attributes.activity_task_started = started};
    failed->scheduled_event_id = 5;
    events[2] = (struct wf_event){.event_id = 7,
                                  .event_type = WF_EVENT_TYPE_ACTIVITY_TASK_FAILED,
                                  .attributes_case = WF_CASE_event_activity_task_failed,
                                  .attributes.activity_task_failed = failed};
    timer->timer_id = WF_STR("3");
    events[3] = (struct wf_event){.event_id = 8,
                                  .event_type = WF_EVENT_TYPE_TIMER_STARTED,
                                  .attributes_case = WF_CASE_event_timer_started,
                                  .attributes.timer_started = timer};
    return (struct wf_history){.events = events, .event_count = 4};
}

/* Later events lead back to the one that began the step, which knows its name. */
static void test_steps__events_lead_back_to_the_beginning(void **state)
{
    const struct wf_history history = activity_history();
    enum cli_style style = CLI_STYLE_PLAIN;
    struct wf_buffer text;

    (void)state;
    assert_int_equal(cli_step_part(&history.events[0]), CLI_STEP_BEGIN);
    assert_null(cli_step_begin(&history, &history.events[0]));
    assert_int_equal(cli_step_part(&history.events[1]), CLI_STEP_PROGRESS);
    assert_ptr_equal(cli_step_begin(&history, &history.events[1]), &history.events[0]);
    assert_int_equal(cli_step_part(&history.events[2]), CLI_STEP_END);
    assert_ptr_equal(cli_step_begin(&history, &history.events[2]), &history.events[0]);
    assert_string_equal(cli_step_outcome(&history.events[2], &style), "failed");
    assert_int_equal(style, CLI_STYLE_RED);

    wf_buffer_init(&text, &arena);
    cli_append_step_name(&text, &history.events[0]);
    assert_text(&text, "charge_payment");
    wf_buffer_reset(&text);
    cli_append_step_name(&text, &history.events[3]);
    assert_text(&text, "timer 3");
}

/* A reference to nothing, or to an event that begins nothing, and attributes of another type, are no step. */
static void test_steps__broken_histories_have_no_steps(void **state)
{
    struct wf_history history = activity_history();

    (void)state;
    history.events[1].attributes.activity_task_started->scheduled_event_id = 99;
    assert_null(cli_step_begin(&history, &history.events[1]));
    history.events[1].attributes.activity_task_started->scheduled_event_id = 7;
    assert_null(cli_step_begin(&history, &history.events[1]));

    history.events[0].event_type = WF_EVENT_TYPE_TIMER_STARTED;
    assert_int_equal(cli_step_part(&history.events[0]), CLI_STEP_NONE);
    history.events[0].event_type = 61;
    assert_int_equal(cli_step_part(&history.events[0]), CLI_STEP_NONE);
    history.events[0].event_type = -1;
    assert_int_equal(cli_step_part(&history.events[0]), CLI_STEP_NONE);
}

/* Every event that begins, goes on with or ends a step can be asked: a wrong name in the table would fail an assertion. */
static void test_steps__the_table_names_fields_that_exist(void **state)
{
    uint32_t end_count = 0;

    (void)state;
    for (int32_t type = 1; type < WF_EVENT_TYPE_COUNT; type++) {
        const struct wf_event_descriptor *descriptor = &wf_event_descriptors[type];
        struct wf_event event = {.event_type = type, .attributes_case = descriptor->oneof_number};
        const struct wf_history history = {.events = &event, .event_count = 1};
        enum cli_style style = CLI_STYLE_PLAIN;
        struct wf_buffer text;

        wf_buffer_init(&text, &arena);
        event.attributes.any = wf_message_new(&arena, descriptor->attributes);
        assert_null(cli_step_begin(&history, &event));
        cli_append_step_name(&text, &event);
        if (cli_step_part(&event) == CLI_STEP_END) {
            assert_non_null(cli_step_outcome(&event, &style));
            end_count++;
        }
    }
    assert_int_equal(end_count, 21);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_steps__durations_are_short),
        cmocka_unit_test(test_steps__elapsed_time_saturates),
        cmocka_unit_test(test_steps__elapsed_time_is_exact_in_every_year),
        cmocka_unit_test(test_steps__events_lead_back_to_the_beginning),
        cmocka_unit_test(test_steps__broken_histories_have_no_steps),
        cmocka_unit_test(test_steps__the_table_names_fields_that_exist),
    };

    return cmocka_run_group_tests_name("steps", tests, set_up, tear_down);
}
