/* Signals to other workflows: replay-rules 4.1 and 4.2. */
#include "tests/support/test.h"

#include "tests/support/machine_rows.h"

static const struct machine_story stories[] = {
    {"delivered",
     "started, task, completed, signal-external, external-signaled 5, task, completed, closed",
     {"signal 1", "complete"},
     "3 replaying: initialize\n"
     "8 replaying: signal-external 1 ok\n",
     ""},
    {"refused",
     "started, task, completed, signal-external, signal-external-failed 5, task, completed, closed",
     {"signal 1", "complete"},
     "3 replaying: initialize\n"
     "8 replaying: signal-external 1 failed\n",
     ""},
    {"cancelled before it was sent",
     "started, task, completed, closed",
     {"signal 1, cancel-signal 1", "complete"},
     "3 replaying: initialize\n"
     "3 replaying: signal-external 1 failed\n",
     ""},
    {"cancelled when it is under way: ignored",
     "started, task, completed, signal-external, signaled, task, completed, external-signaled 5, "
     "task, completed, closed",
     {"signal 1", "cancel-signal 1", "complete"},
     "3 replaying: initialize\n"
     "8 replaying: signal signal\n"
     "12 replaying: signal-external 1 ok\n",
     ""},
};

static void test_machine_worker_signal_external__every_row_leads_where_the_table_says(void **state)
{
    machine_rows_check(*state, WF_MACHINE_SIGNAL_EXTERNAL);
}

static void test_machine_worker_signal_external__histories_and_answers_make_the_jobs_they_should(
    void **state)
{
    machine_stories_check(*state, stories, TEST_COUNT(stories));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST_IN_ARENA(test_machine_worker_signal_external__every_row_leads_where_the_table_says),
        TEST_IN_ARENA(
            test_machine_worker_signal_external__histories_and_answers_make_the_jobs_they_should),
    };

    return cmocka_run_group_tests_name("machine_worker_signal_external", tests, NULL, NULL);
}
