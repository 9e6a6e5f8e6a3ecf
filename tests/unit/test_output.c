/* Text of unknown origin on a terminal. */
#include "sim/cli/output.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "engine/base/arena.h"
#include "sim/report/visible.h"

/* What a history holds can neither move the cursor nor end the line, and is cut with an ellipsis where it is too long. */
static void test_output__visible_text_is_harmless_and_fits(void **state)
{
    static const struct {
        const char *text;
        size_t columns_max;
        const char *expected;
        size_t columns;
    } rows[] = {
        {"order-3", 0, "order-3", 7},
        {"order-3", 7, "order-3", 7},
        {"order-3", 6, "order…", 6},
        {"\033[2J", 0, "\\x1b[2J", 7},
        {"a\nb\x7f", 0, "a\\x0ab\\x7f", 10},
        {"a\nb", 4, "a…", 2},
        {"größe", 5, "größe", 5},
        {"größe", 3, "gr…", 3},
        {"\xc3", 0, "\\xc3", 4},
        {"\xc0\x80", 0, "\\xc0\\x80", 8},             /* overlong */
        {"\xed\xa0\x80", 0, "\\xed\\xa0\\x80", 12},   /* a surrogate */
        {"\xc2\x9b", 0, "\\xc2\\x9b", 8},             /* the C1 form of escape-bracket */
        {"\xf4\x90\x80\x80", 0, "\\xf4\\x90\\x80\\x80", 16}, /* past the last character */
        {"\xf0\x9f\x98\x80", 0, "\xf0\x9f\x98\x80", 1},
        {"a\xe2\x80\xae" "b", 0, "a\\xe2\\x80\\xae" "b", 14}, /* turns around what follows */
        {"\xe2\x81\xa6", 0, "\\xe2\\x81\\xa6", 12},
        {"\xe2\x80\xa8", 0, "\\xe2\\x80\\xa8", 12}, /* a line separator */
        {"\xe2\x80\x8f", 0, "\\xe2\\x80\\x8f", 12}, /* the mark of right to left */
        {"\xd8\x9c", 0, "\\xd8\\x9c", 8},
        {"\xe2\x80\x8d", 0, "\xe2\x80\x8d", 1}, /* joins emoji */
        {"\xe2\x80\xa6", 0, "…", 1},
        {"", 3, "", 0},
    };
    struct wf_arena arena;
    struct wf_buffer text;

    (void)state;
    wf_arena_init(&arena, wf_system_blocks(), 0);
    wf_buffer_init(&text, &arena);
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        wf_buffer_reset(&text);
        if (sim_append_visible(&text, wf_string_of(rows[i].text), rows[i].columns_max) != rows[i].columns ||
            !wf_string_is(wf_buffer_string(&text), rows[i].expected)) {
            fail_msg("row %zu: %.*s", i, (int)text.size_bytes, text.data);
        }
    }
    wf_arena_deinit(&arena);
}

/* A line put together of pieces: what stood before it stays as it is. */
static void test_output__line_is_made_visible_in_place(void **state)
{
    struct wf_arena arena;
    struct wf_buffer text;

    (void)state;
    wf_arena_init(&arena, wf_system_blocks(), 0);
    wf_buffer_init(&text, &arena);
    sim_make_visible(&text, 0);
    wf_buffer_append_text(&text, "first\n");
    sim_make_visible(&text, text.size_bytes);
    wf_buffer_append_text(&text, "größe");
    sim_make_visible(&text, 6);
    wf_buffer_append_text(&text, "\n::error::x\033");
    sim_make_visible(&text, 6);
    if (!wf_string_is(wf_buffer_string(&text), "first\ngröße\\x0a::error::x\\x1b")) {
        fail_msg("%.*s", (int)text.size_bytes, text.data);
    }
    wf_arena_deinit(&arena);
}

/* Columns line up whatever the length of the text. */
static void test_output__columns_are_filled(void **state)
{
    struct wf_arena arena;
    struct wf_buffer text;

    (void)state;
    wf_arena_init(&arena, wf_system_blocks(), 0);
    wf_buffer_init(&text, &arena);
    sim_append_column(&text, WF_STR("ab"), 4);
    sim_append_column(&text, WF_STR("abcdef"), 4);
    sim_append_column(&text, WF_STR("ü"), 2);
    wf_buffer_append_char(&text, '|');

    assert_true(wf_string_is(wf_buffer_string(&text), "ab  abc…ü |"));
    wf_arena_deinit(&arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_output__visible_text_is_harmless_and_fits),
        cmocka_unit_test(test_output__line_is_made_visible_in_place),
        cmocka_unit_test(test_output__columns_are_filled),
    };

    return cmocka_run_group_tests_name("output", tests, NULL, NULL);
}
