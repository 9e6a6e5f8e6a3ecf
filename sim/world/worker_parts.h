/* A worker process: pollers, the worker of the engine with an instance for each cached run, attempts of activities. */
#ifndef WF_SIM_WORLD_WORKER_PARTS_H
#define WF_SIM_WORLD_WORKER_PARTS_H

#include "sim/world/parts.h"

#define SIM_WORKER_CACHE 64u           /* runs kept, when the queue says nothing */
#define SIM_WORKER_POLLERS 4u          /* sticky, normal, and two for activities */
#define SIM_WORKER_ATTEMPTS_MAX 100u   /* activity slots */
#define SIM_WORKER_RUN_BYTES_MAX ((size_t)64 << 20)
#define SIM_WORKER_COROUTINES_MAX 1024u
#define SIM_STICKY_START_NS (10 * WF_NS_PER_S) /* schedule to start of core SDKs (engine-semantics 3.6) */
#define SIM_REPORT_PATIENCE_NS (60 * WF_NS_PER_S) /* retries of an answer; the service has long timed out the task */
#define SIM_FETCH_TRIES_MAX 5u

/* Purposes of a worker's calls: what the context is. */
enum sim_worker_call {
    SIM_WORKER_POLL,      /* struct sim_poller */
    SIM_WORKER_FETCH,     /* struct sim_taken */
    SIM_WORKER_REPORT,    /* struct sim_report */
    SIM_WORKER_HEARTBEAT, /* struct sim_attempt */
};

enum sim_poller_kind { SIM_POLLER_STICKY, SIM_POLLER_NORMAL, SIM_POLLER_ACTIVITY };

/* Lives as long as the world; a crash empties it. */
struct sim_poller {
    struct sim_worker *worker;
    enum sim_poller_kind kind;
    bool is_used;        /* the queue has work of this kind */
    bool is_waiting;     /* a poll is out; due_ns is when to give it up */
    uint64_t call_id;
    uint32_t tries;      /* failures in a row */
    int64_t wait_ns;     /* of the next poll */
    wf_time_ns due_ns;   /* when to look at it again; INT64_MAX: not by itself */
    struct sim_alarms alarms; /* its POLL events in the loop */
};

/* A workflow task in hand. */
struct sim_taken {
    struct wf_ring link; /* in worker->taken */
    struct sim_worker *worker;
    bool is_dead;      /* its worker crashed; freed by its event */
    bool is_in_loop;
    bool wants_history;
    uint32_t tries;
    struct sim_workflow *workflow;
    struct sim_content *content; /* the answer that brought the task */
    const struct wf_svc_workflow_task *task;
};

/* An answer on its way, with retries. */
struct sim_report {
    struct wf_ring link; /* in worker->reports */
    struct sim_worker *worker;
    bool is_dead;
    bool is_in_loop;
    bool is_of_task; /* of a workflow task: a final refusal evicts the run */
    uint32_t tries;
    wf_time_ns give_up_ns;
    struct sim_workflow *workflow;
    struct sim_content *content;
    struct wf_string run_id; /* of a task; in a piece of its own */
};

struct sim_attempt;

/* What a cached run's local activities need. */
struct sim_local_slot {
    struct sim_taken *taken; /* the task that waits for them; NULL: none */
    struct sim_workflow *workflow;
    wf_time_ns wake_ns;      /* INT64_MAX: never */
};

struct sim_worker {
    struct sim_world *world;
    struct sim_node *node;
    const struct sim_queue *queue;
    uint32_t index;
    uint32_t code;
    struct wf_worker *core; /* NULL while the process is down */
    struct wf_instance **instances; /* by cache slot */
    struct sim_local_slot *locals;  /* by cache slot */
    struct sim_alarms local_alarms;
    uint32_t cache_size;
    struct wf_string sticky_queue;
    char sticky_bytes[160];
    struct wf_string identity; /* "<incarnation>@<node>", as SDKs say pid@host: a restarted process is another worker */
    char identity_bytes[160];
    struct sim_poller pollers[SIM_WORKER_POLLERS];
    struct wf_ring taken;
    struct wf_ring reports;
    struct wf_ring attempts;
    uint32_t attempt_count;
    char *images[SIM_CODES_MAX]; /* the modules' writable memory while another worker has the place */
};

/* ---- world_worker.c ---- */
/* Puts this worker's memory in the place where its code finds it (DESIGN section 5 "Modules"). */
void sim_worker_enter(struct sim_worker *worker);
struct wf_host *sim_worker_host(const struct sim_worker *worker);
/* Sends an answer until it arrives; the request is copied. */
void sim_worker_report(struct sim_worker *worker, const struct sim_report *model, const struct wf_svc_request *request);
void sim_worker_poll_again(struct sim_worker *worker, enum sim_poller_kind kind);

/* ---- world_workflow_task.c ---- */
/* Takes over nothing; keeps a reference to the content while the task is in hand. */
void sim_task_take(struct sim_worker *worker, struct sim_content *content, const struct wf_svc_workflow_task *task);
void sim_task_run(struct sim_taken *taken);
void sim_task_fetched(struct sim_taken *taken, const struct wf_svc_response *response);
void sim_task_free(struct sim_taken *taken);
/* Whether a task of the slot waits for local activities. */
bool sim_task_waits(const struct sim_worker *worker, uint32_t slot);
/* An attempt of a local activity has ended; the input says how. */
void sim_task_end_local(struct sim_worker *worker, struct wf_worker_input *in);
/* Timeouts and retries of local activities. */
void sim_task_wake(struct sim_worker *worker);
/* The process died. */
void sim_tasks_drop(struct sim_worker *worker);
/* The run's last task left no trace in history (engine-semantics 3.10). */
void sim_task_rewind(struct sim_worker *worker, struct wf_string run_id, int64_t started_event_id);
void sim_task_evict(struct sim_worker *worker, uint32_t slot, enum wf_sdk_eviction_reason reason);

/* ---- world_activity.c ---- */
void sim_attempt_take(struct sim_worker *worker, struct sim_content *content, const struct wf_svc_activity_task *task);
/* Begins an attempt of a local activity of the run in a slot. */
void sim_attempt_begin_local(struct sim_worker *worker, uint32_t slot, const struct wf_local_start *start);
/* Tells the attempts of a local activity that it is cancelled. */
void sim_attempt_stop_local(struct sim_worker *worker, uint32_t slot, uint32_t seq);
/* The run has left the slot: nobody waits for its attempts. */
void sim_attempts_forget_local(struct sim_worker *worker, uint32_t slot);
void sim_attempt_run(struct sim_attempt *attempt);
void sim_attempt_heard(struct sim_attempt *attempt, const struct wf_svc_response *response);
/* The process died. */
void sim_attempts_drop(struct sim_worker *worker);

#endif
