#include "tests/support/test.h"

#include "sim/fault/anchor.h"

/* Each phrase names the records of its moment and no others. */
static void test_anchor__phrases_name_their_moments(void **state)
{
    static const struct {
        const char *text;
        struct sim_record record;
        bool expected;
    } rows[] = {
        {"activity pay started", {.kind = SIM_RECORD_ATTEMPT_STARTED, .a = {"pay", 3}}, true},
        {"activity pay started", {.kind = SIM_RECORD_ATTEMPT_STARTED, .a = {"ship", 4}}, false},
        {"activity pay started", {.kind = SIM_RECORD_ATTEMPT_ENDED, .a = {"pay", 3}}, false},
        {"activity pay completed", {.kind = SIM_RECORD_ATTEMPT_ENDED, .a = {"pay", 3}, .b = {"completed", 9}}, true},
        {"activity pay completed", {.kind = SIM_RECORD_ATTEMPT_ENDED, .a = {"pay", 3}, .b = {"failed Busy", 11}}, false},
        {"activity pay failed", {.kind = SIM_RECORD_ATTEMPT_ENDED, .a = {"pay", 3}, .b = {"failed Busy", 11}}, true},
        {"activity pay ended", {.kind = SIM_RECORD_ATTEMPT_ENDED, .a = {"pay", 3}, .b = {"lost", 4}}, true},
        {"effect charge", {.kind = SIM_RECORD_EFFECT, .a = {"charge", 6}, .b = {"order-3", 7}}, true},
        {"undo charge", {.kind = SIM_RECORD_UNDO, .a = {"charge", 6}}, true},
        {"event TimerFired", {.kind = SIM_RECORD_EVENT, .a = {"TimerFired", 10}}, true},
        {"TimerFired", {.kind = SIM_RECORD_EVENT, .a = {"TimerFired", 10}}, true},
        {"TimerFired", {.kind = SIM_RECORD_EVENT, .a = {"TimerStarted", 12}}, false},
        {"task started", {.kind = SIM_RECORD_TASK_GIVEN}, true},
        {"task completed", {.kind = SIM_RECORD_TASK_ANSWERED, .a = {"completed", 9}}, true},
        {"signal approve sent", {.kind = SIM_RECORD_SENT, .a = {"approve", 7}}, true},
        {"signal approve handled", {.kind = SIM_RECORD_HANDLED, .a = {"approve", 7}}, true},
        {"workflow started", {.kind = SIM_RECORD_RUN_STARTED}, true},
        {"workflow closed", {.kind = SIM_RECORD_RUN_CLOSED, .a = {"failed", 6}}, true},
    };

    (void)state;
    for (size_t i = 0; i < TEST_COUNT(rows); i++) {
        struct sim_anchor anchor;
        struct wf_error err = {0};

        if (sim_anchor_read(wf_string_of(rows[i].text), &anchor, &err) != WF_OK) {
            fail_msg("%s: %s", rows[i].text, err.message);
        }
        if (sim_anchor_matches(&anchor, &rows[i].record) != rows[i].expected) {
            fail_msg("row %zu: %s", i, rows[i].text);
        }
    }
}

/* What is no moment is refused with what would be one. */
static void test_anchor__refusals_name_what_there_is(void **state)
{
    static const struct {
        const char *text;
        const char *message;
    } rows[] = {
        {"event TimerFire", "there is no event type TimerFire; did you mean TimerFired?"},
        {"event Xyzzyxyzzyxyzzy", "there is no event type Xyzzyxyzzyxyzzy"},
        {"activity started",
         "\"activity started\" is no moment; write \"activity charge_payment started\", \"effect charge\", "
         "\"event ActivityTaskCompleted\" or \"task started\""},
        {"", "\"\" is no moment; write \"activity charge_payment started\", \"effect charge\", "
             "\"event ActivityTaskCompleted\" or \"task started\""},
    };

    (void)state;
    for (size_t i = 0; i < TEST_COUNT(rows); i++) {
        struct sim_anchor anchor;
        struct wf_error err = {0};

        assert_int_equal(sim_anchor_read(wf_string_of(rows[i].text), &anchor, &err), WF_ERR_INVALID);
        assert_string_equal(err.message, rows[i].message);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_anchor__phrases_name_their_moments),
        cmocka_unit_test(test_anchor__refusals_name_what_there_is),
    };

    return cmocka_run_group_tests_name("anchor", tests, NULL, NULL);
}
