/*
 * Between the two sides of containment: what supervisor and child share, and how a child runs.
 */
#ifndef WF_SIM_HOST_CONTAINED_H
#define WF_SIM_HOST_CONTAINED_H

#include <signal.h>
#include <sys/types.h>

#include "sim/host/containment.h"
#include "sim/host/mailbox.h"
#include "sim/host/printed.h"

/* The supervisor sends it to a child that seems to hang; a child outside of workflow code takes no
 * notice, and nobody of one that another sent. */
#define SIM_SIGNAL_HUNG SIGVTALRM
#define SIM_SIGNAL_MEMORY SIGUSR2 /* likewise, to one whose code takes more memory than it may */

/* One for all children. */
struct sim_board {
    pid_t supervisor_pid;
    sem_t supervisor;           /* the supervisor sleeps on it */
    _Atomic uint64_t next_item; /* that no child has begun */
    _Atomic uint64_t
        front_item; /* that the supervisor waits for: nobody need wake it for another */
};

#define SIM_ITEM_NONE UINT64_MAX

/* How a child came to its end; it says so itself if it can. */
enum sim_mark {
    SIM_MARK_NONE = 0, /* still at it, or killed */
    SIM_MARK_DONE,     /* no items are left */
    SIM_MARK_GROWN,    /* too large to go on: another child does, behind all that this one said */
    SIM_MARK_SETUP,    /* start or run failed: err */
    SIM_MARK_ASSERTION,
    SIM_MARK_CRASH,  /* crash_kind */
    SIM_MARK_KILLED, /* by another process, with a signal that is also a crash: killed_by */
};

/* One for each child. */
struct sim_page {
    struct wf_watch watch;
    volatile bool is_loading; /* in start */
    volatile uint64_t item; /* SIM_ITEM_NONE before the first */
    volatile bool is_resumed;        /* the item was begun by the child before this one */
    volatile uint64_t first_history; /* of the item, that is left to this child; then the one that it begins */
    volatile uint64_t activations_before; /* it, or the item */
    volatile uint64_t history_bytes; /* memory at about the begin of the present history; 0: in none */
    volatile enum sim_mark mark;
    volatile enum sim_crash_kind crash_kind;
    volatile int killed_by;
    char call[WF_WATCH_TEXT_BYTES]; /* watch.call, which points into the child */
    struct wf_error err;
    struct sim_mailbox mailbox;
};

struct sim_child {
    const struct sim_containment *config;
    struct sim_board *board;
    struct sim_page *page;
    const struct sim_printed *printed;
    uint64_t code_bytes_max; /* that code may take in one activation, or one history */

    /* In the child. */
    uint64_t first_history;  /* of the item, at which this child began it */
    uint64_t next_history;   /* that another would begin at, all records of this one given */
    uint64_t ready_bytes;    /* memory before the first item */
    uint64_t taken_bytes;    /* by histories, and not given back */
    uint64_t memory_bytes;   /* at the last look; 0: the system does not tell */
    int64_t looked_ns;       /* when that was */
    bool has_unseen_history; /* one ended since then */
};

/* The life of a child: from the fork, under which signals are blocked, to its end. unblocked is the
 * mask it lives with. */
_Noreturn void sim_child_live(struct sim_child *child, const sigset_t *unblocked);

/* The crash that a fatal signal stands for. False for a signal that is not of this kind; those of the supervisor are not. */
bool sim_crash_of_signal(int signal_number, enum sim_crash_kind *kind);

#endif
