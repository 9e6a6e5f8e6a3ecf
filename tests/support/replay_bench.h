/* Replays one C function as the workflow of a history that is written as text. */
#ifndef WF_TESTS_SUPPORT_REPLAY_BENCH_H
#define WF_TESTS_SUPPORT_REPLAY_BENCH_H

#include "engine/replay.h"
#include "engine/wfsim.h"
#include "tests/support/history_builder.h"

struct replay_bench {
    struct wf_workflow workflows[2];
    struct wf_module module;
    struct wf_host *host;
    struct wf_replay *replay;
    struct wf_history history;
    struct wf_replay_result result;
};

typedef wf_error (*replay_bench_code)(struct wf *, void *, struct wf_args, struct wf_value *);

/* Signals and updates that every code on the bench handles; may be NULL. */
struct replay_bench_handlers {
    const struct wf_signal *signals;
    const struct wf_update *updates;
};

/* events  as history_add takes them
 * change  may be NULL: sets what the text cannot say; events[i] has id i + 1 */
void replay_bench_run_changed(struct replay_bench *bench, struct wf_arena *arena, replay_bench_code run, const char *events,
                              const struct replay_bench_handlers *handlers,
                              void (*change)(struct wf_arena *arena, struct wf_event *events),
                              struct wf_replay_options options);
void replay_bench_run(struct replay_bench *bench, struct wf_arena *arena, replay_bench_code run, const char *events,
                      struct wf_replay_options options);
void replay_bench_end(struct replay_bench *bench);

#endif
