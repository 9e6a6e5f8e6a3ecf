/* Names, and the rule of Etc/GMT+5, whose sign says hours behind UTC. Source: the IANA time zone database. */
#include "engine/base/time_zone.h"

#define MINUTE_S 60
#define HOUR_S 3600
#define HOURS_EAST_MAX 14
#define HOURS_WEST_MAX 12

static bool read_gmt(struct wf_string name, int64_t *offset_s)
{
    const struct wf_string prefix = WF_STR("Etc/GMT");
    struct wf_string rest = {0};
    int64_t hours = 0;
    bool is_east = false;

    if (!wf_string_starts_with(name, prefix)) {
        return false;
    }
    rest = (struct wf_string){name.data + prefix.size_bytes, name.size_bytes - prefix.size_bytes};
    if (rest.size_bytes < 2 || rest.size_bytes > 3 || (rest.data[0] != '+' && rest.data[0] != '-')) {
        return false;
    }
    for (size_t i = 1; i < rest.size_bytes; i++) {
        if (!wf_is_digit(rest.data[i])) {
            return false;
        }
        hours = hours * 10 + (rest.data[i] - '0');
    }
    is_east = rest.data[0] == '-';
    if (hours > (is_east ? HOURS_EAST_MAX : HOURS_WEST_MAX)) {
        return false;
    }
    *offset_s = is_east ? hours * HOUR_S : -(hours * HOUR_S);
    return true;
}

bool wf_time_zone_is_utc(struct wf_string name)
{
    return name.size_bytes == 0 || wf_string_is(name, "UTC") || wf_string_is(name, "Etc/UTC");
}

bool wf_time_zone_offset(struct wf_string name, int64_t *offset_s)
{
    static const struct {
        const char *name;
        int32_t minutes;
    } zones[] = {{"GMT", 0},
                 {"Etc/GMT", 0},
                 {"Africa/Johannesburg", 120},
                 {"Africa/Lagos", 60},
                 {"Africa/Nairobi", 180},
                 {"America/Argentina/Buenos_Aires", -180},
                 {"America/Bogota", -300},
                 {"America/Lima", -300},
                 {"America/Phoenix", -420},
                 {"America/Sao_Paulo", -180},
                 {"Asia/Bangkok", 420},
                 {"Asia/Dubai", 240},
                 {"Asia/Hong_Kong", 480},
                 {"Asia/Jakarta", 420},
                 {"Asia/Karachi", 300},
                 {"Asia/Kolkata", 330},
                 {"Asia/Manila", 480},
                 {"Asia/Seoul", 540},
                 {"Asia/Shanghai", 480},
                 {"Asia/Singapore", 480},
                 {"Asia/Taipei", 480},
                 {"Asia/Tokyo", 540},
                 {"Australia/Brisbane", 600},
                 {"Europe/Istanbul", 180},
                 {"Europe/Moscow", 180},
                 {"Pacific/Honolulu", -600}};

    if (wf_time_zone_is_utc(name)) {
        *offset_s = 0;
        return true;
    }
    for (size_t i = 0; i < sizeof zones / sizeof zones[0]; i++) {
        if (wf_string_is(name, zones[i].name)) {
            *offset_s = (int64_t)zones[i].minutes * MINUTE_S;
            return true;
        }
    }
    return read_gmt(name, offset_s);
}
