/*
 * A batch of `wfsim replay`: what its supervisor and its children share. The supervisor is cmd_replay.c; the children, which alone
 * run workflow code, are replay_child.c.
 */
#ifndef SIM_CLI_REPLAY_BATCH_H
#define SIM_CLI_REPLAY_BATCH_H

#include "sim/cli/batch.h"
#include "sim/cli/file.h"
#include "sim/cli/load_code.h"
#include "sim/cli/report_files.h"
#include "sim/cli/sample.h"
#include "sim/cli/verdict_cache.h"
#include "sim/cli/verdict_output.h"
#include "sim/live.h"

/* What a frame begins with. */
enum cli_frame {
    CLI_FRAME_VERDICT,
    CLI_FRAME_CACHED, /* a verdict of an earlier run */
    CLI_FRAME_KEY,    /* the file is done, and its verdicts may be kept under this key */
};

struct cli_replay {
    struct cli *cli;
    const struct cli_args *args;
    struct cli_code code;
    struct cli_paths paths;
    uint64_t inputs_digest;      /* of all files, of which a shard has some */
    enum wf_family family;
    const uint8_t *policies;     /* of notes; NULL: all are reported */
    bool sweeps_prefixes;        /* --prefixes */
    bool goes_on;                /* --live: each prefix goes on in a simulation */
    bool stops_at_first;         /* --fail-fast */
    uint32_t shard;              /* from 1; 0: everything is ours */
    uint32_t shard_count;
    bool shards_histories;       /* of the only file; else files */
    bool has_sample;
    struct cli_sample sample;
    struct cli_verdict_cache cache;
    struct wf_string from_stdin; /* read once: a child that replaces another finds it read already */

    struct cli_matrix *matrix; /* takes the verdicts, and nothing is printed; NULL: a report does */

    /* Where this round of the batch begins. */
    size_t first_file;
    uint64_t skip_count; /* the first histories of that file, which have their verdict */
    struct sim_hung hung;

    /* The supervisor's. */
    uint64_t next_index;     /* of the current file: the history behind the last one with a verdict */
    struct wf_arena pending; /* the frames of the current file, for the cache */
    struct wf_buffer pending_frames;
    bool was_stopped;
    bool keeps_verdicts; /* for report files, whose payloads are shown or not */
    bool shows_payloads;
    bool is_short_of_memory;
    struct wf_arena kept; /* what the report holds */
    struct sim_report report;
    struct sim_baseline baseline;
    struct wf_arena item_arena; /* a verdict's words */
    struct cli_verdict_output output;
    struct wf_map places; /* of calls in the code, by their offset: each is looked up once */
    struct cli_progress progress;

    /* A child's. */
    struct sim_code loaded;
    struct wf_replay *replay;
    struct sim_live *live; /* NULL: not yet, or not asked for */
};

/* Whether a history of a file is to be replayed. */
bool cli_replay_selects(const struct cli_replay *batch, size_t file, uint64_t index);

/* A verdict as its frame carries it. */
struct wf_string cli_replay_pack(struct wf_arena *arena, const struct sim_verdict *verdict);

/* What every replay gives workflow code: all but the module. */
struct wf_host_config cli_replay_host(struct sim_child *child);

/* In a child: loads code to replay histories against. */
enum wf_status cli_replay_load(struct wf_arena *arena, const struct cli_code *code, struct sim_child *child,
                               struct sim_code *loaded, struct wf_replay **replay, struct wf_error *err);

/* ---- In a child: sim_containment.start and .run ---- */

enum wf_status cli_replay_start_child(void *context, struct sim_child *child, struct wf_error *err);

/* Sends the verdicts of a file's histories. */
enum wf_status cli_replay_run_file(void *context, struct sim_child *child, uint64_t item, struct wf_error *err);

/*
 * Sends the shapes of a file's histories, 0 for those of other shards. What cannot be read is for the replay to say.
 */
enum wf_status cli_replay_send_shapes(void *context, struct sim_child *child, uint64_t item, struct wf_error *err);

#endif
