/* Patch markers: replay-rules 3.1; its table is in test_patches. */
#include "tests/support/test.h"

#include "tests/support/machine_rows.h"

static const struct machine_story stories[] = {
    {"its marker is recorded",
     "started, task, completed, patch, patches, closed",
     {"patch p1, complete"},
     "3 replaying: initialize; patch p1\n",
     ""},
};

static void test_machine_worker_patch__every_row_leads_where_the_table_says(void **state)
{
    machine_rows_check(*state, WF_MACHINE_PATCH);
}

static void test_machine_worker_patch__histories_and_answers_make_the_jobs_they_should(void **state)
{
    machine_stories_check(*state, stories, TEST_COUNT(stories));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST_IN_ARENA(test_machine_worker_patch__every_row_leads_where_the_table_says),
        TEST_IN_ARENA(test_machine_worker_patch__histories_and_answers_make_the_jobs_they_should),
    };

    return cmocka_run_group_tests_name("machine_worker_patch", tests, NULL, NULL);
}
