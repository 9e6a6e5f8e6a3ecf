/*
 * One pass over the words. Each option's kind has one reader of its value; everything else is looked up by name afterwards,
 * which is cheap at this size and keeps the tables free of offsets.
 */
#include "sim/cli/args.h"

#include <string.h>

#include "engine/base/assert.h"
#include "engine/base/bytes.h"
#include "engine/base/nearest.h"
#include "sim/cli/command.h"

#define CLI_OPTIONS_MAX 64 /* in one command's table */

/* Decimal digits, or 0x and hexadecimal ones, up to `end`; false when it is something else or does not fit. */
bool cli_number_read(const char *text, const char *end, uint64_t *value)
{
    uint64_t base = 10;
    uint64_t sum = 0;

    if (end - text > 2 && text[0] == '0' && (text[1] == 'x' || text[1] == 'X')) {
        base = 16;
        text += 2;
    }
    if (text == end) {
        return false;
    }
    for (; text < end; text++) {
        uint64_t digit = 0;

        if (wf_is_digit(*text)) {
            digit = (uint64_t)(*text - '0');
        } else if (base == 16 && *text >= 'a' && *text <= 'f') {
            digit = (uint64_t)(*text - 'a') + 10;
        } else if (base == 16 && *text >= 'A' && *text <= 'F') {
            digit = (uint64_t)(*text - 'A') + 10;
        } else {
            return false;
        }
        if (sum > (UINT64_MAX - digit) / base) {
            return false;
        }
        sum = sum * base + digit;
    }
    *value = sum;
    return true;
}

static enum wf_status read_whole_number(struct cli_given *given, struct wf_error *err)
{
    const char *text = given->text;

    if (!cli_number_read(text, text + strlen(text), &given->first)) {
        return wf_fail_status(err, WF_ERR_INVALID, "%s takes a number from 0 to 2^64 - 1, not '%s'", given->option->name,
                              text);
    }
    if (given->option->kind == CLI_COUNT && given->first == 0) {
        return wf_fail_status(err, WF_ERR_INVALID, "%s takes a number from 1, not '%s'", given->option->name, text);
    }
    return WF_OK;
}

static enum wf_status read_range(struct cli_given *given, struct wf_error *err)
{
    const char *text = given->text;
    const char *end = text + strlen(text);
    const char *dots = strstr(text, "..");
    bool is_range = cli_number_read(text, dots == NULL ? end : dots, &given->first);

    given->last = given->first;
    if (is_range && dots != NULL) {
        is_range = cli_number_read(dots + 2, end, &given->last);
    }
    if (!is_range) {
        return wf_fail_status(err, WF_ERR_INVALID, "%s takes a range such as 1..1000, not '%s'", given->option->name,
                              text);
    }
    if (given->last < given->first) {
        return wf_fail_status(err, WF_ERR_INVALID, "%s: the range %s is empty", given->option->name, text);
    }
    return WF_OK;
}

static enum wf_status read_shard(struct cli_given *given, struct wf_error *err)
{
    const char *text = given->text;
    const char *slash = strchr(text, '/');

    if (slash == NULL || !cli_number_read(text, slash, &given->first) ||
        !cli_number_read(slash + 1, text + strlen(text), &given->last) || given->first == 0 ||
        given->first > given->last) {
        return wf_fail_status(err, WF_ERR_INVALID, "%s takes a part such as 2/8, from 1/8 to 8/8, not '%s'",
                              given->option->name, text);
    }
    return WF_OK;
}

static enum wf_status read_choice(const struct cli_given *given, struct wf_error *err)
{
    const size_t size = strlen(given->text);
    const char *choice = given->option->value;

    while (choice != NULL) {
        const char *bar = strchr(choice, '|');
        const size_t choice_size = bar == NULL ? strlen(choice) : (size_t)(bar - choice);

        if (choice_size == size && memcmp(choice, given->text, size) == 0) {
            return WF_OK;
        }
        choice = bar == NULL ? NULL : bar + 1;
    }
    return wf_fail_status(err, WF_ERR_INVALID, "%s takes one of %s, not '%s'", given->option->name,
                          given->option->value, given->text);
}

static enum wf_status read_value(struct cli_given *given, struct wf_error *err)
{
    switch (given->option->kind) {
    case CLI_SWITCH:
    case CLI_TEXT:
    case CLI_MANY:
        return WF_OK;
    case CLI_NUMBER:
    case CLI_COUNT:
        return read_whole_number(given, err);
    case CLI_RANGE:
        return read_range(given, err);
    case CLI_SHARD:
        return read_shard(given, err);
    case CLI_CHOICE:
        return read_choice(given, err);
    }
    WF_UNREACHABLE();
}

static const struct cli_option *find_option(const struct cli_command *command, struct wf_string name)
{
    for (const struct cli_option *option = command->options; option->name != NULL; option++) {
        if (wf_string_is(name, option->name)) {
            return option;
        }
    }
    return NULL;
}

static enum wf_status fail_unknown_option(const struct cli_command *command, struct wf_string name,
                                          struct wf_error *err)
{
    struct wf_string names[CLI_OPTIONS_MAX + 1];
    size_t count = 0;
    size_t best = 0;

    for (const struct cli_option *option = command->options; option->name != NULL; option++) {
        WF_ASSERT(count < CLI_OPTIONS_MAX);
        names[count] = wf_string_of(option->name);
        count++;
    }
    names[count] = WF_STR("--help");
    count++;
    best = wf_nearest(name, names, count);
    if (best == count) {
        return wf_fail_status(err, WF_ERR_INVALID, "unknown option %S", &name);
    }
    return wf_fail_status(err, WF_ERR_INVALID, "unknown option %S; did you mean %S?", &name, &names[best]);
}

/* Reads the option at words[*index] and, where it has one, its value; *index is left on the last word used. */
static enum wf_status read_option(const struct cli_command *command, const char *const *words, size_t word_count,
                                  size_t *index, struct cli_given *given, struct wf_error *err)
{
    const char *word = words[*index];
    const char *equals = word[1] == '-' ? strchr(word, '=') : NULL;
    const struct wf_string name = {word, equals == NULL ? strlen(word) : (size_t)(equals - word)};

    *given = (struct cli_given){.option = find_option(command, name)};
    if (given->option == NULL) {
        return fail_unknown_option(command, name, err);
    }
    if (given->option->kind == CLI_SWITCH) {
        if (equals != NULL) {
            return wf_fail_status(err, WF_ERR_INVALID, "%S takes no value", &name);
        }
        return WF_OK;
    }
    if (equals != NULL) {
        given->text = equals + 1;
    } else if (*index + 1 < word_count) {
        *index += 1;
        given->text = words[*index];
    } else {
        return wf_fail_status(err, WF_ERR_INVALID, "%S needs a value: %s", &name, given->option->value);
    }
    return read_value(given, err);
}

static enum wf_status check_operand_count(const struct cli_args *args, struct wf_error *err)
{
    const struct cli_command *command = args->command;

    if (args->operand_count < command->operand_count_min) {
        return wf_fail_status(err, WF_ERR_INVALID, "%s takes %s", command->name, command->operands);
    }
    if (args->operand_count > command->operand_count_max) {
        return wf_fail_status(err, WF_ERR_INVALID, "unexpected '%s'; %s takes %s",
                              args->operands[command->operand_count_max], command->name,
                              command->operand_count_max == 0 ? "no operand" : command->operands);
    }
    return WF_OK;
}

enum wf_status cli_args_read(struct wf_arena *arena, const struct cli_command *command, const char *const *words,
                             size_t word_count, struct cli_args *args, struct wf_error *err)
{
    struct cli_given *given = wf_arena_take_array(arena, word_count, sizeof(*given));
    const char **operands = wf_arena_take_array(arena, word_count, sizeof(*operands));
    bool reads_options = true;

    if (given == NULL || operands == NULL) {
        return wf_fail_status(err, WF_ERR_MEMORY, "out of memory reading the command line");
    }
    *args = (struct cli_args){.command = command, .given = given, .operands = operands};
    for (size_t i = 0; i < word_count; i++) {
        const char *word = words[i];

        if (!reads_options || word[0] != '-' || word[1] == '\0') {
            operands[args->operand_count] = word;
            args->operand_count++;
        } else if (strcmp(word, "--") == 0) {
            reads_options = false;
        } else if (strcmp(word, "--help") == 0 || strcmp(word, "-h") == 0) {
            args->wants_help = true;
            return WF_OK;
        } else {
            struct cli_given *next = &given[args->given_count];

            WF_TRY(read_option(command, words, word_count, &i, next, err));
            if (next->option->kind != CLI_MANY && cli_args_given(args, next->option->name) != NULL) {
                return wf_fail_status(err, WF_ERR_INVALID, "%s is given twice", next->option->name);
            }
            args->given_count++;
        }
    }
    return check_operand_count(args, err);
}

const struct cli_given *cli_args_given(const struct cli_args *args, const char *name)
{
    WF_ASSERT(find_option(args->command, wf_string_of(name)) != NULL);
    for (size_t i = 0; i < args->given_count; i++) {
        if (strcmp(args->given[i].option->name, name) == 0) {
            return &args->given[i];
        }
    }
    return NULL;
}

bool cli_args_has(const struct cli_args *args, const char *name)
{
    return cli_args_given(args, name) != NULL;
}

const char *cli_args_text(const struct cli_args *args, const char *name, const char *fallback)
{
    const struct cli_given *given = cli_args_given(args, name);

    return given == NULL ? fallback : given->text;
}

uint64_t cli_args_number(const struct cli_args *args, const char *name, uint64_t fallback)
{
    const struct cli_given *given = cli_args_given(args, name);

    return given == NULL ? fallback : given->first;
}

const char *cli_args_next(const struct cli_args *args, const char *name, size_t *index)
{
    while (*index < args->given_count) {
        const struct cli_given *given = &args->given[*index];

        *index += 1;
        if (strcmp(given->option->name, name) == 0) {
            return given->text;
        }
    }
    return NULL;
}
