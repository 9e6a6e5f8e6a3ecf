/*
 * What `wfsim replay` says about one history: made in the child that replayed it, carried to the supervisor, written as text
 * or JSON there.
 */
#ifndef WF_SIM_REPORT_VERDICT_H
#define WF_SIM_REPORT_VERDICT_H

#include "engine/base/arena.h"
#include "engine/base/json_text.h"
#include "engine/history.h"
#include "engine/replay.h"

/* One line of the window; a side is empty where history or code has nothing. */
struct sim_verdict_row {
    struct wf_string history;
    struct wf_string code;
    bool is_difference;
};

struct sim_verdict {
    struct wf_string file; /* as the user gave it */
    struct wf_string workflow_id;
    struct wf_string run_id;
    struct wf_string workflow_type;
    enum wf_verdict verdict;
    enum wf_cause cause;
    const char *diagnosis; /* "WF201"; NULL when ok */
    const char *rule;      /* NULL: none */
    const char *family;    /* "core" */
    int64_t event_id;      /* 0: none */
    uint32_t event_count;
    struct wf_string message;
    struct wf_string official; /* what the official replayer would have said; empty: it would pass */
    struct wf_string hint;
    struct wf_string history; /* the two sides in one line each */
    struct wf_string code;
    const struct sim_verdict_row *rows;
    uint32_t row_count;
};

/* Puts a result into words; they live in the arena. Payload contents are shown. */
void sim_verdict_make(struct wf_arena *arena, const struct wf_history *history, const struct wf_replay_result *result,
                      struct sim_verdict *verdict);

void sim_verdict_pack(const struct sim_verdict *verdict, struct wf_buffer *out);

/* Texts are slices of the bytes. False when they are not whole. */
bool sim_verdict_unpack(struct wf_arena *arena, struct wf_string bytes, struct sim_verdict *verdict);

/* Appends a paragraph, history beside code in columns that fit `width` (0: as wide as they are). Marks the difference. */
void sim_verdict_print(const struct sim_verdict *verdict, uint32_t width, struct wf_buffer *out);

/* Appends one line for a verdict like one that was printed before. */
void sim_verdict_print_again(const struct sim_verdict *verdict, struct wf_buffer *out);

/* Appends one object of `results` (DESIGN section 7). */
void sim_verdict_json(const struct sim_verdict *verdict, struct wf_json_writer *writer);

#endif
