#include "tests/support/test.h"

#include "engine/diagnosis.h"
#include "engine/rules.h"

/* Codes ascend, have three digits, and say all that a person needs. */
static void test_diagnosis__table_is_complete(void **state)
{
    int last = 0;

    (void)state;
    for (size_t i = 0; i < wf_diagnosis_count; i++) {
        const struct wf_diagnosis *diagnosis = &wf_diagnoses[i];

        assert_true((int)diagnosis->number > last);
        assert_int_equal(strlen(diagnosis->code), 5);
        assert_in_range(diagnosis->number, 101, 999);
        if (strlen(diagnosis->title) < 10 || strlen(diagnosis->cause) < 40 || strlen(diagnosis->fix) < 40 ||
            strlen(diagnosis->example) < 20) {
            fail_msg("%s says too little", diagnosis->code);
        }
        /* A title is a clause in a sentence; cause and fix are sentences. */
        assert_true(diagnosis->title[strlen(diagnosis->title) - 1] != '.');
        if (diagnosis->cause[strlen(diagnosis->cause) - 1] != '.' || diagnosis->fix[strlen(diagnosis->fix) - 1] != '.') {
            fail_msg("%s does not end its sentences", diagnosis->code);
        }
        last = (int)diagnosis->number;
    }
}

/* People name a diagnosis in several ways. */
static void test_diagnosis__find(void **state)
{
    static const struct {
        const char *text;
        int number; /* 0: none */
    } rows[] = {
        {"WF203", 203}, {"wf203", 203}, {"203", 203},   {"TMPRL1100", 201}, {"tmprl1100", 201},
        {"WF999", 0},   {"", 0},        {"WF", 0},      {"WF2033", 0},      {"PATCH_MISSING", 0},
        {"WF901", 901}, {"WF101", 101}, {"TMPRL11", 0},
    };

    (void)state;
    for (size_t i = 0; i < TEST_COUNT(rows); i++) {
        const struct wf_diagnosis *diagnosis = wf_diagnosis_find(wf_string_of(rows[i].text));

        if ((diagnosis == NULL ? 0 : (int)diagnosis->number) != rows[i].number) {
            fail_msg("%s", rows[i].text);
        }
    }
    assert_string_equal(wf_diagnosis_code(WF_DIAGNOSIS_PATCH_MISSING), "WF203");
    assert_string_equal(wf_diagnosis_of(WF_DIAGNOSIS_NO_COMPILER)->code, "WF901");
}

/* Each cause of a nondeterminism has a diagnosis of its own, and Temporal's code. */
static void test_diagnosis__each_cause_has_its_own(void **state)
{
    uint32_t seen = 0;

    (void)state;
    for (int cause = WF_CAUSE_INSERTED; cause <= WF_CAUSE_DETAILS_CHANGED; cause++) {
        const struct wf_diagnosis *diagnosis = wf_diagnosis_of(wf_diagnosis_of_cause((enum wf_cause)cause));

        /* No official replayer looks at details. */
        assert_string_equal(diagnosis->also, cause == WF_CAUSE_DETAILS_CHANGED ? "" : "TMPRL1100");
        assert_in_range(diagnosis->number, 201, 220);
        assert_int_equal(seen >> (diagnosis->number - 201) & 1, 0);
        seen |= UINT32_C(1) << (diagnosis->number - 201);
    }
}

/* Rule ids are found, each once; the invariants are I1 to I104 with the scopes that they were given. */
static void test_rules__table_is_complete(void **state)
{
    size_t counts[WF_RULE_TRACE + 1] = {0};

    (void)state;
    for (size_t i = 0; i < wf_rule_count; i++) {
        const struct wf_rule *rule = &wf_rules[i];

        if (wf_rule_find(wf_string_of(rule->id)) != rule) {
            fail_msg("%s occurs twice", rule->id);
        }
        assert_true(strlen(rule->text) > 5);
        assert_true(strlen(rule->source) > 5);
        if (rule->id[0] == 'I') {
            counts[rule->scope]++;
        }
    }
    assert_int_equal(counts[WF_RULE_HISTORY], 50);
    assert_int_equal(counts[WF_RULE_RUNS], 11);
    assert_int_equal(counts[WF_RULE_STATE], 10);
    assert_int_equal(counts[WF_RULE_TRACE], 33);
    assert_int_equal(counts[WF_RULE_REPLAY] + counts[WF_RULE_SERVICE], 0);
    for (unsigned number = 1; number <= 104; number++) {
        char id[8];
        struct wf_buffer buffer;

        wf_buffer_init_fixed(&buffer, id, sizeof id);
        wf_buffer_printf(&buffer, "I%u", number);
        assert_non_null(wf_rule_find(wf_buffer_string(&buffer)));
    }
    assert_null(wf_rule_find(WF_STR("I105")));
    assert_null(wf_rule_find(WF_STR("")));
}

/* Levels are those of the comparison table of replay-rules 2.7. */
static void test_rules__levels_and_names(void **state)
{
    (void)state;
    assert_int_equal(wf_rule_find(WF_STR("act-type"))->level, WF_RULE_ERROR);
    assert_int_equal(wf_rule_find(WF_STR("act-input"))->level, WF_RULE_WARNING);
    assert_int_equal(wf_rule_find(WF_STR("headers"))->level, WF_RULE_INFO);
    assert_int_equal(wf_rule_find(WF_STR("act-type"))->scope, WF_RULE_REPLAY);
    assert_string_equal(wf_rule_scope_name(WF_RULE_TRACE), "trace");
    assert_string_equal(wf_rule_level_name(WF_RULE_WARNING), "warning");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_diagnosis__table_is_complete),
        cmocka_unit_test(test_diagnosis__find),
        cmocka_unit_test(test_diagnosis__each_cause_has_its_own),
        cmocka_unit_test(test_rules__table_is_complete),
        cmocka_unit_test(test_rules__levels_and_names),
    };

    return cmocka_run_group_tests_name("diagnosis", tests, NULL, NULL);
}
