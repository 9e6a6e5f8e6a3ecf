/*
 * All memory of one simulation: one region, reserved at set-up, handed out in units of 64 KiB to arenas and slabs. Nothing
 * here calls the system.
 */
#ifndef WF_SIM_CORE_POOL_H
#define WF_SIM_CORE_POOL_H

#include <stddef.h>

#include "engine/base/arena.h"

/* Lies at the start of its region, so that a copy of the region is a copy of the pool. */
struct sim_pool;

#define SIM_POOL_UNIT_BYTES WF_ARENA_BLOCK_BYTES

/*
 * Makes a pool of a region, which is borrowed and aligned to 16. Returns NULL when the region holds no unit beside the
 * pool's own tables.
 */
struct sim_pool *sim_pool_init(void *region, size_t size_bytes);

/* Takes everything back: for the next seed. */
void sim_pool_reset(struct sim_pool *pool);

/* Lowest free units first, so that the same requests give the same places. Pieces are whole units. */
const struct wf_block_source *sim_pool_blocks(struct sim_pool *pool);

size_t sim_pool_used_bytes(const struct sim_pool *pool);

/* The most that was in use at once since init or reset, the pool's tables included. */
size_t sim_pool_peak_bytes(const struct sim_pool *pool);

#endif
