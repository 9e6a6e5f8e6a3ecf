#include "tests/support/test.h"

#include "engine/base/sort.h"

struct item {
    uint32_t key;
    uint32_t place; /* where it stood before */
    char padding[5];
};

static int compare_keys(const void *left, const void *right, void *context)
{
    const struct item *a = left;
    const struct item *b = right;
    size_t *calls = context;

    (*calls)++;
    return (a->key > b->key) - (a->key < b->key);
}

/* Items end in ascending order, equal ones in the order they had, whatever the count. */
static void test_sort__orders_and_keeps_equal_items_in_place(void **state)
{
    static struct item items[1000];
    static struct item scratch[1000];

    (void)state;
    for (size_t count = 0; count <= 1000; count = count < 70 ? count + 1 : count + 93) {
        size_t calls = 0;
        uint32_t random = (uint32_t)count + 1;

        for (size_t i = 0; i < count; i++) {
            random = random * 1664525u + 1013904223u;
            items[i] = (struct item){random >> 28, (uint32_t)i, "pad"};
        }

        wf_sort(items, count, sizeof items[0], scratch, compare_keys, &calls);

        for (size_t i = 1; i < count; i++) {
            assert_true(items[i - 1].key <= items[i].key);
            assert_true(items[i - 1].key < items[i].key || items[i - 1].place < items[i].place);
            assert_string_equal(items[i].padding, "pad");
        }
        assert_true(calls <= count * 14);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_sort__orders_and_keeps_equal_items_in_place)};

    return cmocka_run_group_tests_name("sort", tests, NULL, NULL);
}
