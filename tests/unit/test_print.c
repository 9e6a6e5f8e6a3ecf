#include "tests/support/test.h"

#include "engine/print.h"
#include "tests/support/fill_message.h"

/* A payload of one encoding, in static memory of the caller. */
static struct wf_payload payload_of(struct wf_entry_string *metadata, const char *encoding, const char *data)
{
    *metadata = (struct wf_entry_string){WF_STR("encoding"), wf_string_of(encoding)};
    return (struct wf_payload){.metadata = {metadata, 1, 0}, .data = wf_string_of(data)};
}

/* RFC 3339, with as many thirds of digits as are needed, also before 1970 and at the ends of the range. */
static void test_print__timestamps(void **state)
{
    static const struct {
        int64_t seconds;
        int32_t nanos;
        const char *expected;
    } rows[] = {
        {0, 0, "1970-01-01T00:00:00Z"},
        {1714557600, 123456789, "2024-05-01T10:00:00.123456789Z"},
        {1714557600, 123456000, "2024-05-01T10:00:00.123456Z"},
        {1714557600, 120000000, "2024-05-01T10:00:00.120Z"},
        {1709164799, 0, "2024-02-28T23:59:59Z"},
        {1709251199, 1, "2024-02-29T23:59:59.000000001Z"},
        {951782400, 0, "2000-02-29T00:00:00Z"},
        {-1, 999000000, "1969-12-31T23:59:59.999Z"},
        {-2203891200, 0, "1900-03-01T00:00:00Z"},
        {-62135596800, 0, "0001-01-01T00:00:00Z"},
        {253402300799, 999999999, "9999-12-31T23:59:59.999999999Z"},
        {253402300800, 0, "253402300800s+0ns after 1970"},
        {INT64_MIN, -5, "-9223372036854775808s+-5ns after 1970"},
    };
    struct wf_buffer out;

    wf_buffer_init(&out, *state);
    for (size_t i = 0; i < TEST_COUNT(rows); i++) {
        wf_buffer_reset(&out);
        wf_print_timestamp(&out, (struct wf_timestamp){rows[i].seconds, rows[i].nanos, true});
        test_string_is("timestamp", wf_buffer_string(&out), rows[i].expected);
    }
}

/* Seconds with the digits they need, and the sign once. */
static void test_print__durations(void **state)
{
    static const struct {
        int64_t seconds;
        int32_t nanos;
        const char *expected;
    } rows[] = {
        {0, 0, "0s"},          {1, 500000000, "1.5s"},     {86400, 0, "86400s"},
        {0, 1, "0.000000001s"}, {0, -500000000, "-0.5s"},  {-1, -250000000, "-1.25s"},
        {5, 60000000, "5.06s"}, {1, -1, "1s-1ns"},         {0, 1000000000, "0s+1000000000ns"},
        {-1, 5, "-1s+5ns"},     {0, 999999999, "0.999999999s"},
    };
    struct wf_buffer out;

    wf_buffer_init(&out, *state);
    for (size_t i = 0; i < TEST_COUNT(rows); i++) {
        wf_buffer_reset(&out);
        wf_print_duration(&out, (struct wf_timestamp){rows[i].seconds, rows[i].nanos, true});
        test_string_is("duration", wf_buffer_string(&out), rows[i].expected);
    }
}

/* JSON shows itself, other encodings their type and size, and all of them when payloads are hidden. */
static void test_print__payloads(void **state)
{
    static const struct {
        const char *encoding;
        const char *data;
        bool hides_payloads;
        const char *expected;
    } rows[] = {
        {"json/plain", "{\"a\": 1}", false, "{\"a\": 1}"},
        {"json/protobuf", "{\n  \"a\":\t1\n}", false, "{ \"a\": 1 }"},
        {"json/plain", "\"\x1b[31m\xc2\x9bred\"", false, "\" [31m red\""},
        {"json/plain", "{\"a\": 1}", true, "<json/plain, 8 bytes>"},
        {"binary/plain", "abc", false, "<binary/plain, 3 bytes>"},
        {"binary/null", "", false, "null"},
        {"", "abc", false, "<no encoding, 3 bytes>"},
        {"my\ncodec", "abc", true, "<my codec, 3 bytes>"},
    };
    struct wf_buffer out;

    wf_buffer_init(&out, *state);
    for (size_t i = 0; i < TEST_COUNT(rows); i++) {
        struct wf_entry_string metadata;
        const struct wf_payload payload = payload_of(&metadata, rows[i].encoding, rows[i].data);
        const struct wf_print_options options = {.hides_payloads = rows[i].hides_payloads};

        wf_buffer_reset(&out);
        wf_print_payload(&out, &payload, &options);
        test_string_is(rows[i].data, wf_buffer_string(&out), rows[i].expected);
    }
}

/* Lines of `name: value`; known messages on one line, others indented, texts of several lines below their name. */
static void test_print__message_lines(void **state)
{
    struct wf_entry_string metadata[3];
    struct wf_payload inputs[] = {payload_of(&metadata[0], "json/plain", "\"order-3\""),
                                  payload_of(&metadata[1], "binary/plain", "xyz")};
    struct wf_payloads input = {.payloads = {inputs, 2, 0}};
    struct wf_activity_type activity_type = {.name = WF_STR("charge payment")};
    struct wf_task_queue task_queue = {.name = WF_STR("orders"), .kind = WF_TASK_QUEUE_KIND_NORMAL};
    struct wf_string errors[] = {WF_STR("CardDeclined"), WF_STR("no\tsuch")};
    struct wf_retry_policy retry_policy = {.initial_interval = {1, 0, true},
                                           .backoff_coefficient = UINT64_C(0x4000000000000000),
                                           .non_retryable_error_types = {errors, 2, 0}};
    struct wf_entry_payload fields[] = {{WF_STR("trace id"), payload_of(&metadata[2], "json/plain", "1")}};
    struct wf_header header = {.fields = {fields, 1, 0}};
    struct wf_priority priority = {0};
    const struct wf_event_activity_task_scheduled event = {.activity_id = WF_STR("5"),
                                                           .activity_type = &activity_type,
                                                           .task_queue = &task_queue,
                                                           .header = &header,
                                                           .input = &input,
                                                           .retry_policy = &retry_policy,
                                                           .priority = &priority};
    const struct wf_failure failure = {.message = WF_STR(" padded "),
                                       .stack_trace = WF_STR("first\n  second \x1b[0m\n")};
    struct wf_buffer out;

    wf_buffer_init(&out, *state);
    wf_print_message(&out, &wf_type_event_activity_task_scheduled, &event, NULL);
    test_string_is("lines", wf_buffer_string(&out),
                   "activityId: 5\n"
                   "activityType: \"charge payment\"\n"
                   "taskQueue:\n"
                   "  name: orders\n"
                   "  kind: NORMAL\n"
                   "header:\n"
                   "  fields:\n"
                   "    \"trace id\": 1\n"
                   "input: [\"order-3\", <binary/plain, 3 bytes>]\n"
                   "retryPolicy:\n"
                   "  initialInterval: 1s\n"
                   "  backoffCoefficient: 2.0\n"
                   "  nonRetryableErrorTypes[0]: CardDeclined\n"
                   "  nonRetryableErrorTypes[1]: \"no\\tsuch\"\n"
                   "priority: {}\n");

    wf_buffer_reset(&out);
    wf_print_message(&out, &wf_type_failure, &failure, NULL);
    test_string_is("block", wf_buffer_string(&out),
                   "message: \" padded \"\n"
                   "stackTrace:\n"
                   "  first\n"
                   "    second  [0m\n");
}

/* The whole output and each value stay within their bounds, and are cut between characters. */
static void test_print__bounds(void **state)
{
    const struct wf_failure failure = {.message = WF_STR("12345678\xe2\x82\xac" "abc"), .source = WF_STR("source")};
    struct wf_buffer out;
    struct wf_print_options options = {.value_limit_bytes = 10};

    wf_buffer_init(&out, *state);
    wf_print_message(&out, &wf_type_failure, &failure, &options);
    test_string_is("value", wf_buffer_string(&out), "message: 12345678...\nsource: source\n");

    options = (struct wf_print_options){.limit_bytes = 19};
    wf_buffer_reset(&out);
    wf_print_message(&out, &wf_type_failure, &failure, &options);
    test_string_is("whole", wf_buffer_string(&out), "message: 12345678...\n");
}

/* Every message of the schema prints in both layouts, on valid text without a control character, within its bounds. */
static void test_print__every_message_prints(void **state)
{
    struct wf_arena *arena = *state;

    for (size_t t = 0; t < wf_message_type_count; t++) {
        const struct wf_message_type *type = wf_message_types[t];
        const struct wf_print_options options = {.limit_bytes = 5000};
        uint32_t random = 5;
        struct wf_buffer out;
        void *message = wf_message_new(arena, type);

        fill_message(arena, type, message, 3, &random);
        wf_buffer_init(&out, arena);
        wf_print_inline(&out, type, message, &options);
        for (size_t i = 0; i < out.size_bytes; i++) {
            assert_true((unsigned char)out.data[i] >= 0x20);
        }
        assert_in_range(out.size_bytes, 2, 5003);
        wf_buffer_reset(&out);
        wf_print_message(&out, type, message, &options);
        assert_true(type->field_count == 0 || out.size_bytes > 0);
        assert_in_range(out.size_bytes, 0, 5004);
        assert_true(out.size_bytes == 0 || out.data[out.size_bytes - 1] == '\n');
        wf_arena_reset(arena);
    }
}

/* Every path of every summary leads to a field, and every event type has a summary. */
static void test_print__event_summaries_name_fields(void **state)
{
    (void)state;
    for (int32_t i = 1; i < WF_EVENT_TYPE_COUNT; i++) {
        const char *at = wf_print_event_summary(i);

        assert_non_null(at);
        while (*at != '\0') {
            const struct wf_message_type *type = wf_event_descriptors[i].attributes;
            const size_t part_bytes = strcspn(at, " ");
            const char *equals = memchr(at, '=', part_bytes);
            const char *path = equals == NULL ? at : equals + 1;
            const char *end = at + part_bytes;

            while (path < end) {
                const char *dot = memchr(path, '.', (size_t)(end - path));
                const char *name_end = dot == NULL ? end : dot;
                const struct wf_field *field =
                    type == NULL ? NULL
                                 : wf_message_field_by_name(
                                       type, (struct wf_string){path, (size_t)(name_end - path)}, 0);

                if (field == NULL) {
                    fail_msg("%s: %.*s", wf_event_type_name(i), (int)part_bytes, at);
                    return;
                }
                type = field->message;
                path = dot == NULL ? end : dot + 1;
            }
            at = end + (*end == ' ' ? 1 : 0);
        }
    }
    assert_null(wf_print_event_summary(0));
    assert_null(wf_print_event_summary(61));
}

/* An event on one line, as tables show it. */
static void test_print__event_line(void **state)
{
    struct wf_entry_string metadata;
    struct wf_payload payload = payload_of(&metadata, "json/plain", "\"order-3\"");
    struct wf_payloads input = {.payloads = {&payload, 1, 0}};
    struct wf_activity_type activity_type = {.name = WF_STR("charge_payment")};
    struct wf_task_queue task_queue = {.name = WF_STR("orders")};
    struct wf_event_activity_task_scheduled scheduled = {
        .activity_id = WF_STR("5"), .activity_type = &activity_type, .task_queue = &task_queue, .input = &input};
    struct wf_application_failure_info info = {.type = WF_STR("CardDeclined")};
    struct wf_failure failure = {.message = WF_STR("no money"),
                                 .failure_info_case = 5,
                                 .failure_info.application_failure_info = &info};
    struct wf_event_activity_task_failed failed = {
        .failure = &failure, .scheduled_event_id = 17, .retry_state = WF_RETRY_STATE_NON_RETRYABLE_FAILURE};
    struct wf_event event = {.event_id = 17,
                             .event_type = WF_EVENT_TYPE_ACTIVITY_TASK_SCHEDULED,
                             .attributes_case = 15,
                             .attributes.activity_task_scheduled = &scheduled};
    struct wf_buffer out;

    wf_buffer_init(&out, *state);
    wf_print_event(&out, &event, NULL);
    test_string_is("scheduled", wf_buffer_string(&out),
                   "17 ActivityTaskScheduled charge_payment id=5 queue=orders input=[\"order-3\"]");

    event = (struct wf_event){.event_id = 19,
                              .event_type = WF_EVENT_TYPE_ACTIVITY_TASK_FAILED,
                              .attributes_case = 18,
                              .attributes.activity_task_failed = &failed};
    wf_buffer_reset(&out);
    wf_print_event(&out, &event, NULL);
    test_string_is("failed", wf_buffer_string(&out),
                   "19 ActivityTaskFailed scheduled=17 CardDeclined: \"no money\" retry=NON_RETRYABLE_FAILURE");

    /* Attributes of another type are not read as this one's. */
    event.event_type = WF_EVENT_TYPE_TIMER_FIRED;
    wf_buffer_reset(&out);
    wf_print_event(&out, &event, NULL);
    test_string_is("other attributes", wf_buffer_string(&out), "19 TimerFired");
    event.event_type = 99;
    wf_buffer_reset(&out);
    wf_print_event(&out, &event, NULL);
    test_string_is("unknown type", wf_buffer_string(&out), "19 Unknown");
}

/* A command shows what its event would; one with other attributes than its type's shows its type alone. */
static void test_print__a_command_reads_as_its_event(void **state)
{
    struct wf_activity_type type = {.name = WF_STR("charge_payment")};
    struct wf_command_schedule_activity_task schedule = {.activity_type = &type, .activity_id = WF_STR("5")};
    struct wf_command_start_timer timer = {.timer_id = WF_STR("1"),
                                           .start_to_fire_timeout = {.seconds = 60, .is_set = true}};
    struct wf_command commands[3] = {
        {.command_type = WF_COMMAND_TYPE_SCHEDULE_ACTIVITY_TASK, .attributes_case = 2},
        {.command_type = WF_COMMAND_TYPE_START_TIMER, .attributes_case = 3},
        {.command_type = WF_COMMAND_TYPE_START_TIMER, .attributes_case = 2},
    };
    static const char *const expected[3] = {"ScheduleActivityTask charge_payment id=5", "StartTimer id=1 after=60s",
                                            "StartTimer"};
    struct wf_buffer out;
    commands[0].attributes.schedule_activity_task = &schedule;
    commands[1].attributes.start_timer = &timer;
    commands[2].attributes.schedule_activity_task = &schedule;
    wf_buffer_init(&out, *state);

    for (size_t i = 0; i < TEST_COUNT(commands); i++) {
        wf_buffer_reset(&out);
        wf_print_command(&out, &commands[i], NULL);
        test_string_is("command", wf_buffer_string(&out), expected[i]);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST_IN_ARENA(test_print__a_command_reads_as_its_event),
        TEST_IN_ARENA(test_print__timestamps),
        TEST_IN_ARENA(test_print__durations),
        TEST_IN_ARENA(test_print__payloads),
        TEST_IN_ARENA(test_print__message_lines),
        TEST_IN_ARENA(test_print__bounds),
        TEST_IN_ARENA(test_print__every_message_prints),
        cmocka_unit_test(test_print__event_summaries_name_fields),
        TEST_IN_ARENA(test_print__event_line),
    };

    return cmocka_run_group_tests_name("print", tests, NULL, NULL);
}
