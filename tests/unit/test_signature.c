/* Signatures of findings: the same for the same mistake, whatever run shows it. */
#include "tests/support/test.h"

#include "engine/finding.h"
#include "engine/history.h"
#include "engine/schema.h"

/* A finding at an activity of history, with the code's activity beside it; NULL: the code has nothing there. */
static uint64_t signature(struct wf_arena *arena, int64_t event_id, const char *activity_id, const char *of_history,
                          const char *of_code)
{
    struct wf_activity_type history_type = {.name = wf_string_of(of_history)};
    struct wf_activity_type code_type = {.name = wf_string_of(of_code != NULL ? of_code : "")};
    struct wf_event_activity_task_scheduled scheduled = {.activity_id = wf_string_of(activity_id),
                                                         .activity_type = &history_type};
    struct wf_command_schedule_activity_task schedule = {.activity_id = wf_string_of(activity_id),
                                                         .activity_type = &code_type};
    const struct wf_event event = {.event_id = event_id,
                                   .event_type = WF_EVENT_TYPE_ACTIVITY_TASK_SCHEDULED,
                                   .attributes_case = WF_CASE_event_activity_task_scheduled,
                                   .attributes = {.activity_task_scheduled = &scheduled}};
    const struct wf_command command = {.command_type = WF_COMMAND_TYPE_SCHEDULE_ACTIVITY_TASK,
                                       .attributes = {.schedule_activity_task = &schedule}};
    const struct wf_finding finding = {.verdict = WF_VERDICT_NONDETERMINISM,
                                       .cause = WF_CAUSE_RENAMED,
                                       .diagnosis = "WF204",
                                       .rule = "act-type",
                                       .event_id = event_id,
                                       .event = &event,
                                       .command = of_code != NULL ? &command : NULL,
                                       .message = wf_string_of(activity_id)};

    return wf_finding_signature(arena, &finding, &(struct wf_history){.workflow_type = WF_STR("OrderSaga")});
}

/* Ids and words differ from run to run; the steps do not. */
static void test_signature__is_of_steps_and_not_of_ids(void **state)
{
    const uint64_t first = signature(*state, 5, "1", "charge", "reserve");

    assert_true(first != 0);
    assert_true(signature(*state, 17, "order-3-2", "charge", "reserve") == first);
    assert_false(signature(*state, 5, "1", "charge", "refund") == first);
    assert_false(signature(*state, 5, "1", "ship", "reserve") == first);
    assert_false(signature(*state, 5, "1", "charge", NULL) == first);
}

/* People write it into files: it may not change from release to release. */
static void test_signature__is_stable(void **state)
{
    assert_true(signature(*state, 5, "1", "charge", "reserve") == UINT64_C(0xb77d5dfdf98701b6));
}

/* A task that the code failed with this message, in the run of that workflow. */
static uint64_t signature_of_failure(struct wf_arena *arena, const char *workflow_id, const char *message)
{
    struct wf_application_failure_info info = {.type = WF_STR("KeyError")};
    struct wf_failure cause = {.message = wf_string_of(message),
                               .failure_info_case = WF_CASE_failure_application_failure_info,
                               .failure_info = {.application_failure_info = &info}};
    const struct wf_failure failure = {.message = WF_STR("the handler failed"), .cause = &cause};
    const struct wf_finding finding = {.verdict = WF_VERDICT_CODE_FAILED,
                                       .diagnosis = "WF221",
                                       .rule = "task-failed",
                                       .failure = &failure};
    const struct wf_history history = {.workflow_type = WF_STR("OrderSaga"),
                                       .workflow_id = wf_string_of(workflow_id),
                                       .run_id = WF_STR("feedbeef-beef-4000-8000-feedbeeffeed")};

    return wf_finding_signature(arena, &finding, &history);
}

/* Every mistake of the code is WF221: its own words tell one from another, what only this run says in them does not. */
static void test_signature__of_a_failed_task_is_of_its_words_and_not_of_its_values(void **state)
{
    static const struct {
        const char *name;
        const char *one;
        const char *other;
        bool is_same;
    } rows[] = {
        {"another mistake", "it is not JSON", "JSON has no infinity and no NaN", false},
        {"another step", "activity charge needs a timeout", "activity ship needs a timeout", false},
        {"a number", "got 3 items", "got 1,000 items", true},
        {"its sign and fraction", "the sum is -3", "the sum is 17.25e-3", true},
        {"an address", "at 0x7ffe01a8", "at 0xdeadbeef", true},
        {"a time", "since 2026-11-21T10:00:00Z", "since 2025-01-02T03:04:05.678+01:00", true},
        {"a UUID", "run 0190a0c0-0000-4000-8000-0000000000ff is gone", "run deafbeef-cafe-abcd-babe-feedfeedfeed is gone", true},
        {"a checksum", "no block deadbeef", "no block 01234567", true},
        {"the id of the run", "run feedbeef-beef-4000-8000-feedbeeffeed", "run 0190a0c0-0000-4000-8000-0000000000ff", true},
        {"a made name", "no order-3 in stock", "no order-17 in stock", true},
        {"the kind of a made name", "no order-3 in stock", "no customer-3 in stock", false},
        {"a name that ends in a number", "no field line2", "no field line1", true},
        {"its letters", "no field line2", "no field address2", false},
        {"words around a number", "patch 2024-rounding", "patch 2024-taxes", false},
        {"letters that are hexadecimal digits", "a bad facade", "a faded cafe", false},
        {"letters beyond ASCII", "Gr\xc3\xb6\xc3\x9f" "e 3", "Gr\xc3\xb6\xc3\x9f" "e 4", true},
        {"nothing", "", "why", false},
    };

    for (size_t i = 0; i < TEST_COUNT(rows); i++) {
        const uint64_t one = signature_of_failure(*state, "order", rows[i].one);
        const uint64_t other = signature_of_failure(*state, "order", rows[i].other);

        if ((one == other) != rows[i].is_same) {
            fail_msg("%s", rows[i].name);
        }
    }
}

/* Ids that people make have no form: the run's own is known. */
static void test_signature__of_a_failed_task_does_not_have_the_id_of_its_workflow(void **state)
{
    const uint64_t first = signature_of_failure(*state, "blue-shirts", "no stock for blue-shirts, too late");

    assert_true(signature_of_failure(*state, "red", "no stock for red, too late") == first);
    assert_false(signature_of_failure(*state, "red", "no stock for redder, too late") == first);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST_IN_ARENA(test_signature__is_of_steps_and_not_of_ids),
        TEST_IN_ARENA(test_signature__is_stable),
        TEST_IN_ARENA(test_signature__of_a_failed_task_is_of_its_words_and_not_of_its_values),
        TEST_IN_ARENA(test_signature__of_a_failed_task_does_not_have_the_id_of_its_workflow),
    };

    return cmocka_run_group_tests_name("signature", tests, NULL, NULL);
}
