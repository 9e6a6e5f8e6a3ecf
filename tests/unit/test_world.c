/* The world end to end, told as traces: what a workflow's life looks like, and what each piece of the world adds to it. */
#include "tests/support/tiny_module.h"
#include "tests/support/world_fixture.h"

#include "engine/codec.h"
#include "engine/service.h"
#include "sim/world/parts.h"

/* ---- A life without faults ---- */

/* One workflow of two activities: every event, who ran what, what happened outside. */
static void test_world__workflow_charges_and_ships(void **state)
{
    struct world_fixture *f = *state;

    f->shown = ~SHOW(WRITE) & ~SHOW(RUN_STARTED);
    world_begin(f);
    world_finish(f, 60000);

    world_trace_is(f, "      0.000000s  starter starts order-1\n"
                      "      0.002000s  server-1 owns shard 0, range 1\n"
                      "      0.002000s  server-2 owns shard 1, range 1\n"
                      "      0.010000s  order-1 1 WorkflowExecutionStarted Pay\n"
                      "      0.010000s  order-1 2 WorkflowTaskScheduled \n"
                      "      0.013000s  starter is told accepted by order-1 for start\n"
                      "      0.016000s  order-1 3 WorkflowTaskStarted \n"
                      "      0.020000s  worker-2 takes workflow task of order-1\n"
                      "      0.021000s  worker-2 answers workflow task of order-1: completed\n"
                      "      0.025000s  order-1 4 WorkflowTaskCompleted \n"
                      "      0.025000s  order-1 5 ActivityTaskScheduled charge\n"
                      "      0.035000s  worker-2 runs charge of order-1, attempt 1\n"
                      "      0.085000s  effect charge order-1, attempt 1\n"
                      "      0.135000s  worker-2 ends charge of order-1, attempt 1: completed\n"
                      "      0.139000s  order-1 6 ActivityTaskStarted charge\n"
                      "      0.139000s  order-1 7 ActivityTaskCompleted charge\n"
                      "      0.139000s  order-1 8 WorkflowTaskScheduled \n"
                      "      0.143000s  order-1 9 WorkflowTaskStarted \n"
                      "      0.147000s  worker-2 takes workflow task of order-1\n"
                      "      0.148000s  worker-2 answers workflow task of order-1: completed\n"
                      "      0.152000s  order-1 10 WorkflowTaskCompleted \n"
                      "      0.152000s  order-1 11 ActivityTaskScheduled ship\n"
                      "      0.162000s  worker-2 runs ship of order-1, attempt 1\n"
                      "      0.162000s  worker-2 ends ship of order-1, attempt 1: completed\n"
                      "      0.166000s  order-1 12 ActivityTaskStarted ship\n"
                      "      0.166000s  order-1 13 ActivityTaskCompleted ship\n"
                      "      0.166000s  order-1 14 WorkflowTaskScheduled \n"
                      "      0.170000s  order-1 15 WorkflowTaskStarted \n"
                      "      0.174000s  worker-2 takes workflow task of order-1\n"
                      "      0.175000s  worker-2 answers workflow task of order-1: completed\n"
                      "      0.179000s  order-1 16 WorkflowTaskCompleted \n"
                      "      0.179000s  order-1 17 WorkflowExecutionCompleted \n"
                      "      0.179000s  order-1 closed: completed\n");
}

/* A failed attempt is retried after a second; a declared final failure ends the run, and the undo runs. */
static void test_world__saga_refunds_what_it_charged(void **state)
{
    struct world_fixture *f = *state;
    const struct sim_outcome outcomes[] = {
        {.kind = SIM_OUTCOME_FAIL, .attempt = 1, .failure_type = WF_STR("Timeout")},
        {.kind = SIM_OUTCOME_FAIL, .attempt = 2, .failure_type = WF_STR("NoStock"), .is_non_retryable = true}};

    f->start.workflow_type = WF_STR("Saga");
    f->activities[1].outcomes = outcomes;
    f->activities[1].outcome_count = 2;
    f->shown = SHOW(ATTEMPT_STARTED) | SHOW(ATTEMPT_ENDED) | SHOW(EFFECT) | SHOW(UNDO) | SHOW(RUN_CLOSED);
    world_begin(f);
    world_finish(f, 60000);

    world_trace_is(f, "      0.035000s  worker-2 runs charge of order-1, attempt 1\n"
                      "      0.085000s  effect charge order-1, attempt 1\n"
                      "      0.135000s  worker-2 ends charge of order-1, attempt 1: completed\n"
                      "      0.162000s  worker-2 runs ship of order-1, attempt 1\n"
                      "      0.162000s  worker-2 ends ship of order-1, attempt 1: failed Timeout\n"
                      "      1.177000s  worker-1 runs ship of order-1, attempt 2\n"
                      "      1.177000s  worker-1 ends ship of order-1, attempt 2: failed NoStock\n"
                      "      1.205000s  worker-1 runs refund of order-1, attempt 1\n"
                      "      1.205000s  undo charge order-1, attempt 1\n"
                      "      1.205000s  worker-1 ends refund of order-1, attempt 1: completed\n"
                      "      1.222000s  order-1 closed: failed\n");
    assert_int_equal(sim_ledger_balance(sim_world_ledger(f->world), WF_STR("charge"), WF_STR("order-1")), 0);
}

/* What model outcomes do to an attempt: the answer that is lost and the work that never ends show as timeouts. */
static void test_world__outcomes_of_attempts(void **state)
{
    struct world_fixture *f = *state;
    const struct sim_outcome outcomes[] = {
        {.kind = SIM_OUTCOME_LOSE_ANSWER, .attempt = 1},
        {.kind = SIM_OUTCOME_NEVER, .attempt = 2},
        {.kind = SIM_OUTCOME_FAIL_AFTER, .attempt = 3, .failure_type = WF_STR("Broken")},
    };

    f->activities[0].outcomes = outcomes;
    f->activities[0].outcome_count = 3;
    f->activities[0].effect.has_once_per = true;
    f->activities[0].effect.once_per.text = WF_STR("${input[0]}");
    f->shown = SHOW(ATTEMPT_STARTED) | SHOW(ATTEMPT_ENDED) | SHOW(EFFECT) | SHOW(EFFECT_REPEATED) | SHOW(RUN_CLOSED);
    world_begin(f);
    world_finish(f, 120000);

    world_trace_is(f, "      0.035000s  worker-2 runs charge of order-1, attempt 1\n"
                      "      0.085000s  effect charge order-1, attempt 1\n"
                      "      0.135000s  worker-2 ends charge of order-1, attempt 1: lost\n"
                      "     11.041000s  worker-2 runs charge of order-1, attempt 2\n"
                      "     11.091000s  effect charge order-1 recognised, attempt 2\n"
                      "     11.141000s  worker-2 ends charge of order-1, attempt 2: abandoned\n"
                      "     23.048000s  worker-1 runs charge of order-1, attempt 3\n"
                      "     23.098000s  effect charge order-1 recognised, attempt 3\n"
                      "     23.148000s  worker-1 ends charge of order-1, attempt 3: failed Broken\n"
                      "     27.163000s  worker-1 runs charge of order-1, attempt 4\n"
                      "     27.213000s  effect charge order-1 recognised, attempt 4\n"
                      "     27.263000s  worker-1 ends charge of order-1, attempt 4: completed\n"
                      "     27.290000s  worker-2 runs ship of order-1, attempt 1\n"
                      "     27.290000s  worker-2 ends ship of order-1, attempt 1: completed\n"
                      "     27.307000s  order-1 closed: completed\n");
}

/* An activity in C yields its steps; its heartbeats are throttled to 80% of the timeout, and cancellation comes by one. */
static void test_world__activity_in_c_beats_and_learns_of_cancellation(void **state)
{
    struct world_fixture *f = *state;
    const struct sim_client clients[] = {{.name = WF_STR("operator"),
                                          .action = SIM_CLIENT_CANCEL,
                                          .to = {.text = WF_STR("order-1")},
                                          .at_ns = 4 * WF_NS_PER_S}};

    f->start.workflow_type = WF_STR("Slow");
    f->config.clients = clients;
    f->config.client_count = 1;
    f->shown = SHOW(ATTEMPT_STARTED) | SHOW(ATTEMPT_ENDED) | SHOW(RUN_CLOSED) | SHOW(SENT) | SHOW(ANSWERED) | SHOW(EVENT);
    world_begin(f);
    world_finish(f, 60000);

    world_trace_is(f, "      0.010000s  order-1 1 WorkflowExecutionStarted Slow\n"
                      "      0.010000s  order-1 2 WorkflowTaskScheduled \n"
                      "      0.013000s  starter is told accepted by order-1 for start\n"
                      "      0.016000s  order-1 3 WorkflowTaskStarted \n"
                      "      0.025000s  order-1 4 WorkflowTaskCompleted \n"
                      "      0.025000s  order-1 5 ActivityTaskScheduled walk\n"
                      "      0.035000s  worker-2 runs walk of order-1, attempt 1\n"
                      "      4.000000s  operator sends cancel to order-1\n"
                      "      4.004000s  order-1 6 WorkflowExecutionCancelRequested \n"
                      "      4.004000s  order-1 7 WorkflowTaskScheduled \n"
                      "      4.008000s  order-1 8 WorkflowTaskStarted \n"
                      "      4.008000s  operator is told accepted by order-1 for cancel\n"
                      "      4.017000s  order-1 9 WorkflowTaskCompleted \n"
                      "      4.017000s  order-1 10 ActivityTaskCancelRequested walk\n"
                      "     10.035000s  worker-2 ends walk of order-1, attempt 1: canceled\n"
                      "     10.039000s  order-1 11 ActivityTaskStarted walk\n"
                      "     10.039000s  order-1 12 ActivityTaskCanceled walk\n"
                      "     10.039000s  order-1 13 WorkflowTaskScheduled \n"
                      "     10.043000s  order-1 14 WorkflowTaskStarted \n"
                      "     10.052000s  order-1 15 WorkflowTaskCompleted \n"
                      "     10.052000s  order-1 16 WorkflowExecutionCanceled \n"
                      "     10.052000s  order-1 closed: canceled\n");
}

/* ---- Clients ---- */

/* Signals and queries per workflow; an approval that comes after the end is reported to its sender. */
static void test_world__clients_signal_and_query(void **state)
{
    struct world_fixture *f = *state;
    const struct sim_client clients[] = {
        {.name = WF_STR("client-1"),
         .action = SIM_CLIENT_QUERY,
         .to = {.text = WF_STR("order-${n}")},
         .is_per_workflow = true,
         .at_ns = WF_NS_PER_S,
         .name_of = WF_STR("state"),
         .expect = WF_STR("{\"approved\":false}")},
        {.name = WF_STR("client-1"),
         .action = SIM_CLIENT_SIGNAL,
         .to = {.text = WF_STR("order-${n}")},
         .is_per_workflow = true,
         .at_ns = 2 * WF_NS_PER_S,
         .name_of = WF_STR("approve")},
        {.name = WF_STR("client-2"),
         .action = SIM_CLIENT_SIGNAL,
         .to = {.text = WF_STR("order-${n}")},
         .is_per_workflow = true,
         .at_ns = 3 * WF_NS_PER_S,
         .name_of = WF_STR("approve")},
        {.name = WF_STR("client-2"),
         .action = SIM_CLIENT_QUERY,
         .to = {.text = WF_STR("order-${n}")},
         .is_per_workflow = true,
         .at_ns = 4 * WF_NS_PER_S,
         .name_of = WF_STR("state"),
         .expect = WF_STR("{\"approved\":false}")},
    };

    f->start.workflow_type = WF_STR("Approve");
    f->config.clients = clients;
    f->config.client_count = TEST_COUNT(clients);
    f->shown = SHOW(SENT) | SHOW(ANSWERED) | SHOW(HANDLED) | SHOW(RUN_CLOSED) | SHOW(QUERY_WRONG);
    world_begin(f);
    world_finish(f, 60000);

    world_trace_is(f, "      0.013000s  starter is told accepted by order-1 for start\n"
                      "      1.000000s  client-1 sends state to order-1\n"
                      "      1.009000s  client-1 is told accepted by order-1 for state\n"
                      "      2.000000s  client-1 sends approve to order-1\n"
                      "      2.008000s  client-1 is told accepted by order-1 for approve\n"
                      "      2.017000s  order-1 handles signal approve\n"
                      "      2.017000s  order-1 closed: completed\n"
                      "      3.000000s  client-2 sends approve to order-1\n"
                      "      3.008000s  client-2 is told not found by order-1 for approve\n"
                      "      4.000000s  client-2 sends state to order-1\n"
                      "      4.019000s  client-2 is told accepted by order-1 for state\n"
                      "      4.019000s  client-2 got {\"approved\":true} from order-1 for state\n");
}

/* A client that goes on until the workflow has closed does not stop before it was started. */
static void test_world__until_closed_is_not_before_the_start(void **state)
{
    static const char *const servers[] = {"server-1", "server-2", "server-3"};
    struct world_fixture *f = *state;
    const struct sim_client approver = {.name = WF_STR("client-1"),
                                        .action = SIM_CLIENT_SIGNAL,
                                        .to = {.text = WF_STR("order-1")},
                                        .every_ns = 4 * WF_NS_PER_S,
                                        .until_closed = true,
                                        .name_of = WF_STR("approve")};

    f->start.workflow_type = WF_STR("Approve");
    f->config.clients = &approver;
    f->config.client_count = 1;
    f->shown = SHOW(SENT) | SHOW(ANSWERED) | SHOW(RUN_CLOSED);
    world_begin(f);
    for (size_t i = 0; i < TEST_COUNT(servers); i++) {
        assert_true(sim_world_set_link(f->world, world_node(f, "starter"), world_node(f, servers[i]), true));
    }
    world_run(f, 6000);
    for (size_t i = 0; i < TEST_COUNT(servers); i++) {
        assert_true(sim_world_set_link(f->world, world_node(f, "starter"), world_node(f, servers[i]), false));
    }
    world_finish(f, 60000);

    world_trace_is(f, "      0.000000s  client-1 sends approve to order-1\n"
                      "      0.010000s  client-1 is told not found by order-1 for approve\n"
                      "      4.000000s  client-1 sends approve to order-1\n"
                      "      4.008000s  client-1 is told not found by order-1 for approve\n"
                      "      8.000000s  client-1 sends approve to order-1\n"
                      "      8.008000s  client-1 is told not found by order-1 for approve\n"
                      "     10.112000s  starter is told accepted by order-1 for start\n"
                      "     12.000000s  client-1 sends approve to order-1\n"
                      "     12.008000s  client-1 is told accepted by order-1 for approve\n"
                      "     12.017000s  order-1 closed: completed\n");
}

/* A closed run answers queries until its retention is over; after it nothing is known of it (8.4). */
static void test_world__retention_ends_what_is_known_of_a_run(void **state)
{
    struct world_fixture *f = *state;
    const struct sim_client approval = {.name = WF_STR("client-1"),
                                        .action = SIM_CLIENT_SIGNAL,
                                        .to = {.text = WF_STR("order-${n}")},
                                        .is_per_workflow = true,
                                        .at_ns = WF_NS_PER_S,
                                        .name_of = WF_STR("approve")};
    const struct sim_client query = {.name = WF_STR("client-1"),
                                     .action = SIM_CLIENT_QUERY,
                                     .to = {.text = WF_STR("order-${n}")},
                                     .is_per_workflow = true,
                                     .name_of = WF_STR("state")};
    struct sim_client clients[] = {approval, query, query};

    clients[1].at_ns = 10 * WF_NS_PER_S;
    clients[2].at_ns = 12 * WF_NS_PER_S;
    f->start.workflow_type = WF_STR("Approve");
    f->config.limits.retention_ns = 10 * WF_NS_PER_S;
    f->config.clients = clients;
    f->config.client_count = TEST_COUNT(clients);
    f->shown = SHOW(ANSWERED) | SHOW(RUN_CLOSED);
    world_begin(f);
    world_finish(f, 60000);

    world_trace_is(f, "      0.013000s  starter is told accepted by order-1 for start\n"
                      "      1.008000s  client-1 is told accepted by order-1 for approve\n"
                      "      1.017000s  order-1 closed: completed\n"
                      "     10.019000s  client-1 is told accepted by order-1 for state\n"
                      "     12.008000s  client-1 is told not found by order-1 for state\n");
}

/* ---- Processes ---- */

/* A worker that dies with an attempt in hand: the effect has happened, the attempt times out, another worker runs it. */
static void test_world__worker_crash_between_effect_and_answer(void **state)
{
    struct world_fixture *f = *state;

    f->shown = SHOW(ATTEMPT_STARTED) | SHOW(ATTEMPT_ENDED) | SHOW(EFFECT) | SHOW(RUN_CLOSED) | SHOW(CRASH) |
               SHOW(RESTART) | SHOW(REPLAYED);
    world_begin(f);
    world_run(f, 90);
    assert_true(sim_world_crash_node(f->world, world_node(f, "worker-2"), 5 * WF_NS_PER_S));
    world_finish(f, 120000);

    world_trace_is(f, "      0.035000s  worker-2 runs charge of order-1, attempt 1\n"
                      "      0.085000s  effect charge order-1, attempt 1\n"
                      "      0.085000s  worker-2 crashes\n"
                      "      5.085000s  worker-2 restarts\n"
                      "     11.042000s  worker-1 runs charge of order-1, attempt 2\n"
                      "     11.092000s  effect charge order-1, attempt 2\n"
                      "     11.142000s  worker-1 ends charge of order-1, attempt 2: completed\n"
                      "     11.158000s  worker-1 replays order-1 from the start, 9 events\n"
                      "     11.173000s  worker-1 runs ship of order-1, attempt 1\n"
                      "     11.173000s  worker-1 ends ship of order-1, attempt 1: completed\n"
                      "     11.193000s  order-1 closed: completed\n");
}

/* A server that dies: its shard goes to another one with a higher range; the run goes on. */
static void test_world__server_crash_moves_the_shard(void **state)
{
    struct world_fixture *f = *state;

    f->shown = SHOW(SHARD_ACQUIRED) | SHOW(SHARD_LOST) | SHOW(CRASH) | SHOW(RESTART) | SHOW(EVENT);
    world_begin(f);
    world_run(f, 100);
    assert_true(sim_world_crash_node(f->world, world_node(f, "server-1"), 30 * WF_NS_PER_S));
    world_run(f, 60000);

    world_trace_is(f, "      0.002000s  server-1 owns shard 0, range 1\n"
                      "      0.002000s  server-2 owns shard 1, range 1\n"
                      "      0.010000s  order-1 1 WorkflowExecutionStarted Pay\n"
                      "      0.010000s  order-1 2 WorkflowTaskScheduled \n"
                      "      0.016000s  order-1 3 WorkflowTaskStarted \n"
                      "      0.025000s  order-1 4 WorkflowTaskCompleted \n"
                      "      0.025000s  order-1 5 ActivityTaskScheduled charge\n"
                      "      0.085000s  server-1 crashes\n"
                      "      2.077000s  server-2 owns shard 0, range 2\n"
                      "      3.698000s  order-1 6 ActivityTaskStarted charge\n"
                      "      3.698000s  order-1 7 ActivityTaskCompleted charge\n"
                      "      3.698000s  order-1 8 WorkflowTaskScheduled \n"
                      "      3.704000s  order-1 9 WorkflowTaskStarted \n"
                      "      3.717000s  order-1 10 WorkflowTaskCompleted \n"
                      "      3.717000s  order-1 11 ActivityTaskScheduled ship\n"
                      "      3.730000s  order-1 12 ActivityTaskStarted ship\n"
                      "      3.730000s  order-1 13 ActivityTaskCompleted ship\n"
                      "      3.730000s  order-1 14 WorkflowTaskScheduled \n"
                      "      3.736000s  order-1 15 WorkflowTaskStarted \n"
                      "      3.745000s  order-1 16 WorkflowTaskCompleted \n"
                      "      3.745000s  order-1 17 WorkflowExecutionCompleted \n"
                      "     30.085000s  server-1 restarts\n"
                      "     30.598000s  server-1 owns shard 0, range 3\n"
                      "     32.091000s  server-2 lost shard 0\n");
}

/* A moved shard: the old owner goes on until its first write is fenced. */
static void test_world__moved_shard_is_fenced(void **state)
{
    struct world_fixture *f = *state;

    f->shown = SHOW(SHARD_ACQUIRED) | SHOW(SHARD_LOST) | SHOW(WRITE) | SHOW(RUN_CLOSED);
    world_begin(f);
    world_run(f, 40);
    assert_true(sim_world_move_shard(f->world, 0, world_node(f, "server-3")));
    world_run(f, 60000);

    world_trace_is(f, "      0.002000s  server-1 owns shard 0, range 1\n"
                      "      0.002000s  server-2 owns shard 1, range 1\n"
                      "      0.010000s  server-1 write ok\n"
                      "      0.016000s  server-1 write ok\n"
                      "      0.025000s  server-1 write ok\n"
                      "      0.031000s  server-1 write ok\n"
                      "      0.139000s  server-1 write ok\n"
                      "      0.155000s  server-3 owns shard 0, range 2\n"
                      "      0.246000s  server-3 write ok\n"
                      "      0.259000s  server-3 write ok\n"
                      "      0.263000s  server-3 write ok\n"
                      "      0.269000s  server-3 write ok\n"
                      "      0.275000s  server-3 write ok\n"
                      "      0.284000s  server-3 write ok\n"
                      "      0.284000s  order-1 closed: completed\n"
                      "     10.016000s  server-1 write shard lost\n"
                      "     10.018000s  server-1 lost shard 0\n");
}

/* A shard that went away and came back is acquired anew, also by an owner that wrote nothing meanwhile: else it would go on
 * with what it knew and never see the timers of the other one. */
static void test_world__shard_that_came_back_is_acquired_anew(void **state)
{
    struct world_fixture *f = *state;

    f->shown = SHOW(SHARD_ACQUIRED) | SHOW(SHARD_LOST);
    f->start.at_ns = 3600 * WF_NS_PER_S; /* idle */
    world_begin(f);
    world_run(f, 1000);
    assert_true(sim_world_move_shard(f->world, 0, world_node(f, "server-3")));
    world_run(f, 2000);
    assert_true(sim_world_move_shard(f->world, 0, world_node(f, "server-1")));
    world_run(f, 3000);

    world_trace_is(f, "      0.002000s  server-1 owns shard 0, range 1\n"
                      "      0.002000s  server-2 owns shard 1, range 1\n"
                      "      0.129000s  server-3 owns shard 0, range 2\n"
                      "      0.228000s  server-1 lost shard 0\n"
                      "      0.230000s  server-1 owns shard 0, range 3\n");
}

/* A server that has not heard that a shard went to another takes it; the owner, which writes nothing, finds that out. */
static void test_world__overtaken_owner_looks_at_its_lease(void **state)
{
    struct world_fixture *f = *state;
    uint32_t thief = 0;

    f->shown = SHOW(SHARD_ACQUIRED) | SHOW(SHARD_LOST);
    f->start.at_ns = 3600 * WF_NS_PER_S; /* idle */
    world_begin(f);
    world_run(f, 1000);
    thief = world_node(f, "server-3");
    f->world->nodes[thief].server->view[0] = thief;
    sim_server_adopt(f->world, thief);
    world_run(f, 70000);

    world_trace_is(f, "      0.002000s  server-1 owns shard 0, range 1\n"
                      "      0.002000s  server-2 owns shard 1, range 1\n"
                      "      0.012000s  server-3 owns shard 0, range 2\n"
                      "     60.108000s  server-1 lost shard 0\n"
                      "     60.110000s  server-1 owns shard 0, range 3\n");
}

/* What a process wrote into the module's globals is its own, and gone after its crash. */
static void test_world__module_memory_belongs_to_the_process(void **state)
{
    struct world_fixture *f = *state;

    f->start.workflow_type = WF_STR("Count");
    f->start.count = 6;
    f->start.every = (struct sim_distribution){.kind = SIM_CONSTANT, .low_ns = 10 * WF_NS_PER_S};
    f->shown = SHOW(CRASH);
    f->config.worker_count = 1;
    world_begin(f);
    world_run(f, 25000);
    assert_true(sim_world_crash_node(f->world, world_node(f, "worker-1"), WF_NS_PER_S));
    world_finish(f, 120000);

    test_string_is("third run", sim_world_run(f->world, 2).result, "3");
    test_string_is("first run after the crash", sim_world_run(f->world, 3).result, "1");
    test_string_is("last run", sim_world_run(f->world, 5).result, "3");
}

/* ---- Views ---- */

static void test_world__runs_and_histories_can_be_read(void **state)
{
    struct world_fixture *f = *state;
    const struct wf_string *batches = NULL;
    struct wf_svc_description description = {0};
    struct sim_run_view run;
    uint32_t batch_count = 0;
    uint32_t event_count = 0;

    f->keeps_closed_runs = true;
    world_begin(f);
    world_finish(f, 60000);

    assert_int_equal(sim_world_run_count(f->world), 1);
    run = sim_world_run(f->world, 0);
    test_string_is("id", run.workflow_id, "order-1");
    test_string_is("type", run.workflow_type, "Pay");
    test_string_is("queue", run.task_queue, "default");
    test_string_is("result", run.result, "\"T-order-1\"");
    assert_int_equal(run.status, WF_WORKFLOW_EXECUTION_STATUS_COMPLETED);
    assert_true(run.close_time_ns > run.start_time_ns);
    assert_int_equal(sim_world_history(f->world, 0, &batches, &batch_count), WF_OK);
    for (uint32_t i = 0; i < batch_count; i++) {
        struct wf_history_message history = {0};

        assert_int_equal(wf_wire_decode(&f->arena, &wf_type_history_message, batches[i], &history, NULL), WF_OK);
        for (uint32_t j = 0; j < history.events.count; j++) {
            assert_int_equal(history.events.items[j].event_id, ++event_count);
        }
    }
    assert_int_equal(event_count, run.event_count);
    assert_int_equal(wf_state_describe(&f->arena, run.state, &description, NULL), WF_OK);
    assert_int_equal(description.status, WF_WORKFLOW_EXECUTION_STATUS_COMPLETED);
}

/* Without keeping, a closed run's rows leave memory after retention; its view stays. */
static void test_world__closed_run_leaves_memory(void **state)
{
    struct world_fixture *f = *state;
    const struct wf_string *batches = NULL;
    uint32_t batch_count = 9;

    f->config.limits.retention_ns = WF_NS_PER_S;
    world_begin(f);
    world_finish(f, 60000);
    world_run(f, 10000);

    assert_int_equal(sim_world_history(f->world, 0, &batches, &batch_count), WF_OK);
    assert_int_equal(batch_count, 0);
    test_string_is("result", sim_world_run(f->world, 0).result, "\"T-order-1\"");
}

static void test_world__unknown_workflow_type_is_refused(void **state)
{
    struct world_fixture *f = *state;
    struct sim_world_config config = {.config = &f->config, .blocks = &f->blocks.source};
    struct wf_error err = {0};

    f->start.workflow_type = WF_STR("Nope");

    assert_int_equal(sim_world_new(&config, &f->world, &err), WF_ERR_INVALID);
    assert_string_equal(err.message, "no workflow Nope in the code");
}

static void test_world__activity_without_a_model_ends_the_run(void **state)
{
    struct world_fixture *f = *state;
    struct wf_error err = {0};
    enum wf_status status = WF_OK;
    bool is_over = false;

    f->config.activity_count = 1; /* charge only */
    world_begin(f);
    for (int i = 0; i < 100000 && status == WF_OK; i++) {
        status = sim_world_step(f->world, &is_over, &err);
    }

    assert_int_equal(status, WF_ERR_INVALID);
    assert_string_equal(err.message, "activity ship has no model in the scenario; add it to `activities`: {ship: {takes: 20ms}}");
}

/* Memory that runs out ends the run with an error, never with a crash; wherever it happens. */
static void test_world__exhausted_memory_is_an_error(void **state)
{
    struct world_fixture *f = *state;
    bool has_finished = false;

    for (size_t blocks = 1; !has_finished && blocks < 400; blocks += 3) {
        struct sim_world_config config = {.config = &f->config, .blocks = &f->blocks.source};
        enum wf_status status = WF_OK;
        bool is_over = false;

        f->blocks.take_count = 0;
        f->blocks.fail_from = blocks;
        struct wf_error err={0}; status = sim_world_new(&config, &f->world, &err);
        while (status == WF_OK && !sim_world_is_done(f->world)) {
            status = sim_world_step(f->world, &is_over, &err);
        }
        has_finished = status == WF_OK;
        if (!(has_finished || status == WF_ERR_MEMORY)) fail_msg("blocks %d status %d %s", (int)blocks, (int)status, err.message);
        sim_world_free(f->world);
        f->world = NULL;
    }
    f->blocks.fail_from = 0;
    assert_true(has_finished);
}

/* ---- Determinism ---- */

static void test_world__same_seed_same_digest(void **state)
{
    struct world_fixture *f = *state;
    const struct sim_rates rates = {.message_loss = {1, 20},
                                    .message_delay = {1, 20},
                                    .message_duplicate = {1, 20},
                                    .message_reorder = {1, 20},
                                    .database_timeout = {1, 20},
                                    .database_unavailable = {1, 20},
                                    .activity_failure = {1, 5}};
    uint64_t digests[3] = {0};

    f->start.count = 10;
    for (int i = 0; i < 3; i++) {
        f->seed = i < 2 ? 7 : 8;
        world_begin(f);
        sim_world_set_rates(f->world, &rates);
        world_run(f, 30000);
        sim_world_heal(f->world);
        world_finish(f, 3600000);
        digests[i] = wf_digest_value(&sim_world_loop(f->world)->digest);
        sim_world_free(f->world);
        f->world = NULL;
    }

    assert_int_equal(digests[0], digests[1]);
    assert_int_not_equal(digests[0], digests[2]);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        IN_WORLD(test_world__workflow_charges_and_ships),
        IN_WORLD(test_world__saga_refunds_what_it_charged),
        IN_WORLD(test_world__outcomes_of_attempts),
        IN_WORLD(test_world__activity_in_c_beats_and_learns_of_cancellation),
        IN_WORLD(test_world__clients_signal_and_query),
        IN_WORLD(test_world__until_closed_is_not_before_the_start),
        IN_WORLD(test_world__retention_ends_what_is_known_of_a_run),
        IN_WORLD(test_world__worker_crash_between_effect_and_answer),
        IN_WORLD(test_world__server_crash_moves_the_shard),
        IN_WORLD(test_world__moved_shard_is_fenced),
        IN_WORLD(test_world__shard_that_came_back_is_acquired_anew),
        IN_WORLD(test_world__overtaken_owner_looks_at_its_lease),
        IN_WORLD(test_world__module_memory_belongs_to_the_process),
        IN_WORLD(test_world__runs_and_histories_can_be_read),
        IN_WORLD(test_world__closed_run_leaves_memory),
        IN_WORLD(test_world__unknown_workflow_type_is_refused),
        IN_WORLD(test_world__activity_without_a_model_ends_the_run),
        IN_WORLD(test_world__exhausted_memory_is_an_error),
        IN_WORLD(test_world__same_seed_same_digest),
    };

    return cmocka_run_group_tests_name("world", tests, NULL, NULL);
}
