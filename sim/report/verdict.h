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
#include "sim/report/notes.h"

/* One line of the window; a side is empty where history or code has nothing. */
struct sim_verdict_row {
    struct wf_string history;
    struct wf_string code;
    bool is_difference;
};

/* Prefixes that went on live. Those that are none of these wait for what no history says. */
struct sim_lived {
    uint32_t count; /* 0: none could, or nobody asked */
    uint32_t ended;
    uint32_t stuck;
    uint32_t unfinished; /* given up: they still ran after many steps, or a day */
};

struct sim_verdict {
    struct wf_string file; /* as the user gave it */
    uint32_t file_number;    /* its place in the input, from 1 */
    uint32_t history_number; /* in the file, from 1 */
    struct wf_string workflow_id;
    struct wf_string run_id;
    struct wf_string workflow_type;
    enum wf_verdict verdict;
    enum wf_cause cause;
    const char *diagnosis; /* "WF201"; NULL when ok */
    const char *rule;      /* NULL: none */
    const char *family;    /* "core" */
    uint64_t signature;    /* of nondeterminism and code_failed: the same for the same mistake; else 0 */
    int64_t event_id;      /* 0: none */
    uint32_t event_count;
    struct wf_string message;
    struct wf_string official; /* what the official replayer would have said; empty: it would pass */
    struct wf_string hint;
    struct wf_string history; /* the two sides in one line each */
    struct wf_string code;
    uint64_t code_offset;    /* of the call that gave the command; 0: unknown */
    struct wf_string source; /* the same for people: "saga.c:41"; empty: unknown */
    struct wf_string waits;  /* where the code waits when it gives nothing */
    const struct sim_verdict_row *rows;
    uint32_t row_count;
    const struct sim_note *notes;
    uint32_t note_count;
    uint32_t notes_dropped; /* past the bound of a history */
    uint32_t cut_count; /* prefixes judged; 0: nobody asked */
    const struct wf_cut_range *stuck; /* events at which open runs get stuck */
    uint32_t stuck_count;
    struct sim_lived lived;
    struct wf_string known; /* why a baseline accepts it; empty: it does not */
};

/* Puts a result into words; they live in the arena. Of payloads that are hidden, type and length are said. */
void sim_verdict_make(struct wf_arena *arena, const struct wf_history *history, const struct wf_replay_result *result,
                      bool hides_payloads, struct sim_verdict *verdict);

/* The 16 digits that reports print. False when the text is something else. */
bool sim_signature_read(struct wf_string text, uint64_t *signature);

/* Of code that ended its process: no replay gave the verdict. */
uint64_t sim_verdict_crash_signature(const struct sim_verdict *verdict);

/* The file and line to show a verdict at: of the call in the source when it is known, else the history. */
struct sim_verdict_place {
    struct wf_string file;
    struct wf_string line; /* digits */
};
struct sim_verdict_place sim_verdict_place(const struct sim_verdict *verdict);

/* Not ok, and no baseline accepts it. */
bool sim_verdict_fails(const struct sim_verdict *verdict);

/* All but the file, its number and what a baseline says: whoever takes the bytes knows them, and they may be kept for another file
 * of the same contents. */
void sim_verdict_pack(const struct sim_verdict *verdict, struct wf_buffer *out);

/* Texts are slices of the bytes. False when they are not whole. */
bool sim_verdict_unpack(struct wf_arena *arena, struct wf_string bytes, struct sim_verdict *verdict);

/* Appends a paragraph, history beside code in columns that fit `width` (0: as wide as they are). Marks the difference. */
void sim_verdict_print(const struct sim_verdict *verdict, uint32_t width, struct wf_buffer *out);

/* Appends a line for each note from the warnings up that `is_new` does not refuse. */
void sim_verdict_print_notes(const struct sim_verdict *verdict, bool (*is_new)(void *context, uint64_t signature), void *context,
                             struct wf_buffer *out);

/* Appends `4..10, 12`: the last events of the open runs that get stuck. */
void sim_verdict_print_stuck(const struct sim_verdict *verdict, struct wf_buffer *out);

/* Appends one line for a verdict like one that was printed before. */
void sim_verdict_print_again(const struct sim_verdict *verdict, struct wf_buffer *out);

/* Appends one line for a verdict that a baseline accepts, with the reason. */
void sim_verdict_print_known(const struct sim_verdict *verdict, struct wf_buffer *out);

/* Appends one object of `results` (DESIGN section 7). */
void sim_verdict_json(const struct sim_verdict *verdict, struct wf_json_writer *writer);

#endif
