/* Stacks of coroutines: kept when given back, and a refusal is told to whoever asks afterwards. */
#include "tests/support/test.h"

#include "sim/host/stacks.h"

#define STACK_BYTES ((size_t)64 << 10)
#define SIZES_MAX 8 /* more sizes than there is room for */

static void test_stacks__a_stack_given_back_is_used_again(void **state)
{
    const struct wf_block_source *source = sim_stacks();
    void *first = source->take(source->context, STACK_BYTES);
    void *second = source->take(source->context, STACK_BYTES);

    (void)state;
    assert_true(first != NULL && second != NULL && first != second);
    assert_true(sim_stacks_is_guard((const char *)first - 1));
    assert_false(sim_stacks_is_guard(first));
    source->give(source->context, first, STACK_BYTES);
    assert_ptr_equal(source->take(source->context, STACK_BYTES), first);
    source->give(source->context, first, STACK_BYTES);
    source->give(source->context, second, STACK_BYTES);
    assert_false(sim_stacks_were_short());
}

/* Workflow code that gets no stack looks broken; only this tells that it is not. */
static void test_stacks__a_refusal_is_told_once(void **state)
{
    const struct wf_block_source *source = sim_stacks();
    void *taken[SIZES_MAX] = {NULL};
    bool was_refused = false;

    (void)state;
    for (size_t i = 0; i < SIZES_MAX; i++) {
        taken[i] = source->take(source->context, (i + 2) * STACK_BYTES);
        was_refused = was_refused || taken[i] == NULL;
    }
    assert_true(was_refused);
    assert_true(sim_stacks_were_short());
    assert_false(sim_stacks_were_short());
    for (size_t i = 0; i < SIZES_MAX; i++) {
        if (taken[i] != NULL) {
            source->give(source->context, taken[i], (i + 2) * STACK_BYTES);
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_stacks__a_stack_given_back_is_used_again),
        cmocka_unit_test(test_stacks__a_refusal_is_told_once),
    };

    return cmocka_run_group_tests_name("stacks", tests, NULL, NULL);
}
