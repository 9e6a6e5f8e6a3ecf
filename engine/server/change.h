/*
 * A change of one run, prepared in memory: events, state and tasks, which become one database
 * write. The operations that change runs are functions on a change; transaction.c turns it into the
 * write and, once that is committed, into answers.
 *
 * Memory: what a change builds lies in the step arena or points into the request; the state's own
 * strings and messages are copied into the run's arena. A failed allocation leaves NULL, is noticed
 * once, at the end of the step, and loses nothing, because nothing was sent.
 */
#ifndef WF_ENGINE_SERVER_CHANGE_H
#define WF_ENGINE_SERVER_CHANGE_H

#include "engine/defaults.h"
#include "engine/retry.h"
#include "engine/server/shard_state.h"
#include "engine/server/versioning.h"

#define WF_EVENT_ID_BUFFERED INT64_C(-123) /* engine-semantics 1.2: no id yet */
#define WF_HISTORY_SERVICE "history-service"

/* Every workflow of a simulation lives in one namespace; events about other workflows name it. */
#define WF_NAMESPACE "default"
#define WF_NAMESPACE_ID "6a1f0c52-7d3e-4b8a-9c41-5e2d8f70b963"

#define WF_INLINE_REQUEST_ID "request-from-RespondWorkflowTaskCompleted" /* 3.4 step 8 */

#define WF_BATCH_CUTS_MAX 8

/* Where the history of a run that a reset makes begins: with that of another, up to an event. Without a run id: with one from
 * elsewhere. */
struct wf_fork {
    struct wf_string run_id;
    int64_t last_event_id;
    struct {
        struct wf_db_batch *items;
        uint32_t count;
        uint32_t capacity;
    } batches;
};

struct wf_change {
    struct wf_shard *shard;
    struct wf_workflow *workflow;
    struct wf_shard_run *run;
    struct wf_state_run *state;
    struct wf_arena *arena; /* of the step */
    wf_time_ns now_ns;
    struct wf_history_message history; /* events with ids */
    struct wf_event *last_event;       /* just added; valid until the next one */
    uint32_t cuts[WF_BATCH_CUTS_MAX];  /* a batch ends before these indexes (3.9) */
    uint32_t cut_count;
    uint32_t owned_buffered_count; /* buffered events whose memory is the run's */
    bool wants_task;               /* a workflow task must be pending at the end */
    bool is_closing;
    struct wf_task_list tasks;
    struct wf_batch_node *batches;  /* after encoding */
    struct wf_shard_run *successor; /* continue-as-new, retry, reset: the new run */
    struct wf_change *successor_change;
    const struct wf_fork *fork;     /* of a run whose history does not begin here */
    struct wf_shard_run *linked;    /* a closed run whose state is written with this */
    struct wf_update_rejection_note *rejections; /* of updates; told once the change is committed */
};

/* A change of a run that exists makes a normal task of a speculative one, for it will be written (3.10). */
void wf_change_init(struct wf_change *change, struct wf_shard *shard, struct wf_workflow *workflow,
                    struct wf_shard_run *run);

/* As wf_change_init, for what is never written: a speculative task stays one. */
void wf_change_look(struct wf_change *change, struct wf_shard *shard, struct wf_workflow *workflow,
                    struct wf_shard_run *run);

/* ---- change.c: events ---- */

/*
 * Adds an event and returns its zeroed attributes, or NULL when memory is gone. I events get their
 * id at once, the others are buffered (3.8). time_ns is the time of the fact.
 */
void *wf_change_event(struct wf_change *change, enum wf_event_type type, wf_time_ns time_ns);

/* Gives buffered events their ids: B events first, then L events (3.8 rule 4). */
void wf_change_flush(struct wf_change *change);

/* A batch never continues past this point (3.9). */
void wf_change_cut(struct wf_change *change);

/* Copies into the run's arena. */
struct wf_string wf_change_own(struct wf_change *change, struct wf_string string);
void *wf_change_own_message(struct wf_change *change, const struct wf_message_type *type,
                            const void *message);

/* A push to matching, executed once the change is committed. */
void wf_change_push(struct wf_change *change, bool is_activity, int64_t scheduled_event_id,
                    int32_t attempt, int32_t stamp);

/* A transfer task about another workflow, executed once the change is committed. */
void wf_change_transfer(struct wf_change *change, enum wf_transfer_kind kind,
                        int64_t initiated_event_id);

/* ---- transaction.c ---- */

/*
 * Ends the change and sends it: flushes or keeps buffered events, schedules a workflow task when
 * one is wanted, checks the run's limits, encodes. Locks the workflow until the reply.
 */
void wf_change_commit(struct wf_change *change, struct wf_operation *operation,
                      const struct wf_reply_plan *reply);

/* The first write of a new run, when no other run is open. */
void wf_change_create(struct wf_change *created, struct wf_operation *operation,
                      const struct wf_reply_plan *reply, enum wf_current_condition condition,
                      struct wf_string expected_run_id);
void wf_write_reply(struct wf_shard *shard, struct wf_write *write,
                    const struct wf_db_reply *reply);

/* As wf_change_commit, giving answers to queries when it is committed. Takes over the answers. */
void wf_change_commit_with(struct wf_change *change, struct wf_operation *operation,
                           const struct wf_reply_plan *reply, struct wf_query_answers *answers);

/* ---- workflow_task.c ---- */

enum wf_workflow_task_state {
    WF_WORKFLOW_TASK_NONE,
    WF_WORKFLOW_TASK_SCHEDULED,
    WF_WORKFLOW_TASK_STARTED,
    WF_WORKFLOW_TASK_SPECULATIVE, /* scheduled, in memory only (3.10) */
    WF_WORKFLOW_TASK_SPECULATIVE_STARTED,
};

enum wf_workflow_task_input {
    WF_WORKFLOW_TASK_SCHEDULE,
    WF_WORKFLOW_TASK_START,
    WF_WORKFLOW_TASK_COMPLETE,
    WF_WORKFLOW_TASK_FAIL,
    WF_WORKFLOW_TASK_TIME_OUT,
    WF_WORKFLOW_TASK_TIME_OUT_STICKY,
    WF_WORKFLOW_TASK_FORCE_CLOSE,
    WF_WORKFLOW_TASK_RESET,
    WF_WORKFLOW_TASK_PAUSE,
    WF_WORKFLOW_TASK_SPECULATE,
    WF_WORKFLOW_TASK_CONVERT,
    WF_WORKFLOW_TASK_DISCARD,
};

struct wf_workflow_task_details {
    struct wf_string request_id;
    struct wf_string identity;
    int32_t cause;
    struct wf_failure *failure; /* borrowed for the step, as is all that goes into events */
    struct wf_workflow_task_completed_metadata *sdk_metadata;
    int64_t original_scheduled_time_ns; /* SCHEDULE: of a heartbeat; 0: now */
    bool is_inline; /* SCHEDULE: started in the same change, so nobody needs to push it */
    struct wf_string base_run_id; /* RESET */
    const struct wf_svc_record_workflow_task_started *taken; /* START: by whom; NULL: by who completed the one before */
    int32_t versioning_behavior; /* COMPLETE */
};

enum wf_workflow_task_state wf_workflow_task_state(const struct wf_state_run *state);

/* Speculative or not. */
bool wf_workflow_task_is_started(const struct wf_state_run *state);
bool wf_workflow_task_is_speculative(const struct wf_state_run *state);

/* False when the machine has no such transition. */
bool wf_workflow_task_step(struct wf_change *change, enum wf_workflow_task_input input,
                           const struct wf_workflow_task_details *details);

/* The Scheduled and Started events of a transient or speculative task as one batch, or {NULL, 0} (3.1). */
struct wf_string wf_workflow_task_unwritten(struct wf_shard *shard, const struct wf_shard_run *run);
int64_t wf_workflow_task_deadline(const struct wf_shard_run *run);
void wf_workflow_task_clear_sticky(struct wf_state_run *state);
void wf_workflow_task_set_sticky(struct wf_change *change,
                                 const struct wf_svc_respond_workflow_task_completed *request);

/* ---- activity.c ---- */

enum wf_activity_state {
    WF_ACTIVITY_NONE,
    WF_ACTIVITY_SCHEDULED,
    WF_ACTIVITY_STARTED,
    WF_ACTIVITY_CANCELING, /* started, and told to cancel at its next heartbeat */
    WF_ACTIVITY_BACKOFF,   /* waits for its next attempt */
};

enum wf_activity_input {
    WF_ACTIVITY_SCHEDULE,
    WF_ACTIVITY_START,
    WF_ACTIVITY_FABRICATE, /* the start of what was completed by id before anybody started it */
    WF_ACTIVITY_DISPATCH,
    WF_ACTIVITY_HEARTBEAT,
    WF_ACTIVITY_COMPLETE,
    WF_ACTIVITY_FAIL,
    WF_ACTIVITY_RETRY,
    WF_ACTIVITY_CANCEL,
    WF_ACTIVITY_TIME_OUT,
    WF_ACTIVITY_REQUEST_CANCEL,
    WF_ACTIVITY_PAUSE,
    WF_ACTIVITY_UNPAUSE,
    WF_ACTIVITY_UNPAUSE_LATER,
    WF_ACTIVITY_RESET,
    WF_ACTIVITY_RESET_LATER,
    WF_ACTIVITY_UPDATE_OPTIONS,
    WF_ACTIVITY_RESET_RUN, /* to between the start of its last attempt and the outcome */
};

struct wf_activity_details {
    const struct wf_command_schedule_activity_task *command;
    bool is_eager; /* SCHEDULE: the worker takes it with the answer, so nobody is told of it */
    int64_t completed_event_id; /* of the workflow task whose command this is */
    struct wf_string request_id;
    struct wf_string identity;
    struct wf_payloads *payloads; /* result or details */
    struct wf_failure *failure;
    int32_t retry_state;
    int32_t timeout_type;
    int64_t interval_ns; /* RETRY, UNPAUSE_LATER, RESET_LATER */
    int64_t started_event_id; /* RESET_RUN: of the start, which is in history already */
    const struct wf_svc_operate_activity *operation; /* what an operator wants */
};

/* NULL when there is none. Valid until the list changes. */
struct wf_state_activity *wf_activity_find(const struct wf_state_run *state,
                                           int64_t scheduled_event_id);
struct wf_state_activity *wf_activity_find_id(const struct wf_state_run *state,
                                              struct wf_string activity_id);
bool wf_activity_step(struct wf_change *change, struct wf_state_activity *activity,
                      enum wf_activity_input input, const struct wf_activity_details *details);

/* A failed attempt: tried again or recorded (4.5). */
void wf_activity_failed(struct wf_change *change, struct wf_state_activity *activity,
                        struct wf_failure *failure, struct wf_string identity,
                        int32_t timeout_type);

/* 7.12: what was pushed cannot be started any more; what waits is pushed again when the pause ends. */
void wf_activities_pause(struct wf_change *change);
void wf_activities_unpause(struct wf_change *change);

/* ---- activity_options.c ---- */

/* What an operator wants of an activity's options; NULL when the activity can have them, else why not. */
const char *wf_activity_options_check(const struct wf_shard *shard, const struct wf_shard_run *run,
                                      const struct wf_state_activity *activity,
                                      const struct wf_svc_operate_activity *request);
void wf_activity_options_update(struct wf_change *change, struct wf_state_activity *activity,
                                const struct wf_svc_operate_activity *request);
void wf_activity_options_restore(struct wf_state_activity *activity);

/* A copy of those in force. NULL: no memory. */
struct wf_activity_options *wf_activity_options_copy(struct wf_arena *arena, const struct wf_state_activity *activity);

/* ---- activity_time.c ---- */

/* The earliest deadline of an activity and its type; 0 for the end of a backoff. INT64_MAX: none.
 */
int64_t wf_activity_deadline(const struct wf_state_activity *activity, int32_t *timeout_type);
void wf_activities_expire(struct wf_change *change);

/* ---- timer.c ---- */

enum wf_timer_state { WF_TIMER_NONE, WF_TIMER_PENDING, WF_TIMER_FIRED_UNSEEN };
enum wf_timer_input { WF_TIMER_START, WF_TIMER_FIRE, WF_TIMER_CANCEL };

struct wf_timer_details {
    struct wf_string timer_id;
    int64_t duration_ns;
    int64_t completed_event_id;
    struct wf_string identity;
};

bool wf_timer_step(struct wf_change *change, enum wf_timer_input input,
                   const struct wf_timer_details *details);
void wf_timers_expire(struct wf_change *change);

/* ---- pending_child.c ---- */

enum wf_child_state { WF_CHILD_NONE, WF_CHILD_INITIATED, WF_CHILD_STARTED };

enum wf_child_input {
    WF_CHILD_INITIATE,
    WF_CHILD_START,
    WF_CHILD_FAIL_START,
    WF_CHILD_COMPLETE,
    WF_CHILD_FAIL,
    WF_CHILD_CANCEL,
    WF_CHILD_TIME_OUT,
    WF_CHILD_TERMINATE,
};

struct wf_child_details {
    const struct wf_event_start_child_workflow_execution_initiated *initiated; /* INITIATE */
    struct wf_string run_id; /* START: the first run; an outcome: the run that closed */
    int64_t shard_clock;     /* START: of the child's owner */
    int32_t cause;           /* FAIL_START */
    struct wf_payloads *payloads;
    struct wf_failure *failure;
    int32_t retry_state;
};

/* NULL when there is none. Valid until the list changes. */
struct wf_state_child *wf_child_find(const struct wf_state_run *state, int64_t initiated_event_id);

/* child is NULL for INITIATE. False when the machine has no such transition. */
bool wf_child_step(struct wf_change *change, struct wf_state_child *child,
                   enum wf_child_input input, const struct wf_child_details *details);

/* The outcome that the last event of a child's chain stands for. */
bool wf_child_end(struct wf_change *change, struct wf_state_child *child,
                  const struct wf_event *closing, struct wf_string run_id);

/* An event of the run that was reset, about a child that the new run still waits for (7.10 step 6). */
void wf_child_reapply(struct wf_change *change, const struct wf_event *event);

/* ---- nexus.c ---- */

enum wf_nexus_state { WF_NEXUS_NONE, WF_NEXUS_SCHEDULED, WF_NEXUS_STARTED };

enum wf_nexus_input {
    WF_NEXUS_SCHEDULE,
    WF_NEXUS_START,
    WF_NEXUS_COMPLETE,
    WF_NEXUS_FAIL,
    WF_NEXUS_CANCEL,
    WF_NEXUS_TIME_OUT,
    WF_NEXUS_REQUEST_CANCEL,
    WF_NEXUS_CANCEL_DELIVERED,
    WF_NEXUS_CANCEL_REFUSED,
};

struct wf_nexus_details {
    const struct wf_command_schedule_nexus_operation *command; /* SCHEDULE */
    int64_t completed_event_id;                                /* of the task whose command this is */
    struct wf_string operation_token;                          /* START */
    struct wf_payload *result;
    struct wf_failure *failure;
    int32_t timeout_type;
};

/* NULL when there is none. Valid until the list changes. */
struct wf_state_nexus *wf_nexus_find(const struct wf_state_run *state, int64_t scheduled_event_id);

/* operation is NULL for SCHEDULE. False when the machine has no such transition. */
bool wf_nexus_step(struct wf_change *change, struct wf_state_nexus *operation, enum wf_nexus_input input,
                   const struct wf_nexus_details *details);

/* The outcome that a handler tells. */
void wf_nexus_end(struct wf_change *change, struct wf_state_nexus *operation, const struct wf_svc_nexus_outcome *outcome);

/* The earliest deadline of an operation and its type. INT64_MAX: none. */
int64_t wf_nexus_deadline(const struct wf_state_nexus *operation, int32_t *timeout_type);
void wf_nexus_expire(struct wf_change *change);

/* As its Scheduled event says (7.10 step 4). False when the event is not about an operation. */
bool wf_nexus_rebuild(struct wf_shard_run *run, const struct wf_event *event);

/* An event of the run that was reset, about an operation that the new run still waits for (7.10 step 6). */
void wf_nexus_reapply(struct wf_change *change, const struct wf_event *event);

/* ---- external.c ---- */

enum wf_external_state { WF_EXTERNAL_NONE, WF_EXTERNAL_INITIATED };
enum wf_external_input { WF_EXTERNAL_INITIATE, WF_EXTERNAL_DELIVER, WF_EXTERNAL_FAIL };

struct wf_external_details {
    const struct wf_command_signal_external_workflow_execution *signal;
    const struct wf_command_request_cancel_external_workflow_execution *cancel;
    int64_t completed_event_id;
    int32_t cause; /* FAIL */
};

/* NULL when there is none. Valid until the list changes. */
struct wf_state_external *wf_signal_external_find(const struct wf_state_run *state,
                                                  int64_t initiated_event_id);
struct wf_state_external *wf_cancel_external_find(const struct wf_state_run *state,
                                                  int64_t initiated_event_id);

/* external is NULL for INITIATE. False when the machine has no such transition. */
bool wf_signal_external_step(struct wf_change *change, struct wf_state_external *external,
                             enum wf_external_input input,
                             const struct wf_external_details *details);
bool wf_cancel_external_step(struct wf_change *change, struct wf_state_external *external,
                             enum wf_external_input input,
                             const struct wf_external_details *details);

/* ---- execution.c: the life of a run ---- */

enum wf_execution_state {
    WF_EXECUTION_NONE,
    WF_EXECUTION_BACKOFF,
    WF_EXECUTION_PAUSED,
    WF_EXECUTION_HELD, /* a child whose parent has not recorded the start */
    WF_EXECUTION_HELD_BACKOFF,
    WF_EXECUTION_RUNNING,
    WF_EXECUTION_CLOSED
};

enum wf_execution_input {
    WF_EXECUTION_START,
    WF_EXECUTION_START_LATER,
    WF_EXECUTION_START_HELD,
    WF_EXECUTION_START_HELD_LATER,
    WF_EXECUTION_BACKOFF_OVER,
    WF_EXECUTION_RELEASE,
    WF_EXECUTION_SIGNAL,
    WF_EXECUTION_REQUEST_CANCEL,
    WF_EXECUTION_COMPLETE,
    WF_EXECUTION_FAIL,
    WF_EXECUTION_CANCEL,
    WF_EXECUTION_CONTINUE,
    WF_EXECUTION_TIME_OUT,
    WF_EXECUTION_TERMINATE,
    WF_EXECUTION_PAUSE,
    WF_EXECUTION_UNPAUSE,
};

struct wf_execution_details {
    const struct wf_event_workflow_execution_started *started;
    int64_t completed_event_id;
    struct wf_payloads *payloads;
    struct wf_failure *failure;
    const struct wf_command_continue_as_new_workflow_execution *command;
    const struct wf_svc_signal_workflow *signal;
    const struct wf_svc_request_cancel *cancel;
    const struct wf_svc_pause_workflow *pause;
    int32_t retry_state;
    struct wf_run_id successor_id;
    int64_t backoff_ns;
    struct wf_string reason;
    struct wf_string identity;
};

bool wf_execution_step(struct wf_change *change, enum wf_execution_input input,
                       const struct wf_execution_details *details);

/* ---- execution_start.c ---- */

/* What a start says beside its Started event: who is told of the end of the chain, a child's parent (5.4) or an action's
 * schedule (7.13); the policies under which it was allowed (7.1). */
struct wf_parent_link {
    struct wf_workflow_execution *parent; /* NULL: it has none */
    struct wf_workflow_execution *root;
    int64_t initiated_event_id;
    int64_t shard_clock;
    bool is_held; /* the first task waits for the parent */
    int32_t id_reuse_policy;
    int32_t id_conflict_policy;
    struct wf_schedule_link *schedule_link; /* 7.13: whose action it is; NULL: of none */
};

/* What the Started event says of a run that began then. Nothing is encoded yet. */
void wf_execution_fill_start(struct wf_shard_run *run, const struct wf_event_workflow_execution_started *started,
                             wf_time_ns start_time_ns);

/* 7.6: after a reset the run begins then, and its deadlines count from there. */
void wf_execution_begin_anew(struct wf_state_start *start, wf_time_ns now_ns);

/*
 * Makes a run in memory, with its Started event, and its first workflow task wanted unless it
 * waits. started is complete but for the ids of the run. NULL when memory is gone.
 */
struct wf_shard_run *wf_execution_new(struct wf_change *change, struct wf_shard *shard,
                                      struct wf_workflow *workflow,
                                      struct wf_event_workflow_execution_started *started,
                                      struct wf_string create_request_id,
                                      const struct wf_parent_link *link);

/*
 * From now to the first slot of a cron schedule after `from` that is not past, in whole seconds (7.5).
 *
 * Returns NULL, or what is wrong with the schedule.
 */
const char *wf_cron_backoff(struct wf_string schedule, wf_time_ns from_ns, wf_time_ns now_ns,
                            int64_t *backoff_ns);

/* An end that the chain may survive: by a retry of what failed, or by the cron schedule. */
struct wf_execution_ending {
    enum wf_execution_input input; /* COMPLETE, FAIL or TIME_OUT */
    struct wf_payloads *payloads;  /* COMPLETE: the result */
    struct wf_failure *failure;    /* of the others */
    int64_t completed_event_id;
};
void wf_execution_end(struct wf_change *change, const struct wf_execution_ending *ending);
void wf_execution_continue(struct wf_change *change,
                           const struct wf_command_continue_as_new_workflow_execution *command,
                           int64_t completed_event_id);

/* ---- apply_properties.c ---- */

/* NULL, or what is wrong with search attributes (2.3); attributes may be NULL, as may memo. */
const char *wf_search_attributes_check(const struct wf_service_limits *limits,
                                       const struct wf_search_attributes *attributes);
bool wf_memo_is_too_large(const struct wf_service_limits *limits, const struct wf_memo *memo);

/* ---- apply_commands.c ---- */

/* What processing commands came to. */
struct wf_command_outcome {
    int32_t cause; /* 0: every command was taken */
    bool terminates;
    bool has_unseen; /* 2.2 rule 5, 3.4 step 7 */
    bool needs_task;
    struct wf_string message;
};

/* 2.2 rule 1. NULL, or what is wrong. */
const char *wf_commands_refusal(const struct wf_svc_respond_workflow_task_completed *request);
void wf_commands_apply(struct wf_change *change,
                       const struct wf_svc_respond_workflow_task_completed *request,
                       int64_t completed_event_id, struct wf_command_outcome *outcome);

/* ---- checks.c ---- */

size_t wf_payload_size_bytes(const struct wf_payload *payload);
size_t wf_payloads_size_bytes(const struct wf_payloads *payloads);
size_t wf_fields_size_bytes(const struct wf_entry_payload *items, uint32_t count);

/* ---- transfer.c: tasks about other workflows ---- */

void wf_transfer_run(struct wf_shard *shard, struct wf_workflow *workflow, struct wf_shard_run *run,
                     struct wf_operation *operation);

/* ---- relations.c: what other shards ask of a run ---- */

/* 5.2 check 5: who acts as a parent must be the recorded one. */
bool wf_is_parent(const struct wf_shard_run *run, const struct wf_workflow_execution *caller);

/* ---- describe_state.c ---- */

bool wf_describe_state(struct wf_arena *arena, const struct wf_state_run *state,
                       const struct wf_state_start *start, struct wf_svc_description *description);

/* ---- answers.c ---- */

void wf_reply_give(struct wf_shard *shard, uint64_t call_id, struct wf_workflow *workflow,
                   struct wf_shard_run *run, const struct wf_reply_plan *reply);
void wf_history_read_reply(struct wf_shard *shard, struct wf_history_read *read,
                           const struct wf_db_reply *reply);

/*
 * Sends a message with the history of a run from first_event_id on in front of the batches that it
 * has: at once from memory, or after reading the database. The message is an answer to call_id or a
 * request to matching.
 */
struct wf_history_parcel {
    struct wf_svc_response *response;
    struct wf_svc_request *request;
    uint64_t call_id;
    int64_t first_event_id;
    int64_t last_event_id;
};
void wf_history_send(struct wf_shard *shard, struct wf_workflow *workflow,
                     const struct wf_shard_run *run, const struct wf_history_parcel *parcel);
struct wf_string wf_task_token(struct wf_shard *shard, const struct wf_svc_task_token *token);
struct wf_workflow_execution *wf_execution_message(struct wf_shard *shard,
                                                   struct wf_string workflow_id,
                                                   struct wf_string run_id);
void wf_refuse(struct wf_shard *shard, const struct wf_operation *operation,
               enum wf_call_status status, const char *message);

/*
 * ---- Operations ----
 *
 * Each is performed on a workflow that is not locked; run is the run it is about, NULL when there
 * is none. It answers, or commits a change whose reply does.
 */

#define WF_OPERATION(name)                                                                         \
    void wf_handle_##name(struct wf_shard *shard, struct wf_workflow *workflow,                    \
                          struct wf_shard_run *run, struct wf_operation *operation)

WF_OPERATION(start);
WF_OPERATION(signal_with_start);
WF_OPERATION(signal);
WF_OPERATION(request_cancel);
WF_OPERATION(terminate);
WF_OPERATION(workflow_task_started);
WF_OPERATION(workflow_task_completed);
WF_OPERATION(workflow_task_failed);
WF_OPERATION(reset_sticky);
WF_OPERATION(reset);
WF_OPERATION(restore);
WF_OPERATION(pause); /* and its end */
WF_OPERATION(activity_started);
WF_OPERATION(activity_response);
WF_OPERATION(operate_activity);
WF_OPERATION(query);
WF_OPERATION(describe);
WF_OPERATION(get_history);
WF_OPERATION(timer);
WF_OPERATION(schedule_first_task);
WF_OPERATION(record_child_closed);
WF_OPERATION(update);
WF_OPERATION(poll_update);
WF_OPERATION(update_with_start);
WF_OPERATION(complete_nexus_operation);

/* What is wrong with a signal, whatever the run (5.2, 9 "ids"); NULL: nothing. */
const char *wf_signal_name_problem(const struct wf_shard *shard, struct wf_string name);
const char *wf_signal_size_problem(const struct wf_shard *shard,
                                   const struct wf_svc_signal_workflow *signal);

/* A signal for a run, also as part of a signal-with-start. */
void wf_signal_run(struct wf_shard *shard, struct wf_workflow *workflow, struct wf_shard_run *run,
                   struct wf_operation *operation, const struct wf_svc_signal_workflow *signal,
                   bool is_with_start);

/* Terminates: the close event after an end of the started workflow task (3.5, 7.7). */
void wf_execution_terminate(struct wf_change *change, struct wf_string reason,
                            struct wf_payloads *details, struct wf_string identity);

/* The run's or the execution's time is over (7.6). */
void wf_execution_expire(struct wf_change *change);

/* ---- reset.c ---- */

/* Passes a request about an event of a run on to the run that a reset made of it and that has copied the event. False: there
 * is none. */
bool wf_reset_follow(struct wf_shard *shard, struct wf_workflow *workflow, const struct wf_shard_run *run,
                     const struct wf_operation *operation, int64_t event_id);

/* ---- rebuild.c ---- */

/*
 * Makes the state of a run, zeroed but for its start, what the events of a history say. Attempts, heartbeats and the ids of
 * requests are not in history (I90): activities wait for their first attempt, scheduled now or when their event says, and
 * requests to other workflows get new ids.
 */
enum wf_rebuild_times { WF_REBUILD_NOW, WF_REBUILD_AS_RECORDED };
void wf_state_rebuild(struct wf_shard *shard, struct wf_shard_run *run, const struct wf_event *events, uint32_t count,
                      enum wf_rebuild_times times);

/* What pends is sent on its way, once more perhaps; a child that has begun only when it may still be held. */
void wf_rebuilt_send(struct wf_change *change, bool sends_begun_children);

/* The part about other workflows (rebuild_relations.c). */
void wf_relations_rebuild(struct wf_shard *shard, struct wf_shard_run *run, const struct wf_event *event);

/* Children that do not say so yet know this run as their parent. */
void wf_children_name_parent(struct wf_shard_run *run, struct wf_string run_id);

/* As its Scheduled event says; nothing when memory is gone. */
void wf_activity_restore(struct wf_shard_run *run, int64_t scheduled_event_id,
                         const struct wf_event_activity_task_scheduled *event, wf_time_ns now_ns);

/* ---- query.c ---- */

/* After a workflow task ended, or the run did: a waiting query goes on its way, or waits for the
 * next task. */
void wf_query_reconsider(struct wf_shard *shard, struct wf_workflow *workflow,
                         struct wf_shard_run *run);

/* Adds the waiting query to a task that starts. */
void wf_query_attach(struct wf_shard *shard, struct wf_shard_run *run,
                     struct wf_svc_workflow_task *task);
void wf_query_reply(struct wf_shard *shard, struct wf_direct_query *query,
                    const struct wf_svc_response *response);
void wf_query_answer(struct wf_shard *shard, uint64_t call_id,
                     const struct wf_sdk_query_result *result);

/* Waiting queries that the completion of a workflow task answers; NULL: none. */
struct wf_query_answers *wf_query_answers_take(
    struct wf_shard *shard, struct wf_shard_run *run,
    const struct wf_svc_respond_workflow_task_completed *request);
void wf_query_answers_give(struct wf_shard *shard, const struct wf_query_answers *answers);
void wf_query_answers_free(struct wf_shard *shard, struct wf_query_answers *answers);
void wf_query_drop(struct wf_shard *shard, struct wf_shard_run *run, enum wf_call_status status,
                   const char *message);

/* ---- update_registry.c, update_requests.c: the registry of updates (7.8) ---- */

struct wf_update_rejection_note;

/* NULL, or what is wrong with the request. */
const char *wf_update_check(const struct wf_shard *shard, const struct wf_svc_update_workflow *request);

/* An update for a run, also as part of an update-with-start: admits it or joins it, and answers call_id some day. */
void wf_update_run(struct wf_shard *shard, struct wf_workflow *workflow, struct wf_shard_run *run, uint64_t call_id,
                   const struct wf_svc_update_workflow *request);

/* The run knows the update. */
bool wf_update_is_known(const struct wf_shard_run *run, const struct wf_svc_update_workflow *request);

/* A reset applies an update again: false when the run has it already. */
bool wf_update_admit_again(struct wf_change *change, struct wf_string update_id);

/* A failure that the service makes. */
struct wf_failure *wf_update_failure(struct wf_arena *arena, const char *type, const char *message);

/* A change is committed, or a task vanished: who waits for what it brought is told. */
void wf_updates_settle(struct wf_shard *shard, struct wf_shard_run *run,
                       const struct wf_update_rejection_note *rejections);
void wf_updates_free_rejections(struct wf_shard *shard, struct wf_update_rejection_note *rejections);

/* The service failed the task while it took its completion. */
void wf_updates_task_failed(struct wf_shard *shard, struct wf_shard_run *run);

/* The task that had them is over: the next one brings them again. */
void wf_updates_take_back(struct wf_shard *shard, struct wf_shard_run *run);

/* The run is closed, and perhaps goes on as another. */
void wf_updates_close(struct wf_shard *shard, struct wf_shard_run *run, bool has_successor);

/* The run leaves memory. */
void wf_updates_drop(struct wf_shard *shard, struct wf_shard_run *run, enum wf_call_status status, const char *message);
void wf_updates_expire(struct wf_shard *shard);
void wf_updates_cancel(struct wf_shard *shard, struct wf_shard_run *run, uint64_t call_id);

/* ---- update_messages.c ---- */

/* Adds the waiting updates to a task that starts; is_repeated: to one that is given once more. */
void wf_updates_attach(struct wf_shard *shard, struct wf_shard_run *run, struct wf_svc_workflow_task *task,
                       bool is_repeated);

/* Messages that no command names; then what was delivered and not answered is rejected. */
void wf_messages_apply_rest(struct wf_change *change, const struct wf_svc_respond_workflow_task_completed *request,
                            struct wf_command_outcome *outcome);

/* The completion says no to updates and nothing else. */
bool wf_messages_only_reject(struct wf_shard *shard, const struct wf_svc_respond_workflow_task_completed *request);

/* ---- speculative.c: workflow tasks in memory (3.10) ---- */

/* Some update waits for a workflow task. */
bool wf_updates_are_waiting(const struct wf_shard_run *run);

/* Updates that wait get a task when none is pending. */
void wf_updates_reconsider(struct wf_shard *shard, struct wf_workflow *workflow, struct wf_shard_run *run);

/* The next task of a worker that takes it with the answer; false when no update waits. */
bool wf_speculative_begin_inline(struct wf_shard *shard, struct wf_workflow *workflow, struct wf_shard_run *run,
                                 struct wf_string identity);
void wf_speculative_start(struct wf_shard *shard, struct wf_workflow *workflow, struct wf_shard_run *run,
                          const struct wf_svc_record_workflow_task_started *request);

/* The completed task leaves no trace. */
bool wf_speculative_can_vanish(struct wf_shard *shard, const struct wf_shard_run *run,
                               const struct wf_svc_respond_workflow_task_completed *request);

/* Does it and answers. False, with nothing done, when the completion is wrong and must fail the task. */
bool wf_speculative_vanish(struct wf_change *change, const struct wf_operation *operation,
                           const struct wf_svc_respond_workflow_task_completed *request);

#endif
