#include "tests/support/test.h"

#include <zlib.h>
#include <zstd.h>

#include "engine/archive.h"
#include "engine/history.h"
#include "tests/support/synthetic_history.h"

#define LIMIT_BYTES ((size_t)1 << 24)
#define EVENT_1                                                                                    \
    "{\"eventId\":\"1\",\"eventTime\":\"2024-05-01T10:00:00Z\","                                   \
    "\"eventType\":\"WorkflowExecutionStarted\",\"workflowExecutionStartedEventAttributes\":"      \
    "{\"workflowType\":{\"name\":\"T\"},\"originalExecutionRunId\":\"r1\",\"workflowId\":\"w1\"}}"
#define EVENT_2 "{\"eventId\":\"2\",\"eventType\":\"WorkflowTaskScheduled\"}"
#define EVENTS "[" EVENT_1 "," EVENT_2 "]"

static struct wf_string gzip(struct wf_arena *arena, struct wf_string bytes)
{
    const uLong bound = compressBound((uLong)bytes.size_bytes) + 64;
    char *out = wf_arena_take_text(arena, bound);
    z_stream stream = {.avail_in = (uInt)bytes.size_bytes, .avail_out = (uInt)bound};
    char *in = wf_arena_take_text(arena, bytes.size_bytes);

    memcpy(in, bytes.data, bytes.size_bytes);
    stream.next_in = (void *)in;
    stream.next_out = (void *)out;
    assert_int_equal(deflateInit2(&stream, 6, Z_DEFLATED, 15 + 16, 8, Z_DEFAULT_STRATEGY), Z_OK);
    assert_int_equal(deflate(&stream, Z_FINISH), Z_STREAM_END);
    assert_int_equal(deflateEnd(&stream), Z_OK);
    return (struct wf_string){out, bound - stream.avail_out};
}

static struct wf_string zstd(struct wf_arena *arena, struct wf_string bytes)
{
    const size_t bound = ZSTD_compressBound(bytes.size_bytes);
    char *out = wf_arena_take_text(arena, bound);
    const size_t size_bytes = ZSTD_compress(out, bound, bytes.data, bytes.size_bytes, 3);

    assert_false(ZSTD_isError(size_bytes));
    return (struct wf_string){out, size_bytes};
}

static struct wf_string concat(struct wf_arena *arena, struct wf_string left,
                               struct wf_string right)
{
    struct wf_buffer out;

    wf_buffer_init(&out, arena);
    wf_buffer_append_string(&out, left);
    wf_buffer_append_string(&out, right);
    return wf_buffer_string(&out);
}

/* The histories of a file, or the failure. */
struct result {
    enum wf_status status;
    enum wf_format format;
    struct wf_error err;
    uint32_t count;
    struct wf_history histories[4];
};

static void read_all(struct wf_arena *arena, struct wf_string file, size_t limit_bytes,
                     struct result *result)
{
    struct wf_history_reader reader;

    memset(result, 0, sizeof *result);
    result->status = wf_history_reader_init(&reader, arena, file, limit_bytes, &result->err);
    result->format = reader.format;
    while (result->status == WF_OK && result->count < TEST_COUNT(result->histories)) {
        struct wf_history history;

        result->status = wf_history_reader_next(&reader, arena, &history, &result->err);
        if (result->status == WF_OK) {
            result->histories[result->count++] = history;
        }
    }
    if (result->status == WF_ERR_NOT_FOUND) {
        result->status = WF_OK;
    }
}

/* Every wrapping of JSON that people have histories in (corpus README "What a reader must accept").
 */
static void test_formats__json_wrappings_are_read(void **state)
{
    static const struct {
        const char *name;
        const char *text;
        uint32_t count;
        const char *workflow_id;
        const char *run_id;
    } rows[] = {
        {"plain", "{\"events\":" EVENTS "}", 1, "w1", "r1"},
        {"blanks around", "\n\n  {\"events\":" EVENTS "}\r\n\t", 1, "w1", "r1"},
        {"byte order mark", "\xef\xbb\xbf{\"events\":" EVENTS "}", 1, "w1", "r1"},
        {"further keys",
         "{\"rawHistory\":[1,{\"events\":2}],\"events\":" EVENTS ",\"archived\":false}", 1, "w1",
         "r1"},
        {"bare list", EVENTS, 1, "w1", "r1"},
        {"bare list, snake_case", "[{\"event_id\":\"1\",\"event_type\":\"TimerFired\"}]", 1, "",
         ""},
        {"answer of the server",
         "{\"history\":{\"events\":" EVENTS "},\"rawHistory\":null,\"nextPageToken\":\"\"}", 1,
         "w1", "r1"},
        {"list that holds one history", "[{\"events\":" EVENTS "}]", 1, "w1", "r1"},
        {"list of histories", "[{\"events\":" EVENTS "} , {\"events\":" EVENTS "}\n]", 2, "w1",
         "r1"},
        {"list of answers", "[{\"history\":{\"events\":" EVENTS "}},{\"history\":{\"events\":[]}}]",
         2, "w1", "r1"},
        {"name, info, history",
         "{\"name\":\"n\",\"info\":{\"workflowId\":\"w2\",\"runId\":\"r2\"},\"history\":" EVENTS
         ",\"more\":{}}",
         1, "w2", "r2"},
        {"ids after the events", "{\"events\":" EVENTS ",\"workflowId\":\"w3\",\"runId\":\"r3\"}",
         1, "w3", "r3"},
        {"execution beside it",
         "{\"execution\":{\"workflowId\":\"w4\",\"runId\":\"r4\"},\"history\":{\"events\":" EVENTS
         "}}",
         1, "w4", "r4"},
        {"JSON lines", "{\"events\":" EVENTS "}\n{\"events\":" EVENTS "}\n{\"events\":[]}\n", 3,
         "w1", "r1"},
        {"no events", "{\"events\":[]}", 1, "", ""},
    };

    for (size_t i = 0; i < TEST_COUNT(rows); i++) {
        struct result result;

        read_all(*state, wf_string_of(rows[i].text), LIMIT_BYTES, &result);
        if (result.status != WF_OK || result.count != rows[i].count) {
            fail_msg("%s: status %d, %u histories: %s", rows[i].name, (int)result.status,
                     result.count, result.err.message);
        }
        assert_int_equal(result.format, WF_FORMAT_JSON);
        test_string_is(rows[i].name, result.histories[0].workflow_id, rows[i].workflow_id);
        test_string_is(rows[i].name, result.histories[0].run_id, rows[i].run_id);
    }
}

/* What is no history is refused by a sentence that says what it is. */
static void test_formats__other_files_are_refused_by_name(void **state)
{
    static const struct {
        const char *name;
        struct wf_string file;
        enum wf_status expected;
        const char *says;
    } rows[] = {
#define FILE_OF(literal) {(literal), sizeof(literal) - 1}
        {"empty", FILE_OF(""), WF_ERR_INVALID, "empty"},
        {"text", FILE_OF("hello"), WF_ERR_CORRUPT, "neither JSON nor protobuf"},
        {"number", FILE_OF("17"), WF_ERR_CORRUPT, "neither JSON nor protobuf"},
        {"zip", FILE_OF("PK\x03\x04...."), WF_ERR_UNSUPPORTED, "zip"},
        {"UTF-16", FILE_OF("\xff\xfe{\0"), WF_ERR_UNSUPPORTED, "UTF-16"},
        {"empty list", FILE_OF("[]"), WF_ERR_INVALID, "empty list"},
        {"list of numbers", FILE_OF("[1]"), WF_ERR_INVALID, "not an object"},
        {"empty object", FILE_OF("{}"), WF_ERR_INVALID, "no members"},
        {"other object", FILE_OF("{\"name\":1,\"on\":{\"push\":[]}}"), WF_ERR_INVALID, "name, on"},
        {"report of a replay", FILE_OF("{\"summary\":{\"ok\":1},\"results\":[]}"), WF_ERR_INVALID, "report of a replay"},
        {"SARIF", FILE_OF("{\"$schema\":\"\",\"version\":\"2.1.0\",\"runs\":[]}"), WF_ERR_INVALID, "SARIF"},
        {"report of seeds", FILE_OF("{\"scenario\":\"\",\"first_seed\":1}"), WF_ERR_INVALID, "report of a simulation"},
        {"events that are no list", FILE_OF("{\"events\":{}}"), WF_ERR_INVALID, "events"},
        {"list of other objects", FILE_OF("[{\"id\":1,\"events\":{}}]"), WF_ERR_INVALID,
         "id, events"},
        {"one event alone", FILE_OF(EVENT_1), WF_ERR_INVALID, "no list of events"},
        {"cut in the first event", FILE_OF("{\"events\":[{\"eventId\":"), WF_ERR_CORRUPT, "ends"},
        {"cut in a later event", FILE_OF("{\"events\":[" EVENT_1 ",{\"eventId\":\"2\""),
         WF_ERR_CORRUPT, "ends"},
        {"list without a bracket", FILE_OF("[{\"events\":[]}"), WF_ERR_CORRUPT, "comma or ]"},
        {"text behind the list", FILE_OF("[{\"events\":[]}] x"), WF_ERR_CORRUPT, "text after"},
        {"text behind the events", FILE_OF(EVENTS "x"), WF_ERR_CORRUPT, "text after"},
        {"second value of JSON lines", FILE_OF("{\"events\":[]}\n17"), WF_ERR_INVALID,
         "without a list of events"},
        {"Cadence",
         FILE_OF("[{\"eventId\":1,\"timestamp\":17,\"workflowExecutionStartedEventAttributes\":{"
                 "\"taskList\":{},\"executionStartToCloseTimeoutSeconds\":1}}]"),
         WF_ERR_UNSUPPORTED, "Cadence"},
        {"before 1.0",
         FILE_OF("{\"events\":[{\"eventId\":\"1\",\"timestamp\":\"17\","
                 "\"workflowExecutionStartedEventAttributes\":{\"taskList\":{},"
                 "\"workflowRunTimeoutSeconds\":1}}]}"),
         WF_ERR_UNSUPPORTED, "before Temporal 1.0"},
        {"fragment of either",
         FILE_OF("[{\"eventId\":2,\"timestamp\":17,\"decisionTaskScheduledEventAttributes\":{}}]"),
         WF_ERR_UNSUPPORTED, "Cadence or from before"},
        {"web UI",
         FILE_OF("[{\"eventId\":\"1\",\"eventTime\":\"2024-05-01T10:00:00Z\",\"attributes\":{},"
                 "\"category\":\"workflow\"}]"),
         WF_ERR_UNSUPPORTED, "web UI"},
        {"decoded payloads",
         FILE_OF(
             "{\"events\":[{\"eventId\":\"1\",\"timerFiredEventAttributes\":{}},{\"eventId\":\"2\","
             "\"activityTaskCompletedEventAttributes\":{\"result\":{\"payloads\":[\"ok\"]}}}]}"),
         WF_ERR_UNSUPPORTED, "decoded for reading"},
        {"gzip cut", FILE_OF("\x1f\x8b\x08\x00\x00\x00\x00\x00\x00\x03"), WF_ERR_CORRUPT,
         "gzip data ends early"},
        {"gzip damaged", FILE_OF("\x1f\x8b\x08\x00\x00\x00\x00\x00\x00\x03\xff\xff\xff\xff"),
         WF_ERR_CORRUPT, "gzip data is damaged"},
        {"zstd cut", FILE_OF("\x28\xb5\x2f\xfd"), WF_ERR_CORRUPT, "zstd data ends early"},
        {"zstd damaged", FILE_OF("\x28\xb5\x2f\xfd\x08\xff\xff\xff\xff\xff\xff\xff\xff"),
         WF_ERR_CORRUPT, "zstd data is damaged"},
        {"protobuf cut", FILE_OF("\x0a\x04\x08\x01\x18\x01\x0a\x04\x08\x02"), WF_ERR_CORRUPT,
         "past the end"},
        {"archive cut in its header", FILE_OF("\x89WFH\r\n\x1a\n...."), WF_ERR_CORRUPT,
         "cut within its header"},
    };

    for (size_t i = 0; i < TEST_COUNT(rows); i++) {
        struct result result;

        read_all(*state, rows[i].file, LIMIT_BYTES, &result);
        if (result.status != rows[i].expected || strstr(result.err.message, rows[i].says) == NULL) {
            fail_msg("%s: status %d, %u histories: %s", rows[i].name, (int)result.status,
                     result.count, result.err.message);
        }
    }
}

/* Zeros may fill up a file of gzip; anything else behind its last member is not lost without a word. */
static void test_formats__what_follows_gzip_is_gzip_or_zeros(void **state)
{
    struct wf_arena *arena = *state;
    const struct wf_string text = WF_STR("{\"events\":[{\"eventId\":\"1\"}]}");
    const struct wf_string packed = gzip(arena, text);
    const struct {
        struct wf_string rest;
        enum wf_status expected;
        const char *says;
    } rows[] = {
        {{"\0\0\0\0\0", 5}, WF_OK, ""},
        {text, WF_ERR_CORRUPT, "what follows the gzip data here is none"},
        {{"\0\0x", 3}, WF_ERR_CORRUPT, "what follows the gzip data here is none"},
        {{"\x1f\x8b\x08", 3}, WF_ERR_CORRUPT, "the gzip data ends early"},
    };

    for (size_t i = 0; i < TEST_COUNT(rows); i++) {
        struct result result;

        read_all(arena, concat(arena, packed, rows[i].rest), LIMIT_BYTES, &result);
        if (result.status != rows[i].expected || strstr(result.err.message, rows[i].says) == NULL) {
            fail_msg("row %zu: status %d: %s", i, (int)result.status, result.err.message);
        }
    }
}

/* Offsets count from the start of the file, also in a later history of it. */
static void test_formats__errors_give_the_place_in_the_file(void **state)
{
    const char *text =
        "[{\"events\":[]},\n {\"events\":[{\"eventId\":\"9\",\"eventTime\":\"never\"}]}]";
    struct result result;

    read_all(*state, wf_string_of(text), LIMIT_BYTES, &result);

    assert_int_equal(result.status, WF_ERR_INVALID);
    assert_int_equal(result.err.byte_offset, strstr(text, "\"never") - text);
    assert_int_equal(result.err.event_id, 9);
}

static struct wf_string protobuf_of(struct wf_arena *arena, uint64_t seed, uint32_t event_count)
{
    struct wf_history history;
    struct wf_buffer out;

    synthetic_history(arena, seed, event_count, &history);
    wf_buffer_init(&out, arena);
    wf_history_write_protobuf(&history, &out);
    return wf_buffer_string(&out);
}

/* One history in every binary form, packed and not; the same events come out of each. */
static void test_formats__binary_forms_are_told_apart(void **state)
{
    struct wf_arena *arena = *state;
    const struct wf_string plain = protobuf_of(arena, 4, 30);
    struct wf_history_message message = {0};
    struct wf_exported_workflow items[2] = {{.history = &message}, {.history = &message}};
    const struct wf_exported_workflows export = {.items = {items, 2, 2}};
    struct wf_error err;
    struct wf_buffer exported;
    char head[2];

    assert_int_equal(wf_wire_decode(arena, &wf_type_history_message, plain, &message, &err), WF_OK);
    wf_buffer_init(&exported, arena);
    wf_wire_encode(&wf_type_exported_workflows, &export, &exported);
    head[0] = (char)(uint8_t)(0x80 | (plain.size_bytes & 0x7f));
    head[1] = (char)(uint8_t)(plain.size_bytes >> 7);
    {
        const struct wf_string delimited = concat(arena, (struct wf_string){head, sizeof head},
                                                  plain);
        const struct wf_string half = {plain.data, plain.size_bytes / 2};
        const struct wf_string other_half = {plain.data + half.size_bytes,
                                             plain.size_bytes - half.size_bytes};
        const struct {
            const char *name;
            struct wf_string file;
            enum wf_format format;
            uint32_t count;
        } rows[] = {
            {"History", plain, WF_FORMAT_PROTOBUF, 1},
            {"History behind its size", delimited, WF_FORMAT_PROTOBUF, 1},
            {"Cloud export", wf_buffer_string(&exported), WF_FORMAT_CLOUD_EXPORT, 2},
            {"gzip", gzip(arena, plain), WF_FORMAT_PROTOBUF, 1},
            {"gzip in two members", concat(arena, gzip(arena, half), gzip(arena, other_half)),
             WF_FORMAT_PROTOBUF, 1},
            {"zstd", zstd(arena, plain), WF_FORMAT_PROTOBUF, 1},
            {"zstd in two frames", concat(arena, zstd(arena, half), zstd(arena, other_half)),
             WF_FORMAT_PROTOBUF, 1},
            {"gzip of zstd", gzip(arena, zstd(arena, plain)), WF_FORMAT_PROTOBUF, 1},
            {"gzip of a Cloud export", gzip(arena, wf_buffer_string(&exported)),
             WF_FORMAT_CLOUD_EXPORT, 2},
        };

        for (size_t i = 0; i < TEST_COUNT(rows); i++) {
            struct result result;

            read_all(arena, rows[i].file, LIMIT_BYTES, &result);
            print_message("%s\n", rows[i].name);
            assert_int_equal(result.status, WF_OK);
            assert_int_equal(result.format, rows[i].format);
            assert_int_equal(result.count, rows[i].count);
            for (uint32_t h = 0; h < result.count; h++) {
                struct wf_buffer out;

                wf_buffer_init(&out, arena);
                wf_history_write_protobuf(&result.histories[h], &out);
                assert_true(wf_string_equal(wf_buffer_string(&out), plain));
            }
        }
    }
}

/* A History whose first event has 123 bytes begins with a line feed and a brace, as JSON might. */
static void test_formats__protobuf_that_begins_like_json_is_protobuf(void **state)
{
    char event[123] = "\x08\x01";
    char file[2 + sizeof event] = "\n{";
    struct result result;

    /* Field 31 with the rest. */
    memcpy(event + 2, "\xfa\x01\x76", 3);
    memset(event + 5, ' ', sizeof event - 5);
    memcpy(file + 2, event, sizeof event);
    read_all(*state, (struct wf_string){file, sizeof file}, LIMIT_BYTES, &result);

    assert_int_equal(result.status, WF_OK);
    assert_int_equal(result.format, WF_FORMAT_PROTOBUF);
    assert_int_equal(result.histories[0].event_count, 1);
    assert_int_equal(result.histories[0].events[0].event_id, 1);
}

/* What unpacks to more than allowed is refused before it is there. */
static void test_formats__bombs_are_refused(void **state)
{
    struct wf_arena *arena = *state;
    const size_t size_bytes = (size_t)32 << 20;
    char *zeros = wf_arena_take(arena, size_bytes);
    struct wf_string packed[3];

    packed[0] = gzip(arena, (struct wf_string){zeros, size_bytes});
    packed[1] = zstd(arena, (struct wf_string){zeros, size_bytes});
    packed[2] = gzip(arena, packed[0]);
    for (size_t i = 0; i < TEST_COUNT(packed); i++) {
        struct wf_arena own;
        struct result result;

        wf_arena_init(&own, wf_system_blocks(), (size_t)8 << 20);
        read_all(&own, packed[i], 1 << 20, &result);
        assert_int_equal(result.status, WF_ERR_LIMIT);
        assert_non_null(strstr(result.err.message, i < 2 ? "more than 1048576 bytes" : "more than 10")); /* what gzip left of it */
        wf_arena_deinit(&own);
    }
    {
        struct wf_string nested = WF_STR("{\"events\":[]}");
        struct result result;

        for (int i = 0; i < 4; i++) {
            nested = gzip(arena, nested);
        }
        read_all(arena, nested, LIMIT_BYTES, &result);
        assert_int_equal(result.status, WF_ERR_LIMIT);
    }
}

/* As a pipe into zstd writes it: nothing says how much comes out. */
static struct wf_string zstd_without_size(struct wf_arena *arena, struct wf_string bytes)
{
    ZSTD_CStream *stream = ZSTD_createCStream();
    ZSTD_inBuffer in = {bytes.data, bytes.size_bytes, 0};
    ZSTD_outBuffer out = {NULL, ZSTD_compressBound(bytes.size_bytes), 0};

    out.dst = wf_arena_take_text(arena, out.size);
    assert_non_null(stream);
    assert_false(ZSTD_isError(ZSTD_compressStream2(stream, &out, &in, ZSTD_e_flush)));
    assert_int_equal(ZSTD_compressStream2(stream, &out, &in, ZSTD_e_end), 0);
    (void)ZSTD_freeCStream(stream);
    assert_int_equal(ZSTD_getFrameContentSize(out.dst, out.pos), ZSTD_CONTENTSIZE_UNKNOWN);
    return (struct wf_string){out.dst, out.pos};
}

/* Unpacking takes what comes out and little more, whether the format says how much that is, is silent, or tells of a part only. */
static void test_formats__unpacking_takes_what_comes_out(void **state)
{
    struct wf_arena *arena = *state;
    const size_t blanks_bytes = (size_t)4 << 20;
    char *blanks = wf_arena_take_text(arena, blanks_bytes);
    const struct wf_string text = WF_STR("{\"events\":[" EVENT_1 "]}");
    struct wf_string whole;
    struct wf_string files[5];

    memset(blanks, ' ', blanks_bytes);
    whole = concat(arena, (struct wf_string){blanks, blanks_bytes}, text);
    files[0] = gzip(arena, whole);
    files[1] = concat(arena, gzip(arena, (struct wf_string){blanks, blanks_bytes}), gzip(arena, text));
    files[2] = zstd(arena, whole);
    files[3] = concat(arena, zstd(arena, (struct wf_string){blanks, blanks_bytes}), zstd(arena, text));
    files[4] = zstd_without_size(arena, whole);
    for (size_t i = 0; i < TEST_COUNT(files); i++) {
        struct wf_arena own;
        struct result result;

        wf_arena_init(&own, wf_system_blocks(), 0);
        read_all(&own, files[i], LIMIT_BYTES, &result);
        assert_int_equal(result.status, WF_OK);
        assert_int_equal(result.count, 1);
        assert_int_equal(result.histories[0].event_count, 1);
        /* zstd's own window is as large as what it packs, up to its level's bound. */
        assert_in_range(own.used_bytes, blanks_bytes, blanks_bytes + ((size_t)3 << 20));
        wf_arena_deinit(&own);
    }
}

/* One of many histories takes memory for itself, not for all the text behind it: a file of them would take the square of its size. */
static void test_formats__one_of_many_takes_no_more_than_alone(void **state)
{
    struct wf_arena *arena = *state;
    struct wf_history_reader reader;
    struct wf_history history;
    struct wf_buffer file;
    struct wf_arena own;
    struct wf_error err = {0};

    wf_buffer_init(&file, arena);
    for (int i = 0; i < 20000; i++) {
        wf_buffer_append_string(&file, WF_STR("{\"events\":" EVENTS "}\n"));
    }
    assert_int_equal(wf_history_reader_init(&reader, arena, wf_buffer_string(&file), 1, &err), WF_OK);
    for (int i = 0; i < 3; i++) {
        wf_arena_init(&own, wf_system_blocks(), 0);
        assert_int_equal(wf_history_reader_next(&reader, &own, &history, &err), WF_OK);
        assert_true(i == 0 || wf_arena_size_bytes(&own) < 65536);
        wf_arena_deinit(&own);
    }
}

/* What a packed file holds in a packed file is there at the same time as that. */
static void test_formats__the_limit_is_for_all_wrappings_together(void **state)
{
    struct wf_arena *arena = *state;
    const size_t size_bytes = (size_t)1 << 20;
    char *noise = wf_arena_take_text(arena, size_bytes);
    uint64_t next = 1;
    struct result result;

    for (size_t i = 0; i < size_bytes; i++) {
        next = next * UINT64_C(6364136223846793005) + 1442695040888963407;
        noise[i] = (char)(next >> 56);
    }
    const struct wf_string twice = zstd(arena, zstd(arena, (struct wf_string){noise, size_bytes}));
    read_all(arena, twice, 2 * size_bytes - 1, &result);
    assert_int_equal(result.status, WF_ERR_LIMIT);
    read_all(arena, twice, 3 * size_bytes, &result);
    assert_int_equal(result.status, WF_ERR_CORRUPT); /* read, and no history */
}

/* Exactly the allowed size is allowed. */
static void test_formats__the_limit_itself_is_allowed(void **state)
{
    const struct wf_string text = WF_STR("{\"events\":[]}");
    const struct wf_string packed[] = {gzip(*state, text), zstd(*state, text)};

    for (size_t i = 0; i < TEST_COUNT(packed); i++) {
        struct result result;

        read_all(*state, packed[i], text.size_bytes, &result);
        assert_int_equal(result.status, WF_OK);
        read_all(*state, packed[i], text.size_bytes - 1, &result);
        assert_int_equal(result.status, WF_ERR_LIMIT);
    }
}

/* Reading says so when memory ends, wherever that is. */
static void test_formats__memory_may_end_anywhere(void **state)
{
    struct wf_arena *arena = *state;
    const struct wf_string plain = protobuf_of(arena, 4, 400);
    const struct wf_string files[] = {plain, gzip(arena, plain), zstd(arena, plain)};

    for (size_t i = 0; i < TEST_COUNT(files); i++) {
        for (size_t fail_from = 1;; fail_from++) {
            struct test_blocks blocks;
            struct wf_arena own;
            struct result result;

            test_blocks_init(&blocks);
            blocks.fail_from = fail_from;
            wf_arena_init(&own, &blocks.source, 0);
            read_all(&own, files[i], LIMIT_BYTES, &result);
            wf_arena_deinit(&own);
            if (result.status == WF_OK) {
                break;
            }
            assert_int_equal(result.status, WF_ERR_MEMORY);
        }
    }
}

/* The shape that replay needs (replay-rules 1.1): rows of event ids and types. */
static void test_formats__normalise_checks_the_shape(void **state)
{
    enum {
        WES = WF_EVENT_TYPE_WORKFLOW_EXECUTION_STARTED,
        TS = WF_EVENT_TYPE_WORKFLOW_TASK_SCHEDULED,
        TT = WF_EVENT_TYPE_WORKFLOW_TASK_STARTED,
        TC = WF_EVENT_TYPE_WORKFLOW_TASK_COMPLETED,
        SIG = WF_EVENT_TYPE_WORKFLOW_EXECUTION_SIGNALED
    };
    static const struct {
        const char *name;
        uint32_t count;
        struct {
            int64_t id;
            int32_t type;
        } events[5];
        enum wf_status expected;
        int64_t event_id;
    } rows[] = {
        {"empty", 0, {{0, 0}}, WF_ERR_INVALID, 0},
        {"one event", 1, {{1, WES}}, WF_OK, 0},
        {"ascending", 4, {{1, WES}, {2, TS}, {3, TT}, {4, TC}}, WF_OK, 0},
        {"newest first", 4, {{4, TC}, {3, TT}, {2, TS}, {1, WES}}, WF_OK, 0},
        {"cut at a started task", 3, {{1, WES}, {2, TS}, {3, TT}}, WF_OK, 0},
        {"fragment", 2, {{2, TS}, {3, TT}}, WF_ERR_INVALID, 2},
        {"newest-first fragment", 2, {{3, TT}, {2, TS}}, WF_ERR_INVALID, 2},
        {"gap", 3, {{1, WES}, {2, TS}, {4, TT}}, WF_ERR_INVALID, 4},
        {"starts at 0", 2, {{0, WES}, {1, TS}}, WF_ERR_INVALID, 0},
        {"twice", 3, {{1, WES}, {2, TS}, {2, TS}}, WF_ERR_INVALID, 2},
        {"shuffled", 4, {{1, WES}, {3, TT}, {2, TS}, {4, TC}}, WF_ERR_INVALID, 3},
        {"signal inside a task", 4, {{1, WES}, {2, TS}, {3, TT}, {4, SIG}}, WF_ERR_INVALID, 4},
    };

    for (size_t i = 0; i < TEST_COUNT(rows); i++) {
        struct wf_workflow_type type = {.name = WF_STR("T")};
        struct wf_event_workflow_execution_started started = {
            .workflow_type = &type, .first_execution_run_id = WF_STR("first")};
        struct wf_event events[5] = {{0}};
        struct wf_history history = {.events = events, .event_count = rows[i].count};
        struct wf_error err = {0};

        for (uint32_t e = 0; e < rows[i].count; e++) {
            events[e].event_id = rows[i].events[e].id;
            events[e].event_type = rows[i].events[e].type;
            if (events[e].event_type == WES) {
                events[e].attributes_case = WF_CASE_event_workflow_execution_started;
                events[e].attributes.workflow_execution_started = &started;
            }
        }
        print_message("%s\n", rows[i].name);
        assert_int_equal(wf_history_normalise(&history, &err), rows[i].expected);
        if (rows[i].expected == WF_OK) {
            assert_int_equal(events[0].event_id, 1);
            test_string_is(rows[i].name, history.run_id, "first");
            test_string_is(rows[i].name, history.workflow_type, "T");
        } else {
            assert_int_equal(err.event_id, rows[i].event_id);
        }
    }
    (void)state;
}

/* A history that does not name its workflow type cannot be replayed. */
static void test_formats__normalise_needs_the_workflow_type(void **state)
{
    struct wf_event_workflow_execution_started started = {.attempt = 1};
    struct wf_event event = {.event_id = 1,
                             .event_type = WF_EVENT_TYPE_WORKFLOW_EXECUTION_STARTED,
                             .attributes_case = WF_CASE_event_workflow_execution_started,
                             .attributes.workflow_execution_started = &started};
    struct wf_history history = {.events = &event, .event_count = 1};
    struct wf_error err = {0};

    assert_int_equal(wf_history_normalise(&history, &err), WF_ERR_INVALID);
    assert_non_null(strstr(err.message, "workflow type"));
    (void)state;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST_IN_ARENA(test_formats__json_wrappings_are_read),
        TEST_IN_ARENA(test_formats__other_files_are_refused_by_name),
        TEST_IN_ARENA(test_formats__what_follows_gzip_is_gzip_or_zeros),
        TEST_IN_ARENA(test_formats__errors_give_the_place_in_the_file),
        TEST_IN_ARENA(test_formats__binary_forms_are_told_apart),
        TEST_IN_ARENA(test_formats__protobuf_that_begins_like_json_is_protobuf),
        TEST_IN_ARENA(test_formats__bombs_are_refused),
        TEST_IN_ARENA(test_formats__unpacking_takes_what_comes_out),
        TEST_IN_ARENA(test_formats__one_of_many_takes_no_more_than_alone),
        TEST_IN_ARENA(test_formats__the_limit_is_for_all_wrappings_together),
        TEST_IN_ARENA(test_formats__the_limit_itself_is_allowed),
        TEST_IN_ARENA(test_formats__memory_may_end_anywhere),
        TEST_IN_ARENA(test_formats__normalise_checks_the_shape),
        TEST_IN_ARENA(test_formats__normalise_needs_the_workflow_type),
    };

    return cmocka_run_group_tests_name("formats", tests, NULL, NULL);
}
