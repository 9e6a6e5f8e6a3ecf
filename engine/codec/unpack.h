/*
 * Undoing gzip and zstd around a file, in bounded memory.
 */
#ifndef WF_ENGINE_CODEC_UNPACK_H
#define WF_ENGINE_CODEC_UNPACK_H

#include "engine/base/arena.h"
#include "engine/base/bytes.h"
#include "engine/base/status.h"

bool wf_is_gzip(struct wf_string bytes);
bool wf_is_zstd(struct wf_string bytes);

/*
 * Unpacks into the arena, all members or frames that follow one another.
 *
 * Errors: WF_ERR_CORRUPT, WF_ERR_LIMIT when more than limit_bytes come out, WF_ERR_MEMORY.
 */
enum wf_status wf_unpack_gzip(struct wf_arena *arena, struct wf_string packed, size_t limit_bytes,
                              struct wf_string *unpacked, struct wf_error *err);
enum wf_status wf_unpack_zstd(struct wf_arena *arena, struct wf_string packed, size_t limit_bytes,
                              struct wf_string *unpacked, struct wf_error *err);

#endif
