/*
 * The failures that core makes for the outcomes of activities, children and external requests. They
 * live in the run's arena, because hosts hand them to workflow code uncopied. All return NULL when
 * it is full. Private to the engine. Source: replay-rules 4.1 "How core fills failures".
 */
#ifndef WF_ENGINE_WORKER_FAILURES_H
#define WF_ENGINE_WORKER_FAILURES_H

#include "engine/worker/worker_run.h"

/* Of a failed, timed out or canceled activity's event. */
struct wf_failure *wf_failure_of_activity(struct wf_run *run, const struct wf_machine *machine,
                                          const struct wf_event *event);

/* Of an activity cancelled without waiting, or before its command was sent. */
struct wf_failure *wf_failure_of_activity_canceled_now(struct wf_run *run,
                                                       struct wf_machine *machine);

/* What the marker of a cancelled local activity holds. */
struct wf_failure *wf_failure_local_canceled(struct wf_run *run);

/* Of a local activity that was cancelled; the cause is what its marker holds. */
struct wf_failure *wf_failure_of_local_canceled(struct wf_run *run,
                                                const struct wf_machine *machine,
                                                struct wf_failure *cause);

struct wf_failure *wf_failure_of_child(struct wf_run *run, const struct wf_machine *machine,
                                       struct wf_failure *cause, const char *message);
struct wf_failure *wf_failure_of_child_withdrawn(struct wf_run *run,
                                                 const struct wf_machine *machine,
                                                 struct wf_string reason);

/* Causes. */
struct wf_failure *wf_failure_timeout(struct wf_run *run);
struct wf_failure *wf_failure_terminated(struct wf_run *run);
struct wf_failure *wf_failure_canceled(struct wf_run *run, struct wf_payloads *details);

/* "Unable to <verb> external workflow because <reason>". */
struct wf_failure *wf_failure_of_external(struct wf_run *run, const char *verb,
                                          const struct wf_enum_type *causes, int32_t cause);
struct wf_failure *wf_failure_of_signal_withdrawn(struct wf_run *run);
struct wf_failure *wf_failure_of_nexus(struct wf_run *run, const struct wf_machine *machine,
                                       const char *message);

/* What a workflow task failed with. */
struct wf_failure *wf_failure_of_task(struct wf_run *run, struct wf_string message);

#endif
