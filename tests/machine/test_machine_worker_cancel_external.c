/* Cancel requests to other workflows: replay-rules 4.1. */
#include "tests/support/test.h"

#include "tests/support/machine_rows.h"

static const struct machine_story stories[] = {
    {"delivered",
     "started, task, completed, cancel-external, external-cancel-requested 5, task, completed, "
     "closed",
     {"cancel-external 1", "complete"},
     "3 replaying: initialize\n"
     "8 replaying: cancel-external 1 ok\n",
     ""},
    {"refused",
     "started, task, completed, cancel-external, cancel-external-failed 5, task, completed, closed",
     {"cancel-external 1", "complete"},
     "3 replaying: initialize\n"
     "8 replaying: cancel-external 1 failed\n",
     ""},
};

static void test_machine_worker_cancel_external__every_row_leads_where_the_table_says(void **state)
{
    machine_rows_check(*state, WF_MACHINE_CANCEL_EXTERNAL);
}

static void test_machine_worker_cancel_external__histories_and_answers_make_the_jobs_they_should(
    void **state)
{
    machine_stories_check(*state, stories, TEST_COUNT(stories));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST_IN_ARENA(test_machine_worker_cancel_external__every_row_leads_where_the_table_says),
        TEST_IN_ARENA(
            test_machine_worker_cancel_external__histories_and_answers_make_the_jobs_they_should),
    };

    return cmocka_run_group_tests_name("machine_worker_cancel_external", tests, NULL, NULL);
}
