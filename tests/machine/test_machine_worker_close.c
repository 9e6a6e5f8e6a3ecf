/* The four ways to close a run: replay-rules 2.2. */
#include "tests/support/test.h"

#include "tests/support/machine_rows.h"

static const struct machine_story stories[] = {
    {"completion",
     "started, task, completed, closed",
     {"complete"},
     "3 replaying: initialize\n",
     ""},
    {"failure",
     "started, task, completed, closed-failed",
     {"fail"},
     "3 replaying: initialize\n",
     ""},
    {"cancellation",
     "started, task, completed, closed-canceled",
     {"cancel"},
     "3 replaying: initialize\n",
     ""},
    {"a new run",
     "started, task, completed, closed-continued",
     {"continue"},
     "3 replaying: initialize\n",
     ""},
};

static void test_machine_worker_close__every_row_leads_where_the_table_says(void **state)
{
    machine_rows_check(*state, WF_MACHINE_COMPLETE);
    machine_rows_check(*state, WF_MACHINE_FAIL);
    machine_rows_check(*state, WF_MACHINE_CANCEL);
    machine_rows_check(*state, WF_MACHINE_CONTINUE);
}

static void test_machine_worker_close__histories_and_answers_make_the_jobs_they_should(void **state)
{
    machine_stories_check(*state, stories, TEST_COUNT(stories));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST_IN_ARENA(test_machine_worker_close__every_row_leads_where_the_table_says),
        TEST_IN_ARENA(test_machine_worker_close__histories_and_answers_make_the_jobs_they_should),
    };

    return cmocka_run_group_tests_name("machine_worker_close", tests, NULL, NULL);
}
