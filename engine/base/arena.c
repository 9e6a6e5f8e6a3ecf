/*
 * An arena is a stack of blocks. A piece starts at the next aligned byte of the top block; when it does not fit, a new
 * block goes on top and the rest of the old one is left unused, so that a mark is one pointer into one block.
 *
 * Most pieces are small and want zeroed memory, so that memory is zeroed for many of them at once, ahead of the top.
 *
 * Under address sanitizer the free part of every block is poisoned and each piece is followed by a red zone, so that a
 * read past a piece, or of a piece that was forgotten, is reported as if it were a heap object.
 */
#include "engine/base/arena.h"

#include <stdlib.h>
#include <string.h>

#include "engine/base/assert.h"

#if defined(__has_feature)
#if __has_feature(address_sanitizer)
#define WF_ARENA_POISONS 1
#endif
#endif
#if defined(__SANITIZE_ADDRESS__) && !defined(WF_ARENA_POISONS)
#define WF_ARENA_POISONS 1
#endif

#if defined(WF_ARENA_POISONS)
#include <sanitizer/asan_interface.h>
/* The sanitizer tracks runs of eight bytes, whose first part alone can be addressable. */
#define TEXT_ALIGNMENT ((size_t)8)
#define RED_ZONE_BYTES ((size_t)16)
#else
#define TEXT_ALIGNMENT ((size_t)1)
#define RED_ZONE_BYTES ((size_t)0)
#endif

#define ZEROED_AHEAD_BYTES ((size_t)512)

struct wf_arena_block {
    struct wf_arena_block *older;
    size_t size_bytes; /* as taken from the source, this header included */
    char *used_end;    /* set when a newer block covers this one */
    uint64_t reserved; /* keeps the first piece aligned to 16 */
};

_Static_assert(sizeof(struct wf_arena_block) % 16 == 0, "the first piece of a block is aligned");

static void poison(const void *from, size_t size_bytes)
{
#if defined(WF_ARENA_POISONS)
    __asan_poison_memory_region(from, size_bytes);
#else
    (void)from;
    (void)size_bytes;
#endif
}

static void unpoison(const void *from, size_t size_bytes)
{
#if defined(WF_ARENA_POISONS)
    __asan_unpoison_memory_region(from, size_bytes);
#else
    (void)from;
    (void)size_bytes;
#endif
}

static char *block_start(struct wf_arena_block *block)
{
    return (char *)block + sizeof *block;
}

/* Makes a block the top of the stack, with everything from `next` on unused. */
static void use_block(struct wf_arena *arena, struct wf_arena_block *block, char *next)
{
    arena->block = block;
    arena->next = next;
    arena->end = (char *)block + block->size_bytes;
    arena->zeroed_end = next;
    poison(next, (size_t)(arena->end - next));
}

static void give_top_block(struct wf_arena *arena)
{
    struct wf_arena_block *block = arena->block;
    const size_t size_bytes = block->size_bytes;

    arena->block = block->older;
    arena->used_bytes -= size_bytes;
    unpoison(block, size_bytes);
    arena->source->give(arena->source->context, block, size_bytes);
}

void wf_arena_init(struct wf_arena *arena, const struct wf_block_source *source, size_t limit_bytes)
{
    WF_ASSERT(source != NULL);
    memset(arena, 0, sizeof *arena);
    arena->source = source;
    arena->limit_bytes = limit_bytes == 0 ? SIZE_MAX : limit_bytes;
}

static void *refuse_block(void *context, size_t size_bytes)
{
    (void)context;
    (void)size_bytes;
    return NULL;
}

static const struct wf_block_source no_blocks = {refuse_block, NULL, NULL};

void wf_arena_init_fixed(struct wf_arena *arena, void *memory, size_t size_bytes)
{
    WF_ASSERT((uintptr_t)memory % WF_ARENA_ALIGNMENT == 0);
    wf_arena_init(arena, &no_blocks, 0);
    arena->next = memory;
    arena->end = arena->next + size_bytes;
    arena->zeroed_end = arena->next;
}

void wf_arena_deinit(struct wf_arena *arena)
{
    while (arena->block != NULL) {
        give_top_block(arena);
    }
    WF_ASSERT(arena->used_bytes == 0);
    arena->next = NULL;
    arena->end = NULL;
    arena->zeroed_end = NULL;
    arena->is_full = false;
    arena->is_at_limit = false;
}

/* Gives back all blocks but the oldest, and empties that one. */
static void keep_first_block(struct wf_arena *arena)
{
    if (arena->block == NULL) {
        return;
    }
    while (arena->block->older != NULL) {
        give_top_block(arena);
    }
    use_block(arena, arena->block, block_start(arena->block));
}

void wf_arena_reset(struct wf_arena *arena)
{
    keep_first_block(arena);
    arena->is_full = false;
    arena->is_at_limit = false;
}

/* Puts a block on top with room for a piece of size_bytes, which was checked not to overflow. */
static bool push_block(struct wf_arena *arena, size_t size_bytes)
{
    const size_t needed = sizeof(struct wf_arena_block) + size_bytes + RED_ZONE_BYTES;
    const size_t block_bytes = needed > WF_ARENA_BLOCK_BYTES ? needed : WF_ARENA_BLOCK_BYTES;
    struct wf_arena_block *block = NULL;

    if (block_bytes > arena->limit_bytes || arena->used_bytes > arena->limit_bytes - block_bytes) {
        arena->is_at_limit = true;
        return false;
    }
    block = arena->source->take(arena->source->context, block_bytes);
    if (block == NULL) {
        return false;
    }
    WF_ASSERT((uintptr_t)block % WF_ARENA_ALIGNMENT == 0);
    if (arena->block != NULL) {
        arena->block->used_end = arena->next;
    }
    block->older = arena->block;
    block->size_bytes = block_bytes;
    arena->used_bytes += block_bytes;
    use_block(arena, block, block_start(block));
    return true;
}

static inline bool has_room(const struct wf_arena *arena, size_t padding, size_t size_bytes)
{
    return arena->next != NULL &&
           (size_t)(arena->end - arena->next) >= padding + size_bytes + RED_ZONE_BYTES;
}

static inline char *take_piece(struct wf_arena *arena, size_t size_bytes, size_t alignment)
{
    size_t padding = (size_t)(-(uintptr_t)arena->next & (alignment - 1));
    char *piece = NULL;

    if (size_bytes > SIZE_MAX / 2) {
        arena->is_full = true;
        return NULL;
    }
    if (!has_room(arena, padding, size_bytes)) {
        if (!push_block(arena, size_bytes)) {
            arena->is_full = true;
            return NULL;
        }
        padding = 0;
    }
    piece = arena->next + padding;
    arena->next = piece + size_bytes + RED_ZONE_BYTES;
    unpoison(piece, size_bytes);
    return piece;
}

/* How much of what is free is zeroed with a piece before it: nothing that is poisoned. */
static size_t ahead_bytes(size_t free_bytes)
{
#if defined(WF_ARENA_POISONS)
    (void)free_bytes;
    return 0;
#else
    return free_bytes < ZEROED_AHEAD_BYTES ? free_bytes : ZEROED_AHEAD_BYTES;
#endif
}

/* Zeroes what of the top piece is not zeroed yet, and some free memory behind it. */
static void zero_top(struct wf_arena *arena, char *piece, size_t size_bytes)
{
    char *from = arena->zeroed_end > piece ? arena->zeroed_end : piece;
    char *to = piece + size_bytes + ahead_bytes((size_t)(arena->end - arena->next));

    memset(from, 0, (size_t)(to - from));
    arena->zeroed_end = to;
}

void *wf_arena_take_zeroing(struct wf_arena *arena, size_t size_bytes)
{
    char *piece = take_piece(arena, size_bytes, WF_ARENA_ALIGNMENT);

    if (piece != NULL && piece + size_bytes > arena->zeroed_end) {
        zero_top(arena, piece, size_bytes);
    }
    return piece;
}

void *wf_arena_take_unset(struct wf_arena *arena, size_t size_bytes)
{
    return take_piece(arena, size_bytes, WF_ARENA_ALIGNMENT);
}

void *wf_arena_take_array(struct wf_arena *arena, size_t count, size_t size_bytes)
{
    if (size_bytes != 0 && count > SIZE_MAX / size_bytes) {
        arena->is_full = true;
        return NULL;
    }
    return wf_arena_take(arena, count * size_bytes);
}

char *wf_arena_take_text(struct wf_arena *arena, size_t size_bytes)
{
    return take_piece(arena, size_bytes, TEXT_ALIGNMENT);
}

bool wf_arena_extend(struct wf_arena *arena, void *piece, size_t old_bytes, size_t new_bytes)
{
    char *start = piece;

    WF_ASSERT(new_bytes >= old_bytes);
    if (start == NULL || start + old_bytes + RED_ZONE_BYTES != arena->next) {
        return false;
    }
    if ((size_t)(arena->end - arena->next) < new_bytes - old_bytes) {
        return false;
    }
    arena->next = start + new_bytes + RED_ZONE_BYTES;
    unpoison(start, new_bytes);
    return true;
}

struct wf_arena_mark wf_arena_mark(const struct wf_arena *arena)
{
    return (struct wf_arena_mark){arena->block, arena->next};
}

void wf_arena_rewind(struct wf_arena *arena, struct wf_arena_mark mark)
{
    if (mark.block == NULL) {
        keep_first_block(arena);
        return;
    }
    while (arena->block != mark.block) {
        WF_ASSERT(arena->block != NULL);
        give_top_block(arena);
    }
    use_block(arena, mark.block, mark.next);
}

size_t wf_arena_size_bytes(const struct wf_arena *arena)
{
    size_t size_bytes = 0;
    struct wf_arena_block *block = arena->block;

    if (block == NULL) {
        return 0;
    }
    size_bytes = (size_t)(arena->next - block_start(block));
    for (block = block->older; block != NULL; block = block->older) {
        size_bytes += (size_t)(block->used_end - block_start(block));
    }
    return size_bytes;
}

static void *system_take(void *context, size_t size_bytes)
{
    (void)context;
    return malloc(size_bytes);
}

static void system_give(void *context, void *block, size_t size_bytes)
{
    (void)context;
    (void)size_bytes;
    free(block);
}

static const struct wf_block_source system_blocks = {system_take, system_give, NULL};

const struct wf_block_source *wf_system_blocks(void)
{
    return &system_blocks;
}
