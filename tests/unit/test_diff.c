#include "tests/support/test.h"

#include "engine/diff.h"
#include "tests/support/fill_message.h"

static struct wf_payload payload_of(struct wf_entry_string *metadata, const char *encoding, const char *data)
{
    *metadata = (struct wf_entry_string){WF_STR("encoding"), wf_string_of(encoding)};
    return (struct wf_payload){.metadata = {metadata, 1, 0}, .data = wf_string_of(data)};
}

/* Fails unless the difference at this index is this one; NULL for a side that does not have the field. */
static void difference_is(const struct wf_differences *differences, uint32_t index, const char *path,
                          const char *left, const char *right)
{
    assert_true(index < differences->count);
    test_string_is("path", differences->items[index].path, path);
    test_string_is(path, differences->items[index].left, left == NULL ? "" : left);
    test_string_is(path, differences->items[index].right, right == NULL ? "" : right);
    assert_int_equal(differences->items[index].left.data == NULL, left == NULL);
    assert_int_equal(differences->items[index].right.data == NULL, right == NULL);
}

/* Scalars, sub-messages and list items that differ, with their paths. */
static void test_diff__lists_fields_that_differ(void **state)
{
    struct wf_arena *arena = *state;
    struct wf_string left_errors[] = {WF_STR("A"), WF_STR("B")};
    struct wf_string right_errors[] = {WF_STR("A"), WF_STR("C"), WF_STR("D")};
    struct wf_retry_policy left_policy = {.maximum_attempts = 3,
                                          .initial_interval = {1, 500000000, true},
                                          .non_retryable_error_types = {left_errors, 2, 0}};
    struct wf_retry_policy right_policy = {.maximum_attempts = 5,
                                           .initial_interval = {1, 500000000, true},
                                           .non_retryable_error_types = {right_errors, 3, 0}};
    struct wf_activity_type type = {.name = WF_STR("charge")};
    struct wf_event_activity_task_scheduled left = {
        .activity_id = WF_STR("1"), .activity_type = &type, .retry_policy = &left_policy};
    struct wf_event_activity_task_scheduled right = {.activity_id = WF_STR("1"),
                                                     .start_to_close_timeout = {10, 0, true},
                                                     .retry_policy = &right_policy};
    struct wf_differences differences = {0};

    assert_true(wf_diff_messages(arena, &wf_type_event_activity_task_scheduled, &left, &right, NULL, &differences));

    assert_int_equal(differences.count, 5);
    difference_is(&differences, 0, "activityType", "charge", NULL);
    difference_is(&differences, 1, "startToCloseTimeout", NULL, "10s");
    difference_is(&differences, 2, "retryPolicy.maximumAttempts", "3", "5");
    difference_is(&differences, 3, "retryPolicy.nonRetryableErrorTypes[1]", "B", "C");
    difference_is(&differences, 4, "retryPolicy.nonRetryableErrorTypes[2]", NULL, "D");
}

/* Chosen fields are left out: by name anywhere, or by the end of a path. */
static void test_diff__leaves_out_ignored_fields(void **state)
{
    static const char *const ignored[] = {"retryPolicy.maximumAttempts", "identity", "Id"};
    const struct wf_diff_options options = {.ignored = ignored, .ignored_count = TEST_COUNT(ignored)};
    struct wf_arena *arena = *state;
    struct wf_retry_policy left_policy = {.maximum_attempts = 3};
    struct wf_retry_policy right_policy = {.maximum_attempts = 5};
    struct wf_event_activity_task_scheduled left = {.activity_id = WF_STR("1"), .retry_policy = &left_policy};
    struct wf_event_activity_task_scheduled right = {.activity_id = WF_STR("2"), .retry_policy = &right_policy};
    struct wf_differences differences = {0};

    assert_true(
        wf_diff_messages(arena, &wf_type_event_activity_task_scheduled, &left, &right, &options, &differences));
    assert_int_equal(differences.count, 1);
    difference_is(&differences, 0, "activityId", "1", "2");
}

/* Payloads of JSON are compared as values, others byte by byte. */
static void test_diff__compares_json_payloads_as_values(void **state)
{
    static const struct {
        const char *left_encoding;
        const char *left;
        const char *right_encoding;
        const char *right;
        bool is_equal;
    } rows[] = {
        {"json/plain", "{\"a\":1,\"b\":2}", "json/plain", "{ \"b\": 2, \"a\": 1.0 }", true},
        {"json/plain", "[1,2]", "json/plain", "[2,1]", false},
        {"json/plain", "not json", "json/plain", "not  json", false},
        {"json/plain", "not json", "json/plain", "not json", true},
        {"json/plain", "1", "json/protobuf", "1", false},
        {"binary/plain", "[1]", "binary/plain", "[ 1 ]", false},
        {"binary/plain", "[1]", "binary/plain", "[1]", true},
    };
    struct wf_arena *arena = *state;

    for (size_t i = 0; i < TEST_COUNT(rows); i++) {
        struct wf_entry_string left_metadata;
        struct wf_entry_string right_metadata;
        struct wf_payload left_payload = payload_of(&left_metadata, rows[i].left_encoding, rows[i].left);
        struct wf_payload right_payload = payload_of(&right_metadata, rows[i].right_encoding, rows[i].right);
        struct wf_payloads left = {.payloads = {&left_payload, 1, 0}};
        struct wf_payloads right = {.payloads = {&right_payload, 1, 0}};
        struct wf_differences differences = {0};

        assert_true(wf_diff_messages(arena, &wf_type_payloads, &left, &right, NULL, &differences));
        if (differences.count != (rows[i].is_equal ? 0u : 1u)) {
            fail_msg("%s and %s", rows[i].left, rows[i].right);
        }
        assert_int_equal(wf_payload_equal(&left_payload, &right_payload), rows[i].is_equal);
        differences.count = 0;
        assert_true(wf_diff_messages(arena, &wf_type_payload, &left_payload, &right_payload, NULL, &differences));
        assert_int_equal(differences.count, rows[i].is_equal ? 0 : 1);
    }
}

/* Hidden payloads show their type and length only; other metadata is compared too. */
static void test_diff__payload_texts_and_metadata(void **state)
{
    struct wf_arena *arena = *state;
    const struct wf_diff_options options = {.print = {.hides_payloads = true}};
    struct wf_entry_string left_metadata[] = {{WF_STR("encoding"), WF_STR("json/plain")},
                                              {WF_STR("type"), WF_STR("Int")}};
    struct wf_entry_string right_metadata[] = {{WF_STR("type"), WF_STR("Keyword")},
                                               {WF_STR("encoding"), WF_STR("json/plain")}};
    struct wf_payload left_payloads[] = {{.data = WF_STR("secret")},
                                         {.metadata = {left_metadata, 2, 0}, .data = WF_STR("1")}};
    struct wf_payload right_payloads[] = {{.data = WF_STR("other")},
                                          {.metadata = {right_metadata, 2, 0}, .data = WF_STR("1")}};
    struct wf_payloads left = {.payloads = {left_payloads, 2, 0}};
    struct wf_payloads right = {.payloads = {right_payloads, 2, 0}};
    struct wf_differences differences = {0};

    assert_true(wf_diff_messages(arena, &wf_type_payloads, &left, &right, &options, &differences));
    assert_int_equal(differences.count, 2);
    difference_is(&differences, 0, "payloads[0]", "<no encoding, 6 bytes>", "<no encoding, 5 bytes>");
    difference_is(&differences, 1, "payloads[1].metadata[\"type\"]", "<3 bytes>", "<7 bytes>");
}

/* Maps are compared by key in any order. */
static void test_diff__maps_by_key(void **state)
{
    struct wf_entry_string left_entries[] = {{WF_STR("a"), WF_STR("1")}, {WF_STR("b c"), WF_STR("2")}};
    struct wf_entry_string right_entries[] = {{WF_STR("d"), WF_STR("4")}, {WF_STR("a"), WF_STR("1")}};
    struct wf_callback_nexus left = {.header = {left_entries, 2, 0}};
    struct wf_callback_nexus right = {.header = {right_entries, 2, 0}};
    struct wf_differences differences = {0};

    assert_true(wf_diff_messages(*state, &wf_type_callback_nexus, &left, &right, NULL, &differences));
    assert_int_equal(differences.count, 2);
    difference_is(&differences, 0, "header[\"b c\"]", "2", NULL);
    difference_is(&differences, 1, "header[\"d\"]", NULL, "4");
}

/* Over every message of the schema: no difference to a copy, at least one when any field is changed. */
static void test_diff__agrees_with_equality(void **state)
{
    struct wf_arena *arena = *state;

    for (size_t t = 0; t < wf_message_type_count; t++) {
        const struct wf_message_type *type = wf_message_types[t];
        uint32_t random = 11;
        void *message = wf_message_new(arena, type);
        struct wf_differences differences = {0};

        fill_message(arena, type, message, 1, &random);
        assert_true(wf_diff_messages(arena, type, message, wf_message_copy(arena, type, message), NULL, &differences));
        assert_int_equal(differences.count, 0);
        for (uint32_t i = 0; i < type->field_count; i++) {
            void *other = wf_message_copy(arena, type, message);

            if (type->fields[i].case_offset != 0 && wf_field_is_set(&type->fields[i], message)) {
                continue;
            }
            fill_other_value(arena, &type->fields[i], other, &random);
            differences = (struct wf_differences){0};
            assert_true(wf_diff_messages(arena, type, message, other, NULL, &differences));
            if (differences.count == 0) {
                fail_msg("%s.%s", type->name, type->fields[i].json_name);
            }
        }
        wf_arena_reset(arena);
    }
}

/* Past the limit differences are counted, not listed. */
static void test_diff__limit_counts_the_rest(void **state)
{
    const struct wf_diff_options options = {.count_max = 1};
    const struct wf_workflow_execution left = {.workflow_id = WF_STR("a"), .run_id = WF_STR("b")};
    const struct wf_workflow_execution right = {.workflow_id = WF_STR("c"), .run_id = WF_STR("d")};
    struct wf_differences differences = {0};

    assert_true(wf_diff_messages(*state, &wf_type_workflow_execution, &left, &right, &options, &differences));
    assert_int_equal(differences.count, 1);
    assert_int_equal(differences.dropped_count, 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST_IN_ARENA(test_diff__lists_fields_that_differ),
        TEST_IN_ARENA(test_diff__leaves_out_ignored_fields),
        TEST_IN_ARENA(test_diff__compares_json_payloads_as_values),
        TEST_IN_ARENA(test_diff__payload_texts_and_metadata),
        TEST_IN_ARENA(test_diff__maps_by_key),
        TEST_IN_ARENA(test_diff__agrees_with_equality),
        TEST_IN_ARENA(test_diff__limit_counts_the_rest),
    };

    return cmocka_run_group_tests_name("diff", tests, NULL, NULL);
}
