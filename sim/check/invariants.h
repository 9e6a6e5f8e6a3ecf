/* Where each invariant of a run is checked, which test plants it, or why neither is there. */
#ifndef WF_SIM_CHECK_INVARIANTS_H
#define WF_SIM_CHECK_INVARIANTS_H

#include <stdbool.h>
#include <stddef.h>

#include "engine/rules.h"

struct sim_invariant {
    unsigned number;    /* "I36" is row "I36" of rules.def */
    const char *where;  /* the file that checks or proves it; NULL: none does */
    const char *test;   /* the file that plants it; NULL: none */
    const char *reason; /* why it is not checked, or how it is proved; NULL: it is checked */
    bool is_apart;      /* `wfsim check` alone looks for it */
};

/* In the order of their numbers. */
extern const struct sim_invariant sim_invariants[];
extern const size_t sim_invariant_count;

/* What holds, and what it takes to decide it. */
const struct wf_rule *sim_invariant_rule(const struct sim_invariant *invariant);

/* What the file that checks it, for all its invariants, takes of a simulation's instructions: "1 to 3 %"; NULL: nothing. */
const char *sim_invariant_cost(const struct sim_invariant *invariant);

/* "I36"; NULL: there is no such invariant. */
const struct sim_invariant *sim_invariant_find(struct wf_string id);

#endif
