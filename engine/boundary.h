/*
 * Where a run may have stood: the events up to which a service can have written its history, and what a service needs in
 * order to go on from there.
 */
#ifndef WF_ENGINE_BOUNDARY_H
#define WF_ENGINE_BOUNDARY_H

#include "engine/base/status.h"
#include "engine/schema.h"

/*
 * The events that are written when the event is. Events of one write stand for all of it: a completed workflow task and its
 * commands, an activity's Started and its outcome with what stands between them, a workflow task that was tried again and its
 * completion.
 *
 * events      in order, ids from 1 without a gap; nothing else is assumed of them.
 * Errors:     WF_ERR_INVALID  there is no such event, the run is closed by then, or an event lacks what a service needs to go
 *                             on; names the event.
 * Source:     engine-semantics 3.1, 3.8, 3.9, 4.2.
 */
enum wf_status wf_boundary_find(const struct wf_event *events, uint32_t event_count, int64_t event_id, uint32_t *kept_count,
                                struct wf_error *err);

/* Whether these events have a workflow task; whether they leave something that the workflow has not seen, and no task for it. */
bool wf_boundary_has_task(const struct wf_event *events, uint32_t event_count);
bool wf_boundary_wants_task(const struct wf_event *events, uint32_t event_count);

#endif
