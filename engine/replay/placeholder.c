/*
 * A value is the n-th of its shape. Text and bytes write n with letters at their end, numbers count on from a row of ones.
 * Where a shape has no room for n, its last digits are written: two values of one letter may then look alike.
 */
#include "engine/replay/placeholder.h"

#include "engine/base/json_text.h"

#define FILL 'x'
static const char digits[] = "abcdefghijklmnopqrstuvwyz0123456789"; /* all but FILL, so that no two numbers look alike */
#define DIGIT_COUNT (sizeof digits - 1)

enum kind { KIND_TEXT = 't', KIND_BYTES = 'b', KIND_NUMBER = 'n', KIND_TRUTH = 'v' };

void wf_redaction_init(struct wf_redaction *redaction, struct wf_arena *arena)
{
    *redaction = (struct wf_redaction){.arena = arena};
    wf_map_init(&redaction->placeholders, arena);
    wf_map_init(&redaction->shapes, arena);
}

static struct wf_string fail(struct wf_redaction *redaction)
{
    redaction->is_full = true;
    return (struct wf_string){NULL, 0};
}

/* The placeholder that a value has, or NULL: it has none yet, and *key is where to keep it. */
static const struct wf_string *find(struct wf_redaction *redaction, enum kind kind, struct wf_string value,
                                    struct wf_string *key)
{
    const struct wf_arena_mark mark = wf_arena_mark(redaction->arena);
    const struct wf_string *known = NULL;
    struct wf_buffer text;

    wf_buffer_init(&text, redaction->arena);
    wf_buffer_append_char(&text, (char)kind);
    wf_buffer_append_string(&text, value);
    *key = wf_buffer_string(&text);
    if (text.is_full) {
        redaction->is_full = true;
        return key;
    }
    known = wf_map_get(&redaction->placeholders, *key);
    if (known != NULL) {
        wf_arena_rewind(redaction->arena, mark);
    }
    return known;
}

/* How many values of the shape came before this one, which is counted. */
static uint32_t count_in(struct wf_redaction *redaction, struct wf_string shape)
{
    uint32_t *count = wf_map_get(&redaction->shapes, shape);

    if (count == NULL) {
        const struct wf_string kept = wf_string_copy(redaction->arena, shape);

        count = WF_ARENA_NEW(redaction->arena, uint32_t);
        if (count == NULL || kept.data == NULL || !wf_map_set(&redaction->shapes, kept, count)) {
            (void)fail(redaction);
            return 0;
        }
        *count = 0;
    }
    return (*count)++;
}

static struct wf_string keep(struct wf_redaction *redaction, struct wf_string key, struct wf_string placeholder)
{
    struct wf_string *kept = WF_ARENA_NEW(redaction->arena, struct wf_string);

    if (kept == NULL || !wf_map_set(&redaction->placeholders, key, kept)) {
        return fail(redaction);
    }
    *kept = placeholder;
    return placeholder;
}

/* ---- Text and bytes ---- */

/* n at the end of a row of FILL, in digits that have no zero: 1 is "a", 35 is "9", 36 is "aa". */
static struct wf_string filled(struct wf_redaction *redaction, size_t size_bytes, uint32_t n)
{
    char *text = wf_arena_take(redaction->arena, size_bytes);

    if (text == NULL) {
        return fail(redaction);
    }
    memset(text, FILL, size_bytes);
    for (size_t at = size_bytes; at > 0 && n > 0; at--) {
        text[at - 1] = digits[(n - 1) % DIGIT_COUNT];
        n = (n - 1) / DIGIT_COUNT;
    }
    return (struct wf_string){text, size_bytes};
}

static struct wf_string letters(struct wf_redaction *redaction, enum kind kind, struct wf_string value, size_t length)
{
    struct wf_string key;
    const struct wf_string *known = find(redaction, kind, value, &key);
    char memory[32];
    struct wf_buffer shape;

    if (known != NULL) {
        return *known;
    }
    wf_buffer_init_fixed(&shape, memory, sizeof memory);
    wf_buffer_printf(&shape, "%c%zu", (char)kind, length);
    return keep(redaction, key, filled(redaction, length, count_in(redaction, wf_buffer_string(&shape))));
}

static size_t character_count(struct wf_string text)
{
    size_t count = 0;

    for (size_t at = 0; at < text.size_bytes; count++) {
        const size_t size_bytes = wf_utf8_sequence(text.data + at, text.size_bytes - at);

        at += size_bytes == 0 ? 1 : size_bytes;
    }
    return count;
}

struct wf_string wf_placeholder_of_text(struct wf_redaction *redaction, struct wf_string text)
{
    return text.size_bytes == 0 ? text : letters(redaction, KIND_TEXT, text, character_count(text));
}

struct wf_string wf_placeholder_of_bytes(struct wf_redaction *redaction, struct wf_string bytes)
{
    return bytes.size_bytes == 0 ? bytes : letters(redaction, KIND_BYTES, bytes, bytes.size_bytes);
}

/* ---- Numbers ---- */

/* Where the exponent of a JSON number begins. */
static size_t mantissa_bytes(struct wf_string number)
{
    size_t size_bytes = 0;

    while (size_bytes < number.size_bytes && number.data[size_bytes] != 'e' && number.data[size_bytes] != 'E') {
        size_bytes++;
    }
    return size_bytes;
}

/* The zero of 0.75, which no other digit may take the place of. */
static bool is_leading_zero(struct wf_string number, size_t at)
{
    return number.data[at] == '0' && at + 1 < number.size_bytes && number.data[at + 1] == '.' &&
           (at == 0 || number.data[at - 1] == '-');
}

/* Adds n, so that what was the last one of n values of a row of ones becomes the next. */
static void count_on(char *number, size_t size_bytes, uint32_t n)
{
    uint64_t carry = n;

    for (size_t at = size_bytes; at > 0 && carry > 0; at--) {
        if (wf_is_digit(number[at - 1]) && !is_leading_zero((struct wf_string){number, size_bytes}, at - 1)) {
            const uint64_t sum = carry + (uint64_t)(number[at - 1] - '0');
            const bool is_first = at == 1 || number[at - 2] == '-';
            const bool is_alone = is_first && at == size_bytes;

            /* The first of several digits is no zero. */
            number[at - 1] = (char)('0' + (is_first && !is_alone ? (sum - 1) % 9 + 1 : sum % 10));
            carry = sum / 10;
        }
    }
}

struct wf_string wf_placeholder_of_number(struct wf_redaction *redaction, struct wf_string number)
{
    const size_t size_bytes = mantissa_bytes(number);
    struct wf_string key;
    const struct wf_string *known = find(redaction, KIND_NUMBER, number, &key);
    char *ones = NULL;

    if (known != NULL) {
        return *known;
    }
    ones = wf_arena_take(redaction->arena, number.size_bytes);
    if (ones == NULL) {
        return fail(redaction);
    }
    memcpy(ones, number.data, number.size_bytes);
    for (size_t i = 0; i < size_bytes; i++) {
        ones[i] = wf_is_digit(ones[i]) && !is_leading_zero(number, i) ? '1' : ones[i];
    }
    count_on(ones, size_bytes, count_in(redaction, (struct wf_string){ones, number.size_bytes}));
    return keep(redaction, key, (struct wf_string){ones, number.size_bytes});
}

/* ---- Truth ---- */

struct wf_string wf_placeholder_of_truth(struct wf_redaction *redaction, bool is_true)
{
    struct wf_string key;
    const struct wf_string *known = find(redaction, KIND_TRUTH, is_true ? WF_STR("true") : WF_STR("false"), &key);

    if (known != NULL) {
        return *known;
    }
    return keep(redaction, key, count_in(redaction, WF_STR("v")) == 0 ? WF_STR("false") : WF_STR("true"));
}
