/*
 * Findings that are known and accepted, each with the reason: a text file, a line an entry. `#` begins a comment.
 *
 *   3f2a9c0d11e5b870   runs of the old flow drain until the end of the quarter
 *   orders/17.json WF201   recorded by a broken build
 *
 * An entry is a signature, or a file as the report names it and a diagnosis or rule; then the reason, which may not be missing. The
 * name of a file may have blanks: it ends at the first word that is a diagnosis or the id of a rule.
 */
#ifndef WF_SIM_REPORT_BASELINE_H
#define WF_SIM_REPORT_BASELINE_H

#include "sim/report/report.h"

struct sim_baseline_entry {
    uint32_t line;
    uint64_t signature;    /* 0: the two below */
    struct wf_string file;
    struct wf_string rule; /* a diagnosis or the id of a rule */
    struct wf_string text; /* the entry as it was written, without the reason */
    struct wf_string reason;
    uint64_t match_count;
};

struct sim_baseline {
    struct sim_baseline_entry *entries;
    uint32_t entry_count;
};

/* Everything is a slice of the bytes. Errors: WF_ERR_INVALID with the line; WF_ERR_MEMORY. */
enum wf_status sim_baseline_read(struct sim_baseline *baseline, struct wf_arena *arena, struct wf_string bytes,
                                 struct wf_error *err);

/* Sets `known` of a verdict that an entry accepts, the first that does. */
void sim_baseline_judge(struct sim_baseline *baseline, struct sim_verdict *verdict);

/* Puts the entries that accepted nothing into the report. To be asked of a whole batch only. False when the arena is full. */
bool sim_baseline_find_stale(const struct sim_baseline *baseline, struct sim_report *report);

#endif
