/*
 * The event loop: a queue ordered by (time, sequence), popped one event at a time, and the running hash of all that
 * happened.
 */
#ifndef WF_SIM_CORE_LOOP_H
#define WF_SIM_CORE_LOOP_H

#include <stdbool.h>
#include <stdint.h>

#include "engine/base/arena.h"
#include "engine/base/hash.h"
#include "engine/time.h"

/* Something that will happen. `node` and `kind` are the world's; the body is the world's to free. */
struct sim_event {
    wf_time_ns time_ns;
    uint64_t sequence;
    uint32_t node;
    uint32_t kind;
    void *body;
};

struct sim_loop {
    struct wf_arena *arena; /* set-up memory of the run */
    struct sim_event *heap; /* 4-ary */
    uint32_t count;
    uint32_t capacity;
    wf_time_ns now_ns;
    uint64_t next_sequence;
    uint64_t step_count; /* events popped */
    struct wf_digest digest;
};

/* capacity events at most; reaching it is WF_ERR_LIMIT of the run, never growth. */
bool sim_loop_init(struct sim_loop *loop, struct wf_arena *arena, uint32_t capacity);

/* Never in the past: a time before now is now. False when the queue is full. */
bool sim_loop_push(struct sim_loop *loop, wf_time_ns time_ns, uint32_t node, uint32_t kind, void *body);

/* False when nothing is left. Moves now_ns. */
bool sim_loop_pop(struct sim_loop *loop, struct sim_event *event);

#endif
