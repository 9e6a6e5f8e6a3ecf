/*
 * Anchors: logical moments of a run, named as scenarios name them. A placed fault strikes at one, a goal lies between two.
 */
#ifndef WF_SIM_FAULT_ANCHOR_H
#define WF_SIM_FAULT_ANCHOR_H

#include <stdbool.h>

#include "engine/base/bytes.h"
#include "engine/base/status.h"
#include "sim/core/record.h"

struct sim_anchor {
    enum sim_record_kind kind;
    struct wf_string name;   /* what the record's `a` must be; empty: any */
    struct wf_string ending; /* what its `b` must start with; empty: any */
};

/*
 * Reads "activity X started|completed|failed|ended", "effect X", "undo X", "event ActivityTaskCompleted" (or the type
 * alone), "task started|completed", "signal X sent|handled", "workflow started|closed". The names are slices of text.
 *
 * Errors: WF_ERR_INVALID with the moments that there are, or the nearest event type.
 */
enum wf_status sim_anchor_read(struct wf_string text, struct sim_anchor *anchor, struct wf_error *err);

/* True when the record is such a moment. */
bool sim_anchor_matches(const struct sim_anchor *anchor, const struct sim_record *record);

#endif
