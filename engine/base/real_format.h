/*
 * What arithmetic on doubles and floats shares with reading and writing them: the layout of both formats, and rounding.
 * Private to real.c and real_text.c.
 */
#ifndef WF_ENGINE_BASE_REAL_FORMAT_H
#define WF_ENGINE_BASE_REAL_FORMAT_H

#include <stdbool.h>
#include <stdint.h>

/* A binary format of IEEE 754. A value is its mantissa times two to the power of its exponent. */
struct wf_real_format {
    uint32_t mantissa_bits;  /* the hidden bit included */
    uint32_t exponent_bits;
    int32_t exponent_min;    /* of the last bit of subnormals */
};

extern const struct wf_real_format wf_real_double; /* 53, 11, -1074 */
extern const struct wf_real_format wf_real_float;  /* 24, 8, -149 */

/* The bits of infinity, without a sign: all exponent bits set. */
uint64_t wf_real_infinity(const struct wf_real_format *format);

/* Splits a finite value without its sign. */
void wf_real_split(const struct wf_real_format *format, uint64_t bits, uint64_t *mantissa, int32_t *exponent);

/*
 * The bits of mantissa * 2^exponent rounded to nearest even; has_more tells that the exact value is larger by less than one
 * unit of the mantissa. Overflows to infinity. The mantissa is not 0.
 */
uint64_t wf_real_round(const struct wf_real_format *format, uint64_t mantissa, int32_t exponent, bool has_more);

#endif
