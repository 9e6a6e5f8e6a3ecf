/* The table of commands against the contract of the command line. */
#include "sim/cli/command.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "sim/cli/help.h"

/*
 * The contract: names and flags stay. A command comes when it is built, and then offers no other flags than these, and
 * `-o` and `--help`. Blanks separate the flags.
 */
static const struct {
    const char *name;
    const char *operands;
    const char *flags;
} contract[] = {
    {"run", "SCENARIO",
     "--seed --seeds --tape --jobs --record --trace --report --no-faults --set --dry-run --stop-at --from --id -w"},
    {"replay", "HISTORY...",
     "-w --family --strict --policy --prefixes --live --matrix --jobs --shard --sample --fail-fast --no-cache --junit --sarif "
     "--json --markdown --html --github --baseline --show-payloads"},
    {"show", "HISTORY", "--timeline"},
    {"list", "ARCHIVE|SCENARIO", "--seed --at --status"},
    {"describe", "ARCHIVE|SCENARIO ID", "--seed --at"},
    {"diff", "A B", ""},
    {"check", "HISTORY...", ""},
    {"convert", "IN OUT", "--to --redact -w"},
    {"corpus", "PATH...", ""},
    {"patches", "HISTORY...", "-w"},
    {"merge", "REPORT...", "--baseline --junit --sarif --json --markdown --html --github"},
    {"search", "SCENARIO", ""},
    {"shrink", "SCENARIO", "--seed"},
    {"certify", "SCENARIO", ""},
    {"debug", "SCENARIO", "--seed"},
    {"lint", "CODE", ""},
    {"init", "CODE", ""},
    {"explain", "WF###", ""},
    {"bench", "", ""},
};

#define CONTRACT_COUNT (sizeof(contract) / sizeof(contract[0]))

static bool has_word(const char *words, const char *word)
{
    const size_t size = strlen(word);

    for (const char *at = strstr(words, word); at != NULL; at = strstr(at + 1, word)) {
        if ((at == words || at[-1] == ' ') && (at[size] == '\0' || at[size] == ' ')) {
            return true;
        }
    }
    return false;
}

static size_t contract_of(const char *name)
{
    size_t i = 0;

    while (i < CONTRACT_COUNT && strcmp(contract[i].name, name) != 0) {
        i++;
    }
    return i;
}

/* Every command that exists is one of the contract, in its order, with flags of the contract only. */
static void test_command__commands_and_flags_are_those_of_the_contract(void **state)
{
    size_t before = 0;

    (void)state;
    assert_true(cli_commands_count > 0);
    for (size_t i = 0; i < cli_commands_count; i++) {
        const struct cli_command *command = cli_commands[i];
        const size_t place = contract_of(command->name);

        if (place == CONTRACT_COUNT || (i > 0 && place <= before)) {
            fail_msg("%s is not in the contract, or out of its order", command->name);
        }
        before = place;
        for (const struct cli_option *option = command->options; option->name != NULL; option++) {
            if (!has_word(contract[place].flags, option->name) && strcmp(option->name, "-o") != 0) {
                fail_msg("%s %s is not in the contract", command->name, option->name);
            }
        }
    }
}

/* A page of help fits a screen, shows an example that begins with the command, and every option has a sentence. */
static void test_command__help_fits_a_screen(void **state)
{
    struct wf_arena arena;
    struct cli_output out;

    (void)state;
    wf_arena_init(&arena, wf_system_blocks(), 0);
    for (size_t i = 0; i < cli_commands_count; i++) {
        const struct cli_command *command = cli_commands[i];
        const char *words = command->example;
        size_t lines = 0;
        size_t columns = 0;

        out = (struct cli_output){0};
        wf_buffer_init(&out.text, &arena);
        cli_help_command(&out, command);
        for (size_t j = 0; j < out.text.size_bytes; j++) {
            columns++;
            if (out.text.data[j] == '\n') {
                if (columns > 121) {
                    fail_msg("%s --help has a line of %zu columns", command->name, columns);
                }
                lines++;
                columns = 0;
            }
        }
        if (lines > 40) {
            fail_msg("%s --help has %zu lines", command->name, lines);
        }
        assert_true(strncmp(words, "wfsim ", 6) == 0);
        assert_true(strncmp(words + 6, command->name, strlen(command->name)) == 0);
        for (const struct cli_option *option = command->options; option->name != NULL; option++) {
            assert_non_null(option->help);
            assert_true((option->kind == CLI_SWITCH) == (option->value == NULL));
        }
    }
    wf_arena_deinit(&arena);
}

/* A batch ends with the first that applies of 4, 1, 3, 0. */
static void test_command__the_worst_exit_of_a_batch_wins(void **state)
{
    static const struct {
        enum cli_exit left, right, expected;
    } rows[] = {
        {CLI_EXIT_OK, CLI_EXIT_OK, CLI_EXIT_OK},
        {CLI_EXIT_OK, CLI_EXIT_UNREADABLE, CLI_EXIT_UNREADABLE},
        {CLI_EXIT_UNREADABLE, CLI_EXIT_FINDING, CLI_EXIT_FINDING},
        {CLI_EXIT_FINDING, CLI_EXIT_ENVIRONMENT, CLI_EXIT_ENVIRONMENT},
        {CLI_EXIT_ENVIRONMENT, CLI_EXIT_OK, CLI_EXIT_ENVIRONMENT},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        assert_int_equal(cli_exit_worse(rows[i].left, rows[i].right), rows[i].expected);
        assert_int_equal(cli_exit_worse(rows[i].right, rows[i].left), rows[i].expected);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_command__commands_and_flags_are_those_of_the_contract),
        cmocka_unit_test(test_command__help_fits_a_screen),
        cmocka_unit_test(test_command__the_worst_exit_of_a_batch_wins),
    };

    return cmocka_run_group_tests_name("command", tests, NULL, NULL);
}
