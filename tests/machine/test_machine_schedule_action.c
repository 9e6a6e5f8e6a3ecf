/* Every row of engine/server/schedule_action.def, what has no row, and what overlap policies make of the rows. */
#include "tests/support/test.h"

#include "engine/server/schedule_state.h"

#define S WF_NS_PER_S
#define H (3600 * S)
#define NOON (INT64_C(1767268800) * S) /* 2026-01-01T12:00:00Z */

struct fixture {
    struct wf_schedule_core core;
    struct wf_schedule schedule;
    struct wf_schedule_spec spec;
    struct wf_schedule_policies policies;
    struct wf_schedule_state state;
    struct wf_svc_start_workflow action;
    struct wf_schedule_interval_spec interval;
};

/* Every hour, created at noon. */
static void begin(struct fixture *f, struct wf_arena *arena, int32_t overlap)
{
    *f = (struct fixture){.core = {.arena = arena, .now_ns = NOON},
                          .interval = {.interval = wf_duration_of(H)},
                          .policies = {.overlap_policy = overlap},
                          .action = {.workflow_id = {"w", 1}, .workflow_type = {"T", 1}, .task_queue = {"q", 1}}};
    f->core.state = WF_ARENA_NEW(arena, struct wf_state_schedule);
    f->spec.interval.items = &f->interval;
    f->spec.interval.count = 1;
    f->schedule = (struct wf_schedule){
        .spec = &f->spec, .action = &f->action, .policies = &f->policies, .state = &f->state};
}

static enum wf_call_status ask(struct fixture *f, enum wf_schedule_op op, const char *request_id)
{
    enum wf_call_status status = WF_CALL_OK;
    const struct wf_svc_schedule_call call = {.schedule_id = {"hourly", 6},
                                              .op = (int32_t)op,
                                              .schedule = &f->schedule,
                                              .start_time = wf_timestamp_of(NOON - 3 * H),
                                              .end_time = wf_timestamp_of(NOON - H),
                                              .request_id = wf_string_of(request_id)};

    (void)wf_schedule_call(&f->core, &call, &status);
    return status;
}

static void create(struct fixture *f, struct wf_arena *arena, int32_t overlap)
{
    begin(f, arena, overlap);
    assert_int_equal(ask(f, WF_SCHEDULE_CREATE, "c"), WF_CALL_OK);
}

static void advance(struct fixture *f, int64_t duration_ns)
{
    f->core.now_ns += duration_ns;
    wf_schedule_advance(&f->core);
}

static struct wf_state_schedule_action *action_at(struct fixture *f, uint32_t index)
{
    assert_true(index < f->core.state->actions.count);
    return &f->core.state->actions.items[index];
}

/* The states of all actions, a letter each. */
static void expect_states(struct fixture *f, const char *expected)
{
    char text[16] = {0};

    for (uint32_t i = 0; i < f->core.state->actions.count && i < sizeof text - 1; i++) {
        text[i] = "-BSDRXO"[f->core.state->actions.items[i].state];
    }
    assert_string_equal(text, expected);
}

static void feed(struct fixture *f, uint32_t index, enum wf_schedule_action_input input)
{
    static struct wf_event_workflow_execution_completed completed;
    const struct wf_event closing = {.event_type = WF_EVENT_TYPE_WORKFLOW_EXECUTION_COMPLETED,
                                     .attributes = {.workflow_execution_completed = &completed}};

    assert_true(wf_schedule_action_step(&f->core, action_at(f, index), input,
                                        &(struct wf_schedule_details){.run_id = {"r", 1}, .closing = &closing}));
    wf_schedule_advance(&f->core);
}

/* Each pair of a state and an input: the state that follows, or none. */
static void test_machine_schedule_action__every_row(void **state)
{
    static const struct {
        enum wf_schedule_action_state from;
        enum wf_schedule_action_input input;
        enum wf_schedule_action_state to;
    } rows[] = {
        {WF_SCHEDULE_ACTION_BUFFERED, WF_SCHEDULE_ACTION_BEGIN, WF_SCHEDULE_ACTION_STARTING},
        {WF_SCHEDULE_ACTION_BUFFERED, WF_SCHEDULE_ACTION_SKIP, WF_SCHEDULE_ACTION_GONE},
        {WF_SCHEDULE_ACTION_BUFFERED, WF_SCHEDULE_ACTION_DROP, WF_SCHEDULE_ACTION_GONE},
        {WF_SCHEDULE_ACTION_STARTING, WF_SCHEDULE_ACTION_STARTED, WF_SCHEDULE_ACTION_RUNNING},
        {WF_SCHEDULE_ACTION_STARTING, WF_SCHEDULE_ACTION_REFUSED, WF_SCHEDULE_ACTION_GONE},
        {WF_SCHEDULE_ACTION_STARTING, WF_SCHEDULE_ACTION_STOP, WF_SCHEDULE_ACTION_DOOMED},
        {WF_SCHEDULE_ACTION_STARTING, WF_SCHEDULE_ACTION_CLOSED, WF_SCHEDULE_ACTION_GONE},
        {WF_SCHEDULE_ACTION_DOOMED, WF_SCHEDULE_ACTION_STARTED, WF_SCHEDULE_ACTION_STOPPING},
        {WF_SCHEDULE_ACTION_DOOMED, WF_SCHEDULE_ACTION_REFUSED, WF_SCHEDULE_ACTION_GONE},
        {WF_SCHEDULE_ACTION_DOOMED, WF_SCHEDULE_ACTION_STOP, WF_SCHEDULE_ACTION_DOOMED},
        {WF_SCHEDULE_ACTION_DOOMED, WF_SCHEDULE_ACTION_CLOSED, WF_SCHEDULE_ACTION_GONE},
        {WF_SCHEDULE_ACTION_RUNNING, WF_SCHEDULE_ACTION_STOP, WF_SCHEDULE_ACTION_STOPPING},
        {WF_SCHEDULE_ACTION_RUNNING, WF_SCHEDULE_ACTION_CLOSED, WF_SCHEDULE_ACTION_GONE},
        {WF_SCHEDULE_ACTION_STOPPING, WF_SCHEDULE_ACTION_STOPPED_NOW, WF_SCHEDULE_ACTION_STOPPED},
        {WF_SCHEDULE_ACTION_STOPPING, WF_SCHEDULE_ACTION_STOP, WF_SCHEDULE_ACTION_STOPPING},
        {WF_SCHEDULE_ACTION_STOPPING, WF_SCHEDULE_ACTION_CLOSED, WF_SCHEDULE_ACTION_GONE},
        {WF_SCHEDULE_ACTION_STOPPED, WF_SCHEDULE_ACTION_STOP, WF_SCHEDULE_ACTION_STOPPED},
        {WF_SCHEDULE_ACTION_STOPPED, WF_SCHEDULE_ACTION_CLOSED, WF_SCHEDULE_ACTION_GONE},
    };
    static struct wf_event_workflow_execution_completed completed;
    const struct wf_event closing = {.event_type = WF_EVENT_TYPE_WORKFLOW_EXECUTION_COMPLETED,
                                     .attributes = {.workflow_execution_completed = &completed}};
    struct fixture f;
    size_t taken = 0;

    create(&f, *state, 0);
    for (int32_t from = WF_SCHEDULE_ACTION_GONE; from <= WF_SCHEDULE_ACTION_STOPPED; from++) {
        for (int32_t input = WF_SCHEDULE_ACTION_BEGIN; input <= WF_SCHEDULE_ACTION_CLOSED; input++) {
            struct wf_state_schedule_action action = {.state = from};
            int32_t to = -1;

            for (size_t i = 0; i < TEST_COUNT(rows); i++) {
                to = (int32_t)rows[i].from == from && (int32_t)rows[i].input == input ? (int32_t)rows[i].to : to;
            }
            assert_int_equal(wf_schedule_action_step(&f.core, &action, (enum wf_schedule_action_input)input,
                                                     &(struct wf_schedule_details){.closing = &closing}),
                             to >= 0);
            assert_int_equal(action.state, to >= 0 ? to : from);
            taken += to >= 0 ? 1 : 0;
        }
    }
    assert_int_equal(taken, TEST_COUNT(rows));
}

/* What a running action makes of the next two times, under each policy; then it closes. */
static void test_machine_schedule_action__overlap_policies(void **state)
{
    static const struct {
        int32_t policy;
        const char *after_one, *after_two, *after_close;
        int64_t skipped;
    } rows[] = {
        {WF_SCHEDULE_OVERLAP_POLICY_UNSPECIFIED, "R", "R", "", 2},
        {WF_SCHEDULE_OVERLAP_POLICY_SKIP, "R", "R", "", 2},
        {WF_SCHEDULE_OVERLAP_POLICY_BUFFER_ONE, "RB", "RB", "S", 1},
        {WF_SCHEDULE_OVERLAP_POLICY_BUFFER_ALL, "RB", "RBB", "SB", 0},
        {WF_SCHEDULE_OVERLAP_POLICY_CANCEL_OTHER, "XB", "XB", "S", 1},
        {WF_SCHEDULE_OVERLAP_POLICY_TERMINATE_OTHER, "XB", "XB", "S", 1},
        {WF_SCHEDULE_OVERLAP_POLICY_ALLOW_ALL, "RS", "RSS", "SS", 0},
    };

    for (size_t i = 0; i < TEST_COUNT(rows); i++) {
        struct fixture f;

        create(&f, *state, rows[i].policy);
        advance(&f, H);
        expect_states(&f, "S");
        test_string_is("id", action_at(&f, 0)->workflow_id, "w-2026-01-01T13:00:00Z");
        feed(&f, 0, WF_SCHEDULE_ACTION_STARTED);
        advance(&f, H);
        expect_states(&f, rows[i].after_one);
        assert_int_equal(action_at(&f, 0)->is_terminated,
                         rows[i].policy == WF_SCHEDULE_OVERLAP_POLICY_TERMINATE_OTHER);
        advance(&f, H);
        expect_states(&f, rows[i].after_two);
        feed(&f, 0, WF_SCHEDULE_ACTION_CLOSED);
        expect_states(&f, rows[i].after_close);
        assert_int_equal(f.core.state->overlap_skipped, rows[i].skipped);
    }
}

/* An outage: what is older than the window is given up, the rest is made up for. */
static void test_machine_schedule_action__catches_up_within_the_window(void **state)
{
    struct fixture f;

    begin(&f, *state, WF_SCHEDULE_OVERLAP_POLICY_ALLOW_ALL);
    f.policies.catchup_window = wf_duration_of(90 * 60 * S);
    assert_int_equal(ask(&f, WF_SCHEDULE_CREATE, "c"), WF_CALL_OK);
    advance(&f, 4 * H);
    expect_states(&f, "SS");
    assert_int_equal(f.core.state->missed_catchup_window, 2);
    test_string_is("oldest", action_at(&f, 0)->workflow_id, "w-2026-01-01T15:00:00Z");
}

/* While it is paused nothing comes; a trigger and a backfill act all the same, each once. */
static void test_machine_schedule_action__paused(void **state)
{
    struct fixture f;

    create(&f, *state, WF_SCHEDULE_OVERLAP_POLICY_ALLOW_ALL);
    assert_int_equal(ask(&f, WF_SCHEDULE_PAUSE, "p"), WF_CALL_OK);
    assert_int_equal(wf_schedule_wake_at(&f.core), INT64_MAX);
    assert_false(wf_schedule_is_busy(&f.core));
    advance(&f, 3 * H);
    expect_states(&f, "");
    assert_int_equal(ask(&f, WF_SCHEDULE_TRIGGER, "t"), WF_CALL_OK);
    assert_int_equal(ask(&f, WF_SCHEDULE_TRIGGER, "t"), WF_CALL_OK);
    advance(&f, 0);
    expect_states(&f, "S");
    assert_int_equal(ask(&f, WF_SCHEDULE_BACKFILL, "b"), WF_CALL_OK);
    advance(&f, 0);
    expect_states(&f, "SSSS");
    test_string_is("first", action_at(&f, 1)->workflow_id, "w-2026-01-01T09:00:00Z");
    assert_int_equal(ask(&f, WF_SCHEDULE_UNPAUSE, "u"), WF_CALL_OK);
    advance(&f, 0);
    expect_states(&f, "SSSS");
    assert_int_equal(wf_schedule_wake_at(&f.core), NOON + 4 * H);
}

/* A limited number of actions is used up by times, not by triggers; then the schedule rests, and is forgotten. */
static void test_machine_schedule_action__limited_actions(void **state)
{
    struct fixture f;

    begin(&f, *state, WF_SCHEDULE_OVERLAP_POLICY_ALLOW_ALL);
    f.state = (struct wf_schedule_state){.limited_actions = true, .remaining_actions = 2};
    assert_int_equal(ask(&f, WF_SCHEDULE_CREATE, "c"), WF_CALL_OK);
    assert_int_equal(ask(&f, WF_SCHEDULE_TRIGGER, "t"), WF_CALL_OK);
    advance(&f, 5 * H);
    expect_states(&f, "SSS");
    feed(&f, 0, WF_SCHEDULE_ACTION_CLOSED);
    feed(&f, 0, WF_SCHEDULE_ACTION_CLOSED);
    feed(&f, 0, WF_SCHEDULE_ACTION_CLOSED);
    assert_false(wf_schedule_is_busy(&f.core));
    assert_int_equal(wf_schedule_wake_at(&f.core), f.core.now_ns + 7 * 24 * H);
    advance(&f, 7 * 24 * H - 1);
    assert_false(f.core.is_deleted);
    advance(&f, 1);
    assert_true(f.core.is_deleted);
}

/* A failure pauses the schedule when it says so, and what waits is dropped; the next action is told of it. */
static void test_machine_schedule_action__pauses_on_failure(void **state)
{
    struct wf_failure failure = {.message = {"no money", 8}};
    struct wf_event_workflow_execution_failed failed = {.failure = &failure};
    const struct wf_event closing = {.event_type = WF_EVENT_TYPE_WORKFLOW_EXECUTION_FAILED,
                                     .attributes = {.workflow_execution_failed = &failed}};
    struct fixture f;

    begin(&f, *state, WF_SCHEDULE_OVERLAP_POLICY_BUFFER_ALL);
    f.policies.pause_on_failure = true;
    assert_int_equal(ask(&f, WF_SCHEDULE_CREATE, "c"), WF_CALL_OK);
    advance(&f, 2 * H);
    expect_states(&f, "SB");
    assert_true(wf_schedule_action_step(&f.core, action_at(&f, 0), WF_SCHEDULE_ACTION_CLOSED,
                                        &(struct wf_schedule_details){.closing = &closing}));
    advance(&f, 0);
    expect_states(&f, "");
    assert_true(f.core.state->schedule->state->paused);
    test_string_is("notes", f.core.state->schedule->state->notes,
                   "paused due to workflow failure: w-2026-01-01T13:00:00Z: no money");
    test_string_is("failure", f.core.state->last_failure->message, "no money");
}

/* From an update on the new times count; a create of an id that is taken and what cannot be are refused. */
static void test_machine_schedule_action__updates_and_refusals(void **state)
{
    struct fixture f;

    create(&f, *state, 0);
    assert_int_equal(ask(&f, WF_SCHEDULE_CREATE, "c"), WF_CALL_OK); /* the same call again */
    assert_int_equal(ask(&f, WF_SCHEDULE_CREATE, "d"), WF_CALL_ALREADY_STARTED);
    f.core.now_ns += H / 2;
    f.interval.interval = wf_duration_of(2 * H);
    assert_int_equal(ask(&f, WF_SCHEDULE_UPDATE, "u"), WF_CALL_OK);
    assert_int_equal(wf_schedule_wake_at(&f.core), NOON + 2 * H);
    f.spec.timezone_name = WF_STR("Europe/Berlin");
    assert_int_equal(ask(&f, WF_SCHEDULE_UPDATE, "v"), WF_CALL_INVALID_ARGUMENT);
    assert_int_equal(wf_schedule_wake_at(&f.core), NOON + 2 * H);
    f.action.workflow_type = (struct wf_string){0};
    assert_int_equal(ask(&f, WF_SCHEDULE_UPDATE, "w"), WF_CALL_INVALID_ARGUMENT);
    assert_int_equal(ask(&f, (enum wf_schedule_op)99, "x"), WF_CALL_INVALID_ARGUMENT);
    assert_int_equal(ask(&f, WF_SCHEDULE_DELETE, "y"), WF_CALL_OK);
    assert_true(f.core.is_deleted);
}

/* The buffer holds a thousand; what comes then is dropped. */
static void test_machine_schedule_action__full_buffer(void **state)
{
    struct fixture f;

    begin(&f, *state, WF_SCHEDULE_OVERLAP_POLICY_BUFFER_ALL);
    f.interval.interval = wf_duration_of(S);
    assert_int_equal(ask(&f, WF_SCHEDULE_CREATE, "c"), WF_CALL_OK);
    f.core.now_ns += 1005 * S;
    for (int i = 0; i < 11; i++) {
        wf_schedule_advance(&f.core);
    }
    assert_int_equal(f.core.state->actions.count, 1 + WF_SCHEDULE_BUFFER_MAX);
    assert_int_equal(f.core.state->buffer_dropped, 4);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST_IN_ARENA(test_machine_schedule_action__every_row),
        TEST_IN_ARENA(test_machine_schedule_action__overlap_policies),
        TEST_IN_ARENA(test_machine_schedule_action__catches_up_within_the_window),
        TEST_IN_ARENA(test_machine_schedule_action__paused),
        TEST_IN_ARENA(test_machine_schedule_action__limited_actions),
        TEST_IN_ARENA(test_machine_schedule_action__pauses_on_failure),
        TEST_IN_ARENA(test_machine_schedule_action__updates_and_refusals),
        TEST_IN_ARENA(test_machine_schedule_action__full_buffer),
    };

    return cmocka_run_group_tests_name("machine_schedule_action", tests, NULL, NULL);
}
