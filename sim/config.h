/*
 * What a simulation is made of, as plain data: the scenario loader fills it, a test fills it by hand, the world runs it.
 * Everything is borrowed and outlives the run. Times are virtual nanoseconds.
 */
#ifndef WF_SIM_CONFIG_H
#define WF_SIM_CONFIG_H

#include <stdbool.h>
#include <stdint.h>

#include "engine/base/bytes.h"
#include "engine/service.h"
#include "engine/time.h"
#include "engine/worker.h"
#include "sim/code.h"

#define SIM_NEVER INT64_MAX
#define SIM_EPOCH_NS (INT64_C(1767225600) * WF_NS_PER_S) /* 2026-01-01: 0 means unset in too many fields to start there */
#define SIM_CHECKS_MAX 64
#define SIM_GOALS_MAX 64
#define SIM_CHAIN_RUNS_MAX_DEFAULT 10000u /* an hour's loop for a year; at the service's one a second, not three hours */

/* A probability as an integer ratio: 3% is 3 of 100. denominator 0: never. */
struct sim_ratio {
    uint32_t numerator;
    uint32_t denominator;
};

enum sim_distribution_kind {
    SIM_CONSTANT,    /* low_ns */
    SIM_UNIFORM,     /* low_ns to high_ns, both included */
    SIM_EXPONENTIAL, /* mean low_ns */
    SIM_LOG_NORMAL,  /* median low_ns, 99th percentile high_ns */
};

/* A duration drawn from fixed-point quantile tables: no floating point (DESIGN section 4 "Choices"). */
struct sim_distribution {
    enum sim_distribution_kind kind;
    int64_t low_ns;
    int64_t high_ns;
};

/* Where something stands in the scenario file; line 0: it was made by hand. */
struct sim_place {
    uint32_t line;
    uint32_t column;
};

/* A text template: "order-${n}", "T-${input[0]}". Expanded by sim/core/template.c. */
struct sim_template {
    struct wf_string text;
    struct sim_place place;
};

/*
 * A JSON value to make: JSON text in which strings are templates and the objects {"$uniform":[low,high]} and
 * {"$choice":[...]} are drawn.
 */
struct sim_value_template {
    struct wf_string json;
    struct sim_place place;
};

/* ---- Activities: what the outside world does (DESIGN section 4 "Activities") ---- */

enum sim_effect_kind { SIM_EFFECT_NONE, SIM_EFFECT_DO, SIM_EFFECT_UNDO };

struct sim_effect {
    enum sim_effect_kind kind;
    struct wf_string name;         /* the effect done or undone: "charge" */
    struct sim_template key;       /* the business key */
    bool has_once_per;             /* the outside world deduplicates by it */
    struct sim_template once_per;
};

enum sim_outcome_kind {
    SIM_OUTCOME_FAIL,        /* before the effect */
    SIM_OUTCOME_FAIL_AFTER,  /* after the effect */
    SIM_OUTCOME_LOSE_ANSWER, /* does all its work; its report never leaves the worker */
    SIM_OUTCOME_NEVER,       /* does its work and never ends */
};

/* What may befall each attempt: the first whose chance comes up. */
struct sim_outcome {
    enum sim_outcome_kind kind;
    struct sim_ratio chance;
    struct wf_string failure_type;
    bool is_non_retryable;
    int32_t attempt; /* only on this attempt; 0: any */
};

/* An activity whose attempts end without an outcome: the outside world reports it later (asynchronous completion). */
enum sim_later_word {
    SIM_LATER_COMPLETION,
    SIM_LATER_FAILURE,
    SIM_LATER_CANCELLATION,
    SIM_LATER_HEARTBEAT,
    SIM_LATER_WORD_COUNT,
};

struct sim_later {
    bool is_set;
    struct wf_string words[SIM_LATER_WORD_COUNT]; /* what is sent: "completion of capture_payment" */
    bool is_by_id; /* by workflow and activity id instead of the attempt's token */
    struct sim_distribution after;
    struct wf_string failure_type;
    struct sim_ratio fails;       /* denominator 0: never */
    struct sim_ratio again;       /* that the report comes a second time */
    int64_t heartbeat_every_ns;   /* 0: none */
};

struct sim_activity_model {
    struct wf_string name; /* activity type */
    struct sim_distribution takes;
    struct sim_effect effect;
    const struct sim_outcome *outcomes;
    uint32_t outcome_count;
    struct sim_value_template result; /* empty: null */
    int64_t heartbeat_every_ns;       /* 0: none */
    struct sim_later later;
    bool is_in_c;                     /* the module's C activity of this name runs instead */
};

/* A Nexus operation: what its handler does. */
struct sim_nexus_model {
    struct wf_string endpoint;
    struct wf_string name; /* "service.operation" */
    struct sim_distribution takes;
    const struct sim_outcome *outcomes;
    uint32_t outcome_count;
    struct sim_value_template result; /* empty: null */
    bool is_async;                    /* the start is answered with a token, the outcome comes by callback */
};

/* ---- Load ---- */

/* A retry policy; 0: the service's own value. */
struct sim_retry {
    bool is_set;
    int64_t initial_ns;
    uint64_t coefficient; /* the bits of a double */
    int64_t maximum_ns;
    int32_t attempts;
    const struct wf_string *non_retryable;
    uint32_t non_retryable_count;
};

/* Named values: a memo or search attributes. */
struct sim_field {
    struct wf_string name;
    struct sim_value_template value;
};
struct sim_fields {
    const struct sim_field *items;
    uint32_t count;
};

struct sim_start {
    struct sim_place place; /* of the entry */
    struct wf_string workflow_type;
    struct sim_template workflow_id;
    struct wf_string task_queue; /* empty: the first queue that has the workflow */
    struct sim_value_template input; /* a JSON array of arguments */
    uint32_t count;
    struct sim_distribution every;
    int64_t at_ns;
    int64_t execution_timeout_ns; /* 0: none */
    int64_t run_timeout_ns;
    int64_t task_timeout_ns;
    int64_t start_delay_ns;
    struct sim_retry retry;
    struct wf_string cron_schedule;
    struct sim_fields memo;
    struct sim_fields search_attributes;
    int32_t id_reuse_policy;
    int32_t id_conflict_policy;
    bool is_signal_with_start;
    struct wf_string signal_name;
    struct sim_value_template signal_input;
    struct wf_string update_name; /* update-with-start; empty: without */
    struct sim_value_template update_input;
    int32_t update_wait; /* lifecycle stage; 0: completed */
};

/* Times are of the simulation, from its beginning. */
struct sim_schedule {
    struct sim_place place; /* of its name */
    struct wf_string id;
    struct sim_start action; /* workflow_id: what the nominal time is appended to */
    int64_t at_ns;           /* when it is created */
    int64_t every_ns;        /* 0: no interval */
    int64_t offset_ns;
    const struct wf_string *crons;
    uint32_t cron_count;
    const struct wf_schedule_calendar_spec *calendars;
    uint32_t calendar_count;
    const struct wf_schedule_calendar_spec *excluded;
    uint32_t excluded_count;
    int64_t start_ns; /* SIM_NEVER: none */
    int64_t end_ns;   /* SIM_NEVER: none */
    int64_t jitter_ns;
    struct wf_string time_zone;
    int32_t overlap;
    int64_t catchup_ns; /* 0: the default */
    bool pauses_on_failure;
    bool keeps_id;
    uint32_t action_count_max; /* 0: any number */
    bool is_paused;
    struct wf_string note;
};

/* The specification of its times, as the service takes it. False when the arena is full. */
bool sim_schedule_spec(struct wf_arena *arena, const struct sim_schedule *schedule, struct wf_schedule_spec *spec);

/* What is asked of a schedule. */
struct sim_schedule_call {
    int32_t op; /* enum wf_schedule_op */
    struct wf_string schedule_id;
    const struct sim_schedule *schedule; /* of CREATE and UPDATE */
    struct wf_string note;
    int32_t overlap;
    int64_t from_ns; /* of BACKFILL */
    int64_t until_ns;
};

enum sim_client_action {
    SIM_CLIENT_SIGNAL,
    SIM_CLIENT_QUERY,
    SIM_CLIENT_CANCEL,
    SIM_CLIENT_TERMINATE,
    SIM_CLIENT_START,
    SIM_CLIENT_UPDATE,
    SIM_CLIENT_RESET,
    SIM_CLIENT_PAUSE,
    SIM_CLIENT_UNPAUSE,
    SIM_CLIENT_UPDATE_OPTIONS,   /* until it is known that it is about an activity, as it must */
    SIM_CLIENT_OPERATE_ACTIVITY, /* pause, unpause, reset or other options of activities of a type */
    SIM_CLIENT_REPORT, /* of the outside world, about an activity; never in a scenario's clients */
    SIM_CLIENT_SCHEDULE,
    SIM_CLIENT_ROUTE,  /* of a deployment, about its versions; never in a scenario's clients */
};

/* Where a reset begins again. */
enum sim_reset_point {
    SIM_RESET_LAST_TASK,  /* the completion of the last workflow task is not taken */
    SIM_RESET_FIRST_TASK, /* nor that of any */
    SIM_RESET_EVENT,
};

/* What an operator makes of an activity's options: what the paths of the mask name, or those that it was scheduled with. */
struct sim_activity_options {
    bool is_original;
    const struct wf_string *mask;
    uint32_t mask_count;
    struct sim_place place; /* of the queue's name */
    struct wf_string task_queue;
    int64_t schedule_to_close_ns;
    int64_t schedule_to_start_ns;
    int64_t start_to_close_ns;
    int64_t heartbeat_ns;
    struct sim_retry retry;
};

/* A client or an operator: sends at a time, or every so often, and records every answer. */
struct sim_client {
    struct wf_string name;    /* "client-1", "operator" */
    enum sim_client_action action;
    struct sim_template to;   /* a workflow id; "all": every workflow started so far */
    bool is_to_all;
    bool is_per_workflow;     /* `to` holds ${n}: once for each n of the starts */
    int64_t at_ns;            /* after the target's start when per workflow, else of the run; SIM_NEVER: not once */
    struct sim_distribution delay; /* added to at_ns */
    int64_t every_ns;         /* 0: once */
    bool until_closed;
    struct sim_ratio chance;  /* denominator 0: always */
    struct wf_string name_of; /* signal, update or query name, cancel or terminate reason */
    struct sim_value_template input;
    struct wf_string expect;  /* JSON object: members that a query's or update's result must have; empty: none */
    int32_t wait_stage;       /* of an update: lifecycle stage; 0: completed */
    int32_t reject_condition; /* of a query; enum wf_query_reject_condition */
    struct sim_start start;   /* of SIM_CLIENT_START */
    enum sim_reset_point reset_point;
    int64_t reset_event_id;   /* of SIM_RESET_EVENT */
    int32_t reapply;          /* enum wf_reset_reapply_type */
    uint32_t reapply_exclude; /* bits 1 << enum wf_reset_reapply_exclude_type */
    struct sim_schedule_call schedule; /* of SIM_CLIENT_SCHEDULE */
    struct wf_string activity; /* type; empty: the action is about the workflow */
    int32_t activity_action;   /* enum wf_activity_action */
    bool resets_attempts;
    bool resets_heartbeat;
    bool keeps_paused;
    int64_t jitter_ns;
    struct sim_activity_options options;
};

struct sim_queue {
    struct wf_string name;
    uint32_t worker_count;
    const struct wf_string *workflows; /* types; count 0 and all_workflows: every type of the code */
    uint32_t workflow_count;
    bool all_workflows;
    const struct wf_string *activities;
    uint32_t activity_count;
    bool all_activities;
    uint32_t cache_size; /* sticky cache; 0: default */
    bool is_eager;       /* workers take activities of this queue with the answers to workflow tasks */
};

/* ---- Faults ---- */

enum sim_fault_kind {
#define SIM_FAULT(name, text, help) SIM_FAULT_##name,
#include "sim/fault/faults.def"
    SIM_FAULT_COUNT,
};

/* A fault placed by hand. */
struct sim_placed_fault {
    struct sim_place place; /* of the entry */
    enum sim_fault_kind kind;
    struct wf_string node;       /* "worker-1"; "worker": the one concerned; empty: any */
    struct wf_string other_node; /* of a partition */
    struct wf_string when;       /* "activity parse_data started", "effect charge", "event WorkflowTaskStarted"; empty: at */
    uint32_t occurrence;         /* the n-th time `when` comes true, from 1 */
    struct wf_string workflow_id; /* only for this workflow; empty: any */
    int64_t at_ns;
    int64_t for_ns;              /* how long it lasts; 0: the kind's default */
};

struct sim_fault_config {
    bool is_enabled;
    struct wf_string profile; /* "chaos", "calm", "none" */
    int64_t for_ns;           /* the chaos phase */
    bool allowed[SIM_FAULT_COUNT]; /* what the profile or the scenario allows; swarm picks among them for each seed */
    bool has_rate[SIM_FAULT_COUNT];
    int64_t mean_interval_ns[SIM_FAULT_COUNT]; /* where the scenario gives a rate */
    const struct sim_placed_fault *placed;
    uint32_t placed_count;
};

/* ---- Checks and goals ---- */

enum sim_check_kind {
#define SIM_CHECK(name, text, help) SIM_CHECK_##name,
#include "sim/check/checks.def"
    SIM_CHECK_COUNT,
};

struct sim_check_config {
    enum sim_check_kind kind;
    const struct wf_string *effects; /* names of effects */
    uint32_t effect_count;
    uint32_t status_mask;  /* bits 1 << enum wf_workflow_execution_status: when the run closed so; 0: any close */
    int64_t limit_ns;      /* closes_within after heal, no_effect_after grace, progress window */
    uint32_t limit_count;  /* progress: attempts */
    struct wf_string name; /* signal of conservation, decision effects of one_decision */
    struct wf_string text; /* as written in the scenario, for messages */
};

enum sim_goal_kind {
    SIM_GOAL_CLOSED,        /* a run closed with this status */
    SIM_GOAL_RAN,           /* an activity of this type completed */
    SIM_GOAL_FAULT,         /* a fault of this kind fired, optionally between two records of one workflow */
    SIM_GOAL_ANSWER,        /* a send got this answer: accepted, not found, rejected, ... */
    SIM_GOAL_RESULT,        /* a run closed with this JSON result */
    SIM_GOAL_VERSION,       /* a worker of this version took a workflow task, while another was current */
    SIM_GOAL_UPDATE,        /* an update that was sent again was taken so; status: enum sim_update_recognition */
};

/* How the service took an update that was sent again (SIM_RECORD_UPDATE y). */
enum sim_update_recognition {
    SIM_UPDATE_FIRST,  /* it was not sent again */
    SIM_UPDATE_AGAIN,  /* as new: what had been admitted was lost */
    SIM_UPDATE_JOINED, /* the registry knew it */
    SIM_UPDATE_STORED, /* it was completed, and history has the outcome */
};

struct sim_goal {
    enum sim_goal_kind kind;
    int32_t status;
    enum sim_fault_kind fault;
    struct wf_string name;      /* activity type, answer, result JSON, version */
    struct wf_string current;   /* of VERSION: the current one; empty: any */
    struct wf_string after;     /* "effect charge"; empty: no bound */
    struct wf_string before;    /* "ActivityTaskCompleted" */
    struct wf_string text;      /* as written in the scenario, for messages */
};

/* ---- A run that goes on ---- */

/* A run of a real or recorded history that goes on from one of its events, in place of the scenario's starts. */
struct sim_continuation {
    struct wf_string workflow_id;
    struct wf_string run_id;
    struct wf_string task_queue;
    const struct wf_event *events; /* of the whole history: what came later is given again where it fits */
    uint32_t event_count;
    uint32_t kept_count;     /* what had been written when the run goes on */
    wf_time_ns time_ns;      /* of the last one of these, when the simulation begins */
    int64_t clock_spread_ns; /* how far apart the clocks were that wrote the history */
    bool has_other_options;  /* an operator may have changed those of activities */
    bool is_foreign;         /* another service wrote it */
    enum wf_family family;   /* whose rules the workers of the simulation follow */
};

/* ---- Versions of workers ---- */

/* With it each queue has its workers once for each version of the code, all from the beginning. */
enum sim_rollout_action {
    SIM_ROLLOUT_CURRENT, /* takes new work, and what is not pinned */
    SIM_ROLLOUT_RAMP,    /* takes a share of it */
    SIM_ROLLOUT_RETIRE,  /* its workers stop for good */
};

struct sim_rollout_step {
    int64_t at_ns;
    enum sim_rollout_action action;
    struct wf_string version; /* empty: the first */
    bool has_percent;
    uint32_t percent; /* of RAMP: of the workflow ids */
};

struct sim_versioned_type {
    struct wf_string workflow_type;
    int32_t behavior; /* enum wf_versioning_behavior */
};

struct sim_versioning {
    bool is_set;
    struct wf_string deployment;
    int32_t behavior; /* of types that are not named */
    const struct sim_versioned_type *types;
    uint32_t type_count;
    const struct sim_rollout_step *steps; /* in the order of their times; the first version is current before */
    uint32_t step_count;
};

/* ---- All together ---- */

struct sim_network_config {
    struct sim_distribution latency;
    int64_t rpc_timeout_ns;
};

struct sim_database_config {
    struct sim_distribution latency;
};

struct sim_config {
    struct wf_string name;  /* of the scenario, without folder or ending */
    struct wf_string file;  /* as the user gave it, for messages; empty: made by hand */
    uint64_t digest;        /* of the scenario's text */
    const struct sim_code *codes; /* the first one runs at the start */
    uint32_t code_count;
    uint32_t server_count;
    uint32_t shard_count;
    uint32_t worker_count;  /* of the default queue, when queues are not given */
    const struct sim_queue *queues;
    uint32_t queue_count;
    struct sim_network_config network;
    struct sim_database_config database;
    struct wf_service_limits limits;
    uint32_t chain_runs_max; /* runs that one chain may have by continuing as new; 0: default */
    const struct sim_continuation *continued; /* NULL: none */
    const struct sim_start *starts;
    uint32_t start_count;
    const struct sim_schedule *schedules;
    uint32_t schedule_count;
    const struct sim_activity_model *activities;
    uint32_t activity_count;
    const struct sim_nexus_model *nexus;
    uint32_t nexus_count;
    const struct wf_string *nexus_endpoints;
    uint32_t nexus_endpoint_count;
    bool lacks_models;      /* an activity that nothing is known of never ends; otherwise it is an error */
    struct sim_place activities_place; /* of the section, or of the file */
    const struct sim_client *clients;
    uint32_t client_count;
    struct sim_versioning versioning;
    struct sim_fault_config faults;
    const struct sim_check_config *checks;
    uint32_t check_count;
    const struct sim_goal *goals;
    uint32_t goal_count;
    uint32_t goals_over;   /* seeds over which the goals must be met; 0: one */
    uint32_t planted;      /* enum wf_planted_bug bits */
    int64_t end_after_ns;  /* virtual time at which a run is given up and said to be stuck; 0: default of 30 days + */
    uint64_t step_max;     /* popped events; 0: default */
};

/* What the clocks show when the simulation begins. */
static inline wf_time_ns sim_epoch_ns(const struct sim_config *config)
{
    return config->continued == NULL ? SIM_EPOCH_NS : config->continued->time_ns;
}

#endif
