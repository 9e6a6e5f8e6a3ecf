/*
 * Ordinary blocks are all of one size and lie in one list. Larger ones, which tables of long
 * histories need, lie in another, where one of the very size is looked for: tables grow by
 * doubling, so that sizes come back.
 */
#include "engine/base/block_cache.h"

#include "engine/base/assert.h"

struct wf_cached_block {
    struct wf_cached_block *next;
    size_t size_bytes;
};

static void *take(void *context, size_t size_bytes)
{
    struct wf_block_cache *cache = context;
    struct wf_cached_block **link = size_bytes == WF_ARENA_BLOCK_BYTES ? &cache->free
                                                                       : &cache->large;

    for (; *link != NULL; link = &(*link)->next) {
        struct wf_cached_block *block = *link;

        if (block->size_bytes == size_bytes) {
            *link = block->next;
            return block;
        }
    }
    return cache->inner->take(cache->inner->context, size_bytes);
}

static void give(void *context, void *memory, size_t size_bytes)
{
    struct wf_block_cache *cache = context;
    struct wf_cached_block **list = size_bytes == WF_ARENA_BLOCK_BYTES ? &cache->free
                                                                       : &cache->large;
    struct wf_cached_block *block = memory;

    WF_ASSERT(size_bytes >= sizeof *block);
    block->size_bytes = size_bytes;
    block->next = *list;
    *list = block;
}

void wf_block_cache_init(struct wf_block_cache *cache, const struct wf_block_source *inner)
{
    *cache = (struct wf_block_cache){.source = {take, give, cache}, .inner = inner};
}

static void give_all(struct wf_block_cache *cache, struct wf_cached_block *block)
{
    while (block != NULL) {
        struct wf_cached_block *next = block->next;

        cache->inner->give(cache->inner->context, block, block->size_bytes);
        block = next;
    }
}

void wf_block_cache_deinit(struct wf_block_cache *cache)
{
    give_all(cache, cache->free);
    give_all(cache, cache->large);
    cache->free = NULL;
    cache->large = NULL;
}
