/* The worker itself: the cache of runs and what a step leaves behind. Private to the engine. */
#ifndef WF_ENGINE_WORKER_STATE_H
#define WF_ENGINE_WORKER_STATE_H

#include "engine/worker/divergence.h"
#include "engine/worker/worker_run.h"

struct wf_worker {
    struct wf_worker_config config;
    struct wf_arena arena;      /* the cache itself */
    struct wf_arena step_arena; /* of one step */
    struct wf_run *runs;        /* by slot; set up as far as slots were used */
    uint32_t used_count;        /* slots that ever held a run: the first ones */
    uint32_t newest;            /* ends of the order of use; UINT32_MAX: empty */
    uint32_t oldest;
    uint32_t free_count; /* of the used ones */
    uint32_t *free_slots;
    struct wf_map by_run_id;
    uint32_t dead_slot; /* left the cache in the last step, which still points into it; UINT32_MAX:
                           none */
    uint32_t step_slot; /* of the run that the step is about; UINT32_MAX: none */
    struct { /* of the last step */
        struct wf_meeting *items;
        uint32_t count;
        uint32_t capacity;
    } meetings;
    struct wf_divergence divergence; /* of the last finding or failed response */
    struct wf_finding finding;
    struct wf_failure failure; /* of the last failed response */
    struct wf_application_failure_info failure_info;
    struct wf_sdk_query_result query_failure;
};

/* Feeds a task to a run that is in its slot (task.c). */
enum wf_status wf_run_begin_task(struct wf_run *run, const struct wf_task *task,
                                 struct wf_worker_output *out, struct wf_error *err);

/* False when the run cannot be taken back. */
bool wf_run_rewind(struct wf_run *run, int64_t started_event_id);

/* Feeds the host's answer. */
enum wf_status wf_run_complete(struct wf_run *run, const struct wf_sdk_completion *completion,
                               struct wf_worker_output *out, struct wf_error *err);

/* Feeds the end of an attempt of a local activity, and the time that a wake waited for. */
enum wf_status wf_run_end_local(struct wf_run *run, const struct wf_worker_input *in,
                                struct wf_worker_output *out, struct wf_error *err);
enum wf_status wf_run_wake(struct wf_run *run, struct wf_worker_output *out, struct wf_error *err);

/* The run leaves the cache when the next step begins. */
void wf_worker_retire(struct wf_worker *worker, struct wf_run *run);

#endif
