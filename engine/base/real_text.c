/*
 * Decimal text of doubles and floats, exact in both directions by whole numbers of any size.
 *
 * Reading makes the value a fraction of two such numbers, divides until 64 bits of quotient are known, and rounds once.
 * Writing is the digit generation of Steele and White with the termination test of David Gay: digits are produced until
 * the interval of numbers that round to the value holds what was produced; ties go to the even digit, as in Python.
 * Neither is the fastest way known; both are short, and a history holds few doubles, most of them small whole numbers,
 * which take a shorter path.
 */
#include <string.h>

#include "engine/base/assert.h"
#include "engine/base/bytes.h"
#include "engine/base/real.h"
#include "engine/base/real_format.h"

/* ---- Whole numbers of any size we need ---- */

/*
 * Digits beyond these cannot change how a double is rounded except by not being all zero: a halfway point between two
 * doubles has at most 767.
 */
#define DIGITS_MAX 770
/* A number with this many digits before its point is infinite, and with so many zeros behind it is zero. */
#define POINT_MAX 400

/*
 * The largest number is a denominator of a value near the smallest subnormal with DIGITS_MAX digits, 10^(400 + 770), of
 * 3887 bits, and its numerator with 65 more.
 */
#define LIMBS_MAX 128

struct big {
    uint32_t limbs[LIMBS_MAX]; /* the lowest first, the highest not zero */
    uint32_t count;
};

static void big_set(struct big *big, uint64_t value)
{
    big->count = 0;
    for (; value > 0; value >>= 32) {
        big->limbs[big->count++] = (uint32_t)value;
    }
}

static uint32_t big_bits(const struct big *big)
{
    return big->count == 0 ? 0 : big->count * 32 - (uint32_t)__builtin_clz(big->limbs[big->count - 1]);
}

/* big = big * factor + addend */
static void big_multiply_small(struct big *big, uint32_t factor, uint32_t addend)
{
    uint64_t carry = addend;

    for (uint32_t i = 0; i < big->count; i++) {
        carry += (uint64_t)big->limbs[i] * factor;
        big->limbs[i] = (uint32_t)carry;
        carry >>= 32;
    }
    if (carry > 0) {
        WF_ASSERT(big->count < LIMBS_MAX);
        big->limbs[big->count++] = (uint32_t)carry;
    }
}

static void big_multiply_power_of_10(struct big *big, uint32_t power)
{
    for (; power >= 9; power -= 9) {
        big_multiply_small(big, 1000000000u, 0);
    }
    for (; power > 0; power--) {
        big_multiply_small(big, 10, 0);
    }
}

static void big_shift_left(struct big *big, uint32_t bits)
{
    const uint32_t limbs = bits / 32;

    if (big->count == 0) {
        return;
    }
    if (bits % 32 > 0) {
        big_multiply_small(big, UINT32_C(1) << bits % 32, 0);
    }
    WF_ASSERT(big->count + limbs <= LIMBS_MAX);
    memmove(big->limbs + limbs, big->limbs, big->count * sizeof big->limbs[0]);
    memset(big->limbs, 0, limbs * sizeof big->limbs[0]);
    big->count += limbs;
}

static int big_compare(const struct big *left, const struct big *right)
{
    if (left->count != right->count) {
        return left->count > right->count ? 1 : -1;
    }
    for (uint32_t i = left->count; i > 0; i--) {
        if (left->limbs[i - 1] != right->limbs[i - 1]) {
            return left->limbs[i - 1] > right->limbs[i - 1] ? 1 : -1;
        }
    }
    return 0;
}

static void big_add(struct big *big, const struct big *addend)
{
    uint64_t carry = 0;

    for (uint32_t i = 0; i < big->count || i < addend->count || carry > 0; i++) {
        WF_ASSERT(i < LIMBS_MAX);
        if (i == big->count) {
            big->limbs[big->count++] = 0;
        }
        carry += (uint64_t)big->limbs[i] + (i < addend->count ? addend->limbs[i] : 0);
        big->limbs[i] = (uint32_t)carry;
        carry >>= 32;
    }
}

/* The subtrahend is not larger. */
static void big_subtract(struct big *big, const struct big *subtrahend)
{
    uint64_t borrow = 0;

    for (uint32_t i = 0; i < big->count; i++) {
        const uint64_t taken = (i < subtrahend->count ? subtrahend->limbs[i] : 0) + borrow;

        borrow = big->limbs[i] < taken ? 1 : 0;
        big->limbs[i] = (uint32_t)(big->limbs[i] - taken);
    }
    WF_ASSERT(borrow == 0);
    while (big->count > 0 && big->limbs[big->count - 1] == 0) {
        big->count--;
    }
}

/* ---- Reading ---- */

/* digits * 10^exponent */
struct decimal {
    const char *text; /* of the significant digits, among them perhaps one point */
    uint32_t digit_count;
    bool has_more; /* digits other than zero were left out */
    int64_t exponent;
    bool is_negative;
};

/* Reads `e` and what follows; false when it is not an exponent to the end. */
static bool read_exponent(const char *at, const char *end, int64_t *exponent)
{
    bool is_negative = false;
    int64_t value = 0;

    if (at == end) {
        return true;
    }
    if (*at != 'e' && *at != 'E') {
        return false;
    }
    at++;
    if (at < end && (*at == '-' || *at == '+')) {
        is_negative = *at == '-';
        at++;
    }
    if (at == end) {
        return false;
    }
    for (; at < end; at++) {
        if (!wf_is_digit(*at)) {
            return false;
        }
        /* Far outside every range it need not grow: texts are shorter than 10^17. */
        value = value < INT64_C(100000000000000000) ? value * 10 + (*at - '0') : value;
    }
    *exponent += is_negative ? -value : value;
    return true;
}

/* Reads a number by the grammar of JSON. */
static bool read_decimal(struct wf_string text, struct decimal *decimal)
{
    const char *at = text.data;
    const char *end = at + text.size_bytes;
    uint32_t whole_count = 0;
    bool is_fraction = false;

    *decimal = (struct decimal){0};
    if (at < end && *at == '-') {
        decimal->is_negative = true;
        at++;
    }
    if (end - at >= 2 && at[0] == '0' && wf_is_digit(at[1])) {
        return false;
    }
    for (; at < end; at++) {
        if (*at == '.' && !is_fraction && whole_count > 0 && at + 1 < end && wf_is_digit(at[1])) {
            is_fraction = true;
            continue;
        }
        if (!wf_is_digit(*at)) {
            break;
        }
        whole_count += is_fraction ? 0 : 1;
        if (decimal->digit_count == 0 && *at == '0') {
            decimal->exponent -= is_fraction ? 1 : 0;
        } else if (decimal->digit_count < DIGITS_MAX) {
            decimal->text = decimal->digit_count == 0 ? at : decimal->text;
            decimal->digit_count++;
            decimal->exponent -= is_fraction ? 1 : 0;
        } else {
            decimal->has_more = decimal->has_more || *at != '0';
            decimal->exponent += is_fraction ? 0 : 1;
        }
    }
    return whole_count > 0 && read_exponent(at, end, &decimal->exponent);
}

/* Nine digits at a time; a last 1 stands for digits left out. */
static void read_digits(const struct decimal *decimal, struct big *digits)
{
    const char *at = decimal->text;
    uint32_t chunk = 0;
    uint32_t power = 1;

    big_set(digits, 0);
    for (uint32_t i = 0; i < decimal->digit_count; at++) {
        if (*at == '.') {
            continue;
        }
        chunk = chunk * 10 + (uint32_t)(*at - '0');
        power *= 10;
        i++;
        if (power == 1000000000u || i == decimal->digit_count) {
            big_multiply_small(digits, power, chunk);
            chunk = 0;
            power = 1;
        }
    }
    if (decimal->has_more) {
        big_multiply_small(digits, 10, 1);
    }
}

/* Divides bit by bit: the quotient of the two, scaled to 64 bits, rounded once. */
static uint64_t round_fraction(const struct wf_real_format *format, struct big *numerator, struct big *denominator)
{
    const int32_t scale = (int32_t)big_bits(numerator) - (int32_t)big_bits(denominator);
    uint64_t quotient = 0;

    /* Now the quotient is in (1/2, 2), and its first bit stands for one. */
    if (scale > 0) {
        big_shift_left(denominator, (uint32_t)scale);
    } else {
        big_shift_left(numerator, (uint32_t)-scale);
    }
    for (uint32_t bit = 0; bit < 64; bit++) {
        quotient <<= 1;
        if (big_compare(numerator, denominator) >= 0) {
            big_subtract(numerator, denominator);
            quotient |= 1;
        }
        big_shift_left(numerator, 1);
    }
    return wf_real_round(format, quotient, scale - 63, numerator->count > 0);
}

static bool read_real(const struct wf_real_format *format, struct wf_string text, uint64_t *bits)
{
    const uint64_t sign = UINT64_C(1) << (format->mantissa_bits + format->exponent_bits - 1);
    struct decimal decimal;
    struct big numerator;
    struct big denominator;
    int64_t point = 0;

    if (wf_string_is(text, "NaN")) {
        *bits = wf_real_infinity(format) | UINT64_C(1) << (format->mantissa_bits - 2);
        return true;
    }
    if (wf_string_is(text, "Infinity") || wf_string_is(text, "-Infinity")) {
        *bits = wf_real_infinity(format) | (text.data[0] == '-' ? sign : 0);
        return true;
    }
    if (!read_decimal(text, &decimal)) {
        return false;
    }
    point = decimal.exponent + decimal.digit_count; /* where the point is, from the first digit */
    *bits = decimal.is_negative ? sign : 0;
    if (decimal.digit_count == 0 || point < -POINT_MAX) {
        return true;
    }
    if (point > POINT_MAX) {
        *bits |= wf_real_infinity(format);
        return true;
    }
    read_digits(&decimal, &numerator);
    decimal.exponent -= decimal.has_more ? 1 : 0;
    big_set(&denominator, 1);
    if (decimal.exponent >= 0) {
        big_multiply_power_of_10(&numerator, (uint32_t)decimal.exponent);
    } else {
        big_multiply_power_of_10(&denominator, (uint32_t)-decimal.exponent);
    }
    *bits |= round_fraction(format, &numerator, &denominator);
    return true;
}

bool wf_double_read(struct wf_string text, wf_double_bits *bits)
{
    return read_real(&wf_real_double, text, bits);
}

bool wf_float_read(struct wf_string text, wf_float_bits *bits)
{
    uint64_t wide = 0;

    if (!read_real(&wf_real_float, text, &wide)) {
        return false;
    }
    *bits = (wf_float_bits)wide;
    return true;
}

/* ---- Writing ---- */

#define SHORTEST_DIGITS_MAX 17 /* no double needs more */

/* 0.d1d2d3... * 10^point */
struct digits {
    char text[SHORTEST_DIGITS_MAX + 3]; /* room for the 20 digits of a whole number of 64 bits */
    uint32_t count;
    int32_t point;
};

/* A whole number below 2^mantissa_bits has no other number of fewer digits near it, so its own digits are the shortest. */
static bool write_whole(const struct wf_real_format *format, uint64_t mantissa, int32_t exponent,
                        struct digits *digits)
{
    uint64_t value = mantissa;
    char reversed[sizeof digits->text];
    uint32_t count = 0;

    if (exponent > 0 || exponent <= -(int32_t)format->mantissa_bits) {
        return false;
    }
    value = mantissa >> -exponent;
    if (value << -exponent != mantissa) {
        return false;
    }
    for (; value > 0; value /= 10) {
        reversed[count++] = (char)('0' + value % 10);
    }
    digits->point = (int32_t)count;
    for (digits->count = 0; count > 0; count--) {
        digits->text[digits->count++] = reversed[count - 1];
    }
    while (digits->text[digits->count - 1] == '0') {
        digits->count--;
    }
    return true;
}

/* The value is rest/scale, the halves of the gaps to its neighbours above/scale and below/scale. */
struct interval {
    struct big rest;
    struct big scale;
    struct big above;
    struct big below;
    bool holds_its_ends; /* the ends round to the value, because its mantissa is even */
};

static void start_interval(const struct wf_real_format *format, uint64_t mantissa, int32_t exponent,
                           struct interval *interval)
{
    /* Below a power of two the neighbour is half as far, unless that is where subnormals begin. */
    const bool is_uneven = mantissa == UINT64_C(1) << (format->mantissa_bits - 1) && exponent > format->exponent_min;
    const uint32_t extra = is_uneven ? 2 : 1;

    big_set(&interval->rest, mantissa);
    big_set(&interval->scale, 1);
    big_set(&interval->above, is_uneven ? 2 : 1);
    big_set(&interval->below, 1);
    big_shift_left(&interval->rest, extra);
    big_shift_left(&interval->scale, extra);
    if (exponent >= 0) {
        big_shift_left(&interval->rest, (uint32_t)exponent);
        big_shift_left(&interval->above, (uint32_t)exponent);
        big_shift_left(&interval->below, (uint32_t)exponent);
    } else {
        big_shift_left(&interval->scale, (uint32_t)-exponent);
    }
    interval->holds_its_ends = (mantissa & 1) == 0;
}

/* True when the upper end of the interval is at or, when ends do not count, above the scale: the next digit would be 10. */
static bool reaches_scale(const struct interval *interval)
{
    struct big upper = interval->rest;
    int order = 0;

    big_add(&upper, &interval->above);
    order = big_compare(&upper, &interval->scale);
    return interval->holds_its_ends ? order >= 0 : order > 0;
}

static void multiply_interval_by_10(struct interval *interval)
{
    big_multiply_small(&interval->rest, 10, 0);
    big_multiply_small(&interval->above, 10, 0);
    big_multiply_small(&interval->below, 10, 0);
}

/* Scales by a power of ten so that the first digit is the one behind the point; returns the power. */
static int32_t find_point(struct interval *interval)
{
    const int32_t bits = (int32_t)big_bits(&interval->rest) - (int32_t)big_bits(&interval->scale);
    /* 1233/4096 is a little below log10(2), so the estimate is never too high; what it is too low is made up below. */
    int32_t point = bits * 1233 / 4096 - 1;

    if (point > 0) {
        big_multiply_power_of_10(&interval->scale, (uint32_t)point);
    } else {
        big_multiply_power_of_10(&interval->rest, (uint32_t)-point);
        big_multiply_power_of_10(&interval->above, (uint32_t)-point);
        big_multiply_power_of_10(&interval->below, (uint32_t)-point);
    }
    while (reaches_scale(interval)) {
        big_multiply_small(&interval->scale, 10, 0);
        point++;
    }
    return point;
}

/* Adds one to the last digit, carrying. The digits are never all nines: that interval would have reached the scale. */
static void round_up(struct digits *digits)
{
    while (digits->text[digits->count - 1] == '9') {
        digits->count--;
        WF_ASSERT(digits->count > 0);
    }
    digits->text[digits->count - 1]++;
}

static void write_shortest(struct interval *interval, struct digits *digits)
{
    bool is_low_enough = false;
    bool is_high_enough = false;
    int half = 0;

    digits->count = 0;
    digits->point = find_point(interval);
    while (!is_low_enough && !is_high_enough) {
        char digit = '0';
        int order = 0;

        WF_ASSERT(digits->count < SHORTEST_DIGITS_MAX);
        multiply_interval_by_10(interval);
        while (big_compare(&interval->rest, &interval->scale) >= 0) {
            big_subtract(&interval->rest, &interval->scale);
            digit++;
        }
        digits->text[digits->count++] = digit;
        order = big_compare(&interval->rest, &interval->below);
        is_low_enough = interval->holds_its_ends ? order <= 0 : order < 0;
        is_high_enough = reaches_scale(interval);
    }
    /* Both ends would do: take the nearer, and of two equally near the even one. */
    big_shift_left(&interval->rest, 1);
    half = big_compare(&interval->rest, &interval->scale);
    if (!is_low_enough ||
        (is_high_enough && (half > 0 || (half == 0 && (digits->text[digits->count - 1] & 1) != 0)))) {
        round_up(digits);
    }
}

static size_t append(char *text, size_t size_bytes, const char *piece, size_t piece_bytes)
{
    memcpy(text + size_bytes, piece, piece_bytes);
    return size_bytes + piece_bytes;
}

static size_t append_zeros(char *text, size_t size_bytes, int32_t count)
{
    for (; count > 0; count--) {
        text[size_bytes++] = '0';
    }
    return size_bytes;
}

/* "12.5", "0.0001", "100.0": the value has its point within or near its digits. */
static size_t lay_out_fixed(const struct digits *digits, char *text, size_t size_bytes)
{
    const int32_t count = (int32_t)digits->count;
    const int32_t whole_count = digits->point > count ? count : digits->point;

    if (digits->point <= 0) {
        size_bytes = append(text, size_bytes, "0.", 2);
        size_bytes = append_zeros(text, size_bytes, -digits->point);
        return append(text, size_bytes, digits->text, digits->count);
    }
    size_bytes = append(text, size_bytes, digits->text, (size_t)whole_count);
    size_bytes = append_zeros(text, size_bytes, digits->point - whole_count);
    text[size_bytes++] = '.';
    if (whole_count == count) {
        text[size_bytes++] = '0';
        return size_bytes;
    }
    return append(text, size_bytes, digits->text + whole_count, (size_t)(count - whole_count));
}

/* "1.5e-07", "1e+16": at least two digits of exponent. */
static size_t lay_out_exponent(const struct digits *digits, char *text, size_t size_bytes)
{
    const int32_t exponent = digits->point - 1;
    const int32_t magnitude = exponent < 0 ? -exponent : exponent;

    text[size_bytes++] = digits->text[0];
    if (digits->count > 1) {
        text[size_bytes++] = '.';
        size_bytes = append(text, size_bytes, digits->text + 1, digits->count - 1);
    }
    text[size_bytes++] = 'e';
    text[size_bytes++] = exponent < 0 ? '-' : '+';
    if (magnitude >= 100) {
        text[size_bytes++] = (char)('0' + magnitude / 100);
    }
    text[size_bytes++] = (char)('0' + magnitude / 10 % 10);
    text[size_bytes++] = (char)('0' + magnitude % 10);
    return size_bytes;
}

static size_t write_real(const struct wf_real_format *format, uint64_t bits, char text[WF_REAL_TEXT_BYTES])
{
    const uint64_t sign = UINT64_C(1) << (format->mantissa_bits + format->exponent_bits - 1);
    const uint64_t magnitude = bits & ~sign;
    struct digits digits;
    struct interval interval;
    uint64_t mantissa = 0;
    int32_t exponent = 0;
    size_t size_bytes = 0;

    if (magnitude > wf_real_infinity(format)) {
        return append(text, 0, "NaN", 3);
    }
    if ((bits & sign) != 0) {
        text[size_bytes++] = '-';
    }
    if (magnitude == wf_real_infinity(format)) {
        return append(text, size_bytes, "Infinity", 8);
    }
    if (magnitude == 0) {
        return append(text, size_bytes, "0.0", 3);
    }
    wf_real_split(format, magnitude, &mantissa, &exponent);
    if (!write_whole(format, mantissa, exponent, &digits)) {
        start_interval(format, mantissa, exponent, &interval);
        write_shortest(&interval, &digits);
    }
    /* Python's repr: an exponent from 1e16 up and below 1e-4. */
    if (digits.point > 16 || digits.point <= -4) {
        return lay_out_exponent(&digits, text, size_bytes);
    }
    return lay_out_fixed(&digits, text, size_bytes);
}

size_t wf_double_write(wf_double_bits bits, char text[WF_REAL_TEXT_BYTES])
{
    return write_real(&wf_real_double, bits, text);
}

size_t wf_float_write(wf_float_bits bits, char text[WF_REAL_TEXT_BYTES])
{
    return write_real(&wf_real_float, bits, text);
}
