/*
 * Running the compiler over code that may be anything: with limits, and as much of its words as a person reads.
 */
#ifndef SIM_HOST_COMPILER_H
#define SIM_HOST_COMPILER_H

#include <signal.h>

#include "engine/base/arena.h"

/* The program that CC names, or else cc, gcc or clang, where PATH has it; in the arena. NULL: there is none. */
const char *sim_compiler_find(struct wf_arena *arena);

/* What each of the compiler's processes may take. */
#define SIM_COMPILER_SECONDS 60 /* of a processor */
#define SIM_COMPILER_MIB 1024
#define SIM_COMPILER_WALL_SECONDS 180 /* all of it, from its start */

enum sim_compiler_end {
    SIM_COMPILER_DONE,
    SIM_COMPILER_REFUSED,  /* its words, or the first of them, are on standard error */
    SIM_COMPILER_TOO_MUCH, /* it failed and had taken what it may, or was stopped */
    SIM_COMPILER_LOST,     /* it could not be started, or was killed */
};

/* Ctrl-C and its like, kept back while there is what must not stay behind. */
struct sim_held_signals {
    sigset_t numbers;
    sigset_t mask; /* from before */
    int taken;     /* 0: none */
};

void sim_signals_hold(struct sim_held_signals *held);

/* Lets what came meanwhile do what it would have done. */
void sim_signals_release(const struct sim_held_signals *held);

/* Runs the program that the first word names, and waits for its end, which a held signal brings about. Should this process be
 * killed, it is killed, too. */
enum sim_compiler_end sim_compiler_run(const char *const *words, struct sim_held_signals *held);

#endif
