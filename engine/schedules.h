/*
 * Schedules: when their actions are due, what may be asked of them, and what they tell of their decisions. The service
 * behind it is part of the history shards.
 *
 * Source: engine-semantics 7.13.
 */
#ifndef WF_ENGINE_SCHEDULES_H
#define WF_ENGINE_SCHEDULES_H

#include "engine/base/arena.h"
#include "engine/base/calendar.h"
#include "engine/schema.h"
#include "engine/time.h"

#define WF_SCHEDULE_CATCHUP_NS (INT64_C(365) * 24 * 3600 * WF_NS_PER_S) /* when none is given */
#define WF_SCHEDULE_CATCHUP_NS_MIN (10 * WF_NS_PER_S)
#define WF_SCHEDULE_BUFFER_MAX 1000u

/* svc_schedule_call.op. */
enum wf_schedule_op {
    WF_SCHEDULE_CREATE = 1,
    WF_SCHEDULE_UPDATE,
    WF_SCHEDULE_PAUSE,
    WF_SCHEDULE_UNPAUSE,
    WF_SCHEDULE_TRIGGER,
    WF_SCHEDULE_BACKFILL,
    WF_SCHEDULE_DELETE,
    WF_SCHEDULE_DESCRIBE,
};

/* schedule_note.kind. Of one nominal time: TAKE or MISS; after TAKE: SKIP, DROP or BEGIN; after BEGIN: REFUSE or
 * CLOSE. */
enum wf_schedule_step {
    WF_SCHEDULE_STEP_CREATE = 1,
    WF_SCHEDULE_STEP_CHANGE, /* updated, paused or unpaused: times up to nominal_ns are not looked at any more */
    WF_SCHEDULE_STEP_DELETE,
    WF_SCHEDULE_STEP_TAKE,   /* the time has come */
    WF_SCHEDULE_STEP_MISS,   /* it had come too long ago: the catch-up window is over */
    WF_SCHEDULE_STEP_SKIP,   /* another action runs, and the overlap policy gives this one up */
    WF_SCHEDULE_STEP_DROP,   /* the buffer is full, or the schedule was paused meanwhile */
    WF_SCHEDULE_STEP_BEGIN,  /* its workflow is started */
    WF_SCHEDULE_STEP_STOP,   /* its workflow is cancelled or terminated for another action */
    WF_SCHEDULE_STEP_REFUSE, /* its workflow could not be started */
    WF_SCHEDULE_STEP_CLOSE,  /* its workflow has closed */
};

struct wf_schedule_interval {
    int64_t interval_ns;
    int64_t phase_ns;
};

/* A specification, read. */
struct wf_schedule_times {
    struct wf_calendar *calendars;
    uint32_t calendar_count;
    struct wf_calendar *excluded;
    uint32_t excluded_count;
    struct wf_schedule_interval *intervals;
    uint32_t interval_count;
    int64_t start_ns; /* INT64_MIN: from ever */
    int64_t end_ns;   /* INT64_MAX: for ever */
    int64_t jitter_ns;
};

/* Returns NULL, or what is wrong with the specification. Lists lie in the arena. */
const char *wf_schedule_times_read(struct wf_arena *arena, const struct wf_schedule_spec *spec,
                                   struct wf_schedule_times *times);

/* The first time after that one, without jitter. False: there is none. */
bool wf_schedule_times_next(const struct wf_schedule_times *times, int64_t after_ns, int64_t *nominal_ns);

/* When the action of a nominal time is taken: later by its jitter, which the schedule's id and the time decide, and always
 * before the next nominal time. */
int64_t wf_schedule_times_due(const struct wf_schedule_times *times, struct wf_string schedule_id, int64_t nominal_ns);

/* The catch-up window of policies that may be NULL or leave it out. */
int64_t wf_schedule_catchup_ns(const struct wf_schedule_policies *policies);

/* What an unspecified overlap policy means. */
int32_t wf_schedule_overlap(const struct wf_schedule_policies *policies, int32_t overlap_policy);

/* base-2026-01-31T09:00:00Z */
void wf_schedule_workflow_id(struct wf_string base, int64_t nominal_ns, struct wf_buffer *out);

#endif
