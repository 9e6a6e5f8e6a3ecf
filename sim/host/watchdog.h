/*
 * Sees whether a child's code hangs or takes too much memory, asks it to say where, and ends it when it does not.
 */
#ifndef WF_SIM_HOST_WATCHDOG_H
#define WF_SIM_HOST_WATCHDOG_H

#include "sim/host/contained.h"

/* What code may take, in every child alike. */
struct sim_watch_limits {
    int64_t activation_ns;
    uint64_t code_bytes_max; /* in one activation, or one history */
    struct sim_hung *hung;
};

/* Of one child, zeroed when it begins. */
struct sim_watchdog {
    bool has_looked;
    uint64_t activation_count; /* at the last look */
    uint64_t block_count;
    int64_t stuck_ns;      /* ran or slept in this activation */
    int64_t moved_ns;      /* of these, until it last ran a block */
    int64_t waited_ns;     /* for a processor, ever */
    uint64_t memory_bytes; /* that the child had when the activation was first seen */
    uint64_t asked_bytes;  /* that it had when it was asked for its memory */
    int asked_signal;      /* SIM_SIGNAL_HUNG or _MEMORY that it got in this activation; 0: none */
    bool is_killed;        /* because it did not answer */
};

/*
 * One look. A child in the same activation look after look hangs: it is asked to say where, and killed when it does not answer.
 *
 * Units:     step_ns is how long ago the last look was.
 */
void sim_watchdog_look(struct sim_watchdog *watchdog, const struct sim_watch_limits *limits, pid_t pid,
                       const struct sim_page *page, int64_t step_ns);

/* Whether it was this watchdog whose signal ended a child that left no mark; *kind is then why. */
bool sim_watchdog_has_ended(const struct sim_watchdog *watchdog, int signal_number, enum sim_crash_kind *kind);

/* Code that went on lately loops, else a call does not return: judged alike however long it was waited for. */
enum sim_crash_kind sim_watchdog_hung_kind(const struct sim_watchdog *watchdog, const struct sim_watch_limits *limits);

#endif
