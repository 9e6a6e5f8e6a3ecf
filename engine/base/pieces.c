/* A free list a size class; new pieces are cut from the arena one at a time. */
#include "engine/base/pieces.h"

#include <string.h>

#include "engine/base/arena.h"
#include "engine/base/assert.h"

struct wf_free_piece {
    struct wf_free_piece *next;
};

void wf_pieces_init(struct wf_pieces *pieces, struct wf_arena *arena)
{
    memset(pieces, 0, sizeof *pieces);
    pieces->arena = arena;
}

static size_t class_of(size_t size_bytes)
{
    size_t class = 0;

    while (class < WF_PIECES_CLASS_COUNT && (WF_PIECES_BYTES_MIN << class) < size_bytes) {
        class++;
    }
    return class;
}

void *wf_pieces_take(struct wf_pieces *pieces, size_t size_bytes)
{
    const size_t class = class_of(size_bytes);
    struct wf_free_piece *piece = NULL;

    if (class == WF_PIECES_CLASS_COUNT) {
        return NULL;
    }
    piece = pieces->free[class];
    if (piece == NULL) {
        return wf_arena_take(pieces->arena, WF_PIECES_BYTES_MIN << class);
    }
    pieces->free[class] = piece->next;
    memset(piece, 0, WF_PIECES_BYTES_MIN << class);
    return piece;
}

void wf_pieces_give(struct wf_pieces *pieces, void *piece, size_t size_bytes)
{
    const size_t class = class_of(size_bytes);
    struct wf_free_piece *freed = piece;

    WF_ASSERT(class < WF_PIECES_CLASS_COUNT);
    if (freed == NULL) {
        return;
    }
    freed->next = pieces->free[class];
    pieces->free[class] = freed;
}
