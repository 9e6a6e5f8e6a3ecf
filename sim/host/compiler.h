/*
 * Running the compiler over code that may be anything: with limits, and as much of its words as a person reads.
 */
#ifndef SIM_HOST_COMPILER_H
#define SIM_HOST_COMPILER_H

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

/* Runs the program that the first word names, and waits for its end. */
enum sim_compiler_end sim_compiler_run(const char *const *words);

#endif
