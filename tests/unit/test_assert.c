#include "tests/support/test.h"

#include "engine/base/assert.h"

static jmp_buf after_panic;

struct panic {
    int count;
    int line;
    char expression[64];
};

static void report(void *context, const char *file, int line, const char *expression)
{
    struct panic *panic = context;

    assert_non_null(strstr(file, "test_assert.c"));
    panic->count++;
    panic->line = line;
    strncpy(panic->expression, expression, sizeof panic->expression - 1);
    longjmp(after_panic, 1);
}

/* A failed assertion tells the reporter what was asserted and where; one that holds does nothing.
 */
static void test_assert__failure_reaches_the_reporter(void **state)
{
    struct panic panic = {0};
    volatile int place = 0;

    (void)state;
    wf_panic_set_reporter(report, &panic);
    WF_ASSERT(1 + 1 == 2);
    assert_int_equal(panic.count, 0);

    if (setjmp(after_panic) == 0) {
        place = __LINE__ + 1;
        WF_ASSERT(1 + 1 == 3);
    }

    assert_true(wf_panicked());
    assert_int_equal(panic.count, 1);
    assert_int_equal(panic.line, place);
    assert_string_equal(panic.expression, "1 + 1 == 3");
}

/* A reporter can be registered again after it was used. */
static void test_assert__reporter_can_be_registered_again(void **state)
{
    struct panic panic = {0};

    (void)state;
    for (volatile int i = 1; i <= 2; i++) {
        wf_panic_set_reporter(report, &panic);
        if (setjmp(after_panic) == 0) {
            WF_UNREACHABLE();
        }
        assert_string_equal(panic.expression, "unreachable");
    }
    assert_int_equal(panic.count, 2);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_assert__failure_reaches_the_reporter),
        cmocka_unit_test(test_assert__reporter_can_be_registered_again),
    };

    return cmocka_run_group_tests_name("assert", tests, NULL, NULL);
}
