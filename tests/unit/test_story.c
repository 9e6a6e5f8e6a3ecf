#include "tests/support/test.h"

#include "sim/report/story.h"

#define S WF_NS_PER_S

static struct sim_record at(int64_t time_ns, enum sim_record_kind kind, const char *node, const char *subject,
                            const char *a, const char *b, int64_t x)
{
    return (struct sim_record){.kind = kind,
                               .time_ns = time_ns,
                               .step = (uint64_t)(time_ns / WF_NS_PER_MS),
                               .node = wf_string_of(node),
                               .subject = wf_string_of(subject),
                               .a = wf_string_of(a),
                               .b = wf_string_of(b),
                               .x = x};
}

static struct sim_record event(int64_t time_ns, const char *subject, enum wf_event_type type, int64_t id)
{
    struct sim_record record = at(time_ns, SIM_RECORD_EVENT, "", subject, wf_event_type_name((int32_t)type), "", id);

    record.y = (int64_t)type;
    return record;
}

static void expect_story(struct wf_arena *arena, const struct sim_broken_check *broken,
                         const struct sim_record *records, size_t count, const char *expected)
{
    static struct sim_story story;
    struct wf_buffer out;

    sim_story_init(&story, arena, broken);
    for (size_t i = 0; i < count; i++) {
        sim_story_observe(&story, &records[i]);
    }
    wf_buffer_init(&out, arena);
    sim_story_print(&story, &out);
    test_string_is("story", wf_buffer_string(&out), expected);
}

/* The first thing that users see: two charges, and the crash between them. Other orders and far processes are left out. */
static void test_story__two_charges_and_the_crash_between(void **state)
{
    const struct sim_broken_check broken = {.workflow_id = WF_STR("order-3"), .key = WF_STR("order-3"), .step = 14000};
    const struct sim_record records[] = {
        at(2 * S, SIM_RECORD_CRASH, "worker-2", "", "", "", 0),
        at(3 * S, SIM_RECORD_RUN_STARTED, "", "order-3", "run", "OrderSaga", 0),
        at(3 * S + 1, SIM_RECORD_RUN_STARTED, "", "order-4", "run", "OrderSaga", 0),
        at(3 * S + 2, SIM_RECORD_EFFECT, "worker-2", "order-3", "reserve", "order-3", 1),
        at(3 * S + 2, SIM_RECORD_ATTEMPT_STARTED, "worker-1", "order-3", "charge_payment", "1", 1),
        at(4 * S, SIM_RECORD_EFFECT, "worker-1", "order-3", "charge", "order-3", 1),
        at(4 * S + 5, SIM_RECORD_FAULT, "worker-1", "", "worker_crash", "worker-1", SIM_FAULT_WORKER_CRASH),
        at(4 * S + 5, SIM_RECORD_CRASH, "worker-1", "", "", "", 0),
        at(5 * S, SIM_RECORD_FAULT, "server-1", "", "partition", "server-1 to server-2", SIM_FAULT_PARTITION),
        at(6 * S, SIM_RECORD_RESTART, "worker-1", "", "", "", 0),
        at(6 * S, SIM_RECORD_MESSAGE_LOST, "worker-1", "order-3", "poll", "server-1", 0),
        event(13 * S, "order-3", WF_EVENT_TYPE_WORKFLOW_TASK_SCHEDULED, 9),
        at(13 * S + 1, SIM_RECORD_ATTEMPT_STARTED, "worker-2", "order-3", "charge_payment", "1", 2),
        at(14 * S, SIM_RECORD_EFFECT, "worker-2", "order-3", "charge", "order-3", 2),
        at(15 * S, SIM_RECORD_RUN_CLOSED, "", "order-3", "completed", "run", 2),
    };

    expect_story(*state, &broken, records, TEST_COUNT(records),
                 "        3.000000s              order-3 starts (OrderSaga)\n"
                 "        3.000000s  > worker-2  reserve of order-3 happens (attempt 1)\n"
                 "        3.000000s    worker-1  charge_payment starts, attempt 1\n"
                 "        4.000000s  > worker-1  charge of order-3 happens (attempt 1)\n"
                 "        4.000000s  ! worker-1  CRASHES while it works for order-3\n"
                 "        6.000000s    worker-1  restarts\n"
                 "       13.000000s    worker-2  charge_payment starts, attempt 2\n"
                 "       14.000000s  > worker-2  charge of order-3 happens AGAIN (attempt 2)\n");
}

/* When nothing struck the workflow itself, what struck everybody is told, within the story. */
static void test_story__general_faults_are_told_when_nothing_is_nearer(void **state)
{
    const struct sim_broken_check broken = {.workflow_id = WF_STR("a"), .step = 99000};
    const struct sim_record records[] = {
        at(S, SIM_RECORD_FAULT, "", "", "database_slow", "database", SIM_FAULT_DATABASE_SLOW),
        at(2 * S, SIM_RECORD_RUN_STARTED, "", "a", "run", "W", 0),
        at(3 * S, SIM_RECORD_FAULT, "", "", "database_unavailable", "", SIM_FAULT_DATABASE_UNAVAILABLE),
        at(3 * S, SIM_RECORD_FAULT, "", "b", "signal_late", "", SIM_FAULT_SIGNAL_LATE),
        at(4 * S, SIM_RECORD_FAULT_END, "", "", "database_unavailable", "", SIM_FAULT_DATABASE_UNAVAILABLE),
        event(5 * S, "a", WF_EVENT_TYPE_WORKFLOW_TASK_TIMED_OUT, 4),
        at(6 * S, SIM_RECORD_SENT, "client-1", "a", "approve", "", 1),
        at(6 * S, SIM_RECORD_SENT, "client-1", "a", "query", "", 2),
        at(7 * S, SIM_RECORD_ANSWERED, "client-1", "a", "approve", "accepted", 1),
        at(8 * S, SIM_RECORD_FAULT, "", "", "database_slow", "database", SIM_FAULT_DATABASE_SLOW),
    };

    expect_story(*state, &broken, records, TEST_COUNT(records),
                 "        2.000000s              a starts (W)\n"
                 "        3.000000s  !           fault database_unavailable\n"
                 "        4.000000s  !           fault database_unavailable ends\n"
                 "        5.000000s              history: WorkflowTaskTimedOut (event 4)\n"
                 "        6.000000s    client-1  sends approve\n"
                 "        7.000000s    client-1  is told accepted for approve\n");
}

/* A fault at both ends of a link concerns the workflow when one end works for it. */
static void test_story__partition_of_its_worker_concerns_it(void **state)
{
    const struct sim_broken_check broken = {.workflow_id = WF_STR("a"), .step = 99000};
    const struct sim_record records[] = {
        at(S, SIM_RECORD_ATTEMPT_STARTED, "worker-1", "a", "pay", "1", 1),
        at(2 * S, SIM_RECORD_FAULT, "server-2", "", "partition", "server-2 to worker-1", SIM_FAULT_PARTITION),
        at(3 * S, SIM_RECORD_FAULT, "", "", "database_slow", "database", SIM_FAULT_DATABASE_SLOW),
        at(4 * S, SIM_RECORD_ATTEMPT_ENDED, "worker-1", "a", "pay", "lost", 1),
    };

    expect_story(*state, &broken, records, TEST_COUNT(records),
                 "        1.000000s    worker-1  pay starts, attempt 1\n"
                 "        2.000000s  !           fault partition: server-2 to worker-1\n"
                 "        4.000000s    worker-1  pay ends, attempt 1: lost\n");
}

/* A long story keeps its ends and what lies around the marks, and says how much it leaves out. */
static void test_story__long_stories_are_cut(void **state)
{
    enum { COUNT = 100 };
    const struct sim_broken_check broken = {.workflow_id = WF_STR("a"), .step = UINT64_MAX};
    static struct sim_story story;
    struct wf_buffer out;
    uint32_t line_count = 0;

    sim_story_init(&story, *state, &broken);
    for (int64_t i = 0; i < COUNT; i++) {
        const struct sim_record record =
            at(i * S, i == 50 ? SIM_RECORD_EFFECT : SIM_RECORD_ATTEMPT_STARTED, "w", "a", "pay", "k", i);

        sim_story_observe(&story, &record);
    }
    wf_buffer_init(&out, *state);
    sim_story_print(&story, &out);
    for (size_t i = 0; i < out.size_bytes; i++) {
        line_count += out.data[i] == '\n' ? 1 : 0;
    }
    assert_int_equal(line_count, 3 + 1 + 7 + 1 + 3);
    wf_buffer_append_char(&out, '\0');
    assert_non_null(strstr(out.data, "pay of k happens (attempt 50)"));
    assert_non_null(strstr(out.data, "...    44 lines left out\n"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST_IN_ARENA(test_story__two_charges_and_the_crash_between),
        TEST_IN_ARENA(test_story__general_faults_are_told_when_nothing_is_nearer),
        TEST_IN_ARENA(test_story__partition_of_its_worker_concerns_it),
        TEST_IN_ARENA(test_story__long_stories_are_cut),
    };

    return cmocka_run_group_tests_name("story", tests, NULL, NULL);
}
