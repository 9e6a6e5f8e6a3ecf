/*
 * Times by their calendar fields, in UTC: which second matches, and which is the next that does. Read from fields
 * ("1-5", a step behind a slash, "jan,mar") and from cron strings.
 *
 * Source: engine-semantics 7.5 "Cron", 7.13 "Schedules".
 */
#ifndef WF_ENGINE_BASE_CALENDAR_H
#define WF_ENGINE_BASE_CALENDAR_H

#include "engine/base/bytes.h"
#include "engine/base/time_zone.h"

enum wf_calendar_unit {
    WF_CALENDAR_SECOND,
    WF_CALENDAR_MINUTE,
    WF_CALENDAR_HOUR,
    WF_CALENDAR_DAY_OF_MONTH,
    WF_CALENDAR_MONTH,
    WF_CALENDAR_YEAR, /* 2000 to 2100 */
    WF_CALENDAR_DAY_OF_WEEK, /* 0 is Sunday; 7 is too */
    WF_CALENDAR_UNIT_COUNT,
};

/* For each unit the values that match. */
struct wf_calendar {
    uint64_t bits[WF_CALENDAR_UNIT_COUNT][2]; /* from the lowest value of the unit */
    bool is_any_day; /* both day fields are given and one of them is enough */
};

/* As if no field were given: seconds, minutes and hours 0, all else whatever. */
void wf_calendar_init(struct wf_calendar *calendar);

/*
 * Makes a unit match what the text says: values, ranges and steps, in a list; names of months and days by their first
 * three letters or more. Returns NULL, or what is wrong with the text.
 */
const char *wf_calendar_read_field(struct wf_calendar *calendar, enum wf_calendar_unit unit, struct wf_string text);

/* The first match after that second (since 1970). False: there is none before the year 2101. */
bool wf_calendar_next(const struct wf_calendar *calendar, int64_t after_s, int64_t *next_s);
bool wf_calendar_matches(const struct wf_calendar *calendar, int64_t time_s);

/* Two dialects of one language. */
enum wf_cron_dialect {
    WF_CRON_OF_WORKFLOW, /* five fields; when both day fields are given, one is enough; an interval counts from a start */
    WF_CRON_OF_SCHEDULE, /* five to seven fields, which all must match, and a comment; an interval counts from 1970 */
};

/* What a cron string says: times of a calendar, or an interval ("@every 90m"). */
struct wf_cron {
    bool is_interval;
    int64_t interval_s; /* at least 1 */
    int64_t phase_s;
    int64_t offset_s; /* of its clock from UTC, east positive; 0 in a schedule */
    struct wf_calendar calendar;
};

/*
 * Returns NULL, or what is wrong with the text. A time zone in front ("CRON_TZ=") must be UTC; for a workflow, one with a
 * single offset all year.
 */
const char *wf_cron_read(struct wf_cron *cron, struct wf_string text, enum wf_cron_dialect dialect);

/* Of a workflow: the first time after `after` that is not before `not_before` (engine-semantics 7.5). False: none before 2101. */
bool wf_cron_next(const struct wf_cron *cron, int64_t after_s, int64_t not_before_s, int64_t *next_s);

/* RFC 3339 in whole seconds: 2026-01-31T09:00:00Z. */
#define WF_TIME_TEXT_BYTES 20
void wf_time_write(char text[WF_TIME_TEXT_BYTES], int64_t time_s);

/* Days of 1970-01-01 on, months and days from 1. False: no such day. */
bool wf_time_of_date(int32_t year, int32_t month, int32_t day, int64_t *time_s);

#endif
