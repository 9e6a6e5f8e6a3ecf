/*
 * The workflow code of the scenarios, by hand: what it does when everything goes well and when it does not. What production does
 * to it is the simulator's to show.
 */
#include <stdio.h>

#include "tests/support/test_code.h"
#include "tests/support/host_script.h"

#define ORDER "[\"order-1\", {\"cents\": 500}]"
#define PYTHON_LINES 44 /* of the saga in scenarios/README.md */

static void test_saga__completes(void **state)
{
    struct script script;

    (void)state;
    script_begin(&script, test_load_code("scenarios/saga.c"), "OrderSaga", ORDER);
    script_expect(&script, "activity 1 reserve_inventory (\"order-1\", \"order-1\") run=10000ms initial=1000ms "
                           "coefficient=2 attempts=3\n");
    script_result(&script, 1, "null");
    script_expect(&script, "activity 2 charge_payment (\"order-1\", {\"cents\": 500}, \"order-1\") run=30000ms "
                           "initial=1000ms coefficient=2 attempts=3\n");
    script_result(&script, 2, "null");
    script_expect(&script, "activity 3 ship_order (\"order-1\") run=300000ms initial=1000ms coefficient=2 attempts=3\n");
    script_result(&script, 3, "\"T-1\"");
    script_expect(&script, "complete \"Order order-1 completed. Tracking: T-1\"\n");
    script_end(&script);
}

/* B03: the charge may have gone through although no answer came, so the money is given back, then the stock. */
static void test_saga__undoes_the_step_whose_answer_was_lost(void **state)
{
    struct script script;

    (void)state;
    script_begin(&script, test_load_code("scenarios/saga.c"), "OrderSaga", ORDER);
    (void)script_run(&script);
    script_result(&script, 1, "null");
    (void)script_run(&script);
    script_failure(&script, 2, "GatewayTimeout", "no answer");
    script_expect(&script, "activity 3 refund_payment (\"order-1\") run=30000ms\n");
    script_cancel(&script, "B07: a cancel during the undo changes nothing");
    script_expect(&script, "");
    script_result(&script, 3, "null");
    script_expect(&script, "activity 4 release_inventory (\"order-1\") run=30000ms\n");
    script_result(&script, 4, "null");
    script_expect(&script, "fail <- activity: Activity task failed <- GatewayTimeout: no answer\n");
    script_end(&script);
}

/* The C is at most one and a half times as long as the Python. */
static void test_saga__is_not_longer_than_the_python(void **state)
{
    FILE *file = fopen("scenarios/saga.c", "r");
    char line[256];
    int count = 0;
    bool is_comment = false;

    (void)state;
    assert_non_null(file);
    while (fgets(line, sizeof line, file) != NULL) {
        is_comment = is_comment || strncmp(line, "/*", 2) == 0;
        count += !is_comment && line[strspn(line, " \n")] != '\0' ? 1 : 0;
        is_comment = is_comment && strstr(line, "*/") == NULL;
    }
    (void)fclose(file);
    assert_true(count > 20);
    assert_true(2 * count <= 3 * PYTHON_LINES);
}

static void begin_expense(struct script *script)
{
    script_begin(script, test_load_code("scenarios/expense.c"), "ExpenseApproval", "[\"e-1\", 12.5]");
    script_expect(script, "activity 1 notify_manager (\"e-1\", 12.5) run=10000ms\n");
    script_result(script, 1, "null");
    script_expect(script, "timer 1 after=604800000ms\n");
}

/* Every way to a decision, and that a later answer changes nothing. */
static void test_expense__first_decision_stands(void **state)
{
    static const struct {
        const char *first; /* NULL: the timer */
        const char *step;
        const char *result;
        const char *status;
    } rows[] = {
        {"approve", "cancel timer 1\nactivity 2 process_payment (\"e-1\") run=300000ms\n", "complete \"approved\"\n",
         "answer q1 {\"approved\":true,\"rejected\":false,\"pending\":false}\n"},
        {"reject", "cancel timer 1\nactivity 2 notify_rejection (\"e-1\") run=10000ms\n", "complete \"rejected\"\n",
         "answer q1 {\"approved\":false,\"rejected\":true,\"pending\":false}\n"},
        {NULL, "activity 2 notify_timeout (\"e-1\") run=10000ms\n", "complete \"timeout\"\n",
         "answer q1 {\"approved\":false,\"rejected\":false,\"pending\":false}\n"},
    };
    struct script script;

    (void)state;
    for (size_t i = 0; i < TEST_COUNT(rows); i++) {
        begin_expense(&script);
        script_query(&script, "get_status", "[]");
        script_expect(&script, "answer q1 {\"approved\":false,\"rejected\":false,\"pending\":true}\n");
        if (rows[i].first == NULL) {
            script_timer(&script, 1);
        } else {
            script_signal(&script, rows[i].first, "[]");
        }
        script_expect(&script, rows[i].step);
        script_signal(&script, i == 0 ? "reject" : "approve", "[]");
        script_expect(&script, "");
        script_query(&script, "get_status", "[]");
        script_expect(&script, rows[i].status);
        script_result(&script, 2, "null");
        script_expect(&script, rows[i].result);
        script_end(&script);
    }
}

/* Two answers in one task: the one that was recorded first. */
static void test_expense__two_answers_in_one_task(void **state)
{
    struct script script;

    (void)state;
    begin_expense(&script);
    script_timer(&script, 1);
    script_signal(&script, "reject", "[]");
    script_signal(&script, "approve", "[]");
    script_expect(&script, "cancel timer 1\nactivity 2 notify_rejection (\"e-1\") run=10000ms\n");
    script_end(&script);
}

static void test_harvest__hands_each_result_on(void **state)
{
    struct script script;

    (void)state;
    script_begin(&script, test_load_code("scenarios/harvest.c"), "HarvestWorkflow", "[\"s-1\"]");
    script_expect(&script, "activity 1 download_data (\"s-1\") run=300000ms initial=1000ms coefficient=2 attempts=5\n");
    script_result(&script, 1, "\"raw\"");
    script_expect(&script, "activity 2 parse_data (\"raw\") run=60000ms initial=1000ms coefficient=2 attempts=5\n");
    script_result(&script, 2, "[1,2]");
    script_expect(&script, "activity 3 store_records ([1,2]) run=120000ms\n");
    script_result(&script, 3, "2");
    script_expect(&script, "complete 2\n");
    script_end(&script);
}

/* v2 begins with the other step; v3 does for new runs, and goes on as saga.c for runs whose history has no marker. */
static void test_saga__patched_version_follows_the_history(void **state)
{
    static const struct {
        const char *code;
        bool is_replaying;
        bool has_marker;
        const char *first;
    } rows[] = {
        {"scenarios/saga.c", true, false, "activity 1 reserve"},
        {"scenarios/saga_naive.c", true, false, "activity 1 reserve"},
        {"scenarios/saga_v2.c", true, false, "activity 1 charge"},
        {"scenarios/saga_v3.c", true, false, "activity 1 reserve"},
        {"scenarios/saga_v3.c", true, true, "patch charge-first\nactivity 1 charge"},
        {"scenarios/saga_v3.c", false, false, "patch charge-first\nactivity 1 charge"},
    };
    struct script script;

    (void)state;
    for (size_t i = 0; i < TEST_COUNT(rows); i++) {
        const char *seen = NULL;

        script_begin(&script, test_load_code(rows[i].code), "OrderSaga", ORDER);
        script.is_replaying = rows[i].is_replaying;
        if (rows[i].has_marker) {
            script_patch(&script, "charge-first");
        }
        seen = script_run(&script);
        if (strncmp(seen, rows[i].first, strlen(rows[i].first)) != 0) {
            fail_msg("%s: %s", rows[i].code, seen);
        }
        script_end(&script);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_saga__completes),
        cmocka_unit_test(test_saga__undoes_the_step_whose_answer_was_lost),
        cmocka_unit_test(test_saga__is_not_longer_than_the_python),
        cmocka_unit_test(test_saga__patched_version_follows_the_history),
        cmocka_unit_test(test_expense__first_decision_stands),
        cmocka_unit_test(test_expense__two_answers_in_one_task),
        cmocka_unit_test(test_harvest__hands_each_result_on),
    };

    return cmocka_run_group_tests_name("scenarios", tests, NULL, NULL);
}
