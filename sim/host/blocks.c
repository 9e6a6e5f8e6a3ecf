/* Only whole huge pages of a block are asked for: what is behind the last would take memory that nobody wants. */
#include "sim/host/blocks.h"

#include <stdlib.h>
#include <sys/mman.h>

#define HUGE_PAGE_BYTES ((size_t)2 << 20)

static void *take(void *context, size_t size_bytes)
{
    void *block = NULL;

    (void)context;
    if (size_bytes < HUGE_PAGE_BYTES) {
        return malloc(size_bytes);
    }
    if (posix_memalign(&block, HUGE_PAGE_BYTES, size_bytes) != 0) {
        return NULL;
    }
    (void)madvise(block, size_bytes & ~(HUGE_PAGE_BYTES - 1), MADV_HUGEPAGE); /* a system without any keeps the small ones */
    return block;
}

static void give(void *context, void *block, size_t size_bytes)
{
    (void)context;
    (void)size_bytes;
    free(block);
}

const struct wf_block_source *sim_file_blocks(void)
{
    static const struct wf_block_source blocks = {take, give, NULL};

    return &blocks;
}
