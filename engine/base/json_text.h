/*
 * JSON text: one tokenizer and one writer for histories, values and reports. No tree is built: values are slices of the
 * text. The tokenizer is strict (RFC 8259), bounded in depth, and never recurses.
 */
#ifndef WF_ENGINE_BASE_JSON_TEXT_H
#define WF_ENGINE_BASE_JSON_TEXT_H

#include <stdbool.h>
#include <stdint.h>

#include "engine/base/bytes.h"
#include "engine/base/status.h"

#define WF_JSON_DEPTH_MAX 200

enum wf_json_kind {
    WF_JSON_END, /* of the text */
    WF_JSON_NULL,
    WF_JSON_TRUE,
    WF_JSON_FALSE,
    WF_JSON_NUMBER,
    WF_JSON_STRING,
    WF_JSON_KEY, /* the string before a colon; the colon is consumed */
    WF_JSON_ARRAY_BEGIN,
    WF_JSON_ARRAY_END,
    WF_JSON_OBJECT_BEGIN,
    WF_JSON_OBJECT_END,
};

struct wf_json_token {
    enum wf_json_kind kind;
    struct wf_string text; /* a number's digits; a string's or key's contents, still escaped, without quotes */
    bool has_escapes;      /* text contains a backslash */
    int64_t byte_offset;
};

struct wf_json_reader {
    const char *start;
    const char *next;
    const char *end;
    uint32_t depth;
    uint8_t state; /* what may come next */
    uint8_t containers[(WF_JSON_DEPTH_MAX + 7) / 8]; /* a bit a level: 1 object, 0 array */
};

void wf_json_reader_init(struct wf_json_reader *reader, struct wf_string text);

/* Errors: WF_ERR_CORRUPT with the byte offset; WF_ERR_LIMIT when nested deeper than WF_JSON_DEPTH_MAX. */
enum wf_status wf_json_next(struct wf_json_reader *reader, struct wf_json_token *token, struct wf_error *err);

/* Having read the first token of a value, skips to its end; *raw is the whole value's text. raw may be NULL. */
enum wf_status wf_json_skip(struct wf_json_reader *reader, const struct wf_json_token *first, struct wf_string *raw,
                            struct wf_error *err);

/*
 * Undoes escapes into the arena; a token without escapes is returned as it is. Lone surrogates become U+FFFD.
 * Errors: WF_ERR_CORRUPT for a bad escape or bad UTF-8, WF_ERR_MEMORY.
 */
enum wf_status wf_json_unescape(struct wf_arena *arena, const struct wf_json_token *token, struct wf_string *out,
                                struct wf_error *err);

/*
 * An integer written as a number (also 1.0 or 1e3 when whole), or as a number in a string.
 * Errors: WF_ERR_INVALID  not a whole number, or outside int64
 */
enum wf_status wf_json_integer(const struct wf_json_token *token, int64_t *value, struct wf_error *err);

/* Appends a quoted string. `<`, `>` and `&` are written as they are; control characters as \u00xx or \n, \t, ...; bad
 * UTF-8 as U+FFFD; all else verbatim. */
void wf_json_write_string(struct wf_buffer *out, struct wf_string text);
void wf_json_write_i64(struct wf_buffer *out, int64_t value);
void wf_json_write_u64(struct wf_buffer *out, uint64_t value);

/*
 * A writer of objects and arrays that puts commas itself. indent 0: one line; else that many spaces a level.
 */
struct wf_json_writer {
    struct wf_buffer *out;
    uint32_t depth;
    uint32_t indent;
    bool needs_comma;
    bool is_after_key;
};
void wf_json_writer_init(struct wf_json_writer *writer, struct wf_buffer *out, uint32_t indent);
void wf_json_begin_object(struct wf_json_writer *writer);
void wf_json_end_object(struct wf_json_writer *writer);
void wf_json_begin_array(struct wf_json_writer *writer);
void wf_json_end_array(struct wf_json_writer *writer);
void wf_json_key(struct wf_json_writer *writer, const char *key);
void wf_json_string(struct wf_json_writer *writer, struct wf_string value);
void wf_json_text(struct wf_json_writer *writer, const char *value);
void wf_json_i64(struct wf_json_writer *writer, int64_t value);
void wf_json_u64(struct wf_json_writer *writer, uint64_t value);
void wf_json_bool(struct wf_json_writer *writer, bool value);
void wf_json_null(struct wf_json_writer *writer);
/* A member: its key, then its value. */
void wf_json_put_string(struct wf_json_writer *writer, const char *key, struct wf_string value);
void wf_json_put_u64(struct wf_json_writer *writer, const char *key, uint64_t value);
void wf_json_put_i64(struct wf_json_writer *writer, const char *key, int64_t value);
void wf_json_put_bool(struct wf_json_writer *writer, const char *key, bool value);
/* The key of a member and the begin of its value. */
void wf_json_put_object(struct wf_json_writer *writer, const char *key);
void wf_json_put_array(struct wf_json_writer *writer, const char *key);
/* 16 hexadecimal digits, as text: readers of JSON lose the low bits of numbers of 64 bits. */
void wf_json_put_hash(struct wf_json_writer *writer, const char *key, uint64_t value);
/* A value already written as JSON. */
void wf_json_raw(struct wf_json_writer *writer, struct wf_string json);

/*
 * Reads inside a value without decoding it: the member of an object, the item of an array, the count of items. They
 * return an absent value ({NULL, 0}) when the text is of another kind, ill-formed or has no such part.
 */
struct wf_string wf_json_member(struct wf_string object, struct wf_string key); /* the first of equal keys */
struct wf_string wf_json_item(struct wf_string array, size_t index);
size_t wf_json_count(struct wf_string array_or_object);

/* True when a token's text, its escapes undone, is this string. Needs no memory. */
bool wf_json_token_is(const struct wf_json_token *token, struct wf_string string);

/*
 * Decodes the character or escape at *at, before end, into out and moves *at past it; returns how many bytes of out it
 * filled. A bad escape is taken as a plain backslash.
 */
size_t wf_json_decode_character(const char **at, const char *end, char out[4]);

/*
 * A digest that is the same for texts of equal value: object members in any order, any escapes and blanks, 1.0 as 1. In
 * linear time and no memory. False when the text is ill-formed.
 */
bool wf_json_digest(struct wf_string text, uint64_t *digest);

/* The length of the UTF-8 sequence at the start of bytes, 0 when it is ill-formed or size_bytes is 0. */
size_t wf_utf8_sequence(const char *bytes, size_t size_bytes);

#endif
