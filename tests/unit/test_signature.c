/* Signatures of findings: the same for the same mistake, whatever run shows it. */
#include "tests/support/test.h"

#include "engine/finding.h"
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

    return wf_finding_signature(arena, &finding, WF_STR("OrderSaga"));
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

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST_IN_ARENA(test_signature__is_of_steps_and_not_of_ids),
        TEST_IN_ARENA(test_signature__is_stable),
    };

    return cmocka_run_group_tests_name("signature", tests, NULL, NULL);
}
