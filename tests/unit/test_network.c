/*
 * The network: one start of a workflow that no worker takes, told as a trace, and how each fault changes it. Latencies are
 * constant: 1 ms a hop, 2 ms to or from the database. The starter's frontend is server-1, which
 * also owns the shard of order-1; that of pay-1 is server-2's.
 */
#include "tests/support/world_fixture.h"

static void begin(struct world_fixture *f)
{
    f->config.code_count = 0; /* no worker polls */
    f->shown = SHOW(START_SENT) | SHOW(ANSWERED) | SHOW(EVENT) | SHOW(FAULT) | SHOW(MESSAGE_LOST) | SHOW(CRASH) |
               SHOW(RESTART) | SHOW(WRITE);
    f->start.at_ns = 100 * WF_NS_PER_MS;
    world_begin(f);
}

/* What happens when nothing goes wrong; every other test differs from it in the lines that its fault changes. */
static void test_network__start_without_faults(void **state)
{
    struct world_fixture *f = *state;

    begin(f);
    world_run(f, 60000);

    world_trace_is(f, "      0.100000s  starter starts order-1\n"
                      "      0.107000s  server-1 write ok\n"
                      "      0.107000s  order-1 1 WorkflowExecutionStarted Pay\n"
                      "      0.107000s  order-1 2 WorkflowTaskScheduled \n"
                      "      0.110000s  starter is told accepted by order-1 for start\n");
}

/* A frontend that is not the owner passes the request on and the answer back: a hop more each way. */
static void test_network__frontend_passes_on(void **state)
{
    struct world_fixture *f = *state;

    f->start.workflow_id.text = WF_STR("pay-${n}");
    begin(f);
    world_run(f, 60000);

    world_trace_is(f, "      0.100000s  starter starts pay-1\n"
                      "      0.108000s  server-2 write ok\n"
                      "      0.108000s  pay-1 1 WorkflowExecutionStarted Pay\n"
                      "      0.108000s  pay-1 2 WorkflowTaskScheduled \n"
                      "      0.112000s  starter is told accepted by pay-1 for start\n");
}

static void strike(struct world_fixture *f, enum sim_fault_kind kind)
{
    begin(f);
    assert_true(sim_world_strike_next(f->world, kind, WF_STR("order-1")));
    world_run(f, 60000);
}

/* The request is lost; the client tries again when its call times out. */
static void test_network__lost_message(void **state)
{
    struct world_fixture *f = *state;

    strike(f, SIM_FAULT_MESSAGE_LOSS);

    world_trace_is(f, "      0.100000s  starter starts order-1\n"
                      "      0.100000s  fault message_loss startWorkflow\n"
                      "      0.100000s  message startWorkflow from starter to server-1 lost\n"
                      "     10.222000s  server-1 write ok\n"
                      "     10.222000s  order-1 1 WorkflowExecutionStarted Pay\n"
                      "     10.222000s  order-1 2 WorkflowTaskScheduled \n"
                      "     10.226000s  starter is told accepted by order-1 for start\n");
}

static void test_network__delayed_message(void **state)
{
    struct world_fixture *f = *state;

    strike(f, SIM_FAULT_MESSAGE_DELAY);

    world_trace_is(f, "      0.100000s  starter starts order-1\n"
                      "      0.100000s  fault message_delay startWorkflow\n"
                      "      4.842000s  server-1 write ok\n"
                      "      4.842000s  order-1 1 WorkflowExecutionStarted Pay\n"
                      "      4.842000s  order-1 2 WorkflowTaskScheduled \n"
                      "      4.845000s  starter is told accepted by order-1 for start\n");
}

/* The request comes twice; its request id makes that one run and one answer. */
static void test_network__duplicated_message(void **state)
{
    struct world_fixture *f = *state;

    strike(f, SIM_FAULT_MESSAGE_DUPLICATE);

    world_trace_is(f, "      0.100000s  starter starts order-1\n"
                      "      0.100000s  fault message_duplicate startWorkflow\n"
                      "      0.107000s  server-1 write ok\n"
                      "      0.107000s  order-1 1 WorkflowExecutionStarted Pay\n"
                      "      0.107000s  order-1 2 WorkflowTaskScheduled \n"
                      "      0.110000s  starter is told accepted by order-1 for start\n");
    assert_int_equal(sim_world_run_count(f->world), 1);
}

/* The request overtakes everything: it arrives at once. */
static void test_network__reordered_message(void **state)
{
    struct world_fixture *f = *state;

    strike(f, SIM_FAULT_MESSAGE_REORDER);

    world_trace_is(f, "      0.100000s  starter starts order-1\n"
                      "      0.100000s  fault message_reorder startWorkflow\n"
                      "      0.106000s  server-1 write ok\n"
                      "      0.106000s  order-1 1 WorkflowExecutionStarted Pay\n"
                      "      0.106000s  order-1 2 WorkflowTaskScheduled \n"
                      "      0.109000s  starter is told accepted by order-1 for start\n");
}

/* A strike that names another workflow waits for it. */
static void test_network__strike_is_for_its_workflow(void **state)
{
    struct world_fixture *f = *state;

    begin(f);
    assert_true(sim_world_strike_next(f->world, SIM_FAULT_MESSAGE_LOSS, WF_STR("order-2")));
    world_run(f, 60000);

    assert_int_equal(world_count(f, "fault"), 0);
}

/* ---- Links ---- */

static void cut(struct world_fixture *f, const char *from, const char *to)
{
    assert_true(sim_world_set_link(f->world, world_node(f, from), world_node(f, to), true));
}

/* One way: the request arrives and the run starts, but its answer is lost; the retry through another frontend is told of
 * the same run. */
static void test_network__link_cut_one_way(void **state)
{
    struct world_fixture *f = *state;

    begin(f);
    cut(f, "server-1", "starter");
    world_run(f, 60000);

    world_trace_is(f, "      0.100000s  starter starts order-1\n"
                      "      0.107000s  server-1 write ok\n"
                      "      0.107000s  order-1 1 WorkflowExecutionStarted Pay\n"
                      "      0.107000s  order-1 2 WorkflowTaskScheduled \n"
                      "      0.109000s  message startWorkflow from server-1 to starter lost\n"
                      "     10.218000s  starter is told accepted by order-1 for start\n");
    assert_int_equal(sim_world_run_count(f->world), 1);
}

static void test_network__link_cut_both_ways(void **state)
{
    struct world_fixture *f = *state;

    begin(f);
    cut(f, "server-1", "starter");
    cut(f, "starter", "server-1");
    world_run(f, 60000);

    world_trace_is(f, "      0.100000s  starter starts order-1\n"
                      "      0.100000s  message startWorkflow from starter to server-1 lost\n"
                      "     10.222000s  server-1 write ok\n"
                      "     10.222000s  order-1 1 WorkflowExecutionStarted Pay\n"
                      "     10.222000s  order-1 2 WorkflowTaskScheduled \n"
                      "     10.226000s  starter is told accepted by order-1 for start\n");
}

/* Without the database nothing is committed, and the caller is told to come again; once the link is whole it is. */
static void test_network__owner_without_its_database(void **state)
{
    struct world_fixture *f = *state;

    begin(f);
    world_run(f, 50);
    cut(f, "server-1", "database");
    world_run(f, 15000);
    assert_true(
        sim_world_set_link(f->world, world_node(f, "server-1"), world_node(f, "database"), false));
    world_run(f, 60000);

    world_trace_is(f, "      0.100000s  starter starts order-1\n"
                      "      0.101000s  message readRun from server-1 to database lost\n"
                      "     10.216000s  message readRun from server-1 to database lost\n"
                      "     20.448000s  server-1 write ok\n"
                      "     20.448000s  order-1 1 WorkflowExecutionStarted Pay\n"
                      "     20.448000s  order-1 2 WorkflowTaskScheduled \n"
                      "     20.452000s  starter is told accepted by order-1 for start\n");
}

/* An isolated owner is found out by the membership; the shard moves, and the start succeeds elsewhere. */
static void test_network__isolated_owner(void **state)
{
    struct world_fixture *f = *state;

    begin(f);
    world_run(f, 50);
    assert_true(sim_world_set_isolated(f->world, world_node(f, "server-1"), true));
    world_run(f, 60000);

    world_trace_is(f, "      0.100000s  starter starts order-1\n"
                      "      0.100000s  message startWorkflow from starter to server-1 lost\n"
                      "     10.221000s  server-2 write ok\n"
                      "     10.221000s  order-1 1 WorkflowExecutionStarted Pay\n"
                      "     10.221000s  order-1 2 WorkflowTaskScheduled \n"
                      "     10.224000s  starter is told accepted by order-1 for start\n");
}

/* ---- Nodes ---- */

/* Ten times slower: every hop from and to the node. */
static void test_network__slow_node(void **state)
{
    struct world_fixture *f = *state;

    begin(f);
    assert_true(sim_world_set_slow(f->world, world_node(f, "server-1"), 10));
    world_run(f, 60000);

    world_trace_is(f, "      0.100000s  starter starts order-1\n"
                      "      0.170000s  server-1 write ok\n"
                      "      0.170000s  order-1 1 WorkflowExecutionStarted Pay\n"
                      "      0.170000s  order-1 2 WorkflowTaskScheduled \n"
                      "      0.200000s  starter is told accepted by order-1 for start\n");
}

/* Nobody listens at a frontend that is down: the caller is refused at once and takes the next. */
static void test_network__frontend_down(void **state)
{
    struct world_fixture *f = *state;

    f->start.workflow_id.text = WF_STR("pay-${n}");
    begin(f);
    world_run(f, 50);
    assert_true(sim_world_crash_node(f->world, world_node(f, "server-1"), 30 * WF_NS_PER_S));
    world_run(f, 29000);

    world_trace_is(f, "      0.008000s  server-1 crashes\n"
                      "      0.100000s  starter starts pay-1\n"
                      "      0.216000s  server-2 write ok\n"
                      "      0.216000s  pay-1 1 WorkflowExecutionStarted Pay\n"
                      "      0.216000s  pay-1 2 WorkflowTaskScheduled \n"
                      "      0.219000s  starter is told accepted by pay-1 for start\n");
}

/* Everything is whole again, whatever was broken. */
static void test_network__healing_ends_every_fault(void **state)
{
    struct world_fixture *f = *state;
    const struct sim_rates rates = {.message_loss = {1, 1}};

    begin(f);
    cut(f, "starter", "server-1");
    cut(f, "server-1", "database");
    assert_true(sim_world_set_isolated(f->world, world_node(f, "server-2"), true));
    assert_true(sim_world_set_slow(f->world, world_node(f, "starter"), 7));
    assert_true(sim_world_crash_node(f->world, world_node(f, "server-3"), 3600 * WF_NS_PER_S));
    sim_world_set_rates(f->world, &rates);
    world_run(f, 30000);
    wf_buffer_reset(&f->trace);
    sim_world_heal(f->world);
    world_run(f, 90000);

    for (uint32_t i = 0; i < sim_world_node_count(f->world); i++) {
        assert_true(sim_world_node(f->world, i).is_up);
    }
    assert_int_equal(world_count(f, "lost"), 0);
    assert_int_equal(world_count(f, "is told accepted"), 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        IN_WORLD(test_network__start_without_faults),
        IN_WORLD(test_network__frontend_passes_on),
        IN_WORLD(test_network__lost_message),
        IN_WORLD(test_network__delayed_message),
        IN_WORLD(test_network__duplicated_message),
        IN_WORLD(test_network__reordered_message),
        IN_WORLD(test_network__strike_is_for_its_workflow),
        IN_WORLD(test_network__link_cut_one_way),
        IN_WORLD(test_network__link_cut_both_ways),
        IN_WORLD(test_network__owner_without_its_database),
        IN_WORLD(test_network__isolated_owner),
        IN_WORLD(test_network__slow_node),
        IN_WORLD(test_network__frontend_down),
        IN_WORLD(test_network__healing_ends_every_fault),
    };

    return cmocka_run_group_tests_name("network", tests, NULL, NULL);
}
