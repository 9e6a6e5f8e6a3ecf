/*
 * Pieces of memory of a few sizes, reused as soon as they are given back: for records that come and
 * go with every request, whose owner lives too long for an arena.
 */
#ifndef WF_ENGINE_BASE_SLAB_H
#define WF_ENGINE_BASE_SLAB_H

#include <stdbool.h>
#include <stddef.h>

#include "engine/base/arena.h"

#define WF_SLAB_CLASS_COUNT 10
#define WF_SLAB_BYTES_MIN ((size_t)32)
#define WF_SLAB_BYTES_MAX (WF_SLAB_BYTES_MIN << (WF_SLAB_CLASS_COUNT - 1))

struct wf_slab_piece;
struct wf_slab_large;

struct wf_slabs {
    const struct wf_block_source *source;
    struct wf_slab_piece *free[WF_SLAB_CLASS_COUNT]; /* of 32, 64, ... 16384 bytes */
    struct {
        char *next;
        char *end;
    } fresh[WF_SLAB_CLASS_COUNT]; /* what is left of the last block of each class */
    void *chunks;                 /* every block cut into pieces, linked */
    struct wf_slab_large *large;  /* pieces that are blocks of their own */
    bool is_full;                 /* a take failed */
};

void wf_slabs_init(struct wf_slabs *slabs, const struct wf_block_source *source);

/* Gives every block back, and with them every piece. */
void wf_slabs_deinit(struct wf_slabs *slabs);

/* A zeroed piece aligned to 16; more than WF_SLAB_BYTES_MAX comes from the source itself. NULL when
 * memory is gone. */
void *wf_slab_take(struct wf_slabs *slabs, size_t size_bytes);

/* As wf_slab_take without zeroing: for memory that is written before it is read. */
void *wf_slab_take_unset(struct wf_slabs *slabs, size_t size_bytes);

/* Gives back a piece with the size that it was taken with; NULL is allowed. */
void wf_slab_give(struct wf_slabs *slabs, void *piece, size_t size_bytes);

#endif
