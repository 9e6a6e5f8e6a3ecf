/*
 * The JSON decoder with its parts in the open, for readers that find messages inside other JSON: a
 * history in its wrappings.
 */
#ifndef WF_ENGINE_CODEC_JSON_DECODER_H
#define WF_ENGINE_CODEC_JSON_DECODER_H

#include "engine/base/json_text.h"
#include "engine/codec.h"

#define WF_JSON_FIELDS_TRIED_AHEAD 3 /* members left out between two that are there */
#define WF_JSON_NAMES_COUNT 128      /* a power of two; a history uses about 60 */

/* A name met before and what it stands for: a field of a message type, or a number of an enum type.
 */
struct wf_json_name {
    const void *owner; /* the message or enum type; NULL: an empty place */
    struct wf_string text;
    const struct wf_field *field;
    int32_t number;
};

struct wf_json_decoder {
    struct wf_arena *arena;
    struct wf_notes *notes; /* may be NULL */
    struct wf_error *err;
    struct wf_json_reader reader;
    int64_t base_offset;          /* of the reader's text in the file */
    uint32_t depth;               /* messages around the one being read */
    bool is_one_of_many;          /* other histories came before in the file */
    const struct wf_event *event; /* the one being read, for notes and errors; else NULL */
    uint32_t event_index;         /* UINT32_MAX: not inside an event */
    struct wf_string real_text;   /* the last real that was read, because policies repeat theirs */
    uint64_t real_bits;
    enum wf_field_kind real_kind;
    struct wf_json_name names[WF_JSON_NAMES_COUNT];
};

/* Everything is borrowed. Strings of decoded messages are slices of the text or live in the arena.
 */
void wf_json_decoder_init(struct wf_json_decoder *decoder, struct wf_arena *arena,
                          struct wf_string text, int64_t base_offset, struct wf_notes *notes,
                          struct wf_error *err);

/* The next token; errors carry offsets into the file. */
enum wf_status wf_json_decoder_next(struct wf_json_decoder *decoder, struct wf_json_token *token);

/* Skips the value that starts with `first`. */
enum wf_status wf_json_decoder_skip(struct wf_json_decoder *decoder,
                                    const struct wf_json_token *first, struct wf_string *raw);

/* The contents of a string or key, without escapes. */
enum wf_status wf_json_decoder_text(struct wf_json_decoder *decoder,
                                    const struct wf_json_token *token, struct wf_string *text);

/*
 * Reads one member of a message from the value whose first token is `first`. null leaves it as it
 * is.
 *
 * Errors: as wf_json_decode.
 */
enum wf_status wf_json_decoder_member(struct wf_json_decoder *decoder, const struct wf_field *field,
                                      void *message, const struct wf_json_token *first);

/* ---- Parts of the decoder ---- */

/* The field that a key names, `expected` and those after it tried first; NULL when there is none.
 */
const struct wf_field *wf_json_find_field(struct wf_json_decoder *decoder,
                                          const struct wf_message_type *type, struct wf_string name,
                                          uint32_t expected);

/* The number of an enum's value by any of its names; false when unknown. */
bool wf_json_find_enum_number(struct wf_json_decoder *decoder, const struct wf_enum_type *type,
                              struct wf_string name, int32_t *number);

/* Notes what is not kept; beyond WF_NOTES_MAX it is counted only. */
void wf_json_note(struct wf_json_decoder *decoder, enum wf_note_kind kind, struct wf_string path,
                  struct wf_string text, int64_t byte_offset);

/* "a number", "an object", ... */
const char *wf_json_kind_text(enum wf_json_kind kind);

/* Turns the offset in the text into one in the file, and names the event. Returns status. */
enum wf_status wf_json_place_error(const struct wf_json_decoder *decoder, enum wf_status status);

/* Errors about the value of a field: it is of another kind, it is no `expected`, memory is out. */
enum wf_status wf_json_wrong_kind(const struct wf_json_decoder *decoder,
                                  const struct wf_field *field, const struct wf_json_token *token,
                                  const char *expected);
enum wf_status wf_json_wrong_value(const struct wf_json_decoder *decoder,
                                   const struct wf_field *field, const struct wf_json_token *token,
                                   const char *expected);
enum wf_status wf_json_no_memory(const struct wf_json_decoder *decoder,
                                 const struct wf_json_token *token);

#endif
