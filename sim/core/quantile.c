/*
 * Distributions as table lookups (DESIGN section 4 "Choices"). The exponential folds its tail onto its first half; the
 * log-normal is median * 2^(z * log2(p99 / median) / z99), with z from a table whose steps shrink with the tail.
 */
#include "sim/core/quantile.h"

#include "engine/base/assert.h"
#include "sim/core/quantile_tables.h"

#define POINT_BITS 24 /* fraction bits of exponential_points and normal_points */
#define LOG_BITS 32   /* fraction bits of log2_points and exp2_points */
#define STEPS 256     /* steps of every table but the normal one */
#define OCTAVE_STEPS 32
#define OCTAVES 32

uint64_t sim_multiply_shift(uint64_t left, uint64_t right, unsigned shift)
{
    const uint64_t left_low = left & UINT32_MAX;
    const uint64_t left_high = left >> 32;
    const uint64_t right_low = right & UINT32_MAX;
    const uint64_t right_high = right >> 32;
    const uint64_t low = left_low * right_low;
    const uint64_t middle = left_high * right_low + (low >> 32);
    const uint64_t cross = left_low * right_high + (middle & UINT32_MAX);
    const uint64_t product_high = left_high * right_high + (middle >> 32) + (cross >> 32);
    const uint64_t product_low = cross << 32 | (low & UINT32_MAX);

    WF_ASSERT(shift >= 1 && shift <= 63);
    if (product_high >> shift != 0) {
        return UINT64_MAX;
    }
    return product_high << (64 - shift) | product_low >> shift;
}

/* The index of the highest bit that is set; value is not 0. */
static unsigned highest_bit(uint64_t value)
{
    return 63 - (unsigned)__builtin_clzll(value);
}

static int64_t to_duration(uint64_t value)
{
    return value > (uint64_t)INT64_MAX ? INT64_MAX : (int64_t)value;
}

/* Between two neighbours, which are less than 2^32 apart; part of 2^32. */
static uint64_t interpolate(uint64_t low, uint64_t high, uint64_t part)
{
    return low + ((high - low) * part >> 32);
}

static int64_t exponential(int64_t mean_ns, uint32_t position)
{
    const uint64_t left = (UINT64_C(1) << 32) - position; /* 1 - u, of 2^32; not 0 */
    const unsigned bit = highest_bit(left);
    uint64_t folded = 0; /* what is left of u in its half, of 2^32, below one half */
    uint64_t halvings = 32 - bit;
    uint64_t sum = 0;

    if (left != UINT64_C(1) << bit) {
        halvings--;
        folded = (UINT64_C(1) << 32) - (left << (31 - bit));
    }
    sum = halvings * exponential_points[STEPS] +
          interpolate(exponential_points[folded >> 23], exponential_points[(folded >> 23) + 1], (folded << 9) & UINT32_MAX);
    return to_duration(sim_multiply_shift((uint64_t)mean_ns, sum, POINT_BITS));
}

/* log2 of a positive number, LOG_BITS fraction bits. */
static uint64_t log2_of(uint64_t value)
{
    const unsigned whole = highest_bit(value);
    const uint64_t mantissa = value << (63 - whole) << 1; /* what follows the highest bit, of 2^64 */
    const uint64_t step = mantissa >> 56;

    return ((uint64_t)whole << LOG_BITS) +
           interpolate(log2_points[step], log2_points[step + 1], (mantissa >> 24) & UINT32_MAX);
}

/* |z| / z99 for a two-sided tail of tail / 2^31, 1 to 2^31; POINT_BITS fraction bits. */
static uint64_t normal_of_tail(uint64_t tail)
{
    const unsigned bit = highest_bit(tail);
    uint64_t from_top = 0; /* 0 at the octave's fat end, 2^32 at the next octave */
    uint64_t index = 0;

    /* The octave of bit b holds tails 2^b to 2^(b+1), walked downwards. */
    from_top = (UINT64_C(2) << 32) - (tail << (32 - bit));
    if (from_top == UINT64_C(1) << 32) {
        return normal_points[(31 - bit) * OCTAVE_STEPS];
    }
    index = (uint64_t)(30 - bit) * OCTAVE_STEPS + (from_top >> 27);
    WF_ASSERT(index < (uint64_t)OCTAVES * OCTAVE_STEPS);
    return interpolate(normal_points[index], normal_points[index + 1], (from_top << 5) & UINT32_MAX);
}

static int64_t log_normal(int64_t median_ns, int64_t p99_ns, uint32_t position)
{
    const bool is_above = position >= UINT32_C(1) << 31;
    const uint64_t tail = is_above ? (UINT64_C(1) << 32) - position : (uint64_t)position + 1;
    const uint64_t base = log2_of((uint64_t)median_ns);
    const uint64_t spread = log2_of((uint64_t)p99_ns) - base;
    const uint64_t exponent = sim_multiply_shift(spread, normal_of_tail(tail), POINT_BITS);
    const uint64_t total = is_above ? base + exponent : (exponent > base ? 0 : base - exponent);
    const uint64_t whole = total >> LOG_BITS;
    const uint64_t fraction = total & UINT32_MAX;
    const uint64_t step = fraction >> 24;
    uint64_t power = 0;

    if (whole >= 63) {
        return INT64_MAX;
    }
    power = interpolate(exp2_points[step], exp2_points[step + 1], (fraction << 8) & UINT32_MAX);
    return to_duration(whole >= LOG_BITS ? power << (whole - LOG_BITS) : power >> (LOG_BITS - whole));
}

int64_t sim_quantile_ns(const struct sim_distribution *distribution, uint32_t position)
{
    WF_ASSERT(distribution->kind == SIM_EXPONENTIAL || distribution->kind == SIM_LOG_NORMAL);
    if (distribution->low_ns <= 0) {
        return 0;
    }
    if (distribution->kind == SIM_EXPONENTIAL) {
        return exponential(distribution->low_ns, position);
    }
    if (distribution->high_ns <= distribution->low_ns) {
        return distribution->low_ns;
    }
    return log_normal(distribution->low_ns, distribution->high_ns, position);
}
