/*
 * Stacks are cut from areas of many, so that a batch that once needs some more coroutines than
 * before takes nothing from the system. Free ones of one size form a list through their own first
 * words. Every stack that was ever cut is remembered, for the crash handler's question; there are
 * as many as coroutines were ever alive at once.
 */
#include "sim/host/stacks.h"

#include <stdint.h>
#include <sys/mman.h>
#include <unistd.h>

#define SIZES_MAX 4
#define STACKS_MAX 65536
#define AREA_BYTES                                                                                 \
    ((size_t)64 << 20) /* about a thousand of the default size; only what is touched costs memory  \
                        */

struct free_stack {
    struct free_stack *next;
};

struct size {
    size_t size_bytes; /* of a stack, without its guard page */
    struct free_stack *free;
    char *next; /* of the area, where no stack was cut yet */
    size_t left_count;
};

static struct {
    struct size sizes[SIZES_MAX];
    size_t size_count;
    const char *guards[STACKS_MAX];
    volatile size_t guard_count;
    size_t page_bytes;
    bool were_short;
} stacks;

static struct size *find_size(size_t size_bytes)
{
    size_t i = 0;

    if (stacks.page_bytes == 0) {
        stacks.page_bytes = (size_t)sysconf(_SC_PAGESIZE);
    }
    size_bytes = (size_bytes + stacks.page_bytes - 1) & ~(stacks.page_bytes - 1);
    while (i < stacks.size_count && stacks.sizes[i].size_bytes != size_bytes) {
        i++;
    }
    if (i == SIZES_MAX) {
        return NULL;
    }
    if (i == stacks.size_count) {
        stacks.sizes[stacks.size_count++] = (struct size){.size_bytes = size_bytes};
    }
    return &stacks.sizes[i];
}

static bool map_area(struct size *size)
{
    const size_t stride_bytes = stacks.page_bytes + size->size_bytes;
    size_t count = AREA_BYTES / stride_bytes > 0 ? AREA_BYTES / stride_bytes : 1;

    for (; count > 0; count /= 2) { /* where memory is short, fewer may do */
        char *area = mmap(NULL, count * stride_bytes, PROT_READ | PROT_WRITE,
                          MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);

        if (area != MAP_FAILED) {
            size->next = area;
            size->left_count = count;
            return true;
        }
    }
    return false;
}

static void *cut(struct size *size)
{
    char *pages = NULL;

    if (stacks.guard_count == STACKS_MAX || (size->left_count == 0 && !map_area(size))) {
        return NULL;
    }
    pages = size->next;
    if (mprotect(pages, stacks.page_bytes, PROT_NONE) != 0) {
        return NULL;
    }
    size->next += stacks.page_bytes + size->size_bytes;
    size->left_count--;
    stacks.guards[stacks.guard_count] = pages;
    stacks.guard_count = stacks.guard_count + 1;
    return pages + stacks.page_bytes;
}

static void *take(void *context, size_t size_bytes)
{
    struct size *size = find_size(size_bytes);
    void *taken = NULL;

    (void)context;
    if (size != NULL && size->free != NULL) {
        struct free_stack *stack = size->free;

        size->free = stack->next;
        return stack;
    }
    taken = size != NULL ? cut(size) : NULL;
    stacks.were_short = stacks.were_short || taken == NULL;
    return taken;
}

static void give(void *context, void *block, size_t size_bytes)
{
    struct size *size = find_size(size_bytes);
    struct free_stack *stack = block;

    (void)context;
    stack->next = size->free;
    size->free = stack;
}

const struct wf_block_source *sim_stacks(void)
{
    static const struct wf_block_source source = {take, give, NULL};

    return &source;
}

bool sim_stacks_were_short(void)
{
    const bool were_short = stacks.were_short;

    stacks.were_short = false;
    return were_short;
}

bool sim_stacks_is_guard(const void *address)
{
    const char *at = address;

    for (size_t i = 0; i < stacks.guard_count; i++) {
        if (at >= stacks.guards[i] && at < stacks.guards[i] + stacks.page_bytes) {
            return true;
        }
    }
    return false;
}
