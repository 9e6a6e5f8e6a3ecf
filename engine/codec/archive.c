/*
 * Reading archives: a small machine that asks for a range of bytes, is given it, and moves on. An
 * archive with a valid end is opened by its end and root; otherwise every frame is read from the
 * start, which finds all that is whole.
 */
#include "engine/archive.h"

#include "engine/base/assert.h"
#include "engine/base/hash.h"
#include "engine/codec/archive_frame.h"

bool wf_is_archive(struct wf_string bytes)
{
    return wf_string_starts_with(bytes, WF_STR(WF_ARCHIVE_MAGIC));
}

/* ---- What the events tell ---- */

/* What the last event makes of the run; any other leaves it running. */
static const int32_t statuses[WF_EVENT_TYPE_COUNT] = {
    [WF_EVENT_TYPE_WORKFLOW_EXECUTION_COMPLETED] = WF_WORKFLOW_EXECUTION_STATUS_COMPLETED,
    [WF_EVENT_TYPE_WORKFLOW_EXECUTION_FAILED] = WF_WORKFLOW_EXECUTION_STATUS_FAILED,
    [WF_EVENT_TYPE_WORKFLOW_EXECUTION_TIMED_OUT] = WF_WORKFLOW_EXECUTION_STATUS_TIMED_OUT,
    [WF_EVENT_TYPE_WORKFLOW_EXECUTION_CANCELED] = WF_WORKFLOW_EXECUTION_STATUS_CANCELED,
    [WF_EVENT_TYPE_WORKFLOW_EXECUTION_TERMINATED] = WF_WORKFLOW_EXECUTION_STATUS_TERMINATED,
    [WF_EVENT_TYPE_WORKFLOW_EXECUTION_CONTINUED_AS_NEW] =
        WF_WORKFLOW_EXECUTION_STATUS_CONTINUED_AS_NEW,
};

void wf_archive_entry_of(const struct wf_history *history, struct wf_archive_entry *entry)
{
    const struct wf_event *first = NULL;
    const struct wf_event *last = NULL;

    *entry = (struct wf_archive_entry){.workflow_id = history->workflow_id,
                                       .run_id = history->run_id,
                                       .workflow_type = history->workflow_type,
                                       .event_count = history->event_count,
                                       .scenario = history->scenario,
                                       .seed = history->seed,
                                       .code_digest = history->code_digest,
                                       .clock_spread_ns = history->clock_spread_ns,
                                       .has_other_options = history->has_other_options};
    if (history->event_count == 0) {
        return;
    }
    first = &history->events[0];
    last = &history->events[history->event_count - 1];
    if (first->event_id > last->event_id) {
        /* Newest first, as some files list them. */
        first = last;
        last = &history->events[0];
    }
    entry->start_time = first->event_time;
    entry->status = WF_WORKFLOW_EXECUTION_STATUS_RUNNING;
    if (wf_event_is_close(last->event_type)) {
        entry->status = statuses[last->event_type];
        entry->close_time = last->event_time;
    }
    if (first->attributes_case == WF_CASE_event_workflow_execution_started &&
        first->attributes.workflow_execution_started->task_queue != NULL) {
        entry->task_queue = first->attributes.workflow_execution_started->task_queue->name;
    }
}

/* ---- The machine ---- */

static void need(struct wf_archive_reader *reader, enum wf_archive_stage stage, uint64_t offset,
                 uint64_t size_bytes)
{
    reader->stage = stage;
    reader->needs = (struct wf_archive_range){offset, (size_t)size_bytes};
}

static void open_reader(struct wf_archive_reader *reader)
{
    reader->stage = WF_ARCHIVE_STAGE_READY;
    reader->needs = (struct wf_archive_range){0, 0};
    reader->chunk_index = UINT32_MAX;
    reader->chunk_mark = wf_arena_mark(reader->arena);
}

/* Asks for the head of the frame at `offset`, or ends there when the file has none. */
static void scan_from(struct wf_archive_reader *reader, uint64_t offset)
{
    reader->is_recovered = true;
    reader->whole_bytes = offset;
    if (reader->file_bytes - offset < WF_FRAME_HEAD_BYTES) {
        reader->history_count = reader->frames.count;
        open_reader(reader);
        return;
    }
    need(reader, WF_ARCHIVE_STAGE_SCAN_HEAD, offset, WF_FRAME_HEAD_BYTES);
}

/* The scan ends at the first frame that is not whole: what lies behind it cannot be told from
 * damage. */
static void end_scan(struct wf_archive_reader *reader)
{
    reader->history_count = reader->frames.count;
    open_reader(reader);
}

enum wf_status wf_archive_reader_init(struct wf_archive_reader *reader, struct wf_arena *arena,
                                      uint64_t file_bytes, struct wf_error *err)
{
    memset(reader, 0, sizeof *reader);
    reader->arena = arena;
    reader->file_bytes = file_bytes;
    reader->coder = wf_archive_coder_new(arena, false);
    if (reader->coder == NULL) {
        return wf_fail_status(err, WF_ERR_MEMORY, "no memory left to read the archive");
    }
    need(reader, WF_ARCHIVE_STAGE_HEADER, 0,
         file_bytes < WF_ARCHIVE_HEADER_BYTES ? file_bytes : WF_ARCHIVE_HEADER_BYTES);
    return WF_OK;
}

bool wf_archive_reader_needs(const struct wf_archive_reader *reader, struct wf_archive_range *range)
{
    *range = reader->needs;
    return reader->stage != WF_ARCHIVE_STAGE_READY && reader->stage != WF_ARCHIVE_STAGE_FAILED;
}

/* ---- Opening ---- */

static enum wf_status check_header(struct wf_string bytes, struct wf_error *err)
{
    uint32_t version = 0;

    if (bytes.size_bytes < WF_ARCHIVE_HEADER_BYTES) {
        return wf_fail_at(err, WF_ERR_CORRUPT, (int64_t)bytes.size_bytes,
                          "the archive is cut within its header");
    }
    if (!wf_is_archive(bytes)) {
        return wf_fail_at(err, WF_ERR_CORRUPT, 0, "not an archive of histories");
    }
    version = wf_load_u32(bytes.data + 8);
    if (version > WF_ARCHIVE_VERSION && version < UINT16_MAX) {
        return wf_fail_at(err, WF_ERR_UNSUPPORTED, 8,
                          "an archive of version %u, written by a newer wfsim: this one reads "
                          "version %u",
                          version, (unsigned)WF_ARCHIVE_VERSION);
    }
    if (version == 0 || version > WF_ARCHIVE_VERSION ||
        wf_load_u64(bytes.data + 16) != wf_hash_bytes(bytes.data, 16)) {
        return wf_fail_at(err, WF_ERR_CORRUPT, 8, "the header of the archive is damaged");
    }
    return WF_OK;
}

static enum wf_status read_header(struct wf_archive_reader *reader, struct wf_string bytes,
                                  struct wf_error *err)
{
    reader->stage = WF_ARCHIVE_STAGE_FAILED;
    WF_TRY(check_header(bytes, err));
    if (reader->file_bytes >= WF_ARCHIVE_HEADER_BYTES + WF_ARCHIVE_END_BYTES) {
        need(reader, WF_ARCHIVE_STAGE_END, reader->file_bytes - WF_ARCHIVE_END_BYTES,
             WF_ARCHIVE_END_BYTES);
    } else {
        scan_from(reader, WF_ARCHIVE_HEADER_BYTES);
    }
    return WF_OK;
}

static enum wf_status read_end(struct wf_archive_reader *reader, struct wf_string bytes)
{
    const uint64_t end_offset = reader->needs.offset;
    struct wf_frame_head head;
    struct wf_string body;
    uint64_t root_offset = 0;

    if (!wf_frame_read(bytes, &head, &body) || head.kind != WF_FRAME_END ||
        body.size_bytes < 2 * sizeof root_offset) {
        scan_from(reader, WF_ARCHIVE_HEADER_BYTES);
        return WF_OK;
    }
    root_offset = wf_load_u64(body.data);
    reader->history_count = wf_load_u64(body.data + sizeof root_offset);
    if (root_offset < WF_ARCHIVE_HEADER_BYTES || root_offset > end_offset ||
        end_offset - root_offset > WF_ARCHIVE_FRAME_BYTES_MAX) {
        scan_from(reader, WF_ARCHIVE_HEADER_BYTES);
        return WF_OK;
    }
    need(reader, WF_ARCHIVE_STAGE_ROOT, root_offset, end_offset - root_offset);
    return WF_OK;
}

static bool lies_in_file(const struct wf_archive_reader *reader, uint64_t offset,
                         uint64_t size_bytes)
{
    return offset >= WF_ARCHIVE_HEADER_BYTES && offset <= reader->file_bytes &&
           size_bytes <= reader->file_bytes - offset &&
           size_bytes >= WF_FRAME_HEAD_BYTES + WF_FRAME_TAIL_BYTES;
}

/* Adds up the counts of the chunks. False when the root cannot be right. */
static bool place_chunks(struct wf_archive_reader *reader)
{
    uint64_t count = 0;

    for (uint32_t i = 0; i < reader->root.chunks.count; i++) {
        const struct wf_archive_chunk_place *place = &reader->root.chunks.items[i];

        if (!lies_in_file(reader, place->frame_offset, place->frame_bytes)) {
            return false;
        }
        reader->chunk_starts[i] = count;
        count += place->history_count;
    }
    reader->chunk_starts[reader->root.chunks.count] = count;
    return count == reader->history_count;
}

static enum wf_status read_root(struct wf_archive_reader *reader, struct wf_string bytes,
                                struct wf_error *err)
{
    struct wf_frame_head head;
    struct wf_string body;
    char *copy = NULL;
    enum wf_status status = WF_OK;

    if (!wf_frame_read(bytes, &head, &body) || head.kind != WF_FRAME_ROOT) {
        scan_from(reader, WF_ARCHIVE_HEADER_BYTES);
        return WF_OK;
    }
    /* The caller's bytes go away. */
    copy = wf_arena_take_text(reader->arena, body.size_bytes);
    if (copy == NULL) {
        return wf_fail_status(err, WF_ERR_MEMORY, "no memory left for the index of the archive");
    }
    memcpy(copy, body.data, body.size_bytes);
    status = wf_wire_decode(reader->arena, &wf_type_archive_root,
                            (struct wf_string){copy, body.size_bytes}, &reader->root, err);
    if (status == WF_OK) {
        reader->chunk_starts = wf_arena_take_array(
            reader->arena, (size_t)reader->root.chunks.count + 1, sizeof *reader->chunk_starts);
        if (reader->chunk_starts == NULL) {
            return wf_fail_status(err, WF_ERR_MEMORY,
                                  "no memory left for the index of the archive");
        }
    }
    if (status == WF_ERR_MEMORY) {
        return status;
    }
    if (status != WF_OK || !place_chunks(reader)) {
        scan_from(reader, WF_ARCHIVE_HEADER_BYTES);
        return WF_OK;
    }
    open_reader(reader);
    return WF_OK;
}

/* ---- Finding whole frames ---- */

static enum wf_status scan_head(struct wf_archive_reader *reader, struct wf_string bytes)
{
    const uint64_t offset = reader->needs.offset;
    struct wf_frame_head head;

    if (reader->is_ended && wf_is_archive(bytes) &&
        reader->file_bytes - offset >= WF_ARCHIVE_HEADER_BYTES) {
        need(reader, WF_ARCHIVE_STAGE_SCAN_HEADER, offset, WF_ARCHIVE_HEADER_BYTES);
        return WF_OK;
    }
    if (!wf_frame_head_read(bytes, &head) || wf_frame_bytes(&head) > reader->file_bytes - offset) {
        end_scan(reader);
        return WF_OK;
    }
    need(reader, WF_ARCHIVE_STAGE_SCAN_FRAME, offset, wf_frame_bytes(&head));
    return WF_OK;
}

/* Another archive lies behind one that is finished. */
static void scan_header(struct wf_archive_reader *reader, struct wf_string bytes)
{
    struct wf_error ignored;

    if (check_header(bytes, &ignored) != WF_OK) {
        end_scan(reader);
        return;
    }
    reader->is_ended = false;
    scan_from(reader, reader->needs.offset + WF_ARCHIVE_HEADER_BYTES);
}

static enum wf_status scan_frame(struct wf_archive_reader *reader, struct wf_string bytes,
                                 struct wf_error *err)
{
    const struct wf_archive_range range = reader->needs;
    struct wf_frame_head head;
    struct wf_string body;

    if (!wf_frame_read(bytes, &head, &body)) {
        end_scan(reader);
        return WF_OK;
    }
    if (head.kind == WF_FRAME_HISTORY) {
        struct wf_archive_range *place = WF_LIST_APPEND(reader->arena, reader->frames);

        if (place == NULL) {
            return wf_fail_status(err, WF_ERR_MEMORY,
                                  "no memory left for the places of the archive's frames");
        }
        *place = range;
    }
    reader->is_ended = head.kind == WF_FRAME_END;
    scan_from(reader, range.offset + range.size_bytes);
    return WF_OK;
}

enum wf_status wf_archive_reader_check_end(const struct wf_archive_reader *reader,
                                           struct wf_error *err)
{
    const char *histories = reader->history_count == 1 ? "history" : "histories";

    if (!reader->is_recovered ||
        (reader->is_ended && reader->whole_bytes == reader->file_bytes)) {
        return WF_OK;
    }
    if (reader->is_ended) {
        return wf_fail_at(err, WF_ERR_CORRUPT, (int64_t)reader->whole_bytes,
                          "the archive ends here, after %llu %s, and the %llu bytes behind it are no "
                          "archive that can be read",
                          (unsigned long long)reader->history_count, histories,
                          (unsigned long long)(reader->file_bytes - reader->whole_bytes));
    }
    return wf_fail_at(err, WF_ERR_CORRUPT, (int64_t)reader->whole_bytes,
                      "the archive has no end: it holds %llu whole %s, in its first %llu of %llu bytes",
                      (unsigned long long)reader->history_count, histories,
                      (unsigned long long)reader->whole_bytes,
                      (unsigned long long)reader->file_bytes);
}

/* ---- Seeking ---- */

static uint32_t chunk_of(const struct wf_archive_reader *reader, uint64_t index)
{
    uint32_t low = 0;
    uint32_t high = reader->root.chunks.count;

    while (high - low > 1) {
        const uint32_t middle = low + (high - low) / 2;

        if (reader->chunk_starts[middle] <= index) {
            low = middle;
        } else {
            high = middle;
        }
    }
    return low;
}

/* The chunk is there: takes the entry, and asks for the frame if it is wanted. */
static enum wf_status find_in_chunk(struct wf_archive_reader *reader, struct wf_error *err)
{
    const uint64_t position = reader->index - reader->chunk_starts[reader->chunk_index];

    reader->entry = reader->chunk.entries.items[position];
    if (!lies_in_file(reader, reader->entry.frame_offset, reader->entry.frame_bytes)) {
        reader->stage = WF_ARCHIVE_STAGE_READY;
        return wf_fail_status(err, WF_ERR_CORRUPT,
                              "the index of the archive points outside the file");
    }
    if (reader->wants_frame) {
        need(reader, WF_ARCHIVE_STAGE_FRAME, reader->entry.frame_offset, reader->entry.frame_bytes);
    } else {
        reader->stage = WF_ARCHIVE_STAGE_READY;
    }
    return WF_OK;
}

static enum wf_status read_chunk(struct wf_archive_reader *reader, struct wf_string bytes,
                                 struct wf_error *err)
{
    const uint32_t chunk_index = chunk_of(reader, reader->index);
    const uint32_t expected_count = reader->root.chunks.items[chunk_index].history_count;
    struct wf_frame_head head;
    struct wf_string body;
    char *unpacked = NULL;

    reader->stage = WF_ARCHIVE_STAGE_READY;
    reader->chunk_index = UINT32_MAX;
    wf_arena_rewind(reader->arena, reader->chunk_mark);
    memset(&reader->chunk, 0, sizeof reader->chunk);
    if (!wf_frame_read(bytes, &head, &body) || head.kind != WF_FRAME_CHUNK) {
        return wf_fail_at(err, WF_ERR_CORRUPT, (int64_t)reader->needs.offset,
                          "the index of the archive is damaged");
    }
    unpacked = wf_arena_take_text(reader->arena, head.unpacked_bytes);
    if (unpacked == NULL) {
        return wf_fail_status(err, WF_ERR_MEMORY, "no memory left for the index of the archive");
    }
    WF_TRY(wf_archive_unpack(reader->coder, body, unpacked, head.unpacked_bytes, err));
    WF_TRY(wf_wire_decode(reader->arena, &wf_type_archive_chunk,
                          (struct wf_string){unpacked, head.unpacked_bytes}, &reader->chunk, err));
    if (reader->chunk.entries.count != expected_count) {
        return wf_fail_at(err, WF_ERR_CORRUPT, (int64_t)reader->needs.offset,
                          "the index of the archive has %u histories where %u should be",
                          reader->chunk.entries.count, expected_count);
    }
    reader->chunk_index = chunk_index;
    return find_in_chunk(reader, err);
}

static enum wf_status read_frame(struct wf_archive_reader *reader, struct wf_string bytes,
                                 struct wf_error *err)
{
    struct wf_frame_head head;
    struct wf_string body;
    struct wf_string entry;
    struct wf_string packed;

    reader->stage = WF_ARCHIVE_STAGE_READY;
    if (!wf_frame_read(bytes, &head, &body) || head.kind != WF_FRAME_HISTORY ||
        !wf_frame_split_history(body, &entry, &packed)) {
        return wf_fail_at(err, WF_ERR_CORRUPT, (int64_t)reader->needs.offset,
                          "history %llu of the archive is damaged: its checksum differs",
                          (unsigned long long)reader->index + 1);
    }
    memset(&reader->entry, 0, sizeof reader->entry);
    WF_TRY(wf_wire_decode(reader->arena, &wf_type_archive_entry, entry, &reader->entry, err));
    reader->entry.frame_offset = reader->needs.offset;
    reader->entry.frame_bytes = (uint32_t)reader->needs.size_bytes;
    reader->frame = bytes;
    return WF_OK;
}

static void seek(struct wf_archive_reader *reader, uint64_t index, bool wants_frame)
{
    struct wf_error ignored;

    WF_ASSERT(reader->stage == WF_ARCHIVE_STAGE_READY);
    WF_ASSERT(index < reader->history_count);
    reader->index = index;
    reader->frame = (struct wf_string){NULL, 0};
    if (reader->is_recovered) {
        /* Without an index the entry is in the frame alone. */
        wf_arena_rewind(reader->arena, reader->chunk_mark);
        need(reader, WF_ARCHIVE_STAGE_FRAME, reader->frames.items[index].offset,
             reader->frames.items[index].size_bytes);
        return;
    }
    reader->wants_frame = wants_frame;
    if (reader->chunk_index == UINT32_MAX || index < reader->chunk_starts[reader->chunk_index] ||
        index >= reader->chunk_starts[reader->chunk_index + 1]) {
        const struct wf_archive_chunk_place *place =
            &reader->root.chunks.items[chunk_of(reader, index)];

        need(reader, WF_ARCHIVE_STAGE_CHUNK, place->frame_offset, place->frame_bytes);
        return;
    }
    if (find_in_chunk(reader, &ignored) != WF_OK) {
        /* Ask again, so that the error comes from supply. */
        const struct wf_archive_chunk_place *place =
            &reader->root.chunks.items[reader->chunk_index];

        need(reader, WF_ARCHIVE_STAGE_CHUNK, place->frame_offset, place->frame_bytes);
    }
}

void wf_archive_reader_seek_entry(struct wf_archive_reader *reader, uint64_t index)
{
    seek(reader, index, false);
}

void wf_archive_reader_seek(struct wf_archive_reader *reader, uint64_t index)
{
    seek(reader, index, true);
}

enum wf_status wf_archive_reader_supply(struct wf_archive_reader *reader, struct wf_string bytes,
                                        struct wf_error *err)
{
    WF_ASSERT(bytes.size_bytes == reader->needs.size_bytes);
    switch (reader->stage) {
    case WF_ARCHIVE_STAGE_HEADER:
        return read_header(reader, bytes, err);
    case WF_ARCHIVE_STAGE_END:
        return read_end(reader, bytes);
    case WF_ARCHIVE_STAGE_ROOT:
        return read_root(reader, bytes, err);
    case WF_ARCHIVE_STAGE_SCAN_HEAD:
        return scan_head(reader, bytes);
    case WF_ARCHIVE_STAGE_SCAN_HEADER:
        scan_header(reader, bytes);
        return WF_OK;
    case WF_ARCHIVE_STAGE_SCAN_FRAME:
        return scan_frame(reader, bytes, err);
    case WF_ARCHIVE_STAGE_CHUNK:
        return read_chunk(reader, bytes, err);
    case WF_ARCHIVE_STAGE_FRAME:
        return read_frame(reader, bytes, err);
    case WF_ARCHIVE_STAGE_READY:
    case WF_ARCHIVE_STAGE_FAILED:
        break;
    }
    WF_UNREACHABLE();
}

enum wf_status wf_archive_reader_supply_all(struct wf_archive_reader *reader, struct wf_string file,
                                            struct wf_error *err)
{
    /* An absent slice has no start, and arithmetic on NULL is undefined. */
    const char *start = file.size_bytes == 0 ? "" : file.data;
    struct wf_archive_range range;

    WF_ASSERT(file.size_bytes == reader->file_bytes);
    while (wf_archive_reader_needs(reader, &range)) {
        const struct wf_string bytes = {start + range.offset, range.size_bytes};

        WF_TRY(wf_archive_reader_supply(reader, bytes, err));
    }
    return WF_OK;
}

/* ---- What was sought ---- */

const struct wf_archive_entry *wf_archive_reader_entry(const struct wf_archive_reader *reader)
{
    WF_ASSERT(reader->stage == WF_ARCHIVE_STAGE_READY);
    return &reader->entry;
}

struct wf_string wf_archive_reader_frame(const struct wf_archive_reader *reader)
{
    WF_ASSERT(reader->frame.data != NULL);
    return reader->frame;
}

enum wf_status wf_archive_reader_events(struct wf_archive_reader *reader, struct wf_arena *arena,
                                        struct wf_string *events, struct wf_error *err)
{
    const struct wf_string frame = wf_archive_reader_frame(reader);
    struct wf_frame_head head;
    struct wf_string entry;
    struct wf_string packed;
    char *unpacked = NULL;
    /* The frame was checked when it was supplied. */
    const bool is_frame = wf_frame_head_read(frame, &head);
    const struct wf_string body = {frame.data + WF_FRAME_HEAD_BYTES, head.body_bytes};
    const bool is_history = wf_frame_split_history(body, &entry, &packed);

    WF_ASSERT(is_frame);
    WF_ASSERT(is_history);
    unpacked = wf_arena_take_text(arena, head.unpacked_bytes);
    if (unpacked == NULL) {
        return wf_fail_status(err, WF_ERR_MEMORY, "no memory left for the events of a history");
    }
    WF_TRY(wf_archive_unpack(reader->coder, packed, unpacked, head.unpacked_bytes, err));
    *events = (struct wf_string){unpacked, head.unpacked_bytes};
    return WF_OK;
}

static bool copy_text(struct wf_arena *arena, struct wf_string text, struct wf_string *copy)
{
    *copy = wf_string_copy(arena, text);
    return copy->data != NULL;
}

enum wf_status wf_archive_reader_history(struct wf_archive_reader *reader, struct wf_arena *arena,
                                         struct wf_history *history, struct wf_error *err)
{
    struct wf_history_message message = {0};
    struct wf_string events;

    WF_TRY(wf_archive_reader_events(reader, arena, &events, err));
    WF_TRY(wf_wire_decode(arena, &wf_type_history_message, events, &message, err));
    *history = (struct wf_history){.events = message.events.items,
                                   .event_count = message.events.count,
                                   .seed = reader->entry.seed,
                                   .code_digest = reader->entry.code_digest,
                                   .clock_spread_ns = reader->entry.clock_spread_ns,
                                   .has_other_options = reader->entry.has_other_options};
    if (!copy_text(arena, reader->entry.workflow_id, &history->workflow_id) ||
        !copy_text(arena, reader->entry.run_id, &history->run_id) ||
        !copy_text(arena, reader->entry.workflow_type, &history->workflow_type) ||
        !copy_text(arena, reader->entry.scenario, &history->scenario)) {
        return wf_fail_status(err, WF_ERR_MEMORY, "no memory left for the ids of a history");
    }
    wf_history_fill_ids(history);
    return WF_OK;
}
