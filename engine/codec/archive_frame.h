/*
 * Frames of archives, and the coder that packs and unpacks their bodies.
 */
#ifndef WF_ENGINE_CODEC_ARCHIVE_FRAME_H
#define WF_ENGINE_CODEC_ARCHIVE_FRAME_H

#include "engine/archive.h"

#define WF_FRAME_HEAD_BYTES 16
#define WF_FRAME_TAIL_BYTES 8

enum wf_frame_kind {
    WF_FRAME_HISTORY = 1,
    WF_FRAME_CHUNK = 2,
    WF_FRAME_ROOT = 3,
    WF_FRAME_END = 4,
};

/* The head of a frame. Kinds that we do not know are skipped, so that a later version may add some.
 */
struct wf_frame_head {
    uint8_t kind;
    uint32_t body_bytes;
    uint32_t unpacked_bytes;
};

/* False when these are not the first bytes of a frame of ours. */
bool wf_frame_head_read(struct wf_string bytes, struct wf_frame_head *head);

static inline uint64_t wf_frame_bytes(const struct wf_frame_head *head)
{
    return (uint64_t)WF_FRAME_HEAD_BYTES + head->body_bytes + WF_FRAME_TAIL_BYTES;
}

/* Reads a whole frame and checks it: false when it is not exactly one, or its checksum differs. */
bool wf_frame_read(struct wf_string frame, struct wf_frame_head *head, struct wf_string *body);

/* Reads the body of a history frame. False when it is damaged. */
bool wf_frame_split_history(struct wf_string body, struct wf_string *entry,
                            struct wf_string *packed);

/*
 * Writing: begin keeps room for the head and returns where the frame starts, the body is appended,
 * end fills in the head and appends the checksum. On a full buffer all do nothing.
 */
size_t wf_frame_begin(struct wf_buffer *out);
void wf_frame_end(struct wf_buffer *out, size_t start, enum wf_frame_kind kind,
                  size_t unpacked_bytes);

/*
 * zstd with the built-in dictionary, in workspaces taken from an arena once, so that packing and
 * unpacking take nothing from the system.
 */
struct wf_archive_coder;

struct wf_archive_coder *wf_archive_coder_new(struct wf_arena *arena, bool can_pack);

/* Appends the packed bytes. */
enum wf_status wf_archive_pack(struct wf_archive_coder *coder, struct wf_string bytes,
                               struct wf_buffer *out, struct wf_error *err);

/*
 * Unpacks into `to`, which holds unpacked_bytes.
 *
 * Errors: WF_ERR_CORRUPT      damaged, or of another size
 *         WF_ERR_UNSUPPORTED  another dictionary
 */
enum wf_status wf_archive_unpack(struct wf_archive_coder *coder, struct wf_string packed, char *to,
                                 size_t unpacked_bytes, struct wf_error *err);

/* The built-in dictionary, made by tests/bench/train_dictionary.c. Its id is never reused for
 * another one. */
#define WF_DICTIONARY_ID 1
extern const unsigned char wf_dictionary[];
extern const size_t wf_dictionary_bytes;

#endif
