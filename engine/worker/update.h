/*
 * Updates in the worker: requested by messages that a live task brings or by the events of those that were admitted or
 * accepted, answered by messages. Private to the engine.
 */
#ifndef WF_ENGINE_WORKER_UPDATE_H
#define WF_ENGINE_WORKER_UPDATE_H

#include "engine/worker/worker_run.h"

/* ---- From history ---- */

/* From a WorkflowExecutionUpdateAdmitted event: kept while replaying, else begun at once
 * (replay-rules 1.4 step 1). */
void wf_run_admit_update(struct wf_run *run, const struct wf_event *event);

/* From a WorkflowExecutionUpdateAccepted event that lookahead found. */
void wf_run_begin_accepted_update(struct wf_run *run, const struct wf_event *event);

/* The update with this protocol instance id, or NULL. */
struct wf_machine *wf_run_update(const struct wf_run *run, struct wf_string instance_id);

/* ---- From messages, and to messages (engine-semantics 7.8; replay-rules 4.5) ---- */

/* Keeps the requests that a task brings; one that cannot be read is the run's divergence. */
void wf_run_take_messages(struct wf_run *run, const struct wf_task *task);

/* Once all events of a live task are applied: the code is given the updates that came with it. */
void wf_run_begin_asked_updates(struct wf_run *run);

/* Adds the message for what the code just said of an update; none in a replay. */
void wf_run_answer_update(struct wf_run *run, const struct wf_machine *machine,
                          const struct wf_sdk_update_response *response);

/* "<update id>/request/accept", ".../complete", ".../reject". */
struct wf_string wf_update_message_id(struct wf_arena *arena, struct wf_string instance_id, struct wf_string verb);

#endif
