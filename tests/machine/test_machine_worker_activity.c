/* Remote activities: replay-rules 4.1 and 4.4. */
#include "tests/support/test.h"

#include "tests/support/machine_rows.h"

static const struct machine_story stories[] = {
    {"completes",
     "started, task, completed, activity 1, activity-started 5, activity-completed 5, task, "
     "completed, closed",
     {"activity 1", "complete"},
     "3 replaying: initialize\n"
     "9 replaying: activity 1 completed\n",
     ""},
    {"fails",
     "started, task, completed, activity 1, activity-started 5, activity-failed 5, task, "
     "completed, closed",
     {"activity 1", "complete"},
     "3 replaying: initialize\n"
     "9 replaying: activity 1 failed\n",
     ""},
    {"times out unstarted",
     "started, task, completed, activity 1, activity-timed-out 5, task, completed, closed",
     {"activity 1", "complete"},
     "3 replaying: initialize\n"
     "8 replaying: activity 1 failed\n",
     ""},
    {"cancelled before it was sent: cancelled now, in an extra activation, and no events",
     "started, task, completed, closed",
     {"activity 1, cancel-activity 1", "complete"},
     "3 replaying: initialize\n"
     "3 replaying: activity 1 cancelled\n",
     ""},
    {"TRY: cancelled now, the command goes out, the outcome is ignored",
     "started, task, completed, activity 1, signaled, task, completed, activity-cancel-requested "
     "5, timer 2, activity-started 5, activity-completed 5, fired 11 2, task, completed, closed",
     {"activity 1", "cancel-activity 1, timer 2", "", "complete"},
     "3 replaying: initialize\n"
     "8 replaying: signal signal\n"
     "8 replaying: activity 1 cancelled\n"
     "16 replaying: fire 2\n",
     ""},
    {"WAIT: the outcome decides",
     "started, task, completed, activity 1, signaled, task, completed, activity-cancel-requested "
     "5, activity-started 5, activity-canceled 5, task, completed, closed",
     {"activity 1 foo wait", "cancel-activity 1", "complete"},
     "3 replaying: initialize\n"
     "8 replaying: signal signal\n"
     "14 replaying: activity 1 cancelled\n",
     ""},
    {"WAIT: completed all the same",
     "started, task, completed, activity 1, signaled, task, completed, activity-cancel-requested "
     "5, activity-started 5, activity-completed 5, task, completed, closed",
     {"activity 1 foo wait", "cancel-activity 1", "complete"},
     "3 replaying: initialize\n"
     "8 replaying: signal signal\n"
     "14 replaying: activity 1 completed\n",
     ""},
    {"ABANDON: cancelled now, no command, the outcome is ignored",
     "started, task, completed, activity 1, signaled, task, completed, timer 2, activity-started "
     "5, activity-failed 5, fired 10 2, task, completed, closed",
     {"activity 1 foo abandon", "cancel-activity 1, timer 2", "", "complete"},
     "3 replaying: initialize\n"
     "8 replaying: signal signal\n"
     "8 replaying: activity 1 cancelled\n"
     "15 replaying: fire 2\n",
     ""},
    {"resolved: a cancel is ignored",
     "started, task, completed, activity 1, activity-started 5, activity-completed 5, task, "
     "completed, closed",
     {"activity 1", "cancel-activity 1, complete"},
     "3 replaying: initialize\n"
     "9 replaying: activity 1 completed\n",
     ""},
    {"completes unstarted",
     "started, task, completed, activity 1, activity-completed 5, task, completed, closed",
     {"activity 1"},
     "3 replaying: initialize\n",
     "At event 6 history has ActivityTaskCompleted, and the code has an activity there for which "
     "that cannot come."},
};

static void test_machine_worker_activity__every_row_leads_where_the_table_says(void **state)
{
    machine_rows_check(*state, WF_MACHINE_ACTIVITY);
}

static void test_machine_worker_activity__histories_and_answers_make_the_jobs_they_should(
    void **state)
{
    machine_stories_check(*state, stories, TEST_COUNT(stories));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST_IN_ARENA(test_machine_worker_activity__every_row_leads_where_the_table_says),
        TEST_IN_ARENA(
            test_machine_worker_activity__histories_and_answers_make_the_jobs_they_should),
    };

    return cmocka_run_group_tests_name("machine_worker_activity", tests, NULL, NULL);
}
