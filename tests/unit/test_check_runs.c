/*
 * The invariants of several histories: a parent, its child, a chain of runs, a workflow that signals another, and a reset, all
 * innocent; and for each invariant a change that breaks it, and no other.
 */
#include "tests/support/test.h"

#include "engine/time.h"
#include "sim/check/check_runs.h"

#define S WF_NS_PER_S
#define EVENTS_MAX 8

/* One run in hand. */
struct made {
    struct wf_string workflow_id;
    struct wf_string run_id;
    struct wf_event events[EVENTS_MAX];
    uint32_t event_count;
    struct wf_event_workflow_execution_started started;
    struct wf_workflow_execution parent;
    bool is_left_out;
};

enum which { PARENT, CHILD, CHILD_NEXT, SENDER, TARGET, BASE, RESET, RUN_COUNT };
static struct made runs[RUN_COUNT];

static struct wf_event_workflow_execution_completed completed[RUN_COUNT];
static struct wf_event_workflow_execution_terminated terminated;
static struct wf_event_workflow_execution_continued_as_new continued;
static struct wf_event_start_child_workflow_execution_initiated initiated;
static struct wf_event_child_workflow_execution_started child_started;
static struct wf_event_child_workflow_execution_completed child_completed;
static struct wf_workflow_execution child_first;
static struct wf_workflow_execution to_target;
static struct wf_workflow_execution from_sender;
static struct wf_event_signal_external_workflow_execution_initiated signal_initiated;
static struct wf_event_external_workflow_execution_signaled signal_sent;
static struct wf_event_signal_external_workflow_execution_failed signal_failed;
static struct wf_event_request_cancel_external_workflow_execution_initiated cancel_initiated;
static struct wf_event_external_workflow_execution_cancel_requested cancel_sent;
static struct wf_event_workflow_execution_signaled signaled;
static struct wf_event_workflow_execution_cancel_requested cancel_requested;
static struct wf_event_workflow_task_failed reset;
static struct wf_event_timer_started timer;
static struct wf_payload payload;
static struct wf_payloads result;

static void add(enum which which, enum wf_event_type type, void *attributes)
{
    struct made *run = &runs[which];

    run->events[run->event_count] = (struct wf_event){.event_id = (int64_t)run->event_count + 1,
                                                      .event_type = (int32_t)type,
                                                      .event_time = wf_timestamp_of((int64_t)which * 10 * S),
                                                      .attributes_case = wf_event_descriptors[type].oneof_number,
                                                      .attributes.any = attributes};
    run->event_count++;
}

static void start(enum which which, const char *workflow_id, const char *run_id)
{
    runs[which].workflow_id = wf_string_of(workflow_id);
    runs[which].run_id = wf_string_of(run_id);
    runs[which].started = (struct wf_event_workflow_execution_started){.workflow_id = wf_string_of(workflow_id),
                                                                       .original_execution_run_id = wf_string_of(run_id),
                                                                       .first_execution_run_id = wf_string_of(run_id),
                                                                       .attempt = 1};
    add(which, WF_EVENT_TYPE_WORKFLOW_EXECUTION_STARTED, &runs[which].started);
}

static void make_family(void)
{
    child_first = (struct wf_workflow_execution){.workflow_id = WF_STR("child"), .run_id = WF_STR("c1")};
    result = (struct wf_payloads){.payloads = {.items = &payload, .count = 1, .capacity = 1}};
    payload = (struct wf_payload){.data = WF_STR("1")};
    start(PARENT, "parent", "p1");
    add(PARENT, WF_EVENT_TYPE_START_CHILD_WORKFLOW_EXECUTION_INITIATED, &initiated);
    child_started = (struct wf_event_child_workflow_execution_started){.initiated_event_id = 2,
                                                                       .workflow_execution = &child_first};
    add(PARENT, WF_EVENT_TYPE_CHILD_WORKFLOW_EXECUTION_STARTED, &child_started);
    child_completed = (struct wf_event_child_workflow_execution_completed){
        .initiated_event_id = 2, .started_event_id = 3, .workflow_execution = &child_first, .result = &result};
    add(PARENT, WF_EVENT_TYPE_CHILD_WORKFLOW_EXECUTION_COMPLETED, &child_completed);

    start(CHILD, "child", "c1");
    continued = (struct wf_event_workflow_execution_continued_as_new){.new_execution_run_id = WF_STR("c2")};
    add(CHILD, WF_EVENT_TYPE_WORKFLOW_EXECUTION_CONTINUED_AS_NEW, &continued);
    start(CHILD_NEXT, "child", "c2");
    runs[CHILD_NEXT].started.continued_execution_run_id = WF_STR("c1");
    runs[CHILD_NEXT].started.first_execution_run_id = WF_STR("c1");
    completed[CHILD_NEXT] = (struct wf_event_workflow_execution_completed){.result = &result};
    add(CHILD_NEXT, WF_EVENT_TYPE_WORKFLOW_EXECUTION_COMPLETED, &completed[CHILD_NEXT]);
    for (int which = CHILD; which <= CHILD_NEXT; which++) {
        runs[which].parent = (struct wf_workflow_execution){.workflow_id = WF_STR("parent"), .run_id = WF_STR("p1")};
        runs[which].started.parent_workflow_execution = &runs[which].parent;
        runs[which].started.parent_initiated_event_id = 2;
    }
}

static void make_signals(void)
{
    to_target = (struct wf_workflow_execution){.workflow_id = WF_STR("target"), .run_id = WF_STR("t1")};
    from_sender = (struct wf_workflow_execution){.workflow_id = WF_STR("sender"), .run_id = WF_STR("s1")};
    signal_initiated = (struct wf_event_signal_external_workflow_execution_initiated){.workflow_execution = &to_target};
    cancel_initiated =
        (struct wf_event_request_cancel_external_workflow_execution_initiated){.workflow_execution = &to_target};
    signal_sent = (struct wf_event_external_workflow_execution_signaled){.initiated_event_id = 2,
                                                                         .workflow_execution = &to_target};
    cancel_sent = (struct wf_event_external_workflow_execution_cancel_requested){.initiated_event_id = 3,
                                                                                 .workflow_execution = &to_target};
    signaled = (struct wf_event_workflow_execution_signaled){.external_workflow_execution = &from_sender};
    start(SENDER, "sender", "s1");
    add(SENDER, WF_EVENT_TYPE_SIGNAL_EXTERNAL_WORKFLOW_EXECUTION_INITIATED, &signal_initiated);
    add(SENDER, WF_EVENT_TYPE_REQUEST_CANCEL_EXTERNAL_WORKFLOW_EXECUTION_INITIATED, &cancel_initiated);
    add(SENDER, WF_EVENT_TYPE_EXTERNAL_WORKFLOW_EXECUTION_SIGNALED, &signal_sent);
    add(SENDER, WF_EVENT_TYPE_EXTERNAL_WORKFLOW_EXECUTION_CANCEL_REQUESTED, &cancel_sent);
    start(TARGET, "target", "t1");
    add(TARGET, WF_EVENT_TYPE_WORKFLOW_EXECUTION_SIGNALED, &signaled);
    add(TARGET, WF_EVENT_TYPE_WORKFLOW_EXECUTION_CANCEL_REQUESTED, &cancel_requested);
}

static void make_reset(void)
{
    start(BASE, "reset", "b1");
    add(BASE, WF_EVENT_TYPE_TIMER_STARTED, &timer);
    add(BASE, WF_EVENT_TYPE_TIMER_STARTED, &timer);
    add(BASE, WF_EVENT_TYPE_TIMER_STARTED, &timer);
    terminated = (struct wf_event_workflow_execution_terminated){.identity = WF_STR("history-resetter")};
    add(BASE, WF_EVENT_TYPE_WORKFLOW_EXECUTION_TERMINATED, &terminated);
    runs[RESET] = runs[BASE];
    runs[RESET].run_id = WF_STR("b2");
    runs[RESET].event_count = 4;
    reset = (struct wf_event_workflow_task_failed){.cause = WF_WORKFLOW_TASK_FAILED_CAUSE_RESET_WORKFLOW,
                                                   .base_run_id = WF_STR("b1"),
                                                   .new_run_id = WF_STR("b2")};
    runs[RESET].events[0].attributes.workflow_execution_started = &runs[RESET].started;
    add(RESET, WF_EVENT_TYPE_WORKFLOW_TASK_FAILED, &reset);
}

static void make_runs(void)
{
    memset(runs, 0, sizeof runs);
    make_family();
    make_signals();
    make_reset();
}

static void check_runs(struct wf_arena *arena, bool is_complete, bool is_foreign, struct sim_run_findings *findings)
{
    struct sim_runs *set = sim_runs_new(arena);
    struct wf_error err;

    for (uint32_t i = 0; i < RUN_COUNT; i++) {
        const struct sim_run_history history = {.tag = i,
                                                .workflow_id = runs[i].workflow_id,
                                                .run_id = runs[i].run_id,
                                                .events = runs[i].events,
                                                .event_count = runs[i].event_count,
                                                .is_foreign = is_foreign,
                                                .keeps_digests = true};

        if (!runs[i].is_left_out) {
            assert_int_equal(sim_runs_add(set, &history, &err), WF_OK);
        }
    }
    assert_int_equal(sim_runs_check(set, is_complete, findings, &err), WF_OK);
}

/* ---- The changes ---- */

static void break_61_lost(void)
{
    runs[TARGET].event_count = 1;
    add(TARGET, WF_EVENT_TYPE_WORKFLOW_EXECUTION_CANCEL_REQUESTED, &cancel_requested);
}
static void break_61_twice(void) { add(TARGET, WF_EVENT_TYPE_WORKFLOW_EXECUTION_SIGNALED, &signaled); }
static void break_61_cancel(void) { runs[TARGET].event_count = 2; }
static void break_62(void)
{
    signal_failed = (struct wf_event_signal_external_workflow_execution_failed){
        .initiated_event_id = 2,
        .workflow_execution = &to_target,
        .cause = WF_SIGNAL_EXTERNAL_WORKFLOW_EXECUTION_FAILED_CAUSE_SIGNAL_COUNT_LIMIT_EXCEEDED};
    runs[SENDER].event_count = 3;
    add(SENDER, WF_EVENT_TYPE_SIGNAL_EXTERNAL_WORKFLOW_EXECUTION_FAILED, &signal_failed);
}
static void break_65(void)
{
    /* Another run says that the same event started it. */
    runs[TARGET].parent = runs[CHILD].parent;
    runs[TARGET].started.parent_workflow_execution = &runs[TARGET].parent;
    runs[TARGET].started.parent_initiated_event_id = 2;
}
static void break_66_none(void) { child_first.run_id = WF_STR("c9"); }
static void break_66_other(void) { runs[CHILD].started.parent_initiated_event_id = 7; }
static void break_68_result(void) { completed[CHILD_NEXT].result = NULL; }
static void break_68_type(void)
{
    runs[CHILD_NEXT].event_count = 1;
    terminated.identity = WF_STR("somebody");
    add(CHILD_NEXT, WF_EVENT_TYPE_WORKFLOW_EXECUTION_TERMINATED, &terminated);
}
static void break_70_open(void) { runs[CHILD_NEXT].event_count = 1; }
static void break_70_reset(void)
{
    static struct wf_workflow_execution child_last;

    child_last = (struct wf_workflow_execution){.workflow_id = WF_STR("child"), .run_id = WF_STR("c2")};
    child_completed.workflow_execution = &child_last;
    runs[CHILD_NEXT].event_count = 1;
    add(CHILD_NEXT, WF_EVENT_TYPE_WORKFLOW_EXECUTION_TERMINATED, &terminated);
}
static void break_78(void) { runs[TARGET].run_id = WF_STR("s1"); }
static void break_79_none(void) { continued.new_execution_run_id = WF_STR("c9"); }
static void break_79_other(void) { runs[CHILD_NEXT].started.continued_execution_run_id = WF_STR("c0"); }
static void break_81_first(void) { runs[CHILD_NEXT].started.first_execution_run_id = WF_STR("c2"); }
static void break_81_attempt(void) { runs[CHILD_NEXT].started.attempt = 2; }
static void break_81_expiration(void)
{
    runs[CHILD].started.workflow_execution_expiration_time.seconds = 100;
    runs[CHILD_NEXT].started.workflow_execution_expiration_time.seconds = 200;
}
static void break_82(void) { runs[CHILD_NEXT].events[0].event_time = runs[CHILD].events[0].event_time; }
static void break_86_prefix(void) { runs[RESET].events[1].version = 5; }
static void break_86_original(void) { runs[RESET].started.original_execution_run_id = WF_STR("b9"); }

static const struct {
    const char *invariant;
    void (*change)(void);
    enum which run; /* whose finding it is */
    const char *also;
} rows[] = {
    {"I61", break_61_lost, SENDER, ""},
    {"I61", break_61_twice, SENDER, ""},
    {"I61", break_61_cancel, SENDER, ""},
    {"I62", break_62, SENDER, ""},
    {"I65", break_65, TARGET, ""},
    {"I66", break_66_none, PARENT, ""},
    {"I66", break_66_other, PARENT, ""},
    {"I68", break_68_result, PARENT, ""},
    {"I68", break_68_type, PARENT, ""},
    {"I70", break_70_open, PARENT, ""},
    {"I70", break_70_reset, PARENT, ""},
    {"I78", break_78, TARGET, "I61"},
    {"I79", break_79_none, CHILD, ""},
    {"I79", break_79_other, CHILD_NEXT, ""},
    {"I81", break_81_first, CHILD_NEXT, ""},
    {"I81", break_81_attempt, CHILD_NEXT, ""},
    {"I81", break_81_expiration, CHILD_NEXT, ""},
    {"I82", break_82, CHILD_NEXT, ""},
    {"I86", break_86_prefix, RESET, ""},
    {"I86", break_86_original, RESET, ""},
};

/* Innocent runs break nothing, whatever is known of the others. */
static void test_check_runs__innocent_runs_pass(void **state)
{
    static struct sim_run_findings findings;

    make_runs();
    check_runs(*state, true, false, &findings);
    assert_int_equal(findings.count, 0);
    for (int left_out = 0; left_out < RUN_COUNT; left_out++) {
        make_runs();
        runs[left_out].is_left_out = true;
        check_runs(*state, false, true, &findings);
        assert_int_equal(findings.count, 0);
    }
}

/* Each change breaks the invariant that it is about, in the run that shows it. */
static void test_check_runs__each_broken_invariant_is_named(void **state)
{
    for (size_t i = 0; i < TEST_COUNT(rows); i++) {
        static struct sim_run_findings findings;
        bool is_named = false;
        bool is_alone = true;

        make_runs();
        rows[i].change();
        check_runs(*state, true, false, &findings);

        for (uint32_t k = 0; k < findings.count; k++) {
            const bool is_it = strcmp(findings.items[k].finding.invariant, rows[i].invariant) == 0;

            is_named = is_named || (is_it && findings.items[k].tag == (uint32_t)rows[i].run);
            is_alone = is_alone && (is_it || strstr(rows[i].also, findings.items[k].finding.invariant) != NULL);
        }
        if (!is_named || !is_alone) {
            for (uint32_t k = 0; k < findings.count; k++) {
                print_message("%s of run %u: %.*s\n", findings.items[k].finding.invariant, findings.items[k].tag,
                              (int)findings.items[k].finding.sentence.size_bytes,
                              findings.items[k].finding.sentence.data);
            }
            fail_msg("row %zu: %s is not %s", i, rows[i].invariant, is_named ? "alone" : "found");
        }
    }
}

/* Exports are made at different times: what is missing is no finding, and a run that is there twice is one run. */
static void test_check_runs__exports_are_given_leave(void **state)
{
    static struct sim_run_findings findings;

    make_runs();
    runs[TARGET].event_count = 1; /* exported before the signal came */
    runs[CHILD_NEXT].event_count = 1;
    check_runs(*state, false, true, &findings);
    assert_int_equal(findings.count, 0);

    make_runs();
    runs[RESET] = runs[SENDER];
    runs[RESET].event_count = 2;
    check_runs(*state, false, true, &findings);
    assert_int_equal(findings.count, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST_IN_ARENA(test_check_runs__innocent_runs_pass),
        TEST_IN_ARENA(test_check_runs__each_broken_invariant_is_named),
        TEST_IN_ARENA(test_check_runs__exports_are_given_leave),
    };

    return cmocka_run_group_tests_name("check_runs", tests, NULL, NULL);
}
