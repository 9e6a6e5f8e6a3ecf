/* The parts of matching: its queues, their leases, and the tasks, pollers and queries that wait in them. */
#ifndef WF_ENGINE_SERVER_MATCHING_H
#define WF_ENGINE_SERVER_MATCHING_H

#include "engine/base/map.h"
#include "engine/base/ring.h"
#include "engine/base/slab.h"
#include "engine/service.h"

#define WF_MATCHING_POLL_NS (60 * WF_NS_PER_S)          /* engine-semantics 8.5 "poll" */
#define WF_MATCHING_SYNC_WAIT_NS (200 * WF_NS_PER_MS)   /* "sync match" */
#define WF_MATCHING_STICKY_GONE_NS (10 * WF_NS_PER_S)   /* 3.5 "Matching short-cuts" */
#define WF_MATCHING_ACK_SAVE_NS (60 * WF_NS_PER_S)      /* "ack" */
#define WF_MATCHING_BLOCK_TASKS INT64_C(100000)         /* "lease": task ids of one range */
#define WF_MATCHING_LOAD_MAX 64u                        /* tasks of one read */
#define WF_MATCHING_LOADED_MAX 256u                     /* tasks in memory; the rest stays in the database */
#define WF_MATCHING_TRIES_MAX 3u                        /* of one request id, before the task goes to the tail */
#define WF_MATCHING_PAUSE_NS (100 * WF_NS_PER_MS)       /* doubled at each try */
#define WF_MATCHING_ACQUIRE_PAUSE_NS (500 * WF_NS_PER_MS)
#define WF_MATCHING_QUERY_NS (60 * WF_NS_PER_S)         /* a query that nobody answers is forgotten */
#define WF_MATCHING_IDLE_NS (300 * WF_NS_PER_S)         /* a queue that nobody uses is unloaded */
#define WF_MATCHING_ID_BYTES WF_UUID_BYTES

enum wf_queue_state { WF_QUEUE_COLD, WF_QUEUE_ACQUIRING, WF_QUEUE_READY };
enum wf_queue_input {
    WF_QUEUE_NEEDED,
    WF_QUEUE_ACQUIRED,
    WF_QUEUE_DENIED,
    WF_QUEUE_LOST,
    WF_QUEUE_DOUBTED,
    WF_QUEUE_EXHAUSTED,
};

enum wf_task_state {
    WF_TASK_WAITING,
    WF_TASK_STORING,
    WF_TASK_BACKLOG,
    WF_TASK_STARTING,
    WF_TASK_PAUSING,
    WF_TASK_MOVING,
    WF_TASK_GONE,
};
enum wf_task_input {
    WF_TASK_POLLER,
    WF_TASK_OVERDUE,
    WF_TASK_STORED,
    WF_TASK_UNSTORED,
    WF_TASK_STARTED,
    WF_TASK_REFUSED,
    WF_TASK_FAILED,
    WF_TASK_DUE,
    WF_TASK_TIRED,
    WF_TASK_STORED_TIRED,
    WF_TASK_EXPIRED,
};

struct wf_matching_queue;

struct wf_matching_poller {
    struct wf_ring link; /* in queue->pollers unless a task holds it */
    uint64_t call_id;
    wf_time_ns deadline_ns;
    struct wf_string identity; /* in the same piece, as is the version */
    struct wf_worker_deployment_version version; /* an empty build id: none */
    size_t size_bytes;
    bool is_gone; /* its caller is; the task that holds it does not know */
};

struct wf_matching_task {
    _Alignas(16) struct wf_ring link; /* in queue->waiting, ->backlog or ->moving */
    struct wf_ring write_link; /* in queue->to_write or ->in_write */
    struct wf_matching_queue *queue;
    enum wf_task_state state;
    int64_t task_id; /* 0: not stored */
    int64_t new_task_id; /* being written */
    wf_time_ns time_ns; /* WAITING: end of the sync match wait; PAUSING: end of the pause */
    wf_time_ns expire_ns; /* 0: never */
    uint64_t add_call_id; /* history's push, which waits for the outcome */
    bool has_add_call;
    uint32_t tries; /* with this request id */
    char request_id[WF_MATCHING_ID_BYTES];
    struct wf_matching_poller *poller;
    const struct wf_svc_add_task *add; /* in the same piece */
    size_t size_bytes;
};

struct wf_matching_query {
    _Alignas(16) struct wf_ring link; /* in queue->queries until a poller takes it, then in matching->asked */
    uint64_t call_id;
    wf_time_ns deadline_ns;
    char query_id[WF_MATCHING_ID_BYTES];
    const struct wf_svc_dispatch_query *dispatch; /* in the same piece */
    size_t size_bytes;
};

/* A routing of the queue, to be written or written. */
struct wf_matching_setting {
    _Alignas(16) struct wf_ring link; /* in queue->settings until it is written */
    uint64_t call_id;
    const struct wf_svc_version_routing *routing; /* in the same piece */
    size_t size_bytes;
};

struct wf_matching_queue {
    struct wf_string key;  /* "a:" or "w:" and the name */
    struct wf_string name;
    bool is_activity;
    bool is_sticky;
    enum wf_queue_state state;
    int64_t range_id;
    int64_t next_task_id;
    int64_t read_task_id;  /* everything at or below it was loaded */
    int64_t saved_ack_task_id;
    wf_time_ns saved_ns;   /* when the ack level was saved last */
    bool is_polled;        /* since then: the next save also finds out whether the lease is still held */
    wf_time_ns poller_ns;  /* when a poller was seen last; INT64_MIN: never */
    wf_time_ns used_ns;
    wf_time_ns retry_ns;   /* COLD: when to acquire again; READY: when to read again; INT64_MAX: when needed */
    bool is_all_read;      /* nothing above read_task_id is in the database */
    bool is_reading;
    bool is_read_stale;    /* rows were written while reading */
    bool is_read_void;     /* the lease under which it was asked is over */
    bool is_writing;
    uint32_t backlog_count;
    struct wf_ring pollers;  /* longest waiting first */
    struct wf_ring queries;
    struct wf_ring waiting;  /* WAITING */
    struct wf_ring backlog;  /* every stored task in memory, by task id, whatever its state */
    struct wf_ring starting; /* STARTING and PAUSING without an id */
    struct wf_ring to_write;
    struct wf_ring in_write;
    struct wf_ring settings;             /* oldest first; the first is in a write while is_setting */
    bool is_setting;
    struct wf_matching_setting *setting; /* what is stored; NULL: nobody has set a routing */
};

/* What an outstanding call or database request was for. */
enum wf_matching_call_kind {
    WF_MATCHING_CALL_NONE,
    WF_MATCHING_CALL_START,
    WF_MATCHING_CALL_ACQUIRE,
    WF_MATCHING_CALL_WRITE,
    WF_MATCHING_CALL_READ,
};

struct wf_matching_call {
    enum wf_matching_call_kind kind;
    uint32_t generation;
    void *subject; /* a task or a queue */
};

struct wf_matching {
    struct wf_service_config config;
    struct wf_arena arena;
    struct wf_arena step_arena;
    struct wf_slabs slabs;
    struct wf_map queues;
    struct wf_ring asked; /* queries that a worker has */
    struct wf_matching_call *calls;
    uint32_t call_count;
    wf_time_ns now_ns;
    uint64_t entropy;
    uint32_t id_count; /* ids made in this step */
    wf_time_ns wake_ns;
    struct {
        struct wf_service_output *items;
        uint32_t count;
        uint32_t capacity;
    } outputs;
    bool is_out_of_memory;
};

/* ---- matching.c: outputs ---- */
uint64_t wf_matching_call_new(struct wf_matching *matching, enum wf_matching_call_kind kind, void *subject);
struct wf_service_output *wf_matching_put(struct wf_matching *matching, enum wf_service_output_type type,
                                          uint64_t call_id);
struct wf_svc_response *wf_matching_answer(struct wf_matching *matching, uint64_t call_id,
                                           enum wf_call_status status);
void wf_matching_make_id(struct wf_matching *matching, char id[WF_MATCHING_ID_BYTES]);
/* Zeroed; sets is_out_of_memory and returns NULL when memory is gone. */
void *wf_matching_take(struct wf_matching *matching, size_t size_bytes);
/* A zeroed piece that begins with head_bytes and holds a copy of the message behind them. guess_bytes: of the copy. */
void *wf_matching_take_copy(struct wf_matching *matching, size_t head_bytes, size_t guess_bytes,
                            const struct wf_message_type *type, const void *message, const void **copy,
                            size_t *size_bytes);
struct wf_matching_queue *wf_matching_find_queue(struct wf_matching *matching, struct wf_string name, bool is_activity);

/* ---- matching_queue.c: leases, reading and writing ---- */
void wf_queue_step(struct wf_matching *matching, struct wf_matching_queue *queue, enum wf_queue_input input);
void wf_queue_on_acquired(struct wf_matching *matching, struct wf_matching_queue *queue,
                          const struct wf_db_reply *reply);
void wf_queue_on_written(struct wf_matching *matching, struct wf_matching_queue *queue,
                         const struct wf_db_reply *reply);
void wf_queue_on_read(struct wf_matching *matching, struct wf_matching_queue *queue, const struct wf_db_reply *reply);
/* Reads, writes and saves what there is to, when nothing is on its way. */
void wf_queue_pump(struct wf_matching *matching, struct wf_matching_queue *queue);
bool wf_queue_is_ack_due(const struct wf_matching *matching, const struct wf_matching_queue *queue);

/* Whether a page of the backlog is wanted; after a read that failed, not before retry_ns. */
bool wf_queue_is_read_due(const struct wf_matching_queue *queue);
void wf_queue_keep_poller(struct wf_matching *matching, struct wf_matching_queue *queue,
                          struct wf_matching_poller *poller);
void wf_queue_free_poller(struct wf_matching *matching, struct wf_matching_poller *poller);
void wf_queue_free_setting(struct wf_matching *matching, struct wf_matching_setting *setting);
/* What is stored of the versions that the queue's tasks go to; NULL: nothing, or it is not known. */
const struct wf_svc_version_routing *wf_queue_routing(const struct wf_matching_queue *queue);

/* ---- matching_task.c ---- */
void wf_matching_task_step(struct wf_matching *matching, struct wf_matching_task *task, enum wf_task_input input,
                           const struct wf_svc_response *response);
/* A copy of the push in a piece of its own; NULL when memory is gone. */
struct wf_matching_task *wf_matching_task_new(struct wf_matching *matching, struct wf_matching_queue *queue,
                                              const struct wf_svc_add_task *add);
void wf_matching_task_free(struct wf_matching *matching, struct wf_matching_task *task);

#endif
