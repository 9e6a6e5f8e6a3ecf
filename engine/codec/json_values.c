/*
 * Days are counted from 1 March of year 0, so that the leap day is the last of its year and the
 * months' lengths follow one formula (Howard Hinnant, "chrono-compatible low-level date
 * algorithms").
 */
#include "engine/codec/json_values.h"

#include "engine/base/date.h"
#include "engine/base/json_text.h"
#include "engine/codec.h"

/* ---- Base64 ---- */

#define BASE64_BAD 0x80u

static const char base64_letters[] =
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

/* The value of each character of both alphabets + 1; 0 for any other character. */
static const uint8_t base64_places[256] = {
    ['A'] = 1,  ['B'] = 2,  ['C'] = 3,  ['D'] = 4,  ['E'] = 5,  ['F'] = 6,  ['G'] = 7,  ['H'] = 8,
    ['I'] = 9,  ['J'] = 10, ['K'] = 11, ['L'] = 12, ['M'] = 13, ['N'] = 14, ['O'] = 15, ['P'] = 16,
    ['Q'] = 17, ['R'] = 18, ['S'] = 19, ['T'] = 20, ['U'] = 21, ['V'] = 22, ['W'] = 23, ['X'] = 24,
    ['Y'] = 25, ['Z'] = 26, ['a'] = 27, ['b'] = 28, ['c'] = 29, ['d'] = 30, ['e'] = 31, ['f'] = 32,
    ['g'] = 33, ['h'] = 34, ['i'] = 35, ['j'] = 36, ['k'] = 37, ['l'] = 38, ['m'] = 39, ['n'] = 40,
    ['o'] = 41, ['p'] = 42, ['q'] = 43, ['r'] = 44, ['s'] = 45, ['t'] = 46, ['u'] = 47, ['v'] = 48,
    ['w'] = 49, ['x'] = 50, ['y'] = 51, ['z'] = 52, ['0'] = 53, ['1'] = 54, ['2'] = 55, ['3'] = 56,
    ['4'] = 57, ['5'] = 58, ['6'] = 59, ['7'] = 60, ['8'] = 61, ['9'] = 62, ['+'] = 63, ['/'] = 64,
    ['-'] = 63, ['_'] = 64,
};

/* Room for the base64 of size_bytes. */
static size_t base64_text_bytes(size_t size_bytes)
{
    return (size_bytes + 2) / 3 * 4;
}

size_t wf_base64_data_bytes_max(size_t size_bytes)
{
    return (size_bytes + 3) / 4 * 3;
}

/* Six bits of a character; with BASE64_BAD set when it is in neither alphabet. */
static inline uint32_t six_bits(char c)
{
    return (uint32_t)(base64_places[(unsigned char)c] - 1) & (0x3fu | BASE64_BAD);
}

/* The last two or three characters make one or two bytes. */
static bool read_base64_rest(const char *at, size_t rest, char *to, size_t *size_bytes)
{
    uint32_t bits = 0;

    if (rest == 1) {
        return false;
    }
    for (size_t i = 0; i < rest; i++) {
        const uint32_t six = six_bits(at[i]);

        if ((six & BASE64_BAD) != 0) {
            return false;
        }
        bits = bits << 6 | six;
    }
    if (rest == 2) {
        to[(*size_bytes)++] = (char)(uint8_t)(bits >> 4);
    } else if (rest == 3) {
        to[(*size_bytes)++] = (char)(uint8_t)(bits >> 10);
        to[(*size_bytes)++] = (char)(uint8_t)(bits >> 2);
    }
    return true;
}

bool wf_base64_read(struct wf_string text, char *to, size_t *size_bytes)
{
    const char *at = text.data;
    size_t left = text.size_bytes;

    *size_bytes = 0;
    for (int i = 0; i < 2 && left > 0 && at[left - 1] == '='; i++) {
        left--;
    }
    for (; left >= 4; left -= 4) {
        const uint32_t first = six_bits(at[0]);
        const uint32_t second = six_bits(at[1]);
        const uint32_t third = six_bits(at[2]);
        const uint32_t fourth = six_bits(at[3]);

        if (((first | second | third | fourth) & BASE64_BAD) != 0) {
            return false;
        }
        to[*size_bytes] = (char)(uint8_t)(first << 2 | second >> 4);
        to[*size_bytes + 1] = (char)(uint8_t)(second << 4 | third >> 2);
        to[*size_bytes + 2] = (char)(uint8_t)(third << 6 | fourth);
        *size_bytes += 3;
        at += 4;
    }
    return read_base64_rest(at, left, to, size_bytes);
}

void wf_base64_write(struct wf_string data, struct wf_buffer *out)
{
    char *to = wf_buffer_reserve(out, base64_text_bytes(data.size_bytes));
    const uint8_t *at = (const void *)data.data;
    size_t left = data.size_bytes;

    if (to == NULL || left == 0) {
        return;
    }
    for (; left >= 3; left -= 3, at += 3) {
        const uint32_t bits = (uint32_t)at[0] << 16 | (uint32_t)at[1] << 8 | at[2];

        *to++ = base64_letters[bits >> 18];
        *to++ = base64_letters[bits >> 12 & 0x3f];
        *to++ = base64_letters[bits >> 6 & 0x3f];
        *to++ = base64_letters[bits & 0x3f];
    }
    if (left > 0) {
        const uint32_t bits = (uint32_t)at[0] << 16 | (left == 2 ? (uint32_t)at[1] << 8 : 0);

        *to++ = base64_letters[bits >> 18];
        *to++ = base64_letters[bits >> 12 & 0x3f];
        *to++ = left == 2 ? base64_letters[bits >> 6 & 0x3f] : '=';
        *to++ = '=';
    }
    out->size_bytes += base64_text_bytes(data.size_bytes);
}

/* ---- Numbers inside times ---- */

#define NANOS_PER_SECOND 1000000000
#define FRACTION_DIGITS_MAX 9
#define SECONDS_PER_DAY 86400
#define TIMESTAMP_SECONDS_MIN INT64_C(-62135596800) /* 0001-01-01T00:00:00Z */
#define TIMESTAMP_SECONDS_MAX INT64_C(253402300799) /* 9999-12-31T23:59:59Z */
#define DURATION_SECONDS_MAX INT64_C(315576000000)  /* protobuf's bound, about 10,000 years */

/* Exactly `count` digits. */
static bool read_digits(const char *at, size_t count, uint32_t *value)
{
    *value = 0;
    for (size_t i = 0; i < count; i++) {
        if (!wf_is_digit(at[i])) {
            return false;
        }
        *value = *value * 10 + (uint32_t)(at[i] - '0');
    }
    return true;
}

/* A point and one to nine digits, if a point is there. */
static bool read_fraction(const char **next, const char *end, int32_t *nanos)
{
    static const int32_t units[] = {0,     100000000, 10000000, 1000000, 100000,
                                    10000, 1000,      100,      10,      1};
    const char *start = *next + 1;
    const char *at = start;
    int32_t value = 0;

    *nanos = 0;
    if (*next == end || **next != '.') {
        return true;
    }
    for (; at < end && wf_is_digit(*at); at++) {
        if (at - start == FRACTION_DIGITS_MAX) {
            return false;
        }
        value = value * 10 + (*at - '0');
    }
    if (at == start) {
        return false;
    }
    *nanos = value * units[at - start];
    *next = at;
    return true;
}

static void write_padded(struct wf_buffer *out, uint64_t value, int digits)
{
    char text[20];

    for (int i = digits; i > 0; i--) {
        text[i - 1] = (char)('0' + value % 10);
        value /= 10;
    }
    wf_buffer_append(out, text, (size_t)digits);
}

/* 0, 3, 6 or 9 digits, as few as hold the value. */
static void write_fraction(struct wf_buffer *out, uint32_t nanos)
{
    if (nanos == 0) {
        return;
    }
    wf_buffer_append_char(out, '.');
    if (nanos % 1000000 == 0) {
        write_padded(out, nanos / 1000000, 3);
    } else if (nanos % 1000 == 0) {
        write_padded(out, nanos / 1000, 6);
    } else {
        write_padded(out, nanos, 9);
    }
}

/* ---- Timestamps ---- */

static bool is_date(uint32_t year, uint32_t month, uint32_t day)
{
    static const uint8_t days_of_months[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
    const bool is_leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);

    if (year < 1 || month < 1 || month > 12 || day < 1) {
        return false;
    }
    return day <= days_of_months[month - 1] + (uint32_t)(month == 2 && is_leap);
}

/* `Z`, or an offset like +02:00, which is taken off. */
static bool read_zone(const char *at, const char *end, int64_t *seconds)
{
    uint32_t hours = 0;
    uint32_t minutes = 0;
    int64_t offset = 0;

    if (end - at == 1 && (*at == 'Z' || *at == 'z')) {
        return true;
    }
    if (end - at != 6 || (*at != '+' && *at != '-') || at[3] != ':' ||
        !read_digits(at + 1, 2, &hours) || !read_digits(at + 4, 2, &minutes) || hours > 23 ||
        minutes > 59) {
        return false;
    }
    offset = (int64_t)hours * 3600 + (int64_t)minutes * 60;
    *seconds += *at == '+' ? -offset : offset;
    return true;
}

bool wf_timestamp_read(struct wf_string text, struct wf_timestamp *time)
{
    const char *at = text.data;
    const char *end = at + text.size_bytes;
    const char *next = at + sizeof "2024-05-01T10:00:00" - 1;
    uint32_t year = 0;
    uint32_t month = 0;
    uint32_t day = 0;
    uint32_t hour = 0;
    uint32_t minute = 0;
    uint32_t second = 0;
    int64_t seconds = 0;
    int32_t nanos = 0;

    if (text.size_bytes < sizeof "2024-05-01T10:00:00Z" - 1 || !read_digits(at, 4, &year) ||
        at[4] != '-' || !read_digits(at + 5, 2, &month) || at[7] != '-' ||
        !read_digits(at + 8, 2, &day) || (at[10] != 'T' && at[10] != 't') ||
        !read_digits(at + 11, 2, &hour) || at[13] != ':' || !read_digits(at + 14, 2, &minute) ||
        at[16] != ':' || !read_digits(at + 17, 2, &second)) {
        return false;
    }
    if (!is_date(year, month, day) || hour > 23 || minute > 59 || second > 59) {
        return false;
    }
    seconds = wf_date_days((struct wf_date){year, month, day}) * SECONDS_PER_DAY +
              (int64_t)(hour * 3600 + minute * 60 + second);
    if (!read_fraction(&next, end, &nanos) || !read_zone(next, end, &seconds) ||
        seconds < TIMESTAMP_SECONDS_MIN || seconds > TIMESTAMP_SECONDS_MAX) {
        return false;
    }
    *time = (struct wf_timestamp){seconds, nanos, true};
    return true;
}

void wf_timestamp_write(const struct wf_timestamp *time, struct wf_buffer *out)
{
    /* Nanoseconds out of their range carry into the seconds. */
    const int64_t carried = time->nanos / NANOS_PER_SECOND - (time->nanos % NANOS_PER_SECOND < 0);
    const uint32_t nanos = (uint32_t)(time->nanos - carried * NANOS_PER_SECOND);
    const int64_t day_carry = time->seconds % SECONDS_PER_DAY + carried;
    const int64_t second_of_day = (day_carry % SECONDS_PER_DAY + SECONDS_PER_DAY) % SECONDS_PER_DAY;
    const int64_t days = time->seconds / SECONDS_PER_DAY +
                         (day_carry - second_of_day) / SECONDS_PER_DAY;
    const struct wf_date date = wf_date_of_days(days);
    const uint64_t year = date.year < 0 ? (uint64_t)-date.year : (uint64_t)date.year;

    if (date.year < 0) {
        wf_buffer_append_char(out, '-');
    }
    if (year > 9999) {
        wf_json_write_u64(out, year);
    } else {
        write_padded(out, year, 4);
    }
    wf_buffer_append_char(out, '-');
    write_padded(out, date.month, 2);
    wf_buffer_append_char(out, '-');
    write_padded(out, date.day, 2);
    wf_buffer_append_char(out, 'T');
    write_padded(out, (uint64_t)second_of_day / 3600, 2);
    wf_buffer_append_char(out, ':');
    write_padded(out, (uint64_t)second_of_day / 60 % 60, 2);
    wf_buffer_append_char(out, ':');
    write_padded(out, (uint64_t)second_of_day % 60, 2);
    write_fraction(out, nanos);
    wf_buffer_append_char(out, 'Z');
}

/* ---- Durations ---- */

bool wf_duration_read(struct wf_string text, struct wf_timestamp *time)
{
    const char *at = text.data;
    const char *end = at + text.size_bytes;
    const bool is_negative = text.size_bytes > 0 && *at == '-';
    int64_t seconds = 0;
    int32_t nanos = 0;

    at += is_negative;
    if (at == end || !wf_is_digit(*at)) {
        return false;
    }
    for (; at < end && wf_is_digit(*at); at++) {
        seconds = seconds * 10 + (*at - '0');
        if (seconds > DURATION_SECONDS_MAX) {
            return false;
        }
    }
    if (!read_fraction(&at, end, &nanos) || end - at != 1 || *at != 's') {
        return false;
    }
    *time = (struct wf_timestamp){is_negative ? -seconds : seconds, is_negative ? -nanos : nanos,
                                  true};
    return true;
}

void wf_duration_write(const struct wf_timestamp *time, struct wf_buffer *out)
{
    int64_t seconds = time->seconds;
    int64_t nanos = time->nanos % NANOS_PER_SECOND;

    /* Nanoseconds out of their range or against the sign of the seconds carry into these, as far as
     * they go. */
    (void)wf_add_i64(seconds, time->nanos / NANOS_PER_SECOND, &seconds);
    if (seconds > 0 && nanos < 0) {
        seconds--;
        nanos += NANOS_PER_SECOND;
    } else if (seconds < 0 && nanos > 0) {
        seconds++;
        nanos -= NANOS_PER_SECOND;
    }
    if (seconds < 0 || nanos < 0) {
        wf_buffer_append_char(out, '-');
    }
    wf_json_write_u64(out, wf_magnitude(seconds));
    write_fraction(out, (uint32_t)(nanos < 0 ? -nanos : nanos));
    wf_buffer_append_char(out, 's');
}
