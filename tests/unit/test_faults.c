/*
 * Each kind of fault alone, placed by hand into a small run: the lines of the trace that it adds to the same run without it.
 * Ordinary events, writes and tasks are left out of the comparison; what stays is what the faults, the processes, the attempts
 * and the effects do, and every event that says that something went wrong.
 */
#include "tests/support/test.h"

#include "engine/wfsim.h"
#include "sim/fault/kinds.h"
#include "sim/run.h"

/* A string for static tables, where ISO C wants constants. */
#define TEXT(literal) {(literal), sizeof(literal) - 1}
#define S WF_NS_PER_S
#define LINES_MAX 512
#define ADDED_MAX 24

/* ---- The run: charge, wait for an approval or a minute, ship ---- */

struct order {
    bool is_approved;
};

static wf_error approve(struct wf *wf, void *state, struct wf_args args)
{
    (void)wf;
    (void)args;
    ((struct order *)state)->is_approved = true;
    return NULL;
}

static bool is_approved(const void *state)
{
    return ((const struct order *)state)->is_approved;
}

static const struct wf_options quick = {.start_to_close = 5 * WF_SECOND};

static wf_error run_order(struct wf *wf, void *state, struct wf_args args, struct wf_value *result)
{
    const struct wf_value id = wf_arg(args, 0);
    wf_error error = wf_activity(wf, "charge_payment", WF_ARGS(id), &quick, NULL);

    if (!error) {
        error = wf_wait(wf, is_approved, state, WF_MINUTE, NULL);
    }
    return error ? error : wf_activity(wf, "ship_order", WF_ARGS(id), &quick, result);
}

static const struct wf_signal signals[] = {{.name = "approve", .handle = approve}, {.name = NULL}};
static const struct wf_workflow workflows[] = {
    {.name = "Order", .run = run_order, .state_size_bytes = sizeof(struct order), .signals = signals}, {.name = NULL}};
static const struct wf_module module = {WF_API, .workflows = workflows};

static const struct sim_code codes[] = {{.version = TEXT("v1"), .module = &module},
                                        {.version = TEXT("v2"), .module = &module}};
static const struct sim_activity_model activities[] = {
    {.name = TEXT("charge_payment"),
     .takes = {SIM_CONSTANT, 200 * WF_NS_PER_MS, 0},
     .effect = {.kind = SIM_EFFECT_DO, .name = TEXT("charge"), .key = {.text = TEXT("${input[0]}")}}},
    {.name = TEXT("ship_order"), .takes = {SIM_CONSTANT, 200 * WF_NS_PER_MS, 0}},
};
static const struct sim_start start = {.workflow_type = TEXT("Order"),
                                       .workflow_id = {.text = TEXT("order-${n}")},
                                       .input = {.json = TEXT("[\"order-${n}\"]")},
                                       .count = 1};
static const struct sim_client client = {.name = TEXT("client-1"),
                                         .action = SIM_CLIENT_SIGNAL,
                                         .to = {.text = TEXT("order-${n}")},
                                         .is_per_workflow = true,
                                         .at_ns = 2 * S,
                                         .name_of = TEXT("approve")};

/* ---- Its trace ---- */

struct trace {
    struct wf_arena *arena;
    struct wf_string lines[LINES_MAX];
    uint32_t count;
};

static bool is_event_told(int64_t type)
{
    return type == WF_EVENT_TYPE_WORKFLOW_TASK_TIMED_OUT || type == WF_EVENT_TYPE_WORKFLOW_TASK_FAILED ||
           type == WF_EVENT_TYPE_ACTIVITY_TASK_TIMED_OUT || type == WF_EVENT_TYPE_ACTIVITY_TASK_FAILED ||
           type == WF_EVENT_TYPE_WORKFLOW_EXECUTION_CANCEL_REQUESTED || type == WF_EVENT_TYPE_TIMER_FIRED;
}

static bool is_told(const struct sim_record *record)
{
    switch ((int)record->kind) {
    case SIM_RECORD_EVENT:
        return is_event_told(record->y);
    case SIM_RECORD_WRITE:
        return !wf_string_is(record->a, "ok");
    case SIM_RECORD_TASK_ANSWERED:
        return !wf_string_is(record->a, "completed");
    case SIM_RECORD_PHASE:
    case SIM_RECORD_START_SENT:
    case SIM_RECORD_RUN_STARTED:
    case SIM_RECORD_TASK_GIVEN:
    case SIM_RECORD_LOG:
        return false;
    default:
        return true;
    }
}

static void observe(void *context, const struct sim_record *record)
{
    struct trace *trace = context;
    struct wf_buffer line;

    if (!is_told(record)) {
        return;
    }
    assert_true(trace->count < LINES_MAX);
    wf_buffer_init(&line, trace->arena);
    sim_record_print_text(record, &line);
    wf_buffer_append_char(&line, '\0');
    trace->lines[trace->count++] = (struct wf_string){line.data, line.size_bytes - 1};
}

static void run(struct wf_arena *arena, const struct sim_placed_fault *fault, struct trace *trace, uint64_t *counts)
{
    /* What is rolled back was rolled out before. */
    const struct sim_placed_fault deploy = {.kind = SIM_FAULT_ROLLING_DEPLOY, .when = WF_STR("workflow started")};
    const bool is_rollback = fault != NULL && fault->kind == SIM_FAULT_ROLLBACK;
    const struct sim_placed_fault placed[] = {fault == NULL ? deploy : *fault, deploy};
    const struct sim_config config = {
        .name = WF_STR("order"),
        .codes = codes,
        .code_count = TEST_COUNT(codes),
        .server_count = 2,
        .shard_count = 2,
        .worker_count = 2,
        .starts = &start,
        .start_count = 1,
        .activities = activities,
        .activity_count = TEST_COUNT(activities),
        .clients = &client,
        .client_count = 1,
        .faults = {.is_enabled = true,
                   .profile = WF_STR("none"),
                   .for_ns = 600 * S,
                   .placed = placed,
                   .placed_count = is_rollback ? 2 : fault != NULL ? 1 : 0},
    };
    struct sim_config complete = config;
    const struct sim_run_options options = {.seed = 7, .observer = observe, .observer_context = trace};
    const struct sim_run_result *result = NULL;
    struct sim_run *made = NULL;
    struct wf_error err = {0};

    wf_service_limits_default(&complete.limits);
    *trace = (struct trace){.arena = arena};
    assert_int_equal(sim_run_new(&complete, wf_system_blocks(), &made, &err), WF_OK);
    if (sim_run_seed(made, &options, &result, &err) != WF_OK) {
        fail_msg("%s", err.message);
    }
    assert_int_equal(result->broken_count, 0);
    memcpy(counts, result->fault_counts, sizeof result->fault_counts);
    sim_run_free(made);
}

/* Takes one line out of a trace; false when it is not there. */
static bool strike_out(struct trace *trace, struct wf_string line)
{
    for (uint32_t i = 0; i < trace->count; i++) {
        if (trace->lines[i].data != NULL && wf_string_equal(trace->lines[i], line)) {
            trace->lines[i].data = NULL;
            return true;
        }
    }
    return false;
}

/* ---- The kinds ---- */

static const struct {
    struct sim_placed_fault fault;
    const char *added[ADDED_MAX]; /* lines */
} rows[] = {
    {{.kind = SIM_FAULT_WORKER_CRASH, .when = TEXT("effect charge"), .for_ns = 2 * S},
     {
      "fault worker_crash worker-2",
      "worker-2 crashes",
      "worker-2 restarts",
      "worker-1 runs charge_payment of order-1, attempt 2",
      "effect charge order-1, attempt 2",
      "worker-1 ends charge_payment of order-1, attempt 2: completed",
      "order-1 10 WorkflowTaskTimedOut SCHEDULE_TO_START",
      "worker-1 replays order-1 from the start, 12 events",
      "worker-1 runs ship_order of order-1, attempt 1",
      "worker-1 ends ship_order of order-1, attempt 1: completed"}},
    {{.kind = SIM_FAULT_SERVER_CRASH, .node = TEXT("server-1"), .when = TEXT("effect charge"), .for_ns = 20 * S},
     {
      "fault server_crash server-1",
      "server-1 crashes",
      "server-2 owns shard 0, range 2",
      "order-1 9 WorkflowTaskTimedOut START_TO_CLOSE",
      "worker-1 replays order-1 from the start, 13 events",
      "worker-1 runs ship_order of order-1, attempt 1",
      "worker-1 ends ship_order of order-1, attempt 1: completed"}},
    {{.kind = SIM_FAULT_DATABASE_TIMEOUT, .when = TEXT("activity charge_payment started")},
     {
      "fault database_timeout write",
      "server-1 write unknown, not written",
      "server-1 owns shard 0, range 2"}},
    {{.kind = SIM_FAULT_DATABASE_UNAVAILABLE, .when = TEXT("activity charge_payment started"), .for_ns = S},
     {
      "fault database_unavailable database",
      "fault database_unavailable write",
      "server-1 write unavailable",
      "fault database_unavailable readRun",
      "fault database_unavailable readRun",
      "fault database_unavailable readRun",
      "fault database_unavailable database ends"}},
    {{.kind = SIM_FAULT_DATABASE_SLOW, .when = TEXT("activity charge_payment started"), .for_ns = S},
     {
      "fault database_slow database",
      "fault database_slow database ends"}},
    {{.kind = SIM_FAULT_PARTITION, .node = TEXT("worker"), .other_node = TEXT("server-1"), .when = TEXT("effect charge"), .for_ns = 8 * S},
     {
      "fault partition worker-2 to server-1",
      "message respondActivityTaskCompleted from worker-2 to server-1 lost",
      "message pollWorkflowTask from server-1 to worker-2 lost",
      "message pollActivityTask from server-1 to worker-2 lost",
      "fault partition worker-2 to server-1 ends",
      "order-1 9 WorkflowTaskTimedOut START_TO_CLOSE",
      "worker-1 replays order-1 from the start, 11 events",
      "worker-1 runs charge_payment of order-1, attempt 3",
      "effect charge order-1, attempt 3",
      "worker-1 ends charge_payment of order-1, attempt 3: completed",
      "worker-1 runs ship_order of order-1, attempt 1",
      "worker-1 ends ship_order of order-1, attempt 1: completed"}},
    {{.kind = SIM_FAULT_PARTITION_ONE_WAY, .node = TEXT("server-1"), .other_node = TEXT("server-2"), .when = TEXT("effect charge"), .for_ns = 8 * S},
     {
      "fault partition_one_way server-1 to server-2",
      "message addTask from server-1 to server-2 lost",
      "fault partition_one_way server-1 to server-2 ends",
      "order-1 10 WorkflowTaskTimedOut SCHEDULE_TO_START",
      "worker-1 replays order-1 from the start, 12 events"}},
    {{.kind = SIM_FAULT_ISOLATE, .when = TEXT("effect charge"), .for_ns = 8 * S},
     {
      "fault isolate worker-2",
      "message respondActivityTaskCompleted from worker-2 to server-1 lost",
      "message pollWorkflowTask from server-1 to worker-2 lost",
      "message pollActivityTask from server-1 to worker-2 lost",
      "fault isolate worker-2 ends",
      "order-1 9 WorkflowTaskTimedOut START_TO_CLOSE",
      "worker-1 replays order-1 from the start, 11 events",
      "worker-1 runs charge_payment of order-1, attempt 3",
      "effect charge order-1, attempt 3",
      "worker-1 ends charge_payment of order-1, attempt 3: completed",
      "worker-1 runs ship_order of order-1, attempt 1",
      "worker-1 ends ship_order of order-1, attempt 1: completed"}},
    {{.kind = SIM_FAULT_MESSAGE_LOSS, .when = TEXT("effect charge")},
     {
      "fault message_loss respondActivityTaskCompleted",
      "message respondActivityTaskCompleted from worker-2 to server-1 lost",
      "worker-2 runs charge_payment of order-1, attempt 2",
      "effect charge order-1, attempt 2",
      "worker-2 ends charge_payment of order-1, attempt 2: completed",
      "worker-1 runs ship_order of order-1, attempt 1",
      "worker-1 ends ship_order of order-1, attempt 1: completed"}},
    {{.kind = SIM_FAULT_MESSAGE_DELAY, .when = TEXT("effect charge")},
     {
      "fault message_delay respondActivityTaskCompleted"}},
    {{.kind = SIM_FAULT_MESSAGE_DUPLICATE, .when = TEXT("effect charge")},
     {
      "fault message_duplicate respondActivityTaskCompleted"}},
    {{.kind = SIM_FAULT_MESSAGE_REORDER, .when = TEXT("effect charge")},
     {
      "fault message_reorder respondActivityTaskCompleted"}},
    {{.kind = SIM_FAULT_ACTIVITY_FAILURE, .when = TEXT("workflow started")},
     {
      "fault activity_failure charge_payment",
      "worker-2 ends charge_payment of order-1, attempt 1: failed SimulatedFailure",
      "worker-2 runs charge_payment of order-1, attempt 2",
      "effect charge order-1, attempt 2",
      "worker-2 ends charge_payment of order-1, attempt 2: completed",
      "worker-1 runs ship_order of order-1, attempt 1",
      "worker-1 ends ship_order of order-1, attempt 1: completed"}},
    {{.kind = SIM_FAULT_LOST_ANSWER, .when = TEXT("workflow started")},
     {
      "fault lost_answer charge_payment",
      "worker-2 ends charge_payment of order-1, attempt 1: lost",
      "worker-2 runs charge_payment of order-1, attempt 2",
      "effect charge order-1, attempt 2",
      "worker-2 ends charge_payment of order-1, attempt 2: completed",
      "worker-1 runs ship_order of order-1, attempt 1",
      "worker-1 ends ship_order of order-1, attempt 1: completed"}},
    {{.kind = SIM_FAULT_ZOMBIE, .when = TEXT("workflow started")},
     {
      "fault zombie charge_payment",
      "worker-2 runs charge_payment of order-1, attempt 2",
      "effect charge order-1, attempt 2",
      "worker-2 ends charge_payment of order-1, attempt 2: completed",
      "worker-1 runs ship_order of order-1, attempt 1",
      "worker-1 ends ship_order of order-1, attempt 1: completed"}},
    {{.kind = SIM_FAULT_CACHE_EVICTION, .when = TEXT("activity charge_payment started")},
     {
      "fault cache_eviction worker-2",
      "worker-2 replays order-1 from the start, 9 events"}},
    {{.kind = SIM_FAULT_SIGNAL_DUPLICATE, .when = TEXT("workflow started")},
     {
      "fault signal_duplicate approve"}},
    {{.kind = SIM_FAULT_SIGNAL_LATE, .when = TEXT("workflow started")},
     {
      "fault signal_late approve"}},
    {{.kind = SIM_FAULT_CANCEL, .when = TEXT("effect charge")},
     {
      "operator sends cancel to order-1",
      "fault cancel order-1",
      "order-1 6 WorkflowExecutionCancelRequested ",
      "operator is told accepted by order-1 for cancel",
      "order-1 closed: canceled",
      "client-1 is told not found by order-1 for approve"}},
    {{.kind = SIM_FAULT_TERMINATE, .when = TEXT("effect charge")},
     {
      "operator sends terminate to order-1",
      "fault terminate order-1",
      "order-1 closed: terminated",
      "operator is told accepted by order-1 for terminate",
      "client-1 is told not found by order-1 for approve"}},
    {{.kind = SIM_FAULT_SHARD_MOVE, .node = TEXT("server-2"), .when = TEXT("effect charge")},
     {
      "fault shard_move shard 0 to server-2",
      "server-2 owns shard 0, range 2"}},
    {{.kind = SIM_FAULT_RESET, .when = TEXT("effect charge")},
     {
      "operator sends reset to order-1",
      "fault reset order-1",
      "order-1 closed: terminated",
      "order-1 goes on from event 3 of run ad1a22d3-9b47-4d93-ad71-46766d84dd72 as run "
      "c15eb2a5-84dc-4f0c-8c2d-674a59331fcb",
      "order-1 4 WorkflowTaskFailed RESET_WORKFLOW",
      "operator is told accepted by order-1 for reset",
      "worker-2 runs charge_payment of order-1, attempt 1",
      "effect charge order-1, attempt 1",
      "worker-2 ends charge_payment of order-1, attempt 1: completed",
      "worker-1 runs ship_order of order-1, attempt 1",
      "worker-1 ends ship_order of order-1, attempt 1: completed"}},
    {{.kind = SIM_FAULT_ROLLING_DEPLOY, .when = TEXT("effect charge"), .for_ns = S},
     {
      "fault rolling_deploy ",
      "worker-1 is to run code v2",
      "worker-1 crashes",
      "worker-1 restarts",
      "worker-2 is to run code v2",
      "worker-2 crashes",
      "worker-2 restarts",
      "order-1 14 WorkflowTaskTimedOut SCHEDULE_TO_START",
      "worker-1 replays order-1 from the start, 16 events",
      "worker-1 runs ship_order of order-1, attempt 1",
      "worker-1 ends ship_order of order-1, attempt 1: completed"}},
    {{.kind = SIM_FAULT_ROLLBACK, .when = TEXT("effect charge"), .for_ns = S},
     {
      "fault rolling_deploy ",
      "worker-1 is to run code v2",
      "worker-1 crashes",
      "fault rollback ",
      "worker-1 is to run code v1",
      "worker-1 restarts"}},
    {{.kind = SIM_FAULT_SLOW_NODE, .when = TEXT("activity charge_payment started"), .for_ns = S},
     {
      "fault slow_node worker-2",
      "fault slow_node worker-2 ends"}},
    {{.kind = SIM_FAULT_WORKER_PAUSE, .when = TEXT("effect charge"), .for_ns = 8 * S},
     {
      "fault worker_pause worker-2",
      "fault worker_pause worker-2 ends",
      "worker-2 runs charge_payment of order-1, attempt 2",
      "effect charge order-1, attempt 2",
      "worker-2 ends charge_payment of order-1, attempt 2: completed",
      "worker-1 runs ship_order of order-1, attempt 1",
      "worker-1 ends ship_order of order-1, attempt 1: completed"}},
    {{.kind = SIM_FAULT_SERVER_PAUSE, .node = TEXT("server-1"), .when = TEXT("effect charge"), .for_ns = 8 * S},
     {
      "fault server_pause server-1",
      "server-2 owns shard 0, range 2",
      "fault server_pause server-1 ends",
      "server-1 write shard lost",
      "server-1 lost shard 0",
      "server-1 owns shard 0, range 3",
      "worker-2 runs charge_payment of order-1, attempt 2",
      "server-2 write shard lost",
      "server-2 lost shard 0",
      "server-2 owns shard 0, range 4",
      "effect charge order-1, attempt 2",
      "worker-2 ends charge_payment of order-1, attempt 2: completed"}},
    {{.kind = SIM_FAULT_STALE_OWNER, .node = TEXT("server-1"), .when = TEXT("activity charge_payment started"), .for_ns = 700 * WF_NS_PER_MS},
     {
      "fault stale_owner server-1 to server-2",
      "server-2 owns shard 0, range 2",
      "server-1 write shard lost",
      "server-1 lost shard 0",
      "server-1 owns shard 0, range 3",
      "server-2 write shard lost",
      "server-2 lost shard 0",
      "server-2 owns shard 0, range 4",
      "server-1 write shard lost",
      "server-1 lost shard 0",
      "server-1 owns shard 0, range 5",
      "fault stale_owner server-1 to server-2 ends",
      "server-2 write shard lost",
      "server-2 lost shard 0",
      "server-2 owns shard 0, range 6"}},
    {{.kind = SIM_FAULT_SHARD_MOVE_IN_WRITE, .when = TEXT("activity charge_payment started")},
     {
      "fault shard_move_in_write write",
      "server-2 owns shard 0, range 2",
      "server-1 write shard lost",
      "server-1 lost shard 0"}},
    {{.kind = SIM_FAULT_QUEUE_MOVE, .when = TEXT("effect charge")},
     {
      "fault queue_move server-2"}},
    {{.kind = SIM_FAULT_MATCHING_RESTART, .node = TEXT("server-1"), .when = TEXT("effect charge")},
     {
      "fault matching_restart server-1"}},
    {{.kind = SIM_FAULT_DATABASE_CRASH, .when = TEXT("effect charge"), .for_ns = 2 * S},
     {
      "fault database_crash database",
      "database crashes",
      "database restarts"}},
    {{.kind = SIM_FAULT_WRITE_LATE, .when = TEXT("activity charge_payment started")},
     {
      "fault write_late write",
      "server-1 owns shard 0, range 2",
      "server-1 write shard lost",
      "worker-2 runs charge_payment of order-1, attempt 2",
      "effect charge order-1, attempt 2",
      "worker-2 ends charge_payment of order-1, attempt 2: completed",
      "worker-1 runs ship_order of order-1, attempt 1",
      "worker-1 ends ship_order of order-1, attempt 1: completed"}},
    {{.kind = SIM_FAULT_WRITE_TORN, .when = TEXT("activity charge_payment started")},
     {
      "fault write_torn write",
      "server-1 write unknown, not written",
      "server-1 owns shard 0, range 2"}},
    {{.kind = SIM_FAULT_WRITE_VANISHED, .when = TEXT("activity charge_payment started")},
     {
      "fault write_vanished write",
      "server-1 write unknown, not written",
      "server-1 owns shard 0, range 2"}},
    {{.kind = SIM_FAULT_TRANSFER_TASK_REPEATED, .when = TEXT("effect charge")},
     {
      "fault transfer_task_repeated write"}},
    {{.kind = SIM_FAULT_TIMER_TASK_REPEATED, .when = TEXT("workflow started")},
     {
      "fault timer_task_repeated write"}},
    {{.kind = SIM_FAULT_CLOCK_SKEW, .node = TEXT("server-1"), .when = TEXT("effect charge"), .for_ns = 3 * S},
     {
      "fault clock_skew server-1"}},
    {{.kind = SIM_FAULT_CLOCK_DRIFT, .node = TEXT("server-1"), .when = TEXT("effect charge"), .for_ns = 3 * S},
     {
      "fault clock_drift server-1"}},
    {{.kind = SIM_FAULT_CLOCK_JUMP, .node = TEXT("server-1"), .when = TEXT("effect charge"), .for_ns = 3 * S},
     {
      "fault clock_jump server-1",
      "worker-2 runs charge_payment of order-1, attempt 2",
      "effect charge order-1, attempt 2",
      "worker-2 ends charge_payment of order-1, attempt 2: completed",
      "worker-1 runs ship_order of order-1, attempt 1",
      "worker-1 ends ship_order of order-1, attempt 1: completed"}},
    {{.kind = SIM_FAULT_CLOCK_STEP_BACK, .node = TEXT("server-1"), .when = TEXT("effect charge"), .for_ns = 3 * S},
     {
      "fault clock_step_back server-1"}},
    {{.kind = SIM_FAULT_POLL_LOST, .when = TEXT("effect charge")},
     {
      "fault poll_lost pollWorkflowTask",
      "message pollWorkflowTask from worker-2 to server-1 lost",
      "order-1 14 WorkflowTaskTimedOut SCHEDULE_TO_START",
      "worker-1 replays order-1 from the start, 16 events"}},
    {{.kind = SIM_FAULT_TASK_LOST, .when = TEXT("effect charge")},
     {
      "fault task_lost pollWorkflowTask",
      "message pollWorkflowTask from server-2 to server-1 lost",
      "order-1 10 WorkflowTaskTimedOut START_TO_CLOSE",
      "worker-1 replays order-1 from the start, 13 events"}},
    {{.kind = SIM_FAULT_RESPONSE_LOST, .when = TEXT("effect charge")},
     {
      "fault response_lost respondActivityTaskCompleted",
      "message respondActivityTaskCompleted from worker-2 to server-1 lost",
      "worker-2 runs charge_payment of order-1, attempt 2",
      "effect charge order-1, attempt 2",
      "worker-2 ends charge_payment of order-1, attempt 2: completed",
      "worker-1 runs ship_order of order-1, attempt 1",
      "worker-1 ends ship_order of order-1, attempt 1: completed"}},
    {{.kind = SIM_FAULT_ACCEPTANCE_LOST, .when = TEXT("effect charge")},
     {
      "fault acceptance_lost respondActivityTaskCompleted",
      "message respondActivityTaskCompleted from server-1 to worker-2 lost"}},
    {{.kind = SIM_FAULT_CRASH_BEFORE_POLL, .when = TEXT("effect charge")},
     {
      "fault crash_before_poll worker-2",
      "worker-2 crashes",
      "worker-2 restarts",
      "order-1 10 WorkflowTaskTimedOut START_TO_CLOSE",
      "worker-1 replays order-1 from the start, 13 events",
      "worker-1 runs ship_order of order-1, attempt 1",
      "worker-1 ends ship_order of order-1, attempt 1: completed"}},
    {{.kind = SIM_FAULT_CRASH_AFTER_POLL, .when = TEXT("effect charge")},
     {
      "fault crash_after_poll worker-2",
      "worker-2 crashes",
      "worker-2 restarts",
      "order-1 10 WorkflowTaskTimedOut START_TO_CLOSE",
      "worker-1 replays order-1 from the start, 13 events",
      "worker-1 runs ship_order of order-1, attempt 1",
      "worker-1 ends ship_order of order-1, attempt 1: completed"}},
    {{.kind = SIM_FAULT_CRASH_BEFORE_RESPONSE, .when = TEXT("effect charge")},
     {
      "fault crash_before_response worker-2",
      "worker-2 crashes",
      "worker-1 runs charge_payment of order-1, attempt 2",
      "worker-2 restarts",
      "effect charge order-1, attempt 2",
      "worker-1 ends charge_payment of order-1, attempt 2: completed",
      "order-1 10 WorkflowTaskTimedOut SCHEDULE_TO_START",
      "worker-1 replays order-1 from the start, 12 events",
      "worker-1 runs ship_order of order-1, attempt 1",
      "worker-1 ends ship_order of order-1, attempt 1: completed"}},
    {{.kind = SIM_FAULT_CRASH_AFTER_RESPONSE, .when = TEXT("effect charge")},
     {
      "fault crash_after_response worker-2",
      "worker-2 crashes",
      "worker-2 restarts",
      "order-1 10 WorkflowTaskTimedOut SCHEDULE_TO_START",
      "worker-1 replays order-1 from the start, 12 events",
      "worker-1 runs ship_order of order-1, attempt 1",
      "worker-1 ends ship_order of order-1, attempt 1: completed"}},
    {{.kind = SIM_FAULT_PARTITION_FLAPPING, .node = TEXT("worker"), .other_node = TEXT("server-1"), .when = TEXT("effect charge"), .for_ns = 8 * S},
     {
      "fault partition_flapping worker-2 to server-1",
      "message pollWorkflowTask from server-1 to worker-2 lost",
      "fault partition_flapping worker-2 to server-1 ends",
      "order-1 15 WorkflowTaskTimedOut START_TO_CLOSE",
      "worker-1 replays order-1 from the start, 17 events"}},
};

static void expect_added(struct wf_arena *arena, size_t row, struct trace *calm, const struct trace *struck)
{
    const char *name = sim_fault_name(rows[row].fault.kind);
    struct wf_buffer added;
    struct wf_buffer expected;

    wf_buffer_init(&added, arena);
    wf_buffer_init(&expected, arena);
    for (uint32_t i = 0; i < struck->count; i++) {
        if (!strike_out(calm, struck->lines[i])) {
            wf_buffer_printf(&added, "%S\n", &struck->lines[i]);
        }
    }
    for (size_t i = 0; i < ADDED_MAX && rows[row].added[i] != NULL; i++) {
        wf_buffer_printf(&expected, "%s\n", rows[row].added[i]);
    }
    wf_buffer_append_char(&expected, '\0');
    test_string_is(name, wf_buffer_string(&added), expected.data);
}

/* Each kind fires, is counted, and changes these lines and no others. */
static void test_faults__each_kind_alone_changes_these_lines(void **state)
{
    bool is_covered[SIM_FAULT_COUNT] = {false};

    for (size_t i = 0; i < TEST_COUNT(rows); i++) {
        static struct trace calm;
        static struct trace struck;
        uint64_t counts[SIM_FAULT_COUNT];

        run(*state, NULL, &calm, counts);
        assert_int_equal(counts[rows[i].fault.kind], 0);
        run(*state, &rows[i].fault, &struck, counts);

        expect_added(*state, i, &calm, &struck);
        assert_true(counts[rows[i].fault.kind] > 0);
        is_covered[rows[i].fault.kind] = true;
    }
    for (int kind = 0; kind < SIM_FAULT_COUNT; kind++) {
        if (!is_covered[kind]) {
            fail_msg("%s has no row", sim_fault_name((enum sim_fault_kind)kind));
        }
    }
}

/* A worker can die at every step of a task's life, and whatever it was, the run goes on and completes. */
static void test_faults__worker_crash_reaches_every_step_of_a_task(void **state)
{
    static const struct sim_placed_fault crashes[] = {
        {.kind = SIM_FAULT_WORKER_CRASH, .when = TEXT("task started")},
        {.kind = SIM_FAULT_WORKER_CRASH, .when = TEXT("task completed")},
        {.kind = SIM_FAULT_WORKER_CRASH, .when = TEXT("activity charge_payment started")},
        {.kind = SIM_FAULT_WORKER_CRASH, .when = TEXT("effect charge")},
        {.kind = SIM_FAULT_WORKER_CRASH, .when = TEXT("activity charge_payment completed")},
        {.kind = SIM_FAULT_WORKER_CRASH, .when = TEXT("task started"), .occurrence = 2},
    };

    for (size_t i = 0; i < TEST_COUNT(crashes); i++) {
        static struct trace trace;
        uint64_t counts[SIM_FAULT_COUNT];

        run(*state, &crashes[i], &trace, counts);

        assert_int_equal(counts[SIM_FAULT_WORKER_CRASH], 1);
        assert_true(strike_out(&trace, WF_STR("order-1 closed: completed")));
    }
}

/* A placed fault strikes once, at the occurrence that it names, and not at all when that never comes. */
static void test_faults__occurrence_that_never_comes_strikes_nothing(void **state)
{
    static const struct sim_placed_fault crash = {
        .kind = SIM_FAULT_WORKER_CRASH, .when = TEXT("effect charge"), .occurrence = 2};
    static struct trace trace;
    uint64_t counts[SIM_FAULT_COUNT];

    run(*state, &crash, &trace, counts);

    assert_int_equal(counts[SIM_FAULT_WORKER_CRASH], 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST_IN_ARENA(test_faults__each_kind_alone_changes_these_lines),
        TEST_IN_ARENA(test_faults__worker_crash_reaches_every_step_of_a_task),
        TEST_IN_ARENA(test_faults__occurrence_that_never_comes_strikes_nothing),
    };

    return cmocka_run_group_tests_name("faults", tests, NULL, NULL);
}
