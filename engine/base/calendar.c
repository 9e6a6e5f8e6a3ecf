/*
 * Each unit is a set of bits. The next match is found from the largest unit down: where one does not match, the search goes
 * on at its next value with all below it at their lowest. Days are walked one by one, since two fields and the month's
 * length decide on them; years and months that do not match are not walked.
 */
#include "engine/base/calendar.h"

#include "engine/base/assert.h"
#include "engine/base/date.h"

#define NS_PER_S INT64_C(1000000000)
#define DAY_S 86400
#define HOUR_S 3600
#define MINUTE_S 60
#define TIME_S_MAX INT64_C(4133980800) /* 2101, where calendars end */
#define INTERVAL_S_MAX (INT64_C(36500) * DAY_S) /* engine-semantics 2.2 rule 7 */

static const struct {
    int32_t low;
    int32_t high;
} limits[WF_CALENDAR_UNIT_COUNT] = {
    [WF_CALENDAR_SECOND] = {0, 59},       [WF_CALENDAR_MINUTE] = {0, 59}, [WF_CALENDAR_HOUR] = {0, 23},
    [WF_CALENDAR_DAY_OF_MONTH] = {1, 31}, [WF_CALENDAR_MONTH] = {1, 12},  [WF_CALENDAR_YEAR] = {2000, 2100},
    [WF_CALENDAR_DAY_OF_WEEK] = {0, 7},
};

static const char *const month_names[] = {"january", "february", "march",     "april",   "may",      "june",
                                          "july",    "august",   "september", "october", "november", "december"};
static const char *const day_names[] = {"sunday",   "monday", "tuesday", "wednesday",
                                        "thursday", "friday", "saturday"};

/* ---- Sets ---- */

static bool has(const struct wf_calendar *calendar, enum wf_calendar_unit unit, int32_t value)
{
    const uint32_t index = (uint32_t)(value - limits[unit].low);

    return (calendar->bits[unit][index / 64] >> (index % 64) & 1) != 0;
}

static void add(struct wf_calendar *calendar, enum wf_calendar_unit unit, int32_t value)
{
    const uint32_t index = (uint32_t)(value - limits[unit].low);

    calendar->bits[unit][index / 64] |= UINT64_C(1) << (index % 64);
}

static void add_range(struct wf_calendar *calendar, enum wf_calendar_unit unit, int32_t low, int32_t high, int32_t step)
{
    for (int32_t value = low; value <= high; value += step) {
        add(calendar, unit, unit == WF_CALENDAR_DAY_OF_WEEK && value == 7 ? 0 : value);
    }
}

static void set_all(struct wf_calendar *calendar, enum wf_calendar_unit unit)
{
    add_range(calendar, unit, limits[unit].low, limits[unit].high, 1);
}

void wf_calendar_init(struct wf_calendar *calendar)
{
    memset(calendar, 0, sizeof *calendar);
    for (enum wf_calendar_unit unit = WF_CALENDAR_SECOND; unit <= WF_CALENDAR_HOUR; unit++) {
        add(calendar, unit, 0);
    }
    for (enum wf_calendar_unit unit = WF_CALENDAR_DAY_OF_MONTH; unit < WF_CALENDAR_UNIT_COUNT; unit++) {
        set_all(calendar, unit);
    }
}

/* ---- Reading fields ---- */

/* What comes before the first such byte; `text` is left behind it. */
static struct wf_string cut(struct wf_string *text, char at, bool *was_found)
{
    struct wf_string head = *text;

    *was_found = false;
    for (size_t i = 0; i < text->size_bytes; i++) {
        if (text->data[i] == at) {
            head.size_bytes = i;
            *text = (struct wf_string){text->data + i + 1, text->size_bytes - i - 1};
            *was_found = true;
            return head;
        }
    }
    *text = (struct wf_string){0};
    return head;
}

static bool is_blank(char c)
{
    return c == ' ' || c == '\t';
}

static struct wf_string trim(struct wf_string text)
{
    while (text.size_bytes > 0 && is_blank(text.data[0])) {
        text = (struct wf_string){text.data + 1, text.size_bytes - 1};
    }
    while (text.size_bytes > 0 && is_blank(text.data[text.size_bytes - 1])) {
        text.size_bytes--;
    }
    return text;
}

/* Nine digits at most, which no field and no step needs. */
static bool read_number(struct wf_string text, int32_t *number)
{
    int32_t value = 0;

    if (text.size_bytes == 0 || text.size_bytes > 9) {
        return false;
    }
    for (size_t i = 0; i < text.size_bytes; i++) {
        if (!wf_is_digit(text.data[i])) {
            return false;
        }
        value = value * 10 + (text.data[i] - '0');
    }
    *number = value;
    return true;
}

static char lower(char c)
{
    return c >= 'A' && c <= 'Z' ? (char)(c - 'A' + 'a') : c;
}

/* Three letters or more of a name, in whatever case. */
static bool read_name(struct wf_string text, const char *const *names, int32_t count, int32_t *index)
{
    if (text.size_bytes < 3) {
        return false;
    }
    for (int32_t i = 0; i < count; i++) {
        const size_t size_bytes = strlen(names[i]);
        size_t same = 0;

        while (same < text.size_bytes && same < size_bytes && lower(text.data[same]) == names[i][same]) {
            same++;
        }
        if (same == text.size_bytes) {
            *index = i;
            return true;
        }
    }
    return false;
}

static bool read_value(enum wf_calendar_unit unit, struct wf_string text, int32_t *value)
{
    if (unit == WF_CALENDAR_MONTH && read_name(text, month_names, 12, value)) {
        *value += 1;
        return true;
    }
    if (unit == WF_CALENDAR_DAY_OF_WEEK && read_name(text, day_names, 7, value)) {
        return true;
    }
    return read_number(text, value);
}

static bool is_any(struct wf_string text)
{
    return wf_string_is(text, "*") || wf_string_is(text, "?");
}

/* One of the list: "*", "3", "1-5", each perhaps with "/2" behind it. */
static const char *read_item(struct wf_calendar *calendar, enum wf_calendar_unit unit, struct wf_string text)
{
    bool has_step = false;
    bool has_end = false;
    struct wf_string range = cut(&text, '/', &has_step);
    const struct wf_string whole = range;
    const struct wf_string first = cut(&range, '-', &has_end);
    int32_t step = 1;
    int32_t low = limits[unit].low;
    int32_t high = limits[unit].high;

    if (has_step && (!read_number(text, &step) || step == 0)) {
        return "a step is not a number above 0";
    }
    if (!is_any(whole)) {
        if (!read_value(unit, first, &low) || (has_end && !read_value(unit, range, &high))) {
            return "a field holds something that is no value of it";
        }
        high = has_end || has_step ? high : low;
    } else if (unit == WF_CALENDAR_DAY_OF_WEEK) {
        high = 6;
    }
    if (low < limits[unit].low || high > limits[unit].high) {
        return "a value is out of its field's range";
    }
    if (low > high) {
        return "a range ends before it begins";
    }
    add_range(calendar, unit, low, high, step);
    return NULL;
}

const char *wf_calendar_read_field(struct wf_calendar *calendar, enum wf_calendar_unit unit, struct wf_string text)
{
    bool has_more = true;
    const char *problem = NULL;

    memset(calendar->bits[unit], 0, sizeof calendar->bits[unit]);
    while (has_more && problem == NULL) {
        const struct wf_string item = cut(&text, ',', &has_more);

        problem = read_item(calendar, unit, trim(item));
    }
    return problem;
}

/* ---- Days ---- */

static int64_t days_of(int32_t year, int32_t month, int32_t day)
{
    return wf_date_days((struct wf_date){year, (uint32_t)month, (uint32_t)day});
}

struct date {
    int32_t year;
    int32_t month;
    int32_t day;
};

/* Of days in the years that a calendar knows, and around them. */
static struct date date_of(int64_t days)
{
    const struct wf_date date = wf_date_of_days(days);

    return (struct date){(int32_t)date.year, (int32_t)date.month, (int32_t)date.day};
}

static int64_t floor_divide(int64_t value, int64_t by)
{
    return value / by - (value % by < 0 ? 1 : 0);
}

bool wf_time_of_date(int32_t year, int32_t month, int32_t day, int64_t *time_s)
{
    const int64_t days = days_of(year, month, day);
    const struct date date = date_of(days);

    if (month < 1 || month > 12 || day < 1 || date.day != day || date.month != month) {
        return false;
    }
    *time_s = days * DAY_S;
    return true;
}

static void write_digits(char *text, int32_t value, int32_t count)
{
    for (int32_t i = count - 1; i >= 0; i--) {
        text[i] = (char)('0' + value % 10);
        value /= 10;
    }
}

void wf_time_write(char text[WF_TIME_TEXT_BYTES], int64_t time_s)
{
    const int64_t days = floor_divide(time_s, DAY_S);
    const int32_t second = (int32_t)(time_s - days * DAY_S);
    const struct date date = date_of(days);

    memcpy(text, "0000-00-00T00:00:00Z", WF_TIME_TEXT_BYTES);
    write_digits(text, date.year, 4);
    write_digits(text + 5, date.month, 2);
    write_digits(text + 8, date.day, 2);
    write_digits(text + 11, second / HOUR_S, 2);
    write_digits(text + 14, second / MINUTE_S % 60, 2);
    write_digits(text + 17, second % 60, 2);
}

/* ---- The next match ---- */

static bool day_matches(const struct wf_calendar *calendar, int64_t days, int32_t day_of_month)
{
    const bool is_month_day = has(calendar, WF_CALENDAR_DAY_OF_MONTH, day_of_month);
    const bool is_week_day = has(calendar, WF_CALENDAR_DAY_OF_WEEK, (int32_t)wf_date_weekday(days));

    return calendar->is_any_day ? is_month_day || is_week_day : is_month_day && is_week_day;
}

static bool date_matches(const struct wf_calendar *calendar, int64_t days, struct date date)
{
    return has(calendar, WF_CALENDAR_YEAR, date.year) && has(calendar, WF_CALENDAR_MONTH, date.month) &&
           day_matches(calendar, days, date.day);
}

/* Of the years that a calendar knows. */
static int64_t first_second(void)
{
    return days_of(limits[WF_CALENDAR_YEAR].low, 1, 1) * DAY_S;
}

/* The first second of a day, from `from` on, that matches; DAY_S: none. */
static int32_t next_second(const struct wf_calendar *calendar, int32_t from)
{
    int32_t second = from;

    while (second < DAY_S) {
        if (!has(calendar, WF_CALENDAR_HOUR, second / HOUR_S)) {
            second = (second / HOUR_S + 1) * HOUR_S;
        } else if (!has(calendar, WF_CALENDAR_MINUTE, second / MINUTE_S % 60)) {
            second = (second / MINUTE_S + 1) * MINUTE_S;
        } else if (!has(calendar, WF_CALENDAR_SECOND, second % 60)) {
            second++;
        } else {
            return second;
        }
    }
    return DAY_S;
}

/* The first day from there on whose date matches. */
static bool next_day(const struct wf_calendar *calendar, int64_t days, int64_t *found)
{
    const int64_t end = days_of(limits[WF_CALENDAR_YEAR].high + 1, 1, 1);

    while (days < end) {
        const struct date date = date_of(days);

        if (date_matches(calendar, days, date)) {
            *found = days;
            return true;
        }
        if (!has(calendar, WF_CALENDAR_YEAR, date.year)) {
            days = days_of(date.year + 1, 1, 1);
        } else if (!has(calendar, WF_CALENDAR_MONTH, date.month)) {
            days = date.month == 12 ? days_of(date.year + 1, 1, 1) : days_of(date.year, date.month + 1, 1);
        } else {
            days++;
        }
    }
    return false;
}

bool wf_calendar_next(const struct wf_calendar *calendar, int64_t after_s, int64_t *next_s)
{
    const int64_t first_s = first_second();
    const int64_t from_s = after_s < first_s ? first_s : after_s == INT64_MAX ? after_s : after_s + 1;
    const int64_t days = floor_divide(from_s, DAY_S);
    int64_t found = 0;
    int32_t second = DAY_S;

    if (!next_day(calendar, days, &found)) {
        return false;
    }
    if (found == days) {
        second = next_second(calendar, (int32_t)(from_s - days * DAY_S));
    }
    if (second == DAY_S) {
        if (found == days && !next_day(calendar, days + 1, &found)) {
            return false;
        }
        second = next_second(calendar, 0);
    }
    *next_s = found * DAY_S + second;
    return true;
}

bool wf_calendar_matches(const struct wf_calendar *calendar, int64_t time_s)
{
    int64_t next_s = 0;

    return time_s >= first_second() && wf_calendar_next(calendar, time_s - 1, &next_s) && next_s == time_s;
}

/* ---- Cron strings ---- */

static int64_t unit_seconds(char c)
{
    return c == 's' ? 1 : c == 'm' ? MINUTE_S : c == 'h' ? HOUR_S : c == 'd' ? DAY_S : 0;
}

/* "1h30m": whole numbers, each with its unit. */
static bool read_duration(struct wf_string text, int64_t *duration_s)
{
    int64_t sum_s = 0;
    size_t i = 0;

    while (i < text.size_bytes) {
        size_t end = i;
        int32_t number = 0;

        while (end < text.size_bytes && wf_is_digit(text.data[end])) {
            end++;
        }
        if (end == text.size_bytes || unit_seconds(text.data[end]) == 0 ||
            !read_number((struct wf_string){text.data + i, end - i}, &number)) {
            return false;
        }
        sum_s += number * unit_seconds(text.data[end]);
        if (sum_s > INTERVAL_S_MAX) {
            return false;
        }
        i = end + 1;
    }
    *duration_s = sum_s;
    return text.size_bytes > 0;
}

static bool take_unit(struct wf_string *text, int64_t *unit_ns)
{
    static const struct {
        const char *name;
        int64_t unit_ns;
    } units[] = {{"ns", 1},          {"us", 1000},  {"\xc2\xb5s", 1000},        {"\xce\xbcs", 1000},
                 {"ms", NS_PER_S / 1000}, {"s", NS_PER_S}, {"m", MINUTE_S * NS_PER_S}, {"h", HOUR_S * NS_PER_S}};

    for (size_t i = 0; i < sizeof units / sizeof units[0]; i++) {
        const struct wf_string name = wf_string_of(units[i].name);

        if (wf_string_starts_with(*text, name)) {
            *text = (struct wf_string){text->data + name.size_bytes, text->size_bytes - name.size_bytes};
            *unit_ns = units[i].unit_ns;
            return true;
        }
    }
    return false;
}

/* Nine digits of it count, as many as there may be in front of a point. Returns how many there were. */
static size_t take_digits(struct wf_string *text, int64_t *value)
{
    size_t count = 0;

    *value = 0;
    while (count < text->size_bytes && count < 9 && wf_is_digit(text->data[count])) {
        *value = *value * 10 + (text->data[count++] - '0');
    }
    *text = (struct wf_string){text->data + count, text->size_bytes - count};
    return count;
}

/* "1.5h" as Go reads it. */
static bool take_amount(struct wf_string *text, int64_t *amount_ns)
{
    int64_t whole = 0;
    int64_t part = 0;
    int64_t scale = 1;
    int64_t unit_ns = 0;
    size_t digit_count = take_digits(text, &whole);

    if (text->size_bytes > 0 && text->data[0] == '.') {
        size_t part_count = 0;

        *text = (struct wf_string){text->data + 1, text->size_bytes - 1};
        part_count = take_digits(text, &part);
        digit_count += part_count;
        for (size_t i = 0; i < part_count; i++) {
            scale *= 10;
        }
    }
    if (digit_count == 0 || !take_unit(text, &unit_ns) || !wf_multiply_i64(whole, unit_ns, amount_ns)) {
        return false;
    }
    /* The part is below the scale, so each product is below one that fits. */
    return wf_add_i64(*amount_ns, part * (unit_ns / scale) + part * (unit_ns % scale) / scale, amount_ns);
}

/* A workflow's "@every 1h30m": in whole seconds, and at least one. */
static const char *read_go_interval(struct wf_cron *cron, struct wf_string text)
{
    int64_t sum_ns = 0;
    int64_t amount_ns = 0;

    cron->is_interval = true;
    do {
        if (!take_amount(&text, &amount_ns) || !wf_add_i64(sum_ns, amount_ns, &sum_ns)) {
            return "@every needs a duration in h, m, s, ms, us and ns: 1h30m";
        }
    } while (text.size_bytes > 0);
    cron->interval_s = sum_ns < NS_PER_S ? 1 : sum_ns / NS_PER_S;
    return NULL;
}

/* What comes behind "@every ". */
static const char *read_interval(struct wf_cron *cron, struct wf_string text)
{
    bool has_phase = false;
    const struct wf_string interval = cut(&text, '/', &has_phase);

    cron->is_interval = true;
    if (!read_duration(trim(interval), &cron->interval_s) || cron->interval_s == 0) {
        return "@every needs an interval in d, h, m and s, from 1s to 36500d";
    }
    if (has_phase && (!read_duration(trim(text), &cron->phase_s) || cron->phase_s >= cron->interval_s)) {
        return "a phase of @every is below its interval";
    }
    return NULL;
}

/* NULL: no such word. */
static const char *fields_of_word(struct wf_string word)
{
    static const struct {
        const char *word;
        const char *fields;
    } words[] = {
        {"@yearly", "0 0 1 1 *"}, {"@annually", "0 0 1 1 *"}, {"@monthly", "0 0 1 * *"}, {"@weekly", "0 0 * * 0"},
        {"@daily", "0 0 * * *"},  {"@midnight", "0 0 * * *"}, {"@hourly", "0 * * * *"},
    };

    for (size_t i = 0; i < sizeof words / sizeof words[0]; i++) {
        if (wf_string_is(word, words[i].word)) {
            return words[i].fields;
        }
    }
    return NULL;
}

/* Returns how many there are, of which seven at most are kept. */
static size_t split(struct wf_string text, struct wf_string fields[7])
{
    size_t count = 0;
    size_t i = 0;

    while (i < text.size_bytes) {
        size_t end = i;

        while (end < text.size_bytes && !is_blank(text.data[end])) {
            end++;
        }
        if (end > i && count < 7) {
            fields[count] = (struct wf_string){text.data + i, end - i};
        }
        count += end > i ? 1 : 0;
        i = end + 1;
    }
    return count;
}

/* Robfig's rule, which workflow cron follows: a day field is not given when one of its list is a star without a step. */
static bool is_restricted(struct wf_string field)
{
    bool has_more = true;

    while (has_more) {
        const struct wf_string item = cut(&field, ',', &has_more);

        if (is_any(item) || wf_string_is(item, "*/1") || wf_string_is(item, "?/1")) {
            return false;
        }
    }
    return true;
}

static const char *read_fields(struct wf_cron *cron, struct wf_string text, enum wf_cron_dialect dialect)
{
    static const enum wf_calendar_unit five[] = {WF_CALENDAR_MINUTE, WF_CALENDAR_HOUR, WF_CALENDAR_DAY_OF_MONTH,
                                                 WF_CALENDAR_MONTH, WF_CALENDAR_DAY_OF_WEEK};
    struct wf_string fields[7] = {{0}};
    const size_t count = split(text, fields);
    const size_t first = count == 7 ? 1 : 0;
    const char *problem = NULL;

    if (count < 5 || count > (dialect == WF_CRON_OF_WORKFLOW ? 5u : 7u)) {
        return dialect == WF_CRON_OF_WORKFLOW
                   ? "a cron string has five fields: minute, hour, day of month, month, day of week"
                   : "a cron string has five fields: minute, hour, day of month, month, day of week; a sixth is the "
                     "year, and with seven the first is the second";
    }
    if (count == 7) {
        problem = wf_calendar_read_field(&cron->calendar, WF_CALENDAR_SECOND, fields[0]);
    }
    for (size_t i = 0; i < 5 && problem == NULL; i++) {
        problem = wf_calendar_read_field(&cron->calendar, five[i], fields[first + i]);
    }
    if (count > 5 && problem == NULL) {
        problem = wf_calendar_read_field(&cron->calendar, WF_CALENDAR_YEAR, fields[first + 5]);
    }
    cron->calendar.is_any_day = dialect == WF_CRON_OF_WORKFLOW && is_restricted(fields[2]) &&
                                is_restricted(fields[4]);
    return problem;
}

const char *wf_cron_read(struct wf_cron *cron, struct wf_string text, enum wf_cron_dialect dialect)
{
    const struct wf_string every = WF_STR("@every ");
    bool was_found = false;

    memset(cron, 0, sizeof *cron);
    wf_calendar_init(&cron->calendar);
    if (dialect == WF_CRON_OF_SCHEDULE) {
        text = cut(&text, '#', &was_found);
    }
    text = trim(text);
    if (wf_string_starts_with(text, WF_STR("CRON_TZ=")) || wf_string_starts_with(text, WF_STR("TZ="))) {
        const struct wf_string zone = cut(&text, ' ', &was_found);
        const size_t prefix_bytes = zone.data[0] == 'C' ? 8 : 3;

        const struct wf_string name = {zone.data + prefix_bytes, zone.size_bytes - prefix_bytes};

        if (dialect == WF_CRON_OF_SCHEDULE && !wf_time_zone_is_utc(name)) {
            return "a time zone other than UTC is not simulated";
        }
        if (!wf_time_zone_offset(name, &cron->offset_s)) {
            return "without a time zone database only zones with one offset all year are known: UTC, Etc/GMT+5, Asia/Tokyo";
        }
        text = trim(text);
    }
    if (wf_string_starts_with(text, every)) {
        const struct wf_string rest = {text.data + every.size_bytes, text.size_bytes - every.size_bytes};

        return dialect == WF_CRON_OF_WORKFLOW ? read_go_interval(cron, trim(rest)) : read_interval(cron, trim(rest));
    }
    if (wf_string_starts_with(text, WF_STR("@"))) {
        const char *fields = fields_of_word(text);

        if (fields == NULL) {
            return "there are @every, @yearly, @annually, @monthly, @weekly, @daily, @midnight and @hourly";
        }
        text = wf_string_of(fields);
    }
    return read_fields(cron, text, dialect);
}

bool wf_cron_next(const struct wf_cron *cron, int64_t after_s, int64_t not_before_s, int64_t *next_s)
{
    const int64_t behind_s = not_before_s > after_s ? not_before_s - 1 : after_s;
    int64_t steps = 1;

    if (after_s < 0 || not_before_s < 0 || behind_s > TIME_S_MAX) {
        return false;
    }
    if (!cron->is_interval) {
        if (!wf_calendar_next(&cron->calendar, behind_s + cron->offset_s, next_s)) {
            return false;
        }
        *next_s -= cron->offset_s;
        return true;
    }
    if (not_before_s > after_s) {
        steps = (not_before_s - after_s + cron->interval_s - 1) / cron->interval_s;
    }
    if (!wf_multiply_i64(steps, cron->interval_s, &steps) || steps > TIME_S_MAX - after_s) {
        return false;
    }
    *next_s = after_s + steps;
    return true;
}
