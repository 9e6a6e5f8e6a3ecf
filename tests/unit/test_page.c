/* The page of a batch. What makes text harmless in it is tested with the other reports (test_report.c). */
#include "tests/support/test.h"

#include "sim/report/page.h"

/* A batch of which nothing ran, as after an interrupt at its start, still has a page. */
static void test_page__of_nothing(void **state)
{
    static const struct sim_config config = {.name = {"saga", 4}};
    static const struct sim_repeat repeat = {{"wfsim run saga.yaml --seed ", 27}, {NULL, 0}};
    struct sim_summary summary;
    struct wf_buffer out;

    sim_summary_init(&summary, *state, &config, &repeat);
    wf_buffer_init(&out, *state);
    sim_page_print(&(struct sim_page){.summary = &summary, .repeat = &repeat}, &out);

    assert_false(out.is_full);
    wf_buffer_append_char(&out, '\0');
    assert_non_null(strstr(out.data, "<h1>saga, no seed was run to its end</h1>"));
    assert_non_null(strstr(out.data, "</html>"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST_IN_ARENA(test_page__of_nothing),
    };

    return cmocka_run_group_tests_name("page", tests, NULL, NULL);
}
