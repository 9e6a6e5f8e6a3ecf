/* What happens at the ends of histories: every core row of replay-rules 2.6, and what the official
 * replayer would say. */
#include "tests/support/test.h"

#include "tests/support/script.h"

/* A: one activity in the first task, closed in the second. */
#define CLOSED                                                                                     \
    "started, task, completed, activity 1 A, activity-started 5, activity-completed 5, task, "     \
    "completed, "
#define CLOSED_A CLOSED "closed"
#define OPEN_A                                                                                     \
    "started, task, completed, activity 1 A, activity-started 5, activity-completed 5, task"
#define SIGNAL "started, task, completed, signaled, task"

static const struct {
    const char *name;
    const char *history;
    const char *answers[4];
    enum wf_verdict verdict;
    int64_t event_id;
    const char *official; /* "": it passes */
} rows[] = {
    {"closed, same code", CLOSED_A, {"activity 1 A", "complete"}, WF_VERDICT_OK, 0, ""},
    {"closed, an extra command before",
     CLOSED_A,
     {"timer 1, activity 1 A", "complete"},
     WF_VERDICT_NONDETERMINISM,
     5,
     "[TMPRL1100] Nondeterminism error: Timer machine does not handle this event: HistoryEvent(id: "
     "5, "
     "ActivityTaskScheduled)"},
    {"closed, an extra command after, same task",
     CLOSED_A,
     {"activity 1 A, timer 1", "complete"},
     WF_VERDICT_NONDETERMINISM,
     11,
     "[TMPRL1100] Nondeterminism error: Timer machine does not handle this event: HistoryEvent(id: "
     "11, "
     "WorkflowExecutionCompleted)"},
    {"closed, an extra step after",
     CLOSED_A,
     {"activity 1 A", "timer 1"},
     WF_VERDICT_NONDETERMINISM,
     11,
     "[TMPRL1100] Nondeterminism error: Timer machine does not handle this event: HistoryEvent(id: "
     "11, "
     "WorkflowExecutionCompleted)"},
    {"closed, returns at once",
     CLOSED_A,
     {"complete"},
     WF_VERDICT_NONDETERMINISM,
     5,
     "[TMPRL1100] Nondeterminism error: Complete workflow machine does not handle this event: "
     "HistoryEvent(id: 5, "
     "ActivityTaskScheduled)"},
    {"closed, blocks forever",
     CLOSED_A,
     {""},
     WF_VERDICT_NONDETERMINISM,
     5,
     "[TMPRL1100] Nondeterminism error: No command scheduled for event HistoryEvent(id: 5, "
     "ActivityTaskScheduled)"},
    {"open, an extra command after", OPEN_A, {"activity 1 A, timer 1", ""}, WF_VERDICT_OK, 0, ""},
    {"open, no task in flight, an extra command after",
     "started, task, completed, activity 1 A",
     {"activity 1 A, timer 1"},
     WF_VERDICT_OK,
     0,
     ""},
    {"open, returns at once",
     OPEN_A,
     {"complete"},
     WF_VERDICT_NONDETERMINISM,
     5,
     "[TMPRL1100] Nondeterminism error: Complete workflow machine does not handle this event: "
     "HistoryEvent(id: 5, "
     "ActivityTaskScheduled)"},
    {"closed after a signal, completes before it",
     SIGNAL ", completed, closed",
     {"complete", ""},
     WF_VERDICT_OK,
     0,
     ""},
    {"open after a signal, completes before it", SIGNAL, {"complete", ""}, WF_VERDICT_OK, 0, ""},
    {"terminated, an extra command after",
     "started, task, completed, activity 1 A, terminated",
     {"activity 1 A, timer 1"},
     WF_VERDICT_OK,
     0,
     ""},
    {"failed, fails with another error",
     CLOSED "closed-failed",
     {"activity 1 A", "fail"},
     WF_VERDICT_OK,
     0,
     ""},
    {"failed, completes",
     CLOSED "closed-failed",
     {"activity 1 A", "complete"},
     WF_VERDICT_NONDETERMINISM,
     11,
     "[TMPRL1100] Nondeterminism error: Complete workflow machine does not handle this event: "
     "HistoryEvent(id: 11, "
     "WorkflowExecutionFailed)"},
    {"failed, starts a timer",
     CLOSED "closed-failed",
     {"activity 1 A", "timer 1"},
     WF_VERDICT_NONDETERMINISM,
     11,
     "[TMPRL1100] Nondeterminism error: Timer machine does not handle this event: HistoryEvent(id: "
     "11, "
     "WorkflowExecutionFailed)"},
    {"continued as new, completes",
     CLOSED "closed-continued",
     {"activity 1 A", "complete"},
     WF_VERDICT_NONDETERMINISM,
     11,
     "[TMPRL1100] Nondeterminism error: Complete workflow machine does not handle this event: "
     "HistoryEvent(id: 11, "
     "WorkflowExecutionContinuedAsNew)"},
    {"continued as new, fails",
     CLOSED "closed-continued",
     {"activity 1 A", "fail"},
     WF_VERDICT_NONDETERMINISM,
     11,
     "[TMPRL1100] Nondeterminism error: Fail workflow machine does not handle this event: "
     "HistoryEvent(id: 11, "
     "WorkflowExecutionContinuedAsNew)"},
    {"continued as new, same code",
     CLOSED "closed-continued",
     {"activity 1 A", "continue"},
     WF_VERDICT_OK,
     0,
     ""},
    /* The official replayers report success for anything in the last, open task (H4): here it is
       found all the same. */
    {"open, the code fails the task in flight",
     OPEN_A,
     {"activity 1 A", "fail-task boom"},
     WF_VERDICT_CODE_FAILED,
     9,
     ""},
    {"a timer of another id fires, closed",
     "started, task, completed, timer 1, fired 5 2, task, completed, closed",
     {"timer 1", "complete"},
     WF_VERDICT_NONDETERMINISM,
     6,
     "[TMPRL1100] Nondeterminism error: Timer fired event did not have expected timer id 1, it was "
     "2!"},
    {"a timer of another id fires in the open task",
     "started, task, completed, timer 1, fired 5 2, task",
     {"timer 1"},
     WF_VERDICT_NONDETERMINISM,
     6,
     ""},
    {"the code fails an earlier task",
     CLOSED_A,
     {"fail-task boom"},
     WF_VERDICT_CODE_FAILED,
     3,
     " boom"},
    {"closed as canceled",
     CLOSED "closed-canceled",
     {"activity 1 A", "cancel"},
     WF_VERDICT_OK,
     0,
     ""},
    {"timed out by the service",
     CLOSED "closed-timed-out",
     {"activity 1 A", "timer 1"},
     WF_VERDICT_OK,
     0,
     ""},
};

/* Every row gives the verdict of core, except where the official replayers hide what is wrong. */
static void test_ends__every_row_gives_the_verdict_of_core(void **state)
{
    for (size_t i = 0; i < TEST_COUNT(rows); i++) {
        struct history_builder history;
        struct script_result result;

        history_init(&history, *state);
        history_add(&history, rows[i].history);
        script_replay(*state, &history, rows[i].answers, &result);

        test_string_is(rows[i].name, wf_string_of(wf_verdict_name(result.finding.verdict)),
                       wf_verdict_name(rows[i].verdict));
        test_string_is(rows[i].name, result.finding.official, rows[i].official);
        assert_int_equal(result.finding.event_id, rows[i].event_id);
    }
}

/* Our own sentence names the event, history and code. */
static void test_ends__the_message_says_what_history_has_and_what_the_code_gives(void **state)
{
    static const char *const answers[] = {"timer 1, activity 1 A", NULL};
    struct history_builder history;
    struct script_result result;

    history_init(&history, *state);
    history_add(&history, CLOSED_A);
    script_replay(*state, &history, answers, &result);

    test_string_is("message", result.finding.message,
                   "At event 5 history has ActivityTaskScheduled of A with id 1; there the code "
                   "gives StartTimer 1.");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST_IN_ARENA(test_ends__every_row_gives_the_verdict_of_core),
        TEST_IN_ARENA(test_ends__the_message_says_what_history_has_and_what_the_code_gives),
    };

    return cmocka_run_group_tests_name("ends", tests, NULL, NULL);
}
