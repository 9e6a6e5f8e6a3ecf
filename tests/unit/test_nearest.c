/* Suggestions for mistyped names. */
#include "engine/base/nearest.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

/* Each kind of edit counts one, and a swap of neighbours is one edit and not two. */
static void test_nearest__distance_counts_edits(void **state)
{
    static const struct {
        const char *left, *right;
        size_t expected;
    } rows[] = {
        {"", "", 0},           {"seed", "seed", 0}, {"", "seed", 4},           {"seed", "", 4},
        {"sead", "seed", 1},   {"sed", "seed", 1},  {"seeed", "seed", 1},      {"esed", "seed", 1},
        {"deliver", "re", 6}, {"ca", "abc", 3},   {"timelnie", "timeline", 1},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        if (wf_edit_distance(wf_string_of(rows[i].left), wf_string_of(rows[i].right)) != rows[i].expected) {
            fail_msg("%s / %s", rows[i].left, rows[i].right);
        }
    }
}

/* The nearest name wins, the first of equals; a name that is too far is not suggested. */
static void test_nearest__suggests_only_what_is_near(void **state)
{
    const struct wf_string names[] = {WF_STR("show"), WF_STR("list"), WF_STR("describe"), WF_STR("explain")};

    (void)state;
    assert_int_equal(wf_nearest(WF_STR("shwo"), names, 4), 0);
    assert_int_equal(wf_nearest(WF_STR("lits"), names, 4), 1);
    assert_int_equal(wf_nearest(WF_STR("decsribe"), names, 4), 2);
    assert_int_equal(wf_nearest(WF_STR("frobnicate"), names, 4), 4);
    assert_int_equal(wf_nearest(WF_STR(""), names, 4), 4);
    assert_int_equal(wf_nearest(WF_STR("show"), names, 0), 0);
}

/* Words longer than the table are compared by their beginning instead of past its end. */
static void test_nearest__long_words_are_cut(void **state)
{
    char text[200];
    struct wf_string word;

    (void)state;
    memset(text, 'a', sizeof(text));
    word = (struct wf_string){text, sizeof(text)};
    assert_int_equal(wf_edit_distance(word, word), 0);
    assert_int_equal(wf_edit_distance(word, WF_STR("")), WF_NEAREST_BYTES_MAX);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_nearest__distance_counts_edits),
        cmocka_unit_test(test_nearest__suggests_only_what_is_near),
        cmocka_unit_test(test_nearest__long_words_are_cut),
    };

    return cmocka_run_group_tests_name("nearest", tests, NULL, NULL);
}
