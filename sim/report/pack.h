/*
 * Numbers and texts in a row of bytes, for what a child tells the supervisor. Both ends are the same program, so the form has no
 * version. A reader that has failed stays failed and gives zeros and empty texts: read all, then look once.
 */
#ifndef WF_SIM_REPORT_PACK_H
#define WF_SIM_REPORT_PACK_H

#include <stdbool.h>
#include <stdint.h>

#include "engine/base/arena.h"
#include "engine/base/bytes.h"

void sim_pack_number(struct wf_buffer *out, uint64_t value);
void sim_pack_text(struct wf_buffer *out, struct wf_string text);

/* A terminated text; NULL is packed as an empty one. */
void sim_pack_code(struct wf_buffer *out, const char *code);

struct sim_unpacker {
    struct wf_arena *arena;
    struct wf_string rest;
    bool has_failed;
};

uint64_t sim_unpack_number(struct sim_unpacker *unpacker);

/* A slice of the bytes. */
struct wf_string sim_unpack_text(struct sim_unpacker *unpacker);

/* A terminated copy in the arena; NULL for an empty one. */
const char *sim_unpack_code(struct sim_unpacker *unpacker);

/* A zeroed array for a count that the bytes claim; each item takes at least item_bytes_min of them. */
void *sim_unpack_array(struct sim_unpacker *unpacker, uint32_t *count, size_t size_bytes, size_t item_bytes_min);

/* Everything was read, and nothing failed. */
bool sim_unpack_is_whole(const struct sim_unpacker *unpacker);

#endif
