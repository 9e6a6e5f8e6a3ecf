/*
 * wfsim convert: one format of histories to another. Nothing is reordered, repaired or validated on the way, so that a
 * conversion and back is the identity, and a broken history can be looked at.
 */
#include <errno.h>
#include <string.h>
#include <sys/stat.h>

#include "engine/archive.h"
#include "engine/base/assert.h"
#include "sim/cli/file.h"
#include "sim/cli/histories.h"

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

/* What is read must be there after a conversion, also after one that went wrong or lost something. */
static enum cli_exit check_output(struct cli *cli, const char *in, const struct cli_histories *histories,
                                  const char *out)
{
    if (cli_file_is_same(cli->arena, in, out)) {
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
static enum cli_exit convert_one(struct cli *cli, struct cli_histories *histories, size_t target, const char *path)
{
    struct wf_history *history = NULL;
    struct wf_buffer bytes;
    struct wf_error err;
    enum cli_exit result = cli_histories_next(histories, &history);

    if (result != CLI_EXIT_OK) {
        return result;
    }
    WF_ASSERT(history != NULL);
    wf_buffer_init(&bytes, cli->arena);
    result = encode(history, targets[target].target, &bytes);
    if (result == CLI_EXIT_OK) {
        result = cli_histories_next(histories, &history);
    }
    if (result != CLI_EXIT_OK) {
        return result;
    }
    if (history != NULL) {
        cli_complain("there is more than one history; name a folder for them, such as `histories/ --to %s`",
                     targets[target].name);
        return CLI_EXIT_USAGE;
    }
    result = cli_file_write(cli->arena, path, wf_buffer_string(&bytes), &err);
    if (result != CLI_EXIT_OK) {
        cli_complain("%s", err.message);
    }
    return result;
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

static enum cli_exit convert_many(struct cli *cli, struct cli_histories *histories, size_t target, const char *folder)
{
    struct wf_history *history = NULL;
    struct wf_error err;

    if (mkdir(folder, 0777) != 0 && errno != EEXIST) {
        cli_complain("cannot make the folder %s: %s", folder, strerror(errno));
        return CLI_EXIT_ENVIRONMENT;
    }
    for (size_t place = 1;; place++) {
        const struct wf_arena_mark mark = wf_arena_mark(cli->arena);
        const char *path = NULL;
        struct wf_buffer bytes;
        enum cli_exit result = cli_histories_next(histories, &history);

        if (result != CLI_EXIT_OK || history == NULL) {
            return result;
        }
        wf_buffer_init(&bytes, cli->arena);
        result = encode(history, targets[target].target, &bytes);
        if (result != CLI_EXIT_OK) {
            return result;
        }
        path = file_name(cli->arena, folder, place, history->workflow_id, targets[target].name);
        if (path != NULL && cli_file_is_same(cli->arena, histories->path, path)) {
            return refuse_same(path);
        }
        if (path == NULL || cli_file_write(cli->arena, path, wf_buffer_string(&bytes), &err) != CLI_EXIT_OK) {
            cli_complain("%s", path == NULL ? "out of memory" : err.message);
            return CLI_EXIT_ENVIRONMENT;
        }
        wf_arena_rewind(cli->arena, mark);
    }
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

static enum cli_exit append_all(struct cli *cli, struct cli_histories *histories, struct cli_writer *file)
{
    struct wf_history *history = NULL;
    struct wf_archive_writer archive;
    struct wf_buffer bytes;
    struct wf_arena arena; /* the writer's own */
    struct wf_error err;
    enum cli_exit result = CLI_EXIT_OK;

    wf_arena_init(&arena, wf_system_blocks(), 0);
    wf_buffer_init(&bytes, cli->arena);
    result = pass_on(file, &bytes, wf_archive_writer_init(&archive, &arena, &bytes, &err), &err);
    while (result == CLI_EXIT_OK) {
        result = cli_histories_next(histories, &history);
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

static enum cli_exit convert_to_archive(struct cli *cli, struct cli_histories *histories, const char *path)
{
    struct cli_writer file;
    struct wf_error err;
    enum cli_exit result = cli_writer_open(&file, cli->arena, path, &err);

    if (result != CLI_EXIT_OK) {
        cli_complain("%s", err.message);
        return result;
    }
    result = append_all(cli, histories, &file);
    if (result != CLI_EXIT_OK) {
        cli_writer_abandon(&file);
        return result;
    }
    result = cli_writer_commit(&file, &err);
    if (result != CLI_EXIT_OK) {
        cli_complain("%s", err.message);
    }
    return result;
}

static bool is_folder(const char *path)
{
    struct stat status = {0};

    return path[strlen(path) - 1] == '/' || (stat(path, &status) == 0 && S_ISDIR(status.st_mode));
}

static enum cli_exit run(struct cli *cli, const struct cli_args *args)
{
    const char *out = args->operands[1];
    struct cli_histories histories;
    size_t target = 0;
    enum cli_exit result = CLI_EXIT_OK;

    if (out[0] == '\0' || !find_target(cli_args_text(args, "--to", NULL), out, &target)) {
        cli_complain("the name '%s' does not tell the format; say --to json, pb or wfh", out);
        return CLI_EXIT_USAGE;
    }
    result = cli_histories_open(&histories, cli->arena, args->operands, 1);
    if (result == CLI_EXIT_OK) {
        result = check_output(cli, args->operands[0], &histories, out);
    }
    if (result == CLI_EXIT_OK) {
        if (targets[target].target == TARGET_ARCHIVE) {
            result = convert_to_archive(cli, &histories, out);
        } else if (is_folder(out)) {
            result = convert_many(cli, &histories, target, out);
        } else {
            result = convert_one(cli, &histories, target, out);
        }
    }
    if (result == CLI_EXIT_OK && histories.is_cut) {
        result = CLI_EXIT_UNREADABLE; /* what is whole was written; whoever goes on with it must know that it is not all */
    }
    cli_histories_close(&histories);
    return result;
}

static const struct cli_option options[] = {
    {"--to", CLI_CHOICE, "json|pb|wfh", "the format; from the end of OUT's name when not given"},
    {NULL, CLI_SWITCH, NULL, NULL},
};

const struct cli_command cli_command_convert = {
    .name = "convert",
    .operands = "IN OUT",
    .operand_count_min = 2,
    .operand_count_max = 2,
    .summary = "write a history in another format",
    .description = "Reads IN in any format of histories, or every history in the folder IN, and writes OUT as canonical\n"
                   "JSON (json), protobuf (pb) or an archive (wfh). Events stay as they are and in the order they have.\n"
                   "When OUT is a folder, or ends with `/`, every history becomes a file in it. `-` is standard input\n"
                   "or output.",
    .options = options,
    .example = "wfsim convert orders.json.gz order.pb",
    .run = run,
};
