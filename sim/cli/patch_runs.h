/*
 * What `wfsim patches` learns of each run: the patches and versions that its history names, and, when there is code, what the code
 * still asks for. Children read and replay; a frame carries one run.
 */
#ifndef SIM_CLI_PATCH_RUNS_H
#define SIM_CLI_PATCH_RUNS_H

#include "sim/cli/batch.h"
#include "sim/cli/file.h"
#include "sim/cli/load_code.h"
#include "sim/cli/replayed.h"

#define CLI_PATCHES_MAX 1000u /* different ones */

enum cli_marker { CLI_MARKER_LIVE, CLI_MARKER_DEPRECATED, CLI_MARKER_LISTED, CLI_MARKER_NONE };
enum cli_call {
    CLI_CALL_UNKNOWN, /* no code, or the replay did not come to its end */
    CLI_CALL_NONE,
    CLI_CALL_ASKS,
    CLI_CALL_DEPRECATES,
};

struct cli_patch_use {
    struct wf_string id;
    bool is_version;
    int64_t version;
    enum cli_marker marker;
    enum cli_call call;
    bool is_broken; /* the replay ends at its marker */
    bool is_outside; /* of the versions that the code supports */
    int64_t minimum; /* which are these, when it is */
    int64_t maximum;
};

struct cli_patch_run {
    struct wf_string workflow_id;
    struct wf_string workflow_type;
    bool is_closed;
    bool is_replayed; /* to its end, or there is no code */
    const struct cli_patch_use *uses; /* one an id */
    uint32_t use_count;
};

/* Shared by the supervisor and its children; the first member of a batch's context. */
struct cli_patch_runs {
    struct cli_paths paths;
    struct cli_code code;
    bool has_code;
    struct wf_arena *arena;

    /* A child's. */
    struct sim_code loaded;
    struct wf_replay *replay;
};

/* Exits: as cli_file_expand and cli_code_prepare; complains. */
enum cli_exit cli_patch_runs_open(struct cli *cli, const struct cli_args *args, struct cli_patch_runs *runs);

/* In a child: sim_containment.start and .run. */
enum wf_status cli_patch_runs_start(void *context, struct sim_child *child, struct wf_error *err);
enum wf_status cli_patch_runs_read(void *context, struct sim_child *child, uint64_t item, struct wf_error *err);

/* In the supervisor: counts how the run was replayed. */
bool cli_patch_run_unpack(struct wf_arena *arena, const char *path, struct wf_string bytes, struct cli_replayed *replayed,
                          struct cli_patch_run *run);

#endif
