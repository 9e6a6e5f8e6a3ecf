/*
 * Archives of histories (.wfh): append-only, compressed, checked, with an index for random access.
 * Reading and writing are values in, values out: the writer appends to a buffer that the caller
 * writes to a file and empties; the reader says which bytes of the file it needs next and is given
 * them.
 *
 * A file is a header and frames. All numbers are little-endian.
 *
 *   header   "\x89WFH\r\n\x1a\n", u32 version, u32 zero, u64 XXH3-64 of the 16 bytes before it
 *   frame    u32 "WFHf", u8 kind, 3 zero bytes, u32 size of the body, u32 size of its contents when
 * unpacked; the body; u64 XXH3-64 of everything before it in the frame kinds    history  u32 size
 * of the entry, the entry (wfsim.archive_entry), the events (a protobuf History) in zstd chunk
 * entries of up to 256 histories (wfsim.archive_chunk) in zstd, each with the place of its frame
 *            root     the places of the chunks (wfsim.archive_root)
 *            end      u64 offset of the root frame, u64 count of histories; the last 40 bytes of a
 * finished file
 *
 * zstd data name their dictionary by id. The dictionary of id 1 is built in, trained on made-up
 * histories; ids are never reused, so that archives stay readable. A file without a valid end is
 * read frame by frame from its start: all whole history frames before the first damage are there.
 * So is one of several archives one after the other (`cat a.wfh b.wfh`), whose last index knows its
 * own archive only. A frame holds no position, so frames are copied from one archive to another as
 * they are. Nothing in a file depends on time, place or machine.
 */
#ifndef WF_ENGINE_ARCHIVE_H
#define WF_ENGINE_ARCHIVE_H

#include "engine/history.h"

#define WF_ARCHIVE_MAGIC "\x89WFH\r\n\x1a\n" /* tells text mode and 7-bit damage, as PNG's */
#define WF_ARCHIVE_VERSION 1
#define WF_ARCHIVE_HEADER_BYTES 24
#define WF_ARCHIVE_END_BYTES 40 /* the whole end frame */
#define WF_ARCHIVE_CHUNK_HISTORIES 256
#define WF_ARCHIVE_FRAME_BYTES_MAX                                                                 \
    ((size_t)160 << 20) /* the largest message, if it does not compress */

/* True when bytes begin like an archive. */
bool wf_is_archive(struct wf_string bytes);

/* Fills what the events themselves tell: ids, type, queue, status, times and count. Borrows their
 * strings. */
void wf_archive_entry_of(const struct wf_history *history, struct wf_archive_entry *entry);

/* ---- Writing ---- */

struct wf_archive_writer {
    struct wf_arena *arena;
    struct wf_archive_coder *coder;
    uint64_t offset; /* bytes appended so far, over all buffers */
    uint64_t history_count;
    uint32_t chunk_count;   /* histories of the chunk that is being filled */
    struct wf_buffer chunk; /* its entries, encoded */
    struct wf_buffer root;
    struct wf_buffer events;
    struct wf_buffer entry; /* of the history that is being added to the chunk */
};

/*
 * Starts an archive: appends its header to out. Memory is that of one history, one chunk and 16
 * bytes a chunk.
 *
 * arena      the writer's own until the archive is finished.
 * Errors:    WF_ERR_MEMORY
 */
enum wf_status wf_archive_writer_init(struct wf_archive_writer *writer, struct wf_arena *arena,
                                      struct wf_buffer *out, struct wf_error *err);

/*
 * Appends one history.
 *
 * entry      borrowed; the places in it are ignored.
 * events     bytes of a protobuf History (several one after the other are one).
 * Errors:    WF_ERR_LIMIT   larger than WF_CODEC_INPUT_BYTES_MAX
 *            WF_ERR_MEMORY  out is then as it was
 */
enum wf_status wf_archive_append(struct wf_archive_writer *writer,
                                 const struct wf_archive_entry *entry, struct wf_string events,
                                 struct wf_buffer *out, struct wf_error *err);

/* Appends a decoded history with the entry that wf_archive_entry_of gives, and its scenario, seed
 * and code digest. */
enum wf_status wf_archive_append_history(struct wf_archive_writer *writer,
                                         const struct wf_history *history, struct wf_buffer *out,
                                         struct wf_error *err);

/*
 * Appends a history frame of another archive as it is (wf_archive_reader_frame).
 *
 * Errors:    WF_ERR_CORRUPT  not a whole history frame
 */
enum wf_status wf_archive_append_frame(struct wf_archive_writer *writer, struct wf_string frame,
                                       struct wf_buffer *out, struct wf_error *err);

/* Appends all histories of another archive, in order; a cut one gives those that are whole. Joins
 * what children wrote. */
enum wf_status wf_archive_append_segment(struct wf_archive_writer *writer,
                                         struct wf_arena *scratch_arena, struct wf_string segment,
                                         struct wf_buffer *out, struct wf_error *err);

/* Appends index and end. The writer is done. */
enum wf_status wf_archive_finish(struct wf_archive_writer *writer, struct wf_buffer *out,
                                 struct wf_error *err);

/* ---- Reading ---- */

/* Bytes of the file that the reader needs next. */
struct wf_archive_range {
    uint64_t offset;
    size_t size_bytes;
};

enum wf_archive_stage {
    WF_ARCHIVE_STAGE_HEADER,
    WF_ARCHIVE_STAGE_END,
    WF_ARCHIVE_STAGE_ROOT,
    WF_ARCHIVE_STAGE_SCAN_HEAD,
    WF_ARCHIVE_STAGE_SCAN_HEADER,
    WF_ARCHIVE_STAGE_SCAN_FRAME,
    WF_ARCHIVE_STAGE_READY, /* open; nothing is asked for */
    WF_ARCHIVE_STAGE_CHUNK,
    WF_ARCHIVE_STAGE_FRAME,
    WF_ARCHIVE_STAGE_FAILED,
};

struct wf_archive_reader {
    struct wf_arena *arena;
    struct wf_archive_coder *coder;
    enum wf_archive_stage stage;
    uint64_t file_bytes;
    struct wf_archive_range needs;
    uint64_t history_count; /* known when open */
    bool is_recovered; /* there is no valid index: the frames were found by reading all of them */
    bool is_ended; /* of a recovered file: the last whole frame was the end of an archive */
    uint64_t whole_bytes; /* of a recovered file: where its last whole frame ends */

    struct wf_archive_root root;
    uint64_t *chunk_starts; /* index of the first history of each chunk, and of the end */
    uint32_t chunk_index;   /* the one that is in memory; UINT32_MAX: none */
    struct wf_archive_chunk chunk;
    struct wf_arena_mark chunk_mark; /* what lies above belongs to the chunk */

    struct {
        struct wf_archive_range *items;
        uint32_t count;
        uint32_t capacity;
    } frames; /* of a recovered file */

    uint64_t index; /* the history sought */
    bool wants_frame;
    struct wf_archive_entry entry;
    struct wf_string frame;
};

/*
 * Begins to read a file of this size.
 *
 * arena      the reader's own for as long as it is used; memory is that of the root and one chunk.
 * Errors:    WF_ERR_MEMORY
 */
enum wf_status wf_archive_reader_init(struct wf_archive_reader *reader, struct wf_arena *arena,
                                      uint64_t file_bytes, struct wf_error *err);

/* The bytes to supply next. False when nothing is needed: the archive is open and what was sought
 * is there. */
bool wf_archive_reader_needs(const struct wf_archive_reader *reader,
                             struct wf_archive_range *range);

/*
 * Supplies the bytes that were asked for. They must live until others are supplied, or the next seek.
 *
 * Errors:    WF_ERR_CORRUPT      not an archive, or damaged where the history sought lies
 *            WF_ERR_UNSUPPORTED  a newer version, an unknown dictionary
 *            WF_ERR_LIMIT, WF_ERR_MEMORY
 *            After an error of a seek, another history may be sought.
 */
enum wf_status wf_archive_reader_supply(struct wf_archive_reader *reader, struct wf_string bytes,
                                        struct wf_error *err);

/* Supplies whatever is needed from a whole file in memory. */
enum wf_status wf_archive_reader_supply_all(struct wf_archive_reader *reader, struct wf_string file,
                                            struct wf_error *err);

/* Whether the file ends where an archive ends. Errors: WF_ERR_CORRUPT, at where the last whole frame
 * does. */
enum wf_status wf_archive_reader_check_end(const struct wf_archive_reader *reader,
                                           struct wf_error *err);

/* Asks for the entry alone of history `index`, or for its frame too. Only when open, and below
 * history_count. */
void wf_archive_reader_seek_entry(struct wf_archive_reader *reader, uint64_t index);
void wf_archive_reader_seek(struct wf_archive_reader *reader, uint64_t index);

/* What was sought, once nothing is needed. Borrowed until the next seek. */
const struct wf_archive_entry *wf_archive_reader_entry(const struct wf_archive_reader *reader);
struct wf_string wf_archive_reader_frame(const struct wf_archive_reader *reader);

/* Unpacks the protobuf History of the frame sought into the arena. Errors: WF_ERR_CORRUPT,
 * WF_ERR_MEMORY. */
enum wf_status wf_archive_reader_events(struct wf_archive_reader *reader, struct wf_arena *arena,
                                        struct wf_string *events, struct wf_error *err);

/* Decodes the history of the frame sought; nothing in it points into the file. */
enum wf_status wf_archive_reader_history(struct wf_archive_reader *reader, struct wf_arena *arena,
                                         struct wf_history *history, struct wf_error *err);

#endif
