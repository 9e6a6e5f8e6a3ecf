/* What is printed as a command is read by a shell as the words that were meant. */
#include "tests/support/test.h"

#include "sim/report/shell.h"

/* Harmless words stay readable; everything else is quoted whole. */
static void test_shell__word(void **state)
{
    static const struct {
        const char *word;
        const char *expected;
    } rows[] = {
        {"scenarios/saga_v2.yaml", "scenarios/saga_v2.yaml"},
        {"cluster.workers=3", "cluster.workers=3"},
        {"a:b,c+d@e%f", "a:b,c+d@e%f"},
        {"", "''"},
        {"two words", "'two words'"},
        {"$(reboot)", "'$(reboot)'"},
        {"it's", "'it'\\''s'"},
        {"~/saga.yaml", "'~/saga.yaml'"},
        {"#1", "'#1'"},
        {"a\nb", "$'a\\012b'"},
        {"\x1b[2J1", "$'\\033[2J1'"},
        {"it's\t\\ now", "$'it\\'s\\011\\\\ now'"},
        {"\\n", "'\\n'"},
        {"caf\xe9 1", "$'caf\\351 1'"},
        {"\xe2\x80\xae" "fdp.caf\xc3\xa9", "$'\\342\\200\\256fdp.caf\xc3\xa9'"},
        {"caf\xc3\xa9", "'caf\xc3\xa9'"},
        {"{a: [1, 2]}", "'{a: [1, 2]}'"},
        {"--", "--"},
    };

    for (size_t i = 0; i < TEST_COUNT(rows); i++) {
        struct wf_buffer out;

        wf_buffer_init(&out, *state);
        sim_shell_word(&out, wf_string_of(rows[i].word));
        test_string_is(rows[i].word, wf_buffer_string(&out), rows[i].expected);
    }
}

/* A file named like an option must not be read as one; "-" is standard input. */
static void test_shell__path(void **state)
{
    static const struct {
        const char *path;
        const char *expected;
    } rows[] = {
        {"saga.yaml", "saga.yaml"},
        {"-", "-"},
        {"--seed", "./--seed"},
        {"-my saga.yaml", "./'-my saga.yaml'"},
    };

    for (size_t i = 0; i < TEST_COUNT(rows); i++) {
        struct wf_buffer out;

        wf_buffer_init(&out, *state);
        sim_shell_path(&out, wf_string_of(rows[i].path));
        test_string_is(rows[i].path, wf_buffer_string(&out), rows[i].expected);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST_IN_ARENA(test_shell__word),
        TEST_IN_ARENA(test_shell__path),
    };

    return cmocka_run_group_tests_name("shell", tests, NULL, NULL);
}
