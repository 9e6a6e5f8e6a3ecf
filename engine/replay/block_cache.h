/*
 * A block source that keeps what is given back, so that replaying many histories takes memory from the system only until
 * the largest was seen. Private to the engine.
 */
#ifndef WF_ENGINE_REPLAY_BLOCK_CACHE_H
#define WF_ENGINE_REPLAY_BLOCK_CACHE_H

#include "engine/base/arena.h"

struct wf_cached_block;

struct wf_block_cache {
    struct wf_block_source source; /* what users of the cache take from */
    const struct wf_block_source *inner;
    struct wf_cached_block *free; /* of WF_ARENA_BLOCK_BYTES */
    struct wf_cached_block *large; /* of any size above */
};

void wf_block_cache_init(struct wf_block_cache *cache, const struct wf_block_source *inner);

/* Everything taken must have been given back. */
void wf_block_cache_deinit(struct wf_block_cache *cache);

#endif
