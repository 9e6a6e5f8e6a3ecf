/*
 * How many histories of a batch the code replayed, for commands that replay to learn something else: what they say of a history
 * holds no further than its replay went.
 */
#ifndef SIM_CLI_REPLAYED_H
#define SIM_CLI_REPLAYED_H

#include "engine/finding.h"
#include "sim/cli/command.h"
#include "sim/report/pack.h"
#include "sim/report/report.h"

struct cli_replayed {
    struct sim_report_counts counts; /* by_verdict alone */
};

/* In a child: the verdict, with its reason when it is not ok. */
void cli_replayed_pack(struct wf_buffer *frame, enum wf_verdict verdict, const char *diagnosis, struct wf_string message);

/* In the supervisor: counts it. Of each verdict the first history is named on standard error: the others are alike, and may be many. */
enum wf_verdict cli_replayed_take(struct cli_replayed *replayed, const char *path, struct wf_string workflow_id,
                                  struct sim_unpacker *frame);

/* Histories of which the code ran nothing, and of which it ran a part. */
uint64_t cli_replayed_none(const struct cli_replayed *replayed);
uint64_t cli_replayed_part(const struct cli_replayed *replayed);

#endif
