/* The times of a schedule: calendars, intervals, exclusion, start, end, jitter. */
#include "tests/support/test.h"

#include "engine/schedules.h"

#define S WF_NS_PER_S
#define MIDNIGHT INT64_C(1767225600) /* 2026-01-01 */

static struct wf_schedule_spec hourly(struct wf_schedule_interval_spec *interval, int64_t phase_s)
{
    struct wf_schedule_spec spec = {0};

    *interval = (struct wf_schedule_interval_spec){.interval = wf_duration_of(3600 * S),
                                                   .phase = wf_duration_of(phase_s * S)};
    spec.interval.items = interval;
    spec.interval.count = 1;
    return spec;
}

/* The hours of the next times after midnight; -1: none. */
static void expect_hours(struct wf_arena *arena, const struct wf_schedule_spec *spec, const int32_t *hours, size_t count)
{
    struct wf_schedule_times times;
    int64_t time_ns = MIDNIGHT * S;

    assert_null(wf_schedule_times_read(arena, spec, &times));
    for (size_t i = 0; i < count; i++) {
        if (hours[i] < 0) {
            assert_false(wf_schedule_times_next(&times, time_ns, &time_ns));
            return;
        }
        assert_true(wf_schedule_times_next(&times, time_ns, &time_ns));
        assert_int_equal(time_ns / S - MIDNIGHT, hours[i] * 3600);
    }
}

/* Start and end are included, excluded times are left out, the earliest of all rules is next. */
static void test_schedule_times__next(void **state)
{
    struct wf_schedule_interval_spec interval;
    struct wf_schedule_spec spec = hourly(&interval, 0);
    struct wf_schedule_calendar_spec lunch = {.hour = {"3-4", 3}};
    struct wf_string cron = WF_STR("0 2-20/9 * * *");

    spec.start_time = wf_timestamp_of((MIDNIGHT + 2 * 3600) * S);
    spec.end_time = wf_timestamp_of((MIDNIGHT + 6 * 3600) * S);
    spec.exclude_calendar.items = &lunch;
    spec.exclude_calendar.count = 1;
    expect_hours(*state, &spec, (const int32_t[]){2, 5, 6, -1}, 4);
    spec.interval.count = 0;
    spec.end_time = (struct wf_timestamp){0};
    spec.cron_string.items = &cron;
    spec.cron_string.count = 1;
    expect_hours(*state, &spec, (const int32_t[]){2, 11, 20, 26}, 4);
    spec.calendar.items = &(struct wf_schedule_calendar_spec){.hour = {"7", 1}, .comment = {"breakfast", 9}};
    spec.calendar.count = 1;
    expect_hours(*state, &spec, (const int32_t[]){2, 7, 11, 20, 26, 31}, 6);
    spec.exclude_calendar.items = &(struct wf_schedule_calendar_spec){.hour = {"*", 1}, .minute = {"*", 1}};
    expect_hours(*state, &spec, (const int32_t[]){-1}, 1);
}

/* An interval counts from 1970, later by its offset. */
static void test_schedule_times__offset(void **state)
{
    struct wf_schedule_interval_spec interval;
    const struct wf_schedule_spec spec = hourly(&interval, 600);
    struct wf_schedule_times times;
    int64_t time_ns = 0;

    assert_null(wf_schedule_times_read(*state, &spec, &times));
    assert_true(wf_schedule_times_next(&times, (MIDNIGHT + 600) * S - 1, &time_ns));
    assert_int_equal(time_ns, (MIDNIGHT + 600) * S);
    assert_true(wf_schedule_times_next(&times, time_ns, &time_ns));
    assert_int_equal(time_ns, (MIDNIGHT + 4200) * S);
}

/* Jitter is the same at every question, differs between times and schedules, and never reaches the next time. */
static void test_schedule_times__jitter(void **state)
{
    struct wf_schedule_interval_spec interval;
    struct wf_schedule_spec spec = hourly(&interval, 0);
    struct wf_schedule_times times;
    int64_t time_ns = MIDNIGHT * S;
    int64_t first_ns = 0;
    int64_t differing = 0;

    spec.jitter = wf_duration_of(2 * 3600 * S);
    assert_null(wf_schedule_times_read(*state, &spec, &times));
    first_ns = wf_schedule_times_due(&times, WF_STR("a"), time_ns) - time_ns;
    for (int i = 0; i < 100; i++) {
        const int64_t due_ns = wf_schedule_times_due(&times, WF_STR("a"), time_ns);

        assert_true(due_ns >= time_ns && due_ns < time_ns + 3600 * S);
        assert_int_equal(due_ns, wf_schedule_times_due(&times, WF_STR("a"), time_ns));
        differing += due_ns - time_ns != first_ns ? 1 : 0;
        time_ns += 3600 * S;
    }
    assert_true(differing > 90);
    assert_true(wf_schedule_times_due(&times, WF_STR("b"), time_ns) != wf_schedule_times_due(&times, WF_STR("a"), time_ns));
}

/* What cannot be is refused with a sentence. */
static void test_schedule_times__refusals(void **state)
{
    struct wf_schedule_interval_spec interval;
    struct wf_schedule_times times;
    struct wf_schedule_spec spec = hourly(&interval, 3600);
    struct wf_string cron = WF_STR("61 * * * *");

    assert_non_null(wf_schedule_times_read(*state, NULL, &times));
    assert_string_equal(wf_schedule_times_read(*state, &spec, &times), "the offset of an interval is below the interval");
    interval.interval = wf_duration_of(S / 2);
    assert_string_equal(wf_schedule_times_read(*state, &spec, &times), "an interval is at least a second");
    spec.interval.count = 0;
    spec.jitter = wf_duration_of(-1);
    assert_string_equal(wf_schedule_times_read(*state, &spec, &times), "the jitter is negative");
    spec.timezone_name = WF_STR("America/New_York");
    assert_string_equal(wf_schedule_times_read(*state, &spec, &times), "a time zone other than UTC is not simulated");
    spec.cron_string.items = &cron;
    spec.cron_string.count = 1;
    assert_string_equal(wf_schedule_times_read(*state, &spec, &times), "a value is out of its field's range");
    spec.calendar.items = &(struct wf_schedule_calendar_spec){.month = {"smarch", 6}};
    spec.calendar.count = 1;
    assert_string_equal(wf_schedule_times_read(*state, &spec, &times),
                        "a field holds something that is no value of it");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST_IN_ARENA(test_schedule_times__next),
        TEST_IN_ARENA(test_schedule_times__offset),
        TEST_IN_ARENA(test_schedule_times__jitter),
        TEST_IN_ARENA(test_schedule_times__refusals),
    };

    return cmocka_run_group_tests_name("schedule_times", tests, NULL, NULL);
}
