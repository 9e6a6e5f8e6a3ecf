#include "tests/support/test.h"

#include "sim/core/loop.h"

/* Events leave in the order of their times, whatever the order they came in. */
static void test_loop__pops_in_order_of_time(void **state)
{
    static const wf_time_ns times[] = {50, 10, 40, 20, 30, 60, 0, 45, 15, 35, 25, 55, 5};
    struct sim_loop loop;
    struct sim_event event;
    wf_time_ns last_ns = -1;

    assert_true(sim_loop_init(&loop, *state, TEST_COUNT(times)));
    for (size_t i = 0; i < TEST_COUNT(times); i++) {
        assert_true(sim_loop_push(&loop, times[i], 0, 0, NULL));
    }

    for (size_t i = 0; i < TEST_COUNT(times); i++) {
        assert_true(sim_loop_pop(&loop, &event));
        assert_true(event.time_ns > last_ns);
        assert_int_equal(loop.now_ns, event.time_ns);
        last_ns = event.time_ns;
    }
    assert_false(sim_loop_pop(&loop, &event));
    assert_int_equal(loop.step_count, TEST_COUNT(times));
}

/* Events of one time leave in the order they came, also through a heap several levels deep. */
static void test_loop__equal_times_keep_their_order(void **state)
{
    struct sim_loop loop;
    struct sim_event event;

    assert_true(sim_loop_init(&loop, *state, 1000));
    for (uint32_t i = 0; i < 1000; i++) {
        assert_true(sim_loop_push(&loop, i % 3, i, 0, NULL));
    }

    for (uint32_t time = 0; time < 3; time++) {
        for (uint32_t i = time; i < 1000; i += 3) {
            assert_true(sim_loop_pop(&loop, &event));
            assert_int_equal(event.time_ns, time);
            assert_int_equal(event.node, i);
        }
    }
}

/* Time never runs backwards: what is pushed into the past happens now, after what was already due now. */
static void test_loop__the_past_is_now(void **state)
{
    struct sim_loop loop;
    struct sim_event event;

    assert_true(sim_loop_init(&loop, *state, 4));
    assert_true(sim_loop_push(&loop, 100, 1, 0, NULL));
    assert_true(sim_loop_push(&loop, 100, 2, 0, NULL));
    assert_true(sim_loop_pop(&loop, &event));
    assert_true(sim_loop_push(&loop, 7, 3, 0, NULL));

    assert_true(sim_loop_pop(&loop, &event));
    assert_int_equal(event.node, 2);
    assert_true(sim_loop_pop(&loop, &event));
    assert_int_equal(event.node, 3);
    assert_int_equal(event.time_ns, 100);
}

/* A full queue refuses and stays as it was. */
static void test_loop__full_queue_refuses(void **state)
{
    struct sim_loop loop;
    struct sim_event event;
    int body = 0;

    assert_true(sim_loop_init(&loop, *state, 2));
    assert_true(sim_loop_push(&loop, 2, 1, 10, &body));
    assert_true(sim_loop_push(&loop, 1, 2, 20, NULL));
    assert_false(sim_loop_push(&loop, 0, 3, 30, NULL));

    assert_true(sim_loop_pop(&loop, &event));
    assert_int_equal(event.node, 2);
    assert_true(sim_loop_push(&loop, 3, 4, 40, NULL));
    assert_true(sim_loop_pop(&loop, &event));
    assert_int_equal(event.kind, 10);
    assert_ptr_equal(event.body, &body);
}

/* Pushes and pops mixed agree with a list searched for its smallest item. */
static void test_loop__agrees_with_a_plain_search(void **state)
{
    enum { COUNT = 2000 };
    static wf_time_ns times[COUNT];
    static bool is_in[COUNT];
    struct sim_loop loop;
    struct sim_event event;
    uint64_t draw = 1;
    uint32_t pushed = 0;

    assert_true(sim_loop_init(&loop, *state, COUNT));
    memset(is_in, 0, sizeof is_in);
    for (uint32_t turn = 0; turn < 2 * COUNT; turn++) {
        draw = wf_hash_mix(draw, turn);
        if (pushed < COUNT && draw % 3 != 0) {
            times[pushed] = loop.now_ns + (wf_time_ns)(draw % 50);
            is_in[pushed] = true;
            assert_true(sim_loop_push(&loop, times[pushed], pushed, 0, NULL));
            pushed++;
        } else if (sim_loop_pop(&loop, &event)) {
            uint32_t best = COUNT;

            for (uint32_t i = 0; i < pushed; i++) {
                if (is_in[i] && (best == COUNT || times[i] < times[best])) {
                    best = i;
                }
            }
            assert_int_equal(event.node, best);
            is_in[best] = false;
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST_IN_ARENA(test_loop__pops_in_order_of_time),      TEST_IN_ARENA(test_loop__equal_times_keep_their_order),
        TEST_IN_ARENA(test_loop__the_past_is_now),            TEST_IN_ARENA(test_loop__full_queue_refuses),
        TEST_IN_ARENA(test_loop__agrees_with_a_plain_search),
    };

    return cmocka_run_group_tests_name("loop", tests, NULL, NULL);
}
