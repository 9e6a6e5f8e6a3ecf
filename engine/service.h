/*
 * The service: frontend, history shards and matching, as pure step functions over one shape of input and output. A driver
 * delivers inputs (requests, answers, database replies, time) and performs outputs (answers, calls, database requests,
 * alarms); it may lose, delay, duplicate or reorder any of them between two components. Nothing is visible before the
 * database said that it is committed.
 *
 * Source: engine-semantics 3 to 5, 7 and 8.
 */
#ifndef WF_ENGINE_SERVICE_H
#define WF_ENGINE_SERVICE_H

#include "engine/base/arena.h"
#include "engine/base/status.h"
#include "engine/schema.h"
#include "engine/time.h"

/* How a call ended. What SDKs and the service retry is in the second column of the comments. */
enum wf_call_status {
    WF_CALL_OK = 0,
    WF_CALL_NOT_FOUND,            /* final: no such run, closed run, stale token */
    WF_CALL_ALREADY_STARTED,      /* final: existing_run_id names the run */
    WF_CALL_INVALID_ARGUMENT,     /* final */
    WF_CALL_FAILED_PRECONDITION,  /* final */
    WF_CALL_RESOURCE_EXHAUSTED,   /* retried later */
    WF_CALL_UNAVAILABLE,          /* retried: shard moving, database trouble */
    WF_CALL_DEADLINE_EXCEEDED,    /* retried: no answer in time; the outcome is unknown */
    WF_CALL_WORKFLOW_NOT_READY,   /* final for queries: the task keeps failing */
    WF_CALL_TASK_ALREADY_STARTED, /* matching drops its task */
    WF_CALL_OBSOLETE_TASK,        /* matching drops its task */
    WF_CALL_STICKY_UNAVAILABLE,   /* history uses the normal queue */
    WF_CALL_QUERY_FAILED,
};
const char *wf_call_status_name(int32_t status);

/* Whether whoever called asks again: the same call may succeed later. The other ends are final. */
bool wf_call_is_retried(int32_t status);

/* What became of an update (svc_update_answer.verdict). */
enum wf_update_verdict {
    WF_UPDATE_UNDECIDED = 0,
    WF_UPDATE_VERDICT_ACCEPTED,
    WF_UPDATE_VERDICT_REJECTED, /* leaves no trace; outcome says why */
    WF_UPDATE_VERDICT_COMPLETED, /* in history; outcome is a result or a failure */
    WF_UPDATE_VERDICT_ABORTED,  /* accepted, and its run closed before it was completed */
};

/* Who knew the update when its answer was asked for (svc_update_answer.source). */
enum wf_update_source {
    WF_UPDATE_IS_NEW = 0,
    WF_UPDATE_WAS_REGISTERED, /* an earlier call with this update id waits or waited */
    WF_UPDATE_WAS_STORED,     /* it is completed in history */
};

enum wf_database_status {
    WF_DATABASE_OK = 0,
    WF_DATABASE_CONDITION_FAILED, /* a record version or the current row is not as expected; nothing was written */
    WF_DATABASE_SHARD_LOST,       /* the range id is not the stored one; nothing was written */
    WF_DATABASE_NOT_FOUND,
    WF_DATABASE_UNKNOWN,          /* timeout: written or not, nobody knows until the shard is re-acquired */
    WF_DATABASE_UNAVAILABLE,      /* definitely not written */
};

/* db_current_write.condition (engine-semantics 8.3 "current-row condition"). */
enum wf_current_condition {
    WF_CURRENT_UNTOUCHED = 0,
    WF_CURRENT_MUST_NOT_EXIST,
    WF_CURRENT_IS_RUN, /* expected_run_id, whatever its status */
    WF_CURRENT_IS_CLOSED_RUN,
};

/* db_task.category. */
enum wf_task_category {
    WF_TASK_TRANSFER = 1,
    WF_TASK_TIMER = 2,
    WF_TASK_QUEUE = 3, /* of matching */
};

/* What a transfer task does: kind of a state_push. */
enum wf_transfer_kind {
    WF_TRANSFER_PUSH, /* of a workflow task or an activity to matching */
    WF_TRANSFER_START_CHILD,
    WF_TRANSFER_SIGNAL_EXTERNAL,
    WF_TRANSFER_CANCEL_EXTERNAL,
    WF_TRANSFER_CLOSE, /* report to the parent, parent close policy */
    WF_TRANSFER_START_NEXUS,
    WF_TRANSFER_CANCEL_NEXUS,
};

/* Where a call goes. The driver maps these to processes. */
enum wf_target {
    WF_TARGET_HISTORY,  /* the owner of the shard of `key`, a workflow id */
    WF_TARGET_MATCHING, /* the owner of the task queue `key` */
    WF_TARGET_NEXUS,    /* the handler of the Nexus endpoint `key` */
};

enum wf_service_input_type {
    WF_SERVICE_REQUEST,  /* a call to this component */
    WF_SERVICE_RESPONSE, /* the answer to a call it made; DEADLINE_EXCEEDED and UNAVAILABLE are made by the driver */
    WF_SERVICE_DATABASE, /* the reply to a database request it made */
    WF_SERVICE_ALARM,    /* a time it asked for has come */
    WF_SERVICE_CANCEL,   /* the caller of a pending request is gone (a long poll ended) */
    WF_SERVICE_DISOWN,   /* matching: membership gave the task queue `key` to another process */
    WF_SERVICE_TASK,     /* history: a task of the shard's queues, to be executed though it may be done (8.4) */
};

/* Borrowed for the step. */
struct wf_service_input {
    enum wf_service_input_type type;
    wf_time_ns now_ns;  /* the component's own clock, which may be skewed */
    uint64_t entropy;   /* fresh for every step: run ids and request ids are made from it */
    uint64_t call_id;   /* REQUEST, CANCEL: the driver's; RESPONSE, DATABASE: as in the output that asked */
    union {
        const struct wf_svc_request *request;
        const struct wf_svc_response *response;
        const struct wf_db_reply *reply;
        struct wf_string key;
        const struct wf_db_task *task;
    };
};

enum wf_service_output_type {
    WF_SERVICE_ANSWER,  /* to the request with call_id */
    WF_SERVICE_CALL,    /* a new call; call_id is the component's own number */
    WF_SERVICE_STORE,   /* a database request; call_id is the component's own number */
    WF_SERVICE_WAKE_AT, /* the earliest time that it wants an ALARM; replaces the one before; INT64_MAX: none */
    WF_SERVICE_STOP,    /* a shard that lost its range: drop it */
};

/*
 * Which operation made a write of runs or of a schedule, or reads history for its answer: for whoever watches what is
 * committed. The service does not read it.
 */
enum wf_service_cause_kind {
    WF_SERVICE_CAUSE_NONE,     /* of a schedule: its own doing */
    WF_SERVICE_CAUSE_REQUEST,  /* the request with call_id */
    WF_SERVICE_CAUSE_TIMER,    /* something was due */
    WF_SERVICE_CAUSE_TRANSFER, /* the child or external request of event_id had an answer */
};

struct wf_service_cause {
    enum wf_service_cause_kind kind;
    int32_t status; /* TRANSFER: of the answer */
    uint64_t call_id;
    int64_t event_id;
    struct wf_string run_id; /* TRANSFER: which the answer named */
};

struct wf_service_output {
    enum wf_service_output_type type;
    uint64_t call_id;
    wf_time_ns time_ns; /* WAKE_AT */
    enum wf_target target;
    struct wf_string key;
    struct wf_service_cause cause; /* STORE */
    union {
        struct wf_svc_response *response;
        struct wf_svc_request *request;
        struct wf_db_request *store;
    };
};

/* Borrowed from the component until its next step. In the order to be performed. */
struct wf_service_outputs {
    const struct wf_service_output *items;
    size_t count;
};

/* With the defaults of engine-semantics 9; a scenario may lower them. */
struct wf_service_limits {
#define WF_LIMIT(member, parser, value, key, text, help) int64_t member;
#include "engine/limits.def"
};
void wf_service_limits_default(struct wf_service_limits *limits);

/* Planted bugs, described in their table; bits of wf_service_config.planted. */
enum wf_plant {
#define WF_PLANT(NAME, name, catcher, what) WF_PLANT_PLACE_##NAME,
#include "engine/plants.def"
};

enum wf_planted_bug {
#define WF_PLANT(NAME, name, catcher, what) WF_PLANT_##NAME = 1 << WF_PLANT_PLACE_##NAME,
#include "engine/plants.def"
};

/* True when the value takes its key out of a map: an empty one, and for search attributes one that is empty as JSON, too (7.11). */
bool wf_field_is_deletion(const struct wf_payload *value, bool is_attribute);

/* Merges one map of payloads, of a memo or of search attributes, into another, whose memory is the arena's (7.11). */
void wf_fields_merge(struct wf_arena *arena, void *fields, const void *given, bool are_attributes);

struct wf_service_config {
    const struct wf_block_source *blocks; /* outlives the component */
    struct wf_service_limits limits;
    struct wf_string identity; /* of the process, for rows */
    const struct wf_string *nexus_endpoints; /* those registered; outlive the component */
    uint32_t nexus_endpoint_count;
    uint32_t shard_count;      /* of the cluster */
    uint32_t planted;          /* enum wf_planted_bug bits; 0 in every normal run */
};

/* ---- History: one shard ---- */

struct wf_shard;

/* Starts by acquiring the shard: the first outputs come from its first ALARM, which the driver delivers at once. */
struct wf_shard *wf_shard_new(const struct wf_service_config *config, int32_t shard_id);
void wf_shard_free(struct wf_shard *shard);

/* Errors: WF_ERR_MEMORY; the driver then crashes the process. */
enum wf_status wf_shard_step(struct wf_shard *shard, const struct wf_service_input *in,
                             struct wf_service_outputs *out, struct wf_error *err);

/* The shard of a workflow id: all runs of one id share it. */
int32_t wf_shard_of(struct wf_string workflow_id, uint32_t shard_count);

/* 0 until acquired. For checks: never decreases in the database. */
int64_t wf_shard_range_id(const struct wf_shard *shard);

/* ---- Matching: the task queues of one process ---- */

struct wf_matching;

struct wf_matching *wf_matching_new(const struct wf_service_config *config);
void wf_matching_free(struct wf_matching *matching);
enum wf_status wf_matching_step(struct wf_matching *matching, const struct wf_service_input *in,
                                struct wf_service_outputs *out, struct wf_error *err);

/* ---- Frontend: stateless routing and validation ---- */

/* Where a client's or worker's request goes. False and a response made in the arena when the request itself is invalid. */
bool wf_frontend_route(const struct wf_svc_request *request, struct wf_arena *arena, enum wf_target *target,
                       struct wf_string *key, struct wf_svc_response **refusal);

/* ---- Reading a run's stored state (describe, checks) ---- */

/* Decodes the state bytes of a db_run_row into a description. */
enum wf_status wf_state_describe(struct wf_arena *arena, struct wf_string state, struct wf_svc_description *out,
                                 struct wf_error *err);

/*
 * True when nothing is due in this open run: no deadline, backoff or retry is ahead, no worker has its workflow task or failed it,
 * no Nexus operation pends. Then, once its transfer tasks are done, only a worker or a client can wake it. The arena is scratch.
 */
bool wf_state_is_idle(struct wf_arena *arena, struct wf_string state);

/* What an operator does to a pending activity (4.9). */
enum wf_activity_action {
    WF_ACTIVITY_ACTION_PAUSE = 1,
    WF_ACTIVITY_ACTION_UNPAUSE,
    WF_ACTIVITY_ACTION_RESET,
    WF_ACTIVITY_ACTION_UPDATE_OPTIONS,
};

/* Whom a report about an activity concerns: the one of a token or, without a token, the one with an id (4.6). */
struct wf_activity_address {
    struct wf_string token;
    const struct wf_workflow_execution *workflow_execution;
    struct wf_string activity_id;
};

/* False for any other request. */
bool wf_activity_address_of(const struct wf_svc_request *request, struct wf_activity_address *address);

#endif
