/*
 * Dates by eras of 400 years that begin on a first of March, so that the leap day is a year's last.
 *
 * Source: H. Hinnant, "chrono-compatible low-level date algorithms".
 */
#include "engine/base/date.h"

#define DAYS_PER_ERA 146097
#define DAYS_BEFORE_1970 719468 /* from 1 March of year 0 */
#define DAYS_PER_WEEK 7
#define WEEKDAY_1970 4 /* a Thursday */

int64_t wf_date_days(struct wf_date date)
{
    const int64_t shifted_year = date.year - (date.month <= 2);
    const int64_t era = (shifted_year >= 0 ? shifted_year : shifted_year - 399) / 400;
    const int64_t year_of_era = shifted_year - era * 400;
    const int64_t shifted_month = date.month > 2 ? date.month - 3 : date.month + 9;
    const int64_t day_of_year = (153 * shifted_month + 2) / 5 + date.day - 1;

    return era * DAYS_PER_ERA + year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year -
           DAYS_BEFORE_1970;
}

struct wf_date wf_date_of_days(int64_t days)
{
    const int64_t shifted = days + DAYS_BEFORE_1970;
    const int64_t era = (shifted >= 0 ? shifted : shifted - (DAYS_PER_ERA - 1)) / DAYS_PER_ERA;
    const int64_t day_of_era = shifted - era * DAYS_PER_ERA;
    const int64_t year_of_era = (day_of_era - day_of_era / 1460 + day_of_era / 36524 - day_of_era / 146096) / 365;
    const int64_t day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    const int64_t shifted_month = (5 * day_of_year + 2) / 153;
    const int64_t month = shifted_month < 10 ? shifted_month + 3 : shifted_month - 9;

    return (struct wf_date){year_of_era + era * 400 + (month <= 2), (uint32_t)month,
                            (uint32_t)(day_of_year - (153 * shifted_month + 2) / 5 + 1)};
}

uint32_t wf_date_weekday(int64_t days)
{
    const int64_t weekday = (days + WEEKDAY_1970) % DAYS_PER_WEEK;

    return (uint32_t)(weekday < 0 ? weekday + DAYS_PER_WEEK : weekday);
}
