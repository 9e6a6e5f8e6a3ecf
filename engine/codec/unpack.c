/*
 * Both libraries work from the arena through their allocation hooks. The output goes into one piece of its exact size: as the
 * format tells, or, where it tells nothing or what is not so, as a first pass over the input counts. So a bomb is refused
 * before its output takes memory, and nothing is copied or kept twice.
 */
#define ZLIB_CONST               /* const input */
#define ZSTD_STATIC_LINKING_ONLY /* for ZSTD_customMem */
#include "engine/codec/unpack.h"

#include <zlib.h>
#include <zstd.h>

#define COUNTED_BYTES ((size_t)64 * 1024) /* a step of a pass that only counts */
#define STEP_BYTES_MAX ((size_t)1 << 30)  /* zlib counts in unsigned int */
#define GZIP_RATIO_MAX 1032                    /* what deflate can reach */
#define GZIP_BYTES_MIN 18                      /* header and trailer */
#define GZIP_WINDOW_BITS (15 + 16)             /* 16: gzip, not zlib */
#define ZSTD_WINDOW_LOG_MAX 27                 /* 128 MiB, what zstd itself accepts by default */

bool wf_is_gzip(struct wf_string bytes)
{
    return bytes.size_bytes >= 2 && memcmp(bytes.data, "\x1f\x8b", 2) == 0;
}

bool wf_is_zstd(struct wf_string bytes)
{
    return bytes.size_bytes >= 4 && wf_load_u32(bytes.data) == ZSTD_MAGICNUMBER;
}

static enum wf_status too_large(struct wf_error *err, const char *format, size_t limit_bytes)
{
    return wf_fail_status(err, WF_ERR_LIMIT, "the %s data unpacks to more than %zu bytes; if it should, unpack it first",
                          format, limit_bytes);
}

static enum wf_status no_memory(struct wf_error *err, const char *format)
{
    return wf_fail_status(err, WF_ERR_MEMORY, "no memory left to unpack the %s data", format);
}

/* Where output goes. Without `keeps` it is only counted, in a piece that each step writes over. */
struct output {
    char *data;
    size_t capacity_bytes;
    size_t size_bytes;
    size_t limit_bytes; /* passed by one byte at least when there is more */
    bool keeps;
};

static bool begin_counting(struct output *out, struct wf_arena *arena, size_t limit_bytes)
{
    *out = (struct output){.capacity_bytes = COUNTED_BYTES, .limit_bytes = limit_bytes};
    out->data = wf_arena_take_text(arena, out->capacity_bytes);
    return out->data != NULL;
}

static bool begin_keeping(struct output *out, struct wf_arena *arena, size_t size_bytes)
{
    *out = (struct output){.capacity_bytes = size_bytes + 1, .limit_bytes = size_bytes, .keeps = true};
    out->data = wf_arena_take_text(arena, out->capacity_bytes);
    return out->data != NULL;
}

static size_t room_bytes(const struct output *out)
{
    const size_t room = out->keeps ? out->capacity_bytes - out->size_bytes : out->capacity_bytes;

    return room < STEP_BYTES_MAX ? room : STEP_BYTES_MAX;
}

static char *room(const struct output *out)
{
    return out->keeps ? out->data + out->size_bytes : out->data;
}

/* ---- gzip ---- */

static void *zlib_take(void *arena, unsigned int count, unsigned int size_bytes)
{
    return wf_arena_take_array(arena, count, size_bytes);
}

static void zlib_give(void *arena, void *piece)
{
    (void)arena;
    (void)piece;
}

/* The trailer holds the size of the last member modulo 2^32; most files have one member. */
static size_t gzip_size_hint(struct wf_string packed, size_t limit_bytes)
{
    size_t hint = 0;

    if (packed.size_bytes < GZIP_BYTES_MIN) {
        return 0;
    }
    hint = wf_load_u32(packed.data + packed.size_bytes - sizeof(uint32_t));
    return hint <= limit_bytes && hint / GZIP_RATIO_MAX <= packed.size_bytes ? hint : 0;
}

/* Until the member ends or something is wrong. */
static enum wf_status inflate_member(z_stream *stream, struct wf_string packed, struct output *out, struct wf_error *err)
{
    int result = Z_OK;

    while (result != Z_STREAM_END) {
        const unsigned char *next = stream->next_in;
        const size_t left = (size_t)((const unsigned char *)(const void *)packed.data +
                                     packed.size_bytes - next);

        if (out->size_bytes > out->limit_bytes) {
            return too_large(err, "gzip", out->limit_bytes);
        }
        const size_t room_before = room_bytes(out);
        stream->avail_in = (uInt)(left < STEP_BYTES_MAX ? left : STEP_BYTES_MAX);
        stream->avail_out = (uInt)room_before;
        stream->next_out = (void *)room(out);
        result = inflate(stream, Z_NO_FLUSH);
        out->size_bytes += room_before - stream->avail_out;
        if (result == Z_MEM_ERROR) {
            return no_memory(err, "gzip");
        }
        if (result != Z_OK && result != Z_STREAM_END && !(result == Z_BUF_ERROR && left > 0)) {
            return wf_fail_at(err, WF_ERR_CORRUPT,
                              (const char *)(const void *)stream->next_in - packed.data, "%s",
                              result == Z_BUF_ERROR ? "the gzip data ends early"
                                                    : "the gzip data is damaged");
        }
    }
    return out->size_bytes > out->limit_bytes ? too_large(err, "gzip", out->limit_bytes) : WF_OK;
}

/* Zeros may fill up a file, as gzip has it; anything else behind the last member is a loss that must be told. */
static enum wf_status check_rest(const unsigned char *at, struct wf_string packed, struct wf_error *err)
{
    const unsigned char *start = (const void *)packed.data;

    for (const unsigned char *end = start + packed.size_bytes; at < end; at++) {
        if (*at != 0) {
            return wf_fail_at(err, WF_ERR_CORRUPT, at - start, "what follows the gzip data here is none");
        }
    }
    return WF_OK;
}

/* Members follow one another. */
static enum wf_status inflate_all(z_stream *stream, struct wf_string packed, struct output *out, struct wf_error *err)
{
    const unsigned char *end = (const unsigned char *)(const void *)packed.data + packed.size_bytes;
    enum wf_status status = WF_OK;

    stream->next_in = (const void *)packed.data;
    do {
        if (inflateReset(stream) != Z_OK) {
            return no_memory(err, "gzip");
        }
        status = inflate_member(stream, packed, out, err);
    } while (status == WF_OK && end - stream->next_in >= 2 && memcmp(stream->next_in, "\x1f\x8b", 2) == 0);
    return status == WF_OK ? check_rest(stream->next_in, packed, err) : status;
}

static enum wf_status unpack_gzip(z_stream *stream, struct wf_arena *arena, struct wf_string packed, size_t limit_bytes,
                                  struct output *out, struct wf_error *err)
{
    const size_t hint_bytes = gzip_size_hint(packed, limit_bytes);

    if (hint_bytes > 0) {
        if (!begin_keeping(out, arena, hint_bytes)) {
            return no_memory(err, "gzip");
        }
        const enum wf_status status = inflate_all(stream, packed, out, err);
        if (status != WF_ERR_LIMIT) {
            return status;
        }
    }
    if (!begin_counting(out, arena, limit_bytes)) {
        return no_memory(err, "gzip");
    }
    WF_TRY(inflate_all(stream, packed, out, err));
    return begin_keeping(out, arena, out->size_bytes) ? inflate_all(stream, packed, out, err) : no_memory(err, "gzip");
}

enum wf_status wf_unpack_gzip(struct wf_arena *arena, struct wf_string packed, size_t limit_bytes,
                              struct wf_string *unpacked, struct wf_error *err)
{
    z_stream stream = {.zalloc = zlib_take, .zfree = zlib_give, .opaque = arena};
    struct output out = {0};

    if (inflateInit2(&stream, GZIP_WINDOW_BITS) != Z_OK) {
        return no_memory(err, "gzip");
    }
    const enum wf_status status = unpack_gzip(&stream, arena, packed, limit_bytes, &out, err);
    (void)inflateEnd(&stream);
    *unpacked = (struct wf_string){out.data, out.size_bytes};
    return status;
}

/* ---- zstd ---- */

static void *zstd_take(void *arena, size_t size_bytes)
{
    return wf_arena_take(arena, size_bytes);
}

static void zstd_give(void *arena, void *piece)
{
    (void)arena;
    (void)piece;
}

static enum wf_status unpack_frames(ZSTD_DCtx *context, struct wf_string packed, struct output *out, struct wf_error *err)
{
    ZSTD_inBuffer in = {packed.data, packed.size_bytes, 0};
    size_t result = 1;

    while (in.pos < in.size || result != 0) {
        const size_t in_before = in.pos;
        ZSTD_outBuffer piece = {room(out), room_bytes(out), 0};

        if (out->size_bytes > out->limit_bytes) {
            return too_large(err, "zstd", out->limit_bytes);
        }
        result = ZSTD_decompressStream(context, &piece, &in);
        if (ZSTD_isError(result)) {
            return wf_fail_at(err, WF_ERR_CORRUPT, (int64_t)in.pos, "the zstd data is damaged: %s",
                              ZSTD_getErrorName(result));
        }
        out->size_bytes += piece.pos;
        if (result != 0 && in.pos == in.size && in.pos == in_before && piece.pos == 0) {
            return wf_fail_at(err, WF_ERR_CORRUPT, (int64_t)in.pos, "the zstd data ends early");
        }
    }
    return out->size_bytes > out->limit_bytes ? too_large(err, "zstd", out->limit_bytes) : WF_OK;
}

static enum wf_status unpack_zstd(ZSTD_DCtx *context, struct wf_arena *arena, struct wf_string packed, size_t limit_bytes,
                                  struct output *out, struct wf_error *err)
{
    unsigned long long size_bytes = ZSTD_findDecompressedSize(packed.data, packed.size_bytes);

    if (size_bytes >= ZSTD_CONTENTSIZE_ERROR) {
        if (!begin_counting(out, arena, limit_bytes)) {
            return no_memory(err, "zstd");
        }
        WF_TRY(unpack_frames(context, packed, out, err));
        size_bytes = out->size_bytes;
        (void)ZSTD_DCtx_reset(context, ZSTD_reset_session_only);
    }
    if (size_bytes > limit_bytes) {
        return too_large(err, "zstd", limit_bytes);
    }
    return begin_keeping(out, arena, (size_t)size_bytes) ? unpack_frames(context, packed, out, err) : no_memory(err, "zstd");
}

enum wf_status wf_unpack_zstd(struct wf_arena *arena, struct wf_string packed, size_t limit_bytes,
                              struct wf_string *unpacked, struct wf_error *err)
{
    const ZSTD_customMem memory = {zstd_take, zstd_give, arena};
    ZSTD_DCtx *context = ZSTD_createDCtx_advanced(memory);
    struct output out = {0};

    if (context == NULL) {
        return no_memory(err, "zstd");
    }
    (void)ZSTD_DCtx_setParameter(context, ZSTD_d_windowLogMax, ZSTD_WINDOW_LOG_MAX);
    const enum wf_status status = unpack_zstd(context, arena, packed, limit_bytes, &out, err);
    (void)ZSTD_freeDCtx(context);
    *unpacked = (struct wf_string){out.data, out.size_bytes};
    return status;
}
