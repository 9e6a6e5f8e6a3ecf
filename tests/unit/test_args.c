/* Command lines against a table of options. */
#include "sim/cli/args.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "sim/cli/command.h"

static const struct cli_option options[] = {
    {"--timeline", CLI_SWITCH, NULL, "spans"},
    {"--seed", CLI_NUMBER, "N", "the seed"},
    {"--seeds", CLI_RANGE, "A..B", "many seeds"},
    {"--jobs", CLI_COUNT, "N", "children"},
    {"--shard", CLI_SHARD, "I/N", "a part"},
    {"--set", CLI_MANY, "K=V", "a parameter"},
    {"-w", CLI_TEXT, "CODE", "workflow code"},
    CLI_OPTION_OUTPUT,
    {NULL, CLI_SWITCH, NULL, NULL},
};

static const struct cli_command command = {
    .name = "try", .operands = "A [B]", .operand_count_min = 1, .operand_count_max = 2, .options = options};

struct fixture {
    struct wf_arena arena;
    struct cli_args args;
    struct wf_error err;
};

static int set_up(void **state)
{
    static struct fixture fixture;

    wf_arena_init(&fixture.arena, wf_system_blocks(), 0);
    *state = &fixture;
    return 0;
}

static int tear_down(void **state)
{
    wf_arena_deinit(&((struct fixture *)*state)->arena);
    return 0;
}

/* Reads words ending with NULL. */
static enum wf_status read_words(struct fixture *fixture, const char *const *words)
{
    size_t count = 0;

    while (words[count] != NULL) {
        count++;
    }
    return cli_args_read(&fixture->arena, &command, words, count, &fixture->args, &fixture->err);
}

/* Options and operands may be mixed, values follow a space or an equals sign, and `--` ends the options. */
static void test_args__reads_options_and_operands_in_any_order(void **state)
{
    struct fixture *fixture = *state;
    size_t index = 0;

    assert_int_equal(read_words(fixture, (const char *const[]){"a", "--seed=0xC0ffee", "--timeline", "--set", "x=1", "-w",
                                                               "saga.c", "--set=y=2", "--seeds", "1..10", "--", "-b", NULL}),
                     WF_OK);

    assert_int_equal(fixture->args.operand_count, 2);
    assert_string_equal(fixture->args.operands[0], "a");
    assert_string_equal(fixture->args.operands[1], "-b");
    assert_true(cli_args_has(&fixture->args, "--timeline"));
    assert_int_equal(cli_args_number(&fixture->args, "--seed", 1), 0xC0FFEE);
    assert_int_equal(cli_args_number(&fixture->args, "--jobs", 7), 7);
    assert_string_equal(cli_args_text(&fixture->args, "-w", NULL), "saga.c");
    assert_null(cli_args_text(&fixture->args, "-o", NULL));
    assert_int_equal(cli_args_given(&fixture->args, "--seeds")->first, 1);
    assert_int_equal(cli_args_given(&fixture->args, "--seeds")->last, 10);
    assert_string_equal(cli_args_next(&fixture->args, "--set", &index), "x=1");
    assert_string_equal(cli_args_next(&fixture->args, "--set", &index), "y=2");
    assert_null(cli_args_next(&fixture->args, "--set", &index));
}

/* A single dash is standard input, an operand. */
static void test_args__dash_is_an_operand(void **state)
{
    struct fixture *fixture = *state;

    assert_int_equal(read_words(fixture, (const char *const[]){"-", NULL}), WF_OK);

    assert_int_equal(fixture->args.operand_count, 1);
    assert_string_equal(fixture->args.operands[0], "-");
}

/* Help is given even when the rest of the line would be refused. */
static void test_args__help_wins_over_missing_operands(void **state)
{
    struct fixture *fixture = *state;

    assert_int_equal(read_words(fixture, (const char *const[]){"--help", NULL}), WF_OK);

    assert_true(fixture->args.wants_help);
}

/* The ends of what numbers can be. */
static void test_args__numbers_use_all_64_bits(void **state)
{
    static const struct {
        const char *text;
        uint64_t expected;
    } rows[] = {
        {"0", 0},
        {"18446744073709551615", UINT64_MAX},
        {"0xffffffffffffffff", UINT64_MAX},
        {"0X0a", 10},
        {"007", 7},
    };
    struct fixture *fixture = *state;

    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        if (read_words(fixture, (const char *const[]){"a", "--seed", rows[i].text, NULL}) != WF_OK ||
            cli_args_number(&fixture->args, "--seed", 1) != rows[i].expected) {
            fail_msg("%s", rows[i].text);
        }
    }
}

/* Every refusal is one sentence that names the wrong word and, where one is near, the right one. */
static void test_args__refusals_name_the_word(void **state)
{
    static const struct {
        const char *words[5];
        const char *message;
    } rows[] = {
        {{"a", "--sead", "4"}, "unknown option --sead; did you mean --seed?"},
        {{"a", "--hlep"}, "unknown option --hlep; did you mean --help?"},
        {{"a", "--frobnicate=1"}, "unknown option --frobnicate"},
        {{"a", "--timeline=yes"}, "--timeline takes no value"},
        {{"a", "--seed"}, "--seed needs a value: N"},
        {{"a", "--seed", "-1"}, "--seed takes a number from 0 to 2^64 - 1, not '-1'"},
        {{"a", "--seed", "18446744073709551616"}, "--seed takes a number from 0 to 2^64 - 1, not '18446744073709551616'"},
        {{"a", "--seed", "0x"}, "--seed takes a number from 0 to 2^64 - 1, not '0x'"},
        {{"a", "--seed="}, "--seed takes a number from 0 to 2^64 - 1, not ''"},
        {{"a", "--jobs", "0"}, "--jobs takes a number from 1, not '0'"},
        {{"a", "--seeds", "1..x"}, "--seeds takes a range such as 1..1000, not '1..x'"},
        {{"a", "--seeds", "..4"}, "--seeds takes a range such as 1..1000, not '..4'"},
        {{"a", "--seeds", "9..1"}, "--seeds: the range 9..1 is empty"},
        {{"a", "--shard", "3/2"}, "--shard takes a part such as 2/8, from 1/8 to 8/8, not '3/2'"},
        {{"a", "--shard", "0/2"}, "--shard takes a part such as 2/8, from 1/8 to 8/8, not '0/2'"},
        {{"a", "--shard", "2"}, "--shard takes a part such as 2/8, from 1/8 to 8/8, not '2'"},
        {{"a", "-o", "xml"}, "-o takes one of text|json|jsonl, not 'xml'"},
        {{"a", "-o", "jso"}, "-o takes one of text|json|jsonl, not 'jso'"},
        {{"a", "--seed", "1", "--seed=2"}, "--seed is given twice"},
        {{"--timeline"}, "try takes A [B]"},
        {{"a", "b", "c"}, "unexpected 'c'; try takes A [B]"},
    };
    struct fixture *fixture = *state;

    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        assert_int_equal(read_words(fixture, rows[i].words), WF_ERR_INVALID);
        assert_string_equal(fixture->err.message, rows[i].message);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_args__reads_options_and_operands_in_any_order),
        cmocka_unit_test(test_args__dash_is_an_operand),
        cmocka_unit_test(test_args__help_wins_over_missing_operands),
        cmocka_unit_test(test_args__numbers_use_all_64_bits),
        cmocka_unit_test(test_args__refusals_name_the_word),
    };

    return cmocka_run_group_tests_name("args", tests, set_up, tear_down);
}
