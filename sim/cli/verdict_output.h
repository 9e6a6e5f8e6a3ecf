/*
 * Verdicts on standard output, as text or JSON, for `replay` while they come and for `merge`.
 */
#ifndef SIM_CLI_VERDICT_OUTPUT_H
#define SIM_CLI_VERDICT_OUTPUT_H

#include "sim/cli/command.h"
#include "sim/report/report.h"

#define CLI_SHOWN_MAX 256 /* different findings said in full; the text of a further equal one is one line */

struct cli_verdict_output {
    struct cli_output *out;
    const struct sim_report *report; /* names the code; its summary is written at the end */
    uint64_t shown[CLI_SHOWN_MAX];   /* signatures of what was said in full */
    uint32_t shown_count;
    uint64_t note_count; /* from the warnings up */
    struct wf_buffer results; /* of -o json */
    struct wf_json_writer writer;
};

void cli_verdict_output_init(struct cli_verdict_output *output, struct cli *cli, const struct sim_report *report);

/* One verdict, in input order. */
void cli_verdict_output_write(struct cli_verdict_output *output, const struct sim_verdict *verdict);

/* The summary. */
void cli_verdict_output_end(struct cli_verdict_output *output);

#endif
