/*
 * One pass over history: the first SDK name decides at once; the first telling marker and the first
 * telling id are remembered in case no name comes.
 */
#include "engine/base/assert.h"
#include "engine/worker/worker_run.h"

const struct wf_family_rules *wf_family_rules_of(enum wf_family family)
{
    switch (family) {
    case WF_FAMILY_AUTO:
        break;
#define WF_FAMILY(NAME, name, rules)                                                               \
    case WF_FAMILY_##NAME:                                                                         \
        return &wf_rules_##rules;
#include "engine/worker/families.def"
    }
    WF_UNREACHABLE();
}

const char *wf_family_name(enum wf_family family)
{
    return family == WF_FAMILY_AUTO ? "auto" : wf_family_rules_of(family)->name;
}

struct guess {
    enum wf_family family; /* AUTO: none */
    const char *reason;
};

static struct guess guess_by_name(const struct wf_event *event)
{
    static const struct {
        enum wf_family family;
        const char *name;
        const char *reason;
    } rows[] = {
#define WF_FAMILY_SDK(NAME, sdk_name) {WF_FAMILY_##NAME, sdk_name, "sdk_metadata names " sdk_name},
#include "engine/worker/families.def"
    };
    const struct wf_event_workflow_task_completed *completed =
        event->attributes.workflow_task_completed;

    if (event->event_type != WF_EVENT_TYPE_WORKFLOW_TASK_COMPLETED || completed == NULL ||
        completed->sdk_metadata == NULL) {
        return (struct guess){WF_FAMILY_AUTO, NULL};
    }
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        if (wf_string_is(completed->sdk_metadata->sdk_name, rows[i].name)) {
            return (struct guess){rows[i].family, rows[i].reason};
        }
    }
    return (struct guess){WF_FAMILY_AUTO, NULL};
}

static bool has_detail(const struct wf_event_marker_recorded *marker, const char *key)
{
    for (uint32_t i = 0; i < marker->details.count; i++) {
        if (wf_string_is(marker->details.items[i].key, key)) {
            return true;
        }
    }
    return key[0] == '\0';
}

static struct guess guess_by_marker(const struct wf_event *event)
{
    static const struct {
        enum wf_family family;
        const char *marker;
        const char *key;
        const char *reason;
    } rows[] = {
#define WF_FAMILY_MARKER(NAME, marker, key, reason) {WF_FAMILY_##NAME, marker, key, reason},
#include "engine/worker/families.def"
    };
    const struct wf_event_marker_recorded *marker = event->attributes.marker_recorded;

    if (event->event_type != WF_EVENT_TYPE_MARKER_RECORDED || marker == NULL) {
        return (struct guess){WF_FAMILY_AUTO, NULL};
    }
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        if (wf_string_is(marker->marker_name, rows[i].marker) && has_detail(marker, rows[i].key)) {
            return (struct guess){rows[i].family, rows[i].reason};
        }
    }
    return (struct guess){WF_FAMILY_AUTO, NULL};
}

/* Go predicts the id of the event that a command becomes. */
static bool is_own_event_id(struct wf_string id, int64_t event_id)
{
    return event_id <= UINT32_MAX && wf_decimal_is(id, (uint32_t)event_id);
}

/* Java names things by version-3 UUIDs: xxxxxxxx-xxxx-3xxx-xxxx-xxxxxxxxxxxx. */
static bool is_named_uuid(struct wf_string id, int64_t event_id)
{
    (void)event_id;
    return id.size_bytes == 36 && id.data[8] == '-' && id.data[13] == '-' && id.data[14] == '3' &&
           id.data[18] == '-' && id.data[23] == '-';
}

static struct guess guess_by_id(const struct wf_event *event)
{
    static const struct {
        enum wf_family family;
        bool (*fits)(struct wf_string id, int64_t event_id);
        const char *reason;
    } rows[] = {
#define WF_FAMILY_ID(NAME, shape, reason) {WF_FAMILY_##NAME, shape, reason},
#include "engine/worker/families.def"
    };
    struct wf_string id = {NULL, 0};

    if (event->event_type == WF_EVENT_TYPE_TIMER_STARTED &&
        event->attributes.timer_started != NULL) {
        id = event->attributes.timer_started->timer_id;
    } else if (event->event_type == WF_EVENT_TYPE_ACTIVITY_TASK_SCHEDULED &&
               event->attributes.activity_task_scheduled != NULL) {
        id = event->attributes.activity_task_scheduled->activity_id;
    }
    for (size_t i = 0; id.size_bytes > 0 && i < sizeof rows / sizeof rows[0]; i++) {
        if (rows[i].fits(id, event->event_id)) {
            return (struct guess){rows[i].family, rows[i].reason};
        }
    }
    return (struct guess){WF_FAMILY_AUTO, NULL};
}

enum wf_family wf_family_detect(const struct wf_event *const *events, uint32_t event_count,
                                const char **reason)
{
    struct guess by_marker = {WF_FAMILY_AUTO, NULL};
    struct guess by_id = {WF_FAMILY_AUTO, NULL};

    for (uint32_t i = 0; i < event_count; i++) {
        const struct guess by_name = guess_by_name(events[i]);

        if (by_name.family != WF_FAMILY_AUTO) {
            *reason = by_name.reason;
            return by_name.family;
        }
        by_marker = by_marker.family == WF_FAMILY_AUTO ? guess_by_marker(events[i]) : by_marker;
        by_id = by_id.family == WF_FAMILY_AUTO ? guess_by_id(events[i]) : by_id;
    }
    if (by_marker.family != WF_FAMILY_AUTO) {
        *reason = by_marker.reason;
        return by_marker.family;
    }
    if (by_id.family != WF_FAMILY_AUTO) {
        *reason = by_id.reason;
        return by_id.family;
    }
    *reason = "nothing in it says otherwise";
    return WF_FAMILY_CORE;
}

bool wf_family_timers_begin_at_zero(const struct wf_event *const *events, uint32_t event_count)
{
    for (uint32_t i = 0; i < event_count; i++) {
        if (events[i]->event_type == WF_EVENT_TYPE_TIMER_STARTED && events[i]->attributes.timer_started != NULL) {
            return wf_string_is(events[i]->attributes.timer_started->timer_id, "0");
        }
    }
    return false;
}
