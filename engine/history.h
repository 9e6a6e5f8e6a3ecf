/*
 * One workflow history in memory, and reading histories from any file format that people have them in.
 */
#ifndef WF_ENGINE_HISTORY_H
#define WF_ENGINE_HISTORY_H

#include "engine/base/arena.h"
#include "engine/base/bytes.h"
#include "engine/base/status.h"
#include "engine/codec.h"
#include "engine/schema.h"

/* A decoded history. Everything lives in the arena it was read into, or is a slice of the bytes it was read from. */
struct wf_history {
    struct wf_event *events;
    uint32_t event_count;
    struct wf_string workflow_id;   /* of event 1, else of the wrapper or archive; may be empty */
    struct wf_string run_id;        /* of the wrapper or archive, else event 1's original_execution_run_id */
    struct wf_string workflow_type; /* of event 1; may be empty */
    struct wf_string scenario;      /* of an archive; else empty */
    uint64_t seed;                  /* of an archive; else 0 */
    uint64_t code_digest;           /* of an archive; else 0 */
    int64_t clock_spread_ns;        /* of an archive: how far apart the clocks were that wrote it; else 0 */
    bool has_other_options;         /* of an archive: an operator may have changed those of activities, without an event */
    struct wf_notes notes;
};

enum wf_format {
    WF_FORMAT_UNKNOWN,
    WF_FORMAT_JSON,         /* any dialect of the corpus */
    WF_FORMAT_PROTOBUF,     /* temporal.api.history.v1.History */
    WF_FORMAT_CLOUD_EXPORT, /* temporal.api.export.v1.WorkflowExecutions */
    WF_FORMAT_ARCHIVE,      /* .wfh */
};

/*
 * A file that is not in memory. `read` gives size_bytes of it, which it has, from `offset` on; they live until the next call. Its
 * errors are handed on.
 */
struct wf_file_ranges {
    enum wf_status (*read)(void *context, uint64_t offset, size_t size_bytes, struct wf_string *bytes, struct wf_error *err);
    void *context;
    uint64_t size_bytes;
};

/*
 * Reads the histories of one file, one at a time. gzip and zstd wrappings are undone first, into `unpacked`, bounded by
 * limit_bytes. The bytes and the unpacked arena must outlive every history read; nothing else may be taken from that arena
 * meanwhile.
 */
struct wf_history_reader {
    struct wf_string bytes; /* after unwrapping */
    const struct wf_file_ranges *ranges; /* NULL: the file is in `bytes` */
    enum wf_format format;
    size_t next; /* format's own position */
    size_t index; /* histories handed out */
    void *state; /* format's own, in the unpacked arena */
    struct wf_arena *unpacked;
};

/*
 * Finds the format and prepares to read.
 *
 * Errors: WF_ERR_CORRUPT, WF_ERR_LIMIT (a decompression bomb), WF_ERR_UNSUPPORTED (Cadence, pre-1.0 Temporal, UI-decoded
 *         exports: the sentence names it), WF_ERR_INVALID (JSON without a history in it).
 */
enum wf_status wf_history_reader_init(struct wf_history_reader *reader, struct wf_arena *unpacked,
                                      struct wf_string file, size_t limit_bytes, struct wf_error *err);

/* The same for an archive (wf_is_archive) that is read a range at a time: memory is that of its index and one history. `file` is
 * borrowed. */
enum wf_status wf_history_reader_init_archive(struct wf_history_reader *reader, struct wf_arena *unpacked,
                                              const struct wf_file_ranges *file, struct wf_error *err);

/*
 * Reads the next history into the arena. WF_ERR_NOT_FOUND after the last one. After any other error the histories behind it
 * can be read in an archive only, whose frames stand for themselves; in other formats there is no way past it.
 */
enum wf_status wf_history_reader_next(struct wf_history_reader *reader, struct wf_arena *arena,
                                      struct wf_history *history, struct wf_error *err);

/* Whether the next history may be asked for although this one could not be read. */
bool wf_history_reader_goes_on(const struct wf_history_reader *reader, enum wf_status status);

/* After the last one: whether the file ends there as it should. WF_ERR_CORRUPT: an archive whose writer died; histories behind
 * those that were read are lost. */
enum wf_status wf_history_reader_check_end(const struct wf_history_reader *reader, struct wf_error *err);

/*
 * Fills workflow id, run id and type from the first event where they are still empty. The run id of a history without
 * original_execution_run_id is first_execution_run_id (replay-rules 7.1).
 */
void wf_history_fill_ids(struct wf_history *history);

/* Canonical JSON: {"events":[ one event a line ]} and a newline (corpus README). */
void wf_history_write_json(const struct wf_history *history, struct wf_buffer *out);

/* temporal.api.history.v1.History. */
void wf_history_write_protobuf(const struct wf_history *history, struct wf_buffer *out);

/*
 * What replay and check need before they start: newest-first files are turned round, and the shape that every history has
 * (first event, ids from 1 without a gap) is verified. Works in place.
 *
 * Errors: WF_ERR_INVALID with the event id.
 * Source: replay-rules 1.1.
 */
enum wf_status wf_history_normalise(struct wf_history *history, struct wf_error *err);

#endif
