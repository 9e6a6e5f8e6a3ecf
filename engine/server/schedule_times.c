/*
 * When a schedule's actions are due: the earliest of its calendars and intervals, without what is excluded, between start
 * and end. Nothing is kept between two questions; the next time follows from the last one alone, so that every owner of a
 * schedule finds the same times.
 *
 * Source: engine-semantics 7.13; the API's comments for what it leaves open (both day fields must match, start and end are
 * included).
 */
#include "engine/base/assert.h"
#include "engine/base/hash.h"
#include "engine/schedules.h"

#define EXCLUDED_MAX 10000 /* times excluded in a row: then there is none */

static bool read_duration(struct wf_timestamp duration, int64_t *duration_ns)
{
    *duration_ns = wf_time_of(duration);
    return *duration_ns >= 0;
}

/* ---- Reading ---- */

static const char *read_calendar(const struct wf_schedule_calendar_spec *spec, struct wf_calendar *calendar)
{
    const struct {
        enum wf_calendar_unit unit;
        struct wf_string text;
    } fields[] = {
        {WF_CALENDAR_SECOND, spec->second},     {WF_CALENDAR_MINUTE, spec->minute},
        {WF_CALENDAR_HOUR, spec->hour},         {WF_CALENDAR_DAY_OF_MONTH, spec->day_of_month},
        {WF_CALENDAR_MONTH, spec->month},       {WF_CALENDAR_YEAR, spec->year},
        {WF_CALENDAR_DAY_OF_WEEK, spec->day_of_week},
    };

    wf_calendar_init(calendar);
    for (size_t i = 0; i < sizeof fields / sizeof fields[0]; i++) {
        const char *problem = fields[i].text.size_bytes == 0
                                  ? NULL
                                  : wf_calendar_read_field(calendar, fields[i].unit, fields[i].text);

        if (problem != NULL) {
            return problem;
        }
    }
    return NULL;
}

static const char *read_interval(const struct wf_schedule_interval_spec *spec, struct wf_schedule_times *times)
{
    struct wf_schedule_interval *interval = &times->intervals[times->interval_count];

    if (!read_duration(spec->interval, &interval->interval_ns) || interval->interval_ns < WF_NS_PER_S) {
        return "an interval is at least a second";
    }
    if (!read_duration(spec->phase, &interval->phase_ns) || interval->phase_ns >= interval->interval_ns) {
        return "the offset of an interval is below the interval";
    }
    times->interval_count++;
    return NULL;
}

static const char *read_cron(struct wf_string text, struct wf_schedule_times *times)
{
    struct wf_cron cron;
    const char *problem = wf_cron_read(&cron, text, WF_CRON_OF_SCHEDULE);

    if (problem != NULL) {
        return problem;
    }
    if (cron.is_interval) {
        times->intervals[times->interval_count++] = (struct wf_schedule_interval){
            cron.interval_s * WF_NS_PER_S, cron.phase_s * WF_NS_PER_S};
    } else {
        times->calendars[times->calendar_count++] = cron.calendar;
    }
    return NULL;
}

static bool make_room(struct wf_arena *arena, const struct wf_schedule_spec *spec, struct wf_schedule_times *times)
{
    const uint32_t cron_count = spec->cron_string.count;

    times->calendars =
        wf_arena_take_array(arena, spec->calendar.count + cron_count, sizeof *times->calendars);
    times->excluded = wf_arena_take_array(arena, spec->exclude_calendar.count, sizeof *times->excluded);
    times->intervals =
        wf_arena_take_array(arena, spec->interval.count + cron_count, sizeof *times->intervals);
    return times->calendars != NULL && times->excluded != NULL && times->intervals != NULL;
}

static const char *read_lists(const struct wf_schedule_spec *spec, struct wf_schedule_times *times)
{
    const char *problem = NULL;

    for (uint32_t i = 0; i < spec->calendar.count && problem == NULL; i++) {
        problem = read_calendar(&spec->calendar.items[i], &times->calendars[times->calendar_count++]);
    }
    for (uint32_t i = 0; i < spec->exclude_calendar.count && problem == NULL; i++) {
        problem = read_calendar(&spec->exclude_calendar.items[i], &times->excluded[times->excluded_count++]);
    }
    for (uint32_t i = 0; i < spec->interval.count && problem == NULL; i++) {
        problem = read_interval(&spec->interval.items[i], times);
    }
    for (uint32_t i = 0; i < spec->cron_string.count && problem == NULL; i++) {
        problem = read_cron(spec->cron_string.items[i], times);
    }
    return problem;
}

const char *wf_schedule_times_read(struct wf_arena *arena, const struct wf_schedule_spec *spec,
                                   struct wf_schedule_times *times)
{
    const char *problem = NULL;

    *times = (struct wf_schedule_times){.start_ns = INT64_MIN, .end_ns = INT64_MAX};
    if (spec == NULL) {
        return "a schedule needs a specification of its times";
    }
    if (!make_room(arena, spec, times)) {
        return "there is no memory for the specification";
    }
    problem = read_lists(spec, times);
    if (problem != NULL) {
        return problem;
    }
    if (!wf_time_zone_is_utc(spec->timezone_name)) {
        return "a time zone other than UTC is not simulated";
    }
    if (!read_duration(spec->jitter, &times->jitter_ns)) {
        return "the jitter is negative";
    }
    times->start_ns = spec->start_time.is_set ? wf_time_of(spec->start_time) : INT64_MIN;
    times->end_ns = spec->end_time.is_set ? wf_time_of(spec->end_time) : INT64_MAX;
    return NULL;
}

/* ---- Times ---- */

static int64_t floor_divide(int64_t value, int64_t by)
{
    return value / by - (value % by < 0 ? 1 : 0);
}

static void take_earlier(int64_t candidate_ns, int64_t *earliest_ns)
{
    *earliest_ns = candidate_ns < *earliest_ns ? candidate_ns : *earliest_ns;
}

/* INT64_MAX: there is none. */
static int64_t next_raw(const struct wf_schedule_times *times, int64_t after_ns)
{
    int64_t earliest_ns = INT64_MAX;

    for (uint32_t i = 0; i < times->calendar_count; i++) {
        int64_t next_s = 0;

        if (wf_calendar_next(&times->calendars[i], floor_divide(after_ns, WF_NS_PER_S), &next_s)) {
            take_earlier(next_s * WF_NS_PER_S, &earliest_ns);
        }
    }
    for (uint32_t i = 0; i < times->interval_count; i++) {
        const struct wf_schedule_interval *interval = &times->intervals[i];
        const int64_t count = floor_divide(after_ns - interval->phase_ns, interval->interval_ns) + 1;
        int64_t next_ns = 0;

        if (wf_multiply_i64(count, interval->interval_ns, &next_ns) &&
            wf_add_i64(next_ns, interval->phase_ns, &next_ns)) {
            take_earlier(next_ns, &earliest_ns);
        }
    }
    return earliest_ns;
}

static bool is_excluded(const struct wf_schedule_times *times, int64_t time_ns)
{
    for (uint32_t i = 0; i < times->excluded_count; i++) {
        if (wf_calendar_matches(&times->excluded[i], floor_divide(time_ns, WF_NS_PER_S))) {
            return true;
        }
    }
    return false;
}

bool wf_schedule_times_next(const struct wf_schedule_times *times, int64_t after_ns, int64_t *nominal_ns)
{
    int64_t time_ns = after_ns < 0 ? 0 : after_ns; /* nothing is scheduled before 1970 */

    if (times->start_ns > time_ns) {
        time_ns = times->start_ns - 1; /* the start is included */
    }
    for (uint32_t i = 0; i < EXCLUDED_MAX; i++) {
        time_ns = next_raw(times, time_ns);
        if (time_ns == INT64_MAX || time_ns > times->end_ns) {
            return false;
        }
        if (!is_excluded(times, time_ns)) {
            *nominal_ns = time_ns;
            return true;
        }
    }
    return false;
}

int64_t wf_schedule_times_due(const struct wf_schedule_times *times, struct wf_string schedule_id, int64_t nominal_ns)
{
    char key[sizeof(uint64_t)];
    int64_t next_ns = 0;
    int64_t room_ns = times->jitter_ns;

    if (room_ns == 0) {
        return nominal_ns;
    }
    if (wf_schedule_times_next(times, nominal_ns, &next_ns) && next_ns - nominal_ns < room_ns) {
        room_ns = next_ns - nominal_ns;
    }
    wf_store_u64(key, (uint64_t)nominal_ns);
    return nominal_ns + (int64_t)(wf_hash_seeded(wf_hash_bytes(schedule_id.data, schedule_id.size_bytes), key,
                                                 sizeof key) %
                                  (uint64_t)room_ns);
}

/* ---- Defaults and names ---- */

int64_t wf_schedule_catchup_ns(const struct wf_schedule_policies *policies)
{
    const int64_t given_ns = policies == NULL ? 0 : wf_time_of(policies->catchup_window);

    if (given_ns == 0) {
        return WF_SCHEDULE_CATCHUP_NS;
    }
    return given_ns < WF_SCHEDULE_CATCHUP_NS_MIN ? WF_SCHEDULE_CATCHUP_NS_MIN : given_ns;
}

int32_t wf_schedule_overlap(const struct wf_schedule_policies *policies, int32_t overlap_policy)
{
    if (overlap_policy == WF_SCHEDULE_OVERLAP_POLICY_UNSPECIFIED && policies != NULL) {
        overlap_policy = policies->overlap_policy;
    }
    return overlap_policy == WF_SCHEDULE_OVERLAP_POLICY_UNSPECIFIED ? WF_SCHEDULE_OVERLAP_POLICY_SKIP : overlap_policy;
}

void wf_schedule_workflow_id(struct wf_string base, int64_t nominal_ns, struct wf_buffer *out)
{
    char text[WF_TIME_TEXT_BYTES];

    wf_time_write(text, floor_divide(nominal_ns, WF_NS_PER_S));
    wf_buffer_append_string(out, base);
    wf_buffer_append_char(out, '-');
    wf_buffer_append(out, text, sizeof text);
}
