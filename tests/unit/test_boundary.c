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

static void name_attempt(struct wf_event *outcome, int64_t started_id)
{
    switch (outcome->event_type) {
    case WF_EVENT_TYPE_ACTIVITY_TASK_COMPLETED:
        outcome->attributes.activity_task_completed->started_event_id = started_id;
        break;
    case WF_EVENT_TYPE_ACTIVITY_TASK_FAILED:
        outcome->attributes.activity_task_failed->started_event_id = started_id;
        break;
    case WF_EVENT_TYPE_ACTIVITY_TASK_TIMED_OUT:
        outcome->attributes.activity_task_timed_out->started_event_id = started_id;
        break;
    default:
        outcome->attributes.activity_task_canceled->started_event_id = started_id;
        break;
    }
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

/* Buffered events that are written together stand between an activity's Started and its outcome (3.8 rule 4); an old service
 * wrote Started when the attempt began (4.2). */
static void test_boundary__an_attempt_goes_on_to_its_outcome(void **state)
{
    static const struct {
        const char *name;
        const char *events;    /* behind those that scheduled activities 5 and 6 */
        uint32_t outcomes[2];  /* each is of ... */
        int64_t started_ids[2];
        int64_t event_id;
        uint32_t kept;         /* 0: refused */
        int64_t named_event_id;
    } rows[] = {
        {"Started", "activity-started 5, signaled go, activity-completed 5, task, completed", {9}, {7}, 7, 9, 0},
        {"between", "activity-started 5, signaled go, activity-completed 5, task, completed", {9}, {7}, 8, 9, 0},
        {"the outcome", "activity-started 5, signaled go, activity-completed 5, task, completed", {9}, {7}, 9, 9, 0},
        {"before it", "activity-started 5, signaled go, activity-completed 5, task, completed", {9}, {7}, 6, 6, 0},
        {"two that cross", "activity-started 5, activity-started 6, signaled go, activity-failed 5, activity-canceled 6, task",
         {10, 11}, {7, 8}, 7, 11, 0},
        {"two, the second first", "activity-started 5, activity-started 6, signaled go, activity-canceled 6, activity-timed-out 5",
         {10, 11}, {8, 7}, 7, 11, 0},
        {"of an old service", "activity-started 5, task, completed, activity-failed 5, task", {11}, {7}, 7, 11, 0},
        {"of an old service, with the commands behind", "activity-started 5, task, activity-failed 5, completed, timer 1",
         {10}, {7}, 7, 10, 0},
        {"no outcome", "activity-started 5, signaled go, task, completed", {0}, {0}, 9, 0, 7},
        {"an outcome of the other activity", "activity-started 5, signaled go, activity-completed 6", {9}, {7}, 9, 0, 7},
        {"an outcome that never began", "activity-started 5, signaled go, activity-timed-out 5", {0}, {0}, 9, 0, 7},
        {"the second of two without outcome", "activity-started 5, activity-started 6, signaled go, activity-completed 5", {10},
         {7}, 10, 0, 8},
        {"outcomes of Started events that are none", "signaled go, activity-failed 5, activity-failed 6", {8, 9}, {INT64_MIN, 900}, 7,
         7, 0},
    };

    (void)state;
    for (size_t i = 0; i < TEST_COUNT(rows); i++) {
        struct history_builder history;
        struct wf_error err = {0};
        uint32_t kept = 0;

        build(&history, "started, task, completed, activity 1 charge, activity 2 ship");
        history_add(&history, rows[i].events);
        for (size_t at = 0; at < TEST_COUNT(rows[i].outcomes) && rows[i].outcomes[at] != 0; at++) {
            name_attempt(&history.events[rows[i].outcomes[at] - 1], rows[i].started_ids[at]);
        }
        if ((wf_boundary_find(history.events, history.count, rows[i].event_id, &kept, &err) == WF_OK) != (rows[i].kept != 0) ||
            kept != rows[i].kept || (kept == 0 && (err.event_id != rows[i].named_event_id ||
                                                   strstr(err.message, "written with its outcome") == NULL))) {
            fail_msg("%s: %u events kept, event %lld %s", rows[i].name, kept, (long long)err.event_id, err.message);
        }
    }
}

/* A pause fails the task that nobody has taken, in one write (3.5). */
static void test_boundary__a_pause_is_written_with_the_failure_it_causes(void **state)
{
    struct history_builder history;
    uint32_t kept = 0;

    (void)state;
    build(&history, "started, task, failed, paused");
    history.events[3].attributes.workflow_task_failed->cause =
        WF_WORKFLOW_TASK_FAILED_CAUSE_WORKFLOW_PAUSE_REQUESTED_BEFORE_TASK_STARTED;
    assert_int_equal(wf_boundary_find(history.events, history.count, 4, &kept, NULL), WF_OK);
    assert_int_equal(kept, 5);
}

static void ignore_the_first(struct history_builder *history)
{
    history->events[0].worker_may_ignore = true;
    history->events[0].attributes.any = NULL;
}

static void ignore_what_is_of_another_type(struct history_builder *history)
{
    history->events[4].worker_may_ignore = true;
    history->events[4].event_type = WF_EVENT_TYPE_WORKFLOW_EXECUTION_OPTIONS_UPDATED;
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
        {"a start to be ignored", ignore_the_first, 1, 1, "no attributes of its type"},
        {"attributes of another type", ignore_what_is_of_another_type, 7, 5, "no attributes of its type"},
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
        cmocka_unit_test(test_boundary__an_attempt_goes_on_to_its_outcome),
        cmocka_unit_test(test_boundary__a_pause_is_written_with_the_failure_it_causes),
        cmocka_unit_test(test_boundary__what_no_run_can_go_on_from_is_refused),
    };

    return cmocka_run_group_tests_name("boundary", tests, setup, teardown);
}
