#include "tests/support/test.h"

#include "engine/codec.h"
#include "engine/redact.h"
#include "tests/support/history_builder.h"

/* A payload of this encoding, with a second entry of metadata. */
static struct wf_payload payload_of(struct wf_arena *arena, const char *encoding, struct wf_string data)
{
    struct wf_entry_string *metadata = wf_arena_take_array(arena, 2, sizeof *metadata);

    metadata[0] = (struct wf_entry_string){WF_STR("encoding"), wf_string_of(encoding)};
    metadata[1] = (struct wf_entry_string){WF_STR("key-id"), WF_STR("k-17")};
    return (struct wf_payload){.metadata = {metadata, 2, 0}, .data = data};
}

static struct wf_payloads *payloads_of(struct wf_arena *arena, const char *encoding, const char *const *data, uint32_t count)
{
    struct wf_payloads *payloads = wf_message_new(arena, &wf_type_payloads);

    payloads->payloads.items = wf_arena_take_array(arena, count, sizeof(struct wf_payload));
    payloads->payloads.count = count;
    for (uint32_t i = 0; i < count; i++) {
        payloads->payloads.items[i] = payload_of(arena, encoding, wf_string_of(data[i]));
    }
    return payloads;
}

static void redact(struct wf_arena *arena, struct history_builder *builder)
{
    struct wf_redaction redaction;
    struct wf_history history = history_of(builder);

    wf_redaction_init(&redaction, arena);
    assert_true(wf_redact_history(&redaction, arena, &history));
}

/* The shape of JSON stays, and which values are equal; nothing else of them does. */
static void test_redact__keeps_shape_and_equality(void **state)
{
    static const struct {
        const char *name;
        const char *encoding;
        const char *values[3];
        const char *redacted[3];
    } rows[] = {
        {"equal text is equal, other text of its length is other", "json/plain", {"\"ann\"", "\"bob\"", "\"ann\""},
         {"\"xxx\"", "\"xxa\"", "\"xxx\""}},
        {"characters count, not bytes, and escapes are undone", "json/plain",
         {"\"J\xc3\xbcrgen\"", "\"J\\u00fcrgen\"", "\"\""}, {"\"xxxxxx\"", "\"xxxxxx\"", "\"\""}},
        {"names of members, blanks and null stay", "json/plain",
         {"{\"iban\": \"DE12\", \"owner\": null, \"tags\":[ \"ann\" ]}", "[]", "null"},
         {"{\"iban\": \"xxxx\", \"owner\": null, \"tags\":[ \"xxx\" ]}", "[]", "null"}},
        {"numbers keep their kind and digits", "json/plain", {"[4711,-0.75,1234.5e9]", "[4712,0,7]", "[99,98,99]"},
         {"[1111,-0.11,1111.1e9]", "[1112,1,2]", "[11,12,11]"}},
        {"a number of one digit may be nought, one of more begins with none", "json/plain",
         {"[1,2,3,4,5,6,7,8,9,0]", "[10,11,12,13,14,15,16,17,18,19]", "1"},
         {"[1,2,3,4,5,6,7,8,9,0]", "[11,12,13,14,15,16,17,18,19,20]", "1"}},
        {"truth is told as equal or not", "json/plain", {"true", "{\"ill\":false}", "[true,false]"},
         {"false", "{\"ill\":true}", "[false,true]"}},
        {"what is no JSON is bytes", "json/plain", {"{\"open", "secret!", "\"a\" \"b\""}, {"xxxxxx", "xxxxxxx", "xxxxxxa"}},
        {"other encodings are bytes", "binary/plain", {"secret", "public", "secret"}, {"xxxxxx", "xxxxxa", "xxxxxx"}},
        {"what a codec encrypted stays", "binary/encrypted", {"secret", "public", ""}, {"secret", "public", ""}},
        {"under whatever name", "json/encrypted-v2", {"\"secret\"", "1", ""}, {"\"secret\"", "1", ""}},
    };

    for (size_t i = 0; i < TEST_COUNT(rows); i++) {
        struct wf_payloads *input = payloads_of(*state, rows[i].encoding, rows[i].values, 3);
        const bool is_encrypted = strstr(rows[i].encoding, "encrypted") != NULL;
        struct history_builder builder;

        history_init(&builder, *state);
        history_started(&builder, HISTORY_WORKFLOW)->attributes.workflow_execution_started->input = input;
        redact(*state, &builder);
        for (uint32_t j = 0; j < 3; j++) {
            const struct wf_payload *payload = &input->payloads.items[j];

            test_string_is(rows[i].name, payload->data, rows[i].redacted[j]);
            test_string_is(rows[i].name, payload->metadata.items[0].value, rows[i].encoding);
            test_string_is(rows[i].name, payload->metadata.items[1].value, is_encrypted ? "k-17" : "xxxx");
        }
    }
}

/* A thousand values of two letters: those that fit are all different, none is as long as another. */
static void test_redact__runs_out_of_room_quietly(void **state)
{
    struct wf_arena *arena = *state;
    struct history_builder builder;
    char text[2000][8];
    const char *values[2000];
    struct wf_payloads *input = NULL;
    struct wf_map seen;

    for (uint32_t i = 0; i < 2000; i++) {
        struct wf_buffer buffer;

        wf_buffer_init_fixed(&buffer, text[i], sizeof text[i]);
        wf_buffer_printf(&buffer, "\"%c%c\"%c", 40 + (int)(i / 50), 40 + (int)(i % 50), '\0');
        values[i] = text[i];
    }
    input = payloads_of(arena, "json/plain", values, 2000);
    history_init(&builder, arena);
    history_started(&builder, HISTORY_WORKFLOW)->attributes.workflow_execution_started->input = input;
    redact(arena, &builder);
    wf_map_init(&seen, arena);
    for (uint32_t i = 0; i < 2000; i++) {
        const struct wf_string data = input->payloads.items[i].data;

        assert_int_equal(data.size_bytes, 4);
        /* A row of x, 35 with one letter, 35 * 35 with two; then they come again. */
        assert_true(i >= 1 + 35 + 35 * 35 || wf_map_get(&seen, data) == NULL);
        assert_true(wf_map_set(&seen, data, &builder));
    }
}

/* Outside of payloads: what tells of people and of what went on is gone, what replays go by is there. */
static void test_redact__takes_what_tells(void **state)
{
    struct wf_arena *arena = *state;
    struct wf_event_workflow_execution_started *started = NULL;
    struct wf_event_activity_task_failed *failed = NULL;
    struct wf_event_nexus_operation_scheduled *nexus = NULL;
    struct wf_entry_payload attributes[] = {
        {WF_STR("TemporalChangeVersion"), payload_of(arena, "json/plain", WF_STR("[\"audit-1\"]"))},
        {WF_STR("Customer"), payload_of(arena, "json/plain", WF_STR("\"acme\""))}};
    struct wf_entry_payload headers[] = {{WF_STR("token"), payload_of(arena, "json/plain", WF_STR("\"t0p\""))}};
    struct wf_entry_string nexus_headers[] = {{WF_STR("authorization"), WF_STR("Bearer 123")}};
    struct wf_search_attributes upsert = {.indexed_fields = {attributes, 2, 0}};
    struct wf_header header = {.fields = {headers, 1, 0}};
    struct wf_failure cause = {.message = WF_STR("no row for ann@example.com"), .stack_trace = WF_STR("at bank.go:7")};
    struct wf_failure failure = {.message = WF_STR("card 4111 declined"),
                                 .source = WF_STR("GoSDK"),
                                 .cause = &cause,
                                 .failure_info_case = WF_CASE_failure_application_failure_info};
    struct wf_application_failure_info info = {.type = WF_STR("CardDeclined")};
    const struct wf_string newer = WF_STR("\x82\x7d\x06secret");
    struct history_builder builder;

    history_init(&builder, arena);
    started = history_started(&builder, HISTORY_WORKFLOW)->attributes.workflow_execution_started;
    history_add(&builder, "task, completed, activity 1 charge, activity-started 5");
    failed = history_activity_failed(&builder, 5, "")->attributes.activity_task_failed;
    nexus = history_event(&builder, WF_EVENT_TYPE_NEXUS_OPERATION_SCHEDULED)->attributes.nexus_operation_scheduled;
    started->identity = WF_STR("ann@laptop");
    started->task_queue = &(struct wf_task_queue){.name = WF_STR("orders"), .kind = WF_TASK_QUEUE_KIND_NORMAL};
    started->cron_schedule = WF_STR("0 12 * * *");
    builder.events[1].attributes.workflow_task_scheduled->task_queue = &(struct wf_task_queue){
        .name = WF_STR("17@laptop:3f2"), .kind = WF_TASK_QUEUE_KIND_STICKY, .normal_name = WF_STR("orders")};
    started->search_attributes = &upsert;
    started->header = &header;
    started->unknown = &newer;
    failure.failure_info.application_failure_info = &info;
    failed->failure = &failure;
    nexus->endpoint = WF_STR("payments");
    nexus->nexus_header.items = nexus_headers;
    nexus->nexus_header.count = 1;

    redact(arena, &builder);

    test_string_is("identity", started->identity, "xxxxxxxxxx");
    test_string_is("queue", started->task_queue->name, "orders");
    test_string_is("queue of a worker", builder.events[1].attributes.workflow_task_scheduled->task_queue->name, "xxxxxxxxxxxxx");
    test_string_is("its normal one", builder.events[1].attributes.workflow_task_scheduled->task_queue->normal_name, "orders");
    test_string_is("cron schedule", started->cron_schedule, "0 12 * * *");
    test_string_is("key of an attribute", attributes[1].key, "Customer");
    test_string_is("patches", attributes[0].value.data, "[\"audit-1\"]");
    test_string_is("attribute", attributes[1].value.data, "\"xxxx\"");
    test_string_is("header", headers[0].value.data, "\"xxx\"");
    test_string_is("message", failure.message, "xxxxxxxxxxxxxxxxxx");
    test_string_is("message of the cause", cause.message, "xxxxxxxxxxxxxxxxxxxxxxxxxx");
    test_string_is("stack trace", cause.stack_trace, "xxxxxxxxxxxx");
    test_string_is("source", failure.source, "GoSDK");
    test_string_is("type", info.type, "CardDeclined");
    test_string_is("endpoint", nexus->endpoint, "payments");
    test_string_is("Nexus header", nexus_headers[0].value, "xxxxxxxxxa");
    test_string_is("activity", builder.events[4].attributes.activity_task_scheduled->activity_type->name, "charge");
    assert_null(started->unknown);
}

/* Of failures the service's own words stay, for checks read them; nobody else's do. */
static void test_redact__keeps_the_words_of_the_service(void **state)
{
    static const struct {
        uint32_t info;
        const char *source;
        const char *message;
        const char *redacted;
    } rows[] = {
        {WF_CASE_failure_timeout_failure_info, "Server", "activity StartToClose timeout", "activity StartToClose timeout"},
        {WF_CASE_failure_timeout_failure_info, "GoSDK", "ann", "xxx"},
        {WF_CASE_failure_server_failure_info, "", "UnhandledCommand", "UnhandledCommand"},
        {WF_CASE_failure_server_failure_info, "Server", "BadSearchAttributes: ann", "BadSearchAttributesxxxxx"},
        {WF_CASE_failure_server_failure_info, "Server", "ann is not known", "xxxxxxxxxxxxxxxx"},
        {WF_CASE_failure_application_failure_info, "Server", "Declined: ann", "xxxxxxxxxxxxx"},
    };

    for (size_t i = 0; i < TEST_COUNT(rows); i++) {
        struct wf_failure failure = {.message = wf_string_of(rows[i].message),
                                     .source = wf_string_of(rows[i].source),
                                     .failure_info_case = rows[i].info};
        struct history_builder builder;

        history_init(&builder, *state);
        history_event(&builder, WF_EVENT_TYPE_WORKFLOW_TASK_FAILED)->attributes.workflow_task_failed->failure = &failure;
        redact(*state, &builder);
        test_string_is(rows[i].message, failure.message, rows[i].redacted);
    }
}

/* Markers: what SDKs write for themselves stays, the user's values do not. */
static void test_redact__keeps_what_sdks_wrote_into_markers(void **state)
{
    static const struct {
        const char *marker;
        const char *key;
        const char *value;
        const char *redacted;
    } rows[] = {
        {"core_patch", "patch-data", "{\"id\":\"audit\",\"deprecated\":false}", "{\"id\":\"audit\",\"deprecated\":false}"},
        {"Version", "change-id", "\"audit\"", "\"audit\""},
        {"Version", "version", "3", "3"},
        {"core_local_activity", "data", "{\"seq\":2,\"activity_id\":\"2\",\"activity_type\":\"look\",\"note\":\"ann\"}",
         "{\"seq\":2,\"activity_id\":\"2\",\"activity_type\":\"look\",\"note\":\"xxx\"}"},
        {"core_local_activity", "result", "\"ann\"", "\"xxx\""},
        {"LocalActivity", "data", "{\"ActivityID\":\"1\",\"Attempt\":4,\"ResultJSON\":\"ann\"}",
         "{\"ActivityID\":\"1\",\"Attempt\":4,\"ResultJSON\":\"xxx\"}"},
        {"LocalActivity", "meta", "{\"atpt\":4}", "{\"atpt\":4}"},
        {"SideEffect", "side-effect-id", "7", "7"},
        {"SideEffect", "data", "\"ann\"", "\"xxx\""},
        {"mine", "data", "\"ann\"", "\"xxx\""},
    };

    for (size_t i = 0; i < TEST_COUNT(rows); i++) {
        struct wf_payloads *value = payloads_of(*state, "json/plain", &rows[i].value, 1);
        struct wf_entry_payloads details[] = {{wf_string_of(rows[i].key), *value}};
        struct wf_event_marker_recorded *marker = NULL;
        struct history_builder builder;

        history_init(&builder, *state);
        marker = history_event(&builder, WF_EVENT_TYPE_MARKER_RECORDED)->attributes.marker_recorded;
        marker->marker_name = wf_string_of(rows[i].marker);
        marker->details.items = details;
        marker->details.count = 1;
        redact(*state, &builder);
        test_string_is(rows[i].marker, value->payloads.items[0].data, rows[i].redacted);
    }
}

/* Java's result of a local activity stands where Go has data of its own; its activityId tells them apart. */
static void test_redact__knows_java_from_go(void **state)
{
    static const char *const id = "\"1\"";
    static const char *const result = "{\"ActivityID\":\"ann\"}";
    struct wf_entry_payloads details[] = {{WF_STR("activityId"), *payloads_of(*state, "json/plain", &id, 1)},
                                          {WF_STR("data"), *payloads_of(*state, "json/plain", &result, 1)}};
    struct wf_event_marker_recorded *marker = NULL;
    struct history_builder builder;

    history_init(&builder, *state);
    marker = history_event(&builder, WF_EVENT_TYPE_MARKER_RECORDED)->attributes.marker_recorded;
    marker->marker_name = WF_STR("LocalActivity");
    marker->details.items = details;
    marker->details.count = 2;
    redact(*state, &builder);
    test_string_is("id", details[0].value.payloads.items[0].data, "\"1\"");
    test_string_is("result", details[1].value.payloads.items[0].data, "{\"ActivityID\":\"xxx\"}");
}

/* Go's mutable side effect is a payload in a payload: the outer form stays readable. */
static void test_redact__opens_packed_values(void **state)
{
    static const char *const value = "\"ann\"";
    struct wf_payloads *inner = payloads_of(*state, "json/plain", &value, 1);
    struct wf_payload items[2] = {payload_of(*state, "json/plain", WF_STR("\"limit\"")), {.unknown = NULL}};
    struct wf_entry_payloads details[] = {{WF_STR("data"), {.payloads = {items, 2, 0}}}};
    struct wf_payloads *read = wf_message_new(*state, &wf_type_payloads);
    struct wf_event_marker_recorded *marker = NULL;
    struct history_builder builder;
    struct wf_buffer bytes;

    wf_buffer_init(&bytes, *state);
    wf_wire_encode(&wf_type_payloads, inner, &bytes);
    items[1] = payload_of(*state, "binary/plain", wf_buffer_string(&bytes));
    history_init(&builder, *state);
    marker = history_event(&builder, WF_EVENT_TYPE_MARKER_RECORDED)->attributes.marker_recorded;
    marker->marker_name = WF_STR("MutableSideEffect");
    marker->details.items = details;
    marker->details.count = 1;
    redact(*state, &builder);
    test_string_is("id", items[0].data, "\"limit\"");
    assert_int_equal(wf_wire_decode(*state, &wf_type_payloads, items[1].data, read, NULL), WF_OK);
    test_string_is("value", read->payloads.items[0].data, "\"xxx\"");
}

/* Short of memory at any moment it says so, and does not go on. */
static void test_redact__survives_a_full_arena(void **state)
{
    static const char *const values[] = {"[\"ann\",12,true]", "\"a longer text than fits\"", "{\"open"};

    for (size_t fail_from = 1; fail_from < 8; fail_from++) {
        struct history_builder builder;
        struct wf_redaction redaction;
        struct test_blocks blocks;
        struct wf_arena arena;
        struct wf_history history;
        bool is_done = false;

        history_init(&builder, *state);
        history_started(&builder, HISTORY_WORKFLOW)->attributes.workflow_execution_started->input =
            payloads_of(*state, "json/plain", values, 3);
        history = history_of(&builder);
        test_blocks_init(&blocks);
        blocks.fail_from = fail_from;
        wf_arena_init(&arena, &blocks.source, 0);
        wf_redaction_init(&redaction, &arena);
        is_done = wf_redact_history(&redaction, &arena, &history);
        assert_true(is_done == (blocks.take_count < fail_from));
        wf_arena_deinit(&arena);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST_IN_ARENA(test_redact__keeps_shape_and_equality),
        TEST_IN_ARENA(test_redact__runs_out_of_room_quietly),
        TEST_IN_ARENA(test_redact__takes_what_tells),
        TEST_IN_ARENA(test_redact__keeps_the_words_of_the_service),
        TEST_IN_ARENA(test_redact__keeps_what_sdks_wrote_into_markers),
        TEST_IN_ARENA(test_redact__knows_java_from_go),
        TEST_IN_ARENA(test_redact__opens_packed_values),
        TEST_IN_ARENA(test_redact__survives_a_full_arena),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
