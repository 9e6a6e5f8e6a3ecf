/* What the checks know of a run from its commits: shared by the files that judge them. */
#ifndef WF_SIM_CHECK_COMMIT_FACTS_H
#define WF_SIM_CHECK_COMMIT_FACTS_H

#include "engine/base/hash.h"
#include "sim/check/track.h"

#define SIM_TIMEOUT_TYPES (WF_TIMEOUT_TYPE_HEARTBEAT + 1) /* enum wf_timeout_type, 0 included */

/* Something that pends, by the event that began it. */
struct sim_pending {
    int64_t event_id;
    int32_t attempt; /* of an activity, as stored last; 0: not yet */
    int32_t stamp;
    bool is_operated; /* an operator has paused it, let its attempts count from 1 again, or changed its options */
    int32_t maximum_attempts; /* of an activity, as stored last; 0: none */
    int64_t deadlines_ns[SIM_TIMEOUT_TYPES]; /* the same; by type; INT64_MAX: none */
    uint64_t request; /* digest of the request that started the attempt; 0: not started */
    int64_t due_ns;   /* of a timer, by the service's clock */
    uint64_t name;    /* of an activity: digest of its id */
    uint64_t details; /* digest of the heartbeat details committed last; 0: none */
    bool has_outcome; /* it waits in the buffer for its id */
};

struct sim_pendings {
    struct sim_pending *items;
    uint32_t count;
    uint32_t capacity;
};

/* A started workflow task: what time its code sees (I101). */
struct sim_started_task {
    int64_t event_id;
    int64_t time_ns; /* the latest so far */
    int64_t earliest_ns; /* the same before it */
    int64_t latest_ns;   /* that an attempt before it may have been told, by another clock */
    bool is_retried;     /* attempts before it had the same id */
};

/* Named values: the memo of a run, its search attributes. */
struct sim_field_digest {
    uint64_t name;
    uint64_t value;
};

struct sim_field_digests {
    struct sim_field_digest *items;
    uint32_t count;
    uint32_t capacity;
};

struct sim_run_track {
    struct wf_string run_id;
    struct sim_workflow_track *workflow;
    int64_t record_version;
    int64_t last_event_id;
    struct wf_digest digest; /* of the bytes of all batches */
    bool is_closed;
    wf_time_ns close_ns;

    /* What its events say. */
    int64_t scheduled_event_id; /* of the pending workflow task; 0: none */
    int64_t started_event_id;
    bool is_transient;     /* the task scheduled last had attempts before, which left no events */
    bool had_task;         /* a workflow task was scheduled at some time */
    bool is_in_block;      /* the last event was a completion or made by its commands */
    bool has_unseen;       /* something that a workflow task must see */
    bool is_child;
    bool is_cancel_requested;
    int64_t signal_count;
    uint32_t admitted_update_count; /* by events, so again */
    uint32_t accepted_update_count;
    uint32_t completed_update_count;
    struct sim_field_digests memo;
    struct sim_field_digests search_attributes;
    struct sim_pendings pending[WF_OWNER_KIND_COUNT];
    struct {
        struct sim_started_task *items;
        uint32_t count;
        uint32_t capacity;
    } started_tasks;
    struct {
        uint64_t *items; /* digests, in order */
        uint32_t count;
        uint32_t capacity;
    } batches;

    /* What was stored last. */
    int64_t run_expiration_ns;
    int64_t alarm_ns;
    int64_t due_ns;          /* the earliest thing that is due, by the service's clock; INT64_MAX: nothing */
    int64_t clock_offset_ns; /* of that clock, from the world's */
    wf_time_ns commit_ns;
    bool is_paused;
    bool has_waiting_task; /* nobody has taken the workflow task */
    int64_t task_event_id; /* scheduled id of the workflow task, with its attempt and stamp */
    int32_t task_attempt;
    int32_t task_stamp;
    uint64_t task_request; /* digest; 0: not started */
    uint64_t version;      /* digest, once a task was completed; 0: none */
    int64_t revision;      /* of the routing that it came by */
};

/* One run of one write. */
struct sim_commit_context {
    struct sim_checks *checks;
    struct wf_arena *scratch;
    const struct sim_commit *commit;
    const struct wf_db_run_write *write;
    const struct wf_history_message *events;
    struct sim_run_track *run;
    const struct wf_state_run *state; /* NULL for a closed run */
};

/* ---- check_commits.c ---- */

void sim_commit_break(const struct sim_commit_context *context, unsigned number, const char *cause, int64_t left,
                      int64_t right);

/* 0 for an empty text, and for no other. */
uint64_t sim_text_digest(struct wf_string text);

/* NULL: it does not pend. */
struct sim_pending *sim_pending_get(const struct sim_pendings *set, int64_t event_id);

/* What a comparison of two times allows: the clocks' last digit, and how far apart they have been. */
int64_t sim_commit_tolerance_ns(const struct sim_commit_context *context);

/* ---- check_calls.c: before the run is followed through the commit; state may be NULL ---- */

void sim_check_calls_commit(const struct sim_commit_context *context);

/* ---- check_state.c ---- */

/* I41, I44: how an activity ended, against what was stored of it before. */
void sim_check_activity_end(const struct sim_commit_context *context, const struct sim_pending *activity,
                            const struct wf_event *event);

/* Compares what is stored with what the events say, and remembers it. */
void sim_check_state(struct sim_commit_context *context);

/* ---- check_fields.c ---- */

/* Takes the event in; then what is stored is compared with all that were. */
void sim_check_fields_follow(const struct sim_commit_context *context, const struct wf_event *event);
void sim_check_fields(const struct sim_commit_context *context);

#endif
