/*
 * What the world is made of: nodes, messages between them, processes on them. Shared by the files of this folder; layers
 * above use world.h alone.
 */
#ifndef WF_SIM_WORLD_PARTS_H
#define WF_SIM_WORLD_PARTS_H

#include "engine/activity_host.h"
#include "engine/base/ring.h"
#include "engine/host.h"
#include "engine/service.h"
#include "engine/worker.h"
#include "sim/core/pool.h"
#include "sim/core/template.h"
#include "sim/world/database.h"
#include "sim/world/table.h"
#include "sim/world/world.h"

#define SIM_LOOP_CAPACITY 4096u
#define SIM_LOOP_CAPACITY_MAX (1u << 22)
#define SIM_LOOP_EVENTS_PER_RUN 32u
#define SIM_RPC_TIMEOUT_NS (10 * WF_NS_PER_S)
#define SIM_LATENCY_NS (1 * WF_NS_PER_MS)
#define SIM_NODES_MAX 256u
#define SIM_CODES_MAX 8u /* versions of workflow code */
#define SIM_POLL_NS (60 * WF_NS_PER_S)
#define SIM_POLL_GRACE_NS (10 * WF_NS_PER_S)      /* how long past a poll's end its caller still waits */
#define SIM_POLL_CHAOS_NS (600 * WF_NS_PER_S)     /* the longest poll while polls may be lost */
#define SIM_POLL_PATIENCE_NS (24 * 3600 * WF_NS_PER_S) /* the longest poll of a calm world */
#define SIM_TASK_TAKES_NS (1 * WF_NS_PER_MS)      /* between a workflow task's arrival and its answer */
#define SIM_BACKOFF_NS (100 * WF_NS_PER_MS)       /* of clients and workers: doubled, up to the next */
#define SIM_BACKOFF_NS_MAX (10 * WF_NS_PER_S)
#define SIM_DETECT_NS (1 * WF_NS_PER_S)           /* until the membership knows that a server is gone, at least */
#define SIM_DETECT_SPREAD_MS 2000u                /* and at most so much later */
#define SIM_JOIN_NS (500 * WF_NS_PER_MS)
#define SIM_CLOSED_KEPT_NS (3600 * WF_NS_PER_S)   /* a closed run's rows, when the scenario sets no retention */
#define SIM_SEND_PATIENCE_NS (60 * WF_NS_PER_S)   /* retries of everything but starts, which must happen */
#define SIM_NO_NODE UINT32_MAX

struct sim_component;
struct sim_server;
struct sim_worker;
struct sim_send;

/* Kinds of struct sim_event. */
enum sim_event_kind {
    SIM_EVENT_ARRIVAL,    /* body: struct sim_envelope, at its `to` */
    SIM_EVENT_ALARM,      /* body: struct sim_component */
    SIM_EVENT_DEADLINE,   /* the oldest call of the node may be over */
    SIM_EVENT_RESTART,    /* of the node */
    SIM_EVENT_MEMBER,     /* the membership looks at the node, a server */
    SIM_EVENT_RING,       /* the node, a server, learns who owns what */
    SIM_EVENT_LEASE,      /* node: the number of a shard, whose owner looks at its lease */
    SIM_EVENT_TASK,       /* body: struct sim_taken: the worker has run the code */
    SIM_EVENT_LOCAL,      /* body: struct sim_worker: timeouts and retries of local activities may be due */
    SIM_EVENT_POLL,       /* body: struct sim_poller: poll again, or give up waiting */
    SIM_EVENT_ATTEMPT,    /* body: struct sim_attempt: its next step */
    SIM_EVENT_REPORT,     /* body: struct sim_report: send it again */
    SIM_EVENT_START,      /* body: struct sim_stream: the next start */
    SIM_EVENT_LATER,      /* body: struct sim_later_work: the outside world works on an activity */
    SIM_EVENT_RECORDED,   /* body: struct wf_event: what a history received comes again; NULL: its run is restored */
    SIM_EVENT_SEND,       /* body: struct sim_send: send it, perhaps again */
    SIM_EVENT_NEXUS,      /* body: struct sim_nexus_turn: a handler answers, or tells an outcome */
    SIM_EVENT_CLIENT,     /* body: struct sim_plan: a client's turn */
    SIM_EVENT_TIMER,      /* node: the id; of the layer above */
    SIM_EVENT_DEPLOY,     /* of the node, a worker: it restarts with the version that is to run */
    SIM_EVENT_DROP,       /* the run that closed first is dropped */
    SIM_EVENT_ROLLOUT,    /* body: struct sim_rollout_step */
    SIM_EVENT_REPEAT,     /* body: struct sim_repeat: a queue task is executed again */
};

/* A workflow id that was heard of. Never freed: it is who draws for everything about the workflow. */
struct sim_workflow {
    struct wf_string id;
    struct sim_entity entity;
    uint64_t n;               /* of its start; 0: started otherwise */
    struct sim_run_record *latest; /* NULL: no run committed yet */
    bool is_open;             /* the latest run is */
    bool is_no_workflow;      /* but a schedule, or a deployment of workers */
    bool has_other_options;   /* an operator was to change those of its activities, of which history tells nothing */
};

/* A signal in history that no completed workflow task has seen. */
struct sim_unseen_signal {
    struct sim_unseen_signal *next;
    int64_t event_id;
    struct wf_string name;
};

/* A scheduled activity, to name the events that follow by its type. */
struct sim_scheduled {
    int64_t event_id;
    struct wf_string activity_type;
};

/* A run that was committed. Strings live in the world's arena or the database. */
struct sim_run_record {
    uint32_t index;
    struct sim_workflow *workflow;
    struct sim_db_run *rows;
    struct wf_string run_id;
    struct wf_string workflow_type;
    struct wf_string task_queue;
    struct wf_string result;
    int32_t status;
    wf_time_ns start_time_ns;
    wf_time_ns close_time_ns;
    wf_time_ns last_event_time_ns;
    int64_t event_count;
    struct sim_unseen_signal *unseen; /* oldest first */
    struct sim_run_record *next_closed; /* in world->closed */
    wf_time_ns drop_ns;                 /* 0: not in it, and never was */
    struct {
        struct sim_scheduled *items;
        uint32_t count;
        uint32_t capacity;
    } scheduled;
};

/* ---- Network ---- */

/* A message body that several envelopes may share. */
struct sim_content {
    _Alignas(16) uint32_t references; /* what it holds lies behind it in the piece */
    size_t size_bytes; /* of the piece */
    union {
        const struct wf_svc_request *request;
        const struct wf_svc_response *response;
        const struct wf_db_request *store;
        const struct wf_db_reply *reply;
        const void *any;
    };
};

enum sim_message_kind { SIM_MESSAGE_REQUEST, SIM_MESSAGE_RESPONSE, SIM_MESSAGE_STORE, SIM_MESSAGE_REPLY };

/* A message on one hop. */
struct sim_envelope {
    enum sim_message_kind kind;
    uint32_t from;
    uint32_t to;
    uint32_t incarnation; /* of `to` when it was sent: a restarted process knows nothing of the connection */
    uint32_t origin;      /* who called */
    uint32_t via;         /* the frontend that the call and its answer pass */
    uint32_t op;          /* the request's case, also on its answer */
    bool is_routed;       /* target and slot are known */
    enum wf_target target;
    uint32_t slot; /* of the ring */
    uint64_t call_id; /* of the origin */
    struct sim_workflow *subject; /* NULL: not about a workflow */
    struct sim_content *content;
    struct wf_service_cause cause; /* of STORE */
};

enum sim_caller { SIM_CALLER_COMPONENT, SIM_CALLER_STORE, SIM_CALLER_WORKER, SIM_CALLER_CLIENT, SIM_CALLER_NEXUS };

/* A call that waits for its answer. */
struct sim_call {
    struct wf_ring link; /* in the node's calls, oldest first; alone when it has no deadline of its own */
    uint64_t id;
    uint32_t node;
    enum sim_caller caller;
    uint32_t op;
    uint32_t purpose; /* the caller's */
    void *context;    /* the caller's: a component, a poller, a send, ... */
    uint64_t number;  /* of a component: its own number for the call */
    struct sim_workflow *subject;
    wf_time_ns deadline_ns;
    bool is_write; /* of STORE: without an answer the outcome is unknown */
};

/* A request that a component of a server has and has not answered. */
struct sim_inbound {
    uint32_t server;
    uint32_t origin;
    uint32_t via;
    uint32_t op;
    uint32_t slot;
    uint64_t call_id;
    struct sim_component *component;
    struct sim_workflow *subject;
};

/* ---- Nodes ---- */

/* An event that came to a paused process. */
struct sim_held {
    struct sim_held *next;
    enum sim_event_kind kind;
    void *body;
};

/* A task of a shard's queues that somebody executes again. Its strings lie behind it in the piece. */
struct sim_repeat {
    _Alignas(16) int32_t shard_id;
    struct wf_db_task *task;
    size_t size_bytes; /* of the piece */
};

struct sim_node {
    uint32_t index;
    enum sim_node_kind kind;
    struct wf_string name;
    bool is_up;
    bool is_retired; /* a worker that never comes back */
    bool is_isolated;
    uint32_t incarnation;
    uint32_t slow_factor;
    uint32_t frontend; /* index of the server that it calls; moves on when that one does not answer */
    int64_t clock_offset_ns; /* from the world's time, when the clock was last set */
    int64_t clock_drift_ppm; /* what it has gained since, of a million */
    wf_time_ns clock_set_ns;
    bool is_paused;
    struct sim_held *held; /* events that wait for the end of a pause, oldest first */
    struct sim_held *held_last;
    struct sim_entity entity;
    struct wf_ring calls;
    bool is_deadline_armed;
    union {
        struct sim_server *server;
        struct sim_worker *worker;
    };
};

/*
 * The alarms of one owner that lie in the loop. One is pushed only when it is earlier than all that are there, so they form
 * a stack whose top is the next to pop; what wants to be woken later than the top waits for it.
 */
#define SIM_ALARMS_MAX 8u
struct sim_alarms {
    wf_time_ns times_ns[SIM_ALARMS_MAX];
    uint32_t count;
};

enum sim_component_kind { SIM_COMPONENT_SHARD, SIM_COMPONENT_MATCHING };

struct sim_component {
    enum sim_component_kind kind;
    uint32_t node;
    int32_t shard_id;
    union {
        struct wf_shard *shard;
        struct wf_matching *matching;
    };
    struct sim_entity entity;
    wf_time_ns wake_at_ns; /* by the clock of the node; INT64_MAX: none */
    wf_time_ns wake_ns;    /* the same, as far as the clock is known, of the loop */
    struct sim_alarms alarms;
    uint32_t alarm_count; /* in the loop */
    bool is_dead;
};

struct sim_server {
    struct wf_service_config service;
    struct sim_component **shards; /* by shard id; NULL: not here */
    struct sim_component *matching;
    uint32_t *view; /* by slot: the server that owns it, as this one knows */
    uint32_t *changes_seen; /* of the ring, when the view was made */
    bool is_member; /* the membership counts it */
    bool is_deaf;   /* it hears of no change */
    bool is_ring_on_its_way;
};

/* Who owns what: shards first, then as many slots that task queues fall into. */
struct sim_ring {
    uint32_t slot_count;
    uint32_t *owners;    /* node indexes; SIM_NO_NODE: nobody */
    uint32_t *changes; /* how often each slot has changed hands */
    uint32_t *overrides; /* moved by hand; SIM_NO_NODE: at home */
};

/* ---- Load ---- */

/* One row of the scenario's starts, on its way from the first to the last. */
struct sim_stream {
    const struct sim_start *start;
    uint32_t sent;
    struct sim_entity entity;
};

/* A client's turn, for all, one or each workflow. */
struct sim_plan {
    const struct sim_client *client;
    uint32_t node;
    struct sim_workflow *workflow; /* NULL: the template says, or all */
    uint64_t n;
    bool is_late; /* delayed by a fault: send without asking again */
    bool is_endless; /* repeats whatever happens: nobody waits for it */
};

struct sim_later_work;

/* What a send of an update remembers, with a start or alone. */
struct sim_update_call {
    const struct wf_svc_update_workflow *request; /* in the send's content */
    struct sim_content *poll; /* once it is accepted: what is asked instead */
    wf_time_ns patience_ns;   /* how long its outcome is awaited */
};

struct sim_send {
    const struct sim_client *client; /* NULL: a start of a stream, or the fault layer's */
    enum sim_client_action action;
    uint32_t node;
    struct sim_workflow *workflow;
    struct wf_string name; /* signal, query, "start", "cancel", "terminate" */
    uint64_t number;
    uint32_t tries;
    wf_time_ns give_up_ns; /* INT64_MAX: never */
    bool is_silent; /* a duplicate: no records */
    struct sim_later_work *later; /* a heartbeat's: its answer may ask it to stop */
    struct sim_content *content; /* the request, with the same request id at every try */
    struct sim_update_call *update; /* NULL: without one */
};

struct sim_strike {
    bool is_set;
    struct wf_string workflow_id; /* empty: any; borrowed from the fault layer */
};

/* What a worker had applied when it answered a query, until the sender hears of it. */
#define SIM_ASKED_MAX 64u /* the latest ones are kept */
struct sim_asked {
    char query_id[64];
    size_t query_id_bytes;
    uint32_t signal_count;
    uint32_t update_count;
    bool is_from_owner; /* the service process that passed the answer on had the shard then */
};

struct sim_world {
    struct sim_world_config config;
    const struct sim_config *scenario;
    struct wf_arena arena;
    struct wf_arena step_arena;
    struct wf_slabs slabs;
    struct sim_loop loop;
    struct sim_choices choices;
    struct sim_ledger ledger;
    struct sim_database database;
    enum wf_status status; /* why the world cannot go on */
    struct wf_error error;

    struct sim_node nodes[SIM_NODES_MAX];
    uint32_t node_count;
    uint32_t server_first; /* servers are consecutive */
    uint32_t server_count;
    uint32_t worker_first;
    uint32_t worker_count;
    uint32_t starter;
    uint32_t operator_node;
    uint32_t outside_node; /* SIM_NO_NODE: no activity is completed from outside */
    uint32_t database_node;
    uint32_t nexus_node; /* handles every endpoint; SIM_NO_NODE: there are none */
    struct wf_map nexus_operations; /* by request id */
    uint64_t nexus_count;
    uint8_t *cuts; /* node_count * node_count: from, to */
    struct sim_ring ring;
    struct sim_distribution latency;
    struct sim_distribution database_latency;
    int64_t rpc_timeout_ns;

    int64_t clock_low_ns; /* the most that any clock has been behind the world, as a number below 0, and ahead of it */
    int64_t clock_high_ns;
    bool has_clocks; /* one was set */

    struct sim_table calls;
    struct sim_table inbounds;
    uint32_t sizes[4][32]; /* the largest content so far, by kind and case: a first guess */
    struct sim_rates rates;
    bool has_rates;
    bool is_calm; /* nothing is broken or can break by itself: idle polls may wait long */
    struct sim_strike strikes[SIM_FAULT_COUNT];

    struct wf_map workflows; /* by id */
    struct {
        struct sim_run_record **items;
        uint32_t count;
        uint32_t capacity;
    } runs;
    struct {
        struct sim_workflow **items;
        uint32_t count;
        uint32_t capacity;
    } known; /* workflows in the order heard of */
    struct {
        struct sim_run_record *first;
        struct sim_run_record *last;
    } closed; /* runs whose rows are dropped some day, first closed first: one event for all of them */
    const struct sim_queue *queues; /* the scenario's, or one default queue */
    uint32_t queue_count;
    struct wf_host *hosts[SIM_CODES_MAX]; /* by code */
    uint32_t code; /* the version that workers are to run */
    struct wf_svc_version_routing routing; /* what the operator wants of the task queues */
    struct sim_worker *residents[SIM_CODES_MAX]; /* whose memory lies where the code finds it; NULL: nobody's */
    uint64_t send_count;
    uint64_t request_count; /* request ids made */
    struct sim_asked asked[SIM_ASKED_MAX];
    uint64_t asked_count; /* ever */
    struct sim_refused_starts refused_starts;
    uint32_t starts_left;
    uint32_t sends_left;
    uint32_t plans_left;
    uint32_t open_count; /* workflows whose latest run is open */

    sim_timer_handler timer_handler;
    void *timer_context;
};

/* ---- world.c ---- */
/* Remembers why the world cannot go on; returns false. */
bool sim_world_fail(struct sim_world *world, enum wf_status status, const char *what);
bool sim_world_push(struct sim_world *world, wf_time_ns time_ns, uint32_t node, enum sim_event_kind kind, void *body);
void *sim_world_take(struct sim_world *world, size_t size_bytes);
void sim_world_give(struct sim_world *world, void *piece, size_t size_bytes);
struct sim_workflow *sim_world_workflow(struct sim_world *world, struct wf_string id);
wf_time_ns sim_node_clock(const struct sim_world *world, uint32_t node);
/* Records a fault that fired at a node, about a workflow or not. */
void sim_world_record_fault(struct sim_world *world, enum sim_fault_kind kind, uint32_t node,
                            const struct sim_workflow *subject, struct wf_string where);
/* True when the fault strikes now: a strike placed by hand, or the rate's choice. */
bool sim_world_strikes(struct sim_world *world, enum sim_fault_kind kind, struct sim_ratio rate,
                       struct sim_entity *entity, enum sim_site site, const struct sim_workflow *subject);
/* SIM_BACKOFF_NS doubled tries times, with jitter. */
int64_t sim_world_backoff(struct sim_world *world, struct sim_entity *entity, uint32_t tries);

/* True when an alarm for this time must be pushed; it is then counted. */
bool sim_alarms_need(struct sim_alarms *alarms, wf_time_ns wake_ns);
/* One of them popped now. */
void sim_alarms_popped(struct sim_alarms *alarms, wf_time_ns now_ns);

/* ---- pause.c ---- */
/* True when the event came to a paused process, which will see it when it goes on. */
bool sim_pause_holds(struct sim_world *world, const struct sim_event *event);
/* What was held comes now. */
void sim_pause_release(struct sim_world *world, struct sim_node *node);

/* ---- disturb.c ---- */
/* A worker's turn in a deploy. */
void sim_deploy_worker(struct sim_world *world, uint32_t node);

/* ---- network.c ---- */
struct sim_content *sim_content_new(struct sim_world *world, enum sim_message_kind kind, const void *message);
void sim_content_release(struct sim_world *world, struct sim_content *content);
void sim_network_arrive(struct sim_world *world, struct sim_envelope *envelope);

struct sim_call_request {
    uint32_t node;
    enum sim_caller caller;
    uint32_t purpose;
    void *context;
    uint64_t number;
    struct sim_workflow *subject;
    bool has_no_deadline; /* the caller watches the time itself */
    struct wf_service_cause cause; /* of a request to the database: who asked; run_id is empty */
};
/* Calls the service through the caller's frontend. Takes a reference of its own. Returns the call's id, 0 when memory is
 * gone. */
uint64_t sim_network_call(struct sim_world *world, const struct sim_call_request *call, struct sim_content *request);
/* As sim_network_call, from a server straight to the owner that it knows; takes over the content. */
uint64_t sim_network_call_owner(struct sim_world *world, const struct sim_call_request *call, enum wf_target target,
                                uint32_t slot, uint32_t owner, struct sim_content *content);
/* Asks the database; takes over the content. */
uint64_t sim_network_store(struct sim_world *world, const struct sim_call_request *call, struct sim_content *content);
/* Answers a request that came in an envelope, from where it is. */
void sim_network_answer(struct sim_world *world, uint32_t from, const struct sim_envelope *request,
                        const struct wf_svc_response *response);
/* Delivers a message that came, once more, later. */
void sim_network_postpone(struct sim_world *world, const struct sim_envelope *envelope, int64_t wait_ns);
/* Answers what was asked of the database, from where the question came to. */
void sim_network_reply(struct sim_world *world, const struct sim_envelope *request, const struct wf_db_reply *reply);
/* Ends a call without an answer; harmless when it has ended. */
void sim_network_abandon(struct sim_world *world, uint64_t call_id);
void sim_network_deadline(struct sim_world *world, uint32_t node);
/* Every call of a process that died. */
void sim_network_forget_calls(struct sim_world *world, uint32_t node, const struct sim_component *component);
/* The case of a request's name in the schema: "startWorkflow". */
struct wf_string sim_op_name(enum sim_message_kind kind, uint32_t op);

/* ---- server.c: components and their outputs ---- */
bool sim_servers_init(struct sim_world *world);
void sim_servers_deinit(struct sim_world *world);
void sim_server_start(struct sim_world *world, uint32_t node);
void sim_server_crash(struct sim_world *world, uint32_t node);
void sim_server_request(struct sim_world *world, const struct sim_envelope *envelope);
void sim_server_alarm(struct sim_world *world, struct sim_component *component);
/* Matching dies in a process that lives on. */
void sim_server_restart_matching(struct sim_world *world, uint32_t node);
/* Every component of the process looks at its alarms anew: its clock was set. */
void sim_server_rewind(struct sim_world *world, uint32_t node);
/* The owner of the shard, if there is one, executes a task of its queues again. */
void sim_server_repeat(struct sim_world *world, struct sim_repeat *repeat);
/* What a component's call came to. */
void sim_server_response(struct sim_world *world, const struct sim_call *call, const struct wf_svc_response *response);
void sim_server_reply(struct sim_world *world, const struct sim_call *call, const struct wf_db_reply *reply);
/* Makes the components that the server's view gives it. A shard that changed hands and came back is acquired anew: an old
 * component has not seen what the other owner wrote, and is never fenced while it writes nothing. */
void sim_server_adopt(struct sim_world *world, uint32_t node);
/* Has matching give up the task queues that changed hands since the server last looked, also those that came back. */
void sim_server_disown(struct sim_world *world, uint32_t node);
/* Answers the polls at a server whose queues went elsewhere, or of a caller that is gone (SIM_NO_NODE: any). */
void sim_server_end_polls(struct sim_world *world, uint32_t server, uint32_t origin, bool only_moved);

/* ---- membership.c ---- */
bool sim_ring_init(struct sim_world *world);
uint32_t sim_ring_slot_of(const struct sim_world *world, enum wf_target target, struct wf_string key);
void sim_ring_watch(struct sim_world *world, uint32_t node, int64_t delay_ns);
void sim_ring_look(struct sim_world *world, uint32_t node);
void sim_ring_learn(struct sim_world *world, uint32_t node);
void sim_ring_move(struct sim_world *world, uint32_t slot, uint32_t node);
void sim_ring_settle(struct sim_world *world);
/* The server learns who owns what, a little later. */
void sim_ring_tell(struct sim_world *world, uint32_t node);
/*
 * A server that has not heard yet that a shard went to another may acquire it. The owner, whose own lease is then over, would
 * not know while it writes nothing: a minute later it looks, and acquires the shard anew. So do the owners of Temporal, which
 * renew their shard's row now and then (engine-semantics 8.2 rule 3).
 */
void sim_ring_note_acquired(struct sim_world *world, uint32_t shard, uint32_t node);
void sim_ring_look_at_lease(struct sim_world *world, uint32_t shard);

/* ---- storage.c: the database as a node ---- */
void sim_storage_apply(struct sim_world *world, const struct sim_envelope *envelope);

/* ---- commit.c: what commits mean ---- */
void sim_commit_write(struct sim_world *world, const struct sim_envelope *envelope);
/* The run that closed first leaves memory; the view of it stays, without state and history. */
void sim_commit_drop(struct sim_world *world);

/* ---- schedule_client.c ---- */
void sim_commit_schedule(struct sim_world *world, uint32_t writer_node, const struct wf_db_write_schedule *write);
/* Plans the creation of the scenario's schedules. */
bool sim_schedules_init(struct sim_world *world);
bool sim_schedule_fill(struct sim_world *world, const struct sim_client *client, uint32_t node,
                       struct sim_workflow *schedule, struct wf_svc_request *request);
struct wf_string sim_schedule_op_name(int32_t op);

/* ---- activity_client.c ---- */
bool sim_activity_fill(struct sim_world *world, const struct sim_client *client, struct sim_workflow *workflow,
                       struct wf_workflow_execution *execution, struct wf_svc_request *request);
struct wf_string sim_activity_action_name(int32_t action);

/* ---- world_worker.c, world_workflow_task.c, world_activity.c ---- */
bool sim_workers_init(struct sim_world *world, struct wf_error *err);
void sim_workers_deinit(struct sim_world *world);
/* Empty before the worker's first start. owner_key: by whom the queue is served; with a version it is kept beside the normal
 * one. */
struct wf_string sim_worker_sticky_queue(const struct sim_world *world, uint32_t node, struct wf_string *owner_key);
/* The version that the process will run when it starts next. Only while it is down. */
void sim_worker_set_code(struct sim_world *world, uint32_t node, uint32_t code);
uint32_t sim_worker_code(const struct sim_world *world, uint32_t node);
bool sim_worker_start(struct sim_world *world, uint32_t node);
void sim_worker_crash(struct sim_world *world, uint32_t node);
void sim_worker_answered(struct sim_world *world, const struct sim_call *call, struct sim_content *content,
                         const struct wf_svc_response *response);
void sim_worker_event(struct sim_world *world, const struct sim_event *event);
bool sim_worker_evict(struct sim_world *world, uint32_t node, uint64_t pick);
/* Ends long polls early, so that they are made anew: the world is not calm any more. */
void sim_workers_hurry(struct sim_world *world);

/* ---- rollout.c ---- */
bool sim_versions_init(struct sim_world *world);
void sim_versions_step(struct sim_world *world, const struct sim_rollout_step *step);
/* The version that workers with this code are of; false: none. */
bool sim_versions_of(const struct sim_world *world, uint32_t code, struct wf_worker_deployment_version *version);
/* How many times a queue has its workers. */
uint32_t sim_versions_count(const struct sim_world *world);
/* What a worker says of runs of the type; enum wf_versioning_behavior. */
int32_t sim_versions_behavior(const struct sim_world *world, struct wf_string workflow_type);

/* ---- client.c ---- */
bool sim_clients_init(struct sim_world *world);
void sim_client_event(struct sim_world *world, const struct sim_event *event);
void sim_client_answered(struct sim_world *world, const struct sim_call *call, const struct wf_svc_response *response);
/* Sends a request of the outside world until it is answered; later: NULL, or who hears the answer. The caller keeps its
 * reference to the content. */
void sim_client_report(struct sim_world *world, struct sim_workflow *workflow, struct wf_string name,
                       struct sim_content *content, struct sim_later_work *later);
/* Asks the service to go on with the run of a history; takes over the content. */
void sim_client_restore(struct sim_world *world, struct sim_workflow *workflow, struct sim_content *content);
/* Tells a task queue of its routing, until it has heard; takes over the content. */
void sim_client_route(struct sim_world *world, struct sim_workflow *to, struct wf_string name, struct sim_content *content);
/* What the fault layer asks of the operator. */
/* Plans what a client does, for the workflow or for whom its template says. */
void sim_client_plan(struct sim_world *world, const struct sim_client *client, struct sim_workflow *workflow,
                     uint64_t n);
/* A start as a request carries it, but for its workflow and request id; NULL when memory is gone. */
struct wf_svc_start_workflow *sim_start_message(struct sim_world *world, const struct sim_start *start,
                                                struct sim_workflow *workflow, uint64_t n);
bool sim_client_command(struct sim_world *world, enum sim_client_action action, struct sim_run_record *run);

/* Resets the run to one of the boundaries of its workflow tasks. */
bool sim_client_reset(struct sim_world *world, struct sim_run_record *run, uint64_t pick);

/* client_reset.c: fills in the run and the point, which is the client's or, without one, a drawn boundary; 0 when the
 * history has none. False when memory is gone. */
bool sim_reset_fill(struct sim_world *world, const struct sim_client *client, const struct sim_run_record *run,
                    uint64_t pick, struct wf_svc_reset_workflow *request);

/* ---- nexus_handler.c: the handlers of Nexus endpoints ---- */

void sim_nexus_request(struct sim_world *world, const struct sim_envelope *envelope);
void sim_nexus_event(struct sim_world *world, const struct sim_event *event);
void sim_nexus_answered(struct sim_world *world, const struct sim_call *call, const struct wf_svc_response *response);

/* ---- start_fields.c: what a start says beside its input ---- */
struct wf_retry_policy *sim_retry_policy(struct sim_world *world, const struct sim_retry *retry);

/* A new id for a request of the node. */
struct wf_string sim_request_id(struct sim_world *world, uint32_t node);

/* Retry policy, memo and search attributes. False when the run cannot go on. */
bool sim_start_fill(struct sim_world *world, const struct sim_start *start, struct sim_workflow *workflow, uint64_t n,
                    struct wf_svc_start_workflow *body);
/* Sends it now, or after the backoff if it is not too late by then. */
void sim_client_try(struct sim_world *world, struct sim_send *send);
void sim_client_try_later(struct sim_world *world, struct sim_send *send, const struct wf_svc_response *response,
                          int64_t backoff_ns);
void sim_client_end(struct sim_world *world, struct sim_send *send, struct wf_string answer,
                    const struct wf_svc_response *response);
/* Compares a result with what the client expects. */
void sim_client_judge(struct sim_world *world, const struct sim_send *send, struct wf_string result);

/* ---- client_update.c ---- */
struct sim_update_model {
    struct wf_workflow_execution *execution; /* NULL: the start that it comes with says */
    struct wf_string update_id;
    struct wf_string name;
    struct wf_string identity;
    struct wf_payloads *arguments;
    int32_t wait_stage; /* 0: completed */
};
/* NULL when memory is gone. */
struct wf_svc_update_workflow *sim_update_request(struct sim_world *world, const struct sim_update_model *model);
/* Remembers of a send what an update needs; nothing of another. */
void sim_update_begin(struct sim_world *world, struct sim_send *send);
void sim_update_end(struct sim_world *world, struct sim_send *send);
void sim_update_answered(struct sim_world *world, struct sim_send *send, const struct wf_svc_response *response,
                         int64_t backoff_ns);

/* ---- later.c: activities that the outside world completes ---- */
void sim_later_event(struct sim_world *world, struct sim_later_work *work);
/* The answer to a heartbeat. */
void sim_later_heard(struct sim_world *world, struct sim_later_work *work, const struct wf_svc_response *response);
/* ---- client_query.c: what stands behind the answer to a query ---- */
/* A worker answers. */
void sim_query_ran(struct sim_world *world, struct wf_string query_id, const struct wf_run_view *view);
/* A shard passes the answer on; range_id is what it believes to own. */
void sim_query_passed(struct sim_world *world, int32_t shard_id, int64_t range_id, const struct wf_svc_response *response);
/* The sender hears it. */
void sim_query_heard(struct sim_world *world, const struct sim_send *send, const struct wf_svc_query_answer *answer);

/* ---- payload.c: templates as texts, JSON as payloads ---- */
/* What a template gives, in the step's memory; false when it cannot be expanded, and the world has failed then. */
bool sim_world_expand(struct sim_world *world, struct sim_template text, const struct sim_template_values *values,
                      struct wf_string *out);
bool sim_world_expand_value(struct sim_world *world, struct sim_value_template value,
                            const struct sim_template_values *values, struct wf_string *json);
bool sim_payload_of_json(struct wf_arena *arena, struct wf_string json, struct wf_payload *payload);

/* The same of a search attribute, with its type. False when memory is gone. */
bool sim_attribute_of_json(struct wf_arena *arena, struct wf_string json, struct wf_payload *payload);

/* Each item of a JSON array; anything else is one payload. NULL when memory is gone. */
struct wf_payloads *sim_payloads_of_json(struct wf_arena *arena, struct wf_string json);
/* "[a,b]" of JSON payloads; those that are not JSON read as null. */
struct wf_string sim_json_of_payloads(struct wf_arena *arena, const struct wf_payloads *payloads);

#endif
