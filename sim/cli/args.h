/*
 * Command lines read against a table of options: `--name value`, `--name=value`, `-w value`, `--` ends the options, `-` is
 * an operand (standard input). Every message names the word that is wrong and, where one is near, the right one.
 */
#ifndef SIM_CLI_ARGS_H
#define SIM_CLI_ARGS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "engine/base/arena.h"
#include "engine/base/status.h"

enum cli_kind {
    CLI_SWITCH, /* no value */
    CLI_TEXT,   /* any text */
    CLI_NUMBER, /* 64 bits, decimal or 0x hexadecimal */
    CLI_COUNT,  /* a number from 1 */
    CLI_RANGE,  /* A..B, both included, or one number */
    CLI_SHARD,  /* I/N, 1 <= I <= N */
    CLI_CHOICE, /* one of the words of `value`, which `|` separates */
    CLI_MANY,   /* any text, may be given several times */
};

struct cli_option {
    const char *name; /* "--seed", "-w" */
    enum cli_kind kind;
    const char *value; /* what help calls the value: "N"; NULL for a switch */
    const char *help;  /* one line, without a full stop */
};

/* The option that every command with results offers. */
#define CLI_OPTION_OUTPUT {"-o", CLI_CHOICE, "text|json|jsonl", "how results are written; text when not given"}

/* One option as it was given. */
struct cli_given {
    const struct cli_option *option;
    const char *text;
    uint64_t first; /* of a number, count, range or shard */
    uint64_t last;  /* of a range; the N of a shard */
};

struct cli_command;

struct cli_args {
    const struct cli_command *command;
    const struct cli_given *given;
    size_t given_count;
    const char *const *operands;
    size_t operand_count;
    bool wants_help;
};

/*
 * Reads the words after the command's name. Values are borrowed from words.
 *
 * Errors: WF_ERR_INVALID with a sentence for the user, WF_ERR_MEMORY.
 */
enum wf_status cli_args_read(struct wf_arena *arena, const struct cli_command *command, const char *const *words,
                             size_t word_count, struct cli_args *args, struct wf_error *err);

/* Digits up to the end, decimal or 0x hexadecimal; false when that is no number of 64 bits. */
bool cli_number_read(const char *text, const char *end, uint64_t *value);

/* The name must be in the command's table. */
bool cli_args_has(const struct cli_args *args, const char *name);

/* The text of an option; fallback (which may be NULL) when it was not given. */
const char *cli_args_text(const struct cli_args *args, const char *name, const char *fallback);

/* The value of a number or count. */
uint64_t cli_args_number(const struct cli_args *args, const char *name, uint64_t fallback);

/* The option as it was given, for ranges and shards; NULL when it was not. */
const struct cli_given *cli_args_given(const struct cli_args *args, const char *name);

/* The next value of a CLI_MANY option at or after *index, which is moved past it; NULL at the end. */
const char *cli_args_next(const struct cli_args *args, const char *name, size_t *index);

#endif
