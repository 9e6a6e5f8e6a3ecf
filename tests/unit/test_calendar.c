/* Times by calendar fields and cron strings. */
#include "engine/base/calendar.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

/* "2026-01-31T09:00:00Z" */
static int64_t time_of(const char *text)
{
    int32_t fields[6] = {0};
    int64_t time_s = 0;

    for (size_t i = 0, field = 0; text[i] != '\0'; i++) {
        if (!wf_is_digit(text[i])) {
            field++;
        } else {
            fields[field] = fields[field] * 10 + (text[i] - '0');
        }
    }
    assert_true(wf_time_of_date(fields[0], fields[1], fields[2], &time_s));
    return time_s + fields[3] * 3600 + fields[4] * 60 + fields[5];
}

static void expect_next(const char *spec, enum wf_cron_dialect dialect, const char *after, const char *expected)
{
    struct wf_cron cron;
    const char *problem = wf_cron_read(&cron, wf_string_of(spec), dialect);
    int64_t next_s = 0;
    char text[WF_TIME_TEXT_BYTES + 1] = {0};

    if (problem != NULL) {
        fail_msg("%s: %s", spec, problem);
    }
    if (!wf_calendar_next(&cron.calendar, time_of(after), &next_s)) {
        if (expected != NULL) {
            fail_msg("%s after %s: none, not %s", spec, after, expected);
        }
        return;
    }
    wf_time_write(text, next_s);
    if (expected == NULL || strcmp(text, expected) != 0) {
        fail_msg("%s after %s: %s, not %s", spec, after, text, expected == NULL ? "none" : expected);
    }
    assert_true(wf_calendar_matches(&cron.calendar, next_s));
}

/* The next match carries into every larger unit, over leap days and ends of years. */
static void test_calendar__next_match(void **state)
{
    static const struct {
        const char *spec, *after, *expected;
    } rows[] = {
        {"* * * * *", "2026-01-01T00:00:00Z", "2026-01-01T00:01:00Z"},
        {"@hourly", "2026-01-01T00:00:00Z", "2026-01-01T01:00:00Z"},
        {"@hourly", "2026-12-31T23:00:00Z", "2027-01-01T00:00:00Z"},
        {"@daily", "2026-02-28T00:00:00Z", "2026-03-01T00:00:00Z"},
        {"@weekly", "2026-01-01T00:00:00Z", "2026-01-04T00:00:00Z"},
        {"@monthly", "2026-01-01T00:00:00Z", "2026-02-01T00:00:00Z"},
        {"@yearly", "2026-01-01T00:00:00Z", "2027-01-01T00:00:00Z"},
        {"30 9 * * mon-fri", "2026-01-02T09:30:00Z", "2026-01-05T09:30:00Z"},
        {"0 12 29 2 *", "2026-01-01T00:00:00Z", "2028-02-29T12:00:00Z"},
        {"0 12 29 2 *", "2096-03-01T00:00:00Z", NULL}, /* 2100 is no leap year */
        {"0 0 30 2 *", "2026-01-01T00:00:00Z", NULL},
        {"*/15 8-10 * * *", "2026-01-01T08:50:00Z", "2026-01-01T09:00:00Z"},
        {"*/15 8-10 * * *", "2026-01-01T10:45:00Z", "2026-01-02T08:00:00Z"},
        {"5/20 * * * *", "2026-01-01T00:46:00Z", "2026-01-01T01:05:00Z"},
        {"10,20 3 * * *", "2026-01-01T03:10:00Z", "2026-01-01T03:20:00Z"},
        {"0 0 * jan,DECEMBER *", "2026-01-31T00:00:00Z", "2026-12-01T00:00:00Z"},
        {"0 0 * * 7", "2026-01-01T00:00:00Z", "2026-01-04T00:00:00Z"},
        {"0 0 1 1 * 2030", "2026-01-01T00:00:00Z", "2030-01-01T00:00:00Z"},
        {"*/30 59 23 31 12 ? 2026-2027", "2026-12-31T23:59:30Z", "2027-12-31T23:59:00Z"},
        {"CRON_TZ=UTC 0 6 * * *  # early", "2026-01-01T06:00:00Z", "2026-01-02T06:00:00Z"},
        {"* * * * *", "1970-01-01T00:00:00Z", "2000-01-01T00:00:00Z"},
        {"* * * * *", "2100-12-31T23:59:00Z", NULL},
    };

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        expect_next(rows[i].spec, WF_CRON_OF_SCHEDULE, rows[i].after, rows[i].expected);
    }
}

/* With both day fields, a workflow's cron takes either, a schedule's needs both. */
static void test_calendar__two_day_fields(void **state)
{
    (void)state;
    expect_next("0 0 13 * fri", WF_CRON_OF_WORKFLOW, "2026-01-01T00:00:00Z", "2026-01-02T00:00:00Z");
    expect_next("0 0 13 * fri", WF_CRON_OF_SCHEDULE, "2026-01-01T00:00:00Z", "2026-02-13T00:00:00Z");
    expect_next("0 0 */5 * fri", WF_CRON_OF_WORKFLOW, "2026-01-01T00:00:00Z", "2026-01-02T00:00:00Z");
    expect_next("0 0 *,5 * fri", WF_CRON_OF_WORKFLOW, "2026-01-01T00:00:00Z", "2026-01-02T00:00:00Z");
}

static void test_calendar__intervals(void **state)
{
    struct wf_cron cron;

    (void)state;
    assert_null(wf_cron_read(&cron, WF_STR("@every 1h30m"), WF_CRON_OF_WORKFLOW));
    assert_true(cron.is_interval);
    assert_int_equal(cron.interval_s, 5400);
    assert_null(wf_cron_read(&cron, WF_STR("@every 1d/6h"), WF_CRON_OF_SCHEDULE));
    assert_int_equal(cron.interval_s, 86400);
    assert_int_equal(cron.phase_s, 21600);
}

/* What a workflow's schedule may say, and when it comes after Thursday 2026-01-01 10:07:30 (7.5). */
static void test_calendar__workflow_schedules(void **state)
{
    static const struct {
        const char *schedule;
        const char *expected;
    } rows[] = {
        {"* * * * *", "2026-01-01T10:08:00Z"},
        {"*/15 * * * *", "2026-01-01T10:15:00Z"},
        {"7 * * * *", "2026-01-01T11:07:00Z"},
        {"0 2 * * *", "2026-01-02T02:00:00Z"},
        {" 30\t9-17/4  * * * ", "2026-01-01T13:30:00Z"},
        {"50/3 * * * *", "2026-01-01T10:50:00Z"},
        {"5,45,9 10,11 * * *", "2026-01-01T10:09:00Z"},
        {"0 0 * * MON-FRI", "2026-01-02T00:00:00Z"},
        {"0 0 * * sat,0", "2026-01-03T00:00:00Z"},
        {"0 0 31 * ?", "2026-01-31T00:00:00Z"},
        {"0 0 31 feb,APR-may *", "2026-05-31T00:00:00Z"},
        {"0 0 13 * 5", "2026-01-02T00:00:00Z"},   /* either day will do */
        {"0 0 */2 * 5", "2026-01-02T00:00:00Z"},  /* a step restricts */
        {"0 0 29 2 *", "2028-02-29T00:00:00Z"},
        {"@yearly", "2027-01-01T00:00:00Z"},
        {"@annually", "2027-01-01T00:00:00Z"},
        {"@monthly", "2026-02-01T00:00:00Z"},
        {"@weekly", "2026-01-04T00:00:00Z"},
        {"@daily", "2026-01-02T00:00:00Z"},
        {"@midnight", "2026-01-02T00:00:00Z"},
        {"@hourly", "2026-01-01T11:00:00Z"},
        {"@every 1h30m", "2026-01-01T11:37:30Z"},
        {"@every 1.5h", "2026-01-01T11:37:30Z"},
        {"@every .5m", "2026-01-01T10:08:00Z"},
        {"@every 2s900ms", "2026-01-01T10:07:32Z"}, /* whole seconds */
        {"@every 10ms", "2026-01-01T10:07:31Z"},    /* at least one */
        {"CRON_TZ=UTC 0 2 * * *", "2026-01-02T02:00:00Z"},
        {"TZ=Asia/Tokyo 0 2 * * *", "2026-01-01T17:00:00Z"},
        {"CRON_TZ=Asia/Kolkata 0 20 1 * *", "2026-01-01T14:30:00Z"},
        {"CRON_TZ=Etc/GMT+5 0 2 * * *", "2026-01-02T07:00:00Z"},
        {"CRON_TZ=Etc/GMT-14 @daily", "2026-01-02T10:00:00Z"},
    };
    const int64_t from_s = time_of("2026-01-01T10:07:30Z");

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct wf_cron cron;
        const char *problem = wf_cron_read(&cron, wf_string_of(rows[i].schedule), WF_CRON_OF_WORKFLOW);
        int64_t next_s = 0;

        if (problem != NULL || !wf_cron_next(&cron, from_s, from_s, &next_s) || next_s != time_of(rows[i].expected)) {
            fail_msg("%s: %s, %lld s off", rows[i].schedule, problem == NULL ? "read" : problem,
                     (long long)(next_s - time_of(rows[i].expected)));
        }
    }
}

/* Slots that passed while a run ran are skipped; one that is now still counts (7.5). */
static void test_calendar__passed_slots_are_skipped(void **state)
{
    static const struct {
        const char *schedule;
        const char *now;
        const char *expected; /* NULL: never */
    } rows[] = {
        {"0 2 * * *", "2026-01-01T02:00:00Z", "2026-01-02T02:00:00Z"},
        {"0 2 * * *", "2026-01-01T02:00:01Z", "2026-01-02T02:00:00Z"},
        {"0 2 * * *", "2026-01-05T02:00:00Z", "2026-01-05T02:00:00Z"},
        {"0 2 * * *", "2026-01-05T02:00:01Z", "2026-01-06T02:00:00Z"},
        {"@every 7h", "2026-01-01T02:00:00Z", "2026-01-01T09:00:00Z"},
        {"@every 7h", "2026-01-01T16:00:00Z", "2026-01-01T16:00:00Z"},
        {"@every 7h", "2026-01-01T16:00:01Z", "2026-01-01T23:00:00Z"},
        {"@every 7h", "2200-01-01T16:00:01Z", NULL},
        {"@every 800000h", "2026-01-01T02:00:00Z", NULL},
        {"0 2 * * *", "2200-01-01T16:00:01Z", NULL},
        {"0 0 30 2 *", "2026-01-01T02:00:00Z", NULL},
    };

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct wf_cron cron;
        int64_t next_s = 0;

        assert_null(wf_cron_read(&cron, wf_string_of(rows[i].schedule), WF_CRON_OF_WORKFLOW));
        if (wf_cron_next(&cron, time_of("2026-01-01T02:00:00Z"), time_of(rows[i].now), &next_s) !=
                (rows[i].expected != NULL) ||
            (rows[i].expected != NULL && next_s != time_of(rows[i].expected))) {
            fail_msg("%s at %s", rows[i].schedule, rows[i].now);
        }
    }
}

/* What is no cron string is refused, not guessed at. */
static void test_calendar__refusals(void **state)
{
    static const struct {
        const char *spec;
        enum wf_cron_dialect dialect;
    } rows[] = {
        {"", WF_CRON_OF_SCHEDULE},
        {"* * * *", WF_CRON_OF_SCHEDULE},
        {"* * * * * * * *", WF_CRON_OF_SCHEDULE},
        {"* * * * * *", WF_CRON_OF_WORKFLOW},
        {"60 * * * *", WF_CRON_OF_SCHEDULE},
        {"* 24 * * *", WF_CRON_OF_SCHEDULE},
        {"* * 0 * *", WF_CRON_OF_SCHEDULE},
        {"* * * 13 *", WF_CRON_OF_SCHEDULE},
        {"* * * * 8", WF_CRON_OF_SCHEDULE},
        {"5-1 * * * *", WF_CRON_OF_SCHEDULE},
        {"*/0 * * * *", WF_CRON_OF_SCHEDULE},
        {"*/x * * * *", WF_CRON_OF_SCHEDULE},
        {"1,,2 * * * *", WF_CRON_OF_SCHEDULE},
        {"1- * * * *", WF_CRON_OF_SCHEDULE},
        {"1-2-3 * * * *", WF_CRON_OF_SCHEDULE},
        {"9999999999 * * * *", WF_CRON_OF_SCHEDULE},
        {"0 0 * ja *", WF_CRON_OF_SCHEDULE},
        {"0 0 * januaryy *", WF_CRON_OF_SCHEDULE},
        {"0 0 1 1 * 1999", WF_CRON_OF_SCHEDULE},
        {"CRON_TZ=Europe/Berlin 0 6 * * *", WF_CRON_OF_SCHEDULE},
        {"CRON_TZ=", WF_CRON_OF_WORKFLOW},
        {"@noon", WF_CRON_OF_SCHEDULE},
        {"@every ", WF_CRON_OF_SCHEDULE},
        {"@every 0s", WF_CRON_OF_SCHEDULE},
        {"@every 5", WF_CRON_OF_SCHEDULE},
        {"@every h", WF_CRON_OF_SCHEDULE},
        {"@every 36501d", WF_CRON_OF_SCHEDULE},
        {"@every 999999999d999999999d", WF_CRON_OF_SCHEDULE},
        {"@every 1h/1h", WF_CRON_OF_SCHEDULE},
        {"@every 1h/1m", WF_CRON_OF_WORKFLOW},
        {"@every ", WF_CRON_OF_WORKFLOW},
        {"@every 5", WF_CRON_OF_WORKFLOW},
        {"@every 1d", WF_CRON_OF_WORKFLOW},
        {"@every -1h", WF_CRON_OF_WORKFLOW},
        {"@every .h", WF_CRON_OF_WORKFLOW},
        {"@every 999999999h999999999h", WF_CRON_OF_WORKFLOW},
        {"CRON_TZ=Europe/Berlin 0 6 * * *", WF_CRON_OF_WORKFLOW},
        {"CRON_TZ=Asia/Tokyo 0 6 * * *", WF_CRON_OF_SCHEDULE},
        {"CRON_TZ=Etc/GMT+13 @daily", WF_CRON_OF_WORKFLOW},
        {"CRON_TZ=Etc/GMT+ @daily", WF_CRON_OF_WORKFLOW},
        {"CRON_TZ=Etc/GMT+5x @daily", WF_CRON_OF_WORKFLOW},
        {"CRON_TZ=Etc/GMT @", WF_CRON_OF_WORKFLOW},
    };
    struct wf_cron cron;

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        if (wf_cron_read(&cron, wf_string_of(rows[i].spec), rows[i].dialect) == NULL) {
            fail_msg("accepted: %s", rows[i].spec);
        }
    }
}

/* Times outside of the years that a calendar knows are no trouble. */
static void test_calendar__ends_of_time(void **state)
{
    struct wf_calendar calendar;
    int64_t next_s = 0;

    (void)state;
    wf_calendar_init(&calendar);
    assert_true(wf_calendar_next(&calendar, INT64_MIN, &next_s));
    assert_int_equal(next_s, time_of("2000-01-01T00:00:00Z"));
    assert_false(wf_calendar_next(&calendar, INT64_MAX, &next_s));
    assert_false(wf_calendar_matches(&calendar, INT64_MIN));
    assert_false(wf_calendar_matches(&calendar, time_of("2026-01-01T00:00:01Z")));
    assert_false(wf_time_of_date(2026, 2, 29, &next_s));
    assert_false(wf_time_of_date(2026, 13, 1, &next_s));
    assert_false(wf_time_of_date(2026, 1, 0, &next_s));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_calendar__next_match),  cmocka_unit_test(test_calendar__two_day_fields),
        cmocka_unit_test(test_calendar__intervals),   cmocka_unit_test(test_calendar__refusals),
        cmocka_unit_test(test_calendar__ends_of_time),
        cmocka_unit_test(test_calendar__workflow_schedules),
        cmocka_unit_test(test_calendar__passed_slots_are_skipped),
    };

    return cmocka_run_group_tests_name("calendar", tests, NULL, NULL);
}
