/*
 * Cutting history into logical workflow tasks. Private to the engine.
 * Source: replay-rules 1.3.
 */
#ifndef WF_ENGINE_WORKER_CHUNK_H
#define WF_ENGINE_WORKER_CHUNK_H

#include <stdbool.h>
#include <stdint.h>

#include "engine/schema.h"

struct wf_chunk {
    uint32_t begin; /* index of the first event */
    uint32_t end;   /* index after the last event; begin == end: nothing is left */
    bool is_final;  /* nothing is left after it */
    bool has_no_turn;  /* no code runs for it */
    bool is_in_flight; /* of a task that is not over: it is not applied at all */
};

/* The chunk that begins at index begin of a history that is whole up to count. */
struct wf_chunk wf_chunk_next(const struct wf_event *const *events, uint32_t count, uint32_t begin);

/* The same in Go: cut at every task that did not come to nothing (replay-rules 2.10, "Groups"). */
struct wf_chunk wf_chunk_next_go(const struct wf_event *const *events, uint32_t count, uint32_t begin);

/* The same in Java: cut at every task that completed (replay-rules 2.11, "Batches"). */
struct wf_chunk wf_chunk_next_java(const struct wf_event *const *events, uint32_t count, uint32_t begin);

/* A started task whose next event is this one came to nothing: it ends no chunk and moves no clock.
 */
bool wf_chunk_is_fruitless(const struct wf_event *next);

#endif
