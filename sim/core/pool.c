/*
 * The region is divided into units; a bit a unit says whether it is taken. Blocks are few and long-lived (an arena takes one
 * now and then), so the first fit is searched over the bits.
 */
#include "sim/core/pool.h"

#include <stdint.h>
#include <string.h>

#include "engine/base/assert.h"

#define WORD_BITS 64
#define ALIGNMENT ((size_t)16)

struct sim_pool {
    struct wf_block_source source;
    char *units;
    size_t unit_count;
    size_t used_units;
    size_t peak_units;
    size_t table_bytes;  /* before the units */
    size_t first_word;   /* every word before it is full */
    uint64_t taken[];    /* a bit a unit */
};

static size_t align_up(size_t value, size_t alignment)
{
    return (value + alignment - 1) & ~(alignment - 1);
}

static bool is_taken(const struct sim_pool *pool, size_t unit)
{
    return (pool->taken[unit / WORD_BITS] >> (unit % WORD_BITS) & 1) != 0;
}

static void mark_units(struct sim_pool *pool, size_t first, size_t count, bool is_set)
{
    for (size_t unit = first; unit < first + count; unit++) {
        const uint64_t bit = UINT64_C(1) << (unit % WORD_BITS);

        WF_ASSERT(is_taken(pool, unit) != is_set);
        if (is_set) {
            pool->taken[unit / WORD_BITS] |= bit;
        } else {
            pool->taken[unit / WORD_BITS] &= ~bit;
        }
    }
}

/* The first run of `count` free units; unit_count when there is none. */
static size_t find_units(struct sim_pool *pool, size_t count)
{
    size_t run = 0;
    size_t unit = 0;

    while (pool->first_word * WORD_BITS < pool->unit_count && pool->taken[pool->first_word] == UINT64_MAX) {
        pool->first_word++;
    }
    for (unit = pool->first_word * WORD_BITS; unit < pool->unit_count; unit++) {
        run = is_taken(pool, unit) ? 0 : run + 1;
        if (run == count) {
            return unit + 1 - count;
        }
    }
    return pool->unit_count;
}

static void *take_units(void *context, size_t size_bytes)
{
    struct sim_pool *pool = context;
    const size_t count = size_bytes / SIM_POOL_UNIT_BYTES + (size_bytes % SIM_POOL_UNIT_BYTES != 0 ? 1 : 0);
    const size_t first = count == 0 || count > pool->unit_count ? pool->unit_count : find_units(pool, count);

    if (first == pool->unit_count) {
        return NULL;
    }
    mark_units(pool, first, count, true);
    pool->used_units += count;
    if (pool->used_units > pool->peak_units) {
        pool->peak_units = pool->used_units;
    }
    return pool->units + first * SIM_POOL_UNIT_BYTES;
}

static void give_units(void *context, void *block, size_t size_bytes)
{
    struct sim_pool *pool = context;
    const size_t count = size_bytes / SIM_POOL_UNIT_BYTES + (size_bytes % SIM_POOL_UNIT_BYTES != 0 ? 1 : 0);
    const size_t offset = (size_t)((char *)block - pool->units);
    const size_t first = offset / SIM_POOL_UNIT_BYTES;

    WF_ASSERT(offset % SIM_POOL_UNIT_BYTES == 0);
    WF_ASSERT(first + count <= pool->unit_count);
    mark_units(pool, first, count, false);
    pool->used_units -= count;
    if (first / WORD_BITS < pool->first_word) {
        pool->first_word = first / WORD_BITS;
    }
}

struct sim_pool *sim_pool_init(void *region, size_t size_bytes)
{
    struct sim_pool *pool = region;
    const size_t word_count = size_bytes / SIM_POOL_UNIT_BYTES / WORD_BITS + 1;
    const size_t table_bytes = align_up(sizeof *pool + word_count * sizeof pool->taken[0], ALIGNMENT);

    WF_ASSERT((uintptr_t)region % ALIGNMENT == 0);
    if (size_bytes < table_bytes + SIM_POOL_UNIT_BYTES) {
        return NULL;
    }
    memset(pool, 0, sizeof *pool);
    pool->source = (struct wf_block_source){take_units, give_units, pool};
    pool->units = (char *)region + table_bytes;
    pool->unit_count = (size_bytes - table_bytes) / SIM_POOL_UNIT_BYTES;
    pool->table_bytes = table_bytes;
    sim_pool_reset(pool);
    return pool;
}

void sim_pool_reset(struct sim_pool *pool)
{
    const size_t word_count = pool->unit_count / WORD_BITS + 1;

    memset(pool->taken, 0, word_count * sizeof pool->taken[0]);
    pool->used_units = 0;
    pool->peak_units = 0;
    pool->first_word = 0;
}

const struct wf_block_source *sim_pool_blocks(struct sim_pool *pool)
{
    return &pool->source;
}

size_t sim_pool_used_bytes(const struct sim_pool *pool)
{
    return pool->table_bytes + pool->used_units * SIM_POOL_UNIT_BYTES;
}

size_t sim_pool_peak_bytes(const struct sim_pool *pool)
{
    return pool->table_bytes + pool->peak_units * SIM_POOL_UNIT_BYTES;
}
