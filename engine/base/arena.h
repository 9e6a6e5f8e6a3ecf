/*
 * Bump allocation by lifetime. An arena takes blocks from a block source, hands out pieces, and gives everything back at
 * once. Only block sources call the system; see wf_system_blocks and the simulator's pool.
 */
#ifndef WF_ENGINE_BASE_ARENA_H
#define WF_ENGINE_BASE_ARENA_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define WF_ARENA_BLOCK_BYTES ((size_t)64 * 1024)

/*
 * Where arenas get memory. `take` returns a block of at least size_bytes, aligned to 16, or NULL; `give` takes one back.
 * A source outlives every arena that uses it.
 */
struct wf_block_source {
    void *(*take)(void *context, size_t size_bytes);
    void (*give)(void *context, void *block, size_t size_bytes);
    void *context;
};

struct wf_arena_block;

struct wf_arena {
    const struct wf_block_source *source;
    struct wf_arena_block *block; /* the current one; older ones behind it */
    char *next;                   /* first free byte of the current block */
    char *end;
    char *zeroed_end;   /* what is free before it is zeroed; before `next`: nothing is */
    size_t used_bytes;  /* taken from the source */
    size_t limit_bytes; /* used_bytes never exceeds it */
    bool is_full;       /* an allocation failed since the last reset */
    bool is_at_limit;   /* one failed for the limit, not for the source */
};

/* Takes nothing from the source yet. limit_bytes 0: no limit of its own. */
void wf_arena_init(struct wf_arena *arena, const struct wf_block_source *source, size_t limit_bytes);

/*
 * An arena in memory of the caller, aligned to 16, which never grows: for records that hold a whole message in one piece.
 * Its `next` tells how much of the memory is used. There is nothing to deinit.
 */
void wf_arena_init_fixed(struct wf_arena *arena, void *memory, size_t size_bytes);

/* Gives every block back. The arena may be used again. */
void wf_arena_deinit(struct wf_arena *arena);

/* Forgets every piece but keeps the first block, so that a loop takes nothing from the source. */
void wf_arena_reset(struct wf_arena *arena);

#define WF_ARENA_ALIGNMENT ((size_t)16)

/* wf_arena_take for what does not lie in memory that is zeroed already. */
void *wf_arena_take_zeroing(struct wf_arena *arena, size_t size_bytes);

/* Zeroed memory aligned to 16; NULL when the limit or the source is exhausted. size_bytes may be 0. */
static inline void *wf_arena_take(struct wf_arena *arena, size_t size_bytes)
{
    const size_t padding = -(uintptr_t)arena->next & (WF_ARENA_ALIGNMENT - 1);

    if (size_bytes < PTRDIFF_MAX - padding && arena->zeroed_end - arena->next > (ptrdiff_t)(padding + size_bytes)) {
        char *piece = arena->next + padding;

        arena->next = piece + size_bytes;
        return piece;
    }
    return wf_arena_take_zeroing(arena, size_bytes);
}

/* As wf_arena_take without zeroing: for memory that is written before it is read. */
void *wf_arena_take_unset(struct wf_arena *arena, size_t size_bytes);

/* count * size_bytes, checked. */
void *wf_arena_take_array(struct wf_arena *arena, size_t count, size_t size_bytes);

/* As wf_arena_take without zeroing, and aligned to 1: for text. */
char *wf_arena_take_text(struct wf_arena *arena, size_t size_bytes);

/*
 * Grows a piece where it lies; false, and nothing changed, when it is not the last one or its block has no room. The new
 * bytes are not zeroed.
 */
bool wf_arena_extend(struct wf_arena *arena, void *piece, size_t old_bytes, size_t new_bytes);

#define WF_ARENA_NEW(arena, type) ((type *)wf_arena_take((arena), sizeof(type)))

/*
 * A point to come back to: everything taken after the mark is forgotten by wf_arena_rewind.
 */
struct wf_arena_mark {
    struct wf_arena_block *block;
    char *next;
};
struct wf_arena_mark wf_arena_mark(const struct wf_arena *arena);
void wf_arena_rewind(struct wf_arena *arena, struct wf_arena_mark mark);

/* Bytes handed out since the last reset, all blocks. */
size_t wf_arena_size_bytes(const struct wf_arena *arena);

/* The source that calls malloc and free. For set-up and for tools, never inside a replay or simulation loop. */
const struct wf_block_source *wf_system_blocks(void);

#endif
