/*
 * Where a run may have stood: the events of one write stand for all of it, what no service can go on from is refused with its
 * event, and what nobody has seen wants a task.
 */
#include "engine/boundary.h"

#include <string.h>

#include "tests/support/history_builder.h"
#include "tests/support/test.h"

static struct wf_arena arena;

static int setup(void **state)
{
    (void)state;
    wf_arena_init(&arena, wf_system_blocks(), 0);
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    wf_arena_deinit(&arena);
    return 0;
}

/* Activities that say on which queue they wait, as every service's do. */
static void build(struct history_builder *history, const char *events)
{
    history_init(history, &arena);
    history_add(history, events);
    for (uint32_t i = 0; i < history->count; i++) {
        if (history->events[i].event_type == WF_EVENT_TYPE_ACTIVITY_TASK_SCHEDULED) {
            history->events[i].attributes.activity_task_scheduled->task_queue =
                history->events[0].attributes.workflow_execution_started->task_queue;
        }
    }
}

#define LIFE                                                                                                           \
    "started, task, completed, activity 1 charge, timer 1, signaled go, task, completed, activity-started 5, "          \
    "activity-completed 5, task, completed"

/* A completed task and its commands, and an activity's Started and outcome, are one write each (3.9, 4.3). */
static void test_boundary__an_event_stands_for_its_write(void **state)
{
    static const struct {
        const char *name;
        int64_t event_id;
        uint32_t kept;
        bool wants_task;
    } rows[] = {
        {"the start", 1, 1, true},
        {"a scheduled task", 2, 2, false},
        {"a started task", 3, 3, false},
        {"a completed task, with its commands", 4, 6, false},
        {"the first of two commands", 5, 6, false},
        {"the last of them", 6, 6, false},
        {"a signal, which nobody has seen", 7, 7, true},
        {"the task that it brings", 8, 8, false},
        {"a task without commands", 10, 10, false},
        {"an activity's Started, with its outcome", 11, 12, true},
        {"the outcome", 12, 12, true},
        {"the end of the history", 15, 15, false},
    };
    struct history_builder history;

    (void)state;
    build(&history, LIFE);
    for (size_t i = 0; i < TEST_COUNT(rows); i++) {
        struct wf_error err = {0};
        uint32_t kept = 0;

        if (wf_boundary_find(history.events, history.count, rows[i].event_id, &kept, &err) != WF_OK ||
            kept != rows[i].kept || wf_boundary_wants_task(history.events, kept) != rows[i].wants_task) {
            fail_msg("%s: %u events kept, a task is %swanted %s", rows[i].name, kept,
                     wf_boundary_wants_task(history.events, kept) ? "" : "not ", err.message);
        }
    }
    assert_false(wf_boundary_has_task(history.events, 1));
    assert_true(wf_boundary_has_task(history.events, 2));
}

/* A later attempt at a task is written when it is completed (3.1), and a heartbeat's next task with the completion. */
static void test_boundary__tasks_that_are_written_later_or_at_once(void **state)
{
    struct history_builder history;
    uint32_t kept = 0;

    (void)state;
    build(&history, "started, task, failed, task, completed, activity 1 charge, task, completed");
    history.events[4].attributes.workflow_task_scheduled->attempt = 2;

    assert_int_equal(wf_boundary_find(history.events, history.count, 4, &kept, NULL), WF_OK);
    assert_int_equal(kept, 4);
    assert_true(wf_boundary_wants_task(history.events, kept));
    for (int64_t id = 5; id <= 9; id++) {
        assert_int_equal(wf_boundary_find(history.events, history.count, id, &kept, NULL), WF_OK);
        assert_int_equal(kept, 9); /* up to the Scheduled that only the completion can have asked for */
    }
}

/* What was unhandled is written with the failure that it caused (3.5). */
static void test_boundary__an_unhandled_command_is_followed_by_what_came(void **state)
{
    struct history_builder history;
    uint32_t kept = 0;

    (void)state;
    build(&history, "started, task, failed, signaled go, task, completed");
    history.events[3].attributes.workflow_task_failed->cause = WF_WORKFLOW_TASK_FAILED_CAUSE_UNHANDLED_COMMAND;

    assert_int_equal(wf_boundary_find(history.events, history.count, 4, &kept, NULL), WF_OK);
    assert_int_equal(kept, 5);
}

static void lose_attributes(struct history_builder *history)
{
    history->events[4].attributes.any = NULL;
}

static void lose_activity_type(struct history_builder *history)
{
    history->events[4].attributes.activity_task_scheduled->activity_type = NULL;
}

static void lose_activity_queue(struct history_builder *history)
{
    history->events[4].attributes.activity_task_scheduled->task_queue = NULL;
}

static void lose_workflow_queue(struct history_builder *history)
{
    history->events[0].attributes.workflow_execution_started->task_queue = NULL;
}

static void start_twice(struct history_builder *history)
{
    history->events[6] = history->events[0];
    history->events[6].event_id = 7;
}

static void try_again_without_end(struct history_builder *history)
{
    history->events[7].attributes.workflow_task_scheduled->attempt = 7;
    history->count = 9;
}

static void end_in_an_attempt(struct history_builder *history)
{
    history->count = 11;
}

static void close_early(struct history_builder *history)
{
    history->events[6].event_type = WF_EVENT_TYPE_WORKFLOW_EXECUTION_TERMINATED;
    history->events[6].attributes_case = WF_CASE_event_workflow_execution_terminated;
}

/* Files are hostile: what is missing is named, and nothing is read that is not there. */
static void test_boundary__what_no_run_can_go_on_from_is_refused(void **state)
{
    static const struct {
        const char *name;
        void (*edit)(struct history_builder *history);
        int64_t event_id;
        int64_t named_event_id;
        const char *words;
    } rows[] = {
        {"no event 0", NULL, 0, 0, "there is no event 0"},
        {"none below it", NULL, -4, 0, "there is no event -4"},
        {"none behind the last", NULL, 16, 0, "there is no event 16; the history has events 1 to 15"},
        {"no attributes", lose_attributes, 7, 5, "no attributes of its type"},
        {"no activity type", lose_activity_type, 7, 5, "no activity type"},
        {"no queue of an activity", lose_activity_queue, 5, 5, "no task queue"},
        {"no queue of the workflow", lose_workflow_queue, 1, 1, "no task queue"},
        {"a second start", start_twice, 7, 7, "event 1 and only event 1"},
        {"a later attempt that pends", try_again_without_end, 9, 9, "written when it is completed"},
        {"an attempt that runs", end_in_an_attempt, 11, 11, "written with its outcome"},
        {"a closed run", close_early, 8, 7, "closed"},
    };

    (void)state;
    for (size_t i = 0; i < TEST_COUNT(rows); i++) {
        struct history_builder history;
        struct wf_error err = {0};
        uint32_t kept = 77;

        build(&history, LIFE);
        if (rows[i].edit != NULL) {
            rows[i].edit(&history);
        }
        if (wf_boundary_find(history.events, history.count, rows[i].event_id, &kept, &err) != WF_ERR_INVALID ||
            kept != 77 || err.event_id != rows[i].named_event_id || strstr(err.message, rows[i].words) == NULL) {
            fail_msg("%s: event %lld, %s", rows[i].name, (long long)err.event_id, err.message);
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_boundary__an_event_stands_for_its_write),
        cmocka_unit_test(test_boundary__tasks_that_are_written_later_or_at_once),
        cmocka_unit_test(test_boundary__an_unhandled_command_is_followed_by_what_came),
        cmocka_unit_test(test_boundary__what_no_run_can_go_on_from_is_refused),
    };

    return cmocka_run_group_tests_name("boundary", tests, setup, teardown);
}
