/*
 * Children that read files: each history of a file in turn, and, in the place of a result, why a file or what is left of it cannot
 * be read.
 */
#ifndef SIM_CLI_CHILD_FILES_H
#define SIM_CLI_CHILD_FILES_H

#include "engine/history.h"
#include "sim/host/containment.h"

/* What a frame begins with; further kinds are the command's. */
enum cli_child_frame {
    CLI_CHILD_COMPLAINT,
    CLI_CHILD_RESULT,
};

/* Takes a history, which is borrowed with its arena for the call. */
struct cli_child_reader {
    struct sim_child *child;
    enum wf_status (*take)(const struct cli_child_reader *reader, struct wf_arena *arena, struct wf_history *history,
                           struct wf_error *err);
    void *context;
};

/* In a child: reads a file, normalises its histories, and sends complaints. Errors: WF_ERR_MEMORY, and those of take. */
enum wf_status cli_child_read(const struct cli_child_reader *reader, const char *path, struct wf_error *err);

/* In a child: sends a frame; WF_ERR_MEMORY when it is not whole. */
enum wf_status cli_child_send(struct sim_child *child, const struct wf_buffer *frame);

/* In the supervisor: says why, on standard error, when the frame is a complaint; false when it is another. */
bool cli_child_complain(const char *path, struct wf_string frame);

#endif
