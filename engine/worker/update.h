/* Beginning updates, and keeping the ones that were admitted before they were accepted. Private to
 * the engine. */
#ifndef WF_ENGINE_WORKER_UPDATE_H
#define WF_ENGINE_WORKER_UPDATE_H

#include "engine/worker/worker_run.h"

/* From a WorkflowExecutionUpdateAdmitted event: kept while replaying, else begun at once
 * (replay-rules 1.4 step 1). */
void wf_run_admit_update(struct wf_run *run, const struct wf_event *event);

/* From a WorkflowExecutionUpdateAccepted event that lookahead found. */
void wf_run_begin_accepted_update(struct wf_run *run, const struct wf_event *event);

/* The update with this protocol instance id, or NULL. */
struct wf_machine *wf_run_update(const struct wf_run *run, struct wf_string instance_id);

#endif
