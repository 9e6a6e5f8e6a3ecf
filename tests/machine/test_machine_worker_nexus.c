/* Nexus operations: replay-rules 4.4. */
#include "tests/support/test.h"

#include "tests/support/machine_rows.h"

static const struct machine_story stories[] = {
    {"starts and completes",
     "started, task, completed, nexus, nexus-started 5, nexus-completed 5, task, completed, closed",
     {"nexus 1", "complete"},
     "3 replaying: initialize\n"
     "9 replaying: nexus-start 1 token; nexus 1 completed\n",
     ""},
    {"completes without having started",
     "started, task, completed, nexus, nexus-completed 5, task, completed, closed",
     {"nexus 1", "complete"},
     "3 replaying: initialize\n"
     "8 replaying: nexus-start 1 sync; nexus 1 completed\n",
     ""},
    {"fails without having started",
     "started, task, completed, nexus, nexus-failed 5, task, completed, closed",
     {"nexus 1", "complete"},
     "3 replaying: initialize\n"
     "8 replaying: nexus-start 1 failed\n",
     ""},
    {"times out",
     "started, task, completed, nexus, nexus-started 5, nexus-timed-out 5, task, completed, closed",
     {"nexus 1", "complete"},
     "3 replaying: initialize\n"
     "9 replaying: nexus-start 1 token; nexus 1 timed-out\n",
     ""},
    {"cancelled before it was sent",
     "started, task, completed, closed",
     {"nexus 1, cancel-nexus 1", "complete"},
     "3 replaying: initialize\n"
     "3 replaying: nexus-start 1 failed\n",
     ""},
    {"ABANDON: cancelled now",
     "started, task, completed, nexus, nexus-started 5, task, completed, closed",
     {"nexus 1 abandon", "cancel-nexus 1", "complete"},
     "3 replaying: initialize\n"
     "8 replaying: nexus-start 1 token\n"
     "8 replaying: nexus 1 cancelled\n",
     ""},
    {"TRY: cancelled now, a command, the end is ignored",
     "started, task, completed, nexus, nexus-started 5, task, completed, nexus-cancel 5, "
     "nexus-canceled 5, signaled, task, completed, closed",
     {"nexus 1 try", "cancel-nexus 1", "", "complete"},
     "3 replaying: initialize\n"
     "8 replaying: nexus-start 1 token\n"
     "8 replaying: nexus 1 cancelled\n"
     "14 replaying: signal signal\n",
     ""},
    {"WAIT: the end decides",
     "started, task, completed, nexus, nexus-started 5, task, completed, nexus-cancel 5, "
     "nexus-cancel-completed 5, nexus-canceled 5, task, completed, closed",
     {"nexus 1 wait", "cancel-nexus 1", "complete"},
     "3 replaying: initialize\n"
     "8 replaying: nexus-start 1 token\n"
     "14 replaying: nexus 1 cancelled\n",
     ""},
    {"WAIT_REQUESTED: the request decides",
     "started, task, completed, nexus, nexus-started 5, task, completed, nexus-cancel 5, "
     "nexus-cancel-completed 5, nexus-canceled 5, task, completed, closed",
     {"nexus 1 wait-requested", "cancel-nexus 1", "complete"},
     "3 replaying: initialize\n"
     "8 replaying: nexus-start 1 token\n"
     "14 replaying: nexus 1 cancelled\n",
     ""},
    {"WAIT_REQUESTED: refused",
     "started, task, completed, nexus, nexus-started 5, task, completed, nexus-cancel 5, "
     "nexus-cancel-failed 5, task, completed, closed",
     {"nexus 1 wait-requested", "cancel-nexus 1", "complete"},
     "3 replaying: initialize\n"
     "8 replaying: nexus-start 1 token\n"
     "13 replaying: nexus 1 failed\n",
     ""},
};

static void test_machine_worker_nexus__every_row_leads_where_the_table_says(void **state)
{
    machine_rows_check(*state, WF_MACHINE_NEXUS);
}

static void test_machine_worker_nexus__histories_and_answers_make_the_jobs_they_should(void **state)
{
    machine_stories_check(*state, stories, TEST_COUNT(stories));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST_IN_ARENA(test_machine_worker_nexus__every_row_leads_where_the_table_says),
        TEST_IN_ARENA(test_machine_worker_nexus__histories_and_answers_make_the_jobs_they_should),
    };

    return cmocka_run_group_tests_name("machine_worker_nexus", tests, NULL, NULL);
}
