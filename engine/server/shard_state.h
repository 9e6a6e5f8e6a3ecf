/*
 * What a shard keeps in memory, shared by the files of the history service and by nobody else.
 * Nothing in it survives a crash; everything that must is in the database before anybody hears of
 * it (engine-semantics 8.1, 8.3).
 */
#ifndef WF_ENGINE_SERVER_SHARD_STATE_H
#define WF_ENGINE_SERVER_SHARD_STATE_H

#include "engine/base/slab.h"
#include "engine/codec.h"
#include "engine/service.h"

#define WF_RUN_ID_BYTES WF_UUID_BYTES

/* A run id of our own making, so of one length; all zero: none. */
struct wf_run_id {
    char text[WF_RUN_ID_BYTES];
};

static inline bool wf_run_id_is_set(const struct wf_run_id *id)
{
    return id->text[0] != '\0';
}

static inline struct wf_string wf_run_id_string(const struct wf_run_id *id)
{
    return wf_run_id_is_set(id) ? (struct wf_string){id->text, WF_RUN_ID_BYTES}
                                : (struct wf_string){0};
}

/* False when the text is not a run id of ours: no such run exists. */
bool wf_run_id_read(struct wf_string text, struct wf_run_id *id);

/* Whether a test wants this bug. */
static inline bool wf_is_planted(const struct wf_service_config *config, enum wf_planted_bug bug)
{
    return (config->planted & (uint32_t)bug) != 0;
}

/* ---- Runs ---- */

/* An encoded batch of events kept for polls. Slab memory; the bytes follow. */
struct wf_batch_node {
    struct wf_batch_node *next;
    int64_t first_event_id;
    int64_t event_count;
    size_t size_bytes;
    char bytes[];
};

/* A query that waits for a workflow task to carry it (engine-semantics 7.9 step 4). */
struct wf_waiting_query {
    uint64_t call_id; /* 0: none */
    char *bytes;      /* the encoded query; slab memory */
    size_t size_bytes;
    bool is_attached; /* to the started task */
};

struct wf_update_record;
struct wf_update_rejection_note;

struct wf_shard_run {
    struct wf_shard_run *next; /* all runs in memory, the one last used first */
    struct wf_shard_run *previous;
    struct wf_workflow *workflow; /* whose current run this is; NULL: not (yet) */
    struct wf_arena arena;
    struct wf_state_run *state;
    struct wf_state_start *start;
    struct wf_run_id id;
    struct wf_run_id first_id;
    int64_t record_version; /* of the row; 0: not yet written */
    struct wf_string
        committed; /* the state as the database has it; {NULL, 0} for a run not yet written */
    struct wf_buffer images[2]; /* `committed` and the next one, by turns */
    uint32_t image_index;
    struct wf_batch_node *batches; /* oldest first, without a gap, up to the last event */
    struct wf_batch_node *last_batch;
    struct wf_batch_node *recent; /* the first that a worker with the run in its cache needs */
    size_t batch_bytes;
    uint64_t buffered_bytes; /* size of the buffered events */
    bool is_close_attempted; /* engine-semantics 3.5 "close attempted" guard */
    struct wf_waiting_query query;
    struct wf_update_record *updates; /* engine-semantics 7.8; slab memory */
};

/* ---- Workflows: the runs of one id, and the lock on them ---- */

struct wf_operation;
struct wf_write;

enum wf_current_knowledge { WF_CURRENT_UNKNOWN, WF_CURRENT_NONE, WF_CURRENT_KNOWN };

struct wf_workflow {
    struct wf_workflow *next_in_bucket;
    struct wf_string id; /* slab memory */
    uint64_t hash;
    enum wf_current_knowledge current;
    struct wf_run_id current_run_id;
    int32_t current_status;
    struct wf_string current_request_id; /* slab memory */
    struct wf_shard_run *run;            /* the current run, NULL: not loaded */
    bool is_locked;                      /* a write or a load is under way */
    struct wf_run_id loading_id;         /* which run is loaded; unset: the current one */
    struct wf_operation *waiting_first;
    struct wf_operation *waiting_last;
    uint32_t
        epoch; /* grows when the current run closes: tasks of older epochs have nothing to do */
    uint32_t task_count; /* in the shard's queues */
};

/* ---- Tasks: what the shard must do later (engine-semantics 8.4) ---- */

/* Where a task that calls other shards stands. Memory only: an execution that begins again finds
 * from the state what is still to do. */
struct wf_transfer_progress {
    uint32_t step;
    bool has_answer; /* to the step's call */
    bool goes_on;    /* the write under way is not the task's last act */
    int32_t status;
    int64_t shard_clock;
    struct wf_run_id run_id;
    char *answer; /* of a Nexus handler, encoded; slab memory */
    size_t answer_size_bytes;
};

struct wf_task_record {
    struct wf_task_record *next; /* transfer: in order of ids; free for timers */
    struct wf_task_record *previous;
    struct wf_workflow *workflow;
    int64_t task_id;
    int64_t time_ns; /* of a timer task: when it is due; part of its key */
    int64_t retry_at_ns;
    int32_t category; /* enum wf_task_category */
    uint32_t epoch;
    bool has_epoch; /* made by this owner: the epoch tells whether its run still lives */
    bool is_busy;   /* an operation or a call is under way */
    bool is_in_memory; /* of a speculative workflow task: not stored, and not tried again */
    bool is_activity;
    bool is_on_normal_queue; /* the sticky worker is gone */
    int32_t attempt;
    int32_t stamp;
    int32_t try_count;
    int64_t scheduled_event_id; /* or initiated */
    struct wf_run_id run_id;
    enum wf_transfer_kind kind;
    struct wf_transfer_progress progress; /* of other kinds than PUSH */
};

struct wf_task_list {
    struct wf_task_record *first;
    struct wf_task_record *last;
};

/* ---- Operations ---- */

enum wf_operation_kind {
    WF_OPERATION_REQUEST, /* somebody's call */
    WF_OPERATION_TIMER,   /* a timer task that is due */
    WF_OPERATION_PUSH,    /* a transfer task */
};

/* The history of a run as an operation keeps it while more is read: an encoded wf_db_history_rows.
 * Slab memory; the bytes follow. */
struct wf_kept_history {
    struct wf_kept_history *next; /* of the run that continued it */
    struct wf_run_id run_id;
    struct wf_run_id successor_id; /* unset: the run did not continue as new */
    size_t size_bytes;
    char bytes[];
};

/* One thing to do with one workflow. On the stack while it runs at once; in slab memory while it
 * waits. */
struct wf_operation {
    struct wf_operation *next;
    enum wf_operation_kind kind;
    uint64_t call_id;                     /* REQUEST */
    const struct wf_svc_request *request; /* REQUEST: borrowed for the step */
    char *bytes;                          /* REQUEST, waiting: the request encoded; slab memory */
    size_t size_bytes;
    struct wf_task_record *task;  /* TIMER, PUSH */
    struct wf_run_id run_id;      /* wanted; unset: the current one */
    bool has_no_run;              /* the run was looked for and does not exist */
    bool skips_sticky;            /* a query that the sticky worker did not answer */
    bool reads_history;           /* needs the history of the run, and of those that continued it */
    struct wf_kept_history *histories;
    struct wf_shard_run *visitor; /* a run that is not the current one, loaded for this operation */
};

/* What to answer once the write is committed. Built then, from the state that was written. */
enum wf_reply_kind {
    WF_REPLY_NONE,
    WF_REPLY_EMPTY,
    WF_REPLY_STARTED,
    WF_REPLY_WORKFLOW_TASK, /* to matching, which hands it to the poller */
    WF_REPLY_ACTIVITY_TASK,
    WF_REPLY_COMPLETION, /* of a workflow task, with the next one inside when has_task */
    WF_REPLY_HEARTBEAT,
    WF_REPLY_ERROR, /* status and message: the write records a refusal */
    WF_REPLY_UPDATE, /* a new run gets the update that came with its start, which answers */
};

struct wf_reply_plan {
    enum wf_reply_kind kind;
    bool flag; /* STARTED: a run was made; COMPLETION: a task is inside; HEARTBEAT: cancel requested
                */
    bool is_full_history;
    bool is_paused; /* HEARTBEAT */
    bool is_reset;
    bool has_clock; /* STARTED: a parent asked, and will come back */
    bool is_repeated;      /* WORKFLOW_TASK: it is given once more */
    bool speculates;       /* COMPLETION: updates that wait get a task, once the write is committed */
    bool fails_updates;    /* ERROR: the task failed that had them */
    int64_t reset_event_id; /* COMPLETION: the task left no trace */
    int64_t scheduled_event_id; /* of the activity; COMPLETION: tasks of those started after this event */
    int32_t status;
    struct wf_run_id run_id;
    struct wf_string message; /* slab memory */
    char *update; /* UPDATE: the encoded wf_svc_update_workflow; slab memory */
    size_t update_bytes;
};

/* A transaction on its way to the database and back. */
struct wf_write {
    struct wf_write *next;
    struct wf_write *previous;
    struct wf_workflow *workflow;
    enum wf_operation_kind kind;
    uint64_t call_id;
    struct wf_task_record *task;
    struct wf_reply_plan reply;
    struct wf_shard_run *run; /* the current run, when it is written; NULL: only a new one is */
    struct wf_shard_run *successor; /* a new current run, made by this write */
    bool closes_run;                /* the run that was current is closed */
    struct wf_task_list tasks;
    struct wf_batch_node *batches; /* of run */
    struct wf_batch_node *successor_batches;
    int64_t range_id;
    int64_t first_task_id; /* ids from here on are not to be acknowledged yet */
    int64_t first_timer_ns;
    int32_t current_status; /* of the current row, when it changes */
    struct wf_query_answers *answers;
    struct wf_update_rejection_note *rejections;
    struct wf_string identity; /* COMPLETION that speculates: of the worker; slab memory */
};

/* Answers to queries, given once the write is committed. Slab memory. */
struct wf_query_answers {
    struct wf_query_answers *next;
    uint64_t call_id;
    char *bytes; /* an encoded wf_sdk_query_result */
    size_t size_bytes;
};

/* ---- Calls under way, by their numbers ---- */

enum wf_pending_kind {
    WF_PENDING_FREE,
    WF_PENDING_ACQUIRE,
    WF_PENDING_READ_TRANSFER,
    WF_PENDING_READ_TIMER,
    WF_PENDING_SAVE,
    WF_PENDING_DELETE,
    WF_PENDING_LOAD,    /* object: the workflow, whose first waiting operation asked */
    WF_PENDING_LOAD_HISTORY, /* object: likewise */
    WF_PENDING_WRITE,   /* object: the write */
    WF_PENDING_HISTORY, /* object: the read */
    WF_PENDING_PUSH,    /* object: the task */
    WF_PENDING_QUERY,   /* object: the query */
    WF_PENDING_READ_SCHEDULES,
    WF_PENDING_WRITE_SCHEDULE, /* object: the schedule */
    WF_PENDING_SCHEDULE_SEND,  /* object: the send */
};

struct wf_pending {
    enum wf_pending_kind kind;
    uint32_t serial;
    uint32_t next_free; /* index + 1 */
    void *object;
};

/* A call whose write may or may not be in the database. Slab memory. */
struct wf_unknown_call {
    struct wf_unknown_call *next;
    uint64_t call_id;
};

/* A message that waits for history from the database. Slab memory. */
struct wf_history_read {
    uint64_t call_id;
    bool is_request; /* a query for matching; otherwise an answer */
    char *bytes;     /* the message, encoded */
    size_t size_bytes;
};

/* A query given to matching. Slab memory. */
struct wf_direct_query {
    uint64_t call_id;
    bool is_sticky;
    char *bytes; /* the encoded request, to try the normal queue */
    size_t size_bytes;
};

/* ---- The shard ---- */

enum wf_shard_state {
    WF_SHARD_NEW,
    WF_SHARD_ACQUIRING,
    WF_SHARD_OWNED,
    WF_SHARD_WAITING, /* to try to acquire again */
    WF_SHARD_STOPPED,
};

/* Timer tasks by (time, id): a heap. */
struct wf_task_heap {
    struct wf_task_record **items;
    uint32_t count;
    uint32_t capacity;
};

struct wf_shard {
    const struct wf_service_config *config;
    struct wf_service_config config_copy;
    const struct wf_block_source *source; /* as configured; `blocks` stands in front of it */
    struct wf_block_source blocks;
    bool is_out_of_memory;
    struct wf_slabs slabs;
    struct wf_arena step_arena;
    int32_t id;
    enum wf_shard_state state;
    int64_t range_id;
    int64_t task_counter; /* the next task id is range_id << 20 | task_counter */

    /* Of the present step. */
    wf_time_ns now_ns;
    uint64_t entropy;
    uint64_t draw_count;
    struct {
        struct wf_service_output *items;
        uint32_t count;
        uint32_t capacity;
    } outputs;
    wf_time_ns wake_at_ns; /* as last told to the driver */

    struct wf_workflow **buckets;
    uint32_t bucket_count;
    uint32_t workflow_count;
    uint32_t loaded_count; /* runs in memory */
    struct wf_shard_run *runs;
    struct wf_shard_run *last_run;
    struct wf_shard_run *dying; /* to be freed at the next step */
    uint32_t waiting_count;     /* operations kept for later */

    struct wf_pending *pending;
    uint32_t pending_capacity;
    uint32_t pending_free; /* index + 1 */

    struct wf_write *writes;               /* under way */
    struct wf_unknown_call *unknown_calls; /* to be answered once the shard is acquired anew */

    struct wf_task_list transfer;     /* of this owner's ids, ascending */
    struct wf_task_list old_transfer; /* read from the database, ascending */
    struct wf_task_heap timers;       /* in the future */
    struct wf_task_list due;          /* taken from the heap, not yet done */
    int64_t timer_level_ns;  /* no timer task is written at or before this time (5.1 "clock") */
    int64_t old_task_id_max; /* ids up to here are of earlier owners */
    int64_t read_transfer_id;
    int64_t read_timer_time_ns;
    int64_t read_timer_id;
    bool is_transfer_read; /* the earlier owners' tasks are all in memory */
    bool is_timer_read;
    wf_time_ns save_at_ns;  /* INT64_MAX: nothing to save */
    wf_time_ns retry_at_ns; /* of the acquisition or of a failed read */
    wf_time_ns task_at_ns;  /* the earliest retry of a task */
    struct wf_shard_schedule *schedules;
    bool are_schedules_read;
    wf_time_ns read_schedules_at_ns; /* again; INT64_MAX: not */
    wf_time_ns update_at_ns; /* when the first caller has waited long enough for an update */
};

/* ---- shard.c ---- */

/* A number nobody can foresee but a repeated run. */
uint64_t wf_shard_draw(struct wf_shard *shard);
struct wf_run_id wf_shard_draw_uuid(struct wf_shard *shard);
int64_t wf_shard_task_id(struct wf_shard *shard);

/*
 * Everything that this owner has given out so far has a lower task id. What leaves the shard
 * carries it, and comes back with it: a clock ahead of our own proves that another owner has come
 * after us (engine-semantics 8.2 rule 6).
 */
int64_t wf_shard_clock(const struct wf_shard *shard);

/* Another owner has come: the shard stops, and everything that waits is told to try elsewhere. */
void wf_shard_overtaken(struct wf_shard *shard);

struct wf_service_output *wf_shard_output(struct wf_shard *shard, enum wf_service_output_type type,
                                          uint64_t call_id);
struct wf_db_request *wf_shard_store(struct wf_shard *shard, enum wf_pending_kind kind,
                                     void *object, uint32_t op_case,
                                     const struct wf_message_type *type);

/* Says of the database request just made which operation made it. */
void wf_shard_cause(struct wf_shard *shard, struct wf_service_cause cause);

/* Answers; nothing for call 0. */
struct wf_svc_response *wf_shard_answer(struct wf_shard *shard, uint64_t call_id,
                                        enum wf_call_status status, const char *message);

/* An unknown outcome: nobody is answered before the shard is acquired anew (8.2 rule 4). */
void wf_shard_write_unknown(struct wf_shard *shard, uint64_t call_id);
void wf_shard_write_lost(struct wf_shard *shard, int64_t range_id);

/* Moves the machine of the shard; false when it has no such transition. */
enum wf_shard_input {
    WF_SHARD_INPUT_ALARM,
    WF_SHARD_INPUT_ACQUIRED,
    WF_SHARD_INPUT_ACQUIRE_FAILED,
    WF_SHARD_INPUT_WRITE_UNKNOWN,
    WF_SHARD_INPUT_IDS_EXHAUSTED,
    WF_SHARD_INPUT_LOST,
};

/* ---- pending.c: numbers of calls under way, and slab copies ---- */

uint64_t wf_pending_add(struct wf_shard *shard, enum wf_pending_kind kind, void *object);

/* Returns the kind and forgets the number; FREE for one that is not under way: late, doubled, or of
 * a forgotten owner. */
enum wf_pending_kind wf_pending_take(struct wf_shard *shard, uint64_t call_id, void **object);

/* Forgets every call of a kind. */
void wf_pending_forget(struct wf_shard *shard, enum wf_pending_kind kind);

/* Forgets one call of a kind and gives its object; false when there is none. */
bool wf_pending_drop(struct wf_shard *shard, enum wf_pending_kind kind, void **object);

bool wf_keep_string(struct wf_shard *shard, struct wf_string string, struct wf_string *kept);
void wf_drop_string(struct wf_shard *shard, struct wf_string *kept);
bool wf_keep_message(struct wf_shard *shard, const struct wf_message_type *type,
                     const void *message, char **bytes, size_t *size_bytes);

/* Reads what was kept into memory of the step. The bytes may then go back: what is decoded borrows none of them. */
bool wf_read_kept(struct wf_shard *shard, const struct wf_message_type *type, struct wf_string kept, void *message);

/* ---- workflows.c ---- */

/* The record of a workflow id, made when there is none. NULL when memory is gone. */
struct wf_workflow *wf_workflow_get(struct wf_shard *shard, struct wf_string id);

/* Performs an operation now, or keeps a copy until the workflow is free. */
void wf_workflow_submit(struct wf_shard *shard, struct wf_workflow *workflow,
                        const struct wf_operation *operation);

/* Keeps a copy until the workflow is free, or refuses and returns NULL. Whoever calls settles the workflow. */
struct wf_operation *wf_workflow_wait(struct wf_shard *shard, struct wf_workflow *workflow,
                                      const struct wf_operation *operation);

/* Unlocks, performs what waited, and forgets a workflow of which nothing is left in memory. */
void wf_workflow_release(struct wf_shard *shard, struct wf_workflow *workflow);

/* As wf_workflow_release, of one that may be locked and then stays so. */
void wf_workflow_settle(struct wf_shard *shard, struct wf_workflow *workflow);
void wf_workflow_loaded(struct wf_shard *shard, struct wf_workflow *workflow,
                        const struct wf_db_reply *reply);
void wf_workflow_history_loaded(struct wf_shard *shard, struct wf_workflow *workflow,
                                const struct wf_db_reply *reply);

/* Forgets what is not certain: the run in memory, and which run is current. */
void wf_workflow_drop_state(struct wf_shard *shard, struct wf_workflow *workflow);
void wf_workflow_set_current(struct wf_shard *shard, struct wf_workflow *workflow,
                             struct wf_string run_id, struct wf_string request_id, int32_t status);

/* The shard is acquired anew: nothing in memory is certain, and tasks are read again. */
void wf_workflows_drop_all(struct wf_shard *shard);

/* Others have owned the shard: a run in memory may be older than the database's. One that is being written stays until the
 * reply. */
void wf_workflows_drop_states(struct wf_shard *shard);

/* The shard is owned: what waited goes on. */
void wf_workflows_resume(struct wf_shard *shard);

/* The shard is lost: whoever waits is told. */
void wf_workflows_refuse_all(struct wf_shard *shard);

/* Nobody waits for the answer any more. */
void wf_workflows_cancel(struct wf_shard *shard, uint64_t call_id);

/* Gives back memory of runs that were not used for long. */
void wf_workflows_trim(struct wf_shard *shard);

/* ---- run_state.c ---- */

struct wf_shard_run *wf_shard_run_new(struct wf_shard *shard);

/* The run leaves memory; outputs of the present step may still point into it, so it goes at the
 * start of the next one. */
void wf_shard_run_free(struct wf_shard *shard, struct wf_shard_run *run);
void wf_shard_runs_bury(struct wf_shard *shard);

/* The run was used: others leave memory before it. */
void wf_shard_run_touch(struct wf_shard *shard, struct wf_shard_run *run);

/* Makes the state what it was when last written: after a load, a refused command, or to give memory
 * back. */
bool wf_shard_run_restore(struct wf_shard *shard, struct wf_shard_run *run, struct wf_string image);
struct wf_string wf_shard_run_encode(struct wf_shard_run *run);
void wf_shard_run_written(struct wf_shard *shard, struct wf_shard_run *run);
bool wf_shard_run_is_open(const struct wf_shard_run *run);
int64_t wf_shard_run_last_event_id(const struct wf_shard_run *run);

/* The earliest time at which something of the run is due; INT64_MAX: nothing. */
int64_t wf_shard_run_next_deadline(const struct wf_shard_run *run);
void wf_shard_run_add_batches(struct wf_shard *shard, struct wf_shard_run *run,
                              struct wf_batch_node *batches);
void wf_batches_free(struct wf_shard *shard, struct wf_batch_node *batches);

/* ---- queue_tasks.c ---- */

struct wf_task_record *wf_task_new(struct wf_shard *shard, struct wf_workflow *workflow,
                                   enum wf_task_category category);
void wf_task_list_append(struct wf_task_list *list, struct wf_task_record *task);

/* The tasks of a committed write join the queues. */
void wf_tasks_commit(struct wf_shard *shard, struct wf_workflow *workflow,
                     struct wf_task_list *tasks);
void wf_tasks_abandon(struct wf_shard *shard, struct wf_task_list *tasks);
void wf_task_done(struct wf_shard *shard, struct wf_task_record *task);
void wf_task_retry(struct wf_shard *shard, struct wf_task_record *task);
void wf_tasks_read(struct wf_shard *shard);
/* A stored task, from an earlier owner or once more: executed as if nobody had. */
void wf_task_take(struct wf_shard *shard, const struct wf_db_task *row);
void wf_tasks_read_reply(struct wf_shard *shard, enum wf_pending_kind kind,
                         const struct wf_db_reply *reply);
void wf_tasks_alarm(struct wf_shard *shard);
void wf_tasks_save_reply(struct wf_shard *shard, const struct wf_db_reply *reply);
void wf_tasks_drop_all(struct wf_shard *shard);
void wf_tasks_acquired(struct wf_shard *shard, const struct wf_db_shard_row *row);
wf_time_ns wf_tasks_wake_at(const struct wf_shard *shard);
void wf_task_push(struct wf_shard *shard, struct wf_workflow *workflow, struct wf_shard_run *run,
                  struct wf_task_record *task);
void wf_task_push_reply(struct wf_shard *shard, struct wf_task_record *task,
                        const struct wf_svc_response *response);

/* Of a speculative workflow task: an alarm and a push that are not stored. */
void wf_task_remember(struct wf_shard *shard, struct wf_workflow *workflow, const struct wf_shard_run *run,
                      int64_t time_ns);
void wf_task_push_once(struct wf_shard *shard, struct wf_workflow *workflow, struct wf_shard_run *run);

/* The write of an execution is committed: the task is done, or goes on. */
void wf_task_written(struct wf_shard *shard, struct wf_task_record *task);

/* ---- schedule_shard.c ---- */

struct wf_shard_schedule;
struct wf_schedule_send;

/* True when the request is about a schedule; it is then answered. */
bool wf_schedule_receive(struct wf_shard *shard, uint64_t call_id,
                         const struct wf_svc_request *request);
void wf_schedules_acquired(struct wf_shard *shard, const struct wf_db_shard_row *row);
void wf_schedules_read_reply(struct wf_shard *shard, const struct wf_db_reply *reply);
void wf_schedule_write_reply(struct wf_shard *shard, struct wf_shard_schedule *schedule,
                             const struct wf_db_reply *reply);
void wf_schedule_answered(struct wf_shard *shard, struct wf_schedule_send *send,
                          const struct wf_svc_response *response);
void wf_schedules_alarm(struct wf_shard *shard);
wf_time_ns wf_schedules_wake_at(const struct wf_shard *shard);

/* Nothing in memory is certain any more. */
void wf_schedules_drop_all(struct wf_shard *shard);

/* ---- requests.c ---- */

/* Performs an operation on a workflow that is not locked. run is NULL when the run it wants does
 * not exist. */
void wf_operation_run(struct wf_shard *shard, struct wf_workflow *workflow,
                      struct wf_shard_run *run, struct wf_operation *operation);

/* Takes a request from outside. */
void wf_request_receive(struct wf_shard *shard, uint64_t call_id,
                        const struct wf_svc_request *request);

#endif
