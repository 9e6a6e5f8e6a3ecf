/* The kinds of faults: their names, and whom each can harm, for saying which of many lies behind what broke. */
#ifndef WF_SIM_FAULT_KINDS_H
#define WF_SIM_FAULT_KINDS_H

#include <stdbool.h>

#include "engine/base/bytes.h"
#include "sim/config.h"
#include "sim/world/world.h"

/* "worker_crash" */
const char *sim_fault_name(enum sim_fault_kind kind);

/* All names by kind, then NULL. */
extern const char *const sim_fault_names[SIM_FAULT_COUNT + 1];

/* Whether some rate is not zero. */
bool sim_rates_any(const struct sim_rates *rates);

/* The rates of what befalls sends of clients; all others zero. */
struct sim_rates sim_rates_of_sends(const struct sim_rates *rates);

enum sim_fault_reach {
    SIM_REACH_ONE = 1,  /* the workflow that the record names: a message, an attempt, a send of it */
    SIM_REACH_PROCESS,  /* whatever runs in the processes that it names */
    SIM_REACH_EVERYONE, /* the service or its database, so any workflow */
};

enum sim_fault_reach sim_fault_reach(enum sim_fault_kind kind);

/* True for kinds after which somebody does not know, or knows too late, what was done: crashes, losses, long delays. */
bool sim_fault_hides_outcome(enum sim_fault_kind kind);

/* True for kinds that last until a FAULT_END record or the heal phase. */
bool sim_fault_lasts(enum sim_fault_kind kind);

/* True for kinds that end a process: a CRASH record of it follows. */
bool sim_fault_crashes(enum sim_fault_kind kind);

/* What kind of node it strikes when the scenario names none: the one concerned, if it is of that kind. */
enum sim_node_kind sim_fault_strikes(enum sim_fault_kind kind);

/* A fault as its record tells it. */
struct sim_fault_place {
    enum sim_fault_kind kind;
    struct wf_string node;    /* may be empty */
    struct wf_string where;   /* "worker-1 to server-2" */
    struct wf_string subject; /* workflow id; may be empty */
};

/* True when it strikes the workflow itself, or the process `node` that works for it. */
bool sim_fault_concerns(const struct sim_fault_place *fault, struct wf_string workflow_id, struct wf_string node);

#endif
