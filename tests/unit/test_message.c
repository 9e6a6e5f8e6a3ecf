#include "tests/support/test.h"

#include "engine/schema.h"
#include "tests/support/fill_message.h"

/* A deep copy equals its source, for every type, and nothing in it points into the source's arena. */
static void test_message__copy_equals_and_is_apart(void **state)
{
    struct wf_arena *arena = *state;

    for (size_t t = 0; t < wf_message_type_count; t++) {
        const struct wf_message_type *type = wf_message_types[t];

        for (uint32_t seed = 1; seed <= 3; seed++) {
            uint32_t random = seed;
            struct wf_arena own;
            void *message = NULL;
            void *copy = NULL;
            void *again = NULL;

            wf_arena_init(&own, &test_arena_blocks(arena)->source, 0);
            message = wf_message_new(&own, type);
            fill_message(&own, type, message, 2, &random);
            copy = wf_message_copy(arena, type, message);
            if (!wf_message_equal(type, message, copy)) {
                fail_msg("%s seed %u", type->name, seed);
            }
            wf_arena_deinit(&own);

            /* The source is gone: what the copy holds must still be what the same seed makes. */
            random = seed;
            again = wf_message_new(arena, type);
            fill_message(arena, type, again, 2, &random);
            assert_true(wf_message_equal(type, again, copy));
            wf_arena_reset(arena);
        }
    }
}

/* Changing any one field makes two messages unequal. */
static void test_message__each_field_counts_in_equality(void **state)
{
    struct wf_arena *arena = *state;

    for (size_t t = 0; t < wf_message_type_count; t++) {
        const struct wf_message_type *type = wf_message_types[t];
        uint32_t random = 7;
        void *message = wf_message_new(arena, type);

        fill_message(arena, type, message, 1, &random);
        for (uint32_t i = 0; i < type->field_count; i++) {
            const struct wf_field *field = &type->fields[i];
            void *other = wf_message_copy(arena, type, message);

            if (field->case_offset != 0 && wf_field_is_set(field, message)) {
                continue;
            }
            fill_other_value(arena, field, other, &random);
            if (wf_message_equal(type, message, other)) {
                fail_msg("%s.%s", type->name, field->json_name);
            }
        }
        wf_arena_reset(arena);
    }
}

/* An empty sub-message is not an absent one, and a chosen zero is not no choice. */
static void test_message__presence_counts(void **state)
{
    struct wf_versioning_override left = {0};
    struct wf_versioning_override right = {0};
    struct wf_deployment deployment = {0};

    (void)state;
    assert_true(wf_message_equal(&wf_type_versioning_override, &left, &right));
    left.deployment = &deployment;
    assert_false(wf_message_equal(&wf_type_versioning_override, &left, &right));
    left.deployment = NULL;
    left.override_case = 4;
    assert_false(wf_message_equal(&wf_type_versioning_override, &left, &right));
    assert_true(wf_field_is_set(wf_message_field(&wf_type_versioning_override, 4), &left));
    assert_false(wf_field_is_set(wf_message_field(&wf_type_versioning_override, 3), &left));
    right.override_case = 4;
    assert_true(wf_message_equal(&wf_type_versioning_override, &left, &right));
}

/* Map entries may come in any order; of equal keys the last counts. */
static void test_message__map_entries_in_any_order(void **state)
{
    struct wf_entry_string ab[] = {{WF_STR("a"), WF_STR("1")}, {WF_STR("b"), WF_STR("2")}};
    struct wf_entry_string ba[] = {{WF_STR("b"), WF_STR("2")}, {WF_STR("a"), WF_STR("1")}};
    struct wf_entry_string aab[] = {{WF_STR("a"), WF_STR("0")}, {WF_STR("b"), WF_STR("2")}, {WF_STR("a"), WF_STR("1")}};
    struct wf_entry_string ac[] = {{WF_STR("a"), WF_STR("1")}, {WF_STR("c"), WF_STR("2")}};
    struct wf_payload left = {.metadata = {ab, 2, 0}};
    struct wf_payload right = {.metadata = {ba, 2, 0}};

    (void)state;
    assert_true(wf_message_equal(&wf_type_payload, &left, &right));
    right.metadata.items = aab;
    right.metadata.count = 3;
    assert_true(wf_message_equal(&wf_type_payload, &left, &right));
    right.metadata.items = ac;
    right.metadata.count = 2;
    assert_false(wf_message_equal(&wf_type_payload, &left, &right));
}

/* Unknown protobuf fields are copied and compared. */
static void test_message__unknown_fields_count(void **state)
{
    struct wf_arena *arena = *state;
    const struct wf_string unknown = WF_STR("\x08\x01");
    struct wf_payloads left = {.unknown = &unknown};
    struct wf_payloads none = {0};
    const struct wf_payloads *copy = wf_message_copy(arena, &wf_type_payloads, &left);

    assert_true(wf_message_equal(&wf_type_payloads, &left, copy));
    assert_ptr_not_equal(copy->unknown, left.unknown);
    assert_ptr_not_equal(copy->unknown->data, unknown.data);
    assert_false(wf_message_equal(&wf_type_payloads, &left, &none));
}

/* A list grows in the arena, keeps its items, and never writes into items that were made by hand. */
static void test_message__list_append_keeps_items(void **state)
{
    struct wf_arena *arena = *state;
    struct wf_payload made_by_hand[1] = {{.data = WF_STR("first")}};
    struct wf_payloads payloads = {.payloads = {made_by_hand, 1, 0}};

    for (int i = 0; i < 100; i++) {
        struct wf_payload *payload = WF_LIST_APPEND(arena, payloads.payloads);

        assert_non_null(payload);
        assert_null(payload->data.data);
        payload->data = WF_STR("later");
    }
    assert_int_equal(payloads.payloads.count, 101);
    test_string_is("first", payloads.payloads.items[0].data, "first");
    test_string_is("last", payloads.payloads.items[100].data, "later");
    assert_ptr_not_equal(payloads.payloads.items, made_by_hand);
}

/* When memory ends anywhere in a copy, there is no copy. */
static void test_message__copy_fails_when_the_arena_is_full(void **state)
{
    struct wf_arena *arena = *state;
    const struct wf_message_type *type = &wf_type_event_workflow_execution_started;
    void *message = wf_message_new(arena, type);
    uint32_t random = 3;
    size_t room = 0;
    bool is_copied = false;

    fill_message(arena, type, message, 3, &random);
    for (room = 0; room < WF_ARENA_BLOCK_BYTES / 2 && !is_copied; room += 48) {
        struct wf_arena small;

        wf_arena_init(&small, &test_arena_blocks(arena)->source, WF_ARENA_BLOCK_BYTES);
        assert_non_null(wf_arena_take_text(&small, WF_ARENA_BLOCK_BYTES * 3 / 4 - room));
        assert_non_null(wf_arena_take_text(&small, WF_ARENA_BLOCK_BYTES / 4 - 128));
        is_copied = wf_message_copy(&small, type, message) != NULL;
        assert_int_equal(is_copied, !small.is_full);
        wf_arena_deinit(&small);
    }
    assert_true(is_copied);
    assert_true(room > 1000);
}

/* The first, one between and the last: the others stay, in order. */
static void test_message__items_are_taken_out_of_lists(void **state)
{
    static const char *const left[] = {"bcde", "bde", "bd", "d", ""};
    static const size_t taken[] = {0, 1, 2, 0, 0};
    struct wf_history_message history = {0};

    for (int64_t id = 'a'; id <= 'e'; id++) {
        struct wf_event *event = WF_LIST_APPEND(*state, history.events);

        assert_non_null(event);
        event->event_id = id;
    }
    for (size_t i = 0; i < TEST_COUNT(taken); i++) {
        WF_LIST_REMOVE(history.events, &history.events.items[taken[i]]);
        assert_int_equal(history.events.count, strlen(left[i]));
        for (size_t j = 0; j < history.events.count; j++) {
            assert_int_equal(history.events.items[j].event_id, left[i][j]);
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST_IN_ARENA(test_message__items_are_taken_out_of_lists),
        TEST_IN_ARENA(test_message__copy_equals_and_is_apart),
        TEST_IN_ARENA(test_message__each_field_counts_in_equality),
        cmocka_unit_test(test_message__presence_counts),
        cmocka_unit_test(test_message__map_entries_in_any_order),
        TEST_IN_ARENA(test_message__unknown_fields_count),
        TEST_IN_ARENA(test_message__list_append_keeps_items),
        TEST_IN_ARENA(test_message__copy_fails_when_the_arena_is_full),
    };

    return cmocka_run_group_tests_name("message", tests, NULL, NULL);
}
