/*
 * What `wfsim lint` found: a list, and how people and programs read it.
 */
#ifndef SIM_CLI_LINT_FINDINGS_H
#define SIM_CLI_LINT_FINDINGS_H

#include "engine/diagnosis.h"
#include "sim/cli/load_code.h"
#include "sim/cli/replayed.h"

#define CLI_LINT_FINDINGS_MAX 10000u /* further ones are counted */

struct cli_lint_finding {
    enum wf_diagnosis_number diagnosis;
    bool is_note;
    struct wf_string symbol;  /* a call or a variable; empty: none is known */
    struct wf_string source;  /* "saga.c:41"; empty: not known */
    const char *instead;      /* NULL: the diagnosis says it */

    /* Of a hunt; file is empty otherwise. */
    struct wf_string file;
    struct wf_string workflow_id;
    int64_t event_id; /* of the activation: the last event that the code had seen */
    struct wf_string first; /* what the code did in the first replay, and in the one in another world; empty: nothing */
    struct wf_string again;
    uint64_t history_count; /* in which it shows; the others of the finding are of the first */
};

struct cli_lint_findings {
    struct wf_arena *arena;
    const struct cli_code *code;
    struct {
        struct cli_lint_finding *items;
        uint32_t count;
        uint32_t capacity;
    } list;
    uint64_t finding_count;
    uint64_t note_count;
    bool has_hunted;
    uint64_t history_count; /* read for a hunt */
    struct cli_replayed replayed;
    bool is_short_of_memory;
};

/* Texts of the finding live as long as the list. */
void cli_lint_add(struct cli_lint_findings *findings, const struct cli_lint_finding *finding);



void cli_lint_print(struct cli *cli, struct cli_lint_findings *findings);

#endif
