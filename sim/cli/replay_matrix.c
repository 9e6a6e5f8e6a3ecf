/*
 * The histories are read once to learn which code each comes from, as archives record it; then every code replays all of them.
 * What comes from a code that is not among the given ones was there before all of them: the last must replay it.
 */
#include "sim/cli/replay_matrix.h"

#include <string.h>

#include "engine/base/assert.h"
#include "engine/diagnosis.h"
#include "sim/cli/histories.h"
#include "sim/cli/interrupt.h"
#include "sim/cli/load_code.h"
#include "sim/report/markup.h"
#include "sim/report/shell.h"
#include "sim/report/visible.h"

#define CODES_MAX 64u
#define COLUMNS_MAX 32u /* the last is for all that found no place */
#define NO_CODE UINT32_MAX

/* Histories of one origin: a code, or the folder or file that the user named when nobody says. */
struct column {
    struct wf_string name;
    uint64_t digest; /* of the code; 0: not recorded */
    uint32_t code;   /* its place among the codes, or NO_CODE */
    uint64_t count;
};

struct cell {
    uint64_t ok;
    uint64_t failed;
    uint64_t unreadable;
};

struct cli_matrix {
    struct cli *cli;
    struct wf_string options; /* as the user gave them; of those that decide verdicts */
    struct cli_code codes[CODES_MAX];
    uint32_t code_count;
    struct column columns[COLUMNS_MAX];
    uint32_t column_count;
    struct {
        uint32_t *items; /* column of each history, in input order */
        uint32_t count;
        uint32_t capacity;
    } places;
    uint32_t *first_places; /* by file: its first history's */
    size_t file_count;
    uint32_t row;
    struct cell cells[CODES_MAX][COLUMNS_MAX];
};

static enum cli_exit fail_memory(void)
{
    cli_complain("out of memory");
    return CLI_EXIT_ENVIRONMENT;
}

/* ---- What the command line names ---- */

static bool is_code(const char *operand)
{
    const struct wf_string word = wf_string_of(operand);

    return (word.size_bytes > 2 && strcmp(operand + word.size_bytes - 2, ".c") == 0) ||
           (word.size_bytes > 3 && strcmp(operand + word.size_bytes - 3, ".so") == 0);
}

static enum cli_exit take_codes(struct cli_matrix *matrix, struct cli_args *args)
{
    static const char *const refused[] = {"--sample",  "--shard", "--baseline", "--fail-fast", "--json",
                                          "--junit",   "--sarif", "--html",     "--github"};
    const char *first = cli_args_text(args, "-w", NULL);
    const char *paths[CODES_MAX];
    uint32_t count = 0;

    for (size_t i = 0; i < sizeof refused / sizeof *refused; i++) {
        if (cli_args_has(args, refused[i])) {
            cli_complain("%s does not go with --matrix, which writes one table: -o json and --markdown", refused[i]);
            return CLI_EXIT_USAGE;
        }
    }
    if (first != NULL) {
        paths[count++] = first;
    }
    for (; args->operand_count > 0 && is_code(args->operands[0]); args->operands++, args->operand_count--) {
        if (count == CODES_MAX) {
            cli_complain("--matrix takes at most %u codes", CODES_MAX);
            return CLI_EXIT_USAGE;
        }
        paths[count++] = args->operands[0];
    }
    if (count < 2 || args->operand_count == 0) {
        cli_complain("--matrix needs two codes or more and then histories: wfsim replay --matrix v1.c v2.c HISTORY...");
        return CLI_EXIT_USAGE;
    }
    for (size_t i = 0; i < args->operand_count; i++) {
        if (strcmp(args->operands[i], "-") == 0) {
            cli_complain("--matrix reads its histories several times: give files, not standard input");
            return CLI_EXIT_USAGE;
        }
    }
    for (uint32_t i = 0; i < count; i++) {
        const enum cli_exit result = cli_code_prepare(matrix->cli, paths[i], &matrix->codes[i]);

        if (result != CLI_EXIT_OK) {
            return result;
        }
    }
    matrix->code_count = count;
    return CLI_EXIT_OK;
}

/* ---- Whose histories they are ---- */

static uint32_t code_of(const struct cli_matrix *matrix, uint64_t digest)
{
    for (uint32_t i = 0; digest != 0 && i < matrix->code_count; i++) {
        if (matrix->codes[i].digest == digest) {
            return i;
        }
    }
    return NO_CODE;
}

/* What the user wrote for it: a folder stands for the files below it. */
static struct wf_string operand_of(const struct cli_args *args, struct wf_string path)
{
    for (size_t i = 0; i < args->operand_count; i++) {
        const struct wf_string operand = wf_string_of(args->operands[i]);

        if (wf_string_starts_with(path, operand) && path.size_bytes > operand.size_bytes &&
            (path.data[operand.size_bytes] == '/' || operand.data[operand.size_bytes - 1] == '/')) {
            return operand;
        }
    }
    return path;
}

/* COLUMNS_MAX when memory is short. */
static uint32_t column_of(struct cli_matrix *matrix, uint64_t digest, struct wf_string file)
{
    const uint32_t code = code_of(matrix, digest);
    struct wf_buffer name;

    for (uint32_t i = 0; i < matrix->column_count; i++) {
        const struct column *column = &matrix->columns[i];

        if (column->digest == digest && (digest != 0 || wf_string_equal(column->name, file))) {
            return i;
        }
    }
    if (matrix->column_count == COLUMNS_MAX) {
        return COLUMNS_MAX - 1;
    }
    wf_buffer_init(&name, matrix->cli->arena);
    if (matrix->column_count == COLUMNS_MAX - 1) {
        wf_buffer_append_text(&name, "others");
    } else if (code != NO_CODE) {
        wf_buffer_append_text(&name, matrix->codes[code].path);
    } else if (digest != 0) {
        wf_buffer_printf(&name, "code %016llx", (unsigned long long)digest);
    } else {
        wf_buffer_append_string(&name, file);
    }
    matrix->columns[matrix->column_count] =
        (struct column){.name = wf_buffer_string(&name),
                        .digest = digest,
                        .code = matrix->column_count == COLUMNS_MAX - 1 ? NO_CODE : code};
    return name.is_full ? COLUMNS_MAX : matrix->column_count++;
}

static enum cli_exit take_place(struct cli_matrix *matrix, const struct cli_args *args, const struct cli_histories *histories)
{
    const uint32_t column =
        column_of(matrix, histories->history.code_digest, operand_of(args, wf_string_of(histories->path)));
    uint32_t *place = WF_LIST_APPEND(matrix->cli->arena, matrix->places);

    if (column == COLUMNS_MAX || place == NULL) {
        return fail_memory();
    }
    *place = column;
    matrix->columns[column].count++;
    if (histories->file_count == 1) {
        matrix->first_places[histories->next_path - 1] = matrix->places.count - 1;
    }
    return CLI_EXIT_OK;
}

/* A file that cannot be read is said here, and again in no row. */
static enum cli_exit take_places(struct cli_matrix *matrix, const struct cli_args *args)
{
    struct cli_histories histories;
    struct wf_history *history = NULL;
    enum cli_exit worst = cli_histories_open(&histories, matrix->cli->arena, args->operands, args->operand_count);
    const bool is_open = worst == CLI_EXIT_OK;

    matrix->file_count = histories.paths.count;
    matrix->first_places = wf_arena_take_array(matrix->cli->arena, matrix->file_count, sizeof *matrix->first_places);
    if (matrix->first_places == NULL) {
        worst = fail_memory();
    }
    cli_interrupt_catch();
    while (is_open && worst != CLI_EXIT_ENVIRONMENT && cli_histories_next_readable(&histories, &history, &worst)) {
        worst = cli_exit_worse(worst, take_place(matrix, args, &histories));
    }
    cli_histories_close(&histories);
    return matrix->places.count > 0 || worst != CLI_EXIT_OK ? worst : CLI_EXIT_UNREADABLE;
}

/* ---- The cells ---- */

/* What is no history was said when the places were taken. One without events was read. */
static bool is_read(const struct sim_verdict *verdict)
{
    return verdict->verdict != WF_VERDICT_BAD_HISTORY || verdict->event_count > 0 ||
           (verdict->diagnosis != NULL &&
            strcmp(verdict->diagnosis, wf_diagnosis_code(WF_DIAGNOSIS_HISTORY_START_MISSING)) == 0);
}

/* It is as bad for every code. */
static void complain_once(const struct cli_matrix *matrix, const struct sim_verdict *verdict)
{
    if (matrix->row == 0) {
        cli_complain("%.*s: history %u: %.*s", (int)verdict->file.size_bytes, verdict->file.data, (unsigned)verdict->history_number,
                     (int)verdict->message.size_bytes, verdict->message.data);
    }
}

void cli_matrix_take(struct cli_matrix *matrix, const struct sim_verdict *verdict)
{
    const size_t file = verdict->file_number - 1;
    const uint64_t place = file < matrix->file_count ? (uint64_t)matrix->first_places[file] + verdict->history_number - 1 : 0;
    struct cell *cell = NULL;

    if (!is_read(verdict)) {
        return; /* it has no column */
    }
    WF_ASSERT(file < matrix->file_count);
    if (place >= matrix->places.count) {
        return; /* the file grew meanwhile */
    }
    cell = &matrix->cells[matrix->row][matrix->places.items[place]];
    if (verdict->verdict == WF_VERDICT_OK) {
        cell->ok++;
    } else if (verdict->verdict == WF_VERDICT_BAD_HISTORY) {
        cell->unreadable++;
        complain_once(matrix, verdict);
    } else {
        cell->failed++;
    }
}

/* Open runs of an earlier code meet the later one in a rollout; the other way round it is a rollback, which is shown. */
static bool is_blocked(const struct cli_matrix *matrix, uint32_t row, uint32_t column)
{
    const uint32_t code = matrix->columns[column].code;

    return matrix->cells[row][column].failed > 0 && (code == NO_CODE ? row == matrix->code_count - 1 : code <= row);
}

/* ---- What is said ---- */

static void append_cell(struct wf_buffer *text, const struct cell *cell)
{
    const uint64_t total = cell->ok + cell->failed;

    if (total > 0 && cell->failed == 0) {
        wf_buffer_printf(text, "all %llu", (unsigned long long)total);
    } else if (total > 0 && cell->ok == 0) {
        wf_buffer_printf(text, "none of %llu", (unsigned long long)total);
    } else if (total > 0) {
        wf_buffer_printf(text, "%llu of %llu", (unsigned long long)cell->ok, (unsigned long long)total);
    }
    if (cell->unreadable > 0) {
        wf_buffer_printf(text, "%s%llu bad", total > 0 ? ", " : "", (unsigned long long)cell->unreadable);
    }
}

static size_t width_of(const struct cli_matrix *matrix, uint32_t column)
{
    size_t width = matrix->columns[column].name.size_bytes;

    for (uint32_t row = 0; row < matrix->code_count; row++) {
        struct wf_buffer text;

        wf_buffer_init(&text, matrix->cli->arena);
        append_cell(&text, &matrix->cells[row][column]);
        width = text.size_bytes > width ? text.size_bytes : width;
    }
    return width;
}

static void append_blocked(const struct cli_matrix *matrix, const struct cli_args *args, struct wf_buffer *text)
{
    for (uint32_t row = 0; row < matrix->code_count; row++) {
        bool is_any = false;

        for (uint32_t i = 0; i < matrix->column_count; i++) {
            if (is_blocked(matrix, row, i)) {
                sim_append_visible(text, wf_string_of(matrix->codes[row].path), 0);
                wf_buffer_printf(text, " cannot replay %llu of the histories of ",
                                 (unsigned long long)matrix->cells[row][i].failed);
                sim_append_visible(text, matrix->columns[i].name, 0);
                wf_buffer_append_char(text, '\n');
                is_any = true;
            }
        }
        if (is_any) {
            wf_buffer_append_text(text, "  see why: ");
            sim_shell_path(text, wf_string_of(matrix->cli->program));
            wf_buffer_append_text(text, " replay -w ");
            sim_shell_path(text, wf_string_of(matrix->codes[row].path));
            if (matrix->options.size_bytes > 0) {
                wf_buffer_append_char(text, ' ');
                wf_buffer_append_string(text, matrix->options);
            }
            for (size_t i = 0; i < args->operand_count; i++) {
                wf_buffer_append_char(text, ' ');
                sim_shell_path(text, wf_string_of(args->operands[i]));
            }
            wf_buffer_append_char(text, '\n');
        }
    }
}

/* The last one ends its line. */
static void append_in_column(const struct cli_matrix *matrix, uint32_t column, struct wf_string words, struct wf_buffer *text)
{
    wf_buffer_append_text(text, "  ");
    if (column + 1 == matrix->column_count) {
        sim_append_visible(text, words, 0);
    } else {
        sim_append_column(text, words, width_of(matrix, column));
    }
}

static void append_text(const struct cli_matrix *matrix, const struct cli_args *args, struct wf_buffer *text)
{
    const struct wf_string corner = WF_STR("replays the histories of");
    size_t first_width = corner.size_bytes;

    for (uint32_t row = 0; row < matrix->code_count; row++) {
        const size_t size_bytes = strlen(matrix->codes[row].path);

        first_width = size_bytes > first_width ? size_bytes : first_width;
    }
    sim_append_column(text, corner, first_width);
    for (uint32_t i = 0; i < matrix->column_count; i++) {
        append_in_column(matrix, i, matrix->columns[i].name, text);
    }
    wf_buffer_append_char(text, '\n');
    for (uint32_t row = 0; row < matrix->code_count; row++) {
        sim_append_column(text, wf_string_of(matrix->codes[row].path), first_width);
        for (uint32_t i = 0; i < matrix->column_count; i++) {
            struct wf_buffer cell;

            wf_buffer_init(&cell, matrix->cli->arena);
            append_cell(&cell, &matrix->cells[row][i]);
            append_in_column(matrix, i, wf_buffer_string(&cell), text);
        }
        wf_buffer_append_char(text, '\n');
    }
    append_blocked(matrix, args, text);
}

static void append_markdown(const struct cli_matrix *matrix, struct wf_buffer *text)
{
    wf_buffer_append_text(text, "| replays the histories of |");
    for (uint32_t i = 0; i < matrix->column_count; i++) {
        wf_buffer_append_char(text, ' ');
        sim_markup_markdown(text, matrix->columns[i].name);
        wf_buffer_append_text(text, " |");
    }
    wf_buffer_append_text(text, "\n| --- |");
    for (uint32_t i = 0; i < matrix->column_count; i++) {
        wf_buffer_append_text(text, " --- |");
    }
    wf_buffer_append_char(text, '\n');
    for (uint32_t row = 0; row < matrix->code_count; row++) {
        wf_buffer_append_text(text, "| ");
        sim_markup_markdown(text, wf_string_of(matrix->codes[row].path));
        wf_buffer_append_text(text, " |");
        for (uint32_t i = 0; i < matrix->column_count; i++) {
            const bool is_bold = is_blocked(matrix, row, i);

            wf_buffer_append_text(text, is_bold ? " **" : " ");
            append_cell(text, &matrix->cells[row][i]);
            wf_buffer_append_text(text, is_bold ? "** |" : " |");
        }
        wf_buffer_append_char(text, '\n');
    }
}

static void append_json_cell(const struct cli_matrix *matrix, uint32_t row, uint32_t column, struct wf_json_writer *json)
{
    const struct cell *cell = &matrix->cells[row][column];

    wf_json_begin_object(json);
    wf_json_put_string(json, "histories_of", matrix->columns[column].name);
    wf_json_put_u64(json, "ok", cell->ok);
    wf_json_put_u64(json, "failed", cell->failed);
    wf_json_put_u64(json, "bad_history", cell->unreadable);
    wf_json_key(json, "is_blocked");
    wf_json_bool(json, is_blocked(matrix, row, column));
    wf_json_end_object(json);
}

static void append_json(const struct cli_matrix *matrix, struct wf_buffer *text)
{
    struct wf_json_writer json;

    wf_json_writer_init(&json, text, 0);
    wf_json_begin_object(&json);
    wf_json_key(&json, "matrix");
    wf_json_begin_array(&json);
    for (uint32_t row = 0; row < matrix->code_count; row++) {
        wf_json_begin_object(&json);
        wf_json_put_string(&json, "code", wf_string_of(matrix->codes[row].path));
        wf_json_key(&json, "cells");
        wf_json_begin_array(&json);
        for (uint32_t i = 0; i < matrix->column_count; i++) {
            append_json_cell(matrix, row, i, &json);
        }
        wf_json_end_array(&json);
        wf_json_end_object(&json);
    }
    wf_json_end_array(&json);
    wf_json_end_object(&json);
    wf_buffer_append_char(text, '\n');
}

static enum cli_exit print(const struct cli_matrix *matrix, const struct cli_args *args)
{
    const char *path = cli_args_text(args, "--markdown", NULL);
    struct wf_error err = {0};
    struct wf_buffer text;
    enum cli_exit result = CLI_EXIT_OK;

    if (matrix->cli->out->format == CLI_FORMAT_TEXT) {
        append_text(matrix, args, &matrix->cli->out->text);
    } else {
        append_json(matrix, &matrix->cli->out->text);
    }
    if (path != NULL) {
        wf_buffer_init(&text, matrix->cli->arena);
        append_markdown(matrix, &text);
        result = text.is_full ? fail_memory() : cli_file_write(matrix->cli->arena, path, wf_buffer_string(&text), &err);
        if (result != CLI_EXIT_OK && !text.is_full) {
            cli_complain("%s", err.message);
        }
    }
    for (uint32_t row = 0; row < matrix->code_count; row++) {
        for (uint32_t i = 0; i < matrix->column_count; i++) {
            result = is_blocked(matrix, row, i) ? cli_exit_worse(result, CLI_EXIT_FINDING) : result;
            result = matrix->cells[row][i].unreadable > 0 ? cli_exit_worse(result, CLI_EXIT_UNREADABLE) : result;
        }
    }
    return result;
}

enum cli_exit cli_matrix_run(struct cli *cli, const struct cli_args *args, struct wf_string options,
                             enum cli_exit (*replay)(struct cli *cli, const struct cli_args *args, const char *code_path,
                                                     struct cli_matrix *matrix))
{
    struct cli_matrix *matrix = WF_ARENA_NEW(cli->arena, struct cli_matrix);
    struct cli_args histories = *args;
    enum cli_exit result = matrix == NULL ? fail_memory() : CLI_EXIT_OK;

    if (result == CLI_EXIT_OK) {
        matrix->cli = cli;
        matrix->options = options;
        result = take_codes(matrix, &histories);
    }
    if (result == CLI_EXIT_OK) {
        result = take_places(matrix, &histories);
    }
    if ((result != CLI_EXIT_OK && result != CLI_EXIT_UNREADABLE) || matrix->places.count == 0) {
        return result;
    }
    for (uint32_t row = 0; row < matrix->code_count; row++) {
        matrix->row = row;
        const enum cli_exit ended = cli_interrupted() ? CLI_EXIT_OK : replay(cli, &histories, matrix->codes[row].path, matrix);
        if (cli_interrupted()) {
            cli_complain("interrupted: %u of %u codes done; half a table would say what is not so", row, matrix->code_count);
        }
        if (ended != CLI_EXIT_OK || cli_interrupted()) {
            return ended;
        }
    }
    return cli_exit_worse(result, print(matrix, &histories));
}
