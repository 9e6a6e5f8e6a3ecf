/* Events in words. */
#include "sim/cli/summary.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

static struct wf_arena arena;

static int set_up(void **state)
{
    (void)state;
    wf_arena_init(&arena, wf_system_blocks(), 0);
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    wf_arena_deinit(&arena);
    return 0;
}

static void assert_text(const struct wf_buffer *text, const char *expected)
{
    if (!wf_string_is(wf_buffer_string(text), expected)) {
        fail_msg("'%.*s' is not '%s'", (int)text->size_bytes, text->data, expected);
    }
}

/* A duration is said with three digits or two units, so that columns of them can be compared at a glance. */
static void test_summary__durations_are_short(void **state)
{
    static const struct {
        int64_t duration_ns;
        const char *expected;
    } rows[] = {
        {0, "0"},
        {1, "<1ms"},
        {999999, "<1ms"},
        {1000000, "1ms"},
        {999999999, "999ms"},
        {1000000000, "1s"},
        {1005000000, "1.005s"},
        {59999000000, "59.999s"},
        {60000000000, "1m 00s"},
        {125000000000, "2m 05s"},
        {3600000000000, "1h 00m"},
        {7 * 86400 * INT64_C(1000000000) + 3600000000000, "7d 01h"},
        {-1500000000, "-1.500s"},
        {INT64_MAX, "106751d 23h"},
        {INT64_MIN, "-106751d 23h"},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct wf_buffer text;

        wf_buffer_init(&text, &arena);
        cli_append_duration(&text, rows[i].duration_ns);
        assert_text(&text, rows[i].expected);
    }
}

/* Timestamps are UTC, in the calendar that everyone uses, from the year 1 that real files hold onwards. */
static void test_summary__timestamps_are_utc(void **state)
{
    static const struct {
        int64_t seconds;
        int32_t nanos;
        const char *expected;
    } rows[] = {
        {0, 0, "1970-01-01T00:00:00Z"},
        {951782400, 0, "2000-02-29T00:00:00Z"},
        {1767225599, 999999999, "2025-12-31T23:59:59.999Z"},
        {-1, 0, "1969-12-31T23:59:59Z"},
        {INT64_C(-62135596800), 0, "0001-01-01T00:00:00Z"},
        {INT64_C(253402300799), 0, "9999-12-31T23:59:59Z"},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        const struct wf_timestamp timestamp = {.seconds = rows[i].seconds, .nanos = rows[i].nanos, .is_set = true};
        struct wf_buffer text;

        wf_buffer_init(&text, &arena);
        cli_append_timestamp(&text, timestamp);
        assert_text(&text, rows[i].expected);
    }
}

/* Distances between times that 64-bit nanoseconds do not reach saturate instead of overflowing. */
static void test_summary__elapsed_time_saturates(void **state)
{
    const struct wf_timestamp year_one = {.seconds = INT64_C(-62135596800), .is_set = true};
    const struct wf_timestamp year_9999 = {.seconds = INT64_C(253402300799), .is_set = true};
    const struct wf_timestamp zero = {.is_set = true};

    (void)state;
    assert_int_equal(cli_elapsed_ns(year_one, year_9999), INT64_MAX);
    assert_int_equal(cli_elapsed_ns(year_9999, year_one), INT64_MIN);
    assert_int_equal(cli_elapsed_ns(zero, zero), 0);
    assert_int_equal(cli_elapsed_ns(zero, (struct wf_timestamp){.seconds = 2, .nanos = 5, .is_set = true}),
                     INT64_C(2000000005));
}

static struct wf_failure card_declined = {
    .message = {"no funds", 8},
    .failure_info_case = WF_CASE_failure_application_failure_info,
};

/* A history of one activity that fails: every kind of value that a summary shows. */
static struct wf_history activity_history(void)
{
    struct wf_event *events = wf_arena_take_array(&arena, 3, sizeof(*events));
    struct wf_event_activity_task_scheduled *scheduled = wf_message_new(&arena, &wf_type_event_activity_task_scheduled);
    struct wf_event_activity_task_started *started = wf_message_new(&arena, &wf_type_event_activity_task_started);
    struct wf_event_activity_task_failed *failed = wf_message_new(&arena, &wf_type_event_activity_task_failed);
    struct wf_payload *payload = NULL;
    struct wf_entry_string *encoding = NULL;

    scheduled->activity_id = WF_STR("2");
    scheduled->activity_type = wf_message_new(&arena, &wf_type_activity_type);
    scheduled->activity_type->name = WF_STR("charge_payment");
    scheduled->input = wf_message_new(&arena, &wf_type_payloads);
    payload = WF_LIST_APPEND(&arena, scheduled->input->payloads);
    payload->data = WF_STR("\"order-3\"");
    encoding = WF_LIST_APPEND(&arena, payload->metadata);
    *encoding = (struct wf_entry_string){WF_STR("encoding"), WF_STR("json/plain")};
    payload = WF_LIST_APPEND(&arena, scheduled->input->payloads);
    payload->data = WF_STR("\x01\x02");
    events[0] = (struct wf_event){.event_id = 5,
                                  .event_type = WF_EVENT_TYPE_ACTIVITY_TASK_SCHEDULED,
                                  .attributes_case = WF_CASE_event_activity_task_scheduled,
                                  .attributes.activity_task_scheduled = scheduled};
    started->scheduled_event_id = 5;
    started->attempt = 1;
    started->identity = WF_STR("worker-1");
    events[1] = (struct wf_event){.event_id = 6,
                                  .event_type = WF_EVENT_TYPE_ACTIVITY_TASK_STARTED,
                                  .attributes_case = WF_CASE_event_activity_task_started,
                                  .attributes.activity_task_started = started};
    card_declined.failure_info.application_failure_info = wf_message_new(&arena, &wf_type_application_failure_info);
    card_declined.failure_info.application_failure_info->type = WF_STR("CardDeclined");
    failed->scheduled_event_id = 5;
    failed->failure = &card_declined;
    failed->retry_state = WF_RETRY_STATE_NON_RETRYABLE_FAILURE;
    events[2] = (struct wf_event){.event_id = 7,
                                  .event_type = WF_EVENT_TYPE_ACTIVITY_TASK_FAILED,
                                  .attributes_case = WF_CASE_event_activity_task_failed,
                                  .attributes.activity_task_failed = failed};
    return (struct wf_history){.events = events, .event_count = 3};
}

/* Values are shown, references are followed, and what is not set, or is a first attempt, takes no place. */
static void test_summary__says_what_an_event_is_about(void **state)
{
    static const char *const expected[] = {"charge_payment #2 (\"order-3\", <2 bytes>)", "charge_payment by worker-1",
                                           "charge_payment CardDeclined: no funds [non retryable failure]"};
    const struct wf_history history = activity_history();

    (void)state;
    for (uint32_t i = 0; i < history.event_count; i++) {
        struct wf_buffer text;

        wf_buffer_init(&text, &arena);
        cli_append_summary(&text, &history, &history.events[i], 40);
        assert_text(&text, expected[i]);
    }
}

/* A reference to an event that is not there, and attributes of another type, are left out: nothing was validated. */
static void test_summary__broken_histories_are_still_printed(void **state)
{
    struct wf_history history = activity_history();
    struct wf_buffer text;

    (void)state;
    wf_buffer_init(&text, &arena);
    history.events[1].attributes.activity_task_started->scheduled_event_id = 99;
    cli_append_summary(&text, &history, &history.events[1], 40);
    assert_text(&text, " by worker-1");

    wf_buffer_reset(&text);
    history.events[1].event_type = WF_EVENT_TYPE_TIMER_FIRED;
    cli_append_summary(&text, &history, &history.events[1], 40);
    history.events[1].event_type = 61;
    cli_append_summary(&text, &history, &history.events[1], 40);
    assert_text(&text, "");
}

/* Sets every field that holds one message, so that every path of a template can be followed to its end. */
static void fill(const struct wf_message_type *type, void *message, int depth)
{
    for (uint32_t i = 0; i < type->field_count && depth < 4; i++) {
        const struct wf_field *field = &type->fields[i];

        if (field->kind == WF_KIND_MESSAGE && field->label == WF_LABEL_ONE && field->case_offset == 0) {
            void *child = wf_message_new(&arena, field->message);

            assert_non_null(child);
            fill(field->message, child, depth + 1);
            memcpy((char *)message + field->offset, &child, sizeof(child));
        }
    }
}

/* The fields that the templates name exist: looking up one that does not would fail an assertion. */
static void test_summary__templates_name_fields_that_exist(void **state)
{
    (void)state;
    for (int32_t type = 1; type < WF_EVENT_TYPE_COUNT; type++) {
        const struct wf_event_descriptor *descriptor = &wf_event_descriptors[type];
        struct wf_event event = {.event_type = type, .attributes_case = descriptor->oneof_number};
        const struct wf_history history = {.events = &event, .event_count = 1};
        struct wf_buffer text;

        event.attributes.any = wf_message_new(&arena, descriptor->attributes);
        fill(descriptor->attributes, event.attributes.any, 0);
        wf_buffer_init(&text, &arena);
        cli_append_summary(&text, &history, &event, 40);
        cli_append_step_name(&text, &event);
        assert_false(text.is_full);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_summary__durations_are_short),
        cmocka_unit_test(test_summary__timestamps_are_utc),
        cmocka_unit_test(test_summary__elapsed_time_saturates),
        cmocka_unit_test(test_summary__says_what_an_event_is_about),
        cmocka_unit_test(test_summary__broken_histories_are_still_printed),
        cmocka_unit_test(test_summary__templates_name_fields_that_exist),
    };

    return cmocka_run_group_tests_name("summary", tests, set_up, tear_down);
}
