/* Local activities in replay: replay-rules 3.4. */
#include "tests/support/test.h"

#include "tests/support/machine_rows.h"

static const struct machine_story stories[] = {
    {"its marker resolves it at once",
     "started, task, completed, local 1, closed",
     {"local 1", "complete"},
     "3 replaying: initialize\n"
     "3 replaying: local 1 completed\n",
     ""},
    {"a cancel changes nothing: the marker decides",
     "started, task, completed, local 1, closed",
     {"local 1, cancel-local 1", "complete"},
     "3 replaying: initialize\n"
     "3 replaying: local 1 completed\n",
     ""},
    {"without a marker it stays pending",
     "started, task, completed, timer 2",
     {"local 1, timer 2"},
     "3 replaying: initialize\n",
     ""},
    {"a cancel after its result is ignored",
     "started, task, completed, local 1, closed",
     {"local 1", "cancel-local 1, complete"},
     "3 replaying: initialize\n"
     "3 replaying: local 1 completed\n",
     ""},
    {"never scheduled",
     "started, task, completed, local 1, closed",
     {"complete"},
     "3 replaying: initialize\n",
     "At event 5 history has the result of local activity 1, which the code never starts."},
};

static void test_machine_worker_local_activity__every_row_leads_where_the_table_says(void **state)
{
    machine_rows_check(*state, WF_MACHINE_LOCAL_ACTIVITY);
}

static void test_machine_worker_local_activity__histories_and_answers_make_the_jobs_they_should(
    void **state)
{
    machine_stories_check(*state, stories, TEST_COUNT(stories));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST_IN_ARENA(test_machine_worker_local_activity__every_row_leads_where_the_table_says),
        TEST_IN_ARENA(
            test_machine_worker_local_activity__histories_and_answers_make_the_jobs_they_should),
    };

    return cmocka_run_group_tests_name("machine_worker_local_activity", tests, NULL, NULL);
}
