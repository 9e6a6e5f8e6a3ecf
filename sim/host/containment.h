/*
 * Running items in forked children, so that workflow code that crashes, loops, overflows its stack
 * or never returns costs one item and not the command. Only children run workflow code; the
 * supervisor owns files and output.
 *
 * The supervisor hands out items 0..item_count-1, collects what the children send back, and gives
 * it to the caller in item order whatever the number of children. When a child dies in workflow
 * code, the item it was at ends with a crash, the items it had not begun go to a new child, and the
 * batch goes on. When it was killed, which may have come from outside, another child first begins the
 * item once more, or the history of it that had no result yet. What run then says again, the
 * supervisor passes on once: it has to say the same in the same order, or what does no harm when it
 * comes twice. Killed twice in the code of one history, or of an item without histories: a crash. A
 * child that has grown by more than code may take is replaced between two items or histories; the
 * new one goes on where it was.
 *
 *   supervisor                       child
 *   sim_contain(config, outcome)     start(context, child)               once after each fork: load
 * modules, make hosts frame(context, item, bytes)  <-  run(context, child, item)         calls
 * sim_child_send any number of times end(context, item, crash)    <-  run returned, or the child
 * died
 *
 * Source: DESIGN section 5 "Containment".
 */
#ifndef WF_SIM_HOST_CONTAINMENT_H
#define WF_SIM_HOST_CONTAINMENT_H

#include <stdbool.h>
#include <stdint.h>

#include "engine/base/bytes.h"
#include "engine/base/status.h"
#include "engine/host.h"

#define SIM_JOBS_MAX 256
#define SIM_FRAME_BYTES_MAX ((size_t)64 << 20)
#define SIM_BLOCKS_PER_ACTIVATION_MAX                                                              \
    (UINT64_C(200) * 1000 * 1000) /* basic blocks; about half a second */

/* How workflow code ended a child. */
enum sim_crash_kind {
    SIM_CRASH_SEGMENTATION,
    SIM_CRASH_STACK, /* overflow into the guard page */
    SIM_CRASH_BUS,
    SIM_CRASH_ARITHMETIC,
    SIM_CRASH_ABORT,
    SIM_CRASH_ILLEGAL, /* instruction */
    SIM_CRASH_BUDGET,  /* an endless loop: ran past the block budget of one activation, or went on past its time */
    SIM_CRASH_HUNG,    /* blocks in a system call, or loops in code that counts no blocks */
    SIM_CRASH_MEMORY,  /* takes memory without end */
    SIM_CRASH_EXIT,    /* called exit */
    SIM_CRASH_KILLED,  /* by a signal that is no fault, or gone without a word; and so was a second child in the same history */
};

/* "segmentation fault", "stack overflow", ... */
const char *sim_crash_name(enum sim_crash_kind kind);

/* "WF301": engine/model/diagnoses.def. */
const char *sim_crash_diagnosis(enum sim_crash_kind kind);

struct sim_crash {
    enum sim_crash_kind kind;
    bool is_loading;  /* in start, before any item: constructors of the module */
    int64_t event_id; /* the last history event that the code had seen; 0: none */
    const char *call; /* the code's last API call, "wf_activity"; "" before the first */
    char workflow_type[WF_WATCH_TEXT_BYTES];
    char workflow_id[WF_WATCH_TEXT_BYTES];
};

struct sim_child; /* a child's side */

/* Of which type the code was found to hang; "" at first. Its next runs are waited for less long. */
struct sim_hung {
    char workflow_type[WF_WATCH_TEXT_BYTES];
};

struct sim_containment {
    uint64_t item_count;
    uint32_t jobs; /* children at once, 1..SIM_JOBS_MAX */
    void *context;
    struct sim_hung *hung; /* kept by the caller from batch to batch of one code; may be NULL */

    /* In the child, after each fork; may be NULL. An error ends the batch with SIM_END_SETUP. */
    enum wf_status (*start)(void *context, struct sim_child *child, struct wf_error *err);

    /* In the child. An error ends the batch with SIM_END_SETUP: it is ours or the environment's;
     * findings are frames. */
    enum wf_status (*run)(void *context, struct sim_child *child, uint64_t item,
                          struct wf_error *err);

    /* In the supervisor, in item order: what run sent, one call a frame. False ends the batch (full
     * disk). bytes are borrowed for the call. */
    bool (*frame)(void *context, uint64_t item, struct wf_string bytes);

    /* In the supervisor, after the item's frames. crash is NULL when run returned. False ends the
     * batch (fail fast). */
    bool (*end)(void *context, uint64_t item, const struct sim_crash *crash);

    /* In the supervisor, a few times a second, for a progress line; may be NULL. */
    void (*tick)(void *context, uint64_t ended_count);
};

enum sim_end {
    SIM_END_DONE,        /* every item ended */
    SIM_END_STOPPED,     /* a callback returned false */
    SIM_END_INTERRUPTED, /* SIGINT, SIGTERM or SIGHUP; raise it again when the partial results are out */
    SIM_END_SETUP,       /* start or run failed: see err */
    SIM_END_LOADING,     /* the module crashed while it was loaded: see crash */
    SIM_END_LOST, /* children were killed again and again, and nothing says by the code; or fork failed: see err */
    SIM_END_ASSERTION, /* our own code failed in a child, which has said where: abort */
};

struct sim_outcome_of_batch {
    enum sim_end end;
    uint64_t ended_count; /* items whose end was called: always the first ones */
    struct wf_error err;
    struct sim_crash crash;
};

/* Runs the batch. Returns when every child is gone. Not reentrant: one batch a process at a time.
 */
void sim_contain(const struct sim_containment *config, struct sim_outcome_of_batch *outcome);

/* ---- In a child ---- */

/* Sends a frame of at most SIM_FRAME_BYTES_MAX of the current item. Blocks while the supervisor is
 * behind; the child ends when it is gone. */
void sim_child_send(struct sim_child *child, struct wf_string bytes);

/* Likewise, the last frame of the history that was begun: with it that history is done, and no other child does it again. */
void sim_child_send_result(struct sim_child *child, struct wf_string bytes);

/*
 * Around the replay of a history, for items that have any, so that what its activations take together
 * is counted. begin comes when it is decoded, and does not return when the child has grown too much:
 * run is called for the same item in another child, which goes on at this index of a history; it does so, too, when the child
 * is killed before the next begin. Indices ascend.
 * end comes before its result is sent, and does not return when the code has taken more than it may.
 */
void sim_child_begin_history(struct sim_child *child, uint64_t index);
void sim_child_end_history(struct sim_child *child);

/* The history of the current item at which this child begins: 0, or the first that has no result. */
uint64_t sim_child_first_history(const struct sim_child *child);

/* The page that the supervisor reads: give it to every host (wf_host_config, sim_code). */
struct wf_watch *sim_child_watch(struct sim_child *child);

#endif
