#include "tests/support/test.h"

#include "engine/schema.h"

/* The reference tables count 60 event types and 17 commands, 15 unused (engine-semantics 1.3, 2.1). */
static void test_schema__counts_of_events_and_commands(void **state)
{
    size_t event_count = 0;
    size_t command_count = 0;

    (void)state;
    for (int32_t i = 0; i < WF_EVENT_TYPE_COUNT; i++) {
        event_count += wf_event_descriptors[i].name != NULL;
    }
    for (int32_t i = 0; i < WF_COMMAND_TYPE_COUNT; i++) {
        command_count += wf_command_descriptors[i].name != NULL;
    }
    assert_int_equal(event_count, 60);
    assert_int_equal(command_count, 17);
    assert_null(wf_event_descriptors[0].name);
    assert_null(wf_command_descriptors[15].name);
}

/* Numbers ascend, members lie inside the struct and do not overlap, and each field is found by number and by name. */
static void test_schema__fields_ascend_and_lie_inside(void **state)
{
    (void)state;
    for (size_t t = 0; t < wf_message_type_count; t++) {
        const struct wf_message_type *type = wf_message_types[t];
        uint32_t last_number = 0;
        size_t last_end = sizeof(void *); /* after the unknown fields */

        for (uint32_t i = 0; i < type->field_count; i++) {
            const struct wf_field *field = &type->fields[i];
            const size_t size_bytes =
                field->label == WF_LABEL_ONE ? field->item_size_bytes : sizeof(struct wf_list);

            if (field->number <= last_number || field->offset + size_bytes > type->size_bytes) {
                fail_msg("%s.%s", type->name, field->json_name);
            }
            if (field->case_offset == 0 && field->offset < last_end) {
                fail_msg("%s.%s overlaps", type->name, field->json_name);
            }
            assert_ptr_equal(wf_message_field(type, field->number), field);
            assert_ptr_equal(wf_message_field_by_name(type, wf_string_of(field->json_name), 0), field);
            assert_ptr_equal(wf_message_field_by_name(type, wf_string_of(field->json_name), i), field);
            assert_true((field->kind == WF_KIND_MESSAGE) == (field->message != NULL));
            assert_true((field->kind == WF_KIND_ENUM) == (field->enumeration != NULL));
            last_number = field->number;
            last_end = field->offset + size_bytes;
        }
        assert_null(wf_message_field(type, 0));
        assert_null(wf_message_field(type, last_number + 1));
        assert_null(wf_message_field(type, UINT32_MAX));
    }
}

static bool may_point(const struct wf_field *field)
{
    return field->label != WF_LABEL_ONE || field->case_offset != 0 || field->kind == WF_KIND_STRING ||
           field->kind == WF_KIND_BYTES || field->kind == WF_KIND_MESSAGE;
}

/* A oneof ends behind its last choice and is one reference; every other member that may point to something is one, too. */
static void test_schema__references_are_members_that_may_point(void **state)
{
    (void)state;
    for (size_t t = 0; t < wf_message_type_count; t++) {
        const struct wf_message_type *type = wf_message_types[t];
        uint32_t count = 0;

        for (uint32_t i = 0; i < type->field_count;) {
            const struct wf_field *field = &type->fields[i];
            const uint32_t next = field->case_offset == 0 ? i + 1 : field->oneof_end;

            assert_in_range(next, i + 1, type->field_count);
            for (uint32_t j = i; j < next; j++) {
                assert_int_equal(type->fields[j].case_offset, field->case_offset);
                assert_int_equal(type->fields[j].oneof_end, field->case_offset == 0 ? 0 : next);
            }
            if (may_point(field)) {
                assert_true(count < type->reference_count);
                assert_int_equal(type->references[count].offset, field->offset);
                assert_int_equal(type->references[count].field, next - 1);
                count++;
            }
            i = next;
        }
        assert_int_equal(count, type->reference_count);
    }
}

/* Of a oneof only the chosen field is met, none when the case is not one of its numbers. */
static void test_schema__next_field_skips_what_was_not_chosen(void **state)
{
    static const struct {
        uint32_t chosen;
        bool is_met;
    } rows[] = {{WF_CASE_event_timer_fired, true}, {0, false}, {1, false}, {9999, false}};

    (void)state;
    for (size_t i = 0; i < TEST_COUNT(rows); i++) {
        const struct wf_event event = {.attributes_case = rows[i].chosen};
        uint32_t choice_count = 0;
        uint32_t count = 0;
        uint32_t index = 0;

        for (const struct wf_field *field = wf_message_next_field(&wf_type_event, &event, &index); field != NULL;
             field = wf_message_next_field(&wf_type_event, &event, &index)) {
            count++;
            if (field->case_offset != 0) {
                assert_int_equal(field->number, rows[i].chosen);
                choice_count++;
            }
        }
        assert_int_equal(choice_count, rows[i].is_met ? 1 : 0);
        assert_int_equal(count - choice_count, wf_type_event.field_count - 60);
    }
}

/* The attributes of an event are the choice of HistoryEvent whose number the descriptor tells. */
static void test_schema__event_attributes_are_choices_of_history_event(void **state)
{
    (void)state;
    for (int32_t i = 1; i < WF_EVENT_TYPE_COUNT; i++) {
        const struct wf_event_descriptor *descriptor = &wf_event_descriptors[i];
        const struct wf_field *field = wf_message_field(&wf_type_event, descriptor->oneof_number);

        assert_non_null(field);
        assert_ptr_equal(field->message, descriptor->attributes);
        assert_int_equal(field->case_offset, offsetof(struct wf_event, attributes_case));
        assert_int_not_equal(descriptor->buffering, WF_BUFFERING_NONE);
    }
    for (int32_t i = 1; i < WF_COMMAND_TYPE_COUNT; i++) {
        const struct wf_command_descriptor *descriptor = &wf_command_descriptors[i];
        const struct wf_field *field = wf_message_field(&wf_type_command, descriptor->oneof_number);

        if (descriptor->name != NULL) {
            assert_non_null(field);
            assert_ptr_equal(field->message, descriptor->attributes);
        }
    }
}

/* JSON names are accepted in lowerCamelCase and in snake_case, and in nothing else. */
static void test_schema__fields_by_name(void **state)
{
    static const struct {
        const char *name;
        uint32_t number; /* 0: unknown */
    } rows[] = {
        {"workflowTaskCompletedEventId", 11}, {"workflow_task_completed_event_id", 11},
        {"activityId", 1},                    {"activity_id", 1},
        {"activity_Id", 1},                   {"activityid", 0},
        {"activity_id_", 0},                  {"_activity_id", 0},
        {"activity_i", 0},                    {"ActivityId", 0},
        {"input", 6},                         {"", 0},
    };

    (void)state;
    for (size_t i = 0; i < TEST_COUNT(rows); i++) {
        for (uint32_t hint = 0; hint < 20; hint++) {
            const struct wf_field *field = wf_message_field_by_name(&wf_type_event_activity_task_scheduled,
                                                                    wf_string_of(rows[i].name), hint);

            if ((field == NULL ? 0 : field->number) != rows[i].number) {
                fail_msg("%s with hint %u", rows[i].name, hint);
            }
        }
    }
}

/* Canonical names and the CamelCase ones of older tools (engine-semantics 1.7). */
static void test_schema__enum_names(void **state)
{
    static const struct {
        const struct wf_enum_type *type;
        const char *name;
        int32_t number; /* -1: unknown */
    } rows[] = {
        {&wf_enum_type_event_type, "EVENT_TYPE_WORKFLOW_EXECUTION_STARTED", 1},
        {&wf_enum_type_event_type, "WorkflowExecutionStarted", 1},
        {&wf_enum_type_event_type, "ActivityTaskTimedOut", 14},
        {&wf_enum_type_event_type, "Activitytasktimedout", -1},
        {&wf_enum_type_event_type, "WORKFLOW_EXECUTION_STARTED", -1},
        {&wf_enum_type_event_type, "workflowExecutionStarted", -1},
        {&wf_enum_type_event_type, "Workflow_Execution_Started", -1},
        {&wf_enum_type_event_type, "", -1},
        {&wf_enum_type_task_queue_kind, "Normal", 1},
        {&wf_enum_type_task_queue_kind, "TASK_QUEUE_KIND_STICKY", 2},
        {&wf_enum_type_parent_close_policy, "Abandon", 2},
        {&wf_enum_type_retry_state, "InProgress", 1},
        {&wf_enum_type_retry_state, "InProgres", -1},
        {&wf_enum_type_retry_state, "InProgressX", -1},
        {&wf_enum_type_retry_state, "Unspecified", 0},
        {&wf_enum_type_timeout_type, "StartToClose", 1},
        {&wf_enum_type_command_type, "COMMAND_TYPE_START_TIMER", 3},
    };

    (void)state;
    for (size_t i = 0; i < TEST_COUNT(rows); i++) {
        int32_t number = -1;
        const bool is_known = wf_enum_number(rows[i].type, wf_string_of(rows[i].name), &number);

        if (number != rows[i].number || is_known != (number >= 0)) {
            fail_msg("%s: %d", rows[i].name, number);
        }
    }
    assert_string_equal(wf_enum_name(&wf_enum_type_retry_state, 3), "RETRY_STATE_TIMEOUT");
    assert_string_equal(wf_enum_name(&wf_enum_type_command_type, 18), "COMMAND_TYPE_REQUEST_CANCEL_NEXUS_OPERATION");
    assert_null(wf_enum_name(&wf_enum_type_command_type, 15));
    assert_null(wf_enum_name(&wf_enum_type_retry_state, -1));
    assert_null(wf_enum_name(&wf_enum_type_retry_state, 99));
}

/* Names for people, and never NULL. */
static void test_schema__type_names(void **state)
{
    (void)state;
    assert_string_equal(wf_event_type_name(10), "ActivityTaskScheduled");
    assert_string_equal(wf_event_type_name(0), "Unknown");
    assert_string_equal(wf_event_type_name(61), "Unknown");
    assert_string_equal(wf_event_type_name(-1), "Unknown");
    assert_string_equal(wf_command_type_name(1), "ScheduleActivityTask");
    assert_string_equal(wf_command_type_name(15), "Unknown");
    assert_string_equal(wf_command_type_name(19), "Unknown");
}

/* replay-rules 1.2 lists 19 command events and 6 terminal ones. Every command that becomes an event becomes one of them. */
static void test_schema__command_and_close_events(void **state)
{
    size_t command_count = 0;
    size_t close_count = 0;

    (void)state;
    for (int32_t i = -1; i <= WF_EVENT_TYPE_COUNT + 64; i++) {
        command_count += wf_event_is_command(i);
        close_count += wf_event_is_close(i);
    }
    assert_int_equal(command_count, 19);
    assert_int_equal(close_count, 6);
    assert_false(wf_event_is_command(WF_EVENT_TYPE_ACTIVITY_TASK_STARTED));
    assert_true(wf_event_is_close(WF_EVENT_TYPE_WORKFLOW_EXECUTION_TIMED_OUT));
    for (int32_t i = 1; i < WF_COMMAND_TYPE_COUNT; i++) {
        if (wf_command_descriptors[i].event != WF_EVENT_TYPE_UNSPECIFIED) {
            assert_true(wf_event_is_command((int32_t)wf_command_descriptors[i].event));
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_schema__counts_of_events_and_commands),
        cmocka_unit_test(test_schema__fields_ascend_and_lie_inside),
        cmocka_unit_test(test_schema__references_are_members_that_may_point),
        cmocka_unit_test(test_schema__next_field_skips_what_was_not_chosen),
        cmocka_unit_test(test_schema__event_attributes_are_choices_of_history_event),
        cmocka_unit_test(test_schema__fields_by_name),
        cmocka_unit_test(test_schema__enum_names),
        cmocka_unit_test(test_schema__type_names),
        cmocka_unit_test(test_schema__command_and_close_events),
    };

    return cmocka_run_group_tests_name("schema", tests, NULL, NULL);
}
