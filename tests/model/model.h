/*
 * A second service, written from engine-semantics 2 to 5 and 7 alone: no shards, no queues, no caches, one transaction after
 * the other on plain lists. It is told which operations the engine committed, in the order of their commits, and must come to
 * the same reply, the same event bytes and the same state.
 *
 * It shares with the engine the schema, the codec and engine/base; nothing of engine/server. What the engine draws or words
 * for itself is given: ids of runs and of requests, task ids of events, the jitter of a timeout, the text of a failure.
 */
#ifndef WF_TESTS_MODEL_MODEL_H
#define WF_TESTS_MODEL_MODEL_H

#include "engine/base/map.h"
#include "engine/codec.h"
#include "engine/service.h"

#define MODEL_SERVICE "history-service"
#define MODEL_NAMESPACE "default"
#define MODEL_NAMESPACE_ID "6a1f0c52-7d3e-4b8a-9c41-5e2d8f70b963"
#define MODEL_CUTS_MAX 4

/* Events as they were written: one encoded list of history. */
struct model_batch {
    int64_t first_event_id;
    int64_t event_count;
    struct wf_string bytes;
};

struct model_run {
    struct wf_state_run *state;   /* `start` inside is not used */
    struct wf_state_start *start;
    struct {
        struct model_batch *items;
        uint32_t count;
        uint32_t capacity;
    } batches;
    struct wf_arena arenas[2]; /* the state lies in one; the next one is copied into the other */
    uint32_t arena_index;
    bool is_close_attempted; /* 3.5: refuses signals until the task has ended */
    bool has_failed_task;    /* its last task ended by an invalid command */
    char normal_start[64];   /* request id of the last start of a task by a worker that is not sticky */
    const struct wf_svc_record_workflow_task_started *taken; /* the last start of a task */
};

struct model_workflow {
    struct wf_string id;
    struct {
        struct model_run **items;
        uint32_t count;
        uint32_t capacity;
    } runs; /* the last is the current one */
};

struct model {
    struct wf_arena arena; /* for as long as the model */
    struct wf_arena step_arena;
    struct wf_service_limits limits;
    struct wf_map workflows; /* workflow id -> struct model_workflow */
    struct wf_map updates;   /* workflow id and update id -> bytes of the request, as clients sent it */
    struct wf_map schedules; /* schedule id -> struct model_schedule */
    struct wf_map schedule_facts; /* what actions of schedules asked for and were told, in words */
    struct wf_map routings;  /* task queue and revision -> the routing that an operator set */
    struct wf_map nexus;     /* request id, or token, of a Nexus operation -> what handlers were asked and said */
    const struct wf_string *nexus_endpoints; /* those registered */
    uint32_t nexus_endpoint_count;
};

struct model_schedule {
    struct wf_state_schedule *state; /* NULL: deleted */
    struct wf_arena arenas[2];       /* as of a run */
    uint32_t arena_index;
};

/* What the engine chose for itself. Only what the write holds; everything else is judged. */
struct model_given {
    const struct wf_state_run *state; /* of the run as the engine left it; NULL: a new run is all there is */
    const struct wf_state_run *new_state; /* of the new run */
    struct wf_string new_run_id;      /* empty: none was made */
    struct wf_string new_request_id;  /* by which it was created */
    const struct wf_event *events;    /* for task ids and texts */
    uint32_t event_count;
    const struct wf_event *new_events; /* of the new run */
    uint32_t new_event_count;
};

enum model_operation_kind {
    MODEL_REQUEST,  /* somebody's call */
    MODEL_ALARM,    /* something of the run is due */
    MODEL_ANSWERED, /* a call to another workflow had an answer */
};

struct model_operation {
    enum model_operation_kind kind;
    wf_time_ns now_ns;
    const struct wf_svc_request *request; /* REQUEST */
    struct wf_string workflow_id;         /* ALARM, ANSWERED */
    struct wf_string run_id;
    int64_t event_id; /* ANSWERED: the initiated event */
    int32_t status;
    struct wf_string child_run_id;
};

/* What the operation comes to. Lies in the step arena. */
struct model_outcome {
    bool writes;                     /* a transaction: of `run`, or of `successor`, or of both */
    bool is_terminated;              /* a limit was reached: the run is ended instead */
    bool is_uncertain;               /* a memory-only guard decides, which a reload forgets: either reply is right */
    struct wf_svc_response *reply;   /* NULL: nothing is answered, or a worker's words */
    struct model_run *run;
    struct model_run *successor;
    struct model_run *linked;        /* a closed run that remembers the successor */
    const struct wf_event *events;   /* new, of run */
    uint32_t event_count;
    const struct wf_event *new_events; /* of successor */
    uint32_t new_event_count;
};

void model_init(struct model *model, const struct wf_service_limits *limits);
void model_deinit(struct model *model);

/*
 * Performs an operation that the engine committed. Without `given` the engine wrote nothing: then nothing changes here
 * either, and outcome->writes says whether it should have.
 */
void model_perform(struct model *model, const struct model_operation *operation, const struct model_given *given,
                   struct model_outcome *outcome);

/* ---- Updates: what is known to the owner's memory alone ---- */

/* A client sends one: from now on the engine may know of it. */
void model_note_update(struct model *model, const struct wf_svc_request *request);

/* A task started, perhaps without a write. */
void model_learn_start(struct model *model, const struct wf_svc_record_workflow_task_started *request);

/* NULL, or why this cannot be what the caller is told. */
const char *model_judge_update(struct model *model, const struct wf_svc_request *request,
                               const struct wf_svc_response *response, bool is_owner);
const char *model_judge_messages(struct model *model, const struct wf_svc_workflow_task *task);

/* ---- Schedules ---- */

struct model_schedule_outcome {
    struct model_outcome outcome; /* without runs */
    const struct wf_db_write_schedule *write;
    const char *problem; /* NULL, or what of the given cannot be so */
};

/* Performs what the engine committed of a schedule: a call, or, as an alarm, what it did by itself. */
void model_schedule_write(struct model *model, const struct model_operation *operation,
                          const struct wf_db_write_schedule *given, struct model_schedule_outcome *outcome);

/* NULL, or why no schedule, or no run for one, can have made this call of the service to itself. */
const char *model_schedule_judge_call(struct model *model, const struct wf_svc_request *request);

/* What the call of an action came to. */
void model_schedule_learn(struct model *model, const struct wf_svc_request *request,
                          const struct wf_svc_response *response);

/* NULL, or what should have happened by then. */
const char *model_schedule_left_undone(const struct model *model, const struct model_schedule *schedule,
                                       wf_time_ns long_ago_ns);

/* ---- Nexus: handlers are outside ---- */

/* What a handler answered for good to a start or a cancellation. */
void model_note_nexus(struct model *model, const struct wf_svc_request *request, const struct wf_svc_response *response);

/* NULL, or why a handler cannot be asked this. */
const char *model_judge_nexus(struct model *model, const struct wf_svc_request *request);

/* When the first of the operations is overdue; INT64_MAX: never. */
int64_t model_nexus_deadline(const struct wf_state_run *state);

/* ---- Versions of workers ---- */

/* An operator sends one: from now on queues may follow it. */
void model_note_routing(struct model *model, const struct wf_svc_request *request);

/* NULL, or why this cannot be asked or answered. */
const char *model_judge_versions(struct model *model, const struct wf_svc_request *request,
                                 const struct wf_svc_response *response, bool is_owner);

/* Whether calls of this kind, a choice of svc_request, are carried. */
bool model_knows(uint32_t call_case);

struct model_workflow *model_workflow_find(const struct model *model, struct wf_string id);
struct model_run *model_run_current(const struct model_workflow *workflow);

/* run_id empty: the current one. NULL: there is none. */
struct model_run *model_run_find(const struct model *model, struct wf_string workflow_id, struct wf_string run_id);
bool model_run_is_open(const struct model_run *run);

/* All events from an id on, decoded into the arena. */
struct wf_history_message model_run_events(const struct model_run *run, struct wf_arena *arena, int64_t first_event_id);

/* Where the end of an activity or of a child names its start; NULL for any other event. */
int64_t *model_started_event_id(struct wf_event *event);

#endif
