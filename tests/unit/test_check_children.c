/* The invariants of children, fed with records made by hand: a valid family, and for each invariant a change that breaks it. */
#include "tests/support/test.h"

#include "sim/check/check.h"

#define S WF_NS_PER_S
#define RECORDS_MAX 12
#define INITIATED WF_EVENT_TYPE_START_CHILD_WORKFLOW_EXECUTION_INITIATED
#define KNOWN WF_EVENT_TYPE_CHILD_WORKFLOW_EXECUTION_STARTED
#define BEGUN WF_EVENT_TYPE_WORKFLOW_EXECUTION_STARTED
#define WENT_ON WF_EVENT_TYPE_WORKFLOW_EXECUTION_CONTINUED_AS_NEW

static struct sim_record of(enum sim_record_kind kind, const char *subject, const char *a, const char *b, int64_t x,
                            int64_t y)
{
    return (struct sim_record){.kind = kind,
                               .time_ns = S,
                               .step = 1,
                               .subject = wf_string_of(subject),
                               .a = wf_string_of(a),
                               .b = wf_string_of(b),
                               .x = x,
                               .y = y};
}

/* About command 5 of run p1 of "parent". */
static struct sim_record related(const char *subject, const char *a, enum wf_event_type type)
{
    return of(SIM_RECORD_RELATED, subject, a, "p1", 5, type);
}

static struct sim_record started(const char *id, const char *run_id)
{
    return of(SIM_RECORD_RUN_STARTED, id, run_id, "Type", 0, 0);
}

static struct sim_record closed(const char *id, const char *run_id, enum wf_workflow_execution_status status)
{
    return of(SIM_RECORD_RUN_CLOSED, id, "closed", run_id, (int64_t)status,
              status == WF_WORKFLOW_EXECUTION_STATUS_CONTINUED_AS_NEW);
}

static struct sim_record event(const char *id, int64_t event_id, enum wf_event_type type)
{
    return of(SIM_RECORD_EVENT, id, wf_event_type_name((int32_t)type), "", event_id, type);
}

struct row {
    const char *name;
    struct sim_record records[RECORDS_MAX]; /* time 0 ends them */
    const char *invariant;                  /* NULL: nothing breaks */
};

static void check_row(struct wf_arena *arena, const struct row *row)
{
    const struct sim_config config = {.check_count = 0};
    struct sim_checks *checks = NULL;
    const struct sim_broken_check *broken = NULL;
    struct wf_error err;
    uint32_t count = 0;

    assert_int_equal(sim_checks_new(arena, &config, &checks, &err), WF_OK);
    for (size_t i = 0; i < RECORDS_MAX && row->records[i].time_ns != 0; i++) {
        sim_checks_record(checks, &row->records[i]);
    }
    sim_checks_end(checks, &(struct sim_checks_end){.now_ns = 2 * S, .step = 2, .is_quiet = true});
    assert_true(sim_checks_is_complete(checks));
    broken = sim_checks_broken(checks, &count);
    if (count != (row->invariant == NULL ? 0U : 1U)) {
        fail_msg("%s: %u broken, %.*s", row->name, count, count == 0 ? 0 : (int)broken[0].sentence.size_bytes,
                 count == 0 ? "" : broken[0].sentence.data);
    }
    if (count == 1) {
        test_string_is(row->name, broken[0].invariant, row->invariant);
    }
}

/* engine-semantics 10.7: 67 and 69. */
static void test_check_children__children(void **state)
{
    const enum wf_event_type begins = WF_EVENT_TYPE_WORKFLOW_EXECUTION_STARTED;
    const enum wf_event_type scheduled = WF_EVENT_TYPE_WORKFLOW_TASK_SCHEDULED;
    const enum wf_workflow_execution_status done = WF_WORKFLOW_EXECUTION_STATUS_COMPLETED;
    const struct row rows[] = {
        {"a child that lives and ends",
         {related("parent", "TERMINATE", INITIATED), started("child", "c1"), related("child", "c1", BEGUN),
          event("child", 1, begins), related("parent", "c1", KNOWN), event("child", 2, scheduled),
          closed("child", "c1", done), closed("parent", "p1", done)},
         NULL},
        {"a child that goes on in another run",
         {related("parent", "TERMINATE", INITIATED), started("child", "c1"), related("child", "c1", BEGUN),
          related("parent", "c1", KNOWN), closed("child", "c1", WF_WORKFLOW_EXECUTION_STATUS_CONTINUED_AS_NEW),
          started("child", "c2"), related("child", "c2", WENT_ON), closed("child", "c2", done)},
         NULL},
        {"a task before the parent knows",
         {related("parent", "TERMINATE", INITIATED), started("child", "c1"), related("child", "c1", BEGUN),
          event("child", 1, begins), event("child", 2, scheduled)},
         "I67"},
        {"a task that a signal brings",
         {related("parent", "TERMINATE", INITIATED), started("child", "c1"), related("child", "c1", BEGUN),
          event("child", 1, begins), event("child", 2, WF_EVENT_TYPE_WORKFLOW_EXECUTION_SIGNALED),
          event("child", 3, scheduled)},
         NULL},
        {"a child that the policy forgot",
         {related("parent", "TERMINATE", INITIATED), started("child", "c1"), related("child", "c1", BEGUN),
          related("parent", "c1", KNOWN), closed("parent", "p1", done)},
         "I69"},
        {"a child that was asked to cancel",
         {related("parent", "REQUEST_CANCEL", INITIATED), started("child", "c1"), related("child", "c1", BEGUN),
          event("child", 1, begins), related("parent", "c1", KNOWN), closed("parent", "p1", done),
          event("child", 2, WF_EVENT_TYPE_WORKFLOW_EXECUTION_CANCEL_REQUESTED)},
         NULL},
        {"a child that outlives its parent",
         {related("parent", "ABANDON", INITIATED), started("child", "c1"), related("child", "c1", BEGUN),
          related("parent", "c1", KNOWN), closed("parent", "p1", done)},
         NULL},
    };

    for (size_t i = 0; i < TEST_COUNT(rows); i++) {
        check_row(*state, &rows[i]);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST_IN_ARENA(test_check_children__children),
    };

    return cmocka_run_group_tests_name("check_children", tests, NULL, NULL);
}
