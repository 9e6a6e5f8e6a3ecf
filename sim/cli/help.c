/* Help pages: loops over the tables. */
#include "sim/cli/help.h"

#include <string.h>

static size_t option_columns(const struct cli_option *option)
{
    return strlen(option->name) + (option->value == NULL ? 0 : 1 + strlen(option->value));
}

static void append_option(struct wf_buffer *text, const char *name, const char *value, const char *help,
                          size_t columns)
{
    const size_t used = strlen(name) + (value == NULL ? 0 : 1 + strlen(value));

    wf_buffer_printf(text, "  %s%s%s", name, value == NULL ? "" : " ", value == NULL ? "" : value);
    cli_append_repeated(text, " ", columns - used + 2);
    wf_buffer_printf(text, "%s\n", help);
}

void cli_help_overview(struct cli_output *out)
{
    size_t columns = 0;

    wf_buffer_append_text(&out->text, "wfsim simulates durable workflows under faults, and replays their histories "
                                      "against changed code.\n\nUsage: wfsim COMMAND ...\n\n");
    for (size_t i = 0; i < cli_commands_count; i++) {
        const size_t size = strlen(cli_commands[i]->name);

        columns = size > columns ? size : columns;
    }
    for (size_t i = 0; i < cli_commands_count; i++) {
        append_option(&out->text, cli_commands[i]->name, NULL, cli_commands[i]->summary, columns);
    }
    wf_buffer_append_text(&out->text, "\n`wfsim COMMAND --help` says more, with an example. `wfsim --version` prints "
                                      "the version.\n");
}

void cli_help_command(struct cli_output *out, const struct cli_command *command)
{
    struct wf_buffer *text = &out->text;
    size_t columns = sizeof("--help") - 1;

    wf_buffer_printf(text, "%sUsage: wfsim %s%s%s%s%s\n\n%s\n\n", cli_style(out, CLI_STYLE_BOLD), command->name,
                     command->options[0].name == NULL ? "" : " [OPTION...]", command->operands[0] == '\0' ? "" : " ",
                     command->operands, cli_style(out, CLI_STYLE_PLAIN), command->description);
    for (const struct cli_option *option = command->options; option->name != NULL; option++) {
        const size_t size = option_columns(option);

        columns = size > columns ? size : columns;
    }
    for (const struct cli_option *option = command->options; option->name != NULL; option++) {
        append_option(text, option->name, option->value, option->help, columns);
    }
    append_option(text, "--help", NULL, "this page", columns);
    if (command->append_lists != NULL) {
        command->append_lists(text);
    }
    wf_buffer_printf(text, "\nExample:\n  %s\n", command->example);
}
