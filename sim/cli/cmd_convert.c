/*
 * wfsim convert: one format of histories to another. Nothing is reordered, repaired or validated on the way, so that a
 * conversion and back is the identity, and a broken history can be looked at.
 */
#include <errno.h>
#include <string.h>
#include <sys/stat.h>

#include "sim/cli/file.h"
#include "sim/cli/histories.h"

enum target { TARGET_JSON, TARGET_PROTOBUF };

static const struct {
    const char *name; /* of --to, and with a dot the end of a file name */
    enum target target;
} targets[] = {{"json", TARGET_JSON}, {"pb", TARGET_PROTOBUF}};

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

/* Appends the whole history in the target's format; complains and says how to exit when memory is short. */
static enum cli_exit encode(const struct wf_history *history, enum target target, struct wf_buffer *bytes)
{
    switch (target) {
    case TARGET_JSON:
        wf_history_write_json(history, bytes);
        break;
    case TARGET_PROTOBUF:
        wf_history_write_protobuf(history, bytes);
        break;
    }
    if (bytes->is_full) {
        cli_complain("cannot convert: out of memory");
        return CLI_EXIT_ENVIRONMENT;
    }
    return CLI_EXIT_OK;
}

/*
 * One history into one file. The file is put in place only when the input ends after it: half of an archive under the
 * name of the whole would be taken for the whole.
 */
static enum cli_exit convert_one(struct cli *cli, struct cli_histories *histories, enum target target, const char *path)
{
    struct wf_history *history = NULL;
    struct wf_buffer bytes;
    struct wf_error err;
    enum cli_exit result = cli_histories_next(histories, &history);

    if (result != CLI_EXIT_OK) {
        return result;
    }
    if (history == NULL) {
        cli_complain("%s: no history in it", histories->path);
        return CLI_EXIT_UNREADABLE;
    }
    wf_buffer_init(&bytes, cli->arena);
    result = encode(history, target, &bytes);
    if (result == CLI_EXIT_OK) {
        result = cli_histories_next(histories, &history);
    }
    if (result != CLI_EXIT_OK) {
        return result;
    }
    if (history != NULL) {
        cli_complain("%s holds more than one history; name a folder for them, such as %s/", histories->path, path);
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
        const bool is_safe = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' ||
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
        if (path == NULL || cli_file_write(cli->arena, path, wf_buffer_string(&bytes), &err) != CLI_EXIT_OK) {
            cli_complain("%s", path == NULL ? "out of memory" : err.message);
            return CLI_EXIT_ENVIRONMENT;
        }
        wf_arena_rewind(cli->arena, mark);
    }
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
        cli_complain("the name '%s' does not tell the format; say --to json or --to pb", out);
        return CLI_EXIT_USAGE;
    }
    result = cli_histories_open(&histories, args->operands[0]);
    if (result == CLI_EXIT_OK) {
        result = is_folder(out) ? convert_many(cli, &histories, target, out)
                                : convert_one(cli, &histories, targets[target].target, out);
    }
    cli_histories_close(&histories);
    return result;
}

static const struct cli_option options[] = {
    {"--to", CLI_CHOICE, "json|pb", "the format; from the end of OUT's name when not given"},
    {NULL, CLI_SWITCH, NULL, NULL},
};

const struct cli_command cli_command_convert = {
    .name = "convert",
    .operands = "IN OUT",
    .operand_count_min = 2,
    .operand_count_max = 2,
    .summary = "write a history in another format",
    .description = "Reads IN in any format of histories and writes OUT as canonical JSON (json) or protobuf (pb).\n"
                   "Events stay as they are and in the order they have. `-` is standard input or output. When OUT\n"
                   "is a folder, or ends with `/`, every history of IN becomes a file in it.",
    .options = options,
    .example = "wfsim convert orders.json.gz order.pb",
    .run = run,
};
