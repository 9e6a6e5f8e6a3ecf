/* Upserts of search attributes and changes of the memo: replay-rules 2.2. */
#include "tests/support/test.h"

#include "tests/support/machine_rows.h"

static const struct machine_story stories[] = {
    {"both are recorded",
     "started, task, completed, upsert Key, memo, closed",
     {"upsert Key, memo, complete"},
     "3 replaying: initialize\n",
     ""},
};

static void test_machine_worker_properties__every_row_leads_where_the_table_says(void **state)
{
    machine_rows_check(*state, WF_MACHINE_UPSERT);
    machine_rows_check(*state, WF_MACHINE_MEMO);
}

static void test_machine_worker_properties__histories_and_answers_make_the_jobs_they_should(
    void **state)
{
    machine_stories_check(*state, stories, TEST_COUNT(stories));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST_IN_ARENA(test_machine_worker_properties__every_row_leads_where_the_table_says),
        TEST_IN_ARENA(
            test_machine_worker_properties__histories_and_answers_make_the_jobs_they_should),
    };

    return cmocka_run_group_tests_name("machine_worker_properties", tests, NULL, NULL);
}
