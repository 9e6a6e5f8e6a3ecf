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
#include "engine/patches.h"
#include "engine/rules.h"
#include "engine/worker.h"

/*
 * Something in which code and history differ and that official replayers do not look at. Reports list it beside the verdict;
 * a policy makes it the verdict.
 */
struct wf_replay_note {
    const char *rule;         /* the id of a row of rules.def */
    enum wf_rule_level level; /* of this note: that of the rule, unless the rule says when it is another */
    int64_t event_id;
    const struct wf_event *event;
    const struct wf_command *command; /* NULL: none */
    uint64_t code_offset;             /* of the call that gave the command; 0: unknown */
    struct wf_string field;           /* JSON path of the field that differs; empty: it is about the whole step */
    struct wf_note_value {            /* as wf_print_value writes them, and the same with payloads hidden */
        struct wf_string shown;       /* empty: the side has none */
        struct wf_string hidden;
    } history, code;
    struct wf_string message; /* one sentence without values */
    bool is_early;            /* the code gives the command in an earlier task */
};

#define WF_REPLAY_NOTES_MAX 100 /* of one history; further ones are counted */

struct wf_replay_notes {
    struct wf_replay_note *items; /* in the order met */
    uint32_t count;
    uint32_t capacity;
    uint32_t dropped_count;
};

/* What becomes of a note. */
enum wf_note_policy {
    WF_NOTE_REPORTED,
    WF_NOTE_IS_FINDING, /* the verdict is nondeterminism */
    WF_NOTE_IGNORED,
};

/* Whether a breach of the rule is a note, so that a policy can say what becomes of it. */
bool wf_rule_gives_notes(const struct wf_rule *rule);

/* What the code answered to one activation. */
struct wf_replay_answer {
    int64_t event_id;            /* the last event that the code had seen */
    struct wf_string completion; /* wf_sdk_completion, as wf_wire_encode writes it */
};

/* A stretch of memory that no activation may change. */
struct wf_replay_memory {
    const void *at;
    size_t size_bytes;
};

/* Some of that memory was not the same after an activation. */
struct wf_replay_change {
    int64_t event_id;
    const char *at; /* the first byte that differs of a word of 8 */
};

#define WF_REPLAY_CHANGES_MAX 1000u /* listed of one history */

struct wf_replay_options {
    enum wf_family family; /* AUTO: from the history */
    const uint8_t *policies; /* enum wf_note_policy by index of the rule in wf_rules; NULL: all are reported */
    bool evict_every_task; /* cold cache at every task boundary: the instance is dropped and rebuilt */
    bool wants_digest;     /* fill commands_digest, which costs about a quarter of a replay */
    bool wants_patches;    /* fill patches */
    bool keeps_answers;    /* fill answers */
    const struct wf_replay_memory *watched; /* fill changes */
    uint32_t watched_count;
    bool sweeps_prefixes;  /* judge every prefix too, and drop the instance at boundaries that get rarer towards the end */
};

/* Places at which a run may stand; the numbers are of its last event. */
struct wf_cut_range {
    int64_t first_event_id;
    int64_t last_event_id;
};

/* What becomes of runs that are open now. Nothing when the history cannot be replayed at all. */
struct wf_replay_sweep {
    uint32_t cut_count;  /* prefixes judged */
    uint32_t cold_count; /* of them replayed from the start; the pass over the whole decided the others */
    const struct wf_cut_range *stuck; /* runs that stand there would not go on */
    uint32_t stuck_count;
};

struct wf_replay_result {
    enum wf_verdict verdict;
    struct wf_finding finding; /* when verdict is not OK */
    enum wf_family family;
    const char *family_reason;
    uint32_t activation_count;
    uint32_t event_count;
    bool is_closed;           /* the history has a close event */
    struct wf_replay_notes notes; /* without those that were ignored */
    /* Patches and versions that the code asked for, in order, until the replay ended; last the patches that it was told are not there. */
    struct {
        struct wf_patch_mention *items;
        uint32_t count;
        uint32_t capacity;
    } patches;
    struct {
        struct wf_replay_answer *items; /* one an activation */
        uint32_t count;
        uint32_t capacity;
    } answers;
    struct {
        struct wf_replay_change *items;
        uint32_t count;
        uint32_t capacity;
    } changes;
    struct wf_replay_sweep sweep; /* when it was asked for */
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
