#include "tests/support/test.h"

#include "sim/core/template.h"

static struct sim_entity entity;
static struct sim_choices choices;

static struct sim_template_values values_of(const char *input)
{
    choices = (struct sim_choices){.seed = 42};
    sim_entity_init(&entity, WF_STR("order-7"));
    return (struct sim_template_values){
        .n = 7, .input = wf_string_of(input), .choices = &choices, .entity = &entity, .site = SIM_SITE_START_INPUT};
}

/* Text: placeholders are replaced, everything else stays. */
static void test_template__text(void **state)
{
    static const struct {
        const char *text;
        const char *input;
        const char *expected;
    } rows[] = {
        {"order-${n}", "[]", "order-7"},
        {"", "[]", ""},
        {"plain", "[]", "plain"},
        {"$5 and $", "[]", "$5 and $"},
        {"${n}${n}", "[]", "77"},
        {"T-${input[0]}", "[\"order-3\"]", "T-order-3"},
        {"${input[1].cents} cents", "[0, {\"cents\": 1250}]", "1250 cents"},
        {"${input[0].a[1].b-c}", "[{\"a\":[0,{\"b-c\":\"x\"}]}]", "x"},
        {"${input[0]}", "[\"a\\u00e9\\n\\\"b\"]", "a\xc3\xa9\n\"b"},
        {"${input[0]}", "[{\"k\": [1, \"x\"]}]", "{\"k\": [1, \"x\"]}"},
        {"${input}", "[1]", "[1]"},
        {"${input[0]}", "[null]", "null"},
        {"${open", "[]", "${open"},
        {"<${input[2]?}>", "[\"a\"]", "<>"},
        {"<${input[0]?}>", "[\"a\"]", "<a>"},
    };

    for (size_t i = 0; i < TEST_COUNT(rows); i++) {
        const struct sim_template_values values = values_of(rows[i].input);
        const struct sim_template text = {.text = wf_string_of(rows[i].text)};
        struct wf_buffer out;
        struct wf_error err = {0};

        wf_buffer_init(&out, *state);
        if (sim_template_expand(text, &values, &out, &err) != WF_OK) {
            fail_msg("%s: %s", rows[i].text, err.message);
        }
        test_string_is(rows[i].text, wf_buffer_string(&out), rows[i].expected);
    }
}

/* Values: strings are templates, a placeholder alone keeps its type, and the result is JSON again. */
static void test_template__values(void **state)
{
    static const struct {
        const char *json;
        const char *input;
        const char *expected;
    } rows[] = {
        {"", "[]", "null"},
        {"[\"order-${n}\", {\"cents\": 5}]", "[]", "[\"order-7\", {\"cents\": 5}]"},
        {"\"T-${input[0]}\"", "[\"a\\\"b\"]", "\"T-a\\\"b\""},
        {"\"${input[0]}\"", "[12.50]", "12.50"},
        {"\"${n}\"", "[]", "7"},
        {"{\"id\": \"${input[0]}\"}", "[\"x\"]", "{\"id\": \"x\"}"},
        {"\"got ${input[0]}\"", "[{\"k\": \"v\"}]", "\"got {\\\"k\\\": \\\"v\\\"}\""},
        {"\"tab\\t and \\u00e9\"", "[]", "\"tab\\t and \\u00e9\""},
        {"\"\"", "[]", "\"\""},
        {"{\"${n}\": 1}", "[]", "{\"${n}\": 1}"},
        {"[1, {\"$choice\": [\"only ${n}\"]}, true]", "[]", "[1, \"only 7\", true]"},
        {"{\"$uniform\": [5, 5]}", "[]", "5"},
        {"{\"$choice\": [{\"$choice\": [{\"a\": []}]}]}", "[]", "{\"a\": []}"},
        {"{\"a\": {}, \"b\": [[]]}", "[]", "{\"a\": {}, \"b\": [[]]}"},
    };

    for (size_t i = 0; i < TEST_COUNT(rows); i++) {
        const struct sim_template_values values = values_of(rows[i].input);
        const struct sim_value_template json = {.json = wf_string_of(rows[i].json)};
        struct wf_buffer out;
        struct wf_error err = {0};

        wf_buffer_init(&out, *state);
        if (sim_value_expand(json, &values, &out, &err) != WF_OK) {
            fail_msg("%s: %s", rows[i].json, err.message);
        }
        test_string_is(rows[i].json, wf_buffer_string(&out), rows[i].expected);
    }
}

/* What cannot be expanded is refused with a sentence that names it. */
static void test_template__refusals(void **state)
{
    static const struct {
        const char *json;
        enum wf_status status;
        const char *message;
    } rows[] = {
        {"\"${input[3]}\"", WF_ERR_INVALID, "\"${input[3]}\" names nothing in the input [\"a\"]"},
        {"\"x ${name}\"", WF_ERR_INVALID,
         "\"${name}\" is not known; a template may hold ${n} and ${input[0].field}"},
        {"\"${input[x]}\"", WF_ERR_INVALID,
         "\"${input[x]}\" is ill-formed; steps are [0] and .field, as in ${input[0].field}"},
        {"{\"$uniform\": [9, 5]}", WF_ERR_INVALID, "$uniform: 5 is below 9"},
        {"{\"$uniform\": [9]}", WF_ERR_INVALID, "$uniform takes [low, high], not [9]"},
        {"{\"$uniform\": [\"a\", 9]}", WF_ERR_INVALID, "$uniform takes two integers, not \"a\""},
        {"{\"$choice\": []}", WF_ERR_INVALID, "$choice takes a list with items, not []"},
        {"{\"$choice\": {\"a\": 1}}", WF_ERR_INVALID, "$choice takes a list with items, not {\"a\": 1}"},
        {"{\"$choice\": [1], \"b\": 2}", WF_ERR_INVALID,
         "$uniform or $choice stands alone in its object, not in {\"$choice\": [1], \"b\": 2}"},
    };

    for (size_t i = 0; i < TEST_COUNT(rows); i++) {
        const struct sim_template_values values = values_of("[\"a\"]");
        const struct sim_value_template json = {.json = wf_string_of(rows[i].json)};
        struct wf_buffer out;
        struct wf_error err = {0};

        wf_buffer_init(&out, *state);
        assert_int_equal(sim_value_expand(json, &values, &out, &err), rows[i].status);
        assert_string_equal(err.message, rows[i].message);
    }
}

/* Draws stay within both ends, reach both, and come from the entity's own site. */
static void test_template__draws(void **state)
{
    const struct sim_value_template json = {.json = WF_STR("{\"$uniform\": [-1, 1]}")};
    const struct sim_template_values values = values_of("[]");
    bool seen[3] = {false};
    struct wf_error err;

    for (int i = 0; i < 50; i++) {
        struct wf_buffer out;

        wf_buffer_init(&out, *state);
        assert_int_equal(sim_value_expand(json, &values, &out, &err), WF_OK);
        seen[0] = seen[0] || wf_string_is(wf_buffer_string(&out), "-1");
        seen[1] = seen[1] || wf_string_is(wf_buffer_string(&out), "0");
        seen[2] = seen[2] || wf_string_is(wf_buffer_string(&out), "1");
    }
    assert_true(seen[0] && seen[1] && seen[2]);
    assert_int_equal(entity.draws[SIM_SITE_START_INPUT], 50);
}

/* A $choice nested beyond reason is refused, not followed. */
static void test_template__nesting_has_a_limit(void **state)
{
    const struct sim_template_values values = values_of("[]");
    struct wf_buffer json;
    struct wf_buffer out;
    struct wf_error err;

    wf_buffer_init(&json, *state);
    for (int i = 0; i < 40; i++) {
        wf_buffer_append_text(&json, "{\"$choice\":[");
    }
    wf_buffer_append_text(&json, "1");
    for (int i = 0; i < 40; i++) {
        wf_buffer_append_text(&json, "]}");
    }
    wf_buffer_init(&out, *state);

    assert_int_equal(sim_value_expand((struct sim_value_template){.json = wf_buffer_string(&json)}, &values, &out, &err),
                     WF_ERR_LIMIT);
}

/* The loader's verification accepts what expands and refuses the rest before anything runs. */
static void test_template__verify(void **state)
{
    static const struct {
        const char *text;
        bool has_input;
        enum wf_status expected;
    } rows[] = {
        {"order-${n}", false, WF_OK},
        {"${input[0].id}", true, WF_OK},
        {"no placeholder $", false, WF_OK},
        {"${input[0]}", false, WF_ERR_INVALID},
        {"${input[0", true, WF_ERR_INVALID},
        {"${input.}", true, WF_ERR_INVALID},
        {"${inputs}", true, WF_ERR_INVALID},
        {"a ${n} b ${", true, WF_ERR_INVALID},
    };

    (void)state;
    for (size_t i = 0; i < TEST_COUNT(rows); i++) {
        struct wf_error err;

        if (sim_template_verify(wf_string_of(rows[i].text), rows[i].has_input, &err) != rows[i].expected) {
            fail_msg("%s", rows[i].text);
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST_IN_ARENA(test_template__text),     TEST_IN_ARENA(test_template__values),
        TEST_IN_ARENA(test_template__refusals), TEST_IN_ARENA(test_template__draws),
        TEST_IN_ARENA(test_template__nesting_has_a_limit), cmocka_unit_test(test_template__verify),
    };

    return cmocka_run_group_tests_name("template", tests, NULL, NULL);
}
