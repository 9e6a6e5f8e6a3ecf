/*
 * Ctrl-C (SIGINT, and SIGTERM, SIGHUP): the first asks a command to stop at its next item and print what it
 * has; main then raises the signal again, so that the shell sees how the program ended. A second
 * one ends the program at once.
 */
#ifndef SIM_CLI_INTERRUPT_H
#define SIM_CLI_INTERRUPT_H

#include <stdbool.h>

/* Call before the first item of a batch. Blocking calls return EINTR. */
void cli_interrupt_catch(void);

/* Whether a signal came since. Looked at between items. */
bool cli_interrupted(void);

/* Ends the program as the signal would have, if one was caught; otherwise returns. */
void cli_interrupt_raise_again(void);

#endif
