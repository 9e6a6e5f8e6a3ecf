/*
 * A history shard, or two that both believe they own it, on the simulator's database, with the test
 * in place of matching, workers and clients. Everything that the shard sends is done at once unless
 * the test holds it back.
 */
#ifndef WF_TESTS_SUPPORT_SHARD_FIXTURE_H
#define WF_TESTS_SUPPORT_SHARD_FIXTURE_H

#include "engine/codec.h"
#include "engine/service.h"
#include "sim/core/pool.h"
#include "sim/world/database.h"
#include "tests/support/test.h"

#define SHARD_OWNERS 2
#define SHARD_LOG_MAX 512
#define SHARD_EPOCH_NS (INT64_C(1700000000) * WF_NS_PER_S)

struct shard_answer {
    uint64_t call_id;
    const struct wf_svc_response *response;
};

struct shard_push {
    struct wf_svc_add_task *task;
    bool is_taken;
};

struct shard_query {
    uint32_t owner;
    uint64_t call_id;
    const struct wf_svc_request *request;
    bool is_taken;
};

/* A call to the shard of another workflow, which is the same shard here. */
struct shard_call {
    uint32_t owner;
    uint64_t call_id;
    const struct wf_svc_request *request;
    bool is_taken;
};

struct shard_store {
    uint32_t owner;
    uint64_t call_id;
    const struct wf_db_request *request;
};

struct shard_fixture {
    struct test_blocks blocks; /* of the shards alone */
    void *region;              /* of the database and of what the test keeps */
    struct sim_pool *pool;
    struct wf_arena arena;
    struct wf_arena step_arena;
    struct wf_slabs slabs;
    struct sim_database database;
    struct wf_service_config config;
    struct wf_shard *shards[SHARD_OWNERS];
    wf_time_ns wake_at_ns[SHARD_OWNERS];
    bool is_stopped[SHARD_OWNERS];
    wf_time_ns now_ns;
    uint64_t entropy;
    uint64_t last_call_id;
    struct shard_answer answers[SHARD_LOG_MAX];
    uint32_t answer_count;
    struct shard_push pushes[SHARD_LOG_MAX];
    uint32_t push_count;
    struct shard_query queries[SHARD_LOG_MAX];
    uint32_t query_count;
    struct shard_call calls[SHARD_LOG_MAX]; /* to other workflows, delivered or not */
    uint32_t call_count;
    uint32_t held_call_case;                  /* calls of this kind wait for shard_fixture_forward */
    struct shard_store stores[SHARD_LOG_MAX]; /* held back */
    uint32_t store_count;
    uint32_t slow_op;        /* replies to database requests of this kind wait for shard_fixture_reply */
    struct shard_store slow; /* whose reply is held back */
    const struct wf_db_reply *slow_reply;
    bool holds_writes;                    /* writes of runs wait for shard_fixture_release */
    bool holds_acquires;                  /* acquisitions wait for shard_fixture_acquire_now */
    uint32_t acquires_refused;            /* so many answers to acquisitions are UNAVAILABLE */
    struct shard_store acquire;           /* held back */
    enum sim_database_fate fate;          /* of the next write of a run */
    enum wf_call_status push_status;      /* what matching says to pushes */
    enum wf_call_status push_status_once; /* to the next one, when it is not OK */
    bool may_run_out;                     /* of memory: the owner then crashes */
    bool ran_out;
    uint32_t write_count; /* of runs, committed */
    /* Of the worker and the routing by which it gets workflow tasks, and what it says of runs. */
    struct wf_worker_deployment_version *worker_version;
    struct wf_worker_deployment_version *target_version;
    int64_t routing_revision;
    int32_t versioning_behavior;
};

/* An owned shard 0. change, when not NULL, sets limits and planted bugs before the shard is made.
 */
void shard_fixture_init(struct shard_fixture *fixture,
                        void (*change)(struct wf_service_config *config));
void shard_fixture_deinit(struct shard_fixture *fixture);

/* Adds an owner, which takes the shard from the one before. */
void shard_fixture_acquire(struct shard_fixture *fixture, uint32_t owner);

/* Forgets an owner without a word, as a crash does. */
void shard_fixture_crash(struct shard_fixture *fixture, uint32_t owner);

/* Sends a request and returns its number. */
uint64_t shard_fixture_send(struct shard_fixture *fixture, uint32_t owner,
                            const struct wf_svc_request *request);

/* The answer to a request, NULL when there is none yet. */
const struct wf_svc_response *shard_fixture_answer(const struct shard_fixture *fixture,
                                                   uint64_t call_id);

/* Sends a request to owner 0 and returns the answer, NULL when it waits. */
const struct wf_svc_response *shard_fixture_call(struct shard_fixture *fixture,
                                                 const struct wf_svc_request *request);

/* Has an owner do a stored task, again or late. */
void shard_fixture_do_task(struct shard_fixture *fixture, uint32_t owner, const struct wf_db_task *task);

/* Performs the held acquisition. */
void shard_fixture_acquire_now(struct shard_fixture *fixture);

/* Delivers the reply that was held back. */
void shard_fixture_reply(struct shard_fixture *fixture);

/* Performs the first held write. */
void shard_fixture_release_one(struct shard_fixture *fixture);

/* Performs held writes, in order. */
void shard_fixture_release(struct shard_fixture *fixture);

/* Answers a query that was given to matching. */
void shard_fixture_respond(struct shard_fixture *fixture, uint32_t index,
                           const struct wf_svc_response *response);

/*
 * Delivers the oldest held call to owner 0, and its answer to who called, and returns the answer. The call stays held when
 * keeps is true: a message may come twice, or its answer be lost. NULL when none is held.
 */
const struct wf_svc_response *shard_fixture_forward(struct shard_fixture *fixture, bool keeps);

/* Answers the oldest held call in place of the other shard. */
void shard_fixture_answer_call(struct shard_fixture *fixture, enum wf_call_status status);

/* Answers the oldest held call, which starts a Nexus operation: no call of these two kinds is delivered by itself. */
void shard_answer_nexus(struct shard_fixture *fixture, const struct wf_svc_nexus_started *started);

/* Lets time pass, with every alarm at its time. */
void shard_fixture_advance(struct shard_fixture *fixture, int64_t duration_ns);

/* ---- Short forms ---- */

const struct wf_svc_response *shard_start(struct shard_fixture *fixture, const char *workflow_id);
const struct wf_svc_response *shard_start_with(struct shard_fixture *fixture,
                                               struct wf_svc_start_workflow start);
const struct wf_svc_response *shard_signal(struct shard_fixture *fixture, const char *workflow_id,
                                           const char *name, const char *request_id);
const struct wf_svc_response *shard_cancel(struct shard_fixture *fixture, const char *workflow_id);
const struct wf_svc_response *shard_terminate(struct shard_fixture *fixture,
                                              const char *workflow_id);

/* Pauses, lets go or resets activities of the workflow "w", or changes their options. */
const struct wf_svc_response *shard_operate(struct shard_fixture *fixture, struct wf_svc_operate_activity operation);

/* Pauses, or ends a pause. */
const struct wf_svc_response *shard_pause(struct shard_fixture *fixture, const char *workflow_id, bool is_end,
                                          const char *request_id);
const struct wf_svc_response *shard_reset(struct shard_fixture *fixture, const char *workflow_id, int64_t event_id);

/* Of a run, or of the current one when run_id is empty. */
const struct wf_svc_response *shard_reset_with(struct shard_fixture *fixture, const char *workflow_id,
                                               struct wf_string run_id, struct wf_svc_reset_workflow reset);
const struct wf_svc_description *shard_describe(struct shard_fixture *fixture,
                                                const char *workflow_id);

/* Takes the oldest push that waits: NULL when there is none of the kind. */
struct wf_svc_add_task *shard_take_push(struct shard_fixture *fixture, bool is_activity);
const struct wf_svc_response *shard_record_workflow_task(struct shard_fixture *fixture,
                                                         const struct wf_svc_add_task *push,
                                                         const char *request_id);
const struct wf_svc_response *shard_record_activity_task(struct shard_fixture *fixture,
                                                         const struct wf_svc_add_task *push,
                                                         const char *request_id);

/* Takes a push, starts the task and returns it; NULL when there is none. */
const struct wf_svc_workflow_task *shard_poll(struct shard_fixture *fixture);

/* The same for one workflow. */
const struct wf_svc_workflow_task *shard_poll_of(struct shard_fixture *fixture,
                                                 const char *workflow_id);
const struct wf_svc_activity_task *shard_poll_activity(struct shard_fixture *fixture);

struct shard_completion {
    const struct wf_command *commands;
    uint32_t command_count;
    bool is_sticky;    /* the worker keeps the run */
    bool wants_task;   /* return_new_workflow_task */
    bool is_heartbeat; /* force_create_new_workflow_task */
    const struct wf_sdk_query_result *query_result;
    const struct wf_protocol_message *messages;
    uint32_t message_count;
};
const struct wf_svc_response *shard_complete_with(struct shard_fixture *fixture,
                                                  const struct wf_svc_workflow_task *task,
                                                  struct shard_completion completion);
const struct wf_svc_response *shard_complete(struct shard_fixture *fixture,
                                             const struct wf_svc_workflow_task *task,
                                             const struct wf_command *commands, uint32_t count);
const struct wf_svc_response *shard_fail(struct shard_fixture *fixture,
                                         const struct wf_svc_workflow_task *task);
const struct wf_svc_response *shard_complete_activity(struct shard_fixture *fixture,
                                                      const struct wf_svc_activity_task *task);
const struct wf_svc_response *shard_fail_activity(struct shard_fixture *fixture,
                                                  const struct wf_svc_activity_task *task,
                                                  const char *type, bool is_final);
const struct wf_svc_response *shard_cancel_activity(struct shard_fixture *fixture,
                                                    const struct wf_svc_activity_task *task);
const struct wf_svc_response *shard_heartbeat(struct shard_fixture *fixture,
                                              const struct wf_svc_activity_task *task);

/* Commands in the fixture's memory. */
struct wf_command shard_schedule_activity(struct shard_fixture *fixture, const char *activity_id,
                                          int64_t timeout_ns);
struct wf_command shard_request_cancel_activity(struct shard_fixture *fixture,
                                                int64_t scheduled_event_id);
struct wf_command shard_start_timer(struct shard_fixture *fixture, const char *timer_id,
                                    int64_t duration_ns);
struct wf_command shard_cancel_timer(struct shard_fixture *fixture, const char *timer_id);
struct wf_command shard_complete_workflow(struct shard_fixture *fixture);
struct wf_command shard_fail_workflow(struct shard_fixture *fixture);
struct wf_command shard_cancel_workflow(struct shard_fixture *fixture);
struct wf_command shard_continue_as_new(struct shard_fixture *fixture);
struct wf_command shard_start_child(struct shard_fixture *fixture, const char *workflow_id,
                                    enum wf_parent_close_policy policy);
struct wf_command shard_signal_external(struct shard_fixture *fixture, const char *workflow_id);
struct wf_command shard_cancel_external(struct shard_fixture *fixture, const char *workflow_id);

/* The events of the current run, or of a run, as the database has them. */
struct wf_history_message shard_events(struct shard_fixture *fixture, const char *workflow_id);
/* The last one of this type; the test fails when there is none. */
const struct wf_event *shard_last_event(struct shard_fixture *fixture, const char *workflow_id, enum wf_event_type type);
struct wf_history_message shard_events_of(struct shard_fixture *fixture, struct wf_string run_id);

/*
 * Names of the events, as engine-semantics 3.11 writes them: workflow task events without their
 * prefix, Scheduled with its attempt, ends with their cause, "WorkflowExecution" and "Task" left
 * out of the others but for Started and Completed.
 */
struct wf_string shard_history(struct shard_fixture *fixture, const char *workflow_id);
void shard_history_is(struct shard_fixture *fixture, const char *workflow_id, const char *expected);

void shard_status_is(const struct wf_svc_response *response, enum wf_call_status expected);

/* ---- One activity ---- */

/* Makes the fixture, and a run "w" with an activity "a": S2C 100 s, StC 20 s and two attempts with 1 s between them. */
void shard_begin_activity(struct shard_fixture *fixture);
/* As described. */
const struct wf_svc_pending_activity *shard_pending_activity(struct shard_fixture *fixture);
void shard_fail_attempt(struct shard_fixture *fixture, const struct wf_svc_activity_task *task);

#endif
