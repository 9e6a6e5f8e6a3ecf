/*
 * Slices of memory, growable buffers in an arena, checked arithmetic and fixed-width little-endian numbers.
 */
#ifndef WF_ENGINE_BASE_BYTES_H
#define WF_ENGINE_BASE_BYTES_H

#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

struct wf_arena;

/* A borrowed slice of text or bytes, not terminated. {NULL, 0} is empty. */
struct wf_string {
    const char *data;
    size_t size_bytes;
};

static inline bool wf_is_digit(char c)
{
    return c >= '0' && c <= '9';
}

static inline bool wf_is_hex_letter(char c)
{
    return (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F');
}

/* A slice of a string literal. */
#define WF_STR(literal) ((struct wf_string){(literal), sizeof(literal) - 1})

static inline struct wf_string wf_string_of(const char *text)
{
    return (struct wf_string){text, strlen(text)};
}

static inline bool wf_string_equal(struct wf_string left, struct wf_string right)
{
    return left.size_bytes == right.size_bytes &&
           (left.size_bytes == 0 || memcmp(left.data, right.data, left.size_bytes) == 0);
}

static inline bool wf_string_is(struct wf_string string, const char *text)
{
    return wf_string_equal(string, wf_string_of(text));
}

/* Byte order, then length; below, equal to or above 0. */
int wf_string_compare(struct wf_string left, struct wf_string right);

bool wf_string_starts_with(struct wf_string string, struct wf_string prefix);
bool wf_string_ends_with(struct wf_string string, struct wf_string suffix);

/* A copy in the arena, also terminated by a NUL that size_bytes does not count; {NULL, 0} when the arena is full. */
struct wf_string wf_string_copy(struct wf_arena *arena, struct wf_string string);

/*
 * A buffer that grows in an arena. Once the arena is full, is_full stays true and appends do nothing, so a writer may
 * append many times and look once.
 */
struct wf_buffer {
    struct wf_arena *arena;
    char *data;
    size_t size_bytes;
    size_t capacity_bytes;
    bool is_full;
};

void wf_buffer_init(struct wf_buffer *buffer, struct wf_arena *arena);

/* A buffer in memory of the caller, which never grows: what does not fit is cut off and sets is_full. */
void wf_buffer_init_fixed(struct wf_buffer *buffer, char *memory, size_t capacity_bytes);

/* Forgets the contents, keeps the memory. */
void wf_buffer_reset(struct wf_buffer *buffer);

void wf_buffer_append(struct wf_buffer *buffer, const void *data, size_t size_bytes);
void wf_buffer_append_char(struct wf_buffer *buffer, char c);
void wf_buffer_append_string(struct wf_buffer *buffer, struct wf_string string);
void wf_buffer_append_text(struct wf_buffer *buffer, const char *text);

/*
 * Appends formatted text. Conversions: %s (const char *), %S (struct wf_string *), %d (int), %u (unsigned),
 * %lld (int64_t cast to long long), %llu, %x and %llx (lower case), %zu, %c, %%; width and 0-padding for numbers.
 * No floating point, no locale.
 */
void wf_buffer_printf(struct wf_buffer *buffer, const char *format, ...);
void wf_buffer_vprintf(struct wf_buffer *buffer, const char *format, va_list arguments);

/* How a number is written; zeroed: in decimal digits, as many as it has. */
struct wf_number_layout {
    size_t width;         /* at least that many bytes */
    bool pads_with_zeros; /* between sign and digits; otherwise with spaces, in front */
    bool is_hexadecimal;  /* lower case */
};

void wf_buffer_append_number(struct wf_buffer *buffer, struct wf_number_layout layout,
                             uint64_t magnitude, bool is_negative);

/* Text, behind spaces that make it width bytes wide. */
void wf_buffer_append_padded(struct wf_buffer *buffer, size_t width, struct wf_string text);

/* What wf_buffer_reserve does when there is no room left. */
char *wf_buffer_grow(struct wf_buffer *buffer, size_t size_bytes);

/* Makes room for size_bytes more and returns where they go without counting them; NULL when full. */
static inline char *wf_buffer_reserve(struct wf_buffer *buffer, size_t size_bytes)
{
    if (buffer->data != NULL && !buffer->is_full && buffer->capacity_bytes - buffer->size_bytes >= size_bytes) {
        return buffer->data + buffer->size_bytes;
    }
    return wf_buffer_grow(buffer, size_bytes);
}

static inline struct wf_string wf_buffer_string(const struct wf_buffer *buffer)
{
    return (struct wf_string){buffer->data, buffer->size_bytes};
}

/* Without its sign; right for INT64_MIN too. */
static inline uint64_t wf_magnitude(int64_t value)
{
    return value < 0 ? 0 - (uint64_t)value : (uint64_t)value;
}

/* Checked arithmetic: false on overflow, *result then untouched. */
bool wf_add_i64(int64_t left, int64_t right, int64_t *result);
bool wf_multiply_i64(int64_t left, int64_t right, int64_t *result);
bool wf_add_size(size_t left, size_t right, size_t *result);
bool wf_multiply_size(size_t left, size_t right, size_t *result);

/* Little-endian numbers at any address. Both compilers make one load or store of each. */
static inline uint32_t wf_load_u32(const void *from)
{
    const unsigned char *byte = (const unsigned char *)from;

    return (uint32_t)byte[0] | (uint32_t)byte[1] << 8 | (uint32_t)byte[2] << 16 | (uint32_t)byte[3] << 24;
}

static inline uint64_t wf_load_u64(const void *from)
{
    const unsigned char *byte = (const unsigned char *)from;

    return (uint64_t)byte[0] | (uint64_t)byte[1] << 8 | (uint64_t)byte[2] << 16 | (uint64_t)byte[3] << 24 |
           (uint64_t)byte[4] << 32 | (uint64_t)byte[5] << 40 | (uint64_t)byte[6] << 48 | (uint64_t)byte[7] << 56;
}

static inline void wf_store_u32(void *to, uint32_t value)
{
    unsigned char *byte = (unsigned char *)to;

    byte[0] = (unsigned char)value;
    byte[1] = (unsigned char)(value >> 8);
    byte[2] = (unsigned char)(value >> 16);
    byte[3] = (unsigned char)(value >> 24);
}

static inline void wf_store_u64(void *to, uint64_t value)
{
    wf_store_u32(to, (uint32_t)value);
    wf_store_u32((unsigned char *)to + 4, (uint32_t)(value >> 32));
}

/* The shape of a UUID: 32 hexadecimal digits and four dashes. */
#define WF_UUID_BYTES 36

/* Writes 128 bits in that shape, the lowest digit of the first word first; version and variant are the caller's. */
void wf_uuid_write(char text[WF_UUID_BYTES], const uint64_t words[2]);

/* Whether a text has that shape, in letters of either case. */
bool wf_uuid_is(struct wf_string text);

#endif
