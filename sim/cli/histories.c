/* The engine's reader over bytes that come from a file. */
#include "sim/cli/histories.h"

#include <string.h>

#include "sim/cli/interrupt.h"

enum wf_status cli_history_next(struct wf_history_reader *reader, struct wf_arena *arena, struct wf_history *history,
                                struct wf_error *err)
{
    const enum wf_status status = wf_history_reader_next(reader, arena, history, err);

    return status == WF_ERR_MEMORY && arena->is_at_limit
               ? wf_fail_status(err, WF_ERR_LIMIT, "a history takes more than %zu MiB of memory", CLI_HISTORY_BYTES_MAX >> 20)
               : status;
}

/* A file that cannot be decoded is the user's; memory that runs out is the machine's. */
static enum cli_exit exit_of(enum wf_status status)
{
    return status == WF_ERR_MEMORY ? CLI_EXIT_ENVIRONMENT : CLI_EXIT_UNREADABLE;
}

void cli_complain_input(const char *path, const struct wf_error *err)
{
    const char *name = strcmp(path, "-") == 0 ? "standard input" : path;

    if (err->event_id != 0 && err->byte_offset != WF_ERROR_NO_OFFSET) {
        cli_complain("%s: event %lld, byte %lld: %s", name, (long long)err->event_id, (long long)err->byte_offset,
                     err->message);
    } else if (err->event_id != 0) {
        cli_complain("%s: event %lld: %s", name, (long long)err->event_id, err->message);
    } else if (err->byte_offset != WF_ERROR_NO_OFFSET) {
        cli_complain("%s: byte %lld: %s", name, (long long)err->byte_offset, err->message);
    } else {
        cli_complain("%s: %s", name, err->message);
    }
}

enum cli_exit cli_histories_open(struct cli_histories *histories, struct wf_arena *arena, const char *const *operands,
                                 size_t operand_count)
{
    struct wf_error err;
    enum cli_exit result = CLI_EXIT_OK;

    *histories = (struct cli_histories){0};
    cli_history_file_hold(&histories->file, (struct wf_string){NULL, 0}); /* none yet */
    wf_arena_init(&histories->current, wf_system_blocks(), CLI_HISTORY_BYTES_MAX);
    result = cli_file_expand(arena, operands, operand_count, &histories->paths, &err);
    if (result != CLI_EXIT_OK) {
        cli_complain("%s", err.message);
    }
    return result;
}

static enum cli_exit open_next_file(struct cli_histories *histories)
{
    struct wf_error err;
    enum cli_exit result = CLI_EXIT_OK;
    enum wf_status status = WF_OK;

    histories->path = histories->paths.items[histories->next_path];
    histories->next_path++;
    histories->file_count = 0;
    cli_history_file_close(&histories->file);
    result = cli_history_file_open(&histories->file, histories->path, &err);
    if (result != CLI_EXIT_OK && cli_interrupted()) {
        histories->next_path--; /* nothing is wrong with it */
        return CLI_EXIT_OK;
    }
    if (result != CLI_EXIT_OK) {
        cli_complain("%s", err.message);
        return result;
    }
    status = cli_history_file_read(&histories->file, &histories->reader, &err);
    if (status != WF_OK) {
        cli_complain_input(histories->path, &err);
        return exit_of(status);
    }
    histories->is_open = true;
    return CLI_EXIT_OK;
}

/* One history of the open file; NULL at its end. */
static enum cli_exit read_next(struct cli_histories *histories, struct wf_history **history)
{
    struct wf_error err;
    enum wf_status status = WF_OK;

    wf_arena_reset(&histories->current);
    status = cli_history_next(&histories->reader, &histories->current, &histories->history, &err);
    if (status == WF_OK) {
        histories->file_count++;
        histories->count++;
        *history = &histories->history;
        return CLI_EXIT_OK;
    }
    histories->is_open = wf_history_reader_goes_on(&histories->reader, status);
    if (status == WF_ERR_NOT_FOUND && wf_history_reader_check_end(&histories->reader, &err) != WF_OK) {
        histories->is_cut = true;
        cli_complain_input(histories->path, &err);
    }
    if (status != WF_ERR_NOT_FOUND) {
        cli_complain_input(histories->path, &err);
        return exit_of(status);
    }
    if (histories->file_count == 0) {
        cli_complain("%s: no history in it", histories->path);
        return CLI_EXIT_UNREADABLE;
    }
    return CLI_EXIT_OK;
}

/* The last history may not have been the last of its file: that one is not done. */
static enum cli_exit end_interrupted(struct cli_histories *histories)
{
    if (!histories->is_interrupted) {
        histories->is_interrupted = true;
        cli_complain("interrupted: %zu of %zu %s done, %llu %s", histories->next_path - (histories->is_open ? 1 : 0),
                     histories->paths.count, histories->paths.count == 1 ? "file" : "files", (unsigned long long)histories->count,
                     histories->count == 1 ? "history" : "histories");
    }
    return CLI_EXIT_OK; /* main raises the signal again */
}

enum cli_exit cli_histories_next(struct cli_histories *histories, struct wf_history **history)
{
    enum cli_exit result = CLI_EXIT_OK;

    *history = NULL;
    while (result == CLI_EXIT_OK && *history == NULL) {
        if (cli_interrupted()) {
            return end_interrupted(histories);
        }
        if (!histories->is_open) {
            if (histories->next_path == histories->paths.count) {
                return CLI_EXIT_OK;
            }
            result = open_next_file(histories);
        }
        if (result == CLI_EXIT_OK && histories->is_open) {
            result = read_next(histories, history);
        }
    }
    return result;
}

bool cli_histories_next_readable(struct cli_histories *histories, struct wf_history **history, enum cli_exit *worst)
{
    enum cli_exit result = CLI_EXIT_OK;

    do {
        result = cli_histories_next(histories, history);
        *worst = cli_exit_worse(*worst, result);
    } while (*history == NULL && result != CLI_EXIT_OK);
    if (*history == NULL && histories->is_cut) {
        *worst = cli_exit_worse(*worst, CLI_EXIT_UNREADABLE);
    }
    return *history != NULL;
}

void cli_histories_close(struct cli_histories *histories)
{
    wf_arena_deinit(&histories->current);
    cli_history_file_close(&histories->file);
}
