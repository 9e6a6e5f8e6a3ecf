/*
 * User timers. All pending ones of a run share the run's one alarm; when it comes, everything that
 * is due fires, in the order of expiry.
 *
 * Source: engine-semantics 5.1.
 */
#include "engine/base/assert.h"
#include "engine/base/sort.h"
#include "engine/server/change.h"

static struct wf_state_timer *find_timer(const struct wf_state_run *state,
                                         struct wf_string timer_id)
{
    for (uint32_t i = 0; i < state->timers.count; i++) {
        if (wf_string_equal(state->timers.items[i].timer_id, timer_id)) {
            return &state->timers.items[i];
        }
    }
    return NULL;
}

static struct wf_event *find_fired(const struct wf_state_run *state, struct wf_string timer_id)
{
    for (uint32_t i = 0; i < state->buffered_events.count; i++) {
        struct wf_event *event = &state->buffered_events.items[i];

        if (event->event_type == WF_EVENT_TYPE_TIMER_FIRED &&
            wf_string_equal(event->attributes.timer_fired->timer_id, timer_id)) {
            return event;
        }
    }
    return NULL;
}

static enum wf_timer_state timer_state(const struct wf_state_run *state, struct wf_string timer_id)
{
    if (find_timer(state, timer_id) != NULL) {
        return WF_TIMER_PENDING;
    }
    return find_fired(state, timer_id) != NULL ? WF_TIMER_FIRED_UNSEEN : WF_TIMER_NONE;
}

static void start(struct wf_change *change, const struct wf_timer_details *details)
{
    struct wf_event_timer_started *event = NULL;
    struct wf_state_timer *timer = WF_LIST_APPEND(&change->run->arena, change->state->timers);

    if (timer == NULL) {
        return;
    }
    timer->timer_id = wf_change_own(change, details->timer_id);
    timer->started_event_id = change->state->next_event_id;
    timer->expiry_ns = wf_add_saturating(change->now_ns, details->duration_ns);
    event = wf_change_event(change, WF_EVENT_TYPE_TIMER_STARTED, change->now_ns);
    if (event != NULL) {
        event->timer_id = details->timer_id;
        event->start_to_fire_timeout = wf_duration_of(details->duration_ns);
        event->workflow_task_completed_event_id = details->completed_event_id;
    }
}

static void fire(struct wf_change *change, const struct wf_timer_details *details)
{
    struct wf_state_timer *timer = find_timer(change->state, details->timer_id);
    struct wf_event_timer_fired *event = wf_change_event(change, WF_EVENT_TYPE_TIMER_FIRED,
                                                         change->now_ns);

    if (event != NULL) {
        event->timer_id = timer->timer_id;
        event->started_event_id = timer->started_event_id;
    }
    WF_LIST_REMOVE(change->state->timers, timer);
    change->wants_task = true;
}

static void write_canceled(struct wf_change *change, const struct wf_timer_details *details,
                           int64_t started_event_id)
{
    struct wf_event_timer_canceled *event = wf_change_event(change, WF_EVENT_TYPE_TIMER_CANCELED,
                                                            change->now_ns);

    if (event != NULL) {
        event->timer_id = details->timer_id;
        event->started_event_id = started_event_id;
        event->workflow_task_completed_event_id = details->completed_event_id;
        event->identity = details->identity;
    }
}

static void cancel(struct wf_change *change, const struct wf_timer_details *details)
{
    struct wf_state_timer *timer = find_timer(change->state, details->timer_id);

    write_canceled(change, details, timer->started_event_id);
    if (!wf_is_planted(change->shard->config, WF_PLANT_TIMER_NOT_CANCELED)) {
        WF_LIST_REMOVE(change->state->timers, timer);
    }
}

/* 2.3 CancelTimer: a firing that no task has seen yet never happened. */
static void cancel_fired(struct wf_change *change, const struct wf_timer_details *details)
{
    struct wf_state_run *state = change->state;
    struct wf_event *fired = find_fired(state, details->timer_id);
    const uint32_t index = (uint32_t)(fired - state->buffered_events.items);

    write_canceled(change, details, fired->attributes.timer_fired->started_event_id);
    WF_LIST_REMOVE(state->buffered_events, fired);
    if (index < change->owned_buffered_count) {
        change->owned_buffered_count--;
    }
}

bool wf_timer_step(struct wf_change *change, enum wf_timer_input input,
                   const struct wf_timer_details *details)
{
#define ROW(from, input) ((uint32_t)(from) << 8 | (uint32_t)(input))
    switch (ROW(timer_state(change->state, details->timer_id), input)) {
#define WF_TRANSITION(from, input, to, action)                                                     \
    case ROW(WF_TIMER_##from, WF_TIMER_##input):                                                   \
        action(change, details);                                                                   \
        return true;
#include "engine/server/timer.def"
    default:
        return false;
    }
#undef ROW
}

static int compare_expiry(const void *left, const void *right, void *context)
{
    const struct wf_state_timer *a = left;
    const struct wf_state_timer *b = right;

    (void)context;
    if (a->expiry_ns != b->expiry_ns) {
        return a->expiry_ns < b->expiry_ns ? -1 : 1;
    }
    return a->started_event_id < b->started_event_id ? -1
                                                     : a->started_event_id > b->started_event_id;
}

void wf_timers_expire(struct wf_change *change)
{
    const struct wf_state_run *state = change->state;
    struct wf_state_timer *due = wf_arena_take_array(change->arena, state->timers.count,
                                                     sizeof *due);
    struct wf_state_timer *scratch = wf_arena_take_array(change->arena, state->timers.count,
                                                         sizeof *scratch);
    uint32_t count = 0;

    if (due == NULL || scratch == NULL) {
        return;
    }
    for (uint32_t i = 0; i < state->timers.count; i++) {
        /* 5.1 "fires when": compared in whole milliseconds. */
        if (state->timers.items[i].expiry_ns / WF_NS_PER_MS <= change->now_ns / WF_NS_PER_MS) {
            due[count++] = state->timers.items[i];
        }
    }
    wf_sort(due, count, sizeof *due, scratch, compare_expiry, NULL);
    for (uint32_t i = 0; i < count; i++) {
        const bool is_fired = wf_timer_step(
            change, WF_TIMER_FIRE, &(struct wf_timer_details){.timer_id = due[i].timer_id});

        WF_ASSERT(is_fired);
    }
}
