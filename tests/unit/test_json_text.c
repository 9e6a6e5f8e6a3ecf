#include "tests/support/test.h"

#include "engine/base/json_text.h"

/* Reads the whole text and returns the status; *err holds the failure. */
static enum wf_status read_all(const char *text, size_t size_bytes, struct wf_error *err)
{
    struct wf_json_reader reader;
    struct wf_json_token token;

    wf_json_reader_init(&reader, (struct wf_string){text, size_bytes});
    do {
        WF_TRY(wf_json_next(&reader, &token, err));
    } while (token.kind != WF_JSON_END);
    return WF_OK;
}

/* RFC 8259 and nothing more, with the offset of what is wrong. */
static void test_json_text__accepts_rfc_8259_and_nothing_more(void **state)
{
    static const struct {
        const char *text;
        int64_t bad_offset; /* -1: well-formed */
    } rows[] = {
        {"0", -1},
        {"-0", -1},
        {" \t\r\n1 \t\r\n", -1},
        {"1.5e+10", -1},
        {"1E5", -1},
        {"\"\"", -1},
        {"\"a long string of plain characters\"", -1},
        {"\"\\\"\\\\\\/\\b\\f\\n\\r\\t\\u00e9\"", -1},
        {"\"\xc3\xa9\x7f\"", -1},
        {"true", -1},
        {"false", -1},
        {"null", -1},
        {"[]", -1},
        {"{}", -1},
        {"[ ]", -1},
        {"{ }", -1},
        {"[1, [2, {\"a\": [true, null]}], \"x\"]", -1},
        {"{\"a\" : 1 , \"b\":{}}", -1},
        {"", 0},
        {"  ", 2},
        {"01", 0},
        {"-", 0},
        {"+1", 0},
        {".5", 0},
        {"1.", 0},
        {"1e", 0},
        {"1e+", 0},
        {"0x10", 1},
        {"1 2", 2},
        {"tru", 0},
        {"truex", 4},
        {"nul", 0},
        {"NaN", 0},
        {"'a'", 0},
        {"\"abc", 0},
        {"\"a\nb\"", 2},
        {"\"eight ch\nb\"", 9},
        {"\"\\x\"", 1},
        {"\"\\u12g4\"", 1},
        {"\"\\u12", 1},
        {"\"\\", 1},
        {"[", 1},
        {"[1", 2},
        {"[1,", 3},
        {"[1,]", 3},
        {"[,1]", 1},
        {"[1 2]", 3},
        {"[1}", 2},
        {"]", 0},
        {"{\"a\"}", 4},
        {"{\"a\":}", 5},
        {"{\"a\":1,}", 7},
        {"{1:2}", 1},
        {"{\"a\":1]", 6},
        {"{\"a\":1", 6},
        {"{\"a\" 1}", 5},
        {"[] []", 3},
        {"/* no */1", 0},
        {"\xef\xbb\xbf[]", 0},
    };

    (void)state;
    for (size_t i = 0; i < TEST_COUNT(rows); i++) {
        struct wf_error err = {0};
        const enum wf_status status = read_all(rows[i].text, strlen(rows[i].text), &err);
        const enum wf_status expected = rows[i].bad_offset < 0 ? WF_OK : WF_ERR_CORRUPT;

        if (status != expected || (status != WF_OK && err.byte_offset != rows[i].bad_offset)) {
            fail_msg("%s: status %d at %lld: %s", rows[i].text, (int)status, (long long)err.byte_offset, err.message);
        }
    }
}

/* The tokens of a text, in order, with their contents and offsets. */
static void test_json_text__tokens_in_order(void **state)
{
    static const struct {
        enum wf_json_kind kind;
        const char *text;
        int64_t byte_offset;
    } rows[] = {
        {WF_JSON_OBJECT_BEGIN, "{", 0},
        {WF_JSON_KEY, "a", 1},
        {WF_JSON_ARRAY_BEGIN, "[", 6},
        {WF_JSON_NUMBER, "-1.5e3", 7},
        {WF_JSON_STRING, "x\\ny", 15},
        {WF_JSON_TRUE, "true", 23},
        {WF_JSON_ARRAY_END, "]", 27},
        {WF_JSON_KEY, "b\\u0020", 30},
        {WF_JSON_NULL, "null", 40},
        {WF_JSON_OBJECT_END, "}", 44},
        {WF_JSON_END, "", 45},
    };
    struct wf_json_reader reader;
    struct wf_json_token token;

    (void)state;
    wf_json_reader_init(&reader, WF_STR("{\"a\" :[-1.5e3, \"x\\ny\", true], \"b\\u0020\":null}"));
    for (size_t i = 0; i < TEST_COUNT(rows); i++) {
        assert_int_equal(wf_json_next(&reader, &token, NULL), WF_OK);
        assert_int_equal(token.kind, rows[i].kind);
        test_string_is("token", token.text, rows[i].text);
        assert_int_equal(token.byte_offset, rows[i].byte_offset);
        assert_int_equal(token.has_escapes, strchr(rows[i].text, '\\') != NULL);
    }
    assert_int_equal(wf_json_next(&reader, &token, NULL), WF_OK);
    assert_int_equal(token.kind, WF_JSON_END);
}

/* Nesting stops at the limit, without recursion. */
static void test_json_text__depth_is_limited(void **state)
{
    char text[2 * WF_JSON_DEPTH_MAX + 4];
    struct wf_error err;

    (void)state;
    memset(text, '[', WF_JSON_DEPTH_MAX);
    memset(text + WF_JSON_DEPTH_MAX, ']', WF_JSON_DEPTH_MAX);
    assert_int_equal(read_all(text, 2 * WF_JSON_DEPTH_MAX, &err), WF_OK);
    memset(text, '[', WF_JSON_DEPTH_MAX + 1);
    assert_int_equal(read_all(text, WF_JSON_DEPTH_MAX + 1, &err), WF_ERR_LIMIT);
    assert_int_equal(err.byte_offset, WF_JSON_DEPTH_MAX);
}

/* A special character is found at every distance from the start of a word. */
static void test_json_text__strings_end_at_every_distance(void **state)
{
    (void)state;
    for (size_t size_bytes = 0; size_bytes < 40; size_bytes++) {
        char text[64];
        struct wf_json_reader reader;
        struct wf_json_token token;

        for (int high = 0; high < 2; high++) {
            memset(text, high != 0 ? 0xFF : '!', sizeof text);
            text[0] = '"';
            text[size_bytes + 1] = '"';
            text[size_bytes + 2] = ' ';
            wf_json_reader_init(&reader, (struct wf_string){text, size_bytes + 3});
            assert_int_equal(wf_json_next(&reader, &token, NULL), WF_OK);
            assert_int_equal(token.text.size_bytes, size_bytes);
            text[size_bytes + 1] = '\x1f';
            assert_int_equal(read_all(text, size_bytes + 3, NULL), WF_ERR_CORRUPT);
        }
    }
}

/* The text of a whole value, whatever its kind; reading goes on behind it. */
static void test_json_text__skip_returns_the_whole_value(void **state)
{
    static const char *const values[] = {"1",  "\"s\\\"t\"",         "[1, [2], {}]", "{\"a\": {\"b\": [1]}, \"c\": 2}",
                                         "[]", "{}", "null", "-0.5e-7"};
    struct wf_arena *arena = *state;

    for (size_t i = 0; i < TEST_COUNT(values); i++) {
        struct wf_buffer text;
        struct wf_json_reader reader;
        struct wf_json_token token;
        struct wf_string raw;

        wf_buffer_init(&text, arena);
        wf_buffer_printf(&text, "[ %s ,7]", values[i]);
        wf_json_reader_init(&reader, wf_buffer_string(&text));
        assert_int_equal(wf_json_next(&reader, &token, NULL), WF_OK);
        assert_int_equal(wf_json_next(&reader, &token, NULL), WF_OK);
        assert_int_equal(wf_json_skip(&reader, &token, &raw, NULL), WF_OK);
        test_string_is(values[i], raw, values[i]);
        assert_int_equal(wf_json_next(&reader, &token, NULL), WF_OK);
        test_string_is(values[i], token.text, "7");
    }
}

static enum wf_status unescape(struct wf_arena *arena, const char *text, size_t size_bytes, struct wf_string *out)
{
    const struct wf_json_token token = {.kind = WF_JSON_STRING,
                                        .text = {text, size_bytes},
                                        .has_escapes = memchr(text, '\\', size_bytes) != NULL};

    return wf_json_unescape(arena, &token, out, NULL);
}

/* Escapes become UTF-8; surrogates join; a lone one becomes U+FFFD. */
static void test_json_text__unescape(void **state)
{
    static const struct {
        const char *escaped;
        const char *expected; /* NULL: corrupt */
    } rows[] = {
        {"plain", "plain"},
        {"", ""},
        {"a\\\"b\\\\c\\/d", "a\"b\\c/d"},
        {"\\b\\f\\n\\r\\t", "\b\f\n\r\t"},
        {"\\u0041\\u00e9\\u20AC", "A\xc3\xa9\xe2\x82\xac"},
        {"\\ud83d\\ude00", "\xf0\x9f\x98\x80"},
        {"\\ud83d", "\xef\xbf\xbd"},
        {"\\ude00\\ud83d", "\xef\xbf\xbd\xef\xbf\xbd"},
        {"\\ud83dx", "\xef\xbf\xbdx"},
        {"\\ud83d\\n", "\xef\xbf\xbd\n"},
        {"\\ud83d\\u0041", "\xef\xbf\xbd" "A"},
        {"\xf0\x9f\x98\x80 and \\n", "\xf0\x9f\x98\x80 and \n"},
        {"\\", NULL},
        {"\\q", NULL},
        {"\\u12", NULL},
        {"eight ch\xff", NULL},
        {"\xc0\x80", NULL},
        {"\xed\xa0\x80", NULL},
        {"\xf4\x90\x80\x80", NULL},
        {"\xe2\x82", NULL},
    };

    for (size_t i = 0; i < TEST_COUNT(rows); i++) {
        struct wf_string out = {NULL, 0};
        const enum wf_status status = unescape(*state, rows[i].escaped, strlen(rows[i].escaped), &out);

        if (rows[i].expected == NULL) {
            assert_int_equal(status, WF_ERR_CORRUPT);
        } else {
            assert_int_equal(status, WF_OK);
            test_string_is(rows[i].escaped, out, rows[i].expected);
        }
    }
}

/* A NUL is a character like any other. */
static void test_json_text__nul_survives(void **state)
{
    struct wf_string out;
    struct wf_buffer buffer;

    assert_int_equal(unescape(*state, "a\\u0000b", 8, &out), WF_OK);
    assert_int_equal(out.size_bytes, 3);
    assert_memory_equal(out.data, "a\0b", 3);
    wf_buffer_init(&buffer, *state);
    wf_json_write_string(&buffer, out);
    test_string_is("nul", wf_buffer_string(&buffer), "\"a\\u0000b\"");
}

/* Whole numbers in every spelling, and the ends of the range. */
static void test_json_text__integers(void **state)
{
    static const struct {
        const char *text;
        bool is_whole;
        int64_t value;
    } rows[] = {
        {"0", true, 0},
        {"-0", true, 0},
        {"42", true, 42},
        {"-42", true, -42},
        {"1.0", true, 1},
        {"1e3", true, 1000},
        {"1E+3", true, 1000},
        {"1200e-2", true, 12},
        {"1.25e2", true, 125},
        {"0.0e99999999999999999999", true, 0},
        {"9223372036854775807", true, INT64_MAX},
        {"-9223372036854775808", true, INT64_MIN},
        {"922337203685477580700e-2", true, INT64_MAX},
        {"10000000000000000000000000000e-28", true, 1},
        {"9223372036854775808", false, 0},
        {"-9223372036854775809", false, 0},
        {"18446744073709551616", false, 0},
        {"1.5", false, 0},
        {"1e-1", false, 0},
        {"1e19", false, 0},
        {"1e99999999999999999999", false, 0},
        {"", false, 0},
        {"-", false, 0},
        {"1x", false, 0},
        {" 1", false, 0},
        {"0x1", false, 0},
    };

    (void)state;
    for (size_t i = 0; i < TEST_COUNT(rows); i++) {
        const struct wf_json_token token = {.kind = WF_JSON_NUMBER, .text = wf_string_of(rows[i].text)};
        int64_t value = 0;
        const enum wf_status status = wf_json_integer(&token, &value, NULL);

        if (status != (rows[i].is_whole ? WF_OK : WF_ERR_INVALID) || value != rows[i].value) {
            fail_msg("%s: %lld", rows[i].text, (long long)value);
        }
    }
}

/* What must be escaped is, what need not be is not, and bad bytes become U+FFFD. */
static void test_json_text__writes_strings(void **state)
{
    static const struct {
        const char *text;
        const char *expected;
    } rows[] = {
        {"", "\"\""},
        {"plain <tag> & more", "\"plain <tag> & more\""},
        {"\"\\/\b\f\n\r\t\x01\x1f\x7f", "\"\\\"\\\\/\\b\\f\\n\\r\\t\\u0001\\u001f\x7f\""},
        {"\xe2\x82\xac", "\"\xe2\x82\xac\""},
        {"a\xff\xe2\x82z", "\"a\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbdz\""},
    };
    struct wf_buffer buffer;

    wf_buffer_init(&buffer, *state);
    for (size_t i = 0; i < TEST_COUNT(rows); i++) {
        wf_buffer_reset(&buffer);
        wf_json_write_string(&buffer, wf_string_of(rows[i].text));
        test_string_is(rows[i].text, wf_buffer_string(&buffer), rows[i].expected);
    }
    wf_buffer_reset(&buffer);
    wf_json_write_i64(&buffer, INT64_MIN);
    wf_buffer_append_char(&buffer, ' ');
    wf_json_write_u64(&buffer, UINT64_MAX);
    wf_buffer_append_char(&buffer, ' ');
    wf_json_write_i64(&buffer, 0);
    test_string_is("integers", wf_buffer_string(&buffer), "-9223372036854775808 18446744073709551615 0");
}

static void write_sample(struct wf_json_writer *writer)
{
    wf_json_begin_object(writer);
    wf_json_key(writer, "a");
    wf_json_i64(writer, -1);
    wf_json_key(writer, "b");
    wf_json_begin_array(writer);
    wf_json_bool(writer, true);
    wf_json_null(writer);
    wf_json_begin_object(writer);
    wf_json_end_object(writer);
    wf_json_begin_array(writer);
    wf_json_end_array(writer);
    wf_json_end_array(writer);
    wf_json_key(writer, "c");
    wf_json_text(writer, "x");
    wf_json_key(writer, "d");
    wf_json_raw(writer, WF_STR("1.50"));
    wf_json_end_object(writer);
}

/* Commas, blanks and lines are the writer's work. */
static void test_json_text__writer_separates(void **state)
{
    struct wf_buffer buffer;
    struct wf_json_writer writer;

    wf_buffer_init(&buffer, *state);
    wf_json_writer_init(&writer, &buffer, 0);
    write_sample(&writer);
    test_string_is("one line", wf_buffer_string(&buffer),
                   "{\"a\":-1,\"b\":[true,null,{},[]],\"c\":\"x\",\"d\":1.50}");

    wf_buffer_reset(&buffer);
    wf_json_writer_init(&writer, &buffer, 2);
    write_sample(&writer);
    test_string_is("indented", wf_buffer_string(&buffer),
                   "{\n  \"a\": -1,\n  \"b\": [\n    true,\n    null,\n    {},\n    []\n  ],\n  \"c\": \"x\",\n  \"d\": 1.50\n}");
}

/* Parts of a value are found without decoding the rest; what is not there is absent. */
static void test_json_text__members_items_counts(void **state)
{
    const struct wf_string object = WF_STR(" {\"a\": 1, \"b\\u0063\": [10, {\"x\": 2}, \"s\"], \"d\": {}, \"a\": 9} ");
    const struct wf_string array = wf_json_member(object, WF_STR("bc"));

    (void)state;
    test_string_is("a", wf_json_member(object, WF_STR("a")), "1");
    test_string_is("bc", array, "[10, {\"x\": 2}, \"s\"]");
    test_string_is("d", wf_json_member(object, WF_STR("d")), "{}");
    assert_null(wf_json_member(object, WF_STR("b")).data);
    assert_null(wf_json_member(object, WF_STR("bcd")).data);
    assert_null(wf_json_member(array, WF_STR("a")).data);
    assert_null(wf_json_member(WF_STR("{\"a\":[}"), WF_STR("a")).data);
    test_string_is("item 0", wf_json_item(array, 0), "10");
    test_string_is("item 1", wf_json_item(array, 1), "{\"x\": 2}");
    test_string_is("item 2", wf_json_item(array, 2), "\"s\"");
    assert_null(wf_json_item(array, 3).data);
    assert_null(wf_json_item(object, 0).data);
    assert_null(wf_json_item(WF_STR(""), 0).data);
    assert_int_equal(wf_json_count(object), 4);
    assert_int_equal(wf_json_count(array), 3);
    assert_int_equal(wf_json_count(WF_STR("[]")), 0);
    assert_int_equal(wf_json_count(WF_STR("7")), 0);
    assert_int_equal(wf_json_count(WF_STR("[1,2")), 0);
}

/* Equal values have equal digests however they are written, and others have others. */
static void test_json_text__digest_is_of_the_value(void **state)
{
    static const struct {
        const char *left;
        const char *right;
        bool is_equal;
    } rows[] = {
        {"{\"a\":1,\"b\":[2,3]}", " { \"b\" : [ 2 , 3 ] , \"a\" : 1 } ", true},
        {"\"A\\n\"", "\"\\u0041\\u000a\"", true},
        {"{\"\\u0061\":1}", "{\"a\":1}", true},
        {"1", "1.0", true},
        {"0.1", "1e-1", true},
        {"-0.0", "0", true},
        {"1e300", "10e299", true},
        {"{\"x\":{\"a\":1,\"b\":2},\"y\":0}", "{\"y\":0,\"x\":{\"b\":2,\"a\":1}}", true},
        {"[1,2]", "[2,1]", false},
        {"[]", "{}", false},
        {"[]", "[[]]", false},
        {"[[],[]]", "[[[]]]", false},
        {"{\"a\":1,\"b\":2}", "{\"a\":2,\"b\":1}", false},
        {"{\"a\":{\"b\":1}}", "{\"b\":{\"a\":1}}", false},
        {"null", "false", false},
        {"1", "\"1\"", false},
        {"\"\"", "null", false},
        {"0.1", "0.10000000000000002", false},
        {"9007199254740992", "9007199254740993", false},
    };
    uint64_t left = 0;
    uint64_t right = 0;

    (void)state;
    for (size_t i = 0; i < TEST_COUNT(rows); i++) {
        assert_true(wf_json_digest(wf_string_of(rows[i].left), &left));
        assert_true(wf_json_digest(wf_string_of(rows[i].right), &right));
        if ((left == right) != rows[i].is_equal) {
            fail_msg("%s and %s", rows[i].left, rows[i].right);
        }
    }
    assert_false(wf_json_digest(WF_STR("[1"), &left));
    assert_false(wf_json_digest(WF_STR(""), &left));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_json_text__accepts_rfc_8259_and_nothing_more),
        cmocka_unit_test(test_json_text__tokens_in_order),
        cmocka_unit_test(test_json_text__depth_is_limited),
        cmocka_unit_test(test_json_text__strings_end_at_every_distance),
        TEST_IN_ARENA(test_json_text__skip_returns_the_whole_value),
        TEST_IN_ARENA(test_json_text__unescape),
        TEST_IN_ARENA(test_json_text__nul_survives),
        cmocka_unit_test(test_json_text__integers),
        TEST_IN_ARENA(test_json_text__writes_strings),
        TEST_IN_ARENA(test_json_text__writer_separates),
        cmocka_unit_test(test_json_text__members_items_counts),
        cmocka_unit_test(test_json_text__digest_is_of_the_value),
    };

    return cmocka_run_group_tests_name("json_text", tests, NULL, NULL);
}
