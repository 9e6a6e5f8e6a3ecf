/* The checks, fed with records made by hand: a planted violation is caught, an innocent run passes, a condition that was
 * never met is counted as such. */
#include "tests/support/test.h"

#include "sim/check/check.h"

#define S WF_NS_PER_S
#define RECORDS_MAX 16
#define MASK(status) (UINT32_C(1) << WF_WORKFLOW_EXECUTION_STATUS_##status)

static const struct wf_string charge[] = {{"charge", 6}};
static const struct wf_string decisions[] = {{"approve", 7}, {"reject", 6}};

/* ---- Records in short ---- */

static struct sim_record at(int64_t time_ns, enum sim_record_kind kind, const char *subject, const char *a,
                            const char *b, int64_t x)
{
    return (struct sim_record){.kind = kind,
                               .time_ns = time_ns,
                               .step = (uint64_t)(time_ns / 1000),
                               .node = {"worker-1", 8},
                               .subject = wf_string_of(subject),
                               .a = wf_string_of(a),
                               .b = wf_string_of(b),
                               .x = x};
}

static struct sim_record started(int64_t time_ns, const char *id)
{
    return at(time_ns, SIM_RECORD_RUN_STARTED, id, "run-1", "OrderSaga", 0);
}

static struct sim_record closed(int64_t time_ns, const char *id, enum wf_workflow_execution_status status)
{
    return at(time_ns, SIM_RECORD_RUN_CLOSED, id, status == WF_WORKFLOW_EXECUTION_STATUS_COMPLETED ? "completed" : "failed",
              "run-1", (int64_t)status);
}

static struct sim_record continued(int64_t time_ns, const char *id)
{
    struct sim_record record = closed(time_ns, id, WF_WORKFLOW_EXECUTION_STATUS_CONTINUED_AS_NEW);

    record.y = 1;
    return record;
}

static struct sim_record effect(int64_t time_ns, const char *id, const char *name, int64_t attempt)
{
    return at(time_ns, SIM_RECORD_EFFECT, id, name, id, attempt);
}

static struct sim_record undo(int64_t time_ns, const char *id, const char *name)
{
    return at(time_ns, SIM_RECORD_UNDO, id, name, id, 1);
}

static struct sim_record attempt(int64_t time_ns, const char *id, const char *type, int64_t number)
{
    return at(time_ns, SIM_RECORD_ATTEMPT_STARTED, id, type, "1", number);
}

static struct sim_record event(int64_t time_ns, const char *id, int64_t event_id, enum wf_event_type type)
{
    struct sim_record record = at(time_ns, SIM_RECORD_EVENT, id, wf_event_type_name((int32_t)type), "", event_id);

    record.y = (int64_t)type;
    return record;
}

static struct sim_record crash(int64_t time_ns, const char *node)
{
    struct sim_record record = at(time_ns, SIM_RECORD_FAULT, "", "worker_crash", node, SIM_FAULT_WORKER_CRASH);

    record.node = wf_string_of(node);
    return record;
}

static struct sim_record answered(int64_t time_ns, const char *id, const char *answer, int64_t number)
{
    return at(time_ns, SIM_RECORD_ANSWERED, id, "approve", answer, number);
}

static struct sim_record sent(int64_t time_ns, const char *id, int64_t number)
{
    return at(time_ns, SIM_RECORD_SENT, id, "approve", "", number);
}

static struct sim_record handled(int64_t time_ns, const char *id, int64_t event_id)
{
    return at(time_ns, SIM_RECORD_HANDLED, id, "approve", "", event_id);
}

static struct sim_record on_shard(int64_t time_ns, enum sim_record_kind kind, int64_t range_id)
{
    struct sim_record record = at(time_ns, kind, "", "ok", "", 3);

    record.y = range_id;
    return record;
}

static struct sim_record untold(struct sim_record record)
{
    record.a = WF_STR("unknown, written");
    return record;
}

/* ---- Running them ---- */

struct row {
    const char *name;
    struct sim_check_config check;
    struct sim_record records[RECORDS_MAX]; /* time 0 ends them */
    int64_t heal_ns;                        /* 0: faults never stop */
    int64_t end_ns;
    uint32_t conditions;
    const char *sentence; /* NULL: nothing breaks */
    const char *signature;
};

static struct sim_checks *run_records(struct wf_arena *arena, const struct sim_config *config,
                                      const struct sim_record *records, size_t count, int64_t heal_ns, int64_t end_ns)
{
    struct sim_checks *checks = NULL;
    bool has_healed = heal_ns == 0;
    struct wf_error err;

    assert_int_equal(sim_checks_new(arena, config, &checks, &err), WF_OK);
    for (size_t i = 0; i < count && records[i].time_ns != 0; i++) {
        if (!has_healed && records[i].time_ns >= heal_ns) {
            sim_checks_heal(checks, heal_ns);
            has_healed = true;
        }
        sim_checks_record(checks, &records[i]);
    }
    if (!has_healed) {
        sim_checks_heal(checks, heal_ns);
    }
    sim_checks_end(checks, &(struct sim_checks_end){.now_ns = end_ns, .step = 999});
    assert_true(sim_checks_is_complete(checks));
    return checks;
}

static void run_rows(struct wf_arena *arena, const struct row *rows, size_t row_count)
{
    for (size_t i = 0; i < row_count; i++) {
        const struct sim_config config = {.checks = &rows[i].check, .check_count = 1};
        const struct sim_checks *checks =
            run_records(arena, &config, rows[i].records, RECORDS_MAX, rows[i].heal_ns, rows[i].end_ns);
        uint32_t count = 0;
        const struct sim_broken_check *broken = sim_checks_broken(checks, &count);

        if (sim_checks_conditions(checks)[0] != rows[i].conditions) {
            fail_msg("%s: condition met %u times", rows[i].name, sim_checks_conditions(checks)[0]);
        }
        if (count != (rows[i].sentence == NULL ? 0U : 1U)) {
            fail_msg("%s: %u broken, %.*s", rows[i].name, count, count == 0 ? 0 : (int)broken[0].sentence.size_bytes,
                     count == 0 ? "" : broken[0].sentence.data);
        }
        if (count == 1) {
            test_string_is(rows[i].name, broken[0].sentence, rows[i].sentence);
            assert_ptr_equal(broken[0].check, &rows[i].check);
        }
        if (count == 1 && rows[i].signature != NULL) {
            test_string_is(rows[i].name, broken[0].signature_text, rows[i].signature);
        }
    }
}

/* An effect twice for one key is told with both moments and the crash between them. */
static void test_checks__at_most_once(void **state)
{
    const struct sim_check_config check = {
        .kind = SIM_CHECK_AT_MOST_ONCE, .effects = charge, .effect_count = 1, .text = WF_STR("at_most_once charge")};
    const struct row rows[] = {
        {"twice, a crash between",
         check,
         {started(S, "order-3"), attempt(2 * S, "order-3", "charge_payment", 1), effect(3 * S, "order-3", "charge", 1),
          crash(4 * S, "worker-1"), attempt(13 * S, "order-3", "charge_payment", 2),
          effect(14 * S, "order-3", "charge", 2)},
         0,
         20 * S,
         2,
         "charge happened twice for order-3: at 3.000000s by worker-1 (charge_payment, attempt 1) and at 14.000000s by "
         "worker-1 (charge_payment, attempt 2); worker-1 crashed between them at 4.000000s",
         "at_most_once charge | OrderSaga | attempted again | activity charge_payment | worker_crash"},
        {"a third one is not told again",
         check,
         {started(S, "a"), effect(2 * S, "a", "charge", 1), effect(3 * S, "a", "charge", 1),
          effect(4 * S, "a", "charge", 1)},
         0,
         20 * S,
         3,
         "charge happened twice for a: at 2.000000s by worker-1 (attempt 1) and at 3.000000s by worker-1 (attempt 1)",
         "at_most_once charge | OrderSaga | called again |  | "},
        {"recognised by the outside world",
         check,
         {started(S, "a"), effect(2 * S, "a", "charge", 1),
          at(3 * S, SIM_RECORD_EFFECT_REPEATED, "a", "charge", "a", 2)},
         0,
         20 * S,
         1,
         NULL,
         NULL},
        {"two keys", check, {effect(S, "a", "charge", 1), effect(2 * S, "b", "charge", 1)}, 0, 20 * S, 2, NULL, NULL},
        {"another effect", check, {effect(S, "a", "reserve", 1), effect(2 * S, "a", "reserve", 1)}, 0, 20 * S, 0, NULL, NULL},
    };

    run_rows(*state, rows, TEST_COUNT(rows));
}

/* What a failed run did is undone; also when it never ends, and whatever a zombie does after the close. */
static void test_checks__neutral(void **state)
{
    const struct sim_check_config check = {.kind = SIM_CHECK_NEUTRAL,
                                           .effects = charge,
                                           .effect_count = 1,
                                           .status_mask = MASK(FAILED) | MASK(CANCELED),
                                           .text = WF_STR("neutral")};
    const enum wf_workflow_execution_status failed = WF_WORKFLOW_EXECUTION_STATUS_FAILED;
    const struct row rows[] = {
        {"failed and kept",
         check,
         {started(S, "a"), attempt(2 * S, "a", "charge_payment", 1), effect(3 * S, "a", "charge", 1), closed(9 * S, "a", failed)},
         0,
         20 * S,
         1,
         "a closed (failed) at 9.000000s and charge stays done for a: done at 3.000000s by worker-1 (charge_payment, "
         "attempt 1), never undone",
         "neutral | OrderSaga | not undone, failed | activity charge_payment | "},
        {"failed and undone",
         check,
         {started(S, "a"), effect(2 * S, "a", "charge", 1), undo(3 * S, "a", "charge"), closed(9 * S, "a", failed)},
         0,
         20 * S,
         1,
         NULL,
         NULL},
        {"undone after the close is in time for the end",
         check,
         {started(S, "a"), effect(2 * S, "a", "charge", 1), closed(9 * S, "a", failed), undo(10 * S, "a", "charge")},
         0,
         20 * S,
         1,
         NULL,
         NULL},
        {"a zombie charges after the close",
         check,
         {started(S, "a"), effect(2 * S, "a", "charge", 1), undo(3 * S, "a", "charge"), closed(9 * S, "a", failed),
          effect(12 * S, "a", "charge", 1)},
         0,
         20 * S,
         1,
         "a closed (failed) at 9.000000s and charge stays done for a: done 2 times, the last at 12.000000s by worker-1 "
         "(attempt 1), undone 1 time, the last at 3.000000s by worker-1 (attempt 1)",
         "neutral | OrderSaga | done after the close |  | "},
        {"open at the end",
         check,
         {started(S, "a"), effect(2 * S, "a", "charge", 1)},
         0,
         20 * S,
         1,
         "a was still open at the end and charge stays done for a: done at 2.000000s by worker-1 (attempt 1), never undone",
         "neutral | OrderSaga | not undone, still open |  | "},
        {"completed may keep it",
         check,
         {started(S, "a"), effect(2 * S, "a", "charge", 1), closed(9 * S, "a", WF_WORKFLOW_EXECUTION_STATUS_COMPLETED)},
         0,
         20 * S,
         0,
         NULL,
         NULL},
        {"failed without an effect does not count",
         check,
         {started(S, "a"), closed(9 * S, "a", failed)},
         0,
         20 * S,
         0,
         NULL,
         NULL},
    };

    run_rows(*state, rows, TEST_COUNT(rows));
}

/* The limit runs from the end of the faults, or from a later start; who never closes is late too. */
static void test_checks__closes_within(void **state)
{
    const struct sim_check_config check = {
        .kind = SIM_CHECK_CLOSES_WITHIN, .limit_ns = 10 * S, .text = WF_STR("closes_within")};
    const enum wf_workflow_execution_status completed = WF_WORKFLOW_EXECUTION_STATUS_COMPLETED;
    const struct row rows[] = {
        {"in time", check, {started(S, "a"), closed(110 * S, "a", completed)}, 100 * S, 200 * S, 1, NULL, NULL},
        {"late",
         check,
         {started(S, "a"), closed(111 * S, "a", completed)},
         100 * S,
         200 * S,
         1,
         "a closed (completed) only at 111.000000s, 11s after the faults stopped; the limit is 10s",
         "closes_within | OrderSaga | closed late |  | "},
        {"while faults last there is no limit",
         check,
         {started(S, "a"), closed(99 * S, "a", completed)},
         100 * S,
         200 * S,
         1,
         NULL,
         NULL},
        {"started after the faults",
         check,
         {started(150 * S, "a"), closed(160 * S, "a", completed)},
         100 * S,
         200 * S,
         1,
         NULL,
         NULL},
        {"a chain of runs closes with its last",
         check,
         {started(S, "a"), continued(105 * S, "a"), started(105 * S, "a"), closed(111 * S, "a", completed)},
         100 * S,
         200 * S,
         1,
         "a closed (completed) only at 111.000000s, 11s after the faults stopped; the limit is 10s",
         NULL},
        {"never",
         check,
         {started(S, "a")},
         100 * S,
         4000 * S,
         1,
         "a was still open at 4000.000000s, 1h 5m after the faults stopped; the limit is 10s",
         "closes_within | OrderSaga | never closed |  | "},
        {"no run", check, {crash(S, "worker-1")}, 100 * S, 200 * S, 0, NULL, NULL},
    };

    run_rows(*state, rows, TEST_COUNT(rows));
}

/* Nothing happens for a key after its undo, nor later than a grace after the close. */
static void test_checks__no_effect_after(void **state)
{
    const struct sim_check_config check = {.kind = SIM_CHECK_NO_EFFECT_AFTER,
                                           .effects = charge,
                                           .effect_count = 1,
                                           .limit_ns = 5 * S,
                                           .text = WF_STR("no_effect_after")};
    const enum wf_workflow_execution_status failed = WF_WORKFLOW_EXECUTION_STATUS_FAILED;
    const struct row rows[] = {
        {"after the undo",
         check,
         {started(S, "a"), undo(10 * S, "a", "charge"), effect(60 * S, "a", "charge", 1)},
         0,
         100 * S,
         1,
         "charge happened for a at 60.000000s by worker-1 (attempt 1), 50s after it had been undone at 10.000000s by "
         "worker-1 (attempt 1)",
         "no_effect_after | OrderSaga | after its undo |  | "},
        {"after close and grace",
         check,
         {started(S, "a"), effect(2 * S, "a", "charge", 1), closed(10 * S, "a", failed), crash(12 * S, "worker-1"),
          effect(16 * S, "a", "charge", 1)},
         0,
         100 * S,
         1,
         "charge happened for a at 16.000000s by worker-1 (attempt 1), 6s after a had closed (failed) at 10.000000s; "
         "worker-1 crashed before it at 12.000000s",
         "no_effect_after | OrderSaga | after the close |  | worker_crash"},
        {"within the grace",
         check,
         {started(S, "a"), effect(2 * S, "a", "charge", 1), closed(10 * S, "a", failed),
          effect(15 * S, "a", "charge", 1)},
         0,
         100 * S,
         1,
         NULL,
         NULL},
        {"refused by the outside world",
         check,
         {started(S, "a"), effect(2 * S, "a", "charge", 1), undo(3 * S, "a", "charge"),
          at(60 * S, SIM_RECORD_EFFECT_REFUSED, "a", "charge", "a", 1)},
         0,
         100 * S,
         1,
         NULL,
         NULL},
        {"nothing that could come late", check, {started(S, "a"), closed(2 * S, "a", failed)}, 0, 100 * S, 0, NULL, NULL},
    };

    run_rows(*state, rows, TEST_COUNT(rows));
}

/* Work that was scheduled is taken within the time, and attempts stay below their limit. */
static void test_checks__progress(void **state)
{
    const struct sim_check_config check = {
        .kind = SIM_CHECK_PROGRESS, .limit_ns = 60 * S, .limit_count = 3, .text = WF_STR("progress")};
    const enum wf_event_type scheduled = WF_EVENT_TYPE_WORKFLOW_TASK_SCHEDULED;
    const struct row rows[] = {
        {"taken in time",
         check,
         {started(S, "a"), event(S, "a", 1, WF_EVENT_TYPE_WORKFLOW_EXECUTION_STARTED), event(S, "a", 2, scheduled),
          at(61 * S, SIM_RECORD_TASK_GIVEN, "a", "", "", 3)},
         0,
         900 * S,
         1,
         NULL,
         NULL},
        {"taken late",
         check,
         {started(S, "a"), event(S, "a", 1, WF_EVENT_TYPE_WORKFLOW_EXECUTION_STARTED), event(S, "a", 2, scheduled),
          at(62 * S, SIM_RECORD_TASK_GIVEN, "a", "", "", 3)},
         0,
         900 * S,
         1,
         "a had work that nobody took from 1.000000s to 62.000000s, longer than 1m",
         "progress | OrderSaga | nobody took the work |  | "},
        {"never taken",
         check,
         {started(S, "a"), event(S, "a", 1, WF_EVENT_TYPE_WORKFLOW_EXECUTION_STARTED), event(S, "a", 2, scheduled)},
         0,
         900 * S,
         0,
         "a had work that nobody took from 1.000000s to 900.000000s, longer than 1m",
         NULL},
        {"a timer may take its time",
         check,
         {started(S, "a"), event(S, "a", 1, WF_EVENT_TYPE_WORKFLOW_EXECUTION_STARTED),
          at(2 * S, SIM_RECORD_TASK_GIVEN, "a", "", "", 3), event(800 * S, "a", 2, scheduled),
          at(801 * S, SIM_RECORD_TASK_GIVEN, "a", "", "", 3)},
         0,
         900 * S,
         2,
         NULL,
         NULL},
        {"too many attempts",
         check,
         {started(S, "a"), attempt(2 * S, "a", "charge_payment", 3), attempt(3 * S, "a", "charge_payment", 4)},
         0,
         10 * S,
         2,
         "charge_payment of a started its attempt 4; at most 3 are allowed",
         "progress | OrderSaga | activity attempted too often | activity charge_payment | "},
    };

    run_rows(*state, rows, TEST_COUNT(rows));
}

/* A sender that was told yes is heard; repeats by network, client and replayed tasks are not counted twice. */
static void test_checks__conservation(void **state)
{
    const struct sim_check_config check = {
        .kind = SIM_CHECK_CONSERVATION, .name = WF_STR("approve"), .text = WF_STR("conservation approve")};
    const enum wf_workflow_execution_status completed = WF_WORKFLOW_EXECUTION_STATUS_COMPLETED;
    const struct row rows[] = {
        {"accepted and handled",
         check,
         {started(S, "a"), sent(2 * S, "a", 1), answered(3 * S, "a", "accepted", 1), handled(4 * S, "a", 5),
          closed(5 * S, "a", completed)},
         0,
         9 * S,
         1,
         NULL,
         NULL},
        {"accepted and dropped",
         check,
         {started(S, "a"), sent(2 * S, "a", 1), answered(3 * S, "a", "accepted", 1), closed(5 * S, "a", completed)},
         0,
         9 * S,
         1,
         "1 of 1 signals approve to a were accepted and never handled: their senders believe that they were; the last was "
         "accepted at 3.000000s, the run closed (completed) at 5.000000s",
         "conservation approve | OrderSaga | accepted and not handled |  | "},
        {"refused, and told so",
         check,
         {started(S, "a"), closed(2 * S, "a", completed), sent(3 * S, "a", 1), answered(4 * S, "a", "not found", 1)},
         0,
         9 * S,
         1,
         NULL,
         NULL},
        {"unknown may be either",
         check,
         {started(S, "a"), sent(2 * S, "a", 1), answered(3 * S, "a", "unknown", 1), closed(5 * S, "a", completed)},
         0,
         9 * S,
         1,
         NULL,
         NULL},
        {"sent twice under one number, handled once, twice by a task run again",
         check,
         {started(S, "a"), sent(2 * S, "a", 1), sent(2 * S, "a", 1), answered(3 * S, "a", "accepted", 1),
          answered(3 * S, "a", "accepted", 1), handled(4 * S, "a", 5), handled(5 * S, "a", 5),
          closed(6 * S, "a", completed)},
         0,
         9 * S,
         1,
         NULL,
         NULL},
        {"handled as two signals",
         check,
         {started(S, "a"), sent(2 * S, "a", 1), answered(3 * S, "a", "accepted", 1), handled(4 * S, "a", 5),
          handled(4 * S, "a", 6), closed(6 * S, "a", completed)},
         0,
         9 * S,
         1,
         "signal approve was sent to a 1 time and handled 2 times",
         NULL},
        {"terminated code had no say",
         check,
         {started(S, "a"), sent(2 * S, "a", 1), answered(3 * S, "a", "accepted", 1),
          closed(4 * S, "a", WF_WORKFLOW_EXECUTION_STATUS_TERMINATED)},
         0,
         9 * S,
         0,
         NULL,
         NULL},
        {"nothing sent", check, {started(S, "a"), closed(4 * S, "a", completed)}, 0, 9 * S, 0, NULL, NULL},
    };

    run_rows(*state, rows, TEST_COUNT(rows));
}

/* A completed run decided exactly once. */
static void test_checks__one_decision(void **state)
{
    const struct sim_check_config check = {
        .kind = SIM_CHECK_ONE_DECISION, .effects = decisions, .effect_count = 2, .text = WF_STR("one_decision")};
    const enum wf_workflow_execution_status completed = WF_WORKFLOW_EXECUTION_STATUS_COMPLETED;
    const struct row rows[] = {
        {"one", check, {started(S, "a"), effect(2 * S, "a", "approve", 1), closed(3 * S, "a", completed)}, 0, 9 * S, 1, NULL, NULL},
        {"none",
         check,
         {started(S, "a"), effect(2 * S, "a", "charge", 1), closed(3 * S, "a", completed)},
         0,
         9 * S,
         1,
         "a completed at 3.000000s, and of its decisions happened: none",
         "one_decision | OrderSaga | no decision |  | "},
        {"two",
         check,
         {started(S, "a"), effect(2 * S, "a", "approve", 1), closed(3 * S, "a", completed),
          effect(4 * S, "a", "reject", 2)},
         0,
         9 * S,
         1,
         "a completed at 3.000000s, and of its decisions happened: approve at 2.000000s by worker-1 (attempt 1), reject at "
         "4.000000s by worker-1 (attempt 2)",
         "one_decision | OrderSaga | several decisions |  | "},
        {"a run that failed need not decide",
         check,
         {started(S, "a"), closed(3 * S, "a", WF_WORKFLOW_EXECUTION_STATUS_FAILED)},
         0,
         9 * S,
         0,
         NULL,
         NULL},
    };

    run_rows(*state, rows, TEST_COUNT(rows));
}

/* Engine invariants need no scenario to be on. */
static void test_checks__engine_invariants(void **state)
{
    const enum wf_event_type begins = WF_EVENT_TYPE_WORKFLOW_EXECUTION_STARTED;
    const enum wf_event_type scheduled = WF_EVENT_TYPE_WORKFLOW_TASK_SCHEDULED;
    const struct {
        const char *name;
        struct sim_record records[6];
        const char *invariant; /* NULL: none breaks */
        const char *sentence;
    } rows[] = {
        {"an innocent run",
         {started(S, "a"), event(S, "a", 1, begins), event(S, "a", 2, scheduled),
          event(2 * S, "a", 3, WF_EVENT_TYPE_WORKFLOW_TASK_STARTED),
          event(3 * S, "a", 4, WF_EVENT_TYPE_WORKFLOW_TASK_COMPLETED),
          event(3 * S, "a", 5, WF_EVENT_TYPE_WORKFLOW_EXECUTION_COMPLETED)},
         NULL,
         NULL},
        {"a gap",
         {event(S, "a", 1, begins), event(S, "a", 3, scheduled)},
         "I1",
         "event 3 WorkflowTaskScheduled of a: event ids have a gap or repeat; the event before it is 1 "
         "WorkflowExecutionStarted"},
        {"no start",
         {event(S, "a", 1, scheduled)},
         "I2",
         "event 1 WorkflowTaskScheduled of a: event 1 and only event 1 starts a run; the event before it is 0 (none)"},
        {"after the close",
         {event(S, "a", 1, begins), event(2 * S, "a", 2, WF_EVENT_TYPE_WORKFLOW_EXECUTION_TERMINATED),
          event(3 * S, "a", 3, WF_EVENT_TYPE_WORKFLOW_EXECUTION_SIGNALED)},
         "I3",
         "event 3 WorkflowExecutionSignaled of a: an event follows the close; the event before it is 2 "
         "WorkflowExecutionTerminated"},
        {"scheduled twice",
         {event(S, "a", 1, begins), event(S, "a", 2, scheduled), event(2 * S, "a", 3, scheduled)},
         "I13",
         "event 3 WorkflowTaskScheduled of a: a workflow task event out of turn; the event before it is 2 "
         "WorkflowTaskScheduled"},
        {"a second run begins anew",
         {event(S, "a", 1, begins), event(2 * S, "a", 2, WF_EVENT_TYPE_WORKFLOW_EXECUTION_CONTINUED_AS_NEW),
          event(2 * S, "a", 1, begins), event(2 * S, "a", 2, scheduled)},
         NULL,
         NULL},
        {"two open runs",
         {started(S, "a"), started(2 * S, "a"), event(3 * S, "a", 1, begins)},
         "I77",
         "2 runs of a are open at once"},
        {"a successor in the same instant", {started(S, "a"), started(2 * S, "a"), continued(2 * S, "a")}, NULL, NULL},
        {"a fenced owner writes",
         {on_shard(S, SIM_RECORD_SHARD_ACQUIRED, 1), on_shard(2 * S, SIM_RECORD_WRITE, 1),
          on_shard(3 * S, SIM_RECORD_SHARD_ACQUIRED, 2), on_shard(4 * S, SIM_RECORD_WRITE, 1)},
         "I88",
         "a write of worker-1 to shard 3 was committed with range id 1 while 2 is stored: a process that lost the shard "
         "still writes"},
        {"a write that nobody was told of is a write",
         {on_shard(S, SIM_RECORD_SHARD_ACQUIRED, 1), on_shard(3 * S, SIM_RECORD_SHARD_ACQUIRED, 2),
          untold(on_shard(4 * S, SIM_RECORD_WRITE, 1))},
         "I88",
         "a write of worker-1 to shard 3 was committed with range id 1 while 2 is stored: a process that lost the shard "
         "still writes"},
        {"a range id that does not grow",
         {on_shard(S, SIM_RECORD_SHARD_ACQUIRED, 2), on_shard(3 * S, SIM_RECORD_SHARD_ACQUIRED, 2)},
         "I88",
         "worker-1 acquired shard 3 with range id 2, and 2 was stored already"},
    };
    const struct sim_config config = {.check_count = 0};

    for (size_t i = 0; i < TEST_COUNT(rows); i++) {
        const struct sim_checks *checks = run_records(*state, &config, rows[i].records, 6, 0, 9 * S);
        uint32_t count = 0;
        const struct sim_broken_check *broken = sim_checks_broken(checks, &count);

        if (count != (rows[i].invariant == NULL ? 0U : 1U)) {
            fail_msg("%s: %u broken", rows[i].name, count);
        }
        if (count == 1) {
            test_string_is(rows[i].name, broken[0].invariant, rows[i].invariant);
            test_string_is(rows[i].name, broken[0].sentence, rows[i].sentence);
            assert_null(broken[0].check);
        }
    }
}

/* Goals count what they name; a fault between two moments counts only for whom it concerns. */
static void test_checks__goals(void **state)
{
    const struct sim_goal goals[] = {
        {.kind = SIM_GOAL_CLOSED, .status = WF_WORKFLOW_EXECUTION_STATUS_FAILED},
        {.kind = SIM_GOAL_RAN, .name = WF_STR("refund_payment")},
        {.kind = SIM_GOAL_FAULT, .fault = SIM_FAULT_WORKER_CRASH},
        {.kind = SIM_GOAL_FAULT,
         .fault = SIM_FAULT_WORKER_CRASH,
         .after = WF_STR("effect charge"),
         .before = WF_STR("ActivityTaskCompleted")},
        {.kind = SIM_GOAL_ANSWER, .name = WF_STR("not found")},
        {.kind = SIM_GOAL_RESULT, .name = WF_STR("\"approved\"")},
        {.kind = SIM_GOAL_VERSION, .name = WF_STR("v1")},
        {.kind = SIM_GOAL_VERSION, .name = WF_STR("v1"), .current = WF_STR("v2")},
    };
    const uint32_t expected[] = {1, 1, 4, 1, 1, 1, 2, 1};
    const struct sim_config config = {.goals = goals, .goal_count = TEST_COUNT(goals)};
    const struct sim_record records[] = {
        started(S, "a"),
        at(S, SIM_RECORD_TASK_GIVEN, "a", "v1", "v1", 1),
        at(S, SIM_RECORD_TASK_GIVEN, "a", "v1", "v2", 1),
        at(S, SIM_RECORD_TASK_GIVEN, "a", "v2", "v2", 1),
        crash(2 * S, "worker-1"),
        effect(3 * S, "a", "charge", 1),
        crash(4 * S, "worker-2"),
        crash(5 * S, "worker-1"),
        event(6 * S, "a", 1, WF_EVENT_TYPE_ACTIVITY_TASK_COMPLETED),
        crash(7 * S, "worker-1"),
        at(8 * S, SIM_RECORD_ATTEMPT_ENDED, "a", "refund_payment", "completed", 1),
        at(8 * S, SIM_RECORD_ATTEMPT_ENDED, "a", "refund_payment", "failed Busy", 1),
        answered(9 * S, "a", "not found", 1),
        closed(10 * S, "a", WF_WORKFLOW_EXECUTION_STATUS_FAILED),
    };
    struct sim_checks *checks = run_records(*state, &config, records, TEST_COUNT(records), 0, 20 * S);

    sim_checks_result(checks, WF_STR("\"approved\""));
    sim_checks_result(checks, WF_STR("\"rejected\""));
    for (size_t i = 0; i < TEST_COUNT(goals); i++) {
        assert_int_equal(sim_checks_goals(checks)[i], expected[i]);
    }
}

/* A goal's moment that is none is refused before anything runs. */
static void test_checks__unknown_moment_is_refused(void **state)
{
    const struct sim_goal goal = {.kind = SIM_GOAL_FAULT, .after = WF_STR("event ActivityTaskComplete")};
    const struct sim_config config = {.goals = &goal, .goal_count = 1};
    struct sim_checks *checks = NULL;
    struct wf_error err;

    assert_int_equal(sim_checks_new(*state, &config, &checks, &err), WF_ERR_INVALID);
    assert_string_equal(err.message, "there is no event type ActivityTaskComplete; did you mean ActivityTaskCompleted?");
}

/* Signatures of one cause are equal whatever ids, times and seeds are; another cause has another one. */
static void test_checks__signature_names_the_cause_alone(void **state)
{
    const struct sim_check_config check = {
        .kind = SIM_CHECK_AT_MOST_ONCE, .effects = charge, .effect_count = 1, .text = WF_STR("at_most_once charge")};
    const struct sim_config config = {.checks = &check, .check_count = 1};
    const struct sim_record records[] = {
        started(S, "a"),
        effect(2 * S, "a", "charge", 1),
        effect(3 * S, "a", "charge", 2),
        started(4 * S, "b"),
        effect(5 * S, "b", "charge", 1),
        effect(9 * S, "b", "charge", 3),
        started(10 * S, "c"),
        effect(11 * S, "c", "charge", 1),
        effect(12 * S, "c", "charge", 1),
    };
    const struct sim_checks *checks = run_records(*state, &config, records, TEST_COUNT(records), 0, 20 * S);
    uint32_t count = 0;
    const struct sim_broken_check *broken = sim_checks_broken(checks, &count);

    assert_int_equal(count, 3);
    assert_int_equal(broken[0].signature, broken[1].signature);
    assert_int_not_equal(broken[0].signature, broken[2].signature);
}

/* Durations in sentences have at most two units. */
static void test_checks__durations_read_well(void **state)
{
    static const struct {
        int64_t duration_ns;
        const char *expected;
    } rows[] = {
        {0, "0s"},
        {1, "1ns"},
        {250 * WF_NS_PER_MS, "250ms"},
        {90 * S, "1m 30s"},
        {3600 * S, "1h"},
        {7 * 24 * 3600 * S, "7d"},
        {25 * 3600 * S + 61 * S, "1d 1h"},
        {3600 * S + S, "1h"},
    };

    for (size_t i = 0; i < TEST_COUNT(rows); i++) {
        struct wf_buffer out;

        wf_buffer_init(&out, *state);
        sim_duration_print(rows[i].duration_ns, &out);
        test_string_is("duration", wf_buffer_string(&out), rows[i].expected);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST_IN_ARENA(test_checks__at_most_once),
        TEST_IN_ARENA(test_checks__neutral),
        TEST_IN_ARENA(test_checks__closes_within),
        TEST_IN_ARENA(test_checks__no_effect_after),
        TEST_IN_ARENA(test_checks__progress),
        TEST_IN_ARENA(test_checks__conservation),
        TEST_IN_ARENA(test_checks__one_decision),
        TEST_IN_ARENA(test_checks__engine_invariants),
        TEST_IN_ARENA(test_checks__goals),
        TEST_IN_ARENA(test_checks__unknown_moment_is_refused),
        TEST_IN_ARENA(test_checks__signature_names_the_cause_alone),
        TEST_IN_ARENA(test_checks__durations_read_well),
    };

    return cmocka_run_group_tests_name("checks", tests, NULL, NULL);
}
