#include "tests/support/test.h"

#include "engine/codec.h"
#include "tests/support/fill_message.h"

/* Bytes of a literal that may hold NULs. */
#define BYTES(literal)                                                                             \
    {                                                                                              \
        (literal), sizeof(literal) - 1                                                             \
    }

static void *decode(struct wf_arena *arena, const struct wf_message_type *type,
                    struct wf_string bytes)
{
    void *message = wf_message_new(arena, type);
    struct wf_error err = {0};

    if (wf_wire_decode(arena, type, bytes, message, &err) != WF_OK) {
        fail_msg("%s: %s at %lld", type->name, err.message, (long long)err.byte_offset);
    }
    return message;
}

static void assert_encodes(struct wf_arena *arena, const struct wf_message_type *type,
                           const void *message, struct wf_string expected)
{
    struct wf_buffer out;

    wf_buffer_init(&out, arena);
    wf_wire_encode(type, message, &out);

    assert_false(out.is_full);
    assert_int_equal(out.size_bytes, expected.size_bytes);
    if (expected.size_bytes > 0) {
        assert_memory_equal(out.data, expected.data, expected.size_bytes);
    }
}

/* What is encoded comes back equal, for every type of the schema. */
static void test_wire__every_type_survives_the_round_trip(void **state)
{
    struct wf_arena *arena = *state;

    for (size_t t = 0; t < wf_message_type_count; t++) {
        const struct wf_message_type *type = wf_message_types[t];

        for (uint32_t seed = 1; seed <= 4; seed++) {
            uint32_t random = seed;
            void *message = wf_message_new(arena, type);
            struct wf_buffer out;

            fill_message(arena, type, message, (int)seed - 1, &random);
            wf_buffer_init(&out, arena);
            wf_wire_encode(type, message, &out);
            if (!wf_message_equal(type, message, decode(arena, type, wf_buffer_string(&out)))) {
                fail_msg("%s seed %u", type->name, seed);
            }
            wf_arena_reset(arena);
        }
    }
}

/* One rule of the wire format a row: what is read, and how it is written again
 * (engine-semantics 1.6). */
static void test_wire__rules_of_the_format(void **state)
{
    static const struct {
        const char *name;
        const struct wf_message_type *type;
        struct wf_string bytes;
        struct wf_string encoded;
    } rows[] = {
        {"empty message", &wf_type_workflow_execution, {NULL, 0}, {NULL, 0}},
        {"last scalar wins", &wf_type_workflow_type,
         BYTES("\x0a\x01"
               "a"
               "\x0a\x01"
               "b"),
         BYTES("\x0a\x01"
               "b")},
        {"zero scalars are left out", &wf_type_workflow_type, BYTES("\x0a\x00"), {NULL, 0}},
        {"an empty sub-message is kept", &wf_type_payloads, BYTES("\x0a\x00"), BYTES("\x0a\x00")},
        {"sub-messages merge", &wf_type_failure,
         BYTES("\x22\x03\x0a\x01"
               "m"
               "\x22\x03\x12\x01"
               "s"),
         BYTES("\x22\x06\x0a\x01"
               "m"
               "\x12\x01"
               "s")},
        {"fields are written in number order", &wf_type_workflow_execution,
         BYTES("\x12\x01"
               "r"
               "\x0a\x01"
               "w"),
         BYTES("\x0a\x01"
               "w"
               "\x12\x01"
               "r")},
        {"negatives take ten bytes", &wf_type_event,
         BYTES("\x20\xe8\xff\xff\xff\xff\xff\xff\xff\xff\x01"),
         BYTES("\x20\xe8\xff\xff\xff\xff\xff\xff\xff\xff\x01")},
        {"overlong numbers are read", &wf_type_event, BYTES("\x08\x81\x80\x80\x00"),
         BYTES("\x08\x01")},
        {"an int32 drops higher bits", &wf_type_retry_policy, BYTES("\x20\x83\x80\x80\x80\x10"),
         BYTES("\x20\x03")},
        {"any number but zero is true", &wf_type_server_failure_info, BYTES("\x08\x80\x01"),
         BYTES("\x08\x01")},
        {"an unpacked list is packed", &wf_type_workflow_task_completed_metadata,
         BYTES("\x08\x01\x08\x96\x01"), BYTES("\x0a\x03\x01\x96\x01")},
        {"packed runs are joined", &wf_type_workflow_task_completed_metadata,
         BYTES("\x0a\x01\x01\x08\x02\x0a\x01\x03"), BYTES("\x0a\x03\x01\x02\x03")},
        {"an empty packed list is absent",
         &wf_type_workflow_task_completed_metadata,
         BYTES("\x0a\x00"),
         {NULL, 0}},
        {"a list in two runs is joined", &wf_type_event_workflow_task_started,
         BYTES("\x40\x01\x20\x01\x40\x02"), BYTES("\x20\x01\x42\x02\x01\x02")},
        {"map entries are sorted", &wf_type_payload,
         BYTES("\x0a\x06\x0a\x01"
               "b"
               "\x12\x01"
               "2"
               "\x0a\x06\x0a\x01"
               "a"
               "\x12\x01"
               "1"),
         BYTES("\x0a\x06\x0a\x01"
               "a"
               "\x12\x01"
               "1"
               "\x0a\x06\x0a\x01"
               "b"
               "\x12\x01"
               "2")},
        {"the last of equal keys wins", &wf_type_payload,
         BYTES("\x0a\x06\x0a\x01"
               "b"
               "\x12\x01"
               "1"
               "\x0a\x06\x0a\x01"
               "a"
               "\x12\x01"
               "1"
               "\x0a\x06\x0a\x01"
               "b"
               "\x12\x01"
               "2"),
         BYTES("\x0a\x06\x0a\x01"
               "a"
               "\x12\x01"
               "1"
               "\x0a\x06\x0a\x01"
               "b"
               "\x12\x01"
               "2")},
        {"an empty map entry gets key and value", &wf_type_payload, BYTES("\x0a\x00"),
         BYTES("\x0a\x04\x0a\x00\x12\x00")},
        {"value before key", &wf_type_payload,
         BYTES("\x0a\x06\x12\x01"
               "1"
               "\x0a\x01"
               "a"),
         BYTES("\x0a\x06\x0a\x01"
               "a"
               "\x12\x01"
               "1")},
        {"unknown fields are kept, last", &wf_type_workflow_execution,
         BYTES("\x18\x05\x0a\x01"
               "w"
               "\x21"
               "12345678"
               "\x12\x01"
               "r"
               "\x2d"
               "1234"),
         BYTES("\x0a\x01"
               "w"
               "\x12\x01"
               "r"
               "\x18\x05\x21"
               "12345678"
               "\x2d"
               "1234")},
        {"unknown groups are kept", &wf_type_workflow_execution,
         BYTES("\x1b\x08\x01\x1b\x1c\x1c\x0a\x01"
               "w"),
         BYTES("\x0a\x01"
               "w"
               "\x1b\x08\x01\x1b\x1c\x1c")},
        {"a known field of another wire type is unknown", &wf_type_workflow_execution,
         BYTES("\x08\x05"), BYTES("\x08\x05")},
        {"unknown fields of merged messages are joined", &wf_type_failure,
         BYTES("\x22\x06\xf8\x01\x01\x0a\x01"
               "m"
               "\x22\x03\xf8\x01\x02"),
         BYTES("\x22\x09\x0a\x01"
               "m"
               "\xf8\x01\x01\xf8\x01\x02")},
        {"the last choice wins", &wf_type_failure,
         BYTES("\x42\x03\x0a\x01"
               "i"
               "\x4a\x02\x08\x01"),
         BYTES("\x4a\x02\x08\x01")},
        {"the same choice merges", &wf_type_failure,
         BYTES("\x2a\x03\x0a\x01"
               "T"
               "\x2a\x02\x10\x01"),
         BYTES("\x2a\x05\x0a\x01"
               "T"
               "\x10\x01")},
        {"a choice may be zero", &wf_type_protocol_message, BYTES("\x18\x00"), BYTES("\x18\x00")},
        {"a time at zero is there", &wf_type_event, BYTES("\x12\x00"), BYTES("\x12\x00")},
        {"a time with nanoseconds", &wf_type_event, BYTES("\x12\x04\x10\x01\x08\x02"),
         BYTES("\x12\x04\x08\x02\x10\x01")},
        {"a double is eight bytes", &wf_type_retry_policy,
         BYTES("\x11\x00\x00\x00\x00\x00\x00\x00\x40"),
         BYTES("\x11\x00\x00\x00\x00\x00\x00\x00\x40")},
        {"minus zero is not zero", &wf_type_retry_policy,
         BYTES("\x11\x00\x00\x00\x00\x00\x00\x00\x80"),
         BYTES("\x11\x00\x00\x00\x00\x00\x00\x00\x80")},
    };

    for (size_t i = 0; i < TEST_COUNT(rows); i++) {
        print_message("%s\n", rows[i].name);
        assert_encodes(*state, rows[i].type, decode(*state, rows[i].type, rows[i].bytes),
                       rows[i].encoded);
    }
}

/* What is no protobuf is refused, with the offset of the part that is wrong. */
static void test_wire__malformed_bytes_are_refused(void **state)
{
    static const struct {
        const char *name;
        const struct wf_message_type *type;
        struct wf_string bytes;
        enum wf_status expected;
        int64_t byte_offset;
    } rows[] = {
        {"tag without value", &wf_type_event, BYTES("\x08"), WF_ERR_CORRUPT, 1},
        {"number cut", &wf_type_event, BYTES("\x08\x80"), WF_ERR_CORRUPT, 1},
        {"number of eleven bytes", &wf_type_event,
         BYTES("\x08\x80\x80\x80\x80\x80\x80\x80\x80\x80\x80\x01"), WF_ERR_CORRUPT, 1},
        {"field number zero", &wf_type_event, BYTES("\x00\x01"), WF_ERR_CORRUPT, 0},
        {"tag above 32 bits", &wf_type_event, BYTES("\x88\x80\x80\x80\x80\x01\x01"), WF_ERR_CORRUPT,
         0},
        {"string past the end", &wf_type_workflow_type,
         BYTES("\x0a\x05"
               "abc"),
         WF_ERR_CORRUPT, 1},
        {"size near 2^64", &wf_type_workflow_type,
         BYTES("\x0a\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01"
               "abc"),
         WF_ERR_CORRUPT, 1},
        {"sub-message past its parent", &wf_type_payloads,
         BYTES("\x0a\x03\x12\x05"
               "abcde"),
         WF_ERR_CORRUPT, 3},
        {"fixed64 cut", &wf_type_retry_policy,
         BYTES("\x11"
               "1234567"),
         WF_ERR_CORRUPT, 1},
        {"fixed32 cut", &wf_type_workflow_type,
         BYTES("\x25"
               "123"),
         WF_ERR_CORRUPT, 1},
        {"packed number cut", &wf_type_workflow_task_completed_metadata, BYTES("\x0a\x02\x01\x80"),
         WF_ERR_CORRUPT, 3},
        {"group without end", &wf_type_workflow_type, BYTES("\x1b\x08\x01"), WF_ERR_CORRUPT, 3},
        {"group end without group", &wf_type_workflow_type, BYTES("\x1c"), WF_ERR_CORRUPT, 1},
        {"wire type 6", &wf_type_workflow_type, BYTES("\x1e"), WF_ERR_CORRUPT, 1},
        {"map entry cut", &wf_type_payload, BYTES("\x0a\x02\x0a\x05"), WF_ERR_CORRUPT, 3},
        {"time cut", &wf_type_event, BYTES("\x12\x01\x08"), WF_ERR_CORRUPT, 3},
        {"second item of a list cut", &wf_type_payloads, BYTES("\x0a\x00\x0a\x01"), WF_ERR_CORRUPT,
         3},
    };

    for (size_t i = 0; i < TEST_COUNT(rows); i++) {
        struct wf_error err = {0};
        void *message = wf_message_new(*state, rows[i].type);

        print_message("%s\n", rows[i].name);
        assert_int_equal(wf_wire_decode(*state, rows[i].type, rows[i].bytes, message, &err),
                         rows[i].expected);
        assert_int_equal(err.byte_offset, rows[i].byte_offset);
        assert_true(err.message[0] != '\0');
    }
}

/* An error inside an event says which one. */
static void test_wire__an_error_names_its_event(void **state)
{
    const struct wf_string bytes = BYTES("\x0a\x02\x08\x01\x0a\x05\x08\x02\x52\x05\x01");
    struct wf_error err = {0};
    void *message = wf_message_new(*state, &wf_type_history_message);

    assert_int_equal(wf_wire_decode(*state, &wf_type_history_message, bytes, message, &err),
                     WF_ERR_CORRUPT);

    assert_int_equal(err.event_id, 2);
    assert_int_equal(err.byte_offset, 9);
}

/* A failure may have a chain of a hundred messages below it and no more (engine-semantics 1.6
 * "limits"). */
static void test_wire__nesting_is_bounded(void **state)
{
    struct wf_arena *arena = *state;
    struct wf_failure *failure = WF_ARENA_NEW(arena, struct wf_failure);

    for (int depth = 1; depth <= WF_CODEC_DEPTH_MAX + 1; depth++) {
        struct wf_failure *outer = WF_ARENA_NEW(arena, struct wf_failure);
        struct wf_buffer out;
        struct wf_error err = {0};

        outer->cause = failure;
        failure = outer;
        wf_buffer_init(&out, arena);
        wf_wire_encode(&wf_type_failure, failure, &out);
        assert_int_equal(wf_wire_decode(arena, &wf_type_failure, wf_buffer_string(&out),
                                        wf_message_new(arena, &wf_type_failure), &err),
                         depth <= WF_CODEC_DEPTH_MAX ? WF_OK : WF_ERR_LIMIT);
    }
}

/* Strings are slices of the input: nothing is copied. */
static void test_wire__strings_point_into_the_input(void **state)
{
    const struct wf_string bytes = BYTES("\x0a\x04"
                                         "name");
    const struct wf_workflow_type *type = decode(*state, &wf_type_workflow_type, bytes);

    assert_ptr_equal(type->name.data, bytes.data + 2);
}

/* A map of any size is written in order, in memory of the buffer's arena. */
static void test_wire__large_maps_are_sorted(void **state)
{
    struct wf_arena *arena = *state;
    struct wf_payload payload = {0};
    struct wf_payload *again = NULL;
    struct wf_buffer out;

    for (int i = 0; i < 500; i++) {
        struct wf_entry_string *entry = WF_LIST_APPEND(arena, payload.metadata);
        struct wf_buffer key;

        wf_buffer_init(&key, arena);
        wf_buffer_printf(&key, "%03d", i * 37 % 400);
        entry->key = wf_buffer_string(&key);
        entry->value = entry->key;
    }
    wf_buffer_init(&out, arena);
    wf_wire_encode(&wf_type_payload, &payload, &out);
    again = decode(arena, &wf_type_payload, wf_buffer_string(&out));

    assert_int_equal(again->metadata.count, 400);
    for (uint32_t i = 1; i < again->metadata.count; i++) {
        assert_true(
            wf_string_compare(again->metadata.items[i - 1].key, again->metadata.items[i].key) < 0);
    }
}

/* An arena that runs out is an error, at whichever piece it happens. */
static void test_wire__memory_may_end_anywhere(void **state)
{
    struct wf_arena *arena = *state;
    uint32_t random = 3;
    struct wf_buffer out;
    void *message = wf_message_new(arena, &wf_type_event_workflow_execution_started);

    fill_message(arena, &wf_type_event_workflow_execution_started, message, 3, &random);
    wf_buffer_init(&out, arena);
    wf_wire_encode(&wf_type_event_workflow_execution_started, message, &out);
    for (size_t limit = 1;; limit += WF_ARENA_BLOCK_BYTES) {
        struct wf_arena small;
        struct wf_error err = {0};
        enum wf_status status = WF_ERR_MEMORY;
        void *target = NULL;

        wf_arena_init(&small, wf_system_blocks(), limit);
        target = wf_message_new(&small, &wf_type_event_workflow_execution_started);
        if (target != NULL) {
            status = wf_wire_decode(&small, &wf_type_event_workflow_execution_started,
                                    wf_buffer_string(&out), target, &err);
        }
        wf_arena_deinit(&small);
        if (status == WF_OK) {
            assert_true(limit > 1);
            break;
        }
        assert_int_equal(status, WF_ERR_MEMORY);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST_IN_ARENA(test_wire__every_type_survives_the_round_trip),
        TEST_IN_ARENA(test_wire__rules_of_the_format),
        TEST_IN_ARENA(test_wire__malformed_bytes_are_refused),
        TEST_IN_ARENA(test_wire__an_error_names_its_event),
        TEST_IN_ARENA(test_wire__nesting_is_bounded),
        TEST_IN_ARENA(test_wire__strings_point_into_the_input),
        TEST_IN_ARENA(test_wire__large_maps_are_sorted),
        TEST_IN_ARENA(test_wire__memory_may_end_anywhere),
    };

    return cmocka_run_group_tests_name("wire", tests, NULL, NULL);
}
