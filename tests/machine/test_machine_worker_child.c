/* Child workflows: replay-rules 4.1 and 4.4. */
#include "tests/support/test.h"

#include "tests/support/machine_rows.h"

static const struct machine_story stories[] = {
    {"starts and completes",
     "started, task, completed, child, child-started 5, child-completed 5, task, completed, closed",
     {"child 1", "complete"},
     "3 replaying: initialize\n"
     "9 replaying: child-start 1 ok; child 1 completed\n",
     ""},
    {"cannot start",
     "started, task, completed, child, child-start-failed 5, task, completed, closed",
     {"child 1", "complete"},
     "3 replaying: initialize\n"
     "8 replaying: child-start 1 failed\n",
     ""},
    {"fails",
     "started, task, completed, child, child-started 5, child-failed 5, task, completed, closed",
     {"child 1", "complete"},
     "3 replaying: initialize\n"
     "9 replaying: child-start 1 ok; child 1 failed\n",
     ""},
    {"times out",
     "started, task, completed, child, child-started 5, child-timed-out 5, task, completed, closed",
     {"child 1", "complete"},
     "3 replaying: initialize\n"
     "9 replaying: child-start 1 ok; child 1 failed\n",
     ""},
    {"is terminated",
     "started, task, completed, child, child-started 5, child-terminated 5, task, completed, "
     "closed",
     {"child 1", "complete"},
     "3 replaying: initialize\n"
     "9 replaying: child-start 1 ok; child 1 failed\n",
     ""},
    {"is cancelled by others",
     "started, task, completed, child, child-started 5, child-canceled 5, task, completed, closed",
     {"child 1", "complete"},
     "3 replaying: initialize\n"
     "9 replaying: child-start 1 ok; child 1 cancelled\n",
     ""},
    {"cancelled before it was sent",
     "started, task, completed, closed",
     {"child 1, cancel-child 1", "complete"},
     "3 replaying: initialize\n"
     "3 replaying: child-start 1 cancelled\n",
     ""},
    {"ABANDON: cancelled now, no command",
     "started, task, completed, child, child-started 5, task, completed, closed",
     {"child 1 child Child abandon", "cancel-child 1", "complete"},
     "3 replaying: initialize\n"
     "8 replaying: child-start 1 ok\n"
     "8 replaying: child 1 cancelled\n",
     ""},
    {"TRY: cancelled now, a command, the end is ignored",
     "started, task, completed, child, child-started 5, task, completed, cancel-external child, "
     "external-cancel-requested 10, child-canceled 5, signaled, task, completed, closed",
     {"child 1 child Child try", "cancel-child 1", "", "complete"},
     "3 replaying: initialize\n"
     "8 replaying: child-start 1 ok\n"
     "8 replaying: child 1 cancelled\n"
     "15 replaying: signal signal\n",
     ""},
    {"TRY with the start pending: a result while the start is open",
     "started, task, completed, child, signaled, task, completed, cancel-external child, "
     "child-started 5, signaled, task, completed, closed",
     {"child 1 child Child try", "cancel-child 1", "", "complete"},
     "3 replaying: initialize\n"
     "8 replaying: signal signal\n"
     "8 replaying: child 1 cancelled\n"
     "14 replaying: signal signal\n",
     ""},
    {"WAIT: a command, and the end decides",
     "started, task, completed, child, child-started 5, task, completed, cancel-external child, "
     "external-cancel-requested 10, child-canceled 5, task, completed, closed",
     {"child 1 child Child wait", "cancel-child 1", "complete"},
     "3 replaying: initialize\n"
     "8 replaying: child-start 1 ok\n"
     "14 replaying: child 1 cancelled\n",
     ""},
    {"WAIT_REQUESTED behaves like WAIT",
     "started, task, completed, child, child-started 5, task, completed, cancel-external child, "
     "external-cancel-requested 10, child-canceled 5, task, completed, closed",
     {"child 1 child Child wait-requested", "cancel-child 1", "complete"},
     "3 replaying: initialize\n"
     "8 replaying: child-start 1 ok\n"
     "14 replaying: child 1 cancelled\n",
     ""},
};

static void test_machine_worker_child__every_row_leads_where_the_table_says(void **state)
{
    machine_rows_check(*state, WF_MACHINE_CHILD);
}

static void test_machine_worker_child__histories_and_answers_make_the_jobs_they_should(void **state)
{
    machine_stories_check(*state, stories, TEST_COUNT(stories));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST_IN_ARENA(test_machine_worker_child__every_row_leads_where_the_table_says),
        TEST_IN_ARENA(test_machine_worker_child__histories_and_answers_make_the_jobs_they_should),
    };

    return cmocka_run_group_tests_name("machine_worker_child", tests, NULL, NULL);
}
