/*
 * The database: shard rows, current rows, runs with record versions, history nodes, tasks and task queues, each write
 * conditional. It keeps what was committed whatever crashes, and says nothing of time: the world delays its answers.
 *
 * Source: engine-semantics 3.9, 8.2 to 8.5.
 */
#ifndef WF_SIM_WORLD_DATABASE_H
#define WF_SIM_WORLD_DATABASE_H

#include "engine/base/arena.h"
#include "engine/base/map.h"
#include "engine/schema.h"
#include "engine/service.h"
#include "engine/base/slab.h"

/* A history node. Nodes of failed writes stay as orphans. */
struct sim_db_node {
    int64_t first_event_id;
    int64_t event_count;
    int64_t transaction_id;
    struct wf_string bytes;
};

struct sim_db_run {
    struct wf_string workflow_id;
    struct wf_string run_id;
    int64_t record_version;
    struct wf_string state;
    struct sim_db_node *nodes; /* by first event id, then transaction id */
    uint32_t node_count;
    uint32_t node_capacity;
    int64_t last_event_id; /* committed; nodes past it are orphans */
    bool is_closed;
    bool is_created; /* false: only orphan nodes so far */
    bool is_dropped; /* closed and forgotten */
    void *context;   /* the world's */
};

struct sim_db_current {
    struct wf_string workflow_id;
    struct wf_string run_id;
    struct wf_string create_request_id;
    int32_t status;
};

struct sim_db_task {
    int64_t time_ns; /* 0 but for timer tasks; of queue tasks the time of expiry, not part of the order */
    int64_t task_id;
    int32_t category;
    struct wf_string workflow_id;
    struct wf_string run_id;
    struct wf_string body;
    size_t size_bytes; /* of the piece */
};

/* Tasks in order, oldest first. */
struct sim_db_tasks {
    struct sim_db_task **items;
    uint32_t count;
    uint32_t capacity;
};

struct sim_db_schedule {
    struct sim_db_schedule *next;
    struct wf_string id;
    struct wf_string state;
    bool is_busy;
};

struct sim_db_shard {
    struct sim_db_schedule *schedules; /* the newest first */
    int64_t range_id;
    struct wf_string owner;
    int64_t transfer_ack_task_id;
    int64_t timer_ack_time_ns;
    int64_t timer_ack_task_id;
    struct sim_db_tasks transfer; /* by task id */
    struct sim_db_tasks timer;    /* by time, then task id */
};

struct sim_db_queue {
    struct wf_string name;
    int64_t range_id;
    int64_t ack_task_id;
    struct wf_string routing; /* as matching encoded it; empty: none */
    struct sim_db_tasks tasks; /* by task id */
};

struct sim_database {
    struct wf_arena *arena;
    struct wf_slabs *slabs;
    struct sim_db_shard *shards;
    uint32_t shard_count;
    struct wf_map runs;     /* run id -> struct sim_db_run */
    struct wf_map currents; /* workflow id -> struct sim_db_current */
    struct wf_map queues;   /* name with "a:" or "w:" before it -> struct sim_db_queue */
    uint32_t busy_schedule_count;
};

/* What befalls a request. Reads know NONE and UNAVAILABLE only. */
enum sim_database_fate {
    SIM_DATABASE_FATE_NONE,
    SIM_DATABASE_FATE_UNAVAILABLE,  /* refused: definitely not written */
    SIM_DATABASE_FATE_WRITTEN,      /* done as usual, but the answer is UNKNOWN */
    SIM_DATABASE_FATE_NOT_WRITTEN,  /* not done, and the answer is UNKNOWN; history nodes are left as orphans */
    SIM_DATABASE_FATE_TORN,         /* as NOT_WRITTEN, but only the first history node is left */
    SIM_DATABASE_FATE_VANISHED,     /* as NOT_WRITTEN, and nothing is left */
};

/* False when memory is gone. */
bool sim_database_init(struct sim_database *database, struct wf_arena *arena, struct wf_slabs *slabs,
                       uint32_t shard_count);

/*
 * Performs one request.
 *
 * reply         lists lie in step_arena; strings and bytes are the database's own, until its next request.
 * is_committed  for a write: true when it changed the rows, whatever the reply says.
 * Returns false when memory is gone.
 */
bool sim_database_apply(struct sim_database *database, const struct wf_db_request *request, enum sim_database_fate fate,
                        struct wf_arena *step_arena, struct wf_db_reply *reply, bool *is_committed);

/* True for requests that change rows. */
bool sim_database_is_write(const struct wf_db_request *request);

/* NULL when there is none. */
struct sim_db_run *sim_database_run(const struct sim_database *database, struct wf_string run_id);
struct sim_db_current *sim_database_current(const struct sim_database *database, struct wf_string workflow_id);
struct sim_db_queue *sim_database_queue(const struct sim_database *database, struct wf_string name, bool is_activity);

/*
 * The nodes from first_event_id to last_event_id without orphans: for a first event id the highest transaction wins, and a
 * node whose transaction is lower than one already accepted is skipped (engine-semantics 3.9).
 * Returns an array in the arena, or NULL when it is full.
 */
const struct sim_db_node **sim_database_resolve(const struct sim_db_run *run, struct wf_arena *arena,
                                                int64_t first_event_id, int64_t last_event_id, uint32_t *count);

/* Forgets a closed run: state and history go, and its current row when it still names the run (retention). */
void sim_database_drop_run(struct sim_database *database, struct sim_db_run *run);

#endif
