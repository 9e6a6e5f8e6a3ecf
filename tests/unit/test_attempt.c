/* Activities of the simulator written in C: each step comes out, and the answer goes in. */
#include "tests/support/test.h"

#include "engine/activity_host.h"
#include "engine/wfsim.h"

static wf_error charge(struct wf_attempt *attempt, struct wf_args args, struct wf_value *result)
{
    struct wf *wf = wf_attempt_values(attempt);
    const char *order = wf_as_text(wf, wf_arg(args, 0));
    wf_error error = NULL;

    wf_step_wait(attempt, 80 * WF_MILLISECOND);
    error = wf_step_heartbeat(attempt, wf_integer(wf, wf_as_integer(wf_attempt_last_heartbeat(attempt), 0) + 1));
    if (error == NULL) {
        error = wf_step_effect(attempt, &(struct wf_effect){.name = "charge", .key = order, .once_per = order});
    }
    *result = wf_text(wf, "P-%d", (int)wf_attempt_number(attempt));
    return error;
}

static wf_error hang(struct wf_attempt *attempt, struct wf_args args, struct wf_value *result)
{
    (void)args, (void)result;
    wf_step_never(attempt);
    return NULL;
}

static wf_error break_promise(struct wf_attempt *attempt, struct wf_args args, struct wf_value *result)
{
    (void)args, (void)result;
    return wf_sleep(wf_attempt_values(attempt), WF_SECOND);
}

static wf_error bad_result(struct wf_attempt *attempt, struct wf_args args, struct wf_value *result)
{
    (void)attempt, (void)args;
    *result = (struct wf_value){"nope", 4, NULL};
    return NULL;
}

static const struct wf_workflow no_workflows[] = {{.name = NULL}};
static const struct wf_activity activities[] = {
    {"charge", charge}, {"hang", hang}, {"breaks", break_promise}, {"bad", bad_result}, {NULL, NULL}};
static const struct wf_module module = {WF_API, no_workflows, activities};

struct fixture {
    struct test_blocks blocks;
    struct wf_host *host;
};

static struct wf_entry_string encoding = {{"encoding", 8}, {"json/plain", 10}};
static struct wf_payload order_payload = {.metadata = {&encoding, 1, 1}, .data = {"\"o-1\"", 5}};
static struct wf_payload beat_payload = {.metadata = {&encoding, 1, 1}, .data = {"6", 1}};

static int set_up(void **state)
{
    static struct fixture fixture;
    struct wf_host_config config = {.module = &module,
                                    .stack_size_bytes = WF_STACK_BYTES_DEFAULT,
                                    .instance_size_bytes_max = (size_t)1 << 20,
                                    .coroutines_max = 10};

    test_blocks_init(&fixture.blocks);
    config.blocks = config.stacks = &fixture.blocks.source;
    *state = &fixture;
    return wf_host_new(&config, &fixture.host, NULL) == WF_OK ? 0 : -1;
}

static int tear_down(void **state)
{
    struct fixture *fixture = *state;

    wf_host_free(fixture->host);
    assert_int_equal(fixture->blocks.live_count, 0);
    return 0;
}

static struct wf_attempt *begin(struct fixture *fixture, const char *type)
{
    struct wf_attempt *attempt =
        wf_attempt_new(fixture->host, &(struct wf_attempt_start){.activity_type = wf_string_of(type),
                                                                 .input = &order_payload,
                                                                 .input_count = 1,
                                                                 .attempt = 2,
                                                                 .last_heartbeat = &beat_payload});

    assert_non_null(attempt);
    return attempt;
}

static void test_attempt__steps_come_out_in_order(void **state)
{
    struct wf_attempt *attempt = begin(*state, "charge");
    const struct wf_step *step = wf_attempt_next(attempt, NULL);

    assert_int_equal(step->type, WF_STEP_WAIT);
    assert_int_equal(step->wait_ns, 80 * WF_MILLISECOND);
    step = wf_attempt_next(attempt, &(struct wf_step_answer){0});
    assert_int_equal(step->type, WF_STEP_HEARTBEAT);
    test_string_is("heartbeat", step->payload->data, "7");
    step = wf_attempt_next(attempt, &(struct wf_step_answer){0});
    assert_int_equal(step->type, WF_STEP_EFFECT);
    assert_false(step->is_undo);
    assert_true(step->has_once_per);
    test_string_is("name", step->effect_name, "charge");
    test_string_is("key", step->effect_key, "o-1");
    test_string_is("once_per", step->once_per, "o-1");
    step = wf_attempt_next(attempt, &(struct wf_step_answer){0});
    assert_int_equal(step->type, WF_STEP_RETURN);
    test_string_is("result", step->payload->data, "\"P-2\"");
    assert_ptr_equal(wf_attempt_next(attempt, NULL), step);
    wf_attempt_free(attempt);
}

/* A refused effect and an asked-for cancellation are failures that the code may return. */
static void test_attempt__answers_become_failures(void **state)
{
    static const struct {
        struct wf_step_answer to_heartbeat;
        struct wf_step_answer to_effect;
        uint32_t info_case;
        const char *message;
    } rows[] = {
        {{.is_cancel_requested = true}, {0}, 7, "Activity canceled"},
        {{0}, {.is_refused = true}, 5, "charge for o-1 was undone and cannot be done again"},
    };

    for (size_t i = 0; i < TEST_COUNT(rows); i++) {
        struct wf_attempt *attempt = begin(*state, "charge");
        const struct wf_step *step = NULL;

        (void)wf_attempt_next(attempt, NULL);
        (void)wf_attempt_next(attempt, NULL);
        step = wf_attempt_next(attempt, &rows[i].to_heartbeat);
        if (step->type == WF_STEP_EFFECT) {
            step = wf_attempt_next(attempt, &rows[i].to_effect);
        }
        assert_int_equal(step->type, WF_STEP_FAIL);
        assert_int_equal(step->failure->failure_info_case, rows[i].info_case);
        test_string_is("message", step->failure->message, rows[i].message);
        wf_attempt_free(attempt);
    }
}

static void test_attempt__other_ends(void **state)
{
    static const struct {
        const char *type;
        enum wf_step_type step;
        const char *message;
    } rows[] = {
        {"hang", WF_STEP_NEVER, NULL},
        {"breaks", WF_STEP_BROKEN, "wf_sleep cannot be called in an activity"},
        {"bad", WF_STEP_BROKEN, "an invalid value: it is not JSON"},
    };
    struct fixture *fixture = *state;

    for (size_t i = 0; i < TEST_COUNT(rows); i++) {
        struct wf_attempt *attempt = begin(fixture, rows[i].type);

        for (int again = 0; again < 2; again++) {
            const struct wf_step *step = wf_attempt_next(attempt, NULL);

            assert_int_equal(step->type, rows[i].step);
            if (rows[i].message != NULL) {
                test_string_is(rows[i].type, step->failure->message, rows[i].message);
            }
        }
        wf_attempt_free(attempt);
    }
    assert_false(wf_host_has_activity(fixture->host, WF_STR("nothing")));
    assert_true(wf_host_has_activity(fixture->host, WF_STR("hang")));
    assert_null(wf_attempt_new(fixture->host, &(struct wf_attempt_start){.activity_type = WF_STR("nothing")}));
}

/* An attempt that is dropped between two steps, as by a crash, gives everything back. */
static void test_attempt__dropped_in_the_middle(void **state)
{
    struct wf_attempt *attempt = begin(*state, "charge");

    (void)wf_attempt_next(attempt, NULL);
    wf_attempt_free(attempt);
}

#define TEST(function) cmocka_unit_test_setup_teardown(function, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_attempt__steps_come_out_in_order),
        TEST(test_attempt__answers_become_failures),
        TEST(test_attempt__other_ends),
        TEST(test_attempt__dropped_in_the_middle),
    };

    return cmocka_run_group_tests_name("attempt", tests, NULL, NULL);
}
