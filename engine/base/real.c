/* Arithmetic of doubles in integers: every result is the exact one rounded once to nearest even. */
#include "engine/base/real.h"

#include "engine/base/assert.h"
#include "engine/base/real_format.h"

const struct wf_real_format wf_real_double = {53, 11, -1074};
const struct wf_real_format wf_real_float = {24, 8, -149};

#define DOUBLE_SIGN (UINT64_C(1) << 63)
#define DOUBLE_INFINITY (UINT64_C(0x7FF) << 52)
#define DOUBLE_NAN (UINT64_C(0xFFF) << 51)

static bool is_nan(wf_double_bits bits)
{
    return (bits & ~DOUBLE_SIGN) > DOUBLE_INFINITY;
}

static bool is_infinite(wf_double_bits bits)
{
    return (bits & ~DOUBLE_SIGN) == DOUBLE_INFINITY;
}

static bool is_zero(wf_double_bits bits)
{
    return (bits & ~DOUBLE_SIGN) == 0;
}

static uint32_t bit_length(uint64_t value)
{
    return value == 0 ? 0 : 64 - (uint32_t)__builtin_clzll(value);
}

uint64_t wf_real_infinity(const struct wf_real_format *format)
{
    return ((UINT64_C(1) << format->exponent_bits) - 1) << (format->mantissa_bits - 1);
}

void wf_real_split(const struct wf_real_format *format, uint64_t bits, uint64_t *mantissa, int32_t *exponent)
{
    const uint64_t hidden = UINT64_C(1) << (format->mantissa_bits - 1);
    const uint64_t biased = bits >> (format->mantissa_bits - 1);

    *mantissa = (bits & (hidden - 1)) | (biased == 0 ? 0 : hidden);
    *exponent = format->exponent_min + (biased == 0 ? 0 : (int32_t)biased - 1);
}

uint64_t wf_real_round(const struct wf_real_format *format, uint64_t mantissa, int32_t exponent, bool has_more)
{
    const uint32_t spare_bits = (uint32_t)__builtin_clzll(mantissa);
    const uint64_t infinity = wf_real_infinity(format);
    int32_t last_exponent = 0; /* of the last bit that stays */
    int64_t dropped_bits = 0;
    uint64_t kept = 0;
    uint64_t bits = 0;

    WF_ASSERT(mantissa != 0);
    mantissa <<= spare_bits;
    exponent -= (int32_t)spare_bits;
    last_exponent = exponent + 64 - (int32_t)format->mantissa_bits;
    if (last_exponent < format->exponent_min) {
        last_exponent = format->exponent_min;
    }
    dropped_bits = (int64_t)last_exponent - exponent;
    if (dropped_bits > 64) {
        return 0;
    }
    if (dropped_bits == 64) {
        /* The mantissa is a fraction of the last bit: at least a half. */
        kept = mantissa > UINT64_C(1) << 63 || has_more ? 1 : 0;
    } else {
        const uint64_t half = UINT64_C(1) << (dropped_bits - 1);
        const uint64_t rest = mantissa & (half * 2 - 1);

        kept = mantissa >> dropped_bits;
        if (rest > half || (rest == half && (has_more || (kept & 1) != 0))) {
            kept++;
        }
    }
    if (last_exponent - format->exponent_min >= 1 << format->exponent_bits) {
        return infinity;
    }
    /* A hidden bit, also one carried into, adds one to the biased exponent by itself. */
    bits = ((uint64_t)(last_exponent - format->exponent_min) << (format->mantissa_bits - 1)) + kept;
    return bits > infinity ? infinity : bits;
}

wf_double_bits wf_double_of_i64(int64_t value)
{
    const uint64_t magnitude = wf_magnitude(value);

    if (value == 0) {
        return 0;
    }
    return wf_real_round(&wf_real_double, magnitude, 0, false) | (value < 0 ? DOUBLE_SIGN : 0);
}

int64_t wf_double_to_i64(wf_double_bits bits)
{
    const bool is_negative = (bits & DOUBLE_SIGN) != 0;
    uint64_t mantissa = 0;
    int32_t exponent = 0;

    if (is_nan(bits)) {
        return 0;
    }
    wf_real_split(&wf_real_double, bits & ~DOUBLE_SIGN, &mantissa, &exponent);
    if (exponent <= -64 || mantissa == 0) {
        return 0;
    }
    if (exponent <= 0) {
        mantissa >>= -exponent;
    } else if (bit_length(mantissa) + (uint32_t)exponent > 63) {
        /* INT64_MIN itself arrives here too, and is what saturating gives. */
        return is_negative ? INT64_MIN : INT64_MAX;
    } else {
        mantissa <<= exponent;
    }
    return is_negative ? -(int64_t)mantissa : (int64_t)mantissa;
}

/* The upper 64 bits of a product of 128; *lower gets the rest. */
static uint64_t multiply_wide(uint64_t left, uint64_t right, uint64_t *lower)
{
    const uint64_t mask = UINT32_MAX;
    const uint64_t low = (left & mask) * (right & mask);
    const uint64_t cross = (left >> 32) * (right & mask) + (low >> 32);
    const uint64_t cross_other = (left & mask) * (right >> 32) + (cross & mask);

    *lower = (cross_other << 32) | (low & mask);
    return (left >> 32) * (right >> 32) + (cross >> 32) + (cross_other >> 32);
}

wf_double_bits wf_double_multiply(wf_double_bits left, wf_double_bits right)
{
    const uint64_t sign = (left ^ right) & DOUBLE_SIGN;
    uint64_t left_mantissa = 0;
    uint64_t right_mantissa = 0;
    int32_t left_exponent = 0;
    int32_t right_exponent = 0;
    uint64_t upper = 0;
    uint64_t lower = 0;

    if (is_nan(left) || is_nan(right)) {
        return DOUBLE_NAN;
    }
    if (is_infinite(left) || is_infinite(right)) {
        return is_zero(left) || is_zero(right) ? DOUBLE_NAN : sign | DOUBLE_INFINITY;
    }
    if (is_zero(left) || is_zero(right)) {
        return sign;
    }
    wf_real_split(&wf_real_double, left & ~DOUBLE_SIGN, &left_mantissa, &left_exponent);
    wf_real_split(&wf_real_double, right & ~DOUBLE_SIGN, &right_mantissa, &right_exponent);
    /* Shifted to the top, the product fills 127 or 128 bits, so that its upper half holds more than a double. */
    left_exponent -= __builtin_clzll(left_mantissa);
    right_exponent -= __builtin_clzll(right_mantissa);
    upper = multiply_wide(left_mantissa << __builtin_clzll(left_mantissa),
                          right_mantissa << __builtin_clzll(right_mantissa), &lower);
    return sign | wf_real_round(&wf_real_double, upper, left_exponent + right_exponent + 64, lower != 0);
}

/* An integer in the order of the values, NaN lowest. */
static int64_t order_of(wf_double_bits bits)
{
    const int64_t magnitude = (int64_t)(bits & ~DOUBLE_SIGN);

    if (is_nan(bits)) {
        return INT64_MIN;
    }
    return (bits & DOUBLE_SIGN) != 0 ? -magnitude : magnitude;
}

int wf_double_compare(wf_double_bits left, wf_double_bits right)
{
    const int64_t left_order = order_of(left);
    const int64_t right_order = order_of(right);

    return (left_order > right_order) - (left_order < right_order);
}

/* base^exponent by squaring, in the order of steps and with the separate exponent of Go's math.Pow, to its last bit. */
static wf_double_bits power(wf_double_bits base, int32_t exponent)
{
    const int32_t exponent_limit = 1 << 12;
    wf_double_bits product = WF_DOUBLE_ONE;
    wf_double_bits square = base;
    int64_t product_exponent = 0;
    int64_t square_exponent = 0;
    uint64_t mantissa = 0;
    int32_t last_exponent = 0;

    if (exponent <= 0) {
        return WF_DOUBLE_ONE;
    }
    if (is_nan(base) || is_infinite(base) || is_zero(base)) {
        return (exponent & 1) == 0 ? base & ~DOUBLE_SIGN : base;
    }
    wf_real_split(&wf_real_double, base & ~DOUBLE_SIGN, &mantissa, &last_exponent);
    square_exponent = last_exponent + (int32_t)bit_length(mantissa);
    square = (base & DOUBLE_SIGN) |
             wf_real_round(&wf_real_double, mantissa, -(int32_t)bit_length(mantissa), false); /* 0.5 <= |x| < 1 */
    for (int32_t rest = exponent; rest != 0; rest >>= 1) {
        if (square_exponent < -exponent_limit || square_exponent > exponent_limit) {
            product_exponent += square_exponent;
            break;
        }
        if ((rest & 1) != 0) {
            product = wf_double_multiply(product, square);
            product_exponent += square_exponent;
        }
        square = wf_double_multiply(square, square);
        square_exponent *= 2;
        if (square < WF_DOUBLE_ONE - (UINT64_C(1) << 52)) {
            square += UINT64_C(1) << 52; /* doubles it */
            square_exponent--;
        }
    }
    wf_real_split(&wf_real_double, product & ~DOUBLE_SIGN, &mantissa, &last_exponent);
    return (product & DOUBLE_SIGN) |
           wf_real_round(&wf_real_double, mantissa, (int32_t)(last_exponent + product_exponent), false);
}

int64_t wf_double_backoff_ns(int64_t initial_ns, wf_double_bits coefficient, int32_t exponent)
{
    return wf_double_to_i64(wf_double_multiply(wf_double_of_i64(initial_ns), power(coefficient, exponent)));
}
