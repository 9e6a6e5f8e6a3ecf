/*
 * Bytes to messages and back: protobuf wire format and proto3 JSON, each one loop over the schema's descriptors. Decoding
 * never reorders, repairs or validates; hostile input costs at most an error.
 */
#ifndef WF_ENGINE_CODEC_H
#define WF_ENGINE_CODEC_H

#include "engine/base/arena.h"
#include "engine/base/bytes.h"
#include "engine/base/status.h"
#include "engine/schema.h"

#define WF_CODEC_DEPTH_MAX 100                        /* nested messages, protobuf's usual limit */
#define WF_CODEC_INPUT_BYTES_MAX ((size_t)128 << 20)  /* of one message (engine-semantics 1.6) */

/* RFC 3339 with up to 9 fraction digits, in UTC or with an offset, years 1 to 9999. */
bool wf_timestamp_read(struct wf_string text, struct wf_timestamp *time);

/* "1.5s": a sign, whole seconds, up to 9 fraction digits, at most about 10,000 years. */
bool wf_duration_read(struct wf_string text, struct wf_timestamp *time);

/*
 * Decodes protobuf bytes into a zeroed message. Strings and bytes are slices of `in`, which must live as long as the
 * message. The last scalar wins, repeated sub-messages merge, the last oneof member wins; packed and unpacked are both read;
 * unknown fields are kept.
 *
 * Errors: WF_ERR_CORRUPT with the byte offset, WF_ERR_LIMIT, WF_ERR_MEMORY.
 * Source: engine-semantics 1.6.
 */
enum wf_status wf_wire_decode(struct wf_arena *arena, const struct wf_message_type *type, struct wf_string in,
                              void *message, struct wf_error *err);

/*
 * Appends the deterministic encoding: fields in number order, map entries sorted by key, unknown fields last in the order
 * they were met, zero scalars left out.
 */
void wf_wire_encode(const struct wf_message_type *type, const void *message, struct wf_buffer *out);

/* What a JSON reader met and did not keep. Borrowed from the arena of the decode. */
enum wf_note_kind {
    WF_NOTE_UNKNOWN_MEMBER,     /* dropped */
    WF_NOTE_UNKNOWN_ENUM_NAME,  /* decoded as 0 */
};

struct wf_note {
    enum wf_note_kind kind;
    int64_t event_id;      /* 0: not inside an event, or before its id was read */
    uint32_t event_index;  /* position in the file; UINT32_MAX: not inside an event */
    struct wf_string path; /* the member's name */
    struct wf_string text; /* the unknown enum name */
    int64_t byte_offset;
};

#define WF_NOTES_MAX 256 /* further ones are counted only */

struct wf_notes {
    struct wf_note *items;
    uint32_t count;
    uint32_t capacity;
    uint32_t dropped_count;
};

/*
 * Decodes JSON text into a zeroed message. Accepts camelCase and snake_case keys, both enum spellings and numbers, int64
 * as strings or numbers, null as absent, base64 standard or URL-safe with or without padding. notes may be NULL.
 *
 * Errors: WF_ERR_CORRUPT or WF_ERR_INVALID with the byte offset and the member's name, WF_ERR_LIMIT, WF_ERR_MEMORY;
 *         WF_ERR_UNSUPPORTED for a payload inside an event that a tool has decoded for reading.
 * Source: engine-semantics 1.7; corpus README "What a reader must accept".
 */
enum wf_status wf_json_decode(struct wf_arena *arena, const struct wf_message_type *type, struct wf_string text,
                              void *message, struct wf_notes *notes, struct wf_error *err);

/* Appends canonical JSON without spaces: members in number order, maps sorted by key, unset fields left out. */
void wf_json_encode(const struct wf_message_type *type, const void *message, struct wf_buffer *out);

#endif
