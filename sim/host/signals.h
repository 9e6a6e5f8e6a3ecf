/*
 * The signals of a batch: a child that ended, and a user who wants it to end. While they are
 * caught, the handlers that were there before are called too.
 */
#ifndef WF_SIM_HOST_SIGNALS_H
#define WF_SIM_HOST_SIGNALS_H

#include <semaphore.h>
#include <stdbool.h>

/* Catches SIGINT, SIGTERM, SIGHUP and SIGCHLD; each posts the semaphore. A second one of the first
 * three has its default effect. */
void sim_signals_catch(sem_t *supervisor);

/* Puts back what was there; of a signal that came, the default. */
void sim_signals_restore(void);

/* Whether SIGINT, SIGTERM or SIGHUP came. */
bool sim_signals_interrupted(void);

/* Whether SIGCHLD came since the last call. */
bool sim_signals_child_ended(void);

#endif
