/* Versions of workers: who may take a task, and what a run remembers of the versions that it was on. */
#ifndef WF_ENGINE_SERVER_VERSIONING_H
#define WF_ENGINE_SERVER_VERSIONING_H

#include "engine/service.h"

/* NULL and an empty build id: a worker without a version. */
bool wf_version_equal(const struct wf_worker_deployment_version *left, const struct wf_worker_deployment_version *right);

/* Where a task of the workflow goes that belongs to no version; slices of the routing. NULL: there is no routing. */
struct wf_worker_deployment_version wf_routing_target(const struct wf_svc_version_routing *routing,
                                                      struct wf_string workflow_id);

/* versioning: of a run; NULL: no worker has said anything yet. */
bool wf_versioning_is_pinned(const struct wf_service_config *config, const struct wf_state_versioning *versioning);
bool wf_versioning_admits(const struct wf_service_config *config, const struct wf_state_versioning *versioning,
                          const struct wf_worker_deployment_version *worker,
                          const struct wf_worker_deployment_version *target);

/* Whose owner serves a task queue: a sticky queue of a worker with a version is kept beside its normal queue, where the routing
 * is known. normal_task_queue is empty for any other. */
struct wf_string wf_versioning_owner_key(struct wf_string task_queue, struct wf_string normal_task_queue,
                                         bool is_versioned);

/* What a run begins with, by its Started event; NULL: nothing. */
struct wf_state_versioning *wf_versioning_begin(struct wf_arena *arena,
                                                const struct wf_event_workflow_execution_started *started);

/* NULL of NULL. */
struct wf_state_versioning *wf_versioning_copy(struct wf_arena *arena, const struct wf_state_versioning *versioning);

/* What a run is on after a completed workflow task: NULL without a version. */
struct wf_state_versioning *wf_versioning_complete(struct wf_arena *arena,
                                                   const struct wf_event_workflow_task_completed *completed,
                                                   int64_t revision);

/* How a new run or a child on a queue of the same name begins: on the version of a pinned run, or no earlier than what the run has
 * followed. Slices of the run's state. */
void wf_versioning_inherit(const struct wf_service_config *config, struct wf_arena *arena,
                           const struct wf_state_versioning *versioning, struct wf_worker_deployment_version **pinned,
                           struct wf_inherited_auto_upgrade_info **upgraded);

#endif
