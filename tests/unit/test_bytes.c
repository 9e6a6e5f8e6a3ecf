#include "tests/support/test.h"

#include "engine/base/status.h"

/* Byte order first, then length. */
static void test_bytes__strings_compare_by_bytes_then_length(void **state)
{
    (void)state;
    assert_true(wf_string_compare(WF_STR("a"), WF_STR("b")) < 0);
    assert_true(wf_string_compare(WF_STR("b"), WF_STR("a")) > 0);
    assert_true(wf_string_compare(WF_STR("a"), WF_STR("ab")) < 0);
    assert_true(wf_string_compare(WF_STR("\xff"), WF_STR("a")) > 0);
    assert_int_equal(wf_string_compare(WF_STR("ab"), WF_STR("ab")), 0);
    assert_int_equal(wf_string_compare((struct wf_string){NULL, 0}, WF_STR("")), 0);
    assert_true(wf_string_starts_with(WF_STR("abc"), WF_STR("ab")));
    assert_true(wf_string_starts_with(WF_STR("abc"), (struct wf_string){NULL, 0}));
    assert_false(wf_string_starts_with(WF_STR("a"), WF_STR("ab")));
}

/* The whole string and nothing at all are endings; more than the string is not. */
static void test_bytes__strings_end_with(void **state)
{
    (void)state;
    assert_true(wf_string_ends_with(WF_STR("saga.yaml"), WF_STR(".yaml")));
    assert_true(wf_string_ends_with(WF_STR("saga"), WF_STR("saga")));
    assert_true(wf_string_ends_with(WF_STR("saga"), (struct wf_string){NULL, 0}));
    assert_true(wf_string_ends_with((struct wf_string){NULL, 0}, WF_STR("")));
    assert_false(wf_string_ends_with(WF_STR("saga.yam"), WF_STR("yaml")));
    assert_false(wf_string_ends_with(WF_STR("aml"), WF_STR("yaml")));
}

/* A copy is apart from its source and ends with a NUL that is not counted. */
static void test_bytes__copy_is_terminated(void **state)
{
    struct wf_arena *arena = *state;
    const struct wf_string copy = wf_string_copy(arena, WF_STR("text"));

    assert_int_equal(copy.size_bytes, 4);
    assert_string_equal(copy.data, "text");
    assert_string_equal(wf_string_copy(arena, (struct wf_string){NULL, 0}).data, "");
}

/* A buffer keeps its contents however often it grows. */
static void test_bytes__buffer_keeps_contents_while_it_grows(void **state)
{
    struct wf_arena *arena = *state;
    struct wf_buffer buffer;
    struct wf_buffer other;

    wf_buffer_init(&buffer, arena);
    wf_buffer_init(&other, arena);
    for (int i = 0; i < 100000; i++) {
        wf_buffer_append_char(&buffer, (char)('a' + i % 26));
        /* The other buffer takes turns at the end of the arena, so that both paths of growing are used. */
        if (i % 1000 == 0) {
            wf_buffer_append_text(&other, "turn");
        }
    }

    assert_int_equal(buffer.size_bytes, 100000);
    assert_false(buffer.is_full);
    for (int i = 0; i < 100000; i++) {
        assert_int_equal(buffer.data[i], 'a' + i % 26);
    }
    wf_buffer_reset(&buffer);
    assert_int_equal(wf_buffer_string(&buffer).size_bytes, 0);
}

/* Appends after the arena is full change nothing, and is_full tells. */
static void test_bytes__full_buffer_stays_full(void **state)
{
    struct wf_arena *arena = *state;
    struct wf_buffer buffer;

    test_arena_blocks(arena)->fail_from = 1;
    wf_buffer_init(&buffer, arena);
    wf_buffer_append_text(&buffer, "lost");
    wf_buffer_append_char(&buffer, 'x');
    wf_buffer_append(&buffer, NULL, 0);
    assert_true(buffer.is_full);
    assert_int_equal(buffer.size_bytes, 0);
    assert_null(wf_buffer_reserve(&buffer, 1));
}

/* Fixed memory keeps what fits. */
static void test_bytes__fixed_buffer_cuts_off(void **state)
{
    char memory[8];
    struct wf_buffer buffer;

    (void)state;
    wf_buffer_init_fixed(&buffer, memory, sizeof memory);
    wf_buffer_append_text(&buffer, "12345");
    wf_buffer_append_text(&buffer, "67890");
    wf_buffer_append_text(&buffer, "x");
    assert_true(buffer.is_full);
    test_string_is("cut", wf_buffer_string(&buffer), "12345678");
}

static void format(struct wf_buffer *buffer, const char *where, const char *expected, const char *text, ...)
{
    va_list arguments;

    wf_buffer_reset(buffer);
    va_start(arguments, text);
    wf_buffer_vprintf(buffer, text, arguments);
    va_end(arguments);
    test_string_is(where, wf_buffer_string(buffer), expected);
}

/* Every conversion that the header names. */
static void test_bytes__printf_conversions(void **state)
{
    struct wf_buffer buffer;
    const struct wf_string slice = {"slice and more", 5};

    wf_buffer_init(&buffer, *state);
    format(&buffer, "plain", "plain 100%", "plain 100%%");
    format(&buffer, "s and S", "<text|slice>", "<%s|%S>", "text", (const void *)&slice);
    format(&buffer, "d", "-1 0 -2147483648", "%d %d %d", -1, 0, INT32_MIN);
    format(&buffer, "u", "4294967295", "%u", UINT32_MAX);
    format(&buffer, "lld", "-9223372036854775808", "%lld", (long long)INT64_MIN);
    format(&buffer, "llu", "18446744073709551615", "%llu", (unsigned long long)UINT64_MAX);
    format(&buffer, "x", "ff 00ff deadbeefcafe", "%x %04x %llx", 255u, 255u, 0xdeadbeefcafeull);
    format(&buffer, "zu", "7", "%zu", (size_t)7);
    format(&buffer, "c", "a-z", "%c-%c", 'a', 'z');
    format(&buffer, "width", "[   7][007][  -7][-07]", "[%4d][%03d][%4d][%03d]", 7, 7, -7, -7);
    format(&buffer, "text width", "[  ab]", "[%4s]", "ab");
}

/* Zeros stand between the sign and the digits, spaces in front of both; a width that is too small
 * cuts nothing off. */
static void test_bytes__numbers_are_padded(void **state)
{
    static const struct {
        const char *expected;
        struct wf_number_layout layout;
        int64_t value;
    } rows[] = {
        {"0", {0}, 0},
        {"-9223372036854775808", {0}, INT64_MIN},
        {"7fffffffffffffff", {.is_hexadecimal = true}, INT64_MAX},
        {"   -7", {.width = 5}, -7},
        {"-0007", {.width = 5, .pads_with_zeros = true}, -7},
        {"-12345", {.width = 2, .pads_with_zeros = true}, -12345},
        {"000a", {.width = 4, .pads_with_zeros = true, .is_hexadecimal = true}, 10},
    };
    struct wf_buffer buffer;

    wf_buffer_init(&buffer, *state);
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        wf_buffer_reset(&buffer);
        wf_buffer_append_number(&buffer, rows[i].layout, wf_magnitude(rows[i].value),
                                rows[i].value < 0);
        test_string_is(rows[i].expected, wf_buffer_string(&buffer), rows[i].expected);
    }
}

/* Overflow is told and leaves the result alone. */
static void test_bytes__checked_arithmetic(void **state)
{
    int64_t result = 42;
    size_t size = 42;

    (void)state;
    assert_false(wf_add_i64(INT64_MAX, 1, &result));
    assert_false(wf_add_i64(INT64_MIN, -1, &result));
    assert_false(wf_add_i64(INT64_MIN, INT64_MIN, &result));
    assert_false(wf_multiply_i64(INT64_MAX, 2, &result));
    assert_false(wf_multiply_i64(INT64_MIN, -1, &result));
    assert_false(wf_multiply_i64(INT64_C(3037000500), INT64_C(3037000500), &result));
    assert_int_equal(result, 42);
    assert_true(wf_add_i64(INT64_MAX, INT64_MIN, &result) && result == -1);
    assert_true(wf_multiply_i64(INT64_MIN, 1, &result) && result == INT64_MIN);
    assert_true(wf_multiply_i64(INT64_MIN / 2, 2, &result) && result == INT64_MIN);
    assert_true(wf_multiply_i64(-3, -4, &result) && result == 12);
    assert_true(wf_multiply_i64(0, INT64_MIN, &result) && result == 0);
    assert_false(wf_add_size(SIZE_MAX, 1, &size));
    assert_false(wf_multiply_size(SIZE_MAX / 2, 3, &size));
    assert_int_equal(size, 42);
    assert_true(wf_add_size(1, 2, &size) && size == 3);
    assert_true(wf_multiply_size(SIZE_MAX, 1, &size) && size == SIZE_MAX);
}

/* Numbers are little-endian in memory on every machine, and need no alignment. */
static void test_bytes__fixed_width_numbers(void **state)
{
    unsigned char memory[9] = {0};

    (void)state;
    wf_store_u64(memory + 1, UINT64_C(0x0102030405060708));
    assert_int_equal(memory[1], 8);
    assert_int_equal(memory[8], 1);
    assert_true(wf_load_u64(memory + 1) == UINT64_C(0x0102030405060708));
    wf_store_u32(memory, UINT32_C(0xfffefdfc));
    assert_int_equal(memory[0], 0xfc);
    assert_int_equal(wf_load_u32(memory), UINT32_C(0xfffefdfc));
}

/* An error carries its place and a message that is cut, never overrun. */
static void test_bytes__errors_are_filled_and_bounded(void **state)
{
    struct wf_error err;
    char longer[WF_ERROR_MESSAGE_BYTES * 2];

    (void)state;
    memset(longer, 'x', sizeof longer);
    longer[sizeof longer - 1] = '\0';

    assert_int_equal(wf_fail_at(&err, WF_ERR_CORRUPT, 17, "bad byte %x", 0xffu), WF_ERR_CORRUPT);
    assert_int_equal(err.status, WF_ERR_CORRUPT);
    assert_int_equal(err.byte_offset, 17);
    assert_int_equal(err.event_id, 0);
    assert_string_equal(err.message, "bad byte ff");
    assert_int_equal(wf_fail_status(&err, WF_ERR_LIMIT, "%s", longer), WF_ERR_LIMIT);
    assert_int_equal(err.byte_offset, WF_ERROR_NO_OFFSET);
    assert_int_equal(strlen(err.message), WF_ERROR_MESSAGE_BYTES - 1);
    assert_int_equal(wf_fail_status(NULL, WF_ERR_MEMORY, "nobody asks"), WF_ERR_MEMORY);
    assert_string_equal(wf_status_name(WF_ERR_NOT_FOUND), "not found");
}

/* The dashes stand where a UUID has them; the digits are the words', the lowest first. */
static void test_bytes__uuid_has_its_shape(void **state)
{
    static const uint64_t words[2] = {UINT64_C(0xfedcba9876543210), UINT64_C(0x0f0e0d0c0b0a0908)};
    char text[WF_UUID_BYTES + 1] = "";

    (void)state;
    wf_uuid_write(text, words);
    assert_string_equal(text, "01234567-89ab-cdef-8090-a0b0c0d0e0f0");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_bytes__strings_compare_by_bytes_then_length),
        cmocka_unit_test(test_bytes__strings_end_with),
        TEST_IN_ARENA(test_bytes__copy_is_terminated),
        TEST_IN_ARENA(test_bytes__buffer_keeps_contents_while_it_grows),
        TEST_IN_ARENA(test_bytes__full_buffer_stays_full),
        cmocka_unit_test(test_bytes__fixed_buffer_cuts_off),
        TEST_IN_ARENA(test_bytes__printf_conversions),
        TEST_IN_ARENA(test_bytes__numbers_are_padded),
        cmocka_unit_test(test_bytes__checked_arithmetic),
        cmocka_unit_test(test_bytes__fixed_width_numbers),
        cmocka_unit_test(test_bytes__errors_are_filled_and_bounded),
        cmocka_unit_test(test_bytes__uuid_has_its_shape),
    };

    return cmocka_run_group_tests_name("bytes", tests, NULL, NULL);
}
