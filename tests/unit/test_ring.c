#include "tests/support/test.h"

#include "engine/base/ring.h"

struct item {
    struct wf_ring link;
    char name;
};

/* The names in order, and in the other order on the way back. */
static void ring_is(struct wf_ring *head, const char *expected)
{
    const size_t count = strlen(expected);
    struct wf_ring *link = head;

    for (size_t i = 0; i < count; i++) {
        link = link->next;
        assert_ptr_not_equal(link, head);
        assert_int_equal(((struct item *)(void *)link)->name, expected[i]);
    }
    assert_ptr_equal(link->next, head);
    for (size_t i = count; i > 0; i--) {
        assert_int_equal(((struct item *)(void *)link)->name, expected[i - 1]);
        link = link->previous;
    }
    assert_ptr_equal(link, head);
    assert_int_equal(wf_ring_is_empty(head), count == 0);
}

/* Links go in at both ends and come out anywhere. */
static void test_ring__keeps_order(void **state)
{
    struct item items[3] = {{.name = 'a'}, {.name = 'b'}, {.name = 'c'}};
    struct wf_ring head;

    (void)state;
    wf_ring_init(&head);
    for (size_t i = 0; i < 3; i++) {
        wf_ring_init(&items[i].link);
    }
    ring_is(&head, "");

    wf_ring_push(&head, &items[0].link);
    wf_ring_push(&head, &items[1].link);
    wf_ring_push_front(&head, &items[2].link);
    ring_is(&head, "cab");

    wf_ring_remove(&items[0].link);
    ring_is(&head, "cb");
    wf_ring_remove(&items[2].link);
    wf_ring_remove(&items[1].link);
    ring_is(&head, "");
}

/* What was taken out, or never put in, may be taken out, and a link that was taken out goes into another list. */
static void test_ring__removed_link_is_alone(void **state)
{
    struct item item = {.name = 'a'};
    struct wf_ring first;
    struct wf_ring second;

    (void)state;
    wf_ring_init(&first);
    wf_ring_init(&second);
    wf_ring_init(&item.link);
    wf_ring_remove(&item.link);
    wf_ring_push(&first, &item.link);
    wf_ring_remove(&item.link);
    wf_ring_remove(&item.link);
    wf_ring_push(&second, &item.link);

    ring_is(&first, "");
    ring_is(&second, "a");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_ring__keeps_order),
        cmocka_unit_test(test_ring__removed_link_is_alone),
    };

    return cmocka_run_group_tests_name("ring", tests, NULL, NULL);
}
