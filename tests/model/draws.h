/* Values that random requests are made of; they live as long as the request. */
#ifndef WF_TESTS_MODEL_DRAWS_H
#define WF_TESTS_MODEL_DRAWS_H

#include "tests/model/calls.h"

#define CALLS_CHILDREN 60 /* ids of children */
#define CALLS_RESTORED 80 /* ids of runs from elsewhere */

uint64_t calls_draw(struct calls *calls, uint64_t bound);
bool calls_one_in(struct calls *calls, uint64_t bound);

void *calls_make(struct calls *calls, size_t size_bytes);
#define MAKE(calls, type) ((type *)calls_make((calls), sizeof(type)))

struct wf_string calls_numbered(struct calls *calls, const char *name, uint64_t number);
struct wf_string calls_long_text(struct calls *calls, size_t size_bytes);

/* Something valid; now and then nothing, or too much. */
struct wf_string calls_id_or_bad(struct calls *calls, struct wf_string id);

struct wf_payloads *calls_payloads(struct calls *calls);
struct wf_payloads *calls_maybe_payloads(struct calls *calls);
struct wf_header *calls_maybe_header(struct calls *calls);
struct wf_memo *calls_maybe_memo(struct calls *calls);
struct wf_search_attributes *calls_attributes(struct calls *calls);
struct wf_string calls_maybe_cron(struct calls *calls);

/* 0 to max_ms; rarely negative. */
struct wf_timestamp calls_duration(struct calls *calls, uint64_t max_ms);
struct wf_timestamp calls_maybe_duration(struct calls *calls, uint64_t one, uint64_t max_ms);
struct wf_retry_policy *calls_maybe_policy(struct calls *calls);
struct wf_failure *calls_failure(struct calls *calls);

struct wf_string calls_workflow_id(struct calls *calls);
struct wf_string calls_run_id_of(struct calls *calls, struct wf_string id);
struct wf_workflow_execution *calls_execution(struct calls *calls);

/* The id of an activity that pends, most of the time; then the target is its run. */
struct wf_string calls_pending_activity(struct calls *calls, struct wf_workflow_execution *target);

/* The same for the same id, so that a worker knows what was asked. */
struct wf_update_request *calls_update_request(struct calls *calls, struct wf_string update_id);

/* Fresh, or one of a call not long ago. */
struct wf_string calls_request_id(struct calls *calls);

struct wf_string calls_queue(struct calls *calls);
struct wf_string calls_worker_name(struct calls *calls, uint32_t worker);
struct wf_string calls_sticky_queue(struct calls *calls, uint32_t worker);

/* ---- history_calls.c: what names a place of a history ---- */

void calls_reset_workflow(struct calls *calls, struct wf_svc_request *request);
void calls_restore_workflow(struct calls *calls, struct wf_svc_request *request);

/* ---- schedule_draws.c ---- */

void calls_ask_schedule(struct calls *calls, struct wf_svc_request *request);

/* ---- work.c: what workers send ---- */

void calls_poll_workflow_task(struct calls *calls, struct wf_svc_request *request, uint32_t worker);
void calls_poll_activity_task(struct calls *calls, struct wf_svc_request *request, uint32_t worker);

/* Answers a task that is held, and forgets it: but sometimes the answer comes again. */
void calls_work(struct calls *calls, struct wf_svc_request *request, uint32_t *worker);

/* ---- deployment.c: versions of workers ---- */

/* NULL: the worker has none. */
struct wf_worker_deployment_version *calls_version(struct calls *calls, uint32_t worker);
void calls_set_routing(struct calls *calls, struct wf_svc_request *request);

/* ---- handler.c: Nexus operations ---- */

void calls_nexus_command(struct calls *calls, const struct wf_state_run *state, struct wf_command *command);
void calls_complete_nexus(struct calls *calls, struct wf_svc_request *request);

#endif
