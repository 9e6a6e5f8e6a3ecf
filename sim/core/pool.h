/*
 * All memory of one simulation: one region, reserved at set-up, handed out in units of 64 KiB to arenas and, in fixed size
 * classes, to records that come and go with every event. Nothing here calls the system.
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

/* ---- Slabs: pieces of a few sizes, reused as soon as they are given back ---- */

#define SIM_SLAB_CLASS_COUNT 9
#define SIM_SLAB_BYTES_MIN ((size_t)32)
#define SIM_SLAB_BYTES_MAX (SIM_SLAB_BYTES_MIN << (SIM_SLAB_CLASS_COUNT - 1))

struct sim_slab_piece;

struct sim_slabs {
    const struct wf_block_source *blocks;
    struct sim_slab_piece *free[SIM_SLAB_CLASS_COUNT]; /* of 32, 64, ... 8192 bytes */
    void *chunks;                                      /* every block taken, linked */
};

void sim_slabs_init(struct sim_slabs *slabs, const struct wf_block_source *blocks);
void sim_slabs_deinit(struct sim_slabs *slabs);

/* A zeroed piece aligned to 16; more than SIM_SLAB_BYTES_MAX comes from the block source. NULL when memory is gone. */
void *sim_slab_take(struct sim_slabs *slabs, size_t size_bytes);

/* Gives back a piece with the size that it was taken with. */
void sim_slab_give(struct sim_slabs *slabs, void *piece, size_t size_bytes);

#endif
