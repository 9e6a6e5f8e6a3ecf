/*
 * From a file to its histories: wrappings are undone, the format is found by its bytes alone, and
 * each format hands out one history at a time.
 */
#include "engine/archive.h"
#include "engine/base/assert.h"
#include "engine/codec/json_history.h"
#include "engine/codec/unpack.h"
#include "engine/history.h"

#define WRAPPINGS_MAX 3     /* a gzip of a gzip happens; more is an attack */
#define FIELDS_LOOKED_AT 64 /* enough to tell protobuf from chance */
#define EVENTS_TAG 0x0a /* field 1, with a size: History.events, and the items of a Cloud export   \
                         */

/* ---- Telling formats apart ---- */

/* A varint at the start of bytes: its size, 0 when there is none. */
static size_t read_varint(struct wf_string bytes, uint64_t *value)
{
    *value = 0;
    for (size_t i = 0; i < bytes.size_bytes && i < 9; i++) {
        const uint8_t byte = (uint8_t)bytes.data[i];

        *value |= (uint64_t)(byte & 0x7fu) << (7 * i);
        if (byte < 0x80) {
            return i + 1;
        }
    }
    return 0;
}

/* Takes one field 1 with a size off the front of bytes. False when they do not begin with one. */
static bool take_item(struct wf_string *bytes, struct wf_string *item)
{
    uint64_t size_bytes = 0;
    size_t head_bytes = 0;
    struct wf_string rest;

    if (bytes->size_bytes == 0 || (uint8_t)bytes->data[0] != EVENTS_TAG) {
        return false;
    }
    rest = (struct wf_string){bytes->data + 1, bytes->size_bytes - 1};
    head_bytes = read_varint(rest, &size_bytes);
    if (head_bytes == 0 || size_bytes > rest.size_bytes - head_bytes) {
        return false;
    }
    *item = (struct wf_string){rest.data + head_bytes, (size_t)size_bytes};
    *bytes = (struct wf_string){item->data + size_bytes,
                                rest.size_bytes - head_bytes - (size_t)size_bytes};
    return true;
}

/*
 * A History and a Cloud export are both fields 1 one after the other to the end. An event begins
 * with its id, a number; an exported execution with its history, which has a size.
 */
static enum wf_format protobuf_format(struct wf_string bytes)
{
    enum wf_format format = WF_FORMAT_UNKNOWN;

    for (int i = 0; i < FIELDS_LOOKED_AT && bytes.size_bytes > 0; i++) {
        struct wf_string item;

        if (!take_item(&bytes, &item)) {
            return WF_FORMAT_UNKNOWN;
        }
        if (format == WF_FORMAT_UNKNOWN && item.size_bytes > 0) {
            format = (uint8_t)item.data[0] == EVENTS_TAG ? WF_FORMAT_CLOUD_EXPORT
                                                         : WF_FORMAT_PROTOBUF;
        }
    }
    return format;
}

/* A History behind its own size, as TypeScript's encodeDelimited writes it (replay-rules 7.1). */
static bool is_delimited(struct wf_string *bytes)
{
    uint64_t size_bytes = 0;
    const size_t head_bytes = read_varint(*bytes, &size_bytes);
    const struct wf_string rest = {bytes->data + head_bytes, bytes->size_bytes - head_bytes};

    if (head_bytes == 0 || size_bytes != rest.size_bytes ||
        protobuf_format(rest) != WF_FORMAT_PROTOBUF) {
        return false;
    }
    *bytes = rest;
    return true;
}

static bool looks_like_json(struct wf_string bytes)
{
    size_t at = 0;

    while (at < bytes.size_bytes && (bytes.data[at] == ' ' || bytes.data[at] == '\n' ||
                                     bytes.data[at] == '\r' || bytes.data[at] == '\t')) {
        at++;
    }
    return at < bytes.size_bytes && (bytes.data[at] == '{' || bytes.data[at] == '[');
}

static enum wf_status refuse_unknown(struct wf_string bytes, struct wf_error *err)
{
    if (wf_string_starts_with(bytes, WF_STR("PK\x03\x04"))) {
        return wf_fail_at(err, WF_ERR_UNSUPPORTED, 0, "a zip file: unpack it first");
    }
    if (bytes.size_bytes > 262 && memcmp(bytes.data + 257, "ustar", 5) == 0) {
        return wf_fail_at(err, WF_ERR_UNSUPPORTED, 0, "a tar file: unpack it first");
    }
    if (wf_string_starts_with(bytes, WF_STR("\xff\xfe")) ||
        wf_string_starts_with(bytes, WF_STR("\xfe\xff"))) {
        return wf_fail_at(err, WF_ERR_UNSUPPORTED, 0, "text in UTF-16: JSON histories are UTF-8");
    }
    return wf_fail_at(
        err, WF_ERR_CORRUPT, 0,
        "not a history: neither JSON nor protobuf nor an archive, plain or in gzip or zstd");
}

static enum wf_status find_format(struct wf_history_reader *reader, struct wf_error *err)
{
    const struct wf_string mark = WF_STR("\xef\xbb\xbf"); /* the byte order mark of UTF-8 */

    if (wf_string_starts_with(reader->bytes, mark)) {
        reader->bytes.data += mark.size_bytes;
        reader->bytes.size_bytes -= mark.size_bytes;
    }
    if (reader->bytes.size_bytes == 0) {
        return wf_fail_at(err, WF_ERR_INVALID, 0, "the file is empty");
    }
    if (wf_is_archive(reader->bytes)) {
        reader->format = WF_FORMAT_ARCHIVE;
        return WF_OK;
    }
    /* Before JSON: an event of 123 bytes makes a History begin with a line feed and a brace. */
    reader->format = protobuf_format(reader->bytes);
    if (reader->format != WF_FORMAT_UNKNOWN) {
        return WF_OK;
    }
    if (looks_like_json(reader->bytes)) {
        reader->format = WF_FORMAT_JSON;
        return WF_OK;
    }
    /* A cut History still is one: the decoder says where it ends. */
    if (is_delimited(&reader->bytes) || (uint8_t)reader->bytes.data[0] == EVENTS_TAG) {
        reader->format = WF_FORMAT_PROTOBUF;
        return WF_OK;
    }
    return refuse_unknown(reader->bytes, err);
}

static enum wf_status unwrap(struct wf_history_reader *reader, size_t limit_bytes,
                             struct wf_error *err)
{
    /* What is inside comes out beside what it came from: the limit is for both together. */
    for (int i = 0; wf_is_gzip(reader->bytes) || wf_is_zstd(reader->bytes); i++, limit_bytes -= reader->bytes.size_bytes) {
        if (i == WRAPPINGS_MAX) {
            return wf_fail_status(err, WF_ERR_LIMIT, "the file is packed more than %d times over",
                                  WRAPPINGS_MAX);
        }
        if (wf_is_gzip(reader->bytes)) {
            WF_TRY(
                wf_unpack_gzip(reader->unpacked, reader->bytes, limit_bytes, &reader->bytes, err));
        } else {
            WF_TRY(
                wf_unpack_zstd(reader->unpacked, reader->bytes, limit_bytes, &reader->bytes, err));
        }
    }
    return WF_OK;
}

/* ---- Reading ---- */

/* What the archive's reader asks for, from the bytes of the file or from where it lies. */
static enum wf_status supply(const struct wf_history_reader *reader, struct wf_archive_reader *archive,
                             struct wf_error *err)
{
    const struct wf_file_ranges *ranges = reader->ranges;
    struct wf_archive_range range;
    struct wf_string bytes;

    if (ranges == NULL) {
        return wf_archive_reader_supply_all(archive, reader->bytes, err);
    }
    while (wf_archive_reader_needs(archive, &range)) {
        WF_TRY(ranges->read(ranges->context, range.offset, range.size_bytes, &bytes, err));
        WF_TRY(wf_archive_reader_supply(archive, bytes, err));
    }
    return WF_OK;
}

static enum wf_status open_archive(struct wf_history_reader *reader, uint64_t file_bytes,
                                   struct wf_error *err)
{
    struct wf_archive_reader *archive = WF_ARENA_NEW(reader->unpacked, struct wf_archive_reader);

    if (archive == NULL) {
        return wf_fail_status(err, WF_ERR_MEMORY, "no memory left to read the archive");
    }
    reader->state = archive;
    WF_TRY(wf_archive_reader_init(archive, reader->unpacked, file_bytes, err));
    return supply(reader, archive, err);
}

static enum wf_status open_json(struct wf_history_reader *reader, struct wf_error *err)
{
    enum wf_json_shape *shape = WF_ARENA_NEW(reader->unpacked, enum wf_json_shape);

    if (shape == NULL) {
        return wf_fail_status(err, WF_ERR_MEMORY, "no memory left to read the file");
    }
    reader->state = shape;
    return wf_json_history_shape(reader->bytes, shape, err);
}

enum wf_status wf_history_reader_init(struct wf_history_reader *reader, struct wf_arena *unpacked,
                                      struct wf_string file, size_t limit_bytes,
                                      struct wf_error *err)
{
    *reader = (struct wf_history_reader){.bytes = file, .unpacked = unpacked};
    WF_TRY(unwrap(reader, limit_bytes, err));
    WF_TRY(find_format(reader, err));
    if (reader->format == WF_FORMAT_ARCHIVE) {
        return open_archive(reader, reader->bytes.size_bytes, err);
    }
    return reader->format == WF_FORMAT_JSON ? open_json(reader, err) : WF_OK;
}

enum wf_status wf_history_reader_init_archive(struct wf_history_reader *reader,
                                              struct wf_arena *unpacked,
                                              const struct wf_file_ranges *file,
                                              struct wf_error *err)
{
    *reader = (struct wf_history_reader){
        .ranges = file, .format = WF_FORMAT_ARCHIVE, .unpacked = unpacked};
    return open_archive(reader, file->size_bytes, err);
}

/* Bytes of one protobuf message inside the file: errors get offsets into the file. */
static enum wf_status decode_part(const struct wf_history_reader *reader, struct wf_arena *arena,
                                  const struct wf_message_type *type, struct wf_string part,
                                  void *message, struct wf_error *err)
{
    const enum wf_status status = wf_wire_decode(arena, type, part, message, err);

    if (status != WF_OK && err != NULL && err->byte_offset != WF_ERROR_NO_OFFSET) {
        err->byte_offset += part.data - reader->bytes.data;
    }
    return status;
}

static enum wf_status next_protobuf(struct wf_history_reader *reader, struct wf_arena *arena,
                                    struct wf_history *history, struct wf_error *err)
{
    struct wf_history_message message = {0};

    if (reader->next > 0) {
        return WF_ERR_NOT_FOUND;
    }
    WF_TRY(decode_part(reader, arena, &wf_type_history_message, reader->bytes, &message, err));
    reader->next = reader->bytes.size_bytes;
    history->events = message.events.items;
    history->event_count = message.events.count;
    return WF_OK;
}

static enum wf_status next_export(struct wf_history_reader *reader, struct wf_arena *arena,
                                  struct wf_history *history, struct wf_error *err)
{
    struct wf_string rest = {reader->bytes.data + reader->next,
                             reader->bytes.size_bytes - reader->next};
    struct wf_exported_workflow exported = {0};
    struct wf_string item;

    if (rest.size_bytes == 0) {
        return WF_ERR_NOT_FOUND;
    }
    if (!take_item(&rest, &item)) {
        return wf_fail_at(err, WF_ERR_CORRUPT, (int64_t)reader->next,
                          "the Cloud export is damaged or cut");
    }
    WF_TRY(decode_part(reader, arena, &wf_type_exported_workflow, item, &exported, err));
    reader->next = reader->bytes.size_bytes - rest.size_bytes;
    if (exported.history != NULL) {
        history->events = exported.history->events.items;
        history->event_count = exported.history->events.count;
    }
    return WF_OK;
}

static enum wf_status next_archived(struct wf_history_reader *reader, struct wf_arena *arena,
                                    struct wf_history *history, struct wf_error *err)
{
    struct wf_archive_reader *archive = reader->state;

    if (reader->next >= archive->history_count) {
        return WF_ERR_NOT_FOUND;
    }
    wf_archive_reader_seek(archive, reader->next++);
    WF_TRY(supply(reader, archive, err));
    return wf_archive_reader_history(archive, arena, history, err);
}

static enum wf_status next_of_format(struct wf_history_reader *reader, struct wf_arena *arena,
                                     struct wf_history *history, struct wf_error *err)
{
    switch (reader->format) {
    case WF_FORMAT_JSON:
        return wf_json_history_next(reader->bytes, *(const enum wf_json_shape *)reader->state,
                                    &reader->next, arena, history, err);
    case WF_FORMAT_PROTOBUF:
        return next_protobuf(reader, arena, history, err);
    case WF_FORMAT_CLOUD_EXPORT:
        return next_export(reader, arena, history, err);
    case WF_FORMAT_ARCHIVE:
        return next_archived(reader, arena, history, err);
    case WF_FORMAT_UNKNOWN:
        break;
    }
    WF_UNREACHABLE();
}

enum wf_status wf_history_reader_next(struct wf_history_reader *reader, struct wf_arena *arena,
                                      struct wf_history *history, struct wf_error *err)
{
    *history = (struct wf_history){.events = NULL};
    WF_TRY(next_of_format(reader, arena, history, err));
    reader->index++;
    wf_history_fill_ids(history);
    return WF_OK;
}

bool wf_history_reader_goes_on(const struct wf_history_reader *reader, enum wf_status status)
{
    return reader->format == WF_FORMAT_ARCHIVE && status != WF_ERR_NOT_FOUND && status != WF_ERR_MEMORY;
}

enum wf_status wf_history_reader_check_end(const struct wf_history_reader *reader, struct wf_error *err)
{
    return reader->format == WF_FORMAT_ARCHIVE ? wf_archive_reader_check_end(reader->state, err) : WF_OK;
}
