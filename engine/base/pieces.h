/*
 * Pieces that come and go inside an arena: sizes are rounded up to powers of two, and a piece given back is handed out again
 * for the next of its size. The arena frees them all at once.
 */
#ifndef WF_ENGINE_BASE_PIECES_H
#define WF_ENGINE_BASE_PIECES_H

#include <stddef.h>

#define WF_PIECES_CLASS_COUNT 20
#define WF_PIECES_BYTES_MIN ((size_t)64)

struct wf_arena;
struct wf_free_piece;

struct wf_pieces {
    struct wf_arena *arena;
    struct wf_free_piece *free[WF_PIECES_CLASS_COUNT]; /* of 64, 128, ... bytes */
};

void wf_pieces_init(struct wf_pieces *pieces, struct wf_arena *arena);

/* A zeroed piece aligned to 16; NULL when the arena is full or the size is above the largest class. */
void *wf_pieces_take(struct wf_pieces *pieces, size_t size_bytes);

/* Gives back a piece with the size that it was taken with. */
void wf_pieces_give(struct wf_pieces *pieces, void *piece, size_t size_bytes);

#endif
