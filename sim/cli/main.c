/*
 * wfsim: finds the command, reads its arguments, runs it, and turns the result into an exit code. Everything a command
 * prints passes through here last, so that a full disk or a Ctrl-C is dealt with in one place.
 */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "engine/base/assert.h"
#include "engine/base/nearest.h"
#include "sim/cli/command.h"
#include "sim/cli/help.h"
#include "sim/cli/interrupt.h"
#include "sim/host/settings.h"

/* The Temporal CLI runs executables of this name as `temporal workflow replay`. */
#define TEMPORAL_EXTENSION "temporal-workflow-replay"
#define PROGRAM "wfsim" /* what it is called where nobody says, and where the name is not ours */

static const char *base_name(const char *path)
{
    const char *slash = strrchr(path, '/');

    return slash == NULL ? path : slash + 1;
}

/*
 * A file takes the lowest free descriptor: started without standard output, the first file opened would get the results
 * appended. What takes the place here is open the wrong way round, so reads and writes of it fail as those of a closed one.
 */
static bool occupy_standard_streams(void)
{
    for (int stream = STDIN_FILENO; stream <= STDERR_FILENO; stream++) {
        const int wrong_way = stream == STDIN_FILENO ? O_WRONLY : O_RDONLY;

        if (fcntl(stream, F_GETFD) < 0 && errno == EBADF && open("/dev/null", wrong_way) != stream) {
            return false;
        }
    }
    return true;
}

/* Who reports a failed assertion before a command registers something that knows the run. */
static void report_panic(void *context, const char *file, int line, const char *expression)
{
    (void)context;
    fprintf(stderr, "%s:%d: assertion failed: %s\nwfsim %s: this is a fault of ours; please report it\n", file, line,
            expression, WFSIM_VERSION);
    abort();
}

static enum cli_exit fail_unknown_command(const char *name)
{
    struct wf_string names[32] = {{NULL, 0}};
    size_t best = 0;

    WF_ASSERT(cli_commands_count <= sizeof(names) / sizeof(names[0]));
    for (size_t i = 0; i < cli_commands_count; i++) {
        names[i] = wf_string_of(cli_commands[i]->name);
    }
    best = wf_nearest(wf_string_of(name), names, cli_commands_count);
    if (name[0] == '-') {
        cli_complain("unknown option %s; a command comes first, `wfsim --help` lists them", name);
    } else if (best < cli_commands_count) {
        cli_complain("unknown command '%s'; did you mean '%s'?", name, cli_commands[best]->name);
    } else {
        cli_complain("unknown command '%s'; `wfsim --help` lists them", name);
    }
    return CLI_EXIT_USAGE;
}

static enum cli_format output_format(const struct cli_args *args)
{
    for (const struct cli_option *option = args->command->options; option->name != NULL; option++) {
        if (strcmp(option->name, "-o") == 0) {
            const char *name = cli_args_text(args, "-o", "text");

            return strcmp(name, "json") == 0    ? CLI_FORMAT_JSON
                   : strcmp(name, "jsonl") == 0 ? CLI_FORMAT_JSONL
                                                : CLI_FORMAT_TEXT;
        }
    }
    return CLI_FORMAT_TEXT;
}

static enum cli_exit run_command(struct cli *cli, const struct cli_command *command, const char *const *words,
                                 size_t word_count)
{
    struct cli_args args;
    struct wf_error err;

    if (cli_args_read(cli->arena, command, words, word_count, &args, &err) != WF_OK) {
        cli_complain("%s", err.message);
        fprintf(stderr, "Try `wfsim %s --help`.\n", command->name);
        return CLI_EXIT_USAGE;
    }
    if (args.wants_help) {
        cli_help_command(cli->out, command);
        return CLI_EXIT_OK;
    }
    if (sim_settings_check(&err) != WF_OK) {
        cli_complain("%s", err.message);
        return CLI_EXIT_USAGE;
    }
    cli->out->format = output_format(&args);
    return command->run(cli, &args);
}

static enum cli_exit print_version(struct cli *cli)
{
    wf_buffer_printf(&cli->out->text, "wfsim %s\n", WFSIM_VERSION);
    return CLI_EXIT_OK;
}

static enum cli_exit dispatch(struct cli *cli, const char *const *words, size_t word_count)
{
    const struct cli_command *command = NULL;

    if (word_count == 0) {
        cli_help_overview(cli->out);
        return CLI_EXIT_USAGE;
    }
    if (strcmp(words[0], "--help") == 0 || strcmp(words[0], "-h") == 0 || strcmp(words[0], "help") == 0) {
        command = word_count > 1 ? cli_command_find(words[1]) : NULL;
        if (word_count > 1 && command == NULL) {
            return fail_unknown_command(words[1]);
        }
        if (command != NULL) {
            cli_help_command(cli->out, command);
        } else {
            cli_help_overview(cli->out);
        }
        return CLI_EXIT_OK;
    }
    if (strcmp(words[0], "--version") == 0) {
        return print_version(cli);
    }
    command = cli_command_find(words[0]);
    if (command == NULL) {
        return fail_unknown_command(words[0]);
    }
    return run_command(cli, command, words + 1, word_count - 1);
}

int main(int argc, char **argv)
{
    const char *const *words = (const char *const *)(argv + 1);
    const size_t word_count = argc > 1 ? (size_t)(argc - 1) : 0;
    struct wf_arena arena;
    struct wf_arena output_arena; /* its own, because a command may rewind the other one while it prints */
    struct cli_output out;
    struct cli cli = {.arena = &arena, .out = &out, .program = PROGRAM};
    enum cli_exit result = CLI_EXIT_OK;

    if (!occupy_standard_streams()) {
        cli_complain("a standard stream is closed, and /dev/null cannot be opened in its place");
        return CLI_EXIT_ENVIRONMENT;
    }
    wf_panic_set_reporter(report_panic, NULL);
    (void)signal(SIGXFSZ, SIG_IGN); /* a file that may not grow is an error of a write, as a full disk is */
    wf_arena_init(&arena, wf_system_blocks(), 0);
    wf_arena_init(&output_arena, wf_system_blocks(), 0);
    cli_output_init(&out, &output_arena);
    const bool is_extension = argc > 0 && strcmp(base_name(argv[0]), TEMPORAL_EXTENSION) == 0;
    if (argc > 0 && argv[0][0] != '\0' && !is_extension) {
        cli.program = argv[0];
    }
    if (is_extension && cli_command_find("replay") != NULL) {
        result = word_count == 1 && strcmp(words[0], "--version") == 0
                     ? print_version(&cli)
                     : run_command(&cli, cli_command_find("replay"), words, word_count);
    } else {
        result = dispatch(&cli, words, word_count);
    }
    cli_output_flush(&out);
    if (out.write_error != 0) {
        cli_complain("cannot write the results: %s", strerror(out.write_error));
        result = CLI_EXIT_ENVIRONMENT;
    }
    wf_arena_deinit(&output_arena);
    wf_arena_deinit(&arena);
    cli_interrupt_raise_again();
    return (int)result;
}
