/*
 * Notes: what the official replayers do not look at (replay-rules 2.7, 2.9). Matching lets code and history agree when their
 * commands come in the same order; here the tasks in which they come and the details that they carry are compared too.
 * Private to the engine.
 */
#ifndef WF_ENGINE_REPLAY_COMPARE_H
#define WF_ENGINE_REPLAY_COMPARE_H

#include "engine/replay.h"
#include "engine/worker/worker_state.h"

struct wf_compare_row;

/* compare.def with its fields looked up, by command: its rows are items[begin[type]] up to items[begin[type + 1]]. */
struct wf_compare_table {
    const struct wf_compare_row *items;
    uint32_t begin[WF_COMMAND_TYPE_COUNT + 1];
    struct wf_retry_policy default_policy; /* what the service makes of one that says nothing */
};

struct wf_comparison {
    struct wf_arena *arena;   /* holds the notes */
    struct wf_arena *scratch; /* of one meeting */
    const struct wf_host *host;
    const struct wf_compare_table *table;
    const struct wf_event *events; /* the whole history */
    uint32_t event_count;
    int64_t run_timeout_ns;        /* of the run; 0: none */
    bool sorts_jobs;               /* signals reach the code before what came with them; known at the end */
    const uint8_t *policies;       /* of wf_replay_options */
    struct wf_replay_notes notes;
};

/* Looks the fields of the table up: once, for many histories. False when the arena is full. */
bool wf_compare_table_init(struct wf_compare_table *table, struct wf_arena *arena);

/* Compares what met in the worker's last step. False when an arena is full. */
bool wf_compare_meetings(struct wf_comparison *comparison, const struct wf_worker *worker);

/* After the last step: what shows only when all are known. */
bool wf_compare_end(struct wf_comparison *comparison);

#endif
