/*
 * Free stacks of one size form a list through their own first words. Every stack that was ever mapped is remembered, for the
 * crash handler's question; there are as many as coroutines were ever alive at once.
 */
#include "sim/host/stacks.h"

#include <stdint.h>
#include <sys/mman.h>
#include <unistd.h>

#define SIZES_MAX 4
#define STACKS_MAX 65536

struct free_stack {
    struct free_stack *next;
};

static struct {
    size_t sizes[SIZES_MAX];
    struct free_stack *free[SIZES_MAX];
    size_t size_count;
    const char *guards[STACKS_MAX];
    volatile size_t guard_count;
    size_t page_bytes;
} stacks;

static size_t find_size(size_t size_bytes)
{
    size_t i = 0;

    while (i < stacks.size_count && stacks.sizes[i] != size_bytes) {
        i++;
    }
    if (i == stacks.size_count && i < SIZES_MAX) {
        stacks.sizes[stacks.size_count++] = size_bytes;
    }
    return i;
}

static void *take(void *context, size_t size_bytes)
{
    (void)context;
    if (stacks.page_bytes == 0) {
        stacks.page_bytes = (size_t)sysconf(_SC_PAGESIZE);
    }
    size_bytes = (size_bytes + stacks.page_bytes - 1) & ~(stacks.page_bytes - 1);
    const size_t size = find_size(size_bytes);
    if (size < SIZES_MAX && stacks.free[size] != NULL) {
        struct free_stack *stack = stacks.free[size];
        stacks.free[size] = stack->next;
        return stack;
    }
    if (size == SIZES_MAX || stacks.guard_count == STACKS_MAX) {
        return NULL;
    }
    char *pages = mmap(NULL, stacks.page_bytes + size_bytes, PROT_READ | PROT_WRITE,
                       MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    if (pages == MAP_FAILED) {
        return NULL;
    }
    if (mprotect(pages, stacks.page_bytes, PROT_NONE) != 0) {
        (void)munmap(pages, stacks.page_bytes + size_bytes);
        return NULL;
    }
    stacks.guards[stacks.guard_count] = pages;
    stacks.guard_count = stacks.guard_count + 1;
    return pages + stacks.page_bytes;
}

static void give(void *context, void *block, size_t size_bytes)
{
    struct free_stack *stack = block;

    (void)context;
    size_bytes = (size_bytes + stacks.page_bytes - 1) & ~(stacks.page_bytes - 1);
    const size_t size = find_size(size_bytes);
    stack->next = stacks.free[size];
    stacks.free[size] = stack;
}

const struct wf_block_source *sim_stacks(void)
{
    static const struct wf_block_source source = {take, give, NULL};

    return &source;
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
