/* Timers: replay-rules 4.4. */
#include "tests/support/test.h"

#include "tests/support/machine_rows.h"

static const struct machine_story stories[] = {
    {"fires",
     "started, task, completed, timer 1, fired 5, task, completed, closed",
     {"timer 1", "complete"},
     "3 replaying: initialize\n"
     "8 replaying: fire 1\n",
     ""},
    {"cancelled before it was sent: no events",
     "started, task, completed, timer 2, fired 5 2, task, completed, closed",
     {"timer 1, cancel-timer 1, timer 2", "complete"},
     "3 replaying: initialize\n"
     "8 replaying: fire 2\n",
     ""},
    {"cancelled: a command and no job",
     "started, task, completed, timer 1, signaled, task, completed, timer-canceled 5, closed",
     {"timer 1", "cancel-timer 1, complete"},
     "3 replaying: initialize\n"
     "8 replaying: signal signal\n",
     ""},
    {"cancelled after it fired: ignored",
     "started, task, completed, timer 1, fired 5, task, completed, closed",
     {"timer 1", "cancel-timer 1, complete"},
     "3 replaying: initialize\n"
     "8 replaying: fire 1\n",
     ""},
    {"cancelled twice: one command",
     "started, task, completed, timer 1, signaled, task, completed, timer-canceled 5, closed",
     {"timer 1", "cancel-timer 1, cancel-timer 1, complete"},
     "3 replaying: initialize\n"
     "8 replaying: signal signal\n",
     ""},
    {"fires twice",
     "started, task, completed, timer 1, fired 5, fired 5, task, completed, closed",
     {"timer 1"},
     "3 replaying: initialize\n",
     "At event 7 history has TimerFired 1, and the code has a timer there for which that cannot "
     "come."},
};

static void test_machine_worker_timer__every_row_leads_where_the_table_says(void **state)
{
    machine_rows_check(*state, WF_MACHINE_TIMER);
}

static void test_machine_worker_timer__histories_and_answers_make_the_jobs_they_should(void **state)
{
    machine_stories_check(*state, stories, TEST_COUNT(stories));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST_IN_ARENA(test_machine_worker_timer__every_row_leads_where_the_table_says),
        TEST_IN_ARENA(test_machine_worker_timer__histories_and_answers_make_the_jobs_they_should),
    };

    return cmocka_run_group_tests_name("machine_worker_timer", tests, NULL, NULL);
}
