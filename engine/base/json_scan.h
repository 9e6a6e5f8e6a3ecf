/*
 * Scanning JSON strings eight bytes at a time, for the reader and the writer. The word tricks set the high bit of the first
 * byte that matches, and possibly of bytes after it, so the lowest set bit is exact.
 */
#ifndef WF_ENGINE_BASE_JSON_SCAN_H
#define WF_ENGINE_BASE_JSON_SCAN_H

#include <stddef.h>
#include <stdint.h>

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

/* The first special character at or after next, or end. */
static inline const char *wf_skip_plain(const char *next, const char *end)
{
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

#endif
