/*
 * A block source that keeps what is given back, so that doing the same thing many times takes
 * memory from the source behind it, which may be the system, only until the largest of them was
 * seen.
 */
#ifndef WF_ENGINE_BASE_BLOCK_CACHE_H
#define WF_ENGINE_BASE_BLOCK_CACHE_H

#include "engine/base/arena.h"

struct wf_cached_block;

struct wf_block_cache {
    struct wf_block_source source; /* what users of the cache take from; it holds the cache's
                                      address, so do not copy it */
    const struct wf_block_source *inner;
    struct wf_cached_block *free;  /* of WF_ARENA_BLOCK_BYTES */
    struct wf_cached_block *large; /* of any size above */
};

void wf_block_cache_init(struct wf_block_cache *cache, const struct wf_block_source *inner);

/* Everything taken must have been given back. */
void wf_block_cache_deinit(struct wf_block_cache *cache);

#endif
