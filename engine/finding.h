/*
 * What a replay finds: a verdict about one history and one version of the code, as data for reports.
 */
#ifndef WF_ENGINE_FINDING_H
#define WF_ENGINE_FINDING_H

#include <stdbool.h>
#include <stdint.h>

#include "engine/base/arena.h"
#include "engine/base/bytes.h"
#include "engine/schema.h"

struct wf_history;

enum wf_verdict {
    WF_VERDICT_OK,
    WF_VERDICT_NONDETERMINISM, /* the code does not make the decisions that the history recorded */
    WF_VERDICT_CODE_FAILED,    /* the code crashed, failed the task, ran past its budget or returned an invalid value */
    WF_VERDICT_BAD_HISTORY,    /* the history cannot be replayed by anyone */
    WF_VERDICT_SETUP,          /* the code has no such workflow, ... */
};
const char *wf_verdict_name(enum wf_verdict verdict);

/* Why code and history differ (DESIGN section 7). */
enum wf_cause {
    WF_CAUSE_NONE,
    WF_CAUSE_INSERTED,      /* the code issues a command that history does not have */
    WF_CAUSE_REMOVED,       /* history has a command that the code no longer issues */
    WF_CAUSE_MOVED,         /* the command is in another workflow task or order */
    WF_CAUSE_RENAMED,       /* same kind, another id or type */
    WF_CAUSE_KIND_CHANGED,  /* another kind of command in its place */
    WF_CAUSE_PATCH_MISSING, /* history has a patch marker and the code no call */
    WF_CAUSE_CLOSED_EARLY,  /* the code closes, or closes otherwise, before history does */
    WF_CAUSE_DETAILS_CHANGED, /* the same step with other details: input, timeout, target, result */
};
const char *wf_cause_name(enum wf_cause cause);

/* One line of history beside one line of code. Either may be NULL. */
struct wf_window_row {
    const struct wf_event *event;
    const struct wf_command *command;
    bool is_difference;
};

struct wf_finding {
    enum wf_verdict verdict;
    enum wf_cause cause;
    const char *diagnosis;          /* "WF201": a code of diagnoses.def */
    const char *rule;               /* the id of a row of rules.def */
    int64_t event_id;               /* the event at which it shows; 0: none */
    bool is_fatal;                  /* core would call it Fatal, not nondeterminism (replay-rules 2.1) */
    const struct wf_event *event;   /* history's side; NULL: history has nothing there */
    const struct wf_command *command; /* code's side; NULL: the code has nothing there */
    uint64_t code_offset;             /* of the call that gave the command (sdk_command); 0: unknown */
    struct wf_string waits;           /* where the code waits, a line a strand, when it gives nothing; else empty */
    struct wf_string message;       /* one sentence */
    struct wf_string official;      /* what the official replayer of this family would have said; empty: it would pass */
    struct wf_string hint;          /* what to do: where a patch belongs and the call; may be empty */
    const struct wf_window_row *window; /* around the first difference */
    uint32_t window_count;
    const struct wf_failure *failure;   /* CODE_FAILED: what the task failed with; else NULL */
};

/*
 * The same for the same mistake in another run: made of verdict, diagnosis, rule, cause, workflow type and the kinds and names of
 * the two steps; where the code failed the task, also of the types and messages of that failure and its causes, without
 * numbers and ids (engine/replay/scrub.h). Of no ids, times or values. Never 0.
 *
 * arena     for a moment's work.
 * history   whose replay it was, for the type and the ids of its workflow.
 */
uint64_t wf_finding_signature(struct wf_arena *arena, const struct wf_finding *finding, const struct wf_history *history);

#endif
