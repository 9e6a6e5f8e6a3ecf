/*
 * --record: the histories of simulated runs into an archive. Children send each history with its entry; the supervisor, which
 * owns the file, appends them in seed order.
 */
#ifndef SIM_CLI_RECORDING_H
#define SIM_CLI_RECORDING_H

#include "engine/archive.h"
#include "sim/cli/file.h"
#include "sim/cli/simulation.h"

/* In a child: appends what the supervisor needs to record one run: entry and events. Errors: WF_ERR_MEMORY. */
enum wf_status cli_recording_pack(struct wf_arena *arena, const struct cli_simulation *simulation, uint64_t seed,
                                  uint32_t run_index, struct wf_buffer *out, struct wf_error *err);

struct cli_recording {
    const char *path;
    struct cli_writer file;
    struct wf_arena arena; /* the archive writer's */
    struct wf_arena scratch;
    struct wf_archive_writer writer;
    struct wf_buffer bytes; /* not yet in the file */
    enum cli_exit result;   /* of the first thing that failed */
    uint64_t count;         /* histories whose frames are in the file, whole */
};

/* Exits: ENVIRONMENT. */
enum cli_exit cli_recording_open(struct cli_recording *recording, struct cli *cli, const char *path);

/* In the supervisor: takes what cli_recording_pack made. False when the file cannot be written: end the batch. */
bool cli_recording_take(struct cli_recording *recording, struct wf_string packed);

/*
 * Puts the archive in place, also after a failure or an interruption: every history that was taken whole stays readable.
 * Exits: ENVIRONMENT, said on standard error.
 */
enum cli_exit cli_recording_close(struct cli_recording *recording);

#endif
