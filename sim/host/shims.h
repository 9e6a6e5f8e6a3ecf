/*
 * Stand-ins for the functions of the C library by which workflow code could look at the real world. A loaded module is made to call
 * them through the pointers that the dynamic linker filled in: no other code of the process is touched, and nothing is preloaded.
 */
#ifndef SIM_HOST_SHIMS_H
#define SIM_HOST_SHIMS_H

#include "engine/diagnosis.h"
#include "sim/code.h"
#include "sim/host/object.h"

/* What the stand-ins show. */
struct sim_shim_world {
    const char *environment; /* of every variable; "": the process's own; NULL: there is none */
    int64_t clock_from_s;
    int64_t clock_step_s;
    uint64_t chance;
};

/* The last call of a stand-in before a place in a run. */
struct sim_shim_call {
    const char *name;    /* NULL: there was none */
    uint64_t code_offset; /* of the call, from where the module was loaded; 0: not known */
};

/* Puts the stand-ins in. Errors: WF_ERR_INVALID when the module's pointers cannot be written. */
enum wf_status sim_shims_install(const struct sim_object *object, const struct sim_code *code, struct wf_error *err);

/* Begins a world; watch counts the activations that calls are noted with. */
void sim_shims_begin(const struct sim_shim_world *world, const struct wf_watch *watch);

/* The last call, in or before the activation with this index of the run, of what gives this diagnosis. */
struct sim_shim_call sim_shims_call_before(enum wf_diagnosis_number diagnosis, uint64_t activation_index);

#endif
