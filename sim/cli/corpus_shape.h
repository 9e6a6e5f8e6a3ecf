/*
 * The shape of a history: the types and names of its events in order, without workflow tasks, with repetitions folded, however
 * often they ran and however deep they lie.
 */
#ifndef SIM_CLI_CORPUS_SHAPE_H
#define SIM_CLI_CORPUS_SHAPE_H

#include "engine/history.h"

struct cli_shape {
    uint64_t digest;
    struct wf_string outline;  /* "reserve, ActivityTaskCompleted, (timer, TimerFired)+": cut when it is very long */
    uint64_t loop_event_count; /* of the loop that took most events, those of workflow tasks too; 0: there is none */
    uint64_t loop_count;       /* how often it ran */
};

/* Everything lives in the arena; false when it is full. */
bool cli_shape_of(struct wf_arena *arena, const struct wf_history *history, struct cli_shape *shape);

#endif
