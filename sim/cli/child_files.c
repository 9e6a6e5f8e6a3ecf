/* A complaint is an error, packed: its place in the file, and its message. */
#include "sim/cli/child_files.h"

#include <string.h>

#include "sim/cli/histories.h"
#include "sim/cli/history_file.h"
#include "sim/report/pack.h"

enum wf_status cli_child_send(struct sim_child *child, const struct wf_buffer *frame)
{
    if (frame->is_full) {
        return WF_ERR_MEMORY;
    }
    sim_child_send(child, wf_buffer_string(frame));
    return WF_OK;
}

static enum wf_status send_complaint(struct sim_child *child, struct wf_arena *arena, const struct wf_error *wrong)
{
    struct wf_buffer frame;

    wf_buffer_init(&frame, arena);
    sim_pack_number(&frame, CLI_CHILD_COMPLAINT);
    sim_pack_number(&frame, (uint64_t)wrong->event_id);
    sim_pack_number(&frame, (uint64_t)wrong->byte_offset);
    sim_pack_text(&frame, wf_string_of(wrong->message));
    return cli_child_send(child, &frame);
}

bool cli_child_complain(const char *path, struct wf_string bytes)
{
    struct sim_unpacker frame = {.rest = bytes};
    struct wf_error err = {0};

    if (sim_unpack_number(&frame) != CLI_CHILD_COMPLAINT) {
        return false;
    }
    err.event_id = (int64_t)sim_unpack_number(&frame);
    err.byte_offset = (int64_t)sim_unpack_number(&frame);
    const struct wf_string message = sim_unpack_text(&frame);
    const size_t size_bytes = message.size_bytes < sizeof err.message ? message.size_bytes : sizeof err.message - 1;
    memcpy(err.message, message.data, size_bytes);
    err.message[size_bytes] = '\0';
    if (strstr(err.message, path) != NULL) {
        cli_complain("%s", err.message); /* of a file that is not there, which names it */
    } else {
        cli_complain_input(path, &err);
    }
    return true;
}

static enum wf_status take_history(const struct cli_child_reader *reader, struct wf_arena *arena, struct wf_history *history,
                                   struct wf_error *err)
{
    struct wf_error wrong = {0};

    return wf_history_normalise(history, &wrong) == WF_OK ? reader->take(reader, arena, history, err)
                                                          : send_complaint(reader->child, arena, &wrong);
}

static enum wf_status read_file(const struct cli_child_reader *children, const char *path, struct cli_history_file *file,
                                struct wf_arena *arena, struct wf_error *err)
{
    struct wf_history_reader reader;
    struct wf_history history;
    struct wf_error wrong = {.byte_offset = WF_ERROR_NO_OFFSET};
    const uint64_t first_index = sim_child_first_history(children->child); /* before it: another child's */
    uint64_t index = 0;
    enum wf_status status = WF_OK;

    if (cli_history_file_open(file, path, &wrong) != CLI_EXIT_OK || cli_history_file_read(file, &reader, &wrong) != WF_OK) {
        return send_complaint(children->child, arena, &wrong);
    }
    for (;; index++) {
        wf_arena_reset(arena);
        status = cli_history_next(&reader, arena, &history, &wrong);
        if (status != WF_OK && !wf_history_reader_goes_on(&reader, status)) {
            break;
        }
        if (index >= first_index && status != WF_OK) {
            WF_TRY(send_complaint(children->child, arena, &wrong));
        } else if (index >= first_index) {
            sim_child_begin_history(children->child, index);
            WF_TRY(take_history(children, arena, &history, err));
            sim_child_end_history(children->child);
        }
    }
    if (status == WF_ERR_NOT_FOUND && wf_history_reader_check_end(&reader, &wrong) == WF_OK) {
        return WF_OK;
    }
    return wrong.status == WF_ERR_MEMORY ? WF_ERR_MEMORY : send_complaint(children->child, arena, &wrong);
}

enum wf_status cli_child_read(const struct cli_child_reader *reader, const char *path, struct wf_error *err)
{
    struct cli_history_file file;
    struct wf_arena arena;

    wf_arena_init(&arena, wf_system_blocks(), CLI_HISTORY_BYTES_MAX);
    const enum wf_status status = read_file(reader, path, &file, &arena, err);
    wf_arena_deinit(&arena);
    cli_history_file_close(&file);
    return status == WF_ERR_MEMORY ? wf_fail_status(err, WF_ERR_MEMORY, "%s: no memory to read it", path) : status;
}
