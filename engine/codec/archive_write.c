/*
 * Writing archives. An entry is encoded once, into the frame of its history; the index holds those
 * bytes again with the place of the frame behind them, because protobuf messages that follow one
 * another are one, and of a field given twice the last counts: a place that a foreign frame brings
 * along is overruled. What is appended is committed whole: on failure the buffer is cut back.
 */
#include "engine/archive.h"
#include "engine/base/assert.h"
#include "engine/base/hash.h"
#include "engine/codec/archive_frame.h"

static enum wf_status no_memory(struct wf_error *err)
{
    return wf_fail_status(err, WF_ERR_MEMORY, "no memory left for the archive");
}

/* Counts what was appended since `start`, or takes it back. */
static enum wf_status commit(struct wf_archive_writer *writer, struct wf_buffer *out, size_t start,
                             enum wf_status status, struct wf_error *err)
{
    if (status == WF_OK && out->is_full) {
        status = no_memory(err);
    }
    if (status != WF_OK) {
        out->size_bytes = start;
        out->is_full = false;
        return status;
    }
    writer->offset += out->size_bytes - start;
    return WF_OK;
}

enum wf_status wf_archive_writer_init(struct wf_archive_writer *writer, struct wf_arena *arena,
                                      struct wf_buffer *out, struct wf_error *err)
{
    const size_t start = out->size_bytes;
    char header[WF_ARCHIVE_HEADER_BYTES] = WF_ARCHIVE_MAGIC;

    memset(writer, 0, sizeof *writer);
    writer->arena = arena;
    wf_buffer_init(&writer->chunk, arena);
    wf_buffer_init(&writer->root, arena);
    wf_buffer_init(&writer->events, arena);
    wf_buffer_init(&writer->entry, arena);
    writer->coder = wf_archive_coder_new(arena, true);
    if (writer->coder == NULL) {
        return no_memory(err);
    }
    wf_store_u32(header + 8, WF_ARCHIVE_VERSION);
    wf_store_u64(header + 16, wf_hash_bytes(header, 16));
    wf_buffer_append(out, header, sizeof header);
    return commit(writer, out, start, WF_OK, err);
}

/* ---- The index ---- */

/* Writes the entries of the chunk that is full, and notes in the root where they lie. */
static enum wf_status flush_chunk(struct wf_archive_writer *writer, struct wf_buffer *out,
                                  struct wf_error *err)
{
    const size_t start = wf_frame_begin(out);
    struct wf_archive_chunk_place place = {.frame_offset = writer->offset,
                                           .history_count = writer->chunk_count};
    const struct wf_archive_root root = {.chunks = {&place, 1, 1}};
    const enum wf_status status = wf_archive_pack(writer->coder, wf_buffer_string(&writer->chunk),
                                                  out, err);

    wf_frame_end(out, start, WF_FRAME_CHUNK, writer->chunk.size_bytes);
    WF_TRY(commit(writer, out, start, status, err));
    place.frame_bytes = (uint32_t)(writer->offset - place.frame_offset);
    wf_wire_encode(&wf_type_archive_root, &root, &writer->root);
    wf_buffer_reset(&writer->chunk);
    writer->chunk_count = 0;
    return writer->root.is_full ? no_memory(err) : WF_OK;
}

/* Adds a history to the chunk: the bytes of its entry, and the place of its frame. */
static enum wf_status add_to_index(struct wf_archive_writer *writer, struct wf_string entry_bytes,
                                   uint64_t offset, struct wf_error *err)
{
    const struct wf_archive_entry place = {.frame_offset = offset,
                                           .frame_bytes = (uint32_t)(writer->offset - offset)};
    struct wf_string placed_bytes;
    struct wf_archive_entry entry = {.unknown = &placed_bytes};
    const struct wf_archive_chunk chunk = {.entries = {&entry, 1, 1}};

    wf_buffer_reset(&writer->entry);
    wf_buffer_append_string(&writer->entry, entry_bytes);
    wf_wire_encode(&wf_type_archive_entry, &place, &writer->entry);
    placed_bytes = wf_buffer_string(&writer->entry);
    wf_wire_encode(&wf_type_archive_chunk, &chunk, &writer->chunk);
    writer->chunk_count++;
    writer->history_count++;
    return writer->entry.is_full || writer->chunk.is_full ? no_memory(err) : WF_OK;
}

/* ---- Histories ---- */

enum wf_status wf_archive_append(struct wf_archive_writer *writer,
                                 const struct wf_archive_entry *entry, struct wf_string events,
                                 struct wf_buffer *out, struct wf_error *err)
{
    struct wf_archive_entry placeless = *entry;
    const uint64_t offset = writer->offset;
    char size[sizeof(uint32_t)] = {0};
    struct wf_string entry_bytes;
    size_t start = 0;
    size_t entry_start = 0;
    enum wf_status status = WF_OK;

    if (events.size_bytes > WF_CODEC_INPUT_BYTES_MAX) {
        return wf_fail_status(err, WF_ERR_LIMIT, "a history of %zu bytes: more than %zu",
                              events.size_bytes, WF_CODEC_INPUT_BYTES_MAX);
    }
    if (writer->chunk_count == WF_ARCHIVE_CHUNK_HISTORIES) {
        WF_TRY(flush_chunk(writer, out, err));
        return wf_archive_append(writer, entry, events, out, err);
    }
    placeless.frame_offset = 0;
    placeless.frame_bytes = 0;
    start = wf_frame_begin(out);
    wf_buffer_append(out, size, sizeof size);
    entry_start = out->size_bytes;
    wf_wire_encode(&wf_type_archive_entry, &placeless, out);
    entry_bytes = (struct wf_string){NULL, out->size_bytes - entry_start};
    status = wf_archive_pack(writer->coder, events, out, err);
    if (!out->is_full) {
        wf_store_u32(out->data + entry_start - sizeof size, (uint32_t)entry_bytes.size_bytes);
    }
    wf_frame_end(out, start, WF_FRAME_HISTORY, events.size_bytes);
    WF_TRY(commit(writer, out, start, status, err));
    entry_bytes.data = out->data + entry_start;
    return add_to_index(writer, entry_bytes, offset, err);
}

enum wf_status wf_archive_append_history(struct wf_archive_writer *writer,
                                         const struct wf_history *history, struct wf_buffer *out,
                                         struct wf_error *err)
{
    const char *memory = writer->events.data;
    const struct wf_arena_mark mark = wf_arena_mark(writer->arena);
    struct wf_archive_entry entry;

    wf_archive_entry_of(history, &entry);
    wf_buffer_reset(&writer->events);
    wf_history_write_protobuf(history, &writer->events);
    if (writer->events.is_full) {
        return no_memory(err);
    }
    if (memory == writer->events.data) {
        /* The buffer did not move: what lies above the mark is what large maps took for their
         * order. */
        wf_arena_rewind(writer->arena, mark);
    }
    return wf_archive_append(writer, &entry, wf_buffer_string(&writer->events), out, err);
}

enum wf_status wf_archive_append_frame(struct wf_archive_writer *writer, struct wf_string frame,
                                       struct wf_buffer *out, struct wf_error *err)
{
    const size_t start = out->size_bytes;
    uint64_t offset = 0;
    struct wf_frame_head head;
    struct wf_string body;
    struct wf_string entry_bytes;
    struct wf_string packed;

    if (!wf_frame_read(frame, &head, &body) || head.kind != WF_FRAME_HISTORY ||
        !wf_frame_split_history(body, &entry_bytes, &packed)) {
        return wf_fail_status(err, WF_ERR_CORRUPT, "not a whole history frame of an archive");
    }
    if (writer->chunk_count == WF_ARCHIVE_CHUNK_HISTORIES) {
        WF_TRY(flush_chunk(writer, out, err));
        return wf_archive_append_frame(writer, frame, out, err);
    }
    offset = writer->offset;
    wf_buffer_append_string(out, frame);
    WF_TRY(commit(writer, out, start, WF_OK, err));
    return add_to_index(writer, entry_bytes, offset, err);
}

enum wf_status wf_archive_append_segment(struct wf_archive_writer *writer,
                                         struct wf_arena *scratch_arena, struct wf_string segment,
                                         struct wf_buffer *out, struct wf_error *err)
{
    struct wf_archive_reader reader;

    WF_TRY(wf_archive_reader_init(&reader, scratch_arena, segment.size_bytes, err));
    WF_TRY(wf_archive_reader_supply_all(&reader, segment, err));
    for (uint64_t i = 0; i < reader.history_count; i++) {
        wf_archive_reader_seek(&reader, i);
        WF_TRY(wf_archive_reader_supply_all(&reader, segment, err));
        WF_TRY(wf_archive_append_frame(writer, wf_archive_reader_frame(&reader), out, err));
    }
    return WF_OK;
}

enum wf_status wf_archive_finish(struct wf_archive_writer *writer, struct wf_buffer *out,
                                 struct wf_error *err)
{
    uint64_t root_offset = 0;
    size_t root_start = 0;
    size_t end_start = 0;
    char body[2 * sizeof(uint64_t)];

    if (writer->chunk_count > 0) {
        WF_TRY(flush_chunk(writer, out, err));
    }
    root_offset = writer->offset;
    root_start = wf_frame_begin(out);
    wf_buffer_append_string(out, wf_buffer_string(&writer->root));
    wf_frame_end(out, root_start, WF_FRAME_ROOT, writer->root.size_bytes);
    end_start = wf_frame_begin(out);
    wf_store_u64(body, root_offset);
    wf_store_u64(body + sizeof root_offset, writer->history_count);
    wf_buffer_append(out, body, sizeof body);
    wf_frame_end(out, end_start, WF_FRAME_END, sizeof body);
    return commit(writer, out, root_start, WF_OK, err);
}
