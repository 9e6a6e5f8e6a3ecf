/*
 * What distinguishes the families of SDKs in replay: one struct of rules each, a row of families.def. Private to the engine.
 * Source: replay-rules 2.3, 2.4, 2.10, 2.11.
 */
#ifndef WF_ENGINE_WORKER_FAMILY_H
#define WF_ENGINE_WORKER_FAMILY_H

#include "engine/worker.h"
#include "engine/worker/chunk.h"

struct wf_divergence;
struct wf_machine;
struct wf_queued;
struct wf_run;

/* When a machine compares ids and types with its event. */
enum wf_identity_check {
    WF_IDENTITY_BY_FLAG, /* core flag 1 (replay-rules 2.2) */
    WF_IDENTITY_ALWAYS,
    WF_IDENTITY_IN_PAIRS, /* never: the lists of commands and events are compared */
};

/* How markers of values and local activities are written (replay-rules 3.2 to 3.4). */
enum wf_marker_form { WF_MARKERS_CORE, WF_MARKERS_GO, WF_MARKERS_JAVA };

struct wf_family_rules {
    const char *name;
    enum wf_marker_form markers;  /* of what a live worker records */
    bool replays_to_the_end;      /* its replayer runs no task live, not even one in flight */
    bool runs_between_locals;     /* each local activity's end is a turn of its own, not one with the others that have ended */
    bool skips_zero_timers;       /* a timer of zero makes no command and fires at once */
    bool sends_both;              /* what is cancelled before it was sent is sent with its cancellation */
    bool cancels_first;           /* a cancellation is seen by what else comes in its turn */
    uint32_t lang_flag_last;      /* a larger one fails the replay; 0: passed over */
    enum wf_identity_check identity;

    struct wf_chunk (*next_chunk)(const struct wf_event *const *events, uint32_t count, uint32_t begin);

    /* A chunk was applied: what the next one tells about the turn that begins. */
    void (*look_ahead)(struct wf_run *run);

    /* More work for the code in this turn, before history goes on. May be NULL. */
    bool (*next_turn)(struct wf_run *run);

    /* Calls whose value reaches the code only where its marker is matched, as bits 1 << kind. May be NULL: none. */
    uint32_t (*parked_calls)(struct wf_run *run);

    /* A command was queued: its place. May be NULL. */
    void (*pushed)(struct wf_run *run, struct wf_queued *queued);

    /* It has its name as the code gave it; default: the code gave none. May be NULL. */
    void (*named)(struct wf_run *run, struct wf_queued *queued, bool is_default);

    /* A local activity was scheduled. May be NULL. */
    void (*scheduled_local)(struct wf_run *run, struct wf_machine *machine, bool is_default);

    void (*record_value)(struct wf_run *run, const struct wf_sdk_command *command);
    void (*match)(struct wf_run *run, const struct wf_event *event, const struct wf_event *next);

    /* History is over. May be NULL. */
    void (*finish)(struct wf_run *run);

    /* What the family's replayer says of a divergence. NULL: as core's. */
    struct wf_string (*official)(struct wf_run *run, const struct wf_divergence *divergence);
};

const struct wf_family_rules *wf_family_rules_of(enum wf_family family);
#define WF_FAMILY(NAME, name, rules) extern const struct wf_family_rules wf_rules_##rules;
#include "engine/worker/families.def"

#endif
