/*
 * Each class is a stack of pieces that were given back, and a block of the source from which new
 * ones are cut; the first 16 bytes of a block link it to the others. A piece too large for the
 * classes is a block of its own with links in front, so that forgetting a slab forgets it, too.
 */
#include "engine/base/slab.h"

#include <string.h>

#include "engine/base/assert.h"

#define CHUNK_HEADER_BYTES ((size_t)16)

struct wf_slab_piece {
    struct wf_slab_piece *next;
};

struct chunk {
    struct chunk *next;
};

/* In front of a large piece. */
struct wf_slab_large {
    struct wf_slab_large *next;
    struct wf_slab_large *previous;
    size_t size_bytes; /* as taken from the source */
    size_t reserved;
};

_Static_assert(sizeof(struct wf_slab_large) % 16 == 0, "a large piece is aligned");
_Static_assert(sizeof(struct chunk) <= CHUNK_HEADER_BYTES, "the link fits before the first piece");

void wf_slabs_init(struct wf_slabs *slabs, const struct wf_block_source *source)
{
    WF_ASSERT(source != NULL);
    memset(slabs, 0, sizeof *slabs);
    slabs->source = source;
}

void wf_slabs_deinit(struct wf_slabs *slabs)
{
    struct chunk *chunk = slabs->chunks;

    while (chunk != NULL) {
        struct chunk *const next = chunk->next;

        slabs->source->give(slabs->source->context, chunk, WF_ARENA_BLOCK_BYTES);
        chunk = next;
    }
    while (slabs->large != NULL) {
        struct wf_slab_large *const large = slabs->large;

        slabs->large = large->next;
        slabs->source->give(slabs->source->context, large, large->size_bytes);
    }
    memset(slabs->free, 0, sizeof slabs->free);
    memset(slabs->fresh, 0, sizeof slabs->fresh);
    slabs->chunks = NULL;
}

static size_t class_of(size_t size_bytes)
{
    /* How often the smallest size doubles until it is enough. */
    return size_bytes <= WF_SLAB_BYTES_MIN
               ? 0
               : 64 - (size_t)__builtin_clzll((size_bytes - 1) / WF_SLAB_BYTES_MIN);
}

/* Begins a block for a class whose stack and last block are used up. */
static bool begin_block(struct wf_slabs *slabs, size_t index)
{
    char *block = slabs->source->take(slabs->source->context, WF_ARENA_BLOCK_BYTES);

    if (block == NULL) {
        return false;
    }
    ((struct chunk *)(void *)block)->next = slabs->chunks;
    slabs->chunks = block;
    slabs->fresh[index].next = block + CHUNK_HEADER_BYTES;
    slabs->fresh[index].end = block + WF_ARENA_BLOCK_BYTES;
    return true;
}

/* The next piece of the class's block that was never used, NULL when there is none. */
static void *take_fresh(struct wf_slabs *slabs, size_t index)
{
    const size_t piece_bytes = WF_SLAB_BYTES_MIN << index;
    char *piece = slabs->fresh[index].next;

    if ((size_t)(slabs->fresh[index].end - piece) < piece_bytes) {
        return NULL;
    }
    slabs->fresh[index].next = piece + piece_bytes;
    return piece;
}

static void *take_piece(struct wf_slabs *slabs, size_t index)
{
    struct wf_slab_piece *piece = slabs->free[index];

    if (piece != NULL) {
        slabs->free[index] = piece->next;
        return piece;
    }
    piece = take_fresh(slabs, index);
    return piece != NULL || !begin_block(slabs, index) ? piece : take_fresh(slabs, index);
}

static void *take_large(struct wf_slabs *slabs, size_t size_bytes)
{
    const size_t total_bytes = sizeof(struct wf_slab_large) + size_bytes;
    struct wf_slab_large *large = total_bytes < size_bytes
                                      ? NULL
                                      : slabs->source->take(slabs->source->context, total_bytes);

    if (large == NULL) {
        return NULL;
    }
    *large = (struct wf_slab_large){.next = slabs->large, .size_bytes = total_bytes};
    if (slabs->large != NULL) {
        slabs->large->previous = large;
    }
    slabs->large = large;
    return large + 1;
}

static void give_large(struct wf_slabs *slabs, void *piece)
{
    struct wf_slab_large *large = (struct wf_slab_large *)piece - 1;

    if (large->previous == NULL) {
        slabs->large = large->next;
    } else {
        large->previous->next = large->next;
    }
    if (large->next != NULL) {
        large->next->previous = large->previous;
    }
    slabs->source->give(slabs->source->context, large, large->size_bytes);
}

void *wf_slab_take_unset(struct wf_slabs *slabs, size_t size_bytes)
{
    const size_t index = size_bytes > WF_SLAB_BYTES_MAX ? WF_SLAB_CLASS_COUNT
                                                        : class_of(size_bytes);
    void *piece = index == WF_SLAB_CLASS_COUNT ? take_large(slabs, size_bytes)
                                               : take_piece(slabs, index);

    slabs->is_full = slabs->is_full || piece == NULL;
    return piece;
}

void *wf_slab_take(struct wf_slabs *slabs, size_t size_bytes)
{
    void *piece = wf_slab_take_unset(slabs, size_bytes);

    if (piece != NULL) {
        memset(piece, 0, size_bytes);
    }
    return piece;
}

void wf_slab_give(struct wf_slabs *slabs, void *piece, size_t size_bytes)
{
    struct wf_slab_piece *freed = piece;
    size_t index = 0;

    if (piece == NULL) {
        return;
    }
    if (size_bytes > WF_SLAB_BYTES_MAX) {
        give_large(slabs, piece);
        return;
    }
    index = class_of(size_bytes);
    freed->next = slabs->free[index];
    slabs->free[index] = freed;
}
