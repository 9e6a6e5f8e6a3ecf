/*
 * Scanning JSON strings many bytes at a time, for the reader and the writer: sixteen where every processor of the platform
 * can, else eight by arithmetic on words. The word tricks set the high bit of the first byte that matches, and possibly of
 * bytes after it, so the lowest set bit is exact.
 */
#ifndef WF_ENGINE_BASE_JSON_SCAN_H
#define WF_ENGINE_BASE_JSON_SCAN_H

#include <stddef.h>
#include <stdint.h>

#if defined(__SSE2__)
#include <emmintrin.h>
#endif

#include "engine/base/bytes.h"

#define WF_EACH_BYTE(byte) (UINT64_C(0x0101010101010101) * (byte))
#define WF_HIGH_BITS WF_EACH_BYTE(0x80)

/* High bits of the bytes of a word that are zero. */
static inline uint64_t wf_zero_bytes(uint64_t word)
{
    return (word - WF_EACH_BYTE(1)) & ~word & WF_HIGH_BITS;
}

/* High bits of the bytes that end a run of plain characters: a quote, a backslash, a control character. */
static inline uint64_t wf_special_bytes(uint64_t word)
{
    const uint64_t below_space = (word - WF_EACH_BYTE(0x20)) & ~word & WF_HIGH_BITS;

    return below_space | wf_zero_bytes(word ^ WF_EACH_BYTE('"')) | wf_zero_bytes(word ^ WF_EACH_BYTE('\\'));
}

#if defined(__SSE2__)
/* A bit for each of sixteen bytes that ends a run of plain characters. */
static inline unsigned wf_special_of_16(const char *bytes)
{
    const __m128i chunk = _mm_loadu_si128((const __m128i *)(const void *)bytes);
    const __m128i is_control = _mm_cmpeq_epi8(_mm_min_epu8(chunk, _mm_set1_epi8(0x1F)), chunk);
    const __m128i is_quote = _mm_cmpeq_epi8(chunk, _mm_set1_epi8('"'));
    const __m128i is_backslash = _mm_cmpeq_epi8(chunk, _mm_set1_epi8('\\'));

    return (unsigned)_mm_movemask_epi8(_mm_or_si128(is_control, _mm_or_si128(is_quote, is_backslash)));
}
#endif

/* The first special character at or after next, or end. */
static inline const char *wf_skip_plain(const char *next, const char *end)
{
#if defined(__SSE2__)
    while (end - next >= 16) {
        const unsigned special = wf_special_of_16(next);

        if (special != 0) {
            return next + __builtin_ctz(special);
        }
        next += 16;
    }
#endif
    while (end - next >= 8) {
        const uint64_t special = wf_special_bytes(wf_load_u64(next));

        if (special != 0) {
            return next + (size_t)__builtin_ctzll(special) / 8;
        }
        next += 8;
    }
    while (next < end && (unsigned char)*next >= 0x20 && *next != '"' && *next != '\\') {
        next++;
    }
    return next;
}

static inline bool wf_is_blank(char c)
{
    return c == ' ' || c == '\n' || c == '\r' || c == '\t';
}

/* The first character at or after next that is not blank, or end. */
static inline const char *wf_skip_blanks(const char *next, const char *end)
{
    if (next < end && !wf_is_blank(*next)) {
        return next;
    }
    for (;;) {
        while (end - next >= 8 && wf_load_u64(next) == WF_EACH_BYTE(' ')) {
            next += 8;
        }
        if (next == end || !wf_is_blank(*next)) {
            return next;
        }
        next++;
    }
}

/* What may come next in a text, for readers that take the plain cases themselves. */
enum wf_json_state {
    WF_JSON_STATE_VALUE,      /* a value must come */
    WF_JSON_STATE_FIRST_ITEM, /* a value or the end of the array */
    WF_JSON_STATE_FIRST_KEY,  /* a key or the end of the object */
    WF_JSON_STATE_KEY,        /* a key must come */
    WF_JSON_STATE_MORE,       /* a comma or the end of the container */
    WF_JSON_STATE_DONE,       /* only blanks may come */
};

#endif
