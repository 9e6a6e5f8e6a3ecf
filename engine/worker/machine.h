/*
 * The machines that follow what code started, from command to outcome. Each kind has a table of transitions
 * (machine_<kind>.def) and a file of actions. Private to the engine.
 *
 * Inputs are the types of events, and what code asks of a machine. One without a row is an event that history cannot hold
 * at that point (a divergence that core calls fatal), or a request that code cannot make then.
 * Source: replay-rules 2.2, 3.1, 3.4, 4.4, 4.5.
 */
#ifndef WF_ENGINE_WORKER_MACHINE_H
#define WF_ENGINE_WORKER_MACHINE_H

#include <stdbool.h>
#include <stdint.h>

#include "engine/schema.h"

struct wf_local_live;
struct wf_local_result;
struct wf_queued;
struct wf_run;

enum wf_machine_kind {
    WF_MACHINE_TIMER,
    WF_MACHINE_ACTIVITY,
    WF_MACHINE_LOCAL_ACTIVITY,
    WF_MACHINE_CHILD,
    WF_MACHINE_SIGNAL_EXTERNAL,
    WF_MACHINE_CANCEL_EXTERNAL,
    WF_MACHINE_NEXUS,
#define WF_MACHINE_KEYED_COUNT 7 /* kinds above are found by sequence number */
    WF_MACHINE_PATCH,
    WF_MACHINE_VALUE,
    WF_MACHINE_UPDATE,
    WF_MACHINE_UPSERT,
    WF_MACHINE_MEMO,
    WF_MACHINE_COMPLETE,
    WF_MACHINE_FAIL,
    WF_MACHINE_CANCEL,
    WF_MACHINE_CONTINUE,
};
#define WF_MACHINE_KIND_COUNT 16

/* Inputs below 64 are event types. */
enum wf_machine_request {
    WF_REQUEST_CANCEL_TRY = 64,
    WF_REQUEST_CANCEL_WAIT,
    WF_REQUEST_CANCEL_WAIT_REQUESTED,
    WF_REQUEST_CANCEL_ABANDON,
    WF_REQUEST_CANCEL, /* of what knows no ways of cancellation */
    WF_REQUEST_CANCEL_BOTH, /* before it was sent, in a family that then sends both commands */
    WF_REQUEST_CANCEL_BOTH_WAIT,
    WF_REQUEST_RESOLVE, /* a local activity's marker was found ahead */
    WF_REQUEST_EXECUTE, /* and this one's was not */
    WF_REQUEST_RETRY,   /* its attempt failed, and the next one begins in this worker */
    WF_REQUEST_DISPATCH,
    WF_REQUEST_END,     /* there is an outcome */
    WF_REQUEST_DELIVER, /* the code is told, and a marker tells history */
    WF_REQUEST_ACCEPT,
    WF_REQUEST_REJECT,
    WF_REQUEST_COMPLETE,
};

struct wf_update_asked;

struct wf_machine {
    uint8_t kind;
    uint8_t state;
    uint8_t cancellation; /* the coresdk cancellation type that the code chose when it started this */
    bool is_internal;     /* a cancel request that we made for a child: never reported to code */
    bool is_deprecated;   /* of a patch */
    bool is_eager;        /* of an activity: this worker may run it at once */
    uint8_t value_kind;   /* of a recorded value: enum wf_sdk_value_kind */
    bool has_upsert;      /* of a version: its search attribute follows */
    uint32_t seq;
    uint32_t parked_seq;           /* of a recorded value: the call that waits for it; 0: none */
    const struct wf_payload *parked_value; /* of one that this worker decided: what the call hears */
    int64_t started_event_id;
    int64_t predicted_id;          /* of the event of its first command, in Go */
    const struct wf_event *origin; /* its command event; NULL before */
    struct wf_string id;           /* patch id, update's protocol instance id, local activity's id, change id */
    struct wf_string type;         /* local activity's type, update's name, a value's marker name */
    struct wf_string run_id;       /* of a started child */
    uint64_t command_number;       /* of its last command in the queue; of a local activity, which has none, the next one's */
    struct wf_machine *target;     /* the child that an internal cancel request is for */
    struct wf_local_result *local; /* the marker that resolved a local activity */
    struct wf_local_live *live;    /* how a local activity runs in this worker; NULL in a replay */
    const struct wf_update_asked *asked; /* of an update: how it came, NULL in a replay */
};

struct wf_machine_input {
    int32_t input;
    const struct wf_event *event;   /* of an event */
    struct wf_queued *queued;       /* the command that a command event was matched with */
    const struct wf_sdk_command *command; /* of a request */
};

struct wf_transition {
    uint8_t from;
    uint8_t input;
    uint8_t to;
};

struct wf_machine_type {
    const char *name;           /* "Timer machine": as the official replayer names it in messages */
    const char *state_name;     /* "TimerMachine" */
    const char *what;           /* "a timer": for our own messages */
    const char *const *states;  /* names, by state */
    const struct wf_transition *rows;
    uint32_t row_count;
    uint64_t events;            /* bit t: some row takes event type t */
};

extern const struct wf_machine_type wf_machine_types[WF_MACHINE_KIND_COUNT];

/* Takes the transition and runs its action; false, with nothing done, when the table has no row. */
bool wf_machine_step(struct wf_run *run, struct wf_machine *machine, const struct wf_machine_input *in);

/* Feeds an event; one that the machine cannot take becomes the run's divergence. */
void wf_machine_event(struct wf_run *run, struct wf_machine *machine, const struct wf_event *event,
                      struct wf_queued *queued);

/* The states of each kind: WF_TIMER_CREATED, ... The first one is where a machine begins. */
#define WF_MACHINE(MACHINE, name, official_name, official_type, what) enum wf_machine_state_##name {
#define WF_STATE(MACHINE, STATE, official_state) WF_##MACHINE##_##STATE,
#define WF_MACHINE_ROWS(MACHINE) };
#include "engine/worker/machines.def"

#define WF_MACHINE_KEY(state, input) ((int)(state)*128 + (int)(input))

/* An action of a transition, and the one that does nothing. */
#define WF_ACTION(name)                                                                                                \
    static void name(struct wf_run *run, struct wf_machine *machine, const struct wf_machine_input *in)
static inline void nothing(struct wf_run *run, struct wf_machine *machine, const struct wf_machine_input *in)
{
    (void)run, (void)machine, (void)in;
}

/* Actions that several kinds share (machines.c). */
void wf_action_remember_origin(struct wf_run *run, struct wf_machine *machine, const struct wf_machine_input *in);

/* A timer that makes no command. */
void wf_timer_fire_now(struct wf_run *run, struct wf_machine *machine);

/* Each kind's table as one switch (machine_<kind>.c). */
#define WF_MACHINE_STEP(name)                                                                                          \
    bool wf_machine_step_##name(struct wf_run *run, struct wf_machine *machine, const struct wf_machine_input *in)
WF_MACHINE_STEP(timer);
WF_MACHINE_STEP(activity);
WF_MACHINE_STEP(local_activity);
WF_MACHINE_STEP(child);
WF_MACHINE_STEP(signal_external);
WF_MACHINE_STEP(cancel_external);
WF_MACHINE_STEP(nexus);
WF_MACHINE_STEP(patch);
WF_MACHINE_STEP(value);
WF_MACHINE_STEP(update);
WF_MACHINE_STEP(upsert);
WF_MACHINE_STEP(memo);
WF_MACHINE_STEP(complete);
WF_MACHINE_STEP(fail);
WF_MACHINE_STEP(cancel);
WF_MACHINE_STEP(continue);

#endif
