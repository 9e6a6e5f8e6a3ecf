/* Civil dates of the Gregorian calendar, also before it was in use, as counts of days since 1970-01-01. */
#ifndef WF_ENGINE_BASE_DATE_H
#define WF_ENGINE_BASE_DATE_H

#include <stdint.h>

struct wf_date {
    int64_t year;
    uint32_t month; /* from 1 */
    uint32_t day;   /* from 1 */
};

int64_t wf_date_days(struct wf_date date);
struct wf_date wf_date_of_days(int64_t days);

/* From 0, which is Sunday. */
uint32_t wf_date_weekday(int64_t days);

#endif
