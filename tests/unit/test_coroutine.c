/*
 * The stack switch. tests/unit/test_coroutine_ucontext.c runs the same tests on the portable fallback.
 */
#include "engine/workflow/coroutine.h"

#include "tests/support/test.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#define STACK_BYTES ((size_t)64 * 1024)

struct fixture {
    struct wf_coroutine coroutine;
    void *stack;
    char trace[64];
    size_t trace_size;
    uint64_t sum;
};

static void trace(struct fixture *fixture, char c)
{
    assert_true(fixture->trace_size + 1 < sizeof fixture->trace);
    fixture->trace[fixture->trace_size++] = c;
}

static int set_up(void **state)
{
    struct fixture *fixture = calloc(1, sizeof *fixture);

    fixture->stack = aligned_alloc(16, STACK_BYTES);
    *state = fixture;
    return 0;
}

static int tear_down(void **state)
{
    struct fixture *fixture = *state;

    free(fixture->stack);
    free(fixture);
    return 0;
}

static void begin(struct fixture *fixture, void (*entry)(void *argument))
{
    wf_coroutine_init(&fixture->coroutine, fixture->stack, STACK_BYTES, entry, fixture);
}

static void say_abc(void *argument)
{
    struct fixture *fixture = argument;

    trace(fixture, 'a');
    wf_coroutine_suspend(&fixture->coroutine);
    trace(fixture, 'b');
    wf_coroutine_suspend(&fixture->coroutine);
    trace(fixture, 'c');
}

/* Control goes back and forth in the order of the calls, and the end is seen. */
static void test_coroutine__resume_goes_on_where_it_stopped(void **state)
{
    struct fixture *fixture = *state;

    begin(fixture, say_abc);
    trace(fixture, '1');
    wf_coroutine_resume(&fixture->coroutine);
    trace(fixture, '2');
    wf_coroutine_resume(&fixture->coroutine);
    trace(fixture, '3');
    assert_false(fixture->coroutine.is_ended);
    wf_coroutine_resume(&fixture->coroutine);

    assert_true(fixture->coroutine.is_ended);
    assert_string_equal(fixture->trace, "1a2b3c");
}

/* Many live values across many switches: whatever the compiler keeps in registers must survive. */
static void add_up(void *argument)
{
    struct fixture *fixture = argument;
    uint64_t a = 1, b = 2, c = 3, d = 4, e = 5, f = 6, g = 7;

    for (int i = 0; i < 1000; i++) {
        wf_coroutine_suspend(&fixture->coroutine);
        a += b;
        b ^= c;
        c += d;
        d ^= e;
        e += f;
        f ^= g;
        g += a;
    }
    fixture->sum = a + b + c + d + e + f + g;
}

static uint64_t add_up_directly(void)
{
    uint64_t a = 1, b = 2, c = 3, d = 4, e = 5, f = 6, g = 7;

    for (int i = 0; i < 1000; i++) {
        a += b;
        b ^= c;
        c += d;
        d ^= e;
        e += f;
        f ^= g;
        g += a;
    }
    return a + b + c + d + e + f + g;
}

static void test_coroutine__switch_keeps_registers_of_both_sides(void **state)
{
    struct fixture *fixture = *state;
    uint64_t p = 11, q = 13, r = 17, s = 19, t = 23, expected = 0;
    int resumes = 0;

    begin(fixture, add_up);
    while (!fixture->coroutine.is_ended) {
        wf_coroutine_resume(&fixture->coroutine);
        p += q;
        q ^= r;
        r += s;
        s ^= t;
        t += p;
        resumes++;
    }

    assert_int_equal(resumes, 1001);
    assert_true(fixture->sum == add_up_directly());
    for (uint64_t i = 0, v = 11, w = 13, x = 17, y = 19, z = 23; i < 1001; i++) {
        v += w;
        w ^= x;
        x += y;
        y ^= z;
        z += v;
        expected = v + w + x + y + z;
    }
    assert_true(p + q + r + s + t == expected);
}

static double halve_all(double value)
{
    return value <= 1.0 ? value : halve_all(value / 2.0) + 1.0;
}

/* The stack is aligned as functions with vector code expect it. */
static void check_alignment(void *argument)
{
    struct fixture *fixture = argument;
    _Alignas(16) char block[16];
    char *volatile seen = block;

    fixture->sum = (uintptr_t)seen % 16;
    wf_coroutine_suspend(&fixture->coroutine);
    fixture->sum += halve_all(1024.0) > 10.0 ? 100 : 0;
}

static void test_coroutine__stack_is_aligned_and_deep(void **state)
{
    struct fixture *fixture = *state;

    begin(fixture, check_alignment);
    wf_coroutine_resume(&fixture->coroutine);
    assert_int_equal(fixture->sum, 0);
    wf_coroutine_resume(&fixture->coroutine);

    assert_int_equal(fixture->sum, 100);
}

/* A coroutine that is dropped in the middle leaves its stack fit for another one. */
static void test_coroutine__dropped_stack_can_be_used_again(void **state)
{
    struct fixture *fixture = *state;

    for (int i = 0; i < 100; i++) {
        begin(fixture, say_abc);
        fixture->trace_size = 0;
        wf_coroutine_resume(&fixture->coroutine);
    }
    wf_coroutine_resume(&fixture->coroutine);
    wf_coroutine_resume(&fixture->coroutine);

    assert_true(fixture->coroutine.is_ended);
    assert_string_equal(fixture->trace, "abc");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_coroutine__resume_goes_on_where_it_stopped, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_coroutine__switch_keeps_registers_of_both_sides, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_coroutine__stack_is_aligned_and_deep, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_coroutine__dropped_stack_can_be_used_again, set_up, tear_down),
    };

    return cmocka_run_group_tests_name("coroutine", tests, NULL, NULL);
}
