/* Updates: replay-rules 4.5. */
#include "tests/support/test.h"

#include "tests/support/machine_rows.h"

static const struct machine_story stories[] = {
    {"accepted and completed in one activation",
     "started, task, completed, accepted u1 2, update-completed u1, closed",
     {"accept u1, finish u1, complete"},
     "3 replaying: initialize; update u1\n",
     ""},
    {"rejected: nothing in history",
     "started, task, completed, accepted u1 2, closed",
     {"reject u1, complete"},
     "3 replaying: initialize; update u1\n",
     "At event 5 history has WorkflowExecutionUpdateAccepted; there the code gives "
     "CompleteWorkflowExecution."},
    {"completed a task later",
     "started, task, completed, accepted u1 2, signaled, task, completed, update-completed u1, "
     "closed",
     {"accept u1", "finish u1, complete"},
     "3 replaying: initialize; update u1\n"
     "8 replaying: signal signal\n",
     ""},
    {"fails after its acceptance",
     "started, task, completed, accepted u1 2, signaled, task, completed, update-completed u1, "
     "closed",
     {"accept u1", "reject u1, complete"},
     "3 replaying: initialize; update u1\n"
     "8 replaying: signal signal\n",
     ""},
};

static void test_machine_worker_update__every_row_leads_where_the_table_says(void **state)
{
    machine_rows_check(*state, WF_MACHINE_UPDATE);
}

static void test_machine_worker_update__histories_and_answers_make_the_jobs_they_should(
    void **state)
{
    machine_stories_check(*state, stories, TEST_COUNT(stories));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST_IN_ARENA(test_machine_worker_update__every_row_leads_where_the_table_says),
        TEST_IN_ARENA(test_machine_worker_update__histories_and_answers_make_the_jobs_they_should),
    };

    return cmocka_run_group_tests_name("machine_worker_update", tests, NULL, NULL);
}
