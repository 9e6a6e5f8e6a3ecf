/*
 * What comes from files is checked here, so that the world can believe it: the shape of the history by the boundary, its meaning
 * by the invariants that every history keeps, its times by what a simulation can count.
 */
#include "sim/what_if.h"

#include "engine/base/hash.h"
#include "engine/boundary.h"
#include "engine/worker.h"
#include "sim/check/check_history.h"

#define LATEST_S (INT64_C(4102444800)) /* 2100-01-01: a simulation of years behind it still fits its counters */

/* What is wrong with the history, not with the choice of an event of it. */
static enum wf_status fail_at(struct wf_error *err, int64_t event_id, const char *what)
{
    (void)wf_fail_status(err, WF_ERR_CORRUPT, "%s", what);
    if (err != NULL) {
        err->event_id = event_id;
    }
    return WF_ERR_CORRUPT;
}

static bool is_uuid(struct wf_string id)
{
    for (size_t i = 0; i < id.size_bytes; i++) {
        const char c = id.data[i];
        const bool is_dash = i == 8 || i == 13 || i == 18 || i == 23;

        if (is_dash ? c != '-' : !(wf_is_digit(c) || (c >= 'a' && c <= 'f'))) {
            return false;
        }
    }
    return id.size_bytes == WF_UUID_BYTES;
}

/* The same for the same workflow, as a simulation's ids must be. */
static struct wf_string made_run_id(struct wf_arena *arena, struct wf_string workflow_id)
{
    const uint64_t hash = wf_hash_bytes(workflow_id.data, workflow_id.size_bytes);
    const uint64_t words[2] = {hash, wf_hash_mix(hash, workflow_id.size_bytes)};
    char *bytes = wf_arena_take(arena, WF_UUID_BYTES);

    if (bytes != NULL) {
        wf_uuid_write(bytes, words);
    }
    return (struct wf_string){bytes, bytes == NULL ? 0 : WF_UUID_BYTES};
}

static enum wf_status check_times(const struct wf_history *history, uint32_t kept_count, struct wf_error *err)
{
    for (uint32_t i = 0; i < kept_count; i++) {
        const struct wf_timestamp *time = &history->events[i].event_time;

        if (!time->is_set || time->seconds <= 0 || time->seconds > LATEST_S) {
            return fail_at(err, history->events[i].event_id, "it has no time between 1970 and 2100, so no simulation can go on from it");
        }
    }
    return WF_OK;
}

static enum wf_status check_invariants(struct wf_arena *arena, const struct wf_history *history,
                                       const struct sim_continuation *continued, struct wf_error *err)
{
    const struct sim_history_options options = {.is_foreign = continued->is_foreign,
                                                .clock_spread_ns = continued->clock_spread_ns,
                                                .has_other_options = continued->has_other_options};
    struct sim_history_findings *findings = wf_arena_take(arena, sizeof *findings);

    if (findings == NULL) {
        return wf_fail_status(err, WF_ERR_MEMORY, "no memory for the checks of a history");
    }
    WF_TRY(sim_check_history(arena, history->events, continued->kept_count, &options, findings, err));
    if (findings->count > 0) {
        (void)wf_fail_status(err, WF_ERR_CORRUPT, "the history breaks %s, so no run can go on from it: %S",
                             findings->items[0].invariant, &findings->items[0].sentence);
        if (err != NULL) {
            err->event_id = findings->items[0].event_id;
        }
        return WF_ERR_CORRUPT;
    }
    return WF_OK;
}

/* By the whole history: up to the event it may say nothing of it. */
static enum wf_status find_family(struct wf_arena *arena, const struct wf_history *history, struct sim_continuation *continued,
                                  struct wf_error *err)
{
    const struct wf_event **events = wf_arena_take_array(arena, history->event_count, sizeof *events);
    const char *reason = NULL;

    if (events == NULL) {
        return wf_fail_status(err, WF_ERR_MEMORY, "no memory for a history");
    }
    for (uint32_t i = 0; i < history->event_count; i++) {
        events[i] = &history->events[i];
    }
    continued->family = wf_family_detect(events, history->event_count, &reason);
    return WF_OK;
}

enum wf_status sim_continuation_make(struct wf_arena *arena, const struct wf_history *history, int64_t event_id,
                                     struct sim_continuation *continued, struct wf_error *err)
{
    const struct wf_event *last = NULL;

    *continued = (struct sim_continuation){.workflow_id = history->workflow_id,
                                           .run_id = history->run_id,
                                           .events = history->events,
                                           .event_count = history->event_count,
                                           .clock_spread_ns = sim_history_clock_spread(history),
                                           .has_other_options = sim_history_has_other_options(history),
                                           .is_foreign = sim_history_is_foreign(history)};
    WF_TRY(wf_boundary_find(history->events, history->event_count, event_id == 0 ? (int64_t)history->event_count : event_id,
                            &continued->kept_count, err));
    WF_TRY(check_times(history, continued->kept_count, err));
    WF_TRY(find_family(arena, history, continued, err));
    WF_TRY(check_invariants(arena, history, continued, err));
    last = &history->events[continued->kept_count - 1];
    continued->time_ns = wf_time_of(last->event_time);
    continued->task_queue = history->events[0].attributes.workflow_execution_started->task_queue->name;
    if (continued->workflow_id.size_bytes == 0) {
        continued->workflow_id = WF_STR("workflow");
    }
    if (!is_uuid(continued->run_id)) {
        continued->run_id = made_run_id(arena, continued->workflow_id);
    }
    return continued->run_id.data != NULL ? WF_OK : wf_fail_status(err, WF_ERR_MEMORY, "no memory for a run id");
}
