/*
 * One schedule in memory, and the pure part of what happens to it: every function changes the state and notes what it
 * decided; schedule_shard.c writes that and then does what it asks for. Private to the history service.
 *
 * Source: engine-semantics 7.13.
 */
#ifndef WF_ENGINE_SERVER_SCHEDULE_STATE_H
#define WF_ENGINE_SERVER_SCHEDULE_STATE_H

#include "engine/schedules.h"
#include "engine/service.h"

enum wf_schedule_action_state {
    WF_SCHEDULE_ACTION_GONE,
    WF_SCHEDULE_ACTION_BUFFERED,
    WF_SCHEDULE_ACTION_STARTING, /* the start is sent until it is answered */
    WF_SCHEDULE_ACTION_DOOMED,   /* as STARTING, and to be stopped then */
    WF_SCHEDULE_ACTION_RUNNING,
    WF_SCHEDULE_ACTION_STOPPING, /* the cancel or terminate is sent until it is answered */
    WF_SCHEDULE_ACTION_STOPPED,
};

enum wf_schedule_action_input {
    WF_SCHEDULE_ACTION_BEGIN,
    WF_SCHEDULE_ACTION_SKIP,
    WF_SCHEDULE_ACTION_DROP,
    WF_SCHEDULE_ACTION_STARTED,
    WF_SCHEDULE_ACTION_REFUSED,
    WF_SCHEDULE_ACTION_STOP,
    WF_SCHEDULE_ACTION_STOPPED_NOW, /* the cancel or terminate was answered */
    WF_SCHEDULE_ACTION_CLOSED,
};

/* What an input brings. */
struct wf_schedule_details {
    struct wf_string run_id;         /* STARTED */
    bool is_terminated;              /* STOP */
    const struct wf_event *closing;  /* CLOSED */
};

struct wf_schedule_core {
    struct wf_arena *arena; /* of the state */
    struct wf_state_schedule *state;
    struct wf_schedule_times times;
    struct {
        struct wf_schedule_note *items;
        uint32_t count;
        uint32_t capacity;
    } notes; /* what was decided since the last write */
    wf_time_ns now_ns;
    uint32_t planted; /* wf_service_config.planted */
    bool is_changed;
    bool is_deleted;
};

/* Moves an action; false when its state has no such input. */
bool wf_schedule_action_step(struct wf_schedule_core *core, struct wf_state_schedule_action *action,
                             enum wf_schedule_action_input input, const struct wf_schedule_details *details);

struct wf_state_schedule_action *wf_schedule_action_find(const struct wf_state_schedule *state, int64_t action_id);

/* Takes every time that has come, lets the overlap policies decide, forgets actions that are gone. */
void wf_schedule_advance(struct wf_schedule_core *core);

/* When wf_schedule_advance has something to do next; INT64_MAX: not before something else happens. */
int64_t wf_schedule_wake_at(const struct wf_schedule_core *core);

/* True when time alone brings it on, or a workflow of it runs. */
bool wf_schedule_is_busy(const struct wf_schedule_core *core);

/* ---- schedule_calls.c ---- */

/*
 * What a user asks of a schedule that exists, or of one that CREATE makes: core->state is new and empty then.
 * Returns NULL, or why it is refused; *status says how.
 */
const char *wf_schedule_call(struct wf_schedule_core *core, const struct wf_svc_schedule_call *call,
                             enum wf_call_status *status);

void wf_schedule_note(struct wf_schedule_core *core, enum wf_schedule_step kind,
                      const struct wf_state_schedule_action *action, int64_t nominal_ns);

/* An action that waits for its turn; the buffer's limit may refuse it. */
void wf_schedule_add(struct wf_schedule_core *core, const struct wf_state_schedule_action *model);

#endif
