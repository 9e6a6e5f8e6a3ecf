/*
 * One run in the worker's cache: the history that it was given, the machines that its code started,
 * the commands that are on their way to history, and the jobs that are on their way to the code.
 * Private to the engine.
 *
 * Lifetimes: run->arena lives until the run leaves the cache; the worker's step arena until the
 * next step. A queued command points into the completion that it came from; wf_queue_keep copies
 * what must outlive the step.
 */
#ifndef WF_ENGINE_WORKER_RUN_H
#define WF_ENGINE_WORKER_RUN_H

#include "engine/base/map.h"
#include "engine/worker.h"
#include "engine/worker/chunk.h"
#include "engine/worker/divergence.h"
#include "engine/worker/family.h"
#include "engine/worker/machine.h"
#include "engine/worker/marker.h"

/* Flags that core records in sdk_metadata (replay-rules 3.6), as bits 1 << number. */
enum wf_core_flag {
    WF_CORE_FLAG_ID_AND_TYPE_CHECKS = 1,
    WF_CORE_FLAG_UPSERT_ON_PATCH = 2,
    WF_CORE_FLAG_MOVE_TERMINAL_COMMANDS = 3,
};
#define WF_CORE_FLAG_LAST 3
#define WF_CORE_FLAGS_KNOWN                                                                        \
    ((1u << WF_CORE_FLAG_ID_AND_TYPE_CHECKS) | (1u << WF_CORE_FLAG_UPSERT_ON_PATCH) |              \
     (1u << WF_CORE_FLAG_MOVE_TERMINAL_COMMANDS))

/* Largest sequence number that code may use: the tables by number are dense, and a host numbers
 * from 1. */
#define WF_SEQ_MAX (UINT32_C(1) << 24)

/* One patch id of a run (replay-rules 3.1). */
struct wf_patch {
    struct wf_string id;
    bool is_in_history; /* lookahead saw its marker */
    bool has_command;   /* the code asked for it, and a marker command was made */
    bool is_asked;      /* the code asked for it */
};

/* A command on its way to history. */
struct wf_queued {
    struct wf_machine *machine;
    const struct wf_sdk_command
        *source; /* of the completion in hand; NULL: made by us, or the step is over */
    const struct wf_command *command; /* NULL until wf_queued_command builds it */
    struct wf_string id;   /* activity id, child id, patch id; an empty activity id is its number */
    struct wf_string type; /* activity type, child type; the patch list of an upsert of ours */
    uint64_t code_offset; /* of the call that gave it (sdk_command); 0: unknown */
    int32_t command_type;
    uint32_t chunk_number; /* the chunk after which the code gave it */
    bool is_sent;      /* in the answer to a live task; its event comes with the next one */
    bool is_left_over; /* its task ended in history without it, and that was noted */
    bool is_withdrawn; /* cancelled before it was sent: it leaves no event (replay-rules 2.1) */
    int64_t predicted_id; /* of the event that it becomes, in Go */
};

/* First in, first out, in one array: items before head were matched since base, where the chunk or
 * the last activation of it began. */
struct wf_queue {
    struct wf_queued *items;
    uint32_t base;
    uint32_t head;
    uint32_t count;
    uint32_t capacity;
    uint32_t kept;         /* items before this one own what they point to */
    uint64_t first_number; /* of items[0], counted over the run's life */
};

/* How a command and history meet, for a replay that compares more than matching does. */
enum wf_meeting_kind {
    WF_MEETING_MATCHED,   /* the event recorded the command */
    WF_MEETING_LEFT_OVER, /* the event completed the task for which the code gave the command, and history has not recorded it there */
    WF_MEETING_LATE,      /* the event is a marker of a local activity that the code schedules only after the command, which history
                             has not recorded yet */
};

/* In the worker's step arena. */
struct wf_meeting {
    enum wf_meeting_kind kind;
    const struct wf_event *event;
    const struct wf_command *command;
    const struct wf_sdk_command *source; /* what the command was made of; NULL: it is gone, or we made the command */
    uint64_t code_offset;                /* as of sdk_command */
};

/* Jobs of the activation in the making, in the order things happened. In the step arena. */
struct wf_jobs {
    struct wf_sdk_job *items;
    uint8_t *classes;
    uint32_t count;
    uint32_t capacity;
};

/* Events not yet applied and, in a replay, all others: items[i] has id first_event_id + i. */
struct wf_events {
    const struct wf_event **items;
    uint32_t count;
    uint32_t capacity;
    int64_t first_event_id;
};

/* A local activity's marker that lookahead found. */
struct wf_local_result {
    const struct wf_event *event;
    struct wf_local_activity_marker marker;
    struct wf_local_result *next;
};

/* Local activities that this worker may have to run, oldest first. */
struct wf_locals {
    struct wf_machine **items;
    uint32_t count;
    uint32_t capacity;
};

/* An update admitted before it was accepted (replay-rules 1.4 step 1). */
struct wf_admitted {
    const struct wf_update_request *request;
    struct wf_admitted *next;
};

/* What a replay of Go's family keeps (replay-rules 2.10). */
struct wf_go {
    int64_t next_id;             /* event id that the next command will have */
    int64_t last_marker_id;      /* version markers up to here were stepped over */
    struct wf_map markers;       /* of this turn: ids of mutable side effects that history recorded */
    int64_t local_count;         /* local activities scheduled */
    uint32_t local_index;        /* where the next local activity marker of the turn is looked for */
    uint64_t turn_number;        /* of the first command of this turn */
    int32_t close_command;       /* that the code gave; 0: none */
    const struct wf_event **events; /* command events that are not paired yet: from paired on */
    uint32_t event_count;
    uint32_t event_capacity;
    uint32_t paired;
};

/* What a replay of Java's family keeps (replay-rules 2.11). */
struct wf_java {
    uint32_t id_count;       /* ids made so far */
    bool expects_upsert;     /* of a version that was passed over */
    bool upserts_versions;   /* a marker of history says that the worker does */
    struct wf_map changes;   /* change id to what its marker says */
    struct wf_map mutables;  /* id to the value of a mutable side effect */
};

enum wf_run_state {
    WF_RUN_FREE,
    WF_RUN_IDLE,      /* in the cache, between tasks */
    WF_RUN_WORKING,   /* the host has an activation */
    WF_RUN_ANSWERING, /* the host has an activation of queries */
    WF_RUN_WAITING,   /* a task waits for local activities */
};

/* An update that a live task brought. */
struct wf_update_asked {
    const struct wf_update_request *request;
    struct wf_string message_id;
    struct wf_string instance_id;
    int64_t sequencing_event_id;
};

/* What a live task still owes the service. */
struct wf_run_task {
    struct wf_update_asked *asked; /* in the order of admission */
    uint32_t asked_count;
    bool is_asked; /* the code was given them */
    struct {
        struct wf_protocol_message *items;
        uint32_t count;
        uint32_t capacity;
    } messages; /* answers to updates, of this task and earlier ones */
    struct wf_buffer token; /* reused from task to task */
    int64_t started_event_id;
    bool is_query_only;
    bool is_heartbeat; /* it is answered though local activities run */
    int32_t attempt;
    wf_time_ns begun_ns; /* on the steady clock */
    struct wf_sdk_query_workflow *queries;
    uint32_t query_count;
    struct wf_sdk_query_result *results;
    uint32_t result_count;
    uint32_t *lang_flags; /* flags that the host used first in this task */
    uint32_t lang_flag_count;
    uint32_t lang_flag_capacity;
    int32_t force_cause; /* of a failed completion */
    bool has_metadata;   /* in the answer */
};

struct wf_run {
    struct wf_worker *worker;
    const struct wf_worker_config *config;
    struct wf_arena *step_arena;
    uint32_t slot;
    enum wf_run_state state;
    wf_time_ns now_ns; /* of the step */
    wf_time_ns steady_ns;
    uint32_t newer; /* neighbours in the order of use; UINT32_MAX: none */
    uint32_t older;

    /* Everything from here is zeroed when the run leaves the cache. */
    struct wf_arena arena;
    struct wf_string run_id;
    struct wf_string workflow_id;
    struct wf_string workflow_type;
    enum wf_family family;
    const struct wf_family_rules *rules;
    const char *family_reason;
    bool is_new; /* no activation was sent yet */
    uint32_t activation_count;

    struct wf_events events;
    uint32_t next_index; /* first event not applied */
    bool is_mid_chunk;   /* the code has a turn in the middle of a chunk, and it goes on there */
    bool wants_turn;     /* the event just applied has something for the code at once */
    bool repeats_event;  /* and is applied again after it */
    struct wf_chunk next_chunk;
    bool is_next_chunk_known;
    struct wf_chunk chunk;             /* the one being applied, or applied last */
    uint32_t chunk_number;             /* of it, from 1 */
    int64_t previous_started_event_id; /* P of replay-rules 1.1 */
    bool is_replaying;
    bool is_closed;      /* a terminal event was applied */
    bool is_close_asked; /* the code gave a terminal command */

    int64_t last_event_id;         /* last event applied */
    int64_t last_started_event_id; /* last started event that ended a chunk */
    int64_t history_length;        /* for activations */
    struct wf_timestamp time;
    struct wf_timestamp time_before; /* the chunk that was applied last */
    const struct wf_event_workflow_task_started
        *task_started; /* of the last applied started event */
    const struct wf_event_workflow_execution_started *started;
    const struct wf_event *skipped_event; /* the upsert after a skipped patch marker */

    uint32_t core_flags;      /* seen in history, as bits */
    uint32_t core_flags_used; /* used live, as bits */
    uint32_t *lang_flags;     /* ascending */
    uint32_t lang_flag_count;
    uint32_t lang_flag_capacity;
    bool timers_begin_at_zero; /* in history; the code numbers them from 1 */
    struct wf_string sdk_name;
    struct wf_string sdk_version;
    struct wf_sdk_worker_deployment_version deployment; /* of the worker that completed the task; live: this one's */
    bool has_completed_task; /* history holds a WorkflowTaskCompleted */

    struct wf_machine **by_seq[WF_MACHINE_KEYED_COUNT];
    uint32_t by_seq_capacity[WF_MACHINE_KEYED_COUNT];
    struct wf_machine **by_event;
    int64_t by_event_capacity;
    uint32_t signal_count; /* given to the code */
    uint32_t update_count; /* accepted by it */
    struct wf_map updates; /* protocol instance id to machine */
    struct wf_map patches; /* id to struct wf_patch */
    struct wf_map versions; /* change id to struct wf_string, "id-version" */
    struct wf_string current_run_id; /* of ids that are made from it; a reset gives another */
    struct wf_map names;    /* how Go and Java find a machine: a letter and an id */
    struct wf_go go;
    struct wf_java java;
    struct wf_admitted *admitted;
    struct wf_local_result *local_first;
    struct wf_local_result *local_last;
    uint32_t local_pending_count; /* local activities scheduled and not resolved */
    struct wf_locals locals;

    struct wf_queue queue;
    struct wf_jobs jobs;
    struct wf_run_task task;
    bool is_divergent; /* the worker's divergence is set */
    bool is_full;      /* an arena is full */
};

/* ---- Memory ---- */

/* Zeroed memory; NULL when full, and then run->is_full. */
void *wf_run_take(struct wf_run *run, size_t size_bytes);
void *wf_run_take_step(struct wf_run *run, size_t size_bytes);
struct wf_string wf_run_copy_text(struct wf_run *run, struct wf_string text);

#define WF_RUN_NEW(run, type) ((type *)wf_run_take((run), sizeof(type)))
#define WF_STEP_NEW(run, type) ((type *)wf_run_take_step((run), sizeof(type)))

/* Grows an array of the run's arena to hold count items; false when full. */
bool wf_run_grow(struct wf_run *run, void **items, uint32_t *capacity, uint32_t count,
                 size_t item_bytes);

/* ---- Machines (machines.c) ---- */

/* A new machine, found by (kind, seq) when the kind is keyed. NULL: full, or the number is in use
 * or out of range, which is a divergence. */
struct wf_machine *wf_run_add_machine(struct wf_run *run, enum wf_machine_kind kind, uint32_t seq);

/* NULL when the code never used this number. */
struct wf_machine *wf_run_machine(const struct wf_run *run, enum wf_machine_kind kind,
                                  uint32_t seq);

/* The machine that the event with this id started, or NULL. */
struct wf_machine *wf_run_owner(const struct wf_run *run, int64_t event_id);
void wf_run_set_owner(struct wf_run *run, int64_t event_id, struct wf_machine *machine);

/* ---- Commands on their way to history (queue.c) ---- */

struct wf_queued *wf_queue_push(struct wf_run *run, struct wf_machine *machine,
                                int32_t command_type, const struct wf_sdk_command *source);

/* The number that the next command will have, counted over the run's life. */
uint64_t wf_queue_next_number(const struct wf_run *run);

/* Marks the machine's queued commands as never sent. */
void wf_queue_withdraw(struct wf_run *run, const struct wf_machine *machine);

/* The first command that was not withdrawn, or NULL. */
struct wf_queued *wf_queue_front(struct wf_run *run);
void wf_queue_pop(struct wf_run *run);

/* Before a chunk is applied: forgets the commands that the chunk before matched. */
void wf_queue_begin_chunk(struct wf_run *run);

/* Copies what the queue needs of the completion in hand, which is about to go away. identity_only:
 * after the commands were sent, matching needs no more than ids and types. */
void wf_queue_keep(struct wf_run *run, bool identity_only);

/* The id as text, also a default one. */
struct wf_string wf_queued_id(struct wf_run *run, const struct wf_queued *queued);
bool wf_queued_has_id(const struct wf_queued *queued, struct wf_string id);

/* The machine's last command; NULL when it has left the queue. */
struct wf_queued *wf_queue_of(struct wf_run *run, const struct wf_machine *machine);

/* Text is exactly this number in decimal. */
bool wf_decimal_is(struct wf_string text, uint32_t number);

/* The number in decimal, in the run's arena. */
struct wf_string wf_run_decimal(struct wf_run *run, int64_t number);

/* The server command, built on demand in the step arena; NULL when full. */
const struct wf_command *wf_queued_command(struct wf_run *run, struct wf_queued *queued);

/* ---- Meetings (meeting.c): nothing unless the worker replays ---- */

void wf_run_note_match(struct wf_run *run, struct wf_queued *queued, const struct wf_event *event);

/* After a chunk was applied: commands that should have been recorded in it (replay-rules 2.6, 2.9 H1 to H3). */
void wf_run_note_left_over(struct wf_run *run);

/* When a local activity's marker comes: commands that the code gave before it scheduled the local activity (2.9 H5). */
void wf_run_note_late(struct wf_run *run, const struct wf_machine *local_activity, const struct wf_event *marker);

/* ---- Jobs (jobs.c) ---- */

/* Classes of replay-rules 1.8, in the order of an activation. */
enum wf_job_class {
    WF_JOB_INITIALIZE,
    WF_JOB_PATCH,
    WF_JOB_RANDOM_SEED,
    WF_JOB_SIGNAL_OR_UPDATE,
    WF_JOB_OTHER,
    WF_JOB_LOCAL_ACTIVITY,
    WF_JOB_CLASS_COUNT,
};

/* Queues a job whose variant's number in the oneof is given; the variant may be NULL when the
 * caller could not make it. */
void wf_jobs_push(struct wf_run *run, enum wf_job_class job_class, uint32_t variant_case,
                  void *variant);

void wf_job_initialize(struct wf_run *run, const struct wf_event *event);
void wf_job_signal(struct wf_run *run, const struct wf_event *event);
void wf_job_cancel(struct wf_run *run, const struct wf_event *event);
void wf_job_random_seed(struct wf_run *run, struct wf_string run_id);
void wf_job_patch(struct wf_run *run, struct wf_string patch_id);
void wf_job_update(struct wf_run *run, const struct wf_update_request *request,
                   struct wf_string instance_id);

/* Numbers of the oneofs of ActivityResolution, ChildWorkflowResult and NexusOperationResult, which
 * begin alike. */
enum wf_resolution {
    WF_RESOLVED_COMPLETED = 1,
    WF_RESOLVED_FAILED = 2,
    WF_RESOLVED_CANCELLED = 3,
    WF_RESOLVED_BACKOFF = 4,   /* of an activity */
    WF_RESOLVED_TIMED_OUT = 4, /* of a Nexus operation */
};

/* ResolveActivity: value is a payload when completed (NULL: none), else a failure. */
void wf_job_resolve_activity(struct wf_run *run, const struct wf_machine *machine,
                             enum wf_resolution resolution, void *value);

/* The activation that carries the jobs, which are gone from the run after it. NULL when full. */
struct wf_sdk_activation *wf_activation_new(struct wf_run *run);

/* The activation that asks the pending queries, alone (replay-rules 1.12). */
struct wf_sdk_activation *wf_activation_of_queries(struct wf_run *run);

/* ---- History (apply.c, lookahead.c, flags.c, match.c) ---- */

/* Applies the next chunk and looks ahead. False when history has no more. */
bool wf_run_apply_chunk(struct wf_run *run);
void wf_run_look_ahead(struct wf_run *run);

/* Hands out results of local activities that the code has scheduled by now, in marker order. */
void wf_run_resolve_local(struct wf_run *run);

/* Tells the code of updates that the next chunk accepts. */
void wf_run_begin_updates(struct wf_run *run);

/* Whether machines compare ids and types now. */
bool wf_run_checks_identity(struct wf_run *run);

/* Machines by name: letter and id. */
void wf_run_set_name(struct wf_run *run, char letter, struct wf_string id, struct wf_machine *machine);
struct wf_machine *wf_run_named(struct wf_run *run, char letter, struct wf_string id);

/* Flags and versions of a completed task become known (replay-rules 1.8, 3.6). */
void wf_run_learn_flags(struct wf_run *run, const struct wf_event *event);

/* Whether a check or behaviour of core is on: recorded in history, or live, and then it is used
 * (replay-rules 3.6). */
bool wf_run_flag(struct wf_run *run, enum wf_core_flag flag, bool is_live);

void wf_run_add_lang_flag(struct wf_run *run, uint32_t flag);
bool wf_run_has_lang_flag(const struct wf_run *run, uint32_t flag);

/* Whether history has the flag; a live task that asks begins to use it. */
bool wf_run_uses_lang_flag(struct wf_run *run, uint32_t flag);

/* This task uses the flag: its answer says so when history does not. */
void wf_run_record_lang_flag(struct wf_run *run, uint32_t flag);

/* The end of the run goes behind the other commands of its task, not these away (replay-rules 1.9 step 3). */
bool wf_run_moves_terminal(struct wf_run *run);

/* The run's record of a patch id, made when it is first named. NULL when full. */
struct wf_patch *wf_run_patch(struct wf_run *run, struct wf_string patch_id);

/* ---- Commands of the code (commands.c) ---- */

void wf_run_handle_commands(struct wf_run *run, const struct wf_sdk_completion_success *success);

/* An upsert of ours, with a list of changes or empty. */
void wf_run_push_upsert(struct wf_run *run, struct wf_string changes);

/* ---- Versions and side effects (values.c) ---- */

struct wf_value_marker;

/* Lookahead found a marker: the code is told before it runs. */
void wf_run_see_value(struct wf_run *run, const struct wf_event *event);

/* What a call of the code went on with. */
void wf_run_record_value(struct wf_run *run, const struct wf_sdk_command *command);

/* The marker and the upsert of a version that the code decided now; nothing for another. */
void wf_run_record_version(struct wf_run *run, const struct wf_sdk_command *command);

/* False, and a divergence, when a version is out of its range, a side effect has no value. */
bool wf_run_check_version(struct wf_run *run, const struct wf_sdk_recorded_value *value);
bool wf_run_check_value(struct wf_run *run, const struct wf_sdk_recorded_value *value);

/* Queues the marker. NULL when full. */
struct wf_queued *wf_run_push_value(struct wf_run *run, const struct wf_sdk_command *command);

/* False when full. */
bool wf_run_remember_version(struct wf_run *run, struct wf_string change_id, int64_t version);

/* The job that tells the code. */
void wf_run_notify_value(struct wf_run *run, const struct wf_value_marker *marker);

/* Ascending JSON list of all patch ids that this run made a command for, and of its versions. Empty
 * when it would be too long. */
struct wf_string wf_run_change_list(struct wf_run *run);

/* ---- Families (family.c) ---- */

/* Whether the host that made this history of core numbered timers from 0. */
bool wf_family_timers_begin_at_zero(const struct wf_event *const *events, uint32_t event_count);

#endif
