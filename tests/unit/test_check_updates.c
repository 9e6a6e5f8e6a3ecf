/* The invariants of updates and queries, fed with records made by hand: a valid run, and for each invariant a change that
 * breaks it. */
#include "tests/support/test.h"

#include "sim/check/check.h"

#define S WF_NS_PER_S
#define RECORDS_MAX 10
#define SEEN(signals, updates) ((int64_t)(signals) << 32 | (updates))

static const struct sim_client clients[] = {
    {.action = SIM_CLIENT_SIGNAL, .name_of = {"go", 2}},
    {.action = SIM_CLIENT_UPDATE, .name_of = {"add", 3}},
    {.action = SIM_CLIENT_QUERY, .name_of = {"count", 5}},
};

static struct sim_record of(enum sim_record_kind kind, const char *a, const char *b, int64_t x, int64_t y)
{
    return (struct sim_record){.kind = kind,
                               .time_ns = S,
                               .step = 1,
                               .node = WF_STR("client"),
                               .subject = WF_STR("w"),
                               .a = wf_string_of(a),
                               .b = wf_string_of(b),
                               .x = x,
                               .y = y};
}

static struct sim_record started(const char *run_id)
{
    return of(SIM_RECORD_RUN_STARTED, run_id, "Type", 0, 0);
}

/* In history. */
static struct sim_record has(const char *what, int64_t digest)
{
    return of(SIM_RECORD_UPDATED, "u1", what, digest, 5);
}

/* To a client. */
static struct sim_record told(const char *what, int64_t digest)
{
    return of(SIM_RECORD_UPDATE, "u1", what, digest, 0);
}

static struct sim_record sent(int64_t number)
{
    return of(SIM_RECORD_SENT, "count", "", number, 0);
}

static struct sim_record queried(int64_t number, int64_t seen)
{
    return of(SIM_RECORD_QUERIED, "count", "", number, seen);
}

static struct sim_record signaled(void)
{
    return of(SIM_RECORD_ANSWERED, "go", "accepted", 1, 0);
}

struct row {
    const char *name;
    struct sim_record records[RECORDS_MAX]; /* time 0 ends them */
    const char *invariant;                  /* NULL: nothing breaks */
};

static void check_row(struct wf_arena *arena, const struct row *row)
{
    const struct sim_config config = {.clients = clients, .client_count = 3};
    struct sim_checks *checks = NULL;
    const struct sim_broken_check *broken = NULL;
    struct wf_error err;
    uint32_t count = 0;

    assert_int_equal(sim_checks_new(arena, &config, &checks, &err), WF_OK);
    for (size_t i = 0; i < RECORDS_MAX && row->records[i].time_ns != 0; i++) {
        sim_checks_record(checks, &row->records[i]);
    }
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

/* engine-semantics 10.8: 73 to 76. */
static void test_check_updates__planted(void **state)
{
    const struct row rows[] = {
        {"accepted, then completed", {started("r1"), told("admitted", 0), has("accepted", 0), told("accepted", 0),
                                      has("completed", 7), told("completed", 7), told("completed", 7)},
         NULL},
        {"rejected, then taken", {started("r1"), told("rejected", 9), has("accepted", 0), told("accepted", 0)}, NULL},
        {"aborted after it was accepted", {started("r1"), has("accepted", 0), told("aborted", 8)}, NULL},
        {"another outcome than in history",
         {started("r1"), has("accepted", 0), has("completed", 7), told("completed", 6)}, "I73"},
        {"an outcome before history has one", {started("r1"), has("accepted", 0), told("failed", 7)}, "I73"},
        {"accepted, and not in history", {started("r1"), told("accepted", 0)}, "I74"},
        {"completed, and not in history", {started("r1"), told("completed", 7)}, "I74"},
        {"a query that writes", {started("r1"), of(SIM_RECORD_QUERY_WROTE, "", "", 0, 0)}, "I75"},
        {"a query that reflects what came before it",
         {started("r1"), signaled(), has("accepted", 0), told("accepted", 0), told("accepted", 0), sent(3),
          queried(3, SEEN(1, 1))},
         NULL},
        {"a signal that a query does not reflect", {started("r1"), signaled(), sent(3), queried(3, SEEN(0, 4))}, "I76"},
        {"an update that a query does not reflect",
         {started("r1"), has("accepted", 0), told("accepted", 0), sent(3), queried(3, SEEN(4, 0))}, "I76"},
        {"a signal that came after the query was sent", {started("r1"), sent(3), signaled(), queried(3, SEEN(0, 0))}, NULL},
        {"a signal of the run before", {started("r1"), signaled(), started("r2"), sent(3), queried(3, SEEN(0, 0))}, NULL},
    };

    for (size_t i = 0; i < TEST_COUNT(rows); i++) {
        check_row(*state, &rows[i]);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_check_updates__planted, test_arena_setup, test_arena_teardown),
    };

    return cmocka_run_group_tests_name("check_updates", tests, NULL, NULL);
}
