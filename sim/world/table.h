/*
 * A table of records that come and go, found by number. A number is a place and the place's generation, so that a number
 * kept after its record was given back finds nothing.
 */
#ifndef WF_SIM_WORLD_TABLE_H
#define WF_SIM_WORLD_TABLE_H

#include <stddef.h>
#include <stdint.h>

#include "engine/base/arena.h"

#define SIM_TABLE_CHUNK_ITEMS 128u
#define SIM_TABLE_CHUNKS_MAX 512u

struct sim_table {
    struct wf_arena *arena;
    size_t item_bytes; /* with the header */
    char *chunks[SIM_TABLE_CHUNKS_MAX];
    uint32_t count; /* places made */
    uint32_t free;  /* first free place + 1; 0: none */
};

void sim_table_init(struct sim_table *table, struct wf_arena *arena, size_t item_bytes);

/* A zeroed record and its number, never 0. NULL when memory or the table is full. */
void *sim_table_take(struct sim_table *table, uint64_t *id);

/* NULL when the record was given back. */
void *sim_table_find(const struct sim_table *table, uint64_t id);

void sim_table_give(struct sim_table *table, uint64_t id);

/* The record at a place below count, and its number; NULL when the place is free. */
void *sim_table_at(const struct sim_table *table, uint32_t place, uint64_t *id);

#endif
