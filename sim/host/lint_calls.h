/*
 * Which functions of the C library workflow code may call: those that give the same in every replay.
 */
#ifndef SIM_HOST_LINT_CALLS_H
#define SIM_HOST_LINT_CALLS_H

#include "engine/base/bytes.h"
#include "engine/diagnosis.h"

enum sim_call_level {
    SIM_CALL_FORBIDDEN,
    SIM_CALL_NOTED,
    SIM_CALL_PURE,
};

/* A row of lint_calls.def. */
struct sim_call_rule {
    enum sim_call_level level;
    enum wf_diagnosis_number diagnosis; /* not of PURE */
    const char *instead;                /* not of PURE */
    const char *names;
};

/*
 * The row of a symbol that an object imports; the one for unknown names, which is noted, when there is none. NULL for the API, its rows apart,
 * and for what compilers put in.
 */
const struct sim_call_rule *sim_call_rule_of(struct wf_string symbol);

#endif
