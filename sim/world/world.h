/*
 * The world: servers, database, matching, workers, clients and operators as nodes on a simulated network, run on one event
 * loop. It does what a configuration says and what the fault layer asks; it judges nothing.
 */
#ifndef WF_SIM_WORLD_WORLD_H
#define WF_SIM_WORLD_WORLD_H

#include "engine/base/arena.h"
#include "engine/base/status.h"
#include "engine/schema.h"
#include "engine/service.h"
#include "sim/config.h"
#include "sim/core/choice.h"
#include "sim/core/loop.h"
#include "sim/core/record.h"
#include "sim/world/ledger.h"

struct sim_world;

enum sim_node_kind { SIM_NODE_SERVER, SIM_NODE_DATABASE, SIM_NODE_WORKER, SIM_NODE_CLIENT };

struct sim_node_view {
    uint32_t index;
    enum sim_node_kind kind;
    struct wf_string name; /* "server-1", "database", "worker-1" (queue's in its name when several), "client-1" */
    bool is_up;
};

/* A run as the world knows it, for checks, list and describe. */
struct sim_run_view {
    struct wf_string workflow_id;
    struct wf_string run_id;
    struct wf_string workflow_type;
    struct wf_string task_queue;
    int32_t status; /* enum wf_workflow_execution_status */
    wf_time_ns start_time_ns;
    wf_time_ns close_time_ns; /* 0: open */
    wf_time_ns last_event_time_ns;
    int64_t event_count;
    bool has_other_options;   /* an operator was to change those of activities of the workflow */
    struct wf_string state;   /* the database's bytes; wf_state_describe */
    struct wf_string result;  /* JSON of a completed run, else the failure's message */
};

/* Starts that the service refused for good: the id was taken, ... */
struct sim_refused_starts {
    uint64_t count;
    struct wf_string workflow_id; /* of the first one */
    struct wf_string reason;      /* as its sender was told */
};

/* Where records go, in order, as they happen. Reads only; must not call back into the world except through views. */
typedef void (*sim_observer)(void *context, const struct sim_record *record);

/* A write that the database committed, whatever its writer was told. Borrowed for the call. */
struct sim_commit {
    wf_time_ns time_ns;
    uint64_t step;
    wf_time_ns clock_ns; /* the writer's clock, whose times the stored state holds */
    int64_t clock_spread_ns; /* how far apart clocks have been so far; 0 without clock faults */
    struct wf_string node;
    const struct wf_db_write *write; /* NULL: of a schedule */
    const struct wf_db_write_schedule *schedule;
    const struct wf_history_message *events; /* for each run of the write: the events of its batches, in order */
    struct wf_service_cause cause;           /* which operation made the write; run_id is empty */
};

/* Where commits go, each after its records; under the same rules. They are no part of the trace. */
typedef void (*sim_commit_observer)(void *context, const struct sim_commit *commit);

/* A request that comes to a history shard, or what the shard answers to it. Borrowed for the call. */
struct sim_exchange {
    wf_time_ns time_ns;
    uint64_t step;
    struct wf_string node;
    uint64_t call_id; /* as in the cause of a commit */
    const struct wf_svc_request *request;   /* NULL: it is answered */
    const struct wf_svc_response *response; /* NULL: it comes */
};

/* The time that workflow code is told in an activation. */
struct sim_turn {
    wf_time_ns time_ns;
    uint64_t step;
    struct wf_string node;
    const struct wf_sdk_activation *activation;
};

/* Where they go, and where it is told that a closed run is removed; under the rules of commits. */
typedef void (*sim_exchange_observer)(void *context, const struct sim_exchange *exchange);
typedef void (*sim_turn_observer)(void *context, const struct sim_turn *turn);
typedef void (*sim_drop_observer)(void *context, struct wf_string run_id);

struct sim_world_config {
    const struct sim_config *config;
    uint64_t seed;
    const struct sim_tape *tape; /* NULL: none */
    const struct wf_block_source *blocks; /* the region reserved for this run */
    const struct wf_block_source *stacks; /* for coroutines; NULL: blocks */
    sim_observer observer;
    sim_commit_observer commit_observer; /* NULL: none */
    sim_exchange_observer exchange_observer; /* NULL: none */
    sim_turn_observer turn_observer;         /* NULL: none */
    sim_drop_observer drop_observer;         /* NULL: none */
    void *observer_context;              /* of all */
    bool keeps_closed_runs; /* histories of closed runs stay readable (recording, list, describe) */
};

/* Errors: WF_ERR_MEMORY, WF_ERR_INVALID (no code for a workflow type, no model for an activity: named in the message). */
enum wf_status sim_world_new(const struct sim_world_config *config, struct sim_world **world, struct wf_error *err);
void sim_world_free(struct sim_world *world);

/* Pops and performs one event. *is_over when nothing is left to happen. Errors: WF_ERR_LIMIT, WF_ERR_MEMORY. */
enum wf_status sim_world_step(struct sim_world *world, bool *is_over, struct wf_error *err);

struct sim_loop *sim_world_loop(struct sim_world *world);
struct sim_choices *sim_world_choices(struct sim_world *world);
struct sim_ledger *sim_world_ledger(struct sim_world *world);

/* The arena of the run, for layers above that keep state for as long as the world lives. */
struct wf_arena *sim_world_arena(struct sim_world *world);

/* Emits a record: hashes it, shows it to the observer. time, step are filled in. */
void sim_world_record(struct sim_world *world, struct sim_record record);

/* True when every start was sent and every workflow's latest run is closed, and no client has anything left to send. */
bool sim_world_is_done(const struct sim_world *world);

/* True while a schedule has actions under way or ahead. */
bool sim_world_has_busy_schedule(const struct sim_world *world);

uint32_t sim_world_node_count(const struct sim_world *world);
struct sim_node_view sim_world_node(const struct sim_world *world, uint32_t index);

/* Who owns the shard, as the membership sees it; UINT32_MAX: nobody. */
uint32_t sim_world_shard_owner(const struct sim_world *world, int32_t shard);

struct sim_refused_starts sim_world_refused_starts(const struct sim_world *world);

uint32_t sim_world_run_count(const struct sim_world *world);
struct sim_run_view sim_world_run(const struct sim_world *world, uint32_t index);

/* Whether a worker of the version polls the queue, or will when it is up again. */
bool sim_world_serves_version(const struct sim_world *world, struct wf_string queue, struct wf_string build_id);

/* The committed event batches of a run, in order, orphans left out; borrowed until the next step. */
enum wf_status sim_world_history(struct sim_world *world, uint32_t run_index, const struct wf_string **batches,
                                 uint32_t *batch_count);

/* ---- An event that belongs to the layer above (fault schedule) ---- */

/* Delivered to the handler set below when its time comes. */
typedef void (*sim_timer_handler)(void *context, uint32_t id);
void sim_world_set_timer_handler(struct sim_world *world, sim_timer_handler handler, void *context);
bool sim_world_set_timer(struct sim_world *world, wf_time_ns time_ns, uint32_t id);

/* ---- What the fault layer does to the world. Each says what it did in records; false: it did not apply. ---- */

bool sim_world_crash_node(struct sim_world *world, uint32_t node, int64_t restart_after_ns);
bool sim_world_set_link(struct sim_world *world, uint32_t from, uint32_t to, bool is_cut);
bool sim_world_set_isolated(struct sim_world *world, uint32_t node, bool is_isolated);
bool sim_world_set_slow(struct sim_world *world, uint32_t node, uint32_t factor); /* 1: normal */
bool sim_world_evict(struct sim_world *world, uint32_t worker_node, uint64_t pick);
bool sim_world_move_shard(struct sim_world *world, int32_t shard, uint32_t server_node);
/* A paused process does nothing, and then everything that it has missed. */
bool sim_world_set_paused(struct sim_world *world, uint32_t node, bool is_paused);
/* A deaf server does not learn who owns what. */
bool sim_world_set_deaf(struct sim_world *world, uint32_t server_node, bool is_deaf);
/* The clock is that far from the world's, and gains so many millionths from now on; 0, 0: right. */
bool sim_world_set_clock(struct sim_world *world, uint32_t node, int64_t offset_ns, int64_t drift_ppm);
/* How far apart any two clocks have been so far. */
int64_t sim_world_clock_spread(struct sim_world *world);
/* The picked one of the task queues, or the next one that is elsewhere. */
bool sim_world_move_queue(struct sim_world *world, uint64_t pick, uint32_t server_node);
bool sim_world_restart_matching(struct sim_world *world, uint32_t server_node);
bool sim_world_cancel(struct sim_world *world, uint32_t run_index);
bool sim_world_terminate(struct sim_world *world, uint32_t run_index);
bool sim_world_reset(struct sim_world *world, uint32_t run_index, uint64_t pick); /* to one of its workflow tasks */
/* Workers restart with the next version of the code, or the one before, one every pause_ns. False: there is no such. */
bool sim_world_deploy(struct sim_world *world, bool is_back, int64_t pause_ns);

/*
 * Rates of what may befall single messages, writes, tasks, attempts and sends; asked for each of them. The world emits the FAULT
 * record when one fires. A zero denominator: never.
 */
struct sim_rates {
#define SIM_FAULT(NAME, text, help)
#define SIM_MISHAP(NAME, text, rate, WHOM, help) struct sim_ratio rate;
#include "sim/fault/faults.def"
};
void sim_world_set_rates(struct sim_world *world, const struct sim_rates *rates);

/* Makes the next write, message or attempt concerned suffer this kind, once: for faults placed by hand. */
bool sim_world_strike_next(struct sim_world *world, enum sim_fault_kind kind, struct wf_string workflow_id);

/* Everything up, every link whole, every rate zero, slow nodes normal: the heal phase. */
void sim_world_heal(struct sim_world *world);

/* Of an update's outcome, as records have it; 0 without one. arena is scratch memory. */
uint64_t sim_update_digest(struct wf_arena *arena, const struct wf_update_outcome *outcome);

#endif
