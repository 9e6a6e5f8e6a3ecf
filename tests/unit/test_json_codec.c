#include "tests/support/test.h"

#include "engine/base/json_text.h"
#include "engine/codec.h"
#include "tests/support/fill_message.h"

static struct wf_string json(struct wf_arena *arena, const struct wf_message_type *type,
                             const void *message)
{
    struct wf_buffer out;

    wf_buffer_init(&out, arena);
    wf_json_encode(type, message, &out);
    assert_false(out.is_full);
    return wf_buffer_string(&out);
}

static void *decode(struct wf_arena *arena, const struct wf_message_type *type,
                    struct wf_string text, struct wf_notes *notes)
{
    void *message = wf_message_new(arena, type);
    struct wf_error err = {0};

    if (wf_json_decode(arena, type, text, message, notes, &err) != WF_OK) {
        fail_msg("%s: %s at %lld", type->name, err.message, (long long)err.byte_offset);
    }
    return message;
}

/* What is encoded comes back equal, for every type of the schema. */
static void test_json_codec__every_type_survives_the_round_trip(void **state)
{
    struct wf_arena *arena = *state;

    for (size_t t = 0; t < wf_message_type_count; t++) {
        const struct wf_message_type *type = wf_message_types[t];

        for (uint32_t seed = 1; seed <= 4; seed++) {
            uint32_t random = seed;
            void *message = wf_message_new(arena, type);
            struct wf_notes notes = {0};

            fill_message(arena, type, message, (int)seed - 1, &random);
            if (!wf_message_equal(type, message,
                                  decode(arena, type, json(arena, type, message), &notes))) {
                fail_msg("%s seed %u", type->name, seed);
            }
            assert_int_equal(notes.count, 0);
            wf_arena_reset(arena);
        }
    }
}

/* Each way of writing a value is read as the same one (corpus README, engine-semantics 1.7). */
static void test_json_codec__dialects_are_read_and_written_canonically(void **state)
{
    static const struct {
        const char *name;
        const struct wf_message_type *type;
        const char *text;
        const char *canonical;
    } rows[] = {
        {"empty object", &wf_type_event, "{}", "{}"},
        {"blanks", &wf_type_event, " {\n\t\"eventId\" : \"1\" ,\r\n \"version\":\"2\"\n} \n",
         "{\"eventId\":\"1\",\"version\":\"2\"}"},
        {"snake_case keys", &wf_type_event, "{\"event_id\":\"1\",\"worker_may_ignore\":true}",
         "{\"eventId\":\"1\",\"workerMayIgnore\":true}"},
        {"keys with escapes", &wf_type_event, "{\"event\\u0049d\":\"1\"}", "{\"eventId\":\"1\"}"},
        {"members in any order", &wf_type_event, "{\"version\":\"2\",\"eventId\":\"1\"}",
         "{\"eventId\":\"1\",\"version\":\"2\"}"},
        {"the last of equal keys wins", &wf_type_event, "{\"eventId\":\"1\",\"eventId\":\"2\"}",
         "{\"eventId\":\"2\"}"},
        {"int64 as a number", &wf_type_event, "{\"eventId\":12,\"version\":-24}",
         "{\"eventId\":\"12\",\"version\":\"-24\"}"},
        {"int64 at its ends", &wf_type_event,
         "{\"eventId\":\"9223372036854775807\",\"version\":\"-9223372036854775808\"}",
         "{\"eventId\":\"9223372036854775807\",\"version\":\"-9223372036854775808\"}"},
        {"whole numbers with a point or exponent", &wf_type_event,
         "{\"eventId\":1.0,\"version\":2e3}", "{\"eventId\":\"1\",\"version\":\"2000\"}"},
        {"int32 as text", &wf_type_retry_policy, "{\"maximumAttempts\":\"3\"}",
         "{\"maximumAttempts\":3}"},
        {"zero is left out", &wf_type_retry_policy, "{\"maximumAttempts\":0}", "{}"},
        {"zero in a oneof stays", &wf_type_protocol_message, "{\"eventId\":0}",
         "{\"eventId\":\"0\"}"},
        {"null is absent", &wf_type_event,
         "{\"eventId\":null,\"eventTime\":null,\"userMetadata\":null,\"links\":null}", "{}"},
        {"null in a map is absent", &wf_type_payload, "{\"metadata\":{\"a\":null,\"b\":\"YQ==\"}}",
         "{\"metadata\":{\"b\":\"YQ==\"}}"},
        {"full enum name", &wf_type_event, "{\"eventType\":\"EVENT_TYPE_TIMER_FIRED\"}",
         "{\"eventType\":\"EVENT_TYPE_TIMER_FIRED\"}"},
        {"legacy enum name", &wf_type_event, "{\"eventType\":\"TimerFired\"}",
         "{\"eventType\":\"EVENT_TYPE_TIMER_FIRED\"}"},
        {"enum number", &wf_type_event, "{\"eventType\":18}",
         "{\"eventType\":\"EVENT_TYPE_TIMER_FIRED\"}"},
        {"unknown enum number", &wf_type_event, "{\"eventType\":4711}", "{\"eventType\":4711}"},
        {"unspecified is zero", &wf_type_event, "{\"eventType\":\"Unspecified\"}", "{}"},
        {"base64 with padding", &wf_type_payload, "{\"data\":\"YWI=\"}", "{\"data\":\"YWI=\"}"},
        {"base64 without", &wf_type_payload, "{\"data\":\"YWI\"}", "{\"data\":\"YWI=\"}"},
        {"base64 for URLs", &wf_type_payload, "{\"data\":\"-_-_\"}", "{\"data\":\"+/+/\"}"},
        {"base64 with an escaped equals sign", &wf_type_payload, "{\"data\":\"YWI\\u003d\"}",
         "{\"data\":\"YWI=\"}"},
        {"empty bytes", &wf_type_payload, "{\"data\":\"\"}", "{}"},
        {"escapes in text", &wf_type_workflow_type,
         "{\"name\":\"\\u003ca\\u003e \\\"\\n\\ud83d\\ude00\"}",
         "{\"name\":\"<a> \\\"\\n\xf0\x9f\x98\x80\"}"},
        {"maps are sorted", &wf_type_payload, "{\"metadata\":{\"b\":\"YQ==\",\"a\":\"Yg==\"}}",
         "{\"metadata\":{\"a\":\"Yg==\",\"b\":\"YQ==\"}}"},
        {"an empty message stays", &wf_type_payloads, "{\"payloads\":[{}]}", "{\"payloads\":[{}]}"},
        {"an empty list goes", &wf_type_payloads, "{\"payloads\":[]}", "{}"},
        {"double as an integer", &wf_type_retry_policy, "{\"backoffCoefficient\":2}",
         "{\"backoffCoefficient\":2.0}"},
        {"double that is no number", &wf_type_retry_policy,
         "{\"backoffCoefficient\":\"-Infinity\"}", "{\"backoffCoefficient\":\"-Infinity\"}"},
        {"float", &wf_type_priority, "{\"fairnessWeight\":0.1}", "{\"fairnessWeight\":0.1}"},
        {"timestamp", &wf_type_event, "{\"eventTime\":\"2024-05-01T10:00:00Z\"}",
         "{\"eventTime\":\"2024-05-01T10:00:00Z\"}"},
        {"one fraction digit", &wf_type_event, "{\"eventTime\":\"2024-05-01T10:00:00.5Z\"}",
         "{\"eventTime\":\"2024-05-01T10:00:00.500Z\"}"},
        {"six fraction digits", &wf_type_event, "{\"eventTime\":\"2024-05-01T10:00:00.000123Z\"}",
         "{\"eventTime\":\"2024-05-01T10:00:00.000123Z\"}"},
        {"nine fraction digits", &wf_type_event,
         "{\"eventTime\":\"2024-05-01T10:00:00.123456789Z\"}",
         "{\"eventTime\":\"2024-05-01T10:00:00.123456789Z\"}"},
        {"offset", &wf_type_event, "{\"eventTime\":\"2024-03-01T00:30:00+01:00\"}",
         "{\"eventTime\":\"2024-02-29T23:30:00Z\"}"},
        {"year 1, Go's zero time", &wf_type_event, "{\"eventTime\":\"0001-01-01T00:00:00Z\"}",
         "{\"eventTime\":\"0001-01-01T00:00:00Z\"}"},
        {"last second of year 9999", &wf_type_event,
         "{\"eventTime\":\"9999-12-31T23:59:59.999999999Z\"}",
         "{\"eventTime\":\"9999-12-31T23:59:59.999999999Z\"}"},
        {"before 1970", &wf_type_event, "{\"eventTime\":\"1969-12-31T23:59:59.250Z\"}",
         "{\"eventTime\":\"1969-12-31T23:59:59.250Z\"}"},
        {"duration of zero", &wf_type_retry_policy, "{\"initialInterval\":\"0s\"}",
         "{\"initialInterval\":\"0s\"}"},
        {"duration with a fraction", &wf_type_retry_policy, "{\"initialInterval\":\"1.5s\"}",
         "{\"initialInterval\":\"1.500s\"}"},
        {"negative duration", &wf_type_retry_policy, "{\"initialInterval\":\"-0.000001s\"}",
         "{\"initialInterval\":\"-0.000001s\"}"},
        {"ten years", &wf_type_retry_policy, "{\"initialInterval\":\"315360000s\"}",
         "{\"initialInterval\":\"315360000s\"}"},
        {"the last choice wins", &wf_type_failure,
         "{\"serverFailureInfo\":{},\"terminatedFailureInfo\":{\"identity\":\"x\"}}",
         "{\"terminatedFailureInfo\":{\"identity\":\"x\"}}"},
    };

    for (size_t i = 0; i < TEST_COUNT(rows); i++) {
        void *message = decode(*state, rows[i].type, wf_string_of(rows[i].text), NULL);

        test_string_is(rows[i].name, json(*state, rows[i].type, message), rows[i].canonical);
    }
}

/* What cannot be read is refused, with the place and the member's name. */
static void test_json_codec__bad_values_are_refused_by_name(void **state)
{
    static const struct {
        const char *name;
        const struct wf_message_type *type;
        const char *text;
        enum wf_status expected;
        int64_t byte_offset;
        const char *says;
    } rows[] = {
        {"no JSON", &wf_type_event, "{\"eventId\"", WF_ERR_CORRUPT, 10, "colon"},
        {"cut in a string", &wf_type_event, "{\"eventTime\":\"2024", WF_ERR_CORRUPT, 13, "no end"},
        {"cut after a member", &wf_type_event, "{\"eventId\":\"1\"", WF_ERR_CORRUPT, 14, "ends"},
        {"trailing comma", &wf_type_event, "{\"eventId\":\"1\",}", WF_ERR_CORRUPT, 15, "a key"},
        {"missing comma", &wf_type_event, "{\"eventId\":\"1\" \"version\":1}", WF_ERR_CORRUPT, 15,
         "comma"},
        {"two commas", &wf_type_event, "{\"eventId\":\"1\",,\"version\":1}", WF_ERR_CORRUPT, 15,
         "a key"},
        {"text behind the object", &wf_type_event, "{} {}", WF_ERR_CORRUPT, 3, "end of the text"},
        {"a list", &wf_type_event, "[]", WF_ERR_INVALID, 0, "a list where an object"},
        {"number for a message", &wf_type_event, "{\"userMetadata\":1}", WF_ERR_INVALID, 16,
         "userMetadata"},
        {"object for text", &wf_type_workflow_type, "{\"name\":{}}", WF_ERR_INVALID, 8,
         "name is an object"},
        {"object for a list", &wf_type_payloads, "{\"payloads\":{}}", WF_ERR_INVALID, 12,
         "payloads is an object"},
        {"list for a map", &wf_type_memo, "{\"fields\":[]}", WF_ERR_INVALID, 10,
         "fields is a list"},
        {"null in a list", &wf_type_payloads, "{\"payloads\":[null]}", WF_ERR_INVALID, 13,
         "payloads is null"},
        {"word for a number", &wf_type_event, "{\"eventId\":\"one\"}", WF_ERR_INVALID, 11,
         "eventId is \"one\""},
        {"fraction for an int64", &wf_type_event, "{\"eventId\":1.5}", WF_ERR_INVALID, 11,
         "eventId"},
        {"int64 too large", &wf_type_event, "{\"eventId\":\"9223372036854775808\"}", WF_ERR_INVALID,
         11, "range"},
        {"int32 too large", &wf_type_retry_policy, "{\"maximumAttempts\":2147483648}",
         WF_ERR_INVALID, 19, "range"},
        {"negative uint32", &wf_type_workflow_task_completed_metadata, "{\"coreUsedFlags\":[-1]}",
         WF_ERR_INVALID, 18, "range"},
        {"text for a boolean", &wf_type_event, "{\"workerMayIgnore\":\"true\"}", WF_ERR_INVALID, 19,
         "workerMayIgnore"},
        {"bad base64", &wf_type_payload, "{\"data\":\"a\"}", WF_ERR_INVALID, 8, "base64"},
        {"base64 with a stray character", &wf_type_payload, "{\"data\":\"YW!=\"}", WF_ERR_INVALID,
         8, "base64"},
        {"base64 with padding inside", &wf_type_payload, "{\"data\":\"YQ==YQ==\"}", WF_ERR_INVALID,
         8, "base64"},
        {"no timestamp", &wf_type_event, "{\"eventTime\":\"yesterday\"}", WF_ERR_INVALID, 13,
         "eventTime is \"yesterday\""},
        {"30 February", &wf_type_event, "{\"eventTime\":\"2024-02-30T10:00:00Z\"}", WF_ERR_INVALID,
         13, "timestamp"},
        {"29 February of 1900", &wf_type_event, "{\"eventTime\":\"1900-02-29T10:00:00Z\"}",
         WF_ERR_INVALID, 13, "timestamp"},
        {"hour 24", &wf_type_event, "{\"eventTime\":\"2024-02-28T24:00:00Z\"}", WF_ERR_INVALID, 13,
         "timestamp"},
        {"ten fraction digits", &wf_type_event,
         "{\"eventTime\":\"2024-02-28T10:00:00.1234567890Z\"}", WF_ERR_INVALID, 13, "timestamp"},
        {"no zone", &wf_type_event, "{\"eventTime\":\"2024-02-28T10:00:00.123\"}", WF_ERR_INVALID,
         13, "timestamp"},
        {"before year 1", &wf_type_event, "{\"eventTime\":\"0001-01-01T00:00:00+01:00\"}",
         WF_ERR_INVALID, 13, "timestamp"},
        {"duration without unit", &wf_type_retry_policy, "{\"initialInterval\":\"10\"}",
         WF_ERR_INVALID, 19, "duration"},
        {"duration in milliseconds", &wf_type_retry_policy, "{\"initialInterval\":\"10ms\"}",
         WF_ERR_INVALID, 19, "duration"},
        {"duration too long", &wf_type_retry_policy, "{\"initialInterval\":\"315576000001s\"}",
         WF_ERR_INVALID, 19, "duration"},
        {"text for a double", &wf_type_retry_policy, "{\"backoffCoefficient\":\"two\"}",
         WF_ERR_INVALID, 22, "backoffCoefficient"},
        {"bad UTF-8", &wf_type_workflow_type, "{\"name\":\"\xff\"}", WF_ERR_CORRUPT, 8, "UTF-8"},
    };

    for (size_t i = 0; i < TEST_COUNT(rows); i++) {
        struct wf_error err = {0};
        void *message = wf_message_new(*state, rows[i].type);
        const enum wf_status status = wf_json_decode(
            *state, rows[i].type, wf_string_of(rows[i].text), message, NULL, &err);

        if (status != rows[i].expected || err.byte_offset != rows[i].byte_offset ||
            strstr(err.message, rows[i].says) == NULL) {
            fail_msg("%s: status %d, byte %lld: %s", rows[i].name, (int)status,
                     (long long)err.byte_offset, err.message);
        }
    }
}

/* Payloads that a tool decoded for reading are named as such: no replay can use them. */
static void test_json_codec__decoded_payloads_are_named(void **state)
{
    static const char *const texts[] = {
        "{\"events\":[{\"eventId\":\"1\",\"workflowExecutionStartedEventAttributes\":{\"input\":{"
        "\"payloads\":[17]}}}]}",
        "{\"events\":[{\"eventId\":\"1\",\"workflowExecutionStartedEventAttributes\":{\"input\":{"
        "\"payloads\":[{\"data\":{\"a\":1}}]}}}]}",
    };

    for (size_t i = 0; i < TEST_COUNT(texts); i++) {
        struct wf_history_message message = {0};
        struct wf_error err = {0};

        assert_int_equal(wf_json_decode(*state, &wf_type_history_message, wf_string_of(texts[i]),
                                        &message, NULL, &err),
                         WF_ERR_UNSUPPORTED);
        assert_int_equal(err.event_id, 1);
        assert_non_null(strstr(err.message, "decoded for reading"));
    }
}

/* Unknown members and names are kept as notes, with their event. */
static void test_json_codec__what_is_dropped_is_noted(void **state)
{
    const char *text = "{\"events\":[{\"eventId\":\"7\",\"made\\u0055p\":{\"a\":[1,{}]},"
                       "\"eventType\":\"Invented\"},"
                       "{\"workerMayIgnore\":false,\"other\":null}],\"outer\":1}";
    struct wf_notes notes = {0};
    const struct wf_history_message *message = decode(*state, &wf_type_history_message,
                                                      wf_string_of(text), &notes);

    assert_int_equal(message->events.count, 2);
    assert_int_equal(message->events.items[0].event_type, 0);
    assert_int_equal(notes.count, 4);
    assert_int_equal(notes.items[0].kind, WF_NOTE_UNKNOWN_MEMBER);
    test_string_is("member", notes.items[0].path, "madeUp");
    assert_int_equal(notes.items[0].event_id, 7);
    assert_int_equal(notes.items[0].byte_offset, 26);
    assert_int_equal(notes.items[1].kind, WF_NOTE_UNKNOWN_ENUM_NAME);
    test_string_is("field", notes.items[1].path, "eventType");
    test_string_is("name", notes.items[1].text, "Invented");
    assert_int_equal(notes.items[2].event_index, 1);
    assert_int_equal(notes.items[2].event_id, 0);
    assert_int_equal(notes.items[3].event_index, UINT32_MAX);
}

/* Notes are bounded; further ones are counted. */
static void test_json_codec__notes_are_bounded(void **state)
{
    struct wf_buffer text;
    struct wf_notes notes = {0};

    wf_buffer_init(&text, *state);
    wf_buffer_append_text(&text, "{");
    for (unsigned i = 0; i < WF_NOTES_MAX + 10; i++) {
        wf_buffer_printf(&text, "%s\"x%u\":%u", i == 0 ? "" : ",", i, i);
    }
    wf_buffer_append_text(&text, "}");
    (void)decode(*state, &wf_type_event, wf_buffer_string(&text), &notes);

    assert_int_equal(notes.count, WF_NOTES_MAX);
    assert_int_equal(notes.dropped_count, 10);
}

/* As on the wire, a chain of a hundred causes is read and a longer one is not. */
static void test_json_codec__nesting_is_bounded(void **state)
{
    for (int depth = WF_CODEC_DEPTH_MAX - 1; depth <= WF_CODEC_DEPTH_MAX + 150; depth++) {
        struct wf_buffer text;
        struct wf_error err = {0};

        wf_buffer_init(&text, *state);
        for (int i = 0; i < depth; i++) {
            wf_buffer_append_text(&text, "{\"cause\":");
        }
        wf_buffer_append_text(&text, "{}");
        for (int i = 0; i < depth; i++) {
            wf_buffer_append_text(&text, "}");
        }
        assert_int_equal(wf_json_decode(*state, &wf_type_failure, wf_buffer_string(&text),
                                        wf_message_new(*state, &wf_type_failure), NULL, &err),
                         depth <= WF_CODEC_DEPTH_MAX ? WF_OK : WF_ERR_LIMIT);
    }
}

/* Cut anywhere, or with any byte replaced, a text is an error or a message, never more. */
static void test_json_codec__damage_is_survived(void **state)
{
    struct wf_arena *arena = *state;
    uint32_t random = 5;
    void *message = wf_message_new(arena, &wf_type_event);
    struct wf_string text;
    char *copy = NULL;

    fill_message(arena, &wf_type_event, message, 3, &random);
    text = json(arena, &wf_type_event, message);
    copy = wf_arena_take_text(arena, text.size_bytes);
    for (size_t i = 0; i < text.size_bytes; i += 7) {
        static const char replacements[] = {'"', '{', '}', '\\', ',', '\0', '0'};
        struct wf_arena own;
        struct wf_error err = {0};

        wf_arena_init(&own, wf_system_blocks(), 0);
        assert_int_not_equal(wf_json_decode(&own, &wf_type_event, (struct wf_string){text.data, i},
                                            wf_message_new(&own, &wf_type_event), NULL, &err),
                             WF_OK);
        memcpy(copy, text.data, text.size_bytes);
        copy[i] = replacements[i % TEST_COUNT(replacements)];
        if (wf_json_decode(&own, &wf_type_event, (struct wf_string){copy, text.size_bytes},
                           wf_message_new(&own, &wf_type_event), NULL, &err) != WF_OK) {
            assert_true(err.byte_offset >= 0 && err.byte_offset <= (int64_t)text.size_bytes);
        }
        wf_arena_deinit(&own);
    }
}

/* Times outside of what JSON can say are written somehow: printing never fails. */
static void test_json_codec__any_time_is_written(void **state)
{
    static const struct {
        int64_t seconds;
        int32_t nanos;
        const char *timestamp;
        const char *duration;
    } rows[] = {
        {INT64_MAX, 999999999, "292277026596-12-04T15:30:07.999999999Z",
         "9223372036854775807.999999999s"},
        {INT64_MIN, INT32_MIN, "-292277022657-01-27T08:29:49.852516352Z",
         "-9223372036854775808.147483648s"},
        {0, -1, "1969-12-31T23:59:59.999999999Z", "-0.000000001s"},
        {1, -1, "1970-01-01T00:00:00.999999999Z", "0.999999999s"},
        {-1, 1, "1969-12-31T23:59:59.000000001Z", "-0.999999999s"},
        {0, 2000000001, "1970-01-01T00:00:02.000000001Z", "2.000000001s"},
    };

    for (size_t i = 0; i < TEST_COUNT(rows); i++) {
        const struct wf_timestamp time = {rows[i].seconds, rows[i].nanos, true};
        const struct wf_event event = {.event_time = time};
        const struct wf_retry_policy policy = {.initial_interval = time};
        struct wf_buffer expected;

        wf_buffer_init(&expected, *state);
        wf_buffer_printf(&expected, "{\"eventTime\":\"%s\"}%c", rows[i].timestamp, 0);
        test_string_is("timestamp", json(*state, &wf_type_event, &event), expected.data);
        wf_buffer_init(&expected, *state);
        wf_buffer_printf(&expected, "{\"initialInterval\":\"%s\"}%c", rows[i].duration, 0);
        test_string_is("duration", json(*state, &wf_type_retry_policy, &policy), expected.data);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST_IN_ARENA(test_json_codec__every_type_survives_the_round_trip),
        TEST_IN_ARENA(test_json_codec__dialects_are_read_and_written_canonically),
        TEST_IN_ARENA(test_json_codec__bad_values_are_refused_by_name),
        TEST_IN_ARENA(test_json_codec__decoded_payloads_are_named),
        TEST_IN_ARENA(test_json_codec__what_is_dropped_is_noted),
        TEST_IN_ARENA(test_json_codec__notes_are_bounded),
        TEST_IN_ARENA(test_json_codec__nesting_is_bounded),
        TEST_IN_ARENA(test_json_codec__damage_is_survived),
        TEST_IN_ARENA(test_json_codec__any_time_is_written),
    };

    return cmocka_run_group_tests_name("json_codec", tests, NULL, NULL);
}
