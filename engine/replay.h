/*
 * Replays one history against one version of the code and says whether the code still makes the decisions that the history
 * recorded.
 */
#ifndef WF_ENGINE_REPLAY_H
#define WF_ENGINE_REPLAY_H

#include "engine/base/arena.h"
#include "engine/base/status.h"
#include "engine/finding.h"
#include "engine/history.h"
#include "engine/host.h"
#include "engine/worker.h"

struct wf_replay_options {
    enum wf_family family; /* AUTO: from the history */
    bool evict_every_task; /* cold cache at every task boundary: the instance is dropped and rebuilt */
    bool wants_digest;     /* fill commands_digest, which costs about a quarter of a replay */
};

struct wf_replay_result {
    enum wf_verdict verdict;
    struct wf_finding finding; /* when verdict is not OK */
    enum wf_family family;
    const char *family_reason;
    uint32_t activation_count;
    uint32_t event_count;
    bool is_closed;           /* the history has a close event */
    uint64_t commands_digest; /* of every command the code issued, in order: equal for equal code (double replay). 0 unless wanted */
};

struct wf_replay; /* a worker and its memory, reused over many histories */

struct wf_replay *wf_replay_new(const struct wf_block_source *blocks, struct wf_host *host);
void wf_replay_free(struct wf_replay *replay);

/*
 * Replays. The history is normalised first (wf_history_normalise), in place. Everything in the result is borrowed until the
 * next call.
 *
 * Findings, bad histories included, are data in the result with WF_OK.
 * Errors: WF_ERR_MEMORY.
 */
enum wf_status wf_replay_run(struct wf_replay *replay, struct wf_history *history,
                             const struct wf_replay_options *options, struct wf_replay_result *result,
                             struct wf_error *err);

#endif
