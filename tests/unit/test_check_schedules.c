/* The check of schedules, fed with rows made by hand: an innocent hour, and each way to do other than the schedule says. */
#include "tests/support/test.h"

#include "engine/codec.h"
#include "engine/schedules.h"
#include "sim/check/track.h"

#define S WF_NS_PER_S
#define H (3600 * S)

static const struct sim_config config;

static struct wf_string stored(struct wf_arena *arena)
{
    struct wf_schedule_interval_spec interval = {.interval = wf_duration_of(H)};
    struct wf_schedule_spec spec = {.interval = {.items = &interval, .count = 1}};
    struct wf_schedule_policies policies = {.catchup_window = wf_duration_of(H)};
    struct wf_schedule_state state = {0};
    struct wf_svc_start_workflow action = {.workflow_id = {"w", 1}};
    struct wf_schedule schedule = {.spec = &spec, .action = &action, .policies = &policies, .state = &state};
    const struct wf_state_schedule row = {.schedule_id = {"hourly", 6}, .schedule = &schedule};
    struct wf_buffer bytes;

    wf_buffer_init(&bytes, arena);
    wf_wire_encode(&wf_type_state_schedule, &row, &bytes);
    return wf_buffer_string(&bytes);
}

static struct wf_schedule_note note(enum wf_schedule_step kind, int64_t hour)
{
    return (struct wf_schedule_note){.kind = (int32_t)kind,
                                     .nominal_ns = SIM_EPOCH_NS + hour * H,
                                     .overlap_policy = WF_SCHEDULE_OVERLAP_POLICY_SKIP,
                                     .workflow_id = hour == 1 ? WF_STR("w-1") : WF_STR("w-2")};
}

static void write(struct sim_checks *checks, struct wf_arena *arena, struct wf_schedule_note *notes, uint32_t count)
{
    const struct wf_db_write_schedule row = {
        .schedule_id = {"hourly", 6}, .state = stored(arena), .notes = {.items = notes, .count = count}};

    sim_checks_commit(checks, arena,
                      &(struct sim_commit){.time_ns = 2 * H, .clock_ns = SIM_EPOCH_NS + 2 * H, .schedule = &row});
}

static void start(struct sim_checks *checks, struct wf_string workflow_id)
{
    struct wf_entry_payload by = {.key = WF_STR("TemporalScheduledById"), .value = {.data = WF_STR("\"hourly\"")}};
    struct wf_search_attributes attributes = {.indexed_fields = {.items = &by, .count = 1}};
    struct wf_event_workflow_execution_started started = {.workflow_id = workflow_id,
                                                          .original_execution_run_id = WF_STR("r"),
                                                          .search_attributes = &attributes};
    struct wf_event event = {.event_id = 1,
                             .event_type = WF_EVENT_TYPE_WORKFLOW_EXECUTION_STARTED,
                             .attributes_case = WF_CASE_event_workflow_execution_started,
                             .attributes = {.workflow_execution_started = &started}};
    const struct wf_history_message events = {.events = {.items = &event, .count = 1}};
    struct wf_db_run_write run = {.workflow_id = workflow_id, .run_id = WF_STR("r"), .is_new = true};
    const struct wf_db_write row = {.runs = {.items = &run, .count = 1}};

    sim_check_schedules_started(checks, &(struct sim_commit){.time_ns = 2 * H, .write = &row, .events = &events});
}

static void expect_broken(const struct sim_checks *checks, const char *name, const char *what)
{
    uint32_t count = 0;
    const struct sim_broken_check *broken = sim_checks_broken(checks, &count);

    if (what == NULL ? count != 0 : count != 1) {
        fail_msg("%s: %u findings, the first: %.*s", name, count, count == 0 ? 0 : (int)broken->sentence.size_bytes,
                 count == 0 ? "" : broken->sentence.data);
    }
    if (what != NULL) {
        test_string_is(name, broken->sentence, what);
        assert_string_equal(broken->diagnosis, "WF412");
    }
}

/* Rows of notes behind the creation, and what they break. */
static void test_check_schedules__notes(void **state)
{
    static const struct {
        const char *name;
        struct {
            enum wf_schedule_step kind;
            int64_t hour;
        } notes[5];
        const char *what;
    } rows[] = {
        {"innocent",
         {{WF_SCHEDULE_STEP_TAKE, 1}, {WF_SCHEDULE_STEP_BEGIN, 1}, {WF_SCHEDULE_STEP_CLOSE, 1},
          {WF_SCHEDULE_STEP_TAKE, 2}, {WF_SCHEDULE_STEP_BEGIN, 2}},
         NULL},
        {"skips", {{WF_SCHEDULE_STEP_TAKE, 1}, {WF_SCHEDULE_STEP_BEGIN, 1}, {WF_SCHEDULE_STEP_TAKE, 2},
                   {WF_SCHEDULE_STEP_SKIP, 2}, {WF_SCHEDULE_STEP_CLOSE, 1}}, NULL},
        {"left out", {{WF_SCHEDULE_STEP_TAKE, 2}},
         "schedule hourly: the action of 2026-01-01T02:00:00Z was looked at though it is not the next in its "
         "specification"},
        {"twice taken", {{WF_SCHEDULE_STEP_TAKE, 1}, {WF_SCHEDULE_STEP_TAKE, 1}},
         "schedule hourly: the action of 2026-01-01T01:00:00Z was looked at though it is not the next in its "
         "specification"},
        {"twice begun", {{WF_SCHEDULE_STEP_TAKE, 1}, {WF_SCHEDULE_STEP_BEGIN, 1}, {WF_SCHEDULE_STEP_BEGIN, 1}},
         "schedule hourly: the action of 2026-01-01T01:00:00Z began twice, or was never due (w-1)"},
        {"overlap", {{WF_SCHEDULE_STEP_TAKE, 1}, {WF_SCHEDULE_STEP_BEGIN, 1}, {WF_SCHEDULE_STEP_TAKE, 2},
                     {WF_SCHEDULE_STEP_BEGIN, 2}},
         "schedule hourly: the action of 2026-01-01T02:00:00Z began while another one ran (w-1)"},
        {"idle skip", {{WF_SCHEDULE_STEP_TAKE, 1}, {WF_SCHEDULE_STEP_SKIP, 1}},
         "schedule hourly: the action of 2026-01-01T01:00:00Z was skipped though nothing ran"},
        {"given up", {{WF_SCHEDULE_STEP_MISS, 1}},
         "schedule hourly: the action of 2026-01-01T01:00:00Z was given up within the catch-up window"},
        {"unknown close", {{WF_SCHEDULE_STEP_CLOSE, 1}},
         "schedule hourly: the action of 2026-01-01T01:00:00Z ended without having begun (w-1)"},
    };

    for (size_t i = 0; i < TEST_COUNT(rows); i++) {
        struct sim_checks *checks = NULL;
        struct wf_schedule_note notes[6] = {note(WF_SCHEDULE_STEP_CREATE, 0)};
        uint32_t count = 1;

        for (; count < TEST_COUNT(notes) && rows[i].notes[count - 1].kind != 0; count++) {
            notes[count] = note(rows[i].notes[count - 1].kind, rows[i].notes[count - 1].hour);
        }
        assert_int_equal(sim_checks_new(*state, &config, &checks, NULL), WF_OK);
        write(checks, *state, notes, count);
        expect_broken(checks, rows[i].name, rows[i].what);
    }
}

/* The workflow of an action is started once, and not when the action is over. */
static void test_check_schedules__starts(void **state)
{
    struct wf_schedule_note notes[] = {note(WF_SCHEDULE_STEP_CREATE, 0), note(WF_SCHEDULE_STEP_TAKE, 1),
                                       note(WF_SCHEDULE_STEP_BEGIN, 1)};
    struct wf_schedule_note close = note(WF_SCHEDULE_STEP_CLOSE, 1);
    struct sim_checks *checks = NULL;

    assert_int_equal(sim_checks_new(*state, &config, &checks, NULL), WF_OK);
    write(checks, *state, notes, 3);
    start(checks, WF_STR("w-1"));
    expect_broken(checks, "once", NULL);
    start(checks, WF_STR("w-1"));
    expect_broken(checks, "twice", "schedule hourly: the action of 2026-01-01T01:00:00Z started two workflows (w-1)");
    assert_int_equal(sim_checks_new(*state, &config, &checks, NULL), WF_OK);
    write(checks, *state, notes, 3);
    write(checks, *state, &close, 1);
    start(checks, WF_STR("w-1"));
    expect_broken(checks, "late", "schedule hourly: the action of 1970-01-01T00:00:00Z was started when it was over (w-1)");
}

/* At the end of a run in which nothing is left to happen, no time may wait. */
static void test_check_schedules__never_looked_at(void **state)
{
    struct wf_schedule_note created = note(WF_SCHEDULE_STEP_CREATE, 0);
    struct sim_checks *checks = NULL;

    assert_int_equal(sim_checks_new(*state, &config, &checks, NULL), WF_OK);
    write(checks, *state, &created, 1);
    sim_checks_end(checks, &(struct sim_checks_end){.now_ns = H / 2, .is_quiet = true});
    expect_broken(checks, "early", NULL);
    sim_checks_end(checks, &(struct sim_checks_end){.now_ns = 2 * H, .is_quiet = true});
    expect_broken(checks, "late", "schedule hourly: the action of 2026-01-01T01:00:00Z was never looked at");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST_IN_ARENA(test_check_schedules__notes),
        TEST_IN_ARENA(test_check_schedules__starts),
        TEST_IN_ARENA(test_check_schedules__never_looked_at),
    };

    return cmocka_run_group_tests_name("check_schedules", tests, NULL, NULL);
}
