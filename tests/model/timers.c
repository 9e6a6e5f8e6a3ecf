/*
 * Timers of workflow code.
 *
 * Source: engine-semantics 2.3, 3.8 rule 9, 5.1.
 */
#include "tests/model/transaction.h"

static struct wf_state_timer *find(struct model_transaction *tx, struct wf_string timer_id)
{
    for (uint32_t i = 0; i < tx->state->timers.count; i++) {
        if (wf_string_equal(tx->state->timers.items[i].timer_id, timer_id)) {
            return &tx->state->timers.items[i];
        }
    }
    return NULL;
}

int32_t model_start_timer(struct model_transaction *tx, const struct wf_command_start_timer *command,
                          int64_t completed_event_id)
{
    struct wf_event_timer_started *event = NULL;
    struct wf_state_timer *timer = NULL;
    int64_t duration_ns = 0;

    if (!model_is_id(tx->model, command->timer_id) || !model_duration(command->start_to_fire_timeout, &duration_ns)) {
        return WF_WORKFLOW_TASK_FAILED_CAUSE_BAD_START_TIMER_ATTRIBUTES;
    }
    if (find(tx, command->timer_id) != NULL) {
        return WF_WORKFLOW_TASK_FAILED_CAUSE_START_TIMER_DUPLICATE_ID;
    }
    timer = WF_LIST_APPEND(tx->arena, tx->state->timers);
    timer->timer_id = command->timer_id;
    timer->started_event_id = tx->state->next_event_id;
    timer->expiry_ns = tx->now_ns + duration_ns;
    event = model_event(tx, WF_EVENT_TYPE_TIMER_STARTED);
    event->timer_id = command->timer_id;
    event->start_to_fire_timeout = wf_duration_of(duration_ns);
    event->workflow_task_completed_event_id = completed_event_id;
    return MODEL_CAUSE_NONE;
}

static struct wf_event *find_fired(struct model_transaction *tx, struct wf_string timer_id)
{
    for (uint32_t i = 0; i < tx->state->buffered_events.count; i++) {
        struct wf_event *event = &tx->state->buffered_events.items[i];

        if (event->event_type == WF_EVENT_TYPE_TIMER_FIRED &&
            wf_string_equal(event->attributes.timer_fired->timer_id, timer_id)) {
            return event;
        }
    }
    return NULL;
}

int32_t model_cancel_timer(struct model_transaction *tx, struct wf_string timer_id, int64_t completed_event_id,
                           struct wf_string identity, bool *has_buffered)
{
    struct wf_state_timer *timer = find(tx, timer_id);
    struct wf_event *fired = find_fired(tx, timer_id);
    struct wf_event_timer_canceled *event = NULL;
    int64_t started_event_id = 0;

    if (!model_is_id(tx->model, timer_id) || (timer == NULL && fired == NULL)) {
        return WF_WORKFLOW_TASK_FAILED_CAUSE_BAD_CANCEL_TIMER_ATTRIBUTES;
    }
    if (timer != NULL) {
        started_event_id = timer->started_event_id;
        WF_LIST_REMOVE(tx->state->timers, timer);
    } else {
        started_event_id = fired->attributes.timer_fired->started_event_id;
        WF_LIST_REMOVE(tx->state->buffered_events, fired);
        *has_buffered = *has_buffered && tx->state->buffered_events.count > 0; /* 2.2 rule 5 */
    }
    event = model_event(tx, WF_EVENT_TYPE_TIMER_CANCELED);
    event->timer_id = timer_id;
    event->started_event_id = started_event_id;
    event->workflow_task_completed_event_id = completed_event_id;
    event->identity = identity;
    return MODEL_CAUSE_NONE;
}

static bool is_due(const struct model_transaction *tx, const struct wf_state_timer *timer)
{
    return timer->expiry_ns / WF_NS_PER_MS <= tx->now_ns / WF_NS_PER_MS;
}

/* The timer that fires next of those that are due; ties in the order of their starts. */
static struct wf_state_timer *first_due(struct model_transaction *tx)
{
    struct wf_state_timer *first = NULL;

    for (uint32_t i = 0; i < tx->state->timers.count; i++) {
        struct wf_state_timer *timer = &tx->state->timers.items[i];

        if (is_due(tx, timer) && (first == NULL || timer->expiry_ns < first->expiry_ns ||
                                  (timer->expiry_ns == first->expiry_ns &&
                                   timer->started_event_id < first->started_event_id))) {
            first = timer;
        }
    }
    return first;
}

void model_timers_fire(struct model_transaction *tx)
{
    struct wf_state_timer *timer = NULL;

    while ((timer = first_due(tx)) != NULL) {
        struct wf_event_timer_fired *event = model_event(tx, WF_EVENT_TYPE_TIMER_FIRED);

        event->timer_id = timer->timer_id;
        event->started_event_id = timer->started_event_id;
        tx->wants_task = true;
        WF_LIST_REMOVE(tx->state->timers, timer);
    }
}
