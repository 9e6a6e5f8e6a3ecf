/* Matching, told as traces: what goes in and what comes out, with virtual times. The database behind it is the simulator's; its
 * replies come at once, unless a test has them fail. */
#ifndef WF_TESTS_SUPPORT_MATCHING_FIXTURE_H
#define WF_TESTS_SUPPORT_MATCHING_FIXTURE_H

#include "tests/support/test.h"

#include "engine/codec.h"
#include "engine/service.h"
#include "sim/world/database.h"

#define MATCHING_HELD_MAX 8u
#define MATCHING_ALARMS_MAX 10000u /* of one matching_pass */

struct matching_fixture {
    struct test_blocks blocks;
    struct wf_arena arena;
    struct wf_arena step_arena;
    struct wf_slabs slabs;
    struct sim_database database;
    struct wf_matching *matching;
    struct wf_buffer trace;
    wf_time_ns now_ns;
    wf_time_ns wake_ns;
    uint64_t entropy;
    uint64_t starts[MATCHING_HELD_MAX]; /* call ids of RecordStarted calls, by order */
    char request_ids[MATCHING_HELD_MAX][40];
    uint32_t start_count;
    struct wf_string query_token;
    enum sim_database_fate fate; /* of the next write of rows */
    enum sim_database_fate acquire_fate;
    bool holds_read; /* the reply of the next read is kept until it is released */
    uint64_t held_call_id;
    struct wf_db_reply *held_reply;
    bool is_silent; /* nothing goes into the trace */
    int64_t routing_revision; /* by which the last workflow task was given */
    struct wf_worker_deployment_version *version; /* of whoever polls; NULL: none */
};

struct matching_push_plan {
    uint64_t call_id;
    int64_t event_id;
    int64_t expire_ns;
    const char *sticky_queue; /* a workflow task of this sticky queue; NULL: an activity of "orders" */
    bool is_workflow;         /* a workflow task of "orders" */
    const char *workflow_id;  /* NULL: order-1 */
    struct wf_state_versioning *versioning;
};

int matching_setup(void **state);
int matching_teardown(void **state);
#define IN_MATCHING(function) cmocka_unit_test_setup_teardown(function, matching_setup, matching_teardown)

/* Performs what comes out, and what comes of that. */
void matching_step(struct matching_fixture *f, struct wf_service_input in);

/* Lets time pass; alarms come when they were asked for. */
void matching_pass(struct matching_fixture *f, int64_t until_ms);

/* Of activities of "orders". */
void matching_poll(struct matching_fixture *f, uint64_t call_id);
void matching_poll_workflow(struct matching_fixture *f, uint64_t call_id, const char *queue, bool is_sticky);
void matching_push(struct matching_fixture *f, struct matching_push_plan p);

/* History's answer to the index-th RecordStarted. */
void matching_history_says(struct matching_fixture *f, uint32_t index, enum wf_call_status status);

/* Says which versions of "shop" take what of "orders" belongs to none. */
struct matching_routing {
    bool is_activity;
    const char *current;
    const char *ramping;
    int32_t percent;
    int64_t revision;
};
void matching_route(struct matching_fixture *f, uint64_t call_id, struct matching_routing r);

/* The reply of the read that was held comes. */
void matching_release_read(struct matching_fixture *f);

/* A crash of the process: a new one knows nothing but the database. */
void matching_crash(struct matching_fixture *f);

/* Compares what was said since the last time. */
void matching_trace_is(struct matching_fixture *f, const char *expected);

#endif
