/* Replays one C function as a workflow over a history that is written as text. */
#ifndef WF_TESTS_SUPPORT_CODE_REPLAY_H
#define WF_TESTS_SUPPORT_CODE_REPLAY_H

#include "engine/replay.h"
#include "engine/wfsim.h"

struct code_replay {
    const char *name;
    wf_error (*run)(struct wf *wf, void *state, struct wf_args args, struct wf_value *result);
    const char *history;     /* of the workflow, in the words of history_builder */
    enum wf_verdict verdict;
    const char *rule;        /* NULL: none */
    const char *sdk_name;    /* NULL: wfsim */
    const char *lang_flags;  /* digits; NULL: none */
    const struct wf_signal *signals;
    const struct wf_update *updates;
};

/* Each row has its verdict and rule, warm and with a cold cache at every task. */
void code_replays_check(struct wf_arena *arena, const struct code_replay *rows, size_t count);

#endif
