/* The table of invariants: all are in it, and each row is true of the files that it names. */
#include "tests/support/test.h"

#include <ctype.h>
#include <stdio.h>

#include "sim/check/invariants.h"

#define FILE_BYTES_MAX (1u << 20)

static const char *read_text(const char *path, size_t *size_bytes)
{
    static char text[FILE_BYTES_MAX];
    FILE *file = fopen(path, "rb");

    if (file == NULL) {
        fail_msg("%s: there is no such file", path);
        return NULL;
    }
    *size_bytes = fread(text, 1, sizeof text, file);
    (void)fclose(file);
    return text;
}

/* True when the file holds the id as a word. */
static bool names(const char *path, const char *id)
{
    const size_t id_bytes = strlen(id);
    size_t size_bytes = 0;
    const char *text = read_text(path, &size_bytes);

    for (size_t i = 0; text != NULL && i + id_bytes < size_bytes; i++) {
        if (memcmp(text + i, id, id_bytes) == 0 && !isalnum((unsigned char)text[i + id_bytes]) &&
            (i == 0 || !isalnum((unsigned char)text[i - 1]))) {
            return true;
        }
    }
    return false;
}

/* Those of engine/model/rules.def, I1 to I104, each once, in order. */
static void test_invariants__all_are_in_the_table(void **state)
{
    (void)state;
    for (size_t i = 0; i < wf_rule_count; i++) {
        const char *id = wf_rules[i].id;

        if (id[0] == 'I' && isdigit((unsigned char)id[1]) && sim_invariant_find(wf_string_of(id)) == NULL) {
            fail_msg("%s has no row in sim/check/invariants.def", id);
        }
    }
    for (size_t i = 0; i < sim_invariant_count; i++) {
        assert_int_equal(sim_invariants[i].number, i + 1);
        assert_ptr_equal(sim_invariant_find(wf_string_of(sim_invariant_rule(&sim_invariants[i])->id)), &sim_invariants[i]);
    }
    assert_int_equal(sim_invariant_count, 104);
    assert_null(sim_invariant_find(WF_STR("I105")));
    assert_null(sim_invariant_find(WF_STR("36")));
}

/* A row has a checker and a test that plants the violation, or says why not. */
static void test_invariants__each_is_checked_or_says_why_not(void **state)
{
    (void)state;
    for (size_t i = 0; i < sim_invariant_count; i++) {
        const struct sim_invariant *invariant = &sim_invariants[i];
        const char *id = sim_invariant_rule(invariant)->id;

        if (invariant->where == NULL || invariant->test == NULL) {
            if (invariant->reason == NULL || strlen(invariant->reason) < 10) {
                fail_msg("%s has neither a checker nor a reason", id);
            }
            continue;
        }
        if (sim_invariant_cost(invariant) == NULL && !invariant->is_apart) {
            fail_msg("%s: nobody measured what %s costs; make costs", id, invariant->where);
        }
        if (!names(invariant->where, id)) {
            fail_msg("%s does not name %s", invariant->where, id);
        }
        if (!names(invariant->test, id)) {
            fail_msg("%s does not name %s", invariant->test, id);
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_invariants__all_are_in_the_table),
        cmocka_unit_test(test_invariants__each_is_checked_or_says_why_not),
    };

    return cmocka_run_group_tests_name("invariants", tests, NULL, NULL);
}
