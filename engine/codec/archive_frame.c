/*
 * The checksum of a frame covers its head too, and lies behind the body, so that one pass over
 * adjacent bytes checks it.
 */
#define ZSTD_STATIC_LINKING_ONLY /* for workspaces that are ours */
#include "engine/codec/archive_frame.h"

#include <zstd.h>

#include "engine/base/hash.h"

#define FRAME_MAGIC UINT32_C(0x66484657) /* "WFHf" */
#define PACK_LEVEL 3
#define WINDOW_LOG                                                                                 \
    20 /* 1 MiB: histories repeat themselves within it, and the workspace stays small */
/*
 * An archive is read far more often than it is written. Without Huffman codes, which the random ids
 * and times of histories gain little from, and without the shortest matches it is unpacked in half
 * the time, for a fifth more bytes.
 */
#define MATCH_BYTES_MIN 6
#define LITERALS_ARE_PACKED ZSTD_ps_disable

/* ---- Frames ---- */

bool wf_frame_head_read(struct wf_string bytes, struct wf_frame_head *head)
{
    if (bytes.size_bytes < WF_FRAME_HEAD_BYTES || wf_load_u32(bytes.data) != FRAME_MAGIC ||
        wf_load_u32(bytes.data + 4) > UINT8_MAX) {
        return false;
    }
    head->kind = (uint8_t)bytes.data[4];
    head->body_bytes = wf_load_u32(bytes.data + 8);
    head->unpacked_bytes = wf_load_u32(bytes.data + 12);
    return head->body_bytes <= WF_ARCHIVE_FRAME_BYTES_MAX &&
           head->unpacked_bytes <= WF_ARCHIVE_FRAME_BYTES_MAX;
}

bool wf_frame_read(struct wf_string frame, struct wf_frame_head *head, struct wf_string *body)
{
    const size_t checked_bytes = frame.size_bytes - WF_FRAME_TAIL_BYTES;

    if (!wf_frame_head_read(frame, head) || wf_frame_bytes(head) != frame.size_bytes) {
        return false;
    }
    *body = (struct wf_string){frame.data + WF_FRAME_HEAD_BYTES, head->body_bytes};
    return wf_load_u64(frame.data + checked_bytes) == wf_hash_bytes(frame.data, checked_bytes);
}

bool wf_frame_split_history(struct wf_string body, struct wf_string *entry,
                            struct wf_string *packed)
{
    uint32_t entry_bytes = 0;

    if (body.size_bytes < sizeof entry_bytes) {
        return false;
    }
    entry_bytes = wf_load_u32(body.data);
    if (entry_bytes > body.size_bytes - sizeof entry_bytes) {
        return false;
    }
    *entry = (struct wf_string){body.data + sizeof entry_bytes, entry_bytes};
    *packed = (struct wf_string){entry->data + entry_bytes,
                                 body.size_bytes - sizeof entry_bytes - entry_bytes};
    return true;
}

size_t wf_frame_begin(struct wf_buffer *out)
{
    const size_t start = out->size_bytes;
    const char head[WF_FRAME_HEAD_BYTES] = {0};

    wf_buffer_append(out, head, sizeof head);
    return start;
}

void wf_frame_end(struct wf_buffer *out, size_t start, enum wf_frame_kind kind,
                  size_t unpacked_bytes)
{
    char checksum[WF_FRAME_TAIL_BYTES];

    if (out->is_full) {
        return;
    }
    wf_store_u32(out->data + start, FRAME_MAGIC);
    wf_store_u32(out->data + start + 4, (uint32_t)kind);
    wf_store_u32(out->data + start + 8, (uint32_t)(out->size_bytes - start - WF_FRAME_HEAD_BYTES));
    wf_store_u32(out->data + start + 12, (uint32_t)unpacked_bytes);
    wf_store_u64(checksum, wf_hash_bytes(out->data + start, out->size_bytes - start));
    wf_buffer_append(out, checksum, sizeof checksum);
}

/* ---- Packing ---- */

struct wf_archive_coder {
    ZSTD_DCtx *unpacker;
    const ZSTD_DDict *unpack_dictionary;
    ZSTD_CCtx *packer; /* NULL: reads only */
    const ZSTD_CDict *pack_dictionary;
};

static bool init_unpacking(struct wf_archive_coder *coder, struct wf_arena *arena)
{
    const size_t context_bytes = ZSTD_estimateDCtxSize();
    const size_t dictionary_bytes = ZSTD_estimateDDictSize(wf_dictionary_bytes, ZSTD_dlm_byRef);
    void *context = wf_arena_take(arena, context_bytes);
    void *dictionary = wf_arena_take(arena, dictionary_bytes);

    if (context == NULL || dictionary == NULL) {
        return false;
    }
    coder->unpacker = ZSTD_initStaticDCtx(context, context_bytes);
    coder->unpack_dictionary = ZSTD_initStaticDDict(dictionary, dictionary_bytes, wf_dictionary,
                                                    wf_dictionary_bytes, ZSTD_dlm_byRef,
                                                    ZSTD_dct_fullDict);
    return coder->unpacker != NULL && coder->unpack_dictionary != NULL;
}

static bool init_packing(struct wf_archive_coder *coder, struct wf_arena *arena)
{
    ZSTD_compressionParameters parameters = ZSTD_getCParams(PACK_LEVEL, 0, wf_dictionary_bytes);
    size_t context_bytes = 0;
    size_t dictionary_bytes = 0;
    void *context = NULL;
    void *dictionary = NULL;

    parameters.windowLog = WINDOW_LOG;
    parameters.minMatch = MATCH_BYTES_MIN;
    context_bytes = ZSTD_estimateCCtxSize_usingCParams(parameters);
    dictionary_bytes = ZSTD_estimateCDictSize_advanced(wf_dictionary_bytes, parameters,
                                                       ZSTD_dlm_byRef);
    context = wf_arena_take(arena, context_bytes);
    dictionary = wf_arena_take(arena, dictionary_bytes);
    if (context == NULL || dictionary == NULL) {
        return false;
    }
    coder->packer = ZSTD_initStaticCCtx(context, context_bytes);
    coder->pack_dictionary = ZSTD_initStaticCDict(dictionary, dictionary_bytes, wf_dictionary,
                                                  wf_dictionary_bytes, ZSTD_dlm_byRef,
                                                  ZSTD_dct_fullDict, parameters);
    return coder->packer != NULL && coder->pack_dictionary != NULL &&
           !ZSTD_isError(ZSTD_CCtx_setParameter(coder->packer, ZSTD_c_literalCompressionMode, LITERALS_ARE_PACKED)) &&
           !ZSTD_isError(ZSTD_CCtx_refCDict(coder->packer, coder->pack_dictionary));
}

struct wf_archive_coder *wf_archive_coder_new(struct wf_arena *arena, bool can_pack)
{
    struct wf_archive_coder *coder = WF_ARENA_NEW(arena, struct wf_archive_coder);

    if (coder == NULL || !init_unpacking(coder, arena) ||
        (can_pack && !init_packing(coder, arena))) {
        return NULL;
    }
    return coder;
}

enum wf_status wf_archive_pack(struct wf_archive_coder *coder, struct wf_string bytes,
                               struct wf_buffer *out, struct wf_error *err)
{
    const size_t room = ZSTD_compressBound(bytes.size_bytes);
    char *to = wf_buffer_reserve(out, room);
    size_t packed_bytes = 0;

    if (to == NULL) {
        return wf_fail_status(err, WF_ERR_MEMORY, "no memory left for the archive");
    }
    packed_bytes = ZSTD_compress2(coder->packer, to, room, bytes.data, bytes.size_bytes);
    if (ZSTD_isError(packed_bytes)) {
        return wf_fail_status(err, WF_ERR_MEMORY, "zstd cannot pack %zu bytes: %s",
                              bytes.size_bytes, ZSTD_getErrorName(packed_bytes));
    }
    out->size_bytes += packed_bytes;
    return WF_OK;
}

enum wf_status wf_archive_unpack(struct wf_archive_coder *coder, struct wf_string packed, char *to,
                                 size_t unpacked_bytes, struct wf_error *err)
{
    const unsigned dictionary_id = ZSTD_getDictID_fromFrame(packed.data, packed.size_bytes);
    size_t result = 0;

    if (dictionary_id != WF_DICTIONARY_ID && dictionary_id != 0) {
        return wf_fail_status(err, WF_ERR_UNSUPPORTED,
                              "packed with dictionary %u, which this version does not have",
                              dictionary_id);
    }
    result = ZSTD_decompress_usingDDict(coder->unpacker, to, unpacked_bytes, packed.data,
                                        packed.size_bytes, coder->unpack_dictionary);
    if (ZSTD_isError(result)) {
        return wf_fail_status(err, WF_ERR_CORRUPT, "the packed data are damaged: %s",
                              ZSTD_getErrorName(result));
    }
    if (result != unpacked_bytes) {
        return wf_fail_status(err, WF_ERR_CORRUPT, "%zu bytes unpacked where %zu were said", result,
                              unpacked_bytes);
    }
    return WF_OK;
}
