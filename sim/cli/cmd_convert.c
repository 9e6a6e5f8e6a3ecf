/*
 * wfsim convert: one format of histories to another. Nothing is reordered, repaired or validated on the way, so that a
 * conversion and back is the identity, and a broken history can be looked at.
 */
#include <errno.h>
#include <string.h>
#include <sys/stat.h>

#include "engine/archive.h"
#include "engine/base/assert.h"
#include "engine/redact.h"
#include "sim/cli/file.h"
#include "sim/cli/histories.h"
#include "sim/cli/interrupt.h"
#include "sim/cli/redacted_replay.h"

enum target { TARGET_JSON, TARGET_PROTOBUF, TARGET_ARCHIVE };

static const struct {
    const char *name; /* of --to, and with a dot the end of a file name */
    enum target target;
} targets[] = {{"json", TARGET_JSON}, {"pb", TARGET_PROTOBUF}, {"wfh", TARGET_ARCHIVE}};

#define TARGET_COUNT (sizeof(targets) / sizeof(targets[0]))

/* --to, else the end of the output's name; false when neither says. */
static bool find_target(const char *to, const char *path, size_t *index)
{
    const char *dot = strrchr(path, '.');
    const char *name = to != NULL ? to : dot == NULL ? "" : dot + 1;

    for (size_t i = 0; i < TARGET_COUNT; i++) {
        if (strcmp(targets[i].name, name) == 0) {
            *index = i;
            return true;
        }
    }
    return false;
}

struct conversion {
    struct cli *cli;
    struct cli_histories histories;
    size_t target;
    bool redacts;
    struct wf_arena values; /* of the redaction */
    struct wf_redaction redaction;
    struct cli_paths written;
    uint64_t count;
    bool goes_on; /* behind what cannot be read: the other files of a folder, or histories of an archive, are not to blame */
    enum cli_exit worst; /* of such files */
};

/* The next history as it is to be written; NULL after the last one. */
static enum cli_exit read_next(struct conversion *conversion, struct wf_history **history)
{
    struct cli_histories *histories = &conversion->histories;
    enum cli_exit result = cli_histories_next(histories, history);

    while (result == CLI_EXIT_UNREADABLE && conversion->goes_on && (histories->is_open || histories->paths.count > 1)) {
        conversion->worst = result;
        result = cli_histories_next(histories, history);
    }
    if (result != CLI_EXIT_OK || *history == NULL) {
        return result;
    }
    conversion->count++;
    if (conversion->redacts && !wf_redact_history(&conversion->redaction, &histories->current, *history)) {
        cli_complain("cannot redact %s: out of memory", histories->path);
        return CLI_EXIT_ENVIRONMENT;
    }
    return CLI_EXIT_OK;
}

/* Placeholders are shared within a file of the output, and no further. */
static void begin_file(struct conversion *conversion)
{
    wf_arena_reset(&conversion->values);
    wf_redaction_init(&conversion->redaction, &conversion->values);
}

static enum cli_exit remember(struct conversion *conversion, const char *path)
{
    const char **items = conversion->written.items;
    const size_t count = conversion->written.count;

    if (!conversion->redacts) {
        return CLI_EXIT_OK; /* nobody asks */
    }
    if (count == conversion->written.capacity) {
        const size_t capacity = count == 0 ? 64 : count * 2;

        items = wf_arena_take_array(conversion->cli->arena, capacity, sizeof *items);
        if (items == NULL) {
            cli_complain("out of memory");
            return CLI_EXIT_ENVIRONMENT;
        }
        memcpy(items, conversion->written.items == NULL ? items : conversion->written.items, count * sizeof *items);
        conversion->written = (struct cli_paths){.items = items, .count = count, .capacity = capacity};
    }
    items[conversion->written.count++] = path;
    return CLI_EXIT_OK;
}

/* Appends one history as JSON or protobuf; complains and says how to exit when memory is short. */
static enum cli_exit encode(const struct wf_history *history, enum target target, struct wf_buffer *bytes)
{
    if (target == TARGET_JSON) {
        wf_history_write_json(history, bytes);
    } else {
        wf_history_write_protobuf(history, bytes);
    }
    if (bytes->is_full) {
        cli_complain("cannot convert: out of memory");
        return CLI_EXIT_ENVIRONMENT;
    }
    return CLI_EXIT_OK;
}

static enum cli_exit refuse_same(const char *path)
{
    cli_complain("%s is read and would be written over; give the output another name", path);
    return CLI_EXIT_USAGE;
}

/* What is read, the code (or NULL) as well, must be there after a conversion, also after one that went wrong or lost something. */
static enum cli_exit check_output(struct cli *cli, const char *in, const char *code_path,
                                  const struct cli_histories *histories, const char *out)
{
    if (cli_file_is_same(cli->arena, in, out) || (code_path != NULL && cli_file_is_same(cli->arena, code_path, out))) {
        return refuse_same(out);
    }
    for (size_t i = 0; i < histories->paths.count; i++) {
        if (cli_file_is_same(cli->arena, histories->paths.items[i], out)) {
            return refuse_same(histories->paths.items[i]);
        }
    }
    return CLI_EXIT_OK;
}

/*
 * One history into one file. The file is put in place only when the input ends after it: half of an archive under the
 * name of the whole would be taken for the whole.
 */
static enum cli_exit convert_one(struct conversion *conversion, const char *path)
{
    struct cli *cli = conversion->cli;
    struct wf_history *history = NULL;
    struct wf_buffer bytes;
    struct wf_error err;
    enum cli_exit result = read_next(conversion, &history);

    if (result != CLI_EXIT_OK || conversion->histories.is_interrupted) {
        return result;
    }
    WF_ASSERT(history != NULL);
    wf_buffer_init(&bytes, cli->arena);
    result = encode(history, targets[conversion->target].target, &bytes);
    if (result == CLI_EXIT_OK) {
        result = cli_histories_next(&conversion->histories, &history);
    }
    if (result != CLI_EXIT_OK || conversion->histories.is_interrupted) {
        return result;
    }
    if (history != NULL) {
        cli_complain("there is more than one history; name a folder for them, such as `histories/ --to %s`",
                     targets[conversion->target].name);
        return CLI_EXIT_USAGE;
    }
    result = cli_file_write(cli->arena, path, wf_buffer_string(&bytes), &err);
    if (result != CLI_EXIT_OK) {
        cli_complain("%s", err.message);
    }
    return result == CLI_EXIT_OK ? remember(conversion, path) : result;
}

/* "OUT/0003-order-3.json": the place in the input, which keeps the order and tells equal ids apart, and the workflow id. */
static const char *file_name(struct wf_arena *arena, const char *folder, size_t place, struct wf_string workflow_id,
                             const char *end)
{
    struct wf_buffer name;

    wf_buffer_init(&name, arena);
    wf_buffer_printf(&name, "%s%s%04zu-", folder, folder[strlen(folder) - 1] == '/' ? "" : "/", place);
    for (size_t i = 0; i < workflow_id.size_bytes && i < 100; i++) {
        const char c = workflow_id.data[i];
        const bool is_safe = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || wf_is_digit(c) || c == '-' ||
                             c == '_' || c == '.';

        wf_buffer_append_char(&name, is_safe ? c : '_');
    }
    wf_buffer_printf(&name, ".%s%c", end, '\0');
    return name.is_full ? NULL : name.data;
}

/* The next history into a file of its own; *is_last when there was none. */
static enum cli_exit convert_next(struct conversion *conversion, size_t place, const char *folder, bool *is_last)
{
    struct cli *cli = conversion->cli;
    struct wf_history *history = NULL;
    const char *end = targets[conversion->target].name;
    const char *path = NULL;
    struct wf_buffer bytes;
    struct wf_error err;
    enum cli_exit result = CLI_EXIT_OK;

    begin_file(conversion);
    result = read_next(conversion, &history);
    *is_last = history == NULL;
    if (result != CLI_EXIT_OK || *is_last) {
        return result;
    }
    path = file_name(cli->arena, folder, place, history->workflow_id, end);
    if (path != NULL && cli_file_is_same(cli->arena, conversion->histories.path, path)) {
        return refuse_same(path);
    }
    result = path == NULL ? CLI_EXIT_ENVIRONMENT : remember(conversion, path);
    const struct wf_arena_mark mark = wf_arena_mark(cli->arena);
    wf_buffer_init(&bytes, cli->arena);
    if (result == CLI_EXIT_OK) {
        result = encode(history, targets[conversion->target].target, &bytes);
    }
    if (result == CLI_EXIT_OK && cli_file_write(cli->arena, path, wf_buffer_string(&bytes), &err) != CLI_EXIT_OK) {
        cli_complain("%s", err.message);
        result = CLI_EXIT_ENVIRONMENT;
    }
    wf_arena_rewind(cli->arena, mark);
    return result;
}

static enum cli_exit convert_many(struct conversion *conversion, const char *folder)
{
    enum cli_exit result = CLI_EXIT_OK;
    bool is_last = false;

    if (mkdir(folder, 0777) != 0 && errno != EEXIST) {
        cli_complain("cannot make the folder %s: %s", folder, strerror(errno));
        return CLI_EXIT_ENVIRONMENT;
    }
    for (size_t place = 1; result == CLI_EXIT_OK && !is_last; place++) {
        const struct wf_arena_mark mark = wf_arena_mark(conversion->cli->arena);

        result = convert_next(conversion, place, folder, &is_last);
        if (!conversion->redacts) {
            wf_arena_rewind(conversion->cli->arena, mark); /* names of files are kept for a replay only */
        }
    }
    return result;
}

/* Writes what the archive writer has appended, and empties it. */
static enum cli_exit pass_on(struct cli_writer *file, struct wf_buffer *bytes, enum wf_status status,
                             struct wf_error *err)
{
    enum cli_exit result = status == WF_OK ? cli_writer_write(file, wf_buffer_string(bytes), err)
                                           : CLI_EXIT_ENVIRONMENT;

    if (result != CLI_EXIT_OK) {
        cli_complain("%s", err->message);
    }
    wf_buffer_reset(bytes);
    return result;
}

static enum cli_exit append_all(struct conversion *conversion, struct cli_writer *file)
{
    struct wf_history *history = NULL;
    struct wf_archive_writer archive;
    struct wf_buffer bytes;
    struct wf_arena arena; /* the writer's own */
    struct wf_error err;
    enum cli_exit result = CLI_EXIT_OK;

    wf_arena_init(&arena, wf_system_blocks(), 0);
    wf_buffer_init(&bytes, conversion->cli->arena);
    result = pass_on(file, &bytes, wf_archive_writer_init(&archive, &arena, &bytes, &err), &err);
    while (result == CLI_EXIT_OK) {
        result = read_next(conversion, &history);
        if (result != CLI_EXIT_OK || history == NULL) {
            break;
        }
        result = pass_on(file, &bytes, wf_archive_append_history(&archive, history, &bytes, &err), &err);
    }
    if (result == CLI_EXIT_OK) {
        result = pass_on(file, &bytes, wf_archive_finish(&archive, &bytes, &err), &err);
    }
    wf_arena_deinit(&arena);
    return result;
}

static enum cli_exit convert_to_archive(struct conversion *conversion, const char *path)
{
    struct cli_writer file;
    struct wf_error err;
    enum cli_exit result = cli_writer_open(&file, conversion->cli->arena, path, &err);

    if (result != CLI_EXIT_OK) {
        cli_complain("%s", err.message);
        return result;
    }
    result = append_all(conversion, &file);
    /* Nor is an archive of nothing, or of a part, put in the place of a whole one. */
    if (result != CLI_EXIT_OK || conversion->histories.is_interrupted || conversion->count == 0) {
        cli_writer_abandon(&file);
        return result;
    }
    result = cli_writer_commit(&file, &err);
    if (result != CLI_EXIT_OK) {
        cli_complain("%s", err.message);
    }
    return result == CLI_EXIT_OK ? remember(conversion, path) : result;
}

static bool is_folder(const char *path)
{
    struct stat status = {0};

    return path[strlen(path) - 1] == '/' || (stat(path, &status) == 0 && S_ISDIR(status.st_mode));
}

static enum cli_exit convert(struct conversion *conversion, const char *out)
{
    const bool is_archive = targets[conversion->target].target == TARGET_ARCHIVE;
    enum cli_exit result = CLI_EXIT_OK;

    conversion->goes_on = is_archive || is_folder(out);
    if (is_archive) {
        result = convert_to_archive(conversion, out);
    } else if (is_folder(out)) {
        result = convert_many(conversion, out);
    } else {
        result = convert_one(conversion, out);
    }
    /* What is whole was written; whoever goes on with it must know that it is not all. */
    return result == CLI_EXIT_OK && conversion->histories.is_cut ? CLI_EXIT_UNREADABLE : cli_exit_worse(result, conversion->worst);
}

/* -w is about what redaction does to a replay, and reads both sides again. */
static enum cli_exit check_code_option(const struct cli_args *args)
{
    if (cli_args_text(args, "-w", NULL) == NULL) {
        return CLI_EXIT_OK;
    }
    if (!cli_args_has(args, "--redact")) {
        cli_complain("-w goes with --redact; `wfsim replay -w CODE HISTORY...` replays");
        return CLI_EXIT_USAGE;
    }
    if (strcmp(args->operands[0], "-") == 0 || strcmp(args->operands[1], "-") == 0) {
        cli_complain("-w replays what is read and what is written: name files, not `-`");
        return CLI_EXIT_USAGE;
    }
    return CLI_EXIT_OK;
}

static enum cli_exit convert_and_replay(struct conversion *conversion, const struct cli_args *args)
{
    const char *code_path = cli_args_text(args, "-w", NULL);
    struct cli_code code = {.path = NULL};
    enum cli_exit result =
        check_output(conversion->cli, args->operands[0], code_path, &conversion->histories, args->operands[1]);

    if (result == CLI_EXIT_OK && code_path != NULL) {
        result = cli_code_prepare(conversion->cli, code_path, &code);
    }
    if (result != CLI_EXIT_OK) {
        return result;
    }
    cli_interrupt_catch();
    result = convert(conversion, args->operands[1]);
    if (code_path != NULL && !cli_interrupted() && conversion->count > 0 &&
        (result == CLI_EXIT_OK || (conversion->goes_on && result == CLI_EXIT_UNREADABLE))) {
        result = cli_exit_worse(result, cli_redacted_replay(conversion->cli, &code, &conversion->histories.paths,
                                                            &conversion->written, conversion->count));
    }
    return result;
}

static enum cli_exit run(struct cli *cli, const struct cli_args *args)
{
    const char *out = args->operands[1];
    struct conversion conversion = {.cli = cli, .redacts = cli_args_has(args, "--redact")};
    enum cli_exit result = check_code_option(args);

    if (result != CLI_EXIT_OK) {
        return result;
    }
    if (out[0] == '\0' || !find_target(cli_args_text(args, "--to", NULL), out, &conversion.target)) {
        cli_complain("the name '%s' does not tell the format; say --to json, pb or wfh", out);
        return CLI_EXIT_USAGE;
    }
    if (targets[conversion.target].target == TARGET_ARCHIVE && is_folder(out)) {
        cli_complain("%s is a folder, and an archive is one file: name it, such as %s%shistories.wfh", out, out,
                     out[strlen(out) - 1] == '/' ? "" : "/");
        return CLI_EXIT_USAGE;
    }
    wf_arena_init(&conversion.values, wf_system_blocks(), 0);
    begin_file(&conversion);
    result = cli_histories_open(&conversion.histories, cli->arena, args->operands, 1);
    if (result == CLI_EXIT_OK) {
        result = convert_and_replay(&conversion, args);
    }
    cli_histories_close(&conversion.histories);
    wf_arena_deinit(&conversion.values);
    return result;
}

static const struct cli_option options[] = {
    {"--to", CLI_CHOICE, "json|pb|wfh", "the format; from the end of OUT's name when not given"},
    {"--redact", CLI_SWITCH, NULL, "replace values by placeholders of the same shape"},
    {"-w", CLI_TEXT, "CODE", "with --redact: replay before and after, list changed verdicts, exit 1 for one"},
    {NULL, CLI_SWITCH, NULL, NULL},
};

const struct cli_command cli_command_convert = {
    .name = "convert",
    .operands = "IN OUT",
    .operand_count_min = 2,
    .operand_count_max = 2,
    .summary = "write a history in another format, or without its values",
    .description = "Reads IN in any format of histories, or every history in the folder IN, and writes OUT as canonical\n"
                   "JSON (json), protobuf (pb) or an archive (wfh). Events stay as they are and in the order they have.\n"
                   "When OUT is a folder, or ends with `/`, every history becomes a file in it. `-` is standard input\n"
                   "or output.\n\n"
                   "--redact makes a history that can be shown: of payloads, headers, memo and search attributes stay\n"
                   "structure, names of members and lengths, of numbers how many digits they have; messages and stack\n"
                   "traces of failures, reasons, identities and the names of workers' own queues become letters. Equal\n"
                   "values stay equal within a file. Ids, names of workflows, activities, signals and queues, keys of\n"
                   "memo and search attributes, cron schedules and times stay, and what a codec encrypted stays whole:\n"
                   "look at them before you show the file.",
    .options = options,
    .example = "wfsim convert orders.json.gz order.pb\n"
               "  wfsim convert production/ shown.wfh --redact -w orders.c",
    .run = run,
};
