/* Markers of versions and side effects: replay-rules 3.3; what code makes of them is in test_versions. */
#include "tests/support/test.h"

#include "tests/support/machine_rows.h"

static const struct machine_story stories[] = {
    {"its marker is recorded",
     "started, task, completed, marker SideEffect data 7 side-effect-id 1, closed",
     {"side-effect 1 7, complete"},
     "3 replaying: initialize; value 1 1 \n",
     ""},
};

static void test_machine_worker_value__every_row_leads_where_the_table_says(void **state)
{
    machine_rows_check(*state, WF_MACHINE_VALUE);
}

static void test_machine_worker_value__histories_and_answers_make_the_jobs_they_should(void **state)
{
    machine_stories_check(*state, stories, TEST_COUNT(stories));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST_IN_ARENA(test_machine_worker_value__every_row_leads_where_the_table_says),
        TEST_IN_ARENA(test_machine_worker_value__histories_and_answers_make_the_jobs_they_should),
    };

    return cmocka_run_group_tests_name("machine_worker_value", tests, NULL, NULL);
}
