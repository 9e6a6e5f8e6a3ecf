/* Commands against command events: every row of replay-rules 2.2, and the algorithm of 2.1. */
#include "tests/support/test.h"

#include "tests/support/script.h"

#define NDE "[TMPRL1100] Nondeterminism error: "
#define FATAL "Fatal error in workflow machines: "

/* Histories whose first task is completed at event 4 and whose first command event is event 5. */
#define FIRST "started, task, completed, "

static const struct {
    const char *name;
    const char *history;
    const char *answers[5];
    const char *core_flags;
    const char *official; /* "": it passes */
} rows[] = {
    /* ScheduleActivity */
    {"activity: same id and type",
     FIRST "activity 1 A, closed",
     {"activity 1 A, complete"},
     "123",
     ""},
    {"activity: another type",
     FIRST "activity 1 A, closed",
     {"activity 1 B, complete"},
     "123",
     NDE
     "Activity type of scheduled event 'A' does not match activity type of activity command 'B'"},
    {"activity: another id",
     FIRST "activity 7 A, closed",
     {"activity 1 A, complete"},
     "123",
     NDE "Activity id of scheduled event '7' does not match activity id of activity command '1'"},
    {"activity: an id of its own",
     FIRST "activity pay A, closed",
     {"activity 1 A try pay, complete"},
     "123",
     ""},
    {"activity: without flag 1 neither is compared",
     FIRST "activity 7 A, signaled, task, completed, closed",
     {"activity 1 B", "complete"},
     "",
     ""},
    {"activity: without flag 1 in the final chunk both are",
     FIRST "activity 7 A, closed",
     {"activity 1 A, complete"},
     "",
     NDE "Activity id of scheduled event '7' does not match activity id of activity command '1'"},
    /* RequestCancelActivity */
    {"activity cancel: which one is not compared",
     FIRST "activity 1, activity 2, signaled, task, completed, activity-cancel-requested 5, task",
     {"activity 1 foo wait, activity 2 foo wait", "cancel-activity 2", ""},
     "123",
     ""},
    {"activity cancel: in front of it another activity",
     FIRST "activity 1, signaled, task, completed, activity-cancel-requested 5, task",
     {"activity 1 foo wait", "activity 2, cancel-activity 1", ""},
     "123",
     FATAL
     "ActivityMachine in state ScheduleCommandCreated says the transition is invalid during event "
     "HistoryEvent(id: 10, ActivityTaskCancelRequested)"},
    {"activity cancel: in front of it a timer",
     FIRST "activity 1, signaled, task, completed, activity-cancel-requested 5, task",
     {"activity 1 foo wait", "timer 2, cancel-activity 1", ""},
     "123",
     NDE
     "Timer machine does not handle this event: HistoryEvent(id: 10, ActivityTaskCancelRequested)"},
    {"activity cancel: of what never was",
     FIRST "timer 1, fired 5, task, completed, closed",
     {"timer 1", "cancel-activity 3"},
     "123",
     NDE "Missing associated machine for Activity(3)"},
    /* Timers */
    {"timer: the id is not compared at the start",
     FIRST "timer 9, closed",
     {"timer 1, complete"},
     "123",
     ""},
    {"timer: it is when it fires",
     FIRST "timer 1, fired 5 2, task, completed, closed",
     {"timer 1", "complete"},
     "123",
     NDE "Timer fired event did not have expected timer id 1, it was 2!"},
    {"timer: a host that numbered from 0",
     FIRST "timer 0, fired 5 0, timer 1, fired 7 1, task, completed, closed",
     {"timer 1, timer 2", "complete"},
     "123",
     ""},
    {"timer: and another one of its timers",
     FIRST "timer 0, fired 5 1, task, completed, closed",
     {"timer 1", "complete"},
     "123",
     NDE "Timer fired event did not have expected timer id 0, it was 1!"},
    {"timer cancel: which one is not compared",
     FIRST "timer 1, timer 2, signaled, task, completed, timer-canceled 5, closed",
     {"timer 1, timer 2", "cancel-timer 2, complete"},
     "123",
     ""},
    {"timer: fires after its cancel command",
     FIRST "timer 1, signaled, task, completed, timer-canceled 5, fired 5, task",
     {"timer 1", "cancel-timer 1", ""},
     "123",
     ""},
    /* Local activities */
    {"local activity: same", FIRST "local 1, closed", {"local 1", "complete"}, "123", ""},
    {"local activity: another type",
     FIRST "local 1 loc, closed",
     {"local 1 other", "complete"},
     "123",
     NDE "Activity type of scheduled event 'loc' does not match activity type of activity command "
         "'other'"},
    {"local activity: another id",
     FIRST "local 1 loc, closed",
     {"local 1 loc x", "complete"},
     "123",
     NDE "Activity id of scheduled event '1' does not match activity id of activity command 'x'"},
    {"local activity: never scheduled",
     FIRST "local 1, closed",
     {"complete"},
     "123",
     NDE "Missing associated machine for LocalActivity(1)"},
    {"local activity: its place among commands is not compared",
     FIRST "timer 1, local 2, closed",
     {"local 2, timer 1", "complete"},
     "123",
     ""},
    {"local activity: two in another order",
     FIRST "local 2, local 1, closed",
     {"local 1, local 2", "complete"},
     "123",
     ""},
    {"local activity: added, never resolved", FIRST "closed", {"local 1, complete"}, "123", ""},
    /* Children */
    {"child: same", FIRST "child c Child, closed", {"child 1 c Child, complete"}, "123", ""},
    {"child: another type",
     FIRST "child c Child, closed",
     {"child 1 c Other, complete"},
     "123",
     NDE "Child workflow type of scheduled event 'Child' does not match child workflow type of "
         "command 'Other'"},
    {"child: another id",
     FIRST "child c Child, closed",
     {"child 1 d Child, complete"},
     "123",
     NDE
     "Child workflow id of scheduled event 'c' does not match child workflow id of command 'd'"},
    {"child: without flag 1 neither is compared",
     FIRST "child c Child, signaled, task, completed, closed",
     {"child 1 d Other", "complete"},
     "",
     ""},
    {"child cancel: the target is not compared",
     FIRST "child c Child, child d Child, signaled, task, completed, cancel-external c, task",
     {"child 1 c Child wait, child 2 d Child wait", "cancel-child 2", ""},
     "123",
     ""},
    /* External workflows */
    {"signal to another workflow: nothing but the kind",
     FIRST "signal-external a, closed",
     {"signal 1 b, complete"},
     "123",
     ""},
    {"cancel of another workflow: nothing but the kind",
     FIRST "cancel-external a, closed",
     {"cancel-external 1, complete"},
     "123",
     ""},
    {"signal in place of a cancel",
     FIRST "cancel-external a, closed",
     {"signal 1 b, complete"},
     "123",
     NDE "Signal external WF machine does not handle this event: HistoryEvent(id: 5, "
         "RequestCancelExternalWorkflowExecutionInitiated)"},
    {"cancel in place of a signal",
     FIRST "signal-external a, closed",
     {"cancel-external 1, complete"},
     "123",
     NDE "Cancel external WF machine does not handle this event: HistoryEvent(id: 5, "
         "SignalExternalWorkflowExecutionInitiated)"},
    /* Properties */
    {"upsert: keys are not compared", FIRST "upsert A, closed", {"upsert B, complete"}, "123", ""},
    {"memo: nothing but the kind", FIRST "memo, closed", {"memo, complete"}, "123", ""},
    {"memo in place of an upsert",
     FIRST "upsert A, closed",
     {"memo, complete"},
     "123",
     NDE "Modify workflow properties machine does not handle this event: HistoryEvent(id: 5, "
         "UpsertWorkflowSearchAttributes)"},
    {"upsert in place of a memo",
     FIRST "memo, closed",
     {"upsert A, complete"},
     "123",
     NDE "Upsert search attributes machine does not handle this event: HistoryEvent(id: 5, "
         "WorkflowPropertiesModified)"},
    /* Updates */
    {"update: accepted and completed",
     FIRST "accepted u1 2, update-completed u1, closed",
     {"accept u1, finish u1, complete"},
     "123",
     ""},
    {"update: completed in a later task",
     FIRST "accepted u1 2, timer 1, fired 6, task, completed, update-completed u1, closed",
     {"accept u1, timer 1", "finish u1, complete"},
     "123",
     ""},
    {"update: rejected after its acceptance is a completion",
     FIRST "accepted u1 2, update-completed u1, closed",
     {"accept u1, reject u1, complete"},
     "123",
     ""},
    {"update: never accepted",
     FIRST "accepted u1 2, closed",
     {"complete"},
     "123",
     NDE "Complete workflow machine does not handle this event: HistoryEvent(id: 5, "
         "WorkflowExecutionUpdateAccepted)"},
    {"update: completed where history only accepts",
     FIRST "accepted u1 2, closed",
     {"accept u1, finish u1, complete"},
     "123",
     NDE
     "Update machine does not handle this event: HistoryEvent(id: 6, WorkflowExecutionCompleted)"},
    {"update: the machine that is in front decides, not the id",
     FIRST "accepted u1 2, accepted u2 2, closed",
     {"accept u2, accept u1, complete"},
     "123",
     ""},
    /* Nexus operations */
    {"nexus: nothing but the kind", FIRST "nexus, closed", {"nexus 1, complete"}, "123", ""},
    {"nexus cancel: which one is not compared",
     FIRST "nexus, nexus, signaled, task, completed, nexus-cancel 5, closed",
     {"nexus 1 wait, nexus 2 wait", "cancel-nexus 2, complete"},
     "123",
     ""},
    {"nexus in place of an activity",
     FIRST "activity 1, closed",
     {"nexus 1, complete"},
     "123",
     NDE "Nexus operation machine does not handle this event: HistoryEvent(id: 5, "
         "ActivityTaskScheduled)"},
    /* The ends */
    {"complete in place of a failure",
     FIRST "closed-failed",
     {"complete"},
     "123",
     NDE "Complete workflow machine does not handle this event: HistoryEvent(id: 5, "
         "WorkflowExecutionFailed)"},
    {"a failure in place of completion",
     FIRST "closed",
     {"fail"},
     "123",
     NDE "Fail workflow machine does not handle this event: HistoryEvent(id: 5, "
         "WorkflowExecutionCompleted)"},
    {"cancellation in place of completion",
     FIRST "closed",
     {"cancel"},
     "123",
     NDE "Cancel workflow machine does not handle this event: HistoryEvent(id: 5, "
         "WorkflowExecutionCompleted)"},
    {"a new run in place of completion",
     FIRST "closed",
     {"continue"},
     "123",
     NDE "Continue as new workflow machine does not handle this event: HistoryEvent(id: 5, "
         "WorkflowExecutionCompleted)"},
    /* The algorithm */
    {"no command for an event",
     FIRST "timer 1, closed",
     {""},
     "123",
     NDE "No command scheduled for event HistoryEvent(id: 5, TimerStarted)"},
    {"cancelled before it was sent leaves no event",
     FIRST "timer 2, closed",
     {"timer 1, cancel-timer 1, timer 2, complete"},
     "123",
     ""},
    {"a command of an earlier task matches later (H1 passes)",
     FIRST "activity 1, activity-started 5, activity-completed 5, task, completed, timer 2, closed",
     {"activity 1, timer 2", "complete"},
     "123",
     ""},
    {"commands after a terminal one go before it with flag 3",
     FIRST "timer 1, closed",
     {"complete, timer 1"},
     "123",
     ""},
    {"and are cut without it", FIRST "closed", {"complete, timer 1"}, "12", ""},
    {"of two terminal commands the first counts", FIRST "closed", {"complete, fail"}, "123", ""},
    {"an event that the service lets workers ignore",
     FIRST "timer 1, paused, fired 5, task, completed, closed",
     {"timer 1", "complete"},
     "123",
     ""},
};

static void test_command_matching__every_row_compares_what_core_compares(void **state)
{
    for (size_t i = 0; i < TEST_COUNT(rows); i++) {
        struct history_builder history;
        struct script_result result;

        history_init(&history, *state);
        history.core_flags = rows[i].core_flags;
        history_add(&history, rows[i].history);
        script_replay(*state, &history, rows[i].answers, &result);

        test_string_is(rows[i].name, result.finding.official, rows[i].official);
        if (rows[i].official[0] != '\0') {
            assert_int_equal(result.finding.verdict, WF_VERDICT_NONDETERMINISM);
            assert_true(result.finding.message.size_bytes > 0);
        }
    }
}

/* .NET moved the end of a run behind its other commands before core did. Where its histories were not named yet, its flag says
 * so; in other languages the number means something else. */
static void test_command_matching__dotnet_moves_the_end_by_a_flag_of_its_own(void **state)
{
    static const struct {
        const char *sdk_name;
        const char *lang_flags;
        enum wf_verdict verdict;
    } sdks[] = {{"temporal-dotnet", "1", WF_VERDICT_OK},
                {"", "1", WF_VERDICT_OK},
                {"temporal-dotnet", "", WF_VERDICT_NONDETERMINISM},
                {"temporal-typescript", "1", WF_VERDICT_NONDETERMINISM}};
    const char *const answers[] = {"complete, timer 1", NULL};

    for (size_t i = 0; i < TEST_COUNT(sdks); i++) {
        struct history_builder history;
        struct script_result result;

        history_init(&history, *state);
        history.core_flags = "12";
        history.lang_flags = sdks[i].lang_flags;
        history.sdk_name = sdks[i].sdk_name;
        history_add(&history, FIRST "timer 1, closed");
        script_replay(*state, &history, answers, &result);
        assert_int_equal(result.finding.verdict, sdks[i].verdict);
    }
}

static const struct {
    const char *name;
    const char *history;
    const char *answers[3];
    enum wf_verdict verdict;
    const char *rule;
    const char *message;
} others[] = {
    {"another kind of command",
     FIRST "activity 1 A, closed",
     {"timer 1"},
     WF_VERDICT_NONDETERMINISM,
     "command-kind",
     "At event 5 history has ActivityTaskScheduled of A with id 1; there the code gives StartTimer "
     "1."},
    {"no command",
     FIRST "timer 1, closed",
     {""},
     WF_VERDICT_NONDETERMINISM,
     "command-missing",
     "At event 5 history has TimerStarted 1; there the code gives no command."},
    {"another activity type",
     FIRST "activity 1 A, closed",
     {"activity 1 B"},
     WF_VERDICT_NONDETERMINISM,
     "act-type",
     "At event 5 history has activity type A; there the code has B."},
    {"another activity id",
     FIRST "activity 7 A, closed",
     {"activity 1 A"},
     WF_VERDICT_NONDETERMINISM,
     "act-id",
     "At event 5 history has activity id 7; there the code has 1."},
    {"another child type",
     FIRST "child c A, closed",
     {"child 1 c B"},
     WF_VERDICT_NONDETERMINISM,
     "child-type",
     "At event 5 history has child workflow type A; there the code has B."},
    {"another child id",
     FIRST "child c A, closed",
     {"child 1 d A"},
     WF_VERDICT_NONDETERMINISM,
     "child-id",
     "At event 5 history has child workflow id c; there the code has d."},
    {"another local activity type",
     FIRST "local 1 A, closed",
     {"local 1 B"},
     WF_VERDICT_NONDETERMINISM,
     "la-type",
     "At event 5 history has activity type A; there the code has B."},
    {"another local activity id",
     FIRST "local 1 A, closed",
     {"local 1 A x"},
     WF_VERDICT_NONDETERMINISM,
     "la-id",
     "At event 5 history has activity id 1; there the code has x."},
    {"a local activity that is gone",
     FIRST "local 1 A, closed",
     {"complete"},
     WF_VERDICT_NONDETERMINISM,
     "la-missing",
     "At event 5 history has the result of local activity 1, which the code never starts."},
    {"another timer fires",
     FIRST "timer 1, fired 5 2, task, completed, closed",
     {"timer 1"},
     WF_VERDICT_NONDETERMINISM,
     "timer-id",
     "At event 6 timer 2 fires in history; in the code it is timer 1."},
    {"a patch that is gone",
     FIRST "patch, patches, closed",
     {"complete"},
     WF_VERDICT_NONDETERMINISM,
     "patch-marker",
     "At event 5 history has the marker of patch p1; there the code does not ask for it."},
    {"another patch",
     FIRST "patch, patches, closed",
     {"patch p2"},
     WF_VERDICT_NONDETERMINISM,
     "patch-id",
     "At event 5 history has the marker of patch p1; there the code asks for patch p2."},
    {"a cancel of what never was",
     FIRST "signaled, task, completed, closed",
     {"", "cancel-timer 4"},
     WF_VERDICT_NONDETERMINISM,
     "seq-unknown",
     "The code cancels a timer with number 4, which it never started."},
    {"the code fails the task",
     FIRST "closed",
     {"fail-task boom"},
     WF_VERDICT_CODE_FAILED,
     "task-failed",
     "The code fails the workflow task after event 3 of history:  boom"},
    {"an event of a kind that nobody can apply",
     FIRST "modified-externally, task",
     {""},
     WF_VERDICT_BAD_HISTORY,
     "history-event",
     "Event 5 (WorkflowPropertiesModifiedExternally) of history is of a kind that no worker can "
     "apply."},
    {"an outcome of what the code never started",
     FIRST "signaled, activity-started 2, task",
     {""},
     WF_VERDICT_NONDETERMINISM,
     "owner-missing",
     "At event 6 history has ActivityTaskStarted for something that the code never started."},
    {"a timer that fires after its cancel command",
     FIRST "timer 1, signaled, task, completed, timer-canceled 5, fired 5, task",
     {"timer 1", "cancel-timer 1"},
     WF_VERDICT_NONDETERMINISM,
     "machine-state",
     "At event 11 history has TimerFired 1, and the code has a timer there for which that cannot "
     "come."},
    {"a command without a variant",
     FIRST "closed",
     {"nothing"},
     WF_VERDICT_CODE_FAILED,
     "completion",
     "The task cannot go on: command 1 of the answer is empty."},
    {"a number used twice",
     FIRST "closed",
     {"timer 1, timer 1"},
     WF_VERDICT_CODE_FAILED,
     "completion",
     "The task cannot go on: the code used number 1 for a timer twice."},
    {"an answer to an update that nobody sent",
     FIRST "closed",
     {"accept u9"},
     WF_VERDICT_CODE_FAILED,
     "completion",
     "The task cannot go on: the code answers update u9, which nobody sent."},
    {"an update answered twice",
     FIRST "accepted u1 2, closed",
     {"accept u1, accept u1"},
     WF_VERDICT_CODE_FAILED,
     "completion",
     "The task cannot go on: the code answers update u1 in state AcceptCommandCreated, which is "
     "out of turn."},
    {"a query answer among commands",
     FIRST "closed",
     {"answer q"},
     WF_VERDICT_CODE_FAILED,
     "completion",
     "The task cannot go on: command 3 of the answer is unknown or out of place."},
    {"a second marker of one local activity",
     FIRST "local 1, local 1, closed",
     {"local 1"},
     WF_VERDICT_NONDETERMINISM,
     "machine-state",
     "At event 6 history has MarkerRecorded core_local_activity, and the code has a local activity "
     "there for which "
     "that cannot come."},
};

static void test_command_matching__what_else_ends_a_replay(void **state)
{
    for (size_t i = 0; i < TEST_COUNT(others); i++) {
        struct history_builder history;
        struct script_result result;

        history_init(&history, *state);
        history_add(&history, others[i].history);
        script_replay(*state, &history, others[i].answers, &result);

        test_string_is(others[i].name, result.finding.message, others[i].message);
        test_string_is(others[i].name, wf_string_of(result.finding.rule), others[i].rule);
        test_string_is(others[i].name, wf_string_of(wf_verdict_name(result.finding.verdict)),
                       wf_verdict_name(others[i].verdict));
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST_IN_ARENA(test_command_matching__every_row_compares_what_core_compares),
        TEST_IN_ARENA(test_command_matching__dotnet_moves_the_end_by_a_flag_of_its_own),
        TEST_IN_ARENA(test_command_matching__what_else_ends_a_replay),
    };

    return cmocka_run_group_tests_name("command_matching", tests, NULL, NULL);
}
