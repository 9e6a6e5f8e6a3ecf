/* Values: what authors read and make. Values are read outside a run; they are made inside one. */
#include "tests/support/host_script.h"

#include <stdlib.h>

static struct wf_value value_of(const char *json)
{
    return (struct wf_value){json, json == NULL ? 0 : strlen(json), NULL};
}

static void test_values__kinds(void **state)
{
    static const struct {
        const char *json;
        enum wf_value_kind kind;
    } rows[] = {
        {NULL, WF_VALUE_ABSENT},       {"null", WF_VALUE_NULL},   {"true", WF_VALUE_BOOL},  {" false ", WF_VALUE_BOOL},
        {"-0.5e3", WF_VALUE_NUMBER},   {"\"x\"", WF_VALUE_TEXT},  {"[1]", WF_VALUE_LIST},   {"{}", WF_VALUE_OBJECT},
        {"", WF_VALUE_INVALID},        {"nope", WF_VALUE_INVALID}, {"\"open", WF_VALUE_INVALID}, {"]", WF_VALUE_INVALID},
    };

    (void)state;
    for (size_t i = 0; i < TEST_COUNT(rows); i++) {
        if (wf_kind_of(value_of(rows[i].json)) != rows[i].kind) {
            fail_msg("%s: kind %d", rows[i].json, (int)wf_kind_of(value_of(rows[i].json)));
        }
    }
}

static void test_values__scalars(void **state)
{
    static const struct {
        const char *json;
        int64_t integer; /* -1 otherwise */
        bool truth;      /* true otherwise */
    } rows[] = {
        {"12", 12, true},       {"2.0", 2, true},  {"1e3", 1000, true},
        {"2.5", -1, true},      {"\"2\"", -1, true}, {"false", -1, false},
        {"-9223372036854775808", INT64_MIN, true}, {"9223372036854775808", -1, true},
        {NULL, -1, true},       {"[1", -1, true},
    };

    (void)state;
    for (size_t i = 0; i < TEST_COUNT(rows); i++) {
        if (wf_as_integer(value_of(rows[i].json), -1) != rows[i].integer ||
            wf_as_bool(value_of(rows[i].json), true) != rows[i].truth) {
            fail_msg("row %s", rows[i].json);
        }
    }
    assert_true(wf_as_real(value_of("2.5"), 0) > 2.4 && wf_as_real(value_of("2.5"), 0) < 2.6);
    assert_true(wf_as_real(value_of("\"2.5\""), 7) > 6);
    assert_true(wf_is_text(value_of("\"a\\u0062c\""), "abc"));
    assert_false(wf_is_text(value_of("abc"), "abc"));
    assert_true(wf_same(value_of("1"), value_of("1")));
    assert_false(wf_same(value_of("1"), value_of("1.0")));
    assert_false(wf_same(value_of(NULL), value_of("")));
}

static void test_values__parts(void **state)
{
    const struct wf_value order = value_of(" { \"id\" : \"o-1\", \"lines\": [ {\"sku\":1} , 2 ], \"id2\": null } ");

    (void)state;
    assert_true(wf_is_text(wf_member(order, "id"), "o-1"));
    assert_int_equal(wf_count(order), 3);
    assert_int_equal(wf_count(wf_member(order, "lines")), 2);
    assert_int_equal(wf_as_integer(wf_member(wf_at(wf_member(order, "lines"), 0), "sku"), 0), 1);
    assert_int_equal(wf_kind_of(wf_member(order, "id2")), WF_VALUE_NULL);
    assert_int_equal(wf_kind_of(wf_member(order, "nothing")), WF_VALUE_ABSENT);
    assert_int_equal(wf_kind_of(wf_at(wf_member(order, "lines"), 2)), WF_VALUE_ABSENT);
    assert_int_equal(wf_kind_of(wf_member(value_of(NULL), "x")), WF_VALUE_ABSENT);
    assert_int_equal(wf_count(value_of("7")), 0);
    assert_int_equal(wf_kind_of(wf_arg(WF_NO_ARGS, 0)), WF_VALUE_ABSENT);
}

static void test_values__walk_sees_each_part_once_in_order(void **state)
{
    static const struct {
        const char *json;
        const char *expected;
    } rows[] = {
        {"[1, \"a,b\" ,[2,3],{}]", "1;\"a,b\";[2,3];{};"},
        {" { \"k\" : 1 , \"l\\\"\":[ ] } ", "\"k\"=1;\"l\\\"\"=[ ];"},
        {"[]", ""},
        {"{}", ""},
        {"7", ""},
        {"[1, 2", "1;2;"},
        {"[1, oops]", "1;"},
        {NULL, ""},
    };

    (void)state;
    for (size_t i = 0; i < TEST_COUNT(rows); i++) {
        char seen[128] = "";

        for (struct wf_walk walk = wf_walk(value_of(rows[i].json)); wf_next(&walk);) {
            if (walk.key.json != NULL) {
                strncat(seen, walk.key.json, walk.key.size_bytes);
                strcat(seen, "=");
            }
            strncat(seen, walk.value.json, walk.value.size_bytes);
            strcat(seen, ";");
        }
        assert_string_equal(seen, rows[i].expected);
    }
}

static wf_error align_left(struct wf *wf, void *state, struct wf_args args, struct wf_value *result)
{
    (void)state, (void)args;
    *result = wf_text(wf, "%-5s", "x");
    return NULL;
}

#define MODULE_OF(function)                                                                                            \
    (&(const struct wf_module){.api = WF_API,                                                                          \
                               .workflows = (const struct wf_workflow[]){{.name = "W", .run = (function)}, {.name = NULL}}})

static void test_values__unknown_conversion_fails_the_task(void **state)
{
    struct script script;

    (void)state;
    script_begin(&script, MODULE_OF(align_left), "W", "[]");
    assert_memory_equal(script_run(&script), "broken: the format", 18);
    script_end(&script);
}

static wf_error make_values(struct wf *wf, void *state, struct wf_args args, struct wf_value *result)
{
    const struct wf_value items[] = {
        wf_text(wf, "%s|%5d|%05d|%x|%lld|%zu|%c|%%|%.3s|%3s", "a\"b", 42, -42, 255u, (long long)INT64_MIN, (size_t)7, 'c',
                "abcdef", "z"),
        wf_integer(wf, -1),
        wf_real(wf, 0.1),
        wf_bool(false),
        wf_null(),
        wf_arg(args, 9),
        wf_json(wf, "[ 1 ]"),
        wf_object(wf, WF_PAIRS({"k\n", wf_arg(args, 0)}, {"l", wf_list(wf, NULL, 0)})),
        wf_text(wf, "%s", wf_as_text(wf, wf_arg(args, 1))),
        wf_text(wf, "%s", wf_as_text(wf, wf_arg(args, 2))),
    };

    (void)state;
    *result = wf_list(wf, items, TEST_COUNT(items));
    return NULL;
}

static void test_values__made_values_are_json(void **state)
{
    struct script script;

    (void)state;
    script_begin(&script, MODULE_OF(make_values), "W", "[{\"a\": 1}, \"t\\u00e9\\n\", 3.50]");
    script_expect(&script, "complete [\"a\\\"b|   42|-0042|ff|-9223372036854775808|7|c|%|abc|  z\",-1,0.1,false,null,null,"
                           "[ 1 ],{\"k\\n\":{\"a\": 1},\"l\":[]},\"t\xc3\xa9\\n\",\"3.50\"]\n");
    script_end(&script);
}

static wf_error opaque_part(struct wf *wf, void *state, struct wf_args args, struct wf_value *result)
{
    (void)state;
    *result = wf_list(wf, args.items, args.count);
    return NULL;
}

static void test_values__opaque_payload_is_no_part(void **state)
{
    struct script script;

    (void)state;
    script_begin(&script, MODULE_OF(opaque_part), "W", "opaque");
    script_expect(&script, "broken: an opaque payload cannot be a part of a value\n");
    script_end(&script);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_values__kinds),
        cmocka_unit_test(test_values__scalars),
        cmocka_unit_test(test_values__parts),
        cmocka_unit_test(test_values__walk_sees_each_part_once_in_order),
        cmocka_unit_test(test_values__unknown_conversion_fails_the_task),
        cmocka_unit_test(test_values__made_values_are_json),
        cmocka_unit_test(test_values__opaque_payload_is_no_part),
    };

    return cmocka_run_group_tests_name("values", tests, NULL, NULL);
}
