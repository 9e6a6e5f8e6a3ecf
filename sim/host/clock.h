/*
 * The real clock, for progress, summaries and the watchdog; nothing of it reaches a trace or a verdict.
 */
#ifndef WF_SIM_HOST_CLOCK_H
#define WF_SIM_HOST_CLOCK_H

#include <stdint.h>

/* Nanoseconds since some moment in the past; never goes back. */
int64_t sim_host_clock_ns(void);

#endif
