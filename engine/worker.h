/*
 * The worker: turns history into activations and matches the commands that come back against history. It is the heart of
 * replay. It never calls a host, reads a clock or waits: a driver feeds it inputs and performs its outputs. Three drivers
 * use it: a file (engine/replay), the simulator's worker process, and a pipe to an SDK.
 *
 * One step takes one input and gives one output. The conversation for one workflow task:
 *
 *   TASK        -> ACTIVATION -> (host runs code) COMPLETION -> ACTIVATION ... -> RESPONSE
 *   TASK        -> WANT_HISTORY -> HISTORY -> ACTIVATION ...          (the cache lost the run)
 *   COMPLETION  -> WAIT, LOCAL_ENDED -> ACTIVATION ...                (local activities run)
 *   COMPLETION  -> FINDING                                            (code and history disagree)
 *
 * Source: replay-rules 1 to 3.
 */
#ifndef WF_ENGINE_WORKER_H
#define WF_ENGINE_WORKER_H

#include "engine/base/arena.h"
#include "engine/base/status.h"
#include "engine/schema.h"
#include "engine/finding.h"
#include "engine/time.h"

struct wf_worker;

/* How ids, markers, grouping and matching work: a row of engine/worker/families.def. It belongs to the history. */
enum wf_family {
    WF_FAMILY_AUTO, /* SDK metadata, else marker names, else core */
    WF_FAMILY_CORE,
    WF_FAMILY_GO,
    WF_FAMILY_JAVA,
};
const char *wf_family_name(enum wf_family family);

/* Finds the family of a history and says why. */
enum wf_family wf_family_detect(const struct wf_event *const *events, uint32_t event_count, const char **reason);

/* How a local activity ended, as its marker has it. */
struct wf_local_record {
    struct wf_string activity_id;
    struct wf_string activity_type;
    const struct wf_payload *result;  /* NULL: none, or it did not complete */
    const struct wf_failure *failure; /* NULL: it completed */
};

/* False: another event, or one that cannot be read. Text is a slice of the event, or in the arena. */
bool wf_local_record_read(struct wf_arena *arena, const struct wf_event *event, struct wf_local_record *record);

struct wf_worker_config {
    const struct wf_block_source *blocks; /* for the runs' arenas; outlives the worker */
    uint32_t cache_size_max;              /* runs kept, at least 1; the least recently used idle one makes room. The run that
                                             takes its slot comes out with is_new */
    size_t run_size_bytes_max;            /* memory of one run; beyond it the task fails */
    bool is_eager;                        /* asks to run activities of its queue at once (engine-semantics 4.10) */
    bool is_replay;                       /* replay worker: nothing is live, findings end the run; each step keeps which
                                             command met which event */
    enum wf_family family;                /* AUTO: per history */
    struct wf_string identity;
    struct wf_string sticky_queue;        /* empty: no sticky queue asked for */
    struct wf_string sdk_name;            /* recorded in completions of live tasks */
    struct wf_string sdk_version;
    struct wf_string deployment_name;     /* with build_id the version of this worker; both empty: none */
    struct wf_string build_id;
};

/* One poll response: everything the service sends with a workflow task. Borrowed for the step; the worker copies or decodes
 * what it keeps into the run's arena. */
struct wf_task {
    struct wf_string token;
    struct wf_string workflow_id;
    struct wf_string run_id;
    struct wf_string workflow_type;
    const struct wf_string *batches; /* event batches, protobuf History bytes, in order */
    uint32_t batch_count;
    const struct wf_event *events;   /* or decoded events (replay); they outlive the run */
    uint32_t event_count;
    int64_t previous_started_event_id; /* P of replay-rules 1.1 */
    int64_t started_event_id;          /* S */
    int32_t attempt;
    bool is_full_history; /* starts at event 1 */
    const struct wf_sdk_query_workflow *queries;
    uint32_t query_count;
    bool is_query_only; /* a legacy query task: no started event, answer the one query */
    const struct wf_protocol_message *messages; /* requests of updates, in the order of admission */
    uint32_t message_count;
};

enum wf_worker_input_type {
    WF_WORKER_TASK,
    WF_WORKER_HISTORY,    /* the full history that was wanted, as a task */
    WF_WORKER_COMPLETION, /* what the host answered to the last activation of a slot */
    WF_WORKER_EVICT,      /* drop a run from the cache */
    WF_WORKER_LOCAL_ENDED, /* an attempt of a local activity has ended; one that nobody waits for is passed over */
    WF_WORKER_ALARM,      /* a slot's wake time has come; harmless at any other */
};

enum wf_local_end { WF_LOCAL_COMPLETED, WF_LOCAL_FAILED, WF_LOCAL_CANCELED };

struct wf_worker_input {
    enum wf_worker_input_type type;
    wf_time_ns now_ns; /* the worker's own clock; never reaches workflow code */
    wf_time_ns steady_ns; /* a clock that never jumps: deadlines and durations */
    union {
        const struct wf_task *task;
        struct {
            uint32_t slot;
            const struct wf_sdk_completion *completion; /* borrowed for the step */
        } completion;
        struct {
            uint32_t slot;
            enum wf_sdk_eviction_reason reason;
        } evict;
        struct {
            uint32_t slot;
            uint32_t seq;
            uint32_t attempt;
            enum wf_local_end end;
            const struct wf_payload *result;  /* COMPLETED; NULL: none. Borrowed for the step */
            const struct wf_failure *failure; /* FAILED, CANCELED; NULL: none */
        } local_ended;
        struct {
            uint32_t slot;
        } alarm;
    };
};

enum wf_worker_output_type {
    WF_WORKER_IDLE,         /* nothing to do */
    WF_WORKER_ACTIVATION,   /* give it to the slot's host instance and feed the completion back */
    WF_WORKER_WANT_HISTORY, /* fetch the run's whole history and feed it as HISTORY; again when what came ends before the
                               task */
    WF_WORKER_RESPONSE,     /* answer the task */
    WF_WORKER_FINDING,      /* replay worker: the verdict of this run; the slot is free */
    WF_WORKER_WAIT,         /* the task is answered when its local activities have ended, or must say that they go on */
};

/* An attempt of a local activity to begin, in the worker's own process. */
struct wf_local_start {
    uint32_t seq;
    uint32_t attempt;
    const struct wf_sdk_schedule_local_activity *schedule; /* lives until the run leaves the cache */
};

/* What a step asks of the driver about local activities of its slot, whatever the output's type. A slot that is dropped, or
 * has a new run, drops all of its attempts: nobody waits for them. */
struct wf_local_work {
    const struct wf_local_start *starts;
    uint32_t start_count;
    const uint32_t *stops; /* sequence numbers: tell the attempt that it is cancelled */
    uint32_t stop_count;
    wf_time_ns wake_ns; /* on the steady clock: feed an ALARM then; INT64_MAX: none */
};

/* The answer to a workflow task, for RespondWorkflowTaskCompleted or ...Failed or RespondQueryTaskCompleted. */
struct wf_task_response {
    struct wf_string token;
    bool is_failed;
    bool is_unreported;   /* failed on a later attempt: core SDKs do not report it, the task times out (engine-semantics 3.2) */
    int32_t failed_cause; /* enum wf_workflow_task_failed_cause */
    const struct wf_failure *failure;
    const struct wf_command *commands; /* server commands, in order */
    uint32_t command_count;
    const struct wf_workflow_task_completed_metadata *sdk_metadata; /* flags first used in this task; NULL: none */
    const struct wf_sdk_query_result *query_results;
    uint32_t query_result_count;
    const struct wf_protocol_message *messages; /* answers to updates; those of commands are named by them */
    uint32_t message_count;
    bool force_create_new_task;
    bool wants_new_task; /* return_new_workflow_task */
    bool evict;          /* the slot is free after this: drop its instance */
};

/*
 * An activation, its jobs and their results are structs of the worker's step: borrowed until the worker's next step, of
 * whatever slot. What they point to further down (payloads, their bytes, failures, strings, and the lists of payloads and
 * map entries) lives until the run leaves the cache, so that hosts use it uncopied. Responses and findings are borrowed until
 * the worker's next step; a response also points into the completion that it answers, so encode it at once.
 */
struct wf_worker_output {
    enum wf_worker_output_type type;
    uint32_t slot;       /* cache slot of the run: drivers keep host instances by slot */
    bool is_new;         /* ACTIVATION: the slot has a new run; drop any old instance and make one */
    struct wf_string run_id;
    struct wf_local_work local;
    union {
        const struct wf_sdk_activation *activation;
        struct wf_task_response response;
        const struct wf_finding *finding;
    };
};

/*
 * The activation that tells a host of another process to drop a run: its only job. It answers with an empty success. Native
 * hosts need none: their instance is dropped.
 * Source: replay-rules 1.11.
 */
struct wf_eviction {
    struct wf_sdk_activation activation;
    struct wf_sdk_job job;
    struct wf_sdk_remove_from_cache remove;
};
void wf_eviction_init(struct wf_eviction *eviction, struct wf_string run_id, enum wf_sdk_eviction_reason reason,
                      struct wf_string message);

/* Takes its memory from the config's blocks. NULL when they are exhausted. */
struct wf_worker *wf_worker_new(const struct wf_worker_config *config);
void wf_worker_free(struct wf_worker *worker);

/* Forgets every run, as a crash does. Drivers drop every instance. */
void wf_worker_reset(struct wf_worker *worker);

/*
 * A TASK for a run that still waits for a completion or that does not go on where the cached run stopped drops the cached
 * run and begins again from the full history, wanting it if need be.
 *
 * Errors: WF_ERR_CORRUPT when a batch cannot be decoded, WF_ERR_MEMORY, WF_ERR_LIMIT when no cached run is
 *         idle to make room, WF_ERR_NOT_FOUND for a free slot (also of what comes late). A disagreement of code and history is
 *         not an error: in a replay worker it is a FINDING, in a live worker a failed RESPONSE with cause
 *         NON_DETERMINISTIC_ERROR.
 */
enum wf_status wf_worker_step(struct wf_worker *worker, const struct wf_worker_input *in, struct wf_worker_output *out,
                              struct wf_error *err);

/*
 * The last task of a cached run left no trace in history (engine-semantics 3.10): the run stands again where the started event
 * with this id left it. False when it cannot be taken back: the driver evicts the run.
 */
bool wf_worker_rewind(struct wf_worker *worker, uint32_t slot, int64_t started_event_id);

/* ---- Reading a run in the cache (for describe, replay's notes, and checks) ---- */

struct wf_run_view {
    struct wf_string run_id;
    enum wf_family family;
    const char *family_reason;        /* "sdk_metadata names temporal-go", "marker core_patch", ... */
    int64_t last_started_event_id;    /* end of the last applied chunk */
    uint32_t activation_count;
    bool is_replaying;
    bool is_closed; /* a terminal event was applied */
    uint32_t signal_count; /* given to the code */
    uint32_t update_count; /* accepted by it */
};

/* False when the slot is free. */
bool wf_worker_view(const struct wf_worker *worker, uint32_t slot, struct wf_run_view *view);

/* The slot of a cached run, or UINT32_MAX. */
uint32_t wf_worker_find(const struct wf_worker *worker, struct wf_string run_id);

#endif
