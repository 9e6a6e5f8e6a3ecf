#include "tests/support/test.h"

#include "engine/history_diff.h"
#include "tests/support/history_builder.h"

/* "5~6 input: "a" | "b"; -7; +8": pairs with their fields, what left alone has, what right alone has. */
static struct wf_string diff_text(struct wf_arena *arena, struct history_builder *left, struct history_builder *right)
{
    const struct wf_history one = history_of(left);
    const struct wf_history other = history_of(right);
    struct wf_history_diff diff;
    struct wf_buffer out;

    assert_true(wf_diff_histories(arena, &one, &other, &diff));
    wf_buffer_init(&out, arena);
    for (uint32_t i = 0; i < diff.differences.count; i++) {
        const struct wf_history_difference *difference = &diff.differences.items[i];

        if (difference->right == NULL) {
            wf_buffer_printf(&out, "-%lld; ", (long long)difference->left->event_id);
        } else if (difference->left == NULL) {
            wf_buffer_printf(&out, "+%lld; ", (long long)difference->right->event_id);
        } else {
            wf_buffer_printf(&out, "%lld~%lld", (long long)difference->left->event_id,
                             (long long)difference->right->event_id);
            for (uint32_t j = 0; j < difference->fields.count; j++) {
                const struct wf_difference *field = &difference->fields.items[j];

                wf_buffer_printf(&out, " %S: %S | %S", &field->path, &field->left, &field->right);
            }
            wf_buffer_append_text(&out, "; ");
        }
    }
    wf_buffer_printf(&out, "%u alike", diff.alike_count);
    assert_int_equal(diff.alike_count + diff.differing_count + diff.left_count, left->count);
    assert_int_equal(diff.alike_count + diff.differing_count + diff.right_count, right->count);
    return wf_buffer_string(&out);
}

/* Steps put in, taken out, moved or changed show as that and as nothing else; ids behind them lead to the same events. */
static void test_history_diff__aligns_and_compares(void **state)
{
    static const struct {
        const char *name;
        const char *left;
        const char *right;
        const char *differences;
    } rows[] = {
        {"the same", "started, task, completed, timer 1, fired 5 1, task, completed, closed",
         "started, task, completed, timer 1, fired 5 1, task, completed, closed", "10 alike"},
        {"a step more, and all ids behind it others", "started, task, completed, timer 1, fired 5 1, task, completed, closed",
         "started, task, completed, activity 1 charge, timer 2, activity-started 5, fired 6 2, task, completed, closed",
         "+5; +7; 10 alike"},
        {"a marker whose name was made to have an activity's key", "started, task, completed, activity 1 a0000661",
         "started, task, completed, marker Vvg&;uDw", "-5; +5; 4 alike"},
        {"another activity in its place", "started, task, completed, activity 1 charge, activity-started 5, activity-completed 5",
         "started, task, completed, activity 1 refund, activity-started 5, activity-completed 5",
         "-5; -6; -7; +5; +6; +7; 4 alike"},
        {"what became of which of two is told apart",
         "started, task, completed, activity 1 charge, activity 2 ship, activity-started 5, activity-completed 5, "
         "activity-started 6, activity-completed 6",
         "started, task, completed, activity 1 charge, activity 2 ship, activity-started 6, activity-completed 6, "
         "activity-started 5, activity-completed 5",
         "-7; -8; +9; +10; 8 alike"},
        {"a worker that died", "started, task, completed, timer 1, fired 5 1, task, timed-out, task, completed, closed",
         "started, task, completed, timer 1, fired 5 1, task, completed, closed", "-7; -8; -9; 10 alike"},
        {"another signal", "started, signaled go, task, completed", "started, signaled stop, task, completed",
         "-2; +2; 4 alike"},
        {"another end", "started, task, completed, closed", "started, task, completed, closed-failed",
         "-5; +5; 4 alike"},
    };

    for (size_t i = 0; i < TEST_COUNT(rows); i++) {
        struct history_builder left;
        struct history_builder right;

        history_init(&left, *state);
        history_init(&right, *state);
        history_add(&left, rows[i].left);
        history_add(&right, rows[i].right);
        test_string_is(rows[i].name, diff_text(*state, &left, &right), rows[i].differences);
    }
}

#define STEPS "started, task, completed, activity 1 charge, activity-started 5, activity-completed 5, task, completed, closed"

/* Ids, times, workers and queues of workflow tasks say nothing; values, timeouts and references do. */
static void test_history_diff__scrubs_ids_and_times_only(void **state)
{
    struct wf_task_queue sticky = {.name = WF_STR("worker-1:sticky"), .kind = WF_TASK_QUEUE_KIND_STICKY};
    struct wf_event_activity_task_scheduled *scheduled = NULL;
    struct history_builder left;
    struct history_builder right;

    history_init(&left, *state);
    history_init(&right, *state);
    history_add(&left, STEPS);
    history_add(&right, STEPS);
    for (uint32_t i = 0; i < right.count; i++) {
        right.events[i].event_time.seconds += 3600 + i;
        right.events[i].task_id += 77;
    }
    right.events[0].attributes.workflow_execution_started->workflow_id = WF_STR("order-4");
    right.events[0].attributes.workflow_execution_started->first_execution_run_id = WF_STR("other");
    right.events[0].attributes.workflow_execution_started->workflow_execution_expiration_time =
        (struct wf_timestamp){7, 0, true};
    right.events[2].attributes.workflow_task_started->identity = WF_STR("2@worker-2");
    right.events[2].attributes.workflow_task_started->history_size_bytes = 12345;
    right.events[1].attributes.workflow_task_scheduled->task_queue = &sticky;
    scheduled = right.events[4].attributes.activity_task_scheduled;
    scheduled->activity_id = WF_STR("9");
    test_string_is("scrubbed", diff_text(*state, &left, &right), "11 alike");

    scheduled->start_to_close_timeout = (struct wf_timestamp){61, 0, true};
    scheduled->input = history_payloads(*state, "\"b\"");
    test_string_is("values", diff_text(*state, &left, &right),
                   "5~5 input:  | [\"b\"] startToCloseTimeout:  | 61s; 10 alike");
    scheduled->start_to_close_timeout = left.events[4].attributes.activity_task_scheduled->start_to_close_timeout;
    scheduled->input = NULL;
    right.events[6].attributes.activity_task_completed->started_event_id = 4;
    test_string_is("reference", diff_text(*state, &left, &right), "7~7 startedEventId: event 6 | event 4; 10 alike");
}

/* Events may carry attributes of another type, or none, and refer to what is not there. */
static void test_history_diff__takes_what_is_broken(void **state)
{
    struct history_builder left;
    struct history_builder right;

    history_init(&left, *state);
    history_init(&right, *state);
    history_add(&left, STEPS);
    history_add(&right, STEPS);
    left.events[4].event_type = WF_EVENT_TYPE_START_CHILD_WORKFLOW_EXECUTION_INITIATED;
    left.events[5].attributes.any = NULL;
    left.events[6].attributes.activity_task_completed->scheduled_event_id = INT64_MAX;
    right.events[6].attributes.activity_task_completed->started_event_id = INT64_MIN;
    right.events[7].event_type = 4711;
    test_string_is("broken", diff_text(*state, &left, &right), "-5; -6; -7; -8; -9; -10; +5; +6; +7; +8; +9; +10; 5 alike");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST_IN_ARENA(test_history_diff__aligns_and_compares),
        TEST_IN_ARENA(test_history_diff__scrubs_ids_and_times_only),
        TEST_IN_ARENA(test_history_diff__takes_what_is_broken),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
