/*
 * Both libraries work from the arena through their allocation hooks, and write into a buffer that
 * grows up to the limit. Both formats may say how much will come out; that is believed as far as
 * the limit and the format's best ratio go.
 */
#define ZLIB_CONST               /* const input */
#define ZSTD_STATIC_LINKING_ONLY /* for ZSTD_customMem */
#include "engine/codec/unpack.h"

#include <zlib.h>
#include <zstd.h>

#define OUTPUT_STEP_BYTES ((size_t)64 * 1024)
#define INPUT_STEP_BYTES_MAX ((size_t)1 << 30) /* zlib counts in unsigned int */
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
    return wf_fail_status(err, WF_ERR_LIMIT, "the %s data unpacks to more than %zu bytes", format,
                          limit_bytes);
}

static enum wf_status no_memory(struct wf_error *err, const char *format)
{
    return wf_fail_status(err, WF_ERR_MEMORY, "no memory left to unpack the %s data", format);
}

/* Room for the next piece of output; the limit is passed by one byte at most, which tells that it
 * was. */
static size_t reserve_output(struct wf_buffer *out, size_t limit_bytes)
{
    const size_t left = limit_bytes - out->size_bytes + 1;
    size_t room = out->capacity_bytes - out->size_bytes;

    if (room < OUTPUT_STEP_BYTES) {
        room = OUTPUT_STEP_BYTES;
    }
    room = room < left ? room : left;
    return wf_buffer_reserve(out, room) == NULL ? 0 : room;
}

/* Makes room for what the format says will come; when that is too much, the buffer grows step by
 * step. */
static void expect_output(struct wf_buffer *out, size_t size_bytes)
{
    (void)wf_buffer_reserve(out, size_bytes + 1);
    out->is_full = false;
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

/* Feeds input and makes room until the member ends or something is wrong. */
static enum wf_status inflate_member(z_stream *stream, struct wf_string packed, size_t limit_bytes,
                                     struct wf_buffer *out, struct wf_error *err)
{
    int result = Z_OK;

    while (result != Z_STREAM_END) {
        const unsigned char *next = stream->next_in;
        const size_t left = (size_t)((const unsigned char *)(const void *)packed.data +
                                     packed.size_bytes - next);
        size_t room = 0;

        if (out->size_bytes > limit_bytes) {
            return too_large(err, "gzip", limit_bytes);
        }
        room = reserve_output(out, limit_bytes);
        if (room == 0) {
            return no_memory(err, "gzip");
        }
        stream->avail_in = (uInt)(left < INPUT_STEP_BYTES_MAX ? left : INPUT_STEP_BYTES_MAX);
        stream->avail_out = (uInt)(room < INPUT_STEP_BYTES_MAX ? room : INPUT_STEP_BYTES_MAX);
        room = stream->avail_out;
        stream->next_out = (void *)(out->data + out->size_bytes);
        result = inflate(stream, Z_NO_FLUSH);
        out->size_bytes += room - stream->avail_out;
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
    return out->size_bytes > limit_bytes ? too_large(err, "gzip", limit_bytes) : WF_OK;
}

enum wf_status wf_unpack_gzip(struct wf_arena *arena, struct wf_string packed, size_t limit_bytes,
                              struct wf_string *unpacked, struct wf_error *err)
{
    const unsigned char *end = (const unsigned char *)(const void *)packed.data + packed.size_bytes;
    z_stream stream = {.zalloc = zlib_take, .zfree = zlib_give, .opaque = arena};
    struct wf_buffer out;
    enum wf_status status = WF_OK;

    stream.next_in = (const void *)packed.data;
    if (inflateInit2(&stream, GZIP_WINDOW_BITS) != Z_OK) {
        return no_memory(err, "gzip");
    }
    wf_buffer_init(&out, arena);
    expect_output(&out, gzip_size_hint(packed, limit_bytes));
    do {
        status = inflate_member(&stream, packed, limit_bytes, &out, err);
        /* Members follow one another; anything else after the last is ignored, as gzip does. */
    } while (status == WF_OK && end - stream.next_in >= GZIP_BYTES_MIN &&
             memcmp(stream.next_in, "\x1f\x8b", 2) == 0 && inflateReset(&stream) == Z_OK);
    (void)inflateEnd(&stream);
    *unpacked = wf_buffer_string(&out);
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

static enum wf_status unpack_frames(ZSTD_DCtx *context, struct wf_string packed, size_t limit_bytes,
                                    struct wf_buffer *out, struct wf_error *err)
{
    ZSTD_inBuffer in = {packed.data, packed.size_bytes, 0};
    size_t result = 1;

    while (in.pos < in.size || result != 0) {
        const size_t room = out->size_bytes > limit_bytes ? 0 : reserve_output(out, limit_bytes);
        const size_t in_before = in.pos;
        ZSTD_outBuffer piece = {NULL, room, 0};

        if (room == 0) {
            return out->is_full ? no_memory(err, "zstd") : too_large(err, "zstd", limit_bytes);
        }
        piece.dst = out->data + out->size_bytes;
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
    return out->size_bytes > limit_bytes ? too_large(err, "zstd", limit_bytes) : WF_OK;
}

enum wf_status wf_unpack_zstd(struct wf_arena *arena, struct wf_string packed, size_t limit_bytes,
                              struct wf_string *unpacked, struct wf_error *err)
{
    const ZSTD_customMem memory = {zstd_take, zstd_give, arena};
    ZSTD_DCtx *context = ZSTD_createDCtx_advanced(memory);
    const unsigned long long size_bytes = ZSTD_getFrameContentSize(packed.data, packed.size_bytes);
    struct wf_buffer out;
    enum wf_status status = WF_OK;

    if (context == NULL) {
        return no_memory(err, "zstd");
    }
    (void)ZSTD_DCtx_setParameter(context, ZSTD_d_windowLogMax, ZSTD_WINDOW_LOG_MAX);
    wf_buffer_init(&out, arena);
    if (size_bytes < ZSTD_CONTENTSIZE_ERROR) {
        if (size_bytes > limit_bytes) {
            return too_large(err, "zstd", limit_bytes);
        }
        expect_output(&out, (size_t)size_bytes);
    }
    status = unpack_frames(context, packed, limit_bytes, &out, err);
    (void)ZSTD_freeDCtx(context);
    *unpacked = wf_buffer_string(&out);
    return status;
}
