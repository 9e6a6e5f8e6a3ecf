/*
 * IEEE 754 doubles and floats handled in integer code, so that no compiler, rounding mode or library changes a digit. A
 * double is its 64 bits.
 */
#ifndef WF_ENGINE_BASE_REAL_H
#define WF_ENGINE_BASE_REAL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "engine/base/bytes.h"

typedef uint64_t wf_double_bits;
typedef uint32_t wf_float_bits;

#define WF_DOUBLE_ONE (UINT64_C(0x3FF) << 52)
#define WF_DOUBLE_TWO (UINT64_C(0x400) << 52)

#define WF_REAL_TEXT_BYTES 32

/* Reads a JSON number, or NaN, Infinity, -Infinity, correctly rounded; false when the text is none of these. */
bool wf_double_read(struct wf_string text, wf_double_bits *bits);
bool wf_float_read(struct wf_string text, wf_float_bits *bits);

/*
 * Writes the shortest digits that read back as the same value, in the form Python prints: "2.0", "0.1", "1e+16", "1e-05";
 * "NaN", "Infinity", "-Infinity". Returns the size.
 */
size_t wf_double_write(wf_double_bits bits, char text[WF_REAL_TEXT_BYTES]);
size_t wf_float_write(wf_float_bits bits, char text[WF_REAL_TEXT_BYTES]);

/* An integer as a double, rounded to nearest even. */
wf_double_bits wf_double_of_i64(int64_t value);

/* Truncates toward zero, saturating; NaN is 0. */
int64_t wf_double_to_i64(wf_double_bits bits);

/* Round to nearest even, as hardware does. */
wf_double_bits wf_double_multiply(wf_double_bits left, wf_double_bits right);

/* Below, equal to or above 0; NaN sorts below everything. */
int wf_double_compare(wf_double_bits left, wf_double_bits right);

/*
 * initial * coefficient^exponent in double arithmetic, truncated to whole nanoseconds, saturating at INT64_MAX: the
 * interval before a retry (engine-semantics 4.5 step 7).
 */
int64_t wf_double_backoff_ns(int64_t initial_ns, wf_double_bits coefficient, int32_t exponent);

#endif
